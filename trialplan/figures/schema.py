"""The trial's schema: from randomisation through the arms to the endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trialplan.figures import canvas, wording
from trialplan.figures import text_metrics as lettering
from trialplan.figures.canvas import EDGE, LINE, TEXT, medium
from trialplan.figures.layout import blank, texts
from trialplan.figures.shape import check_rows
from trialplan.text import PAIRS, listed, plural

_GAP, _INSIDE = 20.0, 7.0
"""Points between two boxes, and from a box's edge to its words."""


@dataclass(frozen=True)
class _Box:
    """A box of the schema: its place across, its lines of words, the first of them bold."""

    left: float
    across: float
    bold: list[str]
    plain: list[str]

    @property
    def height(self) -> float:
        """Points from edge to edge."""
        return (len(self.bold) + len(self.plain)) * TEXT * LINE + 2 * _INSIDE


@dataclass(frozen=True, kw_only=True)
class TrialSchema(canvas.Figure):
    """Arms as (name, participants or None), how they are allocated, when and what is read."""

    arms: Sequence[tuple[str, int | None]]
    timepoint: str
    endpoint: str
    allocation: str | None = None
    title: str = ""
    kind: str = "arm"
    """What the arms are: of treatments in turn, sequences."""

    def __post_init__(self) -> None:
        """Check that every arm has its parts."""
        check_rows(self, "arms", self.arms, ("name", "participants or None"))

    @property
    def total(self) -> int | None:
        """Participants in all arms; None where one is not known."""
        sizes = [n for _, n in self.arms]
        return None if None in sizes else sum(n for n in sizes if n is not None)

    @canvas.style()
    def draw(self) -> Any:
        """The picture, read from left to right."""
        before, arms, after = self._boxes()
        stack = sum(box.height for box in arms) + 10 * (len(arms) - 1)
        body = max(stack, before.height, after.height) + 8
        sheet = blank(self.title, body)
        paper = sheet.paper()
        middle = body / 2
        for box in (before, after):
            _draw(paper, box, middle)
        top = middle - stack / 2
        # the first arm blue, the last grey, any between them green
        colours = ["#d6e6f2", *["#d9efe4"] * (len(arms) - 2), canvas.PALE][: len(arms)]
        for box, colour in zip(arms, colours, strict=True):
            centre = top + box.height / 2
            _draw(paper, box, centre, colour)
            _arrow(paper, (before.left + before.across, middle), (box.left, centre))
            _arrow(paper, (box.left + box.across, centre), (after.left, middle))
            top += box.height + 10
        return sheet.figure

    def alt(self) -> str:
        """The trial's course in a sentence."""
        arms = [f"{wording.brief(name)}{'' if n is None else f' ({n:,})'}" for name, n in self.arms]
        paired = [name for name, _ in self.arms] == [PAIRS]
        one = PAIRS[:-1] if paired else "participant"
        total = f"{one}s".capitalize() if self.total is None else plural(self.total, one)
        how = f"randomised {self.allocation} to" if len(self.arms) > 1 else "enrolled in"
        entered = f"{total} enrolled" if paired else f"{total} {how} {listed(arms)}"
        return f"{entered}, followed to {wording.brief(self.timepoint)}; endpoint: {wording.brief(self.endpoint, 300)}."

    def table(self) -> canvas.Table:
        """One row for each step and arm."""
        entered = ("randomised", self.allocation) if len(self.arms) > 1 else ("enrolled", "")
        arms = [(self.kind, name, n) for name, n in self.arms]
        last = [("follow-up", self.timepoint, None), ("endpoint", self.endpoint, None)]
        return ("step", "what", "participants"), ((*entered, self.total), *arms, *last)

    def _boxes(self) -> tuple[_Box, list[_Box], _Box]:
        """The box before the arms, the arms, and the endpoint, placed across the page."""
        name, how = ("Randomised", self.allocation or "") if len(self.arms) > 1 else ("Enrolled", "")
        before = _box(EDGE, 84, name, [line for line in (how, _n(self.total)) if line])
        left = EDGE + 84 + _GAP + 8
        free = medium().width - EDGE - left - _GAP - 8
        arms = [_box(left, free * 0.48, name, [_n(n)] if n is not None else []) for name, n in self.arms]
        time = wording.brief(self.timepoint)
        at = time if time[:2].isupper() else time[:1].lower() + time[1:]
        after = _box(left + free * 0.48 + _GAP + 8, free * 0.52, f"At {at}", [self.endpoint])
        return before, arms, after


def _box(left: float, across: float, bold: str, plain: Sequence[str]) -> _Box:
    room = across - 2 * _INSIDE
    lines = [part for text in plain for part in lettering.wrap(text, room, TEXT, lines=12)]
    return _Box(left, across, lettering.wrap(bold, room, TEXT, lines=6, bold=True), lines)


def _draw(paper: Any, box: _Box, middle: float, colour: str = "white") -> None:
    top = middle - box.height / 2
    patches = canvas.part("patches")
    look = {"facecolor": colour, "edgecolor": canvas.GREY, "linewidth": 0.9, "boxstyle": "round,pad=0,rounding_size=4"}
    paper.add_patch(patches.FancyBboxPatch((box.left, top), box.across, box.height, **look, gid="box"))
    centre = box.left + box.across / 2
    texts(paper, (centre, top + _INSIDE), box.bold, ha="center", weight="bold", gid="box name")
    below = top + _INSIDE + len(box.bold) * TEXT * LINE
    if box.plain:
        texts(paper, (centre, below), box.plain, ha="center", gid="box words")


def _arrow(paper: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    look = {"arrowstyle": "-|>", "mutation_scale": 9, "color": canvas.GREY, "linewidth": 1, "shrinkA": 1, "shrinkB": 1}
    paper.add_patch(canvas.part("patches").FancyArrowPatch(start, end, **look))


def _n(n: int | None) -> str:
    return "" if n is None else f"n = {n:,}"
