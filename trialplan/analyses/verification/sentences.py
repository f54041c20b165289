"""What a verification found, in sentences that a statistician would quote."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from trialplan.analyses.verification.claims import (
    ALLOWANCE,
    BOTH,
    DRAWING,
    DRAWING_AT_NULL,
    ENUMERATION,
    FAVOUR,
    LEVEL,
    LIBERAL,
    POWER,
    REJECTION,
    STRINGENT,
    SUCCESS,
)
from trialplan.analyses.verification.true_sample_size import Reached
from trialplan.text import chances, listed, percent

if TYPE_CHECKING:
    from trialplan.analyses.verification.verification import Check, Verification

ERRORS = 4
"""Standard errors that chance alone is given: beyond four it goes once in 16 000 simulations."""

_NOTHING_SHOWN = 0.1
"""What chance may leave open of a power before a claim of it is shown to hold: the step from 0.8 to 0.9, between which
trials choose."""

_ORDER = (POWER, SUCCESS, FAVOUR, BOTH, REJECTION, LEVEL, DRAWING, DRAWING_AT_NULL)


def headline(found: Verification) -> str:
    """The claim, what simulated trials do, and what counting gives, in one sentence."""
    claims = ", ".join(f"{name} {share}" for name, share in chances(found.success, found.claimed))
    seen = (
        f"The formula claims {claims} with {found.n:,} {found.design.counted_in}; {found.trials:,} simulated trials "
        f"reject in {simulated(found.simulated, found.standard_error)}"
    )
    if found.enumerated is None:
        return seen
    return f"{seen}; enumeration of every outcome gives {found.enumerated:.4f}"


def type_one(found: Verification) -> str:
    """The type I error as simulated, the largest at any nuisance rate, and the level; empty where there is none."""
    if found.type_one_error is None or found.type_one_standard_error is None:
        return ""
    seen = (
        f"type I error {simulated(found.type_one_error, found.type_one_standard_error)} at a level of {found.level:g}"
    )
    if found.enumerated_type_one_error is None:
        return seen
    worst = f"{seen}; enumerated, the largest at any rate is {found.enumerated_type_one_error:.4f}"
    if found.exact or found.enumerated_type_one_error <= found.level:
        return worst
    return f"{worst}, above the level: an approximate test claims it at the planned rate alone"


def verdict(found: Verification) -> str:
    """Whether the claims hold, within what."""
    if found.ok:
        left = ERRORS * found.standard_error
        if found.enumerated is None and left > _NOTHING_SHOWN:
            told = f"no claim is contradicted, and none is shown to hold: {found.trials:,} trials leave {left:.2f} of"
            return f"{told} power to either side to chance; draw more"
        held = f"every claim holds, of {_claimed(found)}, within {_within(found)}"
        return "; ".join([held, *_worded(found.apart)])
    return "; ".join(complaints(found))


def _claimed(found: Verification) -> str:
    """What is claimed, in words."""
    there = {one.what for one in found.checks}
    at = "at any rate" if found.exact and found.enumerated_type_one_error is not None else "at the planned rate"
    told = ["power", *(["rejection at the null"] if {FAVOUR, REJECTION} & there else [])]
    return listed([*told, f"type I error {at}"] if LEVEL in there else told)


def _within(found: Verification) -> str:
    """How far claim and truth may lie apart, and why."""
    if found.exact:
        return "four standard errors"
    of_nulls = any(one.what == LEVEL for one in found.checks)
    robust = (
        f", {percent(LIBERAL)} of the level of a side in rejection at the null and {percent(STRINGENT)} of the level "
        "in type I error, by which a test is still called robust (Bradley 1978),"
    )
    return f"{ALLOWANCE:g} in power{robust if of_nulls else ''} and four standard errors"


def complaints(found: Verification) -> Iterator[str]:
    """One clause for each kind of claim that does not hold, by its best witness."""
    return _worded(found.failed)


def _worded(checks: Sequence[Check]) -> Iterator[str]:
    for what in _ORDER:
        of_kind = [one for one in checks if one.what == what]
        if of_kind:
            yield _complaint(max(of_kind, key=lambda one: (one.by == ENUMERATION, abs(one.seen - one.claimed))))


def reached(found: Reached | None, target: float | None) -> str:
    """The number that truly reaches the target, where the formula's falls short; empty where it does not."""
    if found is None or target is None:
        return ""
    if found.n is None or found.power is None:
        return f"the participants that truly reach {target:g} were not found: {found.reason}"
    number = f"{target:g} is truly reached by {found.n:,} participants{_arms(found.arms)}"
    if found.by == ENUMERATION or found.standard_error is None:
        return f"{number}, where enumeration gives {found.power:.4f} and no less up to {found.searched_to:,}"
    return (
        f"{number}, give or take the simulation's error ({found.low:,} to {found.high:,}): {found.trials:,} simulated "
        f"trials reject in {simulated(found.power, found.standard_error)}"
    )


def simulated(share: float, error: float) -> str:
    """A simulated share with the digits that its standard error allows.

    >>> simulated(0.79934, 0.0013), simulated(0.7934, 0.021)
    ('0.799 (standard error 0.001)', '0.79 (standard error 0.02)')
    """
    digits = decimals(error)
    return f"{share:.{digits}f} (standard error {error:.{max(digits, 3 if error < 0.005 else digits)}f})"


def decimals(error: float) -> int:
    """How many decimals a share with this standard error has: the first that chance moves."""
    return min(4, max(1, math.ceil(-math.log10(max(error, 1e-4)))))


def _complaint(one: Check) -> str:
    """What does not hold, and by how much."""
    if one.what in (POWER, SUCCESS):
        way = "more" if one.claimed > one.seen else "less"
        cautious = ", and is cautious" if one.ok else ""
        return f"the formula claims {abs(one.claimed - one.seen):.3f} {way} {one.what} than {one.by} shows{cautious}"
    if one.what == LEVEL:
        return f"the test rejects a true null in {one.seen:.4f} by {one.by}, above its level of {one.claimed:g}"
    if one.what in (DRAWING, DRAWING_AT_NULL):
        return f"drawing trials gives {one.seen:.4f} where counting gives {one.claimed:.4f}: draw or analyse is wrong"
    way = {FAVOUR: " in the treatment's favour", BOTH: " either way"}.get(one.what, "")
    return (
        f"on the null's boundary the formula claims rejection{way} in {one.claimed:.4f} where {one.by} shows "
        f"{one.seen:.4f}"
    )


def _arms(arms: Mapping[str, int] | None) -> str:
    if not arms or len(arms) == 1:
        return ""
    return f" ({' + '.join(f'{n:,} {name}' for name, n in arms.items())})"
