"""Single-arm designs, ratios of means, exact covariance analysis and Bayesian rules against other programs."""

import json
import tomllib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scipy import optimize, special

from trialplan.analyses.assurance.go_no_go import SingleArmRule, TwoArmRule
from trialplan.designs.ancova import Ancova
from trialplan.designs.precision_proportion import PrecisionProportion
from trialplan.designs.ratio_of_means import RatioOfMeans
from trialplan.designs.ratio_of_normal_means import RatioOfNormalMeans
from trialplan.designs.simon import Simon
from trialplan.designs.two_means import TwoMeans
from trialplan.fields import allocation_of

HERE = Path(__file__).parent
CASES = [
    json.loads(line)
    for name in ("single_arm_more", "means_more", "bayes_more")
    for line in (HERE / f"{name}.jsonl").read_text().splitlines()
]
LISTED = {entry["id"]: entry for entry in tomllib.loads((HERE / "disagreements_more.toml").read_text())["case"]}


def simon(criterion):
    """The stages, and what they have, in the words of the cases."""

    def answer(given, expected):
        design = Simon(null=given["p0"], expected=given["p1"], alpha=given["alpha"], criterion=criterion)
        found = design.sample_size(1 - given["beta"])
        (r1, n1), (r, n) = found.design.counts
        spared = {
            "expected_n_H0": found.extra["expected_n"]["null"],
            "pet_H0": found.extra["early_termination"]["null"],
        }
        real = {"alpha_actual": found.extra["actual_size"], "power_actual": found.power}
        return {"r1": r1, "n1": n1, "r": r, "n": n} | spared | real

    return answer


def precision(interval):
    """The real-valued n, and the whole one."""

    def answer(given, expected):
        width, confidence = 2 * given["half_width"], given["confidence"]
        design = PrecisionProportion(expected=given["p"], width=width, confidence=confidence, interval=interval)
        found = design.sample_size()
        return {"n": found.arms_unrounded["treatment"], "n_ceil": found.n}

    return answer


def equivalent_ratio(given, expected):
    """Two one-sided tests on logs."""
    limits = (given["lower"], given["upper"])
    design = RatioOfMeans(
        ratio=given["true_ratio"], cv=given["cv"], goal="equivalence", margin=limits, alpha=given["alpha"]
    )
    return sized(design, given)


def noninferior_ratio(given, expected):
    """The limit lies on the unfavourable side."""
    favourable = "higher" if given["margin_ratio"] < 1 else "lower"
    design = RatioOfMeans(
        ratio=given["true_ratio"],
        cv=given["cv"],
        goal="non-inferiority",
        margin=given["margin_ratio"],
        favourable=favourable,
        alpha=given["alpha"],
        sides=given["sides"],
    )
    return sized(design, given)


def sized(design, given):
    """Whole n and its power."""
    answer = design.sample_size(given["power"])
    return {"n_total": answer.n, "power": answer.power}


def adjusted(given, method):
    """The covariance analysis of a case."""
    return Ancova(
        difference=given["mean_difference"],
        sd=given["sd"],
        correlation=given["correlation_baseline_outcome"],
        alpha=given["alpha"],
        sides=given["sides"],
        allocation=allocation_of((given.get("n_treatment", 1), given.get("n_control", 1))),
        method=method,
    )


def adjusted_power(given, expected):
    """By both methods."""
    n = given["n_treatment"] + given["n_control"]
    simple, exact = (float(adjusted(given, method).power(n)) for method in ("simple", "exact"))
    return {"power_simple_nct": simple, "power_exact": exact}


def adjusted_size(given, expected):
    """The exact n, and what the factor (1 - r²) makes of the n of z, and of the n at which t rejects either way."""
    factor = 1 - given["correlation_baseline_outcome"] ** 2
    level = {"alpha": given["alpha"], "sides": given["sides"]}
    z, t = (TwoMeans(difference=given["mean_difference"], sd=given["sd"], test=test, **level) for test in ("z", "t"))
    z = z.sample_size(given["power"]).arms_unrounded["control"]
    t = optimize.brentq(lambda n: float(t.power(2 * n)) - given["power"], 2, 1000, xtol=1e-10)
    exact = adjusted(given, "exact").sample_size(given["power"]).arms["control"]
    return {
        "n_per_arm_z": factor * z,
        "n_per_arm_t_times_factor": factor * t,
        "variance_factor": factor,
        "n_per_arm_exact": exact,
    }


def decision(given, expected):
    """How often a two-arm rule says go, under uniform priors."""
    assert given["prior"] == "beta(1,1) both arms"
    rule = TwoArmRule(
        n_treatment=given["n_treatment"],
        n_control=given["n_control"],
        go=given["posterior_threshold"],
        difference=given["difference_threshold"],
    )
    chances = rule.chances(given["true_p_treatment"], given["true_p_control"])
    return {"probability_of_success": chances.go}


def posterior_of_difference(given, expected):
    """P(difference beyond a threshold)."""
    rule = TwoArmRule(
        n_treatment=given["n_treatment"],
        n_control=given["n_control"],
        go=0.9,
        difference=given["difference_threshold"],
        prior_treatment=tuple(given["prior_treatment_beta"]),
        prior_control=tuple(given["prior_control_beta"]),
    )
    return {"posterior_probability": rule.posterior(given["events_treatment"], given["events_control"])}


def posterior_of_rate(given, expected):
    """P(rate beyond a threshold)."""
    rule = SingleArmRule(n=given["n"], threshold=given["threshold"], go=0.9, prior=tuple(given["prior_beta"]))
    return {"posterior_probability": rule.posterior(given["events"])}


def ratio_as_measured(given, expected):
    """A normal outcome whose means are compared by their ratio."""
    design = RatioOfNormalMeans(
        ratio=given["mean_ratio"],
        cv=given["cv_of_control"],
        goal="non-inferiority",
        margin=given["margin_ratio"],
        alpha=given["alpha"],
        sides=given["sides"],
        allocation=allocation_of((int(given["allocation_treatment_to_control"]), 1)),
    )
    arms = design.sample_size(given["power"]).arms_unrounded
    return {f"n_{arm}": n for arm, n in arms.items()}


ADAPTERS = {
    "single_arm.simon_optimal": simon("optimal"),
    "single_arm.simon_minimax": simon("minimax"),
    "single_arm.precision.wald": precision("wald"),
    "single_arm.precision.wilson": precision("wilson"),
    "single_arm.precision.exact": precision("clopper-pearson"),
    "means.tost_log_ratio.parallel.sample_size": equivalent_ratio,
    "means.log_ratio_noninferiority.parallel.sample_size": noninferior_ratio,
    "means.ratio_noninferiority_t.sample_size": ratio_as_measured,
    "means.ancova.power": adjusted_power,
    "means.ancova.sample_size": adjusted_size,
    "bayes.decision.two_arm_operating_characteristic": decision,
    "bayes.posterior_probability.difference": posterior_of_difference,
    "bayes.posterior_probability.single_arm": posterior_of_rate,
}
NOT_OURS = {"posterior_mean", "ci95_lower", "ci95_upper"}
"""Fields of a posterior that a decision does not ask for."""


def differences(case):
    """(field, what we give) of every field beyond the case's tolerance; every field but those not ours is compared."""
    ours = ADAPTERS[case["method"]](case["inputs"], case["expected"])
    tolerance, beyond = case["tolerance"], {}
    for name, expected in case["expected"].items():
        if name in NOT_OURS:
            continue
        scale = max(1, abs(expected)) if tolerance["type"] == "rel" else 1
        if not abs(ours[name] - expected) <= tolerance["value"] * scale:
            beyond[name] = ours[name]
    return beyond


class TestCase:
    @pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
    def test_agrees_or_is_listed(self, case):
        """A case agrees within its tolerance, or is listed with what we give instead."""
        wanted = LISTED[case["id"]]["ours"] if case["id"] in LISTED else {}
        found = differences(case)
        assert found == (pytest.approx(wanted, rel=1e-6) if wanted else {})


class TestList:
    def test_every_entry_has_its_case_and_a_reason(self):
        """What is listed is among the cases, and has a reason that ends in a full stop."""
        assert set(LISTED) <= {case["id"] for case in CASES}
        assert all(entry["why"].endswith(".") for entry in LISTED.values())

    def test_no_id_twice(self):
        """Each case is held once."""
        assert max(Counter(case["id"] for case in CASES).values()) == 1

    def test_every_adapter_has_cases(self):
        """No adapter stands for cases that are not there."""
        assert {case["method"] for case in CASES} == set(ADAPTERS)


class TestPosteriorSummaries:
    @pytest.mark.parametrize("case", [c for c in CASES if "posterior_mean" in c["expected"]], ids=lambda c: c["id"])
    def test_are_those_of_the_updated_beta(self, case):
        """The source's mean and interval are those of the prior with responses and failures added."""
        given, expected = case["inputs"], case["expected"]
        a, b = given["prior_beta"][0] + given["events"], given["prior_beta"][1] + given["n"] - given["events"]
        np.testing.assert_allclose(a / (a + b), expected["posterior_mean"], rtol=1e-9)
        limits = special.betaincinv(a, b, [0.025, 0.975])
        np.testing.assert_allclose(limits, [expected["ci95_lower"], expected["ci95_upper"]], rtol=1e-9)
