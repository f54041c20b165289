"""A family whose hypotheses are looked at early: each has boundaries of its own at every share of the level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal, Self, TypeGuard

from trialplan.design import Design
from trialplan.errors import ParameterError, UnreachableError
from trialplan.numerics.elementary import normal_cdf
from trialplan.numerics.lazy import np
from trialplan.page import Table
from trialplan.parameter import Numbers, parameter
from trialplan.sequential.base import GOES_ON, NOT_SHOWN, OWN, SHOWN, JudgedHypothesis, WithLooks
from trialplan.sequential.boundaries.efficacy import Efficacy, read_efficacy
from trialplan.sequential.boundaries.spending import SPENDING
from trialplan.sequential.look_table import whole_looks
from trialplan.several._family import numbers
from trialplan.several._powers import ALL, ANY, FAR, score
from trialplan.several._stepwise import _Stepwise, lattice
from trialplan.text import listed, number, percent, probability
from trialplan.wrapper import Names

StopsWhen = Literal["all", "any", "first"]
"""What ends the trial at a look: every hypothesis shown, any, or the first one; else it goes on to the end."""

_OWN = (*OWN, "stops_when")

_NOT_DEFINED = ("futility", "binding", "efficacy_at", "futility_at")


def _has_shares(value: Any) -> TypeGuard[_Stepwise]:
    return isinstance(value, _Stepwise) and value.shares_by_bonferroni


def _read_family(value: Any) -> _Stepwise:
    if not _has_shares(value):
        known = "graphical, fallback, at-least-one, or holm"
        raise ParameterError(f"must be a family whose hypotheses have shares of the level: {known}; not {value!r}")
    return value


def _read_spending(value: Any) -> Any:
    rule = read_efficacy(value)
    if not isinstance(rule, str) or rule.partition("(")[0] not in SPENDING:
        raise ParameterError(
            f"must be a spending function, which is one at every share of the level ({', '.join(SPENDING)}), "
            f"not {value!r}"
        )
    return rule


@dataclass(frozen=True, kw_only=True)
class FamilyWithLooks(WithLooks):
    """Which of several hypotheses are shown, and when, where a family is looked at before the end?

    Every hypothesis has boundaries by the same spending function at each share of the level that its family may hand
    it. At a look the family's procedure is put to the smallest share at which each hypothesis has crossed by then; one
    that is shown hands its share on, and the others are held against the boundaries of what they have now. Every
    intersection of true hypotheses so has a test of its level, and the family keeps it whatever the correlation. A key
    secondary endpoint behind a primary is a graph that hands everything to it: it is tested at the look that ends the
    trial by boundaries of its own, and not at the full level, which would not be kept.

    n is that of the end; `looks` are the shares of it that are read at each, of every hypothesis the same.

    >>> from trialplan import Graphical, TwoMeans
    >>> ends = (TwoMeans(difference=0.4, sd=1, test="z"), TwoMeans(difference=0.3, sd=1, test="z"))
    >>> order = Graphical(members=ends, initial_weights=(1, 0), transitions=((0, 1), (0, 0)), correlation=0.5)
    >>> trial = FamilyWithLooks(design=order, looks=(0.5, 1), stops_when="first")
    >>> [round(float(one), 2) for one in trial.powers(200)[:2]]
    [0.81, 0.42]

    References:
        Maurer & Bretz (2013), Statistics in Biopharmaceutical Research 5:311 (graphs with spending functions).
        Glimm, Maurer & Bretz (2010), Statistics in Medicine 29:219; Tamhane, Mehta & Liu (2010), Biometrics 66:1174
        (the level of a key secondary endpoint); Hung, Wang & O'Neill (2007), J Biopharm Stat 17:1201 (the want).
        Liu & Anderson (2008), Journal of the American Statistical Association 103:1621 (sequential P values).
    """

    unscripted: ClassVar[tuple[str, ...]] = (*WithLooks.unscripted, "stops_when")

    design: Design = parameter("the family without looks", None, read=_read_family)
    efficacy: str = parameter(
        "the spending function of every hypothesis", None, read=_read_spending, default="lan-demets-obrien-fleming"
    )
    stops_when: StopsWhen = parameter(
        "what ends the trial at a look: all are shown, any is, or the first one", StopsWhen, default="all"
    )

    two_tailed = False
    exact = False
    dates_looks = False
    tex = ""

    @classmethod
    def looks_at(cls, design: Design) -> bool:
        """At a family whose hypotheses have shares of the level."""
        return _has_shares(design)

    def check(self) -> None:
        """No rule but efficacy: what is handed on has no boundary for futility."""
        given = {name: getattr(self, name) for name in _NOT_DEFINED}
        for name, value in given.items():
            if value:
                reason = "is not defined over a family"
                raise ParameterError(reason, owner=self, parameter=name, value=value, way_out="leave it out")

    def replace(self, **numbers: Any) -> Self:
        """The same looks with other numbers of their own or of the family."""
        own = {name: numbers.pop(name, getattr(self, name)) for name in _OWN}
        own["design"] = own["design"].replace(**numbers)
        return type(self)(**own)

    def assumptions(self) -> dict[str, Any]:
        """The family's numbers, and the looks."""
        return super().assumptions() | {"stops_when": self.stops_when}

    @property
    def adjusts(self) -> bool:
        """It is a family."""
        return True

    @property
    def any_will_do(self) -> bool:
        """As the family says."""
        return self.family.any_will_do

    @property
    def family(self) -> _Stepwise:
        """The family without looks."""
        assert isinstance(self.design, _Stepwise)  # `_read_family` refuses all else
        return self.design

    @property
    def smooth(self) -> bool:
        """Where the family is."""
        return self.design.smooth

    @property
    def formula(self) -> str:
        """The family's, at every look."""
        return f"{self.design.formula}; at each of {len(self.looks)} looks, by {self.efficacy}"

    @property
    def reference(self) -> str:
        """That of looks at graphs, and the family's."""
        return f"Maurer & Bretz 2013, Statistics in Biopharmaceutical Research 5:311; {self.design.reference}"

    # Boundaries.

    @cached_property
    def boundaries(self) -> tuple[Any, ...]:
        """For each hypothesis the z that shows it, of shape (shares of the level, looks), the smallest share first."""
        level = float(self.family.level)
        found, every = dict[float, Any](), (True,) * len(self.looks)
        for share in {one for shares in self.family.levels() for one in shares}:
            rule = Efficacy(
                rule=self.efficacy, fractions=self.looks, in_force=every, level=share * level, two_tailed=False
            )
            found[share] = rule.z()
        return tuple(np.stack([found[one] for one in shares]) for shares in self.family.levels())

    # Power.

    def powers(self, n: Numbers) -> Any:
        """The probability that each hypothesis is shown by the end, then any, then all: on the last axis."""
        return self.powers_by_look(n)[..., -1, :]

    def powers_by_look(self, n: Numbers) -> Any:
        """The same by each look: shape (…, looks, hypotheses and two)."""
        self.require_effect()
        limits, k = self._limits(n), self.family.tests_made
        flat = np.broadcast_arrays(*limits, *(c for row in self.family.correlations for c in row))
        shape, cuts = np.shape(flat[0]), np.cumsum([bounds.size for bounds in self.boundaries])
        found = np.empty((*shape, len(self.looks), k + 2))
        for index in np.ndindex(shape):
            *each, correlations = np.split(np.array([float(one[index]) for one in flat]), cuts)
            bounds = [one.reshape(known.shape) for one, known in zip(each, self.boundaries, strict=True)]
            found[index] = self._of_numbers(bounds, correlations.reshape(k, k))
        return found

    @cached_property
    def _at_boundaries(self) -> tuple[tuple[tuple[Design | None, ...], ...], ...]:
        """Each hypothesis at the level that a normal z has beyond each boundary; None where no z shows it."""
        return tuple(
            tuple(tuple(self._at(one, float(bound)) for bound in row) for row in bounds)
            for one, bounds in zip(self.family.hypotheses, self.boundaries, strict=True)
        )

    def _at(self, one: Design, bound: float) -> Design | None:
        if not bound < _HIGHEST:
            return None
        return one.replace(alpha=float(normal_cdf(-bound)) * self.sides, sides=self.sides)

    def _limits(self, n: Numbers) -> list[Numbers]:
        """The z without drift from which each is shown, hypothesis by hypothesis, share by share, look by look.

        It is that of the hypothesis's own power with the participants of the look, at the level of the boundary. So
        what a t test lacks beside a z test, at few participants and at small levels, is not claimed.
        """
        seen = [self.family.participants_of_one(size) for size in self._sizes(n)]
        with np.errstate(all="ignore"):
            scores = [
                -FAR if one is None else score(one.success(size))
                for rows in self._at_boundaries
                for row in rows
                for one, size in zip(row, seen, strict=True)
            ]
        return [np.where(np.isnan(one), FAR, -one) for one in scores]

    def _sizes(self, n: Numbers) -> list[Numbers]:
        """The participants of each look; where tests count, whole blocks of them."""
        if self.smooth:
            return [n * look for look in self.looks]
        return [np.maximum(np.round(n * look / self.block), 1) * self.block for look in self.looks]

    def _of_numbers(self, limits: Sequence[Any], correlations: Any) -> Any:
        """Over a lattice of the increments between the looks, which are independent."""
        k, steps = len(limits), np.diff(self.looks, prepend=0.0)
        points = lattice(k * len(steps))[:_POINTS].reshape(-1, len(steps), k) @ np.linalg.cholesky(correlations).T
        walk = np.cumsum(points * np.sqrt(steps)[:, None], axis=1)
        shown = self._beyond(walk / np.sqrt(self.looks)[:, None], limits)
        return np.stack([self.family.of_rejections(shown[:, look]).mean(axis=0) for look in range(len(steps))])

    def shown_by_look(self, z: Any) -> Any:
        """What is shown by each look where the statistics are z: (trials, looks, hypotheses) each."""
        return self._beyond(z, self.boundaries)

    def _beyond(self, z: Any, limits: Sequence[Any]) -> Any:
        looks = range(len(self.looks))
        crossed = [[z[:, look, i, None] >= limit[:, look] for look in looks] for i, limit in enumerate(limits)]
        return np.stack(self._by_look(crossed), axis=1)

    def _by_look(self, crossed: Sequence[Sequence[Any]]) -> list[Any]:
        """What is shown by each look, (trials, hypotheses), where each crosses at (trials, shares), look by look.

        A trial that has ended keeps what it had shown then.
        """
        looks, family = len(crossed[0]), self.family
        so_far = [np.zeros_like(each[0]) for each in crossed]
        shown: list[Any] = []
        over = np.zeros(len(so_far[0]), dtype=bool)
        for look in range(looks):
            so_far = [before | each[look] for before, each in zip(so_far, crossed, strict=True)]
            # by the smallest share at which it has crossed; who crosses at one crosses at every larger one
            steps = [np.where(one.any(axis=1), one.argmax(axis=1), one.shape[1]) for one in so_far]
            now = family.at_steps(steps)
            now = np.where(over[:, None], shown[-1], now) if shown else now
            over |= {"all": now.all(axis=1), "any": now.any(axis=1), "first": now[:, 0]}[self.stops_when]
            shown.append(now)
        return shown

    def judged(self, z: Any) -> tuple[list[JudgedHypothesis], bool]:
        """Each hypothesis by the smallest share of the level at which it has crossed by now, and the procedure."""
        looks = range(len(z))
        crossed = [
            [z[None, look, i, None] >= bound[:, look] for look in looks] for i, bound in enumerate(self.boundaries)
        ]
        by_look, every = self._by_look(crossed), len(z) == len(self.looks)
        shown = by_look[-1][0]
        ended = every or {"all": shown.all(), "any": shown.any(), "first": shown[0]}[self.stops_when]
        judged = []
        for i, (shares, was_shown) in enumerate(zip(self.family.levels(), shown, strict=True)):
            reached = [share for j, share in enumerate(shares) if any(crossed[i][look][0, j] for look in looks)]
            status = SHOWN if was_shown else NOT_SHOWN if ended else GOES_ON
            share = min(reached) if reached else None
            judged.append(JudgedHypothesis(z=float(z[-1, i]), status=status, share=share))
        return judged, bool(ended)

    def success(self, n: Numbers) -> Numbers:
        """The probability that any, or all, are shown by the end, as the family says."""
        return self.powers(n)[..., self._counts]

    @property
    def _counts(self) -> int:
        """Where the power that counts stands among `powers`."""
        return ANY if self.family.wins_if == "any" else ALL

    def power(self, n: Numbers) -> Numbers:
        """Nothing but success counts as a rejection."""
        return self.success(n)

    def all_shown(self, n: Numbers) -> Numbers:
        """By the end."""
        return self.powers(n)[..., ALL]

    def at_null(self) -> tuple[Self, ...]:
        """The family's."""
        return tuple(self.with_members((one,)) for one in self.design.at_null())

    def reachable(self) -> Any:
        """Where the family's effects are."""
        return self.design.reachable()

    def unreachable(self) -> UnreachableError:
        """The family's reason."""
        return self.design.unreachable()

    def detectable_effect(self, n: Numbers, target: Numbers = 0.8) -> Numbers:
        """Refused, as by the family: there is no one effect."""
        return self.design.detectable_effect(n, target)

    def at_share(self, share: float) -> Self | None:
        """The family's."""
        moved = self.design.at_share(share)
        return None if moved is None else self.with_members((moved,))

    def noncentral_t(self, n: Numbers) -> tuple[Numbers, Numbers] | None:
        """There is more than one statistic."""
        return None

    # Participants.

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """The family's."""
        return tuple(self.design.draw(n, trials, rng))

    def shown(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """The last statistics, and which hypotheses are shown by the looks up to this fraction."""
        crossed: list[list[Any]] = []
        statistics: list[Any] = []
        for one, at_boundaries, of in zip(self.family.hypotheses, self._at_boundaries, data, strict=True):
            at_looks, statistic = [], None
            for look, time in enumerate(self.looks):
                if time > fraction + 1e-9:
                    continue
                rejects = []
                for row in at_boundaries:
                    tested = row[look]
                    statistic, found = (tested or one).analyse(of, time)
                    rejects.append(found & (statistic > 0) & (tested is not None))
                at_looks.append(np.stack(rejects, axis=1))
            crossed.append(at_looks)
            statistics.append(statistic)
        return np.stack(statistics, axis=-1), self._by_look(crossed)[-1]

    def analyse(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """The greatest of the last statistics and whether any is shown; the least, and whether all are."""
        statistics, shown = self.shown(data, fraction)
        if self.family.wins_if == "any":
            return statistics.max(axis=-1), shown.any(axis=-1)
        return statistics.min(axis=-1), shown.all(axis=-1)

    # What the answer holds.

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """What is shown by each look, and the boundaries of each hypothesis at each share of the level."""
        if self.shape(n):
            return {}
        sizes, shown = whole_looks(self.looks, int(n), self.block), self.powers_by_look(n)
        return {
            "looks": [
                {
                    "information": look,
                    "n": size,
                    "hypotheses": [float(one) for one in row[:-2]],
                    "power_of_any": float(row[-2]),
                    "power_of_all": float(row[-1]),
                    "cumulative_power": float(row[self._counts]),
                }
                for look, size, row in zip(self.looks, sizes, shown, strict=True)
            ],
            "boundaries": [
                {"hypothesis": i, "share_of_level": share, "efficacy_z": [float(z) for z in row]}
                for i, (shares, rows) in enumerate(zip(self.family.levels(), self.boundaries, strict=True), 1)
                for share, row in zip(shares, rows, strict=True)
            ],
        }

    def beside_looks(self, n: int, target: Numbers) -> dict[str, Any]:
        """The correlations, which looks do not change, and the power of each hypothesis, of any and of all with them.

        A hypothesis's own power, by a single analysis at its level, is left out: no look here tests so.
        """
        found = {name: value for name, value in self.fixed.details(n, target).items() if name != "members"}
        *each, some, every = map(float, self.powers(n))
        shown = [{"hypothesis": i, "power": power} for i, power in enumerate(each, 1)]
        return found | {"hypotheses": shown, "power_of_any": some, "power_of_all": every}

    def detail_tables(self, extra: Mapping[str, Any]) -> list[Table]:
        """The same as tables, which number the hypotheses."""
        return self.named_tables(extra, numbers(self.family))

    def named_tables(self, extra: Mapping[str, Any], names: Names) -> list[Table]:
        """The same as tables, with these names."""
        looks = [percent(one) for one in self.looks]
        shown = [
            [percent(one["information"]), f"{one['n']:,}", *map(probability, _in_order(one))]
            for one in extra.get("looks", ())
        ]
        tested = names.tested[: self.family.tests_made]
        bounds = [
            [
                tested[one["hypothesis"] - 1],
                f"{one['share_of_level']:.4g}",
                *(f"{z:.3f}" for z in one["efficacy_z"]),
            ]
            for one in extra.get("boundaries", ())
        ]
        columns = frozenset(range(1, len(tested) + 4))
        of_looks = frozenset(range(1, len(looks) + 2))
        return [
            Table(("look", "n", *tested, "any", "all"), shown, "Shown by each look", right=columns),
            Table(("hypothesis", "share of the level", *looks), bounds, "z that shows it", right=of_looks),
        ]

    def look_tables(self, extra: Mapping[str, Any], names: Names) -> list[Table]:
        """What is shown by each look, and the boundaries."""
        return self.named_tables(extra, names)

    def rule_in_words(self, names: Sequence[str]) -> str:
        """The family's rule, and its looks."""
        return f"{self.design.rule_in_words(names)}. {self.looks_in_words(names)}"  # type: ignore[attr-defined]

    def looks_in_words(self, names: Sequence[str]) -> str:
        """When, by which boundaries, and what ends the trial."""
        ends = {"all": "all are shown", "any": "any is shown", "first": f"{names[0]} is shown"}[self.stops_when]
        at = listed([percent(one) for one in self.looks[:-1]])
        return (
            f"The {self.family.numbered[1]} are looked at with {at} of the participants, and at the end; at each "
            f"share of the level {number(float(self.alpha))} a hypothesis has boundaries by {self.efficacy}, and what "
            f"is shown hands its share on at the same look (Maurer & Bretz 2013). The trial ends early if {ends}"
        )


def _in_order(look: Mapping[str, Any]) -> Iterator[float]:
    yield from look["hypotheses"]
    yield look["power_of_any"]
    yield look["power_of_all"]


_POINTS = 2**15
"""Of the lattice, of which each is followed through all looks: a power is right to some 0.002."""

_HIGHEST = 37.0
"""A z whose tail a computer still holds."""
