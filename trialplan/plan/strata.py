"""What the strata of a plan's randomisation mean for its primary: the prognostic factor, and the test within it."""

from __future__ import annotations

from dataclasses import dataclass

from trialplan.design import Design
from trialplan.errors import ParameterError, PlanError
from trialplan.plan.monitoring import with_looks
from trialplan.plan.narrative import Stratum
from trialplan.plan.reading import Plan

_AGREE = 0.005
"""How far the strata's mean control rate may lie from the planned one: what rounding to two decimals does."""


@dataclass(frozen=True, kw_only=True)
class WithinStrata:
    """The primary compared within the levels of a prognostic factor, at the number that sizes the trial.

    `power` is the chance of success by the formula of the comparison within strata, `without` by the primary's own.
    """

    stratum: Stratum
    shares: tuple[float, ...]
    design: Design
    n: int
    power: float
    without: float


def prognostic(plan: Plan) -> Stratum | None:
    """The factor whose levels have control rates; None where the plan states none. Raises where that is unclear."""
    said = plan.content.randomisation
    stated = [one for one in said.strata if one.control_rates]
    if len(stated) > 1:
        raise _refused(
            f"{stated[0].factor} and {stated[1].factor} both have control_rates; write their combinations as the "
            "levels of one factor"
        )
    for one in said.strata:
        name = "test" if one.test is not None else "shares"
        if (one.test is not None or one.shares) and not one.control_rates:
            raise _refused(f"{one.factor} has {name}, which only means something beside control_rates; add them")
    if not stated:
        return None
    (factor,) = stated
    for name in ("control_rates", *(("shares",) if factor.shares else ())):
        values = getattr(factor, name)
        if len(values) != len(factor.levels):
            raise _refused(
                f"{factor.factor} has {len(factor.levels)} levels and {len(values)} {name}; give one for each"
            )
        if any(not 0 < value < (1 if name == "control_rates" else 1e9) for value in values):
            domain = "between 0 and 1" if name == "control_rates" else "above 0"
            raise _refused(f"{name} of {factor.factor} must lie {domain}, not {', '.join(f'{v:g}' for v in values)}")
    if factor.source is None:
        raise _refused(f"{factor.factor} has control_rates without a source; add source, 'ours: …' where it is assumed")
    return factor


def within_strata(plan: Plan, primary: Design, n: int) -> WithinStrata | None:
    """The primary's comparison within the prognostic strata; None where the plan does not analyse it so."""
    factor = prognostic(plan)
    if factor is None:
        return None
    total = sum(factor.shares) or float(len(factor.levels))
    shares = tuple(share / total for share in factor.shares or (1.0,) * len(factor.levels))
    fixed = primary.fixed
    planned = None if fixed.field("comparator") is None else float(fixed.value("comparator"))
    mean = sum(share * rate for share, rate in zip(shares, factor.control_rates, strict=True))
    if planned is not None and abs(mean - planned) > _AGREE:
        raise _refused(
            f"control_rates of {factor.factor} come to {mean:.3f} over its levels, and the plan's control rate is "
            f"{planned:.3f}; correct one"
        )
    if factor.test is None:
        return None
    try:
        inside = None if planned is None else fixed.within_strata(shares, factor.control_rates, factor.test)
    except ParameterError as why:
        raise PlanError(why.sentence, place=f"{plan.name}, [randomisation]") from None
    if inside is None:
        raise _refused(
            f"{factor.factor} has test, and {fixed.slug()} is not known to be compared within strata; leave it out"
        )
    looked = with_looks(inside, plan.content.monitoring)
    return WithinStrata(
        stratum=factor,
        shares=shares,
        design=looked,
        n=n,
        power=float(looked.success(n)),
        without=float(primary.success(n)),
    )


def _refused(reason: str) -> PlanError:
    return PlanError(reason, place="[randomisation]")
