"""Elementary functions of floats, by the standard library, and of arrays, by numpy: one formula serves both.

A scalar answer by normal theory then needs neither numpy nor scipy, which take longer to import than it takes to
compute. Outside its domain a function gives nan, or an infinity, in both, and never raises. For a float the normal
quantile is Wichura's (1988, Applied Statistics 37:477), as `statistics.NormalDist` has it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

from trialplan.numerics.lazy import np, special

_ROOT_HALF = math.sqrt(0.5)
_STANDARD = NormalDist()
_NUMBER = (int, float)


def is_scalar(*values: Any) -> bool:
    """Whether all are plain numbers, for which no array is needed."""
    for value in values:  # noqa: SIM110 - `all` over a generator takes three times as long
        if not isinstance(value, _NUMBER):
            return False
    return True


def sqrt(x: Any) -> Any:
    """The square root; nan below 0."""
    if isinstance(x, _NUMBER):
        return math.sqrt(x) if x >= 0 else math.nan
    return np.sqrt(x)


def square(x: Any) -> Any:
    """The square; inf where it is too large, where a float's `**` would raise."""
    return x * x


def exp(x: Any) -> Any:
    """The exponential; inf where it is too large."""
    return _either(x, math.exp, lambda values: np.exp(values))


def expm1(x: Any) -> Any:
    """The exponential less 1, with all its digits near 0; inf where it is too large."""
    return _either(x, math.expm1, lambda values: np.expm1(values))


def log(x: Any) -> Any:
    """The natural logarithm; -inf at 0, nan below."""
    if isinstance(x, _NUMBER):
        return math.log(x) if x > 0 else -math.inf if x == 0 else math.nan
    return np.log(x)


def log1p(x: Any) -> Any:
    """The natural logarithm of 1 + x, with all its digits near 0; -inf at -1, nan below."""
    if isinstance(x, _NUMBER):
        return math.log1p(x) if x > -1 else -math.inf if x == -1 else math.nan
    return np.log1p(x)


def arcsin(x: Any) -> Any:
    """The angle whose sine is x; nan outside [-1, 1]."""
    return _either(x, math.asin, lambda values: np.arcsin(values))


def arccos(x: Any) -> Any:
    """The angle whose cosine is x; nan outside [-1, 1]."""
    return _either(x, math.acos, lambda values: np.arccos(values))


def cos(x: Any) -> Any:
    """The cosine; nan at an infinity."""
    return _either(x, math.cos, lambda values: np.cos(values))


def hypot(a: Any, b: Any) -> Any:
    """The root of the sum of two squares."""
    return math.hypot(a, b) if is_scalar(a, b) else np.hypot(a, b)


def floor(x: Any) -> Any:
    """The largest whole number up to x, as a float; infinities and nan stay."""
    return _rounded(x, math.floor, lambda values: np.floor(values))


def ceil(x: Any) -> Any:
    """The smallest whole number from x on, as a float; infinities and nan stay."""
    return _rounded(x, math.ceil, lambda values: np.ceil(values))


def isfinite(x: Any) -> Any:
    """Whether x is neither infinite nor nan."""
    return math.isfinite(x) if isinstance(x, _NUMBER) else np.isfinite(x)


def some(condition: Any) -> bool:
    """Whether a condition holds, in at least one cell where it is one of arrays."""
    return condition if isinstance(condition, bool) else bool(np.any(condition))


def every(condition: Any) -> bool:
    """Whether a condition holds, in all cells where it is one of arrays."""
    return condition if isinstance(condition, bool) else bool(np.all(condition))


def divide(above: Any, below: Any) -> Any:
    """The quotient; an infinity, or nan for 0/0, where `below` is 0."""
    if not (isinstance(above, _NUMBER) and isinstance(below, _NUMBER)):
        with np.errstate(all="ignore"):
            return np.divide(above, below)
    if below:
        return above / below
    return above * math.copysign(math.inf, below) if above else math.nan


def least(*values: Any) -> Any:
    """The smallest of the values, cell by cell; nan where one is."""
    return _extreme(min, lambda a, b: np.minimum(a, b), values)


def greatest(*values: Any) -> Any:
    """The largest of the values, cell by cell; nan where one is."""
    return _extreme(max, lambda a, b: np.maximum(a, b), values)


def between(low: Any, x: Any, high: Any) -> Any:
    """x held between two ends, cell by cell."""
    return least(greatest(low, x), high)


def where(condition: Any, yes: Any, no: Any) -> Any:
    """`yes` where the condition holds, elsewhere `no`."""
    if isinstance(condition, bool) and isinstance(yes, _NUMBER) and isinstance(no, _NUMBER):
        return yes if condition else no
    return np.where(condition, yes, no)


def normal_cdf(z: Any) -> Any:
    """P(Z <= z) for a standard normal Z; small tails keep their digits."""
    return 0.5 * math.erfc(-z * _ROOT_HALF) if isinstance(z, _NUMBER) else special.ndtr(z)


def normal_quantile(p: Any) -> Any:
    """The z with P(Z <= z) = p; an infinity at 0 and 1, nan outside."""
    if not isinstance(p, _NUMBER):
        return special.ndtri(p)
    if 0 < p < 1:
        return _STANDARD.inv_cdf(p)
    return math.inf if p == 1 else -math.inf if p == 0 else math.nan


def upper_normal_quantile(tail: Any) -> Any:
    """The z with P(Z > z) = tail, taken from the tail itself: 1 - tail would lose the digits of a small one."""
    return -normal_quantile(tail)


def _either(x: Any, of_scalar: Callable[[float], float], of_array: Callable[[Any], Any]) -> Any:
    if not isinstance(x, _NUMBER):
        return of_array(x)
    try:
        return of_scalar(x)
    except ValueError:  # outside the domain; StatisticsError is one
        return math.nan
    except OverflowError:  # too large for a float
        return math.inf


def _rounded(x: Any, of_scalar: Callable[[float], int], of_array: Callable[[Any], Any]) -> Any:
    if not isinstance(x, _NUMBER):
        return of_array(x)
    return float(of_scalar(x)) if math.isfinite(x) else x


def _extreme(pick: Callable[..., float], pick_cells: Callable[[Any, Any], Any], values: tuple[Any, ...]) -> Any:
    if is_scalar(*values):
        # nan where one is, and where infinities meet; of two their sum is much faster than `sum`
        total = values[0] + values[1] if len(values) == 2 else sum(values)
        return math.nan if total != total and any(value != value for value in values) else pick(values)
    extreme = values[0]
    for value in values[1:]:
        extreme = pick_cells(extreme, value)
    return extreme
