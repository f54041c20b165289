"""Grids on the command line: files of any size, workers, what an interruption leaves, a plan's own assumptions."""

from __future__ import annotations

import csv
import json
import os
import signal
import time

import numpy as np
import pytest

from trialplan.cli import main

SLOW_GRID = [
    *("scenarios", "two-proportions", "--test", "boschloo"),
    *("--vary", "control=0.1:0.2:0.005", "--vary", "treatment=0.48:0.58:0.01"),
]
"""231 searches of some hundredths of a second."""
WORKERS = [pytest.param((), id="serial", marks=pytest.mark.sweep), pytest.param(("--workers", "2"), id="two workers")]


def until_kept(path, process, frames=2):
    """Wait until some stretches are in the journal."""
    journal = path.with_name(f"{path.name}.partial")
    for _ in range(1200):
        if journal.exists() and journal.stat().st_size > 200 + 100 * frames:
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    raise AssertionError("nothing was kept in a minute")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The slow grid, computed in one go."""
    path = tmp_path_factory.mktemp("undisturbed") / "grid.csv"
    assert main([*SLOW_GRID, "-o", str(path)]) == 0
    return path.read_bytes()


@pytest.fixture
def on_its_way(start, tmp_path):
    """Starts the program on the slow grid, and waits until it has kept something."""

    def begun(*more, **how):
        process = start(*SLOW_GRID, "-o", tmp_path / "grid.csv", *more, **how)
        until_kept(tmp_path / "grid.csv", process)
        return process

    return begun


@pytest.fixture
def resumed(start, tmp_path):
    """The results file after the interrupted run was gone on with."""

    def finished(*more):
        process = start(*SLOW_GRID, "-o", tmp_path / "grid.csv", "--resume", *more)
        _, complaints = process.communicate(timeout=240)
        assert process.returncode == 0, complaints
        assert not complaints.startswith("0 of")
        assert os.listdir(tmp_path) == ["grid.csv"]
        return (tmp_path / "grid.csv").read_bytes()

    return finished


class TestInterrupted:
    """Ctrl-C, and worse."""

    @pytest.mark.parametrize(
        ("ended", "code", "workers"),
        [
            pytest.param(signal.SIGINT, 130, (), id="ctrl-c-serial"),
            pytest.param(signal.SIGINT, 130, ("--workers", "2"), id="ctrl-c-two workers", marks=pytest.mark.sweep),
            pytest.param(signal.SIGTERM, 143, (), id="kill-serial", marks=pytest.mark.sweep),
            pytest.param(signal.SIGTERM, 143, ("--workers", "2"), id="kill-two workers", marks=pytest.mark.sweep),
        ],
    )
    def test_ended_and_resumed(self, tmp_path, on_its_way, resumed, alive, undisturbed, ended, code, workers):
        """Ctrl-C and kill leave no results file but what is finished; --resume makes the undisturbed file of it."""
        process = on_its_way(*workers)
        children = process.children()
        process.send_signal(ended)
        _, complaints = process.communicate(timeout=60)
        assert process.returncode == code, complaints
        assert "Traceback" not in complaints
        assert "add --resume to go on" in complaints
        assert os.listdir(tmp_path) == ["grid.csv.partial"]
        assert alive(children) == []
        assert resumed(*workers) == undisturbed

    @pytest.mark.parametrize("workers", WORKERS)
    def test_killed_and_resumed(self, on_its_way, resumed, alive, undisturbed, workers):
        """Even a run that was killed outright keeps what it had finished, and its workers end with it."""
        process = on_its_way(*workers)
        children = process.children()
        process.kill()
        process.communicate(timeout=60)
        assert alive(children) == []
        assert resumed(*workers) == undisturbed

    @pytest.mark.sweep
    def test_in_the_background(self, tmp_path, on_its_way, undisturbed):
        """A run that a shell has started in the background goes on when Ctrl-C is meant for another program."""
        process = on_its_way("--workers", "2", in_background=True)
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=240)
        told = [line for line in complaints.splitlines() if not line.startswith("trialplan: at work: ")]
        assert (process.returncode, told) == (0, [])
        assert (tmp_path / "grid.csv").read_bytes() == undisturbed

    def test_refused_without_resume(self, run, tmp_path):
        """An interrupted run is neither continued nor lost unasked."""
        (tmp_path / "grid.csv.partial").write_bytes(b"something")
        ran = run("scenarios", "two-proportions", "--control", "0.3", "--vary", "treatment=0.5,0.6",
                  "-o", str(tmp_path / "grid.csv"))  # fmt: skip
        assert ran.code == 2
        assert "holds an interrupted run; add --resume" in ran.err
        assert (tmp_path / "grid.csv.partial").read_bytes() == b"something"

    def test_resume_without_a_file(self, run):
        """There is nothing to go on with on a screen."""
        ran = run("scenarios", "two-proportions", "--control", "0.3", "--vary", "treatment=0.5,0.6", "--resume")
        assert (ran.code, "name it with -o FILE" in ran.err) == (2, True)

    def test_a_question_that_fails_leaves_nothing(self, run, tmp_path):
        """A wrong value leaves neither a file nor a journal."""
        ran = run("scenarios", "two-proportions", "--control", "0.3", "--vary", "treatment=0.5,60",
                  "-o", str(tmp_path / "grid.csv"))  # fmt: skip
        assert ran.code == 2
        assert "60" in ran.err
        assert os.listdir(tmp_path) == []


class TestFiles:
    """One grid in several formats."""

    GRID = ("scenarios", "two-proportions", "--vary", "control=0.1:0.5:0.1", "--vary", "treatment=0.3,0.6")

    def test_they_say_the_same(self, run, tmp_path):
        """CSV, JSON and Parquet hold the same numbers, and the same cells without one."""
        parquet = pytest.importorskip("pyarrow.parquet")
        for suffix in ("csv", "json", "parquet"):
            assert run(*self.GRID, "-o", str(tmp_path / f"grid.{suffix}")).code == 0
        rows = json.loads((tmp_path / "grid.json").read_text(encoding="utf-8"))["rows"]
        flat = [
            {**{k: v for k, v in row.items() if k != "arms"}} | {f"n_{k}": v for k, v in (row["arms"] or {}).items()}
            for row in rows
        ]
        table = parquet.read_table(tmp_path / "grid.parquet").to_pylist()
        lines = list(csv.DictReader((tmp_path / "grid.csv").read_text(encoding="utf-8").splitlines()))
        assert len(table) == len(lines) == len(flat) == 10
        assert sum(row["n"] is None for row in table) == 3
        for one, other, line in zip(flat, table, lines, strict=True):
            assert {name: value for name, value in other.items() if name in one} == one
            assert {name: "" if value is None else str(value) for name, value in other.items()} == line

    def test_workers_write_the_same_file(self, run, tmp_path):
        """Two processes write the bytes that one writes."""
        grid = ("scenarios", "one-proportion", "--null", "0.1", "--vary", "expected=0.2:0.5:0.05")
        for name, more in (("one", ()), ("two", ("--workers", "2"))):
            assert run(*grid, *more, "-o", str(tmp_path / f"{name}.csv")).code == 0
        assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()

    def test_json_is_one_object(self, run):
        """--json prints head, axes and rows under the contract's keys, whatever the length."""
        data = json.loads(run(*self.GRID, "--json").out)
        assert {"design", "assumptions", "axes", "rows", "target_power", "version"} <= set(data)
        assert data["axes"] == {"control": [0.1, 0.2, 0.3, 0.4, 0.5], "treatment": [0.3, 0.6]}
        assert list(data["rows"][0]) == ["control", "treatment", "n", "arms", "power", "success", "reason"]

    @pytest.mark.parametrize(
        ("more", "complaint"),
        [
            (("--workers", "0"), "--workers must be a whole number from 1 to 1,024, not 0"),
            (("--workers", "two"), "--workers must be a whole number"),
            (("--workers", "2147483648"), "--workers must be a whole number from 1 to 1,024"),
            (("--workers", "2", "--scheduler", "tcp://127.0.0.1:1"), "keep one"),
            (("--vary", "treatment=0.3:0.9:0.0000001"), "more than 5,000,000"),
            (("--vary", "n=100.5"), "n must be a whole number"),
        ],
    )
    def test_refused(self, run, more, complaint):
        """What cannot be is one sentence."""
        ran = run(
            "scenarios", "two-proportions", "--control", "0.3", "--vary", "sides=1,2", "--treatment", "0.5", *more
        )
        assert ran.code == 2
        assert complaint in ran.err or "given twice" in ran.err


def bridged(share, control, seen=16 / 30):
    """That share of the excess off, then the odds times 0.87, by hand."""
    rate = control + (1 - share) * (seen - control)
    odds = rate / (1 - rate) * 0.87
    return odds / (1 + odds)


class TestPlans:
    """A plan's own assumptions."""

    def rows(self, run, *vary):
        return json.loads(run("scenarios", "msc-lupus-nephritis", *vary, "--json").out)["rows"]

    def test_the_control_moves_the_treatment(self, run):
        """Both terms of the bridge are taken again at every control rate."""
        for row in self.rows(run, "--vary", "control=0.1,0.2,0.3"):
            assert row["treatment"] == pytest.approx(bridged(0.396, row["control"]))

    def test_both_rates_are_taken_as_given(self, run):
        """Where the treatment rate is varied too, nothing is bridged: the article's grid."""
        rows = self.rows(run, "--vary", "control=0.10:0.36:0.02", "--vary", "treatment=0.28:0.60:0.02")
        arms = [row["arms"]["treatment"] for row in rows if row["arms"]]
        assert (len(rows), min(arms), max(arms), len(rows) - len(arms)) == (238, 14, 9147, 15)

    def test_discount(self, run):
        """The share not believed runs from the rate as seen to hardly any excess."""
        rows = self.rows(run, "--vary", "discount=0,0.5,0.75,1")
        for row in rows:
            assert row["treatment"] == pytest.approx(bridged(row["discount"], 0.2142360095))
        assert "must lie above" in rows[3]["reason"]

    def test_control_arms_and_readings(self, run):
        """All listed control arms and readings cross, beside the plan's own."""
        rows = self.rows(run, "--vary", "control_arm=all", "--vary", "reading=all")
        assert len(rows) == 6 * 6
        assert rows[0]["n"] == 254
        by_key = {(row["control_arm"], row["reading"]): row for row in rows}
        assert by_key["regency", "plan"]["control"] == 0.331
        assert by_key["plan", "any-wang-2014"]["treatment"] == pytest.approx(
            bridged(0.396, by_key["plan", "plan"]["control"], 0.6)
        )

    def test_power_over_n(self, run):
        """n may be varied: the answers are powers, and an n that is no whole block has a reason."""
        rows = self.rows(run, "--vary", "n=200,254,255")
        assert [row["n"] for row in rows] == [200, 254, 255]
        assert rows[1]["power"] == pytest.approx(0.8009, abs=1e-3)
        assert (rows[2]["power"], rows[2]["arms"]) == (None, None)
        assert "multiple of 2" in rows[2]["reason"]

    def test_power_asked_for(self, run):
        """The power asked for may be varied."""
        assert [row["target_power"] for row in self.rows(run, "--vary", "power=0.8,0.9")] == [0.8, 0.9]

    @pytest.mark.parametrize(
        ("vary", "complaint"),
        [
            (("reading=none",), "reading is 'none'"),
            (("control=0.1,0.2", "control_arm=all"), "both decide the control rate"),
            (("treatment=0.4,0.5", "discount=0,0.5"), "both decide the treatment rate"),
            (("discount=0,0.5", "difference=0.16"), "difference and discount both decide the treatment rate"),
            (("discount=0,50",), "discount must lie in [0, 1], not 50; write 50 % as 0.5"),
            (("n=100,200", "power=0.8,0.9"), "not both"),
            (("colour=1,2",), "there is no 'colour' to vary"),
        ],
    )
    def test_refused(self, run, vary, complaint):
        """What cannot be varied, or not together, is one sentence."""
        ran = run("scenarios", "msc-lupus-nephritis", *(word for one in vary for word in ("--vary", one)))
        assert ran.code == 2
        assert complaint in ran.err


class TestFigures:
    """A grid as a picture."""

    GRID = ("scenarios", "msc-lupus-nephritis")

    @pytest.mark.parametrize("suffix", ["svg", *(pytest.param(one, marks=pytest.mark.sweep) for one in ("png", "pdf"))])
    def test_one_picture_of_the_article(self, run, tmp_path, suffix):
        """The article's grid is one picture, whose words tell its range and its empty cells."""
        path = tmp_path / f"grid.{suffix}"
        axes = ("--vary", "control=0.10:0.36:0.02", "--vary", "treatment=0.28:0.60:0.02")
        assert run(*self.GRID, *axes, "-o", str(path)).code == 0
        again = tmp_path / f"again.{suffix}"
        run(*self.GRID, *axes, "-o", str(again))
        assert path.read_bytes() == again.read_bytes()
        if suffix == "svg":
            words = path.read_text(encoding="utf-8")
            assert "from 28" in words
            assert "18,294" in words
            assert "15 of 238" in words

    def test_the_figure_follows_the_axes(self):
        """Two assumptions make a heat map, n makes power curves, and the plan's own n is marked."""
        from trialplan import plan
        from trialplan.analyses.scenarios.figures import figure
        from trialplan.analyses.scenarios.grid import answered
        from trialplan.plan.variation import ask

        trial = plan.build(plan.read("msc-lupus-nephritis"))
        curves = figure(answered(ask(trial, {"n": (100, 254, 400)})), plan=trial.answer)
        assert type(curves).__name__ == "Curves"
        assert curves.chosen == (254, pytest.approx(0.8009, abs=1e-3))
        surface = figure(answered(ask(trial, {"control": (0.2, 0.3), "treatment": (0.25, 0.5)})))
        assert type(surface).__name__ == "HeatMap"
        assert surface.quantity == "participants in all"
        assert np.isnan(surface.grid).tolist() == [[False, False], [True, False]]
        lines = figure(answered(ask(trial, {"discount": (0.0, 0.5), "n": (100, 200)})))
        assert [label for label, _ in lines.lines] == ["discount 0", "discount 0.5"]

    @pytest.mark.parametrize(
        ("more", "complaint"),
        [
            (("--vary", "control=0.1,0.2", "--vary", "power=0.8,0.9", "--vary", "alpha=0.05,0.01"), "not 3"),
            (("--vary", "control=0.1,0.2", "--figure", "heat-map"), "shows two varied assumptions, not one"),
            (("--vary", "control=0.1,0.2", "--vary", "test=score,wald", "--figure", "contour"), "choose heat-map"),
        ],
    )
    def test_refused(self, run, tmp_path, more, complaint):
        """Axes that make no such figure are told so before anything is computed."""
        ran = run(*self.GRID, *more, "-o", str(tmp_path / "grid.svg"))
        assert ran.code == 2
        assert complaint in ran.err
        assert os.listdir(tmp_path) == []

    def test_a_figure_needs_a_file(self, run, tmp_path):
        """A kind of figure and a table do not go together."""
        ran = run(*self.GRID, "--vary", "n=100,200", "--figure", "curves", "-o", str(tmp_path / "grid.csv"))
        assert (ran.code, ".svg, .png, .pdf or .html" in ran.err) == (2, True)
