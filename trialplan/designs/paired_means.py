"""Two means measured on the same participants, or on matched pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from trialplan import fields
from trialplan.design import Design
from trialplan.designs import _changes as changes
from trialplan.designs import _spread as spread
from trialplan.designs.two_means import CALLED
from trialplan.numerics.elementary import divide, sqrt
from trialplan.numerics.student import T_POWER
from trialplan.outcomes.measurements import ADJUSTED
from trialplan.parameter import REAL, Interval, Numbers, largest, parameter


@dataclass(frozen=True, kw_only=True)
class PairedMeans(Design):
    """Does the mean differ within pairs: before and after, or one of two matched participants treated?

    Student's t test of the differences within pairs. Their standard deviation is what counts; where that of one
    measurement and the correlation of the two are given, it is σ√(2(1 − r)). Without a control group a change is not
    the treatment's effect.

    >>> PairedMeans(difference=1, sd=1.2, alpha=0.025, sides=1).sample_size(0.8).n
    14

    References:
        Julious (2004), Statistics in Medicine 23:1921 (non-inferiority and equivalence, t).
        Owen (1965), Biometrika 52:437; Schuirmann (1987), J Pharmacokinet Biopharm 15:657 (equivalence).
    """

    outcome = ADJUSTED
    arm_names: ClassVar[tuple[str, ...]] = ("pairs",)
    called = CALLED
    statistic_is_z = True  # t counts as the z of its P value
    stated_example = "--difference 1 --sd 2 --power 0.8 --n 34"

    difference: Numbers = parameter(
        "mean difference within pairs, treatment minus control",
        REAL,
        role="effect",
        symbol="δ",
        unit="units of the outcome",
        typical=(0.3, 1.5),
    )
    sd: Numbers = spread.sd(
        "standard deviation of the differences within pairs; with a correlation, of one measurement"
    )
    correlation: Numbers | None = parameter(
        "correlation of the two measurements of a pair, where the standard deviation is that of one of them",
        Interval(-1, 1),
        optional=True,
        role="association",
        symbol="r",
        typical=(0.2, 0.7),
    )
    goal: fields.Goal = fields.goal()
    margin: Numbers | tuple[float, float] | None = fields.margin()
    favourable: fields.Favourable = fields.favourable()
    test: changes.TestName = parameter("the analysis test", changes.TestName, role="method", default="t")

    def check(self) -> None:
        """A margin that suits the goal."""
        fields.check_margin(self)

    @property
    def tex(self) -> str:
        """The formula as TeX; nothing with a margin."""
        spread = r"\sigma\sqrt{2(1-r)}" if self.correlation is not None else r"\sigma"
        noncentrality = rf"\lambda = \frac{{\left|\delta\right|\sqrt n}}{{{spread}}},\quad \nu = n-1"
        return "" if self.margin is not None or self.test == "z" else f"{T_POWER},\n{noncentrality}"

    @property
    def sd_of_differences(self) -> Numbers:
        """Within pairs."""
        return self.sd if self.correlation is None else self.sd * sqrt(2 * (1 - self.correlation))

    def which_spread(self) -> tuple[str, str]:
        """Of one measurement, or of the difference."""
        if self.correlation is None:
            return "", ""
        return (
            f"With a correlation of {float(self.correlation):g}, an SD of {float(self.sd):.3g} of one measurement "
            f"becomes {float(self.sd_of_differences):.3g} of the difference within a pair",
            "The number uses the SD of the difference within a pair",
        )

    def null_values(self) -> tuple[Numbers, ...]:
        """The differences on the null's boundary."""
        return fields.limits(self.goal, self.margin, self.upward, lambda m: (-m, m), 0.0)

    def effect_unit(self) -> float:
        """The standard deviation of the differences."""
        return largest(self.sd_of_differences)

    def standard_error(self, n: Numbers) -> tuple[Numbers, Numbers | None]:
        """Of the mean difference."""
        return self.sd_of_differences / sqrt(n), None if self.test == "z" else n - 1

    def spread_between(self) -> Numbers:
        """Of the differences."""
        return self.sd_of_differences

    def distances(self, n: Numbers) -> list[Numbers]:
        """How many standard errors the effect lies inside each limit."""
        error, _ = self.standard_error(n)
        return [sign * divide(self.difference - limit, error) for limit, sign in self.sided_limits()]

    def noncentral_t(self, n: Numbers) -> tuple[Numbers, Numbers] | None:
        """From the limit that the trial wants to leave behind."""
        return None if self.test == "z" else (self.distances(n)[0], n - 1)

    def arm_means(self) -> tuple[Numbers, ...]:
        """Of the differences."""
        return (self.difference,)

    def arm_sds(self) -> tuple[Numbers, ...]:
        """Of the differences."""
        return (self.sd_of_differences,)

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """The differences within pairs, one row a trial and one column a pair."""
        return (rng.normal(self.difference, self.sd_of_differences, (trials, n)),)

    def analyse(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """The test of the differences of the first pairs."""
        return self.analysis.statistic(self, changes.first(data[0], fraction))

    def z(self, data: tuple[Any, ...], fraction: float = 1) -> Any:
        """That of a z test, or the normal score of the P value of t."""
        return changes.one_sample_z(self, changes.first(data[0], fraction))


PairedMeans.tests = changes.tests(
    "of the differences within pairs",
    fields.GOALS,
    "Julious 2004; for equivalence Owen 1965",
    r"\delta",
    r"\sigma",
)
