"""Every pair of counts of a trial of two arms, with its probability under beliefs about both rates."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from trialplan.analyses.assurance.joint_belief import Joint
from trialplan.numerics.lazy import np, special

_CELLS = 1_000_000
"""Pairs of counts up to which they are enumerated."""

_BATCH = 300_000
"""Probabilities computed at once: two megabytes stay in a processor's cache, which makes it four times faster."""

_OF_ONE_ARM = 5_000_000
"""Probabilities of the counts of one arm up to which they are computed: 40 megabytes."""

_ON_IT = 1e-9
"""Of a count, what rounding leaves of one on the boundary."""

_NEGLIGIBLE = 1e-12
"""The probability that the lightest nodes may hold together, to be left out: a quarter of them, in the far corners."""


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


def wrong_sign(over: Joint, n: int) -> float | None:
    """The probability that estimate and truth lie on different sides of the null's boundary, by the counts of one arm.

    The estimate is that of the stage that ends the trial; one on the boundary lies on neither side. None where no one
    arm is counted, or too many counts.
    """
    design, truths = over.base.fixed, over.design.fixed
    counted = design.counted(n) if len(design.arm_names) == 1 else None
    if counted is None or math.prod(size + 1 for size in counted.sizes) * over.weight.size > _OF_ONE_ARM:
        return None
    counts = np.indices([size + 1 for size in counted.sizes], sparse=True)
    statistic, _ = design.judge(tuple(np.broadcast_arrays(*counts)), counted.sizes)
    side = np.where(np.abs(statistic) < _ON_IT, 0, np.sign(statistic)).ravel()
    rates = [np.broadcast_to(rate, over.weight.shape).ravel() for rate in truths.count_rates()]
    chances = np.ones((over.weight.size, 1))
    for rate, size in zip(rates, counted.sizes, strict=True):
        chances = (chances[:, :, None] * _binomial(rate, size)[:, None, :]).reshape(over.weight.size, -1)
    below, above = chances @ (side < 0), chances @ (side > 0)
    return over.average(np.where(over.favourable, *(one.reshape(over.weight.shape) for one in (below, above))))


def _mass(over: Joint, kept: Any, n_t: int, n_c: int) -> Any:
    """The probability of each pair of counts, from the nodes that are kept."""
    treatment, control, weight = _rows(over, kept)
    held = weight > _least(weight)
    mass = np.zeros((n_t + 1, n_c + 1))
    size = max(1, _BATCH // (weight.shape[1] * (n_t + 1)))
    for start in range(0, len(weight), size):
        part = slice(start, start + size)
        own, rows = held[part], held[part].any(axis=1)
        weighted = _binomial(treatment[part][own], n_t) * weight[part][own][:, None]
        if len(weighted):
            first = np.concatenate([[0], own.sum(axis=1)[rows].cumsum()[:-1]])
            mass += np.add.reduceat(weighted, first, axis=0).T @ _binomial(control[part][rows], n_c)
    return mass


def _least(weight: Any) -> float:
    """The weight up to which all nodes together hold no more than `_NEGLIGIBLE`."""
    ordered = np.sort(weight, axis=None)
    left = int(np.searchsorted(ordered.cumsum(), _NEGLIGIBLE))
    return float(ordered[left - 1]) if left else 0.0


def _rows(over: Joint, kept: Any) -> tuple[Any, Any, Any]:
    """Treatment rates and weights by row, one control rate each; rows of one pair where that rate is not shared."""
    shape = over.weight.shape
    treatment, control = (np.broadcast_to(rate, shape) for rate in over.design.count_rates())
    columns = shape[-1] if np.all(control == control[..., :1]) else 1
    rates = treatment.reshape(-1, columns), control.reshape(-1, columns)[:, 0]
    return *rates, (over.weight * kept).reshape(-1, columns)


def _binomial(rates: Any, n: int) -> Any:
    """P(x events of n) for each rate (row) and x (column)."""
    x = np.arange(n + 1)
    up, down = np.log(rates), np.log1p(-rates)
    log = np.multiply.outer(up - down, x)
    log += (n * down)[:, None]
    log -= special.betaln(x + 1, n - x + 1) + np.log1p(n)
    return np.exp(log, out=log)
