"""The measures by which a ready-made effect may be reported."""

from __future__ import annotations

from typing import Literal

EffectMeasure = Literal[
    "risk-ratio",
    "odds-ratio",
    "hazard-ratio",
    "rate-ratio",
    "risk-difference",
    "mean-difference",
    "standardised-mean-difference",
]

RATIO_MEASURES = ("risk-ratio", "odds-ratio", "hazard-ratio", "rate-ratio")
"""Effects whose logs have about a normal distribution."""

EFFECT_MEASURES = (*RATIO_MEASURES, "risk-difference", "mean-difference", "standardised-mean-difference")
