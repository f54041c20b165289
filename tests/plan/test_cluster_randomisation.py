"""Where both arms come in clusters these are randomised, and where one does its participants are."""

import math
import re

import pytest
from small_plans import build, built, plan_text, read, render, stated

from trialplan import ClusteredProportions, power, randomise
from trialplan.enrolment.dropout import enrolled
from trialplan.errors import ParameterError
from trialplan.verbs.planning import minimise

CLUSTERS = stated(control=0.3, treatment=0.5, icc=0.05, cluster_size=12)


@pytest.fixture
def plan(tmp_path):
    def written(settings="", more=""):
        path = tmp_path / "plan.toml"
        path.write_text(plan_text("clustered-proportions", settings, CLUSTERS, more=more), encoding="utf-8")
        return str(path)

    return written


class TestClusters:
    def test_of_both_arms_are_randomised(self, plan):
        """Whole ones, as many as hold the participants of each arm; the list and the document say so."""
        trial = build(read(plan()))
        arms = trial.arms_randomised
        assert trial.clusters_randomised == sum(-(-size // 12) for size in arms.values())
        scheme = randomise(plan(), seed=3)
        assert (scheme.n, scheme.of) == (trial.clusters_randomised, "cluster")
        assert {*scheme.to_dict()["list"][0]} == {"sequence", "block", "cluster", "arm"}
        assert {*scheme.masked()[0]} == {"sequence", "cluster"}
        said = f"{trial.clusters_randomised} clusters, each with all its participants, are assigned 1:1"
        assert said in render(trial).replace("\\", "")
        with pytest.raises(ParameterError, match="make a list by randomise"):
            minimise(plan(), factors={"site": ("a", "b")})

    def test_are_enrolled_whole_and_counted_alike(self, tmp_path):
        """With losses whole ones are enrolled, and every sentence counts those."""
        trial = built(tmp_path, design="clustered-proportions", assumptions=CLUSTERS, dropout=0.1)
        arms, needed = trial.arms_randomised, max(trial.answer.arms.values())
        each = math.ceil(needed / 0.9 / 12)
        assert arms == dict.fromkeys(arms, 12 * each)
        assert each > needed / 12
        text = render(trial).replace("\\", "")
        assert {*map(int, re.findall(r"(\d+) clusters of", text))} == {each}
        assert f"{2 * each} clusters, each with all its participants" in text
        assert text.count(", whole clusters |") == 2
        assert "whole allocation blocks" not in text
        assert randomise(trial.plan.name, seed=3).n == trial.clusters_randomised == 2 * each

    def test_that_n_does_not_fill_are_taken_as_they_are(self):
        """What is given is not rounded; only what is sought is."""
        design = ClusteredProportions(control=0.3, treatment=0.5, icc=0.05, cluster_size=12)
        assert enrolled(design, {"treatment": 50, "control": 50}, 0.1)["n"] == 2 * 60
        assert float(power(design, n=110).power) < float(power(design, n=120).power)

    def test_of_several_treatments(self, plan):
        """As many for each."""
        trial = build(read(plan(more='\n[arms]\nnames = ["low", "high"]\n')))
        assert trial.clusters_randomised == sum(-(-size // 12) for size in trial.arms_randomised.values())

    def test_of_one_arm_are_not(self, plan):
        """Donors of the one arm's participants: who is in it is decided one by one."""
        trial = build(read(plan('clustered = "treatment"')))
        assert trial.clusters_randomised == 0
        assert randomise(plan('clustered = "treatment"'), seed=3).n == trial.n_randomised
        assert "participants are assigned 1:1" in render(trial)
