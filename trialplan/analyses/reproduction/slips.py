"""The mistakes that sample size statements are known for, each as the statement that it would have been."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from trialplan.analyses.reproduction.completing import no_effect, usual_level, with_effect
from trialplan.analyses.reproduction.statement import Statement
from trialplan.fields import NON_INFERIORITY
from trialplan.parameter import parameters
from trialplan.stated import Reservation

Mistaken = tuple[Reservation, Statement]
"""What would have been mistaken, and the statement that follows from it."""

_NO_EFFECT = "no difference is expected, although one is stated"


def slips(statement: Statement) -> Iterator[Mistaken]:
    """Every known slip that the statement leaves room for, the commonest first."""
    yield from _of_sides(statement)
    for words, otherwise in _others(statement):
        yield Reservation(words), otherwise


def _others(statement: Statement) -> Iterator[tuple[str, Statement]]:
    yield from _of_effect(statement)
    yield from _of_power(statement)
    yield from _of_totals(statement)
    yield from _of_numbers(statement)


def _of_sides(statement: Statement) -> Iterator[Mistaken]:
    """The level on the other number of sides, or doubled, than is stated; or than may be assumed where it is not."""
    level = usual_level(statement)
    if level is None or "sides" not in parameters(statement.cls):
        return
    alpha, sides = level
    lacks = next((name for name in ("alpha", "sides") if name not in statement.numbers), "")

    def reserved(words: str, instead: str) -> Reservation:
        return Reservation(f"{words}, which is not stated" if lacks else f"{words}, not {instead}", lacks)

    if sides == 2:
        yield reserved(f"the level of {alpha:g} is one-sided", "two-sided"), statement.having(alpha=alpha, sides=1)
    else:
        if 2 * alpha < 0.5:
            doubled = statement.having(alpha=2 * alpha, sides=1)
            yield reserved(f"the one-sided level is {2 * alpha:g}", f"{alpha:g}"), doubled
        yield reserved(f"the level of {alpha:g} is two-sided", "one-sided"), statement.having(alpha=alpha, sides=2)


def _of_effect(statement: Statement) -> Iterator[tuple[str, Statement]]:
    """One measure of effect taken for another; where the design's own is stated, none can be told."""
    if statement.effect is None or statement.comparator is None:
        return
    effect, value = statement.effect
    if effect.misread is None:
        return
    read = statement.replace(effect=(replace(effect, apply=effect.misread), value))
    if (mistaken := with_effect(read)) is not read:
        yield effect.slip, mistaken.replace(effect=None)


def _of_power(statement: Statement) -> Iterator[tuple[str, Statement]]:
    alpha, power = statement.numbers.get("alpha"), statement.power
    if power is None:
        return
    for other in (0.8, 0.9):
        if other != power:
            yield f"the power is {other:g}, not {power:g}", statement.replace(power=other)
    if alpha is not None and 1 - power < 0.5 and 1 - alpha > 1 - power != alpha:
        swapped = statement.having(alpha=round(1 - power, 12)).replace(power=round(1 - alpha, 12))
        yield f"alpha and beta are swapped: level {1 - power:g}, power {1 - alpha:g}", swapped


def _of_totals(statement: Statement) -> Iterator[tuple[str, Statement]]:
    arms = len(statement.arm_names)
    if arms == 1 or statement.of_events:
        return
    per_arm = statement.per_arm
    words = "the stated number per arm is the total" if per_arm else "the stated total is the number per arm"
    factor = 1 / arms if per_arm else arms
    stated = {"evaluable": statement.evaluable, "enrolled": statement.enrolled}
    yield words, statement.replace(**{name: n * factor for name, n in stated.items() if n is not None})


def _of_numbers(statement: Statement) -> Iterator[tuple[str, Statement]]:
    numbers = statement.numbers
    for row in statement.cls.slips:
        if otherwise := row.numbers(numbers):
            yield row.words, statement.having(**otherwise)
    if numbers.get("allocation", "1:1") != "1:1":
        yield "equal arms are taken", statement.having(allocation="1:1")
    if numbers.get("margin") is not None and statement.goal == NON_INFERIORITY:
        read, none = with_effect(statement), no_effect(statement)
        field = statement.effect_field
        if field is not None and none is not None and read.numbers.get(field, none) != none:
            yield _NO_EFFECT, read.replace(effect=None).having(**{field: none})
