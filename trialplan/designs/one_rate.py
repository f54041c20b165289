"""One rate of events, in a single group, against a fixed rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from trialplan import fields, sizing
from trialplan.design import AnalysisTest, Design, Sized
from trialplan.designs import _rates as rated
from trialplan.designs._rates import FollowUp, Tally, fitted_dispersion, fitted_rate
from trialplan.errors import ParameterError, UnreachableError, field
from trialplan.numerics.elementary import divide, exp, log, normal_quantile, sqrt, square
from trialplan.numerics.lazy import np, special
from trialplan.numerics.student import z_power
from trialplan.outcome import EffectInterval, EffectScale
from trialplan.outcomes.counts import Counts
from trialplan.parameter import PER_TIME, POSITIVE, Numbers, largest, parameter
from trialplan.rejection import decide, either_way, no_evidence
from trialplan.time_unit import in_time

_SEARCHED = 200_000
"""Participants up to which the exact test is tried, n by n."""

_COUNTED = 1e10
"""Events up to which the inverse of the Poisson distribution is right; beyond it has no value."""

_JUDGED = 1_000_000
"""Events expected at the null rate up to which each count of them is judged."""

_EXACT, _WALD = "exact", "wald"
TestName = Literal["exact", "wald"]
"""The tests of a rate of events."""


class Rate(Counts):
    """Events of one group."""

    def effect_scale(self, design: Sized) -> EffectScale:
        """A rate."""
        return EffectScale(name="rate of events", short="rate", unit=in_time(PER_TIME, design.time_unit))

    def same_effect(self, design: Design) -> tuple[tuple[EffectScale, float], ...]:
        """As a rate, and as its ratio to the null."""
        ratio = float(design.effect_value()) / float(design.null_values()[0])
        own = (self.effect_scale(design), float(design.effect_value()))
        return own, (EffectScale(name="ratio to the null rate", short="ratio to the null rate", ratio=True), ratio)

    def interval(self, design: Design, n: int, confidence: float, no_effect: bool) -> EffectInterval | None:
        """A factor either way of the planned rate or of the null, by the standard error of its logarithm."""
        error, _ = design.standard_error(n)
        factor = exp(float(normal_quantile(0.5 + confidence / 2)) * float(error))
        centre = float(design.null_values()[0] if no_effect else design.effect_value())
        return EffectInterval(name="Wald interval of the rate", limits=(centre / factor, centre * factor))


@dataclass(frozen=True, kw_only=True)
class OneRate(Design):
    """Do events come more rarely, or more often, than at a rate that would not be worth pursuing?

    Counts are Poisson for the exact test, so its power is a saw-tooth in n; with a dispersion they are negative
    binomial. What the group would have shown without treatment is not known.

    >>> exact = OneRate(null=1.0, expected=0.6, alpha=0.025).sample_size(0.9)
    >>> exact.first_n, exact.n
    (55, 55)
    >>> OneRate(null=1.0, expected=0.6, test="wald", alpha=0.025).sample_size(0.9).n
    68

    References:
        Garwood (1936), Biometrika 28:437 (the exact tails).
        Lawless (1987), Canadian Journal of Statistics 15:209 (negative binomial).
    """

    outcome = Rate()
    arm_names: ClassVar[tuple[str, ...]] = ("treatment",)
    goal = fields.SINGLE_ARM
    loses_by = "dropout_rate"
    prolongs_by = rated.PROLONGED_BY
    called = {"poisson": (_EXACT, _WALD), "negative-binomial": (_WALD,), "z": (_WALD,), "normal": (_WALD,)}
    oddity = {_WALD: 1}
    slips = rated.SLIPS
    letters = {
        "n": "the participants",
        "y": "the events that are seen",
        "c": "the fewest, or most, events that reject",
    }
    stated_example = "--null 1 --expected 0.6 --power 0.9 --n 55"

    null: Numbers = parameter(
        "rate of events that would not be worth pursuing",
        POSITIVE,
        role="comparator",
        symbol="λ₀",
        unit="events per unit of time",
        typical=(0.8, 1.4),
    )
    expected: Numbers = parameter(
        "rate of events hoped for under the treatment",
        POSITIVE,
        role="effect",
        symbol="λ₁",
        unit="events per unit of time",
        typical=(0.5, 2.0),
    )
    dispersion: Numbers | None = rated.dispersion(rated.VARIES, symbol="k")
    exposure: Numbers = rated.exposure()
    accrual_time: Numbers | None = rated.accrual_time()
    dropout_rate: Numbers | None = rated.dropout_rate("enrolled")
    favourable: fields.Favourable = parameter(
        "whether more or fewer events are better", fields.Favourable, default="lower"
    )
    test: TestName = parameter("the analysis test", TestName, role="method", default=_EXACT)

    def check(self) -> None:
        """A test that suits the counts and how long they are counted."""
        if self.test == _EXACT and (self.dispersion is not None or not self.follow_up.equal):
            reason = "exact holds for Poisson counts over equal times"
            parts = f"{field('dispersion')}, {field('accrual_time')} and {field('dropout_rate')}"
            way_out = f"leave {parts} out, or use wald"
            raise ParameterError(reason, owner=self, parameter="test", value=self.test, way_out=way_out)

    @property
    def followed(self) -> Numbers:
        """All are followed for the exposure."""
        return self.exposure

    @property
    def follow_up(self) -> FollowUp:
        """How long participants are followed."""
        return FollowUp(exposure=self.exposure, accrual_time=self.accrual_time, dropout_rate=self.dropout_rate)

    @property
    def smooth(self) -> bool:
        """The exact test counts."""
        return self.test == _WALD

    @property
    def two_tailed(self) -> bool:
        """Whether the test rejects in either direction."""
        return self.sides == 2

    @property
    def statistic_is_z(self) -> bool:
        """That of wald."""
        return self.smooth

    @property
    def logarithmic(self) -> bool:
        """Of wald, which compares logarithms; the exact test counts."""
        return self.smooth

    @property
    def tex(self) -> str:
        """The formula as TeX; wald's for equal times, the exact one's for one direction."""
        if self.smooth:
            return super().tex if self.follow_up.equal else ""
        return _TEX_EXACT[self.upward] if self.sides == 1 else ""

    @property
    def _dispersion(self) -> Numbers:
        """0 of Poisson counts."""
        return 0.0 if self.dispersion is None else self.dispersion

    def null_values(self) -> tuple[Numbers, ...]:
        """The null rate."""
        return (self.null,)

    def limits(self) -> tuple[Numbers, ...]:
        """Its logarithm where that is compared."""
        return (log(self.null),) if self.smooth else (self.null,)

    def standard_error(self, n: Numbers) -> tuple[Numbers, None]:
        """Of the log rate at the planned rate."""
        return 1 / sqrt(n * self.follow_up.information(self.expected, self._dispersion)), None

    def distance(self, n: Numbers) -> Numbers:
        """How far the planned log rate lies from the null's, in its standard errors."""
        return self.sign * divide(log(self.expected / self.null), self.standard_error(n)[0])

    def unrounded(self, target: Numbers) -> Numbers:
        """In closed form under normal theory; the exact test has no real-valued n, and this one is near it."""
        error, _ = self.standard_error(1.0)
        return square(divide((self.z_alpha + normal_quantile(target)) * error, log(self.expected / self.null)))

    def by_normal_theory(self) -> Design:
        """By wald, where the test is exact."""
        return self if self.smooth else self.replace(test=_WALD)

    def blocks_lower_bound(self, target: float) -> int:
        """None is known; but where normal theory asks for more than can be searched, the search does not begin."""
        near = float(self.unrounded(target))
        if not near < _SEARCHED:
            raise UnreachableError(
                f"no number of participants can show expected = {self.expected:.10g} with the exact test among those "
                f"searched, up to {_SEARCHED:,}",
                owner=self,
                way_out=sizing.by_normal_theory(self, "wald", near),
            )
        return 0

    def actual_size(self, n: int) -> float | None:
        """The type I error that n participants really have: at the null rate, at most alpha; of the exact test."""
        return None if self.smooth else float(self.replace(expected=self.null).power(n))

    def counted_size(self, n: int) -> float | None:
        """Of Poisson counts over equal times, whose sum is Poisson too."""
        if self.dispersion is not None or not self.follow_up.equal:
            return None
        mean = float(self.null) * float(self.exposure) * n
        if not mean <= _JUDGED:
            return None
        x = np.arange(int(mean + 40 * mean**0.5) + 50)[:, None]
        _, rejects = self.analysis.statistic(self, Tally(x, n, float(self.exposure), x))
        return float(np.exp(special.xlogy(x[:, 0], mean) - mean - special.gammaln(x[:, 0] + 1)) @ rejects)

    def critical_count(self, n: int) -> int:
        """The first count of events, in the favourable direction, that rejects; -1 where none does."""
        return int(_critical(self, n, self.upward))

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The events that are expected; of the exact test, its actual size and the count that rejects."""
        own = {} if self.smooth else {"critical_count": self.critical_count(n)}
        rate = self.follow_up.information(self.expected, 0.0)
        return super().details(n, target) | {"events": float(n * rate)} | own

    def detail_rows(self, extra: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The actual level, the events, and the count from which the null is rejected."""
        level = {name: size for name, size in extra.items() if name == "actual_size"}
        rows = super().detail_rows(level)
        if "events" in extra:
            rows.append(("events", f"{extra['events']:.1f} expected"))
        if "critical_count" in extra:
            count, more = extra["critical_count"], "or more" if self.upward else "or fewer"
            rows.append(("rejects from", "no count of events" if count < 0 else f"{count:,} events {more}"))
        return rows

    def z_shown(self, effect: Any, n: Any) -> Any:
        """The log rate over its error where the rate is that which is seen; of the exact test there is none."""
        if not self.smooth:
            return None
        told = self.follow_up.information(effect, self._dispersion)
        return self.sign * np.log(effect / self.null) * np.sqrt(n * told)

    def draw(self, n: int, trials: int, rng: Any) -> Any:
        """Counts, a row a trial and a column a participant; unequal times followed beside them on the last axis."""
        return rated.drawn_counts(self.follow_up, self.expected, self._dispersion, (trials, n), rng)

    def analyse(self, data: Any, fraction: float = 1) -> tuple[Any, Any]:
        """The test's statistic on the first fraction of participants."""
        seen = data[:, : round(fraction * data.shape[1])]
        if not seen.shape[1]:
            return no_evidence(self, len(seen))
        return self.analysis.statistic(self, Tally.seen(seen, self.exposure))


def _critical(design: OneRate, n: Numbers, upward: bool) -> Any:
    """The fewest events (upward) or the most whose tail at the null is at most the level; -1 where there are none."""
    mean, level = np.broadcast_arrays(n * design.exposure * design.null, design.level)
    if largest(mean) > _COUNTED:
        reason = f"exact would count {largest(mean):.3g} events at the null rate, and it counts up to {_COUNTED:.0e}"
        way_out = f"use {field('test')} wald"
        raise ParameterError(reason, owner=design, parameter="test", value=design.test, way_out=way_out)
    with np.errstate(all="ignore"):
        near = np.floor(special.pdtrik(1 - level if upward else level, mean))
    near = np.nan_to_num(near, nan=0.0)
    if upward:
        # the inverse at 1 - level may be off by its rounding: step until the tail itself fits, then back
        while np.any(above := special.pdtrc(near, mean) > level):
            near = np.where(above, near + 1, near)
        while np.any(fits := (near >= 0) & (_beyond(near - 1, mean) <= level)):
            near = np.where(fits, near - 1, near)
        return near + 1
    while np.any(fits := special.pdtr(near + 1, mean) <= level):
        near = np.where(fits, near + 1, near)
    while np.any(above := (near >= 0) & (special.pdtr(np.maximum(near, 0), mean) > level)):
        near = np.where(above, near - 1, near)
    return near


def _beyond(count: Any, mean: Any) -> Any:
    """P(X > count) of a Poisson variable; 1 below 0."""
    return np.where(count < 0, 1.0, special.pdtrc(np.maximum(count, 0), mean))


def _exact_tail(design: OneRate, n: Numbers, direction: int = 1) -> Numbers:
    """P(reject in one direction); participants are whole."""
    broken = np.ravel(n)[np.ravel(n) % 1 != 0]
    if broken.size:
        design.check_n(float(broken[0]))
    upward = design.upward is (direction > 0)
    critical, mean = _critical(design, n, upward), n * design.exposure * design.expected
    if upward:
        return _beyond(critical - 1, mean)
    return np.where(critical < 0, 0.0, special.pdtr(np.maximum(critical, 0), mean))


def _exact_statistic(design: OneRate, seen: Tally) -> tuple[Any, Any]:
    """By summing the Poisson probabilities at the null from their logs; no shared code with the power."""
    events = seen.counts.sum(axis=1)
    mean = float(design.null) * float(design.exposure) * seen.counts.shape[1]
    x = np.arange(max(int(events.max(initial=0)), int(mean + 40 * mean**0.5)) + 50)
    mass = np.exp(special.xlogy(x, mean) - mean - special.gammaln(x + 1))
    at_least, at_most = mass[::-1].cumsum()[::-1], mass.cumsum()
    favoured = (at_least if design.upward else at_most) <= design.level
    opposed = (at_most if design.upward else at_least) <= design.level
    return design.sign * (events - mean), (favoured | (opposed & (design.sides == 2)))[events]


def _wald_tail(design: OneRate, n: Numbers, direction: int = 1) -> Numbers:
    return z_power([direction * design.distance(n)], design.z_alpha)


def _wald_statistic(design: OneRate, seen: Tally) -> tuple[Any, Any]:
    """The log rate over its standard error, rate and dispersion most likely; without events, no evidence."""
    k = np.zeros(len(seen.counts)) if design.dispersion is None else fitted_dispersion([[seen]])
    rate = fitted_rate([seen], k)
    there = rate > 0
    told = np.where(there, seen.information(rate, k), 1.0)
    error = np.where(there, 1 / np.sqrt(told), np.inf)
    return decide(design, np.log(np.where(there, rate, 1.0)), error, design.z_alpha)


_TEX_EXACT = {
    False: r"1-\beta = \sum_{y\le c}\frac{\mu_1^y e^{-\mu_1}}{y!},\quad \mu_i = n\,t\,\lambda_i,"
    "\n"
    r"c = \max\left\{c: \sum_{y\le c}\frac{\mu_0^y e^{-\mu_0}}{y!}\le\alpha/s\right\}",
    True: r"1-\beta = \sum_{y\ge c}\frac{\mu_1^y e^{-\mu_1}}{y!},\quad \mu_i = n\,t\,\lambda_i,"
    "\n"
    r"c = \min\left\{c: \sum_{y\ge c}\frac{\mu_0^y e^{-\mu_0}}{y!}\le\alpha/s\right\}",
}
"""For a lower and a higher rate."""

_TEX_WALD = (
    r"n = \frac{\left(z_{1-\alpha/s}+z_{1-\beta}\right)^2}{\left(\ln\lambda_1-\ln\lambda_0\right)^2}"
    r"\left(\frac{1}{t\lambda_1}+k\right)"
)

OneRate.tests = {
    _EXACT: AnalysisTest(
        prose="Poisson tail at the null rate; two-sided, each tail at alpha/2, as Garwood's intervals have it. Never "
        "exceeds its level; wrong where counts vary more than by chance.",
        formula="exact test of a Poisson rate",
        reference="Garwood 1936",
        goals=(fields.SINGLE_ARM,),
        power=either_way(_exact_tail),
        success=_exact_tail,
        statistic=_exact_statistic,
        exact=True,
        tex=_TEX_EXACT[False],
    ),
    _WALD: AnalysisTest(
        prose="Wald's test of the log rate, of negative binomial counts where there is a dispersion. Takes unequal "
        "times; off where few events are expected.",
        formula="Wald test of the log of a rate",
        reference="Lawless 1987",
        goals=(fields.SINGLE_ARM,),
        power=either_way(_wald_tail),
        success=_wald_tail,
        statistic=_wald_statistic,
        tex=_TEX_WALD,
    ),
}
