"""What the calls take: a design, a plan in any of its forms, and where long work runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from trialplan import catalogue
from trialplan.design import Design, Sized
from trialplan.errors import ParameterError, field, setting
from trialplan.fields import POWER
from trialplan.parameter import as_whole, typical
from trialplan.text import quoted

if TYPE_CHECKING:
    from trialplan.plan import Plan, Trial

    PlanLike: TypeAlias = "str | Path | Plan | Trial"
    """A shipped plan's name, the path of a file, a plan that was read, or one that was built."""

_LONGEST_SHOWN = 80
"""Letters of what was given that an error prints: a line."""

_INSTEAD = (
    "give a design of plain numbers, and the arrays to scenarios(design, axes={...}), which answers for every "
    "combination and draws it, or ask for each on its own"
)
"""What to do with a design of arrays, where a call takes none: the way that goes on, to an answer and its picture."""

DEFAULT_POWER = 0.8
"""The power that is asked for where none is given: the least that is usual."""


def sized(call: str, asked: object) -> Sized:
    """A design, or the sentence that says what is taken."""
    if isinstance(asked, Sized):
        return asked
    way_out = "`list_designs()` names them, and the numbers go into brackets behind the class"
    if isinstance(getattr(asked, "design", None), Sized):
        way_out = "its `.design` is one"
    elif isinstance(asked, type) and issubclass(asked, Sized):
        way_out = f"give it its numbers, as in {example(asked)}"
    elif isinstance(asked, str) and (cls := catalogue.designs().get(asked)) is not None:
        way_out = f"make it by its class, as in {example(cls)}"
    elif isinstance(asked, (str, Path)):
        way_out = "`build(...).design` is that of a plan, and `build(...).answer` its sample size"
    raise ParameterError(f"takes a design with its numbers, not {shown(asked)}", owner=call, way_out=way_out)


def example(cls: type[Sized]) -> str:
    """A design as it is made in Python, with numbers that are typical of it."""
    return f"{cls.__name__}({', '.join(f'{name}={value!r}' for name, value in typical(cls).items())})"


def single(call: str, design: Design) -> Design:
    """A design of plain numbers, or the sentence that says why arrays of them will not do."""
    if design.shape():
        raise ParameterError(f"{call} takes one number for each parameter, not a grid of them", way_out=_INSTEAD)
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
    found = type(taken).gives
    way_out = "ask `size` of it" if found is None else f"give that, a {found.__name__}(...)"
    reason = f"takes a design that has a test and a power; {type(taken).no_power()}"
    raise ParameterError(reason, owner=call, way_out=way_out)


def read(plan: PlanLike) -> Plan:
    """The plan, read where it is a name or a path."""
    from trialplan import plan as plans

    if isinstance(plan, plans.Trial):
        return plan.plan
    if isinstance(plan, plans.Plan):
        return plan
    if isinstance(plan, str) and (cls := catalogue.designs().get(plan)) is not None:
        way_out = f"make it by its class, as in {example(cls)}"
        raise ParameterError(f"{plan!r} is a design's name, and neither a plan nor its numbers", way_out=way_out)
    if isinstance(plan, (str, Path)):
        return plans.read(str(plan))
    way_out = ""
    if isinstance(getattr(plan, "design", None), Sized):
        way_out = "its design is its `.design`: a call that takes designs is asked as in verify(answer.design)"
    elif isinstance(plan, type) and issubclass(plan, Sized):
        way_out = f"a design needs its numbers, as in {example(plan)}"
    raise ParameterError(
        f"a plan is a shipped plan's name, a path, or a plan that was read or built, not {shown(plan)}", way_out=way_out
    )


def built(plan: PlanLike) -> Trial:
    """The plan, built where it is not yet."""
    from trialplan import plan as plans

    return plan if isinstance(plan, plans.Trial) else plans.build(read(plan))


def path_like(call: str, value: object, what: str) -> str:
    """The path or the name of a file, as text, or the sentence that says what is taken."""
    if isinstance(value, (str, Path)):
        return str(value)
    raise ParameterError(f"takes {what}, not {shown(value)}", owner=call)


def mapping(call: str, parameter: str, value: object, example: str) -> Mapping[str, Any]:
    """What is given by names, or the sentence that shows how."""
    if isinstance(value, Mapping):
        return value
    raise ParameterError(
        f"must be given by names, not as {shown(value)}", owner=call, parameter=parameter, way_out=f"as in {example}"
    )


def several(call: str, parameter: str, value: object, example: str) -> tuple[Any, ...]:
    """A sequence as a tuple, or the sentence that shows one; a text is none."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping)):
        return tuple(value)
    raise ParameterError(
        f"must be a sequence, not {shown(value)}", owner=call, parameter=parameter, way_out=f"as in {example}"
    )


def shown(value: object) -> str:
    """What was given, as an error prints it: the beginning, where it is long."""
    text = f"the class {value.__name__}" if isinstance(value, type) else " ".join(repr(value).split())
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def total(design: Sized, n: int | None) -> int:
    """The participants asked about: those given, or the only ones that the design can have."""
    n = design.only_n if n is None else n
    if n is None:
        raise ParameterError(
            f"{field('n')} is needed, the participants in all arms together, as in {setting('n', 120)}"
        )
    whole = as_whole(n)
    if isinstance(whole, bool) or not isinstance(whole, int):
        several = isinstance(whole, list | tuple)
        way_out = "ask for each on its own, or the method power(n), which takes arrays" if several else ""
        reason = f"{field('n')} must be a whole number of participants in all, not {quoted(n)}"
        raise ParameterError(reason, way_out=way_out)
    design.check_n(whole)
    return whole
