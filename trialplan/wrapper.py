"""A design around one or several designs: it hands its level to them, and delegates what it does not change."""

from __future__ import annotations

from typing import Any, Self

from trialplan.design import Design
from trialplan.outcome import Counts
from trialplan.parameter import Numbers, parameters

_DELEGATED = ("arm_names", "outcome", "goal", "scale", "favourable", "test", "allocation", "margin")
"""What is the first member's, and is written down once, so that whoever asks a wrapper need not know that it is one."""


class Wrapper(Design):
    """A design whose answers are its first member's, save where it says otherwise.

    A wrapper says its `members`, and `with_members`, itself around others. The level is the wrapper's: where it is
    given, each member gets its share of it (`member_alpha`); where not, it is the members' own, which must agree.
    """

    @property
    def members(self) -> tuple[Design, ...]:
        """The designs that this one is put around."""
        raise NotImplementedError

    def with_members(self, members: tuple[Design, ...]) -> Self:
        """The same wrapper around other designs."""
        raise NotImplementedError

    @property
    def lead(self) -> Design:
        """The first member: what a wrapper does not change is its."""
        return self.members[0]

    def __post_init__(self) -> None:
        """Hand the level on, and take from the first member what is delegated."""
        if all(isinstance(one, Design) for one in self.members):
            self._share_level()
            for name in _DELEGATED:
                self._set(name, getattr(self.lead, name))
        super().__post_init__()

    def _share_level(self) -> None:
        """The level that is given reaches every member; one that is not is taken from them."""
        for name in ("alpha", "sides"):
            value = parameters(type(self))[name].check(type(self).__name__, name, getattr(self, name))
            if value is None:
                self._set(name, self.member_level(name))
            else:
                self.hand_on(name, value)

    def member_level(self, name: str) -> Any:
        """The members' alpha or sides, where none is given for the whole."""
        return getattr(self.lead, name)

    def hand_on(self, name: str, value: Any) -> None:
        """Give a level or sides of the whole to the members."""
        raise NotImplementedError

    @property
    def weights(self) -> tuple[int, ...]:
        """The first member's."""
        return self.lead.weights

    @property
    def upward(self) -> bool:
        """The first member's."""
        return self.lead.upward

    @property
    def two_tailed(self) -> bool:
        """The first member's."""
        return self.lead.two_tailed

    @property
    def logarithmic(self) -> bool:
        """The first member's."""
        return self.lead.logarithmic

    @property
    def test_scale(self) -> str:
        """The first member's."""
        return self.lead.test_scale

    @property
    def defaulted(self) -> tuple[str, ...]:
        """The first member's."""
        return self.lead.defaulted

    def field(self, role: str) -> str | None:
        """The first member's."""
        return self.lead.field(role)

    def declared(self, role: str) -> Any:
        """The first member's."""
        return self.lead.declared(role)

    def value(self, role: str) -> Numbers:
        """The first member's."""
        return self.lead.value(role)

    def effect_value(self) -> Numbers:
        """The first member's."""
        return self.lead.effect_value()

    def effect_unit(self) -> float:
        """The first member's."""
        return self.lead.effect_unit()

    def effect_domain(self) -> Any:
        """The first member's."""
        return self.lead.effect_domain()

    def null_values(self) -> tuple[Numbers, ...]:
        """The first member's."""
        return self.lead.null_values()

    def planned_estimate(self) -> Numbers:
        """The first member's."""
        return self.lead.planned_estimate()

    def null_estimate(self) -> Numbers:
        """The first member's."""
        return self.lead.null_estimate()

    def shape(self, *others: Any) -> tuple[int, ...]:
        """That of all members together."""
        return self.lead.shape(*others)

    def count_sizes(self, n: int) -> tuple[int, ...]:
        """The first member's."""
        return self.lead.count_sizes(n)

    def count_rates(self) -> tuple[Numbers, ...]:
        """The first member's."""
        return self.lead.count_rates()

    def counted(self, n: int) -> Counts | None:
        """None, unless a wrapper says what of the counts its own analysis sees."""
        return None

    def cell(self, index: tuple[int, ...], shape: tuple[int, ...]) -> Self:
        """The same wrapper around the members' cells."""
        return self.with_members(tuple(one.cell(index, shape) for one in self.members))

    @property
    def fixed(self) -> Design:
        """Itself: only looks are taken off."""
        return self
