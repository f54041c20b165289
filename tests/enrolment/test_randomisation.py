"""Permuted blocks: balanced, uniform, the same for a seed, each stratum for itself."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

import pytest

from trialplan.enrolment.randomisation import Scheme, assignments, records
from trialplan.errors import ParameterError

ARMS = {"treatment": 1, "control": 1}

PINNED = "ttccttcctc"


def scheme(**given):
    """A scheme with two centres and two sexes, unless told otherwise."""
    usual = {"arms": ARMS, "n": 60, "seed": 11, "strata": {"site": ("A", "B"), "sex": ("f", "m")}}
    return Scheme(**usual | given)


def by_stratum(lines):
    """The lines of each stratum, in their order."""
    found = {}
    for line in lines:
        found.setdefault(line.stratum, []).append(line)
    return found


class TestBalance:
    @pytest.mark.parametrize("weights", [(1, 1), (2, 1), (1, 1, 1), (3, 2)])
    def test_every_block_holds_the_allocation(self, weights):
        """At the end of every block, in every stratum, the arms stand exactly in their ratio."""
        arms = dict(zip("abc", weights, strict=False))
        for lines in by_stratum(assignments(scheme(arms=arms))).values():
            for block in {line.block for line in lines}:
                counts = Counter(line.arm for line in lines if line.block <= block)
                assert len({counts[arm] / weight for arm, weight in arms.items()}) == 1

    def test_block_sizes_vary_among_those_named(self):
        """Blocks have the sizes that were named, each of them used."""
        lines = assignments(scheme(blocks=(4, 6, 8), n=500, strata={}))
        sizes = Counter(Counter(line.block for line in lines).values())
        assert set(sizes) == {4, 6, 8}

    def test_unnamed_block_sizes_are_two_and_three_allocation_blocks(self):
        """2:1 is randomised in blocks of 6 and 9."""
        assert scheme(arms={"cells": 2, "placebo": 1}).blocks == (6, 9)

    def test_each_stratum_is_long_enough_for_everybody(self):
        """Every stratum's list provides for all n, in whole blocks and no more than the last one needs."""
        for lines in by_stratum(assignments(scheme(n=50))).values():
            assert 50 <= len(lines) < 50 + 6
            assert [line.sequence for line in lines] == list(range(1, len(lines) + 1))


class TestChance:
    def test_permutations_are_equally_likely(self):
        """The 24 orders of four arms are equally frequent: chi-square below its 99.9 % point."""
        lines = assignments(scheme(arms={"a": 1, "b": 1, "c": 1, "d": 1}, blocks=(4,), n=24_000, strata={}))
        orders = Counter(tuple(line.arm for line in lines[at : at + 4]) for at in range(0, len(lines), 4))
        expected = len(lines) / 4 / 24
        statistic = sum((orders[order] - expected) ** 2 / expected for order in permutations("abcd"))
        assert statistic < 49.73  # chi-square with 23 degrees of freedom

    def test_block_sizes_are_equally_likely(self):
        """Two block sizes are each drawn about half of the time."""
        lines = assignments(scheme(blocks=(4, 6), n=20_000, strata={}))
        sizes = Counter(Counter(line.block for line in lines).values())
        assert abs(sizes[4] - sizes[6]) < 4 * sum(sizes.values()) ** 0.5

    def test_strata_do_not_repeat_one_another(self):
        """No two strata, and no two seeds, have the same list."""
        lists = [tuple(line.arm for line in lines) for lines in by_stratum(assignments(scheme(n=200))).values()]
        lists += [tuple(line.arm for line in assignments(scheme(n=200, seed=12, strata={})))]
        assert len(set(lists)) == 5


class TestDeterminism:
    def test_a_seed_gives_the_list_that_it_always_gave(self):
        """The list of a seed is pinned: neither a new numpy nor a new trialplan may change a running trial's."""
        lines = assignments(scheme(n=8, strata={"site": ("A",)}, seed=20261124))
        assert "".join(line.arm[0] for line in lines) == PINNED

    def test_another_stratum_changes_no_list(self):
        """A level added before, between or after leaves the lists of the others as they were."""
        before = by_stratum(assignments(scheme()))
        after = by_stratum(assignments(scheme(strata={"site": ("C", "A", "B"), "sex": ("d", "f", "m")})))
        assert {stratum: after[stratum] for stratum in before} == before
        assert len(after) == 9

    def test_a_longer_list_begins_as_the_shorter_one(self):
        """Lengthening a list changes none of its lines."""
        shorter, longer = (by_stratum(assignments(scheme(n=n))) for n in (20, 80))
        assert all(longer[stratum][: len(lines)] == lines for stratum, lines in shorter.items())


class TestMasking:
    def test_a_masked_list_has_neither_arms_nor_blocks(self):
        """Who enrols sees strata, places and participant numbers, and nothing that ends with a block."""
        lines = assignments(scheme())
        for shown in records(scheme(), lines, masked=True):
            assert list(shown) == ["site", "sex", "sequence", "participant"]

    def test_the_participant_number_does_not_depend_on_the_arms(self):
        """Another seed deals other arms to the same numbers."""
        one, other = (assignments(scheme(seed=seed)) for seed in (1, 2))
        shared = min(len(by_stratum(lines)[("A", "f")]) for lines in (one, other))
        numbers = [[line.participant for line in by_stratum(lines)[("A", "f")][:shared]] for lines in (one, other)]
        arms = [[line.arm for line in by_stratum(lines)[("A", "f")][:shared]] for lines in (one, other)]
        assert numbers[0] == numbers[1]
        assert arms[0] != arms[1]

    def test_no_two_participants_share_a_number(self):
        """Numbers are unique over the whole list."""
        lines = assignments(scheme(n=300))
        assert len({line.participant for line in lines}) == len(lines)

    def test_levels_that_would_share_numbers_are_refused(self):
        """Levels that join to the same number are an error, not two participants of one number."""
        with pytest.raises(ParameterError, match="rename a level"):
            assignments(scheme(strata={"site": ("a-b", "a"), "sex": ("c", "b-c")}))


class TestRefusals:
    @pytest.mark.parametrize(
        ("given", "way_out"),
        [
            ({"arms": {"cells": 2, "placebo": 1}, "blocks": (4, 6)}, "multiple of 3; try blocks 6,9"),
            ({"blocks": (0,)}, "multiple of 2"),
            ({"blocks": (1_000_000,)}, "of 1,000,000 is longer than any list: a block may hold 100,000 at most"),
            ({"arms": {"cells": 1}}, "one arm is not randomised"),
            ({"arms": {"cells": 1, "placebo": 0}}, "whole weight"),
            ({"n": 0}, "n must lie in"),
            ({"n": 10**9}, "n must lie in"),
            ({"seed": -1}, "seed must be"),
            ({"strata": {"site": ("A", "A")}}, "levels that differ"),
            ({"strata": {"arm": ("A", "B")}}, "cannot be called"),
            ({"strata": {str(i): tuple("abcdefghij") for i in range(5)}}, "fewer factors"),
        ],
    )
    def test_names_the_way_out(self, given, way_out):
        """What cannot be randomised is refused in one sentence."""
        with pytest.raises(ParameterError, match=way_out):
            scheme(**given)

    def test_predictable_blocks_are_remarked_on(self):
        """Blocks of one size, and blocks of one allocation block, are said to be predictable."""
        assert len(scheme(blocks=(2,)).doubts()) == 2
        assert scheme().doubts() == []
