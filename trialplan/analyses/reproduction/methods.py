"""The ways in which a statement's numbers are usually turned into an n: every test, and the formulas of textbooks."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace

from trialplan.analyses.compare import variants
from trialplan.analyses.reproduction.statement import Statement
from trialplan.design import Design, Sized
from trialplan.errors import TrialplanError
from trialplan.stated import SizingMethod

BOUNDARIES = ("obrien-fleming", "lan-demets-obrien-fleming", "pocock", "lan-demets-pocock", "haybittle-peto")
"""The efficacy boundaries that are tried where the statement names none, the usual one first."""

UNLIKE = "the statement names another test,"

DEAR = 900
"""Participants in all beyond which an exact test of two arms is sized only where the statement names it."""


def methods(statement: Statement, design: Sized, dear: bool = True) -> Iterator[SizingMethod]:
    """Every method for the design of a complete statement; without the `dear` ones, exact tests only if named."""
    for method in [*_of_tests(statement, design, dear), *design.textbook_sizes(statement.power)]:
        for looked_at in _with_looks(statement, design, method):
            yield _named(statement, looked_at)


def _of_tests(statement: Statement, design: Sized, dear: bool) -> Iterator[SizingMethod]:
    wanted = _meant(statement)
    for name, variant, _ in variants(design):
        if not _affordable(statement, variant, name in wanted, dear):
            continue
        try:
            yield from _sized(statement, name, variant)
        except TrialplanError:
            continue  # no n will do by this test


def _sized(statement: Statement, name: str, design: Sized) -> Iterator[SizingMethod]:
    named = "" if name == design.slug() else f"{name}: "
    method = SizingMethod(words=f"{named}{design.formula}", arms=(), cost=design.oddity.get(name, 0), design=design)
    if isinstance(design, Design) and design.smooth:
        total = float(design.unrounded(statement.power))
        if 0 < total < math.inf:
            yield replace(method, arms=tuple(design.split(total)))
        return
    answer = design.sample_size(statement.power) if statement.tests else design.sample_size()
    if answer.arms_unrounded is not None:
        yield replace(method, arms=tuple(answer.arms_unrounded.values()))
        return
    yield replace(method, arms=tuple(answer.arms.values()), whole=True, design=answer.design)
    if answer.first_n is not None and answer.first_n != answer.n:
        lasting = f"the first n that reaches the power; from {answer.n:,} on it never falls below again"
        yield replace(method, arms=tuple(design.split(answer.first_n)), whole=True, remarks=(lasting,))


def _affordable(statement: Statement, design: Sized, named: bool, dear: bool) -> bool:
    """Exact tests of large trials of two arms are sized only where they are named: they take minutes."""
    if design.smooth or len(design.arm_names) == 1 or not isinstance(design, Design):
        return True
    if statement.stated > 10 * DEAR or (not named and (not dear or statement.stated > DEAR)):
        return False
    normal = design.by_normal_theory()
    try:
        near = float(normal.unrounded(statement.power)) if normal.smooth else statement.stated
    except TrialplanError:
        return False
    return near <= (3 * DEAR if named else DEAR)


def _meant(statement: Statement) -> tuple[str, ...]:
    """The ways that the named test may mean; none where no test is named."""
    if statement.test is None:
        return ()
    called = statement.cls.called
    name = statement.test if statement.test in called else statement.test.removesuffix("-test")
    return called.get(name, (name,))


def _named(statement: Statement, method: SizingMethod) -> SizingMethod:
    """What a named test makes of a method: the expected one, or one that is not the one named."""
    meant = _meant(statement)
    name = method.words.partition(":")[0]
    if name in meant:
        return replace(method, cost=min(method.cost, meant.index(name)))
    if not meant or any(method.words.startswith(way) for way in meant):
        return method
    plain = re.sub(r"\W+", "-", method.words.lower())
    if not statement.cls.called and any(way in plain for way in meant):
        return method  # the design has no other names for its tests than those in its formula
    return method.odd(3, f"{UNLIKE} {statement.test}")


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
