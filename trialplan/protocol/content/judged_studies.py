"""How the studies that the primary's numbers rest on were judged for risk of bias."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trialplan.evidence.bridge import Reading
from trialplan.evidence.risk_of_bias import RiskOfBias
from trialplan.evidence.table import Study
from trialplan.plan.assumptions import Assumption
from trialplan.plan.building import Trial


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One study with its judgements; `moves` is the number that rests on it."""

    study: str
    moves: str
    risk: RiskOfBias


def judged_studies(trial: Trial) -> list[Judged]:
    """The judged studies behind each assumption of the primary endpoints; empty where the tables judge none."""
    return [
        Judged(study=study.key, moves=one.label, risk=study.risk)
        for one in trial.assumptions
        for study in _behind(trial, one)
        if study.risk is not None
    ]


def _behind(trial: Trial, one: Assumption) -> Iterator[Study]:
    if one.borrowed is not None:
        yield from (arm.study for arm in one.borrowed.readings)
    elif isinstance(one.reading, Reading):
        yield one.reading.study
    else:
        pool = one.pooled.pool if one.pooled else one.reading.pool if one.reading else None
        yield from (trial.table.study(study.label) for study in pool.studies) if pool else ()
