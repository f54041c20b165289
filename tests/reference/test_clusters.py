"""Clusters against clusterPower and closed forms of their own, and a published trial."""

import json
from pathlib import Path

import pytest

from trialplan import ClusteredMeans, ClusteredProportions, reproduce

CASES = [json.loads(line) for line in (Path(__file__).parent / "clusters.jsonl").read_text().splitlines()]


def means(given):
    """n of an arm, and clusters by z and by t."""
    z = ClusteredMeans(
        difference=given["mean_difference"],
        sd=given["sd"],
        icc=given["icc"],
        cluster_size=given["mean_cluster_size"],
        cluster_cv=given["cv_of_cluster_size"],
        alpha=given["alpha"],
        sides=given["sides"],
        test="z",
    )
    per_arm, per_arm_t = (one.unrounded(given["power"]) / 2 for one in (z, z.replace(test="t")))
    return {
        "n_per_arm_individual": per_arm / z.design_effects()[0],
        "design_effect": z.design_effects()[0],
        "n_per_arm_cluster": per_arm,
        "clusters_per_arm_z": per_arm / given["mean_cluster_size"],
        "clusters_per_arm_t": per_arm_t / given["mean_cluster_size"],
    }


def proportions(given):
    """Clusters of an arm by z."""
    z = ClusteredProportions(
        control=given["p_control"],
        treatment=given["p_treatment"],
        icc=given["icc"],
        cluster_size=given["cluster_size"],
        alpha=given["alpha"],
        sides=given["sides"],
        test="z",
    )
    per_arm, effect = z.unrounded(given["power"]) / 2, z.design_effects()[0]
    return {
        "n_per_arm_individual": per_arm / effect,
        "design_effect": effect,
        "clusters_per_arm": per_arm / given["cluster_size"],
    }


ANSWERS = {"cluster.means.sample_size": means, "cluster.proportions.sample_size": proportions}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_case(case):
    """Every number that is no simulation."""
    found = ANSWERS[case["method"]](case["inputs"])
    wanted = {
        name: value for name, value in case["expected"].items() if not name.startswith(("simulated_", "power_target"))
    }
    assert set(wanted) == set(found)
    within = case["tolerance"]["value"]
    for name, value in wanted.items():
        assert abs(found[name] - value) <= within * max(1, abs(value)), name


def test_a_published_trial():
    """DREAM (Eccles 2007): 42.5 % against 57.5 %, 30 a practice, ICC 0.14, 60 practices, which are 1,800 patients."""
    found = reproduce(
        "clustered-proportions", control=0.425, treatment=0.575, icc=0.14, cluster_size=30, n=1800, power=0.8
    )
    assert found.verdict == "reproduced"
    assert "whole clusters" in found.page().headline
