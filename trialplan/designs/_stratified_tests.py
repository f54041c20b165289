"""The tests of rates that are compared stratum by stratum: the rows that `stratified_proportions` puts in its table."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from trialplan import fields
from trialplan.design import AnalysisTest
from trialplan.numerics.elementary import divide, sqrt, square
from trialplan.numerics.lazy import np
from trialplan.numerics.search import first_share, increasing_root
from trialplan.numerics.student import z_power
from trialplan.numerics.two_rates import DIFFERENCE, ODDS_RATIO, SCALES, Scale
from trialplan.parameter import Numbers
from trialplan.rejection import decide_by_z, either_way

if TYPE_CHECKING:
    from trialplan.designs.stratified_proportions import StratifiedProportions

CORRECTION = 0.5
"""What the continuity correction takes off the sum of differences, in responders (Mantel & Haenszel 1959)."""

_EDGE, _FAR = 1e-12, 20.0
"""How near to -1 and 1 a limit of the difference is looked for, and how far out the logarithm of one of a ratio."""


# Power, from what each stratum adds to the statistic on average.


def _moments(design: StratifiedProportions, rates: tuple[Numbers, Numbers], limit: Numbers) -> tuple[Numbers, ...]:
    """Mean, variance under the null and true variance of what a participant of a stratum adds to the statistic.

    The null's is at the rates of maximum likelihood on the limit (Miettinen & Nurminen 1985), for none the mean rate.
    """
    s, t = design.split(1.0)
    scale = design.limit_scale
    restricted = scale.restricted(*rates, design.weights[0] / design.weights[1], limit)
    if scale is ODDS_RATIO:
        away = s * (rates[0] - restricted[0])
        of_t, of_c = (s * restricted[0] * (1 - restricted[0]), t * restricted[1] * (1 - restricted[1]))
        true_t, true_c = (s * rates[0] * (1 - rates[0]), t * rates[1] * (1 - rates[1]))
        # the restricted rate moves with the responders of both arms, each by its share of their variance
        truth = divide(square(of_c) * true_t + square(of_t) * true_c, square(of_t + of_c))
        return away, divide(of_t * of_c, of_t + of_c), truth
    weight = s * t
    variances = (square(weight) * scale.variance(*pair, s, t, limit) for pair in (restricted, rates))
    return weight * scale.distance(*rates, limit), *variances


def _totals(design: StratifiedProportions, n: Numbers, limit: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """The same of all n participants."""
    mean: Any = 0.0
    null: Any = 0.0
    truth: Any = 0.0
    for size, *rates in zip(design.informative(n), *design.rates(), strict=True):
        away, under_null, truly = _moments(design, (rates[0], rates[1]), limit)
        mean, null, truth = mean + size * away, null + size * under_null, truth + size * truly
    return mean, null, truth


def _tail(design: StratifiedProportions, n: Numbers, direction: int = 1, *, correction: float = 0.0) -> Numbers:
    """P(every one-sided test rejects), in the treatment's favour or, with `direction` -1, against it."""
    zs = []
    for limit, sign in design.sided_limits():
        mean, null, truth = _totals(design, n, limit)
        away = direction * sign * mean - correction - design.z_alpha * sqrt(null)
        zs.append(divide(away, sqrt(truth)))
    return z_power(zs, 0.0)


_corrected_tail = partial(_tail, correction=CORRECTION)


def closed_n(design: StratifiedProportions, z_beta: Numbers) -> Numbers:
    """The real-valued n of one limit and large strata (Woolson, Bean & Rojas 1986; with the correction Nam 1992)."""
    ((limit, sign),) = design.sided_limits()
    mean, null, truth = _totals(design, 1.0, limit)
    root = design.z_alpha * sqrt(null) + z_beta * sqrt(truth)
    shortened = CORRECTION if design.analysis is ROWS[CORRECTED] else 0.0
    return square(divide(root + sqrt(square(root) + 4 * sign * mean * shortened), 2 * sign * mean))


# The analysis tests themselves, on counts.

Group = tuple[Any, Any]
"""Responders and participants of an arm of a stratum, trial by trial."""


def z(design: StratifiedProportions, counts: Sequence[Any], sizes: Sequence[Any], limit: Any, scale: Scale) -> Any:
    """The statistic on a limit, trial by trial: treatment and control of each stratum in turn; 0 where nothing varies.

    A stratum in which an arm has nobody says nothing. The variance is that of Miettinen & Nurminen (1985), with
    N/(N - 1) for a stratum of N: at no effect it is the hypergeometric one of Mantel & Haenszel (1959).
    """
    above: Any = 0.0
    variance: Any = 0.0
    with np.errstate(all="ignore"):
        for at in range(0, len(counts), 2):
            x_t, x_c, n_t, n_c = (np.asarray(one, dtype=float) for one in (*counts[at : at + 2], *sizes[at : at + 2]))
            there = (n_t > 0) & (n_c > 0)
            away, spread = _added((x_t, n_t), (x_c, n_c), limit, scale)
            above = above + np.where(there, away, 0.0)
            variance = variance + np.where(there & np.isfinite(spread), spread, 0.0)
        if design.analysis is ROWS[CORRECTED]:
            above = np.sign(above) * np.maximum(np.abs(above) - CORRECTION, 0.0)
        return np.where(variance > 0, above / np.sqrt(variance), 0.0)


def _added(treatment: Group, control: Group, limit: Any, scale: Scale) -> tuple[Any, Any]:
    """What a stratum adds to the statistic, and the variance of that on the limit."""
    (x_t, n_t), (x_c, n_c) = treatment, control
    total = n_t + n_c
    rates, narrowed = (x_t / n_t, x_c / n_c), total / (total - 1)
    restricted = scale.restricted(*rates, n_t / n_c, limit)
    if scale is ODDS_RATIO:
        of_t, of_c = (n_t * restricted[0] * (1 - restricted[0]), n_c * restricted[1] * (1 - restricted[1]))
        return x_t - n_t * restricted[0], narrowed * of_t * of_c / (of_t + of_c)
    weight = n_t * n_c / total
    variance = weight**2 * scale.variance(*restricted, n_t, n_c, limit)
    return weight * scale.distance(*rates, limit), narrowed * variance


def _statistic(design: StratifiedProportions, counts: Sequence[Any], sizes: Sequence[Any]) -> tuple[Any, Any]:
    scale = design.limit_scale
    return decide_by_z(design, [z(design, counts, sizes, limit, scale) for limit, _ in design.sided_limits()])


def limits(
    design: StratifiedProportions, counts: Sequence[float], sizes: Sequence[float], critical: float
) -> tuple[float, float]:
    """The common effects, on the design's scale, that its test does not reject at a critical value of z.

    Where no value up to the end of the scale is rejected the limit is that end: -1, 0, 1 or inf. nan where nothing
    varies.
    """
    scale = SCALES[design.scale]
    value: Callable[[float], float] = float if scale is DIFFERENCE else math.exp
    ends = (-1 + _EDGE, 1 - _EDGE) if scale is DIFFERENCE else (-_FAR, _FAR)
    outer = (-1.0, 1.0) if scale is DIFFERENCE else (0.0, math.inf)

    def at(place: float) -> float:
        return float(z(design, counts, sizes, value(place), scale))

    seen = [at(end) for end in ends]
    if not any(seen):
        return math.nan, math.nan
    found = []
    for target, end in ((critical, 0), (-critical, 1)):
        beyond = seen[end] < target if end == 0 else seen[end] > target
        found.append(outer[end] if beyond else value(float(increasing_root(_short_of(at, target), *ends))))
    return found[0], found[1]


def effect_of(design: StratifiedProportions, n: float, statistic: float) -> float:
    """The common effect nearest to the null at which the test shows this z, the controls seen as they are planned.

    Strata have their planned share of n, in whole participants; nan where the test shows it at no effect.
    """
    scale, sizes = SCALES[design.scale], design.count_sizes(round(n))
    controls = [float(rate) for rate in design.count_rates()[1::2]]
    toward = design.sign * (1 if statistic >= 0 else -1)
    place: Callable[[float], float] = float if scale is DIFFERENCE else _log
    value: Callable[[Any], Any] = np.asarray if scale is DIFFERENCE else np.exp
    domain = design.effect_domain()
    start, end = place(float(design.null_values()[0])), place(domain.high if toward > 0 else domain.low)

    def surplus(share: Any) -> Any:
        effect = value(start + share * (end - start))
        counts: list[Any] = []
        for rate, of in zip(controls, zip(sizes[::2], sizes[1::2], strict=True), strict=True):
            counts += [
                np.clip(scale.treatment(rate, effect), 0, 1) * of[0],
                np.broadcast_to(rate * of[1], np.shape(share)),
            ]
        shown = design.judge(tuple(counts), sizes)[0]
        return (1 if statistic >= 0 else -1) * (shown - statistic)

    share = float(first_share(surplus, ()))
    return float(value(start + share * (end - start)))


def _log(ratio: float) -> float:
    """Of a ratio, no farther out than limits are looked for."""
    return -_FAR if ratio <= 0 else min(math.log(ratio), _FAR)


def _short_of(at: Callable[[float], float], target: float) -> Callable[[float], float]:
    """How much a falling statistic is below a target."""
    return lambda place: target - at(place)


CMH, CORRECTED, SCORE = "cmh", "cmh-corrected", "stratified-score"

_V_NULL = r"V_0 = \sum_j f_j\,w_T w_C\,p_j(1-p_j),\quad p_j = w_T\,p_{Tj}+w_C\,p_{Cj}"
_V_TRUE = r"V_1 = \sum_j f_j\,w_T w_C\left(w_C\,p_{Tj}(1-p_{Tj})+w_T\,p_{Cj}(1-p_{Cj})\right)"
_SUM = r"\sum_j f_j\,w_T w_C\left(p_{Tj}-p_{Cj}\right)"

_TEX = (
    r"n = \frac{\left(z_{1-\alpha/s}\sqrt{V_0}+z_{1-\beta}\sqrt{V_1}\right)^2}{D^2},"
    f"\nD = {_SUM},\n{_V_NULL},\n{_V_TRUE}"
)
_TEX_CORRECTED = (
    r"n = \left(\frac{A+\sqrt{A^2+2D}}{2D}\right)^2,\quad A = z_{1-\alpha/s}\sqrt{V_0}+z_{1-\beta}\sqrt{V_1},"
    "\n"
    rf"D = \left|{_SUM}\right|,"
    f"\n{_V_NULL},\n{_V_TRUE}"
)

ROWS: dict[str, AnalysisTest] = {
    CMH: AnalysisTest(
        prose="responders beyond what each stratum lets expect, summed over strata, by their hypergeometric variance. "
        "The test that protocols of stratified trials name; right for few large strata and for many small ones, and "
        "sees no difference that changes its direction from stratum to stratum.",
        formula="Cochran–Mantel–Haenszel test, normal approximation",
        reference="Cochran 1954; Mantel & Haenszel 1959; Woolson, Bean & Rojas 1986",
        goals=(fields.SUPERIORITY,),
        scales=tuple(SCALES),
        power=either_way(_tail),
        success=_tail,
        statistic=_statistic,
        tex=_TEX,
    ),
    CORRECTED: AnalysisTest(
        prose="the same, with half a responder taken off the sum. What R's mantelhaen.test does unless told "
        "otherwise, save for sums below a half; "
        "nearer to the exact conditional test, at the price of power.",
        formula="Cochran–Mantel–Haenszel test with the continuity correction, normal approximation",
        reference="Mantel & Haenszel 1959; Nam 1992",
        goals=(fields.SUPERIORITY,),
        scales=tuple(SCALES),
        power=either_way(_corrected_tail),
        success=_corrected_tail,
        statistic=_statistic,
        tex=_TEX_CORRECTED,
    ),
    SCORE: AnalysisTest(
        prose="the stratified score statistic on a limit, with Mantel–Haenszel weights on the difference and the "
        "ratio, and the efficient score on the odds ratio; without a margin it is cmh. The usual choice for a common "
        "effect with a margin; takes the effect to be the same in every stratum on its scale. On the odds ratio it "
        "needs strata that are not small: the more there are, the less it keeps its level on a limit.",
        formula="stratified score test, normal approximation",
        reference="Miettinen & Nurminen 1985; Woolson, Bean & Rojas 1986",
        goals=fields.GOALS,
        scales=tuple(SCALES),
        power=either_way(_tail),
        success=_tail,
        statistic=_statistic,
        tex=_TEX,
        not_elsewhere="the stratified score test has no power in these packages",
    ),
}
