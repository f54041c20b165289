"""From an uncontrolled rate to what a blinded trial may expect: the rate, and the belief around it."""

import math
import re

import numpy as np
import pytest
from scipy import stats

from trialplan.errors import EvidenceError
from trialplan.evidence import read
from trialplan.evidence.bias import PRESETS
from trialplan.evidence.bridge import Bridge, Matched, NoBlinding, PooledReading, discount, reading
from trialplan.evidence.effects import proportion_effects
from trialplan.evidence.pooling import pool


@pytest.fixture(scope="module")
def table():
    return read("msc-lupus-nephritis")


@pytest.fixture(scope="module")
def single(table):
    return reading(table, "wang-2012", ("complete remission",), ("single",))


class TestReading:
    def test_it_takes_the_counts_of_one_arm(self, single):
        """The rate of an arm is its events over its own denominator."""
        assert (single.events, single.of, single.controlled) == (16, 30, False)

    def test_arms_add_up(self, table):
        """Both arms together are 24 of 57."""
        both = reading(table, "wang-2012", ("complete remission",), ("single", "double"))
        assert (both.events, both.of) == (24, 57)

    def test_the_enrolled_count_as_denominator(self, table):
        """On all enrolled, those without a result count as not having it: 23/87."""
        assert reading(table, "wang-2013", ("complete remission",), denominator="enrolled").of == 87

    def test_responses_ever_become_a_landmark_net_of_relapses(self, table):
        """24 ever responded and 7 relapsed: 17 of 40 respond at the time point, 42.5 %."""
        names = ("major clinical response", "partial clinical response")
        ever = reading(table, "wang-2014", names, denominator="enrolled")
        net = reading(table, "wang-2014", names, denominator="enrolled", net_of="relapse")
        assert (ever.events, net.events, net.of) == (24, 17, 40)
        assert net.rate == pytest.approx(0.425)
        assert "net of relapse" in net.label

    @pytest.mark.parametrize(("method", "corrected"), [("reml", True), ("binomial-normal", False)])
    def test_a_pool_says_whether_half_an_event_was_added(self, method, corrected):
        """A study without events is corrected by two-stage methods; the one-stage model takes it as it is."""
        pooled = pool(proportion_effects([0, 4, 7], [10, 20, 30]), method)
        label = PooledReading(pool=pooled, outcome="remission", controlled=False).label
        assert ("half an event added" in label) is corrected

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("wang-2015", ("complete remission",)), "did you mean 'wang-201"),
            (("wang-2012", ("remission",)), "did you mean 'complete remission'"),
            (("wang-2012", ("complete remission",)), "single, double"),
            (("wang-2012", ("serious infection",)), "NR"),
            (("wang-2014", ("relapse",)), "no denominator"),
        ],
    )
    def test_what_is_no_rate_is_refused(self, table, arguments, words):
        """A study, outcome, arm or count that gives no rate is one sentence."""
        with pytest.raises(EvidenceError, match=words):
            reading(table, *arguments)


class TestRate:
    def test_two_ways_for_one_term_are_refused(self) -> None:
        """A discount beside a bias would be passed over without a word."""
        with pytest.raises(EvidenceError, match="both discount and bias_mean"):
            Bridge(reason="", discount=0.5, bias_mean=0.4)

    def test_a_discount_moves_toward_the_control_rate(self, single):
        """Half of the excess of 16/30 over a quarter is left."""
        assert Bridge(reason="", discount=0.5).rate(single, 0.25) == pytest.approx((0.25 + 16 / 30) / 2)
        assert discount(0.6, 0.2, 1) == pytest.approx(0.2)

    def test_a_lower_limit_is_wilsons(self, single):
        """The lower limit is the smaller root of the score equation."""
        low = Bridge(reason="", confidence=0.95).rate(single, 0.25)
        z = stats.norm.ppf(0.975)
        assert (16 / 30 - low) / math.sqrt(low * (1 - low) / 30) == pytest.approx(z)

    def test_a_bias_divides_the_odds(self, single):
        """A bias of log 2 halves the odds."""
        rate = Bridge(reason="", bias_mean=math.log(2)).rate(single, 0.25)
        assert rate / (1 - rate) == pytest.approx(16 / 14 / 2)


class TestGiven:
    def test_a_discounted_belief_moves_with_the_control_rate(self, single):
        """At each control rate the belief is the Jeffreys posterior, half of it shifted toward that rate."""
        control = np.array([0.1, 0.3])
        belief = Bridge(reason="", discount=0.5).given(single, control)
        assert belief.mean() == pytest.approx(0.5 * control + 0.5 * 16.5 / 31)

    def test_a_bias_gives_the_moments_of_the_simulated_logit(self, single):
        """Mean and SD of the logit agree with a simulation of posterior and bias."""
        belief = Bridge(reason="", bias_mean=0.4, bias_sd=0.3).given(single, 0.25)
        rng = np.random.default_rng(1)
        logit = stats.logistic.ppf(rng.beta(16.5, 14.5, 400_000)) - rng.normal(0.4, 0.3, 400_000)
        assert belief.location == pytest.approx(logit.mean(), abs=4 * logit.std() / 632)
        assert belief.scale == pytest.approx(logit.std(), rel=0.01)

    def test_a_lower_limit_is_no_belief(self, single):
        """Assurance is not defined for a lower limit, and says so."""
        with pytest.raises(EvidenceError, match="planning value"):
            Bridge(reason="", confidence=0.95).given(single, 0.25)


class TestTwoTerms:
    OPEN = NoBlinding(mean=0.14, sd=0.11, source="s")

    def test_the_chain_is_the_discount_and_then_the_odds(self, single):
        """Both steps by hand: 40 % of the excess off, then the odds over exp(0.14)."""
        bridge = Bridge(reason="r", discount=0.4, no_blinding=self.OPEN)
        first, second = bridge.steps(single, 0.25)
        assert first.rate == pytest.approx(0.25 + 0.6 * (16 / 30 - 0.25))
        assert second.rate / (1 - second.rate) == pytest.approx(first.rate / (1 - first.rate) / math.exp(0.14))
        assert bridge.rate(single, 0.25) == second.rate
        assert (first.source, second.source) == ("r", "s")

    @pytest.mark.parametrize(
        "how",
        [
            {"discount": 0.4},
            {"discount": 0.4, "no_blinding": OPEN},
            {"bias_mean": 0.3, "bias_sd": 0.1},
            {"confidence": 0.9},
            {"matched": Matched(mean=0.1, sd=0.2, label="arms")},
            {},
        ],
    )
    def test_plain_words_have_no_terms(self, single, how):
        """Page one says what is done to the rate without odds, intervals or SD."""
        for step in Bridge(reason="r", **how).steps(single, 0.25):
            assert not re.search(r"odds|SD|interval|bias|excess|ROBES|ratio", step.plainly)

    def test_each_step_begins_where_the_last_one_ended(self, single):
        """Page one can be followed from what was seen to the planned rate; what moves nothing says so."""
        steps = Bridge(reason="r", discount=0.4, no_blinding=self.OPEN).steps(single, 0.25)
        assert [step.was for step in steps] == [single.rate, steps[0].rate]
        assert [step.moves for step in steps] == [True, True]
        (kept,) = Bridge(reason="r").steps(single, 0.25)
        assert (kept.moves, kept.rate) == (False, single.rate)
        unsure = Bridge(reason="r", discount=0.4, no_blinding=NoBlinding(mean=0.0, sd=0.1, source="s"))
        _, last = unsure.steps(single, 0.25)
        assert not last.moves
        assert last.plainly.endswith("is not moved")

    def test_where_few_events_are_hoped_for_the_odds_rise(self, single):
        """An open result is too low where lower is better."""
        bridge = Bridge(reason="", discount=0.4, no_blinding=self.OPEN, favourable="lower")
        first, second = bridge.steps(single, 0.7)
        assert second.rate > first.rate
        assert "raised" in second.words

    def test_matched_arms_carry_their_odds_ratio_to_the_control_rate(self, single):
        """16/14 against matched odds of 1/3, on a control of 1/4: 16/14 × 3 / 4; equal odds cancel."""
        bridge = Bridge(reason="", matched=Matched(mean=math.log(1 / 3), sd=0.2, label="arms"))
        rate = bridge.rate(single, np.array([0.2, 0.25]))
        assert rate / (1 - rate) == pytest.approx([16 / 14 * 3 / 4, 16 / 14])
        belief = bridge.given(single, np.array([0.2, 0.25]))
        assert belief.scale == pytest.approx(math.hypot(single.logit()[1], 0.2))
        assert np.diff(belief.location) == pytest.approx([math.log(4 / 3)])

    @pytest.mark.parametrize("first", [{"discount": 0.4}, {"bias_mean": 0.3, "bias_sd": 0.2}])
    def test_the_belief_is_what_draws_of_both_terms_show(self, single, first):
        """Mean and SD of the logit against a simulation that shares no code."""
        rng, n = np.random.default_rng(2), 400_000
        rate = rng.beta(16.5, 14.5, n)
        if "discount" in first:
            logit = stats.logistic.ppf(0.1 + 0.6 * rate)
        else:
            logit = stats.logistic.ppf(rate) - rng.normal(0.3, 0.2, n)
        logit = logit - rng.normal(0.14, 0.11, n)
        belief = Bridge(reason="", no_blinding=self.OPEN, **first).given(single, 0.25)
        values, weights = belief.nodes(256)
        seen = stats.logistic.ppf(values)
        mean = (weights * seen).sum()
        assert mean == pytest.approx(logit.mean(), abs=4 * logit.std() / n**0.5)
        assert (weights * (seen - mean) ** 2).sum() ** 0.5 == pytest.approx(logit.std(), rel=0.01)


class TestPresets:
    RATIOS = {"metablind-assessors": 1.01, "metablind-patients": 0.91, "robes": 0.87, "page": 0.77}
    RATIOS |= {"hrobjartsson-2012": 0.64}

    @pytest.mark.parametrize("key", PRESETS)
    def test_the_mean_is_the_log_of_what_the_source_prints(self, key):
        """Ratio and limits as printed give mean and standard error, to the two figures that are kept."""
        one = PRESETS[key]
        if key not in self.RATIOS:
            assert one.mean is None
            return
        ratio, low, high = map(float, re.findall(r"\d\.\d+", one.effect))
        assert ratio == self.RATIOS[key]
        assert one.mean == pytest.approx(-math.log(ratio), abs=0.006)
        assert one.se == pytest.approx(math.log(high / low) / 2 / 1.96, abs=0.006)

    def test_one_trial_spreads_about_the_average(self):
        """√(SE² + spread²)."""
        assert PRESETS["robes"].sd(0.1) == pytest.approx(math.hypot(0.04, 0.1))
        assert PRESETS["robes"].suits("objective")
        assert not PRESETS["page"].suits("objective")
