"""Several endpoints and arms against mvtnorm, gMCP, graphicalMCP, lrstat, mpe and p.adjust."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from trialplan import (
    AtLeastOne,
    Graphical,
    GroupSequential,
    Hochberg,
    Holm,
    ManyToOne,
    MultiArmMultiStage,
    OneWayAnova,
    TwoMeans,
)
from trialplan.numerics import dunnett
from trialplan.numerics.crossing import crossing
from trialplan.several import _graph as graphs

HERE = Path(__file__).parent
CASES = [json.loads(line) for line in (HERE / "several.jsonl").read_text().splitlines()]
LISTED = {entry["id"]: entry for entry in tomllib.loads((HERE / "disagreements_several.toml").read_text())["case"]}


def at(means, alpha):
    """Endpoints whose z statistics have these means among 400 participants, at a one-sided level."""
    return [TwoMeans(difference=mean / 10, sd=1, test="z", alpha=alpha, sides=1) for mean in means]


def two_endpoints(given):
    """Bonferroni, Holm and Hochberg."""
    members, found = at(given["mean_z"], given["alpha_one_sided"]), {}
    for name, cls in (("bonferroni", AtLeastOne), ("holm", Holm), ("hochberg", Hochberg)):
        first, second, some, both = cls(members=members, correlation=given["correlation"]).powers(400)
        found |= {f"{name}_any": some, f"{name}_all": both, f"{name}_h1": first, f"{name}_h2": second}
    return found


def k_endpoints(given):
    """The same of more, with the expected number that is shown."""
    members, found = at(given["mean_z"], given["alpha_one_sided"]), {}
    for name, cls in (("bonferroni", AtLeastOne), ("holm", Holm), ("hochberg", Hochberg)):
        *each, some, every = cls(members=members, correlation=given["correlation"]).powers(400)
        found |= {f"{name}_any": some, f"{name}_all": every, f"{name}_mean": sum(each)}
    return {name: value for name, value in found.items() if name not in ("bonferroni_mean", "holm_any")}


def stepwise(given):
    """Adjusted P values; Hommel's are the closure of Simes tests."""
    p = np.array(given["p_values"])
    k = len(p)
    return {
        "bonferroni": np.minimum(k * p, 1),
        "holm": graphs.holm_adjusted(p),
        "hochberg": graphs.hochberg_adjusted(p),
        "hommel": graphs.simes(p, (1 / k,) * k, graphs.complete(k)),
    }


def truncated(given):
    """Truncated step down or up."""
    adjusted = graphs.holm_adjusted if given["procedure"] == "holm" else graphs.hochberg_adjusted
    return {"adjusted_p": adjusted(np.array(given["p_values"]), given["truncation"])}


def graph(given):
    """The sequentially rejective procedure."""
    found = graphs.adjusted(np.array(given["p_values"]), given["weights"], given["transition_matrix"])
    return {"adjusted_p": found, "rejected": (found <= given["alpha"]).astype(int)}


def simes(given):
    """Weighted Simes tests."""
    return {"adjusted_p": graphs.simes(np.array(given["p_values"]), given["weights"], given["transition_matrix"])}


def parametric(given):
    """One correlation of all."""
    k = len(given["weights"])
    joint = np.full((k, k), given["correlation"]) + (1 - given["correlation"]) * np.eye(k)
    p = np.array(given["p_values"])
    return {"adjusted_p": graphs.parametric(p, given["weights"], given["transition_matrix"], joint)}


def graph_power(given):
    """Of each endpoint, any, all, and the expected number."""
    trial = Graphical(
        members=at(given["mean_z"], given["alpha"]),
        initial_weights=tuple(given["weights"]),
        transitions=tuple(map(tuple, given["transition_matrix"])),
        correlation=given["correlation"],
    )
    *each, some, every = trial.powers(400)
    return {"power_each": each, "power_any": some, "power_all": every, "expected_rejections": sum(each)}


def at_least_one(given):
    """n of an arm, at the level of each endpoint."""
    effects = given["standardized_effects"]
    members = [TwoMeans(difference=one, sd=1, test="z") for one in effects]
    alpha = given["alpha_each"] * len(effects)
    whole = AtLeastOne(members=members, correlation=given["correlation"], alpha=alpha, sides=given["sides"])
    return {"n_per_arm": whole.unrounded(given["power"]) / 2}


def loadings(given):
    """From what each treatment has for one participant of the control."""
    return tuple((one / (one + 1)) ** 0.5 for one in given["allocation_each_treatment_to_control"])


def dunnett_critical(given):
    """By t, or by the normal."""
    df = None if given["df"] == "Inf" else given["df"]
    return {"critical_value": dunnett.critical_value(loadings(given), given["alpha"], df, given["sides"] == 2)}


def dunnett_power(given):
    """Of any in either direction, of all in favour, with known variance."""
    shared, shifts = loadings(given), given["noncentrality"]
    critical = dunnett.critical_value(shared, given["alpha"], None, given["sides"] == 2)
    limits, inside = [critical] * len(shifts), dunnett.all_between if given["sides"] == 2 else dunnett.all_below
    return {
        "critical_value": critical,
        "power_any": 1 - inside(limits, shared, None, shifts),
        "power_all_positive": dunnett.all_above(limits, shared, None, shifts),
    }


def dunnett_t(given):
    """By the variance of all arms."""
    effects = given["standardized_differences"]
    design = TwoMeans(difference=effects[0], sd=1, alpha=given["alpha"], sides=given["sides"])
    shares = tuple(effect / effects[0] for effect in effects)
    whole = ManyToOne(design=design, treatments=len(effects), effect_shares=shares)
    n = given["n_control"] + sum(given["n_each_treatment"])
    *each, some, every = whole.powers(n)
    critical = whole.critical_value(n)
    return {"df": whole.df(n), "critical_value": critical, "power_any": some, "power_all": every, "power_each": each}


def dunnett_size(given):
    """An allocation of 1 to the root of 3 is no ratio of whole numbers: the formula is asked at the n of the case."""
    k, ratio = given["number_of_treatments"], given["allocation_each_treatment_to_control"]
    shared = ((ratio / (1 + ratio)) ** 0.5,) * k
    critical = dunnett.critical_value(shared, given["alpha"], None)
    score = critical + float(norm.ppf(given["power"]))
    control = (1 + 1 / ratio) * (score / given["standardized_differences"][0]) ** 2
    shift = given["standardized_differences"][0] / (1 / control + 1 / (ratio * control)) ** 0.5
    return {
        "n_control": control,
        "n_each_treatment": ratio * control,
        "critical_value": critical,
        "power_check": dunnett.all_above([critical], shared[:1], None, [shift]),
    }


def anova(given):
    """Of groups that need not have the same size."""
    design = OneWayAnova(
        group_means=given["means"], sd=given["sd"], group_sizes=given["allocation"], alpha=given["alpha"]
    )
    return {"n_total": design.unrounded(given["power"]), "effect_f": design.cohen_f()}


def mams(given):
    """A pairwise information of 1 is that of one control with an outcome's variance of 1 + 1/ratio."""
    ratio, theta = given["allocation_each_treatment_to_control"], given["theta"]
    design = TwoMeans(difference=theta[0], sd=1, test="z", alpha=given["alpha"], sides=1, allocation=f"{ratio:g}:1")
    shares = tuple(one / theta[0] for one in theta)
    arms = ManyToOne(design=design, treatments=given["treatments"], effect_shares=shares)
    rule = given["alpha_spending"].replace("_", "-")
    trial = MultiArmMultiStage(design=arms, looks=given["looks"], efficacy=rule)
    n = trial.unrounded(given["power_at_least_one"])
    control = n / trial.block
    return {
        "critical_values": trial.upper,
        "max_information_pairwise": control * ratio / (1 + ratio),
        "alpha_attained": trial.details(float(np.ceil(n)), 0.8)["looks"][-1]["cumulative_alpha"],
        "power": trial.success(n),
    }


def harm(given):
    """A bound for harm below binding futility; what it spends is what crosses it before efficacy."""
    looks, power = tuple(given["information_rates"]), given["power"]
    names = (given[name].replace("_", "-") for name in ("alpha_spending", "beta_spending", "harm_spending"))
    efficacy, futility, spending = names
    design = TwoMeans(difference=0.5, sd=1, test="z", alpha=given["alpha"], sides=given["sides"])
    trial = GroupSequential(design=design, looks=(*looks[:-1], 1), efficacy=efficacy, futility=futility, binding=True)
    found, bound = trial.solved(power), trial.harm_z(power, spending, given["harm_total_alpha"])
    at_null, planned = (trial.rule.chances(found, drift) for drift in (0.0, found.drift))
    _, harmed = crossing(np.array(found.upper), np.array(bound), np.array(trial.looks), 0.0)
    return {
        "critical_values": found.upper,
        "futility_bounds": found.lower,
        "harm_bounds": bound,
        "inflation": trial.inflation(power),
        "alpha_attained": at_null.power,
        "power": planned.power,
        "beta_spent": np.cumsum(planned.futility),
        "harm_spent": np.cumsum(harmed),
    }


ANSWERS = {
    "group_sequential.harm_bound.binding": harm,
    "multiplicity.mams.design": mams,
    "anova.one_way.sample_size": anova,
    "multiplicity.dunnett.critical_value": dunnett_critical,
    "multiplicity.dunnett.power_known_variance": dunnett_power,
    "multiplicity.dunnett.t.power": dunnett_t,
    "multiplicity.dunnett.normal.sample_size": dunnett_size,
    "multiplicity.power.two_endpoints": two_endpoints,
    "multiplicity.power.k_endpoints_simulated": k_endpoints,
    "multiplicity.adjusted_p.stepwise": stepwise,
    "multiplicity.truncated_stepwise.adjusted_p": truncated,
    "multiplicity.graphical.adjusted_p": graph,
    "multiplicity.graphical.simes.adjusted_p": simes,
    "multiplicity.graphical.parametric.adjusted_p": parametric,
    "multiplicity.graphical.power_simulated": graph_power,
    "multiplicity.at_least_one.normal_known_variance.sample_size": at_least_one,
}

NOT_OURS = ("simulated_", "power_target", "bh")
"""Simulations, what was asked for, and the false discovery rate, which no confirmatory trial is tested by."""


@pytest.mark.parametrize("case", [case for case in CASES if case["id"] not in LISTED], ids=lambda case: case["id"])
def test_case(case):
    """Every number that is no simulation of the other program."""
    found = ANSWERS[case["method"]](case["inputs"])
    wanted = {name: value for name, value in case["expected"].items() if not name.startswith(NOT_OURS)}
    assert set(wanted) == set(found)
    within = case["tolerance"]["value"]
    for name, value in wanted.items():
        scale = np.maximum(1, np.abs(value)) if case["tolerance"]["type"] == "rel" else 1.0
        assert np.all(np.abs(np.asarray(found[name]) - value) <= within * scale), (name, found[name], value)


def test_listed_cases_are_there():
    """None is listed that is not a case."""
    assert set(LISTED) <= {case["id"] for case in CASES}
