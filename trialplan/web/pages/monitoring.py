"""Monitoring: the boundaries, when looks are due, who is recruited by then, and what an interim result means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from trialplan.design import Design
from trialplan.errors import TrialplanError
from trialplan.verbs._seen import EXPLAINED, SDS
from trialplan.verbs.monitoring import monitor
from trialplan.web.controls import NUMBER, TEXT, Control, read
from trialplan.web.pages import PageKind
from trialplan.web.part import Part
from trialplan.web.state import State
from trialplan.web.subject import Subject
from trialplan.web.told import told

_OF_FILES = ("times",)
"""Kinds of results that come as a file, which the command line reads."""


def _takes(control: Control) -> bool:
    return control.path.startswith(("monitoring.", "enrolment.")) or control.group == "looks"


def _parts(subject: Subject, state: State) -> Iterator[Part]:
    design = cast("Design", subject.design)
    if not design.has_level or not design.looks:
        yield Part(
            title="No early look",
            text="The trial is looked at once, at its end. Write looks, as 0.5,1 or 3, to see what earlier ones cost.",
        )
    else:
        yield Part(title="The looks", page=subject.answer.page())
        yield Part(title="Boundaries", figure="boundaries")
        yield from _interim(subject, state)
    if subject.is_plan and subject.plan.content.enrolment is not None:
        from trialplan.verbs.recruiting import recruit

        yield Part(title="Recruitment", page=recruit(subject.trial).page())
        yield Part(title="Randomised over time", figure="fan")


def _interim(subject: Subject, state: State) -> Iterator[Part]:
    seen, design = state.looked_at, cast("Design", subject.design)
    kinds = {name: EXPLAINED[name] for name in design.outcome.results if name not in _OF_FILES}
    asked = kinds | ({"sds": SDS} if "means" in kinds else {})
    form = [
        Control(path="view.look", label="look", kind=NUMBER, value=seen.get("look", "1")),
        *(
            Control(path=f"view.{name}", label=name, hint=hint, kind=TEXT, value=seen.get(name, ""))
            for name, hint in asked.items()
        ),
    ]
    yield Part(title="What would this interim result mean?", form=tuple(form))
    if not any(seen.get(name) for name in asked):
        return
    given: dict[str, Any] = {name: read(seen[name]) for name in asked if seen.get(name)}
    try:
        of = subject.trial if subject.is_plan else subject.design
        n = None if subject.is_plan else int(subject.answer.n)
        yield Part(title="It would mean", page=monitor(of, look=read(seen.get("look", "1")), n=n, **given).page())
    except TrialplanError as why:
        yield Part(title="It would mean", wrong=told(why))


PAGE = PageKind(
    name="monitoring",
    place=6,
    title="Monitoring",
    question="When is the trial looked at, and what stops it?",
    takes=_takes,
    parts=_parts,
)
