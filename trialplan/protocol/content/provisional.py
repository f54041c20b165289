"""Whether a number may be recommended: what the plan would have to settle first, one sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trialplan.plan.building import Trial
from trialplan.protocol.content.claim import claim, missing_outcome
from trialplan.protocol.content.pitfalls import Met
from trialplan.protocol.content.views import ABSURD, of_controls

_LEAST_POWER = 0.8
"""The error of the second kind is by convention at most 20 % (ICH E9, 3.5)."""


_MOST_OF_LEVEL = 1.5
"""Type I error as a multiple of its level beyond which a test does not keep it (Bradley 1978, Br J Math Stat Psychol
31:144, the liberal criterion)."""


def blocks(trial: Trial, pitfalls: Sequence[Met], level_kept: float | None = None) -> tuple[str, ...]:
    """What stands in the way of recommending the number; nothing where it may be recommended."""
    return (
        *_unanswered(trial, pitfalls),
        *_of_the_control(trial, pitfalls),
        *_of_the_number(trial),
        *_of_the_level(trial, level_kept),
        *_of_the_claim(trial),
    )


def _unanswered(trial: Trial, pitfalls: Sequence[Met]) -> Iterator[str]:
    """Findings that block, to which the plan has no answer of its own and none that follows from what it says."""
    answered = {one.id for one in pitfalls if one.answer} | set(trial.plan.content.evidence.answers)
    topics = {one.id: one.topic for one in pitfalls}
    seen = {one.id: one.means for one in trial.findings if one.severity == "block" and one.id not in answered}
    for id, means in seen.items():
        yield f"{id} is not answered ({topics.get(id, means.rstrip('.'))})"


def _of_the_control(trial: Trial, pitfalls: Sequence[Met]) -> Iterator[str]:
    """P02, a control rate without a source, blocks where the plan does not answer it: of any primary endpoint."""
    if not any(one.id == "P02" and not one.answer for one in pitfalls):
        return
    found = of_controls(trial)
    for endpoint, assumed in found:
        if assumed.borrowed is None and assumed.basis == "ours":
            of = f" of {endpoint.name}" if len(found) > 1 else ""
            yield f"P02 is not answered (the control rate{of} is the planners' own, and no source of it is named)"


def _of_the_number(trial: Trial) -> Iterator[str]:
    asked, largest = trial.primary.section.power, max(trial.arms_randomised.values())
    if asked < _LEAST_POWER:
        yield f"the power asked for, {100 * asked:g} %, is below the {100 * _LEAST_POWER:g} % that is usual at least"
    if largest > ABSURD:
        yield f"an arm of {largest:,} participants says that the question is out of reach of such a trial"


def _of_the_level(trial: Trial, kept: float | None) -> Iterator[str]:
    allowed = float(trial.design.alpha)
    if kept is not None and kept > _MOST_OF_LEVEL * allowed:
        yield f"the test does not keep its level: its largest type I error is {kept:.4f}, where {allowed:g} is allowed"


def _of_the_claim(trial: Trial) -> Iterator[str]:
    for endpoint in trial.primaries:
        section, lost, name = endpoint.section, missing_outcome(endpoint), endpoint.name
        if endpoint.tested is not None and claim(endpoint.tested).about_margin and section.margin_source is None:
            yield f"the margin of {name} is not justified"
        if lost is not None and lost.favours and lost.rationale is None:
            yield f"how a missing outcome of {name} counts favours the claim, and the plan does not say why it is so"
