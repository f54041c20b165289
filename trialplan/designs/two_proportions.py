"""Two independent proportions, compared on their difference, ratio or odds ratio."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from trialplan import fields
from trialplan.answers import SampleSize
from trialplan.design import AnalysisTest, Design
from trialplan.designs import _exact_proportions as exact_proportions
from trialplan.designs import _stated_rates as stated_rates
from trialplan.designs.one_proportion import OneProportion
from trialplan.designs.precision_difference import PrecisionDifference
from trialplan.errors import ParameterError
from trialplan.numerics.distributions import normal_cdf, normal_quantile
from trialplan.numerics.lazy import np
from trialplan.numerics.student import z_power
from trialplan.numerics.two_rates import DIFFERENCE, ODDS_RATIO, RATIO, SCALES, Scale, score_z
from trialplan.outcomes.responses import RESPONSES, DrawnResponses, first_count
from trialplan.parameter import POSITIVE, PROPORTION, Interval, Numbers, parameter
from trialplan.rejection import decide
from trialplan.stated import SizingMethod


@dataclass(frozen=True, kw_only=True)
class TwoProportions(Design):
    """Does the treatment's rate differ from the control's, or is it not worse by more than a margin?

    The power of every normal-theory test here is the probability of its favourable tail; a two-sided
    test's other tail is left out, as most programs do. Exact tests count both tails, over every pair of
    counts, and their power is a saw-tooth in n.

    >>> TwoProportions(control=0.5, treatment=0.75).sample_size(0.9).arms_unrounded["treatment"].__round__(1)
    76.7
    >>> TwoProportions(control=0.6, treatment=0.58, goal="non-inferiority", margin=0.05).sample_size(0.8).arms
    {'treatment': 4212, 'control': 4212}
    >>> TwoProportions(control=0.35, treatment=0.55, test="fisher").sample_size(0.8).arms
    {'treatment': 108, 'control': 108}

    References:
        Fleiss, Levin & Paik (2003), Statistical Methods for Rates and Proportions, 3rd ed., ch. 4 (score;
        with the continuity correction, Fleiss, Tytun & Ury 1980, Biometrics 36:343).
        Farrington & Manning (1990), Statistics in Medicine 9:1447 (score, with a margin on difference or ratio).
        Miettinen & Nurminen (1985), Statistics in Medicine 4:213 (score, with a margin on the odds ratio).
        Cohen (1988), Statistical Power Analysis, 2nd ed., ch. 6 (arcsine).
        Schuirmann (1987), J Pharmacokinet Biopharm 15:657 (equivalence as two one-sided tests).
        Boschloo (1970), Statistica Neerlandica 24:1; Suissa & Shuster (1985), JRSS A 148:317 (exact tests).
    """

    outcome = RESPONSES
    called = stated_rates.CALLED
    oddity = stated_rates.ODDITY
    stated_effects = stated_rates.EFFECTS
    stated_example = "--control 0.3 --treatment 0.5 --n 186 --power 0.8"

    control: Numbers = parameter(
        "rate in the control arm", PROPORTION, role="comparator", symbol="p_C", unit="proportion", typical=(0.1, 0.6)
    )
    treatment: Numbers = parameter(
        "rate in the treatment arm", PROPORTION, role="effect", symbol="p_T", unit="proportion", typical=(0.3, 0.9)
    )
    scale: str = parameter(
        "the scale of the margin; superiority is equality of the rates on every scale",
        tuple(SCALES),
        default="difference",
    )
    goal: str = fields.goal()
    margin: Numbers | tuple[float, float] | None = fields.margin()
    favourable: str = fields.favourable()
    test: str = parameter(
        "the analysis test",
        ("score", "wald", "continuity-corrected", "arcsine", "log-odds", *exact_proportions.ROWS),
        role="method",
        default="score",
    )
    allocation: str = fields.allocation()

    def check(self) -> None:
        """Margin, scale and test must suit the goal."""
        domain = Interval(-1, 1) if self._scale is DIFFERENCE else POSITIVE
        fields.check_margin(self, self.goal, self.margin, self._scale.none, domain)
        if self.goal not in self.analysis.goals:
            self._refuse_test(f"for {self.goal}", [name for name, row in self.tests.items() if self.goal in row.goals])
        plain = self.goal == fields.SUPERIORITY and self.scale == "difference"
        if not plain and self.scale not in self.analysis.scales:
            fitting = [n for n, row in self.tests.items() if self.goal in row.goals and self.scale in row.scales]
            self._refuse_test(f"on the scale {self.scale}", fitting)

    def _refuse_test(self, why: str, others: list[str]) -> None:
        reason, offer = f"{self.test} is not defined {why}", f"use one of {', '.join(others)}"
        raise ParameterError(reason, owner=self, parameter="test", value=self.test, way_out=offer)

    @property
    def _scale(self) -> Scale:
        """The scale of the limits and of normal theory; superiority has one null, and score one test of it."""
        if self.test == "log-odds":
            return ODDS_RATIO
        return DIFFERENCE if self.goal == fields.SUPERIORITY else SCALES[self.scale]

    def null_values(self) -> tuple[Numbers, ...]:
        """The treatment rates at which the null's boundary lies, given the control's."""
        return tuple(self._scale.treatment(self.control, limit) for limit in self.limits())

    def limits(self) -> tuple[Numbers, ...]:
        """The null's boundary on the scale of the margin."""
        return fields.limits(self.goal, self.margin, self.upward, self._scale.mirror, self._scale.none)

    def unrounded(self, target: Numbers) -> Numbers:
        """In closed form where the test has one limit and no correction."""
        if self.test not in _CLOSED or len(self.limits()) == 2:
            return super().unrounded(target)
        return _CLOSED[self.test](self, self.z_alpha, normal_quantile(target))

    @property
    def formula(self) -> str:
        """The name of the formula; that of the score test says how the variance is held to the null."""
        if self.test != "score":
            return super().formula
        how = "pooled variance" if self.goal == fields.SUPERIORITY else "variance of Farrington and Manning"
        return f"score test ({how}), normal approximation"

    @property
    def smooth(self) -> bool:
        """Not for exact tests: counts are whole, so power is a saw-tooth."""
        return not self.exact

    @property
    def statistic_is_z(self) -> bool:
        """Yes, save for exact tests."""
        return not self.exact

    def success(self, n: Numbers) -> Numbers:
        """The favourable tail alone."""
        return exact_proportions.tails(self, n)[0] if self.exact else self.power(n)

    def actual_size(self, n: int) -> float | None:
        """The type I error of an exact test at the common rate that makes it largest: at most alpha."""
        return exact_proportions.actual_size(self, n) if self.exact else None

    def by_normal_theory(self) -> Design:
        """By the score test, where the test is exact."""
        return self if self.smooth else self.replace(test="score")

    def smaller_trials(self, width: float, power: float) -> tuple[tuple[str, SampleSize], ...]:
        """A pilot of both arms; one arm in one direction, at this level of a side: the same evidence against chance."""
        rates = {"control": self.control, "treatment": self.treatment}
        pilot = PrecisionDifference(**rates, width=width, allocation=self.allocation)
        alone = OneProportion(
            null=self.control, expected=self.treatment, alpha=self.level, sides=1, favourable=self.favourable
        )
        return (
            ("A randomised pilot, sized by precision", pilot.sample_size()),
            ("A single arm against a threshold", alone.sample_size(power)),
        )

    def blocks_lower_bound(self, target: float) -> int:
        """Blocks that cannot reach `target` by any test of level alpha, so that a search may begin beyond them."""
        return exact_proportions.blocks_lower_bound(self, target)

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """The responses of each arm, treatment and control, counted when `analyse` asks for them."""
        arms = zip(map(round, self.split(n)), self.count_rates(), strict=True)
        return tuple(DrawnResponses(size, rate, trials, rng) for size, rate in arms)

    def analyse(self, data: tuple[Any, Any], fraction: float = 1) -> tuple[Any, Any]:
        """The test's statistic on the first fraction of each arm: `DrawnResponses`, or one column a participant."""
        counts, sizes = zip(*(first_count(arm, fraction) for arm in data), strict=True)
        return self.judge(counts, sizes)

    def judge(self, counts: tuple[Any, ...], sizes: tuple[int, ...]) -> tuple[Any, Any]:
        """The test's statistic for counts of responses: treatment, control."""
        (x_t, x_c), (n_t, n_c) = counts, sizes
        return self.analysis.statistic(self, x_t, n_t, x_c, n_c)

    def count_rates(self) -> tuple[Numbers, ...]:
        """Treatment, control."""
        return self.treatment, self.control

    @property
    def test_scale(self) -> str:
        """That of the limits: superiority has one null, tested as a difference; log-odds tests the odds ratio."""
        return next(name for name, scale in SCALES.items() if scale is self._scale)

    @property
    def logarithmic(self) -> bool:
        """Of the odds ratio: a ratio of rates is tested as a difference, treatment less limit times control."""
        return self._scale is ODDS_RATIO

    def planned_estimate(self) -> Numbers:
        """The difference, ratio or odds ratio of the planned rates."""
        if self._scale is DIFFERENCE:
            return self.treatment - self.control
        if self._scale is RATIO:
            return self.treatment / self.control
        return _odds(self.treatment) / _odds(self.control)

    def null_estimate(self) -> Numbers:
        """The first of the limits."""
        return self.limits()[0]

    def textbook_sizes(self, power: float | None) -> Iterator[SizingMethod]:
        """With one variance for null and alternative, and with quantiles of two decimals."""
        assert power is not None
        return stated_rates.textbook_sizes(self, power)


def _odds(rate: Numbers) -> Numbers:
    return rate / (1 - rate)


def _shares(design: TwoProportions) -> tuple[float, float]:
    share_t, share_c = (weight / design.block for weight in design.weights)
    return share_t, share_c


def _truth(design: TwoProportions, limit: Numbers) -> Numbers:
    """n times the variance at the true rates."""
    return design._scale.variance(design.treatment, design.control, *_shares(design), limit)


def _score_variance(design: TwoProportions, limit: Numbers) -> Numbers:
    """n times the variance under the null: at the restricted maximum likelihood estimates of the true rates."""
    ratio = design.weights[0] / design.weights[1]
    rates = design._scale.restricted(design.treatment, design.control, ratio, limit)
    return design._scale.variance(*rates, *_shares(design), limit)


def _distances(design: TwoProportions) -> list[tuple[Numbers, Numbers]]:
    """(limit, how far the effect lies inside it) for each one-sided test."""
    away = design._scale.distance
    return [(limit, sign * away(design.treatment, design.control, limit)) for limit, sign in design.sided_limits()]


def _tail(design: TwoProportions, n: Numbers, null_variance: Any) -> Numbers:
    """P(every one-sided test rejects), normal theory, with its own null variance for each limit."""
    zs = [
        (distance * np.sqrt(n) - design.z_alpha * np.sqrt(null_variance(design, limit)))
        / np.sqrt(_truth(design, limit))
        for limit, distance in _distances(design)
    ]
    return z_power(zs, 0.0)


_wald_power = partial(_tail, null_variance=_truth)


def _corrected_power(design: TwoProportions, n: Numbers) -> Numbers:
    """The score formula with the difference shortened by half the sum of 1/arm (Fleiss, Tytun & Ury 1980)."""
    (_, distance), n_t, n_c = _distances(design)[0], *design.split(n)
    shortened = distance - (1 / n_t + 1 / n_c) / 2
    z = shortened * np.sqrt(n) - design.z_alpha * np.sqrt(_score_variance(design, 0.0))
    return normal_cdf(z / np.sqrt(_truth(design, 0.0)))


def _angle(design: TwoProportions) -> Numbers:
    """Cohen's h in the favourable direction."""
    return 2 * design.sign * (np.arcsin(np.sqrt(design.treatment)) - np.arcsin(np.sqrt(design.control)))


def _spread(design: TwoProportions) -> Numbers:
    """n times the variance of the difference of two angles."""
    return sum(design.block / weight for weight in design.weights)


def _arcsine_power(design: TwoProportions, n: Numbers) -> Numbers:
    return normal_cdf(_angle(design) * np.sqrt(n / _spread(design)) - design.z_alpha)


def _score_n(design: TwoProportions, z_alpha: Numbers, z_beta: Numbers) -> Numbers:
    ((limit, distance),) = _distances(design)
    root = z_alpha * np.sqrt(_score_variance(design, limit)) + z_beta * np.sqrt(_truth(design, limit))
    return (root / distance) ** 2


def _wald_n(design: TwoProportions, z_alpha: Numbers, z_beta: Numbers) -> Numbers:
    ((limit, distance),) = _distances(design)
    return _truth(design, limit) * ((z_alpha + z_beta) / distance) ** 2


def _arcsine_n(design: TwoProportions, z_alpha: Numbers, z_beta: Numbers) -> Numbers:
    return _spread(design) * ((z_alpha + z_beta) / _angle(design)) ** 2


_V_NULL = r"V_0 = p\,(1-p)\left(\frac{1}{w_T}+\frac{1}{w_C}\right),\quad p = w_T\,p_T+w_C\,p_C"
_V_TRUE = r"V_1 = \frac{p_T(1-p_T)}{w_T}+\frac{p_C(1-p_C)}{w_C}"

_CLOSED = {"score": _score_n, "wald": _wald_n, "arcsine": _arcsine_n, "log-odds": _wald_n}


# The analysis tests themselves, on counts.


def _least(design: TwoProportions, zs: list[Any]) -> tuple[Any, Any]:
    """The least of the statistics, one for each limit, and whether it rejects."""
    least = np.minimum.reduce([sign * z for z, (_, sign) in zip(zs, design.sided_limits(), strict=True)])
    return least, (np.abs(least) if design.two_tailed else least) >= design.z_alpha


def _score_statistic(design: TwoProportions, x_t: Any, n_t: int, x_c: Any, n_c: int) -> Any:
    rates = x_t / n_t, x_c / n_c
    return _least(design, [score_z(design._scale, rates, (n_t, n_c), limit) for limit in design.limits()])


def _corrected_statistic(design: TwoProportions, x_t: Any, n_t: int, x_c: Any, n_c: int) -> Any:
    p_t, p_c, pooled = x_t / n_t, x_c / n_c, (x_t + x_c) / (n_t + n_c)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n_t + 1 / n_c))
    return decide(design, p_t - p_c, error, design.z_alpha, (1 / n_t + 1 / n_c) / 2)


def _wald_statistic(design: TwoProportions, x_t: Any, n_t: int, x_c: Any, n_c: int) -> Any:
    p_t, p_c = x_t / n_t, x_c / n_c
    error = np.sqrt(p_t * (1 - p_t) / n_t + p_c * (1 - p_c) / n_c)
    return decide(design, p_t - p_c, error, design.z_alpha)


def _arcsine_statistic(design: TwoProportions, x_t: Any, n_t: int, x_c: Any, n_c: int) -> Any:
    difference = 2 * (np.arcsin(np.sqrt(x_t / n_t)) - np.arcsin(np.sqrt(x_c / n_c)))
    return decide(design, difference, np.sqrt(1 / n_t + 1 / n_c), design.z_alpha)


def _log_odds_statistic(design: TwoProportions, x_t: Any, n_t: int, x_c: Any, n_c: int) -> Any:
    """Half is added to every cell (Haldane 1956, Anscombe 1956), so that empty ones have a logarithm."""
    cells = x_t + 0.5, n_t - x_t + 0.5, x_c + 0.5, n_c - x_c + 0.5
    odds_ratio, error = cells[0] * cells[3] / (cells[1] * cells[2]), np.sqrt(sum(1 / cell for cell in cells))
    return _least(design, [np.log(odds_ratio / limit) / error for limit in design.limits()])


TwoProportions.tests = {
    "score": AnalysisTest(
        prose="z with the variance under the null: pooled for superiority (the chi-squared test), restricted maximum "
        "likelihood with a margin, on any scale. The usual choice of regulators and software; exceeds its level a "
        "little in small or unequal arms, and badly for rare events in a small arm.",
        formula="score test, normal approximation",
        reference="Fleiss, Levin & Paik 2003; Farrington & Manning 1990; Miettinen & Nurminen 1985",
        goals=fields.GOALS,
        scales=tuple(SCALES),
        power=partial(_tail, null_variance=_score_variance),
        statistic=_score_statistic,
        tex=r"n = \frac{\left(z_{1-\alpha/s}\sqrt{V_0}+z_{1-\beta}\sqrt{V_1}\right)^2}{\left(p_T-p_C\right)^2},"
        f"\n{_V_NULL},\n{_V_TRUE}",
    ),
    "wald": AnalysisTest(
        prose="z with the variance at the observed rates. Matches the plain confidence interval of the difference; "
        "exceeds its level in small samples, more so than score.",
        formula="Wald test (unpooled variance), normal approximation",
        reference="Chow, Shao, Wang & Lokhnygina 2018, ch. 4",
        goals=fields.GOALS,
        power=_wald_power,
        statistic=_wald_statistic,
        tex=r"n = \frac{\left(z_{1-\alpha/s}+z_{1-\beta}\right)^2}{\left(p_T-p_C\right)^2}\,V_1," f"\n{_V_TRUE}",
    ),
    "continuity-corrected": AnalysisTest(
        prose="score with the difference shortened by half the sum of 1/arm (Yates). An old stand-in for Fisher's "
        "exact test: keeps its level, at the price of power.",
        formula="continuity-corrected score test, normal approximation",
        reference="Fleiss, Tytun & Ury 1980",
        goals=(fields.SUPERIORITY,),
        power=_corrected_power,
        statistic=_corrected_statistic,
        tex=r"1-\beta = \Phi\left(\frac{"
        r"\left(\left|p_T-p_C\right|-\frac12\left(\frac1{n_T}+\frac1{n_C}\right)\right)\sqrt n"
        r"-z_{1-\alpha/s}\sqrt{V_0}}{\sqrt{V_1}}\right),"
        f"\n{_V_NULL},\n{_V_TRUE}",
    ),
    "arcsine": AnalysisTest(
        prose="z on the angles 2 asin(sqrt p), whose variance does not depend on the rate. Used where an effect size h "
        "is quoted; errs for rates near 0 and 1.",
        formula="arcsine (variance-stabilised) test, normal approximation",
        reference="Cohen 1988, ch. 6",
        goals=(fields.SUPERIORITY,),
        power=_arcsine_power,
        statistic=_arcsine_statistic,
        tex=r"n = \frac{\left(z_{1-\alpha/s}+z_{1-\beta}\right)^2}"
        r"{\left(2\arcsin\sqrt{p_T}-2\arcsin\sqrt{p_C}\right)^2}"
        r"\left(\frac{1}{w_T}+\frac{1}{w_C}\right)",
    ),
    "log-odds": AnalysisTest(
        prose="Wald z of the log odds ratio, as logistic regression prints it. Used where the analysis is that "
        "regression; loses power for rates near 0 or 1, where its standard error grows faster than its estimate.",
        formula="Wald test of the log odds ratio, normal approximation",
        reference="Chow, Shao, Wang & Lokhnygina 2018, ch. 4",
        goals=fields.GOALS,
        power=_wald_power,
        statistic=_log_odds_statistic,
        scales=("odds-ratio",),
        tex=r"n = \frac{\left(z_{1-\alpha/s}+z_{1-\beta}\right)^2}{\left(\ln\frac{p_T(1-p_C)}{p_C(1-p_T)}\right)^2}"
        r"\left(\frac{1}{w_T\,p_T(1-p_T)}+\frac{1}{w_C\,p_C(1-p_C)}\right)",
    ),
    **exact_proportions.ROWS,
}
