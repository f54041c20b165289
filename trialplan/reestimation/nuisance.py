"""What may be seen without anybody's arm, and what follows from it: a pooled rate, or one standard deviation of all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from trialplan.designs.two_means import TwoMeans
from trialplan.designs.two_proportions import TwoProportions
from trialplan.errors import ParameterError
from trialplan.numerics.lazy import np
from trialplan.numerics.two_rates import DIFFERENCE, ODDS_RATIO, RATIO, Scale
from trialplan.reestimation.counted_pilot import Arms, NormalPilot, Pilot
from trialplan.reestimation.operating_characteristics import OperatingCharacteristics

OWNER = "Reestimated"
_COUNTABLE = 6e9
"""Multiplications up to which every count is enumerated: a second or two."""

_FAR = 6.1
"""Standard normal spreads from the mean beyond which the table of totals is not made."""


@dataclass(frozen=True)
class Rates:
    """The pooled rate of two proportions."""

    rule: Any

    @property
    def work(self) -> float:
        """Multiplications that counting takes."""
        return self.pilot.work

    @property
    def shares(self) -> tuple[float, float]:
        """Of treatment and control."""
        treatment, control = (weight / self.rule.design.block for weight in self.rule.design.weights)
        return treatment, control

    @property
    def planned(self) -> float:
        """The pooled rate of the plan."""
        design, (share_t, share_c) = self.rule.design, self.shares
        return share_t * design.treatment + share_c * design.control

    def split(self, pooled: Any, scale: Scale, effect: float) -> tuple[Any, Any]:
        """The rates that have this effect and this pooled rate (Gould 1992); nan outside (0, 1)."""
        share_t, share_c = self.shares
        if scale is DIFFERENCE:
            control = pooled - share_t * effect
        elif scale is RATIO:
            control = pooled / (share_t * effect + share_c)
        else:  # the likelihood equations of an odds ratio keep the total of responses
            control = ODDS_RATIO.restricted(pooled, pooled, share_t / share_c, effect)[1]
        treatment = scale.treatment(control, effect)
        inside = (control > 0) & (control < 1) & (treatment > 0) & (treatment < 1)
        return np.where(inside, treatment, np.nan), np.where(inside, control, np.nan)

    def needed(self, pooled: Any) -> Any:
        """The inner design's n at the arms' new rates."""
        if np.any((pooled < 0) | (pooled > 1)):
            raise ParameterError(f"a blinded rate must lie in [0, 1], not {pooled}", owner=OWNER)
        rule = self.rule
        treatment, control = self.split(pooled, rule.kept_scale, rule.kept_effect)
        room = ~np.isnan(treatment)
        found = np.full(np.shape(pooled), np.nan)
        if room.any():
            there = rule.design.replace(treatment=treatment[room], control=control[room])
            found[room] = there.sample_size(rule.target).n
        return found

    def truth(self, pooled: float, null: bool) -> TwoProportions:
        """The arms' rates, with the effect that is kept or the null's."""
        rule = self.rule
        scale, effect = (rule.kept_scale, rule.kept_effect)
        if null:
            scale, effect = rule.design._scale, float(rule.design.limits()[0])
        treatment, control = self.split(np.asarray(pooled, dtype=float), scale, effect)
        if np.isnan(treatment):
            raise ParameterError(f"a pooled rate of {pooled:g} leaves no room for an effect of {effect:g}", owner=OWNER)
        return rule.design.replace(treatment=float(treatment), control=float(control))

    @cached_property
    def pilot(self) -> Pilot:
        """The totals of responses and what each leads to."""
        rule = self.rule
        totals = rule.final_n(np.arange(rule.pilot + 1) / rule.pilot)
        return Pilot(self.arms(rule.pilot), tuple(map(self.arms, totals.tolist())), _decision(rule.design))

    def arms(self, n: int) -> Arms:
        """Whole participants, treatment first."""
        treatment, control = map(round, self.rule.design.split(n))
        return treatment, control

    def course(self, truth: TwoProportions, trials: int, rng: Any) -> OperatingCharacteristics:
        """By enumeration, or by drawing where there are too many counts."""
        rates = float(truth.treatment), float(truth.control)
        end = self.arms(self.rule.planned)
        fixed = Pilot((0, 0), (end,), self.pilot.decide)
        counted = self.pilot.work <= _COUNTABLE
        favours, against = self.pilot.counted(rates) if counted else self.pilot.drawn(rates, trials, rng)
        fixed_favours, fixed_against = fixed.counted(rates) if counted else fixed.drawn(rates, trials, rng)
        error = 0.0 if counted else math.sqrt(max((favours + against) * (1 - favours - against), 1 / trials) / trials)
        return OperatingCharacteristics(
            truth=truth,
            rejects=favours + against,
            favours=favours,
            standard_error=error,
            fixed_rejects=fixed_favours + fixed_against,
            fixed_favours=fixed_favours,
            chances=self.pilot.chances(rates),
        )


@lru_cache(maxsize=8)
def _decision(design: TwoProportions) -> Any:
    """The final test of counts; the tables of whole arms are remembered from one truth to the next."""
    tables: dict[Arms, tuple[Any, Any]] = {}

    def decide(arms: Arms, x_t: Any, x_c: Any) -> tuple[Any, Any]:
        whole = x_t.shape == (arms[0] + 1, 1) and x_c.shape == (1, arms[1] + 1)
        if whole and arms in tables:
            return tables[arms]
        statistic, rejects = design.analysis.statistic(design, x_t, arms[0], x_c, arms[1])
        tails = rejects & (statistic > 0), rejects & (statistic < 0)
        if whole:
            tables[arms] = tails
        return tails

    return decide


@dataclass(frozen=True)
class Spread:
    """The standard deviation of two means."""

    rule: Any
    work: float = math.inf

    @property
    def planned(self) -> float:
        """Within arms."""
        return self.rule.design.sd

    @property
    def shares(self) -> float:
        """The product of the arms' shares."""
        design = self.rule.design
        return math.prod(weight / design.block for weight in design.weights)

    def needed(self, sd: Any) -> Any:
        """The inner design's n at the blinded standard deviation, less what the planned difference adds if asked."""
        if not np.all(sd > 0):
            raise ParameterError(f"a blinded standard deviation must be above 0, not {sd}", owner=OWNER)
        within = self.within(sd)
        return np.where(within > 0, self._sized(np.where(within > 0, within, self.planned)), self.rule.design.block)

    def within(self, sd: Any) -> Any:
        """The standard deviation within arms that stands for a blinded one; 0 where the adjustment leaves nothing."""
        if not self.rule.adjusted_variance:
            return np.asarray(sd)
        n, difference = self.rule.pilot, float(self.rule.design.difference)
        return np.sqrt(np.maximum(sd**2 - n / (n - 1) * self.shares * difference**2, 0))

    def _sized(self, sd: Any) -> Any:
        return self.rule.design.replace(sd=sd).sample_size(self.rule.target).n

    def truth(self, sd: float, null: bool) -> TwoMeans:
        """The planned difference, or the null's limit."""
        design = self.rule.design
        return design.replace(sd=float(sd), **({"difference": float(design.null_values()[0])} if null else {}))

    def totals(self, largest: float) -> Any:
        """From blinded standard deviations, up to the largest, to totals: by the largest that each n is enough for."""
        rule = self.rule
        design, last = rule.design, max(float(rule.final_n(largest)), rule.floor)
        sizes = np.arange(rule.floor, last + 1, design.block)
        null, effect = float(design.null_values()[0]), float(design.difference)
        shown = design.detectable_effect(sizes, rule.target)
        enough = float(design.sd) * abs(effect - null) / np.abs(shown - null)
        return lambda sd: sizes[np.minimum(np.searchsorted(enough, self.within(sd)), sizes.size - 1)]

    def course(self, truth: TwoMeans, trials: int, rng: Any) -> OperatingCharacteristics:
        """Drawn, save for the last of its parts."""
        rule, sd, (null,) = self.rule, float(truth.sd), truth.null_values()
        beyond = truth.sign * (float(truth.difference) - float(null)) / sd
        apart = truth.sign * float(truth.difference) / sd
        totals = self.totals(sd * _most(rule.pilot - 1, self.shares * rule.pilot * apart**2))
        favours, against, total = NormalPilot(rule.pilot, self.shares, apart, beyond).drawn(
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


def _most(df: int, moved: float) -> float:
    """The root mean square of noncentral chi-squared that is exceeded once in 10⁸ (Birgé 2001, IMS LNMS 36:113)."""
    return math.sqrt((df + moved + _FAR * math.sqrt(2 * (df + 2 * moved)) + _FAR**2) / df)
