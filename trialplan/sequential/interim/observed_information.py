"""Boundaries at the information that is really there: the errors spent again, at looks that were not planned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from trialplan.errors import ParameterError, field, setting
from trialplan.numerics.lazy import np
from trialplan.sequential.boundaries.efficacy import Efficacy
from trialplan.sequential.boundaries.fields import rising
from trialplan.sequential.boundaries.futility import Futility
from trialplan.sequential.boundaries.rule import Rule
from trialplan.sequential.group_sequential import GroupSequential
from trialplan.sequential.look_table import whole_looks
from trialplan.text import number, quoted

_OWNER = "observed_boundaries"
_BALANCED = 0.005
"""How far from the planned share arms of not quite the planned allocation may lead at the planned total."""


@dataclass(frozen=True, kw_only=True)
class ObservedBoundaries:
    """The z of both boundaries at the looks taken so far; the last efficacy z is the one to hold today's z against.

    `critical` is the z of the final test: today's where it is final, else that of the planned end. `again` says that
    the information was not as planned, so that the errors were spent again. A look without a boundary has None.
    """

    fractions: tuple[float, ...]
    efficacy_z: tuple[float | None, ...]
    futility_z: tuple[float | None, ...]
    critical: float
    final: bool
    again: bool = True


def observed_boundaries(
    design: GroupSequential, observed: tuple[float, ...], *, power: float = 0.8, final: bool = False
) -> ObservedBoundaries:
    """What the boundaries are at the looks taken so far, whose information is `observed` as fractions of the plan.

    The spending function says what may have been spent by each fraction, and the correlation of the looks is that of
    the information that is there (Lan & DeMets 1983, Biometrika 70:659). `final` says that the last of them ends the
    trial: it uses all the error, whether it fell short of the planned end or ran over it. Futility error is spent at
    the drift of the trial that was planned for `power`.
    """
    rule = design.rule
    _check(rule, observed, final)
    kept = _kept(design.looks, observed, final)
    taken = (*observed, *((*design.looks, 1.0)[i] for i in kept[len(observed) :]))
    efficacy = _Observed(
        rule=rule.efficacy.rule,
        fractions=taken,
        in_force=_flags(rule.efficacy.in_force, kept),
        level=rule.level,
        two_tailed=rule.efficacy.two_tailed,
        ends=final,
    )
    again = Rule(
        efficacy=efficacy,
        futility=rule.futility and _futility(rule.futility, taken, kept),
        binding=rule.binding,
    )
    passed = again.at(design.solved(power).drift, 1 - power)
    futile = finite(passed.lower[: len(observed)])
    return ObservedBoundaries(
        fractions=observed,
        efficacy_z=finite(passed.upper[: len(observed)]),
        futility_z=(*futile[:-1], None) if final else futile,
        critical=float(passed.upper[-1]),
        final=final,
    )


def finite(bounds: Any) -> tuple[float | None, ...]:
    """Bounds as plain numbers, None where a look has none."""
    return tuple(float(one) if np.isfinite(one) else None for one in bounds)


def observed_fractions(
    design: GroupSequential,
    n: int,
    look: int,
    seen: Sequence[tuple[int | None, float | None]],
    given: tuple[float, ...] = (),
) -> tuple[float, ...]:
    """The information at the looks so far as fractions of the plan: as given, else from who was seen, else as planned.

    `given` is that of this look, or of all so far; `seen` are participants and their share of the planned information
    at the last looks. A look at the planned number of participants is as planned.
    """
    planned = design.looks
    if not 1 <= look <= len(planned):
        reason = f"must be one of the {len(planned)} planned, from 1 to {len(planned)}, not {quoted(look)}"
        raise ParameterError(reason, parameter="look", value=look)
    if len(given) not in (0, 1, look):
        reason = f"must be that of look {look}, or of the {look} so far, not {len(given)} fractions"
        raise ParameterError(reason, parameter="information", value=given)
    sizes = whole_looks(planned, n, design.block)
    fractions = list(planned[:look])
    for position, (count, share) in enumerate(seen, look - len(seen)):
        if share is not None and not (count == sizes[position] and abs(share - count / n) < _BALANCED):
            fractions[position] = share
    if given:
        fractions[-len(given) :] = given
    if not rising(fractions):
        reason = f"must increase from look to look, from above 0, not {number(fractions)}"
        raise ParameterError(reason, parameter="information", value=tuple(fractions))
    return tuple(fractions)


def _check(rule: Rule, observed: tuple[float, ...], final: bool) -> None:
    anywhere = rule.efficacy.by_function
    if not anywhere or (rule.futility is not None and rule.futility.named[0] == "given"):
        shown = rule.efficacy.rule if not anywhere else rule.futility and rule.futility.rule
        raise ParameterError(
            f"{shown} is defined at the planned looks only",
            owner=_OWNER,
            value=shown,
            way_out="plan with a spending function, such as lan-demets-obrien-fleming; where this is a planned look "
            f"after all, say so by its fraction, as in {setting('information', 0.5)}",
        )
    if not observed or not rising(observed):
        reason = f"must increase from above 0, not {', '.join(map(str, observed))}"
        raise ParameterError(reason, owner=_OWNER, parameter="information", value=observed)
    over = [one for one in (observed[:-1] if final else observed) if one >= 1]
    if over:
        raise run_over(f"{over[0]:g} of the planned information", owner=_OWNER)


def run_over(where: str, owner: str = "") -> ParameterError:
    """The error about a look beyond the planned end that is not said to be the last."""
    return ParameterError(
        f"an interim look at {where} has run over the end of the trial",
        owner=owner,
        way_out=f"it is the final look, which uses all the level: add {field('final=True')}",
    )


def _kept(looks: tuple[float, ...], observed: tuple[float, ...], final: bool) -> tuple[int, ...]:
    """The planned looks that the looks are: those taken, then those still to come that have not been overtaken.

    What goes on after the last planned look has its end still to come.
    """
    taken = tuple(range(len(observed)))
    if final:
        return taken
    later = tuple(i for i in range(len(taken), len(looks)) if looks[i] > observed[-1])
    return (*taken, *(later or (len(looks),)))


def _futility(planned: Futility, taken: tuple[float, ...], kept: tuple[int, ...]) -> Futility:
    bounds = planned.shares if planned.named[0] == "effect" else planned.named[1]
    if not planned.spends and len(bounds) not in (1, len(taken) - 1):
        raise ParameterError(
            f"{planned.rule} has a bound for each planned look, and {len(taken)} looks are not as many",
            owner=_OWNER,
            parameter="futility",
            value=planned.rule,
            way_out="give one bound for all",
        )
    return replace(planned, fractions=taken, in_force=_flags(planned.in_force, kept))


def _flags(planned: tuple[bool, ...], kept: tuple[int, ...]) -> tuple[bool, ...]:
    """The flags of the planned looks that the looks are; the last look, and any beyond the plan, counts."""
    return (*(planned[i] if i < len(planned) else True for i in kept[:-1]), True)


@dataclass(frozen=True, kw_only=True)
class _Observed(Efficacy):
    """A spending rule at observed information: the final look uses what is left of the level."""

    ends: bool

    def cumulative(self) -> Any:
        spent = np.array(super().cumulative())
        if self.ends:
            spent[-1] = self.level
        return spent
