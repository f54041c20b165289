"""Whether a study has a control, and which of its arms is which: what its cells say of it, read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trialplan.evidence.table import ReportedOutcome, Study

TREATMENT, CONTROL = "treatment", "control"
ROLES = (TREATMENT, CONTROL)

_NO_CONTROL = re.compile(
    r"\s*(none|nil|nr|nd|n/a|historical\w*|external\w*|before|baseline|no\s+(concurrent|control|compar)\w*|(no|-|–)\s*$)(?!\w)",
    re.IGNORECASE,
)


def says_none(control: str) -> bool:
    """Whether the cell of a study's control says that there was none in the same period."""
    return bool(_NO_CONTROL.match(control))


def has_concurrent_control(study: Study) -> bool:
    """Whether the study compares the treatment with its absence in the same period; doses of it do not."""
    if study.control is not None:
        return not says_none(study.control)
    return any(role_of(study, row) == CONTROL or row.effect_measure is not None for row in study.outcomes)


def role_of(study: Study, outcome: ReportedOutcome) -> str | None:
    """Whether the arm of an outcome is "treatment" or "control"; None where the table does not say.

    It says so by the row's `role`, by an arm that is called treatment or control, or is the study's `control`, and by
    a study without a control: its arms are forms of the treatment.
    """
    if outcome.role not in (None, "unknown"):
        return outcome.role
    arm, control = (outcome.arm or "").strip().casefold(), (study.control or "").strip().casefold()
    if arm in ROLES:
        return arm
    if study.control is not None and says_none(study.control) and control not in ("nr", "nd", "n/a"):
        return TREATMENT
    if not arm or not control:
        return None
    named = {(other.arm or "").strip().casefold() for other in study.outcomes}
    return None if control not in named else CONTROL if arm == control else TREATMENT


def arms_without_role(study: Study) -> list[str]:
    """The arms of a study that reports several, where the table does not say what they received."""
    roles = {str(outcome.arm): role_of(study, outcome) for outcome in study.outcomes if outcome.arm}
    return [arm for arm, role in roles.items() if role is None] if len(roles) > 1 else []
