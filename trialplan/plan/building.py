"""A plan built: evidence read and audited, assumptions resolved with their chain, endpoints sized."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from trialplan import evidence
from trialplan.answers import SampleSize
from trialplan.catalogue import design as design_named
from trialplan.design import Design, Sized
from trialplan.errors import PlanError, TrialplanError, UnreachableError, did_you_mean
from trialplan.evidence.bridge import Observed
from trialplan.parameter import Parameter, parameters
from trialplan.plan.assumptions import Assumption, assumptions_of, read_rate, resolved
from trialplan.plan.checks import check_citations, check_losses, check_names, check_target
from trialplan.plan.monitoring import on_calendar, recruitment, with_looks
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
    check_names(content, plan.name)
    check_citations(content, plan.name)
    table = evidence.read(content.evidence.table, plan.folder)
    with _place(f"{plan.name}, [scenarios]"):
        readings = tuple((one.label, read_rate(table, one)) for one in content.scenarios.readings)
    drafts = [_draft(plan, table, section) for section in content.endpoint]
    found = contrary(plan, table)
    sized = {draft.name: _sized(plan, draft) for draft in sorted(drafts, key=lambda one: one.section.role != "primary")}
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
    table = evidence.read(plan.content.evidence.table, plan.folder)
    return _sized(plan, _draft(plan, table, section))


def _check_against(plan: Plan, found: tuple[Contrary, ...], primary: Endpoint) -> None:
    """The planned difference, where the primary has one, against the intervals of randomised evidence."""
    numbers = {one.name: one.value for one in primary.assumptions}
    treatment, control = numbers.get("treatment"), numbers.get("control")
    if treatment is not None and control is not None:
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


def _draft(plan: Plan, table: evidence.EvidenceTable, section: EndpointSection) -> Endpoint:
    """The endpoint with its assumptions and design, not yet sized."""
    with _place(f"{plan.name}, endpoint {section.name!r}"):
        check_losses(section)
        if section.role == "primary":
            recruitment(plan.content.enrolment, section)  # what is wrong with it is said before anything is computed
        if section.design is None:
            if section.role == "primary":
                raise PlanError("a primary endpoint needs a design that sizes it")
            return Endpoint(section=section, design=None, assumptions=())
        cls = design_named(section.design)
        if section.role == "primary" and not issubclass(cls, Design):
            raise PlanError(f"a primary endpoint needs a design that tests; {section.design} does not")
        assumptions = assumptions_of(cls, section, table, plan.folder)
        design = _design(plan, cls, section, assumptions)
        return Endpoint(section=section, design=design, assumptions=assumptions)


def _sized(plan: Plan, draft: Endpoint) -> Endpoint:
    """The endpoint with its answer; where the trial is not sized by it, the reason why there is none will do."""
    design, section = draft.design, draft.section
    if design is None:
        return draft
    target = section.power if isinstance(design, Design) else None
    assumptions = resolved(draft.assumptions)
    with _place(f"{plan.name}, endpoint {section.name!r}"):
        try:
            design = design.replace(**{one.name: one.value for one in assumptions})
            draft = dataclasses.replace(draft, design=design, assumptions=assumptions)
            answer = design.sample_size(target)
            when = recruitment(plan.content.enrolment, section) if section.role == "primary" else None
            return dataclasses.replace(draft, answer=on_calendar(answer, when))
        except UnreachableError as why:
            if section.role == "primary":
                raise
            return dataclasses.replace(draft, shortfall=why.sentence)


def _design(plan: Plan, cls: type[Sized], section: EndpointSection, assumptions: tuple[Assumption, ...]) -> Sized:
    known = parameters(cls)
    for name in (*section.settings, *section.assumptions):
        if name not in known:
            raise PlanError(f"{cls.slug()} has no {name!r}; {did_you_mean(name, known)}")
    numbers: dict[str, Any] = {one.name: _planned(known, one) for one in assumptions} | section.settings
    if isinstance(numbers.get("margin"), list):
        numbers["margin"] = tuple(numbers["margin"])
    if "allocation" in known:
        numbers.setdefault("allocation", plan.content.trial.allocation)
    missing = [name for name, what in known.items() if name not in numbers and _needed(cls, name)]
    if missing:
        raise PlanError(f"{cls.slug()} needs {missing[0]}, the {known[missing[0]].meaning}; add it under assumptions")
    design = cls(**numbers)
    tests = getattr(design, "tests", {})
    if section.analysis_test is not None and section.analysis_test not in tests:
        raise PlanError(
            f"{cls.slug()} has no test {section.analysis_test!r}; {did_you_mean(section.analysis_test, tests)}"
        )
    if section.role == "primary" and isinstance(design, Design):
        return with_looks(design, plan.content.monitoring)
    return design


def _planned(known: Mapping[str, Parameter], one: Assumption) -> float:
    """The value, or one that will do until the real one has been computed: what is wrong is seen before that."""
    if one.value is not None:
        return one.value
    low, high = known[one.name].typical
    return (low + high) / 2


def _needed(cls: type[Sized], name: str) -> bool:
    field = next(f for f in dataclasses.fields(cls) if f.name == name)
    return field.default is dataclasses.MISSING
