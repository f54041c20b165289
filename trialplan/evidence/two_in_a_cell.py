"""Columns whose name says that two things stand in each cell, as `change (SD)` or `n/N (%)`: made a column each.

Understood are counts with their denominator or percentage (`n/N`, `n (%)`, `Events/Total`), means with their SD,
standard error or interval (`change (SD)`, `baseline ± SE`, `change (95% CI)`), and effects with their interval
(`HR (95% CI)`), each with the name of an arm or an outcome where it has one. `n` beside `N` is the number of those
who had the event, as journals head them, where no other column counts events.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from trialplan.errors import EvidenceError
from trialplan.evidence.complaint import MADE_A_DATE_SAYS, looks_like_a_date
from trialplan.evidence.headers import LEFT_OUT, MEANS, MEASURES, SPREADS, known_as, plain
from trialplan.evidence.numerals import limits_of, tidy
from trialplan.evidence.text_table import Grid
from trialplan.text import listed

_EVENTS = r"(?:n|x|r|k|no\.?|number|events?|cases|responders)"
_OVER = re.compile(
    rf"(?P<before>(?:.*[\s_.,:(])?){_EVENTS}\s*(?:/|\bof\b|\bout of\b)\s*(?:n|total|of)(?:\s*[(,]?\s*%\s*\)?)?"
    r"(?P<after>.*)",
    re.IGNORECASE,
)
"""n/N, drug n/N (%), Events/Total (placebo)."""
_SHARE = re.compile(rf"(?P<before>(?:.*[\s_.,:])?){_EVENTS}\s*[(\[,;]\s*%\s*[)\]]?(?P<after>.*)", re.IGNORECASE)
"""n (%), drug No. (%)."""
_REVERSED = re.compile(rf"(?P<before>(?:.*[\s_.,:])?)%\s*[(\[]\s*{_EVENTS}\s*[)\]](?P<after>.*)", re.IGNORECASE)
"""% (n)."""
_PERCENT = re.compile(
    rf"(?P<before>(?:.*[\s_.,:])?)(?:%\s*(?:of\s*)?{_EVENTS}|{_EVENTS}\s*%)(?P<after>(?:\W.*)?)", re.IGNORECASE
)
"""Events %, % responders: no count."""
_WITH = re.compile(
    r"(?P<mean>.*?[^\s(\[±+])\s*(?:[(\[]|±|\+/?-)\s*±?\s*(?P<part>sd|s\.d\.|std(?:\.? ?dev)?|standard deviation|sem?|"
    r"s\.e\.(?:m\.)?|standard error|(?:\d{2}(?:[.,]\d+)?\s*%\s*)?-?\s*(?:ci|cl|confidence (?:interval|limits)))"
    r"\s*[)\]]?(?P<after>.*)",
    re.IGNORECASE,
)
"""change (SD), baseline ± SE, HR [95 % CI]."""
_NUMBER = r"[+-]?(?:\d+(?:[.,]\d+)?|[.,]\d+)"
_SPREAD_IN_CELL = re.compile(
    rf"({_NUMBER})\s*(?:[(\[]\s*(?:±|\+/?-|sd|sem?|=|:|\s)*({_NUMBER})\s*[)\]]|(?:±|\+/?-)\s*({_NUMBER}))",
    re.IGNORECASE,
)
"""-1.2 (0.8), -1.2 ± 0.8, -1.2 (SD 0.8)."""
_LIMITS_IN_CELL = re.compile(r"(?P<mean>[^(\[]+?)\s*[(\[](?P<limits>[^)\]]+)[)\]]")
"""-1.2 (-1.5 to -0.9)."""
_OVER_IN_CELL = re.compile(
    r"(\d{1,9})\s*(?:/|\bof\b|\bout of\b)\s*(\d{1,9})(?:\s*[(\[,;]\s*(\d{1,3}(?:[.,·]\d+)?)\s*%?\s*[)\]]?)?",
    re.IGNORECASE,
)
"""8/20, 8/20 (40 %)."""
_BARE_SHARE = re.compile(r"(\d{1,9}(?:\s*(?:/|of|out of)\s*\d{1,9})?)\s*[(\[]\s*(\d{1,3}(?:[.,·]\d+)?)\s*[)\]]")
_CONFIDENCE = re.compile(r"(?:.*_)?(\d{2})(?:_(\d{1,2}))?(?:_.*)?")
_UNIT = re.compile(r"(.*\w)\s*[(\[]\s*([^()\[\]]+)[)\]]")
_SPREADS = {*SPREADS}
_NOWHERE = -1
"""The column of the file in which there is no such cell."""
Part = Callable[[str], "list[str] | str"]
"""What the cells of a column are in its columns; a sentence where they are not what its name says."""


def one_thing_a_cell(grid: Grid, name: str) -> Grid:
    """The grid with a column for each thing that a column's cells hold by its name; else as it is."""
    grid = _n_beside_big_n(grid)
    confidences = {_confidence(cell) for cell in grid.header if not cell.startswith(LEFT_OUT)} - {0.0}
    if len(confidences) > 1:
        raise EvidenceError(
            f"{name}: the intervals of its columns have {len(confidences)} confidences; write effect_confidence in "
            "each row, and call them effect_lower and effect_upper"
        )
    grid.confidence = next(iter(confidences), None)
    grid = _without_units(grid, name)
    known = [known_as(plain(cell)) for cell in grid.header]
    parted = {}
    for at, cell in enumerate(grid.header):
        parts = _parted(cell)
        # beside a mean of its own, change (SD) is its SD
        if parts is not None and known_as(plain(parts[0][0])) not in {*known[:at], *known[at + 1 :]} - {"", "events"}:
            parted[at] = parts
    if not parted:
        return grid
    header = [new for at, cell in enumerate(grid.header) for new in (parted[at][0] if at in parted else [cell])]
    places = [
        place for at, place in enumerate(grid.places) for _ in (parted[at][0] if at in parted else [grid.header[at]])
    ]
    wrong = dict(grid.wrong)
    rows: list[tuple[int, list[str]]] = []
    for line, cells in grid.rows:
        new_cells: list[str] = []
        for at, cell in enumerate(cells):
            if at not in parted:
                new_cells.append(cell)
                continue
            names, part = parted[at]
            dated = looks_like_a_date(cell.strip())
            found = f"{cell!r}; {MADE_A_DATE_SAYS}" if dated else part(cell.strip())
            if isinstance(found, str):
                wrong[line, grid.places[at]] = f"column {grid.header[at]!r}: {found}"
                found = [""] * len(names)
            new_cells += found
        rows.append((line, new_cells))
    told = [f"`{grid.header[at]}` as {' and '.join(f'`{new}`' for new in names)}" for at, (names, _) in parted.items()]
    made = grid.rewritten(header, rows, told)
    made.places, made.wrong = places, wrong
    return made


def _n_beside_big_n(grid: Grid) -> Grid:
    """With `n` called events and `N` of, where both are there, with an arm or without, and nothing else is events."""
    counted = any(known_as(plain(cell)) == "events" or "event" in cell.lower() for cell in grid.header)
    pairs = {cell for cell in grid.header if re.fullmatch(r"(.*[\W_])?n", cell) and f"{cell[:-1]}N" in grid.header}
    means = any(known_as(plain(cell)) == f"{which}_mean" for cell in grid.header for which in MEANS)
    if counted or means or not pairs:
        return grid
    renamed = {cell: f"{cell[:-1]}events" for cell in pairs} | {f"{cell[:-1]}N": f"{cell[:-1]}of" for cell in pairs}
    told = [f"`{cell}` as `{new}`" for cell, new in renamed.items()]
    return replace(grid, header=[renamed.get(cell, cell) for cell in grid.header], notes=[*grid.notes, *told])


def _without_units(grid: Grid, name: str) -> Grid:
    """With the unit of a mean or a spread, which its column's name has in brackets, in a column of its own."""
    units = {at: match for at, cell in enumerate(grid.header) if (match := _of_a_unit(cell)) is not None}
    found = {match[2].strip() for match in units.values()}
    if not units or any(plain(cell) == "unit" for cell in grid.header):
        return grid
    if len(found) > 1:
        raise EvidenceError(f"{name}: its means have {len(found)} units ({listed(sorted(found))}); write all in one")
    header = [units[at][1].strip() if at in units else cell for at, cell in enumerate(grid.header)]
    rows = [
        (line, [*cells, *[""] * (len(header) - len(cells)), *found] if any(map(_cell(cells), units)) else cells)
        for line, cells in grid.rows
    ]
    told = [f"`{grid.header[at]}` in {match[2].strip()}" for at, match in units.items()]
    made = grid.rewritten([*header, "unit"], rows, told)
    made.places = [*grid.places, _NOWHERE]
    return made


def _cell(cells: Sequence[str]) -> Callable[[int], bool]:
    return lambda at: at < len(cells) and bool(cells[at].strip())


def _of_a_unit(header: str) -> re.Match[str] | None:
    """The column and the unit of a name such as change (kg); None where it has none, or is known as it is."""
    match = _UNIT.fullmatch(header)
    if match is None or known_as(plain(header)) or plain(header) in _SPREADS or _WITH.fullmatch(header):
        return None
    known = known_as(plain(match[1]))
    of_means = known.startswith(MEANS) or plain(match[1]) in ("sd", "se", "sem")
    return match if of_means and not re.search("%|=|^(n|sd|se|ci)$", match[2], re.IGNORECASE) else None


def _confidence(header: str) -> float:
    """The confidence that a column of limits names, as a share; 0 where it names none, or is of something else."""
    spelt = plain(header)
    match = _CONFIDENCE.fullmatch(spelt)
    if match is None or not {"ci", "cl", "confidence"} & {*spelt.split("_")}:
        return 0.0
    return float(f"{match[1]}.{match[2] or 0}") / 100


def _parted(header: str) -> tuple[list[str], Part] | None:
    """The columns that a column is made into, and how its cells are parted; None where it is one."""
    if header.startswith(LEFT_OUT):
        return None
    for pattern, columns, part in _COUNTS:
        match = pattern.fullmatch(header)
        if match:
            around = match["before"].strip(" (,:"), match["after"].strip(" ),:")
            return [" ".join(filter(None, (around[0], column, around[1]))) for column in columns], part
    together = _WITH.fullmatch(header)
    if together is None:
        return None
    words, after = plain(together["mean"]), together["after"].strip(" )],:")
    if words in MEASURES or known_as(words) == "effect":
        return ([together["mean"]], _as_it_is) if re.search("c[il]|conf", together["part"], re.IGNORECASE) else None
    found = _mean_in(words)
    if found is None:
        return None
    before, which, behind = found
    ends = ["mean", *_ends(together["part"])]
    names = [" ".join(filter(None, (before, f"{which}_{end}", behind, after))) for end in ends]
    return names, _with_limits if "lower" in ends else _with_spread


def _ends(part: str) -> list[str]:
    """What stands beside the mean: its SD, its standard error, or the limits of its interval."""
    if re.search("c[il]|conf", part, re.IGNORECASE):
        return ["lower", "upper"]
    return ["se"] if re.match(r"se|s\.e|standard error", part, re.IGNORECASE) else ["sd"]


def _mean_in(spelt: str) -> tuple[str, str, str] | None:
    """Whose mean a plain name says, with the words before and behind it, of an arm or an outcome."""
    words = spelt.split("_")
    slices = [(at, to) for at in range(len(words)) for to in range(at + 1, len(words) + 1)]
    for at, to in sorted(slices, key=lambda ends: ends[0] - ends[1]):  # the longest first
        known = known_as("_".join(words[at:to]).replace("follow_up", "followup"))
        if known in {f"{which}_mean" for which in MEANS}:
            return " ".join(words[:at]), known.removesuffix("_mean"), " ".join(words[to:])
    return None


def _as_it_is(cell: str) -> list[str]:
    return [cell]


def _over(cell: str) -> list[str] | str:
    """A count and its denominator, with a percentage whose sign may stand in the column's name; words are of both."""
    match = _OVER_IN_CELL.fullmatch(cell)
    if match:
        return [f"{match[1]} ({match[3]} %)" if match[3] else match[1], match[2]]
    if re.search(r"\d", cell):
        return f"{cell!r} is no count over its denominator; write it as 8/20"
    return [cell, cell]


def _counted(cell: str) -> list[str] | str:
    """A count whose percentage has no sign, since the column's name has it; one number alone may be either."""
    match = _BARE_SHARE.fullmatch(cell)
    if match:
        return [f"{match[1]} ({match[2]} %)"]
    if _is_number(cell) and cell.strip("0.,"):
        return f"{cell!r} may be a count or a percentage; write both as 8 (40 %), or each in a column of its own"
    return [cell]


def _reversed(cell: str) -> list[str] | str:
    """A percentage with its count in brackets."""
    match = re.fullmatch(r"(\d{1,3}(?:[.,·]\d+)?)\s*%?\s*[(\[]\s*(\d{1,9})\s*[)\]]", cell)
    if match:
        return [f"{match[2]} ({match[1]} %)"]
    if re.search(r"\d", cell):
        return f"{cell!r} is no percentage with its count; write it as 40 (8)"
    return [cell]


def _percentage(cell: str) -> list[str]:
    """A percentage whose sign stands in the column's name."""
    return [f"{cell} %" if _is_number(cell) else cell]


def _is_number(cell: str) -> bool:
    return re.fullmatch(_NUMBER, tidy(cell)) is not None


_COUNTS: tuple[tuple[re.Pattern[str], tuple[str, ...], Part], ...] = (
    (_OVER, ("events", "of"), _over),
    (_SHARE, ("events",), _counted),
    (_REVERSED, ("events",), _reversed),
    (_PERCENT, ("reported",), _percentage),
)
"""Names of columns of counts, what the columns of their parts are called, and how their cells are read."""


def _with_spread(cell: str) -> list[str] | str:
    """A mean and its SD or standard error; a word is of both, and one number alone may be either."""
    plainly = tidy(cell)
    match = _SPREAD_IN_CELL.fullmatch(plainly)
    if match:
        return [match[1], match[2] or match[3]]
    if not re.search(r"\d", cell):
        return [cell, cell]
    return f"{cell!r} is no mean with its spread; write both as -1.2 (0.8), or each in a column of its own"


def _with_limits(cell: str) -> list[str] | str:
    """A mean and the limits of its interval."""
    plainly = tidy(cell)
    match = _LIMITS_IN_CELL.fullmatch(plainly)
    limits = limits_of(match["limits"]) if match else None
    if match and limits:
        return [match["mean"], *limits]
    if not re.search(r"\d", cell):
        return [cell, cell, cell]
    return f"{cell!r} is no mean with its interval; write it as -1.2 (-1.5 to -0.9), or each in a column of its own"
