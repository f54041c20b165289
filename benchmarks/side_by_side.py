"""How the pages of benchmarks measure: contestants take turns, round by round, in one run.

Every script beside this one takes the same options:

    --quick             two rounds of everything, to see that it runs; writes nothing
    --r-library DIR     a library of R packages that comes before R's own (R_LIBS does the same)
    --rounds N          at most N rounds of everything, on a machine that is slow
    --cpu               processor time instead of the clock's, for a machine that others use; writes nothing

The first round is a warm-up and not counted. Then each contestant is asked once a round, so that a machine that grows
slower does so for all of them; a ratio is the median of the ratios within rounds. Each is asked something new every
time, so that nothing is remembered. What is not installed is skipped, with its name.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
R_PACKAGES = (
    "rpact",
    "gsDesign",
    "Exact",
    "clinfun",
    "lrstat",
    "metafor",
    "PowerTOST",
    "mvtnorm",
    "graphicalMCP",
)
TARGET = 0.8
PYTHON_PACKAGES = ("numpy", "scipy", "statsmodels")


def _options() -> argparse.Namespace:
    """The options that every page has; what else stands on the line is the page's own."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--r-library", default="")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--cpu", action="store_true")
    return parser.parse_known_args()[0]


OPTIONS = _options()
QUICK = OPTIONS.quick
CPU = OPTIONS.cpu
ROUNDS = OPTIONS.rounds
R_LIBRARIES = os.pathsep.join(part for part in (OPTIONS.r_library, os.environ.get("R_LIBS", "")) if part)
# A user's Python keeps its bytecode; a developer's may be told not to, and would compile everything at each start.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
ENVIRONMENT["R_LIBS"] = R_LIBRARIES


@dataclass
class Contestant:
    """One program that is asked the question; `once` gives the seconds of one round and what it answered."""

    name: str
    once: Callable[[int], tuple[float, str]] | None = None
    rounds: int = 11
    note: str = ""
    ours: bool = False
    skipped: str = ""
    answer: str = ""
    seconds: list[float] = field(default_factory=list)

    def ask(self, turn: int) -> None:
        """One round; the first, round 0, warms up and is not counted."""
        if self.once is None or self.skipped or turn > (2 if QUICK else min(self.rounds, ROUNDS)):
            return
        try:
            seconds, self.answer = self.once(turn)
        except RuntimeError as error:
            self.skipped = str(error)
            return
        if turn:
            self.seconds.append(seconds)


@dataclass
class Goal:
    """What the first contestant should reach: so many times as fast as another, or so many seconds."""

    peer: str = ""
    times: float = 0.0
    seconds: float = 0.0


@dataclass
class Contest:
    """One question put to several programs, ours first."""

    title: str
    question: str
    contestants: list[Contestant]
    goal: Goal | None = None
    after: str = ""

    def measure(self) -> Contest:
        """Everyone in turn, round after round."""
        for turn in range(1 + max(one.rounds for one in self.contestants)):
            for one in self.contestants:
                one.ask(turn)
        return self

    def ratios(self, other: Contestant) -> list[float]:
        """How many times as long as the first the other took, in each round that both ran."""
        return [theirs / ours for theirs, ours in zip(other.seconds, self.contestants[0].seconds, strict=False)]


def another_level(number: int) -> float:
    """A two-sided level that has not been asked for, so that nothing is remembered."""
    return 0.05 - 1e-10 * number


def now() -> float:
    """Seconds by the clock, or processor seconds of this process."""
    return time.process_time() if CPU else time.perf_counter()


def now_for_children() -> float:
    """Seconds by the clock, or processor seconds of the processes that this one has seen end."""
    if not CPU:
        return time.perf_counter()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def in_python(
    name: str,
    call: Callable[[int], Any],
    *,
    times: int = 1,
    scale: float = 1.0,
    rounds: int = 11,
    note: str = "",
    ours: bool = False,
) -> Contestant:
    """A call in this process, `times` times a round, each with a number of its own; scaled where it is only a part."""

    def once(turn: int) -> tuple[float, str]:
        answer = None
        start = now()
        for number in range(turn * times, turn * times + times):
            answer = call(number)
        seconds = now() - start
        return scale * seconds / times, "" if answer is None else str(answer)

    return Contestant(name, once, rounds, note, ours)


def from_python(package: str, make: Callable[[], Contestant]) -> Contestant:
    """A contestant that needs a Python package, its version in its name; skipped where it is not installed."""
    if not importlib.util.find_spec(package):
        return Contestant(package, skipped="not installed")
    made = make()
    made.name = made.name.replace(package, f"{package} {importlib.metadata.version(package)}", 1)
    return made


def process(name: str, command: list[str], rounds: int = 9, note: str = "", ours: bool = False) -> Contestant:
    """A whole process, from start to exit; it answers with the first word that it prints."""

    def once(_: int) -> tuple[float, str]:
        start = now_for_children()
        ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=ENVIRONMENT)
        seconds = now_for_children() - start
        if ran.returncode:
            raise RuntimeError(_last_line(ran.stderr))
        return seconds, ran.stdout.split()[0]

    return Contestant(name, once, rounds, note, ours)


def r_process(package: str, program: str, note: str = "") -> Contestant:
    """A whole process of Rscript; the program prints its answer first."""
    name, missing = _named(package, "Rscript, stats alone" if package == "stats" else f"Rscript with {package}")
    load = "" if package == "stats" else f"suppressMessages(library({package})); "
    return Contestant(name, skipped=missing) if missing else process(name, ["Rscript", "-e", load + program], note=note)


def in_r(
    package: str,
    call: str,
    answer: str = "",
    *,
    setup: str = "",
    times: int = 1,
    scale: float = 1.0,
    rounds: int = 11,
    note: str = "",
    title: str = "",
) -> Contestant:
    """A call in an R process that stays, `times` times a round; `i` counts the calls, `x` is what the last gave."""
    name, missing = _named(package, title or package)
    if missing:
        return Contestant(name, skipped=missing)
    clock = "sum(proc.time()[1:2])" if CPU else "as.numeric(Sys.time())"
    program = _SESSION.format(package=package, setup=setup, call=call, times=times, answer=answer or "''", now=clock)
    session = _Session(program)

    def once(_: int) -> tuple[float, str]:
        seconds, _, said = session.ask().partition(" ")
        return scale * float(seconds), said

    return Contestant(name, once, rounds, note)


# Sys.time() counts finer than system.time(), which has milliseconds; the processor's time has no more.
_SESSION = """
suppressMessages(library({package}))
{setup}
f <- function(i) {call}
now <- function() {now}
i <- 0
input <- file("stdin", "r")
while (length(readLines(input, 1))) {{
  start <- now()
  for (.turn in 1:{times}) {{ i <- i + 1; x <- f(i) }}
  seconds <- (now() - start) / {times}
  cat(format(seconds, digits = 15), paste(format({answer}), collapse = " "), "\\n")
  flush(stdout())
}}
"""


class _Session:
    """An R process, started at the first question, that times a call whenever it is sent a line."""

    def __init__(self, program: str) -> None:
        self.program = program
        self.folder = tempfile.TemporaryDirectory()
        self.errors = Path(self.folder.name) / "errors.txt"
        self.running: subprocess.Popen[str] | None = None

    def ask(self) -> str:
        """What it prints: seconds, then the answer."""
        if self.running is None:
            self.running = self._start()
        assert self.running.stdin
        assert self.running.stdout
        self.running.stdin.write("\n")
        self.running.stdin.flush()
        said = self.running.stdout.readline().strip()
        if not said:
            raise RuntimeError(f"it stopped: {_last_line(self.errors.read_text(encoding='utf-8'))}")
        return said

    def _start(self) -> subprocess.Popen[str]:
        # The program is a file, so that its standard input is free for the questions.
        script = Path(self.folder.name) / "session.R"
        script.write_text(self.program, encoding="utf-8")
        with self.errors.open("w") as errors:
            return subprocess.Popen(
                ["Rscript", str(script)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=ENVIRONMENT,
            )


def _last_line(text: str) -> str:
    """The last line that says something; R ends with lines that do not."""
    lines = [line.strip() for line in text.splitlines() if not line.startswith(("Calls:", "Execution halted"))]
    return next((line for line in reversed(lines) if line), "it said nothing")


def _named(package: str, name: str) -> tuple[str, str]:
    """A contestant's name with the version of the R package, and why it is skipped, if it is."""
    versions = r_versions()
    if package not in versions:
        return name, f"R's package {package} is not installed" if versions else "R is not installed"
    said = "R " + versions["stats"] if package == "stats" else f"{package} {versions[package]}"
    return name.replace(package, said, 1), ""


@lru_cache(maxsize=1)
def r_versions() -> dict[str, str]:
    """The versions of the packages that R has among those that are asked, `stats` bearing R's own; empty without R."""
    if not shutil.which("Rscript"):
        return {}
    program = (
        f"for (p in c({', '.join(map(repr, ('stats', *R_PACKAGES)))})) "
        "cat(p, tryCatch(as.character(packageVersion(p)), error=function(e) ''), '\\n')"
    )
    ran = subprocess.run(["Rscript", "-e", program], capture_output=True, text=True, check=True, env=ENVIRONMENT)
    return dict(line.split() for line in ran.stdout.splitlines() if len(line.split()) == 2)
