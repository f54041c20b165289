"""The boundaries of a look in counts: what one arm must show, for what the other shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from trialplan.design import Design
from trialplan.numerics.lazy import np


@dataclass(frozen=True, kw_only=True)
class CountsAtBounds:
    """What stops the trial where the control shows `control` responses, None of one arm; None where no count does.

    `efficacy` is met by so many or more responses on treatment, `futility` and `opposite` by so many or fewer; the
    other way round where fewer are better.
    """

    control: int | None
    efficacy: int | None
    futility: int | None
    opposite: int | None


def looked_at_in_counts(design: Design, n: int) -> bool:
    """Whether a look at the design is told as one count of each of one or two arms."""
    counted = design.fixed.counted(n)
    return "events" in design.outcome.results and counted is not None and len(counted.sizes) == len(design.arm_names)


def counts_at_bounds(
    design: Design, sizes: Sequence[int], control: int | None, efficacy: float | None, futility: float | None
) -> CountsAtBounds:
    """The counts of the first arm at which the statistic of the design's own test meets these z, and all beyond do."""
    treated = sizes[0]
    counts = np.arange(treated + 1.0)
    fixed = design.fixed
    assert isinstance(fixed, Design)  # one without a test has no looks
    others = () if control is None else (np.full(treated + 1, float(control)),)
    z = np.asarray(fixed.judge((counts, *others), tuple(sizes))[0], dtype=float)
    rising = z if fixed.upward else z[::-1]  # from the least to the most favourable count

    def count(place: int | None) -> int | None:
        return None if place is None else place if fixed.upward else treated - place

    opposite = None if efficacy is None or not design.two_tailed else -efficacy
    return CountsAtBounds(
        control=control,
        efficacy=count(_first(rising, efficacy)),
        futility=count(_last(rising, futility)),
        opposite=count(_last(rising, opposite)),
    )


def expected_counts(rate: float, of: int) -> tuple[int, ...]:
    """Counts about the expected one, evenly apart, that nine in ten such arms lie between."""
    middle = round(rate * of)
    apart = max(1, round(_QUANTILE * math.sqrt(of * rate * (1 - rate)) / _BESIDE))
    return tuple(one for i in range(-_BESIDE, _BESIDE + 1) if 0 <= (one := middle + i * apart) <= of)


_BESIDE = 2
"""Counts on either side of the expected one: five columns fit a page."""

_QUANTILE = 1.645
"""Of the normal distribution: 5 % lie beyond it on either side."""


def _first(rising: np.ndarray, bound: float | None) -> int | None:
    """The first place from which every statistic is at the bound or above."""
    if bound is None:
        return None
    short = np.flatnonzero(~(rising >= bound))
    place = int(short[-1]) + 1 if short.size else 0
    return place if place < rising.size else None


def _last(rising: np.ndarray, bound: float | None) -> int | None:
    """The last place up to which every statistic is at the bound or below."""
    if bound is None:
        return None
    beyond = np.flatnonzero(~(rising <= bound))
    place = int(beyond[0]) - 1 if beyond.size else rising.size - 1
    return place if place >= 0 else None
