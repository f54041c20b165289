"""Numbers, lists and units as a person reads them: the only place that rounds for print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def number(value: Any) -> str:
    """At most four significant digits; thousands separated."""
    if isinstance(value, (tuple, list)):
        return ", ".join(map(number, value))
    if isinstance(value, str):
        return value
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def percent(value: float) -> str:
    """A share as a percentage, with one decimal where it has one."""
    return f"{100 * value:.1f}".removesuffix(".0") + " %"


def signed(value: float) -> str:
    """Four significant digits, with the sign for minus."""
    return f"{value:.4g}".replace("-", "−")


def three_decimals(value: float | None) -> str:
    """Three decimals, with the sign for minus; none where there is no number."""
    return "none" if value is None else f"{value:.3f}".replace("-", "−")


def p_value(value: float) -> str:
    """Four decimals, or that it is smaller."""
    return "< 0.0001" if value < 0.00005 else f"{value:.4f}"


def chances(success: float, power: float, word: str = "power") -> list[tuple[str, str]]:
    """P(reject in favour) and P(reject), named, to three decimals: one of them where they agree as printed.

    >>> chances(0.80123, 0.80125), chances(0.0281, 0.0505)
    ([('power', '0.801')], [('success', '0.028'), ('power', '0.051')])
    """
    shown, either_way = f"{success:.3f}", f"{power:.3f}"
    return [(word, shown)] if shown == either_way else [("success", shown), (word, either_way)]


def with_commas(numbers: Iterable[float]) -> str:
    """Numbers with commas between them: 0.3, 0.65, 1."""
    return ", ".join(f"{one:g}" for one in numbers)


def listed(items: Iterable[object]) -> str:
    """Parts of a sentence: a, b and c."""
    words = [str(item) for item in items]
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def plural(count: int, word: str) -> str:
    """A count with its noun: 1 study, 5 studies."""
    many = word[:-1] + "ies" if word.endswith("y") else word + "s"
    return f"{count:,} {word if count == 1 else many}"


def with_article(noun: str) -> str:
    """A noun with its indefinite article, by its first letter."""
    return f"an {noun}" if noun.startswith(tuple("aeiou")) else f"a {noun}"


def as_sentence(text: str) -> str:
    """With a capital and a full stop."""
    return f"{text[0].upper()}{text[1:]}."


def participants(arms: Mapping[str, int]) -> str:
    """93 per arm, 186 in all; 62 treatment + 31 control, 93 in all; 33 in all."""
    total = sum(arms.values())
    if len(arms) == 1:
        return f"{total:,} participant{'' if total == 1 else 's'} in all"
    if len(set(arms.values())) == 1:
        return f"{next(iter(arms.values())):,} per arm, {total:,} in all"
    return f"{' + '.join(f'{n:,} {name}' for name, n in arms.items())}, {total:,} in all"


def flag(name: str) -> str:
    """The name of a field as an option writes it."""
    return name.replace("_", "-")


NONE = "—"
"""What a table shows where there is no number."""


def decimals(value: float | None, places: int = 3) -> str:
    """A number with so many decimals; a dash where there is none."""
    return NONE if value is None else f"{value:.{places}f}"
