from trialplan import TwoProportions
from trialplan.figures import Curves, render

NAN = float("nan")
SIZES = list(range(20, 401, 4))
TRIAL = TwoProportions(control=0.3, treatment=0.5)
POWER = Curves(
    x_name="participants",
    x=SIZES,
    lines=[("0.5 on treatment", [float(TRIAL.power(n)) for n in SIZES])],
    target=0.8,
    chosen=(188, float(TRIAL.power(188))),
)
NEEDED = Curves(
    x_name="response rate on control",
    x=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
    lines=[("", [40, 90, 356, 9147, NAN, NAN])],
    quantity="participants",
)


class TestPower:
    def test_alt_says_when_the_target_is_reached(self):
        """The alternative text names the first n from which power stays at the target, as a loop finds it."""
        reached = next(n for n in SIZES if all(float(TRIAL.power(m)) >= 0.8 for m in SIZES if m >= n))
        assert f"at or above 0.80 from {reached} on" in POWER.alt()
        assert "Chosen is participants 188, power" in POWER.alt()

    def test_a_target_that_is_not_kept(self):
        """A line that reaches the target and loses it again is not said to reach it."""
        saw = Curves(x_name="n", x=[1, 2, 3], lines=[("exact", [0.7, 0.81, 0.79])], target=0.8)
        assert "never staying above 0.80" in saw.alt()

    def test_the_chosen_point_is_marked(self, picture):
        """The chosen n stands on the axis, on the line, and in the key."""
        seen = picture(POWER)
        assert "chosen" in seen.names
        assert seen.said("chosen x") == ["188"]
        assert [text for text in seen.said("key") if text.startswith("chosen: participants 188, power 0.8")]

    def test_the_chosen_point_lies_where_it_should(self, pixels):
        """The mark's colour is found at n and its power, and not beside."""
        _, at = pixels(POWER)
        red, green, blue = at(188, float(TRIAL.power(188)))
        assert red > green + 80
        assert red > blue
        assert at(188, 0.95) == (255, 255, 255)

    def test_the_table_holds_the_lines(self):
        """One row for each n, with the values to their last digit."""
        columns, rows = POWER.table()
        assert columns == ("participants", "0.5 on treatment")
        assert rows == tuple(zip(SIZES, POWER.lines[0][1], strict=True))


class TestParticipants:
    def test_the_stretch_without_a_trial_is_hatched(self, pixels, picture):
        """From half-way past the last answer the picture is grey, and the key says what that means."""
        assert "no number of participants" in picture(NEEDED).said("key")
        assert "no-answer 4 to 5" in picture(NEEDED).names
        _, at = pixels(NEEDED)
        assert all(at(x, 3000) != (255, 255, 255) for x in (0.46, 0.5, 0.55, 0.59))
        assert at(0.43, 300) == (255, 255, 255)

    def test_alt_counts_the_gap(self):
        """The alternative text has both ends and how many values have no answer."""
        assert "40 at 0.1 to 9,147 at 0.4; no number of participants at 2 of 6 values." in NEEDED.alt()

    def test_wide_ranges_go_by_ratio(self, picture):
        """From 40 to 9,147 the axis is logarithmic, from 90 to 120 it is not."""
        assert {"100", "1,000"} <= set(picture(NEEDED).texts)
        narrow = Curves(x_name="x", x=[1, 2], lines=[("", [90, 120])], quantity="participants")
        assert {"0", "100"} <= set(picture(narrow).texts)

    def test_nothing_reachable(self):
        """A line without any answer is a hatched picture and a sentence."""
        none = Curves(x_name="x", x=[1, 2], lines=[("", [NAN, None])], quantity="participants")
        assert "no number of participants at any value" in none.alt()
        assert render(none, ".png")


class TestAwkward:
    def test_names_are_not_joined(self, picture, collisions, data_axes):
        """Tests on the axis are dots side by side, each named."""
        figure = Curves(x_name="test", x=["score", "fisher"], lines=[("a", [0.8, 0.7]), ("b", [0.8, 0.7])], target=0.8)
        assert {"score", "fisher"} <= set(picture(figure).texts)
        assert collisions(figure) == ([], [])
        drawn = [line for line in data_axes(figure).lines if (line.get_gid() or "")[:5] == "line "]
        assert [line.get_linestyle() for line in drawn] == ["None", "None"]
        assert drawn[0].get_xdata()[0] < 0 < drawn[1].get_xdata()[0]

    def test_twelve_lines_differ(self):
        """Twelve lines have twelve looks."""
        figure = Curves(x_name="n", x=[1, 2], lines=[(f"line {i}", [0.1, 0.9]) for i in range(12)])
        looks = {(key.look["color"], key.look["linestyle"]) for key in figure.entries()}
        assert len(looks) == 12

    def test_one_point(self):
        """A single n is a dot."""
        assert render(Curves(x_name="n", x=[100], lines=[("", [0.8])], target=0.8, chosen=(100, 0.8)), ".png")
