"""A look held against its boundaries: go on or stop, and what may be said of the effect."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from trialplan.errors import ParameterError
from trialplan.numerics.elementary import normal_cdf
from trialplan.numerics.lazy import np
from trialplan.numerics.student import normal_score
from trialplan.outcome import InterimData
from trialplan.sequential import scales
from trialplan.sequential.group_sequential import GroupSequential
from trialplan.sequential.interim.conditional_power import conditional_power, predictive_power
from trialplan.sequential.interim.inference import Stopped
from trialplan.sequential.interim.look import Look, Ordered
from trialplan.sequential.interim.observed_information import ObservedBoundaries, finite, observed_boundaries
from trialplan.sequential.interim.verdict import EFFICACY, FUTILITY, GO_ON, HARM, REJECTED, verdict
from trialplan.text import number, p_value, percent, signed, three_decimals

_AS_PLANNED = 1e-6
"""How far an information fraction may lie from the planned one and be it: what rounding to six decimals does."""


def from_t(t: float, df: float) -> InterimData:
    """What a look saw, from a t statistic, positive in favour of the treatment, and its degrees of freedom."""
    if not df > 0:
        reason = f"needs degrees of freedom above 0, as in 2.31/57, not {df:g}"
        raise ParameterError(reason, parameter="t", value=df)
    return InterimData(z=float(normal_score(t, df)))


@dataclass(frozen=True, kw_only=True)
class SeenZ:
    """A z with the boundaries that it is held against, and the repeated interval of the estimate."""

    seen: InterimData
    bounds: ObservedBoundaries
    repeated: tuple[float, float] | None

    planned: ClassVar[str] = "planned effect"
    observed: ClassVar[str] = "effect"

    def read(self, look: Look) -> str:
        """How many were read, where that is told."""
        return "" if look.size is None else f", {look.size:,} of {look.n:,} participants read"

    def because(self, look: Look) -> str:
        """Which boundary says so."""
        z, upper, lower = self.seen.z, self.bounds.efficacy_z[-1], self.bounds.futility_z[-1]
        shown, efficacy, futility = f"z = {three_decimals(z)}", three_decimals(upper), three_decimals(lower)
        if look.verdict in (EFFICACY, REJECTED) and z > 0:
            return f"{shown} is at or above the efficacy boundary, {efficacy}."
        if look.verdict in (HARM, REJECTED):
            mirrored = three_decimals(-(upper or 0.0))
            return f"{shown} is at or below {mirrored}, the efficacy boundary in the other direction."
        if look.verdict == FUTILITY:
            return f"{shown} is at or below the futility boundary, {futility}."
        parts = [] if upper is None else [f"below efficacy, {efficacy}"]
        parts += [] if lower is None else [f"above futility, {futility}"]
        return f"{shown} is {' and '.join(parts)}." if parts else f"{shown}; this look stops for nothing."

    def rows(self, look: Look) -> list[tuple[str, str]]:
        """The statistic, its boundaries, and the estimate with its interval."""
        outcome = look.design.outcome
        named = f"what z would be {outcome.z_is_read}" if self.seen.estimate is None else None
        what = named or outcome.estimate_name(look.design.design)
        around = "" if self.repeated is None else f"{' to '.join(map(signed, self.repeated))}  ({self.seen.method})"
        return [
            ("z", three_decimals(self.seen.z)),
            ("one-sided P, for this look alone", p_value(look.p)),
            ("efficacy boundary, z", three_decimals(self.bounds.efficacy_z[-1])),
            ("efficacy boundary at the end, z", "" if look.final else three_decimals(self.bounds.critical)),
            ("futility boundary, z", three_decimals(self.bounds.futility_z[-1])),
            ("estimate", f"{signed(look.estimate)}  ({what}; not adjusted for the looks)"),
            (f"repeated {percent(look.confidence)} interval", around),
        ]

    def rule(self, look: Look) -> list[tuple[str, str]]:
        """The planned fractions, and the information that there is."""
        planned = f"{number(look.design.looks)}  ({look.n:,} participants planned)"
        return [("looks", planned), ("information", f"{number(self.bounds.fractions)}  ({look.how_planned})")]

    def data(self, look: Look) -> dict[str, Any]:
        """The z, its boundaries and its interval."""
        return {
            "information": list(self.bounds.fractions),
            "z": self.seen.z,
            "efficacy_z": self.bounds.efficacy_z[-1],
            "futility_z": self.bounds.futility_z[-1],
            "final_z": self.bounds.critical,
            "repeated_interval": self.repeated,
        }


def bounds(design: GroupSequential, n: int, fractions: tuple[float, ...], *, final: bool) -> ObservedBoundaries:
    """The boundaries at these fractions: the planned ones if they are as planned, else the errors spent again."""
    power, count = float(design.success(n)), len(fractions)
    planned = design.looks[:count]
    final = final or count == len(design.looks)
    as_planned = all(abs(a - b) < _AS_PLANNED for a, b in zip(fractions, planned, strict=True))
    if as_planned and final == (count == len(design.looks)):
        solved = design.solved(power)
        lower = np.append(solved.lower[:-1], -np.inf)
        return ObservedBoundaries(
            fractions=fractions,
            efficacy_z=finite(solved.upper[:count]),
            futility_z=finite(lower[:count] if design.futility is not None else [-np.inf] * count),
            critical=float(solved.upper[-1]),
            final=final,
            again=False,
        )
    return observed_boundaries(design, fractions, power=power, final=final)


def decide_at_look(design: GroupSequential, n: int, seen: InterimData, held: ObservedBoundaries) -> Look:
    """What the look means under the rule; `n` are the participants that the trial is planned for."""
    drift = float(design.solved(float(design.success(n))).drift)
    now, z, upper, lower = held.fractions[-1], seen.z, held.efficacy_z[-1], held.futility_z[-1]
    decision = verdict(
        final=held.final,
        efficacy=upper is not None and z >= upper,
        harm=upper is not None and design.two_tailed and z <= -upper,
        futility=lower is not None and z <= lower,
    )
    unit = _unit(design, seen, drift, (now, n))
    line = _Line(design=design, null=float(design.design.null_estimate()), unit=unit)
    estimate = line.value(z) if seen.estimate is None else seen.estimate
    varies = seen.interval is not None or seen.estimate is None  # a standard error of 0 has no interval
    repeated = (seen.interval or line.around(z))(upper) if varies and upper is not None else None
    return Look(
        design=design,
        number=len(held.fractions),
        n=n,
        size=seen.n,
        final=held.final,
        again=held.again,
        verdict=decision,
        p=float(normal_cdf(-z)),
        estimate=estimate,
        evidence=SeenZ(seen=seen, bounds=held, repeated=None if repeated is None else (min(repeated), max(repeated))),
        conditional_power=None if held.final else _conditional(z, now, held.critical, drift),
        predictive_power=None if held.final else predictive_power(z, (now, 1.0), held.critical),
        ordered=None if decision == GO_ON else _ordered(design, seen, held, line),
    )


def _conditional(z: float, now: float, critical: float, drift: float) -> dict[str, float]:
    """The power of the final test, given z: at the planned effect, at the one that is seen, and without any."""
    at = {"planned": drift, "trend": z / math.sqrt(now), "null": 0.0}
    return {name: float(conditional_power(z, now, [critical], [1.0], drift=one)) for name, one in at.items()}


@dataclass(frozen=True, kw_only=True)
class _Line:
    """From z to the estimate: a straight line from the null, on the logarithm for ratios of odds."""

    design: GroupSequential
    null: float
    unit: float

    def value(self, z: float) -> float:
        return scales.on_line(self.design.design, self.null, self.unit * z)

    def around(self, z: float) -> Any:
        return lambda critical: (self.value(z - critical), self.value(z + critical))


def _unit(design: GroupSequential, seen: InterimData, drift: float, at: tuple[float, int]) -> float:
    """How far one z leads from the null at this look, in the data; as planned where they do not say.

    `at` is the look's fraction of the participants planned, and these. As planned means the estimate that has this z
    in the design's own test, where its variance moves with it, else the planned variance.
    """
    fixed, (now, n) = design.design, at
    null, estimate = float(fixed.null_estimate()), seen.estimate
    if estimate is None:
        there = fixed.outcome.estimate_at(fixed, np.array([now * n]), np.array([seen.z]))
        estimate = None if there is None or not np.isfinite(there[0]) else float(there[0])
    if estimate is not None and abs(seen.z) > 1e-9:
        away = float(scales.straight(fixed, estimate) - scales.straight(fixed, null))
        if away:
            return away / seen.z
    planned = float(scales.straight(fixed, float(fixed.planned_estimate())) - scales.straight(fixed, null))
    return planned / (drift * math.sqrt(now))


def _ordered(design: GroupSequential, seen: InterimData, held: ObservedBoundaries, line: _Line) -> Ordered:
    trial = Stopped(
        z=seen.z,
        information=held.fractions,
        upper=tuple(math.inf if up is None else up for up in held.efficacy_z),
        lower=tuple(_stops_below(design, up, low) for up, low in zip(held.efficacy_z, held.futility_z, strict=True)),
    )
    p = trial.p_value(2 if design.two_tailed else 1)
    if seen.estimate is not None and seen.interval is None:
        return Ordered(p=p)
    root = math.sqrt(held.fractions[-1])

    def effect(drift: float) -> float:
        """The effect against which the data's z is as far out as it is from this drift."""
        away = seen.z - drift * root
        if seen.interval is None:
            return line.value(drift * root)
        return seen.interval(away)[0 if design.upward else 1]

    low, high = (effect(drift) for drift in trial.interval(1 - 2 * float(design.level)))
    return Ordered(
        p=p,
        estimate=effect(trial.estimate()),
        interval=(min(low, high), max(low, high)),
    )


def _stops_below(design: GroupSequential, upper: float | None, lower: float | None) -> float:
    """What stops below whatever a committee decides: a rejection in the other direction, binding futility."""
    mirrored = -upper if design.two_tailed and upper is not None else -math.inf
    return max(mirrored, lower) if design.binding and lower is not None else mirrored
