"""A verification as a page: what is claimed, what each witness saw, and what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trialplan.analyses.verification.sentences import headline, reached, type_one, verdict
from trialplan.design_facts import assumed, level, source
from trialplan.page import Page, Table, facts
from trialplan.text import as_sentence, decimals, participants

if TYPE_CHECKING:
    from trialplan.analyses.verification.verification import Check, Verification


def page(found: Verification) -> Page:
    """The design, its n and the claims, each beside its witness."""
    target = "" if found.target is None else f"  (asked for {found.target:g})"
    counts = "rejections either way" if found.design.two_tailed else "rejections in the treatment's favour"
    of_trials = [
        ("n", f"{participants(found.arms)}{target}"),
        ("power counts", counts if found.design.directed else "rejections"),
        ("gap", f"{found.gap:+.4f}  (claim minus truth)"),
        ("trials", drawn(found)),
    ]
    checks = Table(
        ("claim", "witness", "claimed", "seen", "SE", "may differ by", "holds"),
        [_row(check) for check in found.checks],
        right=frozenset({2, 3, 4}),
    )
    notes = [reached(found.true_n, found.target), type_one(found), verdict(found)]
    return Page(
        data=found.as_json() | {"sentence": headline(found)},
        headline=headline(found),
        tables=[facts([*assumed(found.design), *level(found.design), *of_trials, *source(found.design)]), checks],
        notes=[as_sentence(note) for note in notes if note],
        records=lambda: [found.as_json()],
    )


def drawn(found: Verification) -> str:
    """How many trials were simulated, and from where the random numbers begin."""
    return f"{found.trials:,} for each claim, seed {found.seed}"


def _row(check: Check) -> list[str]:
    allowed = (f"{check.allowance:g}" if check.allowance else "", "4 SE" if check.standard_error else "")
    return [
        check.what,
        check.by,
        f"{'at most ' if check.above_only else ''}{check.claimed:.4f}",
        f"{check.seen:.4f}",
        decimals(check.standard_error or None, 4),
        " + ".join(filter(None, allowed)) or "rounding",
        "NO" if not check.ok else "yes" if check.agrees else "cautious",
    ]
