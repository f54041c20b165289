"""A design that is put around another: what it leaves to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from trialplan.design import Design
from trialplan.parameter import Numbers, parameter, parameters
from trialplan.sequential.boundaries import read_efficacy
from trialplan.sequential.futility import read_futility
from trialplan.sequential.reading import read_looks, read_some_looks

OWN = ("design", "looks", "efficacy", "futility", "binding", "efficacy_at", "futility_at")
"""What a trial with looks says itself; all other numbers are the fixed design's."""


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

    def cell(self, index: tuple[int, ...], shape: tuple[int, ...]) -> Self:
        """The same wrapper around the inner design's cell."""
        return self.replace(design=self.design.cell(index, shape))

    def boundary(self) -> tuple[Numbers, ...]:
        """The inner design's."""
        return self.design.boundary()


@dataclass(frozen=True, kw_only=True)
class LookedAt(Around):
    """What does a trial that may stop early say of its looks, and what does it leave to the fixed design?"""

    looks: tuple[float, ...] = parameter(
        "information fractions of the looks, the last one 1", None, read=read_looks, default=(0.5, 1.0)
    )
    efficacy: str | tuple[float, ...] = parameter(
        "the efficacy boundary, or the cumulative alpha that each look may have spent",
        None,
        read=read_efficacy,
        default="obrien-fleming",
    )
    futility: str | tuple[float, ...] | None = parameter(
        "the futility boundary, or the shares of beta that each look may have spent",
        None,
        read=read_futility,
        optional=True,
    )
    binding: bool = False
    efficacy_at: tuple[float, ...] | None = parameter(
        "the looks that may stop for efficacy; all, unless given", None, read=read_some_looks, optional=True
    )
    futility_at: tuple[float, ...] | None = parameter(
        "the looks that may stop for futility; all but the last, unless given",
        None,
        read=read_some_looks,
        optional=True,
    )

    def __post_init__(self) -> None:
        """Level and sides are the inner design's; given here, they are handed to it."""
        if isinstance(self.design, Design):
            for name in ("alpha", "sides"):
                value = parameters(type(self))[name].check(type(self).__name__, name, getattr(self, name))
                if value is not None:
                    self._set("design", self.design.replace(**{name: value}))
            self._set("alpha", self.design.alpha)
            self._set("sides", self.design.sides)
            self._set("arm_names", self.design.arm_names)
        super().__post_init__()

    def replace(self, **numbers: Any) -> Self:
        """The same rule with other numbers of its own or of the inner design."""
        own = {name: numbers.pop(name, getattr(self, name)) for name in OWN}
        own["design"] = own["design"].replace(**numbers)
        return type(self)(**own)

    def assumptions(self) -> dict[str, Any]:
        """The inner design's numbers, and the rule."""
        rule = {name: getattr(self, name) for name in OWN[1:] if getattr(self, name) is not None}
        if self.futility is None:
            del rule["binding"]
        return self.design.assumptions() | rule
