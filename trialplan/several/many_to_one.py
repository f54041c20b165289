"""Several treatments, each compared with one control."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Self

from trialplan.design import Design
from trialplan.designs.two_means import TwoMeans
from trialplan.errors import ParameterError, UnreachableError
from trialplan.numerics import dunnett
from trialplan.numerics.elementary import normal_cdf, normal_quantile
from trialplan.numerics.lazy import np
from trialplan.page import Table
from trialplan.parameter import Numbers, Parameter, parameter, parameters
from trialplan.several._arms import at_shares, reachable, read_shares, unreachable, whole_from
from trialplan.several._compared import Compared
from trialplan.several._correlation import variance
from trialplan.text import listed, number, probability
from trialplan.wrapper import Names, WrapperOfOne

WinsIf = Literal["any", "all", "first"]
"""What counts as success: any treatment that is shown, every one, or the first whatever the others do."""

MOST = 20
"""Treatments beyond which a number is a slip of the pen."""

_OWN = ("design", "treatments", "effect_shares", "wins_if", "kept")
"""What the comparisons say themselves; all other numbers are the design's."""

_FAR = 36.0
"""Where a normal variable has no probability left."""


def _read_design(value: Any) -> Design:
    if not isinstance(value, Design) or value.members or len(value.arm_names) != 2:
        raise ParameterError(f"must be a fixed design of a treatment and a control, not {value!r}")
    return value


@dataclass(frozen=True, kw_only=True)
class ManyToOne(WrapperOfOne):
    """Which of several treatments are better than one control, each compared with it by Dunnett's test?

    The design is that of one treatment against the control, with its allocation: 1:1 gives every arm as many as the
    control; the control is worth most with √k times as many as each of k treatments. All comparisons together keep the
    level. Student's t is exact, with the variance of all arms; of other tests the statistics are taken as jointly
    normal, each with the power that its own formula gives. Only what favours a treatment counts.

    >>> from trialplan import TwoMeans
    >>> trial = ManyToOne(design=TwoMeans(difference=0.5, sd=1), treatments=3)
    >>> answer = trial.sample_size(0.9)
    >>> answer.n, answer.arms["control"], round(answer.extra["critical_value"], 3)
    (272, 68, 2.362)

    References:
        Dunnett (1955), Journal of the American Statistical Association 50:1096; 1964, Biometrics 20:482.
        Horn & Vollandt (1998), Biometrical Journal 40:81 (any, all and each).
    """

    design: Design = parameter("the design of one treatment against the control", None, read=_read_design)
    treatments: int = parameter("number of treatments", None, default=2, read=whole_from(2, MOST), shown="NUMBER")
    effect_shares: tuple[float, ...] | None = parameter(
        "share of the planned effect that each treatment has, the whole of it unless they are given",
        None,
        optional=True,
        read=read_shares,
    )
    wins_if: WinsIf = parameter("what the trial must show: any treatment, all, or the first", WinsIf, default="any")
    kept: int | None = parameter(
        "number of treatments, the best by then, that go on after the first look; all, unless it is given",
        None,
        optional=True,
        read=whole_from(1, MOST),
        shown="NUMBER",
    )

    two_tailed = False
    tex = ""

    @property
    def members(self) -> tuple[Design, ...]:  # type: ignore[override]
        """The design of one comparison."""
        return (self.design,)

    def place(self, members: tuple[Design, ...]) -> None:
        """Where it is declared."""
        self._set("design", members[0])

    def with_members(self, members: tuple[Design, ...]) -> Self:
        """The same comparisons by another design."""
        return self.replace(design=members[0])

    def replace(self, **numbers: Any) -> Self:
        """The same comparisons with other numbers of their own or of the design."""
        own = {name: numbers.pop(name, getattr(self, name)) for name in _OWN}
        own["design"] = own["design"].replace(**numbers)
        return type(self)(**own)

    def declarations(self) -> Mapping[str, Parameter]:
        """The design's, and those of the comparisons."""
        own = {name: one for name, one in parameters(type(self)).items() if name in _OWN[1:]}
        return {**self.design.declarations(), **own}

    def assumptions(self) -> dict[str, Any]:
        """The design's numbers, and those of the comparisons."""
        own = {name: getattr(self, name) for name in _OWN[1:] if getattr(self, name) is not None}
        return self.design.assumptions() | own

    def __post_init__(self) -> None:
        """Name the arms."""
        super().__post_init__()
        arms = tuple(f"treatment {i + 1}" for i in range(self.treatments))
        self._set("arm_names", (*arms, "control"))
        self._set("outcome", Compared(self.design.outcome))

    def check(self) -> None:
        """One limit, outcomes that can share a control, as many shares as treatments."""
        if len(self.design.null_values()) == 2:
            way_out = "take superiority or non-inferiority"
            raise ParameterError("equivalence has two limits, and is not compared so", owner=self, way_out=way_out)
        if not self.design.smooth:
            way_out = f"set test to {self.design.by_normal_theory().way()}"
            raise ParameterError("a test that counts has no joint distribution here", owner=self, way_out=way_out)
        self.design.latent()  # which raises where the outcome cannot be joined
        if self.effect_shares is not None and len(self.effect_shares) != self.treatments:
            reason = f"must be one for each of {self.treatments} treatments, not {len(self.effect_shares)}"
            raise ParameterError(reason, owner=self, parameter="effect_shares", value=self.effect_shares)
        if self.kept is not None and self.kept >= self.treatments:
            reason = f"must be fewer than the {self.treatments} treatments, not {self.kept}"
            raise ParameterError(reason, owner=self, parameter="kept", value=self.kept)

    @property
    def weights(self) -> tuple[int, ...]:
        """Of every treatment what the design's allocation has for it, and the control's once."""
        treatment, control = self.design.weights
        return (*(treatment,) * self.treatments, control)

    @property
    def adjusts(self) -> bool:
        """They are several tests at one level."""
        return True

    @property
    def any_will_do(self) -> bool:
        """As it says."""
        return self.wins_if == "any"

    @property
    def exact(self) -> bool:
        """Of Student's t and of z where the design's own is."""
        return self.design.exact and self.design.smooth

    @property
    def formula(self) -> str:
        """Dunnett's, and the design's."""
        return f"{self.treatments} comparisons with one control by Dunnett's test; {self.design.formula}"

    @property
    def reference(self) -> str:
        """Dunnett's, and the design's."""
        return f"Dunnett 1955; {self.design.reference}"

    @property
    def smooth(self) -> bool:
        """Where the design is."""
        return self.design.smooth

    # The comparisons.

    @cached_property
    def comparisons(self) -> tuple[Design, ...]:
        """Each treatment against the control, at its share of the effect."""
        return at_shares(self.design, self.effect_shares or (1.0,) * self.treatments)

    def participants_of_one(self, n: Numbers) -> Numbers:
        """The participants of one comparison among n."""
        return n * sum(self.design.weights) / self.block

    @property
    def _student(self) -> bool:
        return isinstance(self.design, TwoMeans) and self.design.test == "t"

    def df(self, n: float) -> float | None:
        """Of the variance of all arms; None where the statistics are taken as normal."""
        return n - self.treatments - 1 if self._student else None

    @cached_property
    def loadings(self) -> tuple[float, ...]:
        """The roots of the statistics' correlations: the control's share of each variance, under the null.

        They serve for power, too. At planned rates the control's share of the variance is another, but the standard
        error of a test moves with the counts, and the statistics stay about as correlated as without an effect.
        """
        null = self.design.at_null()
        if self._student or not null:
            treatment, control = self.design.weights
            return (math.sqrt(treatment / (treatment + control)),) * self.treatments
        return (_loading(null[0]),) * self.treatments

    def critical_value(self, n: float) -> float:
        """What each statistic must reach, so that all together keep the level."""
        df = self.df(n)
        if df is not None and df <= 0:
            return math.inf
        return dunnett.critical_value(self.loadings, float(self.alpha), df, self.sides == 2)

    @cached_property
    def tested(self) -> tuple[Design, ...]:
        """The comparisons at the level that a normal statistic has beyond the critical value."""
        level = float(normal_cdf(-self.critical_value(math.inf)))
        return tuple(one.replace(alpha=level * self.sides, sides=self.sides) for one in self.comparisons)

    def powers(self, n: float) -> tuple[float, ...]:
        """The probability that each treatment is shown, then any, then all."""
        if self.kept is not None:
            way_out = "say when the trial is looked at, or leave it out"
            raise ParameterError("needs looks", owner=self, parameter="kept", value=self.kept, way_out=way_out)
        if self._student:
            limits, shifts = [self.critical_value(n)] * self.treatments, self._shifts(n)
            loadings, df = self.loadings, self.df(n)
            if math.isinf(limits[0]):
                return (0.0,) * (self.treatments + 2)
        else:
            scores = [normal_quantile(float(one.success(self.participants_of_one(n)))) for one in self.tested]
            limits, shifts = [-min(max(float(one), -_FAR), _FAR) for one in scores], [0.0] * self.treatments
            loadings, df = self.loadings, None
        each = (
            dunnett.all_above([limit], [loading], df, [shift])
            for limit, loading, shift in zip(limits, loadings, shifts, strict=True)
        )
        some = 1 - dunnett.all_below(limits, loadings, df, shifts)
        return (*each, some, dunnett.all_above(limits, loadings, df, shifts))

    def _shifts(self, n: float) -> list[float]:
        """How far each difference lies from the null, in standard errors."""
        return [float(one.distance_to_null(self.participants_of_one(n))) for one in self.comparisons]

    def success(self, n: Numbers) -> Numbers:
        """The probability that any, all, or the first is shown."""
        which = {"any": -2, "all": -1, "first": 0}[self.wins_if]
        shape = self.shape(n)
        if not shape:
            return self.powers(float(n))[which]
        found = np.empty(shape)
        sizes = np.broadcast_to(n, shape)
        for index in np.ndindex(shape):
            found[index] = self.cell(index, shape).powers(float(sizes[index]))[which]
        return found

    def power(self, n: Numbers) -> Numbers:
        """Nothing but success counts as a rejection."""
        return self.success(n)

    def at_null(self) -> tuple[Self, ...]:
        """All treatments on the null."""
        return tuple(self.with_members((one,)) for one in self.design.at_null())

    @property
    def decisive(self) -> tuple[Design, ...]:
        """The comparisons that success rests on: it takes all of them, or one where any will do."""
        return self.comparisons[:1] if self.wins_if == "first" else self.comparisons

    def reachable(self) -> Any:
        """Whether what success takes can be shown: any comparison, all, or the first."""
        return reachable(self, self.decisive)

    def unreachable(self) -> UnreachableError:
        """The design's reason; where treatments have shares of the effect, that of the first that has one."""
        if self.effect_shares is None:
            return super().unreachable()
        return unreachable(self, {f"treatment {i}": one for i, one in enumerate(self.decisive, 1)})

    def noncentral_t(self, n: Numbers) -> tuple[Numbers, Numbers] | None:
        """There is more than one statistic."""
        return None

    # Participants.

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """For each treatment its data and the control's, who are the same every time."""
        sizes = [round(float(size)) for size in self.split(n)]
        arms = [rng.random((trials, size, self.design.uniforms)) for size in sizes]
        pairs = zip(self.comparisons, arms, strict=False)
        return tuple(one.draw_from(np.concatenate([arm, arms[-1]], axis=1)) for one, arm in pairs)

    def shown(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """The statistics, and which treatments are shown: (trials, treatments) each."""
        if self._student:
            statistics = self._student_statistics(data, fraction)
            n = data[0][1].shape[1] * self.block / self.weights[-1]
            return statistics, statistics >= self.critical_value(round(n * fraction))
        found = [one.analyse(of, fraction) for one, of in zip(self.tested, data, strict=True)]
        statistics = np.stack([statistic for statistic, _ in found], axis=-1)
        return statistics, np.stack([rejects for _, rejects in found], axis=-1) & (statistics > 0)

    def _student_statistics(self, data: tuple[Any, ...], fraction: float) -> Any:
        """By the variance within all arms."""
        arms = [pair[0] for pair in data] + [data[0][1]]
        arms = [arm[:, : round(fraction * arm.shape[1])] for arm in arms]
        within = sum(arm.var(axis=1) * arm.shape[1] for arm in arms) / (sum(arm.shape[1] for arm in arms) - len(arms))
        ((limit, sign),) = self.design.sided_limits()
        control = arms[-1]
        columns = [
            sign
            * (arm.mean(axis=1) - control.mean(axis=1) - limit)
            / np.sqrt(within * (1 / arm.shape[1] + 1 / control.shape[1]))
            for arm in arms[:-1]
        ]
        return np.stack(columns, axis=-1)

    def analyse(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """The statistic that counts, and whether what counts is shown."""
        statistics, shown = self.shown(data, fraction)
        if self.wins_if == "first":
            return statistics[:, 0], shown[:, 0]
        if self.wins_if == "all":
            return statistics.min(axis=-1), shown.all(axis=-1)
        return statistics.max(axis=-1), shown.any(axis=-1)

    # What the answer holds.

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The critical value, and the power of each treatment, of any and of all."""
        if self.shape(n):
            return {}
        *each, some, every = self.powers(float(n))
        return {
            "critical_value": self.critical_value(float(n)),
            "comparisons": [{"treatment": i, "power": power} for i, power in enumerate(each, 1)],
            "power_of_any": some,
            "power_of_all": every,
        }

    def detail_tables(self, extra: Mapping[str, Any]) -> list[Table]:
        """The comparisons, numbered."""
        places = tuple(str(i + 1) for i in range(self.treatments))
        return self.named_tables(extra, Names(tested=places, members=("1",), arms={}))

    def named_tables(self, extra: Mapping[str, Any], names: Names) -> list[Table]:
        """The comparisons."""
        rows = [[names.tested[one["treatment"] - 1], probability(one["power"])] for one in extra.get("comparisons", ())]
        return [Table(("treatment", "shown"), rows, "Each treatment against the control", right=frozenset({1}))]

    def aimed_at(self, names: Sequence[str]) -> str:
        """Of which treatments an effect is to be shown."""
        return {"any": f"at least one of {listed(names)}", "all": f"each of {listed(names)}", "first": names[0]}[
            self.wins_if
        ]

    def rule_in_words(self, names: Sequence[str]) -> str:
        """Each treatment by Dunnett's test."""
        sided = "two-sided" if self.sides == 2 else "one-sided"
        needed = {"any": "at least one of them is", "all": "all of them are", "first": "the first of them is"}
        shares = zip(names, self.effect_shares or (), strict=False)
        planned = "; of the planned effect " + listed(f"{name} has {share:g} times" for name, share in shares)
        return (
            f"{listed(names)} are each compared with the control by Dunnett's test, so that the chance of any false "
            f"claim is {number(self.alpha)}, {sided}; the trial succeeds if {needed[self.wins_if]} shown"
            f"{planned if self.effect_shares else ''}"
        )


def _loading(comparison: Design) -> float:
    """The root of the control's share of the variance of a difference."""
    parts = zip(comparison.latent(), comparison.weights, strict=True)
    treatment, control = (float((variance(arm) + arm.shared) / weight) for arm, weight in parts)
    return math.sqrt(control / (treatment + control))
