"""Which designs there are: every Sized class in `designs/`, found by looking, never listed."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from functools import lru_cache

from trialplan import designs as room
from trialplan.design import Sized
from trialplan.errors import ParameterError, did_you_mean


@lru_cache(maxsize=1)
def designs() -> Mapping[str, type[Sized]]:
    """The designs by slug, in alphabetical order."""
    found: dict[str, type[Sized]] = {}
    for module in pkgutil.iter_modules(room.__path__, f"{room.__name__}."):
        for _, cls in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(cls, Sized) and cls.__module__ == module.name:
                found[cls.slug()] = cls
    return dict(sorted(found.items()))


def design(slug: str) -> type[Sized]:
    """The design of that name, or an error that names the nearest."""
    known = designs()
    if slug not in known:
        raise ParameterError(f"there is no design {slug!r}; {did_you_mean(slug, known)}")
    return known[slug]
