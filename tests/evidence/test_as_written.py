"""Tables as people export and type them: read to what they say, or refused in the words that mend the cell."""

import io
import math
import random
import re
import zipfile

import pytest
from scipy import stats

from tests.tools.workbooks import open_document, workbook
from trialplan.errors import EvidenceError
from trialplan.evidence import audit, read, read_with_notes
from trialplan.evidence.selection import PoolChoice, pool_outcome

# Colditz et al. 1994, JAMA 271:698, the first two trials: events and participants, vaccinated and not
ARMS = [("Aronson", (4, 123), (11, 139)), ("Ferguson", (6, 306), (29, 303))]
FORMS = {
    "meta": "studlab,event.e,n.e,event.c,n.c",
    "metafor": "study,ai,n1i,ci,n2i",
    "words": "Study,Events (treatment),Total (treatment),Events (control),Total (control)",
    "RevMan Web": "Study,Experimental cases,Experimental N,Control cases,Control N",
    "RevMan 5": "study,Events 1,Total 1,Events 2,Total 2",
    "placebo": "trial,r_treatment,n_treatment,r_placebo,n_placebo",
    "numbers": "study,x1,n1,x2,n2",
}


class TestArmsSideBySide:
    @pytest.mark.parametrize("form", FORMS)
    def test_each_arm_is_a_row(self, told, form):
        """A row of two arms as programs for meta-analysis want it; only an arm that is called so has a role."""
        rows = [f"{study},{a[0]},{a[1]},{b[0]},{b[1]},tuberculosis" for study, a, b in ARMS]
        found, note = told("\n".join([f"{FORMS[form]},outcome", *rows]))
        assert [[row.counts for row in study.outcomes] for study in found.studies] == [[a, b] for _, a, b in ARMS]
        roles = [row.role for row in found.studies[0].outcomes]
        numbered = form in ("metafor", "RevMan 5", "numbers")
        assert roles == ([None, None] if numbered else ["treatment", "control"])
        assert "arms side by side as rows of their own" in note
        assert ("of unknown role" in note) is numbered
        if numbered:
            with pytest.raises(EvidenceError, match="role"):
                pool_outcome(found, "tuberculosis", PoolChoice(), measure="risk-ratio")

    def test_arms_of_any_name_are_rows_of_unknown_role(self, told):
        """Three arms, of which the placebo is the control; what the others are is asked where they are compared."""
        header = "study,outcome,events_low_dose,n_low_dose,high dose events,high dose n,events_placebo,n_placebo"
        found, note = told(f"{header}\nA,x,8,20,11,21,3,20\n")
        rows = [(row.arm, row.role, row.counts) for row in found.studies[0].outcomes]
        assert sorted(rows, key=lambda row: row[2]) == [
            ("placebo", "control", (3, 20)), ("low dose", None, (8, 20)), ("high dose", None, (11, 21)),
        ]  # fmt: skip
        assert "'low dose' of unknown role" in note

    def test_those_without_the_event_make_the_denominator(self, told):
        """2 × 2 tables as metafor's data sets hold them; the row numbers of R beside."""
        header = '"","author","year","tpos","tneg","cpos","cneg","outcome"\n'
        rows = '"1","Aronson",1948,4,119,11,128,"tuberculosis"\n"2","Ferguson",1949,6,300,29,274,"tuberculosis"\n'
        found, note = told(header + rows)
        assert [[row.counts for row in study.outcomes] for study in found.studies] == [[a, b] for _, a, b in ARMS]
        assert "those with and those without the event as their denominator" in note

    def test_means_say_of_what(self, told, refused):
        """mean.e may be of the change or of the end; with its name it is read, and a standard error is made an SD."""
        sentence = refused("studlab,outcome,n.e,mean.e,sd.e,n.c,mean.c,sd.c\nA,pain,20,-1.2,0.8,21,-0.3,0.9\n")
        assert "the column 'mean' does not say of what; call it change_mean" in sentence
        found, _ = told(
            "studlab,outcome,n.e,change_mean.e,sd.e,n.c,change_mean.c,sd.c\nA,pain,20,-1.2,0.8,21,-0.3,0.9\n"
        )
        assert [row.change for row in found.studies[0].outcomes] == [(-1.2, 0.8, 20), (-0.3, 0.9, 21)]
        found, _ = told("study,outcome,n_e,change_e,se_e,n_c,change_c,se_c\nA,pain,25,-1.2,0.2,16,-0.3,0.25\n")
        assert [row.change for row in found.studies[0].outcomes] == [(-1.2, 1.0, 25), (-0.3, 1.0, 16)]

    def test_an_arm_of_which_nothing_is_said_is_no_row(self, told):
        """And a study of which nothing is said stays."""
        found, _ = told("study,outcome,events_e,n_e,events_c,n_c\nA,x,8,20,3,20\nB,x,9,30,,\nC,x,,,,\n")
        assert [[row.counts for row in study.outcomes] for study in found.studies] == [
            [(8, 20), (3, 20)],
            [(9, 30)],
            [None],
        ]

    def test_what_may_be_of_either_is_asked_about(self, refused):
        """An effect, or one n, beside two arms."""
        header = "study,outcome,events_e,n_e,events_c,n_c"
        assert "not said to which 'CI start' and 'CI end' belongs" in refused(
            f"{header},CI start,CI end\nA,x,8,20,3,20,0.8,8.6\n"
        )
        assert "not said to which 'N' belongs" in refused(f"{header},N\nA,x,8,20,3,20,40\n")

    def test_errors_keep_their_line(self, refused):
        """Each arm of a row stands on the line of the row."""
        sentence = refused("study,outcome,events_e,n_e,events_c,n_c\nA,x,8,20,3,20\nB,x,nine,30,4*,29\n")
        assert sentence.count("line 3") == 2
        assert "(experimental): events must be" in sentence
        assert "not '4*'; it bears the mark of a footnote: write 4" in sentence


class TestCountsWithPercentages:
    @pytest.mark.parametrize("cell", ["8 (40%)", "8 (40.0 %)", "8/20 (40%)", '"8 (40,0 %)"', "8 of 20 (40 %)"])
    def test_a_count_with_its_percentage_is_both(self, told, cell):
        """The count is read, and what is printed kept for the audit."""
        found, note = told(f"study,outcome,events,of\nA,x,{cell},20\n")
        outcome = found.studies[0].outcomes[0]
        assert outcome.counts == (8, 20)
        assert "(40" in outcome.reported
        assert "1 cell such as 8 (40 %) as events with what is printed" in note
        assert "P12" not in {finding.id for finding in audit(found)}

    def test_one_that_does_not_fit_is_found(self, told):
        """The percentage in the cell is held against the count, as one of its own column is."""
        found, _ = told("study,outcome,events,of\nA,x,8 (45%),20\n")
        assert "P12" in {finding.id for finding in audit(found)}

    def test_a_number_in_brackets_needs_a_sign(self, told, refused):
        """In the cell or in the column's name; else it may be anything."""
        assert told("study,outcome,n,events (%)\nA,x,20,8 (40.0)\n")[0].studies[0].outcomes[0].reported == "8 (40.0 %)"
        assert "two things stand in one cell: write 8 here" in refused("study,outcome,n,events\nA,x,20,8 (40)\n")


class TestSpreads:
    def test_a_standard_error_becomes_an_sd(self, told):
        """SE × √n, with what is printed in the note; se alone is of the only mean that the table has."""
        found, note = told("study,outcome,n,mean change,SE\nA,HbA1c,25,-1.1,0.2\n")
        outcome = found.studies[0].outcomes[0]
        assert (outcome.change, outcome.note) == ((-1.1, 1.0, 25), "standard error 0.2 as printed")
        assert "SE × √n" in note

    @pytest.mark.parametrize("cell", ["-1.5 to -0.7", '"(-1.5, -0.7)"', "[-1.5; -0.7]", "−1.5 – −0.7", "-1.5 - -0.7"])
    def test_the_interval_of_a_mean_becomes_an_sd(self, told, cell):
        """By t, however the two limits are printed: half the width is t times SD over √n."""
        found, note = told(f"study,outcome,n,change,95% CI\nA,HbA1c,20,-1.1,{cell}\n")
        mean, sd, n = found.studies[0].outcomes[0].change
        assert stats.t.interval(0.95, n - 1, mean, sd / math.sqrt(n)) == pytest.approx((-1.5, -0.7))
        assert "of the interval of a mean as SD" in note

    def test_an_interval_of_another_confidence_says_so(self, told):
        """Its confidence stands beside it, and in the note."""
        text = "study,outcome,n,change,lower,upper,effect_confidence\nA,HbA1c,20,-1.1,-1.5,-0.7,0.9\n"
        outcome = told(text)[0].studies[0].outcomes[0]
        mean, sd, n = outcome.change
        assert stats.t.interval(0.9, n - 1, mean, sd / math.sqrt(n)) == pytest.approx((-1.5, -0.7))
        assert outcome.note == "90 % interval -1.5 to -0.7 as printed"

    def test_the_interval_of_an_effect_is_its_limits(self, told):
        """Beside an effect the interval is the effect's."""
        outcome = told("study,outcome,effect,effect_measure,CI\nA,x,2.67,RR,0.82-8.62\n")[0].studies[0].outcomes[0]
        assert (outcome.effect_lower, outcome.effect_upper) == (0.82, 8.62)

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("study,outcome,change,SE\nA,x,-1.1,0.2\n", "change_se makes an SD only with n"),
            ("study,outcome,n,change,change_sd,change_se\nA,x,9,1,1,0.2\n", "change_sd and change_se are both there"),
            ("study,outcome,n,change,lower\nA,x,9,1,0.5\n", "an interval has two limits"),
            (
                "study,outcome,n,change,lower,upper\nA,x,9,1,2,0.5\n",
                "the limits of change_mean must rise, not 2 to 0.5",
            ),
            ("study,outcome,n,change,SE\nA,x,9,1,0.2*\n", "change_se must be a number"),
            ("study,outcome,n,change,SE\nA,x,9,1,-0.2\n", "change_se must be 0 or more, not -0.2"),
            ("study,outcome,n,change,CI\nA,x,9,1,about 2\n", "the interval 'about 2' is not read; write its limits"),
            (
                "study,outcome,n,change,followup_mean,SE\nA,x,9,1,2,0.5\n",
                "does not say of which mean; call it baseline_se",
            ),
            ("study,outcome,n,events,CI\nA,x,9,1,0.1 to 0.3\n", "'0.1 to 0.3' does not say of what"),
        ],
    )
    def test_what_makes_none_is_asked_about(self, refused, text, words):
        """One sentence with the way out."""
        assert words in refused(text)

    def test_toml_has_the_sd_alone(self, tmp_path):
        """A standard error is never taken for the SD that it looks like."""
        rows = '[[study]]\nkey = "a"\n[[study.outcome]]\nname = "x"\nn = 9\nchange_mean = 1.0\nchange_se = 0.2\n'
        (tmp_path / "t.toml").write_text(f'[table]\ntitle = "t"\n{rows}', encoding="utf-8")
        with pytest.raises(
            EvidenceError, match="unknown key 'change_se'; write change_sd, the standard error times √n"
        ):
            read(tmp_path / "t.toml")


class TestEffects:
    @pytest.mark.parametrize("column", ["HR", "hr", "Hazard ratio"])
    def test_a_column_may_be_called_by_its_measure(self, told, column):
        """With the limits as forest plots print them."""
        found, note = told(f"study,outcome,{column},lower 95% CI,upper 95% CI\nA,survival,0.8,0.6,1.07\n")
        outcome = found.studies[0].outcomes[0]
        assert (outcome.effect, outcome.effect_measure) == (0.8, "hazard-ratio")
        assert (outcome.effect_lower, outcome.effect_upper) == (0.6, 1.07)
        assert f"`{column}` as `effect`" in note

    @pytest.mark.parametrize("cell", ["0.70 (0.50 to 0.98)", '"0.70 [0.50, 0.98]"', "0.70 (95% CI 0.50-0.98)"])
    def test_an_effect_with_its_interval_in_one_cell(self, told, cell):
        """As abstracts print it."""
        outcome = told(f"study,outcome,OR\nA,x,{cell}\n")[0].studies[0].outcomes[0]
        assert (outcome.effect, outcome.effect_lower, outcome.effect_upper) == (0.7, 0.5, 0.98)
        assert outcome.effect_measure == "odds-ratio"


CELLS = [
    ("12*", "it bears the mark of a footnote: write 12, and in note what the mark says"),
    ("3†", "it bears the mark of a footnote: write 3"),
    ("3¹", "it bears the mark of a footnote: write 3"),
    ("5a", "it bears the mark of a footnote: write 5"),
    ("<1", 'it is no number but a bound or a guess: write "NR"'),
    ("≥ 4", "it is no number but a bound or a guess"),
    ("~5", "it is no number but a bound or a guess"),
    ("about 5", "it is no number but a bound or a guess"),
    ("8-12", "it is a range: write the number that is meant"),
    ("8 to 12", "it is a range"),
    ("14 ± 3", "two things stand in one cell: write 14 here if it is the events"),
    ("12 patients", "it is more than a number: write the number alone"),
    ("(12)", "brackets may mean a number below 0: write -12 or 12"),
    ("n.r.", 'write "NR" if it is not reported'),
    ("not done", 'write "ND", or leave it empty, if it was not done'),
    ("—", 'write "NR" or "ND", or leave it out'),
]


class TestCells:
    @pytest.mark.parametrize(("cell", "way_out"), CELLS)
    def test_what_is_no_number_says_how_to_write_it(self, refused, cell, way_out):
        """The cell, and what to write for it; nothing is taken off a cell in silence."""
        sentence = refused(f"study,outcome,events,of\nA,x,{cell},20\n")
        assert f"not {cell!r}" in sentence
        assert way_out in sentence

    def test_a_study_s_cell_has_words_of_its_own(self, refused):
        """Where NR has no place the cell is left empty, and the words stand where the study has them."""
        sentence = refused("study,outcome,follow_up_months\nA,x,6-12\n")
        assert "leave the cell empty and write the range in follow_up" in sentence

    @pytest.mark.parametrize(
        ("printed", "way_out"),
        [
            ('"p<0,001"', "write p<0.001"),
            ("0.000", 'write "< 0.001", for a P value is above 0'),
            ("0.05*", "write 0.05, and what stands beside it in note"),
            ("5 %", "write 5 % as 0.05"),
        ],
    )
    def test_p_values_say_how_to_write_them(self, told, refused, printed, way_out):
        """A comma, a zero, a mark; n.s. is read."""
        assert way_out in refused(f"study,outcome,events,of,p_value\nA,x,8,20,{printed}\n")
        assert told("study,outcome,events,of,p_value\nA,x,8,20,n.s.\n")[0].studies[0].outcomes[0].p_bound() is None

    def test_a_role_may_be_said_by_the_word_for_it(self, told):
        """Placebo is a control and an intervention the treatment, which is told."""
        text = "study,outcome,arm,role,events,of\nA,x,drug,Intervention group,8,20\nA,x,none,Placebo,3,20\n"
        found, note = told(text)
        assert [row.role for row in found.studies[0].outcomes] == ["treatment", "control"]
        assert "2 cells such as placebo as the role of an arm" in note

    def test_what_differs_between_arms_is_no_group_of_investigators(self, refused):
        """The column group is of the study; its arms' names stand in arm."""
        sentence = refused("study,outcome,arm,group,events,of\nA,x,a,drug,8,20\nA,x,b,placebo,3,20\n")
        assert (
            "group is 'placebo' here and 'drug' on an earlier row; make the two agree, or call the column arm"
            in sentence
        )


class TestRows:
    def test_a_study_under_two_names_is_found(self, told):
        """A comma, a capital or the mark of a footnote makes two studies of one."""
        found, _ = told('study,outcome,events,of\nMeyer 2011,x,8,20\n"meyer, 2011*",x,8,20\nKim 2012,x,9,30\n')
        (finding,) = [each for each in audit(found) if each.id == "T15"]
        assert "'Meyer 2011' and 'meyer, 2011*' are 2 studies here" in finding.seen

    @pytest.mark.parametrize(
        "key", ["Subtotal (95% CI)", "Pooled estimate", "Total events", "Zwischensumme", "Overall"]
    )
    def test_a_row_that_sums_up_is_found_by_its_name(self, told, key):
        """However a program calls it; a study whose name has such a word is none."""
        found, _ = told(f"study,outcome,events,of\nA 2011,x,8,20\n{key},x,8,20\nTotalcare 2012,x,9,30\n")
        assert [each.study for each in audit(found) if each.id == "T11"] == [key]

    def test_a_merged_cell_is_written_again(self, refused):
        """Excel keeps the study of a merged cell on its first row alone."""
        sentence = refused("study,outcome,arm,events,of\nLee 2010,x,drug,8,20\n,x,placebo,3,20\n")
        assert "line 3: the cell in column 'study' is empty; each row names both; write 'Lee 2010' again" in sentence

    def test_a_row_that_is_there_twice_is_named_with_the_other(self, refused):
        """Both lines, and nothing of one of them is dropped."""
        sentence = refused(
            "study,outcome,timepoint_months,events,of\nA,x,6,8,20\nA,x,12,5,20\nB,x,12,1,9\nA,x,12,6,20\n"
        )
        assert "line 5: study 'A' has x, 12 on line 3 already; remove one, or set their arm or timepoint" in sentence
        assert "|" not in sentence

    def test_a_remark_below_the_table_is_named(self, refused):
        """A footnote stands alone in its line."""
        sentence = refused("study,outcome,events,of\nA,x,8,20\n* at 6 months,,,\n")
        assert "line 3: '* at 6 months' stands alone; begin a remark with #, or remove the line" in sentence

    def test_a_title_above_the_header_is_named(self, refused):
        """One sentence, not one for each column."""
        sentence = refused("Table 2. Response,,,\n,,,\nstudy,outcome,events,of\nA,x,8,20\n")
        assert "the names of the columns seem to stand on line 3; remove the lines above it" in sentence
        assert "|" not in sentence

    def test_a_header_of_two_lines_is_named(self, refused):
        """RevMan's forest plot as it is copied."""
        sentence = refused("Study or Subgroup,Experimental,,Control,\n,Events,Total,Events,Total\nSmith,8,20,3,20\n")
        assert "seem to stand on two lines, the second on line 2; write them on one" in sentence
        assert "|" not in sentence


class TestColumns:
    def test_a_column_of_no_use_is_left_out_and_told(self, told, refused):
        """Its name with a line before it; without, it is unknown, and the way out is told."""
        found, note = told("study,outcome,events,of,_weight,_age\nA,x,8,20,12.1 %,54\n")
        assert found.studies[0].outcomes[0].counts == (8, 20)
        assert "'_weight' and '_age' left out" in note
        sentence = refused("study,outcome,events,of,Age\nA,x,8,20,54\n")
        assert "unknown column 'Age'; begin its name with _ to leave it out" in sentence

    @pytest.mark.parametrize(
        ("column", "words"),
        [
            ("median", "the column 'median' holds no mean; write it in reported"),
            ("IQR", "the column 'IQR' holds no mean"),
            ("mean (SD)", "write the means and their SDs in columns of their own"),
            ("percent", "call it reported, and write its cells as 29.6 %"),
            ("timepoint (weeks)", "is not in months; write those (weeks over 4.348"),
            ("follow-up days", "is not in months"),
            ("treatment", "may name the arm of a row, or what a study gave; call it arm, or product"),
            ("person-years", "write the effect that it gives, its interval and effect_measure = rate-ratio"),
            ("Weeks", "'Weeks' is not in months; write those"),
            ("days", "'days' is not in months; write those"),
            ("%", "call it reported, and write its cells as 29.6 %"),
        ],
    )
    def test_what_has_no_column_says_where_to_write_it(self, refused, column, words):
        """A unit is never taken for another."""
        assert words in refused(f"study,outcome,events,of,{column}\nA,x,8,20,14\n")

    def test_sd_is_of_the_only_mean_without_one(self, told, refused):
        """Of two means without an SD it may be of either."""
        text = "study,outcome,n,baseline_mean,baseline_sd,followup_mean,sd\nA,x,9,3,1,2,1.5\n"
        assert told(text)[0].studies[0].outcomes[0].final == (2, 1.5, 9)
        assert "'sd' does not say of what" in refused(text.replace("baseline_sd", "_sd at baseline"))

    def test_merged_cells_above_the_names_make_two_lines(self, refused):
        """A cell that is merged over two columns leaves the second without a name."""
        text = "Study,Outcome,Drug,,Placebo,\n,,events,n,events,n\nA,x,8,20,3,20\n"
        assert "two lines, the second on line 2; write them on one" in refused(text)
        assert refused(text).endswith("as events_treatment and events_control")

    @pytest.mark.parametrize(
        ("events", "of", "printed", "read_as"),
        [
            (12, 40, "0.35", "35 %"),
            (14, 40, ".35", "35 %"),
            (12, 40, "1", "100 %"),
            (1, 40, "1", "1"),  # the count itself
            (2, 500, "0.4", "0.4 %"),  # the percentage, without its sign
            (12, 40, "12", "12"),
            (12, 40, "P = 0.04", "P = 0.04"),
        ],
    )
    def test_a_share_is_held_against_the_count(self, told, events, of, printed, read_as):
        """A number up to 1 beside a count is its share, and is told as such."""
        found, notes = told(f"study,outcome,events,of,reported\nA,x,{events},{of},{printed}\n")
        assert found.studies[0].outcomes[0].reported == read_as
        assert ("1 cell of reported such as 0.35 as 35 %" in notes) == (read_as != printed)
        assert ("P12" in {each.id for each in audit(found)}) == (read_as.endswith("%") and events == 12)

    def test_words_for_numbers_of_people(self, told):
        """n of responders and total n, as journals head them."""
        found, _ = told('Studie;Endpunkt;"Responders, n";"Total, n"\nMeyer;Remission;8;20\n')
        assert found.studies[0].outcomes[0].counts == (8, 20)


TWO_ROWS = [["study", "outcome", "events", "of"], ["A", "x", 8.0, 20.0], ["B", "x", 9.0, 30.0]]


class TestWorkbooks:
    @pytest.fixture
    def rebuilt(self, tmp_path):
        """Reads a workbook after its parts were changed, with what was understood."""
        pytest.importorskip("python_calamine", reason="python-calamine is not installed")

        def made(content, change=lambda name, xml: xml, more=(), file="t.xlsx"):
            with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(tmp_path / file, "w") as new:
                for name in old.namelist():
                    new.writestr(name, change(name, old.read(name).decode()))
                for name, xml in more:
                    new.writestr(name, xml)
            found, _, notes = read_with_notes(tmp_path / file)
            return found, notes[0]

        return made

    def test_a_percentage_is_read_as_it_is_shown(self, rebuilt):
        """What is typed as 35 % is stored as its hundredth in a cell of that format, spelt out or by its number."""
        rows = [["study", "outcome", "events", "of", "reported", "note"], ["A", "x", 12.0, 40.0, "@", "%"]]
        for number in ("9", "170"):
            styles = (
                f'<styleSheet><numFmts><numFmt numFmtId="170" formatCode="0.0%"/><numFmt numFmtId="171" '
                f'formatCode="0&quot;%&quot;"/></numFmts><cellStyleXfs><xf numFmtId="9"/></cellStyleXfs><cellXfs>'
                f'<xf numFmtId="0"/><xf numFmtId="171"/><xf numFmtId="{number}"/></cellXfs></styleSheet>'
            )
            cell, number_cell = '<c r="E2" s="2"><v>0.35</v></c>', '<c r="F2" s="1"><v>0.5</v></c>'

            def change(name, xml, cell=cell, number_cell=number_cell):
                return xml.replace('<c t="inlineStr"><is><t>@</t></is></c>', cell).replace(
                    '<c t="inlineStr"><is><t>%</t></is></c>', number_cell
                )

            found, _ = rebuilt(workbook(rows), change, [("xl/styles.xml", styles)])
            outcome = found.studies[0].outcomes[0]
            assert (outcome.reported, outcome.note) == ("35 %", "0.5")
            assert "P12" in {each.id for each in audit(found)}

    def test_a_percentage_of_an_open_document(self, rebuilt):
        """It has a value and a kind."""
        rows = [["study", "outcome", "events", "of", "reported"], ["A", "x", "12", "40", "35%"]]
        string = '"string"><text:p>35%'
        found, _ = rebuilt(
            open_document(rows),
            lambda _, xml: xml.replace(string, '"percentage" office:value="0.35"><text:p>35%'),
            file="t.ods",
        )
        assert found.studies[0].outcomes[0].reported == "35 %"

    def test_hidden_rows_are_told(self, rebuilt):
        """A filter hides rows that are in the file all the same."""
        found, notes = rebuilt(
            workbook(TWO_ROWS),
            lambda _, xml: xml.replace('<row><c t="inlineStr"><is><t>B', '<row hidden="1"><c t="inlineStr"><is><t>B'),
        )
        assert len(found.studies) == 2
        assert "1 row that the sheet hides among them" in notes
        rows = [[str(cell).removesuffix(".0") for cell in row] for row in TWO_ROWS]
        second = '<table:table-row><table:table-cell office:value-type="string"><text:p>A'
        filtered = second.replace("row>", 'row table:visibility="filter">', 1)
        _, notes = rebuilt(open_document(rows), lambda _, xml: xml.replace(second, filtered), file="t.ods")
        assert "1 row that the sheet hides among them" in notes

    def test_hidden_columns_are_told(self, rebuilt):
        """By their names."""
        rows = [[*TWO_ROWS[0], "_age"], *([*row, 50.0] for row in TWO_ROWS[1:])]
        hidden = '<cols><col min="3" max="3" width="9"/><col min="4" max="5" width="0" hidden="1"/></cols><sheetData>'
        found, notes = rebuilt(workbook(rows), lambda _, xml: xml.replace("<sheetData>", hidden))
        assert found.studies[0].outcomes[0].counts == (8, 20)
        assert "'of' and '_age' among the columns, which the sheet hides" in notes
        column = '<table:table-column{} table:number-columns-repeated="{}"/>'
        columns = column.format("", 2) + column.format(' table:visibility="collapse"', 1) + "<table:table-row>"
        texts = [[str(cell).removesuffix(".0") for cell in row] for row in TWO_ROWS]
        _, notes = rebuilt(
            open_document(texts), lambda _, xml: xml.replace("<table:table-row>", columns, 1), file="t.ods"
        )
        assert "'events' among the columns, which the sheet hides" in notes

    def test_a_hidden_sheet_is_told(self, rebuilt):
        """One that is shown comes first; of a hidden one alone it is said that it is."""
        _, notes = rebuilt(
            workbook(TWO_ROWS), lambda _, xml: xml.replace('name="Evidence"', 'name="Evidence" state="hidden"')
        )
        assert "sheet 'Evidence' (it is hidden)" in notes

    def test_a_percentage_of_events_is_counted(self, rebuilt):
        """As in a CSV; of another number it is told that it is read as stored."""
        rows = [["study", "outcome", "events", "of", "n", "change"], ["A", "x", 0.4, 20.0, "", ""]]
        rows += [["A", "y", "", "", 20.0, -0.25]]
        styles = '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="9"/></cellXfs></styleSheet>'

        def change(_, xml):
            shares = [(f"<c><v>{value}</v></c>", f'<c s="1"><v>{value}</v></c>') for value in (0.4, -0.25)]
            for plain, percent in shares:
                xml = xml.replace(plain, percent)
            return xml

        found, notes = rebuilt(workbook(rows), change, [("xl/styles.xml", styles)])
        assert [row.counts for row in found.studies[0].outcomes] == [(8, 20), None]
        assert "40 % of 20 as 8 events" in notes
        assert "1 percentage of `change` as stored, 35 % as 0.35" in notes

    def test_a_cell_over_several_columns_is_asked_about(self, rebuilt):
        """In Excel and in an OpenDocument; one over rows is that of each, there too."""
        rows = [*TWO_ROWS, ["C", "x", "NR", ""]]
        merged = '</sheetData><mergeCells count="1"><mergeCell ref="C4:D4"/></mergeCells>'
        why = "line 4, column 3: the cell is merged over several columns; part it"
        with pytest.raises(EvidenceError, match=why):
            rebuilt(workbook(rows), lambda _, xml: xml.replace("</sheetData>", merged))
        texts = [[str(cell).removesuffix(".0") for cell in row] for row in rows]
        cell, empty = '<table:table-cell office:value-type="string"><text:p>NR', "<table:table-cell/></table:table-row>"
        wide = cell.replace("cell ", 'cell table:number-columns-spanned="2" ')
        covered = "<table:covered-table-cell/></table:table-row>"
        with pytest.raises(EvidenceError, match=why):
            rebuilt(
                open_document(texts),
                lambda _, xml: xml.replace(cell, wide).replace(empty, covered),
                file="t.ods",
            )
        texts = [["study", "outcome", "events", "of"], ["A", "x", "8", "20"], ["", "y", "3", "20"]]
        high = '<table:table-cell table:number-rows-spanned="2" office:value-type="string"><text:p>A<'
        found, notes = rebuilt(
            open_document(texts),
            lambda _, xml: xml.replace('<table:table-cell office:value-type="string"><text:p>A<', high),
            file="t.ods",
        )
        assert [row.counts for row in found.studies[0].outcomes] == [(8, 20), (3, 20)]
        assert "1 merged cell as that of each of its rows" in notes

    def test_arms_may_stand_side_by_side(self, rebuilt):
        """As in a CSV."""
        rows = [["study", "outcome", "events_e", "n_e", "events_c", "n_c"], ["A", "x", 8.0, 20.0, 3.0, 20.0]]
        assert [row.counts for row in rebuilt(workbook(rows))[0].studies[0].outcomes] == [(8, 20), (3, 20)]

    @pytest.mark.parametrize(
        ("cell", "why"),
        [
            ('<c t="e"><f>1/0</f><v>#DIV/0!</v></c>', "line 2, column 4: the cell holds an error of its formula"),
            ("<c><f>10+10</f></c>", "line 2, column 4: the cell holds a formula without its result; open the file"),
            ('<c r="D2"><f>10+10</f><v></v></c>', "line 2, column 4: the cell holds a formula without its result"),
        ],
    )
    def test_an_error_is_no_empty_cell(self, rebuilt, cell, why):
        """A reader of workbooks takes an error, and a formula that no program computed, for nothing."""
        with pytest.raises(EvidenceError, match=re.escape(why)):
            rebuilt(workbook(TWO_ROWS), lambda _, xml: xml.replace("<c><v>20.0</v></c>", cell))

    def test_an_error_in_a_column_of_no_use_matters_not(self, rebuilt):
        """Left out by its name, or beyond the last one."""
        rows = [
            ["study", "outcome", "events", "of", "_share"],
            ["A", "x", 8.0, 20.0, 0.4],
            ["B", "x", 9.0, 30.0, 0.3, 5.5],
        ]
        error = '<c t="e"><v>#DIV/0!</v></c>'

        def change(_, xml):
            return xml.replace("<c><v>0.4</v></c>", error).replace("<c><v>5.5</v></c>", error)

        assert rebuilt(workbook(rows), change)[0].studies[0].outcomes[0].counts == (8, 20)

    def test_a_formula_with_its_result_is_that(self, rebuilt):
        """As a spreadsheet program saves it."""
        found, _ = rebuilt(
            workbook(TWO_ROWS), lambda _, xml: xml.replace("<c><v>20.0</v></c>", "<c><f>10+10</f><v>20</v></c>")
        )
        assert found.studies[0].outcomes[0].counts == (8, 20)

    def test_an_error_in_an_open_document_is_told(self, rebuilt):
        """Its rows and cells may be repeated."""
        error = '<table:table-cell office:value-type="string" calcext:value-type="error"><text:p>#DIV/0!</text:p>'
        error += "</table:table-cell>"
        spaces = ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
        rows = [["study", "outcome", "events", "of"], ["A", "x", "8", "20"], ["B", "x", "ERR", "30"]]

        def change(_, xml):
            cell = re.compile(r"<table:table-cell[^>]*><text:p>ERR</text:p></table:table-cell>")
            return cell.sub(error, xml).replace("<office:document-content", f"<office:document-content{spaces}")

        with pytest.raises(EvidenceError, match="line 3, column 3: the cell holds an error of its formula"):
            rebuilt(open_document(rows), change, file="t.ods")

    def test_a_merged_cell_is_that_of_each_of_its_rows(self, rebuilt):
        """The file says how far it reaches, and that it was taken so is told."""
        rows = [["study", "outcome", "arm", "events", "of"], ["A", "x", "drug", 8.0, 20.0], ["", "", "none", 3.0, 20.0]]
        merged = '</sheetData><mergeCells count="2"><mergeCell ref="A2:A3"/><mergeCell ref="B2:B3"/></mergeCells>'
        found, note = rebuilt(workbook(rows), lambda _, xml: xml.replace("</sheetData>", merged))
        assert [row.counts for row in found.studies[0].outcomes] == [(8, 20), (3, 20)]
        assert "2 merged cells as that of each of its rows" in note

    def test_the_sheet_that_names_the_columns_is_read(self, rebuilt):
        """Behind one with remarks; which it was is told."""
        with zipfile.ZipFile(io.BytesIO(workbook([["Read me first"]]))) as other:
            remarks = other.read("xl/worksheets/sheet1.xml").decode()
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
        office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

        def change(name, xml):
            before = '<sheets><sheet name="Remarks" sheetId="2" r:id="rId2"/>'
            part = f'<Override PartName="/xl/worksheets/sheet2.xml" ContentType="{kind}"/></Types>'
            relation = (
                f'<Relationship Id="rId2" Type="{office}/worksheet" Target="worksheets/sheet2.xml"/></Relationships>'
            )
            xml = xml.replace("<sheets>", before) if name == "xl/workbook.xml" else xml
            xml = xml.replace("</Types>", part)
            return xml.replace("</Relationships>", relation) if name == "xl/_rels/workbook.xml.rels" else xml

        found, note = rebuilt(workbook(TWO_ROWS), change, [("xl/worksheets/sheet2.xml", remarks)])
        assert found.studies[1].outcomes[0].counts == (9, 30)
        assert "sheet 'Evidence' of 2" in note


COLUMN_SETS = [
    ["events", "of"], ["events (%)", "N"], ["n", "change", "SE"], ["n", "change", "95% CI"], ["HR"], ["N", "reported"],
    ["n", "change", "sd", "followup_mean", "followup_sd"], ["OR", "lower 95% CI", "upper 95% CI"], ["effect", "RR"],
    ["events_e", "n_e", "events_c", "n_c"], ["change_e", "sd_e", "n_e", "change_c", "sd_c", "n_c"],
    ["change_e", "se_e", "n_e", "change_c", "se_c", "n_c"], ["ai", "bi", "ci", "di"], ["x1", "n1", "x2", "n2"],
    ["events_low", "n_low", "events_high", "n_high"], ["change.e", "CI.e", "n.e", "change.c", "CI.c", "n.c"],
    ["n/N"], ["N", "n (%)"], ["n", "N"], ["N", "% events"], ["N", "% (n)"], ["drug n/N", "placebo n/N (%)"],
    ["n", "change (SD)"], ["n", "change (95% CI)"], ["HR (90% CI)"], ["n", "baseline (kg)", "follow-up (SD)"],
    ["n drug", "change drug (SD)", "n placebo", "change placebo (SD)"], ["N", "Events", "LL", "UL", "SMD"],
]  # fmt: skip
FITTING = {"n/N": "8/20", "n (%)": "8 (40)", "% (n)": "40 (8)", "drug n/N": "8/20", "placebo n/N (%)": "8/20 (40)",
           "HR (90% CI)": "0.8 (0.6-1.1)", "change (95% CI)": "8 (7 to 9)"}  # fmt: skip
FITTING |= dict.fromkeys(("change (SD)", "follow-up (SD)", "change drug (SD)", "change placebo (SD)"), "8 (2)")
"""Plain cells of a column whose name says that two things stand in each."""
MORE_COLUMNS = ["_x", "year", "note", "harm", "arm", "role", "p", "follow_up_months", "product"]
ODD_CELLS = [
    *("", "NA", "NR", "8 (40%)", "8/20", "8/20 (40 %)", "-1.1", "0.2", "1,2", "1.200", "0.5 to 0.7", "(0.1, 0.3)"),
    *("0.7 (0.5-0.98)", "12*", "<1", "3-4", "drug", "placebo", "treatment", "control", "RR", "1e400", "nan", "inf"),
    *("8 (40)", "40 (8)", "-1.2 (0.8)", "1.2 ± 0.3", "0.8 [90 % CI 0.6, 1.1]", "8/20 (40)", "1_0", "—", "n = 8"),
    *("−3", "9999999999999", "12 (", "((", "30 %", "2011", "true", "x y", "½", "0,5;0,6"),
]


def drawn(rng):
    """A table with columns as people head them, most of its cells plain and some odd."""
    more = rng.sample(MORE_COLUMNS, rng.choice([0, 0, 1, 2]))
    columns = ["study", "outcome", *rng.choice(COLUMN_SETS), *more]
    separator = rng.choice([",", ";", "\t"])
    rows = [columns]
    for study in "ABCD"[: rng.randint(1, 4)]:
        plain = [
            rng.choice(ODD_CELLS) if rng.random() < 0.12 else FITTING.get(column) or rng.choice(["8", "20", "30"])
            for column in columns[2:]
        ]
        rows.append([study, rng.choice(["x", "y", "death"]), *plain])
    return "\n".join(separator.join(f'"{cell}"' for cell in row) for row in rows)


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.sweep) for seed in range(1, 20))])
def test_any_cells_are_read_or_refused_in_a_sentence(seed, tmp_path):
    """A hundred drawn tables: no traceback, and what is read is the same after it was saved as TOML."""
    rng, refusals, tables = random.Random(seed), [], 100
    for _ in range(tables):
        (tmp_path / "t.csv").write_text(drawn(rng), encoding="utf-8")
        try:
            found = read(tmp_path / "t.csv")
        except EvidenceError as why:
            refusals.append(str(why))
            continue
        audit(found)
        (tmp_path / "t.toml").write_text(found.toml(), encoding="utf-8")
        assert read(tmp_path / "t.toml") == found
    assert not any("\n" in sentence for sentence in refusals)
    assert len(refusals) < tables - 10
