"""One outcome over the studies of a table, as one pool: which rows count, and never the same people twice unsaid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from trialplan.errors import EvidenceError, ParameterError, did_you_mean, field
from trialplan.evidence.comparison import RATES, two_means, two_rates, with_reported
from trialplan.evidence.control import ROLES, TREATMENT, role_of
from trialplan.evidence.effects import COMPARISONS, PROPORTIONS, Effects, change_effects, proportion_effects
from trialplan.evidence.finding import keys
from trialplan.evidence.names import is_total, near
from trialplan.evidence.overlap import overlapping
from trialplan.evidence.pooling import Pool, pool
from trialplan.evidence.table import EvidenceTable, Moments, MomentsOfChange, ReportedOutcome, Study
from trialplan.parameter import Interval, Parameter
from trialplan.text import listed

Pair = tuple[list[ReportedOutcome], ReportedOutcome]
"""The rows of a study's treatment arms, and its control's."""

REFUSE, ONE_PER_CENTRE, ALL = "refuse", "one-per-centre", "all"
REPORTED, ENROLLED = "reported", "enrolled"


@dataclass(frozen=True, kw_only=True)
class PoolChoice:
    """Which rows of a table make the pool, and on which denominators.

    `reports` is "refuse" (an error where reports may share participants), "one-per-centre" (the largest report of
    each overlapping set, then the latest), "all" (with a warning), or the keys of the studies to take. `arms` names
    the arms that count, or their roles (treatment, control); those that are named are added up within a study, and
    without names only the arms of a study that says that all are forms of the treatment. `timepoint_months` chooses
    where a study reports more than one. `denominators` "enrolled" counts those without a result as not having it.
    `correlation` within a participant has to be assumed for changes, and only there.
    """

    reports: str | tuple[str, ...] = REFUSE
    arms: tuple[str, ...] | None = None
    timepoint_months: float | None = None
    denominators: str = REPORTED
    correlation: float | None = None

    def __post_init__(self) -> None:
        """Numbers are numbers, before a row is looked at."""
        for name, declared in _NUMBERS.items():
            declared.check("", name, getattr(self, name))


_NUMBERS = {
    "timepoint_months": Parameter("the visit in months", domain=Interval(0, 1e6, "left right"), optional=True),
    "correlation": Parameter("correlation within a participant", domain=Interval(-1, 1, "left right"), optional=True),
}
"""What a choice takes in numbers; months up to where nobody lives to see them."""


def pool_outcome(
    table: EvidenceTable,
    name: str,
    choice: PoolChoice | None = None,
    *,
    measure: str | None = None,
    method: str = "reml",
    interval: str = "normal",
    confidence: float = 0.95,
) -> Pool:
    """The outcome `name` pooled over the studies of the table that report it in numbers.

    `measure` is one of the effects' measures, by default the logit of a rate and the plain mean change; those that
    compare (risk-ratio, odds-ratio, risk-difference, mean-difference) take the studies with a treatment and a control
    arm. The other three are as in `pool`. An EvidenceError names the reports that may share participants, and what is
    missing.
    """
    effects, remarks = outcome_effects(table, name, choice or PoolChoice(), measure)
    pooled = pool(effects, method, interval, confidence)
    told = {part: " ".join(filter(None, (getattr(pooled, part), remarks[part]))) for part in ("note", "warning")}
    return replace(pooled, **remarks | told)


def pool_choices(table: EvidenceTable, name: str, choice: PoolChoice | None = None, **how: Any) -> dict[str, Pool]:
    """One report per centre and all reports, side by side; `how` as for `pool_outcome`."""
    base = choice or PoolChoice()
    return {
        reports: pool_outcome(table, name, replace(base, reports=reports), **how) for reports in (ONE_PER_CENTRE, ALL)
    }


def outcome_effects(
    table: EvidenceTable, name: str, choice: PoolChoice, measure: str | None = None
) -> tuple[Effects, dict[str, Any]]:
    """The effects of the outcome's studies, and what their pool must say: `left_out`, `note` and `warning`."""
    reported = _reporting(table, name, choice)
    if measure in COMPARISONS:
        return _compared(table, name, reported, choice, measure)
    ready = dict.fromkeys(row.effect_measure for rows in reported.values() for row in rows if row.reported_effect)
    reported = {key: [row for row in rows if _of_one_arm(row)] for key, rows in reported.items()}
    _one_role(table, reported, choice)
    usable = {key: rows for key, rows in reported.items() if rows}
    if not usable and ready:
        measures = listed(each or "" for each in ready)
        raise EvidenceError(f"{name!r} is reported as effects; pool them by {field('measure')}: {measures}")
    if not usable:
        raise EvidenceError(f"no study reports {name!r} as a count with its denominator, or as means with SDs")
    studies = [table.study(key) for key in usable]
    chosen, why = _choose(studies, choice.reports)
    rows = {study.key: usable[study.key] for study in chosen}
    effects, assumed = _effects(chosen, rows, choice, measure)
    silent = [key for key in reported if key not in usable]
    remarks = ["Single arms are pooled: this is no effect.", why, assumed, *_added(rows), *_differences(rows)]
    remarks += [f"No usable number in {listed(silent)}."] if silent else []
    return effects, {
        "left_out": tuple(study.key for study in studies if study not in chosen),
        "note": " ".join(filter(None, remarks)),
        "warning": _warning(table, name, chosen),
    }


def _reporting(table: EvidenceTable, name: str, choice: PoolChoice) -> dict[str, list[ReportedOutcome]]:
    """The usable rows of each study that has the outcome; an empty list where it has no numbers."""
    reported = {study.key: [row for row in study.outcomes if row.name == name] for study in table.studies}
    if not any(reported.values()):
        known = dict.fromkeys(row.name for study in table.studies for row in study.outcomes)
        raise EvidenceError(f"the evidence table has no outcome {name!r}; {did_you_mean(name, known)}")
    total = next((key for key, rows in reported.items() if rows and is_total(key)), None)
    if total is not None:
        raise EvidenceError(
            f"the row {total!r} sums up the others and would count everybody twice; remove it, "
            "or name it by its authors if it is a study"
        )
    sums = [
        (key, row.arm) for key, rows in reported.items() if len(rows) > 1 for row in rows if is_total(row.arm or "")
    ]
    if sums:
        key, arm = sums[0]
        raise EvidenceError(
            f"the arm {arm!r} of {key} sums up its other arms and would count everybody twice; remove its row, or name "
            "it by what it received"
        )
    _check_arms(table, name, reported, choice)
    return {key: _rows(table.study(key), rows, choice) for key, rows in reported.items() if rows}


def _check_arms(
    table: EvidenceTable, name: str, reported: dict[str, list[ReportedOutcome]], choice: PoolChoice
) -> None:
    """Raise where an arm is asked for that no row of the outcome has."""
    rows = [(table.study(key), row) for key, several in reported.items() for row in several]
    arms = dict.fromkeys(row.arm for _, row in rows if row.arm)
    roles = {role for study, row in rows if (role := role_of(study, row)) is not None}
    for asked in choice.arms or ():
        if asked not in arms and asked not in roles:
            way_out = did_you_mean(asked, arms) if arms else f"its rows name no arm: leave {field('arms')} out"
            raise EvidenceError(f"there is no arm {asked!r} among the rows of {name!r}; {way_out}")


def _rows(study: Study, rows: list[ReportedOutcome], choice: PoolChoice) -> list[ReportedOutcome]:
    """The rows of the arms and the time asked for that hold numbers, each arm once."""
    whole = choice.denominators == ENROLLED
    chosen = [
        row
        for row in rows
        if (choice.arms is None or row.arm in choice.arms or role_of(study, row) in choice.arms)
        and choice.timepoint_months in (None, row.timepoint_months)
        and (_in_numbers(row) or row.reported_effect or (whole and isinstance(row.events, int)))
    ]
    if len({(row.arm, row.effect_measure) for row in chosen}) < len(chosen):
        times = listed(f"{row.timepoint_months:g}" if row.timepoint_months else "unstated" for row in chosen)
        raise EvidenceError(
            f"study {study.key} reports {rows[0].name!r} at {times} months; name one with {field('timepoint_months')}"
        )
    return chosen


def _in_numbers(row: ReportedOutcome) -> bool:
    """Whether the row says what happened in an arm: a count, or means."""
    return bool(row.counts or row.moments or row.change or row.final)


def _of_one_arm(row: ReportedOutcome) -> bool:
    """Whether a row is a rate or a change: neither an effect of two arms, nor a mean at follow-up alone."""
    alone = row.final and not (row.moments or row.change or isinstance(row.events, int))
    return row.reported_effect is None and not alone


def _warning(table: EvidenceTable, name: str, chosen: list[Study]) -> str:
    """What a reader must know before using the pool: people counted twice, rows that a spelling leaves out."""
    sets = overlapping(chosen)
    warnings = [f"The same participants may be counted more than once: {_each(sets)} may overlap."] if sets else []
    for other in near(name, (row.name for study in table.studies for row in study.outcomes)):
        studies = [study for study in table.studies if any(row.name == other for row in study.outcomes)]
        warnings.append(
            f"Not in the pool: {other!r} of {keys(studies)}; give it the same name if it is the same outcome."
        )
    return " ".join(warnings)


def _one_role(table: EvidenceTable, reported: dict[str, list[ReportedOutcome]], choice: PoolChoice) -> None:
    """Refuse to add up arms that are compared, or that the table gives no role."""
    if choice.arms is not None:
        return
    _ask(table, reported)
    for key, rows in reported.items():
        if len(rows) < 2 or {role_of(table.study(key), row) for row in rows} == {TREATMENT}:
            continue
        arms = _arms(rows)
        raise EvidenceError(
            f"study {key} compares its arms {arms}; name those that count with {field('arms')}, "
            f"or compare them by {field('measure')}: {', '.join(COMPARISONS)}"
        )


def _arms(rows: Iterable[ReportedOutcome]) -> str:
    return listed(row.arm or "without a name" for row in rows)


def _ask(table: EvidenceTable, reported: dict[str, list[ReportedOutcome]]) -> None:
    """Raise the question which arm is what, of all the studies that do not say it."""
    asked = [key for key, rows in reported.items() if len(rows) > 1 and None in _roles(table.study(key), rows)]
    if not asked:
        return
    others = f"; the same is asked of {listed(asked[1:])}" if asked[1:] else ""
    raise EvidenceError(
        f"which of the arms {_arms(reported[asked[0]])} of study {asked[0]} received the treatment, and which is the "
        'control? Write role = "treatment" or "control" in their rows, or control = "none" if all are forms of the '
        f"treatment; -o table.toml saves a table to write it in{others}"
    )


def _roles(study: Study, rows: Iterable[ReportedOutcome]) -> list[str | None]:
    return [role_of(study, row) for row in rows]


def compares(table: EvidenceTable, name: str) -> tuple[str, ...]:
    """The measures in which the outcome can be compared: of its two arms, and of the effects that are reported."""
    measures: dict[str, None] = {}
    for study in table.studies:
        rows = [row for row in study.outcomes if row.name == name]
        if {role_of(study, row) for row in rows} >= set(ROLES):
            measures |= dict.fromkeys(["mean-difference"] if all(row.counts is None for row in rows) else RATES)
        measures |= {row.effect_measure: None for row in rows if row.effect_measure and row.reported_effect}
    return tuple(measures)


def _compared(
    table: EvidenceTable, name: str, reported: dict[str, list[ReportedOutcome]], choice: PoolChoice, measure: str
) -> tuple[Effects, dict[str, Any]]:
    """Treatment against control in each study that has both or reports the effect, and what their pool must say."""
    if choice.denominators != REPORTED:
        raise ParameterError(
            "how many were enrolled in each arm is not in the table; compare them with denominators reported"
        )
    ready = {key: _ready(key, rows, measure) for key, rows in reported.items()}
    arms = {key: [row for row in rows if row.reported_effect is None] for key, rows in reported.items()}
    _ask(table, {key: rows for key, rows in arms.items() if not ready[key]})
    pairs = {key: None if ready[key] else _pair(table.study(key), rows) for key, rows in arms.items()}
    if measure not in (*RATES, "mean-difference"):
        pairs = dict.fromkeys(pairs)
    usable = [key for key in reported if ready[key] or pairs[key]]
    if not usable:
        raise EvidenceError(
            f"no study reports {name!r} for a treatment and a control arm, or as {measure}; say with role which arm is "
            "which"
        )
    chosen, why = _choose([table.study(key) for key in usable], choice.reports)
    used = {study.key: pair for study in chosen if (pair := pairs[study.key]) is not None}
    effects, assumed = _effects_of_pairs(used, measure)
    whole = [(study.key, row) for study in chosen if (row := ready[study.key]) is not None]
    sizes = [row.n if isinstance(row.n, int) else 0 for _, row in whole]
    told = [(key, *(row.reported_effect or (0.0, 0.0)), n) for (key, row), n in zip(whole, sizes, strict=True)]
    rows = {key: [*treated, control] for key, (treated, control) in used.items()} | {key: [row] for key, row in whole}
    silent = [key for key in reported if key not in usable]
    remarks = [why, assumed, *_differences(rows)]
    remarks += [f"As reported: {listed(key for key, _ in whole)}."] if whole else []
    remarks += (
        [f"No treatment and control arm to compare in {listed(silent)}, and no {measure} reported."] if silent else []
    )
    return with_reported(effects, measure, told), {
        "left_out": tuple(key for key in usable if table.study(key) not in chosen),
        "note": " ".join(filter(None, remarks)),
        "warning": _warning(table, name, chosen),
    }


def _ready(key: str, rows: list[ReportedOutcome], measure: str) -> ReportedOutcome | None:
    """The row that reports the effect in this measure."""
    found = [row for row in rows if row.reported_effect and row.effect_measure == measure]
    if len(found) > 1:
        raise EvidenceError(f"study {key} reports {len(found)} effects ({_arms(found)}); name one with {field('arms')}")
    return found[0] if found else None


def _effects_of_pairs(pairs: dict[str, Pair], measure: str) -> tuple[Effects | None, str]:
    """The effects of the studies whose arms are reported, and what was done about empty cells and shared controls."""
    if not pairs:
        return None, ""
    labels = list(pairs)
    remarks = [_sharing(pairs)]
    if measure in RATES:
        treated = [[_pair_counts(key, row) for row in pairs[key][0]] for key in labels]
        untreated = [_pair_counts(key, pairs[key][1]) for key in labels]
        remarks.append(_zero_cells(labels, treated, untreated))
        effects = two_rates([each if len(each) > 1 else each[0] for each in treated], untreated, measure, labels)
        return effects, " ".join(filter(None, remarks))
    means = [([_pair_means(key, row) for row in pairs[key][0]], _pair_means(key, pairs[key][1])) for key in labels]
    final = [key for key, (several, other) in zip(labels, means, strict=True) if _all_final(key, [*several, other])]
    remarks.append(f"Means at follow-up, not changes, are compared in {listed(final)}." if final else "")
    values = [([each[1] for each in several], other[1]) for several, other in means]
    effects = two_means(
        [several if len(several) > 1 else several[0] for several, _ in values], [other for _, other in values], labels
    )
    return effects, " ".join(filter(None, remarks))


def _sharing(pairs: dict[str, Pair]) -> str:
    """Which arms share their control, and how they were put together."""
    shared = [f"{_arms(treated)} of {key}" for key, (treated, _) in pairs.items() if len(treated) > 1]
    if not shared:
        return ""
    return (
        f"One control is shared by {'; '.join(shared)}: as these effects correlate by its variance, they are one "
        "effect of the study, in which the control counts once (Gleser & Olkin 2009)."
    )


def _all_final(key: str, means: list[tuple[bool, MomentsOfChange]]) -> bool:
    """Whether a study's arms are compared by their means at follow-up; a change is compared with a change."""
    kinds = {final for final, _ in means}
    if len(kinds) > 1:
        raise EvidenceError(f"study {key} reports a change in one arm and a mean at follow-up in another; use one kind")
    return kinds.pop()


def _pair(study: Study, rows: list[ReportedOutcome]) -> Pair | None:
    """The rows of the treatment and the control's; None where there is but one role."""
    roles = _roles(study, rows)
    if set(roles) != set(ROLES):
        return None
    treated, controls = ([row for row, role in zip(rows, roles, strict=True) if role == wanted] for wanted in ROLES)
    if len(controls) > 1:
        raise EvidenceError(
            f"study {study.key} has {len(controls)} control arms ({_arms(controls)}), and arms are not added up; "
            f"name with {field('arms')} those to compare"
        )
    return treated, controls[0]


def _pair_counts(key: str, row: ReportedOutcome) -> tuple[int, int]:
    if row.counts is None:
        raise EvidenceError(
            f"study {key}, {row.label}: two rates need events and of; use {field('measure')} mean-difference"
        )
    return row.counts


def _pair_means(key: str, row: ReportedOutcome) -> tuple[bool, MomentsOfChange]:
    """Whether it is a mean at follow-up, and the mean of an arm with its SD and n: of the change, where it is told."""
    if row.change is None and row.final is None:
        raise EvidenceError(
            f"study {key}, {row.label}: a difference of means needs change_mean, change_sd and n, or followup_mean, "
            "followup_sd and n"
        )
    return row.change is None, row.change or row.final or (0.0, 0.0, 1)


def _zero_cells(labels: list[str], treated: list[list[tuple[int, int]]], untreated: list[tuple[int, int]]) -> str:
    """What was done about empty cells; nothing where there are none."""
    arms = dict(zip(labels, ([*several, one] for several, one in zip(treated, untreated, strict=True)), strict=True))
    if not any(x for counts in arms.values() for x, _ in counts):
        return "No study has an event: the result is that of the half events added, and says nothing."
    empty = [key for key, counts in arms.items() if any(x in (0, n) for x, n in counts)]
    if not empty:
        return ""
    return (
        f"Inverse variances add half an event to each cell of {listed(empty)}, where one is empty; mantel-haenszel, "
        "peto and beta-binomial take them as they are."
    )


def _added(rows: dict[str, list[ReportedOutcome]]) -> list[str]:
    """Which arms were added up."""
    added = [f"{_arms(group)} of {key}" for key, group in rows.items() if len(group) > 1]
    return [f"Added up: the arms {'; '.join(added)}."] if added else []


def _choose(studies: list[Study], reports: str | tuple[str, ...]) -> tuple[list[Study], str]:
    """The studies that enter the pool, and the remark that says why these."""
    if not isinstance(reports, str):
        return _named(studies, reports), ""
    if reports not in (REFUSE, ONE_PER_CENTRE, ALL):
        raise ParameterError(
            f"reports: there is no {reports!r}; {did_you_mean(reports, (REFUSE, ONE_PER_CENTRE, ALL))}; "
            "or give the studies' keys as a tuple"
        )
    sets = overlapping(studies)
    if not sets or reports == ALL:
        return studies, ""
    if reports == REFUSE:
        raise EvidenceError(
            f"reports that may share participants are not pooled: {_each(sets)}; "
            "name the report that stands for each, or choose one-per-centre or all"
        )
    kept = [(max(group, key=_standing), group) for group in sets]
    left = {study.key for stays, group in kept for study in group if study is not stays}
    why = [f"{stays.key} stands for {keys([s for s in group if s is not stays])}" for stays, group in kept]
    return [study for study in studies if study.key not in left], f"One report per centre: {'; '.join(why)}."


def _named(studies: list[Study], names: Iterable[str]) -> list[Study]:
    known = {study.key: study for study in studies}
    for name in names:
        if name not in known:
            raise EvidenceError(f"no study {name!r} reports this outcome in numbers; {did_you_mean(name, known)}")
    return [study for study in studies if study.key in set(names)]


def _standing(study: Study) -> tuple[int, int]:
    """Largest enrolment first, then the latest report; what is not reported stands last."""
    return (study.enrolled if isinstance(study.enrolled, int) else 0, study.year or 0)


def _each(sets: Iterable[Sequence[Study]]) -> str:
    return "; ".join(keys(group) for group in sets)


def _effects(
    studies: list[Study], rows: dict[str, list[ReportedOutcome]], choice: PoolChoice, measure: str | None
) -> tuple[Effects, str]:
    """Rates where every row is a count, else changes; and the remark on what was assumed."""
    labels = [study.key for study in studies]
    if all(isinstance(row.events, int) for group in rows.values() for row in group):
        pairs = [_counts(study, rows[study.key], choice.denominators) for study in studies]
        events, of = zip(*pairs, strict=True)
        return proportion_effects(events, of, measure or "logit", labels), _one_sided(labels, pairs, measure)
    if measure in PROPORTIONS:
        raise ParameterError(f"measure {measure} is for rates, and this outcome is a change; choose mean-change")
    changes = [_moments(study, rows[study.key]) for study in studies]
    assumed = [study.key for study, change in zip(studies, changes, strict=True) if len(change) == 5]
    if assumed and choice.correlation is None:
        raise EvidenceError(
            f"the mean change of {listed(assumed)} needs the correlation within a participant, which the table does "
            f"not print; give {field('correlation')}, for example 0.5"
        )
    effects = change_effects(changes, choice.correlation, measure or "mean-change", labels)
    some = "" if len(assumed) == len(studies) else f" for {listed(assumed)}; the others print the change's own SD"
    return effects, f"A correlation of {choice.correlation:g} within a participant is assumed{some}." if assumed else ""


def _one_sided(labels: list[str], pairs: list[tuple[int, int]], measure: str | None) -> str:
    """What is done in two stages about the studies where none or all had the event; nothing where there are none."""
    extreme = [f"{key} ({x}/{n})" for key, (x, n) in zip(labels, pairs, strict=True) if x in (0, n)]
    if not extreme or measure == "double-arcsine":
        return ""
    return (
        f"Methods in two stages add half an event and half a non-event where none or all had it: {listed(extreme)}; "
        "binomial-normal and beta-binomial take them as they are."
    )


def _counts(study: Study, rows: list[ReportedOutcome], denominators: str) -> tuple[int, int]:
    """Events and denominator of a study, its arms added up."""
    if denominators not in (REPORTED, ENROLLED):
        raise ParameterError(
            f"denominators: there is no {denominators!r}; {did_you_mean(denominators, (REPORTED, ENROLLED))}"
        )
    events = sum(row.events for row in rows if isinstance(row.events, int))
    if denominators == REPORTED:
        return events, sum(row.of for row in rows if isinstance(row.of, int))
    if not isinstance(study.enrolled, int):
        raise EvidenceError(f"study {study.key} does not say how many were enrolled; use denominators reported")
    return events, study.enrolled


def _moments(study: Study, rows: list[ReportedOutcome]) -> Moments | MomentsOfChange:
    """The change's own mean and SD where they are reported, else means and SDs before and after."""
    if len(rows) > 1:
        raise EvidenceError(
            f"study {study.key} reports means for the arms {_arms(rows)}; name one with {field('arms')}"
        )
    moments = rows[0].change or rows[0].moments
    if moments is None:
        raise EvidenceError(f"study {study.key} reports {rows[0].name!r} as a count and others as means; name which")
    return moments


def _differences(rows: dict[str, list[ReportedOutcome]]) -> list[str]:
    """Sentences on what differs between the rows that are pooled: definitions and times."""
    every = [row for group in rows.values() for row in group]
    definitions = {row.definition for row in every}
    times = sorted({row.timepoint_months for row in every if row.timepoint_months is not None})
    remarks = [f"{len(definitions)} definitions of the outcome are pooled."] if len(definitions) > 1 else []
    if len(times) > 1:
        remarks.append(f"Timepoints from {times[0]:g} to {times[-1]:g} months are pooled.")
    return remarks
