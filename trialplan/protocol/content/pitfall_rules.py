"""How each pitfall shows in a plan, and what in the plan answers it: one function each, one sentence or None."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from trialplan.evidence.bridge import Reading
from trialplan.plan.assumptions import Assumption
from trialplan.plan.building import Endpoint, Trial
from trialplan.protocol.content.views import of_controls
from trialplan.text import with_article

Said = Mapping[str, Any]


def bridged(trial: Trial, said: Said) -> str | None:
    """P01: the treatment rate is bridged."""
    found = next((one.bridge for one in trial.assumptions if one.bridge is not None), None)
    return f"The treatment rate is bridged: {found.words}" if found else None


def control_elsewhere(trial: Trial, said: Said) -> str | None:
    """P02: the control rate of a primary endpoint is borrowed from arms that differ, or has no source."""
    found = of_controls(trial)
    seen = [(one.name, told) for one, assumed in found if (told := _control_elsewhere(assumed))]
    of = {name: f" ({name})" if len(found) > 1 else "" for name, _ in seen}
    return "; ".join(f"{told}{of[name]}" for name, told in seen) or None


def _control_elsewhere(assumed: Assumption) -> str | None:
    if assumed.borrowed is None:
        name = "control rate" if assumed.unit == "proportion" else assumed.label
        return f"The {name} is the planners' own choice" if assumed.basis == "ours" else None
    differing = {one.study for one in assumed.borrowed.findings}
    if not differing:
        return None
    arms = len(assumed.borrowed.readings)
    return f"{len(differing)} of the {arms} borrowed control arms differ from the endpoint in definition or time"


def control_accepted(trial: Trial, said: Said) -> str | None:
    """P02: the plan accepts the differences by name, and the predictive interval carries them."""
    open_still = [assumed for _, assumed in of_controls(trial) if _control_elsewhere(assumed)]
    for assumed in open_still:  # other rates beside one without a source are none
        if assumed.borrowed is None or any(one.severity != "information" for one in assumed.borrowed.findings):
            return None
    return "Accepted by name; the predictive interval and the scenarios carry the difference" if open_still else None


def change_within_an_arm(trial: Trial, said: Said) -> str | None:
    """P03: the table reports changes within one arm, and an endpoint of the plan is such a mean."""
    changes = [row for row in said["rows"] if row["estimate"] is not None and row["estimate"].kind != "proportion"]
    if not changes or not any(_is_mean(one) for one in trial.endpoints):
        return None
    several = "changes" if len(changes) > 1 else "a change"
    return f"The table reports {several} within one arm, of participants who were selected for a high value"


def spontaneous(trial: Trial, said: Said) -> str | None:
    """P03: what selection alone does is computed."""
    views = [view for view in [said["primary"], *said["secondary"]] if view.spontaneous]
    if not views:
        return None
    share = 100 * views[0].spontaneous.share
    return f"The planned effect is between arms; selection alone makes the outcome fall by {share:.1f} %"


def defined(trial: Trial, said: Said) -> str | None:
    """P04: the plan defines whom it selects."""
    return "Defined above" if trial.plan.content.population.definition else None


def denominators(trial: Trial, said: Said) -> str | None:
    """P07: losses are non-response in the trial, and the rates that the plan draws are on whom."""
    if trial.primary.section.missing != "non-response":
        return None
    return "In this trial everybody randomised is in the denominator, and a missing outcome is non-response"


def one_time(trial: Trial, said: Said) -> str | None:
    """P09: nothing is pooled over times."""
    drawn = [one.reading for one in trial.assumptions if one.reading is not None]
    single = drawn and all(isinstance(one, Reading) for one in drawn)
    return f"Nothing is pooled over times; the primary is read {trial.primary.section.timepoint}" if single else None


def dose(trial: Trial, said: Said) -> str | None:
    """P10: the dose is argued for."""
    argued = trial.plan.content.intervention.dose_rationale
    return "One product and one schedule; see the rationale of the dose" if argued else None


def dose_units(trial: Trial, said: Said) -> str | None:
    """P11: the plan doses by weight and a randomised trial of the same intervention did not."""
    if not re.search(r"per kg|/kg", trial.plan.content.trial.intervention):
        return None
    studies = {one.comparison.study.key: one.comparison.study for one in trial.randomised}
    fixed = [study.key for study in studies.values() if study.regimen and not re.search("kg", str(study.regimen))]
    return f"This plan doses by weight; {', '.join(fixed)} gave a fixed dose" if fixed else None


def correlation(trial: Trial, said: Said) -> str | None:
    """P14: the correlation is varied instead of read off."""
    for endpoint in trial.endpoints:
        assumed = endpoint.by_role("association")
        if assumed is not None and assumed.range is not None:
            low, high = assumed.range
            says = f"{assumed.value:g} is assumed and {low:g} to {high:g} is plausible"
            return f"No correlation is taken from P values; {says}"
    return None


def on_logs(trial: Trial, said: Said) -> str | None:
    """P15: the outcome is analysed on the log scale."""
    designs = [one.design for one in trial.endpoints if one.design is not None and _is_mean(one)]
    if not designs or not all(design.logarithmic for design in designs):
        return None
    return f"Analysed on the log scale, as {with_article(designs[0].outcome.effect_scale(designs[0].fixed).name)}"


def which_sd(trial: Trial, said: Said) -> str | None:
    """P16: a correlation is given, and three standard deviations could be meant."""
    return _spreads(trial)[0] or None


def which_sd_answer(trial: Trial, said: Said) -> str | None:
    """P16: the design says which one it uses."""
    return _spreads(trial)[1] or None


def _spreads(trial: Trial) -> tuple[str, str]:
    said = (one.design.fixed.which_spread() for one in trial.endpoints if one.design is not None)
    return next((pair for pair in said if pair[0]), ("", ""))


def composite_for_rescue(trial: Trial, said: Said) -> str | None:
    """P18: rescue is part of the variable."""
    events = [one.event for one in trial.plan.content.estimand.intercurrent if one.strategy == "composite variable"]
    rescue = [event for event in events if "rescue" in event.lower()]
    return f"{rescue[0]} counts as non-response, by the estimand" if rescue else None


def losses_seen(trial: Trial, said: Said) -> str | None:
    """P19: a missing outcome is non-response, or inflates n."""
    if losses_answer(trial, said) is None:
        return None
    responders = trial.design.outcome.responder
    counted = f"as non-{responders}" if responders else "in the planning values"
    return f"Counting the missing {counted} and inflating the number for them are alternatives"


def _people(number: float) -> str:
    """A number of participants, of whom there are no parts."""
    return f"{math.ceil(number - 1e-9):,}"


def losses_answer(trial: Trial, said: Said) -> str | None:
    """P19: never both, and by n/(1 − d)."""
    non_response = trial.primary.section.missing == "non-response"
    answers = ["The primary does the first and inflates nothing"] if non_response else []
    for endpoint in trial.counted:
        share, answer = endpoint.section.dropout, endpoint.answer
        if share is not None and answer is not None:
            n = int(answer.n)
            answers.append(
                f"for {endpoint.name}, {n:,} observed take {_people(n / (1 - share))} enrolled, n/(1 − d), where "
                f"n(1 + d) would give {_people(n * (1 + share))}, arms not yet made whole"
            )
    return "; ".join(answers) or None


def tests_apart(trial: Trial, said: Said) -> str | None:
    """P22: how far the tests lie apart under the same assumptions."""
    totals = {one.test: sum(arm.n for arm in one.arms) for one in said["by_test"] if one.arms}
    if len(set(totals.values())) < 2:
        return None
    low, high = min(totals, key=totals.__getitem__), max(totals, key=totals.__getitem__)
    span = f"{totals[low]:,.0f} ({low}) to {totals[high]:,.0f} ({high}) participants"
    return f"The same assumptions ask for {span}{_without_looks(said)}"


def test_named(trial: Trial, said: Said) -> str | None:
    """P22: the plan names its test."""
    chosen = next((one.test for one in said["by_test"] if one.chosen), None)
    return f"The test is named, {chosen}, and every other stands in the table above" if chosen else None


def rounded(trial: Trial, said: Said) -> str | None:
    """P23: the formula gave no whole number."""
    arms = [arm for arm in said["primary"].alone.arms if arm.unrounded is not None and arm.unrounded != arm.n]
    if not arms:
        return None
    shown = ", ".join(f"{arm.unrounded:,.2f} {arm.name}" for arm in arms)
    return f"The formula{', with the looks,' if said['looks'] else ''} gives {shown}"


def uncertain(trial: Trial, said: Said) -> str | None:
    """P24: a rate of the plan was observed with an interval."""
    drawn = next((one.reading for one in trial.assumptions if isinstance(one.reading, Reading)), None)
    if drawn is None:
        return None
    return f"The treatment rate rests on {drawn.events} of {drawn.of} participants of one report"


def assured(trial: Trial, said: Said) -> str | None:
    """P24: assurance is computed."""
    found = said["assured"]
    return None if found is None else f"Assurance, {found.planned.assurance:.3f}, is printed beside power"


def no_rule(trial: Trial, said: Said) -> str | None:
    """P25: nothing is planned that could stop the trial."""
    if trial.plan.content.monitoring is not None:
        return None
    return "No interim analysis is planned; a trial that stops without a rule excludes neither benefit nor harm"


def blinding_planned(trial: Trial, said: Said) -> str | None:
    """P26: the plan blinds, and what it gives does not look like its control."""
    if not re.search(r"double.blind", trial.plan.content.trial.blinding, re.IGNORECASE):
        return None
    return "What is given may be told from its control by look, smell, taste or what follows it"


def blinded(trial: Trial, said: Said) -> str | None:
    """P26: likeness, delivery and an unblinded preparer are described."""
    words = trial.plan.content.blinding
    if None in (words.similarity, words.delivery, words.preparer):
        return None
    return "Likeness, delivery, the unblinded preparer and the test of the blinding are described above"


def conditioned(trial: Trial, said: Said) -> str | None:
    """P27: the evidence had conditioning, and the plan blinds."""
    if blinding_planned(trial, said) is None or all(one.id != "P05" for one in trial.findings):
        return None
    return "Conditioning that only one arm receives would tell everybody which arm it is"


def by_centre(trial: Trial, said: Said) -> str | None:
    """P28: randomisation is stratified by centre."""
    factors = [one.factor for one in trial.plan.content.randomisation.strata]
    centre = [factor for factor in factors if re.search("cent(re|er)|site", factor, re.IGNORECASE)]
    return f"Randomisation is stratified by {centre[0]}" if centre else None


_AT_LEVEL = 5e-4
"""What four printed decimals do not tell from the level."""


def level_exceeded(trial: Trial, said: Said) -> str | None:
    """P29: the test exceeds, or stays well below, its level at this number."""
    kept, nominal = said["level_kept"], float(trial.design.alpha)
    if kept is None:
        return None
    if 0.9 * nominal <= kept <= nominal + _AT_LEVEL:
        return None
    way = "exceeds" if kept > nominal else "stays below"
    return f"Counted over all outcomes, the largest type I error is {kept:.4f}, which {way} {nominal:g}"


def level_answer(trial: Trial, said: Said) -> str | None:
    """P29: what an exact test would cost instead."""
    if said["level_kept"] <= float(trial.design.alpha) + _AT_LEVEL:
        return "It is kept; what counts leave of it unused is the price of an exact test"
    exact = [one for one in said["by_test"] if one.level is not None and one.level <= trial.design.alpha]
    sized = {one.test: sum(arm.n for arm in one.arms) for one in exact if one.arms and not one.chosen}
    if not sized:
        return None
    least = min(sized, key=sized.__getitem__)
    return f"A test that keeps its level, {least}, asks for {sized[least]:,.0f} participants{_without_looks(said)}"


def several(trial: Trial, said: Said) -> str | None:
    """P30: more than one endpoint is tested."""
    tested = [view.section.name for view in [*said["primaries"], *said["secondary"]] if view.design is not None]
    return f"{len(tested)} endpoints are tested" if len(tested) > 1 else None


def in_order(trial: Trial, said: Said) -> str | None:
    """P30: the rule of the family, and the order of what follows."""
    if trial.family is None:
        return "In a fixed order, each only if all before it were significant"
    after = "; what follows in a fixed order, each only if all before it were significant" if said["several"] else ""
    return f"The primary endpoints by their rule, as said above{after}"


def short(trial: Trial, said: Said) -> str | None:
    """P31: the primary is read sooner than studies of the table, or the control arms, followed participants."""
    months = trial.primary.section.timepoint_months
    if months is None or months >= _YEAR:
        return None
    seen = {study.key: study.follow_up_months or 0 for study in trial.table.studies}
    borrowed = (one.borrowed.readings for one in trial.assumptions if one.borrowed is not None)
    seen |= {arm.study.key: arm.outcomes[0].timepoint_months or 0 for arms in borrowed for arm in arms}
    longer = {key: told for key, told in seen.items() if told > months}
    if not longer:
        return None
    longest = max(longer, key=longer.__getitem__)
    return (
        f"The primary is read at {months:g} months, and {longest} followed participants for {longer[longest]:g}: "
        "whether what is seen then lasts is not seen"
    )


_YEAR = 12
"""Months from which a follow-up is not called short, as guidance for chronic disease asks for (FDA 2010 for lupus)."""


def counts_as(trial: Trial, said: Said) -> str | None:
    """P39: what a missing outcome counts as helps the claim, or makes arms alike."""
    views = [view for view in said["primaries"] if view.missing is not None and view.missing.counts]
    told = [
        f"{view.section.name}: a missing outcome counts as {view.missing.counts}; "
        + (
            view.missing.favours
            or "it works against the treatment if the arms lose alike, and for the arm that loses fewer"
        )
        for view in views
    ]
    return "; ".join(told) or None


def counted_so(trial: Trial, said: Said) -> str | None:
    """P39: the plan's reason; where nothing is helped, that the losses are looked at by arm."""
    reasons = [
        view.missing.rationale for view in said["primaries"] if view.missing is not None and view.missing.rationale
    ]
    if reasons:
        return "; ".join(dict.fromkeys(reasons))
    words = trial.plan.content.analysis.missing
    helped = any(view.missing is not None and view.missing.favours for view in said["primaries"])
    return None if helped else words


def clustered(trial: Trial, said: Said) -> str | None:
    """P28: the plan accounts for what participants share, or randomisation is stratified by centre."""
    return trial.plan.content.analysis.clustering or by_centre(trial, said)


def drift(trial: Trial, said: Said) -> str | None:
    """P32: the control rate comes from other years, and care moves: what a higher one would ask for."""
    higher = said["drifted"]
    if not higher:
        return None
    bridged = " and ".join(f"{cell.shown} at {100 * rate:.1f} %" for rate, cell, _ in higher)
    kept = " and ".join(cell.shown for _, _, cell in higher)
    return (
        f"If better care raises the control rate, the participants per arm become {bridged}, if the bridge raises the "
        f"treatment rate with it; if the treatment rate stays as planned, {kept}"
    )


def contrary(trial: Trial, said: Said) -> str | None:
    """P33: randomised evidence that is not in favour."""
    against: dict[str, list[str]] = {}
    for one in trial.randomised:
        if not one.comparison.in_favour:
            against.setdefault(one.comparison.study.called, []).append(one.said.outcome)
    if not against:
        return None
    named = "; ".join(f"{study} for {' and '.join(outcomes)}" for study, outcomes in against.items())
    return f"Randomised, and not in the treatment's favour: {named}"


def _without_looks(said: Said) -> str:
    return ", without looks" if said["looks"] else ""


def _is_mean(endpoint: Endpoint) -> bool:
    return endpoint.design is not None and endpoint.design.field("spread") is not None


def too_few_come(trial: Trial, said: Said) -> str | None:
    """P40: by the plan's own month fewer come, with an even chance, than are wanted; or nobody knows how many come."""
    if trial.plan.content.enrolment is None:
        wanted = f"{trial.n_randomised:,}"
        return f"The plan does not say how fast participants come, so nobody knows whether {wanted} can be recruited"
    recruited = said["recruited"]
    by = None if recruited is None else recruited.answer.by
    if by is None or by.median >= recruited.answer.n:
        return None
    n = recruited.answer.n
    return f"by month {by.month:g} half of the recruitments reach {by.median:,} participants, of {n:,} that are wanted"
