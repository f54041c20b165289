"""Where two documents say something different: block by block, cell by cell, number by number."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from trialplan.protocol.checking.align import pairs
from trialplan.protocol.checking.extraction import TextBlock, masked, normal, numbers, stretch, tokens

_WORDS = 60
"""Characters of a text that a statement repeats: its first words, by which it is found."""
_AROUND = 5
"""Words on either side of a change that are printed with it, by which the place is found."""
_CHANCE = 6
"""Words of a text that is looked for elsewhere: fewer may be alike by chance."""
NOTHING = "–"
_COUNTED = re.compile(r"^\d+(\.\d+)*\.? ")
"""The number of a heading, where a program has made words of it."""


@dataclass(frozen=True)
class CheckedStatement:
    """One thing that the document states: where it stands, what is printed, and what the plan gives."""

    quantity: str
    printed: str
    recomputed: str
    ok: bool = False


@dataclass(frozen=True, kw_only=True)
class DocumentComparison:
    """All statements, in order; what a sponsor has added, which nothing is known of; and what has been left out."""

    statements: tuple[CheckedStatement, ...]
    added: tuple[str, ...]
    left_out: tuple[str, ...]
    absent: tuple[str, ...]
    numbers: int


@dataclass
class _Found:
    statements: list[tuple[int, CheckedStatement]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)


def compare(
    ours: Sequence[TextBlock],
    theirs: Sequence[TextBlock],
    required: Sequence[Sequence[str]] = (),
    named: Sequence[str] = (),
) -> DocumentComparison:
    """`theirs`, the document, against `ours`, what its plan gives.

    `required` are words that may not be left out, `named` what the plan names, which a heading may not reword.
    """
    names = {normal(name).casefold() for name in named}
    paired = pairs(ours, theirs)
    found = _Found()
    for mine, other in paired:
        found.statements += [(mine, one) for one in _statements(ours[mine], theirs[other], names)]
    missing = set(range(len(ours))) - {mine for mine, _ in paired}
    extra = sorted(set(range(len(theirs))) - {other for _, other in paired})
    elsewhere = {theirs[i].text: theirs[i] for i in extra}
    gone = _absent_sections(ours, missing, required, found)
    for i in sorted(missing - gone):
        _miss(i, ours[i], elsewhere.get(ours[i].text), found)
    tables = {theirs[other].table: mine for mine, other in paired if theirs[other].table >= 0}
    # which block a text is that differs from it in figures only; a few words may be alike by chance
    copied = {masked(block.text): i for i, block in enumerate(ours) if len(tokens(block.text)) >= _CHANCE}
    added = [theirs[i] for i in extra if not _misleads(theirs[i], ours, tables, copied, found)]
    return DocumentComparison(
        statements=tuple(one for _, one in sorted(found.statements, key=lambda pair: pair[0])),
        added=tuple(_added(added)),
        left_out=tuple(found.left_out),
        absent=tuple(found.absent),
        numbers=sum(len(numbers(ours[mine].text)) for mine, _ in paired if ours[mine].kind != "code"),
    )


def _misleads(
    block: TextBlock, ours: Sequence[TextBlock], tables: Mapping[int, int], copied: Mapping[str, int], found: _Found
) -> bool:
    """Whether an added block would pass for the plan's: a row of its table, or its words with other numbers."""
    if block.table in tables:
        beside = tables[block.table]
        where = f"{_table(ours[beside])}, a row more"
        found.statements.append((beside, CheckedStatement(where, _short(block.text), NOTHING)))
        return True
    like = copied.get(masked(block.text))
    if like is None or ours[like].text == block.text:
        return False
    where = f"{_under(block)}, added in the words of {_place(ours[like])}"
    found.statements.append(
        (like, CheckedStatement(where, "; ".join(numbers(block.text)), "; ".join(numbers(ours[like].text))))
    )
    return True


def _added(blocks: Sequence[TextBlock]) -> Iterator[str]:
    """Each paragraph, and each table once."""
    for before, block in zip([None, *blocks], blocks, strict=False):
        if before is None or block.table < 0 or before.table != block.table:
            yield block.text


def _absent_sections(
    ours: Sequence[TextBlock], missing: set[int], required: Sequence[Sequence[str]], found: _Found
) -> set[int]:
    """The blocks of sections that are gone as a whole; one that holds a required text is a failure."""
    gone: set[int] = set()
    for i, block in enumerate(ours):
        if block.kind != "heading" or i in gone:
            continue
        following = range(i + 1, len(ours))
        ends = (j for j in following if ours[j].kind == "heading" and ours[j].level <= block.level)
        under = range(i, next(ends, len(ours)))
        if missing.issuperset(under) and len(under) > 1:
            gone.update(under)
            name = " › ".join(block.section)
            texts = [set(tokens(ours[j].text)) for j in under if ours[j].kind in ("paragraph", "row")]
            if any(text.issuperset(words) for text in texts for words in required):
                found.statements.append((i, CheckedStatement(f"section {name}", NOTHING, "the whole section")))
            else:
                found.absent.append(name)
    return gone


def _miss(i: int, block: TextBlock, elsewhere: TextBlock | None, found: _Found) -> None:
    """A block that is not in the document: a failure if it states a number, else a thing to say."""
    if block.kind == "code":  # a file that the document holds: without it, it is the one of the printed digest
        found.left_out.append(f"{_place(block)}, the text")
    elif block.numeric and block.kind != "heading":
        printed = NOTHING if elsewhere is None else f"under {_under(elsewhere)} instead"
        found.statements.append((i, CheckedStatement(_place(block), printed, _short(block.text))))
    else:
        found.left_out.append(f"{_place(block)}: {_short(block.text)}" if block.kind != "heading" else block.text)


def _statements(ours: TextBlock, theirs: TextBlock, names: set[str]) -> Iterator[CheckedStatement]:
    """What a block states: each cell that holds a number, and each place where the two differ."""
    if ours.kind == "code":
        yield from _lines(ours, theirs)
        return
    alike = len(ours.cells) == len(theirs.cells)
    sides = zip(ours.cells, theirs.cells, strict=True) if alike else [(ours.text, theirs.text)]
    for column, (mine, other) in enumerate(sides):
        where = _place(ours, column)
        if mine == other:
            if numbers(mine):
                quantity, told = where, mine
                if ours.kind != "row":
                    quantity, told = f"{where}: “{_short(mine)}”", "; ".join(numbers(mine))
                yield CheckedStatement(quantity, told, told, ok=True)
            continue
        if ours.kind == "heading" and (
            _COUNTED.sub("", other, count=1) == mine
            or (mine.casefold() not in names and numbers(mine) == numbers(other))
        ):
            continue  # a heading is the sponsor's to word, unless it is the name of an endpoint
        yield from _changes(ours, where, mine, other)


def _lines(ours: TextBlock, theirs: TextBlock) -> Iterator[CheckedStatement]:
    """Where a file that the document holds is not the one that it was made from: line by line, then word by word."""
    if ours.text == theirs.text:
        return
    a, b = ([line for line in map(normal, block.raw.splitlines()) if line] for block in (ours, theirs))
    for low, high, first, last in _differences(a, b):
        if (high - low, last - first) == (1, 1):
            yield from _changes(ours, _place(ours), a[low], b[first])
        else:
            printed, recomputed = _short(" ".join(b[first:last])), _short(" ".join(a[low:high]))
            yield CheckedStatement(_place(ours), printed or NOTHING, recomputed or NOTHING)


def _changes(block: TextBlock, where: str, mine: str, other: str) -> Iterator[CheckedStatement]:
    """Every place where a text differs: numbers one by one, words in the stretch that was changed."""
    a, b = tokens(mine), tokens(other)
    for i, j, k, m in _differences(a, b):
        near = stretch(mine, i - _AROUND, j + _AROUND).lstrip(" .,;:)")
        context = f": “{near}”" if block.kind != "row" else ""
        printed, recomputed = stretch(other, k, m), stretch(mine, i, j)
        yield CheckedStatement(f"{where}{context}", printed or NOTHING, recomputed or NOTHING)


Stretch = tuple[int, int, int, int]
"""From where to where in the one, and from where to where in the other."""


def _differences(a: Sequence[str], b: Sequence[str]) -> list[Stretch]:
    """Where two sequences differ: place by place if they are as long and no more differs so, as among equal figures."""
    found: list[Stretch] = []
    for what, low, high, first, last in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if what != "equal" and high - low == last - first:
            found += [(low + i, low + i + 1, first + i, first + i + 1) for i in range(high - low)]
        elif what != "equal":
            found.append((low, high, first, last))
    apart = [(i, i + 1, i, i + 1) for i, (mine, other) in enumerate(zip(a, b, strict=False)) if mine != other]
    return apart if len(a) == len(b) and len(apart) <= len(found) else found


def _place(block: TextBlock, column: int | None = None) -> str:
    """The headings; for a row its table, and of a cell the column."""
    if block.kind == "figure":
        return f"{_under(block)}, figure"
    if block.kind == "equation":
        return f"{_under(block)}, an equation" + (" with the numbers" if block.numeric else "")
    if block.kind != "row":
        return _under(block)
    row = _short(block.cells[0])
    if block.cells == block.columns:
        return f"{_table(block)}, names of the columns"
    where = f"{_table(block)}, row “{row}”"
    if column is None:
        return where
    name = block.columns[column] if column < len(block.columns) else ""
    return where + (f", column “{_short(name)}”" if name else f", column {column + 1}")


def _table(block: TextBlock) -> str:
    return f"{_under(block)}, table" + (f" “{_short(block.caption)}”" if block.caption else "")


def _under(block: TextBlock) -> str:
    return " › ".join(block.section) or "the beginning"


def _short(text: str) -> str:
    """The first words."""
    if len(text) <= _WORDS:
        return text
    return text[:_WORDS].rsplit(" ", 1)[0].rstrip(",;:") + " …"
