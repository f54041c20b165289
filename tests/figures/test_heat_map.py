import re

import numpy as np
import pytest

from trialplan import TwoProportions
from trialplan.errors import ParameterError
from trialplan.figures import Contour, HeatMap, render

NAN = float("nan")
CONTROL = [round(0.10 + 0.02 * i, 2) for i in range(14)]
TREATMENT = [round(0.28 + 0.02 * i, 2) for i in range(17)]


def per_arm(control, treatment):
    """The participants per arm of one scalar trial, nan where the sentence says that none will do."""
    try:
        return TwoProportions(control=control, treatment=treatment).sample_size(0.8).arms["control"]
    except ValueError:
        return NAN


VALUES = np.array([[per_arm(control, treatment) for treatment in TREATMENT] for control in CONTROL])
SHIPPED = HeatMap(
    x_name="response rate on treatment",
    x=TREATMENT,
    y_name="response rate on control",
    y=CONTROL,
    values=VALUES,
    quantity="participants per arm",
    planned=(0.40, 0.2437),
    title="Participants per arm for 80 % power",
)


def small(**other):
    """A heat map with little in it."""
    given = {"x_name": "a", "x": [1, 2], "y_name": "b", "y": [3, 4], "values": [[10, 20], [30, NAN]]}
    return HeatMap(**(given | other))


def contrast(one, other):
    """The contrast ratio of WCAG 2.1."""

    def luminance(colour):
        linear = [(c / 255 / 12.92) if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05

    ratio = luminance(one) / luminance(other)
    return max(ratio, 1 / ratio)


class TestShippedGrid:
    def test_every_number_is_in_its_cell(self, picture):
        """Each cell with an answer prints it in full, 14 as well as 9,147."""
        seen = picture(SHIPPED)
        for row, column in np.argwhere(~np.isnan(VALUES)):
            assert seen.said(f"cell {row} {column}") == [f"{VALUES[row, column]:,.0f}"]
        assert {"14", "9,147"} <= set(seen.texts)

    def test_fifteen_cells_are_hatched(self, picture):
        """The hatched runs cover the cells without an answer, and the key counts them."""
        seen = picture(SHIPPED)
        covered = set()
        for name in seen.names:
            if found := re.fullmatch(r"no-answer row (\d+) columns (\d+) to (\d+)", name):
                row, first, last = map(int, found.groups())
                covered |= {(row, column) for column in range(first, last + 1)}
        assert covered == {(int(row), int(column)) for row, column in np.argwhere(np.isnan(VALUES))}
        assert len(covered) == 15
        assert "no number of participants (15 of 238 combinations)" in seen.said("key")

    def test_pixels_show_what_is_hatched(self, pixels):
        """On the picture itself, cells without an answer are grey and those with one are coloured."""
        _, at = pixels(SHIPPED)
        grey = set()
        for row in range(len(CONTROL)):
            for column in range(len(TREATMENT)):
                # beside the number, and off the frame around the planned cell
                spots = [at(column + 0.3, row + up) for up in (-0.3, -0.33, 0.3, 0.33)]
                if all(max(spot) - min(spot) < 30 and max(spot) < 240 for spot in spots):
                    grey.add((row, column))
        assert grey == {(int(row), int(column)) for row, column in np.argwhere(np.isnan(VALUES))}

    def test_darker_is_larger(self, pixels):
        """Along a row, fewer participants are paler."""
        _, at = pixels(SHIPPED)
        row = CONTROL.index(0.10)
        light = [sum(at(column, row - 0.4)) for column in range(len(TREATMENT))]
        assert light == sorted(light)
        assert light[-1] > light[0] + 60

    def test_numbers_can_be_read(self, data_axes):
        """Each number stands out from its cell by a contrast of 3 at least, and is no smaller than 5.5 points."""
        import matplotlib.colors

        axes = data_axes(SHIPPED)
        mesh = next(child for child in axes.collections if child.get_gid() == "cells")
        colours = mesh.to_rgba(mesh.get_array()).reshape(*VALUES.shape, 4)
        texts = [text for text in axes.texts if (text.get_gid() or "").startswith("cell ")]
        assert len(texts) == 238 - 15
        for text in texts:
            row, column = map(int, text.get_gid().split()[1:])
            ink = [255 * part for part in matplotlib.colors.to_rgb(text.get_color())]
            assert contrast(ink, 255 * colours[row, column, :3]) >= 3
            assert text.get_size() >= 5.5

    def test_numbers_stay_in_their_cells(self, data_axes):
        """No number is wider or higher than its cell."""
        axes = data_axes(SHIPPED)
        across, up = axes.transData.transform((1, 1)) - axes.transData.transform((0, 0))
        for text in axes.texts:
            box = text.get_window_extent()
            assert box.width <= across
            assert box.height <= up

    def test_the_planned_cell_is_framed(self, picture):
        """The cell nearest to the plan has a frame, and the key gives the plan's own numbers."""
        seen = picture(SHIPPED)
        assert seen.names.count("planned") == 1
        words = " ".join(seen.said("key"))
        assert "planned: response rate on treatment 0.40, response rate on control 0.2437" in words
        assert "nearest combination is framed" in words

    def test_alt_tells_the_finding(self, numbers):
        """The alternative text has the range, its places, the count of the unreachable, and the plan."""
        alt = SHIPPED.alt()
        found = numbers(alt)
        assert {238, 14, 9147, 15, 0.2437} <= set(found)
        row, column = np.unravel_index(np.nanargmax(VALUES), VALUES.shape)
        assert f"9,147 (at response rate on treatment {TREATMENT[column]:.2f}, " in alt
        assert f"response rate on control {CONTROL[row]:.2f})" in alt

    def test_the_table_holds_the_picture(self):
        """The figure that is made from the table is the same picture."""
        columns, rows = SHIPPED.table()
        assert columns == ("response rate on treatment", "response rate on control", "participants per arm")
        assert len(rows) == 238
        assert sum(value is None for *_, value in rows) == 15
        cells = {(y, x): value for x, y, value in rows}
        again = HeatMap(
            x_name=columns[0],
            x=list(dict.fromkeys(x for x, _, _ in rows)),
            y_name=columns[1],
            y=list(dict.fromkeys(y for _, y, _ in rows)),
            values=[[cells[y, x] for x in TREATMENT] for y in CONTROL],
            quantity=columns[2],
            planned=SHIPPED.planned,
            title=SHIPPED.title,
        )
        assert render(again, ".svg") == render(SHIPPED, ".svg")


class TestAwkwardGrids:
    def test_one_cell(self, picture, collisions):
        """A single number is a picture too."""
        one = small(x=[1], y=["only"], values=[[134]])
        assert picture(one).said("cell 0 0") == ["134"]
        assert "It is 134 throughout." in one.alt()
        assert collisions(one) == ([], [])

    def test_nothing_reachable(self, picture):
        """A grid without any answer is hatched all over and says so."""
        none = small(values=[[NAN, None], [NAN, NAN]])
        assert "no number of participants (4 of 4 combinations)" in picture(none).said("key")
        assert "No combination has an answer" in none.alt()

    def test_names_on_the_axes(self, picture, collisions, data_axes):
        """Axes take names, such as those of tests, printed whole where there is room and read from the top."""
        tests = ["score", "wald", "fisher", "continuity-corrected", "exact-unpooled"]
        figure = small(x=[0.1, 0.2], y=tests, values=[[10, 20]] * 5, planned=(0.2, "fisher"))
        assert set(tests) <= set(picture(figure).texts)
        assert data_axes(figure).yaxis_inverted()
        assert "Planned is a 0.2, b fisher: 20." in figure.alt()
        assert collisions(figure) == ([], [])

    def test_many_cells(self, picture, collisions):
        """A grid of 60 × 80 is coloured without numbers, with some of its values on the axes."""
        x, y = [0.2 + 0.01 * i for i in range(60)], [0.01 * (1 + i) for i in range(80)]
        values = [[NAN if t <= c + 1e-9 else 2 / (t - c) ** 2 for t in x] for c in y]
        figure = small(x=x, y=y, values=values, planned=(0.405, 0.3))
        seen = picture(figure)
        assert not [name for name in seen.names if name.startswith("cell ")]
        assert "0.40" in seen.texts
        assert seen.names.count("planned") == 1
        assert collisions(figure) == ([], [])

    def test_large_numbers_are_shortened_and_say_so(self, picture):
        """From 2 to ten million, cells are rounded to two digits or three, and the key explains the letters."""
        values = [[2, 999, 1000, 9147, 9960, 99_500, 123_456, 999_600, 1e7, 1, 1, 1, 1, 1, 1, 1]]
        figure = small(x=list(range(16)), y=[1], values=values)
        seen = picture(figure)
        cells = [seen.said(f"cell 0 {column}")[0] for column in range(9)]
        assert cells == ["2", "999", "1.0k", "9.1k", "10k", "100k", "123k", "1.0M", "10M"]
        assert "k = thousands, M = millions, rounded" in seen.said("key")

    def test_power_is_never_printed_as_certain(self, picture):
        """Power goes from 0 to 1, and 0.9999 is not printed as 1.00."""
        figure = small(values=[[0.05, 0.8], [0.9999, 1.0]], quantity="power")
        seen = picture(figure)
        assert [seen.said(f"cell {i} {j}")[0] for i in (0, 1) for j in (0, 1)] == ["0.05", "0.80", ">0.99", "1.00"]
        assert "no power" not in seen.texts

    def test_a_plan_outside_is_not_marked(self, picture):
        """A planned point that is not on the picture is not drawn, and the alternative text says so."""
        figure = small(planned=(9, 3))
        assert "planned" not in picture(figure).names
        assert "The planned point, a 9, b 3, lies outside the picture." in figure.alt()


class TestContour:
    SURFACE = Contour(
        **{name: getattr(SHIPPED, name) for name in ("x_name", "x", "y_name", "y", "values", "quantity", "planned")}
    )

    def test_levels_are_named(self, picture):
        """The lines' values are in the key, and most stand on the lines."""
        seen = picture(self.SURFACE)
        assert "participants per arm: 20, 50, 100, 200, 500, 1,000, 2,000 and 5,000" in seen.said("key")
        labels = seen.said("level")
        assert len(labels) >= 6
        assert set(labels) <= {"20", "50", "100", "200", "500", "1,000", "2,000", "5,000"}

    def test_a_line_lies_where_n_is(self, data_axes):
        """On the line of 100 participants per arm, a trial of its own needs 100, give or take the grid's coarseness."""
        lines = data_axes(self.SURFACE).collections[1]
        path = lines.get_paths()[list(lines.levels).index(100)]
        inside = [(t, c) for t, c in path.vertices if 0.3 < t < 0.6 and 0.1 < c < 0.35]
        assert len(inside) > 10
        assert all(abs(per_arm(float(c), float(t)) - 100) <= 3 for t, c in inside)

    def test_the_unreachable_is_hatched(self, pixels):
        """The corner without an answer is grey, the others are coloured."""
        _, at = pixels(self.SURFACE)
        assert all(max(at(x, 0.35)) - min(at(x, 0.35)) < 30 for x in (0.285, 0.29, 0.30, 0.31))
        assert max(at(0.55, 0.12)) - min(at(0.55, 0.12)) > 30

    @pytest.mark.parametrize("values", [[[NAN, NAN], [NAN, NAN]], [[7, 7], [7, 7]], [[7, NAN], [NAN, 7]]])
    def test_no_lines_to_draw(self, values):
        """A surface that is empty or flat is drawn without lines."""
        assert render(Contour(x_name="a", x=[1, 2], y_name="b", y=[4, 3], values=values), ".png")

    @pytest.mark.parametrize(
        ("x", "sentence"),
        [
            (["score", "wald"], "must have two or more numbers to draw lines between, not score and wald; a heat map"),
            ([1], "two or more numbers"),
            ([1, 3, 2], "must rise or fall all the way"),
            ([1, 1], "must rise or fall all the way"),
        ],
    )
    def test_axes_without_order(self, x, sentence):
        """Lines need numbers in order on both axes."""
        with pytest.raises(ParameterError, match=sentence):
            Contour(x_name="a", x=x, y_name="b", y=[1, 2], values=[[1] * len(x)] * 2)
