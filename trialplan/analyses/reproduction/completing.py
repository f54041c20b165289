"""What a statement leaves out: what is usual is tried, one missing number is solved for, more are named."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from trialplan.analyses.reproduction.statement import Statement
from trialplan.design import Design, Sized
from trialplan.errors import ParameterError, TrialplanError
from trialplan.fields import LEVELS, NON_INFERIORITY, SUPERIORITY
from trialplan.numerics.lazy import np
from trialplan.parameter import REAL, Interval, parameters, with_role

_POINTS = 100

Level = tuple[float | None, int | None, int, str]
"""Significance level, sides, what they cost, and what is remarked on them."""


@dataclass(frozen=True)
class Assumed:
    """A complete statement, and what had to be taken as usual to make it one."""

    statement: Statement
    cost: int
    remarks: tuple[str, ...]


def missing(statement: Statement) -> list[str]:
    """The numbers of the design without which there is no n, and that nothing usual stands for."""
    effect, comparator = statement.effect_field, statement.comparator_field
    absent = [name for name in statement.needed if name not in with_effect(statement).numbers]
    follows = statement.effect is not None and comparator in absent  # once the comparator is known
    expects_none = statement.goal == NON_INFERIORITY and comparator not in absent
    if follows or expects_none:
        absent = [name for name in absent if name != effect]
    if statement.goal != SUPERIORITY and "margin" in parameters(statement.cls) and "margin" not in statement.numbers:
        absent.append("margin")
    return absent


def unstated(statement: Statement) -> list[str]:
    """Everything that the statement leaves out, whether or not something usual stands for it."""
    level = {"alpha": statement.numbers.get("alpha"), "power": statement.power} if statement.tests else {}
    return [*missing(statement), *(name for name, value in level.items() if value is None)]


def with_effect(statement: Statement) -> Statement:
    """The design's own effect, from the one that is stated in other words."""
    field, value = statement.effect_field, _applied(statement)
    if field is None or value is None:
        return statement
    domain = parameters(statement.cls)[field].domain
    return statement if isinstance(domain, Interval) and value not in domain else statement.having(**{field: value})


def _applied(statement: Statement) -> float | None:
    """The design's own effect by the one that is stated in other words, wherever it lies; None where none is."""
    if statement.effect is None or statement.comparator is None:
        return None
    effect, value = statement.effect
    return effect.apply(statement.comparator, value)


def check_effect(statement: Statement) -> None:
    """Raise where the effect that is stated in other words gives none that the design can have."""
    value = _applied(statement)
    if value is None or statement.effect is None or with_effect(statement) is not statement:
        return
    effect, stated = statement.effect
    assert statement.effect_field is not None
    raise ParameterError(
        f"{effect.name} = {stated:g} with {statement.comparator_field} = {statement.comparator:g} gives {effect.gives} "
        f"of {value:g}, which must lie in {parameters(statement.cls)[statement.effect_field].domain}; check which of "
        "the two is meant otherwise"
    )


def no_effect(statement: Statement) -> float | None:
    """The effect that is none: on the null's edge of a superiority trial of the same numbers; None where unknown."""
    cls, effect, comparator = statement.cls, statement.effect_field, statement.comparator_field
    if effect is None or (comparator is not None and comparator not in statement.numbers):
        return None
    if not issubclass(cls, Design):
        return statement.comparator
    plain = [name for name in parameters(cls) if name in statement.numbers and name not in ("goal", "margin")]
    usual = {name: _typical(cls, name) for name in statement.needed}
    known = {name: statement.numbers[name] for name in plain} | {effect: _typical(cls, effect)}
    try:
        (value,) = cls(**usual | known).null_values()
    except ValueError:  # numbers that do not fit together, or a goal of its own with two limits
        return None
    return float(value)


def _typical(cls: type[Sized], name: str) -> float:
    low, high = parameters(cls)[name].typical or (0.05, 0.2)
    return (low + high) / 2


def completed(statement: Statement) -> Iterator[Assumed]:
    """The statement with everything usual filled in, in each way that is usual."""
    statement = with_effect(statement)
    effect = statement.effect_field
    if statement.goal == NON_INFERIORITY and effect is not None and effect not in statement.numbers:
        none = no_effect(statement)
        statement = statement if none is None else statement.having(**{effect: none})
    ways = product(_levels(statement), splits(statement), _powers(statement))
    for (alpha, sides, dear, why), (parts, odd, how), (power, more, words) in ways:
        numbers: dict[str, Any] = {} if alpha is None else {"alpha": alpha / parts}
        if sides is not None:
            numbers["sides"] = sides
        for favourable, which in _directions(statement):
            one = statement.having(**numbers, **favourable).replace(power=power)
            yield Assumed(one, dear + odd + more, tuple(filter(None, (why, how, words, which))))


def design_of(statement: Statement) -> Sized | None:
    """The design of a complete statement, or None where its numbers do not fit together or leave nothing to show."""
    try:
        design = _built(statement)
    except TrialplanError:
        return None
    return None if isinstance(design, Design) and not design.reachable() else design


def objection(statement: Statement) -> str:
    """Why no n follows from a complete statement, in the design's own sentence; empty where one does."""
    one = next(completed(statement)).statement
    try:
        design = _built(one)
        design.sample_size(*([one.power] if one.tests else []))
    except TrialplanError as why:
        return str(why)
    return ""


def _built(statement: Statement) -> Sized:
    names = parameters(statement.cls)
    return statement.cls(**{name: value for name, value in statement.numbers.items() if name in names})


def _levels(statement: Statement) -> list[Level]:
    """(alpha, sides, cost, remark): as stated, or the usual ones of the goal."""
    if not statement.tests:
        return [(None, None, 0, "")]
    alpha, sides = statement.numbers.get("alpha"), statement.numbers.get("sides")
    declared = parameters(statement.cls)
    if "sides" not in declared:
        return _one_sided(alpha, sides)
    usual = LEVELS[statement.goal if "goal" in declared else statement.cls.goal]
    if alpha is not None and sides is not None:
        return [(alpha, sides, 0, "")]
    if alpha is not None:
        other = 3 - usual[1]
        words = f"the level is taken as {_sided(other)}, which is not stated"
        return [(alpha, usual[1], 0, ""), (alpha, other, 1, words)]
    tried = [(0.05, 2), (0.025, 1), (0.05, 1)] if sides is None else [(0.05, sides), (0.025, sides)]
    tried.sort(key=lambda one: one != usual)
    return [
        (level, side, 1 + (at > 0), f"the level is not stated; {level:g} {_sided(side)} is taken")
        for at, (level, side) in enumerate(tried)
    ]


def splits(statement: Statement) -> list[tuple[int, int, str]]:
    """(parts, cost, remark): the level split over the comparisons, and whole, which is odd where there are several."""
    several = statement.comparisons
    if several == 1 or not statement.tests:
        return [(1, 0, "")]
    return [
        (several, 0, f"the level is split over {several} comparisons (Bonferroni)"),
        (1, 1, f"the level is not split over the {several} comparisons"),
    ]


def _one_sided(alpha: float | None, sides: int | None) -> list[Level]:
    """Searches test on one side; a two-sided level is read as one side's, or halved."""
    if alpha is None:
        return [(0.05, None, 1, "the level is not stated; 0.05 one-sided is taken")]
    found: list[Level] = [(alpha, None, 0, "")]
    if sides == 2:
        found = [
            (alpha, None, 1, "the level is one-sided, although it is stated as two-sided"),
            (alpha / 2, None, 0, "half of the two-sided level is one side's"),
        ]
    return found


def _powers(statement: Statement) -> list[tuple[float | None, int, str]]:
    if statement.power is not None or not statement.tests:
        return [(statement.power, 0, "")]
    return [(power, 1, f"the power is not stated; {power:g} is taken") for power in (0.8, 0.9)]


def _directions(statement: Statement) -> list[tuple[dict[str, str], str]]:
    """Which values are better: as stated; by the planned effect; else both ways."""
    if "favourable" not in parameters(statement.cls) or "favourable" in statement.numbers:
        return [({}, "")]
    if statement.goal != NON_INFERIORITY or statement.comparator_field is None:
        return [({"favourable": "lower" if _falls(statement) else "higher"}, "")]
    rate = parameters(statement.cls)[statement.comparator_field].unit == "proportion"
    lower = "the lower rate as the better one" if rate else "lower values as the better ones"
    return [({"favourable": "higher"}, ""), ({"favourable": "lower"}, f"with {lower}")]


def _falls(statement: Statement) -> bool:
    """Whether the planned effect of a superiority trial lies below none."""
    planned = statement.numbers.get(statement.effect_field or "")
    none = no_effect(statement) if statement.goal == SUPERIORITY and planned is not None else None
    return none is not None and planned is not None and planned < none


def _sided(sides: int) -> str:
    return "two-sided" if sides == 2 else "one-sided"


def solved(statement: Statement, name: str) -> list[float]:
    """The values of one number at which the design's own test needs the n that is stated; none where none does.

    The n of the completers is met half a participant per arm short, so that rounding up gives what is stated.
    """
    for assumed in completed(statement.having(**{name: _placeholder(statement, name)})):
        if assumed.cost <= 1 and (found := _crossings(assumed.statement, name, statement.completers)):
            return found
    return []


def _placeholder(statement: Statement, name: str) -> float:
    """A value that the number may have beside those that are stated."""
    domain, comparator = parameters(statement.cls)[name].domain, statement.comparator
    if name == statement.comparator_field and statement.effect is not None:
        rates = map(float, np.linspace(0.02, 0.98, 49))
        fitting = (rate for rate in rates if with_effect(one := statement.having(**{name: rate})) is not one)
        return next(fitting, 0.5)
    if name == statement.effect_field and comparator is not None and getattr(domain, "high", math.inf) == 1:
        return (1 + comparator) / 2
    return _typical(statement.cls, name)


def _crossings(statement: Statement, name: str, total: float) -> list[float]:
    """Where the real-valued n crosses the total, along the values that the number may take."""
    goal, values = total - len(statement.cls.arm_names) / 2, _grid(statement, name)

    def surplus(value: float) -> float:
        return _needs(statement, name, value) - goal

    gaps = [surplus(value) for value in values]
    found = []
    for low, high, before, after in zip(values, values[1:], gaps, gaps[1:], strict=False):
        if math.isfinite(before) and math.isfinite(after) and before * after <= 0 and before != after:
            found.append(_bisected(surplus, (low, high), before))
    return found


def _bisected(surplus: Any, ends: tuple[float, float], before: float) -> float:
    low, high = ends
    for _ in range(60):
        middle = (low + high) / 2
        if (surplus(middle) > 0) == (before > 0):
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _needs(statement: Statement, name: str, value: float) -> float:
    """The real-valued n at one value; nan where there is none."""
    one = with_effect(statement.having(**{name: value}))
    design = design_of(one.having(favourable="lower") if _falls(one) and "favourable" in one.numbers else one)
    if not isinstance(design, Design) or not design.smooth:
        return math.nan
    with np.errstate(all="ignore"):
        return float(design.unrounded(statement.power))


def _grid(statement: Statement, name: str) -> list[float]:
    """Values along the number's domain: even for a proportion, by ratio for a size, in its unit for what has one."""
    declared = parameters(statement.cls)[name]
    if declared.role == "association":
        values = np.linspace(0, 0.99, _POINTS)
    elif isinstance(declared.domain, Interval) and declared.domain.high == 1:
        values = np.linspace(0, 1, _POINTS + 1)[1:-1]
    else:
        measured = declared.role == "spread" or declared.domain == REAL or name == "margin"
        values = (_spread(statement) if measured else 1.0) * np.geomspace(0.01, 100, _POINTS)
    grid: list[float] = values.tolist()
    return grid


def _spread(statement: Statement) -> float:
    """The standard deviation, in whose size differences are sought; 1 where there is none, or it has no unit."""
    name = next(iter(with_role(statement.cls, "spread")), None)
    if name is None or parameters(statement.cls)[name].unit == "ratio":
        return 1.0
    return float(abs(statement.numbers.get(name) or 1.0))
