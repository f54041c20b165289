"""The same assumptions through every applicable test: what each needs, what it attains, what level it really keeps."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from trialplan.design import Design, Sized
from trialplan.errors import TrialplanError, UnreachableError
from trialplan.numerics.enumeration import largest_size
from trialplan.numerics.lazy import np
from trialplan.numerics.nuisance import binomial_pmf
from trialplan.page import Answer, Page
from trialplan.progress import tell

_Design = TypeVar("_Design", bound=Sized)

LARGEST_TABLE = 4_000_000
"""Pairs of counts beyond which a size is not enumerated: two arms of 2000."""

LARGEST_WITH_LOOKS = 1_000_000
"""The same for trials with looks: two arms of 1000."""


@dataclass(frozen=True, kw_only=True)
class ComparedTest:
    """What one test asks for: n, arms, attained power, and the level that it really keeps with that n.

    `actual_size` is the largest type I error over the nuisance rate, by enumeration; None where the outcome is no
    count, or there are too many tables. `actual_size_at` is the nuisance rate, the control arm's, where
    it is so large; None where that was not sought, as for exact tests, which no rate makes exceed their level. `n`,
    `arms`, `power` and `success` are None where no n will do; `reason` says why.
    """

    test: str
    n: int | None
    arms: Mapping[str, int] | None
    power: float | None
    success: float | None
    actual_size: float | None
    actual_size_at: float | None
    why: str
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, repr=False)
class Comparison(Answer):
    """The same design through every test that applies: the rows, in the order of the design's table of tests."""

    design: Design
    target: float
    rows: tuple[ComparedTest, ...]

    def __iter__(self) -> Iterator[ComparedTest]:
        return iter(self.rows)

    def page(self) -> Page:
        """One row a test, what is assumed below it."""
        from trialplan.analyses.compare_page import page

        return page(self.design, self.target, self.rows)


def compare(design: Design, target: float = 0.8) -> Comparison:
    """One row for each test that applies to the design's goal and scale, in the order of its table.

    >>> from trialplan import TwoProportions
    >>> rows = compare(TwoProportions(control=0.3, treatment=0.6), 0.8)
    >>> {row.test: row.n for row in rows if row.test in ("score", "continuity-corrected")}
    {'score': 84, 'continuity-corrected': 98}
    """
    rows, ways = [], list(variants(design))
    for done, (name, one, prose) in enumerate(ways):
        tell("tests compared", done, len(ways))
        rows.append(_row(one, name, prose, target))
    return Comparison(design=design, target=target, rows=tuple(rows))


def variants(design: _Design) -> Iterator[tuple[str, _Design, str]]:
    """The same trial by each of its ways to be analysed or computed: name, design, and how it differs in a line."""
    field = design.field("method")
    if field is None:
        yield design.slug(), design, design.formula
        return
    for name in design.declarations()[field].choices:
        try:
            yield name, design.replace(**{field: name}), design.fixed.prose_of(name)
        except TrialplanError:
            continue  # not defined for this goal, this scale or these numbers


def actual_size(design: Design, n: int) -> float | None:
    """The largest type I error with n participants, counted over every outcome by the analysis itself; or None."""
    return _size_and_rate(design, n)[0]


def _size_and_rate(design: Design, n: int) -> tuple[float | None, float | None]:
    """The same, and the nuisance rate where it is so large, if that was sought."""
    if design.exact and (known := design.actual_size(n)) is not None:
        return known, None
    if not design.looks and (counts := design.counted(n)) is not None and len(counts.sizes) == 1:
        _, rejects = design.judge((np.arange(n + 1),), (n,))
        return max(float(binomial_pmf(n, float(null)) @ rejects) for null in design.null_values()), None
    if not design.looks and (known := design.counted_size(n)) is not None:
        return known, None
    # a level counts rejections as if futility were ignored, unless the rule relies on its being obeyed
    table = rejected(design, n, obeyed=design.obeys_futility)
    return (None, None) if table is None else largest_type_one_error(design, table)


def rejected(design: Design, n: int, *, obeyed: bool = True) -> Any:
    """P(rejecting | final counts) for every pair of counts, by the analysis itself: treatment down, control across.

    True and False without looks, chances with them, futility obeyed or not; None for other designs, or too many pairs.
    """
    counts = design.counted(n)
    if counts is None or design.outcome.rates_on_null(design, 0) is None:
        return None
    pairs = math.prod(size + 1 for size in counts.sizes)
    largest = LARGEST_WITH_LOOKS if design.looks else LARGEST_TABLE
    return design.rejections(n, obeyed=obeyed) if pairs <= largest else None


def _row(design: Design, name: str, prose: str, target: float) -> ComparedTest:
    try:
        answer = design.sample_size(target)
    except UnreachableError as why:
        none = dict.fromkeys(("n", "arms", "power", "success", "actual_size", "actual_size_at"))
        return ComparedTest(test=name, **none, why=prose, reason=why.sentence)
    n = int(answer.n)
    counted = "actual_size" in answer.extra
    size, rate = (answer.extra["actual_size"], None) if counted else _size_and_rate(design, n)
    return ComparedTest(
        test=name,
        n=n,
        arms=answer.arms,
        power=float(answer.power),
        success=float(answer.success),
        actual_size=size,
        actual_size_at=rate,
        why=prose,
    )


def largest_type_one_error(design: Design, rejects: Any) -> tuple[float, float]:
    """Over both limits of an equivalence trial and every nuisance rate that a limit leaves possible; and that rate."""
    along = [design.outcome.rates_on_null(design, at) for at in range(len(design.null_values()))]
    return max(largest_size(rejects, one) for one in along if one is not None)
