"""What a plan believes of its primary's rates, as the beliefs that assurance integrates over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from trialplan.analyses.assurance.assess import Assurance, assess
from trialplan.belief import Belief, Beta, robustify
from trialplan.errors import PlanError
from trialplan.evidence.bridge import Bridge, Observed
from trialplan.plan.assumptions import Assumption
from trialplan.plan.building import Trial

Beliefs = Mapping[str, "Belief | Callable[..., Belief]"]

_VAGUE = 0.5
"""Weight of the uniform component when it is asked what a vaguer control belief would do."""


def beliefs_of(trial: Trial) -> dict[str, Any]:
    """The control rate's belief where it is borrowed, then the treatment rate's given it.

    A PlanError says what the plan lacks: a treatment rate that is drawn from the evidence through a bridge.
    """
    control, treatment = _find(trial, "control"), _find(trial, "treatment")
    if treatment is None or treatment.reading is None or treatment.bridge is None:
        raise PlanError(
            f"{trial.plan.name}: assurance needs a treatment rate that is drawn from the evidence through a bridge; "
            "a stated value carries no uncertainty"
        )
    if treatment.bridge.confidence is not None:
        raise PlanError(f"{trial.plan.name}: a lower limit is a planning value, not a belief; bridge by a discount")
    return _pair(control, treatment.reading, treatment.bridge)


def sensitivity(trial: Trial) -> dict[str, dict[str, Any]]:
    """Other beliefs that somebody may hold, by a phrase: other discounts, a vaguer control rate."""
    control, treatment = _find(trial, "control"), _find(trial, "treatment")
    assert treatment is not None  # beliefs_of has refused a plan without one
    assert treatment.reading is not None
    assert treatment.bridge is not None
    found: dict[str, dict[str, Any]] = {}
    for share in trial.plan.content.scenarios.discounts:
        other = replace(treatment.bridge, discount=share, bias_mean=0.0, bias_sd=0.0)
        found[f"{100 * share:.0f} % of the excess not believed"] = _pair(control, treatment.reading, other)
    if control is not None and control.borrowed is not None:
        vague = robustify(control.borrowed.belief, _VAGUE, Beta(1, 1))
        pair = _pair(control, treatment.reading, treatment.bridge)
        found["control rate half as sure (half of its weight uniform)"] = pair | {"control": vague}
    return found


def _pair(control: Assumption | None, rate: Observed, bridge: Bridge) -> dict[str, Any]:
    if control is None:
        raise PlanError("assurance needs a control rate")
    if control.borrowed is not None:
        return {"control": control.borrowed.belief, "treatment": lambda control: bridge.given(rate, control)}
    return {"treatment": bridge.given(rate, control.value)}


def _find(trial: Trial, name: str) -> Assumption | None:
    return next((one for one in trial.primary.assumptions if one.name == name), None)


def assess_trial(
    trial: Trial, n: int | None = None, target: float | None = None
) -> tuple[Assurance, list[tuple[str, Assurance]]]:
    """What n participants (the plan's own number without one) bring under the plan's beliefs, and under others.

    A monitored plan is assessed without its looks: each node of the beliefs would be an integration over them.
    """
    said = trial.plan.content.assurance
    design: Any = getattr(trial.primary.design, "design", trial.primary.design)
    size = int(trial.answer.n) if n is None else n
    sought = target if target is not None else said.target if said else 0.8
    harms = dict(said.harms) if said else {}
    planned = assess(design, size, beliefs_of(trial), target=sought, harms=harms)
    others = [(words, assess(design, size, one, target=sought)) for words, one in sensitivity(trial).items()]
    return planned, others
