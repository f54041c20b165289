"""Which designs there are: every public class in `designs/`, and every wrapper, found by looking, never listed."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from types import ModuleType
from typing import TypeVar

from trialplan import designs as fixed_designs
from trialplan import sequential, several
from trialplan.design import Design, Sized
from trialplan.errors import ParameterError, did_you_mean
from trialplan.wrapper import Wrapper, WrapperOfOne

_Class = TypeVar("_Class", bound=Sized)


@lru_cache(maxsize=1)
def designs() -> Mapping[str, type[Sized]]:
    """The designs by slug, in alphabetical order."""
    return _by_slug(_classes(fixed_designs))


@lru_cache(maxsize=1)
def wrappers() -> Mapping[str, type[Wrapper]]:
    """The designs around designs by slug, in alphabetical order; their bases have no power of their own."""
    classes = [*_classes(sequential), *_classes(several)]
    return _by_slug(cls for cls in classes if issubclass(cls, Wrapper) and cls.power is not Design.power)


@lru_cache(maxsize=1)
def families() -> Mapping[str, type[Wrapper]]:
    """The wrappers over several members, which a plan names under [family]."""
    return {slug: cls for slug, cls in wrappers().items() if not issubclass(cls, WrapperOfOne)}


def design(slug: str) -> type[Sized]:
    """The design of that name, or an error that names the nearest."""
    known = designs()
    if slug not in known:
        raise ParameterError(f"there is no design {slug!r}; {did_you_mean(slug, known)}")
    return known[slug]


def _classes(room: ModuleType) -> Iterator[type[Sized]]:
    """The public classes of a room, each from the file in which it is written; helpers begin with _."""
    for found in pkgutil.iter_modules(room.__path__):
        if found.name.startswith("_"):
            continue
        module = importlib.import_module(f"{room.__name__}.{found.name}")
        for cls in vars(module).values():
            own = isinstance(cls, type) and issubclass(cls, Sized) and cls.__module__ == module.__name__
            if own and not cls.__name__.startswith("_"):
                yield cls


def _by_slug(classes: Iterable[type[_Class]]) -> Mapping[str, type[_Class]]:
    return {cls.slug(): cls for cls in sorted(classes, key=lambda cls: cls.slug())}
