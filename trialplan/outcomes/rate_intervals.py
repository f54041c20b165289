"""The interval that inverts the test of two rates, and what it is called; score's where the test has none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from trialplan.numerics.elementary import normal_cdf, normal_quantile
from trialplan.numerics.inverted_tests import conditional_limits, score_limits
from trialplan.numerics.lazy import np
from trialplan.numerics.two_rates import SCALES
from trialplan.outcome import DIFFERENCE, ODDS_RATIO, RATIO, EffectInterval

if TYPE_CHECKING:
    from trialplan.design import Design

SCORE, MIETTINEN_NURMINEN, WALD, FISHER = "score", "miettinen-nurminen", "wald", "fisher"
LOG_ODDS, LOG_RATIO = "log-odds", "log-ratio"

_NAMES = {
    SCORE: "score",
    MIETTINEN_NURMINEN: "Miettinen–Nurminen",
    WALD: "Wald",
    LOG_ODDS: "log odds",
    LOG_RATIO: "log ratio",
    FISHER: "Fisher",
}

_SCALES = {
    SCORE: tuple(SCALES),
    MIETTINEN_NURMINEN: tuple(SCALES),
    WALD: (DIFFERENCE,),
    LOG_ODDS: (ODDS_RATIO,),
    LOG_RATIO: (RATIO,),
    FISHER: (ODDS_RATIO,),
}
"""The scales on which the interval of a test never contradicts it: it holds the null just where the test accepts it."""


def inverted_test(design: Design, scale: str) -> str:
    """The test whose interval a design's effect has on this scale: its own, or score where it has none there."""
    return design.test if scale in _SCALES.get(design.test, ()) else SCORE


def method(design: Design, scale: str) -> str:
    """What that interval is called, and whose it is where it is not the test's own."""
    test = inverted_test(design, scale)
    return _NAMES[test] + _borrowed(design, test)


def _borrowed(design: Design, test: str) -> str:
    return "" if test == design.test else f": {design.test} has none of its own"


def limits(design: Design, scale: str, counts: Sequence[Any], sizes: Sequence[int], critical: Any) -> tuple[Any, Any]:
    """The values on this scale that the test does not reject, of arrays of counts; nan where there is no interval.

    `critical` is that of z. Fisher's test counts, and takes the level of that z and whole counts. A standard error of 0
    is no evidence, and has no interval.
    """
    (x_t, x_c), (n_t, n_c), test = counts, sizes, inverted_test(design, scale)
    if test == WALD:
        error = np.sqrt(sum(x / n * (1 - x / n) / n for x, n in ((x_t, n_t), (x_c, n_c))))
        there = np.where(error > 0, error, np.nan)
        return x_t / n_t - x_c / n_c - critical * there, x_t / n_t - x_c / n_c + critical * there
    if test in AROUND:
        estimate, error = AROUND[test](x_t, n_t, x_c, n_c)
        centre, there = np.log(estimate), np.where(error > 0, error, np.nan)
        return np.exp(centre - critical * there), np.exp(centre + critical * there)
    if test == FISHER:
        level = float(normal_cdf(-critical))
        alpha = 2 * level if design.two_tailed else level
        pairs = np.broadcast_arrays(np.round(x_t), np.round(x_c))
        found = [
            conditional_limits((int(t), int(c)), (n_t, n_c), alpha, 2 if design.two_tailed else 1)
            for t, c in zip(*(one.ravel() for one in pairs), strict=True)
        ]
        low, high = np.array(found).T
        return low.reshape(pairs[0].shape), high.reshape(pairs[0].shape)
    widened = np.sqrt((n_t + n_c) / (n_t + n_c - 1)) if test == MIETTINEN_NURMINEN else 1.0
    return score_limits(SCALES[scale], (x_t, x_c), (n_t, n_c), critical * widened)


def _odds_ratio(x_t: Any, n_t: Any, x_c: Any, n_c: Any) -> tuple[Any, Any]:
    """With half added to every cell, and the standard error of its logarithm (Gart 1966, Biometrics 22:164)."""
    cells = x_t + 0.5, n_t - x_t + 0.5, x_c + 0.5, n_c - x_c + 0.5
    return cells[0] * cells[3] / (cells[1] * cells[2]), np.sqrt(sum(1 / cell for cell in cells))


def _ratio(x_t: Any, n_t: Any, x_c: Any, n_c: Any) -> tuple[Any, Any]:
    """With half added to responses and participants, and the standard error of its logarithm.

    Walter (1975), Biometrika 62:371; Katz, Baptista, Azen & Pike (1978), Biometrics 34:469.
    """
    responses, sizes = (x_t + 0.5, x_c + 0.5), (n_t + 0.5, n_c + 0.5)
    variance = sum(1 / x - 1 / n for x, n in zip(responses, sizes, strict=True))
    return responses[0] / sizes[0] / (responses[1] / sizes[1]), np.sqrt(variance)


AROUND = {LOG_ODDS: _odds_ratio, LOG_RATIO: _ratio}
"""The tests of a logarithm: the estimate that their interval lies around, and its standard error on the logarithm."""


OF_LOG_ODDS = (LOG_ODDS, "log-odds-null-variance")
"""The tests whose statistic is a straight line in the log odds of each arm."""


def observed(design: Design, counts: Sequence[Any], sizes: Sequence[int], confidence: float) -> EffectInterval | None:
    """The interval of one table of counts, on the scale on which the effect is read; None where it has none."""
    low, high = limits(design, design.scale, counts, sizes, normal_quantile(0.5 + confidence / 2))
    if not low <= high:  # nan
        return None
    test, scale = inverted_test(design, design.scale), design.scale
    name = "Mee" if (test, scale) == (SCORE, DIFFERENCE) else _NAMES[test]
    what = {DIFFERENCE: "difference", ODDS_RATIO: "odds ratio"}.get(scale, "ratio")
    inverts = ", the score test inverted" if test == SCORE else ""
    name = f"{name} interval of the {what}{inverts}{_borrowed(design, test)}"
    return EffectInterval(name=name, limits=(float(low), float(high)))
