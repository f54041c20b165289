"""Cubic curves through points: between them where slopes are known, and the integral of one where they are not."""

from __future__ import annotations

from typing import Any

from trialplan.numerics.lazy import np


def along(x: Any, y: Any, slope: Any, at: Any) -> Any:
    """The cubic Hermite curve through equidistant points with these slopes, at values within their range."""
    cell, t, (first, second, third) = _cubics(x, y, slope, at)
    return y[cell] + t * (first + t * (second + t * third))


def integral(x: Any, y: Any, at: Any) -> Any:
    """The integral, from the first point on, of the cubic spline through equidistant points, at values within them.

    Its ends are "not a knot" (de Boor 1978, A Practical Guide to Splines, chapter IV): one cubic over the first two
    cells, and one over the last two.
    """
    step, n = (x[-1] - x[0]) / (len(x) - 1), len(x)
    rows, right = np.zeros((n, n)), np.empty(n)
    inner = np.arange(1, n - 1)
    rows[inner, inner - 1], rows[inner, inner], rows[inner, inner + 1] = 1.0, 4.0, 1.0
    right[1:-1] = 3 * (y[2:] - y[:-2]) / step
    rows[0, :2], right[0] = (1.0, 2.0), (-5 * y[0] + 4 * y[1] + y[2]) / (2 * step)
    rows[-1, -2:], right[-1] = (2.0, 1.0), (5 * y[-1] - 4 * y[-2] - y[-3]) / (2 * step)
    slope = np.linalg.solve(rows, right)
    # over a whole cell the cubic's mean is that of its ends, less a twelfth of the step times the rise of the slope
    cells = step * (y[1:] + y[:-1]) / 2 - step**2 * np.diff(slope) / 12
    before = np.concatenate([[0.0], np.cumsum(cells)])
    cell, t, (first, second, third) = _cubics(x, y, slope, at)
    return before[cell] + step * t * (y[cell] + t * (first / 2 + t * (second / 3 + t * third / 4)))


def _cubics(x: Any, y: Any, slope: Any, at: Any) -> tuple[Any, Any, tuple[Any, Any, Any]]:
    """The cell in which each value lies, how far into it as a share, and the cubic there but for its constant."""
    step = (x[-1] - x[0]) / (len(x) - 1)
    place = (np.asarray(at) - x[0]) / step
    cell = np.minimum(place.astype(np.intp), len(x) - 2)
    first, last, rise = step * slope[:-1], step * slope[1:], np.diff(y)
    parts = first, 3 * rise - 2 * first - last, first + last - 2 * rise
    return cell, place - cell, (parts[0][cell], parts[1][cell], parts[2][cell])
