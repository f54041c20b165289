"""The same table as people and programs write it: read to the same evidence, or refused with the unclear cell."""

import math
import random
import re
from dataclasses import replace

import pytest
from scipy import stats

from tests.tools.workbooks import open_document, workbook
from trialplan.errors import EvidenceError
from trialplan.evidence import read, read_with_notes
from trialplan.page import as_markdown, as_text

TABLE = [
    {"study": "Smith 2001", "outcome": "response", "arm": "drug", "role": "treatment", "events": "8", "of": "20"},
    {"study": "Smith 2001", "outcome": "response", "arm": "placebo", "role": "control", "events": "3", "of": "20"},
    {"study": "Müller, 2003", "outcome": "response", "arm": "", "role": "", "events": "NR", "of": "1200"},
    {"study": "Müller, 2003", "outcome": "weight", "baseline_mean": "71.25", "baseline_sd": "9.5",
     "followup_mean": "68", "followup_sd": "0.5", "n": "31", "reported": "71.25 to 68"},
    {"study": "Ng 2010", "outcome": "weight", "change_mean": "-3.5", "change_sd": "4.125", "n": "12"},
]  # fmt: skip
COLUMNS = list(dict.fromkeys(column for row in TABLE for column in row))
DECIMAL = {"baseline_mean", "baseline_sd", "followup_mean", "followup_sd", "change_mean", "change_sd"}
HEADERS = {
    "own": {},
    "capital": {column: column.replace("_", " ").title() for column in COLUMNS},
    "usual": {"study": "Author", "events": "r", "of": "Total", "n": "N", "change_mean": "change", "change_sd": "sd"},
    "dotted": {column: column.replace("_", ".").upper() for column in COLUMNS},
}
PARTS = {
    "form": ("csv", "csv", "csv", "xlsx", "ods"),
    "separator": (",", ";", "\t"),
    "mark": (".", ","),
    "encoding": ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"),
    "newline": ("\n", "\r\n", "\r"),
    "header": tuple(HEADERS),
    "extra": ("none", "sep", "comment", "trailing", "row names", "shifted", "NA", "left out"),
    "counts": ("two cells", "percent", "percent with decimals", "fraction", "count and percent"),
    "spread": ("sd", "error", "interval", "in brackets"),
    "minus": ("-", "\N{MINUS SIGN}", "\N{EN DASH}"),
    "order": (0, 1, 2),
}


def dialects(count=200, seed=17):
    """As many different ways to write the table; a decimal comma needs another separator or quotes."""
    rng = random.Random(seed)
    return [{part: rng.choice(choices) for part, choices in PARTS.items()} for _ in range(count)]


def counts(row, dialect):
    """A row's count as the dialect writes it: 8 and 20, 40% of 20, 8/20."""
    if not row.get("events", "").isdecimal() or dialect["counts"] == "two cells":
        return row
    events, of = row["events"], row["of"]
    if dialect["counts"] == "count and percent":
        return row | {"events": f"{events} ({100 * int(events) // int(of)} %)"}
    if dialect["counts"] == "fraction":
        return row | {"events": f"{events}/{of}", "of": ""}
    share = 100 * int(events) // int(of)
    return row | {"events": f"{share}%" if dialect["counts"] == "percent" else f"{share}{dialect['mark']}0 %"}


def spread(row, dialect):
    """A change with its SD as it is, in brackets, as the standard error, or as the interval of the mean."""
    if "change_sd" not in row or dialect["spread"] == "sd":
        return row
    mean, sd, n = (float(row[column]) for column in ("change_mean", "change_sd", "n"))
    error = sd / math.sqrt(n)
    kept = {column: cell for column, cell in row.items() if column != "change_sd"}
    if dialect["spread"] == "in brackets":
        del kept["change_mean"]
        return kept | {"change (SD)": f"{mean:g} ({sd:g})"}
    if dialect["spread"] == "error":
        return kept | {"change_se": repr(error)}
    low, high = stats.t.interval(0.95, n - 1, mean, error)
    return kept | {"change_lower": repr(float(low)), "change_upper": repr(float(high))}


def lines(dialect):
    """The header and rows of the table in a dialect."""
    rng, rows = random.Random(dialect["order"]), [spread(row, dialect) for row in TABLE]
    columns = [*COLUMNS, *(column for column in rows[-1] if column not in COLUMNS)]
    if dialect["spread"] != "sd":
        columns.remove("change_sd")
    if dialect["spread"] == "in brackets":
        columns.remove("change_mean")
    if dialect["order"]:
        rng.shuffle(columns)
        rows = [*rows[3:], *rows[:3]] if dialect["order"] == 2 else rows
    names = HEADERS[dialect["header"]]
    made = [[names.get(column, column) for column in columns]]
    for row in (counts(row, dialect) for row in rows):
        cells = []
        for column in columns:
            cell = row.get(column, "")
            if column in DECIMAL or column not in COLUMNS:
                cell = cell.replace(".", dialect["mark"]).replace("-", dialect["minus"])
            cells.append("NA" if not cell and dialect["extra"] == "NA" else cell)
        made.append(cells)
    extra = dialect["extra"]
    if extra == "left out":
        made = [[*line, "_weight" if at == 0 else "12.1 %"] for at, line in enumerate(made)]
    if extra == "trailing":
        made = [[*line, "", ""] for line in made]
    if extra in ("row names", "shifted"):
        head = [["", *made[0]]] if extra == "row names" or dialect["form"] != "csv" else [made[0]]
        made = head + [[str(at), *line] for at, line in enumerate(made[1:], 1)]
    return made


def written(dialect):
    """The table's bytes in a dialect."""
    separator, made, extra = dialect["separator"], lines(dialect), dialect["extra"]
    if dialect["form"] != "csv":
        return {"xlsx": workbook, "ods": open_document}[dialect["form"]]([["# exported"]] * (extra == "comment") + made)
    text = [separator.join(f'"{cell}"' if separator in cell else cell for cell in line) for line in made]
    text = [f"sep={separator}"] * (extra == "sep") + ["# exported"] * (extra == "comment") + text
    whole = dialect["newline"].join(text) + dialect["newline"]
    if dialect["encoding"] == "cp1252":  # which has no minus sign but a dash
        whole = whole.replace("\N{MINUS SIGN}", "\N{EN DASH}")
    return whole.encode(dialect["encoding"])


def contents(table):
    """What a table says, whatever the order of its rows; a count that was printed as a percentage says so."""
    studies = {study.key: {repr(_plain(row)) for row in study.outcomes} for study in table.studies}
    return {key: studies[key] for key in sorted(studies)}


def _plain(row):
    """Without what is printed of a count, and with an SD as exact as its standard error lets it be."""
    if row.change is None:
        return replace(row, reported=None) if row.counts else row
    return replace(row, change_sd=round(row.change_sd, 9), note=None)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The table as the program itself would have it."""
    path = tmp_path_factory.mktemp("plain") / "t.csv"
    path.write_bytes(written({name: choices[0] for name, choices in PARTS.items()}))
    return contents(read(path))


@pytest.fixture
def table(tmp_path):
    """Reads a table from the text of a CSV."""

    def made(text, name="t.csv"):
        (tmp_path / name).write_text(text)
        return read(tmp_path / name)

    return made


def check(dialect, plain, folder):
    """The same evidence; where the comma separates, a decimal comma is one refusal that names the cell."""
    path = folder / f"t.{dialect['form']}"
    path.write_bytes(written(dialect))
    if dialect["form"] == "csv" and dialect["separator"] == "," and dialect["mark"] == ",":
        with pytest.raises(EvidenceError, match=r"line \d+, study .*baseline_mean '71,25' has a comma; write 71\.25"):
            read(path)
    else:
        assert contents(read(path)) == plain, dialect


def test_two_hundred_dialects(plain, tmp_path):
    """Whoever wrote the table, with whatever program."""
    pytest.importorskip("python_calamine", reason="python-calamine is not installed")
    for dialect in dialects():
        check(dialect, plain, tmp_path)


@pytest.mark.sweep
@pytest.mark.parametrize("seed", range(10))
def test_two_thousand_more(seed, plain, tmp_path):
    """As many again with each of ten other seeds."""
    pytest.importorskip("python_calamine", reason="python-calamine is not installed")
    for dialect in dialects(seed=seed):
        check(dialect, plain, tmp_path)


class TestEncodings:
    def test_western_letters_are_told(self, tmp_path):
        """Windows-1252 is taken where a file is no UTF-8, and the word that shows whether that is right is named."""
        (tmp_path / "t.csv").write_bytes("study,outcome,events,of\nSmith,x,1,9\nMüller,x,1,9\n".encode("cp1252"))
        found, _, notes = read_with_notes(tmp_path / "t.csv")
        assert found.studies[1].key == "Müller"
        assert "letters as of Windows-1252 (Müller on line 3)" in notes[0]

    def test_a_damaged_file_is_refused(self, tmp_path):
        """Letters of UTF-8 beside bytes that are none are no other encoding."""
        (tmp_path / "t.csv").write_bytes(b"study,outcome,events,of\nM\xc3\xbcller,x,1,9\nSm\xffith,x,1,9\n")
        with pytest.raises(EvidenceError, match=r"is not UTF-8 text \(byte 40\); save it as UTF-8"):
            read(tmp_path / "t.csv")


class TestQuotes:
    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ('a,x,1,9,ok\nb,x,2,9,"open\nc,x,2,9,\n', "line 3: the quote that opens at '\"open' does not close"),
            ('a,x,1,9,ok\nb,x,2,9,"open\nc,x,2,9,"no"\n', "line 3: the quote that opens at '\"open' does not close"),
            ('a,x,1,9,"two\nlines"\nb,x,2,9,"30" mg\n', "line 4: the quote that opens at '\"30\" mg' does not close"),
            ('a,x,1,9,"two\nlines"\nb,x,12,9,\n', "line 4, study 'b', outcome 'x': events (12) must not exceed"),
        ],
    )
    def test_the_line_is_that_of_the_opening_quote(self, table, text, sentence):
        """Where the quote opens, not where the file ends; and a row is on the line where it begins."""
        with pytest.raises(EvidenceError) as refused:
            table(f"study,outcome,events,of,note\n{text}")
        assert sentence in str(refused.value)


class TestNumbers:
    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ('study,outcome,events,of\na,b,3,"12,000"\n', "of '12,000' may be 12000 or 12; write 12000 or 12"),
            ("study;outcome;events;of\na;b;3;12.000\n", "of '12.000' may be 12000 or 12; write 12000 or 12"),
            ("study,outcome,events,of\na,b,3,12.000\n", "of '12.000' may be 12000 or 12; write 12000 or 12"),
            ("study,outcome,events,of\na,b,3,12 000\n", "'12 000' holds a separator of thousands; write 12000"),
            ('study,outcome,events,of\na,b,3,"1,234,567"\n', "holds a separator of thousands; write 1234567"),
            ("study;outcome;change_mean\na;b;1.234,5\n", "holds a separator of thousands; write 1234.5"),
            ("study;outcome;change_mean\na;b;1.234\n", "'1.234' may be 1234 or 1.234"),
            ("study;outcome;change_mean\na;b;1,234\n", "'1,234' may be 1234 or 1.234"),
            ("study;outcome;change_mean\na;b;3,1\na;c;3.1\n", "in a file with decimal points and decimal commas"),
            ("study;outcome;change_mean\na;b;3,1\na;c;1.234\n", "'1.234' has a point in a file of decimal commas"),
        ],
    )
    def test_thousands_are_never_guessed(self, table, text, sentence):
        """What may be a thousand is refused in the words that settle it."""
        with pytest.raises(EvidenceError) as refused:
            table(text)
        assert sentence in str(refused.value)

    @pytest.mark.parametrize(
        ("cell", "value"), [("3,1", 3.1), ("−3,1", -3.1), ("0,125", 0.125), ("3", 3.0), ("NR", "NR"), ("nd", "ND")]
    )
    def test_a_decimal_comma_is_read_where_it_does_not_separate(self, table, cell, value):
        """A file of semicolons has decimal commas, and the way out of a refusal is read as it says."""
        assert table(f"study;outcome;change_mean\na;b;{cell}\na;c;2,5\n").studies[0].outcomes[0].change_mean == value

    def test_raised_points_and_whole_decimals(self, table):
        """A journal's 3·1 is 3.1, and a program's 12.0 people are 12."""
        outcome = table("study,outcome,change_mean,change_sd,n\na,b,3·1,1.5,12.0\n").studies[0].outcomes[0]
        assert (outcome.change_mean, outcome.n) == (3.1, 12)


class TestHeaders:
    def test_what_was_understood_is_told(self, tmp_path):
        """The number of studies, and each name that was read as another."""
        (tmp_path / "t.csv").write_text("# from a review\nTrial;Outcome;Events;Total\na;x;3;9\nb;x;4;9\n")
        assert read_with_notes(tmp_path / "t.csv")[2] == (
            "Read 2 studies with 2 outcomes, separated by semicolons, 1 comment line left out, "
            "`Trial` as `study`, `Total` as `of`.",
        )

    @pytest.mark.parametrize("name", ["n", "N"])
    def test_n_beside_events_is_their_denominator(self, table, name):
        """N of a table of counts is `of`; beside means it stays the n of the means."""
        assert table(f"study,outcome,events,{name}\na,x,3,9\n").studies[0].outcomes[0].counts == (3, 9)
        both = table(f"study,outcome,events,{name},change_mean,change_sd\na,x,3,9,,\na,y,,8,1,2\n").studies[0].outcomes
        assert (both[0].counts, both[1].change) == ((3, 9), (1, 2, 8))

    @pytest.mark.parametrize(
        ("header", "sentence"),
        [
            ("study,outcome,mean,sd,n", "the column 'mean' does not say of what; call it change_mean"),
            ("study,outcome,of,total,n", "'of' and 'total' are both of; keep one"),
            ("study,outcome,,of,n", "column 3 has no name"),
            ("study,outcome,foo,of,n", "unknown column 'foo'; "),
            ("study,outcome,evnts,fo,n", "unknown column 'evnts'; did you mean 'events'? | "),
        ],
    )
    def test_unclear_headers_are_asked_about(self, table, header, sentence):
        """What may mean two columns, or none, is refused."""
        with pytest.raises(EvidenceError) as refused:
            table(f"{header}\na,b,3,9,9\n")
        assert sentence in str(refused.value)


class TestLineBreaks:
    def test_a_cell_of_several_lines_is_one_row_of_a_page(self, table):
        """In text and in Markdown; the table itself keeps what was written."""
        found = table('study,outcome,events,of,reported\n"Smith\n2001",x,1,9,"one\r\nof nine"\n')
        assert found.studies[0].key == "Smith\n2001"
        shown = as_markdown(found.page())
        assert "| Smith 2001 | x |" in shown
        assert all(line.endswith("|") for line in shown.splitlines() if line.startswith("|"))
        assert "Smith 2001  x" in as_text(found.page())


class TestErrors:
    def test_all_at_once_in_the_order_of_the_file(self, table):
        """Each wrong cell is named once, by line, whoever notices it."""
        text = "study,outcome,events,of\na,x,one,9\nb,x,3,12.000\nc,,1,9\nd,x,9,3\ne,x,1,9\nf,x,1,9,9\n"
        with pytest.raises(EvidenceError) as refused:
            table(text)
        message = str(refused.value)
        assert message.count("t.csv") == 1
        lines = [re.search(r"line (\d+)", part)[1] for part in message.split(" | ")]
        assert lines == ["2", "3", "4", "5", "7"]
        assert "\n" not in message

    def test_a_column_of_another_kind_is_not_told_a_hundred_times(self, table):
        """After twenty sentences the rest are counted."""
        with pytest.raises(EvidenceError, match=r"and 80 more$"):
            table("study,outcome,events\n" + "".join(f"s{i},x,one\n" for i in range(100)))


class TestPercentages:
    @pytest.mark.parametrize("printed", ["30%", "30 %", "30,0 %", "30·0 %", "30\u202f%", "30 per cent"])
    def test_a_percentage_that_is_a_count_is_one(self, tmp_path, printed):
        """30 % of 10 is 3 events, and that is told; in either column, in TOML too."""
        for column in ("events", "reported"):
            (tmp_path / "t.csv").write_text(f'study,outcome,of,{column}\na,x,10,"{printed}"\n', encoding="utf-8")
            found, _, notes = read_with_notes(tmp_path / "t.csv")
            outcome = found.studies[0].outcomes[0]
            assert (outcome.counts, outcome.reported) == ((3, 10), printed)
            assert f"{printed} of 10 as 3 events (a, x)" in notes[0]
        rows = f'[[study]]\nkey = "a"\n[[study.outcome]]\nname = "x"\nof = 10\nreported = "{printed}"\n'
        (tmp_path / "t.toml").write_text('[table]\ntitle = "t"\n' + rows, encoding="utf-8")
        assert read(tmp_path / "t.toml").studies[0].outcomes[0].counts == (3, 10)

    def test_one_that_is_not_stays_a_percentage(self, table):
        """33 % of 10 is nobody's count, and 29.6 % of 27 only rounds to one."""
        assert table("study,outcome,of,reported\na,x,10,33%\n").studies[0].outcomes[0].events is None
        assert table("study,outcome,of,reported\na,x,27,29.6%\n").studies[0].outcomes[0].events is None
        with pytest.raises(EvidenceError, match="write the count here and the printed rate in reported"):
            table("study,outcome,of,events\na,x,10,33%\n")


class TestWorkbooks:
    @pytest.fixture(autouse=True)
    def _reader(self):
        pytest.importorskip("python_calamine", reason="python-calamine is not installed")

    def test_a_workbook_is_the_csv_of_it(self, plain, tmp_path):
        """Numbers in an Excel sheet are those of the CSV."""
        rows = [COLUMNS]
        for row in TABLE:
            cells = [row.get(column, "") for column in COLUMNS]
            numeric = [column in DECIMAL | {"events", "of", "n"} for column in COLUMNS]
            rows.append(
                [float(cell) if is_number and cell not in ("", "NR") else cell
                 for cell, is_number in zip(cells, numeric, strict=True)]
            )  # fmt: skip
        (tmp_path / "t.xlsx").write_bytes(workbook(rows))
        assert contents(read(tmp_path / "t.xlsx")) == plain

    def test_what_is_no_workbook_is_one_sentence(self, tmp_path):
        """A broken file is refused with what to do."""
        (tmp_path / "t.ods").write_bytes(b"PK")
        with pytest.raises(EvidenceError, match=r"t\.ods is not a workbook that can be read: .*save it again"):
            read(tmp_path / "t.ods")


@pytest.mark.parametrize(("cell", "why"), [("A" * 30_000, "a text may have"), ("A\x01", "character 2 is U+0001")])
def test_a_text_that_no_document_shows_is_told_by_its_line(tmp_path, cell, why):
    """And by its column, as somebody looks for it in a spreadsheet program."""
    path = tmp_path / "table.csv"
    path.write_text(f"study,outcome,events,of\nA,x,8,20\n{cell},x,8,20\n", encoding="utf-8")
    with pytest.raises(EvidenceError, match=rf"table\.csv, line 3, study: {re.escape(why)}"):
        read_with_notes(path)
