"""A fixed sequence against other programs' joint power, closed forms and drawn participants."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from trialplan import Ancova, FixedSequence, TwoMeans, TwoProportions
from trialplan.several.fixed_sequence import shown_in_turn

FILE = Path(__file__).resolve().parents[1] / "reference" / "co_primary.jsonl"
CASES = [
    case
    for case in map(json.loads, FILE.read_text(encoding="utf-8").splitlines())
    if case["method"] == "multiplicity.co_primary.normal_known_variance.power"
]


def means(*effects):
    return tuple(TwoMeans(difference=effect, sd=1, test="z") for effect in effects)


class TestSteps:
    @pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
    def test_the_last_step_is_all_of_them(self, case):
        """mvtnorm's probability that all reject is that of the whole order."""
        said = case["inputs"]
        whole = FixedSequence(members=means(*said["standardized_effects"]), correlation=said["correlation"])
        n = 2 * said["n_per_arm"]
        assert whole.steps(n)[-1] == pytest.approx(case["expected"]["power_all"], abs=2e-6)
        assert float(whole.power(n)) == whole.steps(n)[-1]

    def test_each_step_is_the_joint_law_of_those_before_it(self):
        """scipy's multivariate normal distribution of the first k gives step k."""
        whole = FixedSequence(members=means(0.3, 0.25, 0.4), correlation=0.35)
        limits = np.array([norm.ppf(float(one.success(300))) for one in whole.members])
        for k, found in enumerate(whole.steps(300), 1):
            joint = np.full((k, k), 0.35) + 0.65 * np.eye(k)
            assert found == pytest.approx(multivariate_normal(cov=joint).cdf(limits[:k]), abs=1e-5)

    def test_independent_steps_multiply(self):
        """Without a correlation each step has the product of the powers so far."""
        members = (*means(0.3, 0.5), TwoProportions(control=0.3, treatment=0.5))
        each = [float(one.success(150)) for one in members]
        assert FixedSequence(members=members).steps(150) == pytest.approx(
            [math.prod(each[:k]) for k in (1, 2, 3)], rel=1e-12
        )

    def test_any_is_the_first(self):
        """Where any will do the trial is as large as the first endpoint asks for."""
        members = means(0.4, 0.1)
        whole = FixedSequence(members=members, correlation=0.5, wins_if="any")
        assert whole.sample_size(0.8).n == members[0].sample_size(0.8).n
        assert [null.members[1] for null in whole.at_null()] == [whole.members[1]]


class TestDrawn:
    def test_participants_who_are_drawn_agree(self):
        """Simulated trials of responses and of logarithms reject step by step as often as the formula says."""
        members = (
            TwoProportions(control=0.2, treatment=0.38),
            Ancova(scale="ratio", ratio=0.75, sd=1.0, correlation=0.4, favourable="lower"),
        )
        whole = FixedSequence(members=members, correlation=-0.5)
        data = whole.draw(200, 4000, np.random.default_rng(8))
        _, shown = whole.analyse_each(data)
        found = np.cumprod(shown, axis=-1).mean(axis=0)
        assert found == pytest.approx(np.array(whole.steps(200), dtype=float), abs=4 * 0.5 / 4000**0.5)

    def test_in_turn_is_the_same_with_one_number(self):
        """With everybody observed the steps of a document are those of the family, benefit in one direction."""
        members = (
            TwoProportions(control=0.2, treatment=0.38),
            Ancova(scale="ratio", ratio=0.75, sd=1.0, correlation=0.4, favourable="lower"),
        )
        family = FixedSequence(members=members, correlation=-0.5)
        assert shown_in_turn(members, (200, 200), 0.5) == pytest.approx(family.steps(200), abs=1e-9)

    def test_fewer_observed_share_less(self):
        """Of two z tests, the second on half of the participants, the statistics correlate by √½ of the outcomes'."""
        one, other = means(0.3, 0.3)
        limits = [norm.ppf(float(one.success(300))), norm.ppf(float(other.success(150)))]
        joint = [[1, 0.6 * 0.5**0.5], [0.6 * 0.5**0.5, 1]]
        assert shown_in_turn((one, other), (300, 150), 0.6)[1] == pytest.approx(
            multivariate_normal(cov=joint).cdf(limits), abs=1e-6
        )
