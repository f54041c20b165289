"""Two arms compared by ranks, where only the order of the outcomes counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from trialplan import fields
from trialplan.design import Design
from trialplan.errors import ParameterError, field
from trialplan.numerics.elementary import divide, log, normal_quantile, sqrt, square
from trialplan.numerics.lazy import np, special
from trialplan.numerics.student import z_power
from trialplan.numerics.two_rates import reciprocal_limits
from trialplan.outcomes.ordered import ORDERED, pairs_decided
from trialplan.parameter import POSITIVE, PROPORTION, Interval, Numbers, parameter
from trialplan.rejection import decide_by_z, either_way

VarianceName = Literal["null", "normal-shift"]
"""The variances of the rank sum at the planned effect."""

ScaleName = Literal["probability", "win-odds"]
"""The scales of the effect."""

_EFFECTS = {"probability": "probability_better", "win-odds": "win_odds"}
"""The field of the effect on each scale."""


@dataclass(frozen=True, kw_only=True)
class RankSum(Design):
    """Is a treated participant better off than a control, more often than not?

    The Wilcoxon–Mann–Whitney test, which needs no scale: it counts the pairs of a treated participant and a control in
    which the treated one is better off. Noether's formula takes the variance of that share to be what it is without an
    effect, whatever the outcomes are; it errs where the probability is far from a half (.8: it claims less than there
    is). With normal outcomes of equal spread that one arm shifts, the variance is known, and so is the power.

    The effect, and a margin, may be stated as win odds instead, the odds of that probability; a margin is tested with
    the standard error of no effect, which is near that on the margin where the margin is near 1.

    >>> RankSum(probability_better=0.7).sample_size(0.9).n
    88
    >>> shared = {"scale": "win-odds", "goal": "non-inferiority"}
    >>> round(RankSum(win_odds=1.1, margin=0.9, **shared).unrounded(0.8), 2)
    1041.29

    References:
        Noether (1987), Journal of the American Statistical Association 82:645 (the variance without an effect).
        Brunner, Vandemeulebroecke & Mütze (2021), Statistics in Medicine 40:3367 (win odds).
        Lehmann (1975), Nonparametrics, ch. 2 (the exact variance; its value where one normal arm is shifted).
    """

    outcome = ORDERED
    statistic_is_z = True
    exact = False
    stated_example = "--probability-better 0.65 --power 0.8 --n 118"

    probability_better: Numbers | None = parameter(
        "probability that a treated participant is better off than a control, ties counted half (scale probability)",
        PROPORTION,
        optional=True,
        role="effect",
        symbol="p",
        unit="proportion",
        typical=(0.6, 0.8),
    )
    win_odds: Numbers | None = parameter(
        "win odds: odds of that probability (scale win-odds)",
        POSITIVE,
        optional=True,
        role="effect",
        symbol="θ",
        unit="ratio",
        typical=(1.5, 3.0),
    )
    scale: ScaleName = parameter("the scale of the effect and of the margin", ScaleName, default="probability")
    goal: fields.Goal = fields.goal()
    margin: Numbers | tuple[float, float] | None = fields.margin()
    variance: VarianceName = parameter(
        "variance of the share of pairs: as without an effect (Noether), or as for normal outcomes that one arm shifts",
        VarianceName,
        role="method",
        default="null",
    )
    allocation: str = fields.allocation()

    def check(self) -> None:
        """The effect of the scale that is named alone, and a margin on that scale."""
        for scale, name in _EFFECTS.items():
            if scale != self.scale and getattr(self, name) is not None:
                reason = f"{self.scale} needs {field(_EFFECTS[self.scale])}, and no {field(name)}"
                raise ParameterError(reason, owner=self, parameter="scale", value=self.scale)
        if self.scale == "win-odds":
            fields.check_margin(self, centre=1.0)
        else:
            fields.check_margin(self, domain=Interval(0, 0.5))

    @classmethod
    def needed(cls, numbers: Mapping[str, Any]) -> tuple[str, ...]:
        """The effect on the scale that is stated."""
        return (_EFFECTS.get(numbers.get("scale", "probability"), "probability_better"),)

    def better(self) -> Numbers:
        """The probability that a treated participant is better off than a control, ties counted half."""
        return _share(self, self.effect_value())

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
        if self.variance != "null" or self.margin is not None or self.scale != "probability":
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
        """As often better off as worse off, or the margin from there."""
        if self.scale == "win-odds":
            return fields.limits(self.goal, self.margin, self.upward, reciprocal_limits, 1.0)
        if isinstance(self.margin, tuple):
            return tuple(0.5 + limit for limit in self.margin)
        return fields.limits(self.goal, self.margin, self.upward, lambda m: (0.5 - m, 0.5 + m), 0.5)

    def limits(self) -> tuple[Numbers, ...]:
        """On the logarithm, of win odds."""
        return tuple(map(log, self.null_values())) if self.scale == "win-odds" else self.null_values()

    def wins_and_losses(self) -> tuple[Numbers, Numbers]:
        """The chances that a treated participant is better off, and worse off, than a control; ties are shared out."""
        return self.better(), 1 - self.better()

    def success(self, n: Numbers) -> Numbers:
        """The tail in the treatment's favour."""
        return _tail(self, n)

    def power(self, n: Numbers) -> Numbers:
        """Both tails of a two-sided test."""
        return _EITHER(self, n)

    def unrounded(self, target: Numbers) -> Numbers:
        """In closed form by Noether."""
        ((null, sign), *others) = _nulls(self)
        if self.variance != "null" or others:
            return super().unrounded(target)
        share_t, share_c = self.split(1.0)
        away = sign * (self.better() - null)
        return square(divide(self.z_alpha + normal_quantile(target), away)) / (12 * share_t * share_c)

    def share_variance(self, n_t: Numbers, n_c: Numbers) -> Numbers:
        """Of the share of pairs won: one pair's, and that of pairs which share a participant.

        Both of two independent normal pairs with a common member are won with the probability that two normal variables
        with correlation 1/2 lie below the same point h: Φ(h) - 2 T(h, 1/√3), by Owen's T (1956, Annals of Mathematical
        Statistics 27:1075).
        """
        p = self.better()
        point = normal_quantile(p)
        both = p - 2 * special.owens_t(point, 1 / np.sqrt(3))
        return (p * (1 - p) + (n_t + n_c - 2) * (both - square(p))) / (n_t * n_c)

    def values_of(self, uniforms: list[Any]) -> tuple[Any, ...]:
        """Normal outcomes, the treatment's shifted as far as the probability says."""
        apart = np.sqrt(2) * normal_quantile(self.better()), 0.0
        return tuple(special.ndtri(arm) + shift for arm, shift in zip(uniforms, apart, strict=True))

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, Any]:
        """Normal outcomes, one row a trial and one column a participant: treatment, control."""
        n_t, n_c = map(round, self.split(n))
        apart = np.sqrt(2) * normal_quantile(self.better())
        return rng.normal(apart, 1.0, (trials, n_t)), rng.normal(0.0, 1.0, (trials, n_c))

    def analyse(self, data: tuple[Any, Any], fraction: float = 1) -> tuple[Any, Any]:
        """The share of pairs won less that of the null, over its standard error without an effect, trial by trial."""
        treatment, control = (arm[:, : round(fraction * arm.shape[1])] for arm in data)
        n_t, n_c = treatment.shape[1], control.shape[1]
        if not n_t or not n_c:
            return np.zeros(len(treatment)), np.zeros(len(treatment), dtype=bool)
        share = pairs_decided(treatment, control)[0].sum(axis=1) / (n_t * n_c)
        error = np.sqrt((n_t + n_c + 1) / (12 * n_t * n_c))
        return decide_by_z(self, [(share - null) / error for null, _ in _nulls(self)])


def _share(design: RankSum, effect: Numbers) -> Numbers:
    """The probability of being better off that is an effect of this size."""
    return effect / (1 + effect) if design.scale == "win-odds" else effect


def _nulls(design: RankSum) -> list[tuple[Numbers, int]]:
    """The shares of pairs won under the null, each with the direction that leads away from it."""
    values, signs = design.null_values(), (sign for _, sign in design.sided_limits())
    return [(_share(design, value), sign) for value, sign in zip(values, signs, strict=True)]


def _tail(design: RankSum, n: Numbers, direction: int = 1) -> Numbers:
    """P(reject) in the treatment's favour, or against it."""
    n_t, n_c = design.split(n)
    aways = [direction * sign * (design.better() - null) for null, sign in _nulls(design)]
    if design.variance == "null":
        return z_power([away * sqrt(12 * n_t * n_c / n) for away in aways], design.z_alpha)
    null, true = sqrt((n + 1) / (12 * n_t * n_c)), sqrt(design.share_variance(n_t, n_c))
    return z_power([divide(away - design.z_alpha * null, true) for away in aways], 0.0)


_EITHER = either_way(_tail)
