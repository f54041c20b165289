"""Boundaries, futility, sizes, crossing, conditional power and what a stopped trial says, against other programs."""

import json
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from trialplan.designs.two_means import TwoMeans
from trialplan.designs.two_proportions import TwoProportions
from trialplan.numerics.crossing import crossing
from trialplan.sequential.group_sequential import GroupSequential
from trialplan.sequential.interim.conditional_power import conditional_power
from trialplan.sequential.interim.inference import Stopped
from trialplan.sequential.interim.observed_information import observed_boundaries

HERE = Path(__file__).parent
CASES = [
    json.loads(line)
    for name in ("group_sequential", "group_sequential_more", "group_sequential_random")
    for line in (HERE / f"{name}.jsonl").read_text().splitlines()
]
LISTED = {
    entry["id"]: entry for entry in tomllib.loads((HERE / "disagreements_group_sequential.toml").read_text())["case"]
}

NAMES = {
    "OF": "obrien-fleming",
    "P": "pocock",
    "WT": "wang-tsiatis({})",
    "HP": "haybittle-peto({})",
    "asOF": "lan-demets-obrien-fleming",
    "asP": "lan-demets-pocock",
    "asHSD": "hwang-shih-decani({})",
    "asKD": "kim-demets({})",
}
"""Our names of the sources' types of boundary; bs… are the same functions, spending error of the second kind."""

ELSEWHERE = {"n_total", "analysis_times_months"}
"""Fields of survival trials that need a design with accrual."""


def named(kind, number):
    """A type of boundary in our words; Haybittle and Peto's z is 3 where a case gives none."""
    return NAMES[kind].format(3 if kind == "HP" and number is None else number)


def rule(given):
    """The boundaries of a case, in our words."""
    looks = (*given["information_rates"][:-1], 1.0)
    words = {"looks": looks}
    if given["type"] == "asUser":
        words["efficacy"] = tuple(given["user_alpha_spending"])
    else:
        words["efficacy"] = named(given["type"], given.get("parameter"))
    if given.get("beta_spending") == "bsUser":
        words["futility"] = tuple(given["user_beta_spending"])
    elif "beta_spending" in given:
        words["futility"] = named("a" + given["beta_spending"][1:], given["beta_parameter"])
    if "futility_bounds_z" in given:
        words["futility"] = f"z({','.join(map(str, given['futility_bounds_z']))})"
    return words


def around(given, inner=None, **words):
    """A rule needs a trial to look at; every z test shows the same boundaries and inflation."""
    level = {"alpha": given["alpha"], "sides": given["sides"]}
    inner = TwoMeans(difference=0.5, sd=1, test="z", **level) if inner is None else inner
    return GroupSequential(design=inner, **rule(given), **words)


def boundaries(given, binding=False):
    """Critical values, inflation, and what happens at each look at three drifts."""
    design = around(given, binding=binding)
    target, inflation = given["power"], design.inflation(given["power"])
    found = design.solved(target)
    by = {share: design.rule.chances(found, share * found.drift) for share in (0, 0.5, 1)}
    alpha = design.rule.chances(found, 0.0, obeyed=binding)
    t = np.array(design.looks)
    asn = {share: inflation * float(1 + one.stopped[:-1] @ (t[:-1] - 1)) for share, one in by.items()}
    return {
        "critical_values_z": found.upper,
        "stage_levels_one_sided": stats.norm.sf(found.upper),
        "futility_bounds_z": found.lower[:-1],
        "cumulative_alpha": (alpha.efficacy + alpha.harm).cumsum(),
        "inflation_factor": inflation,
        "shift": found.drift**2,
        "asn_H0_over_nfix": asn[0],
        "asn_H01_over_nfix": asn[0.5],
        "asn_H1_over_nfix": asn[1],
        "power_by_stage": by[1].efficacy.cumsum(),
        "futility_prob_H1_by_stage": by[1].futility[:-1].cumsum(),
    }


def rates(given):
    """A trial of two rates, at real-valued n."""
    inner = TwoProportions(
        control=given["p_control"],
        treatment=given["p_treatment"],
        alpha=given["alpha"],
        sides=given["sides"],
        allocation=allocation(given),
    )
    design, target = around(given, inner), given["power"]
    n, found = design.unrounded(target), design.solved(target)
    by = {share: design.rule.chances(found, share * found.drift) for share in (0, 0.5, 1)}
    t = np.array(design.looks)
    expected = {share: n * float(1 + one.stopped[:-1] @ (t[:-1] - 1)) for share, one in by.items()}
    treatment, control = inner.split(n)
    return {
        "n_max_total": n,
        "n_max_treatment": treatment,
        "n_max_control": control,
        "n_fixed_total": inner.unrounded(target),
        "expected_n_H0": expected[0],
        "expected_n_H01": expected[0.5],
        "expected_n_H1": expected[1],
        "n_by_stage": n * t,
        "reject_prob_by_stage": by[1].efficacy,
    }


def allocation(given):
    """Participants per arm in one block."""
    ratio = {1: "1:1", 1.5: "3:2", 2: "2:1"}
    return ratio[given["allocation_treatment_to_control"]]


def means(given):
    """A z test of means, and the t test of the same trial."""
    numbers = {"difference": given["mean_difference"], "sd": given["sd"], "allocation": allocation(given)}
    level = {"alpha": given["alpha"], "sides": given["sides"]}
    design, target = around(given, TwoMeans(**numbers, **level, test="z")), given["power"]
    found, n = design.solved(target), design.unrounded(target)
    stopped = design.rule.chances(found, found.drift).stopped[:-1]
    t_test = around(given, TwoMeans(**numbers, **level, test="t"))
    return {
        "n_max_total": n,
        "expected_n_H1": n * float(1 + stopped @ (np.array(design.looks[:-1]) - 1)),
        "n_max_total_t": t_test.unrounded(target),
    }


def events(given):
    """Schoenfeld's events of the fixed trial (1981, Biometrika 68:316), inflated."""
    design, ratio = around(given), given["allocation_treatment_to_control"]
    scores = stats.norm.isf(given["alpha"]) + stats.norm.ppf(given["power"])
    fixed = (1 + ratio) ** 2 / ratio * (scores / np.log(given["hazard_ratio"])) ** 2
    most = fixed * design.inflation(given["power"])
    return {"events_max": most, "events_by_stage": most * np.array(design.looks)}


def probabilities(given):
    """Crossing and average information at a drift."""
    design = around(given)
    above, _ = crossing(
        design.efficacy_z, np.full(given["k"], -np.inf), design.looks, given["drift_at_full_information"]
    )
    t = np.array(design.looks)
    return {
        "critical_values_z": design.efficacy_z,
        "cumulative_reject_prob": above.cumsum(),
        "average_information_fraction": 1 + above[:-1] @ (t[:-1] - 1),
    }


def constants(given):
    """Heights and inflation, as Jennison and Turnbull print them."""
    k, sides = given["k"], given["sides"]
    name = {"C_P": "pocock", "C_B": "obrien-fleming"}
    found = {}
    for height, words in name.items():
        inner = TwoMeans(difference=0.5, sd=1, test="z", alpha=given["alpha"], sides=sides)
        design = GroupSequential(design=inner, looks=tuple((i + 1) / k for i in range(k)), efficacy=words)
        letter = height[-1]
        found |= {height: design.efficacy_z[-1]}
        found |= {f"R_{letter}_power_{power}": design.inflation(power) for power in (0.8, 0.9)}
    return found


def two_stages(given):
    """One look to come."""
    seen, critical = given["information_fraction"], given["final_critical_value"]
    drift = given["drift_at_full_information"]
    return {"conditional_power": conditional_power(given["z_interim"], seen, [critical], [1.0], drift=drift)}


def many_stages(given):
    """Every look to come."""
    stage, t = given["stage"], given["information_rates"]
    found = conditional_power(
        given["z_interim"],
        t[stage - 1],
        given["critical_values_z"][stage:],
        t[stage:],
        drift=given["drift_at_full_information"],
    )
    return {"conditional_power": found}


def rates_to_come(given):
    """From the counts of the first stage; what is to come has the assumed rates."""
    inner = TwoProportions(
        control=given["assumed_p_control"], treatment=given["assumed_p_treatment"], alpha=given["alpha"], sides=1
    )
    m = given["stage1_n_per_arm"]
    data = tuple(np.arange(m)[None, :] < given[f"stage1_events_{arm}"] for arm in ("treatment", "control"))
    z = float(inner.analyse(data)[0][0])
    return {"z_stage1": z, "conditional_power": to_come(given, inner, z)}


def means_to_come(given):
    """From the difference of the first stage."""
    inner = TwoMeans(difference=given["assumed_mean_difference"], sd=given["sd"], test="z", alpha=0.025, sides=1)
    z = given["stage1_mean_difference"] / (given["sd"] * np.sqrt(2 / given["stage1_n_per_arm"]))
    return {"z_stage1": z, "conditional_power": to_come(given, inner, z)}


def to_come(given, inner, z):
    """The power of the second stage at the conditional level, weighed by the planned information."""
    critical, seen = around(given, inner).efficacy_z[-1], given["information_rates"][0]
    needed = (critical - np.sqrt(seen) * z) / np.sqrt(1 - seen)
    powers = [inner.replace(alpha=level, sides=1).success(2 * given["stage2_n_per_arm"]) for level in (0.025, 0.1)]
    # the normal score of the power is a straight line in the critical value
    line = np.polyfit(stats.norm.isf([0.025, 0.1]), stats.norm.ppf(powers), 1)
    return stats.norm.cdf(np.polyval(line, needed))


def once_stopped(given):
    """What is said of means after the last look taken, on the scale of their difference."""
    design, looks, sides = around(given, binding=given["binding"]), given["stage"], given["sides"]
    upper, z = design.solved(0.8).upper[:looks], given["z_by_stage"][-1]
    below = {1: np.full(looks, -np.inf), 2: -upper}[sides]
    if given["binding"]:
        below = np.array((*given["futility_bounds_z"], -np.inf)[:looks])
    error = given["sd"] * np.sqrt(2 / given["n_per_arm_by_stage"][-1])
    t = given["information_rates"][:looks]
    stopped = Stopped(z=z, information=tuple(t), upper=tuple(upper), lower=tuple(below))
    per_drift = error * np.sqrt(t[-1])
    confidence = 1 - 2 * given["alpha"] / sides
    return {
        "final_p_value": stopped.p_value(sides),
        "final_interval": np.array(stopped.interval(confidence)) * per_drift,
        "median_unbiased_estimate": stopped.estimate() * per_drift,
        "repeated_interval": np.array([z - upper[-1], z + upper[-1]]) * error,
    }


def observed(given):
    """Critical values where the looks were not as planned."""
    found = observed_boundaries(around(given), tuple(given["observed_information"]), final=given["final"])
    return {"critical_values_z": found.efficacy_z}


ADAPTERS = {
    "group_sequential.design.efficacy_only": boundaries,
    "group_sequential.design.futility_nonbinding": boundaries,
    "group_sequential.design.futility_binding": lambda given: boundaries(given, binding=True),
    "group_sequential.design.fixed_futility_bounds": lambda given: boundaries(given, binding=given["binding"]),
    "group_sequential.rates.sample_size": rates,
    "group_sequential.means.sample_size": means,
    "group_sequential.survival.sample_size": events,
    "group_sequential.crossing_probabilities": probabilities,
    "group_sequential.pocock.constants": constants,
    "group_sequential.obrien_fleming.constants": constants,
    "group_sequential.conditional_power.two_stage": two_stages,
    "group_sequential.conditional_power.multi_stage": many_stages,
    "group_sequential.conditional_power.rates_data": rates_to_come,
    "group_sequential.conditional_power.means_data": means_to_come,
    "group_sequential.inference.stage_wise": once_stopped,
    "group_sequential.observed_information": observed,
}


@cache
def answered(identifier):
    """Our answer to a case."""
    case = next(case for case in CASES if case["id"] == identifier)
    return ADAPTERS[case["method"]](case["inputs"])


def differences(case):
    """(field, largest difference) of every field beyond the case's tolerance."""
    ours, tolerance, beyond = answered(case["id"]), case["tolerance"], {}
    for name, expected in case["expected"].items():
        if name in ELSEWHERE:
            continue
        scale = np.maximum(1, np.abs(expected)) if tolerance["type"] == "rel" else 1
        difference = float(np.max(np.abs(np.asarray(ours[name]) - expected) / scale))
        if not difference <= tolerance["value"]:
            beyond[name] = difference
    return beyond


class TestCase:
    @pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
    def test_agrees_or_is_listed(self, case):
        """Every field of a case agrees within its tolerance, or the case is listed with how far it is off."""
        found = differences(case)
        if case["id"] not in LISTED:
            assert found == {}
        else:
            assert found == pytest.approx(LISTED[case["id"]]["off_by"], rel=0.01)


class TestList:
    def test_every_entry_has_its_case_and_a_reason(self):
        """What is listed is among the cases, and has a reason that ends in a full stop."""
        assert set(LISTED) <= {case["id"] for case in CASES}
        assert all(entry["why"].endswith(".") for entry in LISTED.values())

    def test_no_id_twice(self):
        """Each case is held once."""
        assert max(Counter(case["id"] for case in CASES).values()) == 1

    def test_every_adapter_has_cases(self):
        """No adapter stands for cases that are not there, and no case is without one."""
        assert {case["method"] for case in CASES} == set(ADAPTERS)
