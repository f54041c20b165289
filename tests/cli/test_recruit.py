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
            (
                ("--sites", "9", "--patients-per-year", "1e-40", "--eligible", "1e-20"),
                "--patients-per-year must lie in",
            ),
            (("--sites", "1", "--patients-per-year", "9", "--rate-shape", "1e-40"), "more months than can be written"),
        ],
    )
    def test_refused(self, run, more, words):
        """One sentence with the option, exit code 2."""
        ran = run(*DESIGN, *more)
        assert ran.code == 2
        assert words in ran.err
        assert ran.err.count("\n") == 1

    def test_looks_have_their_months(self, run):
        """The looks of a design stand with the months in which their participants are randomised, and that is told."""
        found = json.loads(run(*DESIGN, *SITES, "--looks", "0.5,1", "--json").out)
        assert [look["n"] for look in found["looks"]] == [94, 188]
        alone = json.loads(run("duration", *SITES, "--n", "94", "--json").out)
        assert found["looks"][0]["median"] == pytest.approx(alone["recruited"]["median"])
        assert "when the endpoint is read is not said" in run(*DESIGN, *SITES, "--looks", "0.5,1").out

    def test_before_a_site_opens_more_of_them_are_no_help(self, run):
        """A deadline before the first opening asks for an earlier opening, not for sites."""
        shown = run(*DESIGN, *SITES, "--opens", "8:12", "--months", "6").out
        assert "open sites earlier" in shown
        assert "open more sites" not in shown

    @pytest.mark.parametrize("more", [("--sites", "3"), ("--power", "0.9"), ("--eligible", "0.3")])
    def test_what_a_plan_says_itself(self, run, more):
        """An option of designs that is typed beside a plan is told to be the plan's."""
        ran = run("recruit", "msc-lupus-nephritis", *more)
        assert ran.code == 2
        assert ran.err == f"trialplan: {more[0]} is the plan's own; leave it out\n"

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
            (("--n", "60", "--so-far", "4"), "--so-far must be the whole participants and the months"),
        ],
    )
    def test_refused(self, run, more, words):
        """One sentence with the option, exit code 2."""
        ran = run("duration", *SITES, *more)
        assert ran.code == 2
        assert words in ran.err
