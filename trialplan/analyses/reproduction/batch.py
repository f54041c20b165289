"""Many statements at once, as a review of protocols has them: a table of one statement a row, and its verdicts.

The columns of the CSV are the fields of a statement, in any order, with `design` and, for whoever reads it, `label`,
`title`, `citation` and `quote`; an empty cell is a number that is not stated. Lists (`arms`, `looks`, a pair of
margins) have their numbers separated by spaces, commas or semicolons.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from trialplan import catalogue, files
from trialplan.analyses.reproduction import words
from trialplan.analyses.reproduction.counted import reproduce
from trialplan.analyses.reproduction.statement import WORDS, NoDesignError, known, read
from trialplan.analyses.reproduction.verdicts import INCOMPLETE, INCONSISTENT, NEAR, NOT, REPRODUCED
from trialplan.analyses.scenarios.vary import value
from trialplan.errors import FileError, TrialplanError, did_you_mean

NO_DESIGN, UNREADABLE = "no design", "unreadable"
"""The verdicts of rows about which nothing is found: on a kind of trial that no design sizes; that cannot be read."""

VERDICTS = (REPRODUCED, NEAR, INCONSISTENT, NOT, INCOMPLETE, NO_DESIGN, UNREADABLE)
"""The verdicts that a row may have, as they are counted."""

LABEL = "label"

_LISTS = ("arms", "looks", "margin")
"""The fields whose cell may hold more than one number."""


@dataclass(frozen=True, kw_only=True)
class BatchRow:
    """The verdict on one row: by which method, what is missing, and what would reconcile the numbers.

    `n` is the n that is stated and `gives` what the method gives, or where none gives it the plainest one, both counted
    by `unit`, per arm or in all; they are None where there is none. `line` is the row's in the file.
    """

    line: int
    label: str
    design: str
    verdict: str
    n: float | None = None
    unit: str = ""
    method: str = ""
    gives: float | None = None
    missing: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    reconcile: str = ""

    @property
    def reproduced(self) -> bool:
        """Whether the stated n follows from what is stated."""
        return self.verdict in (REPRODUCED, NEAR)


def reproduce_all(text: str, name: str) -> Iterator[BatchRow]:
    """The verdict on each row of the CSV `text` of a file called `name`, in its order.

    A row that cannot be read has that as its verdict; a column that no statement has is a FileError.
    """
    header, rows = _split(text, name)
    for line, cells in rows:
        yield _row(header, line, cells)


def count(text: str, name: str) -> int:
    """The statements in the CSV `text`, which is read as far as its columns."""
    return len(_split(text, name)[1])


def counts(rows: Sequence[BatchRow]) -> dict[str, int]:
    """How many rows have each verdict; verdicts that none has are left out."""
    found = Counter(row.verdict for row in rows)
    return {verdict: found[verdict] for verdict in VERDICTS if found[verdict]}


def columns() -> list[str]:
    """The columns that a file may have."""
    fields = (name for cls in catalogue.designs().values() for name in known(cls))
    return list(dict.fromkeys([LABEL, "design", *fields, *WORDS]))


def _split(text: str, name: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header, checked, and each row that is not blank with its line."""
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",", strict=True)
    try:
        rows = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as cause:
        raise FileError(f"{name}, line {reader.line_num} is not CSV: {cause}") from cause
    if len(rows) < 2:
        raise FileError(f"{name} has no rows below its header; write one statement a row")
    header = [cell.strip().lower().replace("-", "_").replace(" ", "_") for cell in rows[0][1]]
    possible = columns()
    for column in header:
        if column not in possible:
            shown = column[:_QUOTED]
            raise FileError(f"{name}: there is no column {shown!r} in a statement; {did_you_mean(shown, possible)}")
        if header.count(column) > 1:
            raise FileError(f"{name}: the column {column!r} is there twice; keep one of them")
    if "design" not in header:
        raise FileError(f"{name} has no column 'design'; add it, as in two-proportions")
    return header, rows[1:]


_QUOTED = 60
"""Letters of a column that an error quotes."""


def _row(header: Sequence[str], line: int, cells: Sequence[str]) -> BatchRow:
    by_column = {column: cell.strip() for column, cell in zip(header, cells, strict=False) if cell.strip()}
    label = by_column.get(LABEL) or by_column.get("title") or f"line {line}"
    row = BatchRow(line=line, label=label[:_QUOTED], design=by_column.get("design", "")[:_QUOTED], verdict=UNREADABLE)
    try:
        return _judged(row, _stated(header, cells, by_column))
    except NoDesignError as why:
        return replace(row, verdict=NO_DESIGN, reconcile=str(why).partition(";")[0])
    except TrialplanError as why:
        return replace(row, reconcile=str(why))


def _stated(header: Sequence[str], cells: Sequence[str], by_column: Mapping[str, str]) -> dict[str, Any]:
    """The row's fields as `read` takes them."""
    if len(cells) > len(header):
        reason = f"it has {len(cells)} cells under {len(header)} columns; put a text that holds a comma in quotes"
        raise FileError(reason)
    files.check_texts(by_column, "its cell")
    return {name: _value(name, cell) for name, cell in by_column.items() if name not in (LABEL, *WORDS)}


def _value(name: str, cell: str) -> Any:
    """A number, a list of numbers where the field may have one, or the text."""
    parts = cell.replace(";", " ").replace(",", " ").split()
    if name in _LISTS and len(parts) > 1:
        return tuple(map(value, parts))
    return value(cell)


def _judged(row: BatchRow, stated: Mapping[str, Any]) -> BatchRow:
    statement = read(stated)
    found = reproduce(statement)
    statement = found.statement
    best = found.best if found.reproduced or found.contradicted else None
    by = None if "power" in found.missing else found.best
    gives = None if by is None else by.n if statement.evaluable is not None or by.enrolled is None else by.enrolled
    return BatchRow(
        line=row.line,
        label=row.label,
        design=statement.design,
        verdict=found.verdict,
        n=_whole(statement.counted(statement.stated)),
        unit=statement.unit,
        method="" if best is None else words.method(best),
        gives=None if gives is None else _whole(statement.counted(gives)),
        missing=found.missing,
        assumed=() if best is None else best.assumed,
        reconcile=words.reconciling(found),
    )


def _whole(n: float) -> float:
    """A whole number as one."""
    return int(n) if n.is_integer() else n
