"""Pools as tables, and as a forest plot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialplan.files import write
from trialplan.page import Table
from trialplan.text import NONE, decimals

if TYPE_CHECKING:
    from trialplan.evidence.pooling import Pool, PooledStudy

_COLUMNS = ("pool", "studies", "estimate", "95 % interval", "τ²", "I²", "new study", "left out")
_STUDIES = ("pool", "study", "n", "estimate", "interval", "weight")


def tables(pools: Mapping[str, Pool], parts: Mapping[str, Pool]) -> Iterator[Table]:
    """The pools and their studies as tables, then subgroups and what remains without each study."""
    yield Table(_COLUMNS, [_row(name, pool) for name, pool in pools.items()], "Pools", frozenset({1}))
    rows = [_study(name, study) for name, pool in pools.items() for study in pool.studies]
    yield Table(_STUDIES, rows, "Studies in the pools", frozenset({2}))
    if parts:
        rows = [_row(name, pool) for name, pool in parts.items()]
        yield Table(_COLUMNS, rows, "All reports, in parts", frozenset({1}))


def notes(pools: Mapping[str, Pool]) -> list[str]:
    """What each pool leaves unsaid, and what warns of it."""
    return [f"{name}: {' '.join(filter(None, (pool.warning, pool.note)))}" for name, pool in pools.items()]


def draw(pools: Mapping[str, Pool], path: Path, outcome: str) -> None:
    """The forest plot of the first pool, in the format that the suffix names."""
    from trialplan.figures import render

    name, pool = next(iter(pools.items()))
    write(path, render(forest(pool, f"{outcome}: {name}"), path.suffix))


def forest(pool: Pool, title: str = "") -> Any:
    """A pool as a forest plot: its studies with their counts, what they pool to, and where a new study would lie."""
    from trialplan.figures import Forest

    shown = pool.natural
    counted = [study.label + ("" if study.events is None else f"  {study.events}/{study.n}") for study in pool.studies]
    rows = [
        (label, study.estimate, study.lower, study.upper, study.weight, "study")
        for label, study in zip(counted, pool.studies, strict=True)
    ]
    return Forest(
        rows=rows,
        pooled=[("pooled", shown.estimate, shown.lower, shown.upper, None, "pooled")],
        prediction=_both(shown.prediction_lower, shown.prediction_upper),
        measure="rate" if pool.studies[0].events is not None else pool.measure.replace("-", " "),
        confidence=pool.confidence,
        title=title,
    )


def _row(name: str, pool: Pool) -> list[str]:
    shown = pool.natural
    prediction = _both(shown.prediction_lower, shown.prediction_upper)
    new = NONE if prediction is None else _span(*prediction)
    spread = [decimals(pool.tau2), decimals(pool.i2)]
    left = ", ".join(pool.left_out) or "none"
    return [name, str(pool.k), decimals(shown.estimate), _span(shown.lower, shown.upper), *spread, new, left]


def _both(lower: float | None, upper: float | None) -> tuple[float, float] | None:
    return None if lower is None or upper is None else (lower, upper)


def _span(lower: float, upper: float) -> str:
    return f"{lower:.3f} to {upper:.3f}"


def _study(name: str, study: PooledStudy) -> list[str]:
    interval = _span(study.lower, study.upper)
    return [name, study.label, str(study.n), decimals(study.estimate), interval, decimals(study.weight, 2)]
