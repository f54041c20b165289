"""The primary analysed within the strata of its randomisation: what its formula claims, and what drawn trials show."""

from __future__ import annotations

from dataclasses import dataclass

from trialplan.analyses.verification.simulation import SEED, simulate
from trialplan.answers import Simulation
from trialplan.outcome import EffectScale
from trialplan.plan.building import Trial
from trialplan.plan.strata import WithinStrata
from trialplan.protocol.content.interim_analyses import method

_MOST, _LEAST = 1_000_000, 1000
"""Participants drawn in all, each with a stratum and a place in a block, for a draft is written in seconds; and trials
that are drawn whatever they cost."""


@dataclass(frozen=True, kw_only=True)
class Level:
    """A level of the prognostic factor: its share of the participants, and its rate on control."""

    name: str
    share: float
    rate: float


@dataclass(frozen=True, kw_only=True)
class StrataView:
    """What a document says of them, `method` as readers know it; `seen` is None where no trials are to be simulated."""

    of: WithinStrata
    method: str
    levels: tuple[Level, ...]
    scale: EffectScale
    effect: float
    seen: Simulation | None


def within_strata(trial: Trial) -> StrataView | None:
    """The view, or none where the primary is not analysed within strata."""
    found = trial.within
    if found is None:
        return None
    trials = min(trial.plan.content.report.verification_trials, max(_LEAST, _MOST // found.n))
    fixed = found.design.fixed
    each = zip(found.stratum.levels, found.shares, found.stratum.control_rates, strict=True)
    return StrataView(
        of=found,
        method=method(found.design),
        levels=tuple(Level(name=name, share=share, rate=rate) for name, share, rate in each),
        scale=fixed.outcome.effect_scale(fixed),
        effect=float(fixed.effect_value()),
        seen=simulate(found.design, found.n, trials, SEED) if trials else None,
    )
