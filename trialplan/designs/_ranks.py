"""The log-rank test by ranks, for many trials at once: participants in the order of their times, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trialplan.designs._risk_sets import Weight
from trialplan.numerics.lazy import np

_ARM, _CENSORED = 1, 2
"""Bits in which a time carries its arm (1 is the control) and whether it ended without the event."""

_PART = 50_000
"""Participants analysed at once: what is made of them then stays in a processor's own memory."""


def log_rank(arms: Sequence[Any], ratios: Sequence[float], fraction: float = 1.0) -> list[Any]:
    """For each hazard ratio of the null the statistic, negative for fewer events on treatment; 0 without evidence.

    The surplus of the treatment's events over those expected at the risk sets, over its standard error there; at a
    ratio of 1 that is the log-rank test (Mantel 1966, Cancer Chemotherapy Reports 50:163), else the score test of Cox's
    model. Of each participant (entry, time followed, 1 where it ended in the event) is on the last axis; below 1, each
    trial is cut at the time of the calendar at which this `fraction` of its events has happened.
    """
    trials = len(arms[0])
    step = max(1, _PART // max(sum(arm.shape[1] for arm in arms), 1))
    parts = [_part([arm[start : start + step] for arm in arms], ratios, fraction) for start in range(0, trials, step)]
    return [np.concatenate(one) for one in zip(*parts, strict=True)]


def calendar_of_events(arms: Sequence[Any], fraction: float) -> Any:
    """For each trial the time of the calendar at which this fraction of its events has happened; inf without events."""
    at = np.concatenate([np.where(arm[..., 2] > 0, arm[..., 0] + arm[..., 1], np.inf) for arm in arms], axis=1)
    at.sort(axis=1)
    events = sum(arm[..., 2].sum(axis=1) for arm in arms)
    last = np.ceil(fraction * events - 1e-9).astype(int) - 1
    return np.take_along_axis(at, np.maximum(last, 0)[:, None], axis=1)


@dataclass(frozen=True)
class _InOrder:
    """Trials whose participants are in the order of their times: a row a trial, a column a participant.

    `keys` are the times with what each carries, `event` whether it ended in one, `treated` whether that was under
    treatment, `left` how many were at risk at each time, and `control` how many of them in the control arm.
    """

    keys: Any
    event: Any
    treated: Any
    left: Any
    control: Any

    @classmethod
    def of(cls, arms: Sequence[Any], fraction: float) -> _InOrder:
        """The arms, treatment first, when this fraction of each trial's events has happened."""
        treated, n = arms[0].shape[1], sum(arm.shape[1] for arm in arms)
        calendar = None if fraction >= 1 else calendar_of_events(arms, fraction)
        keys = np.empty((len(arms[0]), n), dtype=np.int64)
        for mark, arm, place in ((0, arms[0], slice(0, treated)), (_ARM, arms[1], slice(treated, n))):
            time, missed = arm[..., 1], arm[..., 2] <= 0
            if calendar is not None:
                open_for = np.maximum(calendar - arm[..., 0], 0.0)
                missed = missed | (time > open_for)
                time = np.minimum(time, open_for)
            keys[:, place] = _bits(time) + (mark + _CENSORED * missed.view(np.int8))
        keys.sort(axis=1)
        marks = (keys & (_ARM | _CENSORED)).astype(np.int8)
        on_control, event = marks & _ARM, marks < _CENSORED
        # at risk at each time: of the controls those who are not gone before, of the treated all others who are left
        control = (n - treated) - on_control.cumsum(axis=1, dtype=np.int32) + on_control
        return cls(keys, event, marks == 0, np.arange(n, 0, -1, dtype=np.int32), control)


def _bits(time: Any) -> Any:
    """Times as whole numbers in the same order: positive floats are in that of their bits, two of which none needs."""
    return np.ascontiguousarray(time).view(np.int64) & ~(_ARM | _CENSORED)


def _part(arms: Sequence[Any], ratios: Sequence[float], fraction: float) -> list[Any]:
    seen = _InOrder.of(arms, fraction)
    found, treated_events = [], seen.treated.sum(axis=1)
    for ratio in ratios:
        # the share of the treatment's hazard among all who are at risk, where there is an event
        share = (seen.left - seen.control) / (seen.left if ratio == 1 else seen.left + (1 / ratio - 1) * seen.control)
        share *= seen.event
        total = share.sum(axis=1)
        variance = total - np.einsum("ij,ij->i", share, share)
        found.append(_z(treated_events - total, variance))
    return found


def _z(surplus: Any, variance: Any) -> Any:
    """The statistic; 0 where nothing is known."""
    return np.divide(surplus, np.sqrt(variance), out=np.zeros(variance.shape), where=variance > 1e-12)


def weighted(arms: Sequence[Any], weights: Sequence[Weight], fraction: float = 1.0) -> tuple[Any, Any]:
    """Weighted log-rank statistics, negative for fewer events on treatment, and their correlations; trials last.

    Weights are of the Kaplan–Meier curve of both arms just before an event. Source: Fleming & Harrington (1991),
    Counting Processes and Survival Analysis, ch. 7; for several, Karrison (2016), Stata Journal 16:678.
    """
    trials = len(arms[0])
    step = max(1, _PART // max(sum(arm.shape[1] for arm in arms), 1))
    parts = [
        _weighted_part([arm[start : start + step] for arm in arms], weights, fraction)
        for start in range(0, trials, step)
    ]
    statistics, correlations = (np.concatenate(one, axis=-1) for one in zip(*parts, strict=True))
    return statistics, correlations


def _weighted_part(arms: Sequence[Any], weights: Sequence[Weight], fraction: float) -> tuple[Any, Any]:
    seen = _InOrder.of(arms, fraction)
    after = np.cumprod(1 - seen.event / seen.left, axis=1)
    before = np.concatenate([np.ones((len(after), 1)), after[:, :-1]], axis=1)

    def pooled_at(when: Any) -> Any:
        return np.where(seen.keys <= _bits(np.array([float(when)]))[0] + _ARM, after, 1.0).min(axis=1, keepdims=True)

    share = seen.event * (seen.left - seen.control) / seen.left
    surplus, spread = seen.treated - share, share * (1 - share)
    values = [np.broadcast_to(weight(before, pooled_at), before.shape) for weight in weights]
    covariance = np.array([[np.einsum("ij,ij,ij->i", a, b, spread) for b in values] for a in values])
    variances = np.einsum("iij->ij", covariance)
    statistics = np.array([_z((a * surplus).sum(axis=1), v) for a, v in zip(values, variances, strict=True)])
    error = np.sqrt(np.where(variances > 1e-12, variances, np.inf))
    correlations = covariance / error / error[:, None]
    # a test without evidence has a correlation with itself alone
    for one in range(len(weights)):
        correlations[one, one] = 1.0
    return statistics, np.clip(correlations, -1.0, 1.0)
