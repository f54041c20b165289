"""How names and numbers of a plan's own words are printed: studies by their names, and a minus before a number."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_AS_IT_IS = re.compile(
    r"(`+)(?:(?!\1).)+\1"  # what is typed
    r"|\$\$.*?\$\$"  # an equation
    r"|\]\([^)\s]*\)|\{#[^}]*\}"  # where a link leads, and what it leads to
    r"|\b(?:https?://|doi[: ]+|PMC|NCT)\S+"  # what is looked up by it
)
"""What is not a reader's text."""

_HYPHEN = re.compile(r"(?<![\w\\)\].,:/–−%~*-])\\?-(?=\.?\d)")
"""A hyphen that stands for a minus: before a number, and behind nothing that it could join to it."""

_NO_WORD = re.compile(r"[\d_-]")
"""What a key has that is not a word of the language: only such a key is known for one wherever it stands."""

_LISTED = r"(?:(?<=^)|(?<=[(*;,] )|(?<=[(*\[])|(?<= and )|(?<=: ))(?:{})(?=[,;:)]|\\\]| and |\. |\.?$)"
"""Where a key that may be a word of the language stands among others: in a list, or before what is told of it."""


_SEVERAL = r"(?<![\w/.-])(?:{0})(?:(?:, | and )(?:{0}))+(?![\w/-])"
"""Studies one after the other, by their keys."""


def _any_of(keys: set[str]) -> str:
    return "|".join(map(re.escape, sorted(keys, key=len, reverse=True)))


def printer(studies: Mapping[str, str]) -> Callable[[str], str]:
    """What prints a line of a document: `studies` are the names of studies by their keys."""
    known = {key for key, name in studies.items() if key != name and _NO_WORD.search(key)}
    surnames = {key for key, name in studies.items() if key != name and name.casefold() == key.casefold()} - known
    patterns = [
        re.compile(form.format(_any_of(keys)))
        for form, keys in ((r"(?<![\w/.-])(?:{})(?![\w/-])", known), (_LISTED, surnames))
        if keys
    ]
    several = re.compile(_SEVERAL.format(_any_of({*known, *surnames})))

    def apart(found: re.Match[str]) -> str:
        """Studies in a list: with semicolons, where a comma is part of a name."""
        keys = re.split(r", | and ", found[0])
        if not any("," in studies[key] for key in keys):
            return found[0]
        return "; ".join(keys[:-1]) + ("; and " if " and " in found[0] else "; ") + keys[-1]

    def words(text: str) -> str:
        text = _HYPHEN.sub("−", text)
        if known or surnames:
            text = several.sub(apart, text)
        for keys in patterns:
            text = keys.sub(lambda key: studies[key[0]], text)
        return text

    def line(text: str) -> str:
        made, at = [], 0
        for kept in _AS_IT_IS.finditer(text):
            made += [words(text[at : kept.start()]), kept[0]]
            at = kept.end()
        return "".join([*made, words(text[at:])])

    return line
