"""One mean, in a single group, against a fixed value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from trialplan import fields
from trialplan.design import Design, Sized
from trialplan.designs import _changes as changes
from trialplan.designs import _spread as spread
from trialplan.designs.two_means import CALLED
from trialplan.numerics.elementary import divide, sqrt
from trialplan.outcome import EffectInterval, EffectScale
from trialplan.outcomes.measurements import Measurements
from trialplan.parameter import REAL, Numbers, largest, parameter


class Mean(Measurements):
    """Normal outcomes of one group."""

    def effect_scale(self, design: Sized) -> EffectScale:
        """A mean."""
        return EffectScale(name="mean", short="mean")

    def same_effect(self, design: Design) -> tuple[tuple[EffectScale, float], ...]:
        """As a mean, and as its distance from the null in standard deviations."""
        away = float(design.effect_value()) - float(design.null_values()[0])
        name = "standardised distance from the null"
        own = (self.effect_scale(design), float(design.effect_value()))
        return own, (EffectScale(name=name, short=name), away / float(design.value("spread")))

    def estimate_name(self, design: Design) -> str:
        """A mean."""
        return "mean"

    def interval(self, design: Design, n: int, confidence: float, no_effect: bool) -> EffectInterval | None:
        """By t, around the planned mean or the null."""
        found = super().interval(design, n, confidence, no_effect=True)
        assert found is not None
        centre = float(design.null_values()[0] if no_effect else design.effect_value())
        low, high = found.limits
        name = "normal" if design.test == "z" else "t"
        return EffectInterval(name=f"{name} interval of the mean", limits=(centre + low, centre + high))


@dataclass(frozen=True, kw_only=True)
class OneMean(Design):
    """Is the mean better than a value that would not be worth pursuing?

    A t test of one group against a fixed value, or a z test where the spread is known. What the group would have shown
    without treatment is not known.

    >>> OneMean(null=-0.4, expected=0, sd=0.6, alpha=0.025).sample_size(0.95).n
    32

    References:
        Cohen (1988), Statistical Power Analysis, 2nd ed., ch. 2.
    """

    outcome = Mean()
    arm_names: ClassVar[tuple[str, ...]] = ("treatment",)
    goal = fields.SINGLE_ARM
    called = CALLED
    statistic_is_z = True  # t counts as the z of its P value
    stated_example = "--null 0 --expected 1 --sd 2 --power 0.8 --n 27"

    null: Numbers = parameter(
        "mean that would not be worth pursuing",
        REAL,
        role="comparator",
        symbol="μ₀",
        unit="units of the outcome",
        typical=(-0.2, 0.2),
    )
    expected: Numbers = parameter(
        "mean hoped for under the treatment",
        REAL,
        role="effect",
        symbol="μ₁",
        unit="units of the outcome",
        typical=(0.5, 1.5),
    )
    sd: Numbers = spread.sd()
    favourable: fields.Favourable = fields.favourable()
    test: changes.TestName = parameter("the analysis test", changes.TestName, role="method", default="t")

    @property
    def two_tailed(self) -> bool:
        """Whether the test rejects in either direction."""
        return self.sides == 2

    def null_values(self) -> tuple[Numbers, ...]:
        """The null mean."""
        return (self.null,)

    def effect_unit(self) -> float:
        """The standard deviation."""
        return largest(self.sd)

    def standard_error(self, n: Numbers) -> tuple[Numbers, Numbers | None]:
        """Of the mean."""
        return self.sd / sqrt(n), None if self.test == "z" else n - 1

    def spread_between(self) -> Numbers:
        """Between participants."""
        return self.sd

    def distances(self, n: Numbers) -> list[Numbers]:
        """How many standard errors the effect lies inside the null."""
        return [self.sign * divide(self.expected - self.null, self.standard_error(n)[0])]

    def noncentral_t(self, n: Numbers) -> tuple[Numbers, Numbers] | None:
        """From the null."""
        return None if self.test == "z" else (self.distances(n)[0], n - 1)

    def arm_means(self) -> tuple[Numbers, ...]:
        """The mean hoped for."""
        return (self.expected,)

    def arm_sds(self) -> tuple[Numbers, ...]:
        """Between participants."""
        return (self.sd,)

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """Outcomes, one row a trial and one column a participant."""
        return (rng.normal(self.expected, self.sd, (trials, n)),)

    def analyse(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """The test of the first participants against the null."""
        return self.analysis.statistic(self, changes.first(data[0], fraction))

    def z(self, data: tuple[Any, ...], fraction: float = 1) -> Any:
        """That of a z test, or the normal score of the P value of t."""
        return changes.one_sample_z(self, changes.first(data[0], fraction))


OneMean.tests = changes.tests("of one group", (fields.SINGLE_ARM,), "Cohen 1988, ch. 2", r"\mu_1-\mu_0", r"\sigma")
