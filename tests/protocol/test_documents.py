"""Documents: whole or not at all, the same bytes from the same plan, readable without anything else."""

import html
import io
import os
import re
import shutil
import subprocess
import sys
import zipfile

import pytest

from trialplan.errors import FileError, MissingExtra, TrialplanError
from trialplan.plan import read
from trialplan.protocol import SUFFIXES, write
from trialplan.protocol.formats.pictures import stand_in


@pytest.fixture(scope="module")
def written(protocols):
    return protocols("msc-lupus-nephritis")


class TestWrite:
    def test_the_same_plan_gives_the_same_bytes(self, protocols, tmp_path):
        """Writing a plan twice, the second time in a process that hashes and dates otherwise, gives the same bytes."""
        once = protocols("starter")
        outputs = [word for suffix in SUFFIXES for word in ("-o", str(tmp_path / f"protocol{suffix}"))]
        command = [sys.executable, "-m", "trialplan", "protocol", "starter", *outputs]
        elsewhere = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland", "SOURCE_DATE_EPOCH": "1"}
        told = subprocess.run(command, env=elsewhere, check=False, capture_output=True, text=True)
        assert told.returncode == 0, told.stderr
        files = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
        drawn = {path.stem for path in files if path.parent.name == "protocol-figures"}
        assert {path.suffix for path in files if len(path.parts) == 1} == set(SUFFIXES)
        assert {"forest", "schema"} <= drawn <= set(FIGURES)
        for path in files:
            folder = once[".tex" if len(path.parts) > 1 else path.suffix].parent
            assert (folder / path).read_bytes() == (tmp_path / path).read_bytes(), path

    def test_html_needs_nothing_from_outside(self, written):
        """The HTML file refers to no other file and no other host, and adapts to the width of the screen."""
        html = written[".html"].read_text(encoding="utf-8")
        assert not re.search(r'(src|href)="(?!#|data:)', html)
        assert 'name="viewport"' in html
        assert "@media print" in html or "data:text/css" in html

    def test_a_number_keeps_its_per_cent_sign(self, written):
        """No line of a page or a cell ends between a number and its per-cent sign; texts as they are may."""
        html = re.sub(r"(?s)<(pre|script).*?</\1>", "", written[".html"].read_text(encoding="utf-8"))
        text = re.sub("<[^>]*>", "", html.partition("<body")[2])
        assert "80.1\u00a0%" in text
        assert not re.search(r"\d[ \n]%", text)

    def test_every_link_of_the_contents_leads_somewhere(self, written):
        """Each entry of the contents points at a heading that is there."""
        html = written[".html"].read_text(encoding="utf-8")
        targets = set(re.findall(r'href="#([^"]+)"', html))
        assert len(targets) > 15
        assert targets <= set(re.findall(r'id="([^"]+)"', html))

    def test_cells_know_their_column(self, written):
        """Cells carry their column's name, so that a phone can stack them."""
        assert 'data-label="What it means for planning"' in written[".html"].read_text(encoding="utf-8")

    def test_word_pictures_are_described_in_words(self, written):
        """No picture of a Word file is described by its own bytes, for a reader's voice would speak them."""
        with zipfile.ZipFile(written[".docx"]) as file:
            described = re.findall(r'\bdescr="([^"]*)"', file.read("word/document.xml").decode())
        assert len([one for one in described if one]) >= 4
        assert not [one for one in described if one.startswith("data:")]

    def test_word_has_real_headings_and_tables(self, written):
        """The Word file uses heading styles and holds every table."""
        xml = zipfile.ZipFile(written[".docx"]).read("word/document.xml").decode()
        assert xml.count('w:val="Heading1"') >= 13
        assert xml.count("<w:tbl>") >= 12
        assert "254" in xml
        assert xml.count("<w:cantSplit/>") == xml.count("<w:tr>") > 100

    def test_all_formats_say_the_same_number(self, written):
        """The recommendation is the same in every format."""
        word = zipfile.ZipFile(written[".docx"]).read("word/document.xml").decode()
        for text in (written[".md"].read_text(), written[".html"].read_text(), re.sub("<[^>]+>", "", word)):
            assert "Randomise 254 participants" in " ".join(text.split())

    def test_the_decision_stands_before_the_contents(self, written):
        """Who opens the file reads the number, its worth and its worst doubt before any list of headings."""
        word = re.sub("<[^>]+>", "", zipfile.ZipFile(written[".docx"]).read("word/document.xml").decode())
        for text in (" ".join(written[".html"].read_text().split()), word):
            decision = text[: text.index("Contents")]
            for words in ("Randomise 254 participants", "assurance 0.713", "0.954", "more than 10,000", "How long."):
                assert words in decision
            assert text.count("What it is worth.") == 1

    def test_an_unknown_suffix_is_refused_before_anything_is_written(self, tmp_path):
        """A format that is not offered stops the whole call."""
        with pytest.raises(FileError, match="no protocol is written as"):
            write(read("starter"), [tmp_path / "a.md", tmp_path / "b.pages"])
        assert list(tmp_path.iterdir()) == []

    def test_nothing_is_written_before_everything_is_made(self, tmp_path, monkeypatch):
        """Where the last format fails, the first is not there either."""
        from trialplan.protocol.formats import typst as typeset

        def fail(*_):
            raise TrialplanError("typst could not set the document: a reason")

        monkeypatch.setattr(typeset, "compiled", fail)
        with pytest.raises(TrialplanError, match="typst could not"):
            write(read("starter"), [tmp_path / "a.md", tmp_path / "a.tex", tmp_path / "a.pdf"])
        assert list(tmp_path.iterdir()) == []

    def test_a_folder_that_is_not_there_is_refused(self, tmp_path):
        """An output whose folder does not exist is one sentence."""
        with pytest.raises(FileError, match="does not exist"):
            write(read("starter"), [tmp_path / "no" / "a.md"])

    @pytest.mark.parametrize(
        ("library", "suffix"),
        [("pypandoc", ".html"), ("typst", ".pdf"), ("matplotlib", ".docx"), ("matplotlib", ".tex")],
    )
    def test_without_a_library_the_command_that_installs_it_is_named(self, library, suffix, tmp_path, monkeypatch):
        """A missing extra is named with the command that installs it, and nothing is written."""
        monkeypatch.setitem(sys.modules, library, None)
        with pytest.raises(MissingExtra, match=rf"{library}.* pip install 'trialplan\[report\]'"):
            write(read("starter"), [tmp_path / "a.md", tmp_path / f"a{suffix}"])
        assert list(tmp_path.iterdir()) == []

    def test_markdown_needs_none_of_them(self, tmp_path, monkeypatch):
        """Markdown tells its figures in words and as tables, so it takes nothing to draw or to convert with."""
        for library in ("pypandoc", "typst", "matplotlib"):
            monkeypatch.setitem(sys.modules, library, None)
        write(read("starter"), [tmp_path / "protocol.md"])
        assert "**Figure 1.** Rates that" in (tmp_path / "protocol.md").read_text(encoding="utf-8")


FIGURES = ("forest", "heat-map", "power", "recruitment", "schema", "tornado")


def words(path):
    """The text of a document as a reader sees it."""
    if path.suffix == ".docx":
        text = zipfile.ZipFile(path).read("word/document.xml").decode()
        return html.unescape(re.sub(r"<[^>]+>", "", text.replace("</w:p>", "\n")))
    text = path.read_text(encoding="utf-8")
    return html.unescape(re.sub(r"<[^>]+>", "", text)) if path.suffix == ".html" else text


def numbered(text, what):
    """Each number of a caption with the words that begin it, in the order of the numbers."""
    text = re.sub(r"(?s)(\*\*|\\textbf\{)(?=(Table|Figure)\s\d)", "", text)
    found = re.findall(rf"{what}\s(\d+)\.(?:\*\*|\}})?\s+([A-Z][\w\-]+(?:\s[\w\-]+)?)", text)
    return {int(number): " ".join(said.split()) for number, said in found}


class TestCaptions:
    def test_tables_and_figures_bear_the_same_numbers_everywhere(self, written):
        """Every table and figure has one number, counted from 1, and it is the same in every format."""
        for what, least in (("Table", 20), ("Figure", 5)):
            expected = numbered(words(written[".md"]), what)
            assert list(expected) == list(range(1, len(expected) + 1))
            assert len(expected) >= least
            for suffix in (".html", ".docx", ".tex"):
                assert numbered(words(written[suffix]), what) == expected, suffix

    def test_word_counts_them_itself(self, written):
        """In Word the number of each caption is a field that counts, with the number as its result."""
        xml = zipfile.ZipFile(written[".docx"]).read("word/document.xml").decode()
        for what in ("Table", "Figure"):
            fields = re.findall(rf'<w:fldSimple w:instr=" SEQ {what} [^"]*">.*?<w:t>(\d+)</w:t>', xml)
            assert [int(one) for one in fields] == sorted(numbered(words(written[".md"]), what))

    def test_no_markup_is_left_over(self, written):
        """No table, caption or emphasis stands in a document as it is written in Markdown."""
        for suffix in (".html", ".docx"):
            text = words(written[suffix]).partition("appendix_plan")[0]
            assert not re.search(r"\|:?---|^: \S|\*\*|:::|\$\$|\[(missing|Table)", text, re.MULTILINE)


class TestFigures:
    def test_html_holds_them_as_vectors_with_words_and_data(self, written):
        """Each figure of the page is an SVG with an alternative text, and its data can be unfolded below it."""
        page = written[".html"].read_text(encoding="utf-8")
        images = re.findall(r"<img[^>]*>", page)
        assert len(images) == len(FIGURES)
        for image in images:
            assert 'src="data:image/svg+xml;base64,' in image
            assert len(re.search(r'alt="([^"]*)"', image)[1]) > 60
        assert page.count("<details><summary>Data of Figure") == len(FIGURES)

    def test_word_holds_them_with_alternative_text(self, written):
        """Each figure of the Word file is a picture of some resolution with an alternative text."""
        with zipfile.ZipFile(written[".docx"]) as file:
            pictures = [name for name in file.namelist() if name.startswith("word/media/")]
            xml = file.read("word/document.xml").decode()
            for name in pictures:
                assert int.from_bytes(file.read(name)[16:20], "big") >= 1200  # pixels across
        assert len(pictures) == len(FIGURES)
        assert len(re.findall(r'<wp:docPr descr="[^"]{60,}"', xml)) == len(FIGURES)
        assert "Data of Figure 5:" in words(written[".docx"])

    def test_word_holds_them_as_they_are_drawn(self, written):
        """What stood for them while pandoc read the text is gone: bitmaps in colour, at 200 dots an inch."""
        from PIL import Image  # comes with what the figures are drawn with

        with zipfile.ZipFile(written[".docx"]) as file:
            drawings = [Image.open(file.open(name)) for name in file.namelist() if name.endswith(".png")]
        assert drawings
        for drawing in drawings:
            assert drawing.mode in ("RGB", "RGBA")
            assert drawing.info["dpi"] == pytest.approx((200, 200), abs=0.1)
            assert len(drawing.convert("RGB").getcolors(10**6)) > 3

    def test_what_stands_for_a_bitmap_is_as_large(self):
        """On paper too, and is another one for another bitmap."""
        from PIL import Image

        stands = []
        for colour in ("red", "blue"):
            drawn = io.BytesIO()
            Image.new("RGB", (301, 47), colour).save(drawn, "PNG", dpi=(200, 200))
            stands.append(stand_in(drawn.getvalue()))
            seen = Image.open(io.BytesIO(stands[-1]))
            seen.load()
            assert (seen.size, seen.info["dpi"]) == ((301, 47), pytest.approx((200, 200), abs=0.1))
        assert stands[0] != stands[1]

    def test_a_plan_without_rates_lacks_what_needs_them(self):
        """A figure that a plan has not got what it takes for is left out, and the others stay."""
        from trialplan.plan import build
        from trialplan.protocol.formats.pictures import pictures

        shown = pictures(build(read("cerebral-vasospasm")))
        assert {"forest", "schema", "power"} <= {*shown}


class TestWord:
    def test_header_and_footer(self, written):
        """Above each page stand title and version, below it the page and the number of pages."""
        with zipfile.ZipFile(written[".docx"]) as file:
            parts = {name: file.read(name).decode() for name in file.namelist() if re.search("header|footer", name)}
            main = file.read("word/document.xml").decode()
        text = {name: re.sub(r"<[^>]+>", "", part) for name, part in parts.items()}
        assert any("Umbilical-cord" in one and "Version draft 1" in one for one in text.values())
        assert any("NUMPAGES" in part and "PAGE" in part for part in parts.values())
        assert sorted(re.findall(r'w:[hw]="(\d+)"', re.search("<w:pgSz[^>]*>", main)[0])) == ["11906", "16838"]
        assert main.count("headerReference") == main.count("footerReference") == 1

    def test_properties(self, written):
        """The document's properties name its title and version, and no date but the plan's."""
        with zipfile.ZipFile(written[".docx"]) as file:
            core, custom = (file.read(f"docProps/{name}.xml").decode() for name in ("core", "custom"))
        assert "<dc:title>Umbilical-cord" in core
        assert {date[:10] for date in re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", core)} == {"2026-11-22"}
        assert "draft 1" in custom

    def test_the_contents_are_filled(self, written):
        """The contents list every heading of two levels with its number, linked to a bookmark that is there."""
        xml = zipfile.ZipFile(written[".docx"]).read("word/document.xml").decode()
        entries = re.findall(r'<w:hyperlink w:anchor="([^"]+)" w:history="1">.*?<w:t[^>]*>([^<]*)</w:t>', xml)
        assert entries[0][1] == "1 Synopsis"
        assert len(entries) == len(re.findall(r'w:val="Heading[12]"', xml))
        assert {anchor for anchor, _ in entries} <= set(re.findall(r'<w:bookmarkStart[^>]*w:name="([^"]+)"', xml))

    def test_what_introduces_something_stays_with_it(self, written):
        """The line under a heading and a paragraph that ends in a colon are kept with what follows, in every format."""
        xml = zipfile.ZipFile(written[".docx"]).read("word/document.xml").decode()
        kept = re.findall(r"<w:keepNext ?/>(?:(?!</w:p>).)*</w:p>", xml, re.DOTALL)
        plain = [re.sub("<[^>]+>", "", one) for one in kept]
        for words in ("ICH M11: 10 Statistical", "Pitfalls that this plan meets here:", "Data of Figure 2:"):
            assert any(one.startswith(words) for one in plain), words
        assert "<!--" not in xml
        assert written[".tex"].read_text(encoding="utf-8").count("\\introduces\n") > 20

    def test_equations_are_word_s_own(self, written):
        """The formula is an equation that Word can edit."""
        assert "<m:oMathPara>" in zipfile.ZipFile(written[".docx"]).read("word/document.xml").decode()


class TestPdf:
    def test_it_is_one_with_embedded_fonts_and_page_numbers(self, written):
        """The PDF is A4, embeds each font, names no machine, and numbers its pages."""
        content = written[".pdf"].read_bytes()
        assert content.startswith(b"%PDF-")
        assert set(re.findall(rb"/MediaBox ?\[0 0 (\d+)\.\d+ (\d+)\.\d+\]", content)) == {(b"595", b"841")}
        assert b"/FontFile" in content
        assert b"/tmp" not in content
        if shutil.which("pdftotext"):
            command = ["pdftotext", "-layout", str(written[".pdf"]), "-"]
            text = subprocess.run(command, capture_output=True, check=True, text=True).stdout
            assert "Randomise 254 participants" in " ".join(text.split())
            pages = text.count("\f")
            assert f"Page {pages} of {pages}" in text


class TestLatex:
    def test_it_stands_alone(self, written):
        """The LaTeX begins and ends a document, closes what it opens, and finds its figures beside it."""
        text = written[".tex"].read_text(encoding="utf-8")
        assert text.startswith("\\documentclass")
        assert re.sub(r"(?m)^(%.*)?\n", "", text).rstrip().endswith("\\end{document}")
        for name in re.findall(r"\\includegraphics\[[^\]]*\]\{([^}]+)\}", text):
            assert (written[".tex"].parent / name).is_file()
        begun, ended = (re.findall(rf"\\{word}\{{(\w+\*?)\}}", text) for word in ("begin", "end"))
        assert sorted(begun) == sorted(ended)


class TestLatexCompiles:
    @pytest.mark.parametrize("engine", ["xelatex", "pdflatex"])
    def test_it_compiles(self, written, tmp_path, engine):
        """The .tex file becomes a PDF without an error and without a letter that its fonts lack."""
        if shutil.which(engine) is None:
            pytest.skip(f"{engine} is not installed")
        shutil.copytree(written[".tex"].parent, tmp_path, dirs_exist_ok=True)
        command = [engine, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "protocol.tex"]
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
        log = (tmp_path / "protocol.log").read_text(encoding="utf-8", errors="replace")
        assert ran.returncode == 0, log[-2000:]
        assert (tmp_path / "protocol.pdf").stat().st_size > 100_000
        assert "Missing character" not in log


class TestLetters:
    def test_those_that_the_fonts_lack(self):
        """Chinese is told, and nothing that the shipped documents print; a letter counts once."""
        from trialplan.protocol.formats.documents import lacking_letters
        from trialplan.protocol.formats.typst import lacking

        assert lacking("脐带 and 带: α ≥ −1.5 × 10⁸, “é”") == "带脐"
        assert lacking_letters(read("msc-lupus-nephritis")) == ""


class TestPrintedWords:
    STUDIES = {
        "wang-2012": "Wang 2012",
        "wang-2012b": "Wang 2012b",
        "belong": "BELONG",
        "a-1": "a-1",
        "young": "Young",
        "alms": "ALMS",
        "lupus-a": "MyLupus, mycophenolate",
        "lupus-b": "MyLupus, voclosporin",
    }

    @pytest.mark.parametrize(
        ("written", "printed"),
        [
            ("wang-2012, wang-2012b: 3/5", "Wang 2012, Wang 2012b: 3/5"),
            ("they belong to belong", "they belong to belong"),  # a key that is a word is known where a study stands
            ("(young, wang-2012 and young) young: 3/5", "(Young, Wang 2012 and Young) young: 3/5"),
            ("(alms, young and belong): 3/5", "(ALMS, Young and BELONG): 3/5"),
            ("lupus-a, alms and lupus-b: x, y", "MyLupus, mycophenolate; ALMS; and MyLupus, voclosporin: x, y"),
            ("lupus-b and young. lupus-a, x", "MyLupus, voclosporin; and Young. MyLupus, mycophenolate, x"),
            ("the young belong, young people", "the young belong, young people"),
            ("xwang-2012 and wang-2012-x", "xwang-2012 and wang-2012-x"),
            ("`--exclude wang-2012`, [it](#wang-2012)", "`--exclude wang-2012`, [it](#wang-2012)"),
            ("r > -0.27 (-45 to +2), \\-.5", "r > −0.27 (−45 to +2), −.5"),
            ("1-3, week-2, 10.1/x-4, 2010-11, NCT-01, a -b", "1-3, week-2, 10.1/x-4, 2010-11, NCT-01, a -b"),
            ("$$x^{-1}$$ at -1", "$$x^{-1}$$ at −1"),
            ("|:---|---:|", "|:---|---:|"),
        ],
    )
    def test_names_and_signs(self, written, printed):
        """A study's key is its name and a hyphen before a number a minus, but not in what is typed or linked."""
        from trialplan.protocol.content.printed_words import printer

        assert printer(self.STUDIES)(written) == printed

    @pytest.mark.parametrize(
        ("key", "name", "called"),
        [
            ("wang-2012", None, "Wang 2012"),
            ("Lit2012a", None, "Lit2012a"),
            ("x", "The X", "The X"),
            ("y-z", None, "y-z"),
        ],
    )
    def test_what_a_study_is_called(self, key, name, called):
        """Its name; without one author and year, where the key is made of them; else the key."""
        from trialplan.evidence.table import Study

        assert Study(key=key, name=name).called == called


class TestPages:
    @pytest.mark.skipif(shutil.which("pdfinfo") is None, reason="poppler is not installed")
    def test_the_shipped_plan_takes_few(self, written):
        """The shipped plan is read on at most 32 pages, none of which is its source."""
        told = subprocess.run(["pdfinfo", written[".pdf"]], capture_output=True, check=True, text=True).stdout
        assert int(re.search(r"Pages:\s+(\d+)", told)[1]) <= 32

    def test_no_heading_is_lost_in_a_paragraph(self, written):
        """Each heading of the text is a heading of the page, whatever a template leaves above it."""
        headings = re.findall(r"(?m)^#{1,2} (.+)$", written[".md"].read_text().partition("\n## The plan\n")[0])
        page = written[".html"].read_text(encoding="utf-8")
        assert len(headings) == len(re.findall(r"<h[12]\b", page.partition("<main>")[2])) > 40
