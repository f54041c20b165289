"""How far long work is: told by whoever works, to whoever watches, if anybody does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Watcher = Callable[[str, int, int | None], None]
"""Told what is counted, how many are done, and of how many; None where nobody knows."""

_watchers: list[Watcher] = []


def tell(what: str, done: int, total: int | None = None) -> None:
    """So many are done, of so many: called as often as there is news, it costs nothing where nobody watches."""
    if _watchers:
        _watchers[-1](what, done, total)


@contextmanager
def watched(by: Watcher) -> Iterator[None]:
    """Within it, `by` is told."""
    _watchers.append(by)
    try:
        yield
    finally:
        _watchers.remove(by)
