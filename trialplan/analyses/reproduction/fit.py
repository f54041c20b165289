"""How well the numbers that a method prints are those that are stated, and what of the enrolment does not follow."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from trialplan.analyses.reproduction.rounding import PrintedSize, allowing, misallowed, rounded_up
from trialplan.analyses.reproduction.statement import Statement
from trialplan.stated import SizingMethod
from trialplan.text import listed, percent

UNADDED = 3
"""Oddities of losses that are mentioned and that the only n does not allow for: it may be of those who complete."""

_TINY = 1e-6
"""What the rounding of a quotient may leave of a difference between two whole numbers of participants."""

_BY_CHANCE = 2
"""Participants by which an arm may differ from its planned share: randomisation leaves it a few off."""

TARGETS = 20
"""Powers that trials aim at are whole twentieths, .80 or .85; others are computed of an n that was fixed before."""


@dataclass(frozen=True)
class Fit:
    """How well the printed numbers are those stated: what is odd, and what of the enrolment does not follow."""

    cost: int = 0
    remarks: tuple[str, ...] = ()
    enrolment: str = ""
    follows: bool = True


def fits(statement: Statement, method: SizingMethod, way: PrintedSize) -> Iterator[Fit]:
    """At what further cost the printed numbers are those stated; nothing where they are not."""
    if not _stages_fit(statement, method):
        return
    if statement.evaluable is not None and not math.isclose(way.evaluable, statement.evaluable):
        return
    if statement.enrolled is None:
        yield Fit()
    elif statement.dropout is None:
        if statement.evaluable is not None:
            if statement.contradicting:
                yield Fit(enrolment=statement.contradicting)
                return
            more = statement.enrolled / statement.evaluable - 1
            if more < 0:
                fewer = f"{statement.shown(statement.enrolled)} to enrol are fewer than are needed"
                yield Fit(enrolment=fewer, follows=False)
                return
            yield Fit(remarks=(f"why {percent(more)} more are enrolled is not stated",) if more else ())
        elif statement.evaluable is None and math.isclose(way.evaluable, statement.enrolled):
            yield Fit()
    elif way.enrolled is not None and math.isclose(way.enrolled, statement.enrolled):
        yield Fit()
    elif statement.unclear and math.isclose(way.evaluable, statement.enrolled):
        yield Fit(UNADDED, ("losses are mentioned and not added",))
    elif statement.evaluable is not None and way.enrolled is not None:
        yield _off(statement, way.enrolled)


def of_arms(statement: Statement, method: SizingMethod, power: float | None, fit: Fit) -> Fit:
    """A fit of the total, contradicted where the arms that are stated are not those that the method divides it into."""
    if statement.arms is None or len(statement.arms) != len(method.arms) or not sum(method.arms):
        return fit
    total = sum(statement.arms)
    planned = [total * arm / sum(method.arms) for arm in method.arms]
    block = 0.0 if method.design is None else float(method.design.block)
    most = max(_BY_CHANCE, block) + _TINY
    if all(abs(arm - plan) <= most for arm, plan in zip(statement.arms, planned, strict=True)):
        return fit
    attained = "" if power is None else f", and have power {power:.3f}"
    stated, divided = (listed(f"{arm:,.0f}" for arm in arms) for arms in (statement.arms, planned))
    told = f"arms of {stated} are not those of {divided} that it divides into{attained}"
    return replace(fit, enrolment=told, follows=False)


def _off(statement: Statement, enrolled: float) -> Fit:
    """What of a stated enrolment does not follow from the losses: a participant per arm, a rounding, or more."""
    assert statement.enrolled is not None
    gives = f"the losses give {statement.shown(enrolled)} to enrol, not {statement.shown(statement.enrolled)}"
    added = statement.enrolled != statement.evaluable
    if added and abs(enrolled - statement.enrolled) <= len(statement.arm_names):
        return Fit(2, enrolment=gives)
    if rounded := rounded_up(statement, enrolled, statement.enrolled):
        return Fit(2, enrolment=f"the enrolment is {rounded}: {gives}")
    mistake = misallowed(statement)
    return Fit(2, enrolment=f"{gives}: {mistake}" if mistake else gives, follows=False)


def with_losses(statement: Statement, method: SizingMethod, near: Fit) -> Fit:
    """A near match, with what of the stated enrolment does not follow from the stated n."""
    if statement.evaluable is None or statement.enrolled is None or statement.dropout is None:
        return near
    enrolled = [allowed.enrolled for allowed in allowing(statement, method, statement.evaluable)]
    if any(math.isclose(count, statement.enrolled) for count in enrolled):
        return near
    off = _off(statement, enrolled[0])
    return replace(near, enrolment=off.enrolment, follows=off.follows)


def _stages_fit(statement: Statement, method: SizingMethod) -> bool:
    """Whether the first stage is that stated, where a design has stages."""
    if statement.first_stage is None:
        return True
    return method.design is not None and method.design.count_sizes(round(method.n))[0] == statement.first_stage


def rounded_from(statement: Statement, n: float, enrolled: float | None) -> str:
    """To what a method's n, or its enrolment where no other n is stated, was rounded up to give the one stated."""
    compared = n if enrolled is None or statement.evaluable is not None else enrolled
    return rounded_up(statement, compared, statement.stated)


def near_fit(statement: Statement, power: float | None, way: PrintedSize) -> Fit | None:
    """The cost and the remark of an n that is the method's in all but print; None where it is another n.

    A power that is stated as a bound holds. A power that no trial aims at was computed of an n that was fixed, and is
    the one stated: rounded, or cut off. Of a power that trials aim at, n is one participant per arm more than the
    method's, with the same power as it is printed.
    """
    if power is None or statement.power is None:
        return None
    shown, unit, more = f"{power:.3f}", 10.0**-statement.digits, power - statement.power
    if statement.at_least:
        inside = 0 <= more < 0.05
        return Fit(2, (f"the power at the stated n is {shown}, and at least that is stated",)) if inside else None
    aimed_at = math.isclose(statement.power * TARGETS, round(statement.power * TARGETS))
    if abs(more) <= unit / 2 and (not aimed_at or _of_one_more(statement, way)):
        rounded = rounded_from(statement, way.evaluable, way.enrolled)
        to_it = f"; n is {rounded}" if rounded else ""
        return Fit(2, (f"the power at the stated n is {shown}, the one stated within its rounding{to_it}",))
    if not aimed_at and 0 < more < unit:
        return Fit(3, (f"the power at the stated n is {shown}, printed without rounding up",))
    return None


def _of_one_more(statement: Statement, way: PrintedSize) -> bool:
    """Whether the stated n is at most one participant per arm more than what the method prints."""
    gives = way.evaluable if statement.evaluable is not None or way.enrolled is None else way.enrolled
    return 0 < statement.stated - gives <= len(statement.arm_names) + _TINY
