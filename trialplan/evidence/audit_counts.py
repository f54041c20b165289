"""Rules about counts: denominators, percentages, and cells that say that nothing is known."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from trialplan.evidence.finding import RATE, Seen, SeenAndMeans, arms_of, outcome_rule, percent, rate, rule
from trialplan.evidence.intervals import wilson
from trialplan.evidence.numerals import decimals_of, percentages, rounds_to
from trialplan.text import listed

if TYPE_CHECKING:
    from trialplan.evidence.table import Count, EvidenceTable, ReportedOutcome, Study

_FRACTION = re.compile(
    r"(?<![\d/])(?<!\d[.,])(\d{1,9})\s*(?:/|\b(?:of|out of|von|sur|de|di|van)\b)\s*(\d{1,9})(?!\d|[.,/]\d)"
)
_LEADING = re.compile(r"\s*(?:n\s*=\s*)?(\d{1,9})\s*\(")
"""A count in front of its percentage."""
_UNKNOWN = re.compile(r"\bN[RD]\b")
_ZERO = re.compile(r"(?<![\d.])0(?![\d.])")
LOSS = re.compile(r"relapse|recurren|flare|loss of response|progress", re.IGNORECASE)


@outcome_rule("P07", "warning", RATE)
def denominator_below_enrolment(study: Study, outcome: ReportedOutcome) -> SeenAndMeans | None:
    """A denominator below the enrolment leaves out people, who seldom did as well as the rest."""
    of = _denominator(outcome, outcome.n)
    if outcome.arm or not isinstance(of, int) or not isinstance(study.enrolled, int):
        return None
    # an outcome of the subgroup that the study names, measured in all of it, leaves nobody out
    if of >= study.enrolled or (of == study.in_subgroup and outcome.of is None):
        return None
    enrolled, missing, x = study.enrolled, study.enrolled - of, outcome.events
    if not isinstance(x, int):
        return (
            f"The means rest on {of} of the {enrolled} enrolled; {missing} are left out.",
            f"A change among completers is not the change among those treated: with {missing} of {enrolled} "
            "unseen, treat it as the favourable end, and plan how missing values are handled.",
        )
    return (
        f"{rate(x, of)}, but {enrolled} were enrolled: the {missing} missing make it {rate(x, enrolled)} if "
        f"none had the outcome and {rate(x + missing, enrolled)} if all had.",
        "Use the enrolled as the denominator, with the missing as without the outcome, and show both: a trial "
        "that counts everyone randomised will see that rate, not the completers'.",
        missing / enrolled,
    )


def _denominator(outcome: ReportedOutcome, otherwise: Count | None) -> Count | None:
    return otherwise if outcome.of is None else outcome.of


@outcome_rule("P12", "block", RATE)
def percentage_disagrees(study: Study, outcome: ReportedOutcome) -> SeenAndMeans | None:
    """A printed percentage that is not the count's leaves two candidates for the truth."""
    count = outcome.counts
    printed = percentages(outcome.reported or "")
    if not count or not printed or any(rounds_to(*count, text) for text in printed):
        return None
    x, n = count
    scales = {text: 10 ** decimals_of(text) for text in printed}
    truncated = any(math.floor(100 * x / n * scale) == round(float(text) * scale) for text, scale in scales.items())
    others = counts_near(x, n, printed[0])
    ways = [f"{listed(f'{a}/{b}' for a, b in others)} would give it"] if others else []
    ways += ["cutting the decimals off instead of rounding would too"] if truncated else []
    limits = "; ".join(
        f"{a}/{b}: {percent(wilson(a, b)[0])} to {percent(wilson(a, b)[1])}" for a, b in [(x, n), *others[:1]]
    )
    return (
        f"{rate(x, n)}, but {printed[0]} % is printed; {' and '.join(ways) or 'no count near it gives that'}.",
        "The count or the percentage is wrong. The count is used unless the plan says otherwise, and "
        f"the report must be looked up (95 % Wilson {limits}).",
        max(abs(x / n - float(text) / 100) for text in printed),
    )


def counts_near(x: int, n: int, printed: str) -> list[tuple[int, int]]:
    """The counts near x of n that a printed percentage would be: of up to three more or fewer, or one event off."""
    near = [*((x, n + step) for step in (1, -1, 2, -2, 3, -3)), (x + 1, n), (x - 1, n)]
    return [(a, b) for a, b in near if 0 <= a <= b and b > 0 and rounds_to(a, b, printed)]


def disagreeing_percentage(outcome: ReportedOutcome) -> str | None:
    """The percentage that is printed beside a count and is not the count's."""
    count, printed = outcome.counts, percentages(outcome.reported or "")
    if not count or not printed or any(rounds_to(*count, text) for text in printed):
        return None
    return printed[0]


def counts_of(text: str, of: int) -> list[int]:
    """The counts out of `of` that are printed as this percentage."""
    middle = round(float(text) * of / 100)
    reach = math.ceil(of / 100) + 1  # a percentage without decimals is within half a hundredth of the denominator
    return [x for x in range(max(0, middle - reach), min(of, middle + reach) + 1) if rounds_to(x, of, text)]


@outcome_rule("P12", "block", RATE)
def printed_count_disagrees(study: Study, outcome: ReportedOutcome) -> SeenAndMeans | None:
    """A printed count that is not the row's was mistyped in one of the two places."""
    count = outcome.counts
    text = outcome.reported or ""
    printed = [(int(x), int(n)) for x, n in _FRACTION.findall(text)]
    alone = _LEADING.match(text)
    if count is not None and not printed and alone and not rounds_to(*count, alone[1]):
        printed = [(int(alone[1]), count[1])]  # 4 (30 %): a percentage in front of a count would round to the row's
    # only what has the row's denominator: 3/4 may be a date, or three of one thing and four of another
    others = [x for x, n in printed if count is not None and n == count[1] >= x]
    if count is None or not others or count[0] in others:
        return None
    return (
        f"The row counts {count[0]}/{count[1]}, but {others[0]}/{count[1]} is printed.",
        "One of the two is mistyped, or the printed cell is about others. Look it up in the report before it is used.",
        abs(count[0] - others[0]) / count[1],
    )


@outcome_rule("P13", "block", RATE)
def unknown_is_not_zero(study: Study, outcome: ReportedOutcome) -> SeenAndMeans | None:
    """Not reported and not done are no counts, and a zero beside them was not in the source."""
    cells = (outcome.events, outcome.of, outcome.n, outcome.baseline_mean, outcome.followup_mean)
    token = next((str(cell) for cell in (*cells, outcome.reported) if cell in ("NR", "ND")), None)
    unknown = _UNKNOWN.search(outcome.reported or "")
    if outcome.events == 0 and unknown and not _ZERO.search(outcome.reported or ""):
        return (
            f"The count is 0 while the printed cell says {unknown[0]}.",
            f'That it never happened is reported by nobody. Write events = "{unknown[0]}"; a rate of 0 is invented.',
        )
    if token:
        return (
            f"The cell says {token}: {'not reported' if token == 'NR' else 'not done'}.",
            "There is no number here and none is assumed: this row adds neither a zero nor a denominator to "
            "any rate, and the protocol may not say that the outcome did not occur.",
        )
    return None


@rule("T01", "warning", RATE)
def arms_do_not_add_up(table: EvidenceTable) -> Iterator[Seen]:
    """Arms whose denominators do not sum to the enrolment have lost or gained someone."""
    for study in table.studies:
        every = {outcome.arm for outcome in study.outcomes if outcome.arm}
        for group in arms_of(outcome for outcome in study.outcomes if outcome.arm):
            if {outcome.arm for outcome in group} != every:
                continue  # those who seem to be missing are in the arms of which this outcome says nothing
            sizes = [_denominator(outcome, outcome.n) for outcome in group]
            numbers = [size for size in sizes if isinstance(size, int)]
            missing = study.enrolled - sum(numbers) if isinstance(study.enrolled, int) else 0
            if len(numbers) < max(2, len(sizes)) or not missing:
                continue
            off = f"{missing} missing" if missing > 0 else f"{-missing} too many"
            total = f"{' + '.join(map(str, numbers))} = {sum(numbers)}"
            way_out = (
                "Compute each arm's rate on those randomised to it, counting the missing as without the outcome, "
                "before it is used."
                if any(outcome.events is not None for outcome in group)
                else "A mean of those who were measured is not that of those randomised: look up who was left out, and "
                "plan how missing values are handled."
            )
            yield (
                (study.key, group[0].name),
                f"The arms hold {total} of the {study.enrolled} enrolled: {off}.",
                f"Someone was left out after enrolment, or a denominator is misprinted. {way_out}",
                abs(missing) / sum(numbers),
            )


_ALL = 100
"""Per cent that are everybody."""


@rule("T02", "warning", RATE)
def percentage_of_nobody(table: EvidenceTable) -> Iterator[Seen]:
    """A percentage that no whole number of participants gives has another denominator than it seems."""
    for study in table.studies:
        printed: list[tuple[str | None, str, object]] = []
        printed += [(None, study.in_subgroup if isinstance(study.in_subgroup, str) else "", study.enrolled)]
        silent = [outcome for outcome in study.outcomes if outcome.events is None]
        printed += [(row.label, row.reported or "", _denominator(row, study.enrolled)) for row in silent]
        for label, text, of in printed:
            for number in percentages(text):
                if isinstance(of, int) and not counts_of(number, of):
                    below = math.floor(float(number) * of / 100)
                    if float(number) > _ALL:
                        yield (
                            (study.key, label),
                            f"{number} % of {of} is more than all of them.",
                            "It is no share of these people: a count of events, a ratio, or a misprint. Look up what "
                            "it is of, and do not turn it back into a count.",
                        )
                        continue
                    yield (
                        (study.key, label),
                        f"{number} % of {of} is no whole number of people: {rate(below, of)}, {rate(below + 1, of)}.",
                        "The percentage has another denominator, or is misprinted. Do not turn it back into a count.",
                    )


@rule("T17", "warning", RATE)
def fewer_than_before(table: EvidenceTable) -> Iterator[Seen]:
    """Those who have had something at any time cannot become fewer."""
    for study in table.studies:
        courses: dict[tuple[str, str | None], list[ReportedOutcome]] = {}
        for row in study.outcomes:
            if row.kind == "ever" and isinstance(row.events, int) and row.timepoint_months is not None:
                courses.setdefault((row.name, row.arm), []).append(row)
        for course in courses.values():
            in_time = sorted(course, key=lambda row: row.timepoint_months or 0.0)
            for before, after in pairwise(in_time):
                if before.timepoint_months != after.timepoint_months and int(after.events or 0) < int(
                    before.events or 0
                ):
                    yield (
                        (study.key, after.label),
                        f"{_counted(before)} had it by {before.timepoint_months:g} months, and only "
                        f"{_counted(after)} by {after.timepoint_months:g} months.",
                        "Whoever has had it at any time has had it later, too. The later row counts those who have it "
                        "then (kind landmark), or other people, or one of the two is misprinted. Settle it before "
                        "either is used.",
                    )


def _counted(row: ReportedOutcome) -> str:
    return f"{row.events}/{row.of}" if isinstance(row.of, int) else f"{row.events}"


@outcome_rule("T03", "warning", RATE)
def no_denominator(study: Study, outcome: ReportedOutcome) -> SeenAndMeans | None:
    """A count without a denominator is not a rate."""
    if not isinstance(outcome.events, int) or outcome.of is not None:
        return None
    return (
        f"{outcome.events} with the outcome, but out of how many is not printed{_candidates(study, outcome)}.",
        "No rate is computed from it. Look the denominator up, and take those enrolled unless the report "
        "gives a reason for fewer.",
    )


def _candidates(study: Study, outcome: ReportedOutcome) -> str:
    """The rates that the row's own numbers would give."""
    sizes = {"enrolled": study.enrolled, "in the named subgroup": study.in_subgroup}
    rates = [
        f"{rate(int(outcome.events or 0), size)} of the {size} {who}"
        for who, size in sizes.items()
        if isinstance(size, int) and size >= int(outcome.events or 0)
    ]
    return f" ({listed(dict.fromkeys(rates))})" if rates else ""


@rule("T07", "block", RATE)
def more_than_enrolled(table: EvidenceTable) -> Iterator[Seen]:
    """A denominator or a subgroup above the enrolment contradicts it."""
    for study in table.studies:
        sizes = [("the named subgroup", study.in_subgroup)]
        sizes += [(outcome.label, outcome.of) for outcome in study.outcomes]
        sizes += [(outcome.label, outcome.n) for outcome in study.outcomes]
        sizes += [(outcome.label, outcome.events) for outcome in study.outcomes if outcome.of is None]
        for name, size in sizes:
            if isinstance(size, int) and isinstance(study.enrolled, int) and size > study.enrolled:
                yield (
                    (study.key, name),
                    f"{name} counts {size} of {study.enrolled} enrolled.",
                    "One of the two is wrong, or the unit is not a participant. Settle it before the row is used.",
                    1 - study.enrolled / size,
                )


@rule("T09", "warning", RATE)
def losses_without_responders(table: EvidenceTable) -> Iterator[Seen]:
    """A loss of response can only happen to those who responded."""
    for study in table.studies:
        gained = [outcome for outcome in study.outcomes if is_response(outcome)]
        responders = sum(int(outcome.events or 0) for outcome in gained)
        for outcome in study.outcomes:
            lost, of = outcome.events, outcome.of
            if outcome.harm or not LOSS.search(outcome.name) or not isinstance(lost, int):
                continue
            if 0 < lost <= responders and (of is None or (isinstance(of, int) and of > responders)):
                out_of = f"out of {of}" if of is not None else "without a denominator"
                yield (
                    (study.key, outcome.label),
                    f"{lost} are counted {out_of}, while at most {responders} responded "
                    f"({listed(each.label for each in gained)}): {rate(lost, responders)} of those who could lose it.",
                    "Whether a response lasts is asked among responders, and a response that is lost again "
                    "does not count at a later landmark. Count both on everyone randomised.",
                )


def is_response(outcome: ReportedOutcome) -> bool:
    """Whether the outcome counts people who gained something."""
    return not outcome.harm and not LOSS.search(outcome.name) and isinstance(outcome.events, int)
