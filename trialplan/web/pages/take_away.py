"""Take away: plan, documents, scenarios and script as files, and the lines that give the same answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from trialplan.web import command_lines
from trialplan.web.controls import read
from trialplan.web.pages import PageKind
from trialplan.web.part import Link, Part
from trialplan.web.state import State
from trialplan.web.subject import Subject
from trialplan.web.takeaways import of_design, of_plan


def _parts(subject: Subject, state: State) -> Iterator[Part]:
    query = state.query()
    known = of_plan() if subject.is_plan else of_design()
    yield Part(
        title="Files",
        links=tuple(Link(words=one.words, path=f"file/{name}?{query}", hint=one.hint) for name, one in known.items()),
    )
    yield Part(title="On the command line", copied=command_lines.of_answer(subject))
    yield Part(title="In Python", copied=python(subject))
    yield Part(title="This state as a link", links=(Link(words="Open it again", path=f"design?{query}"),))


def python(subject: Subject) -> str:
    """The lines of Python that give the same answer."""
    if subject.is_plan:
        name = command_lines.plan_of(subject)
        return f'import trialplan\n\ntrial = trialplan.build("{name}")\nprint(trial.answer)'
    design = f"trialplan.{subject.kind.__name__}({_arguments(subject.numbers)})"
    if subject.rule:
        design = f"trialplan.{type(subject.design).__name__}(design={design}, {_arguments(subject.rule)})"
    more = f", {_arguments(subject.sizing)}" if subject.sizing else ""
    return f"import trialplan\n\nprint(trialplan.size({design}{more}))"


def _arguments(typed: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={read(text)!r}" for name, text in typed.items())


PAGE = PageKind(
    name="take-away",
    place=9,
    title="Take away",
    question="How do I go on from here?",
    takes=lambda control: False,
    parts=_parts,
)
