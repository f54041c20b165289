"""The verbs tornado, exclude and reestimate: their answers, their pictures, and the flags that they replace."""

from __future__ import annotations

import json

import pytest

from trialplan.designs.two_proportions import TwoProportions

RATES = ("two-proportions", "--control", "0.3", "--treatment", "0.5")
MEANS = ("two-means", "--difference", "0.5", "--sd", "1")
PLAN = "msc-lupus-nephritis"


@pytest.fixture
def ask(run):
    """The JSON of an answer."""

    def asked(*typed):
        ran = run(*typed, "--json")
        assert ran.code == 0, ran.err
        return json.loads(ran.out)

    return asked


class TestTornado:
    def test_of_a_plan(self, ask):
        """Every assumption of the plan's primary is a sentence, the worst first."""
        rows = ask("tornado", PLAN)["rows"]
        assert len(rows) == 3
        assert rows[0]["assumption"] == "control"
        assert "instead of 21.4 %" in rows[0]["sentence"]

    def test_of_a_design(self, ask):
        """A design's own numbers are the plan, and --vary gives the ends."""
        (row,) = ask("tornado", *RATES, "--vary", "alpha=0.01,0.05")["rows"]
        assert (row["low"], row["high"]) == (0.01, 0.05)

    def test_around_a_given_number(self, ask):
        """What is varied keeps its own value as the plan."""
        (row,) = ask("tornado", *RATES, "--vary", "control=0.2,0.4")["rows"]
        assert (row["planned"], row["low"], row["high"]) == (0.3, 0.2, 0.4)
        assert row["n_high"] > 186 > row["n_low"]

    @pytest.mark.parametrize(
        ("vary", "sentence"),
        [
            ("control=20%", "--control must be a number, not '20%'; write 20 % as 0.2"),
            ("control=0.2,0.2", "--control needs the two ends of a range, not 0.2 alone; the plan has 0.3"),
            ("test=score,wald", "--test is no number with a range; leave it out of the tornado"),
        ],
    )
    def test_what_is_no_range(self, run, vary, sentence):
        """What is not a range says why: no number, one value, or a choice."""
        ran = run("tornado", "two-proportions", "--control", "0.3", "--treatment", "0.5", "--vary", vary)
        assert (ran.code, ran.err) == (2, f"trialplan: {sentence}\n")

    def test_a_range_beside_the_plan_says_so(self, ask):
        """A range that leaves the planned value out is told to."""
        found = ask("tornado", "two-proportions", "--control", "0.3", "--treatment", "0.5", "--vary", "control=0.1,0.2")
        assert found["rows"][0]["sentence"].endswith("The range, 10 % to 20 %, does not hold the planned 30 %.")


class TestExclude:
    def test_of_a_plan(self, ask):
        """Several n are told what they can exclude."""
        assert [row["n"] for row in ask("exclude", PLAN, "--n", "100:254:154")["rows"]] == [100, 254]

    def test_of_a_design(self, ask):
        """The smallest significant difference of 186 is a little less than the planned one."""
        (row,) = ask("exclude", *RATES, "--n", "186")["rows"]
        assert row["smallest_significant"] == pytest.approx(0.14, abs=5e-4)


class TestReestimate:
    def test_a_pooled_rate_sizes_again(self, run, ask):
        """The rate of both arms together gives n again by the planned difference, and no look at the arms."""
        found = ask("reestimate", *RATES, "--blinded", "30/60")
        n = TwoProportions(control=0.4, treatment=0.6).sample_size(0.8).n
        assert found["n"] == n == found["planned_n"] + 8
        assert "nobody is unblinded" in run("reestimate", *RATES, "--blinded", "30/60").out.lower()

    def test_a_plan(self, ask):
        """A plan without looks keeps its planned number as the least."""
        assert ask("reestimate", PLAN, "--blinded", "10/60")["n"] == 254

    def test_a_standard_deviation(self, ask):
        """The standard deviation of both arms together does the same for means; --at-most holds it."""
        means = ("reestimate", *MEANS, "--blinded-sd", "1.42/60")
        free = ask(*means)["n"]
        assert free > 200
        assert ask(*means, "--at-most", "200")["n"] == 200


PICTURES = {
    "tornado-of-a-plan": ("tornado", PLAN),
    "tornado-of-a-design": ("tornado", *RATES, "--vary", "control=0.2,0.4", "--vary", "treatment=0.4,0.6"),
    "exclude-of-a-plan": ("exclude", PLAN, "--n", "100:300:50"),
    "exclude-of-a-ratio": ("exclude", "ratio-of-means", "--ratio", "1.5", "--cv", "0.6", "--n", "40:200:20"),
    "reestimate-of-rates": ("reestimate", *RATES, "--blinded", "30/60"),
    "reestimate-of-means": ("reestimate", *MEANS, "--blinded-sd", "1.42/60"),
}


class TestPictures:
    @pytest.mark.parametrize("typed", PICTURES.values(), ids=PICTURES)
    def test_are_written(self, run, tmp_path, typed):
        """Each verb draws its answer, and says where."""
        path = tmp_path / "answer.svg"
        ran = run(*typed, "-o", str(path))
        assert (ran.code, ran.err) == (0, "")
        assert "answer.svg" in ran.out
        assert path.read_bytes().startswith(b"<?xml")

    @pytest.mark.parametrize(("suffix", "begins"), [(".png", b"\x89PNG"), (".pdf", b"%PDF")])
    def test_in_other_forms(self, run, tmp_path, suffix, begins):
        """The suffix names the form."""
        path = tmp_path / f"answer{suffix}"
        assert run("exclude", *RATES, "--n", "100,200", "-o", str(path)).code == 0
        assert path.read_bytes().startswith(begins)


WRONG = {
    "tornado-flag": (("scenarios", PLAN, "--tornado"), "ask `trialplan tornado msc-lupus-nephritis`"),
    "exclude-flag": (("scenarios", *RATES, "--exclude"), "ask `trialplan exclude two-proportions`"),
    "blinded-flag": (("monitor", *RATES, "--blinded", "23/60"), "ask `trialplan reestimate two-proportions`"),
    "blinded-sd-flag": (("monitor", *MEANS, "--blinded-sd", "1.4/60"), "ask `trialplan reestimate two-means`"),
    "tornado-without-ranges": (("tornado", *RATES), "--vary treatment=0.3,0.9"),
    "tornado-of-a-precision": (("tornado", "adverse-event", "--rate", "0.1"), "has no test"),
    "tornado-of-a-choice": (("tornado", *RATES, "--vary", "test=score,wald"), "leave it out of the tornado"),
    "exclude-without-n": (("exclude", *RATES), "as in --n 100:400:50"),
    "exclude-odd": (("exclude", *RATES, "--n", "101"), "100 or 102"),
    "exclude-in-words": (("exclude", *RATES, "--n", "many"), "whole"),
    "one-n-is-no-picture": (("exclude", *RATES, "--n", "100", "-o", "a.svg"), "two numbers of participants or more"),
    "blinded-over-n": (("reestimate", *RATES, "--blinded", "61/60"), "as in 23/60, not 61/60"),
    "looks": (("reestimate", *RATES, "--blinded", "23/60", "--looks", "0.5,1"), "--looks"),
    "blinded-sd-alone": (("reestimate", *RATES, "--blinded-sd", "1.42"), "as in 1.42/60"),
    "blinded-sd-of-rates": (("reestimate", *RATES, "--blinded-sd", "1.42/60"), "--blinded 23/60"),
    "nothing-seen": (("reestimate", *RATES), "neither is given"),
    "both-seen": (("reestimate", *RATES, "--blinded", "23/60", "--blinded-sd", "1.4/60"), "not both"),
    "at-most-negative": (("reestimate", *RATES, "--blinded", "23/60", "--at-most", "-4"), "--at-most must be a whole"),
    "of-one-arm": (
        ("reestimate", "one-proportion", "--null", "0.1", "--expected", "0.3", "--blinded", "9/30"),
        "nothing that both arms together tell",
    ),
}


@pytest.mark.parametrize(("typed", "sentence"), WRONG.values(), ids=WRONG)
def test_what_they_do_not_take_is_refused(run, tmp_path, monkeypatch, typed, sentence):
    """What a verb does not take, and a flag that has become a verb, is one sentence, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    ran = run(*typed)
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err
    assert ran.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
