"""A design's number, declared once: its meaning, symbol, unit, domain and typical range.

The declaration is what the command line offers, what an error quotes, what the documentation prints
and what the conformance tests draw from.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from trialplan.errors import ParameterError, did_you_mean
from trialplan.numerics.lazy import np
from trialplan.text import in_plural
from trialplan.time_unit import in_time

Numbers = Any
"""A number, or an array of numbers that broadcasts against the others."""


_NEAR_AN_END, _NEAR_ZERO = 1e-15, 1e-100
"""How near a number may come to an end that is open: nothing is left of 1 - rate beyond the first, while near 0 a
number keeps its digits, and its square must not become 0."""

_LEAST, _LARGEST, _FARTHEST = 1e-50, 1e50, 1e70
"""The ends of a positive number that has none, and of a number of either sign: their ratio, squared and times the
participants there are, is still a number to a computer."""


@dataclass(frozen=True)
class Interval:
    """The values that a number may take, from `low` to `high`; `closed` names the ends that belong to it.

    `certain` says that the ends are cases of their own, as rates of 0 and 1 are: what is nearer to one of them than
    arithmetic can carry is still refused.
    """

    low: float = -math.inf
    high: float = math.inf
    closed: str = ""
    certain: bool = False

    @functools.cached_property
    def carried(self) -> Interval:
        """The part of it in which arithmetic keeps its digits: away from its open ends, and from infinity."""
        if self.certain:
            return Interval(self.low, self.high).carried
        near = _NEAR_AN_END if self.low else _NEAR_ZERO if math.isfinite(self.high) else _LEAST
        low, high = self.low, self.high
        if math.isinf(low):
            low = -_FARTHEST
        elif "left" not in self.closed:
            low += near
        if math.isinf(high):
            high = _LARGEST if math.isfinite(self.low) else _FARTHEST
        elif "right" not in self.closed:
            high -= _NEAR_AN_END
        return Interval(low, high, "left right")

    @property
    def searched(self) -> Interval:
        """Where an effect is looked for: infinity stays, and of an open end there is a little less than is carried."""
        if self.certain:
            return Interval(self.low, self.high).searched
        low, high = self.carried.low, self.carried.high
        return Interval(
            low + (low - self.low) if math.isfinite(self.low) else self.low,
            high - (self.high - high) if math.isfinite(self.high) else self.high,
            "left right",
        )

    def __contains__(self, value: float) -> bool:
        above = value >= self.low if "left" in self.closed else value > self.low
        below = value <= self.high if "right" in self.closed else value < self.high
        return above and below

    def __str__(self) -> str:
        left = "[" if "left" in self.closed else "("
        right = "]" if "right" in self.closed else ")"
        return f"{left}{_near(self.low)}, {_near(self.high)}{right}"


ROLES = ("effect", "comparator", "spread", "association", "size", "method", "choice")

PROPORTION = Interval(0, 1)
RATE = Interval(0, 1, "left right", certain=True)
"""Of those that certainly respond, or certainly do not, too, where the test can bear it."""
POSITIVE = Interval(0)
_WHOLE = 1e-6
"""What shares that are the whole may lack of it, by their rounding."""
REAL = Interval()


@dataclass(frozen=True)
class Parameter:
    """What a design says about one of its fields."""

    meaning: str
    symbol: str = ""
    unit: str = ""
    domain: Interval | tuple[Any, ...] | None = None
    typical: tuple[float, ...] = ()
    example: str | tuple[float, ...] = ""
    """What is typed for it in an example, where it is no number, and of a vector where its typical ends are too few."""
    optional: bool = False
    read: Callable[[Any], Any] | None = None
    open: bool = False
    """Whether it is what a question may leave open: an effect that has no default."""
    axis: str = ""
    """What it has a value for each of, such as strata, where it is a vector: the core axis, always the last one."""
    order: str = ""
    """Where it is a vector of which each value must lie beyond the one before: rises, or falls."""
    likely: float = math.inf
    """The largest share that anybody means: what is more in per cent was not meant as one."""
    shown: str = ""
    """What the help prints for it after the option, where its domain does not tell."""
    one: str = ""
    """What a vector is called that has one value, where its meaning speaks of several."""
    but_last: str = ""
    """What shares of a whole are called where the last one is left out, for it is what is left."""
    of_each: str = ""
    """What it is called where several treatments are planned alike, and its meaning speaks of the treatment."""
    role: str = ""
    """What is asked for without its name: effect, comparator (control rate, null), spread, association, size; method is
    the way among several in which the same trial is analysed or computed, choice a number that the planners set, as a
    milestone, so that it cannot turn out to be another."""

    def __post_init__(self) -> None:
        """A role is one of those that questions ask for."""
        if self.role not in ("", *ROLES):
            raise ValueError(f"{self.meaning}: role must be one of {', '.join(ROLES)}, not {self.role!r}")

    @property
    def label(self) -> str:
        """What the number is in a few words: its meaning without the asides."""
        return re.split(r"[,;:(]", self.meaning)[0].strip()

    def called(self, value: Any) -> str:
        """What a value is called in a sentence: of several the plural, and by what they go where that is not said.

        >>> Parameter("rate in the control arm", axis="strata").called((0.3, 0.4))
        'rates in the control arm by strata'
        """
        part = self.but_last and isinstance(value, tuple) and sum(value) < 1 - _WHOLE
        words = self.but_last if part else self.label.removeprefix("the ")
        if not several(value):
            return self.one if self.one and isinstance(value, tuple) else words
        head = _HEAD.match(words)
        assert head is not None  # any word is one
        many = in_plural(head[0]) + words[head.end() :]
        each = head[0].endswith("s") or self.axis in many or re.search(r"\beach\b", many)
        return many if each else f"{many} by {self.axis}"

    def clause(self, value: Any) -> str:
        """A sentence up to the value: "the rate in the control arm is", "the times of the visits are"."""
        return f"the {(words := self.called(value))} {verb(words, value)}"

    def of_each_treatment(self) -> Parameter:
        """The same of each of several treatments that are planned alike."""
        return dataclasses.replace(self, meaning=self.of_each or self.meaning)

    def in_time(self, unit: str | None) -> Parameter:
        """The same with its times in a unit."""
        return dataclasses.replace(self, meaning=in_time(self.meaning, unit), unit=in_time(self.unit, unit))

    @functools.cached_property
    def choices(self) -> tuple[Any, ...]:
        """The values of an enumerated choice; empty for a number."""
        return self.domain if isinstance(self.domain, tuple) else ()

    def check(self, owner: str, name: str, value: Any) -> Any:
        """The value in its plain form, or a ParameterError that names owner, parameter, domain and way out."""
        if value is None and self.optional:
            return None
        try:
            return self.read_value(value)
        except ParameterError as why:
            if not why.owner:
                why.owner, why.parameter, why.value = owner, name, value
            raise

    def read_value(self, value: Any) -> Any:
        """The value in its plain form, or a ParameterError whose reason is said of the parameter, as in a `read`."""
        if value is None:
            offer = f", one of {', '.join(map(str, self.choices))}" if self.choices else ""
            raise ParameterError(f"is needed: {self.meaning}{offer}")
        if self.read is not None:
            return self.read(value)
        if self.choices:
            return _choice(value, self.choices)
        try:
            return (_vector if self.axis else _number)(value, self.domain, self.unit)
        except _OutsideError as why:
            raise ParameterError(str(why.args[0]), way_out=self._of_percent(why.value)) from None

    def _of_percent(self, value: float) -> str:
        """How to write a share that was given in per cent, where it is likely to be one.

        From 2 to 100 it is. Between 1 and 2 it is only of what may be 1 or 2 %, as a level; of a power or a rate, 1.2
        is as likely to be a slip of the keyboard for 0.12.
        """
        within = isinstance(self.domain, Interval) and (self.domain.low, self.domain.high) == (0, 1)
        share = self.unit == "proportion" or within
        small = bool(self.typical) and self.typical[0] < _SMALL
        # where none may be lost, a share of 1 is more likely to be one per cent than everybody
        from_one = small or (isinstance(self.domain, Interval) and 0 in self.domain and 1 not in self.domain)
        likely = _SURELY <= value <= 100 or (from_one and 1 <= value < _SURELY)
        if value > 100 * self.likely:
            return f"it is small, as in {_plain(self.typical[0])} or {_plain(self.typical[-1])}"
        written = likely and isinstance(self.domain, Interval) and value / 100 in self.domain
        return of_percent(f"{_plain(value)}%") if share and written else ""


_HEAD = re.compile(
    r".+?(?= (?:of|in|at|since|for|over|with|by|up|under|between|within|from|to|that|which|without|who|hoped|minus)\b"
    r"|$)"
)
"""What a meaning speaks of: the noun, with what stands before it."""


def several(value: Any) -> bool:
    """Whether a value is a vector of more than one number."""
    return isinstance(value, tuple) and len(value) > 1


def verb(words: str, value: Any) -> str:
    """Whether what is called so "is" or "are": several values are, and one of odds or times.

    >>> verb("odds of a later category", 1.6), verb("rate in the control arm", 0.3)
    ('are', 'is')
    """
    head = _HEAD.match(words)
    return "are" if several(value) or (head is not None and head[0].endswith("s")) else "is"


def parameter(
    meaning: str,
    domain: Any = REAL,
    *,
    default: Any = dataclasses.MISSING,
    optional: bool = False,
    **words: Any,
) -> Any:
    """A dataclass field that carries its declaration; `optional` ones, and an effect, default to None.

    `domain` is an interval, the choices, or the Literal type of the field, which is its choices; None takes anything.
    """
    domain = get_args(domain) if get_origin(domain) is Literal else domain
    is_open = words.get("role") == "effect" and default is dataclasses.MISSING
    declared = Parameter(meaning, domain=domain, optional=optional, open=is_open, **words)
    if default is dataclasses.MISSING and (optional or declared.open):
        default = None
    return dataclasses.field(default=default, metadata={"parameter": declared})


_DECLARED: dict[type, Mapping[str, Parameter]] = {}
_WITH_ROLE: dict[tuple[type, str], tuple[str, ...]] = {}


def parameters(cls: type) -> Mapping[str, Parameter]:
    """The declared fields of a design by name: its own first, then what every design has."""
    if cls not in _DECLARED:
        fields: list[Any] = [f for f in dataclasses.fields(cls) if "parameter" in f.metadata]
        fields.sort(key=lambda f: f.name in _SHARED)  # stable: the order of declaration is kept
        _DECLARED[cls] = {f.name: f.metadata["parameter"] for f in fields}
    return _DECLARED[cls]


def needed(cls: type) -> list[str]:
    """The fields that a sample size cannot do without: those that have no default, and an effect that is left open."""
    defaults = {one.name: one.default for one in dataclasses.fields(cls)}
    return [
        name
        for name, one in parameters(cls).items()
        if defaults[name] is dataclasses.MISSING or (one.open and not one.optional)
    ]


def with_role(cls: type, role: str) -> tuple[str, ...]:
    """The fields of a design's class that have a role, as they are declared: an effect has one for each scale."""
    if (cls, role) not in _WITH_ROLE:
        _WITH_ROLE[cls, role] = tuple(name for name, one in parameters(cls).items() if one.role == role)
    return _WITH_ROLE[cls, role]


def typical(cls: type[Any]) -> dict[str, Any]:
    """The numbers of a sensible call, from the typical values that the design declares."""
    # of several ways to state the effect, the comparator or the spread, the first; an effect that has a default is the
    # plan's own, which other numbers state
    first = [name for role in ("effect", "comparator", "spread") for name in with_role(cls, role)[:1]]
    first = [name for name in first if parameters(cls)[name].role != "effect" or parameters(cls)[name].open]
    shown = {*needed(cls), *cls.needed({}), *first}
    return {name: one.example or _typical(one) for name, one in parameters(cls).items() if name in shown}


def _typical(declared: Parameter) -> Any:
    """A typical value; of a vector the two ends of what is typical."""
    return declared.typical if declared.axis else declared.typical[0]


def effect_on(scale: str | None, names: Sequence[str]) -> str:
    """Of the fields that hold an effect the one that is named for a scale, or the first."""
    name = (scale or "").replace("-", "_")
    return name if name in names else names[0]


_SHARED = ("alpha", "sides", "allocation")


def _choice(value: Any, choices: tuple[Any, ...]) -> Any:
    if isinstance(value, (str, int, float)) and not isinstance(value, bool) and value in choices:
        return value
    offer = ", ".join(map(str, choices))
    if isinstance(value, str):
        nearest = did_you_mean(value, map(str, choices))
        # where none is near, the nearest is told by all of them, which stand there already
        way_out = nearest if nearest.endswith("?") else ""
        raise ParameterError(f"is {value!r}, which is not one of {offer}", way_out=way_out)
    raise ParameterError(f"must be one of {offer}, not {value!r}")


def _number(value: Any, domain: Any, unit: str) -> Any:
    """A float, or an array of floats for anything with more than one element."""
    if isinstance(value, (bool, str)):
        # an outcome may itself be measured in per cent
        way_out = as_decimal(value) or ("" if in_units_of_the_outcome(unit) else of_percent(value))
        raise ParameterError(f"must be a number, not {value!r}", way_out=way_out)
    if isinstance(value, int) and abs(value) > _FARTHEST:  # more figures than a float may have
        raise ParameterError(f"must lie in {domain.carried}, where arithmetic keeps its digits, not {_brief(value)}")
    if isinstance(value, (int, float)):
        return _inside(float(value), domain)
    try:
        values = np.asarray(value)
    except ValueError:  # ragged lists
        raise ParameterError(f"must be a number, not {value!r}") from None
    if not values.size:
        raise ParameterError("must be one number or more, not none")
    if values.dtype.kind not in "iuf":
        raise ParameterError(f"must be a number, not {value!r}")
    values = values.astype(float)
    for extreme in (values.min(), values.max()):
        _inside(float(extreme), domain)
    return values if values.ndim else float(values)


def _vector(value: Any, domain: Any, unit: str) -> Any:
    """A tuple of floats, or an array of cells whose last axis is the vector's; one number is the same along it."""
    if not isinstance(value, (tuple, list)) or any(not isinstance(one, (int, float)) for one in value):
        values = _number(value, domain, unit)
        return tuple(values.tolist()) if not isinstance(values, float) and values.ndim == 1 else values
    if not value:
        raise ParameterError("must be one number or more, not none")
    return tuple(_number(one, domain, unit) for one in value)


_SURELY = 2.0
"""From here on what should have been a share is one in per cent: nobody writes 2 for a share by a slip."""

_SMALL = 0.02
"""A share that may be as small is written in per cent as 1 or 2, too."""


class _OutsideError(ParameterError):
    """A number outside its domain, before it is known of which parameter."""


def _inside(value: float, domain: Interval) -> float:
    carried = domain.carried
    if carried.low <= value <= carried.high:
        return value
    if math.isfinite(value) and value in domain:
        if domain.certain and value in (domain.low, domain.high):
            return value
        raise ParameterError(f"must lie in {domain.carried}, where arithmetic keeps its digits, not {_near(value)}")
    where = f"lie in {domain}" if domain != REAL else "be a finite number"
    raise _OutsideError(f"must {where}, not {_plain(value)}", value=value)


def as_decimal(value: Any) -> str:
    """How to write a number that was typed as a fraction or with a decimal comma; nothing for what is neither.

    >>> as_decimal("1/3"), as_decimal("0,3"), as_decimal("1,000"), as_decimal("low")
    ('write it as a decimal, 0.333333', 'write a decimal point: 0.3', '', '')
    """
    text = str(value).strip()
    if (fraction := re.fullmatch(r"(\d{1,15})\s*/\s*(\d{1,15})", text)) and int(fraction[2]):
        return f"write it as a decimal, {int(fraction[1]) / int(fraction[2]):.6g}"
    comma = re.fullmatch(r"([+-]?\d{1,15}),(\d{1,15})", text)
    grouped = comma is not None and len(comma[2]) == 3 and comma[1].lstrip("+-") != "0"  # may be thousands
    return f"write a decimal point: {comma[1]}.{comma[2]}" if comma and not grouped else ""


def _brief(value: int) -> str:
    """A whole number as it is typed, or about it, where it has more figures than anyone reads."""
    figures = value.bit_length() * math.log10(2)
    return str(value) if figures < _FIGURES_READ else f"a number of {figures:,.0f} figures"


_FIGURES_READ = 20
"""Figures of a whole number that a sentence repeats."""


def of_percent(value: Any) -> str:
    """How to write a number that was typed with a percent sign; nothing for what is none.

    >>> of_percent("60%"), of_percent("60"), of_percent("low")
    ('write 60 % as 0.6', '', '')
    """
    text = str(value).strip()
    try:
        percent = float(text.removesuffix("%"))
    except ValueError:
        return ""
    return f"write {_plain(percent)} % as {_plain(percent / 100)}" if text.endswith("%") else ""


def _near(value: float) -> str:
    """A number as it is typed; one that ten digits do not tell from a whole one by its distance from that."""
    whole = round(value) if math.isfinite(value) else 0
    away = abs(value - whole)
    if not whole or not 0 < away < 1e-9 or abs(whole) > 10:
        return _plain(value)
    return f"{whole} {'-' if value < whole else '+'} {away:.2g}"


def _plain(value: float) -> str:
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{value:.10g}"


PER_TIME = "per unit of time"
"""The unit of a rate at which participants leave."""

SHARE_AS_RATE = "the rate is -ln(1 - d)/t where a share d leaves by time t"
"""How publications' shares become such a rate, which is the same all the time (an exponential time to leaving)."""


def rate_of_share(share: float, time: Numbers | None) -> tuple[str, float | None]:
    """How a share who leave is written as a rate: in words, and as a number where one time is known by which they do.

    >>> rate_of_share(0.1, 12)
    ('10 % by time 12 are -ln(1 - 0.1)/12', 0.00878)
    """
    if not isinstance(time, (int, float)):
        return SHARE_AS_RATE, None
    rate = float(f"{-math.log1p(-share) / time:.3g}")
    return f"{_plain(100 * share)} % by time {_plain(time)} are -ln(1 - {_plain(share)})/{_plain(time)}", rate


def as_whole(value: Any) -> Any:
    """The plain int that a whole number is, of numpy's kinds and a float without a fraction too; else what was given.

    >>> as_whole(200.0), as_whole(200.5), as_whole("200"), as_whole(range(100, 301, 100))
    (200, 200.5, '200', (100, 200, 300))
    """
    if isinstance(value, range):
        return tuple(value)
    value = value.tolist() if hasattr(value, "tolist") else value  # numpy's own, one or several
    if isinstance(value, (list, tuple)):
        return type(value)(map(as_whole, value)) if type(value) in (list, tuple) else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def in_units_of_the_outcome(unit: str) -> bool:
    """Whether a number is measured as the outcome is, in a unit that a plan names and a design does not know."""
    return unit.startswith("units of the outcome")


class OwnUnit(str):
    """A unit in a plan's own words, which is none of those that a design declares, even where it is spelt like one.

    What a design declares decides how a number is printed, such as a proportion in per cent. A score whose unit a plan
    calls points is no difference of proportions.

    >>> OwnUnit("points") == "points", OwnUnit("points") == OwnUnit("points"), f"4 {OwnUnit('points')}"
    (False, True, '4 points')
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        """Whether it is another plan's unit, spelt the same."""
        return isinstance(other, OwnUnit) and super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        """Whether it is not."""
        return not self == other

    def __hash__(self) -> int:
        """That of its words, apart from theirs."""
        return hash((OwnUnit, str(self)))


def in_unit(declared: str, unit: str) -> str:
    """The unit of a number, where the outcome's is `unit`: a slope has that, and one of time.

    >>> in_unit("units of the outcome per unit of time", "mmHg"), in_unit("units of the outcome", "mmHg")
    ('mmHg per unit of time', 'mmHg')
    """
    if not in_units_of_the_outcome(declared):
        return declared
    _, per, other = declared.partition(" per ")
    return OwnUnit(f"{unit}{per}{other}") if unit else unit


def largest(value: Numbers) -> float:
    """The largest element; a plain number, or a vector of them, costs no numpy."""
    if isinstance(value, tuple):
        return float(max(value))
    return value if isinstance(value, (int, float)) else float(np.max(value))


def smallest(value: Numbers) -> float:
    """The smallest element; a plain number, or a vector of them, costs no numpy."""
    if isinstance(value, tuple):
        return float(min(value))
    return value if isinstance(value, (int, float)) else float(np.min(value))
