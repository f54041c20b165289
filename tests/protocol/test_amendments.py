"""A plan that amends an earlier one: what changed stands in its document, which is checked from itself."""

import re

import pytest
from small_plans import plan_text, stated

from trialplan import check
from trialplan.errors import PlanError
from trialplan.plan import build, read
from trialplan.plan.amendments import amendments
from trialplan.protocol import write

AMENDS = 'amends = "old.toml"\n'


@pytest.fixture
def plans(tmp_path):
    """An earlier plan in a folder, and a later one with what is changed in it."""
    (tmp_path / "old.toml").write_text(plan_text(), encoding="utf-8")

    def later(more=AMENDS, **how):
        path = tmp_path / "plan.toml"
        path.write_text(plan_text(**how) + more, encoding="utf-8")
        return read(str(path))

    return later


NEW = {
    "assumptions": stated(control=0.25, treatment=0.45),
    "dropout": 0.1,
    "changes": [
        ('version = "draft 1"', 'version = "draft 2"'),
        ('population = "Who is eligible"', 'population = "Adults | *only*"'),
    ],
}


class TestAmendments:
    def test_the_parts_add_up(self, plans):
        """The change in those observed, and in those randomised, is that of the two plans."""
        trial = build(plans(**NEW))
        found = amendments(trial)
        assert (found.before, found.after) == (186, 198) == (186, trial.n_randomised)
        assert sum(part.shown for part in found.parts) == trial.answer.n - 186
        assert sum(part.shown_enrolled for part in found.parts) == 198 - 186

    def test_every_place_is_told_once(self, plans):
        """Words and values, before and after, by their place in the plan."""
        words = {one.place: (one.before, one.after) for one in amendments(build(plans(**NEW))).words}
        assert words["trial.version"] == ("draft 1", "draft 2")
        assert words["endpoint.response at 12 months.dropout"] == ("", "0.1")
        assert not any(place.startswith("report") for place in words)

    def test_a_plan_that_amends_nothing_says_nothing(self, plans):
        """No section, and nothing read."""
        assert amendments(build(plans(more=""))) is None

    def test_the_same_plan_again(self, plans):
        """Nothing sizes the trial otherwise, and no place differs."""
        found = amendments(build(plans()))
        assert (found.parts, found.words) == ((), ())
        assert "n is the same, 186" in found.told

    @pytest.mark.parametrize("name", ["absent.toml", "msc-lupus"])
    def test_an_earlier_plan_that_is_not_there_is_one_sentence(self, plans, name):
        """Which says where it was named."""
        trial = build(plans(more=f'amends = "{name}"\n'))
        with pytest.raises(PlanError, match=rf"\[report\]: amends: .*{name}"):
            amendments(trial)


class TestDocument:
    @pytest.mark.sweep
    @pytest.mark.parametrize("suffix", [".md", ".html", ".docx"])
    def test_it_is_checked_with_both_plans(self, plans, tmp_path, suffix):
        """The document holds both plans, and says so when a number of the table is changed."""
        output = tmp_path / f"a{suffix}"
        write(plans(**NEW), [output], kind="statistics")
        assert check(output).ok
        if suffix == ".md":
            text = output.read_text(encoding="utf-8")
            table = text[text.index("# Amendments") : text.index("# Statistical analysis")]
            assert "Adults \\| \\*only\\*" in table
            assert str(tmp_path) not in text
            row = re.search(r"^\| control \| 30 % \| 25 % \| .*$", table, flags=re.M)[0]
            output.write_text(text.replace(row, row.replace("30 %", "31 %")), encoding="utf-8")
            assert not check(output).ok

    @pytest.mark.sweep
    def test_a_table_of_the_same_name_must_be_the_same(self, plans, tmp_path):
        """Two texts under one name could not be told apart."""
        shipped = read("starter").table_text("msc-lupus-nephritis")
        (tmp_path / "sub").mkdir()
        (tmp_path / "evidence.toml").write_text(shipped, encoding="utf-8")
        (tmp_path / "sub" / "evidence.toml").write_text(f"{shipped}\n# revised\n", encoding="utf-8")
        old = plan_text(changes=[('table = "msc-lupus-nephritis"', 'table = "evidence.toml"')])
        (tmp_path / "sub" / "old.toml").write_text(old, encoding="utf-8")
        new = plans(
            more='amends = "sub/old.toml"\n', changes=[('table = "msc-lupus-nephritis"', 'table = "evidence.toml"')]
        )
        with pytest.raises(PlanError, match=r"another table under the name evidence\.toml"):
            write(new, [tmp_path / "a.md"])
