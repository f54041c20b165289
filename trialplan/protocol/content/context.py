"""The context of a protocol: every object that its templates may print, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeGuard

import trialplan
from trialplan import evidence
from trialplan.design import Design, Sized
from trialplan.design_facts import rests_on
from trialplan.enrolment.dropout import enrolled
from trialplan.errors import ParameterError
from trialplan.evidence.bias import LATER_TRIALS
from trialplan.evidence.control import says_none
from trialplan.evidence.regression import regression_to_the_mean
from trialplan.numerics.lazy import np
from trialplan.outcome import EffectScale
from trialplan.page import Table
from trialplan.parameter import in_unit, parameters
from trialplan.plan.amendments import amendments
from trialplan.plan.arms import tested_names
from trialplan.plan.building import Endpoint, Trial
from trialplan.plan.schema import ArmsSection
from trialplan.protocol.content.alternatives import (
    by_discount,
    by_reading,
    by_test,
    controls,
    drifted,
    level_kept,
    spread,
)
from trialplan.protocol.content.assurance_section import (
    alternatives,
    assured,
    break_evens,
    control_belief,
    unassured,
)
from trialplan.protocol.content.claim import claim, missing_outcome, scale_of, targets
from trialplan.protocol.content.coverage import Coverage, judge
from trialplan.protocol.content.embedded_sources import EmbeddedSource, canonical, sources, studies
from trialplan.protocol.content.filters import Verbatim, in_its_unit, valued, width
from trialplan.protocol.content.filters import power as power_shown
from trialplan.protocol.content.formula_legend import legend
from trialplan.protocol.content.hierarchy import hierarchy
from trialplan.protocol.content.interim_analyses import calendar, looked, method, monitored
from trialplan.protocol.content.judged_studies import judged_studies
from trialplan.protocol.content.open_biases import open_biases
from trialplan.protocol.content.operating_characteristics import blind_spot, operating
from trialplan.protocol.content.pitfalls import by_section, met
from trialplan.protocol.content.planning_rates import planning_rates
from trialplan.protocol.content.provisional import blocks
from trialplan.protocol.content.recruitment_section import recruited
from trialplan.protocol.content.schedule import Schedule, schedule
from trialplan.protocol.content.strata_section import within_strata
from trialplan.protocol.content.verification_section import verified
from trialplan.protocol.content.views import (
    ONE_ARM,
    Alone,
    AtTrial,
    Detectable,
    EndpointView,
    FamilyView,
    FindingView,
    OtherTest,
    arm_names,
    arms_of,
    arms_randomised,
    as_allocated,
    is_factorial,
    of_control,
    treatments,
)
from trialplan.protocol.content.worst_doubt import worst_doubt
from trialplan.sequential.base import WithLooks
from trialplan.text import listed
from trialplan.time_unit import UNNAMED
from trialplan.wrapper import Names, Wrapper

NAMES = {
    "estimand": "ICH E9(R1)",
    "spirit": "SPIRIT 2025, item 16",
    "schedule": "SPIRIT 2025, item 18",
    "harmonised": "ICH M11",
    "harm_power": "80 %",
    "confidence": "95 %",
    "certainty": "95 % certainty of seeing one",
    "digest": "SHA-256",
    "logit_sd": "2",
    "recruitment_model": "Anisimov & Fedorov 2007, Statistics in Medicine 26:4958",
    "lower": "lower 95 % limit",
    "analysis_plan": "Gamble et al. 2017, JAMA 318:2337",
    "charter": "DAMOCLES Study Group 2005, Lancet 365:711",
    "ends": (0.05, 0.5, 0.95),
    "endpoints_over_looks": "Hung, Wang & O’Neill 2007, J Biopharm Stat 17:1201",
}
"""Names and conventions that are written with figures; templates hold none."""

OURS = "(ours)"
"""How a plan marks what its authors decided without a source."""

_SEVERITIES = ("block", "warning", "information")


STANDARDS = (
    "Chan AW et al. SPIRIT 2025 statement: updated guideline for protocols of randomised trials. BMJ 2025;389:e081477",
    "ICH M11, Clinical Electronic Structured Harmonised Protocol (CeSHarP): guideline, template and technical "
    "specification. Step 4, 19 November 2025",
    "ICH E9(R1), Estimands and sensitivity analysis in clinical trials: addendum to ICH E9",
    "Cook JA et al. DELTA² guidance on choosing the target difference and undertaking and reporting the sample size "
    "calculation for a randomised controlled trial. BMJ 2018;363:k3750",
)
"""The standards that the order, the estimand and the checklists follow."""


def context(trial: Trial, meanwhile: Callable[[], None] = lambda: None) -> dict[str, Any]:
    """Every object that the templates may print, by name.

    `meanwhile` is called once what takes longest is begun beside: what it begins there comes after that.
    """
    said = _said(trial, meanwhile)
    found = judge(said)
    bites = met(trial, said)
    return said | {
        "pitfalls": by_section(bites),
        "blocks": blocks(trial, bites, said["level_kept"]),
        "coverage": found,
        "crosswalk": found.crosswalk(),
    }


def covered(trial: Trial) -> Coverage:
    """Which items of the standards the plan's protocol fills, and what the plan lacks for the others."""
    return judge(_said(trial, lambda: None))


def _said(trial: Trial, meanwhile: Callable[[], None]) -> dict[str, Any]:
    """What the protocol says of the plan, its evidence and its number, before it is held against lists."""
    content, design = trial.plan.content, trial.design
    tests = by_test(trial)
    meanwhile()
    discounted, read = by_discount(trial), by_reading(trial)
    found, assumed = assured(trial), of_control(trial)
    rates = trial.primary.rates
    difference = None if rates is None else (rates[0].value or 0.0) - (rates[1].value or 0.0)
    return basics(trial) | {
        "note": content.evidence.note,
        "own_words": _own_words(trial),
        "rows": _outcomes(trial),
        "control_belief": control_belief(trial),
        "open_biases": open_biases(trial),
        "judged": judged_studies(trial),
        "later_trials": LATER_TRIALS,
        "control_source": "" if assumed is None else assumed.source,
        "assured": found,
        "unassured": unassured(trial),
        "alternatives": alternatives(trial, found),
        "planned_width": design.fixed.outcome.expected_width(design.fixed, int(trial.answer.n), 0.95),
        "break_evens": break_evens(trial),
        "doubt": worst_doubt(trial),
        "randomised": trial.randomised,
        "uncontrolled": any(one.id == "P01" for one in trial.findings),
        "all_uncontrolled": all(study.control and says_none(study.control) for study in trial.table.studies),
        "blind_spot": blind_spot(trial),
        "level_kept": level_kept(design, int(trial.answer.n)),
        "operating": operating(trial),
        "drifted": drifted(trial),
        "planned_difference": difference,
        "amended": amendments(trial),
        "findings": {severity: _findings(trial, severity) for severity in _SEVERITIES},
        "cells_by": "" if design.smooth else method(design.by_normal_theory()),
        "legend": legend(design.fixed.tex, design.fixed.letters) if isinstance(design.fixed, Design) else (),
        "discounts": content.scenarios.discounts,
        "controls": controls(trial),
        "by_test": tests(),
        "by_discount": discounted,
        "by_reading": read,
        "range": spread([*discounted, *read]),
        "verified": verified(trial),
        "recruited": recruited(trial),
        "within": within_strata(trial),
    }


def basics(trial: Trial) -> dict[str, Any]:
    """What every document may print: the plan's words, its endpoints and their numbers, which are at hand."""
    content = trial.plan.content
    name = Path(trial.plan.name).name  # a document does not tell where on a machine its plan lay
    views = [_view(trial, endpoint) for endpoint in trial.endpoints]
    secondary = [view for view in views if view.section.role == "secondary"]
    # what is tested, in the order in which it is tested; the endpoints of a family together
    ordered = [trial.primary.name, *(view.section.name for view in secondary if view.tests)]
    design = trial.design
    fixed = design.fixed
    assert isinstance(fixed, Design)  # a test's design without looks is one
    whole = _view(trial, trial.primary)
    return {
        "trial": as_allocated(trial),
        "treatments": treatments(trial),
        "estimand": content.estimand,
        "target": content.target_difference,
        "table": trial.table,
        **_conduct(trial),
        "endpoints": views,
        "ordered": ordered,
        "several": len(ordered) > 1,
        "hierarchy": hierarchy(trial),
        "randomises": len(trial.answer.arms) > 1,
        "factorial": is_factorial(fixed),
        "single_arm": tuple(trial.answer.arms) == ONE_ARM,
        "in_turn": design.fixed.in_turn,
        "done": design.done,
        "people": design.counted_in,
        "lost_within": _lost_within(design.fixed),
        "loses_by_itself": bool(design.fixed.loses_by),
        "effects": _same_effect(trial),
        "sets": design.outcome.estimate_name(fixed),
        "values": design.outcome.planned,
        "rates": trial.primary.rates is not None,
        "standards": STANDARDS,
        "targets": targets(trial),
        "primary": whole,
        "primaries": [view for view in views if view.section.role == "primary"],
        "family": None if trial.family is None else _together(trial, whole),
        "compared": None if trial.plan.content.arms is None else _compared(trial, trial.plan.content.arms, whole),
        "secondary": secondary,
        "safety": [view for view in views if view.section.role == "safety"],
        "arms": arms_randomised(trial),
        "n_randomised": trial.n_randomised,
        "needed": trial.needed,
        "clusters_randomised": trial.clusters_randomised,
        "planning_rates": planning_rates(trial),
        "loses": bool(trial.primary.section.dropout),
        "references": content.reference,
        "report": content.report,
        "monitored": monitored(trial),
        "looked": looked(trial, _names(trial, fixed)),
        "calendar": calendar(trial),
        "lasts": _lasts(whole, design),
        "looks": trial.answer.extra.get("looks", ()),
        "methods": list(dict.fromkeys(one.design.reference for one in trial.counted if one.design is not None)),
        "names": NAMES,
        "first": 0,
        "command": f"trialplan protocol {name}",
        "sources": sources(trial.plan),
        "studies": studies(trial.plan),
        "marks_ours": OURS in trial.plan.text,
        "plan": trial.plan,
        "plan_name": name,
        "plan_source": EmbeddedSource(name=name, text=canonical(trial.plan.text)),
        "version": trialplan.__version__,
    }


def _lost_within(design: Sized) -> str:
    """What the losses are called that are among a design's own numbers; empty where it has or plans none."""
    planned = design.assumptions().get(design.loses_by)
    return parameters(type(design))[design.loses_by].label if planned is not None and np.any(planned) else ""


def _same_effect(trial: Trial) -> tuple[tuple[EffectScale, float], ...]:
    """The planned effect on every scale that readers ask for, in the outcome's unit where it has that."""
    design, own = trial.design.fixed, trial.primary.section.unit or ""
    assert isinstance(design, Design)  # a test's design without looks is one
    of = design.outcome.effect_scale(design)
    scales = design.outcome.same_effect(design)
    return tuple((scale_of(design, own) if scale == of else scale, value) for scale, value in scales)


def _conduct(trial: Trial) -> dict[str, Any]:
    """How the trial is run, in the plan's words; each section is there, whether or not it says anything."""
    content, looks, grid = trial.plan.content, None, schedule(trial)
    if content.monitoring is not None:
        fractions = listed([f"{100 * look:g} %" for look in trial.design.looks[:-1]])
        looks = f"The primary endpoint is looked at with {fractions} of the information, and at the end"
    return {
        "objectives": content.objectives,
        "population": content.population,
        "intervention": content.intervention,
        "blinding": content.blinding,
        "randomisation": content.randomisation,
        "follow_up": content.follow_up.model_copy(update=_scheduled(grid)),
        "schedule": grid,
        "analysis": content.analysis,
        "safety_plan": content.safety,
        "oversight": content.oversight,
        "interim": content.oversight.interim or looks,
        "interim_access": content.monitoring.reviewer if content.monitoring else content.oversight.interim,
    }


def _scheduled(grid: Schedule | None) -> dict[str, str]:
    """What the grid says where the plan has one, in place of the plan's words on the schedule."""
    return {} if grid is None else {"schedule": grid.in_words}


def _together(trial: Trial, whole: EndpointView) -> FamilyView:
    """What a family says of itself, and the numbers that belong to none of its endpoints."""
    design = trial.design.fixed
    assert isinstance(design, Wrapper)
    own = tuple(one for one in whole.assumptions if one.name in parameters(type(design)))
    names = _hypotheses(trial, design)
    return FamilyView(
        section=whole.section,
        assumptions=own,
        names=names,
        numbered=design.numbered[1],
        words=design.rule_in_words(names),
        adjusts=design.adjusts,
        any_will_do=design.any_will_do,
    )


def _hypotheses(trial: Trial, design: Wrapper) -> tuple[str, ...]:
    """What the rule of a family is over: its endpoints, with several arms each for every treatment."""
    return design.named([one.name for one in trial.primaries], treatments(trial))


def _compared(trial: Trial, said: ArmsSection, whole: EndpointView) -> FamilyView:
    """What the rule says of several treatments against one control."""
    design = trial.design.fixed
    assert isinstance(design, Wrapper)
    words = design.rule_in_words(said.names if trial.family is None else _hypotheses(trial, design))
    return FamilyView(
        section=whole.section,
        assumptions=(),
        names=said.names,
        words=f"{words} ({said.why})" if said.why else words,
        aimed=design.aimed_at(said.names),
        adjusts=design.adjusts,
        any_will_do=design.any_will_do,
    )


def _own_words(trial: Trial) -> list[tuple[str, str]]:
    """What the transcriber adds to the table, with its source: by study, and by outcome."""
    notes: list[tuple[str, str | None]] = []
    for study in trial.table.studies:
        notes.append((study.called, study.note))
        notes += [(f"{study.called}, {outcome.label}", outcome.note) for outcome in study.outcomes]
    return [(where, note) for where, note in notes if note]


def _view(trial: Trial, endpoint: Endpoint) -> EndpointView:
    design, chosen, comparator = endpoint.design, endpoint.section.selection, endpoint.by_role("comparator")
    unit = endpoint.section.unit or ""
    return EndpointView(
        section=endpoint.section,
        design=design,
        scale=None if design is None else scale_of(design, unit),
        shows="" if design is None else _shows(design),
        goal="" if design is None else design.goal,
        two_sided=isinstance(design, Design) and design.sides == 2,
        tests=isinstance(design, Design),
        planned={} if design is None else design.fixed.assumptions(),
        by_name={one.name: one for one in endpoint.assumptions},
        assumptions=endpoint.assumptions,
        # that of what sizes: several treatments have other arms than the design of one, and words of their own
        statement="descriptive" if design is None else design.fixed.slug(),
        alone=_alone(trial, endpoint),
        shortfall=endpoint.shortfall,
        at_trial=None if design is None else _at_trial(trial, endpoint, design),
        # what selection for a high value does to the outcome by itself
        spontaneous=None if chosen is None else regression_to_the_mean(**chosen.model_dump(exclude={"source"})),
        other_test=None if design is None else _other_test(trial, endpoint, design.fixed),
        method="" if design is None else method(design),
        bridged_toward=None if comparator is None else comparator.value,
        lacks_arms=design is not None and _lacks_arms(trial, endpoint, design),
        claim=claim(design, unit) if isinstance(design, Design) else None,
        missing=missing_outcome(endpoint),
        rests_on=() if design is None else _rests_on(endpoint, design),
        gathered="" if design is None else _gathered(trial, endpoint, design.fixed),
        leaves=design.outcome.missing_counts_as(design.fixed) if _keeps_those_who_leave(design) else "",
    )


def _lasts(whole: EndpointView, design: Design) -> str:
    """How long the trial lasts by a design's own enrolment and follow-up; empty where it has none."""
    details = {} if whole.alone is None else dict(whole.alone.details)
    told = details.get("duration", "")
    return f"{told} {UNNAMED}" if told and design.time_unit is None else told


def _keeps_those_who_leave(design: Sized | None) -> TypeGuard[Design]:
    """Whether a test has what is known of those who leave, because its own numbers say how they do."""
    return isinstance(design, Design) and bool(design.fixed.loses_by)


def _shows(design: Sized) -> str:
    """On which scale an effect is to be shown: where a design has the rate of one of two arms, that of the target."""
    fixed = design.fixed
    own = fixed.outcome.effect_scale(fixed)
    if not isinstance(fixed, Design) or fixed.arm_names == ONE_ARM or own.points or own.ratio:
        return own.name
    return fixed.outcome.target_scale(fixed).name


def _lacks_arms(trial: Trial, endpoint: Endpoint, design: Sized) -> bool:
    """Whether the trial has not what it compares: its own arms, or one of several treatments with the control."""
    n = trial.n_randomised
    return not {*design.arm_names} <= {*trial.answer.arms} and trial.compared_by(endpoint, n) == n


def _rests_on(endpoint: Endpoint, design: Sized) -> tuple[str, ...]:
    """What is set or holds by default, in the outcome's unit."""
    told, own = [one.name for one in endpoint.assumptions], endpoint.section.unit or ""
    return tuple(rests_on(design, lambda value, unit: valued(value, in_unit(unit, own)), without=told))


def _gathered(trial: Trial, endpoint: Endpoint, fixed: Sized) -> str:
    """In how many clusters those who are randomised for it come, by the plan's names of the arms."""
    if endpoint.answer is None or fixed.members:
        return ""
    return fixed.gathered(sum(endpoint.arms_randomised.values()), arm_names(trial, fixed))


def _other_test(trial: Trial, endpoint: Endpoint, fixed: Sized) -> OtherTest | None:
    test = endpoint.section.analysis_test
    if test is None or test == fixed.test or not isinstance(fixed, Design):
        return None
    design = fixed.replace(test=test)
    n = int(design.sample_size(endpoint.section.power).n)
    return OtherTest(n=n, power=float(design.success(trial.compared_by(endpoint, int(trial.answer.n)))))


def _alone(trial: Trial, endpoint: Endpoint) -> Alone | None:
    answer, design = endpoint.answer, endpoint.design
    if answer is None or design is None:
        return None
    loss, fixed, n, extra = endpoint.section.dropout, design.fixed, int(answer.n), answer.extra
    if design.looks and isinstance(fixed, Design):  # of counts they are of one look: each of several has its own
        details = design.beside_looks if isinstance(design, WithLooks) else fixed.details
        extra = {} if fixed.counted(n) else details(n, answer.target)
    return Alone(
        n=n,
        arms=arms_of(trial, answer),
        power=float(answer.success),
        enrolled=None if loss is None else int(enrolled(design, answer.arms, loss)["n"]),
        details=tuple(fixed.detail_rows(extra)) if extra else (),
        tables=tuple(one for one in _details(trial, endpoint, fixed, extra) if one.rows) if extra else (),
    )


def _details(trial: Trial, endpoint: Endpoint, fixed: Sized, extra: Mapping[str, Any]) -> Sequence[Table]:
    """The design's tables; of what sizes the trial by the plan's names of what is tested."""
    if not isinstance(fixed, Wrapper) or endpoint is not trial.primary:
        return fixed.detail_tables(extra)
    return fixed.named_tables(extra, _names(trial, fixed))


def _names(trial: Trial, fixed: Sized) -> Names:
    """The plan's names of what is tested, of the endpoints and of the arms."""
    members, tested = [one.name for one in trial.primaries], tested_names(trial.plan.content, trial.design.fixed)
    return Names(tested=tested, members=members, arms=arm_names(trial, fixed))


def _at_trial(trial: Trial, endpoint: Endpoint, design: Sized) -> AtTrial | None:
    """Power with the participants that are expected to be observed, or what else is attained with those in question."""
    n, arms, power = (
        round(trial.compared_by(endpoint, trial.n_randomised)),
        trial.arms_randomised,
        endpoint.section.power,
    )
    kept = 1 - (endpoint.section.dropout or 0.0)
    if not isinstance(design, Design):
        asked = design.observed_in(arms)
        if asked is None:
            return None
        other = design.against_control(trial.plan.content.trial.allocation)
        return AtTrial(
            n=n,
            attains=design.attains,
            observed=asked * kept,
            power=float(attained := design.attained(asked * kept)),
            shown=_attained(design, float(attained), endpoint.section.unit or ""),
            detectable=_detectable(other, other.whole_blocks(n * kept), power, "")
            if other is not None and len(arms) > 1
            else None,
            harm=other is not None,
        )
    observed = trial.expected_of(endpoint)
    if design.only_n not in (None, observed):  # its power with fewer, or with more, is not defined
        return None
    observed = design.whole_blocks(observed)
    told = _detectable(design, observed, power, endpoint.section.unit or "")
    return AtTrial(
        n=n,
        attains=design.attains,
        observed=observed,
        power=float(power_here := design.success(observed)),
        shown=power_shown(float(power_here)),
        detectable=told,
    )


def _attained(design: Sized, value: float, own: str) -> Verbatim:
    """What a design without a test attains, in the unit of what it asks for, where the outcome's is `own`."""
    asked = design.declarations()[design.asks_for].unit if design.asks_for else ""
    return width(value) if asked == "difference of proportions" else in_its_unit(value, asked, own)


def _detectable(design: Design, observed: float, power: float, unit: str) -> Detectable | None:
    try:
        effect = float(design.detectable_effect(observed, power))
        what = None if design.field("effect") is None else design.declarations()[design.effect]
    except ParameterError:  # equivalence has none
        return None
    if np.isnan(effect) or what is None:
        return None
    return Detectable(value=effect, unit=in_unit(what.unit, unit), meaning=what.label)


def _findings(trial: Trial, severity: str) -> list[FindingView]:
    """Findings that mean the same told once, with each sight and its places."""
    told: dict[tuple[str, str], dict[str, list[str]]] = {}
    for one in trial.findings:
        if one.severity == severity:
            where = ", ".join(part for part in (one.study, one.outcome) if part)
            told.setdefault((one.id, one.means), {}).setdefault(one.seen, []).append(where)
    return [
        FindingView(
            id=id, means=means, sights=tuple((seen, tuple(filter(None, where))) for seen, where in sights.items())
        )
        for (id, means), sights in told.items()
    ]


def _outcomes(trial: Trial) -> list[dict[str, Any]]:
    """Every outcome of the table with its estimate, in the order of the table."""
    return [
        {"study": study, "outcome": outcome, "estimate": evidence.estimate(outcome)}
        for study in trial.table.studies
        for outcome in study.outcomes
    ]
