"""Columns whose name says that two things stand in each cell, and names that people give: read, or asked about."""

import math

import pytest
from scipy import stats

from trialplan.errors import EvidenceError
from trialplan.evidence import audit, read_with_notes
from trialplan.evidence.selection import PoolChoice, pool_outcome


class TestCounts:
    @pytest.mark.parametrize(
        ("header", "cell"),
        [("n/N", "8/20"), ("Events/Total", "8 / 20"), ("r/n", "8 of 20"), ("n/N (%)", "8/20 (40)"), ("x/n", "8/20")],
    )
    def test_a_count_over_its_denominator(self, told, header, cell):
        """Whatever stands over the line, it is the events of so many, and that is told."""
        found, note = told(f"study,outcome,{header}\nA,x,{cell}\nB,x,NR\n")
        assert [row.counts for study in found.studies for row in study.outcomes] == [(8, 20), None]
        assert f"`{header}` as `events` and `of`" in note

    def test_with_the_name_of_an_arm(self, told):
        """An arm a column, of any name; the placebo is the control."""
        found, _ = told('study,outcome,drug n/N,"placebo n/N (%)"\nA,x,8/20,3/20 (15.0)\n')
        rows = [(row.arm, row.role, row.counts, row.reported) for row in found.studies[0].outcomes]
        assert rows == [("drug", None, (8, 20), None), ("placebo", "control", (3, 20), "3 (15.0 %)")]

    @pytest.mark.parametrize(("header", "cell"), [("n (%)", "8 (40)"), ("No. (%)", "8 (40 %)"), ("% (n)", "40 (8)")])
    def test_a_count_with_its_percentage(self, told, refused, header, cell):
        """The sign stands in the column's name; one number alone may be either, and 0 is 0."""
        found, _ = told(f"study,outcome,N,{header}\nA,x,20,{cell}\n")
        assert found.studies[0].outcomes[0].counts == (8, 20)
        assert "(40 %)" in found.studies[0].outcomes[0].reported
        assert f"line 3, column '{header}': '40'" in refused(f"study,outcome,N,{header}\nA,x,20,{cell}\nB,x,90,40\n")

    def test_a_percentage_that_does_not_fit_is_found(self, told):
        """The sign of the column's name is enough to hold it against the count."""
        assert "P12" in {each.id for each in audit(told("study,outcome,N,n (%)\nA,x,20,8 (45)\n")[0])}

    @pytest.mark.parametrize("header", ["Events %", "% events", "% responders"])
    def test_percentages_are_no_counts(self, told, header):
        """40 % of 100 is not 40 events because a column is called so: it is what is printed."""
        found, _ = told(f"study,outcome,N,{header}\nA,x,20,40\nB,x,30,41\n")
        assert [study.outcomes[0].counts for study in found.studies] == [(8, 20), None]
        assert [study.outcomes[0].reported for study in found.studies] == ["40 %", "41 %"]

    @pytest.mark.parametrize("columns", ["n,N", "N,n"])
    def test_small_and_capital(self, told, columns):
        """n of N, as journals head them, where nothing else counts events; and it is told."""
        cells = "8,20" if columns == "n,N" else "20,8"
        found, note = told(f"study,outcome,{columns}\nA,x,{cells}\n")
        assert found.studies[0].outcomes[0].counts == (8, 20)
        assert "`n` as `events`, `N` as `of`" in note

    def test_two_denominators_must_agree(self, refused):
        """12 of 30 in a row of 40."""
        assert "events is '12/30' and of is 40; make the two denominators agree" in refused(
            "study,outcome,events,of\nA,x,12/30,40\n"
        )


class TestMeans:
    @pytest.mark.parametrize(
        ("header", "cell", "sd"),
        [
            ("change (SD)", "-1.2 (0.8)", 0.8), ("Change ± SD", "−1.2 ± 0.8", 0.8),
            ("change (SD)", "-1.2 (SD 0.8)", 0.8),
            ("change [SE]", "-1.2 [0.2]", 0.2 * math.sqrt(20)),
            ("Mean change (SEM)", "-1.2 (0.2)", 0.2 * math.sqrt(20)),
        ],
    )  # fmt: skip
    def test_a_mean_with_its_spread(self, told, header, cell, sd):
        """An SD is one, and a standard error is made one."""
        found, _ = told(f"study,outcome,n,{header}\nA,x,20,{cell}\n")
        assert found.studies[0].outcomes[0].change == (-1.2, pytest.approx(sd), 20)

    @pytest.mark.parametrize(("header", "confidence"), [("95% CI", 0.95), ("90 % CI", 0.9)])
    def test_a_mean_with_its_interval(self, told, header, confidence):
        """At the confidence that the column's name says."""
        found, _ = told(f'study,outcome,n,change ({header})\nA,x,20,"-1.2 (-1.5, -0.9)"\n')
        mean, sd, n = found.studies[0].outcomes[0].change
        assert stats.t.interval(confidence, n - 1, mean, sd / math.sqrt(n)) == pytest.approx((-1.5, -0.9))

    def test_with_the_names_of_arms(self, told):
        """Two arms, one column each beside its n."""
        found, _ = told(
            "study,outcome,n drug,change drug (SD),n placebo,change placebo (SD)\nA,x,20,-2 (1),21,0 (1.5)\n"
        )
        assert [row.change for row in found.studies[0].outcomes] == [(-2, 1, 20), (0, 1.5, 21)]

    def test_an_interval_of_each_arm(self, told):
        """In a column of its own, and one that is called interval."""
        text = "study,outcome,n.e,change.e,CI.e,n.c,change.c,CI.c\nA,x,20,-2,-2.5 to -1.5,21,0,-1 to 1\n"
        sds = [row.change_sd for row in told(text)[0].studies[0].outcomes]
        alone = told("study,outcome,n,change,interval\nA,x,20,-2,-2.5 to -1.5\n")[0].studies[0].outcomes[0].change_sd
        assert sds == pytest.approx([0.5 * math.sqrt(n) / stats.t.ppf(0.975, n - 1) * k for n, k in ((20, 1), (21, 2))])
        assert alone == sds[0]

    def test_before_and_after(self, told):
        """Baseline and follow-up with their SDs."""
        found, _ = told("study,outcome,n,baseline (SD),follow-up (SD)\nA,x,20,7.1 (1.2),5.0 (1.3)\n")
        assert found.studies[0].outcomes[0].moments == (7.1, 1.2, 5.0, 1.3, 20)

    def test_one_number_may_be_either(self, refused, told):
        """It is asked about, unless the mean has a column of its own: then it is its SD."""
        assert "'0.8' is no mean with its spread" in refused("study,outcome,n,change (SD)\nA,x,20,0.8\n")
        found, _ = told("study,outcome,n,change,change (SD)\nA,x,20,-1.2,0.8\n")
        assert found.studies[0].outcomes[0].change == (-1.2, 0.8, 20)

    @pytest.mark.parametrize("minus", "−–—‐‑‒﹣－")
    def test_any_dash_is_a_minus_sign(self, told, minus):
        """Before a figure; alone it is no number."""
        assert told(f"study,outcome,n,change,sd\nA,x,20,{minus}1.2,0.8\n")[0].studies[0].outcomes[0].change_mean == -1.2


class TestUnits:
    def test_a_unit_in_brackets_is_the_row_s(self, told):
        """Of the rows that have a mean, and told."""
        found, note = told("study,outcome,n,change (kg),sd (kg),events,of\nA,weight,20,-1.2,0.8,,\nA,death,,,,1,20\n")
        weight, death = found.studies[0].outcomes
        assert (weight.change, weight.unit, death.unit) == ((-1.2, 0.8, 20), "kg", None)
        assert "`change (kg)` in kg" in note

    def test_two_units_are_asked_about(self, refused):
        """Nothing is converted, and nothing compared that is not alike."""
        assert "2 units (g and kg); write all in one" in refused(
            "study,outcome,n,baseline (kg),change (g)\nA,x,9,70,-120\n"
        )

    def test_brackets_that_are_no_unit_stay(self, told):
        """A column that is known as it is."""
        found, _ = told("study,outcome,events,of,Follow-up (months)\nA,x,8,20,6\n")
        assert found.studies[0].follow_up_months == 6


class TestEffects:
    @pytest.mark.parametrize(("header", "confidence"), [("HR (95% CI)", None), ("HR (90% CI)", 0.9)])
    def test_an_effect_with_its_interval(self, told, header, confidence):
        """By its measure, at the confidence that is printed."""
        row = told(f"study,outcome,{header}\nA,x,0.8 (0.6-1.1)\n")[0].studies[0].outcomes[0]
        assert (row.effect, row.effect_lower, row.effect_upper, row.effect_measure) == (0.8, 0.6, 1.1, "hazard-ratio")
        assert row.effect_confidence == confidence

    def test_the_confidence_may_stand_in_the_cell(self, told):
        """A 90 % interval is not taken for one of 95 %."""
        row = told('study,outcome,OR\nA,x,"0.8 [90 % CI 0.6, 1.1]"\n')[0].studies[0].outcomes[0]
        assert row.effect_confidence == 0.9

    def test_limits_of_two_confidences_are_asked_about(self, refused):
        """They are one interval, or two."""
        assert "2 confidences" in refused("study,outcome,HR,lower 95% CI,upper 90% CI\nA,x,0.8,0.6,1.1\n")


class TestNames:
    @pytest.mark.parametrize("name", ["Author (year)", "Study (year)", "First author", "Reference"])
    def test_a_study_is_called_by_its_authors(self, told, name):
        """As reviews head the column."""
        assert told(f"{name},outcome,Responders,No. of patients\nSmith 2001,x,8,20\n")[0].studies[0].key == "Smith 2001"

    def test_an_author_of_several_years_has_several_studies(self, told):
        """The year is a part of the name then, and told."""
        found, note = told("Author,Year,outcome,events,of\nSmith,2001,x,8,20\nSmith,2003,x,9,30\nLee,2004,x,1,9\n")
        assert [study.key for study in found.studies] == ["Smith 2001", "Smith 2003", "Lee"]
        assert "where an author has several (Smith)" in note

    @pytest.mark.parametrize(
        ("columns", "words"),
        [
            ("events,total,events,total", "or call those of two arms events_treatment and events_control"),
            ("events,total,events.1,total.1", "'events' and 'events.1' are both events; keep one of them, or call"),
            ("events,non-events,of,_x", "'non-events' may count those with or without the event"),
            ("yes,no,_x,of", "'yes' may count those with or without the event"),
            ("logOR,se,_x,_y", "'logOR' seems to hold logs or variances; write a ratio itself"),
            ("yi,vi,_x,_y", "'yi' seems to hold logs or variances"),
            ("n,change,variance,_x", "write the SD, its square root"),
            ("median change,n,_x,_y", "'median change' holds no mean"),
            ("proportion,n,_x,_y", "'proportion' does not say of what; call it reported"),
            ("placebo,verum,_x,_y", "'placebo' may be of an arm; call it events_placebo"),
            ("evnts,of,_x,_y", "did you mean 'events'?"),
            ("Drug (n = 20),Sham (n=21),_x,_y", "'Drug (n = 20)' is of an arm of 20; call it events_drug"),
            ("Drug mean (SD),n,_x,_y", "'Drug mean (SD)' does not say of what"),
        ],
    )
    def test_what_may_be_meant_is_said(self, refused, columns, words):
        """Nobody is sent to a column that is there already, or to one that is like it by chance."""
        assert words in refused(f"study,outcome,{columns}\nA,x,8,20,3,20\n")

    @pytest.mark.parametrize("cell", ["01/03/2012", "2012-03-01", "12-Mar", "Mrz 10"])
    @pytest.mark.parametrize("column", ["study", "outcome"])
    def test_a_date_is_no_name(self, refused, column, cell):
        """What a spreadsheet made a date of is told where it stands, and is not taken for an empty cell."""
        row = {"study": "A", "outcome": "x"} | {column: cell}
        sentence = refused(f"study,outcome,events,of\n{row['study']},{row['outcome']},8,20\n")
        assert f"line 2, study {row['study']!r}: {column} is {cell!r}; a spreadsheet program seems to have" in sentence

    @pytest.mark.parametrize("cell", ["3-Oct", "Okt 20", "2026-10-03", "03/10/2026"])
    @pytest.mark.parametrize("column", ["n/N", "events/N", "n (%)", "% (n)", "change (SD)", "HR (95% CI)", "Events %"])
    def test_a_date_is_told_as_one(self, refused, column, cell):
        """Of two things in a cell, too, where 3/10 was typed."""
        assert "seems to have made a date of it" in refused(f"study,outcome,{column}\nA,x,{cell}\n")

    def test_names_of_those_analysed_and_of_limits(self, told):
        """Of so many randomised, so many were analysed; the limits by their short names."""
        study = told("study,outcome,N randomised,N analysed,Events,RR,LL,UL\nA,x,20,18,8,1.5,1.1,2\n")[0].studies[0]
        (row,) = study.outcomes
        assert (study.enrolled, row.counts, row.effect_lower, row.effect_upper) == (20, (8, 18), 1.1, 2)

    def test_a_line_between_figures_is_no_part_of_a_number(self, refused):
        """Python would read 20_1, a count with the number of a footnote, as 201."""
        assert "'20_1' has a line between its figures" in refused("study,outcome,events,of\nA,x,8,20_1\n")

    def test_a_sum_among_the_arms_is_no_arm(self, told):
        """It is found, and no pool adds it to the arms that it sums up."""
        found, _ = told("study,outcome,arm,events,of,control\nA,x,a,8,20,none\nA,x,b,3,21,none\nA,x,Total,11,41,none\n")
        assert [f.seen for f in audit(found) if f.id == "T11"] == ["The arm Total of A seems to sum up its other arms."]
        with pytest.raises(EvidenceError, match="the arm 'Total' of A sums up its other arms"):
            pool_outcome(found, "x", PoolChoice())

    def test_letters_like_figures(self, refused):
        """O for 0 and l for 1 are no marks of footnotes."""
        assert "not '2O'; it holds a letter that looks like a figure" in refused("study,outcome,events,of\nA,x,8,2O\n")

    def test_what_has_no_width_makes_no_other_name(self, told):
        """A space without width, a soft hyphen."""
        found, _ = told("study,outcome,events,of\nA\u200b,x,8,20\nA,y,8,20\nA\u00ad,z,8,20\n")
        assert [study.key for study in found.studies] == ["A"]

    @pytest.mark.parametrize("key", ["Total (n=2)", "Σ", "Pooled (k = 2)"])
    def test_a_sum_with_its_number_of_studies(self, told, key):
        """It is no study, and no pool takes it."""
        found, _ = told(f"study,outcome,events,of\nA,x,8,20\nB,x,3,20\n{key},x,11,40\n")
        assert [each.study for each in audit(found) if each.id == "T11"] == [key]
        with pytest.raises(EvidenceError, match="sums up the others"):
            pool_outcome(found, "x", PoolChoice())


class TestShortRows:
    def test_they_are_told_by_their_lines(self, told):
        """A cell that a line does not reach is empty, which is told where another line reaches it."""
        _, note = told("study,outcome,events,of,note\nA,x,8,20\nB,x,3,20,ok\nC,x,3\nD,x,3,20,\n")
        assert "lines 2 and 4 with fewer cells than the header has, the rest as empty" in note
        assert "fewer" not in told("study,outcome,events,of,,\nA,x,8,20\nB,x,3,20,\n")[1]

    def test_cells_that_are_parted_by_gaps(self, told, refused):
        """As a table stands in a text; what has too many cells is told what parts them."""
        found, note = told("study       outcome  events  of\nSmith 2001  x        8       20\nLee         x  3  20\n")
        assert [study.outcomes[0].counts for study in found.studies] == [(8, 20), (3, 20)]
        assert "separated by two spaces and more" in note
        assert "put a text that holds a semicolon in quotes" in refused("study;outcome;events;of\nA;x;8;20;y\n")


class TestToml:
    @pytest.mark.parametrize(
        ("cell", "words"),
        [
            ('events = "8"', "events must be a whole number of participants"),
            ('events = "8"', "not '8'; write it without quotes, 8"),
            ('change_mean = "-1.2"', "not '-1.2'; write it without quotes, -1.2"),
            ('events = "8/20"', "not '8/20'; write 8 in events and 20 in of"),
            ("of = 20.0", "not 20.0; write it without decimals, 20"),
            ('change_mean = "-1,2"', "not '-1,2'; write it with a point and without quotes, -1.2"),
            ('of = "2O"', "it holds a letter that looks like a figure"),
        ],
    )
    def test_a_number_in_quotes_is_told_so(self, tmp_path, cell, words):
        """TOML tells a text from a number, and the sentence says what to take off."""
        rows = f'[[study]]\nkey = "a"\n[[study.outcome]]\nname = "x"\n{cell}\n'
        (tmp_path / "t.toml").write_text(f'[table]\ntitle = "t"\n{rows}', encoding="utf-8")
        with pytest.raises(EvidenceError) as why:
            read_with_notes(tmp_path / "t.toml")
        assert words in str(why.value)
