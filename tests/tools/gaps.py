"""Hold every formula that is not exact against the truth at awkward points, and write docs/gaps.md.

    python tests/tools/gaps.py            writes the page
    python tests/tools/gaps.py --check    exits 1 when the page is not what would be written

The truth is counted, not simulated: every pair of responder counts for tests of proportions (through the design's own
`analyse`, which shares nothing with its `power`), numerical integration over the estimated variances for Welch's t and
over the chance imbalance of the baselines for the analysis of covariance. No random number is drawn.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import numpy as np
from scipy import stats

from trialplan import Ancova, GroupSequential, OneProportion, TwoMeans, TwoProportions

PAGE = Path(__file__).resolve().parents[2] / "docs" / "gaps.md"
RATES = np.round(np.arange(0.005, 1, 0.005), 3)
"""The nuisance rates over which the largest type I error is sought."""


# The points: small n, 3:1, rare events.

_RARE = {"control": 0.02, "treatment": 0.10, "allocation": "3:1"}
_PROPORTIONS = (
    (_RARE, 60),
    ({"control": 0.10, "treatment": 0.02, "allocation": "1:3", "favourable": "lower"}, 60),
    ({"control": 0.02, "treatment": 0.10, "allocation": "1:3"}, 60),
    ({"control": 0.3, "treatment": 0.7}, 24),
    ({"control": 0.05, "treatment": 0.4}, 40),
    ({"control": 0.3, "treatment": 0.5}, 186),
)
_MARGINS = {
    "non-inferiority": (
        ({"control": 0.9, "treatment": 0.9, "margin": 0.15, "allocation": "3:1"}, 60),
        ({"control": 0.05, "treatment": 0.05, "margin": 0.1, "favourable": "lower"}, 60),
        ({"control": 0.6, "treatment": 0.6, "margin": 0.2}, 80),
    ),
    "equivalence": (
        ({"control": 0.9, "treatment": 0.9, "margin": 0.2, "allocation": "3:1"}, 100),
        ({"control": 0.5, "treatment": 0.5, "margin": 0.2}, 160),
    ),
}
_ODDS_MARGINS = {
    "non-inferiority": (
        ({"control": 0.9, "treatment": 0.9, "scale": "odds-ratio", "margin": 0.4, "allocation": "3:1"}, 120),
        ({"control": 0.6, "treatment": 0.6, "scale": "odds-ratio", "margin": 0.5}, 120),
    ),
    "equivalence": (({"control": 0.5, "treatment": 0.5, "scale": "odds-ratio", "margin": 2}, 200),),
}


def points():
    """(design, n) for every test that is not exact."""
    for test, row in TwoProportions.tests.items():
        if not row.exact:
            yield from _proportions(test, row.goals)
    for numbers, n in _SINGLE_ARM:
        yield OneProportion(test="score", **numbers), n
    for numbers, n in _WELCH:
        yield TwoMeans(test="welch", **numbers), n
    for numbers, n in _ANCOVA:
        yield Ancova(**numbers), n
    for numbers, n, looks in _SEQUENTIAL:
        yield GroupSequential(design=TwoProportions(**numbers), looks=looks), n


def _proportions(test, goals):
    for numbers, n in _PROPORTIONS:
        yield TwoProportions(test=test, **numbers), n
    # with a margin log-odds is a test on the scale of the odds ratio, which has its own points
    margins = _MARGINS if test != "log-odds" else _ODDS_MARGINS
    for goal in (goal for goal in goals if goal in margins):
        for numbers, n in margins[goal]:
            yield TwoProportions(test=test, goal=goal, **numbers), n


_SINGLE_ARM = (
    ({"null": 0.05, "expected": 0.2}, 20),
    ({"null": 0.1, "expected": 0.3}, 20),
    ({"null": 0.3, "expected": 0.1, "favourable": "lower", "sides": 2}, 25),
    ({"null": 0.5, "expected": 0.7}, 37),
)

_WELCH = (
    ({"difference": 2, "sd": 1}, 8),
    ({"difference": 1.5, "sd": 1, "sd_treatment": 2, "allocation": "1:3"}, 24),
    ({"difference": 1.5, "sd": 2, "sd_treatment": 1, "allocation": "1:3"}, 24),
    ({"difference": 1.5, "sd": 1, "sd_treatment": 3, "allocation": "3:1"}, 16),
    ({"difference": 0, "sd": 1, "sd_treatment": 2, "goal": "non-inferiority", "margin": 1.5, "allocation": "1:3"}, 24),
    ({"difference": 0, "sd": 1, "sd_treatment": 2, "goal": "equivalence", "margin": 2, "allocation": "1:3"}, 32),
)

_ANCOVA = (
    ({"difference": 1.5, "sd": 1, "correlation": 0.5}, 8),
    ({"difference": 0.9, "sd": 1.2, "correlation": 0.6}, 24),
    ({"difference": 1, "sd": 1, "correlation": 0.3, "allocation": "3:1"}, 32),
    ({"difference": 0.5, "sd": 1, "correlation": 0.5}, 100),
    ({"difference": 0, "sd": 1, "correlation": 0.6, "goal": "non-inferiority", "margin": 1}, 24),
    ({"difference": 0, "sd": 1, "correlation": 0.6, "goal": "equivalence", "margin": 1}, 32),
    ({"ratio": 1.8, "sd": 0.7, "correlation": 0.5, "scale": "ratio", "allocation": "1:3"}, 32),
)

_SEQUENTIAL = (
    ({"control": 0.1, "treatment": 0.5}, 32, (0.5, 1.0)),
    ({"control": 0.02, "treatment": 0.3, "allocation": "3:1"}, 40, (0.5, 1.0)),
    ({"control": 0.3, "treatment": 0.8, "test": "wald"}, 24, (0.5, 1.0)),
    ({"control": 0.8, "treatment": 0.8, "goal": "non-inferiority", "margin": 0.3}, 40, (0.5, 1.0)),
)


# The truth.


def truth(design, n):
    """(power, largest type I error over the nuisance) of the analysis that the trial will really do."""
    if hasattr(design, "looks"):
        return _by_counting(design, design.design, n, design.looks)
    if isinstance(design, TwoProportions):
        return _by_counting(design, design, n, (1.0,))
    if isinstance(design, OneProportion):
        return _one_arm(design, n)
    return _welch(design, n) if isinstance(design, TwoMeans) else _ancova(design, n)


def _by_counting(design, core, n, looks):
    """Every way in which the responders of each arm can fall between the looks."""
    pieces = [_between_looks(round(float(size)), looks) for size in core.split(n)]
    counts = [_all_counts(parts) for parts in pieces]
    rows = list(itertools.product(range(len(counts[0])), range(len(counts[1]))))
    first, second = np.array(rows).T
    data = (_patients(counts[0], pieces[0])[first], _patients(counts[1], pieces[1])[second])
    _, rejects = design.analyse(data)
    counted = rejects.reshape(len(counts[0]), len(counts[1])).astype(float)

    def chance(treatment, control):
        weights = (_mass(counts[0], pieces[0], treatment), _mass(counts[1], pieces[1], control))
        return float(weights[0] @ counted @ weights[1])

    return chance(core.treatment, core.control), _largest(core, chance)


def _between_looks(size, looks):
    return np.diff([0, *(round(look * size) for look in looks)])


def _all_counts(parts):
    return np.array(list(itertools.product(*(range(part + 1) for part in parts))))


def _patients(counts, parts):
    """Each arm's participants in the order of enrolment: the responders of every stretch come first in it."""
    return np.concatenate(
        [np.arange(part) < column[:, None] for part, column in zip(parts, counts.T, strict=True)], axis=1
    )


def _mass(counts, parts, rate):
    return np.prod([stats.binom.pmf(k, m, rate) for k, m in zip(counts.T, parts, strict=True)], axis=0)


def _largest(core, chance):
    """The largest chance of rejecting where the difference lies on a limit, or at none."""
    sizes = [0.0]
    for limit in map(float, core.limits()):
        inside = [rate for rate in RATES if 0 < rate + limit < 1]
        sizes += [chance(rate + limit, rate) for rate in inside]
    return max(sizes)


def _one_arm(design, n):
    counts = np.arange(n + 1)
    _, rejects = design.analyse(counts[:, None] > np.arange(n))
    return tuple(float(stats.binom.pmf(counts, n, rate) @ rejects) for rate in (design.expected, design.null))


_GRID = (np.arange(400) + 0.5) / 400
"""Midpoints of equal slices of probability."""


def _welch(design, n):
    sizes = [round(float(size)) for size in design.split(n)]
    sds = (design.sd if design.sd_treatment is None else design.sd_treatment, design.sd)
    means = [sd**2 * stats.chi2.ppf(_GRID, m - 1) / (m - 1) / m for sd, m in zip(sds, sizes, strict=True)]
    v_t, v_c = means[0][:, None], means[1][None, :]
    df = (v_t + v_c) ** 2 / (v_t**2 / (sizes[0] - 1) + v_c**2 / (sizes[1] - 1))
    reach = stats.t.isf(design.level, df) * np.sqrt(v_t + v_c)
    true = np.sqrt(sum(sd**2 / m for sd, m in zip(sds, sizes, strict=True)))

    def chance(difference):
        return float(np.mean(_rejects(design, difference, reach, true)))

    return chance(design.difference), max(chance(limit) for limit in design.limits())


def _rejects(design, difference, reach, true):
    """P(rejecting) where the estimate is normal around `difference` and must pass each limit by `reach`."""
    limits = [float(limit) for limit in design.limits()]
    if len(limits) == 2:
        inside = stats.norm.cdf((limits[1] - reach - difference) / true) - stats.norm.cdf(
            (limits[0] + reach - difference) / true
        )
        return np.maximum(inside, 0)
    away = design.sign * (difference - limits[0])
    favoured = stats.norm.sf((reach - away) / true)
    return favoured + (stats.norm.cdf((-reach - away) / true) if design.two_tailed else 0)


def _ancova(design, n):
    """Given how far apart the baselines happen to be, the test is a t test; average over that and the residuals."""
    sizes = [round(float(size)) for size in design.split(n)]
    apart = stats.f.ppf(_GRID, 1, n - 2)[:, None] / (n - 2)
    residual = design.sd**2 * (1 - design.correlation**2)
    true = np.sqrt(residual * sum(1 / m for m in sizes) * (1 + apart))
    estimated = np.sqrt(stats.chi2.ppf(_GRID, n - 3) / (n - 3))[None, :]
    reach = stats.t.isf(design.level, n - 3) * estimated * true

    def chance(difference):
        return float(np.mean(_rejects(design, difference, reach, true)))

    return chance(float(design.shift)), max(chance(float(limit)) for limit in design.limits())


# The page.

HEAD = """# Formula and truth

<!-- Written by tests/tools/gaps.py; do not edit. -->

A formula that is not exact claims a power that the analysis does not have. Here every such formula is asked at points
where it is strained: few participants, 3:1, rare events. The truth is counted over every outcome, or integrated
numerically; nothing is simulated. The true size is the largest type I error over the nuisance rate (a grid of 199),
or at the standard deviations given, on the null's boundary; next to it stands the level that the test should keep.

| design | test | numbers | n | formula's power | true power | gap | true size | level |
|---|---|---|---:|---:|---:|---:|---:|---:|"""


def rows():
    """(design, n, formula's power, true power, true size) of every point."""
    for design, n in points():
        power, size = truth(design, n)
        yield design, n, float(design.power(n)), power, size


def page():
    """The text of docs/gaps.md."""
    lines = [_line(*row) for row in rows()]
    return "\n".join([HEAD, *lines, "", _most(lines)])


def _line(design, n, claimed, power, size):
    core = getattr(design, "design", design)
    arms = ":".join(str(arm) for arm in design.arms(n).values())
    level = float(design.alpha if design.two_tailed or core.goal == "superiority" else design.level)
    cells = (design.slug(), getattr(core, "test", "t"), _numbers(design), f"{n} ({arms})")
    values = [f"{value:.3f}" for value in (claimed, power)]
    gap = f"{float(values[0]) - float(values[1]) + 0.0:+.3f}"
    return "| " + " | ".join([*cells, *values, gap, f"{size:.3f}", f"{level:g}"]) + " |"


def _numbers(design):
    core = getattr(design, "design", design)
    left_out = {"alpha", "sides", "test", "allocation"}
    values = {name: value for name, value in core.assumptions().items() if name not in left_out}
    defaults = {"scale": "difference", "goal": "superiority", "favourable": "higher"}
    shown = [f"{name} {_plain(value)}" for name, value in values.items() if defaults.get(name) != value]
    looks = [f"looks {', '.join(map(_plain, design.looks))}"] if hasattr(design, "looks") else []
    return ", ".join([*shown, *looks])


def _plain(value):
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


def _most(lines):
    worst = max(lines, key=lambda line: float(line.split("|")[7]))
    cells = [cell.strip() for cell in worst.split("|")]
    return (
        f"Claimed furthest beyond the truth: {cells[1]}, test {cells[2]}, {cells[3]}, n {cells[4]}, claims {cells[5]} "
        f"where the truth is {cells[6]}.\n"
    )


def main(arguments):
    """Write the page, or compare it with --check."""
    text = page()
    if "--check" not in arguments:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    print("docs/gaps.md is not current: a formula, an analysis or this script has changed")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
