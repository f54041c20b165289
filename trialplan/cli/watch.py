"""Work that takes long is announced: one line on stderr, with how far it is and how long it may yet take."""

from __future__ import annotations

import math
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from trialplan import progress

AFTER = 2.0
"""Seconds after which somebody who hears nothing thinks that a program hangs."""

_SURE = 0.02
"""Share of the work from which the time that it took tells how long the rest will take."""


class _Watch:
    """What is known of the work, and whether it has been announced."""

    def __init__(self) -> None:
        self.begun, self.news, self.announced = time.monotonic(), ("", 0, None), False
        self.shown_otherwise = self.late = False

    def told(self, what: str, done: int, total: int | None) -> None:
        """Remember how far it is; who was told of work and not of how far it is hears it now."""
        self.news = (what, done, total)  # type: ignore[assignment]
        if self.late and total is not None and _SURE * total <= done < total:
            self.late = False
            self._say()

    def announce(self, *_: Any) -> None:
        """Say that the work goes on, once, unless a bar shows it; where no step is known, once more when one is."""
        if self.announced or self.shown_otherwise:
            return
        self.announced, self.late = True, not self.news[0]
        self._say()

    def _say(self) -> None:
        with suppress(OSError, RuntimeError, ValueError):  # a stream that is closed, or is being written to just now
            sys.stderr.write(f"trialplan: at work: {self._how_far()}; Ctrl-C ends it\n")
            sys.stderr.flush()

    def _how_far(self) -> str:
        what, done, total = self.news
        if not what:
            return "how long it will take is not known yet"
        if total is None or done < _SURE * total:
            return f"{what}, {done:,}{'' if total is None else f' of {total:,}'} so far"
        left = (time.monotonic() - self.begun) * (total - done) / done
        return f"{what}, {done:,} of {total:,} are done, about {_duration(left)} left"


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{math.ceil(seconds)} s"
    return f"{math.ceil(seconds / 60)} min" if seconds < 100 * 60 else f"{seconds / 3600:.1f} h"


_current: list[_Watch] = []


@contextmanager
def announced() -> Iterator[None]:
    """Within it, work that takes longer than `AFTER` is announced on stderr, whether somebody sits there or not.

    By the alarm of the main thread, which needs no other thread; where there is none, long work goes unannounced.
    """
    ours = threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")
    if not ours or signal.getsignal(signal.SIGALRM) is not signal.SIG_DFL:
        yield
        return
    watch = _Watch()
    _current.append(watch)
    signal.signal(signal.SIGALRM, watch.announce)
    signal.setitimer(signal.ITIMER_REAL, AFTER)
    try:
        with progress.watched(watch.told):
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        _current.remove(watch)


def shown_otherwise() -> None:
    """A bar shows how far the work is: no line is needed."""
    for watch in _current:
        watch.shown_otherwise = True
