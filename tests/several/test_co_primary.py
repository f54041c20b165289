"""Co-primary endpoints against closed forms, other programs' numbers, counting and drawn participants."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from trialplan import Ancova, CoPrimary, OneProportion, RatioOfMeans, TwoMeans, TwoProportions
from trialplan.errors import ParameterError, UnreachableError
from trialplan.numerics.multinormal import bivariate_cdf, multivariate_cdf
from trialplan.several._correlation import of_outcomes

FILE = Path(__file__).resolve().parents[1] / "reference" / "co_primary.jsonl"
CASES = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


def means(*effects, test="z"):
    return tuple(TwoMeans(difference=effect, sd=1, test=test) for effect in effects)


def rates(control, treatment, **more):
    return tuple(TwoProportions(control=c, treatment=t, **more) for c, t in zip(control, treatment, strict=True))


def near(case, name, found):
    expected, tolerance = case["expected"][name], case["tolerance"]
    allowed = tolerance["value"] * (max(1, abs(expected)) if tolerance["type"] == "rel" else 1)
    assert found == pytest.approx(expected, abs=allowed), (case["id"], name)


class TestOtherPrograms:
    """mvtnorm, mpe and simulations of others, as the file says line by line."""

    @pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
    def test_agree(self, case):
        getattr(self, f"of_{case['method'].removeprefix('multiplicity.co_primary.').replace('.', '_')}")(case)

    def of_normal_known_variance_power(self, case):
        said = case["inputs"]
        whole = CoPrimary(members=means(*said["standardized_effects"]), correlation=said["correlation"])
        near(case, "power_all", whole.power(2 * said["n_per_arm"]))

    def of_normal_known_variance_sample_size(self, case):
        said = case["inputs"]
        whole = CoPrimary(members=means(*said["standardized_effects"]), correlation=said["correlation"])
        near(case, "n_per_arm", float(whole.unrounded(said["power"])) / 2)
        assert whole.sample_size(said["power"]).n == 2 * case["expected"]["n_per_arm_ceil"]

    def of_binary_power(self, case):
        """There the correlation is phi, the same in both arms: here the joint law at the statistics' correlation."""
        said, r = case["inputs"], case["expected"]["correlation_of_statistics"]
        whole = CoPrimary(members=rates(said["p_control"], said["p_treatment"]))
        near(case, "power_all", bivariate_cdf(*whole.scores(2 * said["n_per_arm"]), r))

    def of_mixed_power(self, case):
        said = case["inputs"]
        members = (
            *means(said["standardized_effect_continuous"]),
            *rates([said["p_control"]], [said["p_treatment"]]),
        )
        whole = CoPrimary(members=members, correlation=said["latent_correlation"])
        near(case, "correlation_of_statistics", whole.correlations[0][1])
        near(case, "power_all", whole.power(2 * said["n_per_arm"]))


class TestClosedForms:
    def test_independent_members_multiply(self):
        members = (*means(0.3, 0.5, test="t"), *rates([0.3], [0.5]))
        whole = CoPrimary(members=members)
        each = [float(one.success(150)) for one in members]
        assert float(whole.power(150)) == pytest.approx(math.prod(each), rel=1e-12)

    def test_two_that_are_all_but_one(self):
        """As the correlation goes to 1, that of the weaker member."""
        whole = CoPrimary(members=means(0.3, 0.5), correlation=1 - 1e-12)
        assert float(whole.power(150)) == pytest.approx(float(means(0.3)[0].success(150)), abs=1e-6)

    def test_at_no_effect_in_one_it_is_the_level_where_the_others_are_certain(self):
        whole = CoPrimary(members=means(0.3, 9.0), correlation=0.3)
        first, second = (float(one.power(100)) for one in whole.at_null())
        assert first == pytest.approx(0.025, rel=1e-9)
        assert second < 0.025

    @pytest.mark.parametrize("r", [-0.95, -0.3, 0.0, 0.5, 0.99])
    def test_the_bivariate_distribution(self, r):
        points = [(0.0, 0.0), (0.0, 1.0), (-1.3, 0.4), (2.0, 2.5), (-3.0, -2.0), (1.0, 0.0)]
        for h, k in points:
            expected = multivariate_normal([0, 0], [[1, r], [r, 1]]).cdf([h, k])
            assert float(bivariate_cdf(h, k, r)) == pytest.approx(expected, abs=1e-7)

    def test_orthant_probabilities(self):
        """Of two and of three variables at 0, in closed form (Sheppard 1899; David 1953)."""
        r, s, t = 0.3, -0.4, 0.6
        assert float(bivariate_cdf(0, 0, r)) == pytest.approx(0.25 + math.asin(r) / (2 * math.pi), abs=1e-14)
        matrix = [[1, r, s], [r, 1, t], [s, t, 1]]
        expected = 0.125 + sum(map(math.asin, (r, s, t))) / (4 * math.pi)
        assert float(multivariate_cdf([0.0] * 3, matrix)) == pytest.approx(expected, abs=1e-10)

    @pytest.mark.parametrize("k", [3, 4, 5, 6])
    def test_equal_correlations_are_one_integral(self, k):
        """One common factor (Dunnett & Sobel 1955), by another quadrature."""
        z, h = np.linspace(-9, 9, 20001), 0.7
        for r in (0.2, 0.5, 0.8):
            inner = norm.cdf((h + math.sqrt(r) * z) / math.sqrt(1 - r)) ** k
            expected = np.trapezoid(inner * norm.pdf(z), z)
            matrix = [[1.0 if i == j else r for j in range(k)] for i in range(k)]
            assert float(multivariate_cdf([h] * k, matrix)) == pytest.approx(expected, abs=2e-6)

    @pytest.mark.parametrize("k", [3, 4, 5, 6])
    @pytest.mark.parametrize("r", [0.99, 0.999, 0.9999])
    def test_correlations_near_1(self, k, r):
        """One common factor, by another quadrature: limits that differ, in no order, and one variable apart."""
        f, h = np.linspace(-9, 9, 20001), [0.9, 0.7, 1.3, 0.8, 1.1, 0.75][:k]
        loadings = [*[math.sqrt(r)] * (k - 1), 0.2]
        inner = np.prod([norm.cdf((a - c * f) / math.sqrt(1 - c**2)) for a, c in zip(h, loadings, strict=True)], axis=0)
        matrix = [[1.0 if i == j else loadings[i] * loadings[j] for j in range(k)] for i in range(k)]
        expected = np.trapezoid(inner * norm.pdf(f), f)
        assert float(multivariate_cdf(h, matrix)) == pytest.approx(expected, abs=5e-6)


class TestCorrelations:
    def test_phi_of_two_rates(self):
        """By the table of two thresholds."""
        one, other = rates([0.3, 0.2], [0.5, 0.6])
        for arm, p, q in ((0, 0.5, 0.6), (1, 0.3, 0.2)):
            both = multivariate_normal([0, 0], [[1, 0.4], [0.4, 1]]).cdf([norm.ppf(p), norm.ppf(q)])
            expected = (both - p * q) / math.sqrt(p * (1 - p) * q * (1 - q))
            assert float(of_outcomes(one.latent()[arm], other.latent()[arm], 0.4)) == pytest.approx(expected, abs=1e-6)

    def test_bounds_are_those_of_the_margins(self):
        """Fréchet's: two rates can be correlated no more than their smaller odds let them."""
        whole = CoPrimary(members=rates([0.3, 0.2], [0.5, 0.6]), correlation=0.4)
        control = next(one for one in whole.details(200, 0.8)["correlations"] if one["arm"] == "control")
        spread = math.sqrt(0.3 * 0.7 * 0.2 * 0.8)
        assert control["highest"] == pytest.approx((0.2 - 0.06) / spread, abs=1e-9)
        assert control["lowest"] == pytest.approx(-0.06 / spread, abs=1e-9)
        assert control["lowest"] < control["implied"] < control["latent"]

    def test_directions_that_are_better_turn_the_sign(self):
        up, down = TwoMeans(difference=0.4, sd=1), TwoMeans(difference=-0.4, sd=1, favourable="lower")
        assert CoPrimary(members=(up, up), correlation=0.5).correlations[0][1] == pytest.approx(0.5)
        assert CoPrimary(members=(up, down), correlation=0.5).correlations[0][1] == pytest.approx(-0.5)

    @pytest.mark.parametrize(
        "pair",
        [
            (TwoProportions(control=0.3, treatment=0.5), TwoMeans(difference=0.6, sd=1.2)),
            pytest.param(
                (TwoProportions(control=0.4, treatment=0.6, test="log-odds"), RatioOfMeans(ratio=1.4, cv=0.6)),
                marks=pytest.mark.sweep,
            ),
            (
                TwoProportions(control=0.3, treatment=0.6, test="arcsine", allocation="2:1"),
                TwoProportions(control=0.6, treatment=0.3, favourable="lower", allocation="2:1"),
            ),
            pytest.param(
                (
                    TwoProportions(control=0.4, treatment=0.45, goal="non-inferiority", margin=0.7, scale="ratio"),
                    Ancova(difference=0.5, sd=1, correlation=0.6),
                ),
                marks=pytest.mark.sweep,
            ),
            (OneProportion(null=0.2, expected=0.4, test="score"), OneProportion(null=0.3, expected=0.5, test="score")),
        ],
        ids=lambda pair: "-".join(one.slug() for one in pair),
    )
    def test_drawn_statistics_are_correlated_so(self, pair):
        whole, n, trials = CoPrimary(members=pair, correlation=0.6), 240, 20_000
        statistics, _ = whole.analyse_each(whole.draw(n, trials, np.random.default_rng(7)))
        seen, r = np.corrcoef(statistics.T)[0, 1], float(whole.correlations[0][1])
        assert abs(seen - r) < 4 * (1 - r**2) / math.sqrt(trials) + 0.01  # the law is that of large samples


class TestDrawnParticipants:
    @pytest.mark.parametrize(
        ("members", "correlation", "n"),
        [
            (means(0.5, 0.7), 0.5, 60),
            (means(0.8, 0.7, 0.9), (0.5, 0.2, -0.1), 50),
            ((*means(0.6), *rates([0.3], [0.6])), 0.4, 90),
            (rates([0.3, 0.2], [0.55, 0.45]), 0.7, 120),
        ],
        ids=["two", "three", "mixed", "rates"],
    )
    def test_reject_as_often_as_is_claimed(self, members, correlation, n):
        """Small n: the joint law is that of large samples, and each member's own power is within a point."""
        whole = CoPrimary(members=members, correlation=correlation)
        for design in (whole, *whole.at_null()):
            seen = design.simulate(n, 20_000, np.random.default_rng(3))
            exact = all(one.field("spread") for one in members)
            allowed = 4 * seen.standard_error + (0 if exact else 0.012)
            assert abs(seen.power - float(design.power(n))) < allowed
            assert seen.power == seen.success


class TestLevel:
    def test_given_to_the_whole_it_reaches_all(self):
        members = (*means(0.5), *rates([0.3], [0.5]))
        whole = CoPrimary(members=members, alpha=0.01)
        assert [one.alpha for one in whole.members] == [0.01, 0.01]
        again = whole.replace(alpha=0.02, sides=1)
        assert [(one.alpha, one.sides) for one in (again, *again.members)] == [(0.02, 1)] * 3
        assert whole.replace(correlation=0.3, control_2=0.2).alpha == 0.01

    @pytest.mark.parametrize("whole", [{}, {"alpha": 0.05}, {"alpha": 0.02}])
    @pytest.mark.parametrize("place", [0, 1])
    def test_another_one_is_refused_with_both_numbers(self, whole, place):
        members = [*means(0.5), *rates([0.3], [0.5])]
        members[place] = members[place].replace(alpha=0.01)
        with pytest.raises(ParameterError, match=r"alpha = 0\.0[15], and the whole 0\.0[125].*leave them out"):
            CoPrimary(members=tuple(members), **whole)

    def test_the_same_side_by_different_goals_is_the_same(self):
        """Two-sided 5 % and one-sided 2.5 % are the usual levels of two goals, and one level of a side."""
        margin = TwoProportions(control=0.4, treatment=0.4, goal="non-inferiority", margin=0.2)
        whole = CoPrimary(members=(*means(0.5), margin))
        assert [one.level for one in whole.members] == [0.025, 0.025]
        assert float(whole.members[1].power(200)) == float(margin.power(200))

    def test_of_looks_too(self):
        from trialplan import GroupSequential

        with pytest.raises(ParameterError, match=r"alpha = 0\.01, and the whole 0\.05"):
            GroupSequential(design=TwoMeans(difference=0.5, sd=1, alpha=0.01), alpha=0.05)


class TestRefusals:
    @pytest.mark.parametrize(
        ("numbers", "sentence"),
        [
            ({"members": means(0.5)}, "two designs or more"),
            ({"members": (*means(0.5), 3)}, "must be fixed designs"),
            ({"members": (*means(0.5), TwoMeans(difference=1, sd=1, allocation="2:1"))}, "2:1, and member 1"),
            ({"members": (*means(0.5), OneProportion(null=0.2, expected=0.4))}, "same arms"),
            ({"members": means(0.5, 0.5), "correlation": 1}, r"\(-1, 1\), not 1"),
            ({"members": means(0.5, 0.5, 0.5), "correlation": -0.6}, "must exceed -0.5"),
            ({"members": means(0.5, 0.5), "correlation": (0.1, 0.2)}, "each of the 1 pairs"),
            (
                {"members": (*means(0.5), TwoMeans(difference=0, sd=1, goal="equivalence", margin=1))},
                "of equivalence",
            ),
        ],
    )
    def test_one_sentence(self, numbers, sentence):
        with pytest.raises(ParameterError, match=sentence):
            CoPrimary(**numbers)

    def test_an_effect_that_cannot_be_shown_names_its_member(self):
        with pytest.raises(UnreachableError, match=r"endpoint 2 \(two-proportions\): .* treatment = 0.2"):
            CoPrimary(members=(*means(0.5), *rates([0.3], [0.2]))).sample_size()

    def test_there_is_no_one_detectable_effect(self):
        with pytest.raises(ParameterError, match="no one detectable effect"):
            CoPrimary(members=means(0.5, 0.4)).detectable_effect(100)

    def test_an_unknown_number_names_the_nearest(self):
        with pytest.raises(ParameterError, match="did you mean 'difference_2'"):
            CoPrimary(members=means(0.5, 0.4)).replace(diference_2=0.3)


class TestGrids:
    def test_arrays_are_cells(self):
        """A grid of members' numbers and correlations is as many families; an impossible cell says which member."""
        whole = CoPrimary(members=means(0.5, 0.4), correlation=0.3)
        effects, correlations = np.array([0.3, -0.1, 0.5]), np.array([[0.0], [0.6]])
        grid = whole.replace(difference_2=effects, correlation=correlations).sample_size(0.8)
        assert grid.n.shape == (2, 3)
        for i, j in np.ndindex(2, 3):
            if effects[j] < 0:
                assert np.isnan(grid.n[i, j])
                assert grid.reason[i, j].startswith("endpoint 2 (two-means)")
            else:
                one = whole.replace(difference_2=effects[j], correlation=correlations[i, 0]).sample_size(0.8)
                assert grid.n[i, j] == one.n
