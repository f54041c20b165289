"""How far each assumption of a plan's primary may be off: a range for each, with where it comes from, never guessed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

from trialplan.analyses.assurance.assess import assurance
from trialplan.analyses.sensitivity.tornado import Axis
from trialplan.design import Design
from trialplan.errors import PlanError
from trialplan.evidence.bridge import Bridge, Observed, Reading
from trialplan.evidence.carried import PooledEffect
from trialplan.evidence.intervals import wilson
from trialplan.evidence.pooling import Pool
from trialplan.numerics.lazy import np
from trialplan.plan.arms import planned_alike
from trialplan.plan.assumptions import Assumption, bridged
from trialplan.plan.beliefs import beliefs_of
from trialplan.plan.building import Trial
from trialplan.text import percent, plural, true_words

NONE_STATED = "no range stated"

_NODES = 64
"""Nodes for each belief: the shipped plans' assurance moves by less than 1e-7 with twice as many."""


def axes_of(trial: Trial) -> list[Axis]:
    """Every number of the primary with its range; a drawn rate has two, what was observed and what is discounted.

    A stated value's range is the plan's own, or of a control rate the control rates that the plan lists; a drawn
    rate's its 95 % interval; a borrowed one's its 95 % predictive interval; a discount's the listed discounts.
    Where the control rate moves, the treatment rate is bridged toward it anew, unless it is stated.
    """
    return [axis for one in trial.primary.assumptions for axis in _axes(trial, one)]


def _axes(trial: Trial, one: Assumption) -> Iterator[Axis]:
    if one.reading is not None and one.bridge is not None:
        yield _observed(trial, one, one.reading, one.bridge)
        yield _discounted(trial, one, one.bridge)
        return
    if one.pooled is not None:
        yield _pooled(trial, one, one.pooled)
        return
    low, high, source = _range(trial, one)
    assert one.value is not None  # a built plan has resolved its assumptions
    yield Axis(
        assumption=one.name,
        says=_says(trial, one),
        unit=one.unit,
        planned=one.value,
        source=source,
        low=low,
        high=high,
        design_at=lambda value: _primary_at(_fixed(trial, one, value)),
        assurance_at=_assured(trial, lambda value: _fixed(trial, one, value)),
    )


def _range(trial: Trial, one: Assumption) -> tuple[float | None, float | None, str]:
    """The ends, and where they come from."""
    if one.borrowed is not None:
        low, high = one.borrowed.belief.interval()
        return (
            float(low),
            float(high),
            f"95 % predictive interval of the {plural(len(one.borrowed.readings), 'arm')} it rests on",
        )
    if one.elicited is not None:
        low, high = one.elicited.belief.interval()
        return float(low), float(high), f"95 % interval of what {plural(len(one.elicited.fits), 'expert')} believe"
    if one.reading is not None:
        return _interval(one.reading)
    if one.range is not None:
        return *one.range, one.range_source or ""
    listed = trial.plan.content.scenarios.controls
    if one.role == "comparator" and one.unit == "proportion" and listed and one.value is not None:
        found = sorted(listed, key=lambda stated: stated.value)
        low, high = min(found[0].value, one.value), max(found[-1].value, one.value)
        return low, high, f"the listed control rates, {found[0].label} to {found[-1].label}"
    return None, None, NONE_STATED


def _interval(reading: Observed) -> tuple[float, float, str]:
    """Wilson's interval of counts; of a pool what a further study may show, where that is defined."""
    if isinstance(reading, Reading):
        low, high = wilson(reading.events, reading.of)
        return low, high, f"95 % Wilson interval of {reading.events}/{reading.of}"
    return _of_pool(reading.pool)


def _of_pool(pool: Pool) -> tuple[float, float, str]:
    natural, level = pool.natural, percent(pool.confidence)
    if natural.prediction_lower is not None and natural.prediction_upper is not None:
        return natural.prediction_lower, natural.prediction_upper, f"{level} prediction interval of the pool"
    return natural.lower, natural.upper, f"{level} interval of the pool"


def _says(trial: Trial, one: Assumption) -> str:
    words = trial.plan.content.trial
    if one in (trial.primary.rates or ()):
        arm = words.control_name
        if one.role == "effect":
            arm = "each treatment" if planned_alike(trial.plan.content.arms) else words.treatment_name
        return f"the rate of {trial.primary.name} on {arm} is {{}}"
    return f"the {true_words(one.label)} {one.verb} {{}}"


def _observed(trial: Trial, one: Assumption, reading: Observed, bridge: Bridge) -> Axis:
    """What lies behind the observed rate, bridged as planned."""
    low, high, source = _interval(reading)
    kind = "rate" if reading.controlled else "uncontrolled rate"
    if isinstance(reading, Reading):
        name = f"rate behind {reading.study.key}"
        words = f"true {kind}, of which {reading.study.called} saw {reading.events}/{reading.of},"
    else:
        name, words = "pooled rate", f"{kind} pooled from {plural(reading.pool.k, 'study')}"
    return Axis(
        assumption=f"{one.name}: {name}",
        says=f"the {words} is {{}}",
        unit="proportion",
        planned=reading.rate if bridge.confidence is None else reading.lower(bridge.confidence),
        source=source,
        low=low,
        high=high,
        design_at=lambda seen: trial.design.replace(**{one.name: bridge.moved(seen, _comparator(trial).value)}),
        assurance_at=_assured_at_rate(trial, one, bridge),
    )


def _pooled(trial: Trial, one: Assumption, pooled: PooledEffect) -> Axis:
    """The effect that the studies of two arms pool to, carried to the control rate as planned."""
    low, high, source = _of_pool(pooled.pool)
    against = _comparator(trial).value if pooled.on_a_control_rate else None
    return Axis(
        assumption=f"{one.name}: pooled effect",
        says=f"the {pooled.measure.replace('-', ' ')} pooled from {plural(pooled.pool.k, 'study')} is {{}}",
        unit="",
        planned=pooled.pool.natural.estimate,
        source=source,
        low=low,
        high=high,
        design_at=lambda effect: trial.design.replace(**{one.name: pooled.carried(effect, against)}),
    )


def _discounted(trial: Trial, one: Assumption, bridge: Bridge) -> Axis:
    """The share of the excess that is not believed; a bridge of another kind has no range."""
    shares = trial.plan.content.scenarios.discounts
    plain = bridge.by_discount
    known = plain and len(set(shares)) > 1

    def at(share: float) -> Trial:
        return _with(trial, one, bridge=dataclasses.replace(bridge, discount=share))

    return Axis(
        assumption=f"{one.name}: discount" if plain else f"{one.name}: bridge",
        says="{} of the excess over the control rate is not real",
        unit="proportion",
        planned=bridge.discount,
        source="the smallest and the largest of the listed discounts" if known else NONE_STATED,
        low=min(*shares, bridge.discount) if known else None,
        high=max(*shares, bridge.discount) if known else None,
        design_at=lambda share: _primary_at(at(share)),
        assurance_at=_assured(trial, at),
    )


def _fixed(trial: Trial, one: Assumption, value: float) -> Trial:
    """The trial with a number held at a value: nothing is borrowed or believed about it any more."""
    return _with(trial, one, value=value, borrowed=None, reading=None, elicited=None)


def _with(trial: Trial, one: Assumption, **changes: Any) -> Trial:
    primary = trial.primary
    assumptions = tuple(
        dataclasses.replace(other, **changes) if other.name == one.name else other for other in primary.assumptions
    )
    return trial.with_primary(dataclasses.replace(primary, assumptions=assumptions))


def _primary_at(trial: Trial) -> Design:
    """The design at the trial's assumptions, the treatment rate bridged toward the control rate that they give."""
    stated = trial.primary.assumptions
    drawn = [one for one in stated if one.follows is not None]
    numbers = {one.name: one.value for one in stated} | {one.name: bridged(one, stated) for one in drawn}
    return trial.design.replace(**numbers)


def _comparator(trial: Trial) -> Assumption:
    """The rate that the treatment's is bridged toward."""
    found = trial.primary.by_role("comparator")
    assert found is not None  # a bridged rate has been refused without one
    return found


def _believes(trial: Trial) -> bool:
    try:
        beliefs_of(trial)
    except PlanError:
        return False
    return True


def _assured(trial: Trial, at: Callable[[float], Trial]) -> Callable[[float], float] | None:
    """Assurance of the planned number at a value, where the plan has beliefs about the rest."""
    if not _believes(trial):
        return None

    def found(value: float) -> float:
        other = at(value)
        return assurance(_primary_at(other).fixed, int(trial.answer.n), beliefs_of(other), _NODES)

    return found


def _assured_at_rate(trial: Trial, one: Assumption, bridge: Bridge) -> Callable[[float], float] | None:
    """The same where the uncontrolled rate is known: only the control rate is left to average over."""
    if not _believes(trial):
        return None
    comparator, fixed = _comparator(trial), trial.design.fixed

    def found(seen: float) -> float:
        if comparator.belief is None:
            moved = bridge.moved(seen, comparator.value)
            return float(fixed.replace(**{one.name: moved}).success(trial.answer.n))
        rates, weights = comparator.belief.nodes(_NODES)
        moved = np.broadcast_to(bridge.moved(seen, rates), np.shape(rates))
        design = fixed.replace(**{comparator.name: rates, one.name: moved})
        return float((weights * design.success(trial.answer.n)).sum())

    return found
