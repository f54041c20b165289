"""From a real-valued n to the number that is printed: how it is rounded, and how losses are allowed for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from trialplan.analyses.reproduction.statement import Statement
from trialplan.stated import SizingMethod

_TINY = 1e-6
"""Real numbers this near to a whole one are that whole one: 92.9999999 was 93 before it was computed."""


@dataclass(frozen=True)
class PrintedSize:
    """What a method prints: evaluable participants and, where losses are stated, enrolled ones.

    `short` is by how many per arm, in all roundings together, they fall short of the method's real numbers.
    """

    evaluable: float
    enrolled: float | None
    cost: int
    remarks: tuple[str, ...]
    short: float = 0.0


_STEPS = {"ten": 10, "fifty": 50, "hundred": 100}

_ROUNDED = 0.1
"""The share beyond which an n that is larger is another n, not the same one rounded up."""

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


def printed(statement: Statement, method: SizingMethod) -> Iterator[PrintedSize]:
    """Everything that the method may have been printed as, the plain way first."""
    for evaluable, cost, words in _whole(method):
        remarks, short = (words,) if words else (), max(method.n - evaluable, 0.0) / len(method.arms)
        if statement.dropout is None:
            yield PrintedSize(evaluable, None, cost, remarks, short)
            continue
        for enrolled, more, why, less in allowing(statement, method, evaluable):
            yield PrintedSize(evaluable, enrolled, cost + more, (*remarks, *why), short + less)


def _whole(method: SizingMethod) -> Iterator[tuple[float, int, str]]:
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


def allowing(
    statement: Statement, method: SizingMethod, evaluable: float
) -> Iterator[tuple[float, int, tuple[str, ...], float]]:
    """n/(1 - d), the number that leaves enough; n(1 + d), which leaves too few; each rounded as above.

    With the cost, the remarks, and by how many per arm the rounding falls short.
    """
    lost = statement.dropout or 0.0
    arms = len(method.arms)
    forms = ((1 / (1 - lost), 0, ""), (1 + lost, 1, f"losses are added as n(1 + {lost:g}), not as n/(1 - {lost:g})"))
    for base, before, how in ((evaluable, 0, ""), (method.n, 1, "losses are added before rounding")):
        for factor, cost, words in forms:
            for way, more, rounded in WAYS:
                why = tuple(filter(None, (how, words, rounded and f"{rounded} after allowing for losses")))
                for parts in dict.fromkeys((arms, 1)):
                    enrolled = parts * way(base * factor / parts)
                    yield enrolled, before + cost + more, why, max(base * factor - enrolled, 0.0) / arms


def rounded_up(statement: Statement, n: float, stated: float) -> str:
    """To the next what the n was rounded up to give the one stated, per arm or in all; empty where it was not."""
    arms = len(statement.cls.arm_names)
    if not n < stated <= n * (1 + _ROUNDED):
        return ""
    units = ((1 / arms, " per arm"), (statement.groups / arms, " in all")) if arms > 1 else ((1.0, ""),)
    for name, step in _STEPS.items():
        for factor, unit in units if statement.per_arm else reversed(units):
            if math.isclose(step * _up(n * factor / step), stated * factor):
                return f"rounded up to the next {name}{unit}"
    return ""


def misallowed(statement: Statement) -> str:
    """The mistake in allowing for losses by which the stated n gives the stated enrolment; empty where none does."""
    n, enrolled, arms = statement.evaluable, statement.enrolled, len(statement.cls.arm_names)
    if n is None or enrolled is None or not statement.dropout:
        return ""
    if math.isclose(n, enrolled):
        return "the losses are forgotten"
    for factor in (1 / (1 - statement.dropout), 1 + statement.dropout):
        for way, (parts, between) in product((_up, _nearest, _down), product((arms, 1), (True, False))):
            once = n / parts * factor
            twice = parts * way((way(once) if between else once) * factor)
            if math.isclose(twice, enrolled):
                return "the losses are applied twice"
    return ""
