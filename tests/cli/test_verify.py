"""`trialplan verify`: a sentence to quote, a table of claims, and an exit code that tells whether they hold."""

from __future__ import annotations

import json
import signal
import time

import pytest

from trialplan.files import shipped
from trialplan.plan import read

RATES = ("verify", "two-proportions", "--control", "0.3", "--treatment", "0.5")
RARE = ("verify", "two-proportions", "--control", "0.02", "--treatment", "0.1", "--allocation", "3:1", "--n", "60")
MEANS = ("verify", "two-means", "--difference", "0.5", "--sd", "1")
FEW = ("--trials", "4000")


@pytest.fixture
def losing(tmp_path):
    """The shipped plan with a primary whose participants without an outcome are left out."""
    text = read("msc-lupus-nephritis").text
    losses = 'missing = "excluded"\ndropout = 0.15\ndropout_source = "ours"'
    assert text.count('missing = "non-response"') == 2
    path = tmp_path / "plan.toml"
    path.write_text(text.replace('missing = "non-response"', losses, 1), encoding="utf-8")
    for file in (shipped("examples") / "msc-lupus-nephritis").glob("evidence*"):
        (tmp_path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    return str(path)


class TestDesign:
    def test_a_sentence_to_quote(self, run):
        """The headline has the claim, what simulated trials do with its error, and the count."""
        ran = run(*RATES, *FEW)
        assert (ran.code, ran.err) == (0, "")
        first = ran.out.splitlines()[0]
        assert first.startswith("The formula claims power 0.800 with 186 participants; 4,000 simulated trials reject")
        assert first.endswith("enumeration of every outcome gives 0.7991")
        assert "0.8 is truly reached by 188 participants (94 treatment + 94 control)" in ran.out
        assert "seed 20261124" in ran.out

    def test_a_claim_that_does_not_hold(self, run):
        """A check that was made and failed is exit code 1, with the reason, and nothing on stderr."""
        ran = run(*RARE, *FEW)
        assert (ran.code, ran.err) == (1, "")
        assert "The formula claims 0.077 more power than enumeration shows" in ran.out
        assert "NO" in ran.out

    def test_json(self, run):
        """--json has the contract's keys at full precision, whether or not the claims hold."""
        good, bad = (run(*line, *FEW, "--json") for line in (RATES, RARE))
        found = json.loads(good.out)
        assert {"n", "claimed", "simulated", "standard_error", "trials", "type_one_error", "gap"} <= set(found)
        assert (found["design"], found["n"], found["trials"], found["ok"]) == ("two-proportions", 186, 4000, True)
        assert (json.loads(bad.out)["ok"], bad.code) == (False, 1)

    def test_a_file(self, run, tmp_path):
        """-o writes the page, in the format of its suffix, also of claims that do not hold."""
        for suffix in ("json", "csv", "md", "txt"):
            path = tmp_path / f"verified.{suffix}"
            assert run(*RARE, *FEW, "-o", str(path)).code == 1
            assert "0.0860" in path.read_text(encoding="utf-8") or "0.08602" in path.read_text(encoding="utf-8")

    def test_workers_change_nothing(self, run):
        """Two workers give the bytes that one gives."""
        assert run(*MEANS, *FEW, "--json", "--workers", "2").out == run(*MEANS, *FEW, "--json").out

    def test_seeds_do(self, run):
        """Another seed is printed and gives other numbers."""
        one, other = (json.loads(run(*MEANS, *FEW, "--json", "--seed", seed).out) for seed in ("1", "2"))
        assert (one["seed"], other["seed"]) == (1, 2)
        assert one["simulated"] != other["simulated"]

    def test_looks(self, run):
        """Looks are verified with their design."""
        found = json.loads(run(*RATES, "--looks", "0.5,1", "--efficacy", "pocock", *FEW, "--json").out)
        assert found["design"] == "group-sequential"
        assert found["type_one_error"] < 0.065

    def test_a_search(self, run):
        """What Simon's search finds is verified, and counted."""
        ran = run("verify", "simon", "--null", "0.1", "--expected", "0.3", *FEW)
        assert ran.code == 0
        assert "with 29 participants" in ran.out
        assert "0.8051" in ran.out

    def test_no_bar_in_a_pipe(self, run):
        """Where nobody watches, no progress is drawn."""
        assert run(*MEANS, *FEW).err == ""

    def test_so_few_trials_that_nothing_is_shown(self, run):
        """Where chance alone explains a tenth of power, the verdict is not that the claims hold."""
        assert "none is shown to hold: 100 trials leave 0.1" in run(*MEANS, "--trials", "100").out

    @pytest.mark.parametrize(
        ("more", "complaint"),
        [
            (("--trials", "0"), "--trials must be a whole number from 100 to 1,000,000,000, not 0"),
            (("--trials", "1"), "not 1; so few show nothing of a claim; the usual number is 100,000"),
            (("--trials", "1000000000000"), "not 1,000,000,000,000"),
            (("--trials", "1.5"), "not 1.5"),
            (("--trials", "many"), "not many"),
            (("--seed", "-1"), "--seed must be a whole number, 0 or more, not -1"),
            (("--seed", "x"), "not 'x'"),
            (("--workers", "0"), "--workers must be a whole number from 1 to 1,024, not 0"),
            (("--workers", "2", "--scheduler", "tcp://127.0.0.1:1"), "keep one"),
            (("--power", "0.8", "--n", "100"), "keep one"),
            (("--power", "80"), "80 % as 0.8"),
            (("--n", "93"), "92 or 94"),
            (("--looks", "1,0.5"), "0.5,1"),
            (("--favourable", "lower"), "must lie below"),
            (("--treatment", "0.3"), "--treatment is given twice"),
        ],
        ids=" ".join,
    )
    def test_refused(self, run, more, complaint):
        """What cannot be is one sentence and exit code 2."""
        ran = run(*RATES, *more)
        assert (ran.code, ran.out) == (2, "")
        assert complaint in ran.err
        assert len(ran.err.splitlines()) == 1

    def test_days_of_work(self, run):
        """What would take days is refused with a number of trials that would not."""
        ran = run("verify", "two-means", "--difference", "0.001", "--sd", "1", "--trials", "1000000000")
        assert ran.code == 2
        assert "--trials must be at most" in ran.err or "trials must be at most" in ran.err

    def test_without_a_test(self, run):
        """A design without a test has nothing to verify, and the verb that it has is named."""
        ran = run("verify", "adverse-event", "--rate", "0.1")
        assert ran.code == 2
        assert "use `trialplan size adverse-event`" in ran.err


class TestPlan:
    def test_every_endpoint_that_tests(self, run):
        """The shipped plan's endpoints are verified, its losses as it states them."""
        ran = run("verify", "msc-lupus-nephritis", *FEW)
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.startswith("The formula claims power 0.801 with 254 participants")
        assert "a missing outcome counts as non-response, which the planning rates contain" in ran.out
        assert "of 254 simulated participants each is lost with probability 0.1" in ran.out

    def test_json(self, run):
        """--json has one object for each endpoint, with its losses."""
        found = json.loads(run("verify", "msc-lupus-nephritis", *FEW, "--json").out)
        roles = [one["role"] for one in found["endpoints"]]
        assert roles == ["primary", "secondary", "secondary"]
        assert [one["losses"] is None for one in found["endpoints"]] == [True, False, True]
        assert found["endpoints"][1]["losses"]["n"] == 254
        assert found["ok"] is all(one["ok"] for one in found["endpoints"])

    def test_losses_of_the_primary(self, run, losing):
        """Excluded participants are enrolled besides, lost at random, and the rest have the power that was claimed."""
        found = json.loads(run("verify", losing, *FEW, "--json").out)["endpoints"][0]
        losses = found["losses"]
        assert (found["n"], losses["n"], losses["expected"]) == (254, 300, 254)
        assert losses["ok"]
        assert abs(losses["simulated"] - found["enumerated"]) < 4 * losses["standard_error"] + 0.005

    @pytest.mark.parametrize(("name", "hint"), [("absent.toml", "absent.toml"), ("msc-lupus", "'msc-lupus-nephritis'")])
    def test_not_there(self, run, name, hint):
        """A plan that is not there is one sentence."""
        ran = run("verify", name)
        assert ran.code == 2
        assert hint in ran.err


class TestInterrupted:
    @pytest.mark.parametrize(
        "workers",
        [pytest.param((), id="serial", marks=pytest.mark.sweep), pytest.param(("--workers", "2"), id="two workers")],
    )
    def test_ctrl_c(self, start, alive, workers):
        """Ctrl-C ends the run with 130, without a traceback, and leaves no process behind."""
        process = start(*MEANS, "--trials", "5000000", *workers)
        time.sleep(3)
        children = process.children()
        process.send_signal(signal.SIGINT)
        out, complaints = process.communicate(timeout=30)
        assert process.returncode == 130, complaints
        assert (out, "Traceback" in complaints) == ("", False)
        assert alive(children) == []
