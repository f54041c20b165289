"""Fallback: an order in which each endpoint has a share of its own, and takes over that of the one before."""

from __future__ import annotations

from dataclasses import dataclass

from trialplan.several.graphical import Graphical


@dataclass(frozen=True, kw_only=True)
class Fallback(Graphical):
    """Which of the endpoints are significant in the treatment's favour, in an order in which none is lost?

    Each begins with its share of the level; one that is shown hands all of it to the next. Unlike in a fixed sequence
    an endpoint is tested although the one before was missed, at its own share.

    >>> from trialplan import TwoMeans
    >>> ends = [TwoMeans(difference=0.4, sd=1, test="z") for _ in range(3)]
    >>> Fallback(members=ends, initial_weights=(0.5, 0.25, 0.25)).adjusted([0.02, 0.03, 0.01]).round(3).tolist()
    [0.04, 0.04, 0.04]

    References:
        Wiens (2003), Pharmaceutical Statistics 2:211; Wiens & Dmitrienko (2005), J Biopharm Stat 15:929.
    """

    @property
    def arrows(self) -> tuple[tuple[float, ...], ...]:
        """Each to the next, the last one to nobody, unless they are given."""
        places = range(self.tests_made)
        onwards = tuple(tuple(float(j == i + 1) for j in places) for i in places)
        return onwards if self.transitions is None else super().arrows
