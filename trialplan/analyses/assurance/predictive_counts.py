"""Every pair of counts of a trial of two proportions, with its probability under beliefs about both rates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from trialplan.analyses.assurance.joint_belief import Joint
from trialplan.designs.two_proportions import TwoProportions
from trialplan.numerics.binomial_limits import wilson_limits
from trialplan.numerics.distributions import normal_quantile
from trialplan.numerics.lazy import np, special

_CELLS = 1_000_000
"""Pairs of counts up to which they are enumerated."""


@dataclass(frozen=True, kw_only=True)
class Predictive:
    """The probability of each pair of counts (treatment by row, control by column), and what the test says of it.

    `favourable` and `unfavourable` are the parts of it from truths on either side of the null's boundary.
    """

    n_treatment: int
    n_control: int
    favourable: Any = field(repr=False)
    unfavourable: Any = field(repr=False)
    statistic: Any = field(repr=False)
    rejects: Any = field(repr=False)

    @property
    def success(self) -> float:
        """The probability of rejecting in the treatment's favour."""
        return float(((self.favourable + self.unfavourable) * (self.rejects & (self.statistic > 0))).sum())

    @property
    def harm(self) -> float:
        """The probability of rejecting against the treatment, which is no success."""
        return float(((self.favourable + self.unfavourable) * (self.rejects & (self.statistic < 0))).sum())

    @property
    def wrong_sign(self) -> float:
        """The probability that estimate and truth lie on different sides of the null's boundary."""
        wrong = self.favourable * (self.statistic < 0) + self.unfavourable * (self.statistic > 0)
        return float(wrong.sum())

    def width(self, confidence: float = 0.95) -> float:
        """The expected width of Newcombe's interval of the difference (1998, Statistics in Medicine 17:873)."""
        treatment, control = _rates(self.n_treatment)[:, None], _rates(self.n_control)
        widths = difference_width((treatment, control), (self.n_treatment, self.n_control), confidence)
        return float(((self.favourable + self.unfavourable) * widths).sum())


def predictive(over: Joint, n: int) -> Predictive | None:
    """The prior predictive distribution of the counts at n; None for other designs, or too many pairs."""
    design = over.base
    if not isinstance(design, TwoProportions):
        return None
    n_t, n_c = map(round, design.split(n))
    if (n_t + 1) * (n_c + 1) > _CELLS:
        return None
    x_t, x_c = np.arange(n_t + 1)[:, None], np.arange(n_c + 1)[None, :]
    statistic, rejects = design.analysis.statistic(design, x_t, n_t, x_c, n_c)
    favourable, unfavourable = (_mass(over, side, n_t, n_c) for side in (over.favourable, ~over.favourable))
    return Predictive(
        n_treatment=n_t,
        n_control=n_c,
        favourable=favourable,
        unfavourable=unfavourable,
        statistic=statistic,
        rejects=rejects,
    )


def difference_width(rates: tuple[Any, Any], sizes: tuple[Any, Any], confidence: float) -> Any:
    """The width of Newcombe's interval of the difference of two rates, made of Wilson's."""
    z = normal_quantile(0.5 + confidence / 2)
    (low_t, high_t), (low_c, high_c) = (wilson_limits(p, m, z) for p, m in zip(rates, sizes, strict=True))
    return np.hypot(rates[0] - low_t, high_c - rates[1]) + np.hypot(high_t - rates[0], rates[1] - low_c)


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
    treatment, control = (np.broadcast_to(getattr(over.design, name), shape) for name in ("treatment", "control"))
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


def _rates(n: int) -> Any:
    return np.arange(n + 1) / n
