"""What trials of several treatments share: the design of one comparison, and each treatment's share of its effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from trialplan.design import Design
from trialplan.errors import ParameterError, UnreachableError
from trialplan.page import Table
from trialplan.parameter import Numbers, Parameter, parameter, parameters
from trialplan.several._arms import reachable, read_shares, unreachable
from trialplan.several._compared import Compared
from trialplan.several._powers import ALL, ANY
from trialplan.text import listed_apart, number, probability
from trialplan.wrapper import LEVEL, ON_ITS_NULL, Names, WrapperOfOne

MOST = 20
"""Treatments beyond which a number is a slip of the pen."""


def _read_design(value: Any) -> Design:
    if not isinstance(value, Design) or value.members or len(value.arm_names) != 2:
        raise ParameterError(f"must be a fixed design of a treatment and a control, not {value!r}")
    return value


@dataclass(frozen=True, kw_only=True)
class Treatments(WrapperOfOne):
    """A trial of several treatments around the design of one against the control.

    One says its `comparisons`, their `powers`, how participants are drawn, and which of the powers success is.
    """

    design: Design = parameter("the design of one treatment against the control", None, read=_read_design)
    effect_shares: tuple[float, ...] | None = parameter(
        "share of the planned effect that each treatment has, the whole of it unless they are given",
        None,
        optional=True,
        read=read_shares,
    )

    two_tailed = False
    tex = ""
    decides = "the statistics decide, by the rule"
    title: ClassVar[str] = "Each treatment against the control"

    @property
    def members(self) -> tuple[Design, ...]:  # type: ignore[override]
        """The design of one comparison."""
        return (self.design,)

    def place(self, members: tuple[Design, ...]) -> None:
        """Where it is declared."""
        self._set("design", members[0])

    def with_members(self, members: tuple[Design, ...]) -> Self:
        """The same treatments by another design."""
        return self.replace(design=members[0])

    @classmethod
    def own(cls) -> tuple[str, ...]:
        """What the treatments say themselves; all other numbers are the design's."""
        return tuple(name for name in parameters(cls) if name not in LEVEL)

    def replace(self, **numbers: Any) -> Self:
        """The same treatments with other numbers of their own or of the design."""
        own = {name: numbers.pop(name, getattr(self, name)) for name in self.own()}
        own["design"] = own["design"].replace(**numbers)
        return type(self)(**own)

    def declarations(self) -> Mapping[str, Parameter]:
        """The design's, and those of the treatments."""
        own = {name: parameters(type(self))[name] for name in self.own() if name != "design"}
        return {**self.design.declarations(), **own}

    def assumptions(self) -> dict[str, Any]:
        """The design's numbers, and those of the treatments."""
        own = {name: getattr(self, name) for name in self.own() if name != "design"}
        return self.design.assumptions() | {name: value for name, value in own.items() if value is not None}

    def __post_init__(self) -> None:
        """Ask each comparison about its own participants."""
        super().__post_init__()
        self._set("outcome", Compared(self.design.outcome))

    @property
    def numbered(self) -> tuple[str, str]:
        """Treatments, of one endpoint."""
        return "treatment", "treatments"

    def named(self, members: Sequence[str], treatments: Sequence[str]) -> tuple[str, ...]:
        """The treatments."""
        return tuple(treatments)

    def check_shares(self, treatments: int) -> None:
        """Raise unless there are as many shares as treatments."""
        if self.effect_shares is not None and len(self.effect_shares) != treatments:
            reason = f"must be one for each of {treatments} treatments, not {len(self.effect_shares)}"
            raise ParameterError(reason, owner=self, parameter="effect_shares", value=self.effect_shares)

    @property
    def adjusts(self) -> bool:
        """They are several tests at one level."""
        return True

    @property
    def smooth(self) -> bool:
        """Where the design is."""
        return self.design.smooth

    @property
    def step(self) -> Numbers:
        """As many blocks as one comparison fills clusters by."""
        return self.block * (self.design.step // self.design.block)

    def clusters(self, n: Any) -> Mapping[str, int]:
        """Of each arm, as many as one comparison has."""
        of_one = self.design.clusters(self.participants_of_one(n))
        *treatments, control = self.arm_names
        given, none = self.design.arm_names
        found = dict.fromkeys(treatments, of_one[given]) if given in of_one else {}
        return found | ({control: of_one[none]} if none in of_one else {})

    # The comparisons.

    @property
    def comparisons(self) -> tuple[Design, ...]:
        """Each treatment against the control, at its share of the effect."""
        raise NotImplementedError

    @property
    def tested(self) -> tuple[Design, ...]:
        """The comparisons at the level that each is tested at."""
        return self.comparisons

    def powers(self, n: Numbers) -> tuple[Numbers, ...]:
        """The probability that each treatment is shown, then any, then all."""
        raise NotImplementedError

    @property
    def counts(self) -> int:
        """The place among `powers` of what success is."""
        raise NotImplementedError

    def success(self, n: Numbers) -> Numbers:
        """The probability that what the trial must show is shown."""
        return self.powers(n)[self.counts]

    def power(self, n: Numbers) -> Numbers:
        """Nothing but success counts as a rejection."""
        return self.success(n)

    def at_null(self) -> tuple[Self, ...]:
        """All treatments on the null."""
        return tuple(self.with_members((one,)) for one in self.design.at_null())

    @property
    def null_in_words(self) -> str:
        """None of them works."""
        return f"every treatment lay {ON_ITS_NULL}"

    @property
    def decisive(self) -> tuple[Design, ...]:
        """The comparisons that success rests on: all of them, or one where any will do; or the one that counts."""
        return self.comparisons if self.counts in (ANY, ALL) else (self.comparisons[self.counts],)

    def reachable(self) -> Any:
        """Whether what success takes can be shown: any comparison, all, or the one that counts."""
        return reachable(self, self.decisive)

    def unreachable(self) -> UnreachableError:
        """The design's reason where it has one and no treatment has a share of its effect; else a comparison's."""
        if self.effect_shares is None and not self.design.reachable():
            return super().unreachable()
        places = {id(one): i for i, one in reversed([*enumerate(self.comparisons, 1)])}  # those alike are one
        return unreachable(self, {f"treatment {places[id(one)]}": one for one in self.decisive})

    def noncentral_t(self, n: Numbers) -> tuple[Numbers, Numbers] | None:
        """There is more than one statistic."""
        return None

    # Participants.

    def shown(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """The statistics, and which treatments are shown: (trials, treatments) each."""
        raise NotImplementedError

    def analyse(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """The statistic that counts, the greatest of any or the least of all, and whether what counts is shown."""
        statistics, shown = self.shown(data, fraction)
        if self.counts == ANY:
            return statistics.max(axis=-1), shown.any(axis=-1)
        if self.counts == ALL:
            return statistics.min(axis=-1), shown.all(axis=-1)
        return statistics[:, self.counts], shown[:, self.counts]

    # In words.

    def level_in_words(self, alpha: Numbers) -> str:
        """A level, and of how many sides."""
        return f"{number(alpha)}, {'two-sided' if self.sides == 2 else 'one-sided'}"

    def shares_in_words(self, names: Sequence[str]) -> str:
        """What each has of the planned effect, as a sentence ends; nothing where all have the whole of it."""
        if self.effect_shares is None:
            return ""
        shares = zip(names, self.effect_shares, strict=False)
        return "; of the planned effect " + listed_apart(f"{name} has {share:g} times" for name, share in shares)

    # What the answer holds.

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The power of each treatment, of any and of all."""
        if self.shape(n):
            return {}
        *each, some, every = map(float, self.powers(float(n)))
        return {
            "comparisons": [{"treatment": i, "power": power} for i, power in enumerate(each, 1)],
            "power_of_any": some,
            "power_of_all": every,
        }

    def detail_tables(self, extra: Mapping[str, Any]) -> list[Table]:
        """The comparisons, numbered."""
        places = tuple(str(one["treatment"]) for one in extra.get("comparisons", ()))
        return self.named_tables(extra, Names(tested=places, members=("1",), arms={}))

    def named_tables(self, extra: Mapping[str, Any], names: Names) -> list[Table]:
        """The comparisons."""
        rows = [[names.tested[one["treatment"] - 1], probability(one["power"])] for one in extra.get("comparisons", ())]
        return [Table(("treatment", "shown"), rows, self.title, right=frozenset({1}))]


def pooled_variance(groups: Sequence[Any]) -> Any:
    """The variance within groups of (trials, participants) each, trial by trial: squares over degrees of freedom."""
    df = sum(group.shape[1] for group in groups) - len(groups)
    return sum(group.var(axis=1) * group.shape[1] for group in groups) / df
