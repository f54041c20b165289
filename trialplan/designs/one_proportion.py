"""One proportion, in a single arm, against a fixed rate."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from trialplan import fields, sizing
from trialplan.design import AnalysisTest, Design
from trialplan.designs import _single_arm as single_arm
from trialplan.designs import _stated_rates as stated_rates
from trialplan.errors import ParameterError, UnreachableError, field
from trialplan.numerics.distributions import binomial_critical, binomial_sf
from trialplan.numerics.elementary import (
    ceil,
    divide,
    floor,
    greatest,
    least,
    normal_cdf,
    normal_quantile,
    sqrt,
    square,
    where,
)
from trialplan.numerics.lazy import np, special
from trialplan.outcomes.drawn_responses import DrawnResponses, first_count
from trialplan.outcomes.responses import RESPONSES, rejects_from
from trialplan.parameter import PROPORTION, RATE, Numbers, Parameter, largest, parameter, smallest
from trialplan.rejection import decide_by_z, either_way
from trialplan.stated import SizingMethod, both_quantiles

_SEARCHED = 200_000
"""Participants up to which the exact test is tried, n by n."""

TestName = Literal["exact", "score", "wald"]
"""The tests of a rate."""

GoalName = Literal["single-arm", "non-inferiority", "equivalence"]
"""What one arm can set out to show of a fixed rate."""


@dataclass(frozen=True, kw_only=True)
class OneProportion(Design):
    """Is the rate better than a rate that would not be worth pursuing, or not worse than it, or near it, by a margin?

    Under the exact test counts are whole, so its size stays below its level and power is a saw-tooth in n:
    A'Hern's designs are its `first_n`. The score test is smooth, and only as good as normal theory.

    >>> exact = OneProportion(null=0.05, expected=0.2).sample_size(0.8)
    >>> exact.first_n, exact.n
    (27, 33)
    >>> round(OneProportion(null=0.3, expected=0.5, test="score").sample_size(0.8).arms_unrounded["treatment"], 2)
    34.49
    >>> kept = OneProportion(null=0.6, expected=0.65, goal="non-inferiority", margin=0.1, test="wald", alpha=0.05)
    >>> round(kept.unrounded(0.8), 2)
    62.51

    References:
        A'Hern (2001), Statistics in Medicine 20:859 (exact).
        Chernick & Liu (2002), The American Statistician 56:149 (the saw-tooth).
        Fleiss, Levin & Paik (2003), Statistical Methods for Rates and Proportions, 3rd ed., ch. 2 (score).
        Chow, Shao & Wang (2008), Sample Size Calculations in Clinical Research, 2nd ed., ch. 4.1 (wald; margins).
    """

    arm_names: ClassVar[tuple[str, ...]] = ("treatment",)
    outcome = RESPONSES
    called = stated_rates.CALLED
    oddity = stated_rates.ODDITY
    stated_example = "--null 0.05 --expected 0.2 --power 0.8 --n 27"

    null: Numbers = single_arm.null()
    expected: Numbers = single_arm.expected(domain=RATE)
    goal: GoalName = parameter(
        "what the trial sets out to show: that the rate is better than the null rate, not worse than it by a margin, "
        "or within margins of it",
        GoalName,
        default=fields.SINGLE_ARM,
    )
    margin: Numbers | tuple[float, float] | None = fields.margin()
    favourable: fields.Favourable = fields.favourable()
    test: TestName = parameter("the analysis test", TestName, role="method", default="exact")

    def declarations(self) -> Mapping[str, Parameter]:
        """With a margin the fixed rate is no rate to be beaten, and the one that is planned for need not be better."""
        declared = dict(super().declarations())
        if self.goal != fields.SINGLE_ARM:
            words = {
                "null": "fixed rate that the treatment is held against",
                "expected": "rate expected under the treatment",
            }
            declared |= {name: dataclasses.replace(declared[name], meaning=said) for name, said in words.items()}
        return declared

    def check(self) -> None:
        """A margin where the goal needs one, that leaves a rate on each side which is asked about."""
        if self.goal == fields.SINGLE_ARM:
            if self.margin is not None:
                way_out = f"set {field('goal')} to non-inferiority or equivalence, or the null rate to the limit itself"
                reason = "is of no use against a rate that is to be beaten"
                raise ParameterError(reason, owner=self, parameter="margin", value=self.margin, way_out=way_out)
            return
        fields.check_margin(self, domain=PROPORTION)
        for limit in self.null_values():
            if smallest(limit) <= 0 or largest(limit) >= 1:
                reason = f"leaves no rate beyond it: a limit of {smallest(limit):.6g}"
                raise ParameterError(reason, owner=self, parameter="margin", value=self.margin)

    @property
    def smooth(self) -> bool:
        """Under normal theory; counts are whole, so the exact test's power is a saw-tooth."""
        return self.test != "exact"

    @property
    def tex(self) -> str:
        """The formula as TeX; that of the exact test counts responses in one direction; nothing with a margin."""
        return super().tex if self.smooth or (self.upward and self.sides == 1) else ""

    @property
    def two_tailed(self) -> bool:
        """Whether the test rejects in either direction."""
        return self.sides == 2 and self.goal == fields.SINGLE_ARM

    @property
    def statistic_is_z(self) -> bool:
        """That of the tests by normal theory."""
        return self.smooth

    def null_values(self) -> tuple[Numbers, ...]:
        """The null rate, or the rates that lie a margin from it."""
        away = fields.limits(self.goal, self.margin, self.upward, lambda m: (-m, m), 0.0)
        return tuple(self.null + one for one in away)

    def unrounded(self, target: Numbers) -> Numbers:
        """In closed form under normal theory, but for two limits.

        The exact test has no real-valued n, and this one, the score test's, is near it.
        """
        limits = self.null_values()
        if len(limits) == 2:
            return sizing.unrounded_n(self.by_normal_theory(), target)
        null = _sd(self.expected if self.test == "wald" else limits[0])
        root = self.z_alpha * null + normal_quantile(target) * _sd(self.expected)
        return square(divide(root, self.expected - limits[0]))

    def by_normal_theory(self) -> Design:
        """By the score test, where the test is exact."""
        return self if self.smooth else self.replace(test="score")

    def blocks_lower_bound(self, target: float) -> int:
        """None is known; but where normal theory asks for more than can be searched, the search does not begin."""
        near = float(self.unrounded(target))
        if not near < _SEARCHED:
            raise UnreachableError(
                f"no number of participants can show expected = {self.expected:.10g} with the exact test among those "
                f"searched, up to {_SEARCHED:,}",
                owner=self,
                way_out=sizing.by_normal_theory(self, "score", near),
            )
        return 0

    def actual_size(self, n: int) -> float | None:
        """The largest type I error that n participants really have, at most alpha; of the exact test."""
        return None if self.smooth else max(float(null.power(n)) for null in self.at_null())

    def critical_count(self, n: int) -> int:
        """The first count of responses, in the favourable direction, that rejects; outside 0 to n where none does.

        Of two limits, the first beyond the lower one.
        """
        return self._critical_count(n, self.null_values()[0], upward=self.upward or self.goal == fields.EQUIVALENCE)

    def _critical_count(self, n: int, limit: float, upward: bool) -> int:
        """The first count beyond this limit that the test tells from it."""
        if self.test == "exact":
            k = int(binomial_critical(self.level, n, limit if upward else 1 - limit))
            return k + 1 if upward else n - k - 1
        if self.test == "wald":  # the variance is that of the count itself: the counts are tried
            z = _wald_z(np.arange(n + 1), n, limit) * (1 if upward else -1)
            beyond = np.flatnonzero(z >= self.z_alpha)
            return (n + 1 if upward else -1) if not beyond.size else int(beyond.min() if upward else beyond.max())
        reach = self.z_alpha * _sd(limit) * sqrt(n)
        return int(ceil(n * limit + reach) if upward else floor(n * limit - reach))

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The count from which the null is rejected, or the first and the last; of the exact test, its actual size."""
        found = super().details(n, target) | {"critical_count": self.critical_count(n)}
        if self.goal == fields.EQUIVALENCE:
            found["last_critical_count"] = self._critical_count(n, self.null_values()[1], upward=False)
        return found

    def detail_rows(self, extra: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The actual level, and the count from which the null is rejected, or the first and the last."""
        level = {name: size for name, size in extra.items() if name == "actual_size"}
        if self.goal != fields.EQUIVALENCE:
            return [*super().detail_rows(level), rejects_from(self, extra["critical_count"])]
        first, last = extra["critical_count"], extra["last_critical_count"]
        shown = f"{first:,} to {last:,} responses" if first <= last else "no count of responses"
        return [*super().detail_rows(level), ("rejects at", shown)]

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
        if self.goal == fields.EQUIVALENCE:
            return
        null = self.null_values()[0]
        zs, away = both_quantiles(self, power), self.expected - null
        for rate, words, cost in ((self.expected, "at the rate hoped for", 1), (null, "at the null rate", 2)):
            total = float(rate * (1 - rate) * (zs / away) ** 2)
            yield SizingMethod(words=f"wald: one variance, {words}", arms=(total,), cost=cost)
        angle = 2 * (np.arcsin(np.sqrt(self.expected)) - np.arcsin(np.sqrt(null)))
        yield SizingMethod(words="arcsine (Cohen 1988, ch. 6)", arms=(float((zs / angle) ** 2),), cost=2)


def _check_whole(design: OneProportion, n: Numbers) -> None:
    """Counts are whole, and so is n."""
    broken = np.ravel(n)[np.ravel(n) % 1 != 0]
    if broken.size:
        design.check_n(float(broken[0]))


def _exact_tail(design: OneProportion, n: Numbers, direction: int = 1) -> Numbers:
    _check_whole(design, n)
    limits = design.null_values()
    if (
        len(limits) == 2
    ):  # the counts between the first that rejects the lower limit and the last that rejects the upper
        low, high = (binomial_critical(design.level, n, limit) for limit in (limits[0], 1 - limits[1]))
        beyond_low, beyond_high = binomial_sf(low, n, design.expected), binomial_sf(n - high - 1, n, design.expected)
        return np.where(low < n - high - 1, beyond_low - beyond_high, 0.0)[()]
    upward = design.upward is (direction > 0)
    rate, null = (design.expected, limits[0]) if upward else (1 - design.expected, 1 - limits[0])
    return binomial_sf(binomial_critical(design.level, n, null), n, rate)


def _exact_statistic(design: OneProportion, count: Any, n: int) -> tuple[Any, Any]:
    """By summing the binomial probabilities at the null from their logs; no shared code with the power."""
    limits = [float(limit) for limit in design.null_values()]
    tails = [_tails(limit, n) for limit in limits]
    if len(limits) == 2:
        rejects = (tails[0][0] <= design.level) & (tails[1][1] <= design.level)
        return np.minimum(count - n * limits[0], n * limits[1] - count), rejects[count]
    at_least, at_most = tails[0]
    favoured = (at_least if design.upward else at_most) <= design.level
    opposed = (at_most if design.upward else at_least) <= design.level
    rejects = favoured | (opposed & design.two_tailed)
    return design.sign * (count - n * limits[0]), rejects[count]


def _tails(null: float, n: int) -> tuple[Any, Any]:
    """P(at least as many responses) and P(at most as many) at a rate, for every count."""
    j = np.arange(n + 1)
    log_choose = special.gammaln(n + 1) - special.gammaln(j + 1) - special.gammaln(n - j + 1)
    mass = np.exp(log_choose + j * np.log(null) + (n - j) * np.log1p(-null))
    return mass[::-1].cumsum()[::-1], mass.cumsum()


def _sd(rate: Numbers) -> Numbers:
    """The standard deviation of one participant's response."""
    return sqrt(rate * (1 - rate))


def _normal_tail(
    design: OneProportion, n: Numbers, direction: int, spread: Callable[[OneProportion, Numbers], Numbers]
) -> Numbers:
    """`spread` sets the critical value, of the design and the limit; the true one the spread."""
    total: Numbers = 0.0
    limits = design.sided_limits()
    for limit, sign in limits:
        away = direction * sign * (design.expected - limit) * sqrt(n)
        chance = normal_cdf(divide(away - design.z_alpha * spread(design, limit), _sd(design.expected)))
        total = total + where(away > 0, chance, least(chance, design.level))  # a wider spread is no effect
    return total if len(limits) == 1 else greatest(total - 1, 0.0)


def _score_tail(design: OneProportion, n: Numbers, direction: int = 1) -> Numbers:
    """The null's variance sets the critical value, the true one the spread (Fleiss, Levin & Paik 2003, ch. 2)."""
    return _normal_tail(design, n, direction, lambda design, limit: _sd(limit))


def _wald_tail(design: OneProportion, n: Numbers, direction: int = 1) -> Numbers:
    """One variance, at the expected rate (Chow, Shao & Wang 2008, ch. 4.1)."""
    return _normal_tail(design, n, direction, lambda design, limit: _sd(design.expected))


def _score_statistic(design: OneProportion, count: Any, n: int) -> tuple[Any, Any]:
    zs = [(count / n - limit) / (_sd(limit) / np.sqrt(n)) for limit, _ in design.sided_limits()]
    return decide_by_z(design, zs)


def _wald_z(count: Any, n: int, limit: Any) -> Any:
    """Wald's z of a count from a limit; 0 where nothing varies, which is no evidence."""
    error = np.sqrt(count / n * (1 - count / n) / n)
    return np.divide(count / n - limit, error, out=np.zeros(np.shape(error)), where=error > 0)


def _wald_statistic(design: OneProportion, count: Any, n: int) -> tuple[Any, Any]:
    return decide_by_z(design, [_wald_z(np.asarray(count), n, limit) for limit, _ in design.sided_limits()])


_GOALS = (fields.SINGLE_ARM, fields.NON_INFERIORITY, fields.EQUIVALENCE)

OneProportion.tests = {
    "exact": AnalysisTest(
        prose="binomial tail at the null rate; two-sided, each tail at alpha/2, as Clopper–Pearson intervals have it. "
        "The single-stage designs of A'Hern, the usual choice in phase II. Never exceeds its level; wastes some of it, "
        "because counts are whole.",
        formula="exact binomial test",
        reference="A'Hern 2001; Chernick & Liu 2002",
        goals=_GOALS,
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
        goals=_GOALS,
        power=either_way(_score_tail),
        success=_score_tail,
        statistic=_score_statistic,
        tex=r"n = \frac{\left(z_{1-\alpha/s}\sqrt{p_0(1-p_0)}+z_{1-\beta}\sqrt{p_1(1-p_1)}\right)^2}"
        r"{\left(p_1-p_0\right)^2}",
    ),
    "wald": AnalysisTest(
        prose="z with the variance at the rate that is seen. In textbooks and programs for margins; exceeds its level "
        "where the rate is near 0 or 1, and an arm in which nobody responds, or everybody, shows nothing.",
        formula="one-sample Wald test, normal approximation",
        reference="Chow, Shao & Wang 2008, ch. 4.1",
        goals=_GOALS,
        power=either_way(_wald_tail),
        success=_wald_tail,
        statistic=_wald_statistic,
        tex=r"n = \frac{\left(z_{1-\alpha/s}+z_{1-\beta}\right)^2 p_1(1-p_1)}{\left(p_1-p_0\right)^2}",
    ),
}
