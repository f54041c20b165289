"""What families declare: their members, and the latent correlation of the outcomes."""

from __future__ import annotations

from typing import Any

from trialplan.design import Design, Sized
from trialplan.errors import ParameterError
from trialplan.numerics.multinormal import MOST
from trialplan.outcome import EffectScale, Outcome
from trialplan.parameter import Interval, Parameter, parameter


class SeveralOutcomes(Outcome):
    """The outcomes of several endpoints: each member has its own kind, and together they are of none."""

    kind = "several endpoints"
    results = ()

    def effect_scale(self, design: Sized) -> EffectScale:
        """Several effects have no scale in common."""
        return EffectScale(name="share of the planned effects", short="share of the planned effects")


def read_members(value: Any) -> tuple[Design, ...]:
    members = tuple(value) if isinstance(value, (list, tuple)) else (value,)
    for one in members:
        if not isinstance(one, Design) or one.members:
            raise ParameterError(f"must be fixed designs that test, two or more, not {one!r}")
    if not 2 <= len(members) <= MOST:
        raise ParameterError(f"must be two designs or more, up to {MOST}, not {len(members)}")
    return members


def correlation(meaning: str = "latent correlation of the outcomes of one participant, as they are measured") -> Any:
    """The association of a family: one number for all pairs, or the pairs row by row."""
    return parameter(
        meaning, None, default=0.0, read=_read_correlation, role="association", symbol="ρ", typical=(0.0, 0.8)
    )


_CORRELATION = Parameter("latent correlation", domain=Interval(-1, 1))


def _read_correlation(value: Any) -> Any:
    """Numbers strictly between -1 and 1."""
    if isinstance(value, (list, tuple)):
        return tuple(_CORRELATION.read_value(one) for one in value)
    return _CORRELATION.read_value(value)
