"""Assurance: what is believed of the rates, what the trial is worth under it, and the ceiling that no n exceeds."""

from __future__ import annotations

from collections.abc import Iterator

from trialplan.verbs.exploring import assurance
from trialplan.web.controls import NUMBER, Control
from trialplan.web.pages import PageKind
from trialplan.web.part import Part
from trialplan.web.state import State
from trialplan.web.subject import Subject


def _takes(control: Control) -> bool:
    return control.path.startswith("assurance.") or ".bias." in control.path or ".belief." in control.path


def _asks(subject: Subject, state: State) -> Iterator[Part]:
    asked = state.looked_at.get("n", "")
    hint = "the plan's own number unless another is typed"
    control = Control(path="view.n", label="participants in all", hint=hint, kind=NUMBER, value=asked)
    yield Part(title="For which number", form=(control,))


def _parts(subject: Subject, state: State) -> Iterator[Part]:
    asked = state.looked_at.get("n", "")
    yield Part(title="What the trial is worth", page=assurance(subject.trial, _whole(asked)).page())
    yield Part(title="What is believed", figure="beliefs")


def _whole(text: str) -> int | None:
    from trialplan.errors import ParameterError

    if not text:
        return None
    if not text.isdecimal() or len(text) > 9:
        raise ParameterError(f"n must be a whole number of participants in all, not {text}")
    return int(text)


PAGE = PageKind(
    name="assurance",
    place=5,
    title="Assurance",
    question="How probably does it succeed, averaged over what is believed?",
    takes=_takes,
    asks=_asks,
    parts=_parts,
    of_designs=False,
)
