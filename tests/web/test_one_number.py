"""Two numbers typed where one is asked for are told in a sentence, at whatever control of a design or a plan."""

import pytest

from trialplan import catalogue, files
from trialplan.web import controls
from trialplan.web.shelf import Shelf
from trialplan.web.state import State
from trialplan.web.subject import Subject

TWO = "0.1,0.2"
DESIGNS = {slug: controls.of_design(cls, {}) for slug, cls in catalogue.designs().items()}
PLANS = {name: Subject(State(name=name), Shelf(files.shipped("examples"))) for name in files.examples("plan.toml")}


def numbers(of):
    """The paths of the controls that take one number."""
    return [one.path for one in of if one.kind == controls.NUMBER]


def some(names, daily):
    """All of them, of which one is asked every day."""
    return [pytest.param(one, marks=() if one == daily else pytest.mark.sweep) for one in names]


@pytest.mark.parametrize("slug", some(DESIGNS, "two-proportions"))
def test_of_a_design(slug, pages):
    """Its own numbers, what it is sized by, and those of its looks."""
    paths = numbers(DESIGNS[slug])
    assert paths
    for path in paths:
        looks = "&looks=0.5,1" if path not in numbers(controls.of_design(catalogue.design(slug), {})) else ""
        (told,) = pages.wrong(f"design={slug}&{path}={TWO}{looks}")
        assert f"must be one number, not {TWO}" in told


@pytest.mark.parametrize("name", some(PLANS, "starter"))
def test_of_a_plan(name, pages):
    """Where its file may hold several of what its design takes one of."""
    paths = numbers(PLANS[name].controls)
    listable = [path for path in paths if path.endswith(".value") or ".settings." in path]
    primary = [path for path in listable if path.startswith("endpoint.0.")]
    assert primary
    told = {path: pages.wrong(f"plan={name}&{path}={TWO}") for path in [*primary, *listable[-3:]]}
    assert [path for path, sentences in told.items() if len(sentences) > 1] == []
    assert [path for path in primary if not told[path]] == []


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("0,8", "power must be one number, not 0,8; write the decimal comma as a point, 0.8"),
        (TWO, f"power must be one number, not {TWO}"),
        ("1,2,3", "power must be one number, not 1,2,3"),
    ],
)
def test_a_decimal_comma(typed, told, pages):
    """It is told as one where it may be one."""
    assert pages.wrong(f"design=two-proportions&power={typed}") == [told]
