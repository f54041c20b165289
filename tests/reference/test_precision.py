"""Intervals of a wanted width against another program's numbers."""

import json
from pathlib import Path

import numpy as np
import pytest

from trialplan.designs.precision_mean import PrecisionMean
from trialplan.designs.precision_mean_difference import PrecisionMeanDifference
from trialplan.designs.precision_rate import PrecisionRate
from trialplan.designs.precision_ratio import PrecisionRatio

CASES = [json.loads(line) for line in Path(__file__).with_name("precision.jsonl").read_text().splitlines()]
ALLOCATION = {0.5: "2:1", 1: "1:1", 2: "1:2"}


def _mean(given):
    return PrecisionMean(
        sd=given["sd"],
        width=2 * given["half_width"],
        confidence=given["confidence"],
        probability=given.get("probability_of_width"),
    )


def _mean_difference(given):
    sds = {"sd": given["sd"]} if "sd" in given else {"sd": given["sd2"]}
    if given.get("variance") == "unequal":
        sds["sd_treatment"] = given["sd1"]
    return PrecisionMeanDifference(
        **sds,
        width=2 * given["half_width"],
        confidence=given["confidence"],
        probability=given.get("probability_of_width"),
        allocation=ALLOCATION[given["n2_to_n1"]],
    )


def _rate(given):
    return PrecisionRate(
        rate=given["rate"], width=given["full_width"], confidence=given["confidence"], interval=given["method"]
    )


def _ratio(scale):
    return lambda given: PrecisionRatio(
        control=given["p2"],
        treatment=given["p1"],
        scale=scale,
        width=given["upper_over_lower"],
        confidence=given["confidence"],
        allocation=ALLOCATION[given["n2_to_n1"]],
    )


ASKED = {
    "precision.mean.sample_size": _mean,
    "precision.mean.assurance.sample_size": _mean,
    "precision.mean_difference.sample_size": _mean_difference,
    "precision.mean_difference.assurance.sample_size": _mean_difference,
    "precision.rate.sample_size": _rate,
    "precision.risk_ratio.sample_size": _ratio("ratio"),
    "precision.odds_ratio.sample_size": _ratio("odds-ratio"),
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_case(case):
    """The real-valued n of each arm; whole ones where the width has a probability."""
    expected, answer = case["expected"], ASKED[case["method"]](case["inputs"]).sample_size()
    first = expected.get("n1", expected.get("n", expected.get("exposure")))
    if "probability_at_n" in expected:
        assert answer.arms["treatment"] == first
    else:
        assert answer.arms_unrounded["treatment"] == pytest.approx(first, rel=1e-6)
        if "n2" in expected:
            assert answer.arms_unrounded["control"] == pytest.approx(expected["n2"], rel=1e-6)


def test_some_of_each():
    """No kind of case has gone."""
    assert {case["method"] for case in CASES} == set(ASKED)


def test_the_probability_is_that_of_drawn_trials():
    """Of drawn trials as many have an interval that is narrow enough as were asked for, and fewer with one fewer."""
    rng = np.random.default_rng(5)
    answer = PrecisionMean(sd=2, width=2, probability=0.9).sample_size()
    shares = []
    for n in (answer.n, answer.n - 2):
        from scipy import stats

        width = 2 * stats.t.ppf(0.975, n - 1) * rng.normal(0, 2, (20_000, n)).std(axis=1, ddof=1) / np.sqrt(n)
        shares.append((width <= 2).mean())
    assert shares[0] > 0.9 - 0.009
    assert shares[1] < 0.9


def test_a_grid_without_an_answer_attains_nothing():
    """Where no number of participants gives the width, nothing is attained either."""
    grid = PrecisionMean(sd=1.0, width=np.array([1e-40, 1.0])).sample_size()
    assert np.isnan(grid.n[0])
    assert np.isnan(grid.power[0])
    assert grid.n[1] == PrecisionMean(sd=1.0, width=1.0).sample_size().n
