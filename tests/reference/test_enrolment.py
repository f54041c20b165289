"""Recruitment at gamma rates against a second program: staggered sites, a trial under way, and a known rate."""

import json
from pathlib import Path

import pytest

from trialplan.enrolment.over_time import KnownRate, UncertainRates
from trialplan.enrolment.sites import Component, Sites, under_way
from trialplan.numerics.accrual import Accrual

LINES = (Path(__file__).parent / "enrolment.jsonl").read_text(encoding="utf-8").splitlines()
CASES = {case["method"]: case for case in map(json.loads, LINES)}


def of(method):
    """A case's inputs, what it expects, and the comparison within its tolerance."""
    case = CASES[method]
    assert case["tolerance"]["type"] == "rel"
    return case["inputs"], case["expected"], lambda value: pytest.approx(value, rel=case["tolerance"]["value"])


def test_every_case_is_asked():
    """Each method of the file has its test."""
    named = {"poisson_gamma.staggered_sites", "poisson_gamma.updated", "poisson.known_rate"}
    assert set(CASES) == {f"enrolment.{name}" for name in named}


def test_sites_that_open_one_after_the_other():
    """Twelve sites, half a month apart: quantiles of the time, the chance by a date and the mean number."""
    given, expected, near = of("enrolment.poisson_gamma.staggered_sites")
    sites = zip(given["shape"], given["rate_parameter"], given["activation_months"], strict=True)
    law = UncertainRates(components=tuple(Component(shape=a, rate=a / b, opens=month) for a, b, month in sites))
    n, date = given["target"], given["date_months"]
    assert [law.month(n, level) for level in given["quantile_levels"]] == near(expected["quantiles_months"])
    assert law.chance(n, date) == near(expected["probability_by_date"])
    assert law.expected(date) == near(expected["expected_by_date"])


def test_a_trial_under_way():
    """Three sites that have recruited: each rate is gamma again, and what remains is predicted from it."""
    given, expected, near = of("enrolment.poisson_gamma.updated")
    shape, seen = given["prior_shape"], list(zip(given["recruited_by_site"], given["months_open_by_site"], strict=True))
    group = Sites(number=len(seen), per_year=12 * shape / given["prior_rate_parameter"], shape=shape)
    sites = under_way(group, seen)
    assert [one.rate for one in sites] == near(expected["posterior_mean_rate_by_site"])
    remaining = given["target_total"] - sum(given["recruited_by_site"])
    assert remaining == expected["remaining"]
    law = UncertainRates(components=sites)
    found = [law.month(remaining, level) for level in given["quantile_levels"]]
    assert found == near(expected["quantiles_further_months"])
    assert law.chance(remaining, given["horizon_months"]) == near(expected["probability_within_horizon"])


def test_a_known_rate():
    """Eight a month: gamma time, Poisson count."""
    given, expected, near = of("enrolment.poisson.known_rate")
    law = KnownRate(known=Accrual(steps=((0, given["rate_per_month"][0]),)))
    found = [law.month(given["target"], level) for level in given["quantile_levels"]]
    assert found == near(expected["quantiles_months"])
    assert law.chance(given["target"], given["date_months"]) == near(expected["probability_by_date"])
