"""Cross-check scripts: other programs agree, a wrong number is noticed, user text stays text.

The R script runs where Rscript is installed, as CI does. The Python
script runs everywhere: what it asks of statsmodels is said not to be run where that is not installed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
import runpy
import shutil
import subprocess
import sys
import warnings
from functools import cache

import pytest
from small_plans import built, endpoint, stated

from trialplan import OneProportion, StratifiedProportions, TwoMeans, TwoProportions
from trialplan.catalogue import designs
from trialplan.cross_check.script import left_out, of_design, of_trial, script
from trialplan.designs.adverse_event import AdverseEvent
from trialplan.designs.ancova import Ancova
from trialplan.designs.clustered_means import ClusteredMeans
from trialplan.designs.clustered_proportions import ClusteredProportions
from trialplan.designs.contingency_table import ContingencyTable
from trialplan.designs.crossover import Crossover
from trialplan.designs.dose_trend import DoseTrend
from trialplan.designs.dual_criterion_means import DualCriterionMeans
from trialplan.designs.dual_criterion_proportions import DualCriterionProportions
from trialplan.designs.hierarchical_outcomes import HierarchicalOutcomes
from trialplan.designs.log_rank import LogRank
from trialplan.designs.milestone import Milestone
from trialplan.designs.one_mean import OneMean
from trialplan.designs.one_way_anova import OneWayAnova
from trialplan.designs.one_way_repeated_measures import OneWayRepeatedMeasures
from trialplan.designs.ordered_categories import OrderedCategories
from trialplan.designs.paired_means import PairedMeans
from trialplan.designs.paired_proportions import PairedProportions
from trialplan.designs.precision_difference import PrecisionDifference
from trialplan.designs.precision_icc import PrecisionIcc
from trialplan.designs.precision_mean import PrecisionMean
from trialplan.designs.precision_mean_difference import PrecisionMeanDifference
from trialplan.designs.precision_proportion import PrecisionProportion
from trialplan.designs.precision_rate import PrecisionRate
from trialplan.designs.precision_rate_ratio import PrecisionRateRatio
from trialplan.designs.precision_ratio import PrecisionRatio
from trialplan.designs.rank_sum import RankSum
from trialplan.designs.ratio_of_means import RatioOfMeans
from trialplan.designs.ratio_of_normal_means import RatioOfNormalMeans
from trialplan.designs.restricted_mean import RestrictedMean
from trialplan.designs.simon import Simon
from trialplan.designs.stratified_rank_sum import StratifiedRankSum
from trialplan.designs.two_stage import TwoStage
from trialplan.designs.unordered_categories import UnorderedCategories
from trialplan.designs.win_ratio import WinRatio
from trialplan.errors import ParameterError, UnreachableError
from trialplan.files import shipped
from trialplan.parameter import typical
from trialplan.plan import build, read
from trialplan.protocol.content.context import basics
from trialplan.sequential.group_sequential import GroupSequential

RATES = {"control": 0.3, "treatment": 0.5}
MEANS = {"difference": 0.5, "sd": 1}
NOT_WORSE = {"control": 0.6, "treatment": 0.6, "goal": "non-inferiority"}
NEAR_BY = {"goal": "non-inferiority", "margin": 0.1}
NEAR = {"goal": "equivalence", "margin": 0.15}
TESTS = (
    "score",
    "wald",
    "continuity-corrected",
    "arcsine",
    "log-odds",
    "log-odds-null-variance",
    "log-ratio",
    "fisher",
)

THREE = (0.3, 0.6, 1.0)
ONE_SIDED = TwoProportions(**RATES, sides=1, alpha=0.025, allocation="2:1")
SPENDS = {"efficacy": "lan-demets-obrien-fleming"}
RULES = (
    *("pocock", "wang-tsiatis(0.25)", "haybittle-peto(3.29)", "lan-demets-pocock", "hwang-shih-decani(-4)"),
    *("kim-demets(2)", "z(none,2.5,2.02)", (0.01, 0.02, 0.05)),
)
STOPS = (
    *("conditional-power(0.2)", "lan-demets-pocock", "conditional-power-trend(0.1)", "predictive-power(0.1)"),
    *("z(0,none)", "p(0.5)", "effect(0)", "hwang-shih-decani(-2)", "kim-demets(2)", (0.05, 0.1, 0.2)),
)
"""Every kind of boundary that a trial may stop at."""

TIMES = {
    "control_hazard": (0.05, 0.08),
    "hazard_changes": (5,),
    "accrual_time": 6,
    "follow_up_time": 12,
    "longest_follow_up": 14,
    "accrual_ramp": 2,
    "dropout_rate": 0.01,
    "allocation": "2:1",
}
LATE = {"ratios": (1, 0.5, 0.7), "changes": (3, 9), **TIMES}
WEIGHED = ("schoenfeld", "yung-liu", "fleming-harrington", "modestly-weighted")

ORDERED = {"control": (0.1, 0.2, 0.4, 0.2, 0.1)}
THREE_GROUPS = "0.2,0.3,0.5/0.3,0.35,0.35/0.35,0.35,0.3"
CENTRES = {"icc": 0.05, "cluster_size": 8, "cluster_cv": 0.5}
PAIRS = {"treatment_only": 0.25, "control_only": 0.1}
IN_STRATA = ((1.8, {}), (0.5, {"weight": (2, 1, 1), "favourable": "lower", "allocation": "2:1", "sides": 1}))
HIERARCHY = {
    "hazard": (0.2, 0.4),
    "hazard_ratio": 0.7,
    "follow_up": 1.5,
    "allocation": "1:2",
    "response_control": 0.3,
    "response_treatment": 0.5,
    "difference": 0.3,
    "tie_margin": 0.1,
}
BONETT = ("bonett", "bonett-adjusted")
WAYS = ("proportional-odds", "proportional-odds-finite", "general", "midrank-scores")

DESIGNS = [
    *((LogRank.from_hazard_ratios(method=method, **LATE), 0.8) for method in WEIGHED),
    (LogRank(hazard_ratio=0.95, goal="non-inferiority", margin=1.3, method="yung-liu", **TIMES), 0.8),
    (RestrictedMean.from_hazard_ratios(horizon=12, scale="ratio", **LATE), 0.8),
    (Milestone.from_hazard_ratios(milestone=12, **(LATE | {"ratios": (1.3, 0.5, 0.7)})), 0.8),
    *((TwoProportions(**RATES, test=test, allocation=ratio), 0.8) for test in TESTS for ratio in ("1:1", "2:1")),
    *((TwoProportions(control=0.5, treatment=0.3, favourable="lower", test=test), 0.9) for test in TESTS),
    *((TwoProportions(**RATES, sides=1, alpha=0.025, test=test), 0.8) for test in ("score", "fisher")),
    (TwoProportions(**NOT_WORSE, margin=0.1, allocation="2:1"), 0.8),
    (TwoProportions(**NOT_WORSE, margin=0.1, favourable="lower", test="wald"), 0.8),
    (TwoProportions(**NOT_WORSE, margin=0.8, scale="ratio"), 0.8),
    (TwoProportions(**NOT_WORSE, margin=0.8, scale="ratio", test="miettinen-nurminen"), 0.8),
    (TwoProportions(**NOT_WORSE, margin=0.6, scale="odds-ratio"), 0.8),
    (TwoProportions(control=0.6, treatment=0.6, goal="equivalence", margin=0.15), 0.8),
    *((TwoMeans(**MEANS, test=t, allocation=ratio), 0.85) for t in ("t", "welch", "z") for ratio in ("1:1", "3:1")),
    (TwoMeans(**MEANS, sd_treatment=1.5, test="welch"), 0.85),
    (TwoMeans(difference=-0.1, sd=1, goal="non-inferiority", margin=0.5), 0.85),
    (TwoMeans(difference=-0.1, sd=1, goal="equivalence", margin=0.5), 0.85),
    *((Ancova(**MEANS, correlation=0.5, method=method), 0.8) for method in ("simple", "exact")),
    (Ancova(scale="ratio", ratio=1.5, sd=0.8, correlation=0.5, allocation="2:1"), 0.8),
    (RatioOfMeans(ratio=1.5, cv=0.6), 0.8),
    (RatioOfMeans(ratio=0.9, cv=0.5, goal="non-inferiority", margin=1.25, favourable="lower"), 0.8),
    (TwoMeans(difference=-0.1, sd=1, goal="non-inferiority", margin=0.4, favourable="lower", allocation="2:1"), 0.8),
    (RatioOfMeans(ratio=0.95, cv=0.3, goal="equivalence", margin=1.25), 0.8),
    (TwoProportions(control=0.3, treatment=0.6, margin=0.1, allocation="2:1"), 0.8),
    (TwoProportions(control=0.05, treatment=0.25, margin=2, scale="ratio"), 0.8),
    (
        TwoProportions(control=0.6, treatment=0.3, margin=0.6, scale="odds-ratio", favourable="lower", test="log-odds"),
        0.8,
    ),
    (TwoProportions(**NOT_WORSE, margin=0.8, scale="ratio", test="log-ratio", allocation="2:1"), 0.8),
    (TwoProportions(**NOT_WORSE, margin=0.6, scale="odds-ratio", test="log-odds-null-variance"), 0.8),
    (TwoMeans(difference=0.8, sd=1, margin=0.3), 0.85),
    (RatioOfMeans(ratio=2, cv=0.6, margin=1.25), 0.8),
    (StratifiedProportions(control=(0.1, 0.33), scale="odds-ratio", odds_ratio=2.194, weight=(1, 2)), 0.8),
    (StratifiedProportions(control=(0.5, 0.3), treatment=(0.3, 0.2), favourable="lower", test="cmh-corrected"), 0.8),
    (StratifiedProportions(control=0.3, ratio=1.6, scale="ratio", strata=3, sides=1, allocation="2:1"), 0.9),
    (OneProportion(null=0.05, expected=0.2), 0.8),
    (OneProportion(null=0.5, expected=0.3, favourable="lower", sides=2), 0.8),
    (OneProportion(null=0.3, expected=0.5, test="score"), 0.8),
    *((Simon(null=0.1, expected=0.3, criterion=name), 0.8) for name in ("optimal", "minimax", "admissible")),
    (Simon(null=0.18, expected=0.05, favourable="lower"), 0.9),
    (TwoStage(null=0.1, expected=0.3, stages=("1/10", "5/29")), 0.8),
    (TwoStage(null=0.4, expected=0.15, stages=("5/9", "17/24"), favourable="lower"), 0.8),
    *(
        (PrecisionProportion(expected=0.3, width=0.2, interval=i), None)
        for i in ("wald", "wilson", "agresti-coull", "clopper-pearson")
    ),
    *((PrecisionDifference(**RATES, width=0.3, interval=name), None) for name in ("newcombe", "wald", "agresti-caffo")),
    *((OneProportion(null=0.6, expected=0.65, test=test, **NEAR_BY), 0.8) for test in ("exact", "score", "wald")),
    *((OneProportion(null=0.3, expected=0.35, test=test, **NEAR), 0.8) for test in ("exact", "score", "wald")),
    *((PrecisionProportion(expected=0.3, width=0.2, probability=0.9, interval=i), None) for i in ("wilson", "wald")),
    (PrecisionProportion(expected=0.1, width=0.12, probability=0.8, interval="clopper-pearson"), None),
    (AdverseEvent(rate=0.01), None),
    (TwoMeans(difference=-0.5, sd=1, favourable="lower"), 0.85),
    (TwoMeans(difference=0.1, sd=1, goal="non-inferiority", margin=0.5, favourable="lower", test="z"), 0.85),
    (RatioOfMeans(ratio=1.05, cv=0.3, goal="non-inferiority", margin=1.25, favourable="lower"), 0.8),
    (RankSum(probability_better=0.7), 0.8),
    (RankSum(probability_better=0.7, variance="normal-shift", allocation="2:1"), 0.8),
    (RankSum(scale="win-odds", win_odds=1.1, goal="non-inferiority", margin=0.9), 0.8),
    (RankSum(probability_better=0.5, goal="equivalence", margin=0.1, variance="normal-shift"), 0.8),
    (WinRatio(win_ratio=1.5, ties=0.2, allocation="2:1"), 0.8),
    (OneMean(null=0, expected=-1, sd=2, favourable="lower"), 0.8),
    (OneMean(null=0, expected=1, sd=2, test="z"), 0.8),
    (PairedMeans(difference=1, sd=2), 0.8),
    (PairedMeans(difference=0.1, sd=1, correlation=0.4, goal="equivalence", margin=0.6), 0.8),
    (PairedMeans(difference=0.1, sd=1, goal="non-inferiority", margin=0.6, test="z"), 0.8),
    (Crossover(difference=1, sd_within=1.5), 0.8),
    (Crossover(scale="ratio", ratio=0.95, cv_within=0.3, goal="equivalence", margin=1.25, sequences="ABA/BAB"), 0.8),
    (Crossover(difference=1, sd_within=1.5, sequences="3x6x3", carryover="first-order"), 0.8),
    (Crossover(difference=1, sd_within=1.5, sequences="4x4", goal="non-inferiority", margin=0.5), 0.8),
    (DoseTrend(control=0.15, difference=0.3), 0.8),
    (
        DoseTrend(
            control=0.5, difference=-0.3, doses=(0, 1, 4), profile=(0.5, 1), group_sizes="2:1:1", favourable="lower"
        ),
        0.8,
    ),
    (ContingencyTable(rows=THREE_GROUPS, group_sizes="2:1:1", realised=0.9), 0.8),
    *((ClusteredMeans(**MEANS, **CENTRES, test=test), 0.8) for test in ("t", "z")),
    (ClusteredMeans(difference=-0.1, sd=1, goal="equivalence", margin=0.5, **CENTRES), 0.8),
    (ClusteredMeans(difference=-0.5, sd=1, favourable="lower", clustered="treatment", **CENTRES), 0.8),
    *((ClusteredProportions(**RATES, **CENTRES, test=test, allocation="2:1"), 0.8) for test in ("t", "z")),
    (ClusteredProportions(**NOT_WORSE, margin=0.15, clustered="control", icc=0.1, cluster_size=4), 0.8),
    (OneWayAnova(group_means=(1.5, 2.5, 2.0), sd=3), 0.8),
    (OneWayAnova(group_means=(0, 1, 0.4, 0.2), sd=1, group_sizes="2:1:1:3", realised=0.8, alpha=0.01), 0.9),
    (OneWayRepeatedMeasures(condition_means=(10, 10, 12, 13), sd=6, correlation=0.6), 0.9),
    (OneWayRepeatedMeasures(condition_means=(0, 0.5, 0.1), sd=1, correlation=-0.3, realised=1.2), 0.8),
    *((PairedProportions(**PAIRS, test=test), 0.8) for test in ("mcnemar", "mcnemar-exact", "mcnemar-mid-p")),
    (PairedProportions(treatment_only=0.05, control_only=0.2, favourable="lower", test="mcnemar-mid-p"), 0.9),
    (PairedProportions(treatment_only=0.1, control_only=0.1, goal="non-inferiority", margin=0.15), 0.8),
    (PairedProportions(treatment_only=0.12, control_only=0.1, goal="equivalence", margin=0.2), 0.8),
    (RatioOfNormalMeans(ratio=1.3, cv=0.5, allocation="2:1"), 0.8),
    (RatioOfNormalMeans(ratio=1, cv=0.3, goal="non-inferiority", margin=0.8), 0.8),
    (RatioOfNormalMeans(ratio=0.9, cv=0.3, goal="non-inferiority", margin=1.2, favourable="lower"), 0.8),
    (DualCriterionMeans(difference=1, sd=1.2, relevant=0.5), 0.8),
    (DualCriterionMeans(difference=-1, sd=1, relevant=0.7, favourable="lower", alpha=0.2, allocation="2:1"), 0.8),
    (DualCriterionProportions(control=0.3, treatment=0.6, relevant=0.15), 0.8),
    (DualCriterionProportions(control=0.6, treatment=0.3, relevant=0.2, favourable="lower", allocation="2:1"), 0.8),
    *((StratifiedRankSum(odds_ratio=ratio, **more), 0.8) for ratio, more in IN_STRATA),
    *((HierarchicalOutcomes(**HIERARCHY, correlation=r, realised=0.9), 0.8) for r in (0.0, 0.5, 0.95)),
    (HierarchicalOutcomes(hazard=0.4, hazard_ratio=0.6, allocation="2:1"), 0.8),
    (HierarchicalOutcomes(response_control=0.3, response_treatment=0.5), 0.8),
    *((PrecisionMean(sd=1, width=1, probability=chance), None) for chance in (None, 0.8)),
    *((PrecisionMeanDifference(sd=10, width=6, probability=p, allocation="2:1"), None) for p in (None, 0.9)),
    (PrecisionMeanDifference(sd=10, sd_treatment=14, width=6), None),
    *((PrecisionRate(rate=2.5, width=1, exposure=0.5, interval=name), None) for name in ("wald", "score")),
    (PrecisionRateRatio(control=0.5, treatment=0.3, width=2, allocation="2:1"), None),
    *((PrecisionRatio(control=0.25, treatment=0.4, width=2.5, scale=s), None) for s in ("ratio", "odds-ratio")),
    *((PrecisionIcc(icc=0.8, width=0.15, raters=k, method=m), None) for k in (2, 4) for m in BONETT),
    (UnorderedCategories(control=(0.2, 0.3, 0.5), treatment=(0.3, 0.35, 0.35)), 0.8),
    (UnorderedCategories(control=(0.2, 0.3), treatment=(0.3, 0.35), allocation="2:1", realised=0.9), 0.8),
    *(
        (OrderedCategories(**ORDERED, odds_ratio=1.8, variance=v, allocation=a), 0.8)
        for v in WAYS
        for a in ("1:1", "1:2")
    ),
    *(
        (OrderedCategories(control=(0.1, 0.2, 0.3), treatment=(0.2, 0.3, 0.3), favourable="lower", variance=v), 0.8)
        for v in WAYS
    ),
    (GroupSequential(design=TwoProportions(**RATES), looks=(0.5, 1.0)), 0.8),
    *((GroupSequential(design=TwoProportions(**RATES), looks=THREE, efficacy=rule), 0.8) for rule in RULES),
    *((GroupSequential(design=ONE_SIDED, looks=THREE, **SPENDS, futility=rule), 0.9) for rule in STOPS),
    *((GroupSequential(design=ONE_SIDED, looks=THREE, futility=rule, binding=True), 0.9) for rule in STOPS[:2]),
    (GroupSequential(design=TwoMeans(**MEANS), looks=THREE, **SPENDS, efficacy_at=(0.6, 1.0)), 0.8),
    (GroupSequential(design=TwoProportions(**RATES), looks=THREE, futility=STOPS[0], futility_at=(0.6,)), 0.8),
    (GroupSequential(design=TwoMeans(**MEANS, test="z", sides=1, alpha=0.025), looks=(0.3, 0.6, 1.0)), 0.9),
    (
        GroupSequential(
            design=TwoMeans(**MEANS, sides=1, alpha=0.025),
            looks=(0.4, 1.0),
            efficacy="lan-demets-pocock",
            futility="hwang-shih-decani(-2)",
            binding=True,
        ),
        0.8,
    ),
    (
        GroupSequential(
            design=TwoProportions(control=0.6, treatment=0.6, goal="non-inferiority", margin=0.1),
            futility="predictive-power(0.1)",
        ),
        0.9,
    ),
]

UNROUNDED = [
    (TwoMeans(**MEANS, allocation="2:1"), 0.8, 0.1),
    (TwoMeans(**MEANS, test="welch"), 0.85),
    (StratifiedProportions(control=(0.1, 0.33), difference=0.2), 0.8),
    (TwoProportions(control=0.6, treatment=0.6, goal="equivalence", margin=0.15), 0.8),
    (TwoProportions(**RATES, test="arcsine"), 0.8),
    (RatioOfMeans(ratio=1.5, cv=0.6, allocation="2:1"), 0.8),
    (Ancova(scale="ratio", ratio=1.5, sd=0.8, correlation=0.5), 0.8),
    (OneProportion(null=0.3, expected=0.5, test="score"), 0.8),
    (PrecisionDifference(**RATES, width=0.3, interval="newcombe"), None),
    (PrecisionProportion(expected=0.3, width=0.2), None),
    (GroupSequential(design=TwoProportions(**RATES), looks=(0.5, 1.0)), 0.8),
]
"""Every kind of design whose n is found before it is rounded."""

ASSIGNED = {"r": "<-", "python": "="}
COMMANDS = {"r": shutil.which("Rscript"), "python": sys.executable}
SUFFIX = {"r": ".R", "python": ".py"}
EITHER = [
    pytest.param("r", marks=pytest.mark.skipif(not COMMANDS["r"], reason="Rscript is not installed")),
    "python",
]
NOTICED = [
    pytest.param("r", marks=[EITHER[0].marks[0], pytest.mark.sweep]),
    "python",
]
"""R takes a second to load its packages: every day it recomputes, and that it also notices is left to the sweeps."""

CODE = shipped("templates") / "code"

HOSTILE = [
    "a\nquit(status = 3)",
    "a\rimport os; os._exit(3)",
    "a\u2028quit(status = 3)\u2029sys.exit(3)\x0bx\x0cy\x85z",
    "coding: utf-7",
    '"); quit(status = 3) #',
    '\'"\\\\" + sys.exit(3)',
    "{{ 7 * 7 }}{% raise %}",
    "\u202equit\u2066 \x00\x1b[2J 😀 \\u0022",
    "x" * 100_000,
]
"""What a plan may be called by somebody who means harm."""


@pytest.fixture(scope="module")
def sizings():
    """Every design above, sized."""
    return [of_design(design, target) for design, target in DESIGNS]


@pytest.fixture
def ran(tmp_path):
    """Write a script and run it."""

    def run(text, language):
        path = tmp_path / f"check{SUFFIX[language]}"
        path.write_text(text, encoding="utf-8")
        return subprocess.run([COMMANDS[language], str(path)], capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def told(ran, tmp_path, capsys):
    """The same, in this process where it can be: what a script says, and how it ends."""

    def run(text, language):
        if language != "python":
            return ran(text, language)
        path = tmp_path / "check.py"
        path.write_text(text, encoding="utf-8")
        code = 0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                runpy.run_path(str(path), run_name="__main__")
            except SystemExit as end:
                code = end.code or 0
        return subprocess.CompletedProcess([path], code, *capsys.readouterr())

    return run


def written(sizings, language, **words):
    """The script of some sample sizes."""
    return script(sizings, language, **({"title": "A trial", "origin": "a test"} | words))


class TestAgreement:
    @pytest.mark.parametrize("language", EITHER)
    @pytest.mark.parametrize(
        ("step", "least"),
        [pytest.param(6, 8, id="every sixth"), pytest.param(1, 45, id="all", marks=pytest.mark.sweep)],
    )
    def test_other_programs_agree_with_every_design(self, sizings, ran, language, step, least):
        """Every n, power, boundary and stage is found again by programs that share no code with this one."""
        done = ran(written(sizings[::step], language), language)
        wrong = [line for line in done.stdout.splitlines() if line.startswith("DISAGREES")]
        assert (wrong, done.returncode, done.stderr) == ([], 0, "")
        assert done.stdout.count("agrees    power with n") >= least
        assert "every comparison agrees" in done.stdout

    @pytest.mark.parametrize("language", EITHER)
    def test_other_programs_agree_with_the_example_of_every_design(self, ran, language):
        """Whatever the catalogue holds, at the numbers that its help shows: none is left without what it needs."""
        found = [of_design(cls(**typical(cls)), 0.8 if cls.attains == "power" else None) for cls in designs().values()]
        done = ran(written(found, language), language)
        wrong = [line for line in done.stdout.splitlines() if line.startswith("DISAGREES")]
        assert (wrong, done.returncode, done.stderr) == ([], 0, "")

    @pytest.mark.parametrize("language", NOTICED)
    def test_losses_are_recomputed(self, told, language):
        """The number to enrol is found again, and one that is off is noticed."""
        right = of_design(ONE_SIDED, 0.8, 0.1)
        assert told(written([right], language), language).returncode == 0
        text = written([right], language)
        off = re.sub(r"(to_enrol (?:<-|=) )(\d+)", lambda found: f"{found[1]}{int(found[2]) + 1}", text)
        done = told(off, language)
        assert (done.returncode, "DISAGREES whole blocks to enrol" in done.stdout) == (1, True)

    @pytest.mark.parametrize("language", NOTICED)
    def test_an_error_keeps_no_other_comparison_from_being_made(self, told, language):
        """A comparison that ends with an error fails by name, and the next one is made all the same."""
        plain = of_design(AdverseEvent(rate=0.1))
        text = re.sub(r"(\brate (?:<-|=) )0\.1", r'\1"x"', written([plain, plain], language), count=1)
        done = told(text, language)
        assert done.returncode == 1
        assert done.stdout.count("DISAGREES it ends with an error") == 1
        assert done.stdout.count("agrees    n reaches what is asked for") == 1

    @pytest.mark.parametrize("language", EITHER)
    def test_the_shipped_plan_agrees(self, told, language):
        """Every endpoint of the shipped plan, and its power at the trial's n, is recomputed."""
        trial = build(read("msc-lupus-nephritis"))
        done = told(written(of_trial(trial), language, without=left_out(trial)), language)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.count("power with the trial's n") == 2

    @pytest.mark.parametrize("language", NOTICED)
    @pytest.mark.parametrize("design", [DESIGNS[0], DESIGNS[-1]])
    def test_a_wrong_n_is_noticed(self, told, language, design):
        """A script whose expected n is one block off fails and says where."""
        right = of_design(*design)
        answer = dataclasses.replace(right.answer, n=right.answer.n + right.design.block)
        done = told(written([dataclasses.replace(right, answer=answer)], language), language)
        assert done.returncode == 1
        assert "DISAGREES" in done.stdout

    @pytest.mark.parametrize("language", NOTICED)
    def test_a_wrong_power_is_noticed(self, told, language):
        """A script whose expected power is off in the fourth digit fails."""
        right = of_design(*DESIGNS[0])
        answer = dataclasses.replace(right.answer, success=right.answer.success + 1e-4)
        assert told(written([dataclasses.replace(right, answer=answer)], language), language).returncode == 1

    @pytest.mark.parametrize("language", EITHER)
    @pytest.mark.parametrize("expected", ["unrounded", "attained"])
    def test_no_expected_number_stands_unused(self, told, language, expected):
        """An n before rounding, or a power, that is off by 3 % is noticed in every kind of design."""
        sizings = [of_design(*design) for design in UNROUNDED]
        items = [written([one], language).count(f" {expected} {ASSIGNED[language]} ") for one in sizings]
        text = re.sub(
            rf"( {expected} {ASSIGNED[language]} )([\d.]+)$",
            lambda found: f"{found[1]}{float(found[2]) * 1.03}",
            written(sizings, language),
            flags=re.MULTILINE,
        )
        parts = re.split(r"\n(?=\S.*, n = )", told(text, language).stdout)
        assert len(parts) - 1 == sum(items)
        assert [part for part in parts[1:] if "DISAGREES" not in part] == []

    @pytest.mark.parametrize("language", NOTICED)
    def test_the_first_n_of_an_exact_test(self, told, language):
        """The first n that reaches the power is recomputed, and what is not searched again is said."""
        text = written([of_design(TwoProportions(**RATES, test="fisher"), 0.8)], language)
        right = told(text, language)
        assert (right.returncode, right.stdout.count("NOT RUN")) == (0, 1)
        off = re.sub(rf"( first_n {ASSIGNED[language]} )(\d+)", lambda one: f"{one[1]}{int(one[2]) - 10}", text)
        assert "DISAGREES the first n reaches the power" in told(off, language).stdout

    @pytest.mark.parametrize("language", NOTICED)
    def test_what_no_package_does_is_said(self, told, language):
        """A test that no package computes is named in a comment and in what the script prints."""
        tests = ("boschloo", "exact-pooled", "exact-unpooled")
        sizings = [of_design(TwoProportions(control=0.2, treatment=0.7, test=test), 0.8) for test in tests]
        text = written(sizings, language)
        assert len(re.findall(r"^ *# .*power\.exact\.test", text, re.MULTILINE)) == len(tests)
        done = told(text, language)
        assert done.returncode == 0
        assert done.stdout.count("NOT RUN") == len(tests)
        assert done.stdout.splitlines()[-1] == "NOTHING WAS COMPARED, so that nothing is confirmed; not run: 3"

    def test_needs_no_statsmodels(self, tmp_path):
        """Without statsmodels the arithmetic of scipy is still compared, and what is not run is said."""
        sizings = [of_design(*design) for design in (DESIGNS[0], *UNROUNDED)]
        path = tmp_path / "check.py"
        path.write_text("import sys\nsys.modules['statsmodels'] = None\n" + written(sizings, "python"))
        done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False)
        assert done.returncode == 0
        assert "NOT RUN   the score test needs statsmodels" in done.stdout


SMALLEST = [
    (TwoMeans(difference=7, sd=1), 0.8),
    (TwoMeans(difference=70, sd=1), 0.8),
    (TwoMeans(difference=7, sd=1, test="welch"), 0.8),
    (TwoMeans(difference=70, sd=1, test="z"), 0.8),
    (TwoMeans(difference=7, sd=1, allocation="2:1"), 0.8),
    (RatioOfMeans(ratio=100, cv=0.3), 0.8),
    (PrecisionProportion(expected=0.5, width=0.99), None),
    (PrecisionProportion(expected=0.5, width=0.99, interval="wald"), None),
    (PrecisionDifference(control=0.5, treatment=0.5, width=1.9), None),
    (Ancova(difference=9, sd=1, correlation=0.5), 0.8),
    (Ancova(difference=90, sd=1, correlation=0.5), 0.8),
    (TwoProportions(control=0.01, treatment=0.99), 0.8),
    (TwoProportions(control=0.001, treatment=0.999, test="fisher"), 0.8),
    (OneProportion(null=0.01, expected=0.99, test="score"), 0.8),
    (AdverseEvent(rate=0.99), None),
    (Simon(null=0.01, expected=0.95), 0.8),
]
"""Designs that need as few participants as there can be, or hardly more: below some of them nothing is defined."""

EXTREMES = (*(0.001, 0.01, 0.05, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999), *(2, 5, 10, 50, 100, -2, -5, -50))


@cache
def fewest(slug):
    """The design of the catalogue that needs the fewest participants, of those with an extreme effect, and its aim."""
    cls = designs()[slug]
    aim = 0.8 if cls.attains == "power" else None
    usual = cls(**typical(cls))
    sized = [(usual.sample_size(aim).n, usual)]
    if effect := usual.field("effect"):
        for value in EXTREMES:
            with contextlib.suppress(ParameterError, UnreachableError):
                one = usual.replace(**{effect: value})
                sized.append((one.sample_size(aim).n, one))
    return min(sized, key=lambda one: one[0])[1], aim


class TestSmallest:
    @pytest.mark.parametrize("language", EITHER)
    def test_other_programs_agree_with_the_smallest_trials(self, told, language):
        """Where one block fewer has no degree of freedom the script compares what there is, and warns of nothing."""
        done = told(written([of_design(*design) for design in SMALLEST], language), language)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.count("n reaches what is asked for") >= len(SMALLEST) - 2

    @pytest.mark.parametrize("language", EITHER)
    @pytest.mark.parametrize(
        "step", [pytest.param(6, id="every sixth"), pytest.param(1, id="all", marks=pytest.mark.sweep)]
    )
    def test_other_programs_agree_with_the_smallest_of_every_design(self, told, language, step):
        """Of the whole catalogue, at effects so large that hardly anybody is needed."""
        slugs = [*designs()][::step]
        done = told(written([of_design(*fewest(slug)) for slug in slugs], language), language)
        assert [line for line in done.stdout.splitlines() if line.startswith("DISAGREES")] == []
        assert (done.returncode, done.stderr) == (0, "")

    @pytest.mark.parametrize("language", NOTICED)
    def test_a_power_that_is_wrong_is_noticed_there(self, told, language):
        """The smallest trials are compared, not passed over."""
        text = written([of_design(TwoMeans(difference=7, sd=1), 0.8)], language)
        wrong = re.sub(rf"(attained {ASSIGNED[language]} )\S+", r"\g<1>0.5", text)
        assert told(wrong, language).returncode == 1

    @pytest.mark.parametrize(
        ("design", "below"),
        [
            (TwoMeans(difference=7, sd=1), None),
            (TwoMeans(difference=2.5, sd=1), 6),
            (TwoMeans(difference=0.5, sd=1), 126),
            (TwoProportions(control=0.3, treatment=0.5), 184),
        ],
    )
    def test_one_block_fewer_is_looked_at_where_it_is_a_trial(self, design, below):
        """The script asks for the power of one block fewer exactly where there is one."""
        text = written([of_design(design, 0.8)], "python")
        assert f"    below = {below}\n" in text
        assert ("unrounded = None" in text) == (below is None)


REMISSION = endpoint("remission", "primary", "two-proportions", stated(control=0.2, treatment=0.4), dropout=0.1)
LATER = endpoint("later", "secondary", "two-proportions", stated(control=0.3, treatment=0.5), dropout=0.25)
SEVERAL = {
    "family": {"endpoints": REMISSION + LATER, "more": '\n[family]\nrule = "holm"\n'},
    "arms": {"endpoints": LATER, "more": '\n[arms]\nnames = ["one dose", "two doses"]\n'},
}


class TestOfSeveral:
    """A plan whose number is set by several endpoints or arms together, which no package computes."""

    @pytest.fixture(params=SEVERAL)
    def trial(self, request, tmp_path):
        """A trial of the one kind or the other, with losses and a secondary endpoint."""
        return built(tmp_path, dropout=0.1, **SEVERAL[request.param])

    def test_its_number_is_not_called_confirmed(self, trial, told):
        """The closing line says that the number that sizes the trial is not among what agrees."""
        done = told(script(of_trial(trial), "python", title="A trial", origin="", without=left_out(trial)), "python")
        assert "DISAGREES" not in done.stdout
        assert "every comparison agrees, but the number that sizes the trial is not among them" in done.stdout

    def test_a_secondary_is_asked_with_those_that_are_observed(self, trial):
        """The power that the script expects with the trial's number is the one that the document prints.

        Of two treatments one is compared with the control: two arms of three, of which a quarter is lost.
        """
        (view,) = basics(trial)["secondary"]
        (asked,) = [one.trial_n for one in of_trial(trial) if one.name == "later"]
        compared = 2 / len(trial.arms_randomised) * trial.n_randomised
        assert asked == view.at_trial.observed == pytest.approx(0.75 * compared)


class TestText:
    def test_same_plan_same_bytes(self):
        """A plan gives the same script again."""
        one, other = (written(of_trial(build(read("starter"))), "r") for _ in range(2))
        assert one == other

    @pytest.mark.parametrize("language", EITHER)
    def test_user_text_neither_runs_nor_breaks_the_script(self, ran, language):
        """Text that would end a comment or a string stays inside it, and the comparisons still run."""
        plain = of_design(AdverseEvent(rate=0.1))
        sizings = [dataclasses.replace(plain, name=words) for words in HOSTILE]
        text = written(sizings, language, title="\n".join(HOSTILE), origin=HOSTILE[3], without=HOSTILE)
        assert len(text) < 30_000
        done = ran(text, language)
        assert (done.returncode, done.stderr) == (0, "")
        assert "every comparison agrees" in done.stdout
        assert done.stdout.count("agrees    n reaches what is asked for") == len(HOSTILE)

    def test_an_unknown_language_is_refused(self):
        """A language that is not written names those that are."""
        with pytest.raises(ParameterError, match="python"):
            written([], "pyton")


class TestTemplates:
    def test_both_languages_know_the_same_designs(self):
        """A design that is compared in one language is compared in the other."""
        r, python = ({path.name for path in (CODE / language).glob("*.j2")} for language in ("r", "python"))
        assert r == python

    def test_every_design_is_compared(self):
        """No number of a design that is sized on its own stands without a second computation."""
        assert set(designs()) <= {path.stem for path in (CODE / "r").glob("*.j2")}

    @pytest.mark.parametrize("path", sorted(CODE.rglob("*.j2")), ids=lambda path: f"{path.parent.name}-{path.name}")
    def test_every_value_is_made_safe_and_nothing_is_computed(self, path):
        """What a template prints goes through a filter for comments, text or literals, and is not computed."""
        for expression in re.findall(r"{{(.*?)}}", path.read_text(encoding="utf-8")):
            safe = re.fullmatch(r" [a-z_.]+ \| (comment|text|literal) ", expression)
            assert safe or expression in (" variable ", " loop.index "), expression

    @pytest.mark.parametrize("path", sorted(CODE.rglob("*.j2")), ids=lambda path: f"{path.parent.name}-{path.name}")
    def test_a_template_holds_no_number_of_a_trial(self, path):
        """Numbers in the code are those of formulas and tolerances: no rate, level, power or n is among them."""
        lines = (line.partition("#")[0] for line in path.read_text(encoding="utf-8").splitlines())
        code = re.sub(r"\"[^\"]*\"|sm_\w+|proportions_2indep\w*|pwr\.\w+", "", "\n".join(lines))
        found = set(re.findall(r"(?<![\w.])\d[\d_.]*(?:e-\d+)?", code))
        # of a search or of an integral, and where it ends; R's pt is a normal approximation from 37.62 on
        steps = {"12", "20", "37", "50", "200", "2000", "2001", "2e-4"}
        assert found <= {"0", "1", "2", "3", "4", "8", "9", "10", "0.0", "0.5", "1.0"} | steps | {
            f"1e-{digits}" for digits in range(2, 13)
        }
