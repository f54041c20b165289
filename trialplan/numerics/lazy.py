"""numpy and scipy.special, imported when first used, so that help and errors do not pay for them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__all__ = ["np", "special"]


class _Lazy:
    """A module that is imported at the first attribute asked of it, and remembers each one."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(importlib.import_module(self._name), attribute)
        setattr(self, attribute, value)
        return value


if TYPE_CHECKING:
    import numpy as np
    from scipy import special
else:
    np = _Lazy("numpy")
    special = _Lazy("scipy.special")
