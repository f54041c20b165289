"""Ranks, ordered categories and wins against other programs' numbers."""

import json
from fractions import Fraction
from pathlib import Path

import pytest

from trialplan.designs.ordered_categories import OrderedCategories
from trialplan.designs.rank_sum import RankSum
from trialplan.designs.win_ratio import WinRatio
from trialplan.sequential.group_sequential import GroupSequential

CASES = [json.loads(line) for line in Path(__file__).with_name("ordered.jsonl").read_text().splitlines()]


def _shared(given):
    """Level, sides and allocation."""
    treated = Fraction(given.get("allocation_treatment_to_control", 1)).limit_denominator(100)
    return {
        "alpha": given["alpha"],
        "sides": given["sides"],
        "allocation": f"{treated.numerator}:{treated.denominator}",
    }


def _better(given):
    """Of a participant who is the larger one less than half the time the other side is asked for: n is the same."""
    share = given["prob_treatment_greater"]
    return max(share, 1 - share)


def _proportional(given):
    """Its odds are those of the lower categories, ours of the later ones."""
    return OrderedCategories(
        control=given["control_probabilities"],
        odds_ratio=1 / given["odds_ratio"],
        favourable="lower" if given["odds_ratio"] > 1 else "higher",
        **_shared(given),
    )


def _wins(given, expected):
    """The ratio and the ties, or those of the categories."""
    if "win_ratio" in given:
        ratio = given["win_ratio"]
        return WinRatio(win_ratio=max(ratio, 1 / ratio), ties=given["prob_tie"], **_shared(given))
    arms = {name: given[f"{name}_probabilities"] for name in ("control", "treatment")}
    categories = OrderedCategories(**arms, variance="general", **_shared(given))
    win, lose = categories.wins_and_losses()
    assert (win, lose) == pytest.approx((expected["win_probability"], expected["loss_probability"]), rel=1e-9)
    return WinRatio(win_ratio=win / lose, ties=1 - win - lose, **_shared(given))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_case(case):
    """The real-valued n, or the power, in the favourable direction where the other program counts that one."""
    given, expected, method = case["inputs"], case["expected"], case["method"]
    near = {"rel": max(case["tolerance"]["value"], 1e-9)}
    if method == "rank.wmw.normal_shift.exact_variance.power":
        n_t, n_c = given["n_treatment"], given["n_control"]
        ratio = Fraction(n_t, n_c)
        design = RankSum(
            probability_better=expected["prob_treatment_greater"],
            variance="normal-shift",
            alpha=given["alpha"],
            sides=given["sides"],
            allocation=f"{ratio.numerator}:{ratio.denominator}",
        )
        assert design.success(n_t + n_c) == pytest.approx(expected["power"], **near)
        return
    if method == "rank.wmw.group_sequential.sample_size":
        inner = RankSum(probability_better=_better(given), **_shared(given))
        looks = tuple((look + 1) / given["looks"] for look in range(given["looks"]))
        design = GroupSequential(design=inner, looks=looks, efficacy="lan-demets-obrien-fleming")
        assert design.efficacy_z == pytest.approx(expected["critical_values"], rel=1e-5)
        near = {"rel": 1e-5}
    elif method.startswith(("rank.noether", "rank.wmw.noether")):
        design = RankSum(probability_better=_better(given), **_shared(given))
    elif method.startswith("rank.wmw.ordinal"):
        arms = {name: given[f"{name}_probabilities"] for name in ("control", "treatment")}
        design = OrderedCategories(**arms, variance="general", **_shared(given))
        win, lose = design.wins_and_losses()
        assert win + (1 - win - lose) / 2 == pytest.approx(expected["relative_effect"], rel=1e-12)
    elif method.startswith("win_ratio"):
        design = _wins(given, expected)
    else:
        design = _proportional(given)
    assert design.unrounded(given["power"]) == pytest.approx(expected["n_total"], **near)


def test_some_of_each():
    """No family of cases has gone."""
    assert {case["method"].split(".")[0] for case in CASES} == {"ordinal", "rank", "win_ratio"}
