"""The log-rank test by ranks, for many trials at once: participants in the order of their times, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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


def _part(arms: Sequence[Any], ratios: Sequence[float], fraction: float) -> list[Any]:
    treated, n = arms[0].shape[1], sum(arm.shape[1] for arm in arms)
    calendar = None if fraction >= 1 else calendar_of_events(arms, fraction)
    keys = np.empty((len(arms[0]), n), dtype=np.int64)
    for mark, arm, place in ((0, arms[0], slice(0, treated)), (_ARM, arms[1], slice(treated, n))):
        time, missed = arm[..., 1], arm[..., 2] <= 0
        if calendar is not None:
            open_for = np.maximum(calendar - arm[..., 0], 0.0)
            missed = missed | (time > open_for)
            time = np.minimum(time, open_for)
        # positive floats are in the order of their bits, the last two of which no time needs
        bits = np.ascontiguousarray(time).view(np.int64)
        keys[:, place] = (bits & ~(_ARM | _CENSORED)) + (mark + _CENSORED * missed.view(np.int8))
    keys.sort(axis=1)
    marks = (keys & (_ARM | _CENSORED)).astype(np.int8)
    on_control, event = marks & _ARM, marks < _CENSORED
    # at risk at each time: of the controls those who are not gone before, of the treated all others who are left
    control = (n - treated) - on_control.cumsum(axis=1, dtype=np.int32) + on_control
    left = np.arange(n, 0, -1, dtype=np.int32)
    found, treated_events = [], (marks == 0).sum(axis=1)
    for ratio in ratios:
        # the share of the treatment's hazard among all who are at risk, where there is an event
        share = (left - control) / (left if ratio == 1 else left + (1 / ratio - 1) * control)
        share *= event
        total = share.sum(axis=1)
        variance = total - np.einsum("ij,ij->i", share, share)
        out = np.zeros(len(keys))
        found.append(np.divide(treated_events - total, np.sqrt(variance), out=out, where=variance > 1e-12))
    return found
