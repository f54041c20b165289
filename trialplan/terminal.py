"""A page on a terminal: every cell whole, whatever the width.

A table that is too wide gives way step by step: headers break between words, cells of words break into a few lines,
columns of prose move below their row, the longest first, rows and columns change places, and in the end each row is
stacked, a line for each of its values. Nothing is cut off.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from trialplan.page import Page, Table, with_typed_signs

_PROSE = 24
"""Columns of the screen beyond which a cell of words is prose, which may break anywhere between two of them."""

_WORDS = 10
"""Columns of the screen that a cell of words keeps where it breaks: fewer would be a word a line."""

_LINES = 5
"""Lines that a cell of words may break into beside others; of more it is better read below its row."""

_GAP = 2
"""Between two columns: rich pads each cell by one, and its boxes leave one."""


def blocks(page: Page, width: int) -> Iterator[Any]:
    """What rich prints, one after the other: bold headline, tables, notes."""
    from rich.text import Text

    page = with_typed_signs(page)
    yield Text(page.headline, style="bold")
    for table in page.tables:
        yield ""
        if table.title:
            yield Text(table.title, style="bold")
        yield from _fitted(table, width) if any(table.columns) else [_facts(table, width)]
    for note in page.notes:
        yield ""
        yield Text(note)


def _facts(table: Table, width: int) -> Any:
    """Names and values, either broken between words where it is long."""
    from rich.table import Table as RichTable

    grid = RichTable(box=None, show_header=False, padding=(0, 1))
    longest = max((_wide(row[0]) for row in table.rows), default=0)
    grid.add_column(style="dim", width=min(longest, width // 2))
    grid.add_column(overflow="fold", justify="right" if 1 in table.right else "left")
    for row in table.rows:
        grid.add_row(*map(_text, row))
    return grid


@dataclass(frozen=True)
class _Layout:
    """Which columns stand side by side, how wide each is, and which move below their row."""

    beside: Sequence[int]
    widths: Sequence[int]
    below: Sequence[int] = ()

    def __len__(self) -> int:
        return sum(self.widths) + _GAP * len(self.widths)


def _fitted(table: Table, width: int) -> Iterator[Any]:
    table = _without_empty_columns(table)
    for shown in (table, _turned(table)):
        for layout in _layouts(shown):
            if len(layout) <= width and _in_few_lines(shown, layout := _widened(shown, layout, width)):
                yield from _with_prose_below(shown, layout) if layout.below else [_grid(shown, layout, shown.rows)]
                return
    yield from _stacked(table, width)


def _without_empty_columns(table: Table) -> Table:
    kept = [i for i in range(len(table.columns)) if not i or any(row[i] for row in table.rows)]
    rows = [[row[i] for i in kept] for row in table.rows]
    right = frozenset(place for place, i in enumerate(kept) if i in table.right)
    return Table([table.columns[i] for i in kept], rows, table.title, right)


def _widened(table: Table, layout: _Layout, width: int) -> _Layout:
    """What is left of the width given to the columns that could use it, those that lack the least first."""
    widths, left = list(layout.widths), width - len(layout)
    wished = [max(map(_wide, (table.columns[i], *(row[i] for row in table.rows)))) for i in layout.beside]
    for place in sorted(range(len(widths)), key=lambda place: wished[place] - widths[place]):
        more = min(left, max(0, wished[place] - widths[place]))
        widths[place], left = widths[place] + more, left - more
    return replace(layout, widths=widths)


def _in_few_lines(table: Table, layout: _Layout) -> bool:
    """Whether no cell beside others breaks into many lines."""
    cells = zip(layout.beside, layout.widths, strict=True)
    return all(_wide(row[i]) <= _LINES * width for i, width in cells for row in table.rows)


def _turned(table: Table) -> Table:
    """Rows and columns exchanged: few rows of many values then stand side by side."""
    rows = list(zip(table.columns, *table.rows, strict=True))
    return Table(rows[0], rows[1:], table.title, frozenset(range(1, len(table.rows) + 1)))


def _layouts(table: Table) -> Iterator[_Layout]:
    """From the widest to the narrowest; of words the first column stays, since it says which row it is."""
    cells = [[row[i] for row in table.rows] for i in range(len(table.columns))]
    whole = [max(map(_wide, (name, *column))) for name, column in zip(table.columns, cells, strict=True)]
    every = range(len(table.columns))
    yield _Layout(every, whole)
    broken = [_narrowest(name, column) for name, column in zip(table.columns, cells, strict=True)]
    words = [max(_WORDS, *map(_longest_word, (table.columns[i], *cells[i]))) for i in every]
    wrapped = [broken[i] if i in table.right else min(broken[i], words[i]) for i in every]
    prose = [i for i in every if i and i not in table.right and max(map(_wide, cells[i]), default=0) > _PROSE]
    longest_first = sorted(prose, key=lambda i: -max(map(_wide, cells[i])))
    for count in range(len(prose) + 1):
        below = sorted(longest_first[:count])
        beside = [i for i in every if i not in below]
        for widths in (broken, wrapped):
            yield _Layout(beside, [widths[i] for i in beside], below)


def _narrowest(name: str, column: Sequence[str]) -> int:
    """Cells whole, the header broken between words."""
    return max(_longest_word(name), *map(_wide, column), 0)


def _longest_word(name: str) -> int:
    return max(map(_wide, name.split()), default=0)


def _grid(table: Table, layout: _Layout, rows: Sequence[Sequence[str]], head: bool = True) -> Any:
    from rich import box
    from rich.table import Table as RichTable

    grid = RichTable(
        box=box.SIMPLE_HEAD,
        show_header=head,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for i, width in zip(layout.beside, layout.widths, strict=True):
        grid.add_column(
            _text(table.columns[i]), justify="right" if i in table.right else "left", width=width, overflow="fold"
        )
    for row in rows:
        grid.add_row(*(_text(row[i]) for i in layout.beside))
    return grid


def _with_prose_below(table: Table, layout: _Layout) -> Iterator[Any]:
    from rich.padding import Padding

    for number, row in enumerate(table.rows):
        yield _grid(table, layout, [row], head=not number)
        for i in layout.below:
            if row[i]:
                yield Padding(_text(row[i]), (0, 0, 0, 4), style="dim")


def _stacked(table: Table, width: int) -> Iterator[Any]:
    """Each row as names and values, under the words of its first cell."""
    from rich.text import Text

    for row in table.rows:
        values = list(zip(table.columns, row, strict=True))
        yield Text(f"{table.columns[0]} {row[0]}".strip(), style="bold")
        yield _facts(Table((), [(name, value) for name, value in values[1:] if value]), width)


def _text(cell: str) -> Any:
    from rich.text import Text

    return Text(cell)


def _wide(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)
