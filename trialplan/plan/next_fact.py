"""What the next fact is worth: how far n moves over what each missing or doubtful cell may be, ranked."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from trialplan import evidence
from trialplan.errors import TrialplanError, UnreachableError
from trialplan.evidence.bridge import Observed, PooledReading, Reading
from trialplan.evidence.doubts import Doubt, Guess, doubts, edited
from trialplan.evidence.selection import REPORTED
from trialplan.evidence.table import EvidenceTable, ReportedOutcome, Study
from trialplan.page import Answer, Page
from trialplan.plan.assumptions import Assumption, read_rate
from trialplan.plan.building import size_primary
from trialplan.plan.endpoint import Endpoint
from trialplan.plan.reading import Plan
from trialplan.plan.schema import AssumptionSection, DrawnSection

CONTRADICTS = ("P12", "T01", "T07", "T14")
"""Findings that say that a row contradicts itself, or its study: count and percentage, arms and enrolment, effect and
interval. The number grows with the size of the claimed effect (DAMASCENE, BMJ 2014;348:g2688)."""


@dataclass(frozen=True)
class _Use:
    """Where a plan's n, or that of one of its listed readings, comes from: rows of a table by way of a plan."""

    label: str
    own: bool
    plan: Plan
    table: str
    rows: tuple[tuple[Study, tuple[ReportedOutcome, ...]], ...]
    denominator: str
    relabelled: Callable[[str], Plan]


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One open cell: what it may be, and the participants that the plan asks for at the least and at the most of it.

    `least` and `most` are n with the words of the cell that gives it; None stands for "no number would do".
    """

    doubt: Doubt
    use: str
    own: bool
    planned: int | None
    answers: tuple[tuple[str, int | None], ...]

    @property
    def least(self) -> int | None:
        """The smallest n over what the cell may be."""
        known = [n for _, n in self.answers if n is not None]
        return min(known) if known else None

    @property
    def most(self) -> int | None:
        """The largest n, None where for some value no number would do."""
        known = [n for _, n in self.answers]
        return None if None in known or not known else max(n for n in known if n is not None)

    @property
    def spread(self) -> float:
        """How many times the least n the most is; infinite where for some value no number would do."""
        if not self.answers:
            return 0.0
        if all(n is None for _, n in self.answers):
            return 1.0
        return math.inf if self.most is None or self.least is None else self.most / self.least


@dataclass(frozen=True, kw_only=True)
class Without:
    """n without a study whose rows contradict themselves; None where it cannot be left out, or nothing would do."""

    study: str
    contradictions: int
    n: int | None
    reason: str = ""


@dataclass(frozen=True, kw_only=True, repr=False)
class Facts(Answer):
    """The open cells of a plan's evidence, the one that moves n most first; and n without what contradicts itself."""

    plan: str
    n: int
    facts: tuple[Fact, ...]
    without: tuple[Without, ...] = field(default=())

    def page(self) -> Page:
        """What to ask first, and how far n may move."""
        from trialplan.plan.next_fact_page import page

        return page(self)


def facts(plan: Plan) -> Facts:
    """Every open cell that the plan's n, or one of its listed readings, rests on, with the n over what it may be."""
    primary = size_primary(plan)
    n = _n(primary)
    assert n is not None  # a plan without a number has been refused
    found = [fact for use in _uses(plan, primary) for fact in _facts(use)]
    once = {(one.doubt.study.key, one.doubt.rows, one.doubt.cell, one.answers): one for one in reversed(found)}
    ranked = sorted(once.values(), key=lambda one: (-one.spread, not one.own, one.doubt.study.key))
    return Facts(plan=plan.name, n=n, facts=tuple(ranked), without=tuple(_without(plan, primary)))


def with_table(plan: Plan, name: str, table: EvidenceTable) -> Plan:
    """The plan with another table under that name."""
    text = plan.table_text(name)
    known = {key: (plan.table(key), plan.table_text(key)) for key in plan._tables}
    return dataclasses.replace(plan, _tables={**known, name: (table, text)})


def with_assumption(plan: Plan, name: str, said: AssumptionSection) -> Plan:
    """The plan with another assumption of its primary under that name."""
    content = plan.content
    endpoints = tuple(
        one.model_copy(update={"assumptions": {**one.assumptions, name: said}}) if one.role == "primary" else one
        for one in content.endpoint
    )
    return dataclasses.replace(plan, content=content.model_copy(update={"endpoint": endpoints}))


def _n(endpoint: Endpoint) -> int | None:
    return None if endpoint.answer is None else int(endpoint.answer.n)


def _sized(plan: Plan) -> int | None:
    """What the plan asks for; None where no number would do, or what is left makes no plan."""
    return _sized_or_why_not(plan)[0]


def _sized_or_why_not(plan: Plan) -> tuple[int | None, str]:
    """What the plan asks for; None with the reason where it asks for none."""
    try:
        n = _n(size_primary(plan))
    except UnreachableError:
        n = None
    except TrialplanError as why:
        return None, str(why)
    return n, "" if n is not None else "no number of participants would do"


def _uses(plan: Plan, primary: Endpoint) -> Iterator[_Use]:
    """The plan's own numbers, then the readings that it lists."""
    home = plan.content.evidence.table
    for one in primary.assumptions:
        said = primary.section.assumptions.get(one.name)
        if one.borrowed is not None:
            rows = tuple((arm.study, arm.outcomes) for arm in one.borrowed.readings)
            where = one.borrowed.said
            yield _Use(one.name, True, plan, where.table, rows, where.denominator, lambda _: plan)
        elif one.pooled is not None:
            keys = [study.label for study in one.pooled.pool.studies]
            rows = tuple(_all_rows(plan.table(home), one.pooled.outcome, keys))
            yield _Use(one.name, True, plan, home, rows, REPORTED, lambda _: plan)
        elif one.reading is not None and said is not None and said.evidence is not None:
            yield _drawn(plan, one, said, said.evidence, one.reading, one.name, own=True)
    effect = next((one for one in primary.assumptions if one.bridge is not None), None)
    if effect is None:
        return
    said = primary.section.assumptions[effect.name]
    for listed in plan.content.scenarios.readings:
        drawn = DrawnSection(**listed.model_dump(exclude={"key", "label"}))
        if drawn != said.evidence:
            other = with_assumption(plan, effect.name, said.model_copy(update={"evidence": drawn}))
            yield _drawn(
                other, effect, said, drawn, read_rate(plan.table(home), drawn), f"reading: {listed.label}", own=False
            )


def _drawn(
    plan: Plan, one: Assumption, said: AssumptionSection, drawn: DrawnSection, reading: Observed, label: str, own: bool
) -> _Use:
    home = plan.content.evidence.table
    if isinstance(reading, Reading):
        rows: tuple[tuple[Study, tuple[ReportedOutcome, ...]], ...] = ((reading.study, reading.outcomes),)
    else:
        rows = tuple(_pooled_rows(plan.table(home), reading))

    # what was read on all enrolled is read on its own denominator, where that is what may be known
    def on(denominator: str) -> Plan:
        other = drawn.model_copy(update={"denominator": denominator})
        return with_assumption(plan, one.name, said.model_copy(update={"evidence": other}))

    return _Use(label, own, plan, home, rows, drawn.denominator, on)


def _all_rows(
    table: EvidenceTable, outcome: str, keys: list[str]
) -> Iterator[tuple[Study, tuple[ReportedOutcome, ...]]]:
    """Each row of the outcome by itself: of the studies in a pool, and of those that lack a number to be in it."""
    for study in table.studies:
        for row in study.outcomes:
            in_numbers = row.counts or row.change or row.moments
            if row.name == outcome and (study.key in keys or not in_numbers):
                yield study, (row,)


def _pooled_rows(table: EvidenceTable, reading: PooledReading) -> Iterator[tuple[Study, tuple[ReportedOutcome, ...]]]:
    keys = [study.label for study in reading.pool.studies]
    yield from _all_rows(table, reading.outcome, keys)


def _facts(use: _Use) -> Iterator[Fact]:
    table, planned = use.plan.table(use.table), _sized(use.plan)
    for study, rows in use.rows:
        for doubt in (*doubts(table, study, rows, use.denominator), *_definitions(use, study, rows)):
            answers = tuple((guess.words, _answer(use, table, doubt, guess)) for guess in doubt.guesses)
            yield Fact(doubt=doubt, use=use.label, own=use.own, planned=planned, answers=answers)


def _answer(use: _Use, table: EvidenceTable, doubt: Doubt, guess: Guess) -> int | None:
    plan = use.plan if guess.denominator in (None, use.denominator) else use.relabelled(guess.denominator or "")
    return _sized(with_table(plan, use.table, edited(table, doubt.study, guess)))


def _definitions(use: _Use, study: Study, rows: tuple[ReportedOutcome, ...]) -> Iterator[Doubt]:
    """An outcome without a definition may be what any reading that the plan lists counts as one."""
    home = use.plan.content.evidence.table
    stated = len(rows) != 1 or rows[0].definition is not None or rows[0].counts is None
    if stated or use.table != home or not use.own:
        return
    listed = [read_rate(use.plan.table(home), one) for one in use.plan.content.scenarios.readings]
    counts = dict.fromkeys((one.events, one.of) for one in listed if isinstance(one, Reading))
    guesses = tuple(
        Guess(words=f"{x}/{n}", changes=((rows[0], {"events": x, "of": n}),), denominator=REPORTED) for x, n in counts
    )
    why = "" if guesses else "the plan lists no other reading of it under [scenarios]"
    yield Doubt(study=study, rows=rows, cell="definition", seen="not defined", guesses=guesses, no_range=why)


def _without(plan: Plan, primary: Endpoint) -> Iterator[Without]:
    """The studies that n rests on with the most contradictions, each left out alone."""
    counted = [
        (one, study, contradictions)
        for one in primary.assumptions
        for table, studies in _rests_on(plan, one)
        for study in studies
        if (contradictions := _contradictions(table, study))
    ]
    most = max((contradictions for *_, contradictions in counted), default=0)
    for one, study, contradictions in counted:
        if contradictions == most:
            yield _left_out(plan, primary, one, study, contradictions)


def _rests_on(plan: Plan, one: Assumption) -> Iterator[tuple[EvidenceTable, list[str]]]:
    home = plan.table(plan.content.evidence.table)
    if one.borrowed is not None:
        yield plan.table(one.borrowed.said.table), [arm.study.key for arm in one.borrowed.readings]
    elif one.pooled is not None:
        yield home, [study.label for study in one.pooled.pool.studies]
    elif isinstance(one.reading, PooledReading):
        yield home, [study.label for study in one.reading.pool.studies]
    elif one.reading is not None:
        yield home, [one.reading.study.key]


def _contradictions(table: EvidenceTable, study: str) -> int:
    return sum(one.study == study and one.id in CONTRADICTS for one in evidence.audit(table))


def _left_out(plan: Plan, primary: Endpoint, one: Assumption, study: str, contradictions: int) -> Without:
    said = primary.section.assumptions[one.name]
    if one.borrowed is not None and said.belief is not None:
        kept = tuple(key for key in said.belief.studies if key != study)
        other = said.model_copy(update={"belief": said.belief.model_copy(update={"studies": kept})})
    elif one.pooled is not None and said.effect is not None:
        kept = tuple(each.label for each in one.pooled.pool.studies if each.label != study)
        other = said.model_copy(update={"effect": said.effect.model_copy(update={"studies": kept})})
    elif isinstance(one.reading, PooledReading) and said.evidence is not None:
        kept = tuple(each.label for each in one.reading.pool.studies if each.label != study)
        other = said.model_copy(update={"evidence": said.evidence.model_copy(update={"studies": kept})})
    else:
        return Without(study=study, contradictions=contradictions, n=None, reason=f"{one.name} rests on it alone")
    if not kept:
        return Without(study=study, contradictions=contradictions, n=None, reason=f"{one.name} rests on it alone")
    n, reason = _sized_or_why_not(with_assumption(plan, one.name, other))
    return Without(study=study, contradictions=contradictions, n=n, reason=reason)
