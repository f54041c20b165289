"""Outcomes that stand side by side in one row, a row a study: made one row each.

A table without a column `outcome` is read so where two names or more bear what an outcome has, as `death_events` and
`death_of`, or `weight_change_mean`, `weight_change_sd` and `weight_n`, each with arms where it has any
(`death_events_treatment`). With a column `outcome` such names are those of arms (`side_by_side`). A column without the
name of an outcome is of the study, or of each of its rows.
"""

from __future__ import annotations

import re

from trialplan.evidence.headers import LEFT_OUT, known_as, plain
from trialplan.evidence.side_by_side import ARM_WORDS, OF_EACH, cell_at
from trialplan.evidence.text_table import Grid
from trialplan.text import listed

_SIZES = {"n", "total", "of"}
_ALL = {*OF_EACH, "reported", "p_value", "definition", "timepoint_months", "unit", "harm", "effect", "effect_measure",
        "effect_se", "effect_lower", "effect_upper"}  # fmt: skip
"""What an outcome may have a column of."""
_TIME = re.compile(r"(.*_)?(baseline|week|month|day|year|visit|time|w|m|wk|mo)s?_?\d*(_.*)?")
"""What may stand beside a number of events, and is no outcome."""
_FEWEST = 2
"""Names that make columns of outcomes: a single one may be anything."""


def one_outcome_a_row(grid: Grid) -> Grid:
    """The grid with a row for each outcome, where it has them side by side; else as it is."""
    names = [plain(cell) for cell in grid.header]
    if "outcome" in map(known_as, names):
        return grid
    parted = [
        None if written.startswith(LEFT_OUT) else _parted(each)
        for written, each in zip(grid.header, names, strict=True)
    ]
    found = [part for part in parted if part]
    outcomes = list(dict.fromkeys(outcome for outcome, column in found if column.split("_")[0] not in _SIZES))
    called: dict[str, str] = {}
    for written, part in zip(grid.header, parted, strict=True):
        if part:
            called.setdefault(part[0], _as_written(written, part[0]))
    of_an_arm_alone = any(outcome == "" for outcome, _ in found)
    if len(outcomes) < _FEWEST or of_an_arm_alone:
        return grid
    parted = [part if part and part[0] in outcomes else None for part in parted]
    common = [at for at, part in enumerate(parted) if part is None]
    where = {part: at for at, part in enumerate(parted) if part}
    inner = list(dict.fromkeys(column for _, column in where))
    rows: list[tuple[int, list[str]]] = []
    for line, cells in grid.rows:
        shared = [cell_at(cells, at) for at in common]
        of_outcomes = [[cell_at(cells, where.get((outcome, column))) for column in inner] for outcome in outcomes]
        silent = not any(map(any, of_outcomes))  # of no outcome anything is said, and the row has its study
        rows += [
            (line, [*shared, called[outcome], *own, *cells[len(grid.header) :]])
            for outcome, own in zip(outcomes, of_outcomes, strict=True)
            if silent or any(own)
        ]
    header = [*(grid.header[at] for at in common), "outcome", *inner]
    told = listed(repr(called[outcome]) for outcome in outcomes)
    note = (
        f"outcomes side by side as rows of their own: {told} (arms are named where a column outcome names the outcome)"
    )
    return grid.rewritten(header, rows, [note])


def _parted(spelt: str) -> tuple[str, str] | None:
    """A plain name as its outcome and its column, which may have an arm; the outcome is empty where it has none."""
    if known_as(spelt):
        return None
    words, arm = spelt.split("_"), ""
    column, rest = max(
        (part for at in range(1, len(words)) for part in ((words[:at], words[at:]), (words[at:], words[:at]))),
        key=lambda part: ("_".join(part[0]) in _ALL or _bare(part[0]) in _ALL, len(part[0])),
        default=([], []),
    )
    if not column:
        return None
    if _bare(column) != "_".join(column):
        arm, column = _arm_of(column), _bare(column).split("_")
    elif _bare(rest) != "_".join(rest):
        arm, rest = _arm_of(rest), _bare(rest).split("_") if _bare(rest) else []
    outcome, of = "_".join(rest), "_".join(column)
    if of not in _ALL or outcome in _ALL or _TIME.fullmatch(outcome) or (not outcome and not arm):
        return None
    return outcome, f"{of}_{arm}" if arm else of


def _arm_of(words: list[str]) -> str:
    return words[-1] if words[-1] in ARM_WORDS else words[0]


def _bare(words: list[str]) -> str:
    """The words without that of an arm at their end or beginning."""
    kept = words[:-1] if words[-1] in ARM_WORDS else words[1:] if words[0] in ARM_WORDS else words
    return "_".join(kept)


def _as_written(header: str, outcome: str) -> str:
    """The words of an outcome with their capitals, as they stand in a column's name."""
    words, wanted = [word for word in re.split(r"[\W_]+", header) if word], outcome.split("_")
    spelt = [word.casefold() for word in words]
    at = next((at for at in range(len(words)) if spelt[at : at + len(wanted)] == wanted), 0)
    return " ".join(words[at : at + len(wanted)])
