"""Several comparisons with one control, looked at now and then: the chance that one of them crosses its boundary.

Each comparison's score is a Brownian motion of its own and a share of the control's, which is the same for all. Given
how far the control lies from its mean at each look, the comparisons are independent: each is integrated over its own
score from look to look, what they leave together over the paths of the control (Magirr, Jaki & Whitehead 2012,
Biometrika 99:494). Where only the best go on after the first look, they are independent given the best of the others.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from trialplan.numerics.crossing import Ahead, Grid, Walk, start
from trialplan.numerics.dunnett import LEAST_OWN
from trialplan.numerics.elementary import upper_normal_quantile
from trialplan.numerics.integrate import gauss_hermite, gauss_legendre
from trialplan.numerics.lazy import np, special
from trialplan.numerics.secant import secant_root

MOST_LOOKS, MOST_CHOSEN = 4, 3
"""Looks beyond which the paths of the control are too many, and where the best go on after the first."""

_CONTROL = {1: 32, 2: 24, 3: 20, 4: 14}
"""Nodes along each step of the control, by the number of looks: probabilities then err by less than 1e-6."""

_CHOSEN = {2: 20, 3: 12}
"""The same where the best go on, which takes more of each path."""

_BEST, _REACH = 24, 6.0
"""Nodes along the best z of those that do not go on, and how far from the means it may lie: errors below 5e-6."""


_GRID = Grid(reach=6.0, density=0.8)
"""Of each comparison's own score: errors are then below 1e-7, which the control's nodes exceed."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One treatment against the control: its expected z at the end, and the root of the control's share of variance.

    A statistic that is no z has, at each look, one of `places`: begin and slope of the line that takes it to standard
    deviations from its mean. A z lies about the drift's share with a standard deviation of 1.
    """

    drift: float
    loading: float
    places: tuple[tuple[float, float], ...] = ()

    def as_z(self, statistic: Any, look: int, time: float) -> Any:
        """The z that is as far from its mean as this statistic is at this look."""
        if not self.places:
            return statistic
        begin, slope = self.places[look]
        return self.drift * np.sqrt(time) + begin + slope * statistic

    def of_z(self, z: Any, look: int, time: float) -> Any:
        """The statistic that is as far from its mean at this look as this z."""
        if not self.places:
            return z
        begin, slope = self.places[look]
        return (z - self.drift * np.sqrt(time) - begin) / slope

    def slope(self, look: int) -> float:
        """By how many standard deviations the statistic moves with a step of 1."""
        return self.places[look][1] if self.places else 1.0

    @property
    def rest(self) -> float:
        """The root of its own share of the variance, which is not quite none."""
        return max(float(np.sqrt(1 - self.loading**2)), LEAST_OWN)

    def own(self, z: Any, control: Any, time: float) -> Any:
        """The score of its own at which the comparison has this z, for each score of the control."""
        return (z * np.sqrt(time) - self.loading * control) / self.rest

    def density(self, z: Any, control: Any, time: float) -> Any:
        """Of its z, for each score of the control."""
        away = (self.own(z, control, time) - self.drift / self.rest * time) / np.sqrt(time)
        return np.exp(-(away**2) / 2) / (np.sqrt(2 * np.pi) * self.rest)

    def below(self, z: Any, control: Any, time: float) -> Any:
        """P(its z lies below this one), for each score of the control."""
        away = (self.own(z, control, time) - self.drift / self.rest * time) / np.sqrt(time)
        return special.ndtr(away)


@dataclass(frozen=True)
class _State:
    """One comparison on every path: where it stands while it goes on; P(not shown by now) and P(dropped by now)."""

    comparison: Comparison
    walk: Walk
    unshown: Any
    dropped: Any

    def ahead(self, time: float) -> Ahead:
        """At the next look, with an axis more for the control's step to it."""
        before = Walk(self.walk.nodes[..., None, :], self.walk.weight[..., None, :], self.walk.time)
        return before.ahead(np.asarray(time), np.asarray(self.comparison.drift / self.comparison.rest))


@dataclass(frozen=True)
class _Scene:
    """Comparisons that go on together, those that are alike once, with how many they are, on paths of this weight."""

    weight: Any
    states: tuple[tuple[_State, int], ...]

    def none_shown(self, unshown: Sequence[Any]) -> Any:
        """P(nothing is shown), where each comparison is not with these probabilities."""
        left = self.weight
        for one, (_, times) in zip(unshown, self.states, strict=True):
            left = left * one**times
        return left.sum()


@dataclass(frozen=True, kw_only=True)
class Look:
    """What may have happened by a look: that any treatment is shown, that all are, and that each is.

    `going` is the expected number of treatments that go on after it, `control` that of controls: 1, or 0 at the end.
    """

    any: float
    all: float
    each: tuple[float, ...]
    going: float
    control: float


class Course:
    """Treatments and a control, walked from look to look.

    Each treatment goes on until it is shown, or dropped below a lower boundary. `together`, the trial ends for all as
    soon as one is shown, which is when `kept` can be: the treatments that go on after the first look, the best.
    """

    def __init__(
        self, fractions: Sequence[float], comparisons: Sequence[Comparison], *, together: bool, kept: int | None = None
    ) -> None:
        """Before the first participant."""
        self.fractions, self.comparisons, self.together = tuple(fractions), tuple(comparisons), together
        self.kept = None if kept is None or kept >= len(self.comparisons) or len(self.fractions) == 1 else kept
        one = np.ones(())
        alike = Counter(self.comparisons)
        states = tuple((_State(kind, start(), one, 0 * one), times) for kind, times in alike.items())
        self.scenes, self.look, self.control = [_Scene(one, states)], 0, np.zeros(())
        self.shown = dict.fromkeys(alike, 0.0)
        self._step()

    def _step(self) -> None:
        """The control's step to the next look, and where every comparison then stands."""
        before = self.fractions[self.look - 1] if self.look else 0.0
        nodes = _CONTROL if self.kept is None else _CHOSEN
        x, w = gauss_hermite(nodes[len(self.fractions)])
        self.time = self.fractions[self.look]
        self.control = self.control[..., None] + np.sqrt(self.time - before) * x
        self.scenes = [_Scene(scene.weight[..., None] * w, scene.states) for scene in self.scenes]
        self.aheads = [[state.ahead(self.time) for state, _ in scene.states] for scene in self.scenes]

    def any_shown(self, z: float) -> float:
        """P(any is shown by this look), if this is what shows it here."""
        left = 0.0
        for scene, aheads in zip(self.scenes, self.aheads, strict=True):
            unshown = [
                state.unshown[..., None] - ahead.above(self._own(state.comparison, z))
                for ahead, (state, _) in zip(aheads, scene.states, strict=True)
            ]
            left += scene.none_shown(unshown)
        return float(1 - left)

    def taken(self, upper: float, lower: float) -> Look:
        """What has happened by this look, with its boundaries; then all stand before the next one."""
        last = self.look + 1 == len(self.fractions)
        gap = None if last else np.asarray(self.fractions[self.look + 1] - self.time)
        choose = self.kept is not None and self.look == 0
        moved = [
            self._moved(scene, aheads, upper, lower, gap)
            for scene, aheads in zip(self.scenes, self.aheads, strict=True)
        ]
        none = sum(scene.none_shown([state.unshown for state, _ in scene.states]) for scene in moved)
        every = 0.0
        if not self.together:
            (scene,) = moved
            product = scene.weight
            for state, times in scene.states:
                product = product * (1 - state.unshown) ** times
            every = float(product.sum())
        self.scenes = list(self._chosen(upper, lower, gap)) if choose else moved
        found = Look(
            any=float(1 - none),
            all=every,
            each=tuple(float(self.shown[one]) for one in self.comparisons),
            going=float(sum(self._going(scene) for scene in self.scenes)),
            control=float(sum(self._control_goes_on(scene) for scene in self.scenes)),
        )
        if not last:
            self.look += 1
            self._step()
        return found

    def _moved(self, scene: _Scene, aheads: Sequence[Ahead], upper: float, lower: float, gap: Any) -> _Scene:
        states = []
        for place, (ahead, (state, times)) in enumerate(zip(aheads, scene.states, strict=True)):
            kind = state.comparison
            high, low = (self._own(kind, z) for z in (upper, lower))
            above = ahead.above(high)
            below = ahead.below(low) if np.isfinite(lower) else np.zeros_like(above)
            self.shown[kind] += (scene.weight * above * self._others(scene, place)).sum() * times / self._count(kind)
            drift = np.asarray(kind.drift / kind.rest)
            walk = state.walk if gap is None else ahead.between(low, high, drift, gap, _GRID)
            after = _State(kind, walk, state.unshown[..., None] - above, state.dropped[..., None] + below)
            states.append((after, times))
        return _Scene(scene.weight, tuple(states))

    def _own(self, kind: Comparison, statistic: Any) -> Any:
        """The score of its own at which a comparison has this statistic now, for each score of the control."""
        return kind.own(kind.as_z(statistic, self.look, self.time), self.control, self.time)

    def _count(self, kind: Comparison) -> int:
        return self.comparisons.count(kind)

    def _others(self, scene: _Scene, place: int) -> Any:
        """P(no other was shown before), which matters where all end together."""
        product: Any = 1.0
        if self.together:
            for i, (state, times) in enumerate(scene.states):
                product = product * state.unshown[..., None] ** (times - (i == place))
        return product

    def _going(self, scene: _Scene) -> Any:
        total: Any = 0.0
        for place, (state, times) in enumerate(scene.states):
            product = scene.weight * (state.unshown - state.dropped)
            if self.together:
                for i, (other, count) in enumerate(scene.states):
                    product = product * other.unshown ** (count - (i == place))
            total = total + times * product.sum()
        return total

    def _control_goes_on(self, scene: _Scene) -> Any:
        """It does while any treatment does."""
        still, ended = scene.weight, scene.weight
        for state, times in scene.states:
            still = still * state.unshown**times if self.together else still
            ended = ended * (state.dropped if self.together else 1 - state.unshown + state.dropped) ** times
        return (still - ended).sum()

    def _chosen(self, upper: float, lower: float, gap: Any) -> Iterator[_Scene]:
        """Which go on after the first look, the best of the others being at each of its z values."""
        (scene,), ((*aheads,),) = self.scenes, self.aheads
        kinds = [state.comparison for state, _ in scene.states]
        means = [kind.drift * np.sqrt(self.time) for kind in kinds]
        ends = [
            [kind.of_z(mean + way * _REACH, self.look, self.time) for kind, mean in zip(kinds, means, strict=True)]
            for way in (-1, 1)
        ]
        top = min(upper, max(ends[1]))
        x, w = gauss_legendre(_BEST)
        bottom = min(min(ends[0]), top)
        best, width = (bottom + (top - bottom) * x)[:, None], ((top - bottom) * w)[:, None]
        for others, going, ways in self._subsets(kinds):
            for place in others:
                at = [kind.as_z(best, self.look, self.time) for kind in kinds]
                density = kinds[place].density(at[place], self.control, self.time) * kinds[place].slope(self.look)
                weight = scene.weight * width * density * ways * others[place]
                for i, times in others.items():
                    weight = weight * kinds[i].below(at[i], self.control, self.time) ** (times - (i == place))
                states = [
                    (self._from(kinds[i], aheads[i], (upper, lower, best), gap), times) for i, times in going.items()
                ]
                yield _Scene(weight, tuple(states))

    def _subsets(self, kinds: Sequence[Comparison]) -> Iterator[tuple[Counter[int], Counter[int], int]]:
        """Those that do not go on and those that do, by kind, and in how many ways."""
        places = [kinds.index(one) for one in self.comparisons]
        ways: Counter[tuple[int, ...]] = Counter()
        for chosen in itertools.combinations(range(len(places)), self.kept or 0):
            ways[tuple(sorted(places[i] for i in chosen))] += 1
        for chosen, count in ways.items():
            going = Counter(chosen)
            yield Counter(places) - going, going, count

    def _from(self, kind: Comparison, ahead: Ahead, bounds: tuple[float, float, Any], gap: Any) -> _State:
        """One that goes on, being better than the best of the others."""
        upper, lower, best = bounds
        high, low, floor = (self._own(kind, z) for z in (upper, lower, best))
        within = ahead.below(high) - ahead.below(floor)
        walk = ahead.between(np.maximum(low, floor), high, np.asarray(kind.drift / kind.rest), gap, _GRID)
        return _State(kind, walk, within, np.maximum(ahead.below(low) - ahead.below(floor), 0.0))


def boundary(
    spent: Sequence[float],
    fractions: Sequence[float],
    loadings: Sequence[float],
    *,
    begin: Sequence[float] = (),
    lower: Sequence[float] | None = None,
    kept: int | None = None,
) -> tuple[float, ...]:
    """The z at each look that some treatment without an effect reaches by then with the probability in `spent`.

    One for all treatments; inf where a look spends nothing. The first ones may be given, as `begin`. Treatments below
    `lower` are dropped, and of the first look's the best `kept` go on, where these are given.
    """
    null = [Comparison(drift=0.0, loading=loading) for loading in loadings]
    course = Course(fractions, null, together=True, kept=kept)
    floor = [-np.inf] * len(spent) if lower is None else lower
    found: list[float] = []
    before = 0.0
    for look, (total, low) in enumerate(zip(spent, floor, strict=True)):
        if look < len(begin):
            z = begin[look]
        elif total <= before:
            z = np.inf
        else:
            z = _reached(course, total, upper_normal_quantile((total - before) / len(null)))
        found.append(z)
        reached = course.taken(z, low).any
        before = reached if look < len(begin) else max(before, total)
    return tuple(found)


def _reached(course: Course, total: float, near: Any) -> float:
    """The z that any treatment has reached by this look with this probability; nan where it is not found."""
    score = upper_normal_quantile(total)

    def unspent(z: Any) -> Any:
        return upper_normal_quantile(course.any_shown(float(z))) - score

    return float(secant_root(unspent, float(near), tolerance=1e-9))


def looks(
    upper: Sequence[float],
    lower: Sequence[float],
    fractions: Sequence[float],
    comparisons: Sequence[Comparison],
    *,
    together: bool,
    kept: int | None = None,
) -> list[Look]:
    """What may have happened by each look."""
    course = Course(fractions, comparisons, together=together, kept=kept)
    return [course.taken(*bounds) for bounds in zip(upper, lower, strict=True)]
