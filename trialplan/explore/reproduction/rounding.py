"""From a real-valued n to the number that is printed: how it is rounded, and how losses are allowed for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from trialplan.explore.reproduction.methods import Method
from trialplan.explore.reproduction.statement import Statement

_TINY = 1e-6
"""Real numbers this near to a whole one are that whole one: 92.9999999 was 93 before it was computed."""


@dataclass(frozen=True)
class Printed:
    """What a method prints: evaluable participants and, where losses are stated, enrolled ones."""

    evaluable: float
    enrolled: float | None
    cost: int
    remarks: tuple[str, ...]


Rounding = tuple[Callable[[float], float], int, str]


def _up(x: float) -> float:
    return float(math.ceil(x - _TINY))


def _down(x: float) -> float:
    return float(math.floor(x + _TINY))


def _nearest(x: float) -> float:
    return float(math.floor(x + 0.5))


WAYS: tuple[Rounding, ...] = (
    (_up, 0, ""),
    (_nearest, 1, "rounded to the nearest whole number"),
    (_down, 2, "rounded down"),
)


def printed(statement: Statement, method: Method) -> Iterator[Printed]:
    """Everything that the method may have been printed as, the plain way first."""
    for evaluable, cost, words in _whole(method):
        remarks = (words,) if words else ()
        if statement.dropout is None:
            yield Printed(evaluable, None, cost, remarks)
            continue
        for enrolled, more, why in _allowing(statement, method, evaluable):
            yield Printed(evaluable, enrolled, cost + more, (*remarks, *why))


def _whole(method: Method) -> Iterator[tuple[float, int, str]]:
    """The total in whole participants: arm by arm in whole allocation blocks, arm by arm, or as one number."""
    if method.whole:
        yield method.n, 0, ""
        return
    seen = set()
    for total, cost, words in _totals(method.arms):
        if total not in seen:
            seen.add(total)
            yield total, cost, words


def _totals(arms: Sequence[float]) -> Iterator[tuple[float, int, str]]:
    least = min(arms)
    for way, cost, words in WAYS:
        ratio = [arm / least for arm in arms]
        yield sum(way(one * way(least)) for one in ratio), cost, words
        yield sum(way(arm) for arm in arms), cost, words
    for way, cost, words in WAYS:
        yield way(sum(arms)), cost + 1, f"{words or 'rounded up'} in all, not per arm"


def _allowing(statement: Statement, method: Method, evaluable: float) -> Iterator[tuple[float, int, tuple[str, ...]]]:
    """n/(1 - d), the number that leaves enough; n(1 + d), which leaves too few; each rounded as above."""
    lost = statement.dropout or 0.0
    arms = len(method.arms)
    forms = ((1 / (1 - lost), 0, ""), (1 + lost, 1, f"losses are added as n(1 + {lost:g}), not as n/(1 - {lost:g})"))
    for base, before, how in ((evaluable, 0, ""), (method.n, 1, "losses are added before rounding")):
        for factor, cost, words in forms:
            for way, more, rounded in WAYS:
                why = tuple(filter(None, (how, words, rounded and f"{rounded} after allowing for losses")))
                yield arms * way(base * factor / arms), before + cost + more, why
                if arms > 1:
                    yield way(base * factor), before + cost + more, why
