"""Two treatments in one trial, two by two: each given, or not, to participants who get the other, or do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal, Self

from trialplan import fields
from trialplan.design import Design
from trialplan.designs.two_means import TwoMeans
from trialplan.designs.two_proportions import TwoProportions
from trialplan.errors import ParameterError
from trialplan.numerics import dunnett
from trialplan.numerics.distributions import upper_t_quantile
from trialplan.numerics.elementary import between, exp, greatest, log, normal_cdf, sqrt, square, where
from trialplan.numerics.lazy import np
from trialplan.numerics.multinormal import bivariate_cdf
from trialplan.numerics.student import t_power
from trialplan.page import Table
from trialplan.parameter import Interval, Numbers, largest, parameter, smallest
from trialplan.several._arms import whole_from
from trialplan.several._correlation import variance
from trialplan.several._powers import ALL, ANY, score
from trialplan.several._treatments import Treatments, pooled_variance
from trialplan.text import listed_apart, number, probability
from trialplan.wrapper import Names

WinsIf = Literal["each", "any", "all"]
"""What counts: each treatment for itself, so that the one with the least effect sizes the trial; any; or both."""

Adjustment = Literal["none", "bonferroni"]
"""Whether each treatment is tested at the whole level, or at half of it."""

_SIGNS = ((1, 1), (1, -1), (-1, 1), (-1, -1))
"""Whether each group gets the first treatment and the second, in the order of `arm_names`."""


@dataclass(frozen=True, kw_only=True)
class TwoByTwo(Treatments):
    """Does each of two treatments work, where every participant is randomised to either, to both, or to neither?

    The design is that of the first treatment alone against neither. Each treatment is compared at the margin: all who
    get it with all who do not, whatever of the other they get, so that everybody serves both questions. That rests on
    the effects' adding up, of rates on the log odds: `interaction` says by how much they do not, and the answer has the
    power with which an interaction as large as the first effect would be seen, which is small in a trial that is sized
    for the margins. Means are compared by the variance within the four groups; rates at the margins by the design's
    own test, which takes each margin for participants of one rate. They are of two, in fixed numbers, and vary less:
    power has the variance that they have, and the test's level is less than it says where the other treatment works.

    Two questions of two treatments are mostly each tested at the whole level; where either will do, each has half.

    >>> from trialplan import TwoProportions
    >>> first = TwoProportions(control=0.3, treatment=0.2, favourable="lower")
    >>> trial = TwoByTwo(design=first, effect_shares=(1, 0.8))
    >>> answer = trial.sample_size(0.8)
    >>> answer.n, answer.arms["neither"], round(answer.extra["interaction_power"], 2)
    (1100, 275, 0.47)

    References:
        Cox (1958), Planning of Experiments, ch. 6; Peto (1978), Biomedicine 32:24 (the margins).
        McAlister, Straus, Sackett & Altman (2003), JAMA 289:2545 (what an interaction does; how it is reported).
        Brittain & Wittes (1989), Statistics in Medicine 8:161 (the power of an interaction).
    """

    treatments: int = parameter("number of treatments: always 2", None, default=2, read=whole_from(2, 2), shown="2")
    interaction: Numbers = parameter(
        "interaction: by how much both treatments together do more than each alone adds up to, as a share of the "
        "planned effect; 0 if the effects add up, -1 if one of them has none beside the other",
        Interval(-10, 10, "left right"),
        default=0.0,
        typical=(-0.5, 0.5),
    )
    wins_if: WinsIf = parameter(
        "what the trial must show: each treatment for itself, any of the two, or all", WinsIf, default="each"
    )
    adjustment: Adjustment | None = parameter(
        "whether each treatment has the whole level, none, or half of it, bonferroni; by what the trial must show if "
        "it is not given",
        Adjustment,
        optional=True,
    )

    title: ClassVar[str] = "Each treatment against its absence, at the margin"

    def __post_init__(self) -> None:
        """Name the arms, and share the level out as what the trial must show asks."""
        super().__post_init__()
        self._set("arm_names", ("both", "first alone", "second alone", "neither"))
        if self.adjustment is None:
            self._set("adjustment", "bonferroni" if self.wins_if == "any" else "none")

    def replace(self, **numbers: Any) -> Self:
        """The same trial with other numbers; how the level is shared out follows what must be shown."""
        if "wins_if" in numbers:
            numbers.setdefault("adjustment", None)
        return super().replace(**numbers)

    def check(self) -> None:
        """Superiority in means or rates, whose groups all exist, and a level that any will not exceed."""
        if self.design.goal != fields.SUPERIORITY or self.design.margin is not None:
            named = fields.named(self.design.goal, self.design.margin)
            raise ParameterError(f"{named} is not compared two by two", owner=self, way_out="take superiority")
        if not self.design.smooth:
            way_out = f"set test to {self.design.by_normal_theory().way()}"
            raise ParameterError("a test that counts is not defined at margins", owner=self, way_out=way_out)
        if not (self._in_rates or self._in_means):
            raise ParameterError(
                f"{self.design.slug()} ({self.design.way()}) has no margins here",
                owner=self,
                way_out="take two-proportions, or two-means with test t or z and one sd",
            )
        self.check_shares(2)
        if self.wins_if == "any" and self.adjustment == "none":
            raise ParameterError(
                "must be bonferroni where any treatment will do: at the whole level each, the chance that one is shown "
                "without an effect is nearly twice the level",
                owner=self,
                parameter="adjustment",
                value=self.adjustment,
            )
        if self.design.open_effect is None:
            _ = self.rates

    # The four groups.

    @property
    def _in_means(self) -> bool:
        one = self.design
        return isinstance(one, TwoMeans) and one.test in ("t", "z") and one.sd_treatment is None

    @property
    def _in_rates(self) -> bool:
        return isinstance(self.design, TwoProportions)

    @property
    def weights(self) -> tuple[int, ...]:
        """What the design's allocation has for the one times what it has for the other."""
        given, not_given = self.design.weights
        return given * given, given * not_given, not_given * given, not_given * not_given

    @property
    def _given(self) -> float:
        """The share of all who get the one treatment, and of those who get the other."""
        given, not_given = self.design.weights
        return given / (given + not_given)

    def _adding(self, value: Numbers) -> Numbers:
        """On the scale on which effects add up: the log odds of rates."""
        return log(value) - log(1 - value) if self._in_rates else value

    @cached_property
    def rates(self) -> tuple[Numbers, ...]:
        """The rate of each group, in the order of `arm_names`; of means how far each lies above that of neither."""
        (null,), planned = self.design.null_values(), self.design.effect_value()
        none = self.design.value("comparator") if self._in_rates else 0.0 * planned
        first, second = (none + share * (planned - null) for share in self.effect_shares or (1.0, 1.0))
        if self._in_rates:
            for rate in (none, first, second):
                if smallest(rate) <= 0 or largest(rate) >= 1:
                    seen = smallest(rate) if smallest(rate) <= 0 else largest(rate)
                    reason = f"a group has a rate of {seen:.4g}, which is none in (0, 1) and has no odds"
                    raise ParameterError(reason, owner=self, way_out="plan other rates, or other shares of the effect")
        at_none, at_first, at_second, at_planned = map(self._adding, (none, first, second, none + planned - null))
        both = at_first + at_second - at_none + self.interaction * (at_planned - at_none)
        return (1 / (1 + exp(-both)) if self._in_rates else both), first, second, none

    @cached_property
    def comparisons(self) -> tuple[Design, ...]:
        """Each treatment at its margin, over whom the other is given to or not, at its level."""
        level = {"alpha": self.alpha / (2 if self.adjustment == "bonferroni" else 1), "sides": self.sides}
        with_both, first, second, neither = self.rates
        other = self._given
        margins = (
            (other * with_both + (1 - other) * first, other * second + (1 - other) * neither),
            (other * with_both + (1 - other) * second, other * first + (1 - other) * neither),
        )
        made = []
        for found, not_given in margins:
            given = _or_the_same(found, not_given)
            if self._in_rates:
                numbers = {self.design.effect: given, str(self.design.field("comparator")): not_given}
            else:
                numbers = {self.design.effect: given - not_given}
            made.append(self.design.replace(**numbers, **level))
        return tuple(made)

    @property
    def _student(self) -> bool:
        return self._in_means and self.design.test == "t"

    def df(self, n: Numbers) -> Numbers:
        """Of the variance within the four groups."""
        return n - len(self.weights)

    def powers(self, n: Numbers) -> tuple[Numbers, ...]:
        """The probability that each treatment is shown, then any, then both.

        With groups in proportion the estimates of means are independent, but for the variance that they share.
        """
        if not self._student:
            each = [
                one.success(n) if narrower is None else normal_cdf(score(one.success(n)) / narrower)
                for one, narrower in zip(self.comparisons, self._narrower, strict=True)
            ]
            every = bivariate_cdf(score(each[0]), score(each[1]), self.correlation)
            return (*each, _either(each[0], each[1], every), every)
        usable = self.df(n) > 0
        df = where(usable, self.df(n), 1.0)
        limits = [upper_t_quantile(one.level, df) for one in self.comparisons]
        shifts = [one.distance_to_null(n) for one in self.comparisons]
        limits, shifts = [_plain(one) for one in limits], [_plain(one) for one in shifts]
        each = [dunnett.all_above([limit], [0.0], df, [shift]) for limit, shift in zip(limits, shifts, strict=True)]
        every = dunnett.all_above(limits, (0.0, 0.0), df, shifts)
        found = (*each, _either(each[0], each[1], every), every)
        return tuple(where(self.df(n) <= 0, 0.0, one) for one in found)

    @cached_property
    def _narrower(self) -> tuple[Numbers | None, ...]:
        """By how much less each margin's estimate varies than the test takes it to, as a share; None of means.

        The numbers of both groups in a margin are fixed, so that its count varies by the variance within them, and not
        by that of one rate, which has the variance between them too (Cochran 1977, Sampling Techniques, 5.6).
        """
        if not self._in_rates:
            return None, None
        by_group = [rate * (1 - rate) for rate in self.rates]
        other = self._given
        shares = []
        for one, arms in zip(self.comparisons, (((0, 1), (2, 3)), ((0, 2), (1, 3))), strict=True):
            taken = [variance(arm) / weight for arm, weight in zip(one.latent(), one.weights, strict=True)]
            within = [
                (other * by_group[with_it] + (1 - other) * by_group[without]) / (rate * (1 - rate))
                for (with_it, without), rate in zip(arms, one.count_rates(), strict=True)
            ]
            total: Any = sum(part * share for part, share in zip(taken, within, strict=True))
            whole: Any = sum(taken)
            shares.append(sqrt(total / whole))
        return tuple(shares)

    @cached_property
    def correlation(self) -> Numbers:
        """Of the two margins' estimates: none of means; the groups' variances differ where they are of rates."""
        if not self._in_rates:
            return 0.0
        shares = [weight / self.block for weight in self.weights]
        given = {1: self._given, -1: 1 - self._given}
        parts = [
            (rate * (1 - rate) * share, first / given[first], second / given[second])
            for rate, share, (first, second) in zip(self.rates, shares, _SIGNS, strict=True)
        ]
        joint: Any = sum(part * a * b for part, a, b in parts)
        alone: Any = sum(part * a * a for part, a, _ in parts), sum(part * b * b for part, _, b in parts)
        return joint / sqrt(alone[0] * alone[1])

    @property
    def counts(self) -> int:
        """Any, both, or the one of the least effect."""
        return {"any": ANY, "all": ALL, "each": self._least}[self.wins_if]

    @property
    def _least(self) -> int:
        """The place of the treatment with the least effect."""
        first, second = self.effect_shares or (1.0, 1.0)
        return int(second < first)

    @property
    def adjusts(self) -> bool:
        """Where each has half of the level."""
        return self.adjustment == "bonferroni"

    @property
    def any_will_do(self) -> bool:
        """As it says."""
        return self.wins_if == "any"

    def participants_of_one(self, n: Numbers) -> Numbers:
        """All: everybody is in both comparisons."""
        return n

    @property
    def exact(self) -> bool:
        """Of means: the comparisons are those of an analysis of variance, and z is by what is known."""
        return self._in_means

    @property
    def formula(self) -> str:
        """The margins, and the design's."""
        within = ", by the variance within four groups" if self._student else ""
        return f"two by two, each treatment at its margin{within}; {self.design.formula}"

    @property
    def reference(self) -> str:
        """Where the margins are from, and the design's."""
        return f"Cox 1958; {self.design.reference}"

    def interaction_power(self, n: Numbers) -> Numbers:
        """P(an interaction that takes the first effect away is seen), at the level of one comparison, either way."""
        _, first, second, neither = self.rates
        groups = (second, first, second, neither)  # so that the first does nothing beside the second
        if self._in_rates:
            variances = [1 / (rate * (1 - rate)) for rate in groups]
        else:
            variances = [square(self.design.value("spread"))] * len(groups)
        error = sqrt(sum(one / size for one, size in zip(variances, self.split(n), strict=True)))
        away, one = abs(self._adding(first) - self._adding(neither)) / error, self.comparisons[0]
        if self._student:
            return t_power(away, self.df(n), one.level, both_tails=self.sides == 2)
        other = normal_cdf(-away - one.z_alpha) if self.sides == 2 else 0.0
        return normal_cdf(away - one.z_alpha) + other

    # Participants.

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """Outcomes of the four groups, one column a participant."""
        sizes = [round(float(size)) for size in self.split(n)]
        if self._in_rates:
            return tuple(rng.random((trials, size)) < rate for size, rate in zip(sizes, self.rates, strict=True))
        sd = self.design.value("spread")
        return tuple(rng.normal(mean, sd, (trials, size)) for size, mean in zip(sizes, self.rates, strict=True))

    def shown(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """The statistics, and which treatments are shown: (trials, treatments) each."""
        both, first, second, neither = (one[:, : round(fraction * one.shape[1])] for one in data)
        margins = [((both, first), (second, neither)), ((both, second), (first, neither))]
        if self._student:
            return self._by_variance_within((both, first, second, neither), margins)
        joined = [tuple(np.concatenate(arm, axis=1) for arm in margin) for margin in margins]
        found = [one.analyse(of) for one, of in zip(self.comparisons, joined, strict=True)]
        statistics = np.stack([statistic for statistic, _ in found], axis=-1)
        return statistics, np.stack([rejects for _, rejects in found], axis=-1) & (statistics > 0)

    def _by_variance_within(self, groups: Sequence[Any], margins: Sequence[Any]) -> tuple[Any, Any]:
        df, within = sum(group.shape[1] for group in groups) - len(groups), pooled_variance(groups)
        columns = []
        for margin in margins:
            sizes = [sum(group.shape[1] for group in arm) for arm in margin]
            means = [sum(group.sum(axis=1) for group in arm) / size for arm, size in zip(margin, sizes, strict=True)]
            error = np.sqrt(within * sum(1 / size for size in sizes))
            columns.append(self.design.sign * (means[0] - means[1]) / error)
        statistics = np.stack(columns, axis=-1)
        return statistics, statistics >= float(upper_t_quantile(self.comparisons[0].level, df))

    # What the answer holds.

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The power of each treatment, of any and of both, and that of an interaction."""
        found = super().details(n, target)
        return found | {"interaction_power": float(self.interaction_power(float(n)))} if found else found

    def detail_rows(self, extra: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The interaction's power in words."""
        rest = {name: value for name, value in extra.items() if name != "interaction_power"}
        seen = extra.get("interaction_power")
        words = f"{probability(seen)} to see one that takes the first effect away" if seen is not None else ""
        return [*super().detail_rows(rest), *([("power of an interaction", words)] if words else [])]

    def named_tables(self, extra: Mapping[str, Any], names: Names) -> list[Table]:
        """The comparisons, and the groups with what is planned for each."""
        kind = "planned rate" if self._in_rates else "planned mean above that of neither"
        called = [names.arms.get(arm, arm) for arm in self.arm_names]
        rows = [[name, number(float(rate))] for name, rate in zip(called, self.rates, strict=True)]
        groups = Table(("group", kind), rows, "The four groups", right=frozenset({1}))
        return [*super().named_tables(extra, names), groups]

    def named(self, members: Sequence[str], treatments: Sequence[str]) -> tuple[str, ...]:
        """The two treatments; of the groups by the design's own names the first and the second."""
        return ("treatment 1", "treatment 2") if len(treatments) > 2 else tuple(treatments)

    def treatments_of(self, arm: str) -> tuple[int, ...]:
        """The first, the second, both or neither."""
        return {"both": (0, 1), "first alone": (0,), "second alone": (1,)}.get(arm, ())

    def aimed_at(self, names: Sequence[str]) -> str:
        """Of which treatments an effect is to be shown: where each is a question of its own, of neither first."""
        return {
            "any": f"at least one of {listed_apart(names)}",
            "all": f"each of {listed_apart(names)}",
            "each": f"each of {listed_apart(names)}, taken by itself,",
        }[self.wins_if]

    def rule_in_words(self, names: Sequence[str]) -> str:
        """Each treatment at its margin, at which level, and what must be shown."""
        level = self.level_in_words(self.comparisons[0].alpha)
        why = "half of the level each" if self.adjusts else "each is a question of its own, at the whole level"
        needed = {
            "each": "the trial has enough participants for that of the least effect",
            "any": "the trial succeeds if at least one of them is shown",
            "all": "the trial succeeds if both of them are shown",
        }
        add = "no interaction is assumed"
        if np.any(np.asarray(self.interaction)):
            add = f"the planned interaction is {number(self.interaction)} times the planned effect"
        return (
            f"{listed_apart(names)} are given two by two, and each is compared at its margin, all who get it with all "
            f"who do not, at {level} ({why}); what is planned is the effect of one alone against neither, and {add}; "
            f"{needed[self.wins_if]}{self.shares_in_words(names)}"
        )


def _or_the_same(given: Numbers, not_given: Numbers) -> Numbers:
    """`given`; `not_given` where they differ by rounding alone, so that no effect at a margin is none."""
    apart, largest_of_two = abs(given - not_given), greatest(abs(given), abs(not_given))
    return where(_truth(apart <= _ROUNDED * largest_of_two), not_given, given)


def _truth(condition: Any) -> Any:
    """A plain one where it is one."""
    return condition if np.ndim(condition) else bool(condition)


def _either(first: Numbers, second: Numbers, both: Numbers) -> Numbers:
    """The probability of one or the other, which rounding may not take out of [0, 1]."""
    return between(0.0, first + second - both, 1.0)


_ROUNDED = 1e-14
"""What computing with odds may move a rate by, as a share of it."""


def _plain(value: Any) -> Any:
    """A float where it is one number."""
    return value if np.ndim(value) else float(value)
