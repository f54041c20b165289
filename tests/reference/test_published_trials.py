"""Published trials whose report names its method: what they print, and what the named method gives."""

import json
from pathlib import Path

import pytest

from trialplan import OneProportion, Simon, TwoProportions

TRIALS = {
    trial["id"]: trial
    for trial in map(json.loads, Path(__file__).with_name("published_trials.jsonl").read_text().splitlines())
}


def rates(name, **more):
    """The two-proportion design of a trial as its report states it."""
    given = TRIALS[name]["inputs"]
    up = given["p_treat"] > given["p_control"]
    return TwoProportions(
        control=given["p_control"],
        treatment=given["p_treat"],
        alpha=given["alpha"],
        sides=given["sides"],
        favourable="higher" if up else "lower",
        **more,
    )


class TestTwoProportions:
    def test_methotrexate_with_etanercept_is_a_continuity_corrected_chi_squared(self):
        """240 per arm is what the chi-squared test with the continuity correction asks for, not without it."""
        published = TRIALS["PSO-MTXETN"]["published"]["n_per_arm"]
        assert rates("PSO-MTXETN", test="continuity-corrected").sample_size(0.9).arms["control"] == published == 240
        assert rates("PSO-MTXETN").sample_size(0.9).arms["control"] == 227

    def test_go_forward_has_the_power_that_it_prints(self):
        """Above .90 for 160 against 120, above .85 for 120 against 120, by the chi-squared test."""
        assert rates("RA-GOFORWARD", allocation="4:3").power(280) > 0.90
        assert rates("RA-GOFORWARD").power(240) > 0.85

    def test_swabims_is_fishers_exact_power(self):
        """13 per arm have the printed power of .81 by Fisher's exact test."""
        assert rates("MS-SWABIMS-EXT", test="fisher").power(26) == pytest.approx(0.816, abs=5e-4)

    def test_ngal_prints_one_more_than_the_corrected_test_asks_for(self):
        """108 per arm are printed, and the continuity-corrected chi-squared test asks for 107."""
        assert rates("CIN-NGAL", test="continuity-corrected").sample_size(0.8).arms["control"] == 107

    def test_a_printed_total_that_the_named_test_does_not_give_is_not_reproduced(self):
        """106 in all are printed for Fisher's exact test at 90 % power; it asks for 126 per arm."""
        design = rates("CKD-NAC-CIN", test="fisher")
        assert design.sample_size(0.9).arms["control"] == 126
        assert design.power(106) == pytest.approx(0.509, abs=1e-3)


class TestSingleArm:
    def test_metoject_prints_one_more_than_the_score_test_asks_for(self):
        """110 are printed, and the one-sample score test asks for 109."""
        given = TRIALS["ONE-METOJECT"]["inputs"]
        design = OneProportion(null=given["p0"], expected=given["p1"], test="score", alpha=0.05, sides=2)
        assert design.sample_size(0.9).n == 109

    @pytest.mark.parametrize(
        ("name", "null", "expected", "criterion", "stages"),
        [
            ("SIMON-PITCH", 0.82, 0.95, "optimal", ((16, 19), (48, 54))),
            ("SIMON-WILK", 0.6, 0.8, "optimal", ((12, 19), (37, 53))),
            ("SIMON-ERLO", 0.5, 0.65, "minimax", ((19, 40), (41, 72))),
        ],
    )
    def test_simons_designs_are_those_that_were_run(self, name, null, expected, criterion, stages):
        """The stages that three trials printed are found by the search that they name."""
        given = TRIALS[name]["inputs"]
        answer = Simon(null=null, expected=expected, criterion=criterion, alpha=given["alpha"]).sample_size(
            given["power"]
        )
        found = tuple((stage["r"], stage["n"]) for stage in answer.extra["stages"])
        assert found == stages
