"""An interim look as a person on a committee reads it, and as data: of a z or of counts alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from trialplan.design_facts import assumed, head, level, source
from trialplan.page import Page, Table, facts, plain
from trialplan.sequential.interim.verdict import EFFICACY, FUTILITY, GO_ON, HARM, NOT_REJECTED, REJECTED
from trialplan.text import listed, p_value, percent, signed

if TYPE_CHECKING:
    from trialplan.sequential.interim.look import Look, Ordered

SAYS = {
    GO_ON: "go on",
    EFFICACY: "stop for efficacy",
    FUTILITY: "stop for futility",
    HARM: "stop, the treatment is worse than the control",
    REJECTED: "the null hypothesis is rejected",
    NOT_REJECTED: "the null hypothesis is not rejected",
}


def page(look: Look) -> Page:
    """What the look says, its numbers, and what they do not say.

    Where an earlier look crossed a boundary and the trial went on, what allows for the looks is left out: it would
    rest on the trial's having stopped there.
    """
    design, before, moment = look.design, look.before, look.moment
    ordered = None if any(one.verdict in (EFFICACY, HARM) for one in before) else look.ordered
    data = _data(look, before, ordered)
    if moment is not None:
        data["calendar"] = {name: moment[name] for name in ("month", "evaluable", "randomised", "overrun", "spared")}
    planned = [*assumed(design), *level(design), *look.evidence.rule(look), *source(design)]
    shown = [facts(look.evidence.rows(look), "What was seen"), *_power(look), *_ordered(look, ordered)]
    return Page(
        data=plain(data),
        headline=headline(look),
        tables=[*shown, facts(planned)],
        notes=[*_assumed(look), *_notes(look), *_history(before), *_calendar(look, moment)],
        records=lambda: [plain(data)],
    )


def headline(look: Look) -> str:
    """The look, what the rule says, and which boundary says so."""
    which = f"The last look, number {look.number}" if look.final else f"Look {look.number} of {len(look.design.looks)}"
    return f"{which}{look.evidence.read(look)}: {SAYS[look.verdict]}. {look.evidence.because(look)}"


def _power(look: Look) -> Iterator[Table]:
    power = look.conditional_power
    if power is None:
        return
    rows = [
        (f"at the {look.evidence.planned}", f"{power['planned']:.3f}"),
        (f"at the {look.evidence.observed} that is seen", f"{power['trend']:.3f}"),
        ("without an effect", f"{power['null']:.3f}"),
        ("over what the look leaves open", f"{look.predictive_power:.3f}  (predictive power, flat prior)"),
    ]
    yield facts(rows, "Power of the final test, given this look")


def _ordered(look: Look, ordered: Ordered | None) -> Iterator[Table]:
    if ordered is None:
        return
    tails = "two-sided" if look.design.two_tailed else "one-sided"
    rows = [("P value", f"{p_value(ordered.p)}  ({tails}, ordered by stage)")]
    if ordered.estimate is not None and ordered.interval is not None:
        low, high = map(signed, ordered.interval)
        rows += [("median-unbiased estimate", signed(ordered.estimate))]
        rows += [(f"{percent(look.confidence)} interval", f"{low} to {high}")]
    yield facts(rows, "If the trial ends here, allowing for the looks")


def _assumed(look: Look) -> Iterator[str]:
    """What is taken for granted of the looks of which nothing is told."""
    if not look.assumed:
        return
    several = len(look.assumed) > 1
    which = f"looks {listed(look.assumed)}: they are" if several else f"look {look.assumed[0]}: it is"
    where = "where the looks above say" if look.again else "as planned"
    yield (
        f"Nothing is told of {which} assumed to have been taken {where}, and not to have "
        "stopped the trial. Give the results of each look so far, and they are held against the rule, too."
    )


def _notes(look: Look) -> Iterator[str]:
    """What a verdict asks of a committee, and what it leaves to it."""
    if look.verdict == FUTILITY and look.design.binding:
        yield (
            "The futility rule is binding: the efficacy boundary relies on its being obeyed, and a trial that goes on "
            "does not keep its level."
        )
    elif look.verdict == FUTILITY:
        yield "The futility rule is not binding: the committee may advise to go on, and the level is kept all the same."
    if look.verdict in (EFFICACY, HARM):
        yield (
            "The rule allows to stop. It says nothing of harms, of the other endpoints, or of those who are randomised "
            "and not read: the committee weighs these."
        )
    if look.verdict == GO_ON and look.design.futility is None:
        yield "The plan has no futility boundary; conditional power alone is no rule to stop by."


def _history(before: Sequence[Look]) -> Iterator[str]:
    for look in before:
        if look.verdict == GO_ON:
            continue
        because = look.evidence.because(look).rstrip(".")
        said = f"At look {look.number} the rule said: {SAYS[look.verdict]} ({because}); it went on"
        if look.verdict == FUTILITY:
            yield f"{said}."
        else:
            yield f"{said}: P value and estimate that allow for the looks would rest on its having stopped."


def _calendar(look: Look, moment: Mapping[str, Any] | None) -> Iterator[str]:
    if moment is None or look.final:
        return
    yield (
        f"By the plan this look is decided on in month {moment['month']:.1f}, with {moment['randomised']:,} "
        f"participants randomised: {moment['overrun']:,} of them are not yet part of it, and stopping spares "
        f"{moment['spared']:,}."
    )


def _data(look: Look, before: Sequence[Look], ordered: Ordered | None) -> dict[str, Any]:
    allowed = None if ordered is None else {name: one for name, one in vars(ordered).items() if one is not None}
    return {
        **head(look.design),
        "look": look.number,
        "planned_n": look.n,
        "n": look.size,
        "spent_again": look.again,
        "assumed_looks": list(look.assumed),
        "final": look.final,
        "decision": look.verdict,
        "binding": look.design.binding,
        "p_one_sided": look.p,
        "estimate": look.estimate,
        "confidence": look.confidence,
        "conditional_power": look.conditional_power,
        "predictive_power": look.predictive_power,
        "ordered": allowed,
        **look.evidence.data(look),
        "earlier": [
            {"look": one.number, "z": one.evidence.data(one).get("z"), "decision": one.verdict} for one in before
        ],
        "sentence": headline(look),
    }
