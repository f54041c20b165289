"""A call whose arguments do not fit is told as every other mistake is: in a sentence, with the nearest name."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, ParamSpec, TypeVar

from trialplan.design import Sized
from trialplan.errors import ParameterError, did_you_mean
from trialplan.parameter import as_whole, parameters
from trialplan.text import listed

_Taken = ParamSpec("_Taken")
_Given = TypeVar("_Given")

_WHOLE = ("n", "trials", "seed", "look", "at_least", "at_most", "workers", "blocks")
"""Arguments that are whole numbers, of which numpy's and whole floats are taken as what they are."""


def refuses_misfits(call: Callable[_Taken, _Given]) -> Callable[_Taken, _Given]:
    """The call, whose wrong names, missing arguments and arguments too many are a ParameterError.

    Whole numbers may be of any kind, as pandas and numpy have them.
    """
    names = [*inspect.signature(call).parameters]
    whole = [at for at, name in enumerate(names) if name in _WHOLE]

    @functools.wraps(call)
    def asked(*values: _Taken.args, **named: _Taken.kwargs) -> _Given:
        by_place: Any = list(values)
        by_name: Any = {name: as_whole(value) if name in _WHOLE else value for name, value in named.items()}
        for at in whole:
            by_place[at : at + 1] = map(as_whole, by_place[at : at + 1])
        try:
            return call(*by_place, **by_name)
        except TypeError as why:
            if why.__traceback__ is None or why.__traceback__.tb_next is not None:
                raise  # of something that the call does, and no matter of its arguments
            refuse(call, values, named)

    return asked


def refuse(call: Callable[..., Any], values: tuple[Any, ...], named: Mapping[str, Any]) -> NoReturn:
    """Why these arguments are none that the call takes."""
    taken = inspect.signature(call).parameters
    owner = call.__name__
    bare = [name for name, one in taken.items() if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    for name in named:
        if name not in taken:
            raise ParameterError(
                f"there is no {name!r}", owner=owner, value=name, way_out=_instead(name, taken, values)
            )
    if len(values) > len(bare):
        by_name = [f"{name}=..." for name, one in taken.items() if one.kind is one.KEYWORD_ONLY]
        told = (
            f"takes {listed(bare)} without a name, not {len(values)} values" if bare else "takes nothing without a name"
        )
        way_out = f"give what is left by name: {', '.join(by_name)}" if by_name else "leave the others out"
        raise ParameterError(told, owner=owner, way_out=way_out)
    for name, one in taken.items():  # in their order: what is missing first is told
        if name in bare[: len(values)] and name in named:
            raise ParameterError("is given twice, by its place and by its name", owner=owner, parameter=name)
        if one.default is one.empty and name not in (*bare[: len(values)], *named) and one.kind < one.VAR_KEYWORD:
            way_out = f"`help(trialplan.{owner})` shows a call"
            raise ParameterError("is needed", owner=owner, parameter=name, way_out=way_out)
    raise AssertionError(f"{owner} takes these arguments")  # pragma: no cover


def _instead(name: str, taken: Mapping[str, Any], values: tuple[Any, ...]) -> str:
    """What is meant by a name that the call does not have: a number of the design in it, or the nearest name."""
    for design in values:
        if isinstance(design, Sized) and name in parameters(type(design)):
            own = f"it is a number of the design, as in {type(design).__name__}({name}=...)"
            return f'{own}; several values of it are axes={{"{name}": (...)}}' if "axes" in taken else own
    return did_you_mean(name, [known for known, one in taken.items() if one.kind is not one.VAR_KEYWORD])
