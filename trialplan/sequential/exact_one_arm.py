"""One arm of yes-or-no outcomes, looked at early: counts that stop it, with the error rates that it really has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trialplan.designs.one_proportion import OneProportion
from trialplan.errors import ParameterError, UnreachableError
from trialplan.numerics.lazy import np, special
from trialplan.sequential.boundaries import Efficacy
from trialplan.sequential.futility import Futility

_MOST = 4000


@dataclass(frozen=True, kw_only=True)
class ExactLooks:
    """Counts of favourable responses that stop a trial of one arm: from `reject` on, or up to `futile`, at each look.

    Counts are those of responses, or of their absence where fewer are better; None where a look does not stop for it.
    """

    design: OneProportion
    sizes: tuple[int, ...]
    reject: tuple[int | None, ...]
    futile: tuple[int | None, ...]
    binding: bool = False

    def chances(self, rate: float, *, obeyed: bool = True) -> tuple[Any, Any]:
        """P(rejecting) and P(stopping for futility), look by look, at a true rate, by enumeration."""
        walk = _Counts(rate if self.design.upward else 1 - rate)
        found = []
        for size, high, low in zip(self.sizes, self.reject, self.futile, strict=True):
            walk.enrol(size)
            found.append(walk.stop(high, low if obeyed else None))
        rejected, futile = zip(*found, strict=True)
        return np.array(rejected), np.array(futile)

    def power(self, rate: float | None = None) -> float:
        """P(rejecting) at the expected rate, or another, with futility obeyed."""
        return float(self.chances(float(self.design.expected if rate is None else rate))[0].sum())

    @property
    def actual_size(self) -> float:
        """P(rejecting) at the null rate; as if futility were ignored, unless it is binding."""
        return float(self.chances(float(self.design.null), obeyed=self.binding)[0].sum())

    def expected_n(self, rate: float) -> float:
        """The participants until the trial stops, on average."""
        stopped = sum(self.chances(rate))[:-1]
        return float(stopped @ np.array(self.sizes[:-1]) + (1 - stopped.sum()) * self.sizes[-1])


class _Counts:
    """The probability of each count among the trials that go on."""

    def __init__(self, rate: float) -> None:
        self.rate, self.size, self.mass = rate, 0, np.ones(1)

    def enrol(self, size: int) -> None:
        more = size - self.size
        j = np.arange(more + 1)
        log = special.gammaln(more + 1) - special.gammaln(j + 1) - special.gammaln(more - j + 1)
        new = np.exp(log + special.xlogy(j, self.rate) + special.xlog1py(more - j, -self.rate))
        self.mass, self.size = np.convolve(self.mass, new), size

    def stop(self, high: int | None, low: int | None) -> tuple[float, float]:
        """Take away what stops, and say how much that was: at or above `high`, at or below `low`."""
        above = 0.0 if high is None else float(self.mass[high:].sum())
        below = 0.0 if low is None or low < 0 else float(self.mass[: low + 1].sum())
        if high is not None:
            self.mass = np.where(np.arange(self.mass.size) >= high, 0.0, self.mass)
        if low is not None and low >= 0:
            self.mass = np.where(np.arange(self.mass.size) <= low, 0.0, self.mass)
        return above, below


def exact_looks(
    design: OneProportion,
    n: int,
    *,
    looks: tuple[float, ...] = (0.5, 1.0),
    efficacy: Any = "lan-demets-obrien-fleming",
    futility: Any = None,
    binding: bool = False,
    beta: float = 0.2,
) -> ExactLooks:
    """The counts at which n participants may stop, by spending exact errors no faster than the rule allows.

    At each look the fewest favourable responses reject whose exact error, with what has been spent, stays within what
    the rule has spent by then under normal theory; what whole counts leave over goes to the next look. Futility error
    is spent likewise at the expected rate, or its bound on z is met (Jennison & Turnbull 2000, ch. 12).
    """
    level, planned, stops = _rules(design, looks, efficacy, futility)
    sizes = tuple(round(look * n) for look in looks)
    if sizes[0] < 1 or len(set(sizes)) < len(sizes):
        raise ParameterError(f"exact_looks: {n} participants are too few for {len(looks)} looks; each must add some")
    null, hoped = (_Counts(_favourable(design, rate)) for rate in (design.null, design.expected))
    allowed = planned.spent_by(planned.z()).cumsum()
    lost = None if stops is None or not stops.spends else np.cumsum(stops.spend(beta, 0.0, None).error)
    reject: list[int | None] = []
    futile: list[int | None] = []
    spent = missed = 0.0
    for look, size in enumerate(sizes):
        null.enrol(size)
        hoped.enrol(size)
        high = _fewest(null.mass, min(allowed[look], level) - spent)
        low = _futile(design, stops, look, size, None if lost is None else (hoped.mass, lost[look] - missed))
        if look + 1 == len(sizes):
            low = (size + 1 if high is None else high) - 1
        elif low is not None:
            low = min(low, (size + 1 if high is None else high) - 1)
        spent += null.stop(high, low if binding else None)[0]
        missed += hoped.stop(high, low)[1]
        reject.append(high)
        futile.append(low)
    return ExactLooks(
        design=design, sizes=sizes, reject=tuple(reject), futile=tuple(futile), binding=binding and stops is not None
    )


def exact_sample_size(design: OneProportion, target: float = 0.8, **rule: Any) -> ExactLooks:
    """The fewest participants from which power never falls below `target` again, searched to twice as many.

    Counts are whole, so power is a saw-tooth in n.
    """
    smallest = int(design.sample_size(target).first_n or 1) // 2
    last, n = None, max(smallest, 2 * len(rule.get("looks", (0.5, 1.0))))
    while n <= _MOST:
        try:
            found = exact_looks(design, n, beta=1 - target, **rule)
        except ParameterError:
            found = None
        if found is None or found.power() < target:
            last = None
        elif last is None:
            last = found
        elif n >= 2 * last.sizes[-1]:
            return last
        n += 1
    raise UnreachableError(f"exact_sample_size: no number of participants up to {_MOST} keeps power {target:g}")


def _rules(design: OneProportion, looks: Any, efficacy: Any, futility: Any) -> tuple[float, Efficacy, Futility | None]:
    if design.sides != 1 or design.test != "exact":
        raise ParameterError(
            "exact_looks: the design must be one-sided with test exact; set sides to 1 and test to exact"
        )
    from trialplan.sequential.group_sequential import GroupSequential

    # the rules are read, and refused, as those of a trial of normal theory are
    asked = GroupSequential(
        design=design.replace(test="score"),
        looks=looks,
        efficacy=efficacy,
        futility=futility,
    )
    rule = asked.rule
    if rule.futility is not None and not rule.futility.spends and rule.futility.named[0] not in ("z", "p"):
        raise ParameterError(
            f"exact_looks: futility {futility} is not defined for counts; use z, p or a spending function"
        )
    return rule.level, rule.efficacy, rule.futility


def _favourable(design: OneProportion, rate: Any) -> float:
    return float(rate if design.upward else 1 - rate)


def _fewest(mass: Any, left: float) -> int | None:
    """The fewest responses whose tail is at most what is left to spend; None where not even all of them do."""
    tails = mass[::-1].cumsum()[::-1]
    fits = np.flatnonzero(tails <= left + 1e-15)
    return int(fits[0]) if fits.size and left > 0 else None


def _futile(design: OneProportion, stops: Futility | None, look: int, size: int, spending: Any) -> int | None:
    """The most responses that stop the trial for futility."""
    if stops is None or not stops.asked[look]:
        return None
    if spending is not None:
        mass, left = spending
        fits = np.flatnonzero(mass.cumsum() <= left + 1e-15)
        return int(fits[-1]) if fits.size and left > 0 else None
    if look + 1 == len(stops.asked):
        return None
    z = float(stops.z(0.0, 0.0)[look])
    null = _favourable(design, design.null)
    return None if not np.isfinite(z) else int(np.floor(size * null + z * np.sqrt(size * null * (1 - null)) + 1e-9))
