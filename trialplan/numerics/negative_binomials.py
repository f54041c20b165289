"""Sums of negative binomial and Poisson counts: their probabilities exactly, by a recursion without subtraction."""

from __future__ import annotations

from typing import Any

from trialplan.numerics.lazy import np

_LARGE = 1e200
"""Where the terms of the recursion are scaled down; products of two of them are still numbers to a computer."""


def probabilities(size: int, shapes: Any, shares: Any, mean: Any = 0.0) -> Any:
    """The probabilities of the counts 0, 1, …, size - 1 of a sum of independent counts.

    One count is negative binomial for each of `shapes`, with the generating function ((1 - q) / (1 - q z))^shape at its
    q of `shares`, in [0, 1); one is Poisson with this mean. The logarithm of the sum's generating function has the
    coefficients c_j / j with c_j = Σ shape q^j, and the mean besides for j = 1, so that k p_k = Σ_j c_j p_(k - j)
    (Panjer 1981, ASTIN Bulletin 12:22, for the sum of several: De Pril 1986, ASTIN Bulletin 16:109). All terms are
    positive, so nothing is lost.

    `shares` of shape (counts, sums) and `mean` of shape (sums,) ask of several sums at once; the answer has the shape
    (size, sums) then, else (size,).
    """
    shapes, shares, mean = (np.asarray(one, dtype=float) for one in (shapes, shares, mean))
    sums, steps = shares.shape[1:], max(size, 2)
    weights = np.zeros((steps - 1, *sums))
    if len(shapes):
        weights += np.moveaxis(np.tensordot(shapes, shares[..., None] ** np.arange(1, steps), 1), -1, 0)
    weights[0] += mean
    found = np.zeros((size, *sums))
    found[0] = 1.0  # times exp(log_scale): the first term itself may be too small for a number
    log_scale = shapes @ np.log1p(-shares) - mean if len(shapes) else -mean
    backwards = np.ascontiguousarray(weights[::-1])
    for k in range(1, size):
        further, nearer = backwards[steps - 1 - k :], found[:k]
        term: Any = (np.einsum("jm,jm->m", further, nearer) if sums else float(further @ nearer)) / k
        found[k] = term
        if (term.max() if sums else term) > _LARGE:
            scale = np.where(term > _LARGE, _LARGE, 1.0)
            found[: k + 1] /= scale
            log_scale = log_scale + np.log(scale)
    with np.errstate(divide="ignore"):
        return np.exp(np.log(found) + log_scale)
