"""Outcomes of participants who come in clusters: means and rates, whose statistic is a t between clusters."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from trialplan.numerics.distributions import t_quantile
from trialplan.numerics.elementary import normal_quantile
from trialplan.numerics.student import of_normal_score
from trialplan.outcome import DIFFERENCE_OF_PROPORTIONS, RESPONSE, EffectInterval, EffectScale, Outcome
from trialplan.outcomes.measurements import Measurements
from trialplan.outcomes.responses import RESPONSES
from trialplan.parameter import Numbers

if TYPE_CHECKING:
    from trialplan.design import Design, Sized


class ClusteredRates(Outcome):
    """Yes or no in clusters: counts of an arm are not binomial, so that no test counts them."""

    kind = "responses in clusters"
    observed = RESPONSE
    responder = "responders"
    planned = "rates"
    results = ("t", "z")

    def effect_scale(self, design: Sized) -> EffectScale:
        """The difference, in points."""
        return DIFFERENCE_OF_PROPORTIONS

    def same_effect(self, design: Design) -> tuple[tuple[EffectScale, float], ...]:
        """As that of rates without clusters."""
        return RESPONSES.same_effect(design)

    def shrunk(self, design: Design, ratio: float) -> Design:
        """The rate of the treatment has so many times its odds."""
        return RESPONSES.shrunk(design, ratio)

    def null_limits(self, design: Design) -> tuple[Numbers, ...]:
        """Differences."""
        return design.limits()

    def better(self, design: Design) -> str:
        """More or fewer of those who are counted."""
        return f"a {design.favourable} rate is better"

    def missing_counts_as(self, design: Design) -> str:
        """Without the response; where fewer are better, without the event, which is the better outcome."""
        return "a non-responder" if design.upward else "a participant without the event"

    def estimate_in_points(self, design: Design) -> bool:
        """It is a difference of two rates."""
        return True

    def interval(self, design: Design, n: int, confidence: float, no_effect: bool) -> EffectInterval | None:
        """By t between clusters, or the normal, at the planned rates."""
        error, df = design.standard_error(n)
        half = _critical(confidence, df) * float(error)
        centre = 0.0 if no_effect else float(design.planned_estimate())
        name = "normal" if df is None else "t"
        return EffectInterval(
            name=f"{name} interval of the difference of proportions, between clusters",
            limits=(max(centre - half, -1.0), min(centre + half, 1.0)),
        )

    def expected_width(self, design: Design, n: int, confidence: float) -> Numbers | None:
        """Twice the critical value times the standard error at the planned rates."""
        error, df = design.standard_error(n)
        critical = normal_quantile(0.5 + confidence / 2) if df is None else t_quantile(0.5 + confidence / 2, df)
        return 2 * critical * error

    def smallest_significant(self, design: Design, n: int) -> float | None:
        """The critical t, or z, times the standard error at the planned rates; none for equivalence."""
        if len(design.null_values()) == 2:
            return None
        ((limit, sign),) = design.sided_limits()
        error, df = design.standard_error(n)
        critical = design.z_alpha if df is None else of_normal_score(design.z_alpha, df)
        found = float(limit + sign * critical * error)
        return found if math.isfinite(found) else None


def _critical(confidence: float, df: Numbers | None) -> float:
    if df is None:
        return float(normal_quantile(0.5 + confidence / 2))
    return float(t_quantile(0.5 + confidence / 2, df)) if float(df) > 0 else math.inf


class ClusteredMeasurements(Measurements):
    """Normal outcomes in clusters."""

    kind = "measurements in clusters"


CLUSTERED_MEANS, CLUSTERED_RATES = ClusteredMeasurements(), ClusteredRates()
"""The kinds of designs of participants in clusters."""
