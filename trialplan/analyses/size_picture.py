"""The picture of a sized trial: its boundaries where it is looked at early, else power against participants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from trialplan import figures
from trialplan.answers import SampleSize
from trialplan.design import Design, Sized
from trialplan.design_facts import assumed, in_words, level
from trialplan.errors import ParameterError, TrialplanError
from trialplan.figures.over_time import along, marks_along
from trialplan.numerics.lazy import np
from trialplan.sequential import scales

if TYPE_CHECKING:
    from trialplan.sequential.group_sequential import GroupSequential

_POINTS, _POINTS_EXACT = 31, 16
"""Numbers of participants that make a curve; an exact test's power takes longer, and jumps anyway."""


def picture(answer: SampleSize, fixed: str | None = None) -> figures.Boundaries | figures.Curves | figures.OverTime:
    """The figure of an answer for one set of numbers; `fixed` says what it rests on, the assumptions unless given."""
    design = answer.design
    fixed = in_words([*assumed(design), *level(design)]) if fixed is None else fixed
    looks = answer.extra.get("looks", ())
    drawn_over_time = over_time(design, int(answer.n), looks)
    if drawn_over_time is not None:
        return replace(drawn_over_time, title="The trial over time, as planned", fixed=fixed)
    if len(looks) > 1 and "effect_at_efficacy" in looks[0]:
        from trialplan.sequential.group_sequential import GroupSequential

        if isinstance(design, GroupSequential):
            drawn = boundaries(design, looks, list(design.arm_names))
            return replace(drawn, title="Boundaries at each look", fixed=fixed)
    if not isinstance(design, Design) or design.fixes_n():
        reason = f"{design.slug()} has no power that rises with n, and so no picture"
        raise ParameterError(reason, way_out="write .json, .csv, .txt or .md")
    n = int(answer.n)
    counts = participants_around(design, n)
    asked = answer.target == answer.target  # nan where n was given and no power asked for
    return figures.Curves(
        x_name="participants in all",
        x=counts,
        lines=[("", [power_or_nan(design, count) for count in counts])],
        quantity="power",
        target=float(answer.target) if asked else None,
        chosen=(n, float(answer.success)),
        title="Power, against participants in all",
        fixed=fixed,
    )


def over_time(
    sized: Sized, n: int, looks: Sequence[Mapping[str, Any]] = (), arms: Sequence[str] | None = None
) -> figures.OverTime | None:
    """Curves with those at risk, events and enrolment with the looks; None where the outcome has no course in time.

    `arms` are the names that a trial gives them, the design's own unless given.
    """
    design = sized.fixed
    if not isinstance(design, Design) or design.members:
        return None
    course = design.outcome.course(design, n, along)
    if course is None:
        return None
    marks = marks_along(float(course.time[-1]))
    arms = design.arm_names if arms is None else arms
    return figures.OverTime(
        time=course.time,
        shares=list(zip(arms, course.without_event, strict=True)),
        marks=marks,
        at_risk=list(zip(arms, course.at_risk(np.array(marks)), strict=True)),
        calendar=course.calendar,
        events=course.events,
        enrolled=course.enrolled,
        time_unit=design.time_unit,
        looks=[(look["month"], look["events"]) for look in looks if look.get("events")],
    )


def participants_around(design: Design, n: int) -> list[int]:
    """Whole allocation blocks up to twice the number, the number among them."""
    blocks, most = n // design.block, _POINTS if design.smooth else _POINTS_EXACT
    spread = np.linspace(max(1, blocks // 10), 2 * blocks, most).round().astype(int)
    return [count * design.block for count in sorted({*map(int, spread), blocks})]


def power_or_nan(design: Design, n: int) -> float:
    """The power; nan where the design has none with so few."""
    try:
        return float(design.success(n))
    except TrialplanError:
        return float("nan")


def boundaries(design: GroupSequential, looks: Sequence[Mapping[str, Any]], arms: Sequence[str]) -> figures.Boundaries:
    """The figure of a trial's boundaries at its looks, with the names that it gives its arms."""
    efficacy = [(look["efficacy_z"], look["effect_at_efficacy"]) for look in looks]
    futility = [(look["futility_z"], look["effect_at_futility"]) for look in looks]
    by_events = all(look.get("events") for look in looks)
    return figures.Boundaries(
        participants=[round(look["events"]) if by_events else int(look["n"]) for look in looks],
        counted="events" if by_events else "participants assessed",
        efficacy=_scales(efficacy),
        futility=_scales(futility),
        opposite=_scales([opposite(design, look) for look in looks]) if design.two_tailed else None,
        effect=design.outcome.estimate_axis(design.design, list(arms)),
        null=float(design.design.null_estimate()),
        planned=float(design.design.planned_estimate()),
    )


def opposite(design: GroupSequential, look: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Where a two-sided test rejects in the other direction at a look: the same z with the other sign."""
    z, effect = look["efficacy_z"], look["effect_at_efficacy"]
    if z is None:
        return None, None
    fixed = design.design
    there = fixed.outcome.estimate_at(fixed, np.array([look["n"]]), np.array([-z]))
    if there is not None:
        return -z, float(there[0]) if np.isfinite(there[0]) else None
    if effect is None:
        return -z, None
    null = float(fixed.null_estimate())
    away = float(scales.straight(fixed, effect) - scales.straight(fixed, null))
    return -z, scales.on_line(fixed, null, -away)


def _scales(bounds: Sequence[tuple[float | None, float | None]]) -> Any:
    return [z for z, _ in bounds], [effect for _, effect in bounds]
