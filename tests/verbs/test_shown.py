"""What a notebook or a prompt shows of a value is a line, not all that it holds."""

import pytest

from trialplan import (
    GroupSequential,
    build,
    catalogue,
    list_designs,
    pool,
    randomise,
    read_evidence,
    read_plan,
    scenarios,
    size,
    tornado,
)
from trialplan.belief import map_prior

EVERY = [*catalogue.designs().values(), *catalogue.wrappers().values()]
PLAN = "msc-lupus-nephritis"


@pytest.fixture(scope="module")
def prior():
    return map_prior((9, 7, 8), (32, 27, 75))


@pytest.fixture(scope="module")
def trial():
    return build(PLAN)


@pytest.mark.parametrize(
    "value",
    [
        lambda prior, _: prior,
        lambda prior, _: prior.predictive,
        lambda *_: read_plan(PLAN),
        lambda _, trial: trial,
        lambda *_: read_evidence(PLAN),
        lambda *_: pool(PLAN, "complete-remission"),
        lambda _, trial: size(trial.design),
        lambda *_: tornado(PLAN),
        lambda _, trial: scenarios(trial.design, {"control": [0.2, 0.3]}),
    ],
)
def test_a_line(value, prior, trial):
    """At a prompt."""
    assert len(repr(value(prior, trial))) < 300


def test_past_arms_as_a_page(prior):
    """Where each of the three beliefs lies, as JSON too; its first sentence is that of the new trial."""
    assert prior.summary().startswith(f"a new trial's rate {prior.predictive.mean():.3f}, 95 % interval")
    assert "134 participants tell as much as 13 new ones" in prior.summary()
    assert prior.to_dict()["mixture"]["mean"] == prior.mixture.mean()
    assert all(name in str(prior) for name in ("typical", "predictive", "mixture"))


def test_a_plan():
    """Its title and what makes it a trial."""
    assert str(read_plan(PLAN)).startswith("<Plan: msc-lupus-nephritis: Umbilical-cord")


def test_what_a_list_was_made_from():
    """The page of a list says its seed, drawn or given, and its block sizes: with them it can be made again."""
    scheme = randomise(arms=["treatment", "control"], n=8)
    assert f"seed         {scheme.seed}\nblock sizes  4, 6\n" in str(scheme)


def test_designs_by_class_and_by_default():
    """The list names the classes, wrappers too; the numbers of one have the names and defaults of its class."""
    assert all(f"{cls.slug()}  " in str(list_designs()) and cls.__name__ in str(list_designs()) for cls in EVERY)
    lines = [line.split() for line in str(list_designs("one-proportion")).splitlines()]
    assert next(line[:6] for line in lines if line[:1] == ["null"]) == [
        "null",
        "p₀",
        "proportion",
        "(0,",
        "1)",
        "needed",
    ]
    assert next(line[4] for line in lines if line[:1] == ["favourable"]) == "higher"
    assert list_designs("group-sequential").design is list_designs(GroupSequential).design
