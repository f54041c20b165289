"""Outcomes of one participant that are correlated, compared pair by pair in their order: who wins, at which of them."""

from __future__ import annotations

import functools
import math
from typing import Any

from trialplan.numerics.integrate import gauss_legendre
from trialplan.numerics.lazy import np, special

_REACH = 8.5
"""Standard deviations of the factor, and of a latent outcome, that are integrated over: what lies beyond is < 1e-16."""

_NODES, _MODERATE = 64, 0.5
"""Nodes along the factor, and twice as many along an outcome: up to a moderate correlation all digits, and beyond with
twice as many nine digits at .95, where what is left beside the factor has an SD of .22."""

Shares = tuple[tuple[float, float], ...]
"""Of each outcome, in its order, the share of all pairs that it decides for the treatment, and against it."""


@functools.lru_cache(maxsize=512)
def decided(
    correlation: float,
    hazards: tuple[tuple[float, float], ...],
    follow_up: float,
    rates: tuple[float, float] | None,
    difference: tuple[float, float] | None,
) -> Shares:
    """Who wins where every outcome is a normal one to which a factor of the participant adds.

    The share of its variance that the factor has, the correlation, is the same of all outcomes; larger ones are later
    events, responses and larger measurements. Given the factors of the two participants of a pair their outcomes are
    independent, so that what each outcome decides is a product; the mean is taken over both factors. Hazards and rates
    are those of treatment and control, a difference stands with the margin within which two measurements are tied.
    """
    shared, own = math.sqrt(correlation), math.sqrt(1 - correlation)
    nodes = _NODES if correlation <= _MODERATE else 2 * _NODES
    x, w = gauss_legendre(nodes)
    factor = _REACH * (2 * x - 1)
    weight = 2 * _REACH * w * np.exp(-(factor**2) / 2) / math.sqrt(2 * math.pi)
    ours, theirs = shared * factor[:, None], shared * factor[None, :]
    undecided = weight[:, None] * weight[None, :]
    found: list[tuple[float, float]] = []

    def decide(won: Any, lost: Any) -> None:
        nonlocal undecided
        found.append((float((undecided * won).sum()), float((undecided * lost).sum())))
        undecided = undecided * (1 - won - lost)

    for treatment, control in hazards:
        # where the latent outcome of an event at the end of the follow-up lies
        end_t, end_c = (-special.ndtri_exp(-hazard * follow_up) for hazard in (treatment, control))
        without = special.ndtr((ours - end_t) / own) * special.ndtr((theirs - end_c) / own)
        won = _later(treatment / control, end_c, shared * factor, own, 2 * nodes)
        decide(won, np.maximum(1 - without - won, 0.0))
    if rates is not None:
        cuts = zip((ours, theirs), rates, strict=True)
        p_t, p_c = (special.ndtr((mean + special.ndtri(rate)) / own) for mean, rate in cuts)
        decide(p_t * (1 - p_c), p_c * (1 - p_t))
    if difference is not None:
        away, margin = difference
        apart = math.sqrt(2) * own
        decide(*(special.ndtr((sign * (away + ours - theirs) - margin) / apart) for sign in (1, -1)))
    return tuple(found)


def _later(ratio: float, end: float, means: Any, own: float, nodes: int) -> Any:
    """P(the control's event comes before the follow-up ends, and the treatment's later), by the factor of either."""
    x, w = gauss_legendre(nodes)
    reach = min(end, _REACH) + _REACH
    if reach <= 0:
        return np.zeros((len(means), len(means)))
    place = reach * x - _REACH  # of the control's event
    same = -special.ndtri_exp(ratio * special.log_ndtr(-place))  # where the treatment's lies, at the same time
    after = special.ndtr((means[:, None] - same) / own)
    density = np.exp(-(((place[:, None] - means) / own) ** 2) / 2) / (own * math.sqrt(2 * math.pi))
    return after @ (reach * w[:, None] * density)
