"""Tables of evidence of a thousand studies, and their pool beside metafor's; writes docs/benchmarks-evidence.md.

    python benchmarks/evidence.py --r-library DIR    measures (a minute or two) and writes the page
    python benchmarks/evidence.py --quick            few rounds, to see that everything runs; writes nothing

What is not installed is skipped, with its name. Nothing here is a test: a busy machine gives other times.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from pathlib import Path

import numpy as np
from page import write
from side_by_side import QUICK, ROOT, Contest, Contestant, Goal, in_python, in_r, process

from trialplan import audit, pool, read_evidence
from trialplan.evidence.effects import Effects

PAGE = ROOT / "docs" / "benchmarks-evidence.md"
STUDIES, OUTCOMES = (100, 5) if QUICK else (1_000, 5)
FOLDER = Path(tempfile.mkdtemp())
HEADER = (
    "study,year,registry,design,blinding,population,control,enrolled,centres,outcome,definition,kind,timepoint_months,"
    "arm,events,of,reported"
)
SECONDS = 2.0
"""For reading and auditing the large table: what a person waits for without doing something else."""


def table() -> Path:
    """A table of randomised studies with five rates each, a tenth of them with a percentage that does not fit."""
    rng = np.random.default_rng(1)
    path = FOLDER / "evidence.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER.split(","))
        for study in range(STUDIES):
            key, year, registry = f"author {study}", 1990 + study % 30, f"NCT{study:08d}"
            told = [
                key,
                year,
                registry,
                "randomised",
                "double blind",
                "relapsed",
                "placebo",
                84,
                f"centre {study // 2}",
            ]
            for outcome in range(OUTCOMES):
                events = int(rng.integers(1, 40))
                printed = 100 * events / 40 + 5 * (rng.random() < 0.1)
                what = [f"outcome {outcome}", "as the report defines it", "landmark", 6 + 6 * (study % 2), "drug"]
                writer.writerow([*told, *what, events, 40, f"{events}/40 ({printed:.1f} %)"])
    return path


def reading() -> Contest:
    """A large table read and audited, from Python and as a whole process."""
    path = table()

    def both(_: int) -> None:
        assert audit(read_evidence(path))

    command = [sys.executable, "-m", "trialplan", "evidence", str(path), "--json"]
    return Contest(
        "A large table",
        f"A CSV of {STUDIES:,} studies with {OUTCOMES} outcomes each, read and audited.",
        [
            in_python("trialplan, read and audited", both, rounds=5, ours=True),
            process("trialplan evidence --json", command, rounds=3, note="as a whole process", ours=True),
        ],
        goal=Goal(seconds=SECONDS),
    )


def effects() -> tuple[Effects, str]:
    """A thousand differences of means with their variances, and the same in R."""
    rng = np.random.default_rng(2)
    variances = rng.uniform(0.02, 0.5, STUDIES)
    values = rng.normal(0.3, np.sqrt(variances + 0.1))
    path = FOLDER / "effects.txt"
    np.savetxt(path, np.column_stack([values, variances]), fmt="%.17g")
    made = Effects(
        measure="mean-difference",
        labels=tuple(f"s{i}" for i in range(STUDIES)),
        values=tuple(values.tolist()),
        variances=tuple(variances.tolist()),
        sizes=(50,) * STUDIES,
    )
    return made, f'd <- read.table("{path}")'


def pooling(method: str, theirs: str) -> Contest:
    """A pool with its τ², interval, Q and prediction interval."""
    made, setup = effects()

    def mine(_: int) -> str:
        found = pool(made, method=method)
        return f"{found.estimate:.6f}, τ² {found.tau2 or 0:.6f}"

    answer = 'sprintf("%.6f, τ² %.6f", x$b, x$tau2)'
    peer: Contestant = in_r(
        "metafor", f'rma(V1, V2, data=d, method="{theirs}")', answer, setup=setup, rounds=3, title="metafor, rma"
    )
    return Contest(
        f"A pool by {method}",
        f"{STUDIES:,} differences of means with their variances.",
        [in_python("trialplan, pool", mine, ours=True), peer],
        goal=Goal(peer="metafor", times=1.0),
    )


HEAD = """# Side by side: tables of evidence and their pools

<!-- Written by benchmarks/evidence.py; do not edit. -->

All take turns, round by round in one run, after a round that is not counted. A time is the median of the rounds with
their range; "× ours" is the median of how many times as long as trialplan's first line the other took within a round.
Measured on {machine}.
Other machines, and this one on another day, give other times; the ratios are steadier.
"""


def main() -> int:
    """Measure, print, and write the page."""
    methods = {
        "reml": "REML",
        "maximum-likelihood": "ML",
        "paule-mandel": "PM",
        "dersimonian-laird": "DL",
        "sidik-jonkman": "SJ",
    }
    pools = [lambda ours=ours, theirs=theirs: pooling(ours, theirs) for ours, theirs in methods.items()]
    return write(PAGE, HEAD, [reading, *pools])


if __name__ == "__main__":
    sys.exit(main())
