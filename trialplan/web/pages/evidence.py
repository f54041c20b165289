"""Evidence: the table with its findings, the forest plot, and which studies and outcomes the plan draws on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from trialplan.errors import TrialplanError
from trialplan.web.controls import Control
from trialplan.web.pages import PageKind
from trialplan.web.part import Part
from trialplan.web.state import State
from trialplan.web.subject import Subject
from trialplan.web.told import told


def _takes(control: Control) -> bool:
    """What an assumption reads in the table, and how studies are pooled."""
    drawn = (".evidence.", ".effect.", ".belief.")
    return ".assumptions." in control.path and any(part in control.path for part in drawn)


def _parts(subject: Subject, state: State) -> Iterator[Part]:
    opened = state.looked_at.get("table")
    if opened is not None:
        yield from _opened(subject, opened)
        return
    table = subject.table
    yield _rates(subject)
    yield Part(title="The table, and where it contradicts itself", page=table.page())


def _rates(subject: Subject) -> Part:
    """The forest plot of what the plan draws on; a plan that is not whole has none, and says why in its place."""
    from trialplan.protocol.content import figures

    title = "The rates of the table"
    with suppress(TrialplanError):
        if figures.forest(subject.trial) is None:
            return Part(
                title=title, text="The plan draws no number from one rate of the table: all of it stands below."
            )
    return Part(title=title, figure="forest")


def _opened(subject: Subject, key: str) -> Iterator[Part]:
    """A table that a visitor has opened: what was understood, and the audit."""
    from trialplan import evidence, files

    folder = subject.shelf.folder_of(key)
    for path in sorted(folder.iterdir()):
        try:
            with files.given("evidence.toml", {path.name: path}):
                table = evidence.read(path.name)
        except TrialplanError as why:
            yield Part(title=path.name, wrong=told(why))
        else:
            yield Part(title=path.name, page=table.page())
            yield Part(title="The table as a file that a plan can name", copied=table.toml())


PAGE = PageKind(
    name="evidence",
    place=1,
    title="Evidence",
    question="What does the table say, and which of it counts?",
    takes=_takes,
    parts=_parts,
    of_designs=False,
)
