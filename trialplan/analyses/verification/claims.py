"""What a formula claims, by name, and the witnesses that it is held against."""

from __future__ import annotations

POWER, SUCCESS = "power", "success"
FAVOUR, BOTH = "rejection in favour at the null", "rejection either way at the null"
LEVEL, DRAWING, DRAWING_AT_NULL = "type I error", "drawing", "drawing at the null"
SIMULATION, ENUMERATION = "simulation", "enumeration"
