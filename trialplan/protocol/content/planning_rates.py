"""Whether the losses are part of each planning rate: only where that rate is of everybody enrolled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trialplan.evidence.bridge import Reading
from trialplan.evidence.selection import ENROLLED
from trialplan.plan.assumptions import Assumption
from trialplan.plan.building import Trial


@dataclass(frozen=True, kw_only=True)
class PlanningRate:
    """A planning rate, and in words whether it counts those who were lost; `short` where it is known not to."""

    label: str
    words: str
    short: bool = False


def planning_rates(trial: Trial) -> tuple[PlanningRate, ...]:
    """The rates of each primary endpoint whose missing outcomes count as non-response; a threshold is none."""
    counted = [one for one in trial.primaries if one.section.missing == "non-response" and one.design is not None]
    return tuple(
        _rate(one, endpoint.name if len(trial.primaries) > 1 else "")
        for endpoint in counted
        for one in endpoint.assumptions
        if one.unit == "proportion" and (one.role == "effect" or (one.role == "comparator" and endpoint.rates))
    )


def _rate(one: Assumption, of: str) -> PlanningRate:
    label = f"{one.label} of {of}" if of else one.label
    if one.borrowed is not None:
        everybody = one.borrowed.said.denominator == ENROLLED
    elif isinstance(one.reading, Reading):
        lost = list(_left_out(one.reading))
        if lost:
            return PlanningRate(label=label, words=lost[0], short=True)
        everybody = one.reading.denominator == ENROLLED or one.reading.of == one.reading.study.enrolled
    else:
        everybody = False
    if everybody:
        return PlanningRate(label=label, words="is of everybody enrolled, and contains them")
    return PlanningRate(
        label=label, words="contains them only if it is of everybody enrolled, which its source must say"
    )


def _left_out(reading: Reading) -> Iterator[str]:
    """That the denominator is of fewer than were enrolled, where all of these are in one arm."""
    enrolled, arms = reading.study.enrolled, {one.arm for one in reading.study.outcomes}
    if reading.denominator != ENROLLED and isinstance(enrolled, int) and len(arms) == 1 and reading.of < enrolled:
        yield (
            f"is {reading.events} of {reading.of}, of {enrolled} enrolled: it does not contain them, and counted with "
            f"everybody enrolled it would be {reading.events} of {enrolled}"
        )
