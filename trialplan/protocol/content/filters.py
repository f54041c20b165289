"""How values are printed: text escaped for Markdown, numbers rounded for a reader."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from trialplan import text
from trialplan.outcome import EffectScale
from trialplan.parameter import in_units_of_the_outcome
from trialplan.text import listed, listed_apart, of_one, plural, with_article, with_minus

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~^$@{}&!])")
"""Characters that mean something to Markdown wherever they stand."""

_OPENING = re.compile(
    r"^(\(?(?:\d+|[a-z]|[ivxlcdm]+|[IVXLCDM]{2,})(?=[.)](?:\s|$))|Table(?=:)|table(?=:)|(?=[-+=:.)%]))"
)
"""What would begin a list, a rule, a caption or a title where it stands first on a line."""


_Filter = Callable[..., Any]


class Verbatim(str):
    """Text that is Markdown already and is not escaped again."""


def escape(text: str) -> Verbatim:
    """Text with the characters that Markdown would read as markup escaped, on one line."""
    one_line = " ".join(text.split())
    return Verbatim(_OPENING.sub(r"\1\\", _SPECIAL.sub(r"\\\1", one_line), count=1))


def attribute(text: str) -> Verbatim:
    """Text as the value of an attribute between double quotes."""
    one_line = " ".join(text.split()).replace("&", "&amp;")
    return Verbatim(re.sub(r"([\\\"])", r"\\\1", one_line))


def equation(tex: str) -> Verbatim:
    """Each line of TeX as an equation on its own, with an empty line on either side; nothing where there is none."""
    return Verbatim("".join(f"\n\n$${line}$$\n\n" for line in tex.splitlines()))


def percent(share: float) -> Verbatim:
    """A share as a percentage with one decimal."""
    return Verbatim(with_minus(f"{100 * share:.1f} %"))


def whole_percent(share: float) -> Verbatim:
    """A share as a whole percentage."""
    return Verbatim(f"{100 * share:.0f} %")


def count(n: float) -> Verbatim:
    """A whole number with thousands separators; one that is not whole keeps one decimal."""
    return Verbatim(f"{n:,.0f}" if float(n).is_integer() else f"{n:,.1f}")


def unrounded(n: float) -> Verbatim:
    """A real-valued sample size with two decimals."""
    return Verbatim(f"{n:,.2f}")


def power(value: float) -> Verbatim:
    """A probability with three decimals, never rounded to certainty."""
    return Verbatim(text.probability(value))


def number(value: float) -> Verbatim:
    """A number with at most three significant digits; from a thousand on as a whole one."""
    return escape("none" if math.isnan(value) else _digits(value))


def _digits(value: float, sign: str = "") -> str:
    large = 999.5 <= abs(value) < 1e15
    return with_minus(f"{value:{sign}{',.0f' if large else '.3g'}}")


def value_of(assumption: Any) -> Verbatim:
    """An assumption's value in its unit: proportions as percentages, with the digits that give the same n again."""
    return valued(assumption.value, assumption.unit)


def valued(value: Any, unit: str) -> Verbatim:
    """A number that was put in, in its unit: as that of an assumption is."""
    if isinstance(value, tuple):
        return Verbatim(listed([valued(each, unit) for each in value]))
    if unit == "proportion":
        return Verbatim(f"{_percent_that_gives_it(value)} %")
    if unit in _POINTS:
        return _POINTS[unit](value)
    # a ratio has no unit, and which units those of an outcome are, the plan's own words say
    shown = "" if unit == "ratio" or in_units_of_the_outcome(unit) else unit
    told = _as_stated(value)
    return Verbatim(f"{told} {escape(of_one(shown) if told == '1' else shown)}".rstrip())


def in_its_unit(value: Any, unit: str, own: str) -> Verbatim:
    """A number of a design as a reader compares it: shares in percent or points, else with a unit."""
    if isinstance(value, tuple):
        return Verbatim(listed([in_its_unit(each, unit, own) for each in value]))
    if unit == "proportion":
        return percent(value)
    if unit in _POINTS:
        return _POINTS[unit](value)
    shown = own if in_units_of_the_outcome(unit) else "" if unit == "ratio" else unit
    told = number(value)
    return Verbatim(f"{told} {escape(of_one(shown) if told == '1' else shown)}".rstrip())


_NEAR = 1e-3
"""By how much of itself a printed rate may differ from the one that n was computed with."""


_ALL_OF_IT = 1e-9
"""What a rate in percent may miss its one decimal by in floating point."""


def _percent_that_gives_it(rate: float) -> str:
    """A rate as a percentage of one decimal where that is all of it, else of two, or more where two lose it."""
    decimals = 1 if abs(round(100 * rate, 1) - 100 * rate) < _ALL_OF_IT else 2
    while abs(float(f"{100 * rate:.{decimals}f}") - 100 * rate) > _NEAR * 100 * abs(rate) and decimals < 12:
        decimals += 1
    return with_minus(f"{100 * rate:.{decimals}f}")


def _as_stated(value: float) -> str:
    """A number that a person stated in a few digits, with all of them; one that was computed as any number."""
    short = f"{value:.6g}"
    return with_minus(f"{value:,.6g}") if float(short) == value and "e" not in short else str(number(value))


def on_scale(value: float, scale: EffectScale) -> Verbatim:
    """An effect, or a limit of one, on the scale that it is read on."""
    if scale.points:
        return points(value)
    return Verbatim(f"{number(value)} {escape(scale.unit)}".rstrip())


def margin(limits: float | tuple[float, float], scale: EffectScale) -> Verbatim:
    """A margin on the scale that it is stated on: one number, or a pair of limits."""
    if isinstance(limits, tuple):
        return Verbatim(" to ".join(on_scale(limit, scale) for limit in limits))
    return width(limits) if scale.points else on_scale(limits, scale)


def months(value: float | None) -> Verbatim:
    """A time in months, or that it is not stated."""
    if value is None:
        return Verbatim("time not stated")
    return Verbatim(f"{value:g} {'month' if value == 1 else 'months'}")


def whole(value: float) -> Verbatim:
    """A number rounded to a whole one."""
    return Verbatim(f"{value:,.0f}")


def points(difference: float) -> Verbatim:
    """A difference of proportions in percentage points, with its sign."""
    rounded = round(100 * difference, 1) + 0.0  # what rounds to nothing has no sign of its own
    return Verbatim(with_minus(f"{rounded:+.1f} points"))


def change(n: int) -> Verbatim:
    """A change in whole numbers, with its sign."""
    return Verbatim(with_minus(f"{n:+,}") if n else "0")


def number_or_never(value: float | None) -> Verbatim:
    """A number; "never" for one that is not reached."""
    return Verbatim("never") if value is None else number(value)


def signed(value: float) -> Verbatim:
    """A number with its sign, three significant digits."""
    return Verbatim(_digits(value, "+"))


def or_none(value: Any) -> Any:
    """A dash where there is nothing to print."""
    return Verbatim("–") if value is None or value == "" else value


def dated(value: Any) -> Verbatim:
    """A date as 22 November 2026."""
    return Verbatim(f"{value.day} {value:%B %Y}")


def width(share: float) -> Verbatim:
    """The width of an interval of a difference, or a difference without a direction, in percentage points."""
    return Verbatim(f"{100 * share:.1f} points")


def between(loop: Any, comma: str = ", ") -> Verbatim:
    """What stands behind an item of a list in a sentence: a comma, before the last one "and", behind that nothing.

    Items that hold commas themselves are separated by semicolons, the last one too.
    """
    last = " and " if comma == ", " else f"{comma}and "
    return Verbatim("" if loop.last else last if loop.revindex0 == 1 else comma)


def rounded(assumption: Any, own: str = "") -> Verbatim:
    """An assumption's value as a reader compares it with others; `value_of` has the digits that give n again."""
    return in_its_unit(assumption.value, assumption.unit, own)


def named(names: Iterable[str], last: str = "and") -> Verbatim:
    """Names in a sentence, with semicolons where one of them holds a comma."""
    return Verbatim(listed_apart(map(escape, names), last))


def by_arm(arms: Iterable[Any]) -> Verbatim:
    """How many are in each arm: 96 MSC and 48 vehicle; 96 on 10 mg and 48 on placebo, for digits run into digits."""
    there = list(arms)
    on = "on " if any(arm.name[:1].isdigit() for arm in there) else ""
    names = [f"{on}{arm.name}" for arm in there]
    apart = listed_apart if any("," in name for name in names) else listed
    return Verbatim(apart(f"{arm.n:,} {escape(name)}" for arm, name in zip(there, names, strict=True)))


def begun(text: str) -> str:
    """The first sentence of a text, with a mark where others follow: what a page read at a glance has room for.

    >>> begun("ours: a survey, by Adams et al. 2018. It was read twice."), begun("ours")
    ('ours: a survey, by Adams et al. 2018. …', 'ours')
    >>> begun("Smith J. (2019). J Clin Oncol 12:3. Then"), begun("Of 3.5 vs. Control arms, no. Other")
    ('Smith J. (2019). J Clin Oncol 12:3. …', 'Of 3.5 vs. Control arms, no. Other')
    """
    first, *others = _SENTENCE.split(text, maxsplit=1)
    return f"{first} …" if others else first


_SHORTENED = ("al", "approx", "ca", "cf", "ed", "Dr", "Fig", "no", "No", "Nr", "pp", "resp", "St", "vol", "vs")
"""Words that end with a full stop and no sentence."""

_SENTENCE = re.compile(
    r"(?<=[^\s.][a-z0-9)\]%][.?!])(?<!\(\d{4}\)\.)"
    + "".join(rf"(?<!\b{word}\.)" for word in _SHORTENED)
    + r"\s+(?=[A-Z])"
)
"""Between two sentences: behind a word, not behind initials, what is shortened or the year of a citation, and before a
capital letter."""


def ended(text: str) -> str:
    """A sentence with its full stop, which text that ends in a mark of its own has already."""
    return text if text.endswith((".", "?", "!", "…")) else type(text)(f"{text}.")


def symbol(letters: str) -> Verbatim:
    """A symbol as a formula sets it: p_C with its C below the line."""
    letter, _, below = letters.partition("_")
    base = f"*{escape(letter)}*" if len(letter) == 1 else escape(letter)
    return Verbatim(f"{base}~{escape(below)}~" if below else base)


def under(text: str, heading: str) -> str:
    """A section below its heading; nothing where there is nothing to head."""
    return f"{heading}\n\n{text.lstrip()}" if text.strip() else ""


def capitalised(text: str) -> str:
    """Text with a capital first letter."""
    return text[:1].upper() + text[1:]


def quoted(text: str) -> Verbatim:
    """Text inside a code fence: as it is."""
    return Verbatim(text.rstrip("\n"))


def code(text: str) -> Verbatim:
    """Text as a person types it, between marks that none of its own can close."""
    one_line = " ".join(text.split())
    mark = "`" * (1 + max(map(len, re.findall("`+", one_line)), default=0))
    room = " " if one_line[:1] == "`" or one_line[-1:] == "`" else ""
    return Verbatim(f"{mark}{room}{one_line}{room}{mark}")


def or_missing(value: Any) -> Any:
    """The plan's words; where it says nothing, a mark that they are missing."""
    return Verbatim("**Missing**") if value is None or value == "" or value == () else value


def of_hundred(probability: float) -> Verbatim:
    """How many of a hundred such trials, in whole numbers and never none or all of them."""
    many = round(100 * probability)
    return Verbatim("fewer than 1" if many < 1 else "more than 99" if many > 99 else f"about {many}")


def level(probability: float) -> Verbatim:
    """A type I error with four decimals, so that it can be told from its nominal level."""
    return Verbatim(f"{probability:.4f}")


def boundary(z: float) -> Verbatim:
    """A value on the z scale with three decimals; what rounds to zero has no sign."""
    return Verbatim(with_minus(f"{z:z.3f}"))


_POINTS: Mapping[str, Callable[[float], Verbatim]] = {"difference of proportions": points, "points": width}
"""How a difference of shares is shown: a signed one, and one without a direction."""

_WORDS: tuple[_Filter, ...] = (
    attribute,
    begun,
    between,
    by_arm,
    capitalised,
    code,
    ended,
    equation,
    named,
    quoted,
    symbol,
    under,
    with_article,
)
_SHARES: tuple[_Filter, ...] = (level, of_hundred, percent, points, power, whole_percent, width)
_NUMBERS: tuple[_Filter, ...] = (boundary, change, count, number, number_or_never, signed, unrounded, whole)
_OTHERS: tuple[_Filter, ...] = (dated, margin, months, on_scale, or_missing, or_none, plural, rounded, value_of)

FILTERS = {one.__name__: one for one in (*_WORDS, *_SHARES, *_NUMBERS, *_OTHERS)}
"""What templates print with, by the name that stands after a bar."""
