"""From a real-valued n to the number that is printed: how it is rounded, and how losses are allowed for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from trialplan.analyses.reproduction.statement import Statement
from trialplan.stated import Reservation, RoundingHabit, SizingMethod


@dataclass(frozen=True)
class PrintedSize:
    """What a method prints: evaluable participants and, where losses are stated, enrolled ones.

    `short` is by how many per arm, in all roundings together, they fall short of the method's real numbers;
    `reservations` are the habits among them that leave too few.
    """

    evaluable: float
    enrolled: float | None
    cost: int
    remarks: tuple[str, ...]
    short: float = 0.0
    reservations: tuple[Reservation, ...] = ()


@dataclass(frozen=True)
class Allowed:
    """Participants to enrol so that losses are allowed for, at which cost, and by how many per arm too few."""

    enrolled: float
    cost: int
    remarks: tuple[str, ...]
    short: float
    reservations: tuple[Reservation, ...]


_ALL_BUT = 1e-9
"""What rounding of a quotient may add to a whole number."""

_ROUNDED = 0.1
"""The share beyond which an n that is larger is another n, not the same one rounded up."""


def printed(statement: Statement, method: SizingMethod) -> Iterator[PrintedSize]:
    """Everything that the method may have been printed as, the plain way first."""
    for whole in _whole(statement, method):
        short = max(method.n - whole.evaluable, 0.0) / len(method.arms)
        if statement.dropout is None:
            yield replace(whole, short=short)
            continue
        for allowed in allowing(statement, method, whole.evaluable):
            yield PrintedSize(
                whole.evaluable,
                allowed.enrolled,
                whole.cost + allowed.cost,
                (*whole.remarks, *allowed.remarks),
                short + allowed.short,
                (*whole.reservations, *allowed.reservations),
            )


def _whole(statement: Statement, method: SizingMethod) -> Iterator[PrintedSize]:
    """The total in whole participants: arm by arm in whole allocation blocks, arm by arm, or as one number.

    Where each arm that is compared is several groups, these are what is whole.
    """
    groups = _groups(statement, method)
    if method.whole:
        total = method.n
        if statement.by_group:
            total = math.ceil(method.n / len(groups) - _ALL_BUT) * len(groups)
        yield PrintedSize(total, None, 0, ())
        return
    seen = set()
    habits = statement.cls.rounding_habits
    together = ((habit.whole(method.n), habit.cost, habit.words, habit.slip) for habit in habits)
    for total, cost, words, slip in together if statement.of_events else _totals(method, groups, habits):
        # rounded down, what a formula gives may be nobody
        if total not in seen and total >= 1 and (not statement.by_group or total % len(groups) == 0):
            seen.add(total)
            remarks, reservations = _told(words, slip, "n")
            yield PrintedSize(total, None, cost, remarks, reservations=reservations)


def _groups(statement: Statement, method: SizingMethod) -> list[float]:
    """Participants of each group: those of an arm, or of two by two half of them each."""
    return [arm / statement.cells for arm in method.arms for _ in range(statement.cells)]


def _told(words: str, slip: bool, what: str) -> tuple[tuple[str, ...], tuple[Reservation, ...]]:
    """The remark of a habit, or its reservation where it leaves too few."""
    if slip:
        return (), (Reservation(f"{what} is {words}"),)
    return ((words,) if words else ()), ()


def _totals(
    method: SizingMethod, arms: Sequence[float], habits: Sequence[RoundingHabit]
) -> Iterator[tuple[float, int, str, bool]]:
    least = min(arms)
    for habit in habits:
        in_blocks = sum(habit.whole(arm / least * habit.whole(least)) for arm in arms)
        if len(arms) == 1 and method.design is not None:  # of several groups that are one arm, as doses are
            in_blocks = method.design.block * habit.whole(least / method.design.block)
        yield in_blocks, habit.cost, habit.words, habit.slip
        yield sum(habit.whole(arm) for arm in arms), habit.cost, habit.words, habit.slip
    for habit in habits:
        in_all = f"{habit.words or 'rounded up'} in all, not per arm"
        yield habit.whole(sum(arms)), habit.cost + 1, in_all, habit.slip


def allowing(statement: Statement, method: SizingMethod, evaluable: float) -> Iterator[Allowed]:
    """n/(1 - d), the number that leaves enough; n(1 + d), which leaves too few; each rounded as above."""
    lost = statement.dropout or 0.0
    arms = len(method.arms) * statement.cells
    forms = ((1 / (1 - lost), 0, ""), (1 + lost, 1, f"losses are added as n(1 + {lost:g}), not as n/(1 - {lost:g})"))
    for base, before, how in ((evaluable, 0, ""), (method.n, 1, "losses are added before rounding")):
        for (factor, cost, words), habit in product(forms, statement.cls.rounding_habits):
            rounded, reservations = _told(habit.words, habit.slip, "the number to enrol")
            why = tuple(filter(None, (how, words, *(f"{one} after allowing for losses" for one in rounded))))
            for parts in (arms,) if statement.by_group else dict.fromkeys((arms, 1)):
                enrolled = parts * habit.whole(base * factor / parts)
                short = max(base * factor - enrolled, 0.0) / arms
                yield Allowed(enrolled, before + cost + habit.cost, why, short, reservations)


def rounded_up(statement: Statement, n: float, stated: float) -> str:
    """To the next what the n was rounded up to give the one stated, per arm or in all; empty where it was not."""
    arms = len(statement.arm_names)
    if not n < stated <= n * (1 + _ROUNDED):
        return ""
    units = ((1 / arms, " per arm"), (statement.groups / arms, " in all")) if arms > 1 else ((1.0, ""),)
    up = statement.cls.rounding_habits[0].whole
    for name, step in statement.cls.round_numbers.items():
        for factor, unit in units if statement.per_arm else reversed(units):
            if math.isclose(step * up(n * factor / step), stated * factor):
                return f"rounded up to the next {name}{unit}"
    return ""


def misallowed(statement: Statement) -> str:
    """The mistake in allowing for losses by which the stated n gives the stated enrolment; empty where none does."""
    n, enrolled, arms = statement.evaluable, statement.enrolled, len(statement.arm_names)
    if n is None or enrolled is None or not statement.dropout:
        return ""
    if math.isclose(n, enrolled):
        return "the losses are forgotten"
    for factor in (1 / (1 - statement.dropout), 1 + statement.dropout):
        for habit, parts, between in product(statement.cls.rounding_habits, (arms, 1), (True, False)):
            once = n / parts * factor
            twice = parts * habit.whole((habit.whole(once) if between else once) * factor)
            if math.isclose(twice, enrolled):
                return "the losses are applied twice"
    return ""
