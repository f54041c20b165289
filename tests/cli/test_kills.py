"""However a run is ended: no process is left, no file is half-written, and a resumed one gives the same bytes."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import trialplan

SEED = random.randrange(10**6)
"""Drawn anew each time; it stands in the message of what fails."""

OURS = re.compile(re.escape(f"{Path(trialplan.__file__).parent}{os.sep}".encode()) + rb'(\S+)", line \d+, in (\S+)')
"""A place in the program that a traceback goes through."""

STARTED = {(b"__init__.py", b"<module>"), (b"__main__.py", b"<module>")}
"""Where Ctrl-C is still Python's: the first lines that it reads."""

KILLS = 20
"""In each of the cases; 200 in all."""

GRID = "scenarios two-proportions --vary control=0.1,0.2 --vary treatment=0.5:0.8:0.02 --test fisher -o out.csv"
RUNS = {
    "protocol": ("protocol cerebral-vasospasm -o out.md -o out.html --force", 8.0),
    "grid": (GRID, 3.0),
    "workers": (f"{GRID} --workers 2", 5.0),
}
"""The words, and the seconds within which it is killed."""


def started(words, cwd):
    """In a session of its own, by which its processes are found again."""
    command = [sys.executable, "-m", "trialplan", *words.split()]
    return subprocess.Popen(command, cwd=cwd, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def alive(session):
    """The processes of a session that have not ended."""
    seen = subprocess.run(["ps", "-e", "-o", "sess=,pid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = (line.split() for line in seen.splitlines())
    return [pid for sess, pid, state in rows if sess == str(session) and not state.startswith("Z")]


def ended(words, cwd, how, after):
    """The run, ended by a signal after so many seconds; it leaves no process."""
    run = started(words, cwd)
    time.sleep(after)
    run.send_signal(how)
    _, told = run.communicate(timeout=60)
    for _ in range(100):
        if not alive(run.pid):
            break
        time.sleep(0.05)
    assert not alive(run.pid), (SEED, words, how, after)
    # what is ended while Python itself still starts is told in Python's words, before a line of ours has run
    assert b"Traceback" not in told or {*OURS.findall(told)} <= STARTED, (SEED, told)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """What each run writes when it is left alone."""
    whole = {}
    for name, (words, _) in RUNS.items():
        folder = tmp_path_factory.mktemp(name)
        run = started(words, folder)
        run.communicate(timeout=120)
        assert run.returncode == 0
        whole[name] = {path.name: path.read_bytes() for path in folder.iterdir()}
    return whole


CASES = [(name, how) for name in RUNS for how in ("SIGTERM", "SIGKILL", "SIGINT")] + [("workers", "all")]


@pytest.mark.sweep
@pytest.mark.parametrize(("name", "how"), CASES)
def test_a_run_that_is_ended(name, how, tmp_path, undisturbed):
    """At a random moment, and for a grid again and again until it is done."""
    words, seconds = RUNS[name]
    rng = random.Random(f"{SEED} {name} {how}")
    for number in range(KILLS):
        kind = how if how != "all" else rng.choice(("SIGTERM", "SIGKILL", "SIGINT"))
        resumed = f"{words} --resume" if (tmp_path / "out.csv.partial").exists() else words
        ended(resumed, tmp_path, getattr(signal, kind), rng.uniform(0, seconds))
        left = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        for file, content in undisturbed[name].items():
            assert left.get(file, content) == content, (SEED, number, file)
        if set(left) >= set(undisturbed[name]):  # done in the end: from the beginning again
            for path in tmp_path.iterdir():
                path.unlink()
    if (tmp_path / "out.csv.partial").exists():
        run = started(f"{words} --resume", tmp_path)
        run.communicate(timeout=120)
        assert (tmp_path / "out.csv").read_bytes() == undisturbed[name]["out.csv"], SEED
        assert sorted(os.listdir(tmp_path)) == ["out.csv"], SEED
