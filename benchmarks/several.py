"""Several arms and several endpoints side by side with what a user would pick; writes docs/benchmarks-several.md.

    python benchmarks/several.py --r-library DIR    measures (about a minute) and writes the page
    python benchmarks/several.py --quick            few rounds, to see that everything runs; writes nothing

What is not installed is skipped, with its name. Nothing here is a test: a busy machine gives other times.
"""

from __future__ import annotations

import sys

from page import write
from side_by_side import QUICK, ROOT, Contest, Goal, another_level, in_python, in_r

from trialplan import ManyToOne, TwoMeans

PAGE = ROOT / "docs" / "benchmarks-several.md"
TREATMENTS, EACH = 4, 60


def dunnett() -> Contest:
    """The power of Dunnett's test, its critical value included."""

    def ours(number: int) -> str:
        one = TwoMeans(difference=0.5, sd=1, alpha=another_level(number))
        trial = ManyToOne(design=one, treatments=TREATMENTS)
        return f"{trial.success(EACH * (TREATMENTS + 1)):.6f}"

    setup = (
        f"k <- {TREATMENTS}; m <- {EACH}; df <- (k + 1) * (m - 1); "
        "joint <- matrix(0.5, k, k) + diag(0.5, k); shift <- rep(0.5 * sqrt(m / 2), k)"
    )
    call = (
        "{set.seed(1); c <- qmvt(1 - (0.05 - i * 1e-10), tail='both.tails', df=df, corr=joint)$quantile; "
        "1 - pmvt(upper=rep(c, k), df=df, corr=joint, delta=shift)[1]}"
    )
    return Contest(
        "The power of Dunnett's test",
        f"{TREATMENTS} treatments and a control of {EACH} participants each, an effect of half a standard deviation of "
        "every treatment: the critical value at 5 % in both directions by Student's t, and the probability that at "
        "least one treatment is shown. mvtnorm is asked for its usual three digits.",
        [
            in_python("trialplan, the whole design", ours, times=2 if QUICK else 20, ours=True),
            in_r("mvtnorm", call, "sprintf('%.6f', x)", setup=setup, title="mvtnorm, qmvt and pmvt"),
        ],
        Goal(peer="mvtnorm", times=5),
    )


HEAD = """# Side by side: several arms and endpoints

<!-- Written by benchmarks/several.py; do not edit. -->

All take turns, round by round in one run, after a round that is not counted, and each is asked something new every
time. A time is the median of the rounds with their range; "× ours" is the median of how many times as long as
trialplan's first line the other took within a round. Measured on {machine}.
Other machines, and this one on another day, give other times; the ratios are steadier.
"""


def main() -> int:
    """Measure, print, and write the page."""
    return write(PAGE, HEAD, [dunnett])


if __name__ == "__main__":
    sys.exit(main())
