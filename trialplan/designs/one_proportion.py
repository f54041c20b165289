"""One proportion, in a single arm, against a fixed rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from trialplan import fields
from trialplan.design import AnalysisTest, Design
from trialplan.numerics.distributions import binomial_sf
from trialplan.numerics.lazy import np, special
from trialplan.parameter import PROPORTION, Numbers, parameter


@dataclass(frozen=True, kw_only=True)
class OneProportion(Design):
    """Is the rate better than a rate that would not be worth pursuing?

    Counts are whole, so the test's size stays below its level and power is a saw-tooth in n.

    >>> OneProportion(null=0.05, expected=0.2).sample_size(0.8).n
    33

    References:
        A'Hern (2001), Statistics in Medicine 20:859.
        Chernick & Liu (2002), The American Statistician 56:149 (the saw-tooth).
    """

    arm_names: ClassVar[tuple[str, ...]] = ("treatment",)
    goal: ClassVar[str] = fields.SINGLE_ARM

    null: Numbers = parameter(
        "rate that would not be worth pursuing",
        PROPORTION,
        symbol="p₀",
        unit="proportion",
        typical=(0.05, 0.3),
    )
    expected: Numbers = parameter(
        "rate hoped for under the treatment",
        PROPORTION,
        effect=True,
        symbol="p₁",
        unit="proportion",
        typical=(0.35, 0.8),
    )
    favourable: str = fields.favourable()
    test: str = parameter("the analysis test", ("exact",), default="exact")

    @property
    def smooth(self) -> bool:
        """No: counts are whole, so power is a saw-tooth."""
        return False

    def boundary(self) -> tuple[Numbers, ...]:
        """The null rate."""
        return (self.null,)

    def success(self, n: Numbers) -> Numbers:
        """The favourable tail alone."""
        return _tail(self, n, self.expected, self.upward)

    def actual_size(self, n: int) -> float:
        """The type I error that n participants really have: at the null rate, at most alpha."""
        return float(self.replace(expected=self.null).power(n))

    def critical_count(self, n: int) -> int:
        """The first count of responses, going in the favourable direction, that rejects."""
        k = int(_largest_accepted(self, n, self.upward))
        return k + 1 if self.upward else n - k - 1

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """Actual size, and the count from which the null is rejected."""
        return super().details(n, target) | {"critical_count": self.critical_count(n)}

    def draw(self, n: int, trials: int, rng: Any) -> Any:
        """Responses, one row a trial and one column a participant."""
        return rng.random((trials, n)) < self.expected

    def analyse(self, data: Any, information: float = 1) -> tuple[Any, Any]:
        """Signed distance of the count from the expected one, and whether its binomial tail is small enough."""
        first = data[:, : round(information * data.shape[1])]
        n, count = first.shape[1], first.sum(axis=1)
        return self.analysis.statistic(self, count, n)


def _tail(design: OneProportion, n: Numbers, rate: Numbers, upward: bool) -> Numbers:
    """P(reject in one direction) at `rate`."""
    return binomial_sf(_largest_accepted(design, n, upward), n, rate if upward else 1 - rate)


def _largest_accepted(design: OneProportion, n: Numbers, upward: bool) -> Any:
    """The largest count (of responses, or of their absence) whose upper tail still exceeds the level."""
    n, null = np.asarray(n, dtype=float), design.null if upward else 1 - design.null
    k = np.nan_to_num(np.ceil(special.bdtrik(1 - design.level, n, null)))
    # bdtrik solves for a real k: step down, then up, to the whole count that it surrounds
    k = np.where(binomial_sf(k - 1, n, null) <= design.level, k - 1, k)
    return np.where(binomial_sf(k, n, null) > design.level, k + 1, k)


def _exact_power(design: OneProportion, n: Numbers) -> Numbers:
    power = _tail(design, n, design.expected, design.upward)
    return power + _tail(design, n, design.expected, not design.upward) if design.sides == 2 else power


def _exact_statistic(design: OneProportion, count: Any, n: int) -> tuple[Any, Any]:
    """By summing the binomial probabilities at the null from their logs; no shared code with the power."""
    j = np.arange(n + 1)
    log_choose = special.gammaln(n + 1) - special.gammaln(j + 1) - special.gammaln(n - j + 1)
    mass = np.exp(log_choose + j * np.log(design.null) + (n - j) * np.log1p(-design.null))
    at_least, at_most = mass[::-1].cumsum()[::-1], mass.cumsum()
    favoured = (at_least if design.upward else at_most) <= design.level
    opposed = (at_most if design.upward else at_least) <= design.level
    rejects = favoured | (opposed & (design.sides == 2))
    return design.sign * (count - n * design.null), rejects[count]


OneProportion.tests = {
    "exact": AnalysisTest(
        prose="binomial tail at the null rate; two-sided, each tail at alpha/2, as Clopper–Pearson intervals have it. "
        "Never exceeds its level; wastes some of it, because counts are whole.",
        formula="exact binomial test",
        reference="A'Hern 2001; Chernick & Liu 2002",
        goals=(fields.SINGLE_ARM,),
        power=_exact_power,
        statistic=_exact_statistic,
        exact=True,
    ),
}
