"""Several arms and several endpoints side by side with what a user would pick; writes docs/benchmarks-several.md.

    python benchmarks/several.py --r-library DIR    measures (about a minute) and writes the page
    python benchmarks/several.py --quick            few rounds, to see that everything runs; writes nothing

What is not installed is skipped, with its name. Nothing here is a test: a busy machine gives other times.
"""

from __future__ import annotations

import sys

import numpy as np
from page import write
from side_by_side import QUICK, ROOT, TARGET, Contest, Goal, another_level, in_python, in_r

from trialplan import Graphical, ManyToOne, MultiArmMultiStage, TwoMeans

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


SCENARIOS = 1000


def scenarios() -> Contest:
    """A grid of effects at one number of participants, as assurance and scenarios ask for it."""

    def ours(number: int) -> str:
        effects = np.linspace(0.2, 0.8, SCENARIOS) + number * 1e-6
        trial = ManyToOne(design=TwoMeans(difference=effects, sd=1), treatments=TREATMENTS)
        found = trial.success(EACH * (TREATMENTS + 1))
        return f"{found[0]:.4f}, {found[-1]:.4f}"

    setup = (
        f"k <- {TREATMENTS}; m <- {EACH}; df <- (k + 1) * (m - 1); joint <- matrix(0.5, k, k) + diag(0.5, k); "
        "set.seed(1); c <- qmvt(0.95, tail='both.tails', df=df, corr=joint)$quantile; "
        "power <- function(d) 1 - pmvt(upper=rep(c, k), df=df, corr=joint, delta=rep(d * sqrt(m / 2), k))[1]"
    )
    some = 20 if QUICK else 100
    call = f"sapply(seq(0.2, 0.8, length.out={some}) + i * 1e-6, power)"
    return Contest(
        "A thousand scenarios of Dunnett's test",
        f"{TREATMENTS} treatments and a control of {EACH} participants each, at {SCENARIOS} effects from 0.2 to 0.8 "
        "standard deviations: the probability that at least one treatment is shown, told of the first and the last. "
        f"mvtnorm has its critical value beforehand, and is asked at {some} of them, its time multiplied.",
        [
            in_python("trialplan, one call", ours, rounds=5, ours=True),
            in_r(
                "mvtnorm",
                call,
                "sprintf('%.4f, %.4f', x[1], x[length(x)])",
                setup=setup,
                scale=SCENARIOS / some,
                rounds=5,
                title="mvtnorm, pmvt one by one",
            ),
        ],
        Goal(peer="mvtnorm", times=5),
    )


HYPOTHESES = 6


def graphs() -> Contest:
    """Adjusted P values of graphs, the graph made anew each time."""
    members = (TwoMeans(difference=0.3, sd=1, test="z"),) * HYPOTHESES
    places = range(HYPOTHESES)

    def ours(number: int) -> str:
        weights = [1 + i * (number + 1) % 5 for i in places]
        rows = [[0 if i == j else 1 + (i + 2 * j + number) % 4 for j in places] for i in places]
        graph = Graphical(
            members=members,
            initial_weights=tuple(one / sum(weights) for one in weights),
            transitions=tuple(tuple(one / sum(row) for one in row) for row in rows),
        )
        found = graph.adjusted([0.001 + (i * 37 + number * 13) % 100 / 2000 for i in places])
        return f"{found.sum():.6f}"

    setup = (
        f"at <- 0:{HYPOTHESES - 1}; graph <- function(number) {{w <- 1 + (at * (number + 1)) %% 5; "
        "a <- outer(at, at, function(i, j) 1 + (i + 2 * j + number) %% 4); diag(a) <- 0; "
        "graph_create(w / sum(w), a / rowSums(a))}"
    )
    # R counts the calls from 1
    call = (
        "{i <- i - 1; "
        "graph_test_shortcut(graph(i), 0.001 + ((at * 37 + i * 13) %% 100) / 2000, 0.05)$outputs$adjusted_p}"
    )
    times = 20 if QUICK else 1000
    return Contest(
        "A thousand graphs of six hypotheses",
        "The adjusted P values of weighted Bonferroni tests by the graphical procedure of Bretz et al. (2009), each "
        "time of another graph with all its arrows and of other P values. Both go step by step.",
        [
            in_python("trialplan, the graph made and tested", ours, times=times, scale=times, rounds=5, ours=True),
            in_r(
                "graphicalMCP",
                call,
                "sprintf('%.6f', sum(x))",
                setup=setup,
                times=times,
                scale=times,
                rounds=5,
                title="graphicalMCP, graph_test_shortcut",
            ),
        ],
        Goal(peer="graphicalMCP", times=5),
    )


def stages() -> Contest:
    """The boundaries and the size of a trial of several arms and stages."""

    def ours(number: int) -> str:
        one = TwoMeans(difference=0.3, sd=2**0.5, test="z", alpha=another_level(number) / 2, sides=1)
        arms = ManyToOne(design=one, treatments=3)
        trial = MultiArmMultiStage(design=arms, efficacy="lan-demets-obrien-fleming")
        # an information of 1 is one participant an arm, whose outcome has a variance of 2 divided by 4
        return f"{trial.unrounded(TARGET) / 4 / 4:.2f}, {trial.critical_value():.4f}"

    call = (
        "getDesign_mams(beta=0.2, M=3, r=1, theta=rep(0.3, 3), kMax=2, informationRates=c(0.5, 1), "
        "alpha=0.025 - i * 5e-11, typeAlphaSpending='sfOF')"
    )
    answer = "sprintf('%.2f, %.4f', x$overallResults$information, tail(x$byStageResults$efficacyBounds, 1))"
    return Contest(
        "A trial of several arms and stages",
        "Three treatments against one control, looked at halfway and at the end: the boundary by Lan and DeMets' "
        "spending function like O'Brien and Fleming's, and the information of a comparison at which some treatment is "
        "shown with 80 % power.",
        [
            in_python("trialplan, boundary and size", ours, times=1 if QUICK else 10, ours=True),
            in_r("lrstat", call, answer, title="lrstat, getDesign_mams"),
        ],
        Goal(peer="lrstat", times=1),
        after="lrstat integrates by quasi-Monte Carlo to an absolute 1e-4, which no argument changes, so that its "
        "boundary may be off by .0015: at 2.3570 some treatment without an effect is shown with probability .025085 by "
        "mvtnorm (pmvnorm to 1e-7), and at trialplan's 2.3584 with .025000. A third integration, over the path of the "
        "control alone, agrees (`tests/several/test_boundary_by_control.py`).",
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
    return write(PAGE, HEAD, [dunnett, scenarios, stages, graphs])


if __name__ == "__main__":
    sys.exit(main())
