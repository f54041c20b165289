"""What is believed of the primary's rates, and how wrong it may be: beliefs, break-even points, assurance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from trialplan.analyses.assurance.assess import Assurance, InBrief
from trialplan.analyses.sensitivity.break_even import BreakEven, break_even
from trialplan.answers import SampleSize
from trialplan.design import Design
from trialplan.errors import PlanError
from trialplan.evidence.bridge import Reading
from trialplan.numerics.lazy import np
from trialplan.plan.assumptions import Assumption
from trialplan.plan.beliefs import NOT_JOINED, beliefs_of, compared_trial
from trialplan.plan.building import Trial
from trialplan.protocol.content.views import of_control


@dataclass(frozen=True, kw_only=True)
class ControlBelief:
    """The control rate as a belief: the arms it rests on, what is typical of them, what a new arm may show."""

    arms: tuple[Reading, ...]
    participants: int
    worth: float
    typical: float
    typical_lower: float
    typical_upper: float
    mean: float
    lower: float
    upper: float
    tau_scale: float
    robust: float
    error: float


def control_belief(trial: Trial) -> ControlBelief | None:
    """The primary's borrowed control rate, where it has one."""
    one = of_control(trial)
    if one is None or one.borrowed is None:
        return None
    borrowed = one.borrowed
    (typical_lower, typical_upper), (lower, upper) = borrowed.prior.typical.interval(), borrowed.belief.interval()
    return ControlBelief(
        arms=borrowed.readings,
        participants=borrowed.prior.participants,
        worth=float(borrowed.prior.ess),
        typical=float(borrowed.prior.typical.mean()),
        typical_lower=float(typical_lower),
        typical_upper=float(typical_upper),
        mean=float(borrowed.belief.mean()),
        lower=float(lower),
        upper=float(upper),
        tau_scale=borrowed.said.tau_scale,
        robust=borrowed.said.robust,
        error=float(borrowed.prior.error),
    )


def break_evens(trial: Trial) -> list[BreakEven]:
    """Where the trial breaks as the control rate rises, and as the odds ratio shrinks."""
    rates, fixed = trial.primary.rates, trial.design.fixed
    if rates is None or not fixed.upward or len(fixed.null_values()) != 1:
        return []
    (treatment, control), smooth = rates, fixed.by_normal_theory()  # an exact test has no real-valued n to double
    size: dict[str, Any] = {"n": int(trial.answer.n), "target": trial.primary.section.power}

    def risen(rate: float) -> Design:
        believed = treatment.value  # held where it was stated, else bridged anew
        if treatment.follows is not None:
            believed = treatment.follows(rate)
        assert believed is not None  # a built plan has resolved its assumptions
        return smooth.replace(**{control.name: rate, treatment.name: float(np.clip(believed, 1e-9, 1 - 1e-9))})

    rising = break_even(risen, float(smooth.value("comparator")), 1.0, assumption="control rate", **size)
    shrinking = break_even(
        lambda ratio: smooth.outcome.shrunk(smooth, ratio), 1.0, 1e-3, assumption="ratio of odds ratios", **size
    )
    return [rising, shrinking]


@dataclass(frozen=True, kw_only=True)
class Assured:
    """What the trial's number is worth under the plan's beliefs, and under others."""

    planned: Assurance
    others: list[tuple[str, Assurance | InBrief]]


def assured(trial: Trial) -> Assured | None:
    """Assurance, where the plan asks for it."""
    if trial.plan.content.assurance is None:
        return None
    planned, others = compared_trial(trial)
    return Assured(planned=planned, others=others)


def unassured(trial: Trial) -> str:
    """Why no assurance is computed; empty where one is."""
    if trial.plan.content.assurance is not None:
        return ""
    if trial.family is not None:
        return NOT_JOINED
    try:
        beliefs_of(trial)
    except PlanError:
        return "the plan holds no belief about its effect, over which success could be averaged"
    return "the plan does not ask for it"


@dataclass(frozen=True, kw_only=True)
class Alternatives:
    """Why the table does not carry a confirmatory number alone, and what smaller trials would settle first."""

    reasons: tuple[str, ...]
    trials: tuple[tuple[str, SampleSize], ...]


_FEW = 50
"""Participants behind the treatment rate below which it is called few: its interval spans a third of the scale."""


def alternatives(trial: Trial, found: Assured | None) -> Alternatives | None:
    """What is recommended where the table cannot carry the decision; None where nothing speaks against it."""
    said, effect, fixed = trial.plan.content.assurance, trial.primary.by_role("effect"), trial.design.fixed
    if found is None or said is None or effect is None or effect.reading is None:
        return None
    reasons = tuple(_reasons(trial, found, effect))
    trials = fixed.smaller_trials(said.pilot_width, trial.primary.section.power) if reasons else ()
    return Alternatives(reasons=reasons, trials=trials) if trials else None


def _reasons(trial: Trial, found: Assured, treatment: Assumption) -> Iterator[str]:
    reading = treatment.reading
    if isinstance(reading, Reading) and reading.of < _FEW:
        yield f"the treatment rate rests on {reading.events} of {reading.of} participants of one report"
    if reading is not None and not reading.controlled:
        yield "no study behind it had a concurrent control"
    if found.planned.n_for_target is None:
        yield "under the plan's own beliefs no number of participants reaches the assurance that is sought"
    elif found.planned.n_for_target > trial.answer.n:
        yield f"the assurance that is sought would take {found.planned.n_for_target:,} participants"
    if any(one.n_for_target is None for _, one in found.others):
        yield "under another belief that somebody may hold, no number would do"
