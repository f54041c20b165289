"""Responses: yes-or-no outcomes, counted by arm, compared by a difference, a ratio or an odds ratio of rates."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from trialplan.errors import ParameterError, field, setting
from trialplan.numerics.binomial_limits import newcombe_width, wilson_limits
from trialplan.numerics.elementary import normal_quantile
from trialplan.numerics.lazy import np, special
from trialplan.numerics.search import first_share
from trialplan.numerics.two_rates import SCALES
from trialplan.outcome import (
    DIFFERENCE,
    DIFFERENCE_OF_PROPORTIONS,
    ODDS_RATIO,
    RATIO,
    RESPONSE,
    Counts,
    EffectInterval,
    EffectScale,
    InterimData,
    IntervalAt,
    Latent,
    Limits,
    Outcome,
    by_arm,
)
from trialplan.outcomes.looks import check_arms, of_look
from trialplan.outcomes.pooled_rate import POOLED_RATE
from trialplan.outcomes.rate_intervals import AROUND, OF_LOG_ODDS, limits, method, observed
from trialplan.parameter import Numbers

if TYPE_CHECKING:
    from trialplan.design import Design, Sized


class Responses(Outcome):
    """Yes or no: a design says the rate of each group that is counted (`count_rates`) and judges counts (`judge`)."""

    kind = "responses"
    observed = RESPONSE
    responder = "responders"
    planned = "rates"
    results = ("events", "z")
    blinded = POOLED_RATE
    z_is_read = "by the variance of its test, with control as planned"

    def effect_scale(self, design: Sized) -> EffectScale:
        """Of two rates the scale of the limits; of one the rate itself, which is read as a difference from the null."""
        name = design.scale
        if name == DIFFERENCE:
            long = "difference of proportions" if len(design.arm_names) > 1 else "difference from the null rate"
            return EffectScale(name=long, short="difference", points=True)
        short = name.replace("-", " ")
        return EffectScale(name="ratio of proportions" if name == RATIO else short, short=short, ratio=True)

    def same_effect(self, design: Design) -> tuple[tuple[EffectScale, float], ...]:
        """Of two arms absolute and relative, as DELTA2 asks."""
        if len(design.arm_names) == 1:
            return ()
        treatment, control = map(float, design.count_rates())
        difference = DIFFERENCE_OF_PROPORTIONS, treatment - control
        if not (0 < control < 1 and treatment < 1):  # there is no ratio to none, and no odds of all
            return (difference,)
        return (
            difference,
            (EffectScale(name="ratio of proportions", short="ratio of rates", ratio=True), treatment / control),
            (EffectScale(name="odds ratio", short="odds ratio", ratio=True), _estimate(ODDS_RATIO, treatment, control)),
        )

    def target_scale(self, design: Design) -> EffectScale:
        """Of two rates their difference; of one the rate itself."""
        if len(design.arm_names) > 1:
            return DIFFERENCE_OF_PROPORTIONS
        return EffectScale(name="rate", short="rate")

    def null_limits(self, design: Design) -> tuple[Numbers, ...]:
        """On the scale that the rates are compared on; of one arm as differences from the null rate."""
        if len(design.arm_names) == 1:
            return tuple(limit - design.value("comparator") for limit in design.limits())
        return design.limits()

    def better(self, design: Design) -> str:
        """More or fewer of those who are counted."""
        return f"a {design.favourable} rate is better"

    def missing_counts_as(self, design: Design) -> str:
        """Without the response; where fewer are better, without the event, which is the better outcome."""
        return "a non-responder" if design.upward else "a participant without the event"

    def estimate_name(self, design: Design) -> str:
        """On the scale of the test; of one arm its rate."""
        if len(design.arm_names) == 1:
            return "rate"
        # what is added keeps empty cells from having no odds, and moves the estimate towards none (Gart 1966)
        added = ", half added to each count" if design.test in AROUND else ""
        return design.test_scale.replace("-", " ") + added

    def estimate_in_points(self, design: Design) -> bool:
        """A difference of two rates is."""
        return len(design.arm_names) > 1 and design.test_scale == DIFFERENCE

    def example_of_look(self, design: type[Design]) -> str:
        """Responders of participants of each arm."""
        return "--events 3/6" if len(design.arm_names) == 1 else "--events 14/30,9/30"

    def look_as_planned(self, design: Design, n: int) -> str:
        """The responders that are expected in each arm."""
        sizes = design.count_sizes(n)
        if len(sizes) != len(design.arm_names):
            return super().look_as_planned(design, n)
        seen = (f"{round(float(rate) * size)}/{size}" for rate, size in zip(design.count_rates(), sizes, strict=True))
        return f"--events {','.join(seen)}"

    def counts(self, design: Sized, n: int) -> Counts | None:
        """One binomial count for each arm, or for each stage."""
        return Counts(sizes=design.count_sizes(n), rates=design.count_rates())

    def rates_on_null(self, design: Design, at: int) -> Callable[[Any], tuple[Any, ...]] | None:
        """Of two arms, the treatment's rate on the limit for a control rate; one arm has no nuisance."""
        comparator = design.field("comparator")
        if len(design.arm_names) < 2 or comparator is None:
            return None
        return lambda rate: (design.replace(**{comparator: rate}).null_values()[at], rate)

    def interval(self, design: Design, n: int, confidence: float, no_effect: bool) -> EffectInterval | None:
        """The one that inverts the design's test, or score where it has none; of one arm Wilson's, less the null."""
        rates = [float(rate) for rate in design.count_rates()]
        if len(design.arm_names) == 1:
            null = float(design.value("comparator"))
            z = NormalDist().inv_cdf(0.5 + confidence / 2)  # the digits of an evidence table's intervals
            low, high = wilson_limits(null if no_effect else rates[0], n, z)
            name = "Wilson interval of the rate, less the null rate"
            return EffectInterval(name=name, limits=(float(low) - null, float(high) - null))
        sizes = design.count_sizes(n)
        counts = sizes[0] * (rates[1] if no_effect else rates[0]), sizes[1] * rates[1]
        return observed(design, counts, sizes, confidence)

    def expected_width(self, design: Design, n: int, confidence: float) -> Numbers | None:
        """Of Newcombe's interval of the difference, at the true rates."""
        if len(design.arm_names) == 1:
            return None
        treatment, control = design.count_rates()
        n_t, n_c = design.split(n)
        return newcombe_width((treatment, control), (n_t, n_c), normal_quantile(0.5 + confidence / 2))

    def observed_width(self, counts: Sequence[Any], sizes: Sequence[int], confidence: float) -> Any:
        """Of Newcombe's interval, of two groups."""
        (x_t, x_c), (n_t, n_c) = counts, sizes
        return newcombe_width((x_t / n_t, x_c / n_c), (n_t, n_c), normal_quantile(0.5 + confidence / 2))

    def smallest_significant(self, design: Design, n: int) -> float | None:
        """The observed effect of whole counts nearest to the null, with the expected controls; none for equivalence."""
        if len(design.null_values()) == 2:
            return None
        _check_counted(design, n)
        if len(design.arm_names) == 1:
            sizes, seen = design.count_sizes(n), np.arange(n + 1)
            count = _nearest(design, _in_stages(design, seen, sizes), sizes)
            return None if count is None else count / n - float(design.value("comparator"))
        found = smallest_rates(design, n)
        if found is None:
            return None
        treatment, control = found
        if design.scale == DIFFERENCE:
            return treatment - control
        below = control if design.scale == RATIO else control * (1 - treatment)
        above = treatment if design.scale == RATIO else treatment * (1 - control)
        return above / below if below else None

    def shrunk(self, design: Design, ratio: float) -> Design:
        """The rate of the treatment, or the one arm, has so many times its odds."""
        rate = design.effect_value()
        if rate in (0, 1):
            raise ParameterError(f"a rate of {rate:g} has no odds that could be shrunk", owner=design)
        odds = ratio * rate / (1 - rate)
        return design.replace(**{design.effect: odds / (1 + odds)})

    def seen(
        self, design: Design, n: int, kind: str, arms: Sequence[tuple[Any, int]], sds: Sequence[float] | None = None
    ) -> InterimData:
        """From responders and participants of each arm, by the design's own test."""
        if kind != "events":
            way_out = f"give {setting('events', '14/30,9/30')}, or {field('z')}"
            raise ParameterError(f"are no results of {design.slug()}", parameter=kind, way_out=way_out)
        check_arms(design, "events", arms)
        for events, of in arms:
            if events > of:
                way_out = "write responders first, as in 14/30"
                raise ParameterError(f"are {events} of {of} participants", parameter="events", way_out=way_out)
        counts = tuple(np.array([float(events)]) for events, _ in arms)
        z = float(design.judge(counts, tuple(of for _, of in arms))[0][0])
        rates, sizes = [events / of for events, of in arms], tuple(of for _, of in arms)
        estimate, interval, method = (_one_rate if len(arms) == 1 else _two_rates)(design, rates, sizes)
        return of_look(design, n, sizes, z=z, estimate=estimate, interval=interval, method=method)

    def largest_z(self, design: Design, n: float) -> float | None:
        """Over all counts of the design's own test, or over some thousand of each arm where there are more."""
        sizes = tuple(math.ceil(size) for size in design.split(n))
        tried = [np.unique(np.rint(np.linspace(0, size, min(size, _TRIED) + 1))) for size in sizes]
        with np.errstate(all="ignore"):
            z, _ = design.judge(tuple(np.meshgrid(*tried, indexing="ij")), sizes)
        return float(np.abs(z[np.isfinite(z)]).max())

    def estimate_at(self, design: Design, n: Any, z: Any) -> Any:
        """By the test of the counts that are expected of the control, and of the treatment's that are sought."""
        sizes, rates = design.split(np.asarray(n, dtype=float)), design.count_rates()
        rate = _rate_at(design, sizes, np.asarray(z, dtype=float))
        return _estimates(design, (rate, *rates[1:]), sizes)

    def draw_from(self, design: Design, uniforms: Any) -> Any:
        """Whether each participant responds, one column a participant; one array for each arm, one alone for one."""
        arms = by_arm(design, uniforms[..., 0])
        found = tuple(arm >= 1 - rate for arm, rate in zip(arms, design.count_rates(), strict=True))
        return found if len(found) > 1 else found[0]

    def latent(self, design: Design) -> tuple[Latent, ...]:
        """One jump, where z is beyond the rate's quantile, as large as the arm's rate moves the statistic."""
        rates = design.count_rates()
        if any(np.any((np.asarray(rate) == 0) | (np.asarray(rate) == 1)) for rate in rates):
            raise ParameterError("a rate of 0 or 1 depends on nothing, and so has no correlation", owner=design)
        steps = _slopes(design, rates)
        return tuple(Latent(cuts=(-special.ndtri(rate),), jumps=(by,)) for rate, by in zip(rates, steps, strict=True))


RESPONSES = Responses()
"""The kind of every design of yes-or-no outcomes."""


def smallest_rates(design: Design, n: int) -> tuple[float, float] | None:
    """The observed rates nearest to the null that are significant, beside the expected count of the controls.

    None where there are none, and for equivalence, which holds on both sides of no difference.
    """
    if len(design.null_values()) == 2:
        return None
    _check_counted(design, n)
    n_t, n_c = map(round, design.split(n))
    seen = round(float(design.count_rates()[1]) * n_c)
    count = _nearest(design, (np.arange(n_t + 1), np.full(n_t + 1, seen)), (n_t, n_c))
    return None if count is None else (count / n_t, seen / n_c)


def rejects_from(design: Design, count: int) -> tuple[str, str]:
    """The row of a page that says from which count of responses the null is rejected."""
    return "rejects from", f"{count:,} responses {'or more' if design.upward else 'or fewer'}"


def _rate_at(design: Design, sizes: Sequence[Any], z: Any) -> Any:
    """The rate of the treatment, the first arm, nearest to the null at which the test shows z; nan where none does."""
    null = np.clip(float(design.null_values()[0]), 0.0, 1.0)
    far, way = np.where(z * design.sign >= 0, 1.0, 0.0), np.where(z >= 0, 1, -1)
    others = [rate * size for rate, size in zip(design.count_rates()[1:], sizes[1:], strict=True)]

    def surplus(share: Any) -> Any:
        """How far beyond z the statistic is, so far on the way from the null to the end."""
        arms = sizes if share.ndim == z.ndim else [size[..., None] for size in sizes]
        at, side, end = (z, way, far) if share.ndim == z.ndim else (z[..., None], way[..., None], far[..., None])
        first = (null + share * (end - null)) * arms[0]
        rest = [np.broadcast_to(one if share.ndim == z.ndim else one[..., None], first.shape) for one in others]
        return side * (design.judge((first, *rest), tuple(arms))[0] - at)

    return null + first_share(surplus, z.shape) * (far - null)


def _estimates(design: Design, rates: Sequence[Any], sizes: Sequence[Any]) -> Any:
    """What is estimated from the rates of the arms: the rate of one, else a number on the scale of the test."""
    if len(rates) == 1:
        return rates[0]
    treatment, control = rates
    name = design.test_scale
    if name == DIFFERENCE:
        return treatment - control
    with np.errstate(all="ignore"):
        if design.test in AROUND:
            return AROUND[design.test](treatment * sizes[0], sizes[0], control * sizes[1], sizes[1])[0]
        ratio = treatment / control
        return ratio if name == RATIO else ratio * (1 - control) / (1 - treatment)


_TRIED = 1000
"""Counts of an arm that are tried for the largest z: of some tests it is not at the ends."""

_COUNTED = 10_000_000
"""Participants up to which every count is tried: half a second, and some hundred megabytes."""


def _check_counted(design: Design, n: int) -> None:
    """Raise where there are more counts than can be tried."""
    if n > _COUNTED:
        reason = f"must be at most {_COUNTED:,} where the smallest significant count is sought, not {n:,}"
        raise ParameterError(reason, owner=design, parameter="n", value=n)


def _nearest(design: Design, counts: tuple[Any, ...], sizes: tuple[int, ...]) -> float | None:
    """The first count of the treatment, in the favourable direction, that is significant."""
    statistic, rejects = design.judge(counts, sizes)
    significant = sum(counts[: len(counts) - len(design.arm_names) + 1])[rejects & (statistic > 0)]
    if not significant.size:
        return None
    return float(significant.min() if design.upward else significant.max())


def _in_stages(design: Design, seen: Any, sizes: Sequence[int]) -> tuple[Any, ...]:
    """So many responses of one arm, the first of its stages doing as well as it can with them."""
    left, found = seen, []
    for size in sizes if design.upward else reversed(sizes):
        found.append(np.minimum(left, size))
        left = left - found[-1]
    return tuple(found if design.upward else reversed(found))


def _slopes(design: Design, rates: Sequence[Numbers]) -> list[Numbers]:
    """By how much the statistic's estimate moves with each arm's rate, up to a factor and the arms' signs."""
    if design.test == "arcsine":
        return [1 / np.sqrt(rate * (1 - rate)) for rate in rates]
    if len(rates) == 1 or design.test_scale == DIFFERENCE:
        return [1.0] * len(rates)
    if design.test_scale == RATIO:  # the logarithm; or the treatment's rate less the limit times the control's
        return [1 / rate for rate in rates] if design.test in AROUND else [1.0, design.null_estimate()]
    if (
        design.test not in OF_LOG_ODDS
    ):  # the score is straight along the tangent at the rates that are held to the limit
        ratio = design.weights[0] / design.weights[1]
        rates = SCALES[ODDS_RATIO].restricted(rates[0], rates[1], ratio, design.null_estimate())
    return [1 / (rate * (1 - rate)) for rate in rates]


def _one_rate(design: Design, rates: Sequence[float], sizes: Sequence[int]) -> tuple[float, IntervalAt | None, str]:
    """One arm's rate with Wilson's interval, the score test inverted."""
    (rate,), (n,) = rates, sizes

    def interval(critical: float) -> Limits:
        away = critical**2 / n
        half = critical * math.sqrt(rate * (1 - rate) / n + away / (4 * n))
        return (rate + away / 2 - half) / (1 + away), (rate + away / 2 + half) / (1 + away)

    return rate, interval, "Wilson"


def _two_rates(design: Design, rates: Sequence[float], sizes: Sequence[int]) -> tuple[float, IntervalAt | None, str]:
    """Two rates on the scale of the test, with the interval that inverts it; none where nothing varies."""
    treatment, control = rates
    name, counts = design.test_scale, [rate * n for rate, n in zip(rates, sizes, strict=True)]

    def interval(critical: float) -> Limits:
        low, high = limits(design, name, counts, sizes, critical)
        return float(low), float(high)

    if design.test in AROUND:
        (x_t, x_c), (n_t, n_c) = counts, sizes
        estimate, error = AROUND[design.test](x_t, n_t, x_c, n_c)
        return estimate, interval if error > 0 else None, method(design, name)
    varies = math.isfinite(interval(1.0)[0])
    return _estimate(name, treatment, control), interval if varies else None, method(design, name)


def _estimate(name: str, treatment: float, control: float) -> float:
    if name == DIFFERENCE:
        return treatment - control
    if not 0 < control < 1 or (name == ODDS_RATIO and treatment == 1):
        reason = f"the {name} has no estimate where control responds in {control:g}"
        raise ParameterError(reason, way_out=f"give {field('z')} instead")
    ratio = treatment / control
    return ratio if name == RATIO else ratio * (1 - control) / (1 - treatment)
