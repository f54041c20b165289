"""How much of an error may have been spent by an information fraction: the spending functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from trialplan.numerics.elementary import normal_cdf, upper_normal_quantile
from trialplan.numerics.lazy import np
from trialplan.parameter import Interval


@dataclass(frozen=True)
class SpendingFunction:
    """One family: the error spent by fraction t of `total`, and the domain of its one number, if it has one."""

    spent: Callable[..., Any]
    reference: str
    domain: Interval | None = None
    example: float = 0.0


def _obrien_fleming(total: Any, t: Any) -> Any:
    return 2 * normal_cdf(-upper_normal_quantile(total / 2) / np.sqrt(t))


def _pocock(total: Any, t: Any) -> Any:
    return total * np.log1p((np.e - 1) * t)


def _hwang_shih_decani(total: Any, t: Any, gamma: float) -> Any:
    return total * (t if gamma == 0 else np.expm1(-gamma * t) / np.expm1(-gamma))


def _kim_demets(total: Any, t: Any, rho: float) -> Any:
    return total * t**rho


SPENDING = {
    "lan-demets-obrien-fleming": SpendingFunction(_obrien_fleming, "Lan & DeMets 1983, Biometrika 70:659"),
    "lan-demets-pocock": SpendingFunction(_pocock, "Lan & DeMets 1983, Biometrika 70:659"),
    "hwang-shih-decani": SpendingFunction(
        _hwang_shih_decani, "Hwang, Shih & De Cani 1990, Stat Med 9:1439", Interval(-40, 40, "left right"), -4
    ),
    "kim-demets": SpendingFunction(_kim_demets, "Kim & DeMets 1987, Biometrika 74:149", Interval(0, 50, "right"), 3),
}
"""Each spends nothing at 0 and all of it at 1. The exact designs of O'Brien and Fleming, and of Pocock, are others."""


def spent(name: str, numbers: tuple[Any, ...], total: Any, t: Any) -> Any:
    """The error spent by the information fractions `t`, of `total`; beyond the planned end it is all spent."""
    return SPENDING[name].spent(np.asarray(total, dtype=float), np.minimum(t, 1.0), *numbers)
