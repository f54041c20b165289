"""What the letters of a formula mean: those that stand in it, and no others."""

from __future__ import annotations

import re

_LETTERS = (
    ("n", r"(?<![A-Za-z\\])n(?![A-Za-z_])", "the number in all"),
    ("n_T", r"(?<![A-Za-z])n_T", "the number in an arm"),
    ("w", r"(?<![A-Za-z\\])w_", "an arm's share of the number"),
    ("f_j", r"(?<![A-Za-z])f_j", "the share of the participants who are in stratum j"),
    ("s", r"/s\b|\[s=", "the number of sides of the test"),
    ("x", r"(?<![A-Za-z\\])x(?![A-Za-z_])", "how many respond"),
    ("x_T", r"x_T", "how many of an arm respond"),
    ("y", r"(?<![A-Za-z\\])y(?![A-Za-z_])", "how many events there are"),
    ("y_T", r"y_T", "how many of them are in the treatment arm"),
    ("d", r"(?<![A-Za-z\\])d(?![A-Za-z_])", "how many pairs differ"),
    ("d_T", r"d_T", "in how many of these the treatment alone has the response"),
    ("R", r"\\in R", "the outcomes for which the test rejects"),
    ("α", r"\\alpha", "its level"),
    ("β", r"\\beta", "the probability of missing the effect"),
)
"""Each letter with what shows that a formula has it, and its meaning."""


def legend(tex: str) -> tuple[tuple[str, str], ...]:
    """The letters of a formula in TeX with their meanings, in the order of a sentence."""
    return tuple((letter, meaning) for letter, shows, meaning in _LETTERS if re.search(shows, tex))
