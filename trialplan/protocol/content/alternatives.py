"""What the number would be otherwise: by test, by control rate and discount, by reading of the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from trialplan.analyses.beside import begun
from trialplan.analyses.compare import actual_size, variants
from trialplan.answers import SampleSize
from trialplan.design import Design
from trialplan.errors import UnreachableError
from trialplan.evidence.bridge import Bridge
from trialplan.numerics.lazy import np
from trialplan.plan.building import Trial
from trialplan.plan.schema import StatedRate
from trialplan.plan.variation import PLANNED
from trialplan.protocol.content.views import (
    ABSURD,
    Arm,
    Cell,
    Range,
    ScenarioRow,
    TestRow,
    arm_names,
    arms_of,
)

_SEARCHED = 500
"""Participants above which an exact test takes longer to search than a draft is worth waiting for."""


def by_test(trial: Trial) -> Callable[[], list[TestRow]]:
    """What gives the primary's assumptions through every test that its goal and scale allow.

    The searches for exact tests take long, and need nothing but the design: they are begun beside, if they can be.
    """
    fixed, power = trial.design.fixed, trial.primary.section.power
    begun_all = [
        (name, prose, _begun(design, power, beyond=name != fixed.test and trial.answer.n > _SEARCHED))
        for name, design, prose in (variants(fixed) if fixed.tests else ())
    ]
    return lambda: [_by(trial, name, prose, answered, name == fixed.test) for name, prose, answered in begun_all]


def _begun(design: Design, power: float, *, beyond: bool) -> Callable[[], SampleSize]:
    """What gives one test's answer; of an exact test beyond what is searched, that it was not."""
    if not design.exact or design.smooth:
        return lambda: _sized(design, power)
    if beyond:
        return lambda: _not_searched(design)
    return begun(_sized, design, power)


def _not_searched(design: Design) -> SampleSize:
    raise UnreachableError(f"not searched above {_SEARCHED:,} participants", owner=design)


def _by(trial: Trial, name: str, prose: str, answered: Callable[[], SampleSize], chosen: bool) -> TestRow:
    """One test's answer, or why there is none."""
    reason = answer = level = None
    try:
        answer = answered()
    except UnreachableError as why:
        reason = why.sentence
    if answer is not None:
        known = answer.extra.get("actual_size")
        level = level_kept(answer.design, int(answer.n)) if known is None else known
    return TestRow(
        test=name,
        prose=prose,
        arms=() if answer is None else arms_of(trial, answer),
        power=None if answer is None else float(answer.success),
        reason=reason,
        chosen=chosen,
        level=level,
    )


@lru_cache(maxsize=64)
def _sized(design: Design, power: float) -> SampleSize:
    """The answer by one test, remembered: a plan whose words alone are changed is rendered again and again."""
    return design.sample_size(power)


@lru_cache(maxsize=64)
def level_kept(design: Design, n: int) -> float | None:
    """The largest type I error with n participants, counted, or None: asked of the trial and of its test in turn."""
    return actual_size(design, n)


def controls(trial: Trial) -> list[StatedRate]:
    """The control rates of the scenario tables: the plan's own first, then those that the plan lists."""
    rates = trial.primary.rates
    if rates is None or (planned := rates[1].value) is None:
        return []
    own = StatedRate(key=PLANNED, value=planned, label="this plan", source="as assumed above")
    listed = trial.plan.content.scenarios.controls
    return [own, *(one for one in listed if round(one.value, 4) != round(planned, 4))]


def by_discount(trial: Trial) -> list[ScenarioRow]:
    """Control rates down, discounts and the lower limit across: the observed rate bridged toward each control rate."""
    read = next((one for one in trial.primary.assumptions if one.reading is not None), None)
    if read is None or read.reading is None:
        return []
    drawn, bridge = read.reading, read.bridge or Bridge(reason="")
    shares, lower = trial.plan.content.scenarios.discounts, drawn.lower(0.95)

    def cells(control: float) -> tuple[Cell, ...]:
        believed = [*(bridge.discounted(share).rate(drawn, control) for share in shares), lower]
        return _cells(trial, [(control, rate) for rate in believed])

    return [
        ScenarioRow(label=stated.label, value=stated.value, source=stated.source, cells=cells(stated.value))
        for stated in controls(trial)
    ]


_DRIFTS = (0.05, 0.10)
"""By how much better background care may raise the control rate."""


def drifted(trial: Trial) -> list[tuple[float, Cell, Cell]]:
    """What control rates above the planned one would ask for: the treatment rate bridged anew toward each, and kept."""
    if trial.primary.rates is None:
        return []
    treatment, control = trial.primary.rates
    if control.value is None or treatment.value is None or treatment.follows is None:
        return []
    rates = [control.value + drift for drift in _DRIFTS if control.value + drift < 1]
    bridged = _cells(trial, [(rate, float(treatment.follows(rate))) for rate in rates])
    kept = _cells(trial, [(rate, treatment.value) for rate in rates])
    return list(zip(rates, bridged, kept, strict=True))


def by_reading(trial: Trial) -> list[ScenarioRow]:
    """Readings of the table down, control rates across, nothing discounted."""
    stated = [one.value for one in controls(trial)]
    return [
        ScenarioRow(
            label=label, value=read.rate, source=read.label, cells=_cells(trial, [(one, read.rate) for one in stated])
        )
        for label, read in trial.readings
        if stated
    ]


def _cells(trial: Trial, pairs: list[tuple[float, float]]) -> tuple[Cell, ...]:
    """One array call over pairs of rates; an exact test, searched anew for each pair, is sized by normal theory."""
    assert trial.primary.rates is not None  # `controls` has looked
    names = [one.name for one in reversed(trial.primary.rates)]
    return cells_at(trial, dict(zip(names, np.array(pairs).T, strict=True)), pairs)


def cells_at(trial: Trial, numbers: Mapping[str, Any], pairs: Sequence[tuple[float, float]]) -> tuple[Cell, ...]:
    """A cell for each element of the design's numbers, at each of which its two rates are a pair."""
    planned = trial.design if trial.design.smooth else trial.design.by_normal_theory()
    answer = planned.replace(**numbers).sample_size(trial.primary.section.power)
    arms = arm_names(trial, answer.design)
    cells = [Cell(control=float(below), treatment=float(rate), n=None, arms=()) for below, rate in pairs]
    for i in np.flatnonzero(~np.isnan(answer.n)):
        reached = tuple(Arm(name=arms[arm], n=int(n[i])) for arm, n in answer.arms.items())
        cells[i] = replace(cells[i], n=int(answer.n[i]), arms=reached)
    return tuple(cells)


def spread(rows: list[ScenarioRow]) -> Range | None:
    """The ends of the scenario tables, from the smallest arm to the largest; None where nothing is reachable.

    Rates that stand in two tables are one reading: nothing discounted, they are the table at its word.
    """
    alike = {(round(cell.control, 9), round(cell.treatment, 9)): cell for row in rows for cell in row.cells}
    cells = list(alike.values())
    largest = [max(arm.n for arm in cell.arms) for cell in cells if cell.n is not None]
    if not largest:
        return None
    most = int(max(largest))
    return Range(
        least=int(min(arm.n for cell in cells if cell.n is not None for arm in cell.arms)),
        most=f"{most:,}" if most <= ABSURD else f"more than {ABSURD:,}",
        impossible=len(cells) - len(largest),
        cells=len(cells),
    )
