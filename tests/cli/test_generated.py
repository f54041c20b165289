"""Commands and files that nobody thought of: each ends as the help says, whatever was typed.

What fails is printed with its seed and index: `generated_commands.command(seed, index)` is the command again, and
`mutated_files.mutated(seed, index)` the file with its command.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time

import click
import pytest
from generated_commands import RARELY, command, leaves
from judged_commands import Ran, bounded_memory, contents, faults, judged, prepared, report, run, workshop
from mutated_files import mutated, sources

from trialplan.cli import SERVING, root, watch
from trialplan.plan import build, read
from trialplan.protocol import render

DAILY, PORTION, PORTIONS = 60, 100, 100
"""Commands of every day; of one portion of the sweep, and its portions."""

DAILY_FILES, PORTIONS_OF_FILES = 20, 20
PROCESSES, PORTIONS_OF_PROCESSES = 25, 20

AFTER = 2.0
"""Seconds after which long work is announced where nothing is patched."""

LONGEST = 90.0
"""Seconds after which a process that has spoken is interrupted; one that has not said a word until then hangs."""


@pytest.fixture(autouse=True)
def announced(monkeypatch):
    """Long work is announced as at a terminal."""
    monkeypatch.setattr(watch, "AFTER", AFTER)


@pytest.fixture(scope="module")
def files(once, shipped_once):
    """What lies in the folder of each command, among it a protocol."""

    def written(folder):
        (folder / "protocol.md").write_text(render(build(read("starter"))), encoding="utf-8")

    return workshop((once("starter-as-text", written) / "protocol.md").read_bytes())


def failures(drawn, files, folder):
    """Of what is drawn, as pairs of a command and its own files, those that end otherwise than they should."""
    wrong = []
    with bounded_memory():
        for typed, own in drawn:
            ran, told = judged(typed.words, {**files, **own}, folder / "in" / "here")
            if told:
                wrong.append(report(typed, ran, told))
    return wrong


def commands(seed, count):
    """The first commands of a seed."""
    return [(command(seed, index), {}) for index in range(count)]


def changed_files(seed, count):
    """The first changed files of a seed, each with the command that reads it."""
    drawn = [mutated(seed, index) for index in range(count)]
    return [(each.command, {each.name: each.content}) for each in drawn]


def test_commands(files, tmp_path):
    """Every day's commands end with 0, 1 or 2, and as they should."""
    wrong = failures(commands(0, DAILY), files, tmp_path)
    assert not wrong, "\n".join(wrong)


def test_files(files, tmp_path):
    """Every day's changed plans and tables are read, or refused in a sentence."""
    wrong = failures(changed_files(0, DAILY_FILES), files, tmp_path)
    assert not wrong, "\n".join(wrong)


@pytest.mark.sweep
@pytest.mark.parametrize("seed", range(1, PORTIONS + 1))
def test_many_commands(seed, files, tmp_path):
    """A hundred commands of a seed end as they should."""
    wrong = failures(commands(seed, PORTION), files, tmp_path)
    assert not wrong, "\n".join(wrong)


@pytest.mark.sweep
@pytest.mark.parametrize("seed", range(1, PORTIONS_OF_FILES + 1))
def test_many_files(seed, files, tmp_path):
    """A hundred changed files of a seed are read, or refused in a sentence."""
    wrong = failures(changed_files(seed, PORTION), files, tmp_path)
    assert not wrong, "\n".join(wrong)


# ---------------------------------------------------------------- as processes


@pytest.mark.sweep
@pytest.mark.parametrize("seed", range(1001, 1001 + PORTIONS_OF_PROCESSES))
def test_processes(seed, files, tmp_path):
    """Commands typed at a shell, in whatever place and of whatever width, end as they should."""
    draw, wrong = random.Random(seed), []
    for index in range(PROCESSES):
        typed = command(seed, index)
        folder = prepared(tmp_path / "in" / "here", files)
        place = {"LC_ALL": draw.choice(("C", "C.UTF-8")), "COLUMNS": draw.choice(("20", "80", "200"))}
        ran = in_a_process(typed.words, folder, place)
        if told := faults(typed.words, ran, files, contents(folder), folder):
            wrong.append(report(typed, ran, told))
    assert not wrong, "\n".join(wrong)


def in_a_process(words, folder, place):
    """The command as a process of its own; one that takes long is interrupted."""
    begun = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", "trialplan", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **place},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            out, err = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            process.terminate()
            out, err = process.communicate()
    seconds = time.monotonic() - begun
    # when stderr was written is not known here, and how long it took depends on the others on the machine
    silent = seconds > LONGEST / 3 and not err
    ran = Ran(process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"), seconds)
    ran.first_word = None if silent else 0.0
    return ran


# ---------------------------------------------------------------- what is drawn


def test_every_command_can_be_drawn():
    """Every verb and every design that a verb takes is among what is drawn from."""
    context = click.Context(root)
    drawn = {(leaf.verb, leaf.subject) for leaf in leaves()}
    for verb in set(root.list_commands(context)) - set(SERVING):
        group = root.get_command(context, verb)
        subjects = group.list_commands(context) if isinstance(group, click.Group) else [None]
        assert {(verb, subject) for subject in subjects} <= drawn


def test_every_verb_is_drawn():
    """Some thousand commands hold every verb that is quick, and the same seed and index hold the same command."""
    drawn = [command(0, index) for index in range(2000)]
    assert {leaf.verb for leaf in leaves()} - {typed.verb for typed in drawn} <= {*RARELY}
    assert drawn[7] == command(0, 7)
    assert mutated(0, 7) == mutated(0, 7)


def test_every_kind_of_file_is_in_order():
    """The files from which others are made exist of every kind, and a plan of most designs is among them."""
    assert all(sources().values())
    assert len(sources()["plan.toml"]) > 8


@pytest.mark.parametrize(
    ("ran", "fault"),
    [
        (Ran(code=0, out="power  nan\n"), "printed nan"),
        (Ran(code=0, out='{"n": NaN}\n'), "printed NaN"),
        (Ran(code=3), "exit code 3"),
        (Ran(code=2, err=""), "not one sentence"),
        (Ran(code=2, err="trialplan: a\nb\n"), "not one sentence"),
        (Ran(code=2, err="trialplan: it is <class 'int'>\n"), "a sentence of Python's"),
        (Ran(code=2, out="x", err="trialplan: no\n"), "refused, and yet printed"),
        (Ran(code=0, out="n\n", seconds=9), "silent"),
        (Ran(code=0, out="n\n", seconds=9, first_word=8), "silent"),
        (Ran(code=0, out="n\n", warned=["RuntimeWarning: divide"]), "warning"),
        (Ran(fell="Traceback\nValueError: x"), "traceback"),
    ],
)
def test_the_judge(ran, fault):
    """What is wrong is seen."""
    assert any(told.startswith(fault) for told in faults(("size",), ran, {}, {}))


def test_the_judge_of_files(tmp_path):
    """A file by halves, one that is left behind and one that is changed without a word are seen."""
    wrote = Ran(code=0, out="wrote a.json\n")
    told = faults(
        (), wrote, {"plan.toml": b"a"}, {"plan.toml": b"b", "a.json": b'{"n": 1', ".a.json.x1": b""}, tmp_path
    )
    assert [sentence.partition(":")[0] for sentence in told] == [
        "changed without a word",
        "half a file",
        "left behind",
        "not there, although 'wrote a.json'",
    ]
    assert faults((), Ran(code=2, err="trialplan: no\n"), {}, {"a.md": b""})[0].startswith("refused, and yet wrote")


def test_a_name_that_looks_like_no_number():
    """What a file calls so may be printed and written, and what it does not may not."""
    printed = Ran(code=0, out="alpha, nan and beta\n")
    for text, faulty in (('key = "nan"\n', False), ("a,b\nnan,1\n", False), ('key = "nancy"\nn = nan\n', True)):
        before = {"table": text.encode()}
        told = faults(("evidence",), printed, before, before | {"a.csv": b"study\nnan\n"})
        assert [one.partition(":")[0] for one in told] == (["printed nan", "half a file"] if faulty else [])


@pytest.mark.parametrize("name", ["10:1:1", "a\nb", "it's", "a: b", "a, without"])
def test_a_name_that_is_hard_to_read(name, tmp_path, monkeypatch):
    """A file of whatever name is told on one line, by which it is found, and so it is judged."""
    monkeypatch.chdir(tmp_path)
    ran = run(("init", name))
    assert faults(("init", name), ran, {}, contents(tmp_path), tmp_path) == []
    assert len(ran.out.splitlines()) == 2


def test_an_interruption_is_no_fault():
    """Long work that spoke in time may be interrupted; a command runs to its end otherwise."""
    spoke = Ran(code=130, err="trialplan: at work: trials, 1 so far; Ctrl-C ends it\n", seconds=6.1, first_word=2.1)
    assert faults(("verify",), spoke, {}, {}) == []
    assert run(("designs",)).code == 0
