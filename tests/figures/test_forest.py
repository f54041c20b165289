import pytest

from trialplan import evidence
from trialplan.figures import Forest, render
from trialplan.figures.forest import _short


def deaths():
    """The deaths of the shipped table's five studies, with Wilson intervals worked out here."""
    rows = []
    for study in evidence.read("msc-lupus-nephritis").studies:
        for outcome in study.outcomes:
            if outcome.name == "death":
                rows.append((study.key, *wilson(outcome.events, outcome.of), float(outcome.of), outcome.kind))
    return rows


def wilson(events, n, z=1.959963984540054):
    """Estimate, lower and upper."""
    rate, part = events / n, z * z / n
    middle, half = rate + part / 2, z * (rate * (1 - rate) / n + part / (4 * n)) ** 0.5
    return rate, max(0.0, (middle - half) / (1 + part)), (middle + half) / (1 + part)


FIGURE = Forest(
    rows=deaths(),
    pooled=[("random effects", 0.05, 0.02, 0.09, None, "pooled")],
    prediction=(0.01, 0.2),
    measure="deaths",
)
RATIOS = Forest(
    rows=[("first", 0.63, 0.17, 2.3, 12, "randomised"), ("large", -0.001, -123.4, 3.4, 3, "cohort")],
    measure="log odds ratio",
)


class TestPicture:
    def test_the_five_studies(self, picture):
        """Five rows, their numbers, a pooled one and a prediction, from the top."""
        seen = picture(FIGURE)
        names = ["sun-2010", "liang-2010", "wang-2012", "wang-2013", "wang-2014"]
        assert seen.said("label") == [*names, "random effects", "prediction for a new study"]
        said = [f"{rate:.2f} ({lower:.2f} to {upper:.2f})" for _, rate, lower, upper, *_ in deaths()]
        assert seen.said("numbers") == [*said, "0.05 (0.02 to 0.09)", "0.01 to 0.20"]
        assert seen.names.count("pooled") == 1
        assert seen.names.count("estimate") == 5
        assert seen.names.count("interval") == 6

    def test_ratios_have_a_line_of_no_effect(self, data_axes):
        """Half and twice are as far from 1; a rate, and a figure of before, has no such line."""
        ratios = Forest(rows=[("a", 2.0, 1.5, 4.0, 1.0, "study")], measure="risk ratio", by_ratio=True, no_effect=1.0)
        axes = data_axes(ratios)
        half, one, twice = (axes.transData.transform((value, 0))[0] for value in (0.5, 1.0, 2.0))
        assert one - half == pytest.approx(twice - one)
        low, high = axes.get_xlim()
        assert low < 1 < 4 < high
        assert [line.get_xdata()[0] for line in axes.lines if line.get_gid() == "no effect"] == [1.0]
        assert not [line for line in data_axes(FIGURE).lines if line.get_gid() == "no effect"]

    def test_weights_are_shares(self, picture):
        """Weights are printed as shares of their sum."""
        sizes = [row[4] for row in deaths()]
        assert picture(FIGURE).said("weight") == [f"{100 * size / sum(sizes):.0f} %" for size in sizes]

    def test_nothing_collides(self, collisions):
        """Labels, numbers and ticks leave each other room."""
        assert collisions(FIGURE) == ([], [])
        assert collisions(RATIOS) == ([], [])

    def test_marks_lie_at_their_estimates(self, pixels, data_axes):
        """The pixel at an estimate is ink, and so is its interval; beyond it is paper."""
        marks = [line for line in data_axes(FIGURE).lines if line.get_gid() == "estimate"]
        _, at = pixels(FIGURE)
        for mark, (_, rate, _, upper, *_) in zip(marks, deaths(), strict=True):
            assert mark.get_xdata()[0] == rate
            assert sum(at(rate, mark.get_ydata()[0])) < 200
            assert sum(at((rate + upper) / 2, mark.get_ydata()[0])) < 400
            assert at(upper + 0.005, mark.get_ydata()[0]) == (255, 255, 255)

    def test_numbers_are_short(self, picture):
        """Two decimals, none where numbers are large, the sign for minus, and no negative 0."""
        assert picture(RATIOS).said("numbers") == ["0.63 (0.17 to 2.30)", "0.00 (−123 to 3.40)"]

    def test_kinds_are_told_apart(self, picture):
        """Where rows are of more than one kind, the key says which mark is which."""
        assert (picture(RATIOS).said("key")) == ["randomised", "cohort"]
        assert picture(FIGURE).said("key") == []


class TestWords:
    def test_alt_has_the_range_and_the_pool(self):
        """Smallest and largest estimate with their studies, the pool, and the prediction."""
        low, high = (pick(deaths(), key=lambda row: row[1]) for pick in (min, max))
        alt = FIGURE.alt()
        assert f"Estimates run from {low[1]:.2f} ({low[0]}) to {high[1]:.2f} ({high[0]})." in alt
        assert "random effects: 0.05 (0.02 to 0.09). A new study is predicted at 0.01 to 0.20." in alt

    def test_the_table_holds_the_rows(self):
        """The rows come back as they were given."""
        columns, rows = FIGURE.table()
        assert columns == ("label", "estimate", "lower", "upper", "weight", "kind")
        assert list(rows[:5]) == deaths()
        assert rows[-1] == ("prediction interval", None, 0.01, 0.2, None, "prediction")


class TestAwkward:
    def test_one_row(self):
        """A row without width is drawn."""
        assert render(Forest(rows=[("a", 0.5, 0.5, 0.5, None, "k")]), ".png")


def test_a_number_beside_its_interval_has_two_decimals_or_three_digits():
    """Below a hundred the former; what rounds to nothing has no sign."""
    assert [_short(one) for one in (-0.456, 12.345, 99.99, 123.4, -1234.5, -0.001)] == [
        *("−0.46", "12.35", "99.99", "123", "−1,234", "0.00")
    ]
