"""Shapley values: against all orders written out, and against games whose answer is known."""

from fractions import Fraction
from itertools import permutations

import pytest

from trialplan.analyses.sensitivity.shapley import rounded, shapley, told_apart, unions


def by_orders(value, changes):
    """The average effect of each change over all orders, one by one."""
    orders = list(permutations(range(changes)))
    total = [Fraction(0)] * changes
    for order in orders:
        for place, one in enumerate(order):
            total[one] += Fraction(value(frozenset(order[: place + 1]))) - value(frozenset(order[:place]))
    return [share / len(orders) for share in total]


def uneven(made):
    """A game in which every change depends on the others."""
    return 7 * len(made) ** 3 + sum((one + 2) ** 3 for one in made) * (0 not in made) + 11 * (made >= {1, 3})


class TestShapley:
    @pytest.mark.parametrize("changes", [1, 2, 3, 4, 5])
    def test_it_is_the_average_over_all_orders(self, changes):
        """The shares are those of every order written out, to the last digit, and add up to the change."""
        shares = shapley(uneven, [(one,) for one in range(changes)])
        assert shares == by_orders(uneven, changes)
        assert sum(shares) == uneven(frozenset(range(changes))) - uneven(frozenset())

    def test_a_change_that_does_nothing_gets_nothing(self):
        """A change that moves no number in any order has no share, and the others are as without it."""
        idle = lambda made: uneven(made - {2})  # noqa: E731
        assert shapley(idle, [(0,), (1,), (2,), (3,)])[2] == 0

    def test_changes_made_together_are_one(self):
        """A block counts as one change, whatever it holds."""
        assert shapley(uneven, [(0, 1, 2, 3)]) == [uneven(frozenset(range(4))) - uneven(frozenset())]
        two = lambda made: uneven(frozenset(range(3)) if 0 in made else frozenset()) + 5 * (1 in made)  # noqa: E731
        joined = lambda made: uneven(made - {3}) + 5 * (3 in made)  # noqa: E731
        assert shapley(joined, [(0, 1, 2), (3,)]) == by_orders(two, 2)


class TestToldApart:
    def test_all_have_a_value(self):
        """Changes that all make sense alone stay apart."""
        assert told_apart(uneven, 3) == [(0,), (1,), (2,)]

    def test_two_that_need_each_other_are_joined(self):
        """A goal without its margin makes no sense, so the two are one, and the third stays alone."""
        needs = lambda made: None if (0 in made) != (2 in made) else len(made)  # noqa: E731
        assert told_apart(needs, 3) == [(0, 2), (1,)]

    def test_only_none_and_all(self):
        """Where nothing between the two has a value, everything is one block."""
        assert told_apart(lambda made: 1 if len(made) in (0, 4) else None, 4) == [(0, 1, 2, 3)]

    @pytest.mark.parametrize("seed", range(8))
    def test_whatever_is_missing_the_blocks_have_values(self, seed):
        """Whichever sets lack a value, every union of the blocks has one."""
        holes = {
            frozenset(i for i in range(5) if code >> i & 1) for code in range(1, 31) if (code * (seed + 3)) % 7 < 2
        }
        value = lambda made: None if made in holes else uneven(made)  # noqa: E731
        blocks = told_apart(value, 5)
        assert sorted(one for block in blocks for one in block) == [0, 1, 2, 3, 4]
        assert all(value(made) is not None for made in unions(blocks))
        assert sum(shapley(value, blocks)) == uneven(frozenset(range(5))) - uneven(frozenset())


class TestRounded:
    @pytest.mark.parametrize(
        "shares",
        [("81/2", "39/2"), ("-1207/12", "335/4", "617/12", "461/12"), ("1/3", "1/3", "1/3"), ("-1/2", "1/2"), ("5",)],
    )
    def test_whole_numbers_add_up(self, shares):
        """The shown numbers add up to the change, and none is a whole participant away from its share."""
        exact = [Fraction(share) for share in shares]
        shown = rounded(exact)
        assert sum(shown) == sum(exact)
        assert all(abs(one - share) < 1 for one, share in zip(shown, exact, strict=True))
