"""Several treatments, each compared with one control."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from trialplan.design import Design
from trialplan.designs.two_means import TwoMeans
from trialplan.errors import ParameterError
from trialplan.numerics import dunnett
from trialplan.numerics.elementary import is_scalar, normal_cdf, sqrt, where
from trialplan.numerics.lazy import np
from trialplan.outcomes.responses import Responses
from trialplan.parameter import Numbers, parameter
from trialplan.several._arms import at_shares, whole_from
from trialplan.several._correlation import control_loading, variance
from trialplan.several._powers import ALL, ANY, score
from trialplan.several._treatments import MOST, Treatments, pooled_variance
from trialplan.text import listed_apart

WinsIf = Literal["any", "all", "first"]
"""What counts as success: any treatment that is shown, every one, or the first whatever the others do."""


@dataclass(frozen=True, kw_only=True)
class ManyToOne(Treatments):
    """Which of several treatments are better than one control, each compared with it by Dunnett's test?

    The design is that of one treatment against the control, with its allocation: 1:1 gives every arm as many as the
    control; the control is worth most with √k times as many as each of k treatments. All comparisons together keep the
    level. Student's t is exact, with the variance of all arms; of other tests the statistics are taken as jointly
    normal, each with the power that its own formula gives. Only what favours a treatment counts.

    >>> from trialplan import TwoMeans
    >>> trial = ManyToOne(design=TwoMeans(difference=0.5, sd=1), treatments=3)
    >>> answer = trial.sample_size(0.9)
    >>> answer.n, answer.arms["control"], round(answer.extra["critical_value"], 3)
    (272, 68, 2.362)

    References:
        Dunnett (1955), Journal of the American Statistical Association 50:1096; 1964, Biometrics 20:482.
        Horn & Vollandt (1998), Biometrical Journal 40:81 (any, all and each).
    """

    treatments: int = parameter("number of treatments", None, default=2, read=whole_from(2, MOST), shown="NUMBER")
    wins_if: WinsIf = parameter("what the trial must show: any treatment, all, or the first", WinsIf, default="any")
    kept: int | None = parameter(
        "number of treatments, the best by then, that go on after the first look; all, unless it is given",
        None,
        optional=True,
        read=whole_from(1, MOST),
        shown="NUMBER",
    )

    def __post_init__(self) -> None:
        """Name the arms."""
        super().__post_init__()
        arms = tuple(f"treatment {i + 1}" for i in range(self.treatments))
        self._set("arm_names", (*arms, "control"))

    def check(self) -> None:
        """One limit, outcomes that can share a control, as many shares as treatments."""
        if len(self.design.null_values()) == 2:
            way_out = "take superiority or non-inferiority"
            raise ParameterError("equivalence has two limits, and is not compared so", owner=self, way_out=way_out)
        if not self.design.smooth:
            way_out = f"set test to {self.design.by_normal_theory().way()}"
            raise ParameterError("a test that counts has no joint distribution here", owner=self, way_out=way_out)
        self.design.latent()  # which raises where the outcome cannot be joined
        self.check_shares(self.treatments)
        if self.kept is not None and self.kept >= self.treatments:
            reason = f"must be fewer than the {self.treatments} treatments, not {self.kept}"
            raise ParameterError(reason, owner=self, parameter="kept", value=self.kept)

    @property
    def weights(self) -> tuple[int, ...]:
        """Of every treatment what the design's allocation has for it, and the control's once."""
        treatment, control = self.design.weights
        return (*(treatment,) * self.treatments, control)

    @property
    def any_will_do(self) -> bool:
        """As it says."""
        return self.wins_if == "any"

    @property
    def exact(self) -> bool:
        """Of Student's t and of z where the design's own is."""
        return self.design.exact and self.design.smooth

    @property
    def formula(self) -> str:
        """Dunnett's, and the design's."""
        return f"{self.treatments} comparisons with one control by Dunnett's test; {self.design.formula}"

    @property
    def reference(self) -> str:
        """Dunnett's, and the design's."""
        return f"Dunnett 1955; {self.design.reference}"

    # The comparisons.

    @cached_property
    def comparisons(self) -> tuple[Design, ...]:
        """Each treatment against the control, at its share of the effect."""
        return at_shares(self.design, self.effect_shares or (1.0,) * self.treatments)

    def participants_of_one(self, n: Numbers) -> Numbers:
        """The participants of one comparison among n."""
        return n * sum(self.design.weights) / self.block

    @property
    def _student(self) -> bool:
        return isinstance(self.design, TwoMeans) and self.design.test == "t"

    def df(self, n: Numbers) -> Numbers | None:
        """Of the variance of all arms; None where the statistics are taken as normal."""
        return n - self.treatments - 1 if self._student else None

    @cached_property
    def loadings(self) -> tuple[Numbers, ...]:
        """The roots of the statistics' correlations under the null: the control's share of each variance."""
        null = self.design.at_null()
        if self._student or not null:
            treatment, control = self.design.weights
            return (math.sqrt(treatment / (treatment + control)),) * self.treatments
        return (_loading(null[0]),) * self.treatments

    @cached_property
    def planned_loadings(self) -> tuple[Numbers, ...]:
        """The same at the planned effects: of rates the standard error of a test moves with the counts, too."""
        if not isinstance(self.design.outcome, Responses):
            return self.loadings
        alike = {id(one): control_loading(one) for one in self.comparisons}
        return tuple(alike[id(one)] for one in self.comparisons)

    def critical_value(self, n: Numbers) -> Numbers:
        """What each statistic must reach, so that all together keep the level."""
        df = self.df(n)
        if not is_scalar(n, self.alpha, *self.loadings):
            return dunnett.critical_values(self.loadings, self.alpha, df, self.sides == 2)
        if df is not None and df <= 0:
            return math.inf
        return dunnett.critical_value(self.loadings, float(self.alpha), df, self.sides == 2)

    @cached_property
    def tested(self) -> tuple[Design, ...]:
        """The comparisons at the level that a normal statistic has beyond the critical value."""
        level = normal_cdf(-self.critical_value(math.inf))
        alike = {id(one): one.replace(alpha=level * self.sides, sides=self.sides) for one in self.comparisons}
        return tuple(alike[id(one)] for one in self.comparisons)

    def powers(self, n: Numbers) -> tuple[Numbers, ...]:
        """The probability that each treatment is shown, then any, then all."""
        places = (*range(self.treatments), ANY, ALL)
        numbers = self._numbers(n)
        return tuple(self._shown(place, *numbers) for place in places)

    def success(self, n: Numbers) -> Numbers:
        """The probability that any, all, or the first is shown."""
        return self._shown(self.counts, *self._numbers(n))

    def _numbers(self, n: Numbers) -> tuple[list[Numbers], Numbers | None, list[Numbers]]:
        """What each statistic must reach, the degrees of freedom, and where the statistics lie."""
        if self.kept is not None:
            way_out = "say when the trial is looked at, or leave it out"
            raise ParameterError("needs looks", owner=self, parameter="kept", value=self.kept, way_out=way_out)
        df = self.df(n)
        if df is None:
            return [-one for one in self._scores(n)], None, [0.0] * self.treatments
        limit = where(df > 0, self.critical_value(n), 0.0)  # without a variance there is no test
        return [limit] * self.treatments, df, self._shifts(n)

    def _shown(self, place: int, limits: list[Numbers], df: Numbers | None, shifts: list[Numbers]) -> Numbers:
        """The probability that one is shown, any, or all."""
        loadings, usable = self.planned_loadings, df if df is None else where(df > 0, df, 1.0)
        if place == ANY:
            found = 1 - dunnett.all_below(limits, loadings, usable, shifts)
        else:
            which = range(self.treatments) if place == ALL else (place,)
            numbers = ([one[i] for i in which] for one in (limits, loadings, shifts))
            limits, loads, shifts = numbers
            found = dunnett.all_above(limits, loads, usable, shifts)
        return found if df is None else where(df <= 0, 0.0, found)

    def _scores(self, n: Numbers) -> list[Numbers]:
        """The normal score of what each test shows by its own formula; of those that are alike once."""
        of_one = self.participants_of_one(n)
        known = {id(one): score(one.success(of_one)) for one in self.tested}
        return [known[id(one)] for one in self.tested]

    def _shifts(self, n: Numbers) -> list[Numbers]:
        """How far each difference lies from the null, in standard errors."""
        return [one.distance_to_null(self.participants_of_one(n)) for one in self.comparisons]

    @property
    def counts(self) -> int:
        """Any, all, or the first."""
        return {"any": ANY, "all": ALL, "first": 0}[self.wins_if]

    # Participants.

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """For each treatment its data and the control's, who are the same every time."""
        sizes = [round(float(size)) for size in self.split(n)]
        arms = [rng.random((trials, size, self.design.uniforms)) for size in sizes]
        pairs = zip(self.comparisons, arms, strict=False)
        return tuple(one.draw_from(np.concatenate([arm, arms[-1]], axis=1)) for one, arm in pairs)

    def shown(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """The statistics, and which treatments are shown: (trials, treatments) each."""
        if self._student:
            statistics = self._student_statistics(data, fraction)
            n = data[0][1].shape[1] * self.block / self.weights[-1]
            return statistics, statistics >= self.critical_value(round(n * fraction))
        found = [one.analyse(of, fraction) for one, of in zip(self.tested, data, strict=True)]
        statistics = np.stack([statistic for statistic, _ in found], axis=-1)
        return statistics, np.stack([rejects for _, rejects in found], axis=-1) & (statistics > 0)

    def _student_statistics(self, data: tuple[Any, ...], fraction: float) -> Any:
        """By the variance within all arms."""
        arms = [pair[0] for pair in data] + [data[0][1]]
        arms = [arm[:, : round(fraction * arm.shape[1])] for arm in arms]
        within = pooled_variance(arms)
        ((limit, sign),) = self.design.sided_limits()
        control = arms[-1]
        columns = [
            sign
            * (arm.mean(axis=1) - control.mean(axis=1) - limit)
            / np.sqrt(within * (1 / arm.shape[1] + 1 / control.shape[1]))
            for arm in arms[:-1]
        ]
        return np.stack(columns, axis=-1)

    # What the answer holds.

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The critical value, and the power of each treatment, of any and of all."""
        found = super().details(n, target)
        return {"critical_value": self.critical_value(float(n))} | found if found else found

    def aimed_at(self, names: Sequence[str]) -> str:
        """Of which treatments an effect is to be shown."""
        return {
            "any": f"at least one of {listed_apart(names)}",
            "all": f"each of {listed_apart(names)}",
            "first": names[0],
        }[self.wins_if]

    def rule_in_words(self, names: Sequence[str]) -> str:
        """Each treatment by Dunnett's test."""
        needed = {"any": "at least one of them is", "all": "all of them are", "first": "the first of them is"}
        return (
            f"{listed_apart(names)} are each compared with the control by Dunnett's test, so that the chance of any "
            f"false claim is {self.level_in_words(self.alpha)}; the trial succeeds if {needed[self.wins_if]} shown"
            f"{self.shares_in_words(names)}"
        )


def _loading(comparison: Design) -> Numbers:
    """The root of the control's share of the variance of a difference."""
    parts = zip(comparison.latent(), comparison.weights, strict=True)
    treatment, control = ((variance(arm) + arm.shared) / weight for arm, weight in parts)
    share = control / (treatment + control)
    return sqrt(share if np.ndim(share) else float(share))
