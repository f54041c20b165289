"""What the primary test claims, by what rule, and what its missing outcomes count as: the words of every statement."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import cast

from trialplan import fields
from trialplan.design import Design, Sized
from trialplan.design_facts import deciding_confidence, direction, tests_in_words
from trialplan.outcome import DIFFERENCE_OF_PROPORTIONS, EffectScale
from trialplan.parameter import in_unit, in_units_of_the_outcome
from trialplan.plan.building import Trial
from trialplan.plan.endpoint import Endpoint
from trialplan.protocol.content.filters import Verbatim, escape, in_its_unit, margin, number, on_scale, percent

ABOUT = (fields.NON_INFERIORITY, fields.EQUIVALENCE)
"""Goals that are about a margin: to them it matters that missing outcomes make the arms alike."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """How one test is decided: how many tests, at which level, by which interval, within which limits.

    `margin` is empty where the goal has none; `better`, the direction in the treatment's favour, where neither is, and
    where several endpoints are one; `beyond`, the threshold of a single arm with its side, where there are two. `near`
    says that the claim is to be as good as the control, within the margin. `instead` is what decides where no interval
    does; `interval_of`, what the interval is of, where that must be told; `besides`, what must hold besides.
    """

    tests: str
    confidence: str
    decides: Verbatim
    better: str
    margin: Verbatim | None = None
    beyond: Verbatim | None = None
    near: bool = False
    instead: str = ""
    interval_of: str = ""
    besides: Verbatim = Verbatim("")

    @property
    def about_margin(self) -> bool:
        """Whether a margin, and not the planned effect, sets the number."""
        return self.margin is not None


def claim(design: Design, unit: str = "") -> Claim:
    """The claim of a design, looks aside; `unit` is that of the outcome, where the plan gives one."""
    fixed = design.fixed
    assert isinstance(fixed, Design)  # a test's design without looks is one
    return Claim(
        tests=tests_in_words(design),
        confidence=deciding_confidence(design),
        decides=_decides(fixed, unit),
        better=direction(design),
        margin=None if fixed.margin is None else _margin(fixed, unit),
        near=fixed.goal in ABOUT,
        instead=fixed.decides,
        interval_of=fixed.interval_of,
        besides=_besides(fixed, unit),
        beyond=_beyond(fixed, unit) if fixed.goal == fields.SINGLE_ARM and not fixed.members else None,
    )


def scale_of(design: Sized, unit: str = "") -> EffectScale:
    """The scale on which the effect is read, in the outcome's own unit where it is measured in that."""
    scale, effect = design.outcome.effect_scale(design), design.fixed.declared("effect")
    own = effect is not None and in_units_of_the_outcome(effect.unit) and not (scale.ratio or scale.points)
    if not (unit and own and effect is not None):
        return scale
    return dataclasses.replace(scale, unit=in_unit(effect.unit, unit))


def _margin(fixed: Design, unit: str) -> Verbatim:
    """The margin as the plan states it, with the scale that it is on."""
    scale, stated = scale_of(fixed, unit), cast("float | tuple[float, float]", fixed.margin)
    return Verbatim(f"{margin(stated, scale)} on the {scale.name}")


def _beyond(fixed: Design, unit: str) -> Verbatim:
    """The threshold of a single arm, on the side where the treatment is to lie."""
    null, what = float(fixed.null_values()[0]), fixed.declared("effect")
    if what is not None and what.unit == "proportion":
        shown: str = percent(null)
    else:
        shown = f"{number(null)} {escape(scale_of(fixed, unit).unit)}".rstrip()
    return Verbatim(f"{'above' if fixed.upward else 'below'} {shown}")


def _besides(fixed: Design, unit: str) -> Verbatim:
    """What must be seen besides, in the outcome's unit."""
    seen = None if fixed.members else fixed.outcome.must_see(fixed)
    if seen is None:
        return Verbatim("")
    words, value, declared = seen
    return Verbatim(words.format(in_its_unit(value, declared, escape(unit))))


def _decides(fixed: Design, unit: str) -> Verbatim:
    """Where the interval must lie for the claim to hold."""
    if fixed.members or (fixed.margin is None and fixed.two_tailed):
        return Verbatim('must not contain "no effect"')
    if fixed.goal == fields.SINGLE_ARM:
        return Verbatim(f"must lie wholly {_beyond(fixed, unit)}")
    side = "above" if fixed.upward else "below"
    if fixed.margin is None:
        return Verbatim(f"must lie wholly {side} no effect")
    scale = scale_of(fixed, unit)
    limits = [on_scale(float(limit), scale) for limit in fixed.outcome.null_limits(fixed)]
    if len(limits) == 2:
        return Verbatim(f"must lie wholly between {limits[0]} and {limits[1]}")
    return Verbatim(f"must lie wholly {side} {limits[0]}")


@dataclass(frozen=True, kw_only=True)
class Target:
    """The target difference in its own unit, and what it is called; `of_plan`, what it is a share or the `whole` of."""

    endpoint: str
    shown: Verbatim
    name: str
    claim: Claim
    margin_source: str | None
    of_plan: str = ""
    whole: bool = False

    @property
    def in_words(self) -> Verbatim:
        """The difference with what it is called, or how much of what is planned."""
        if self.of_plan:
            return Verbatim(self.of_plan if self.whole else f"{self.shown} of {self.of_plan}")
        return Verbatim(f"{self.shown} ({escape(self.name)})")


def targets(trial: Trial) -> tuple[Target, ...]:
    """Of each primary endpoint; the first one's is the plan's, in the unit that it gives, where it gives one."""
    said = trial.plan.content.target_difference
    lead, *others = [one for one in trial.primaries if isinstance(one.design, Design)]
    return (_target(lead, said.value, said.unit), *(_target(one, _planned(one)) for one in others))


def _planned(endpoint: Endpoint) -> float:
    """What an endpoint is sized for: of two rates their difference."""
    if endpoint.rates is not None:
        treatment, control = (float(one.value or 0.0) for one in endpoint.rates)
        return treatment - control
    assert isinstance(endpoint.design, Design)
    fixed = endpoint.design.fixed
    return fixed.outcome.target(fixed)


def _target(endpoint: Endpoint, value: float, called: str | None = None) -> Target:
    assert isinstance(endpoint.design, Design)
    fixed, unit = endpoint.design.fixed, endpoint.section.unit or ""
    assert isinstance(fixed, Design)
    if endpoint.rates is not None:  # a plan states the difference of two rates, whatever scale they are tested on
        scale = DIFFERENCE_OF_PROPORTIONS
    else:
        scale = dataclasses.replace(fixed.outcome.target_scale(fixed), unit=scale_of(fixed, unit).unit)
    effect = endpoint.by_role("effect")
    share = effect is not None and effect.unit == "proportion" and not scale.points
    shown = number(value) if called else percent(value) if share else on_scale(value, scale)
    return Target(
        endpoint=endpoint.name,
        shown=shown,
        name=called or scale.name,
        claim=claim(endpoint.design, unit),
        margin_source=endpoint.section.margin_source,
        of_plan="" if called else scale.of_plan,
        whole=value == 1,
    )


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
