"""A plan's protocol in files: one Markdown text, made into what each suffix says, every file whole or not at all."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trialplan.errors import FileError, require
from trialplan.files import check_writable, make_folder, read_text, together
from trialplan.files import write as write_file
from trialplan.plan.building import Trial, build
from trialplan.plan.reading import Plan
from trialplan.protocol.bounded import PATIENCE, bounded, check_patience
from trialplan.protocol.content.readers import Document, document
from trialplan.protocol.formats import house_style as house
from trialplan.protocol.formats import pandoc, word
from trialplan.protocol.formats import typst as typeset
from trialplan.protocol.formats.markdown import text_of
from trialplan.protocol.formats.pictures import Picture, beside, embedded, pictures
from trialplan.protocol.formats.word_styles import check_reference


@dataclass(frozen=True, kw_only=True)
class Source:
    """What every format is made from: the built trial, what templates print, the figures, and the house style."""

    trial: Trial
    objects: Mapping[str, Any]
    pictures: Mapping[str, Picture]
    kind: Document
    templates: Path | None = None
    reference: Path | None = None

    @property
    def plan(self) -> Plan:
        """The plan as it was read."""
        return self.trial.plan

    def text(self, shown: Mapping[str, Picture] | None = None) -> str:
        """The Markdown, with the figures in words unless their drawings are given."""
        return text_of(self.trial, self.objects, self.pictures if shown is None else shown, self.templates)

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
) -> list[Path]:
    """The plan's protocol in each of the files named; the suffix picks the format.

    `kind` is the document, by its name, where it is not the one that the plan's `[report]` asks for. `templates` is a
    folder whose files override the shipped ones, `reference` the Word file whose styles, headers and footers a .docx
    takes. Nothing is written before everything is made; with somebody's templates it is made in a process of its own,
    which is ended after `patience` seconds.
    """
    asked = document(kind or plan.content.report.document)
    for path in outputs:
        _check(path, asked)
    check_patience(patience)
    if templates is not None:
        house.check_folder(templates)
    if reference is not None:
        check_reference(reference)
    if templates is None:
        made = _made(plan, outputs, asked.name, templates, reference)
    else:
        made = bounded(_made, plan, outputs, asked.name, templates, reference, patience=patience)
    with together():
        for files in made:
            for path, content in files.items():
                make_folder(path.parent)
                write_file(path, content)
    return outputs


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
    for library in FORMATS[suffix][1]:
        require(library, "report", f"writing {suffix}")


def _made(
    plan: Plan, outputs: list[Path], name: str, templates: Path | None, reference: Path | None
) -> list[dict[Path, bytes]]:
    """The content of every file, by output."""
    trial, kind = build(plan), document(name)
    source = Source(
        trial=trial,
        objects=kind.context(trial),
        pictures=pictures(trial) if kind.long else {},
        kind=kind,
        templates=templates,
        reference=reference,
    )
    return [FORMATS[path.suffix.lower()][0](source, path) for path in outputs]


def markdown(source: Source, path: Path) -> dict[Path, bytes]:
    """The text itself."""
    return {path: source.text().encode()}


def html(source: Source, path: Path) -> dict[Path, bytes]:
    """One self-contained file that reads on a phone and prints."""
    style = read_text(source.look("page.css"))
    options = [
        "--to=html5",
        "--mathml",
        *source.numbered,
        "--section-divs",
        f"--template={source.look('page.html')}",
        f"--variable=style:{style}",
        *pandoc.filters(*_before_the_contents(source.look("page.html")), "widths.lua", "percent.lua", "labels.lua"),
        *pandoc.filters("figures.lua"),
    ]
    return {path: pandoc.convert(source.text(embedded(source.pictures, ".svg")), source.plan, options)}


def docx(source: Source, path: Path) -> dict[Path, bytes]:
    """A Word file with real styles, native equations, and captions that Word counts itself."""
    reference = source.reference
    if reference is None and source.look("reference.docx").is_file():
        reference = source.look("reference.docx")
    text = source.text(embedded(source.pictures, ".png"))
    return {path: word.document(text, source.plan, reference, long=source.kind.long)}


def pdf(source: Source, path: Path) -> dict[Path, bytes]:
    """A PDF set by typst, with the drawings as vectors."""
    text = source.text(beside(source.pictures, "", ".svg"))
    written = pandoc.convert(text, source.plan, typesetting("typst", source.look("page.typ"), source.numbered))
    drawings = {f"{name}.svg": one.bytes(".svg") for name, one in source.pictures.items()}
    return {path: typeset.compiled(written, drawings, pandoc.epoch(source.plan))}


def tex(source: Source, path: Path) -> dict[Path, bytes]:
    """LaTeX that stands alone, with its drawings in a folder beside it."""
    folder = _figures(path)
    text = source.text(beside(source.pictures, f"{folder.name}/", ".pdf"))
    written = pandoc.convert(text, source.plan, typesetting("latex", source.look("page.tex"), source.numbered))
    drawings = {folder / f"{name}.pdf": one.bytes(".pdf") for name, one in source.pictures.items()}
    return {**drawings, path: written}


def _figures(path: Path) -> Path:
    """The folder of a LaTeX file's drawings."""
    return path.with_name(f"{path.stem}-figures")


def typesetting(language: str, template: Path, numbered: Sequence[str] = pandoc.CONTENTS) -> list[str]:
    """Pandoc's options for pages set in this language."""
    shared = ("widths.lua", "percent.lua", "figures.lua", "together.lua", "new-page.lua")
    return [
        f"--to={language}",
        *numbered,
        f"--template={template}",
        *pandoc.filters(*_before_the_contents(template), *shared),
    ]


def _before_the_contents(template: Path) -> list[str]:
    """The filter that moves the decision there, if the page has a place for it; a house's own page may have none."""
    return ["decision.lua"] if "$abstract$" in read_text(template) else []


def plain(source: Source, path: Path) -> dict[Path, bytes]:
    """A registry's record as plain text, a line for each field."""
    return {path: source.objects["record"].text().encode()}


def data(source: Source, path: Path) -> dict[Path, bytes]:
    """A registry's record as data."""
    return {path: (json.dumps(source.objects["record"].to_dict(), indent=2, ensure_ascii=False) + "\n").encode()}


FORMATS: dict[str, tuple[Callable[[Source, Path], dict[Path, bytes]], tuple[str, ...]]] = {
    ".md": (markdown, ()),
    ".html": (html, ("pypandoc", "matplotlib")),
    ".docx": (docx, ("pypandoc", "matplotlib")),
    ".pdf": (pdf, ("pypandoc", "matplotlib", "typst")),
    ".tex": (tex, ("pypandoc", "matplotlib")),
    ".txt": (plain, ()),
    ".json": (data, ()),
}
"""How each format is made, and the libraries that it takes; the last two are of a registry's record alone."""

REGISTRY = "registry"
"""The document that is data."""

SUFFIXES = tuple(suffix for suffix in FORMATS if suffix not in (".txt", ".json"))
