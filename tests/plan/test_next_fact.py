"""What the next fact is worth, against tables edited by hand; what a new study brings, in shares that add up."""

from fractions import Fraction

import pytest

from trialplan.errors import PlanError
from trialplan.files import shipped
from trialplan.plan import read
from trialplan.plan.addition import addition
from trialplan.plan.building import size_primary
from trialplan.plan.next_fact import facts

LUPUS = "msc-lupus-nephritis"


@pytest.fixture(scope="module")
def ranked():
    """The shipped plan's open cells."""
    return facts(read(LUPUS))


@pytest.fixture
def by_hand(tmp_path):
    """n of the shipped plan with texts replaced in it and in its tables, all of them in one folder."""

    def n(plan=(), table=(), controls=()):
        for name, file, changes in (
            (LUPUS, "evidence.toml", table),
            ("lupus-nephritis-controls", "evidence.toml", controls),
            (LUPUS, "plan.toml", plan),
        ):
            text = (shipped("examples") / name / file).read_text(encoding="utf-8")
            if file == "plan.toml":
                text = text.replace(f'table = "{LUPUS}"', f'table = "{LUPUS}.toml"')
                text = text.replace('table = "lupus-nephritis-controls"', 'table = "lupus-nephritis-controls.toml"')
            for old, new in changes:
                assert old in text
                text = text.replace(old, new)
            (tmp_path / (file if file == "plan.toml" else f"{name}.toml")).write_text(text, encoding="utf-8")
        return int(size_primary(read(str(tmp_path / "plan.toml"))).answer.n)

    return n


DRAWN = 'evidence = { study = "wang-2012", outcome = "complete remission", arm = "single" }'
SINGLE_ARM = [("events = 16\nof = 30\n", "events = {events}\nof = {of}\n")]
OTHER_YEAR = 'evidence = { study = "wang-2013", outcome = "complete remission" }'
OTHER_REPORT = 'evidence = { study = "wang-2014", outcome = ["major clinical response", "partial clinical response"] }'
CELLS = {
    ("wang-2012", "definition"): ((), "table", SINGLE_ARM),
    ("wang-2012", "missing"): ((), "table", SINGLE_ARM),
    ("wang-2013", "missing"): (
        [(DRAWN, OTHER_YEAR)], "table", [("events = 23\nof = 83\n", "events = {events}\nof = {of}\n")]
    ),
    ("wang-2014", "of"): (
        [(DRAWN, OTHER_REPORT)],
        "table",
        [(f"events = {x}\nreported", f"events = {x}\nof = {{of}}\nreported") for x in (13, 11)],
    ),
    ("mylupus-cyc", "missing"): (
        (), "controls", [("events = 9\nof = 25\n", "events = {events}\nof = {of}\n")]
    ),
    ("mylupus-mps", "missing"): (
        (), "controls", [("events = 7\nof = 24\n", "events = {events}\nof = {of}\n")]
    ),
}  # fmt: skip
"""Each open cell: what to write into the plan so that its n rests on it, the table, and the text to type there."""


def found(ranked, study, cell):
    """n over what the cell may be, by its words."""
    return dict(next(one for one in ranked.facts if (one.doubt.study.key, one.doubt.cell) == (study, cell)).answers)


@pytest.mark.sweep
class TestRanking:
    def test_the_widest_range_stands_first(self, ranked):
        """Sorted by how many times the least n the most is; the cells of the shipped table are all there."""
        spreads = [one.spread for one in ranked.facts]
        assert spreads == sorted(spreads, reverse=True)
        cells = {(one.doubt.study.key, one.doubt.cell) for one in ranked.facts}
        assert cells == CELLS.keys()
        assert ranked.page().headline.startswith(
            "first ask the authors of wang-2012 how the outcome was defined: n may"
        )
        assert [one.study for one in ranked.without] == ["wang-2012"]

    @pytest.mark.parametrize("cell", CELLS, ids=lambda cell: "-".join(cell))
    def test_each_value_is_the_n_of_a_table_edited_by_hand(self, ranked, by_hand, cell):
        """Every cell of the ranking at every value that it may have, typed into the text of its table, and planned."""
        plan, file, edits = CELLS[cell]
        answers = found(ranked, *cell)
        assert len(answers) >= 2
        for words, n in answers.items():
            events, _, of = words.removeprefix("of ").rpartition("/")
            changed = [(old, new.format(events=events, of=of)) for old, new in edits]
            assert n == by_hand(plan=plan, **{file: changed}), words


class TestAddition:
    def test_deng_s_arms_add_up_exactly(self):
        """Fractions, not roundings: n, both rates and assurance; the ends are the plan's own and that of both arms."""
        answer = addition(read(LUPUS), "msc-lupus-nephritis-randomised")
        assert set(answer.before) == {"n", "control", "treatment", "assurance"}
        for name, before in answer.before.items():
            assert sum(share.changes[name] for share in answer.shares) == answer.after[name] - before
            assert isinstance(answer.after[name], Fraction)
        assert answer.before["n"] == 254
        labels = [one.label for share in answer.shares for one in share.joined]
        assert [label.split(", ")[1] for label in labels] == ["control 3/6", "treatment 5/12"]

    @pytest.mark.sweep
    def test_the_end_is_the_plan_that_somebody_would_write(self, by_hand):
        """Deng's two arms written into the tables and named in the plan give the n that is told."""
        arm = """
[[study]]
key = "deng-2017"
enrolled = {of}

[[study.outcome]]
name = "{name}"
arm = "{arm}"
events = {events}
of = {of}
"""
        treated = arm.format(name="complete remission", arm="single", events=5, of=12)
        control = arm.format(name="complete renal response", arm="control", events=3, of=6)
        plan = [
            (
                'evidence = { study = "wang-2012", outcome = "complete remission", arm = "single" }',
                'evidence = { studies = ["wang-2012", "deng-2017"], outcome = "complete remission", arm = "single" }',
            ),
            ('"bliss-ln-relapsed"]\ndenominator', '"bliss-ln-relapsed", "deng-2017"]\ndenominator'),
        ]
        first = [('[[study]]\nkey = "sun-2010"', f'{treated}\n[[study]]\nkey = "sun-2010"')]
        controls = [('[[study]]\nkey = "aurora-1"', f'{control}\n[[study]]\nkey = "aurora-1"')]
        answer = addition(read(LUPUS), "msc-lupus-nephritis-randomised")
        assert answer.after["n"] == by_hand(plan=plan, table=first, controls=controls)

    def test_a_table_of_which_nothing_joins(self, tmp_path):
        """The sentence names the outcomes that the plan reads."""
        path = tmp_path / "other.csv"
        path.write_text("study,outcome,events,of\nNew,pain,3,10\n", encoding="utf-8")
        with pytest.raises(PlanError, match="which reads 'complete remission'"):
            addition(read("starter"), path)


SINGLE = """study,outcome,events,of,reported,control,enrolled
Ash,response,16,30,53 %,none,30
Birch,response,9,30,45 %,none,30
Cedar,response,12,25,48 %,none,28
"""
CHANGES = """study,outcome,arm,role,change_mean,change_sd,n,control
Ash,pain,drug,treatment,-2.0,1.5,30,placebo
Ash,pain,placebo,control,-1.0,2.0,30,placebo
Birch,pain,drug,treatment,-1.8,1.6,40,placebo
Birch,pain,placebo,control,-0.9,,40,placebo
"""
MEANS = """
[endpoint.settings]
test = "t"
favourable = "lower"

[endpoint.assumptions.sd]
value = 1.8
source = "ours"

[endpoint.assumptions.difference]
effect = { outcome = "pain", measure = "mean-difference", studies = "all", source = "ours" }
"""


@pytest.fixture
def own(tmp_path):
    """The starter on a table of one's own, with its primary's numbers replaced."""

    def plan(table, numbers, name="two-proportions"):
        (tmp_path / "own.csv").write_text(table, encoding="utf-8")
        text = (shipped("examples") / "starter" / "plan.toml").read_text(encoding="utf-8")
        start = text.index("[endpoint.settings]")
        text = text[:start] + numbers + text[text.index("[scenarios]") :]
        text = text.replace('table = "msc-lupus-nephritis"', 'table = "own.csv"')
        path = tmp_path / "plan.toml"
        path.write_text(text.replace('design = "two-proportions"', f'design = "{name}"'), encoding="utf-8")
        return read(str(path))

    return plan


POOLED = """[endpoint.assumptions.control]
value = 0.2
source = "ours"

[endpoint.assumptions.treatment]
evidence = { studies = ["Ash", "Birch", "Cedar"], outcome = "response" }
bridge = { discount = 0.5, source = "ours" }

"""


class TestAnyTable:
    def test_a_percentage_that_is_another_count_s(self, own):
        """45 % of 30 is no whole count; what is near it and fits is asked for, and n without the row stands below."""
        found = facts(own(SINGLE, POOLED))
        cells = {(one.doubt.study.key, one.doubt.cell): dict(one.answers) for one in found.facts}
        assert {key for key in cells if key[1] != "definition"} == {("Birch", "reported"), ("Cedar", "missing")}
        assert {"12/28", "15/28"} <= cells["Cedar", "missing"].keys()
        for words, n in cells["Birch", "reported"].items():
            events, of = words.split("/")
            edited = own(SINGLE.replace("Birch,response,9,30", f"Birch,response,{events},{of}"), POOLED)
            assert n == int(size_primary(edited).answer.n)
        (left,) = found.without
        other = own(SINGLE, POOLED.replace('"Ash", "Birch", "Cedar"', '"Ash", "Cedar"'))
        assert (left.study, left.n) == ("Birch", int(size_primary(other).answer.n))

    def test_a_missing_standard_deviation(self, own):
        """As small and as large as the other arms', each written into the table; without it the study is not pooled."""
        found = facts(own(CHANGES, MEANS, "two-means"))
        (cell,) = [one for one in found.facts if one.doubt.cell == "sd"]
        assert [words for words, _ in cell.answers] == ["SD 1.5", "SD 1.6", "SD 2"]
        for words, n in cell.answers:
            sd = words.removeprefix("SD ")
            edited = own(CHANGES.replace("-0.9,,40", f"-0.9,{sd},40"), MEANS, "two-means")
            assert n == int(size_primary(edited).answer.n)
