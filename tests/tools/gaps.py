"""Hold every formula against the truth at awkward points, and write docs/gaps.md.

    python tests/tools/gaps.py            writes the page
    python tests/tools/gaps.py --check    exits 1 when the page is not what would be written

Every point goes through `trialplan.analyses.verification`, with a fixed seed. The truth that is printed is counted,
over every pair of responder counts, or integrated: over the estimated variances for Welch's t, over the chance
imbalance of the baselines for the analysis of covariance, over the responders between the looks for group-sequential
trials of counts, over four normal and chi-square variables for those of t tests. What simulated trials show is printed
as agreement or as two decimals, because other versions of numpy draw other numbers.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import itertools
import math
import multiprocessing
import os
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats

from trialplan import (
    Ancova,
    ExactGroupSequential,
    GroupSequential,
    HierarchicalOutcomes,
    LogRank,
    ManyToOne,
    Milestone,
    OneProportion,
    OrderedCategories,
    PairedProportions,
    RankSum,
    RatioOfMeans,
    RepeatedMeasures,
    RestrictedMean,
    TwoByTwo,
    TwoMeans,
    TwoProportions,
    TwoStage,
    WinRatio,
)
from trialplan.analyses.verification.verification import ERRORS, verify
from trialplan.catalogue import designs
from trialplan.design import Design
from trialplan.errors import ParameterError, TrialplanError
from trialplan.parameter import parameters
from trialplan.sequential.look_table import whole_looks
from trialplan.text import listed

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "gaps.md"
SUITE = ROOT / "tests" / "conformance" / "conftest.py"
RATES = np.round(np.arange(0.005, 1, 0.005), 3)
"""The nuisance rates over which the largest type I error of a group-sequential trial is sought."""

OFF = 0.02
"""A gap beyond this is named at the top of the page."""

TRIALS, SWEPT = 4000, 1000
"""Simulated trials of a point, and of a point of the sweep."""

SEED = 20


# The points: small n, 3:1, rare events.

_RARE = {"control": 0.02, "treatment": 0.10, "allocation": "3:1"}
_PROPORTIONS = (
    (_RARE, 60),
    ({"control": 0.10, "treatment": 0.02, "allocation": "1:3", "favourable": "lower"}, 60),
    ({"control": 0.02, "treatment": 0.10, "allocation": "1:3"}, 60),
    ({"control": 0.3, "treatment": 0.7}, 24),
    ({"control": 0.05, "treatment": 0.4}, 40),
    ({"control": 0.6, "treatment": 0.9}, 76),
    ({"control": 0.3, "treatment": 0.5}, 186),
)
_MARGINS = {
    "non-inferiority": (
        ({"control": 0.9, "treatment": 0.9, "margin": 0.15, "allocation": "3:1"}, 60),
        ({"control": 0.05, "treatment": 0.05, "margin": 0.1, "favourable": "lower"}, 60),
        ({"control": 0.6, "treatment": 0.6, "margin": 0.2}, 80),
    ),
    "equivalence": (
        ({"control": 0.9, "treatment": 0.9, "margin": 0.2, "allocation": "3:1"}, 100),
        ({"control": 0.5, "treatment": 0.5, "margin": 0.2}, 160),
    ),
}
_ODDS_MARGINS = {
    "non-inferiority": (
        ({"control": 0.9, "treatment": 0.9, "scale": "odds-ratio", "margin": 0.4, "allocation": "3:1"}, 120),
        ({"control": 0.6, "treatment": 0.6, "scale": "odds-ratio", "margin": 0.5}, 120),
    ),
    "equivalence": (({"control": 0.5, "treatment": 0.5, "scale": "odds-ratio", "margin": 2}, 200),),
}
_RATIO_MARGINS = {
    "non-inferiority": (
        ({"control": 0.9, "treatment": 0.9, "scale": "ratio", "margin": 0.8, "allocation": "3:1"}, 60),
        ({"control": 0.1, "treatment": 0.1, "scale": "ratio", "margin": 2, "favourable": "lower"}, 200),
    ),
    "equivalence": (({"control": 0.5, "treatment": 0.5, "scale": "ratio", "margin": 1.5}, 200),),
}


def points():
    """(design, n) of every point that is printed: all tests that are not exact, then all that are."""
    for test, row in TwoProportions.tests.items():
        if not row.exact:
            yield from _proportions(test, row.goals)
    approximate = [test for test, row in OneProportion.tests.items() if not row.exact]
    for test, (numbers, n) in itertools.product(approximate, _SINGLE_ARM):
        yield OneProportion(test=test, **numbers), n
    for numbers, n in _WELCH:
        yield TwoMeans(test="welch", **numbers), n
    for numbers, n in _ANCOVA:
        yield Ancova(**numbers), n
    for numbers, n, looks in _SEQUENTIAL:
        yield GroupSequential(design=TwoProportions(**numbers), looks=looks), n
    for numbers, n, rule in _STUDENT:
        yield GroupSequential(design=TwoMeans(**numbers), looks=(0.5, 1.0), **rule), n
    for design, n in _STRAINED:
        yield design, n
    for slug, numbers, n in _TINY:
        yield designs()[slug](**numbers), n
    for numbers, n in _DEPLETED:
        yield RepeatedMeasures(**numbers), n
    yield from exact_points()
    yield from times_points()
    yield from other_points()


def times_points():
    """(design, n) of times to an event: small, strong, lopsided, hardly any events, effects that change; every way."""
    ways = parameters(LogRank)["method"].choices
    for (numbers, n), method in itertools.product((*_TIMES, *_COURSES), ways):
        more = {"weight_time": 6} if method == "modestly-weighted" and "effect_changes" not in numbers else {}
        # a way that knows no changing effect has no point there
        with contextlib.suppress(ParameterError):
            yield LogRank(**numbers, **more, method=method), n
    for numbers, n in _READ_OFF:
        yield RestrictedMean.from_hazard_ratios(horizon=10, **numbers), n
        yield Milestone.from_hazard_ratios(milestone=10, **numbers), n


MOST_DRAWN = 10
"""Trials of one design that the suite draws and this page has: a model is fitted to each of thousands, twice."""


def other_points():
    """(design, n) of every design that has no points of its own above: as the suite draws it, small, and as planned."""
    own = (TwoProportions, OneProportion, TwoMeans, Ancova, RatioOfMeans, TwoStage)
    drawn, tests = Counter(), set()
    for design in (one for one in drawn_designs() if not one.looks and not isinstance(one, own)):
        test = design.slug(), test_of(design)
        if drawn[type(design)] < MOST_DRAWN or test not in tests:
            drawn[type(design)] += 1
            tests.add(test)
            planned = int(design.sample_size(0.8).n)
            for n in sorted({_small(design, 24), planned}):
                yield design, n


def exact_points():
    """(design, n) of the designs that are declared exact: these must agree."""
    for test, row in TwoProportions.tests.items():
        if row.exact:
            yield from _proportions(test, row.goals)
    for numbers, n in _SINGLE_ARM:
        yield OneProportion(test="exact", **numbers), n
    for stages in (("1/10", "5/29"), ("0/4", "3/12")):
        design = TwoStage(null=0.1, expected=0.3, stages=stages)
        yield design, design.only_n
    for test, (numbers, n) in itertools.product(("t", "z"), _MEANS):
        yield TwoMeans(test=test, **numbers), n
    for numbers, n in _ANCOVA:
        yield Ancova(method="exact", **numbers), n
    for numbers, n in _RATIOS:
        yield RatioOfMeans(**numbers), n
    for numbers, n, rule in _COUNTED:
        yield ExactGroupSequential(design=OneProportion(**numbers), **rule), n


def _proportions(test, goals):
    for numbers, n in _PROPORTIONS:
        yield TwoProportions(test=test, **numbers), n
    # tests of logarithms have margins on their own scale alone, which has its own points
    margins = {"log-ratio": _RATIO_MARGINS, "log-odds": _ODDS_MARGINS, "log-odds-null-variance": _ODDS_MARGINS}.get(
        test, _MARGINS
    )
    for goal in (goal for goal in goals if goal in margins):
        for numbers, n in margins[goal]:
            yield TwoProportions(test=test, goal=goal, **numbers), n


_OFF_PROPORTIONAL_ODDS = {"control": (0.05, 0.55, 0.35, 0.05), "treatment": (0.25, 0.05, 0.1, 0.6)}
"""More of the treated in the first category and many more in the last one: odds ratios of 0.16, 3.5 and 29."""

_STRAINED = (
    (RankSum(probability_better=0.8), 30),
    (RankSum(probability_better=0.8, variance="normal-shift"), 30),
    *(
        (OrderedCategories(**_OFF_PROPORTIONAL_ODDS, variance=variance), 60)
        for variance in ("proportional-odds", "proportional-odds-finite", "general", "midrank-scores")
    ),
    (OrderedCategories(control=(0.1, 0.2, 0.3, 0.4), odds_ratio=8, favourable="higher"), 40),
    *(
        (PairedProportions(treatment_only=0.08, control_only=0.01, test=test), 100)
        for test in ("mcnemar", "mcnemar-exact", "mcnemar-mid-p")
    ),
    (PairedProportions(treatment_only=0.03, control_only=0.03, goal="non-inferiority", margin=0.1), 60),
    (ManyToOne(design=TwoProportions(control=0.6, treatment=0.9, test="log-odds"), treatments=2), 102),
    (TwoByTwo(design=TwoProportions(control=0.1, treatment=0.7), effect_shares=(0.2, 1)), 400),
    *((WinRatio(win_ratio=2, ties=ties), 200) for ties in (0.0, 0.5, 0.8)),
    (HierarchicalOutcomes(hazard=(0.1,), hazard_ratio=(0.4,), response_control=0.05, response_treatment=0.15), 200),
)
"""Where formulas for ordered and paired outcomes are strained: Noether far from a half, Whitehead off proportional odds
and at a strong effect, McNemar with few discordant pairs, the win ratio with many ties; and several strong effects on
the log odds, and a margin of two rates that are far apart."""

_SINGLE_ARM = (
    ({"null": 0.05, "expected": 0.2}, 20),
    ({"null": 0.1, "expected": 0.3}, 20),
    ({"null": 0.3, "expected": 0.1, "favourable": "lower", "sides": 2}, 25),
    ({"null": 0.5, "expected": 0.7}, 37),
)

_WELCH = (
    ({"difference": 2, "sd": 1}, 8),
    ({"difference": 1.5, "sd": 1, "sd_treatment": 2, "allocation": "1:3"}, 24),
    ({"difference": 1.5, "sd": 2, "sd_treatment": 1, "allocation": "1:3"}, 24),
    ({"difference": 1.5, "sd": 1, "sd_treatment": 3, "allocation": "3:1"}, 16),
    ({"difference": 0, "sd": 1, "sd_treatment": 2, "goal": "non-inferiority", "margin": 1.5, "allocation": "1:3"}, 24),
    ({"difference": 0, "sd": 1, "sd_treatment": 2, "goal": "equivalence", "margin": 2, "allocation": "1:3"}, 32),
)

_ANCOVA = (
    ({"difference": 1.5, "sd": 1, "correlation": 0.5}, 8),
    ({"difference": 0.9, "sd": 1.2, "correlation": 0.6}, 24),
    ({"difference": 1, "sd": 1, "correlation": 0.3, "allocation": "3:1"}, 32),
    ({"difference": 0.5, "sd": 1, "correlation": 0.5}, 100),
    ({"difference": 0, "sd": 1, "correlation": 0.6, "goal": "non-inferiority", "margin": 1}, 24),
    ({"difference": 0, "sd": 1, "correlation": 0.6, "goal": "equivalence", "margin": 1}, 32),
    ({"ratio": 1.8, "sd": 0.7, "correlation": 0.5, "scale": "ratio", "allocation": "1:3"}, 32),
)

_FEW = {"control_median": 60, "accrual_time": 6, "follow_up_time": 6}
_USUAL = {"control_median": 9, "accrual_time": 6, "follow_up_time": 12}
_TIMES = (
    ({"hazard_ratio": 0.2, **_USUAL}, 24),
    ({"hazard_ratio": 0.35, **_USUAL, "allocation": "3:1"}, 48),
    ({"hazard_ratio": 0.35, **_USUAL, "allocation": "1:3"}, 48),
    ({"hazard_ratio": 0.3, **_FEW}, 100),
    ({"hazard_ratio": 0.3, **_FEW, "allocation": "3:1"}, 120),
    ({"hazard_ratio": 0.5, **_USUAL, "dropout_rate": 0.2}, 120),
)
"""At 60 months some nine of a hundred have the event; a dropout rate of 0.2 leaves a third."""

_COURSES = (
    ({"hazard_ratio": 0.3, **_USUAL, "effect_course": (0, 1), "effect_changes": 4}, 60),
    ({"hazard_ratio": 0.3, **_USUAL, "effect_course": (1, 0.2), "effect_changes": 4, "allocation": "3:1"}, 60),
    ({"hazard_ratio": 0.3, **_USUAL, "effect_course": (-0.3, 1), "effect_changes": 3}, 80),
)
_READ_OFF = (
    ({"ratios": (0.3,), "changes": (), **_USUAL}, 24),
    ({"ratios": (0.3,), "changes": (), **_USUAL, "allocation": "3:1"}, 48),
    ({"ratios": (0.2,), "changes": (), **_FEW}, 100),
    ({"ratios": (0.4,), "changes": (), **_USUAL, "dropout_rate": 0.15}, 120),
    ({"ratios": (1, 0.2), "changes": (3,), **_USUAL}, 60),
    ({"ratios": (1.5, 0.2), "changes": (3,), **_USUAL, "allocation": "1:3"}, 80),
)

_MEANS = (
    ({"difference": 2, "sd": 1}, 8),
    ({"difference": 1.2, "sd": 1, "allocation": "3:1"}, 24),
    ({"difference": 0, "sd": 1, "goal": "non-inferiority", "margin": 1, "allocation": "1:3"}, 24),
    ({"difference": 0.1, "sd": 1, "goal": "equivalence", "margin": 1.2}, 24),
)

_RATIOS = (
    ({"ratio": 2.5, "cv": 0.6}, 12),
    ({"ratio": 0.5, "cv": 0.8, "favourable": "lower", "allocation": "3:1"}, 32),
    ({"ratio": 1.0, "cv": 0.3, "goal": "equivalence", "margin": 1.25}, 32),
)

_SEQUENTIAL = (
    ({"control": 0.1, "treatment": 0.5}, 32, (0.5, 1.0)),
    ({"control": 0.02, "treatment": 0.3, "allocation": "3:1"}, 40, (0.5, 1.0)),
    ({"control": 0.3, "treatment": 0.8, "test": "wald"}, 24, (0.5, 1.0)),
    ({"control": 0.8, "treatment": 0.8, "goal": "non-inferiority", "margin": 0.3}, 40, (0.5, 1.0)),
)

_DEPLETED = tuple(
    ({"difference": 0.8, "sd": 1, "visits": 4, "correlation": 0.6, "retention": retention, **more}, n)
    for retention in ((0.95, 0.9, 0.8, 0.67), (0.8, 0.6, 0.4, 0.3))
    for more, n in (({}, 40), ({}, 80), ({"allocation": "3:1"}, 40), ({"baseline": "constrained"}, 40))
)
"""Measurements at visits that many miss: few regressions have the participants that the formula takes them to have."""

_THREE_VISITS = {"visit_times": (0.0, 1.0, 2.0), "sd_slope": 0.6, "sd_intercept": 1, "sd_residual": 0.7}
_HEAVILY_CENSORED = {"accrual_time": 6, "follow_up_time": 6, "dropout_rate": 0.1}
_TINY = (
    ("competing-risks", {"competing_hazard": 0.08, "hazard_ratio": 0.35, "allocation": "3:1", **_USUAL}, 48),
    ("competing-risks", {"competing_hazard": 0.05, "hazard_ratio": 0.3, **_FEW}, 100),
    ("one-milestone", {"milestone": 10, "null": 0.3, "expected": 0.6, **_HEAVILY_CENSORED}, 20),
    ("one-restricted-mean", {"horizon": 10, "null": 5, "expected": 7, **_HEAVILY_CENSORED}, 20),
    ("one-sample-log-rank", {"null_median": 9, "hazard_ratio": 0.4, "accrual_time": 6, "follow_up_time": 12}, 16),
    ("event-counts", {"control_rate": 1.2, "rate_ratio": 0.3, "dispersion": 0.05, "allocation": "3:1"}, 24),
    ("event-counts", {"control_rate": 1.2, "rate_ratio": 0.3, "dispersion": 1.5, "allocation": "3:1"}, 48),
    ("event-counts", {"control_rate": 0.3, "rate_ratio": 0.4, "test": "exact", "allocation": "3:1"}, 60),
    ("one-rate", {"null": 1, "expected": 0.5, "dispersion": 0.05, "test": "wald"}, 16),
    ("repeated-measures", {"difference": 1.5, "sd": 1, "correlation": 0.6, "visits": 2, "retention": (0.9, 0.7)}, 12),
    ("mean-of-visits", {"difference": 1.2, "sd": 1, "correlation": 0.5, "allocation": "3:1"}, 12),
    ("slopes", {"difference": 1.2, "retention": (1.0, 0.8, 0.6), **_THREE_VISITS}, 12),
    ("slopes", {"difference": 1.2, "allocation": "3:1", **_THREE_VISITS}, 24),
    ("contingency-table", {"rows": "0.05,0.15,0.8/0.3,0.3,0.4/0.4,0.4,0.2"}, 18),
    ("unordered-categories", {"control": (0.05, 0.15, 0.8), "treatment": (0.4, 0.3, 0.3), "allocation": "3:1"}, 24),
    ("stratified-rank-sum", {"odds_ratio": 6, "allocation": "3:1"}, 24),
    ("dose-trend", {"control": 0.05, "difference": 0.6}, 16),
    ("dual-criterion-means", {"difference": 2, "sd": 1, "relevant": 1, "allocation": "3:1"}, 12),
    ("dual-criterion-proportions", {"control": 0.05, "treatment": 0.5, "relevant": 0.2, "allocation": "3:1"}, 24),
    ("one-way-anova", {"group_means": (0.0, 1.0, 2.0), "sd": 1, "group_sizes": "3:1:1"}, 15),
    ("one-way-repeated-measures", {"condition_means": (0.0, 0.5, 1.5), "sd": 1, "correlation": 0.6}, 5),
    ("crossover", {"difference": 1.5, "sd_within": 1}, 6),
    ("paired-means", {"difference": 1.2, "sd": 1}, 6),
    ("one-mean", {"null": 0, "expected": 1.2, "sd": 1}, 6),
    ("ratio-of-normal-means", {"ratio": 2, "cv": 0.6, "allocation": "3:1"}, 12),
    ("clustered-means", {"difference": 1, "sd": 1, "icc": 0.2, "cluster_size": 5}, 30),
    ("stratified-proportions", {"control": (0.05, 0.3), "difference": 0.4, "allocation": "3:1"}, 24),
    ("hierarchical-outcomes", {"hazard": (0.2, 0.6), "hazard_ratio": (0.3, 0.3), "difference": 0.8}, 24),
)
"""Of designs whose other points are drawn at random: hardly any participants, strong effects, heavy censoring, small
dispersion, few visits. All of them together take some seconds."""

_COUNTED = (
    ({"null": 0.1, "expected": 0.3}, 30, {"efficacy": "obrien-fleming"}),
    ({"null": 0.05, "expected": 0.2}, 40, {"efficacy": "pocock", "looks": (0.3, 0.6, 1.0)}),
    ({"null": 0.4, "expected": 0.15, "favourable": "lower"}, 24, {"efficacy": "lan-demets-pocock"}),
)

_STUDENT = (
    ({"difference": 2.5, "sd": 1}, 8, {"efficacy": "obrien-fleming"}),
    ({"difference": 2.5, "sd": 1}, 8, {"efficacy": "pocock"}),
    ({"difference": 1.2, "sd": 1}, 24, {"efficacy": "obrien-fleming"}),
    ({"difference": 1.2, "sd": 1}, 24, {"efficacy": "pocock"}),
    ({"difference": 0.9, "sd": 1, "goal": "non-inferiority", "margin": 0.1}, 40, {"efficacy": "lan-demets-pocock"}),
)


# The truth.


def truth(design, n, found, sized=True):
    """(power as the formula counts it, largest type I error over the nuisance) of the analysis that is really done.

    Verification has counted fixed designs of counts; where neither counting nor an integral is at hand, which is where
    the formula is exact, nan. What is not `sized` has no type I error where that must be sought over a grid.
    """
    if isinstance(design, ExactGroupSequential):
        return _by_paths(design, n)
    if design.looks and isinstance(design.fixed, TwoMeans):
        return _student(design, n)
    if design.looks:
        counted = isinstance(design.fixed, TwoProportions)
        return _by_counting(design, design.fixed, n, sized) if counted else (math.nan, math.nan)
    if isinstance(design, Ancova) and not design.exact:
        return _ancova(design, n)
    if isinstance(design, TwoMeans) and design.test == "welch":
        return _welch(design, n)
    return (math.nan, math.nan) if found.enumerated is None else (found.enumerated, found.enumerated_type_one_error)


def _by_counting(design, core, n, sized):
    """Every way in which the responders of each arm can fall between the looks; too many are not counted."""
    looks = [size / n for size in whole_looks(design.looks, n, core.block)]
    pieces = [np.diff([0, *(round(look * float(size)) for look in looks)]) for size in core.split(n)]
    if math.prod(math.prod(int(part) + 1 for part in parts) for parts in pieces) > _WAYS:
        return math.nan, math.nan
    counts = [_all_counts(parts) for parts in pieces]
    first, second = (one.ravel() for one in np.indices((len(counts[0]), len(counts[1]))))
    data = (_patients(counts[0], pieces[0])[first], _patients(counts[1], pieces[1])[second])
    statistic, rejects = design.settled(n).analyse(data)

    def chance(treatment, control, kept):
        weights = (_mass(counts[0], pieces[0], treatment), _mass(counts[1], pieces[1], control))
        return float(weights[0] @ kept.reshape(len(counts[0]), -1).astype(float) @ weights[1])

    size = _largest(core, chance, rejects) if sized else math.nan
    return chance(core.treatment, core.control, rejects & (statistic > 0)), size


def _by_paths(design, n):
    """Every way in which one arm's responders can fall between the looks."""
    parts = np.diff([0, *design.counts(n).sizes])
    counts = _all_counts(parts)
    _, rejects = design.analyse(_patients(counts, parts))

    def chance(rate):
        return float(_mass(counts, parts, rate) @ rejects)

    return chance(design.design.expected), chance(design.design.null)


_WAYS = 100_000


def _all_counts(parts):
    return np.array(list(itertools.product(*(range(part + 1) for part in parts))))


def _patients(counts, parts):
    """Each arm's participants in the order of enrolment: the responders of every stretch come first in it."""
    return np.concatenate(
        [np.arange(part) < column[:, None] for part, column in zip(parts, counts.T, strict=True)], axis=1
    )


def _mass(counts, parts, rate):
    return np.prod([stats.binom.pmf(k, m, rate) for k, m in zip(counts.T, parts, strict=True)], axis=0)


def _largest(core, chance, rejects):
    """The largest chance of rejecting where the treatment's rate lies on a limit."""
    sizes = [0.0]
    for rate in map(float, RATES):
        limits = map(float, core.replace(control=rate).null_values())
        sizes += [chance(limit, rate, rejects) for limit in limits if 0 < limit < 1]
    return max(sizes)


_GRID = (np.arange(400) + 0.5) / 400
"""Midpoints of equal slices of probability."""


def _welch(design, n):
    sizes = [round(float(size)) for size in design.split(n)]
    sds = (design.sd if design.sd_treatment is None else design.sd_treatment, design.sd)
    means = [sd**2 * stats.chi2.ppf(_GRID, m - 1) / (m - 1) / m for sd, m in zip(sds, sizes, strict=True)]
    v_t, v_c = means[0][:, None], means[1][None, :]
    df = (v_t + v_c) ** 2 / (v_t**2 / (sizes[0] - 1) + v_c**2 / (sizes[1] - 1))
    reach = stats.t.isf(design.level, df) * np.sqrt(v_t + v_c)
    true = np.sqrt(sum(sd**2 / m for sd, m in zip(sds, sizes, strict=True)))

    def chance(difference):
        return float(np.mean(_rejects(design, difference, reach, true)))

    return chance(design.difference), max(chance(limit) for limit in design.limits())


def _rejects(design, difference, reach, true):
    """P(rejecting) where the estimate is normal around `difference` and must pass each limit by `reach`."""
    limits = [float(limit) for limit in design.limits()]
    if len(limits) == 2:
        inside = stats.norm.cdf((limits[1] - reach - difference) / true) - stats.norm.cdf(
            (limits[0] + reach - difference) / true
        )
        return np.maximum(inside, 0)
    away = design.sign * (difference - limits[0])
    favoured = stats.norm.sf((reach - away) / true)
    return favoured + (stats.norm.cdf((-reach - away) / true) if design.two_tailed else 0)


def _ancova(design, n):
    """Given how far apart the baselines happen to be, the test is a t test; average over that and the residuals."""
    sizes = [round(float(size)) for size in design.split(n)]
    apart = stats.f.ppf(_GRID, 1, n - 2)[:, None] / (n - 2)
    residual = design.sd**2 * (1 - design.correlation**2)
    true = np.sqrt(residual * sum(1 / m for m in sizes) * (1 + apart))
    estimated = np.sqrt(stats.chi2.ppf(_GRID, n - 3) / (n - 3))[None, :]
    reach = stats.t.isf(design.level, n - 3) * estimated * true

    def chance(difference):
        return float(np.mean(_rejects(design, difference, reach, true)))

    return chance(float(design.shift)), max(chance(float(limit)) for limit in design.limits())


def _student(design, n):
    """Two looks of a t test in equal arms: the means of both halves, and what their spread is made of.

    Within a look the pooled sum of squares is chi-square; the second look adds that of its own participants, and how
    far each arm's mean moved between the looks, half of which goes with the difference of the arms.
    """
    core = design.design
    at = [size // 2 for size in whole_looks(design.looks, n, core.block)]
    if core.test != "t" or len(at) != 2 or core.weights != (1, 1) or core.sd != 1 or at[1] - at[0] < 2:
        return math.nan, math.nan
    first, more = at[0], at[1] - at[0]
    points = stats.qmc.Sobol(4, scramble=False).random_base2(17)[1:]
    early, late = (stats.norm.ppf(points[:, i]) * np.sqrt(2 / m) for i, m in ((0, first), (1, more)))
    within = stats.chi2.ppf(points[:, 2], 2 * first - 2)
    added = stats.chi2.ppf(points[:, 3], 2 * more - 1)
    moved = first * more / (first + more) / 2 * (early - late) ** 2
    limit = float(design.null_values()[0])

    def chance(away, both):
        reached = np.zeros(len(points), bool)
        whole = (first * early + more * late) / at[1]
        squares = (within, within + added + moved)
        for size, estimate, square, z in zip(at, (early, whole), squares, design.efficacy_z, strict=True):
            t = (estimate + away) / np.sqrt(square / (2 * size - 2) * 2 / size)
            critical = stats.t.isf(stats.norm.sf(z), 2 * size - 2)
            worse = (t <= -critical) & both if design.two_tailed else np.zeros(len(points), bool)
            # what stops on the far side counts, or is lost, at the first look that it reaches
            fresh = ~reached
            reached = reached | (t >= critical) | (t <= -critical if design.two_tailed else False)
            yield float(np.mean(fresh & ((t >= critical) | worse)))

    shift = design.sign * (core.difference - limit)
    return sum(chance(shift, False)), sum(chance(0.0, True))


# The sweep.


def swept():
    """(design, n) of every design of the conformance suite, with small totals, 3:1 and 1:3, and extreme rates."""
    for design in drawn_designs():
        # looks at a t have points of their own; no witness but simulation fits any of them
        if not design.looks or isinstance(design.fixed, TwoProportions):
            yield from _awkward(design)


@functools.cache
def drawn_designs():
    """The designs that a fast run of the conformance suite takes, then of a test and goal that has none the first."""
    suite, found, seen = _suite(), [], set()
    fast = suite.fast()
    for _, name, design in sorted(suite.instances(2), key=lambda one: one[1] not in fast):
        kind = type(design), test_of(design), design.goal
        if name in fast or kind not in seen:
            seen.add(kind)
            found.append(design)
    return found


def _awkward(design):
    """The design as it was drawn, lopsided, and with rare or nearly certain events: at a dozen and two dozen."""
    declared = parameters(type(design.fixed))
    changes = [{}, *({"allocation": one} for one in ("3:1", "1:3") if "allocation" in declared)]
    rates = [name for name, one in declared.items() if one.unit == "proportion" and one.role != "effect"]
    changes += [{name: extreme} for name in rates for extreme in (0.02, 0.97)]
    for change in changes:
        try:
            other = design.replace(**change)
        except TrialplanError:
            continue
        if other.only_n is not None:
            if _suite().keeps_level(other):  # another null needs another rule
                yield other, other.only_n
            continue
        for total in (12, 24):
            yield other, _small(other, total)


def _small(design, total):
    return max(2, total // design.block) * design.block


@functools.cache
def _suite():
    """tests/conformance/conftest.py as a module: it draws the designs."""
    spec = importlib.util.spec_from_file_location("tests_conformance_conftest", SUITE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


# What is found.


@dataclass(frozen=True)
class Point:
    """A design at n: what its formula claims, what is true, and what simulated trials show."""

    design: object
    n: int
    claimed: float
    power: float
    size: float
    level: float
    simulated: float
    agrees: bool
    seen_size: float | None

    @property
    def gap(self):
        """The claim minus the truth, as printed.

        Where only simulation judges, minus what it shows, if that is apart by four standard errors, and else nan.
        """
        true = self.simulated if not self.counted and not self.agrees else self.power
        return round(self.claimed, 3) - round(true, 3) + 0.0

    @property
    def counted(self):
        """Whether the truth is counted or integrated, so that it is known without simulation."""
        return not math.isnan(self.power)

    @property
    def key(self):
        """Design, test and goal, by which points are told together."""
        return self.design.slug(), test_of(self.design), self.design.goal

    @property
    def words(self):
        """The numbers of the design, and its arms."""
        arms = ":".join(str(arm) for arm in self.design.arms(self.n).values())
        return f"{_numbers(self.design)}; n {self.n} ({arms})"


def point(design, n, trials=TRIALS, sized=True):
    """What verification and, beside it, counting or an integral say."""
    found = verify(design, n=n, trials=trials, seed=SEED)
    power, size = truth(design, n, found, sized)
    against = found.claimed if math.isnan(power) else power
    error = math.sqrt(max(against * (1 - against), 1 / trials) / trials)
    agrees = abs(found.simulated - against) <= ERRORS * error
    return Point(design, n, found.claimed, power, size, found.level, found.simulated, agrees, found.type_one_error)


def test_of(design):
    """The name of the test; designs that have one are named for what it is."""
    if design.test:
        return design.test
    kind = "t" if isinstance(design, (Ancova, RatioOfMeans)) else "exact" if design.exact else "its own"
    return f"{kind}, {design.way()}" if design.field("method") else kind


def rows():
    """Every point that is printed."""
    return _on_all_cores([(design, n) for design, n in points()])


def sweep():
    """Every point of the sweep."""
    return _on_all_cores([(design, n, SWEPT, False) for design, n in swept()])


def _on_all_cores(asked):
    """The point that each of these arguments asks for; one after the other where there is one core."""
    workers = min(len(os.sched_getaffinity(0)), len(asked))
    if workers < 2:
        return [point(*one) for one in asked]
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        return pool.starmap(point, asked, chunksize=4)


def faults(printed, more):
    """What the points show that no page may record as a gap, a line each; nothing where formulas and analyses hold."""
    everything = [*printed, *more]
    counted = [one for one in everything if one.design.exact and one.counted]
    claims = [one for one in everything if one.counted or one.design.exact]
    alone = [one for one in everything if not one.counted]
    shown, drawn = {one.key[:2] for one in printed}, {one.key for one in everything}
    asked = [design for design in drawn_designs() if not design.looks]
    yield from (f"{one.key}, {one.words}: simulation contradicts what is counted" for one in claims if not one.agrees)
    yield from (
        f"{one.key}, {one.words}: a claim beyond four standard errors is no gap"
        for one in alone
        if one.agrees is not math.isnan(one.gap)
    )
    for one in counted:
        if abs(one.claimed - one.power) >= 1e-9:
            yield f"{one.key}, {one.words}: exact, and claims {one.claimed:.9f} for {one.power:.9f}"
        if not math.isnan(one.size) and one.size > one.level * (1 + 1e-9):
            yield f"{one.key}, {one.words}: exact, with a size of {one.size:.9f} for {one.level:g}"
    yield from (f"{key} has no row" for key in sorted({(one.slug(), test_of(one)) for one in asked} - shown))
    yield from (f"{key} is not drawn" for key in {(one.slug(), test_of(one), one.goal) for one in asked} - drawn)


# The page.

HEAD = """# Formula and truth

<!-- Written by tests/tools/gaps.py; do not edit. -->

A formula that is not exact claims a power that the analysis does not have. Here every formula is asked at points where
it is strained: few participants, 3:1, rare events. Each point is verified as `trialplan verify` does it, and the truth
is counted over every outcome, or integrated numerically. Where a formula leaves out the wrong side of a two-sided test,
so does the truth beside it. A gap is the claim minus the truth: above 0 the formula claims too much. Where nothing can
be counted or integrated, it is the claim minus what simulated trials show, if that is beyond four standard errors.

Several tests together err as each of them does: of a rate of .1 against .3 with 62 participants in each of three
arms the log ratio claims .64 for each treatment and shows .67 (20,000 trials). Beside that, their joint law is that
of statistics whose variances are known. Where each estimates one of its own from few participants or clusters, they
hang together less than is claimed: any of them is then shown a little more often (.803 is claimed of the plan with
two doses and donors as clusters, and .807 with a standard error of .002 is seen).

Of several treatments of which the best go on after the first look, the best is taken as ranked by normal z, also where
the test is a t. With hardly anybody in an arm by then the power is told too high: three treatments, the best of which
goes on, with two in an arm at the first look and four at the end are told .713 and show .684, with four and eight .842
and .832, with eight and sixteen .883 and .879 (40,000 trials, standard error .002).

A z of a trial that compares rates is exactly 0 where both arms have the same count, which a normal z never is. With
futility at z = 0, `z(0)`, such a trial goes on: of .05 in both arms, 442 participants at the first look and 884 at the
end, 662 are told to be needed on average, and 681 are (z is 0 in 9 of a hundred such trials).

The power of an interaction two by two is that of a normal log odds ratio. With hardly anybody in a group it is told too
high: of .3 against .7 with 7 in a group .177 is told and .13 is seen, with 14 .306 and .29, with 28 .538 and .54
(400,000 trials, half added to each count).

The formula of `log-odds` takes z to vary by 1 about its planned value. It varies less, because an estimate that is far
from the null brings a larger standard error with it (Hauck & Donner 1977): of .6 against .9 with 38 participants per
arm the mean of z is 2.70 and its standard deviation .67, where 2.83 and 1 are claimed. So .807 is claimed and .865 is
true, and of two such treatments against one control with 34 per arm .802 is claimed that any is shown, and .851 is
seen (100,000 trials). Which variance the formula has, that under the null or that of the plan, is not the reason: both
are right for the estimate. The formula is kept, as every textbook and program has it by that name.

Every design that tests has its points. {untested} have no test, so that no claim of theirs can be held against drawn
trials: what they answer is held against other programs in [agreement.md](agreement.md)."""

NAMED = """## Where the formula is off by more than 0.02

Of {points} points, {swept} of them the designs of the conformance suite, each with a dozen and two dozen
participants, as drawn, 3:1, 1:3, and with a rate of 0.02 or 0.97. The largest gaps in either direction, the worst
first:

| design | test | goal | points | claims too much, up to | at | claims too little, up to | at |
|---|---|---|---:|---:|---|---:|---|"""

GOOD = """## Where it is not

| design | test | goal | points | largest gap | witness |
|---|---|---|---:|---:|---|"""

DETAIL = """## Point by point

The true size is the largest type I error over the nuisance rate, or at the standard deviations given, on the null's
boundary; next to it stands the level that the test should keep. Where nothing is counted it is what simulated trials
show on that boundary, every rejection counted. Simulated trials agree with the truth, or with the
claim where there is nothing to count, within four standard errors of {trials:,} trials; else what they show is printed.

| design | test | numbers | n | formula's power | true power | gap | true size | level | simulation |
|---|---|---|---:|---:|---:|---:|---:|---:|---|"""


def written(printed, more):
    """The text of the page about these points, and those of the sweep."""
    by_key = {}
    for one in (*printed, *more):
        by_key.setdefault(one.key, []).append(one)
    by_key = dict(sorted(by_key.items(), key=lambda item: -_largest_gap(item[1])))
    off = {key: found for key, found in by_key.items() if _largest_gap(found) > OFF}
    named = NAMED.format(points=len(printed) + len(more), swept=len(more))
    untested = listed(slug for slug, cls in designs().items() if not issubclass(cls, Design))
    parts = [
        HEAD.format(untested=untested),
        "\n".join([named, *(_named(key, found) for key, found in off.items())]),
        "\n".join([GOOD, *(_good(key, found) for key, found in by_key.items() if key not in off)]),
        "\n".join([DETAIL.format(trials=TRIALS), *map(_line, printed)]),
        _most(printed),
    ]
    return "\n\n".join(parts)


def _largest_gap(found):
    return max((abs(one.gap) for one in found if not math.isnan(one.gap)), default=0.0)


def _named(key, found):
    counted = [one for one in found if not math.isnan(one.gap)]
    most, least = max(counted, key=lambda one: one.gap), min(counted, key=lambda one: one.gap)
    cells = [*key, str(len(found))]
    for one, beyond in ((most, most.gap > 0.0005), (least, least.gap < -0.0005)):
        cells += [f"{abs(one.gap):.3f}", one.words] if beyond else ["–", "–"]
    return _cells(cells)


def _good(key, found):
    gaps = [one.gap for one in found if not math.isnan(one.gap)]
    largest = f"{max(map(abs, gaps)):.3f}" if gaps else "–"
    counted = any(one.counted for one in found)
    disagree = sum(not one.agrees for one in found)
    seen = "simulation agrees" if not disagree else f"simulation disagrees at {disagree}"
    return _cells([*key, str(len(found)), largest, f"counted or integrated, {seen}" if counted else seen])


def _cells(cells):
    return "| " + " | ".join(cells) + " |"


def _line(one):
    arms = ":".join(str(arm) for arm in one.design.arms(one.n).values())
    cells = [one.design.slug(), test_of(one.design), _numbers(one.design), f"{one.n} ({arms})", f"{one.claimed:.3f}"]
    seen = "–" if one.seen_size is None else f"seen {one.seen_size:.2f}"
    cells += [f"{one.power:.3f}", f"{one.gap:+.3f}", f"{one.size:.3f}"] if one.counted else ["–", "–", seen]
    return _cells([*cells, f"{one.level:g}", "agrees" if one.agrees else f"{one.simulated:.2f}"])


def _numbers(design):
    core = design.fixed
    left_out = {"alpha", "sides", "test", "allocation", "method"}
    values = {name: value for name, value in core.assumptions().items() if name not in left_out}
    defaults = {"scale": "difference", "goal": "superiority", "favourable": "higher"}
    shown = [f"{name} {_plain(value)}" for name, value in values.items() if defaults.get(name) != value]
    return ", ".join([*shown, *_rule(design)])


def _rule(design):
    if not design.looks:
        return []
    boundary = [] if design.efficacy == "obrien-fleming" else [design.efficacy]
    return [f"looks {', '.join(map(_plain, design.looks))}", *boundary]


def _plain(value):
    if isinstance(value, tuple):
        return ", ".join(map(_plain, value))
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


def _most(printed):
    worst = max((one for one in printed if one.counted), key=lambda one: one.gap)
    return (
        f"Claimed furthest beyond the truth: {worst.design.slug()}, test {test_of(worst.design)}, {worst.words}, "
        f"claims {worst.claimed:.3f} where the truth is {worst.power:.3f}.\n"
    )


def main(arguments):
    """Write the page, or compare it with --check; what may not stand on it is told, and it is left as it is."""
    printed, more = rows(), sweep()
    if wrong := list(faults(printed, more)):
        print(*wrong, sep="\n")
        return 1
    text = written(printed, more)
    if "--check" not in arguments:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    print("docs/gaps.md is not current: a formula, an analysis or this script has changed")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
