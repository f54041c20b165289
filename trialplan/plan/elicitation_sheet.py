"""The sheet sent to an expert, and the judgements read back from it, as plain text (in Word: `elicitation_word`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from trialplan.belief.experts import Expert
from trialplan.errors import PlanError
from trialplan.evidence.numerals import number

_HINT = "(which number, in whom, on which treatment, at what time, in which unit)"
SHEET = f"""# What do you believe?

Question: ____ {_HINT}

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

_QUESTION = re.compile(
    r"^[ \t]*\**Question\**[ \t]*:[ \t]*\**(.*?)(?:\n[ \t]*\n|\Z)", re.IGNORECASE | re.MULTILINE | re.DOTALL
)
_NAME = re.compile(r"^[ \t]*\**Name\**[ \t]*:[ \t]*\**[ \t]*(.*?)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_TABLE = re.compile(r"(?:^[ \t]*\|.*\|[ \t]*(?:\n|\Z))+", re.MULTILINE)
_BETWEEN_CELLS = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r":?-+:?")
_PERCENT = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*%")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_CHIPS = ["from", "to", "chips"]


@dataclass(frozen=True, kw_only=True)
class FilledSheet:
    """What came back: who judged, and what was asked, empty where the sheet does not say."""

    file: str
    question: str
    expert: Expert


def read_sheet(text: str, file: str) -> FilledSheet:
    """The judgements in a sheet that was filled in: quantiles, or chips; a PlanError says what is missing."""
    name = _after(_NAME, text)
    if not name:
        raise PlanError(f"{file}: the sheet says no name; write it after Name:")
    tables = [list(_cells(table)) for table in _TABLE.findall(text)]
    quantiles = [pair for table in tables for pair in _quantiles(file, table)]
    chips = [laid for table in tables for laid in _chips(file, table)]
    if bool(quantiles) == bool(chips):
        filled = "both tables are filled in; keep one" if chips else "neither table is filled in"
        raise PlanError(f"{file}: {filled}")
    if quantiles:
        expert = Expert(name=name, quantiles=tuple(quantiles))
    else:
        expert = Expert.from_chips(name, _edges(file, chips), [count for *_, count in chips])
    return FilledSheet(file=file, question=_after(_QUESTION, text.replace(_HINT, "")), expert=expert)


def asked(sheets: Sequence[FilledSheet]) -> str:
    """The one question of all sheets; a PlanError where they ask different ones, which no pool answers."""
    first = sheets[0]
    for sheet in sheets[1:]:
        if _alike(sheet.question) != _alike(first.question):
            questions = [f"{each.question!r}" if each.question else "nothing" for each in (first, sheet)]
            raise PlanError(
                f"{first.file} asks {questions[0]} and {sheet.file} asks {questions[1]}; pool sheets with the same "
                "question, and write it in the same words after Question:"
            )
    return first.question


def _alike(question: str) -> str:
    """The question without what an editor changes: case, spaces, the mark at its end."""
    return " ".join(question.casefold().split()).rstrip(".?! ")


def _after(label: re.Pattern[str], text: str) -> str:
    """What stands after a label of the sheet, without the line to write on."""
    written = label.search(text)
    return "" if written is None else " ".join(re.sub("_{2,}", " ", written[1]).split())


def _cells(table: str) -> Iterator[list[str]]:
    """The rows of a table as their cells, without the rule below its head."""
    for row in table.strip().splitlines():
        parts = _BETWEEN_CELLS.split(row.strip().removeprefix("|").removesuffix("|"))
        cells = [part.strip().replace("\\|", "|") for part in parts]
        if not all(_RULE.fullmatch(cell) for cell in cells):
            yield cells


def _quantiles(file: str, table: list[list[str]]) -> Iterator[tuple[float, float]]:
    """The rows of a table of two columns in whose first probabilities stand; an expert's own notes are none."""
    if any(len(cells) != 2 for cells in table) or not any(_PERCENT.match(first) for first, _ in table):
        return
    for at, (first, value) in enumerate(table):
        probability = _PERCENT.match(first)
        if probability is not None and value:
            yield float(probability[1].replace(",", ".")) / 100, _number(file, value)
        elif value and at > 0:  # before it, the names of the columns
            raise PlanError(f"{file}: {value!r} stands beside {first!r}; write its probability in percent, as 10 %")


def _chips(file: str, table: list[list[str]]) -> Iterator[tuple[float, float, int]]:
    """The rows of a table of bins and chips: it has their names above, or a number in its first cell."""
    named = bool(table) and [cell.casefold() for cell in table[0]] == _CHIPS
    if any(len(cells) != 3 for cells in table) or not (named or any(re.match(r"[\d.,−-]", row[0]) for row in table)):
        return
    for cells in table[1:] if named else table:
        if not any(cells):
            continue
        if not all(cells):
            raise PlanError(f"{file}: the bin {' | '.join(cells)} is not complete; write from, to and how many chips")
        low, high, count = (_number(file, cell) for cell in cells)
        if count != int(count):
            raise PlanError(f"{file}: {cells[2]!r} is no number of chips; write a whole number")
        yield low, high, int(count)


def _edges(file: str, chips: Sequence[tuple[float, float, int]]) -> list[float]:
    """The edges of the bins, of which each begins where one ends."""
    for (_, high, _), (low, _, _) in pairwise(chips):
        if high != low:
            raise PlanError(
                f"{file}: a bin ends at {high:g} and the next begins at {low:g}; let each begin where one ends"
            )
    return [low for low, _, _ in chips] + [chips[-1][1]]


def _number(file: str, cell: str) -> float:
    """A number as it was typed, of a percentage the share; what may be thousands is not guessed."""
    bare = cell.strip().removesuffix("%").strip()
    written, wrong = number(bare, None, whole=False)
    if wrong:
        raise PlanError(f"{file}: {wrong}")
    if not _NUMBER.fullmatch(written):
        raise PlanError(f"{file}: {cell!r} is no number; write one number, such as 0.2 or 20 %")
    return float(written) / (100 if cell.strip().endswith("%") else 1)
