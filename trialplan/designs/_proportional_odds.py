"""Categories in their order: how odds shift them, and how often one participant is in a later one than another."""

from __future__ import annotations

from typing import Any

from trialplan.parameter import Numbers


def shifted(control: list[Numbers], odds_ratio: Numbers) -> list[Numbers]:
    """Probabilities whose odds of lying beyond each cut are so many times those of the control."""
    beyond: Any = 1.0  # of everybody, before the first category
    rest, found = beyond, []
    for probability in control[:-1]:
        rest = rest - probability
        now = odds_ratio * rest / (1 - rest + odds_ratio * rest)
        found.append(beyond - now)
        beyond = now
    return [*found, beyond]


def strictly_later(mine: list[Numbers], others: list[Numbers]) -> Numbers:
    """P(one of mine is in a later category than one of the others)."""
    total: Any = 0.0
    before: Any = 0.0
    for own, other in zip(mine, others, strict=True):
        total, before = total + own * before, before + other
    return total


def later(mine: list[Numbers], others: list[Numbers]) -> Numbers:
    """P(later), and half of P(the same category)."""
    return strictly_later(mine, others) + sum(a * b for a, b in zip(mine, others, strict=True)) / 2


def placements(others: list[Numbers]) -> list[Numbers]:
    """For each category the share of the others before it, and half of those in it."""
    before: Any = 0.0
    found = []
    for other in others:
        found.append(before + other / 2)
        before = before + other
    return found


def variance(values: list[Numbers], probabilities: list[Numbers]) -> Numbers:
    """Of a number that takes these values with these probabilities."""
    mean: Any = sum(v * p for v, p in zip(values, probabilities, strict=True))
    squares: Any = sum(v * v * p for v, p in zip(values, probabilities, strict=True))
    return squares - mean * mean
