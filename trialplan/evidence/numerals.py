"""Numbers as people write them in a table: decimal points and commas, and never a thousand that is guessed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from fractions import Fraction

_SIGNS = str.maketrans(dict.fromkeys("−–—‐‑‒﹣－", "-") | {"·": ".", "＋": "+"})
"""What stands for a minus sign and for a point: dashes and hyphens of any length, and the raised point."""
_APART = re.compile(r"([+-])\s+(?=[\d.,])")
_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f]+")
_PLAIN = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(([.,'’ ])\d{3})(\2\d{3})*")
"""What may be thousands: groups of three after a first figure that is not 0, by one mark."""
_THOUSANDS = re.compile(r"[+-]?\d{1,3}((,\d{3})+\.\d+|(\.\d{3})+,\d+|([.,'’ ]\d{3}){2,})")
"""What can be nothing but thousands."""
_SIGN = r"(?:[%％٪]|per ?cent|pct\b|prozent|procent|percento|p\. ?100|pour cent|por ciento)"
"""A percentage's, as English, German, Dutch, Italian, French and Spanish have it."""
_CONFIDENCE = r"(?!\s*-?\s*(?:CI|CrI|KI|IC|BI|HDI|confidence|credible|konfidenz|vertrauens|interval))"
"""Behind the sign: a level is no rate."""
_NO_RANGE = r"(?<!\d[-–])(?<!\d [-–] )(?<!\d to )(?<!\d bis )"
"""Before the number: the upper end of a range is no rate."""
_PERCENTAGE = re.compile(rf"(?<![\d.,·]){_NO_RANGE}(\d++(?:[.,·]\d++)?)\s*+{_SIGN}{_CONFIDENCE}", re.IGNORECASE)
_FRACTION = re.compile(r"\s*(\d{1,9})\s*(?:/|of|out of|von|sur|de|di|van)\s*(\d{1,9})\s*", re.IGNORECASE)
_BARE = re.compile(r"\d{1,9}(?:\.\d{1,20})?|\.\d{1,20}")
_LIMIT = r"[+-]?(?:\d+(?:[.,]\d+)?|[.,]\d+)"
_BETWEEN = r"\s*(?:-|;|,\s|\bto\b|\bbis\b)\s*"
_LIMITS = re.compile(rf"[(\[]?\s*({_LIMIT}){_BETWEEN}({_LIMIT})\s*[)\]]?", re.IGNORECASE)
"""Two limits as they are printed: 0.8 to 8.6, (0.8; 8.6), [0.8, 8.6], -1.5 - -0.7."""
_WITH_LIMITS = re.compile(
    rf"({_LIMIT})\s*[(\[]\s*(?:(\d{{2}}(?:[.,]\d+)?)\s*%\s*(?:CI)?\s*[:,]?\s*)?({_LIMIT}){_BETWEEN}({_LIMIT})\s*[)\]]",
    re.IGNORECASE,
)
"""An effect with its interval: 0.7 (0.5 to 0.98), 0.7 [95 % CI 0.5, 0.98]."""
_ONLY_PERCENTAGE = re.compile(rf"\s*(\d++(?:[.,·]\d++)?)\s*+{_SIGN}\s*", re.IGNORECASE)


def limits_of(printed: str) -> tuple[str, str] | None:
    """The two limits of a printed interval; None where it is none."""
    match = _LIMITS.fullmatch(printed.strip())
    return None if match is None else (match[1], match[2])


def effect_with_limits(printed: str) -> tuple[str, str, str, float | None] | None:
    """A number, the limits printed behind it, and their confidence where it is printed; None where it is none."""
    match = _WITH_LIMITS.fullmatch(printed.strip())
    if match is None:
        return None
    return match[1], match[3], match[4], float(match[2].replace(",", ".")) / 100 if match[2] else None


def percentages(text: str) -> list[str]:
    """The percentages in a printed text with a decimal point, however printed: 29.6 %, 29,6 %, 29·6 per cent."""
    return [re.sub("[,·]", ".", number) for number in _PERCENTAGE.findall(text)]


def as_percentage(share: str) -> str:
    """A share as a percentage with as many figures: 0.35 as "35 %"; what is no number as it stands."""
    try:
        return f"{(Decimal(share) * 100).normalize():f} %"
    except InvalidOperation:
        return share


def decimals_of(text: str) -> int:
    """How many decimals a number has as it is printed."""
    return len(text.partition(".")[2])


def rounds_to(x: int, n: int, text: str) -> bool:
    """Whether x/n in percent is the printed text on rounding, in either direction at a tie."""
    return abs(100 * x / n - float(text)) <= 0.5 * 10.0 ** -decimals_of(text) + 1e-9


def bare_share(printed: str, x: int, n: int | None) -> str | None:
    """What a number up to 1 is that is printed beside x of n: a share in percent, or a percentage without its sign.

    None where it is no such number, or is the count itself.
    """
    number = re.sub("[,·]", ".", printed.strip())
    if not _BARE.fullmatch(number) or float(number) > 1 or float(number) == x:
        return None
    return f"{number} %" if n and rounds_to(x, n, number) else as_percentage(number)


def number_alone(printed: str, of: int | None) -> list[str]:
    """What a number may be that is printed without a sign and without a count, of so many people; nothing of words.

    >>> number_alone("30", 10), number_alone("0.3", 10), number_alone("3", 10), number_alone("high", 10)
    (['30 %'], ['0.3 %', 'a share, 30 %'], ['3 people', '3 %'], [])
    """
    number = re.sub("[,·]", ".", printed.strip())
    if not _BARE.fullmatch(number):
        return []
    value = Fraction(number)
    count = value.denominator == 1 and (of is None or value <= of)
    shares = [*([f"{number} %"] if value <= 100 else []), *([f"a share, {as_percentage(number)}"] if value < 1 else [])]
    may_be = [*([f"{number} people"] if count else []), *shares]
    return may_be or [f"a count or a mean, though {of} are counted" if of is not None else "a count or a mean"]


def whole_part(printed: str, of: int) -> int | None:
    """The count that is printed of so many people, as 3/10, or as a percentage that it is exactly: "30 %" of 10."""
    fraction = _FRACTION.fullmatch(printed)
    if fraction is not None:
        return int(fraction[1]) if int(fraction[2]) == of >= int(fraction[1]) else None
    match = _ONLY_PERCENTAGE.fullmatch(printed)
    if match is None:
        return None
    count = Fraction(re.sub("[,·]", ".", match[1])) * of / 100
    return int(count) if count.denominator == 1 and count <= of else None


def decimal_mark(cells: Iterable[str], comma_separates: bool) -> str | None:
    """The mark of decimals in a file's numbers: "," or "."; None where groups of three leave it open.

    Where the comma separates the cells, decimals have a point. Elsewhere a number such as 3,1 settles it, since
    nothing but a decimal fits; "both" where the file holds 3,1 as well as 3.1.
    """
    if comma_separates:
        return "."
    marks = set()
    for cell in map(tidy, cells):
        if _PLAIN.fullmatch(cell) and not _GROUPED.fullmatch(cell):
            marks |= {mark for mark in ",." if mark in cell}
    return "both" if len(marks) == 2 else marks.pop() if marks else None


def tidy(cell: str) -> str:
    """A number without the spaces around it, its figures, minus sign and raised point as a computer writes them."""
    if not cell.isascii():  # a figure of any script, such as ８ or ٨, has the value of one of ours
        cell = "".join(str(unicodedata.decimal(letter, letter)) for letter in cell).replace("٫", ".").replace("．", ".")
        cell = cell.translate(_SIGNS)
    plain = cell.strip()
    return _APART.sub(r"\1", plain) if plain[:1] in ("+", "-") else plain


def number(cell: str, mark: str | None, whole: bool) -> tuple[str, str]:
    """A numeral as Python reads it, or what is wrong with it and the way out; words are left as they are.

    `mark` is the file's decimal mark as `decimal_mark` finds it; `whole` is for counts, which have no decimals.
    """
    if cell.isascii() and cell.isdigit():
        return cell, ""
    text = _SPACES.sub(" ", tidy(cell))
    if _THOUSANDS.fullmatch(text) or (_GROUPED.fullmatch(text) and re.search(r"[ '’]", text)):
        return "", f"{cell!r} holds a separator of thousands; write {_ungrouped(text)}"
    if _GROUPED.fullmatch(text) and (whole or mark is None):
        return "", f"{cell!r} may be {_bare(text)} or {_decimal(text)}; write {_bare(text)} or {_decimal(text)}"
    if "_" in text and _PLAIN.fullmatch(text.replace("_", "")):
        return "", f"{cell!r} has a line between its figures; write them without"  # Python would pass over it
    if not _PLAIN.fullmatch(text):
        return cell, ""
    if whole:
        return re.sub(r"[.,]0{1,2}$", "", text), ""
    if mark == "both" and ("," in text or "." in text):
        return "", f"{cell!r} stands in a file with decimal points and decimal commas; write all numbers in one way"
    if mark == "," and "." in text:
        return "", f"{cell!r} has a point in a file of decimal commas; write {_bare(text)} or {text.replace('.', ',')}"
    if mark == "." and "," in text:
        way = f"{text.replace(',', '')} or {text.replace(',', '.')}" if _GROUPED.fullmatch(text) else ""
        return "", f"{cell!r} has a comma; write {way or text.replace(',', '.')}"
    return text.replace(",", "."), ""


def _bare(text: str) -> str:
    return re.sub(r"[^\d+-]", "", text)


def _decimal(text: str) -> str:
    """The number if the mark is that of decimals, as short as it is."""
    value = float(re.sub(r"[,'’ ]", ".", text))
    return f"{value:g}"


def _ungrouped(text: str) -> str:
    """Without its thousands: the last of two different marks is the decimal one."""
    last = max(text.rfind(","), text.rfind("."))
    mixed = "," in text and "." in text
    return f"{_bare(text[:last])}.{text[last + 1 :]}" if mixed else _bare(text)
