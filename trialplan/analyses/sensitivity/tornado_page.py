"""The tornado as a page: a sentence for each assumption, the most damaging first, and a table of both ends."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from trialplan.analyses.scenarios import by_effect
from trialplan.analyses.scenarios.vary import ends_short, vector
from trialplan.analyses.sensitivity.tornado import Axis, End, Swing, tornado
from trialplan.design import Design
from trialplan.errors import ParameterError, did_you_mean
from trialplan.fields import EQUIVALENCE, NON_INFERIORITY, SUPERIORITY, named
from trialplan.page import Answer, Page, Table, plain
from trialplan.text import in_unit, listed, number, spoken, true_words
from trialplan.time_unit import with_time
from trialplan.wrapper import Wrapper

if TYPE_CHECKING:
    from trialplan.figures import Tornado as Bars

_NONE = "—"
_MARGINS = (NON_INFERIORITY, EQUIVALENCE)
_COLUMNS = ("assumption", "planned", "range", "n", "power", "assurance", "range from")


@dataclass(frozen=True, kw_only=True, repr=False)
class Tornado(Answer):
    """What becomes of a trial of n participants, planned for power `target`, where one assumption at a time is off."""

    axes: tuple[Axis, ...]
    n: int
    target: float
    short: tuple[str, ...] = ()
    """Of each range whose steps do not reach its end, where it ends."""

    def page(self) -> Page:
        """A sentence for each assumption, the most damaging first, and a table of both ends."""
        told = page(self.axes, self.n, self.target)
        return replace(told, notes=[*told.notes, *self.short])

    def figure(self, of: str = "") -> Bars:
        """Two bars for each assumption that has a range; `of` is what the title calls the trial."""
        from trialplan.analyses.sensitivity.tornado_figure import figure

        swings = tornado(self.axes, n=self.n, target=self.target)
        title = f"{of}{': ' if of else ''}n for power {self.target:g}, one assumption at a time"
        drawn = figure(swings, self.n, title)
        if drawn is None:
            raise ParameterError("no assumption has a range, so there is nothing to draw; state one")
        return drawn


def page(axes: Sequence[Axis], n: int, target: float) -> Page:
    """Every assumption over the range of its axis, in a trial of n participants planned for power `target`."""
    swings = tornado(axes, n=n, target=target)
    rows = [_record(swing, n, target) for swing in swings]
    assured = any(swing.axis.assurance_at is not None for swing in swings)
    kept = [i for i, name in enumerate(_COLUMNS) if assured or name != "assurance"]
    lines = [[line[i] for i in kept] for line in map(_line, swings)]
    return Page(
        data=plain({"n": n, "target_power": target, "rows": rows}),
        headline=_headline(swings, n, target, axes[0].planned_design.counted_in if axes else "participants"),
        tables=[Table([_COLUMNS[i] for i in kept], lines, "One at a time: low end … high end", frozenset({1}))],
        notes=[f"{i}. {row['sentence']}" for i, row in enumerate(rows, 1)],
        records=lambda: plain(rows),
    )


def tornado_of_design(design: Design, axes: Mapping[str, Sequence[Any]], target: float) -> Tornado:
    """A design whose own numbers are the plan: each named one between the least and the greatest of its values."""
    moved = tuple(axes_of_design(design, axes))  # refused before any work
    return Tornado(axes=moved, n=int(design.sample_size(target).n), target=target, short=ends_short(axes))


def axes_of_design(design: Design, varied: Mapping[str, Sequence[Any]]) -> list[Axis]:
    """Each of the named numbers of a design, from the least to the greatest of its values."""
    return [_axis(design, name, values) for name, values in varied.items()]


def sentence(swing: Swing, n: int, target: float) -> str:
    """What becomes of the trial if this assumption is wrong, for people who have to decide about it."""
    axis, worst, best = swing.axis, swing.worst, swing.best
    if worst is None or best is None:
        return f"{spoken(axis.assumption)}: {axis.source}, so it was not varied."
    otherwise = axis.says.replace("{}", f"{_value(axis, worst.value)} instead of {_value(axis, axis.planned)}")
    told = [f"If {otherwise}, {_outcome(axis, worst, n, target)}", _other_end(axis, best, n), _breaking(swing)]
    told.append(_beside(axis))
    return " ".join(filter(None, told))


def _axis(design: Design, name: str, values: Sequence[Any]) -> Axis:
    fixed = design.fixed
    own, stated = fixed.declarations(), by_effect.declared(type(fixed), fixed.time_unit)
    declared = {**own, **stated}
    if name not in declared:
        nearest = did_you_mean(name, declared)
        raise ParameterError(f"there is no {name!r} to vary", owner=fixed, value=name, way_out=nearest)
    planned = getattr(fixed, name) if name in own else by_effect.planned(fixed, name)
    numbers = by_effect.ByEffect(cls=type(fixed), planned=fixed.assumptions())
    if declared[name].axis and any(isinstance(vector(one), tuple) for one in (*values, planned)):
        reason = f"is one number for each of the {declared[name].axis}, and a tornado moves one number at a time"
        way_out = "vary the vectors as scenarios"
        raise ParameterError(reason, owner=fixed, parameter=name, value=values, way_out=way_out)
    ends = [declared[name].check(type(fixed).__name__, name, one) for one in values]
    if declared[name].choices or not all(isinstance(one, (int, float)) for one in (*ends, planned)):
        way_out = "leave it out of the tornado"
        raise ParameterError("is no number with a range", owner=fixed, parameter=name, way_out=way_out)
    if not math.isfinite(planned):
        reason = "has no planned value beside the planned numbers"
        raise ParameterError(reason, owner=fixed, parameter=name, way_out="vary the effect on another scale")
    if len(set(ends)) < 2:
        shown = number(ends[0]) if ends else "no value"
        reason, way_out = f"needs the two ends of a range, not {shown} alone", f"the plan has {number(planned)}"
        raise ParameterError(reason, owner=fixed, parameter=name, value=values, way_out=way_out)
    return Axis(
        assumption=name,
        says=f"{true_words(declared[name].clause(planned))} {{}}",
        unit=declared[name].unit,
        planned=float(planned),
        source="as given",
        low=min(ends),
        high=max(ends),
        design_at=lambda value: design.replace(**numbers({name: value})),
    )


def _headline(swings: Sequence[Swing], n: int, target: float, counted_in: str) -> str:
    varied = [swing for swing in swings if swing.worst is not None]
    planned = f"planned: {n:,} {counted_in}, power {number(target)}"
    if not varied:
        return f"{planned}; no assumption has a range"
    fatal = sum(swing.worst is not None and swing.worst.n is None for swing in varied)
    first = spoken(varied[0].axis.assumption)
    broken = (
        f"; at an end of its range {fatal} of {len(varied)} assumptions leave{'s' * (fatal == 1)} no trial possible"
    )
    return f"{planned}; most damaging if wrong: {first}{broken if fatal else ''}"


def _record(swing: Swing, n: int, target: float) -> dict[str, Any]:
    ends = {"low": swing.low, "high": swing.high}
    found: dict[str, Any] = {"assumption": swing.axis.assumption, "planned": swing.axis.planned}
    found |= {"low": swing.axis.low, "high": swing.axis.high}
    for quantity in ("n", "power", "assurance"):
        found |= {f"{quantity}_{side}": None if end is None else getattr(end, quantity) for side, end in ends.items()}
    breaks = swing.breaks
    return found | {
        "reason": swing.worst.reason if swing.worst is not None else swing.axis.source,
        "range_source": None if swing.worst is None else swing.axis.source,
        "n_doubles": breaks.n_doubles if breaks else None,
        "half_power": breaks.half_power if breaks else None,
        "effect_gone": breaks.effect_gone if breaks else None,
        "sentence": sentence(swing, n, target),
    }


def _line(swing: Swing) -> list[str]:
    axis, ends = swing.axis, [swing.low, swing.high]
    planned = _value(axis, axis.planned)
    if swing.low is None:
        return [axis.assumption, planned, _NONE, _NONE, _NONE, _NONE, axis.source]
    return [
        axis.assumption,
        planned,
        " … ".join(_value(axis, one.value) for one in ends if one),
        " … ".join(_NONE if one.n is None else f"{one.n:,}" for one in ends if one),
        " … ".join(_NONE if one.power is None else f"{one.power:.2f}" for one in ends if one),
        " … ".join(_NONE if one.assurance is None else f"{one.assurance:.2f}" for one in ends if one),
        axis.source,
    ]


def _outcome(axis: Axis, end: End, n: int, target: float) -> str:
    """What becomes of the trial at one end: what it finds, and how many would be needed."""
    design = axis.planned_design
    counted_in = design.counted_in
    trial = f"the trial of {n:,} {counted_in}"
    finds = f"show {named(design.goal, design.margin)}" if _has_margin(design) else "find the effect"
    if end.power is None:
        return f"there is no such trial: {end.reason}."
    chance = "below 0.01" if end.power < 0.005 else "above 0.99" if end.power > 0.995 else f"{end.power:.2f}"
    if not end.effect:
        return (
            f"{nothing_to_show(design)}: no number of {counted_in} would do, and {trial} would claim otherwise with "
            f"probability {chance}."
        )
    if end.n is None:
        return f"{trial} would {finds} with probability {chance}, and {end.reason}."
    needed = (
        f"{end.n:,} {counted_in} would be needed for power {number(target)}" if end.n > n else f"{end.n:,} would do"
    )
    return f"{trial} would {finds} with probability {chance}; {needed}."


def nothing_to_show(design: Design) -> str:
    """Why no number of participants would do where the truth is not what the trial is to show."""
    return f"{_of_which(design)}{_nothing_of_one(design)}"


def _of_which(design: Design) -> str:
    """That it is one of several, where the trial has to show them all; where any will do there is nothing in any."""
    whole = design.fixed
    if not isinstance(whole, Wrapper) or len(whole.members) < 2 or whole.any_will_do:
        return ""
    return f"for one of the {whole.numbered[1]} that must be shown "


def _nothing_of_one(design: Design) -> str:
    if design.asks_for_more:
        return "the truth is no more than what has to be seen"
    beyond = "falls short of" if design.goal == SUPERIORITY else "lies beyond"
    return f"the truth {beyond} the margin" if _has_margin(design) else "there is no effect to find"


def _has_margin(design: Design) -> bool:
    return design.goal in _MARGINS or design.margin is not None


def _other_end(axis: Axis, end: End, n: int) -> str:
    at = _value(axis, end.value)
    if end.value == axis.planned:
        return ""
    if end.n is None:
        return f"At {at}, the other end, no number would do either."
    return f"At {at} {end.n:,} {axis.planned_design.counted_in} would {'do' if end.n <= n else 'be needed'}."


def _beside(axis: Axis) -> str:
    """That the range leaves out what is planned, where it does: both of its ends then err to the same side."""
    if axis.low is None or axis.high is None or axis.low <= axis.planned <= axis.high:
        return ""
    low, high, planned = (_value(axis, one) for one in (axis.low, axis.high, axis.planned))
    return f"The range, {low} to {high}, does not hold the planned {planned}."


def _breaking(swing: Swing) -> str:
    """Where the trial breaks on the way to the worse end, in the order in which it does."""
    axis = swing.axis
    turns = sorted(_turns(swing), key=lambda turn: abs(turn[0] - axis.planned))
    told = [f"{words} at {_value(axis, value)}" for value, words in turns]
    return f"On the way there {listed(told)}." if told else ""


def _turns(swing: Swing) -> Iterator[tuple[float, str]]:
    breaks, worst = swing.breaks, swing.worst
    if breaks is None or worst is None:
        return
    if breaks.half_power is not None:
        yield breaks.half_power, "power falls to a half"
    if breaks.n_doubles is not None:
        yield breaks.n_doubles, "the number needed doubles"
    if breaks.effect_gone is not None and not worst.effect:
        yield breaks.effect_gone, "the effect is gone"


def _value(axis: Axis, value: float) -> str:
    return with_time(in_unit(value, axis.unit), axis.unit)
