"""What each of several changes contributed to a result, in whatever order they might have been made: exactly.

Changes are numbered 0, 1, …; `value` gives the result once a set of them has been made, or None where there is none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import combinations

Value = Callable[[frozenset[int]], "Fraction | int | None"]
Block = tuple[int, ...]
"""Changes that are made together."""


def shapley(value: Value, blocks: Sequence[Block]) -> list[Fraction]:
    """The share of each block of changes: its average effect over all orders in which the blocks can be made.

    The shares add up to value(all) - value(none) exactly (Shapley 1953, Contributions to the Theory of Games II:307).
    The value must exist for every union of blocks.

    >>> [str(share) for share in shapley(lambda made: (0, 1, 4)[len(made)], [(0,), (1,)])]
    ['2', '2']
    """
    return [_share(value, blocks, mine) for mine in range(len(blocks))]


def told_apart(value: Value, changes: int) -> list[Block]:
    """The changes in the smallest blocks whose unions all have a value; those that have none alone are joined.

    The two blocks are joined that most of the sets without a value tear apart, again and again. Value(none) and
    value(all) must exist.
    """
    blocks: list[Block] = [(one,) for one in range(changes)]
    missing = [made for made in unions(blocks) if value(made) is None]
    # a set keeps to the blocks that it holds all or none of
    while torn := [made for made in missing if all(len(made.intersection(b)) in (0, len(b)) for b in blocks)]:
        first, second = max(
            combinations(blocks, 2), key=lambda pair: sum((pair[0][0] in made) != (pair[1][0] in made) for made in torn)
        )
        joined = tuple(sorted(first + second))
        blocks = sorted([joined, *(block for block in blocks if block not in (first, second))])
    return blocks


def unions(blocks: Sequence[Block]) -> Iterator[frozenset[int]]:
    """Every set of changes that is made of whole blocks, from none to all."""
    for size in range(len(blocks) + 1):
        for chosen in combinations(blocks, size):
            yield _union(chosen)


def rounded(shares: Sequence[Fraction]) -> list[int]:
    """Whole numbers near the shares that add up to their sum, which is whole: by largest remainder.

    >>> rounded([Fraction(4, 3), Fraction(4, 3), Fraction(-5, 3)])
    [2, 1, -2]
    """
    whole = [math.floor(share) for share in shares]
    short = int(sum(shares)) - sum(whole)
    order = sorted(range(len(shares)), key=lambda i: (whole[i] - shares[i], i))
    return [one + (i in order[:short]) for i, one in enumerate(whole)]


def _share(value: Value, blocks: Sequence[Block], mine: int) -> Fraction:
    others, k = [block for i, block in enumerate(blocks) if i != mine], len(blocks)
    total = Fraction(0)
    for size in range(k):
        weight = Fraction(math.factorial(size) * math.factorial(k - size - 1), math.factorial(k))
        for made in map(_union, combinations(others, size)):
            total += weight * (_known(value, made | frozenset(blocks[mine])) - _known(value, made))
    return total


def _known(value: Value, made: frozenset[int]) -> Fraction:
    found = value(made)
    assert found is not None  # `told_apart` has joined what has no value alone
    return Fraction(found)


def _union(blocks: Sequence[Block]) -> frozenset[int]:
    return frozenset(one for block in blocks for one in block)
