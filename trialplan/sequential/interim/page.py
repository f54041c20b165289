"""A judged look as a person on a committee reads it, and as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from trialplan.design_facts import assumed, head, level, source
from trialplan.page import Page, Table, facts, plain
from trialplan.sequential.interim import decision as interim
from trialplan.sequential.interim.decision import Interim
from trialplan.text import number, percent

SAYS = {
    interim.GO_ON: "go on",
    interim.EFFICACY: "stop for efficacy",
    interim.FUTILITY: "stop for futility",
    interim.HARM: "stop, the treatment is worse than the control",
    interim.REJECTED: "the null hypothesis is rejected",
    interim.NOT_REJECTED: "the null hypothesis is not rejected",
}


def page(found: Interim, before: Sequence[Interim] = (), moment: Mapping[str, Any] | None = None) -> Page:
    """What the look says, its numbers, and what they do not say; `moment` is the look's place on the calendar."""
    design = found.design
    planned = [*assumed(design), *level(design), *_rule(found), *source(design)]
    crossed = [one for one in before if one.verdict in (interim.EFFICACY, interim.HARM)]
    data = _data(found, before, bool(crossed)) | {"sentence": headline(found)}
    if moment is not None:
        data["calendar"] = {name: moment[name] for name in ("month", "evaluable", "randomised", "overrun", "spared")}
    return Page(
        data=plain(data),
        headline=headline(found),
        tables=[*_tables(found, bool(crossed)), facts(planned)],
        notes=[*_notes(found), *_history(before), *_calendar(found, moment)],
        records=lambda: [plain(data)],
    )


def headline(found: Interim) -> str:
    """The look, what the rule says, and which boundary says so."""
    looks = len(found.design.looks)
    which = f"Look {found.look} of {looks}" if not found.bounds.final else f"The last look, number {found.look}"
    seen = "" if found.seen.n is None else f", {found.seen.n:,} of {found.n:,} participants read"
    return f"{which}{seen}: {SAYS[found.verdict]}. {_because(found)}"


def _because(found: Interim) -> str:
    z, upper, lower = found.seen.z, found.bounds.efficacy[-1], found.bounds.futility[-1]
    shown = f"z = {_z(z)}"
    if found.verdict in (interim.EFFICACY, interim.REJECTED) and z > 0:
        return f"{shown} is at or above the efficacy boundary, {_z(upper)}."
    if found.verdict in (interim.HARM, interim.REJECTED):
        return f"{shown} is at or below {_z(-(upper or 0.0))}, the efficacy boundary in the other direction."
    if found.verdict == interim.FUTILITY:
        return f"{shown} is at or below the futility boundary, {_z(lower)}."
    parts = [] if upper is None else [f"below efficacy, {_z(upper)}"]
    parts += [] if lower is None else [f"above futility, {_z(lower)}"]
    return f"{shown} is {' and '.join(parts)}." if parts else f"{shown}; this look stops for nothing."


def _z(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}".replace("-", "−")


def _rule(found: Interim) -> Iterator[tuple[str, str]]:
    design = found.design
    yield "looks", f"{', '.join(map(number, design.looks))}  ({found.n:,} participants planned)"
    information = ", ".join(f"{one:.4g}" for one in found.bounds.information)
    how = "not as planned: the errors are spent again" if found.bounds.again else "as planned"
    yield "information", f"{information}  ({how})"


def _tables(found: Interim, crossed: bool) -> Iterator[Table]:
    low, high = found.repeated or (None, None)
    sure = percent(found.confidence)
    rows = [
        ("z", _z(found.seen.z)),
        ("one-sided P, for this look alone", p_value(found.p)),
        ("efficacy boundary, z", _z(found.bounds.efficacy[-1])),
        ("futility boundary, z", _z(found.bounds.futility[-1])),
        ("estimate", f"{_effect(found.estimate)}  ({_what(found)}; not adjusted for the looks)"),
        (
            f"repeated {sure} interval",
            "" if low is None else f"{_effect(low)} to {_effect(high)}  ({found.seen.method})",
        ),
    ]
    yield facts(rows, "What was seen")
    if found.conditional_power is not None:
        power = found.conditional_power
        yield facts(
            [
                ("at the planned effect", f"{power['planned']:.3f}"),
                ("at the effect that is seen", f"{power['trend']:.3f}"),
                ("without an effect", f"{power['null']:.3f}"),
                ("over what the look leaves open", f"{found.predictive_power:.3f}  (predictive power, flat prior)"),
            ],
            "Power of the final test, given this look",
        )
    if found.ordered is not None and not crossed:
        one = found.ordered
        tails = "two-sided" if found.design.two_tailed else "one-sided"
        yield facts(
            [
                ("P value", f"{p_value(one.p)}  ({tails}, ordered by stage)"),
                ("median-unbiased estimate", _effect(one.estimate)),
                (f"{sure} interval", f"{_effect(one.interval[0])} to {_effect(one.interval[1])}"),
            ],
            "If the trial ends here, allowing for the looks",
        )


def p_value(value: float) -> str:
    """Four decimals, or that it is smaller."""
    return "< 0.0001" if value < 0.00005 else f"{value:.4f}"


def _what(found: Interim) -> str:
    if found.seen.estimate is None:
        return "what z would be at the planned variance"
    return found.design.outcome.estimate_name(found.design.design)


def _effect(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}".replace("-", "−")


def _notes(found: Interim) -> Iterator[str]:
    yield from what_it_means(found.verdict, found.design.binding)
    if found.verdict == interim.GO_ON and found.design.futility is None:
        yield "The plan has no futility boundary; conditional power alone is no rule to stop by."


def what_it_means(verdict: str, binding: bool) -> Iterator[str]:
    """What a verdict asks of a committee, and what it leaves to it."""
    if verdict == interim.FUTILITY:
        if binding:
            yield (
                "The futility rule is binding: the efficacy boundary relies on its being obeyed, and a trial that goes "
                "on does not keep its level."
            )
        else:
            yield (
                "The futility rule is not binding: the committee may advise to go on, and the level is kept all the "
                "same."
            )
    if verdict in (interim.EFFICACY, interim.HARM):
        yield (
            "The rule allows to stop. It says nothing of harms, of the other endpoints, or of those who are randomised "
            "and not read: the committee weighs these."
        )


def _history(before: Sequence[Interim]) -> Iterator[str]:
    for one in before:
        if one.verdict == interim.GO_ON:
            continue
        said = f"At look {one.look} the rule said: {SAYS[one.verdict]} ({_because(one).rstrip('.')}); it went on"
        if one.verdict == interim.FUTILITY:
            yield f"{said}."
        else:
            yield f"{said}: P value and estimate that allow for the looks would rest on its having stopped."


def _calendar(found: Interim, moment: Mapping[str, Any] | None) -> Iterator[str]:
    if moment is None or found.bounds.final:
        return
    yield (
        f"By the plan this look is decided on in month {moment['month']:.1f}, with {moment['randomised']:,} "
        f"participants randomised: {moment['overrun']:,} of them are not yet part of it, and stopping spares "
        f"{moment['spared']:,}."
    )


def _data(found: Interim, before: Sequence[Interim], crossed: bool) -> dict[str, Any]:
    ordered = None if crossed else found.ordered
    return {
        **head(found.design),
        "look": found.look,
        "planned_n": found.n,
        "n": found.seen.n,
        "information": list(found.bounds.information),
        "spent_again": found.bounds.again,
        "final": found.bounds.final,
        "decision": found.verdict,
        "binding": found.design.binding,
        "z": found.seen.z,
        "p_one_sided": found.p,
        "efficacy_z": found.bounds.efficacy[-1],
        "futility_z": found.bounds.futility[-1],
        "final_z": found.bounds.critical,
        "estimate": found.estimate,
        "confidence": found.confidence,
        "repeated_interval": found.repeated,
        "conditional_power": found.conditional_power,
        "predictive_power": found.predictive_power,
        "ordered": None
        if ordered is None
        else {"p": ordered.p, "estimate": ordered.estimate, "interval": ordered.interval},
        "earlier": [{"look": one.look, "z": one.seen.z, "decision": one.verdict} for one in before],
    }
