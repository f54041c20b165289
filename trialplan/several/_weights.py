"""What procedures declare of their graph: the weights of the endpoints, and what is handed on along each arrow."""

from __future__ import annotations

import itertools
from typing import Any

from trialplan.errors import ParameterError
from trialplan.parameter import Interval, Parameter, parameter

_SHARE = Parameter("share", domain=Interval(0, 1, "left right"))
_ROUNDING = 1e-9
"""Thirds that are written with ten digits do not sum to 1 exactly."""


def initial_weights() -> Any:
    """The share of the level that each endpoint begins with."""
    return parameter(
        "share of the level that each endpoint is tested at to begin with, equal ones unless they are given",
        None,
        optional=True,
        read=_read_weights,
        symbol="w",
    )


def transitions() -> Any:
    """What each endpoint hands on when it is shown."""
    return parameter(
        "what each endpoint, when it is shown, hands on of its share to each other: a row of shares for each; "
        "evenly to all others unless it is given",
        None,
        optional=True,
        read=_read_rows,
        symbol="g",
    )


def truncation() -> Any:
    """How much of each step's level is used."""
    return parameter(
        "truncation: 1 is the whole procedure; less keeps some of the level for others where not all are shown, 0 is "
        "Bonferroni's",
        Interval(0, 1, "left right"),
        default=1.0,
        symbol="γ",
        typical=(0.5, 1.0),
    )


def check_weights(owner: Any, value: tuple[float, ...] | None, k: int) -> None:
    """As many as there are endpoints, which sum to 1 at most."""
    if value is None:
        return
    if len(value) != k:
        raise ParameterError(
            f"must be one for each of {k} {owner.numbered[1]}, not {len(value)}",
            owner=owner,
            parameter="initial_weights",
        )
    if sum(value) > 1 + _ROUNDING or not sum(value):
        reason = f"must sum to 1 at most, and to more than 0, not {sum(value):g}"
        raise ParameterError(reason, owner=owner, parameter="initial_weights", value=value)


def check_transitions(owner: Any, value: tuple[float, ...] | None, k: int) -> None:
    """A square of shares; nobody hands anything to himself, or more than he has."""
    if value is None:
        return
    reason = ""
    if len(value) != k * k:
        reason = f"must be {k} rows of {k} shares, not {len(value)} shares"
    elif any(value[i * k + i] for i in range(k)):
        reason = "must be 0 from each to itself"
    elif any(sum(row) > 1 + _ROUNDING for row in rows_of(value, k)):
        reason = f"must sum to 1 at most from each {owner.numbered[0]}"
    if reason:
        raise ParameterError(reason, owner=owner, parameter="transitions", value=value)


def rows_of(value: tuple[float, ...], k: int) -> tuple[tuple[float, ...], ...]:
    """Shares row by row."""
    return tuple(value[i * k : (i + 1) * k] for i in range(k))


def _read_weights(value: Any) -> tuple[float, ...]:
    if not isinstance(value, (tuple, list)) or not value:
        raise ParameterError(f"must be a list of shares, not {value!r}")
    return tuple(_SHARE.read_value(one) for one in value)


def _read_rows(value: Any) -> tuple[float, ...]:
    """Rows, or the shares of all rows one after the other."""
    if not isinstance(value, (tuple, list)) or not value:
        raise ParameterError(f"must be a list of rows of shares, not {value!r}")
    nested = [one if isinstance(one, (tuple, list)) else (one,) for one in value]
    return tuple(_SHARE.read_value(one) for one in itertools.chain.from_iterable(nested))
