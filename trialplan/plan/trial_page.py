"""A built plan as a page: the endpoints with their numbers, and where each assumption comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from trialplan.enrolment.dropout import enrolled
from trialplan.evidence import audit
from trialplan.page import Page, Table, facts, plain
from trialplan.text import NONE, in_unit, participants

if TYPE_CHECKING:
    from trialplan.plan.assumptions import Assumption
    from trialplan.plan.building import Trial
    from trialplan.plan.endpoint import Endpoint


def page(trial: Trial) -> Page:
    """What sizes the trial, what the others would need, and on which assumptions."""
    answer, words = trial.answer, trial.plan.content.trial
    lost = trial.primary.section.dropout
    enrols = None if not lost else enrolled(answer.design, answer.arms, lost)
    endpoints = [_endpoint(trial, one) for one in trial.endpoints]
    assumptions = [_assumption(one) for one in trial.assumptions]
    blocking = sum(finding.severity == "block" for finding in trial.findings)
    arms = participants(answer.arms, answer.in_all())
    more = "" if enrols is None else f", {answer.in_all(enrols['n']) or format(enrols['n'], ',')} enrolled"
    return Page(
        data=plain(
            {
                "plan": trial.plan.name,
                "title": words.title,
                "n": answer.n,
                "arms": answer.arms,
                "enrolled": enrols,
                "endpoints": endpoints,
                "assumptions": assumptions,
                "findings": len(trial.findings),
            }
        ),
        headline=f"{trial.plan.name}: {arms}{more}, sized by {trial.primary.name}",
        tables=[
            facts([("title", words.title), ("findings", _found(trial, blocking))]),
            Table(
                ("endpoint", "role", "design", "n alone", "to enrol", "power", f"power at {trial.n_randomised:,}"),
                [_cells(row) for row in endpoints],
                "Endpoints",
                frozenset({3, 4, 5, 6}),
            ),
            Table(
                ("assumption", "value", "source"),
                [[row["name"], row["shown"], row["source"]] for row in assumptions],
                "What sizes it",
                frozenset({1}),
            ),
        ],
        notes=[
            f"n alone is what an endpoint would need by itself, analysed, for the power beside it; to enrol, with its "
            f"losses. {_in_this_trial(trial)}"
        ],
        records=lambda: endpoints,
    )


def _found(trial: Trial, blocking: int) -> str:
    """The findings of the plan's table, and of those that it borrows arms from."""
    own = len(audit(trial.table))
    borrowed = len(trial.findings) - own
    of_others = f" ({own} of its table, {borrowed} of those that it borrows from)" if borrowed else ""
    return f"{len(trial.findings)}{of_others}, {blocking} of which it answers"


def _endpoint(trial: Trial, one: Endpoint) -> dict[str, Any]:
    answer = one.answer
    enrols = None if answer is None or answer.enrolled is None else int(answer.enrolled["n"])
    return {
        "endpoint": one.name,
        "role": one.section.role,
        "design": None if one.design is None else one.design.slug(),
        "n": None if answer is None else int(answer.n),
        "enrolled": enrols,
        "power": None if answer is None else float(answer.power),
        "success_in_trial": trial.success_of(one),
        "shown_by_procedure": list(trial.shown_by_procedure(one)),
        "reason": one.shortfall,
    }


def _cells(row: dict[str, Any]) -> list[str]:
    n, enrols = (row[name] for name in ("n", "enrolled"))
    whole = [NONE if one is None else f"{one:,}" for one in (n, n if enrols is None else enrols)]
    alone, in_trial = (NONE if row[name] is None else f"{row[name]:.3f}" for name in ("power", "success_in_trial"))
    told = (*whole, alone, " to ".join(_ends(row["shown_by_procedure"])) or in_trial)
    return [row["endpoint"], row["role"], row["design"] or NONE, *told]


def _ends(powers: Sequence[float]) -> list[str]:
    """The least and the greatest as they are read, or the one that both are."""
    return list(dict.fromkeys(f"{end(powers):.3f}" for end in (min, max))) if powers else []


def _in_this_trial(trial: Trial) -> str:
    """What the last column holds: of a family what its procedure shows, where that is known, and what else alone."""
    whole = f"The last column is its power in this trial, of {trial.n_randomised:,} randomised"
    if trial.family is None:
        return f"{whole}."
    if any(map(trial.shown_by_procedure, trial.primaries)):
        return (
            f"{whole}; of a primary endpoint by the procedure of the family, with the {trial.answer.n:,} analysed, of "
            "any other alone, at its whole level."
        )
    return f"{whole}: of each endpoint alone, at its whole level."


def _assumption(one: Assumption) -> dict[str, Any]:
    value = one.value
    shown = NONE if value is None else in_unit(value, one.unit)
    return {"name": one.name, "value": value, "shown": shown, "basis": one.basis, "source": one.source}
