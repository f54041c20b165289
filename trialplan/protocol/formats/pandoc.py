"""Pandoc: the Markdown of a protocol into one format, in pandoc's own sandbox."""

from __future__ import annotations

import calendar
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from trialplan.errors import TrialplanError, require
from trialplan.files import shipped
from trialplan.plan.reading import Plan
from trialplan.protocol.content.filters import dated

# What the templates write, and nothing that a plan's text could smuggle in: no raw HTML or TeX.
_READER = "markdown-raw_html-raw_tex-raw_attribute-citations-yaml_metadata_block-smart"

_ALWAYS = (
    *(f"--from={_READER}", "--output=-", "--sandbox", "--standalone", "--preserve-tabs"),
    "--columns=1",  # tables take the widths that the templates' dashes give them
    "--syntax-highlighting=none",
)

CONTENTS = ("--number-sections", "--toc", "--toc-depth=2")
"""For sections with numbers, and a table of them."""


def program() -> str:
    """The path of pandoc, or the sentence that says how to install it.

    What came with the package goes before another on the path, which may lack options and writes other bytes.
    """
    pypandoc = require("pypandoc", "report", "writing documents")
    own = shutil.which("pandoc", path=Path(str(pypandoc.__file__)).parent / "files")
    return own or str(pypandoc.get_pandoc_path())


def convert(text: str, plan: Plan, options: list[str]) -> bytes:
    """Pandoc's output; the only date in it is the plan's, so the same plan gives the same bytes."""
    command = [program(), *_ALWAYS, *(f"--metadata={one}" for one in _metadata(plan)), *options]
    environment = os.environ | {"SOURCE_DATE_EPOCH": str(epoch(plan)), "TZ": "UTC"}
    done = subprocess.run(command, input=text.encode(), capture_output=True, env=environment, check=False)
    if done.returncode:
        reasons = done.stderr.decode(errors="replace").strip().splitlines() or ["it gave no reason"]
        raise TrialplanError(f"pandoc could not write the document: {reasons[-1]}")
    return done.stdout


def epoch(plan: Plan) -> int:
    """The plan's date in seconds; the beginning of 1980, the first that a Word file can hold, where it has none."""
    date = plan.content.trial.date
    return calendar.timegm(date.timetuple() if date else (1980, 1, 1, 0, 0, 0))


def filters(*names: str) -> list[str]:
    """The options that name shipped Lua filters; a house's style has none of its own."""
    return [f"--lua-filter={shipped('templates') / name}" for name in names]


def _metadata(plan: Plan) -> Iterator[str]:
    """What pandoc takes as plain text, and never reads as Markdown."""
    said = plan.content.trial
    yield "lang:en-GB"
    subtitle = f"Version {said.version}" + (f", {dated(said.date)}" if said.date else "")
    texts = [("title", said.title), ("subtitle", subtitle), ("version", said.version)]
    for name, text in [*texts, *(("author", author) for author in said.authors)]:
        value = " ".join(text.split())  # a title has no line breaks
        yield f"{name}:{' ' * (value.lower() in ('true', 'false'))}{value}"  # a bare one would be a truth value
