"""Times to an event against rpact, gsDesign, lrstat and publications."""

import math
from fractions import Fraction
from statistics import NormalDist

import pytest
from reference_cases import ReferenceCases

from trialplan.designs._risk_sets import along_risk_sets
from trialplan.designs._survival import Curve, Entry, Seen, calendar_of
from trialplan.designs.log_rank import LogRank
from trialplan.designs.milestone import Milestone
from trialplan.designs.one_milestone import OneMilestone
from trialplan.designs.one_restricted_mean import OneRestrictedMean
from trialplan.designs.one_sample_log_rank import OneSampleLogRank
from trialplan.designs.restricted_mean import RestrictedMean
from trialplan.sequential.group_sequential import GroupSequential

CASES = ReferenceCases("survival")

LATE = 1e4
"""Follow-up after which everybody has had the event."""


def ratio_of(given):
    """The allocation, treatment first."""
    ratio = Fraction(given.get("allocation_treatment_to_control", 1)).limit_denominator(1000)
    return f"{ratio.numerator}:{ratio.denominator}"


def control(given):
    """The control's curve in the words of the design."""
    if "median_control_months" in given:
        return {"control_median": given["median_control_months"]}
    hazards = given.get("control_hazards_per_month", given.get("control_hazard_per_month", 1.0))
    if isinstance(hazards, list) and len(hazards) > 1:
        return {"control_hazard": tuple(hazards), "hazard_changes": tuple(given["piece_start_months"][1:])}
    return {"control_hazard": hazards[0] if isinstance(hazards, list) else hazards}


def followed(given):
    """Entry, follow-up and dropout in the words of the design."""
    stated = {
        "accrual_time": given.get("accrual_months", 1.0),
        "follow_up_time": given.get("min_followup_months", LATE),
        "dropout_rate": given.get("dropout_hazard_control", given.get("dropout_hazard_per_month")),
        "dropout_rate_treatment": given.get("dropout_hazard_treatment"),
    }
    words = {name: value for name, value in stated.items() if value is not None}
    if len(given.get("accrual_interval_start_months", [])) > 1:
        words["accrual_intensity"] = tuple(given["relative_accrual_rate"])
        words["accrual_changes"] = tuple(given["accrual_interval_start_months"][1:])
    return words


def made(given, method="schoenfeld", **more):
    """The design of a case."""
    ratio = given["hazard_ratio"]
    if "margin_hazard_ratio" in given:
        more = {"goal": "non-inferiority", "margin": given["margin_hazard_ratio"], **more}
    elif ratio > 1:
        more = {"favourable": "higher", **more}
    words = control(given) | followed(given) | {"alpha": given["alpha"], "sides": given.get("sides", 1)} | more
    return LogRank(hazard_ratio=ratio, method=method, allocation=ratio_of(given), **words)


def size(method):
    """Real-valued n and events, and the share of each arm with the event."""

    def answer(given):
        design = made(given, method)
        n = float(design.unrounded(given["power"]))
        treatment, control = design.event_shares()
        shares = {"p_event_treatment": treatment, "p_event_control": control}
        return {"events": design.events(n), "n_total": n, "hazard_ratio": design.hazard_ratio, **shares}

    return answer


def from_survival(method):
    """From what survives by a time."""

    def answer(given):
        words = {key: given[f"survival_{key}"] for key in ("treatment", "control")}
        level = {"alpha": given["alpha"], "sides": given["sides"], "allocation": ratio_of(given), "method": method}
        design = LogRank.from_survival(**words, time=given.get("at_months", 1), **followed(given), **level)
        n = float(design.unrounded(given["power"]))
        return {"hazard_ratio": design.hazard_ratio, "events": design.events(n), "n_total": n}

    return answer


def whole_events(given):
    """Events as they are printed, rounded up."""
    return {"events": math.ceil(from_survival("schoenfeld")(given)["events"])}


def from_event_rates(given):
    """From what has happened by a time."""
    words = {key: given[f"event_prob_{key}"] for key in ("treatment", "control")}
    level = {"alpha": given["alpha"], "sides": given["sides"], "allocation": ratio_of(given)}
    design = LogRank.from_event_rates(**words, time=given["event_time_months"], **followed(given), **level)
    n = float(design.unrounded(given["power"]))
    return {"hazard_ratio": design.hazard_ratio, "events": design.events(n), "n_total": n}


def power_from_events(given):
    """Where nearly everybody has the event, n is the events."""
    design = made(given)
    return {"power": design.success(given["events"] / design.events(1.0))}


def power(given):
    """Of participants enrolled at a rate."""
    more = {"goal": "equivalence", "margin": (given["lower"], given["upper"])} if "lower" in given else {}
    design = made(given, **more)
    n = given.get("n_total") or given["accrual_rate_per_month"] * given["accrual_months"]
    return {"events": design.events(n), "power": design.success(n)}


def arms(given):
    """What is seen of each arm, and its curve; treatment first."""
    entry = Entry(
        accrual_time=given["accrual_months"],
        rates=given["accrual_rate_per_month"],
        changes=given["accrual_interval_start_months"][1:],
    )
    longest = given.get("followup_each_patient_months")
    return entry, [
        (
            Seen(entry=entry, dropout=given[f"dropout_hazard_{arm}"], longest=longest),
            Curve(_over(given[f"hazard_{arm}"], given["piece_start_months"]), given["piece_start_months"][1:]),
        )
        for arm in ("treatment", "control")
    ]


def _over(hazards, starts):
    return hazards if len(hazards) == len(starts) else hazards * len(starts)


def enrolled(given):
    """All who are."""
    starts, rates = given["accrual_interval_start_months"], given["accrual_rate_per_month"]
    ends = [*starts[1:], given["accrual_months"]]
    return sum(rate * (end - start) for rate, start, end in zip(rates, starts, ends, strict=True))


def parts(given):
    """Participants of each arm, treatment first."""
    ratio = given["allocation_treatment_to_control"]
    return [enrolled(given) * share for share in (ratio / (1 + ratio), 1 / (1 + ratio))]


def calendar_times(given):
    """When so many events have happened."""
    _, both = arms(given)

    def events(time):
        return sum(n * seen.events(curve, time) for n, (seen, curve) in zip(parts(given), both, strict=True))

    return {"calendar_months": [calendar_of(one, events, 500.0) for one in given["events"]]}


def events_at(given):
    """How many have happened at a time."""
    entry, both = arms(given)
    found = {"subjects": [enrolled(given) * entry.enrolled(time) for time in given["calendar_months"]]}
    for arm, n, (seen, curve) in zip(("treatment", "control"), parts(given), both, strict=True):
        found[f"events_{arm}"] = [n * seen.events(curve, time) for time in given["calendar_months"]]
    return found


def sequential(given):
    """Looks at shares of the events."""
    looks = tuple(given["information_rates"])
    efficacy = given["alpha_spending"].replace("_", "-")
    design = GroupSequential(design=made(given), looks=looks, efficacy=efficacy)
    n = float(design.unrounded(given["power"]))
    inner = design.design
    events, seen = [look * inner.events(n) for look in looks], [inner.at_look(n, look) for look in looks]
    months = [one["month"] for one in seen]
    early = list(design.crossed(float(design.final_drift(n)))[0][:-1])
    stops = [*early, 1 - sum(early)]
    enrolled = [n * min(month / given["accrual_months"], 1.0) for month in months]
    expected = {
        f"expected_{name}_h1": sum(stop * one for stop, one in zip(stops, values, strict=True))
        for name, values in {"events": events, "duration": months, "n": enrolled}.items()
    }
    return {
        "critical_values": list(design.efficacy_z),
        "n_total": n,
        "events_per_stage": events,
        "analysis_months": months,
    } | expected


def along(cls, name):
    """A number that is read off the curves, of designs whose curves need no constant ratio."""

    def answer(given):
        time, changes = given["milestone_months"], given["piece_start_months"][1:]
        shapes = [Curve(given[f"hazard_{arm}"], changes) for arm in ("treatment", "control")]
        values = [one.survival(time) if cls is Milestone else one.mean_to(time) for one in shapes]
        several = {"hazard_changes": tuple(changes)} if changes else {}
        design = cls(
            **{name: time},
            difference=values[0] - values[1],
            treatment_hazard=tuple(given["hazard_treatment"]),
            control_hazard=tuple(given["hazard_control"]),
            allocation=ratio_of(given),
            alpha=given["alpha"],
            sides=given["sides"],
            **several,
            **followed(given),
        )
        found = {"estimand_treatment": design.treatment_value, "estimand_control": design.control_value}
        if "power" in given:
            return found | {"n_total": design.unrounded(given["power"])}
        n = given["accrual_rate_per_month"] * given["accrual_months"]
        error, _ = design.standard_error(n)
        return found | {"information": 1 / error**2, "power": design.success(n)}

    return answer


def one_curve(cls, name):
    """A number that is read off one curve, which the case states by its hazards."""

    def answer(given):
        time, changes = given["milestone_months"], tuple(given["piece_start_months"][1:])
        curve = Curve(given["hazard"], changes)
        design = cls(
            **{name: time},
            null=given["null_value"],
            expected=curve.survival(time) if cls is OneMilestone else curve.mean_to(time),
            alpha=given["alpha"],
            sides=given["sides"],
            **({"hazard": tuple(given["hazard"]), "hazard_changes": changes} if changes else {}),
            **followed(given),
        )
        n = given["accrual_rate_per_month"] * given["accrual_months"]
        error, _ = design.standard_error(n)
        return {"value_h1": design.effect_value(), "information": 1 / error**2, "power": design.success(n)}

    return answer


def one_sample(given):
    """By the exact variance at the plan."""
    design = OneSampleLogRank(
        hazard_ratio=given["hazard_ratio_vs_history"],
        null_hazard=given["historical_hazard_per_month"],
        alpha=given["alpha"],
        sides=given["sides"],
        **followed(given),
    )
    answer = design.sample_size(given["power"])
    return {"n": design.unrounded(given["power"]), "n_ceil": answer.n, "power_at_ceil": answer.success}


def weighted(given):
    """Fleming and Harrington's test where the hazards are in another ratio in each piece."""
    treatment, control = given["hazard_treatment"], given["hazard_control"]
    changes = tuple(given["piece_start_months"][1:])
    design = LogRank.from_hazard_ratios(
        ratios=[one / other for one, other in zip(treatment, control, strict=True)],
        changes=changes,
        control_hazard=tuple(control),
        hazard_changes=changes,
        accrual_time=given["accrual_months"],
        follow_up_time=given["min_followup_months"],
        dropout_rate=given["dropout_hazard_per_month"],
        method="fleming-harrington",
        rho=given["rho"],
        gamma=given["gamma"],
        alpha=given["alpha"],
        sides=given["sides"],
    )
    return {"power": design.success(given["accrual_rate_per_month"] * given["accrual_months"])}


ADAPTERS = {
    "survival.events.schoenfeld": size("schoenfeld"),
    "survival.events.freedman": size("freedman"),
    "survival.events.hsiehfreedman": size("freedman"),  # the same in arms of one size
    "survival.events.schoenfeld_from_survival": whole_events,
    "survival.power_from_events.schoenfeld": power_from_events,
    "survival.schoenfeld.power": power,
    "survival.schoenfeld.sample_size": size("schoenfeld"),
    "survival.lachin_foulkes.sample_size": size("lachin-foulkes"),
    "survival.freedman.sample_size": size("freedman"),
    "survival.schoenfeld.from_event_rates.sample_size": from_event_rates,
    "survival.piecewise_exponential.schoenfeld.sample_size": size("schoenfeld"),
    "survival.events.schoenfeld.noninferiority": size("schoenfeld"),
    "survival.schoenfeld.piecewise_accrual.sample_size": size("schoenfeld"),
    "survival.freedman.piecewise_accrual.sample_size": size("freedman"),
    "survival.schoenfeld.noninferiority.sample_size": size("schoenfeld"),
    "survival.lachin_foulkes.piecewise_accrual.sample_size": size("lachin-foulkes"),
    "survival.lachin_foulkes.noninferiority.sample_size": size("lachin-foulkes"),
    "survival.freedman.from_survival_at_time.sample_size": from_survival("freedman"),
    "survival.schoenfeld.from_survival_at_time.sample_size": from_survival("schoenfeld"),
    "survival.calendar_time_of_events": calendar_times,
    "survival.expected_events_at_time": events_at,
    "survival.group_sequential.calendar": sequential,
    "survival.rmst_difference.power": along(RestrictedMean, "horizon"),
    "survival.milestone_difference.power": along(Milestone, "milestone"),
    "survival.rmst_difference.sample_size": along(RestrictedMean, "horizon"),
    "survival.one_arm.milestone.power": one_curve(OneMilestone, "milestone"),
    "survival.one_arm.rmst.power": one_curve(OneRestrictedMean, "horizon"),
    "survival.weighted_logrank.fleming_harrington.power": weighted,
    "survival.equivalence_log_hr.schoenfeld.power": power,
    "survival.one_sample_logrank.sample_size": one_sample,
}


@CASES.each
def test_agrees_or_is_listed(case):
    """A case agrees within its tolerance in all that both have, or is listed with the reason."""
    CASES.agrees_or_is_listed(case, ADAPTERS)


def test_list_and_adapters_have_their_cases():
    """What is listed is among the cases and has a reason; no adapter stands for cases that are not there."""
    CASES.is_whole(ADAPTERS)


LRSTAT = (
    # rho, gamma, control hazard, hazard ratio, from then on, treated participants for each control, lrstat's power
    (0, 1, 0.06, 0.6, 0, 2, 0.5339817),
    (0, 1, 0.06, 0.6, 6, 1, 0.35628),
    (1, 1, 0.08, 0.7, 0, 1, 0.431833),
    (0, 1, 0.1, 0.5, 3, 3, 0.7392687),
    (1, 0, 0.06, 0.6, 0, 1, 0.6667202),
    (0, 0.5, 0.05, 0.75, 0, 1, 0.2471041),
    (0.5, 0.5, 0.1, 0.8, 4, 2, 0.1170995),
    (0, 1, 0.03, 0.45, 0, 1, 0.6723689),
)
"""lrstat 0.3.3 lrpower(kMax=1, criticalValues=qnorm(.975), accrualIntensity=15, accrualDuration=12, followupTime=12,
gamma1=.01, gamma2=.01, …): weighted log-rank tests of 180 participants."""


@pytest.mark.parametrize("case", LRSTAT)
def test_lrstat_divides_the_same_mean_by_the_error_that_is_estimated(case):
    """What tells lrstat's power of a weighted test from ours is the spread around the plan, and nothing else."""
    rho, gamma, hazard, ratio, late, treated, power = case
    course = {"effect_course": (0, 1), "effect_changes": (late,)} if late else {}
    design = LogRank(
        method="fleming-harrington",
        rho=rho,
        gamma=gamma,
        control_hazard=hazard,
        hazard_ratio=ratio,
        accrual_time=12,
        follow_up_time=12,
        dropout_rate=0.01,
        allocation=f"{treated}:1",
        **course,
    )
    law = along_risk_sets(design, design.weighting)
    away = abs(law.means[0]) * math.sqrt(180 / law.nulls[0][0])
    assert NormalDist().cdf(away - NormalDist().inv_cdf(0.975)) == pytest.approx(power, abs=1e-4)
    assert design.success(180) == pytest.approx(power, abs=0.007)
