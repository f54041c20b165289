"""A design around one or several designs: it delegates what it does not change."""

from __future__ import annotations

from typing import Any, Self

from trialplan.design import Design
from trialplan.parameter import Numbers


class Wrapper(Design):
    """A design whose answers are the inner design's, save where it says otherwise."""

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

    def effect_unit(self) -> float:
        """The inner design's."""
        return self.design.effect_unit()

    def effect_domain(self) -> Any:
        """The inner design's."""
        return self.design.effect_domain()

    def shape(self, *others: Any) -> tuple[int, ...]:
        """The inner design's."""
        return self.design.shape(*others)

    def cell(self, index: tuple[int, ...], shape: tuple[int, ...]) -> Self:
        """The same wrapper around the inner design's cell."""
        return self.replace(design=self.design.cell(index, shape))

    def null_values(self) -> tuple[Numbers, ...]:
        """The inner design's."""
        return self.design.null_values()
