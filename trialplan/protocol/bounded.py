"""Limits of time and memory on what somebody else's file asks for: it runs in a process that is ended beyond them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

try:
    import resource
except ImportError:  # not a Unix: memory has no bound there but the machine's
    resource = None  # type: ignore[assignment]

from trialplan.analyses.children import spawning
from trialplan.analyses.executors import end_with_the_starter
from trialplan.errors import FileError, ParameterError, TrialplanError

PATIENCE = 300.0
"""Seconds that a check may take."""

LONGEST = 1e6
"""Eleven days: more than that is no limit."""

MEMORY = 4 * 2**30
"""Bytes of data that it may hold; the monitored plan takes 0.3 GB in all five formats."""

_TOO_LARGE = "it needs more memory than there is, or cannot be computed"


def check_patience(patience: float) -> None:
    """Raise unless it is a limit."""
    if not 0 < patience <= LONGEST:  # nan too
        reason = f"must be seconds above 0, at most {LONGEST:,.0f}, not {patience:g}"
        raise ParameterError(reason, owner="bounded", parameter="patience", value=patience)


def bounded(function: Callable[..., Any], *arguments: Any, patience: float = PATIENCE) -> Any:
    """What a function of a module gives, or the sentence that says why there is nothing within the time."""
    context = spawning()
    ours, theirs = context.Pipe()
    child = context.Process(target=_run, args=(theirs,))
    child.start()
    theirs.close()  # the process holds the only other one, so that its end is seen
    try:
        # not among the process's arguments: multiprocessing waits for ever to hand many bytes to one that died of them
        ours.send((function, arguments))
        if not ours.poll(patience):
            raise FileError(f"it takes more than {patience:g} seconds to compute; give it more with --patience")
        found = ours.recv()
    except (EOFError, ConnectionError):
        raise FileError(_TOO_LARGE) from None
    finally:
        _end(child)
        ours.close()
    if isinstance(found, Exception):
        raise found
    return found


def _run(starter: Connection) -> None:
    """In the process: what the function gives is sent, or the sentence that says why there is nothing."""
    if hasattr(os, "setpgrp"):
        os.setpgrp()
    end_with_the_starter()
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    answer: Any
    try:
        function, arguments = starter.recv()
        answer = function(*arguments)
    except TrialplanError as why:
        answer = why
    except MemoryError:
        answer = FileError(_TOO_LARGE)
    except Exception as why:  # a file that is made to break the program gets its sentence, too
        said = " ".join(str(why).split())[:200]
        answer = FileError(f"it cannot be computed ({type(why).__name__}: {said})")
    starter.send(answer)


def _end(child: Any) -> None:
    """End the process and what it has started, which share a group."""
    if child.is_alive() and child.pid is not None:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except (AttributeError, OSError):  # no groups on this system, or not formed yet
            child.kill()
    child.join()
