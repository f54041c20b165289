"""A design around one or several designs: it hands its level to them, and delegates what it does not change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Self

from trialplan.design import Design
from trialplan.errors import ParameterError, field
from trialplan.numerics.lazy import np
from trialplan.outcome import Counts
from trialplan.parameter import Interval, Numbers, parameters
from trialplan.text import listed, listed_apart

if TYPE_CHECKING:
    from trialplan.figures.canvas import Figure
    from trialplan.page import Table

LEVEL: tuple[str, ...] = ("alpha", "sides")

ON_ITS_NULL = "on the edge of its null hypothesis"
"""Where an endpoint or a treatment lies of which nothing may be shown."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """What a plan calls what a wrapper numbers: its hypotheses, its members, and its arms by the design's names.

    `between` stands between the two of a pair.
    """

    tested: Sequence[str]
    members: Sequence[str]
    arms: Mapping[str, str]
    between: str = "; "


class Wrapper(Design):
    """A design around others: looks at one, several endpoints, several arms, clusters.

    A wrapper says its `members`, how they are put in place (`place`), and `with_members`, itself around others. The
    level is the wrapper's: each member tests at its share of alpha (`shares`), all of it unless the wrapper says
    otherwise. Where no level is given it is the members' own, which must agree; one with another level is refused.
    """

    def with_members(self, members: tuple[Design, ...]) -> Self:
        """The same wrapper around other designs."""
        raise NotImplementedError

    def place(self, members: tuple[Design, ...]) -> None:
        """Put the members where the wrapper keeps them, while it is made."""
        raise NotImplementedError

    @property
    def shares(self) -> tuple[float, ...]:
        """The share of alpha that each member tests at."""
        return (1.0,) * len(self.members)

    def rule_in_words(self, names: Sequence[str]) -> str:
        """What the trial must show of members with these names, and at which levels, as a protocol says it."""
        raise NotImplementedError

    def _names_alone(self) -> tuple[str, ...]:
        """What it tests, by numbered endpoints and the arms' own names."""
        members = [f"endpoint {i + 1}" for i in range(len(self.members))]
        return self.named(members, self.arm_names[:-1])

    def rule_alone(self) -> str:
        """The rule, with numbered endpoints and the arms' own names."""
        return self.rule_in_words(self._names_alone())

    def aimed_at_alone(self) -> str:
        """The same of what an effect is to be shown of, or on."""
        return self.aimed_at(self._names_alone())

    @property
    def numbered(self) -> tuple[str, str]:
        """What its tables number: one of them, and several."""
        return "endpoint", "endpoints"

    @property
    def null_in_words(self) -> str:
        """What is true in each of `at_null`, as a clause."""
        return f"one of the {self.numbered[1]} lay {ON_ITS_NULL}, and the others were as planned"

    def named(self, members: Sequence[str], treatments: Sequence[str]) -> tuple[str, ...]:
        """What it tests, by names of the members and of what they compare with the control: the members."""
        return tuple(members)

    def named_tables(self, extra: Mapping[str, Any], names: Names) -> list[Table]:
        """The tables of `detail_tables` with names where those number hypotheses, members and arms."""
        return self.detail_tables(extra)

    def rule_figure(self, names: Sequence[str]) -> Figure | None:
        """The picture of its rule, by names of what it tests; none where words are enough."""
        return None

    def aimed_at(self, names: Sequence[str]) -> str:
        """Of which of the members, by these names, an effect is to be shown; all of them unless it says otherwise."""
        return f"each of {listed_apart(names)}"

    @property
    def lead(self) -> Design:
        """The first member."""
        return self.members[0]

    def __post_init__(self) -> None:
        """Share the level out."""
        if self.members and all(isinstance(one, Design) for one in self.members):
            self._share_level()
            self._share_time_unit()
        super().__post_init__()
        self._check_own_numbers()

    def _share_time_unit(self) -> None:
        """What the times of all members are in; what none of them is in is refused, for it would change no word."""
        units = {one.time_unit for one in self.members}
        if self.time_unit is not None and self.time_unit not in units:
            reason = f"is that of the times of {listed(one.slug() for one in self.members)}, and is not said there"
            raise ParameterError(
                reason,
                owner=self,
                parameter="time_unit",
                value=self.time_unit,
                way_out=f"say time_unit={self.time_unit!r} of the design that it is put around",
            )
        self._set("time_unit", units.pop() if len(units) == 1 else None)

    def _check_own_numbers(self) -> None:
        """One for all cells: a grid is of the members' numbers and of the level, and `cell` takes only those apart."""
        for name, declared in parameters(type(self)).items():
            own = isinstance(declared.domain, Interval) and not declared.axis and name not in LEVEL
            if own and np.ndim(value := getattr(self, name)):
                reason = f"must be one number, not {','.join(f'{one:g}' for one in np.ravel(value))}"
                raise ParameterError(reason, owner=self, parameter=name, value=value, way_out="ask for each on its own")

    def _share_level(self) -> None:
        """The level that is given reaches every member; one that is not is what they all have."""
        declared, owner = parameters(type(self)), type(self).__name__
        given = {name: declared[name].check(owner, name, getattr(self, name)) for name in LEVEL}
        whole = {name: value for name, value in given.items() if value is not None}
        whole.setdefault("alpha", self.lead.alpha / self.shares[0])
        whole.setdefault("sides", self.lead.sides)
        shared = zip(self.members, self.shares, strict=True)
        members = [self._at_level(i, one, share, whole, given) for i, (one, share) in enumerate(shared, 1)]
        self.place(tuple(members))
        for name, value in whole.items():
            self._set(name, value)

    def _at_level(self, number: int, member: Design, share: float, whole: dict[str, Any], given: dict[str, Any]) -> Any:
        """The member at its share of the level; an error where it states another, or has another by its goal."""
        asked = {"alpha": whole["alpha"] * share, "sides": whole["sides"]}
        follows = any(one is not None for one in given.values()) or _same(member.level, asked["alpha"] / asked["sides"])
        handed: dict[str, Any] = {}
        for name, value in asked.items():
            own, differs = getattr(member, name), not _same(getattr(member, name), value)
            if differs and not (name in member.defaulted and follows):
                raise ParameterError(
                    f"member {number} ({member.slug()}) has {field(name)} = {own:g}, and the whole {value:g}",
                    owner=self,
                    value=own,
                    way_out=f"the level is the whole's: state {field('alpha')} and {field('sides')} there, and leave "
                    "them out of the members",
                )
            if name in member.defaulted and (differs or given[name] is not None):
                handed[name] = value
        return member.replace(**handed) if handed else member

    def shape(self, *others: Any) -> tuple[int, ...]:
        """That of all members together."""
        shapes = [shape for member in self.members if (shape := member.shape(*others))]
        return np.broadcast_shapes(*shapes) if shapes else ()

    def _which_is_open(self) -> str | None:
        """The first effect that a member leaves open."""
        return next((one.open_effect for one in self.members if one.open_effect is not None), None)

    def counted(self, n: int) -> Counts | None:
        """None, unless a wrapper says what of the counts its own analysis sees."""
        return None

    def cell(self, index: tuple[int, ...], shape: tuple[int, ...]) -> Self:
        """The same wrapper around the members' cells."""
        return self.with_members(tuple(one.cell(index, shape) for one in self.members))

    def participants_of_one(self, n: Numbers) -> Numbers:
        """Those of one comparison among n: all, unless a wrapper compares several treatments with one control."""
        return n

    @property
    def fixed(self) -> Design:
        """Itself: only looks are taken off."""
        return self


def _same(one: Any, other: Any) -> bool:
    plain = isinstance(one, (int, float)) and isinstance(other, (int, float))
    return bool(one == other if plain else np.array_equal(one, other))


_DELEGATED = ("arm_names", "outcome", "goal", "scale", "favourable", "test", "allocation", "margin")
"""What is the inner design's, and is written down once, so that whoever asks a wrapper need not know that it is one."""


def _of_inner(question: str) -> Any:
    """The inner design's answer: a property, which for a question with arguments gives the inner design's method."""
    return property(attrgetter(f"lead.{question}"))


class WrapperOfOne(Wrapper):
    """A design around one other, whose answers are that one's, save where it says otherwise."""

    def __post_init__(self) -> None:
        """Hand the level on, and take from the inner design what is delegated."""
        if isinstance(self.lead, Design):
            for name in _DELEGATED:
                self._set(name, getattr(self.lead, name))
        super().__post_init__()

    weights = _of_inner("weights")
    upward = _of_inner("upward")
    two_tailed = _of_inner("two_tailed")
    logarithmic = _of_inner("logarithmic")
    test_scale = _of_inner("test_scale")
    defaulted = _of_inner("defaulted")
    field = _of_inner("field")
    declared = _of_inner("declared")
    value = _of_inner("value")
    effect_value = _of_inner("effect_value")
    effect_unit = _of_inner("effect_unit")
    effect_domain = _of_inner("effect_domain")
    null_values = _of_inner("null_values")
    planned_estimate = _of_inner("planned_estimate")
    null_estimate = _of_inner("null_estimate")
    count_sizes = _of_inner("count_sizes")
    count_rates = _of_inner("count_rates")
