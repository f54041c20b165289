"""Several treatments beside one control in a family: how many there are, and what of each effect they have."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from trialplan.design import Design
from trialplan.errors import ParameterError, UnreachableError, field
from trialplan.numerics.lazy import np
from trialplan.numerics.multinormal import MOST
from trialplan.parameter import Interval, Parameter, parameter

_SHARE = Parameter("share of the planned effect", domain=Interval(-10, 10, "left right"))
"""0 is a treatment without effect and a negative one harms; what lies beyond is a percentage or a slip."""


def treatments() -> Any:
    """How many there are."""
    return parameter(
        "number of treatments, each compared with the one control at every endpoint; allocation is that of one of "
        "them to the control",
        None,
        default=1,
        read=whole_from(1, MOST),
        shown="NUMBER",
    )


def effect_shares() -> Any:
    """What each treatment has of the effects that the endpoints plan."""
    return parameter(
        "share of the planned effect that each treatment has, or a row of those for each endpoint; the whole of it "
        "unless they are given",
        None,
        optional=True,
        read=read_shares,
    )


def check_arms(owner: Any, count: int, shares: tuple[float, ...] | None, endpoints: int) -> None:
    """Not more hypotheses than a joint distribution takes, and as many shares as there are."""
    if count * endpoints > MOST:
        raise ParameterError(
            f"{count} treatments at {endpoints} endpoints are {count * endpoints} hypotheses, more than {MOST}",
            owner=owner,
            parameter="treatments",
            way_out="take fewer treatments, or fewer endpoints",
        )
    if shares is not None and len(shares) not in (count, count * endpoints):
        reason = f"must be one for each of {count} treatments, or such a row for each of {endpoints} endpoints, "
        raise ParameterError(f"{reason}not {len(shares)} shares", owner=owner, parameter="effect_shares", value=shares)
    if shares is not None and count == 1:
        reason = "are of several treatments, and there is one"
        raise ParameterError(reason, owner=owner, parameter="effect_shares", way_out="plan its effect as it is")


def at_shares(design: Design, shares: Sequence[float]) -> tuple[Design, ...]:
    """The design of one treatment against the control, at each share of the way from its null to its effect."""
    (null,), planned = design.null_values(), design.effect_value()
    moved: dict[float, Design] = {}  # one of each, which remembers what it has computed
    for share in dict.fromkeys(shares):
        try:
            moved[share] = design.replace(**{design.effect: null + share * (planned - null)})
        except ParameterError as why:
            if why.parameter != design.effect:
                raise
            # the number that is wrong is nobody's: what was given is the share
            reason = f"of {share:g} is not possible: {field(design.effect)} {why.reason}"
            way_out = "give a share at which the effect is possible"
            raise ParameterError(
                reason, owner=design, parameter="effect_shares", value=shares, way_out=way_out
            ) from why
    return tuple(moved[share] for share in shares)


def reachable(whole: Design, tested: Sequence[Design]) -> Any:
    """Whether some number of participants can show all of what is tested, or one of it where any will do."""
    each = np.broadcast_arrays(*(np.asarray(one.reachable()) for one in tested))
    return (np.logical_or if whole.any_will_do else np.logical_and).reduce(each)


def unreachable(whole: Design, tested: Mapping[str, Design]) -> UnreachableError:
    """The reason of the first, by its name, that has one; where any will do all have one."""
    name, one = next((name, one) for name, one in tested.items() if not one.reachable())
    none = f"nothing of what would do can be shown; {name}" if whole.any_will_do and len(tested) > 1 else name
    return UnreachableError(f"{none} ({one.slug()}): {one.unreachable().sentence}", owner=whole)


def whole_from(least: int, most: int) -> Callable[[Any], int]:
    """The reading of a whole number between these."""

    def read(value: Any) -> int:
        whole = isinstance(value, (int, float)) and not isinstance(value, bool) and value in range(least, most + 1)
        if not whole:
            domain = f"a whole number from {least} to {most}" if least < most else str(least)
            raise ParameterError(f"must be {domain}, not {value!r}")
        return int(value)

    return read


def read_shares(value: Any) -> tuple[float, ...]:
    """One after the other, or rows of them."""
    if not isinstance(value, (tuple, list)) or not value:
        raise ParameterError(f"must be a list of shares of the planned effect, not {value!r}")
    nested = [one if isinstance(one, (tuple, list)) else (one,) for one in value]
    return tuple(_SHARE.read_value(one) for one in itertools.chain.from_iterable(nested))
