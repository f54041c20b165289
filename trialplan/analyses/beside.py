"""One more process on one more core, for a while: what will be asked for later is begun there, what cannot be, here."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from contextvars import ContextVar
from typing import ParamSpec, TypeVar

from trialplan.analyses.executors import Processes
from trialplan.errors import TrialplanError

P = ParamSpec("P")
T = TypeVar("T")

_BESIDE: ContextVar[futures.Executor | None] = ContextVar("_BESIDE", default=None)


@contextmanager
def beside(prepare: Callable[[], None]) -> Iterator[None]:
    """A process that begins with `prepare`, where there is a core for it and this may have children, until the end.

    Where one is at work beside already, that one goes on.
    """
    if _BESIDE.get() is not None or _cores() < 2 or multiprocessing.current_process().daemon:
        yield
        return
    with Processes(1).pool(1) as pool:
        pool.submit(prepare)
        token = _BESIDE.set(pool)
        try:
            yield
        finally:
            _BESIDE.reset(token)


def begun(function: Callable[P, T], *arguments: P.args, **more: P.kwargs) -> Callable[[], T]:
    """What gives what the function gives: from now on it is computed beside, or else here, when that is asked for."""
    pool = _BESIDE.get()
    if pool is None:
        return lambda: function(*arguments, **more)
    try:
        future = pool.submit(function, *arguments, **more)
    except RuntimeError:  # its process has died
        return lambda: function(*arguments, **more)

    def result() -> T:
        try:
            return future.result()
        except TrialplanError:
            raise
        except Exception:  # it died, or cannot be told what a script defines: here it goes, or says why not
            return function(*arguments, **more)

    return result


def _cores() -> int:
    """The cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
