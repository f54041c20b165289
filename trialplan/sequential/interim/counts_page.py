"""A look at counts of one arm, as a person on a committee reads it, and as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trialplan.design_facts import assumed, head, level, source
from trialplan.numerics.binomial_limits import clopper_pearson_limits
from trialplan.page import Page, facts, plain
from trialplan.sequential.interim.decision_on_counts import CountedLook
from trialplan.sequential.interim.page import SAYS, p_value, what_it_means
from trialplan.text import number, percent


def page(found: CountedLook) -> Page:
    """What the look says of its responses, its numbers, and what they do not say."""
    data = plain(_data(found))
    design = found.design
    planned = [*assumed(design), *level(design), ("looks", _sizes(found)), *source(design)]
    low, high = clopper_pearson_limits(found.responses / found.size, found.size, float(design.z_alpha))
    rows = [
        ("responses", f"{found.responses:,} of {found.size:,}"),
        ("rate", f"{percent(found.responses / found.size)}  (not adjusted for the looks)"),
        (f"{percent(data['confidence'])} interval", f"{percent(low)} to {percent(high)}  (Clopper–Pearson, this look)"),
        ("one-sided P, for this look alone", p_value(found.p)),
        ("rejects at", _or_none(data["efficacy_count"], design.upward)),
        ("futile at", "" if found.final else _or_none(data["futility_count"], not design.upward)),
    ]
    tables = [facts(rows, "What was seen"), *_later(data), *_ended(found, data), facts(planned)]
    notes = list(what_it_means(found.verdict, design.binding))
    return Page(data=data, headline=data["sentence"], tables=tables, notes=notes)


def _sizes(found: CountedLook) -> str:
    how = "not as planned: the errors are spent again" if found.again else "as planned"
    return f"{', '.join(map(number, found.counts.sizes))} participants  ({how})"


def _or_none(count: int | None, upward: bool) -> str:
    return "none" if count is None else f"{count:,} or {'more' if upward else 'fewer'}"


def _later(data: Mapping[str, Any]) -> list[Any]:
    power = data["conditional_power"]
    if power is None:
        return []
    rows = [
        ("at the expected rate", f"{power['planned']:.3f}"),
        ("at the rate that is seen", f"{power['trend']:.3f}"),
        ("without an effect", f"{power['null']:.3f}"),
        ("over what the look leaves open", f"{data['predictive_power']:.3f}  (predictive power, flat prior)"),
    ]
    return [facts(rows, "Power of the final test, given this look")]


def _ended(found: CountedLook, data: Mapping[str, Any]) -> list[Any]:
    if data["ordered"] is None:
        return []
    p = f"{p_value(found.ordered_p)}  (one-sided, ordered by stage)"
    return [facts([("P value", p)], "If the trial ends here, allowing for the looks")]


def _sentence(found: CountedLook, data: Mapping[str, Any]) -> str:
    which = f"The last look, number {found.look}" if found.final else f"Look {found.look} of {len(found.design.looks)}"
    up = found.design.upward
    bounds = [("it rejects at", data["efficacy_count"], up), ("and is futile at", data["futility_count"], not up)]
    told = ", ".join(f"{words} {_or_none(count, way)}" for words, count, way in bounds if count is not None)
    seen = f"{found.responses:,} of {found.size:,} responded"
    return f"{which}: {SAYS[found.verdict]}. {seen}; {told or 'this look stops for nothing'}."


def _data(found: CountedLook) -> dict[str, Any]:
    at, design = found.look - 1, found.design
    ended = found.verdict != "go-on"
    data = {
        **head(design),
        "look": found.look,
        "planned_n": found.n,
        "n": found.size,
        "spent_again": found.again,
        "final": found.final,
        "decision": found.verdict,
        "binding": design.binding,
        "responses": found.responses,
        "p_one_sided": found.p,
        "efficacy_count": _responses(found, found.counts.reject[at]),
        "futility_count": None if found.final else _responses(found, found.counts.futile[at]),
        "estimate": found.responses / found.size,
        "confidence": 1 - 2 * float(design.level),
        "conditional_power": found.conditional_power(),
        "predictive_power": found.predictive_power(),
        "ordered": {"p": found.ordered_p} if ended else None,
    }
    return data | {"sentence": _sentence(found, data)}


def _responses(found: CountedLook, favourable: int | None) -> int | None:
    """A count of favourable responses as one of responses; None where none stops."""
    if favourable is None or favourable < 0:
        return None
    return favourable if found.design.upward else found.size - favourable
