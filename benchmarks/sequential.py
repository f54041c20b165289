"""Run trials with looks side by side with R's packages, and write docs/benchmarks-sequential.md.

    python benchmarks/sequential.py --r-library DIR    measures (two minutes) and writes the page
    python benchmarks/sequential.py --quick            few rounds, to see that everything runs; writes nothing

What is not installed is skipped, with its name. Nothing here is a test: a busy machine gives other times.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable

import numpy as np
from page import write
from side_by_side import QUICK, ROOT, Contest, Contestant, Goal, in_python, in_r

from trialplan.designs.two_proportions import TwoProportions
from trialplan.sequential.group_sequential import GroupSequential

PAGE = ROOT / "docs" / "benchmarks-sequential.md"
FIVE = (0.2, 0.4, 0.6, 0.8, 1.0)
LAN_DEMETS = "lan-demets-obrien-fleming"
LEVEL = "0.025 - i * 1e-7"
"""In R, a level that has not been asked for: `i` counts the calls."""
_LEVELS = itertools.count()


def another_level() -> float:
    """A level that has not been asked for, so that nothing is remembered."""
    return 0.025 - 1e-7 * next(_LEVELS)


def trial(futility: str | None = None) -> GroupSequential:
    """Five Lan–DeMets looks at two rates, with or without non-binding futility, at a level of its own."""
    inner = TwoProportions(control=0.3, treatment=0.5, alpha=another_level(), sides=1)
    return GroupSequential(design=inner, looks=FIVE, efficacy=LAN_DEMETS, futility=futility)


def one_design() -> Contest:
    """Both boundaries, sample size and stopping probabilities of one design."""

    def whole(_: int) -> int:
        return trial(LAN_DEMETS).sample_size(0.9).n

    def boundaries(_: int) -> None:
        asked = trial(LAN_DEMETS).rule
        found = asked.solve(0.9)
        asked.chances(found, found.drift)

    times = 1 if QUICK else 5
    rpact = (
        f"getSampleSizeRates(getDesignGroupSequential(kMax=5, alpha={LEVEL}, beta=0.1, typeOfDesign='asOF', "
        "typeBetaSpending='bsOF', bindingFutility=FALSE), pi1=0.5, pi2=0.3)"
    )
    return Contest(
        "A five-look design with futility",
        "The sample size of a trial of two rates, .30 against .50 at 90 % power, with all that belongs to it: "
        "Lan–DeMets O'Brien–Fleming spending of alpha (one-sided .025) and beta, non-binding, five equal looks.",
        [
            in_python(
                "trialplan, the whole answer",
                whole,
                times=times,
                ours=True,
                rounds=21,
                note="power at whole n, looks on every scale, expected n under three hypotheses",
            ),
            in_python(
                "trialplan, the rule alone",
                boundaries,
                times=times,
                ours=True,
                rounds=21,
                note="both boundaries, drift, chances at each look",
            ),
            in_r(
                "gsDesign",
                f"gsDesign(k=5, test.type=4, alpha={LEVEL}, beta=0.1, sfu=sfLDOF, sfl=sfLDOF, "
                f"n.fix=nBinomial(0.5, 0.3, alpha={LEVEL}, beta=0.1))",
                "round(x$n.I[5], 1)",
                times=times,
                rounds=21,
                note="unrounded; expected n under two hypotheses",
            ),
            in_r(
                "lrstat",
                f"getDesignRiskDiff(beta=0.1, pi1=0.5, pi2=0.3, kMax=5, alpha={LEVEL}, typeAlphaSpending='sfOF', "
                "typeBetaSpending='sfOF')",
                "x$overallResults$numberOfSubjects",
                rounds=21,
            ),
            in_r("rpact", rpact, "round(x$maxNumberOfSubjects, 1)", note="unrounded"),
        ],
        Goal(peer="gsDesign", times=4),
    )


def a_thousand() -> Contest:
    """Boundaries of a thousand designs, each at a level of its own."""
    count = 50 if QUICK else 1000

    def efficacy(_: int) -> None:
        for _ in range(count):
            assert np.all(np.isfinite(trial().rule.upper))

    def futile(_: int) -> None:
        for _ in range(count):
            trial(LAN_DEMETS).rule.solve(0.9)

    def ours(name: str, call: Callable[[int], None], note: str, rounds: int = 5) -> Contestant:
        return in_python(f"trialplan, {name}", call, scale=1000 / count, rounds=rounds, note=note, ours=True)

    def theirs(package: str, call: str) -> Contestant:
        some = 5 if QUICK else 25
        note = f"{some} of them, scaled to a thousand"
        return in_r(package, call, times=some, scale=1000, rounds=5, title=f"{package}, efficacy", note=note)

    return Contest(
        "Boundaries of a thousand designs",
        "Five Lan–DeMets looks, one design after the other, each at another level.",
        [
            ours("efficacy", efficacy, ""),
            ours("efficacy and futility", futile, "drift solved too", rounds=3),
            theirs("gsDesign", f"gsDesign(k=5, test.type=1, alpha={LEVEL}, beta=0.1, sfu=sfLDOF)"),
            theirs("lrstat", f"getBound(k=5, informationRates=(1:5) / 5, alpha={LEVEL}, typeAlphaSpending='sfOF')"),
            theirs("rpact", f"getDesignGroupSequential(kMax=5, alpha={LEVEL}, typeOfDesign='asOF')"),
        ],
    )


def trials(looks: int) -> Contest:
    """A hundred thousand simulated trials of two rates."""
    count = 2_000 if QUICK else 100_000
    information = tuple((i + 1) / looks for i in range(looks))
    inner = TwoProportions(control=0.3, treatment=0.5, alpha=0.025, sides=1)
    design = GroupSequential(design=inner, looks=information, efficacy=LAN_DEMETS)
    n = 2 * looks * -(-design.sample_size(0.8).n // (2 * looks))

    def ours(seed: int) -> None:
        design.simulate(n, count, np.random.default_rng(seed))

    call = (
        f"getSimulationRates(getDesignGroupSequential(kMax={looks}, alpha=0.025, typeOfDesign='asOF'), pi1=0.5, "
        f"pi2=0.3, plannedSubjects=c({', '.join(str(round(t * n)) for t in information)}), "
        f"maxNumberOfIterations={count}, seed=i)"
    )
    note = "exact counts, drawn when a look asks for them"
    return Contest(
        f"A hundred thousand trials of {looks} looks",
        f"{count:,} trials of two rates, .30 against .50, {n} participants, Lan–DeMets looks.",
        [
            in_python("trialplan, draw and analyse", ours, ours=True, note=note),
            in_r("rpact", call, rounds=3, title="rpact, getSimulationRates"),
        ],
    )


HEAD = """# Looking early, side by side

<!-- Written by benchmarks/sequential.py; do not edit. -->

What trials with looks cost beside R's packages. All take turns, round by round in one run, after a round that is not
counted, and each is asked something new every time. A time is the median of the rounds with their range; "× ours" is
the median of how many times as long as trialplan's first line the other took within a round. Measured on {machine}.
Other machines, and this one on another day, give other times; the ratios are steadier.
"""


def main() -> int:
    """Measure, print, and write the page."""
    return write(PAGE, HEAD, [one_design, a_thousand, lambda: trials(3), lambda: trials(5)])


if __name__ == "__main__":
    sys.exit(main())
