"""Rules about how the table was typed: one name written in two ways, sums among the studies, SDs of 0, empty tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from trialplan.evidence.control import says_none
from trialplan.evidence.finding import (
    EFFECT,
    MEANING,
    RATE,
    THE_TABLE,
    Seen,
    SeenAndMeans,
    by_name,
    keys,
    outcome_rule,
    rule,
)
from trialplan.evidence.intervals import clopper_pearson
from trialplan.evidence.names import folded, is_total, of_authors
from trialplan.text import listed, percent, plural

if TYPE_CHECKING:
    from trialplan.evidence.table import EvidenceTable, ReportedOutcome, Study


_FIRST_WORD = re.compile(r"[^\W\d_]+")
"""Of a study's name: its first author."""


@rule("T10", "warning", MEANING)
def nearly_the_same_name(table: EvidenceTable) -> Iterator[Seen]:
    """Two spellings of a name are two outcomes, and a study leaves the pool."""
    named = by_name(table)
    spellings: dict[str, list[str]] = {}
    for name in named:
        spellings.setdefault(folded(name), []).append(name)
    for names in spellings.values():
        if len(names) > 1:
            where = "; ".join(f"{name!r}: {keys([study for study, _ in named[name]])}" for name in names)
            yield (
                THE_TABLE,
                f"{listed(map(repr, names))} are {len(names)} outcomes here ({where}).",
                "Only rows with the very same name are pooled and compared. Write one name if it is one outcome, and "
                "names that a reader can tell apart if it is not.",
            )


@rule("T18", "warning", MEANING)
def nearly_the_same_arm(table: EvidenceTable) -> Iterator[Seen]:
    """Two spellings of an arm are two arms."""
    for study in table.studies:
        spellings: dict[str, dict[str, None]] = {}
        for row in study.outcomes:
            if row.arm:
                spellings.setdefault(folded(row.arm), {})[row.arm] = None
        for names in spellings.values():
            if len(names) > 1:
                yield (
                    (study.key, None),
                    f"{listed(map(repr, names))} are {len(names)} arms here.",
                    "Only rows with the very same name are one arm: their participants are counted apart, or compared "
                    "with each other. Write one name if it is one arm, and names that a reader can tell apart if not.",
                )


@rule("T19", "warning", EFFECT)
def a_control_without_one(table: EvidenceTable) -> Iterator[Seen]:
    """An arm that is called a placebo receives no treatment, whatever the study's control says."""
    for study in table.studies:
        if study.control is None or not says_none(study.control):
            continue
        said = {row.arm: None for row in study.outcomes if row.arm and row.role is None and _UNTREATED.match(row.arm)}
        for arm in said:
            yield (
                (study.key, None),
                f"The arm {arm!r} is called a control, and the study's control is {study.control!r}, so that it counts "
                "as an arm of the treatment.",
                "One of the two is wrong. Write in control what that arm received if it was one in the same period; "
                "else name the arm by what it received, or write its role in its rows.",
            )


_UNTREATED = re.compile(
    r"\s*(placebo|sham|control|untreated|no treatment|standard of care|usual care)\b", re.IGNORECASE
)
"""How arms begin that do not receive the treatment."""


@rule("T15", "block", RATE)
def a_study_under_two_names(table: EvidenceTable) -> Iterator[Seen]:
    """Two spellings of a study are two studies, and its participants count twice."""
    spellings: dict[str, list[str]] = {}
    for study in table.studies:
        spellings.setdefault(of_authors(study.key), []).append(study.key)
    for names in spellings.values():
        if len(names) > 1:
            yield (
                (names[0], None),
                f"{listed(map(repr, names))} are {len(names)} studies here.",
                "Their participants are counted apart. Write one name on all rows of one study, without marks of "
                "footnotes, and names that a reader can tell apart if they are two.",
            )


@rule("T16", "warning", RATE)
def the_same_numbers_twice(table: EvidenceTable) -> Iterator[Seen]:
    """Two reports by one author with the very same numbers may be one study, and count everybody twice."""
    by_numbers: dict[tuple[object, ...], list[str]] = {}
    for study in table.studies:
        numbers = tuple(
            (row.name, row.arm, row.counts or row.change or row.moments)
            for row in study.outcomes
            if row.counts or row.change or row.moments
        )
        first = _FIRST_WORD.match(study.key)
        if numbers and first:
            by_numbers.setdefault((first[0].casefold(), numbers), []).append(study.key)
    for names in by_numbers.values():
        if len({of_authors(name) for name in names}) > 1:
            yield (
                (names[0], None),
                f"{listed(names)} report the very same numbers.",
                "They may be one study under two names, or two reports of the same participants. Look it up, and keep "
                "one of them if it is so: a pool counts everybody twice.",
            )


@rule("T11", "block", RATE)
def a_sum_among_the_studies(table: EvidenceTable) -> Iterator[Seen]:
    """A row of totals counts everybody twice."""
    sums = {study.key: "it is called so" for study in table.studies if is_total(study.key)}
    for name, rows in by_name(table).items():
        counted = [(study, row.counts) for study, row in rows if row.counts is not None and row.arm is None]
        x, n = (sum(counts[part] for _, counts in counted) for part in (0, 1))
        for study, (events, of) in counted:
            if len(counted) > 3 and (2 * events, 2 * of) == (x, n):
                sums.setdefault(study.key, f"its {name}, {events}/{of}, is the sum of the others'")
    for study in table.studies:
        for row in study.outcomes:
            if row.arm and is_total(row.arm):
                yield (
                    (study.key, row.label),
                    f"The arm {row.arm} of {study.key} seems to sum up its other arms.",
                    "Its participants are counted in the others. Remove the row; or if it is an arm, name it by what "
                    "it received.",
                )
    for key, why in sums.items():
        yield (
            (key, None),
            f"The row {key} seems to sum up the other rows: {why}.",
            "It is no study, and its participants are counted in the others. Remove the row; or if it is a study, name "
            "it by its authors.",
        )


@outcome_rule("T12", "warning", MEANING)
def no_spread(study: Study, outcome: ReportedOutcome) -> SeenAndMeans | None:
    """An SD of 0 says that all participants had the same value."""
    fields = [name for name in ("baseline_sd", "followup_sd", "change_sd") if getattr(outcome, name) == 0]
    if not fields:
        return None
    return (
        f"{listed(fields)} {'is' if len(fields) == 1 else 'are'} 0.",
        "All participants would have had the very same value. It is rather a cell without a value, or a rounded one: "
        'write "NR" if it is not reported. A study without spread would outweigh all others in a pool.',
    )


@rule("T13", "information", MEANING)
def nobody_anywhere(table: EvidenceTable) -> Iterator[Seen]:
    """No event in any study still leaves a rate that is not 0."""
    for name, rows in by_name(table).items():
        counts = [row.counts for _, row in rows if row.counts is not None]
        of = sum(n for _, n in counts)
        if len(counts) > 1 and not any(x for x, _ in counts):
            yield (
                (None, name),
                f"None of the {plural(of, 'participant')} of {plural(len(counts), 'row')} had {name}.",
                f"A rate up to {percent(clopper_pearson(0, of)[1])} is compatible with that (95 % Clopper–Pearson, if "
                "nobody is counted twice). A model of log odds has no estimate without a correction.",
            )
