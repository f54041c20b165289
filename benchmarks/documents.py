"""A plan's protocol in whole processes, with pandoc's own time for the same text; writes docs/benchmarks-documents.md.

    python benchmarks/documents.py            measures (two minutes) and writes the page
    python benchmarks/documents.py --quick    two rounds, to see that everything runs; writes nothing
    python benchmarks/documents.py --cpu      processor seconds, for a machine that others use; writes nothing

Nothing here is a test: a busy machine gives other times.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from page import write
from side_by_side import ENVIRONMENT, ROOT, Contest, Contestant, Goal, process

from trialplan.figures import SANS
from trialplan.plan import build, read
from trialplan.protocol import SUFFIXES
from trialplan.protocol.content.readers import document
from trialplan.protocol.formats import pandoc
from trialplan.protocol.formats.documents import Source
from trialplan.protocol.formats.drawing import Drawings
from trialplan.protocol.formats.pictures import beside, pictures

PAGE = ROOT / "docs" / "benchmarks-documents.md"
ROUNDS = 4
WRITERS = {".html": ("html5", "--mathml"), ".docx": ("docx",), ".tex": ("latex",), ".pdf": ("typst",)}
"""What pandoc is asked for where trialplan writes a format; a PDF is set by typst from pandoc's text."""
SHIPPED, MONITORED = "msc-lupus-nephritis", "msc-lupus-nephritis-monitored"


def written(plan: str, suffixes: tuple[str, ...], folder: Path) -> Contestant:
    """The command that writes a plan's protocol in these formats."""
    files = [word for suffix in suffixes for word in ("-o", str(folder / f"protocol{suffix}"))]
    command = [sys.executable, "-m", "trialplan", "protocol", plan, *files]
    return process("trialplan protocol", command, rounds=ROUNDS, ours=True)


def by_pandoc(plan: str, suffixes: tuple[str, ...], folder: Path) -> Contestant:
    """Pandoc alone, given the text, its figures as files beside it."""
    trial, kind = build(read(plan)), document("protocol")
    drawings, shown = Drawings({SANS: (".svg",)}), pictures(trial)
    drawings.begin({name: one.figure for name, one in shown.items()})
    source = Source(
        trial=trial,
        objects=kind.context(trial),
        pictures=shown,
        kind=kind,
        drawings=drawings,
        workers=ThreadPoolExecutor(1),
    )
    for name, drawing in source.drawn(".svg").items():
        (folder / f"{name}.svg").write_bytes(drawing)
    text = folder / "text.md"
    text.write_text(source.text(".html", beside(source.pictures, f"{folder}/", ".svg")), encoding="utf-8")
    calls = [
        [pandoc.program(), "--from=markdown", f"--to={writer}", *more, "--standalone", "--toc", str(text)]
        for suffix in suffixes
        if suffix in WRITERS
        for writer, *more in [WRITERS[suffix]]
    ]
    lines = (" ".join(f"'{word}'" for word in [*call, "-o", str(folder / "by-pandoc")]) for call in calls)
    note = (
        "" if len(calls) == 1 else f"{len(calls)} times: {', '.join(WRITERS[s][0] for s in suffixes if s in WRITERS)}"
    )
    return process("pandoc, the same text", ["sh", "-c", " && ".join([*lines, "echo done"])], rounds=ROUNDS, note=note)


def exact() -> str:
    """The starter's plan with an exact test of its primary endpoint."""
    path = Path(tempfile.mkdtemp()) / "exact.toml"
    path.write_text(read("starter").text.replace('test = "score"', 'test = "boschloo"'), encoding="utf-8")
    return str(path)


def contest(title: str, plan: str, suffixes: tuple[str, ...], seconds: float) -> Contest:
    """One plan in one format, or in several."""
    folder = Path(tempfile.mkdtemp())
    formats = ", ".join(suffix.removeprefix(".") for suffix in suffixes)
    question = f"`{Path(plan).name}` as {formats}: the whole process, from its start to the files written."
    contestants = [written(plan, suffixes, folder), by_pandoc(plan, suffixes, folder)]
    return Contest(title, question, contestants, Goal(seconds=seconds))


HEAD = """# Side by side: documents

<!-- Written by benchmarks/documents.py; do not edit. -->

All take turns, round by round in one run, after a round that is not counted. A time is the median of the rounds with
their range; "× ours" is the median of how many times as long as trialplan the other took within a round. Every round is
a process of its own, so that nothing is remembered from one to the next. Measured on {machine}.
Other machines, and this one on another day, give other times; the ratios are steadier.
"""


def main() -> int:
    """Measure, print, and write the page."""
    # what a first run compiles is compiled before anything is measured
    subprocess.run([sys.executable, "-m", "trialplan", "--version"], env=ENVIRONMENT, check=True, capture_output=True)
    contests = [
        lambda: contest("A shipped plan to HTML", SHIPPED, (".html",), 3.0),
        lambda: contest("A shipped plan to all five formats", SHIPPED, SUFFIXES, 6.0),
        lambda: contest("A plan with looks to HTML", MONITORED, (".html",), 6.0),
        lambda: contest("A plan with an exact test to HTML", exact(), (".html",), 6.0),
    ]
    return write(PAGE, HEAD, contests)


if __name__ == "__main__":
    sys.exit(main())
