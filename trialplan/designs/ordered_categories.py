"""Two arms compared on an outcome of ordered categories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from trialplan import fields
from trialplan.design import Design
from trialplan.designs import _proportional_odds as proportional_odds
from trialplan.errors import ParameterError
from trialplan.numerics.elementary import divide, exp, log, normal_cdf, normal_quantile, sqrt, square
from trialplan.numerics.lazy import np
from trialplan.numerics.search import increasing_root
from trialplan.outcomes.ordered import Ordered
from trialplan.parameter import POSITIVE, PROPORTION, Numbers, parameter
from trialplan.rejection import decide, either_way
from trialplan.text import number, percent

VarianceName = Literal["proportional-odds", "proportional-odds-finite", "general", "midrank-scores"]
"""The variances of the rank sum at the planned effect."""

_COMPLETE = 1e-9
"""How near to 1 probabilities add up that are those of all categories."""

_APART = 1e-12
"""Share of pairs in two categories below which rounding is most of it: it is a difference of numbers near 1."""

_FARTHEST = 200.0
"""Of the logarithm of an odds ratio: beyond it every participant is in one category."""


@dataclass(frozen=True, kw_only=True)
class OrderedCategories(Design):
    """Are the treatment's participants in better categories than the control's?

    Categories stand from the first to the last; `favourable` says which end is the better one. The odds ratio is that
    of a later category against an earlier one, the same wherever they are cut. Whitehead's formula is for small
    effects: it takes the variance at the mean of both arms. The general variance is that of the Wilcoxon–Mann–Whitney
    test at each arm's own probabilities, which need have no common odds ratio; where both arms' are given, Whitehead's
    formula takes the common one with which as many pairs are won, and the two can be held against each other.

    >>> control = (0.1, 0.2, 0.4, 0.2, 0.1)
    >>> round(OrderedCategories(control=control, odds_ratio=0.5, favourable="lower").unrounded(0.9), 1)
    284.2

    References:
        Whitehead (1993), Statistics in Medicine 12:2257 (proportional odds).
        Zhao, Rahardja & Qu (2008), Statistics in Medicine 27:462 (the rank sum with ties, at both variances).
        Agresti (2010), Analysis of Ordinal Categorical Data, 2nd ed., ch. 7 (midranks as scores).
    """

    outcome = Ordered()
    letters = {
        "p_Tj": "the probability of category j in the treatment arm",
        "p_Cj": "that in the control arm",
    }
    statistic_is_z = True
    exact = False
    stated_example = "--control 0.2,0.3,0.3,0.2 --odds-ratio 1.8 --power 0.8 --n 294"

    control: Numbers | tuple[float, ...] = parameter(
        "probability of each category in the control arm, from the first on; the last may be left out, for it is what "
        "is left",
        PROPORTION,
        axis="categories",
        but_last="probability of each category but the last in the control arm",
        symbol="p_C",
        unit="proportion",
        typical=(0.15, 0.3),
    )
    odds_ratio: Numbers | None = parameter(
        "odds of a later category in the treatment arm over those in the control arm, wherever they are cut",
        POSITIVE,
        optional=True,
        role="effect",
        symbol="ψ",
        unit="ratio",
        typical=(1.5, 2.5),
        of_each="odds of a later category in each treatment arm over those in the control arm",
    )
    treatment: Numbers | tuple[float, ...] | None = parameter(
        "probability of each category in the treatment arm, instead of a common odds ratio",
        PROPORTION,
        axis="categories",
        but_last="probability of each category but the last in the treatment arm",
        optional=True,
        symbol="p_T",
        unit="proportion",
        typical=(0.1, 0.25),
        of_each="probability of each category in each treatment arm",
    )
    favourable: fields.Favourable = fields.favourable()
    variance: VarianceName = parameter(
        "variance of the rank sum: as for small effects with proportional odds (Whitehead), for many participants or "
        "a finite number of them; at each arm's own probabilities; or of the categories' midranks in each arm",
        VarianceName,
        role="method",
        default="proportional-odds",
    )
    allocation: str = fields.allocation()

    def check(self) -> None:
        """Probabilities that add up to at most 1, in as many categories for both arms, and one effect."""
        control = self._probabilities("control")
        if self.treatment is None:
            self._check_spread(control)
            return
        if self.odds_ratio is not None:
            raise ParameterError(
                "is stated beside the odds ratio, and each says what the effect is", owner=self, parameter="treatment"
            )
        arms = [self._probabilities(name) for name in ("treatment", "control")]
        if len(arms[0]) != len(arms[1]):
            reason = f"has {len(arms[0])} categories, and the control arm {len(arms[1])}"
            raise ParameterError(reason, owner=self, parameter="treatment", value=self.treatment)
        self._check_spread([(t + c) / 2 for t, c in zip(*arms, strict=True)])

    def _check_spread(self, probabilities: list[Numbers]) -> None:
        """Of pairs some are in two categories: where all are tied but for rounding there is nothing to rank."""
        apart = 1 - sum(np.asarray(p) ** 2 for p in probabilities)
        if not np.all(apart > _APART):
            reason = f"leaves {max(np.min(apart), 0):.3g} of pairs in two categories, too few to compute with"
            way_out = f"let more than {_APART:g} of pairs lie in two categories"
            raise ParameterError(reason, owner=self, parameter="control", value=self.control, way_out=way_out)

    def _probabilities(self, name: str) -> list[Numbers]:
        """Of all categories of an arm, in their order."""
        values = np.atleast_1d(np.asarray(getattr(self, name), dtype=float))
        total = values.sum(axis=-1)
        if np.all(np.abs(total - 1) <= _COMPLETE):
            found = values
        elif np.all(total < 1 - _COMPLETE):
            found = np.concatenate([values, (1 - total)[..., None]], axis=-1)
        else:
            reason = f"must add up to 1, or to less where the last category is left out, not to {np.max(total):.6g}"
            raise ParameterError(reason, owner=self, parameter=name, value=getattr(self, name))
        if found.shape[-1] < 2:
            raise ParameterError("must be two categories or more", owner=self, parameter=name)
        each = np.moveaxis(found, -1, 0)
        return [float(one) for one in each] if found.ndim == 1 else list(each)

    # The effect.

    def field(self, role: str) -> str | None:
        """As for every design; where both arms' probabilities are given, the effect is an odds ratio in their place."""
        if role == "effect" and self.treatment is not None:
            return "odds_ratio"
        return super().field(role)

    def replace(self, **numbers: Any) -> OrderedCategories:
        """The same trial with other numbers; an odds ratio takes the place of the treatment's probabilities."""
        dropped = {"treatment": None} if numbers.get("odds_ratio") is not None else {}
        dropped |= {"odds_ratio": None} if numbers.get("treatment") is not None else {}
        return super().replace(**(dropped | numbers))

    def value(self, role: str) -> Numbers:
        """The number with this role; the effect is the odds ratio."""
        return self.effect_value() if role == "effect" else super().value(role)

    def effect_value(self) -> Numbers:
        """The odds ratio; of probabilities, the common one with which a treated participant is as often better off."""
        self.require_effect()
        if self.treatment is None:
            return self.odds_ratio
        sought = proportional_odds.later(*self.arms_probabilities())

        def surplus(place: Any) -> Any:
            control = self._probabilities("control")
            return proportional_odds.later(proportional_odds.shifted(control, exp(place)), control) - sought

        shape = self.shape()
        ends = (np.full(shape, -_FARTHEST), np.full(shape, _FARTHEST)) if shape else (-_FARTHEST, _FARTHEST)
        return exp(increasing_root(surplus, *ends))

    def detail_rows(self, extra: Mapping[str, Any]) -> list[tuple[str, str]]:
        """As for every design, after the categories of an arm whose last one is left out: what is left may surprise."""
        completed = []
        for name in ("control", "treatment"):
            stated = getattr(self, name)
            if isinstance(stated, tuple) and len(found := self._probabilities(name)) > len(stated):
                each = ", ".join(number(one) for one in found)
                completed.append((f"all of {name}", f"{each}; the last, {percent(found[-1])}, is what is left"))
        return [*completed, *super().detail_rows(extra)]

    def arms_probabilities(self) -> tuple[list[Numbers], list[Numbers]]:
        """Of all categories: treatment, control."""
        control = self._probabilities("control")
        if self.treatment is not None:
            return self._probabilities("treatment"), control
        return proportional_odds.shifted(control, self.odds_ratio), control

    def null_values(self) -> tuple[Numbers, ...]:
        """The same odds in both arms."""
        return (1.0,)

    def limits(self) -> tuple[Numbers, ...]:
        """On the logarithm."""
        return (0.0,)

    def wins_and_losses(self) -> tuple[Numbers, Numbers]:
        """The chances that a treated participant is in a better, and in a worse category than a control."""
        treatment, control = self.arms_probabilities()
        later, earlier = (
            proportional_odds.strictly_later(treatment, control),
            proportional_odds.strictly_later(control, treatment),
        )
        return (later, earlier) if self.upward else (earlier, later)

    # Size and power.

    def _moments(self) -> tuple[Numbers, Numbers, Numbers]:
        """Of the share of pairs won less a half, times the root of n: its mean, its SD without an effect, and its SD.

        Ties count half. By Whitehead the mean is the score's at a small effect and both SDs are those of the mean arm.
        """
        (treatment, control), (w_t, w_c) = self.arms_probabilities(), self.split(1.0)
        mean = [w_t * t + w_c * c for t, c in zip(treatment, control, strict=True)]
        tied: Any = sum(p**3 for p in mean)
        null = (1 - tied) / (12 * w_t * w_c)
        if self.variance.startswith("proportional-odds"):
            # the log odds ratio is worth so much of the share of pairs where it is small
            return self.sign * log(self.effect_value()) * (1 - tied) / 6, sqrt(null), sqrt(null)
        others = (mean, mean) if self.variance == "midrank-scores" else (control, treatment)
        placed_t, placed_c = map(proportional_odds.placements, others)
        true = (
            proportional_odds.variance(placed_t, treatment) / w_t + proportional_odds.variance(placed_c, control) / w_c
        )
        return self.sign * (proportional_odds.later(treatment, control) - 0.5), sqrt(null), sqrt(true)

    def success(self, n: Numbers) -> Numbers:
        """The tail in the treatment's favour."""
        return _tail(self, n)

    def power(self, n: Numbers) -> Numbers:
        """Both tails of a two-sided test."""
        return _EITHER(self, n)

    def unrounded(self, target: Numbers) -> Numbers:
        """In closed form, but for a finite number of participants."""
        if self.variance == "proportional-odds-finite":
            return super().unrounded(target)
        mean, null, true = self._moments()
        return square(divide(self.z_alpha * null + normal_quantile(target) * true, mean))

    @property
    def formula(self) -> str:
        """The name of the formula; of two arms' probabilities, which odds ratio stands for them."""
        if self.variance == "general":
            return "Wilcoxon–Mann–Whitney test with ties, variance at each arm's probabilities"
        if self.variance == "midrank-scores":
            return (
                "midranks of the categories as scores, their pooled variance for the level and each arm's for the power"
            )
        stands = "" if self.treatment is None else " at the odds ratio of as many pairs won"
        many = "" if self.variance == "proportional-odds" else " among a finite number of participants"
        return f"proportional odds{stands}, variance for small effects{many}"

    @property
    def reference(self) -> str:
        """Where it is published."""
        return {
            "general": "Zhao, Rahardja & Qu 2008",
            "midrank-scores": "Agresti 2010, Analysis of Ordinal Categorical Data, 2nd ed., ch. 7 (the scores)",
        }.get(self.variance, "Whitehead 1993")

    @property
    def tex(self) -> str:
        """Whitehead's formula as TeX."""
        if self.variance != "proportional-odds":
            return ""
        return (
            r"n = \frac{3\left(z_{1-\alpha/s}+z_{1-\beta}\right)^2}"
            r"{w_T\,w_C\left(\ln\psi\right)^2\left(1-\sum_j\bar p_j^3\right)},"
            "\n"
            r"\bar p_j = w_T\,p_{Tj}+w_C\,p_{Cj}"
        )

    def prose_of(self, way: str) -> str:
        """A line on each of the variances."""
        return {
            "proportional-odds": "Whitehead's formula. The usual choice for an ordinal regression; off where the odds "
            "ratio is far from 1, or is another one at each cut.",
            "proportional-odds-finite": "Whitehead's formula with the score's variance among so many participants, "
            "N/(N + 1)² in place of 1/N, as programs of power take it. Asks for two participants more in all; off "
            "where his formula is.",
            "midrank-scores": "the categories' midranks of both arms together, taken as scores whose means are "
            "compared, at their pooled variance for the level and that of each arm for the power. What some programs "
            "take for the rank-sum test, which needs about two participants fewer.",
            "general": "the rank-sum test with ties at each arm's own probabilities. Needs no common odds ratio; near "
            "the truth from some twenty participants an arm on.",
        }[way]

    # Participants.

    def values_of(self, uniforms: list[Any]) -> tuple[Any, ...]:
        """Categories, numbered from 0, one column a participant."""
        arms = zip(uniforms, self.arms_probabilities(), strict=True)
        return tuple(np.searchsorted(np.cumsum(p)[:-1], arm, side="right") for arm, p in arms)

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, Any]:
        """Categories, numbered from 0: treatment, control."""
        n_t, n_c = map(round, self.split(n))
        treatment, control = self.arms_probabilities()
        return (
            rng.choice(len(treatment), (trials, n_t), p=np.array(treatment) / sum(treatment)),
            rng.choice(len(control), (trials, n_c), p=np.array(control) / sum(control)),
        )

    def analyse(self, data: tuple[Any, Any], fraction: float = 1) -> tuple[Any, Any]:
        """The share of pairs won, ties halved, less a half, over its standard error among these ties."""
        treatment, control = (arm[:, : round(fraction * arm.shape[1])] for arm in data)
        n_t, n_c = treatment.shape[1], control.shape[1]
        if not n_t or not n_c:
            return np.zeros(len(treatment)), np.zeros(len(treatment), dtype=bool)
        categories = range(len(self._probabilities("control")))
        in_t, in_c = (
            np.stack([(arm == one).sum(axis=1) for one in categories], axis=1) for arm in (treatment, control)
        )
        before = np.cumsum(in_c, axis=1) - in_c
        share = (in_t * (before + in_c / 2)).sum(axis=1) / (n_t * n_c)
        n = n_t + n_c
        ties = ((in_t + in_c) ** 3 - (in_t + in_c)).sum(axis=1) / (n * max(n - 1, 1))
        error = np.sqrt(np.maximum(n + 1 - ties, 0) / (12 * n_t * n_c))
        return decide(self, share - 0.5, error, self.z_alpha)


def _tail(design: OrderedCategories, n: Numbers, direction: int = 1) -> Numbers:
    mean, null, true = design._moments()
    if design.variance == "proportional-odds-finite":  # both SDs are larger by this share
        mean = mean * n / (n + 1)
    return normal_cdf(divide(direction * mean * sqrt(n) - design.z_alpha * null, true))


_EITHER = either_way(_tail)
