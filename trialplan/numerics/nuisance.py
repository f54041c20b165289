"""The largest probability, over an unknown common rate, of an event that depends on the total of responses.

Under the null hypothesis of a 2x2 table both arms share one rate, the nuisance. Given the total of
responses the table is hypergeometric, whatever the rate: so a rejection region is summarised by one
number per total, and its size at a rate is a binomial mean of those numbers.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from trialplan.numerics.lazy import np, special

_POINTS = 6
"""Grid points per standard deviation of the binomial, on the angle whose variance is constant."""

_CLOSE = 2e-3
"""How near to the level, relatively, the grid's own estimate is not trusted; it errs by less than a tenth of this."""

_ZOOMS, _STEPS = (1, 1 / 4), (1 / 16, 1 / 128)
"""Half-widths, in grid spacings, of the closer grids that find a peak's top, also one that is flat; and of the
parabolas through it, whose errors fall with the fourth power."""

_BAND, _KEPT = 200, 2000
"""Totals for each band of the grid, and totals up to which a grid is remembered."""

SHARED, SIZES = 600, 192
"""Totals up to which a whole search's sizes are remembered, so that the next test's search meets them again, and how
many: at most 40 megabytes."""

_EDGE = 1e-7
"""How near to 0 and a right angle the angles come: rates within 1e-14 of certainty."""


def reach(variance: Any) -> Any:
    """The distance from its mean beyond which a sum of 0s and 1s has a tail below 1e-18 (Bernstein's inequality)."""
    return 14 + np.sqrt(190 + 83 * variance)


@lru_cache(maxsize=64)
def log_choose(n: int) -> Any:
    """The logarithms of the binomial coefficients of n."""
    k = np.arange(n + 1.0)
    return special.gammaln(n + 1.0) - special.gammaln(k + 1) - special.gammaln(n - k + 1)


def binomial_pmf(n: int, rates: Any, low: int = 0, high: int | None = None) -> Any:
    """P(X = k) for k from `low` to `high`, along a last axis added to the rates, which lie in [0, 1]."""
    high = n if high is None else high
    k = np.arange(low, high + 1.0)
    rates = np.asarray(rates, dtype=float)[..., None]
    if np.any((rates == 0) | (rates == 1)):  # where 0 times the logarithm of 0 is 0
        return np.exp(log_choose(n)[low : high + 1] + special.xlogy(k, rates) + special.xlog1py(n - k, -rates))
    return np.exp(log_choose(n)[low : high + 1] + k * np.log(rates) + (n - k) * np.log1p(-rates))


def supremum(by_total: Any, between: tuple[float, float] = (0.0, 1.0)) -> float:
    """The largest mean of `by_total[X]` for X ~ Binomial(N, rate), over all rates between two, to 1e-11.

    A grid alone finds the peaks' flanks and is anti-conservative; each peak is refined by parabolas.
    """
    grid, values = on_grid(by_total)
    ends = np.clip(np.arcsin(np.sqrt(between)), _EDGE, np.pi / 2 - _EDGE)
    values = np.where((grid >= ends[0]) & (grid <= ends[1]), values, 0.0)
    at_ends = means(by_total, np.sin(ends) ** 2).max()
    return max(float(at_ends), _refined(by_total, grid, values, _peaks(values, values), ends))


def exceeds(by_total: Any, level: float, *, symmetric: bool) -> bool:
    """Whether the supremum exceeds `level`; peaks are refined only where the grid leaves it open.

    `symmetric` says that responses and failures may be exchanged, so that half the rates will do.
    """
    grid, values = on_grid(by_total, symmetric)
    if values.max() > level:
        return True
    estimates = _vertices(values)
    if estimates.max() < level * (1 - _CLOSE):
        return False
    return _refined(by_total, grid, values, _peaks(values, estimates, level * (1 - _CLOSE))) > level


def on_grid(by_total: Any, symmetric: bool = False) -> tuple[Any, Any]:
    """The grid of angles, and the mean at each of them."""
    total = len(by_total) - 1
    remembered = _small_grid if total <= SHARED else _large_grid if total <= _KEPT else _grid
    angles, bands = remembered(total, symmetric)
    return angles, np.concatenate([pmf @ by_total[first : first + pmf.shape[1]] for first, pmf in bands])


def means(by_total: Any, rates: Any) -> Any:
    """The mean of `by_total[X]` for X ~ Binomial(N, rate), at each rate, over the totals that it reaches."""
    total, half = len(by_total) - 1, int(reach((len(by_total) - 1) / 4)) + 1
    if 4 * half >= total:
        return binomial_pmf(total, rates) @ by_total
    rates = np.asarray(rates)[..., None]
    k = np.clip((total * rates).astype(int) - half, 0, total - 2 * half) + np.arange(2 * half + 1)
    mass = np.exp(log_choose(total)[k] + k * np.log(rates) + (total - k) * np.log1p(-rates))
    return (mass * by_total[k]).sum(axis=-1)


def window(n: int, rates: Any) -> tuple[int, int]:
    """The counts between which a Binomial(n, rate) lies for every one of the rates, but for 1e-18."""
    least, most = float(np.min(rates)), float(np.max(rates))
    low = n * least - reach(n * least * (1 - least))
    high = n * most + reach(n * most * (1 - most))
    return max(0, int(low)), min(n, int(high) + 1)


def _grid(total: int, symmetric: bool) -> tuple[Any, list[tuple[int, Any]]]:
    """Angles, evenly spaced, with binomial probabilities in bands of neighbours, each over the totals that it reaches.

    Where only half of the angles asin(sqrt(rate)) are needed there is one beyond the middle.
    """
    count = int(np.ceil(np.pi / 2 * 2 * np.sqrt(total) * _POINTS)) + 2
    angles = (np.pi / 2 * np.arange(1, count) / count)[: count // 2 + 1 if symmetric else None]
    bands = []
    for part in np.array_split(angles, 1 + total // _BAND):
        rates = np.sin(part) ** 2
        low, high = window(total, rates)
        bands.append((low, binomial_pmf(total, rates, low, high)))
    return angles, bands


_small_grid, _large_grid = lru_cache(maxsize=SIZES)(_grid), lru_cache(maxsize=32)(_grid)
"""Beyond `SHARED`, where each grid is larger, only the last few are remembered."""


def _vertices(values: Any) -> Any:
    """The tops of the parabolas through local maxima and their neighbours; elsewhere the value itself."""
    left, right = values[:-2], values[2:]
    slope, bend = (right - left) / 2, 2 * values[1:-1] - left - right
    top = (bend > 0) & (np.abs(slope) <= bend / 2)
    rise = np.divide(slope**2, 2 * bend, out=np.zeros_like(slope), where=top)
    return np.concatenate([values[:1], values[1:-1] + rise, values[-1:]])


def _peaks(values: Any, estimates: Any, least: float = 0.0) -> Any:
    """Where the grid has a local maximum whose estimate is at least `least`, or near the largest."""
    padded = np.concatenate([[0.0], values, [0.0]])
    local = (values >= padded[:-2]) & (values >= padded[2:])
    peaks = np.flatnonzero(local & (estimates >= max(least, (1 - 20 * _CLOSE) * estimates.max())))
    return peaks if peaks.size else np.array([np.argmax(estimates)])


def _refined(by_total: Any, angles: Any, values: Any, peaks: Any, ends: Any = None) -> float:
    """The highest of the peaks, each followed to its top, between two angles."""
    low, high = (_EDGE, np.pi / 2 - _EDGE) if ends is None else ends
    centre, width = angles[peaks], float(angles[0])
    best = float(values[peaks].max(initial=0.0))
    for step in _ZOOMS:
        around = np.clip(centre[:, None] + step * width * np.linspace(-1, 1, 9), low, high)
        nearer = means(by_total, np.sin(around) ** 2)
        centre = np.take_along_axis(around, nearer.argmax(axis=1)[:, None], axis=1)[:, 0]
        best = max(best, float(nearer.max()))
    for step in _STEPS:
        around = np.clip(centre + step * width * np.array([[-1.0], [0.0], [1.0]]), low, high)
        left, middle, right = means(by_total, np.sin(around) ** 2)
        slope, bend = (right - left) / 2, 2 * middle - left - right
        centre = centre + step * width * np.divide(slope, bend, out=np.sign(slope), where=bend > np.abs(slope))
        best = max(best, float(np.max([left, middle, right])))
    return max(best, float(means(by_total, np.sin(np.clip(centre, low, high)) ** 2).max()))
