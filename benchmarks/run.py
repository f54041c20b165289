"""Run trialplan side by side with what a user would pick instead, and write docs/benchmarks.md.

    python benchmarks/run.py --r-library DIR      measures (three minutes) and writes the page
    python benchmarks/run.py --quick              few rounds, to see that everything runs; writes nothing

What is not installed is skipped, with its name. Nothing here is a test: a busy machine gives other times.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from exact import (
    exact_power,
    fisher_peers,
    fisher_sizes,
    one_n_in_exact,
    pooled_peers,
    power_in_exact,
    scipy_tables,
    simon,
    smallest_n,
)
from page import write
from side_by_side import (
    QUICK,
    ROOT,
    TARGET,
    Contest,
    Contestant,
    Goal,
    another_level,
    from_python,
    in_python,
    in_r,
    process,
    r_process,
)

from trialplan import catalogue
from trialplan.designs.two_proportions import TwoProportions

PAGE = ROOT / "docs" / "benchmarks.md"
COMPARED = ("two-proportions", "two-means", "ancova", "simon", "group-sequential", "crossover", "win-ratio")
"""The designs that this page and its neighbours measure beside a peer."""


def whole_process() -> Contest:
    """From the prompt to the answer."""
    command = [str(Path(sys.executable).with_name("trialplan")), "size", "two-proportions"]
    rpact = "x <- getSampleSizeRates(pi1=0.5, pi2=0.3, alpha=0.05, sided=2, beta=0.2); cat(ceiling(x$nFixed1))"
    lrstat = "cat(getDesignRiskDiff(beta=0.2, pi1=0.5, pi2=0.3, alpha=0.025)$overallResults$numberOfSubjects / 2)"
    statsmodels = (
        "from math import ceil; from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail as n; "
        "print(ceil(n(0.2, 0.3, 0.8, ratio=1, alpha=0.05)))"
    )
    return Contest(
        "A whole process",
        "One sample size per arm, .30 against .50 at 80 % power, as a whole process: from the prompt to the answer.",
        [
            process("trialplan size", [*command, "--control", "0.3", "--treatment", "0.5"], ours=True),
            r_process("rpact", rpact, note="prints n alone"),
            r_process("rpact", f"{rpact}; cat('\\n'); print(x)", note="prints its whole answer"),
            r_process("gsDesign", "cat(ceiling(nBinomial(0.5, 0.3, alpha=0.05, beta=0.2, sided=2) / 2))"),
            r_process("lrstat", lrstat),
            r_process("stats", "cat(ceiling(power.prop.test(p1=0.3, p2=0.5, power=0.8)$n))"),
            from_python(
                "statsmodels", lambda: process("python -c with statsmodels", [sys.executable, "-c", statsmodels])
            ),
        ],
        Goal(peer="rpact", times=1.6),
    )


def one_answer() -> Contest:
    """One normal-theory sample size in a running process."""
    times = 20 if QUICK else 500
    few = 5 if QUICK else 50

    def whole(number: int) -> int:
        design = TwoProportions(control=0.3, treatment=0.5, alpha=another_level(number))
        return design.sample_size(TARGET).arms["control"]

    def formula(number: int) -> str:
        return f"{TwoProportions(control=0.3, treatment=0.5, alpha=another_level(number)).unrounded(TARGET) / 2:.2f}"

    def statsmodels() -> Contestant:
        from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail as theirs

        def call(number: int) -> str:
            return f"{theirs(0.2, 0.3, TARGET, ratio=1, alpha=another_level(number)):.2f}"

        return in_python("statsmodels", call, times=times, note="unrounded")

    level = "0.05 - i * 1e-10"
    return Contest(
        "One sample size",
        "One normal-theory sample size per arm, .30 against .50 at 80 % power, in a process that is running.",
        [
            in_python(
                "trialplan, the whole answer", whole, times=times, note="design made, checked and sized", ours=True
            ),
            in_python(
                "trialplan, the formula alone",
                formula,
                times=times,
                note="design made and checked; unrounded",
                ours=True,
            ),
            in_r(
                "stats",
                f"power.prop.test(p1=0.3, p2=0.5, power=0.8, sig.level={level})",
                "round(x$n, 2)",
                times=times,
                title="stats, power.prop.test",
                note="unrounded",
            ),
            in_r(
                "gsDesign",
                f"nBinomial(0.5, 0.3, alpha={level}, beta=0.2, sided=2)",
                "round(x / 2, 2)",
                times=times,
                title="gsDesign, nBinomial",
                note="unrounded",
            ),
            in_r(
                "lrstat",
                f"getDesignRiskDiff(beta=0.2, pi1=0.5, pi2=0.3, alpha=({level}) / 2)",
                "x$overallResults$numberOfSubjects / 2",
                times=few,
                title="lrstat, getDesignRiskDiff",
            ),
            in_r(
                "rpact",
                f"getSampleSizeRates(pi1=0.5, pi2=0.3, alpha={level}, sided=2, beta=0.2)",
                "round(x$nFixed1, 2)",
                times=few,
                title="rpact, getSampleSizeRates",
            ),
            from_python("statsmodels", statsmodels),
        ],
        Goal(seconds=80e-6),
    )


def at_once(count: int, words: str, goal: Goal | None = None) -> Contest:
    """Many sample sizes as one array call."""
    if QUICK:
        count //= 100
    place = np.arange(count)
    control = 0.05 + 0.55 * (place * 0.618034 % 1)
    treatment = control + 0.05 + 0.3 * (place * 0.754878 % 1)

    def design(number: int) -> TwoProportions:
        return TwoProportions(control=control, treatment=treatment, alpha=another_level(number))

    def ours(number: int) -> str:
        return f"{np.mean(design(number).sample_size(TARGET).n):.2f}"

    def everything(number: int) -> str:
        answer = design(number).sample_size(TARGET)
        return f"{np.mean(answer.n):.2f}, power {np.mean(answer.power):.4f} in {len(answer.arms)} arms"

    def formula(number: int) -> str:
        return f"{np.mean(design(number).unrounded(TARGET)):.2f}"

    def statsmodels() -> Contestant:
        from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail as theirs

        some = list(zip(control[:2000], treatment[:2000], strict=True))

        def loop(number: int) -> None:
            for p_c, p_t in some:
                theirs(p_t - p_c, p_c, TARGET, ratio=1, alpha=another_level(number))

        note = f"{len(some):,} of them, scaled"
        return in_python("statsmodels, a loop", loop, scale=count / len(some), rounds=5, note=note)

    peer = in_r(
        "gsDesign",
        "nBinomial(treatment, control, alpha=0.05 - i * 1e-10, beta=0.2, sided=2)",
        "round(mean(x), 2)",
        setup=f"place <- 0:{count - 1}; control <- 0.05 + 0.55 * ((place * 0.618034) %% 1); "
        "treatment <- control + 0.05 + 0.3 * ((place * 0.754878) %% 1)",
        title="gsDesign, nBinomial",
        note="unrounded",
    )
    return Contest(
        f"{words} sample sizes",
        f"{count:,} sample sizes of two proportions in one call, the same rates for all; the answer is their mean.",
        [
            in_python("trialplan, n", ours, ours=True, note="whole allocation blocks, checked that each has an answer"),
            in_python(
                "trialplan, n with arms and power", everything, ours=True, note="computed when they are asked for"
            ),
            in_python("trialplan, the formula alone", formula, ours=True, note="unrounded"),
            peer,
            from_python("statsmodels", statsmodels),
        ],
        goal,
    )


def beside_nobody() -> str:
    """The designs that stand on no page of benchmarks."""
    every = [*catalogue.designs(), *catalogue.wrappers()]
    alone = ", ".join(f"`{slug}`" for slug in every if slug not in COMPARED)
    return (
        "## Measured beside nobody\n\nNo peer was measured for these designs, on this page or on those of "
        f"[looks](benchmarks-sequential.md), of [pairs and crossover](benchmarks-order.md) and of [simulation and "
        f"grids](benchmarks-scale.md): {alone}."
    )


HEAD = """# Side by side

<!-- Written by benchmarks/run.py; do not edit. -->

What trialplan costs beside what a user would pick instead. All take turns, round by round in one run, after a round
that is not counted, and each is asked something new every time. A time is the median of the rounds with their range;
"× ours" is the median of how many times as long as trialplan's first line the other took within a round. Measured on
{machine}.
Other machines, and this one on another day, give other times; the ratios are steadier.
"""


def main() -> int:
    """Measure, print, and write the page."""
    contests: list[Callable[[], Contest]] = [
        whole_process,
        one_answer,
        lambda: at_once(100_000, "A hundred thousand", Goal(peer="gsDesign", times=4)),
        lambda: at_once(1_000_000, "A million"),
        lambda: exact_power("fisher", fisher_peers),
        lambda: exact_power("exact-pooled", pooled_peers),
        lambda: exact_power("boschloo", lambda: [power_in_exact("boschloo", 3), scipy_tables("boschloo", 150)]),
        lambda: smallest_n("fisher", fisher_sizes),
        lambda: smallest_n("boschloo", lambda n: [one_n_in_exact("boschloo", n, 3)]),
        simon,
    ]
    return write(PAGE, HEAD, contests, beside_nobody)


if __name__ == "__main__":
    sys.exit(main())
