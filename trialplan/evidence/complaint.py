"""Sentences out of what pydantic finds wrong with an evidence file: place, value, domain and way out."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from trialplan.errors import did_you_mean
from trialplan.evidence.table import EvidenceTable, ReportedOutcome, Study, domains
from trialplan.parameter import of_percent

Where = Callable[[tuple[int, ...]], str]

_KINDS: tuple[type[EvidenceTable] | type[Study] | type[ReportedOutcome], ...] = (EvidenceTable, Study, ReportedOutcome)
_PRINTED = {"studies": "study", "outcomes": "outcome"}  # the singular that a TOML file writes
_WORDS_FOR_MISSING = {
    "na",
    "n/a",
    "nan",
    "nr",
    "nd",
    "-",
    "–",
    "—",
    "--",
    ".",
    "..",
    "…",
    "none",
    "unknown",
    "?",
    "not reported",
}


_FIGURES = r"[+-]?\d+(?:[.,·]\d+)?"
_MONTHS = (
    "jan feb mar apr may jun jul aug sep oct nov dec mrz mär mai okt dez janv févr mars avr juin juil août sept déc "
    "ene abr ago dic gen mag giu lug set ott mrt mei fev out"
)
"""Short names in English, German, French, Spanish, Italian, Dutch and Portuguese."""
_MONTH = rf"(?:{'|'.join(_MONTHS.split())})\.?"
MADE_A_DATE = re.compile(
    rf"\d{{1,2}}[-. /]{{1,2}}{_MONTH}(?:[-. /]{{1,2}}\d{{2,4}})?|{_MONTH}[-./ ]\d{{2}}", re.IGNORECASE
)
"""What a spreadsheet program, of whatever language, makes of 5/12 or 6-12: 05-Dec, 12-May, Mrz 10."""
MADE_A_DATE_SAYS = (
    "a spreadsheet program seems to have made a date of it: write again what was printed, in a cell of text"
)
A_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].*)?|\d{1,2}[./-]\d{1,2}[./-](?:\d{2}|\d{4})")
"""Dates in figures, as a program writes them."""


def looks_like_a_date(cell: str) -> bool:
    """Whether a spreadsheet program may have made a date of what was typed."""
    return bool(MADE_A_DATE.fullmatch(cell) or A_DATE.fullmatch(cell))


_SHARE = re.compile(r"\d[.,]\d{1,2}\b|\d[.,]\d{4}|%")
_AS_PRINTED = tuple(
    (re.compile(pattern, re.IGNORECASE), words_for_it)
    for pattern, words_for_it in (
        (MADE_A_DATE.pattern, MADE_A_DATE_SAYS),
        (A_DATE.pattern, MADE_A_DATE_SAYS),
        (
            r"(?=.*\d)(?=.*[OolI])[\dOolI]+",
            "it holds a letter that looks like a figure, O for 0 or l for 1: write the figure",
        ),
        (
            rf"({_FIGURES})\s*(?:[*†‡§¶‖#¹²³⁴⁵⁶⁷⁸⁹ᵃ-ᶻ^]+\)?|\[?[a-z]\]?)",
            "it bears the mark of a footnote: write {0}, and in note what the mark says",
        ),
        (
            r"(?:[<>≤≥~≈≃±]|<=|>=|ca?\.?|about|approx\.?|circa|up to|at least|more than|fewer than|less than)\s*\S+",
            "it is no number but a bound or a guess: {unknown}, and write what is printed in {words}",
        ),
        (
            rf"({_FIGURES})\s*(?:-|–|—|to|bis)\s*({_FIGURES})",
            "it is a range: write the number that is meant, or {unknown} and write the range in {words}",
        ),
        (
            rf"\(\s*({_FIGURES})\s*\)",
            "brackets may mean a number below 0: write -{0} or {0}",
        ),
        (
            rf"({_FIGURES})\s*(?:[a-zµ%°]+[\w./²³ ]*)|(?:median|mean|p|n|r|x)\s*[:=]?\s*({_FIGURES})",
            "it is more than a number: write the number alone, in the unit that the column has",
        ),
        (
            rf"({_FIGURES})\s*(?:±|\+/-|\+-|\()\s*.*",
            "two things stand in one cell: write {0} here if it is the {name}, and the other in a column of its own",
        ),
        (r"n\.?\s*[rs]\.?|not (?:reported|stated|given|known)", "{unknown} if it is not reported"),
        (
            r"n\.?\s*[da]\.?|not (?:done|measured|applicable|assessed)",
            'write "ND", or leave it empty, if it was not done',
        ),
    )
)
"""Cells as journals print them, and how to write each: nothing is taken for a number that is none."""

_QUOTED = re.compile(r"([+-]?\d+)(\.\d+)?")
"""A number as a text, which TOML tells from a number."""
_COMMA = re.compile(r"[+-]?\d+,(?!\d{3}$)\d+")
"""A decimal comma, and not what may be thousands."""
_OVER = re.compile(r"\s*(\d+)\s*/\s*(\d+)\s*")
_IN_MONTHS = ("timepoint_months", "follow_up_months")
_TIME = re.compile(
    rf"({_FIGURES})\s*(d|days?|w|wks?|weeks?|mos?|mths?|months?|m|y|yrs?|years?)\.?"
    rf"|(d|days?|w|wks?|weeks?|mos?|months?|m|y|yrs?|years?)\.?\s*({_FIGURES})",
    re.IGNORECASE,
)
"""A time with its unit, as in 24w, 6 mo, week 24."""
_UNITS: dict[str, tuple[str, Callable[[float], float]]] = {
    "d": ("day", lambda days: days / 30.44),
    "w": ("week", lambda weeks: weeks / 4.348),
    "m": ("month", lambda months: months),
    "y": ("year", lambda years: years * 12),
}
"""By the first letter: the unit, and what it is in months of 365.25/12 days."""
_PRINTED_IN = {"follow_up_months": "follow_up"}
"""Where a study's cell has words of its own."""

_SPREAD = re.compile("(baseline|followup|change)_(?:se|lower|upper)")
"""Columns of a spreadsheet that are no keys of a table."""
_MOST = 20
"""Errors that are told at once: a column of the wrong kind has one in every row."""


def complaints(errors: Sequence[Any], where: Where) -> list[tuple[tuple[int, ...], str]]:
    """Each of pydantic's `errors` as a sentence with its place, one for a cell; an unknown key first within a row."""
    first_of_place: dict[Any, Any] = {}
    for error in errors:
        first_of_place.setdefault(_place(error["loc"]), error)
    found = sorted(first_of_place.values(), key=lambda error: error["type"] != "unexpected_keyword_argument")
    at = [(_indices(error["loc"]), _sentence(error)) for error in found]
    return [(indices, f"{where(indices)}: {sentence}") for indices, sentence in at]


def together(sentences: Sequence[str], name: str) -> str:
    """All that is wrong with the file `name` on one line, in its order; of very many how many follow.

    The known keys or columns, which are many, are listed once.
    """
    more = len(sentences) - _MOST
    shown = [*sentences[:1], *(_told(sentence, name) for sentence in sentences[1:_MOST])]
    lists: set[str] = set()
    for place, sentence in enumerate(shown):
        reason, known, names = sentence.partition("; known are ")
        if known and names in lists:
            shown[place] = reason
        lists.add(names)
    return " | ".join([*shown, *([f"and {more} more"] if more > 0 else [])])


def _told(sentence: str, name: str) -> str:
    """The sentence without the name of the file, which stands in front of the first."""
    return sentence.removeprefix(f"{name}, ").removeprefix(f"{name}: ")


def _sentence(error: Any) -> str:
    place = _place(error["loc"])
    name = str(place[-1]) if place else ""
    meanings = domains(_KINDS[len(_indices(place))])
    match error["type"]:
        case "unexpected_keyword_argument" if spread := _SPREAD.fullmatch(name):
            return (
                f"unknown key {name!r}; write {spread[1]}_sd, the standard error times √n (Cochrane Handbook 6.5.2.2), "
                "or write the table as a spreadsheet, which may have this column"
            )
        case "unexpected_keyword_argument":
            return f"unknown key {name!r}; {did_you_mean(name, [_PRINTED.get(key, key) for key in meanings])}"
        case "missing":
            return f"the key {_PRINTED.get(name, name)!r} is missing; it is {meanings[name]}"
        case "value_error":
            return str(error["ctx"]["error"])
    if not isinstance(place[-1], str):
        return f"this must be a section of keys and values, not {error['input']!r}"
    written, domain, value = _PRINTED.get(name, name), meanings[name], error["input"]
    return f"{written} must be {domain}, not {value!r}{way_out(name, domain, value)}"


def way_out(name: str, domain: str, value: object) -> str:
    """The end of the sentence: how to write what was probably meant."""
    if name == "kind":
        return f"; {did_you_mean(str(value), ['landmark', 'ever'])}"
    if name == "role":
        return "; name the arm in arm, and say with role whether it is the treatment or the control"
    if isinstance(value, str) and value.strip().lower() in _WORDS_FOR_MISSING:
        return '; write "NR" or "ND", or leave it out if the source does not mention it'
    if isinstance(value, float) and value.is_integer() and "whole number" in domain:
        return f"; write it without decimals, {int(value)}"
    if isinstance(value, str) and domain.startswith("a number") and _COMMA.fullmatch(value):
        return f"; write it with a point and without quotes, {value.replace(',', '.')}"
    of_people = name in ("events", "of", "n", "enrolled")
    if of_people and _SHARE.search(str(value)) and not A_DATE.fullmatch(str(value)):
        return "; write the count here and the printed rate in reported"
    if domain.startswith("a number between 0 and 1") and (way_out := of_percent(value)):
        return f"; {way_out}"
    if isinstance(value, str) and (quoted := _QUOTED.fullmatch(value)) and (quoted[2] is None or "whole" not in domain):
        return f"; write it without quotes, {value}"
    if name in ("events", "of") and (over := _OVER.fullmatch(str(value))):
        return f"; write {over[1]} in events and {over[2]} in of"
    if isinstance(value, str) and name in _IN_MONTHS and (way_out := _in_months(value)):
        return f"; {way_out}"
    if isinstance(value, str) and domain.startswith(("a number", "a whole number")):
        for pattern, words_for_it in _AS_PRINTED:
            if match := pattern.fullmatch(value.strip()):
                unknown = 'write "NR"' if '"NR"' in domain else "leave the cell empty"
                words = _PRINTED_IN.get(name, "reported" if name in domains(ReportedOutcome) else "study_note")
                return f"; {words_for_it.format(*match.groups(), name=name, unknown=unknown, words=words)}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f'; write it in quotes, "{value}"' if domain.startswith("text") else ""
    if name == "centres":
        return f"; write [{value!r}]"
    return "; correct it, or leave it out if the source does not say"


def _in_months(printed: str) -> str:
    """How to write a time that bears its unit: 24 weeks are no 24 months.

    >>> _in_months("24w"), _in_months("week 24"), _in_months("6 mo"), _in_months("6a")
    ('24 weeks are 5.5 months: write 5.5', '24 weeks are 5.5 months: write 5.5', 'write 6, without the unit', '')
    """
    match = _TIME.fullmatch(printed.strip())
    if match is None:
        return ""
    figures, unit = match[1] or match[4], (match[2] or match[3])[0].lower()
    name, convert = _UNITS[unit]
    number = float(re.sub("[,·]", ".", figures))
    if unit == "m":
        return f"write {number:g}, without the unit"
    months = f"{convert(number):.2g}" if convert(number) < 10 else f"{convert(number):.3g}"
    told = f"{number:g} {name}{'' if number == 1 else 's'} {'is' if number == 1 else 'are'} {months} months"
    return f"{told}: write {months}"


def _place(loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """`loc` up to the field: pydantic adds the member of a union that it tried."""
    depth = 1
    while depth < len(loc) and loc[depth - 1] in _PRINTED and isinstance(loc[depth], int):
        depth += 2
    return loc[:depth] if len(loc) >= depth else loc


def _indices(loc: tuple[int | str, ...]) -> tuple[int, ...]:
    return tuple(part for part in _place(loc) if isinstance(part, int))
