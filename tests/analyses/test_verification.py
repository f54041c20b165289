"""Verification: drawing and counting beside the formula, the same bits everywhere, and a verdict that is fair."""

from __future__ import annotations

import json
import math
import pickle

import numpy as np
import pytest
from scipy import stats

import trialplan
from trialplan import (
    Ancova,
    GroupSequential,
    OneMean,
    OneProportion,
    OneWayAnova,
    RatioOfMeans,
    Simon,
    TwoMeans,
    TwoProportions,
    TwoStage,
)
from trialplan.analyses.executors import Cluster, Processes, Serial
from trialplan.analyses.verification.counted_truth import enumerated, outcomes, true_size
from trialplan.analyses.verification.sentences import complaints, headline, reached, verdict
from trialplan.analyses.verification.simulation import SimulationTask, _parts, simulate, simulate_each
from trialplan.analyses.verification.true_sample_size import by_enumeration, by_simulation
from trialplan.analyses.verification.verification import Check, verify
from trialplan.answers import Simulation
from trialplan.errors import ParameterError

RATES = TwoProportions(control=0.3, treatment=0.5)
RARE = TwoProportions(control=0.02, treatment=0.10, allocation="3:1")
MEANS = TwoMeans(difference=0.5, sd=1)
LOOKED_AT = GroupSequential(design=RATES)


@pytest.fixture(scope="module")
def cluster():
    """A scheduler and two worker processes on loopback."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0", host="127.0.0.1"
    ) as found:
        yield found


class Backwards:
    """An executor that does the last task first."""

    def run(self, function, tasks):
        for index in reversed(range(len(tasks))):
            yield index, function(pickle.loads(pickle.dumps(tasks[index])))


class TestSimulate:
    @pytest.mark.parametrize("workers", [2, 4])
    def test_workers_give_the_same(self, workers):
        """Two and four processes give the counts that one gives."""
        asked = [
            SimulationTask(design=one, n=n, trials=5000) for one, n in ((RATES, 186), (MEANS, 64), (LOOKED_AT, 96))
        ]
        assert simulate_each(asked, 7, executor=Processes(workers)) == simulate_each(asked, 7, executor=Serial())

    def test_a_cluster_gives_the_same(self, cluster):
        """A dask cluster of two worker processes gives the counts that one process gives."""
        there = simulate(MEANS, 64, 5000, 7, executor=Cluster(cluster.scheduler_address))
        assert there == simulate(MEANS, 64, 5000, 7)

    def test_the_order_does_not_matter(self):
        """Tasks done in another order, on copies, give the same counts."""
        assert simulate(RATES, 186, 5000, 7, executor=Backwards()) == simulate(RATES, 186, 5000, 7)

    def test_seeds_matter(self):
        """Another seed gives other trials."""
        assert simulate(RATES, 186, 5000, 7) != simulate(RATES, 186, 5000, 8)

    def test_tasks_depend_on_n_and_trials_only(self):
        """The parts hold all trials, have streams of their own, and are small whatever n is."""
        for n, trials in ((2, 10), (186, 100_000), (100_000, 300), (186, 1)):
            parts = _parts(SimulationTask(design=RATES, n=n, trials=trials), 0, np.random.SeedSequence(1))
            assert sum(part.trials for _, part, _ in parts) == trials
            assert max(part.trials for _, part, _ in parts) * n <= max(4_000_000, n)
            assert len({stream.spawn_key for _, _, stream in parts}) == len(parts)

    def test_it_reports_how_far_it_is(self):
        """Progress goes up to the number of trials that all simulations have together."""
        told = []
        asked = [SimulationTask(design=RATES, n=20, trials=3000), SimulationTask(design=MEANS, n=20, trials=2000)]
        simulate_each(asked, 1, progress=lambda done, total: told.append((done, total)))
        assert told[-1] == (5000, 5000)
        assert [done for done, _ in told] == sorted({done for done, _ in told})

    @pytest.mark.parametrize("trials", [0, -1, 1.5, 10**12, "many"])
    def test_trials_that_cannot_be(self, trials):
        """A number of trials that cannot be is refused."""
        with pytest.raises(ParameterError, match="trials must be a whole number from 1 to 1,000,000,000"):
            simulate(RATES, 186, trials, 1)

    def test_days_of_work_are_refused(self):
        """What would take days is refused with the number that would not."""
        with pytest.raises(ParameterError, match="at most 10,000,000 for 1,000,000 participants"):
            simulate(RATES, 1_000_000, 20_000_000, 1)

    @pytest.mark.parametrize("seed", [-1, 0.5])
    def test_seeds_that_cannot_be(self, seed):
        """A seed below 0, or a fraction, is refused."""
        with pytest.raises(ParameterError, match="seed must be a whole number, 0 or more"):
            simulate(RATES, 186, 100, seed)


class TestTruth:
    @pytest.mark.parametrize(
        "numbers",
        [
            {},
            {"test": "wald"},
            {"test": "fisher"},
            {"goal": "non-inferiority", "margin": 0.1},
            {"goal": "equivalence", "margin": 0.25, "treatment": 0.3},
        ],
        ids=str,
    )
    def test_two_arms(self, numbers):
        """The truth is the sum, one table after the other, of the probabilities of those that the analysis rejects."""
        design = RATES.replace(**numbers)
        n_t, n_c, power, favoured = 13, 13, 0.0, 0.0
        for x_t in range(n_t + 1):
            for x_c in range(n_c + 1):
                arms = [np.arange(m)[None, :] < x for x, m in ((x_t, n_t), (x_c, n_c))]
                statistic, rejects = design.analyse(tuple(arms))
                weight = stats.binom.pmf(x_t, n_t, design.treatment) * stats.binom.pmf(x_c, n_c, design.control)
                power += weight * bool(rejects[0])
                favoured += weight * bool(rejects[0] and statistic[0] > 0)
        found = enumerated(design, 26)
        assert (found.power, found.favoured) == pytest.approx((power, favoured), abs=1e-12)

    def test_large_arms_are_counted_near_the_middle(self):
        """Tables that are all but impossible are left out: ten thousand participants an arm are counted in a moment."""
        design = TwoProportions(control=0.3, treatment=0.32)
        assert outcomes(design, 20_000) < 1_000_000
        assert enumerated(design, 20_000).favoured == pytest.approx(float(design.power(20_000)), abs=2e-3)

    def test_one_arm(self):
        """A single arm rejects from its critical count on."""
        design = OneProportion(null=0.05, expected=0.2)
        assert enumerated(design, 27).power == pytest.approx(stats.binom.sf(3, 27, 0.2), abs=1e-12)
        assert true_size(design, 27) == pytest.approx(stats.binom.sf(3, 27, 0.05), abs=1e-12)

    def test_two_stages(self):
        """Simon's design 1/10, 5/29 at 0.1 and 0.3 has power 0.8051 and size 0.0471, as his table 1 says."""
        design = TwoStage(null=0.1, expected=0.3, stages=("1/10", "5/29"))
        assert enumerated(design, 29).power == pytest.approx(0.8051, abs=5e-5)
        assert true_size(design, 29) == pytest.approx(0.0471, abs=5e-5)

    def test_the_largest_size(self):
        """No rate of a fine grid has a larger type I error than the one that is found."""
        design = RATES.replace(test="wald")
        nulls = [
            enumerated(TwoProportions(control=p, treatment=p, test="wald"), 40).power for p in np.arange(1, 100) / 100
        ]
        assert max(nulls) <= true_size(design, 40) <= max(nulls) + 0.002

    @pytest.mark.parametrize("design", [MEANS, LOOKED_AT, RatioOfMeans(ratio=1.5, cv=0.5)], ids=lambda one: one.slug())
    def test_what_is_no_count_is_not_counted(self, design):
        """Continuous outcomes and looks are left to simulation."""
        assert enumerated(design, 40) is None
        assert true_size(design, 40) is None


class TestVerify:
    def test_the_textbook_trial(self):
        """93 per arm for .3 against .5 claim .800; the truth is .7991, and 94 per arm reach it."""
        found = verify(RATES, target=0.8, trials=40_000)
        assert (found.n, found.ok, found.seed) == (186, True, 20_261_124)
        assert found.enumerated == pytest.approx(0.7991, abs=5e-5)
        assert abs(found.simulated - found.enumerated) < 4 * found.standard_error
        assert found.gap == found.claimed - found.enumerated
        assert (found.true_n.n, found.true_n.arms) == (188, {"treatment": 94, "control": 94})

    def test_rare_events(self):
        """The score test's claim of .086 at 45:15 and .10 against .02 does not hold: the truth is .009."""
        found = verify(RARE, n=60, trials=20_000)
        assert not found.ok
        assert round(found.claimed, 3) == 0.086
        assert round(found.enumerated, 3) == 0.009
        assert found.true_n is None  # no target was asked for

    def test_a_cautious_formula_holds(self):
        """Where the continuity-corrected formula claims less than the truth, its claims hold, and that is told."""
        found = verify(RATES.replace(test="continuity-corrected", control=0.1, treatment=0.4), n=40, trials=4000)
        assert found.enumerated > found.claimed + 0.011
        assert found.ok
        assert "less power than enumeration shows, and is cautious" in verdict(found)

    def test_like_is_compared_with_like(self):
        """Power is held against rejections either way and success against those in favour, whatever the test."""
        for test in ("score", "fisher"):
            found = verify(RATES.replace(test=test), n=20, trials=2000)
            truth = enumerated(found.design, 20)
            assert (found.enumerated, found.enumerated_success) == (truth.power, truth.favoured)
            assert found.claimed == float(found.design.power(20))
            assert found.success == float(found.design.success(20))
            assert found.simulated >= found.simulated_success
            assert found.level == 0.05

    def test_a_wrong_side_is_two_claims(self):
        """Where power and success are two numbers as printed, each is held against its witness."""
        found = verify(TwoMeans(difference=-0.5, sd=1, test="z"), n=64, trials=4000)
        assert [one.what for one in found.checks[:2]] == ["power", "success"]
        assert found.ok
        assert found.success < 0.001 < 0.5 < found.claimed

    @pytest.mark.parametrize(("goal", "margin", "level"), [("non-inferiority", 0.5, 0.025), ("equivalence", 0.8, 0.05)])
    def test_one_sided_goals_are_held_to_one_side(self, goal, margin, level):
        """Non-inferiority and equivalence have the level of one side, and each limit is a null."""
        found = verify(TwoMeans(difference=0, sd=1, goal=goal, margin=margin), n=64, trials=4000)
        assert found.level == level
        assert found.ok
        assert sum(one.what == "type I error" for one in found.checks) == (1 if goal == "non-inferiority" else 2)

    def test_a_search_by_its_trial(self):
        """What Simon's search finds is verified by counting, and its n is not searched for."""
        found = verify(Simon(null=0.1, expected=0.3).sample_size(0.8).design, n=29, trials=4000)
        assert found.ok
        assert found.true_n is None

    def test_small_ancova(self):
        """The simple method's claim with 4 per arm is off by six points in a hundred; the exact one's holds."""
        simple = Ancova(difference=1.5, sd=1, correlation=0.5)
        assert verify(simple, n=8, trials=20_000).gap == pytest.approx(0.059, abs=0.02)
        assert [one.what for one in verify(simple, n=8, trials=20_000).failed] == ["power"]
        assert verify(simple.replace(method="exact"), n=8, trials=20_000).ok

    def test_monitored(self):
        """A trial with looks and futility is verified with the boundaries that its n has."""
        assert verify(LOOKED_AT, target=0.9, trials=10_000).ok

    def test_as_json(self):
        """Every number of the contract is there, as JSON has it."""
        found = json.loads(json.dumps(verify(RATES, target=0.8, trials=2000, seed=3).as_json(), allow_nan=False))
        assert {"n", "claimed", "simulated", "standard_error", "trials", "type_one_error", "gap"} <= set(found)
        assert {"enumerated", "enumerated_type_one_error", "level", "true_n", "ok", "seed", "checks"} <= set(found)
        assert found["assumptions"]["control"] == 0.3
        assert found["true_n"]["n"] == 188

    def test_a_seed_gives_the_same_again(self):
        """The same seed gives the same verification, with any number of workers."""
        there = verify(MEANS, n=32, trials=4000, seed=3, executor=Processes(2))
        assert there == verify(MEANS, n=32, trials=4000, seed=3)

    def test_no_two_checks_bear_one_name(self):
        """What is drawn at the plan and what at the null are told apart."""
        found = verify(TwoProportions(control=0.3, treatment=0.7, test="fisher"), n=20, trials=500)
        drawn = [one.what for one in found.checks if one.what.startswith("drawing")]
        assert drawn == ["drawing", "drawing at the null"]

    def test_a_grid_is_refused(self):
        """Verification is of one trial."""
        with pytest.raises(ParameterError, match="not a grid"):
            verify(TwoProportions(control=np.array([0.2, 0.3]), treatment=0.5), n=100)


class TestCheck:
    def one(self, **changed):
        base = {"what": "power", "by": "simulation", "claimed": 0.8, "seen": 0.8, "standard_error": 0.01}
        return Check(**{**base, "allowance": 0.0, **changed})

    def test_four_standard_errors(self):
        """Chance is given four standard errors, and no more."""
        assert self.one(seen=0.8399).ok
        assert self.one(seen=0.7601).ok
        assert not self.one(seen=0.7599).ok

    def test_a_truth_above_the_claim_is_no_fault(self):
        """A claim that the truth exceeds holds, and does not agree; a limit may not be exceeded."""
        assert self.one(seen=0.8399).agrees
        assert not self.one(seen=0.8401).agrees
        assert self.one(seen=0.8401).ok
        assert not self.one(what="drawing", seen=0.8401).ok

    def test_allowance(self):
        """An approximation has its allowance besides."""
        assert self.one(seen=0.751, allowance=0.01).ok
        assert not self.one(seen=0.749, allowance=0.01).ok

    def test_a_level_may_be_kept_with_ease(self):
        """A type I error far below the level is no fault."""
        assert self.one(what="type I error", claimed=0.05, seen=0.001, above_only=True).ok
        assert not self.one(what="type I error", claimed=0.05, seen=0.1, above_only=True).ok

    def test_an_enumerated_truth_leaves_nothing_to_chance(self):
        """Counted, an exact claim is right to nine digits or wrong."""
        assert self.one(standard_error=0.0, seen=0.8 - 1e-10).ok
        assert not self.one(standard_error=0.0, seen=0.8 - 1e-7).ok
        assert not self.one(standard_error=0.0, seen=0.8 + 1e-7).agrees


class TestReaching:
    def test_counted_power_stays_there(self):
        """From the number found on, no n up to where it was searched falls below the target; the one before does."""
        found = by_enumeration(RATES, 186, 0.8)
        powers = {n: enumerated(RATES, n).favoured for n in range(186, found.searched_to + 1, 2)}
        assert powers[found.n - 2] < 0.8
        assert min(power for n, power in powers.items() if n >= found.n) >= 0.8

    def test_counting_gives_up(self):
        """Where it would take minutes, the search says how far it went."""
        design = TwoProportions(control=0.5, treatment=0.5005)
        found = by_enumeration(design, 200_000, 0.8)
        assert found.n is None
        assert "as far as it was enumerated" in reached(found, 0.8)

    def test_simulated(self):
        """Where participants must be drawn, the n found lies around the true one, within what it says of itself."""
        design, trials = Ancova(difference=0.5, sd=1, correlation=0.5), 20_000

        def draw(n, turn):
            return simulate(design, n, trials, (5, turn))

        found = by_simulation(design, 60, 0.9, draw(60, 9), draw)
        truth = int(design.replace(method="exact").sample_size(0.9).n)
        assert found.low <= truth <= found.high
        assert found.high - found.low < 10
        assert abs(found.power - 0.9) < 0.02
        assert f"({found.low:,} to {found.high:,})" in reached(found, 0.9)

    @pytest.mark.parametrize("luck", [-3, -2, -1, 0, 1, 2, 3])
    def test_the_first_looks_do_not_settle_the_number(self, luck):
        """However lucky they were, the closest looks, which here see the truth, tell the fewest that reach it."""
        design = OneMean(null=0, expected=0.25, sd=1, alpha=0.025)

        def power(n):
            return float(stats.norm.cdf(0.25 * math.sqrt(n) - 1.96))

        def draw(n, turn):
            trials = 4_000_000 if turn == 2 else 100_000
            error = 0 if turn == 2 else luck * math.sqrt(0.16 / trials)
            return Simulation(trials, round((power(n) + error) * trials), 0)

        truth = next(n for n in range(1, 1000) if power(n) >= 0.8)
        found = by_simulation(design, 110, 0.8, draw(110, 0), draw)
        assert found.n == truth
        assert found.low <= truth <= found.high

    def test_no_effect_is_not_followed_for_ever(self):
        """Where power does not rise, no larger n is tried."""
        flat = Simulation(1000, 30, 30)
        found = by_simulation(MEANS, 20, 0.8, flat, lambda n, turn: flat)
        assert found.n is None
        assert found.reason

    def test_what_falls_short_is_sized_anew(self):
        """A formula that asks for too few, of an outcome that is no count, is given the n that does reach the power."""

        class TooFew(TwoMeans):
            def power(self, n):
                return super().power(1.5 * n)

            success = power

        found = verify(TooFew(difference=0.5, sd=1), target=0.8, trials=10_000)
        assert found.n < 100
        assert not found.ok
        assert found.true_n.low <= 128 <= found.true_n.high


class TestVerdict:
    def test_headline(self):
        """The headline has claim, simulation with its error, and the count."""
        text = headline(verify(RATES, target=0.8, trials=10_000))
        assert text.startswith("The formula claims power 0.800 with 186 participants; 10,000 simulated trials reject")
        assert text.endswith("enumeration of every outcome gives 0.7991")

    def test_no_more_digits_than_the_simulation_has(self):
        """A hundred trials give two decimals at most."""
        text = headline(verify(MEANS, n=128, trials=100))
        share = text.partition("reject in ")[2].split(" ")[0]
        assert len(share) <= len("0.80")

    def test_good_and_bad(self):
        """A verdict says that all claims hold, or what does not."""
        assert verdict(verify(MEANS, n=128, trials=4000)) == (
            "every claim holds, of power, rejection at the null and type I error at the planned rate, within four "
            "standard errors"
        )
        bad = verify(RARE, n=60, trials=4000)
        assert verdict(bad) == "; ".join(complaints(bad))
        assert "0.077 more power than enumeration shows" in verdict(bad)

    def test_nothing_to_reach(self):
        """Where nothing fell short there is nothing to say."""
        assert reached(None, 0.8) == ""
        assert math.isclose(verify(MEANS, n=128, trials=1000).claimed, 0.8015, abs_tol=1e-4)


def test_a_test_without_a_direction_rejects_in_none():
    """Of an F test rejections are counted, in no one's favour."""
    page = trialplan.verify(OneWayAnova(group_means=(1, 2, 3), sd=1), n=18, trials=400).page()
    assert ("power counts", "rejections") in [tuple(row) for row in page.tables[0].rows]
    claims = [row[0] for row in page.tables[1].rows]
    assert "rejection at the null" in claims
    assert not any("favour" in claim or "either way" in claim for claim in claims)
