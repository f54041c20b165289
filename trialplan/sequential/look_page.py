"""The looks of a sized trial as tables: boundaries and chances, their calendar, what looking costs and saves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from trialplan.page import Table, facts
from trialplan.text import number, of_one

BY_Z = ("efficacy z", "efficacy_z", "futility z", "futility_z", 3)
BY_COUNT = ("rejects at", "efficacy_count", "futile at", "futility_count", 0)
"""What the boundaries are called, their keys in a look, and their decimals."""

_CALENDAR = {
    "events": "events",
    "month": "{when}",
    "month_faster": "{when}, events faster",
    "month_slower": "{when}, events slower",
    "evaluable": "evaluable",
    "randomised": "randomised by then",
    "overrun": "of these not in the look",
    "spared": "spared by stopping",
}


def tables(
    extra: Mapping[str, Any],
    bounds: tuple[str, str, str, str, int],
    futility: bool,
    scale: str = "",
    time_unit: str | None = None,
) -> list[Table]:
    """The looks, when they are, where that was asked for, and what looking costs and saves.

    Looks that wait for events come in the design's own `time_unit`, those that wait for participants by months.
    `scale` is that of the test, where it is not the one on which the effect is planned: the effects of looks are on it.
    """
    looks = extra["looks"]
    shown = [dict(_cells(look, bounds, futility, scale)) for look in looks]
    cost = [("inflation", f"{extra['inflation']:.4f}")] if "inflation" in extra else []
    saved = [(f"expected n, {name}", f"{n:,.1f}") for name, n in extra["expected_n"].items()]
    return [
        _right(tuple(shown[0]), [tuple(look.values()) for look in shown]),
        *_calendar(looks, time_unit),
        facts(cost + saved),
    ]


def _cells(
    look: Mapping[str, Any], bounds: tuple[str, str, str, str, int], futility: bool, scale: str
) -> Iterator[tuple[str, str]]:
    """What a look's row holds, by the names of its columns; effects are at the planned rate or spread of control."""
    efficacy_name, efficacy, futility_name, futile, digits = bounds
    told = f", as {scale}" if scale else ""
    yield "information", number(look["information"])
    # where arms end one by one: of those that may still go on
    yield "n", f"{look.get('n_at_most', look['n']):,.1f}".removesuffix(".0")
    yield efficacy_name, _or_none(look[efficacy], digits)
    if "effect_at_efficacy" in look:
        yield f"effect there{told}", _or_none(look["effect_at_efficacy"], 3)
    yield "one-sided P", _or_none(look["efficacy_p_one_sided"], 4)
    yield "cumulative alpha", f"{look['cumulative_alpha']:.4f}"
    yield "cumulative power", f"{look['cumulative_power']:.3f}"
    if futility:
        yield futility_name, _or_none(look[futile], digits)
        if "effect_at_futility" in look:
            yield f"effect at futility{told}", _or_none(look["effect_at_futility"], 3)
        if "conditional_power_at_futility" in look:
            yield "conditional power there", _or_none(look["conditional_power_at_futility"], 3)
        yield "stops, no effect", _or_none(look["stop_for_futility"]["null"], 3)
        yield "stops, planned effect", _or_none(look["stop_for_futility"]["alternative"], 3)


def _calendar(looks: Sequence[Mapping[str, Any]], time_unit: str | None) -> list[Table]:
    if "month" not in looks[0]:
        return []
    there = [name for name in _CALENDAR if name in looks[0]]
    when = "month" if "events" not in looks[0] else of_one(time_unit or "time")
    rows = [[_dated(look[name]) for name in there] for look in looks]
    return [_right(tuple(_CALENDAR[name].format(when=when) for name in there), rows)]


def _dated(value: float | None) -> str:
    """A number of participants, events or months; of what never comes there is none."""
    if value is None:
        return "never"
    return f"{value:,}" if isinstance(value, int) else f"{value:.1f}"


def _right(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    return Table(columns, rows, right=frozenset(range(len(columns))))


def _or_none(value: float | None, digits: int) -> str:
    """A number, or a dash where a look has none."""
    return "–" if value is None else f"{value:.{digits}f}"
