"""Grids: how they are asked for, and what they answer."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from trialplan import AdverseEvent, GroupSequential, OneProportion, PrecisionProportion, TwoMeans, TwoProportions, size
from trialplan.analyses.scenarios.grid import parse_vary, scenarios
from trialplan.enrolment.dropout import enrolled
from trialplan.errors import ParameterError

ARTICLE = [
    "scenarios",
    "two-proportions",
    "--vary",
    "control=0.10:0.36:0.02",
    "--vary",
    "treatment=0.28:0.60:0.02",
    "--power",
    "0.8",
]


class TestParseVary:
    """How an axis is typed."""

    def test_end_is_included(self):
        """A range goes in exact decimal steps up to and including its end."""
        name, values = parse_vary("control=0.1:0.36:0.02")
        assert name == "control"
        assert values == tuple(round(0.1 + 0.02 * i, 2) for i in range(14))

    def test_end_between_steps(self):
        """A range stops at the last step that does not pass its end."""
        assert parse_vary("sd=1:2:0.4")[1] == (1.0, 1.4, 1.8)

    @pytest.mark.parametrize(
        ("text", "values"),
        [
            ("control=0.2,0.3", (0.2, 0.3)),
            ("test=score,wald", ("score", "wald")),
            ("sides=1,2", (1, 2)),
            ("allocation=1:1,2:1", ("1:1", "2:1")),
            ("allocation=2:1", ("2:1",)),
            ("difference=-0.5:0.5:0.5", (-0.5, 0.0, 0.5)),
        ],
    )
    def test_values(self, text, values):
        """Values are numbers where they look like numbers, and ratios of arms stay text."""
        assert parse_vary(text)[1] == values

    def test_option_names(self):
        """A name may be written as the option is."""
        assert parse_vary("--sd-treatment=1,2")[0] == "sd_treatment"

    @pytest.mark.parametrize("text", ["a=1:2:1e-999", "a=1:2:nan", "a=1:inf:1", "a=1:2", "a=1:2:3:4", "=1", "a="])
    def test_refused(self, text):
        """What is no range and no list is refused, whatever its exponents, in the name that it was given."""
        if text == "a=1:2":
            assert parse_vary(text)[1] == ("1:2",)
            return
        with pytest.raises(ParameterError, match=r"^(vary|a) (cannot be|asks for|needs a step)"):
            parse_vary(text)


class TestScenarios:
    """Grids over designs."""

    def test_arrays_are_loops(self):
        """A cell of a grid answers what the scalar design answers."""
        design = TwoProportions(control=0.3, treatment=0.5)
        axes = {"test": ("score", "wald"), "treatment": (0.4, 0.5), "control": (0.1, 0.45)}
        for row in scenarios(design, axes, target=0.9).rows():
            cell = design.replace(**{name: row[name] for name in axes})
            if row["treatment"] > row["control"]:
                answer = cell.sample_size(0.9)
                assert (row["n"], row["arms"]) == (answer.n, answer.arms)
                assert row["power"] == pytest.approx(answer.power, rel=1e-12)
            else:
                assert (row["n"], row["arms"], row["power"]) == (None, None, None)
                assert "must lie above" in row["reason"]

    def test_saw_tooth(self):
        """A test whose power is a saw-tooth is searched cell by cell."""
        design = OneProportion(null=0.1, expected=0.3)
        rows = list(scenarios(design, {"expected": (0.1, 0.3)}, target=0.8).rows())
        assert [row["n"] for row in rows] == [None, design.sample_size(0.8).n]

    def test_undefined_combination_has_a_reason(self):
        """A test that is not defined for the goal leaves its own cells without n."""
        design = TwoProportions(control=0.6, treatment=0.58, goal="non-inferiority", margin=0.05)
        grid = scenarios(design, {"test": ("score", "arcsine"), "treatment": (0.58, 0.6)}, target=0.8)
        assert np.isnan(grid.n).tolist() == [[False, False], [True, True]]
        assert "arcsine is not defined" in grid.reason[1, 0]

    def test_power_at_n(self):
        """With n given the grid answers with power."""
        design = TwoMeans(difference=0.5, sd=1)
        rows = list(scenarios(design, {"sd": (1, 2)}, n=128).rows())
        assert [row["power"] for row in rows] == pytest.approx(
            [float(design.replace(sd=sd).power(128)) for sd in (1, 2)]
        )

    def test_allocation_splits_each_cell(self):
        """Varied allocation splits n as the cell says, and an n that it cannot split has a reason."""
        design = TwoProportions(control=0.3, treatment=0.5)
        rows = list(scenarios(design, {"allocation": ("1:1", "2:1")}, n=100).rows())
        assert rows[0]["arms"] == {"treatment": 50, "control": 50}
        assert "multiple of 3" in rows[1]["reason"]

    def test_through_a_wrapper(self):
        """Numbers of the inner design of a sequential one can be varied, and its level too."""
        design = GroupSequential(design=TwoProportions(control=0.3, treatment=0.5))
        grid = scenarios(design, {"treatment": (0.5, 0.6), "alpha": (0.05, 0.01)}, target=0.8)
        cell = design.replace(treatment=0.6, alpha=0.01)
        assert grid.n[1, 1] == cell.sample_size(0.8).n

    def test_without_a_test(self):
        """A design that has no power is asked for its n alone."""
        rows = list(scenarios(AdverseEvent(rate=0.1), {"rate": (0.1, 0.01)}).rows())
        assert [row["n"] for row in rows] == [29, 299]

    def test_what_has_no_power_attains_a_width(self):
        """A row of a design without a test says what is attained, as its size does, and calls no width a power."""
        grid = scenarios(PrecisionProportion(expected=0.3, width=0.2), {"width": [0.1, 0.9]})
        for row in grid.rows():
            assert not {"power", "success"} & {*row}
            design = PrecisionProportion(expected=0.3, width=row["width"])
            assert row["attained"] == pytest.approx(size(design).as_json()["attained"])

    def test_large_grid(self):
        """A quarter of a million normal-theory scenarios are one call."""
        rates = tuple(np.linspace(0.1, 0.9, 500))
        grid = scenarios(TwoProportions(control=0.3, treatment=0.5), {"control": rates, "treatment": rates}, target=0.8)
        assert grid.n.shape == (500, 500)


class TestVerb:
    """The scenarios verb."""

    def test_the_article(self, run):
        """Of 238 cells 15 have no n and say why; the others take 28 to 18,294 in all."""
        ran = run(*ARTICLE, "--json")
        rows = json.loads(ran.out)["rows"]
        assert len(rows) == 238
        arms = [row["arms"]["treatment"] for row in rows if row["arms"]]
        assert (min(arms), max(arms)) == (14, 9147)
        empty = [row for row in rows if row["n"] is None]
        assert len(empty) == 15
        assert all(row["treatment"] <= row["control"] and "must lie above" in row["reason"] for row in empty)

    @pytest.mark.parametrize(
        ("typed", "first", "second"),
        [
            (("two-proportions", "--treatment", "0.5", "--test", "wald", "--vary", "control=0,0.3"), None, 182),
            (("stratified-proportions", "--difference", "0.3", "--vary", "control=0.5/0.8,0.1/0.2"), None, 70),
            (("stratified-proportions", "--control", "0.3", "--vary", "difference=0.2,0.9"), 186, None),
        ],
    )
    def test_what_is_impossible_costs_one_cell(self, run, typed, first, second):
        """A combination that is not possible has its reason, wherever it stands, and the others their n."""
        rows = json.loads(run("scenarios", *typed, "--json").out)["rows"]
        assert [row["n"] for row in rows] == [first, second]
        assert all((row["n"] is None) == bool(row["reason"]) for row in rows)

    def test_for_a_person(self, run):
        """Two axes make one table, with a dash and a reason where there is no n."""
        ran = run(*ARTICLE)
        assert ran.out.startswith("238 scenarios, n at power 0.8: 28 to 18,294 in all; 15 without an answer")
        table = ran.out.split("\n\n")[1]
        assert table.count("—") == 15
        assert "15 cells have no answer (—). At control = 0.28, treatment = 0.28: no number" in ran.out

    def test_csv(self, run, tmp_path):
        """-o FILE.csv writes one line a scenario."""
        path = tmp_path / "grid.csv"
        assert run(*ARTICLE, "-o", str(path)).out == f"wrote {path}\n"
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
        assert len(rows) == 238
        differing = ["control", "treatment", "n", "n_treatment", "n_control", "power", "success", "reason"]
        assert list(rows[0])[: len(differing)] == differing
        same = {name: value for name, value in rows[0].items() if name not in differing}
        assert same.items() >= {"design": "two-proportions", "alpha": "0.05", "sides": "2", "test": "score"}.items()
        assert all(row.items() >= same.items() for row in rows)
        assert sum(row["n"] == "" for row in rows) == 15

    def test_of_a_plan(self, run):
        """A plan's primary endpoint is varied around the plan's own numbers."""
        ran = run("scenarios", "msc-lupus-nephritis", "--vary", "control=0.1,0.2", "--json")
        assert ran.code == 0
        assert [row["control"] for row in json.loads(ran.out)["rows"]] == [0.1, 0.2]


class TestEnrolled:
    """How many to enrol if some are lost."""

    def test_divides(self):
        """The enrolled are n/(1 - d), exact in decimals."""
        design = TwoProportions(control=0.3, treatment=0.5)
        assert enrolled(design, {"treatment": 90, "control": 90}, 0.1)["arms"] == {"treatment": 100, "control": 100}

    def test_whole_blocks(self):
        """Each arm is covered, and the ratio of the arms is kept."""
        design = TwoProportions(control=0.3, treatment=0.5, allocation="2:1")
        found = enrolled(design, {"treatment": 62, "control": 31}, 0.15)
        assert found == {"n": 111, "arms": {"treatment": 74, "control": 37}}

    def test_nobody_lost(self):
        """Without losses the enrolled are those who are needed."""
        design = AdverseEvent(rate=0.01)
        assert enrolled(design, {"exposed": 299}, 0)["n"] == 299

    @pytest.mark.parametrize("dropout", [1, -0.1, 15])
    def test_domain(self, dropout):
        """A share of 1 or more, or below 0, is refused."""
        with pytest.raises(ParameterError, match=r"dropout must lie in \[0, 1\)"):
            enrolled(AdverseEvent(rate=0.01), {"exposed": 299}, dropout)
