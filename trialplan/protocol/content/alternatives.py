"""What the number would be otherwise: by test, by control rate and discount, by reading of the table."""

from __future__ import annotations

from typing import Any

from trialplan.answers import SampleSize
from trialplan.errors import ParameterError, UnreachableError
from trialplan.evidence.bridge import Observed, discount
from trialplan.numerics.lazy import np
from trialplan.plan.building import Trial
from trialplan.plan.schema import StatedRate
from trialplan.plan.variation import PLANNED
from trialplan.protocol.content.type_one_error import level_of
from trialplan.protocol.content.views import ABSURD, Arm, Cell, Range, ScenarioRow, TestRow, arm_names, arms_of

_SEARCHED = 500
"""Participants above which an exact test takes longer to search than a draft is worth waiting for."""


def by_test(trial: Trial) -> list[TestRow]:
    """The primary's assumptions through every test that its goal and scale allow."""
    design: Any = trial.primary.design
    inner = getattr(design, "design", design)
    return [_method(trial, name, inner) for name in inner.tests if _applies(inner, name)]


def _applies(design: Any, test: str) -> bool:
    """Whether the design can be made with this test: not each is defined for every goal on every scale."""
    try:
        design.replace(test=test)
    except ParameterError:
        return False
    return True


def _method(trial: Trial, name: str, inner: Any) -> TestRow:
    """One test's answer; an exact test that would be searched far beyond the trial's own size says why it is not."""
    design, chosen = inner.replace(test=name), name == inner.test
    row, reason, answer = design.analysis, None, None
    if row.exact and not design.smooth and not chosen and trial.answer.n > _SEARCHED:
        reason = f"not searched above {_SEARCHED:,} participants"
    else:
        try:
            answer = design.sample_size(trial.primary.section.power)
        except UnreachableError as why:
            reason = why.sentence
    return TestRow(
        test=name,
        prose=row.prose,
        arms=() if answer is None else arms_of(trial, answer),
        power=None if answer is None else float(answer.power),
        reason=reason,
        chosen=chosen,
        level=level_of(answer),
    )


def controls(trial: Trial) -> list[StatedRate]:
    """The control rates of the scenario tables: the plan's own first, then those that the plan lists."""
    planned = next((one.value for one in trial.primary.assumptions if one.name == "control"), None)
    listed = list(trial.plan.content.scenarios.controls)
    if planned is None:
        return []
    own = StatedRate(key=PLANNED, value=planned, label="this plan", source="as assumed above")
    return [own, *(one for one in listed if round(one.value, 4) != round(planned, 4))]


def by_discount(trial: Trial) -> list[ScenarioRow]:
    """Control rates down, discounts and the lower limit across: the observed rate bridged toward each control rate."""
    drawn = next((one.reading for one in trial.primary.assumptions if one.reading is not None), None)
    if drawn is None:
        return []
    lower = drawn.lower(0.95)
    return [
        ScenarioRow(
            label=stated.label,
            value=stated.value,
            source=stated.source,
            cells=_cells(trial, [(stated.value, rate) for rate in _believed(trial, drawn, stated.value, lower)]),
        )
        for stated in controls(trial)
    ]


_DRIFTS = (0.05, 0.10)
"""By how much better background care may raise the control rate."""


def drifted(trial: Trial) -> list[tuple[float, Cell]]:
    """What control rates above the planned one would ask for, the treatment rate bridged anew toward each."""
    one = next((one for one in trial.primary.assumptions if one.bridge is not None and one.reading is not None), None)
    planned = next((one.value for one in trial.primary.assumptions if one.name == "control"), None)
    if one is None or one.bridge is None or one.reading is None or planned is None:
        return []
    rates = [planned + drift for drift in _DRIFTS if planned + drift < 1]
    pairs = [(rate, one.bridge.rate(one.reading, rate)) for rate in rates]
    return list(zip(rates, _cells(trial, pairs), strict=True))


def _believed(trial: Trial, drawn: Observed, control: float, lower: float) -> list[float]:
    """The treatment rates at each discount, and at the lower limit of the observed rate."""
    shares = trial.plan.content.scenarios.discounts
    return [*(discount(drawn.rate, control, share) for share in shares), lower]


def by_reading(trial: Trial) -> list[ScenarioRow]:
    """Readings of the table down, control rates across, nothing discounted."""
    return [
        ScenarioRow(
            label=label,
            value=rate.rate,
            source=rate.label,
            cells=_cells(trial, [(stated.value, rate.rate) for stated in controls(trial)]),
        )
        for label, rate in trial.readings
        if controls(trial)
    ]


def _cells(trial: Trial, pairs: list[tuple[float, float]]) -> tuple[Cell, ...]:
    """One array call over pairs of control and treatment rates."""
    control, treatment = np.array(pairs).T
    design: Any = trial.primary.design
    answer = design.replace(control=control, treatment=treatment).sample_size(trial.primary.section.power)
    return tuple(_cell(trial, answer, i, float(rate)) for i, rate in enumerate(treatment))


def _cell(trial: Trial, answer: SampleSize, i: int, treatment: float) -> Cell:
    if np.isnan(answer.n[i]):
        return Cell(treatment=treatment, n=None, arms=())
    names = arm_names(trial, answer.design)
    arms = tuple(Arm(name=names[arm], n=int(n[i])) for arm, n in answer.arms.items())
    return Cell(treatment=treatment, n=int(answer.n[i]), arms=arms)


def spread(rows: list[ScenarioRow]) -> Range | None:
    """The ends of the scenario tables, counted by the larger arm; None where nothing is reachable."""
    cells = [cell for row in rows for cell in row.cells]
    largest = [max(arm.n for arm in cell.arms) for cell in cells if cell.n is not None]
    if not largest:
        return None
    most = int(max(largest))
    return Range(
        least=int(min(largest)),
        most=f"{most:,}" if most <= ABSURD else f"more than {ABSURD:,}",
        impossible=len(cells) - len(largest),
        cells=len(cells),
    )
