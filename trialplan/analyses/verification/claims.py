"""What a formula claims, by name, and the witnesses that it is held against."""

from __future__ import annotations

POWER, SUCCESS = "power", "success"
FAVOUR, BOTH = "rejection in favour at the null", "rejection either way at the null"
REJECTION = "rejection at the null"  # by a test without a direction
LEVEL, DRAWING, DRAWING_AT_NULL = "type I error", "drawing", "drawing at the null"
SIMULATION, ENUMERATION = "simulation", "enumeration"

ALLOWANCE = 0.01
"""By how much an approximate formula may miss the true power before its claim does not hold: one point in a hundred."""

STRINGENT, LIBERAL = 0.1, 0.5
"""Shares of the level by which a test may miss it and still be called robust (Bradley 1978)."""
