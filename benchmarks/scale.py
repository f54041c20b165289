"""Simulation and scenario grids side by side with what a user would pick instead; writes docs/benchmarks-scale.md.

    python benchmarks/scale.py            measures (some minutes) and writes the page
    python benchmarks/scale.py --quick    few repetitions, to see that everything runs; writes nothing

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
from run import QUICK, ROOT, Contest, Timing, installed, machine, r_seconds, section, shown, timed
from scipy import stats

from trialplan import Ancova, GroupSequential, TwoMeans, TwoProportions
from trialplan.analyses.executors import Processes, Serial
from trialplan.analyses.scenarios.grid import answered, grid_spec
from trialplan.analyses.verification.verification import simulate

PAGE = ROOT / "docs" / "benchmarks-scale.md"
TRIALS = 2_000 if QUICK else 100_000
BINARY = TwoProportions(control=0.214, treatment=0.374)
N = 254


def ours(design: Any, n: int, trials: int = TRIALS, name: str = "trialplan") -> Timing:
    """Simulated trials, participants drawn and analysed."""
    return Timing(name, timed(lambda i: simulate(design, n, trials, seed=i), 5))


def in_rpact(looks: int) -> Timing:
    """The same trials in rpact."""
    subjects = ", ".join(str(round(N * (look + 1) / looks)) for look in range(looks))
    design = (
        "getDesignGroupSequential(kMax=1, alpha=0.025, sided=1)"
        if looks == 1
        else f'getDesignGroupSequential(kMax={looks}, typeOfDesign="OF", alpha=0.025, sided=1)'
    )
    call = (
        f"getSimulationRates(design={design}, plannedSubjects=c({subjects}), pi1=0.374, pi2=0.214, "
        f"maxNumberOfIterations={TRIALS}, seed=1)"
    )
    return r_seconds("rpact, getSimulationRates", "rpact", call, 3)


def binary(looks: int) -> Contest:
    """Binary trials, fixed or looked at."""
    design: Any = BINARY
    if looks > 1:
        design = GroupSequential(design=BINARY, looks=tuple((look + 1) / looks for look in range(looks)))
    words = "fixed" if looks == 1 else f"{looks}-look (O'Brien–Fleming)"
    question = f"{TRIALS:,} {words} trials of {N} participants, .214 against .374, score test."
    return Contest(f"Binary trials, {words}", question, [ours(design, N), in_rpact(looks), _binary_loop(looks)])


def _binary_loop(looks: int) -> Timing:
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
    return Timing("a numpy loop", timed(run, 3, TRIALS / part), note=note)


def means() -> Contest:
    """t tests."""
    part, rng = 2_000, np.random.default_rng(1)

    def run(_: int) -> None:
        for _ in range(part):
            stats.ttest_ind(rng.normal(0.5, 1, 64), rng.normal(0, 1, 64))

    loop = Timing("a loop over scipy's ttest_ind", timed(run, 3, TRIALS / part), note=f"{part:,} of them, scaled")
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

    loop = Timing("a numpy loop with lstsq", timed(run, 3, TRIALS / part), note=f"{part:,} of them, scaled")
    question = f"{TRIALS:,} trials of 96 participants, difference half an SD, correlation .5, analysis of covariance."
    return Contest("Analysis of covariance", question, [ours(Ancova(difference=0.5, sd=1, correlation=0.5), 96), loop])


def grids() -> Contest:
    """A grid of 10,000 sample sizes."""
    control, treatment = np.linspace(0.1, 0.3, 100), np.linspace(0.35, 0.6, 100)
    asked = grid_spec(BINARY, {"control": tuple(control), "treatment": tuple(treatment)}, target=0.8)
    timings = [Timing("trialplan, scenarios", timed(lambda _: answered(asked).n, 5))]
    pairs = [(c, t) for c in control[::5] for t in treatment[::5]]
    if installed("statsmodels"):
        from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail as theirs

        def loop(_: int) -> None:
            for c, t in pairs:
                theirs(t - c, c, 0.8, ratio=1, alpha=0.05)

        note = f"{len(pairs)} of them, scaled"
        timings.append(Timing("statsmodels, a loop", timed(loop, 5, 10_000 / len(pairs)), note=note))
    else:
        timings.append(Timing("statsmodels, a loop", skipped="statsmodels is not installed"))
    call = "for (p in seq(0.1, 0.3, length.out=50)) getSampleSizeRates(pi1=0.5, pi2=p, alpha=0.05, sided=2, beta=0.2)"
    rpact = r_seconds("rpact, a loop", "rpact", call, 3)
    rpact.seconds, rpact.note = [200 * one for one in rpact.seconds], "50 of them, scaled"
    return Contest("A grid of sample sizes", "10,000 sample sizes of two proportions, 100 by 100.", [*timings, rpact])


def cores() -> Contest:
    """The same work in one process and in two."""
    design = TwoMeans(difference=0.3, sd=1)
    trials = 10_000 if QUICK else 1_000_000
    places: list[tuple[str, Any]] = [("two processes", Processes(2)), ("one process", Serial())]
    timings = [
        Timing(name, timed(lambda i, place=place: simulate(design, 352, trials, seed=i, executor=place), 3))
        for name, place in places
    ]
    return Contest("Cores", f"{trials:,} simulated t tests of 352 participants, starting processes and all.", timings)


def at_size(cells: str, vary: tuple[str, ...]) -> tuple[str, float, float]:
    """(what, seconds, peak resident gigabytes) of a grid written to CSV by the program itself."""
    with tempfile.TemporaryDirectory() as folder:
        words = [word for one in vary for word in ("--vary", one)]
        command = [sys.executable, __file__, "--peak", "scenarios", "two-proportions", *words]
        start = time.perf_counter()
        ran = subprocess.run(
            [*command, "-o", f"{folder}/grid.csv"], capture_output=True, text=True, check=True, cwd=ROOT
        )
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
        ]
    )


def a_million() -> Contest:
    """A million scenarios computed, not written."""
    steps = 100 if QUICK else 1000
    axes = {"control": tuple(np.linspace(0.1, 0.3, steps)), "treatment": tuple(np.linspace(0.31, 0.6, steps))}
    asked = grid_spec(BINARY, axes, target=0.8)
    timing = Timing("trialplan, scenarios", timed(lambda _: answered(asked), 5))
    return Contest("A million scenarios", f"{steps**2:,} sample sizes in stretches, nothing written.", [timing])


HEAD = """# Side by side: simulation and scenario grids

<!-- Written by benchmarks/scale.py; do not edit. -->

Each time is the median of some repetitions with their range; the fourth column says how many times as long as
trialplan the other took. Measured on {machine}. Other machines, and this one on another day, give other times.
"""


def page() -> str:
    """Everything, measured now."""
    parts = [HEAD.format(machine=machine())]
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
    for contest in contests:
        parts += section(contest())
        print("\n".join(parts[-6:]), flush=True)
    parts.append(sizes())
    return "\n".join(parts).rstrip() + "\n"


def main() -> int:
    """Measure, print, and write the page."""
    if sys.argv[1:2] == ["--peak"]:
        return peak()
    text = page()
    print(text)
    if not QUICK:
        PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
