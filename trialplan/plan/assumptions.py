"""Assumptions resolved: stated with a source, drawn from the evidence through a bridge, or borrowed from other arms."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from trialplan import evidence
from trialplan.belief import Belief
from trialplan.belief.experts import Elicited
from trialplan.design import Sized
from trialplan.errors import PlanError, did_you_mean
from trialplan.evidence.bridge import Bridge, Observed, PooledReading, reading
from trialplan.evidence.carried import ON_A_CONTROL_RATE, PooledEffect
from trialplan.evidence.selection import PoolChoice, pool_outcome
from trialplan.parameter import Interval, Numbers, Parameter, in_unit, parameters, verb, with_role
from trialplan.plan.borrowing import Borrowing, borrow
from trialplan.plan.bridging import bridge_of
from trialplan.plan.checks import check_range
from trialplan.plan.eliciting import elicited_by
from trialplan.plan.reading import Plan
from trialplan.plan.schema import AssumptionSection, DrawnSection, EndpointSection, PooledEffectSection


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
    pooled: PooledEffect | None = None
    elicited: Elicited | None = None
    range: tuple[float, float] | None = None
    range_source: str | None = None

    @property
    def label(self) -> str:
        """What the number is in a few words."""
        return Parameter(self.meaning).label

    @property
    def verb(self) -> str:
        """What joins the label to the value in a sentence: is, or are."""
        return verb(self.label, self.value)

    @property
    def stated_by(self) -> str:
        """On what basis it is stated, with the source; "ours" once, where the source says so itself."""
        says = self.source.startswith((f"{self.basis}:", f"{self.basis},"))
        return self.source if says else f"{self.basis}: {self.source}"

    @property
    def known_by(self) -> str:
        """How it is known, in a few words: measured, believed, or assumed."""
        if self.elicited is not None:
            return "believed: said by experts"
        if self.borrowed is not None:
            return "measured in other trials, and borrowed"
        if self.pooled is not None:
            return "measured: pooled over the studies of the table"
        if self.reading is not None:
            return f"measured in the table{', then bridged to a trial with a control' if self.bridge else ''}"
        stated = {"cited": "taken from a source", "derived": "derived from a source"}
        return stated.get(self.basis, "assumed by the planners")

    @property
    def belief(self) -> Belief | None:
        """What is believed of the number by itself: borrowed from other arms, or said by experts."""
        if self.elicited is not None:
            return self.elicited.belief
        return None if self.borrowed is None else self.borrowed.belief

    @property
    def follows(self) -> Callable[[Numbers], Numbers] | None:
        """What the number is at each control rate, where it follows from the evidence and that; None where stated."""
        if self.pooled is not None and self.pooled.on_a_control_rate:
            return self.pooled.value
        if self.bridge is None or self.reading is None:
            return None
        bridge, reading = self.bridge, self.reading
        return lambda control: bridge.rate(reading, control)

    @property
    def believed(self) -> Callable[[Numbers], Belief] | None:
        """What is believed of the number at each control rate; None where it carries no uncertainty."""
        if self.elicited is not None:
            belief = self.elicited.belief
            return lambda control: belief
        if self.pooled is not None:
            return self.pooled.given
        if self.bridge is None or self.reading is None:
            return None
        bridge, reading = self.bridge, self.reading
        return lambda control: bridge.given(reading, control)


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
        elif said.experts is not None:
            experts = elicited_by(said.experts, parameters(cls)[name].unit == "proportion")
            source = f"{said.experts.question}; {experts.label}. {said.experts.source}"
            values[name] = _declared(cls, name, value=None, basis="belief", source=source, elicited=experts)
        elif said.effect is not None:
            values[name] = _pooled_effect(cls, name, said.effect, plan, by_role(values.values(), "comparator"))
        elif said.evidence is not None:
            values[name] = _drawn(cls, name, section, plan, by_role(values.values(), "comparator"))
        else:
            values[name] = _stated(cls, name, said)
    return tuple(values[name] for name in section.assumptions)


def _one_origin(name: str, one: AssumptionSection) -> None:
    origins = [word for word in ("value", "evidence", "effect", "experts", "belief") if getattr(one, word) is not None]
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


def _pooled_effect(
    cls: type[Sized], name: str, said: PooledEffectSection, plan: Plan, comparator: Assumption | None
) -> Assumption:
    """An effect of two arms; of rates it becomes the treatment's at the control rate."""
    declared, rates = parameters(cls)[name], parameters(cls)[name].unit == "proportion"
    if declared.role != "effect":
        raise PlanError(f"{name} is no effect; state its value with a source, or draw it from one arm by evidence")
    carried = said.measure in ON_A_CONTROL_RATE and rates
    if carried and (comparator is None or comparator.unit != "proportion"):
        raise PlanError(f"{name}: a {said.measure} is carried to the control rate, which the endpoint does not state")
    whole_line = said.measure == "mean-difference" and declared.domain == Interval()
    if not (carried or whole_line or name.replace("_", "-") == said.measure):
        fitting = ON_A_CONTROL_RATE if rates else ("mean-difference",) if declared.domain == Interval() else ()
        fitting = fitting or (name.replace("_", "-"),)
        raise PlanError(f"{name} cannot be drawn from a pooled {said.measure}; use {' or '.join(fitting)}")
    choice = PoolChoice(reports=said.studies or "refuse", arms=said.arms, timepoint_months=said.timepoint_months)
    table = plan.table(plan.content.evidence.table)
    pool = pool_outcome(table, said.outcome, choice, measure=said.measure, method=said.method)
    pooled = PooledEffect(pool=pool, outcome=said.outcome)
    return _declared(cls, name, value=None, basis="evidence", source=f"{pooled.label}; {said.source}", pooled=pooled)


def _drawn(
    cls: type[Sized], name: str, section: EndpointSection, plan: Plan, comparator: Assumption | None
) -> Assumption:
    """A rate from the table; an uncontrolled one becomes the effect only through a bridge that the plan names.

    A rate that was seen beside a control is bridged where the plan names a bridge, and taken as it stands where not.
    """
    one = section.assumptions[name]
    assert one.evidence is not None
    _takes_a_rate(cls, name)
    rate = read_rate(plan.table(plan.content.evidence.table), one.evidence)
    an_effect = parameters(cls)[name].role == "effect"
    if one.bridge is not None and not an_effect:
        raise PlanError(f"{name} names a bridge, and only the effect is bridged; remove it, or bridge the effect")
    if not an_effect or (rate.controlled and one.bridge is None):
        return _declared(cls, name, value=rate.rate, basis="evidence", source=rate.label, reading=rate)
    bridge = replace(
        bridge_of(one.bridge, rate, section, plan), favourable=section.settings.get("favourable", cls.favourable)
    )
    if comparator is None or comparator.unit != "proportion":
        raise PlanError(
            f"{name} is bridged toward the control rate, which the endpoint does not state as one number; "
            f"state it, or give {name} a value"
        )
    source = f"{rate.label}; {bridge.reason}" if bridge.reason else rate.label
    return _declared(cls, name, value=None, basis="evidence", source=source, reading=rate, bridge=bridge)


def resolved(assumptions: tuple[Assumption, ...]) -> tuple[Assumption, ...]:
    """The assumptions with the values of beliefs and bridges computed."""
    known = [one if one.belief is None else replace(one, value=float(one.belief.mean())) for one in assumptions]
    drawn = [one for one in known if one.bridge is not None or one.pooled is not None]
    return tuple(replace(one, value=bridged(one, known)) if one in drawn else one for one in known)


def told_by(
    design: Sized, assumptions: Iterable[Assumption], unit: str | None, *, alike: bool = False
) -> tuple[Assumption, ...]:
    """The assumptions in the design's words and units at its own choices; a measurement has the outcome's unit.

    `alike` is the design of one of several treatments, of which all that it says of its treatment arm holds.
    """
    declared = design.fixed.declarations()
    return tuple(_told(one, declared[one.name], unit or "", alike) for one in assumptions)


def _told(one: Assumption, what: Parameter, unit: str, alike: bool) -> Assumption:
    shown = in_unit(what.unit, unit)
    if shown == "difference of proportions" and what.role != "effect":  # a width has no direction
        shown = "points"
    told = what.of_each_treatment() if alike else what
    return replace(one, meaning=told.called(one.value), unit=shown)


def bridged(one: Assumption, assumptions: Iterable[Assumption]) -> float:
    """The planning rate of a drawn effect, at the value that the comparator has among the assumptions."""
    comparator = by_role(assumptions, "comparator")
    if one.follows is None:
        assert one.pooled is not None  # an effect as it stands, which needs no comparator
        return float(one.pooled.value(None))
    # what follows a control rate has been refused without one
    assert comparator is not None
    assert comparator.value is not None
    if not isinstance(comparator.value, int | float):
        several = ", ".join(map(str, comparator.value))
        raise PlanError(f"{one.name} is bridged toward {comparator.name} as one rate, not {several}; state one")
    return float(one.follows(comparator.value))
