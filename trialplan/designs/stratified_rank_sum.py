"""Ordered categories compared by ranks within strata."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from trialplan import fields
from trialplan.design import Design
from trialplan.designs import _proportional_odds as proportional_odds
from trialplan.designs import _strata as strata_sizes
from trialplan.designs import _written as written
from trialplan.designs._vectors import places
from trialplan.errors import ParameterError
from trialplan.numerics.elementary import divide, normal_cdf, sqrt, square
from trialplan.numerics.lazy import np
from trialplan.outcome import Outcome
from trialplan.outcomes.ordered import Ordered
from trialplan.parameter import POSITIVE, Numbers, parameter
from trialplan.rejection import decide, either_way

_EXAMPLE = "0.1,0.2,0.3,0.4/0.25,0.25,0.25,0.25/0.5,0.3,0.15,0.05"
_MOST_STRATA = 50
"""A bound against slips: the formula has none."""


def _read_control(value: Any) -> str:
    """A row of probabilities for each stratum, as many in each, that add up to 1; as it is written."""
    return written.distributions(value, _EXAMPLE, "stratum", (1, _MOST_STRATA), f"at most {_MOST_STRATA} strata")


class OrderedInStrata(Ordered):
    """Ordered outcomes of participants who are compared with others of their stratum."""

    kind = "ordered outcomes in strata"

    def draw_from(self, design: Design, uniforms: Any) -> Any:
        """There is no one distribution of an arm that a copula could join."""
        return Outcome.draw_from(self, design, uniforms)


@dataclass(frozen=True, kw_only=True)
class StratifiedRankSum(Design):
    """Are treated participants in better categories than the controls of their own stratum?

    Van Elteren's test: a rank sum within each stratum, each weighted by one over its participants and one more. The
    treatment multiplies the odds of a later category by the same in every stratum, wherever they are cut. Errs where
    the effect differs in direction between strata, and with few participants in each.

    >>> design = StratifiedRankSum(control="0.2,0.3,0.3,0.2/0.4,0.3,0.2,0.1", odds_ratio=2)
    >>> round(design.power(160), 3)
    0.67

    References:
        van Elteren (1960), Bulletin of the International Statistical Institute 37:351 (the test).
        Zhao, Qu & Rahardja (2008), Journal of Biopharmaceutical Statistics 18:1045 (power for ordered categories).
    """

    outcome = OrderedInStrata()
    statistic_is_z = True
    exact = False
    formula = "van Elteren's test, variance with ties under the null for the level and at the plan for the power"
    reference = "van Elteren 1960; Zhao, Qu & Rahardja 2008"
    stated_example = "--odds-ratio 1.8 --power 0.8 --n 310"

    control: str = parameter(
        "probability of each category in the control arm, from the first on; a row for each stratum, a / between them",
        None,
        default=_EXAMPLE,
        read=_read_control,
        shown=_EXAMPLE,
    )
    weight: Numbers | tuple[float, ...] | None = parameter(
        "size of each stratum in proportion to the others, the same if it is not given",
        POSITIVE,
        axis="strata",
        optional=True,
        symbol="f",
        typical=(1.0, 2.0),
    )
    odds_ratio: Numbers = parameter(
        "odds of a later category in the treatment arm over those in the control arm, in every stratum",
        POSITIVE,
        role="effect",
        symbol="ψ",
        unit="ratio",
        typical=(1.5, 2.5),
        of_each="odds of a later category in each treatment arm over those in the control arm",
    )
    favourable: fields.Favourable = fields.favourable()
    allocation: str = fields.allocation()

    def check(self) -> None:
        """A weight for each stratum."""
        if self.weight is not None and len(places(self.weight)) != len(self._controls):
            reason = f"has {len(places(self.weight))} sizes, and there are {len(self._controls)} strata"
            raise ParameterError(reason, owner=self, parameter="weight", value=self.weight)

    def rests_on(self) -> tuple[str, ...]:
        """That the strata are alike, where no sizes are stated."""
        return () if self.weight is not None else (f"the {len(self._controls)} strata are of the same size",)

    def null_values(self) -> tuple[Numbers, ...]:
        """The same odds in both arms."""
        return (1.0,)

    def limits(self) -> tuple[Numbers, ...]:
        """On the logarithm."""
        return (0.0,)

    @functools.cached_property
    def _controls(self) -> tuple[tuple[float, ...], ...]:
        """The control arm's probabilities, a row a stratum."""
        return written.rows(self.control, _EXAMPLE)

    @property
    def strata_shares(self) -> tuple[Numbers, ...]:
        """Of the participants."""
        weights = [1.0] * len(self._controls) if self.weight is None else places(self.weight)
        total: Any = sum(weights)
        return tuple(one / total for one in weights)

    def _arms(self, stratum: int) -> tuple[list[Numbers], list[Numbers]]:
        """The categories' probabilities in a stratum: treatment, control."""
        control: list[Numbers] = list(self._controls[stratum])
        return proportional_odds.shifted(control, self.odds_ratio), control

    def wins_and_losses(self) -> tuple[Numbers, Numbers]:
        """The chances that a treated participant is better off, and worse off, than a control of the same stratum."""
        later: Any = 0.0
        earlier: Any = 0.0
        for stratum, share in enumerate(self.strata_shares):
            treatment, control = self._arms(stratum)
            later = later + share * proportional_odds.strictly_later(treatment, control)
            earlier = earlier + share * proportional_odds.strictly_later(control, treatment)
        return (later, earlier) if self.upward else (earlier, later)

    def _moments(self, n: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Of the weighted sum of rank sums: its mean, its variance under the null, and its variance."""
        mean: Any = 0.0
        null: Any = 0.0
        true: Any = 0.0
        for stratum, share in enumerate(self.strata_shares):
            treatment, control = self._arms(stratum)
            n_t, n_c = self.split(share * n)
            more, weight = n_t + n_c + 1, n_t * n_c / (n_t + n_c + 1)
            pooled = [(n_t * t + n_c * c) / (n_t + n_c) for t, c in zip(treatment, control, strict=True)]
            tied: Any = sum(p**3 for p in pooled)
            mean = mean + weight * (proportional_odds.later(treatment, control) - 0.5)
            null = null + n_t * n_c / (12 * more) * (1 - tied)
            of_t = proportional_odds.variance(proportional_odds.placements(control), treatment)
            of_c = proportional_odds.variance(proportional_odds.placements(treatment), control)
            true = true + square(weight) * (of_t / n_t + of_c / n_c)
        return self.sign * mean, null, true

    def success(self, n: Numbers) -> Numbers:
        """The tail in the treatment's favour."""
        return _tail(self, n)

    def power(self, n: Numbers) -> Numbers:
        """Both tails of a two-sided test."""
        return _EITHER(self, n)

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """Categories, numbered from 0, of each arm of each stratum: treatment and control of the first, and so on."""
        found = []
        for stratum, blocks in enumerate(strata_sizes.apportioned(n // self.block, self.strata_shares)):
            for arm, size in zip(self._arms(stratum), self.split(blocks * self.block), strict=True):
                found.append(rng.choice(len(arm), (trials, round(size)), p=np.array(arm) / sum(arm)))
        return tuple(found)

    def analyse(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """Each stratum's rank sum less its mean, over one more than its participants; and the error among its ties."""
        trials = len(data[0])
        total, variance = np.zeros(trials), np.zeros(trials)
        for pair in zip(data[::2], data[1::2], strict=True):
            treatment, control = (arm[:, : round(fraction * arm.shape[1])] for arm in pair)
            n_t, n_c = treatment.shape[1], control.shape[1]
            n = n_t + n_c
            if not n_t or not n_c:
                continue
            both = np.concatenate([treatment, control], axis=1)
            ranks = _midranks(both, len(self._controls[0]))
            total += (ranks[:, :n_t].sum(axis=1) - n_t * (n + 1) / 2) / (n + 1)
            # the variance of a sum drawn without replacement from these ranks (Lehmann 1975, Nonparametrics, ch. 1)
            variance += n_t * n_c / n * ranks.var(axis=1, ddof=1) / (n + 1) ** 2
        return decide(self, total, np.sqrt(variance), self.z_alpha)


def _midranks(values: Any, kinds: int) -> Any:
    """The mean rank of each value among its row."""
    seen = np.stack([(values == kind).sum(axis=1) for kind in range(kinds)], axis=1)
    before = np.cumsum(seen, axis=1) - seen
    return np.take_along_axis(before + (seen + 1) / 2, values, axis=1)


def _tail(design: StratifiedRankSum, n: Numbers, direction: int = 1) -> Numbers:
    mean, null, true = design._moments(n)
    return normal_cdf(divide(direction * mean - design.z_alpha * sqrt(null), sqrt(true)))


_EITHER = either_way(_tail)
