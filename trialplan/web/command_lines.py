"""The commands that give what a page shows."""

from __future__ import annotations

import shlex
from collections.abc import Container, Mapping
from typing import Any

from trialplan import files
from trialplan.text import flag
from trialplan.web.controls import read, shown
from trialplan.web.shelf import PLAN_FILE
from trialplan.web.subject import Subject


def of_answer(subject: Subject) -> str:
    """The command that gives the same answer."""
    if not subject.is_plan:
        return " ".join(["trialplan size", subject.kind.slug(), *_options(subject)])
    given = f"trialplan protocol {plan_of(subject)} -o protocol.docx"
    return given if is_shipped(subject) else f"# with the plan's files from above, unpacked\n{given}"


def of_scenarios(subject: Subject, axes: Mapping[str, Any], output: str) -> str:
    """The command that writes the same scenarios to a file."""
    varied = [f"--vary {flag(name)}={shlex.quote(_values(values))}" for name, values in axes.items()]
    own = [plan_of(subject)] if subject.is_plan else [subject.kind.slug(), *_options(subject, (*axes, "dropout"))]
    return " ".join(["trialplan scenarios", *own, *varied, f"-o {output}"])


def plan_of(subject: Subject) -> str:
    """The plan by the name that the command line knows; what was changed or opened is a file."""
    return subject.state.name if is_shipped(subject) else PLAN_FILE


def is_shipped(subject: Subject) -> bool:
    """Whether it is a shipped plan as it was shipped."""
    return not subject.state.changes and subject.state.name in files.examples(PLAN_FILE)


def _options(subject: Subject, without: Container[str] = ()) -> list[str]:
    asked = subject.numbers | subject.rule | subject.sizing
    words = [
        f"--{flag(name)} {shlex.quote(_close(text))}"
        for name, text in asked.items()
        if text != "no" and name not in without
    ]
    return [word.removesuffix(" yes") for word in words]


def _close(text: str) -> str:
    """Several values as one word of a command."""
    return ",".join(part.strip() for part in text.split(",")) if isinstance(read(text), tuple) else text


def _values(values: Any) -> str:
    return values if isinstance(values, str) else ",".join(map(shown, values))
