"""Every pair of counts of a trial of two arms, with its probability under beliefs about both rates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from trialplan.analyses.assurance.joint_belief import Joint
from trialplan.numerics.lazy import np, special

_CELLS = 1_000_000
"""Pairs of counts up to which they are enumerated."""


@dataclass(frozen=True, kw_only=True)
class Predictive:
    """The probability of each pair of counts (treatment by row, control by column), and what the test says of it.

    `favourable` and `unfavourable` are the parts of it from truths on either side of the null's boundary.
    """

    sizes: tuple[int, ...]
    counts: tuple[Any, Any] = field(repr=False)
    favourable: Any = field(repr=False)
    unfavourable: Any = field(repr=False)
    statistic: Any = field(repr=False)
    rejects: Any = field(repr=False)

    def average(self, values: Any) -> float:
        """The expectation of what takes these values at the pairs."""
        return float(((self.favourable + self.unfavourable) * values).sum())

    @property
    def success(self) -> float:
        """The probability of rejecting in the treatment's favour."""
        return self.average(self.rejects & (self.statistic > 0))

    @property
    def harm(self) -> float:
        """The probability of rejecting against the treatment, which is no success."""
        return self.average(self.rejects & (self.statistic < 0))

    @property
    def wrong_sign(self) -> float:
        """The probability that estimate and truth lie on different sides of the null's boundary."""
        wrong = self.favourable * (self.statistic < 0) + self.unfavourable * (self.statistic > 0)
        return float(wrong.sum())


def predictive(over: Joint, n: int) -> Predictive | None:
    """The prior predictive distribution of the counts at n; None where no two arms are counted, or too many pairs."""
    design = over.base
    counted = None if design.looks else design.counted(n)
    if counted is None or design.outcome.rates_on_null(design, 0) is None:
        return None
    n_t, n_c = counted.sizes
    if (n_t + 1) * (n_c + 1) > _CELLS:
        return None
    counts = np.arange(n_t + 1)[:, None], np.arange(n_c + 1)[None, :]
    statistic, rejects = design.judge(counts, counted.sizes)
    favourable, unfavourable = (_mass(over, side, n_t, n_c) for side in (over.favourable, ~over.favourable))
    return Predictive(
        sizes=counted.sizes,
        counts=counts,
        favourable=favourable,
        unfavourable=unfavourable,
        statistic=statistic,
        rejects=rejects,
    )


def _mass(over: Joint, kept: Any, n_t: int, n_c: int) -> Any:
    """The probability of each pair of counts, from the nodes that are kept."""
    mass = np.zeros((n_t + 1, n_c + 1))
    for treatment, control, weight in _rows(over, kept):
        held = weight != 0  # half of the nodes lie on the other side of the null
        mass += np.outer(weight[held] @ _binomial(treatment[held], n_t), _binomial(control, n_c))
    return mass


def _rows(over: Joint, kept: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Treatment rates and weights for each control rate; one pair at a time where the control rate is not shared."""
    shape = over.weight.shape
    treatment, control = (np.broadcast_to(rate, shape) for rate in over.design.count_rates())
    columns = shape[-1] if np.all(control == control[..., :1]) else 1
    weight = (over.weight * kept).reshape(-1, columns)
    for t, c, w in zip(treatment.reshape(-1, columns), control.reshape(-1, columns), weight, strict=True):
        yield t, c[:1], w


def _binomial(rates: Any, n: int) -> Any:
    """P(x events of n) for each rate (row) and x (column); one row for one rate."""
    x = np.arange(n + 1)
    p = np.asarray(rates)[:, None]
    log = -special.betaln(x + 1, n - x + 1) - np.log1p(n) + x * np.log(p) + (n - x) * np.log1p(-p)
    return np.exp(log)
