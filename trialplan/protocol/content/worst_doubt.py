"""What weighs most on the number: the assumption whose range moves it furthest, and what that would do to the trial."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from trialplan.analyses.sensitivity.tornado import Axis, End, Swing, tornado
from trialplan.analyses.sensitivity.tornado_page import nothing_to_show
from trialplan.design import Design
from trialplan.enrolment.dropout import enrolled
from trialplan.errors import TrialplanError
from trialplan.parameter import Numbers
from trialplan.plan.building import Trial
from trialplan.plan.ranges import axes_of
from trialplan.protocol.content.filters import in_its_unit

SHIFT = 0.1
"""Share of itself by which a number is moved where the plan states no range for any (ours): enough to rank them by."""


_NAMED = 2
"""Numbers without a range that a box still names one by one."""


_SEARCHED = 1000
"""Participants by normal theory up to which an exact test is asked how many it needs: two seconds at most."""


_INTERVAL = re.compile(r"(\d+) % .*interval")
"""A source of a range that is an interval, with its level: what `ranges` says of it."""


@dataclass(frozen=True, kw_only=True)
class WorstDoubt:
    """The most damaging assumption, at the worse end of its range.

    `clause` follows "if", and `followed` says what else is another number then, because it is made from that one, as a
    treatment rate that is bridged from a control rate is. `nothing` says why no number would do, where there is nothing
    to show; else `needed` is how many would have to be randomised, None where that is not known. `power` is that of the
    planned number there, and `half_power` where on the way it falls to a half. `shift` is the share by which the
    numbers without a range were moved, where those with one (`stated`) ask for no more. `unranged` are those without,
    or where these are many `others` counts them. `about` says that normal theory stands for a test whose own search
    would take long.
    """

    clause: str
    followed: tuple[str, ...]
    low: str
    high: str
    source: str
    needed: int | None
    nothing: str
    power: float
    half_power: str
    shift: float | None
    stated: bool
    unranged: tuple[str, ...]
    others: int
    about: bool

    @property
    def often(self) -> str:
        """How often the number lies in a range that is an interval; empty where it is no interval."""
        level = _INTERVAL.match(self.source)
        if level is None:
            return ""
        return "19 times in 20" if level[1] == "95" else f"{level[1]} times in a hundred"


def worst_doubt(trial: Trial) -> WorstDoubt | None:
    """The first of the plan's tornado that leaves less power than is asked for, or else of the numbers without a range.

    Those are moved by the same share of themselves. None where nothing can be moved: an end that the design does not
    take is no trial, and says nothing of this one.
    """
    axes = _doubted(trial)
    ranged, unranged = ([one for one in axes if (one.low is None) is open] for open in (False, True))
    for shift, moved in ((None, ranged), (SHIFT, list(_shifted(unranged)))):
        light = [_light(trial, axis) for axis in moved]
        for swing in tornado(light, n=int(trial.answer.n), target=trial.primary.section.power):
            worst = swing.worst
            if worst is not None and worst.power is not None and (shift or worst.power < trial.primary.section.power):
                axis = next(one for one in axes if one.assumption == swing.axis.assumption)
                # a count that the trial chooses, as of visits, is not a number that may be off
                unknown = tuple(_subject(one) for one in unranged if _moves(one))
                return _told(
                    trial, _Doubt(axis=axis, swing=swing, worst=worst, power=worst.power, shift=shift), unknown
                )
    return None


def _doubted(trial: Trial) -> list[Axis]:
    """What may turn out to be otherwise: all but what the planners set, unless they give it a range."""
    chosen = {one.name for one in trial.primary.assumptions if one.role == "choice"}
    return [one for one in axes_of(trial) if one.low is not None or one.assumption not in chosen]


@dataclass(frozen=True, kw_only=True)
class _Doubt:
    """An axis as the plan states it, its swing, and the worse end of that with its power."""

    axis: Axis
    swing: Swing
    worst: End
    power: float
    shift: float | None

    def value(self, value: float) -> Any:
        """What stands at a place of the swing: where it is a factor, the planned number times that."""
        return value if self.shift is None else _scaled(self.axis.planned, value)


def _told(trial: Trial, doubt: _Doubt, unranged: tuple[str, ...]) -> WorstDoubt:
    axis, swing, worst, own = doubt.axis, doubt.swing, doubt.worst, trial.primary.section.unit or ""

    def shown(value: float) -> str:
        return in_its_unit(doubt.value(value), axis.unit, own)

    half = None if swing.breaks is None else swing.breaks.half_power
    own_n = _own_n(trial, axis, doubt)
    stated = len(unranged) < len(_doubted(trial))
    return WorstDoubt(
        clause=axis.says.replace("{}", _instead(shown(worst.value), shown(swing.axis.planned))),
        followed=tuple(_followed(axis, doubt.value(worst.value), own)),
        low="" if swing.low is None else shown(swing.low.value),
        high="" if swing.high is None else shown(swing.high.value),
        source=axis.source,
        needed=_randomised(trial, swing.axis.design_at(worst.value), worst.n if own_n is None else own_n),
        nothing="" if worst.effect else nothing_to_show(trial.design),
        power=_power(trial, axis, doubt),
        half_power="" if half is None or not trial.design.smooth else shown(half),
        shift=doubt.shift,
        stated=stated,
        unranged=unranged if len(unranged) <= _NAMED else (),
        others=len(unranged) if len(unranged) > _NAMED else 0,
        about=not trial.design.smooth and own_n is None,
    )


def _own_n(trial: Trial, axis: Axis, doubt: _Doubt) -> int | None:
    """What the plan's own test asks for, where that is no smooth curve; None where the search would take long."""
    near = doubt.worst.n
    if trial.design.smooth or trial.design.members or near is None or near > _SEARCHED:
        return None
    with suppress(TrialplanError):
        return int(axis.design_at(doubt.value(doubt.worst.value)).sample_size(trial.primary.section.power).n)
    return None


def _followed(axis: Axis, value: Any, own: str) -> Iterator[str]:
    """The other numbers of the design that are not as planned once the axis is at a value."""
    design, planned = axis.design_at(value), axis.design_at(axis.planned).assumptions()
    moved, declared = axis.assumption.partition(":")[0], design.declarations()
    for name, number in design.assumptions().items():
        if name in declared and name != moved and isinstance(number, float) and number != planned.get(name):
            one = declared[name]
            yield f"{one.clause(number)} {in_its_unit(number, one.unit, own)}"


def _power(trial: Trial, axis: Axis, doubt: _Doubt) -> float:
    """That of the planned number by the plan's own test; the doubts are ranked by normal theory where that is slow."""
    if trial.design.smooth:
        return doubt.power
    with suppress(TrialplanError):
        return float(axis.design_at(doubt.value(doubt.worst.value)).success(int(trial.answer.n)))
    return doubt.power


def _instead(value: str, planned: str) -> str:
    """One number in place of another; a unit that both have stands once."""
    unit = planned.partition(" ")[2]
    shared = unit if unit != "%" and value.endswith(f" {unit}") else ""
    return f"{value.removesuffix(f' {shared}') if shared else value} instead of {planned}"


def _randomised(trial: Trial, design: Design, n: int | None) -> int | None:
    """Those analysed, and with them those who are lost; None where a design's own numbers fix n."""
    if n is None or design.only_n is not None:
        return None
    lost = trial.primary.section.dropout
    return int(enrolled(design, design.arms(n), lost)["n"]) if lost else n


def _light(trial: Trial, axis: Axis) -> Axis:
    """The axis without assurance, which the box tells of the plan alone, and with power that is a smooth curve."""
    at = axis.design_at if trial.design.smooth else lambda value: axis.design_at(value).by_normal_theory()
    return dataclasses.replace(axis, assurance_at=None, design_at=at)


def _shifted(axes: Sequence[Axis]) -> Iterator[Axis]:
    """Each number as a multiple of what is planned, a share of itself below and above, as far as its design takes it.

    A number of several, as the rates of strata, is moved as a whole.
    """
    for axis in axes:
        known = _moves(axis)
        if known:
            yield dataclasses.replace(
                axis, planned=1.0, low=known[0], high=known[-1], design_at=_by_factor(axis), unit=""
            )


def _moves(axis: Axis) -> list[float]:
    """The multiples of what is planned that its design takes."""
    return [factor for factor in (1 - SHIFT, 1 + SHIFT) if _takes(axis, factor)]


def _by_factor(axis: Axis) -> Callable[[float], Design]:
    return lambda factor: axis.design_at(_scaled(axis.planned, factor))


def _scaled(planned: Numbers, factor: float) -> Any:
    return tuple(factor * value for value in planned) if isinstance(planned, tuple) else factor * planned


def _takes(axis: Axis, factor: float) -> bool:
    try:
        axis.design_at(_scaled(axis.planned, factor))
    except TrialplanError:
        return False
    return True


def _subject(axis: Axis) -> str:
    """What the axis moves, in words."""
    subject, is_its, _ = axis.says.partition(" is {}")
    return subject if is_its else "the step from the evidence to the trial"
