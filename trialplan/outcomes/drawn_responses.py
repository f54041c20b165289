"""Responses of simulated trials, drawn no finer than they are looked at."""

from __future__ import annotations

from typing import Any

from trialplan.numerics.lazy import np, special

_TABLE = 4096
"""Participants up to which counts are drawn from a table of the binomial cdf, which is faster than one by one."""


class DrawnResponses:
    """The responses of `trials` trials to one arm, known only as far as they have been asked for.

    The count in the first m participants is drawn when it is first asked for, given the counts that are known: what
    a later look adds is binomial, what lies between two looks hypergeometric. So counts at any looks have the
    distribution that participants drawn one by one would give them, and the same generator asked in the same order
    gives the same.
    """

    def __init__(self, size: int, rate: float, trials: int, rng: Any) -> None:
        self.shape = (trials, size)
        self._rate, self._rng = rate, rng
        self._known: dict[int, Any] = {0: np.zeros(trials, dtype=np.int64)}

    def first(self, m: int) -> Any:
        """How many of the first m participants responded, trial by trial."""
        if not 0 <= m <= self.shape[1]:
            raise ValueError(f"the arm has {self.shape[1]} participants, not {m}")
        if m not in self._known:
            before = max(known for known in self._known if known < m)
            after = min((known for known in self._known if known > m), default=None)
            self._known[m] = self._known[before] + (
                self._added(m - before) if after is None else self._between(before, m, after)
            )
        return self._known[m]

    def _added(self, size: int) -> Any:
        """Responses among participants of whom nothing is known."""
        trials = self.shape[0]
        if not 0 < self._rate < 1 or size > _TABLE or trials < size:
            return self._rng.binomial(size, self._rate, trials)
        cdf = special.bdtr(np.arange(size), size, self._rate)
        return np.searchsorted(cdf, self._rng.random(trials), side="right")

    def _between(self, before: int, m: int, after: int) -> Any:
        """Responses among the first of the participants between two known counts."""
        responded = self._known[after] - self._known[before]
        return self._rng.hypergeometric(responded, after - before - responded, m - before)


def first_count(arm: Any, fraction: float) -> tuple[Any, int]:
    """Responses and participants in the first fraction of an arm: `DrawnResponses`, or a column a participant."""
    size = round(fraction * arm.shape[1])
    return (arm.first(size) if isinstance(arm, DrawnResponses) else arm[:, :size].sum(axis=1)), size
