"""The tests of two proportions by normal theory: the rows that `two_proportions` puts in its table."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from trialplan import fields
from trialplan.design import AnalysisTest
from trialplan.numerics.elementary import (
    arcsin,
    divide,
    greatest,
    is_scalar,
    log,
    normal_cdf,
    some,
    sqrt,
    square,
    where,
)
from trialplan.numerics.lazy import np
from trialplan.numerics.student import z_power
from trialplan.numerics.two_rates import ODDS_RATIO, SCALES, score_moments, score_z
from trialplan.outcomes.rate_intervals import AROUND
from trialplan.parameter import Numbers
from trialplan.rejection import decide, decide_by_z, either_way

if TYPE_CHECKING:
    from trialplan.designs.two_proportions import TwoProportions


_LEAST = 1e-9
"""What is left of one participant less one, so that the search, which begins below one, meets no division by 0."""


Moments = tuple[Numbers, Numbers, Numbers]
"""Of a statistic times the root of n: its mean, its SD as the test takes it on the limit, and its SD at the truth."""


def _remembered(moments: Callable[[TwoProportions, Numbers], Moments]) -> Callable[[TwoProportions, Numbers], Moments]:
    """The moments, computed once for a design and a limit: they do not depend on n, and every n asks for them."""

    def known(design: TwoProportions, limit: Numbers) -> Moments:
        if not is_scalar(limit):
            return moments(design, limit)
        memory = vars(design).setdefault("_moments", {})
        key = moments.__name__, limit
        if key not in memory:
            memory[key] = moments(design, limit)
        return cast("Moments", memory[key])

    return known


@_remembered
def _of_wald(design: TwoProportions, limit: Numbers) -> Moments:
    """One SD, at the true rates."""
    scale, rates = design.rates_scale, (design.treatment, design.control)
    true = sqrt(scale.variance(*rates, *design.split(1.0), limit))
    return scale.distance(*rates, limit), true, true


@_remembered
def _of_score(design: TwoProportions, limit: Numbers) -> Moments:
    """The SD on the limit at the restricted maximum likelihood estimates of the true rates."""
    rates, ratio = (design.treatment, design.control), design.weights[0] / design.weights[1]
    share_t, share_c = design.split(1.0)
    mean, null, true = score_moments(design.rates_scale, rates, (share_t, share_c), ratio, limit)
    return mean, sqrt(null), sqrt(true)


@_remembered
def _of_log_ratio(design: TwoProportions, limit: Numbers) -> Moments:
    """One SD, at the true rates, of the logarithm of their ratio."""
    rates = design.treatment, design.control
    true = sqrt(sum((1 - rate) / (rate * share) for rate, share in zip(rates, design.split(1.0), strict=True)))
    return log(rates[0]) - log(rates[1]) - log(limit), true, true


@_remembered
def _of_log_odds(design: TwoProportions, limit: Numbers) -> Moments:
    """The distance of the log odds ratio itself; its SD on the limit at the rates of maximum likelihood there."""
    rates, shares = (design.treatment, design.control), design.split(1.0)
    on_limit = ODDS_RATIO.restricted(*rates, design.weights[0] / design.weights[1], limit)
    null, true = (ODDS_RATIO.variance(*there, *shares, limit) for there in (on_limit, rates))
    return ODDS_RATIO.distance(*rates, limit), sqrt(null), sqrt(true)


def _tail(design: TwoProportions, n: Numbers, direction: int = 1, *, moments: Any, inflated: Numbers = 1.0) -> Numbers:
    """P(every one-sided test rejects), normal theory, with its own SD under the null, `inflated`, for each limit.

    In the treatment's favour, or against it with `direction` -1.
    """
    return _tails(design, n, (direction,), moments=moments, inflated=inflated)[0]


def _tails(
    design: TwoProportions,
    n: Numbers,
    directions: tuple[int, ...] = (1, -1),
    *,
    moments: Any,
    inflated: Numbers = 1.0,
) -> tuple[Numbers, ...]:
    """The same for each of several directions, which share all but their tails."""
    root, z_alpha = sqrt(n), design.z_alpha
    zs: list[list[Numbers]] = [[] for _ in directions]
    for limit, sign in design.sided_limits():
        mean, null, true = moments(design, limit)
        away, held, certain = mean * root, z_alpha * inflated * null, true == 0
        for direction, found in zip(directions, zs, strict=True):
            beyond = (away if direction == sign else -away) - held
            z = divide(beyond, true)
            # where nothing varies, for everybody responds or nobody, an effect is certain, and none is no evidence
            found.append(where(certain & (beyond == 0), -math.inf, z) if some(certain) else z)
    return tuple(normal_cdf(found[0]) if len(found) == 1 else z_power(found, 0.0) for found in zs)


_wald_tail, _wald_tails = partial(_tail, moments=_of_wald), partial(_tails, moments=_of_wald)
_score_tail, _score_tails = partial(_tail, moments=_of_score), partial(_tails, moments=_of_score)
_log_ratio_tail = partial(_tail, moments=_of_log_ratio)
_log_odds_null_tail = partial(_tail, moments=_of_log_odds)


def _miettinen_tail(design: TwoProportions, n: Numbers, direction: int = 1) -> Numbers:
    """Score's, with N/(N - 1) times the variance under the null; no test of less than two participants."""
    return _tail(design, n, direction, moments=_of_score, inflated=sqrt(n / greatest(n - 1, _LEAST)))


def _corrected_tail(design: TwoProportions, n: Numbers, direction: int = 1) -> Numbers:
    """The score formula with the difference shortened by half the sum of 1/arm (Fleiss, Tytun & Ury 1980)."""
    (mean, null, true), n_t, n_c = _of_score(design, 0.0), *design.split(n)
    shortened = direction * design.sign * mean - (1 / n_t + 1 / n_c) / 2
    return normal_cdf(divide(shortened * sqrt(n) - design.z_alpha * null, true))


def _angle(design: TwoProportions) -> Numbers:
    """Cohen's h in the favourable direction."""
    return 2 * design.sign * (arcsin(sqrt(design.treatment)) - arcsin(sqrt(design.control)))


def _spread(design: TwoProportions) -> Numbers:
    """n times the variance of the difference of two angles."""
    return sum(design.block / weight for weight in design.weights)


def _arcsine_tail(design: TwoProportions, n: Numbers, direction: int = 1) -> Numbers:
    return normal_cdf(direction * _angle(design) * sqrt(n / _spread(design)) - design.z_alpha)


def _closed_n(design: TwoProportions, z_alpha: Numbers, z_beta: Numbers, *, moments: Any) -> Numbers:
    ((limit, sign),) = design.sided_limits()
    mean, null, true = moments(design, limit)
    return square(divide(z_alpha * null + z_beta * true, sign * mean))


def _arcsine_n(design: TwoProportions, z_alpha: Numbers, z_beta: Numbers) -> Numbers:
    return _spread(design) * square(divide(z_alpha + z_beta, _angle(design)))


_V_NULL = r"V_0 = p\,(1-p)\left(\frac{1}{w_T}+\frac{1}{w_C}\right),\quad p = w_T\,p_T+w_C\,p_C"
_V_TRUE = r"V_1 = \frac{p_T(1-p_T)}{w_T}+\frac{p_C(1-p_C)}{w_C}"

CLOSED: dict[str, Callable[..., Numbers]] = {
    "score": partial(_closed_n, moments=_of_score),
    "wald": partial(_closed_n, moments=_of_wald),
    "arcsine": _arcsine_n,
    "log-odds": partial(_closed_n, moments=_of_wald),
    "log-odds-null-variance": partial(_closed_n, moments=_of_log_odds),
    "log-ratio": partial(_closed_n, moments=_of_log_ratio),
}
"""The real-valued n of a test with one limit and no correction, by level and power as normal quantiles."""


# The analysis tests themselves, on counts.


def _score_statistic(design: TwoProportions, x_t: Any, n_t: int, x_c: Any, n_c: int) -> Any:
    rates = x_t / n_t, x_c / n_c
    return decide_by_z(design, [score_z(design.rates_scale, rates, (n_t, n_c), limit) for limit in design.limits()])


def _miettinen_statistic(design: TwoProportions, x_t: Any, n_t: int, x_c: Any, n_c: int) -> Any:
    rates, narrowed = (x_t / n_t, x_c / n_c), np.sqrt((n_t + n_c - 1) / (n_t + n_c))
    zs = [narrowed * score_z(design.rates_scale, rates, (n_t, n_c), limit) for limit in design.limits()]
    return decide_by_z(design, zs)


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


def _log_odds_null_statistic(design: TwoProportions, x_t: Any, n_t: int, x_c: Any, n_c: int) -> Any:
    """Half is added to every cell, as for the interval; the standard error is that on the limit, given these cells."""
    (r_t, r_c), arms = ((x_t + 0.5) / (n_t + 1), (x_c + 0.5) / (n_c + 1)), (n_t + 1, n_c + 1)
    total, zs = sum(arms), []
    for limit in design.limits():
        on_limit = ODDS_RATIO.restricted(r_t, r_c, arms[0] / arms[1], limit)
        variance = ODDS_RATIO.variance(*on_limit, arms[0] / total, arms[1] / total, limit) / total
        zs.append(ODDS_RATIO.distance(r_t, r_c, limit) / np.sqrt(variance))
    return decide_by_z(design, zs)


def _logarithm_statistic(design: TwoProportions, x_t: Any, n_t: int, x_c: Any, n_c: int) -> Any:
    """The estimate's logarithm over its standard error; where nothing varies, there is no evidence."""
    estimate, error = AROUND[design.test](x_t, n_t, x_c, n_c)
    zs = [where(error > 0, divide(np.log(estimate / limit), error), 0.0) for limit in design.limits()]
    return decide_by_z(design, zs)


ROWS: dict[str, AnalysisTest] = {
    "score": AnalysisTest(
        prose="z with the variance under the null: pooled for superiority (the chi-squared test), restricted maximum "
        "likelihood with a margin, on any scale. The usual choice of regulators and software; exceeds its level a "
        "little in small or unequal arms, and badly for rare events in a small arm.",
        formula="score test, normal approximation",
        reference="Fleiss, Levin & Paik 2003; Farrington & Manning 1990; Miettinen & Nurminen 1985",
        goals=fields.GOALS,
        scales=tuple(SCALES),
        power=either_way(_score_tail, _score_tails),
        success=_score_tail,
        statistic=_score_statistic,
        tex=r"n = \frac{\left(z_{1-\alpha/s}\sqrt{V_0}+z_{1-\beta}\sqrt{V_1}\right)^2}{\left(p_T-p_C\right)^2},"
        f"\n{_V_NULL},\n{_V_TRUE}",
    ),
    "miettinen-nurminen": AnalysisTest(
        prose="score with the variance times N/(N - 1). Matches the interval of that name, which is usual "
        "beside a difference of rates; in large trials it is score, in small ones of the same n it exceeds its level a "
        "little less.",
        formula="score test with the variance of Miettinen and Nurminen, normal approximation",
        reference="Miettinen & Nurminen 1985; Farrington & Manning 1990",
        goals=fields.GOALS,
        scales=tuple(SCALES),
        power=either_way(_miettinen_tail),
        success=_miettinen_tail,
        statistic=_miettinen_statistic,
        tex=r"1-\beta = \Phi\left(\frac{\left|p_T-p_C\right|\sqrt n-z_{1-\alpha/s}\sqrt{\frac{n}{n-1}\,V_0}}"
        r"{\sqrt{V_1}}\right),"
        f"\n{_V_NULL},\n{_V_TRUE}",
    ),
    "wald": AnalysisTest(
        prose="z with the variance at the observed rates. Matches the plain confidence interval of the difference; "
        "exceeds its level in small samples, more so than score.",
        formula="Wald test (unpooled variance), normal approximation",
        reference="Chow, Shao, Wang & Lokhnygina 2018, ch. 4",
        goals=fields.GOALS,
        power=either_way(_wald_tail, _wald_tails),
        success=_wald_tail,
        statistic=_wald_statistic,
        tex=r"n = \frac{\left(z_{1-\alpha/s}+z_{1-\beta}\right)^2}{\left(p_T-p_C\right)^2}\,V_1," f"\n{_V_TRUE}",
    ),
    "continuity-corrected": AnalysisTest(
        prose="score with the difference shortened by half the sum of 1/arm (Yates). An old stand-in for Fisher's "
        "exact test: keeps its level, at the price of power.",
        formula="continuity-corrected score test, normal approximation",
        reference="Fleiss, Tytun & Ury 1980",
        goals=(fields.SUPERIORITY,),
        power=either_way(_corrected_tail),
        success=_corrected_tail,
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
        power=either_way(_arcsine_tail),
        success=_arcsine_tail,
        statistic=_arcsine_statistic,
        tex=r"n = \frac{\left(z_{1-\alpha/s}+z_{1-\beta}\right)^2}"
        r"{\left(2\arcsin\sqrt{p_T}-2\arcsin\sqrt{p_C}\right)^2}"
        r"\left(\frac{1}{w_T}+\frac{1}{w_C}\right)",
    ),
    "log-odds": AnalysisTest(
        prose="Wald z of the log odds ratio, as logistic regression prints it. Used where the analysis is that "
        "regression; loses power for rates near 0 or 1, where its standard error grows faster than its estimate (Hauck "
        "& Donner 1977). For the same reason z varies less than the formula takes it to, which mostly "
        "claims too little power above a half (.81 for .86 at .6 v .9, 38 per arm), and too much below.",
        formula="Wald test of the log odds ratio, normal approximation",
        reference="Chow, Shao, Wang & Lokhnygina 2018, ch. 4",
        goals=fields.GOALS,
        power=either_way(_wald_tail, _wald_tails),
        success=_wald_tail,
        statistic=_logarithm_statistic,
        scales=("odds-ratio",),
        tex=r"n = \frac{\left(z_{1-\alpha/s}+z_{1-\beta}\right)^2}{\left(\ln\frac{p_T(1-p_C)}{p_C(1-p_T)}\right)^2}"
        r"\left(\frac{1}{w_T\,p_T(1-p_T)}+\frac{1}{w_C\,p_C(1-p_C)}\right)",
    ),
    "log-odds-null-variance": AnalysisTest(
        prose="the log odds ratio over its standard error at the rates of maximum likelihood on the limit (pooled for "
        "superiority). Programs offer it as the odds ratio with the null's variance; off its level where few respond "
        "(.088 for .05 at a rate of .05 in both of two arms of 50).",
        formula="log odds ratio with its variance under the null, normal approximation",
        reference="Chow, Shao, Wang & Lokhnygina 2018, ch. 4; Miettinen & Nurminen 1985 (rates on the limit)",
        goals=fields.GOALS,
        power=either_way(_log_odds_null_tail),
        success=_log_odds_null_tail,
        statistic=_log_odds_null_statistic,
        scales=("odds-ratio",),
        tex=r"n = \frac{\left(z_{1-\alpha/s}\sqrt{V_0}+z_{1-\beta}\sqrt{V_1}\right)^2}"
        r"{\left(\ln\frac{p_T(1-p_C)}{p_C(1-p_T)}\right)^2},"
        "\n"
        r"V_0 = \frac{1}{p\,(1-p)}\left(\frac{1}{w_T}+\frac{1}{w_C}\right),\quad p = w_T\,p_T+w_C\,p_C,"
        "\n"
        r"V_1 = \frac{1}{w_T\,p_T(1-p_T)}+\frac{1}{w_C\,p_C(1-p_C)}",
    ),
    "log-ratio": AnalysisTest(
        prose="Wald z of the logarithm of the ratio of rates, as log-binomial regression prints it. Used where a risk "
        "ratio and its interval are reported; hardly ever rejects where few respond, and in lopsided arms a side has "
        "up to twice its level (.050 for .025 at .8, 30 v 90).",
        formula="Wald test of the log ratio of rates, normal approximation",
        reference="Katz, Baptista, Azen & Pike 1978; Walter 1975 (half added)",
        goals=fields.GOALS,
        power=either_way(_log_ratio_tail),
        success=_log_ratio_tail,
        statistic=_logarithm_statistic,
        scales=("ratio",),
        tex=r"n = \frac{\left(z_{1-\alpha/s}+z_{1-\beta}\right)^2}{\left(\ln\frac{p_T}{p_C}\right)^2}"
        r"\left(\frac{1-p_T}{w_T\,p_T}+\frac{1-p_C}{w_C\,p_C}\right)",
    ),
}
