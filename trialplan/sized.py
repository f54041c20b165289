"""Sized: the questions that everything answers that needs participants, with a test or without one.

What a design does not have has a default here, so that nobody probes for it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from trialplan import sizing
from trialplan.answers import Needed, SampleSize
from trialplan.errors import ParameterError, did_you_mean, field, setting
from trialplan.numerics.elementary import is_scalar
from trialplan.numerics.lazy import np
from trialplan.outcome import UNKNOWN, Counts, Outcome
from trialplan.page import Table
from trialplan.parameter import PER_TIME, POSITIVE, Numbers, Parameter, parameters, rate_of_share, with_role
from trialplan.stated import Stated
from trialplan.text import counted_in, error_rate, listed, number, plural
from trialplan.time_unit import TIME_UNITS, TimeUnit, of_time

if TYPE_CHECKING:
    from trialplan.design import Design

_QUESTIONS = (FunctionType, property, cached_property, classmethod)


@dataclass(frozen=True)
class AnalysisTest:
    """One row of a design's table of tests: what it applies to, its power, its statistic, who uses it."""

    prose: str
    formula: str
    reference: str
    goals: tuple[str, ...]
    power: Callable[[Any, Numbers], Numbers]  # P(reject), either way
    statistic: Callable[..., tuple[Any, Any]]
    scales: tuple[str, ...] = ("difference",)
    exact: bool = False
    success: Callable[[Any, Numbers], Numbers] | None = None  # P(reject in favour), where power counts a far tail
    tex: str = ""  # for superiority, an equation a line: s sides, w an arm's share of n, beta 1 - power
    not_elsewhere: str = ""  # why no second program's power is held against it, where none computes it


class _Spoken(type):
    """The class of designs: numbers that a design does not have, or lacks, are told in its words."""

    if not TYPE_CHECKING:  # a checker asks the dataclass itself

        def __call__(cls, *values: Any, **numbers: Any) -> Any:
            try:
                return super().__call__(*values, **numbers)
            except TypeError:
                _check_names(cls, values, numbers)
                raise

    @property
    def __signature__(cls) -> inspect.Signature:
        """What help shows: what `__init__` takes."""
        own = inspect.signature(cast("Any", cls).__init__)
        return own.replace(parameters=[*own.parameters.values()][1:])


@cache
def _compared(cls: type) -> tuple[str, ...]:
    """The fields by which two designs of a class are told apart."""
    return tuple(one.name for one in dataclasses.fields(cls) if one.compare)


@cache
def _in_time(cls: type, unit: TimeUnit | None) -> Mapping[str, Parameter]:
    """What a class declares, with its times in a unit."""
    declared = parameters(cls)
    return declared if unit is None else {name: one.in_time(unit) for name, one in declared.items()}


@cache
def has_times(cls: type) -> bool:
    """Whether any of the numbers that a class declares is a time, or is per time."""
    return any(of_time(one.unit) for one in parameters(cls).values())


def _content(design: Sized) -> tuple[Any, ...]:
    return tuple(getattr(design, name) for name in _compared(type(design)))


def _same(one: Any, another: Any) -> bool:
    """Whether two numbers are the same, or two arrays in every cell; an array of one is not a number."""
    shapes = _shape(one), _shape(another)
    if shapes == (None, None):
        return bool(one == another)
    return shapes[0] == shapes[1] and bool(np.array_equal(one, another))


def _shape(value: Any) -> tuple[int, ...] | None:
    """That of an array; a design, which answers for its own numbers, is none."""
    shape = getattr(value, "shape", None)
    return shape if isinstance(shape, tuple) else None


def _hashable(one: Any) -> Any:
    return one if _shape(one) is None else (one.shape, tuple(one.ravel().tolist()))


def _check_names(cls: type, values: tuple[Any, ...], numbers: Mapping[str, Any]) -> None:
    """Raise where a number has no name, another one than the design's, or is missing that has to be there."""
    there = [one for one in dataclasses.fields(cls) if one.init]
    names = [one.name for one in there]
    if values:
        reason = f"takes numbers by their names, not {', '.join(map(repr, values))} alone"
        raise ParameterError(reason, owner=cls, way_out=f"they are {', '.join(names)}")
    for name in numbers:
        if name not in names:
            other = cast("type[Sized]", cls).named_otherwise(name, numbers[name])
            other = other or did_you_mean(name, names, likeness=0.6)
            raise ParameterError(f"there is no {name!r}", owner=cls, value=name, way_out=other)
    for one in there:
        if one.name not in numbers and one.default is one.default_factory is dataclasses.MISSING:
            declared = parameters(cls).get(one.name)
            what = f": {declared.meaning}" if declared else ""
            raise ParameterError(f"is needed{what}", owner=cls, parameter=one.name)


@dataclass(frozen=True, kw_only=True)
class Sized(Stated, metaclass=_Spoken):
    """What can be sized: plain numbers, declared by `parameter`, that together need n participants."""

    arm_names: ClassVar[tuple[str, ...]] = ("treatment", "control")
    attains: ClassVar[str] = "power"
    """What `target` is, as a sentence about the answer begins."""
    tests: ClassVar[Mapping[str, AnalysisTest]] = {}
    """The analysis tests by name; empty where there is only one."""
    gives: ClassVar[type[Design] | None] = None
    """The design of the answer, where this one is a search for it."""
    directed: ClassVar[bool] = True
    """Whether its statistic has a direction; without one any rejection is a success, at the level of both sides."""
    asks_for_more: ClassVar[bool] = False
    """Whether it asks for more than that the null is excluded, and so rejects less often at the null than its level."""
    dates_looks: ClassVar[bool] = True
    """Whether the months of its looks, where it has any, follow from how many are randomised by then."""
    asks_for: ClassVar[str] = ""
    """The field that states what is asked for, where there is no power to ask for: it is open where n is given."""
    detects: ClassVar[str] = ""
    """The number of which n participants exclude all that is larger, or smaller, where there is no test of it."""
    loses_by: ClassVar[str] = ""
    """The field by which it loses participants itself, so that its n is the number randomised; empty where none is."""
    prolongs_by: ClassVar[tuple[str, ...]] = ()
    """Its times, of which any may be asked for where n is given: the longer, the more is seen; enrolment first."""
    has_level: ClassVar[bool] = False
    """Whether it tests, and so has a level and sides."""
    interval_of: ClassVar[str] = ""
    """What the deciding interval is of, where that is not what the effect is stated as."""
    in_turn: ClassVar[bool] = False
    """Whether each participant takes the treatments in turn, and so must come back to where he was."""
    of_groups: ClassVar[bool] = False
    """Whether it compares groups, as many as its numbers say, none of which need be the control."""
    unscripted: ClassVar[tuple[str, ...]] = ("allocation",)
    """Fields that the script of a second statistician does not bind: it sees what they lead to, or needs none of it."""

    time_unit: TimeUnit | None = None
    """What its times are in, and its rates per; None where nobody says. It changes words, and no number."""

    # What some designs have, as fields or fixed: nobody needs to ask whether it is there.
    outcome: ClassVar[Outcome] = UNKNOWN
    goal = ""
    scale = "difference"
    favourable = "higher"
    test = ""
    allocation = ""
    margin = cast("Numbers | tuple[float, float] | None", None)
    looks = cast("tuple[float, ...]", ())
    members = cast("tuple[Design, ...]", ())
    """The designs that this one is put around; none for a fixed design."""

    def __init_subclass__(cls) -> None:
        """Refuse a field that would hide a question which every design answers, such as power."""
        super().__init_subclass__()
        for name in inspect.get_annotations(cls):
            if any(isinstance(vars(base).get(name), _QUESTIONS) for base in cls.__mro__[1:]):
                reason = f"its field {name} bears the name of a question that every design answers"
                raise ParameterError(reason, owner=cls.__name__, way_out="give the field another name")
        if "__repr__" not in vars(cls):
            cls.__repr__ = Sized.__repr__  # type: ignore[method-assign]  # a dataclass would write its own
        # as it would of these, which fail for arrays: numpy compares them cell by cell, and they have no hash
        cls.__eq__, cls.__hash__ = Sized.__eq__, Sized.__hash__  # type: ignore[method-assign]

    def __post_init__(self) -> None:
        """Check every declared number against its domain, then how they fit together."""
        if self.time_unit not in (None, *TIME_UNITS):
            reason = f"must be one of {', '.join(TIME_UNITS)}, not {self.time_unit!r}"
            raise ParameterError(reason, owner=self, parameter="time_unit", value=self.time_unit)
        if self.time_unit is not None and not (self.members or has_times(type(self))):
            reason, way_out = f"is the unit of a design's times, and {self.slug()} has none", "leave it out"
            raise ParameterError(reason, owner=self, parameter="time_unit", value=self.time_unit, way_out=way_out)
        good, own = _good_defaults(type(self)), vars(self)
        for name, declared in parameters(type(self)).items():
            value = own[name]
            if value is good.get(name, dataclasses.MISSING):
                continue
            if declared.role == "method":
                value = self._meant(name, declared)
            if not (value is None and declared.open and self.has_level):  # what a trial can show may be what is asked
                own[name] = declared.check(type(self).__name__, name, value)
        self.check()

    def __eq__(self, other: object) -> bool:
        """Whether it is the same design with the same numbers; arrays are the same where all their cells are."""
        if self is other:
            return True
        if type(self) is not type(other):
            return NotImplemented
        return all(_same(one, another) for one, another in zip(_content(self), _content(other), strict=True))

    def __hash__(self) -> int:
        """That of its numbers, by content where they are arrays."""
        content = _content(self)
        try:
            return hash(content)
        except TypeError:
            return hash(tuple(_hashable(one) for one in content))

    def __repr__(self) -> str:
        """The design with the numbers that it has."""
        there = ((one.name, getattr(self, one.name)) for one in dataclasses.fields(self) if one.repr and one.init)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in there if value is not None)})"

    def _meant(self, name: str, declared: Parameter) -> Any:
        """What a field holds; of another name of a test the test that is meant, where there is one and no other."""
        value = getattr(self, name)
        if not isinstance(value, str) or value in declared.choices:
            return value
        words = re.sub(r"[\s_]+", "-", value.strip().lower())
        meant = [way for way in self.called.get(words, ()) if way in declared.choices]
        if len(meant) > 1:
            reason = f"{value} may mean any of {listed(meant)}"
            raise ParameterError(reason, owner=self, parameter=name, value=value, way_out="name the one that is meant")
        return meant[0] if meant else value

    def check(self) -> None:
        """Raise ParameterError where numbers that are fine alone do not fit together."""

    @classmethod
    def slug(cls) -> str:
        """The design's name on the command line and in plan files: two-proportions."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    def replace(self, **numbers: Any) -> Self:
        """The same trial with other numbers."""
        return dataclasses.replace(self, **numbers)

    def declarations(self) -> Mapping[str, Parameter]:
        """The declared numbers by the name by which `replace` takes them, through wrappers too; times in their unit."""
        return _in_time(type(self), self.time_unit)

    def assumptions(self) -> dict[str, Any]:
        """The numbers and choices that the trial rests on, by name; those that are not used are left out."""
        values = {name: getattr(self, name) for name in parameters(type(self))}
        return {name: value for name, value in values.items() if value is not None}

    @property
    def fixed(self) -> Sized:
        """The design without looks; itself where it has none."""
        return self

    def field(self, role: str) -> str | None:
        """The name of the number with this role, the first that is given; None where there is none.

        Roles are effect, comparator (a control rate, a null), spread, association and size.
        """
        for name in with_role(type(self), role):  # `next` over a generator takes twice as long
            if getattr(self, name) is not None:
                return name
        return None

    def declared(self, role: str) -> Parameter | None:
        """What the design declares of its number with this role; None where there is none."""
        name = self.field(role)
        return None if name is None else _in_time(type(self), self.time_unit)[name]

    def value(self, role: str) -> Numbers:
        """The number with this role."""
        name = self.field(role)
        if name is None:
            raise ParameterError(f"it has no {role}", owner=self)
        return getattr(self, name)

    @property
    def logarithmic(self) -> bool:
        """Whether the statistic is a straight line in the logarithm of the effect, as for ratios."""
        effect = self.declared("effect")
        return effect is not None and effect.domain == POSITIVE

    @property
    def upward(self) -> bool:
        """Whether higher values favour the treatment."""
        return self.favourable == "higher"

    @property
    def sign(self) -> int:
        """1 where higher values favour the treatment, else -1."""
        return 1 if self.upward else -1

    @property
    def followed(self) -> Numbers | None:
        """The time for which every participant who does not leave is followed at least; None where it is not known."""
        return None

    @classmethod
    def losing(cls, share: float, followed: Numbers | None = None) -> str:
        """How a share of participants who are lost is stated by its own number for that, as a way out.

        A rate at which they leave follows from the time for which they are `followed`.
        """
        declared = parameters(cls)[cls.loses_by]
        if declared.unit != PER_TIME:
            return f"state the losses by {field(cls.loses_by)}, the {declared.label}"
        words, rate = rate_of_share(share, followed)
        told = f"state the losses by {field(cls.loses_by)}, a rate {PER_TIME}: {words}"
        return told if rate is None else f"{told}, as in {setting(cls.loses_by, rate)}"

    @property
    def only_n(self) -> int | None:
        """The participants that its own numbers fix; None where n is free, and is what is asked."""
        return None

    @classmethod
    def fixes_n(cls) -> bool:
        """Whether its own numbers fix n."""
        return cls.only_n is not Sized.only_n

    @property
    def smooth(self) -> bool:
        """Whether what is attained rises with n without a dent; exact tests of counts do not."""
        return True

    @property
    def exact(self) -> bool:
        """Whether what is claimed is the truth, so that simulation must reproduce it."""
        return False

    def attained(self, n: Numbers) -> Numbers:
        """What n participants attain, in the terms of `target`."""
        raise NotImplementedError

    def detectable(self, n: Numbers) -> Numbers:
        """The limit that n participants set to what it `detects`."""
        raise NotImplementedError

    def detected(self, n: int, value: float) -> str:
        """That limit as a sentence."""
        raise NotImplementedError

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """What else the answer holds."""
        return {}

    def participants_needed(self, n: int, enrolled: int | None = None) -> Needed | None:
        """How many of those enrolled, n unless told, are needed where arms end one by one; None where all are."""
        return None

    def way(self) -> str:
        """The name of its way among several to be analysed or computed: the test, the method, the criterion."""
        name = self.field("method")
        return self.slug() if name is None else str(self.value("method"))

    @property
    def not_elsewhere(self) -> str:
        """Why no second program's power is held against its own; empty where a script computes it."""
        way = self.way()
        return self.tests[way].not_elsewhere if way in self.tests else ""

    def prose_of(self, way: str) -> str:
        """A line on one of the ways: what it is, who uses it, when it errs; empty where nothing is said."""
        return self.tests[way].prose if way in self.tests else ""

    def clusters(self, n: Any) -> Mapping[str, int]:
        """How many clusters n participants come in, of each arm that has some; empty where each comes alone."""
        return {}

    @property
    def further_treatments(self) -> tuple[str, ...]:
        """What is given in turn besides the treatment and the control that are compared; nothing, mostly."""
        return ()

    @property
    def orders(self) -> Mapping[str, tuple[str, ...]]:
        """What participants take in turn, period by period: the arms' names by the name of each order; mostly empty."""
        return {}

    def last_clusters(self, n: Any) -> Mapping[str, int]:
        """Participants of the last cluster of each arm whose clusters n does not fill; empty where it fills them."""
        return {}

    def gathered(self, n: Any, names: Mapping[str, str] | None = None) -> str:
        """In how many clusters n participants come, arm by arm, by these names; empty where each comes alone."""
        last = self.last_clusters(n)
        told = []
        for arm, count in self.clusters(n).items():
            short = f" (the last of {last[arm]:,})" if arm in last else ""
            told.append(f"{plural(count, 'cluster')} of {arm if names is None else names[arm]}{short}")
        return listed(told)

    def rests_on(self) -> tuple[str, ...]:
        """What n depends on that no number tells, as clauses: an order, and what holds where a number is left out."""
        return ()

    def detail_rows(self, extra: Mapping[str, Any]) -> list[tuple[str, str]]:
        """What a page says of the answer's further numbers, `details`: (label, value as it is read) each."""
        plain = {name: value for name, value in extra.items() if isinstance(value, (int, float, str))}
        size = plain.pop("actual_size", None)
        rows = [] if size is None else [("actual level", error_rate(float(size)))]
        return [*rows, *((self._detail_label(name), self._detail(name, value)) for name, value in plain.items())]

    def _detail(self, name: str, value: Any) -> str:
        """A further number as it is read: a time with its unit, where somebody says it."""
        unit = f" {self.time_unit}" if self.time_unit and name == "duration" else ""
        return f"{number(value)}{unit}"

    def _detail_label(self, name: str) -> str:
        """The words of a detail's name; of one that ends with an arm's that arm comes after a comma."""
        words = name.replace("_", " ")
        for arm in self.arm_names:
            words = re.sub(rf" {re.escape(arm)}$", f", {arm}", words)
        return words

    def detail_tables(self, extra: Mapping[str, Any]) -> list[Table]:
        """What a page shows of them as tables."""
        return []

    def script_numbers(self, answer: SampleSize) -> Mapping[str, Any]:
        """What the script of a second statistician needs of this design beyond its fields and the answer's n."""
        return {}

    # What a protocol says beside the number.

    def observed_in(self, arms: Mapping[str, Any]) -> float | None:
        """How many participants of a trial with these arms are those in question; None where that cannot be told."""
        return float(sum(arms.values())) if set(arms) == set(self.arm_names) else None

    def against_control(self, allocation: str) -> Design | None:
        """The trial that tells what is asked here of one arm from the same in a control arm; none is known."""
        return None

    def which_spread(self) -> tuple[str, str]:
        """What its standard deviation could be taken for, and which one the number uses; empty where that is clear."""
        return "", ""

    @classmethod
    def no_power(cls) -> str:
        """Why its power cannot be asked for: it does not test, or it searches for the design that does."""
        if cls.gives is None:
            return f"{cls.slug()} has no test and no power"
        return (
            f"{cls.slug()} has no test and no power of its own: it searches for a design; its answer is a "
            f"{cls.gives.slug()} design, which can be asked"
        )

    @property
    def done(self) -> str:
        """What is done with participants: chance gives them an arm or an order, or there is just one."""
        return "randomised" if len(self.arm_names) > 1 or self.fixed.in_turn else "enrolled"

    # Counts, where the outcome is finite.

    def count_sizes(self, n: int) -> tuple[int, ...]:
        """The participants of each group whose outcomes are counted: the arms."""
        return tuple(round(float(size)) for size in self.split(n))

    def count_rates(self) -> tuple[Numbers, ...]:
        """The true rate of each group whose outcomes are counted."""
        raise NotImplementedError

    def judge(self, counts: tuple[Any, ...], sizes: tuple[int, ...]) -> tuple[Any, Any]:
        """Signed statistic and whether it rejects, for the counts of each group, by the analysis test itself.

        Of a statistic that is a z the counts need not be whole, and the sizes may be arrays that broadcast with them.
        """
        raise NotImplementedError

    def counted(self, n: int) -> Counts | None:
        """The joint distribution of what is counted; None where outcomes are not finite."""
        return self.outcome.counts(self, n)

    @property
    def formula(self) -> str:
        """The name of the formula that gives the number."""
        raise NotImplementedError

    @property
    def reference(self) -> str:
        """Where the formula is published."""
        raise NotImplementedError

    @property
    def weights(self) -> tuple[int, ...]:
        """Participants of each arm in one allocation block."""
        return _weights(self.allocation)

    @cached_property
    def block(self) -> int:
        """Participants in one allocation block: n is a whole number of these."""
        return sum(self.weights)

    @property
    def step(self) -> Numbers:
        """Participants by which n grows when it is sought: a block, or as many as fill what comes only as a whole."""
        return self.block

    @property
    def decides(self) -> str:
        """What decides where no interval does, as a clause; empty where one does."""
        return ""

    @property
    def rounded_to(self) -> str:
        """What the arms are whole numbers of where n is sought."""
        fills = int(self.step) > self.block and {*self.fixed.clusters(self.step)} == {*self.arm_names}
        return "whole clusters" if fills else "whole allocation blocks"

    def rule_alone(self) -> str:
        """Of several treatments or endpoints what must be shown, where no plan names them; empty for a single one."""
        return ""

    def treatments_of(self, arm: str) -> tuple[int, ...]:
        """The places, from 0, of the treatments that an arm gets: one each, and the last arm, the control, none."""
        place = self.arm_names.index(arm)
        return (place,) if place + 1 < len(self.arm_names) else ()

    @property
    def counted_in(self) -> str:
        """What n counts: participants, or the pairs that a design compares within."""
        return counted_in(self.arm_names)

    def split(self, n: Numbers) -> tuple[Numbers, ...]:
        """The arms' shares of n participants, in the order of `arm_names`; fractional where n is."""
        block = self.block
        return tuple([n * weight / block for weight in self.weights])

    def arms(self, n: Numbers) -> dict[str, Numbers]:
        """Whole participants per arm; n must be a whole number of allocation blocks."""
        for total in (n,) if is_scalar(n) else np.ravel(n):
            self.check_n(float(total))
        return {name: sizing.whole(share) for name, share in zip(self.arm_names, self.split(n), strict=True)}

    def check_n(self, n: float) -> None:
        """Raise unless n is the total of whole allocation blocks, and no more than there could ever be."""
        if isinstance(n, str):
            raise ParameterError(f"must be a whole number of participants in all, not {n!r}", owner=self, parameter="n")
        if not n <= sizing.LARGEST:  # nan too
            reason = f"must be at most {sizing.LARGEST:,.0f} participants, more than there are people, not {n:.15g}"
            raise ParameterError(reason, owner=self, parameter="n", value=n)
        if n % self.block or n < self.block:
            below = max(math.floor(n / self.block), 1) * self.block
            near = f"{below} or {below + self.block}" if n > self.block else f"{self.block}"
            split = f", split {':'.join(map(str, self.weights))}" if self.allocation else ""
            reason = f"is the total and must be a positive multiple of {self.block}{split}, not {n:.15g}"
            raise ParameterError(reason, owner=self, parameter="n", value=n, way_out=f"try {near}")

    def check_stated(self, n: float) -> None:
        """Raise, too, where n as somebody states it could not be that of such a trial, though it may be searched."""
        self.check_n(n)

    def sample_size(self, target: Numbers = None) -> SampleSize:
        """The fewest participants, in whole allocation blocks, that reach `target`, or what its own numbers ask for."""
        raise NotImplementedError

    def _asked(self, name: str, target: Numbers | None) -> Numbers:
        """The target, checked as the field `name` that states it is; that field where none is given."""
        if target is None:
            return getattr(self, name)
        return parameters(type(self))[name].check(type(self).__name__, name, target)

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)


@cache
def _good_defaults(cls: type[Sized]) -> Mapping[str, Any]:
    """The defaults that the check leaves as they are: it need not be repeated for each of a thousand designs."""
    good: dict[str, Any] = {}
    for one in dataclasses.fields(cls):
        declared = parameters(cls).get(one.name)
        if declared is None or one.default is dataclasses.MISSING:
            continue
        if one.default is None and declared.open and cls.has_level:
            good[one.name] = None
        with contextlib.suppress(ParameterError):  # of a number that has to be stated
            if declared.check(cls.__name__, one.name, one.default) == one.default:
                good[one.name] = one.default
    return good


@lru_cache(maxsize=64)
def _weights(allocation: str) -> tuple[int, ...]:
    """Participants of each arm in a block, remembered: one answer asks some thirty times."""
    return tuple(map(int, allocation.split(":"))) if allocation else (1,)
