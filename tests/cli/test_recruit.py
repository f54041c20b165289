"""`trialplan recruit` and `trialplan duration`, as they are typed."""

import json

import pytest

DESIGN = ("recruit", "two-proportions", "--control", "0.3", "--treatment", "0.5")
SITES = ("--sites", "20", "--patients-per-year", "5")


class TestRecruit:
    def test_json_has_months_sites_and_what_can_be_shown(self, run):
        """Every part of the answer stands under its key, at full precision."""
        ran = run(*DESIGN, *SITES, "--eligible", "0.4", "--opens", "2:8", "--months", "48", "--n", "60,120", "--json")
        found = json.loads(ran.out)
        assert [one["n"] for one in found["shown"]] == [60, 120]
        assert found["screening"] == [{"step": "eligible", "left": 0.4, "source": ""}]
        assert {"early", "median", "late", "chance"} <= set(found["full"])
        assert [one["sites"] for one in found["by_sites"]] == [10, 20, 30, 40]
        assert found["sites_needed"] is not None

    def test_draws_a_picture(self, run, tmp_path):
        """A suffix of a picture gives the fan."""
        path = tmp_path / "fan.svg"
        assert run(*DESIGN, *SITES, "--months", "24", "-o", str(path)).code == 0
        assert "participants randomised" in path.read_text(encoding="utf-8")

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ((), "--sites is needed"),
            (("--sites", "3"), "--patients-per-year is needed"),
            (("--sites", "many", "--patients-per-year", "3"), "--sites must be a whole number"),
            ((*SITES, "--rate-shape", "-1"), "--rate-shape must lie in (0, ∞), not -1"),
            ((*SITES, "--opens", "9:3"), "--opens is 3, before the first site opens in month 9"),
            ((*SITES, "--eligible", "30"), "--eligible must lie in (0, 1], not 30; write 30 % as 0.3"),
            ((*SITES, "--competing", "1"), "--competing must lie in [0, 1), not 1"),
            ((*SITES, "--months", "0"), "--months must be months in (0, 12,000], not 0"),
            ((*SITES, "--n", "0"), "--n must be whole numbers of participants"),
            ((*SITES, "--power", "2"), "--power must lie in (0, 1)"),
        ],
    )
    def test_refused(self, run, more, words):
        """One sentence with the option, exit code 2."""
        ran = run(*DESIGN, *more)
        assert ran.code == 2
        assert words in ran.err
        assert ran.err.count("\n") == 1

    def test_a_plan_that_does_not_say(self, run):
        """A plan without [enrolment] is told what it lacks."""
        ran = run("recruit", "starter")
        assert ran.code == 2
        assert "has no [enrolment]" in ran.err


class TestDuration:
    def test_each_from_the_other(self, run):
        """Months from n, and n from months, with the reading included."""
        months = json.loads(run("duration", *SITES, "--n", "60", "--read-after", "6", "--json").out)
        assert months["total"]["median"] == pytest.approx(months["recruited"]["median"] + 6)
        typed = ("--months", str(months["total"]["median"]), "--read-after", "6", "--json")
        assert json.loads(run("duration", *SITES, *typed).out)["randomised"]["median"] == 60

    def test_what_remains(self, run):
        """Once sites recruit, the rest is predicted from what they did."""
        typed = ("--rate-shape", "2", "--n", "60", "--so-far", "4/5,0/3")
        found = json.loads(run("duration", *SITES, *typed, "--json").out)
        assert (found["so_far"], found["recruited"]["n"]) == (4, 56)

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            (("--n", "60", "--months", "3"), "--n asks for the months, --months for the participants: keep one"),
            ((), "--n or --months is needed"),
            (("--n", "60", "--read-after", "-1"), "--read-after must lie in [0, 12000], not -1"),
            (("--n", "60", "--so-far", "4"), "--so-far must be the participants and months"),
        ],
    )
    def test_refused(self, run, more, words):
        """One sentence with the option, exit code 2."""
        ran = run("duration", *SITES, *more)
        assert ran.code == 2
        assert words in ran.err
