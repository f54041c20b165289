"""Curves of times to an event, and how long participants are followed: entry, dropout, the end of the trial."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from trialplan.design import Design
from trialplan.designs._vectors import places
from trialplan.errors import ParameterError, field
from trialplan.numerics.elementary import between, divide, every, exp, expm1, greatest, least, log, some, where
from trialplan.numerics.integrate import gauss_legendre
from trialplan.numerics.lazy import np
from trialplan.numerics.search import increasing_root
from trialplan.parameter import PER_TIME, POSITIVE, PROPORTION, SHARE_AS_RATE, Interval, Numbers, parameter

NOT_NEGATIVE: Interval = Interval(0, closed="left")

_SMALL, _TERMS = 0.5, 16
"""Where the closed form of a moment loses digits, its series has them all after so many terms: 0.5^16/18! < 1e-20."""


def _moments(x: Numbers, highest: int = 2) -> list[Numbers]:
    """The integrals over u from 0 to 1 of exp(-xu), u exp(-xu), u² exp(-xu) and so on, for x >= 0."""
    small = x < _SMALL
    far = where(small, 1.0, x)
    gone = exp(-far)
    closed = [-expm1(-far) / far]
    for order in range(1, highest + 1):
        closed.append((order * closed[-1] - gone) / far)
    near = where(small, x, 0.0)
    series, term = [0.0] * (highest + 1), 1.0
    for j in range(_TERMS):
        series = [total + term / (order + 1 + j) for order, total in enumerate(series)]
        term = term * -near / (j + 1)
    return [where(small, s, c) for s, c in zip(series, closed, strict=True)]


@dataclass(frozen=True)
class Curve:
    """Times with a constant hazard in each piece of time: `hazards`, and the times at which they change."""

    hazards: Sequence[Numbers]
    changes: Sequence[Numbers] = ()

    def pieces(self) -> Iterator[tuple[Numbers, Numbers | None, Numbers]]:
        """Start, end (None for the last one) and hazard of each piece."""
        yield from zip((0.0, *self.changes), (*self.changes, None), self.hazards, strict=True)

    def cumulative(self, time: Numbers) -> Numbers:
        """The cumulative hazard by a time."""
        total = 0.0
        for start, end, hazard in self.pieces():
            spent = greatest((time if end is None else least(time, end)) - start, 0.0)
            total = total + hazard * spent
        return total

    def along(self, times: Any) -> Any:
        """The cumulative hazard by times on an axis of their own, the last one."""
        hazards, changes = ([np.asarray(one)[..., None] for one in values] for values in (self.hazards, self.changes))
        return Curve(hazards, changes).cumulative(times)

    def survival(self, time: Numbers) -> Numbers:
        """The share without the event at a time, if nobody is lost."""
        return exp(-self.cumulative(time))

    def mean_to(self, time: Numbers) -> Numbers:
        """The area below the curve up to a time: the restricted mean."""
        total = 0.0
        for start, end, hazard in self.pieces():
            length = greatest((time if end is None else least(time, end)) - start, 0.0)
            total = total + self.survival(start) * length * _moments(hazard * length)[0]
        return total

    def times(self, factor: Numbers) -> Curve:
        """The same with every hazard multiplied."""
        return Curve([factor * hazard for hazard in self.hazards], self.changes)

    def drawn(self, shape: tuple[int, ...], rng: Any) -> Any:
        """Times of participants: where a unit exponential is spent."""
        left = rng.standard_exponential(shape)
        if not self.changes:
            return np.divide(left, self.hazards[0], out=left) if self.hazards[0] else np.full(shape, np.inf)
        found = np.full(shape, np.inf)
        for start, end, hazard in self.pieces():
            here = np.isinf(found) & (True if end is None else left < hazard * (end - start))
            with np.errstate(divide="ignore"):
                found = np.where(here, start + left / hazard, found)
            left = left if end is None else np.where(here, left, left - hazard * (end - start))
        return found


@dataclass(frozen=True, kw_only=True)
class Entry:
    """When participants are enrolled: evenly over `accrual_time`, or by relative rates that change at times.

    Over the first `ramp_up` the rate rises in a straight line from nothing to the first one.
    """

    accrual_time: Numbers
    rates: Sequence[Numbers] = (1.0,)
    changes: Sequence[Numbers] = ()
    ramp_up: Numbers | None = None

    def pieces(self) -> Iterator[tuple[Numbers, Numbers, Numbers, Numbers]]:
        """Start, length, rate at the start and slope of each stretch, of a total of 1."""
        rough = list(self._rough())
        total = sum(rate * length + slope * length * length / 2 for _, length, rate, slope in rough)
        for start, length, rate, slope in rough:
            yield start, length, divide(rate, total), divide(slope, total)

    def _rough(self) -> Iterator[tuple[Numbers, Numbers, Numbers, Numbers]]:
        ramp = 0.0 if self.ramp_up is None else self.ramp_up
        if self.ramp_up is not None:
            yield 0.0, ramp, 0.0, self.rates[0] / ramp
        for start, end, rate in zip((ramp, *self.changes), (*self.changes, self.accrual_time), self.rates, strict=True):
            yield start, end - start, rate, 0.0

    def enrolled(self, time: Numbers) -> Numbers:
        """The share that is enrolled by a time."""
        total = 0.0
        for start, length, rate, slope in self.pieces():
            spent = between(0.0, time - start, length)
            total = total + rate * spent + slope * spent * spent / 2
        return total

    def drawn(self, shape: tuple[int, ...], rng: Any) -> Any:
        """Times of enrolment, in no order: the order in which participants come says nothing of them."""
        share = rng.random(shape)
        if not self.changes and self.ramp_up is None:
            return np.multiply(share, self.accrual_time, out=share)
        found, before = np.zeros(shape), 0.0
        for start, length, rate, slope in self.pieces():
            more = np.maximum(share - before, 0.0)
            time = np.sqrt(2 * more / slope) if slope else more / rate if rate else np.zeros(shape)
            found = np.where(share >= before, start + np.minimum(time, length), found)
            before = before + rate * length + slope * length**2 / 2
        return found


_Share = tuple[Numbers, Numbers, Numbers]
"""A share as a + bs + cs² after s of a stretch."""

_NODES = 32
"""Within each part of the follow-up, where nothing has a kink."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What is seen of participants by a time of the calendar: entry, dropout, and the longest that each is followed."""

    entry: Entry
    dropout: Numbers = 0.0
    longest: Numbers | None = None

    def stretches(self, calendar: Numbers) -> Iterator[tuple[Numbers, Numbers, Numbers, Numbers, Numbers]]:
        """Start and end of each stretch of follow-up, and the share who could be in it: a + bs + cs² after s of it."""
        end = calendar if self.longest is None else least(calendar, self.longest)
        yield 0.0, between(0.0, calendar - self.entry.accrual_time, end), 1.0, 0.0, 0.0
        before = 0.0
        for start, length, rate, slope in self.entry.pieces():
            # the time t of follow-up is reached by those who entered by calendar - t, so it runs against entry
            low = between(0.0, calendar - start - length, end)
            high = between(0.0, calendar - start, end)
            spent = greatest(calendar - low - start, 0.0)
            yield low, high, before + rate * spent + slope * spent * spent / 2, -(rate + slope * spent), slope / 2
            before = before + rate * length + slope * length * length / 2

    def parts(self, curve: Curve, calendar: Numbers) -> Iterator[tuple[Numbers, Numbers, Numbers, _Share]]:
        """Start, length and hazard of each part of the follow-up with one hazard, and the share who could be in it."""
        stretches = list(self.stretches(calendar))
        for (start, end, hazard), (low, high, a, b, c) in itertools.product(curve.pieces(), stretches):
            first = greatest(start, low)
            length = greatest((high if end is None else least(end, high)) - first, 0.0)
            after = first - low
            yield first, length, hazard, (a + after * (b + c * after), b + 2 * c * after, c)

    def events(self, curve: Curve, calendar: Numbers) -> Numbers:
        """The share of all participants in whom the event is seen by a time of the calendar."""
        total = 0.0
        for first, length, hazard, (a, b, c) in self.parts(curve, calendar):
            m0, m1, m2 = _moments((hazard + self.dropout) * length)
            inside = length * (a * m0 + length * (b * m1 + length * c * m2))
            total = total + where(length > 0, hazard * curve.survival(first) * exp(-self.dropout * first) * inside, 0.0)
        return total

    def cumulative_at_events(self, curve: Curve, calendar: Numbers) -> Any:
        """The mean over all participants of the cumulative hazard at the event, 0 where none is seen."""
        total = 0.0
        for first, length, hazard, (a, b, c) in self.parts(curve, calendar):
            m0, m1, m2, m3 = _moments((hazard + self.dropout) * length, 3)
            inside = length * (a * m0 + length * (b * m1 + length * c * m2))
            later = length * length * (a * m1 + length * (b * m2 + length * c * m3))
            spent = curve.cumulative(first) * inside + hazard * later
            there = hazard * curve.survival(first) * exp(-self.dropout * first)
            total = total + where(length > 0, there * spent, 0.0)
        return total

    def followed(self, time: Numbers, calendar: Numbers) -> Numbers:
        """The share who are followed for a time by a time of the calendar, but for the event."""
        there = self.entry.enrolled(calendar - time) * exp(-self.dropout * time)
        return there if self.longest is None else where(time <= self.longest, there, 0.0)

    def variance(self, curve: Curve, calendar: Numbers, until: Numbers, weight: Callable[[Any], Any]) -> Any:
        """The variance, times participants, of what is read off the Kaplan–Meier curve.

        The integral of weight² · hazard over the share at risk, where an event at a time moves it by the weight.
        Source: Breslow & Crowley (1974), Annals of Statistics 2:437; for means Karrison (1987), JASA 82:1169.
        """
        x, w = gauss_legendre(_NODES)
        lost = np.asarray(self.dropout)[..., None]
        total = 0.0
        for start, length, rate, share in self.parts(curve, calendar):
            end = greatest(least(start + length, until) - start, 0.0)
            first, inside, hazard, a, b, c = (np.asarray(one)[..., None] for one in (start, end, rate, *share))
            after = inside * x
            time = first + after
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                # together in logs: where the curve is all but 0, 0 would meet infinity
                moved = np.log(np.maximum(weight(time), 0.0)) + (curve.along(time) + lost * time) / 2
                grown = np.where(inside > 0, np.exp(2 * moved) * hazard / (a + after * (b + after * c)), 0.0)
            total = total + (w * inside * grown).sum(axis=-1)
        return total


def calendar_of(share: Numbers, seen: Any, latest: Numbers) -> Numbers:
    """The time of the calendar at which the increasing `seen` reaches a share; nan where it has not at `latest`."""

    def surplus(time: Numbers) -> Numbers:
        return seen(time) - share

    reached = surplus(latest) >= 0
    return increasing_root(surplus, 0.0 * latest, where(reached, latest, float("inf")))


@dataclass(frozen=True, kw_only=True)
class Followed(Design):
    """What every design of times to an event knows: how participants are enrolled, followed and lost."""

    loses_by = "dropout_rate"
    prolongs_by = ("accrual_time", "follow_up_time")

    accrual_time: Numbers = parameter(
        "time over which participants are enrolled", POSITIVE, symbol="A", unit="units of time", typical=(12.0, 24.0)
    )
    follow_up_time: Numbers = parameter(
        "time from the last enrolment to the analysis", POSITIVE, symbol="F", unit="units of time", typical=(6.0, 18.0)
    )
    longest_follow_up: Numbers | None = parameter(
        "longest time for which one participant is followed, where that ends before the analysis",
        POSITIVE,
        optional=True,
        unit="units of time",
        typical=(18.0, 24.0),
    )
    accrual_intensity: Numbers | tuple[float, ...] | None = parameter(
        "relative speeds of enrolment, where it is not even: one for each stretch",
        NOT_NEGATIVE,
        axis="stretches",
        optional=True,
        typical=(1.0, 3.0),
        one="relative speed of enrolment",
    )
    accrual_changes: Numbers | tuple[float, ...] | None = parameter(
        "times at which the speed of enrolment changes, one fewer than there are speeds",
        POSITIVE,
        axis="turns",
        optional=True,
        unit="units of time",
        typical=(2.0, 9.0),
        one="time at which the speed of enrolment changes",
    )
    accrual_ramp: Numbers | None = parameter(
        "time over which the speed of enrolment rises evenly from nothing",
        POSITIVE,
        optional=True,
        unit="units of time",
        typical=(1.0, 6.0),
    )
    dropout_rate: Numbers | None = parameter(
        "rate at which participants without the event leave, in both arms unless the treatment arm's is stated; n is "
        f"the number randomised, and {SHARE_AS_RATE}",
        NOT_NEGATIVE,
        optional=True,
        unit=PER_TIME,
        typical=(0.005, 0.02),
    )

    @classmethod
    def presumed(cls, numbers: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """Without a time of enrolment all are followed alike: as long as is stated, or until the curve is read."""
        found = dict(numbers)
        survival = any(numbers.get(name) is not None for name in ("control_survival", "null_survival"))
        if survival and "follow_up_time" not in found:
            found.setdefault("survival_time", 1.0)  # the time that is not stated is the unit of time
        times = ("longest_follow_up", "follow_up_time", "milestone", "horizon", "survival_time")
        time = next((found[name] for name in times if found.get(name) is not None), None)
        if time is None or found.get("accrual_time") is not None:
            return {}, ""
        # enrolled over any time, and each seen for the same one
        alike = {"accrual_time": time, "follow_up_time": time, "longest_follow_up": time}
        read = {"survival_time": found["survival_time"]} if survival and "survival_time" in found else {}
        return alike | read, "everybody is followed for the same time"

    @property
    def followed(self) -> Numbers:
        """The last who is enrolled is followed until the analysis."""
        own = self.longest_follow_up
        return self.follow_up_time if own is None else least(self.follow_up_time, own)

    def _check_steps(self, values: str, changes: str, end: Numbers | None) -> None:
        """As many values as stretches, and times that increase."""
        steps, times = getattr(self, values), getattr(self, changes)
        given = 1 if steps is None else len(places(steps))
        turns = [] if times is None else places(times)
        if given != len(turns) + 1:
            reason = f"has {len(turns)} times where {field(values)} has {given}: one fewer is needed"
            raise ParameterError(reason, owner=self, parameter=changes, value=times)
        for before, after in itertools.pairwise([*turns, *([] if end is None else [end])]):
            if not every(before < after):
                ends = "" if end is None else ", and end before enrolment does"
                raise ParameterError(f"must increase{ends}", owner=self, parameter=changes, value=times)

    def _check_entry(self) -> None:
        """Speeds of enrolment that belong to their times, and some enrolment."""
        self._check_steps("accrual_intensity", "accrual_changes", self.accrual_time)
        if self.accrual_intensity is not None and not every(sum(places(self.accrual_intensity)) > 0):
            raise ParameterError("must not be 0 throughout", owner=self, parameter="accrual_intensity")
        first = self.entry.changes[0] if self.entry.changes else self.accrual_time
        if self.accrual_ramp is not None and some(self.accrual_ramp > first):
            reason = "must end before the speed of enrolment changes, or enrolment ends"
            raise ParameterError(reason, owner=self, parameter="accrual_ramp", value=self.accrual_ramp)

    @property
    def entry(self) -> Entry:
        """How participants are enrolled."""
        rates = [1.0] if self.accrual_intensity is None else places(self.accrual_intensity)
        changes = [] if self.accrual_changes is None else places(self.accrual_changes)
        return Entry(accrual_time=self.accrual_time, rates=rates, changes=changes, ramp_up=self.accrual_ramp)

    def seen_with(self, dropout: Numbers | None) -> Seen:
        """What is seen of participants who leave at a rate; None where nobody does."""
        return Seen(entry=self.entry, dropout=0.0 if dropout is None else dropout, longest=self.longest_follow_up)

    @property
    def duration(self) -> Numbers:
        """The time of the calendar at which the trial is analysed."""
        return self.accrual_time + self.follow_up_time

    def events(self, n: Numbers, calendar: Numbers | None = None) -> Numbers:
        """The events that are expected of n participants by a time of the calendar, or by the end."""
        raise NotImplementedError

    def look_by_events(self, whose: str, n: int, fraction: float) -> dict[str, Any]:
        """The events that a look waits for, the time of the calendar that it is expected at, and who is enrolled.

        Also when it comes where the hazards of the curve that is stated, and with it the other's, are larger or smaller
        by `PACE`; None where so many events never come.
        """
        events = fraction * float(self.events(n))
        if events < _NO_EVENT:
            reason = f"has a look at {fraction:g} of {float(self.events(n)):.3g} events, which is before the first one"
            raise ParameterError(reason, owner=self, parameter="looks", value=fraction, way_out="look later")
        month = self.duration if fraction >= 1 else calendar_of(events, partial(self.events, n), self.duration)
        blocks = math.ceil(n / self.block * float(self.entry.enrolled(month)) - 1e-9)
        times: dict[str, float | None] = {"month": float(month)}
        for name, factor in (("month_faster", 1 + PACE), ("month_slower", 1 - PACE)):
            other = paced(self, whose, factor)
            at = float(calendar_of(events, partial(other.events, n), _LATER * self.duration))
            times[name] = at if math.isfinite(at) else None
        return {"events": events, **times, "n": blocks * self.block}

    def without_event(self, time: Numbers) -> tuple[Numbers, ...]:
        """The share of each arm without the event by a time since enrolment, had nobody left."""
        raise NotImplementedError

    def at_risk(self, n: Numbers, time: Numbers) -> tuple[Numbers, ...]:
        """The participants of each arm who are expected to be at risk at a time since enrolment, by the end."""
        raise NotImplementedError

    def drawn_arm(self, size: int, curve: Curve, seen: Seen, trials: int, rng: Any) -> Any:
        """Of each participant entry, time followed and 1 where it ended in the event, on the last axis."""
        entry = seen.entry.drawn((trials, size), rng)
        time = curve.drawn((trials, size), rng)
        last = self.duration - entry
        if seen.longest is not None:
            last = np.minimum(last, seen.longest)
        if seen.dropout:
            last = np.minimum(last, rng.exponential(1 / seen.dropout, (trials, size)))
        # each of the three lies in one piece of memory, though it is the last axis
        arm = np.empty((3, trials, size))
        arm[0], arm[1], arm[2] = entry, np.minimum(time, last), time <= last
        return np.moveaxis(arm, 0, -1)


@dataclass(frozen=True, kw_only=True)
class _ControlCurve(Design):
    """The control's curve, in one of three ways."""

    control_median: Numbers | None = parameter(
        "median time to the event in the control arm, where the hazard is constant",
        POSITIVE,
        optional=True,
        role="comparator",
        symbol="m_C",
        unit="units of time",
        typical=(10.0, 20.0),
    )
    control_hazard: Numbers | tuple[float, ...] | None = parameter(
        "hazard of the event in the control arm, instead of a median: one, or one for each piece of time",
        NOT_NEGATIVE,
        axis="pieces",
        optional=True,
        role="comparator",
        symbol="λ_C",
        unit="events per unit of time",
        typical=(0.03, 0.08),
    )
    hazard_changes: Numbers | tuple[float, ...] | None = parameter(
        "times since enrolment at which the hazards change, one fewer than there are hazards",
        POSITIVE,
        axis="changes",
        optional=True,
        unit="units of time",
        typical=(3.0, 9.0),
        one="time since enrolment at which the hazards change",
    )
    control_survival: Numbers | None = parameter(
        "share of the control arm without the event at a stated time, instead of a median",
        PROPORTION,
        optional=True,
        role="comparator",
        symbol="S_C",
        unit="proportion",
        typical=(0.3, 0.7),
    )
    survival_time: Numbers | None = parameter(
        "time since enrolment at which the control arm's share without the event is read",
        POSITIVE,
        optional=True,
        unit="units of time",
        typical=(12.0, 24.0),
    )

    @property
    def control(self) -> Curve:
        """The control's curve."""
        return stated(self, "control")


@dataclass(frozen=True, kw_only=True)
class _Times(Followed, _ControlCurve):
    """What every comparison of two curves knows: the control's curve, entry, follow-up and dropout."""

    dropout_rate_treatment: Numbers | None = parameter(
        f"rate at which participants without the event leave in the treatment arm, where it differs; {SHARE_AS_RATE}",
        NOT_NEGATIVE,
        optional=True,
        unit=PER_TIME,
        typical=(0.005, 0.02),
        of_each="rate at which participants without the event leave in each treatment arm",
    )

    def _check_curves(self) -> None:
        """One way to state the control's curve; vectors that belong together; times in order; some event."""
        self._check_entry()
        check_stated(self, "control", self.seen)

    @property
    def seen(self) -> tuple[Seen, Seen]:
        """What is seen of each arm: treatment, control."""
        own = 0.0 if self.dropout_rate is None else self.dropout_rate
        treated = own if self.dropout_rate_treatment is None else self.dropout_rate_treatment
        return self.seen_with(treated), self.seen_with(own)

    @property
    def curves(self) -> tuple[Curve, Curve]:
        """Treatment, control."""
        raise NotImplementedError

    def without_event(self, time: Numbers) -> tuple[Numbers, ...]:
        """The share of each arm without the event by a time since enrolment: treatment, control."""
        return tuple(curve.survival(time) for curve in self.curves)

    def at_risk(self, n: Numbers, time: Numbers) -> tuple[Numbers, ...]:
        """The participants of each arm who are expected to be at risk at a time since enrolment, by the end."""
        arms = zip(self.split(n), self.curves, self.seen, strict=True)
        return tuple(size * curve.survival(time) * seen.followed(time, self.duration) for size, curve, seen in arms)

    def event_shares(self, calendar: Numbers | None = None) -> tuple[Numbers, Numbers]:
        """The share of each arm's participants in whom the event is seen by a time, or by the end."""
        at = self.duration if calendar is None else calendar
        treatment, control = (seen.events(curve, at) for seen, curve in zip(self.seen, self.curves, strict=True))
        return treatment, control

    def events(self, n: Numbers, calendar: Numbers | None = None) -> Numbers:
        """The events that are expected of n participants by a time of the calendar, or by the end."""
        return sum(size * share for size, share in zip(self.split(n), self.event_shares(calendar), strict=True))

    def drawn_arms(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """Of each arm's participants entry, time followed and 1 where it ended in the event, on the last axis."""
        arms = zip(map(round, self.split(n)), self.curves, self.seen, strict=True)
        return tuple(self.drawn_arm(size, curve, seen, trials, rng) for size, curve, seen in arms)


def _ways(whose: str) -> tuple[str, str, str]:
    """The fields that state a curve."""
    return f"{whose}_median", f"{whose}_hazard", f"{whose}_survival"


def stated(design: Followed | _ControlCurve, whose: str) -> Curve:
    """The curve that a design states by a median, by hazards or by what survives at a time, in fields of that name."""
    median, hazard, survival = (getattr(design, name) for name in _ways(whose))
    if median is not None:
        return Curve([math.log(2) / median])
    if survival is not None:
        return Curve([-log(survival) / design.survival_time])  # type: ignore[union-attr]
    changes = design.hazard_changes  # type: ignore[union-attr]
    return Curve(places(hazard), [] if changes is None else places(changes))


def paced(design: Followed, whose: str, factor: float) -> Followed:
    """The same design where the hazards of the curve that it states are multiplied."""
    median, hazard, survival = _ways(whose)
    numbers: dict[str, Any] = {}
    if getattr(design, median) is not None:
        numbers = {median: getattr(design, median) / factor}
    elif getattr(design, survival) is not None:
        numbers = {survival: getattr(design, survival) ** factor}
    else:
        value = getattr(design, hazard)
        numbers = {hazard: tuple(factor * one for one in value) if isinstance(value, tuple) else factor * value}
    return design.replace(**numbers)


def check_stated(design: Followed, whose: str, seen: Sequence[Seen]) -> None:
    """Raise unless a curve is stated in one way, whole, with events while any of the participants are followed."""
    median, hazard, survival = names = _ways(whose)
    ways = [name for name in names if getattr(design, name) is not None]
    if len(ways) != 1:
        what = f"is stated beside {field(ways[0])}, and each says what the {whose} does" if ways else "is needed"
        reason = what if ways else f"{what}, or {field(hazard)}, {field(survival)}"
        way = ways[1] if ways else median
        raise ParameterError(reason, owner=design, parameter=way, value=getattr(design, way))
    if (getattr(design, survival) is None) != (design.survival_time is None):  # type: ignore[attr-defined]
        missing, other = survival, "survival_time"
        if getattr(design, survival) is not None:
            missing, other = other, missing
        raise ParameterError(f"is needed beside {field(other)}", owner=design, parameter=missing)
    design._check_steps(hazard, "hazard_changes", None)
    curve = stated(design, whose)
    if not every(sum(curve.hazards) > 0):
        raise ParameterError("must not be 0 throughout: nobody would have the event", owner=design, parameter=ways[0])
    if not every(sum(one.events(curve, design.duration) for one in seen) > 0):
        reason = "is 0 for as long as anybody is followed: nobody would have the event"
        raise ParameterError(reason, owner=design, parameter=ways[0], way_out="follow longer, or state it anew")


PACE = 0.25
"""By which share events come faster or slower than planned where a page tells what then becomes of the looks (ours)."""
_NO_EVENT = 0.5
"""Expected events that are none when they are rounded."""

_LATER = 20.0
"""How many times as long as planned a trial is followed where events come more slowly."""
