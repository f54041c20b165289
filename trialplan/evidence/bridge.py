"""From an open-label rate to what a blinded trial may expect of the treatment arm, given the control rate."""

from __future__ import annotations

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
    table: Table, study: str, outcomes: tuple[str, ...], arm: str | None = None, denominator: str = REPORTED
) -> Reading:
    """The rate of one or more mutually exclusive outcomes of a study, on the denominator chosen.

    `reported` takes each outcome's own denominator, which must be the same for all; `enrolled` counts
    all the enrolled, those without a result as not having it. An EvidenceError says what is missing.
    """
    found = _study(table, study)
    rows = tuple(_outcome(found, name, arm) for name in outcomes)
    events = sum(_events(found, row) for row in rows)
    if denominator == ENROLLED:
        if not isinstance(found.enrolled, int):
            raise EvidenceError(f"study {study} does not say how many were enrolled; use denominator = 'reported'")
        return Reading(study=found, outcomes=rows, events=events, of=found.enrolled, denominator=denominator)
    sizes = {_denominator(found, row) for row in rows}
    if len(sizes) > 1:
        raise EvidenceError(f"study {study}: the outcomes have the denominators {sizes}; name outcomes that share one")
    return Reading(study=found, outcomes=rows, events=events, of=sizes.pop(), denominator=denominator)


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


def _denominator(study: Study, outcome: Outcome) -> int:
    if counted(outcome) is None:
        raise EvidenceError(
            f"study {study.key}, {outcome.label}: the table gives no denominator; use denominator = 'enrolled'"
        )
    return counted(outcome)[1]  # type: ignore[index]
