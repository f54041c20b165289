"""Words as they are set: measured, wrapped, and shortened where there is no room."""

from __future__ import annotations

import bisect
import functools
from collections.abc import Callable, Sequence

from trialplan.figures import canvas
from trialplan.figures.wording import BOX, literal

_PIXELS = 1.03
"""How much wider letters may become where they are set on whole pixels."""


def drawable(text: object) -> str:
    """The text with a box for each letter that the font does not have, as a reader of paper would see it."""
    return "".join(letter if ord(letter) in _letters(canvas.face()) else BOX for letter in literal(text))


def width(text: str, size: float, bold: bool = False) -> float:
    """The width of a line of text, in points; the house style must be in force."""
    return _width(text, size, bold, canvas.face())


@functools.lru_cache(maxsize=20_000)
def _width(text: str, size: float, bold: bool, face: str) -> float:
    font = canvas.part("font_manager").FontProperties(family=face, size=size, weight="bold" if bold else "normal")
    return _PIXELS * float(canvas.part("textpath").TextToPath().get_text_width_height_descent(text, font, False)[0])


def wrap(text: object, across: float, size: float, lines: int = 3, bold: bool = False) -> list[str]:
    """The text in at most that many lines of a width in points, broken between words where it can be."""
    left, made = drawable(text), list[str]()
    while left and len(made) < lines - 1:
        cut = _break(left, across, size, bold)
        made.append(left[:cut].rstrip())
        left = left[cut:].lstrip()
    return [*made, shorten(left, across, size, bold)] if left or not made else made


def shorten(text: object, across: float, size: float, bold: bool = False) -> str:
    """The text, or as much of its beginning as fits, with an ellipsis."""
    whole = drawable(text)
    if len(whole) < 400 and width(whole, size, bold) <= across:
        return whole
    fits = _longest(whole, lambda cut: width(whole[:cut].rstrip() + "…", size, bold) <= across)
    return whole[:fits].rstrip() + "…"


def widest(texts: Sequence[str], size: float, bold: bool = False) -> float:
    """The width of the widest of some texts."""
    return max((width(text, size, bold) for text in texts), default=0.0)


@functools.cache
def _letters(face: str) -> frozenset[int]:
    fonts = canvas.part("font_manager")
    return frozenset(fonts.get_font(fonts.findfont(face)).get_charmap())


def _break(text: str, across: float, size: float, bold: bool) -> int:
    """Where to break a text that may be too long for its line."""
    if len(text) < 400 and width(text, size, bold) <= across:
        return len(text)
    fits = max(1, _longest(text, lambda cut: width(text[:cut].rstrip(), size, bold) <= across))
    space = text.rfind(" ", 0, fits + 1)
    hyphen = text.rfind("-", 1, fits)
    last = max(space, hyphen)
    return last + 1 if last > 0 else fits


def _longest(text: str, fits: Callable[[int], bool]) -> int:
    """The longest beginning of a text that fits."""
    cuts = range(1, min(len(text), 400) + 1)
    return bisect.bisect_left(cuts, True, key=lambda cut: not fits(cut))
