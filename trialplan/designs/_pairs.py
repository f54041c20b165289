"""The test of the win ratio: each treated participant against each control."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trialplan.design import Design
from trialplan.numerics.lazy import np
from trialplan.outcomes.ordered import pairs_decided
from trialplan.rejection import decide


def log_win_ratio(design: Design, treatment: Any, control: Any, margin: Any) -> tuple[Any, Any]:
    """The logarithm of the ratio over its standard error, which is that of two U statistics; trial by trial.

    Larger values win by more than the margin. Without a win or without a loss there is no ratio, and no evidence
    (Bebu & Lachin 2016, Biostatistics 17:178).
    """
    n_t, n_c = treatment.shape[1], control.shape[1]
    if min(n_t, n_c) < 2:
        return np.zeros(len(treatment)), np.zeros(len(treatment), dtype=bool)
    # for each participant the share of the other arm's that are won and lost
    won_t, lost_t = (pairs / n_c for pairs in pairs_decided(treatment, control, margin))
    won_c, lost_c = (pairs / n_t for pairs in pairs_decided(control, treatment, margin))
    wins, losses = won_t.mean(axis=1, keepdims=True), lost_t.mean(axis=1, keepdims=True)
    with np.errstate(all="ignore"):
        of_t, of_c = won_t / wins - lost_t / losses, lost_c / wins - won_c / losses
        error = np.sqrt(of_t.var(axis=1, ddof=1) / n_t + of_c.var(axis=1, ddof=1) / n_c)
        estimate = np.log(wins / losses)[:, 0]
    known = np.isfinite(estimate) & np.isfinite(error)
    return decide(design, np.where(known, estimate, 0.0), np.where(known, error, 0.0), design.z_alpha)


def one_number(layers: Sequence[tuple[Any, Any]], last: tuple[Any, Any] | None, margin: float) -> tuple[Any, Any]:
    """One number of each participant that orders all as the hierarchy does: treatment, control, a row a trial.

    Each layer is the outcomes of both arms, the most important first, larger ones better; equal ones pass the decision
    on. Of the `last` those are equal that the margin does not tell apart, so it becomes the place among those whom no
    layer above tells apart; these lie further from the others than any margin reaches.
    """
    arms = [*layers, *([last] if last is not None else [])]
    size = arms[0][0].shape[1]
    joined = [np.concatenate(arm, axis=1) for arm in layers]
    if not joined:
        assert last is not None
        return last
    order = np.lexsort(joined[::-1], axis=1)
    changes = np.zeros(order.shape, dtype=bool)
    for values in joined:
        placed = np.take_along_axis(values, order, axis=1)
        changes[:, 1:] |= placed[:, 1:] != placed[:, :-1]
    place = np.empty(order.shape)
    np.put_along_axis(place, order, np.cumsum(changes, axis=1).astype(float), axis=1)
    if last is not None:
        values = np.concatenate(last, axis=1)
        apart = values.max(axis=1) - values.min(axis=1) + 2 * margin + 1.0
        place = place * apart[:, None] + values
    return place[:, :size], place[:, size:]
