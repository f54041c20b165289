"""What the number does: the harms that it could still miss, and what the trial shows under other truths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from trialplan.analyses.compare import rejected
from trialplan.design import Design
from trialplan.numerics.lazy import np
from trialplan.numerics.nuisance import binomial_pmf
from trialplan.plan.building import Trial
from trialplan.protocol.content.alternatives import controls

SHARES = (0.0, 0.5, 0.75, 1.0, 1.25)
"""Truths of the operating characteristics, as shares of the planned effect."""


@dataclass(frozen=True, kw_only=True)
class BlindSpot:
    """What a treatment arm of n without a single case of a harm still leaves possible."""

    n: int
    limit: float


def blind_spot(trial: Trial) -> BlindSpot | None:
    """The upper 95 % limit of a rate of which no case was seen, 1 − 0.05^(1/n) (Hanley & Lippman-Hand 1983)."""
    n = trial.arms_randomised.get("treatment")
    return None if n is None else BlindSpot(n=n, limit=1 - 0.05 ** (1 / n))


@dataclass(frozen=True, kw_only=True)
class ControlRateRow:
    """One row of the operating characteristics: a control rate, and what the trial does at each share of the effect."""

    label: str
    value: float
    powers: tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True)
class Operating:
    """How often the trial rejects under other truths, and whether that was counted or follows from the formula."""

    n: int
    shares: tuple[float, ...]
    rows: tuple[ControlRateRow, ...]
    counted: bool


def operating(trial: Trial) -> Operating | None:
    """The probability of rejecting at the trial's number, over control rates and shares of the planned effect."""
    design, n = trial.design, int(trial.answer.n)
    table = rejected(design, n)
    if table is not None and controls(trial) and design.margin is None:  # of a margin the null is not equality
        return Operating(n=n, shares=SHARES, rows=tuple(_counted(trial, design, n, table)), counted=True)
    shares = SHARES[1:]  # a formula at no effect gives the nominal level, which is no news
    settled = design.settled(n)  # another truth does not move the boundaries
    truths = [settled.at_share(share) for share in shares]
    powers = [float("nan") if truth is None else float(truth.power(n)) for truth in truths]
    if np.isnan(powers).all():
        return None
    row = ControlRateRow(label="", value=float("nan"), powers=tuple(None if np.isnan(one) else one for one in powers))
    return Operating(n=n, shares=shares, rows=(row,), counted=False)


def _counted(trial: Trial, design: Design, n: int, table: Any) -> Iterator[ControlRateRow]:
    n_t, n_c = design.count_sizes(n)
    treatment, control = map(float, design.count_rates())
    effect = treatment - control
    for stated in controls(trial):
        rates = [stated.value + share * effect for share in SHARES]
        powers = tuple(
            float(binomial_pmf(n_t, rate) @ table @ binomial_pmf(n_c, stated.value)) if 0 < rate < 1 else None
            for rate in rates
        )
        yield ControlRateRow(label=stated.label, value=stated.value, powers=powers)
