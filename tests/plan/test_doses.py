"""The shipped plan of three arms, whose two primary endpoints are a graph and whose donors are clusters."""

import pytest

from trialplan.protocol.content.context import basics
from trialplan.protocol.content.figures import graph
from trialplan.verbs.planning import build


@pytest.fixture(scope="module")
def trial():
    """The plan, built."""
    return build("msc-lupus-nephritis-doses")


class TestPlan:
    def test_is_one_family_of_two_doses_and_two_endpoints(self, trial):
        """Four hypotheses, three arms, each endpoint of which compares two."""
        design = trial.design
        assert (design.slug(), design.treatments, design.tests_made) == ("graphical", 2, 4)
        assert (int(trial.answer.n), trial.n_randomised) == (345, 384)
        assert trial.compared_by(trial.primaries[0], 336) == 224
        assert [one.design.slug() for one in trial.primaries] == ["clustered-proportions", "clustered-means"]
        assert {one.design.clustered for one in trial.primaries} == {"treatment"}

    def test_what_no_source_gives_is_an_assumption(self, trial):
        """Every number of the clusters and of the correlation says that it is ours."""
        ours = [one for one in trial.primary.assumptions if one.name.startswith(("icc", "cluster_size", "correlation"))]
        assert len(ours) == 5
        assert all(one.basis == "ours" and "assumption" in one.source for one in ours)

    def test_its_tables_have_names(self, trial):
        """Of hypotheses, endpoints and arms, where the screen has numbers."""
        tables = {one.title: one.rows for one in basics(trial)["primary"].alone.tables}
        assert (
            tables["Each hypothesis by the procedure"][1][0]
            == "complete renal response at 12 months with two infusions"
        )
        joined = tables["Correlation of the outcomes"]
        assert [row[1] for row in joined] == ["one infusion", "two infusions", "placebo"]
        assert {row[0] for row in joined} == {"complete renal response at 12 months; proteinuria at 12 months"}

    def test_one_endpoint_without_an_effect_leaves_a_trial(self, trial):
        """At the worst control rate of its belief the other endpoint is left, and more would show it."""
        lost = trial.design.replace(control_1=0.503)
        n = int(lost.sample_size(0.8).n)
        assert lost.success(n - lost.block) < 0.8 <= lost.success(n)
        assert n > 336

    def test_its_graph_is_a_figure(self, trial):
        """With the names of the arms."""
        assert [share for _, share in graph(trial).nodes] == [0.4, 0.4, 0.1, 0.1]
        assert graph(trial).nodes[3][0] == "proteinuria at 12 months with two infusions"
