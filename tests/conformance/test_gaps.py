"""docs/gaps.md: what formulas that are not exact claim beyond the truth is recorded, and may not grow."""

import dataclasses
import importlib.util
import math
import sys
from pathlib import Path

import numpy as np
import pytest

TOOL = Path(__file__).resolve().parents[1] / "tools" / "gaps.py"


@pytest.fixture(scope="module")
def gaps():
    """tests/tools/gaps.py as a module."""
    spec = importlib.util.spec_from_file_location("tests_tools_gaps", TOOL)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def in_time():
    """The page takes as long as it takes."""


class TestPage:
    def test_is_current(self, gaps):
        """docs/gaps.md is what formulas and analyses give today, so that no gap grows unseen."""
        assert gaps.PAGE.read_text(encoding="utf-8") == gaps.page()

    def test_every_test_that_is_not_exact_is_on_it(self, gaps, everything):
        """Every design and test that is not exact, found by looking, has a row."""
        found = {(d.slug(), getattr(getattr(d, "design", d), "test", "t")) for d in everything.values() if not d.exact}
        wrapped = {(slug, test) for slug, test in found if slug == "group-sequential"}
        rows = {
            tuple(cell.strip() for cell in line.split("|")[1:3]) for line in gaps.page().splitlines() if "|" in line
        }
        assert found - wrapped <= rows
        assert {slug for slug, _ in wrapped} <= {slug for slug, _ in rows}

    def test_a_wrong_formula_is_noticed(self, gaps, monkeypatch, capsys):
        """A formula that is off by two points in a hundred makes --check fail."""
        design = next(d for d, _ in gaps.points() if d.tests)
        row = design.tests[design.test]
        wrong = dataclasses.replace(row, power=lambda design, n: row.power(design, n) * 0.98)
        monkeypatch.setitem(type(design).tests, design.test, wrong)
        monkeypatch.setattr(gaps, "points", lambda: [(design, 60)])
        good = [(design, 60, float(row.power(design, 60)), *gaps.truth(design, 60))]
        line = gaps._line(*good[0])
        assert line in gaps.PAGE.read_text(encoding="utf-8")
        assert line not in gaps.page()
        assert gaps.main(["--check"]) == 1

    def test_rare_events_in_a_small_arm(self, gaps):
        """The score test at 0.10 against 0.02, 45:15, claims 0.086 where the truth is 0.009."""
        design, n = next(iter(gaps.points()))
        assert (design.test, n, design.arms(n)) == ("score", 60, {"treatment": 45, "control": 15})
        assert float(design.power(n)) == pytest.approx(0.086, abs=5e-4)
        assert gaps.truth(design, n)[0] == pytest.approx(0.009, abs=5e-4)


class TestTruth:
    def test_is_what_simulation_shows(self, gaps):
        """The counted or integrated truth is what simulated participants show, within four standard errors."""
        trials = 8000
        for design, n in gaps.points():
            power, _ = gaps.truth(design, n)
            seen = design.simulate(n, trials, np.random.default_rng(20))
            assert abs(seen.power - power) <= 4 * math.sqrt(power * (1 - power) / trials) + 1 / trials, (design, n)
