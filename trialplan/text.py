"""Numbers, lists and units as a person reads them: the only place that rounds for print."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any


def number(value: Any) -> str:
    """At most four significant digits; thousands separated; what is below 1 is not printed as 1.

    >>> number(0.37381), number(12345.6), number(1 - 1e-9)
    ('0.3738', '12,346', '1 - 1e-09')
    """
    if isinstance(value, (tuple, list)):
        return ", ".join(map(number, value))
    if isinstance(value, str):
        return value
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"1 - {1 - value:.3g}" if 0.99995 <= value < 1 else f"{value:.4g}"


def beside(value: float, other: float) -> str:
    """A computed number as `number` prints it; where `other` would look the same, with digits that tell them apart.

    >>> beside(0.3082, 0.3), beside(0.30002566, 0.3), beside(1000.21, 1000)
    ('0.3082', '0.3000257', '1,000.21')
    """
    if number(value) != number(other) or value == other:
        return number(value)
    apart = next(digits for digits in range(1, 18) if f"{value:.{digits}g}" != f"{other:.{digits}g}")
    return f"{value:,.{min(apart + 2, 17)}g}"


def probability(value: float) -> str:
    """Three decimals, never rounded to certainty.

    >>> probability(0.80123), probability(0.99999), probability(1.0), probability(0.0005), probability(0.0004)
    ('0.801', '> 0.999', '1.000', '0.001', '< 0.001')
    """
    if 0 < value < 0.0005:
        return "< 0.001"
    return "> 0.999" if 0.9995 < value < 1 else f"{value:.3f}"


_TYPED = 12
"""Significant digits that somebody may type; a number that needs more was computed."""


def stated(value: Any) -> str:
    """A number that was put in, with every digit that was typed; a computed one, which nobody typed, with four.

    >>> stated(0.3), stated(0.3000001), stated(1 / 3), stated(12345.0), stated((0.8, 1.25))
    ('0.3', '0.3000001', '0.3333', '12,345', '0.8, 1.25')
    """
    if isinstance(value, (tuple, list)):
        return ", ".join(map(stated, value))
    if isinstance(value, float) and float(f"{value:.{_TYPED}g}") == value:
        return f"{value:,.{_TYPED}g}" if abs(value) < 10**_TYPED else f"{value:.{_TYPED}g}"
    return number(value)


def stated_apart(values: Sequence[Any]) -> list[str]:
    """Numbers that were put in, with as many digits as keep two that differ from being printed the same.

    >>> stated_apart([1 / 3, 1 / 3 + 1e-7, 0.5])
    ['0.3333333', '0.3333334', '0.5']
    """
    texts = list(map(stated, values))
    for digits in range(5, 18):
        if len(set(texts)) == len(set(values)):
            break
        alike = [isinstance(one, float) and texts.count(text) > 1 for one, text in zip(values, texts, strict=True)]
        texts = [f"{one:.{digits}g}" if twin else text for one, text, twin in zip(values, texts, alike, strict=True)]
    return texts


def quoted(value: object) -> str:
    """What was given where a number is taken: a text in quotes, for it may look like one.

    >>> f"{quoted('200')} is not {quoted(200)}"
    "'200' is not 200"
    """
    return repr(value) if isinstance(value, str) else str(value)


def stated_percent(value: float) -> str:
    """A share that was put in, as a percentage with every digit that was typed; a computed one has one decimal.

    >>> stated_percent(0.3), stated_percent(0.3000001), stated_percent(0.29), stated_percent(1 / 3)
    ('30 %', '30.00001 %', '29 %', '33.3 %')
    """
    typed = float(f"{value:.{_TYPED}g}") == value
    return f"{100 * value:.{_TYPED}g} %" if typed else percent(value)


def percent(value: float) -> str:
    """A share as a percentage, with one decimal where it has one."""
    return f"{100 * value:.1f}".removesuffix(".0") + " %"


def in_unit(value: Any, unit: str) -> str:
    """A number of a design: a proportion as a percentage; of a vector each, with commas."""
    if isinstance(value, (tuple, list)):
        return ", ".join(in_unit(one, unit) for one in value)
    return percent(value) if unit == "proportion" else number(value)


_AS_TYPED = r"`[^`]*`|--[\w-]+[ =]\S+"
"""What somebody may type again as it stands: code, and an option with its value."""

_MINUS = re.compile(rf"({_AS_TYPED})|(?<![\w\\)\].,:/–−%~*-])-(?=\.?\d)")
"""A hyphen that stands for a minus: before a number, and behind nothing that it could join to it."""


def with_minus(text: str) -> str:
    """With the sign for minus, as books print it, and not where somebody may type it again.

    >>> with_minus("-0.5 to -.1, phase 1-2, 1e-05, `--margin -0.1`, as in --margin -0.1")
    '−0.5 to −.1, phase 1-2, 1e-05, `--margin -0.1`, as in --margin -0.1'
    """
    return _MINUS.sub(lambda found: found[1] or "−", text) if "-" in text else text


def with_hyphens(text: str) -> str:
    """With the minus of a keyboard, for a terminal and for text: a number from there is typed again."""
    return text.replace("−", "-")


def signed(value: float) -> str:
    """Four significant digits, with the sign for minus."""
    return with_minus(f"{value:.4g}")


def three_decimals(value: float | None) -> str:
    """Three decimals, with the sign for minus; none where there is no number."""
    return "none" if value is None else with_minus(f"{value:z.3f}")


def p_value(value: float) -> str:
    """Four decimals, or that it is smaller.

    >>> p_value(0.0487), p_value(0.00005), p_value(0.00004)
    ('0.0487', '0.0001', '< 0.0001')
    """
    return "< 0.0001" if value < 0.00005 else f"{value:.4f}"


def error_rate(value: float) -> str:
    """Four decimals, and where those would hold fewer than two digits, three significant ones.

    >>> error_rate(0.0487), error_rate(0.00043), error_rate(9.66e-16), error_rate(0.0)
    ('0.0487', '0.00043', '9.66e-16', '0.0000')
    """
    return f"{value:.4f}" if value >= 0.001 or not value else f"{value:.3g}"


def measured(value: float) -> str:
    """Three decimals, or three digits where those would hold none: a width may be anything, and need not be below 1.

    >>> measured(0.19996), measured(0.9998), measured(0.0000999), measured(12.5)
    ('0.200', '1.000', '9.99e-05', '12.500')
    """
    return f"{value:.3f}" if value >= 0.0005 or not value else f"{value:.3g}"


def chances(
    success: float, power: float, word: str = "power", printed: Callable[[float], str] = probability
) -> list[tuple[str, str]]:
    """P(reject in favour) and P(reject), named, to three decimals: one of them where they agree as printed.

    >>> chances(0.80123, 0.80125), chances(0.0281, 0.0505)
    ([('power', '0.801')], [('success', '0.028'), ('power', '0.051')])
    """
    shown, either_way = printed(success), printed(power)
    return [(word, shown)] if shown == either_way else [("success", shown), (word, either_way)]


def with_commas(numbers: Iterable[float]) -> str:
    """Numbers with commas between them: 0.3, 0.65, 1."""
    return ", ".join(f"{one:g}" for one in numbers)


def listed(items: Iterable[object], last: str = "and") -> str:
    """Parts of a sentence: a, b and c."""
    words = [str(item) for item in items]
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def listed_apart(names: Iterable[str], last: str = "and") -> str:
    """Names of a sentence: with semicolons where a comma is part of one.

    >>> listed_apart(["A, low dose", "B", "C"]), listed_apart(["A", "B"])
    ('A, low dose; B; and C', 'A and B')
    """
    words = list(names)
    if not any("," in word for word in words):
        return listed(words, last)
    return f"; {last} ".join(filter(None, ("; ".join(words[:-1]), *words[-1:])))


def plural(count: int, word: str) -> str:
    """A count with its noun: 1 study, 5 studies."""
    return f"{count:,} {word if count == 1 else in_plural(word)}"


def in_plural(noun: str) -> str:
    """A noun in the plural; one that ends in s is in it, as times and odds are.

    >>> in_plural("study"), in_plural("relative size"), in_plural("odds")
    ('studies', 'relative sizes', 'odds')
    """
    if noun.endswith("s"):
        return noun
    return noun[:-1] + "ies" if noun.endswith("y") else noun + "s"


def of_one(unit: str) -> str:
    """A unit that is a plural, of one: 1 participant, 1 unit of time, 1 event per year.

    >>> [of_one(unit) for unit in ("participants", "months", "units of time", "events per year", "g/day", "mass")]
    ['participant', 'month', 'unit of time', 'event per year', 'g/day', 'mass']
    """
    first, space, rest = unit.partition(" ")
    return f"{first[:-1]}{space}{rest}" if len(first) > 3 and first[-1] == "s" != first[-2] else unit


def with_article(noun: str) -> str:
    """A noun with its indefinite article, by its first letter; odds are many and have none."""
    if noun.endswith("odds"):
        return noun
    return f"an {noun}" if noun.startswith(tuple("aeiou")) else f"a {noun}"


def as_sentence(text: str) -> str:
    """With a capital and a full stop."""
    return f"{text[0].upper()}{text[1:]}."


PAIRS = "pairs"
"""The name of the one arm of a design that compares within pairs: what its n counts."""


def counted_in(arm_names: Iterable[str]) -> str:
    """What the n of these arms counts: participants, or the pairs that a design compares within."""
    return PAIRS if PAIRS in arm_names else "participants"


def participants(arms: Mapping[str, int], in_all: str = "") -> str:
    """93 per arm, 186 in all; 62 treatment + 31 control, 93 in all; 33 participants in all; 33 pairs in all.

    Of arms that are called group 1 and group 2, so many per group. Where not all are needed, `in_all` says how many.
    """
    total = sum(arms.values())
    told = in_all or f"{total:,} in all"
    if len(arms) == 1:
        return f"{plural(total, counted_in(arms)[:-1])} in all"
    if len(set(arms.values())) == 1:
        return f"{next(iter(arms.values())):,} per {kind_of_arm(arms)}, {told}"
    return f"{' + '.join(f'{n:,} {name}' for name, n in arms.items())}, {told}"


def kind_of_arm(names: Iterable[str]) -> str:
    """What one of several arms is: a group of group 1 and group 2, and an arm where their names do not say it.

    >>> kind_of_arm(["group 1", "group 2"]), kind_of_arm(["treatment 1", "treatment 2", "control"])
    ('group', 'arm')
    """
    parted = [name.rpartition(" ") for name in names]
    kinds = {kind if place[0].isdigit() else "" for kind, _, place in parted}
    return (kinds.pop() if len(kinds) == 1 else "") or "arm"


def flag(name: str) -> str:
    """The name of a field as an option writes it."""
    return name.replace("_", "-")


_LETTERED = ("cv", "icc", "sd")
"""Words of names that stand for several, and are written in capitals."""


def spoken(name: str) -> str:
    """The name of a field as a sentence has it.

    >>> spoken("follow_up_time"), spoken("sd_within")
    ('follow-up time', 'SD within')
    """
    words = name.replace("follow_up", "follow-up").split("_")
    return " ".join(word.upper() if word in _LETTERED else word for word in words)


NONE = "—"
"""What a table shows where there is no number."""


def decimals(value: float | None, places: int = 3) -> str:
    """A number with so many decimals; a dash where there is none."""
    return NONE if value is None else f"{value:z.{places}f}"


_LONGEST = 4
"""Significant digits of the largest number of a column, by which all of it is rounded."""


def cell(value: Any, places: int = 3) -> str:
    """A value of a table: a number with so many decimals and the sign for minus, a text as it is, or a dash for none.

    >>> cell(-0.12345), cell(1234), cell("score"), cell(None), cell(float("nan"))
    ('−0.123', '1,234', 'score', '—', '—')
    """
    if value is None or value != value:
        return NONE
    if not _is_number(value):
        return str(value)
    return with_minus(f"{value:,}" if isinstance(value, Integral) else f"{value:z,.{places}f}")


def column(values: Sequence[Any]) -> list[str]:
    """The cells of a column; its numbers have as many decimals as the largest needs, and no share becomes certain.

    >>> column([0.5, -0.25, None]), column([12.5, 0.001]), column([100.0, 2.0]), column([0.99999, 0.5])
    (['0.5000', '−0.2500', '—'], ['12.50', '0.00'], ['100', '2'], ['> 0.999', '0.5000'])
    """
    there = [abs(one) for one in values if _is_number(one) and math.isfinite(one)]
    part = any(one != round(one) for one in there)
    places = max(0, _LONGEST - 1 - math.floor(math.log10(max(there)))) if part else 0
    shares = places > 0 and max(there) <= 1

    def shown(value: Any) -> str:
        given = cell(float(value), places) if _is_number(value) else cell(value)
        return probability(value) if shares and given in (cell(0.0, places), cell(1.0, places)) else given

    return list(map(shown, values))


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def true_words(words: str) -> str:
    """What a planned number is called where it stands for the truth, which nobody hopes for.

    >>> true_words("rate hoped for under the treatment"), true_words("share at the milestone that is hoped for")
    ('rate under the treatment', 'share at the milestone')
    """
    return words.replace(" that is hoped for", "").replace(" hoped for", "")
