"""Recruitment as a page: months and sites first, then what can be shown with those who can be recruited."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from trialplan.enrolment.completion import IN_TIME, ByDeadline, Completion
from trialplan.page import Page, Table, facts, plain
from trialplan.text import as_sentence, decimals, percent, plural, probability

if TYPE_CHECKING:
    from trialplan.enrolment.recruiting import Recruiting

_MONTHS = ("months, 1 in 10 by", "even chance by", "9 in 10 by")


def page(answer: Recruiting) -> Page:
    """When the trial is full, how many come by the deadline, with which sites, and what they can show."""
    data = _data(answer)
    return Page(
        data=data,
        headline=_headline(answer),
        tables=[one for one in (_facts(answer), _funnel(answer), _shown(answer), *_others(answer)) if one.rows],
        notes=list(_notes(answer)),
        records=lambda: data["shown"] or [data["full"]],
    )


def _headline(answer: Recruiting) -> str:
    full, law = answer.full, answer.law
    at = f" at {plural(law.sites, 'site')}" if law.sites else ""
    told = (
        f"{full.n:,} participants{at} take {full.median:.1f} months with an even chance "
        f"({full.early:.1f} to {full.late:.1f} in eight of ten)"
    )
    if full.chance is None or answer.by is None:
        return told
    return f"{told}; {_share(full.chance)} are full by month {answer.by.month:g}"


def _share(chance: float) -> str:
    many = round(100 * chance)
    return "fewer than 1 in 100" if many < 1 else "more than 99 in 100" if many > 99 else f"{many} in 100"


def _facts(answer: Recruiting) -> Table:
    by, law, wait = answer.by, answer.law, answer.wait
    rows = [("randomised", f"{answer.n:,}"), ("sites", f"{law.sites:,}" if law.sites else "")]
    rows += [("months to full", _months(answer.full))]
    if by is not None and answer.full.chance is not None:
        rows += [
            (f"full by month {by.month:g}", f"probability {probability(answer.full.chance)}"),
            (
                "randomised by then",
                f"{by.median:,} with an even chance ({by.least:,} to {by.most:,}); mean {by.expected:,.1f}",
            ),
            (f"sites for probability {IN_TIME:g}", f"{answer.needed:,}" if answer.needed else ""),
        ]
    if wait is not None and answer.duration is not None:
        rows.append(
            (
                "months to the end",
                f"{_months(answer.duration)}: read after {wait.read_after:g}, decided after {wait.decision:g}",
            )
        )
    for look in answer.looks[:-1]:
        rows.append((f"look {look.number}, with {look.completion.n:,}", f"month {_months(look.completion)}"))
    return facts([*rows, ("computed as", law.method(answer.n))])


def _months(one: Completion) -> str:
    return f"{one.median:.1f}  ({one.early:.1f} to {one.late:.1f})"


def _funnel(answer: Recruiting) -> Table:
    steps = answer.screening.remaining()
    sourced = any(source for _, _, source in steps)
    rows = [[name, percent(left), *([source] if sourced else [])] for name, left, source in steps]
    columns = ("of the patients seen", "left", *(["source"] if sourced else []))
    return Table(columns, rows, "Screening", frozenset({1}))


def _shown(answer: Recruiting) -> Table:
    """One line for each number; a column that no line fills is left out."""
    table = [dict(_line(one, what)) for one, what in answer.shown]
    names = [name for name in table[0] if any(line[name] for line in table)] if table else []
    rows = [[line[name] or decimals(None) for name in names] for line in table]
    asked = f", effects with power {answer.power:g}" if answer.power else ""
    return Table(names, rows, f"What can be shown with those who can be recruited{asked}", frozenset(range(len(names))))


def _line(one: Completion, what: Any) -> Iterator[tuple[str, str]]:
    yield "randomised", f"{one.n:,}"
    yield from zip(_MONTHS, _three(one), strict=True)
    yield "in time", "" if one.chance is None else probability(one.chance)
    shown = what is not None
    yield "analysed", f"{what.observed:,}" if shown and what.observed != one.n else ""
    yield "power as planned", decimals(what.success) if shown else ""
    yield "smallest effect shown", what.effect or "" if shown else ""
    yield "interval", what.interval or "" if shown else ""
    yield "assurance", decimals(what.assurance) if shown and what.assurance is not None else ""


def _three(one: Completion) -> tuple[str, str, str]:
    return f"{one.early:.1f}", f"{one.median:.1f}", f"{one.late:.1f}"


def _others(answer: Recruiting) -> Iterator[Table]:
    in_time = () if answer.by is None else ("in time",)
    right = frozenset(range(5))
    sites = [[f"{one.sites:,}", *_three(one.completion), *_chance(one.completion)] for one in answer.by_sites]
    yield Table(("sites", *_MONTHS, *in_time), sites, "With other numbers of sites", right)
    rates = [[percent(one.share), *_three(one.completion), *_chance(one.completion)] for one in answer.slower]
    yield Table(("of the stated rate", *_MONTHS, *in_time), rates, "If fewer come than is stated", right)


def _chance(one: Completion) -> list[str]:
    return [] if one.chance is None else [probability(one.chance)]


def _notes(answer: Recruiting) -> Iterator[str]:
    if answer.by is not None and answer.by.median < answer.n:
        yield _short(answer, answer.by)
    yield (
        "Intervals hold if the stated rates and shares are right on average. Investigators expect more patients than "
        "come (Lasagna's law): the lines at smaller rates say what that costs."
    )
    yield from map(as_sentence, answer.notes)


def _short(answer: Recruiting, by: ByDeadline) -> str:
    """What to do where fewer come by the deadline than are wanted; before a site opens, more sites are no help."""
    opens = min((one.opens_from for one in answer.law.groups), default=0.0)
    if opens >= by.month:
        return (
            f"The first site opens in month {opens:g}, and the deadline is month {by.month:g}: open sites earlier, or "
            "allow more months."
        )
    return (
        f"By month {by.month:g} an even chance is of {plural(by.median, 'participant')}, fewer than the {answer.n:,} "
        "that are wanted: open more sites, allow more months, or plan what fewer can show."
    )


def _data(answer: Recruiting) -> dict[str, Any]:
    law = answer.law
    shown = [asdict(one) | ({} if what is None else asdict(what)) for one, what in answer.shown]
    return dict(
        plain(
            {
                "n": answer.n,
                "sites": law.sites,
                "method": law.method(answer.n),
                "full": asdict(answer.full),
                "by_deadline": None if answer.by is None else asdict(answer.by),
                "sites_needed": answer.needed,
                "duration": None if answer.duration is None else asdict(answer.duration),
                "screening": [
                    {"step": name, "left": left, "source": source}
                    for name, left, source in answer.screening.remaining()
                ],
                "shown": shown,
                "looks": [
                    {"look": look.number, "final": look.final} | asdict(look.completion) for look in answer.looks
                ],
                "by_sites": [{"sites": one.sites} | asdict(one.completion) for one in answer.by_sites],
                "by_rate": [{"share": one.share} | asdict(one.completion) for one in answer.slower],
            }
        )
    )
