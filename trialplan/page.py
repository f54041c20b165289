"""A page: the headline, tables and notes of one answer, as text, Markdown, JSON, CSV or on a terminal.

Every answer has its `page()` beside its class and builds it from here; `trialplan.text` rounds its numbers.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialplan import files
from trialplan.errors import ParameterError, require
from trialplan.text import with_hyphens, with_minus

if TYPE_CHECKING:
    from trialplan.figures.canvas import Figure

PICTURES = (".svg", ".png", ".pdf")
"""The formats of a picture of the answer, where it has one."""

_UNBROKEN = 18
"""Letters of the longest cell that is not broken into lines."""


@dataclass(frozen=True)
class Table:
    """Rows of text under column names; a table of facts has no names. `right` are the columns of numbers.

    A line break in a cell, which a file may hold, becomes a space: it would end the row in text and in Markdown.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""
    right: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        """Cells of one line."""
        if any("\n" in cell for row in self.rows for cell in row):
            rows = [[re.sub(r"\s*\n\s*", " ", cell) for cell in row] for row in self.rows]
            object.__setattr__(self, "rows", rows)

    def short(self, cell: str) -> bool:
        """Whether a cell is kept on one line, as an interval of two percentages is.

        The template of tables asks, which the explorer and a page to mail share.
        """
        return len(cell) <= _UNBROKEN


@dataclass(frozen=True, kw_only=True)
class Page:
    """One answer in all its forms: for a person, for a program, for a spreadsheet.

    `records` are made when they are asked for: a grid may have millions.
    """

    data: Any
    headline: str
    tables: Sequence[Table] = ()
    notes: Sequence[str] = ()
    records: Callable[[], Sequence[Mapping[str, Any]]] | None = field(default=None, repr=False)


class Answer:
    """What every answer can do with its `page()`: print it, show it in a notebook, hand it on as data.

    `print(answer)` reads like the page of the verb, `repr` is its headline. A class that answers a question inherits
    this and writes `page()`.
    """

    def page(self) -> Page:
        """The answer's page."""
        raise NotImplementedError

    def summary(self) -> str:
        """The headline: the answer in one sentence."""
        return self.page().headline

    def to_dict(self) -> Any:
        """The answer as plain data at full precision, under the keys of `--json`."""
        return self.page().data

    def to_frame(self) -> Any:
        """The answer as a pandas data frame, one record a row, as in its CSV; pandas is an extra."""
        return as_frame(flat_records(self.page()))

    def figure(self) -> Figure:
        """The answer's picture, of `trialplan.figures`; a ParameterError where it has none."""
        way_out = f"save it as {', '.join(FORMATS)}"
        raise ParameterError("this answer has no picture", owner=self, way_out=way_out)

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Write the picture (.svg, .png, .pdf) or the page (.json, .csv, .txt, .md), as the path's suffix says.

        The file is written whole or not at all, over one that is there only by `force`, and its path given back. Raises
        FileError where the suffix names no format or the file cannot be written, ParameterError where the answer has no
        picture.
        """
        path = files.as_path(path)
        files.check_suffix(path, [*FORMATS, *PICTURES])
        if path.suffix.lower() in PICTURES:
            return self.figure().save(path, force=force)
        with files.replacing(force):
            return files.write(path, FORMATS[path.suffix.lower()](self.page()))

    def __str__(self) -> str:
        return as_text(self.page()).rstrip("\n")

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.summary()}>"

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return as_html(self.page())


def as_frame(rows: Sequence[Mapping[str, Any]]) -> Any:
    """The records as a pandas data frame; whole numbers stay whole where some are missing."""
    pandas = require("pandas", "frames", "a data frame")
    frame = pandas.DataFrame.from_records(list(rows))
    for name in frame:
        there = [row[name] for row in rows if row.get(name) is not None]
        if there and len(there) < len(rows) and all(type(value) is int for value in there):
            whole = [row.get(name) for row in rows]
            frame[name] = pandas.array(whole, dtype="Int64")
    return frame


def facts(rows: Sequence[tuple[str, str]], title: str = "") -> Table:
    """A table of names and values; those without a value are left out."""
    return Table((), [row for row in rows if row[1]], title)


_AS_THEY_ARE = (str, int, bool)


def plain(value: Any) -> Any:
    """`value` as JSON has it: dicts, lists, text, numbers; arrays are lists, and nan is None."""
    if value is None or type(value) in _AS_THEY_ARE:
        return value
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, dict) or hasattr(value, "items"):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def as_json_text(page: Page) -> str:
    """The data as indented JSON."""
    return json.dumps(page.data, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def flat_records(page: Page) -> list[dict[str, Any]]:
    """One dict a record; the parts of a nested value stand under joined names."""
    records = page.records() if page.records else [page.data]
    return [dict(_flat(record)) for record in records]


_FORMULA = re.compile(r"[=@\t\r]|[+-](?=.)(?![\d.]+$)")
"""How a text begins that a spreadsheet takes for a formula; a number with its sign is none."""


def is_formula(text: Any) -> bool:
    """Whether a spreadsheet would compute it instead of showing it.

    >>> [is_formula(text) for text in ("=1+1", "@x", "-y", "-1.5", "+", "cells")]
    [True, True, True, False, False, False]
    """
    return isinstance(text, str) and _FORMULA.match(text) is not None


def csv_cell(value: Any) -> Any:
    """What stands in a cell of a CSV: a text that would be a formula has an apostrophe before it, and is shown."""
    return f"'{value}" if is_formula(value) else value


def as_csv(page: Page) -> str:
    """One line a record under the names of all."""
    flat = flat_records(page)
    names = list(dict.fromkeys(name for record in flat for name in record))
    import csv  # as html below: most answers are shown otherwise
    import io

    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writerow({name: csv_cell(name) for name in names})
    writer.writerows({name: csv_cell(value) for name, value in record.items()} for record in flat)
    return text.getvalue()


def with_typed_signs(page: Page) -> Page:
    """The page with the minus of a keyboard, for a terminal and for text."""
    return _reworded(page, with_hyphens)


def with_printed_signs(page: Page) -> Page:
    """The page with the sign for minus, for Markdown and HTML."""
    return _reworded(page, with_minus)


def _reworded(page: Page, word: Callable[[str], str]) -> Page:
    def every(texts: Sequence[str]) -> list[str]:
        return [*map(word, texts)]

    tables = [
        Table(every(table.columns), [*map(every, table.rows)], word(table.title), table.right) for table in page.tables
    ]
    return replace(page, headline=word(page.headline), tables=tables, notes=every(page.notes))


def as_text(page: Page) -> str:
    """Aligned text, as a pipe wants it."""
    return _blocks(with_typed_signs(page), _aligned)


def as_markdown(page: Page) -> str:
    """Headline, tables and notes as Markdown."""
    return _blocks(with_printed_signs(page), _markdown)


def as_html(page: Page) -> str:
    """Headline, tables and notes as a fragment of HTML."""
    import html

    page = with_printed_signs(page)
    notes = (f"<p>{html.escape(note)}</p>" for note in page.notes)
    return "\n".join((f"<p><strong>{html.escape(page.headline)}</strong></p>", *map(_html, page.tables), *notes))


def _html(table: Table) -> str:
    import html

    def line(cells: Sequence[str], tag: str) -> str:
        sides = ("right" if i in table.right else "left" for i in range(len(cells)))
        made = (
            f'<{tag} style="text-align: {side}">{html.escape(cell)}</{tag}>'
            for side, cell in zip(sides, cells, strict=True)
        )
        return f"<tr>{''.join(made)}</tr>"

    caption = f"<caption>{html.escape(table.title)}</caption>" if table.title else ""
    head = f"<thead>{line(table.columns, 'th')}</thead>" if table.columns else ""
    body = "".join(line(row, "td") for row in table.rows)
    return f"<table>{caption}{head}<tbody>{body}</tbody></table>"


def _blocks(page: Page, written: Callable[[Table], str]) -> str:
    return "\n\n".join(filter(None, (page.headline, *map(written, page.tables), *page.notes))) + "\n"


FORMATS: dict[str, Callable[[Page], str]] = {".json": as_json_text, ".csv": as_csv, ".txt": as_text, ".md": as_markdown}


def _aligned(table: Table) -> str:
    rows = [*([table.columns] if table.columns else []), *table.rows]
    widths = [max(_wide(row[i]) for row in rows) for i in range(_width(table))] if rows else []
    lines = [table.title] if table.title else []
    for row in rows:
        gaps = [" " * (width - _wide(cell)) for cell, width in zip(row, widths, strict=True)]
        cells = [
            gap + cell if i in table.right else cell + gap for i, (gap, cell) in enumerate(zip(gaps, row, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _markdown(table: Table) -> str:
    columns = table.columns or [""] * _width(table)
    rule = ["---:" if i in table.right else "---" for i in range(len(columns))]
    rows = [columns, rule, *([cell.replace("|", "\\|") for cell in row] for row in table.rows)]
    head = f"**{table.title}**\n\n" if table.title else ""
    return head + "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _width(table: Table) -> int:
    return len(table.columns) if table.columns else max((len(row) for row in table.rows), default=0)


def _wide(text: str) -> int:
    """Columns on the screen: combining marks take none."""
    return sum(not unicodedata.combining(letter) for letter in text)


def _flat(record: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Nested values under joined names: arms {treatment} becomes arms_treatment."""
    pairs: list[tuple[str, Any]] = []
    for name, value in record.items():
        if isinstance(value, Mapping):
            pairs += _flat(value, f"{prefix}{name}_")
        else:
            pairs.append((f"{prefix}{name}", json.dumps(value) if isinstance(value, (list, tuple)) else value))
    return pairs
