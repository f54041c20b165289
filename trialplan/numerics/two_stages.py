"""The best two-stage design of a given total n that keeps a level and reaches a power, all first stages at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from trialplan.numerics.distributions import binomial_sf
from trialplan.numerics.lazy import np, special

_SMALLEST_TABLE = 64
"""Most designs are smaller, so that one table serves them all."""


@dataclass(frozen=True, order=True)
class Stages:
    """r1/n1 and r/n with the expected n under the null, which orders them."""

    expected_n: float
    n1: int
    r1: int
    r: int
    n: int


@dataclass(frozen=True)
class Search:
    """The two-stage designs for one pair of rates (`expected` the higher), one one-sided level and one power.

    In every array a row is an n1 from 1 and a column a count from 0: r1, or the responses of the first stage.
    """

    null: float
    expected: float
    alpha: float
    power: float

    def best(self, n: int) -> Stages | None:
        """The design of total n with the fewest participants expected under the null.

        r is scanned down from the largest that leaves enough power in a single stage. The level rises as r falls:
        once no first stage keeps it, none will.
        """
        best: Stages | None = None
        most = int((binomial_sf(np.arange(n), n, self.expected) >= self.power).sum()) - 1
        for r in range(most, -1, -1):
            keeps = self._possible(n) & (self._rejecting(n, r, self.null) <= self.alpha)
            if not keeps.any():
                break
            ok = keeps & (self._rejecting(n, r, self.expected) >= self.power)
            if ok.any():
                participants = np.where(ok, self._expected_n(n), np.inf)
                row, r1 = divmod(int(np.argmin(participants)), n)
                best = min(filter(None, (best, Stages(float(participants[row, r1]), row + 1, r1, r, n))))
        return best

    def least_expected_n(self, n: int) -> float:
        """What no design of total n or more can go below: it rises with n, so that a search can end."""
        return float(np.where(self._possible(n), self._expected_n(n), np.inf).min())

    def _possible(self, n: int) -> Any:
        """A first stage that can be passed, and does not lose too much power by itself."""
        n1, r1 = _axes(n)
        return (r1 < n1) & (_stopping(n, self.expected) <= 1 - self.power)

    def _rejecting(self, n: int, r: int, rate: float) -> Any:
        """P(more than r1 of n1 and more than r of n respond)."""
        n1, x = _axes(n)
        mass, _, later = _tables(_size(n), rate)
        both = mass[1:n, :n] * later[n - n1, np.clip(r - x, -1, n) + 1]
        return both[:, ::-1].cumsum(axis=1)[:, ::-1] - both

    def _expected_n(self, n: int) -> Any:
        return n - (n - _axes(n)[0]) * _stopping(n, self.null)


def _axes(n: int) -> tuple[Any, Any]:
    """n1 down, counts across."""
    return np.arange(1, n)[:, None], np.arange(n)[None, :]


def _stopping(n: int, rate: float) -> Any:
    """P(no more than r1 of n1 respond)."""
    return _tables(_size(n), rate)[1][1:n, :n]


def _size(n: int) -> int:
    """Tables are made for a power of two, and serve every smaller n."""
    return max(_SMALLEST_TABLE, 1 << n.bit_length())


@lru_cache(maxsize=4)
def _tables(size: int, rate: float) -> tuple[Any, Any, Any]:
    """P(X = k), P(X <= k) and P(X > k - 1) of Binomial(m, rate): a row for each m, a column for each k from 0."""
    m, k = np.arange(size)[:, None], np.arange(size + 1)[None, :]
    left = np.maximum(m - k, 0)
    log_mass = special.gammaln(m + 1.0) - special.gammaln(k + 1.0) - special.gammaln(left + 1.0)
    log_mass = log_mass + special.xlogy(k, rate) + special.xlog1py(left, -rate)  # of a rate of 0 or 1, too
    mass = np.where(k <= m, np.exp(np.minimum(log_mass, 0)), 0.0)
    return mass, mass.cumsum(axis=1), binomial_sf(k - 1, m, rate)
