"""The verdict: which method gives the stated n, and what is missing or contradicts it where none does."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from trialplan.analyses.reproduction import completing
from trialplan.analyses.reproduction.completing import completed, design_of, missing, solved, with_effect
from trialplan.analyses.reproduction.fit import Fit, fits, near_fit, rounded_from, with_losses
from trialplan.analyses.reproduction.methods import UNLIKE, methods
from trialplan.analyses.reproduction.rounding import PrintedSize, misallowed, printed
from trialplan.analyses.reproduction.slips import slips
from trialplan.analyses.reproduction.statement import Statement
from trialplan.design import Design
from trialplan.errors import TrialplanError
from trialplan.parameter import parameters
from trialplan.stated import SizingMethod

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
    method. `matches` is "exact", "near" (its power at the stated n is the one printed) or "no". `enrolment` says how
    the enrolment that is stated departs from what the losses give, `follows` whether it is the same but for rounding.
    `short` is by how many participants per arm the printed n falls short of the method's.
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
    def contradicted(self) -> bool:
        """Whether the stated n follows and the stated enrolment does not."""
        return any(one.matches != "no" and not one.follows for one in self.candidates[:1])

    @property
    def best(self) -> Candidate | None:
        """The plainest method that gives the stated n; where none does, the plainest method."""
        return self.candidates[0] if self.candidates else None


def reproduce(statement: Statement) -> Reproduction:
    """Which standard method gives the n that is stated; the one with the fewest oddities first.

    >>> from trialplan.analyses.reproduction import read
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
    matched.sort(key=lambda one: not one.follows)
    if matched:
        matched[0] = _if_split(statement, matched[0], tried)
        return _matching(statement, matched, _shown(matched, tried), absent)
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


def _tried(statement: Statement, dear: bool = True) -> list[Candidate]:
    """Every method in every complete reading, by cost; of equal ones the named test first, then the exact matches.

    Of these the one whose n is rounded down the least; what is less than a tenth of a participant decides nothing.
    """
    found = []
    for assumed in completed(statement):
        design = design_of(assumed.statement)
        if design is None:
            continue
        for method in methods(assumed.statement, design, dear):
            odd = replace(method, cost=method.cost + assumed.cost, remarks=(*assumed.remarks, *method.remarks))
            found.append(_candidate(assumed.statement, odd))
    return sorted(found, key=_oddity)


def _oddity(one: Candidate) -> tuple[int, bool, bool, float]:
    return one.cost, UNLIKE in " ".join(one.remarks), one.matches != "exact", round(one.short, 1)


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


def _candidate(statement: Statement, method: SizingMethod) -> Candidate:
    """The plainest way of printing the method's n that is the n stated; else its plain n."""
    ways = list(printed(statement, method))
    fitting = [(way, fit) for way in ways for fit in fits(statement, method, way)]
    power = _power_at_stated(statement, method)
    if fitting:
        way, fit = min(fitting, key=lambda one: (not one[1].follows, one[0].cost + one[1].cost))
        return _made(method, way, power, "exact", fit)
    if (near := near_fit(statement, power, rounded_from(statement, ways[0].evaluable, ways[0].enrolled))) is not None:
        return _made(method, ways[0], power, "near", with_losses(statement, method, near))
    return _made(method, ways[0], power, "no", Fit())


def _made(method: SizingMethod, way: PrintedSize, power: float | None, matches: str, fit: Fit) -> Candidate:
    return Candidate(
        method=method.words,
        n=way.evaluable,
        arms=method.arms,
        enrolled=way.enrolled,
        power=power,
        matches=matches,
        remarks=(*method.remarks, *(way.remarks if matches == "exact" else ()), *fit.remarks),
        cost=method.cost + way.cost + fit.cost,
        enrolment=fit.enrolment,
        follows=fit.follows,
        short=way.short if matches == "exact" else 0.0,
    )


def _power_at_stated(statement: Statement, method: SizingMethod) -> float | None:
    """What the completers of the stated n attain by the method; None where it is no test's, or no n of it."""
    design = method.design
    if not isinstance(design, Design) or statement.cls.gives is not None:
        return None
    if statement.arms is not None and "allocation" in parameters(type(design)):
        design = design.replace(allocation=":".join(map(str, statement.arms)))
    try:
        power = float(design.power(statement.completers / method.inflation))
    except TrialplanError:
        return None
    return power if math.isfinite(power) else None


def _mistaken(statement: Statement) -> Iterator[tuple[str, Candidate]]:
    """The slips that would explain the stated n, each by its plainest method."""
    yield from _rounded_further(statement)
    for words, otherwise in slips(statement):
        matches = [one for one in _tried(otherwise, dear=False) if one.matches == "exact" and one.cost <= PLAIN]
        if matches and not missing(otherwise):
            yield words, matches[0]
    unadded = [one for one in _tried(statement, dear=False) if "losses are mentioned and not added" in one.remarks]
    if unadded and unadded[0].matches == "exact":
        yield "the losses that are mentioned are not added", unadded[0]


def _rounded_further(statement: Statement) -> Iterator[tuple[str, Candidate]]:
    """The plainest method whose n, rounded up to tens or hundreds, is the one stated: commoner than any slip."""
    for one in _tried(statement, dear=False):
        rounded = "" if statement.cls.gives else rounded_from(statement, one.n, one.enrolled)
        if rounded and one.cost <= PLAIN:
            yield f"it is {rounded}", one
            return


def _implied(statement: Statement) -> dict[str, list[float]]:
    """What each number would have to be, all others as stated, for the stated n to follow."""
    found: dict[str, list[float]] = {}
    for name in statement.needed:
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
    effect = {} if statement.effect is None else {statement.effect[0].name: statement.effect[1]}
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
        "remarks": [*one.remarks, *filter(None, [one.enrolment])],
    }
