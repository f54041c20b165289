"""How far an outcome falls by itself when participants are selected for a high value of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from trialplan.errors import EvidenceError


@dataclass(frozen=True, kw_only=True)
class SpontaneousFall:
    """The expected fall of the log of an outcome by selection alone, and as a share of its geometric mean."""

    log_fall: float

    @property
    def share(self) -> float:
        """The share by which the geometric mean falls."""
        return -math.expm1(-self.log_fall)


def regression_to_the_mean(threshold: float, typical: float, between_sd: float, within_sd: float) -> SpontaneousFall:
    """The expected fall from an entry value above `threshold` to the next reading, with no treatment at all.

    `threshold` and `typical` (the population's geometric mean) are in the outcome's unit; the standard deviations,
    between and within participants, are of its natural log. Selecting readings above the threshold selects errors of
    measurement that will not come again: the fall of the log is sw²/s · φ(a)/(1 - Φ(a)) with s² = sb² + sw² and a =
    (log threshold - log typical)/s (James 1973, Biometrics 29:121; Gardner & Heady 1973, J Chronic Dis 26:781).

    >>> round(regression_to_the_mean(1.5, 1.2, 0.7, 0.5).share, 2)
    0.25
    """
    for name, value in {"threshold": threshold, "typical": typical, "within_sd": within_sd}.items():
        if not (math.isfinite(value) and value > 0):
            raise EvidenceError(f"{name} must lie in (0, ∞), not {value:g}")
    if not (math.isfinite(between_sd) and between_sd >= 0):
        raise EvidenceError(f"between_sd must lie in [0, ∞), not {between_sd:g}")
    total = math.hypot(between_sd, within_sd)
    a = (math.log(threshold) - math.log(typical)) / total
    hazard = math.sqrt(2 / math.pi) * math.exp(-(a**2) / 2) / math.erfc(a / math.sqrt(2))
    return SpontaneousFall(log_fall=within_sd**2 / total * hazard)
