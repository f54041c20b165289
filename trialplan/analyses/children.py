"""Processes that know nothing of the script that asked for them, so that it needs no guard around its calls.

A process of multiprocessing reads the main script again, from the top, to know what that defines. What trialplan
computes it defines itself; only where a task names something of the script, such as a user's own design, is it read.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import spawn
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any

from trialplan.errors import TrialplanError

GUARD = 'if __name__ == "__main__":'

_MAIN = ("init_main_from_name", "init_main_from_path")
"""What tells a new process which script to read again: multiprocessing.spawn.get_preparation_data."""

_ONE_AT_A_TIME = threading.Lock()


class _Process(SpawnProcess):
    """A process that is started without the main script."""

    @staticmethod
    def _Popen(process_obj: Any) -> Any:  # noqa: N802 - the name that multiprocessing calls
        with _without_main():
            return SpawnProcess._Popen(process_obj)


class _Context(SpawnContext):
    """The spawn context, with processes that are started without the main script."""

    Process = _Process


def spawning(main: bool = False) -> SpawnContext:
    """The context that processes are started by; with `main` they read the main script, as multiprocessing has it."""
    return multiprocessing.get_context("spawn") if main else _Context()


def names_main(*parts: Any) -> bool:
    """Whether what is handed to a process names something that only the main script defines."""
    try:
        named = b"__main__" in pickle.dumps(parts)
    except (pickle.PicklingError, AttributeError, TypeError) as why:  # all three are raised by pickle
        reason = " ".join(str(why).split())
        raise TrialplanError(
            f"what is computed cannot be handed to other processes ({reason}); leave workers out"
        ) from None
    if named and not _can_be_read(sys.modules["__main__"]):
        raise TrialplanError(
            "other processes cannot see what is defined in an interactive session; define it in a module and import "
            "it, or leave workers out"
        )
    return named


def _can_be_read(main: Any) -> bool:
    return main.__spec__ is not None or os.path.isfile(getattr(main, "__file__", None) or "")


@contextmanager
def _without_main() -> Iterator[None]:
    """While this thread starts a process, it is told of no main script; other threads' processes are as ever."""
    thread = threading.get_ident()
    with _ONE_AT_A_TIME:
        told = spawn.get_preparation_data

        def without(name: str) -> dict[str, Any]:
            data: dict[str, Any] = dict(told(name))
            return data if threading.get_ident() != thread else {key: data[key] for key in data if key not in _MAIN}

        spawn.get_preparation_data = without
        try:
            yield
        finally:
            spawn.get_preparation_data = told
