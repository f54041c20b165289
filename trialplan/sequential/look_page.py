"""The looks of a sized trial as tables: boundaries and chances, their calendar, what looking costs and saves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trialplan.page import Table, facts
from trialplan.text import number

BY_Z = ("efficacy z", "efficacy_z", "futility z", "futility_z", 3)
BY_COUNT = ("rejects at", "efficacy_count", "futile at", "futility_count", 0)
"""What the boundaries are called, their keys in a look, and their decimals."""

_CALENDAR = {
    "month": "month",
    "evaluable": "evaluable",
    "randomised": "randomised by then",
    "overrun": "of these not in the look",
    "spared": "spared by stopping",
}


def tables(extra: Mapping[str, Any], bounds: tuple[str, str, str, str, int], futility: bool) -> list[Table]:
    """The looks, when they are, where that was asked for, and what looking costs and saves."""
    looks = extra["looks"]
    efficacy, _, futile, _, _ = bounds
    columns = ["information", "n", efficacy, "one-sided P", "cumulative alpha", "cumulative power"]
    columns += [futile, "stops, no effect", "stops, planned effect"] if futility else []
    rows = [_row(look, bounds)[: len(columns)] for look in looks]
    cost = [("inflation", f"{extra['inflation']:.4f}")] if "inflation" in extra else []
    saved = [(f"expected n, {name}", f"{n:,.1f}") for name, n in extra["expected_n"].items()]
    return [_right(columns, rows), *_calendar(looks), facts(cost + saved)]


def _row(look: Mapping[str, Any], bounds: tuple[str, str, str, str, int]) -> list[str]:
    _, efficacy, _, futility, digits = bounds
    stops = look["stop_for_futility"]
    return [
        number(look["information"]),
        f"{look['n']:,.1f}".removesuffix(".0"),
        _or_none(look[efficacy], digits),
        _or_none(look["efficacy_p_one_sided"], 4),
        f"{look['cumulative_alpha']:.4f}",
        f"{look['cumulative_power']:.3f}",
        _or_none(look[futility], digits),
        _or_none(stops["null"], 3),
        _or_none(stops["alternative"], 3),
    ]


def _calendar(looks: Sequence[Mapping[str, Any]]) -> list[Table]:
    if "month" not in looks[0]:
        return []
    rows = [[f"{look[name]:.1f}" if name == "month" else f"{look[name]:,}" for name in _CALENDAR] for look in looks]
    return [_right(tuple(_CALENDAR.values()), rows)]


def _right(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    return Table(columns, rows, right=frozenset(range(len(columns))))


def _or_none(value: float | None, digits: int) -> str:
    """A number, or a dash where a look has none."""
    return "–" if value is None else f"{value:.{digits}f}"
