"""Sums of negative binomial and Poisson counts: their probabilities exactly, by a recursion without subtraction."""

from __future__ import annotations

from typing import Any

from trialplan.numerics.lazy import np

_LARGE = 1e200
"""Where the terms of the recursion are scaled down; products of two of them are still numbers to a computer."""


def probabilities(size: int, shapes: Any, shares: Any, mean: float = 0.0) -> Any:
    """The probabilities of the counts 0, 1, …, size - 1 of a sum of independent counts.

    One count is negative binomial for each of `shapes`, with the generating function ((1 - q) / (1 - q z))^shape at its
    q of `shares`, in [0, 1); one is Poisson with this mean. The logarithm of the sum's generating function has the
    coefficients c_j / j with c_j = Σ shape q^j, and the mean besides for j = 1, so that k p_k = Σ_j c_j p_(k - j)
    (Panjer 1981, ASTIN Bulletin 12:22, for the sum of several: De Pril 1986, ASTIN Bulletin 16:109). All terms are
    positive, so nothing is lost.
    """
    shapes, shares = np.asarray(shapes, dtype=float), np.asarray(shares, dtype=float)
    powers = shares[:, None] ** np.arange(1, max(size, 2))
    weights = shapes @ powers if len(shapes) else np.zeros(max(size, 2) - 1)
    weights[0] += mean
    found = np.zeros(size)
    found[0] = 1.0  # times exp(log_scale): the first term itself may be too small for a number
    log_scale = float((shapes * np.log1p(-shares)).sum()) - mean
    backwards = weights[::-1]
    last = len(backwards)
    for k in range(1, size):
        found[k] = backwards[last - k :] @ found[:k] / k
        if found[k] > _LARGE:
            found[: k + 1] /= _LARGE
            log_scale += float(np.log(_LARGE))
    with np.errstate(divide="ignore"):
        return np.exp(np.log(found) + log_scale)
