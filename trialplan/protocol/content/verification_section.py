"""Whether the plan's formulas tell the truth, as an appendix shows it: simulated trials beside what was claimed."""

from __future__ import annotations

from dataclasses import dataclass

from trialplan import fields
from trialplan.analyses.verification.sentences import ERRORS, complaints, reached
from trialplan.analyses.verification.simulation import SEED
from trialplan.analyses.verification.verification import ALLOWANCE
from trialplan.design import Design
from trialplan.plan.building import Trial
from trialplan.plan.verifying import VerifiedEndpoint, verify_trial
from trialplan.sequential.base import WithLooks
from trialplan.wrapper import Wrapper

REFERENCE = "ICH M11, section 10.11"

_NULLS = {
    fields.SUPERIORITY: "if the arms did equally well",
    fields.named(fields.SUPERIORITY, 0.0): "if the treatment were better by just the margin",
    fields.NON_INFERIORITY: "if the treatment were worse by just the margin",
    fields.EQUIVALENCE: "if the arms differed by just the margin",
    fields.SINGLE_ARM: "if the treatment did no better than the rate to be excluded",
}

_FOUND = "the test would still find an effect"

_MOST = 2_000_000
"""Participants drawn for one simulation, where they are drawn one by one: a draft is written in seconds. In a trial of
200 its standard error is half a point in a hundred at most, which is printed beside what was seen."""


@dataclass(frozen=True, kw_only=True)
class VerifiedView:
    """One endpoint's claims: what does not hold of them, and the number that truly reaches the power, in words.

    `obeys` says whether the simulated trials stop where a futility rule would; `still`, what an error is.
    """

    of: VerifiedEndpoint
    complaints: tuple[str, ...]
    reached: str
    if_null: str
    still: str
    obeys: bool


@dataclass(frozen=True, kw_only=True)
class Appendix:
    """All of them, and how they were made."""

    endpoints: tuple[VerifiedView, ...]
    seed: int
    values: str
    reference: str = REFERENCE
    errors: str = f"{ERRORS} standard errors"
    allowance: str = f"the {ALLOWANCE:g} in power"

    @property
    def primary(self) -> VerifiedView:
        """The endpoint that sizes the trial."""
        return self.endpoints[0]

    @property
    def ok(self) -> bool:
        """Whether every claim of every endpoint holds."""
        return all(one.of.ok for one in self.endpoints)


def verified(trial: Trial) -> Appendix | None:
    """The appendix, or none where the plan asks for no simulated trials."""
    trials = trial.plan.content.report.verification_trials
    if not trials:
        return None
    found = verify_trial(trial, trials=trials, seed=SEED, most=_MOST)
    views = (
        VerifiedView(
            of=one,
            complaints=tuple(complaints(one.found)),
            reached=reached(one.found.true_n, one.found.target),
            if_null=_if_null(one.found.design),
            still="the trial would still succeed" if one.found.design.fixed.members else _FOUND,
            obeys=isinstance(one.found.design, WithLooks) and one.found.design.futility is not None,
        )
        for one in found
    )
    return Appendix(endpoints=tuple(views), seed=SEED, values=trial.design.outcome.planned)


def _if_null(design: Design) -> str:
    """What would be true on the edge of the null hypothesis."""
    fixed = design.fixed
    if isinstance(fixed, Wrapper):
        return f"if {fixed.null_in_words}"
    return _NULLS[fields.named(design.goal, design.margin)]
