"""Rates of events against rpact, lrstat, statsmodels and enumerations of other authors."""

from fractions import Fraction

from reference_cases import ReferenceCases

from trialplan.designs._rates import restricted_rate
from trialplan.designs.event_counts import EventCounts
from trialplan.designs.one_rate import OneRate
from trialplan.sequential.group_sequential import GroupSequential

CASES = ReferenceCases("counts")


def made(given, **more):
    """The design of a case."""
    k = given.get("dispersion_k") or None
    if "dispersion_control" in given:
        more = {
            "dispersion": given["dispersion_control"],
            "dispersion_treatment": given["dispersion_treatment"],
            **more,
        }
    else:
        more = {"dispersion": k, **more}
    if given.get("rate_ratio", 0) > 1:
        more = {"favourable": "higher", **more}
    ratio = Fraction(allocation(given)).limit_denominator(1000)
    return EventCounts(
        control_rate=given.get("control_rate") or given["rate_control"],
        rate_ratio=given.get("rate_ratio") or given["rate_treatment"] / given["rate_control"],
        exposure=given.get("exposure_each") or given.get("exposure") or given.get("min_followup_months") or 1.0,
        accrual_time=given.get("accrual_months"),
        dropout_rate=given.get("dropout_hazard_per_month") or None,
        allocation=f"{ratio.numerator}:{ratio.denominator}",
        alpha=given["alpha"],
        sides=given.get("sides", 1),
        **more,
    )


def allocation(given):
    """Treated participants for each control."""
    if "n_treatment" in given:
        return Fraction(given["n_treatment"], given["n_control"])
    return given.get("allocation_treatment_to_control", 1)


def margin(given):
    """Non-inferiority where the null is not 1."""
    null = given.get("null_rate_ratio", 1)
    return {} if null == 1 else {"goal": "non-inferiority", "margin": null}


def arms(design, target):
    """The real-valued n of each arm, and of all."""
    found = design.sample_size(target).arms_unrounded
    return {"n_treatment": found["treatment"], "n_control": found["control"], "n_total": sum(found.values())}


def size(given, **more):
    """By the test of Wald, and its power there."""
    design = made(given, **margin(given), **more)
    found = arms(design, given["power"])
    return {**found, "power_check": design.success(found["n_total"])}


def restricted(given):
    """With the variance at the most likely rates, which are told too."""
    design = made(given, **margin(given), variance="maximum-likelihood")
    ratio = given.get("null_rate_ratio", 1)
    means = tuple(rate * design.exposure for rate in design.rates)
    control = restricted_rate(means, design.weights, design.dispersions, ratio) / design.exposure
    rates = {"null_rate_treatment": ratio * control, "null_rate_control": control}
    return size(given, variance="maximum-likelihood") | rates


def three_ways(given):
    """The three variances of Zhu and Lakkis."""
    ways = ("reference-rate", "true-rates", "maximum-likelihood")
    found = [arms(made(given, variance=way), given["power"]) for way in ways]
    answer = {f"n_control_method{i}": one["n_control"] for i, one in enumerate(found, 1)}
    return answer | {"n_treatment_method2": found[1]["n_treatment"]}


def power(given, **more):
    """Information and the favourable tail."""
    design = made(given, **margin(given), **more)
    n = given.get("n_total") or given["accrual_rate_per_month"] * given["accrual_months"]
    error, _ = design.standard_error(n)
    return {"information": 1 / error**2, "power": design.success(n)}


def equivalent(given):
    """Two one-sided tests."""
    return power(given, goal="equivalence", margin=(given["lower_rate_ratio"], given["upper_rate_ratio"]))


def exact(given):
    """The conditional test, whose power of two sides counts both tails."""
    design = made(given, test="exact", **margin(given))
    return {"power": design.power(given["n_treatment"] + given["n_control"])}


def sequential(given):
    """Looks at shares of the participants."""
    looks = tuple(given["information_rates"])
    design = GroupSequential(design=made(given), looks=looks, efficacy="lan-demets-obrien-fleming")
    n = float(design.unrounded(given["power"]))
    error, _ = design.design.standard_error(n)
    stops = {"critical_values": list(design.efficacy_z), "power": design.success(n)}
    return stops | {"max_information": 1 / error**2, "n_total": n}


def one_rate(given, **more):
    """The design of a case of one rate."""
    rising = {"favourable": "higher"} if given["rate"] > given["null_rate"] else {}
    level = {"alpha": given["alpha"], "sides": given["sides"]}
    return OneRate(null=given["null_rate"], expected=given["rate"], **rising, **level, **more)


def one_rate_power(given):
    """By counting."""
    design, n = one_rate(given, exposure=given["exposure_each"]), given["n"]
    size = {"critical_count": design.critical_count(n), "attained_alpha": design.actual_size(n)}
    return size | {"power": design.power(n)}


def one_rate_size(given):
    """The first n, and the one from which the power stays."""
    design = one_rate(given, exposure=given["exposure_each"])
    answer = design.sample_size(given["power"])
    first, stable = answer.first_n, answer.n
    return {"n_first": first, "n_stable": stable, "power_at_first": design.success(first)}


def one_dispersed_rate(given):
    """Negative binomial, of unequal times."""
    words = {"exposure": given["min_followup_months"], "accrual_time": given["accrual_months"], "test": "wald"}
    design = one_rate(given, dispersion=given["dispersion_k"], **words)
    n = given["accrual_rate_per_month"] * given["accrual_months"]
    error, _ = design.standard_error(n)
    return {"information": 1 / error**2, "power": design.success(n)}


ADAPTERS = {
    "count.poisson.wald_log_rate_ratio.sample_size": size,
    "count.poisson.noninferiority.sample_size": size,
    "count.poisson.null_restricted_variance.sample_size": restricted,
    "count.negative_binomial.null_restricted_variance.sample_size": restricted,
    "count.negative_binomial.unequal_dispersion.sample_size": size,
    "count.negative_binomial.variable_exposure.power": power,
    "count.negative_binomial.variable_exposure.sample_size": size,
    "count.negative_binomial.equivalence.power": equivalent,
    "count.poisson.equivalence.power": equivalent,
    "count.one_sample_rate.exact.power": one_rate_power,
    "count.one_sample_rate.exact.sample_size": one_rate_size,
    "count.negative_binomial.one_sample.power": one_dispersed_rate,
    "count.poisson.exact_conditional.power": exact,
    "count.negative_binomial.group_sequential.sample_size": sequential,
    "count.negative_binomial.zhu_lakkis.sample_size": three_ways,
    "count.negative_binomial.noninferiority.sample_size": size,
}
"""Fields of an answer that are missing are those of another rounding, of a target, or of a simulation."""


@CASES.each
def test_agrees_or_is_listed(case):
    """A case agrees within its tolerance in all that both have, or is listed with the reason."""
    CASES.agrees_or_is_listed(case, ADAPTERS)


def test_list_and_adapters_have_their_cases():
    """What is listed is among the cases and has a reason; no adapter stands for cases that are not there."""
    CASES.is_whole(ADAPTERS)
