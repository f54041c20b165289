"""What the primary test claims, by what rule, and what its missing outcomes count as: the words of every statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from trialplan import fields
from trialplan.design import Design
from trialplan.design_facts import deciding_confidence, direction, tests_in_words
from trialplan.outcome import EffectScale
from trialplan.plan.building import Trial
from trialplan.plan.endpoint import Endpoint
from trialplan.protocol.content.filters import Verbatim, margin, number, on_scale, percent

ABOUT = (fields.NON_INFERIORITY, fields.EQUIVALENCE)
"""Goals that are about a margin: to them it matters that missing outcomes make the arms alike."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """How one test is decided: how many tests, at which level, by which interval, within which limits.

    `margin` is empty where the goal has none; `better`, the direction in the treatment's favour, where neither is, and
    where several endpoints are one.
    """

    tests: str
    confidence: str
    decides: Verbatim
    better: str
    margin: Verbatim | None = None

    @property
    def about_margin(self) -> bool:
        """Whether a margin, and not the planned effect, sets the number."""
        return self.margin is not None


def claim(design: Design) -> Claim:
    """The claim of a design, looks aside."""
    fixed = design.fixed
    assert isinstance(fixed, Design)  # a test's design without looks is one
    return Claim(
        tests=tests_in_words(design),
        confidence=deciding_confidence(design),
        decides=_decides(fixed),
        better=direction(design),
        margin=None if fixed.margin is None else _margin(fixed),
    )


def _margin(fixed: Design) -> Verbatim:
    """The margin as the plan states it, with the scale that it is on."""
    scale, stated = fixed.outcome.effect_scale(fixed), cast("float | tuple[float, float]", fixed.margin)
    return Verbatim(f"{margin(stated, scale)} on the {scale.name}")


def _decides(fixed: Design) -> Verbatim:
    """Where the interval must lie for the claim to hold."""
    if fixed.members or (fixed.margin is None and fixed.two_tailed):
        return Verbatim("must exclude no effect")
    side = "above" if fixed.upward else "below"
    if fixed.goal == fields.SINGLE_ARM:
        null, what = float(fixed.null_values()[0]), fixed.declared("effect")
        share = what is not None and what.unit == "proportion"
        return Verbatim(f"must lie wholly {side} {percent(null) if share else number(null)}")
    if fixed.margin is None:
        return Verbatim(f"must lie wholly {side} no effect")
    scale = fixed.outcome.effect_scale(fixed)
    limits = [on_scale(float(limit), scale) for limit in fixed.outcome.null_limits(fixed)]
    if len(limits) == 2:
        return Verbatim(f"must lie wholly between {limits[0]} and {limits[1]}")
    return Verbatim(f"must lie wholly {side} {limits[0]}")


@dataclass(frozen=True, kw_only=True)
class Target:
    """The target difference in its own unit, and what it is called."""

    shown: Verbatim
    name: str


def target(trial: Trial) -> Target:
    """The plan's own unit where it gives one; else what the endpoint's outcome calls its effect."""
    said, lead = trial.plan.content.target_difference, trial.primaries[0]
    if said.unit or not isinstance(lead.design, Design):
        return Target(shown=number(said.value), name=said.unit or "the effect")
    fixed = lead.design.fixed
    if lead.rates is not None:  # a plan states the difference of two rates, whatever scale they are tested on
        scale = EffectScale(name="difference of proportions", short="difference", points=True)
    else:
        assert isinstance(fixed, Design)
        scale = fixed.outcome.target_scale(fixed)
    effect = lead.by_role("effect")
    share = effect is not None and effect.unit == "proportion" and not scale.points
    return Target(shown=percent(said.value) if share else on_scale(said.value, scale), name=scale.name)


@dataclass(frozen=True, kw_only=True)
class MissingOutcome:
    """What a missing outcome counts as, why that favours the claim (empty where it does not), and the plan's reason."""

    counts: str
    favours: str
    rationale: str | None


def missing_outcome(endpoint: Endpoint) -> MissingOutcome | None:
    """How a missing outcome enters the analysis; None where the plan does not say, or nothing is tested."""
    section, design = endpoint.section, endpoint.design
    if section.missing is None or not isinstance(design, Design):
        return None
    if section.missing == "excluded":
        return MissingOutcome(counts="", favours="", rationale=section.missing_rationale)
    fixed = design.fixed
    why = []
    if not fixed.upward and fixed.goal != fields.EQUIVALENCE:
        why.append("that is the better outcome, so an arm looks better the more participants it loses")
    if fixed.goal in ABOUT:
        why.append(f"losses make the arms alike, which favours the claim of {fixed.goal}")
    return MissingOutcome(
        counts=fixed.outcome.missing_counts_as(fixed), favours="; ".join(why), rationale=section.missing_rationale
    )
