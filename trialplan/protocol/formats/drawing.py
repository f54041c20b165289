"""A document's figures as files, drawn while their document is written; each once for a face, in all that is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from trialplan import figures
from trialplan.analyses.beside import begun

Files = dict[str, bytes]
"""One figure's files by suffix."""


@dataclass
class Drawings:
    """Figures by name and the face that they are lettered in; `wanted` are the suffixes by face."""

    wanted: Mapping[str, tuple[str, ...]]
    begun: dict[tuple[str, str], Callable[[], Files]] = field(default_factory=dict)
    done: dict[tuple[str, str], Files] = field(default_factory=dict)

    def begin(self, shown: Mapping[str, Any]) -> None:
        """Have these figures drawn beside what this process goes on to do, if they can be."""
        for face, suffixes in self.wanted.items():
            for name, figure in shown.items():
                self.begun[name, face] = begun(figures.renderings, figure, suffixes, face)

    def of(self, name: str, suffix: str, face: str) -> bytes:
        """One figure as a file."""
        key = name, face
        if key not in self.done:
            self.done[key] = self.begun[key]()
        return self.done[key][suffix]


def by_face(asked: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """The suffixes that are asked for by face, from pairs of a face and a suffix."""
    found: dict[str, tuple[str, ...]] = {}
    for face, suffix in asked:
        found[face] = tuple(dict.fromkeys((*found.get(face, ()), suffix)))
    return found
