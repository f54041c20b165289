"""The sample-size justification of a trial as one paragraph to copy, complete by DELTA²."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from trialplan import __version__
from trialplan.design_facts import (
    aim_of_several,
    deciding_confidence,
    direction,
    name_of_test,
    rests_on,
    tests_in_words,
    to_show,
    whole_plan,
)
from trialplan.fields import allocation_of
from trialplan.text import listed, number, participants, percent, stated, stated_percent
from trialplan.time_unit import with_time

if TYPE_CHECKING:
    from trialplan.answers import SampleSize
    from trialplan.design import Design, Sized


_OF_THE_TEST = ("alpha", "sides", "margin")
"""Numbers that are chosen and not assumed of the world; the sentence on the analysis has them."""


def statement(answer: SampleSize) -> str:
    """Goal, target difference, level, power, test, assumed values, numbers by arm, losses, method; and what is left.

    The items are those of DELTA² (Cook et al. 2018, BMJ 363:k3750, recommendations for reporting); where the numbers
    come from no program knows, so the last sentence asks for it.
    """
    design = answer.design
    sentences = [_size(answer), *_needed(answer)]
    besides = rests_on(design, _stated, numbers=False)
    if besides:
        sentences.append(f"The number also rests on this: {'; '.join(besides)}.")
    rule = design.fixed.rule_alone()
    if rule:
        sentences.append(f"{rule[0].upper()}{rule[1:]}.")
    if design.has_level:
        sentences.append(_decision(cast("Design", design)))
    if answer.missing:
        sentences.append(f"A missing outcome counts as {answer.missing}, and the number is not inflated for it.")
    if answer.enrolled is not None:
        lost, arms = percent(answer.dropout), answer.enrolled_in_words()
        sentences.append(f"To allow for {lost} without an outcome, {arms} are {design.done}.")
    sentences.append(f"The calculation is by {design.formula} ({design.reference}; trialplan {__version__}).")
    near = design.has_level and cast("Design", design.fixed).margin is not None
    why = "why the margin is acceptable" if near else "why the effect is important or realistic"
    wanted = "source of each of these values" + (f", and {why}," if design.has_level else "")
    return " ".join([*sentences, f"[State the {wanted} before use.]"])


def _size(answer: SampleSize) -> str:
    """How many, and what they attain if the assumed values are true."""
    design, arms = answer.design, participants(answer.arms)
    gathered = design.fixed.gathered(answer.n)
    if gathered and answer.enrolled is None:  # else the clusters are those that are enrolled
        arms += f", in {gathered}"
    ratio = "" if len(set(answer.arms.values())) == 1 else f" (allocated {allocation_of([*answer.arms.values()])})"
    if not design.has_level:
        return f"The trial needs {arms}{ratio}, for {design.attains} {number(answer.target)}{_if(design)}."
    power = f"{100 * float(answer.success):.1f} %"
    # nobody is left out where a missing outcome counts as one, or where what is known of those who leave is analysed
    kept = any(one.loses_by for one in (design.fixed, *design.fixed.members))
    whom = ", all of whom are analysed" if answer.missing else "" if kept else ", with the outcome"
    return f"The trial needs {arms}{ratio}{whom}: they give {power} power {_claim(design)}{_if(design)}."


def _needed(answer: SampleSize) -> list[str]:
    """How many of them, where arms end one by one."""
    needed = answer.design.participants_needed(int(answer.n))
    if needed is None:
        return []
    most = f"At most {needed.most:,} of them are needed, because {needed.why}" if needed.why else "All may be needed"
    return [f"{most}; on average {needed.planned:,.0f} are at the planned effect, and {needed.idle:,.0f} without any."]


def _claim(design: Sized) -> str:
    fixed = cast("Design", design.fixed)
    if fixed.margin is not None or len(fixed.arm_names) == 1:
        return to_show(design).split(", if ")[0]
    effect = aim_of_several(fixed) if fixed.members else "an effect"
    scale = None if fixed.field("effect") is None else fixed.outcome.effect_scale(fixed)
    return f"to show {effect}" if scale is None or scale.of_plan else f"to show {effect} ({scale.name})"


def _if(design: Sized) -> str:
    """Every number that is assumed of the world, by its label."""
    fixed = design.fixed
    declared, whole = fixed.declarations(), whole_plan(fixed)
    told = [
        f"{declared[name].clause(value)} {_stated(value, declared[name].unit)}"
        for name, value in fixed.assumptions().items()
        if name in declared and name not in (*_OF_THE_TEST, *whole) and _is_number(value)
    ]
    return f", if {listed(told)}" if told else ""


def _is_number(value: object) -> bool:
    """Whether a value is a number, or several: one for each stratum, stage or visit."""
    if isinstance(value, tuple):
        return all(isinstance(one, int | float | str) for one in value)
    return isinstance(value, int | float)


def _stated(value: Any, unit: str) -> str:
    if isinstance(value, tuple):
        return listed(_stated(one, unit) for one in value)
    if unit == "difference of proportions":
        return _in_points(value, "points")
    if unit == "proportion":
        return stated_percent(value)
    return with_time(stated(value), unit)


def _decision(trial: Design) -> str:
    """How many tests, at which level, by which analysis, over how many looks, and which direction is better."""
    at = listed(percent(look) for look in trial.looks)
    looks = f", over {len(trial.looks)} looks together, at {at} of the information" if trial.looks else ""
    better = direction(trial)
    analysis = f"{tests_in_words(trial)} ({name_of_test(trial.fixed)}){looks}"
    fixed = trial.fixed
    of = f"of the {fixed.interval_of}" if fixed.interval_of else "that goes with it"
    seen = None if fixed.members else fixed.outcome.must_see(fixed)
    decides = (
        f"; {fixed.decides}, and no interval"
        if fixed.decides
        else f", with the {deciding_confidence(trial)} interval {of}"
    )
    besides = "" if seen is None else f", and {seen[0].format(_in_points(seen[1], seen[2]))}"
    return f"The analysis is {analysis}{decides}{besides}{f'; {better}' if better else ''}."


def _in_points(value: float, unit: str) -> str:
    return f"{stated_percent(value).removesuffix(' %')} points" if unit == "points" else stated(value)
