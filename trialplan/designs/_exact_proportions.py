"""The exact tests of two proportions: the rows that `two_proportions` adds to its table, by full enumeration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trialplan import fields, sizing
from trialplan.design import AnalysisTest
from trialplan.errors import ParameterError, UnreachableError, field
from trialplan.numerics import exact_margins, exact_power
from trialplan.numerics.lazy import np
from trialplan.numerics.two_by_two import Region, region
from trialplan.numerics.two_rates import DIFFERENCE, SCALES, score_z
from trialplan.parameter import Numbers, smallest

if TYPE_CHECKING:
    from trialplan.designs.two_proportions import TwoProportions

_SEARCHED, _ENUMERATED = 3000, 50_000
"""Participants, by normal theory, up to which an exact n is searched for, and up to which power is enumerated."""

_SEARCHED_AT_MARGIN, _ENUMERATED_AT_MARGIN = 1000, 5000
"""The same against a limit, where no count alone says how likely a table is under the null."""

_LEAST_LEVEL = 1e-12
"""The level below which tables that are left out of an enumeration, less likely than 1e-18 together, would be seen."""


def check(design: TwoProportions) -> None:
    """Raise unless the level is one that an enumeration can tell from none."""
    if smallest(design.alpha) < _LEAST_LEVEL:
        reason = (
            f"must be at least {_LEAST_LEVEL:g} for an exact test, whose least likely tables are not counted, not "
            f"{smallest(design.alpha):g}"
        )
        way_out = f"use {field('test')} score"
        raise ParameterError(reason, owner=design, parameter="alpha", value=design.alpha, way_out=way_out)


def tails(design: TwoProportions, n: Numbers) -> tuple[Numbers, Numbers]:
    """P(reject) in favour of the treatment, and against it."""
    for one in np.unique(n):
        design.check_n(float(one))
        most = _ENUMERATED if design.margin is None else _ENUMERATED_AT_MARGIN
        if one > most:
            against = "" if design.margin is None else " with a margin"
            reason = f"must be at most {most:,} for an exact test{against}, not {one:,.15g}"
            way_out = f"use {field('test')} score"
            raise ParameterError(reason, owner=design, parameter="n", value=one, way_out=way_out)
    if design.margin is not None:
        return _at_margin(design, n), 0.0
    rates = (1 - design.treatment, 1 - design.control) if _turned(design) else (design.treatment, design.control)
    lower, upper = exact_power.tails(design.test, design.split(n), rates, design.alpha, design.sides)
    return (upper, lower) if design.upward or _turned(design) else (lower, upper)


def _at_margin(design: TwoProportions, n: Numbers) -> Numbers:
    """P(the test against every limit rejects), of arrays that broadcast; each trial's region is found once."""
    limits, signs = zip(*design.sided_limits(), strict=True)
    grid = np.broadcast_arrays(*design.split(n), design.treatment, design.control, design.level, *limits)
    answer = np.zeros(grid[0].shape)
    for place in np.ndindex(answer.shape):
        n_t, n_c, p_t, p_c, level, *held = (float(one[place]) for one in grid)
        arms = round(n_t), round(n_c)
        tables = exact_margins.region(design.test_scale, arms, tuple(zip(held, signs, strict=True)), level)
        answer[place] = tables.probability(np.asarray(p_t), np.asarray(p_c))
    return np.clip(answer, 0, 1)[()]


def _limits(design: TwoProportions) -> exact_margins.Limits:
    """Of plain numbers, each with the direction that leads away from the null."""
    return tuple((float(limit), sign) for limit, sign in design.sided_limits())


def success(design: TwoProportions, n: Numbers) -> Numbers:
    """P(reject) in favour of the treatment."""
    return tails(design, n)[0]


def success_beside(design: TwoProportions, n: Any, target: float) -> Any:
    """P(reject) in favour of the treatment for each n, or a bound on the same side of the target."""
    arms: list[Any] = [tuple(map(round, design.split(float(one)))) for one in n]
    if design.margin is not None:
        rates, level = (design.treatment, design.control), float(design.level)
        return exact_margins.beside(design.test_scale, arms, rates, _limits(design), level, target)
    turned = _turned(design)
    rates = (1 - design.treatment, 1 - design.control) if turned else (design.treatment, design.control)
    return exact_power.beside(
        design.test, arms, rates, (design.alpha, design.sides), target, upper=design.upward or turned
    )


def power(design: TwoProportions, n: Numbers) -> Numbers:
    """P(reject), both tails with sides = 2."""
    return np.minimum(sum(tails(design, n)), 1.0)


def actual_size(design: TwoProportions, n: int) -> float:
    """The type I error at the common rate, or that on the limit, that makes it largest: at most alpha."""
    if design.margin is not None:
        arms = tuple(map(round, design.split(n)))
        tables = exact_margins.region(design.test_scale, arms, _limits(design), float(design.level))
        return exact_margins.size(design.test_scale, tables, _limits(design))
    return _region(design, *map(round, design.split(n))).size()


def statistic(design: TwoProportions, x_t: Any, n_t: int, x_c: Any, n_c: int) -> tuple[Any, Any]:
    """The score z, for its sign; the rejection region, for the decision."""
    if design.margin is not None:
        scale, rates = SCALES[design.test_scale], (x_t / n_t, x_c / n_c)
        zs = [sign * score_z(scale, rates, (n_t, n_c), limit) for limit, sign in design.sided_limits()]
        tables = exact_margins.region(design.test_scale, (n_t, n_c), _limits(design), float(design.level))
        return np.minimum.reduce(zs), tables.rejects(x_t, x_c)
    z = design.sign * score_z(DIFFERENCE, (x_t / n_t, x_c / n_c), (n_t, n_c), 0.0)
    counts = (n_t - x_t, n_c - x_c) if _turned(design) else (x_t, x_c)
    return z, _region(design, n_t, n_c).rejects(*counts)


def blocks_lower_bound(design: TwoProportions, target: float) -> int:
    """Blocks with which no test of level alpha reaches `target`, so that a search may begin beyond them.

    Raises where the search would take minutes: exact and approximate tests hardly differ there.
    """
    near = float(design.replace(test="score").unrounded(target))
    most = _SEARCHED if design.margin is None else _SEARCHED_AT_MARGIN
    if not near <= most:
        raise UnreachableError(
            f"no number of participants can show treatment = {design.treatment:.10g} with an exact test among those "
            f"searched, up to about {most:,}",
            owner=design,
            way_out=sizing.by_normal_theory(design, "score", near),
        )
    rates = (design.treatment, design.control)
    level = design.alpha if design.margin is None else design.level
    ratio = design.weights[0] / design.weights[1]
    nulls = [design.rates_scale.restricted(*rates, ratio, limit) for limit, _ in design.sided_limits()]
    return exact_power.blocks_lower_bound(design.weights, rates, nulls, level, target, round(near / design.block))


def _turned(design: TwoProportions) -> bool:
    """Whether failures are counted instead of responses: one-sided regions are those of a higher rate."""
    return design.sides == 1 and not design.upward


def _region(design: TwoProportions, n_t: int, n_c: int) -> Region:
    return region(design.test, n_t, n_c, design.alpha, design.sides)


def _row(
    prose: str,
    formula: str,
    reference: str,
    alone: str = "",
    scales: tuple[str, ...] = ("difference",),
    goals: tuple[str, ...] = (fields.SUPERIORITY,),
) -> AnalysisTest:
    """A row of the table of tests; `alone` names a test whose power no package of the script computes."""
    nowhere = f"{alone} has no power in these packages; R's package Exact has power.exact.test"
    return AnalysisTest(
        prose=prose,
        formula=f"{formula}, power by enumeration",
        reference=reference,
        goals=goals,
        scales=scales,
        power=power,
        success=success,
        statistic=statistic,
        tex=r"1-\beta = \sum_{(x_T,\,x_C)\in R}\binom{n_T}{x_T}p_T^{x_T}\left(1-p_T\right)^{n_T-x_T}"
        r"\binom{n_C}{x_C}p_C^{x_C}\left(1-p_C\right)^{n_C-x_C}",
        exact=True,
        not_elsewhere=nowhere if alone else "",
    )


ROWS: dict[str, AnalysisTest] = {
    "fisher": _row(
        "hypergeometric probability given the total of responses; two-sided, of all tables no more likely than the one "
        "seen. The habit of small trials; its real size is often half its level, which costs participants.",
        "Fisher's exact test",
        "Fisher 1935, JRSS 98:39",
        scales=("difference", "odds-ratio"),  # its interval is that of the odds ratio
    ),
    "boschloo": _row(
        "Fisher's p-value as the ordering, with the level kept at every common rate. The exact test to prefer: never "
        "less powerful than Fisher's; few programs have it, and their two-sided versions differ.",
        "Boschloo's exact unconditional test",
        "Boschloo 1970, Statistica Neerlandica 24:1",
        "Boschloo's exact test",
    ),
    "exact-pooled": _row(
        "the chi-squared statistic with the level kept at every common rate, with a margin that of score at every rate "
        "on the limit. Known as Barnard's test, with a margin as Chan's; close to Boschloo in even arms, and loses "
        "power in lopsided ones.",
        "exact unconditional test ordered by the pooled z",
        "Barnard 1947, Biometrika 34:123; Suissa & Shuster 1985, JRSS A 148:317; Chan 1998, Statistics in Medicine "
        "17:1403 (with a margin)",
        "the exact unconditional test ordered by the pooled z",
        scales=tuple(SCALES),
        goals=fields.GOALS,
    ),
    "exact-unpooled": _row(
        "the Wald statistic with the level kept at every common rate. Used beside a plain confidence interval of the "
        "difference; loses power in lopsided arms and for rates near 0 and 1.",
        "exact unconditional test ordered by the unpooled z",
        "Suissa & Shuster 1985, JRSS A 148:317",
        "the exact unconditional test ordered by the unpooled z",
    ),
}
