"""Fifteen published data sets, read as a table and pooled, against metafor: every measure, τ² and interval.

The sets are those of metafor's companion package metadat, as counts and means; metadat.R made the expected numbers.
"""

import csv
import json
from pathlib import Path

import pytest

from trialplan.evidence import read
from trialplan.evidence.effects import proportion_effects
from trialplan.evidence.pooling import METHODS, pool
from trialplan.evidence.selection import PoolChoice, pool_outcome

CASES = [json.loads(line) for line in Path(__file__).with_name("metadat.jsonl").read_text().splitlines()]
FIELDS = {
    "estimate": lambda found: found.estimate,
    "se": lambda found: found.standard_error,
    "lower": lambda found: found.lower,
    "upper": lambda found: found.upper,
    "pi_lower": lambda found: found.prediction_lower,
    "pi_upper": lambda found: found.prediction_upper,
    "tau2": lambda found: found.tau2,
    "i2": lambda found: 100 * found.i2,
    "h2": lambda found: found.h2,
    "q": lambda found: found.q,
    "qp": lambda found: found.p_heterogeneity,
    "loglik": lambda found: found.log_likelihood,
}
RATES = ("logit", "raw", "double-arcsine")


def rows(inputs):
    """The rows of a table that holds the data: a column's values by study, and the role of its arm."""
    arms = {
        "treated": {"treated": "events", "treated_of": "of", "treated_mean": "change_mean", "treated_sd": "change_sd",
                    "treated_n": "n"},
        "control": {"control": "events", "control_of": "of", "control_mean": "change_mean", "control_sd": "change_sd",
                    "control_n": "n"},
        "": {"events": "events", "of": "of", "change_mean": "change_mean", "change_sd": "change_sd", "n": "n",
             "effect": "effect", "effect_se": "effect_se"},
    }  # fmt: skip
    for arm, columns in arms.items():
        known = {column: inputs[name] for name, column in columns.items() if name in inputs}
        for at in range(len(next(iter(known.values()), []))):
            role = {"treated": "treatment", "control": "control"}.get(arm, "")
            yield {"study": f"s{at + 1:02}", "outcome": "x", "arm": arm, "role": role} | {
                column: values[at] for column, values in known.items()
            }


@pytest.fixture
def table(tmp_path):
    """The data as a CSV that was read."""

    def made(case):
        written = list(rows(case["inputs"]))
        if "effect" in written[0]:
            written = [row | {"effect_measure": case["measure"]} for row in written]
        with (tmp_path / "t.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, written[0])
            writer.writeheader()
            writer.writerows(written)
        return read(tmp_path / "t.csv")

    return made


def test_there_are_twelve_sets_and_more():
    """Single arms, two arms by counts and means, changes and ready-made effects."""
    assert len({case["dataset"] for case in CASES}) == 15
    assert {case["measure"] for case in CASES} == {
        *RATES, "mean-change", "mean-difference", "risk-ratio", "odds-ratio", "risk-difference", "rate-ratio",
    }  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['dataset']}-{case['measure']}")
def test_every_number_agrees(case, table):
    """To all digits that metafor prints, and beyond."""
    if case["measure"] == "rate-ratio":  # the data are counts per time, of which the table holds the effects
        case = case | {"inputs": {name: case["inputs"][name] for name in ("effect", "effect_se")}}
    read_table = table(case)
    for how, expected in case["pools"].items():
        method, _, interval = how.partition("/")
        found = pool_outcome(
            read_table, "x", PoolChoice(), measure=case["measure"], method=method, interval=interval or "normal"
        )
        numbers = {name: read_off(found) for name, read_off in FIELDS.items() if name in expected}
        if case["measure"] not in RATES and "p" in expected:
            numbers["p"] = found.p_value
        digits = {"beta-binomial": 5e-6, "paule-mandel": 5e-6}.get(method, 1e-7)  # where R's searches end
        assert numbers == pytest.approx({name: expected[name] for name in numbers}, rel=digits, abs=digits), how


def test_all_estimators_are_among_them():
    """Each estimator of τ² but binomial–normal, which the reference cases pin, and both table methods."""
    pinned = {how.partition("/")[0] for case in CASES for how in case["pools"]}
    assert pinned >= {*METHODS, "mantel-haenszel", "peto"} - {"binomial-normal"}


def test_one_arm_by_a_beta_binomial():
    """The likelihood of a single arm is that of lbeta() by optim(): rates of Zhou, Brizendine & Pritz 1999."""
    case = next(case for case in CASES if case["dataset"] == "pritz1997" and case["measure"] == "logit")
    found = pool(proportion_effects(case["inputs"]["events"], case["inputs"]["of"]), "beta-binomial")
    assert [found.estimate, found.standard_error, found.log_likelihood] == pytest.approx(PRITZ, abs=2e-6)


PRITZ = [1.2353281876038, 0.2471290970045, -32.5096063008853]
