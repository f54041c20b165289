"""A plan built: evidence read and audited, assumptions resolved with their chain, endpoints sized."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from trialplan import evidence
from trialplan.answers import SampleSize
from trialplan.catalogue import design as design_named
from trialplan.design import Design, Sized
from trialplan.errors import PlanError, TrialplanError, UnreachableError, did_you_mean
from trialplan.evidence.bridge import Observed
from trialplan.parameter import parameters
from trialplan.plan.assumptions import Assumption, assumptions_of, by_role, read_rate, resolved
from trialplan.plan.checks import check_citations, check_losses, check_names, check_target
from trialplan.plan.monitoring import as_tuple, check_rule, on_calendar, recruitment, with_looks
from trialplan.plan.randomised_evidence import Contrary, check_override, contrary
from trialplan.plan.reading import Plan
from trialplan.plan.schema import EndpointSection


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

    def by_role(self, role: str) -> Assumption | None:
        """The assumption that fills the design's number with this role: effect, comparator, spread."""
        return by_role(self.assumptions, role)

    @property
    def rates(self) -> tuple[Assumption, Assumption] | None:
        """The rates of treatment and control, where the design compares the one with the other; else None."""
        effect, comparator = self.by_role("effect"), self.by_role("comparator")
        if self.design is None or len(self.design.arm_names) != 2 or effect is None or comparator is None:
            return None
        return (effect, comparator) if effect.unit == comparator.unit == "proportion" else None


@dataclass(frozen=True, kw_only=True)
class Trial:
    """The whole plan as objects: what the protocol is written from."""

    plan: Plan
    table: evidence.EvidenceTable
    findings: tuple[evidence.Finding, ...]
    endpoints: tuple[Endpoint, ...]
    readings: tuple[tuple[str, Observed], ...] = ()
    randomised: tuple[Contrary, ...] = ()

    @property
    def primary(self) -> Endpoint:
        """The endpoint that sizes the trial."""
        return next(one for one in self.endpoints if one.section.role == "primary")

    @property
    def design(self) -> Design:
        """The design that sizes the trial, with its looks."""
        assert isinstance(self.primary.design, Design)  # `build` refuses a primary whose design does not test
        return self.primary.design

    @property
    def answer(self) -> SampleSize:
        """The primary's sample size: how many are randomised."""
        assert self.primary.answer is not None  # `build` refuses a primary without a design
        return self.primary.answer


def build(plan: Plan) -> Trial:
    """Everything that the plan asks for, or the sentence that says what it lacks.

    What each section says is looked at before anything is computed, what it makes together before anything is sized;
    the primary is sized first.
    """
    content = plan.content
    roles = [endpoint.role for endpoint in content.endpoint]
    if roles.count("primary") != 1:
        raise PlanError(f"{plan.name}: exactly one endpoint must have role = 'primary', not {roles.count('primary')}")
    check_names(content, plan.name)
    check_citations(content, plan.name)
    table = plan.table(content.evidence.table)
    with _place(f"{plan.name}, [scenarios]"):
        readings = tuple((one.label, read_rate(table, one)) for one in content.scenarios.readings)
    drafts = [_draft(plan, section) for section in content.endpoint]
    found = contrary(plan, table)
    designed = sorted((_designed(plan, draft) for draft in drafts), key=lambda one: one.section.role != "primary")
    sized = {endpoint.name: _sized(plan, endpoint) for endpoint in designed}
    _check_against(plan, found, next(one for one in sized.values() if one.section.role == "primary"))
    return Trial(
        plan=plan,
        table=table,
        findings=(*evidence.audit(table), *_borrowed_findings(drafts)),
        endpoints=tuple(sized[draft.name] for draft in drafts),
        readings=readings,
        randomised=found,
    )


def size_primary(plan: Plan) -> Endpoint:
    """The endpoint that sizes the trial, alone: nothing else that the plan says is read or checked."""
    section = next((one for one in plan.content.endpoint if one.role == "primary"), None)
    if section is None:
        raise PlanError(f"{plan.name}: no endpoint has role = 'primary', so nothing sizes the trial")
    return _sized(plan, _designed(plan, _draft(plan, section)))


def _check_against(plan: Plan, found: tuple[Contrary, ...], primary: Endpoint) -> None:
    """The planned difference, where the primary has one, against the intervals of randomised evidence."""
    rates = [one.value for one in primary.rates or () if one.value is not None]
    if rates:
        treatment, control = rates
        check_target(plan.content, plan.name, treatment - control)
        check_override(plan, found, treatment - control)
    elif isinstance(primary.design, Design):
        check_target(plan.content, plan.name, float(primary.design.effect_value()))


def _borrowed_findings(drafts: list[Endpoint]) -> Iterator[evidence.Finding]:
    for draft in drafts:
        for one in draft.assumptions:
            if one.borrowed is not None:
                yield from one.borrowed.findings


@contextmanager
def _place(where: str) -> Iterator[None]:
    """A complaint raised inside is told where in the plan it belongs."""
    try:
        yield
    except TrialplanError as why:
        kind = type(why) if isinstance(why, UnreachableError) else PlanError
        raise why.at(where, kind) from None


def _draft(plan: Plan, section: EndpointSection) -> Endpoint:
    """The endpoint with its assumptions as far as they are stated, held against what its design declares."""
    with _place(f"{plan.name}, endpoint {section.name!r}"):
        check_losses(section)
        if section.role == "primary":
            # what is wrong with these is said before anything is computed
            recruitment(plan.content.enrolment, section)
            check_rule(plan.content.monitoring)
        if section.design is None:
            if section.role == "primary":
                raise PlanError("a primary endpoint needs a design that sizes it")
            return Endpoint(section=section, design=None, assumptions=())
        cls = design_named(section.design)
        if section.role == "primary" and not issubclass(cls, Design):
            raise PlanError(f"a primary endpoint needs a design that tests; {section.design} does not")
        assumptions = assumptions_of(cls, section, plan)
        _check_numbers(cls, section, assumptions)
        return Endpoint(section=section, design=None, assumptions=assumptions)


def _check_numbers(cls: type[Sized], section: EndpointSection, assumptions: tuple[Assumption, ...]) -> None:
    """Raise where the section gives a number that the design does not have or take, or leaves out one that it needs."""
    known = parameters(cls)
    for name, value in section.settings.items():
        if name not in known:
            raise PlanError(f"{cls.slug()} has no {name!r}; {did_you_mean(name, known)}")
        known[name].check(cls.__name__, name, as_tuple(value))
    for one in assumptions:
        if one.value is not None:
            known[one.name].check(cls.__name__, one.name, one.value)
    given = {*section.settings, *section.assumptions, "allocation"}
    needed = [one.name for one in dataclasses.fields(cls) if one.default is dataclasses.MISSING]
    missing = [name for name in known if name in needed and name not in given]
    if missing:
        raise PlanError(f"{cls.slug()} needs {missing[0]}, the {known[missing[0]].meaning}; add it under assumptions")
    if section.analysis_test is not None and section.analysis_test not in cls.tests:
        raise PlanError(
            f"{cls.slug()} has no test {section.analysis_test!r}; {did_you_mean(section.analysis_test, cls.tests)}"
        )


def _designed(plan: Plan, draft: Endpoint) -> Endpoint:
    """The endpoint with the values that take computing, and its design at them, with the looks of a primary."""
    section = draft.section
    if section.design is None:
        return draft
    cls = design_named(section.design)
    with _place(f"{plan.name}, endpoint {section.name!r}"):
        assumptions = resolved(draft.assumptions)
        numbers = {name: as_tuple(value) for name, value in section.settings.items()}
        if "allocation" in parameters(cls):
            numbers.setdefault("allocation", plan.content.trial.allocation)
        design = cls(**({one.name: one.value for one in assumptions} | numbers))
        if section.role == "primary" and isinstance(design, Design):
            design = with_looks(design, plan.content.monitoring)
        return dataclasses.replace(draft, design=design, assumptions=assumptions)


def _sized(plan: Plan, endpoint: Endpoint) -> Endpoint:
    """The endpoint with its answer; where the trial is not sized by it, the reason why there is none will do."""
    design, section = endpoint.design, endpoint.section
    if design is None:
        return endpoint
    with _place(f"{plan.name}, endpoint {section.name!r}"):
        try:
            answer = design.sample_size(section.power if isinstance(design, Design) else None)
            when = recruitment(plan.content.enrolment, section) if section.role == "primary" else None
            return dataclasses.replace(endpoint, answer=on_calendar(answer, when))
        except UnreachableError as why:
            if section.role == "primary":
                raise
            return dataclasses.replace(endpoint, shortfall=why.sentence)
