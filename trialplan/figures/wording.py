"""Words and numbers as figures say them: literal, with the digits that matter."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from numbers import Real
from typing import Any

from trialplan.text import stated_apart, with_minus

LONGEST = 2000
"""Letters of one text that are looked at; no figure has room for more."""
_UNBROKEN = "\u00a0\u202f"
"""Spaces at which no line is broken."""
BOX = "□"
"""What stands for a letter that cannot be drawn."""


def literal(text: object) -> str:
    """The text on one line, as typed, without the control characters that no file format can hold."""
    seen = unicodedata.normalize("NFC", str(text)[:LONGEST])
    return " ".join(filter(None, "".join(_plain(letter) for letter in seen).split(" ")))


_BRIEF = 100
"""Letters of a name inside a sentence: about a line of a printed page, beyond which its verb is lost from sight."""


def brief(text: object, most: int = _BRIEF) -> str:
    """The text as a sentence can hold it: its beginning, where it is long."""
    whole = literal(text)
    if len(whole) <= most:
        return whole
    cut = whole[:most].rpartition(" ")[0]  # at a word's end, unless a single word is long
    return (cut if len(cut) > most / 2 else whole[: most - 1]).rstrip(" ,;:") + "…"


def is_number(value: Any) -> bool:
    """Whether a value on an axis is a number, and not a name."""
    return isinstance(value, Real) and not isinstance(value, bool)


def ticked(values: Sequence[Any]) -> list[str]:
    """Values along an axis, with as many decimals for each as the longest needs.

    >>> ticked([0.1, 0.12, 0.30000000000000004]), ticked([2, 10_000]), ticked(["score", "wald"])
    (['0.10', '0.12', '0.30'], ['2', '10,000'], ['score', 'wald'])
    """
    if not all(is_number(value) for value in values):
        return [literal(value) for value in values]
    if all(value == round(value) and abs(value) < 1e15 for value in values):
        return [with_minus(f"{value:,.0f}") for value in values]
    short = stated_apart([float(value) for value in values])  # a computed value is one among round ones
    if any("e" in text for text in short):
        return [with_minus(f"{float(value):.4g}") for value in values]
    decimals = max(len(text.partition(".")[2]) for text in short)
    return [with_minus(f"{value:,.{decimals}f}") for value in values]


def count(n: float) -> str:
    """Participants, whole: 9,147."""
    return f"{math.ceil(n - 1e-9):,}" if n < 1e15 else f"{n:.2g}"


def compact(n: float) -> str:
    """Participants with two significant digits above a thousand.

    >>> [compact(n) for n in (14, 999, 1000, 9147, 9960, 12_345, 999_600, 1e7)]
    ['14', '999', '1.0k', '9.1k', '10k', '12k', '1.0M', '10M']
    """
    if n >= 999.5e9:
        return f"{n:.0e}"
    n = math.ceil(n - 1e-9)
    units = ((1, ""), (1e3, "k"), (1e6, "M"), (1e9, "G"))
    unit, letter = next(one for one in units if n < 999.5 * one[0])
    scaled = n / unit
    return f"{scaled:.1f}{letter}" if letter and scaled < 9.95 else f"{scaled:.0f}{letter}"


def share(power: float) -> str:
    """A probability with two decimals that is never rounded up to certainty, nor down to impossibility."""
    if 0.995 <= power < 1:
        return ">0.99"
    return "<0.01" if 0 < power < 0.005 else f"{power:.2f}"


def _plain(letter: str) -> str:
    kind = unicodedata.category(letter)
    if kind in ("Cc", "Zl", "Zp", "Zs") and letter not in _UNBROKEN:
        return " "
    return "" if kind == "Cf" else BOX if kind in ("Cs", "Co", "Cn") else letter
