"""docs/gaps.md: what formulas that are not exact claim beyond the truth is recorded, and may not grow.

The whole page is compared, and all its points are judged, by `make docs-check`.
"""

import dataclasses
import importlib.util
import sys
from pathlib import Path

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


EVERY, MODEST = 40, 200
"""Of the printed points with so many participants at most a fast run recomputes the first and every fortieth after it.

Large trials take seconds to draw.
"""


@pytest.fixture(scope="module")
def some(gaps):
    """A few of the points that the page prints, of all kinds."""
    return [gaps.point(design, n) for design, n in [one for one in gaps.points() if one[1] <= MODEST][::EVERY]]


class TestPage:
    def test_some_lines_are_current(self, gaps, some):
        """A few of the lines of docs/gaps.md are what formulas and analyses give today."""
        text = gaps.PAGE.read_text(encoding="utf-8")
        assert len({type(one.design) for one in some}) > 5
        assert [one for one in some if gaps._line(one) not in text] == []

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
        monkeypatch.setattr(gaps, "drawn_designs", list)
        assert line not in gaps.written(gaps.rows(), [])
        assert gaps.main(["--check"]) == 1
        assert "is not current" in capsys.readouterr().out

    def test_rare_events_in_a_small_arm(self, some):
        """The score test at 0.10 against 0.02, 45:15, claims 0.086 where the truth is 0.009."""
        one = some[0]
        assert (one.design.test, one.n, one.design.arms(one.n)) == ("score", 60, {"treatment": 45, "control": 15})
        assert one.claimed == pytest.approx(0.086, abs=5e-4)
        assert one.power == pytest.approx(0.009, abs=5e-4)


class TestTruth:
    def test_of_a_few(self, gaps, some, monkeypatch):
        """What is counted is what simulation shows; a design declared exact has no gap and keeps its level.

        All points are asked so before the page is written or compared.
        """
        monkeypatch.setattr(gaps, "drawn_designs", list)
        assert list(gaps.faults(some, [])) == []
        assert any(one.design.exact and one.counted for one in some)

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"agrees": False}, "simulation contradicts"),
            ({"claimed": 0.5}, "claims 0.5"),
            ({"size": 0.9}, "a size of 0.9"),
        ],
    )
    def test_what_is_wrong_is_told(self, gaps, some, monkeypatch, change, told):
        """An exact design that simulation contradicts, that has a gap, or a larger size than its level."""
        monkeypatch.setattr(gaps, "drawn_designs", list)
        exact = next(one for one in some if one.design.exact and one.counted)
        assert told in "".join(gaps.faults([dataclasses.replace(exact, **change)], []))

    def test_what_simulation_alone_contradicts_is_a_gap(self, gaps, some, monkeypatch):
        """It is printed as one, and a design that has no row is missed."""
        alone = next(one for one in some if not one.counted and not one.design.exact)
        monkeypatch.setattr(gaps, "drawn_designs", lambda: [some[0].design])
        found = list(gaps.faults([dataclasses.replace(alone, agrees=False, simulated=alone.claimed - 0.1)], []))
        assert found[0].endswith("has no row")
        assert found[1].endswith("is not drawn")
