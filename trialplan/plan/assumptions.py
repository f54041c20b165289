"""Assumptions resolved: stated with a source, drawn from the evidence through a bridge, or borrowed from other arms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from trialplan import evidence
from trialplan.design import Sized
from trialplan.errors import PlanError, did_you_mean
from trialplan.evidence.bridge import Bridge, Observed, PooledReading, reading
from trialplan.evidence.selection import PoolChoice, pool_outcome
from trialplan.parameter import Numbers, Parameter, in_units_of_the_outcome, parameters, with_role
from trialplan.plan import schema
from trialplan.plan.borrowing import Borrowing, borrow
from trialplan.plan.checks import check_range
from trialplan.plan.reading import Plan
from trialplan.plan.schema import AssumptionSection, DrawnSection, EndpointSection


@dataclass(frozen=True, kw_only=True)
class Assumption:
    """A design's number with its source: cited, derived, the planners' own, drawn from the evidence, or borrowed.

    `value` is None until `resolved` has computed what takes computing.
    """

    name: str
    symbol: str
    meaning: str
    unit: str
    role: str = ""
    value: Numbers | None
    basis: str
    source: str
    reading: Observed | None = None
    bridge: Bridge | None = None
    borrowed: Borrowing | None = None
    range: tuple[float, float] | None = None
    range_source: str | None = None

    @property
    def label(self) -> str:
        """What the number is in a few words."""
        return Parameter(self.meaning).label


def by_role(assumptions: Iterable[Assumption], role: str) -> Assumption | None:
    """The assumption that fills the design's number with this role; None where there is none."""
    return next((one for one in assumptions if one.role == role), None)


def assumptions_of(cls: type[Sized], section: EndpointSection, plan: Plan) -> tuple[Assumption, ...]:
    """The effect last: where it is drawn, it is bridged toward the comparator."""
    known = parameters(cls)
    values: dict[str, Assumption] = {}
    effects = with_role(cls, "effect")
    for name, said in sorted(section.assumptions.items(), key=lambda item: item[0] in effects):
        if name not in known:
            raise PlanError(f"{cls.slug()} has no {name!r}; {did_you_mean(name, known)}")
        _one_origin(name, said)
        if said.belief is not None:
            _takes_a_rate(cls, name)
            borrowed = borrow(said.belief, section, plan.table(said.belief.table))
            values[name] = _declared(cls, name, value=None, basis="belief", source=said.belief.why, borrowed=borrowed)
        elif said.evidence is not None:
            values[name] = _drawn(cls, name, said, plan, by_role(values.values(), "comparator"))
        else:
            values[name] = _stated(cls, name, said)
    return tuple(values[name] for name in section.assumptions)


def _one_origin(name: str, one: AssumptionSection) -> None:
    origins = [word for word in ("value", "evidence", "belief") if getattr(one, word) is not None]
    if len(origins) > 1:
        raise PlanError(f"{name} has both a {origins[0]} and {origins[1]}; keep one")
    if one.bridge is not None and one.evidence is None:
        raise PlanError(f"{name} takes no bridge: only a rate that is drawn from the evidence does")
    if one.range is not None and one.value is None:
        raise PlanError(f"{name} is not stated, and its range follows from its counts; remove range")


def _declared(cls: type[Sized], name: str, **rest: Any) -> Assumption:
    what = parameters(cls)[name]
    return Assumption(name=name, symbol=what.symbol, meaning=what.meaning, unit=what.unit, role=what.role, **rest)


def _stated(cls: type[Sized], name: str, one: AssumptionSection) -> Assumption:
    if one.value is None or one.source is None:
        raise PlanError(f"{name} needs a value with its source, or evidence or a belief that it is drawn from")
    check_range(cls, name, one)
    return _declared(
        cls, name, value=one.value, basis=one.basis, source=one.source, range=one.range, range_source=one.range_source
    )


def _takes_a_rate(cls: type[Sized], name: str) -> None:
    if parameters(cls)[name].unit != "proportion":
        raise PlanError(
            f"{name} cannot be drawn from a count of events, and a change within one arm is not an effect; "
            "state its value with a source"
        )


def read_rate(table: evidence.EvidenceTable, drawn: DrawnSection) -> Observed:
    """The rate that the plan names: of one study, or of several pooled."""
    outcomes = (drawn.outcome,) if isinstance(drawn.outcome, str) else drawn.outcome
    if (drawn.study is None) == (drawn.studies is None):
        raise PlanError("evidence names either one study or the studies to pool")
    if drawn.studies is not None:
        return _pooled(table, drawn, outcomes)
    assert drawn.study is not None
    arms = drawn.arm if isinstance(drawn.arm, tuple) else (drawn.arm,)
    return reading(table, drawn.study, outcomes, arms, denominator=drawn.denominator, net_of=drawn.net_of)


def _pooled(table: evidence.EvidenceTable, drawn: DrawnSection, outcomes: tuple[str, ...]) -> PooledReading:
    if len(outcomes) > 1 or drawn.net_of is not None:
        raise PlanError("a pool takes one outcome, with nothing taken off it")
    arms = (drawn.arm,) if isinstance(drawn.arm, str) else drawn.arm
    choice = PoolChoice(reports=drawn.studies or "refuse", arms=arms, denominators=drawn.denominator)
    pool = pool_outcome(table, outcomes[0], choice, method=drawn.method)
    labels = {study.label for study in pool.studies}
    controlled = all(evidence.has_concurrent_control(study) for study in table.studies if study.key in labels)
    return PooledReading(pool=pool, outcome=outcomes[0], controlled=controlled)


def _drawn(
    cls: type[Sized], name: str, one: AssumptionSection, plan: Plan, comparator: Assumption | None
) -> Assumption:
    """A rate from the table; an uncontrolled one becomes the effect only through a bridge that the plan names."""
    assert one.evidence is not None
    _takes_a_rate(cls, name)
    rate = read_rate(plan.table(plan.content.evidence.table), one.evidence)
    if parameters(cls)[name].role != "effect" or rate.controlled:
        return _declared(cls, name, value=rate.rate, basis="evidence", source=rate.label, reading=rate)
    bridge = bridge_of(one.bridge, rate)
    if comparator is None or comparator.unit != "proportion":
        raise PlanError(f"{name} is bridged toward the control rate, which the endpoint does not state")
    source = f"{rate.label}; {bridge.reason}" if bridge.reason else rate.label
    return _declared(cls, name, value=None, basis="evidence", source=source, reading=rate, bridge=bridge)


def bridge_of(said: schema.BridgeSection | None, rate: Observed) -> Bridge:
    """The one bridge that the plan names, or the sentence that says what it must name."""
    words = {} if said is None else said.model_dump(exclude_none=True, exclude={"source"})
    if not words:
        raise PlanError(
            f"{rate.label} was seen without a concurrent control and is not a treatment effect (P01); "
            "give bridge.discount, or say in bridge.acknowledge_uncontrolled why it is taken as it stands"
        )
    assert said is not None
    if said.discount == 0 and said.acknowledge_uncontrolled is None:
        raise PlanError(
            f"a discount of 0 takes {rate.label} as it stands (P01); say why in bridge.acknowledge_uncontrolled"
        )
    if said.source is None and said.acknowledge_uncontrolled is None:
        raise PlanError(f"the bridge of {rate.label} says no reason; add bridge.source")
    ways = [way for way in ("discount", "lower_limit", "bias") if words.get(way)]
    if len(ways) > 1:
        raise PlanError(f"bridge has both {ways[0]} and {ways[1]}; keep one")
    return Bridge(
        reason=said.source or said.acknowledge_uncontrolled or "",
        discount=said.discount or 0.0,
        confidence=said.lower_limit,
        bias_mean=said.bias.mean if said.bias else 0.0,
        bias_sd=said.bias.sd if said.bias else 0.0,
    )


def resolved(assumptions: tuple[Assumption, ...]) -> tuple[Assumption, ...]:
    """The assumptions with the values of beliefs and bridges computed."""
    known = [
        one if one.borrowed is None else replace(one, value=float(one.borrowed.belief.mean())) for one in assumptions
    ]
    return tuple(one if one.bridge is None else replace(one, value=bridged(one, known)) for one in known)


def told_by(design: Sized, assumptions: Iterable[Assumption], unit: str | None) -> tuple[Assumption, ...]:
    """The assumptions in the design's words and units at its own choices; a measurement has the outcome's unit."""
    declared = design.fixed.declarations()
    return tuple(_told(one, declared[one.name], unit or "") for one in assumptions)


def _told(one: Assumption, what: Parameter, unit: str) -> Assumption:
    over = f" by {what.axis}" if isinstance(one.value, tuple) and what.axis and what.axis not in what.label else ""
    shown = unit if in_units_of_the_outcome(what.unit) else what.unit
    if shown == "difference of proportions" and what.role != "effect":  # a width has no direction
        shown = "points"
    return replace(one, meaning=f"{what.label}{over}", unit=shown)


def bridged(one: Assumption, assumptions: Iterable[Assumption]) -> float:
    """The planning rate of a drawn effect, at the value that the comparator has among the assumptions."""
    comparator = by_role(assumptions, "comparator")
    # `_drawn` bridges nothing but a reading, and refuses one without a comparator
    assert one.bridge is not None
    assert one.reading is not None
    assert comparator is not None
    assert comparator.value is not None
    return float(one.bridge.rate(one.reading, comparator.value))
