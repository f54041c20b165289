"""From an open-label rate to what a blinded trial may expect of the treatment arm, given the control rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trialplan.errors import EvidenceError, did_you_mean
from trialplan.evidence.finding import counted
from trialplan.evidence.table import Outcome, Study, Table, has_concurrent_control

REPORTED, ENROLLED = "reported", "enrolled"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One rate read from a table: the study, the outcomes counted together, and the denominator chosen."""

    study: Study
    outcomes: tuple[Outcome, ...]
    events: int
    of: int
    denominator: str

    @property
    def rate(self) -> float:
        """Events over the denominator."""
        return self.events / self.of

    @property
    def controlled(self) -> bool:
        """Whether the study had a concurrent control."""
        return has_concurrent_control(self.study)

    @property
    def label(self) -> str:
        """Where the rate stands: study, outcomes with arm, counts."""
        names = " + ".join(outcome.label for outcome in self.outcomes)
        over = " of all enrolled" if self.denominator == ENROLLED else ""
        return f"{self.study.key}, {names}: {self.events}/{self.of}{over}"


def reading(
    table: Table, study: str, outcomes: Sequence[str], arms: Sequence[str | None] = (None,), denominator: str = REPORTED
) -> Reading:
    """The rate of one or more mutually exclusive outcomes of a study, over one or more of its arms.

    `reported` takes each arm's own denominator, which must be the same for all outcomes counted together;
    `enrolled` counts all the enrolled, those without a result as not having it. An EvidenceError says what
    is missing.
    """
    found = _study(table, study)
    rows = tuple(_outcome(found, name, arm) for name in outcomes for arm in arms)
    events = sum(_events(found, row) for row in rows)
    of = _enrolled(found) if denominator == ENROLLED else _reported(found, rows)
    return Reading(study=found, outcomes=rows, events=events, of=of, denominator=denominator)


def discount(observed: float, control: float, share: float) -> float:
    """The rate that remains when `share` of the observed excess over the control rate is not believed.

    `share` is 0 (believe all) to 1 (believe none): p = p_C + (1 - share) (p_observed - p_C).
    """
    return control + (1 - share) * (observed - control)


def _study(table: Table, key: str) -> Study:
    known = [study.key for study in table.studies]
    if key not in known:
        raise EvidenceError(f"the evidence table has no study {key!r}; {did_you_mean(key, known)}")
    return table.study(key)


def _outcome(study: Study, name: str, arm: str | None) -> Outcome:
    named = [outcome for outcome in study.outcomes if outcome.name == name]
    if not named:
        known = dict.fromkeys(outcome.name for outcome in study.outcomes)
        raise EvidenceError(f"study {study.key} has no outcome {name!r}; {did_you_mean(name, known)}")
    if arm is None and len(named) == 1:
        return named[0]
    matching = [outcome for outcome in named if outcome.arm == arm]
    if len(matching) != 1:
        arms = ", ".join(str(outcome.arm) for outcome in named)
        raise EvidenceError(f"study {study.key} reports {name!r} for the arms {arms}; name one with arm = …")
    return matching[0]


def _events(study: Study, outcome: Outcome) -> int:
    if not isinstance(outcome.events, int):
        said = outcome.events or "no count"
        raise EvidenceError(f"study {study.key}, {outcome.label}: the table says {said}, which is not a rate")
    return outcome.events


def _enrolled(study: Study) -> int:
    if not isinstance(study.enrolled, int):
        raise EvidenceError(f"study {study.key} does not say how many were enrolled; use denominator = 'reported'")
    return study.enrolled


def _reported(study: Study, rows: tuple[Outcome, ...]) -> int:
    """The arms' denominators added up; the outcomes of one arm must share theirs."""
    sizes: dict[str | None, int] = {}
    for row in rows:
        counts = counted(row)
        if counts is None:
            raise EvidenceError(
                f"study {study.key}, {row.label}: the table gives no denominator; use denominator = 'enrolled'"
            )
        if sizes.setdefault(row.arm, counts[1]) != counts[1]:
            raise EvidenceError(f"study {study.key}: {sizes[row.arm]} and {counts[1]} are counted together; name one")
    return sum(sizes.values())
