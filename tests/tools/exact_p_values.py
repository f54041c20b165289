"""The p-value of one 2x2 table by an exact test, from the ordering of every table of its two arms.

It does not use the rejection regions of `two_by_two`: the two are held against each other by tests.
"""

from __future__ import annotations

from typing import Any

from trialplan.numerics import nuisance
from trialplan.numerics.lazy import np, special
from trialplan.numerics.two_by_two import TESTS, TIE, more_likely

_FAR = 1e300
"""Stands for an infinite z², so that it can be compared."""


def p_value(
    test: str, table: tuple[int, int, int, int], sides: int = 2, favourable: str = "higher", *, berger_boos: float = 0.0
) -> float:
    """How likely a table at least as extreme is, under the common rate that makes it most likely.

    `table` is (treatment responses, treatment participants, control responses, control participants); `test` one of
    fisher, boschloo, exact-pooled, exact-unpooled. One-sided, more responses in the treatment arm count as extreme, or
    fewer with `favourable` lower. Two-sided orderings are joint: Fisher by minimum likelihood, Boschloo on that, |z|.

    `berger_boos` is the error that a confidence interval for the common rate may have: only rates inside
    it are looked at, and the error is added (Berger & Boos 1994, JASA 89:1012); 0.001 is usual. It spares
    rates that the data rule out; it errs, by that error, where the worst rate lies inside anyway.
    """
    if test not in TESTS:
        raise ValueError(f"test must be one of {', '.join(TESTS)}, not {test!r}")
    x_t, n_t, x_c, n_c = table
    if sides == 1 and favourable == "lower":
        x_t, x_c = n_t - x_t, n_c - x_c
    mass = _mass(n_t, n_c)
    s = x_t + x_c
    extreme = _fisher(mass, sides) if test in ("fisher", "boschloo") else _minus_z(test, n_t, n_c, sides)
    observed = extreme[s, x_t]
    if test == "fisher":
        return float(min(1.0, observed))
    by_total = np.where(extreme <= observed + TIE * abs(observed), mass, 0.0).sum(axis=1)
    return min(1.0, nuisance.supremum(by_total, _interval(s, n_t + n_c, berger_boos)) + berger_boos)


def _mass(n_t: int, n_c: int) -> Any:
    """The hypergeometric probability of x treatment responses (columns) given each total (rows)."""
    total = n_t + n_c
    s, x = np.arange(total + 1)[:, None], np.arange(n_t + 1)
    there = (s - x >= 0) & (s - x <= n_c)
    logs = nuisance.log_choose(n_t)[x] + nuisance.log_choose(n_c)[np.clip(s - x, 0, n_c)]
    return np.exp(np.where(there, logs - nuisance.log_choose(total)[:, None], -np.inf))


def _fisher(mass: Any, sides: int) -> Any:
    """Fisher's p-value of every table: the upper tail, or all tables of the same total that are no more likely."""
    if sides == 1:
        return mass[:, ::-1].cumsum(axis=1)[:, ::-1]
    falling = np.pad(-np.sort(-mass, axis=1), ((0, 0), (0, 1)))
    rest = falling[:, ::-1].cumsum(axis=1)[:, ::-1]
    return np.take_along_axis(rest, more_likely(falling, mass * (1 + TIE)), axis=1)


def _minus_z(test: str, n_t: int, n_c: int, sides: int) -> Any:
    """Minus z², with the sign of z where one side counts; its parts are whole numbers, so that equal z are equal."""
    s, x = np.arange(n_t + n_c + 1.0)[:, None], np.arange(n_t + 1.0)
    y = s - x
    apart = x * n_c - y * n_t
    if test == "exact-pooled":
        variance = s * (n_t + n_c - s) * (n_t * n_c / (n_t + n_c))
    else:
        variance = x * (n_t - x) * (n_c**2 / n_t) + y * (n_c - y) * (n_t**2 / n_c)
    squared = np.divide(apart**2, variance, out=np.where(apart == 0, 0.0, _FAR), where=variance > 0)
    return -squared if sides == 2 else -np.sign(apart) * squared


def _interval(s: int, total: int, error: float) -> tuple[float, float]:
    """The Clopper–Pearson interval for the common rate with the given error; every rate without one."""
    if error == 0:
        return 0.0, 1.0
    low = special.betaincinv(s, total - s + 1, error / 2) if s > 0 else 0.0
    high = special.betaincinv(s + 1, total - s, 1 - error / 2) if s < total else 1.0
    return float(low), float(high)
