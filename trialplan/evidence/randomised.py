"""Randomised evidence on the same intervention: what it saw, and what it does and does not rule out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from trialplan.errors import EvidenceError
from trialplan.evidence.finding import counted
from trialplan.evidence.intervals import newcombe
from trialplan.evidence.table import Outcome, Study, has_concurrent_control
from trialplan.numerics.lazy import special

CONFIDENCE = 0.95

Moments = tuple[float, float, int]


@dataclass(frozen=True, kw_only=True)
class RandomisedComparison:
    """The difference, treatment minus control, of one outcome of a randomised study."""

    study: Study
    treatment: Outcome
    control: Outcome
    favourable: str

    @property
    def proportion(self) -> bool:
        """Whether rates are compared; else reported changes."""
        return counted(self.treatment) is not None and counted(self.control) is not None

    @property
    def method(self) -> str:
        """How the interval is computed."""
        return "Newcombe hybrid score" if self.proportion else "Welch"

    @property
    def difference(self) -> float:
        """Treatment minus control."""
        if self.proportion:
            (x_t, n_t), (x_c, n_c) = _counts(self.treatment), _counts(self.control)
            return x_t / n_t - x_c / n_c
        return _moments(self.treatment)[0] - _moments(self.control)[0]

    @property
    def in_favour(self) -> bool:
        """Whether the estimate is in the treatment's favour."""
        return self.difference > 0 if self.favourable == "higher" else self.difference < 0

    @cached_property
    def limits(self) -> tuple[float, float]:
        """The limits of the difference: Newcombe (1998) for rates, Welch (1947) for changes."""
        if self.proportion:
            return newcombe(_counts(self.control), _counts(self.treatment), CONFIDENCE)[1:]
        return _welch(_moments(self.treatment), _moments(self.control))

    @property
    def lower(self) -> float:
        """The lower limit."""
        return self.limits[0]

    @property
    def upper(self) -> float:
        """The upper limit."""
        return self.limits[1]

    def excludes(self, effect: float) -> bool:
        """Whether the interval leaves out a planned difference."""
        return not self.lower <= effect <= self.upper


def compare(
    study: Study, outcome: str, favourable: str = "higher", arms: tuple[str, str] = ("treatment", "control")
) -> RandomisedComparison:
    """The randomised comparison of one outcome, which needs counts or changes with their own SD in both arms."""
    if not has_concurrent_control(study):
        raise EvidenceError(f"study {study.key} has no concurrent control, so it compares nothing")
    treatment, control = (_row(study, outcome, arm) for arm in arms)
    found = RandomisedComparison(study=study, treatment=treatment, control=control, favourable=favourable)
    if not found.proportion:
        _moments(treatment), _moments(control)
    return found


def _counts(outcome: Outcome) -> tuple[int, int]:
    counts = counted(outcome)
    assert counts is not None  # the caller has looked
    return counts


def _row(study: Study, outcome: str, arm: str) -> Outcome:
    for row in study.outcomes:
        if row.name == outcome and row.arm == arm:
            return row
    raise EvidenceError(f"study {study.key} has no outcome {outcome!r} for the arm {arm!r}")


def _welch(treatment: Moments, control: Moments) -> tuple[float, float]:
    """The interval of the difference of two means (Welch 1947, Biometrika 34:28)."""
    (mean_t, variance_t, df_t), (mean_c, variance_c, df_c) = treatment, control
    error = math.sqrt(variance_t + variance_c)
    df = (variance_t + variance_c) ** 2 / (variance_t**2 / df_t + variance_c**2 / df_c)
    half = float(special.stdtrit(df, 0.5 + CONFIDENCE / 2)) * error
    return mean_t - mean_c - half, mean_t - mean_c + half


def _moments(outcome: Outcome) -> Moments:
    """Mean change, the variance of that mean, and its degrees of freedom."""
    mean, sd, n = outcome.change_mean, outcome.change_sd, outcome.n
    if not isinstance(mean, int | float) or not isinstance(sd, int | float) or not isinstance(n, int) or n < 2:
        raise EvidenceError(f"{outcome.label}: a comparison needs events and of, or change_mean, change_sd and n")
    return mean, sd**2 / n, n - 1
