"""What trials of several sizes can exclude, as a page: one line and one sentence for each number of participants."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from trialplan.analyses.sensitivity.exclusion import Exclusion, exclusion
from trialplan.design import Design
from trialplan.design_facts import assumed, foot, head, level
from trialplan.fields import EQUIVALENCE, NON_INFERIORITY, SINGLE_ARM
from trialplan.outcome import DIFFERENCE, RATIO
from trialplan.page import Answer, Page, Table, facts, plain
from trialplan.text import number

if TYPE_CHECKING:
    from trialplan.figures import Curves

_NONE = "—"


@dataclass(frozen=True, kw_only=True, repr=False)
class Exclusions(Answer):
    """What trials of several sizes can exclude, at `confidence`."""

    design: Design
    ns: tuple[int, ...]
    confidence: float = 0.95
    short: tuple[str, ...] = ()
    """Of a range whose steps do not reach its end, where it ends."""

    def page(self) -> Page:
        """One line and one sentence for each number of participants."""
        told = page(self.design, self.ns, self.confidence)
        return replace(told, notes=[*told.notes, *self.short])

    def figure(self) -> Curves:
        """How far the interval reaches and what is significant, over n."""
        from trialplan.analyses.sensitivity.exclusion_figure import figure

        return figure(self.design, exclusion(self.design, self.ns, self.confidence))


def page(design: Design, ns: Sequence[int], confidence: float = 0.95) -> Page:
    """Half-width, smallest significant effect and what no effect leaves possible, across n."""
    fixed, answers = design.fixed, exclusion(design, ns, confidence)
    shown = _Shown(fixed)
    rows = [_record(answer, shown) for answer in answers]
    arms = fixed.arm_names if len(fixed.arm_names) > 1 else ()
    columns = ("n", *(f"n {arm}" for arm in arms), *_HEADS[answers[0].kind if answers else DIFFERENCE])
    name = answers[0].interval if answers else None
    return Page(
        data=plain(head(design) | {"confidence": confidence, "rows": rows} | foot(design)),
        headline=rows[0]["sentence"] if len(rows) == 1 else _headline(answers, shown),
        tables=[
            Table(columns, [_line(answer, shown, arms) for answer in answers], right=frozenset(range(len(columns)))),
            facts([*assumed(fixed), *level(fixed), ("interval", name or "")]),
        ],
        notes=[*(row["sentence"] for row in rows if len(rows) > 1), *_caveats(design, answers)],
        records=lambda: plain(rows),
    )


_HEADS = {
    DIFFERENCE: ("interval ±", "smallest significant", "seeing none leaves"),
    RATIO: ("interval × or ÷", "smallest significant", "seeing none leaves"),
}


class _Shown:
    """Effects of one design as a reader knows them: points, the outcome's units, or ratios."""

    def __init__(self, design: Design) -> None:
        self.scale, self.goal, self.margin = design.outcome.effect_scale(design), design.goal, design.margin
        self.ratio, self.what = self.scale.ratio, self.scale.short
        self.counted_in = design.counted_in
        # one arm is held against a value, on whose scale no effect may be that value
        held = design.goal == SINGLE_ARM
        self.none = float(design.outcome.null_limits(design)[0]) if held else self.scale.none
        self.of_what = self.what if len(design.arm_names) > 1 else self.scale.name

    def effect(self, value: float | None) -> str:
        """One effect, with its unit."""
        return _NONE if value is None else self.scale.shown(value)

    def range(self, limits: tuple[float, float] | None) -> str:
        """Two limits."""
        if limits is None:
            return _NONE
        if not all(map(math.isfinite, limits)):
            return self.open_range(limits)
        low, high = (self.effect(one) for one in limits)
        unit = "points" if self.scale.points else self.scale.unit
        return f"{low.removesuffix(f' {unit}')} to {high}"

    def open_range(self, limits: tuple[float, float]) -> str:
        """Limits of which one, or both, do not exist."""
        low, high = limits
        if math.isfinite(low):
            return f"{self.effect(low)} or more, without an upper limit"
        if math.isfinite(high):
            return f"{self.effect(high)} or less, without a lower limit"
        return f"any {self.what}: there is no limit"

    def sentence(self, one: Exclusion) -> str:
        """What this number of participants can and cannot tell."""
        told = [self._reach(one), self._significant(one), self._possible(one)]
        said = "; ".join(filter(None, told))
        return f"With {one.n:,} {self.counted_in} {said or 'nothing can be said'}."

    def _reach(self, one: Exclusion) -> str:
        if one.half_width is None:
            return ""
        name = f"the {100 * one.confidence:g} % interval of the {self.of_what}"
        if self.ratio:
            factor = number(one.half_width)
            return f"{name} reaches from the estimate divided by {factor} to the estimate times {factor}"
        return f"{name} reaches about {self.effect(one.half_width)} to either side"

    def _significant(self, one: Exclusion) -> str:
        if self.goal == EQUIVALENCE:
            return ""
        if one.smallest_significant is None:
            return f"no observed {self.what} is sure to be significant"
        if self.goal == NON_INFERIORITY:
            least = self.effect(one.smallest_significant)
            return f"an observed {self.what} of {least} is the least favourable that shows non-inferiority"
        if self.margin is not None:
            least = self.effect(one.smallest_significant)
            return f"an observed {self.what} of {least} is the least favourable that shows superiority by the margin"
        return f"an observed {self.what} of {self.effect(one.smallest_significant)} is the smallest that is significant"

    def _possible(self, one: Exclusion) -> str:
        if one.possible is None:
            return ""
        low, high = one.possible
        nothing = "1" if self.ratio else self.effect(self.none) if self.none else "zero"
        seen = f"an observed {self.what} of {nothing} leaves"
        if not (math.isfinite(low) and math.isfinite(high)):
            return f"{seen} as possible {self.open_range(one.possible)}"
        if self.ratio:
            return f"{seen} true ones from {number(low)} to {number(high)} possible"
        if self.effect(-low) == self.effect(high):
            return f"{seen} true ones up to {self.effect(high)} either way possible"
        return f"{seen} true ones from {self.range(one.possible)} possible"


def _headline(found: Sequence[Exclusion], shown: _Shown) -> str:
    known = [one for one in found if one.possible is not None]
    if not known:
        return "What each number of participants can tell"
    first, last = known[0], known[-1]
    there = [one for one in known if all(map(math.isfinite, one.possible or ()))]
    if there != known:
        first = there[0] if there else known[-1]
        if first is last:
            return (
                f"No effect observed leaves possible, with {last.n:,} {shown.counted_in}, {shown.range(last.possible)}"
            )
    return (
        f"No effect observed leaves {shown.range(first.possible)} possible with {first.n:,} {shown.counted_in}, "
        f"{shown.range(last.possible)} with {last.n:,}"
    )


def _record(one: Exclusion, shown: _Shown) -> dict[str, Any]:
    low, high = one.possible or (None, None)
    return {
        "n": one.n,
        "arms": dict(one.arms),
        "kind": one.kind,
        "interval": one.interval,
        "half_width": one.half_width,
        "smallest_significant": one.smallest_significant,
        "possible_low": low,
        "possible_high": high,
        "sentence": shown.sentence(one),
    }


def _line(answer: Exclusion, shown: _Shown, arms: Sequence[str]) -> list[str]:
    sizes = [answer.n, *(answer.arms[arm] for arm in arms)]
    effects = shown.effect(answer.half_width), shown.effect(answer.smallest_significant)
    return [*(f"{size:,}" for size in sizes), *effects, shown.range(answer.possible)]


def _caveats(design: Design, found: Sequence[Exclusion]) -> list[str]:
    wide = "Widths are those at the planned values; what is observed will make them a little wider or narrower."
    none = "No interval is known for this kind of outcome: what is significant is told, and not what is excluded."
    looks = ["Looks before the end are left out."] if design.looks else []
    return [wide if any(one.interval for one in found) else none, *looks]
