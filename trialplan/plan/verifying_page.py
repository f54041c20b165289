"""The verification of a plan as a page: one row an endpoint, and one for its losses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from trialplan.analyses.verification.page import drawn
from trialplan.analyses.verification.sentences import headline, reached, type_one, verdict
from trialplan.page import Page, Table, facts
from trialplan.text import as_sentence, decimals, participants

if TYPE_CHECKING:
    from trialplan.analyses.verification.verification import Verification
    from trialplan.plan.verifying import SimulatedLosses, VerifiedEndpoint


def page(plan: str, endpoints: Sequence[VerifiedEndpoint]) -> Page:
    """The endpoints of a plan, the primary first."""
    primary = endpoints[0].found
    records = [endpoint.as_json() for endpoint in endpoints]
    notes = [reached(primary.true_n, primary.target), type_one(primary), *_losses(endpoints)]
    notes += [f"{endpoint.name}: {verdict(endpoint.found)}" for endpoint in endpoints]
    holds = all(endpoint.ok for endpoint in endpoints)
    columns = ("endpoint", "n", "claimed", "simulated", "SE", "enumerated", "type I error", "gap", "holds")
    return Page(
        data={
            "plan": plan,
            "trials": primary.trials,
            "seed": primary.seed,
            "ok": holds,
            "sentence": headline(primary),
            "endpoints": records,
        },
        headline=headline(primary),
        tables=[
            facts([("plan", plan), ("n", participants(primary.arms)), ("trials", drawn(primary))]),
            Table(columns, [row for endpoint in endpoints for row in _rows(endpoint)], right=frozenset(range(1, 8))),
        ],
        notes=[as_sentence(note) for note in notes if note],
        records=lambda: records,
    )


def _rows(endpoint: VerifiedEndpoint) -> Iterator[list[str]]:
    """An endpoint with everybody observed, and with those who are lost, where some are."""
    found, losses = endpoint.found, endpoint.losses
    yield [endpoint.name, f"{found.n:,}", *_shares(found, found.enumerated, found.type_one_error)]
    if losses is not None:
        label = f"  {losses.n:,} enrolled, {100 * losses.dropout:g} % lost"
        yield [label, f"{losses.expected:g}", *_shares(losses)]


def _shares(found: Verification | SimulatedLosses, *exact: float | None) -> list[str]:
    """The claim and what was simulated; what was enumerated stands between, where it was."""
    enumerated = [decimals(share, 4) for share in exact or (None, None)]
    shares = [decimals(found.claimed), decimals(found.simulated), decimals(found.standard_error, 4), *enumerated]
    return [*shares, f"{found.gap:+.3f}", "yes" if found.ok else "NO"]


def _losses(endpoints: Sequence[VerifiedEndpoint]) -> Iterator[str]:
    """How the simulated trials treat who has no outcome."""
    for endpoint in endpoints:
        losses = endpoint.losses
        if endpoint.missing == "non-response":
            yield (
                f"{endpoint.name}: a missing outcome counts as non-response, which the planning rates contain, so the "
                "simulated trials are complete"
            )
        elif losses is not None:
            yield (
                f"{endpoint.name}: of {losses.n:,} simulated participants each is lost with probability "
                f"{losses.dropout:g}, and the test is put to the rest"
            )
