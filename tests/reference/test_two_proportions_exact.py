"""Exact tests, ratios and odds ratios of two proportions against other programs, case by case."""

import json
import tomllib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from exact_p_values import p_value

from trialplan import TwoProportions
from trialplan.fields import allocation_of
from trialplan.numerics.two_by_two import region

HERE = Path(__file__).resolve().parent
CASES = [json.loads(line) for line in (HERE / "two_proportions_exact.jsonl").read_text(encoding="utf-8").splitlines()]
DIFFERING = {c["id"]: c for c in tomllib.loads((HERE / "disagreements_exact.toml").read_text(encoding="utf-8"))["case"]}
TESTS = {"fisher": "fisher", "boschloo": "boschloo", "z_pooled": "exact-pooled", "z_unpooled": "exact-unpooled"}


def allocation(given):
    """The ratio of the arms, as a design writes it."""
    if "allocation" in given:
        return given["allocation"]
    if "n_treatment" in given:
        return allocation_of((given["n_treatment"], given["n_control"]))
    ratio = Fraction(given.get("allocation_treatment_to_control", 1)).limit_denominator(1000)
    return f"{ratio.numerator}:{ratio.denominator}"


def design(given, **more):
    """The trial of a case."""
    sides = given.get("sides", 2 if given.get("alternative") == "two.sided" else 1)
    up = more.pop("up", given["p_treatment"] > given["p_control"])
    return TwoProportions(
        treatment=given["p_treatment"],
        control=given["p_control"],
        alpha=given["alpha"],
        sides=sides,
        allocation=allocation(given),
        favourable="higher" if up else "lower",
        **more,
    )


def power(given, test):
    """Power at the arms of the case, the actual size there, and how many tables reject."""
    n_t, n_c = given["n_treatment"], given["n_control"]
    trial = design(given, test=test, up=given["alternative"] != "less")
    grid = np.meshgrid(np.arange(n_t + 1), np.arange(n_c + 1), indexing="ij")
    return {
        "power": float(trial.power(n_t + n_c)),
        "attained_size_sup": trial.actual_size(n_t + n_c),
        "number_of_rejected_tables": int(region(test, n_t, n_c, given["alpha"], trial.sides).rejects(*grid).sum()),
    }


def smallest_n(given, test):
    """First and stable arms, with the powers there and just before, and the multiples between that fall short."""
    trial = design(given, test=test)
    answer = trial.sample_size(given["power"])
    first, stable = trial.arms(answer.first_n), answer.arms
    between = np.arange(answer.first_n, answer.n, trial.block)
    short = between[trial.power(between) < given["power"]] // trial.block if between.size else between
    return {
        "n_treatment_first": first["treatment"],
        "n_control_first": first["control"],
        "n_treatment_stable": stable["treatment"],
        "n_control_stable": stable["control"],
        "power_at_first": float(trial.power(answer.first_n)),
        "power_before_first": float(trial.power(answer.first_n - trial.block)),
        "power_at_stable": float(answer.power),
        "multiples_below_target_after_first": short.tolist(),
    }


def single_p_value(given, test):
    """The p-value of one table."""
    sides = 2 if given["alternative"] == "two.sided" else 1
    table = (given["x1"], given["n1"], given["x2"], given["n2"])
    return {"p_value": p_value(test, table, sides, "lower" if given["alternative"] == "less" else "higher")}


def margins(given, scale, test):
    """Unrounded arms on a ratio scale; a margin of 1 is superiority."""
    margin = given["margin_risk_ratio" if scale == "ratio" else "margin_odds_ratio"]
    goal = {"goal": "superiority"} if margin == 1 else {"goal": "non-inferiority", "margin": margin, "up": margin < 1}
    arms = design(given, scale=scale, test=test, **goal).sample_size(given["power"]).arms_unrounded
    return {"n_treatment": arms["treatment"], "n_control": arms["control"], "n_total": sum(arms.values())}


def arms_and_power(given, test):
    """Whole arms, and the power that they attain."""
    found = design(given, test=test).sample_size(given["power"])
    return {"n_treatment": found.arms["treatment"], "n_control": found.arms["control"], "power": float(found.power)}


_OF_ODDS = {"wald_log": "log-odds", "log_or_null_constrained": "log-odds-null-variance"}
"""The two tests of the log odds ratio."""


def answer(case):
    """Our answer in the words of the case."""
    kind, _, question = case["method"].removeprefix("two_proportions.").partition(".")
    given = case["inputs"]
    if kind == "noninferiority_risk_ratio":
        return margins(given, "ratio", "score")
    if kind == "odds_ratio":
        return margins(given, "odds-ratio", _OF_ODDS[question.partition(".")[0]])
    asked = {"power": power, "smallest_n": smallest_n, "p_value": single_p_value, "clinfun_ssize": arms_and_power}
    return asked[question](given, TESTS[kind])


def beyond(case):
    """The fields in which our answer is further from the case's than its tolerance, with what we give."""
    ours, allowed = answer(case), case["tolerance"]
    compared = [name for name in case["expected"] if name in ours]
    assert compared, "an answer that is compared with nothing"
    different = {}
    for name in compared:
        mine, theirs = np.ravel(ours[name]).astype(float), np.ravel(case["expected"][name]).astype(float)
        scale = np.maximum(1, np.abs(theirs)) if allowed["type"] == "rel" else 1.0
        if mine.shape != theirs.shape or np.any(np.abs(mine - theirs) > allowed["value"] * scale):
            different[name] = ours[name]
    return different


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
class TestCase:
    def test_agrees_or_is_listed(self, case):
        """A case agrees within its tolerance, or is on the list with what we give and the reason."""
        different, listed = beyond(case), DIFFERING.get(case["id"], {"ours": {}})
        assert different.keys() == listed["ours"].keys(), different
        for name, value in listed["ours"].items():
            np.testing.assert_allclose(different[name], value, rtol=1e-6)


class TestList:
    def test_every_entry_is_a_case_with_a_reason(self):
        """What is on the list is a case, and its reason is a sentence."""
        assert set(DIFFERING) <= {case["id"] for case in CASES}
        assert all(entry["why"].endswith(".") for entry in DIFFERING.values())
