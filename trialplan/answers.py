"""SampleSize, DetectableEffect and Simulation: the answers that a design gives, each with its page."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trialplan.design_facts import assumed, beyond, foot, head, level, source, to_show
from trialplan.errors import ParameterError
from trialplan.grid_page import cells, page_of_grid
from trialplan.page import Answer, Page, facts, plain
from trialplan.parameter import Numbers
from trialplan.text import (
    beside,
    chances,
    kind_of_arm,
    measured,
    number,
    participants,
    percent,
    probability,
    spoken,
    stated,
)
from trialplan.time_unit import with_time

if TYPE_CHECKING:
    from trialplan.design import Design, Sized
    from trialplan.figures.canvas import Figure


@dataclass(frozen=True)
class Later:
    """Numbers of an answer that are computed when one of them is first asked for: `compute` gives them by name."""

    compute: Callable[[], Mapping[str, Any]]


_MAY_BE_LATER = ("arms", "arms_unrounded", "power", "success")
"""The fields of a sample size that may be computed later."""


@dataclass(frozen=True, kw_only=True)
class Needed:
    """Participants where arms end one by one: at most, on average at the planned effect, and without any effect.

    `why` says by which rule fewer are needed than all arms together would have; empty where none makes sure of it.
    """

    most: int
    planned: float
    idle: float
    why: str = ""

    @property
    def in_all(self) -> str:
        """At most so many in all, and so many on average."""
        return f"at most {self.most:,} in all and {self.planned:,.0f} on average"


@dataclass(frozen=True, kw_only=True, repr=False)
class SampleSize(Answer):
    """The answer to "how many?": what was asked, and what whole allocation blocks attain.

    Every field is a number for a scalar design and an array for a grid; `reason` says why a cell of a grid has no
    answer. `first_n` and `searched_to` belong to tests whose power is a saw-tooth: `n` is the smallest from which
    power never falls below target again, as far as searched. `success` is the chance of rejecting in the treatment's
    favour, which `target` is held against, and `power` that of rejecting either way; where nothing is tested both are
    what is attained. Of a grid `n` and `arms` are whole numbers where every cell has an answer, else floats with nan;
    what follows from n is computed when it is asked for. `enrolled` are the participants to enrol, n and arms, where a
    share `dropout` of them will be lost; `missing` says what a participant without an outcome counts as, where a plan
    counts all and leaves nobody out; `notes` is what a page says below its tables, and `drawing` what makes its
    picture.
    """

    design: Sized
    target: Numbers
    n: Numbers
    arms: Mapping[str, Numbers]
    # no default of the class, which would stand in for what is computed later
    arms_unrounded: Mapping[str, Numbers] | None = dataclasses.field(default_factory=lambda: None)
    power: Numbers
    success: Numbers = dataclasses.field(default_factory=lambda: None)
    first_n: int | None = None
    searched_to: int | None = None
    reason: Any = None
    extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    dropout: float = 0.0
    enrolled: Mapping[str, Any] | None = None
    missing: str = ""
    notes: tuple[str, ...] = ()
    drawing: Callable[[SampleSize], Figure] | None = dataclasses.field(default=None, compare=False)

    def __post_init__(self) -> None:
        """What has no far tail succeeds whenever it rejects; what is computed later is not there until then."""
        if self.success is None:
            object.__setattr__(self, "success", self.power)
        own = vars(self)
        later = {name: own.pop(name).compute for name in _MAY_BE_LATER if isinstance(own[name], Later)}
        if later:
            own["_later"] = later

    if not TYPE_CHECKING:  # a checker asks the fields themselves

        def __getattr__(self, name: str) -> Any:
            """What is computed when it is first asked for, and what the design adds, as the events of times."""
            own = vars(self)
            if name in own.get("extra", ()):
                return own["extra"][name]
            if name not in own.get("_later", {}):
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            own.update(own["_later"][name]())
            return own[name]

    def as_json(self) -> dict[str, Any]:
        """The answer as plain data, at full precision; nan is None, and what a design does not have is left out."""
        tested = self.design.has_level
        asked = "target_power" if tested else "target"
        got = {"power": self.power, "success": self.success} if tested else {"attained": self.power}
        may_be_absent = {
            "arms_unrounded": self.arms_unrounded,
            "enrolled": self.enrolled,
            "first_n": self.first_n,
            "searched_to": self.searched_to,
        }
        there = {name: value for name, value in may_be_absent.items() if value is not None}
        sizes = {"n": cells(self.n), "arms": {name: cells(size) for name, size in self.arms.items()}}
        said = {**head(self.design, self._open), asked: self.target, **sizes, **got}
        reasons = {} if self.reason is None else {"reason": self.reason}
        return dict(plain({**said, **there, **self.extra, **reasons, **foot(self.design)}))

    def figure(self) -> Figure:
        """Power against participants, or the boundaries where the trial is looked at early; not of a grid."""
        if self.is_grid:
            way_out = (
                "give a design of plain numbers, and the arrays to scenarios(design, axes={...}), which draws them"
            )
            raise ParameterError("a grid of designs has no picture", owner="size", way_out=way_out)
        return super().figure() if self.drawing is None else self.drawing(self)

    def page(self) -> Page:
        """What was assumed, how it was computed, what came out; of a grid, one row a cell."""
        if self.is_grid:
            return page_of_grid(self)
        design = self.design
        asked = "" if math.isnan(self.target) else f"  (asked for {number(self.target)})"
        (name, first), *other = self._attained("power" if design.has_level else "attained")
        attained = [(name, f"{first}{asked}"), *other]
        rows = [*assumed(design, self._open), *level(design), *attained, ("unrounded n", self._unrounded())]
        rows += design.detail_rows(self.extra)
        if self.first_n is not None:
            rows.append(("first n", f"{self.first_n:,}; power is a saw-tooth, searched to {self.searched_to:,}"))
        if self.enrolled is not None:
            arms = self.enrolled_in_words()
            rows.append(("enrolled", f"{arms}, to lose {percent(self.dropout)}"))
        tables = [facts([*rows, *source(design)]), *design.detail_tables(self.extra)]
        return Page(data=self.as_json(), headline=self._headline(), tables=tables, notes=self.notes)

    def statement(self) -> str:
        """The justification of the number as one paragraph to copy, complete by DELTA²; a grid has none."""
        if self.is_grid:
            raise ParameterError("has no statement: it answers for many scenarios; ask for one", owner=self.design)
        from trialplan.size_statement import statement

        return statement(self)

    @property
    def is_grid(self) -> bool:
        """Whether it answers for arrays of numbers."""
        return not isinstance(self.n, int)

    @property
    def _open(self) -> tuple[str, ...]:
        """The field that was not stated, because n was, and is what is answered."""
        asks = self.design.asks_for
        return (asks,) if asks and isinstance(self.target, float) and math.isnan(self.target) else ()

    def in_all(self, enrolled: int | None = None) -> str:
        """How many in all, of those enrolled if they are told, where arms end one by one; empty where all are."""
        needed = self.design.participants_needed(int(self.n), enrolled)
        return "" if needed is None else needed.in_all

    def enrolled_in_words(self) -> str:
        """Those who are enrolled, by arm, and in how many clusters they come."""
        assert self.enrolled is not None  # asked only where losses are planned
        n = self.enrolled["n"]
        gathered = self.design.fixed.gathered(n)
        return participants(self.enrolled["arms"], self.in_all(n)) + (f", in {gathered}" if gathered else "")

    def _attained(self, word: str) -> list[tuple[str, str]]:
        """What the participants attain, as it is printed: a chance, or a width, which may be of any size."""
        a_chance = self.design.has_level or not self.design.asks_for or self.design.attains.endswith("probability")
        return chances(self.success, self.power, word, probability if a_chance else measured)

    def _headline(self) -> str:
        """What so many participants attain; or, where n was given, what power they have."""
        each = self._attained(self.design.attains)
        got = ", ".join(f"{name} {shown}" for name, shown in each)
        arms = participants(self.arms, self.in_all())
        if gathered := self.design.fixed.gathered(self.n):
            arms = f"{arms}, in {gathered}"
        if math.isnan(self.target):
            return f"{got} with {arms}"
        return " ".join(filter(None, (f"{arms}: {got}", to_show(self.design))))

    def _unrounded(self) -> str:
        arms = self.arms_unrounded or {}
        if len(set(arms.values())) == 1 and len(arms) > 1:
            return f"{next(iter(arms.values())):,.2f} per {kind_of_arm(arms)}"
        if len(arms) == 1:
            return f"{next(iter(arms.values())):,.2f}"
        return " + ".join(f"{n:,.2f} {name}" for name, n in arms.items())


@dataclass(frozen=True, kw_only=True, repr=False)
class DetectableEffect(Answer):
    """The answer to "what can so many show?": the smallest effect on the favourable side, nan where there is none."""

    design: Design
    n: int
    target: float
    value: float

    def page(self) -> Page:
        """The effect beside its null value, and what was assumed."""
        design, arms, null = self.design, self.design.arms(self.n), self.design.null_values()[0]
        at = f"{participants(arms)}, power {self.target:g}"
        if math.isnan(self.value):
            why = "even the largest possible falls short"
            if _no_degrees_of_freedom(design, self.n):
                why = "its t test has no degrees of freedom, and so shows nothing; more participants are needed"
            headline = f"no {spoken(design.effect)} can be shown with {at}: {why}"
        else:
            told = with_time(beside(self.value, float(null)), design.declarations()[design.effect].unit)
            shown = f"{spoken(design.effect)} = {told}, and none {'lower' if design.upward else 'higher'},"
            headline = f"{shown} {_told_apart(design, float(null))}, with {at}"
        asked = (design.effect,)
        answer = {"effect": design.effect, "detectable": self.value, "null": null}
        size = {"n": self.n, "arms": arms, "target_power": self.target}
        limit = "" if design.margin is None else number(float(null))  # without a margin the headline has it
        attained = [("null value", limit), ("power", f"{self.target:g}")]
        rows = [*assumed(design, asked), *level(design), *attained, *source(design)]
        return Page(
            data=plain(head(design, asked) | answer | size | foot(design)), headline=headline, tables=[facts(rows)]
        )


def _no_degrees_of_freedom(design: Design, n: int) -> bool:
    """Whether so few leave none to the t statistic, whatever the effect: its null stands for one that is sought."""
    with suppress(ParameterError):
        student = design.replace(**{design.effect: float(design.null_values()[0])}).noncentral_t(n)
        return student is not None and not float(student[1]) > 0
    return False


def _told_apart(design: Design, null: float) -> str:
    """What is shown of an effect: that it is none of those within a margin, or that it is not the null value."""
    if design.margin is not None:
        return f"would show {beyond(design.fixed)}"
    return f"can be told from {stated(null)}"


@dataclass(frozen=True, kw_only=True, repr=False)
class Limit(Answer):
    """The answer to the same question of what has no test: beyond `value` is what n participants exclude."""

    design: Sized
    n: int
    value: float

    def page(self) -> Page:
        """The limit in a sentence, and what was assumed."""
        design, asked = self.design, (self.design.detects,)
        answer = {"effect": design.detects, "detectable": self.value, "n": self.n, "arms": design.arms(self.n)}
        rows = [*assumed(design, asked), *source(design)]
        data = plain(head(design, asked) | answer | foot(design))
        return Page(data=data, headline=design.detected(self.n, self.value), tables=[facts(rows)])


@dataclass(frozen=True)
class Simulation:
    """What simulated trials showed: how many rejected, and how many of those favoured the treatment."""

    trials: int
    rejected: int
    favoured: int

    @property
    def power(self) -> float:
        """The share of trials that rejected."""
        return self.rejected / self.trials

    @property
    def success(self) -> float:
        """The share of trials that rejected in the treatment's favour."""
        return self.favoured / self.trials

    @property
    def standard_error(self) -> float:
        """Monte Carlo standard error of `power`, never smaller than one trial's worth."""
        return math.sqrt(max(self.power * (1 - self.power), 1 / self.trials) / self.trials)
