"""A plan's own assumptions as something to vary: the discount, the control arms, the definition of response.

Beside the design's numbers a plan may be varied by `discount` (of the open-label excess), `control_arm` (a rate of
[[scenarios.controls]]), `reading` (one of [[scenarios.readings]]), the latter two by their keys, and `no_blinding` (a
published average of the bias of open trials, where the plan tells the bridge's two terms apart). Whatever moves the
control rate moves the treatment rate with it, because the plan bridges the one toward the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trialplan.analyses.scenarios import by_effect
from trialplan.analyses.scenarios.cells import TARGET, GridSpec, N, grid_spec
from trialplan.errors import PlanError
from trialplan.evidence.bias import ON_LOG_ODDS, PRESETS
from trialplan.evidence.bridge import Bridge, Observed
from trialplan.parameter import Interval, Parameter
from trialplan.plan.building import Trial

DISCOUNT, CONTROL_ARM, READING, NO_BLINDING = "discount", "control_arm", "reading", "no_blinding"
CALLED = {
    DISCOUNT: "share of the excess not believed",
    CONTROL_ARM: "control arm on record",
    READING: "reading of the table",
    NO_BLINDING: "average bias of open trials",
}
"""What each is called where people read."""

PLANNED, ALL = "plan", "all"
"""The plan's own rate among the listed ones; and all of them."""


@dataclass(frozen=True, kw_only=True)
class Bridged:
    """The design's two rates from what a plan is varied by."""

    against: str
    effect: str
    control: float
    controls: Mapping[str, float]
    bridge: Bridge | None
    readings: Mapping[str, Observed]
    follows: Callable[[Any], Any] | None = None
    """The effect at each control rate, where it is a pooled one."""

    def __call__(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """The design's numbers; the treatment rate is bridged anew unless it is varied itself."""
        numbers = dict(values)
        arm, share = numbers.pop(CONTROL_ARM, None), numbers.pop(DISCOUNT, None)
        observed = self.readings.get(numbers.pop(READING, PLANNED))
        if arm is not None:
            numbers[self.against] = self.controls[arm]
        open_bias = numbers.pop(NO_BLINDING, PLANNED)
        moved = {DISCOUNT, CONTROL_ARM, READING, NO_BLINDING, self.against} & set(values)
        if moved and self.bridge is not None and observed is not None and self.effect not in numbers:
            control = numbers.get(self.against, self.control)
            bridge = self.bridge if share is None else self.bridge.discounted(share)
            if open_bias != PLANNED:
                bridge = bridge.with_open_bias(PRESETS[open_bias])
            numbers[self.effect] = bridge.rate(observed, control)
        elif self.follows is not None and self.against in numbers and self.effect not in numbers:
            numbers[self.effect] = self.follows(numbers[self.against])
        return numbers


def ask(trial: Trial, axes: Mapping[str, Sequence[Any]], target: float | None = None, n: int | None = None) -> GridSpec:
    """The question about a plan's primary endpoint at every combination of the axes' values."""
    resolve = _bridged(trial)
    known = {} if resolve is None else _known(resolve)
    choices = {name: one.choices for name, one in known.items()}
    widened = {
        name: (choices.get(name) or values) if tuple(values) == (ALL,) else values for name, values in axes.items()
    }
    _check(trial, widened, resolve)
    if target is None and n is None and not {N, TARGET} & set(axes):
        target = trial.primary.section.power
    return grid_spec(trial.design, widened, target, n, resolve, known)


def varied(trial: Trial) -> dict[str, str]:
    """Which of the plan's own assumptions have something to act on in it, each with what it is called."""
    resolve = _bridged(trial)
    bridge = None if resolve is None else resolve.bridge
    acts = {
        DISCOUNT: bridge is not None,
        CONTROL_ARM: resolve is not None and len(resolve.controls) > 1,
        READING: bridge is not None and resolve is not None and len(resolve.readings) > 1,
        NO_BLINDING: bridge is not None and bridge.no_blinding is not None,
    }
    return {name: CALLED[name] for name, there in acts.items() if there}


def key_of(label: str, key: str | None = None) -> str:
    """What a listed rate or reading is called on the command line: its key, or its label as one word."""
    return key or re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")


def choices_called(trial: Trial) -> dict[str, dict[str, str]]:
    """What the keys of listed rates, readings and published biases stand for, by what is varied."""
    said = trial.plan.content.scenarios
    return {
        NO_BLINDING: {key: one.name for key, one in PRESETS.items()},
        CONTROL_ARM: {key_of(one.label, one.key): one.label for one in said.controls},
        READING: {key_of(one.label, one.key): one.label for one in said.readings},
    }


def _bridged(trial: Trial) -> Bridged | None:
    """How the plan's rates hang together; None where its primary has no rate that the effect is held against."""
    comparator = trial.primary.by_role("comparator")
    if comparator is None or comparator.value is None or comparator.unit != "proportion":
        return None
    effect = next((one for one in trial.primary.assumptions if one.bridge is not None), None)
    pooled = next((one for one in trial.primary.assumptions if one.pooled is not None), None)
    content = trial.plan.content.scenarios
    listed = {key_of(one.label, one.key): one.value for one in content.controls}
    named = zip(content.readings, trial.readings, strict=True)
    readings = {key_of(said.label, said.key): rate for said, (_, rate) in named}
    own = {} if effect is None or effect.reading is None else {PLANNED: effect.reading}
    return Bridged(
        against=comparator.name,
        effect=trial.design.effect if effect is None else effect.name,
        control=comparator.value,
        controls={PLANNED: comparator.value} | listed,
        bridge=effect.bridge if effect else None,
        readings=own | readings,
        follows=pooled.follows if pooled else None,
    )


def _known(resolve: Bridged) -> dict[str, Parameter]:
    told_apart = resolve.bridge is not None and resolve.bridge.no_blinding is not None
    open_biases = {NO_BLINDING: Parameter(CALLED[NO_BLINDING], domain=(PLANNED, *ON_LOG_ODDS))}
    return (open_biases if told_apart else {}) | {
        DISCOUNT: Parameter(CALLED[DISCOUNT], unit="proportion", domain=Interval(0, 1, "leftright")),
        CONTROL_ARM: Parameter(CALLED[CONTROL_ARM], domain=tuple(resolve.controls)),
        READING: Parameter(CALLED[READING], domain=tuple(resolve.readings)),
    }


def _check(trial: Trial, axes: Mapping[str, Any], resolve: Bridged | None) -> None:
    """Raise where two axes decide the same rate, or an axis has nothing to act on."""
    moved = [name for name in (DISCOUNT, READING, NO_BLINDING) if name in axes]
    if NO_BLINDING in axes and (resolve is None or resolve.bridge is None or resolve.bridge.no_blinding is None):
        raise PlanError(
            f"{trial.plan.name}: its bridge has no term of its own for the lack of blinding, so no_blinding has "
            "nothing to act on; tell no_concurrent_control and no_blinding apart"
        )
    if resolve is None or not (moved or CONTROL_ARM in axes):
        return
    if resolve.against in axes and CONTROL_ARM in axes:
        raise PlanError(f"{resolve.against} and control_arm both decide the {resolve.against} rate; vary one of them")
    effects = {resolve.effect, *by_effect.ways(type(trial.design.fixed))}  # whatever scale the effect is told on
    for name in [name for name in axes if name in effects and moved]:
        raise PlanError(f"{name} and {moved[0]} both decide the {resolve.effect} rate; vary one of them")
    if moved and resolve.bridge is None:
        raise PlanError(
            f"{trial.plan.name}: the {resolve.effect} rate is stated and not drawn from the evidence through a bridge, "
            f"so {moved[0]} has nothing to act on; vary {resolve.effect}"
        )
