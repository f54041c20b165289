"""What a protocol says of recruitment: months and sites, what they rest on, and what fewer participants could show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trialplan import figures
from trialplan.enrolment.completion import IN_TIME, Completion
from trialplan.enrolment.recruiting import Recruiting
from trialplan.enrolment.showing import Shown
from trialplan.plan.building import Trial
from trialplan.plan.recruiting import recruiting_trial, recruits


@dataclass(frozen=True, kw_only=True)
class SitesView:
    """One group of sites as the plan states it, and how many participants a year one of them is expected to have."""

    said: Any
    participants: float
    cv: float | None


@dataclass(frozen=True, kw_only=True)
class StepView:
    """A step of screening: the share who pass it, the share of the patients seen who are left, and the source."""

    name: str
    left: float
    source: str


@dataclass(frozen=True, kw_only=True)
class Recruited:
    """The whole answer, beside what the plan says."""

    answer: Recruiting
    method: str
    sites: tuple[SitesView, ...]
    steps: tuple[StepView, ...]
    in_time: float

    @property
    def shown(self) -> tuple[tuple[Completion, Shown], ...]:
        """The numbers for which the design has an answer."""
        return tuple((one, what) for one, what in self.answer.shown if what is not None)

    @property
    def detects(self) -> bool:
        """Whether a smallest effect is known of any."""
        return any(what.effect is not None for _, what in self.shown)

    @property
    def has_interval(self) -> bool:
        """Whether an interval is."""
        return any(what.interval is not None for _, what in self.shown)

    @property
    def believes(self) -> bool:
        """Whether an assurance is."""
        return any(what.assurance is not None for _, what in self.shown)


def recruited(trial: Trial) -> Recruited | None:
    """The section's numbers; None where the plan does not say how it recruits."""
    said = trial.plan.content.enrolment
    if said is None:
        return None
    answer = recruiting_trial(trial)
    share = answer.screening.share
    sites = tuple(
        SitesView(
            said=one,
            participants=one.patients_per_year * share,
            cv=None if one.rate_shape is None else one.rate_shape**-0.5,
        )
        for one in said.sites
    )
    steps = (StepView(name=name, left=left, source=source) for name, left, source in answer.screening.remaining())
    return Recruited(
        answer=answer, method=answer.law.method(answer.n), sites=sites, steps=tuple(steps), in_time=IN_TIME
    )


def fan(trial: Trial) -> figures.Fan | None:
    """The picture of the number randomised over time; None where the plan does not say how it recruits."""
    return None if trial.plan.content.enrolment is None else recruits(trial).figure()
