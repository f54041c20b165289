"""The rate of both arms together, from which n may be set anew without unblinding anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trialplan.errors import ParameterError
from trialplan.numerics.binomial_limits import wilson_limits
from trialplan.numerics.elementary import normal_quantile
from trialplan.numerics.lazy import np
from trialplan.numerics.two_rates import DIFFERENCE, ODDS_RATIO, RATIO, SCALES, Scale
from trialplan.outcome import Blinded, Limits
from trialplan.text import percent, quoted

if TYPE_CHECKING:
    from trialplan.design import Design


class PooledRate(Blinded):
    """The share of responders among all participants; the planned effect is kept as a difference or a ratio."""

    key = "rate"
    name = "pooled rate"
    truth = "pooled rate"
    looked_at = "how many responded"
    reference = "Wittes & Brittain 1990; Gould 1992; Friede & Kieser 2004"
    keeps = tuple(SCALES)

    def planned(self, design: Design) -> float:
        """Of the planned rates."""
        treatment, control = design.count_rates()
        share_t, share_c = design.split(1.0)
        return float(share_t * treatment + share_c * control)

    def effect(self, design: Design, keep: str) -> float:
        """Difference, ratio or odds ratio of the planned rates."""
        t, c = map(float, design.count_rates())
        if keep == "difference":
            return t - c
        if not self.has_effect(design, keep):
            raise ParameterError(f"planned rates of {t:g} and {c:g} have no {keep} that could be kept", owner=design)
        return t / c if keep == "ratio" else t * (1 - c) / (c * (1 - t))

    def has_effect(self, design: Design, keep: str) -> bool:
        """Rates of 0 and 1 have no ratio, nor odds."""
        return keep == "difference" or all(0 < rate < 1 for rate in design.count_rates())

    def check(self, value: Any) -> None:
        """It is a rate."""
        if np.any((value < 0) | (value > 1)):
            raise ParameterError(f"a blinded rate must lie in [0, 1], not {quoted(value)}")

    def has_room(self, design: Design, value: Any, keep: str) -> Any:
        """Whether both arms' rates lie in (0, 1)."""
        return _inside(*_split(design, value, SCALES[keep], self.effect(design, keep)))

    def design_at(self, design: Design, value: Any, keep: str, null: bool = False) -> Design:
        """With the rates that have the planned effect, or the null's, and this pooled rate."""
        scale, effect = SCALES[keep], self.effect(design, keep)
        if null:
            scale, effect = SCALES[design.test_scale], float(design.limits()[0])
        rates = _split(design, np.asarray(value, dtype=float), scale, effect)
        if not np.all(_inside(*rates)):
            raise ParameterError(f"a pooled rate of {value:g} leaves no room for an effect of {effect:g}")
        names = str(design.field("effect")), str(design.field("comparator"))
        return design.replace(**dict(zip(names, rates, strict=True)))

    def interval(self, value: float, n: int, confidence: float) -> Limits:
        """Wilson's (1927)."""
        low, high = wilson_limits(value, n, float(normal_quantile(0.5 + confidence / 2)))
        return max(float(low), 0.0), min(float(high), 1.0)

    def around(self, planned: float) -> list[float]:
        """Up to 15 points more."""
        return [planned + 0.05 * step for step in (-2, -1, 0, 1, 2, 3)]

    def shown(self, value: float) -> str:
        """In per cent."""
        return percent(value)

    def told(self, value: float, n: int, planned: float) -> str:
        """Responders of participants."""
        counted = f"{round(value * n):,} of {n:,} responded, both arms together"
        return f"{counted} ({percent(value)}; planned {percent(planned)})"

    def caveat(self, adjusted: bool) -> str:
        """One rate is no two."""
        return (
            "a pooled rate moves with the control rate and with the effect alike, and cannot tell them apart: the "
            "planned effect is assumed, not seen"
        )


def _split(design: Design, pooled: Any, scale: Scale, effect: float) -> tuple[Any, Any]:
    """The rates, treatment and control, that have this effect and this pooled rate (Gould 1992)."""
    share_t, share_c = design.split(1.0)
    if scale is DIFFERENCE:
        control = pooled - share_t * effect
    elif scale is RATIO:
        control = pooled / (share_t * effect + share_c)
    else:  # the likelihood equations of an odds ratio keep the total of responses
        control = ODDS_RATIO.restricted(pooled, pooled, share_t / share_c, effect)[1]
    return scale.treatment(control, effect), control


def _inside(treatment: Any, control: Any) -> Any:
    return (control > 0) & (control < 1) & (treatment > 0) & (treatment < 1)


POOLED_RATE = PooledRate()
"""Of two arms of responses."""
