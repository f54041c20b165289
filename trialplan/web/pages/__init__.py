"""The pages of the explorer, each a file: what may be changed there, and what it shows of a state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from trialplan.web.controls import Control
from trialplan.web.part import Part
from trialplan.web.state import State
from trialplan.web.subject import Subject


@dataclass(frozen=True, kw_only=True)
class PageKind:
    """One page: its title, the question that it answers, which controls stand on it, and its parts."""

    name: str
    title: str
    question: str
    takes: Callable[[Control], bool]
    parts: Callable[[Subject, State], Iterator[Part]]
    place: int
    """Where it stands among the others, from what is known to what is taken away."""
    asks: Callable[[Subject, State], Iterator[Part]] = lambda subject, state: iter(())
    """Forms for how it is looked at, which stand before its parts and are there at once."""

    of_designs: bool = True
    """Whether it can be asked of a design by itself."""
