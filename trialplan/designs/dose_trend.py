"""Proportions that rise, or fall, with the dose."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from trialplan import fields
from trialplan.design import Design, Sized
from trialplan.designs import _groups as grouped
from trialplan.designs import _written as written
from trialplan.designs._vectors import places
from trialplan.errors import ParameterError, field
from trialplan.numerics.elementary import divide, normal_cdf, normal_quantile, sqrt, square
from trialplan.numerics.lazy import np
from trialplan.outcome import DIFFERENCE_OF_PROPORTIONS, RESPONSE, EffectScale, Outcome
from trialplan.outcomes.drawn_responses import DrawnResponses, first_count
from trialplan.parameter import PROPORTION, RATE, Interval, Numbers, largest, parameter, smallest
from trialplan.rejection import decide, either_way
from trialplan.text import listed, percent

_EXAMPLE, _MOST_DOSES = "0,10,20", 20
"""How doses are written, and a bound against slips: the formula has none."""


def _read_doses(value: Any) -> tuple[float, ...]:
    """Two doses or more, each beyond the one before."""
    doses = written.row(value, _EXAMPLE)
    if not 2 <= len(doses) <= _MOST_DOSES or any(b <= a for a, b in itertools.pairwise(doses)):
        raise ParameterError(f"must be 2 to {_MOST_DOSES} doses, each beyond the one before, as in {_EXAMPLE}")
    return doses


class ResponsesByDose(Outcome):
    """Yes-or-no outcomes of as many groups as there are doses."""

    kind = "responses by dose"
    observed = RESPONSE
    responder = "responders"

    def effect_scale(self, design: Sized) -> EffectScale:
        """The difference between the highest dose and the lowest."""
        return DIFFERENCE_OF_PROPORTIONS

    def same_effect(self, design: Design) -> tuple[tuple[EffectScale, float], ...]:
        """The difference between the highest dose and the lowest, and the two rates' ratio of odds."""
        low, rise = float(design.control), float(design.effect_value())  # type: ignore[attr-defined]
        high = low + rise
        odds = EffectScale(name="odds ratio of the highest dose to the lowest", short="odds ratio", ratio=True)
        own = (self.effect_scale(design), rise)
        return (own, (odds, high / (1 - high) / (low / (1 - low)))) if 0 < high < 1 else (own,)

    def better(self, design: Design) -> str:
        """More or fewer of those who are counted."""
        return f"a {design.favourable} rate is better"


@dataclass(frozen=True, kw_only=True)
class DoseTrend(Design):
    """Does the proportion rise with the dose?

    The trend test of Cochran and Armitage over groups, each with its own dose as its score: one question for all of
    them, with more power than comparing each with the lowest where the response follows the scores. It errs
    little; where the response rises and falls again it may miss what is there.

    >>> design = DoseTrend(control=0.1, difference=0.4, doses=(1, 2, 3), profile=(0.375, 1))
    >>> round(design.unrounded(0.9), 3)
    74.722

    References:
        Cochran (1954), Biometrics 10:417; Armitage (1955), Biometrics 11:375 (the test).
        Nam (1987), Biometrics 43:701 (the sample size, here without the continuity correction).
    """

    outcome = ResponsesByDose()
    letters = {
        "x_j": "a dose",
        "w_j": "its share of the participants",
        "x": "the mean of the participants' doses",
        "p_j": "its rate",
        "p": "the mean of the participants' rates",
    }
    arm_names: ClassVar[tuple[str, ...]] = ("participants",)  # of an instance, its doses
    of_groups = True
    statistic_is_z = True
    exact = False
    formula = "Cochran–Armitage trend test, variance under the null for the level and at the rates for the power"
    reference = "Nam 1987"
    tex = (
        r"n = \frac{\left(z_{1-\alpha/s}\sqrt{p\,(1-p)\sum_j w_j\left(x_j-x\right)^2}+"
        r"z_{1-\beta}\sqrt{\sum_j w_j\,p_j(1-p_j)\left(x_j-x\right)^2}\right)^2}"
        r"{\left(\sum_j w_j\,p_j\left(x_j-x\right)\right)^2}"
    )
    stated_example = "--control 0.15 --difference 0.3 --power 0.8 --n 128"

    control: Numbers = parameter(
        "rate with the lowest dose",
        PROPORTION,
        symbol="p_1",
        unit="proportion",
        typical=(0.15, 0.35),
    )
    difference: Numbers = parameter(
        "rate with the highest dose minus rate with the lowest",
        Interval(-1, 1),
        role="effect",
        symbol="δ",
        unit="difference of proportions",
        typical=(0.2, 0.5),
    )
    doses: tuple[float, ...] = parameter(
        "dose of each group, the lowest first: its score in the test, so that logarithms may stand here",
        None,
        default=(0.0, 1.0, 2.0, 3.0),
        axis="doses",
        read=_read_doses,
    )
    profile: Numbers | tuple[float, ...] | None = parameter(
        "share of the whole difference that each dose beyond the lowest has, the last one 1; as the doses themselves "
        "say if it is not given",
        RATE,
        axis="doses",
        optional=True,
        unit="proportion",
        typical=(0.4, 0.9),
    )
    group_sizes: str | None = grouped.sizes("each dose in one allocation block, the lowest dose first", "2:1:1:1")
    favourable: fields.Favourable = fields.favourable()

    def check(self) -> None:
        """A share for each dose beyond the lowest, and rates that are rates."""
        if self.profile is not None and len(places(self.profile)) != len(self.doses) - 1:
            reason = f"must be {len(self.doses) - 1} shares, one for each dose beyond the lowest"
            raise ParameterError(reason, owner=self, parameter="profile", value=self.profile)
        if self.profile is not None and not (smallest(end := places(self.profile)[-1]) == largest(end) == 1):
            reason = f"must end with 1, for the highest dose has the whole {field('difference')}, not with {end:g}"
            raise ParameterError(reason, owner=self, parameter="profile", value=self.profile)
        # as many digits as tell two doses apart
        grouped.divide(self, self.group_sizes, [f"dose {repr(dose).removesuffix('.0')}" for dose in self.doses])
        if self.difference is None:
            return
        for rate in self.rates():
            if smallest(rate) <= 0 or largest(rate) >= 1:
                low, high = smallest(rate), largest(rate)
                reason = f"gives a dose a rate of {low if low <= 0 else high:.6g}, which is none in (0, 1)"
                raise ParameterError(reason, owner=self, parameter="difference", value=self.difference)

    def shares(self) -> list[Numbers]:
        """Of the difference, at each dose."""
        if self.profile is not None:
            return [0.0, *places(self.profile)]
        first, last = self.doses[0], self.doses[-1]
        return [(dose - first) / (last - first) for dose in self.doses]

    def rests_on(self) -> tuple[str, ...]:
        """The profile that the doses give, where none is stated."""
        if self.profile is not None:
            return ()
        shown = listed(percent(float(share)) for share in self.shares()[1:])
        return (f"the doses beyond the lowest have {shown} of the whole difference, in proportion to the doses",)

    def rates(self) -> list[Numbers]:
        """At each dose."""
        return [self.control + self.difference * share for share in self.shares()]

    def null_values(self) -> tuple[Numbers, ...]:
        """The same rate at every dose."""
        return (0.0,)

    def effect_domain(self) -> Interval:
        """What the lowest dose's rate leaves."""
        return Interval(-smallest(self.control), 1 - largest(self.control))

    def _moments(self) -> tuple[Numbers, Numbers, Numbers]:
        """Of a participant's score times response about the means: its mean, variance under the null, and variance."""
        weights, rates = self.split(1.0), self.rates()
        centre = sum(weight * dose for weight, dose in zip(weights, self.doses, strict=True))
        groups = [(weight, dose - centre, rate) for weight, dose, rate in zip(weights, self.doses, rates, strict=True)]
        mean: Any = sum(weight * rate for weight, _, rate in groups)
        trend: Any = sum(weight * far * rate for weight, far, rate in groups)
        null: Any = mean * (1 - mean) * sum(weight * square(far) for weight, far, _ in groups)
        true: Any = sum(weight * square(far) * rate * (1 - rate) for weight, far, rate in groups)
        return trend, null, true

    def reachable(self) -> Any:
        """Whether the rates follow the doses in the favourable direction."""
        return self.sign * self._moments()[0] > 0

    def success(self, n: Numbers) -> Numbers:
        """The tail in the treatment's favour."""
        return _tail(self, n)

    def power(self, n: Numbers) -> Numbers:
        """Both tails of a two-sided test."""
        return _EITHER(self, n)

    def unrounded(self, target: Numbers) -> Numbers:
        """In closed form."""
        trend, null, true = self._moments()
        return square(divide(self.z_alpha * sqrt(null) + normal_quantile(target) * sqrt(true), trend))

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The planned rate of each dose."""
        return super().details(n, target) | {"rates": [float(rate) for rate in self.rates()]}

    def detail_rows(self, extra: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The planned rate of each dose."""
        rest = {name: value for name, value in extra.items() if name != "rates"}
        shown = ", ".join(
            f"{percent(rate)} at {dose:g}" for rate, dose in zip(extra.get("rates", ()), self.doses, strict=False)
        )
        return [*super().detail_rows(rest), *([("rates", shown)] if shown else [])]

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """The responses of each dose, counted when `analyse` asks for them."""
        sizes = map(round, self.split(n))
        return tuple(
            DrawnResponses(size, float(rate), trials, rng) for size, rate in zip(sizes, self.rates(), strict=True)
        )

    def analyse(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """The covariance of score and response, over its standard error if none follows the other."""
        counts, sizes = zip(*(first_count(arm, fraction) for arm in data), strict=True)
        seen = np.stack(counts).astype(float)
        size, total = np.array(sizes, dtype=float)[:, None], float(sum(sizes))
        if not total:
            return decide(self, np.zeros(seen.shape[1]), np.zeros(seen.shape[1]), self.z_alpha)
        score = np.array(self.doses)[:, None]
        score = score - (size * score).sum() / total
        pooled = seen.sum(axis=0) / total
        error = np.sqrt(pooled * (1 - pooled) * (size * score**2).sum())
        return decide(self, (score * seen).sum(axis=0), error, self.z_alpha)


def _tail(design: DoseTrend, n: Numbers, direction: int = 1) -> Numbers:
    """P(reject) in the treatment's favour, or against it."""
    trend, null, true = design._moments()
    away = direction * design.sign * trend * sqrt(n)
    return normal_cdf(divide(away - design.z_alpha * sqrt(null), sqrt(true)))


_EITHER = either_way(_tail)
