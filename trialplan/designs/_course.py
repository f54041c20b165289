"""Effects that are not the same all the time: delayed, waning and crossing, by pieces of time."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trialplan.designs._survival import Curve, _Times
from trialplan.designs._vectors import places
from trialplan.errors import ParameterError, field
from trialplan.numerics.elementary import exp, greatest, is_scalar, least, log
from trialplan.numerics.lazy import np
from trialplan.parameter import POSITIVE, REAL, Numbers, largest, parameter, smallest


@dataclass(frozen=True, kw_only=True)
class _Course(_Times):
    """Two arms whose ratio of hazards may change with the time since enrolment.

    The hazards of a period are in the ratio θ^share where θ is the ratio of the whole effect: a share of 0 is no effect
    yet, or no more, and one below 0 an effect against it, so that curves may cross.
    """

    effect_course: Numbers | tuple[float, ...] | None = parameter(
        "share of the effect that there is in each period since enrolment, on the scale of log hazard ratios, where "
        "it changes: 0,1 begins late, 1,0.5 wanes, -0.5,1 crosses",
        REAL,
        axis="periods",
        optional=True,
        typical=(0.5, 1.0),
    )
    effect_changes: Numbers | tuple[float, ...] | None = parameter(
        "times since enrolment at which the share of the effect changes, one fewer than there are shares",
        POSITIVE,
        axis="changes",
        optional=True,
        unit="units of time",
        typical=(3.0, 9.0),
        one="time since enrolment at which the share of the effect changes",
    )

    def _check_course(self) -> None:
        """Shares and times that belong together, and some effect."""
        if self.effect_changes is None and len(places(1.0 if self.steady else self.effect_course)) > 1:
            reason = f"needs {field('effect_changes')}, the times at which it changes"
            raise ParameterError(reason, owner=self, parameter="effect_course", value=self.effect_course)
        self._check_steps("effect_course", "effect_changes", None)
        shares = places(1.0 if self.effect_course is None else self.effect_course)
        if max(largest(abs(share) if is_scalar(share) else np.abs(share)) for share in shares) == 0:
            reason = "must not be 0 throughout: there would be no effect"
            raise ParameterError(reason, owner=self, parameter="effect_course", value=self.effect_course)

    @property
    def steady(self) -> bool:
        """Whether the effect is the same all the time."""
        return self.effect_course is None

    @property
    def crosses(self) -> bool:
        """Whether the effect is against the treatment's at some time."""
        return not self.steady and min(smallest(share) for share in places(self.effect_course)) < 0

    @property
    def course(self) -> Curve:
        """The share of the effect that is there, where a curve has its hazard."""
        if self.effect_course is None:
            return Curve([1.0])
        return Curve(places(self.effect_course), [] if self.effect_changes is None else places(self.effect_changes))

    def under_effect(self, control: Curve, log_ratio: Numbers) -> Curve:
        """The control's curve with its hazards in the ratio that each period has."""
        return under_course(control, self.course, log_ratio)


def under_course(control: Curve, course: Curve, log_ratio: Numbers) -> Curve:
    """The control's curve with its hazards in the ratio that each period has of an effect."""
    if not course.changes:
        return control.times(exp(course.hazards[0] * log_ratio))
    changes = _in_order([*control.changes, *course.changes])
    middles = _middles(changes)
    return Curve([height(control, at) * exp(height(course, at) * log_ratio) for at in middles], changes)


def in_pieces_of(curve: Curve, other: Curve) -> Curve:
    """The same curve in the pieces of another, which has its turns and more."""
    return Curve([height(curve, at) for at in _middles(other.changes)], other.changes)


def _middles(changes: Sequence[Numbers]) -> list[Numbers]:
    """A time in each piece."""
    if not changes:
        return [0.0]
    return [changes[0] / 2, *((a + b) / 2 for a, b in itertools.pairwise(changes)), 2 * changes[-1]]


def stated(course: Curve) -> dict[str, Any]:
    """The course as numbers of a design; nothing where the effect is the same all the time."""
    if not course.changes:
        return {}
    return {"effect_course": tuple(course.hazards), "effect_changes": tuple(course.changes)}


def shares_of(ratios: Sequence[float], changes: Sequence[float], owner: type) -> tuple[float, Curve]:
    """The logarithm of the strongest of the hazard ratios of periods, and all of them as shares of it."""
    logs = [float(log(ratio)) for ratio in ratios]
    if len(logs) != len(changes) + 1:
        reason = f"has {len(changes)} times where ratios has {len(logs)}: one fewer is needed"
        raise ParameterError(reason, owner=owner, parameter="changes", value=changes)
    whole = max(logs, key=abs)
    if whole == 0:
        raise ParameterError("must not be 1 throughout: there would be no effect", owner=owner, parameter="ratios")
    return whole, Curve([one / whole if one else 0.0 for one in logs], list(changes))


def height(curve: Curve, time: Numbers) -> Numbers:
    """The hazard at a time."""
    return sum(
        hazard * ((time >= start) if end is None else (time >= start) & (time < end))
        for start, end, hazard in curve.pieces()
    )


def _in_order(times: list[Numbers]) -> list[Numbers]:
    """The same times, the earliest first, in every cell."""
    if is_scalar(*times):
        return sorted(set(times))
    for last in range(len(times) - 1, 0, -1):
        for at in range(last):
            times[at], times[at + 1] = least(times[at], times[at + 1]), greatest(times[at], times[at + 1])
    return times
