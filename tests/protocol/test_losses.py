"""The number that is randomised leads everywhere, and losses are taken once, in whatever plan states them."""

import math
import re

import pytest
from scipy.stats import norm
from small_plans import built, endpoint, prose, stated

from trialplan.enrolment.calendar import ends
from trialplan.plan.enrolment import recruitment
from trialplan.plan.verifying import verify_trial
from trialplan.protocol.content.context import context
from trialplan.protocol.content.figures import schema

RATES = stated(control=0.214, treatment=0.3738)
MEANS = stated(difference=0.3, sd=1)
LOOKS = '\n[monitoring]\nlooks = [0.5, 1.0]\nefficacy = "lan-demets-obrien-fleming"\n'
CALENDAR = '\n[enrolment]\naccrual_rate = 10\nsource = "ours"\n'
MONTHS = ('timepoint = "12', 'timepoint_months = 12\ntimepoint = "12')

PLANS = {
    "proportions": {"dropout": 0.6},
    "unequal arms": {"dropout": 0.1, "changes": (('allocation = "1:1"', 'allocation = "2:1"'),)},
    "means": {"design": "two-means", "assumptions": MEANS, "target": 0.3, "dropout": 0.2},
    "ancova": {
        "design": "ancova",
        "assumptions": stated(difference=0.25, sd=1, correlation=0.3),
        "target": 0.25,
        "dropout": 0.25,
    },
    "ratio": {"design": "ratio-of-means", "assumptions": stated(ratio=1.3, cv=0.5), "target": 1.3, "dropout": 0.3},
    "one arm": {
        "design": "one-proportion",
        "assumptions": stated(null=0.2, expected=0.4),
        "target": 0.4,
        "dropout": 0.15,
    },
    "monitored": {"dropout": 0.3, "more": LOOKS + CALENDAR, "changes": (MONTHS,)},
}


class TestRandomised:
    @pytest.mark.parametrize("kind", PLANS)
    def test_one_number_is_randomised_throughout(self, tmp_path, kind):
        """Synopsis, arms, schema and sample size name one number, n over the share observed, by arm."""
        how = PLANS[kind]
        trial = built(tmp_path, **how)
        answer, weights = trial.answer, trial.design.weights
        blocks = max(
            math.ceil(round(n / (1 - how["dropout"]), 9) / weight)
            for n, weight in zip(answer.arms.values(), weights, strict=True)
        )
        arms = [blocks * weight for weight in weights]
        total = f"{sum(arms):,}"
        text = prose(trial)
        verb, done = ("Randomise", "randomised") if len(arms) > 1 else ("Enrol", "enrolled")
        assert f"{verb} {total} participants" in text
        assert f"| Participants | {total} {done}, at least {answer.n:,} of them expected to have the outcome |" in text
        assert re.search(rf"\n{total} participants are {done}[:.]", text)
        assert [arm.n for arm in context(trial)["arms"]] == arms
        assert [n for _, n in schema(trial).arms] == arms
        assert f"| In all, {done} | {total} |" in text
        assert f"What else could be shown at {total} participants" in text
        assert not re.search(rf"(?:Randomise|Enrol) {answer.n:,} ", text)

    def test_six_tenths_lost(self, tmp_path):
        """228 with the outcome are 570 randomised."""
        trial = built(tmp_path, assumptions=stated(control=0.2, treatment=0.3667), target=0.167, dropout=0.6)
        assert (trial.answer.n, trial.n_randomised) == (228, 570)

    def test_the_last_look_is_what_is_randomised(self, tmp_path):
        """The calendar ends with the last of those randomised, and the looks count those with the outcome."""
        trial = built(tmp_path, **PLANS["monitored"])
        monitored = context(trial)["monitored"]
        assert monitored.last.randomised == trial.n_randomised
        assert monitored.last.n == trial.answer.n < trial.n_randomised
        last, _ = ends(trial.design, trial.answer.n, recruitment(trial.plan.content.enrolment, trial.primary.section))
        assert last == pytest.approx(trial.n_randomised / 10)


class TestTakenOnce:
    OTHERS = endpoint("second", "secondary", "two-proportions", RATES, dropout=0.5) + endpoint(
        "harm", "safety", "adverse-event", stated(rate=0.01)
    )

    @pytest.fixture
    def half(self, tmp_path):
        """Half are lost of both endpoints."""
        how = {"assumptions": stated(control=0.2, treatment=0.3667), "target": 0.167, "dropout": 0.5}
        return built(tmp_path, **how, endpoints=self.OTHERS)

    def test_a_secondary_has_its_share_of_those_randomised(self, half):
        """Half of 456 are the primary's 228, so the same loss leaves the same number, and the textbook's power."""
        view = context(half)["secondary"][0].at_trial
        assert (half.n_randomised, view.observed) == (456, 228)
        mean, per_arm = (0.214 + 0.3738) / 2, 114
        spread = (0.214 * 0.786 + 0.3738 * 0.6262) ** 0.5
        z = (0.1598 * per_arm**0.5 - norm.ppf(0.975) * (2 * mean * (1 - mean)) ** 0.5) / spread
        assert view.power == pytest.approx(norm.cdf(z), abs=2e-4)

    def test_harms_are_seen_among_all_who_are_randomised(self, half):
        """A harm of 1 % is seen among 228 on treatment, and what no case leaves possible is of the same 228."""
        said = context(half)
        assert said["safety"][0].at_trial.power == pytest.approx(1 - 0.99**228)
        assert said["blind_spot"].n == 228
        assert said["blind_spot"].limit == pytest.approx(1 - 0.05 ** (1 / 228))

    def test_the_simulated_trials_lose_them_once(self, half):
        """The appendix draws those randomised, and its claims are those of the text."""
        _, second = verify_trial(half, trials=2000, seed=1)
        assert (second.losses.n, second.losses.expected, second.found.n) == (456, 228, 228)
        assert second.losses.ok
