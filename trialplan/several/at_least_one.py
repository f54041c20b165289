"""At least one endpoint: each is tested at its share of the level."""

from __future__ import annotations

from dataclasses import dataclass

from trialplan.several.graphical import Graphical


@dataclass(frozen=True, kw_only=True)
class AtLeastOne(Graphical):
    """Is at least one endpoint significant in the treatment's favour, each at its share of the level?

    By Bonferroni: one that is shown hands nothing on. With k endpoints each is tested at the level over k, unless
    weights are given.

    >>> from trialplan import TwoMeans
    >>> ends = [TwoMeans(difference=0.25, sd=1, test="z") for _ in range(3)]
    >>> round(AtLeastOne(members=ends, correlation=0.3).unrounded(0.8) / 2, 2)
    182.39

    References:
        Senn & Bretz (2007), Pharmaceutical Statistics 6:161 (power of at least one).
        Sozu, Sugimoto, Hamasaki & Evans (2015), Sample Size Determination in Clinical Trials with Multiple Endpoints.
    """

    @property
    def arrows(self) -> tuple[tuple[float, ...], ...]:
        """None, unless they are given."""
        k = self.tests_made
        return ((0.0,) * k,) * k if self.transitions is None else super().arrows
