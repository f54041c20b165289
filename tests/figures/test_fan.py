"""The fan of recruitment: its numbers in the table, in words and on the picture."""

import pytest

from trialplan.errors import ParameterError
from trialplan.figures import Fan, LookMark

GIVEN = {
    "months": [0, 10, 20, 30, 40],
    "lower": [0, 12, 40, 66, 90],
    "middle": [0, 20, 50, 80, 100],
    "upper": [0, 28, 62, 97, 100],
    "target": 100,
}
LOOKS = (
    LookMark(label="look 1", early=22, middle=25, late=29),
    LookMark(label="the end", early=47, middle=52, late=61),
)
FIGURE = Fan(**GIVEN, deadline=36, looks=LOOKS)


class TestFan:
    def test_the_table_holds_the_months(self):
        """One row a month with its three numbers."""
        columns, rows = FIGURE.table()
        assert len(columns) == 4
        assert rows[2] == (20, 40, 50, 62)

    def test_alt_tells_what_is_to_be_seen(self):
        """When all are randomised, how many by the deadline, and when looks are decided on."""
        told = FIGURE.alt()
        assert "up to the 100 that are wanted" in told
        assert "by about month 40" in told
        assert "By month 36 they are about 92 with an even chance, 80 to 99" in told
        assert "Look 1 is decided on in month 25 (22 to 29)" in told
        assert "The end is decided on in month 52 (47 to 61)" in told

    def test_a_recruitment_that_is_not_full(self):
        """What is reached by the end is told instead."""
        assert (
            "80 are reached"
            in Fan(**{name: line[:4] for name, line in GIVEN.items() if name != "target"}, target=100).alt()
        )

    def test_the_picture(self, picture):
        """The band, the middle, the target, the deadline and every look are drawn, with the looks' names."""
        drawn = picture(FIGURE)
        for name in ("band", "middle", "target", "deadline", "look 0", "look 1"):
            assert name in drawn.names
        assert {"look 1", "the end", "participants randomised"} <= set(drawn.texts)
        plain = picture(Fan(**GIVEN))
        assert not {"deadline", "look 0"} & set(plain.names)

    @pytest.mark.parametrize("changed", [{"months": [0, 10, 10, 30, 40]}, {"lower": [0, 1]}, {"months": [3]}])
    def test_refused(self, changed):
        """Months that do not increase, and lines that are not as long."""
        with pytest.raises(ParameterError):
            Fan(**(GIVEN | changed))
