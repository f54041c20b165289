"""A table from a spreadsheet: CSV, Excel or OpenDocument, one outcome a row.

Columns, in any order and case; only `study` and `outcome` are required; an empty cell means "the file does not say":

* `study`: the study's key. Its other fields bear the names of `Study`'s fields (`enrolled`, `control`, …) and stand on
  each of its rows or on its first one alone; `centres` are separated by semicolons; remarks stand in `study_note`.
* `outcome`: the outcome's name. Its other fields bear the names of `ReportedOutcome`'s (`events`, `of`, `arm`, …).
* `table`, `table_citation`, `table_doi`, `table_source_note`, `table_randomised`: the table's own, wherever given;
  without them the title is the file's name.

What else is usual is understood and told: other names of a column (`total` for `of`), R's column of row names and NA,
comment lines, trailing empty columns. What could mean two things is refused with the question.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from trialplan.errors import EvidenceError, did_you_mean
from trialplan.evidence.complaint import together
from trialplan.evidence.numerals import decimal_mark, number
from trialplan.evidence.table import ReportedOutcome, Study, domains
from trialplan.evidence.text_table import Grid
from trialplan.text import plural

_TABLE = {"table": "title"} | {f"table_{part}": part for part in ("citation", "doi", "source_note", "randomised")}
_RENAMED = {"key": "study", "name": "study_name", "note": "study_note"}
_STUDY = {_RENAMED.get(name, name): name for name in domains(Study) if name != "outcomes"}
_OUTCOME = {"outcome" if name == "name" else name: name for name in domains(ReportedOutcome)}
COLUMNS = (*_TABLE, *_STUDY, *_OUTCOME)

ALIASES = {
    "study": ("trial", "author", "authors", "study_id", "studlab", "paper", "publication"),
    "outcome": ("endpoint", "end_point", "outcome_name"),
    "events": ("event", "r", "responders", "n_events", "number_of_events"),
    "of": ("total", "n_total", "denominator", "sample_size", "number_of_participants", "out_of"),
    "n": ("number",),
    "change_mean": ("change", "mean_change"),
    "change_sd": ("sd_change", "sd_of_change"),
    "timepoint_months": ("months", "month"),
    "p_value": ("p", "pvalue", "p_val"),
    "year": ("publication_year", "pub_year"),
    "reported": ("printed", "as_printed"),
    "note": ("notes", "comment", "comments", "remark", "remarks"),
    "enrolled": ("n_enrolled", "number_enrolled"),
    "effect": ("estimate", "effect_size"),
    "effect_se": ("se", "standard_error"),
    "effect_lower": ("ci_lower", "lower", "ci_low", "lower_ci"),
    "effect_upper": ("ci_upper", "upper", "ci_high", "upper_ci"),
    "definition": ("outcome_definition",),
    "product": ("cell_source",),
}
"""What other tables call a column; the name of a column itself always means that column."""

_KNOWN_AS = {other: name for name, others in ALIASES.items() for other in others}
_WHAT_MEAN = {
    "mean": "call it change_mean where it is the mean of the change, else baseline_mean or followup_mean",
    "sd": "call it change_sd where it is the SD of the change, else baseline_sd or followup_sd",
}
"""Names that are usual and mean several columns."""
_SHORT_MEASURES = {
    "rr": "risk-ratio",
    "or": "odds-ratio",
    "hr": "hazard-ratio",
    "irr": "rate-ratio",
    "rd": "risk-difference",
    "md": "mean-difference",
    "smd": "standardised-mean-difference",
}
"""As forest plots print them."""
_FRACTION = re.compile(r"(\d{1,9})\s*(?:/|\bof\b|\bout of\b)\s*(\d{1,9})", re.IGNORECASE)
_LACKING = {"na", "#n/a"}
"""R's and Excel's words for a cell without a value."""
_UNKNOWN = {"nr": "NR", "nd": "ND"}
_MEANS = ("baseline_mean", "followup_mean", "change_mean")

_LIKENESS = 0.6
"""Of a column to the known ones: of a name that is less alike all are listed."""

Lines = dict[tuple[int, ...], int]


def _of_domain(beginning: str) -> set[str]:
    fields = {**domains(Study), **domains(ReportedOutcome)}
    return {name for name, domain in fields.items() if domain.startswith(beginning)}


_WHOLE = _of_domain("a whole number of participants") | {"year"}
_NUMBERS = _of_domain("a number") | _WHOLE


@dataclass
class Sheet:
    """What a spreadsheet says, as plain data, and what was understood by it."""

    data: dict[str, Any]
    lines: Lines
    """The line on which each study and outcome stands."""
    wrong: list[tuple[int, str]] = field(default_factory=list)
    """What is wrong, by line."""
    notes: list[str] = field(default_factory=list)
    """What was understood otherwise than as it stands."""


def read_rows(grid: Grid, name: str, title: str) -> Sheet:
    """The table in a grid of cells, with all that is wrong with its cells."""
    columns, notes = _columns(grid, name)
    sheet = Sheet({}, {}, notes=[*grid.notes, *notes])
    mark = decimal_mark(_numerals(grid, columns), grid.comma_separates)
    if mark == ",":
        sheet.notes.append("decimal commas")
    studies: dict[str, dict[str, Any]] = {}
    lacking = fractions = 0
    for line, cells in grid.rows:
        place = f"{name}, line {line}"
        if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
            sheet.wrong.append((line, _too_many(place, cells, columns)))
            continue
        row = {column: cell.strip() for column, cell in zip(columns, cells, strict=False) if column and cell.strip()}
        lacking += sum(cell.lower() in _LACKING for cell in row.values())
        row = {column: cell for column, cell in row.items() if cell.lower() not in _LACKING}
        empty = [column for column in ("study", "outcome") if column not in row]
        if empty:
            sheet.wrong.append((line, f"{place}: the cell in column {empty[0]!r} is empty; each row names both"))
            continue
        _of_events(row)
        fractions += _of_fraction(row)
        sheet.wrong += [(line, f"{place}, {sentence}") for sentence in _read_numbers(row, mark)]
        sheet.wrong += [(line, f"{place}, {words}") for at, words in grid.wrong.items() if at[0] == line]
        sheet.wrong += [(line, words) for words in _merge(sheet.data, _named(row, _TABLE), place)]
        study = _named(row, _STUDY)
        kept = studies.setdefault(study["key"], {"outcomes": []})
        sheet.wrong += [(line, words) for words in _merge(kept, study, f"{place}, study {study['key']!r}")]
        kept["outcomes"].append(_named(row, _OUTCOME))
        index = list(studies).index(study["key"])
        sheet.lines.setdefault((index,), line)
        sheet.lines[index, len(kept["outcomes"]) - 1] = line
    if fractions:
        sheet.notes.append(f"{plural(fractions, 'cell')} such as 3/10 as events and of")
    if lacking:
        sheet.notes.append(f"{plural(lacking, 'cell')} with NA as empty")
    sheet.data = {"title": title.replace("-", " ").replace("_", " ")} | sheet.data | {"studies": list(studies.values())}
    return sheet


def _columns(grid: Grid, name: str) -> tuple[list[str], list[str]]:
    """The column that each cell of the header means, and which of them were written otherwise."""
    columns: list[str] = []
    wrong: list[str] = []
    notes: list[str] = []
    plain = [_plain(cell) for cell in grid.header]
    for at, (written, spelt) in enumerate(zip(grid.header, plain, strict=True), 1):
        meant = spelt if spelt in COLUMNS else _KNOWN_AS.get(spelt, "")
        if spelt == "n" and "events" in {_KNOWN_AS.get(each, each) for each in plain} and not _has_means(plain):
            meant = "of"
        if spelt == "sd" and {"change", "mean_change", "change_mean"} & set(plain):
            meant = "change_sd"
        if not written:
            wrong.append(f"{name}: column {at} has no name; name it, or remove it")
        elif not meant and spelt in _WHAT_MEAN:
            wrong.append(f"{name}: the column {written!r} does not say of what; {_WHAT_MEAN[spelt]}")
        elif not meant:
            wrong.append(f"{name}: unknown column {written!r}; {did_you_mean(spelt, COLUMNS, _LIKENESS)}")
        elif meant in columns:
            twice = grid.header[columns.index(meant)]
            same = (
                f"the column {written!r} is there twice" if twice == written else f"{twice!r} and {written!r} are both"
            )
            wrong.append(f"{name}: {same}{'' if twice == written else f' {meant}'}; keep one of them")
        elif meant != spelt:
            notes.append(f"`{written}` as `{meant}`")
        columns.append(meant)
    for column in ("study", "outcome"):
        if column not in columns:
            near = did_you_mean(column, [each for each in grid.header if each and _plain(each) not in COLUMNS])
            hint = f"; {near}" if near.startswith("did") else "; add it to the header"
            wrong.insert(0, f"{name}: the column {column!r} is missing{hint}")
    if wrong:
        raise EvidenceError(together(wrong, name))
    return columns, notes


def _plain(header: str) -> str:
    """A header in lower case, with underscores for what stands between its words."""
    return re.sub(r"[\W_]+", "_", header.strip().casefold()).strip("_")


def _has_means(plain: list[str]) -> bool:
    return any(_KNOWN_AS.get(each, each) in _MEANS for each in plain)


def _of_events(row: dict[str, str]) -> None:
    """In a table of counts and means, the n of a row of counts is its denominator."""
    if "events" in row and "of" not in row and "n" in row and not any(mean in row for mean in _MEANS):
        row["of"] = row.pop("n")


def _of_fraction(row: dict[str, str]) -> bool:
    """Whether the events are written as a fraction, which then are events and their denominator."""
    fraction = _FRACTION.fullmatch(row.get("events", ""))
    if fraction is None or row.get("of", fraction[2]) != fraction[2]:
        return False
    row["events"], row["of"] = fraction.groups()
    return True


def _numerals(grid: Grid, columns: list[str]) -> list[str]:
    """The cells of the columns whose numbers may have decimals."""
    decimal = [at for at, column in enumerate(columns) if column in _NUMBERS - _WHOLE]
    return [cells[at] for _, cells in grid.rows for at in decimal if at < len(cells)]


def _read_numbers(row: dict[str, str], mark: str | None) -> list[str]:
    """Make numbers of a row's numerals, and say which cannot be read; a cell that cannot is taken out."""
    wrong = []
    for column in [column for column in row if column in _NUMBERS]:
        cell = row[column]
        if cell.lower() in _UNKNOWN:
            row[column] = _UNKNOWN[cell.lower()]
            continue
        row[column], why = number(cell, mark, column in _WHOLE)
        if why:
            wrong.append(f"study {row['study']!r}, outcome {row['outcome']!r}: {column} {why}")
            del row[column]
    for column in ("role", "kind"):
        if column in row:
            row[column] = row[column].lower()
    if "effect_measure" in row:
        spelt = re.sub(r"[\W_]+", "-", row["effect_measure"].lower())
        row["effect_measure"] = _SHORT_MEASURES.get(spelt, spelt)
    if mark == "," and "p_value" in row:
        row["p_value"] = re.sub(r"(?<=\d),(?=\d)", ".", row["p_value"])
    return wrong


def _too_many(place: str, cells: list[str], columns: list[str]) -> str:
    return f"{place} has {len(cells)} cells under {len(columns)} columns; put a text that holds a comma in quotes"


def _named(row: dict[str, str], columns: dict[str, str]) -> dict[str, Any]:
    return {field: _cell(field, row[column]) for column, field in columns.items() if column in row}


def _cell(field: str, cell: str) -> Any:
    if field == "centres":
        return [centre.strip() for centre in cell.split(";")]
    return int(cell) if field == "in_subgroup" and cell.isdigit() else cell


def _merge(kept: dict[str, Any], new: dict[str, Any], place: str) -> list[str]:
    """Add what `new` says to `kept`; where a study contradicts its own earlier row, say so."""
    return [
        f"{place}: {field} is {value!r} here and {kept[field]!r} on an earlier row; make the two agree"
        for field, value in new.items()
        if kept.setdefault(field, value) != value
    ]


def understood(data: dict[str, Any], notes: list[str]) -> str:
    """What was read, for whoever wrote the file: read 13 studies with 20 outcomes, `total` as `of`."""
    rows = sum(len(study["outcomes"]) for study in data["studies"])
    return ", ".join([f"Read {plural(len(data['studies']), 'study')} with {plural(rows, 'outcome')}", *notes]) + "."
