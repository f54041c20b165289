"""What a state is about: the plan as it was changed, or the design, its controls and its answer."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, cast

from trialplan import catalogue
from trialplan.answers import SampleSize
from trialplan.design import Design, Sized
from trialplan.errors import ParameterError, PlanError, TrialplanError
from trialplan.evidence.table import EvidenceTable
from trialplan.files import read_text
from trialplan.parameter import Interval, needed, parameters, typical
from trialplan.plan import build
from trialplan.plan.building import Trial, designed_primaries, size_primaries, size_primary
from trialplan.plan.changes import changed
from trialplan.plan.endpoint import Endpoint
from trialplan.plan.reading import Plan, of_text
from trialplan.sequential.base import WithLooks
from trialplan.sequential.with_looks import with_looks
from trialplan.text import spoken, stated
from trialplan.web import controls
from trialplan.web.controls import Control
from trialplan.web.shelf import Shelf
from trialplan.web.state import PLAN, State

_SIZING = ("power", "dropout")

OF_MEMBER = re.compile(r"(.*)[-_](\d+)")
"""The name of a number of one of several designs, which bears its place."""


@dataclasses.dataclass
class Subject:
    """A state made into objects, each when it is first asked for."""

    state: State
    shelf: Shelf
    kept: dict[Any, Any] = dataclasses.field(default_factory=dict, repr=False)
    """What was worked out of it, by what was asked: a map and its picture are of one grid."""

    @property
    def is_plan(self) -> bool:
        """Whether it is a plan, and not a design by itself."""
        return self.state.kind == PLAN

    @cached_property
    def original(self) -> Plan:
        """The plan as it was opened."""
        with self.shelf.opened(self.state.name) as path:
            text = read_text(path, PlanError)
            plan = of_text(text, self.state.name, path)
            with _told_later():
                plan.table(plan.content.evidence.table)
            return plan

    @cached_property
    def plan(self) -> Plan:
        """The plan with what was changed."""
        by_path = {control.path: control for control in self._original_controls}
        changes: dict[str, Any] = {}
        for path, text in self.state.changes:
            if path not in by_path:
                raise ParameterError(
                    f"{path!r} is nothing that can be changed in this plan; take it out of the address"
                )
            changes[path] = controls.typed(by_path[path], text)
        return changed(self.original, changes)

    @cached_property
    def _original_controls(self) -> list[Control]:
        return controls.of_plan(self.original.content, self._table)

    @cached_property
    def _table(self) -> EvidenceTable | None:
        plan = self.original
        try:
            with self.shelf.opened(self.state.name):
                return plan.table(plan.content.evidence.table)
        except TrialplanError:
            return None

    @property
    def table(self) -> EvidenceTable:
        """The plan's evidence table."""
        with self.shelf.opened(self.state.name):
            return self.plan.table(self.plan.content.evidence.table)

    @cached_property
    def controls(self) -> list[Control]:
        """Everything that may be changed, with what was typed, and with what a value that is drawn comes to."""
        if not self.is_plan:
            return self.typed
        drawn = [one.path for one in self._original_controls if one.path.endswith(".value") and not one.value]
        return [self._drawn(one) if one.path in drawn and not one.value else one for one in self.typed]

    @cached_property
    def typed(self) -> list[Control]:
        """Everything that may be changed, with what was typed, be it right or wrong: nothing is worked out for it."""
        changes = dict(self.state.changes)
        if not self.is_plan:
            return controls.of_design(self.kind, self.numbers | changes)
        return [
            dataclasses.replace(one, value=changes[one.path]) if one.path in changes else one
            for one in self._original_controls
        ]

    def _drawn(self, control: Control) -> Control:
        """The control of a value that is drawn, which says what it comes to."""
        of, _, name = control.path.removesuffix(".value").partition(".assumptions.")
        if of not in self.primaries:
            return control
        # what several endpoints make together has the assumptions of each, by its place among them
        place = f"_{self.primaries.index(of) + 1}" if len(self.primaries) > 1 else ""
        with _told_later():
            now = next((one.value for one in self.endpoint.assumptions if one.name == f"{name}{place}"), None)
            if now is not None:
                told = control.hint.replace(controls.TAKES, f", now {stated(now)}{controls.TAKES}")
                return dataclasses.replace(control, hint=told)
        return control

    @cached_property
    def changes(self) -> list[tuple[Control, str]]:
        """What was changed of a plan: the control, and what stood there before."""
        if not self.is_plan:
            return []
        before, changed = {one.path: one for one in self._original_controls}, dict(self.state.changes)
        return [(one, self._stood(before[one.path])) for one in self.typed if one.path in changed]

    def _stood(self, control: Control) -> str:
        """What a control held as the plan was opened, or what that came to where it was drawn."""
        of, _, name = control.path.removesuffix(".value").partition(".assumptions.")
        if control.value or of not in self.primaries or not control.path.endswith(".value"):
            return control.value
        with _told_later(), self.shelf.opened(self.state.name):
            endpoint = designed_primaries(self.original)[self.primaries.index(of)]
            drawn = next((one.value for one in endpoint.assumptions if one.name == name), None)
            return "" if drawn is None else stated(drawn)
        return ""

    def called(self, name: str, words: str = "") -> str:
        """What a number is called: of one of several primary endpoints with the name of that endpoint."""
        own = OF_MEMBER.fullmatch(name)
        if own is None or not 0 < int(own[2]) <= len(self.primaries) > 1:
            return f"{words} {own[2]}" if own and words else words or spoken(name)
        primaries = [one.name for one in self.original.content.endpoint if one.role == "primary"]
        return f"{words or spoken(own[1])} for {primaries[int(own[2]) - 1]}"

    @cached_property
    def kind(self) -> type[Sized]:
        """The class of the design."""
        return catalogue.design(self.state.name) if not self.is_plan else type(self.design)

    @cached_property
    def primaries(self) -> list[str]:
        """The paths of the plan's primary endpoints."""
        places = enumerate(self.original.content.endpoint) if self.is_plan else ()
        return [f"endpoint.{place}" for place, one in places if one.role == "primary"]

    @property
    def designed(self) -> str:
        """What its design is called: of a plan that of the first primary endpoint, as it was opened."""
        if not self.is_plan:
            return self.state.name
        return next((one.design for one in self.original.content.endpoint if one.role == "primary"), None) or ""

    @property
    def primary(self) -> str:
        """The path of the first of them."""
        return next(iter(self.primaries), "")

    @cached_property
    def endpoint(self) -> Endpoint:
        """The plan's primary, sized: the number alone, before anything else is read."""
        with self.shelf.opened(self.state.name):
            return size_primary(self.plan, self.members)

    @cached_property
    def members(self) -> list[Endpoint]:
        """The primary endpoints as the plan names them, each sized by itself."""
        with self.shelf.opened(self.state.name):
            return size_primaries(self.plan)

    @cached_property
    def trial(self) -> Trial:
        """The plan, built."""
        with self.shelf.opened(self.state.name):
            return build(self.plan)

    @cached_property
    def answer(self) -> SampleSize:
        """How many participants."""
        if self.is_plan:
            assert self.endpoint.answer is not None  # a primary is sized or refused
            return self.endpoint.answer
        from trialplan.verbs.sizing import size

        with self._worded():
            return size(self._typed_design, **{name: _single(name, text) for name, text in self.sizing.items()})

    @cached_property
    def design(self) -> Sized:
        """The design: of a plan that of its primary."""
        return self.endpoint.answer.design if self.is_plan and self.endpoint.answer else self.answer.design

    @cached_property
    def numbers(self) -> dict[str, str]:
        """The numbers of a design as they are typed; typical ones where nothing was, or where it cannot do without."""
        cls, known = self.kind, parameters(self.kind)
        usual = {name: controls.shown(one) for name, one in typical(cls).items()}
        given = {name: text for name, text in self.state.changes if name in known}
        if not given:  # an example
            return usual
        lacking = [name for name in needed(cls) if name in usual and not known[name].open]
        return {name: usual[name] for name in lacking} | given

    @cached_property
    def rule(self) -> dict[str, str]:
        """What is typed of the looks of a design."""
        looks = {*parameters(WithLooks)} - {*parameters(self.kind)} if issubclass(self.kind, Design) else set()
        return {name: text for name, text in self.state.changes if name in looks}

    @cached_property
    def sizing(self) -> dict[str, str]:
        """What else is asked of its size."""
        return {name: text for name, text in self.state.changes if name in _SIZING and name not in self.numbers}

    def _number(self, name: str, text: str) -> Any:
        """What was typed for a number of the design, where one is asked for as one."""
        declared = parameters(self.kind)[name]
        single = isinstance(declared.domain, Interval) and not declared.axis
        return _single(name, text) if single else controls.read(text)

    @cached_property
    def asked(self) -> Sized:
        """The design that is asked about: of a search not the design that it finds."""
        return self.design if self.is_plan else self._typed_design

    @cached_property
    def _typed_design(self) -> Sized:
        """The design at what was typed."""
        cls = self.kind
        unknown = [name for name, _ in self.state.changes if name not in {*self.numbers, *self.rule, *self.sizing}]
        if unknown:
            raise ParameterError(f"{cls.slug()} has no {unknown[0]!r}; take it out of the address")
        if self.rule and "looks" not in self.rule:
            raise ParameterError(f"{spoken(next(iter(self.rule)))} needs looks; write them, as in 0.5,1")
        with self._worded():
            design = cls(**{name: self._number(name, text) for name, text in self.numbers.items()})
            rule = {name: controls.read(text) for name, text in self.rule.items()}
            return with_looks(cast("Design", design), **rule) if rule else design

    @contextmanager
    def _worded(self) -> Iterator[None]:
        """Within it, errors name the controls."""
        names = {name: spoken(name) for name in (*parameters(self.kind), *parameters(WithLooks), *_SIZING)}
        try:
            yield
        except TrialplanError as error:
            raise type(error)(error.worded(names)) from None

    def pruned(self, state: State) -> State:
        """The state without entries that say what stands in the plan anyway, as a form sends them."""
        if not self.is_plan:
            return state
        try:
            known = {one.path: one for one in self._original_controls}
        except TrialplanError:  # the plan cannot be read, which the page tells
            return state
        differing = [(path, text) for path, text in state.changes if not (path in known and known[path].holds(text))]
        return dataclasses.replace(state, changes=tuple(differing))


def _single(name: str, text: str) -> Any:
    """What was typed where one number is asked for."""
    found = controls.read(text)
    if isinstance(found, tuple):
        comma = _DECIMAL_COMMA.fullmatch(text.strip())
        point = f"; write the decimal comma as a point, {comma[1]}.{comma[2]}" if comma else ""
        raise ParameterError(f"must be one number, not {text}{point}", parameter=name)
    return found


_DECIMAL_COMMA = re.compile(r"([+-]?\d+)\s*,\s*(\d+)")


@contextmanager
def _told_later() -> Iterator[None]:
    """Within it, what is wrong with a table is left for whoever reads it."""
    try:
        yield
    except TrialplanError:
        return
