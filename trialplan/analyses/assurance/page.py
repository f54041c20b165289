"""Assurance as a page: the answers at one n, and under other beliefs."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from trialplan.design_facts import assumed, level
from trialplan.page import Page, Table, facts, plain
from trialplan.text import as_sentence, counted_in, flag, listed, participants

if TYPE_CHECKING:
    from trialplan.analyses.assurance.assess import Assurance


def page(answer: Assurance) -> Page:
    """What n participants bring under the beliefs, and under others where these are named."""
    design = answer.design
    named = [(field.name.replace("_", " "), getattr(answer, field.name)) for field in fields(answer)]
    rows = [(name, _shown(value)) for name, value in named if isinstance(value, (int, float, str))]
    rows[0] = ("n", participants(answer.arms))
    rows += [(f"at least one: {harm}", _shown(value)) for harm, value in answer.events.items()]
    compared = [
        (words, f"{other.assurance:.3f}", f"{other.ceiling:.3f}", _shown(other.n_for_target or "none"))
        for words, other in answer.others
    ]
    columns = ("belief", "assurance", "ceiling", "n for target")
    records = plain([{"belief": words} | other.as_json() for words, other in answer.others])
    return Page(
        data=plain(answer.as_json()) | {"sensitivity": records},
        headline=f"assurance {answer.assurance:.3f} with {answer.n:,} {counted_in(answer.arms)}; no number reaches "
        f"more than {answer.ceiling:.3f}",
        tables=[
            *([facts([*assumed(design), *level(design), *_beliefs(answer)])] if design is not None else []),
            Table(("", ""), rows, "At this number", frozenset({1})),
            *([Table(columns, compared, "Under other beliefs", frozenset({1, 2, 3}))] if compared else []),
        ],
        notes=_notes(answer),
        records=lambda: records or [plain(answer.as_json())],
    )


def _beliefs(answer: Assurance) -> list[tuple[str, str]]:
    """What is believed of each number, and which are held fixed."""
    told = [(f"belief: {flag(name)}", words) for name, words in answer.believed.items()]
    return [*told, ("held fixed", listed(map(flag, answer.held_fixed)) or "nothing")]


_MEANS = {
    "assurance": "the probability of success, averaged over what is believed",
    "ceiling": "what assurance tends to as n grows, the probability that the truth is favourable",
    "enumerated": "assurance by counting every outcome of the test",
    "expected power": "the probability of rejecting either way, averaged likewise",
    "power if favourable": "assurance where the truth is favourable",
    "power at means": "the chance of success if each uncertain number were its mean",
    "wrong sign": "the probability that estimate and truth lie on different sides of the null",
    "precision": "the expected width of the 95 % interval of the difference",
    "assurance with looks": "the same of the trial with its looks, all else of one without",
    "wrong sign with looks": "by the estimate at the look that ends the trial",
    "smallest significant": "the {} nearest to the null that is significant where it is observed, at the means",
}
"""What the words of the table mean, where they do not tell; {} is the effect."""


def _notes(answer: Assurance) -> list[str]:
    """What the words mean that stand there, and what was held fixed, which is thereby taken as known."""
    there = {name: words for name, words in _MEANS.items() if getattr(answer, name.replace(" ", "_")) is not None}
    meant = as_sentence("; ".join(f"{name}: {words}" for name, words in there.items()).format(answer.scale.name))
    if not answer.held_fixed:
        return [meant]
    names = listed(map(flag, answer.held_fixed))
    return [f"Held fixed at the plan, as if known, for no belief is stated: {names}.", meant]


def _shown(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
