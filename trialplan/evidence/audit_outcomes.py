"""Rules about outcomes: when and how they were counted, and what their means can carry."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from trialplan.evidence.audit_counts import LOSS, counts_of, is_response
from trialplan.evidence.control import has_concurrent_control
from trialplan.evidence.estimate import below_zero
from trialplan.evidence.finding import (
    MEANING,
    RATE,
    SETTING,
    Seen,
    SeenAndMeans,
    by_name,
    keys,
    outcome_rule,
    percent,
    rule,
)
from trialplan.evidence.measures import RATIO_MEASURES
from trialplan.evidence.numerals import number_alone, percentages
from trialplan.numerics.distributions import upper_t_quantile
from trialplan.text import listed

if TYPE_CHECKING:
    from trialplan.evidence.table import EvidenceTable, ReportedOutcome, Study


@outcome_rule("P08", "warning", MEANING)
def ever_or_landmark(study: Study, outcome: ReportedOutcome) -> SeenAndMeans | None:
    """To have had it at any time is easier than to have it at a visit."""
    if outcome.kind == "landmark" or not is_response(outcome):
        return None
    how = "had it at any time" if outcome.kind == "ever" else "had it, at a visit or ever is not said"
    losses = [row for row in study.outcomes if LOSS.search(row.name) and not row.harm and isinstance(row.events, int)]
    counts = listed(f"{row.events} ({row.label})" for row in losses)
    again = f"; the same study counts {counts} who lost it again" if losses else ""
    return (
        f"{outcome.events} {how}{again}.",
        "A trial that counts it at a fixed visit will see fewer than had it at any time. Convert it "
        "to a landmark (net of those who lost it by then) or define the trial's outcome the same way.",
    )


@rule("P09", "warning", MEANING)
def mixed_timepoints(table: EvidenceTable) -> Iterator[Seen]:
    """The same name at different times is a different quantity."""
    for name, reported in by_name(table).items():
        times: dict[float, list[Study]] = {}
        for study, outcome in reported:
            time = _time(study, outcome)
            if time is not None:
                times.setdefault(time, []).append(study)
        if len(times) > 1 and len({study.key for studies in times.values() for study in studies}) > 1:
            when = "; ".join(f"{time:g} months: {keys(studies)}" for time, studies in sorted(times.items()))
            yield (
                (None, name),
                f"{name} is reported at different times ({when}).",
                "Do not pool across them: what is counted up to a time grows with it. Choose the row "
                "nearest to the trial's own timepoint, or model the time.",
            )


def _has_number(outcome: ReportedOutcome) -> bool:
    """Whether the row carries a number that can be used."""
    numbers = (outcome.moments, outcome.change, outcome.reported_effect)
    return isinstance(outcome.events, int) or any(each is not None for each in numbers)


def _time(study: Study, outcome: ReportedOutcome) -> float | None:
    """The outcome's timepoint; what is counted over all of follow-up takes the length of that."""
    if outcome.events in ("NR", "ND") or not _has_number(outcome):
        return None
    if outcome.timepoint_months is None and outcome.kind == "ever":
        return study.follow_up_months
    return outcome.timepoint_months


@outcome_rule("P14", "warning", MEANING)
def p_value_bounds_correlation(study: Study, outcome: ReportedOutcome) -> SeenAndMeans | None:
    """A P value printed as an inequality bounds the correlation within a participant; it does not give it."""
    moments, bound = outcome.moments, outcome.p_bound()
    # with a concurrent control the P value usually compares the arms, and says nothing on this correlation
    if moments is None or bound is None or not moments[1] * moments[3] or has_concurrent_control(study):
        return None
    (sign, p), (mean0, sd0, mean1, sd1, n) = bound, moments
    # at which the paired t test gives exactly p
    sd = abs(mean1 - mean0) * math.sqrt(n) / float(upper_t_quantile(p / 2, n - 1))
    return _what_p_says(sign, p, sd, correlation=(sd0**2 + sd1**2 - sd**2) / (2 * sd0 * sd1))


def _what_p_says(sign: str, p: float, sd: float, correlation: float) -> tuple[str, str]:
    scan = "Scan the correlation in the plan and show the sample size across it; do not back out one value."
    if (correlation > 1 and sign != ">") or (correlation < -1 and sign != "<"):
        return (
            f"No correlation within a participant makes these means and SDs give P {sign} {p:g} "
            f"(a paired t test would need r {sign.replace('<', '>')} {correlation:.2f}).",
            "The P value, a mean or an SD is misprinted, or the SDs are standard errors. Look it up before use.",
        )
    if sign == "=":
        return (
            f"P = {p:g} puts the change's SD at {sd:.2f}, so the correlation within a participant at "
            f"{correlation:.2f}.",
            "That holds if P comes from a paired t test on these very values. Rounding makes it uncertain: "
            "scan around it.",
        )
    side, limit = ("below", ">") if sign == "<" else ("above", "<")
    excludes = f"so the correlation within a participant only has to be {limit} {correlation:.2f}"
    if (sign == "<" and correlation <= -1) or (sign == ">" and correlation >= 1):
        excludes = "which every correlation within a participant satisfies: it excludes nothing"
    return f"P {sign} {p:g} needs a change SD {side} {sd:.2f}, {excludes}.", scan


@outcome_rule("P15", "warning", MEANING)
def normal_model_below_zero(study: Study, outcome: ReportedOutcome) -> SeenAndMeans | None:
    """An SD above half of the mean makes a normal model predict values below zero."""
    pairs = {
        "baseline": (outcome.baseline_mean, outcome.baseline_sd),
        "follow-up": (outcome.followup_mean, outcome.followup_sd),
    }
    skewed = []
    for when, (mean, sd) in pairs.items():
        if isinstance(mean, int | float) and isinstance(sd, int | float) and 0 < mean < 2 * sd:
            skewed.append(
                f"at {when} {mean:g} (SD {sd:g}, {sd / mean:.2f} of the mean): {percent(below_zero(mean, sd))}"
            )
    if skewed:
        return (
            f"A normal distribution puts participants below zero, {'; '.join(skewed)}.",
            "If the quantity cannot be negative it is skewed: plan and analyse it on the log scale, "
            "where the effect is a ratio of geometric means.",
        )
    return None


@rule("P17", "warning", MEANING)
def definition_missing_or_mixed(table: EvidenceTable) -> Iterator[Seen]:
    """A rate belongs to a definition; under the same name it may be another outcome."""
    for name, reported in by_name(table).items():
        efficacy = [(study, each) for study, each in reported if not each.harm and each.events is not None]
        without = [study for study, each in efficacy if not each.definition]
        definitions = dict.fromkeys(each.definition for _, each in efficacy if each.definition)
        if without:
            yield (
                (None, name),
                f"{name} is not defined for {keys(without)}.",
                "A control rate taken under another definition is not comparable: map the definition to "
                "that of the trial, or take the rate as a guess.",
            )
        if len(definitions) > 1:
            yield (
                (None, name),
                f"{name} has {len(definitions)} definitions ({'; '.join(map(str, definitions))}).",
                "These are different outcomes under one name: do not pool them, and take the control rate "
                "from the definition that the trial uses.",
            )


@outcome_rule("T04", "information", SETTING)
def words_only(study: Study, outcome: ReportedOutcome) -> SeenAndMeans | None:
    """An outcome told in words carries no number; a percentage without its count is not yet one."""
    numbers = (outcome.events, outcome.baseline_mean, outcome.followup_mean, outcome.change_mean, outcome.effect)
    if outcome.reported in (None, "NR", "ND") or any(number is not None for number in numbers):
        return None
    printed, of = percentages(outcome.reported), outcome.of
    if printed:
        near = [f"{x}/{of}" for x in counts_of(printed[0], of)] if isinstance(of, int) else []
        would = f"; {listed(near)} would give it" if near else ""
        return (
            f"Only a percentage is printed: {outcome.reported!r}{'' if of is None else f' of {of}'}{would}.",
            "A percentage may be of those observed, or be estimated from times. Write events where the report confirms "
            "the count; without it no rate is computed.",
        )
    if may_be := number_alone(outcome.reported, of if isinstance(of, int) else None):
        return (
            f"A number alone is printed: {outcome.reported!r}{'' if of is None else f' of {of}'}, which may be "
            f"{' or '.join(may_be)}.",
            "Which it is decides the rate, and nobody can tell from the table. Look it up: write a count in events, a "
            "percentage in reported with its sign; without it no rate is computed.",
        )
    return (
        f"Reported in words only: {outcome.reported!r}.",
        "It cannot size anything, and says nothing on how many changed or by how much. Look for the "
        "numbers in the report if the outcome matters to the trial.",
    )


@outcome_rule("T05", "warning", MEANING)
def no_timepoint(study: Study, outcome: ReportedOutcome) -> SeenAndMeans | None:
    """A rate or a change without a time cannot be matched to a visit."""
    if _has_number(outcome) and not outcome.harm and outcome.kind != "ever" and outcome.timepoint_months is None:
        return (
            "When it was assessed is not stated.",
            "It cannot be matched to the trial's own visit, nor to a control rate. Look the time up.",
        )
    return None


@outcome_rule("T06", "warning", MEANING)
def mean_without_spread(study: Study, outcome: ReportedOutcome) -> SeenAndMeans | None:
    """A mean change without SDs or without n cannot size a trial."""
    means = (outcome.baseline_mean, outcome.followup_mean, outcome.change_mean)
    if outcome.moments or outcome.change or not any(isinstance(mean, int | float) for mean in means):
        return None
    parts = ["baseline_mean", "baseline_sd", "followup_mean", "followup_sd", "n"]
    if isinstance(outcome.change_mean, int | float):
        parts = ["change_sd", "n"]
    missing = [part for part in parts if not isinstance(getattr(outcome, part), int | float)]
    return (
        f"Means are given without {listed(missing) if missing else 'more than one participant'}.",
        "No interval and no SD can be had from this row. Take the SD from another cited source.",
    )


@outcome_rule("T14", "warning", RATE)
def effect_not_within_its_interval(study: Study, outcome: ReportedOutcome) -> SeenAndMeans | None:
    """An effect that is not in the middle of its interval, on the scale of its standard error, is misprinted."""
    known = outcome.reported_effect
    low, high = outcome.effect_lower, outcome.effect_upper
    if known is None or not isinstance(low, int | float) or not isinstance(high, int | float):
        return None
    scale = math.log if outcome.effect_measure in RATIO_MEASURES else float
    middle, width = (scale(low) + scale(high)) / 2, scale(high) - scale(low)
    # a tenth of the width: the rounding of two printed decimals stays below it but for the narrowest intervals
    if abs(known[0] - middle) <= 0.1 * width:
        return None
    natural = math.exp(middle) if scale is math.log else middle
    return (
        f"The {outcome.effect_measure} {outcome.effect:g} is not in the middle of {low:g} to {high:g}, which is "
        f"{natural:.3g}.",
        "The effect or a limit is misprinted, or the interval was not made from a standard error. Look it up; a pool "
        "takes the effect as printed with the width of the interval.",
    )
