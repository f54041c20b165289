"""The rejection probabilities of a trial whose n is set anew after a blinded pilot, by every count or by draws.

`pilot` and `sizes` are participants per arm, treatment first; the pilot's block has the arms' ratio, as has all that
follows it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from trialplan.numerics.distributions import upper_t_quantile
from trialplan.numerics.lazy import np, special
from trialplan.numerics.nuisance import binomial_pmf

Arms = tuple[int, int]
Decide = Callable[[Arms, Any, Any], tuple[Any, Any]]
"""(arms, treatment counts, control counts) to whether the test rejects in favour, and whether against."""

_NEVER = 1e-15
"""A chance below which a total is left out: below the rounding of those that are counted."""


@dataclass(frozen=True)
class Pilot:
    """A pilot of counts and the arms at the end, one pair for each total of responses in the pilot."""

    arms: Arms
    sizes: tuple[Arms, ...]
    decide: Decide

    @property
    def work(self) -> float:
        """Multiplications that counting takes."""
        return sum((self.arms[0] + 1.0) * (t + 1) * (c + 1) for t, c in set(self.sizes))

    def counted(self, rates: tuple[float, float]) -> tuple[float, float]:
        """P(rejecting in favour) and P(rejecting against), over every pilot and everything that may follow it."""
        tails = np.zeros(2)
        for arms, mass in self._by_size(rates):
            final = _later(self.arms[0], arms[0], rates[0]).T @ mass @ _later(self.arms[1], arms[1], rates[1])
            x_t, x_c = np.arange(arms[0] + 1)[:, None], np.arange(arms[1] + 1)[None, :]
            tails += [float((final * tail).sum()) for tail in self.decide(arms, x_t, x_c)]
        tails /= max(1.0, tails.sum())  # chances of all counts sum to 1 within rounding only
        return float(tails[0]), float(tails[1])

    def chances(self, rates: tuple[float, float]) -> dict[int, float]:
        """The distribution of the total at the end."""
        (first, treatment), (second, control) = (
            _likely(binomial_pmf(m, p)) for m, p in zip(self.arms, rates, strict=True)
        )
        totals = np.zeros(len(self.sizes))
        likely = np.convolve(treatment, control)
        totals[first + second :][: likely.size] = likely
        sizes, leads = np.unique([sum(arms) for arms in self.sizes], return_inverse=True)
        masses = np.bincount(leads, weights=totals)
        return {int(n): float(mass) for n, mass in zip(sizes, masses, strict=True) if mass > _NEVER}

    def drawn(self, rates: tuple[float, float], trials: int, rng: Any) -> tuple[float, float]:
        """The shares of drawn trials that reject in favour, and against."""
        first = [rng.binomial(m, p, trials) for m, p in zip(self.arms, rates, strict=True)]
        ends, leads = np.unique(self.sizes, axis=0, return_inverse=True)
        leads, found = leads.ravel()[sum(first)], np.zeros(2)
        order = np.argsort(leads, kind="stable")
        met, starts = np.unique(leads[order], return_index=True)
        for arms, here in zip(ends[met].tolist(), np.split(order, starts[1:]), strict=True):
            x = [
                one[here] + rng.binomial(m - before, p, here.size)
                for one, m, before, p in zip(first, arms, self.arms, rates, strict=True)
            ]
            found += [int(tail.sum()) for tail in self.decide(tuple(arms), *x)]
        return float(found[0] / trials), float(found[1] / trials)

    def _by_size(self, rates: tuple[float, float]) -> list[tuple[Arms, Any]]:
        """The pilots, treatment by row and control by column, that lead to each pair of arms, with their mass."""
        joint = np.outer(*(binomial_pmf(m, p) for m, p in zip(self.arms, rates, strict=True)))
        totals = np.add.outer(*(np.arange(m + 1) for m in self.arms))
        leads = {arms: np.array([one == arms for one in self.sizes]) for arms in dict.fromkeys(self.sizes)}
        masses = [(arms, joint * chosen[totals]) for arms, chosen in leads.items()]
        return [(arms, mass) for arms, mass in masses if mass.sum() > _NEVER]


def _likely(mass: Any) -> tuple[int, Any]:
    """The first count that has a chance, and the chances from there to the last one that has."""
    there = np.flatnonzero(mass > _NEVER / mass.size)
    return int(there[0]), mass[there[0] : there[-1] + 1]


def _later(before: int, at_end: int, rate: float) -> Any:
    """P(count at the end) by column, given the count in the pilot by row."""
    more = binomial_pmf(at_end - before, rate) if at_end > before else np.ones(1)
    table = np.zeros((before + 1, at_end + 1))
    for x in range(before + 1):
        table[x, x : x + more.size] = more
    return table


@dataclass(frozen=True)
class NormalPilot:
    """A pilot of `n` normal outcomes, and how far the truth lies, in standard deviations.

    `shares` is the product of the arms' shares; `apart` is the true difference of the means and `beyond` how far it
    lies beyond the null's limit, on the side that is to be shown.
    """

    n: int
    shares: float
    apart: float
    beyond: float

    def drawn(self, final: Callable[[Any], Any], level: float, trials: int, rng: Any) -> tuple[Any, Any, Any]:
        """P(rejecting in favour) and P(against) of each drawn trial given all but one of its parts, and its total.

        `final` gives the total for a one-sample variance, in units of the true one. The parts are those of the
        distribution of Student's t after a blinded look (Lu 2016, Pharmaceutical Statistics 15:208): the difference
        of either stage, what varies within the pilot, and what is added to it, which is not drawn but integrated out.
        """
        first, second = rng.standard_normal((2, trials))
        within = rng.chisquare(self.n - 2, trials)
        between = (first + np.sqrt(self.shares * self.n) * self.apart) ** 2
        total = final((within + between) / (self.n - 1))
        more = total - self.n
        z = (np.sqrt(self.n) * first + np.sqrt(more) * second) / np.sqrt(total)
        z = z + np.sqrt(self.shares * total) * self.beyond
        stages = (np.sqrt(more) * first - np.sqrt(self.n) * second) / np.sqrt(total)
        known = within + np.where(more > 0, stages, 0.0) ** 2
        room = (total - 2) * (z / upper_t_quantile(level, total - 2)) ** 2 - known
        rejects = np.where(more > 0, special.chdtr(np.maximum(more - 1, 1), np.maximum(room, 0)), room >= 0)
        return rejects * (z > 0), rejects * (z < 0), total
