"""Randomised evidence on the same intervention, held against the plan: what the plan must answer before it is built."""

from __future__ import annotations

from dataclasses import dataclass

from trialplan import evidence
from trialplan.errors import EvidenceError, PlanError, did_you_mean
from trialplan.evidence.randomised import RandomisedComparison, compare
from trialplan.plan.reading import Plan
from trialplan.plan.schema import RandomisedSection


@dataclass(frozen=True)
class AnsweredComparison:
    """A randomised comparison and what the plan says to it."""

    said: RandomisedSection
    comparison: RandomisedComparison


def answered_comparisons(plan: Plan, table: evidence.EvidenceTable) -> tuple[AnsweredComparison, ...]:
    """The comparisons that the plan names; a PlanError where the evidence names one that the plan leaves out.

    An estimate that is not in the treatment's favour must be answered in words.
    """
    comparisons = tuple(_compared(plan, table, said) for said in plan.content.randomised)
    _none_left_out(plan, table)
    for one in comparisons:
        if not one.comparison.in_favour and one.said.answer is None:
            raise PlanError(
                f"{plan.name}: randomised evidence is not in the treatment's favour: {one.said.study}, "
                f"{one.said.outcome}, {_sides(one.comparison)}; say in [[randomised]] answer why the trial is planned "
                "all the same"
            )
    return comparisons


def check_override(plan: Plan, found: tuple[AnsweredComparison, ...], planned: float) -> None:
    """Raise where an interval leaves out the planned difference and the plan does not override it by name."""
    for one in found:
        if one.said.compares_with_primary and one.comparison.excludes(planned) and not one.said.override:
            raise PlanError(
                f"{plan.name}: the interval of {one.said.study}, {one.said.outcome}, {one.comparison.lower:.3f} to "
                f"{one.comparison.upper:.3f}, leaves out the planned difference {planned:.3f}; plan with a smaller "
                "one, or set override = true in its [[randomised]] section and say why in its answer"
            )


def _compared(plan: Plan, table: evidence.EvidenceTable, said: RandomisedSection) -> AnsweredComparison:
    name = said.table or table.randomised
    if name is None:
        raise PlanError(
            f"{plan.name}: [[randomised]] names no table, and the evidence table names none "
            "either; remove the section, or name the table with table"
        )
    randomised = plan.table(name)
    keys = [study.key for study in randomised.studies]
    if said.study not in keys:
        raise PlanError(f"{plan.name}: {name} has no study {said.study!r}; {did_you_mean(said.study, keys)}")
    try:
        return AnsweredComparison(said, compare(randomised.study(said.study), said.outcome, said.favourable))
    except EvidenceError as why:
        raise why.at(f"{plan.name}, [[randomised]]", PlanError) from None


def _none_left_out(plan: Plan, table: evidence.EvidenceTable) -> None:
    if table.randomised is None:
        return
    answered = {said.study for said in plan.content.randomised}
    for study in plan.table(table.randomised).studies:
        if study.key not in answered:
            raise PlanError(
                f"{plan.name}: the evidence table names randomised evidence on the same treatment ({table.randomised}: "
                f"{study.key}), which the plan leaves out; compare it in a [[randomised]] section"
            )


def _sides(comparison: RandomisedComparison) -> str:
    """What was seen on either side."""
    treatment, control = comparison.treatment, comparison.control
    if comparison.proportion:
        return f"{treatment.events}/{treatment.of} against {control.events}/{control.of}"
    return f"{treatment.change_mean:g} against {control.change_mean:g}"
