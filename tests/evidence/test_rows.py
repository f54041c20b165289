"""Rows as they are typed: one outcome under two spellings, totals among studies, empty tables, SDs of 0."""

import re

import pytest

from trialplan.errors import EvidenceError
from trialplan.evidence import audit, read
from trialplan.evidence.bridge import PooledReading
from trialplan.evidence.names import is_total, near
from trialplan.evidence.pools import pools_of
from trialplan.evidence.report import page
from trialplan.evidence.selection import PoolChoice, pool_outcome

HEAD = "study,outcome,events,of\n"
THREE = HEAD + "a,response,3,20\nb,response,5,30\nc,response,4,25\n"


@pytest.fixture
def table(tmp_path):
    """Reads a table from the text of a CSV."""

    def made(text):
        (tmp_path / "t.csv").write_text(text)
        return read(tmp_path / "t.csv")

    return made


def findings(table, id):
    """What the audit sees under an id."""
    return [finding for finding in audit(table) if finding.id == id]


class TestNames:
    @pytest.mark.parametrize("other", ["Response", "responses", "RESPONSE ", "re-sponse"])
    def test_a_spelling_is_told_where_it_leaves_a_study_out(self, table, other):
        """The audit names both spellings with their studies, and the pool says who is not in it."""
        typed = table(THREE.replace("b,response", f"b,{other}"))
        assert repr(other.strip()) in findings(typed, "T10")[0].seen
        assert f"Not in the pool: {other.strip()!r} of b" in pool_outcome(typed, "response").warning
        assert findings(table(THREE), "T10") == []

    def test_other_names_are_others(self):
        """Names that a reader can tell apart are not near."""
        assert near("response", ["response", "complete response", "no response"]) == []


class TestTwins:
    @pytest.mark.parametrize(
        "other", ["Smith et al. 2001", "smith 2001", "Smith and colleagues 2001", "Smith & others 2001"]
    )
    def test_a_study_with_and_without_its_other_authors(self, table, other):
        """It is one study under two names."""
        (finding,) = findings(table(f"{HEAD}Smith 2001,x,3,20\n{other},x,4,20\nLee 2001,x,3,20\n"), "T15")
        assert repr(other) in finding.seen

    @pytest.mark.parametrize(
        ("other", "raised"), [("Smith 2003,x,3,20", True), ("Smith 2003,x,4,20", False), ("Lee 2003,x,3,20", False)]
    )
    def test_the_same_numbers_twice(self, table, other, raised):
        """By one author they are asked about; by another they are chance."""
        found = findings(table(f"{HEAD}Smith 2001,x,3,20\n{other}\n"), "T16")
        assert [each.seen for each in found] == (
            ["Smith 2001 and Smith 2003 report the very same numbers."] if raised else []
        )


class TestTotals:
    @pytest.mark.parametrize("key", ["Total", "TOTAL", "All studies", "Overall", "total:"])
    def test_a_total_is_no_study(self, table, key):
        """A row that is called a total blocks, and no pool takes it."""
        typed = table(THREE + f"{key},response,12,75\n")
        assert [finding.study for finding in findings(typed, "T11")] == [key]
        with pytest.raises(EvidenceError, match="sums up the others and would count everybody twice"):
            pool_outcome(typed, "response")

    def test_a_sum_is_found_by_its_numbers(self, table):
        """Whatever it is called, a row that is the sum of the others' counts is asked about."""
        found = findings(table(THREE + "this review,response,12,75\n"), "T11")
        assert "12/75, is the sum of the others'" in found[0].seen
        assert findings(table(THREE + "this review,response,11,75\n"), "T11") == []

    def test_names_of_people_are_not(self):
        """Only the whole name counts."""
        assert not any(map(is_total, ("Totalis 2009", "Allen 2001", "Sumner 1999", "Total knee 2004")))


class TestNothing:
    def test_no_event_anywhere(self, table):
        """0 of 60 has the exact upper limit .060 in one stage, a remark in two, and a finding; and no log odds."""
        typed = table(HEAD + "a,death,0,20\nb,death,0,40\n")
        one = pool_outcome(typed, "death", method="binomial-normal")
        assert (one.natural.estimate, one.natural.lower) == (0, 0)
        assert one.natural.upper == pytest.approx(1 - 0.025 ** (1 / 60))
        assert one.natural.upper == pytest.approx(0.060, abs=5e-4)
        assert "exact ones of 0/60" in one.warning
        two = pool_outcome(typed, "death")
        assert (
            "Methods in two stages add half an event and half a non-event where none or all had it: a (0/20) and b "
            "(0/40)" in two.note
        )
        assert "A rate up to 6 %" in findings(typed, "T13")[0].means
        with pytest.raises(EvidenceError, match="State the rate with a source instead"):
            PooledReading(pool=one, outcome="death", controlled=False).logit()

    def test_all_with_the_event(self, table):
        """60 of 60 is the mirror image."""
        typed = table(HEAD + "a,alive,20,20\nb,alive,40,40\n")
        one = pool_outcome(typed, "alive", method="binomial-normal")
        assert (one.estimate, one.upper, one.lower) == (1, 1, pytest.approx(0.025 ** (1 / 60)))

    def test_no_event_in_two_arms(self, table):
        """A ratio of two zeros is told to be that of the correction."""
        rows = "study,outcome,arm,role,events,of\na,death,x,treatment,0,20\na,death,y,control,0,20\n"
        assert "says nothing" in pool_outcome(table(rows), "death", measure="odds-ratio").note

    def test_no_spread(self, table):
        """An SD of 0 is noticed in any column of SDs."""
        for column in ("change_sd", "baseline_sd", "followup_sd"):
            typed = table(f"study,outcome,change_mean,{column},n\na,weight,-1,0,9\n")
            assert f"{column} is 0" in findings(typed, "T12")[0].seen


class TestPage:
    def test_limits_are_cut_and_it_is_told(self, table):
        """No printed limit lies outside 0 and 100 %, the page says so, and the data keep them."""
        typed = table(HEAD + "a,response,0,20\nb,response,20,20\n")
        shown = page(typed, "agresti-coull")
        cells = [row[-1] for row in shown.tables[1].rows]
        assert cells[0].startswith("0.0 %")
        assert cells[1].endswith("100.0 %")
        assert "printed as 0 % and 100 %" in shown.notes[0]
        limits = [outcome["estimate"] for study in shown.data["studies"] for outcome in study["outcomes"]]
        assert limits[0]["lower"] < 0
        assert limits[1]["upper"] > 1
        assert page(typed).notes == []

    def test_a_finding_lists_its_rows(self, table):
        """What means the same is one row of the page with its places; the data keep each place."""
        typed = table(THREE)
        shown = page(typed)
        rows = [row for row in shown.tables[2].rows if row[1] == "P08"]
        assert len(rows) == 1
        assert rows[0][2] == "response: a, b and c"
        assert "b, response: 5 had it" in rows[0][3]
        assert sum(finding["id"] == "P08" for finding in shown.data["findings"]) == 3

    def test_the_shipped_pool_states_its_correction(self):
        """What is done about a study without an event stands beside the pool."""
        found = pool_outcome(read("msc-lupus-nephritis"), "death", PoolChoice(reports="all", denominators="enrolled"))
        assert "sun-2010 (0/16) and liang-2010 (0/15)" in found.note


class TestArms:
    def test_two_spellings_of_an_arm(self, table):
        """They are counted apart, so that the audit asks whether they are one."""
        head = "study,outcome,arm,events,of\n"
        typed = table(f"{head}a,response,Drug,3,20\na,relapse,drug ,4,20\na,response,sham,1,20\n")
        (finding,) = findings(typed, "T18")
        assert "'Drug' and 'drug' are 2 arms here" in finding.seen
        assert findings(table(f"{head}a,response,Drug,3,20\na,response,drug 2,4,20\n"), "T18") == []

    @pytest.mark.parametrize(("control", "raised"), [("none", True), ("placebo", False)])
    def test_a_placebo_without_a_control(self, table, control, raised):
        """Its arm would count as one of the treatment."""
        head = "study,outcome,control,arm,events,of\n"
        typed = table(f"{head}a,response,{control},drug,3,20\na,response,{control},Placebo,1,20\n")
        assert bool(findings(typed, "T19")) == raised

    def test_an_arm_that_is_not_there(self, table):
        """A table without arms, and one with others, say so; that counts lack is not said."""
        with pytest.raises(EvidenceError, match="no arm 'drug' among the rows of 'response'; its rows name no"):
            pool_outcome(table(THREE), "response", PoolChoice(arms=("drug",)))
        typed = table("study,outcome,arm,events,of\na,response,drug A,3,20\nb,response,drug A,3,21\n")
        with pytest.raises(EvidenceError, match="did you mean 'drug A'"):
            pool_outcome(typed, "response", PoolChoice(arms=("drug",)))


class TestCourse:
    @pytest.mark.parametrize(("later", "kind", "raised"), [(3, "ever", 1), (5, "ever", 0), (3, "landmark", 0)])
    def test_what_was_had_at_any_time_is_not_lost(self, table, later, kind, raised):
        """Cumulative counts that fall contradict each other; those at a visit may fall."""
        head = "study,outcome,kind,timepoint_months,events,of\n"
        found = findings(table(f"{head}a,x,{kind},12,{later},10\na,x,{kind},6,5,10\n"), "T17")
        assert len(found) == raised
        assert all("5/10 had it by 6 months, and only 3/10 by 12 months" in one.seen for one in found)


class TestAlone:
    @pytest.mark.parametrize(
        ("reported", "said"),
        [
            ("30", "which may be 30 %"),
            ("0.3", "which may be 0.3 % or a share, 30 %"),
            ("3", "which may be 3 people or 3 %"),
            ("250", "which may be a count or a mean, though 10 are counted"),
        ],
    )
    def test_a_number_is_no_word(self, table, reported, said):
        """It is asked what it is, and it is not called a word."""
        told = [one.seen for one in audit(table(f"study,outcome,reported,of\na,x,{reported},10\n"))]
        assert any(f"A number alone is printed: {reported!r} of 10, {said}" in one for one in told)
        assert not any("in words only" in one for one in told)

    def test_more_than_all(self, table):
        """130 % of 10 is no question of a denominator."""
        (finding,) = findings(table("study,outcome,reported,of\na,x,130%,10\n"), "T02")
        assert finding.seen == "130 % of 10 is more than all of them."


class TestTimes:
    @pytest.mark.parametrize(
        ("cell", "said"),
        [
            ("24w", "24 weeks are 5.5 months: write 5.5"),
            ("24 wk", "24 weeks are 5.5 months: write 5.5"),
            ("week 24", "24 weeks are 5.5 months: write 5.5"),
            ("90d", "90 days are 3 months: write 3"),
            ("1y", "1 year is 12 months: write 12"),
            ("2 yr", "2 years are 24 months: write 24"),
            ("6mo", "write 6, without the unit"),
            ("6*", "it bears the mark of a footnote: write 6"),
        ],
    )
    def test_a_unit_is_no_footnote(self, table, cell, said):
        """Whoever dropped the letter would have made months of weeks."""
        with pytest.raises(EvidenceError, match=re.escape(said)):
            table(f"study,outcome,timepoint_months,events,of\na,x,{cell},3,10\n")


def test_many_studies_are_not_left_out_one_by_one(table):
    """Of so many no pool without each is made, and the page says so."""
    many = table(HEAD + "".join(f"s{i},x,{3 + i % 5},20\n" for i in range(501)))
    pools = pools_of(many, "x")
    assert not pools.parts
    assert "not of 501" in pools.undefined[0]
