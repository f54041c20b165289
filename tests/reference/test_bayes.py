"""Beliefs and assurance against RBesT, closed forms and quadrature of others, case by case."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from trialplan import TwoMeans, TwoProportions
from trialplan.analyses.assurance.assess import assess, assurance
from trialplan.belief import Beta, Mixture, Normal, exceeds
from trialplan.numerics.crossing import crossing
from trialplan.sequential.interim.conditional_power import predictive_power

CASES = [json.loads(line) for line in Path(__file__).with_name("bayes.jsonl").read_text().splitlines()]


def _trial(given):
    ratio = Fraction(given["n_treatment"], given["n_control"])
    return {
        "allocation": f"{ratio.numerator}:{ratio.denominator}",
        "alpha": given["alpha"],
        "sides": given["sides"],
    }, given["n_treatment"] + given["n_control"]


def _proportions(given):
    numbers, n = _trial(given)
    beliefs = {"control": Beta(*given["prior_control_beta"]), "treatment": Beta(*given["prior_treatment_beta"])}
    return TwoProportions(control=0.3, treatment=0.5, **numbers), n, beliefs


def z_pooled(given):
    """Assurance of the score test, and power at the prior means."""
    design, n, beliefs = _proportions(given)
    at_means = design.replace(**{name: belief.mean() for name, belief in beliefs.items()})
    return {"assurance": assurance(design, n, beliefs), "power_at_prior_means": at_means.success(n)}


def exact_predictive(given):
    """Assurance by enumeration."""
    return {"assurance": assess(*_proportions(given), target=None).enumerated}


def normal_normal(given):
    """Assurance of a z test with a normal prior."""
    numbers, n = _trial(given)
    design = TwoMeans(difference=given["prior_mean"], sd=given["sd"], test="z", **numbers)
    beliefs = {"difference": Normal(given["prior_mean"], given["prior_sd"])}
    return {
        "assurance": assurance(design, n, beliefs),
        "power_at_prior_mean": design.success(n),
        "upper_limit_assurance": assess(design, n, beliefs, target=None).ceiling,
    }


def log_hazard_ratio(given):
    """Assurance of a log hazard ratio, whose standard error 2/√events is that of two means with SD 1."""
    design = TwoMeans(difference=-0.1, sd=1, test="z", favourable="lower", alpha=given["alpha"], sides=given["sides"])
    beliefs = {"difference": Normal(given["prior_mean_log_hr"], given["prior_sd"])}
    return {"assurance": assurance(design, given["events"], beliefs)}


def difference(given):
    """The posterior probability that the treatment's rate exceeds the control's by more than a threshold."""
    arms = [
        Beta(*given[f"prior_{arm}_beta"]).update(given[f"events_{arm}"], given[f"n_{arm}"])
        for arm in ("treatment", "control")
    ]
    return {"posterior_probability": exceeds(*arms, given["difference_threshold"])}


def single_arm(given):
    """The posterior of one rate."""
    posterior = Beta(*given["prior_beta"]).update(given["events"], given["n"])
    lower, upper = posterior.interval()
    above = 1 - posterior.cdf(given["threshold"])
    return {
        "posterior_probability": above,
        "posterior_mean": posterior.mean(),
        "ci95_lower": lower,
        "ci95_upper": upper,
    }


def _mixture(rows, family):
    return Mixture(tuple(family(*row[1:]) for row in rows), tuple(row[0] for row in rows))


def beta_posterior(given):
    """The update of a Beta mixture by a count."""
    found = _mixture(given["prior_components_weight_a_b"], Beta).update(given["events"], given["n"])
    return {
        "posterior_weights": found.weights,
        "posterior_a": [part.a for part in found.parts],
        "posterior_b": [part.b for part in found.parts],
        "posterior_mean": found.mean(),
        "prob_gt_0.4": 1 - found.cdf(0.4),
    }


def normal_posterior(given):
    """The update of a normal mixture by an estimate."""
    prior = _mixture(given["prior_components_weight_mean_sd"], Normal)
    found = prior.update(given["observed_mean"], given["standard_error"])
    return {
        "posterior_weights": found.weights,
        "posterior_means": [part.mean() for part in found.parts],
        "posterior_sds": [part.sd() for part in found.parts],
    }


def mixture_moments(given):
    """Moments and effective sample size of a Beta mixture."""
    prior = _mixture(given["prior_components_weight_a_b"], Beta)
    return {"ess_moment": prior.ess(), "mean": prior.mean(), "sd": prior.sd()}


def operating_characteristic(given):
    """How often two posteriors differ enough, over all counts at the true rates."""
    sizes = given["n_treatment"], given["n_control"]
    x_t, x_c = np.arange(sizes[0] + 1)[:, None], np.arange(sizes[1] + 1)[None, :]
    shape = np.broadcast_shapes(x_t.shape, x_c.shape)
    treatment = Beta(np.broadcast_to(1 + x_t, shape), np.broadcast_to(1 + sizes[0] - x_t, shape))
    control = Beta(np.broadcast_to(1 + x_c, shape), np.broadcast_to(1 + sizes[1] - x_c, shape))
    succeeds = exceeds(treatment, control, given["difference_threshold"]) > given["posterior_threshold"]
    rates = given["true_p_treatment"], given["true_p_control"]
    mass = stats.binom.pmf(x_t, sizes[0], rates[0]) * stats.binom.pmf(x_c, sizes[1], rates[1])
    return {"probability_of_success": (mass * succeeds).sum()}


def flat_prior(given):
    """Predictive power where nothing was believed before the look."""
    information = (given["information_fraction"], 1.0)
    return {"predictive_power": predictive_power(given["z_interim"], information, given["final_critical_value"])}


def normal_prior(given):
    """Predictive power and the posterior after the look, from a normal prior."""
    prior = Normal(given["prior_mean_theta"], given["prior_sd_theta"])
    now, end, z = given["information_stage1"], given["information_final"], given["z_interim"]
    posterior = prior.update(z / np.sqrt(now), 1 / np.sqrt(now))
    return {
        "predictive_power": predictive_power(z, (now, end), given["final_critical_value"], prior),
        "posterior_mean_theta": posterior.mean(),
        "posterior_sd_theta": posterior.sd(),
    }


def sequential_prior(given):
    """Assurance of a boundary that is given, from a normal prior."""
    belief = Normal(given["prior_mean_theta"], given["prior_sd_theta"])
    information, (drifts, weights) = np.array(given["information"]), belief.nodes(96)
    end = information[-1]
    above, _ = crossing(given["critical_values_z"], [-np.inf] * len(information), information / end, drifts * end**0.5)
    return {"assurance": weights @ above.sum(axis=-1)}


ADAPTERS = {
    "bayes.predictive_power.flat_prior": flat_prior,
    "bayes.predictive_power.normal_prior": normal_prior,
    "bayes.assurance.group_sequential_normal_prior": sequential_prior,
    "bayes.assurance.two_proportions_z_pooled": z_pooled,
    "bayes.assurance.two_proportions_exact_predictive": exact_predictive,
    "bayes.assurance.normal_normal": normal_normal,
    "bayes.assurance.log_hazard_ratio_normal": log_hazard_ratio,
    "bayes.posterior_probability.difference": difference,
    "bayes.posterior_probability.single_arm": single_arm,
    "bayes.robust_mixture.beta_posterior": beta_posterior,
    "bayes.robust_mixture.normal_posterior": normal_posterior,
    "bayes.prior_ess.beta": lambda given: {"ess_moment": Beta(*given["beta"]).ess()},
    "bayes.prior_ess.beta_mixture_moment": mixture_moments,
    "bayes.decision.two_arm_operating_characteristic": operating_characteristic,
}


class TestBayes:
    @pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
    def test_agrees(self, case):
        """Every field of every answered case agrees within its tolerance."""
        assert case["tolerance"]["type"] == "abs"
        found = ADAPTERS[case["method"]](case["inputs"])
        for name, value in case["expected"].items():
            np.testing.assert_allclose(found[name], value, rtol=0, atol=case["tolerance"]["value"], err_msg=name)

    def test_every_method_is_answered(self):
        """No case is left out in silence."""
        assert {case["method"] for case in CASES} == set(ADAPTERS)
