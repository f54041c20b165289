"""A plan with an exact primary test is written with a bounded number of exact searches."""

import pytest
from small_plans import built, stated

from trialplan import TwoProportions, sizing
from trialplan.catalogue import designs
from trialplan.protocol.content.context import context
from trialplan.protocol.content.formula_legend import legend

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
    """Searched exactly are the plan, once a test, and its worst doubt; each cell has the score test's number."""
    trial = built(tmp_path, settings='test = "fisher"', assumptions=DRAWN, target=0.25)
    said = context(trial)
    planned = (trial.design.control, trial.design.treatment)
    others = [design for design in searched if (design.control, design.treatment) != planned]
    assert len(others) == 1
    assert len(searched) <= len(TwoProportions.tests) + 2
    assert said["cells_by"]
    cells = [(row.value, cell) for row in said["by_discount"] for cell in row.cells if cell.n is not None]
    assert cells
    for control, cell in cells:
        assert cell.n == TwoProportions(control=control, treatment=cell.treatment).sample_size(0.8).n


def test_a_smooth_primary_says_nothing_of_it(tmp_path):
    """Where the test has a formula the cells are its own."""
    assert context(built(tmp_path))["cells_by"] == ""


@pytest.mark.parametrize(
    ("design", "test", "letters"),
    [
        ("two-proportions", "score", "n w s α β"),
        ("two-proportions", "fisher", "n_T x_T R β"),
        ("two-proportions", "continuity-corrected", "n n_T w s α β"),
        ("two-means", "t", "n n_T s μ_T T_ν t_ν α β"),
        ("two-means", "z", "n w s μ_T σ_T α β"),
        ("paired-proportions", "mcnemar-exact", "n R d d_T β"),
        ("event-counts", "exact", "n_T R y y_T β"),
        ("one-proportion", "exact", "n s x α β"),
    ],
)
def test_the_legend_names_the_letters_of_the_formula(design, test, letters):
    """A letter is explained where the formula has it, and nowhere else."""
    cls = designs()[design]
    assert {letter for letter, _ in legend(cls.tests[test].tex, cls.letters)} == set(letters.split())


def test_every_shipped_formula_has_a_legend():
    """No formula is printed whose letters are not explained."""
    formulas = [(test.tex, cls.letters) for cls in designs().values() for test in cls.tests.values() if test.tex]
    assert formulas
    assert all(legend(tex, letters) for tex, letters in formulas)
