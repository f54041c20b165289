"""A plan's protocol in files: one Markdown text, made into what each suffix says, every file whole or not at all."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trialplan import figures
from trialplan.analyses.beside import beside as process_beside
from trialplan.errors import FileError, require_installed
from trialplan.figures import SANS, SERIF
from trialplan.files import check_writable, make_folder, read_text, together
from trialplan.files import write as write_file
from trialplan.plan.building import Trial, build
from trialplan.plan.reading import Plan
from trialplan.protocol.bounded import PATIENCE, bounded, check_patience
from trialplan.protocol.content.embedded_sources import EmbeddedSource, tables
from trialplan.protocol.content.readers import Document, document
from trialplan.protocol.formats import attached, pandoc, word
from trialplan.protocol.formats import house_style as house
from trialplan.protocol.formats import typst as typeset
from trialplan.protocol.formats.drawing import Drawings, by_face
from trialplan.protocol.formats.markdown import PRINTED, text_of, unbroken
from trialplan.protocol.formats.pictures import Picture, address, beside, pictures, stand_in, standing_for
from trialplan.protocol.formats.word_styles import check_reference


@dataclass(frozen=True, kw_only=True)
class Source:
    """What every format is made from: the built trial, what templates print, the figures, and the house style.

    While a converter works on one format's text in `workers`, `drawings` are made, and the next format is begun.
    """

    trial: Trial
    objects: Mapping[str, Any]
    pictures: Mapping[str, Picture]
    kind: Document
    drawings: Drawings
    workers: Executor
    templates: Path | None = None
    reference: Path | None = None
    prints_sources: bool = False
    carries_sources: bool = True

    @property
    def plan(self) -> Plan:
        """The plan as it was read."""
        return self.trial.plan

    @property
    def attached(self) -> tuple[EmbeddedSource, ...]:
        """The files that travel inside the document, as far as the plan wants them there: itself, then its tables."""
        report = self.plan.content.report
        if self.prints_sources or not report.appendix_plan:
            return ()
        return (self.objects["plan_source"], *(self.objects["sources"] if report.appendix_evidence else ()))

    def text(self, suffix: str, shown: Mapping[str, Picture] | None = None) -> str:
        """The Markdown, with the figures in words unless their drawings are given."""
        kept = ".md" if self.prints_sources else suffix
        how = {"prints_sources": kept == ".md", "carries_sources": self.carries_sources, "kept_where": KEPT[kept]}
        objects = {**self.objects, **how}
        text = text_of(self.trial, objects, self.pictures if shown is None else shown, self.templates)
        return text if suffix == ".md" else unbroken(text)

    def converted(self, text: str, options: list[str]) -> Future[bytes]:
        """What pandoc makes of a text, when it has."""
        return self.workers.submit(pandoc.convert, text, self.plan, options)

    def drawn(self, suffix: str, face: str = SANS) -> dict[str, bytes]:
        """The figures as files."""
        return {name: self.drawings.of(name, suffix, face) for name in self.pictures}

    @property
    def numbered(self) -> tuple[str, ...]:
        """Pandoc's options for numbered sections and their table, which a sheet does without."""
        return pandoc.CONTENTS if self.kind.long else ()

    def look(self, name: str) -> Path:
        """A template of a page, the house's or the shipped one."""
        return house.look(name, self.templates)


def write(
    plan: Plan,
    outputs: list[Path],
    *,
    kind: str | None = None,
    templates: Path | None = None,
    reference: Path | None = None,
    patience: float = PATIENCE,
    prints_sources: bool = False,
    carries_sources: bool = True,
) -> list[Path]:
    """The plan's protocol in each of the files named; the suffix picks the format.

    `kind` is the document, by its name, where it is not the one that the plan's `[report]` asks for. The plan and its
    tables travel inside the file; with `prints_sources` they are printed at its end, and without
    `carries_sources` a sheet, which is then text to copy, is without them. `templates` is a folder whose
    files override the shipped ones, `reference` the Word file whose styles, headers and footers a .docx takes. Nothing
    is written before everything is made; with somebody's templates it is made in a process of its own, which is ended
    after `patience` seconds.
    """
    asked = document(kind or plan.content.report.document)
    written: dict[Path, Path] = {}
    for path in outputs:
        _check(path, asked)
        if (other := written.setdefault(path.resolve(), path)) is not path:
            both = f"{path} is named twice" if str(other) == str(path) else f"{other} and {path} are the same file"
            raise FileError(f"{both}; name each output once")
    check_patience(patience)
    if templates is not None:
        house.check_folder(templates)
    if reference is not None:
        check_reference(reference)
    if templates is None:
        made = _made(plan, outputs, asked.name, templates, reference, prints_sources, carries_sources)
    else:
        how = (templates, reference, prints_sources, carries_sources)
        made = bounded(_made, plan, outputs, asked.name, *how, patience=patience)
    with together():
        for files in made:
            for path, content in files.items():
                make_folder(path.parent)
                write_file(path, content)
    return outputs


def lacking_letters(plan: Plan) -> str:
    """The letters of a plan's words and of its tables that no font has which comes along for a PDF."""
    texts = (plan.content.model_dump_json(), *(plan.table_text(name) for name in tables(plan)))
    return typeset.lacking("".join(texts))


def _check(path: Path, kind: Document) -> None:
    suffix = path.suffix.lower()
    known = [one for one in FORMATS if one in SUFFIXES or kind.name == REGISTRY]
    if suffix not in known:
        raise FileError(f"no {kind.name} is written as {path.name}; name it with one of {', '.join(known)}")
    check_writable(path)
    if suffix == ".tex" and not re.fullmatch(r"[\w.-]+", path.stem, re.ASCII):
        raise FileError(
            f"{path.name} would lend its name to a folder of figures, which LaTeX could not read; "
            "use letters, digits, '-', '_' and '.' alone"
        )
    if suffix == ".tex" and os.path.lexists(_figures(path)) and not _figures(path).is_dir():
        raise FileError(
            f"{_figures(path)} is no folder, and the figures of {path.name} need one; choose another output"
        )
    for library in FORMATS[suffix].needs:
        require_installed(library, "report", f"writing {suffix}")


def _made(
    plan: Plan,
    outputs: list[Path],
    name: str,
    templates: Path | None,
    reference: Path | None,
    prints_sources: bool,
    carries_sources: bool,
) -> list[Files]:
    """The content of every file, by output."""
    kind, asked = document(name), [FORMATS[path.suffix.lower()] for path in outputs]
    drawings = Drawings(by_face(one.drawn for one in asked if one.drawn) if kind.long else {})
    with ExitStack() as stack:
        if drawings.wanted and _DRAWS_WITH not in sys.modules:  # what is at hand here is not read again beside
            stack.enter_context(process_beside(figures.prepare))
        workers = stack.enter_context(ThreadPoolExecutor(max_workers=max(len(outputs), 1)))
        trial, shown = build(plan), dict[str, Picture]()

        def draw() -> None:
            shown.update(pictures(trial) if kind.long else {})
            drawings.begin({one: picture.figure for one, picture in shown.items()})

        objects = kind.context(trial, draw)
        source = Source(
            trial=trial,
            objects=objects,
            pictures=shown,
            kind=kind,
            drawings=drawings,
            workers=workers,
            templates=templates,
            reference=reference,
            prints_sources=prints_sources,
            carries_sources=carries_sources,
        )
        begun = {}
        for at in sorted(range(len(outputs)), key=lambda at: asked[at].waits):
            begun[at] = asked[at].make(source, outputs[at])
        return [begun[at]() for at in range(len(outputs))]


_DRAWS_WITH = "matplotlib.figure"

Files = dict[Path, bytes]
Finish = Callable[[], Files]
"""What is left to do of a format whose text is being converted; it gives the content of its files."""


def markdown(source: Source, path: Path) -> Finish:
    """The text itself."""
    return lambda: {path: source.text(".md").encode()}


def html(source: Source, path: Path) -> Finish:
    """One self-contained file that reads on a phone and prints."""
    style = read_text(source.look("page.css"))
    options = [
        "--to=html5",
        "--mathml",
        *source.numbered,
        "--section-divs",
        f"--template={source.look('page.html')}",
        f"--variable=style:{style}",
        *pandoc.filters(*_before_the_contents(source.look("page.html")), "tables.lua", "focus.lua"),
        *pandoc.filters("figures.lua"),
    ]
    converted = source.converted(source.text(".html", beside(source.pictures, _STANDS_FOR, ".svg")), options)

    def finish() -> Files:
        drawings = source.drawn(".svg")
        page = converted.result().decode()
        for name, one in drawings.items():
            page = page.replace(f'src="{_STANDS_FOR}{name}.svg"', f'src="{address(one, ".svg")}"')
        return {path: attached.in_html(page.encode(), source.attached)}

    return finish


_STANDS_FOR = "trialplan-figure:"
"""What an address in the text begins with that gives way to a drawing: pandoc would read that letter by letter."""


def docx(source: Source, path: Path) -> Finish:
    """A Word file with real styles, native equations, and captions that Word counts itself."""
    reference = source.reference
    if reference is None and source.look("reference.docx").is_file():
        reference = source.look("reference.docx")
    drawings = source.drawn(".png")
    text, by_stand_in = (
        source.text(".docx", standing_for(source.pictures, drawings)),
        {stand_in(one): one for one in drawings.values()},
    )
    made = source.workers.submit(
        word.document, text, source.plan, reference, source.attached, by_stand_in, long=source.kind.long
    )
    return lambda: {path: made.result()}


def pdf(source: Source, path: Path) -> Finish:
    """A PDF set by typst, with the drawings as vectors."""
    text = source.text(".pdf", beside(source.pictures, "", ".svg"))
    written = source.converted(text, typesetting("typst", source.look("page.typ"), source.numbered))

    def finish() -> Files:
        commands, files = attached.in_typst(source.attached, text, source.pictures)
        drawings = {f"{name}.svg": drawing for name, drawing in source.drawn(".svg", SERIF).items()}
        whole = written.result() + commands.encode()
        return {path: typeset.compiled(whole, drawings | files, pandoc.epoch(source.plan))}

    return finish


def tex(source: Source, path: Path) -> Finish:
    """LaTeX that stands alone, with its drawings in a folder beside it."""
    folder = _figures(path)
    text = source.text(".tex", beside(source.pictures, f"{folder.name}/", ".pdf"))
    written = source.converted(text, typesetting("latex", source.look("page.tex"), source.numbered))

    def finish() -> Files:
        drawings = {folder / f"{name}.pdf": drawing for name, drawing in source.drawn(".pdf", SERIF).items()}
        return {**drawings, path: attached.in_latex(written.result(), source.attached)}

    return finish


def _figures(path: Path) -> Path:
    """The folder of a LaTeX file's drawings."""
    return path.with_name(f"{path.stem}-figures")


def typesetting(language: str, template: Path, numbered: Sequence[str] = pandoc.CONTENTS) -> list[str]:
    """Pandoc's options for pages set in this language."""
    return [
        f"--to={language}",
        *numbered,
        f"--template={template}",
        *pandoc.filters(*_before_the_contents(template), "tables.lua", "figures.lua", "together.lua", "new-page.lua"),
    ]


def _before_the_contents(template: Path) -> list[str]:
    """The filter that moves the decision there, if the page has a place for it; a house's own page may have none."""
    return ["decision.lua"] if "$abstract$" in read_text(template) else []


def plain(source: Source, path: Path) -> Finish:
    """A registry's record as plain text, a line for each field."""
    return lambda: {path: source.objects["record"].text().encode()}


def data(source: Source, path: Path) -> Finish:
    """A registry's record as data."""
    return lambda: {
        path: (json.dumps(source.objects["record"].to_dict(), indent=2, ensure_ascii=False) + "\n").encode()
    }


@dataclass(frozen=True, kw_only=True)
class Format:
    """How a format is made, the libraries that it takes, and its figures' face and suffix, if it has any.

    One that `waits` needs the drawings before its text can be converted, so it is begun after the others.
    """

    make: Callable[[Source, Path], Finish]
    needs: tuple[str, ...] = ()
    drawn: tuple[str, str] | None = None
    waits: bool = False


_PAGES = ("pypandoc", "matplotlib")

FORMATS = {
    ".md": Format(make=markdown),
    ".html": Format(make=html, needs=_PAGES, drawn=(SANS, ".svg")),
    ".docx": Format(make=docx, needs=_PAGES, drawn=(SANS, ".png"), waits=True),
    ".pdf": Format(make=pdf, needs=(*_PAGES, "typst"), drawn=(SERIF, ".svg")),
    ".tex": Format(make=tex, needs=_PAGES, drawn=(SERIF, ".pdf")),
    ".txt": Format(make=plain),
    ".json": Format(make=data),
}
"""Every format by suffix; the last two are of a registry's record alone."""

KEPT = {
    ".md": PRINTED,
    ".html": "are held by this file, where a browser shows nothing of them",
    ".docx": "are held by this file, in a custom part and in its properties",
    ".pdf": "are attached to this file, beside the data of each figure",
    ".tex": "stand in comments after the end of this file",
}
"""Where each format keeps the files that the document is made from."""

REGISTRY = "registry"
"""The document that is data."""

SUFFIXES = tuple(suffix for suffix in FORMATS if suffix not in (".txt", ".json"))
