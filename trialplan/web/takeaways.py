"""The files that a visitor takes away, each by its name, made when it is asked for."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from trialplan.page import as_json_text
from trialplan.web.state import State
from trialplan.web.subject import Subject


@dataclass(frozen=True)
class TakeAway:
    """One file: its words, what it is for, and what makes it."""

    words: str
    hint: str
    make: Callable[[Subject, State], bytes]


def of_plan() -> dict[str, TakeAway]:
    """What a plan gives."""
    documents = {
        "protocol.docx": TakeAway("Protocol, Word", "the whole draft", partial(_document, "protocol", ".docx")),
        "protocol.html": TakeAway("Protocol, web page", "one file", partial(_document, "protocol", ".html")),
        "protocol.pdf": TakeAway("Protocol, PDF", "", partial(_document, "protocol", ".pdf")),
        "protocol.md": TakeAway("Protocol, text", "Markdown", partial(_document, "protocol", ".md")),
        "statistics.docx": TakeAway(
            "Statistics, Word", "sample size and analysis alone", partial(_document, "statistics", ".docx")
        ),
    }
    return {
        "plan.zip": TakeAway("Plan and tables", "one file that can be opened again here", _bundle),
        "plan.toml": TakeAway("Plan", "as it is now, comments kept", _plan),
        **documents,
        **_of_both(),
    }


def of_design() -> dict[str, TakeAway]:
    """What a design by itself gives."""
    return {"answer.json": TakeAway("Answer", "every number at full precision", _json), **_of_both()}


def _of_both() -> dict[str, TakeAway]:
    return {
        "scenarios.csv": TakeAway("Scenarios", "one line for each", partial(_scenarios, "scenarios.csv")),
        "scenarios.html": TakeAway(
            "Scenarios, to mail", "one page with figure and table", partial(_scenarios, "scenarios.html")
        ),
        "check.R": TakeAway("Script in R", "a second statistician recomputes with it", partial(_script, "r")),
        "check.py": TakeAway("Script in Python", "the same with statsmodels and scipy", partial(_script, "python")),
    }


def _plan(subject: Subject, state: State) -> bytes:
    return subject.plan.text.encode()


def _bundle(subject: Subject, state: State) -> bytes:
    """The plan with every table that it reads, each under the name by which the plan calls it."""
    from trialplan import files

    packed = io.BytesIO()
    _ = subject.trial  # reads the tables
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("plan.toml"), subject.plan.text)
        with subject.shelf.opened(subject.state.name):
            for name in subject.plan._tables:
                if name not in files.examples("evidence.toml"):  # those are wherever trialplan is
                    archive.writestr(zipfile.ZipInfo(Path(name).name), subject.plan.table_text(name))
    return packed.getvalue()


def _document(kind: str, suffix: str, subject: Subject, state: State) -> bytes:
    from trialplan.verbs.planning import render_protocol

    with tempfile.TemporaryDirectory() as folder, subject.shelf.opened(subject.state.name):
        (path,) = render_protocol(subject.trial, Path(folder) / f"document{suffix}", document=kind)
        return path.read_bytes()


def _scenarios(name: str, subject: Subject, state: State) -> bytes:
    from trialplan.web.command_lines import of_scenarios
    from trialplan.web.pages.scenarios import axes_of, grid_of

    command = of_scenarios(subject, axes_of(subject, state), name)
    with tempfile.TemporaryDirectory() as folder:
        return grid_of(subject, state).save(Path(folder) / name, command=command).read_bytes()


def _json(subject: Subject, state: State) -> bytes:
    return as_json_text(subject.answer.page()).encode()


def _script(language: str, subject: Subject, state: State) -> bytes:
    from trialplan.verbs.second_opinion import code

    if subject.is_plan:
        return code(subject.trial, language).encode()
    return code(subject.design, language, power=float(subject.answer.target)).encode()
