"""Where both arms come in clusters these are randomised, and where one does its participants are."""

import pytest
from small_plans import build, plan_text, read, render, stated

from trialplan import randomise
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
