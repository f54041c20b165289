"""A finished protocol held against what its plan gives: everything is computed again from what it holds itself.

The plan and the tables that the document holds, or prints at its end, are taken from it, each held against the SHA-256
digest that is printed beside its name; the document is written again from them, in its own format, and what the two
say is compared. Text that a sponsor has added is counted and not judged. A document whose sources a program has dropped
is held against a plan that is named.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import trialplan
from trialplan.errors import FileError, TrialplanError
from trialplan.page import Answer, Page
from trialplan.plan.reading import Plan
from trialplan.protocol.bounded import PATIENCE, bounded, check_patience
from trialplan.protocol.checking.compare import CheckedStatement, DocumentComparison, compare
from trialplan.protocol.checking.embedded import Named, as_printed, embedded, texts_of
from trialplan.protocol.checking.extraction import MADE_AS, TextBlock, blocks, read
from trialplan.protocol.checking.extraction.attached import is_held
from trialplan.protocol.checking.rebuild import rebuilt
from trialplan.protocol.content.readers import DOCUMENTS, OPTION

_COMMAND = re.compile(rf"trialplan protocol .* {OPTION} ([a-z]+)")
_VERSION = re.compile(r"\btrialplan (\d+(?:\.\w+)+)")


@dataclass(frozen=True, kw_only=True, repr=False)
class Checked(Answer):
    """A document that could be checked: the plan in it, who wrote it, and what it states against what it should."""

    plan: str
    version: str | None
    comparison: DocumentComparison
    file: str = "the document"

    def page(self) -> Page:
        """What does not agree, what was added and what was left out."""
        from trialplan.protocol.checking.page import page

        return page(self)

    @property
    def ok(self) -> bool:
        """Whether everything that is stated is what the plan gives."""
        return not self.wrong

    @property
    def wrong(self) -> tuple[CheckedStatement, ...]:
        """What is not what the plan gives."""
        return tuple(one for one in self.comparison.statements if not one.ok)

    @property
    def other_version(self) -> bool:
        """Whether another version than this one wrote the document."""
        return self.version is not None and self.version != trialplan.__version__


def check(path: Path, templates: Path | None = None, patience: float = PATIENCE, plan: Plan | None = None) -> Checked:
    """Every statement of a finished protocol, recomputed from the plan in it, or from the one named."""
    check_patience(patience)
    content, suffix = read(path), path.suffix.lower()
    own = None if plan is None else texts_of(plan)
    try:
        checked = cast("Checked", bounded(examine, content, suffix, templates, own, patience=patience))
    except TrialplanError as why:
        raise FileError(f"{path.name} cannot be checked: {why}") from None
    return dataclasses.replace(checked, file=path.name)


def examine(
    content: bytes, suffix: str, templates: Path | None = None, own: tuple[Named, tuple[Named, ...]] | None = None
) -> Checked:
    """The same of a document's content, in this process, for as long as it takes; `own` are a plan and its tables."""
    said = blocks(content, suffix)
    plan, tables = embedded(said) if own is None else (as_printed(said, own[0]), own[1])
    prints = any(block.kind == "code" for block in said) and not any(map(is_held, said))
    made = MADE_AS.get(suffix, suffix)
    fresh = rebuilt(plan, tables, made, templates, _kind(said), prints)
    version = _version(said)
    ours = blocks(fresh.content, made)
    theirs = [_of_this_version(block, version) for block in said]
    return Checked(plan=plan[0], version=version, comparison=compare(ours, theirs, fresh.required, fresh.named))


def _kind(said: Sequence[TextBlock]) -> str | None:
    """The document that the printed command makes; None where it names none, and the plan says which."""
    cells = (cell for block in said if block.kind != "code" for cell in block.cells)
    asked = (match[1] for cell in cells if (match := _COMMAND.fullmatch(cell)))
    return next((name for name in asked if name in DOCUMENTS), None)


def _version(said: Sequence[TextBlock]) -> str | None:
    """The version that wrote the document: a cell of its own, else wherever it is named."""
    cells = [cell for block in said if block.kind != "code" for cell in block.cells]
    found = [match for cell in cells if (match := _VERSION.fullmatch(cell))]
    found += [match for cell in cells if (match := _VERSION.search(cell))]
    return found[0][1] if found else None


def _of_this_version(block: TextBlock, version: str | None) -> TextBlock:
    """The block as this version would have signed it: who wrote a document is told, and is no error in it."""
    if version is None or version == trialplan.__version__:
        return block
    cells = (cell.replace(f"trialplan {version}", f"trialplan {trialplan.__version__}") for cell in block.cells)
    return dataclasses.replace(block, cells=tuple(cells))
