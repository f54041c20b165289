"""Reading an evidence table: a shipped one by its name, or by its path TOML, a spreadsheet or a registry's record."""

from __future__ import annotations

import csv
import io
import json
from functools import cache
from pathlib import Path
from typing import Any, cast

from trialplan.errors import EvidenceError, did_you_mean
from trialplan.evidence.complaint import complaints, together
from trialplan.evidence.numerals import percentages, whole_part
from trialplan.evidence.registry_record import from_registry
from trialplan.evidence.spreadsheet import Sheet, read_rows, understood
from trialplan.evidence.table import EvidenceTable, Study, domains
from trialplan.evidence.text_table import TEXTS, WORKBOOKS, Grid, decoded, from_text
from trialplan.evidence.workbook import from_workbook
from trialplan.files import check_texts, locate, parse_toml, read_text
from trialplan.text import plural

_LONGEST_COUNT = 10
"""Figures of a number of people: there are not more on earth."""


_FORMER: dict[str, dict[str, str | None]] = {
    "cell_source": {"product": None},
    "nephritis": {"subgroup": "nephritis", "in_subgroup": None},
}
"""Former keys of a study, in files and in documents that are kept: the keys they mean, with None for the value."""

Read = tuple[EvidenceTable, str, tuple[str, ...]]
"""A table, the text of its file, and what was understood."""


def read(name_or_path: str | Path, folder: Path | None = None) -> EvidenceTable:
    """The evidence table that a shipped name means, or a TOML, CSV, Excel or OpenDocument file (`spreadsheet`).

    A .json file is a results record of ClinicalTrials.gov as downloaded (`registry_record`).

    Raises:
        EvidenceError: the file, the places, the values, their domains and the ways out, in the order of the file.
    """
    return read_with_notes(name_or_path, folder)[0]


def read_with_text(name_or_path: str | Path, folder: Path | None = None) -> tuple[EvidenceTable, str]:
    """The table, and the text of the file that it was read from."""
    return read_with_notes(name_or_path, folder)[:2]


def read_with_notes(name_or_path: str | Path, folder: Path | None = None) -> Read:
    """The table, the text of its file, and sentences on what was understood otherwise than as it stands."""
    name = str(name_or_path)
    path = locate(name, "evidence.toml", folder, EvidenceError)
    made = _FORMS.get(path.suffix.lower())
    if made is None:
        known = ", ".join(_FORMS)
        raise EvidenceError(f"{name} is no evidence table that can be read ({known}); save the table as one of these")
    table, text, notes = made(path, name)
    return table.with_notes(notes), text, notes


def _from_toml(path: Path, name: str) -> Read:
    text = read_text(path, EvidenceError)
    document = parse_toml(text, path, EvidenceError)
    for key in document:
        if key not in ("table", "study"):
            raise EvidenceError(f"{name}: unknown section {key!r}; {did_you_mean(key, ['table', 'study'])}")
    head = document.get("table")
    if not isinstance(head, dict):
        raise EvidenceError(f'{name}: the section [table] is missing; write [table] and title = "…" below it')
    sections = _sections(document, "study", "[[study]]", name)
    studies = [_study({**study, **_former(study)}, name) for study in sections]
    _refuse("studies", head, list(domains(EvidenceTable)), f"{name}, [table]")
    data = {**head, "studies": studies}
    notes = _counted(data)
    return _validated(data, name, strict=True), text, tuple(notes)


def _study(study: dict[str, Any], name: str) -> dict[str, Any]:
    place = f"{name}, study {study.get('key', '?')!r}"
    _refuse("outcomes", study, [*domains(Study), "outcome"], place)
    outcomes = _sections(study, "outcome", "[[study.outcome]]", place)
    known = {key: value for key, value in study.items() if key != "outcome" and key not in _FORMER}
    return known | {"outcomes": outcomes}


def _former(study: dict[str, Any]) -> dict[str, Any]:
    """What the former keys of a study mean, in today's."""
    return {
        key: study[former] if value is None else value
        for former, meant in _FORMER.items()
        if former in study
        for key, value in meant.items()
    }


def _refuse(key: str, section: dict[str, Any], known: list[str], place: str) -> None:
    """A field that a file may not name, since it writes sections instead."""
    if key in section:
        hint = did_you_mean(key, [name for name in known if name != key])
        raise EvidenceError(f"{place}: unknown key {key!r}; {hint}")


def _sections(parent: dict[str, Any], key: str, written: str, place: str) -> list[dict[str, Any]]:
    """The array of tables at `key`, which a single pair of brackets or a plain value does not make."""
    value = parent.get(key, [])
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return value
    raise EvidenceError(f"{place}: {key} must be given as {written} sections; write two pairs of brackets")


def _from_text(path: Path, name: str) -> Read:
    text, notes = decoded(path)
    grid = from_text(text, name)
    grid.notes = [*notes, *grid.notes]
    return _from_grid(grid, path, name, text)


def _from_workbook(path: Path, name: str) -> Read:
    grid = from_workbook(path, name)
    held = io.StringIO()
    csv.writer(held, lineterminator="\n").writerows([grid.header, *(cells for _, cells in grid.rows)])
    return _from_grid(grid, path, name, held.getvalue())


def _from_grid(grid: Grid, path: Path, name: str, text: str) -> Read:
    sheet = read_rows(grid, name, path.stem)
    try:
        check_texts(sheet.data, name, EvidenceError)
    except EvidenceError:  # by its line and column, as somebody looks for it
        for line, cells in grid.rows:
            check_texts(dict(zip(grid.header, cells, strict=False)), f"{name}, line {line}", EvidenceError)
        raise
    sheet.notes += _counted(sheet.data)
    return _validated(sheet.data, name, strict=False, sheet=sheet), text, (understood(sheet.data, sheet.notes),)


def _from_record(path: Path, name: str) -> Read:
    text = read_text(path, EvidenceError)
    record = from_registry(text, name)
    check_texts(record.data, name, EvidenceError)
    record.notes += _counted(record.data)
    return _validated(record.data, name, strict=False), text, (understood(record.data, record.notes),)


_FORMS = {
    ".toml": _from_toml,
    **dict.fromkeys(TEXTS, _from_text),
    **dict.fromkeys(WORKBOOKS, _from_workbook),
    ".json": _from_record,
}


def _counted(data: dict[str, Any]) -> list[str]:
    """Fill in the counts that a printed percentage is exactly, and say which."""
    notes = []
    for study in data["studies"]:
        for outcome in study.get("outcomes", ()):
            if "reported" not in outcome and percentages(str(outcome.get("events", ""))):
                outcome["reported"] = outcome["events"]
            printed, of = outcome.get("reported"), str(outcome.get("of", ""))
            absent = "events" not in outcome or outcome["events"] == printed
            if not absent or not isinstance(printed, str) or not of.isdecimal():
                continue
            count = whole_part(printed, int(of)) if len(of) < _LONGEST_COUNT else None
            if count is not None:
                outcome["events"] = count
                notes.append(
                    f"{printed} of {of} as {plural(count, 'event')} ({study.get('key')}, {outcome.get('name')})"
                )
    return notes


def _validated(data: dict[str, Any], name: str, *, strict: bool, sheet: Sheet | None = None) -> EvidenceTable:
    """`data` as a Table: strict for TOML, which has types; in a CSV numbers are made of the text of a cell."""
    from pydantic import ValidationError

    lines, wrong = ({}, []) if sheet is None else (sheet.lines, list(sheet.wrong))
    table = None
    try:
        if strict:
            table = _adapter().validate_json(json.dumps(data, default=str), strict=True)
        elif data["studies"] or not wrong:
            table = _adapter().validate_python(data)
    except ValidationError as errors:
        told = complaints(errors.errors(), lambda indices: _where(data, name, indices, lines))
        # the order of the file: by line in a CSV, else a study before its outcomes, study by study
        if sheet is None:
            raise EvidenceError(
                together([sentence for _, sentence in sorted(told, key=lambda at: at[0])], name)
            ) from None
        wrong += [(lines.get(indices, 0), sentence) for indices, sentence in told]
    if wrong:
        raise EvidenceError(together([sentence for _, sentence in sorted(wrong, key=lambda at: at[0])], name))
    return cast("EvidenceTable", table)


@cache
def _adapter() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(EvidenceTable)


def _where(data: dict[str, Any], name: str, indices: tuple[int, ...], lines: dict[tuple[int, ...], int]) -> str:
    """The place in the file as a reader would look for it: line, study, outcome."""
    place = f"{name}, line {lines[indices]}" if indices in lines else name
    if not indices:
        return place if lines else f"{place}, [table]"
    study = data["studies"][indices[0]]
    place += f", study {_label(study, 'key', indices[0])}"
    if len(indices) == 1:
        return place
    outcome = study["outcomes"][indices[1]]
    return f"{place}, outcome {_label(outcome, 'name', indices[1])}" + (
        f" ({outcome['arm']})" if outcome.get("arm") else ""
    )


def _label(section: dict[str, Any], key: str, index: int) -> str:
    return repr(section[key]) if section.get(key) else f"number {index + 1}"
