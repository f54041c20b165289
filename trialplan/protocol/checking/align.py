"""The blocks of two documents, matched: equal ones first, then those that differ in figures, then the likest."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from trialplan.protocol.checking.extraction import TextBlock, masked, tokens

LIKE = 0.4
"""Share of tokens in common from which two blocks are taken for the same one, changed."""

_CELLS = 250_000
"""Pairs of blocks that are weighed against each other; beyond, what is not equal is not paired."""

_SHORT = 40
"""Letters up to which texts are compared letter by letter: a word or two have no tokens to share."""

Pair = tuple[int, int]


def pairs(ours: Sequence[TextBlock], theirs: Sequence[TextBlock]) -> list[Pair]:
    """Indices of blocks that belong together, in the order of both documents."""
    found: list[Pair] = []
    for low, high, first, last in _gaps(ours, theirs, lambda block: block.text, found):
        between = ours[low:high], theirs[first:last]
        for a, b, c, d in _gaps(*between, lambda block: masked(block.text), found, (low, first)):
            found += _likest(ours, theirs, range(low + a, low + b), range(first + c, first + d))
    return sorted(found)


def _gaps(
    ours: Sequence[TextBlock],
    theirs: Sequence[TextBlock],
    key: Callable[[TextBlock], str],
    found: list[Pair],
    start: Pair = (0, 0),
) -> Iterator[tuple[int, int, int, int]]:
    """Pairs with equal keys go to `found`; the stretches between them, where both have something, are left.

    A row and a paragraph are never a pair.
    """
    a_keys, b_keys = ([(block.kind == "row", key(block)) for block in blocks] for blocks in (ours, theirs))
    matcher = difflib.SequenceMatcher(None, a_keys, b_keys, autojunk=False)
    for what, a, b, c, d in matcher.get_opcodes():
        if what == "equal":
            found += [(start[0] + a + i, start[1] + c + i) for i in range(b - a)]
        elif what == "replace":
            yield a, b, c, d


def _likest(ours: Sequence[TextBlock], theirs: Sequence[TextBlock], mine: range, other: range) -> Iterator[Pair]:
    """The pairs, in order, whose likeness adds up to the most."""
    if len(mine) * len(other) > _CELLS:
        return
    weights = [[_likeness(a, b) for b in _bags(theirs, other)] for a in _bags(ours, mine)]
    best = [[0.0] * (len(other) + 1) for _ in range(len(mine) + 1)]
    for i in reversed(range(len(mine))):
        for j in reversed(range(len(other))):
            paired = best[i + 1][j + 1] + weights[i][j] if weights[i][j] >= LIKE else 0.0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], paired)
    i = j = 0
    while i < len(mine) and j < len(other):
        if weights[i][j] >= LIKE and best[i][j] == best[i + 1][j + 1] + weights[i][j]:
            yield mine[i], other[j]
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1


Bag = tuple[bool, int, Counter[str], str]


def _bags(blocks: Sequence[TextBlock], which: range) -> list[Bag]:
    """What is compared of each block: whether it is a row, its cells, its tokens with figures masked, and its text."""
    chosen = [blocks[i] for i in which]
    return [
        (one.kind == "row", len(one.cells), Counter(tokens(masked(one.text).replace("#", "0"))), one.text)
        for one in chosen
    ]


def _likeness(a: Bag, b: Bag) -> float:
    """Twice the tokens in common over all tokens; a row and a paragraph are never alike."""
    if a[0] != b[0] or (a[0] and a[1] != b[1]):
        return 0.0
    share = 2 * (a[2] & b[2]).total() / max(1, a[2].total() + b[2].total())
    if share < LIKE and max(len(a[3]), len(b[3])) <= _SHORT:
        return difflib.SequenceMatcher(None, a[3], b[3], autojunk=False).ratio()
    return share
