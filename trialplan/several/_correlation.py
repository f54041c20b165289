"""From the latent correlation of a copula to that of the outcomes, and to that of the test statistics."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from trialplan.design import Design
from trialplan.numerics.elementary import normal_cdf
from trialplan.numerics.lazy import np
from trialplan.numerics.multinormal import bivariate_cdf
from trialplan.outcome import Latent
from trialplan.parameter import Numbers


def covariance(one: Latent, other: Latent, correlation: Numbers) -> Numbers:
    """Of what one participant adds to two statistics whose normal variables are correlated so.

    A line with a line: the correlation itself. A line with a jump: the density at the cut (point-biserial). A jump with
    a jump: the bivariate normal distribution beyond both cuts, less the product of the tails (phi).
    """
    lines: Any = one.slope * other.slope * correlation
    for line, steps in ((one, other), (other, one)):
        for cut, jump in zip(steps.cuts, steps.jumps, strict=True):
            density = np.exp(-(np.asarray(cut) ** 2) / 2) / np.sqrt(2 * np.pi)
            lines = lines + line.slope * jump * correlation * density
    for cut, jump in zip(one.cuts, one.jumps, strict=True):
        for beyond, by in zip(other.cuts, other.jumps, strict=True):
            apart = _tail(cut) * _tail(beyond)
            lines = lines + jump * by * (bivariate_cdf(-np.asarray(cut), -np.asarray(beyond), correlation) - apart)
    return lines


def variance(one: Latent) -> Numbers:
    """Of what one participant adds."""
    return covariance(one, one, 1.0) + one.noise


def of_outcomes(one: Latent, other: Latent, correlation: Numbers) -> Numbers:
    """The correlation of two outcomes in one arm: phi of two responses, point-biserial of one and a measurement."""
    return covariance(one, other, correlation) / np.sqrt(variance(one) * variance(other))


def of_statistics(
    one: Design, other: Design, correlation: Numbers, arms: slice = slice(None), *, same_outcome: bool = False
) -> Numbers:
    """The correlation of two designs' statistics, each positive in the treatment's favour.

    Their covariance is that of the outcomes, arm by arm over the arm's participants (Sozu, Sugimoto & Hamasaki 2010,
    equation for the proportions; 2012 for a mean and a proportion). `arms` are those that both have, as two treatments
    have the control; of one and the same outcome there, what its latent variable leaves open is shared too.
    """
    own, others, share = one.latent(), other.latent(), one.weights
    both = list(zip(own, others, share, strict=True))[arms]
    joint = sum(covariance(a, b, correlation) / w for a, b, w in both)
    if same_outcome:
        joint = joint + sum(np.sqrt((a.noise + a.shared) * (b.noise + b.shared)) / w for a, b, w in both)
    alone = [
        sum((variance(arm) + arm.shared) / w for arm, w in zip(arms, share, strict=True)) for arms in (own, others)
    ]
    return one.sign * other.sign * joint / np.sqrt(alone[0] * alone[1])


_MANY, _STEP = 1e8, 1e-5
"""Participants among whom no correction counts, and how far a rate is moved to see how the statistic follows."""


def control_loading(one: Design) -> Numbers:
    """The root of the control's share of the variance of a z of two rates, at the planned rates.

    The statistic itself is asked how it follows each arm's rate (the delta method), for its standard error moves with
    the rates as its estimate does: where there is no effect that makes no difference.
    """
    sizes = tuple(one.split(_MANY))
    rates = np.broadcast_arrays(*(np.atleast_1d(np.asarray(rate, dtype=float)) for rate in one.count_rates()))
    parts = []
    for arm, rate in enumerate(rates):
        step = _STEP * np.minimum(rate, 1 - rate)
        moved = []
        for way in (1, -1):
            there = [r + (way * step if i == arm else 0.0) for i, r in enumerate(rates)]
            statistic, _ = one.judge(tuple(r * size for r, size in zip(there, sizes, strict=True)), sizes)
            moved.append(statistic)
        parts.append(((moved[0] - moved[1]) / (2 * step)) ** 2 * rate * (1 - rate) / sizes[arm])
    found = np.sqrt(parts[1] / (parts[0] + parts[1]))
    plain = found.size == 1 and not any(map(np.ndim, one.count_rates()))
    return float(found[0]) if plain else found


def implied(members: Sequence[Design], correlations: Sequence[Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """What a latent correlation implies for each pair of outcomes in each arm, and could imply at least and at most."""
    for i, j in itertools.combinations(range(len(members)), 2):
        one, other = members[i], members[j]
        for arm, a, b in zip(one.arm_names, one.latent(), other.latent(), strict=True):
            yield {
                "members": (i + 1, j + 1),
                "arm": arm,
                "latent": float(correlations[i][j]),
                "implied": float(of_outcomes(a, b, correlations[i][j])),
                "lowest": float(of_outcomes(a, b, -1.0)),
                "highest": float(of_outcomes(a, b, 1.0)),
            }


def _tail(cut: Any) -> Any:
    return normal_cdf(-np.asarray(cut))
