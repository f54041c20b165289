"""What is said of a statement that is reproduced, and how plain a match must be for it."""

from __future__ import annotations

REPRODUCED, NEAR, INCONSISTENT, NOT, INCOMPLETE = (
    "reproduced",
    "near",
    "inconsistent",
    "not reproduced",
    "incomplete",
)

CHEAP = 2
"""Oddities up to which a match by normal theory is plain enough that no exact test is looked at."""
