"""WithLooks: what every trial with looks says of its rule, and what it leaves to the fixed design."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from trialplan.design import Design
from trialplan.outcome import Counts
from trialplan.page import Table
from trialplan.parameter import Numbers, Parameter, parameter, parameters
from trialplan.sequential.boundaries.efficacy import read_efficacy
from trialplan.sequential.boundaries.fields import read_looks, read_some_looks
from trialplan.sequential.boundaries.futility import read_futility
from trialplan.sequential.look_page import BY_Z, tables
from trialplan.wrapper import Names, WrapperOfOne

WITH_LOOKS = "looks around the design, as in GroupSequential(design=..., looks=(0.5, 1))"
"""How looks are added in Python, where they are no number of the design."""

OWN: tuple[str, ...] = ("design", "looks", "efficacy", "futility", "binding", "efficacy_at", "futility_at")
"""What a trial with looks says itself; all other numbers are the fixed design's."""


SHOWN, DROPPED, GOES_ON, NOT_SHOWN = "shown", "dropped", "goes on", "not shown"
"""What becomes of one of several treatments or hypotheses; the last once the trial has ended."""


@dataclass(frozen=True, kw_only=True)
class JudgedHypothesis:
    """One of several at a look: its z, what it is held against there, or at which share of the level it has crossed.

    `look` is the number of the one that ended it, where that is an earlier one: z and boundaries are of that look.
    """

    z: float
    status: str
    efficacy_z: float | None = None
    futility_z: float | None = None
    share: float | None = None
    look: int | None = None


@dataclass(frozen=True, kw_only=True)
class WithLooks(WrapperOfOne):
    """A trial that may stop early: what it says of its looks; all else it leaves to the fixed design."""

    shown_by: ClassVar[tuple[str, str, str, str, int]] = BY_Z
    """How a page shows its boundaries."""
    unscripted: ClassVar[tuple[str, ...]] = tuple(name for name in OWN if name != "looks")

    if TYPE_CHECKING:
        design: Design  # each wrapper declares which designs it is put around

    looks: tuple[float, ...] = parameter(
        "information fractions of the looks, the last one 1", None, read=read_looks, default=(0.5, 1.0)
    )
    efficacy: str | tuple[float, ...] = parameter(
        "the efficacy boundary, or the cumulative alpha that each look may have spent",
        None,
        read=read_efficacy,
        default="obrien-fleming",
    )
    futility: str | tuple[float, ...] | None = parameter(
        "the futility boundary, or the shares of beta that each look may have spent",
        None,
        read=read_futility,
        optional=True,
    )
    binding: bool = False
    efficacy_at: tuple[float, ...] | None = parameter(
        "the looks that may stop for efficacy; all, unless given", None, read=read_some_looks, optional=True
    )
    futility_at: tuple[float, ...] | None = parameter(
        "the looks that may stop for futility; all but the last, unless given",
        None,
        read=read_some_looks,
        optional=True,
    )

    @classmethod
    def looks_at(cls, design: Design) -> bool:
        """Whether it is what looks make of a design that is itself put around others; of a fixed one nobody asks."""
        return False

    def looks_in_words(self, names: Sequence[str]) -> str:
        """What happens at the looks at several treatments or hypotheses with these names; empty for a single one."""
        return ""

    @property
    def one_of_several(self) -> Design | None:
        """One of the comparisons, where every look has one boundary for all of them; None where each has its own."""
        return None

    def look_tables(self, extra: Mapping[str, Any], names: Names) -> list[Table]:
        """The looks of an answer as tables, with these names."""
        return self.detail_tables(extra)

    def beside_looks(self, n: int, target: Numbers) -> dict[str, Any]:
        """What an answer of the trial without looks holds and that of the looks does not, as it is with these looks.

        Of a single test nothing there is changed by them. What is one of several is shown, or not, by the looks' own
        boundaries: its power is with them, and a critical value of a single analysis is none of this trial's.
        """
        return self.fixed.details(n, target)

    def judged(self, z: Any) -> tuple[list[JudgedHypothesis], bool]:
        """What has become of several whose z were these, of shape (looks so far, several), and whether the trial ends.

        Of what has ended before, z counts no more.
        """
        raise NotImplementedError

    @property
    def members(self) -> tuple[Design, ...]:  # type: ignore[override]
        """The fixed design."""
        return (self.design,)

    def with_members(self, members: tuple[Design, ...]) -> Self:
        """The same rule over another fixed design."""
        return self.replace(design=members[0])

    @property
    def fixed(self) -> Design:
        """The trial without its looks."""
        return self.design.fixed

    @property
    def step(self) -> Numbers:
        """The trial's without its looks."""
        return self.design.step

    def counted(self, n: int) -> Counts | None:
        """The fixed design's, had the trial gone on to its end."""
        return self.design.counted(n)

    @property
    def looks_by_counts(self) -> bool:
        """Whether the fixed design's looks count."""
        return self.design.looks_by_counts

    @property
    def obeys_futility(self) -> bool:
        """Whether futility is binding."""
        return self.binding

    def place(self, members: tuple[Design, ...]) -> None:
        """The fixed design."""
        self._set("design", members[0])

    def replace(self, **numbers: Any) -> Self:
        """The same rule with other numbers of its own or of the inner design."""
        own = {name: numbers.pop(name, getattr(self, name)) for name in OWN}
        own["design"] = own["design"].replace(**numbers)
        return type(self)(**own)

    def declarations(self) -> Mapping[str, Parameter]:
        """The inner design's, and the rule's."""
        own = {name: one for name, one in parameters(type(self)).items() if name != "design"}
        return {**self.design.declarations(), **own}

    def assumptions(self) -> dict[str, Any]:
        """The inner design's numbers, and the rule."""
        rule = {name: getattr(self, name) for name in OWN[1:] if getattr(self, name) is not None}
        if self.futility is None:
            del rule["binding"]
        return self.design.assumptions() | rule

    def detail_rows(self, extra: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The actual level, where counts are looked at; the rest stands beside the looks."""
        return super().detail_rows({name: value for name, value in extra.items() if name == "actual_size"})

    def detail_tables(self, extra: Mapping[str, Any]) -> list[Table]:
        """The looks, their calendar, and what looking costs and saves."""
        other = self.test_scale if self.test_scale != self.scale else ""
        return tables(extra, self.shown_by, self.futility is not None, scale=other, time_unit=self.time_unit)
