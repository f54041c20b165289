"""One pass over the looks: boundaries that spend, and the chances of stopping, found as the trial goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trialplan.numerics.crossing import Ahead, Walk, start
from trialplan.numerics.lazy import np


@dataclass(frozen=True, kw_only=True)
class BoundarySpec:
    """What is known of a boundary: its z at each look, or the error that may be spent there."""

    z: Any = None
    error: Any = None
    near: Any = None
    """z values close to those at which the error is spent, from which they are found sooner."""


@dataclass(frozen=True, kw_only=True)
class BoundaryCrossing:
    """The z of both boundaries, and P(stop above), P(stop below) at each look and P(neither) at the drift.

    `null_above` is P(stop above) without an effect, with the boundaries that are obeyed there; None if not asked.
    """

    upper: Any
    lower: Any
    above: Any
    below: Any
    left: Any
    null_above: Any = None


@dataclass(frozen=True, kw_only=True)
class TrialCourse:
    """How a trial runs: its looks, its drift, and which boundaries are obeyed with and without an effect."""

    fractions: Any
    drift: Any
    two_tailed: bool = False
    binding: bool = False


def sweep(course: TrialCourse, efficacy: BoundarySpec, futility: BoundarySpec | None = None) -> BoundaryCrossing:
    """The boundaries and chances of one course (Jennison & Turnbull 2000, ch. 7 and 19).

    Efficacy error is spent without an effect, futility error at the drift. The lower boundary of a two-tailed test
    mirrors the upper. At the last look both boundaries meet where there is futility. What is spent without an
    effect ignores futility unless it is binding.
    """
    passing = _Passing(course, futility is not None, follows_null=efficacy.z is None or course.binding)
    for look in range(course.fractions.shape[-1]):
        passing.arrive(look)
        upper = passing.upper(look, efficacy)
        passing.leave(look, upper, passing.lower(look, upper, futility))
    return passing.passed()


class _Passing:
    """The trials that go on, with and without an effect, as the looks go by."""

    def __init__(self, course: TrialCourse, futile: bool, follows_null: bool) -> None:
        self.course, self.futile, self.follows_null = course, futile, follows_null
        # without an effect the trials that go on are the same ones, unless futility is ignored there
        self.is_null = not np.any(course.drift) and (course.binding or not futile)
        roots = np.sqrt(course.fractions)
        self.roots = [roots[..., look] for look in range(roots.shape[-1])]
        self.walk: Walk = start()
        self.null: Walk = start()
        self.uppers: list[Any] = []
        self.lowers: list[Any] = []
        self.chances: list[tuple[Any, Any, Any]] = []
        self.null_chances: list[Any] = []

    @property
    def _apart(self) -> bool:
        """Whether the trials without an effect have a course of their own that is asked for."""
        return self.follows_null and not self.is_null

    def arrive(self, look: int) -> None:
        now = self.course.fractions[..., look]
        self.ahead: Ahead = self.walk.ahead(now, self.course.drift)
        self.null_ahead: Ahead = self.null.ahead(now, np.zeros(1)[0]) if self._apart else self.ahead

    def upper(self, look: int, efficacy: BoundarySpec) -> Any:
        if efficacy.z is not None:
            return np.asarray(efficacy.z)[..., look] * self.roots[look]
        return self.null_ahead.upper_bound(efficacy.error[..., look])

    def lower(self, look: int, upper: Any, futility: BoundarySpec | None) -> Any:
        if futility is None:
            return np.full(np.shape(upper), -np.inf)
        if look + 1 == len(self.roots):
            return upper
        if futility.z is not None:
            return np.asarray(futility.z)[..., look] * self.roots[look]
        near = None if futility.near is None else futility.near[..., look] * self.roots[look]
        return np.minimum(self.ahead.lower_bound(futility.error[..., look], near), upper)

    def leave(self, look: int, upper: Any, lower: Any) -> None:
        mirrored = -upper if self.course.two_tailed else -np.inf
        stop = np.maximum(lower, mirrored) if self.course.two_tailed else lower
        self.uppers.append(upper / self.roots[look])
        self.lowers.append(lower / self.roots[look])
        last = look + 1 == len(self.roots)
        below = self.ahead.below(stop) if self.futile or self.course.two_tailed else np.zeros(np.shape(upper))
        left = self.ahead.below(upper) - below if last else None
        self.chances.append((self.ahead.above(upper), below, left))
        if self.follows_null:
            self.null_chances.append(self.null_ahead.above(upper) if self._apart else self.chances[-1][0])
        if not last:
            gap = self.course.fractions[..., look + 1] - self.course.fractions[..., look]
            self.walk = self.ahead.between(stop, upper, self.course.drift, gap)
            if self._apart:
                obeyed = stop if self.course.binding else mirrored
                self.null = self.null_ahead.between(obeyed, upper, np.zeros(1)[0], gap)

    def passed(self) -> BoundaryCrossing:
        above, below, left = zip(*self.chances, strict=True)
        return BoundaryCrossing(
            upper=_stack(self.uppers),
            lower=_stack(self.lowers),
            above=_stack(above),
            below=_stack(below),
            left=left[-1],
            null_above=_stack(self.null_chances) if self.follows_null else None,
        )


def _stack(values: Any) -> Any:
    shape = values[0].shape
    if any(value.shape != shape for value in values):
        values = np.broadcast_arrays(*values)
        shape = values[0].shape
    return np.array(values).T if len(shape) < 2 else np.stack(values, axis=-1)
