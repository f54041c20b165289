"""What every family of endpoints shares: one level, one split of the participants, outcomes joined by a copula."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from trialplan.design import Design
from trialplan.errors import ParameterError, UnreachableError, did_you_mean
from trialplan.numerics.elementary import normal_cdf, normal_quantile
from trialplan.numerics.lazy import np
from trialplan.outcomes.responses import Responses
from trialplan.page import Table
from trialplan.parameter import Numbers, Parameter, parameter, parameters
from trialplan.several._arms import at_shares, check_arms, effect_shares, reachable, treatments, unreachable
from trialplan.several._correlation import control_loading, implied, of_statistics
from trialplan.several._fields import SeveralOutcomes, read_members
from trialplan.text import listed, number
from trialplan.wrapper import LEVEL, Names, Wrapper

_OF_MEMBERS: dict[str, Any] = dict.fromkeys(LEVEL)
"""The level of a family that is made of members which have one already."""

_EDGE = 1e-16
"""How near to 0 and 1 a uniform number may lie, so that its normal score is finite."""


@dataclass(frozen=True, kw_only=True)
class Family(Wrapper):
    """A trial of several endpoints. A family says `success(n)`, `analyse`, and its own numbers.

    All members have the same arms: a treatment and a control, or with `treatments` several of them beside one control.
    Then each endpoint is a hypothesis of every treatment, endpoint by endpoint and in each the treatments in their
    order; n is of all arms. `replace` takes alpha, sides and allocation for all of them; any other number of a
    member by its name and the member's place: control_1, difference_2. The number whose role is association is the
    latent correlation of the Gaussian copula that joins the outcomes: one for every pair, or the pairs row by row.
    """

    members: tuple[Design, ...] = parameter("the designs of the endpoints", None, default=(), read=read_members)

    treatments: int = treatments()
    effect_shares: tuple[float, ...] | None = effect_shares()

    outcome = SeveralOutcomes()
    two_tailed = False  # only what favours the treatment counts
    exact = False  # the joint law of the statistics is that of large samples
    tex = ""  # each member has its own

    def __post_init__(self) -> None:
        """Read the members, which share level and allocation."""
        self._set("members", parameters(type(self))["members"].check(type(self).__name__, "members", self.members))
        self._check_members()
        for name in ("arm_names", "allocation"):
            self._set(name, getattr(self.lead, name))
        self._set("goal", " and ".join(dict.fromkeys(one.goal for one in self.members)))
        super().__post_init__()
        check_arms(self, self.treatments, self.effect_shares, len(self.members))
        if self.treatments > 1:
            if len(self.lead.arm_names) != 2:
                reason = f"are compared with a control, and the members have {_arms(self.lead)}"
                way_out = "take designs of a treatment and a control"
                raise ParameterError(reason, owner=self, parameter="treatments", way_out=way_out)
            names = tuple(f"{self.lead.arm_names[0]} {i + 1}" for i in range(self.treatments))
            self._set("arm_names", (*names, self.lead.arm_names[-1]))

    def _check_members(self) -> None:
        """They have the same arms and one limit each, and outcomes that can be joined."""
        lead = self.lead
        for i, one in enumerate(self.members, 1):
            if (one.arm_names, one.weights) != (lead.arm_names, lead.weights):
                raise ParameterError(
                    f"member {i} ({one.slug()}) has {_arms(one)}, and member 1 {_arms(lead)}",
                    owner=self,
                    way_out="endpoints have the same participants: give all members the same arms and allocation",
                )
            if len(one.null_values()) == 2:
                raise ParameterError(
                    f"member {i} ({one.slug()}) is of equivalence, which has two limits",
                    owner=self,
                    way_out="a family takes superiority and non-inferiority",
                )
            if len(one.latent()) != len(one.arm_names):  # which raises where the outcome cannot be joined
                raise ParameterError(
                    f"member {i} ({one.slug()}) counts {len(one.latent())} groups, which are not its arms",
                    owner=self,
                    way_out="take a design without stages",
                )

    def check(self) -> None:
        """There is one number for each pair, and together they are a correlation matrix."""
        k = len(self.members)
        value = self.value("association") if self.field("association") else 0.0
        if isinstance(value, tuple) and len(value) != k * (k - 1) // 2:
            raise ParameterError(
                f"must be one number, or one for each of the {k * (k - 1) // 2} pairs of members row by row, not "
                f"{len(value)}",
                owner=self,
                parameter=self.field("association") or "",
                value=value,
            )
        matrix = self._matrix()
        plain = not any(np.ndim(one) for row in matrix for one in row)
        if plain and np.linalg.eigvalsh(matrix).min() <= 0:
            raise ParameterError(
                f"= {number(value)} is no correlation of {k} outcomes together",
                owner=self,
                parameter=self.field("association") or "",
                value=value,
                way_out=f"one number for all pairs must exceed {-1 / (k - 1):.4g}",
            )

    def place(self, members: tuple[Design, ...]) -> None:
        """Where they are declared."""
        self._set("members", members)

    def with_members(self, members: tuple[Design, ...]) -> Self:
        """The same family of other designs."""
        return dataclasses.replace(self, members=members, **_OF_MEMBERS)

    def replace(self, **numbers: Any) -> Self:
        """The same family with other numbers of its own, or of its members by name and place."""
        own = {name: numbers.pop(name) for name in parameters(type(self)) if name in numbers}
        forgotten = {name: None for name in LEVEL if name in own}  # the members take it from the whole again
        shared = forgotten | {name: numbers.pop(name) for name in ("allocation",) if name in numbers}
        each: list[dict[str, Any]] = [dict(shared) for _ in self.members]
        for name, value in numbers.items():
            field, place = self._addressed(name)
            each[place][field] = value
        members = own.pop("members", self.members)
        moved = tuple(one.replace(**new) if new else one for one, new in zip(members, each, strict=True))
        level = {name: own.pop(name, None) for name in LEVEL}
        return dataclasses.replace(self, members=moved, **level, **own)

    def _addressed(self, name: str) -> tuple[str, int]:
        """The field and the member, from 0, that a name such as control_1 means."""
        known = self.declarations()
        if name not in known:
            raise ParameterError(
                f"there is no {name!r}",
                owner=self,
                way_out=f"a member's number is named with its place, as in {next(iter(known))}; "
                f"{did_you_mean(name, known)}",
            )
        field, _, place = name.rpartition("_")
        return field, int(place) - 1

    def declarations(self) -> Mapping[str, Parameter]:
        """The members' numbers by name and place, then the family's own and what the members share."""
        own = {name: one for name, one in parameters(type(self)).items() if name != "members"}
        each = {
            f"{name}_{place}": dataclasses.replace(
                one, meaning=f"{one.label} of endpoint {place} ({member.slug()})", role=""
            )
            for place, member in enumerate(self.members, 1)
            for name, one in member.declarations().items()
            if name not in (*LEVEL, "allocation")
        }
        split = {name: one for name, one in self.lead.declarations().items() if name == "allocation"}
        return each | own | split

    def assumptions(self) -> dict[str, Any]:
        """The members' numbers by name and place, then the family's own."""
        values = {
            f"{name}_{place}": value
            for place, member in enumerate(self.members, 1)
            for name, value in member.assumptions().items()
            if name not in (*LEVEL, "allocation")
        }
        own = {name: getattr(self, name) for name in parameters(type(self)) if name != "members"}
        if self.treatments == 1:
            del own["treatments"]
        split = {"allocation": self.allocation} if self.allocation else {}
        return values | {name: value for name, value in own.items() if value is not None} | split

    @property
    def defaulted(self) -> tuple[str, ...]:
        """What no member states."""
        return tuple(name for name in LEVEL if all(name in one.defaulted for one in self.members))

    @property
    def weights(self) -> tuple[int, ...]:
        """Of every treatment what the members' allocation has for it, and the control's once."""
        own = self.lead.weights
        return own if self.treatments == 1 else (*(own[0],) * self.treatments, own[1])

    @property
    def tests_made(self) -> int:
        """How many hypotheses there are."""
        return len(self.members) * self.treatments

    @cached_property
    def hypotheses(self) -> tuple[Design, ...]:
        """What is tested: the members, each for every treatment at its share of the effect."""
        if self.treatments == 1:
            return self.members
        k, shares = self.treatments, self._shares_of_effects()
        return tuple(
            one for i, member in enumerate(self.members) for one in at_shares(member, shares[i * k : (i + 1) * k])
        )

    def _shares_of_effects(self) -> tuple[float, ...]:
        """One for each hypothesis."""
        stated = self.effect_shares or (1.0,) * self.treatments
        return stated if len(stated) > self.treatments else stated * len(self.members)

    def named(self, members: Sequence[str], treatments: Sequence[str]) -> tuple[str, ...]:
        """What the hypotheses are called, by names of the endpoints and of the treatments."""
        if self.treatments == 1:
            return tuple(members)
        return tuple(f"{member} with {treatment}" for member in members for treatment in treatments)

    def aimed_at(self, names: Sequence[str]) -> str:
        """Of which treatments an effect on an endpoint is to be shown."""
        return f"at least one of {listed(names)}" if self.any_will_do else super().aimed_at(names)

    def participants_of_one(self, n: Numbers) -> Numbers:
        """Those of one hypothesis, a treatment and the control, among n."""
        return n if self.treatments == 1 else n * self.lead.block / self.block

    def clusters(self, n: Any) -> Mapping[str, int]:
        """Those of the first endpoint that has some: all have the same participants."""
        of_one = self.participants_of_one(n)
        found = next((own for one in self.members if (own := one.clusters(of_one))), {})
        *treated, control = self.arm_names
        given, none = (self.lead.arm_names[0], self.lead.arm_names[-1])
        each = dict.fromkeys(treated, found[given]) if given in found else {}
        return each | ({control: found[none]} if none in found else {})

    @property
    def smooth(self) -> bool:
        """Where every member is."""
        return all(one.smooth for one in self.members)

    @property
    def formula(self) -> str:
        """The members' formulas, joined."""
        each = "; ".join(dict.fromkeys(one.formula for one in self.members))
        return f"joint normal distribution of the {self.tests_made} statistics; {each}"

    @property
    def reference(self) -> str:
        """Where the joint law is published, then the members' formulas."""
        own = "Sozu, Sugimoto & Hamasaki 2010, Statistics in Medicine 29:2169; 2012, Biometrical Journal 54:716"
        return "; ".join(dict.fromkeys([own, *(one.reference for one in self.members)]))

    def shape(self, *others: Any) -> tuple[int, ...]:
        """That of all members and of the correlation together."""
        own = self._arrays().values()
        return np.broadcast_shapes(super().shape(*others), *map(np.shape, own))

    def cell(self, index: tuple[int, ...], shape: tuple[int, ...]) -> Self:
        """The same family of the members' cells, at the cell of its own numbers."""
        own: dict[str, Any] = {
            name: float(np.broadcast_to(v, shape)[index]) for name, v in self._arrays().items() if name not in LEVEL
        }
        members = tuple(one.cell(index, shape) for one in self.members)
        return dataclasses.replace(self, members=members, **_OF_MEMBERS, **own)

    # What can be shown.

    @property
    def decisive(self) -> tuple[int, ...]:
        """The places, from 0, of the hypotheses that success rests on: where any will do, of those that may be first.

        Success takes all of them, or one where any will do.
        """
        return tuple(range(self.tests_made))

    def reachable(self) -> Any:
        """Whether what success takes can be shown: every hypothesis, or one where any will do."""
        return reachable(self, [self.hypotheses[place] for place in self.decisive])

    def unreachable(self) -> UnreachableError:
        """The reason of the first hypothesis that has one; where any will do all have one."""
        named = {f"{self.numbered[0]} {place + 1}": self.hypotheses[place] for place in self.decisive}
        return unreachable(self, named)

    def detectable_effect(self, n: Numbers, target: Numbers = 0.8) -> Numbers:
        """Refused: there is no one effect."""
        raise ParameterError(
            "several endpoints have no one detectable effect",
            owner=self,
            way_out="ask for each member's own, or for the power at other effects",
        )

    def null_values(self) -> tuple[Numbers, ...]:
        """None of its own: each member has its null."""
        return ()

    def at_null(self) -> tuple[Self, ...]:
        """One member on its null, the others as they are planned; of several treatments one hypothesis."""
        if self.treatments > 1:
            shares = self._shares_of_effects()
            return tuple(
                self.replace(effect_shares=(*shares[:i], 0.0, *shares[i + 1 :])) for i in range(self.tests_made)
            )
        return tuple(
            self.with_members((*self.members[:i], null, *self.members[i + 1 :]))
            for i, one in enumerate(self.members)
            for null in one.at_null()
        )

    def at_share(self, share: float) -> Self | None:
        """All members at this share of the way from their nulls to their plans."""
        moved = [one.at_share(share) for one in self.members]
        return None if None in moved else self.with_members(tuple(one for one in moved if one is not None))

    # How the outcomes hang together.

    def latent_correlation(self, i: int, j: int) -> Numbers:
        """The latent correlation of two endpoints, by their places from 0; none without an association."""
        if i == j or self.field("association") is None:
            return float(i == j)
        value = self.value("association")
        if not isinstance(value, tuple):
            return value
        first, second, k = min(i, j), max(i, j), len(self.members)
        return value[first * (2 * k - first - 1) // 2 + second - first - 1]

    def _matrix(self) -> list[list[Any]]:
        """The latent correlations of all pairs."""
        places = range(len(self.members))
        return [[self.latent_correlation(i, j) for j in places] for i in places]

    @cached_property
    def correlations(self) -> list[list[Numbers]]:
        """Of the hypotheses' statistics, each positive in the treatment's favour."""
        tested, several = self.hypotheses, self.treatments
        rows: list[list[Numbers]] = [[1.0] * len(tested) for _ in tested]
        for i, j in itertools.combinations(range(len(tested)), 2):
            latent = self.latent_correlation(i // several, j // several)
            one, other, arms, same = tested[i], tested[j], slice(None), i // several == j // several
            if same and isinstance(one.outcome, Responses):
                rows[i][j] = rows[j][i] = control_loading(one) * control_loading(other)  # as in many-to-one
                continue
            if i % several != j % several:
                # two treatments share the participants of the control, and no others; the control's share of the
                # variance is taken under the null, because standard errors move with the counts
                one, other, arms = one.at_null()[0], other.at_null()[0], slice(-1, None)
            rows[i][j] = rows[j][i] = of_statistics(one, other, latent, arms, same_outcome=same)
        return rows

    def scores(self, n: Numbers) -> list[Numbers]:
        """The normal score of each hypothesis's own power, its limit in the joint distribution."""
        with np.errstate(all="ignore"):
            return [normal_quantile(one.success(self.participants_of_one(n))) for one in self.hypotheses]

    # Power, participants.

    def success(self, n: Numbers) -> Numbers:
        """The probability that the family succeeds."""
        raise NotImplementedError

    def power(self, n: Numbers) -> Numbers:
        """Nothing but success counts as a rejection."""
        return self.success(n)

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """Each hypothesis's data, of the same participants: their outcomes joined by a Gaussian copula."""
        root = np.linalg.cholesky(np.array(self._matrix(), dtype=float))
        scores = rng.standard_normal((trials, n, len(self.members))) @ root.T
        joined = np.clip(normal_cdf(scores), _EDGE, 1 - _EDGE)
        drawn = []
        for i, one in enumerate(self.members):
            more = rng.random((trials, n, one.uniforms - 1))
            everybody = np.concatenate([joined[..., [i]], more], axis=-1)
            tested = self.hypotheses[i * self.treatments : (i + 1) * self.treatments]
            drawn += [each.draw_from(own) for each, own in zip(tested, self._compared(everybody), strict=True)]
        return tuple(drawn)

    def _compared(self, everybody: Any) -> list[Any]:
        """The participants of each treatment and those of the control, who are the same every time."""
        if self.treatments == 1:
            return [everybody]
        edges = np.cumsum([round(float(size)) for size in self.split(everybody.shape[1])])[:-1]
        *arms, control = np.split(everybody, edges, axis=1)
        return [np.concatenate([arm, control], axis=1) for arm in arms]

    def analyse_each(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """The statistic of every hypothesis, and whether it rejects in favour: (trials, hypotheses) each."""
        found = [one.analyse(of, fraction) for one, of in zip(self.hypotheses, data, strict=True)]
        statistics = np.stack([statistic for statistic, _ in found], axis=-1)
        return statistics, np.stack([rejects for _, rejects in found], axis=-1) & (statistics > 0)

    # What the answer holds.

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """Each hypothesis's own power at n, and how the outcomes and the statistics are correlated."""
        if self.shape(n):
            return {}
        of_one = self.participants_of_one(n)
        return {
            "members": [
                {"member": i, "design": one.slug(), "power": float(one.success(of_one))}
                for i, one in enumerate(self.hypotheses, 1)
            ],
            "correlations": list(self._implied()),
            "statistics": [
                {"members": (i + 1, j + 1), "correlation": float(self.correlations[i][j])}
                for i, j in itertools.combinations(range(len(self.hypotheses)), 2)
            ],
        }

    def _implied(self) -> Iterator[dict[str, Any]]:
        """Of each pair of endpoints in every arm; the control's once."""
        lead, control = self.lead.arm_names[0], self.lead.arm_names[-1]
        for i in range(self.treatments):
            for one in implied(self.hypotheses[i :: self.treatments], self._matrix()):
                if self.treatments == 1 or one["arm"] == lead:
                    yield one | {"arm": self.arm_names[i]} if self.treatments > 1 else one
                elif one["arm"] == control and i + 1 == self.treatments:
                    yield one

    def rule_in_words(self, names: Sequence[str]) -> str:
        """What the trial must show of its endpoints, and at which level each is tested, as a protocol says it."""
        return f"{listed(names)} are tested together by the rule {self.slug()}; {self._each_level()}"

    def _each_level(self) -> str:
        sided = "two-sided" if self.sides == 2 else "one-sided"
        if set(self.shares) == {1.0}:
            return f"each is tested at the full level of {number(self.alpha)}, {sided}"
        return f"they are tested at the levels {', '.join(number(one.alpha) for one in self.members)}, {sided}"

    @property
    def numbered(self) -> tuple[str, str]:
        """What its tables number: one of them, and several."""
        return ("endpoint", "endpoints") if self.treatments == 1 else ("hypothesis", "hypotheses")

    def detail_tables(self, extra: Mapping[str, Any]) -> list[Table]:
        """The same as tables, which number the hypotheses, the endpoints and the treatments."""
        return self.named_tables(extra, numbers(self))

    def named_tables(self, extra: Mapping[str, Any], names: Names) -> list[Table]:
        """The same as tables, with these names."""
        what = self.numbered
        rows = [
            [names.tested[one["member"] - 1], one["design"], f"{one['power']:.3f}"] for one in extra.get("members", ())
        ]
        joined = [
            [
                _pair(one, names.members, names.between),
                names.arms[one["arm"]],
                *(f"{one[name]:.3f}" for name in ("latent", "implied", "lowest", "highest")),
            ]
            for one in extra.get("correlations", ())
        ]
        tests = [
            [_pair(one, names.tested, names.between), f"{one['correlation']:.3f}"]
            for one in extra.get("statistics", ())
        ]
        columns = ("endpoints", "arm", "latent", "implied", "least possible", "greatest possible")
        return [
            Table((what[0], "design", "own power"), rows, f"Each {what[0]}'s own power", right=frozenset({2})),
            Table(columns, joined, "Correlation of the outcomes", right=frozenset({2, 3, 4, 5})),
            Table((what[1], "correlation"), tests, "Correlation of the test statistics", right=frozenset({1})),
        ]


def numbers(whole: Family) -> Names:
    """The places, from 1, of what a family tests and of its members, and its arms as it calls them."""
    places = tuple(str(i + 1) for i in range(max(whole.tests_made, len(whole.members))))
    return Names(tested=places, members=places, arms={name: name for name in whole.arm_names}, between=" and ")


def _pair(one: Mapping[str, Any], names: Sequence[str], between: str) -> str:
    return between.join(names[place - 1] for place in one["members"])


def _arms(one: Design) -> str:
    return f"{listed(one.arm_names)}{f', {one.allocation}' if one.allocation else ''}"
