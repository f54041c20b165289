"""What all tests share: the program as at a terminal, what is made once, a tenth of the sweeps, the closing line.

The closing line says what was left out, and why.
"""

from __future__ import annotations

import functools
import gc
import math
import os
import pickle
import random
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

# Before numpy is imported: each worker has a core to itself, and a second thread of BLAS would wait on another's.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

HEEDED, IGNORED = "SIG_DFL", "SIG_IGN"
PROGRAM = """
import os, signal, sys
signal.signal(signal.SIGINT, getattr(signal, sys.argv[1]))
os.execv(sys.executable, [sys.executable, "-m", "trialplan", *sys.argv[2:]])
"""


class Started(subprocess.Popen):
    """The program, running.

    What a shell starts in the background ignores Ctrl-C, and so does all that it starts in turn: without a word on it
    the tests of Ctrl-C would depend on how the tests themselves were started.
    """

    def __init__(self, *typed, ctrl_c, **more):
        command = [sys.executable, "-c", PROGRAM, ctrl_c, *map(str, typed)]
        super().__init__(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)

    def children(self):
        """The processes that it has started; none where the system does not list them."""
        listed = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(one) for one in listed.read_text().split()] if listed.exists() else []


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """What runs in this process is never announced as long, however slow the machine is."""
    monkeypatch.setattr("trialplan.cli.watch.AFTER", 3600.0)


@pytest.fixture
def start():
    """Starts the program with what is typed after its name; what still runs after the test is ended."""
    running = []

    def started(*typed, in_background=False, **more):
        running.append(Started(*typed, ctrl_c=IGNORED if in_background else HEEDED, **more))
        return running[-1]

    yield started
    for process in running:
        process.kill()
        with process:
            pass


@pytest.fixture
def alive():
    """Those of some processes that still run after a moment that they are given to end in."""

    def still(pids, moment=10.0):
        until = time.monotonic() + moment
        while (left := [pid for pid in pids if _runs(pid)]) and time.monotonic() < until:
            time.sleep(0.05)
        return left

    return still


def _runs(pid):
    """Whether it still runs: what has ended may wait, as a zombie, for somebody to ask how."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# ---------------------------------------------------------------- what is made once


@pytest.fixture(scope="session")
def once(tmp_path_factory, request):
    """Makes what costs seconds once in a session: the folder of a name, filled by whichever worker asks first."""
    shared = tmp_path_factory.getbasetemp()
    if hasattr(request.config, "workerinput"):
        shared = shared.parent

    def folder(name, fill):
        made, lock, ready = (shared / f"once-{name}{end}" for end in ("", ".lock", ".ready"))
        until = time.monotonic() + 300
        while not ready.exists():
            try:
                lock.touch(exist_ok=False)
            except FileExistsError:  # somebody else is at it; where that fails, the next one tries, and fails by itself
                assert time.monotonic() < until, f"nobody has finished {made}"
                time.sleep(0.05)
                continue
            try:
                if not ready.exists():
                    shutil.rmtree(made, ignore_errors=True)
                    made.mkdir()
                    fill(made)
                    ready.touch()
            finally:
                lock.unlink()
        return made

    return folder


class Written(dict):
    """The paths of a plan's protocol by suffix, each written when somebody asks for it."""

    def __init__(self, name, once):
        super().__init__()
        self.name, self.once = name, once

    def __missing__(self, suffix):
        from trialplan.plan import read
        from trialplan.protocol import write

        name = f"protocol{suffix}"
        folder = self.once(f"{self.name}{suffix}", lambda folder: write(read(self.name), [folder / name]))
        self[suffix] = folder / name
        return self[suffix]


@pytest.fixture(scope="session")
def protocols(once, shipped_once, drawn_once):
    """The paths of a shipped plan's protocol by suffix; each is written once, and nobody changes the files."""
    return functools.cache(lambda name: Written(name, once))


@pytest.fixture(scope="session")
def drawn_once():
    """A figure takes half a second to draw; here each worker draws it once, and in this process.

    What is written by a process of its own, as from a terminal, draws in another one beside it, as ever.
    """
    import matplotlib.figure  # noqa: F401 - a process that has it draws by itself

    from trialplan.figures import renderings
    from trialplan.protocol.formats import drawing

    known = {}

    def remembered(figure, suffixes, face):
        key = pickle.dumps((figure, suffixes, face))
        if key not in known:
            known[key] = renderings(figure, suffixes, face)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "figures", SimpleNamespace(renderings=remembered))
        yield


@pytest.fixture(scope="session")
def shipped_once():
    """What the protocol of a shipped plan says takes seconds to compute; here each worker computes it once."""
    from trialplan.files import examples
    from trialplan.protocol.content import readers

    compute, known = readers.context, {}
    shipped = {path.parent for path in examples("plan.toml").values()}

    def remembered(trial, meanwhile=lambda: None):
        folder = trial.plan.folder
        if folder not in shipped:
            return compute(trial, meanwhile)
        if folder in known:
            meanwhile()
        else:
            known[folder] = compute(trial, meanwhile)
        return known[folder]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(readers, "context", remembered)
        yield remembered


# ---------------------------------------------------------------- a tenth of the sweeps


def pytest_addoption(parser):
    """`--tenth` runs a tenth of what was asked for, drawn anew each time, and the same again with `--seed`."""
    parser.addoption("--tenth", action="store_true", help="run a tenth of the tests, drawn with --seed")
    parser.addoption("--seed", type=int, help="what --tenth draws with; without it, another one each time")


def pytest_configure(config):
    """The seed is drawn, or taken from the process that starts the workers, so that all of them draw the same tests."""
    given = getattr(config, "workerinput", {}).get("seed", config.option.seed)
    config.option.seed = random.SystemRandom().randrange(10**6) if given is None else given


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """What collecting makes stays to the end: nobody looks through it for garbage, which took a third of its time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """What a worker is told."""
    node.workerinput["seed"] = node.config.option.seed


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Of what the marks have left, a tenth stays."""
    if config.option.tenth:
        drawn = {*random.Random(config.option.seed).sample(items, math.ceil(len(items) / 10))}
        config.hook.pytest_deselected(items=[item for item in items if item not in drawn])
        items[:] = [item for item in items if item in drawn]


# ---------------------------------------------------------------- the closing line

MISSING = re.compile(r"(.+) is not installed")


def pytest_terminal_summary(terminalreporter, config):
    """One line after the tests: what was left out, and why."""
    if config.option.collectonly:
        return
    left = left_out(terminalreporter.stats.get("skipped", []))
    if config.option.markexpr == "not sweep":
        left.append("the sweeps of `make sweep`")
    if config.option.tenth:
        left.append(f"nine tests in ten, to keep it short; `--tenth --seed {config.option.seed}` draws the same tenth")
    if left:
        terminalreporter.write_line(f"left out: {'; '.join(left)}")


def left_out(reports):
    """A phrase for each reason: a program that is missing, a property that does not apply, or the test's own words."""
    programs, properties, others = Counter(), 0, Counter()
    for report in reports:
        why = report.longrepr[2].removeprefix("Skipped: ")
        if missing := MISSING.fullmatch(why):
            programs[missing[1]] += 1
        elif report.nodeid.startswith("tests/conformance/"):
            properties += 1
        else:
            others[why] += 1
    phrases = [f"{_counted(n, 'test')} for want of {name}" for name, n in programs.most_common()]
    phrases += [f"{_counted(n, 'test')} ({why})" for why, n in others.most_common()]
    if properties:
        phrases.append(f"{_counted(properties, 'combination')} to which a property does not apply")
    return phrases


def _counted(number, noun):
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
