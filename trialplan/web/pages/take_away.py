"""Take away: plan, documents, scenarios and script as files, and the lines that give the same answer."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from trialplan.text import flag
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
    yield Part(title="On the command line", copied=command(subject))
    yield Part(title="In Python", copied=python(subject))
    yield Part(title="This state as a link", links=(Link(words="Open it again", path=f"design?{query}"),))


def command(subject: Subject) -> str:
    """The command that gives the same answer."""
    if subject.is_plan:
        if subject.state.changes or subject.state.name not in _shipped():
            return "# with the plan's files from above, unpacked\ntrialplan protocol plan.toml -o protocol.docx"
        return f"trialplan protocol {subject.state.name} -o protocol.docx"
    words = [f"--{flag(name)} {shlex.quote(text)}" for name, text in _numbers(subject)]
    return " ".join(["trialplan size", subject.kind.slug(), *words])


def python(subject: Subject) -> str:
    """The lines of Python that give the same answer."""
    if subject.is_plan:
        name = "plan.toml" if subject.state.changes or subject.state.name not in _shipped() else subject.state.name
        return f'import trialplan\n\ntrial = trialplan.build("{name}")\nprint(trial.answer)'
    asked = {name: text for name, text in _numbers(subject) if name in ("power", "dropout")}
    numbers = ", ".join(f"{name}={_literal(text)}" for name, text in _numbers(subject) if name not in asked)
    more = "".join(f", {name}={_literal(text)}" for name, text in asked.items())
    cls = subject.kind.__name__
    return f"import trialplan\n\nprint(trialplan.size(trialplan.{cls}({numbers}){more}))"


def _shipped() -> list[str]:
    from trialplan import files

    return [*files.examples("plan.toml")]


def _numbers(subject: Subject) -> list[tuple[str, str]]:
    """Every number of a design that a control holds, typed or typical."""
    return [(one.path, one.value) for one in subject.controls if one.value]


def _literal(text: str) -> str:
    from trialplan.analyses.scenarios.vary import value

    parts = [value(part) for part in text.split(",")]
    return repr(parts[0] if len(parts) == 1 else text if any(isinstance(one, str) for one in parts) else tuple(parts))


PAGE = PageKind(
    name="take-away",
    title="Take away",
    question="How do I go on from here?",
    takes=lambda control: False,
    parts=_parts,
)
