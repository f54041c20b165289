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

PRIOR = map_prior((9, 7, 8), (32, 27, 75))
EVERY = [*catalogue.designs().values(), *catalogue.wrappers().values()]
PLAN = "msc-lupus-nephritis"


@pytest.mark.parametrize(
    "value",
    [
        PRIOR,
        PRIOR.predictive,
        read_plan(PLAN),
        build(PLAN),
        read_evidence(PLAN),
        pool(PLAN, "complete-remission"),
        size(build(PLAN).design),
        tornado(PLAN),
        scenarios(build(PLAN).design, {"control": [0.2, 0.3]}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_line(value):
    """At a prompt."""
    assert len(repr(value)) < 300


def test_past_arms_as_a_page():
    """Where each of the three beliefs lies, as JSON too; its first sentence is that of the new trial."""
    assert PRIOR.summary().startswith(f"a new trial's rate {PRIOR.predictive.mean():.3f}, 95 % interval")
    assert "134 participants tell as much as 13 new ones" in PRIOR.summary()
    assert PRIOR.to_dict()["mixture"]["mean"] == PRIOR.mixture.mean()
    assert all(name in str(PRIOR) for name in ("typical", "predictive", "mixture"))


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
