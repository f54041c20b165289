"""trialplan: from a small table of uncontrolled studies to a sample size that can be defended.

The public names are fetched when they are first used, so `import trialplan` costs nothing:

    >>> import trialplan
    >>> trialplan.TwoProportions(control=0.3, treatment=0.5).sample_size(0.8).arms
    {'treatment': 93, 'control': 93}
"""

from __future__ import annotations

import importlib
import os.path
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "Design": "trialplan.design",
    "SampleSize": "trialplan.answers",
    "Sized": "trialplan.design",
    "TrialplanError": "trialplan.errors",
}
_ROOMS = ("designs", "sequential", "several")
"""Where designs and wrappers live: `TwoMeans` is looked for in two_means.py first, then in every file."""


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return sorted([*_HOMES, *_designs(), "__version__"])
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    if name[:1].isupper():
        home = "".join(f"_{letter}" if letter.isupper() else letter for letter in name)[1:].lower()
        for room in _ROOMS:
            if os.path.isfile(os.path.join(__path__[0], room, f"{home}.py")):
                module = importlib.import_module(f"trialplan.{room}.{home}")
                if name in vars(module):
                    return vars(module)[name]
        if name in (known := _designs()):
            return known[name]
    raise AttributeError(f"module 'trialplan' has no attribute {name!r}")


def _designs() -> dict[str, Any]:
    """Every design and wrapper by its class's name, for which all their files are read."""
    catalogue = importlib.import_module("trialplan.catalogue")
    return {cls.__name__: cls for cls in (*catalogue.designs().values(), *catalogue.wrappers().values())}


def __dir__() -> list[str]:
    return list(__getattr__("__all__"))
