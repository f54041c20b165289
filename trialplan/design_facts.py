"""What a page and its JSON say of a design: its numbers, level and test, formula and source."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any, cast

from trialplan import __version__, fields
from trialplan.fields import named
from trialplan.page import plain
from trialplan.text import flag, listed, number, percent, spoken, stated, stated_apart, stated_percent, with_article
from trialplan.time_unit import of_time

if TYPE_CHECKING:
    from trialplan.design import Design, Sized
    from trialplan.wrapper import Wrapper

_NOT_ASSUMED = ("alpha", "sides", "test")
"""What stands in the rows of level and test."""


def head(design: Sized, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """What was assumed: the design's slug and its numbers, save those named in `without`."""
    of = {"design": design.fixed.slug()} if design.looks else {}
    assumed = {name: value for name, value in design.assumptions().items() if name not in without}
    return {"design": design.slug(), "assumptions": of | assumed}


def foot(design: Sized) -> dict[str, Any]:
    """How it was computed: level, test, formula and its source; a design without a test has no level."""
    level: dict[str, Any] = {}
    if design.has_level:
        trial = cast("Design", design)
        level = {"alpha": trial.alpha, "sides": trial.sides, "test": name_of_test(trial)}
    how = {"formula": design.formula, "reference": design.reference, "version": __version__}
    return dict(plain(level | how))


def name_of_test(design: Sized) -> str:
    """The name of the analysis test; a design that has only one is named for it."""
    return design.test or design.fixed.slug()


def assumed(design: Sized, without: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """The design and its numbers, by the names that its options have."""
    fixed = design.fixed
    declared = fixed.declarations()
    unused = ("favourable",) if fixed.goal == fields.EQUIVALENCE else ()  # between two limits nothing is favourable
    left_out = (*_NOT_ASSUMED, *unused, *without)
    numbers = {name: one for name, one in fixed.assumptions().items() if name not in left_out}
    rows = [("design", fixed.slug())]
    for (name, value), shown in zip(numbers.items(), stated_apart(list(numbers.values())), strict=True):
        values = value if isinstance(value, tuple) else (value,)
        rows.append((flag(name), shown + _read_as(values, declared[name].unit)))
    return rows


def _read_as(values: Sequence[Any], unit: str) -> str:
    """What a number is, in brackets: a share in per cent, a time or a rate with its unit, leaving with how many do."""
    if unit == "proportion":
        return f"  ({', '.join(map(stated_percent, values))})"
    if of_time(unit) and unit.startswith("per "):
        leave = ", ".join(percent(-math.expm1(-value)) for value in values)
        return f"  ({unit}: {leave} leave in one)"
    return f"  ({unit})" if of_time(unit) else ""


def level(design: Sized) -> list[tuple[str, str]]:
    """Level, sides and test, saying so where the level is the usual one for the goal."""
    if not design.has_level:
        return []
    trial = cast("Design", design)
    sides = "two-sided" if trial.sides == 2 else "one-sided"
    default = ""
    if set(trial.defaulted) >= {"alpha", "sides"}:
        default = f"  (default{_set_by(trial)})"
    elif "alpha" in trial.defaulted and trial.directed:
        default = f"  ({_on_other_sides(trial)}; set by alpha)"
    return [("level", f"{stated(trial.alpha)} {sides}{default}"), ("test", name_of_test(trial))]


def _set_by(trial: Design) -> str:
    """Of which goal a level is the usual one, and what sets another; a test without a direction has one goal."""
    if not trial.directed:
        return "; set by alpha"
    return f" for {named(trial.goal, trial.margin)}; set by alpha and sides"


def _on_other_sides(trial: Design) -> str:
    """Whose usual level is taken where sides are stated and no level: what it leaves to a side may not be meant."""
    usual, sides = fields.usual_level(trial.goal, trial.margin)
    told = f"default for {named(trial.goal, trial.margin)}, where it is {'two-sided' if sides == 2 else 'one-sided'}"
    if trial.sides == sides:
        return f"default for {named(trial.goal, trial.margin)}"
    return f"{told}: {number(usual / trial.sides)} {'on each side' if trial.sides == 2 else 'on one side'} here"


_OF_THE_ANALYSIS = ("alpha", "sides", "goal", "margin", "favourable", "allocation", "test", "scale")
"""What the sentences on arms, test and direction tell."""


def rests_on(
    design: Sized, shown: Callable[[Any, str], str], without: Collection[str] = (), numbers: bool = True
) -> list[str]:
    """What n depends on besides the numbers named in `without`, as clauses; `shown` prints a value in its unit."""
    fixed = design.fixed
    if fixed.members:
        return []
    declared, told = fixed.declarations(), []
    for name, value in fixed.assumptions().items():
        if name in (*_OF_THE_ANALYSIS, *whole_plan(fixed), *without):
            continue
        one = declared[name]
        if one.role == "method":  # the formula tells it
            continue
        if isinstance(value, str):
            told.append(f"{one.label}: {spoken(value) if one.choices else value.replace('/', ' / ')}")
        elif numbers and isinstance(value, tuple) and isinstance(value[0], str):
            told.append(f"{one.label}: {listed(value)}")
        elif numbers:
            told.append(f"{one.clause(value)} {shown(value, one.unit)}")
    return [*told, *fixed.rests_on()]


def tests_in_words(trial: Design) -> str:
    """How many tests decide, on how many sides, and at which level."""
    at, sided = f"the {number(float(trial.alpha))} level", "two-sided" if trial.sides == 2 else "one-sided"
    if trial.fixed.goal == fields.EQUIVALENCE:
        return f"two one-sided tests, each at {at}"
    if trial.fixed.members:
        shared = set(cast("Wrapper", trial.fixed).shares) == {1.0} and not trial.fixed.adjusts
        return f"{sided} tests, {'each' if shared else 'together'} at {at}"
    return f"a {sided} test at {at}"


def deciding_confidence(trial: Design) -> str:
    """The confidence of the interval that decides as the tests do: 1 less twice the level of one side."""
    return f"{100 * (1 - 2 * float(trial.level)):.4g} %"


def direction(trial: Design) -> str:
    """What favours the treatment; empty where neither direction does, and where several endpoints are one."""
    fixed = trial.fixed
    return "" if fixed.goal == fields.EQUIVALENCE or len(fixed.members) > 1 else fixed.outcome.better(fixed)


def source(design: Sized) -> list[tuple[str, str]]:
    """The formula and where it is published."""
    return [("formula", design.formula), ("reference", design.reference)]


def in_words(rows: Sequence[tuple[str, str]]) -> str:
    """Rows of facts as one line, without what stands in brackets."""
    return ", ".join(f"{name} {value.split('  (')[0]}" for name, value in rows)


def to_show(design: Sized) -> str:
    """What a trial of the answer's size is to show, as a headline ends; empty where nothing is tested."""
    fixed = design.fixed
    name = fixed.field("effect") if fixed.has_level else None
    if name is None:
        return ""
    trial, value = cast("Design", fixed), fixed.value("effect")
    of_plan = trial.outcome.effect_scale(trial).of_plan
    planned = f"{spoken(name)} = {stated(value)}"
    if trial.members:
        return f"to show {aim_of_several(trial)}, if {planned}"
    if of_plan:
        return f"to show {of_plan}" if value == 1 else f"to show {stated(value)} of {of_plan}"
    if trial.margin is not None:
        return f"to show {beyond(trial)}, if {planned}"
    null = trial.held_against
    if null is not None:
        side = "more" if trial.upward else "less"
        return f"to show {side} than {spoken(null)} = {stated(trial.value('comparator'))}, if {planned}"
    return f"to show {planned}"


def aim_of_several(trial: Design) -> str:
    """What is to be shown of several treatments, or on several endpoints, by their numbers."""
    fixed = trial.fixed
    wrapper = cast("Wrapper", fixed)
    whose = wrapper.aimed_at_alone()
    if wrapper.field("effect") is None:  # endpoints, which have each their own
        return f"an effect on {whose}"
    # what follows brings its own comma
    return f"an effect of {whose}".removesuffix(",") if fixed.margin is None else beyond(fixed, whose)


def whole_plan(design: Sized) -> tuple[str, ...]:
    """The effect, where it is the share of a plan that is true, and that is all: then it tells nothing."""
    name = design.field("effect") if design.has_level else None
    whole = name is not None and design.outcome.effect_scale(design).of_plan and design.value("effect") == 1
    return (cast("str", name),) if whole else ()


def beyond(trial: Design, whose: str = "") -> str:
    """What lies inside the limits that a margin sets; `whose` says of which of several treatments."""
    scale, limits = trial.outcome.effect_scale(trial), [float(limit) for limit in trial.outcome.null_limits(trial)]
    of = f" of {whose}" if whose else ""
    if len(limits) == 2:
        return f"{with_article(scale.short)}{of} between {' and '.join(map(scale.shown, limits))}"
    if scale.ratio:
        return f"{with_article(scale.short)}{of} {'above' if trial.upward else 'below'} {scale.shown(limits[0])}"
    better = trial.goal == fields.SUPERIORITY
    by = scale.shown(cast("float", trial.margin))
    return f"that {whose or 'it'} is {'better' if better else 'not worse'} by more than {by}"
