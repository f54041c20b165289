"""The log-rank test by ranks, for many trials at once: participants in the order of their times, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from trialplan.designs._risk_sets import Weight
from trialplan.numerics.lazy import np

_ARM, _CENSORED, _BITS = 1, 2, 2
"""Bits in which a time carries its arm (1 is the control) and whether it ended without the event, and how many."""

_DIGITS = 29
"""Binary digits of a time: a second in seventeen years of follow-up. With the bits it carries it is a short integer."""

_LATEST = 2**_DIGITS - 1

_PART = 100_000
"""Participants analysed at once: what is made of them then stays in a processor's own memory."""


def log_rank(arms: Sequence[Any], ratios: Sequence[float], fraction: float = 1.0) -> list[Any]:
    """For each hazard ratio of the null the statistic, negative for fewer events on treatment; 0 without evidence.

    The surplus of the treatment's events over those expected at the risk sets, over its standard error there; at a
    ratio of 1 that is the log-rank test (Mantel 1966, Cancer Chemotherapy Reports 50:163), else the score test of Cox's
    model. Of each participant (entry, time followed, 1 where it ended in the event) is on the last axis; below 1, each
    trial is cut at the time of the calendar at which this `fraction` of its events has happened.
    """
    return log_rank_at(arms, ratios, [fraction])[0]


def log_rank_at(arms: Sequence[Any], ratios: Sequence[float], fractions: Sequence[float]) -> list[list[Any]]:
    """The same at each of several fractions, for which much is done once."""
    parts = [[_against(seen.in_order(fraction), ratios) for fraction in fractions] for seen in _in_parts(arms)]
    return [[np.concatenate(one) for one in zip(*looks, strict=True)] for looks in zip(*parts, strict=True)]


def _in_parts(arms: Sequence[Any]) -> Iterator[_Trials]:
    """Trials, so many at a time as stay in a processor's own memory."""
    latest = sum(max(float(arm[..., place].max(initial=0.0)) for arm in arms) for place in (0, 1))
    scale = math.ldexp(1.0, _DIGITS - math.frexp(latest)[1])
    step = max(1, _PART // max(sum(arm.shape[1] for arm in arms), 1))
    for start in range(0, len(arms[0]), step):
        yield _Trials([arm[start : start + step] for arm in arms], scale)


class _Trials:
    """Trials as they end: a row a trial, a column a participant, the treatment's first.

    Times are whole numbers, of which `scale` are a unit of time: a computer sorts short ones in a fifth of the time.
    `keys` are the times followed, which carry the arm and whether they ended without the event.
    """

    def __init__(self, arms: Sequence[Any], scale: float) -> None:
        self.scale, self.treated = scale, arms[0].shape[1]
        shape = (len(arms[0]), sum(arm.shape[1] for arm in arms))
        self.entry, self.time = np.empty(shape, dtype=np.int32), np.empty(shape, dtype=np.int32)
        self.missed = np.empty(shape, dtype=bool)
        self.arm = np.zeros(shape[1], dtype=np.int32)
        self.arm[self.treated :] = _ARM
        for arm, place in ((arms[0], slice(0, self.treated)), (arms[1], slice(self.treated, None))):
            np.multiply(arm[..., 0], scale, out=self.entry[:, place], casting="unsafe")
            np.multiply(arm[..., 1], scale, out=self.time[:, place], casting="unsafe")
            np.less_equal(arm[..., 2], 0, out=self.missed[:, place])
        self.keys = (self.time << _BITS) + self.arm
        self.keys += self.missed * np.int32(_CENSORED)

    @cached_property
    def calendar(self) -> Any:
        """When the events happen, in order; the last moment of all for what is none."""
        at = self.entry + self.time
        np.copyto(at, _LATEST, where=self.missed)
        at.sort(axis=1)
        return at

    def calendar_of_events(self, fraction: float) -> Any:
        """When this fraction of each trial's events has happened."""
        events = self.time.shape[1] - np.count_nonzero(self.missed, axis=1)
        last = np.ceil(fraction * events - 1e-9).astype(int) - 1
        return np.take_along_axis(self.calendar, np.maximum(last, 0)[:, None], axis=1)

    def in_order(self, fraction: float) -> _InOrder:
        """The participants in the order of their times, when this fraction of each trial's events has happened."""
        if fraction < 1:
            cut = self.calendar_of_events(fraction) - self.entry
            np.maximum(cut, 0, out=cut)
            cut <<= _BITS
            cut += self.arm + np.int32(_CENSORED)
            # whoever is still followed then has not had the event: the lesser key is that of what comes first
            keys = np.minimum(self.keys, cut, out=cut)
        else:
            keys = self.keys.copy()
        keys.sort(axis=1)
        n = keys.shape[1]
        marks = (keys & (_ARM | _CENSORED)).astype(np.int8)
        on_control, event = marks & _ARM, marks < _CENSORED
        # at risk at each time: of the controls those who are not gone before, of the treated all others who are left
        control = (n - self.treated) - on_control.cumsum(axis=1, dtype=np.int32) + on_control
        return _InOrder(keys >> _BITS, self.scale, event, marks == 0, np.arange(n, 0, -1, dtype=np.int32), control)


@dataclass(frozen=True)
class _InOrder:
    """Trials whose participants are in the order of their times: a row a trial, a column a participant.

    `time` are whole numbers, of which `scale` are a unit of time, `event` whether it ended in one, `treated` whether
    that was under treatment, `left` how many were at risk at each time, and `control` how many of them in the control
    arm.
    """

    time: Any
    scale: float
    event: Any
    treated: Any
    left: Any
    control: Any


def _against(seen: _InOrder, ratios: Sequence[float]) -> list[Any]:
    """The statistic against each hazard ratio of the null."""
    found, treated_events = [], np.count_nonzero(seen.treated, axis=1)
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
    parts = [_weighted_part(seen.in_order(fraction), weights) for seen in _in_parts(arms)]
    statistics, correlations = (np.concatenate(one, axis=-1) for one in zip(*parts, strict=True))
    return statistics, correlations


def _weighted_part(seen: _InOrder, weights: Sequence[Weight]) -> tuple[Any, Any]:
    after = np.cumprod(1 - seen.event / seen.left, axis=1)
    before = np.concatenate([np.ones((len(after), 1)), after[:, :-1]], axis=1)

    def pooled_at(when: Any) -> Any:
        return np.where(seen.time <= float(when) * seen.scale, after, 1.0).min(axis=1, keepdims=True)

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
