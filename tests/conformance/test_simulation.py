"""Drawing and analysing participants, against the formula: exact designs must agree."""

import math
import zlib

import numpy as np
import pytest

from trialplan.analyses.verification.verification import verify
from trialplan.errors import TrialplanError
from trialplan.parameter import parameters
from trialplan.sequential.group_sequential import GroupSequential

TRIALS = 6000


def generator(design, *words):
    """Fixed numbers for each design and question."""
    return np.random.default_rng(zlib.crc32(repr((design, words)).encode()))


def tolerance(probability, trials):
    """Four standard errors, and one trial."""
    return 4 * math.sqrt(max(probability * (1 - probability), 0) / trials) + 1 / trials


def drawn_beyond(claims, design, n):
    """Which of some claims, each a question to what was drawn and to how many trials, simulated trials contradict.

    One claim in some 15,000 is missed by four standard errors where it is true, and there are as many here: what is
    missed once is asked again with ten times the trials.
    """
    for trials in (TRIALS, 10 * TRIALS):
        seen = design.simulate(n, trials, generator(design, n, trials))
        apart = [name for name, beyond in claims.items() if beyond(seen, trials)]
        if not apart:
            return []
    return apart


def awkward(design):
    """The design with lopsided allocations and extreme rates, each with small totals in whole blocks."""
    variants = [{}]
    if "allocation" in parameters(type(design)):
        variants += [{"allocation": "3:1"}, {"allocation": "1:3"}]
    variants += [
        {name: extreme}
        for name, declared in parameters(type(design)).items()
        for extreme in (0.02, 0.97)
        if declared.unit == "proportion"
    ]
    for numbers in variants:
        try:
            other = design.replace(**numbers)
        except TrialplanError:
            continue
        if other.only_n is not None and other.actual_size(other.only_n) > other.level:
            continue  # a rule for other rates
        totals = {blocks * other.block for blocks in (3, max(4, 24 // other.block))}
        for n in totals if other.only_n is None else {other.only_n}:
            yield other, n


class TestExact:
    def test_formula_is_the_truth(self, exact_design):
        """Power and success of an exact design are what simulated trials show, at awkward points."""
        for design, n in awkward(exact_design):
            power, success = float(design.power(n)), float(design.success(n))
            claims = {
                "success": lambda seen, trials, of=success: abs(seen.success - of) > tolerance(of, trials),
                "power": lambda seen, trials, of=power: abs(seen.power - of) > tolerance(of, trials),
            }
            assert drawn_beyond(claims, design, n) == [], (design, n)

    def test_level_is_kept(self, exact_design):
        """On the null's boundary an exact design rejects no more often than its level."""
        for design, n in awkward(exact_design):
            level = float(design.alpha if design.two_tailed or not design.smooth else design.level)
            claims = {"level": lambda seen, trials, of=level: seen.power > of + tolerance(of, trials)}
            for null in design.at_null():
                assert drawn_beyond(claims, null, n) == [], (null, n)

    @pytest.mark.sweep
    def test_verify_finds_nothing(self, exact_design):
        """At small n, 3:1 and extreme rates it passes every claim of `verify`."""
        for design, n in awkward(exact_design):
            assert verify(design, n=n, trials=4000, seed=5).apart == (), (design, n)


class TestSimulate:
    def test_fixed_seed_repeats(self, design):
        """The same seed gives the same trials."""
        n = 8 * design.block
        first, second = (design.simulate(n, 200, np.random.default_rng(5)) for _ in range(2))
        assert first == second

    def test_large_trials_agree_with_every_formula(self, design, ask, rarest):
        """At the planned n, simulated trials come near the power claimed, within what normal theory owes."""
        n = ask(design.sample_size, 0.8).n
        if n > 1500:
            pytest.skip("too many participants to draw")
        if rarest(design, n) < 1:
            pytest.skip("a cell is empty as a rule, of which normal theory knows nothing")
        seen = design.simulate(n, 1500, generator(design, "large"))
        assert abs(seen.power - float(design.power(n))) <= 4 * seen.standard_error + 1.6 / math.sqrt(n)

    @pytest.mark.sweep
    def test_large_trials_are_verified_whatever_the_test(self, design, ask):
        """At the planned n, where it is not small, the power that any formula claims is nearly the truth."""
        n = int(ask(design.sample_size, 0.8).n)
        if not 300 <= n <= 1500:
            pytest.skip("small, or too many participants to draw")
        found = verify(design, n=n, trials=4000, seed=5)
        assert abs(found.gap) <= 0.03 + 4 * found.standard_error

    def test_both_tails_at_any_effect(self, one_of_each, ask, rarest):
        """At none, a hundredth and half of the planned effect, and as far on the wrong side, both are what is drawn.

        Exact designs agree within the error of drawing, others come as near as normal theory owes.
        """
        n = ask(one_of_each.sample_size, 0.8).n
        if n > 1500:
            pytest.skip("too many participants to draw")
        null = float(one_of_each.null_values()[0])
        planned = float(one_of_each.effect_value())
        owed = 0 if one_of_each.exact else 1.6 / math.sqrt(n)
        for share in (0, 0.01, 0.5, -0.01, -0.5):
            value = null + share * (planned - null)
            try:
                design = one_of_each.replace(**{one_of_each.effect: value})
            except TrialplanError:
                continue  # beyond what the effect may be
            if rarest(design, n) < 1:
                continue  # a cell is empty as a rule, of which normal theory knows nothing
            seen = design.simulate(n, 1500, generator(design, "tails"))
            for found, claimed in ((seen.power, design.power(n)), (seen.success, design.success(n))):
                assert abs(found - float(claimed)) <= tolerance(float(claimed), 1500) + owed, (share, n)

    def test_statistic_is_positive_in_favour(self, design, ask):
        """With a large effect the statistic is positive and the test rejects."""
        n = 4 * ask(design.sample_size, 0.9).n
        if n > 8000:
            pytest.skip("too many participants to draw")
        statistic, rejects = design.analyse(design.draw(n, 20, generator(design, "sign")))
        assert statistic.shape == rejects.shape == (20,)
        assert np.mean(statistic > 0) > 0.9
        assert np.mean(rejects) > 0.9

    def test_batches_are_whole(self, design):
        """As many trials are analysed as were asked for, however they are batched."""
        assert design.simulate(4 * design.block, 37, np.random.default_rng(1)).trials == 37


class TestActualSize:
    def test_is_the_largest_error(self, design):
        """The actual size is at least the power anywhere on the null's boundary; an exact one is at most the level."""
        n = 20 * design.block
        size = design.actual_size(n)
        if size is None:
            pytest.skip("not an exact test of counts")
        assert size >= max(float(null.power(n)) for null in design.at_null()) - 1e-12
        assert size <= float(design.alpha) or not design.exact


class TestLooks:
    @pytest.mark.parametrize("rule", ["z(0)", "obrien-fleming", "conditional-power(0.2)", "predictive-power(0.2)"])
    def test_with_futility_are_verified_without_an_effect_too(self, one_of_each, rule):
        """At the null no number of participants has the power, and the rule still says where the trial stops."""
        if one_of_each.members:
            pytest.skip("a design around others")
        try:
            design = GroupSequential(design=one_of_each, looks=(0.5, 1), futility=rule)
        except TrialplanError as why:
            pytest.skip(why.sentence)
        found = verify(design, n=20 * design.block, trials=100)
        assert found.checks
        assert all(math.isfinite(one.claimed) for one in found.checks)
