"""The mistakes that sample size statements are known for, each as the statement that it would have been."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from trialplan.analyses.reproduction.completing import no_effect, with_effect
from trialplan.analyses.reproduction.statement import Statement
from trialplan.fields import NON_INFERIORITY
from trialplan.parameter import parameters

Slip = tuple[str, Statement]
"""What would have been mistaken, as the end of "reproduced only if …", and the statement that follows from it."""

_NO_EFFECT = "no difference is expected, although one is stated"


def slips(statement: Statement) -> Iterator[Slip]:
    """Every known slip that the statement leaves room for, the commonest first."""
    yield from _of_sides(statement)
    yield from _of_effect(statement)
    yield from _of_power(statement)
    yield from _of_totals(statement)
    yield from _of_numbers(statement)


def _of_sides(statement: Statement) -> Iterator[Slip]:
    alpha, sides = statement.numbers.get("alpha"), statement.numbers.get("sides")
    if alpha is None or sides is None or "sides" not in parameters(statement.cls):
        return
    if sides == 2:
        yield f"the level of {alpha:g} is one-sided, not two-sided", statement.having(sides=1)
    else:
        if 2 * alpha < 0.5:
            yield f"the one-sided level is {2 * alpha:g}, not {alpha:g}", statement.having(alpha=2 * alpha)
        yield f"the level of {alpha:g} is two-sided, not one-sided", statement.having(sides=2)


def _of_effect(statement: Statement) -> Iterator[Slip]:
    """One measure of effect taken for another; where the design's own is stated, none can be told."""
    if statement.effect is None or statement.comparator is None:
        return
    effect, value = statement.effect
    read = statement.replace(effect=(replace(effect, apply=effect.misread), value))
    if (mistaken := with_effect(read)) is not read:
        yield effect.slip, mistaken.replace(effect=None)


def _of_power(statement: Statement) -> Iterator[Slip]:
    alpha, power = statement.numbers.get("alpha"), statement.power
    if power is None:
        return
    for other in (0.8, 0.9):
        if other != power:
            yield f"the power is {other:g}, not {power:g}", statement.replace(power=other)
    if alpha is not None and 1 - power < 0.5 and 1 - alpha > 1 - power != alpha:
        swapped = statement.having(alpha=round(1 - power, 12)).replace(power=round(1 - alpha, 12))
        yield f"alpha and beta are swapped: level {1 - power:g}, power {1 - alpha:g}", swapped


def _of_totals(statement: Statement) -> Iterator[Slip]:
    arms = len(statement.cls.arm_names)
    if arms == 1:
        return
    per_arm = statement.per_arm
    words = "the stated number per arm is the total" if per_arm else "the stated total is the number per arm"
    factor = 1 / arms if per_arm else arms
    stated = {"evaluable": statement.evaluable, "enrolled": statement.enrolled}
    yield words, statement.replace(**{name: n * factor for name, n in stated.items() if n is not None})


def _of_numbers(statement: Statement) -> Iterator[Slip]:
    numbers = statement.numbers
    for words, otherwise in statement.cls.slips(numbers):
        yield words, statement.having(**otherwise)
    if numbers.get("allocation", "1:1") != "1:1":
        yield "equal arms are taken", statement.having(allocation="1:1")
    if numbers.get("margin") is not None and statement.goal == NON_INFERIORITY:
        read, none = with_effect(statement), no_effect(statement)
        field = statement.effect_field
        if field is not None and none is not None and read.numbers.get(field, none) != none:
            yield _NO_EFFECT, read.replace(effect=None).having(**{field: none})
