"""Wrong inputs, as a new user would type them."""

from __future__ import annotations

import io
import sys

import pytest

import trialplan.cli as cli


def contents(folder):
    """What lies in a folder."""
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


class TestWrongInput:
    """Each wrong input, by name."""

    def test_is_one_sentence(self, run, workshop, typed, way_out):
        """A wrong input is one sentence on stderr that names the way out, exit code 2, and nothing is written."""
        before = contents(workshop)
        ran = run(*typed)
        assert ran.code == 2
        assert ran.out == ""
        assert ran.err.startswith("trialplan: ")
        assert ran.err.count("\n") == 1
        assert ran.err.endswith("\n")
        assert way_out in ran.err
        assert "Traceback" not in ran.err
        assert "Usage" not in ran.err
        assert contents(workshop) == before


class TestMain:
    """What ends a run from outside."""

    @pytest.fixture
    def failing(self, monkeypatch):
        """Makes every verb raise an error."""

        def fail_with(error):
            def invoke(ctx):
                raise error

            monkeypatch.setattr(cli.root, "invoke", invoke)

        return fail_with

    def test_interrupted(self, run, failing):
        """Ctrl-C ends with exit code 130, and every verb says so in the same words."""
        failing(KeyboardInterrupt())
        ran = run("designs")
        assert (ran.code, ran.out, ran.err) == (130, "", "trialplan: interrupted\n")

    def test_reader_gone(self, failing, monkeypatch):
        """A pipe whose reader has gone ends quietly, and not with the code of a failed check."""
        failing(BrokenPipeError())
        monkeypatch.setattr(sys, "stdout", io.StringIO())
        assert cli.main(["designs"]) == 141

    def test_bug_is_not_hidden(self, run, failing):
        """An error that is no user's fault keeps its traceback."""
        failing(ZeroDivisionError())
        with pytest.raises(ZeroDivisionError):
            run("designs")


def test_a_long_text_is_repeated_in_part(run, workshop):
    """Of a cell that holds pages a refusal repeats the beginning, and its own end is still read."""
    rows = f"study,outcome,events,of,year\na,remission,3,10,{'pages ' * 500}\n"
    (workshop / "long.csv").write_text(rows)
    ran = run("evidence", "long.csv")
    assert ran.code == 2
    assert "year must be a whole number" in ran.err
    assert "'pages pages" in ran.err
    assert ran.err.endswith("correct it, or leave it out if the source does not say\n")
    assert len(ran.err) < 500


def test_what_is_known_is_listed_once(run, workshop):
    """Two columns that nobody knows are both named, and the columns that there are stand there once."""
    (workshop / "unknown.csv").write_text("study,outcome,events,of,qqq,zzz\na,remission,3,10,1,2\n")
    ran = run("evidence", "unknown.csv")
    assert ran.code == 2
    assert "'qqq'" in ran.err
    assert "'zzz'" in ran.err
    assert ran.err.count("known are ") == 1


def test_options_before_the_design_are_told_that_it_lacks(run):
    """A verb that takes n is not said to find it; one that does not, of a design, still is."""
    ran = run("exclude", "--n", "300")
    assert ran.code == 2
    assert "trialplan exclude needs a design" in ran.err
    assert "n is what this verb finds" in run("size", "two-means", "--n", "300").err
