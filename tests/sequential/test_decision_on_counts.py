"""One arm counted exactly: the answer, a look judged, and a look that is not where it was planned."""

import json
import math

import numpy as np
import pytest
from scipy import stats

from trialplan import ExactGroupSequential, OneProportion, TwoProportions
from trialplan.errors import ParameterError
from trialplan.sequential.interim.decision_on_counts import decide_on_counts
from trialplan.sequential.with_looks import with_looks

FIXED = OneProportion(null=0.2, expected=0.4)
RULE = {"looks": (0.4, 0.7, 1.0), "efficacy": "lan-demets-pocock", "futility": "kim-demets(2)"}


@pytest.fixture
def trial():
    """Three looks that spend both errors."""
    return ExactGroupSequential(design=FIXED, **RULE)


def drawn(rate, sizes, trials, seed):
    """Responses at each look of trials drawn participant by participant."""
    people = np.random.default_rng(seed).random((trials, sizes[-1])) < rate
    return np.stack([people[:, :size].sum(axis=1) for size in sizes])


class TestAnswer:
    def test_what_a_look_says(self, trial):
        """A look's P value is scipy's binomial tail at its count, its effect the share that the count is."""
        for look in trial.sample_size(0.8).extra["looks"]:
            count, n = look["efficacy_count"], look["n"]
            assert look["efficacy_p_one_sided"] == pytest.approx(stats.binom.sf(count - 1, n, 0.2), rel=1e-10)
            assert look["effect_at_efficacy"] == count / n

    @pytest.mark.parametrize("binding", [False, True])
    def test_by_simulation(self, binding):
        """Trials drawn participant by participant stop, reject and need as many as the answer says."""
        trial = ExactGroupSequential(design=FIXED, binding=binding, **RULE)
        answer, trials = trial.sample_size(0.85), 200_000
        looks = answer.extra["looks"]
        for truth, rate in (("null", 0.2), ("alternative", 0.4)):
            seen = drawn(rate, [look["n"] for look in looks], trials, 8)
            going, needed, rejected = np.ones(trials, bool), np.zeros(trials), np.zeros(trials, bool)
            for x, look in zip(seen, looks, strict=True):
                high, low = look["efficacy_count"], look["futility_count"]
                crossed = going & (x >= (math.inf if high is None else high))
                futile = going & (x <= (-1 if low is None else low))
                for stops, name in ((crossed, "stop_for_efficacy"), (futile, "stop_for_futility")):
                    if look[name][truth] is not None:
                        assert stops.mean() == pytest.approx(look[name][truth], abs=4 * math.sqrt(0.25 / trials))
                needed[going] = look["n"]
                rejected |= crossed
                going &= ~(crossed | futile)
            error = 4 * needed.std() / math.sqrt(trials)
            assert needed.mean() == pytest.approx(answer.extra["expected_n"][truth], abs=error)
            if truth == "alternative":
                assert rejected.mean() == pytest.approx(answer.power, abs=4 * math.sqrt(0.25 / trials))
            elif binding:
                assert rejected.mean() == pytest.approx(answer.extra["actual_size"], abs=4 * math.sqrt(0.05 / trials))

    @pytest.mark.parametrize("n", [120, 900, 9000])
    def test_a_chance_is_no_more_than_certain(self, n):
        """What rejects for sure has power 1, however many digits the logarithms of its counts have lost."""
        trial = ExactGroupSequential(design=OneProportion(null=0.05, expected=0.69), looks=(0.5, 1.0))
        assert 1 - 1e-12 < float(trial.power(n)) <= 1
        assert all(look["cumulative_power"] <= 1 for look in trial.details(n, 0.8)["looks"])

    def test_a_look_that_only_stops_for_futility_does_not_reject(self):
        """Error that a look may not spend is left to the next one."""
        trial = ExactGroupSequential(design=FIXED, looks=(0.5, 1.0), efficacy_at=(1.0,), futility="z(0)")
        first, last = trial.sample_size(0.8).extra["looks"]
        assert first["efficacy_count"] is None
        assert first["cumulative_alpha"] == 0
        assert last["cumulative_alpha"] <= 0.05

    def test_one_arm_is_counted_and_two_are_not(self):
        """The exact test of one arm is looked at by counts; every other test by normal theory."""
        assert with_looks(FIXED, looks=(0.5, 1.0)).slug() == "exact-group-sequential"
        assert with_looks(FIXED.replace(test="score"), looks=(0.5, 1.0)).slug() == "group-sequential"
        assert with_looks(TwoProportions(control=0.3, treatment=0.5), looks=(0.5, 1.0)).slug() == "group-sequential"

    @pytest.mark.parametrize(
        ("words", "way"),
        [
            ({"design": FIXED.replace(sides=2)}, "set sides to 1"),
            ({"design": FIXED.replace(test="score")}, "test exact"),
            ({"design": TwoProportions(control=0.3, treatment=0.5)}, "one arm"),
            ({"futility": "conditional-power(0.2)"}, "use z, p or a spending function"),
            ({"looks": (1.0, 0.5)}, "increasing"),
        ],
    )
    def test_refused(self, words, way):
        """What cannot be counted is refused with the way out."""
        with pytest.raises(ParameterError, match=way):
            ExactGroupSequential(**({"design": FIXED} | words))


class TestLook:
    def test_verdict(self, trial):
        """One response more or less decides, at the counts that the answer prints."""
        answer = trial.sample_size(0.8)
        first, last = answer.extra["looks"][0], answer.extra["looks"][-1]
        high, low, size = first["efficacy_count"], first["futility_count"], first["n"]
        told = {x: decide_on_counts(trial, answer.n, 1, [(x, size)]).verdict for x in (low, low + 1, high - 1, high)}
        assert list(told.values()) == ["stop-for-futility", "go-on", "go-on", "stop-for-efficacy"]
        for x, verdict in ((last["efficacy_count"], "rejected"), (last["efficacy_count"] - 1, "not-rejected")):
            assert decide_on_counts(trial, answer.n, 3, [(x, last["n"])]).verdict == verdict

    def test_conditional_and_predictive_power(self, trial):
        """They are binomial and beta-binomial tails of what is still to come, by scipy."""
        n = trial.sample_size(0.8).n
        looks = trial.counts(n)
        found = decide_on_counts(trial, n, 1, [(6, looks.sizes[0])])
        left, needed = n - looks.sizes[0], looks.reject[-1] - 6
        power = found.conditional_power
        assert power["planned"] == pytest.approx(stats.binom.sf(needed - 1, left, 0.4))
        assert power["trend"] == pytest.approx(stats.binom.sf(needed - 1, left, 6 / looks.sizes[0]))
        predictive = stats.betabinom.sf(needed - 1, left, 7, looks.sizes[0] - 5)
        assert found.predictive_power == pytest.approx(predictive)

    def test_ordered_p_value(self, trial):
        """It is the share of null trials that stopped above earlier, or got this far with as many responses."""
        n = trial.sample_size(0.8).n
        looks = trial.counts(n)
        x = looks.reject[1]
        found = decide_on_counts(trial, n, 2, [(x, looks.sizes[1])])
        seen = drawn(0.2, looks.sizes[:2], 400_000, 5)
        earlier = seen[0] >= looks.reject[0]
        share = (earlier | (seen[1] >= x)).mean()
        assert found.ordered.p == pytest.approx(share, abs=4 * math.sqrt(0.05 / 400_000))

    def test_fewer_are_better(self):
        """A trial of fewer responses mirrors one of more."""
        up = ExactGroupSequential(design=FIXED, **RULE)
        down = up.replace(null=0.8, expected=0.6, favourable="lower")
        n = up.sample_size(0.8).n
        size = up.counts(n).sizes[0]
        for x in range(size + 1):
            one, other = decide_on_counts(up, n, 1, [(x, size)]), decide_on_counts(down, n, 1, [(size - x, size)])
            assert one.verdict == other.verdict
            assert one.p == pytest.approx(other.p)
            assert one.conditional_power == pytest.approx(other.conditional_power)

    @pytest.mark.parametrize("size", [15, 20, 27])
    def test_a_look_elsewhere_keeps_the_level(self, trial, size):
        """Where a look has other participants the errors are spent again, and the level is kept all the same."""
        n = trial.sample_size(0.8).n
        found = decide_on_counts(trial, n, 1, [(5, size)])
        assert found.again
        assert found.evidence.counts.sizes[0] == size
        assert found.evidence.counts.actual_size <= 0.05

    def test_an_early_end(self, trial):
        """A trial that ends at its first look is the fixed exact test of the participants that it has."""
        found = decide_on_counts(trial, 50, 1, [(12, 30)], final=True)
        assert found.evidence.counts.reject == (FIXED.critical_count(30),)
        assert found.verdict == "rejected"
        assert found.ordered.p == pytest.approx(stats.binom.sf(11, 30, 0.2))

    @pytest.mark.parametrize(
        ("look", "seen", "words", "way"),
        [
            (4, [(5, 20)], {}, "one of the 3 planned"),
            (1, [(21, 20)], {}, "21 of 20"),
            (2, [(5, 20), (6, 20)], {}, "must increase"),
            (1, [(5, 60)], {}, "run over the end"),
            (1, [(5, 0)], {}, "responders first"),
        ],
    )
    def test_refused(self, trial, look, seen, words, way):
        """What a look cannot have seen is refused."""
        with pytest.raises(ParameterError, match=way):
            decide_on_counts(trial, 50, look, seen, **words)

    @pytest.mark.parametrize("efficacy", ["lan-demets-pocock", "kim-demets(1)"])
    @pytest.mark.parametrize("end", [30, 34, 50, 70])
    def test_an_end_elsewhere_leaves_what_was_spent(self, efficacy, end):
        """The count that the first look used stays what it was, and the two together keep the level."""
        trial = ExactGroupSequential(design=OneProportion(null=0.1, expected=0.3), efficacy=efficacy)
        used = decide_on_counts(trial, 35, 1, [(4, 18)]).evidence.counts.reject[0]
        found = decide_on_counts(trial, 35, 2, [(4, 18), (9, end)], final=True)
        assert found.evidence.counts.reject[0] == used
        rejects = stats.binom.sf(used - 1, 18, 0.1)
        for first in range(used):
            needed = found.evidence.counts.reject[1] - first
            rejects += stats.binom.pmf(first, 18, 0.1) * stats.binom.sf(needed - 1, end - 18, 0.1)
        assert rejects <= 0.05
        assert found.evidence.counts.actual_size == pytest.approx(rejects, rel=1e-9)

    def test_a_shape_belongs_to_its_looks(self):
        """A boundary that does not spend is not moved to other looks."""
        trial = ExactGroupSequential(design=FIXED)
        with pytest.raises(ParameterError, match="lan-demets-obrien-fleming"):
            decide_on_counts(trial, 50, 1, [(5, 21)])


class TestCommand:
    WORDS = ("one-proportion", "--null", "0.2", "--expected", "0.4", "--looks", "0.5,1", "--futility", "z(0)")

    def told(self, capsys, *words):
        from trialplan.cli import main

        code = main(words)
        out, err = capsys.readouterr()
        return code, out, err

    def test_size(self, capsys):
        """`size --looks` with the exact test prints the counts that stop the trial, and its actual level."""
        code, out, _ = self.told(capsys, "size", *self.WORDS)
        assert code == 0
        assert "rejects at" in out
        assert "actual level" in out

    def test_monitor(self, capsys):
        """`monitor` holds responses against those counts."""
        code, out, _ = self.told(capsys, "monitor", *self.WORDS, "--look", "1", "--events", "9/19", "--json")
        found = json.loads(out)
        assert code == 0
        assert (found["decision"], found["efficacy_count"], found["futility_count"]) == ("stop-for-efficacy", 9, 3)
        assert found["ordered"]["p"] == pytest.approx(stats.binom.sf(8, 19, 0.2))
        assert found["sentence"].startswith("Look 1 of 2: stop for efficacy.")

    @pytest.mark.parametrize(
        ("words", "way"),
        [
            (("--z", "2"), "--events 9/30"),
            (("--events", "9/19", "--information", "0.5"), "leave --information out"),
            (("--events", "9/19,3/8"), "the one arm"),
            (("--events", "20/19"), "20 of 19"),
        ],
    )
    def test_refused(self, capsys, words, way):
        """What counts do not have is one sentence with the way out."""
        code, out, err = self.told(capsys, "monitor", *self.WORDS, *words)
        assert (code, out) == (2, "")
        assert way in err
        assert err.count("\n") == 1
