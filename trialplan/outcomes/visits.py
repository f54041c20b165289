"""Measurements at several visits, of which some are missed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trialplan.outcome import Latent, Outcome
from trialplan.outcomes.measurements import Measurements

if TYPE_CHECKING:
    from trialplan.design import Design


class Visits(Measurements):
    """Normal outcomes at visits; a copula has no one number of a participant to join."""

    kind = "visits"

    def missing_counts_as(self, design: Design) -> str:
        """A visit that is missed is predicted by those before it."""
        return "a visit missed at random, given the visits before it"

    def draw_from(self, design: Design, uniforms: Any) -> Any:
        """There is none."""
        return Outcome.draw_from(self, design, uniforms)

    def latent(self, design: Design) -> tuple[Latent, ...]:
        """There is none."""
        return Outcome.latent(self, design)


VISITS = Visits()
"""The kind of every design of measurements at several visits."""
