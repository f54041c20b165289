"""What a plan believes of its primary's rates, as the beliefs that assurance integrates over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from trialplan.analyses.assurance.assess import Assurance, InBrief, assess, in_brief, with_looks
from trialplan.belief import Belief, Beta, robustify
from trialplan.design import Design
from trialplan.errors import PlanError
from trialplan.plan.assumptions import Assumption
from trialplan.plan.building import Trial

Items = tuple[tuple[str, Any], ...]
"""What is believed, or how often a harm occurs, by name: a mapping that can be remembered."""

NOT_JOINED = "what is believed of each endpoint is not joined into one belief about all of them"
"""Why several primary endpoints have no assurance."""

_VAGUE = 0.5
"""Weight of the uniform component when it is asked what a vaguer control belief would do."""


def beliefs_of(trial: Trial) -> dict[str, Any]:
    """The comparator's belief where it is borrowed, then the effect's given it, by the names of the design's fields.

    A PlanError says what the plan lacks: an effect that is drawn from the evidence through a bridge, of one endpoint.
    """
    effect = trial.primary.by_role("effect")
    if effect is None and trial.family is not None:
        raise PlanError(f"{trial.plan.name}: assurance is of one endpoint; {NOT_JOINED}")
    if effect is None or effect.believed is None:
        raise PlanError(
            f"{trial.plan.name}: assurance needs an effect that is drawn from the evidence through a bridge, or from a "
            "pooled effect, or said by experts; a stated value carries no uncertainty"
        )
    if effect.bridge is not None and effect.bridge.confidence is not None:
        raise PlanError(f"{trial.plan.name}: a lower limit is a planning value, not a belief; bridge by a discount")
    return _pair(trial, effect)


def sensitivity(trial: Trial, own: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Other beliefs that somebody may hold, by a phrase: other discounts, perhaps the plan's own, a vaguer control."""
    effect, comparator = trial.primary.by_role("effect"), trial.primary.by_role("comparator")
    assert effect is not None  # beliefs_of has refused a plan without one
    others = {}
    for share in trial.plan.content.scenarios.discounts if effect.bridge else ():
        other = replace(effect, bridge=effect.bridge.discounted(share) if effect.bridge else None)
        others[f"{100 * share:.0f} % of the excess not believed"] = own if other == effect else _pair(trial, other)
    if comparator is not None and comparator.belief is not None and comparator.unit == "proportion":
        vague = robustify(comparator.belief, _VAGUE, Beta(1, 1))
        others["control rate half as sure (half of its weight uniform)"] = own | {comparator.name: vague}
    return others


def _pair(trial: Trial, effect: Assumption) -> dict[str, Any]:
    """What is believed of the comparator, and of the effect given it."""
    believed, comparator = effect.believed, trial.primary.by_role("comparator")
    assert believed is not None  # beliefs_of has refused an effect that is not drawn
    if comparator is None or comparator.belief is None:
        return {effect.name: believed(None if comparator is None else comparator.value)}
    return {comparator.name: comparator.belief, effect.name: _Given(effect, comparator.name)}


@dataclass(frozen=True)
class _Given:
    """The belief about the effect at each value of the comparator, which is known by its name."""

    effect: Assumption
    name: str

    def __call__(self, **known: Any) -> Belief:
        believed = self.effect.believed
        assert believed is not None  # beliefs_of has refused an effect that is not drawn
        return believed(known[self.name])


@lru_cache(maxsize=32)
def _assessed(design: Design, n: int, beliefs: Items, target: float, harms: Items) -> Assurance:
    """Remembered: a draft whose words alone are changed asks the same again."""
    return assess(design, n, dict(beliefs), target=target, harms=dict(harms))


@lru_cache(maxsize=32)
def _looked_at(design: Design, n: int, beliefs: Items) -> tuple[float | None, float | None]:
    return with_looks(design, n, dict(beliefs))


@lru_cache(maxsize=32)
def _briefly(design: Design, n: int, beliefs: Items, target: float) -> InBrief:
    return in_brief(design, n, dict(beliefs), target)


def assess_trial(
    trial: Trial, n: int | None = None, target: float | None = None
) -> tuple[Assurance, list[tuple[str, Assurance]]]:
    """What n participants (the plan's own number without one) bring under the plan's beliefs, and under others.

    A monitored plan is assessed without its looks, whose counts are then enumerated; what the looks change stands
    beside it.
    """
    asked = _asked(trial, n, target)
    others = [
        (words, replace(asked.planned, events={}) if one is asked.own else _assessed(*asked.under(one), ()))
        for words, one in sensitivity(trial, asked.own).items()
    ]
    return asked.planned, others


def compared_trial(trial: Trial) -> tuple[Assurance, list[tuple[str, Assurance | InBrief]]]:
    """The same of the plan's own number, and of the other beliefs what a document compares."""
    asked = _asked(trial, None, None)
    others = [
        (words, asked.planned if one is asked.own else _briefly(*asked.under(one)))
        for words, one in sensitivity(trial, asked.own).items()
    ]
    return asked.planned, others


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What is asked of every belief, the plan's own beliefs, and what these answer."""

    design: Design
    n: int
    target: float
    own: dict[str, Any]
    planned: Assurance

    def under(self, beliefs: dict[str, Any]) -> tuple[Design, int, Items, float]:
        """The same of other beliefs, by what can be remembered."""
        return self.design, self.n, tuple(beliefs.items()), self.target


def _asked(trial: Trial, n: int | None, target: float | None) -> _Asked:
    said, design, own = trial.plan.content.assurance, trial.design.fixed, beliefs_of(trial)
    size = int(trial.answer.n) if n is None else n
    sought = target if target is not None else said.target if said else 0.8
    harms = tuple(dict(said.harms).items()) if said else ()
    planned = _assessed(design, size, tuple(own.items()), sought, harms)
    if trial.design.looks:
        shown, wrong = _looked_at(trial.design, size, tuple(own.items()))
        planned = replace(planned, assurance_with_looks=shown, wrong_sign_with_looks=wrong)
    return _Asked(design=design, n=size, target=sought, own=own, planned=planned)
