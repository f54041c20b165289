"""A design that is put around another: what it leaves to it."""

from __future__ import annotations

from typing import Any

from trialplan.design import Design
from trialplan.parameter import Numbers


class Around(Design):
    """What is the inner design's?"""

    design: Design

    @property
    def allocation(self) -> str:
        """The inner design's."""
        return getattr(self.design, "allocation", "1")

    @property
    def weights(self) -> tuple[int, ...]:
        """The inner design's."""
        return self.design.weights

    @property
    def upward(self) -> bool:
        """The inner design's."""
        return self.design.upward

    @property
    def two_tailed(self) -> bool:
        """The inner design's."""
        return self.design.two_tailed

    @property
    def effect(self) -> str:
        """The inner design's."""
        return self.design.effect

    def effect_value(self) -> Numbers:
        """The inner design's."""
        return self.design.effect_value()

    def unit(self) -> float:
        """The inner design's."""
        return self.design.unit()

    def effect_domain(self) -> Any:
        """The inner design's."""
        return self.design.effect_domain()

    def shape(self, *others: Any) -> tuple[int, ...]:
        """The inner design's."""
        return self.design.shape(*others)

    def boundary(self) -> tuple[Numbers, ...]:
        """The inner design's."""
        return self.design.boundary()
