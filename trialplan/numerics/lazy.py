"""numpy and scipy.special, imported when first used, so that help and errors do not pay for them."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import TYPE_CHECKING, Any

__all__ = ["np", "special"]


_HANDED_ON = ("f2py", "testing")
"""Parts of numpy that scipy.special reads, a third of its time, to hand on every name of numpy: nothing asks for them.

Who does, gets them (importlib.util.LazyLoader).
"""


class _Lazy:
    """A module that is imported at the first attribute asked of it, and remembers each one."""

    def __init__(self, name: str, *without: str) -> None:
        self._name = name
        self._without = without

    def __getattr__(self, attribute: str) -> Any:
        if self._name not in sys.modules:
            for part in self._without:
                _put_off(importlib.import_module("numpy"), part)
        value = getattr(importlib.import_module(self._name), attribute)
        setattr(self, attribute, value)
        return value


def _put_off(package: Any, part: str) -> None:
    """Have a part of a package read when it is first asked for something."""
    name = f"{package.__name__}.{part}"
    spec = None if name in sys.modules else importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        return
    spec.loader = importlib.util.LazyLoader(spec.loader)
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    setattr(package, part, module)


if TYPE_CHECKING:
    import numpy as np
    from scipy import special
else:
    np = _Lazy("numpy")
    special = _Lazy("scipy.special", *_HANDED_ON)
