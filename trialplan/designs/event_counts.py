"""Two rates of events that a participant may have again and again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from trialplan import fields, sizing
from trialplan.design import AnalysisTest, Design
from trialplan.designs import _rates as rated
from trialplan.designs._exact_rates import over_totals, rejection_regions, within
from trialplan.designs._rates import FollowUp, Tally, fitted_dispersion, fitted_rate, restricted_rate
from trialplan.errors import ParameterError, UnreachableError, field
from trialplan.numerics.elementary import divide, log, sqrt
from trialplan.numerics.lazy import np
from trialplan.numerics.student import z_power
from trialplan.numerics.two_rates import reciprocal_limits
from trialplan.outcomes.counts import COUNTS
from trialplan.parameter import POSITIVE, Interval, Numbers, parameter
from trialplan.rejection import decide, decide_by_z, either_way, no_evidence
from trialplan.stated import StatedEffect

Variance = Literal["true-rates", "reference-rate", "maximum-likelihood"]
"""At which rates the variance under the null is taken."""

_SEARCHED, _EVENTS = 200_000, 50_000
"""Participants and events, by normal theory, up to which an exact n is searched for: beyond, it takes minutes."""

_COUNTED = 1e8
"""Events that are expected up to which every total is asked: some seconds."""

_AT_OWN, _OF_REFERENCE, _MOST_LIKELY = "true-rates", "reference-rate", "maximum-likelihood"


@dataclass(frozen=True, kw_only=True)
class EventCounts(Design):
    """Is the rate of events under treatment a multiple of the control's, for counts that vary more than by chance?

    Counts are negative binomial, or Poisson where no dispersion is given. Zhu and Lakkis's example, 1,316 an arm:

    >>> EventCounts(control_rate=0.8, rate_ratio=0.85, dispersion=0.4, exposure=0.75).sample_size(0.8).n
    2632

    References:
        Zhu & Lakkis (2014), Statistics in Medicine 33:376 (superiority, the three variances under the null).
        Zhu (2017), Journal of Biopharmaceutical Statistics 27:107 (non-inferiority, equivalence).
        Tang (2018), Journal of Biopharmaceutical Statistics 28:475 (unequal follow-up, dispersion by arm).
        Przyborowski & Wilenski (1940), Biometrika 31:313 (the exact conditional test).
    """

    outcome = COUNTS
    scale = "ratio"
    loses_by = "dropout_rate"
    prolongs_by = rated.PROLONGED_BY
    called = {
        "negative-binomial": ("wald", "score"),
        "negative-binomial-regression": ("wald",),
        "poisson": ("wald", "score", "exact"),
        "poisson-regression": ("wald",),
        "conditional": ("exact",),
    }
    oddity = {"score": 1, "exact": 1}
    letters = {
        "y": "how many events there are",
        "y_T": "how many of them are in the treatment arm",
    }
    slips = rated.SLIPS
    stated_effects = (
        StatedEffect(
            name="treatment_rate",
            meaning="rate of events under treatment",
            gives="a ratio of rates",
            apply=lambda control, treatment: treatment / control,
            unit="events per unit of time",
        ),
        StatedEffect(
            name="reduction",
            meaning="relative reduction of the control rate",
            gives="a ratio of rates",
            apply=lambda control, reduction: 1 - reduction,
            unit="proportion",
            domain=Interval(-math.inf, 1),
            where="below 1, 10 % as 0.1",
        ),
    )

    control_rate: Numbers = parameter(
        "rate of events in the control arm",
        POSITIVE,
        role="comparator",
        symbol="λ_C",
        unit="events per unit of time",
        typical=(0.5, 2.0),
    )
    rate_ratio: Numbers = parameter(
        "rate of events under treatment over that of the control arm",
        POSITIVE,
        role="effect",
        symbol="θ",
        unit="ratio",
        typical=(0.5, 0.8),
        of_each="rate of events under each treatment over that of the control arm",
    )
    dispersion: Numbers | None = rated.dispersion(rated.VARIES, role="spread", symbol="k")
    dispersion_treatment: Numbers | None = rated.dispersion(
        "dispersion in the treatment arm, where it differs", symbol="k_T", of_each="dispersion in each treatment arm"
    )
    exposure: Numbers = rated.exposure()
    accrual_time: Numbers | None = rated.accrual_time()
    dropout_rate: Numbers | None = rated.dropout_rate("randomised")
    goal: fields.Goal = fields.goal()
    margin: Numbers | tuple[float, float] | None = fields.margin()
    favourable: fields.Favourable = parameter(
        "whether more or fewer events are better", fields.Favourable, default="lower"
    )
    variance: Variance | None = parameter(
        "rates at which the variance under the null is taken (Zhu & Lakkis 2014): for wald the true ones unless given, "
        "for score the most likely ones",
        Variance,
        optional=True,
    )
    test: Literal["wald", "score", "exact"] = parameter(
        "the analysis test", Literal["wald", "score", "exact"], role="method", default="wald"
    )
    allocation: str = fields.allocation()

    def check(self) -> None:
        """A margin that suits the goal, and a test that suits the counts and how long they are counted."""
        fields.check_margin(self, centre=1.0)
        if self.dispersion is None and self.dispersion_treatment is not None:
            raise ParameterError("is needed beside that of the treatment", owner=self, parameter="dispersion")
        if self.variance is None:
            return self._check_test()
        if self.test == "exact" or (self.test == "score" and self.variance != _MOST_LIKELY):
            way_out = "leave it out"
            raise ParameterError(
                f"is no choice with test {self.test}",
                owner=self,
                parameter="variance",
                value=self.variance,
                way_out=way_out,
            )
        return self._check_test()

    def _check_test(self) -> None:
        if self.test == "exact" and (self.dispersion is not None or not self.follow_up.equal):
            reason = "exact holds for Poisson counts over equal times"
            way_out = (
                f"leave {field('dispersion')}, {field('accrual_time')} and {field('dropout_rate')} out, or use wald"
            )
            raise ParameterError(reason, owner=self, parameter="test", value=self.test, way_out=way_out)
        if self.test == "score" and self.dispersion_treatment is not None:
            reason = "score takes one dispersion for both arms"
            raise ParameterError(reason, owner=self, parameter="test", value=self.test, way_out="use wald")
        if self._variance == _MOST_LIKELY and not self.follow_up.equal:
            reason = f"{_MOST_LIKELY} is known for equal times only"
            way_out = f"with test wald leave {field('variance')} out"
            raise ParameterError(reason, owner=self, parameter="variance", value=self._variance, way_out=way_out)

    @property
    def _variance(self) -> str:
        return self.variance or (_MOST_LIKELY if self.test == "score" else _AT_OWN)

    @property
    def followed(self) -> Numbers:
        """All are followed for the exposure."""
        return self.exposure

    @property
    def follow_up(self) -> FollowUp:
        """How long participants are followed."""
        return FollowUp(exposure=self.exposure, accrual_time=self.accrual_time, dropout_rate=self.dropout_rate)

    @property
    def formula(self) -> str:
        """With the rates at which the null's variance is taken."""
        at = {
            _AT_OWN: "at the true rates",
            _OF_REFERENCE: "at the control's rate",
            _MOST_LIKELY: "at the most likely rates",
        }
        known = self.analysis.formula
        return known if self.test == "exact" else f"{known}, variance under the null {at[self._variance]}"

    @property
    def tex(self) -> str:
        """The formula as TeX; nothing with a margin, unequal times, or a common rate of arms unlike in dispersion."""
        if self.test == "exact" or self.margin is not None:
            return super().tex
        if not self.follow_up.equal or (self.dispersion_treatment is not None and self._variance == _MOST_LIKELY):
            return ""
        spread = {
            (True, True): "",
            (False, True): r"+k\left(\frac{1}{w_T}+\frac{1}{w_C}\right)",
        }.get((self.dispersion is None, self.dispersion_treatment is None), r"+\frac{k_T}{w_T}+\frac{k}{w_C}")
        true = r"V_1 = \frac{1}{t}\left(\frac{1}{w_T\,\lambda_T}+\frac{1}{w_C\,\lambda_C}\right)" + spread
        rates = r"\lambda_T = \theta\lambda_C"
        return f"{_TEX}\n{true},\\quad {rates},\n{_RATES_UNDER_NULL[self._variance]}"

    @property
    def statistic_is_z(self) -> bool:
        """Of wald and score."""
        return self.test != "exact"

    @property
    def smooth(self) -> bool:
        """The exact test counts."""
        return self.test != "exact"

    def by_normal_theory(self) -> EventCounts:
        """By wald, where it counts."""
        return self if self.smooth else self.replace(test="wald")

    def blocks_lower_bound(self, target: float) -> int:
        """None is known; but where normal theory asks for more than can be searched, the search does not begin."""
        near = float(self.by_normal_theory().unrounded(target))
        if not (near < _SEARCHED and float(self._expected(near)) < _EVENTS):  # nan too
            raise UnreachableError(
                f"no number of participants can show rate ratio = {self.rate_ratio:.10g} with the exact test among "
                f"those searched, up to {_SEARCHED:,} with up to {_EVENTS:,} events",
                owner=self,
                way_out=sizing.by_normal_theory(self, "wald", near),
            )
        return 0

    def _expected(self, n: Numbers) -> Numbers:
        """The events of n participants."""
        shares = zip(self.weights, self.rates, strict=True)
        return n / self.block * self.exposure * sum(weight * rate for weight, rate in shares)

    def null_values(self) -> tuple[Numbers, ...]:
        """The rate ratios on the null's boundary."""
        return fields.limits(self.goal, self.margin, self.upward, reciprocal_limits, 1.0)

    def limits(self) -> tuple[Numbers, ...]:
        """Their logarithms."""
        return tuple(log(limit) for limit in self.null_values())

    @property
    def rates(self) -> tuple[Numbers, Numbers]:
        """Treatment, control."""
        return self.rate_ratio * self.control_rate, self.control_rate

    @property
    def dispersions(self) -> tuple[Numbers, Numbers]:
        """Treatment, control; 0 of Poisson counts."""
        own = 0.0 if self.dispersion is None else self.dispersion
        return (own if self.dispersion_treatment is None else self.dispersion_treatment), own

    def standard_error(self, n: Numbers) -> tuple[Numbers, None]:
        """Of the log rate ratio at the true rates."""
        return self._error(n, self.rates), None

    def _error(self, n: Numbers, rates: tuple[Numbers, Numbers]) -> Numbers:
        arms = zip(self.split(n), rates, self.dispersions, strict=True)
        return sqrt(sum(1 / (size * self.follow_up.information(rate, k)) for size, rate, k in arms))

    def _null_error(self, n: Numbers, ratio: Numbers) -> Numbers:
        """Of the log rate ratio where the null's variance is taken."""
        if self._variance == _AT_OWN:
            return self._error(n, self.rates)
        if self._variance == _OF_REFERENCE:
            return self._error(n, (ratio * self.control_rate, self.control_rate))
        means = tuple(rate * self.exposure for rate in self.rates)
        control = restricted_rate(means, self.weights, self.dispersions, ratio) / self.exposure
        return self._error(n, (ratio * control, control))

    def distances(self, n: Numbers, direction: int = 1) -> list[Numbers]:
        """How far the truth lies beyond the critical value of each limit, in standard errors at the true rates."""
        error, effect = self._error(n, self.rates), log(self.rate_ratio)
        ends = zip(self.sided_limits(), self.null_values(), strict=True)
        return [
            divide(direction * sign * (effect - limit) - self.z_alpha * self._null_error(n, ratio), error)
            for (limit, sign), ratio in ends
        ]

    def z_shown(self, effect: Any, n: Any) -> Any:
        """The log ratio over its error where the rates are those that are seen; of score the score on the null."""
        if self.test == "exact":
            return None
        seen = self.replace(rate_ratio=effect)
        ((limit, sign),), (ratio,) = self.sided_limits()[:1], self.null_values()[:1]
        if self.test == "wald":
            return sign * (np.log(effect) - limit) / seen._error(n, seen.rates)
        (n_t, n_c), means = self.split(n), tuple(rate * self.exposure for rate in seen.rates)
        control = restricted_rate(means, self.weights, self.dispersions, ratio)
        treatment, k = ratio * control, self.dispersions[1]
        told = n_t * treatment / (1 + k * treatment), n_c * control / (1 + k * control)
        surplus = n_t * (means[0] - treatment) / (1 + k * treatment)
        return sign * surplus / np.sqrt(told[0] * told[1] / (told[0] + told[1]))

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """Counts of each participant, a row a trial and a column a participant; unequal times followed beside them."""
        arms = zip(self.split(n), self.rates, self.dispersions, strict=True)
        return tuple(rated.drawn_counts(self.follow_up, rate, k, (trials, round(n)), rng) for n, rate, k in arms)

    def analyse(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """The test's statistic on the first fraction of each arm's participants."""
        seen = [arm[:, : round(fraction * arm.shape[1])] for arm in data]
        if not all(arm.shape[1] for arm in seen):
            return no_evidence(self, len(seen[0]))
        return self.analysis.statistic(self, *(Tally.seen(arm, self.exposure) for arm in seen))


def _normal_tail(design: EventCounts, n: Numbers, direction: int = 1) -> Numbers:
    """P(reject) in one direction; for equivalence beyond both limits."""
    return z_power(design.distances(n, direction), 0.0)


def _exact_tail(design: EventCounts, n: Numbers, direction: int = 1) -> Numbers:
    """P(reject) in one direction: the mean over all totals of events of the binomial chance given the total."""
    shape = design.shape(n)
    if shape and design.shape():
        sizes = np.broadcast_to(n, shape)
        cells = [_exact_tail(design.cell(cell, shape), float(sizes[cell]), direction) for cell in np.ndindex(shape)]
        return np.reshape(cells, shape)
    for broken in np.ravel(n)[np.ravel(n) % design.block != 0]:
        design.check_n(float(broken))
    expected = np.ravel(design._expected(n))
    if (most := expected.max(initial=0.0)) > _COUNTED:
        reason = f"exact would count {most:.3g} events, and it counts up to {_COUNTED:.0e}"
        way_out = f"use {field('test')} wald"
        raise ParameterError(reason, owner=design, parameter="test", value=design.test, way_out=way_out)
    (w_t, w_c), (rate_t, rate_c) = design.weights, design.rates
    share = w_t * rate_t / (w_t * rate_t + w_c * rate_c)
    shares = [
        (ratio * w_t / (ratio * w_t + w_c), direction * sign)
        for (_, sign), ratio in zip(design.sided_limits(), design.null_values(), strict=True)
    ]

    def chance(totals: Any) -> Any:
        return within(*rejection_regions(totals, shares, design.level), totals, share)

    return over_totals(expected, chance).reshape(np.shape(n))


def _wald_statistic(design: EventCounts, *arms: Tally) -> tuple[Any, Any]:
    """The log rate ratio over its standard error, rates and dispersion most likely; without events, no evidence."""
    none = np.zeros(len(arms[0].counts))
    if design.dispersion is None:
        dispersions = [none, none]
    elif design.dispersion_treatment is None:
        dispersions = 2 * [fitted_dispersion([[one] for one in arms])]
    else:
        dispersions = [fitted_dispersion([[one]]) for one in arms]
    rates = [fitted_rate([one], k) for one, k in zip(arms, dispersions, strict=True)]
    seen = np.logical_and(*(rate > 0 for rate in rates))
    told = [
        np.where(seen, one.information(rate, k), 1.0) for one, rate, k in zip(arms, rates, dispersions, strict=True)
    ]
    logs = [np.log(np.where(seen, rate, 1.0)) for rate in rates]
    error = np.where(seen, np.sqrt(sum(1 / one for one in told)), np.inf)
    return decide(design, logs[0] - logs[1], error, design.z_alpha)


def _score_statistic(design: EventCounts, *arms: Tally) -> tuple[Any, Any]:
    """On each limit the score of the log rate ratio at the most likely rates there; without events, no evidence."""
    zs = []
    for ratio in design.null_values():
        treatment, control = together = (arms[0].times(ratio), arms[1])
        k = np.zeros(len(control.counts)) if design.dispersion is None else fitted_dispersion([together])
        rate = fitted_rate(together, k)
        seen = rate > 0
        told = [np.where(seen, one.information(rate, k), 1.0) for one in together]
        error = np.sqrt(told[0] * told[1] / (told[0] + told[1]))
        zs.append(np.where(seen, treatment.surplus(rate, k), 0.0) / error)
    return decide_by_z(design, zs)


def _exact_statistic(design: EventCounts, *arms: Tally) -> tuple[Any, Any]:
    """Whether the treatment's events lie beyond the critical values given all; signed by their surplus at the null."""
    events = [one.events[:, 0] for one in arms]
    totals = events[0] + events[1]
    time = [one.number * one.time for one in arms]
    shares = [ratio * time[0] / (ratio * time[0] + time[1]) for ratio in design.null_values()]
    signs = [sign for _, sign in design.sided_limits()]
    low, high = rejection_regions(totals, list(zip(shares, signs, strict=True)), design.level)
    rejects = (events[0] >= low) & (events[0] <= high)
    if design.two_tailed:
        low, high = rejection_regions(totals, [(shares[0], -signs[0])], design.level)
        rejects |= (events[0] >= low) & (events[0] <= high)
    surplus = [sign * (events[0] - share * totals) for sign, share in zip(signs, shares, strict=True)]
    return np.minimum.reduce(surplus), rejects


_TEX = r"n = \frac{\left(z_{1-\alpha/s}\sqrt{V_0}+z_{1-\beta}\sqrt{V_1}\right)^2}{\left(\ln\theta\right)^2},"

_RATES_UNDER_NULL = {
    _AT_OWN: r"V_0 = V_1",
    _OF_REFERENCE: r"V_0\text{ the same with }\lambda_C\text{ for }\lambda_T",
    _MOST_LIKELY: r"V_0\text{ the same with }w_T\,\lambda_T+w_C\,\lambda_C\text{ for both rates}",
}
"""The variance on the null as TeX. Without a margin the most likely rate of both arms, where they are followed equally
and share a dispersion, is the mean rate (Zhu & Lakkis 2014, method 3)."""

_TEX_EXACT = (
    r"1-\beta = \sum_y\frac{\mu^y e^{-\mu}}{y!}\sum_{y_T\in R}\binom{y}{y_T}\pi^{y_T}\left(1-\pi\right)^{y-y_T},\quad "
    r"\mu = t\lambda_C\left(n_T\theta+n_C\right),\quad \pi = \frac{n_T\theta}{n_T\theta+n_C}"
)

EventCounts.tests = {
    "wald": AnalysisTest(
        prose="Wald's test of the log rate ratio in negative binomial regression, or Poisson's without a dispersion. "
        "What trials report; a little liberal in small trials, where the dispersion is estimated too low.",
        formula="Wald test of the log ratio of two rates",
        reference="Zhu & Lakkis 2014",
        goals=fields.GOALS,
        scales=("ratio",),
        power=either_way(_normal_tail),
        success=_normal_tail,
        statistic=_wald_statistic,
    ),
    "score": AnalysisTest(
        prose="The score test at the rates and the dispersion that are most likely on the null. Defined without events "
        "in an arm, too, and nearer to its level than Wald's in small trials; the same in large ones.",
        formula="Score test of the ratio of two rates",
        reference="Zhu & Lakkis 2014",
        goals=fields.GOALS,
        scales=("ratio",),
        power=either_way(_normal_tail),
        success=_normal_tail,
        statistic=_score_statistic,
    ),
    "exact": AnalysisTest(
        prose="The binomial test of the treatment's share of all events, which holds its level exactly for Poisson "
        "counts. Used where events are rare; wrong where counts vary more than by chance.",
        formula="Exact conditional test of two Poisson rates",
        reference="Przyborowski & Wilenski 1940",
        goals=fields.GOALS,
        scales=("ratio",),
        power=either_way(_exact_tail),
        success=_exact_tail,
        statistic=_exact_statistic,
        tex=_TEX_EXACT,
        exact=True,
    ),
}
