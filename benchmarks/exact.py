"""The contests of exact tests and of Simon's two-stage designs, for run.py."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats
from side_by_side import ROOT, TARGET, Contest, Contestant, another_level, from_python, in_python, in_r

from trialplan.designs.simon import Simon
from trialplan.designs.two_proportions import TwoProportions


def scipy_tables(test: str, per_arm: int) -> Contestant:
    """A sample of tables, scaled to the half of them that symmetry leaves."""
    ask = {"fisher": stats.fisher_exact, "boschloo": lambda table: stats.boschloo_exact(table, n=32)}[test]
    sample = 20 if test == "boschloo" else 400
    counts = np.random.default_rng(1).integers(0, per_arm + 1, (sample, 2))
    half = (per_arm + 1) ** 2 / 2

    def tables(_: int) -> None:
        for x, y in counts:
            ask([[x, y], [per_arm - x, per_arm - y]])

    note = f"{sample} tables drawn at random, scaled to {half:,.0f}"
    return from_python(
        "scipy",
        lambda: in_python("scipy, a p-value for each table", tables, scale=half / sample, rounds=3, note=note),
    )


def power_in_exact(method: str, rounds: int) -> Contestant:
    """R's Exact, at 500 nuisance values: its default of 100 misses peaks."""
    values = "" if method == "fisher" else ", npNumbers=500"
    call = f"power.exact.test(0.5, 0.35, 150, 150, alpha=0.05 - i * 1e-10, method='{method}'{values})"
    return in_r("Exact", call, "round(x$power, 5)", rounds=rounds, note="500 nuisance values" if values else "")


def exact_power(test: str, peers: Callable[[], list[Contestant]]) -> Contest:
    """Power at 150 per arm, which takes the whole rejection region."""
    TwoProportions(control=0.35, treatment=0.5, test=test).power(200)

    def ours(number: int) -> str:
        design = TwoProportions(control=0.35, treatment=0.5, test=test, alpha=another_level(number))
        return f"{design.power(300):.5f}"

    question = f"Power of {test} at 150 per arm, .35 against .50, two-sided .05."
    mine = in_python("trialplan", ours, ours=True, note="each time at another level")
    return Contest(f"Power of {test}", question, [mine, *peers()])


def fisher_peers() -> list[Contestant]:
    """Who has the power of Fisher's exact test."""
    level = "0.05 - i * 1e-10"
    return [
        in_r("lrstat", f"powerFisherExact(300, 0.5, 0.35, 1, {level})", "round(x$power, 5)", times=10),
        in_r("clinfun", f"fe.power(0.15, 150, 150, 0.35, {level})", "round(x$power, 5)", times=10),
        power_in_exact("fisher", 3),
        scipy_tables("fisher", 150),
    ]


def pooled_peers() -> list[Contestant]:
    """Who has the power of the unconditional exact test of the pooled statistic."""
    call = "powerRiskDiffExact(300, 0, 0.5, 0.35, 1, 0.025 - i * 1e-10, FALSE)"
    return [in_r("lrstat", call, "round(x$power, 5)", note="one-sided .025"), power_in_exact("z-pooled", 3)]


def smallest_n(test: str, peers: Callable[[int], list[Contestant]]) -> Contest:
    """The smallest n from which power never falls below target, which takes a scan."""

    def ours(number: int) -> int:
        design = TwoProportions(control=0.3, treatment=0.5, test=test, alpha=0.05 - number * 1e-6)
        return design.sample_size(TARGET).arms["control"]

    n = ours(0)
    TwoProportions(control=0.2, treatment=0.6, test=test).sample_size(TARGET)
    question = f"Smallest n per arm of {test}, .30 against .50, 80 % power, two-sided .05."
    mine = in_python("trialplan", ours, ours=True, note="searched to twice the answer; each time at another level")
    scan = scipy_tables(test, n)
    scan.note += f", for the one n of {n} per arm: a scan costs this at every n that it tries"
    return Contest(f"Smallest n of {test}", question, [mine, *peers(n), scan])


def one_n_in_exact(method: str, n: int, rounds: int) -> Contestant:
    """R's Exact gives power at one n; a user scans."""
    values = "" if method == "fisher" else ", npNumbers=500"
    call = f"power.exact.test(0.5, 0.3, {n}, {n}, alpha=0.05 - i * 1e-6, method='{method}'{values})"
    note = f"power at {n} per arm alone: a scan costs this at every n that it tries"
    return in_r("Exact", call, rounds=rounds, note=note)


def fisher_sizes(n: int) -> list[Contestant]:
    """Who has the sample size of Fisher's exact test."""
    level = "0.05 - i * 1e-6"
    return [
        in_r(
            "lrstat",
            f"samplesizeFisherExact(0.2, 0.5, 0.3, 1, {level})",
            "paste(x$n, 'in all')",
            rounds=5,
            note="ten further n hold the power too",
        ),
        in_r(
            "clinfun",
            f"fe.ssize(0.3, 0.5, alpha={level}, power=0.8)",
            "x[2, 1]",
            times=10,
            rounds=5,
            note="searched within five of an approximation",
        ),
        one_n_in_exact("fisher", n, 3),
    ]


def simon() -> Contest:
    """The published two-stage designs: found again, and how fast."""
    cases = [
        json.loads(line)
        for line in (ROOT / "tests" / "reference" / "single_arm_more.jsonl").read_text().splitlines()
        if '"single_arm.simon_' in line
    ]
    same = sum(_same_stages(case) for case in cases)
    truth = (
        f"{same} of {len(cases)} optimal and minimax designs from clinfun and from Simon's tables (1989) are found "
        "with the same stages, r1/n1 and r/n."
    )

    def ours(number: int) -> str:
        found = Simon(null=0.1, expected=0.3, alpha=0.05 - number * 1e-6).sample_size(TARGET)
        return " ".join(f"{r}/{n}" for r, n in found.design.counts)

    stages = "with(x, paste0(r1, '/', n1, ' ', r, '/', n))"
    return Contest(
        "Simon's two-stage designs",
        "The optimal two-stage design for .10 against .30 at a level of .05 and 80 % power.",
        [
            in_python("trialplan", ours, ours=True, note="no largest n to be given"),
            in_r(
                "clinfun",
                "ph2simon(0.1, 0.3, 0.05 - i * 1e-6, 0.2, nmax=100)",
                stages.replace("x,", "as.data.frame(x$out)[which.min(x$out[, 5]), ],"),
                note="searched to 100",
            ),
            in_r(
                "lrstat",
                "simon2stage(0.05 - i * 1e-6, 0.2, 0.1, 0.3, 100)",
                stages.replace("x,", "subset(x, design == 'Optimal'),"),
                note="searched to 100",
            ),
        ],
        after=truth,
    )


def _same_stages(case: dict[str, Any]) -> bool:
    given, expected = case["inputs"], case["expected"]
    criterion = case["method"].rpartition("_")[2]
    design = Simon(null=given["p0"], expected=given["p1"], alpha=given["alpha"], criterion=criterion)
    (r1, n1), (r, n) = design.sample_size(1 - given["beta"]).design.counts
    return (r1, n1, r, n) == tuple(expected[name] for name in ("r1", "n1", "r", "n"))
