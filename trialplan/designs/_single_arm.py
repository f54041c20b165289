"""The rates that every design of a single arm against a fixed rate declares."""

from __future__ import annotations

from typing import Any

from trialplan.parameter import PROPORTION, Interval, parameter


def null() -> Any:
    """The rate that is to be beaten."""
    return parameter(
        "rate that would not be worth pursuing",
        PROPORTION,
        role="comparator",
        symbol="p₀",
        unit="proportion",
        typical=(0.05, 0.3),
    )


def expected(typical: tuple[float, float] = (0.35, 0.8), domain: Interval = PROPORTION) -> Any:
    """The rate that is planned for; where the test counts, or has the variance at the null, it may be certain."""
    return parameter(
        "rate hoped for under the treatment",
        domain,
        role="effect",
        symbol="p₁",
        unit="proportion",
        typical=typical,
    )
