"""The verdict: which method gives the stated n, and what is missing or contradicts it where none does."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from trialplan import fields
from trialplan.analyses.reproduction import completing
from trialplan.analyses.reproduction.completing import completed, design_of, missing, solved, with_effect
from trialplan.analyses.reproduction.fit import Fit, fits, near_fit, of_arms, rounded_from, with_losses
from trialplan.analyses.reproduction.methods import bounds, methods, power_ways
from trialplan.analyses.reproduction.rounding import PrintedSize, misallowed, printed
from trialplan.analyses.reproduction.slips import slips
from trialplan.analyses.reproduction.statement import Statement
from trialplan.analyses.reproduction.verdicts import CHEAP, INCOMPLETE, INCONSISTENT, NEAR, NOT, REPRODUCED
from trialplan.design import Design, Sized
from trialplan.errors import TrialplanError
from trialplan.page import Answer, Page
from trialplan.parameter import parameters
from trialplan.stated import Reservation, SizingMethod

CONTRIVED = 3
"""Oddities beyond which a match is chance: with enough of them every number is some method's."""

PLAIN = 1
"""Oddities that may come on top of a slip."""

AIMED_AT = (0.8, 0.9, 0.85, 0.95, 0.75, 0.7)
"""The powers that trials aim at, the commonest first."""

_AWAY = 0.05
"""How far the power of an n may lie from the one that was aimed at: with losses and roundings, not farther."""

_RESERVED = 10
"""What a reservation weighs: any number of oddities that a report may have is likelier."""

_LARGEST = 12
"""Candidates that are shown."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One method with the n that it gives, and whether that is the n stated.

    `n` is evaluable participants, `enrolled` those with the losses; `power` is what the stated n attains by the
    method. `matches` is "exact", "near" (its power at the stated n is the one printed) or "no". `enrolment` says how
    the enrolment that is stated departs from what the losses give, `follows` whether it is the same but for rounding.
    `short` is by how many participants per arm the printed n falls short of the method's. `alpha` and `sides` are
    those of this row, `assumed` what of it is not stated and may be taken as usual; `reservations` are what would have
    to be so besides, so that a match that has any explains the stated n and does not reproduce it.
    """

    method: str
    n: float
    arms: tuple[float, ...]
    enrolled: float | None
    power: float | None
    matches: str
    remarks: tuple[str, ...]
    cost: int
    enrolment: str = ""
    follows: bool = True
    short: float = 0.0
    alpha: float | None = None
    sides: int | None = None
    assumed: tuple[str, ...] = ()
    reservations: tuple[Reservation, ...] = ()
    plain: tuple[float, float | None] | None = None
    """Its n and those enrolled as they are usually printed, where `n` and `enrolled` are printed otherwise."""

    @property
    def matched(self) -> bool:
        """Whether it gives the stated n without more oddities than a report may have."""
        return self.matches != "no" and not self.reservations and self.cost <= CONTRIVED


@dataclass(frozen=True, kw_only=True, repr=False)
class Reproduction(Answer):
    """The verdict on a statement, the methods that were tried, and what is missing.

    `implied` holds, for each number that could be otherwise, the values at which the stated n would follow; `powers`
    the methods by which an n without a power is one for a power that trials aim at. `untried` says what was not tried
    because it takes too long. Of a statement that counts events, too, `untold` holds the n that does not follow from
    what is stated and what it lacks, and `of_events` is the verdict on the events where that is one on n.
    """

    statement: Statement
    verdict: str
    candidates: tuple[Candidate, ...]
    missing: tuple[str, ...]
    slips: tuple[tuple[str, Candidate], ...] = ()
    implied: dict[str, list[float]] = field(default_factory=dict)
    powers: tuple[tuple[float, Candidate], ...] = ()
    untried: tuple[str, ...] = ()
    untold: tuple[str, tuple[str, ...]] | None = None
    of_events: Reproduction | None = None

    def page(self, named: Callable[[str], str] = str) -> Page:
        """The verdict as a reviewer would write it, what was stated, and what each method gives.

        `named` is what the reader calls a field: an option, a key, an argument.
        """
        from trialplan.analyses.reproduction.words import page

        return page(self, named)

    @property
    def reproduced(self) -> bool:
        """Whether the stated n follows from what is stated."""
        return self.verdict in (REPRODUCED, NEAR)

    @property
    def contradicted(self) -> bool:
        """Whether the stated n follows, and the stated enrolment or the arms do not."""
        return any(one.matches != "no" and not one.follows for one in self.candidates[:1])

    @property
    def best(self) -> Candidate | None:
        """The plainest method that gives the stated n; where none does, the plainest method."""
        return self.candidates[0] if self.candidates else None


def judge(statement: Statement) -> Reproduction:
    """Which standard method gives the one number that is asked about; the one with the fewest oddities first."""
    absent, without = tuple(completing.unstated(statement)), missing(statement)
    if without == ["power"]:
        return _without_power(statement, absent)
    if without:
        alone = len(completing.lacking(statement)) == 1 and without != ["alpha"]
        implied = {without[0]: solved(statement, without[0])} if alone else {}
        return Reproduction(
            statement=statement,
            verdict=INCOMPLETE,
            candidates=(),
            missing=absent,
            implied={name: values for name, values in implied.items() if values},
        )
    tried = _tried(statement, dear=False)
    if not any(one.matched and one.cost <= CHEAP for one in tried):
        tried = _tried(statement)
    matched = [one for one in tried if one.matched]
    matched.sort(key=lambda one: not one.follows)
    if matched:
        matched[0] = _if_split(statement, matched[0], tried)
        return _matching(statement, matched, _shown(matched, tried), absent)
    return _unmatched(statement, tried, absent)


def _unmatched(statement: Statement, tried: list[Candidate], absent: tuple[str, ...]) -> Reproduction:
    """The verdict where no method gives the stated n: a slip, something that is not stated, or neither."""
    mistaken = tuple(_mistaken(statement, tried))
    lacks = mistaken[0][0].lacks if mistaken else ""
    untried = tuple(dict.fromkeys(words for one in _readings(statement) for words in bounds(one.statement, one.design)))
    beyond = untried and not tried
    verdict = (INCOMPLETE if lacks else INCONSISTENT) if mistaken else INCOMPLETE if beyond else NOT
    return Reproduction(
        statement=statement,
        verdict=verdict,
        candidates=_shown([], tried),
        missing=absent if not lacks or lacks in absent else (*absent, lacks),
        slips=tuple((reservation.words, one) for reservation, one in mistaken),
        implied=_implied(statement),
        untried=untried,
    )


def _without_power(statement: Statement, absent: tuple[str, ...]) -> Reproduction:
    """What power the stated n has by each method, and by which it is the n of a power that trials aim at."""
    rows = _powered(statement)
    near = [one.power for one in rows if one.power is not None]
    found = []
    for power in AIMED_AT:
        stated = statement.replace(power=power)
        if not _may_be(stated, near):
            continue
        matches = [one for one in _tried(stated, dear=False) if one.matched and one.matches == "exact"]
        if not matches and any(0 <= one - power < _AWAY for one in near):
            matches = [one for one in _tried(stated) if one.matched and one.matches == "exact"]
        found += [(power, one) for one in matches[:1]]
    found.sort(key=lambda one: _oddity(one[1]))
    implied = [power for power, _ in found] or near[:1]
    untried = (
        words for one in _readings(statement) for words in bounds(one.statement.replace(power=AIMED_AT[0]), one.design)
    )
    return Reproduction(
        statement=statement,
        verdict=INCOMPLETE,
        candidates=tuple(rows[:_LARGEST]),
        missing=absent,
        implied={"power": implied} if implied else {},
        powers=tuple(found),
        untried=tuple(dict.fromkeys(untried)),
    )


def _may_be(statement: Statement, near: list[float]) -> bool:
    """Whether the stated n may be the one for the power of the statement, before it is sized."""
    assert statement.power is not None
    if near:
        return any(abs(statement.power - one) <= _AWAY for one in near)
    sizes = [one.design.search_size(statement.power) for one in _readings(statement)]
    # two stages need more than one, and never twice as many
    return any(size / 2 <= statement.stated <= 2 * size for size in sizes) if any(sizes) else True


def _powered(statement: Statement) -> list[Candidate]:
    """The power that the stated n has by each test, in the plainest reading of the statement."""
    found = []
    for one in _readings(statement):
        for words, design, cost in power_ways(one.statement, one.design):
            power = _power_of(statement, design, 1.0)
            if power is None:
                continue
            n = statement.completers
            method = SizingMethod(words=words, arms=tuple(map(float, design.split(n))), cost=cost + one.cost)
            way = PrintedSize(n, statement.enrolled, 0, ())
            found.append(_made(one, method, way, power, "no", Fit()))
        break
    return sorted(found, key=_oddity)


def _matching(
    statement: Statement, matched: list[Candidate], shown: tuple[Candidate, ...], absent: tuple[str, ...]
) -> Reproduction:
    """The verdict where methods give the stated n: the enrolment may contradict it."""
    best, mistake = matched[0], misallowed(statement)
    verdict = REPRODUCED if best.matches == "exact" else NEAR
    if best.follows:
        return Reproduction(statement=statement, verdict=verdict, candidates=shown, missing=absent)
    mistaken = ((mistake, best),) if mistake else ()
    return Reproduction(statement=statement, verdict=INCONSISTENT, candidates=shown, missing=absent, slips=mistaken)


@dataclass(frozen=True)
class _Reading:
    """A complete statement, its design, and what it cost to complete it."""

    statement: Statement
    design: Sized
    cost: int
    remarks: tuple[str, ...]
    assumed: tuple[str, ...]


def _readings(statement: Statement) -> Iterator[_Reading]:
    """The ways to read the statement that have a design."""
    for one in completed(statement):
        design = design_of(one.statement)
        if design is not None:
            yield _Reading(
                one.statement, design, one.cost, one.remarks, (*one.assumed, *_plain_test(statement, design))
            )


def _plain_test(statement: Statement, design: Sized) -> list[str]:
    """What is assumed of the way to analyse or to compute, where there are several and none is named."""
    name = design.field("method")
    named = statement.test is not None or name in statement.numbers
    return [] if named or name is None else [f"this {name.replace('_', ' ')}"]


def _tried(statement: Statement, dear: bool = True) -> list[Candidate]:
    """Every method in every complete reading, by cost; of equal ones those without a reservation first.

    Of these the exact matches, and the one whose n is rounded down the least; what is less than a tenth of a
    participant decides nothing.
    """
    found = []
    for one in _readings(statement):
        for method in methods(one.statement, one.design, dear):
            odd = replace(method, cost=method.cost + one.cost, remarks=(*one.remarks, *method.remarks))
            found.append(_candidate(one, odd))
    return sorted(found, key=_oddity)


def _oddity(one: Candidate) -> tuple[int, bool, float]:
    return one.cost + _RESERVED * len(one.reservations), one.matches != "exact", round(one.short, 1)


def _if_split(statement: Statement, best: Candidate, tried: list[Candidate]) -> Candidate:
    """The same; where its level is not split over the comparisons, the remark says what n would be if it were."""
    (*_, split), *wholes = completing.splits(statement)
    whole = wholes[0][-1] if wholes else ""
    if whole not in best.remarks:
        return best
    same = {split if remark == whole else remark for remark in best.remarks}
    others = [one for one in tried if one.method == best.method and split in one.remarks and set(one.remarks) <= same]
    closest = max(others, key=lambda one: len(one.remarks), default=None)  # taken as usual in all else alike
    then = "" if closest is None else f"; split, n would be {statement.shown(closest.n)}"
    return replace(best, remarks=tuple(remark + then if remark == whole else remark for remark in best.remarks))


def _shown(matched: list[Candidate], tried: list[Candidate]) -> tuple[Candidate, ...]:
    """The matches first, then what the other methods give in the plainest reading; each method once."""
    seen: dict[str, Candidate] = {}
    for one in matched:
        seen.setdefault(one.method, one)
    for one in tried:
        if not one.matched:
            n, enrolled = one.plain or (one.n, one.enrolled)
            seen.setdefault(one.method, replace(one, matches="no", n=n, enrolled=enrolled))
    return tuple(seen.values())[:_LARGEST]


def _candidate(reading: _Reading, method: SizingMethod) -> Candidate:
    """The plainest way of printing the method's n that is the n stated; else its plain n."""
    statement = reading.statement
    ways = list(printed(statement, method))
    fitting = [(way, fit) for way in ways for fit in fits(statement, method, way)]
    power = None if method.design is None else _power_of(statement, method.design, method.inflation)
    if fitting:
        way, fit = min(fitting, key=_least_odd)
        fit = of_arms(statement, method, power, fit)
        found = _made(reading, method, way, power, "exact", fit)
        return replace(found, plain=(ways[0].evaluable, ways[0].enrolled))
    if (near := near_fit(statement, power, ways[0])) is not None:
        return _made(reading, method, ways[0], power, "near", with_losses(statement, method, near))
    return _made(reading, method, ways[0], power, "no", Fit())


def _least_odd(printed_as: tuple[PrintedSize, Fit]) -> tuple[bool, int, int]:
    way, fit = printed_as
    return not fit.follows, len(way.reservations), way.cost + fit.cost


def _made(
    reading: _Reading, method: SizingMethod, way: PrintedSize, power: float | None, matches: str, fit: Fit
) -> Candidate:
    exact, numbers = matches == "exact", reading.statement.numbers
    return Candidate(
        method=method.words,
        n=way.evaluable,
        arms=method.arms,
        enrolled=way.enrolled,
        power=power,
        matches=matches,
        remarks=(*method.remarks, *(way.remarks if exact else ()), *fit.remarks),
        cost=method.cost + (way.cost if exact else 0) + fit.cost,
        enrolment=fit.enrolment,
        follows=fit.follows,
        short=way.short if exact else 0.0,
        alpha=numbers.get("alpha"),
        sides=numbers.get("sides"),
        assumed=reading.assumed,
        reservations=(*method.reservations, *(way.reservations if exact else ())),
    )


def _power_of(statement: Statement, design: Sized, inflation: float) -> float | None:
    """What the completers of the stated n attain by the design; None where it is no test's, or no n of it."""
    if not isinstance(design, Design) or statement.cls.gives is not None:
        return None
    if statement.arms is not None and "allocation" in parameters(type(design)):
        design = design.replace(allocation=fields.allocation_of(statement.arms))
    try:
        power = float(design.success(statement.completers / inflation))
    except TrialplanError:
        return None
    return power if math.isfinite(power) else None


def _mistaken(statement: Statement, tried: list[Candidate]) -> Iterator[tuple[Reservation, Candidate]]:
    """What would explain the stated n, each by its plainest method: what is contradicted before what is not stated."""
    yield from _rounded_further(statement, tried)
    reserved = [one for one in tried if one.matches == "exact" and len(one.reservations) == 1 and one.cost <= CHEAP]
    reasons: dict[Reservation, Candidate] = {}
    for one in reserved:
        reasons.setdefault(one.reservations[0], one)
    yield from ((reason, one) for reason, one in reasons.items() if not reason.lacks)
    for reason, otherwise in slips(statement):
        if missing(otherwise):
            continue
        matches = [one for one in _tried(otherwise, dear=False) if one.matched and one.matches == "exact"]
        if matches and matches[0].cost <= PLAIN:
            yield reason, matches[0]
    unadded = [one for one in tried if "losses are mentioned and not added" in one.remarks and one.matches == "exact"]
    if unadded and not unadded[0].reservations:
        yield Reservation("the losses that are mentioned are not added"), unadded[0]
    yield from ((reason, one) for reason, one in reasons.items() if reason.lacks)


def _rounded_further(statement: Statement, tried: list[Candidate]) -> Iterator[tuple[Reservation, Candidate]]:
    """The plainest method whose n, rounded up to tens or hundreds, is the one stated: commoner than any slip."""
    for one in tried:
        rounded = "" if statement.cls.gives else rounded_from(statement, one.n, one.enrolled)
        if rounded and one.cost <= PLAIN and not one.reservations:
            yield Reservation(f"it is {rounded}"), one
            return


def _implied(statement: Statement) -> dict[str, list[float]]:
    """What each number would have to be, all others as stated, for the stated n to follow; of a vector nothing."""
    found: dict[str, list[float]] = {}
    for name in statement.needed:
        if isinstance(statement.numbers.get(name), tuple):
            continue
        own = {key: value for key, value in with_effect(statement).numbers.items() if key != name}
        values = solved(statement.replace(numbers=own, effect=None), name)
        stated = with_effect(statement).numbers[name]
        if values:  # those on the stated side of none first
            found[name] = sorted(values, key=lambda value: value * stated < 0)
    return found
