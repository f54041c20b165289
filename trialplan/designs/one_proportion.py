"""One proportion, in a single arm, against a fixed rate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from trialplan import fields
from trialplan.design import AnalysisTest, Design
from trialplan.designs import _single_arm as single_arm
from trialplan.designs import _stated_rates as stated_rates
from trialplan.errors import UnreachableError, field
from trialplan.numerics.distributions import binomial_critical, binomial_sf
from trialplan.numerics.elementary import ceil, divide, floor, least, normal_cdf, normal_quantile, sqrt, square, where
from trialplan.numerics.lazy import np, special
from trialplan.outcomes.drawn_responses import DrawnResponses, first_count
from trialplan.outcomes.responses import RESPONSES, rejects_from
from trialplan.parameter import RATE, Numbers, parameter
from trialplan.rejection import decide, either_way
from trialplan.stated import SizingMethod, both_quantiles

_SEARCHED = 200_000
"""Participants up to which the exact test is tried, n by n."""

TestName = Literal["exact", "score"]
"""The tests of a rate."""


@dataclass(frozen=True, kw_only=True)
class OneProportion(Design):
    """Is the rate better than a rate that would not be worth pursuing?

    Under the exact test counts are whole, so its size stays below its level and power is a saw-tooth in n:
    A'Hern's designs are its `first_n`. The score test is smooth, and only as good as normal theory.

    >>> exact = OneProportion(null=0.05, expected=0.2).sample_size(0.8)
    >>> exact.first_n, exact.n
    (27, 33)
    >>> round(OneProportion(null=0.3, expected=0.5, test="score").sample_size(0.8).arms_unrounded["treatment"], 2)
    34.49

    References:
        A'Hern (2001), Statistics in Medicine 20:859 (exact).
        Chernick & Liu (2002), The American Statistician 56:149 (the saw-tooth).
        Fleiss, Levin & Paik (2003), Statistical Methods for Rates and Proportions, 3rd ed., ch. 2 (score).
    """

    arm_names: ClassVar[tuple[str, ...]] = ("treatment",)
    goal = fields.SINGLE_ARM
    outcome = RESPONSES
    called = stated_rates.CALLED
    oddity = stated_rates.ODDITY
    stated_example = "--null 0.05 --expected 0.2 --power 0.8 --n 27"

    null: Numbers = single_arm.null()
    expected: Numbers = single_arm.expected(domain=RATE)
    favourable: fields.Favourable = fields.favourable()
    test: TestName = parameter("the analysis test", TestName, role="method", default="exact")

    @property
    def smooth(self) -> bool:
        """Under normal theory; counts are whole, so the exact test's power is a saw-tooth."""
        return self.test == "score"

    @property
    def tex(self) -> str:
        """The formula as TeX; that of the exact test counts responses in one direction."""
        return super().tex if self.smooth or (self.upward and self.sides == 1) else ""

    @property
    def two_tailed(self) -> bool:
        """Whether the test rejects in either direction."""
        return self.sides == 2

    @property
    def statistic_is_z(self) -> bool:
        """That of the score test."""
        return self.smooth

    def null_values(self) -> tuple[Numbers, ...]:
        """The null rate."""
        return (self.null,)

    def unrounded(self, target: Numbers) -> Numbers:
        """In closed form under normal theory; the exact test has no real-valued n, and this one is near it."""
        root = self.z_alpha * _sd(self.null) + normal_quantile(target) * _sd(self.expected)
        return square(divide(root, self.expected - self.null))

    def by_normal_theory(self) -> Design:
        """By the score test, where the test is exact."""
        return self if self.smooth else self.replace(test="score")

    def blocks_lower_bound(self, target: float) -> int:
        """None is known; but where normal theory asks for more than can be searched, the search does not begin."""
        near = float(self.unrounded(target))
        if not near < _SEARCHED:
            raise UnreachableError(
                f"no number of participants can show expected = {self.expected:.10g} with the exact test among those "
                f"searched, up to {_SEARCHED}",
                owner=self,
                way_out=f"use {field('test')} score, which needs {near:.0f}",
            )
        return 0

    def actual_size(self, n: int) -> float | None:
        """The type I error that n participants really have: at the null rate, at most alpha; of the exact test."""
        return None if self.smooth else float(self.replace(expected=self.null).power(n))

    def critical_count(self, n: int) -> int:
        """The first count of responses, in the favourable direction, that rejects; outside 0 to n where none does."""
        if self.smooth:
            reach = self.z_alpha * _sd(self.null) * sqrt(n)
            return int(ceil(n * self.null + reach) if self.upward else floor(n * self.null - reach))
        k = int(_largest_accepted(self, n, self.upward))
        return k + 1 if self.upward else n - k - 1

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The count from which the null is rejected; of the exact test, its actual size."""
        return super().details(n, target) | {"critical_count": self.critical_count(n)}

    def detail_rows(self, extra: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The actual level, and the count from which the null is rejected."""
        level = {name: size for name, size in extra.items() if name == "actual_size"}
        return [*super().detail_rows(level), rejects_from(self, extra["critical_count"])]

    def draw(self, n: int, trials: int, rng: Any) -> Any:
        """The responses, counted when `analyse` asks for them."""
        return DrawnResponses(n, self.expected, trials, rng)

    def analyse(self, data: Any, fraction: float = 1) -> tuple[Any, Any]:
        """The test's statistic, positive in the treatment's favour, on the first fraction of participants."""
        count, n = first_count(data, fraction)
        return self.judge((count,), (n,))

    def judge(self, counts: tuple[Any, ...], sizes: tuple[int, ...]) -> tuple[Any, Any]:
        """The test's statistic for a count of responses."""
        return self.analysis.statistic(self, counts[0], sizes[0])

    def count_rates(self) -> tuple[Numbers, ...]:
        """The expected rate."""
        return (self.expected,)

    @property
    def looks_by_counts(self) -> bool:
        """Of the exact test."""
        return self.test == "exact"

    def textbook_sizes(self, power: float | None) -> Iterator[SizingMethod]:
        """One variance for null and alternative: at the rate hoped for, or at the null; and angles."""
        assert power is not None
        zs, away = both_quantiles(self, power), self.expected - self.null
        for rate, words, cost in ((self.expected, "at the rate hoped for", 1), (self.null, "at the null rate", 2)):
            total = float(rate * (1 - rate) * (zs / away) ** 2)
            yield SizingMethod(words=f"wald: one variance, {words}", arms=(total,), cost=cost)
        angle = 2 * (np.arcsin(np.sqrt(self.expected)) - np.arcsin(np.sqrt(self.null)))
        yield SizingMethod(words="arcsine (Cohen 1988, ch. 6)", arms=(float((zs / angle) ** 2),), cost=2)


def _tail(design: OneProportion, n: Numbers, rate: Numbers, upward: bool) -> Numbers:
    """P(reject in one direction) at `rate`; counts are whole, and so is n."""
    broken = np.ravel(n)[np.ravel(n) % 1 != 0]
    if broken.size:
        design.check_n(float(broken[0]))
    return binomial_sf(_largest_accepted(design, n, upward), n, rate if upward else 1 - rate)


def _largest_accepted(design: OneProportion, n: Numbers, upward: bool) -> Any:
    """The largest count (of responses, or of their absence) whose upper tail still exceeds the level."""
    return binomial_critical(design.level, n, design.null if upward else 1 - design.null)


def _exact_tail(design: OneProportion, n: Numbers, direction: int = 1) -> Numbers:
    return _tail(design, n, design.expected, design.upward is (direction > 0))


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


def _sd(rate: Numbers) -> Numbers:
    """The standard deviation of one participant's response."""
    return sqrt(rate * (1 - rate))


def _score_tail(design: OneProportion, n: Numbers, direction: int = 1) -> Numbers:
    """The null's variance sets the critical value, the true one the spread (Fleiss, Levin & Paik 2003, ch. 2)."""
    away = direction * design.sign * (design.expected - design.null) * sqrt(n)
    power = normal_cdf(divide(away - design.z_alpha * _sd(design.null), _sd(design.expected)))
    return where(away > 0, power, least(power, design.level))  # a wider spread is no effect


def _score_statistic(design: OneProportion, count: Any, n: int) -> tuple[Any, Any]:
    return decide(design, count / n, _sd(design.null) / np.sqrt(n), design.z_alpha)


OneProportion.tests = {
    "exact": AnalysisTest(
        prose="binomial tail at the null rate; two-sided, each tail at alpha/2, as Clopper–Pearson intervals have it. "
        "The single-stage designs of A'Hern, the usual choice in phase II. Never exceeds its level; wastes some of it, "
        "because counts are whole.",
        formula="exact binomial test",
        reference="A'Hern 2001; Chernick & Liu 2002",
        goals=(fields.SINGLE_ARM,),
        power=either_way(_exact_tail),
        success=_exact_tail,
        statistic=_exact_statistic,
        tex=r"1-\beta = \sum_{x\ge k}\binom{n}{x}p_1^x\left(1-p_1\right)^{n-x},"
        "\n"
        r"k = \min\left\{k: \sum_{x\ge k}\binom{n}{x}p_0^x\left(1-p_0\right)^{n-x}\le\alpha/s\right\}",
        exact=True,
    ),
    "score": AnalysisTest(
        prose="z with the variance at the null rate. Used in textbooks and for large samples; exceeds its level where "
        "n·p₀ or n·(1-p₀) is below some ten, and ignores that counts are whole.",
        formula="one-sample score test, normal approximation",
        reference="Fleiss, Levin & Paik 2003, ch. 2",
        goals=(fields.SINGLE_ARM,),
        power=either_way(_score_tail),
        success=_score_tail,
        statistic=_score_statistic,
        tex=r"n = \frac{\left(z_{1-\alpha/s}\sqrt{p_0(1-p_0)}+z_{1-\beta}\sqrt{p_1(1-p_1)}\right)^2}"
        r"{\left(p_1-p_0\right)^2}",
    ),
}
