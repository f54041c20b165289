"""A plan built: evidence read and audited, assumptions resolved with their chain, endpoints sized."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from trialplan import evidence
from trialplan.answers import SampleSize
from trialplan.catalogue import design as design_named
from trialplan.design import Design, Sized
from trialplan.errors import PlanError, TrialplanError, UnreachableError, did_you_mean
from trialplan.evidence.bridge import Reading, discount, reading
from trialplan.parameter import parameters
from trialplan.plan.reading import Plan
from trialplan.plan.schema import AssumptionSection, Drawn, EndpointSection
from trialplan.sequential.group_sequential import GroupSequential


@dataclass(frozen=True, kw_only=True)
class Assumption:
    """A design's number with its source: cited, derived, the planners' own, or drawn from the evidence."""

    name: str
    symbol: str
    meaning: str
    unit: str
    value: float
    basis: str
    source: str
    reading: Reading | None = None
    discount: float | None = None


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """An endpoint with its design. The primary's `answer` sizes the trial; another's is what it would need alone."""

    section: EndpointSection
    design: Sized | None
    assumptions: tuple[Assumption, ...]
    answer: SampleSize | None = None
    shortfall: str | None = None

    @property
    def name(self) -> str:
        """What the plan calls it."""
        return self.section.name

    def assumption(self, name: str) -> Assumption:
        """The assumption that fills the design field `name`."""
        return next(one for one in self.assumptions if one.name == name)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """The whole plan as objects: what the protocol is written from."""

    plan: Plan
    table: evidence.Table
    findings: tuple[evidence.Finding, ...]
    endpoints: tuple[Endpoint, ...]
    readings: tuple[tuple[str, Reading], ...] = ()

    @property
    def primary(self) -> Endpoint:
        """The endpoint that sizes the trial."""
        return next(one for one in self.endpoints if one.section.role == "primary")

    @property
    def answer(self) -> SampleSize:
        """The primary's sample size: how many are randomised."""
        assert self.primary.answer is not None  # `build` refuses a primary without a design
        return self.primary.answer


def build(plan: Plan) -> Trial:
    """Everything that the plan asks for, or the sentence that says what it lacks.

    All that can be wrong is looked at before anything is computed, and the primary is sized first.
    """
    content = plan.content
    roles = [endpoint.role for endpoint in content.endpoint]
    if roles.count("primary") != 1:
        raise PlanError(f"{plan.name}: exactly one endpoint must have role = 'primary', not {roles.count('primary')}")
    table = evidence.read(content.evidence.table, plan.folder)
    with _place(f"{plan.name}, [scenarios]"):
        readings = tuple((one.label, read_rate(table, one)) for one in content.scenarios.readings)
    drafts = [_draft(plan, table, section) for section in content.endpoint]
    sized = {draft.name: _sized(plan, draft) for draft in sorted(drafts, key=lambda one: one.section.role != "primary")}
    return Trial(
        plan=plan,
        table=table,
        findings=tuple(evidence.audit(table)),
        endpoints=tuple(sized[draft.name] for draft in drafts),
        readings=readings,
    )


@contextmanager
def _place(where: str) -> Iterator[None]:
    """A complaint raised inside is told where in the plan it belongs."""
    try:
        yield
    except TrialplanError as why:
        kind = type(why) if isinstance(why, UnreachableError) else PlanError
        raise kind(f"{where}: {why}") from None


def _draft(plan: Plan, table: evidence.Table, section: EndpointSection) -> Endpoint:
    """The endpoint with its assumptions and design, not yet sized."""
    with _place(f"{plan.name}, endpoint {section.name!r}"):
        _check_losses(section)
        if section.design is None:
            if section.role == "primary":
                raise PlanError("a primary endpoint needs a design that sizes it")
            return Endpoint(section=section, design=None, assumptions=())
        cls = design_named(section.design)
        if section.role == "primary" and not issubclass(cls, Design):
            raise PlanError(f"a primary endpoint needs a design that tests; {section.design} does not")
        assumptions = _assumptions(cls, section, table)
        return Endpoint(section=section, design=_design(plan, cls, section, assumptions), assumptions=assumptions)


def _sized(plan: Plan, draft: Endpoint) -> Endpoint:
    """The endpoint with its answer; where the trial is not sized by it, the reason why there is none will do."""
    design, section = draft.design, draft.section
    if design is None:
        return draft
    target = section.power if isinstance(design, Design) else None
    with _place(f"{plan.name}, endpoint {section.name!r}"):
        try:
            return dataclasses.replace(draft, answer=design.sample_size(target))
        except UnreachableError as why:
            if section.role == "primary":
                raise
            return dataclasses.replace(draft, shortfall=str(why).partition(": ")[2])


def _check_losses(section: EndpointSection) -> None:
    """Missing counted as non-response and an inflation for the same missing would count the loss twice."""
    if section.missing == "non-response" and section.dropout is not None:
        raise PlanError(
            "missing = 'non-response' already lowers the rates, and dropout would inflate n for the same losses; "
            "remove one of them"
        )
    if section.missing == "excluded" and section.dropout is None:
        raise PlanError("missing = 'excluded' needs dropout, the share of participants without an outcome")


def _design(plan: Plan, cls: type[Sized], section: EndpointSection, assumptions: tuple[Assumption, ...]) -> Sized:
    known = parameters(cls)
    for name in (*section.settings, *section.assumptions):
        if name not in known:
            raise PlanError(f"{cls.slug()} has no {name!r}; {did_you_mean(name, known)}")
    numbers: dict[str, Any] = {one.name: one.value for one in assumptions} | section.settings
    if isinstance(numbers.get("margin"), list):
        numbers["margin"] = tuple(numbers["margin"])
    if "allocation" in known:
        numbers.setdefault("allocation", plan.content.trial.allocation)
    missing = [name for name, what in known.items() if name not in numbers and _needed(cls, name)]
    if missing:
        raise PlanError(f"{cls.slug()} needs {missing[0]}, the {known[missing[0]].meaning}; add it under assumptions")
    design = cls(**numbers)
    monitoring = plan.content.monitoring
    if monitoring is not None and section.role == "primary" and isinstance(design, Design):
        return GroupSequential(design=design, looks=monitoring.looks, efficacy=monitoring.efficacy)
    return design


def _needed(cls: type[Sized], name: str) -> bool:
    field = next(f for f in dataclasses.fields(cls) if f.name == name)
    return field.default is dataclasses.MISSING


def _assumptions(cls: type[Sized], section: EndpointSection, table: evidence.Table) -> tuple[Assumption, ...]:
    """Stated values first: a drawn treatment rate is bridged toward the control rate."""
    known = parameters(cls)
    stated: dict[str, AssumptionSection] = {}
    drawn: dict[str, AssumptionSection] = {}
    for name, one in section.assumptions.items():
        if name not in known:
            raise PlanError(f"{cls.slug()} has no {name!r}; {did_you_mean(name, known)}")
        (drawn if one.evidence is not None else stated)[name] = one
    values = {name: _stated(cls, name, one) for name, one in stated.items()}
    for name in sorted(drawn, key=lambda name: known[name].effect):  # the effect is bridged toward the others
        against = values.get("control", values.get("null"))
        values[name] = _drawn(cls, name, drawn[name], table, against)
    return tuple(values[name] for name in section.assumptions)


def _stated(cls: type[Sized], name: str, one: AssumptionSection) -> Assumption:
    if one.value is None or one.source is None:
        raise PlanError(f"{name} needs a value with its source, or evidence that it is drawn from")
    if one.bridge is not None:
        raise PlanError(f"{name} is a stated value and takes no bridge; name the evidence that it is drawn from")
    return _declared(cls, name, value=one.value, basis=one.basis, source=one.source)


def _declared(cls: type[Sized], name: str, **rest: Any) -> Assumption:
    what = parameters(cls)[name]
    return Assumption(name=name, symbol=what.symbol, meaning=what.meaning, unit=what.unit, **rest)


def read_rate(table: evidence.Table, drawn: Drawn) -> Reading:
    """The rate that the plan names."""
    outcomes = (drawn.outcome,) if isinstance(drawn.outcome, str) else drawn.outcome
    arms = drawn.arm if isinstance(drawn.arm, tuple) else (drawn.arm,)
    return reading(table, drawn.study, outcomes, arms, drawn.denominator)


def _drawn(
    cls: type[Sized], name: str, one: AssumptionSection, table: evidence.Table, control: Assumption | None
) -> Assumption:
    """A rate from the table; an uncontrolled one becomes the effect only through a bridge that the plan names."""
    assert one.evidence is not None
    if one.value is not None:
        raise PlanError(f"{name} has both a value and evidence; keep one")
    if parameters(cls)[name].unit != "proportion":
        raise PlanError(
            f"{name} cannot be drawn from a count of events, and a change within one arm is not an effect; "
            "state its value with a source"
        )
    rate = read_rate(table, one.evidence)
    if not parameters(cls)[name].effect or rate.controlled:
        return _declared(cls, name, value=rate.rate, basis="evidence", source=rate.label, reading=rate)
    share = _believed(one, rate)
    if control is None:
        raise PlanError(f"{name} is discounted toward the control rate, which the endpoint does not state")
    bridge = one.bridge
    reason = (bridge.source or bridge.acknowledge_uncontrolled or "") if bridge else ""
    source = f"{rate.label}; {reason}" if reason else rate.label
    return _declared(
        cls,
        name,
        value=discount(rate.rate, control.value, share),
        basis="evidence",
        source=source,
        reading=rate,
        discount=share,
    )


def _believed(one: AssumptionSection, rate: Reading) -> float:
    """The discount that the plan names; an acknowledgement in words is a discount of 0."""
    bridge = one.bridge
    if bridge is None or (bridge.discount is None and bridge.acknowledge_uncontrolled is None):
        raise PlanError(
            f"{rate.label} was seen without a concurrent control and is not a treatment effect (P01); "
            "give bridge.discount, or say in bridge.acknowledge_uncontrolled why it is taken as it stands"
        )
    if bridge.discount is None:
        return 0.0
    if bridge.discount == 0 and bridge.acknowledge_uncontrolled is None:
        raise PlanError(
            f"a discount of 0 takes {rate.label} as it stands (P01); say why in bridge.acknowledge_uncontrolled"
        )
    return bridge.discount
