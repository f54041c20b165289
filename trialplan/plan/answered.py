"""Which findings and pitfalls a plan may answer: those that there are, whether its table raises them or not."""

from __future__ import annotations

from trialplan.errors import PlanError, did_you_mean
from trialplan.plan.schema import PlanFile

PITFALLS = (
    *("P01", "P02", "P03", "P04", "P05", "P06", "P07", "P08", "P09", "P10", "P11", "P12", "P13", "P14", "P15", "P16"),
    *("P17", "P18", "P19", "P22", "P23", "P24", "P25", "P26", "P27", "P28", "P29", "P30", "P31", "P32", "P33", "P34"),
    *("P36", "P37", "P38", "P39", "P40"),
)
"""The ids of the pitfalls that documents know, which are above plans; a test holds them to be those."""


def check_answers(content: PlanFile, name: str) -> None:
    """Raise where `[evidence.answers]` answers what does not exist: nothing would ever print it."""
    unknown = [one for one in content.evidence.answers if one not in PITFALLS]
    if not unknown:
        return
    from trialplan.evidence.audit import ids  # every rule, for the few plans that answer one of a table

    known = sorted({*PITFALLS, *ids()})
    for one in unknown:
        if one not in known:
            near = did_you_mean(one, known, likeness=0.7)
            raise PlanError(f"{name}, [evidence.answers]: there is no finding {one!r}; {near}")
