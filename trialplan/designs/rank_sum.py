"""Two arms compared by ranks, where only the order of the outcomes counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from trialplan import fields
from trialplan.design import Design
from trialplan.numerics.elementary import divide, normal_cdf, normal_quantile, sqrt, square
from trialplan.numerics.lazy import np, special
from trialplan.outcomes.ordered import ORDERED, pairs_won
from trialplan.parameter import PROPORTION, Numbers, parameter
from trialplan.rejection import either_way

VarianceName = Literal["null", "normal-shift"]
"""The variances of the rank sum at the planned effect."""


@dataclass(frozen=True, kw_only=True)
class RankSum(Design):
    """Is a treated participant better off than a control, more often than not?

    The Wilcoxon–Mann–Whitney test, which needs no scale: it counts the pairs of a treated participant and a control in
    which the treated one is better off. Noether's formula takes the variance of that share to be what it is without an
    effect, whatever the outcomes are; it errs where the probability is far from a half (.8: it claims less than there
    is). With normal outcomes of equal spread that one arm shifts, the variance is known, and so is the power.

    >>> RankSum(probability_better=0.7).sample_size(0.9).n
    88

    References:
        Noether (1987), Journal of the American Statistical Association 82:645 (the variance without an effect).
        Lehmann (1975), Nonparametrics, ch. 2 (the exact variance; its value where one normal arm is shifted).
    """

    outcome = ORDERED
    statistic_is_z = True
    exact = False
    stated_example = "--probability-better 0.65 --power 0.8 --n 118"

    probability_better: Numbers = parameter(
        "probability that a treated participant is better off than a control, ties counted half",
        PROPORTION,
        role="effect",
        symbol="p",
        unit="proportion",
        typical=(0.6, 0.8),
    )
    variance: VarianceName = parameter(
        "variance of the share of pairs: as without an effect (Noether), or as for normal outcomes that one arm shifts",
        VarianceName,
        role="method",
        default="null",
    )
    allocation: str = fields.allocation()

    @property
    def formula(self) -> str:
        """The name of the formula."""
        how = {"null": "variance without an effect", "normal-shift": "variance of shifted normal outcomes"}
        return f"Wilcoxon–Mann–Whitney test, {how[self.variance]}"

    @property
    def reference(self) -> str:
        """Where it is published."""
        return {"null": "Noether 1987", "normal-shift": "Lehmann 1975, ch. 2"}[self.variance]

    @property
    def tex(self) -> str:
        """Noether's formula as TeX."""
        if self.variance != "null":
            return ""
        return r"n = \frac{\left(z_{1-\alpha/s}+z_{1-\beta}\right)^2}{12\,w_T\,w_C\left(p-\frac12\right)^2}"

    def prose_of(self, way: str) -> str:
        """A line on each of the variances."""
        return {
            "null": "Noether's formula: no more than the probability is assumed. Claims too little where that is far "
            "from a half, and is off where the arms differ in spread.",
            "normal-shift": "the exact variance of the share of pairs for normal outcomes of equal spread. Only as "
            "good as that assumption; near the truth from some ten participants an arm on.",
        }[way]

    def null_values(self) -> tuple[Numbers, ...]:
        """As often better off as worse off."""
        return (0.5,)

    def wins_and_losses(self) -> tuple[Numbers, Numbers]:
        """The chances that a treated participant is better off, and worse off, than a control; ties are shared out."""
        return self.probability_better, 1 - self.probability_better

    def success(self, n: Numbers) -> Numbers:
        """The tail in the treatment's favour."""
        return _tail(self, n)

    def power(self, n: Numbers) -> Numbers:
        """Both tails of a two-sided test."""
        return _EITHER(self, n)

    def unrounded(self, target: Numbers) -> Numbers:
        """In closed form by Noether."""
        if self.variance != "null":
            return super().unrounded(target)
        share_t, share_c = self.split(1.0)
        away = self.probability_better - 0.5
        return square(divide(self.z_alpha + normal_quantile(target), away)) / (12 * share_t * share_c)

    def share_variance(self, n_t: Numbers, n_c: Numbers) -> Numbers:
        """Of the share of pairs won: one pair's, and that of pairs which share a participant.

        Both of two independent normal pairs with a common member are won with the probability that two normal variables
        with correlation 1/2 lie below the same point h: Φ(h) - 2 T(h, 1/√3), by Owen's T (1956, Annals of Mathematical
        Statistics 27:1075).
        """
        p = self.probability_better
        point = normal_quantile(p)
        both = p - 2 * special.owens_t(point, 1 / np.sqrt(3))
        return (p * (1 - p) + (n_t + n_c - 2) * (both - square(p))) / (n_t * n_c)

    def values_of(self, uniforms: list[Any]) -> tuple[Any, ...]:
        """Normal outcomes, the treatment's shifted as far as the probability says."""
        apart = np.sqrt(2) * normal_quantile(self.probability_better), 0.0
        return tuple(special.ndtri(arm) + shift for arm, shift in zip(uniforms, apart, strict=True))

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, Any]:
        """Normal outcomes, one row a trial and one column a participant: treatment, control."""
        n_t, n_c = map(round, self.split(n))
        apart = np.sqrt(2) * normal_quantile(self.probability_better)
        return rng.normal(apart, 1.0, (trials, n_t)), rng.normal(0.0, 1.0, (trials, n_c))

    def analyse(self, data: tuple[Any, Any], fraction: float = 1) -> tuple[Any, Any]:
        """The share of pairs won less a half, over its standard error without an effect, trial by trial."""
        treatment, control = (arm[:, : round(fraction * arm.shape[1])] for arm in data)
        n_t, n_c = treatment.shape[1], control.shape[1]
        if not n_t or not n_c:
            return np.zeros(len(treatment)), np.zeros(len(treatment), dtype=bool)
        share = pairs_won(treatment, control).sum(axis=1) / (n_t * n_c)
        z = (share - 0.5) / np.sqrt((n_t + n_c + 1) / (12 * n_t * n_c))
        return z, (np.abs(z) if self.two_tailed else z) >= self.z_alpha


def _tail(design: RankSum, n: Numbers, direction: int = 1) -> Numbers:
    """P(reject) in the treatment's favour, or against it."""
    n_t, n_c = design.split(n)
    away = direction * (design.probability_better - 0.5)
    if design.variance == "null":
        return normal_cdf(away * sqrt(12 * n_t * n_c / n) - design.z_alpha)
    null = (n + 1) / (12 * n_t * n_c)
    return normal_cdf(divide(away - design.z_alpha * sqrt(null), sqrt(design.share_variance(n_t, n_c))))


_EITHER = either_way(_tail)
