"""`trialplan diff`: what is printed, what is in the JSON, and what is refused."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from trialplan.files import shipped

STARTER = (shipped("examples") / "starter" / "plan.toml").read_text(encoding="utf-8")


@pytest.fixture
def plans(tmp_path, monkeypatch):
    """Writes A.toml, the starter plan, and B.toml with some of its text replaced, into the working folder."""
    monkeypatch.chdir(tmp_path)

    def written(*changes):
        text = STARTER
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        (tmp_path / "A.toml").write_text(STARTER, encoding="utf-8")
        (tmp_path / "B.toml").write_text(text, encoding="utf-8")
        return "A.toml", "B.toml"

    return written


LOWER_DISCOUNT = ("discount = 0.5", "discount = 0.4")
HIGHER_CONTROL = ('value = 0.2\nbasis = "ours"', 'value = 0.25\nbasis = "ours"')
MORE_POWER = ("power = 0.8", "power = 0.9")


class TestSentence:
    def test_one_change(self, run, plans):
        """One change is the whole reason."""
        ran = run("diff", *plans(MORE_POWER))
        assert ran.out.startswith(
            "B.toml asks for 76 more participants than A.toml (304 instead of 228), because power is 90 % instead of "
            "80 %.\n"
        )

    def test_two_changes_in_one_direction(self, run, plans):
        """Parts that add up are told with their numbers, largest first."""
        ran = run("diff", *plans(MORE_POWER, HIGHER_CONTROL))
        first = ran.out.splitlines()[0]
        assert first.startswith("B.toml asks for ")
        assert " because the rate in the control arm is 25 % instead of 20 %; " in first
        assert first.endswith(" because power is 90 % instead of 80 %.")
        assert "fewer" not in first

    def test_changes_in_both_directions(self, run, plans):
        """Where some changes raise n and others lower it, each part says which."""
        first = run("diff", *plans(MORE_POWER, LOWER_DISCOUNT)).out.splitlines()[0]
        assert " more because power is 90 % instead of 80 %" in first
        assert " fewer because 40 % of the excess over the control rate is not believed instead of 50 %" in first

    def test_losses(self, run, plans):
        """With losses the enrolled are told, too."""
        b = ('missing = "non-response"', 'missing = "excluded"\ndropout = 0.1\ndropout_source = "ours"')
        first = run("diff", *plans(b)).out.splitlines()[0]
        assert first.startswith("B.toml asks for as many participants as A.toml, 228, although missing outcomes are ")
        assert "Losses counted, B.toml enrols 26 more participants than A.toml (254 instead of 228)" in first

    def test_words(self, run, plans):
        """Plans that differ in words ask for the same number, and the places are named."""
        ran = run("diff", *plans(('version = "draft 1"', 'version = "draft 2"')))
        assert ran.out == "n is the same, 228; only trial.version differs.\n"

    def test_the_same_plan(self, run):
        """A plan does not differ from itself."""
        assert run("diff", "starter", "starter").out == "n is the same, 228; the two plans say the same.\n"

    def test_changes_that_undo_each_other(self, run):
        """Where a part is larger than either number, the sentence says that no part speaks alone."""
        first = run("diff", "starter", "cerebral-vasospasm").out.splitlines()[0]
        assert first.endswith("The changes undo each other: with only some of them n would be between 90 and 37,814.")


class TestJson:
    def test_the_parts_add_up_exactly(self, run, plans):
        """The exact parts are fractions whose sum is the change; the shown ones are whole and add up, too."""
        data = json.loads(run("diff", *plans(MORE_POWER, HIGHER_CONTROL, LOWER_DISCOUNT), "--json").out)
        assert sum(Fraction(part["exact"]) for part in data["parts"]) == data["change_in_n"]
        assert sum(part["shown"] for part in data["parts"]) == data["change_in_n"]
        assert data["b"]["n"] - data["a"]["n"] == data["change_in_n"]
        assert all(part["change_in_n"] == float(Fraction(part["exact"])) for part in data["parts"])
        assert {"assumption", "from", "to", "change_in_n"} <= set(data["parts"][0])
        assert data["sentence"].startswith("B.toml asks for ")

    def test_a_file(self, run, plans):
        """-o writes one line a part."""
        pair = plans(MORE_POWER, HIGHER_CONTROL)
        assert run("diff", *pair, "-o", "parts.csv").out == "wrote parts.csv\n"
        with open("parts.csv", encoding="utf-8") as file:
            assert len(file.read().splitlines()) == 3


class TestRefused:
    @pytest.mark.parametrize(
        ("change", "hint"),
        [
            (
                ("discount = 0.5", "discount = 1.0"),
                "B.toml, endpoint 'response at 12 months': two-proportions: no number",
            ),
            (('test = "score"', 'test = "scores"'), "did you mean 'score'"),
        ],
    )
    def test_a_plan_without_a_number_is_one_sentence(self, run, plans, change, hint):
        """A plan that has no n is named on stderr, and nothing is printed."""
        ran = run("diff", *plans(change))
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.count("\n") == 1
        assert hint in ran.err

    def test_a_missing_plan(self, run):
        """A file that is not there is named."""
        ran = run("diff", "starter", "nowhere.toml")
        assert ran.code == 2
        assert "no file nowhere.toml" in ran.err
