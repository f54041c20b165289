"""Typst: marked-up text into a PDF, with the fonts that come along and nothing of the machine it runs on.

Only for letters that these lack, such as Chinese ones, the machine's own fonts are asked.
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Mapping
from pathlib import Path

from trialplan.errors import TrialplanError, require

_MAIN = "protocol.typ"
_WIDEST = "DejaVuSans"
"""The font with the most letters of those that come along; typst's own have none that it lacks but a few signs."""


def lacking(text: str) -> str:
    """The letters of a text that no font has which comes along, each once, in order."""
    fonts = importlib.import_module("matplotlib.ft2font")
    known = fonts.FT2Font(str(_letters() / f"{_WIDEST}.ttf")).get_charmap()
    return "".join(sorted({letter for letter in text if ord(letter) not in known and not letter.isspace()}))


def _letters() -> Path:
    """The folder of the fonts that matplotlib brings, for those letters that typst's own lack."""
    return Path(require("matplotlib", "report", "writing .pdf").get_data_path()) / "fonts" / "ttf"


def compiled(text: bytes, drawings: Mapping[str, bytes], epoch: int) -> bytes:
    """The PDF; files are read from a folder of its own, which holds the text and its drawings alone."""
    typst, letters = require("typst", "report", "writing .pdf"), _letters()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in {**drawings, _MAIN: text}.items():
            (folder / file).write_bytes(content)
        try:
            made = typst.compile(
                str(folder / _MAIN),
                root=str(folder),
                font_paths=[str(letters)],
                ignore_system_fonts=not lacking(text.decode()),  # else the same bytes on every machine
                timestamp=epoch,
                package_path=str(folder),
                package_cache_path=str(folder),
            )
        except typst.TypstError as why:
            raise TrialplanError(f"typst could not set the document: {why.message.splitlines()[0]}") from None
    assert isinstance(made, bytes)  # a PDF is one file
    return made
