"""Several treatments against one control, looked at early: what is shown stops, what disappoints is dropped."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from trialplan.answers import Needed
from trialplan.design import Design
from trialplan.errors import ParameterError, UnreachableError
from trialplan.numerics import arms_by_looks
from trialplan.numerics.arms_by_looks import MOST_CHOSEN, MOST_LOOKS, Comparison, Look
from trialplan.numerics.elementary import normal_cdf, normal_quantile, upper_normal_quantile
from trialplan.numerics.lazy import np
from trialplan.numerics.secant import secant_root
from trialplan.numerics.student import t_power
from trialplan.page import Table
from trialplan.parameter import Numbers, parameter
from trialplan.sequential.base import DROPPED, GOES_ON, NOT_SHOWN, SHOWN, JudgedHypothesis, WithLooks
from trialplan.sequential.boundaries.efficacy import Efficacy, check_efficacy
from trialplan.sequential.boundaries.fields import refused, shown
from trialplan.sequential.boundaries.syntax import split
from trialplan.sequential.look_table import HYPOTHESES, whole_looks
from trialplan.several._powers import score
from trialplan.several.many_to_one import ManyToOne
from trialplan.text import listed, listed_apart, number, percent
from trialplan.wrapper import Names

_NEVER = -math.inf
"""Where no look drops a treatment."""

_LEAST = 1e-15
"""The least probability that a normal score is taken of."""

_WIDEST, _LEAST_SLOPE = 4.0, 0.05
"""How far below the upper boundary a t is still asked where it lies, and the least slope there, where nothing is in
doubt and the scores of its chances have no digits."""

_PLANNED_AND_NULL = "alternative", "null"
"""The truths at which the participants on average are told."""

_FEW = 6
"""In an arm at the first look: with fewer, drawn trials succeed less often than is told, by more than 0.005."""

_MOST_TREATMENTS = 8
"""Treatments beyond which a trial of several stages is none that anybody runs."""


def _read_design(value: Any) -> Design:
    if not isinstance(value, ManyToOne):
        raise ParameterError(f"must be several treatments against one control, not {value!r}")
    return value


@dataclass(frozen=True, kw_only=True)
class MultiArmMultiStage(WithLooks):
    """Which of several treatments are better than one control, in a trial that may stop, or drop some, early?

    At each look every treatment that still goes on is compared with the control, and is shown where its z reaches the
    boundary, one for all. Together they keep the level: some treatment without an effect reaches it with probability
    alpha/sides, as the spending function shares it out among the looks. Where any treatment will do, the trial ends
    with the first that is shown; else each goes on until its own end. With `kept` only the best go on after the first
    look, and `futility` z values drop those below. The boundary is computed as if nothing were dropped, so that the
    level holds whatever is done, unless `binding`, which relies on its being obeyed. The statistics are taken as
    jointly normal, a t as the z of its P value, which at each look reaches the boundaries as often as its noncentral t.
    Which treatment is best after the first look is ranked by normal z, too: of fewer than six in an arm by then the
    power with `kept` is told too high, by 0.03 of two in an arm and by 0.01 of four (simulation).

    >>> from trialplan import TwoMeans
    >>> arms = ManyToOne(design=TwoMeans(difference=0.5, sd=1, test="z"), treatments=2)
    >>> trial = MultiArmMultiStage(design=arms, efficacy="lan-demets-pocock")
    >>> answer = trial.sample_size(0.9)
    >>> answer.n, [round(look["efficacy_z"], 3) for look in answer.extra["looks"]]
    (240, [2.398, 2.45])

    References:
        Magirr, Jaki & Whitehead (2012), Biometrika 99:494.
        Wason, Stallard, Bowden & Jennison (2017), Statistical Methods in Medical Research 26:508 (dropping the losers).
        Lan & DeMets (1983), Biometrika 70:659.
    """

    design: Design = parameter("several treatments against one control", None, read=_read_design)

    two_tailed = False
    exact = False
    dates_looks = False
    tex = ""

    @classmethod
    def looks_at(cls, design: Design) -> bool:
        """At several treatments against one control."""
        return isinstance(design, ManyToOne)

    def __post_init__(self) -> None:
        """A fixed design is that of each of two treatments."""
        inner = self.design
        if isinstance(inner, Design) and not inner.members and not inner.looks and len(inner.arm_names) == 2:
            self._set("design", ManyToOne(design=inner))
        super().__post_init__()

    @property
    def arms_design(self) -> ManyToOne:
        """The treatments against the control, without looks."""
        assert isinstance(self.design, ManyToOne)
        return self.design

    @property
    def one_of_several(self) -> Design:
        """One treatment against the control: the boundaries are those of all."""
        return self.arms_design.design

    @property
    def fixed(self) -> Design:
        """The trial without its looks, in which all treatments go on to the end."""
        return self.arms_design.replace(kept=None)

    def check(self) -> None:
        """A statistic that is a z, a rule by efficacy z and futility z, and few looks."""
        arms = self.arms_design
        if not arms.design.statistic_is_z:
            way_out = "use a z or t test of superiority or non-inferiority"
            raise refused("looks", f"are not defined over {arms.design.slug()}", way_out)
        most, what = (MOST_LOOKS, "") if arms.kept is None else (MOST_CHOSEN, " of which the best go on")
        if len(self.looks) > most:
            reason = f"of several treatments{what} must be at most {most}, not {len(self.looks)}"
            raise refused("looks", reason, "look less often")
        if arms.treatments > _MOST_TREATMENTS:
            reason = f"must be at most {_MOST_TREATMENTS} where there are looks, not {arms.treatments}"
            raise ParameterError(reason, owner=self, parameter="treatments", value=arms.treatments)
        if not isinstance(self.alpha, (int, float)):
            raise refused("alpha", "must be one number: each level has its own boundary")
        if arms.kept is not None and not self.together:
            way_out = "leave kept out, or let any treatment do"
            raise refused("kept", f"has no meaning where the trial wins if {arms.wins_if}", way_out)
        if self.binding and self.futility is None and arms.kept is None:
            raise refused("binding", "has no meaning without futility or a number of treatments that are kept")
        if self.efficacy_at is not None or self.futility_at is not None:
            name = "futility_at" if self.efficacy_at is None else "efficacy_at"
            raise refused(name, "is not defined over several treatments", "leave it out")
        check_efficacy(self._rule)
        _ = self.lower

    # The rule.

    @property
    def together(self) -> bool:
        """Whether all end as soon as one is shown."""
        return self.arms_design.wins_if == "any"

    @property
    def _rule(self) -> Efficacy:
        return Efficacy(
            rule=self.efficacy,
            fractions=self.looks,
            in_force=(True,) * len(self.looks),
            level=float(self.level),
            two_tailed=False,
        )

    @cached_property
    def lower(self) -> tuple[float, ...]:
        """The z below which a treatment is dropped, look by look; -inf where none is, and at the end."""
        if self.futility is None:
            return (_NEVER,) * len(self.looks)
        name, numbers = split(self.futility) if isinstance(self.futility, str) else ("", ())
        if name != "z" or len(numbers) != len(self.looks) - 1:
            reason = f"of several treatments must be a z for each look but the last, not {shown(self.futility)}"
            raise refused("futility", reason, "write it as in z(0), or z(none,0.5)")
        return (*(_NEVER if one is None else float(one) for one in numbers), _NEVER)

    @cached_property
    def upper(self) -> tuple[float, ...]:
        """The z from which a treatment is shown, look by look."""
        lower, kept = (self.lower, self.arms_design.kept) if self.binding else (None, None)
        found = _boundary(self._rule, self.arms_design.loadings, lower, kept)
        if not all(one > low for one, low in zip(found, self.lower, strict=True)):
            raise refused("futility", "reaches the efficacy boundary", "lower it")
        return found

    def critical_value(self) -> float:
        """That of the last look."""
        return self.upper[-1]

    def by_look(self, n: float, share: float = 1.0) -> list[Look]:
        """What may have happened by each look of n participants, at a share of the planned effects; remembered."""
        memory: dict[tuple[float, float], list[Look]] = vars(self).setdefault("_by_look", {})
        known = n if share else 0.0, share  # without an effect n makes no difference
        if known not in memory:
            memory[known] = self._looked(n, share)
        return memory[known]

    def _looked(self, n: float, share: float) -> list[Look]:
        arms = self.arms_design
        level = float(normal_cdf(-self.critical_value())) * self.sides
        of_one = arms.participants_of_one(n)
        alike = {
            id(one): (share * _drift(one, level, of_one), self._places(one, of_one, share)) for one in arms.comparisons
        }
        compared = [
            Comparison(drift=alike[id(one)][0], loading=loading, places=alike[id(one)][1])
            for one, loading in zip(arms.comparisons, arms.planned_loadings, strict=True)
        ]
        return arms_by_looks.looks(self.upper, self.lower, self.looks, compared, together=self.together, kept=arms.kept)

    def _places(self, one: Design, n: Numbers, share: float) -> tuple[tuple[float, float], ...]:
        """Where the z of a t's P value lies at each look: right at both boundaries, or at the one and a step below it.

        Its mean is smaller than the noncentrality and its variance smaller than 1, the more so the fewer participants.
        """
        if one.noncentral_t(n) is None:
            return ()
        found = []
        for time, upper, lower in zip(self.looks, self.upper, self.lower, strict=True):
            away, df = (float(part) for part in one.noncentral_t(n * time) or ())
            high = upper if math.isfinite(upper) else 0.0
            low = max(lower, high - _WIDEST) if math.isfinite(lower) else high - 1
            at = [-float(score(t_power(share * away, df, float(normal_cdf(-z))))) for z in (high, low)]
            slope = max((at[0] - at[1]) / (high - low), _LEAST_SLOPE)
            found.append((at[0] - slope * high, slope))
        return tuple(found)

    def success(self, n: Numbers) -> Numbers:
        """The probability that any, all, or the first is shown at some look."""
        shape = self.shape(n)
        if not shape:
            return self._reached(float(n))
        sizes, found = np.broadcast_to(n, shape), np.empty(shape)
        for index in np.ndindex(shape):
            found[index] = self.cell(index, shape)._reached(float(sizes[index]))
        return found

    def _reached(self, n: float) -> float:
        """By the end; nan where a cell has no n. What rounding leaves of nothing may be less than that."""
        return math.nan if math.isnan(n) else max(self._counts(self.by_look(n)[-1]), 0.0)

    def power(self, n: Numbers) -> Numbers:
        """Nothing but success counts as a rejection."""
        return self.success(n)

    def unrounded(self, target: Numbers) -> Numbers:
        """From the n of the trial without looks: the normal score of success is nearly a line in the root of n."""
        shape = self.shape(target)
        if shape:
            targets, there = np.broadcast_to(target, shape), np.broadcast_to(self.reachable(), shape)
            each = [
                self.cell(at, shape).unrounded(float(targets[at])) if there[at] else math.nan
                for at in np.ndindex(shape)
            ]
            return np.reshape(np.array(each, dtype=float), shape)
        score = float(normal_quantile(target))
        begin = math.sqrt(float(self.design.replace(kept=None).unrounded(target)))

        def surplus(share: Any) -> Any:
            reached = float(self.success((begin * float(share)) ** 2))
            return float(normal_quantile(min(max(reached, _LEAST), 1 - _LEAST))) - score

        share = float(secant_root(surplus, 1.02, score + float(self.z_alpha), tolerance=1e-9))
        return super().unrounded(target) if math.isnan(share) else (begin * share) ** 2

    def _counts(self, look: Look) -> float:
        return {"any": look.any, "all": look.all, "first": look.each[0]}[self.arms_design.wins_if]

    def reachable(self) -> Any:
        """Where the trial without looks is."""
        return self.fixed.reachable()

    def unreachable(self) -> UnreachableError:
        """Its own; where treatments have shares of the effect, that of the trial without looks."""
        return super().unreachable() if self.arms_design.effect_shares is None else self.fixed.unreachable()

    def at_null(self) -> tuple[Any, ...]:
        """All treatments on the null."""
        return tuple(self.with_members((one,)) for one in self.design.at_null())

    @property
    def formula(self) -> str:
        """The comparisons, and the rule."""
        arms = self.arms_design
        rule = f"{len(self.looks)} looks, {shown(self.efficacy)} boundary by integration over arms and looks"
        dropped = [] if self.futility is None else [f"futility {shown(self.futility)}"]
        dropped += [] if arms.kept is None else [f"selection of {_best(arms.kept)} at the first look"]
        kind = f", {'binding' if self.binding else 'non-binding'} {listed(dropped)}" if dropped else ""
        return f"{arms.treatments} comparisons with one control; {arms.design.formula}; {rule}{kind}"

    @property
    def reference(self) -> str:
        """The design's, the trial's, and the boundary's."""
        own = "Magirr, Jaki & Whitehead 2012" if self.arms_design.kept is None else "Wason et al. 2017"
        return f"{self.arms_design.design.reference}; {own}; {self._rule.reference}"

    # The trial itself.

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """The treatments' and the control's participants, as if all went on to the end."""
        return tuple(self.design.draw(n, trials, rng))

    def shown(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """z at the look that ends each comparison, and which treatments are shown: (trials, treatments) each."""
        arms = self.arms_design
        n = data[0][1].shape[1] * self.block // self.weights[-1]
        sizes = whole_looks(self.looks, n, self.block)
        seen = [size / n for size, planned in zip(sizes, self.looks, strict=True) if planned <= fraction]
        columns = [one.z_at(of, seen) for one, of in zip(arms.comparisons, data, strict=True)]
        z_by_look = [np.stack([column[look] for column in columns], axis=-1) for look in range(len(seen))]
        statistic, found, _ = self._followed(z_by_look)
        return statistic, found

    def _followed(self, z_by_look: Sequence[Any]) -> tuple[Any, Any, Any]:
        """z at the look that ends each comparison, what is shown, and what goes on, by z of (trials, treatments)."""
        arms, statistic = self.arms_design, z_by_look[0]
        goes_on, found = np.ones(statistic.shape, dtype=bool), np.zeros(statistic.shape, dtype=bool)
        for look, (z, upper, lower) in enumerate(zip(z_by_look, self.upper, self.lower, strict=False)):
            statistic = np.where(goes_on, z, statistic)
            found |= goes_on & (z >= upper)
            goes_on &= (z < upper) & (z >= lower)
            if self.together:
                goes_on &= ~found.any(axis=-1, keepdims=True)
            if look == 0 and arms.kept is not None:
                goes_on &= (-z).argsort(axis=-1).argsort(axis=-1) < arms.kept
        return statistic, found, goes_on

    def judged(self, z: Any) -> tuple[list[JudgedHypothesis], bool]:
        """Each treatment against the boundary of the look that ended it, or of this one."""
        self._check_untied(z[0])
        rows = [row[None, :] for row in z]
        statistic, found, goes_on = self._followed(rows)
        last = len(z) - 1
        ended = last + 1 == len(self.looks) or not goes_on.any()
        going = [self._followed(rows[: look + 1])[2][0] for look in range(last + 1)]
        judged = []
        for i, (value, was_shown) in enumerate(zip(statistic[0], found[0], strict=True)):
            look = next((look for look in range(last) if not going[look][i]), last)
            status = SHOWN if was_shown else NOT_SHOWN if ended else GOES_ON if going[last][i] else DROPPED
            upper, lower = (one if math.isfinite(one) else None for one in (self.upper[look], self.lower[look]))
            told = look + 1 if look < last else None
            judged.append(
                JudgedHypothesis(z=float(value), status=status, efficacy_z=upper, futility_z=lower, look=told)
            )
        return judged, ended

    def _check_untied(self, z: Any) -> None:
        """The best go on, and of two that are equally good the rule does not say which."""
        kept, upper, lower = self.arms_design.kept, self.upper[0], self.lower[0]
        if kept is None or (self.together and (z >= upper).any()):
            return
        tied = np.sort(z)[::-1][kept]
        if np.sum(z > tied) < kept and lower <= tied < upper:
            reason = (
                f"is {tied:g} for {np.sum(z == tied)} treatments at the first look, and only the best {kept} may go on"
            )
            way_out = "tell them with more decimals; where they are the same, the rule does not say which is dropped"
            raise ParameterError(reason, owner=self, parameter="z", value=float(tied), way_out=way_out)

    def analyse(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """The statistic that counts, and whether what counts is shown."""
        statistics, found = self.shown(data, fraction)
        if self.arms_design.wins_if == "first":
            return statistics[:, 0], found[:, 0]
        if self.arms_design.wins_if == "all":
            return statistics.min(axis=-1), found.all(axis=-1)
        best = np.where(found.any(axis=-1, keepdims=True) & ~found, -np.inf, statistics)
        return best.max(axis=-1), found.any(axis=-1)

    # What the answer holds.

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The looks, the power of each treatment, and how many participants are expected to be needed."""
        sizes = whole_looks(self.looks, int(n), self.block)
        by = {name: self.by_look(float(n), share) for name, share in HYPOTHESES.items()}
        return {
            "looks": [
                self._row(look, size, by) | {"n_at_most": most}
                for look, (size, most) in enumerate(zip(sizes, self._at_most(sizes), strict=True))
            ],
            "comparisons": _comparisons(by["alternative"][-1]),
            "n_at_most": self._at_most(sizes)[-1],
            "expected_n": {name: self._expected(found, sizes) for name, found in by.items()},
        }

    def beside_looks(self, n: int, target: Numbers) -> dict[str, Any]:
        """The power of each treatment; the critical values are the boundaries of the looks."""
        return {"comparisons": _comparisons(self.by_look(float(n))[-1])}

    def _row(self, look: int, size: int, by: Mapping[str, list[Look]]) -> dict[str, Any]:
        upper, lower = (float(one) if math.isfinite(one) else None for one in (self.upper[look], self.lower[look]))
        return {
            "information": self.looks[look],
            "n": size,
            "efficacy_z": upper,
            "efficacy_p_one_sided": None if upper is None else float(normal_cdf(-upper)),
            "futility_z": lower,
            "futility_p_one_sided": None if lower is None else float(normal_cdf(-lower)),
            "cumulative_alpha": self._spent[look].any,
            "cumulative_power": self._counts(by["alternative"][look]),
            "treatments_going": {name: found[look].going for name, found in by.items()},
            "stop_for_futility": {
                name: None if look + 1 == len(self.looks) else self._ended(found, look) for name, found in by.items()
            },
        }

    @cached_property
    def _spent(self) -> list[Look]:
        """What may have happened by each look without an effect, nothing being dropped unless that is binding."""
        return arms_by_looks.looks(
            self.upper,
            self.lower if self.binding else (_NEVER,) * len(self.looks),
            self.looks,
            [Comparison(drift=0.0, loading=one) for one in self.arms_design.loadings],
            together=True,
            kept=self.arms_design.kept if self.binding else None,
        )

    def _ended(self, found: list[Look], look: int) -> float:
        """P(the trial ends at this look without having shown what counts, every treatment being dropped or shown)."""
        before = 1.0 if not look else found[look - 1].control
        newly = self._any(found, look) - (self._any(found, look - 1) if look else 0.0)
        return max(before - found[look].control - newly, 0.0)

    def _any(self, found: list[Look], look: int) -> float:
        """P(the trial has ended with success by this look)."""
        return found[look].any if self.together else found[look].all

    def _expected(self, found: list[Look], sizes: Sequence[int]) -> float:
        """Those of the first look, and of each later one for as many arms as still go on."""
        *treatments, control = (weight / self.block for weight in self.weights)
        total, before = float(sizes[0]), sizes[0]
        for look, size in zip(found[:-1], sizes[1:], strict=True):
            total += (size - before) * (look.going * treatments[0] + look.control * control)
            before = size
        return total

    def participants_needed(self, n: int, enrolled: int | None = None) -> Needed:
        """By the arms that go on after each look; who is randomised to others while it is read is not counted."""
        sizes = whole_looks(self.looks, n if enrolled is None else enrolled, self.block)
        planned, idle = (self._expected(self.by_look(float(n), HYPOTHESES[name]), sizes) for name in _PLANNED_AND_NULL)
        return Needed(most=self._at_most(sizes)[-1], planned=planned, idle=idle, why=self._why_fewer())

    def _at_most(self, sizes: Sequence[int]) -> list[int]:
        """Those that are needed at most by each look: all at the first, then of those that go on and of the control."""
        arms = self.arms_design
        if arms.kept is None:
            return list(sizes)
        *treatments, control = self.weights
        share = (arms.kept * treatments[0] + control) / self.block
        return [round(sizes[0] + (size - sizes[0]) * share) for size in sizes]

    def _why_fewer(self) -> str:
        arms = self.arms_design
        if arms.kept is None:
            return ""
        return f"after the first look only {_best(arms.kept)} of {arms.treatments} {_goes(arms.kept)} on"

    def detail_rows(self, extra: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Why fewer are needed than all arms would have; the rest stands in tables."""
        why = self._why_fewer()
        if not why or "n_at_most" not in extra:
            return []
        rows = [("needed at most", f"{extra['n_at_most']:,}: {why}; who is randomised while it is read comes on top")]
        least = extra["looks"][0]["n"] * min(self.weights) // self.block
        if least < _FEW and self.one_of_several.noncentral_t(extra["looks"][0]["n"]) is not None:
            said = f"{least} in an arm at the first look, where the best is taken as ranked by z, and not by t"
            rows.append(("few", f"{said}: the power is told too high by some 0.01 to 0.03; verify draws what it is"))
        return rows

    def detail_tables(self, extra: Mapping[str, Any]) -> list[Table]:
        """The looks, and the comparisons."""
        return [*super().detail_tables(extra), *self.design.detail_tables(extra)]

    def look_tables(self, extra: Mapping[str, Any], names: Names) -> list[Table]:
        """The boundaries and what they cost; the comparisons stand with the sample size."""
        boundaries, *rest = super().detail_tables(extra)
        titled = replace(boundaries, title="The looks, and what each has shown or dropped by then")
        return [titled, *(replace(one, title="Participants on average") for one in rest)]

    def looks_in_words(self, names: Sequence[str]) -> str:
        """When, by which boundary, what is dropped, and what ends the trial."""
        arms, at = self.arms_design, listed([percent(one) for one in self.looks[:-1]])
        said = [
            f"The trial is looked at with {at} of the participants, and at the end; at each look every treatment that "
            f"still goes on is compared with the control, and is shown where its z reaches the boundary, one for "
            f"{listed_apart(names)} ({shown(self.efficacy)}; {self._rule.reference})"
        ]
        if self.futility is not None:
            said.append("a treatment whose z lies below the lower boundary is dropped")
        if arms.kept is not None:
            said.append(self._why_fewer())
        said.append(
            "the trial ends with the first treatment that is shown"
            if self.together
            else "each treatment goes on until it is shown, or dropped, or the trial ends"
        )
        drops = self.futility is not None or arms.kept is not None
        side = f", which is one side of {number(float(self.alpha))}, two-sided" if self.sides == 2 else ""
        kept = "as long as what is said here is obeyed" if self.binding else "whatever else is stopped or dropped"
        said.append(
            "the chance that any treatment without an effect is shown is at most "
            f"{number(float(self.level))}{side}{f', {kept}' * drops}"
        )
        return "; ".join(said)

    @property
    def adjusts(self) -> bool:
        """They are several tests at one level."""
        return True

    @property
    def any_will_do(self) -> bool:
        """As the comparisons say."""
        return self.design.any_will_do


def _comparisons(last: Look) -> list[dict[str, Any]]:
    """The power of each treatment, by what has happened by the last look."""
    return [{"treatment": i, "power": power} for i, power in enumerate(last.each, 1)]


def _best(kept: int) -> str:
    """How many go on, in words."""
    return "the best" if kept == 1 else f"the best {kept}"


def _goes(kept: int) -> str:
    return "goes" if kept == 1 else "go"


def _drift(one: Design, level: float, n: Numbers) -> float:
    """The expected z at the end of a comparison that is tested at this level."""
    return float(np.clip(one.replace(alpha=level, sides=one.sides).drift(n), -_FARTHEST, _FARTHEST))


_FARTHEST = 30.0
"""An expected z beyond which nothing is in doubt."""


@lru_cache(maxsize=256)
def _boundary(
    rule: Efficacy, loadings: tuple[float, ...], lower: tuple[float, ...] | None, kept: int | None
) -> tuple[float, ...]:
    """One boundary for all treatments, by a spending function, of a shape, or as given."""
    name, numbers = rule.named
    if name == "z":
        return tuple(math.inf if one is None else float(one) for one in numbers)
    looks = rule.fractions
    if rule.spends:
        spent = np.cumsum(rule.errors()).tolist()
        return arms_by_looks.boundary(spent, looks, loadings, lower=lower, kept=kept)
    if name == "haybittle-peto":
        begin = (float(numbers[0]) if numbers else 3.0,) * (len(looks) - 1)
        spent = [0.0] * len(begin) + [rule.level]
        return arms_by_looks.boundary(spent, looks, loadings, begin=begin, lower=lower, kept=kept)
    null = [Comparison(drift=0.0, loading=loading) for loading in loadings]
    floor = (_NEVER,) * len(looks) if lower is None else lower

    def unspent(height: Any) -> Any:
        upper = rule.of_height(float(height)).tolist()
        reached = arms_by_looks.looks(upper, floor, looks, null, together=True, kept=kept)[-1].any
        return upper_normal_quantile(reached) - upper_normal_quantile(rule.level)

    first = upper_normal_quantile(rule.level / len(loadings))
    return tuple(rule.of_height(float(secant_root(unspent, float(first), tolerance=1e-9))).tolist())
