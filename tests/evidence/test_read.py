from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from trialplan.errors import EvidenceError, ParameterError
from trialplan.evidence import EvidenceTable, ReportedOutcome, Study, has_concurrent_control, read
from trialplan.evidence.spreadsheet import COLUMNS

TABLES = Path(__file__).parent / "tables"
HEAD = '[table]\ntitle = "t"\n[[study]]\nkey = "a"\nenrolled = 30\n'
OUTCOME = HEAD + '[[study.outcome]]\nname = "cure"\n'
ROWS = "study,outcome,events,of,enrolled\n"


@pytest.fixture
def seed() -> EvidenceTable:
    """The shipped table."""
    return read("msc-lupus-nephritis")


def cell(table: EvidenceTable, key: str, name: str, arm: str | None = None) -> ReportedOutcome:
    """One outcome of one study."""
    return next(o for o in table.study(key).outcomes if o.name == name and o.arm == arm)


class TestShippedTable:
    """Every cell of the printed table."""

    def test_it_holds_the_five_studies_with_their_enrolment(self, seed: EvidenceTable) -> None:
        """The shipped table has the five printed rows and the printed number of patients in each."""
        assert {study.key: study.enrolled for study in seed.studies} == {
            "sun-2010": 16,
            "liang-2010": 15,
            "wang-2012": 58,
            "wang-2013": 87,
            "wang-2014": 40,
        }
        assert seed.doi == "10.1186/ar4677"

    @pytest.mark.parametrize(
        ("key", "deaths", "infections"),
        [
            ("sun-2010", 0, 0),
            ("liang-2010", 0, 0),
            ("wang-2012", 1, "NR"),
            ("wang-2013", 5, "NR"),
            ("wang-2014", 3, 4),
        ],
    )
    def test_the_safety_column_is_as_printed(
        self, seed: EvidenceTable, key: str, deaths: int, infections: int | str
    ) -> None:
        """Deaths and serious infections are harms with the printed count, and NR stays NR."""
        death, infection = cell(seed, key, "death"), cell(seed, key, "serious infection")
        assert (death.events, infection.events) == (deaths, infections)
        assert death.harm
        assert infection.harm

    @pytest.mark.parametrize(
        ("key", "arm", "name", "events", "of"),
        [
            ("wang-2012", "single", "complete remission", 16, 30),
            ("wang-2012", "double", "complete remission", 8, 27),
            ("wang-2013", None, "complete remission", 23, 83),
            ("wang-2013", None, "relapse", 10, 83),
            ("wang-2014", None, "major clinical response", 13, None),
            ("wang-2014", None, "partial clinical response", 11, None),
            ("wang-2014", None, "relapse", 7, None),
        ],
    )
    def test_the_efficacy_column_is_as_printed(
        self, seed: EvidenceTable, key: str, arm: str | None, name: str, events: int, of: int | None
    ) -> None:
        """Counts keep the printed denominator, and have none where none is printed."""
        outcome = cell(seed, key, name, arm)
        assert (outcome.events, outcome.of) == (events, of)

    @pytest.mark.parametrize(
        ("key", "months", "means", "n", "p"),
        [
            ("sun-2010", 3, (3.1, 1.2, 1.3, 0.9), 15, ("<", 0.001)),
            ("liang-2010", 6, (2.7, 1.2, 0.9, 0.8), 12, ("<", 0.01)),
        ],
    )
    def test_both_proteinuria_footnotes_are_there(
        self, seed: EvidenceTable, key: str, months: int, means: tuple[float, ...], n: int, p: tuple[str, float]
    ) -> None:
        """The footnotes' means, SDs, n, timepoint and P value stand with their studies."""
        outcome = cell(seed, key, "proteinuria")
        kept = (outcome.baseline_mean, outcome.baseline_sd, outcome.followup_mean, outcome.followup_sd)
        assert (kept, outcome.n, outcome.timepoint_months) == (means, n, months)
        assert outcome.p_bound() == p

    def test_every_other_column_is_as_printed(self, seed: EvidenceTable) -> None:
        """Registry, organ involvement, product, conditioning, marker and follow-up are the printed cells."""
        rows = {study.key: study for study in seed.studies}
        assert [study.registry for study in seed.studies] == [
            "NR",
            "NCT 00698191",
            "NCT 00698191",
            "NR",
            "NCT 01741857 (inferred: footnote c)",
        ]
        assert [study.in_subgroup for study in seed.studies] == [15, 15, "~88% SLEN", "84% SLEN", 38]
        assert [study.product for study in seed.studies] == ["UC", "BM", "BM, UC", "BM, UC", "UC"]
        assert rows["liang-2010"].conditioning == "Included in protocol, but NR"
        assert rows["wang-2014"].conditioning == "No"
        assert rows["wang-2014"].follow_up is None
        marker = [cell(seed, key, "regulatory T cells (PD marker)").reported for key in rows]
        assert marker[2:] == ["ND", "ND", "ND"]
        assert marker[0] == "Percentage of Treg cells increased at 3 months (P = 0.03)"

    def test_no_row_has_a_concurrent_control(self, seed: EvidenceTable) -> None:
        """A randomised comparison of doses counts as no concurrent control."""
        assert not any(has_concurrent_control(study) for study in seed.studies)


class TestCsv:
    """A table from a spreadsheet."""

    def test_a_study_may_say_its_fields_once(self) -> None:
        """Study fields given on the first row hold for the rows below that leave them empty."""
        table = read(TABLES / "migraine-device.csv")
        assert [study.key for study in table.studies] == ["alpha-2015", "beta-2017", "gamma-2019"]
        gamma = table.study("gamma-2019")
        assert (gamma.enrolled, gamma.year, len(gamma.outcomes)) == (102, 2019, 4)
        assert table.study("alpha-2015").centres == ("Aville", "Bville")
        assert table.title.startswith("FICTITIOUS")

    def test_not_reported_and_empty_differ(self) -> None:
        """NR stays NR, and an empty cell is None; neither becomes zero."""
        table = read(TABLES / "migraine-device.csv")
        assert cell(table, "alpha-2015", "device removed").events == "NR"
        assert cell(table, "gamma-2019", "free of headache").of is None
        assert cell(table, "beta-2017", "device removed").events == 0

    def test_the_title_comes_from_the_file_name(self, tmp_path: Path) -> None:
        """Without a table column the title is the file's name in words."""
        (tmp_path / "leg-ulcers_2020.csv").write_text(ROWS + "a,healed,3,9,9\n")
        assert read("leg-ulcers_2020.csv", folder=tmp_path).title == "leg ulcers 2020"

    def test_semicolons_and_blank_lines_are_read(self, tmp_path: Path) -> None:
        """A header separated by semicolons sets the separator, and blank lines are skipped."""
        (tmp_path / "t.csv").write_text("study;outcome;events;of\n\na;healed;3;9\n;;;\n")
        assert read(tmp_path / "t.csv").studies[0].outcomes[0].events == 3

    def test_toml_and_csv_say_the_same(self, tmp_path: Path) -> None:
        """The same outcome from TOML and from CSV is the same object."""
        (tmp_path / "t.toml").write_text(OUTCOME + "events = 3\nof = 9\n")
        (tmp_path / "t.csv").write_text("table," + ROWS + "t,a,cure,3,9,30\n")
        assert read(tmp_path / "t.toml") == read(tmp_path / "t.csv")

    def test_columns_name_every_field(self) -> None:
        """Each field of a study and an outcome has exactly one column."""
        assert len(set(COLUMNS)) == len(COLUMNS)
        assert {"study", "outcome", "study_note", "note", "centres", "p_value"} <= set(COLUMNS)


WRONG_TOML = {
    "an unknown key": (
        OUTCOME + "evnts = 3\n",
        "study 'a', outcome 'cure': unknown key 'evnts'; did you mean 'events'?",
    ),
    "a percentage as count": (OUTCOME + 'events = "53%"\n', "not '53%'; write the count here"),
    "a rate as count": (OUTCOME + "events = 0.53\nof = 30\n", "not 0.53; write the count here"),
    "more events than people": (OUTCOME + "events = 31\nof = 30\n", "events (31) must not exceed of (30)"),
    "a negative count": (OUTCOME + "events = -1\nof = 30\n", "events must be 0 or more, not -1"),
    "a denominator of none": (OUTCOME + "events = 0\nof = 0\n", "of must be 1 or more, not 0"),
    "another word for missing": (OUTCOME + 'events = "n/a"\n', 'write "NR" or "ND"'),
    "true as a count": (OUTCOME + "events = true\n", "events must be a whole number of participants"),
    "a negative SD": (OUTCOME + "baseline_sd = -1.2\n", "baseline_sd must be 0 or more, not -1.2"),
    "not a number": (OUTCOME + "baseline_mean = nan\n", "baseline_mean must be a finite number"),
    "a P value in percent": (OUTCOME + 'p_value = "5"\n', "between 0 and 1"),
    "a P value of thousands of figures": (OUTCOME + f'p_value = "{"1" * 19_000}x"\n', "between 0 and 1"),
    "a P value without quotes": (OUTCOME + "p_value = 0.05\n", 'write it in quotes, "0.05"'),
    "a misspelt kind": (OUTCOME + 'kind = "land mark"\n', "did you mean 'landmark'?"),
    "no title": ('[[study]]\nkey = "a"\n', "the section [table] is missing"),
    "an empty table": ('[table]\ntitle = "t"\n', "the table has no study"),
    "single brackets": ('[table]\ntitle = "t"\n[study]\nkey = "a"\n', "write two pairs of brackets"),
    "a key used twice": (HEAD + '[[study]]\nkey = "a"\n', "the study key 'a' is used twice"),
    "an outcome given twice": (OUTCOME + '[[study.outcome]]\nname = "cure"\n', "outcome 'cure' is given twice"),
    "no TOML": ("[table\n", "is not valid TOML"),
    "an unknown section": (HEAD + "[studie]\nx = 1\n", "unknown section 'studie'; did you mean 'study'?"),
    "a plural section": (HEAD + '[[study.outcomes]]\nname = "x"\n', "unknown key 'outcomes'; did you mean 'outcome'?"),
    "a study without a key": (
        '[table]\ntitle = "t"\n[[study]]\nyear = 2000\n',
        "study number 1: the key 'key' is missing",
    ),
    "one centre as text": (HEAD + 'centres = "Paris"\n', "write ['Paris']"),
    "a two-digit year": (HEAD + "year = 14\n", "year must lie within 1900 and 2100, not 14"),
    "a date in words": (HEAD + 'enrolled_from = "March 2007"\n', "enrolled_from must be an ISO date"),
    "several problems": (
        OUTCOME + 'events = "x"\nof = "y"\nevnts = 3\n',
        "unknown key 'evnts'; did you mean 'events'? | ",
    ),
}

WRONG_CSV = {
    "a missing column": ("study,events\na,1\n", "the column 'outcome' is missing"),
    "a misspelt column": ("study,outcome,evnts\na,b,1\n", "unknown column 'evnts'; did you mean 'events'?"),
    "a misspelt needed column": ("stuudy,outcome\na,b\n", "the column 'study' is missing; did you mean 'stuudy'?"),
    "a column twice": ("study,outcome,of,of\na,b,1,1\n", "the column 'of' is there twice"),
    "too many cells": (ROWS + "a,b,1,2,3,4\n", "line 2 has 6 cells under 5 columns"),
    "no outcome": (ROWS + "a,,1,2,3\n", "line 2: the cell in column 'outcome' is empty"),
    "no rows": (ROWS, "has no rows below its header"),
    "nothing at all": ("", "has no rows below its header"),
    "a contradiction": (ROWS + "a,b,1,2,3\na,c,1,2,4\n", "line 3, study 'a': enrolled is '4' here and '3'"),
    "words for a count": (ROWS + "a,b,1,2,30\na,c,one,2,\n", "line 3, study 'a', outcome 'c': events must be"),
    "a decimal comma": ('study,outcome,baseline_mean\na,b,"3,1"\n', "'3,1' has a comma; write 3.1"),
    "more events than people": (ROWS + "a,b,3,2,30\n", "line 2, study 'a', outcome 'b': events (3) must not exceed"),
}


def test_former_keys_are_read_as_todays(tmp_path: Path) -> None:
    """A table that was written, or kept in a document, before the schema lost the words of the first example."""
    (tmp_path / "t.toml").write_text(
        '[table]\ntitle = "t"\n[[study]]\nkey = "a"\nnephritis = 15\ncell_source = "UC"\n', encoding="utf-8"
    )
    study = read(tmp_path / "t.toml").studies[0]
    assert (study.subgroup, study.in_subgroup, study.product) == ("nephritis", 15, "UC")


class TestWrongInput:
    """What a new user gets wrong."""

    @pytest.mark.parametrize("case", WRONG_TOML)
    def test_wrong_toml_is_one_sentence(self, tmp_path: Path, case: str) -> None:
        """A wrong TOML file is refused in one line that names the file, the place, the value and the way out."""
        text, expected = WRONG_TOML[case]
        self.refuses(tmp_path / "table.toml", text, expected)

    @pytest.mark.parametrize("case", WRONG_CSV)
    def test_wrong_csv_is_one_sentence(self, tmp_path: Path, case: str) -> None:
        """A wrong CSV file is refused in one line that names the file, the line, the value and the way out."""
        text, expected = WRONG_CSV[case]
        self.refuses(tmp_path / "table.csv", text, expected)

    def refuses(self, path: Path, text: str, expected: str) -> None:
        """Write the file, and hold its refusal to one telling line."""
        path.write_text(text)
        with pytest.raises(EvidenceError) as refused:
            read(path)
        message = str(refused.value)
        assert expected in message
        assert path.name in message
        assert "\n" not in message
        assert "pydantic" not in message

    def test_an_unknown_name_gets_the_nearest_one(self) -> None:
        """A misspelt shipped name is answered with the nearest shipped one."""
        with pytest.raises(EvidenceError, match="did you mean 'msc-lupus-nephritis'"):
            read("msc-lupus-nefritis")

    def test_another_kind_of_file_is_refused(self, tmp_path: Path) -> None:
        """A file of another kind is refused with those that are read."""
        (tmp_path / "table.docx").write_bytes(b"PK")
        with pytest.raises(EvidenceError, match=r"table\.docx is no evidence table .*\.toml, \.csv.*\.xlsx"):
            read(tmp_path / "table.docx")

    def test_python_meets_the_same_domains(self) -> None:
        """Built in Python, an outcome refuses what a file may not say either."""
        with pytest.raises(ParameterError, match=r"events \(5\) must not exceed of \(4\)"):
            ReportedOutcome(name="x", events=5, of=4)
        with pytest.raises(ParameterError, match="key is empty"):
            Study(key=" ")

    def test_a_broken_table_costs_neither_numpy_nor_scipy(self, tmp_path: Path) -> None:
        """Reading, refusing and auditing counts import neither numpy nor scipy."""
        (tmp_path / "broken.toml").write_text(OUTCOME + "evnts = 3\n")
        (tmp_path / "counts.toml").write_text(OUTCOME + "events = 3\n")
        script = (
            "import sys\n"
            "from trialplan.errors import EvidenceError\n"
            "from trialplan.evidence import audit, read\n"
            "try:\n    read('broken.toml')\nexcept EvidenceError as error:\n    print(error)\n"
            "assert audit(read('counts.toml'))\n"
            "print([name for name in ('numpy', 'scipy') if name in sys.modules])\n"
        )
        run = subprocess.run(
            [sys.executable, "-c", script],
            cwd=tmp_path,
            env={"PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            text=True,
            check=True,
        )
        assert run.stdout.splitlines()[-1] == "[]"
        assert "did you mean 'events'?" in run.stdout
