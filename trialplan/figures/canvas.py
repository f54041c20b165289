"""What figures are drawn with: matplotlib, the house style, and files that do not vary.

This is the only module that imports matplotlib. Nothing here touches pyplot, and the style is in force only
while a figure is drawn or saved.
"""

from __future__ import annotations

import base64
import importlib
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trialplan import files
from trialplan.errors import FileError, did_you_mean, require
from trialplan.figures.wording import literal

FORMATS = (".svg", ".png", ".pdf")

EDGE = 4.0
"""Points left free all around."""
LINE = 1.28
"""Height of a line of text, in sizes of its letters."""
TITLE, TEXT, SMALL = 11.0, 9.0, 8.0
"""Sizes of letters, in points."""

INK, GREY, PALE, RULE = "#1f2933", "#616e7c", "#e4e7eb", "#cbd2d9"
BLUE, ORANGE = "#0072b2", "#d55e00"
CYCLE = ("#0072b2", "#d55e00", "#009e73", "#aa4499", "#7a5c00", "#3d4f5c")
"""Told apart with any colour vision: after Okabe and Ito, Color Universal Design (2008), darkened for white paper."""
HATCH = {"facecolor": PALE, "edgecolor": "#7b8794", "linewidth": 0.0, "hatch": "//////"}
"""The look of whatever has no answer, in every figure."""

STYLE: dict[str, Any] = {
    "font.size": TEXT,
    "text.color": INK,
    "text.parse_math": False,  # a dollar sign is a dollar sign
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "hatch.linewidth": 0.6,
    "savefig.dpi": 200,
    "svg.hashsalt": "trialplan",
    "svg.fonttype": "path",  # letters as outlines: the same in every viewer, whatever fonts it has
    "pdf.fonttype": 42,  # embedded TrueType, as journals and submission systems ask
}

_UNDATED: dict[str, dict[str, Any]] = {
    ".svg": {"Date": None, "Creator": None},
    ".png": {"Software": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
_DESCRIBED = {".svg": ("Title", "Description"), ".png": ("Title", "Description"), ".pdf": ("Title", "Subject")}


@dataclass(frozen=True)
class Medium:
    """What a figure is drawn for: the points across it, and the smallest letters that are read there."""

    width: float
    smallest: float

    @property
    def narrow(self) -> bool:
        """Whether words have no room beside what they belong to, and stand above or below it."""
        return self.width < PAPER.width / 1.5


PAPER = Medium(453.5, 5.5)
"""16 cm, the text width of an A4 page."""

PHONE = Medium(268.0, 7.5)
"""The width of a phone that is 390 pixels wide, at 96 to the inch and without its margins: letters keep their size."""

Table = tuple[tuple[str, ...], tuple[tuple[Any, ...], ...]]


@dataclass(frozen=True)
class ReadOut:
    """A place of a picture's plot, from and to in the units of its axes, and the words that say what stands there."""

    told: str
    x: tuple[float, float]
    y: tuple[float, float]


class Figure:
    """What every figure of this room is: a picture, words and data; it can be saved, and a notebook shows it."""

    title = ""
    """The line above the picture."""

    def draw(self) -> Any:
        """The picture."""
        raise NotImplementedError

    def alt(self) -> str:
        """The sentences that stand for the picture."""
        raise NotImplementedError

    def table(self) -> Table:
        """The data: column names and rows."""
        raise NotImplementedError

    def read_outs(self) -> Iterator[ReadOut]:
        """What stands where, for who points at a place; none where nothing of it can be told by itself."""
        return iter(())

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Write the picture to a .svg, .png or .pdf file, whole or not at all; the path is given back.

        A file that is there is written over only by `force`. Raises FileError where the suffix names none of these or
        the file cannot be written.
        """
        path = files.as_path(path)
        files.check_suffix(path, FORMATS)
        with files.replacing(force):
            files.check_writable(path)
            return files.write(path, render(self, path.suffix))

    def _repr_svg_(self) -> str:
        """What a notebook shows."""
        return render(self, ".svg").decode()


def library() -> Any:
    """matplotlib, or the sentence that says how to install it."""
    return require("matplotlib", "report", "a figure")


def part(name: str) -> Any:
    """A module of matplotlib by its name, such as "patches"."""
    library()
    return importlib.import_module(f"matplotlib.{name}")


_in_force: ContextVar[bool] = ContextVar("in_force", default=False)
"""Whether the house style is in force already: to set and unset it takes as long as to draw some of a figure."""

SANS, SERIF = "DejaVu Sans", "DejaVu Serif"
"""The faces that come with matplotlib, so that they are there on every machine."""

_FACE = ContextVar("_FACE", default=SANS)


@contextmanager
def faced(face: str) -> Iterator[None]:
    """Figures in this face, one of those that come with matplotlib, until the block is left."""
    token = _FACE.set(face)
    try:
        yield
    finally:
        _FACE.reset(token)


def face() -> str:
    """The face that figures are lettered in."""
    return _FACE.get()


_MEDIUM = ContextVar("_MEDIUM", default=PAPER)


@contextmanager
def drawn_for(medium: Medium) -> Iterator[None]:
    """Figures for this medium until the block is left."""
    token = _MEDIUM.set(medium)
    try:
        yield
    finally:
        _MEDIUM.reset(token)


def medium() -> Medium:
    """What figures are drawn for."""
    return _MEDIUM.get()


@contextmanager
def style() -> Iterator[None]:
    """The house style, whatever the user's own settings are, until the block, or the function it decorates, is left."""
    matplotlib = library()
    if _in_force.get():
        yield
        return
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE | {"font.family": face()})
        token = _in_force.set(True)
        try:
            yield
        finally:
            _in_force.reset(token)


def save(figure: Any, suffix: str, *, title: str = "", alt: str = "") -> bytes:
    """The file's bytes: the same figure gives the same bytes, without a date or a machine's name in them."""
    if suffix.lower() not in FORMATS:
        raise FileError(f"a figure cannot be saved as {suffix!r}; {did_you_mean(suffix.lower(), FORMATS)}")
    suffix = suffix.lower()
    described = zip(_DESCRIBED[suffix], map(literal, (title, alt)), strict=True)
    metadata = _UNDATED[suffix] | {name: text for name, text in described if text}
    file = io.BytesIO()
    with style():
        figure.savefig(file, format=suffix[1:], metadata=metadata)
    return file.getvalue()


def as_address(svg: bytes) -> str:
    """An address that holds the picture itself."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"


def in_address(drawn: Figure, medium: Medium) -> str:
    """An address that holds the figure, drawn for a medium."""
    with drawn_for(medium):
        return as_address(render(drawn, ".svg"))


def render(drawn: Figure, suffix: str) -> bytes:
    """The file's bytes of one figure, with its title and its alternative text as metadata."""
    return renderings(drawn, (suffix,))[suffix]


def renderings(drawn: Figure, suffixes: Iterable[str], face: str | None = None) -> dict[str, bytes]:
    """The same by suffix, of a figure that is drawn once for all of them; lettered in a face that comes along."""
    with faced(face or _FACE.get()), style():
        figure, alt = drawn.draw(), drawn.alt()
        return {suffix: save(figure, suffix, title=drawn.title, alt=alt) for suffix in suffixes}


def prepare() -> None:
    """Read what figures are drawn with, in a process that does nothing else, so that the first need not wait for it.

    The docstrings that matplotlib writes for each of its classes as it is read, half of its time, are left out there.
    """
    part("artist").kwdoc = lambda _: ""
    with style():
        for name in ("figure", "patches", *(f"backends.backend_{one}" for one in ("agg", "svg"))):
            part(name)
