"""Every answer that has a picture draws it by figure() and writes it by save(); every answer saves its page."""

import json

import numpy as np
import pytest

from trialplan import (
    GroupSequential,
    TwoMeans,
    TwoProportions,
    compare,
    effect,
    exclude,
    pool,
    scenarios,
    size,
    tornado,
)
from trialplan.errors import FileError, ParameterError
from trialplan.figures import Boundaries, Contour, Curves, Forest, HeatMap, Tornado

DESIGN = TwoProportions(control=0.3, treatment=0.5)
AXES = {"control": [0.2, 0.3], "treatment": [0.5, 0.6, 0.7]}


class TestFigures:
    @pytest.mark.parametrize(
        ("ask", "kind", "title"),
        [
            (lambda: size(DESIGN), Curves, "Power, against participants in all"),
            (lambda: size(GroupSequential(design=DESIGN, looks=(0.5, 1))), Boundaries, "Boundaries at each look"),
            (lambda: tornado(DESIGN, {"control": (0.2, 0.4)}), Tornado, "n for power 0.8, one assumption at a time"),
            (lambda: exclude(DESIGN, [100, 400]), Curves, "Exclud"),
            (lambda: pool("msc-lupus-nephritis", "complete-remission"), Forest, "complete-remission: "),
            (lambda: scenarios(DESIGN, {"control": [0.2, 0.3]}), Curves, "Participants in all for power 0.8, against"),
        ],
    )
    def test_each(self, ask, kind, title):
        """The answer's own figure."""
        figure = ask().figure()
        assert isinstance(figure, kind)
        assert title.lower() in figure.title.lower()

    def test_a_grid_shows_what_it_prints(self):
        """Participants in all, whatever the allocation."""
        grid = scenarios(DESIGN, AXES)
        assert "participants in all" in grid.figure().alt()
        assert np.array_equal(grid.figure().values, grid.n)
        unequal = scenarios(DESIGN.replace(allocation="2:1"), AXES)
        assert np.array_equal(unequal.figure().values, unequal.n)
        assert isinstance(grid.figure(), HeatMap)
        assert isinstance(grid.figure("contour"), Contour)

    def test_a_pool_by_its_name(self):
        """Any of the pools, and one of effects alone."""
        pools = pool("msc-lupus-nephritis", "complete-remission")
        assert pools.figure("all").title == "complete-remission: all"
        assert len(pools.by_reports["all"].figure().rows) == pools.by_reports["all"].k
        with pytest.raises(ParameterError, match="there is no pool 'al'; did you mean 'all'"):
            pools.figure("al")

    @pytest.mark.parametrize(
        ("ask", "sentence"),
        [
            (lambda: compare(DESIGN), "Comparison: this answer has no picture; save it as .json"),
            (lambda: effect(TwoMeans(sd=1), 128), "this answer has no picture"),
            (
                lambda: size(TwoMeans(sd=1, difference=np.array([0.4, 0.5]))),
                r"no picture; give a design of plain numbers, and the arrays to scenarios",
            ),
        ],
    )
    def test_without_a_picture(self, ask, sentence):
        """One sentence with the way out."""
        with pytest.raises(ParameterError, match=sentence):
            ask().figure()


class TestSave:
    def test_a_picture_and_a_page(self, tmp_path):
        """The suffix says which; a text will do for the path, which is given back."""
        answer = size(DESIGN)
        path = answer.save(str(tmp_path / "size.svg"))
        assert path == tmp_path / "size.svg"
        assert path.read_bytes() == answer.figure().save(tmp_path / "again.svg").read_bytes()
        assert answer.figure()._repr_svg_() == path.read_text(encoding="utf-8")
        assert json.loads(answer.save(tmp_path / "size.json").read_text())["n"] == 186
        assert answer.save(tmp_path / "size.txt").read_text() == f"{answer}\n"

    def test_a_grid(self, tmp_path):
        """All scenarios as data, or the picture of a kind."""
        grid = scenarios(DESIGN, AXES)
        assert len(grid.save(tmp_path / "grid.csv").read_text().splitlines()) == 7
        assert grid.save(tmp_path / "grid.png").read_bytes().startswith(b"\x89PNG")
        with pytest.raises(FileError, match="a contour needs a figure to write to"):
            grid.save(tmp_path / "grid.json", "contour")

    def test_a_forest_plot(self, tmp_path):
        """By the older name too."""
        pool("msc-lupus-nephritis", "complete-remission").draw(str(tmp_path / "forest.svg"))
        assert (tmp_path / "forest.svg").read_text(encoding="utf-8").startswith("<?xml")

    @pytest.mark.parametrize("thing", [size(DESIGN), size(DESIGN).figure(), scenarios(DESIGN, AXES)])
    def test_no_format(self, thing, tmp_path):
        """A suffix that says none of the formats."""
        with pytest.raises(FileError, match=r"ends in '.gif', which says no format; name the output with \..*\.pdf"):
            thing.save(tmp_path / "answer.gif")
