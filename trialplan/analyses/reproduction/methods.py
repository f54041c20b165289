"""The ways in which a statement's numbers are usually turned into an n: every test, and the formulas of textbooks."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache

from trialplan import catalogue
from trialplan.analyses.compare import variants
from trialplan.analyses.reproduction.statement import Statement
from trialplan.design import Design, Sized
from trialplan.errors import TrialplanError
from trialplan.numerics.lazy import np
from trialplan.stated import Reservation, SizingMethod

BOUNDARIES = ("obrien-fleming", "lan-demets-obrien-fleming", "pocock", "lan-demets-pocock", "haybittle-peto")
"""The efficacy boundaries that are tried where the statement names none, the usual one first."""

RARE = 2
"""How little a test is expected that a statement which names none cannot mean."""

DEAR = 900
"""Participants in all beyond which an exact test of two arms is sized only where the statement names it."""

_NAMED = 1200
"""Participants that a named exact test may need: its size is sought for some seconds, and beyond for minutes."""

SEARCHED = 120
"""Participants beyond which no stages are searched for: the time of a search rises with the fourth power of them.

Rates of .4 and .5 at power .9 take a minute with 239 participants, .1 and .2 a second with 130.
"""

_SMALLEST = 3
"""Allocation blocks of the smallest trials, whose n is not rounded from a real one."""

LARGEST = 1e12
"""Participants beyond which an n is not printed: there are fewer people."""


def methods(statement: Statement, design: Sized, dear: bool = True) -> Iterator[SizingMethod]:
    """Every method for the design of a complete statement; without the `dear` ones, exact tests only if named."""
    tests = list(_of_tests(statement, design, dear))
    for method in [*tests, *_of_cells(statement, tests), *_textbook_sizes(design, statement.power)]:
        for looked_at in _with_looks(statement, design, method):
            of_all = _of_all(statement, looked_at)
            if 0 < of_all.n <= LARGEST:
                yield _named(statement, of_all)


def _of_cells(statement: Statement, tests: Sequence[SizingMethod]) -> Iterator[SizingMethod]:
    """Where each arm compared is several groups: by the wrapper of these, with the stated numbers those of two groups.

    The two treatments then count as having the same effect, and the margins lie between the groups'.
    """
    for method in tests:
        design = method.design
        if statement.cells == 1 or statement.power is None or not isinstance(design, Design) or not design.smooth:
            continue
        for cls in catalogue.over_arms().values():
            with suppress(TrialplanError):
                whole: Design = cls(design=design)  # type: ignore[call-arg]
                if len(whole.arm_names) != len(design.arm_names) * statement.cells:
                    continue
                total = float(whole.unrounded(statement.power))
                if 0 < total < math.inf:
                    arms = tuple(design.split(total))
                    words = f"{method.words}, the numbers those of one treatment alone and of neither"
                    yield replace(method, words=words, arms=arms, whole=False, cost=method.cost + 1, design=whole)


def _of_all(statement: Statement, method: SizingMethod) -> SizingMethod:
    """The method's n where only the stated share of participants counts in it."""
    share = statement.event_share
    if share is None:
        return method
    words = f"over the share of {share:g} with the event"
    return replace(method.times(1 / share, words, 0), design=method.design, inflation=method.inflation / share)


@lru_cache(maxsize=256)
def _textbook_sizes(design: Sized, power: float | None) -> tuple[SizingMethod, ...]:
    """Those of the design; the readings of one statement, and of its slips, often share them."""
    return tuple(design.textbook_sizes(power))


@lru_cache(maxsize=256)
def _smooth_arms(design: Design, power: float) -> tuple[tuple[float, ...], bool]:
    """The arms of a formula whose n is a real number, and whether they are whole ones; no arms where there is none."""
    if smallest := _within_smallest(design, power):
        return tuple(map(float, design.split(smallest))), True
    total = float(design.unrounded(power))
    return (tuple(design.split(total)) if 0 < total < math.inf else ()), False


def _of_tests(statement: Statement, design: Sized, dear: bool) -> Iterator[SizingMethod]:
    wanted = _meant(statement)
    for name, variant, _ in variants(design):
        if not _affordable(statement, variant, name in wanted, dear):
            continue
        try:
            yield from _sized(statement, name, variant)
        except TrialplanError:
            continue  # no n will do by this test


def bounds(statement: Statement, design: Sized) -> Iterator[str]:
    """What is not tried because it would take too long, a sentence each."""
    size = 0.0 if statement.power is None else design.search_size(statement.power)
    if size > SEARCHED:
        yield (
            f"Stages are not searched for where they need more than some {SEARCHED} participants, here about "
            f"{size:,.0f}: that takes minutes; `trialplan size {statement.design}` searches."
        )
        return
    wanted = _meant(statement)
    beyond = [
        name
        for name, one, _ in variants(design)
        if (name in wanted or design.oddity.get(name, 0) < RARE)
        and not _affordable(statement, one, name in wanted, True)
    ]
    if beyond:
        yield (
            f"Not tried, as exact tests of so many participants take minutes: {', '.join(beyond)}; "
            f"`trialplan size {statement.design} --test` sizes one."
        )


def power_ways(statement: Statement, design: Sized) -> Iterator[tuple[str, Sized, int]]:
    """The tests of which the power at the stated n is asked, the named or the plain ones: words, design, oddity."""
    wanted = _meant(statement)
    for name, variant, _ in variants(design):
        cost = wanted.index(name) if name in wanted else design.oddity.get(name, 0)
        if (wanted and name not in wanted) or (not wanted and cost >= RARE):
            continue
        counted = not variant.smooth and len(variant.arm_names) > 1
        if not counted or statement.stated <= (3 * DEAR if wanted else DEAR):
            yield _words(name, variant), variant, cost


def _words(name: str, design: Sized) -> str:
    return design.formula if name == design.slug() else f"{name}: {design.formula}"


def _sized(statement: Statement, name: str, design: Sized) -> Iterator[SizingMethod]:
    cost = design.oddity.get(name, 0)
    rare = cost >= RARE and design.gives is None
    method = SizingMethod(words=_words(name, design), arms=(), cost=cost, design=design, only_named=rare)
    if isinstance(design, Design) and design.smooth:
        assert statement.power is not None  # a test without one is not sized
        arms, whole = _smooth_arms(design, statement.power)
        if arms:
            yield replace(method, arms=arms, whole=whole)
        return
    answer = design.sample_size(statement.power) if statement.tests else design.sample_size()
    if answer.arms_unrounded is not None:
        yield replace(method, arms=tuple(answer.arms_unrounded.values()))
        return
    yield replace(method, arms=tuple(answer.arms.values()), whole=True, design=answer.design)
    if answer.first_n is not None and answer.first_n != answer.n:
        lasting = f"the first n that reaches the power; from {answer.n:,} on it never falls below again"
        yield replace(method, arms=tuple(design.split(answer.first_n)), whole=True, remarks=(lasting,))


def _within_smallest(design: Design, power: float) -> int:
    """The smallest trials' n where it reaches the power already; 0 elsewhere.

    Below it a t test has next to no degrees of freedom, and the real number that is rounded up takes minutes.
    """
    for blocks in range(1, _SMALLEST + 1):
        n = blocks * design.block
        with suppress(TrialplanError), np.errstate(all="ignore"):
            if float(design.success(n)) >= power:
                return n
    return 0


def _affordable(statement: Statement, design: Sized, named: bool, dear: bool) -> bool:
    """Exact tests of large trials of two arms are sized only where they are named: they take minutes."""
    if statement.power is not None and design.search_size(statement.power) > SEARCHED:
        return False
    if design.smooth or len(design.arm_names) == 1 or not isinstance(design, Design):
        return True
    rare = design.oddity.get(design.way(), 0) >= RARE
    if statement.stated > 10 * DEAR or (not named and (rare or not dear or statement.stated > DEAR)):
        return False
    normal = design.by_normal_theory()
    try:
        near = float(normal.unrounded(statement.power)) if normal.smooth else statement.stated
    except TrialplanError:
        return False
    return near <= (_NAMED if named else DEAR)


def _meant(statement: Statement) -> tuple[str, ...]:
    """The ways that the named test may mean; none where no test is named."""
    if statement.test is None:
        return ()
    called = statement.cls.called
    name = statement.test if statement.test in called else statement.test.removesuffix("-test")
    return called.get(name, (name,))


def _named(statement: Statement, method: SizingMethod) -> SizingMethod:
    """What a named test makes of a method: the expected one, or one that is not the one named.

    Where none is named a plain test may be meant, and a rare one is not.
    """
    meant = _meant(statement)
    name, _, formula = method.words.partition(":")
    test = name if formula and name in method.words else method.words
    if name in meant:
        return replace(method, cost=min(method.cost, meant.index(name)))
    if not meant:
        unnamed = Reservation(f"the test is {test}, which is not stated", "test")
        return replace(method, reservations=(*method.reservations, unnamed)) if method.only_named else method
    if any(method.words.startswith(way) for way in meant):
        return method
    plain = re.sub(r"\W+", "-", method.words.lower())
    if not statement.cls.called and any(way in plain for way in meant):
        return method  # the design has no other names for its tests than those in its formula
    other = Reservation(f"the test is {test}, not {statement.test}")
    return replace(method, reservations=(*method.reservations, other))


def _with_looks(statement: Statement, design: Sized, method: SizingMethod) -> Iterator[SizingMethod]:
    """The method's n inflated for the looks that are stated, by each boundary; and without, which is odd."""
    if statement.looks is None or statement.power is None or not isinstance(design, Design):
        yield method
        return
    from trialplan.sequential.inflation import inflation_of_looks

    level, looks = float(design.level), statement.looks
    for name in (statement.efficacy,) if statement.efficacy else BOUNDARIES:
        try:
            factor = inflation_of_looks(looks, name, level, design.sides == 2, statement.power)
        except TrialplanError:
            continue
        cost = 0 if name in (statement.efficacy, "obrien-fleming") else 1
        looked = method.times(factor, f"times {factor:.4f} for {len(looks)} looks ({name})", cost)
        yield replace(looked, design=method.design, inflation=factor)
    yield method.odd(2, "n is not inflated for the looks")
