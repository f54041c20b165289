"""Arms that stand side by side in one row, as programs for meta-analysis want them: made one row each.

Understood are a column's name with that of an arm before or behind it (`events_treatment`, `Control N`, `event.e`),
two arms by number (`Events 1`, `n2`), and metafor's `ai`, `n1i`, `ci`, `n2i`. An arm that is called treatment or
control has that role; arms with numbers have none, and are asked about where they are compared.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from trialplan.errors import EvidenceError
from trialplan.evidence.control import CONTROL, TREATMENT
from trialplan.evidence.headers import INTERVAL, LEFT_OUT, MEASURES, OUTCOME, SPREADS, known_as, limit, plain
from trialplan.evidence.text_table import Grid
from trialplan.text import listed

ARM_WORDS = {
    **dict.fromkeys(("treatment", "treated", "experimental", "intervention", "exp", "trt", "e", "verum"), TREATMENT),
    **dict.fromkeys(("control", "controls", "placebo", "sham", "ctrl", "c", "kontrolle"), CONTROL),
    "1": "group 1",
    "2": "group 2",
}
_LONG = {"e": "experimental", "exp": "experimental", "trt": "treatment", "c": "control", "ctrl": "control"}
"""What the arm is called where a header is short."""
_OTHERWISE = "without_event"
"""A column of those who did not have the event: with the events it makes the denominator."""
_SPELT = {
    "ai": ("events", "1"), "bi": (_OTHERWISE, "1"), "ci": ("events", "2"), "di": (_OTHERWISE, "2"),
    "tpos": ("events", "treatment"), "tneg": (_OTHERWISE, "treatment"),
    "cpos": ("events", "control"), "cneg": (_OTHERWISE, "control"),
}  # fmt: skip
"""Names of metafor (escalc) and of its data sets."""
_NUMBERED = re.compile(r"(n|m|sd|x|r|events?|total|mean)_?([12])i?")
OF_EACH = ("events", "event", "r", "cases", "responders", "n", "total", "of", "change_mean", "change_sd", "change_se",
            "change", "baseline_mean", "baseline_sd", "followup_mean", "followup_sd", "mean", "sd", "se",
            *SPREADS)  # fmt: skip
"""What an arm of any name may have a column of."""
_SHORT = {"m": "mean", "x": "events", "r": "events"}
_OF_BOTH = ("outcome", "definition", "kind", "timepoint_months", "unit", "harm", "note")
"""What an outcome's columns may say of all arms at once."""


def one_arm_a_row(grid: Grid, name: str) -> Grid:
    """The grid with a row for each arm, where it has arms side by side; else as it is."""
    names = [plain(cell) for cell in grid.header]
    parted = _all_parted(names)
    if not _is_wide(parted):
        return grid
    common = [at for at, part in enumerate(parted) if part is None]
    made_of_them = _of_the_comparison(names, common, any(part and part[0] == "events" for part in parted))
    notes: list[str] = []
    if made_of_them:
        common = [at for at in common if at not in made_of_them]
        told = listed(repr(grid.header[at]) for at in made_of_them)
        notes.append(f"{told} left out, which the arms' own numbers make anew")
    clash = [grid.header[at] for at in common if known_as(names[at]) in {*OUTCOME, *SPREADS, INTERVAL} - {*_OF_BOTH}]
    if clash:
        raise EvidenceError(
            f"{name}: arms stand side by side, and it is not said to which {listed(map(repr, clash))} belongs; write "
            f"each arm in a row of its own, or leave out what is of both ({', '.join(LEFT_OUT + c for c in clash)})"
        )
    where = {part: at for at, part in enumerate(parted) if part}
    arms = list(dict.fromkeys(arm for _, arm in where))
    inner = list(dict.fromkeys(column for column, _ in where if column != _OTHERWISE))
    summed = len(inner) < len({column for column, _ in where}) and not {"n", "total", "of"} & {*inner}
    rows: list[tuple[int, list[str]]] = []
    for line, cells in grid.rows:
        shared = [cell_at(cells, at) for at in common]
        more = cells[len(grid.header) :]
        empty = ["", "", *[""] * (len(inner) + summed)]
        of_arms = [[cell_at(cells, where.get((column, arm))) for column in [*inner, _OTHERWISE]] for arm in arms]
        for arm, own in zip(arms, of_arms, strict=True):
            if any(own):
                sums = [_sum(cell_at(cells, where.get(("events", arm))), own[-1])] * summed
                rows.append((line, [*shared, _called(arm), _role(arm), *own[:-1], *sums, *more]))
        if not any(map(any, of_arms)):  # of neither arm anything is said, and the row has its study
            rows.append((line, [*shared, *empty, *more]))
    header = [*(grid.header[at] for at in common), "arm", "role", *inner, *["of"] * summed]
    told = listed(f"{_called(arm)!r} {f'as {_role(arm)}' if _role(arm) else 'of unknown role'}" for arm in arms)
    notes.append(f"arms side by side as rows of their own: {told}")
    notes += ["those with and those without the event as their denominator"] * summed
    return grid.rewritten(header, rows, notes)


def cell_at(cells: Sequence[str], at: int | None) -> str:
    """A cell without its spaces; empty where the row, or the arm, has none."""
    return cells[at].strip() if at is not None and at < len(cells) else ""


def _of_the_comparison(names: Sequence[str], common: Sequence[int], of_counts: bool) -> list[int]:
    """The columns of an effect of the one arm against the other, with its limits; none where no column names it.

    Beside counts the effect may be called mean, as Review Manager does.
    """
    words = {*MEASURES, "mean"} if of_counts else {*MEASURES}
    meant = {at: "effect" if names[at] in words else known_as(names[at]) or limit(names[at]) for at in common}
    if "effect" not in meant.values():
        return []
    return [at for at, column in meant.items() if column.startswith("effect") or column in (INTERVAL, "p_value")]


def _role(arm: str) -> str:
    role = ARM_WORDS.get(arm, "")
    return role if role in (TREATMENT, CONTROL) else ""


def _is_wide(parted: Sequence[tuple[str, str] | None]) -> bool:
    """Whether some column is there for two arms."""
    found: dict[str, set[str]] = {}
    for part in parted:
        if part:
            found.setdefault(part[0], set()).add(part[1])
    return any(len(arms) > 1 for arms in found.values())


def _all_parted(names: Sequence[str]) -> list[tuple[str, str] | None]:
    """Each plain name as its column and its arm; None where it names no arm.

    An arm may have any name where two or more columns bear it, as in events_low_dose and n_low_dose.
    """
    parted = [_parted(each, names) for each in names]
    free = [None if part or known_as(each) else _with_any_arm(each) for part, each in zip(parted, names, strict=True)]
    often = Counter(part[1] for part in free if part)
    return [
        part or (other if other and often[other[1]] > 1 else None) for part, other in zip(parted, free, strict=True)
    ]


def _with_any_arm(spelt: str) -> tuple[str, str] | None:
    words = spelt.split("_")
    ends = ((words[:at], words[at:]) for at in range(1, len(words)))
    parts = [part for first, last in ends for part in ((first, last), (last, first)) if "_".join(part[0]) in OF_EACH]
    column, arm = max(parts, key=lambda part: len(part[0]), default=([], []))  # change_mean, not change of a mean arm
    return (_inner("_".join(column)), " ".join(arm)) if column else None


def _parted(spelt: str, names: Sequence[str]) -> tuple[str, str] | None:
    """A plain name as its column and the arm that a word or a number names."""
    if spelt in _SPELT and ({"ai", "ci"} <= {*names} or {"tpos", "cpos"} <= {*names}):
        return _SPELT[spelt]
    numbered = _NUMBERED.fullmatch(spelt)
    if numbered:
        return _inner(_SHORT.get(numbered[1], numbered[1])), numbered[2]
    words = spelt.split("_")
    for arm, rest in ((words[-1], words[:-1]), (words[0], words[1:])):
        inner = "_".join(rest)
        if arm in ARM_WORDS and (known_as(inner) or inner in ("mean", "sd")):
            return _inner(inner), arm
    return None


def _inner(column: str) -> str:
    """The name of a column of an arm, one for all ways to say it; what depends on its neighbours stays as it is."""
    known = known_as(column)
    return column if column in ("n", "total", "mean", "sd") or known.startswith("effect_") else known or column


def _called(arm: str) -> str:
    return _LONG.get(arm, arm) if not arm.isdigit() else f"group {arm}"


def _sum(events: str, others: str) -> str:
    """The denominator, where both are counts."""
    whole = events.strip().isdecimal() and others.strip().isdecimal()
    return str(int(events) + int(others)) if whole else ""
