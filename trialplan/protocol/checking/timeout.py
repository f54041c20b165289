"""A limit of time on what somebody else's file asks for: it runs in a process that is ended when it takes too long."""

from __future__ import annotations

import os
import pickle
import signal
import tempfile
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from trialplan.analyses.executors import end_with_the_starter
from trialplan.errors import FileError

PATIENCE = 300.0
"""Seconds that a check may take."""


def bounded(function: Callable[..., Any], *arguments: Any, patience: float = PATIENCE) -> Any:
    """What a function of a module gives, or the sentence that says why there is nothing within the time."""
    with tempfile.TemporaryDirectory() as folder:
        child = get_context("spawn").Process(target=_run, args=(folder, function, arguments))
        child.start()
        try:
            child.join(patience)
            late = child.is_alive()
        finally:
            _end(child)
        if late:
            raise FileError(f"it takes more than {patience:g} seconds to compute; give it more with --patience")
        answer = Path(folder) / "answer"
        if not answer.is_file():
            raise FileError("it needs more memory than there is, or cannot be computed")
        found = pickle.loads(answer.read_bytes())
    if isinstance(found, Exception):
        raise found
    return found


def _run(folder: str, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """In the process: the answer into a file."""
    if hasattr(os, "setpgrp"):
        os.setpgrp()
    end_with_the_starter()
    (Path(folder) / "answer").write_bytes(pickle.dumps(_answer(function, arguments)))


def _answer(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    from trialplan.errors import TrialplanError

    try:
        return function(*arguments)
    except TrialplanError as why:
        return FileError(str(why))
    except Exception as why:  # a file that is made to break the program gets its sentence, too
        said = " ".join(str(why).split())[:200]
        return FileError(f"it cannot be computed ({type(why).__name__}: {said})")


def _end(child: Any) -> None:
    """End the process and what it has started, which share a group."""
    if child.is_alive() and child.pid is not None:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except (AttributeError, OSError):  # no groups on this system, or not formed yet
            child.kill()
    child.join()
