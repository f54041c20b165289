"""What a formula claims, by name, and the witnesses that it is held against."""

from __future__ import annotations

POWER, SUCCESS = "power", "success"
FAVOUR, BOTH = "rejection in favour at the null", "rejection either way at the null"
LEVEL, DRAWING = "type I error", "drawing"
SIMULATION, ENUMERATION = "simulation", "enumeration"
