"""One outcome over the studies of a table, as one pool: which rows count, and never the same people twice unsaid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from trialplan.errors import EvidenceError, ParameterError, did_you_mean
from trialplan.evidence.control import has_concurrent_control
from trialplan.evidence.effects import PROPORTIONS, Effects, change_effects, proportion_effects
from trialplan.evidence.finding import keys
from trialplan.evidence.overlap import overlapping
from trialplan.evidence.pooling import Pool, pool
from trialplan.evidence.table import EvidenceTable, Moments, ReportedOutcome, Study
from trialplan.text import listed

REFUSE, ONE_PER_CENTRE, ALL = "refuse", "one-per-centre", "all"
REPORTED, ENROLLED = "reported", "enrolled"


@dataclass(frozen=True, kw_only=True)
class PoolChoice:
    """Which rows of a table make the pool, and on which denominators.

    `reports` is "refuse" (an error where reports may share participants), "one-per-centre" (the largest report of
    each overlapping set, then the latest), "all" (with a warning), or the keys of the studies to take. `arms` names
    the arms that count, all of them by default; the arms of one study are added up. `timepoint_months` chooses
    where a study reports more than one. `denominators` "enrolled" counts those without a result as not having it.
    `correlation` within a participant has to be assumed for changes, and only there.
    """

    reports: str | tuple[str, ...] = REFUSE
    arms: tuple[str, ...] | None = None
    timepoint_months: float | None = None
    denominators: str = REPORTED
    correlation: float | None = None


def pool_outcome(
    table: EvidenceTable,
    name: str,
    choice: PoolChoice | None = None,
    *,
    measure: str | None = None,
    method: str = "reml",
    interval: str = "normal",
    confidence: float = 0.95,
) -> Pool:
    """The outcome `name` pooled over the studies of the table that report it in numbers.

    `measure` is one of the effects' measures, by default the logit of a rate and the plain mean change; the other
    three are as in `pool`. An EvidenceError names the reports that may share participants, and what is missing.
    """
    effects, remarks = outcome_effects(table, name, choice or PoolChoice(), measure)
    pooled = pool(effects, method, interval, confidence)
    note = " ".join(filter(None, (pooled.note, remarks["note"])))
    return replace(pooled, **remarks | {"note": note})


def pool_choices(table: EvidenceTable, name: str, choice: PoolChoice | None = None, **how: Any) -> dict[str, Pool]:
    """One report per centre and all reports, side by side; `how` as for `pool_outcome`."""
    base = choice or PoolChoice()
    return {
        reports: pool_outcome(table, name, replace(base, reports=reports), **how) for reports in (ONE_PER_CENTRE, ALL)
    }


def outcome_effects(
    table: EvidenceTable, name: str, choice: PoolChoice, measure: str | None = None
) -> tuple[Effects, dict[str, Any]]:
    """The effects of the outcome's studies, and what their pool must say: `left_out`, `note` and `warning`."""
    reported = _reporting(table, name, choice)
    usable = {key: rows for key, rows in reported.items() if rows}
    if not usable:
        raise EvidenceError(f"no study reports {name!r} as a count with its denominator, or as means with SDs")
    studies = [table.study(key) for key in usable]
    chosen, why = _choose(studies, choice.reports)
    rows = {study.key: usable[study.key] for study in chosen}
    effects, assumed = _effects(chosen, rows, choice, measure)
    silent = [key for key in reported if key not in usable]
    remarks = [why, assumed, *_differences(rows), *([f"No usable number in {listed(silent)}."] if silent else [])]
    sets = overlapping(chosen)
    return effects, {
        "left_out": tuple(study.key for study in studies if study not in chosen),
        "note": " ".join(filter(None, remarks)),
        "warning": f"The same participants may be counted more than once: {_each(sets)} may overlap." if sets else "",
    }


def _reporting(table: EvidenceTable, name: str, choice: PoolChoice) -> dict[str, list[ReportedOutcome]]:
    """The usable rows of each study that has the outcome; an empty list where it has no numbers."""
    reported = {study.key: [row for row in study.outcomes if row.name == name] for study in table.studies}
    if not any(reported.values()):
        known = dict.fromkeys(row.name for study in table.studies for row in study.outcomes)
        raise EvidenceError(f"the evidence table has no outcome {name!r}; {did_you_mean(name, known)}")
    return {key: _rows(table.study(key), rows, choice) for key, rows in reported.items() if rows}


def _rows(study: Study, rows: list[ReportedOutcome], choice: PoolChoice) -> list[ReportedOutcome]:
    """The rows of the arms and the time asked for that hold numbers, each arm once."""
    whole = choice.denominators == ENROLLED
    chosen = [
        row
        for row in rows
        if (choice.arms is None or row.arm in choice.arms)
        and choice.timepoint_months in (None, row.timepoint_months)
        and (row.counts or row.moments or (whole and isinstance(row.events, int)))
    ]
    if len({row.arm for row in chosen}) < len(chosen):
        times = listed(f"{row.timepoint_months:g}" if row.timepoint_months else "unstated" for row in chosen)
        raise EvidenceError(
            f"study {study.key} reports {rows[0].name!r} at {times} months; name one with timepoint_months"
        )
    if len(chosen) > 1 and choice.arms is None and has_concurrent_control(study):
        arms = listed(row.arm for row in chosen)
        raise EvidenceError(f"study {study.key} compares its arms {arms}; name those that count with arms")
    return chosen


def _choose(studies: list[Study], reports: str | tuple[str, ...]) -> tuple[list[Study], str]:
    """The studies that enter the pool, and the remark that says why these."""
    if not isinstance(reports, str):
        return _named(studies, reports), ""
    if reports not in (REFUSE, ONE_PER_CENTRE, ALL):
        raise ParameterError(
            f"reports: there is no {reports!r}; {did_you_mean(reports, (REFUSE, ONE_PER_CENTRE, ALL))}; "
            "or give the studies' keys as a tuple"
        )
    sets = overlapping(studies)
    if not sets or reports == ALL:
        return studies, ""
    if reports == REFUSE:
        raise EvidenceError(
            f"reports that may share participants are not pooled: {_each(sets)}; "
            "name the report that stands for each, or choose one-per-centre or all"
        )
    kept = [(max(group, key=_standing), group) for group in sets]
    left = {study.key for stays, group in kept for study in group if study is not stays}
    why = [f"{stays.key} stands for {keys([s for s in group if s is not stays])}" for stays, group in kept]
    return [study for study in studies if study.key not in left], f"One report per centre: {'; '.join(why)}."


def _named(studies: list[Study], names: Iterable[str]) -> list[Study]:
    known = {study.key: study for study in studies}
    for name in names:
        if name not in known:
            raise EvidenceError(f"no study {name!r} reports this outcome in numbers; {did_you_mean(name, known)}")
    return [study for study in studies if study.key in set(names)]


def _standing(study: Study) -> tuple[int, int]:
    """Largest enrolment first, then the latest report; what is not reported stands last."""
    return (study.enrolled if isinstance(study.enrolled, int) else 0, study.year or 0)


def _each(sets: Iterable[Sequence[Study]]) -> str:
    return "; ".join(keys(group) for group in sets)


def _effects(
    studies: list[Study], rows: dict[str, list[ReportedOutcome]], choice: PoolChoice, measure: str | None
) -> tuple[Effects, str]:
    """Rates where every row is a count, else changes; and the remark on what was assumed."""
    labels = [study.key for study in studies]
    if all(isinstance(row.events, int) for group in rows.values() for row in group):
        pairs = [_counts(study, rows[study.key], choice.denominators) for study in studies]
        events, of = zip(*pairs, strict=True)
        return proportion_effects(events, of, measure or "logit", labels), ""
    if choice.correlation is None:
        raise EvidenceError(
            "a mean change needs the correlation within a participant, which the table does not print; "
            "give correlation, for example 0.5"
        )
    if measure in PROPORTIONS:
        raise ParameterError(f"measure {measure} is for rates, and this outcome is a change; choose mean-change")
    moments = [_moments(study, rows[study.key]) for study in studies]
    effects = change_effects(moments, choice.correlation, measure or "mean-change", labels)
    return effects, f"A correlation of {choice.correlation:g} within a participant is assumed."


def _counts(study: Study, rows: list[ReportedOutcome], denominators: str) -> tuple[int, int]:
    """Events and denominator of a study, its arms added up."""
    if denominators not in (REPORTED, ENROLLED):
        raise ParameterError(
            f"denominators: there is no {denominators!r}; {did_you_mean(denominators, (REPORTED, ENROLLED))}"
        )
    events = sum(row.events for row in rows if isinstance(row.events, int))
    if denominators == REPORTED:
        return events, sum(row.of for row in rows if isinstance(row.of, int))
    if not isinstance(study.enrolled, int):
        raise EvidenceError(f"study {study.key} does not say how many were enrolled; use denominators reported")
    return events, study.enrolled


def _moments(study: Study, rows: list[ReportedOutcome]) -> Moments:
    moments = rows[0].moments
    if len(rows) > 1:
        raise EvidenceError(f"study {study.key} reports means for the arms {listed(r.arm for r in rows)}; name one")
    if moments is None:
        raise EvidenceError(f"study {study.key} reports {rows[0].name!r} as a count and others as means; name which")
    return moments


def _differences(rows: dict[str, list[ReportedOutcome]]) -> list[str]:
    """Sentences on what differs between the rows that are pooled: definitions and times."""
    every = [row for group in rows.values() for row in group]
    definitions = {row.definition for row in every}
    times = sorted({row.timepoint_months for row in every if row.timepoint_months is not None})
    remarks = [f"{len(definitions)} definitions of the outcome are pooled."] if len(definitions) > 1 else []
    if len(times) > 1:
        remarks.append(f"Timepoints from {times[0]:g} to {times[-1]:g} months are pooled.")
    return remarks
