"""Pooling against metafor, case by case."""

import json
from pathlib import Path

import numpy as np
import pytest

from trialplan.evidence.effects import change_effects, proportion_effects
from trialplan.evidence.estimate import change_sd
from trialplan.evidence.pooling import pool

CASES = [json.loads(line) for line in Path(__file__).with_name("meta.jsonl").read_text().splitlines()]

MEASURES = {
    "plo": "logit",
    "pft": "double-arcsine",
    "pr": "raw",
    "mc": "mean-change",
    "smcr": "standardised-by-baseline",
    "smcc": "standardised-by-change",
}
METHODS = {"dl": "dersimonian-laird", "pm": "paule-mandel", "reml": "reml"}


def proportions(given, measure, method, interval="normal"):
    """The two-stage pool in the words of the cases."""
    effects = proportion_effects(given["events"], given["n"], MEASURES[measure])
    found = pool(effects, METHODS[method], interval.replace("_", "-"), given["confidence"])
    return {
        "yi": effects.values,
        "vi": effects.variances,
        "estimate": found.estimate,
        "se": found.standard_error,
        "tau2": found.tau2,
        "ci_lower": found.lower,
        "ci_upper": found.upper,
        "pi_lower": found.prediction_lower,
        "pi_upper": found.prediction_upper,
        "Q": found.q,
        "I2_percent": 100 * found.i2,
        "proportion": found.natural.estimate,
        "proportion_ci_lower": found.natural.lower,
        "proportion_ci_upper": found.natural.upper,
    }


def one_stage(given):
    """The binomial–normal model in the words of the cases, whose limits are rates."""
    effects = proportion_effects(given["events"], given["n"])
    found = pool(effects, "binomial-normal", confidence=given["confidence"])
    return {
        "estimate": found.estimate,
        "se": found.standard_error,
        "tau2": found.tau2,
        "proportion": found.natural.estimate,
        "ci_lower": found.natural.lower,
        "ci_upper": found.natural.upper,
        "loglik": found.log_likelihood,
    }


def changes(given, measure):
    """The pools of mean changes in the words of the cases."""
    names = ("mean_baseline", "sd_baseline", "mean_followup", "sd_followup", "n")
    studies = list(zip(*(given[name] for name in names), strict=True))
    r = given["assumed_correlation"]
    effects = change_effects(studies, r, MEASURES[measure])
    reml, moments, knapp = pool(effects), pool(effects, "dersimonian-laird"), pool(effects, "reml", "knapp-hartung")
    return {
        "yi": effects.values,
        "vi": effects.variances,
        "sd_change": [change_sd(sd0, sd1, r) for _, sd0, _, sd1, _ in studies],
        "reml_estimate": reml.estimate,
        "reml_se": reml.standard_error,
        "reml_tau2": reml.tau2,
        "dl_estimate": moments.estimate,
        "dl_se": moments.standard_error,
        "dl_tau2": moments.tau2,
        "reml_kh_ci_lower": knapp.lower,
        "reml_kh_ci_upper": knapp.upper,
    }


def answer(case):
    """What we give for a case."""
    _, family, *how = case["method"].split(".")
    if family == "mean_change":
        return changes(case["inputs"], *how)
    return one_stage(case["inputs"]) if how == ["glmm_logit"] else proportions(case["inputs"], *how)


class TestMeta:
    @pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
    def test_agrees_with_metafor(self, case):
        """Every field of every case agrees within its tolerance."""
        assert case["tolerance"]["type"] == "abs"
        found = answer(case)
        for name, value in case["expected"].items():
            np.testing.assert_allclose(found[name], value, rtol=0, atol=case["tolerance"]["value"], err_msg=name)

    def test_every_method_measure_and_interval_has_a_case(self):
        """No measure and no estimator of τ² is without a value from another program."""
        words = {word for case in CASES for word in case["method"].split(".")}
        assert {*MEASURES, *METHODS, "glmm_logit", "knapp_hartung", "knapp_hartung_modified"} <= words
