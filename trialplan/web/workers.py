"""Processes that answer, one question at a time each; one that takes too long, or is given up, is ended and replaced.

A process is forked from one that has read the library once, so that a new one is there in some milliseconds. It ends
with its starter, however that ends, and its memory is bounded.
"""

from __future__ import annotations

import asyncio
import errno
import multiprocessing
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

try:
    import resource
except ImportError:  # not a Unix: memory has no bound there but the machine's
    resource = None  # type: ignore[assignment]

from trialplan import progress
from trialplan.errors import OUT_OF_MEMORY, TrialplanError
from trialplan.web.told import of_the_machine, told

MEMORY = 2 * 2**30
"""Bytes of data that one process may hold; the shipped plan in every format takes a seventh of it."""

_NEWS = 0.2
"""Seconds between two reports of how far work is."""

PRELOADED = "trialplan.web.preloaded"
"""What the process reads from which the others are forked."""

_UNHEARD, _LOST = "unheard", "lost"
"""Of a process that ended without an answer: whether the question had reached it."""

_TOO_MUCH = "it needs more memory than there is, or cannot be computed; ask for less"

_LOOK = 0.1
"""Seconds between two looks at the time that work has taken."""


REST = 60.0
"""Seconds without a question after which a process that has answered is replaced: what it remembers of its answers,
some tens of megabytes, goes with it. A new one is slower by a few tenths of a second, once (ours)."""


class TooLong(Exception):
    """It took longer than it may."""


class GivenUp(Exception):
    """Nobody waits for the answer any more."""


class Refused(Exception):
    """The question cannot be answered, for a reason that is told in a sentence."""


@dataclass(eq=False)
class _Worker:
    """One process, the end of a pipe to it, one that it watches to end with its starter, and when it answered last."""

    process: Any
    pipe: Connection
    life: Any
    scratch: str
    asked: float | None = None


@dataclass
class Workers:
    """So many processes; `setting` is what each is told once, and `nice` lowers how much of a processor it claims.

    What they leave lies in folders within `folder`, which goes with the explorer. Where they are `quiet`, what a
    library prints of its own accord, which may be of what a visitor has sent, goes nowhere.
    """

    count: int
    setting: tuple[Any, ...] = ()
    nice: int = 0
    folder: Path | None = None
    quiet: bool = True
    _idle: asyncio.Queue[_Worker | None] = field(default_factory=asyncio.Queue)
    """Those that have nothing to do, and a place for each that could not be started."""
    _all: list[_Worker] = field(default_factory=list)
    _keeper: asyncio.Task[None] | None = None
    _over: bool = False

    def start(self) -> None:
        """Start the processes, in a running loop. Raises OSError where the machine has no room for them."""
        for _ in range(self.count):
            self._idle.put_nowait(self._made())
        self._keeper = asyncio.get_running_loop().create_task(self._refreshed())

    def end(self) -> None:
        """End the processes; from now on none takes the place of another."""
        self._over = True
        if self._keeper is not None:
            self._keeper.cancel()
        for worker in list(self._all):
            self._end_one(worker)

    @property
    def idle(self) -> int:
        """How many have nothing to do."""
        return self._idle.qsize()

    async def _refreshed(self) -> None:
        """From time to time replace those that have answered and are asked nothing any more."""
        while True:
            await asyncio.sleep(REST)
            for _ in range(self._idle.qsize()):
                worker = self._idle.get_nowait()
                if worker is None or (worker.asked is not None and time.monotonic() - worker.asked >= REST):
                    worker = self._another(worker)
                self._idle.put_nowait(worker)

    def _made(self) -> _Worker:
        """A new process. Raises OSError where the machine has no room for one."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([PRELOADED])
        scratch = tempfile.mkdtemp(prefix="trialplan-explore-", dir=self.folder)  # it goes with the process
        with ExitStack() as undone:
            undone.callback(shutil.rmtree, scratch, ignore_errors=True)
            ours, theirs = map(undone.enter_context, context.Pipe())
            watched, life = map(undone.enter_context, context.Pipe(duplex=False))
            of = (theirs, watched, scratch, self.setting, self.nice, self.quiet)
            process = context.Process(target=_serve, args=of, daemon=True)
            try:
                process.start()
            except EOFError:  # the process from which it is forked has ended at it
                raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN)) from None
            undone.pop_all()
        theirs.close()
        watched.close()
        worker = _Worker(process, ours, life, scratch)
        self._all.append(worker)
        return worker

    async def ask(
        self,
        task: str,
        *of: Any,
        seconds: float,
        gone: Callable[[], Awaitable[bool]] | None = None,
        told: Callable[[str, int, int | None], None] | None = None,
    ) -> Any:
        """What a task gives, in so many seconds of a processor, whatever else the machine has to do.

        `gone` says whether nobody waits any more, and `told` hears how far it is. Raises TooLong, GivenUp, or Refused
        with the sentence.
        """
        worker = await _unless_gone(self._idle.get(), gone)
        done = False
        try:
            if worker is None or not worker.process.is_alive():  # ended by the machine, for its memory
                worker = self._replaced(worker)
            kind, content = await self._answer(worker, (task, of), seconds, gone, told)
            if kind == _UNHEARD:  # it had ended before, which the system is late to tell
                worker = self._replaced(worker)
                kind, content = await self._answer(worker, (task, of), seconds, gone, told)
            done = kind not in (_UNHEARD, _LOST)
            worker.asked = time.monotonic()
        except OSError as why:
            raise Refused(of_the_machine(why)) from None
        finally:
            self._idle.put_nowait(worker if done else self._another(worker))
        if kind != "done":
            raise Refused(content)
        return content

    async def _answer(
        self, worker: _Worker, question: tuple[Any, ...], seconds: float, gone: Any, told: Any
    ) -> tuple[str, Any]:
        """The kind of the answer and what it says; a process that ends had the question in hand, or never heard it."""
        loop, ended = asyncio.get_running_loop(), _UNHEARD
        try:
            worker.pipe.send(question)
        except OSError:
            return ended, _TOO_MUCH
        until = _seconds(worker) + seconds
        while True:
            ready = loop.create_future()
            loop.add_reader(worker.pipe.fileno(), _settle, ready)
            try:
                while not (await asyncio.wait({ready}, timeout=_LOOK))[0]:
                    if gone is not None and await gone():
                        raise GivenUp
                    if _seconds(worker) > until:
                        raise TooLong
                kind, content = worker.pipe.recv()
            except (EOFError, OSError):
                return ended, _TOO_MUCH
            finally:
                loop.remove_reader(worker.pipe.fileno())
            ended = _LOST
            if kind in ("done", "refused"):
                return kind, content
            if kind == "news" and told is not None:
                told(*content)

    def _another(self, worker: _Worker | None) -> _Worker | None:
        """Another process in the place of one, or the empty place, where none can be started just now."""
        with suppress(OSError):
            return self._replaced(worker)
        return None

    def _replaced(self, worker: _Worker | None) -> _Worker:
        """Another process in the place of one, which is ended. Raises OSError where none can be started."""
        if worker is not None:
            self._end_one(worker)
        if self._over:
            raise OSError(errno.ESHUTDOWN, "the explorer has ended")
        return self._made()

    def _end_one(self, worker: _Worker) -> None:
        if worker in self._all:
            self._all.remove(worker)
            worker.process.kill()
            worker.pipe.close()
            worker.life.close()
            shutil.rmtree(worker.scratch, ignore_errors=True)


def _seconds(worker: _Worker) -> float:
    """Seconds of a processor that a process has had; where the system has no such clock, seconds that have passed."""
    try:
        # the clock of another process: clock_getcpuclockid(3), as Linux makes its number
        return time.clock_gettime((~worker.process.pid << 3) | 2)
    except OSError:
        return time.monotonic()


def _settle(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


async def _unless_gone(awaited: Awaitable[Any], gone: Callable[[], Awaitable[bool]] | None) -> Any:
    """What is awaited, looked after from time to time whether anybody still waits."""
    waiting = asyncio.ensure_future(awaited)
    try:
        while True:
            done, _ = await asyncio.wait({waiting}, timeout=_LOOK if gone else None)
            if done:
                return waiting.result()
            if gone is not None and await gone():
                raise GivenUp
    finally:
        if not waiting.done():
            waiting.cancel()


# ---------------------------------------------------------------- in the process


def _serve(
    pipe: Connection, watched: Connection, scratch: str, setting: tuple[Any, ...], nice: int, quiet: bool
) -> None:
    """Answer until the starter ends."""
    from trialplan.web.preloaded import TASKS

    tempfile.tempdir = scratch
    if quiet:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
    threading.Thread(target=_end_with, args=(watched,), daemon=True).start()
    if nice:
        os.nice(nice)
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    while True:
        try:
            task, of = pipe.recv()
        except (EOFError, OSError):
            return
        with suppress(OSError):
            pipe.send(("heard", None))
        with progress.watched(_reporter(pipe)):
            answer = _answered(TASKS[task], setting, of)
        with suppress(OSError):
            pipe.send(answer)


def _answered(task: Callable[..., Any], setting: tuple[Any, ...], of: tuple[Any, ...]) -> tuple[str, Any]:
    try:
        return "done", task(*setting, *of)
    except TrialplanError as why:
        return "refused", told(why)
    except MemoryError:
        return "refused", OUT_OF_MEMORY
    except OSError as why:
        return "refused", of_the_machine(why)
    except Exception as why:  # of what a visitor typed or opened nothing may be logged, so nothing of it is told here
        return "refused", f"it cannot be computed ({type(why).__name__}); please report how you came here"


def _reporter(pipe: Connection) -> progress.Watcher:
    """Tells how far work is, now and then."""
    last = [0.0]

    def report(what: str, done: int, total: int | None) -> None:
        if time.monotonic() - last[0] > _NEWS:
            last[0] = time.monotonic()
            with suppress(OSError):
                pipe.send(("news", (what, done, total)))

    return report


def _end_with(watched: Connection) -> None:
    """End as soon as the other end of the pipe is closed, which happens at the latest when its holder ends."""
    with suppress(EOFError, OSError):
        watched.recv()
    os._exit(0)
