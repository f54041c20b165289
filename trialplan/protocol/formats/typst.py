"""Typst: marked-up text into a PDF, with the fonts that come along and nothing of the machine it runs on."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from trialplan.errors import TrialplanError, require

_MAIN = "protocol.typ"


def compiled(text: bytes, drawings: Mapping[str, bytes], epoch: int) -> bytes:
    """The PDF; files are read from a folder of its own, which holds the text and its drawings alone."""
    typst, matplotlib = (require(name, "report", "writing .pdf") for name in ("typst", "matplotlib"))
    letters = Path(matplotlib.get_data_path()) / "fonts" / "ttf"  # for those that typst's own fonts lack
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in {**drawings, _MAIN: text}.items():
            (folder / file).write_bytes(content)
        try:
            made = typst.compile(
                str(folder / _MAIN),
                root=str(folder),
                font_paths=[str(letters)],
                ignore_system_fonts=True,
                timestamp=epoch,
                package_path=str(folder),
                package_cache_path=str(folder),
            )
        except typst.TypstError as why:
            raise TrialplanError(f"typst could not set the document: {why.message.splitlines()[0]}") from None
    assert isinstance(made, bytes)  # a PDF is one file
    return made
