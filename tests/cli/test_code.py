"""`trialplan code`, as it is typed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from trialplan import ManyToOne, TwoMeans, code
from trialplan.cli.code import show_script

DESIGN = ("code", "two-proportions")
RATES = (*DESIGN, "--control", "0.3", "--treatment", "0.5")


class TestCode:
    def test_prints_the_script(self, run):
        """The script goes to the screen, with the numbers that are assumed and those that are expected."""
        ran = run(*RATES, "--language", "R")
        assert (ran.code, ran.err) == (0, "")
        assert "control <- 0.3\n" in ran.out
        assert "  n <- 186\n" in ran.out

    def test_the_suffix_says_the_language(self, run, tmp_path):
        """A .py file holds Python, which runs and agrees."""
        path = tmp_path / "check.py"
        assert run(*RATES, "--power", "0.9", "-o", str(path)).code == 0
        done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False)
        assert done.returncode == 0
        assert "every comparison agrees" in done.stdout

    def test_a_plan_gives_all_its_endpoints(self, run, tmp_path):
        """The script of a plan names every endpoint, also those of which nothing is recomputed."""
        from trialplan.plan import build, read

        path = tmp_path / "check.R"
        assert run("code", "msc-lupus-nephritis", "-o", str(path)).code == 0
        text = path.read_text()
        assert all(one.name in text for one in build(read("msc-lupus-nephritis")).endpoints)

    def test_same_plan_same_bytes(self, run):
        """A plan gives the same bytes again."""
        first, again = (run("code", "starter", "--language", "python").out for _ in range(2))
        assert first == again != ""

    @pytest.mark.parametrize(
        ("line", "hint"),
        [
            (("code",), "needs a design"),
            (RATES, "--language is needed"),
            ((*RATES, "--language", "sas"), "known are r, python"),
            ((*RATES, "--language", "r", "-o", "check.py"), "does not go with"),
            ((*RATES, "-o", "check.sas"), ".r or .py"),
            ((*RATES, "-o", "absent/check.R"), "does not exist"),
            ((*DESIGN, "--control", "30", "--treatment", "0.5", "--language", "r"), "30 % as 0.3"),
            ((*DESIGN, "--control", "0.3", "--treatment", "0.2", "--language", "r"), "--favourable to lower"),
            (("code", "two-proportion", "--language", "r"), "'two-proportions'"),
            (("code", "absent.toml", "--language", "r"), "absent.toml"),
        ],
    )
    def test_refuses_in_one_sentence(self, run, workshop, line, hint):
        """What cannot be written is one sentence with its way out, exit code 2, and no file."""
        before = sorted(workshop.iterdir())
        ran = run(*line)
        assert (ran.code, ran.out) == (2, "")
        assert hint in ran.err
        assert ran.err.count("\n") == 1
        assert sorted(workshop.iterdir()) == before


def test_what_no_script_recomputes_is_told(capsys):
    """A script that compares nothing ends well, so that the verb says beside it what it cannot recompute, and why."""
    script = code(ManyToOne(design=TwoMeans(difference=0.5, sd=1), treatments=3), "python")
    show_script(script, None)
    ran = capsys.readouterr()
    assert ran.err == f"trialplan: not recomputed: the trial: many-to-one, n = 204: {NOWHERE}\n"
    assert "NOTHING WAS COMPARED" in ran.out
    assert "many-to-one, many-to-one" not in ran.out
    show_script(code(TwoMeans(difference=0.5, sd=1), "python"), None)
    assert capsys.readouterr().err == ""


NOWHERE = "many-to-one is in none of the packages"
