"""Run trials with looks side by side with rpact and gsDesign, and write docs/benchmarks-sequential.md.

    python benchmarks/sequential.py            measures (some minutes) and writes the page
    python benchmarks/sequential.py --quick    few repetitions, to see that everything runs; writes nothing

What is not installed is skipped, with its name. Nothing here is a test: a busy machine gives other times.
"""

from __future__ import annotations

import itertools
import shutil
import sys
from pathlib import Path

import numpy as np
from run import QUICK, Contest, Timing, in_r, machine, r_says, r_seconds, section, timed

from trialplan.designs.two_proportions import TwoProportions
from trialplan.sequential.boundaries.efficacy import Efficacy, z_of_many
from trialplan.sequential.boundaries.futility import Futility
from trialplan.sequential.boundaries.rule import Rule, solve_many
from trialplan.sequential.group_sequential import GroupSequential

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks-sequential.md"
FIVE = (0.2, 0.4, 0.6, 0.8, 1.0)
LAN_DEMETS = "lan-demets-obrien-fleming"
_LEVELS = itertools.count()


def another_level() -> float:
    """A level that has not been asked for, so that nothing is remembered."""
    return 0.025 - 1e-7 * next(_LEVELS)


def rule(futile: bool) -> Rule:
    """Five Lan–DeMets looks, with or without non-binding futility."""
    every = (True,) * 5
    efficacy = Efficacy(rule=LAN_DEMETS, information=FIVE, level=another_level(), two_tailed=False, tested=every)
    futility = Futility(rule=LAN_DEMETS, information=FIVE, asked=every) if futile else None
    return Rule(efficacy=efficacy, futility=futility)


def one_design() -> Contest:
    """Both boundaries, inflation and stopping probabilities of one design."""

    def ours(_: int) -> None:
        asked = rule(futile=True)
        found = asked.solve(0.9)
        asked.chances(found, found.drift)

    def whole(_: int) -> None:
        inner = TwoProportions(control=0.3, treatment=0.5, alpha=another_level(), sides=1)
        design = GroupSequential(design=inner, looks=FIVE, efficacy=LAN_DEMETS, futility=LAN_DEMETS)
        design.sample_size(0.9)

    ours(0)
    timings = [
        Timing("trialplan, the rule", timed(ours, 101), note="both boundaries, drift, chances at each look"),
        Timing(
            "trialplan, the whole answer",
            timed(whole, 21),
            note="sample size, power at whole n, looks on every scale, expected n under three hypotheses",
        ),
        r_seconds(
            "gsDesign",
            "gsDesign",
            "gsDesign(k=5, test.type=4, alpha=0.025, beta=0.1, sfu=sfLDOF, sfl=sfLDOF)",
            11,
        ),
        r_seconds(
            "rpact",
            "rpact",
            "getDesignCharacteristics(getDesignGroupSequential(kMax=5, alpha=0.025, beta=0.1, typeOfDesign='asOF', "
            "typeBetaSpending='bsOF', bindingFutility=FALSE))",
            7,
        ),
    ]
    return Contest(
        "A five-look design with futility",
        "Lan–DeMets O'Brien–Fleming spending of alpha (one-sided .025) and beta (.1), non-binding, five equal looks.",
        timings,
    )


def a_thousand() -> Contest:
    """Boundaries of a thousand designs, each at a level of its own."""
    count = 50 if QUICK else 1000

    def together(_: int) -> None:
        assert np.all(np.isfinite(z_of_many([rule(futile=False).efficacy for _ in range(count)])))

    def ours(_: int) -> None:
        for _ in range(count):
            assert np.all(np.isfinite(rule(futile=False).upper))

    def futile(_: int) -> None:
        for _ in range(count):
            rule(futile=True).solve(0.9)

    def all_futile(_: int) -> None:
        assert len(solve_many([rule(futile=True) for _ in range(count)], 0.9)) == count

    scale = 1000 / count
    some = 5 if QUICK else 25
    timings = [
        Timing("trialplan, efficacy, at once", timed(together, 5, scale), note="integrated together"),
        Timing("trialplan, efficacy", timed(ours, 5, scale), note="one after the other"),
        Timing("trialplan, efficacy and futility, at once", timed(all_futile, 5, scale), note="drift solved too"),
        Timing("trialplan, efficacy and futility", timed(futile, 3, scale), note="one after the other, drift solved"),
        r_seconds(
            "gsDesign, efficacy",
            "gsDesign",
            f"for (i in 1:{some}) gsDesign(k=5, test.type=1, alpha=0.025, beta=0.1, sfu=sfLDOF)",
            3,
        ),
        r_seconds(
            "rpact, efficacy",
            "rpact",
            f"for (i in 1:{some}) getDesignGroupSequential(kMax=5, alpha=0.025-i*1e-7, typeOfDesign='asOF')",
            3,
        ),
    ]
    for one in timings[4:]:
        one.seconds = [seconds * 1000 / some for seconds in one.seconds]
        one.note = "" if one.skipped else f"{some} of them, scaled to a thousand"
    return Contest("Boundaries of a thousand designs", "Five Lan–DeMets looks, each design at another level.", timings)


def trials(looks: int) -> Contest:
    """A hundred thousand simulated trials of two rates."""
    count = 2_000 if QUICK else 100_000
    information = tuple((i + 1) / looks for i in range(looks))
    inner = TwoProportions(control=0.3, treatment=0.5, alpha=0.025, sides=1)
    design = GroupSequential(design=inner, looks=information, efficacy=LAN_DEMETS)
    n = 2 * looks * -(-design.sample_size(0.8).n // (2 * looks))

    def ours(seed: int) -> None:
        design.simulate(n, count, np.random.default_rng(seed))

    ours(0)
    call = (
        f"getSimulationRates(getDesignGroupSequential(kMax={looks}, alpha=0.025, typeOfDesign='asOF'), pi1=0.5, "
        f"pi2=0.3, plannedSubjects=c({', '.join(str(round(t * n)) for t in information)}), "
        f"maxNumberOfIterations={count}, seed=1)"
    )
    theirs = r_seconds("rpact's getSimulationRates", "rpact", call, 3)
    timings = [
        Timing("trialplan, draw and analyse", timed(ours, 11), note="exact counts, drawn when a look asks for them"),
        theirs,
    ]
    return Contest(
        f"A hundred thousand trials of {looks} looks",
        f"Two rates, .30 against .50, {n} participants, Lan–DeMets looks."
        + (" (Few trials: a quick run.)" if QUICK else ""),
        timings,
    )


HEAD = """# Looking early, side by side

<!-- Written by benchmarks/sequential.py; do not edit. -->

What trials with looks cost beside R's packages. Each time is the median of some repetitions with their range; the last
but one column says how many times as long as trialplan's first line the other took. Measured on {machine}.
Other machines, and this one on another day, give other times; the ratios are steadier.
"""


def versions() -> str:
    """The machine, and R's packages for looks."""
    said = "cat(as.character(packageVersion('{}')))"
    found = [f"{name} {r_says(said.format(name))}" for name in ("gsDesign",) if shutil.which("Rscript") and in_r(name)]
    return ", ".join([machine(), *found])


def page() -> str:
    """Everything, measured now."""
    parts = [HEAD.format(machine=versions())]
    for contest in (one_design, a_thousand, lambda: trials(3), lambda: trials(5)):
        parts += [*section(contest()), ""]
        print("\n".join(parts[-8:]), flush=True)
    return "\n".join(parts).rstrip() + "\n"


def main() -> int:
    """Measure, and write the page."""
    text = page()
    if not QUICK:
        PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
