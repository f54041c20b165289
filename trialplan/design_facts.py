"""What a page and its JSON say of a design: its numbers, level and test, formula and source."""

from __future__ import annotations

from typing import Any

from trialplan import __version__
from trialplan.design import Design, Sized
from trialplan.page import plain
from trialplan.parameter import parameters
from trialplan.text import flag, number, percent

_NOT_ASSUMED = ("alpha", "sides", "test", "design", "looks", "efficacy")


def head(design: Sized, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """What was assumed: the design's slug and its numbers, save those named in `without`."""
    inner = getattr(design, "design", None)
    of = {} if inner is None else {"design": inner.slug()}
    assumed = {name: value for name, value in design.assumptions().items() if name not in without}
    return {"design": design.slug(), "assumptions": of | assumed}


def foot(design: Sized) -> dict[str, Any]:
    """How it was computed: level, test, formula and its source; a design without a test has no level."""
    level: dict[str, Any] = {}
    if isinstance(design, Design):
        level = {"alpha": design.alpha, "sides": design.sides, "test": name_of_test(design)}
    return plain(level | {"formula": design.formula, "reference": design.reference, "version": __version__})


def name_of_test(design: Sized) -> str:
    """The name of the analysis test; a design that has only one is named for it."""
    tested = getattr(design, "design", design)
    return getattr(tested, "test", tested.slug())


def assumed(design: Sized, without: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """The design and its numbers, by the names that its options have."""
    fixed = getattr(design, "design", design)
    declared = parameters(type(fixed))
    rows = [("design", fixed.slug())]
    for name, value in fixed.assumptions().items():
        if name not in (*_NOT_ASSUMED, *without):
            rows.append((flag(name), _with_percent(value, declared[name].unit)))
    return rows


def level(design: Sized) -> list[tuple[str, str]]:
    """Level, sides and test, saying so where the level is the usual one for the goal."""
    if not isinstance(design, Design):
        return []
    fixed = getattr(design, "design", design)
    sides = "two-sided" if design.sides == 2 else "one-sided"
    usual = set(getattr(fixed, "_defaulted", ())) >= {"alpha", "sides"}
    goal = getattr(fixed, "goal", "superiority")
    default = f"  (default for {goal}; --alpha, --sides)" if usual else ""
    return [("level", f"{number(design.alpha)} {sides}{default}"), ("test", name_of_test(design))]


def source(design: Sized) -> list[tuple[str, str]]:
    """The formula and where it is published."""
    return [("formula", design.formula), ("reference", design.reference)]


def _with_percent(value: Any, unit: str) -> str:
    return f"{number(value)}  ({percent(value)})" if unit == "proportion" else number(value)
