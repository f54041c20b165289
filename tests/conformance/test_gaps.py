"""docs/gaps.md: what formulas that are not exact claim beyond the truth is recorded, and may not grow."""

import dataclasses
import importlib.util
import math
import sys
from pathlib import Path

import pytest

from trialplan.analyses.verification.verification import verify
from trialplan.errors import TrialplanError

TOOL = Path(__file__).resolve().parents[1] / "tools" / "gaps.py"


@pytest.fixture(scope="module")
def gaps():
    """tests/tools/gaps.py as a module."""
    spec = importlib.util.spec_from_file_location("tests_tools_gaps", TOOL)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


SEVENTH, MODEST = 7, 200
"""Of the printed points with so many participants at most a fast run recomputes the first and every seventh after it.

The whole page is what `make docs-check` recomputes, and what the sweep judges; large trials take seconds to draw.
"""


@pytest.fixture(scope="module")
def some(gaps):
    """A few of the points that the page prints, of all kinds."""
    return [gaps.point(design, n) for design, n in [one for one in gaps.points() if one[1] <= MODEST][::SEVENTH]]


@pytest.fixture(scope="module")
def printed(gaps):
    """Every point that the page prints."""
    return gaps.rows()


@pytest.fixture(scope="module")
def swept(gaps):
    """Every point of the sweep over the conformance suite."""
    return gaps.sweep()


def named(text):
    """The (design, test) of every row under the first heading of the page."""
    section = text.split("\n## ")[1]
    return {tuple(cell.strip() for cell in line.split("|")[1:3]) for line in section.splitlines() if "|" in line}


class TestPage:
    def test_some_lines_are_current(self, gaps, some):
        """A few of the lines of docs/gaps.md are what formulas and analyses give today."""
        text = gaps.PAGE.read_text(encoding="utf-8")
        assert len({type(one.design) for one in some}) > 5
        assert [one for one in some if gaps._line(one) not in text] == []

    @pytest.mark.sweep
    def test_is_current(self, gaps, printed, swept):
        """docs/gaps.md is what formulas and analyses give today, so that no gap grows unseen."""
        assert gaps.PAGE.read_text(encoding="utf-8") == gaps.written(printed, swept)

    @pytest.mark.sweep
    def test_every_design_and_test_is_on_it(self, gaps, printed, swept, everything):
        """Every fixed design and test of the suite has a row, those that are exact too, and so has the wrapper."""
        fixed = {(d.slug(), gaps.test_of(d)) for d in everything.values() if not d.looks}
        assert fixed <= {one.key[:2] for one in printed}
        assert "group-sequential" in {one.key[0] for one in printed}
        drawn = {(d.slug(), gaps.test_of(d), d.goal) for d in everything.values()}
        assert {key for key in drawn if key[0] != "group-sequential"} <= {one.key for one in (*printed, *swept)}

    @pytest.mark.sweep
    def test_it_names_what_is_off(self, gaps, printed, swept):
        """The top of the page names every design and test with a gap above 0.02, and no other."""
        found = named(gaps.PAGE.read_text(encoding="utf-8")) - {("design", "test"), ("---", "---")}
        off = {one.key[:2] for one in (*printed, *swept) if abs(one.gap) > 0.02}
        assert found == off
        assert ("two-proportions", "score") in off

    def test_a_wrong_formula_is_noticed(self, gaps, monkeypatch, capsys):
        """A formula that is off by two points in a hundred makes --check fail."""
        design, n = next((d, n) for d, n in gaps.points() if d.tests)
        row = design.tests[design.test]
        line = gaps._line(gaps.point(design, n))
        assert line in gaps.PAGE.read_text(encoding="utf-8")
        wrong = dataclasses.replace(row, power=lambda design, n: row.power(design, n) + 0.02)
        monkeypatch.setitem(type(design).tests, design.test, wrong)
        monkeypatch.setattr(gaps, "points", lambda: [(design, n)])
        monkeypatch.setattr(gaps, "swept", list)
        assert line not in gaps.page()
        assert gaps.main(["--check"]) == 1

    def test_rare_events_in_a_small_arm(self, some):
        """The score test at 0.10 against 0.02, 45:15, claims 0.086 where the truth is 0.009."""
        one = some[0]
        assert (one.design.test, one.n, one.design.arms(one.n)) == ("score", 60, {"treatment": 45, "control": 15})
        assert one.claimed == pytest.approx(0.086, abs=5e-4)
        assert one.power == pytest.approx(0.009, abs=5e-4)


class TestTruth:
    def test_of_a_few(self, some):
        """What is counted is what simulation shows; a design declared exact has no gap and keeps its level."""
        assert [one for one in some if (one.counted or one.design.exact) and not one.agrees] == []
        assert [one for one in some if not one.counted and one.agrees is not math.isnan(one.gap)] == []
        assert_exact(some, least=3)

    @pytest.mark.sweep
    def test_is_what_simulation_shows(self, printed, swept):
        """The counted or integrated truth, or the claim of an exact design, is what simulated participants show.

        A formula that approximates, of outcomes that cannot be counted, makes no such claim: the page has its gap.
        """
        claims = [one for one in (*printed, *swept) if one.counted or one.design.exact]
        assert len(claims) > 1000
        assert [one for one in claims if not one.agrees] == []

    @pytest.mark.sweep
    def test_what_simulation_alone_shows_is_a_gap(self, printed, swept):
        """Where a formula approximates and nothing can be counted, a claim beyond four standard errors is a gap."""
        alone = [one for one in (*printed, *swept) if not one.counted]
        assert any(not one.agrees for one in alone)
        assert [one for one in alone if one.agrees is not math.isnan(one.gap)] == []

    @pytest.mark.sweep
    def test_exact_designs_have_no_gap(self, printed, swept):
        """Where a design is declared exact and its outcomes can be counted, claim and truth are one number."""
        assert_exact((*printed, *swept), least=60)


def assert_exact(points, least):
    """Where a design is declared exact and counted, claim and truth are one, and no nuisance rate exceeds its level."""
    counted = [one for one in points if one.design.exact and one.counted]
    assert len(counted) > least
    assert max(abs(one.claimed - one.power) for one in counted) < 1e-9
    assert max(one.size / one.level for one in counted if not math.isnan(one.size)) <= 1 + 1e-9


class TestSuite:
    @pytest.mark.sweep
    def test_every_exact_design_is_verified(self, gaps, everything):
        """Every exact design of the suite, at small n, 3:1 and extreme rates, passes every claim of `verify`."""
        seen = 0
        for design in (one for one in everything.values() if one.exact):
            for other, n in gaps._awkward(design):
                found = verify(other, n=n, trials=4000, seed=5)
                assert found.apart == (), (other, n)
                seen += 1
        assert seen > 800

    @pytest.mark.sweep
    def test_large_trials_are_verified_whatever_the_test(self, everything):
        """At the planned n, where it is not small, the power that any formula claims is nearly the truth."""
        for design in everything.values():
            try:
                n = int(design.sample_size(0.8).n)
            except TrialplanError:
                continue
            if not 300 <= n <= 1500:
                continue
            found = verify(design, n=n, trials=4000, seed=5)
            assert abs(found.gap) <= 0.03 + 4 * found.standard_error, design
