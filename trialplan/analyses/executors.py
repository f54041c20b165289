"""Where tasks run: one after the other, in processes of this machine, or on a dask cluster.

    Serial()                    in this process
    Processes(4)                in four processes of this machine
    Cluster("tcp://host:8786")  on the workers of a dask scheduler

Each is an Executor: `run` hands over (index, result) as tasks are done, in whatever order that is. What a task
gives depends on the task alone, never on where or when it ran: tasks that draw at random carry their own seed.
"""

from __future__ import annotations

import ctypes
import logging
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from trialplan.errors import ParameterError, TrialplanError, require

_AHEAD = 3
"""Tasks handed out for each worker: enough that none waits, few enough that results do not pile up."""

MOST_WORKERS = 1024
"""Processes of one machine at most: few machines have as many processors, and each process takes some 80 MB."""

_WHILE = 7.0
"""Seconds without a result after which it is asked whether one can come; two of these in a row are told within 20."""

_PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that a process gets when the thread that started it ends."""

_LOSSES = 3
"""How often workers may die before it is believed that a task kills them."""


class Executor(Protocol):
    """Runs independent tasks."""

    def run(self, function: Callable[[Any], Any], tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        """(index, function(tasks[index])) for every task, as each is done; closing it abandons the rest."""
        ...


def executor(workers: int | None = None, scheduler: str | None = None) -> Executor:
    """The one that `--workers` or `--scheduler` asks for; neither is serial."""
    if workers is not None and scheduler is not None:
        raise ParameterError("workers and scheduler are both given; a cluster has its own workers: keep one")
    if scheduler is not None:
        return Cluster(scheduler)
    return Serial() if workers is None or workers == 1 else Processes(workers)


def wrong_workers(workers: Any) -> str:
    """What is wrong with a number of processes; empty where it is one."""
    if isinstance(workers, int) and not isinstance(workers, bool) and 1 <= workers <= MOST_WORKERS:
        return ""
    return f"must be a whole number from 1 to {MOST_WORKERS:,}, not {workers}"


@dataclass(frozen=True)
class Serial:
    """One task after the other, in this process."""

    def run(self, function: Callable[[Any], Any], tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        """In the order of the tasks."""
        yield from enumerate(map(function, tasks))


@dataclass(frozen=True)
class Processes:
    """Processes of this machine; tasks whose worker dies are given to new workers."""

    workers: int

    def __post_init__(self) -> None:
        """Refuse a number that cannot be."""
        if reason := wrong_workers(self.workers):
            raise ParameterError(reason, parameter="workers", value=self.workers)

    def run(self, function: Callable[[Any], Any], tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        """As they are done; what a lost worker had is run again."""
        from trialplan.analyses.children import GUARD, names_main

        left, losses = dict.fromkeys(range(len(tasks))), 0
        main = names_main(function, *tasks[:1])
        while left:
            try:
                with self.pool(len(left), main) as pool:
                    for index, result in _windowed(pool, function, tasks, list(left), self.workers * _AHEAD):
                        del left[index]
                        yield index, result
            except futures.BrokenExecutor:
                losses += 1
                if losses >= _LOSSES:
                    why = (
                        "they read the script again for what it defines, so its calls must stand below "
                        f"`{GUARD}`, or what it defines in a module of its own"
                        if main
                        else "a task may need more memory than there is; use fewer workers"
                    )
                    raise TrialplanError(f"worker processes died {losses} times: {why}") from None

    @contextmanager
    def pool(self, tasks: int, main: bool = False) -> Iterator[futures.Executor]:
        """Fresh processes, no more than tasks; they leave Ctrl-C to us, and are stopped when we are left."""
        from trialplan.analyses.children import spawning

        pool = futures.ProcessPoolExecutor(min(self.workers, tasks), mp_context=spawning(main), initializer=_serve)
        try:
            yield pool
        except BaseException:
            processes: Mapping[int, Any] = dict(getattr(pool, "_processes", None) or {})
            pool.shutdown(wait=False, cancel_futures=True)  # the pool complains of what others cancelled
            for process in processes.values():
                process.terminate()
            raise
        pool.shutdown()


_ADDRESS = re.compile(
    r"(?P<inside>inproc://[^/\s]+/\d+/\d+)|((tcp|tls|ws|wss|ucx)://)?(\[[0-9a-fA-F:.%\w]+\]|[^\s/:\[\]]+):(?P<port>\d{1,5})"
)
"""The addresses of dask's documentation: a protocol, if any, with host and port, or a scheduler of this process."""


@dataclass(frozen=True)
class Cluster:
    """The workers of a dask cluster, which itself runs again what a lost worker had."""

    scheduler: str

    def __post_init__(self) -> None:
        """Refuse what is no address: a client that is given one is left half made, and complains when it ends."""
        found = _ADDRESS.fullmatch(self.scheduler) if isinstance(self.scheduler, str) else None
        if found is None or not (found["inside"] or 0 < int(found["port"]) < 65_536):
            reason = f"must be the address of a dask scheduler, as in tcp://10.0.0.1:8786, not {self.scheduler!r}"
            raise ParameterError(reason, parameter="scheduler", value=self.scheduler)

    def run(self, function: Callable[[Any], Any], tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        """As they are done."""
        distributed: Any = require("distributed", "cluster", "a dask cluster")
        lost = (distributed.KilledWorker, distributed.comm.CommClosedError, futures.CancelledError)
        try:
            client = distributed.Client(self.scheduler, timeout=10, set_as_default=False)
        except (OSError, ValueError) as why:
            reason = " ".join(str(why).split()) or type(why).__name__
            raise TrialplanError(
                f"no dask scheduler answers at {self.scheduler} ({reason}); start one with `dask scheduler`"
            ) from None
        with _quiet("distributed"), client:
            pool = client.get_executor(pure=False)
            workers = max(1, sum(client.nthreads().values()))
            try:
                indices = list(range(len(tasks)))
                yield from _windowed(pool, function, tasks, indices, workers * _AHEAD, self._has_workers(client))
            except lost as why:
                raise TrialplanError(
                    f"the cluster at {self.scheduler} gave a task up ({type(why).__name__}): its workers died, or the "
                    "scheduler is gone"
                ) from None
            finally:
                pool.shutdown(wait=False)

    def _has_workers(self, client: Any) -> Callable[[], None]:
        """What raises, when it is asked a second time in a row of a cluster without workers, that it has none."""
        without = 0

        def check() -> None:
            nonlocal without
            without = 0 if client.nthreads() else without + 1
            if without > 1:
                raise TrialplanError(
                    f"the cluster at {self.scheduler} has no workers; start one with `dask worker {self.scheduler}`"
                )

        return check


@contextmanager
def _quiet(library: str) -> Iterator[None]:
    """Without the library's log within the block: what it would tell of a loss, a sentence tells."""
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] == library]
    before = {name: logging.getLogger(name).level for name in names}
    try:
        for name in names:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


def _windowed(
    pool: futures.Executor,
    function: Callable[[Any], Any],
    tasks: Sequence[Any],
    indices: list[int],
    window: int,
    check: Callable[[], None] = lambda: None,
) -> Iterator[tuple[int, Any]]:
    """Results as they are done, with no more than `window` tasks handed out at once.

    Where none is done for a while, `check` is asked whether one can be; it raises if not.
    """
    waiting = iter(indices)
    running: dict[Any, int] = {}
    while True:
        for index in waiting:
            running[pool.submit(function, tasks[index])] = index
            if len(running) >= window:
                break
        if not running:
            return
        done, _ = futures.wait(running, timeout=_WHILE, return_when=futures.FIRST_COMPLETED)
        if not done:
            check()
        for future in done:
            yield running.pop(future), future.result()


def _serve() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_the_starter()


def end_with_the_starter() -> None:
    """In a process that another one started: end when that one is gone, even killed, instead of waiting for ever."""
    from multiprocessing import parent_process

    starter = parent_process()
    if starter is None:
        return
    if sys.platform == "linux":  # the kernel's word also reaches a process that is deep in a search for a pattern
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if not starter.is_alive():  # it went before the kernel was asked
        os._exit(1)
    threading.Thread(target=_watch, args=(starter,), daemon=True).start()


def _watch(starter: Any) -> None:
    starter.join()
    os._exit(1)
