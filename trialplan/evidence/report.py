"""The evidence as plain data, for `--json` and for whatever reads it next, and as a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from trialplan.evidence.audit import audit
from trialplan.evidence.estimate import Estimate, estimate
from trialplan.evidence.finding import COLUMNS, percent, told_once
from trialplan.page import Page, Table, plain
from trialplan.text import number, plural

if TYPE_CHECKING:
    from trialplan.evidence.finding import Findings
    from trialplan.evidence.table import EvidenceTable, ReportedOutcome, Study

_STUDIES = ("study", "year", "design", "control", "enrolled", "conditioning")
_OUTCOMES = ("study", "outcome", "arm", "months", "reported", "estimate", "95 % interval")
_ESTIMATE = ("kind", "value", "lower", "upper", "confidence", "n", "method", "reference")


def as_json(
    table: EvidenceTable, interval: str = "wilson", confidence: float = 0.95, found: Findings | None = None
) -> dict[str, Any]:
    """The table, its studies with an estimate beside each outcome, and the findings of its audit, or those `found`."""
    head = {part.name: getattr(table, part.name) for part in fields(table) if part.name != "studies"}
    return {
        "table": head,
        "studies": [_study(study, interval, confidence) for study in table.studies],
        "findings": [{**vars(finding)} for finding in (audit(table) if found is None else found)],
        "pools": [],
    }


def _study(study: Study, interval: str, confidence: float) -> dict[str, Any]:
    rows = []
    for outcome in study.outcomes:
        found = estimate(outcome, interval, confidence)
        rows.append({**vars(outcome), "estimate": None if found is None else asdict(found)})
    return {**vars(study), "outcomes": rows}


def page(table: EvidenceTable, interval: str = "wilson", notes: Sequence[str] = ()) -> Page:
    """The studies, their outcomes with a 95 % interval, and the findings, as three tables.

    `notes` say what was understood when the table was read.
    """
    found = audit(table)
    studies = [[_cell(getattr(study, name)) for name in ("key", *_STUDIES[1:])] for study in table.studies]
    rows = [(study, outcome, estimate(outcome, interval)) for study in table.studies for outcome in study.outcomes]
    findings = list(told_once(found))
    blocking = sum(finding.severity == "block" for finding in found)
    return Page(
        data=plain(as_json(table, interval, found=found) | {"notes": list(notes)}),
        headline=f"{table.title}: {plural(len(studies), 'study')}, {plural(len(rows), 'outcome')}, "
        f"{plural(len(found), 'finding')}, {blocking} of which a plan must answer",
        tables=[
            Table(_STUDIES, studies, "Studies", frozenset({1, 4})),
            Table(_OUTCOMES, [_shown(*row) for row in rows], "Outcomes", frozenset({3})),
            *([Table(COLUMNS, findings, "Findings")] if findings else []),
        ],
        records=lambda: [_record(*row) for row in rows],
        notes=[*_cut(row[2] for row in rows), *_of_changes(row[2] for row in rows), *notes],
    )


def _record(study: Study, outcome: ReportedOutcome, estimated: Estimate | None) -> dict[str, Any]:
    """A row for a spreadsheet: the cells as printed, the estimate beside them."""
    numbers = {f"estimate_{name}": estimated and getattr(estimated, name) for name in _ESTIMATE}
    return {"study": study.key} | vars(outcome) | numbers


def _shown(study: Study, outcome: ReportedOutcome, estimated: Estimate | None) -> list[str]:
    """A row for a person: the count with its denominator, else the cell as it was printed."""
    months = "" if outcome.timepoint_months is None else number(outcome.timepoint_months)
    reported = outcome.reported or _cell(outcome.events)
    if outcome.events is not None and outcome.of is not None:
        reported = f"{outcome.events}/{outcome.of}"
    row = [study.key, outcome.name, outcome.arm or "", months, reported]
    if estimated is None:
        return [*row, "", ""]
    limits = (estimated.value, *_within(estimated))
    value, lower, upper = [percent(one) if estimated.kind == "proportion" else number(one) for one in limits]
    unit = f" {outcome.unit}" if estimated.kind == "change" and outcome.unit else ""
    return [*row, f"{value}{unit}", f"{lower} to {upper}"]


def _within(estimated: Estimate) -> tuple[float, float]:
    """The limits as they are printed: those of a rate end at 0 and 1."""
    if estimated.kind != "proportion":
        return estimated.lower, estimated.upper
    return max(0.0, estimated.lower), min(1.0, estimated.upper)


def _of_changes(rows: Iterable[Estimate | None]) -> list[str]:
    """What the interval of a change within one arm takes for granted."""
    methods = dict.fromkeys(row.method for row in rows if row is not None and row.kind == "change")
    return [f"The interval of a change: {method}." for method in methods]


def _cut(rows: Iterable[Estimate | None]) -> list[str]:
    """That limits were cut, where they were."""
    if all(row is None or _within(row) == (row.lower, row.upper) for row in rows):
        return []
    return ["Limits of a rate below 0 % or above 100 % are printed as 0 % and 100 %; JSON has them as they are."]


def _cell(value: Any) -> str:
    return "" if value is None else str(value)
