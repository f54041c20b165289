"""How publications state a sample size: their words for a design's numbers, their formulas, their known mistakes."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from trialplan.errors import setting
from trialplan.numerics.elementary import normal_quantile
from trialplan.parameter import POSITIVE, Interval, in_units_of_the_outcome, needed, parameters, with_role

if TYPE_CHECKING:
    from trialplan.design import Design, Sized


@dataclass(frozen=True, kw_only=True)
class StatedEffect:
    """A way to state the effect instead of the design's own number for it, given the comparator.

    `apply` makes the design's number of the comparator and the stated effect; `misread` does so where the effect is
    taken for another measure, which `slip` says; None where it is not. `beside` is the comparator that it belongs to,
    where the design can state its own in several ways. `unit` is that of the stated number, as a parameter has one.
    """

    name: str
    meaning: str
    gives: str
    apply: Callable[[float, float], float]
    unit: str = "ratio"
    misread: Callable[[float, float], float] | None = None
    slip: str = ""
    domain: Interval = POSITIVE
    where: str = "above 0"
    beside: str = ""


@dataclass(frozen=True)
class Slip:
    """A row of a design's table of slips: numbers taken for their neighbours.

    `words` end the sentence "it follows only if …"; `otherwise` makes of each of the `fields` that is stated what
    it would then have been.
    """

    words: str
    fields: tuple[str, ...]
    otherwise: Callable[[float], float]

    def numbers(self, stated: Mapping[str, Any]) -> dict[str, float]:
        """The numbers that would have been otherwise; none where the statement leaves no room for the slip."""
        try:
            return {name: self.otherwise(stated[name]) for name in self.fields if stated.get(name) is not None}
        except OverflowError:  # what it would have been is no number that a computer has
            return {}


@dataclass(frozen=True)
class RoundingHabit:
    """A row of a design's table of rounding habits: how a real-valued n is made a whole one.

    `cost` counts what a reader would not have expected; a habit that leaves fewer participants than are needed, by
    more than the nearest whole number does, is a `slip`: it explains an n and does not reproduce it.
    """

    words: str
    whole: Callable[[float], float]
    cost: int = 0
    slip: bool = False


_STANDARDISED = re.compile(r"(^|_)(d|es|smd|cohens?|effect_size|std_(effect|difference|diff)|standardi[sz]ed)(_|$)")
"""Words of which a name is made that says a difference in standard deviations, as other programs take it (pwr calls it
d, statsmodels effect_size): it is never a number here."""

_TINY = 1e-6
"""Real numbers this near to a whole one are that whole one: 92.9999999 was 93 before it was computed."""


def _up(x: float) -> float:
    return float(max(math.ceil(x - _TINY), 1))  # of a share of a participant one


ROUNDING_HABITS = (
    RoundingHabit("", _up),
    RoundingHabit("rounded to the nearest whole number", lambda x: float(math.floor(x + 0.5)), cost=1),
    RoundingHabit("rounded down", lambda x: float(math.floor(x + _TINY)), cost=2, slip=True),
)
"""How every n is rounded; the usual way first."""

ROUND_NUMBERS = {"ten": 10, "fifty": 50, "hundred": 100}
"""What an n is rounded up to beyond whole participants, by the word for it."""


@dataclass(frozen=True)
class Reservation:
    """What would have to be so for a match to follow: the end of "it follows only if …".

    `lacks` names what the statement leaves out, where nothing that it says is contradicted.
    """

    words: str
    lacks: str = ""


@dataclass(frozen=True, kw_only=True)
class SizingMethod:
    """One way to n: real-valued arms, or whole ones; `cost` counts what a reader would not have expected of it.

    One that is `only_named` is taken where the statement names its test, as no plain test is meant by it.
    """

    words: str
    arms: tuple[float, ...]
    whole: bool = False
    cost: int = 0
    remarks: tuple[str, ...] = ()
    design: Sized | None = None
    inflation: float = 1.0
    only_named: bool = False
    reservations: tuple[Reservation, ...] = ()

    @property
    def n(self) -> float:
        """Participants in all."""
        return sum(self.arms)

    def odd(self, cost: int, remark: str) -> SizingMethod:
        """The same with something unexpected."""
        return replace(self, cost=self.cost + cost, remarks=(*self.remarks, remark))

    def times(self, factor: float, words: str, cost: int) -> SizingMethod:
        """All arms times a factor; what was a test's n is now a formula's."""
        arms = tuple(arm * factor for arm in self.arms)
        return replace(self, words=f"{self.words}, {words}", arms=arms, whole=False, cost=self.cost + cost, design=None)


def sized_by(design: Design, power: float, name: str) -> SizingMethod:
    """The design's own formula, under a name."""
    total = float(design.unrounded(power))
    return SizingMethod(words=f"{name}: {design.formula}", arms=tuple(design.split(total)), design=design)


def by_hand(design: Design, power: float) -> SizingMethod:
    """The formula with normal quantiles of two decimals, as tables print them: 1.96, 0.84, 1.28."""
    exact = float(design.z_alpha), float(normal_quantile(power))
    factor = (sum(round(z + 1e-9, 2) for z in exact) / sum(exact)) ** 2
    way = design.way()
    return replace(
        sized_by(design, power, way).times(factor, "", 2), words=f"{way}: quantiles of two decimals, {design.formula}"
    )


def both_quantiles(design: Design, power: float) -> float:
    """The sum of the normal quantiles of level and power, which textbooks square."""
    return float(design.z_alpha + normal_quantile(power))


class Stated:
    """What a design says of how publications state its sample size; the defaults suit one that says nothing."""

    called: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """What papers call its ways to be analysed, and those that may be meant; the first is meant most often."""

    oddity: ClassVar[Mapping[str, int]] = {}
    """How little a way is expected where none is named: 0 the usual one, 1 the second thought, 2 rare."""

    stated_effects: ClassVar[tuple[StatedEffect, ...]] = ()
    """How the effect may be stated instead of by its own number."""

    slips: ClassVar[tuple[Slip, ...]] = ()
    """Mistakes that its statements are known for."""

    rounding_habits: ClassVar[tuple[RoundingHabit, ...]] = ROUNDING_HABITS
    """How its n is made a whole number, the usual way first."""

    round_numbers: ClassVar[Mapping[str, int]] = ROUND_NUMBERS
    """What its n is rounded up to beyond that, by the word for it."""

    stated_example: ClassVar[str] = ""
    """The options of a statement that is reproduced; where it is empty, typical values make one."""

    information: ClassVar[str] = ""
    """What a statement may count beside participants, as events; empty where it counts nothing else."""

    @classmethod
    def needed(cls, numbers: Mapping[str, Any]) -> tuple[str, ...]:
        """The numbers that a statement must have: those without a default.

        Of effects and comparators that may be stated in several ways, each optional, the one in use.
        """
        names = needed(cls)
        for role in ("effect", "comparator"):
            ways = with_role(cls, role)
            if ways and not set(ways) & set(names):
                names.append(next((name for name in ways if name in numbers), ways[0]))
        return tuple(name for name in parameters(cls) if name in names)

    @classmethod
    def named_otherwise(cls, name: str, value: Any) -> str:
        """What a number stands for that the design takes otherwise: a standardised effect is one at a spread of 1."""
        if not _STANDARDISED.search(name.lower()):
            return ""
        declared = parameters(cls)
        found = [next(iter(with_role(cls, role)), "") for role in ("effect", "spread")]
        if not all(one and in_units_of_the_outcome(declared[one].unit) for one in found):
            return ""
        effect, spread = found
        given = value if isinstance(value, (int, float)) else 0.5
        return f"a standardised effect of {given:g} is {setting(effect, given)} {setting(spread, 1)}"

    @classmethod
    def presumed(cls, numbers: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """What a statement that leaves numbers out means by that, and the words for it; nothing where it is unclear."""
        return {}, ""

    @classmethod
    def by_information(cls, numbers: Mapping[str, Any]) -> dict[str, Any] | None:
        """The numbers of a trial where each participant is one unit of `information`; None where none tell how many."""
        return None

    def textbook_sizes(self, power: float | None) -> Iterator[SizingMethod]:
        """The formulas of textbooks and tables for it, which it does not use itself."""
        yield from ()

    def search_size(self, power: float) -> float:
        """About how many participants its answer has, where finding it is a search that grows with them; else 0."""
        return 0.0
