"""The standard deviation that every design of a mean declares."""

from __future__ import annotations

from typing import Any

from trialplan.parameter import POSITIVE, parameter

BETWEEN = "standard deviation between participants"

EITHER_ARM = f"{BETWEEN}, in the control arm and, unless the treatment arm's is given, in both"
"""Where the arms may differ."""


def sd(meaning: str = BETWEEN, unit: str = "units of the outcome") -> Any:
    """How far outcomes lie apart, in their unit; `meaning` says of what, and given what."""
    return parameter(meaning, POSITIVE, role="spread", symbol="σ", unit=unit, typical=(0.8, 1.6))
