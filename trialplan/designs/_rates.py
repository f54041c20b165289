"""Rates of events: what designs of counts declare alike, what a participant tells, rates and dispersion estimated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trialplan.errors import ParameterError
from trialplan.numerics.elementary import is_scalar, least, sqrt, where
from trialplan.numerics.integrate import gauss_legendre
from trialplan.numerics.lazy import np, special
from trialplan.numerics.search import increasing_root
from trialplan.parameter import PER_TIME, POSITIVE, SHARE_AS_RATE, Interval, Numbers, parameter
from trialplan.stated import Slip

_NODES = 64
"""Along the time that a participant is followed: the integrand has no kink within either stretch of it."""

_BENT = 1e-6
"""How much the events expected in a stretch of time must vary by beyond chance, for that to bend the integrand."""

_NOT_NEGATIVE = Interval(0, closed="left")

_GONE = 40.0
"""Mean times to dropout after which nobody is left to a computer: exp(-40) is 4e-18."""


@dataclass(frozen=True, kw_only=True)
class FollowUp:
    """How long participants are followed: all for `exposure`, those enrolled early for up to `accrual_time` longer.

    They are enrolled evenly over `accrual_time`, and leave at the constant rate `dropout_rate`; both may be None.
    """

    exposure: Numbers
    accrual_time: Numbers | None = None
    dropout_rate: Numbers | None = None

    @property
    def equal(self) -> bool:
        """Whether all are followed for the same time."""
        return self.accrual_time is None and self.dropout_rate is None

    def information(self, rate: Numbers, dispersion: Numbers) -> Numbers:
        """What a participant tells of the log rate: the mean of m/(1 + km), of m events expected while followed.

        Of unequal times the mean of a function is the integral of its slope times the share that is still followed.
        Source: Lawless (1987), Canadian Journal of Statistics 15:209; Tang (2018), J Biopharm Stat 28:475.
        """
        if self.equal:
            expected = rate * self.exposure
            return expected / (1 + dispersion * expected)
        x, w = gauss_legendre(_NODES)
        rate, dispersion, exposure, left, more = (
            np.asarray(0.0 if value is None else value, dtype=float)[..., None]
            for value in (rate, dispersion, self.exposure, self.dropout_rate, self.accrual_time)
        )
        with np.errstate(divide="ignore"):
            longest = _GONE / left
        bend, total = dispersion * rate, 0.0
        for start, length in ((0.0, least(exposure, longest)), (exposure, least(more, longest))):
            # along log(1 + kmt), where that is no straight line: of a long time hardly anything but its beginning tells
            first, last = np.log1p(bend * start), np.log1p(bend * (start + length))
            bent, slope = bend * length > _BENT, np.where(bend > 0, bend, 1.0)
            time = np.where(bent, np.expm1(first + x * (last - first)) / slope, start + x * length)
            step = np.where(bent, (last - first) * (1 + slope * time) / slope, length)
            late = np.maximum(time - exposure, 0.0)
            followed = np.exp(-left * time) * (
                1 - np.divide(late, more, out=np.zeros_like(late + more), where=more > 0)
            )
            total = total + (w * step * rate / (1 + bend * time) ** 2 * followed).sum(axis=-1)
        return total

    def drawn(self, size: int, trials: int, rng: Any) -> Any:
        """The time for which each participant is followed, in order of enrolment; one number where all are equal."""
        if self.equal:
            return self.exposure
        time = np.full((trials, size), float(self.exposure))
        if self.accrual_time is not None:
            time += self.accrual_time * np.sort(rng.random((trials, size)), axis=1)[:, ::-1]
        if self.dropout_rate is not None:
            time = np.minimum(time, rng.exponential(1 / self.dropout_rate, (trials, size)))
        return time


def dispersion(meaning: str, **words: Any) -> Any:
    """How far counts vary beyond chance, where they do."""
    return parameter(meaning, _NOT_NEGATIVE, optional=True, typical=(0.2, 1.0), **words)


VARIES = "dispersion k, variance = mean + k mean²; left out, counts are Poisson"
"""What the dispersion of every design of counts is."""


def exposure() -> Any:
    """The time that everybody is followed for."""
    return parameter(
        "time for which each participant is followed, unless he drops out; at least, where there is an accrual_time",
        POSITIVE,
        default=1.0,
        symbol="t",
        unit="units of time",
        typical=(0.5, 2.0),
    )


def accrual_time() -> Any:
    """The time by which those enrolled first are followed longer."""
    return parameter(
        "time over which participants are enrolled evenly, if each is followed until the last has had his exposure",
        POSITIVE,
        optional=True,
        unit="units of time",
        typical=(0.5, 1.0),
    )


def dropout_rate(counted: str) -> Any:
    """The rate at which they leave; n counts those who are `counted`, enrolled or randomised."""
    return parameter(
        f"rate at which participants leave, after which nothing is counted; n is the number {counted}, and "
        f"{SHARE_AS_RATE}",
        POSITIVE,
        optional=True,
        unit=PER_TIME,
        typical=(0.05, 0.3),
    )


PROLONGED_BY = ("accrual_time", "exposure")
"""The times of counts, of which one may be asked for."""

SLIPS = (Slip("the dispersion is stated as its inverse", ("dispersion",), lambda k: 1 / k if k else 0.0),)
"""What statements about counts are known for."""


_DRAWN = 1e12
"""Events of one participant up to which they are drawn: the sums over millions are whole numbers of 64 bits."""


def drawn_counts(follow_up: FollowUp, rate: Any, k: Any, shape: tuple[int, int], rng: Any) -> Any:
    """Counts of participants, each with a rate of his own by a gamma distribution: a row a trial, a column each.

    Where the times followed are unequal they stand beside the counts, on the last axis.
    """
    trials, size = shape
    time = follow_up.drawn(size, trials, rng)
    frailty = rng.gamma(1 / k, k, shape) if k else 1.0
    means = np.broadcast_to(frailty * rate * time, shape)
    if (most := float(means.max(initial=0.0))) > _DRAWN:
        reason = f"{most:.3g} events of one participant are too many to be drawn, which is done up to {_DRAWN:.0e}"
        raise ParameterError(reason, value=most, way_out="count time in a smaller unit")
    counts = rng.poisson(means)
    return counts if follow_up.equal else np.stack([counts, time], axis=-1)


def restricted_rate(
    means: Sequence[Numbers], shares: Sequence[Numbers], dispersions: Sequence[Numbers], ratio: Numbers
) -> Numbers:
    """The control's expected count that is most likely where the treatment's is `ratio` times as large.

    `means`, `shares` of the participants and `dispersions` are those of treatment and control. The root of the score,
    a quadratic. Source: Zhu & Lakkis (2014), Statistics in Medicine 33:376, third way; with a ratio Zhu (2017),
    Journal of Biopharmaceutical Statistics 27:107.
    """
    (m_t, m_c), (w_t, w_c), (k_t, k_c) = means, shares, dispersions
    curved = ratio * (w_t * k_c + w_c * k_t)
    straight = w_t * (m_t * k_c - ratio) + w_c * (m_c * k_t * ratio - 1)
    level = w_t * m_t + w_c * m_c
    root = sqrt(straight * straight + 4 * curved * level)
    # either form of the root, the one in which nothing cancels
    falling = straight <= 0
    safe = where(falling, 1.0, 2 * curved)
    return where(falling, 2 * level / (root - where(falling, straight, 0.0)), (straight + root) / safe)


# Estimates from counts, trial by trial.

_FEW = 1e-6
"""The dispersion below which counts are as good as Poisson's."""
_MOST = 1e3
"""The largest dispersion that is looked for."""
_ROUNDS, _FEWER = 7, 3
"""Steps of Fisher's scoring for a rate, and while the dispersion is looked for: each adds a digit or more."""
_CLOSE = 1e-5
"""To how much of itself the dispersion is found: z moves by less than that."""


@dataclass(frozen=True)
class Tally:
    """The counts of one arm: per cell of participants with one time followed their events, number and time.

    Where all are followed alike there is one cell a trial, else one a participant. The dispersion needs the `counts`.
    """

    events: Any
    number: int
    time: Any
    counts: Any

    @classmethod
    def of(cls, counts: Any, time: Any) -> Tally:
        """Of counts and times, one row a trial."""
        if is_scalar(time):
            return cls(counts.sum(axis=1, keepdims=True), counts.shape[1], time, counts)
        return cls(counts, 1, time, counts)

    @classmethod
    def seen(cls, arm: Any, exposure: Any) -> Tally:
        """Of an arm as it is drawn: counts over one time, or with the time of each beside them."""
        return cls.of(arm, exposure) if arm.ndim == 2 else cls.of(arm[..., 0].astype(int), arm[..., 1])

    def times(self, ratio: float) -> Tally:
        """The same where an hour counts as `ratio` hours."""
        return Tally(self.events, self.number, ratio * self.time, self.counts)

    def information(self, rate: Any, dispersion: Any) -> Any:
        """What the arm tells of its log rate, as in `FollowUp.information`."""
        expected = rate[:, None] * self.time
        return (self.number * expected / (1 + dispersion[:, None] * expected)).sum(axis=1)

    def surplus(self, rate: Any, dispersion: Any) -> Any:
        """The score of the log rate: events beyond those expected, with the weight of each cell."""
        expected = rate[:, None] * self.time
        return ((self.events - self.number * expected) / (1 + dispersion[:, None] * expected)).sum(axis=1)


def fitted_rate(tallies: Sequence[Tally], dispersion: Any, rounds: int = _ROUNDS) -> Any:
    """The most likely rate that arms have in common, trial by trial; 0 without events."""
    rate = _weighted(tallies, np.zeros_like(dispersion), dispersion)
    alike = len(tallies) == 1 and is_scalar(tallies[0].time)
    for _ in range(0 if alike else rounds):
        rate = _weighted(tallies, rate, dispersion)
    return rate


def _weighted(tallies: Sequence[Tally], rate: Any, dispersion: Any) -> Any:
    """Events over time, each cell with the weight that its variance leaves it at a rate."""
    events = time = 0.0
    for one in tallies:
        weight = 1 / (1 + (dispersion * rate)[:, None] * one.time)
        events = events + (weight * one.events).sum(axis=1)
        time = time + (weight * one.number * one.time).sum(axis=1)
    return events / time


def fitted_dispersion(groups: Sequence[Sequence[Tally]]) -> Any:
    """The most likely dispersion that all arms have in common, where those of a group have one rate; 0 if none is.

    The root of the profile score in a = 1/k. Source: Lawless (1987), Canadian Journal of Statistics 15:209.
    """
    arms = [one for group in groups for one in group]
    rising = _rising(arms)

    def falls(log_a: Any) -> Any:
        """Less the score, times a."""
        a = np.exp(log_a)
        total = rising(a)
        for group in groups:
            rate = fitted_rate(group, 1 / a, _FEWER)
            for one in group:
                expected = rate[:, None] * one.time
                size = a[:, None]
                part = one.number * (1 - np.log1p(expected / size)) - (one.number * size + one.events) / (
                    size + expected
                )
                total = total + part.sum(axis=1)
        return -a * total

    trials = len(arms[0].counts)
    low, high = np.full(trials, -np.log(_MOST)), np.full(trials, -np.log(_FEW))
    inside = falls(high) > 1e-12
    root = increasing_root(falls, low, np.where(inside, high, np.inf), tolerance=_CLOSE)
    return np.where(inside, np.exp(-np.where(inside, root, 0.0)), 0.0)


def _rising(arms: Sequence[Tally]) -> Any:
    """The sum over participants of 1/a + 1/(a + 1) + … of as many terms as events, as a function of a.

    By how many have more than j events, unless there are more such j than participants.
    """
    counts = np.concatenate([one.counts for one in arms], axis=1)
    trials, n = counts.shape
    most = int(counts.max(initial=0))
    if most > n:
        return lambda a: (special.digamma(a[:, None] + counts) - special.digamma(a[:, None])).sum(axis=1)
    cells: Any = np.bincount(
        (counts + (most + 1) * np.arange(trials).reshape(-1, 1)).ravel(), minlength=trials * (most + 1)
    )
    beyond = n - cells.reshape(trials, most + 1).cumsum(axis=1)[:, :most]
    more = np.arange(most)
    return lambda a: (beyond / (a[:, None] + more)).sum(axis=1)
