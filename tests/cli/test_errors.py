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
        """Ctrl-C ends with exit code 130 and without a word."""
        failing(KeyboardInterrupt())
        ran = run("designs")
        assert (ran.code, ran.out, ran.err) == (130, "", "")

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
