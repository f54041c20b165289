"""Tables as other programs write them: Stata, SPSS, SAS, R, pandas, Review Manager, and people with one row a study."""

import pytest

from trialplan.errors import FileError
from trialplan.evidence import audit, read, read_with_notes
from trialplan.evidence.names import is_total
from trialplan.files import parse_toml


@pytest.fixture
def told(tmp_path):
    """What a text is read as, row by row as name, arm, counts or change; and what was understood."""

    def made(text):
        (tmp_path / "t.csv").write_text(text, encoding="utf-8")
        found, _, notes = read_with_notes(tmp_path / "t.csv")
        rows = [(row.name, row.arm, row.counts or row.change) for study in found.studies for row in study.outcomes]
        return rows, notes[0]

    return made


PLAIN = [("death", None, (8, 20)), ("death", None, None)]
WRITTEN = {
    "Stata": ("study\toutcome\tevents\tn\nSmith\tdeath\t8\t20\nJones\tdeath\t.\t29\n", "1 cell with . as empty"),
    "Stata, refused": ("study,outcome,events,of\nSmith,death,8,20\nJones,death,.r,29\n", "1 cell with .r as empty"),
    "SPSS": ('study;outcome;events;of\nSmith;death;8;20\nJones;death;#NULL!;29\n', "1 cell with #NULL! as empty"),
    "R, filtered": ('"","study","outcome","events","of"\n"3","Smith","death",8,20\n"7","Jones","death",NA,29\n',
                    "the row numbers left out, 1 cell with NA as empty"),
    "R, write.table": ('"study" "outcome" "events" "of"\n"1" "Smith" "death" 8 20\n"2" "Jones" "death" NA 29\n',
                       "separated by spaces, the row numbers left out"),
    "a tibble": ("...1,study,outcome,events,of\n1,Smith,death,8,20\n2,Jones,death,NA,29\n",
                 "the row numbers ('...1') left out"),
    "pandas": (",study,outcome,events,of\n0,Smith,death,8.0,20.0\n1,Jones,death,nan,29.0\n", "the row numbers left"),
    "pandas, twice": ("Unnamed: 0,study,outcome,events,of\n0,Smith,death,8,20\n1,Jones,death,,29\n", "'Unnamed: 0'"),
    "Word": ("No.,study,outcome,events,of\n1,Smith,death,8,20\n2,Jones,death,NA,29\n", "the row numbers ('No.')"),
    "a column #": ("#,study,outcome,events,of\n1,Smith,death,8,20\n2,Jones,death,,29\n", "the row numbers ('#')"),
    "bars": ("study|outcome|events|of\nSmith|death|8|20\nJones|death||29\n", "separated by bars"),
    "Markdown": ("| study | outcome | events | of |\n|---|:--|--:|---|\n|Smith|death|8|20|\n|Jones|death||29|\n",
                 "separated by bars"),
    "an empty column": (",study,outcome,,events,of\n,Smith,death,,8,20\n,Jones,death,,,29\n", "Read 2 studies"),
    "full width": ("study,outcome,events,of\nSmith,death,８,２０\nJones,death,NULL,２９\n", "cell with NULL as empty"),
    "Arabic figures": ("study,outcome,events,of\nSmith,death,٨,٢٠\nJones,death,,٢٩\n", "Read 2 studies"),
    "French": ("Étude;Critère;Événements;Effectif\nSmith;death;8;20\nJones;death;n/a;29\n", "`Critère` as `outcome`"),
    "Spanish": ("Estudio;Desenlace;Eventos;Total\nSmith;death;8;20\nJones;death;;29\n", "`Eventos` as `events`"),
    "Italian": ("Studio;Esito;Eventi;Totale\nSmith;death;8;20\nJones;death;;29\n", "`Totale` as `of`"),
    "Dutch": ("Studie;Uitkomst;Gebeurtenissen;Totaal\nSmith;death;8;20\nJones;death;;29\n", "`Totaal` as `of`"),
    "a weight": ("study,outcome,events,of,W(random)\nSmith,death,8,20,60\nJones,death,,29,40\n", "'W(random)' left"),
}  # fmt: skip


class TestPrograms:
    @pytest.mark.parametrize("program", WRITTEN)
    def test_the_same_table_by_any(self, told, program):
        """Its own word for nothing, its numbers of rows and its names are understood and told."""
        text, note = WRITTEN[program]
        rows, notes = told(text)
        assert rows == PLAIN
        assert note in notes

    def test_review_manager_s_own_columns_are_left_out(self, told):
        """The odds ratio beside two arms is made of their counts, and the weight belongs to a pool."""
        names = "Study,outcome,Events 1,Total 1,Events 2,Total 2,Weight,Odds Ratio,CI Start,CI End"
        rows, note = told(f"{names}\nSmith 2001,death,8,20,3,20,50.1%,3.78,0.8,17\n")
        assert rows == [("death", "group 1", (8, 20)), ("death", "group 2", (3, 20))]
        assert "'Odds Ratio', 'CI Start' and 'CI End' left out, which the arms' own numbers make anew" in note
        assert "'Weight' left out" in note
        names = "Study,outcome,Experimental cases,Experimental N,Control cases,Control N,Mean,CI start,CI end"
        assert "'Mean', 'CI start' and 'CI end' left out" in told(f"{names}\nS,death,8,20,3,20,3.78,0.8,17\n")[1]

    def test_an_error_is_no_remark_and_no_number(self, refused):
        """A study that is called #REF! is no comment line."""
        sentence = refused("study,outcome,events,of\nA,x,#DIV/0!,12\n#REF!,x,3,4\nB,#NAME?,3,4\n")
        assert "line 2: events is '#DIV/0!', an error of its formula; write the number" in sentence
        assert "line 3: study is '#REF!', an error of its formula" in sentence
        assert "line 4: outcome is '#NAME?'" in sentence

    @pytest.mark.parametrize(
        "cell", ["05-Dec", "12-May", "Mar-10", "05.Dez", "10. Mrz", "5-janv.", "05.12.2026", "2026-12-05", "12/5/2026"]
    )
    def test_a_date_is_asked_about(self, refused, cell):
        """What a spreadsheet made of 5/12 is neither count nor words; who wrote it knows what was printed."""
        assert "seems to have made a date of it" in refused(f"study,outcome,events,of\nA,x,{cell},12\n")

    def test_a_date_among_words_is_asked_about(self, told, refused):
        """Among what was printed and arms, not among drugs and their doses."""
        text = "study,outcome,events,of,arm,reported\nA,x,5,12,{},{}\n"
        assert "arm is '10-Dec'; a spreadsheet program seems" in refused(text.format("10-Dec", "5/12"))
        assert "reported is '05-Dec'; a spreadsheet program seems" in refused(text.format("high", "05-Dec"))
        assert told(text.format("Marinol 25", "5/12"))[0] == [("x", "Marinol 25", (5, 12))]


class TestPrinted:
    @pytest.mark.parametrize(
        "printed",
        ["n=4 (30%)", "4 (40)", "4 (30 %)", "4 von 10", "40 Prozent", "40 pct", "40 p. 100", "40 por ciento", "40％",
         "30-40 %, of whom 28 %", "28 % (95 % CI 7 to 65)"],
    )  # fmt: skip
    def test_what_is_not_the_count_s_is_found(self, tmp_path, printed):
        """However a language writes it; the level of an interval and the ends of a range are no rates."""
        (tmp_path / "t.csv").write_text(f'study,outcome,events,of,reported\nA,x,3,10,"{printed}"\n', encoding="utf-8")
        assert "P12" in {each.id for each in audit(read(tmp_path / "t.csv"))}

    @pytest.mark.parametrize("printed", ["30 Prozent", "3 (30)", "30 (3/10)", "3 von 10", "30 % (95 % CI 7 to 65)"])
    def test_what_is_the_count_s_is_not(self, tmp_path, printed):
        """A percentage may stand in front of its count."""
        (tmp_path / "t.csv").write_text(f'study,outcome,events,of,reported\nA,x,3,10,"{printed}"\n', encoding="utf-8")
        assert "P12" not in {each.id for each in audit(read(tmp_path / "t.csv"))}

    @pytest.mark.parametrize(("printed", "events"), [("3/10", 3), ("3 of 10", 3), ("30 Prozent", 3), ("20-30 %", None)])
    def test_a_count_that_is_printed_alone_is_read(self, tmp_path, printed, events):
        """Where the denominator is its own; a range is none."""
        (tmp_path / "t.csv").write_text(f"study,outcome,of,reported\nA,x,10,{printed}\n", encoding="utf-8")
        assert read(tmp_path / "t.csv").studies[0].outcomes[0].events == events

    @pytest.mark.parametrize(
        ("name", "sums"),
        [("RE Model", True), ("Random effects (DL)", True), ("Fixed effect model", True), ("Meta-analysis", True),
         ("Heterogeneity: I² = 30 %", True), ("Test for overall effect: Z = 2.1", True), ("Suma", True),
         ("Re 2008", False), ("Model 2001", False), ("Common 2003", False)],
    )  # fmt: skip
    def test_rows_of_programs_are_no_studies(self, name, sums):
        """What is printed below the studies; authors may be called so."""
        assert is_total(name) is sums


class TestOutcomesSideBySide:
    @pytest.mark.parametrize(
        ("text", "rows"),
        [
            ("study,n,death_events,relapse_events\nA,20,3,5\nB,30,4,\n",
             [("death", None, (3, 20)), ("relapse", None, (5, 20)), ("death", None, (4, 30))]),
            ("study,Death events,Death n,relapse.events,relapse.n\nA,3,20,5,19\n",
             [("Death", None, (3, 20)), ("relapse", None, (5, 19))]),
            ("study,n,weight change mean,weight change sd,HbA1c change mean,HbA1c change sd\nA,20,-3,2,-1,.5\n",
             [("weight", None, (-3, 2, 20)), ("HbA1c", None, (-1, 0.5, 20))]),
            ("study,death_events,death_of,change_mean_weight,change_sd_weight,n_weight\nA,3,20,-2,4,19\n",
             [("death", None, (3, 20)), ("weight", None, (-2, 4, 19))]),
            ("study,death_events_treatment,death_n_treatment,death_events_control,death_n_control,ae_treatment_events,"
             "ae_treatment_n,ae_control_events,ae_control_n\nA,3,20,5,21,6,20,9,21\n",
             [("death", "treatment", (3, 20)), ("death", "control", (5, 21)),
              ("ae", "treatment", (6, 20)), ("ae", "control", (9, 21))]),
        ],
    )  # fmt: skip
    def test_each_outcome_is_a_row(self, told, text, rows):
        """A row a study, with an n of its own or of all; the arms of each as rows, too."""
        found, note = told(text)
        assert found == rows
        assert "outcomes side by side as rows of their own" in note

    @pytest.mark.parametrize(
        "text",
        [
            "study,n,death,relapse\nA,20,3,5\n",
            "study,n,Death (%),Relapse (%)\nA,20,3 (15),5 (25)\n",
            "study,n,responders_week_12,responders_week_24\nA,20,3,5\n",
        ],
    )
    def test_what_may_be_none_is_told_how_to_write(self, refused, text):
        """One sentence, not one a column."""
        sentence = refused(text)
        assert "where outcomes stand in columns, call these death_events and death_of, or" in sentence
        assert "or write a row for each outcome of a study" in sentence
        assert "|" not in sentence

    def test_arms_are_no_outcomes(self, refused):
        """Beside an arm that is called so the other names are those of arms, and the outcome is asked for."""
        text = "study,events_a,n_a,events_b,n_b,events_placebo,n_placebo\nA,3,20,4,22,5,20\n"
        assert "the column 'outcome' is missing; add it" in refused(text)


@pytest.mark.parametrize(
    ("value", "way_out"),
    [
        (".35", "write the 0 before the point: 0.35"),
        ("-.35  # a share", "write the 0 before the point: -0.35"),
        ("[0.1, .35]", "write the 0 before the point: 0.35"),
        ("35.", "write a figure behind the point: 35.0"),
        ("0,35", "write a decimal point: 0.35"),
        ("1,200", "write 1200 if these are thousands, or 1.200 if it is a decimal comma"),
        ("1 200", "write the number without marks between its thousands"),
        ("007", "write the number without the 0 before it: 7"),
        ("35 %", "put what is printed between double quotes, or write a share: 5 % as 0.05"),
        ("NR", 'put a text between double quotes: "NR"'),
        ("< 0.001", 'put a text between double quotes: "< 0.001"'),
        ("True", "write true or false, in small letters"),
        ("“x”", "put the text between plain double quotes, as on a keyboard"),
        ("3;", "end the line without the mark behind the value: 3"),
        ("", "write a value behind the =, or remove the line"),
    ],
)
def test_values_that_toml_does_not_know(tmp_path, value, way_out):
    """The line, and how to write what was meant."""
    with pytest.raises(FileError) as refused:
        parse_toml(f"[table]\nx = {value}\ny = 1\n", tmp_path / "t.toml")
    assert "at line 2" in str(refused.value)
    assert str(refused.value).endswith(way_out)
