"""What a plan's recruitment comes to: its months and sites, its looks, and what other numbers could show."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from trialplan.enrolment.calendar import to_randomise
from trialplan.enrolment.completion import Wait, completion
from trialplan.enrolment.recruiting import Recruiting, reachable, recruiting
from trialplan.enrolment.showing import what_is_shown
from trialplan.errors import PlanError
from trialplan.plan.beliefs import beliefs_of
from trialplan.plan.building import Trial
from trialplan.plan.enrolment import Enrolment, law_of, screening_of


def enrolment_of(trial: Trial) -> Enrolment:
    """The plan's section, or the sentence that says that there is none."""
    said = trial.plan.content.enrolment
    if said is None:
        raise PlanError(
            f"{trial.plan.name} has no [enrolment], and so no sites and no rate to recruit at; add one, with "
            "[[enrolment.sites]]"
        )
    return said


def recruits(trial: Trial, months: float | None = None) -> Recruiting:
    """When the plan's number is recruited, and its looks are due; `months` takes the place of the plan's deadline."""
    said = enrolment_of(trial)
    return recruiting(
        law_of(said),
        trial.n_randomised,
        deadline=said.deadline_months if months is None else months,
        screening=screening_of(said),
        looks=_looks(trial),
        wait=wait_of(trial),
        power=trial.primary.section.power,
    )


def recruiting_trial(trial: Trial, ns: Sequence[int] = (), months: float | None = None) -> Recruiting:
    """Everything about the plan's recruitment; `ns` are the numbers that are asked what they show.

    Without them these are the plan's own, those that it names as fewer, and those who come by the deadline.
    """
    answer, section = recruits(trial, months), trial.primary.section
    deadline = answer.deadline
    fewer, block = enrolment_of(trial).fewer, int(trial.design.step)
    asked = list(ns) or sorted({*fewer, *reachable(answer.law, answer.n, deadline, block)})
    dropout = section.dropout or 0.0
    shown = what_is_shown(trial.design, asked, section.power, dropout=dropout, beliefs=_beliefs(trial))
    told = {one.n: one for one in shown}
    completed = tuple((completion(answer.law, number, deadline), told.get(number)) for number in asked)
    return dataclasses.replace(answer, shown=completed)


def wait_of(trial: Trial) -> Wait | None:
    """From the last randomisation to the decision; None where the endpoint has no month."""
    said, read_after = enrolment_of(trial), trial.primary.section.timepoint_months
    return None if read_after is None else Wait(read_after=read_after, decision=said.decision_months)


def _looks(trial: Trial) -> list[int]:
    looks, dropout = trial.answer.extra.get("looks", ()), trial.primary.section.dropout or 0.0
    return [to_randomise(trial.design, int(look["n"]), dropout) for look in looks]


def _beliefs(trial: Trial) -> dict[str, Any] | None:
    """What the plan believes of its rates; None where it states them."""
    try:
        return beliefs_of(trial)
    except PlanError:
        return None
