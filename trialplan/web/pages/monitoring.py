"""Monitoring: the boundaries, when looks are due, who is recruited by then, and what an interim result means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from trialplan.design import Design
from trialplan.errors import TrialplanError
from trialplan.web.controls import NUMBER, TEXT, Control
from trialplan.web.pages import PageKind
from trialplan.web.part import Part
from trialplan.web.state import State
from trialplan.web.subject import Subject

_SEEN = {
    "events": "responders of participants seen, treatment first, as in 20/65,12/65",
    "means": "mean and participants seen, treatment first, as in 0.6/32,0.2/32",
    "z": "the statistic itself, positive in favour of the treatment",
}
"""What a look may have seen, each of which alone is enough."""


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
    seen = state.looked_at
    form = [
        Control(path="view.look", label="look", kind=NUMBER, value=seen.get("look", "1")),
        *(
            Control(path=f"view.{name}", label=name, hint=hint, kind=TEXT, value=seen.get(name, ""))
            for name, hint in _SEEN.items()
        ),
    ]
    yield Part(title="What would this interim result mean?", form=tuple(form))
    given = {name: seen[name] for name in _SEEN if seen.get(name)}
    if not given:
        return
    from trialplan.analyses.scenarios.vary import value
    from trialplan.verbs.monitoring import monitor

    told: dict[str, Any] = {name: value(text) if name == "z" else text for name, text in given.items()}
    look = value(seen.get("look", "1"))
    try:
        of = subject.trial if subject.is_plan else subject.design
        n = None if subject.is_plan else int(subject.answer.n)
        yield Part(title="It would mean", page=monitor(of, look=look, n=n, **told).page())
    except TrialplanError as why:
        yield Part(title="It would mean", wrong=str(why))


PAGE = PageKind(
    name="monitoring",
    title="Monitoring",
    question="When is the trial looked at, and what stops it?",
    takes=_takes,
    parts=_parts,
)
