"""Ordered outcomes, trends, pairs, single rates, margins of two rates and widths against other programs' numbers."""

import itertools
import json
import math
import tomllib
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest

from trialplan.designs.adverse_event import AdverseEvent
from trialplan.designs.dose_trend import DoseTrend
from trialplan.designs.hierarchical_outcomes import HierarchicalOutcomes
from trialplan.designs.one_mean import OneMean
from trialplan.designs.one_proportion import OneProportion
from trialplan.designs.ordered_categories import OrderedCategories
from trialplan.designs.paired_means import PairedMeans
from trialplan.designs.precision_difference import PrecisionDifference
from trialplan.designs.precision_icc import PrecisionIcc
from trialplan.designs.precision_proportion import PrecisionProportion
from trialplan.designs.precision_rate_ratio import PrecisionRateRatio
from trialplan.designs.rank_sum import RankSum
from trialplan.designs.stratified_rank_sum import StratifiedRankSum
from trialplan.designs.two_proportions import TwoProportions
from trialplan.designs.unordered_categories import UnorderedCategories

HERE = Path(__file__).parent
CASES = [json.loads(line) for line in (HERE / "order.jsonl").read_text().splitlines()]
LISTED = {one["id"]: one for one in tomllib.loads((HERE / "disagreements_order.toml").read_text())["case"]}

REFUSED = "refused"
"""What an adapter answers where no design has the model."""


def _level(given):
    """The level, and the sides where they are stated."""
    return {name: given[name] for name in ("alpha", "sides") if name in given}


def _allocation(given, name="allocation_treatment_to_control"):
    """As the house writes it."""
    treated = Fraction(given.get(name, 1)).limit_denominator(100)
    return {"allocation": f"{treated.numerator}:{treated.denominator}"}


def _whitehead_power(given):
    """The control's probabilities are those of which the mean arm has the given ones, cut by cut."""
    mean, ratio = given["mean_cell_probabilities"], given["odds_ratio"]
    tails, rest = [], 1.0
    for probability in mean[:-1]:
        rest -= probability
        low, high = 0.0, 1.0
        for _ in range(100):
            middle = (low + high) / 2
            beyond = ratio * middle / (1 - middle + ratio * middle)
            low, high = (middle, high) if (middle + beyond) / 2 < rest else (low, middle)
        tails.append(low)
    edges = [1.0, *tails, 0.0]
    control = tuple(a - b for a, b in itertools.pairwise(edges))
    design = OrderedCategories(control=control, odds_ratio=ratio, variance="proportional-odds-finite", **_level(given))
    return {"power": float(design.success(given["n_total"]))}


def _midranks(given):
    """Midranks of both arms as scores."""
    design = OrderedCategories(
        control=given["control_probabilities"],
        treatment=given["treatment_probabilities"],
        variance="midrank-scores",
        **_level(given),
    )
    return {"n_total": float(design.unrounded(given["power"]))}


def _win_odds(given):
    """The odds of being better off, beyond a limit."""
    effect, null = given["win_odds"], given["null_win_odds"]
    near = {} if null == 1 else {"margin": null, "goal": "superiority" if null > 1 else "non-inferiority"}
    design = RankSum(scale="win-odds", win_odds=effect, **near, **_level(given), **_allocation(given))
    return {"n_total": float(design.unrounded(given["power"])), "win_probability": design.better()}


def _hierarchy(given):
    """A death and a measurement."""
    control = given["death_hazard_control"]
    design = HierarchicalOutcomes(
        hazard=(control,),
        hazard_ratio=(given["death_hazard_treatment"] / control,),
        follow_up=given["followup"],
        difference=given["continuous_standardized_difference"],
        tie_margin=given["continuous_tie_margin"],
        **_level(given),
    )
    extra = design.details(200, 0.8)
    win, lose = design.wins_and_losses()
    return {
        "win_probability": win,
        "loss_probability": lose,
        "prob_tie": extra["ties"],
        "n_total": float(design.unrounded(given["power"])),
    } | {name: extra[name] for name in ("win_ratio", "win_odds", "net_benefit")}


def _trend(given):
    """The rates as shares of the whole rise."""
    rates = given["response_probabilities"]
    rise = rates[-1] - rates[0]
    profile = tuple((rate - rates[0]) / rise for rate in rates[1:])
    design = DoseTrend(
        control=rates[0], difference=rise, doses=tuple(given["scores"]), profile=profile, **_level(given)
    )
    return {"n_total": float(design.unrounded(given["power"]))}


def _chi_squared(given):
    """Noncentral chi-squared."""
    arms = {name: tuple(given[f"{name}_probabilities"]) for name in ("control", "treatment")}
    design = UnorderedCategories(**arms, alpha=given["alpha"], **_allocation(given))
    return {
        "n_total": float(design.unrounded(given["power"])),
        "effect_w_squared": float(design.noncentrality(1)),
        "df": design.degrees_of_freedom,
    }


def _van_elteren(given):
    """Within strata."""
    sizes = given["n_per_arm_by_stratum"]
    design = StratifiedRankSum(
        control=given["control_probabilities_by_stratum"],
        odds_ratio=given["odds_ratio_toward_higher"],
        weight=tuple(map(float, sizes)),
        **_level(given),
    )
    return {"power": float(design.power(2 * sum(sizes)))}


def _paired_ratio(given):
    """The differences of logarithms."""
    design = PairedMeans(
        difference=math.log(given["ratio"]),
        sd=math.sqrt(math.log1p(given["cv_of_paired_ratio"] ** 2)),
        goal="non-inferiority",
        margin=-math.log(given["null_ratio"]),
        **_level(given),
    )
    return {"n_pairs": float(design.unrounded(given["power"]))}


def _one_mean_by_z(given):
    """With a known spread."""
    design = OneMean(null=0, expected=given["mean_difference"], sd=given["sd"], test="z", **_level(given))
    return {"n": design.sample_size(given["power"]).n}


def _one_rate(given):
    """The variance of the null, or that of the rate."""
    shared = {"null": given["null_proportion"], "expected": given["proportion"], **_level(given)}
    n = {test: float(OneProportion(**shared, test=test).unrounded(given["power"])) for test in ("score", "wald")}
    return {"n": n["score"], "n_alternative_variance": n["wald"]}


def _one_rate_by_margin(goal, name):
    def answer(given):
        design = OneProportion(
            null=given["reference"],
            expected=given["proportion"],
            goal=goal,
            margin=abs(given["margin"]),
            test="wald",
            **_level(given),
        )
        return {name: float(design.unrounded(given["power"]))}

    return answer


def _rates(given, **more):
    return TwoProportions(
        control=given["p_control"], treatment=given["p_treatment"], **more, **_level(given), **_allocation(given)
    )


def _unrounded(given, **more):
    return float(_rates(given, **more).unrounded(given["power"]))


def _better_by_a_margin(given):
    """On the difference."""
    margin = {"margin": given["margin"]}
    return {
        "n_total": _unrounded(given, test="score", **margin),
        "n_total_unpooled": _unrounded(given, test="wald", **margin),
    }


def _toward(given, limit):
    """The goal and the direction that a limit of a ratio has, given the rates."""
    above = given["p_treatment"] / (1 - given["p_treatment"]) >= limit * given["p_control"] / (1 - given["p_control"])
    goal = "superiority" if (limit > 1) == above else "non-inferiority"
    return {"goal": goal, "margin": limit, "favourable": "higher" if above else "lower"}


def _ratio_margin(given):
    """The rate less the limit times the control's, by the score; and the logarithm of the ratio."""
    ours = {"scale": "ratio", **_toward(given, given["null_risk_ratio"])}
    return {
        "n_total_farrington_manning": _unrounded(given, test="score", **ours),
        "n_total_log_wald": _unrounded(given, test="log-ratio", **ours),
    }


def _odds_margin(given):
    """The logarithm of the odds ratio, by its own variance and by that of the null."""
    ours = {"scale": "odds-ratio", **_toward(given, given["null_odds_ratio"])}
    return {
        "n_total": _unrounded(given, test="log-odds", **ours),
        "n_total_null_variance": _unrounded(given, test="log-odds-null-variance", **ours),
    }


def _exact_margin(given):
    """By enumeration, with the largest type I error."""
    arms = given["n_treatment"], given["n_control"]
    block = math.gcd(*arms)
    design = TwoProportions(
        control=given["p_control"],
        treatment=given["p_treatment"],
        test="exact-pooled",
        goal="non-inferiority",
        margin=-given["margin"],
        allocation=f"{arms[0] // block}:{arms[1] // block}",
        **_level(given),
    )
    return {"power": float(design.power(sum(arms))), "attained_alpha": design.actual_size(sum(arms))}


def _equivalence(scale, test):
    def answer(given):
        more = {"scale": scale, "test": test, "goal": "equivalence", "margin": (given["lower"], given["upper"])}
        return {"n_total": float(_rates(given, sides=1, **more).unrounded(given["power"]))}

    return answer


def _kept_width(given):
    """The first n, and that from which the width is kept."""
    design = PrecisionProportion(
        expected=given["p"],
        width=2 * given["half_width"],
        confidence=given["confidence"],
        probability=given["probability_of_width"],
        interval=given["method"].replace("_", "-"),
    )
    answer = design.sample_size()
    return {"n_first": answer.extra["first_n"], "n_stable": answer.n}


def _risk_difference(given):
    design = PrecisionDifference(
        treatment=given["p1"],
        control=given["p2"],
        width=given["full_width"],
        confidence=given["confidence"],
        interval=given["method"].replace("_", "-"),
        **_allocation(given, "n1_to_n2"),
    )
    arms = design.sample_size().arms_unrounded
    return {"n1": arms["treatment"], "n2": arms["control"]}


def _rate_ratio(given):
    more = Fraction(given["exposure2_to_exposure1"]).limit_denominator(100)
    design = PrecisionRateRatio(
        treatment=given["rate1"],
        control=given["rate2"],
        width=given["upper_over_lower"],
        confidence=given["confidence"],
        allocation=f"{more.denominator}:{more.numerator}",
    )
    arms = design.sample_size().arms_unrounded
    return {"exposure1": arms["treatment"], "exposure2": arms["control"]}


def _icc(given):
    numbers = {name: given[name] for name in ("icc", "raters", "confidence")}
    plain, adjusted = (
        PrecisionIcc(**numbers, width=given["full_width"], method=method).sample_size()
        for method in ("bonett", "bonett-adjusted")
    )
    return {
        "n": plain.arms_unrounded["treatment"],
        "n_bonett_adjusted": adjusted.arms_unrounded["treatment"],
        "n_ceil": adjusted.n,
    }


def _one_event(given):
    design = AdverseEvent(rate=given["true_rate"], probability=given["probability"])
    n = design.sample_size().n
    return {
        "n": n,
        "probability_at_n": float(design.attained(n)),
        "upper_limit_if_zero_events": float(design.detectable(n)),
    }


ADAPTERS = {
    "ordinal.whitehead_proportional_odds.power": _whitehead_power,
    "ordinal.midrank_score.sample_size": _midranks,
    "win_odds.shift.sample_size": _win_odds,
    "win_ratio.hierarchical_composite.sample_size": _hierarchy,
    "ordinal.cochran_armitage_trend.sample_size": _trend,
    "ordinal.chi_square_r_by_c.sample_size": _chi_squared,
    "rank.van_elteren.ordinal.power": _van_elteren,
    "rank.two_sample_hollander.sample_size": lambda given: REFUSED,
    "one_sample_mean.z.sample_size": _one_mean_by_z,
    "means.paired_log_ratio.sample_size": _paired_ratio,
    "one_proportion.z.sample_size": _one_rate,
    "one_proportion.noninferiority_unpooled.sample_size": _one_rate_by_margin("non-inferiority", "n"),
    "one_proportion.equivalence_unpooled.sample_size": _one_rate_by_margin("equivalence", "n_exact_two_one_sided"),
    "two_proportions.superiority_margin_difference.farrington_manning.sample_size": _better_by_a_margin,
    "two_proportions.superiority_margin_risk_ratio.sample_size": _ratio_margin,
    "two_proportions.margin_odds_ratio.log_wald.sample_size": _odds_margin,
    "two_proportions.equivalence_risk_ratio.wald.sample_size": _equivalence("ratio", "log-ratio"),
    "two_proportions.equivalence_odds_ratio.wald.sample_size": _equivalence("odds-ratio", "log-odds"),
    "two_proportions.exact_unconditional_score.noninferiority_difference.power": _exact_margin,
    "precision.proportion.assurance.sample_size": _kept_width,
    "precision.risk_difference.sample_size": _risk_difference,
    "precision.rate_ratio.sample_size": _rate_ratio,
    "precision.icc.bonett.sample_size": _icc,
    "precision.detect_one_event.sample_size": _one_event,
}

NOT_OURS = {
    *("power_target", "power_simulated", "power_check"),  # the target once more, simulations
    *("n_total_alternative_variance", "n_total_alternative_variance_only", "n_half_beta"),
    "probability_at_first",
}
"""Fields that restate an input, are simulated, or are of a second formula that no design has."""


def beyond(case):
    """What we give of the fields that are further from the case than its tolerance, or that nothing is answered."""
    ours = ADAPTERS[case["method"]](case["inputs"])
    if ours == REFUSED:
        return REFUSED
    tolerance, found = case["tolerance"], {}
    for name, expected in case["expected"].items():
        if name in NOT_OURS or (name == "n_ceil" and case["method"].startswith("win_odds")):  # half a block
            continue
        scale = max(1, abs(expected)) if tolerance["type"] == "rel" else 1
        if name not in ours or not abs(ours[name] - expected) <= tolerance["value"] * scale:
            found[name] = ours.get(name, REFUSED)
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_agrees_or_is_listed(case):
    """A case agrees within its tolerance, or is listed with what we give instead."""
    wanted, found = LISTED.get(case["id"], {}).get("ours", {}), beyond(case)
    if REFUSED in (wanted, found):
        assert found == wanted
        return
    assert found.keys() == wanted.keys()
    for name, ours in wanted.items():
        assert found[name] == (ours if ours == REFUSED else pytest.approx(ours, rel=1e-6)), name


def test_the_list():
    """What is listed is among the cases, once, with a reason that is a sentence; every adapter has a case."""
    ids = Counter(case["id"] for case in CASES)
    assert set(LISTED) <= set(ids)
    assert max(ids.values()) == 1
    assert all(one["why"].endswith(".") for one in LISTED.values())
    assert {case["method"] for case in CASES} == set(ADAPTERS)
