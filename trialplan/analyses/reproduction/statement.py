"""What a protocol or a paper states about its sample size: numbers, some of them missing, and the n they led to."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

from trialplan import catalogue
from trialplan.design import Design, Sized
from trialplan.errors import ParameterError, TrialplanError, did_you_mean, field
from trialplan.fields import NON_INFERIORITY, SUPERIORITY
from trialplan.parameter import as_decimal, of_percent, parameters, typical, with_role
from trialplan.stated import StatedEffect
from trialplan.text import listed, percent, quoted

SIZES = {
    "n": "participants in all arms together, as stated",
    "per_arm": "participants per arm, as stated",
    "arms": "participants of each arm, treatment first, as stated",
    "enrolled": "participants in all after allowing for losses, as stated",
    "enrolled_per_arm": "participants per arm after allowing for losses, as stated",
}
"""The keys under which a statement says how many participants."""

OF_INFORMATION = {
    "events": "events in all arms together, as stated",
    "event_share": "share of all participants in whom the event is expected, where n follows from that",
}
"""What may be stated of designs whose information is events: how many, and of how many participants each is one."""

AROUND = {
    "power": "the power stated; >0.9 where the statement says no more than that",
    "dropout": "the share of participants that the statement expects to lose",
    "groups": "arms of the whole trial, where there are more than the two compared; 2x2 where they are two by two, and "
    "each treatment is compared in all",
    "comparisons": "comparisons that share the significance level",
    "looks": "information fractions of the looks, the last one 1",
    "efficacy": "the efficacy boundary",
    "first_stage": "participants of the first of two stages",
}

WORDS = ("title", "citation", "quote")
"""What a statement's file may say in words: kept out of the arithmetic."""

_QUOTED = 60
"""Letters of a value that an error quotes."""

_LARGEST = 10**9
"""The most participants that a statement may have: no trial has."""

_PARTS = 6
"""Parts of an allocation that are plain enough to be read off two arms, less one."""

UNNAMED = ("", "not stated", "not named", "none", "unknown")


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A sample size statement: the design's numbers as far as they are given, and the n that they led to.

    `evaluable` and `enrolled` are participants in all, `arms` the arms' counts where they are stated one by one.
    `unclear` says that one n is stated, and losses, but not whether the n allows for them. `digits` are those
    that the power is printed with; `effect` is one that is stated instead of the design's own number for it.
    `events` are stated beside n, or instead of it, and `event_share` is of how many participants each is one. Where
    `of_events` is true, events are what `evaluable` counts. `presumed` says what is meant by what is left out.
    """

    design: str
    numbers: Mapping[str, Any]
    power: float | None = None
    digits: int = 2
    at_least: bool = False
    evaluable: float | None = None
    enrolled: float | None = None
    arms: tuple[int, ...] | None = None
    per_arm: bool = False
    unclear: bool = False
    contradicting: str = ""
    """That two totals are stated, and no losses that explain them; empty where that is not so."""
    dropout: float | None = None
    groups: int = 2
    cells: int = 1
    """Groups that make one of the arms compared: two where they are two by two."""
    comparisons: int = 1
    looks: tuple[float, ...] | None = None
    efficacy: str | None = None
    first_stage: int | None = None
    test: str | None = None
    effect: tuple[StatedEffect, float] | None = None
    events: int | None = None
    event_share: float | None = None
    of_events: bool = False
    presumed: tuple[str, ...] = ()
    given: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """What was stated, whatever has since been completed, counted otherwise or taken for a slip."""

    @property
    def cls(self) -> type[Sized]:
        """The design's class."""
        return catalogue.design(self.design)

    @cached_property
    def arm_names(self) -> tuple[str, ...]:
        """The arms that are compared: the design's, or as many groups as its numbers say."""
        return arms_of(self.cls, self.numbers)

    @property
    def tests(self) -> bool:
        """Whether the design tests, so that it has a level and a power."""
        return self.cls.attains == "power"

    @property
    def needed(self) -> tuple[str, ...]:
        """The numbers that the design rests on."""
        return self.cls.needed(self.numbers)

    @property
    def effect_field(self) -> str | None:
        """The number of the design that is its effect; none where that is stated as a vector."""
        declared = parameters(self.cls)
        effects = (name for name in with_role(self.cls, "effect") if not declared[name].axis)
        return next((name for name in effects if name in self.needed), None)

    @property
    def comparator_field(self) -> str | None:
        """The number that the effect is held against, where the design has one: a control rate, a null.

        Of several ways to state it the one that the effect belongs to, or that is in use.
        """
        if self.effect is not None and self.effect[0].beside:
            return self.effect[0].beside
        ways = with_role(self.cls, "comparator")
        return next((name for name in ways if name in self.numbers), next(iter(ways), None))

    @property
    def comparator(self) -> float | None:
        """Its value, where it is stated."""
        name = self.comparator_field
        return None if name is None else self.numbers.get(name)

    @property
    def goal(self) -> str:
        """What the trial sets out to show."""
        return str(self.numbers.get("goal", SUPERIORITY))

    def replace(self, **changes: Any) -> Statement:
        """The same statement with something else in it."""
        return dataclasses.replace(self, **changes)

    def having(self, **numbers: Any) -> Statement:
        """The same statement with other numbers of the design."""
        return self.replace(numbers={**self.numbers, **numbers})

    @property
    def stated(self) -> float:
        """The n that is asked about: evaluable where it is stated, else enrolled."""
        found = self.evaluable if self.evaluable is not None else self.enrolled
        assert found is not None  # `read` refuses a statement without an n
        return found

    @property
    def completers(self) -> float:
        """Evaluable participants: as stated, or those that are left of the enrolled."""
        return self.stated * (1 - (self.dropout or 0.0)) if self.evaluable is None else self.evaluable

    @property
    def unit(self) -> str:
        """What the statement counts by: participants per arm, or in all; or events."""
        if self.of_events:
            return self.cls.information
        groups_unknown = self.cls.of_groups and not set(self.needed) <= set(self.numbers)
        return "per arm" if self.per_arm and (len(self.arm_names) > 1 or groups_unknown) else "in all"

    @property
    def by_group(self) -> bool:
        """Whether it counts by group, of which each arm that is compared is several: as many in all of them."""
        return self.cells > 1 and self.unit == "per arm"

    def counted(self, n: float) -> float:
        """n of the arms that are compared as the statement counts."""
        compared = len(self.arm_names)
        return n / compared / self.cells if self.unit == "per arm" else n * self.groups / compared

    def shown(self, n: float) -> str:
        """The same with the words for it."""
        return f"{self.counted(n):,.10g} {self.unit}"


def arms_of(cls: type[Sized], numbers: Mapping[str, Any]) -> tuple[str, ...]:
    """The arms that a design with these numbers compares; of groups as many as the numbers say, where they do.

    A number that is missing and is no list of groups does not move them.
    """
    if not cls.of_groups:
        return cls.arm_names
    usual = {name: one for name, one in typical(cls).items() if isinstance(one, (int, float))}
    try:
        return cls(**{**usual, **numbers}).arm_names
    except (TypeError, TrialplanError):  # the groups are not stated, or the numbers do not fit: that is told elsewhere
        return cls.arm_names


def around(cls: type[Sized]) -> dict[str, str]:
    """What may be stated about this design beyond its own numbers and its sizes, and what it means."""
    without = [*(() if cls.gives else ("first_stage",)), *(() if issubclass(cls, Design) else ("looks", "efficacy"))]
    effects = {effect.name: effect.meaning for effect in cls.stated_effects}
    return {name: meaning for name, meaning in AROUND.items() if name not in without} | effects


def known(cls: type[Sized]) -> list[str]:
    """The keys that a statement about this design may have."""
    return list(dict.fromkeys(["design", *parameters(cls), "alpha", "sides", "test", *around(cls), *sizes(cls)]))


def sizes(cls: type[Sized]) -> dict[str, str]:
    """The keys under which a statement about this design says how many, and what they mean."""
    return SIZES | {name: meaning for name, meaning in OF_INFORMATION.items() if cls.information}


def read(given: Mapping[str, Any]) -> Statement:
    """The statement in a flat table of numbers; a value that is not there is missing, and is said to be so."""
    given = {str(name).replace("-", "_"): value for name, value in given.items() if value is not None}
    given = {name: value for name, value in given.items() if name not in WORDS}
    slug = str(given.pop("design", ""))
    if not slug:
        raise ParameterError("the statement does not say its design, as in design = 'two-proportions'")
    cls = _known_design(slug)
    for name in given:
        if name not in known(cls):
            near = _instead(cls, name, given[name])
            raise ParameterError(f"{slug} has no {_brief(name)} that could be stated; {near}")
    power, digits, at_least = _power(given.get("power"))
    numbers = _numbers(cls, given)
    statement = Statement(
        design=slug,
        numbers=numbers,
        power=power,
        digits=digits,
        at_least=at_least,
        dropout=_share(given.get("dropout")),
        groups=_groups(cls, given.get("groups"), len(arms_of(cls, numbers))),
        cells=2 if _two_by_two(cls, given.get("groups")) else 1,
        comparisons=_whole("comparisons", given.get("comparisons", 1)),
        looks=_rule("looks", given),
        efficacy=_rule("efficacy", given),
        first_stage=_whole("first_stage", given["first_stage"]) if "first_stage" in given else None,
        test=_test(cls, given.get("test")),
        effect=_effect(cls, given),
        events=_whole("events", given["events"]) if "events" in given else None,
        event_share=_event_share(given.get("event_share")),
    )
    as_stated = {name: statement.numbers.get(name, given[name]) for name in known(cls) if name in given}
    statement = statement.replace(given=as_stated)
    if statement.events is not None and not any(name in given for name in SIZES):
        return statement  # of events alone
    return _with_sizes(statement, {name: given[name] for name in SIZES if name in given})


_COUNTS = re.compile(r"(^|_)(n\d?|ns|size|sizes|total|participants|patients|subjects|per|each|group|nobs\d?)(_|$)")
"""Words of which a name is made that says how many participants: those of people and of arms, and the n and nobs of
other programs (pwr, statsmodels). By its words, for nobody can list the names: n_per_group, total_n, group_size."""


def _instead(cls: type[Sized], name: str, value: Any) -> str:
    """What a name stands for that no statement has: a standardised effect, participants, or the nearest name."""
    other = cls.named_otherwise(name, value)
    if other:
        return other
    if name.lower() not in AROUND and _COUNTS.search(name.lower()):
        ways = listed(map(field, (key for key in SIZES if key != "n")))
        return f"{field('n')} is the total, and {ways} may be stated instead"
    return did_you_mean(name, known(cls))


class NoDesignError(ParameterError):
    """A statement about a kind of trial that no design here sizes yet."""


def _known_design(slug: str) -> type[Sized]:
    """The design, or that there is none of its kind yet; a misspelt one is asked about."""
    designs = catalogue.designs()
    if slug not in designs and not difflib.get_close_matches(slug, designs, n=1, cutoff=0.8):
        raise NoDesignError(f"there is no design for {_brief(slug)} yet; {did_you_mean(slug, designs)}")
    return catalogue.design(slug)


def _numbers(cls: type[Sized], given: Mapping[str, Any]) -> dict[str, Any]:
    """The design's own numbers, each checked against its domain, with what is only usual filled in."""
    declared = parameters(cls)
    own = {name: value for name, value in given.items() if name in declared and name not in ("test", "arms")}
    plain = {name: _plain(name, value, bool(declared[name].axis)) for name, value in own.items()}
    numbers = {name: declared[name].check(cls.__name__, name, value) for name, value in plain.items()}
    if "margin" in numbers and "goal" not in numbers:
        numbers["goal"] = NON_INFERIORITY
    if cls.attains == "power" and "sides" in given and "sides" not in declared:  # its level is one side's
        numbers["sides"] = given["sides"]
    return numbers


def _plain(name: str, value: Any, vector: bool) -> Any:
    """One number or word; a margin may be a pair, and a vector has several."""
    if not isinstance(value, list | tuple):
        return value
    if name != "margin" and not vector:
        way_out = "reproduce one statement at a time"
        raise ParameterError(f"must be one number, not {_brief(value)}", parameter=name, way_out=way_out)
    return tuple(value)


def _effect(cls: type[Sized], given: Mapping[str, Any]) -> tuple[StatedEffect, float] | None:
    """The effect that is stated in other words than the design's."""
    stated = [effect for effect in cls.stated_effects if effect.name in given]
    if stated and len(stated) + any(name in given for name in with_role(cls, "effect")) > 1:
        own = [name for name in with_role(cls, "effect") if name in given]
        names = listed(map(field, [*own, *(effect.name for effect in stated)]))
        raise ParameterError(f"the effect is stated twice, by {names}", owner=cls, way_out="keep one")
    if not stated:
        return None
    effect, value = stated[0], _number(stated[0].name, given[stated[0].name])
    if value not in effect.domain:
        reason, way_out = f"must lie {effect.where}, not {value:g}", f"it is the {effect.meaning}"
        raise ParameterError(reason, parameter=effect.name, value=value, way_out=way_out)
    return effect, value


def _power(stated: Any) -> tuple[float | None, int, bool]:
    """The power, its printed digits (two at least), and whether it is a lower bound."""
    if stated is None:
        return None, 2, False
    text = str(stated).strip()
    bound = re.match(r"^(>=?|≥|at least)\s*", text)
    text = text[bound.end() :] if bound else text
    value = _number("power", text)
    if not 0 < value < 1:
        raise ParameterError(f"must lie in (0, 1), not {text}", parameter="power", way_out="write 80 % as 0.8")
    return value, max(len(text.partition(".")[2]), 2), bool(bound)


def _with_sizes(statement: Statement, stated: Mapping[str, Any]) -> Statement:
    """The n's, made totals; where two are stated and differ, the larger one allows for losses."""
    if not stated:
        events = f", or {field(statement.cls.information)}" if statement.cls.information else ""
        ways = f"{field('n')}, the total, or {field('per_arm')}, or {field('enrolled')}{events}"
        raise ParameterError(f"the statement does not say its n; give {ways}")
    compared, arms = len(statement.arm_names), None
    share = compared / statement.groups  # of a trial of more arms, the two that are compared
    counts = {name: _whole(name, value) for name, value in stated.items() if name != "arms"}
    if "arms" in stated:
        arms = _arms(compared, statement.cells, stated["arms"])
        statement = _allocated(statement, arms)
    every = compared * statement.cells  # of two by two, each arm compared is two groups
    totals = {counts[name] * by for name, by in (("n", share), ("per_arm", every)) if name in counts}
    totals |= {sum(arms)} if arms else set()
    after = {counts[name] * by for name, by in (("enrolled", share), ("enrolled_per_arm", every)) if name in counts}
    if len(totals) > 2 or len(after) > 1 or (len(totals) == 2 and after):
        shown = ", ".join(f"{field(name)} = {value}" for name, value in stated.items())
        raise ParameterError(f"the statement's numbers contradict each other: {shown}; check them")
    if len(totals) == 2 and statement.dropout is None:
        of_arms = counts.get("per_arm") if counts.get("per_arm", 0) * every == min(totals) else None
        told = _contradicting(round(min(totals)), round(max(totals)), of_arms)
        statement = statement.replace(contradicting=told)
    if len(totals) == 2:
        after, totals = {max(totals)}, {min(totals)}
    evaluable, enrolled = next(iter(totals), None), next(iter(after), None)
    unclear = statement.dropout is not None and enrolled is None
    if unclear:
        evaluable, enrolled = None, evaluable
    per_arm = "per_arm" in stated or ("enrolled_per_arm" in stated and "n" not in stated)
    return statement.replace(evaluable=evaluable, enrolled=enrolled, arms=arms, per_arm=per_arm, unclear=unclear)


def _contradicting(low: int, high: int, per_arm: int | None) -> str:
    """What is said of two totals of which no loss explains one by the other: protocols print both, and mean losses."""
    stated = f"{low:,} in all" if per_arm is None else f"{per_arm:,} per arm, which is {low:,} in all,"
    more = percent(high / low - 1)
    return f"{stated} and {high:,} in all contradict each other; {high:,} is read as those enrolled, {more} more"


def _arms(compared: int, cells: int, stated: Any) -> tuple[int, ...]:
    """The counts of the arms that are compared, one for each.

    Of two by two four groups may be stated: those of the factor compared come in pairs, treatment first.
    """
    several = isinstance(stated, list | tuple)
    if several and len(stated) == compared:
        return tuple(_whole("arms", one) for one in stated)
    if several and cells > 1 and len(stated) == compared * cells:
        counts = [_whole("arms", one) for one in stated]
        return tuple(sum(counts[i * cells : (i + 1) * cells]) for i in range(compared))
    shown = ",".join(map(str, stated)) if several else _brief(stated)
    groups = f", or {compared * cells}, group by group" if cells > 1 else ""
    reason = f"must be {compared} whole numbers, treatment first{groups}, not {shown}"
    raise ParameterError(reason, parameter="arms", value=stated)


def _allocated(statement: Statement, arms: tuple[int, ...]) -> Statement:
    """The allocation that the arms show, where it is not stated: the plainest one that is a participant off at most."""
    if "allocation" not in parameters(statement.cls) or "allocation" in statement.numbers or len(arms) != 2:
        return statement
    for first, second in sorted(product(range(1, _PARTS), repeat=2), key=sum):
        if abs(arms[0] * second - arms[1] * first) <= max(first, second):
            return statement.having(allocation=f"{first}:{second}")
    return statement


def _rule(name: str, given: Mapping[str, Any]) -> Any:
    """The looks or their boundary, as a trial with looks would take them."""
    if given.get(name) is None:
        return None
    from trialplan.sequential.group_sequential import GroupSequential

    return parameters(GroupSequential)[name].check("the statement", name, given[name])


def _test(cls: type[Sized], stated: Any) -> str | None:
    """The test as it is named, in small letters; None where it is not. A word that no test here bears is refused."""
    if stated is not None and not isinstance(stated, str):
        raise ParameterError(f"must be the name of a test, not {_brief(stated)}", parameter="test", value=stated)
    words = re.sub(r"[\s_]+", "-", (stated or "").strip().lower())
    if words.replace("-", " ") in UNNAMED:
        return None
    if not any(_mentions(words, name) for design in catalogue.designs().values() for name in _test_names(design)):
        names = list(dict.fromkeys((*cls.tests, *cls.called)))
        near = did_you_mean(words, names) if names else "this design has one test, without a name"
        raise ParameterError(f"is {_brief(stated)}, which names no test", parameter="test", value=stated, way_out=near)
    return words


def _test_names(cls: type[Sized]) -> Iterator[str]:
    """What a test of the design may be called: its own names, those of others' words, and the words of its formula."""
    yield from (*cls.tests, *cls.called, cls.slug())
    yield from (one for declared in parameters(cls).values() if declared.role == "method" for one in declared.choices)
    yield from (test.formula for test in cls.tests.values())
    if isinstance(formula := vars(cls).get("formula", ""), str):
        yield formula


def _mentions(words: str, name: str) -> bool:
    """Whether one of the two holds the other, word by word: "Pearson's chi-squared" and chi-squared."""
    first, second = (f"-{re.sub(r'[^a-z0-9]+', '-', one.lower()).strip('-')}-" for one in (words, name))
    return first in second or second in first


def _event_share(stated: Any) -> float | None:
    if stated is None:
        return None
    value = _number("event_share", stated)
    if not 0 < value <= 1:
        raise ParameterError(
            f"must lie in (0, 1], not {quoted(stated)}", parameter="event_share", way_out="write 40 % as 0.4"
        )
    return value


def _share(stated: Any) -> float | None:
    if stated is None:
        return None
    value = _number("dropout", stated)
    if not 0 <= value < 1:
        raise ParameterError(
            f"must lie in [0, 1), not {quoted(stated)}", parameter="dropout", way_out="write 10 % as 0.1"
        )
    return value


def _number(name: str, stated: Any) -> float:
    try:
        return float(stated)
    except (TypeError, ValueError):
        way_out = of_percent(stated) or as_decimal(stated)
        raise ParameterError(
            f"must be a number, not {_brief(stated)}", parameter=name, value=stated, way_out=way_out
        ) from None


def _whole(name: str, stated: Any, least: int = 1) -> int:
    value = _number(name, stated)
    if not least <= value <= _LARGEST or not value.is_integer():
        reason = f"must be a whole number from {least} to {_LARGEST:,}, not {_brief(stated)}"
        raise ParameterError(reason, parameter=name, value=stated)
    return int(value)


def _two_by_two(cls: type[Sized], stated: Any) -> bool:
    """Whether groups are those of a factorial trial, where each of two treatments is given to half of all."""
    named = isinstance(stated, str) and re.fullmatch(r"\s*2\s*[xX×*]\s*2\s*", stated) is not None
    return named and len(cls.arm_names) == 2


def _groups(cls: type[Sized], stated: Any, compared: int) -> int:
    """The groups among whom n is counted, those that are compared at least: of two by two all are, in halves."""
    if stated is None:
        return compared
    if _two_by_two(cls, stated):
        return 2
    if isinstance(stated, str) and re.search("[xX×*]", stated):
        two_by_two = ", or 2x2 of a factorial trial of two treatments" if len(cls.arm_names) == 2 else ""
        reason = f"must be a whole number{two_by_two}, not {_brief(stated)}"
        raise ParameterError(reason, parameter="groups", value=stated)
    return _whole("groups", stated, least=compared)


def _brief(stated: Any) -> str:
    """A value as an error quotes it: its first letters."""
    shown = repr(stated)
    return shown if len(shown) <= _QUOTED else f"{shown[:_QUOTED]}…"
