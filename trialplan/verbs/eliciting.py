"""What experts believe: a sheet to send out, and what several that come back say together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, overload

from trialplan.errors import FileError, ParameterError, PlanError, did_you_mean
from trialplan.files import read_bytes, read_text
from trialplan.verbs._arguments import path_like
from trialplan.verbs._misfits import refuses_misfits

if TYPE_CHECKING:
    from trialplan.belief.experts import Elicited

WORD: Final = ".docx"
SHEETS = (".md", WORD)
"""The kinds of file that a sheet is sent out as."""
_NOT_READ = (".doc", ".odt", ".rtf", ".pdf", ".pages")
"""Other kinds of text that an expert may send back."""


@overload
def elicitation_sheet(suffix: Literal[".md"] = ".md") -> str: ...


@overload
def elicitation_sheet(suffix: Literal[".docx"]) -> bytes: ...


@refuses_misfits
def elicitation_sheet(suffix: str = ".md") -> str | bytes:
    """The content of a sheet for one expert: write the question into it, send it out, and give it to `elicit`.

    Text where `suffix` is ".md", the bytes of a Word file where it is ".docx".

    >>> "Name: ____" in elicitation_sheet()
    True
    """
    from trialplan.plan.elicitation_sheet import SHEET
    from trialplan.plan.elicitation_word import as_word

    if suffix not in SHEETS:
        hint = did_you_mean(suffix, SHEETS)
        raise ParameterError(f"a sheet has no form {suffix!r}; {hint}", owner="elicitation_sheet")
    return as_word(SHEET) if suffix == WORD else SHEET


@refuses_misfits
def elicit(*sheets: str | Path, family: str = "beta", pool: str = "linear") -> Elicited:
    """What do several experts believe of one number? A distribution fitted to each one's sheet, and their pool.

    A sheet is a text (.md) or a Word file (.docx); all must ask the same question. `family` is beta for a rate, else
    normal or log-normal; `pool` is linear or logarithmic. `.belief` goes into `assurance(beliefs=…)`, `.figure()`
    draws the curves.
    """
    from trialplan.belief.experts import elicited
    from trialplan.plan.elicitation_sheet import asked, read_sheet

    paths = [Path(path_like("elicit", sheet, "the path of a sheet that was filled in")) for sheet in sheets]
    filled = [read_sheet(_text(path), str(path)) for path in paths]
    question = asked(filled) if filled else ""
    return elicited([sheet.expert for sheet in filled], family, pool, question)


def _text(path: Path) -> str:
    """What a sheet says, of a Word file as it stands once every tracked change is accepted."""
    if path.suffix.lower() in _NOT_READ:
        raise PlanError(f"{path} is no sheet that can be read; save it as {WORD}, or as text")
    if path.suffix.lower() != WORD:
        return read_text(path, PlanError)
    from trialplan.protocol.checking.extraction import blocks

    try:
        found = blocks(read_bytes(path, PlanError), WORD)
    except FileError as why:
        raise PlanError(f"{path}: {why}") from None
    lines: list[str] = []
    table = -1
    for block in found:
        # a table is one stretch of lines, and all else stands apart
        lines += [""] * (block.table < 0 or block.table != table)
        cells = [cell.replace("|", "\\|") for cell in block.cells]
        lines.append(f"| {' | '.join(cells)} |" if block.kind == "row" else " ".join(block.cells))
        table = block.table
    return "\n".join(lines)
