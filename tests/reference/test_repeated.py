"""Measurements at several visits against lrstat and longpower."""

from fractions import Fraction

import numpy as np
from reference_cases import ReferenceCases

from trialplan.designs.mean_of_visits import MeanOfVisits
from trialplan.designs.one_way_repeated_measures import OneWayRepeatedMeasures
from trialplan.designs.repeated_measures import RepeatedMeasures
from trialplan.designs.slopes import Slopes

CASES = ReferenceCases("repeated")


def made(given, matrix, test="z", **more):
    """The design with this correlation matrix, whatever its form."""
    visits = len(matrix)
    pairs = tuple(float(matrix[i][j]) for i in range(visits) for j in range(i + 1, visits))
    ratio = Fraction(given.get("allocation_treatment_to_control", 1)).limit_denominator(1000)
    return RepeatedMeasures(
        difference=given["mean_difference"],
        visits=visits,
        structure="unstructured",
        correlation=pairs,
        allocation=f"{ratio.numerator}:{ratio.denominator}",
        alpha=given["alpha"],
        sides=given["sides"],
        test=test,
        **more,
    )


def size(given):
    """By the normal, and by t."""
    more = {
        "sd": given["sd_control"],
        "sd_treatment": given["sd_treatment"],
        "retention": tuple(given["retention_control"]),
        "retention_treatment": tuple(given["retention_treatment"]),
    }
    z, t = (made(given, given["correlation_matrix"], test, **more) for test in ("z", "t"))
    return {"n_total": z.unrounded(given["power"]), "n_total_t": t.unrounded(given["power"])}


def power(given):
    """From a covariance matrix."""
    covariance = np.array(given["covariance"])
    sds = np.sqrt(covariance.diagonal())
    matrix = covariance / np.outer(sds, sds)
    design = made(given, matrix, sd=float(sds[-1]), retention=tuple(given["retention"]))
    error, _ = design.standard_error(given["n_total"])
    return {"information": 1 / error**2, "power": design.success(given["n_total"])}


def ar1(given):
    """By its own structure, over times of visits."""
    design = RepeatedMeasures(
        difference=given["mean_difference"],
        sd=given["sd"],
        visit_times=tuple(given["visits"]),
        structure="ar1",
        correlation=given["ar1_correlation"],
        retention=tuple(given["retention"]),
        alpha=given["alpha"],
        sides=given["sides"],
        test="z",
    )
    return {"n_per_arm": design.unrounded(given["power"]) / 2}


def slopes(given, times, retention, intercepts):
    """The design of a case, its spread told as standard deviations or as variances."""
    if "var_slope" in given:
        intercept, slope = given["var_intercept"] ** 0.5, given["var_slope"] ** 0.5
        correlation, residual = given["cov_intercept_slope"] / (intercept * slope), given["var_residual"] ** 0.5
    else:
        intercept, slope = given["sd_intercept"], given["sd_slope"]
        correlation, residual = given["corr_intercept_slope"], given["sd_residual"]
    return Slopes(
        difference=given["slope_difference"],
        visit_times=tuple(map(float, times)),
        retention=tuple(map(float, retention)),
        sd_intercept=intercept,
        sd_slope=slope,
        sd_residual=residual,
        correlation=correlation,
        intercepts=intercepts,
        allocation=f"{given['allocation_treatment_to_control']}:1",
        alpha=given["alpha"],
        sides=given["sides"],
        test="z",
    )


def slopes_size(given):
    """Of arms with intercepts of their own, from the share who are seen last at each visit."""
    last = np.array(given["proportion_last_seen_at_visit"])
    stays = np.minimum(1.0, 1.0 - np.append(0.0, last.cumsum()[:-1]))
    design = slopes(given, given["visit_times"], stays, "separate")
    arms = design.sample_size(given["power"]).arms_unrounded
    return {"n_total": sum(arms.values())} | {f"n_{arm}": n for arm, n in arms.items()}


def slopes_power(given):
    """Of arms with one intercept, with participants who leave at a rate, and those enrolled late followed for less."""
    if "visit_times" in given:
        times = np.array(given["visit_times"])
        followed = np.ones(len(times))
    else:
        longest = given["accrual"] + given["min_followup"]
        times = np.arange(0, longest, given["visit_every"])
        followed = np.minimum(1.0, (longest - times) / given["accrual"])
    retention = np.exp(-given["dropout_hazard"] * times) * followed
    found = {}
    for intercepts, name in (("common", "power"), ("separate", "power_separate_intercepts")):
        design = slopes(given, times, retention, intercepts)
        found[name] = design.success(given["n_total"])
    error, _ = slopes(given, times, retention, "common").standard_error(given["n_total"])
    return found | {"information": 1 / error**2}


def frison_pocock(given):
    """The three analyses."""
    ways = {"post": "ignored", "change": "subtracted", "ancova": "adjusted"}
    found = {}
    for name, baseline in ways.items():
        design = MeanOfVisits(
            difference=given["mean_difference"],
            sd=given["sd"],
            correlation=given["correlation"],
            baseline_visits=given["baseline_measures"],
            follow_up_visits=given["followup_measures"],
            baseline=baseline,
            alpha=given["alpha"],
            sides=given["sides"],
            test="z",
        )
        found[f"n_per_arm_{name}"] = design.unrounded(given["power"]) / 2
    return found


def conditions(given):
    """The F test of all conditions, and its power with whole participants."""
    design = OneWayRepeatedMeasures(
        condition_means=tuple(given["means"]),
        sd=given["sd"],
        correlation=given["correlation"],
        alpha=given["alpha"],
    )
    answer = design.sample_size(given["power"])
    return {"n": design.unrounded(given["power"]), "power_at_ceil": answer.power}


ADAPTERS = {
    "repeated.mmrm.last_visit_difference.sample_size": size,
    "repeated.mmrm.last_visit_difference.power": power,
    "repeated.mmrm.ar1.sample_size": ar1,
    "repeated.slope_difference.separate_intercepts.sample_size": slopes_size,
    "repeated.slope_difference.common_intercept.power": slopes_power,
    "repeated.slope_difference.common_intercept.variable_followup.power": slopes_power,
    "repeated.frison_pocock.sample_size": frison_pocock,
    "repeated.one_way_anova.sample_size": conditions,
}


@CASES.each
def test_agrees_or_is_listed(case):
    """A case agrees within its tolerance in all that both have, or is listed with the reason."""
    CASES.agrees_or_is_listed(case, ADAPTERS)


def test_list_and_adapters_have_their_cases():
    """What is listed is among the cases and has a reason; no adapter stands for cases that are not there."""
    CASES.is_whole(ADAPTERS)
