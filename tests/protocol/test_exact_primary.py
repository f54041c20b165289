"""A plan with an exact primary test is written with a bounded number of exact searches."""

import pytest
from small_plans import built, stated

from trialplan import TwoProportions, sizing
from trialplan.protocol.content.context import context

DRAWN = stated(control=0.2) + (
    '[endpoint.assumptions.treatment]\nevidence = { study = "wang-2012", outcome = "complete remission", '
    'arm = "single" }\nbridge = { discount = 0.25, source = "w" }\n'
)


@pytest.fixture
def searched(monkeypatch):
    """The designs of which an exact number was searched."""
    found, search = [], sizing._saw_tooth

    def counted(design, target):
        found.append(design)
        return search(design, target)

    monkeypatch.setattr(sizing, "_saw_tooth", counted)
    return found


def test_cells_of_an_exact_primary_are_by_normal_theory(tmp_path, searched):
    """Only the plan's own assumptions are searched exactly, once a test; each cell has the score test's number."""
    trial = built(tmp_path, settings='test = "fisher"', assumptions=DRAWN, target=0.25)
    said = context(trial)
    planned = {(design.control, design.treatment) for design in searched}
    assert len(planned) == 1
    assert len(searched) <= len(TwoProportions.tests) + 1
    assert said["cells_by"]
    cells = [(row.value, cell) for row in said["by_discount"] for cell in row.cells if cell.n is not None]
    assert cells
    for control, cell in cells:
        assert cell.n == TwoProportions(control=control, treatment=cell.treatment).sample_size(0.8).n


def test_a_smooth_primary_says_nothing_of_it(tmp_path):
    """Where the test has a formula the cells are its own."""
    assert context(built(tmp_path))["cells_by"] == ""
