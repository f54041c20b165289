"""Two arms' times to an event that another event may prevent: death, or any other competing risk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from trialplan.designs._survival import Curve, Seen
from trialplan.designs.log_rank import BY_EVENTS, LogRank
from trialplan.errors import ParameterError, field
from trialplan.numerics.elementary import exp, expm1, greatest, least, log1p
from trialplan.numerics.integrate import gauss_legendre
from trialplan.numerics.lazy import np
from trialplan.parameter import POSITIVE, Numbers, parameter

_CAUSE_SPECIFIC, _SUBDISTRIBUTION = "cause-specific", "subdistribution"
Compared = Literal["cause-specific", "subdistribution"]
"""Which hazards are compared: of those without any event yet, or of all without the event of interest."""

_NEARLY_NONE = 1e-9
"""A competing hazard, beside one of 1, that takes nobody away."""

_NODES = 48
"""Within each part of the follow-up, where the density has no kink."""


@dataclass(frozen=True, kw_only=True)
class CompetingRisks(LogRank):
    """Does the event of interest come later, or more rarely, under treatment, where another event may prevent it?

    By the cause-specific hazard, or by the subdistribution hazard of Fine and Gray, who keep those with the competing
    event at risk. The curve of the control is that of the event of interest: its cause-specific hazard. What a trial
    needs is events of interest, and the competing risk takes participants from them:

    >>> curve = {"control_hazard": 0.05, "accrual_time": 12, "follow_up_time": 12}
    >>> alone = LogRank(hazard_ratio=0.6, **curve).sample_size(0.8).n
    >>> beside = CompetingRisks(hazard_ratio=0.6, competing_hazard=0.03, **curve).sample_size(0.8)
    >>> alone, beside.n, round(float(beside.extra["events"]))
    (242, 302, 120)

    References:
        Schoenfeld (1983), Biometrics 39:499. Pintilie (2002), Statistics in Medicine 21:3317 (cause-specific).
        Fine & Gray (1999), JASA 94:496. Latouche & Porcher (2007), Statistics in Medicine 26:5370 (subdistribution).
    """

    competing_hazard: Numbers = parameter(
        "hazard of the competing event in the control arm, in those who have had neither",
        POSITIVE,
        symbol="λ₂",
        unit="events per unit of time",
        typical=(0.01, 0.03),
    )
    competing_ratio: Numbers | None = parameter(
        "hazard of the competing event under treatment over that of the control, where it differs (cause-specific)",
        POSITIVE,
        optional=True,
        symbol="θ₂",
        unit="ratio",
        typical=(0.8, 1.2),
        of_each="hazard of the competing event under each treatment over that of the control",
    )
    compared: Compared = parameter(
        "the hazards whose ratio is compared: cause-specific, in those who have had neither event; or subdistribution, "
        "in all who have not had the event of interest, whose cumulative incidence it tells of",
        Compared,
        default=_CAUSE_SPECIFIC,
    )

    @classmethod
    def by_information(cls, numbers: Mapping[str, Any]) -> dict[str, Any] | None:
        """Everybody is followed until the event of interest, which nothing prevents."""
        alone = super().by_information(numbers)
        return None if alone is None else alone | {"competing_hazard": _NEARLY_NONE}

    def check(self) -> None:
        """As of the log-rank test; what belongs to one kind of hazard only."""
        super().check()
        if self.compared == _CAUSE_SPECIFIC:
            return
        if self.competing_ratio is not None:
            reason = f"belongs to {field('compared')} {_CAUSE_SPECIFIC}"
            way_out = "leave it out: a subdistribution hazard ratio leaves the competing event open"
            raise ParameterError(
                reason, owner=self, parameter="competing_ratio", value=self.competing_ratio, way_out=way_out
            )
        if self.method not in BY_EVENTS:
            reason = f"follows the hazard of each arm over time, and with {self.compared} hazards it is not known"
            way_out = f"set {field('method')} to schoenfeld"
            raise ParameterError(reason, owner=self, parameter="method", value=self.method, way_out=way_out)
        if not self.steady:
            reason = "is of a hazard ratio that changes over time, and subdistribution hazards are held in one ratio"
            way_out = f"leave it out, or set {field('compared')} to {_CAUSE_SPECIFIC}"
            raise ParameterError(
                reason, owner=self, parameter="effect_course", value=self.effect_course, way_out=way_out
            )

    @property
    def formula(self) -> str:
        """With the hazards that are compared."""
        return f"{super().formula}, {self.compared} hazards"

    @property
    def reference(self) -> str:
        """Where it is published, and the hazards."""
        added = "Pintilie 2002" if self.compared == _CAUSE_SPECIFIC else "Fine & Gray 1999; Latouche & Porcher 2007"
        return f"{super().reference}; {added}"

    @property
    def _competing(self) -> tuple[Numbers, Numbers]:
        """The hazards of the competing event: treatment, control."""
        ratio = 1.0 if self.competing_ratio is None else self.competing_ratio
        return ratio * self.competing_hazard, self.competing_hazard

    @property
    def _staying(self) -> tuple[Seen, Seen]:
        """What is seen of each arm where the competing event takes nobody away: treatment, control."""
        return super().seen

    @property
    def seen(self) -> tuple[Seen, Seen]:
        """Of each arm; who has the competing event is seen for no longer, as one who leaves: treatment, control."""
        lost = (one.dropout + hazard for one, hazard in zip(self._staying, self._competing, strict=True))
        treatment, control = (self.seen_with(rate) for rate in lost)
        return treatment, control

    def event_shares(self, calendar: Numbers | None = None) -> tuple[Numbers, Numbers]:
        """The share of each arm's participants in whom the event of interest is seen by a time, or by the end."""
        treatment, control = super().event_shares(calendar)
        if self.compared == _CAUSE_SPECIFIC:
            return treatment, control
        return self._treated_share(self.duration if calendar is None else calendar), control

    def _treated_share(self, calendar: Numbers) -> Numbers:
        """Under treatment, of subdistribution hazards in a constant ratio."""
        x, w = gauss_legendre(_NODES)
        curve, seen, total = self.control, self._staying[0], 0.0
        ratio, lost, competing = (
            np.asarray(one)[..., None] for one in (self.hazard_ratio, seen.dropout, self.competing_hazard)
        )
        for start, length, rate, share in seen.parts(curve, calendar):
            first, inside, hazard, a, b, c = (np.asarray(one)[..., None] for one in (start, length, rate, *share))
            after = inside * x
            time = first + after
            with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
                # of 1 - F the power, in logs: its density is that of F times ratio (1 - F)^(ratio - 1)
                left = (ratio - 1) * np.log1p(-_incidence(_along(curve), competing, time))
                there = np.exp(left - curve.along(time) - (competing + lost) * time)
            density = ratio * hazard * np.where(np.isfinite(there), there, 0.0)
            total = total + (w * inside * density * (a + after * (b + after * c))).sum(axis=-1)
        return total

    def incidences(self, time: Numbers) -> tuple[Numbers, Numbers]:
        """The share of each arm with the event of interest by a time since enrolment, had nobody left."""
        control = _incidence(self.control, self.competing_hazard, time)
        if self.compared == _SUBDISTRIBUTION:
            return -expm1(self.hazard_ratio * log1p(-control)), control
        return _incidence(self.curves[0], self._competing[0], time), control

    def without_event(self, time: Numbers) -> tuple[Numbers, ...]:
        """The share of each arm without the event of interest: treatment, control."""
        return tuple(1 - incidence for incidence in self.incidences(time))

    def at_risk(self, n: Numbers, time: Numbers) -> tuple[Numbers, ...]:
        """By subdistribution hazards those with the competing event, too."""
        if self.compared == _CAUSE_SPECIFIC:
            return super().at_risk(n, time)
        arms = zip(self.split(n), self.without_event(time), self._staying, strict=True)
        return tuple(size * share * seen.followed(time, self.duration) for size, share, seen in arms)

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The events of interest, when the trial is analysed, and the cumulative incidence of those enrolled first."""
        treatment, control = self.incidences(self.duration)
        return super().details(n, target) | {"incidence_treatment": treatment, "incidence_control": control}

    def drawn_arms(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """Entry, time followed for the event of interest, and 1 where it ended in that: treatment, control.

        By cause-specific hazards the competing event ends the time. By subdistribution hazards one who has it stays at
        risk until he would have been seen last, which is known of the end of the trial, and drawn for dropout
        (Fine & Gray 1999, censoring complete; Ruan & Gray 2008, Statistics in Medicine 27:5709).
        """
        if self.compared == _CAUSE_SPECIFIC:
            return super().drawn_arms(n, trials, rng)
        arms = []
        ratios = (float(self.hazard_ratio), 1.0)
        control, competing = self.control, float(self.competing_hazard)
        for size, ratio, seen in zip(map(round, self.split(n)), ratios, self._staying, strict=True):
            times = _Subdistribution(control.hazards, control.changes, competing, ratio)
            arms.append(self.drawn_arm(size, times, seen, trials, rng))
        return tuple(arms)


@dataclass(frozen=True)
class _Subdistribution(Curve):
    """Times to the event of interest, infinite where the competing event, of a constant hazard, comes first."""

    competing: float = 0.0
    ratio: float = 1.0
    """Of the subdistribution hazard to that of these hazards."""

    def drawn(self, shape: tuple[int, ...], rng: Any) -> Any:
        """By the inverse of the cumulative incidence, 1 - (1 - F)^ratio of the control's F."""
        share = -np.expm1(np.log1p(-rng.random(shape)) / self.ratio)
        found, before, left = np.full(shape, np.inf), 0.0, 1.0
        for start, end, hazard in self.pieces():
            total = hazard + self.competing
            gain = left * hazard / total
            # within the piece the incidence is before + gain (1 - exp(-total s)) after s of it
            part = np.divide(share - before, gain, out=np.full(shape, np.inf), where=gain > 0)
            time = start - np.log1p(-np.minimum(part, 1.0), where=part < 1, out=np.full(shape, -np.inf)) / total
            here = np.isinf(found) & (share >= before) & (time < (np.inf if end is None else end))
            found = np.where(here, time, found)
            if end is not None:
                before += gain * -np.expm1(-total * (end - start))
                left *= np.exp(-total * (end - start))
        return found


def _along(curve: Curve) -> Curve:
    """The same with an axis more for times."""
    hazards, changes = ([np.asarray(one)[..., None] for one in values] for values in (curve.hazards, curve.changes))
    return Curve(hazards, changes)


def _incidence(curve: Curve, competing: Numbers, time: Numbers) -> Numbers:
    """The share who have had the event of a curve by a time, before the competing one."""
    total, left = 0.0, 1.0
    for start, end, hazard in curve.pieces():
        spent = greatest((time if end is None else least(time, end)) - start, 0.0)
        both = hazard + competing
        total = total + left * hazard / both * -expm1(-both * spent)
        left = left * exp(-both * (spent if end is None else end - start))
    return least(total, 1.0)
