"""Long work that a visitor has started: one at a time each, watched under a key, stopped by hand or when it expires."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from trialplan.errors import ParameterError
from trialplan.web.workers import GivenUp, Refused, TooLong, Workers

LONGEST = 600.0
"""Seconds that work may take."""

KEPT = 3600.0
"""Seconds that a result is kept."""

MOST_KEPT = 100
"""Results that are kept; the oldest go first."""

MOST_WAITING = 20
"""Pieces of work of all visitors together, at work and waiting."""


@dataclass
class Piece:
    """One piece of work: whose it is, how far it is, and what came of it."""

    visitor: str
    name: str
    query: str
    news: tuple[str, int, int | None] = ("", 0, None)
    result: str = ""
    wrong: str = ""
    over: bool = False
    begun: float = field(default_factory=time.monotonic)
    task: Any = None


@dataclass
class Desk:
    """All pieces of work by their keys."""

    workers: Workers
    known: Collection[str]
    """What may be begun."""
    pieces: dict[str, Piece] = field(default_factory=dict)

    def begin(self, visitor: str, name: str, query: str) -> str:
        """Start work, in place of what the visitor has at work already; its key. Raises Refused where all is full.

        What he has at work already, begun once more in another window, is the same work.
        """
        if name not in self.known:
            raise ParameterError(f"there is no work {name[:40]!r}; start it by the button of its page")
        now = time.monotonic()
        for key, piece in self.pieces.items():
            if not piece.over and (piece.visitor, piece.name, piece.query) == (visitor, name, query):
                return key
        done = [key for key, piece in self.pieces.items() if piece.over]
        for key in done[: max(0, len(done) - MOST_KEPT)]:
            del self.pieces[key]
        for key, piece in list(self.pieces.items()):
            if now - piece.begun > KEPT:
                self.stop(key)
                del self.pieces[key]
            elif piece.visitor == visitor:
                self.stop(key, "stopped, because you have begun other work")
        if sum(not piece.over for piece in self.pieces.values()) >= MOST_WAITING:
            raise Refused("too many visitors have work here just now; try again in a few minutes")
        key, piece = secrets.token_urlsafe(32), Piece(visitor, name, query)
        self.pieces[key] = piece
        piece.task = asyncio.create_task(self._do(piece))
        return key

    def stop(self, key: str, why: str = "stopped") -> None:
        """End a piece of work; its process goes with it."""
        piece = self.pieces[key]
        if not piece.over:
            piece.over, piece.wrong = True, why
            piece.task.cancel()

    async def _do(self, piece: Piece) -> None:
        def told(what: str, done: int, total: int | None) -> None:
            piece.news = (what, done, total)

        with suppress(asyncio.CancelledError):
            try:
                piece.result = await self.workers.ask("work", piece.name, piece.query, seconds=LONGEST, told=told)
            except Refused as why:
                piece.wrong = str(why)
            except (TooLong, GivenUp):
                piece.wrong = f"it took longer than {LONGEST / 60:g} minutes; the command line has no such limit"
            piece.over = True
