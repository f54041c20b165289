"""Documents: whole or not at all, the same bytes from the same plan, readable without anything else."""

import re
import zipfile

import pytest

from trialplan.errors import FileError, MissingExtra
from trialplan.plan import read
from trialplan.protocol import write


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("protocol")
    paths = [folder / f"protocol{suffix}" for suffix in (".md", ".html", ".docx")]
    write(read("msc-lupus-nephritis"), paths)
    return {path.suffix: path for path in paths}


class TestWrite:
    def test_the_same_plan_gives_the_same_bytes(self, written, tmp_path):
        """Writing a plan twice gives identical files in every format."""
        again = [tmp_path / path.name for path in written.values()]
        write(read("msc-lupus-nephritis"), again)
        for path in again:
            assert path.read_bytes() == written[path.suffix].read_bytes()

    def test_html_needs_nothing_from_outside(self, written):
        """The HTML file refers to no other file and no other host, and adapts to the width of the screen."""
        html = written[".html"].read_text(encoding="utf-8")
        assert not re.search(r'(src|href)="(?!#|data:)', html)
        assert 'name="viewport"' in html
        assert "@media print" in html or "data:text/css" in html

    def test_every_link_of_the_contents_leads_somewhere(self, written):
        """Each entry of the contents points at a heading that is there."""
        html = written[".html"].read_text(encoding="utf-8")
        targets = set(re.findall(r'href="#([^"]+)"', html))
        assert len(targets) > 15
        assert targets <= set(re.findall(r'id="([^"]+)"', html))

    def test_cells_know_their_column(self, written):
        """Cells carry their column's name, so that a phone can stack them."""
        assert 'data-label="What it means for planning"' in written[".html"].read_text(encoding="utf-8")

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

    def test_an_unknown_suffix_is_refused_before_anything_is_written(self, tmp_path):
        """A format that is not offered stops the whole call."""
        with pytest.raises(FileError, match="no protocol is written as"):
            write(read("starter"), [tmp_path / "a.md", tmp_path / "b.pages"])
        assert list(tmp_path.iterdir()) == []

    def test_a_folder_that_is_not_there_is_refused(self, tmp_path):
        """An output whose folder does not exist is one sentence."""
        with pytest.raises(FileError, match="does not exist"):
            write(read("starter"), [tmp_path / "no" / "a.md"])

    def test_without_pandoc_the_command_that_installs_it_is_named(self, tmp_path, monkeypatch):
        """A missing extra is named with the command that installs it, and nothing is written."""
        import sys

        monkeypatch.setitem(sys.modules, "pypandoc", None)
        with pytest.raises(MissingExtra, match=r"pip install 'trialplan\[report\]'"):
            write(read("starter"), [tmp_path / "a.md", tmp_path / "a.html"])
        assert list(tmp_path.iterdir()) == []
