"""What a workbook holds of a sheet beside the values of its cells, and the sentences for cells that are no value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trialplan.evidence.text_table import ERROR_SAYS

Cells = list[list[Any]]
Block = tuple[tuple[int, int], tuple[int, int]]
"""The first and the last cell of a merged one, each by row and column from 0."""

FAILED = f"the cell holds {ERROR_SAYS}"
PARTLY = "a part of the cell is struck out; write what counts"
UNCOMPUTED = "the cell holds a formula without its result; open the file in a spreadsheet program and save it again"
NO_CODE = re.compile(r'"[^"]*"|\\.')
"""What a number format shows as it stands."""


@dataclass
class Seen:
    """What the parts of a file say of a sheet that its reader passes over, by line and column."""

    wrong: dict[tuple[int, int], str] = field(default_factory=dict)
    """Cells that are read as empty, and hold an error or a formula that was never computed."""
    percent: set[tuple[int, int]] = field(default_factory=set)
    """Cells that show their number as a percentage."""
    hidden: list[range] = field(default_factory=list)
    """Lines that the program does not show."""
    hidden_columns: list[range] = field(default_factory=list)
    """Columns that the program does not show."""
    merged: list[Block] = field(default_factory=list)
    """Cells that stand for several, where the reader does not tell of them."""
    struck: set[tuple[int, int]] = field(default_factory=set)
    """Cells that are struck out."""


@dataclass
class Book:
    """A workbook: the rows of its sheets, those that are shown, and what else is there of one by its name."""

    rows: Mapping[str, Cells]
    shown: set[str]
    merged: Callable[[str], Sequence[Block]]
    seen: Callable[[str], Seen]
