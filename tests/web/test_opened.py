"""What somebody opens: however it was packed and named it is read, or refused in a sentence, and it stays inert."""

import csv
import html
import io
import re
import zipfile

import pytest

from trialplan import files
from trialplan.cli import main
from trialplan.errors import FileError
from trialplan.web import tasks
from trialplan.web.shelf import KEY

SCRIPT = "<script>alert(1)</script>"
TABLE = "study,outcome,events,of\nalpha 2019,remission,3,7\n"
BOM = b"\xef\xbb\xbf"


def packed(**contents):
    """An archive of files, whose folders are written with two underscores and whose point with one before the end."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            folders, _, suffix = name.rpartition("_")
            archive.writestr(f"{folders.replace('__', '/')}.{suffix}", content)
    return made.getvalue()


@pytest.fixture(scope="module")
def starter():
    """The starter's plan, which reads a table of its own."""
    text = (files.shipped("examples") / "starter" / "plan.toml").read_text(encoding="utf-8")
    whole = text.replace('table = "msc-lupus-nephritis"', 'table = "tables/evidence.toml"')
    assert whole != text
    return whole.encode()


@pytest.fixture(scope="module")
def table():
    """The table that it reads."""
    return (files.shipped("examples") / "msc-lupus-nephritis" / "evidence.toml").read_bytes()


def opened(pages, *contents):
    """The kind of what was opened, and its key."""
    return tasks.take_in(pages.shelf, contents)


def refused(pages, *contents):
    """The sentence that says why it is not opened."""
    with pytest.raises(FileError) as why:
        opened(pages, *contents)
    assert "\n" not in str(why.value)
    assert not re.search(KEY, str(why.value))
    return str(why.value)


def same_number(pages, kind, key):
    assert kind == "plan"
    assert pages.number(f"plan={key}") == pages.number("plan=starter")


class TestPacked:
    def test_folders(self, starter, table, pages):
        """A plan that lies in a folder, and names its table by one, finds it."""
        packet = packed(mine__plan_toml=starter, mine__tables__evidence_toml=table)
        same_number(pages, *opened(pages, ("mine.zip", packet)))

    def test_several_archives(self, starter, table, pages):
        """Two archives at once are what they hold together."""
        both = ("a.zip", packed(plan_toml=starter)), ("b.zip", packed(evidence_toml=table))
        same_number(pages, *opened(pages, *both))

    def test_several_archives_are_counted_together(self, pages):
        """What each may hold, all of them together may not."""
        half = packed(a_csv=b"0" * (tasks.MOST_BYTES * 2 // 3))
        other = packed(b_csv=b"0" * (tasks.MOST_BYTES * 2 // 3))
        assert "are taken" not in refused(pages, ("a.zip", half))  # what it holds is no table
        assert "are taken" in refused(pages, ("a.zip", half), ("b.zip", other))
        few = [(f"{i}.zip", packed(**{f"t{i}{j}_csv": TABLE for j in range(11)})) for i in range(2)]
        assert "22 files" in refused(pages, *few) or "21 files" in refused(pages, *few)

    def test_litter(self, starter, table, pages):
        """What an operating system adds to an archive is left there."""
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            archive.writestr("plan.toml", starter)
            archive.writestr("evidence.toml", table)
            archive.writestr("__MACOSX/._plan.toml", b"\0")
            archive.writestr("folder/.DS_Store", b"\0")
        same_number(pages, *opened(pages, ("mine.zip", made.getvalue())))

    def test_locked(self, pages):
        """An archive that is damaged or locked is refused."""
        whole = packed(evidence_csv=TABLE * 50)
        damaged = whole[:60] + bytes(20) + whole[80:]
        assert "damaged or locked" in refused(pages, ("a.zip", damaged))
        assert "save it again" in refused(pages, ("a.zip", whole[:-30]))

    @pytest.mark.parametrize("name", ["a.zip", "a.xlsx", "a.ods"])
    def test_a_bomb(self, name, pages):
        """What unpacks to far more than it is, be it an archive or a workbook, is refused before it is unpacked."""
        bomb = packed(xl__worksheets__sheet1_xml=b"0" * (tasks.MOST_BYTES * 11))
        assert len(bomb) < tasks.MOST_BYTES / 10
        assert "unpacks to 55,000,000 bytes" in refused(pages, (name, bomb))


class TestNames:
    def test_same_names(self, pages):
        """Two files of one name, from two folders, are told apart by nobody."""
        assert "two of the files are called t.csv" in refused(pages, ("a.zip", packed(a__t_csv=TABLE, b__t_csv=TABLE)))
        assert "two of the files are called t.csv" in refused(pages, ("t.csv", b"1"), ("T/t.csv", b"2"))

    @pytest.mark.parametrize("name", ["../../x.csv", "..\\..\\x.csv", "/etc/x.csv", "C:\\x.csv"])
    def test_nowhere_else(self, name, pages, tmp_path):
        """A name that points elsewhere is the name at its end."""
        _, key = opened(pages, (name, TABLE.encode()))
        assert [one.name for one in pages.shelf.folder_of(key).iterdir()] == ["x.csv"]
        assert [one.name for one in tmp_path.iterdir()] == [key]

    @pytest.mark.parametrize("name", ["", "..", ".hidden.csv", "a\0b.csv", "x" * 300 + ".csv", "a\nb.csv", "/"])
    def test_no_name(self, name, pages):
        """What no file can be called is refused."""
        assert "rename it" in refused(pages, (name, TABLE.encode()))

    def test_two_plans(self, starter, pages):
        """Of two plans nobody knows which is meant."""
        assert "2 of the files are plans" in refused(pages, ("a.toml", starter), ("b.toml", starter))

    def test_no_key_in_a_sentence(self, starter, pages):
        """What is wrong is told without the key under which the plan is kept, and without a folder of this machine."""
        _, key = opened(pages, ("plan.toml", starter))  # its table is not among the files
        for name in ("design", "evidence", "bridge"):
            shown = " ".join(pages.wrong(f"plan={key}", name, live=False))
            assert shown, name
            assert key not in shown
            assert str(pages.shelf.folder) not in shown
        refusal = refused(pages, ("plan.toml", starter.replace(b"power = 0.8", b"power = 8")))
        assert str(pages.shelf.folder) not in refusal


class TestContent:
    def test_byte_order_mark(self, starter, table, pages):
        """A mark before the first letter, which editors of Windows write, changes nothing."""
        same_number(pages, *opened(pages, ("plan.toml", BOM + starter), ("evidence.toml", BOM + table)))
        _, key = opened(pages, ("t.csv", BOM + TABLE.encode()))
        assert pages.wrong(f"plan=starter&view.table={key}", "evidence", live=False) == []

    @pytest.mark.parametrize("content", [b"\0\1\2", b"\xff\xfe\0", b"", b"MZ\x90"])
    @pytest.mark.parametrize("name", ["t.csv", "t.toml", "t.xlsx", "t.xls", "t.exe"])
    def test_junk(self, name, content, pages):
        """What is neither plan nor table is refused at once, whatever it is called, and not kept."""
        sentence = refused(pages, (name, content))
        assert sentence
        assert str(pages.shelf.folder) not in sentence
        assert [*pages.shelf.folder.iterdir()] == []

    def test_each_error_of_a_table_by_itself(self, pages):
        """One table that can be read is shown beside one that cannot; of that all errors are a list."""
        wrong = b"study,outcome,events,of\na,x,5,3\nb,x,many,20\n"
        assert " | " in refused(pages, ("w.csv", wrong))
        kind, key = opened(pages, ("t.csv", TABLE.encode()), ("w.csv", wrong))
        shown = pages("evidence", f"plan=starter&view.table={key}")
        assert kind == "table"
        assert shown.index("t.csv") < shown.index('<ul class="wrong">') < shown.index("The shipped plan")
        assert " | " not in shown

    def test_markup(self, starter, table, pages):
        """Names with markup are shown as they are on every page, and in the file to mail."""
        hostile = table.replace(b'label = "', f'label = "{SCRIPT}'.encode())
        hostile = hostile.replace(b'title = "', f'title = "{SCRIPT}'.encode())
        assert hostile != table
        plan = starter.replace(b"a low control rate", SCRIPT.encode()).replace(b"response at", f"{SCRIPT} at".encode())
        kind, key = opened(pages, ("plan.toml", plan), ("evidence.toml", hostile))
        assert kind == "plan"
        seen = 0
        for name in ("evidence", "bridge", "design", "scenarios", "take-away", "side-by-side"):
            text = pages(name, f"plan={key}")
            assert "<script>alert" not in text, name
            seen += "&lt;script&gt;alert" in text
        assert seen > 2
        mailed = tasks.take_away(pages.shelf, "scenarios.html", f"plan={key}").decode()
        assert "<script" not in mailed

    def test_formulas(self, starter, pages, tmp_path, capsys):
        """A name that a spreadsheet would compute is no key of a plan, and a text in whatever is written of a table."""
        plan = starter.replace(b"[[scenarios.controls]]\n", b'[[scenarios.controls]]\nkey = "=1+1"\n', 1)
        assert "key must be small letters" in refused(pages, ("plan.toml", plan))
        _, key = opened(pages, ("t.csv", TABLE.replace("remission", "=HYPERLINK(1)").encode()))
        shown = pages("evidence", f"plan=starter&view.table={key}")
        copied = html.unescape(re.findall(r"<code>(.*?)</code>", shown, re.S)[-1])
        (tmp_path / "copied.toml").write_text(copied)
        assert main(["evidence", str(tmp_path / "copied.toml"), "-o", str(tmp_path / "written.csv")]) == 0
        cells = [cell for row in csv.reader((tmp_path / "written.csv").read_text().splitlines()) for cell in row]
        assert "'=HYPERLINK(1)" in cells
        assert not [cell for cell in cells if cell.startswith("=")]

    @pytest.mark.parametrize(
        "query",
        [
            "view.x-values=0.1:0.9:1e-9&view.y=none",
            "view.x-values=0.1:0.9:0.00001&view.y-values=0.1:0.9:0.00001",
            "view.x=n&view.x-values=10:1000000000:1&view.y=none",
        ],
    )
    def test_too_many_cells(self, query, starter, table, pages):
        """A thousand million cells are refused before any is made."""
        _, key = opened(pages, ("plan.toml", starter), ("evidence.toml", table))
        told = pages.wrong(f"plan={key}&{query}", "scenarios", live=False)
        assert "scenarios are asked for" in told[0] or "values" in told[0]

    def test_a_plan_of_many_cells(self, starter, table, pages):
        """So they are where the plan itself lists them."""
        many = ",".join(f"{i / 30000:.6f}" for i in range(30000))
        plan = starter.replace(b"discounts = [0.0, 0.25, 0.5, 0.75]", f"discounts = [{many}]".encode())
        assert plan != starter
        _, key = opened(pages, ("plan.toml", plan), ("evidence.toml", table))
        query = f"plan={key}&view.x=discount&view.y=control&view.y-values=0.1:0.3:0.00001"
        assert "scenarios are asked for" in pages.wrong(query, "scenarios", live=False)[0]
