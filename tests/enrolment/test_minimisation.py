"""Minimisation: the rule, its probability, its stability, and its imbalance against a simulation made here."""

import random
from collections import Counter

import pytest

from trialplan.enrolment.imbalance import TRIALS, imbalances
from trialplan.enrolment.minimisation import Minimisation
from trialplan.errors import ParameterError

PINNED = "abababbaababaabaabbb"
FACTORS = {"site": ("A", "B", "C"), "sex": ("f", "m")}


def people(n, seed=4):
    """Participants whose levels are drawn by Python's own generator."""
    rng = random.Random(seed)
    return [{name: rng.choice(levels) for name, levels in FACTORS.items()} for _ in range(n)]


def made(**given):
    """Two arms, three sites and two sexes, unless told otherwise."""
    usual = {"arms": {"a": 1, "b": 1}, "factors": FACTORS, "n": 60, "seed": 11, "participants": people(60)}
    return Minimisation(**usual | given)


def sums(arms, before, new):
    """What each arm would make of the imbalance, counted afresh from everybody who has come before."""
    total = dict.fromkeys(arms, 0)
    for arm in arms:
        for name in FACTORS:
            counts = Counter(given for one, given in before if one[name] == new[name])
            counts[arm] += 1
            total[arm] += max(counts[each] for each in arms) - min(counts[each] for each in arms)
    return total


class TestRule:
    @pytest.mark.parametrize("arms", ["ab", "abc"])
    def test_a_certain_rule_always_takes_the_best(self, arms):
        """At probability 1 every assignment is one of those with the least sum of ranges."""
        scheme = made(arms=dict.fromkeys(arms, 1), probability=1.0)
        before = []
        for one, arm in zip(scheme.participants, scheme.arms_given, strict=True):
            total = sums(arms, before, one)
            assert total[arm] == min(total.values())
            before.append((one, arm))

    def test_the_best_is_taken_with_the_probability(self):
        """Where one arm is best it is given in the stated share of cases, within 3 standard errors; ties are even."""
        best, of, first = 0, 0, 0
        for seed in range(150):
            scheme = made(seed=seed, probability=0.75)
            first += scheme.arms_given[0] == "a"
            before = []
            for one, arm in zip(scheme.participants, scheme.arms_given, strict=True):
                total = sums("ab", before, one)
                if total["a"] != total["b"]:
                    of += 1
                    best += total[arm] == min(total.values())
                before.append((one, arm))
        assert abs(best / of - 0.75) < 3 * (0.75 * 0.25 / of) ** 0.5
        assert abs(first / 150 - 0.5) < 3 * (0.25 / 150) ** 0.5


class TestSeed:
    def test_those_who_come_later_change_nothing(self):
        """The first forty of sixty have the arms that they had when there were forty."""
        assert made(participants=people(60)[:40]).arms_given == made().arms_given[:40]

    def test_the_same_seed_the_same_arms(self):
        """A seed gives the arms again, and another seed does not; these are pinned, for lists outlive releases."""
        assert made().arms_given == made().arms_given != made(seed=12).arms_given
        assert "".join(made().arms_given[:20]) == PINNED


class TestImbalance:
    def test_the_simulation_meets_one_made_here(self):
        """The mean largest difference at a level is that of the class's own assignments, within 3 standard errors."""
        largest = []
        for seed in range(300):
            scheme = made(seed=seed, participants=people(60, seed), probability=0.8)
            pairs = list(zip(scheme.participants, scheme.arms_given, strict=True))
            levels = [(name, level) for name, every in FACTORS.items() for level in every]
            counts = [Counter(arm for one, arm in pairs if one[name] == level) for name, level in levels]
            largest.append(max(abs(count["a"] - count["b"]) for count in counts))
        found = imbalances((3, 2), 2, 60, 0.8)[0]
        mean = sum(largest) / len(largest)
        variance = sum((one - mean) ** 2 for one in largest) / (len(largest) - 1)
        assert abs(mean - found.mean) < 3 * (variance / 300 + variance / TRIALS) ** 0.5

    def test_plain_chance_is_binomial(self):
        """The mean difference between two arms of chance is that of a binomial count, within 3 standard errors."""
        from scipy import stats

        chance = imbalances((2,), 2, 100, 0.8)[-1]
        heads = stats.binom(100, 0.5)
        exact = sum(heads.pmf(k) * abs(2 * k - 100) for k in range(101))
        spread = (sum(heads.pmf(k) * (2 * k - 100) ** 2 for k in range(101)) - exact**2) ** 0.5
        assert abs(chance.overall - exact) < 3 * spread / TRIALS**0.5

    def test_many_strata_are_balanced_better_than_by_blocks(self):
        """With forty sites and two backgrounds blocks are hardly ever full, and minimisation stays close."""
        minimised, blocks, chance = imbalances((40, 2), 2, 254, 0.8)
        assert minimised.mean < 0.7 * blocks.mean < chance.mean


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"arms": {"a": 2, "b": 1}}, "arms of equal size, not 2:1"),
        ({"factors": {}}, "none is named"),
        ({"probability": 0.5}, "above 1/2, not be 0.5"),
        ({"probability": 1.2}, "probability must lie"),
        ({"participants": [{"site": "A"}]}, "participant 1 has no sex"),
        ({"participants": [{"site": "D", "sex": "f"}]}, "'D', which is none of A, B, C"),
        ({"n": 0}, "not 0"),
        ({"seed": -1}, "seed must be"),
    ],
)
def test_refused(given, words):
    """What cannot be minimised is one sentence."""
    with pytest.raises(ParameterError, match=words):
        made(**given)


def test_the_page_and_the_masked_list():
    """The page has arms and imbalance, the masked list neither; a certain rule is doubted."""
    scheme = made(probability=1.0)
    data = scheme.page().data
    assert [line["arm"] for line in data["list"]] == list(scheme.arms_given)
    assert len(data["imbalance"]) == 3
    assert set(scheme.masked()[0]) == {"site", "sex", "sequence"}
    assert "foretells" in scheme.doubts()[0]
