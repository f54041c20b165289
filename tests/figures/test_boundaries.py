import pytest

from trialplan import GroupSequential, TwoProportions
from trialplan.errors import ParameterError
from trialplan.figures import Boundaries, render

RULE = {"looks": (0.3, 0.5, 0.75, 1.0), "efficacy": "lan-demets-obrien-fleming", "futility": "z(0)"}
LOOKS = (
    GroupSequential(design=TwoProportions(control=0.2, treatment=0.36), **RULE, futility_at=(0.5, 0.75))
    .sample_size(0.8)
    .extra["looks"]
)


def bounds(name):
    """One boundary on both scales."""
    return [look[f"{name}_z"] for look in LOOKS], [look[f"effect_at_{name}"] for look in LOOKS]


def negative(pair):
    """The mirror image."""
    return tuple([None if one is None else -one for one in bounds] for bounds in pair)


GIVEN = {
    "participants": [look["n"] for look in LOOKS],
    "efficacy": bounds("efficacy"),
    "futility": bounds("futility"),
    "effect": "difference, cells minus placebo",
    "null": 0.0,
    "planned": 0.16,
}
FIGURE = Boundaries(**GIVEN)
BOTH = Boundaries(**GIVEN, opposite=negative(GIVEN["efficacy"]))


class TestBoundaries:
    def test_the_table_holds_every_bound(self):
        """One row a look with the bounds to their last digit, None where a look has none."""
        columns, rows = FIGURE.table()
        assert columns[0] == "participants assessed"
        for row, look in zip(rows, LOOKS, strict=True):
            assert row == (
                look["n"],
                look["efficacy_z"],
                look["effect_at_efficacy"],
                look["futility_z"],
                look["effect_at_futility"],
            )
        assert rows[0][3] is None

    def test_alt_tells_each_look(self, numbers):
        """The alternative text has every bound that there is, on both scales."""
        told = numbers(FIGURE.alt().replace("−", "-"))
        for look in LOOKS:
            assert look["n"] in told
            assert round(look["efficacy_z"], 3) in told
            assert round(look["effect_at_efficacy"], 3) in told

    def test_alt_says_what_is_counted(self):
        """Participants, or the events that a look waits for."""
        n = LOOKS[0]["n"]
        assert f"With {n:,} assessed: " in FIGURE.alt()
        assert f"With {n:,} events: " in Boundaries(**GIVEN, counted="events").alt()

    def test_both_panels_hold_their_lines(self, picture):
        """Efficacy and futility are drawn above and below, the planned effect below only."""
        seen = picture(FIGURE)
        assert {"bound 0 0", "bound 0 1", "bound 1 0", "bound 1 1", "null 0", "null 1", "planned"} <= set(seen.names)
        assert seen.said("y name") == ["z statistic", "difference, cells minus placebo"]

    def test_a_bound_lies_where_it_should(self, pixels):
        """The efficacy mark of the first look is blue, and above it is paper."""
        _, at = pixels(FIGURE)
        red, _, blue = at(LOOKS[0]["n"], LOOKS[0]["efficacy_z"])
        assert blue > red + 80

    def test_a_two_sided_rule_is_drawn_in_both_directions(self, picture):
        """A rule that rejects in either direction has a boundary more, and says so in the key."""
        seen = picture(BOTH)
        assert "bound 0 2" in seen.names
        assert "significant: better above the upper line, worse below the lower" in seen.said("key")
        assert "stops for efficacy" in picture(FIGURE).said("key")

    def test_nothing_collides(self, collisions):
        """No texts lie upon each other, and none leaves the paper."""
        for figure in (FIGURE, BOTH):
            assert collisions(figure) == ([], [])

    def test_the_same_bytes(self):
        """The same bounds give the same file."""
        assert render(FIGURE, ".svg") == render(Boundaries(**GIVEN), ".svg")

    def test_a_hostile_name(self, hostile, picture):
        """A long effect's name is shortened and stays text."""
        assert picture(Boundaries(**{**GIVEN, "effect": hostile})).said("y name")

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"participants": [100]}, "two looks at least"),
            ({"participants": [80, 60, 200, 270]}, "must increase"),
        ],
    )
    def test_refused(self, change, words):
        """Looks that do not increase are refused."""
        with pytest.raises(ParameterError, match=words):
            Boundaries(**{**GIVEN, **change})
