"""A table from a spreadsheet: CSV, one outcome a row.

Columns, in any order; only `study` and `outcome` are required; an empty cell means "the file does not say":

* `study`: the study's key. Its other fields bear the names of `Study`'s fields (`enrolled`, `control`, …) and stand on
  each of its rows or on its first one alone; `centres` are separated by semicolons; remarks stand in `study_note`.
* `outcome`: the outcome's name. Its other fields bear the names of `ReportedOutcome`'s (`events`, `of`, `arm`, …).
* `table`, `table_citation`, `table_doi`, `table_source_note`, `table_randomised`: the table's own, wherever given;
  without them the title is the file's name.

A file whose header is separated by semicolons is read so. Numbers have a decimal point.
"""

from __future__ import annotations

import csv
import io
from typing import Any

from trialplan.errors import EvidenceError, did_you_mean
from trialplan.evidence.table import ReportedOutcome, Study, domains

_TABLE = {"table": "title"} | {f"table_{part}": part for part in ("citation", "doi", "source_note", "randomised")}
_RENAMED = {"key": "study", "note": "study_note"}
_STUDY = {_RENAMED.get(name, name): name for name in domains(Study) if name != "outcomes"}
_OUTCOME = {"outcome" if name == "name" else name: name for name in domains(ReportedOutcome)}
COLUMNS = (*_TABLE, *_STUDY, *_OUTCOME)

Lines = dict[tuple[int, ...], int]


def read_rows(text: str, name: str, title: str) -> tuple[dict[str, Any], Lines]:
    """The table in the CSV `text` as plain data, and the line on which each study and outcome stands."""
    header, rows = _split(text, name)
    _check_header(header, name)
    data: dict[str, Any] = {}
    studies: dict[str, dict[str, Any]] = {}
    lines: Lines = {}
    for line, cells in rows:
        row = _row(header, cells, f"{name}, line {line}")
        _merge(data, _named(row, _TABLE), f"{name}, line {line}")
        study = _named(row, _STUDY)
        kept = studies.setdefault(study["key"], {"outcomes": []})
        _merge(kept, study, f"{name}, line {line}, study {study['key']!r}")
        kept["outcomes"].append(_named(row, _OUTCOME))
        index = list(studies).index(study["key"])
        lines.setdefault((index,), line)
        lines[index, len(kept["outcomes"]) - 1] = line
    data.setdefault("title", title.replace("-", " ").replace("_", " "))
    return {**data, "studies": list(studies.values())}, lines


def _split(text: str, name: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header, and each row that is not blank with its line number."""
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",")
    try:
        rows = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as cause:
        raise EvidenceError(f"{name}, line {reader.line_num} is not CSV: {cause}") from cause
    if len(rows) < 2:
        raise EvidenceError(f"{name} has no rows below its header; write one outcome a row")
    return [cell.strip() for cell in rows[0][1]], rows[1:]


def _check_header(header: list[str], name: str) -> None:
    for column in ("study", "outcome"):
        if column not in header:
            near = did_you_mean(column, [part for part in header if part and part not in COLUMNS])
            hint = f"; {near}" if near.startswith("did") else "; add it to the header"
            raise EvidenceError(f"{name}: the column {column!r} is missing{hint}")
    for column in header:
        if column not in COLUMNS:
            raise EvidenceError(f"{name}: unknown column {column!r}; {did_you_mean(column, COLUMNS)}")
        if header.count(column) > 1:
            raise EvidenceError(f"{name}: the column {column!r} is there twice; keep one of them")


def _row(header: list[str], cells: list[str], place: str) -> dict[str, str]:
    """The cells that are not empty, by column."""
    if len(cells) > len(header):
        raise EvidenceError(
            f"{place} has {len(cells)} cells under {len(header)} columns; put a text that holds a comma in quotes"
        )
    row = {column: cell.strip() for column, cell in zip(header, cells, strict=False) if cell.strip()}
    for column in ("study", "outcome"):
        if column not in row:
            raise EvidenceError(f"{place}: the cell in column {column!r} is empty; each row names both")
    return row


def _named(row: dict[str, str], columns: dict[str, str]) -> dict[str, Any]:
    return {field: _cell(field, row[column]) for column, field in columns.items() if column in row}


def _cell(field: str, cell: str) -> Any:
    if field == "centres":
        return [centre.strip() for centre in cell.split(";")]
    return int(cell) if field == "nephritis" and cell.isdigit() else cell


def _merge(kept: dict[str, Any], new: dict[str, Any], place: str) -> None:
    """Add what `new` says to `kept`; a study that contradicts its own earlier row is refused."""
    for field, value in new.items():
        if kept.setdefault(field, value) != value:
            raise EvidenceError(
                f"{place}: {field} is {value!r} here and {kept[field]!r} on an earlier row; make the two agree"
            )
