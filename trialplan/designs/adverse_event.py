"""Enough participants to see at least one adverse event of a given rate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from trialplan import sizing
from trialplan.answers import SampleSize
from trialplan.design import Design, Sized
from trialplan.designs.two_proportions import TwoProportions
from trialplan.numerics.elementary import ceil, divide, expm1, greatest, log1p
from trialplan.parameter import PROPORTION, Numbers, parameter
from trialplan.stated import SizingMethod


@dataclass(frozen=True, kw_only=True)
class AdverseEvent(Sized):
    """How many must be exposed to see an adverse event at least once? There is no test and no power.

    >>> AdverseEvent(rate=0.01).sample_size().n
    299

    References:
        Hanley & Lippman-Hand (1983), JAMA 249:1743 (the rule of three, which this is without its rounding).
    """

    arm_names: ClassVar[tuple[str, ...]] = ("exposed",)
    attains: ClassVar[str] = "at least one event with probability"
    asks_for: ClassVar[str] = "probability"
    detects: ClassVar[str] = "rate"
    formula = "binomial: one minus the probability of no event"
    reference = "Hanley & Lippman-Hand 1983"
    stated_example = "--rate 0.01 --n 300"

    rate: Numbers = parameter(
        "true rate of the event among the exposed", PROPORTION, symbol="p", unit="proportion", typical=(0.005, 0.1)
    )
    probability: Numbers = parameter(
        "probability of seeing it at least once", PROPORTION, default=0.95, unit="proportion", typical=(0.8, 0.99)
    )

    def attained(self, n: Numbers) -> Numbers:
        """The probability that n exposed participants show at least one event."""
        return -expm1(n * log1p(-self.rate))

    def detectable(self, n: Numbers) -> Numbers:
        """The rate that would have shown itself with that probability: the exact one-sided limit for 0 of n.

        >>> round(AdverseEvent(rate=0.01).detectable(300), 5)
        0.00994
        """
        return sizing.number(-expm1(log1p(-self.probability) / n))

    def detected(self, n: int, value: float) -> str:
        """What seeing no event tells."""
        shown = f"rates above {value:.3g} ({100 * value:.3g} %)"
        return f"no event among {n:,} exposed excludes {shown} with {100 * self.probability:g} % confidence, one-sided"

    def observed_in(self, arms: Mapping[str, Any]) -> float | None:
        """Those on treatment are exposed."""
        return float(arms["treatment"]) if "treatment" in arms else None

    def against_control(self, allocation: str) -> Design | None:
        """Two rates, the rate asked here being the control's; the treatment's only has to be above it."""
        return TwoProportions(control=self.rate, treatment=(1 + self.rate) / 2, allocation=allocation)

    def sample_size(self, target: Numbers | None = None) -> SampleSize:
        """The fewest exposed participants that show an event with the probability asked for."""
        target = self._asked("probability", target)
        n: Any = ceil(divide(log1p(-target), log1p(-self.rate)) - 1e-9)
        n, reasons = sizing.attainable(self, n, "that probability of an event")
        n = sizing.whole(greatest(n, 1.0))  # an event with hardly any probability is still seen in somebody
        attained = sizing.number(self.attained(n))
        return SampleSize(design=self, target=target, n=n, arms={"exposed": n}, power=attained, reason=reasons)

    def textbook_sizes(self, power: float | None) -> Iterator[SizingMethod]:
        """Three over the rate."""
        if self.probability == 0.95:
            yield SizingMethod(words="rule of three (Hanley & Lippman-Hand 1983)", arms=(3 / self.rate,), cost=1)
