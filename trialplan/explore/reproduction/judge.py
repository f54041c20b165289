"""The verdict: which method gives the stated n, and what is missing or contradicts it where none does."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from trialplan.design import Design
from trialplan.errors import TrialplanError
from trialplan.explore.reproduction import completing
from trialplan.explore.reproduction.completing import completed, design_of, missing, solved, with_effect
from trialplan.explore.reproduction.methods import UNLIKE, Method, methods
from trialplan.explore.reproduction.rounding import Printed, printed
from trialplan.explore.reproduction.slips import slips
from trialplan.explore.reproduction.statement import Statement

REPRODUCED, NEAR, INCONSISTENT, NOT, INCOMPLETE = (
    "reproduced",
    "near",
    "inconsistent",
    "not reproduced",
    "incomplete",
)

CONTRIVED = 4
"""Oddities beyond which a match is chance: with enough of them every number is some method's."""

PLAIN = 1
"""Oddities that may come on top of a slip."""

CHEAP = 2
"""Oddities up to which a match by normal theory is plain enough that no exact test is looked at."""

_LARGEST = 12
"""Candidates that are shown."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One method with the n that it gives, and whether that is the n stated.

    `n` is evaluable participants, `enrolled` those with the losses; `power` is what the stated n attains by the
    method. `matches` is "exact", "near" (its power at the stated n is the one printed) or "no".
    """

    method: str
    n: float
    arms: tuple[float, ...]
    enrolled: float | None
    power: float | None
    matches: str
    remarks: tuple[str, ...]
    cost: int


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """The verdict on a statement, the methods that were tried, and what is missing.

    `implied` holds, for each number that could be otherwise, the values at which the stated n would follow.
    """

    statement: Statement
    verdict: str
    candidates: tuple[Candidate, ...]
    missing: tuple[str, ...]
    slips: tuple[tuple[str, Candidate], ...] = ()
    implied: dict[str, list[float]] = field(default_factory=dict)

    @property
    def reproduced(self) -> bool:
        """Whether the stated n follows from what is stated."""
        return self.verdict in (REPRODUCED, NEAR)

    @property
    def best(self) -> Candidate | None:
        """The plainest method that gives the stated n; where none does, the plainest method."""
        return self.candidates[0] if self.candidates else None


def reproduce(statement: Statement) -> Reproduction:
    """Which standard method gives the n that is stated; the one with the fewest oddities first.

    >>> from trialplan.explore.reproduction import read
    >>> found = reproduce(read({"design": "two-means", "difference": 0.5, "sd": 1, "power": 0.85, "n": 146}))
    >>> found.verdict, found.best.method.partition(":")[0]
    ('reproduced', 't')
    """
    completing.check_effect(statement)
    absent, without = tuple(completing.unstated(statement)), missing(statement)
    if without:
        implied = {without[0]: solved(statement, without[0])} if len(without) == 1 else {}
        return Reproduction(
            statement=statement,
            verdict=INCOMPLETE,
            candidates=(),
            missing=absent,
            implied={name: values for name, values in implied.items() if values},
        )
    tried = _tried(statement, dear=False)
    if not any(one.matches != "no" and one.cost <= CHEAP for one in tried):
        tried = _tried(statement)
    matched = [one for one in tried if one.matches != "no" and one.cost <= CONTRIVED]
    if matched:
        matched[0] = _if_split(statement, matched[0], tried)
        verdict = REPRODUCED if matched[0].matches == "exact" else NEAR
        return Reproduction(statement=statement, verdict=verdict, candidates=_shown(matched, tried), missing=absent)
    mistaken = tuple(_mistaken(statement))
    verdict = INCONSISTENT if mistaken else INCOMPLETE if "power" in absent and "alpha" in absent else NOT
    return Reproduction(
        statement=statement,
        verdict=verdict,
        candidates=_shown([], tried),
        missing=absent,
        slips=mistaken,
        implied=_implied(statement),
    )


def _tried(statement: Statement, dear: bool = True) -> list[Candidate]:
    """Every method in every complete reading, by cost; of equal ones the named test first, then the exact matches."""
    found = []
    for assumed in completed(statement):
        design = design_of(assumed.statement)
        if design is None:
            continue
        for method in methods(assumed.statement, design, dear):
            odd = replace(method, cost=method.cost + assumed.cost, remarks=(*assumed.remarks, *method.remarks))
            found.append(_candidate(assumed.statement, odd))
    return sorted(found, key=lambda one: (one.cost, UNLIKE in " ".join(one.remarks), one.matches != "exact"))


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
        if one.matches == "no" or one.cost > CONTRIVED:
            seen.setdefault(one.method, replace(one, matches="no"))
    return tuple(seen.values())[:_LARGEST]


def _candidate(statement: Statement, method: Method) -> Candidate:
    """The plainest way of printing the method's n that is the n stated; else its plain n."""
    ways = list(printed(statement, method))
    fitting = [(way, more, why) for way in ways for more, why in _fits(statement, method, way)]
    power = _power_at_stated(statement, method)
    if fitting:
        way, more, why = min(fitting, key=lambda one: one[0].cost + one[1])
        return _made(method, way, power, "exact", more, why)
    if (near := _near(statement, power)) is not None:
        return _made(method, ways[0], power, "near", *near)
    return _made(method, ways[0], power, "no", 0, ())


def _made(
    method: Method, way: Printed, power: float | None, matches: str, more: int, why: tuple[str, ...]
) -> Candidate:
    return Candidate(
        method=method.words,
        n=way.evaluable,
        arms=method.arms,
        enrolled=way.enrolled,
        power=power,
        matches=matches,
        remarks=(*method.remarks, *(way.remarks if matches == "exact" else ()), *why),
        cost=method.cost + way.cost + more,
    )


def _fits(statement: Statement, method: Method, way: Printed) -> Iterator[tuple[int, tuple[str, ...]]]:
    """At what further cost the printed numbers are those stated; nothing where they are not."""
    if not _stages_fit(statement, method):
        return
    if statement.evaluable is not None and not math.isclose(way.evaluable, statement.evaluable):
        return
    if statement.enrolled is None:
        yield 0, ()
    elif statement.dropout is None:
        if statement.evaluable is not None:
            more = statement.enrolled / statement.evaluable - 1
            which = "more are enrolled" if more > 0 else "fewer are enrolled than are needed"
            yield 0, (f"why {abs(more):.0%} {which} is not stated",) if more else ()
        elif statement.evaluable is None and math.isclose(way.evaluable, statement.enrolled):
            yield 0, ()
    elif way.enrolled is not None and math.isclose(way.enrolled, statement.enrolled):
        yield 0, ()
    elif statement.unclear and math.isclose(way.evaluable, statement.enrolled):
        yield 4, ("losses are mentioned and not added",)
    elif statement.evaluable is not None and way.enrolled is not None:
        off = abs(way.enrolled - statement.enrolled) / len(method.arms)
        gives = f"the losses give {statement.shown(way.enrolled)} to enrol, not {statement.shown(statement.enrolled)}"
        yield 2 if off <= 1 else 3, (gives,)


def _stages_fit(statement: Statement, method: Method) -> bool:
    """Whether the first stage is that stated, where a design has stages."""
    if statement.first_stage is None:
        return True
    counts = getattr(method.design, "counts", None)
    return counts is not None and counts[0][1] == statement.first_stage


def _power_at_stated(statement: Statement, method: Method) -> float | None:
    """What the completers of the stated n attain by the method; None where it is no test's, or no n of it."""
    design = method.design
    if not isinstance(design, Design) or statement.design == "simon":
        return None
    n = statement.evaluable if statement.evaluable is not None else statement.stated * (1 - (statement.dropout or 0))
    if statement.arms is not None and hasattr(design, "allocation"):
        design = design.replace(allocation=":".join(map(str, statement.arms)))
    try:
        power = float(design.power(n / method.inflation))
    except TrialplanError:
        return None
    return power if math.isfinite(power) else None


def _near(statement: Statement, power: float | None) -> tuple[int, tuple[str, ...]] | None:
    """The cost and the remark of a power that is the stated one as printed: rounded, cut off, or a lower bound."""
    if power is None or statement.power is None:
        return None
    shown, unit = f"{power:.3f}", 10.0**-statement.digits
    if statement.at_least:
        inside = statement.power <= power < statement.power + 0.05
        return (2, (f"the power at the stated n is {shown}, and at least that is stated",)) if inside else None
    if abs(power - statement.power) <= unit / 2:
        return 2, (f"the power at the stated n is {shown}, the one stated within its rounding",)
    if 0 < power - statement.power < unit:
        return 3, (f"the power at the stated n is {shown}, printed without rounding up",)
    return None


def _mistaken(statement: Statement) -> Iterator[tuple[str, Candidate]]:
    """The slips that would explain the stated n, each by its plainest method."""
    for words, otherwise in slips(with_effect(statement) if statement.effect is None else statement):
        matches = [one for one in _tried(otherwise, dear=False) if one.matches == "exact" and one.cost <= PLAIN]
        if matches and not missing(otherwise):
            yield words, matches[0]
    unadded = [one for one in _tried(statement, dear=False) if "losses are mentioned and not added" in one.remarks]
    if unadded and unadded[0].matches == "exact":
        yield "the losses that are mentioned are not added", unadded[0]


def _implied(statement: Statement) -> dict[str, list[float]]:
    """What each number would have to be, all others as stated, for the stated n to follow."""
    found: dict[str, list[float]] = {}
    for name in completing.needed(statement):
        own = {key: value for key, value in with_effect(statement).numbers.items() if key != name}
        values = solved(statement.replace(numbers=own, effect=None), name)
        if values:
            found[name] = values
    return found


def as_json(found: Reproduction) -> dict[str, Any]:
    """The verdict under the keys `verdict`, `candidates`, `missing`."""
    return {
        "design": found.statement.design,
        "stated": stated(found.statement),
        "verdict": found.verdict,
        "candidates": [_as_json(one) for one in found.candidates],
        "missing": list(found.missing),
        "slips": [{"slip": words} | _as_json(one) for words, one in found.slips],
        "implied": found.implied,
    }


def stated(statement: Statement) -> dict[str, Any]:
    """The statement's numbers, those that are given."""
    effect = {} if statement.effect is None else dict([statement.effect])
    own = ("power", "evaluable", "enrolled", "arms", "dropout", "looks", "efficacy", "first_stage", "test")
    around = {name: getattr(statement, name) for name in own}
    return {**statement.numbers, **effect, **{name: value for name, value in around.items() if value is not None}}


def _as_json(one: Candidate) -> dict[str, Any]:
    whole = [int(n) if n is not None and float(n).is_integer() else n for n in (one.n, one.enrolled)]
    return {
        "method": one.method,
        "n": whole[0],
        "enrolled": whole[1],
        "arms_unrounded": list(one.arms),
        "power_at_stated_n": one.power,
        "matches": one.matches != "no",
        "match": one.matches,
        "remarks": list(one.remarks),
    }
