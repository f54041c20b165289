"""What a plan says is kept or refused in one sentence, and never dropped in silence."""

import pytest
from small_plans import built, endpoint, plan_text, stated

from trialplan.errors import PlanError
from trialplan.plan import build, read

SECOND = endpoint("second", "secondary", "two-proportions", stated(control=0.3, treatment=0.5), dropout=0.1)
THIRD = endpoint("third", "secondary", "two-proportions", stated(control=0.3, treatment=0.5), dropout=0.1)
ORDER = '\n[hierarchy]\ncorrelation = {}\nsource = "ours"\n'


class TestHierarchy:
    @pytest.mark.parametrize(
        ("correlation", "endpoints", "told"),
        [
            (0.3, "", "fewer than two endpoints are tested"),
            (
                -0.9,
                SECOND + THIRD,
                "3 outcomes cannot all have the correlation -0.9 with each other; it is at least -0.5",
            ),
        ],
    )
    def test_an_order_that_cannot_be_is_refused(self, tmp_path, correlation, endpoints, told):
        """One endpoint has no order, and three outcomes cannot all be opposites of each other."""
        with pytest.raises(PlanError, match=told):
            built(tmp_path, endpoints=endpoints, more=ORDER.format(correlation))

    def test_outcomes_that_cannot_be_joined_are_refused(self, tmp_path):
        """Pairs are counted in groups that are not arms, so no correlation with them is computed."""
        how = {
            "design": "paired-proportions",
            "assumptions": stated(treatment_only=0.3, control_only=0.1),
            "target": 0.2,
        }
        second = endpoint("b", "secondary", "paired-proportions", stated(treatment_only=0.3, control_only=0.1))
        with pytest.raises(PlanError, match="cannot be joined with others; leave \\[hierarchy\\] out"):
            built(tmp_path, **how, endpoints=second, more=ORDER.format(0.3))

    def test_two_opposites_are_an_order(self, tmp_path):
        """Two outcomes may be as contrary as they like."""
        assert built(tmp_path, endpoints=SECOND, more=ORDER.format(-0.9)).n_randomised > 0


class TestNoBlinding:
    @pytest.mark.parametrize(
        ("term", "told"),
        [
            ('{ acknowledge = "w", spread = 0.1 }', "has spread beside acknowledge"),
            ('{ acknowledge = "w", although = "a" }', "has although beside acknowledge"),
            ('{ bias = { mean = 0.1, sd = 0.1 }, source = "s", although = "a" }', "has although beside bias"),
            ('{ bias = { mean = 0.1, sd = 0.1 }, source = "s", spread = 0.1 }', "of one trial already; remove spread"),
        ],
    )
    def test_what_only_a_preset_has_is_refused_beside_others(self, tmp_path, term, told):
        """A spread or an excuse without a preset would change nothing."""
        drawn = (
            '[endpoint.assumptions.treatment]\nevidence = { study = "wang-2013", outcome = "complete remission" }\n'
            f'bridge = {{ no_concurrent_control = {{ acknowledge = "w" }}, no_blinding = {term} }}\n'
        )
        with pytest.raises(PlanError, match=told):
            built(tmp_path, assumptions=stated(control=0.1) + drawn, target=0.177)


class TestRegistration:
    @pytest.mark.parametrize(
        ("dates", "told"),
        [
            ('start = "2027-03"\ncompletion = "2026-12-31"', "completion 2026-12-31 before start 2027-03"),
            (
                'primary_completion = "2029-03-02"\ncompletion = "2029-03-01"',
                "completion 2029-03-01 before primary_completion 2029-03-02",
            ),
            ('start = "2027-03-15"\ncompletion = "2027-03"', None),
        ],
    )
    def test_a_trial_ends_after_its_start(self, tmp_path, dates, told):
        """A month may hold the day; what ends before it starts is refused."""
        path = tmp_path / "plan.toml"
        path.write_text(f"{plan_text()}\n[registration]\n{dates}\n", encoding="utf-8")
        if told is None:
            assert build(read(str(path))).n_randomised > 0
        else:
            with pytest.raises(PlanError, match=told):
                read(str(path))


class TestPairs:
    def test_a_target_may_be_rounded_to_two_decimals(self, tmp_path):
        """Of .3 and .5 it is .2, which .204 is when it is rounded and .206 is not."""
        assert built(tmp_path, target=0.204).answer.n == built(tmp_path).answer.n
        with pytest.raises(PlanError, match=r"target_difference.value is 0.206, but the assumptions plan for 0.2"):
            built(tmp_path, target=0.206)

    def test_the_target_of_paired_rates_is_their_difference(self, tmp_path):
        """Of pairs in which one member alone responds the difference is what is stated, and the share is refused."""
        how = {"design": "paired-proportions", "assumptions": stated(treatment_only=0.3, control_only=0.1)}
        assert built(tmp_path, **how, target=0.2).answer.n > 0
        with pytest.raises(PlanError, match="target_difference"):
            built(tmp_path, **how, target=0.3)
