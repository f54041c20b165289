"""Markdown to documents by pandoc: HTML in one file, and Word. Each is written whole or not at all."""

from __future__ import annotations

import calendar
import os
import subprocess
from pathlib import Path

from trialplan.errors import FileError, TrialplanError, did_you_mean, require
from trialplan.files import check_writable, shipped
from trialplan.files import write as write_file
from trialplan.plan.building import build
from trialplan.plan.reading import Plan
from trialplan.protocol.markdown import render
from trialplan.protocol.word import reference_document, unbroken_rows

SUFFIXES = (".md", ".html", ".docx")

# What the templates write, and nothing that a plan's text could smuggle in: no raw HTML or TeX.
_READER = (
    "markdown-raw_html-raw_tex-raw_attribute-tex_math_dollars-citations-yaml_metadata_block-implicit_figures-smart"
)


def write(plan: Plan, outputs: list[Path]) -> list[Path]:
    """The plan's protocol in each of the files named; the suffix picks the format."""
    for path in outputs:
        if path.suffix not in SUFFIXES:
            raise FileError(f"no protocol is written as {path.name}; {did_you_mean(path.suffix, SUFFIXES)}")
        check_writable(path)
        if path.suffix != ".md":
            require("pypandoc", "report", f"writing {path.suffix}")
    text = render(build(plan))
    return [write_file(path, _content(text, plan, path.suffix)) for path in outputs]


def _content(text: str, plan: Plan, suffix: str) -> bytes:
    if suffix == ".md":
        return text.encode()
    return html(text, plan) if suffix == ".html" else docx(text, plan)


def html(text: str, plan: Plan) -> bytes:
    """One self-contained file that reads on a phone and prints."""
    folder = shipped("templates")
    look = [
        f"--template={folder / 'page.html'}",
        f"--css={folder / 'page.css'}",
        f"--lua-filter={folder / 'labels.lua'}",
    ]
    return _pandoc(
        text,
        plan,
        ["--to=html5", "--number-sections", "--embed-resources", "--toc", "--toc-depth=2", "--section-divs", *look],
    )


def docx(text: str, plan: Plan) -> bytes:
    """A Word file with real styles."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        reference = Path(folder) / "reference.docx"
        reference.write_bytes(reference_document())
        return unbroken_rows(_pandoc(text, plan, ["--to=docx", f"--reference-doc={reference}"]))


def _pandoc(text: str, plan: Plan, options: list[str]) -> bytes:
    """Pandoc's output; the only date in it is the plan's, so the same plan gives the same bytes."""
    pypandoc = require("pypandoc", "report", "writing documents")
    date = plan.content.trial.date
    metadata = [f"--metadata=title:{plan.content.trial.title}", "--metadata=lang:en-GB"]
    # one column: tables take the widths that the templates' dashes give them
    command = [
        pypandoc.get_pandoc_path(),
        f"--from={_READER}",
        "--standalone",
        "--columns=1",
        "--output=-",
    ]
    epoch = calendar.timegm(date.timetuple()) if date else 0
    done = subprocess.run(
        [*command, *metadata, *options],
        input=text.encode(),
        capture_output=True,
        env=os.environ | {"SOURCE_DATE_EPOCH": str(epoch), "TZ": "UTC"},
        check=False,
    )
    if done.returncode:
        raise TrialplanError(f"pandoc could not write the document: {done.stderr.decode().strip().splitlines()[-1]}")
    return done.stdout
