"""One arm of yes-or-no outcomes, looked at early: counts that stop it, with the error rates that it really has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trialplan.design import Design
from trialplan.errors import ParameterError
from trialplan.numerics.lazy import np, special
from trialplan.sequential.boundaries.futility import Futility
from trialplan.sequential.group_sequential import GroupSequential

_ON_IT = 1e-9
"""Of a count, what rounding leaves of one that is as expected."""


@dataclass(frozen=True, kw_only=True)
class ExactLooks:
    """Counts of favourable responses that stop a trial of one arm: from `reject` on, or up to `futile`, at each look.

    Counts are those of responses, or of their absence where fewer are better; None where a look does not stop for it.
    """

    design: Design
    sizes: tuple[int, ...]
    reject: tuple[int | None, ...]
    futile: tuple[int | None, ...]
    binding: bool = False

    def chances(self, rate: float, *, obeyed: bool = True) -> tuple[Any, Any]:
        """P(rejecting) and P(stopping for futility), look by look, at a true rate, by enumeration."""
        walk = _Counts(favourable_rate(self.design, rate))
        found = []
        for size, high, low in zip(self.sizes, self.reject, self.futile, strict=True):
            walk.enrol(size)
            found.append(walk.stop(high, low if obeyed else None))
        rejected, futile = zip(*found, strict=True)
        return np.array(rejected), np.array(futile)

    def sides(self, rate: float) -> tuple[float, float]:
        """P(the responses of the look that ends the trial are fewer, or more, than expected without an effect)."""
        walk, null = _Counts(favourable_rate(self.design, rate)), favourable_rate(self.design, self._null)
        fewer = more = 0.0
        for size, high, low in zip(self.sizes, self.reject, self.futile, strict=True):
            walk.enrol(size)
            before, away = walk.mass, np.arange(size + 1) - size * null
            walk.stop(high, low)
            ended = before if size == self.sizes[-1] else before - walk.mass
            fewer += float(ended[away < -_ON_IT].sum())
            more += float(ended[away > _ON_IT].sum())
        return fewer, more

    @property
    def _null(self) -> float:
        return float(self.design.null_values()[0])

    def power(self) -> float:
        """P(rejecting) at the expected rate, with futility obeyed."""
        return min(float(self.chances(float(self.design.effect_value()))[0].sum()), 1.0)

    @property
    def actual_size(self) -> float:
        """P(rejecting) at the null rate; as if futility were ignored, unless it is binding."""
        return float(self.chances(self._null, obeyed=self.binding)[0].sum())


class _Counts:
    """The probability of each count among the trials that go on."""

    def __init__(self, rate: float) -> None:
        self.rate, self.size, self.mass = rate, 0, np.ones(1)

    def enrol(self, size: int) -> None:
        more = size - self.size
        j = np.arange(more + 1)
        log = special.gammaln(more + 1) - special.gammaln(j + 1) - special.gammaln(more - j + 1)
        new = np.exp(log + special.xlogy(j, self.rate) + special.xlog1py(more - j, -self.rate))
        # logarithms of large factorials lose digits, and the probabilities would sum to more than 1
        self.mass, self.size = np.convolve(self.mass, new / new.sum()), size

    def stop(self, high: int | None, low: int | None) -> tuple[float, float]:
        """Take away what stops, and say how much that was: at or above `high`, at or below `low`."""
        above = 0.0 if high is None else float(self.mass[high:].sum())
        below = 0.0 if low is None or low < 0 else float(self.mass[: low + 1].sum())
        if high is not None:
            self.mass = np.where(np.arange(self.mass.size) >= high, 0.0, self.mass)
        if low is not None and low >= 0:
            self.mass = np.where(np.arange(self.mass.size) <= low, 0.0, self.mass)
        return above, below


@dataclass(frozen=True, kw_only=True)
class ExactSpending:
    """What a rule of normal theory allows whole counts to spend: error of the first kind by look, and its futility."""

    design: Design
    looks: tuple[float, ...]
    allowed: tuple[float, ...]
    tested: tuple[bool, ...]
    stops: Futility | None
    binding: bool

    def sizes(self, n: int) -> tuple[int, ...]:
        """Participants at each look; they may be too few for as many looks."""
        return tuple(round(look * n) for look in self.looks)

    def counts(self, n: int, beta: float) -> ExactLooks:
        """The counts at which n participants may stop; futility spends up to `beta`, where it spends.

        At each look the fewest favourable responses reject whose exact error, with what has been spent, stays within
        what the rule has spent by then; what whole counts leave over goes to the next look. Futility error is spent
        likewise at the expected rate, or its bound on z is met (Jennison & Turnbull 2000, ch. 12).
        """
        return self.at(self.sizes(n), beta)

    def at(self, sizes: tuple[int, ...], beta: float) -> ExactLooks:
        """The same where the looks have these participants."""
        if sizes[0] < 1 or len(set(sizes)) < len(sizes):
            reason = f"= {sizes[-1]} is too few for {len(sizes)} looks"
            way_out = "each must add participants"
            raise ParameterError(reason, owner="ExactGroupSequential", parameter="n", value=sizes[-1], way_out=way_out)
        null, hoped = (
            _Counts(favourable_rate(self.design, rate))
            for rate in (self.design.null_values()[0], self.design.effect_value())
        )
        lost = None  # the error of the second kind that each look may have spent, where futility spends it
        if self.stops is not None and self.stops.spends:
            lost = np.cumsum(self.stops.spend(beta, 0.0, None).error)
        reject: list[int | None] = []
        futile: list[int | None] = []
        spent = missed = 0.0
        for look, size in enumerate(sizes):
            null.enrol(size)
            hoped.enrol(size)
            high = _fewest(null.mass, self.allowed[look] - spent) if self.tested[look] else None
            low = _futile(self, look, size, None if lost is None else (hoped.mass, lost[look] - missed))
            beyond = (size + 1 if high is None else high) - 1
            low = beyond if look + 1 == len(sizes) else low if low is None else min(low, beyond)
            spent += null.stop(high, low if self.binding else None)[0]
            missed += hoped.stop(high, low)[1]
            reject.append(high)
            futile.append(low)
        return ExactLooks(
            design=self.design, sizes=sizes, reject=tuple(reject), futile=tuple(futile), binding=self.binding
        )


def spending(design: Design, normal: GroupSequential) -> ExactSpending:
    """What the rule of `normal`, the same trial by normal theory, allows whole counts."""
    rule = normal.rule
    stops = rule.futility
    if stops is not None and not stops.spends and stops.named[0] not in ("z", "p"):
        raise ParameterError(
            f"{normal.futility} is not defined for counts",
            owner="ExactGroupSequential",
            parameter="futility",
            value=normal.futility,
            way_out="use z, p or a spending function",
        )
    spent = rule.efficacy.spent_by(rule.efficacy.z()).cumsum()
    return ExactSpending(
        design=design,
        looks=normal.looks,
        allowed=tuple(map(float, np.minimum(spent, rule.level))),
        tested=rule.efficacy.in_force,
        stops=stops,
        binding=rule.binding and stops is not None,
    )


def favourable_rate(design: Design, rate: Any) -> float:
    """The rate of what is favourable: responses, or their absence where fewer are better."""
    return float(rate if design.upward else 1 - rate)


def _fewest(mass: Any, left: float) -> int | None:
    """The fewest responses whose tail is at most what is left to spend; None where not even all of them do."""
    tails = mass[::-1].cumsum()[::-1]
    fits = np.flatnonzero(tails <= left + 1e-15)
    return int(fits[0]) if fits.size and left > 0 else None


def _futile(rule: ExactSpending, look: int, size: int, left_over: Any) -> int | None:
    """The most responses that stop the trial for futility."""
    stops, design = rule.stops, rule.design
    if stops is None or not stops.in_force[look]:
        return None
    if left_over is not None:
        mass, left = left_over
        fits = np.flatnonzero(mass.cumsum() <= left + 1e-15)
        return int(fits[-1]) if fits.size and left > 0 else None
    if look + 1 == len(stops.in_force):
        return None
    z = float(stops.z(0.0, 0.0)[look])
    null = favourable_rate(design, design.null_values()[0])
    return None if not np.isfinite(z) else int(np.floor(size * null + z * np.sqrt(size * null * (1 - null)) + 1e-9))
