"""What a plan's experts say of a number, fitted and pooled."""

from __future__ import annotations

from trialplan.belief.experts import Elicited, Expert, elicited
from trialplan.errors import ParameterError, PlanError
from trialplan.plan.schema import ExpertSection, ExpertsSection


def elicited_by(said: ExpertsSection, rate: bool) -> Elicited:
    """The experts' pooled belief; of a rate a beta unless the plan names another family."""
    family = said.family or ("beta" if rate else None)
    if family is None:
        raise PlanError('experts say no family, and the number is no rate; write family = "normal" or "log-normal"')
    if (family == "beta") != rate:
        fitting = "beta" if rate else "normal or log-normal"
        raise PlanError(
            f"experts are fitted by {family}, and {'a rate' if rate else 'no rate'} is asked; use {fitting}"
        )
    try:
        return elicited([_expert(one) for one in said.expert], family, said.pool, said.question)
    except ParameterError as why:
        raise PlanError(f"experts: {why}") from None


def _expert(said: ExpertSection) -> Expert:
    if (said.quantiles is None) == (said.chips is None):
        raise PlanError(f"experts: {said.name} gives either quantiles, or chips with the edges of their bins")
    if said.quantiles is not None:
        return Expert(name=said.name, quantiles=said.quantiles, weight=said.weight)
    if said.edges is None or said.chips is None:
        raise PlanError(f"experts: {said.name} lays chips and says no edges of their bins; add edges")
    return Expert.from_chips(said.name, said.edges, said.chips, said.weight)
