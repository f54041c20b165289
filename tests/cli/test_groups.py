"""Designs of several groups have one mechanism: sizes, participants by group, words, no looks, no plan."""

import json

import pytest
from small_plans import built, prose, stated

from trialplan import OneWayAnova
from trialplan.designs.contingency_table import ContingencyTable
from trialplan.designs.dose_trend import DoseTrend
from trialplan.designs.unordered_categories import UnorderedCategories
from trialplan.errors import ParameterError, PlanError, UnreachableError

ROWS = "0.2,0.3,0.5/0.3,0.35,0.35/0.35,0.35,0.3"
CALLS = {
    OneWayAnova: "--group-means 1.5,2.5,2 --sd 3",
    ContingencyTable: f"--rows {ROWS}",
    DoseTrend: "--control 0.15 --difference 0.3 --doses 0,10,20",
}
NUMBERS = {
    OneWayAnova: {"group_means": (1.5, 2.5, 2), "sd": 3},
    ContingencyTable: {"rows": ROWS},
    DoseTrend: {"control": 0.15, "difference": 0.3, "doses": (0, 10, 20)},
}


@pytest.mark.parametrize("cls", CALLS)
class TestEach:
    @pytest.mark.parametrize("sizes", ["2:1:1", "2,1,1", " 2 : 1 : 1", (2, 1, 1), [2.0, 1, 1]])
    def test_sizes_have_one_print(self, cls, sizes):
        """However they are typed, they are an allocation."""
        design = cls(**NUMBERS[cls], group_sizes=sizes)
        assert design.group_sizes == design.allocation == "2:1:1"
        assert design.arms(80) == dict(zip(design.arm_names, (40, 20, 20), strict=True))

    @pytest.mark.parametrize("sizes", ["2", "2:x:1", (1.5, 1, 1), (True, 1, 1), 3, "2:2:2", "1:1", (0, 1, 1)])
    def test_what_is_no_size(self, cls, sizes):
        """Whole numbers in lowest terms, one for each group."""
        with pytest.raises(ParameterError, match=r"whole numbers|lowest terms"):
            cls(**NUMBERS[cls], group_sizes=sizes)

    def test_each_group_is_told(self, cls, run):
        """In the headline, the statement and JSON, by the names of the groups."""
        kind = "dose" if cls is DoseTrend else "group"
        words = ("size", cls.slug(), *CALLS[cls].split())
        for sizes in ("2:1:1", "2,1,1"):
            found = json.loads(run(*words, "--group-sizes", sizes, "--json").out)
            first, second, third = found["arms"].values()
            assert (first, second, found["n"]) == (2 * second, third, 4 * second)
            assert all(name.startswith(f"{kind} ") for name in found["arms"])
        assert f"{second} per {kind}" not in run(*words, "--group-sizes", "2:1:1").out
        each = next(iter(json.loads(run(*words, "--json").out)["arms"].values()))
        assert run(*words).out.startswith(f"{each} per {kind}, {3 * each} in all: ")
        said = run(*words, "--statement").out
        assert said.startswith(f"The trial needs {each} per {kind}, {3 * each} in all, ")
        assert "arm" not in said
        assert "that is true" not in said

    def test_no_plan(self, cls, tmp_path):
        """A plan has a control, and is refused in one sentence."""
        how = {
            OneWayAnova: {"assumptions": stated(group_means=[1.5, 2.5, 2], sd=3)},
            ContingencyTable: {"settings": f'rows = "{ROWS}"', "assumptions": ""},
            DoseTrend: {"assumptions": stated(control=0.15, difference=0.3)},
        }[cls]
        with pytest.raises(PlanError, match=f"a plan compares treatments with a control, and {cls.slug()} compares"):
            built(tmp_path, design=cls.slug(), target=1, **how)


class TestLooks:
    @pytest.mark.parametrize("cls", [OneWayAnova, ContingencyTable])
    def test_neither_offered_nor_taken(self, cls, run):
        """The help is silent, and who types it is told why."""
        assert "--looks" not in run("size", cls.slug(), "--help").out
        told = run("size", cls.slug(), *CALLS[cls].split(), "--looks", "0.5,1").err
        assert told == (
            f"trialplan: --looks are not defined over {cls.slug()}, none of whose tests gives a z or counts; "
            "leave them out\n"
        )


class TestNothingToShow:
    @pytest.mark.parametrize(
        ("design", "what"),
        [
            (OneWayAnova(group_means=(0.1, 0.1, 0.1), sd=1), "differences between the groups"),
            (ContingencyTable(rows="0.1,0.3,0.6/0.1,0.3,0.6/0.1,0.3,0.6"), "differences between the groups"),
            (
                UnorderedCategories(control=(0.1, 0.3), treatment=(0.1, 0.3), allocation="2:1"),
                "difference between the arms",
            ),
        ],
    )
    def test_nobody_is_favoured(self, design, what):
        """The scale of the effect tells it, and no test without a direction speaks of favour."""
        words = f"no number of participants can show the planned {what}: no two of them differ"
        with pytest.raises(UnreachableError, match=words):
            design.sample_size(0.8)
        with pytest.raises(UnreachableError, match=f"show 0 of the planned {what}: realised must lie above"):
            design.replace(realised=0.0).sample_size(0.8)


def test_the_example_is_of_three_groups(run):
    """Two means are a t test, and a share of the plan is no part of it."""
    said = run("size", "one-way-anova", "--help").out
    assert "size one-way-anova --group-means 0.2,1.2,0.7 --sd 0.8\n" in said
    assert "always 2, because the test asks" in " ".join(said.split())


def test_that_all_of_a_plan_is_true_is_not_said(tmp_path):
    """A document of two arms says what is planned, and what part of it only where that is not all."""
    numbers = stated(control=[0.2, 0.3, 0.5], treatment=[0.3, 0.35, 0.35])
    assert "that is true is" not in prose(built(tmp_path, design="unordered-categories", target=1, assumptions=numbers))
