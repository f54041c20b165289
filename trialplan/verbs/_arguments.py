"""What the calls take: a design, a plan in any of its forms, and where long work runs."""

from __future__ import annotations

import operator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from trialplan.design import Design, Sized
from trialplan.errors import ParameterError, field
from trialplan.fields import POWER

if TYPE_CHECKING:
    from trialplan.plan import Plan, Trial

    PlanLike: TypeAlias = "str | Path | Plan | Trial"
    """A shipped plan's name, the path of a file, a plan that was read, or one that was built."""

DEFAULT_POWER = 0.8
"""The power that is asked for where none is given: the least that is usual."""


def sized(call: str, design: object) -> Sized:
    """A design, or the sentence that says what is taken."""
    if isinstance(design, Sized):
        return design
    shown = f"the class {design.__name__}" if isinstance(design, type) else repr(design)
    way_out = "`list_designs()` names them, and the numbers go into brackets behind the class"
    raise ParameterError(f"takes a design with its numbers, not {shown}", owner=call, way_out=way_out)


def single(call: str, design: Design) -> Design:
    """A design of plain numbers, or the sentence that says why arrays of them will not do."""
    if design.shape():
        way_out = "ask for each on its own; `size` and `scenarios` answer for many"
        raise ParameterError(f"{call} takes one number for each parameter, not a grid of them", way_out=way_out)
    return design


def chance(call: str, name: str, value: Any) -> float:
    """A probability that is asked for: one number in (0, 1)."""
    checked = POWER.check(call, name, value)
    if not isinstance(checked, float):
        raise ParameterError("must be one number, not several", owner=call, parameter=name, value=value)
    return checked


def tested(call: str, design: object) -> Design:
    """A design that has a test, or the sentence that says why it will not do."""
    if isinstance(taken := sized(call, design), Design):
        return single(call, taken)
    raise ParameterError(f"takes a design that has a test and a power, and {taken.slug()} has none", owner=call)


def read(plan: PlanLike) -> Plan:
    """The plan, read where it is a name or a path."""
    from trialplan import plan as plans

    if isinstance(plan, plans.Trial):
        return plan.plan
    if isinstance(plan, plans.Plan):
        return plan
    if isinstance(plan, (str, Path)):
        return plans.read(str(plan))
    raise ParameterError(f"a plan is a shipped plan's name, a path, or a plan that was read or built, not {plan!r}")


def built(plan: PlanLike) -> Trial:
    """The plan, built where it is not yet."""
    from trialplan import plan as plans

    return plan if isinstance(plan, plans.Trial) else plans.build(read(plan))


def total(design: Sized, n: int | None) -> int:
    """The participants asked about: those given, or the only ones that the design can have."""
    n = design.only_n if n is None else n
    if n is None:
        raise ParameterError(f"{field('n')} is needed, the participants in all arms together, as in {field('n')} 120")
    try:
        whole = None if isinstance(n, bool) else operator.index(n)
    except TypeError:  # several, or a fraction
        whole = None
    if whole is None:
        raise ParameterError(f"{field('n')} must be a whole number of participants in all, not {n}")
    design.check_n(whole)
    return whole
