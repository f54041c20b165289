"""What a kind of outcome answers, once for all its designs: its words, its counts, its interval, its look, its draw.

A design names its kind (`outcome`) and is handed to it as an argument, so nothing else asks which design it is. This
base answers for any design from what its parameters declare; `trialplan.outcomes` holds the kinds that know more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trialplan.errors import ParameterError, TrialplanError, field
from trialplan.numerics.lazy import np
from trialplan.numerics.search import first_share
from trialplan.parameter import PROPORTION, RATE, REAL, Numbers
from trialplan.text import number, percent

if TYPE_CHECKING:
    from trialplan.design import Design, Sized

DIFFERENCE, RATIO, ODDS_RATIO = "difference", "ratio", "odds-ratio"
"""The scales of an effect that a page tells apart; a kind of outcome may have others."""

RESPONSE, MEASUREMENT, TIME, EVENTS, CATEGORY = OBSERVED = (
    "a response, yes or no",
    "a measurement",
    "the time to an event",
    "a number of events",
    "a category, or who is better off",
)
"""What is seen of a participant, by which people look for a design."""

ALSO_CALLED = {
    RESPONSE: "binary, dichotomous, proportion, rate",
    MEASUREMENT: "continuous, quantitative, mean",
    TIME: "survival, time-to-event, failure time",
    EVENTS: "counts, incidence, recurrent events",
    CATEGORY: "categorical, nominal, ordinal, ranks",
}
"""What else people call it, by which they look for a design, too."""

Limits = tuple[float, float]

IntervalAt = Callable[[float], Limits]
"""The limits of an estimate at a critical value."""


@dataclass(frozen=True, kw_only=True)
class EffectScale:
    """The scale on which an effect is read: what it is called, its unit, and the value that means no effect.

    `name` is what a page prints in full ("difference of proportions"), `short` what it calls one effect
    ("difference"). `points` says that values are shares, shown as points of a hundred. `of_plan` says, where values are
    shares of what is planned, what that is: no test estimates them.
    """

    name: str
    short: str
    unit: str = ""
    ratio: bool = False
    points: bool = False
    of_plan: str = ""

    @property
    def none(self) -> float:
        """The value of no effect: 1 for a ratio, else 0."""
        return 1.0 if self.ratio else 0.0

    def shown(self, value: float) -> str:
        """One effect with its unit: 20 points, 0.75, 1.5 mg."""
        if self.points:
            shown = percent(value).removesuffix(" %")
            return f"{shown} point{'' if shown == '1' else 's'}"
        return f"{number(value)} {self.unit}".rstrip()


DIFFERENCE_OF_PROPORTIONS = EffectScale(name="difference of proportions", short="difference", points=True)
"""One rate less another, on which any two rates can be read."""


@dataclass(frozen=True, kw_only=True)
class Latent:
    """What a participant of one arm adds to the statistic, as a function of the standard normal z behind the outcome.

    A straight line of this `slope`, and a jump at each cut: a normal outcome is all line, yes or no is one jump.
    `noise` is the variance of what does not depend on z; `shared` is what the statistic varies by beyond that, because
    participants share something, as those of one cluster do.
    """

    slope: Numbers = 0.0
    cuts: tuple[Numbers, ...] = ()
    jumps: tuple[Numbers, ...] = ()
    noise: Numbers = 0.0
    shared: Numbers = 0.0


@dataclass(frozen=True)
class Counts:
    """Independent binomial counts that together are all that a test sees: participants and rate of each group."""

    sizes: tuple[int, ...]
    rates: tuple[Numbers, ...]


@dataclass(frozen=True, kw_only=True)
class EffectInterval:
    """The interval that belongs to a test, by its name, with its limits on the scale of the effect."""

    name: str
    limits: Limits


@dataclass(frozen=True, kw_only=True)
class InterimData:
    """What a look saw; `share` is its information as a fraction of the plan, from the participants of the arms.

    Without data but z, there is no estimate but the one that z would be at the planned variance.
    """

    z: float
    n: int | None = None
    share: float | None = None
    estimate: float | None = None
    interval: IntervalAt | None = None
    method: str = "at the planned variance"


@dataclass(frozen=True, kw_only=True)
class Course:
    """A trial over time as planned: of each arm who is without the event, and at risk; events and enrolment.

    `time` is that since enrolment, `calendar` that since the first one; `at_risk(time)` are participants of each arm.
    """

    time: Any
    without_event: tuple[Any, ...]
    at_risk: Callable[[Any], tuple[Any, ...]]
    calendar: Any
    events: Any
    enrolled: Any


class Blinded:
    """What both arms show together, and what follows from it for n: a number that nobody is unblinded for.

    `key` is its name in JSON, `name` the one that a page prints, `truth` what its true value is called; `looked_at`
    says what somebody reads off the data. `keeps` are the scales on which the planned effect may be kept, and
    `adjustable` says whether the effect's own part in it can be taken off.
    """

    key = name = truth = looked_at = reference = ""
    keeps: tuple[str, ...] = (DIFFERENCE,)
    adjustable = False

    def check_design(self, design: Design) -> None:
        """Raise where the design's test does not allow it."""

    def planned(self, design: Design) -> float:
        """Its planned value."""
        raise NotImplementedError

    def effect(self, design: Design, keep: str) -> float:
        """The planned effect on the scale that is kept."""
        return float(design.effect_value())

    def has_effect(self, design: Design, keep: str) -> bool:
        """Whether the planned effect exists on this scale."""
        return True

    def check(self, value: Any) -> None:
        """Raise ParameterError where it cannot be observed."""

    def adjusted(self, design: Design, value: Any, n: int) -> Any:
        """Less what the planned effect adds to it among n participants; 0 where that leaves nothing."""
        return value

    def has_room(self, design: Design, value: Any, keep: str) -> Any:
        """Whether the planned effect is possible there."""
        return np.ones(np.shape(value), dtype=bool)

    def design_at(self, design: Design, value: Any, keep: str, null: bool = False) -> Design:
        """The design where it has this value, with the planned effect on the scale `keep`, or on the null's limit."""
        raise NotImplementedError

    def interval(self, value: float, n: int, confidence: float) -> Limits:
        """The limits of what was seen in n participants."""
        raise NotImplementedError

    def around(self, planned: float) -> list[float]:
        """Values about the planned one at which a page tells what becomes of the trial."""
        return [planned]

    def shown(self, value: float) -> str:
        """One value as a page prints it."""
        return number(value)

    def told(self, value: float, n: int, planned: float) -> str:
        """What was seen, of how many, and what was planned."""
        return f"{self.name} {self.shown(value)} of {n:,}, both arms together (planned {self.shown(planned)})"

    def caveat(self, adjusted: bool) -> str:
        """What it does not tell."""
        return ""


class Outcome:
    """A kind of outcome, as far as what its designs declare tells; a kind that knows more says so."""

    kind = "outcome"
    """What the kind is called."""

    observed = ""
    """Which of OBSERVED is seen of a participant; empty where that is none of them, or makes no difference."""

    responder = ""
    """What a person calls the participants who are counted, in the plural; empty where none are."""

    planned = "values"
    """What a person calls the planned numbers of its designs."""

    looks_count = "participants"
    """What a look counts: participants, events, or information."""

    results: tuple[str, ...] = ("z",)
    """What an interim look may be told as: events, means, t or z."""

    z_is_read: str = "at the planned variance"
    """By which variance a z without its data is told as an estimate."""

    blinded: Blinded | None = None
    """What both arms show together, where n may be set anew from it; None where it may not."""

    # Words.

    def effect_scale(self, design: Sized) -> EffectScale:
        """The scale on which the design's effect is read."""
        declared = design.declared("effect")
        if declared is None:
            return EffectScale(name="effect", short="effect")
        share = declared.unit == "proportion" or declared.domain in (PROPORTION, RATE)
        ratio = not share and design.logarithmic
        unit = "" if share or ratio or declared.unit == "ratio" else declared.unit
        points = share and -0.5 in (declared.domain or ())  # a difference of shares; one share is shown as it is
        return EffectScale(name=declared.label, short=declared.label, unit=unit, ratio=ratio, points=points)

    def same_effect(self, design: Design) -> tuple[tuple[EffectScale, float], ...]:
        """The planned effect on each of the scales that readers ask for; empty where there is only its own."""
        return ()

    def target(self, design: Design) -> float:
        """The effect that a plan states it is sized for, on `target_scale`."""
        return float(design.effect_value())

    def target_scale(self, design: Design) -> EffectScale:
        """The scale on which a plan states the effect that it is sized for."""
        return self.effect_scale(design)

    def null_limits(self, design: Design) -> tuple[Numbers, ...]:
        """The null's boundary on `effect_scale`, as its limits are printed."""
        return design.null_values()

    def better(self, design: Design) -> str:
        """What counts in the treatment's favour."""
        return f"{design.favourable} values are better"

    def must_see(self, design: Design) -> tuple[str, float, str] | None:
        """What must be seen besides what the test asks for: words about {}, the number, its unit; None for nothing."""
        return None

    def missing_counts_as(self, design: Design) -> str:
        """What a participant without an outcome counts as, where a plan counts him as not responding."""
        return "the value that the planning values assume for it"

    def estimate_name(self, design: Design) -> str:
        """What the estimate of a look is: a difference, a ratio, a rate."""
        return self.effect_scale(design).short

    def estimate_in_points(self, design: Design) -> bool:
        """Whether the estimate of a look is a difference of shares, shown in points of a hundred."""
        return False

    def estimate_axis(self, design: Design, arms: Sequence[str]) -> str:
        """What an axis of estimates shows, with the names that the trial gives its arms."""
        name = self.estimate_name(design)
        if len(arms) == 1:
            return f"{name} on {arms[0]}"
        if design.test_scale != DIFFERENCE or design.logarithmic:
            return f"{name}, {arms[0]} to {arms[1]}"
        subtracted = self.estimate_in_points(design) or design.effect_domain() == REAL
        return f"{name}, {arms[0]} minus {arms[1]}" if subtracted else name

    def example_of_look(self, design: type[Design]) -> str:
        """The options that tell a look's result, for the examples of a help page."""
        return "--t 1.84/58" if "t" in self.results else "--z 1.84"

    def look_as_planned(self, design: Design, n: int) -> str:
        """The options that tell the result of a look at n participants, as it is expected by the plan."""
        return self.example_of_look(type(design))

    def course(self, design: Design, n: int, times: Callable[[float], Any]) -> Course | None:
        """What happens over time as it is planned, at the times that `times` gives up to an end; None where untold."""
        return None

    # Counting.

    def counts(self, design: Sized, n: int) -> Counts | None:
        """The joint distribution of what is counted among n participants; None where the outcomes are not finite."""
        return None

    def rates_on_null(self, design: Design, at: int) -> Callable[[Any], tuple[Any, ...]] | None:
        """The rates on limit `at` of the null, as a function of the nuisance rate; None where there is none."""
        return None

    # Intervals, at the planned values.

    def interval(self, design: Design, n: int, confidence: float, no_effect: bool) -> EffectInterval | None:
        """The interval that belongs to the design's test, at the planned effect or where no effect is observed."""
        return None

    def expected_width(self, design: Design, n: int, confidence: float) -> Numbers | None:
        """The width of the interval of the difference at the true values, which may be arrays; None where unknown."""
        return None

    def interval_at_any(self, design: Design, n: int, confidence: float) -> EffectInterval | None:
        """One as wide as that of whatever effect, about none; None where an interval's width moves with the effect."""
        return None

    def smallest_significant(self, design: Design, n: int) -> float | None:
        """The observed effect nearest to the null that is significant: where power is one half, unless counted."""
        return half_power_effect(design, n)

    def observed_width(self, counts: Sequence[Any], sizes: Sequence[int], confidence: float) -> Any:
        """The width of the interval of the difference for counts of the groups; None where there is no such one."""
        return None

    def shrunk(self, design: Design, ratio: float) -> Design:
        """The design whose odds ratio is `ratio` times the planned one, all else held."""
        raise ParameterError("its effect has no odds that could be shrunk", owner=design)

    # A look.

    def largest_z(self, design: Design, n: float) -> float | None:
        """The largest z, either way, that any outcome of n participants gives; None where it has no end."""
        return None

    def estimate_at(self, design: Design, n: Any, z: Any) -> Any:
        """The estimates at which the design's own test shows these z with n participants; nan where none does.

        The control is seen as it is planned. None where the estimate is a straight line in z.
        """
        return showing(design, np.asarray(n, dtype=float), np.asarray(z, dtype=float))

    def seen(
        self, design: Design, n: int, kind: str, arms: Sequence[tuple[Any, int]], sds: Sequence[float] | None = None
    ) -> InterimData:
        """A look's results by arm, treatment first, as the design's own test reads them."""
        reason = f"are not the statistic of {design.slug()}"
        raise ParameterError(reason, parameter=kind, way_out=f"give {field('z')}")

    def seen_times(self, design: Design, n: int, arms: Sequence[Any]) -> InterimData:
        """A look's participants by arm, treatment first: entry, time followed, and 1 where it ended in the event."""
        reason = f"are no data of {design.slug()}, whose outcome is no time"
        raise ParameterError(reason, parameter="times", way_out=f"give {field('z')}")

    # Together with other outcomes.

    def draw_from(self, design: Design, uniforms: Any) -> Any:
        """The data of trials from uniform numbers of shape (trials, n, k), in the form in which `draw` gives them.

        Larger numbers are larger outcomes, so that a copula can join outcomes of different kinds.
        """
        raise _not_joined(design)

    def latent(self, design: Design) -> tuple[Latent, ...]:
        """How each arm's outcomes follow from the normal variables that a copula joins; up to one factor for all."""
        raise _not_joined(design)


def _not_joined(design: Design) -> ParameterError:
    """Of several treatments as of several endpoints."""
    reason = (
        f"how several statistics of {design.slug()}, of treatments or of endpoints, depend on each other is not known"
    )
    way_out = f"plan each on its own, with {field('alpha')} divided by their number, which holds the level of all"
    return ParameterError(f"{reason} here", owner=design, way_out=way_out)


_NEARLY = 1 - 1e-9
"""How near to an effect without end, or to none of the events, one is looked for."""


def showing(design: Design, n: Any, z: Any) -> Any:
    """The effects nearest to the null at which `design.z_shown` is z; nan where never, None where it tells nothing.

    The way to an end at 0 or infinity is measured in factors.
    """
    null, domain = float(design.null_values()[0]), design.effect_domain()
    if design.z_shown(np.asarray(null), np.asarray(1.0)) is None:
        return None
    upward = z * design.sign >= 0

    def effect(share: Any) -> Any:
        up = upward if share.ndim == z.ndim else upward[..., None]
        if math.isfinite(domain.high):
            return null + share * (np.where(up, domain.high, domain.low) - null)
        left = 1 - _NEARLY * share
        return null * np.where(up, 1 / left, left)

    def surplus(share: Any) -> Any:
        wider = share.ndim > z.ndim
        at, of = (z[..., None], n[..., None]) if wider else (z, n)
        return np.where(at >= 0, 1, -1) * (design.z_shown(effect(share), of) - at)

    with np.errstate(all="ignore"):
        return effect(first_share(surplus, z.shape))


def by_arm(design: Design, uniforms: Any) -> list[Any]:
    """The participants of each arm among those on the second axis, in the order of `arm_names`."""
    edges = np.cumsum([round(float(size)) for size in design.split(uniforms.shape[1])])[:-1]
    return list(np.split(uniforms, edges, axis=1))


def half_power_effect(design: Design, n: int) -> float | None:
    """The effect that has power one half: where the observed one turns significant, but for the shape of t."""
    try:
        found = float(design.detectable_effect(n, 0.5))
    except TrialplanError:
        return None
    return found if math.isfinite(found) else None


UNKNOWN = Outcome()
"""The kind of a design that says nothing of it."""
