"""Comparisons within strata against another program's sample sizes."""

import json
from fractions import Fraction
from pathlib import Path

import pytest

from trialplan.designs.stratified_proportions import StratifiedProportions

CASES = [json.loads(line) for line in Path(__file__).with_name("stratified.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_sample_size_of_cmh(case):
    """The real-valued n, and the power that the other program's simulation shows there."""
    given, expected = case["inputs"], case["expected"]
    treated = Fraction(given["fraction_treatment"]).limit_denominator(1000)
    design = StratifiedProportions(
        control=given["event_prob_control"],
        treatment=given["event_prob_treatment"],
        weight=given["stratum_fractions"],
        allocation=f"{treated.numerator}:{treated.denominator - treated.numerator}",
        alpha=given["alpha"],
        sides=given["sides"],
        test="cmh-corrected" if given["continuity_correction"] else "cmh",
    )
    assert design.unrounded(given["power"]) == pytest.approx(expected["n_total"], rel=case["tolerance"]["value"])
    assert expected["power_simulated"] == pytest.approx(given["power"], abs=0.025)
