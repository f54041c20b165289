import pytest

from trialplan.figures import Tornado, render

BARS = [
    ("losses", "0 %", "20 %", 280, 448),
    ("control rate", "0.06", "0.50", 80, None),
    ("observed rate", "0.36", "0.70", 1840, 138),
    ("discount", "0", "0.75", 86, 1196),
]
FIGURE = Tornado(bars=BARS, planned=320, title="What breaks the trial")
BOTH = Tornado(bars=BARS, planned=320, assurance=[(0.6, 0.4), (0.7, None), (0.2, 0.8), (0.85, 0.3)])


class TestOrder:
    def test_what_leaves_no_trial_comes_first(self, picture):
        """Then the larger ratio to the planned number: 1,840 is further from 320 than 86 is, and 448 is nearest."""
        order = ["control rate", "observed rate", "discount", "losses"]
        assert picture(FIGURE).said("assumption") == order
        assert [row[0] for row in FIGURE.table()[1][::2]] == order

    def test_alt_tells_the_worst_first(self):
        """The alternative text begins with what leaves no trial."""
        first = FIGURE.alt().partition("are planned. ")[2]
        assert first.startswith(
            "control rate: 80 at 0.06 and no trial at 0.50. observed rate: 1,840 at 0.36 and 138 at"
        )


class TestPicture:
    def test_numbers_stand_beside_their_bars(self, picture):
        """Values on the left and numbers on the right, from the top."""
        seen = picture(FIGURE)
        assert seen.said("value") == ["0.06", "0.50", "0.36", "0.70", "0", "0.75", "0 %", "20 %"]
        assert seen.said("number") == ["80", "no trial", "1,840", "138", "86", "1,196", "280", "448"]
        assert seen.said("planned words") == ["planned: 320"]

    def test_no_trial_is_hatched_to_the_edge(self, picture):
        """One hatched bar for the one that leaves no trial, seven others, and the key explains it."""
        seen = picture(FIGURE)
        assert seen.names.count("no-trial") == 1
        assert seen.names.count("bar") == 7
        assert "no trial: no number of participants reaches the power" in seen.said("key")
        drawn = FIGURE.draw()
        hatched = next(p for axes in drawn.axes for p in axes.patches if p.get_gid() == "no-trial")
        assert hatched.get_x() == 320
        assert hatched.get_x() + hatched.get_width() == pytest.approx(hatched.axes.get_xlim()[1])

    def test_bars_end_at_their_numbers(self):
        """Each bar runs from the planned number to its own."""
        drawn = FIGURE.draw()
        bars = [p for axes in drawn.axes for p in axes.patches if p.get_gid() == "bar"]
        assert {bar.get_x() for bar in bars} == {320}
        assert sorted(bar.get_x() + bar.get_width() for bar in bars) == [80, 86, 138, 280, 448, 1196, 1840]

    def test_the_bars_are_where_their_numbers_say(self, pixels, data_axes):
        """Blue to the left for fewer, and white beyond the number."""
        bar = next(p for p in data_axes(FIGURE).patches if p.get_gid() == "bar")
        _, at = pixels(FIGURE)
        middle = bar.get_y() + bar.get_height() / 2
        assert at(150, middle)[2] > at(150, middle)[0] + 100
        assert at(70, middle) == (255, 255, 255)

    def test_assurance_has_a_panel(self, picture, collisions):
        """With assurance there are two panels, and a column more."""
        seen = picture(BOTH)
        assert seen.said("planned words") == ["planned: 320"]
        assert seen.said("number")[:4] == ["80", "0.70", "no trial", "–"]
        assert BOTH.table()[0] == ("assumption", "value", "participants", "assurance")
        assert collisions(BOTH) == ([], [])

    def test_the_table_holds_the_bars(self):
        """Two rows an assumption give back the bars."""
        _, rows = FIGURE.table()
        bars = {(a[0], a[1], b[1], a[2], b[2]) for a, b in zip(rows[::2], rows[1::2], strict=True)}
        assert bars == set(BARS)


class TestAwkward:
    def test_all_unreachable(self):
        """A plan that only works as planned is drawn."""
        assert render(Tornado(bars=[("a", "1", "2", None, None)], planned=100), ".png")

    def test_nothing_changes(self):
        """Bars without length are drawn."""
        assert render(Tornado(bars=[("a", "1", "2", 100, 100)], planned=100), ".png")

    def test_two_to_ten_million(self, collisions):
        """Numbers six orders apart fit the same axis."""
        assert collisions(Tornado(bars=[("a", "1", "2", 2, 1e7)], planned=100)) == ([], [])
