"""What the letters of a formula mean: those that stand in it, and no others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_NUMBERS = (
    ("n", r"(?<![A-Za-z\\])n(?![A-Za-z_])", "the number in all"),
    ("n_T", r"(?<![A-Za-z])n_T", "the number in an arm"),
    ("w", r"(?<![A-Za-z\\])w_", "an arm's share of the number"),
    ("s", r"/s\b|\[s=", "the number of sides of the test"),
    ("x", r"(?<![A-Za-z\\])x(?![A-Za-z_])", "how many respond"),
    ("x_T", r"x_T", "how many of an arm respond"),
)
"""Letters that formulas of many designs have, each with what shows that a formula has it, and its meaning."""

_TESTS = (
    ("T_ν", r"T_\\nu\(\\lambda\)", "Student's t with ν degrees of freedom and noncentrality λ"),
    ("t_ν", r"t_\{\\nu", "a quantile of the central one"),
    ("R", r"\\in R", "the outcomes for which the test rejects"),
    ("α", r"\\alpha", "its level"),
    ("β", r"\\beta", "the probability of missing the effect"),
)
"""The same of the test, which comes last in the sentence."""

_NAMES = "alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau varphi phi chi psi omega"
_GREEK = dict(zip(_NAMES.split(), "αβγδεζηθκλμνξπρστφφχψω", strict=True))


def legend(tex: str, letters: Mapping[str, str] | None = None) -> tuple[tuple[str, str], ...]:
    """The letters of a formula in TeX with their meanings, in the order of a sentence; `letters` are the design's."""
    return (*_shared(tex, _NUMBERS), *_own(tex, letters or {}), *_shared(tex, _TESTS))


def _shared(tex: str, letters: tuple[tuple[str, str, str], ...]) -> Iterator[tuple[str, str]]:
    yield from ((letter, meaning) for letter, shows, meaning in letters if re.search(shows, tex))


def _own(tex: str, letters: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    read = spelt(tex)
    for letter, meaning in letters.items():
        if re.search(rf"(?<![^\W\d_]){re.escape(letter)}(?![\w\u0304])", read):
            yield letter, meaning


def spelt(tex: str) -> str:
    r"""A formula with its letters as people write them, λ_C for `\lambda_C`, and without any other command."""
    text = re.sub(r"\\text\{[^}]*\}|\\mathrm", " ", tex)
    text = re.sub(r"\\bar\s*(\w)", "\\1\u0304", text)
    text = re.sub(r"\\([A-Za-z]+)", lambda command: f" {_GREEK.get(command[1], '')}", text)
    text = re.sub(r"_(\w)", r"_\1 ", text)
    return re.sub(r"_\{(\w+)\}", r"_\1 ", text)
