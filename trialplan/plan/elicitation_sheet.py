"""The sheet that is sent to an expert, and the judgements read back from it: plain text that any editor opens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from trialplan.belief.experts import Expert
from trialplan.errors import PlanError
from trialplan.files import read_text

SHEET = """# What do you believe?

Question: ____ (which number, in whom, on which treatment, at what time, in which unit)

Name: ____

Please answer from what you know, before you talk to the others. Think of the extremes first, then of the middle: people
who begin in the middle are too sure. A rate may be written as 0.2 or as 20 %.

| The number lies below this value with probability | Value |
|:--------------------------------------------------|------:|
| 5 % (one in twenty: you would be surprised) | |
| 25 % (one in four) | |
| 50 % (as likely above as below) | |
| 75 % (three in four) | |
| 95 % (one in twenty lies above) | |

Or lay chips, say twenty, into bins: the more chips, the likelier. Fill in this table in place of the other, with as
many bins as you like.

| From | To | Chips |
|-----:|---:|------:|
| | | |
| | | |
| | | |

What your judgement rests on, and what would change it:

____
"""

_NAME = re.compile(r"^[ \t]*\**Name\**[ \t]*:[ \t]*\**[ \t]*(.*?)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_ROW = re.compile(r"^\s*\|(.*)\|\s*$", re.MULTILINE)
_PERCENT = re.compile(r"^\s*(\d+(?:[.,]\d+)?)\s*%")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?")


def read_sheet(path: Path) -> Expert:
    """The expert who has filled in a sheet: quantiles, or chips; a PlanError says what is missing."""
    text = read_text(path, PlanError)
    named = _NAME.search(text)
    name = "" if named is None else named[1].replace("_", "").strip()
    if not name:
        raise PlanError(f"{path}: the sheet says no name; write it after Name:")
    quantiles, chips = list(_quantiles(path, text)), list(_chips(path, text))
    if bool(quantiles) == bool(chips):
        said = "both tables are filled in; keep one" if chips else "neither table is filled in"
        raise PlanError(f"{path}: {said}")
    if quantiles:
        return Expert(name=name, quantiles=tuple(quantiles))
    edges = [low for low, _, _ in chips] + [chips[-1][1]]
    for (_, high, _), (low, _, _) in pairwise(chips):
        if high != low:
            raise PlanError(
                f"{path}: a bin ends at {high:g} and the next begins at {low:g}; let each begin where one ends"
            )
    return Expert.from_chips(name, edges, [count for *_, count in chips])


def _quantiles(path: Path, text: str) -> Iterator[tuple[float, float]]:
    for cells in _rows(text, 2):
        probability = _PERCENT.match(cells[0])
        if probability is not None and cells[1]:
            yield _plain(probability[1]) / 100, _number(path, cells[1])


def _chips(path: Path, text: str) -> Iterator[tuple[float, float, int]]:
    for cells in _rows(text, 3):
        if any(cells) and not any(re.search("[A-Za-z]|--", cell) for cell in cells):
            low, high, count = (_number(path, cell) for cell in cells)
            if count != int(count):
                raise PlanError(f"{path}: {cells[2]!r} is no number of chips; write a whole number")
            yield low, high, int(count)


def _rows(text: str, columns: int) -> Iterator[list[str]]:
    """The rows of the tables with so many columns, each as its cells."""
    for row in _ROW.findall(text):
        cells = [cell.strip() for cell in row.split("|")]
        if len(cells) == columns:
            yield cells


def _number(path: Path, cell: str) -> float:
    """A number as it was typed; of a percentage the share."""
    bare = cell.replace("−", "-").strip()
    share = bare.endswith("%")
    bare = bare.removesuffix("%").strip()
    if not _NUMBER.fullmatch(bare):
        raise PlanError(f"{path}: {cell!r} is no number; write one number, such as 0.2 or 20 %")
    return _plain(bare) / 100 if share else _plain(bare)


def _plain(text: str) -> float:
    return float(text.replace(",", "."))
