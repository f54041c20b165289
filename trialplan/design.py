"""Design: a trial that tests, and the questions that every one of them answers.

A design writes its formula (`power`), how participants are drawn (`draw`) and how they are analysed (`analyse`), says
where its null lies (`null_values`) and of which kind its outcome is (`outcome`). All else that is asked of a trial is
written here and in `sized`, once.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self, cast

from trialplan import fields, sizing, sizing_grid
from trialplan.answers import SampleSize, Simulation
from trialplan.errors import ParameterError, UnreachableError
from trialplan.numerics.elementary import normal_cdf, normal_quantile, upper_normal_quantile
from trialplan.numerics.lazy import np
from trialplan.outcome import Latent
from trialplan.parameter import POSITIVE, Numbers, effect_on, largest, parameters, smallest, with_role
from trialplan.rejection import EitherWay
from trialplan.sized import AnalysisTest, Sized
from trialplan.text import listed

__all__ = ["AnalysisTest", "Design", "Sized"]

_PLAIN = (int, float, str, tuple, type(None))
_NO_ARRAY = (*_PLAIN, Sized)
_BATCH = 4_000_000
"""Participants drawn at once by `simulate`."""

_FARTHEST = 40.0
"""Standard errors beyond which the normal tail is 0 to a computer."""


def _asked(formula: Callable[[Any, Numbers], Numbers]) -> Callable[[Any, Numbers], Numbers]:
    """The formula as a question: a float for plain numbers, and a sentence where the effect is left open."""

    @functools.wraps(formula)
    def question(self: Design, n: Numbers) -> Numbers:
        if self.open_effect is not None:
            self.require_effect()
        return sizing.number(formula(self, n))

    return question


@dataclass(frozen=True, kw_only=True)
class Design(Sized):
    """A trial that tests: it rejects its null hypothesis with a probability that grows with n."""

    alpha: Numbers = fields.alpha()
    sides: fields.Sides = fields.sides()

    goal = fields.SUPERIORITY
    has_level: ClassVar[bool] = True
    letters: ClassVar[Mapping[str, str]] = {}
    """What the letters of its formulas mean that stand in no other's and in no number's symbol, as `φ_T`."""

    def __init_subclass__(cls) -> None:
        """What a design writes of its formula is told of plain numbers as a float, and refuses an open effect."""
        super().__init_subclass__()
        for name in ("power", "success"):
            if name in vars(cls):
                setattr(cls, name, _asked(vars(cls)[name]))

    def __post_init__(self) -> None:
        """Fill level and sides in by goal, and remember which were not given, for `replace`."""
        # an unknown goal, which need not even be hashable, is refused below
        usual = fields.usual_level(self.goal if isinstance(self.goal, str) else fields.SUPERIORITY, self.margin)
        missing = {
            name: level for name, level in zip(("alpha", "sides"), usual, strict=True) if getattr(self, name) is None
        }
        for name, value in missing.items():
            self._set(name, value)
        self._set("_defaulted", tuple(missing))
        super().__post_init__()
        self._set("_open_effect", self._which_is_open())
        self.shape()
        if largest(self.level) >= 0.5:
            reason = f"must lie in (0, 0.5) for a one-sided test, not {largest(self.alpha):g}"
            raise ParameterError(reason, owner=self, parameter="alpha", value=self.alpha)

    @property
    def in_order(self) -> bool:
        """Whether it is itself an order of tests, with the power of each step."""
        return False

    @property
    def adjusts(self) -> bool:
        """Whether it is several tests, each held against a level that depends on the others."""
        return False

    @property
    def any_will_do(self) -> bool:
        """Whether one of several tests is enough."""
        return False

    def all_shown(self, n: Numbers) -> Numbers:
        """The probability that every one of its tests shows its effect in favour, where it is several."""
        return self.success(n)

    @property
    def fixed(self) -> Design:
        """The design without looks; itself where it has none."""
        return self

    @property
    def defaulted(self) -> tuple[str, ...]:
        """Which of alpha and sides were not given, and are the usual ones of the goal."""
        return cast("tuple[str, ...]", self.__dict__.get("_defaulted", ()))

    def replace(self, **numbers: Any) -> Self:
        """The same trial with other numbers; a level that was filled in by goal is filled in anew."""
        forgotten: dict[str, Any] = dict.fromkeys(self.defaulted)
        return dataclasses.replace(self, **(forgotten | numbers))

    # What a design writes.

    def power(self, n: Numbers) -> Numbers:
        """The probability of rejecting the null hypothesis, either way, with n participants in all."""
        self.require_effect()
        return sizing.number(self.analysis.power(self, n))

    def success(self, n: Numbers) -> Numbers:
        """The probability of rejecting in the treatment's favour; `power`, where the test has no far tail."""
        favourable = self.analysis.success if self.tests else None
        if favourable is None:
            return self.power(n)
        self.require_effect()
        return sizing.number(favourable(self, n))

    def success_and_power(self, n: Numbers) -> tuple[Numbers, Numbers]:
        """`success` and `power`: of a test in one direction the same; of one in both a shared tail is computed once."""
        if not self.two_tailed:  # nothing is rejected against the treatment
            success = self.success(n)
            return success, success
        both = self.analysis.power if self.tests else None
        plain = type(self).power is Design.power and type(self).success is Design.success
        if plain and isinstance(both, EitherWay) and both.tail is self.analysis.success:
            self.require_effect()
            success, power = both.with_favourable(self, n)
            return sizing.number(success), sizing.number(power)
        return self.success(n), self.power(n)

    def draw(self, n: int, trials: int, rng: Any) -> Any:
        """The data of `trials` trials of n participants, in the order in which they are enrolled."""
        raise NotImplementedError

    def analyse(self, data: Any, fraction: float = 1) -> tuple[Any, Any]:
        """Signed statistic (positive favours the treatment) and whether it rejects, trial by trial."""
        raise NotImplementedError

    @property
    def effect(self) -> str:
        """The name of the field that holds the effect: the declared one that is given, or that is left open."""
        name = self.field("effect") or self.open_effect
        if name is None:
            raise ParameterError("it has no effect", owner=self)
        return name

    @property
    def logarithmic(self) -> bool:
        """Whether the statistic is a straight line in the logarithm of the effect, given or open, as for ratios."""
        name = self.field("effect") or self.open_effect
        return name is not None and parameters(type(self))[name].domain == POSITIVE

    def null_values(self) -> tuple[Numbers, ...]:
        """The value of the effect on the null's boundary: one, or lower and upper for equivalence."""
        raise NotImplementedError

    def limits(self) -> tuple[Numbers, ...]:
        """The null's boundary on the scale of the estimate; the null of the effect where that is the same."""
        return self.null_values()

    # What follows from it.

    def sided_limits(self) -> list[tuple[Numbers, int]]:
        """Each limit with the direction, 1 or -1, that leads from it to what the trial wants to show."""
        return self._sided_limits

    @functools.cached_property
    def _sided_limits(self) -> list[tuple[Numbers, int]]:
        """Remembered: every n that a search tries asks for them."""
        limits = self.limits()
        return list(zip(limits, (1, -1) if len(limits) == 2 else (self.sign,), strict=True))

    @property
    def held_against(self) -> str | None:
        """The field of the value that a single group is held against, where that is a value of its effect."""
        name = self.field("comparator") if len(self.arm_names) == 1 else None
        if name is None:
            return None
        same = getattr(self, name) == self.null_values()[0]
        return name if (same if isinstance(same, bool) else np.all(same)) else None  # numbers cost no numpy

    @property
    def two_tailed(self) -> bool:
        """Whether the test rejects in either direction."""
        return self.sides == 2 and self.goal == fields.SUPERIORITY and self.margin is None

    @property
    def level(self) -> Numbers:
        """The level of each side's test: alpha/sides."""
        return self.alpha / self.sides

    @functools.cached_property
    def z_alpha(self) -> Numbers:
        """The normal critical value at the level of each side."""
        return upper_normal_quantile(self.level)

    @property
    def analysis(self) -> AnalysisTest:
        """The row of the table of tests that this trial uses."""
        return self.tests[self.test]

    @property
    def formula(self) -> str:
        """The name of the formula that gives the power."""
        return self.analysis.formula

    @property
    def reference(self) -> str:
        """Where the formula is published."""
        return self.analysis.reference

    @property
    def tex(self) -> str:
        """The formula as TeX; nothing with a margin, or where there is none."""
        return self.tests[self.test].tex if self.tests and self.margin is None else ""

    @property
    def exact(self) -> bool:
        """Whether `power` is the truth, so that simulation must reproduce it."""
        return self.analysis.exact

    @property
    def statistic_is_z(self) -> bool:
        """Whether `z` is a z, so that looks at it make a Brownian motion."""
        return False

    @property
    def no_looks(self) -> str:
        """What of its numbers looks are not defined over, with why; empty where its test and goal say enough."""
        return ""

    def z(self, data: Any, fraction: float = 1) -> Any:
        """What boundaries are held against, trial by trial: the statistic, or the normal score of its P value."""
        return self.analyse(data, fraction)[0]

    def z_at(self, data: Any, fractions: Sequence[float]) -> list[Any]:
        """The same at each of several looks, for which a design may do much once."""
        return [self.z(data, fraction) for fraction in fractions]

    def noncentral_t(self, n: Numbers) -> tuple[Numbers, Numbers] | None:
        """Noncentrality, positive in the treatment's favour, and degrees of freedom of a t statistic; None for a z."""
        return None

    def effect_value(self) -> Numbers:
        """The effect that is planned for."""
        self.require_effect()
        return getattr(self, self.effect)

    def value(self, role: str) -> Numbers:
        """The number with this role."""
        if role == "effect":
            self.require_effect()
        return super().value(role)

    @property
    def open_effect(self) -> str | None:
        """The name of the effect where it is left open, because it is what is asked; None where it is given."""
        name: str | None = self.__dict__.get("_open_effect")
        return name

    def _which_is_open(self) -> str | None:
        """None where there is one; where there are several, that of the scale."""
        if self.field("effect") is not None:
            return None
        names = with_role(type(self), "effect")
        return effect_on(self.scale, names) if names else None

    def require_effect(self) -> None:
        """Raise where the effect is left open, and what is asked needs it."""
        if self.open_effect is not None:
            way_out = "give it a value, or ask for the detectable effect of a number of participants"
            raise ParameterError("is left open", owner=self, parameter=self.open_effect, way_out=way_out)

    def whole_blocks(self, observed: float) -> float:
        """Those observed; whole blocks of them where the test, an exact one, is defined for these only."""
        return observed if self.smooth else max(1, observed // self.block) * self.block

    def attained(self, n: Numbers) -> Numbers:
        """What a target is held against: the probability of rejecting in the treatment's favour."""
        return self.success(n)

    # On the scale of the limits, which a boundary or an estimate is read on.

    def planned_estimate(self) -> Numbers:
        """What the trial is planned to show; the effect where that is the same."""
        return self.effect_value()

    def null_estimate(self) -> Numbers:
        """Where the null's boundary lies, on the scale of `planned_estimate`."""
        return self.null_values()[0]

    @property
    def test_scale(self) -> str:
        """The scale on which the statistic compares the arms."""
        return self.scale

    def z_shown(self, effect: Any, n: Any) -> Any:
        """The z that the analysis gives of n participants who show this effect, the control being as it is planned.

        Of arrays of one shape, or one more axis of effects. None where it is a straight line in the effect, or its log.
        """
        return None

    def standard_error(self, n: Numbers) -> tuple[Numbers, Numbers | None]:
        """Of the effect, or its logarithm, with the degrees of freedom of its t; None of these for a normal."""
        raise NotImplementedError

    def arm_means(self) -> tuple[Numbers, ...]:
        """The planned mean of each arm's measurements, of their logarithms on a ratio scale."""
        raise NotImplementedError

    def arm_sds(self) -> tuple[Numbers, ...]:
        """The planned standard deviation of each arm's measurements, of their logarithms on a ratio scale."""
        raise NotImplementedError

    def draw_from(self, uniforms: Any) -> Any:
        """The data of trials from uniform numbers of shape (trials, n, k): larger ones are larger outcomes."""
        return self.outcome.draw_from(self, uniforms)

    uniforms: ClassVar[int] = 1
    """How many uniform numbers `draw_from` takes for each participant; a copula joins the first."""

    def latent(self) -> tuple[Latent, ...]:
        """How each arm's outcomes follow from the normal variables that a copula joins with others'."""
        return self.outcome.latent(self)

    @classmethod
    def may_be_looked_at(cls) -> bool:
        """Whether one of its tests gives a z, or counts, that looks can be taken at."""
        return cls.statistic_is_z is not Design.statistic_is_z

    @property
    def looks_by_counts(self) -> bool:
        """Whether looks at it count responses exactly, instead of relying on a z."""
        return False

    def by_normal_theory(self) -> Design:
        """The same trial by a test whose power has no dents, near its own; itself where that is so already."""
        return self

    def smaller_trials(self, width: float, power: float) -> tuple[tuple[str, SampleSize], ...]:
        """What a protocol offers, by name, where the evidence does not carry a confirmatory trial; nothing is known.

        One that tests nothing makes the interval of the effect `width` wide.
        """
        return ()

    def within_strata(self, shares: tuple[float, ...], comparator: tuple[float, ...], test: str) -> Design | None:
        """The same trial compared within strata of these shares, with the comparator of each; None if not known how.

        Each stratum has the planned effect on the scale of the test, so that all together have it.
        """
        return None

    @property
    def obeys_futility(self) -> bool:
        """Whether the level relies on futility's being obeyed; without a futility boundary it makes no difference."""
        return True

    def settled(self, n: int) -> Design:
        """The trial of n participants with its boundaries fixed, so that another truth does not move them."""
        return self

    def blocks_lower_bound(self, target: float) -> int:
        """Blocks that certainly do not reach `target`, so that a search may begin beyond them; none are known."""
        return 0

    def success_beside(self, n: Any, target: float) -> Any:
        """The chance of success for each n, or a bound on the same side of the target where that is cheaper."""
        return self.success(n)

    def effect_domain(self) -> Any:
        """The values among which an effect is looked for."""
        return parameters(type(self))[self.effect].domain

    def effect_unit(self) -> float:
        """The size of an effect of order one, so that searches do not depend on the outcome's unit."""
        return 1.0

    def drift(self, n: Numbers) -> Numbers:
        """The expected z statistic that would give this design's success probability."""
        return self.z_alpha + normal_quantile(self.success(n))

    def distance_to_null(self, n: Numbers) -> Numbers:
        """How far the truth lies from the null's boundary, in standard errors of the estimate."""
        return np.nan_to_num(self.drift(n), posinf=_FARTHEST, neginf=-_FARTHEST)

    def success_under(self, n: int, truths: Design) -> Numbers:
        """The probability of success of n participants, planned as here, where the truth is that of another design."""
        return truths.success(n)

    def power_under(self, n: int, truths: Design) -> Numbers:
        """The same of rejecting, either way."""
        return truths.power(n)

    def wrong_side(self, n: int, truths: Design) -> Numbers:
        """The probability that the estimate and such a truth lie on different sides of the null's boundary.

        By the normal distribution of the estimate: Φ(−|distance to the null| / standard error).
        """
        return normal_cdf(-abs(truths.fixed.distance_to_null(n)))

    def rejections(self, n: int, *, obeyed: bool = True) -> Any:
        """P(rejecting | final counts) of the groups that are counted, futility `obeyed` or not; it has none here."""
        sizes = self.count_sizes(n)
        counts = np.meshgrid(*(np.arange(size + 1) for size in sizes), indexing="ij")
        _, rejects = self.judge(tuple(one.ravel() for one in counts), sizes)
        return rejects.reshape([size + 1 for size in sizes])

    def actual_size(self, n: int) -> float | None:
        """The largest type I error over the nuisance parameter, where it is known exactly."""
        return None

    def counted_size(self, n: int) -> float | None:
        """The same of a test by normal theory, over every outcome that its analysis may see; None if not countable."""
        return None

    def at_null(self) -> tuple[Self, ...]:
        """The designs on the null's boundary, for type I error; a boundary outside the domain is left out."""
        found = []
        for value in self.null_values():
            with contextlib.suppress(ParameterError):
                found.append(self.replace(**{self.effect: value}))
        return tuple(found)

    def shape(self, *others: Any) -> tuple[int, ...]:
        """The shape that the design's arrays broadcast to, together with `others`; () for plain numbers."""
        given = [np.shape(other) for other in others if not isinstance(other, (int, float))]
        try:
            return np.broadcast_shapes(*self._shapes, *given) if self._shapes or given else ()
        except ValueError:
            told = listed(f"{name} of {np.shape(one)}" for name, one in self._arrays().items())
            way_out = "arrays of one shape vary together; for a grid give one of them another axis, or ask scenarios()"
            raise ParameterError(f"its arrays do not fit together: {told}", owner=self, way_out=way_out) from None

    @functools.cached_property
    def _shapes(self) -> list[tuple[int, ...]]:
        return [np.shape(value)[: -1 if self._is_vector(name) else None] for name, value in self._arrays().items()]

    def _arrays(self) -> dict[str, Any]:
        values = {name: getattr(self, name) for name in parameters(type(self))}
        return {name: value for name, value in values.items() if not isinstance(value, _NO_ARRAY)}

    def cell(self, index: tuple[int, ...], shape: tuple[int, ...]) -> Self:
        """The scalar design in one cell of a grid."""
        return self.replace(
            **{name: self._in_cell(name, value, index, shape) for name, value in self._arrays().items()}
        )

    def stretch(self, axis: int, cut: slice) -> Self:
        """The design in a stretch of a grid along an axis, counted from the last: its numbers were checked with all."""
        arrays = self._arrays()
        own = {name: sizing.stretch_of(value, axis - self._is_vector(name), cut) for name, value in arrays.items()}
        part = object.__new__(type(self))
        # besides, what is a plain number or choice: nothing that was remembered of the whole grid
        vars(part).update({name: value for name, value in vars(self).items() if isinstance(value, _PLAIN)} | own)
        return part

    def _in_cell(self, name: str, value: Any, index: tuple[int, ...], shape: tuple[int, ...]) -> Any:
        if self._is_vector(name):  # its own axis is the last one
            return tuple(np.broadcast_to(value, (*shape, value.shape[-1]))[index].tolist())
        return float(np.broadcast_to(value, shape)[index])

    def _is_vector(self, name: str) -> bool:
        return bool(parameters(type(self))[name].axis)

    def sample_size(self, target: Numbers = 0.8) -> SampleSize:
        """The fewest participants, in whole allocation blocks, whose `success` reaches `target`.

        Arrays in, arrays out; a cell whose effect is not in the favoured direction is nan with a reason.
        For a scalar that is an UnreachableError. Tests whose power is a saw-tooth give the smallest n
        from which power never falls below target again, as far as searched (`first_n`, `searched_to`).
        """
        target = self._target(target)
        self.require_effect()
        if self.shape(target):
            return sizing_grid.size_grid(self, target)
        return sizing.size_scalar(self, target)

    def reachable(self) -> Any:
        """Whether some number of participants can show what is planned: the effect lies on the favourable side."""
        return sizing.on_favourable_side(self.effect_value(), self.null_values(), self.upward)

    def unreachable(self) -> UnreachableError:
        """Why no number of participants will do; for a scalar that is not `reachable`."""
        return sizing.unreachable(self, float(self.effect_value()), tuple(map(float, self.null_values())))

    def at_share(self, share: float) -> Self | None:
        """The trial if the truth lies this share of the way from the null to the plan; None where it cannot."""
        null = self.null_values()
        if len(null) == 2:
            return None
        try:
            return self.replace(**{self.effect: null[0] + share * (self.effect_value() - null[0])})
        except ParameterError:
            return None

    def unrounded(self, target: Numbers) -> Numbers:
        """The real-valued total n at which `success` reaches `target`; a closed form may override the search."""
        return sizing.unrounded_n(self, target)

    @property
    def searched(self) -> bool:
        """Whether that n has no closed form, and is searched for."""
        return type(self).unrounded is Design.unrounded

    def detectable_effect(self, n: Numbers, target: Numbers = 0.8) -> Numbers:
        """The smallest effect, on the favourable side, that n participants show with power `target`; else nan."""
        return sizing.detectable_effect(self, n, self._target(target))

    def _target(self, power: Numbers) -> Numbers:
        target = fields.POWER.check(type(self).__name__, "power", power)
        if largest(self.alpha) >= smallest(target):
            reason = f"must exceed the level of the test, {largest(self.alpha):g}, not be {smallest(target):g}"
            usual = "the usual values are 0.8 and 0.9"
            raise ParameterError(reason, owner=self, parameter="power", value=target, way_out=usual)
        return target

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """What else the answer holds: the actual size of exact tests, the looks of sequential ones."""
        size = self.actual_size(n)
        return {} if size is None else {"actual_size": size}

    def at_look(self, n: int, fraction: float) -> Mapping[str, Any]:
        """What a look at this fraction of the information waits for, where that is not a fraction of the participants.

        Beside other numbers the `n` randomised by then and the `month`; empty where the participants are what counts.
        """
        return {}

    def simulate(self, n: int, trials: int, rng: Any) -> Simulation:
        """Draw and analyse `trials` trials, in batches of bounded memory; shares no code with `power`."""
        self.check_n(n)
        self.require_effect()
        batch = max(1, _BATCH // int(n))
        rejected = favoured = 0
        for start in range(0, trials, batch):
            statistic, rejects = self.analyse(self.draw(n, min(batch, trials - start), rng))
            rejected += int(rejects.sum())
            favoured += int((rejects & (statistic > 0)).sum())
        return Simulation(trials, rejected, favoured)
