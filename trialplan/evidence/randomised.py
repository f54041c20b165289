"""Randomised evidence on the same intervention: what it saw, and what it does and does not rule out."""

from __future__ import annotations

import math
from dataclasses import dataclass

from trialplan.errors import EvidenceError
from trialplan.evidence.control import has_concurrent_control
from trialplan.evidence.intervals import newcombe
from trialplan.evidence.table import ReportedOutcome, Study
from trialplan.numerics.lazy import special

CONFIDENCE = 0.95
"""Of the interval of a difference, as publications print it."""


@dataclass(frozen=True, kw_only=True)
class RandomisedComparison:
    """The difference, treatment minus control, of one outcome of a randomised study: of rates, or of changes."""

    study: Study
    treatment: ReportedOutcome
    control: ReportedOutcome
    favourable: str
    proportion: bool
    difference: float
    lower: float
    upper: float

    @property
    def in_favour(self) -> bool:
        """Whether the estimate is in the treatment's favour."""
        return self.difference > 0 if self.favourable == "higher" else self.difference < 0

    def excludes(self, effect: float) -> bool:
        """Whether the interval leaves out a planned difference."""
        return not self.lower <= effect <= self.upper


def compare(study: Study, outcome: str, favourable: str = "higher") -> RandomisedComparison:
    """The randomised comparison of one outcome, which needs counts or changes with their own SD in both arms.

    The limits are Newcombe's (1998) for rates, Welch's (1947) for changes.
    """
    if not has_concurrent_control(study):
        raise EvidenceError(f"study {study.key} has no concurrent control, so it compares nothing")
    treatment, control = (_row(study, outcome, arm) for arm in ("treatment", "control"))
    counts = treatment.counts, control.counts
    if counts[0] is None or counts[1] is None:
        difference, lower, upper = _welch(treatment, control)
    else:
        difference, lower, upper = newcombe(counts[1], counts[0], CONFIDENCE)
    return RandomisedComparison(
        study=study,
        treatment=treatment,
        control=control,
        favourable=favourable,
        proportion=None not in counts,
        difference=difference,
        lower=lower,
        upper=upper,
    )


def _row(study: Study, outcome: str, arm: str) -> ReportedOutcome:
    for row in study.outcomes:
        if row.name == outcome and row.arm == arm:
            return row
    raise EvidenceError(f"study {study.key} has no outcome {outcome!r} for the arm {arm!r}")


def _welch(treatment: ReportedOutcome, control: ReportedOutcome) -> tuple[float, float, float]:
    """The difference of two means with its limits (Welch 1947, Biometrika 34:28)."""
    (mean_t, variance_t, df_t), (mean_c, variance_c, df_c) = _mean_change(treatment), _mean_change(control)
    error = math.sqrt(variance_t + variance_c)
    df = (variance_t + variance_c) ** 2 / (variance_t**2 / df_t + variance_c**2 / df_c)
    half = float(special.stdtrit(df, 0.5 + CONFIDENCE / 2)) * error
    return mean_t - mean_c, mean_t - mean_c - half, mean_t - mean_c + half


def _mean_change(outcome: ReportedOutcome) -> tuple[float, float, int]:
    """Mean change, the variance of that mean, and its degrees of freedom."""
    if outcome.change is None:
        raise EvidenceError(f"{outcome.label}: a comparison needs events and of, or change_mean, change_sd and n")
    mean, sd, n = outcome.change
    return mean, sd**2 / n, n - 1
