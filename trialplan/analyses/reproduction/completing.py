"""What a statement leaves out: what is usual is tried, one missing number is solved for, more are named."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from typing import Any

from trialplan import fields
from trialplan.analyses.reproduction.statement import Statement
from trialplan.design import Design, Sized
from trialplan.errors import ParameterError, TrialplanError
from trialplan.errors import field as told
from trialplan.fields import NON_INFERIORITY, SUPERIORITY
from trialplan.numerics.lazy import np
from trialplan.parameter import REAL, Interval, parameters, with_role
from trialplan.text import percent

_POINTS = 100
"""Values of an unstated number at which its power is asked, before a crossing between two of them is halved."""


@dataclass(frozen=True)
class Level:
    """A significance level with its sides; what they cost, what is remarked on them, and what of them is assumed."""

    alpha: float | None
    sides: int | None
    cost: int = 0
    remark: str = ""
    assumed: str = ""


@dataclass(frozen=True)
class Assumed:
    """A complete statement; what is odd about it, and what had to be taken as usual to make it one."""

    statement: Statement
    cost: int
    remarks: tuple[str, ...]
    assumed: tuple[str, ...]


def missing(statement: Statement) -> list[str]:
    """The fewest numbers without which there is no n: what something usual stands for once they are known is none."""
    absent = lacking(statement)
    for name in list(absent):
        others = {one: _typical(statement.cls, one) for one in absent if one != name and one in statement.needed}
        if name in statement.needed and name in statement.cls.presumed({**statement.numbers, **others})[0]:
            absent.remove(name)
    return absent


def lacking(statement: Statement) -> list[str]:
    """The numbers of the design that a complete statement has, and that nothing usual stands for by itself."""
    effect, comparator = statement.effect_field, statement.comparator_field
    absent = [name for name in statement.needed if name not in with_effect(statement).numbers]
    if statement.effect is not None and comparator is not None and comparator not in statement.numbers:
        ways = with_role(statement.cls, "comparator")  # the effect follows once its own comparator is known
        absent = [comparator, *(name for name in absent if name != effect and name not in ways)]
    if statement.goal == NON_INFERIORITY and comparator not in absent:
        absent = [name for name in absent if name != effect]
    if statement.goal != SUPERIORITY and "margin" in parameters(statement.cls) and "margin" not in statement.numbers:
        absent.append("margin")
    if statement.tests and not _levels(statement):
        absent.append("alpha")
    if statement.tests and statement.power is None:
        absent.append("power")
    return absent


def meant(statement: Statement) -> Statement:
    """The statement with what it means by the numbers that it leaves out: that all are followed for some time, say."""
    cls = statement.cls
    if statement.event_share is not None:
        numbers = cls.by_information(with_effect(statement).numbers)
        return statement if numbers is None else statement.replace(numbers=numbers, effect=None)
    numbers, words = cls.presumed(statement.numbers)
    return statement.having(**numbers).replace(presumed=(words,)) if numbers else statement


def counted(statement: Statement) -> Statement | None:
    """The statement about its events alone, each of them a participant; None where it states none."""
    numbers = statement.cls.by_information(with_effect(statement).numbers)
    if statement.events is None or numbers is None:
        return None
    alone = dict.fromkeys(("enrolled", "arms", "dropout", "events", "event_share"))
    unknown = with_effect(statement) is statement  # in other words, beside a comparator that is not stated
    return statement.replace(
        **alone,
        effect=statement.effect if unknown else None,
        numbers=numbers,
        evaluable=float(statement.events),
        per_arm=False,
        unclear=False,
        groups=len(statement.arm_names),
        cells=1,
        of_events=True,
    )


def usual(statement: Statement) -> tuple[str, ...]:
    """What is taken as usual, because it is not stated, where one number is solved for."""
    first = next(completed(statement), None)
    return () if first is None else first.assumed


def unstated(statement: Statement) -> list[str]:
    """Everything that the statement leaves out, whether or not something usual stands for it."""
    absent = missing(statement)
    without_level = statement.tests and statement.numbers.get("alpha") is None and "alpha" not in absent
    at = absent.index("power") if "power" in absent else len(absent)
    return [*absent[:at], *(["alpha"] if without_level else []), *absent[at:]]


def with_effect(statement: Statement) -> Statement:
    """The design's own effect, from the one that is stated in other words."""
    field, value = statement.effect_field, _applied(statement)
    if field is None or value is None:
        return statement
    domain = parameters(statement.cls)[field].domain
    return statement if isinstance(domain, Interval) and value not in domain else statement.having(**{field: value})


def _applied(statement: Statement) -> float | None:
    """The design's own effect by the one that is stated in other words, wherever it lies; None where none is."""
    if statement.effect is None or statement.comparator is None or isinstance(statement.comparator, tuple):
        return None
    effect, value = statement.effect
    return effect.apply(statement.comparator, value)


def check_effect(statement: Statement) -> None:
    """Raise where the effect that is stated in other words gives none that the design can have."""
    value = _applied(statement)
    if value is None or statement.effect is None or with_effect(statement) is not statement:
        return
    effect, stated = statement.effect
    comparator = statement.comparator_field
    assert statement.effect_field is not None
    assert comparator is not None
    raise ParameterError(
        f"{told(effect.name)} = {stated:g} with {told(comparator)} = {statement.comparator:g} gives {effect.gives} "
        f"of {value:g}, which must lie in {parameters(statement.cls)[statement.effect_field].domain}; check which of "
        "the two is meant otherwise"
    )


def no_effect(statement: Statement) -> float | None:
    """The effect that is none: on the null's edge of a superiority trial of the same numbers; None where unknown."""
    cls, effect, comparators = statement.cls, statement.effect_field, with_role(statement.cls, "comparator")
    # a curve may be stated in several ways, of which one will do
    if effect is None or (comparators and not any(name in statement.numbers for name in comparators)):
        return None
    if not issubclass(cls, Design):
        return statement.comparator
    plain = [name for name in parameters(cls) if name in statement.numbers and name not in ("goal", "margin")]
    usual = {name: _typical(cls, name) for name in statement.needed}
    known = {name: statement.numbers[name] for name in plain} | {effect: _typical(cls, effect)}
    try:
        design = _built(statement.replace(numbers=usual | known))
    except ValueError:  # numbers that do not fit together
        return None
    limits = design.null_values() if isinstance(design, Design) else ()
    return float(limits[0]) if len(limits) == 1 else None  # a goal of its own may have two


def _typical(cls: type[Sized], name: str) -> float:
    low, high = parameters(cls)[name].typical or (0.05, 0.2)
    return (low + high) / 2


def completed(statement: Statement) -> Iterator[Assumed]:
    """The statement with what may be assumed filled in: a two-sided level of 5 %, no difference to exclude a margin.

    The power may not: of a statement without one, none of the readings has one.
    """
    statement = with_effect(statement)
    effect, none_expected = statement.effect_field, ""
    if statement.goal == NON_INFERIORITY and effect is not None and effect not in statement.numbers:
        none = no_effect(statement)
        if none is not None:
            statement, none_expected = statement.having(**{effect: none}), "no difference expected"
    for level, (parts, odd, how) in product(_levels(statement), splits(statement)):
        numbers: dict[str, Any] = {} if level.alpha is None else {"alpha": level.alpha / parts}
        if level.sides is not None:
            numbers["sides"] = level.sides
        for favourable, which in _directions(statement):
            yield Assumed(
                statement.having(**numbers, **favourable),
                level.cost + odd,
                tuple(filter(None, (level.remark, how, which))),
                tuple(filter(None, (level.assumed, none_expected, *statement.presumed))),
            )


def design_of(statement: Statement) -> Sized | None:
    """The design of a complete statement, or None where its numbers do not fit together or leave nothing to show."""
    try:
        design = _built(statement)
    except TrialplanError:
        return None
    return None if isinstance(design, Design) and not design.reachable() else design


def objection(statement: Statement) -> str:
    """Why no n follows from a complete statement, in the design's own sentence; empty where one does."""
    one = next(completed(statement)).statement  # of a statement that lacks no level
    try:
        design = _built(one)
        design.sample_size(*([one.power] if one.tests else []))
    except TrialplanError as why:
        return str(why)
    return ""


def _built(statement: Statement) -> Sized:
    """The design, by the first of its tests that suits the numbers where the usual one does not."""
    cls, declared = statement.cls, parameters(statement.cls)
    numbers = {name: value for name, value in statement.numbers.items() if name in declared}
    try:
        return cls(**numbers)
    except TrialplanError as why:
        for name in with_role(cls, "method"):
            for way in declared[name].choices:
                with suppress(TrialplanError):
                    return cls(**{**numbers, name: way})
        raise why


def usual_level(statement: Statement) -> tuple[float, int] | None:
    """The level and the sides that are stated or may be assumed; None where there is no test or no such level."""
    level = next(iter(_levels(statement)), None)
    return None if level is None or level.alpha is None or level.sides is None else (level.alpha, level.sides)


def _levels(statement: Statement) -> list[Level]:
    """As stated, or what may be assumed: two-sided 5 %, or the usual level of a goal that is tested on one side."""
    if not statement.tests:
        return [Level(None, None)]
    alpha, sides = statement.numbers.get("alpha"), statement.numbers.get("sides")
    declared = parameters(statement.cls)
    if "sides" not in declared:
        return _one_sided(alpha, sides)
    goal = str(statement.numbers.get("goal", statement.cls.goal))
    usual_alpha, usual_sides = fields.usual_level(goal, statement.numbers.get("margin"))
    if alpha is not None and sides is not None:
        return [Level(alpha, sides)]
    if alpha is not None:
        usual = [Level(alpha, usual_sides, assumed=_sided(usual_sides))]
        # a margin's 5 % may be the two-sided interval's
        other = Level(alpha, 2, 1, "the level is taken as two-sided, which is not stated", _sided(2))
        return usual if usual_sides == 2 else [*usual, other]
    tried = [(usual_alpha, usual_sides), (0.05, 2)]
    return [
        Level(level, side, at, "", f"{_sided(side)} {percent(level)}")
        for at, (level, side) in enumerate(dict.fromkeys(tried))
        if sides in (None, side)
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
        return [Level(0.05, None, assumed="one-sided 5 %")]
    if sides == 2:
        return [
            Level(alpha, None, 1, "the level is one-sided, although it is stated as two-sided"),
            Level(alpha / 2, None, 0, "half of the two-sided level is one side's"),
        ]
    return [Level(alpha, None)]


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

    The n of the completers is met half a participant per arm short, so that rounding up gives what is stated. An
    effect may lie on either side of none, unless it is stated which values are better.
    """
    free = "favourable" not in statement.numbers
    for assumed in completed(statement.having(**{name: _placeholder(statement, name)})):
        either = free and "favourable" in assumed.statement.numbers
        short = statement.completers - len(statement.arm_names) / 2
        if assumed.cost <= 1 and (found := _crossings(_Surplus(assumed.statement, name, short, either))):
            return sorted(found, key=lambda value: value < 0)  # a difference is mostly meant to be above none
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


@dataclass(frozen=True)
class _Surplus:
    """By how much the power with n participants exceeds the stated one as one number of a complete statement varies.

    The n that is needed is n where it is 0: that takes one power, and no search for each value. `free` says that
    either direction of an effect may be the better one.
    """

    statement: Statement
    name: str
    n: float
    free: bool

    def at(self, value: float) -> float:
        """At one value; nan where the design has no such value, or nothing to show."""
        design = design_of(self._having(value))
        return math.nan if design is None else float(self._of(design))

    def along(self, values: list[float]) -> list[float]:
        """The same at many values: at once where a design takes them so, as it does but for effects in other words."""
        if self.statement.effect is not None:
            return [self.at(value) for value in values]
        rising = [value for value in values if not self._falls(value)]
        falling = [value for value in values if value not in rising]
        by_value = dict(zip([*rising, *falling], [*self._together(rising), *self._together(falling)], strict=True))
        return [by_value[value] for value in values]

    def _together(self, values: list[float]) -> list[float]:
        if not values:
            return []
        first = self._having(values[0])
        try:
            cells = np.asarray(values)
            vector = parameters(self.statement.cls)[self.name].axis  # one number all along its own axis
            design = _built(first.having(**{self.name: cells[:, None] if vector else cells}))
        except TrialplanError:
            return [self.at(value) for value in values]  # not all of them fit the other numbers
        if not isinstance(design, Design):
            return [math.nan] * len(values)
        surplus: list[float] = np.where(design.reachable(), self._of(design), np.full(len(values), math.nan)).tolist()
        return surplus

    def _of(self, design: Sized) -> Any:
        if not isinstance(design, Design) or not design.smooth:
            return math.nan
        with np.errstate(all="ignore"):
            return design.success(self.n) - self.statement.power

    def _falls(self, value: float) -> bool:
        return self.free and _falls(with_effect(self.statement.having(**{self.name: value})))

    def _having(self, value: float) -> Statement:
        having = with_effect(self.statement.having(**{self.name: value}))
        return having.having(favourable="lower") if self._falls(value) else having


def _crossings(surplus: _Surplus) -> list[float]:
    """Where the power with n crosses the stated one, along the values that the number may take."""
    values = _grid(surplus.statement, surplus.name)
    gaps, found = surplus.along(values), []
    for low, high, before, after in zip(values, values[1:], gaps, gaps[1:], strict=False):
        if math.isfinite(before) and math.isfinite(after) and before * after <= 0 and before != after:
            found.append(_bisected(surplus.at, (low, high), before))
    return found


def _bisected(surplus: Callable[[float], float], ends: tuple[float, float], before: float) -> float:
    low, high = ends
    for _ in range(60):
        middle = (low + high) / 2
        if (surplus(middle) > 0) == (before > 0):
            low = middle
        else:
            high = middle
    return (low + high) / 2


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
        if declared.role == "effect" and declared.domain == REAL:
            values = np.concatenate([-values[::-1], values])
    grid: list[float] = values.tolist()
    return grid


def _spread(statement: Statement) -> float:
    """The standard deviation, in whose size differences are sought; 1 where there is none, or it has no unit."""
    name = next(iter(with_role(statement.cls, "spread")), None)
    if name is None or parameters(statement.cls)[name].unit == "ratio":
        return 1.0
    return float(abs(statement.numbers.get(name) or 1.0))
