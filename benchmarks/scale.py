"""Simulation and scenario grids side by side with what a user would pick instead; writes docs/benchmarks-scale.md.

    python benchmarks/scale.py --r-library DIR    measures (three minutes) and writes the page
    python benchmarks/scale.py --quick            few rounds, to see that everything runs; writes nothing

What is not installed is skipped, with its name. Nothing here is a test: a busy machine gives other times.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from page import shown, write
from scipy import stats
from side_by_side import ENVIRONMENT, QUICK, ROOT, Contest, Contestant, from_python, in_python, in_r

from trialplan import Ancova, GroupSequential, TwoMeans, TwoProportions
from trialplan.analyses.executors import Processes, Serial
from trialplan.analyses.scenarios.grid import scenarios
from trialplan.analyses.verification.simulation import simulate

PAGE = ROOT / "docs" / "benchmarks-scale.md"
TRIALS = 2_000 if QUICK else 100_000
BINARY = TwoProportions(control=0.214, treatment=0.374)
N = 254


def simulated(design: Any, n: int, seed: int) -> None:
    """Trials with a seed of their own; nothing is answered but the time."""
    simulate(design, n, TRIALS, seed=seed)


def ours(design: Any, n: int) -> Contestant:
    """Simulated trials, participants drawn and analysed."""
    return in_python("trialplan", lambda i: simulated(design, n, i), ours=True)


def in_rpact(looks: int) -> Contestant:
    """The same trials in rpact."""
    subjects = ", ".join(str(round(N * (look + 1) / looks)) for look in range(looks))
    design = (
        "getDesignGroupSequential(kMax=1, alpha=0.025, sided=1)"
        if looks == 1
        else f'getDesignGroupSequential(kMax={looks}, typeOfDesign="OF", alpha=0.025, sided=1)'
    )
    call = (
        f"getSimulationRates(design={design}, plannedSubjects=c({subjects}), pi1=0.374, pi2=0.214, "
        f"maxNumberOfIterations={TRIALS}, seed=i)"
    )
    return in_r("rpact", call, rounds=3, title="rpact, getSimulationRates")


def binary(looks: int) -> Contest:
    """Binary trials, fixed or looked at."""
    design: Any = BINARY
    if looks > 1:
        design = GroupSequential(design=BINARY, looks=tuple((look + 1) / looks for look in range(looks)))
    words = "fixed" if looks == 1 else f"{looks}-look (O'Brien–Fleming)"
    question = f"{TRIALS:,} {words} trials of {N} participants, .214 against .374, score test."
    return Contest(f"Binary trials, {words}", question, [ours(design, N), in_rpact(looks), _binary_loop(looks)])


def _binary_loop(looks: int) -> Contestant:
    """The loop that a user would write, one trial after the other."""
    part, rng, arm = 2_000, np.random.default_rng(1), N // 2

    def run(_: int) -> None:
        for _ in range(part):
            treatment, control = rng.random(arm) < 0.374, rng.random(arm) < 0.214
            for look in range(looks):
                m = arm * (look + 1) // looks
                p, q = treatment[:m].mean(), control[:m].mean()
                pooled = (p + q) / 2
                _ = (p - q) / np.sqrt(max(pooled * (1 - pooled), 1e-9) * 2 / m)

    note = f"{part:,} of them, scaled"
    return in_python("a numpy loop", run, scale=TRIALS / part, rounds=3, note=note)


def means() -> Contest:
    """t tests."""
    part, rng = 2_000, np.random.default_rng(1)

    def run(_: int) -> None:
        for _ in range(part):
            stats.ttest_ind(rng.normal(0.5, 1, 64), rng.normal(0, 1, 64))

    note = f"{part:,} of them, scaled"
    loop = from_python(
        "scipy", lambda: in_python("scipy, a loop over ttest_ind", run, scale=TRIALS / part, rounds=3, note=note)
    )
    question = f"{TRIALS:,} trials of 128 participants, difference half an SD, t test."
    return Contest("t tests", question, [ours(TwoMeans(difference=0.5, sd=1), 128), loop])


def covariance() -> Contest:
    """Analysis of covariance."""
    part, rng, arm = 2_000, np.random.default_rng(1), 48
    group = np.repeat([1.0, 0.0], arm)

    def run(_: int) -> None:
        for _ in range(part):
            before = rng.normal(0, 1, 2 * arm)
            after = 0.5 * before + rng.normal(0, np.sqrt(0.75), 2 * arm) + 0.5 * group
            x = np.column_stack([np.ones(2 * arm), group, before])
            beta, left, *_ = np.linalg.lstsq(x, after, rcond=None)
            _ = beta[1] / np.sqrt(left[0] / (2 * arm - 3) * np.linalg.inv(x.T @ x)[1, 1])

    note = f"{part:,} of them, scaled"
    loop = in_python("a numpy loop with lstsq", run, scale=TRIALS / part, rounds=3, note=note)
    question = f"{TRIALS:,} trials of 96 participants, difference half an SD, correlation .5, analysis of covariance."
    return Contest("Analysis of covariance", question, [ours(Ancova(difference=0.5, sd=1, correlation=0.5), 96), loop])


def grids() -> Contest:
    """A grid of 10,000 sample sizes."""
    control, treatment = np.linspace(0.1, 0.3, 100), np.linspace(0.35, 0.6, 100)
    axes = {"control": tuple(control), "treatment": tuple(treatment)}
    pairs = [(c, t) for c in control[::5] for t in treatment[::5]]

    def mine(_: int) -> None:
        assert np.all(scenarios(BINARY, axes, target=0.8).n)

    def statsmodels() -> Contestant:
        from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail as theirs

        def loop(_: int) -> None:
            for c, t in pairs:
                theirs(t - c, c, 0.8, ratio=1, alpha=0.05)

        note = f"{len(pairs)} of them, scaled"
        return in_python("statsmodels, a loop", loop, scale=10_000 / len(pairs), rounds=5, note=note)

    call = "nBinomial(treatment, control, alpha=0.05 - i * 1e-10, beta=0.2, sided=2)"
    grid = "g <- expand.grid(c=seq(0.1, 0.3, length.out=100), t=seq(0.35, 0.6, length.out=100))"
    loop = "getSampleSizeRates(pi1=0.5, pi2=0.1 + 0.004 * (i %% 50), alpha=0.05, sided=2, beta=0.2)"
    return Contest(
        "A grid of sample sizes",
        "10,000 sample sizes of two proportions, 100 by 100.",
        [
            in_python("trialplan, scenarios", mine, ours=True),
            in_r(
                "gsDesign",
                call,
                setup=f"{grid}; control <- g$c; treatment <- g$t",
                title="gsDesign, nBinomial",
                note="one call; n alone, unrounded",
            ),
            from_python("statsmodels", statsmodels),
            in_r("rpact", loop, times=50, scale=10_000, rounds=3, title="rpact, a loop", note="50 of them, scaled"),
        ],
    )


def cores() -> Contest:
    """The same work in one process and in two."""
    design = TwoMeans(difference=0.3, sd=1)
    trials = 10_000 if QUICK else 1_000_000

    def on(place: Any) -> Callable[[int], None]:
        def call(seed: int) -> None:
            simulate(design, 352, trials, seed=seed, executor=place)

        return call

    return Contest(
        "Cores",
        f"{trials:,} simulated t tests of 352 participants, starting processes and all.",
        [
            in_python("trialplan, two processes", on(Processes(2)), rounds=2, ours=True),
            in_python("trialplan, one process", on(Serial()), rounds=2, ours=True),
        ],
    )


def at_size(cells: str, vary: tuple[str, ...]) -> tuple[str, float, float]:
    """(what, seconds, peak resident gigabytes) of a grid written to CSV by the program itself."""
    with tempfile.TemporaryDirectory() as folder:
        words = [word for one in vary for word in ("--vary", one)]
        command = [sys.executable, __file__, "--peak", "scenarios", "two-proportions", *words]
        start = time.perf_counter()
        command += ["-o", f"{folder}/grid.csv"]
        ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=ENVIRONMENT)
        seconds = time.perf_counter() - start
        return cells, seconds, float(ran.stderr.splitlines()[-1])


def peak() -> int:
    """Run the program in this process, and print its peak resident memory last."""
    from trialplan.cli import main as program

    code = program(sys.argv[2:])
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9, file=sys.stderr)
    return code


def sizes() -> str:
    """Grids of a million and of ten million, streamed."""
    grids = [("1 million", ("control=0.1:0.3:0.0002", "treatment=0.31:0.6:0.00029"))]
    if not QUICK:
        grids.append(("10 million", ("control=0.1:0.5:0.0002", "treatment=0.31:0.6:0.000058")))
    rows = [at_size(*one) for one in grids]
    lines = [f"| {cells} | {shown(seconds)} | {gigabytes:.2f} GB |" for cells, seconds, gigabytes in rows]
    return "\n".join(
        [
            "## Grids of any size\n",
            "`trialplan scenarios two-proportions --vary … --vary … -o grid.csv` as a whole process: n, arms and power "
            "of each scenario written out in full precision.\n",
            "| scenarios | whole process | peak resident memory |\n|---:|---:|---:|",
            *lines,
            "\nNo peer was measured for this.",
        ]
    )


def a_million() -> Contest:
    """A million scenarios computed, not written."""
    steps = 100 if QUICK else 1000
    axes = {"control": tuple(np.linspace(0.1, 0.3, steps)), "treatment": tuple(np.linspace(0.31, 0.6, steps))}

    def mine(_: int) -> None:
        scenarios(BINARY, axes, target=0.8)

    words = f"{steps**2:,} sample sizes in stretches, nothing written."
    return Contest("A million scenarios", words, [in_python("trialplan, scenarios", mine, ours=True)])


HEAD = """# Side by side: simulation and scenario grids

<!-- Written by benchmarks/scale.py; do not edit. -->

All take turns, round by round in one run, after a round that is not counted. A time is the median of the rounds with
their range; "× ours" is the median of how many times as long as trialplan's first line the other took within a round.
Measured on {machine}.
Other machines, and this one on another day, give other times; the ratios are steadier.
"""


def main() -> int:
    """Measure, print, and write the page."""
    if sys.argv[1:2] == ["--peak"]:
        return peak()
    contests: list[Callable[[], Contest]] = [
        lambda: binary(1),
        lambda: binary(2),
        lambda: binary(3),
        means,
        covariance,
        grids,
        a_million,
        cores,
    ]
    return write(PAGE, HEAD, contests, sizes)


if __name__ == "__main__":
    sys.exit(main())
