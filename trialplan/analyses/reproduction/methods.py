"""The ways in which a statement's numbers are usually turned into an n: every test, and the formulas of textbooks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from trialplan.analyses.reproduction.statement import Statement
from trialplan.design import Design, Sized
from trialplan.errors import TrialplanError
from trialplan.numerics.distributions import normal_quantile
from trialplan.numerics.lazy import np
from trialplan.parameter import parameters

CHOICES = ("test", "method", "formula", "variance", "interval", "criterion")
"""The fields that name one way among several."""

PLAIN = ("score", "t", "z", "simple", "exact", "wilson", "newcombe", "optimal", "schoenfeld")
USUAL = ("wald", "continuity-corrected", "fisher", "arcsine", "welch", "clopper-pearson", "minimax", "freedman")
"""What costs nothing where the statement names no test, and what is as usual but the second thought."""

CALLED = {
    "chi-square": ("score", "continuity-corrected", "wald", "averaged"),
    "chi-squared": ("score", "continuity-corrected", "wald", "averaged"),
    "pooled": ("score",),
    "unpooled": ("wald",),
    "z-test": ("score", "wald", "z", "averaged"),
    "normal": ("score", "wald", "z", "averaged"),
    "normal-approximation": ("score", "wald", "z", "averaged"),
    "fisher-exact": ("fisher",),
    "fisher's-exact": ("fisher",),
    "fishers-exact": ("fisher",),
    "yates": ("continuity-corrected",),
    "t-test": ("t", "welch", "z"),
    "student": ("t",),
    "binomial": ("exact",),
    "logistic-regression": ("log-odds",),
    "mann-whitney": ("rank",),
    "wilcoxon": ("rank",),
    "rank-sum": ("rank",),
}
"""What papers call a test, and the rows of our tables that may be meant; the first is meant most often."""

BOUNDARIES = ("obrien-fleming", "lan-demets-obrien-fleming", "pocock", "lan-demets-pocock", "haybittle-peto")
"""The efficacy boundaries that are tried where the statement names none, the usual one first."""

UNLIKE = "the statement names another test,"

DEAR = 900
"""Participants in all beyond which an exact test is sized only where the statement names it."""


@dataclass(frozen=True, kw_only=True)
class SizingMethod:
    """One way to n: real-valued arms, or whole ones; `cost` counts what a reader would not have expected of it."""

    words: str
    arms: tuple[float, ...]
    whole: bool = False
    cost: int = 0
    remarks: tuple[str, ...] = ()
    design: Sized | None = None
    inflation: float = 1.0

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


def methods(statement: Statement, design: Sized, dear: bool = True) -> Iterator[SizingMethod]:
    """Every method for the design of a complete statement; without the `dear` ones, exact tests only if named."""
    found = [*_of_tests(statement, design, dear), *FORMULAS.get(statement.design, _none)(design, statement)]
    for method in found:
        for looked_at in _with_looks(statement, design, method):
            yield _named(statement, looked_at)


def variants(design: Sized) -> Iterator[tuple[str, Sized]]:
    """The same trial by each of its choices of a method: name and design."""
    field = next((name for name in CHOICES if name in parameters(type(design))), None)
    if field is None:
        yield design.slug(), design
        return
    for name in parameters(type(design))[field].choices:
        try:
            yield str(name), design.replace(**{field: name})
        except TrialplanError:
            continue  # not defined for this goal, this scale or these numbers


def _of_tests(statement: Statement, design: Sized, dear: bool) -> Iterator[SizingMethod]:
    wanted = _meant(statement)
    for name, one in variants(design):
        if not _affordable(statement, one, name in wanted, dear):
            continue
        try:
            yield from _sized(statement, name, one)
        except TrialplanError:
            continue  # no n will do by this test


def _sized(statement: Statement, name: str, one: Any) -> Iterator[SizingMethod]:
    cost = 0 if name in PLAIN or name == one.slug() else 1 if name in USUAL else 2
    words, smooth = words_for(name, one), getattr(one, "smooth", True)
    if isinstance(one, Design) and smooth:
        total = float(one.unrounded(statement.power))
        if not 0 < total < math.inf:
            return
        yield SizingMethod(words=words, arms=tuple(one.split(total)), cost=cost, design=one)
        return
    answer = one.sample_size(statement.power) if statement.tests else one.sample_size()
    if answer.arms_unrounded is not None:
        yield SizingMethod(words=words, arms=tuple(answer.arms_unrounded.values()), cost=cost, design=one)
        return
    design = answer.design if statement.design == "simon" else one
    yield SizingMethod(words=words, arms=tuple(answer.arms.values()), whole=True, cost=cost, design=design)
    if answer.first_n is not None and answer.first_n != answer.n:
        first = tuple(one.split(answer.first_n))
        lasting = f"the first n that reaches the power; from {answer.n:,} on it never falls below again"
        yield SizingMethod(words=words, arms=first, whole=True, cost=cost, design=one, remarks=(lasting,))


def words_for(name: str, one: Sized) -> str:
    """The method in the words of its table."""
    return one.formula if name == one.slug() else f"{name}: {one.formula}"


def _affordable(statement: Statement, one: Any, named: bool, dear: bool) -> bool:
    """Exact tests of large trials are sized only where they are named: they take minutes."""
    if one.slug() != "two-proportions" or getattr(one, "smooth", True):
        return True
    if statement.stated > 10 * DEAR or (not named and (not dear or statement.stated > DEAR)):
        return False
    try:
        near = float(one.replace(test="score").unrounded(statement.power))
    except TrialplanError:
        return False
    return near <= (3 * DEAR if named else DEAR)


def _meant(statement: Statement) -> tuple[str, ...]:
    """The rows that the named test may mean; none where no test is named."""
    if statement.test is None:
        return ()
    called = statement.test.removesuffix("-test") if statement.test not in CALLED else statement.test
    return CALLED.get(called, (called,))


def _named(statement: Statement, method: SizingMethod) -> SizingMethod:
    """What a named test makes of a method: the expected one, or one that is not the one named."""
    meant = _meant(statement)
    if not meant:
        return method
    name = method.words.partition(":")[0]
    if name not in meant and not any(method.words.startswith(one) for one in meant):
        return method.odd(3, f"{UNLIKE} {statement.test}")
    return replace(method, cost=min(method.cost, meant.index(name))) if name in meant else method


def _with_looks(statement: Statement, design: Any, method: SizingMethod) -> Iterator[SizingMethod]:
    """The method's n inflated for the looks that are stated, by each boundary; and without, which is odd."""
    if statement.looks is None or not isinstance(design, Design):
        yield method
        return
    for name in (statement.efficacy,) if statement.efficacy else BOUNDARIES:
        try:
            factor = _inflation(statement, design, name)
        except TrialplanError:
            continue
        cost = 0 if name in (statement.efficacy, "obrien-fleming") else 1
        looked = method.times(factor, f"times {factor:.4f} for {len(statement.looks)} looks ({name})", cost)
        yield replace(looked, design=method.design, inflation=factor)
    yield method.odd(2, "n is not inflated for the looks")


def _inflation(statement: Statement, design: Any, efficacy: str) -> float:
    """The inflation factor of the looks, which depends on level, sides and power only, not on the test."""
    from trialplan.designs.two_means import TwoMeans
    from trialplan.sequential.group_sequential import GroupSequential

    assert statement.looks is not None
    assert statement.power is not None
    fixed = TwoMeans(difference=1, sd=1, test="z", alpha=design.alpha, sides=design.sides)
    looked = GroupSequential(design=fixed, looks=statement.looks, efficacy=efficacy)
    return looked.inflation(statement.power)


# Formulas of textbooks and tables that no design here uses.


def _none(design: Any, statement: Statement) -> Iterator[SizingMethod]:
    yield from ()


def _two_proportions(design: Any, statement: Statement) -> Iterator[SizingMethod]:
    """One variance for null and alternative: that of the mean rate (Friedman, Furberg & DeMets, ch. 8)."""
    (limit,) = design.limits() if len(design.limits()) == 1 else (None,)
    if limit is None or design.scale != "difference":
        return
    wald = design.replace(test="wald")
    yield _by_hand(wald, statement)
    share_t, share_c = (weight / design.block for weight in design.weights)
    mean = share_t * design.treatment + share_c * design.control
    variance = mean * (1 - mean) * (1 / share_t + 1 / share_c)
    total = variance * (_zs(design, statement) / (design.treatment - design.control - limit)) ** 2
    words = "averaged: the mean rate's variance under null and alternative (Friedman, Furberg & DeMets)"
    yield SizingMethod(words=words, arms=tuple(design.split(float(total))), cost=2)


def _two_means(design: Any, statement: Statement) -> Iterator[SizingMethod]:
    """z with tabulated values; z with Guenther's correction; t over the efficiency of the rank-sum test."""
    if len(design.limits()) == 2:
        return
    z = design.replace(test="z")
    yield _by_hand(z, statement)
    total = float(z.unrounded(statement.power)) + design.z_alpha**2 / 4 * design.block / min(design.weights)
    words = "z with a quarter of z² added per arm (Guenther 1981)"
    yield SizingMethod(words=words, arms=tuple(design.split(float(total))), cost=2)
    if design.sd_treatment is None:
        t = _first(design.replace(test="t"), statement, "t")
        for (factor, words), cost in zip(RANK, (2, 3), strict=True):
            yield replace(t.times(factor, "", cost), words=f"rank: Student's t test, {words}")


RANK = (
    (math.pi / 3, "n over 3/π, the rank-sum test's efficiency for normal outcomes"),
    (1.15, "n times 1.15 for a rank-sum test"),
)


def _ancova(design: Any, statement: Statement) -> Iterator[SizingMethod]:
    """z with the residual variance, t deflated by 1 - r², and the change from baseline, whose factor is 2(1 - r)."""
    from trialplan.designs.two_means import TwoMeans

    if design.scale != "difference" or len(design.limits()) == 2:
        return
    shared = {name: getattr(design, name) for name in ("goal", "margin", "favourable", "allocation", "alpha", "sides")}
    means = TwoMeans(difference=design.difference, sd=design.sd, **shared)
    kept, change = 1 - design.correlation**2, 2 * (1 - design.correlation)
    z, t = (_first(means.replace(test=test), statement, test) for test in ("z", "t"))
    yield z.times(kept, "times 1 - r² (Borm, Fransen & Lemmens 2007)", 1)
    yield t.times(kept, "times 1 - r² (Borm, Fransen & Lemmens 2007)", 1)
    for one in (t, z):
        yield one.times(change, "times 2(1 - r), as for change from baseline", 2)
        yield one.times(change / 2, "times 1 - r", 3)
        yield one.odd(3, "the correlation with baseline is not used")


def _ratio_of_means(design: Any, statement: Statement) -> Iterator[SizingMethod]:
    """z on the logs; and the coefficient of variation taken for the standard deviation of logs."""
    from trialplan.designs.two_means import TwoMeans

    if len(design.limits()) == 2:
        return
    shared = {name: getattr(design, name) for name in ("favourable", "allocation", "alpha", "sides")}
    effect = float(np.log(design.ratio) - design.limits()[0])
    for name, sd, cost in (("z", float(design.log_sd), 1), ("t", design.cv, 2), ("z", design.cv, 2)):
        means = TwoMeans(difference=effect, sd=sd, test=name, **shared)
        method = _first(means, statement, f"{name} on logs")
        yield method if cost == 1 else method.odd(1, "CV is taken for the standard deviation of logs")


def _one_proportion(design: Any, statement: Statement) -> Iterator[SizingMethod]:
    """One variance for null and alternative: at the rate hoped for, or at the null; and angles."""
    zs, away = _zs(design, statement), design.expected - design.null
    for rate, words in ((design.expected, "at the rate hoped for"), (design.null, "at the null rate")):
        total = rate * (1 - rate) * (zs / away) ** 2
        yield SizingMethod(
            words=f"wald: one variance, {words}", arms=(float(total),), cost=1 if rate != design.null else 2
        )
    angle = 2 * (np.arcsin(np.sqrt(design.expected)) - np.arcsin(np.sqrt(design.null)))
    yield SizingMethod(words="arcsine (Cohen 1988, ch. 6)", arms=(float((zs / angle) ** 2),), cost=2)


def _adverse_event(design: Any, statement: Statement) -> Iterator[SizingMethod]:
    """Three over the rate."""
    if design.probability == 0.95:
        yield SizingMethod(words="rule of three (Hanley & Lippman-Hand 1983)", arms=(3 / design.rate,), cost=1)


FORMULAS: dict[str, Callable[[Any, Statement], Iterator[SizingMethod]]] = {
    "two-proportions": _two_proportions,
    "two-means": _two_means,
    "ancova": _ancova,
    "ratio-of-means": _ratio_of_means,
    "one-proportion": _one_proportion,
    "adverse-event": _adverse_event,
}


def _first(design: Any, statement: Statement, name: str) -> SizingMethod:
    total = float(design.unrounded(statement.power))
    return SizingMethod(words=f"{name}: {design.formula}", arms=tuple(design.split(total)), design=design)


def _by_hand(design: Any, statement: Statement) -> SizingMethod:
    """The formula with normal quantiles of two decimals, as tables print them: 1.96, 0.84, 1.28."""
    exact = float(design.z_alpha), float(normal_quantile(statement.power))
    factor = (sum(round(z + 1e-9, 2) for z in exact) / sum(exact)) ** 2
    return replace(
        _first(design, statement, design.test).times(factor, "quantiles of two decimals", 2),
        words=f"{design.test}: quantiles of two decimals, {design.formula}",
    )


def _zs(design: Any, statement: Statement) -> float:
    return float(design.z_alpha + normal_quantile(statement.power))
