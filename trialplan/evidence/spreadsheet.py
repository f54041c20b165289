"""A table from a spreadsheet: CSV, Excel or OpenDocument, one outcome a row.

Columns, in any order and case; only `study` and `outcome` are required; an empty cell means "the file does not say":

* `study`: the study's key. Its other fields bear the names of `Study`'s fields (`enrolled`, `control`, …) and stand on
  each of its rows or on its first one alone; `centres` are separated by semicolons; remarks stand in `study_note`.
* `outcome`: the outcome's name. Its other fields bear the names of `ReportedOutcome`'s (`events`, `of`, `arm`, …).
* `table`, `table_citation`, `table_doi`, `table_source_note`, `table_randomised`: the table's own, wherever given;
  without them the title is the file's name.

* `change_se`, or `change_lower` and `change_upper` (of baseline and follow-up, too): in place of the SD, which is made
  of them.
* `interval`: two limits as printed, of the effect or of the only mean.

What else is usual is understood and told: other names of a column (`total` for `of`), arms and outcomes side by side
(`side_by_side`, `outcomes_side_by_side`), two things in a cell (`two_in_a_cell`), the numbers of rows and the words for
nothing of R, Stata, SAS, SPSS and pandas, comment
lines, empty columns, columns whose name begins with `_`, counts as 8/20 or 8 (40 %).
What could mean two things is refused with the question.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from trialplan.evidence.complaint import A_DATE, MADE_A_DATE, MADE_A_DATE_SAYS, way_out
from trialplan.evidence.control import CONTROL, TREATMENT
from trialplan.evidence.headers import (
    COLUMNS,
    INTERVAL,
    LEFT_OUT,
    MEANS,
    MEASURES,
    OUTCOME,
    REMARK,
    SPREADS,
    STUDY,
    TABLE,
    columns_of,
    plain,
)
from trialplan.evidence.numerals import bare_share, decimal_mark, effect_with_limits, limits_of, number, tidy
from trialplan.evidence.outcomes_side_by_side import one_outcome_a_row
from trialplan.evidence.side_by_side import ARM_WORDS, one_arm_a_row
from trialplan.evidence.spreads import CONFIDENCE, sd_of_interval, sd_of_standard_error
from trialplan.evidence.table import ReportedOutcome, Study, domains
from trialplan.evidence.text_table import ERROR, ERROR_SAYS, Grid
from trialplan.evidence.two_in_a_cell import one_thing_a_cell
from trialplan.text import listed, plural

__all__ = ["COLUMNS", "Sheet", "read_rows", "understood"]

_COUNT = re.compile(
    r"(?P<events>\d{1,9})\s*(?:(?:/|\bof\b|\bout of\b)\s*(?P<of>\d{1,9}))?"
    r"\s*(?:\(\s*(?P<share>\d{1,3}(?:[.,·]\d+)?)\s*(?P<sign>%)?\s*\))?",
    re.IGNORECASE,
)
"""A count as it is printed: 8, 8/20, 8 (40 %), 8/20 (40 %)."""
_BEGIN_ODD = "nN#<.eE"
"""What words for nothing, and errors, begin with."""
_LONGEST_DATE = len("05. sept. 2026")
_OF_A_ROW = ("group", "product", "regimen", "subgroup")
"""Fields of a study whose names a table may give to what differs between its arms."""
_NAMES = ("study", "outcome")
_PRINTED = ("arm", "reported", "follow_up", "regimen", "subgroup")
"""Texts that may be printed as 6-12 or 3/10, of which a program makes a date."""
_PLACE = ("outcome", "arm", "timepoint_months", "effect_measure")
"""What tells the rows of a study apart."""
_LACKING = re.compile(r"n/?a|#n/?a|#nv|<na>|nan|null|#null!|\.[a-z]?", re.IGNORECASE)
"""The words of R, Excel, pandas, databases, SPSS, SAS and Stata for a cell without a value."""
_WORDS_OF = {"role": {TREATMENT, CONTROL, "unknown"}, "kind": {"landmark", "ever"}}
_FEWEST = 2
"""Participants of whom an SD can be."""
_A_SPREAD = 'a number, or "NR" (not reported) or "ND" (not done)'
_MADE = {
    "error": "of a standard error as SD, SE × √n (Cochrane Handbook 6.5.2.2)",
    "limits": "of the interval of a mean as SD, by t (Cochrane Handbook 6.5.2.2)",
}
_UNKNOWN = {"nr": "NR", "nd": "ND"}
Lines = dict[tuple[int, ...], int]


def _of_domain(beginning: str) -> set[str]:
    fields = {**domains(Study), **domains(ReportedOutcome)}
    return {name for name, domain in fields.items() if domain.startswith(beginning)}


_WHOLE = _of_domain("a whole number of participants") | {"year"}
_NUMBERS = _of_domain("a number") | _WHOLE | {*SPREADS}


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
    used = {at for at, cell in zip(grid.places, grid.header, strict=True) if not cell.startswith(LEFT_OUT)}
    grid.wrong = {(line, at): why for (line, at), why in grid.wrong.items() if at in used}
    grid = one_arm_a_row(one_outcome_a_row(one_thing_a_cell(grid, name)), name)
    columns, notes = columns_of(grid, name)
    measures = [
        MEASURES.get(plain(cell)) for cell, column in zip(grid.header, columns, strict=True) if column == "effect"
    ]
    previous = ""
    sheet = Sheet({}, {}, notes=[*grid.notes, *notes])
    years = _years(grid, columns)
    if years:
        sheet.notes.append(f"the year as a part of the study's name where an author has several ({listed(years)})")
    mark = decimal_mark(_numerals(grid, columns), grid.comma_separates)
    if mark == ",":
        sheet.notes.append("decimal commas")
    studies: dict[str, dict[str, Any]] = {}
    numbers: dict[str, int] = {}  # the place of each study among them
    places: dict[tuple[str | None, ...], int] = {}
    unreadable: dict[int, list[str]] = {}
    for (line, _), words in grid.wrong.items():
        unreadable.setdefault(line, []).append(words)
    lacking: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    for line, cells in grid.rows:
        place = f"{name}, line {line}"
        if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
            sheet.wrong.append((line, _too_many(place, cells, columns, grid.separator)))
            continue
        row = {column: cell.strip() for column, cell in zip(columns, cells, strict=False) if column and cell.strip()}
        odd = {column: cell for column, cell in row.items() if cell[0] in _BEGIN_ODD}  # few are, and patterns cost time
        for column in [column for column, cell in odd.items() if _LACKING.fullmatch(cell)]:
            lacking[row.pop(column)] += 1
        failed = [column for column, cell in odd.items() if column in row and ERROR.fullmatch(cell)]
        sheet.wrong += [(line, f"{place}: {column} is {row.pop(column)!r}, {ERROR_SAYS}") for column in failed]
        empty = [column for column in ("study", "outcome") if column not in row and column not in failed]
        unread = [(line, f"{place}, {words}") for words in unreadable.get(line, ())]
        if empty:
            sheet.wrong += unread or [(line, f"{place}: {_lacks(empty[0], row, previous)}")]
        if empty or {"study", "outcome"} - {*row}:
            continue
        if row["study"] in years and "year" in row:
            row["study"] = f"{row['study']} {row['year']}"
        previous = row["study"]
        if "effect" in row and measures[0]:
            row.setdefault("effect_measure", measures[0])
        sheet.wrong += [
            (line, f"{place}, study {previous!r}: {column} is {row[column]!r}; {MADE_A_DATE_SAYS}")
            for column in (*_PRINTED, *_NAMES)
            if len(row.get(column, "")) <= _LONGEST_DATE
            and (MADE_A_DATE.fullmatch(row.get(column, "")) or (column in _NAMES and A_DATE.fullmatch(row[column])))
        ]
        counted[_of_role(row)] += 1
        _of_events(row)
        wrong = _two_denominators(row)
        counted[_of_count(row)] += 1
        wrong = [*wrong, *_limits(row, grid.confidence), *_read_numbers(row, mark)]
        counted[_of_printed(row)] += 1
        wrong += [] if wrong else _spreads(row, counted)
        sheet.wrong += [(line, f"{place}, study {previous!r}, outcome {row['outcome']!r}: {why}") for why in wrong]
        sheet.wrong += [each for each in unread if each not in sheet.wrong]  # two arms may stand on one line
        sheet.wrong += [(line, words) for words in _merge(sheet.data, _named(row, TABLE), place)]
        study = _named(row, STUDY)
        kept = studies.setdefault(study["key"], {"outcomes": []})
        sheet.wrong += [(line, words) for words in _merge(kept, study, f"{place}, study {study['key']!r}")]
        cell = tuple(row.get(part) for part in ("study", *_PLACE))
        if cell in places:
            sheet.wrong.append((line, f"{place}: {_twice(row, places[cell])}"))
            continue
        places[cell] = line
        kept["outcomes"].append(_named(row, OUTCOME))
        index = numbers.setdefault(study["key"], len(numbers))
        sheet.lines.setdefault((index,), line)
        sheet.lines[index, len(kept["outcomes"]) - 1] = line
    sheet.notes += [f"{plural(cells, 'cell')} {what}" for what, cells in counted.items() if what]
    if lacking:
        sheet.notes.append(f"{plural(lacking.total(), 'cell')} with {listed(lacking)} as empty")
    sheet.data = {"title": title.replace("-", " ").replace("_", " ")} | sheet.data | {"studies": list(studies.values())}
    return sheet


def _years(grid: Grid, columns: list[str]) -> dict[str, None]:
    """The authors who have reports of several years, where a column of authors names the studies."""
    if "study" not in columns or "year" not in columns:
        return {}
    at, of = columns.index("study"), columns.index("year")
    if "author" not in plain(grid.header[at]):
        return {}
    years: dict[str, set[str]] = {}
    for _, cells in grid.rows:
        if len(cells) > max(at, of):
            years.setdefault(cells[at].strip(), set()).add(cells[of].strip())
    return dict.fromkeys(author for author, found in years.items() if len(found - {""}) > 1)


def _twice(row: dict[str, str], before: int) -> str:
    """That a row is of the same outcome, arm and time as one before it."""
    where = ", ".join(row[part] for part in _PLACE if part in row)
    return (
        f"study {row['study']!r} has {where} on line {before} already; remove one, or set their arm or "
        "timepoint_months apart"
    )


def _lacks(column: str, row: dict[str, str], previous: str) -> str:
    """That a row names no study or no outcome, and what it may be instead."""
    if len(row) == 1:
        return f"{next(iter(row.values()))!r} stands alone; begin a remark with {REMARK}, or remove the line"
    way_out = f"; write {previous!r} again if it is of the same" if column == "study" and previous else ""
    return f"the cell in column {column!r} is empty; each row names both{way_out}"


def _of_events(row: dict[str, str]) -> None:
    """In a table of counts and means, the n of a row of counts is its denominator."""
    if "events" in row and "of" not in row and "n" in row and not any(f"{which}_mean" in row for which in MEANS):
        row["of"] = row.pop("n")


def _of_role(row: dict[str, str]) -> str:
    """Put the role for a word that says it, such as placebo, of an arm with a name; empty where nothing was put."""
    if "arm" not in row:
        return ""
    word = re.sub(r"_?(group|arm)$", "", plain(row.get("role", "")))
    if row.get("role", "").lower() in ARM_WORDS.values() or ARM_WORDS.get(word) not in (TREATMENT, CONTROL):
        return ""
    row["role"] = ARM_WORDS[word]
    return "such as placebo as the role of an arm"


def _of_count(row: dict[str, str]) -> str:
    """What the events were understood as, where they are written with a denominator or a percentage; empty if not."""
    written = row.get("events", "")
    count = _COUNT.fullmatch(written)
    if count is None or row.get("of", count["of"]) != (count["of"] or row.get("of")):
        return ""
    if count["share"] and not count["sign"]:
        return ""  # a number in brackets may be anything
    row["events"] = count["events"]
    if count["of"]:
        row["of"] = count["of"]
    if count["share"]:
        row.setdefault("reported", written)
        return "such as 8 (40 %) as events with what is printed"
    return "such as 3/10 as events and of" if count["of"] else ""


def _two_denominators(row: dict[str, str]) -> list[str]:
    """That the denominator of a count such as 12/30 is not the row's."""
    count = _COUNT.fullmatch(row.get("events", ""))
    if count is None or not count["of"] or not row.get("of", "").isdecimal() or int(row["of"]) == int(count["of"]):
        return []
    written, of = row.pop("events"), row.pop("of")
    return [f"events is {written!r} and of is {of}; make the two denominators agree"]


def _of_printed(row: dict[str, str]) -> str:
    """Put the percentage for a number up to 1 that is printed beside a count; empty where nothing was put."""
    events, of = row.get("events", ""), row.get("of", "")
    if not str(events).isdecimal() or "reported" not in row:
        return ""
    share = bare_share(row["reported"], int(events), int(of) if str(of).isdecimal() else None)
    if share is None:
        return ""
    row["reported"] = share
    return "of reported such as 0.35 as 35 %"


def _limits(row: dict[str, str], confidence: float | None) -> list[str]:
    """Part an interval as printed into its limits: of the effect, or of the row's only mean; say what cannot be.

    `confidence` is the one that the names of the columns say, if they do.
    """
    both = effect_with_limits(tidy(row.get("effect", "")))
    if both and not {"effect_lower", "effect_upper", INTERVAL} & {*row}:
        row["effect"], row["effect_lower"], row["effect_upper"], printed = both
        confidence = confidence if printed is None else printed
    if confidence not in (None, CONFIDENCE) and any(column == INTERVAL or column.endswith("_lower") for column in row):
        row.setdefault("effect_confidence", f"{confidence:.12g}")
    if INTERVAL not in row:
        return []
    written = row.pop(INTERVAL)
    means = [which for which in MEANS if f"{which}_mean" in row]
    ours = ["effect", *means] if "effect" in row else means
    limits = limits_of(tidy(written))
    if limits is None:
        return [f"the interval {written!r} is not read; write its limits with 'to' between them, as 0.8 to 1.2"]
    if len(ours) != 1:
        return [
            f"the interval {written!r} does not say of what; write it in {_choices('lower')} and {_choices('upper')}"
        ]
    row[f"{ours[0]}_lower"], row[f"{ours[0]}_upper"] = limits
    return []


def _choices(part: str) -> str:
    return f"effect_{part}, change_{part} or followup_{part}"


def _spreads(row: dict[str, str], counted: Counter[str]) -> list[str]:
    """Make SDs of the standard errors and of the limits of means, and say where that cannot be done."""
    wrong = []
    for column, which in SPREADS.items():
        if column not in row:
            continue
        printed, sd = row.pop(column), f"{which}_sd"
        limits = (printed, row.pop(f"{which}_upper", "")) if column.endswith("lower") else None
        words = next((cell for cell in limits or (printed,) if cell and not _is_number(cell)), "")
        if words in _UNKNOWN.values():
            row.setdefault(sd, words)
        elif words:
            wrong.append(f"{column} must be {_A_SPREAD}, not {words!r}{way_out(column, _A_SPREAD, words)}")
        elif column.endswith("upper") or (limits and not limits[1]):
            wrong.append(f"an interval has two limits; write {which}_lower and {which}_upper")
        elif sd in row:
            wrong.append(f"{sd} and {column} are both there; keep {sd}")
        elif not row.get("n", "").isdecimal() or int(row["n"]) < _FEWEST:
            wrong.append(f"{column} makes an SD only with n; write in n how many were measured")
        elif float(printed) < 0 and not limits:
            wrong.append(f"{column} must be 0 or more, not {printed}; correct it")
        elif limits and not float(limits[0]) < float(limits[1]):
            wrong.append(f"the limits of {which}_mean must rise, not {limits[0]} to {limits[1]}; check the two")
        else:
            row[sd], as_printed = _sd(printed, limits, row)
            row["note"] = "; ".join(filter(None, [row.get("note"), f"{as_printed} as printed"]))
            counted[_MADE["limits" if limits else "error"]] += 1
    return wrong


def _sd(printed: str, limits: tuple[str, str] | None, row: dict[str, str]) -> tuple[str, str]:
    """The SD that a standard error or two limits make, and what was printed."""
    if limits is None:
        return repr(sd_of_standard_error(float(printed), n=int(row["n"]))), f"standard error {printed}"
    told = row.pop("effect_confidence", "")
    confidence = float(told) if _is_number(told) and 0 < float(told) < 1 else CONFIDENCE
    made = sd_of_interval(float(limits[0]), float(limits[1]), n=int(row["n"]), confidence=confidence)
    return repr(made), f"{100 * confidence:g} % interval {limits[0]} to {limits[1]}"


def _is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


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
            wrong.append(f"{column} {why}")
            del row[column]
    for column in ("role", "kind"):
        if row.get(column, "").lower() in _WORDS_OF[column]:
            row[column] = row[column].lower()
    if "effect_measure" in row:
        spelt = plain(row["effect_measure"])
        row["effect_measure"] = MEASURES.get(spelt, spelt.replace("_", "-"))
    if mark == "," and "p_value" in row:
        row["p_value"] = re.sub(r"(?<=\d),(?=\d)", ".", row["p_value"])
    return wrong


def _too_many(place: str, cells: list[str], columns: list[str], separator: str) -> str:
    mark = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar", " ": "a space"}.get(separator, separator)
    return f"{place} has {len(cells)} cells under {len(columns)} columns; put a text that holds {mark} in quotes"


def _named(row: dict[str, str], columns: dict[str, str]) -> dict[str, Any]:
    return {columns[column]: _cell(columns[column], cell) for column, cell in row.items() if column in columns}


def _cell(field: str, cell: str) -> Any:
    if field == "centres":
        return [centre.strip() for centre in cell.split(";")]
    return int(cell) if field == "in_subgroup" and cell.isdigit() else cell


def _merge(kept: dict[str, Any], new: dict[str, Any], place: str) -> list[str]:
    """Add what `new` says to `kept`; where a study contradicts its own earlier row, say so."""
    return [
        f"{place}: {field} is {value!r} here and {kept[field]!r} on an earlier row; make the two agree"
        + (", or call the column arm if it is of the row" if field in _OF_A_ROW else "")
        for field, value in new.items()
        if kept.setdefault(field, value) != value
    ]


def understood(data: dict[str, Any], notes: list[str]) -> str:
    """What was read, for whoever wrote the file: read 13 studies with 20 outcomes, `total` as `of`."""
    rows = sum(len(study["outcomes"]) for study in data["studies"])
    return ", ".join([f"Read {plural(len(data['studies']), 'study')} with {plural(rows, 'outcome')}", *notes]) + "."
