"""Write the pictures of README.md; with --check, say whether they show what the program says today.

A picture holds a digest of what it shows, the text or the numbers, so that another version of the program that draws
it does not count as a change.
"""

from __future__ import annotations

import hashlib
import struct
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import typst

from trialplan import build, read_plan
from trialplan.cli import main
from trialplan.protocol.content.readers import document
from trialplan.protocol.formats import pandoc
from trialplan.protocol.formats.documents import Source, typesetting
from trialplan.protocol.formats.drawing import Drawings
from trialplan.protocol.formats.pictures import pictures

HERE = Path(__file__).parent
KEY = b"shows"
PLAN = "msc-lupus-nephritis"
GRID = ("--vary", "control=0.10:0.36:0.02", "--vary", "treatment=0.28:0.60:0.02")
"""The grid of README.md."""
DOTS = 110
"""Dots an inch: a page is then some 900 wide."""


def first_page() -> str:
    """The shipped plan's first page as typst, up to its contents, on paper as long as it needs."""
    plan = read_plan(PLAN)
    trial = build(plan)
    kind = document("protocol")
    with ThreadPoolExecutor(1) as workers:
        objects, shown, drawings = kind.context(trial), pictures(trial), Drawings(wanted={})
        source = Source(trial=trial, objects=objects, pictures=shown, kind=kind, drawings=drawings, workers=workers)
        written = pandoc.convert(source.text(".pdf", {}), plan, typesetting("typst", source.look("page.typ"))).decode()
    page = written.split("#[\n  #set text(7.5pt)")[0]
    assert page != written, "templates/page.typ begins its contents otherwise"
    return page.replace('paper: "a4"', "width: 210mm, height: auto").replace("#h(1fr) Page", "#h(1fr) // Page")


def protocol() -> tuple[str, Callable[[], bytes]]:
    """What the picture of the protocol shows, and how it is drawn."""
    page = first_page()

    def drawn() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "page.typ"
            file.write_text(page)
            made = typst.compile(str(file), format="png", ppi=DOTS)
        assert isinstance(made, bytes)
        return made

    return page[page.index("#text(20pt") :], drawn


def scenarios() -> tuple[str, Callable[[], bytes]]:
    """What the picture of the grid shows, and how it is drawn."""
    with tempfile.TemporaryDirectory() as folder:
        numbers, words, picture = (Path(folder) / f"grid{suffix}" for suffix in (".csv", ".txt", ".png"))
        for path in (numbers, words, picture):
            assert main(["scenarios", PLAN, *GRID, "-o", str(path)]) == 0
        drawing = picture.read_bytes()
        return numbers.read_text() + words.read_text(), lambda: drawing


PICTURES = {"protocol.png": protocol, "scenarios.png": scenarios}


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The kind and content of each part of a PNG file."""
    at = 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += 12 + length


def signed(png: bytes, digest: str) -> bytes:
    """The picture with the digest in a text part before its end."""
    written = png[:8]
    for kind, content in chunks(png):
        parts = [(b"tEXt", KEY + b"\0" + digest.encode())] if kind == b"IEND" else []
        for name, data in [*parts, (kind, content)]:
            written += struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return written


def digest_in(png: bytes) -> str:
    """The digest that a picture holds; empty where it holds none."""
    found = [data for kind, data in chunks(png) if kind == b"tEXt" and data.startswith(KEY + b"\0")]
    return found[0].partition(b"\0")[2].decode() if found else ""


def write(check: bool) -> int:
    """The exit code: 1 where a picture shows something else than the program says."""
    stale = []
    for name, made in PICTURES.items():
        shown, drawn = made()
        digest = hashlib.sha256(shown.encode()).hexdigest()
        path = HERE / name
        if not path.exists() or digest_in(path.read_bytes()) != digest:
            stale.append(name)
            if not check:
                path.write_bytes(signed(drawn(), digest))
    if check and stale:
        print(f"docs: {', '.join(stale)} shows what the program no longer says; run python docs/build_pictures.py")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(write("--check" in sys.argv[1:]))
