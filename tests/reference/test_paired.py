"""Pairs, crossovers and single means against other programs' numbers."""

import json
from pathlib import Path

import pytest

from trialplan.designs.crossover import Crossover
from trialplan.designs.one_mean import OneMean
from trialplan.designs.paired_means import PairedMeans
from trialplan.designs.paired_proportions import PairedProportions

HERE = Path(__file__).parent
EVERY = [json.loads(line) for name in ("paired", "means") for line in (HERE / f"{name}.jsonl").read_text().splitlines()]
KINDS = ("crossover", "paired", "one_mean")
CASES = [case for case in EVERY if any(kind in case["method"] for kind in KINDS)]


def _unrounded(design, given, expected, name):
    assert design.unrounded(given["power"]) == pytest.approx(expected[name], rel=1e-4)


def _whole(design, given, expected, name):
    answer = design.sample_size(given["power"])
    assert answer.n == expected[name]
    power = expected.get("power_at_n", expected.get("power"))
    if power is not None:  # a published table of n alone has none
        assert answer.power == pytest.approx(power, abs=2e-6)


def _level(given):
    return {name: given[name] for name in ("alpha", "sides") if name in given}


def _equivalence(given):
    return {"goal": "equivalence", "margin": (given["lower"], given["upper"])}


def _mcnemar(given, expected):
    design = PairedProportions(
        treatment_only=given["prob_improved_only"], control_only=given["prob_worsened_only"], **_level(given)
    )
    if "n_pairs" in given:
        exact = design.replace(test="mcnemar-exact")
        assert exact.power(given["n_pairs"]) == pytest.approx(expected["power_exact_test"], abs=1e-8)
    else:
        _unrounded(design, given, expected, "n_pairs")


def _paired_t(given, expected):
    margin = {"goal": "non-inferiority", "margin": -given["margin"]} if given["margin"] else {}
    design = PairedMeans(difference=given["mean_change"], sd=given["sd_of_change"], **margin, **_level(given))
    _unrounded(design, given, expected, "n_pairs")


def _paired_two_sided(given, expected):
    design = PairedMeans(difference=given["mean_change"], sd=given["sd_of_change"], **_level(given))
    _unrounded(design, given, expected, "n_pairs")
    assert design.sample_size(given["power"]).n == expected["n_pairs_ceil"]


def _paired_tost(given, expected):
    design = PairedMeans(
        difference=given["mean_change"], sd=given["sd_of_change"], **_equivalence(given), **_level(given)
    )
    _whole(design, given, expected, "n_pairs")


def _crossover_t(given, expected):
    margin = {"goal": "non-inferiority", "margin": -given["null_difference"]}
    design = Crossover(difference=given["mean_difference"], sd_within=given["sd_within"], **margin, **_level(given))
    _unrounded(design, given, expected, "n_total")


def _crossover_tost(given, expected):
    design = Crossover(
        difference=given["mean_difference"], sd_within=given["sd_within"], **_equivalence(given), **_level(given)
    )
    _whole(design, given, expected, "n_total_even")


def _crossover_ratio(given, expected):
    limit = given["null_ratio"]
    margin = {} if limit == 1 else {"goal": "non-inferiority", "margin": limit}
    side = "lower" if limit > 1 else "higher"
    numbers = {"ratio": given["ratio"], "cv_within": given["cv_within"], "favourable": side}
    design = Crossover(scale="ratio", **numbers, **margin, **_level(given))
    _unrounded(design, given, expected, "n_total")
    assert design.sample_size(given["power"]).n == expected["n_total_even"]


def _bioequivalence(given, expected):
    numbers = {"ratio": given["true_ratio"], "cv_within": given.get("cv_within", given.get("cv"))}
    design = Crossover(
        scale="ratio", **numbers, sequences=given.get("design", "2x2"), **_equivalence(given), **_level(given)
    )
    _whole(design, given, expected, "n_total")
    if "df" in expected:
        assert design.degrees_of_freedom(expected["n_total"]) == expected["df"]


def _carryover(given, expected):
    first, second = given["treatments_compared"]
    letter = {first: "A", second: "B"}
    rows = ("".join(letter.get(one, "C") for one in row) for row in given["sequences"])
    design = Crossover(
        difference=given["mean_difference"],
        sd_within=given["sd_within"],
        sequences="/".join(rows),
        carryover="first-order",
        **_level(given),
    )
    _unrounded(design, given, expected, "n_total")
    variance = (design.standard_error(1.0)[0]) ** 2
    assert variance == pytest.approx(expected["variance_times_n"], rel=1e-9)


def _one_mean(given, expected):
    design = OneMean(null=given["null_mean"], expected=given["mean"], sd=given["sd"], **_level(given))
    _unrounded(design, given, expected, "n")


ASKED = {
    "paired_proportions.mcnemar.sample_size": _mcnemar,
    "paired_proportions.mcnemar.exact.power": _mcnemar,
    "means.paired_t.margin.sample_size": _paired_t,
    "means.paired_t.sample_size": _paired_two_sided,
    "means.paired_tost.sample_size": _paired_tost,
    "crossover_2x2.difference_t.sample_size": _crossover_t,
    "crossover_2x2.difference_tost.sample_size": _crossover_tost,
    "crossover_2x2.log_ratio.sample_size": _crossover_ratio,
    "crossover.higher_order.log_ratio_tost.sample_size": _bioequivalence,
    "means.tost_log_ratio.crossover_2x2.sample_size": _bioequivalence,
    "crossover.williams_carryover.sample_size": _carryover,
    "one_mean.t.sample_size": _one_mean,
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_case(case):
    """The n, whole or real-valued, and the power, degrees of freedom and variance where the case has them."""
    ASKED[case["method"]](case["inputs"], case["expected"])


def test_some_of_each():
    """No kind of case has gone."""
    assert {case["method"] for case in CASES} == set(ASKED)


def test_asymptotic_test_in_few_pairs():
    """What McNemar's z really rejects among 40 pairs, by enumerating every table, is what its own statistic rejects."""
    design = PairedProportions(treatment_only=0.3, control_only=0.1)
    (case,) = (one for one in CASES if one["method"] == "paired_proportions.mcnemar.exact.power")
    import numpy as np
    from scipy import stats

    ours, theirs = (grid.ravel() for grid in np.meshgrid(range(41), range(41), indexing="ij"))
    inside = ours + theirs <= 40
    _, rejects = design.analysis.statistic(design, ours[inside], theirs[inside], 40)
    rest = 40 - ours[inside] - theirs[inside]
    mass = stats.multinomial.pmf(np.stack([ours[inside], theirs[inside], rest], axis=1), 40, [0.3, 0.1, 0.6])
    assert mass @ rejects == pytest.approx(case["expected"]["power_asymptotic_test"], abs=1e-9)
