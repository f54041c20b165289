"""The pools of one outcome for `trialplan evidence --pool`: one report per centre and all reports, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from trialplan.errors import ParameterError, did_you_mean
from trialplan.evidence.effects import PROPORTIONS
from trialplan.evidence.overlap import overlapping
from trialplan.evidence.pooling import by_subgroup, leave_one_out
from trialplan.evidence.selection import PoolChoice, compares, outcome_effects, pool_choices
from trialplan.evidence.table import EvidenceTable, Study, domains
from trialplan.files import write
from trialplan.page import Page, Table, plain
from trialplan.text import NONE, decimals, p_value

_COLUMNS = ("pool", "studies", "estimate", "95 % interval", "τ²", "I²", "new study", "left out")
_STUDIES = ("pool", "study", "n", "estimate", "interval", "weight")
_CHOICES = ("denominators", "correlation", "timepoint_months")


def page(table: EvidenceTable, pool: str, *, forest: Path | None = None, by: str | None = None, **given: Any) -> Page:
    """The pools of one outcome alone: what else the table says is another page.

    `given` are method and pool_interval, measure, arms, timepoint_months, denominators and correlation, where they are
    not the usual ones. The name of the outcome may be typed with hyphens for spaces. Where no reports overlap there is
    one pool, of all of them; where studies have a treatment and a control arm, there is one for each measure that
    compares them, unless the arms or a measure are named.
    """
    names = {outcome.name.replace(" ", "-"): outcome.name for study in table.studies for outcome in study.outcomes}
    outcome = names.get(pool, pool)
    choice = PoolChoice(arms=_typed(given.get("arms")), **{name: given[name] for name in given if name in _CHOICES})
    how = {"method": given.get("method", "reml"), "interval": given.get("pool_interval", "normal")}
    measures = [given["measure"]] if "measure" in given else compares(table, outcome) if choice.arms is None else ()
    if how["method"] == "peto":
        measures = [measure for measure in measures if measure == "odds-ratio"] or measures
    pools: dict[str, Any] = {}
    parts: dict[str, Any] = {}
    reported: dict[str, str] = {}
    for measure in measures or [None]:
        choices = pool_choices(table, outcome, choice, measure=measure, **how)
        whole = choices if overlapping(table.studies) else {"all": choices["all"]}
        of_measure = f", {measure}" if len(measures) > 1 else ""
        pools |= {f"{reports}{of_measure}": found for reports, found in whole.items()}
        reported |= {f"{reports}{of_measure}": reports for reports in whole}
        effects, _ = outcome_effects(table, outcome, replace(choice, reports="all"), measure)
        some = {} if by is None else by_subgroup(effects, _groups(table, effects.labels, by), *how.values())
        if len(effects.labels) > 2:
            some |= {f"without {label}": other for label, other in leave_one_out(effects, *how.values()).items()}
        parts |= {f"{name}{of_measure}": part for name, part in some.items()}
    if forest is not None:
        draw(pools, forest, pool)
    data = {
        "table": {"title": table.title},
        "pools": [{"reports": reported[name]} | asdict(whole) for name, whole in pools.items()],
        "parts": [{"part": name} | asdict(part) for name, part in parts.items()],
    }
    headline = f"{pool} over {table.title}"
    return Page(data=plain(data), headline=headline, tables=list(tables(pools, parts)), notes=notes(pools))


def _typed(arms: str | None) -> tuple[str, ...] | None:
    """The arms as typed, separated by commas."""
    return None if arms is None else tuple(arm.strip() for arm in arms.split(",") if arm.strip())


def _groups(table: Any, labels: Any, by: str) -> list[str]:
    field, known = by.replace("-", "_"), domains(Study)
    if field not in known:
        raise ParameterError(f"--by: a study has no {by!r}; {did_you_mean(field, known)}")
    return [str(getattr(table.study(label), field) or "not stated") for label in labels]


def tables(pools: dict[str, Any], parts: dict[str, Any]) -> Iterator[Table]:
    """The pools and their studies as tables, then subgroups and what remains without each study."""
    yield Table(_COLUMNS, [_row(name, pool) for name, pool in pools.items()], "Pools", frozenset({1}))
    rows = [_study(name, study) for name, pool in pools.items() for study in pool.studies]
    yield Table(_STUDIES, rows, "Studies in the pools", frozenset({2}))
    if parts:
        rows = [_row(name, pool) for name, pool in parts.items()]
        yield Table(_COLUMNS, rows, "All reports, in parts", frozenset({1}))


def notes(pools: dict[str, Any]) -> list[str]:
    """What each pool leaves unsaid, and what warns of it."""
    return [
        f"{name}: {' '.join(filter(None, (pool.warning, pool.note, _tested(pool))))}" for name, pool in pools.items()
    ]


def _tested(pool: Any) -> str:
    """The P value where there is one, and by what the new study's interval was made."""
    quantile = "normal quantile" if pool.interval == "normal" else "t with one degree of freedom less than studies"
    new = "" if pool.prediction_lower is None else f"New study by the {quantile}."
    tested = "" if pool.p_value is None else f"P {_equals(p_value(pool.p_value))}, two-sided, by the {quantile}."
    return " ".join(filter(None, (tested, new)))


def _equals(printed: str) -> str:
    return printed if printed.startswith("<") else f"= {printed}"


def draw(pools: dict[str, Any], path: Path, outcome: str) -> None:
    """The forest plot of the first pool, in the format that the suffix names."""
    from trialplan.figures import render

    name, pool = next(iter(pools.items()))
    write(path, render(forest(pool, f"{outcome}: {name}"), path.suffix))


def forest(pool: Any, title: str = "") -> Any:
    """A pool as a forest plot: its studies with their counts, what they pool to, and where a new study would lie."""
    from trialplan.figures import Forest

    shown = pool.natural
    counted = [study.label + _counts(study) for study in pool.studies]
    rows = [
        (label, study.estimate, study.lower, study.upper, study.weight, "study")
        for label, study in zip(counted, pool.studies, strict=True)
    ]
    return Forest(
        rows=rows,
        pooled=[("pooled", shown.estimate, shown.lower, shown.upper, None, "pooled")],
        prediction=None if shown.prediction_lower is None else (shown.prediction_lower, shown.prediction_upper),
        measure="rate" if pool.measure in PROPORTIONS else pool.measure.replace("-", " "),
        confidence=pool.confidence,
        title=title,
    )


def _counts(study: Any) -> str:
    """The counts of a study, of both arms where two are compared."""
    if study.events is None:
        return ""
    other = "" if study.control_n is None else f" v {study.control_events}/{study.control_n}"
    return f"  {study.events}/{study.n}{other}"


def _row(name: str, pool: Any) -> list[str]:
    shown = pool.natural
    new = NONE if shown.prediction_lower is None else _span(shown.prediction_lower, shown.prediction_upper)
    spread = [decimals(pool.tau2), decimals(pool.i2)]
    left = ", ".join(pool.left_out) or "none"
    return [name, str(pool.k), decimals(shown.estimate), _span(shown.lower, shown.upper), *spread, new, left]


def _span(lower: float, upper: float) -> str:
    return f"{lower:.3f} to {upper:.3f}"


def _study(name: str, study: Any) -> list[str]:
    interval = _span(study.lower, study.upper)
    return [
        name,
        study.label,
        NONE if study.n is None else str(study.n),
        decimals(study.estimate),
        interval,
        decimals(study.weight, 2),
    ]
