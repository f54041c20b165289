"""Run trialplan side by side with what a user would pick instead, and write docs/benchmarks.md.

    python benchmarks/run.py            measures (some minutes) and writes the page
    python benchmarks/run.py --quick    few repetitions, to see that everything runs; writes nothing

What is not installed is skipped, with its name. Nothing here is a test: a busy machine gives other times.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from scipy import stats

from trialplan.designs.simon import Simon
from trialplan.designs.two_proportions import TwoProportions

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
QUICK = "--quick" in sys.argv[1:]
TARGET = 0.8


@dataclass
class Timing:
    """One contestant: seconds of each repetition, times what they stand for where only a part was run."""

    name: str
    seconds: list[float] = field(default_factory=list)
    skipped: str = ""
    note: str = ""

    @property
    def typical(self) -> float:
        """The median."""
        return median(self.seconds)


@dataclass
class Contest:
    """One question put to several programs, ours first."""

    title: str
    question: str
    timings: list[Timing]


def timed(call: Callable[[int], Any], repetitions: int, scale: float = 1.0) -> list[float]:
    """Seconds of each repetition; the call is given its number, so that it can ask something new."""
    found = []
    for repetition in range(2 if QUICK else repetitions):
        start = time.perf_counter()
        call(repetition)
        found.append(scale * (time.perf_counter() - start))
    return found


def process(name: str, command: list[str], repetitions: int = 7) -> Timing:
    """Whole processes, from start to exit; the first, which fills the disk cache, is not counted."""

    def run(_: int) -> None:
        subprocess.run(command, check=True, capture_output=True, cwd=ROOT)

    run(0)
    return Timing(name, timed(run, repetitions))


def installed(package: str) -> bool:
    """Whether Python has the package."""
    return importlib.util.find_spec(package) is not None


def in_r(package: str) -> bool:
    """Whether R is there and has the package."""
    return bool(shutil.which("Rscript")) and r_says(f'cat(requireNamespace("{package}", quietly=TRUE))') == "TRUE"


def r_says(program: str) -> str:
    """What an R program prints last."""
    ran = subprocess.run(["Rscript", "-e", program], capture_output=True, text=True, check=False)
    return ran.stdout.strip().splitlines()[-1].strip() if ran.stdout.strip() else ""


def r_seconds(name: str, package: str, call: str, repetitions: int = 5) -> Timing:
    """Repetitions of one call inside one R process, after a first that is not counted."""
    if not in_r(package):
        return Timing(name, skipped=f"R's package {package} is not installed")
    count = 2 if QUICK else repetitions
    program = (
        f"suppressMessages(library({package})); f <- function() {call}; invisible(f()); "
        f"cat(sapply(1:{count}, function(i) system.time(f())[['elapsed']]))"
    )
    return Timing(name, [float(one) for one in r_says(program).split()])


def whole_process() -> Contest:
    """From the prompt to the answer."""
    ours = [str(Path(sys.executable).with_name("trialplan")), "size", "two-proportions"]
    timings = [process("trialplan size", [*ours, "--control", "0.3", "--treatment", "0.5"])]
    theirs = "library(rpact); print(getSampleSizeRates(pi1=0.5, pi2=0.3, alpha=0.05, sided=2, beta=0.2))"
    if in_r("rpact"):
        timings.append(process("Rscript with rpact", ["Rscript", "-e", theirs]))
    else:
        timings.append(Timing("Rscript with rpact", skipped="R's package rpact is not installed"))
    program = (
        "from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail as n;"
        "print(n(0.2, 0.3, 0.8, ratio=1, alpha=0.05))"
    )
    if installed("statsmodels"):
        timings.append(process("python -c with statsmodels", [sys.executable, "-c", program]))
    else:
        timings.append(Timing("python -c with statsmodels", skipped="statsmodels is not installed"))
    question = "One sample size, .30 against .50 at 80 % power, as a whole process."
    return Contest("A whole process", question, timings)


def exact_power(test: str, control: float, treatment: float) -> Contest:
    """Power at 150 per arm: ours enumerates; scipy is asked table by table."""
    design = TwoProportions(control=control, treatment=treatment, test=test)
    design.power(200)
    arms = [150, 149, 151, 148, 152, 147, 153]  # a new n each time, so that no rejection region is remembered
    ours = Timing("trialplan", timed(lambda i: design.power(2 * arms[i]), len(arms)))
    question = f"Power of {test} at 150 per arm, {control:g} against {treatment:g}, two-sided .05."
    return Contest(f"Power of {test}", question, [ours, scipy_tables(test, 150), r_power(test, control, treatment)])


def scipy_tables(test: str, per_arm: int) -> Timing:
    """A sample of tables, scaled to the half of them that symmetry leaves."""
    ask = {"fisher": stats.fisher_exact, "boschloo": lambda table: stats.boschloo_exact(table, n=32)}[test]
    sample = 20 if test == "boschloo" else 400
    rng = np.random.default_rng(1)
    counts = rng.integers(0, per_arm + 1, (sample, 2))
    half = (per_arm + 1) ** 2 / 2

    def run(_: int) -> None:
        for x, y in counts:
            ask([[x, y], [per_arm - x, per_arm - y]])

    note = f"{sample} tables drawn at random, scaled to {half:,.0f}"
    return Timing("scipy, a p-value for each table", timed(run, 3, half / sample), note=note)


def r_power(test: str, control: float, treatment: float) -> Timing:
    """R's Exact, at 500 nuisance values: its default of 100 misses peaks."""
    if test == "fisher":
        call = f'power.exact.test({treatment}, {control}, 150, 150, alpha=0.05, method="Fisher")'
    else:
        call = f'power.exact.test({treatment}, {control}, 150, 150, alpha=0.05, method="Boschloo", npNumbers=500)'
    return r_seconds("R's Exact", "Exact", call, 3)


def smallest_n(test: str) -> Contest:
    """The smallest n from which power never falls below target, which takes a scan."""
    pairs = [(0.3, 0.5), (0.29, 0.49), (0.31, 0.51), (0.28, 0.48), (0.32, 0.52)]

    def ours(i: int) -> None:
        control, treatment = pairs[i]
        TwoProportions(control=control, treatment=treatment, test=test, alpha=0.05 - i * 1e-4).sample_size(TARGET)

    TwoProportions(control=0.2, treatment=0.6, test=test).sample_size(TARGET)
    n = TwoProportions(control=0.3, treatment=0.5, test=test).sample_size(TARGET).arms["control"]
    timings = [Timing("trialplan", timed(ours, len(pairs)), note="searched to twice the answer; rates moved each time")]
    scan = scipy_tables(test, n)
    scan.note += f", for the one n of {n} per arm: a scan costs this at every n that it tries"
    name = "Fisher" if test == "fisher" else "Boschloo"
    call = f'for (n in {n - 10}:{n + 1}) power.exact.test(0.5, 0.3, n, n, alpha=0.05, method="{name}", npNumbers=500)'
    theirs = r_seconds("R's Exact", "Exact", call, 2)
    theirs.note = f"a scan of {n - 10} to {n + 1} per arm only" if not theirs.skipped else ""
    question = f"Smallest n of {test}, .30 against .50, 80 % power, two-sided .05 ({n} per arm)."
    return Contest(f"Smallest n of {test}", question, [timings[0], scan, theirs])


def a_million() -> Contest:
    """A million sample sizes as one array call."""
    count = 10_000 if QUICK else 1_000_000
    rng = np.random.default_rng(2)
    control = rng.uniform(0.05, 0.6, count)
    treatment = control + rng.uniform(0.05, 0.35, count)
    design = TwoProportions(control=control, treatment=treatment)
    timings = [Timing("trialplan, one call", timed(lambda _: design.sample_size(TARGET), 5, 1_000_000 / count))]
    if not installed("statsmodels"):
        timings.append(Timing("statsmodels, a loop", skipped="statsmodels is not installed"))
        return Contest("A million sample sizes", "", timings)
    from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail as theirs

    first = list(zip(control[:2000], treatment[:2000], strict=True))

    def loop(_: int) -> None:
        for p_c, p_t in first:
            theirs(p_t - p_c, p_c, TARGET, ratio=1, alpha=0.05)

    note = "2,000 of them, scaled to a million"
    timings.append(Timing("statsmodels' closed form, a loop", timed(loop, 5, 500), note=note))
    question = "A million sample sizes of two proportions: whole arms, power attained and all."
    return Contest("A million sample sizes", question, timings)


def one_answer() -> Contest:
    """One normal-theory sample size in a running process."""
    number = 20 if QUICK else 500

    def closed(_: int) -> None:
        for _ in range(number):
            TwoProportions(control=0.3, treatment=0.5).sample_size(TARGET)

    def unrounded(_: int) -> None:
        design = TwoProportions(control=0.3, treatment=0.5)
        for _ in range(number):
            design.unrounded(TARGET)

    timings = [
        Timing("trialplan, the whole answer", timed(closed, 7, 1 / number), note="design made, checked and sized"),
        Timing("trialplan, the formula alone", timed(unrounded, 7, 1 / number), note="unrounded n"),
    ]
    if installed("statsmodels"):
        from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail as theirs

        def other(_: int) -> None:
            for _ in range(number):
                theirs(0.2, 0.3, TARGET, ratio=1, alpha=0.05)

        timings.append(Timing("statsmodels, the formula alone", timed(other, 7, 1 / number), note="unrounded n"))
    call = "getSampleSizeRates(pi1=0.5, pi2=0.3, alpha=0.05, sided=2, beta=0.2)"
    many = r_seconds("rpact, the whole answer", "rpact", f"for (i in 1:20) {call}", 5)
    many.seconds = [one / 20 for one in many.seconds]
    return Contest("One sample size", "One normal-theory sample size in a process that is running.", [*timings, many])


def simon() -> tuple[Contest, str]:
    """The published two-stage designs: found again, and how fast."""
    cases = [
        json.loads(line)
        for line in (ROOT / "tests" / "reference" / "single_arm_more.jsonl").read_text().splitlines()
        if '"single_arm.simon_' in line
    ]
    same = sum(_same_stages(case) for case in cases)
    given = [case["inputs"] for case in cases]

    def search(_: int) -> None:
        for one in given:
            Simon(null=one["p0"], expected=one["p1"], alpha=one["alpha"]).sample_size(1 - one["beta"])

    ours = Timing("trialplan", timed(search, 5, 1 / len(given)), note="mean over the designs, no largest n to be given")
    truth = (
        f"{same} of {len(cases)} optimal and minimax designs from clinfun and from Simon's tables (1989) are found "
        "with the same stages, r1/n1 and r/n."
    )
    theirs = r_seconds("clinfun", "clinfun", "ph2simon(0.1, 0.3, 0.05, 0.2, nmax=100)")
    return Contest("Simon's two-stage designs", "One optimal two-stage design for one arm.", [ours, theirs]), truth


def _same_stages(case: dict[str, Any]) -> bool:
    given, expected = case["inputs"], case["expected"]
    criterion = case["method"].rpartition("_")[2]
    design = Simon(null=given["p0"], expected=given["p1"], alpha=given["alpha"], criterion=criterion)
    (r1, n1), (r, n) = design.sample_size(1 - given["beta"]).design.counts
    return (r1, n1, r, n) == tuple(expected[name] for name in ("r1", "n1", "r", "n"))


HEAD = """# Side by side

<!-- Written by benchmarks/run.py; do not edit. -->

What trialplan costs beside what a user would pick instead. Each time is the median of some repetitions with their
range; the last column says how many times as long as trialplan the other took. Measured on {machine}.
Other machines, and this one on another day, give other times; the ratios are steadier.
"""


def machine() -> str:
    """Cores and versions."""
    versions = [f"Python {platform.python_version()}"]
    versions += [
        f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "scipy", "statsmodels") if installed(name)
    ]
    if shutil.which("Rscript"):
        versions.append(f"R {r_says('cat(as.character(getRversion()))')}")
        packages = [name for name in ("rpact", "Exact", "clinfun") if in_r(name)]
        said = "cat(as.character(packageVersion('{}')))"
        versions += [f"{name} {r_says(said.format(name))}" for name in packages]
    return f"{os.cpu_count()} cores ({platform.machine()}), {platform.system()}, " + ", ".join(versions)


def section(contest: Contest, after: str = "") -> Iterator[str]:
    """One contest as a table."""
    yield f"## {contest.title}\n\n{contest.question}\n"
    yield "| | median | range | × ours | |\n|---|---:|---:|---:|---|"
    ours = contest.timings[0].typical
    for one in contest.timings:
        if one.skipped:
            yield f"| {one.name} | – | – | – | skipped: {one.skipped} |"
            continue
        span = f"{shown(min(one.seconds))} to {shown(max(one.seconds))}"
        yield f"| {one.name} | {shown(one.typical)} | {span} | {one.typical / ours:,.3g} | {one.note} |"
    yield f"\n{after}\n" if after else ""


def shown(seconds: float) -> str:
    """A time in the unit that suits it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:,.3g} {unit}"
    return f"{seconds * 1e9:,.3g} ns"


def page() -> str:
    """Everything, measured now."""
    parts = [HEAD.format(machine=machine())]
    contests: list[Callable[[], Contest]] = [
        whole_process,
        one_answer,
        a_million,
        lambda: exact_power("fisher", 0.35, 0.5),
        lambda: exact_power("boschloo", 0.35, 0.5),
        lambda: smallest_n("fisher"),
        lambda: smallest_n("boschloo"),
    ]
    for contest in contests:
        parts += section(contest())
        print("\n".join(parts[-8:]), flush=True)
    found, truth = simon()
    parts += section(found, truth)
    return "\n".join(parts).rstrip() + "\n"


def main() -> int:
    """Measure, print, and write the page."""
    text = page()
    print(text)
    if not QUICK:
        PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
