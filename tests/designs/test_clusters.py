"""Clusters: participants who are drawn against the formula, and what clusters of one kind must not change."""

import math

import numpy as np
import pytest
from scipy import stats

from trialplan import ClusteredMeans, ClusteredProportions, CoPrimary, TwoMeans, TwoProportions, power
from trialplan.designs._clusters import cluster_sizes
from trialplan.errors import ParameterError
from trialplan.several.many_to_one import ManyToOne

MEANS = {"difference": 0.5, "sd": 1.0}
RATES = {"control": 0.3, "treatment": 0.5}


class TestSizes:
    @pytest.mark.parametrize(
        ("participants", "clusters", "cv"), [(100, 10, 0.0), (997, 31, 0.6), (40, 9, 1.2), (7, 7, 0.5)]
    )
    def test_they_add_up_and_none_is_empty(self, participants, clusters, cv):
        """Whole sizes, as many as there are clusters."""
        sizes = cluster_sizes(participants, clusters, cv)
        assert (len(sizes), sizes.sum(), sizes.min() >= 1) == (clusters, participants, True)

    @pytest.mark.parametrize("cv", [0.0, 0.3, 0.6, 0.9])
    def test_they_vary_as_they_should(self, cv):
        """Of many large clusters the coefficient of variation is the one that is stated."""
        sizes = cluster_sizes(40_000, 200, cv)
        assert sizes.std() / sizes.mean() == pytest.approx(cv, abs=0.01)


class TestFormula:
    def test_without_correlation_z_is_that_of_participants(self):
        """An intracluster correlation of 0 leaves the z test alone."""
        plain = TwoMeans(**MEANS, test="z").power(130)
        assert ClusteredMeans(**MEANS, icc=0, cluster_size=10, test="z").power(130) == pytest.approx(plain, rel=1e-12)
        plain = TwoProportions(**RATES, test="wald").power(200)
        rates = ClusteredProportions(**RATES, icc=0, cluster_size=10, test="z")
        assert rates.power(200) == pytest.approx(plain, rel=1e-12)

    def test_one_participant_a_cluster_is_student(self):
        """Clusters of one are participants."""
        plain = TwoMeans(**MEANS)
        assert ClusteredMeans(**MEANS, icc=0.3, cluster_size=1).power(90) == pytest.approx(plain.power(90), rel=1e-12)

    @pytest.mark.parametrize("clustered", ["both", "treatment", "control"])
    def test_satterthwaite_by_scipy(self, clustered):
        """The noncentral t of scipy at the variances of the arms' means."""
        design = ClusteredMeans(**MEANS, icc=0.1, cluster_size=8, clustered=clustered, allocation="2:1")
        effect, (n_t, n_c) = 1 + 7 * 0.1, (96, 48)
        d_t, d_c = (effect if clustered in ("both", arm) else 1 for arm in ("treatment", "control"))
        k_t, k_c = (n / 8 if clustered in ("both", arm) else n for n, arm in ((n_t, "treatment"), (n_c, "control")))
        v_t, v_c = d_t / n_t, d_c / n_c
        df = (v_t + v_c) ** 2 / (v_t**2 / (k_t - 1) + v_c**2 / (k_c - 1)) if clustered != "both" else k_t + k_c - 2
        wanted = stats.nct.sf(stats.t.ppf(0.975, df), df, 0.5 / math.sqrt(v_t + v_c))
        assert float(design.success(144)) == pytest.approx(wanted, abs=1e-9)

    def test_one_cluster_shows_nothing(self):
        """There is no variance between clusters then."""
        assert float(ClusteredMeans(difference=5, sd=1, icc=0.1, cluster_size=50).power(98)) == 0


class TestDrawn:
    """Participants who are drawn share no code with the formula."""

    @pytest.mark.parametrize(
        "design",
        [
            ClusteredMeans(**MEANS, icc=0.1, cluster_size=8),
            ClusteredMeans(**MEANS, icc=0.1, cluster_size=8, clustered="treatment"),
            ClusteredMeans(**MEANS, icc=0.1, cluster_size=8, cluster_cv=0.5, test="z"),
            ClusteredProportions(**RATES, icc=0.05, cluster_size=6),
            ClusteredProportions(**RATES, icc=0.05, cluster_size=6, clustered="control", test="z"),
        ],
        ids=lambda one: f"{one.slug()}-{one.clustered}-{one.test}",
    )
    def test_power_and_level(self, design):
        """Within two points, and the level within one."""
        n, rng = design.sample_size(0.8).n, np.random.default_rng(20)
        assert design.simulate(n, 4000, rng).rejected / 4000 == pytest.approx(float(design.power(n)), abs=0.03)
        (null,) = design.at_null()
        assert null.simulate(n, 4000, rng).rejected / 4000 == pytest.approx(0.05, abs=0.02)

    def test_responses_of_a_cluster_are_correlated(self):
        """The analysis of variance of drawn responses finds the correlation that is stated."""
        design = ClusteredProportions(**RATES, icc=0.2, cluster_size=5)
        drawn = design.draw(2000, 20, np.random.default_rng(3))[1].reshape(-1, 5).astype(float)
        between, within = 5 * drawn.mean(1).var(ddof=1), drawn.var(1, ddof=1).mean()
        assert (between - within) / (between + 4 * within) == pytest.approx(0.2, abs=0.03)

    def test_joined_with_another_endpoint(self):
        """Two endpoints of the same clusters: the joint power is that of trials that are drawn."""
        members = (
            ClusteredMeans(**MEANS, icc=0.1, cluster_size=8, clustered="treatment"),
            ClusteredProportions(**RATES, icc=0.05, cluster_size=8, clustered="treatment"),
        )
        both = CoPrimary(members=members, correlation=0.6)
        found = both.simulate(240, 4000, np.random.default_rng(5)).rejected / 4000
        assert found == pytest.approx(float(both.power(240)), abs=0.03)


class TestRefused:
    def test_a_limit_beyond_the_rates(self):
        """A margin that leaves the treatment no rate is refused."""
        with pytest.raises(ParameterError, match="limit lies in"):
            ClusteredProportions(
                control=0.1, treatment=0.1, icc=0.02, cluster_size=9, goal="non-inferiority", margin=0.2
            )

    @pytest.mark.parametrize("wrong", [{"icc": 1.0}, {"icc": -0.1}, {"cluster_size": 0.5}, {"clustered": "neither"}])
    def test_a_number_outside_its_domain(self, wrong):
        with pytest.raises(ParameterError):
            ClusteredMeans(**MEANS | {"icc": 0.1, "cluster_size": 8} | wrong)


class TestWholeClusters:
    """n is sought in whole clusters; those that a stated n does not fill are told, and less than one is refused."""

    DESIGN = ClusteredProportions(control=0.3, treatment=0.5, icc=0.05, cluster_size=20)

    def test_are_what_is_sized(self):
        """198 in an arm have the power, and are filled up to ten clusters of 20; an arm without any takes its share."""
        answer = self.DESIGN.sample_size(0.8)
        assert math.ceil(answer.arms_unrounded["treatment"]) == 198
        assert answer.n == 2 * 10 * 20
        assert self.DESIGN.gathered(answer.n) == "10 clusters of treatment and 10 clusters of control"
        assert self.DESIGN.gathered(answer.n) in answer.page().headline
        assert self.DESIGN.gathered(answer.n) in answer.statement()
        alone = self.DESIGN.replace(clustered="treatment", allocation="2:1").sample_size(0.8)
        assert (alone.arms["treatment"] % 20, 2 * alone.arms["control"]) == (0, alone.arms["treatment"])
        several = ManyToOne(design=self.DESIGN, treatments=2).sample_size(0.8)
        assert [size % 20 for size in several.arms.values()] == [0, 0, 0]
        sizes = self.DESIGN.replace(cluster_size=np.array([7.5, 20.0])).sample_size(0.8)
        assert sizes.n.tolist() == [self.DESIGN.replace(cluster_size=m).sample_size(0.8).n for m in (7.5, 20)]

    def test_the_last_one_is_told(self):
        """198 in an arm are nine clusters of 20 and one of 18."""
        assert self.DESIGN.gathered(396) == (
            "10 clusters of treatment (the last of 18) and 10 clusters of control (the last of 18)"
        )

    def test_full_ones_have_no_last(self):
        """200 fill ten; of sizes that vary none is the short one."""
        assert self.DESIGN.last_clusters(400) == {}
        assert self.DESIGN.replace(cluster_cv=0.5).last_clusters(396) == {}
        assert self.DESIGN.replace(clustered="treatment").last_clusters(396) == {"treatment": 18}

    def test_less_than_one_is_refused(self):
        """Two in an arm are no cluster of 20."""
        with pytest.raises(ParameterError, match="of 4 is 2 on treatment, less than one cluster of 20"):
            power(self.DESIGN, 4)
        assert 0 < power(self.DESIGN, 80).power < 0.8
