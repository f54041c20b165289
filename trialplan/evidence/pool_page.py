"""The pools of one outcome for `trialplan evidence --pool`: one report per centre and all reports, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trialplan.page import Table

_COLUMNS = ("pool", "studies", "estimate", "95 % interval", "τ²", "I²", "new study", "left out")
_STUDIES = ("pool", "study", "n", "estimate", "interval", "weight")


def pools(table: Any, name: str, how: dict[str, Any], rows: dict[str, Any]) -> dict[str, Any]:
    """The pools by name; where no reports overlap there is one, of all of them."""
    from trialplan.evidence import overlapping
    from trialplan.evidence.selection import pool_choices

    found = pool_choices(table, spelt(table, name), _choice(rows), **how)
    return found if overlapping(table) else {"all": found["all"]}


def variants(table: Any, name: str, how: dict[str, Any], rows: dict[str, Any], by: str | None) -> dict[str, Any]:
    """The pool of all reports without each study in turn, and within each group of studies that share `by`."""
    from dataclasses import replace

    from trialplan.evidence.pooling import by_subgroup, leave_one_out
    from trialplan.evidence.selection import outcome_effects

    effects, _ = outcome_effects(table, spelt(table, name), replace(_choice(rows), reports="all"))
    settled = (how.get("method", "reml"), how.get("interval", "normal"))
    found = {} if by is None else by_subgroup(effects, _groups(table, effects.labels, by), *settled)
    if len(effects.labels) > 2:
        found |= {f"without {label}": one for label, one in leave_one_out(effects, *settled).items()}
    return found


def spelt(table: Any, name: str) -> str:
    """The outcome's name, which may be typed with hyphens for spaces."""
    known = {outcome.name.replace(" ", "-"): outcome.name for study in table.studies for outcome in study.outcomes}
    return known.get(name, name)


def _choice(rows: dict[str, Any]) -> Any:
    """Which rows count: `denominators` and `correlation`, where they are given."""
    from trialplan.evidence.selection import PoolChoice

    return PoolChoice(**{name: value for name, value in rows.items() if value is not None})


def _groups(table: Any, labels: Any, by: str) -> list[str]:
    from dataclasses import fields

    from trialplan.errors import ParameterError, did_you_mean
    from trialplan.evidence import Study

    field, known = by.replace("-", "_"), [one.name for one in fields(Study)]
    if field not in known:
        raise ParameterError(f"--by: a study has no {by!r}; {did_you_mean(field, known)}")
    return [str(getattr(table.study(label), field) or "not stated") for label in labels]


def tables(found: dict[str, Any]) -> Iterator[Table]:
    """The pools and their studies as tables."""
    yield Table(_COLUMNS, [_row(name, one) for name, one in found.items()], "Pools", frozenset({1}))
    rows = [_study(name, study) for name, one in found.items() for study in one.studies]
    yield Table(_STUDIES, rows, "Studies in the pools", frozenset({2}))


def variant_table(found: dict[str, Any]) -> Iterator[Table]:
    """Subgroups and what remains without each study, where there are any."""
    if found:
        rows = [_row(name, one) for name, one in found.items()]
        yield Table(_COLUMNS, rows, "All reports, in parts", frozenset({1}))


def notes(found: dict[str, Any]) -> list[str]:
    """What each pool leaves unsaid, and what warns of it."""
    return [f"{name}: {' '.join(filter(None, (one.warning, one.note)))}" for name, one in found.items()]


def draw(found: dict[str, Any], path: Path, outcome: str) -> None:
    """The forest plot of the first pool, in the format that the suffix names."""
    from trialplan.figures import render
    from trialplan.files import write

    name, one = next(iter(found.items()))
    write(path, render(forest(one, f"{outcome}: {name}"), path.suffix))


def forest(pool: Any, title: str = "") -> Any:
    """A pool as a forest plot: its studies with their counts, what they pool to, and where a new study would lie."""
    from trialplan.figures import Forest

    shown = pool.natural
    rows = [(_counted(one), one.estimate, one.lower, one.upper, one.weight, "study") for one in pool.studies]
    return Forest(
        rows=rows,
        pooled=[("pooled", shown.estimate, shown.lower, shown.upper, None, "pooled")],
        prediction=None if shown.prediction_lower is None else (shown.prediction_lower, shown.prediction_upper),
        measure="rate" if pool.studies[0].events is not None else pool.measure.replace("-", " "),
        confidence=pool.confidence,
        title=title,
    )


def _counted(study: Any) -> str:
    return study.label if study.events is None else f"{study.label}  {study.events}/{study.n}"


def _row(name: str, one: Any) -> list[str]:
    shown = one.natural
    new = "—" if shown.prediction_lower is None else _span(shown.prediction_lower, shown.prediction_upper)
    spread = ["—" if value is None else f"{value:.3f}" for value in (one.tau2, one.i2)]
    left = ", ".join(one.left_out) or "none"
    return [name, str(one.k), f"{shown.estimate:.3f}", _span(shown.lower, shown.upper), *spread, new, left]


def _span(lower: float, upper: float) -> str:
    return f"{lower:.3f} to {upper:.3f}"


def _study(name: str, study: Any) -> list[str]:
    weight = "—" if study.weight is None else f"{study.weight:.2f}"
    return [name, study.label, str(study.n), f"{study.estimate:.3f}", _span(study.lower, study.upper), weight]
