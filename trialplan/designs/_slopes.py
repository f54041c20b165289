"""Random intercepts and slopes: what visits tell of a slope, and slopes estimated where visits are missed."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from trialplan.designs._visits import Estimate
from trialplan.numerics.lazy import np

_ROUNDS = 25
"""Steps of Fisher's scoring: it has some six digits after ten, and trials that need more are few."""
_CLOSE = 1e-8
"""Change of the likelihood's slope, in standard errors of the variances, below which it has arrived."""
_SHORTEST = 1e-6
"""The least variance of a combination of visits, in residual variances, before a step is halved."""
_PART = 40_000
"""Participants fitted at once: what is made of their visits then stays small."""


def rows(times: Any) -> Any:
    """The design of an arm's mean: an intercept and a slope, a row a visit."""
    return np.stack([np.ones_like(times), times], axis=-1)


def covariance(times: Any, intercept: Any, slope: Any, together: Any, residual: Any) -> Any:
    """Of the visits of a participant, from variances and a covariance with two axes more."""
    x, y = times[..., :, None], times[..., None, :]
    return intercept + together * (x + y) + slope * x * y + residual * np.eye(times.shape[-1])


def information(times: Any, matrix: Any, retention: Any) -> Any:
    """What a participant of an arm tells of its intercept and slope: a matrix of two, mean over who leaves when.

    `times` and `retention` have a visit on their last axis, `matrix` on its last two. The information of generalised
    least squares, summed over the patterns of missed visits: Edland & Emami, see Ard & Edland (2011), Journal of
    Alzheimer's Disease 26 suppl. 3:369; Lu, Mehrotra & Liu (2009), Statistics in Medicine 28:679.
    """
    leaves = retention - np.concatenate([retention[..., 1:], np.zeros_like(retention[..., :1])], axis=-1)
    total = 0.0
    for last in range(times.shape[-1]):
        x = rows(times[..., : last + 1])
        told = x.swapaxes(-1, -2) @ np.linalg.solve(matrix[..., : last + 1, : last + 1], x)
        total = total + leaves[..., last, None, None] * told
    return total


def variance_of_difference(treatment: Any, control: Any, common: bool) -> Any:
    """Of the difference of two slopes, from what each arm tells of its intercept and slope.

    With a common intercept the arms' matrices meet in it. Both are of the whole arm, not of one participant.
    """
    if not common:
        return sum(one[..., 0, 0] / np.linalg.det(one) for one in (treatment, control))
    joint = np.zeros((*np.broadcast_shapes(treatment.shape[:-2], control.shape[:-2]), 3, 3))
    joint[..., 0, 0] = treatment[..., 0, 0] + control[..., 0, 0]
    for place, arm in ((1, treatment), (2, control)):
        joint[..., 0, place] = joint[..., place, 0] = arm[..., 0, 1]
        joint[..., place, place] = arm[..., 1, 1]
    contrast = np.array([0.0, 1.0, -1.0])
    return np.einsum("i,...ij,j->...", contrast, np.linalg.inv(joint), contrast)


def difference_of_slopes(arms: Sequence[Any], times: Any, common: bool) -> Estimate:
    """The difference of two slopes by restricted maximum likelihood, trial by trial.

    Visits are on the last axis, nan after the last one. The variances of the random intercept, the random slope and
    their covariance may leave the room that random effects have, as long as the visits' covariance does not (the
    marginal model). Degrees of freedom: the participants with two visits or more, less two.
    Source: Laird & Ware (1982), Biometrics 38:963; Jennrich & Schluchter (1986), Biometrics 42:805 (Fisher's scoring).
    """
    trials, step = len(arms[0]), max(1, _PART // sum(arm.shape[1] for arm in arms))
    found = [
        _fitted(_Tallies([arm[start : start + step] for arm in arms], times, common))
        for start in range(0, trials, step)
    ]
    effect, variance, df = (np.concatenate(column) for column in zip(*found, strict=True))
    return Estimate(effect, variance, df)


class _Tallies:
    """Of each arm and each last visit how many participants there are, and the sums and products of their visits."""

    def __init__(self, arms: Sequence[Any], times: Any, common: bool) -> None:
        self.groups: list[tuple[Any, ...]] = []
        self.trials, self.visits, self.times = len(arms[0]), times.shape[-1], times
        width = 3 if common else 4
        self.several = np.zeros(self.trials)
        for place, arm in enumerate(arms):
            seen = np.isfinite(arm).sum(axis=-1)
            for last in range(self.visits):
                there = seen == last + 1
                if not there.any():
                    continue
                values = np.where(there[..., None], arm[..., : last + 1], 0.0)
                x = np.zeros((last + 1, width))
                x[:, 0 if common else 2 * place] = 1.0
                x[:, 1 + place if common else 2 * place + 1] = times[: last + 1]
                self.groups.append((x, there.sum(axis=1), values.sum(axis=1), values.swapaxes(1, 2) @ values))
                if last:
                    self.several = self.several + there.sum(axis=1)
        self.width = width
        self.contrast = np.array([0.0, 1.0, -1.0]) if common else np.array([0.0, 1.0, 0.0, -1.0])

    def of(self, trials: Any) -> _Tallies:
        """Those of some trials."""
        if len(trials) == self.trials:
            return self
        other = copy.copy(self)
        other.trials = len(trials)
        other.groups = [(x, *(one[trials] for one in told)) for x, *told in self.groups]
        return other

    def start(self) -> Any:
        """Half of the spread of all visits between participants, and half within."""
        total = sum(np.einsum("tii->t", products) for _, _, _, products in self.groups)
        sums = sum(values.sum(axis=1) for _, _, values, _ in self.groups)
        count = sum(n * len(x) for x, n, _, _ in self.groups)
        spread = np.maximum(total / count - (sums / count) ** 2, 1e-12)
        flat = np.zeros_like(spread)
        return np.stack([spread / 2, flat, flat, spread / 2], axis=-1)

    def parts(self, visits: int) -> Any:
        """What each of the four numbers adds to the covariance: intercept, together, slope, residual."""
        t = self.times[:visits]
        return np.stack([np.ones((visits, visits)), t[:, None] + t, t[:, None] * t, np.eye(visits)])

    def possible(self, theta: Any) -> Any:
        """Whether the covariance of all visits is one."""
        whole = np.einsum("tp,pij->tij", theta, self.parts(self.visits))
        scale = np.maximum(np.einsum("tii->t", whole) / self.visits, 1e-300)
        return np.linalg.eigvalsh(whole)[:, 0] > _SHORTEST * scale

    def estimates(self, theta: Any) -> tuple[Any, Any, Any, Any]:
        """The means by generalised least squares, the inverse of their information, the score and its information."""
        inner, outer = np.zeros((self.trials, self.width, self.width)), np.zeros((self.trials, self.width))
        inverses = {}
        for x, n, sums, _ in self.groups:
            visits = len(x)
            if visits not in inverses:
                inverses[visits] = np.linalg.inv(np.einsum("tp,pij->tij", theta, self.parts(visits)))
            weighted = x.T @ inverses[visits]
            inner = inner + n[:, None, None] * (weighted @ x)
            outer = outer + (weighted @ sums[..., None])[..., 0]
        there = np.linalg.matrix_rank(inner) == self.width
        back = np.linalg.inv(np.where(there[:, None, None], inner, np.eye(self.width)))
        beta = (back @ outer[..., None])[..., 0]
        score, told = np.zeros((self.trials, 4)), np.zeros((self.trials, 4, 4))
        for x, n, sums, products in self.groups:
            inverse, parts = inverses[len(x)], self.parts(len(x))
            mean = beta @ x.T
            cross = sums[:, :, None] * mean[:, None, :]
            squares = products - cross - cross.swapaxes(1, 2) + n[:, None, None] * mean[:, :, None] * mean[:, None, :]
            # each direction of the covariance between its inverses
            turned = inverse[:, None] @ parts @ inverse[:, None]
            residual = np.einsum("tpij,tij->tp", turned, squares)
            lost = n[:, None] * np.einsum("pij,tij->tp", parts, inverse)
            means = n[:, None] * np.einsum("tab,tpab->tp", back, x.T @ turned @ x)
            score = score + (residual - lost + means) / 2
            told = told + n[:, None, None] * np.einsum("tpij,qij->tpq", turned, parts) / 2
        return beta, np.where(there[:, None, None], back, np.nan), score, told


def _fitted(tallies: _Tallies) -> tuple[Any, Any, Any]:
    """The difference, its variance and degrees of freedom; trials that have arrived are left alone."""
    theta = tallies.start()
    moving = np.arange(tallies.trials)
    for _ in range(_ROUNDS):
        left = tallies.of(moving)
        _, _, score, told = left.estimates(theta[moving])
        ridge = 1e-12 * np.einsum("tpp->tp", told)[..., None] * np.eye(4)
        step = np.linalg.solve(told + ridge, score[..., None])[..., 0]
        far = np.einsum("tp,tp->t", step, score) > _CLOSE
        moving, step, now = moving[far], step[far], theta[moving[far]]
        if not moving.size:
            break
        for _ in range(30):
            fits = left.possible(now + step)
            if fits.all():
                break
            step = np.where(fits[:, None], step, step / 2)
        theta[moving] = np.where(left.possible(now + step)[:, None], now + step, now)
    beta, back, _, _ = tallies.estimates(theta)
    variance = np.einsum("i,tij,j->t", tallies.contrast, back, tallies.contrast)
    return beta @ tallies.contrast, variance, np.where(np.isfinite(variance), tallies.several - 2, np.nan)
