"""The page that size and power share: what was assumed, how it was computed, what came out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from trialplan.answer_json import as_json
from trialplan.answers import SampleSize
from trialplan.design import Design
from trialplan.design_facts import assumed, level, source
from trialplan.enrolment.calendar import overrunning
from trialplan.page import Page, Table, facts
from trialplan.text import as_sentence, number, participants, percent


def answer_page(answer: SampleSize, headline: str, dropout: float | None = None) -> Page:
    """The page of one answer: what was assumed, how it was computed, what came out."""
    data = as_json(answer, dropout)
    rows = [*assumed(answer.design), *level(answer.design), *_attained(answer, data, dropout), *source(answer.design)]
    notes = [as_sentence(one) for one in overrunning(data.get("looks", ()))]
    return Page(data=data, headline=headline, tables=[facts(rows), *_looks(data), *_stages(data)], notes=notes)


def _attained(answer: SampleSize, data: Mapping[str, Any], dropout: float | None) -> list[tuple[str, str]]:
    asked = "" if math.isnan(answer.target) else f"  (asked for {number(answer.target)})"
    what = "power" if isinstance(answer.design, Design) else "attained"
    rows = [(what, f"{answer.power:.3f}{asked}"), ("unrounded n", _unrounded(data.get("arms_unrounded")))]
    if "actual_size" in data:
        rows.append(("actual level", f"{data['actual_size']:.4f}"))
    if "critical_count" in data:
        side = "or more" if getattr(answer.design, "upward", True) else "or fewer"
        rows.append(("rejects from", f"{data['critical_count']:,} responses {side}"))
    if "first_n" in data:
        rows.append(("first n", f"{data['first_n']:,}; power is a saw-tooth, searched to {data['searched_to']:,}"))
    if dropout is not None:
        rows.append(("enrolled", f"{participants(data['enrolled']['arms'])}, to lose {percent(dropout)}"))
    return rows


def _unrounded(arms: Mapping[str, float] | None) -> str:
    if arms is None:
        return ""
    if len(set(arms.values())) == 1 and len(arms) > 1:
        return f"{next(iter(arms.values())):,.2f} per arm"
    return " + ".join(f"{n:,.2f} {name}" for name, n in arms.items())


def _looks(data: Mapping[str, Any]) -> list[Table]:
    """The looks of a sequential design, and what looking costs and saves."""
    if "looks" not in data:
        return []
    counted = "efficacy_count" in data["looks"][0]
    all_columns, row = (_COUNT_COLUMNS, _counted_look) if counted else (_LOOK_COLUMNS, _look)
    columns = all_columns if data["assumptions"].get("futility") else all_columns[:6]
    rows = [row(look)[: len(columns)] for look in data["looks"]]
    expected = {name: f"{n:,.1f}" for name, n in data["expected_n"].items()}
    cost = [("inflation", f"{data['inflation']:.4f}")] if "inflation" in data else []
    saved = [(f"expected n, {name}", n) for name, n in expected.items()]
    looks = Table(columns, rows, right=frozenset(range(len(columns))))
    return [looks, *_calendar(data), facts(cost + saved)]


_CALENDAR_COLUMNS = ("month", "evaluable", "randomised by then", "of these not in the look", "spared by stopping")


def _calendar(data: Mapping[str, Any]) -> list[Table]:
    """When the looks are, and what they can still save, where that was asked for."""
    looks = data["looks"]
    if "month" not in looks[0]:
        return []
    names = ("evaluable", "randomised", "overrun", "spared")
    rows = [[f"{look['month']:.1f}", *(f"{look[name]:,}" for name in names)] for look in looks]
    return [Table(_CALENDAR_COLUMNS, rows, right=frozenset(range(len(_CALENDAR_COLUMNS))))]


def _stages(data: Mapping[str, Any]) -> list[Table]:
    """The stages of a two-stage design, what stopping early spares, and the designs between minimax and optimal."""
    if "stages" not in data:
        return []
    rows = [[str(stage["n"]), f"{stage['r']}/{stage['n']}", str(stage["count"])] for stage in data["stages"]]
    spared = [
        (f"{words}, {name}", f"{data[key][name]:,.{digits}f}")
        for key, words, digits in (("expected_n", "expected n", 1), ("early_termination", "early termination", 3))
        for name in data[key]
    ]
    others = [
        [", ".join(one["stages"]), f"{one['expected_n']:,.1f}", f"{one['weights'][0]:.3f} to {one['weights'][1]:.3f}"]
        for one in data.get("admissible", ())
    ]
    listed = [Table(("stages", "expected n", "weights"), others, "Admissible", frozenset({1}))] if others else []
    columns = ("participants so far", "r/n", "responses at which the null stands")
    return [Table(columns, rows, right=frozenset({0, 1, 2})), facts(spared), *listed]


_LOOK_COLUMNS = (
    *("information", "n", "efficacy z", "one-sided P", "cumulative alpha", "cumulative power"),
    *("futility z", "stops, no effect", "stops, planned effect"),
)


def _look(look: Mapping[str, Any]) -> tuple[str, ...]:
    futile = look["stop_for_futility"]
    return (
        number(look["information"]),
        f"{look['n']:,.1f}".removesuffix(".0"),
        _or_none(look["efficacy_z"], 3),
        _or_none(look["efficacy_p_one_sided"], 4),
        f"{look['cumulative_alpha']:.4f}",
        f"{look['cumulative_power']:.3f}",
        _or_none(look["futility_z"], 3),
        _or_none(futile["null"], 3),
        _or_none(futile["alternative"], 3),
    )


_COUNT_COLUMNS = (
    *("information", "n", "rejects at", "one-sided P", "cumulative alpha", "cumulative power"),
    *("futile at", "stops, no effect", "stops, planned effect"),
)


def _counted_look(look: Mapping[str, Any]) -> tuple[str, ...]:
    """A look at counts of responses."""
    futile = look["stop_for_futility"]
    return (
        number(look["information"]),
        f"{look['n']:,}",
        _or_none(look["efficacy_count"], 0),
        _or_none(look["efficacy_p_one_sided"], 4),
        f"{look['cumulative_alpha']:.4f}",
        f"{look['cumulative_power']:.3f}",
        _or_none(look["futility_count"], 0),
        _or_none(futile["null"], 3),
        _or_none(futile["alternative"], 3),
    )


def _or_none(value: float | None, digits: int) -> str:
    """A number, or a dash where a look has none."""
    return "–" if value is None else f"{value:.{digits}f}"
