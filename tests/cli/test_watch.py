"""Long work is announced on stderr, with how far it is; short work is not."""

from __future__ import annotations

import json
import signal
import time

import pytest

from trialplan import progress
from trialplan.cli import main, watch
from trialplan.designs.two_proportions import TwoProportions
from trialplan.errors import UnreachableError

SHORT = ("size", "two-proportions", "--control", "0.3", "--treatment", "0.5")
LONG = ("verify", "two-means", "--difference", "0.2", "--sd", "1", "--trials", "20000", "--json")


@pytest.fixture
def at_once(monkeypatch):
    """Patience that ends after a hundredth of a second."""
    monkeypatch.setattr(watch, "AFTER", 0.01)


def test_long_work_is_announced_once(at_once, capsys):
    """One line on stderr says what is done, a second one if no step was known then; stdout holds the answer alone."""
    assert main(LONG) in (0, 1)
    out, err = capsys.readouterr()
    assert json.loads(out)["n"] == 788
    lines = err.splitlines()
    assert all(line.startswith("trialplan: at work: ") and line.endswith("; Ctrl-C ends it") for line in lines)
    assert 1 <= len(lines) <= 1 + ("not known" in lines[0])


def test_what_is_known_later_is_said_later(capsys):
    """Who was told that nothing is known hears the time left as soon as enough is done to tell it, once."""
    seen = watch._Watch()
    with progress.watched(seen.told):
        seen.announce()
        for done in (0, 1, 30, 60, 1000):
            progress.tell("trials", done, 1000)
    first, second = capsys.readouterr().err.splitlines()
    assert first == "trialplan: at work: how long it will take is not known yet; Ctrl-C ends it"
    assert second.startswith("trialplan: at work: trials, 30 of 1,000 are done, about ")


@pytest.mark.parametrize(
    ("line", "first"),
    [
        (LONG, ("trials", 0, 40_000)),
        (("verify", "starter", "--trials", "200"), ("trials", 0, 400)),
        (("scenarios", *SHORT[1:4], "--vary", "treatment=0.4:0.6:0.01"), ("scenarios", 0, 21)),
        (("reproduce", "statements.csv"), ("statements", 0, 1)),
    ],
)
def test_what_counts_its_steps_says_so_first(workshop, capsys, monkeypatch, line, first):
    """Before the first step is done, however long that takes."""
    told = []
    monkeypatch.setattr(watch._Watch, "told", lambda self, *news: told.append(news))
    assert main(line) in (0, 1)
    assert next(news for news in told if news[0] == first[0]) == first


def test_short_work_is_not(capsys):
    """What is done at once is not announced, and no alarm is left behind."""
    assert main(SHORT) == 0
    assert capsys.readouterr().err == ""
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("news", "line"),
    [
        (("", 0, None), "how long it will take is not known yet"),
        (("participants searched", 1200, None), "participants searched, 1,200 so far"),
        (("trials", 10, 1000), "trials, 10 of 1,000 so far"),
        (("trials", 250, 1000), "trials, 250 of 1,000 are done, about 30 s left"),
    ],
)
def test_the_time_left(capsys, monkeypatch, news, line):
    """The time left is that of what is left at the pace of what is done, once enough is done to tell."""
    now = time.monotonic()
    monkeypatch.setattr(watch.time, "monotonic", lambda: now)
    seen = watch._Watch()
    seen.begun = now - 10
    with progress.watched(seen.told):
        progress.tell(*news)
        seen.announce()
        seen.announce()
    assert capsys.readouterr().err == f"trialplan: at work: {line}; Ctrl-C ends it\n"


def test_nobody_needs_to_watch():
    """Progress that nobody watches is told to nobody."""
    progress.tell("trials", 1, 2)


def test_a_dear_search_has_a_bound(monkeypatch):
    """A power that rounding never lets an exact test reach ends the search with how far it went."""
    from trialplan import sizing

    monkeypatch.setattr(sizing, "_BLOCKS", 20)
    monkeypatch.setattr(sizing, "_TIMES", 1)
    design = TwoProportions(control=0.1, treatment=0.6, test="fisher")
    with pytest.raises(UnreachableError, match="among those searched, up to"):
        design.sample_size(0.999)
