"""What a plan says of recruiting: a rate, or sites with what they see and whom screening keeps; and what follows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import Field

from trialplan.enrolment.calendar import Recruitment
from trialplan.enrolment.over_time import KnownRate, Recruits, of_sites
from trialplan.enrolment.screening import Competitor, Screening, Step
from trialplan.enrolment.sites import MOST_SITES, Sites
from trialplan.errors import ParameterError, PlanError
from trialplan.numerics.accrual import LATEST, Accrual
from trialplan.plan.section import Name, Section, Text


class RateStep(Section):
    """A rate of recruitment, and the month from which it holds."""

    renamed: ClassVar = {"per_month": "accrual_rate"}

    from_month: float = Field(ge=0, description="the month from which the rate holds")
    accrual_rate: float = Field(ge=0, description="participants a month")


class SitesSection(Section):
    """`[[enrolment.sites]]`: a group of sites alike."""

    name: Name | None = Field(None, description="what the group is called")
    number: int = Field(ge=1, le=MOST_SITES, description="how many sites")
    patients_per_year: float = Field(gt=0, description="patients with the disease whom one site sees in a year")
    rate_shape: float | None = Field(
        None,
        gt=0,
        description="shape of the gamma distribution of rates between sites, 1/CV²; without it all are known",
    )
    opens_from_month: float = Field(0.0, ge=0, le=LATEST, description="the month in which the first opens")
    opens_to_month: float | None = Field(None, ge=0, le=LATEST, description="the month of the last; evenly between")
    source: Text = Field(description="where the rate comes from; 'ours' where it is the planners'")


class ScreeningSection(Section):
    """`[[enrolment.screening]]`: a step that patients pass or fail before they can be randomised."""

    step: Name = Field(description="what is asked or tested")
    share: float = Field(gt=0, le=1, description="share of those who reach the step who pass it")
    source: Text = Field(description="where the share comes from")


class CompetingSection(Section):
    """`[[enrolment.competing]]`: a trial that recruits the same patients."""

    trial: Name = Field(description="the trial that recruits from the same patients")
    share: float = Field(ge=0, lt=1, description="share of the eligible patients that it takes")
    source: Text = Field(description="where this is known from")


class Enrolment(Section):
    """`[enrolment]`: how fast participants come, which says when looks are and what they can still save.

    Either a rate of all centres together (`accrual_rate` or `steps`), which is then taken as known, or sites.
    """

    renamed: ClassVar = {"per_month": "accrual_rate"}

    accrual_rate: float | None = Field(None, gt=0, description="participants randomised a month, all centres together")
    steps: tuple[RateStep, ...] = Field((), description="rates from a month on, where one rate will not do")
    ramp_up_months: float = Field(0.0, ge=0, description="months in which the rate rises evenly from nothing")
    sites: tuple[SitesSection, ...] = Field((), description="sites in groups, in place of a rate")
    screening: tuple[ScreeningSection, ...] = Field((), description="who of the patients seen can be randomised")
    competing: tuple[CompetingSection, ...] = Field((), description="trials that take eligible patients")
    deadline_months: float | None = Field(
        None, gt=0, le=LATEST, description="the month by which everybody is to be randomised"
    )
    fewer: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (), description="smaller numbers of participants, to see what they could show"
    )
    decision_months: float = Field(0.0, ge=0, description="from the last reading that a look needs to its decision")
    source: Text | None = Field(None, description="where the rate comes from; 'ours' where it is the planners'")

    def sources(self) -> Iterator[str]:
        """Every source that is named, the rate's first."""
        groups = (self.sites, self.screening, self.competing)
        yield from filter(None, [self.source, *(one.source for group in groups for one in group)])


def screening_of(said: Enrolment) -> Screening:
    """The steps and the competing trials of the plan."""
    steps = tuple(Step(name=one.step, share=one.share, source=one.source) for one in said.screening)
    rivals = tuple(Competitor(name=one.trial, share=one.share, source=one.source) for one in said.competing)
    return Screening(steps=steps, competing=rivals)


def law_of(said: Enrolment) -> Recruits:
    """How the plan recruits, as a distribution; a PlanError where what it says does not fit together."""
    ways = [bool(said.accrual_rate is not None), bool(said.steps), bool(said.sites)]
    if sum(ways) != 1:
        raise PlanError(
            "[enrolment]: give either accrual_rate, or steps with from_month and accrual_rate, or [[enrolment.sites]]"
        )
    if not said.sites and said.source is None:
        raise PlanError("[enrolment]: the key 'source' is missing; it says where the rate comes from")
    if not said.sites and (said.screening or said.competing):
        raise PlanError(
            "[enrolment]: screening and competing trials act on the patients whom sites see; give [[enrolment.sites]] "
            "in place of a rate of those randomised"
        )
    if said.sites and said.ramp_up_months:
        raise PlanError("[enrolment]: sites open one after the other, so leave ramp_up_months out")
    try:
        return _law(said)
    except ParameterError as why:
        raise why.at("[enrolment]", PlanError) from None


def _law(said: Enrolment) -> Recruits:
    if said.sites:
        share = screening_of(said).share
        return of_sites([_sites(one, share) for one in said.sites])
    steps = tuple((one.from_month, one.accrual_rate) for one in said.steps) or ((0.0, float(said.accrual_rate or 0)),)
    return KnownRate(known=Accrual(steps=steps, ramp_up=said.ramp_up_months))


def _sites(one: SitesSection, share: float) -> Sites:
    """The group by the participants that each site randomises; without a last month all open with the first."""
    return Sites(
        number=one.number,
        per_year=one.patients_per_year * share,
        shape=one.rate_shape,
        opens_from=one.opens_from_month,
        opens_to=one.opens_from_month if one.opens_to_month is None else one.opens_to_month,
        name=one.name or "",
        source=one.source,
    )


def recruitment(said: Enrolment | None, endpoint: Any) -> Recruitment | None:
    """How the plan recruits, as expected, and reads the primary endpoint; None where it does not say."""
    if said is None:
        return None
    if endpoint.timepoint_months is None:
        raise PlanError(
            "[enrolment]: the endpoint has no timepoint_months, the months from randomisation to its reading; "
            "without it no look has a date"
        )
    return Recruitment(
        accrual=law_of(said).accrual,
        read_after=endpoint.timepoint_months,
        decision=said.decision_months,
        dropout=endpoint.dropout or 0.0,
    )
