"""The gallery: five tables from other fields, each with its plan: what they hold, what is planned, what is printed."""

import math
import re

import pytest
from scipy import stats

from trialplan.evidence import audit, read
from trialplan.evidence.selection import PoolChoice, pool_outcome
from trialplan.files import examples
from trialplan.plan import build
from trialplan.plan import read as read_plan
from trialplan.protocol import write
from trialplan.protocol.checking.check import check

# events and participants over all studies, treatment and control, as the columns of metadat 1.2-0 add up
TOTALS = {
    "cerebral-vasospasm": ("clinical improvement", [(246, 326)]),
    "intensive-care-infections": ("respiratory tract infection", [(287, 1501), (603, 1523)]),
    "catheter-infections": ("bloodstream infection", [(27, 2495), (87, 2495)]),
    "warfarin-stroke": ("stroke", [(53, 1450), (133, 1450)]),
}
POOLS = [
    ("intensive-care-infections", "respiratory tract infection", "risk-ratio", "reml", (0.42, None, None)),
    ("catheter-infections", "bloodstream infection", "odds-ratio", "beta-binomial", (0.36, None, None)),
    ("metformin-hba1c", "change in HbA1c", "mean-difference", "reml", (-1.13, -1.77, -0.49)),
    ("warfarin-stroke", "rate of stroke", "rate-ratio", "reml", (0.36, None, None)),
]
GALLERY = [*TOTALS, "metformin-hba1c"]


@pytest.mark.parametrize("name", TOTALS)
def test_counts_add_up_to_the_source(name):
    """Each arm's events and participants over the studies."""
    outcome, expected = TOTALS[name]
    rows = [row for study in read(name).studies for row in study.outcomes if row.name == outcome]
    roles = dict.fromkeys(row.role for row in rows)
    totals = [tuple(sum(row.counts[part] for row in rows if row.role == role) for part in (0, 1)) for role in roles]
    assert totals == expected


@pytest.mark.parametrize(("name", "outcome", "measure", "method", "printed"), POOLS)
def test_what_a_plan_says_of_the_pool_is_the_pool(name, outcome, measure, method, printed):
    """The numbers in the plan's sources are those of the table, to the digits they have."""
    found = pool_outcome(read(name), outcome, PoolChoice(), measure=measure, method=method).natural
    numbers = (found.estimate, found.lower, found.upper)
    assert [round(value, 2) for value, shown in zip(numbers, printed, strict=True) if shown is not None] == [
        shown for shown in printed if shown is not None
    ]
    text = examples("plan.toml")[name].read_text(encoding="utf-8")
    assert all(f"{abs(shown):.2f}" in text for shown in printed if shown is not None)


@pytest.mark.parametrize("name", ["intensive-care-infections", "catheter-infections", "warfarin-stroke"])
def test_the_number_of_two_rates_is_the_textbook_s(name):
    """The pooled score test's formula at the planned rates, in whole pairs."""
    trial = build(read_plan(name))
    rates = {one.name: one.value for one in trial.primary.assumptions}
    p, q = rates["treatment"], rates["control"]
    mean = (p + q) / 2
    power = {"catheter-infections": 0.8}.get(name, 0.9)
    root = stats.norm.ppf(0.975) * math.sqrt(2 * mean * (1 - mean))
    root += stats.norm.ppf(power) * math.sqrt(p * (1 - p) + q * (1 - q))
    assert set(trial.primary.answer.arms.values()) == {math.ceil((root / (p - q)) ** 2)}


def test_every_table_says_what_it_compares():
    """Roles are known, nothing blocks but the lack of a control where there is none."""
    for name in GALLERY:
        blocking = {finding.id for finding in audit(read(name)) if finding.severity == "block"}
        assert blocking == ({"P01"} if name == "cerebral-vasospasm" else set())


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name == "metformin-hba1c" else pytest.mark.sweep) for name in GALLERY]
)
def test_the_protocol_is_rendered_and_agrees(name, tmp_path):
    """Markdown, whose every number is that of the plan, with the studies and their source in it."""
    write(read_plan(name), [tmp_path / "p.md"])
    text = (tmp_path / "p.md").read_text(encoding="utf-8")
    table = read(name)
    assert all(study.key in text for study in table.studies)
    assert table.doi.replace("<", "&lt;") in text or table.doi in text
    assert re.search(r"\bnan\b|\binf\b", text) is None
    assert check(tmp_path / "p.md").ok
