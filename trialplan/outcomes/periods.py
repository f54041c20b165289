"""Measurements in several periods, of which each participant has all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trialplan.outcome import Latent, Outcome
from trialplan.outcomes.measurements import Measurements

if TYPE_CHECKING:
    from trialplan.design import Design


class Periods(Measurements):
    """Normal outcomes of every period; a copula has no one number of a participant to join."""

    def draw_from(self, design: Design, uniforms: Any) -> Any:
        """There is none."""
        return Outcome.draw_from(self, design, uniforms)

    def latent(self, design: Design) -> tuple[Latent, ...]:
        """There is none."""
        return Outcome.latent(self, design)


PERIODS = Periods()
"""The kind of every design whose participants take the treatments in turn."""
