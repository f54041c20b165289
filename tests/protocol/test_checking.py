"""A finished protocol is held against the plan in it: what agrees, what is named, and what cannot be checked."""

import hashlib
import io
import os
import random
import re
import shutil
import signal
import subprocess
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

import trialplan
from trialplan.errors import FileError
from trialplan.files import examples, shipped
from trialplan.plan import read
from trialplan.protocol import write
from trialplan.protocol.checking import check as checking
from trialplan.protocol.checking.check import check, examine
from trialplan.protocol.checking.compare import compare
from trialplan.protocol.checking.embedded import embedded, texts_of
from trialplan.protocol.checking.extraction import blocks
from trialplan.protocol.checking.extraction.attached import is_held

SUFFIXES = (".md", ".html", ".docx")
EDITS = 20
SLOW_READER = """
import html.parser, os, pathlib, time

def feed(self, text):
    pathlib.Path(__file__).with_name(f"{os.getpid()}.reads").touch()
    time.sleep(3600)

html.parser.HTMLParser.feed = feed
"""
"""What Python runs when it starts, so that reading HTML takes an hour: how fast it is otherwise is Python's affair."""

SHIPPED = sorted(examples("plan.toml"))
FAST = {("starter", ".md")}
DOCUMENTS = [
    pytest.param(name, suffix, marks=() if (name, suffix) in FAST else pytest.mark.sweep)
    for name in SHIPPED
    for suffix in SUFFIXES
]
SLOWER = {"starter": ()}
"""The shipped plan whose PDF is read where little time is to be taken."""

WORD = "word/document.xml"
MAIN = {".docx": WORD, ".odt": "content.xml"}
"""The part of an archive in which an edit is made."""

R = "<m:r><m:t>{}</m:t></m:r>"
D = '<m:d><m:dPr><m:begChr m:val="("/><m:endChr m:val=")"/></m:dPr><m:e>{}</m:e></m:d>'
F = '<m:f><m:fPr><m:type m:val="{}"/></m:fPr><m:num>{}</m:num><m:den>{}</m:den></m:f>'


def examined(path, templates=None):
    """A document checked in this process, which keeps what it has computed for the next one."""
    return examine(path.read_bytes(), path.suffix, templates)


@pytest.fixture
def markdown(protocols):
    """Checks the starter's protocol as Markdown after a change of its text."""

    def changed(*changes):
        text = protocols("starter")[".md"].read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new, 1)
        return examine(text.encode(), ".md")

    return changed


@pytest.fixture
def slow_reader(start, tmp_path):
    """Starts `trialplan check` on a file that takes an hour to read; gives it, and who reads, once somebody does."""
    document = tmp_path / "slow.html"
    document.write_text("<p>slow</p>", encoding="utf-8")
    (tmp_path / "sitecustomize.py").write_text(SLOW_READER, encoding="utf-8")
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])

    def started(patience):
        process = start("check", document, "--patience", patience, env=os.environ | {"PYTHONPATH": path})
        return process, lambda: next((int(found.stem) for found in tmp_path.glob("*.reads")), None)

    return started


# ---------------------------------------------------------------- edits of files, which share no code with the reader


def opened(path):
    """The text of a document in which an edit is made: its own, or the main part of a Word file."""
    if path.suffix in MAIN:
        with zipfile.ZipFile(path) as file:
            return file.read(MAIN[path.suffix]).decode()
    return path.read_text(encoding="utf-8")


def saved(path, text, source):
    """Write the text where `opened` found it in `source`."""
    if path.suffix not in MAIN:
        path.write_text(text, encoding="utf-8")
        return path
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry, text.encode() if entry.filename == MAIN[path.suffix] else old.read(entry))
    return path


STRETCHES = {
    ".md": re.compile(r"^(?!```).*$", re.MULTILINE),
    ".html": re.compile(r"(?<=>)[^<>]+(?=<)"),
    ".docx": re.compile(r"(?<=>)[^<>]+(?=</w:t>)"),
    ".odt": re.compile(r"(?<=>)[^<>]+(?=<)"),
}
UNCOMPUTED = {
    ".md": re.compile(r"^(`{3,})\w*\n.*?^\1$", re.MULTILINE | re.DOTALL),
    ".html": re.compile(
        r"<head.*?</head>|<(nav|pre|style|script|svg|math|h[1-6])\b.*?</\1>|<span\s+class=\"header-section-number\">.*?</span>|&#?\w+;",
        re.DOTALL,
    ),
    ".docx": re.compile(
        r"<w:sdt>.*?</w:sdt>|<w:p>(?:(?!</w:p>).)*?w:val=\"(?:SourceCode|Heading\d)\".*?</w:p>|&#?\w+;", re.DOTALL
    ),
    ".odt": re.compile(
        r"^.*?<office:text|<text:table-of-content.*?</text:table-of-content>|<text:h\b.*?</text:h>|&#?\w+;", re.DOTALL
    ),
}
"""What is not computed: the embedded files, and the headings, which are the sponsor's to word, with their table."""

SIGNED = re.compile(r"[0-9a-f]{64}|trialplan\s+\d")
"""The lines that say what made the document: there an edit has its own tests."""


def figures(text, suffix):
    """The places of all figures that a reader sees as the plan's statements."""
    hidden = [match.span() for match in UNCOMPUTED[suffix].finditer(text)]
    for stretch in STRETCHES[suffix].finditer(text):
        if SIGNED.search(stretch[0]):
            continue
        for place in re.finditer(r"\d", stretch[0]):
            at = stretch.start() + place.start()
            if not any(low <= at < high for low, high in hidden):
                yield at


def number_at(text, at):
    """The number that a figure is part of."""
    return next(match[0] for match in re.finditer(r"\d+(?:[.,]\d+)*", text) if match.start() <= at < match.end())


@dataclass(frozen=True)
class Edit:
    path: Path
    before: str
    after: str


def edited(source, folder, rng):
    """The document with one figure, anywhere, replaced by another."""
    text = opened(source)
    at = rng.choice(list(figures(text, source.suffix)))
    other = rng.choice([figure for figure in "0123456789" if figure != text[at]])
    changed = f"{text[:at]}{other}{text[at + 1 :]}"
    path = saved(folder / f"edited{source.suffix}", changed, source)
    start = max(0, at - 40)
    return Edit(path, number_at(text[start:], at - start), number_at(changed[start:], at - start))


class TestAgrees:
    @pytest.mark.parametrize(
        ("name", "suffix"),
        [*DOCUMENTS, *(pytest.param(name, ".pdf", marks=SLOWER.get(name, pytest.mark.sweep)) for name in SHIPPED)],
    )
    def test_a_document_as_it_was_written(self, protocols, name, suffix):
        """Every shipped plan's protocol agrees with itself in every format, number by number."""
        found = check(protocols(name)[suffix])
        assert found.wrong == ()
        assert found.ok
        assert found.plan == name
        assert found.version == trialplan.__version__
        assert found.comparison.added == found.comparison.left_out == found.comparison.absent == ()
        assert found.comparison.numbers > 300

    def test_every_format_states_the_same_numbers(self, protocols):
        """What is read from the Word and the HTML file are the same cells and paragraphs."""
        said = {}
        for suffix in (".html", ".docx"):
            found = blocks(protocols("starter")[suffix].read_bytes(), suffix)
            said[suffix] = {one.cells for one in found if one.kind == "row"}
        assert said[".html"] == said[".docx"]
        assert len(said[".html"]) > 50

    @pytest.mark.sweep
    @pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
    @pytest.mark.parametrize("name", SHIPPED)
    def test_a_word_file_saved_by_another_program(self, protocols, tmp_path, name):
        """A Word file that LibreOffice has saved still agrees, and one edit in it is still found."""
        call = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "docx"]
        source = protocols(name)[".docx"]
        subprocess.run([*call, "--outdir", tmp_path, source], check=True, capture_output=True, timeout=180)
        resaved = tmp_path / source.name
        assert opened(resaved) != opened(source)
        wrong = examined(resaved).wrong
        if "<m:oMath>" in opened(resaved) or "<m:oMath>" not in opened(source):
            assert wrong == ()
        else:  # LibreOffice without its Math module drops every equation, and a document without them is told so
            assert {one.printed for one in wrong} == {"–"}
            assert all(one.quantity.endswith("an equation with the numbers") for one in wrong)
        edit = edited(resaved, tmp_path, random.Random(7))
        assert [one for one in examined(edit.path).wrong if edit.after in one.printed and edit.before in one.recomputed]

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("<m:r><m:t>(1−p)</m:t></m:r>", D.format(R.format("1") + R.format("-") + R.format("p"))),
            (R.format("α") + R.format("/") + R.format("s"), F.format("lin", R.format("α"), R.format("s"))),
            (R.format("2wp"), R.format("2") + R.format(" w ") + R.format("p")),
            (R.format("0.25"), R.format("0.") + R.format("25")),
        ],
    )
    def test_equations_cut_otherwise(self, one, other):
        """Brackets, lines of a fraction, spaces and runs are each program's own way to write the same symbols."""
        word = "<w:p><m:oMath>{}</m:oMath></w:p>"
        ours, theirs = (blocks(archive(document=IN_WORD.format(word.format(x))), ".docx") for x in (one, other))
        assert ours == theirs != []

    @pytest.mark.parametrize("end", ["\r\n", "\r"])
    def test_lines_that_end_otherwise(self, protocols, end):
        """Markdown with the line ends of another system is the same document."""
        text = protocols("starter")[".md"].read_text(encoding="utf-8")
        assert examine(text.replace("\n", end).encode(), ".md").ok

    def test_a_text_retyped_by_a_word_processor(self, markdown):
        """Other dashes, quotation marks, spaces and line breaks are the same statement."""
        found = markdown(
            ("Randomise 228 participants (", "Randomise 228\u00a0participants\n("),
            ("SPIRIT 2025: 1–3", "SPIRIT 2025: 1\u20143"),
        )
        assert found.ok


class TestNames:
    @pytest.mark.parametrize(("name", "suffix"), DOCUMENTS)
    def test_each_of_twenty_edits(self, protocols, tmp_path, name, suffix):
        """One figure changed anywhere is named with what is printed and what the plan gives."""
        rng = random.Random(20261124)
        for _ in range(EDITS):
            edit = edited(protocols(name)[suffix], tmp_path, rng)
            wrong = examined(edit.path).wrong
            assert [one for one in wrong if edit.after in one.printed and edit.before in one.recomputed], edit
            assert len(wrong) == 1, edit

    @pytest.mark.parametrize(
        ("old", "new", "printed", "recomputed"),
        [
            ("events = 16\n", "events = 61\n", "61", "16"),
            ("events = 16\n", "", "–", "events = 16"),
            ("events = 16\n", "events = 16\nevents = 17\n", "events = 17", "–"),
        ],
    )
    def test_a_table_that_was_changed(self, markdown, old, new, printed, recomputed):
        """A shipped table is no excuse for the text of it that the document holds: the line that differs is named."""
        (wrong,) = markdown((old, new)).wrong
        assert (wrong.printed, wrong.recomputed) == (printed, recomputed)
        assert "The evidence table msc-lupus-nephritis" in wrong.quantity

    @pytest.mark.parametrize(
        ("name", "suffix", "old", "new"),
        [
            ("starter", ".html", "<mo>+</mo>", "<mo>−</mo>"),
            ("starter", ".docx", "<m:t>+</m:t>", "<m:t>−</m:t>"),
            ("starter", ".html", "<mi>α</mi>", "<mi>β</mi>"),
            ("starter", ".docx", "<m:t>α</m:t>", "<m:t>β</m:t>"),
        ],
    )
    def test_a_symbol_of_an_equation(self, protocols, tmp_path, name, suffix, old, new):
        """An operator or a letter of an equation that was changed is named, and no other statement."""
        source = protocols(name)[suffix]
        text = opened(source)
        assert old in text
        changed = saved(tmp_path / f"changed{suffix}", text.replace(old, new, 1), source)
        (wrong,) = examined(changed).wrong
        shown = [re.sub(r"<.*?>", "", one).replace("−", "-") for one in (new, old)]
        assert [wrong.printed, wrong.recomputed] == shown
        assert "an equation with the numbers" in wrong.quantity

    @pytest.mark.parametrize(("old", "new"), [("msub", "msup"), ("mfrac", "mrow"), ("msqrt", "mrow")])
    def test_how_an_equation_hangs_together(self, old, new):
        """A subscript that becomes a power, a fraction or a root that becomes a product, is named."""
        html = (
            "<p><math><msub><mi>x</mi><mn>2</mn></msub><mo>=</mo>"
            "<mfrac><mn>1</mn><msqrt><mi>n</mi></msqrt></mfrac></math></p>"
        )
        ours, theirs = (blocks(one.encode(), ".html") for one in (html, html.replace(old, new)))
        assert [one for one in compare(ours, theirs).statements if not one.ok]

    def test_a_figure_among_equal_ones(self):
        """One of several equal figures, as they stand in an equation, is one difference."""
        html = "<p><math><mn>1</mn><mo>+</mo><mn>{}</mn><mo>+</mo><mn>1</mn></math></p>"
        ours, theirs = (blocks(html.format(number).encode(), ".html") for number in ("1", "31"))
        (wrong,) = [one for one in compare(ours, theirs).statements if not one.ok]
        assert (wrong.printed, wrong.recomputed) == ("31", "1")
        assert "an equation with the numbers" in wrong.quantity

    def test_where_a_cell_stands(self, markdown):
        """A cell is named by its headings, its table, its row and its column, with the whole number."""
        (wrong,) = markdown(
            ("| rate in the control arm (*p*~C~) | 20.0 % |", "| rate in the control arm (*p*~C~) | 21.0 % |")
        ).wrong
        assert "row “rate in the control arm (pC)”" in wrong.quantity
        assert "column “Value”" in wrong.quantity
        assert " › " in wrong.quantity
        assert (wrong.printed, wrong.recomputed) == ("21.0", "20.0")

    def test_words_of_a_computed_sentence(self, markdown):
        """A word that says something else is named like a number."""
        (wrong,) = markdown(("by a two-sided test", "by a one-sided test")).wrong
        assert (wrong.printed, wrong.recomputed) == ("one", "two")
        assert "sided test" in wrong.quantity

    def test_words_of_a_heading(self):
        """A heading that is the name of an endpoint is not the sponsor's to word; another one is."""
        ours, theirs = (
            blocks(f"## Proteinuria at 12 {unit}\n\nOf 5.\n\n## {own}\n\nOf 6.".encode(), ".md")
            for unit, own in (("months", "Sample size"), ("weeks", "Number of participants"))
        )
        (wrong,) = [one for one in compare(ours, theirs, named=["proteinuria at 12 months"]).statements if not one.ok]
        assert (wrong.printed, wrong.recomputed) == ("weeks", "months")
        assert all(one.ok for one in compare(ours, theirs).statements)

    @pytest.mark.sweep
    def test_the_name_of_an_endpoint(self, protocols):
        """The headings that are held to their words are the names of the plan's endpoints."""
        text = protocols("msc-lupus-nephritis")[".md"].read_text(encoding="utf-8")
        assert "\n## Proteinuria at 12 months\n" in text
        changed = text.replace("\n## Proteinuria at 12 months\n", "\n## Proteinuria at 12 weeks\n")
        (wrong,) = examine(changed.encode(), ".md").wrong
        assert (wrong.printed, wrong.recomputed) == ("weeks", "months")

    def test_a_sign(self, protocols, tmp_path):
        """A sign that is gone is a changed number."""
        path = saved(tmp_path / "a.md", "\n\n".join(["x −1.8 y", "z"]), None)
        ours = blocks(path.read_bytes(), ".md")
        theirs = blocks(b"x 1.8 y\n\nz", ".md")
        (wrong,) = [one for one in compare(ours, theirs).statements if not one.ok]
        assert (wrong.printed, wrong.recomputed) == ("1.8", "-1.8")

    def test_a_removed_paragraph(self, markdown, protocols):
        """A paragraph with a number that is not there any more is missing."""
        text = protocols("starter")[".md"].read_text(encoding="utf-8")
        paragraph = next(
            part for part in text.split("\n\n") if part.startswith("They give") or "participants are randomised" in part
        )
        found = markdown((paragraph, ""))
        assert [one.printed for one in found.wrong] == ["–"]

    def test_a_removed_row(self, markdown, protocols):
        """A row of a table that is not there any more is missing."""
        row = next(
            line
            for line in protocols("starter")[".md"].read_text().splitlines()
            if line.startswith("| Significance level")
        )
        (wrong,) = markdown((f"{row}\n", "")).wrong
        assert (wrong.printed, wrong.recomputed) == ("–", "Significance level | a two-sided test at the 0.05 level")

    def test_rows_that_change_places(self, markdown, protocols):
        """Two numbers that change places are both named."""
        lines = protocols("starter")[".md"].read_text().splitlines()
        first = next(line for line in lines if line.startswith("| Power asked for"))
        second = lines[lines.index(first) + 1]
        found = markdown((f"{first}\n{second}\n", f"{second}\n{first}\n"))
        assert not found.ok
        a, b = ([cell.strip() for cell in line.strip("| ").split(" | ")] for line in (first, second))
        swapped = markdown((first, f"| {a[0]} | {b[1]} |"), (second, f"| {b[0]} | {a[1]} |"))
        assert len({one.quantity for one in swapped.wrong}) == 2

    def test_a_row_more(self, markdown, protocols):
        """A row that the plan does not give, in a table that it gives, is named."""
        row = next(
            line
            for line in protocols("starter")[".md"].read_text().splitlines()
            if line.startswith("| Significance level")
        )
        (wrong,) = markdown((row, f"{row}\n| Power without losses | 0.95 |")).wrong
        assert (wrong.printed, wrong.recomputed) == ("Power without losses | 0.95", "–")

    def test_a_section_that_must_be_there(self, markdown, protocols):
        """A document without the section that states the number is not the plan's protocol."""
        text = protocols("starter")[".md"].read_text(encoding="utf-8")
        section = next(part for part in re.split(r"(?m)^(?=# )", text) if "participants are randomised:" in part)
        (wrong,) = markdown((section, "")).wrong
        assert wrong.quantity.startswith("section ")

    @pytest.mark.sweep
    def test_a_rule_that_must_be_there(self, protocols):
        """A document without the section that states the boundaries is not the protocol of a trial with looks."""
        text = protocols("msc-lupus-nephritis-monitored")[".md"].read_text(encoding="utf-8")
        section = next(part for part in re.split(r"(?m)^(?=#+ )", text) if part.startswith("## Interim analyses"))
        (wrong,) = examine(text.replace(section, "").encode(), ".md").wrong
        assert wrong.quantity == "section Statistical analysis › Interim analyses"


class TestSponsor:
    def test_added_text_is_counted(self, markdown):
        """Paragraphs, lists and tables of the sponsor's own are counted and not judged."""
        found = markdown(
            (
                "\n\n# Background",
                "\n\nInsured up to 5,000,000.\n\n| Site | Beds |\n|--|--|\n| A | 12 |\n\n# Background",
            )
        )
        assert found.ok
        assert len(found.comparison.added) == 2

    def test_added_text_in_the_words_of_the_plan(self, markdown, protocols):
        """A paragraph added in the very words of a computed one, with other numbers, is named."""
        text = protocols("starter")[".md"].read_text(encoding="utf-8")
        paragraph = next(part for part in text.split("\n\n") if "Randomise 228 participants" in part)
        found = markdown((paragraph, f"{paragraph}\n\n{paragraph.replace('228', '128')}"))
        (wrong,) = found.wrong
        assert "128" in wrong.printed
        assert "228" in wrong.recomputed
        assert markdown((paragraph, f"{paragraph}\n\n{paragraph}")).ok

    def test_a_section_left_out_is_named(self, markdown, protocols):
        """A whole section that is not there is said to be, and is no failure unless the number stands in it."""
        text = protocols("starter")[".md"].read_text(encoding="utf-8")
        section = next(part for part in re.split(r"(?m)^(?=# )", text) if part.startswith("# References"))
        found = markdown((section, ""))
        assert found.ok
        assert found.comparison.absent == ("References",)

    def test_another_version_is_told(self, protocols, tmp_path):
        """A document that another version wrote says so, and is compared all the same."""
        text = protocols("starter")[".md"].read_text(encoding="utf-8")
        ours = r"trialplan " + r"\\?\.".join(trialplan.__version__.split("."))
        path = tmp_path / "older.md"
        path.write_text(re.sub(ours, "trialplan 9.8.7", text), encoding="utf-8")
        assert path.read_text(encoding="utf-8") != text
        found = examined(path)
        assert found.ok
        assert found.other_version
        assert found.version == "9.8.7"

    def test_tracked_changes_count_as_accepted(self, protocols, tmp_path):
        """A number deleted and another inserted with tracked changes is the other number."""
        source = protocols("starter")[".docx"]
        text = opened(source)
        run = re.search(r"<w:r>((?:(?!</w:r>).)*?)<w:t[^>]*>([^<]*\b228 participants[^<]*)</w:t></w:r>", text)
        before, after = run[2].split("228", 1)
        pieces = [
            f'<w:r>{run[1]}<w:t xml:space="preserve">{before}</w:t></w:r>',
            f'<w:del w:id="1" w:author="x"><w:r>{run[1]}<w:delText>228</w:delText></w:r></w:del>',
            f'<w:ins w:id="2" w:author="x"><w:r>{run[1]}<w:t>2</w:t></w:r><w:r>{run[1]}<w:t>40</w:t></w:r></w:ins>',
            f'<w:r>{run[1]}<w:t xml:space="preserve">{after}</w:t></w:r>',
        ]
        path = saved(tmp_path / "tracked.docx", text.replace(run[0], "".join(pieces), 1), source)
        (wrong,) = examined(path).wrong
        assert (wrong.printed, wrong.recomputed) == ("240", "228")

    def test_hidden_text_is_not_there(self, protocols, tmp_path):
        """The right number hidden beside a wrong one does not help."""
        source = protocols("starter")[".html"]
        text = opened(source)
        changed = re.sub(r"Randomise\s+228", 'Randomise <span style="display: none">228</span>300', text, count=1)
        (wrong,) = examined(saved(tmp_path / "hidden.html", changed, source)).wrong
        assert (wrong.printed, wrong.recomputed) == ("300", "228")


HOUSE = "# Open points\n\nOurs to close: {{ trial.open_questions | length }}.\n"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A folder of templates with one section of its own, and the document written with it."""
    folder = tmp_path_factory.mktemp("house")
    (folder / "sections").mkdir()
    (folder / "sections" / "open-questions.md.j2").write_text(HOUSE, encoding="utf-8")
    (path,) = write(read("starter"), [folder / "house.md"], templates=folder)
    return folder, path


class TestHouseStyle:
    def test_checked_with_its_templates(self, house):
        """A document in a house style agrees when it is written again with the same templates."""
        folder, path = house
        assert examined(path, templates=folder).ok

    def test_checked_without_them(self, house):
        """Without its templates, what the house words otherwise is added text, and what it leaves out is told."""
        found = examined(house[1])
        assert [one for one in found.comparison.added if one.startswith("Ours to close")]
        assert found.comparison.left_out or found.comparison.absent


class TestEveryKindOfText:
    @pytest.mark.parametrize(
        "html",
        [
            '<p>The curve.</p><img src="data:," alt="Power from {} to 0.9">',
            "<p>So <math><mi>n</mi><mo>=</mo><mfrac><mn>{}</mn><mn>2</mn></mfrac><annotation>9</annotation></math></p>",
            "<table><caption>n = {}</caption><tr><th>a</th><th>b</th></tr><tr><td>x</td><td>2</td></tr></table>",
            "<table><tr><th>a</th><th>b {}</th></tr><tr><td>x</td><td>2</td></tr></table>",
            "<ul><li>one of {}<ul><li>within</li></ul></li></ul>",
            "<figure><figcaption>Of {} participants</figcaption></figure>",
            "<details><summary>Data</summary><p>{} of them</p></details>",
            "<p>Ten<br>to <sub>{}</sub></p>",
        ],
    )
    def test_html(self, html):
        """A number counts wherever a reader sees it: descriptions, equations, captions, names of columns, lists."""
        ours, theirs = (blocks(html.format(number).encode(), ".html") for number in ("0.85", "0.55"))
        wrong = [one for one in compare(ours, theirs).statements if not one.ok]
        assert [(one.printed, one.recomputed) for one in wrong] == [("0.55", "0.85")]

    @pytest.mark.parametrize(
        "word",
        [
            '<w:p><w:r><w:drawing><docPr descr="Power from {} to 0.9"/></w:drawing></w:r></w:p>',
            "<w:p><w:r><w:t>So </w:t></w:r><m:oMath><m:f><m:num><m:r><m:t>{}</m:t></m:r></m:num></m:f></m:oMath></w:p>",
            "<w:p><w:r><w:t>Of {}</w:t><w:tab/><w:t>participants</w:t></w:r></w:p>",
            "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc>"
            "</w:tr></w:tbl>",
            "<w:p><w:hyperlink><w:r><w:t>Of {} participants</w:t></w:r></w:hyperlink></w:p>",
            "<w:sdt><w:sdtContent><w:p><w:r><w:t>Of {} participants</w:t></w:r></w:p></w:sdtContent></w:sdt>",
        ],
    )
    def test_word(self, word):
        """A number counts wherever a reader sees it, in whatever element of a Word file it stands."""
        ours, theirs = (blocks(archive(document=IN_WORD.format(word.format(n))), ".docx") for n in ("0.85", "0.55"))
        wrong = [one for one in compare(ours, theirs).statements if not one.ok]
        assert [(one.printed, one.recomputed) for one in wrong] == [("0.55", "0.85")]

    @pytest.mark.parametrize(
        "word",
        [
            "<w:p><w:del><w:r><w:t>{}</w:t></w:r></w:del></w:p>",
            "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>{}</w:t></w:r></w:p>",
            "<w:p><w:r><w:instrText>PAGE {}</w:instrText></w:r></w:p>",
            '<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr>'
            "<w:sdtContent><w:p><w:r><w:t>Synopsis {}</w:t></w:r></w:p></w:sdtContent></w:sdt>",
        ],
    )
    def test_what_no_reader_of_word_sees(self, word):
        """Deleted and hidden text, codes of fields and the table of contents are not statements."""
        assert blocks(archive(document=IN_WORD.format(word.format("0.85"))), ".docx") == []


IN_WORD = (
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math">{}</w:document>'
)

PLAN = (shipped("examples") / "starter" / "plan.toml").read_text(encoding="utf-8")
TABLE = (shipped("examples") / "msc-lupus-nephritis" / "evidence.toml").read_text(encoding="utf-8")


class TestOnItsOwn:
    def test_a_table_of_ones_own_is_in_the_document(self, tmp_path):
        """A plan with a table of its own, above its folder, is checked from the document alone."""
        home = tmp_path / "home"
        (home / "plans").mkdir(parents=True)
        (home / "own.toml").write_text(TABLE, encoding="utf-8")
        plan = home / "plans" / "plan.toml"
        plan.write_text(PLAN.replace('table = "msc-lupus-nephritis"', 'table = "../own.toml"'), encoding="utf-8")
        (path,) = write(read(str(plan)), [tmp_path / "own.md"])
        shutil.rmtree(home)
        assert examined(path).ok

    @pytest.mark.sweep
    def test_files_that_formats_cannot_print_as_they_are(self, tmp_path):
        """Tabs, empty lines and spaces at line ends of a plan do not stand in the way."""
        plan = tmp_path / "plan.toml"
        plan.write_text(
            PLAN.replace(" = ", "\t= ").replace("\n\n", "\n\n\n\n").replace("\n[", "  \n["), encoding="utf-8"
        )
        paths = [tmp_path / f"odd{suffix}" for suffix in SUFFIXES]
        assert [examined(path).ok for path in write(read(str(plan)), paths)] == [True] * 3

    def test_a_shipped_table_need_not_be_in_it(self, markdown, protocols):
        """Without the appendix of tables, a shipped table of the printed digest will do."""
        text = protocols("starter")[".md"].read_text(encoding="utf-8")
        fences = re.findall(r"(?ms)^```toml\n.*?^```$", text)
        found = markdown(*[(fence, "") for fence in fences[1:]])
        assert found.ok
        assert len(found.comparison.left_out) == len(fences) - 1
        assert found.comparison.left_out[0] == "Reproduction › The evidence table msc-lupus-nephritis, the text"

    def test_digests_are_those_of_the_files(self, protocols):
        """The digest that is printed is that of the plan's file, as any program computes it."""
        digest = hashlib.sha256(PLAN.encode()).hexdigest()
        assert f"starter, digest {digest}" in protocols("starter")[".md"].read_text(encoding="utf-8")
        assert embedded(blocks(protocols("starter")[".docx"].read_bytes(), ".docx"))[0] == ("starter", PLAN)


def archive(**parts):
    """A zip file with these parts of a Word file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(f"word/{name}.xml", content)
    return buffer.getvalue()


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    '<w:document xmlns:w="x"><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:document>'
)
UNREADABLE = {
    "absent.md": (None, "cannot be read: no such file"),
    "protocol.rtf": (b"{\\rtf1}", "the formats are .md, .html, .docx, .odt and .pdf"),
    "protocol.pdf": (b"%PDF-1.7", "it is not a PDF that can be read"),
    "notes.md": (b"# Notes\n\n12 apples\n", "it holds no plan to compute it from"),
    "latin.md": (b"\xe9t\xe9", "not UTF-8"),
    "text.docx": (b"not a zip file", "not a Word file that can be read"),
    "empty.docx": (archive(), "not a Word file that can be read"),
    "broken.docx": (archive(document="<a><b></a>"), "not valid XML"),
    "entities.docx": (archive(document=BOMB), "declares a document type"),
    "long.md": (b"a 1\n\n" * 50_001, "more than 50,000 paragraphs and rows"),
    "bomb.docx": (archive(document=b" " * 100_000_001), "unpacks to more than 100 MB"),
}


@pytest.fixture
def here(monkeypatch):
    """Files are read in this process, not in one of their own that can be ended in time."""
    monkeypatch.setattr(checking, "bounded", lambda function, *arguments, patience: function(*arguments))


class TestRefused:
    @pytest.mark.parametrize("name", UNREADABLE)
    def test_a_file_that_cannot_be_checked(self, here, tmp_path, name):
        """A file that is no protocol of ours is one sentence that says why."""
        content, why = UNREADABLE[name]
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(FileError, match=re.escape(why)):
            check(tmp_path / name)

    def test_its_reader_says_so_from_a_process_of_its_own(self, tmp_path):
        """What the process that reads a file says of it is what the program says."""
        (tmp_path / "bomb.docx").write_bytes(UNREADABLE["bomb.docx"][0])
        with pytest.raises(FileError, match=r"bomb\.docx cannot be checked: .*unpacks to more than 100 MB"):
            check(tmp_path / "bomb.docx")

    def test_a_plan_that_was_changed(self, markdown):
        """A plan edited in the document, with its numbers or without, is not the one that the digest names."""
        with pytest.raises(
            FileError, match=r"has the SHA-256 digest [0-9a-f]{64}, and the document prints [0-9a-f]{64}"
        ):
            markdown(("power = 0.8\n", "power = 0.9\n"))

    def test_a_digest_that_was_changed(self, markdown):
        """A digest edited in the document is named."""
        digest = hashlib.sha256(PLAN.encode()).hexdigest()
        other = digest.replace(digest[0], "a" if digest[0] != "a" else "b", 1)
        with pytest.raises(FileError, match=f"the document prints {other} for starter"):
            markdown((digest, other))

    def test_a_tables_digest_that_was_changed(self, markdown):
        """A digest with a figure more beside the name of a table is none."""
        digest = hashlib.sha256(TABLE.encode()).hexdigest()
        with pytest.raises(FileError, match="no digest is printed beside its name in the document"):
            markdown((digest, f"{digest[:7]}0{digest[7:]}"))

    def test_a_plan_that_reads_other_files(self, tmp_path, protocols):
        """A plan in a document reads no file of the machine that checks it, even if its digest is right."""
        (tmp_path / "secret.toml").write_text(TABLE, encoding="utf-8")
        plan = PLAN.replace('table = "msc-lupus-nephritis"', f'table = "{tmp_path}/secret.toml"')
        text = protocols("starter")[".md"].read_text(encoding="utf-8").replace(PLAN, plan)
        old, new = (hashlib.sha256(one.encode()).hexdigest() for one in (PLAN, plan))
        (tmp_path / "reads.md").write_text(text.replace(old, new), encoding="utf-8")
        with pytest.raises(FileError, match=r"the evidence table .*secret\.toml cannot be taken from it"):
            examined(tmp_path / "reads.md")

    def test_a_file_made_to_be_slow_to_read(self, slow_reader):
        """A file that its reader is busy with for hours is given up in time, and nobody goes on reading."""
        for patience in (2, 10, 50):  # on a busy machine it may take a while until the reading begins
            process, reader = slow_reader(patience)
            said = process.communicate(timeout=240)
            if reader():
                break
        late = f"slow.html cannot be checked: it takes more than {patience} seconds to compute"
        assert said[0] == ""
        assert said[1].splitlines()[-1] == f"trialplan: {late}; give it more with --patience"
        assert len(said[1].splitlines()) <= 2, said  # above it, at most, that the work takes long
        assert process.returncode == 2
        with pytest.raises(ProcessLookupError):
            os.kill(reader(), 0)

    @pytest.mark.parametrize(
        "ended", [*(pytest.param(one, marks=pytest.mark.sweep) for one in ("SIGINT", "SIGTERM")), "SIGKILL"]
    )
    def test_a_reader_that_nobody_waits_for(self, slow_reader, alive, ended):
        """Whatever ends the program, the process that reads for it ends with it."""
        process, reader = slow_reader(600)
        while reader() is None:
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)
        process.send_signal(getattr(signal, ended))
        process.communicate(timeout=60)
        assert alive([reader()]) == []

    def test_a_plan_that_takes_too_long(self, protocols):
        """A plan that is still computing after the time allowed is given up."""
        with pytest.raises(FileError, match=r"more than 0\.01 seconds to compute; give it more with --patience"):
            check(protocols("starter")[".md"], patience=0.01)


class TestShortDocument:
    def test_shipped_tables_need_not_be_printed(self, tmp_path):
        """Without the tables' texts a document is shorter, and is checked against shipped tables of the same digest."""
        text = examples("plan.toml")["starter"].read_text(encoding="utf-8")
        plan = tmp_path / "plan.toml"
        plan.write_text(f"{text}\n[report]\nappendix_evidence = false\n", encoding="utf-8")
        written = tmp_path / "protocol.md"
        write(read(str(plan)), [written])
        assert "## The evidence table" not in written.read_text(encoding="utf-8")
        assert examined(written).ok


# ---------------------------------------------------------------- sources that travel unseen, and programs between


def resaved(path, folder, *formats):
    """The file after LibreOffice has opened and saved it in each of the formats, one after the other."""
    call = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to"]
    for step, kind in enumerate(formats):
        home = folder / str(step)
        subprocess.run([*call, kind, "--outdir", home, path], check=True, capture_output=True, timeout=180)
        path = home / f"{path.stem}.{kind}"
    return path


def without_parts(path, target, pattern):
    """The Word file without the parts of these names, as programs leave it that do not know them."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if not re.search(pattern, entry.filename):
                new.writestr(entry, old.read(entry))
    return target


class TestSourcesTravel:
    def test_no_page_shows_them(self, protocols):
        """The text of the plan is in each file and on none of its pages."""
        for suffix in (".html", ".docx"):
            said = blocks(protocols("starter")[suffix].read_bytes(), suffix)
            assert not [block for block in said if block.kind == "code" and not is_held(block)]
            assert next(block.raw.strip("\n") for block in said if is_held(block)) == PLAN.strip("\n")
        assert "% [trial]" in protocols("starter")[".tex"].read_text(encoding="utf-8").partition("\\end{document}")[2]

    @pytest.mark.skipif(shutil.which("pdfdetach") is None, reason="poppler is not installed")
    def test_a_pdf_has_them_attached(self, protocols, tmp_path):
        """The PDF's attachments are the plan's file and the numbers of each figure."""
        subprocess.run(["pdfdetach", "-saveall", "-o", tmp_path, protocols("starter")[".pdf"]], check=True)
        assert (tmp_path / "starter.toml").read_text(encoding="utf-8") == PLAN
        assert (tmp_path / "figure-1.csv").read_text(encoding="utf-8").count("\n") > 2

    @pytest.mark.parametrize("dropped", ["customXml", "docProps/custom"])
    def test_either_copy_in_a_word_file_will_do(self, protocols, tmp_path, dropped):
        """Whether a program has dropped the custom part or the properties, the other has the plan."""
        path = without_parts(protocols("starter")[".docx"], tmp_path / "less.docx", dropped)
        assert examined(path).ok

    def test_a_file_that_lost_them(self, protocols, tmp_path):
        """Without its sources a file is checked against the plan that is named, and says so if none is."""
        path = without_parts(protocols("starter")[".docx"], tmp_path / "lost.docx", "customXml|docProps/custom")
        with pytest.raises(FileError, match="name the plan with --plan PLAN"):
            examined(path)
        assert examine(path.read_bytes(), ".docx", own=texts_of(read("starter"))).ok

    def test_against_another_plan(self, protocols):
        """Held against another plan than its own, a document disagrees, its printed digest included."""
        own = texts_of(read("starter"))
        other = (own[0][0], own[0][1].replace("power = 0.8\n", "power = 0.9\n")), own[1]
        wrong = examine(protocols("starter")[".md"].read_bytes(), ".md", own=other).wrong
        assert any(one.quantity.startswith("Reproduction") for one in wrong)

    @pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.sweep) for name in SHIPPED])
    def test_a_document_that_prints_them(self, tmp_path, name):
        """A document with its sources printed at its end, as they once were, is checked as it is."""
        for path in write(read(name), [tmp_path / "old.docx", tmp_path / "old.html"], prints_sources=True):
            assert [block for block in blocks(path.read_bytes(), path.suffix) if block.kind == "code"]
            assert examined(path).ok

    def test_a_changed_source(self, protocols, tmp_path):
        """A plan that was changed inside a file is not the one of the printed digest."""
        text = protocols("starter")[".html"].read_text(encoding="utf-8").replace("power = 0.8\n", "power = 0.9\n")
        with pytest.raises(FileError, match="was changed after the document was written"):
            examine(text.encode(), ".html")

    def test_headings_with_their_numbers_as_words(self):
        """A program that writes the numbers of headings into their text changes nothing."""
        ours, theirs = (blocks(f"## {name}\n\nOf 5.".encode(), ".md") for name in ("Sample size", "12.1 Sample size"))
        assert all(one.ok for one in compare(ours, theirs).statements)


@pytest.mark.sweep
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
class TestThroughLibreOffice:
    @pytest.mark.parametrize("formats", [("docx",), ("odt", "docx"), ("odt",)])
    @pytest.mark.parametrize("name", SHIPPED)
    def test_saved_again(self, protocols, tmp_path, name, formats):
        """A Word file that was saved by LibreOffice, once in its own format, agrees with the plan inside it."""
        path = resaved(protocols(name)[".docx"], tmp_path, *formats)
        found = examined(path)
        # LibreOffice without its Math module
        drops_equations = "<m:oMath>" not in opened(path) and "<draw:object " not in opened(path)
        assert drops_equations or found.wrong == ()
        assert all(one.quantity.endswith("an equation with the numbers") for one in found.wrong)

    def test_a_page_saved_by_it_is_held_against_the_plan(self, protocols, tmp_path):
        """An HTML file that LibreOffice has saved has lost its sources and its equations, and nothing else."""
        path = resaved(protocols("starter")[".html"], tmp_path, "html")
        with pytest.raises(FileError, match="--plan PLAN"):
            examined(path)
        wrong = examine(path.read_bytes(), ".html", own=texts_of(read("starter"))).wrong
        assert {one.quantity.partition(":")[0].rpartition(", ")[2] for one in wrong} == {"an equation with the numbers"}


# ---------------------------------------------------------------- forty single edits, those outside numbers included

OPPOSITES = {
    "higher": "lower",
    "better": "worse",
    "two-sided": "one-sided",
    "at least": "at most",
    "above": "below",
    "treatment": "control",
    "superiority": "equivalence",
    "benefit": "harm",
    "months": "weeks",
    "smaller": "larger",
}
OPPOSITES |= {other: word for word, other in OPPOSITES.items()}


def worded(text, pattern, instead, rng, suffix):
    """The text with one place of a pattern, where a reader sees it, replaced."""
    hidden = [match.span() for match in UNCOMPUTED[suffix].finditer(text)]
    places = [
        (stretch.start() + place.start(), stretch.start() + place.end())
        for stretch in STRETCHES[suffix].finditer(text)
        if not SIGNED.search(stretch[0]) and not stretch[0].startswith("#")
        for place in re.finditer(pattern, stretch[0])
    ]
    seen = [place for place in places if not any(low <= place[0] < high for low, high in hidden)]
    low, high = rng.choice(seen)
    return f"{text[:low]}{instead(text[low:high])}{text[high:]}", text[low:high]


ROW = {
    ".md": r"\n\|[^\n]*\d[^\n]*(?=\n\|)",
    ".html": r"(?s)<tr>(?:(?!</tr>).)*?\d.*?</tr>",
    ".docx": r"(?s)<w:tr>.*?</w:tr>",
    ".odt": r"(?s)<table:table-row\b.*?</table:table-row>",
}


def forty(source, name, rng):
    """Forty documents with one edit each: ten figures, ten words, and five each of arms, units, rows and signs."""
    text, suffix = opened(source), source.suffix
    for kind, many, pattern, instead in kinds_of_edit(name, rng):
        for _ in range(many):
            changed, old = worded(text, pattern, instead, rng, suffix)
            yield f"{kind} {old!r}", changed
    rows = [match for match in re.finditer(ROW[suffix], text) if re.search(r"\d", re.sub("<[^>]*>", "", match[0]))]
    for row in rng.sample(rows[5:], 5):
        yield f"row {row[0][:60]!r}", f"{text[: row.start()]}{text[row.end() :]}"


def kinds_of_edit(name, rng, rows=0):
    """Each kind of edit of words with how many, where it may be made and what it makes; `rows` more figures."""
    arms = {"starter": ("treatment", "control")}.get(name, ("UC-MSC", "placebo"))
    swapped = {arms[0]: arms[1], arms[1]: arms[0]}
    words = r"\b(?:{})\b"
    return [
        ("figure", 10 + rows, r"\d", lambda old: str((int(old) + 1 + rng.randrange(8)) % 10)),
        ("word", 10, words.format("|".join(OPPOSITES)), OPPOSITES.get),
        ("arm", 5, words.format("|".join(arms)), swapped.get),
        ("unit", 5, r"(?<=\d) ?(?:%|months?|points)", lambda old: " years" if "%" in old else " %"),
        ("sign", 5, r"[−+](?=\d)", lambda old: "+" if old == "−" else "−"),
    ]


TAGGED = re.compile(
    rb"MCID (\d+)(?:/Lang\([\w-]+\))?>>BDC(?:(?!EMC).)*?/(f\d+) ([\d.]+) Tf(?:(?!EMC).)*?(\[.*?(?<!\\)\])TJ", re.DOTALL
)
"""A line of text on a page that typst has made: its number, its font and its letters."""


class PdfLine:
    """A line of a page, which an edit writes anew in letters that its font has."""

    def __init__(self, page, found, letters):
        self.page, self.span, self.letters = page, found.span(4), letters
        pieces = pytest.importorskip("pypdf").generic.ArrayObject.read_from_stream(io.BytesIO(found[4]), None)
        codes = b"".join(one.original_bytes for one in pieces if hasattr(one, "original_bytes"))
        self.text = "".join(letters[codes[i : i + 2]] for i in range(0, len(codes), 2))

    def with_text(self, text):
        """The content of the page with this line saying something else; None where the font lacks a letter of it."""
        codes = {letter: code for code, letter in self.letters.items()}
        if not {*text} <= {*codes}:
            return None
        data = self.page.get_contents().get_data()
        line = b"[<" + b"".join(codes[letter] for letter in text).hex().encode() + b">]"
        return data[: self.span[0]] + line + data[self.span[1] :]


def pdf_lines(file):
    """The lines of a PDF's pages behind the contents, without those that name digests and versions."""
    for page in file.pages[1:]:
        fonts = {}
        for name, font in page["/Resources"]["/Font"].items():
            table = font.get_object()["/ToUnicode"].get_object().get_data()
            pairs = re.findall(rb"^<(\w{4})> <(\w+)>$", table, re.MULTILINE)
            fonts[name[1:].encode()] = {
                bytes.fromhex(code.decode()): bytes.fromhex(letter.decode()).decode("utf-16-be")
                for code, letter in pairs
            }
        for found in TAGGED.finditer(page.get_contents().get_data()):
            line = PdfLine(page, found, fonts[found[2]])
            if float(found[3]) > 10 and re.fullmatch(r"[\d.]+", line.text):
                continue  # the number of a heading, which counts itself
            if not SIGNED.search(line.text) and not re.search(r"[0-9a-f]{12}", line.text):
                yield line


def edits_of_pdf(source, name, rng, kinds):
    """What was edited, and a PDF with that one edit, for as many of each kind as are asked for."""
    pypdf = pytest.importorskip("pypdf")
    lines = list(pdf_lines(pypdf.PdfReader(source)))
    for kind, many, pattern, instead in kinds:
        made = 0
        while made < many:
            line = rng.choice(lines)
            places = list(re.finditer(pattern, line.text))
            if not places:
                continue
            place = rng.choice(places)
            content = line.with_text(f"{line.text[: place.start()]}{instead(place[0])}{line.text[place.end() :]}")
            if content is None:
                continue
            made += 1
            writer = pypdf.PdfWriter(clone_from=source)
            stream = pypdf.generic.DecodedStreamObject()
            stream.set_data(content)
            page = writer.pages[line.page.page_number]
            page[pypdf.generic.NameObject("/Contents")] = writer._add_object(stream)
            changed = io.BytesIO()
            writer.write(changed)
            yield f"{kind} {place[0]!r} in {line.text!r}", changed.getvalue()


class TestFortyEdits:
    @pytest.mark.sweep
    @pytest.mark.parametrize("name", ["starter", "msc-lupus-nephritis-monitored"])
    def test_each_is_found_in_a_pdf(self, protocols, name):
        """One changed figure, word, arm, unit or sign of a page is no longer what the plan gives."""
        source, rng = protocols(name)[".pdf"], random.Random(20261128)
        for what, content in edits_of_pdf(source, name, rng, kinds_of_edit(name, rng, rows=5)):
            wrong = examine(content, ".pdf").wrong
            assert 1 <= len(wrong) <= 3, (what, wrong)

    @pytest.mark.sweep
    @pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
    @pytest.mark.parametrize("name", ["starter", "msc-lupus-nephritis-monitored"])
    def test_each_is_found_in_an_opendocument_text(self, protocols, tmp_path, name):
        """The same of the file that LibreOffice makes of the Word file, which agrees before it is edited."""
        source, rng = resaved(protocols(name)[".docx"], tmp_path, "odt"), random.Random(20261128)
        agreed = {one.quantity for one in examined(source).wrong}
        assert all(one.endswith("an equation with the numbers") for one in agreed)  # without LibreOffice's Math module
        for what, text in forty(source, name, rng):
            wrong = [
                one
                for one in examined(saved(tmp_path / "edited.odt", text, source)).wrong
                if one.quantity not in agreed
            ]
            assert 1 <= len(wrong) <= 3, (what, wrong)

    @pytest.mark.sweep
    @pytest.mark.parametrize("name", ["starter", "msc-lupus-nephritis-monitored"])
    @pytest.mark.parametrize("suffix", SUFFIXES)
    def test_each_is_found(self, protocols, tmp_path, name, suffix):
        """One changed figure, word, arm, unit, sign or row is no longer what the plan gives, in every format."""
        source, rng = protocols(name)[suffix], random.Random(20261128)
        for what, text in forty(source, name, rng):
            wrong = examined(saved(tmp_path / f"edited{suffix}", text, source)).wrong
            assert 1 <= len(wrong) <= 3, (what, wrong)
