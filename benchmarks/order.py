"""Crossover trials and win ratios side by side with what a user would pick; writes docs/benchmarks-order.md.

    python benchmarks/order.py --r-library DIR    measures (about a minute) and writes the page
    python benchmarks/order.py --quick            few rounds, to see that everything runs; writes nothing

What is not installed is skipped, with its name. Nothing here is a test: a busy machine gives other times.
"""

from __future__ import annotations

import sys

import numpy as np
from page import write
from side_by_side import QUICK, ROOT, TARGET, Contest, Goal, another_level, in_python, in_r

from trialplan import Crossover, WinRatio

PAGE = ROOT / "docs" / "benchmarks-order.md"
SIZES = 50 if QUICK else 1_000
PER_ARM, TRIALS = 1_000, 10
PAIRS = PER_ARM**2 * TRIALS


def bioequivalence(variation: object, number: int) -> Crossover:
    """A 2×2 crossover that shows equivalence within 80 to 125 %, each time at another level."""
    return Crossover(
        scale="ratio",
        ratio=0.95,
        cv_within=variation,
        goal="equivalence",
        margin=1.25,
        alpha=another_level(number),
    )


def one_size() -> Contest:
    """One sample size of two one-sided t tests."""

    def ours(number: int) -> int:
        return bioequivalence(0.3, number).sample_size(TARGET).n

    call = "sampleN.TOST(alpha=0.05 - i * 1e-10, CV=0.3, theta0=0.95, targetpower=0.8, print=FALSE)"
    times = 5 if QUICK else 50
    return Contest(
        "One crossover trial",
        "The participants of a 2×2 crossover that shows equivalence by two one-sided t tests: ratio .95 within .80 to "
        "1.25, coefficient of variation .3, 80 % power, by Owen's Q.",
        [
            in_python("trialplan, the whole answer", ours, times=times, ours=True),
            in_r("PowerTOST", call, "x[['Sample size']]", times=times, title="PowerTOST, sampleN.TOST"),
        ],
        Goal(peer="PowerTOST", times=5),
    )


def many_sizes() -> Contest:
    """A thousand of them."""
    variation = np.linspace(0.15, 0.6, SIZES)

    def ours(number: int) -> str:
        return f"{np.mean(bioequivalence(variation, number).sample_size(TARGET).n):.2f}"

    call = (
        "sapply(cv, function(one) sampleN.TOST(alpha=0.05 - i * 1e-10, CV=one, theta0=0.95, targetpower=0.8, "
        "print=FALSE)[['Sample size']])"
    )
    return Contest(
        f"{SIZES:,} crossover trials",
        f"The same for {SIZES:,} coefficients of variation from .15 to .6; the answer is the mean of n.",
        [
            in_python("trialplan, one call", ours, rounds=7, ours=True),
            in_r(
                "PowerTOST",
                call,
                "round(mean(x), 2)",
                setup=f"cv <- seq(0.15, 0.6, length.out={SIZES})",
                rounds=7,
                title="PowerTOST, a loop",
            ),
        ],
        Goal(peer="PowerTOST", times=5),
    )


def pairs() -> Contest:
    """Win ratios of trials in which every treated participant is compared with every control."""
    design = WinRatio(win_ratio=1.5, ties=0.1)
    data = design.draw(2 * PER_ARM, TRIALS, np.random.default_rng(1))

    def ours(_: int) -> str:
        return f"{design.analyse(data)[0].mean():.4f}"

    def compared(_: int) -> None:
        for treated, control in zip(*data, strict=True):
            apart = treated[:, None] - control
            _ = (apart > 0.1).sum(), (apart < -0.1).sum()

    return Contest(
        "Ten million pairs",
        f"{TRIALS} trials of {PER_ARM:,} treated participants and {PER_ARM:,} controls: {PAIRS:,} pairs won, lost or "
        "tied, and for each trial the ratio of wins to losses with its test.",
        [
            in_python("trialplan, win ratios and tests", ours, ours=True, note="the answer is their mean z"),
            in_python("numpy, pair by pair", compared, rounds=5, note="wins and losses alone"),
        ],
        Goal(seconds=1.0),
    )


HEAD = """# Side by side: pairs and crossover

<!-- Written by benchmarks/order.py; do not edit. -->

All take turns, round by round in one run, after a round that is not counted, and each is asked something new every
time. A time is the median of the rounds with their range; "× ours" is the median of how many times as long as
trialplan's first line the other took within a round. Measured on {machine}.
Other machines, and this one on another day, give other times; the ratios are steadier.
"""


def main() -> int:
    """Measure, print, and write the page."""
    return write(PAGE, HEAD, [one_size, many_sizes, pairs])


if __name__ == "__main__":
    sys.exit(main())
