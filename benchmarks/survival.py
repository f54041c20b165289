"""Times to an event beside R's packages: trials drawn and analysed, sizes, a grid; write docs/benchmarks-survival.md.

    python benchmarks/survival.py --r-library DIR    measures (a minute or two) and writes the page
    python benchmarks/survival.py --quick            few rounds, to see that everything runs; writes nothing

What is not installed is skipped, with its name. Nothing here is a test: a busy machine gives other times.
"""

from __future__ import annotations

import resource
import sys

import numpy as np
from page import write
from side_by_side import QUICK, ROOT, TARGET, Contest, Goal, another_level, in_python, in_r

from trialplan.analyses.verification.simulation import simulate
from trialplan.designs.log_rank import LogRank
from trialplan.sequential.group_sequential import GroupSequential

PAGE = ROOT / "docs" / "benchmarks-survival.md"
TIMES = {"hazard_ratio": 0.7, "control_median": 12.0, "accrual_time": 12.0, "follow_up_time": 8.6}
PARTICIPANTS, EVENTS, LOOKS = 300, (50, 100, 150), (1 / 3, 2 / 3, 1.0)
"""At 8.6 months of follow-up 150 events are expected of 300 participants."""
_PEAKS: dict[str, float] = {}


def note_memory(name: str) -> None:
    """Remember the most memory that this process has had by now, in megabytes; Linux counts kilobytes."""
    _PEAKS[name] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def trials() -> Contest:
    """Log-rank trials of three looks, drawn and analysed."""
    count = 1_000 if QUICK else 10_000
    design = GroupSequential(design=LogRank(**TIMES, alpha=0.025, sides=1), looks=LOOKS)
    bounds = ", ".join(f"{z:.4f}" for z in design.efficacy_z)
    events = ", ".join(map(str, EVENTS))
    # hazards of a median of 12 months, and 25 participants a month for 12 months
    rpact = (
        "getSimulationSurvival(getDesignGroupSequential(kMax=3, alpha=0.025, typeOfDesign='OF'), hazardRatio=0.7, "
        "median2=12, directionUpper=FALSE, accrualTime=c(0, 12), accrualIntensity=25, "
        f"maxNumberOfSubjects={PARTICIPANTS}, plannedEvents=c({events}), maxNumberOfIterations={count}, seed=i)"
    )

    def lrstat(threads: int) -> str:
        return (
            f"lrsim(kMax=3, criticalValues=c({bounds}), accrualTime=0, accrualIntensity=25, lambda1=0.7 * log(2) / 12, "
            f"lambda2=log(2) / 12, n={PARTICIPANTS}, plannedEvents=c({events}), maxNumberOfIterations={count}, "
            f"maxNumberOfRawDatasetsPerStage=0, seed=i, nthreads={threads})"
        )

    def ours(seed: int) -> str:
        seen = simulate(design, PARTICIPANTS, count, seed)
        note_memory("the trials")
        return f"{seen.success:.3f}"

    return Contest(
        "Ten thousand log-rank trials of three looks",
        f"{count:,} trials of {PARTICIPANTS} participants with a control median of 12 months at a hazard ratio of 0.7, "
        "looked at after a third, two thirds and all of some 150 events, by O'Brien and Fleming. The answer is the "
        "power. trialplan runs in one thread of one process.",
        [
            in_python("trialplan, one core", ours, ours=True, rounds=5),
            in_r("rpact", rpact, "round(x$overallReject, 3)", rounds=5, title="rpact, getSimulationSurvival, one core"),
            *(
                in_r(
                    "lrstat",
                    lrstat(threads),
                    "round(x$overview$overallReject, 3)",
                    rounds=5,
                    title=f"lrstat, lrsim (C++), {threads} thread{'s' * (threads > 1)}",
                )
                for threads in (2, 1)
            ),
        ],
        Goal(peer="rpact", times=5),
        after="A second goal: no slower than lrstat on as many cores. Its line of one thread is that comparison; that "
        "of two threads is held against one of ours.",
    )


def one_size() -> Contest:
    """One sample size."""

    def ours(number: int) -> int:
        return LogRank(**TIMES, alpha=another_level(number)).sample_size(TARGET).n

    rpact = (
        "getSampleSizeSurvival(alpha=0.025 - i * 1e-7, beta=0.2, hazardRatio=0.7, median2=12, accrualTime=c(0, 12), "
        "followUpTime=8.6)"
    )
    lrstat = (
        "lrsamplesize(beta=0.2, alpha=0.025 - i * 1e-7, criticalValues=qnorm(0.975 + i * 1e-7), accrualTime=0, "
        "accrualIntensity=NA, lambda1=0.7 * log(2) / 12, lambda2=log(2) / 12, accrualDuration=12, followupTime=8.6)"
    )
    return Contest(
        "One sample size",
        "Schoenfeld's events at a hazard ratio of 0.7, power 80 %, and the participants who show them within 20.6 "
        "months; a level that has not been asked for each time.",
        [
            in_python("trialplan", ours, ours=True, times=5 if QUICK else 200),
            in_r("rpact", rpact, "round(x$maxNumberOfSubjects, 1)", times=5 if QUICK else 20, note="unrounded"),
            in_r(
                "lrstat",
                lrstat.replace("accrualIntensity=NA", "accrualIntensity=30"),
                "x$resultsUnderH1$overallResults$numberOfSubjects",
                times=2 if QUICK else 10,
                note="looks for the time of enrolment at 30 a month, along the risk sets",
            ),
        ],
        Goal(peer="rpact", times=20),
    )


def grid() -> Contest:
    """A million scenarios."""
    side = 100 if QUICK else 1000
    ratios, medians = np.linspace(0.5, 0.9, side)[:, None], np.linspace(6, 24, side)

    def ours(number: int) -> str:
        trial = TIMES | {"hazard_ratio": ratios, "control_median": medians}
        sizes = np.asarray(LogRank(**trial, alpha=another_level(number)).sample_size(TARGET).n)
        note_memory("the million scenarios")
        return f"{int(sizes.min()):,} to {int(sizes.max()):,}"

    return Contest(
        "A million scenarios",
        f"The sample size at {side:,} hazard ratios from 0.5 to 0.9 for each of {side:,} control medians from 6 to 24.",
        [in_python("trialplan, one core", ours, ours=True, rounds=5)],
        Goal(seconds=5),
    )


HEAD = """# Times to an event, side by side

<!-- Written by benchmarks/survival.py; do not edit. -->

What log-rank trials cost beside R's packages. All take turns, round by round in one run, after a round that is not
counted, and each is asked something new every time. A time is the median of the rounds with their range; "× ours" is
the median of how many times as long as trialplan's first line the other took within a round. Measured on {machine}.
Other machines, and this one on another day, give other times; the ratios are steadier.
"""


def peak() -> str:
    """How much memory this process has needed, at most, by the end of each contest."""
    told = " and ".join(f"{megabytes:.0f} MB after {name}" for name, megabytes in _PEAKS.items())
    return f"Peak memory of trialplan's process, Python and numpy included: {told}."


def main() -> int:
    """Measure, print, and write the page."""
    return write(PAGE, HEAD, [one_size, trials, grid], peak)


if __name__ == "__main__":
    sys.exit(main())
