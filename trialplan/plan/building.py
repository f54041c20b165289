"""A plan built: evidence read and audited, assumptions resolved with their chain, endpoints sized."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from trialplan import evidence
from trialplan.answers import Needed, SampleSize
from trialplan.catalogue import design as design_named
from trialplan.design import Design, Sized
from trialplan.enrolment.calendar import dated
from trialplan.enrolment.dropout import enrolled
from trialplan.errors import PlanError, TrialplanError, UnreachableError, did_you_mean
from trialplan.evidence.bridge import Observed
from trialplan.evidence.complaint import together
from trialplan.page import Answer, Page
from trialplan.parameter import Interval, needed, parameters
from trialplan.plan.answered import check_answers
from trialplan.plan.arms import planned_alike, with_arms
from trialplan.plan.assumptions import Assumption as Assumption
from trialplan.plan.assumptions import assumptions_of, read_rate, resolved, told_by
from trialplan.plan.checks import (
    check_citations,
    check_estimand,
    check_losses,
    check_names,
    check_null,
    check_one_trial,
    check_order,
    check_primaries,
    check_target,
    check_time_unit,
    check_times,
    check_turns,
    check_two_treatments,
)
from trialplan.plan.endpoint import Endpoint as Endpoint
from trialplan.plan.enrolment import recruitment
from trialplan.plan.family import family_endpoint
from trialplan.plan.monitoring import as_tuple, check_rule, with_looks
from trialplan.plan.randomised_evidence import AnsweredComparison, answered_comparisons, check_override
from trialplan.plan.reading import Plan
from trialplan.plan.schema import EndpointSection
from trialplan.plan.strata import WithinStrata, prognostic, within_strata
from trialplan.wrapper import Wrapper

_Made = TypeVar("_Made")


@dataclass(frozen=True, kw_only=True, repr=False)
class Trial(Answer):
    """The whole plan as objects: what the protocol is written from."""

    plan: Plan
    table: evidence.EvidenceTable
    findings: tuple[evidence.Finding, ...]
    endpoints: tuple[Endpoint, ...]
    readings: tuple[tuple[str, Observed], ...] = ()
    randomised: tuple[AnsweredComparison, ...] = ()
    family: Endpoint | None = None
    within: WithinStrata | None = None
    """The primary compared within the strata of its randomisation, where the plan analyses it so."""

    @property
    def primaries(self) -> tuple[Endpoint, ...]:
        """The primary endpoints as the plan names them: one, or those of a family."""
        return tuple(one for one in self.endpoints if one.section.role == "primary")

    @property
    def primary(self) -> Endpoint:
        """The endpoint that sizes the trial; of a family the whole, as if it were one."""
        return self.primaries[0] if self.family is None else self.family

    @property
    def counted(self) -> tuple[Endpoint, ...]:
        """What asks for participants of its own: the endpoints, those of a family as one."""
        if self.family is None:
            return self.endpoints
        return (self.family, *(one for one in self.endpoints if one.section.role != "primary"))

    def page(self) -> Page:
        """What the plan says: the endpoints with their numbers, and where each assumption comes from."""
        from trialplan.plan.trial_page import page

        return page(self)

    def with_primary(self, endpoint: Endpoint) -> Trial:
        """The same trial with another primary endpoint in place of its own."""
        if self.family is not None:
            return dataclasses.replace(self, family=endpoint)
        others = (endpoint if other is self.primary else other for other in self.endpoints)
        return dataclasses.replace(self, endpoints=tuple(others))

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """Those of the primary endpoints, as the plan states or draws them."""
        return tuple(one for endpoint in self.primaries for one in endpoint.assumptions)

    @property
    def design(self) -> Design:
        """The design that sizes the trial, with its looks."""
        assert isinstance(self.primary.design, Design)  # `build` refuses a primary whose design does not test
        return self.primary.design

    @property
    def answer(self) -> SampleSize:
        """The primary's sample size: how many are analysed, which are those randomised where nobody is lost."""
        assert self.primary.answer is not None  # `build` refuses a primary without a design
        return self.primary.answer

    @property
    def arms_randomised(self) -> dict[str, int]:
        """How many are randomised to each arm: those analysed, and those of whom the primary expects no outcome."""
        return self.primary.arms_randomised

    @property
    def n_randomised(self) -> int:
        """How many are randomised in all."""
        return sum(self.arms_randomised.values())

    @property
    def needed(self) -> Needed | None:
        """How many of those randomised are needed, where arms end one by one; None where all are."""
        return self.design.participants_needed(int(self.answer.n), self.n_randomised)

    @property
    def clusters_randomised(self) -> int:
        """How many clusters are randomised, where every arm comes in clusters; 0 where participants are."""
        found = self.design.fixed.clusters(self.n_randomised)
        return sum(found.values()) if len(found) == len(self.arms_randomised) > 1 else 0

    def expected_of(self, endpoint: Endpoint) -> float:
        """How many of those randomised are expected to have the outcome of an endpoint: losses are taken once."""
        return self.compared_by(endpoint, self.n_randomised) * (1 - (endpoint.section.dropout or 0.0))

    def success_of(self, endpoint: Endpoint) -> float | None:
        """The chance that an endpoint succeeds with those who are expected to have its outcome; None where none is."""
        design, observed = endpoint.tested, self.expected_of(endpoint)
        if design is None or design.only_n not in (None, observed):  # with fewer, or with more, it is not defined
            return None
        return float(design.success(design.whole_blocks(observed)))

    def shown_by_procedure(self, endpoint: Endpoint) -> tuple[float, ...]:
        """The chance that a primary of a family is shown by the family's procedure, one for each treatment.

        With the participants that the family is sized by; empty where no such procedure shares out the level.
        """
        powers = [one["power"] for one in self.answer.extra.get("hypotheses", ())]
        names = [one.name for one in self.primaries]
        if self.family is None or endpoint.name not in names or not powers:
            return ()
        several, place = len(powers) // len(names), names.index(endpoint.name)
        return tuple(powers[place * several : (place + 1) * several])

    def compared_by(self, endpoint: Endpoint, n: float) -> float:
        """Of n in all arms those that an endpoint compares: of several treatments one of them with the control."""
        fixed, own = self.design.fixed, endpoint.design
        one_of_several = own is not None and len(own.arm_names) == 2 and not {*own.arm_names} <= {*self.answer.arms}
        return float(fixed.participants_of_one(n)) if one_of_several and isinstance(fixed, Wrapper) else n


def build(plan: Plan) -> Trial:
    """Everything that the plan asks for, or the sentence that says what it lacks.

    What each section says is looked at before anything is computed, what it makes together before anything is sized;
    the primary is sized first.
    """
    content = plan.content
    check_primaries(content, plan.name)
    check_names(content, plan.name)
    check_citations(content, plan.name)
    check_answers(content, plan.name)
    check_estimand(content, plan.name)
    prognostic(plan)  # what is wrong with the strata is said before anything is computed
    table = plan.table(content.evidence.table)
    # what three sections say wrong of a new table is told at once
    wrong: list[PlanError] = []
    drafts = [one for section in content.endpoint for one in _told(wrong, _draft, plan, section)]
    readings = next(_told(wrong, _readings, plan, table), ())
    compared = next(_told(wrong, answered_comparisons, plan, table), ())
    if wrong:
        raise wrong[0] if len(wrong) == 1 else PlanError(together([str(why) for why in wrong], plan.name))
    borrowed = [stated.borrowed for draft in drafts for stated in draft.assumptions if stated.borrowed is not None]
    designed = sorted((_designed(plan, draft) for draft in drafts), key=lambda one: one.section.role != "primary")
    sized = {endpoint.name: _sized(plan, endpoint) for endpoint in designed}
    primaries = [sized[draft.name] for draft in drafts if draft.section.role == "primary"]
    _check_against(plan, compared, primaries[0])
    trial = Trial(
        plan=plan,
        table=table,
        findings=(*evidence.audit(table), *(finding for arms in borrowed for finding in arms.findings)),
        endpoints=tuple(sized[draft.name] for draft in drafts),
        readings=readings,
        randomised=compared,
        family=_sized_family(plan, primaries),
    )
    check_order(content.hierarchy, _in_turn(trial), trial.family is not None, plan.name)
    return dataclasses.replace(trial, within=within_strata(plan, trial.design, int(trial.answer.n)))


def _in_turn(trial: Trial) -> list[Any]:
    """What is tested in the order of the plan."""
    return [
        one.design.fixed for one in trial.endpoints if isinstance(one.design, Design) and one.section.role != "safety"
    ]


def _told(wrong: list[PlanError], make: Callable[..., _Made], *of: Any) -> Iterator[_Made]:
    """What `make` makes of `of`; nothing where it complains, which is kept."""
    try:
        made = make(*of)
    except PlanError as why:
        wrong.append(why)
        return
    yield made


def _readings(plan: Plan, table: evidence.EvidenceTable) -> tuple[tuple[str, Observed], ...]:
    with _place(f"{plan.name}, [scenarios]"):
        return tuple((one.label, read_rate(table, one)) for one in plan.content.scenarios.readings)


def designed_primaries(plan: Plan) -> list[Endpoint]:
    """The primary endpoints with what their numbers come to: nothing else that the plan says is read or checked."""
    check_primaries(plan.content, plan.name)
    sections = [one for one in plan.content.endpoint if one.role == "primary"]
    return [_designed(plan, _draft(plan, section)) for section in sections]


def size_primaries(plan: Plan) -> list[Endpoint]:
    """The same, each sized by itself."""
    return [_sized(plan, one) for one in designed_primaries(plan)]


def size_primary(plan: Plan, primaries: Sequence[Endpoint] | None = None) -> Endpoint:
    """The endpoint that sizes the trial, alone: its primaries are given, or made by `size_primaries`."""
    made = size_primaries(plan) if primaries is None else primaries
    return _sized_family(plan, made) or made[0]


def _check_against(plan: Plan, comparisons: tuple[AnsweredComparison, ...], primary: Endpoint) -> None:
    """The planned difference, where the primary has one, against the intervals of randomised evidence."""
    rates = [one.value for one in primary.rates or () if one.value is not None]
    if rates:
        treatment, control = rates
        check_target(plan.content, plan.name, treatment - control, f" ({treatment:.3g} − {control:.3g})")
        check_override(plan, comparisons, treatment - control)
    elif isinstance(primary.design, Design):
        fixed = primary.design.fixed
        check_target(plan.content, plan.name, fixed.outcome.target(fixed))


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
        check_losses(section, None if section.design is None else design_named(section.design))
        check_times(section)
        check_time_unit(section, None if section.design is None else design_named(section.design))
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
            way_out = "" if cls.gives is None else f': design = "{cls.gives.slug()}"'
            raise PlanError(f"a primary endpoint needs a design that tests; {cls.no_power()}{way_out}")
        if cls.of_groups:
            raise PlanError(
                f"a plan compares treatments with a control, and {cls.slug()} compares groups, or conditions, of which "
                f"none need be one, so that its documents would tell of two arms that are not there; size it by "
                f"`trialplan size {cls.slug()}`"
            )
        if cls.in_turn:
            check_turns(plan.content, cls.slug())
        assumptions = assumptions_of(cls, section, plan)
        _check_numbers(cls, section, assumptions)
        return Endpoint(section=section, design=None, assumptions=assumptions)


_CHOSEN = ("alpha", "confidence")
"""Numbers that a plan chooses, and that need no source; a margin has its own."""


def _check_numbers(cls: type[Sized], section: EndpointSection, assumptions: tuple[Assumption, ...]) -> None:
    """Raise where the section gives a number that the design does not have or take, or leaves out one that it needs."""
    known = parameters(cls)
    for name, value in section.settings.items():
        if name not in known:
            raise PlanError(f"{cls.slug()} has no {name!r}; {did_you_mean(name, known)}")
        known[name].check(cls.__name__, name, as_tuple(value))
        if isinstance(known[name].domain, Interval) and name not in (*_CHOSEN, cls.asks_for):
            raise PlanError(
                f"{name} under settings is a number that moves the answer, and has no source there; give it under "
                f"[endpoint.assumptions.{name}], with value, basis and source"
            )
    for one in assumptions:
        if one.value is not None:
            known[one.name].check(cls.__name__, one.name, one.value)
    given = {*section.settings, *section.assumptions, "allocation"}
    missing = [name for name in needed(cls) if name not in given]
    if missing:
        raise PlanError(f"{cls.slug()} needs {missing[0]} ({known[missing[0]].meaning}); add it under assumptions")
    test = section.analysis_test
    if test is not None and test not in cls.tests:
        raise PlanError(f"{cls.slug()} has no test {test!r}; {did_you_mean(test, cls.tests)}")


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
        numbers = {one.name: one.value for one in assumptions} | numbers | {"time_unit": section.time_unit}
        check_one_trial(cls, numbers)
        design = cls(**numbers)
        check_null(design)
        check_two_treatments(design)
        if section.role == "primary" and isinstance(design, Design) and plan.content.family is None:
            design = with_looks(with_arms(design, plan.content.arms), plan.content.monitoring)
        alike = section.role == "primary" and planned_alike(plan.content.arms)
        told = told_by(design, assumptions, section.unit, alike=alike)
        return dataclasses.replace(draft, design=design, assumptions=told)


def _sized(plan: Plan, endpoint: Endpoint) -> Endpoint:
    """The endpoint with its answer; where the trial is not sized by it, the reason why there is none will do."""
    design, section = endpoint.design, endpoint.section
    if design is None:
        return endpoint
    with _place(f"{plan.name}, endpoint {section.name!r}"):
        try:
            return dataclasses.replace(endpoint, answer=_answer(plan, design, section))
        except UnreachableError as why:
            if section.role == "primary":
                raise
            return dataclasses.replace(endpoint, shortfall=why.sentence)


def _answer(plan: Plan, design: Sized, section: EndpointSection) -> SampleSize:
    """The sample size; a primary's looks have dates where the plan says how it recruits."""
    answer = design.sample_size(section.power if isinstance(design, Design) else None)
    if section.missing == "non-response":
        answer = dataclasses.replace(answer, missing=design.outcome.missing_counts_as(cast("Design", design)))
    elif section.dropout:
        arms = enrolled(answer.design, answer.arms, section.dropout)
        answer = dataclasses.replace(answer, enrolled=arms, dropout=section.dropout)
    when = recruitment(plan.content.enrolment, section) if section.role == "primary" else None
    return dated(answer, when) if when is not None and "looks" in answer.extra and design.dates_looks else answer


def _sized_family(plan: Plan, members: Sequence[Endpoint]) -> Endpoint | None:
    """The primary endpoints as one, sized by the rule under [family]; None where there is none."""
    if plan.content.family is None:
        return None
    with _place(f"{plan.name}, [family]"):
        whole = family_endpoint(plan.content.family, members, plan.content.arms)
        assert isinstance(whole.design, Design)
        design = with_looks(whole.design, plan.content.monitoring)
        return dataclasses.replace(whole, design=design, answer=_answer(plan, design, whole.section))
