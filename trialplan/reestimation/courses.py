"""What a rule does at one truth: by every count of the pilot and of what follows it, or by drawing trials."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from trialplan.design import Design
from trialplan.numerics.lazy import np
from trialplan.reestimation.counted_pilot import Arms, Decide, NormalPilot, Pilot

if TYPE_CHECKING:
    from trialplan.reestimation.rule import Reestimated

_COUNTABLE = 6e9
"""Multiplications up to which every count is enumerated: a second or two."""

_EVERY_SIZE = 2**14
"""Sizes up to which the table of totals holds every one."""

_FAR = 6.1
"""Standard normal spreads from the mean beyond which the table of totals is not made."""


@dataclass(frozen=True, kw_only=True)
class OperatingCharacteristics:
    """What the re-estimated trial does at one truth, and what the fixed one of the planned n does there.

    `rejects` counts rejections either way, `favours` those in the treatment's favour. Their standard error is 0 where
    every count was enumerated. `chances` are those of each total.
    """

    truth: Design
    rejects: float
    favours: float
    standard_error: float
    fixed_rejects: float
    fixed_favours: float
    chances: Mapping[int, float] = field(repr=False)

    @property
    def mean_n(self) -> float:
        """The participants that are needed on average."""
        return sum(n * p for n, p in self.chances.items()) / sum(self.chances.values())

    def quantile(self, share: float) -> int:
        """The total that is not exceeded with this probability."""
        sizes = sorted(self.chances)
        reached = np.cumsum([self.chances[n] for n in sizes])
        return sizes[min(int(np.searchsorted(reached, share * reached[-1] * (1 - 1e-12))), len(sizes) - 1)]


def pilot_of_counts(rule: Reestimated) -> Pilot:
    """The totals of responses in the pilot, and what each leads to."""
    totals = rule.final_n(np.arange(rule.pilot + 1) / rule.pilot)
    known = {n: _arms(rule.design, int(n)) for n in np.unique(totals).tolist()}
    arms = tuple(known[n] for n in totals.tolist())
    return Pilot(_arms(rule.design, rule.pilot), arms, _decision(rule.design))


def of_counts(rule: Reestimated, pilot: Pilot, truth: Design, trials: int, rng: Any) -> OperatingCharacteristics:
    """By enumeration, or by drawing where there are too many counts."""
    treatment, control = map(float, truth.count_rates())
    rates = treatment, control
    fixed = Pilot((0, 0), (_arms(rule.design, rule.planned),), pilot.decide)
    counted = pilot.work <= _COUNTABLE
    favours, against = pilot.counted(rates) if counted else pilot.drawn(rates, trials, rng)
    fixed_favours, fixed_against = fixed.counted(rates) if counted else fixed.drawn(rates, trials, rng)
    error = 0.0 if counted else math.sqrt(max((favours + against) * (1 - favours - against), 1 / trials) / trials)
    return OperatingCharacteristics(
        truth=truth,
        rejects=favours + against,
        favours=favours,
        standard_error=error,
        fixed_rejects=fixed_favours + fixed_against,
        fixed_favours=fixed_favours,
        chances=pilot.chances(rates),
    )


def _arms(design: Design, n: int) -> Arms:
    """Whole participants, treatment first."""
    treatment, control = map(round, design.split(n))
    return treatment, control


@lru_cache(maxsize=8)
def _decision(design: Design) -> Decide:
    """The final test of counts; the tables of whole arms are remembered from one truth to the next."""
    tables: dict[Arms, tuple[Any, Any]] = {}

    def decide(arms: Arms, x_t: Any, x_c: Any) -> tuple[Any, Any]:
        whole = x_t.shape == (arms[0] + 1, 1) and x_c.shape == (1, arms[1] + 1)
        if whole and arms in tables:
            return tables[arms]
        statistic, rejects = design.judge((x_t, x_c), arms)
        tails = rejects & (statistic > 0), rejects & (statistic < 0)
        if whole:
            tables[arms] = tails
        return tails

    return decide


def of_t(rule: Reestimated, truth: Design, trials: int, rng: Any) -> OperatingCharacteristics:
    """Of Student's t: drawn, save for the last of its parts."""
    sd, effect, null = (float(one) for one in (truth.value("spread"), truth.effect_value(), *truth.null_values()))
    beyond, apart = truth.sign * (effect - null) / sd, truth.sign * effect / sd
    shares = math.prod(weight / truth.block for weight in truth.weights)
    totals = _totals(rule, sd * _most(rule.pilot - 1, shares * rule.pilot * apart**2))
    favours, against, total = NormalPilot(rule.pilot, shares, apart, beyond).drawn(
        lambda ratio: totals(sd * np.sqrt(ratio)), float(truth.level), trials, rng
    )
    rejects = favours + against if truth.two_tailed else favours
    sizes, times = np.unique(total, return_counts=True)
    return OperatingCharacteristics(
        truth=truth,
        rejects=float(rejects.mean()),
        favours=float(favours.mean()),
        standard_error=float(rejects.std() / math.sqrt(trials)),
        fixed_rejects=float(truth.power(rule.planned)),
        fixed_favours=float(truth.success(rule.planned)),
        chances={int(n): float(share) for n, share in zip(sizes, times / trials, strict=True)},
    )


def _totals(rule: Reestimated, largest: float) -> Callable[[Any], Any]:
    """From blinded standard deviations, up to the largest, to totals: by the largest that each n is enough for.

    n is so nearly a line over the variance that of very many sizes some thousands, close together where n is small,
    tell those between them.
    """
    design, last = rule.design, max(float(rule.final_n(largest)), rule.floor)
    first, blocks = rule.floor // design.block, int(last) // design.block
    if blocks - first < _EVERY_SIZE:
        sizes = np.arange(first, blocks + 1)
    else:
        sizes = np.unique(np.rint(np.geomspace(first, blocks, _EVERY_SIZE)))
    null, effect = float(design.null_values()[0]), float(design.effect_value())
    shown = design.detectable_effect(sizes * design.block, rule.target)
    enough = np.square(abs(effect - null) / np.abs(shown - null))
    spread = float(design.value("spread"))

    def totals(sd: Any) -> Any:
        asked = np.interp(np.square(rule.adjusted(sd) / spread), enough, sizes)
        return (np.ceil(asked) * design.block).astype(np.int64)

    return totals


def _most(df: int, moved: float) -> float:
    """The root mean square of noncentral chi-squared that is exceeded once in 10⁸ (Birgé 2001, IMS LNMS 36:113)."""
    return math.sqrt((df + moved + _FAR * math.sqrt(2 * (df + 2 * moved)) + _FAR**2) / df)
