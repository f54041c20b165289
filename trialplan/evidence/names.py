"""Names that a person takes for the same, and rows that are no study."""

from __future__ import annotations

import re
from collections.abc import Iterable

_TOTAL = re.compile(
    r"\W*(grand |sub)?(total|totals|overall|pooled|summary|combined|sum|all|all (studies|trials|patients|participants)"
    r"|gesamt|summe|somme|totale?)\W*",
    re.IGNORECASE,
)


def folded(name: str) -> str:
    """A name without case, spaces, hyphens and the plural's s."""
    return re.sub(r"[\W_]+", "", name.casefold()).removesuffix("s")


def near(name: str, names: Iterable[str]) -> list[str]:
    """Other names that differ from this one only in case, spaces, hyphens or the plural."""
    return [other for other in dict.fromkeys(names) if other != name and folded(other) == folded(name)]


def is_total(key: str) -> bool:
    """Whether a row's name says that it sums up others."""
    return _TOTAL.fullmatch(key) is not None
