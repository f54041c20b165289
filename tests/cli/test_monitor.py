"""`trialplan monitor`: a look has been taken, and a committee asks what now."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from trialplan import GroupSequential, TwoProportions
from trialplan.plan import read

RULE = ("--looks", "0.5,1", "--efficacy", "lan-demets-obrien-fleming", "--futility", "conditional-power(0.2)")
TRIAL = ("monitor", "two-proportions", "--control", "0.3", "--treatment", "0.5")
RATES = (*TRIAL, *RULE)
PLAN = ("monitor", "msc-lupus-nephritis-monitored")


@pytest.fixture
def ask(run):
    """The answer as JSON."""

    def call(*args):
        ran = run(*args, "--json")
        assert (ran.code, ran.err) == (0, "")
        return json.loads(ran.out)

    return call


class TestAnswer:
    def test_a_z_that_no_counts_give(self, run):
        """All 38 of one arm against none of the other have the pooled z of the root of 76: more is a slip."""
        looks = (*TRIAL, "--looks", "0.4,0.7,1", "--look", "1")
        ran = run(*looks, "--z", "9")
        assert ran.code == 2
        assert f"it is {76**0.5:.3g} at most" in ran.err
        assert run(*looks, "--z", "-9").code == 2
        assert run(*looks, "--z", f"{76**0.5:.2f}").code == 0

    def test_what_now(self, ask):
        """At 60 of 188 we saw 14/30 against 9/30: go on, by boundaries spent again at what is there."""
        found = ask(*RATES, "--look", "1", "--events", "14/30,9/30")
        assert found["decision"] == "go-on"
        assert found["information"] == [60 / 188]
        assert found["spent_again"]
        assert found["efficacy_z"] == pytest.approx(3.7991, abs=1e-4)
        assert found["estimate"] == pytest.approx(1 / 6)
        assert found["repeated_interval"][0] < 0 < found["repeated_interval"][1]
        assert found["ordered"] is None
        assert 0 < found["conditional_power"]["null"] < found["conditional_power"]["planned"] < 1

    def test_at_the_planned_number_the_boundary_is_the_one_of_the_plan(self, ask):
        """A look at 94 of 188 has the boundaries that `size` printed."""
        design = GroupSequential(
            design=TwoProportions(control=0.3, treatment=0.5),
            looks=(0.5, 1.0),
            efficacy=RULE[3],
            futility=RULE[5],
        )
        planned = design.sample_size(0.8).extra["looks"][0]
        found = ask(*RATES, "--events", "14/47,9/47")
        assert not found["spent_again"]
        assert found["efficacy_z"] == pytest.approx(planned["efficacy_z"], abs=1e-12)
        assert found["futility_z"] == pytest.approx(planned["futility_z"], abs=1e-12)

    @pytest.mark.parametrize(
        ("events", "decision", "words"),
        [
            (
                "30/47,12/47",
                "stop-for-efficacy",
                "stop for efficacy. z = 3.734 is at or above the efficacy boundary, 2.963",
            ),
            ("12/47,14/47", "stop-for-futility", "stop for futility. z = -0.461 is at or below the futility boundary"),
            ("12/47,30/47", "stop-for-harm", "stop, the treatment is worse than the control"),
        ],
    )
    def test_stops(self, run, ask, events, decision, words):
        """Each kind of stop is named with its boundary, and gives what allows for the looks."""
        found = ask(*RATES, "--events", events)
        assert found["decision"] == decision
        assert found["ordered"]["interval"][0] < found["ordered"]["estimate"] < found["ordered"]["interval"][1]
        ran = run(*RATES, "--events", events)
        assert words in ran.out.splitlines()[0]
        assert "allowing for the looks" in ran.out

    def test_whether_futility_binds_is_said(self, run):
        """A committee is told whether it may go on against the futility boundary."""
        free = run(*RATES, "--events", "12/47,14/47").out
        assert "not binding: the committee may advise to go on" in free
        one_sided = (*RATES, "--sides", "1", "--alpha", "0.025", "--binding")
        assert "binding: the efficacy boundary relies on" in run(*one_sided, "--events", "12/47,14/47").out

    def test_a_stop_for_efficacy_says_what_it_does_not_say(self, run):
        """A crossed efficacy boundary is no verdict on harms."""
        assert "It says nothing of harms" in run(*RATES, "--events", "30/47,12/47").out

    def test_all_looks_so_far(self, ask):
        """Results of every look, in order: the last is judged, at the information of each."""
        found = ask(*RATES, "--events", "17/40,13/40", "--events", "46/94,30/94")
        assert found["look"] == 2
        assert found["information"] == [pytest.approx(80 / 188), 1.0]
        assert [one["decision"] for one in found["earlier"]] == ["go-on"]
        alone = ask(*RATES, "--look", "2", "--events", "46/94,30/94", "--information", "0.425531914893617,1")
        assert alone["efficacy_z"] == pytest.approx(found["efficacy_z"], abs=1e-9)

    def test_a_trial_that_went_on_against_its_rule(self, run, ask):
        """Where an earlier look had stopped for efficacy, that is told, and nothing ordered by stage is given."""
        words = (*RATES, "--events", "30/47,12/47", "--events", "50/94,35/94")
        assert ask(*words)["ordered"] is None
        out = run(*words).out
        assert "At look 1 the rule said: stop for efficacy" in out
        assert "If the trial ends here" not in out

    def test_means_and_z(self, ask):
        """Means by the planned standard deviation are the z that they make."""
        means = ("monitor", "two-means", "--difference", "0.5", "--sd", "1", "--test", "z", *RULE)
        by_means = ask(*means, "--means", "0.6/32,0.2/32")
        by_z = ask(*means, "--z", "1.6", "--information", str(64 / by_means["planned_n"]))
        assert by_means["z"] == pytest.approx(0.4 / (2 / 32) ** 0.5)
        for name in ("efficacy_z", "futility_z", "conditional_power"):
            assert by_z[name] == pytest.approx(by_means[name], abs=1e-9)

    def test_an_end_before_the_plan(self, ask):
        """--final lets a trial that ends early use its whole level."""
        found = ask(*RATES, "--events", "24/60,12/60", "--final")
        assert found["final"]
        assert found["efficacy_z"] == pytest.approx(1.96, abs=1e-3)
        assert found["predictive_power"] is None

    def test_a_plan(self, run, ask):
        """A plan's primary is judged by its [monitoring], with what the calendar says of stopping."""
        found = ask(*PLAN, "--look", "1", "--events", "12/65,14/65")
        assert found["decision"] == "stop-for-futility"
        assert found["planned_n"] == 258
        assert found["calendar"]["randomised"] - found["calendar"]["overrun"] == 130
        out = run(*PLAN, "--look", "1", "--events", "12/65,14/65").out
        assert f"stopping spares {found['calendar']['spared']}" in out


class TestRefused:
    WRONG = {
        "blinded": ((*TRIAL, "--blinded", "23/60"), "ask `trialplan reestimate two-proportions`"),
        "events-that-fall": ((*RATES, "--events", "14/30,9/30", "--events", "13/50,9/50"), "look 2 has 13 of 50"),
        "events-too-many": ((*RATES, "--events", "14/30,9/30", "--events", "40/50,9/50"), "among 20 new participants"),
        "fewer-participants": ((*RATES, "--events", "14/30,9/30", "--events", "14/28,9/40"), "must increase"),
        "z-nan": ((*RATES, "--z", "nan"), "--z must be a number"),
        "events-over-n": ((*RATES, "--events", "31/30,9/30"), "31 of 30"),
        "events-of-one-arm": ((*RATES, "--events", "14/30"), "treatment and control"),
        "events-in-words": ((*RATES, "--events", "half,none"), "14/30,9/30"),
        "events-negative": ((*RATES, "--events", "-1/30,9/30"), "14/30,9/30"),
        "look-out-of-range": ((*RATES, "--look", "3", "--z", "2"), "from 1 to 2"),
        "look-of-a-half": ((*RATES, "--look", "0.5", "--z", "2"), "whole number"),
        "look-and-results-apart": ((*RATES, "--look", "1", "--z", "1", "--z", "2"), "one for each look"),
        "information-going-down": ((*RATES, "--look", "2", "--information", "0.5,0.4", "--z", "2"), "must increase"),
        "fewer-read-than-before": ((*RATES, "--events", "14/47,9/47", "--events", "14/40,9/40"), "must increase"),
        "information-over-the-end": ((*RATES, "--information", "1.2", "--z", "2"), "add --final"),
        "information-of-60": ((*RATES, "--information", "60", "--z", "2"), "as in 0.32, not 60"),
        "nothing-seen": (RATES, "--events 14/30,9/30"),
        "two-kinds": ((*RATES, "--z", "2", "--events", "14/30,9/30"), "not --events and --z"),
        "z-in-words": ((*RATES, "--z", "high"), "z must be a number"),
        "no-rule": ((*TRIAL, "--events", "14/30,9/30"), "--looks 0.5,1"),
        "no-function": ((*TRIAL, "--looks", "0.5,1", "--events", "14/30,9/30"), "lan-demets-obrien-fleming"),
        "means-of-rates": ((*RATES, "--means", "0.6/32,0.2/32"), "--events"),
        "sds-alone": ((*RATES, "--z", "2", "--sds", "1,1"), "--means"),
        "n-and-power": ((*RATES, "--z", "2", "--n", "188", "--power", "0.9"), "keep one"),
        "n-odd": ((*RATES, "--z", "2", "--n", "187"), "186 or 188"),
        "design-without-looks": (("monitor", "simon", "--z", "2"), "two-proportions"),
        "unknown-plan": (("monitor", "msc-lupus-nephritis-monitord", "--z", "2"), "'msc-lupus-nephritis-monitored'"),
        "plan-without-looks": (("monitor", "msc-lupus-nephritis", "--z", "2"), "[monitoring]"),
    }

    @pytest.mark.parametrize(("typed_in", "way"), WRONG.values(), ids=WRONG)
    def test_in_one_sentence(self, run, typed_in, way):
        """What cannot be is one sentence with the way out, and exit code 2."""
        ran = run(*typed_in)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith("trialplan: ")
        assert ran.err.count("\n") == 1
        assert way in ran.err

    def test_the_planned_boundary_can_be_asked_for(self, ask):
        """A rule without a function is held at its planned fraction, if that is what is said."""
        found = ask(*TRIAL, "--looks", "0.5,1", "--events", "14/30,9/30", "--information", "0.5")
        assert not found["spent_again"]

    def test_before_anything_is_imported(self):
        """A call without a result imports neither numpy nor scipy."""
        program = (
            "import sys; from trialplan.cli import main; "
            f"main({list(RATES)!r}); raise SystemExit(bool({{'numpy', 'scipy'}} & set(sys.modules)))"
        )
        assert subprocess.run([sys.executable, "-c", program], capture_output=True).returncode == 0


class TestSizeOnTheCalendar:
    SIZE = ("size", *TRIAL[1:], *RULE)

    def test_dates_the_looks(self, ask, run):
        """--accrual-rate gives each look its month, who is randomised by then, and the overrun."""
        found = ask(*self.SIZE, "--accrual-rate", "5", "--read-after", "12", "--decision", "1")
        first = found["looks"][0]
        assert first["month"] == pytest.approx(94 / 5 + 13)
        assert (first["evaluable"], first["randomised"], first["overrun"]) == (94, 159, 65)
        assert found["expected_n"]["null"] > ask(*self.SIZE)["expected_n"]["null"]
        out = run(*self.SIZE, "--accrual-rate", "5", "--read-after", "12", "--decision", "1").out
        assert "randomised by then" in out

    def test_an_interim_that_over_runs_is_told(self, run):
        """A look that can save nobody is one sentence below the answer."""
        out = run(*self.SIZE, "--accrual-rate", "30", "--read-after", "12").out
        assert "when all 188 participants are randomised: stopping then saves nobody" in out

    @pytest.mark.parametrize(
        ("more", "way"),
        [
            (("--accrual-rate", "5"), "--read-after"),
            (("--read-after", "12"), "--accrual-rate"),
            (("--accrual-rate", "0", "--read-after", "12"), "above 0"),
            (("--accrual-rate", "5", "--read-after", "-1"), "--read-after must be months in [0, 12,000], not -1"),
            (
                ("--accrual-rate", "5", "--read-after", "1e307"),
                "months in [0, 12,000], not 1e+307",
            ),
            (("--accrual-rate", "1e308", "--read-after", "1"), "participants per month must lie in [0, 1,000,000,000]"),
            (("--alpha", "1e-30"), "a level below 1e-12 a side has no boundaries"),
        ],
    )
    def test_refused(self, run, more, way):
        """Half a calendar, and months that cannot be, are one sentence."""
        ran = run(*self.SIZE, *more)
        assert (ran.code, ran.out) == (2, "")
        assert way in ran.err


class TestPlanText:
    def test_the_monitored_plan_says_what_its_twin_does_not(self):
        """The two shipped plans have the same evidence, endpoints and assumptions."""
        one, other = (read(name).content for name in ("msc-lupus-nephritis", "msc-lupus-nephritis-monitored"))
        for name in ("evidence", "estimand", "endpoint", "target_difference", "scenarios", "reference"):
            assert getattr(one, name) == getattr(other, name)
        assert one.monitoring is None
        assert other.monitoring is not None
