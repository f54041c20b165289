"""Hostile text in a plan or an evidence table is printed as text, or refused: in no format is it an order."""

import html
import io
import json
import re
import shutil
import subprocess
import sys
import time
import xml.dom.minidom
import zipfile
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from hostile import OPENINGS, PAYLOADS, evidence_text, plan_text

from trialplan.errors import FileError, TrialplanError
from trialplan.files import shipped
from trialplan.plan import build, read
from trialplan.protocol import SUFFIXES, write
from trialplan.protocol.content.filters import attribute, escape
from trialplan.protocol.content.readers import DOCUMENTS
from trialplan.protocol.formats import documents

TOKEN = re.compile(r"F(\d{3})Q")
SOUGHT = 40
"""Letters of a payload, without spaces, that must follow its token."""


def squeezed(text):
    """Text without spaces and invisible letters, which line breaks and figures may add or drop."""
    return re.sub(r"[\s\u00ad\u200b\ufeff\u202a-\u202e]", "", text)


class Page(HTMLParser):
    """What a browser would see of a page: its tags, its attributes and its text."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.counts, self.attributes, self.texts = Counter(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.counts[tag] += 1
        self.attributes += attrs

    @property
    def tags(self):
        return set(self.counts)

    def handle_data(self, data):
        self.texts.append(data)


def without_sources(source):
    """A page without what it holds and nobody runs: the plan and its tables, as plain text."""
    return re.sub(r'(?s)<script type="text/plain" data-.*?</script>', "", source)


def written(folder, choose, suffixes=SUFFIXES, template="{token} {text}", kind="protocol"):
    """Every format of a plan whose fields hold hostile text; and what each token is followed by."""
    said = {}

    def texts(where):
        token = f"F{len(said):03}Q"
        said[token] = text = choose(len(said))
        return template.format(token=token, text=text)

    (folder / "evidence.toml").write_text(evidence_text(texts), encoding="utf-8")
    plan = plan_text(texts).replace('table = "msc-lupus-nephritis"', 'table = "evidence.toml"')
    if kind == "committee":
        who = json.dumps(texts("monitoring.reviewer"), ensure_ascii=False)
        plan += f"\n[monitoring]\nlooks = [0.5, 1]\nreviewer = {who}\n"
    (folder / "plan.toml").write_text(plan, encoding="utf-8")
    paths = [folder / f"protocol{suffix}" for suffix in suffixes]
    write(read(str(folder / "plan.toml")), paths, kind=kind)
    return {path.suffix: path for path in paths}, said


def not_literal(text, said, least=300):
    """Tokens that are not followed by their text as it was written, nor as the embedded plan quotes it."""
    text, found = squeezed(text), []
    tokens = list(TOKEN.finditer(text))
    assert len(tokens) > least
    for token in tokens:
        wanted, after = said[token[0]], text[token.end() : token.end() + 400]
        forms = [
            squeezed(form)[:SOUGHT]
            for form in (wanted, json.dumps(wanted)[1:], json.dumps(wanted, ensure_ascii=False)[1:], repr(wanted)[1:])
        ]
        if not any(after.startswith(form) or (after.startswith(form[:12]) and len(after) < SOUGHT) for form in forms):
            found.append((token[0], after[:80]))
    return found


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """Each field with another payload, all formats, with two of its figures: drawing all takes half of the time."""
    payloads = [text[:80] for text in PAYLOADS.values()]
    drawn = documents.pictures
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "pictures", lambda trial: dict(list(drawn(trial).items())[:2]))
        return written(tmp_path_factory.mktemp("mixed"), lambda i: payloads[i % len(payloads)])


class TestEveryField:
    def test_html_shows_it_as_text(self, mixed):
        """A page has the tags and attributes of its template alone, and every text as it was written."""
        paths, said = mixed
        source = paths[".html"].read_text(encoding="utf-8")
        page = Page(without_sources(source))
        scripts = re.findall(r"<script\b[^>]*>", source)  # what the page holds and nobody runs
        assert (
            len(scripts) == source.count("</script>") == len(re.findall('<script type="text/plain" data-', source)) > 0
        )
        assert not page.tags & {"iframe", "object", "embed", "link", "base", "form"}
        assert not [name for name, _ in page.attributes if name.startswith("on")]
        assert {value[:1] for name, value in page.attributes if name == "href"} == {"#"}
        assert {value[:11] for name, value in page.attributes if name == "src"} == {"data:image/"}
        assert not_literal("".join(page.texts), said) == []

    def test_word_shows_it_as_text(self, mixed):
        """Every part of the Word file is well-formed, names nothing outside, and holds every text as it was written."""
        paths, said = mixed
        with zipfile.ZipFile(paths[".docx"]) as file:
            parts = {name: file.read(name) for name in file.namelist()}
        for name, content in parts.items():
            if name.endswith((".xml", ".rels")):
                xml.dom.minidom.parseString(content)
                assert b'TargetMode="External"' not in content
        text = re.sub(r"<[^>]+>", "", re.sub(r"<m:oMath>.*?</m:oMath>", "", parts["word/document.xml"].decode()))
        assert (
            not_literal(
                text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&"), said
            )
            == []
        )
        assert all(
            Path(name).parts[0] in ("word", "docProps", "customXml", "_rels", "[Content_Types].xml") for name in parts
        )

    def test_markdown_shows_it_as_text(self, mixed):
        """Read as GitHub reads it, the Markdown holds every text as it was written, and no link or image."""
        import pypandoc

        paths, said = mixed
        command = [pypandoc.get_pandoc_path(), "--from=gfm", "--to=html", "--wrap=none", str(paths[".md"])]
        page = Page(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
        assert not page.tags & {"img", "script"}
        assert {value[:1] for name, value in page.attributes if name == "href"} <= {"#"}
        assert not_literal("".join(page.texts), said) == []

    def test_latex_holds_no_order_of_the_plan(self, mixed):
        """No command of a plan's text is one in the LaTeX, the embedded plan's no more than a table's."""
        text, end, held = mixed[0][".tex"].read_text(encoding="utf-8").partition("\\end{document}\n")
        assert all(line.startswith("%") for line in held.split("\n") if line)
        text += end
        for order in (r"\input", r"\write", r"\immediate", r"\openin", r"\begin{verbatim}", r"\end{verbatim}"):
            assert order not in text
        assert r"\textbackslash input\{/etc/passwd\}" in text
        assert text.count(r"\end{document}") == text.count(r"\begin{document}") == 1

    def test_pdf_shows_it_as_text(self, mixed):
        """The PDF holds the texts, and nothing of the file that they ask for."""
        if shutil.which("pdftotext") is None:
            pytest.skip("pdftotext is not installed")
        paths, said = mixed
        text = subprocess.run(
            ["pdftotext", "-raw", str(paths[".pdf"]), "-"], capture_output=True, check=True, text=True
        ).stdout
        assert "root:x:" not in text
        assert '#read("/etc/passwd")' in text
        # where a page ends within a text, its footer stands between the token and what follows
        assert len(not_literal(text, said)) < 0.05 * len(TOKEN.findall(text))

    def test_nothing_is_written_elsewhere(self, mixed):
        """The folder holds what was asked for and the figures of the LaTeX file, and nothing beside."""
        folder = mixed[0][".md"].parent
        assert {path.name for path in folder.iterdir()} == {
            "plan.toml",
            "evidence.toml",
            "protocol-figures",
            *(f"protocol{suffix}" for suffix in SUFFIXES),
        }

    @pytest.mark.sweep
    @pytest.mark.parametrize("kind", [name for name in DOCUMENTS if name != "protocol"])
    def test_documents_of_other_readers_show_it_as_text(self, kind, tmp_path):
        """No document makes an order of it, whoever it is for."""
        payloads = [text[:80] for text in PAYLOADS.values()]
        paths, said = written(tmp_path, lambda i: payloads[i % len(payloads)], (".html", ".pdf", ".docx"), kind=kind)
        page = Page(without_sources(paths[".html"].read_text(encoding="utf-8")))
        assert not page.tags & {"script", "iframe", "object", "embed", "link", "base", "form"}
        assert {value[:1] for name, value in page.attributes if name == "href"} <= {"#"}
        assert not_literal("".join(page.texts), said, least=0) == []  # a statement prints few of the plan's words

    @pytest.mark.sweep
    @pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
    def test_each_payload_in_every_field(self, payload, tmp_path):
        """One payload in every field at once: all formats are written and the page shows it."""
        paths, said = written(tmp_path, lambda i: payload[:90])
        page = Page(without_sources(paths[".html"].read_text(encoding="utf-8")))
        assert "script" not in page.tags
        assert not_literal("".join(page.texts), said) == []

    @pytest.mark.sweep
    def test_each_field_alone_begins_no_block(self, tmp_path):
        """What would begin a list, a head or a table on a line of its own stays a sentence, whatever the field."""
        plain, hostile = (
            Page(written(tmp_path, choose, (".html",), "{text} {token}")[0][".html"].read_text(encoding="utf-8")).counts
            for choose in (lambda i: "plain", lambda i: OPENINGS[i % len(OPENINGS)])
        )
        assert hostile == plain


class TestEscape:
    @pytest.mark.parametrize("text", [*OPENINGS, *PAYLOADS.values()])
    def test_it_stays_what_it_is_where_a_line_begins(self, text):
        """As a paragraph of its own, a text is one paragraph that says what was written."""
        import pypandoc

        from trialplan.protocol.formats.pandoc import _READER

        shown = Page(
            pypandoc.convert_text(
                f"before\n\n{escape(text)}\n\nafter", "html", format=_READER, extra_args=["--wrap=none"]
            )
        )
        assert shown.tags == {"p"}
        assert "".join(shown.texts).split("\n")[1] == " ".join(text.split())

    @pytest.mark.parametrize("text", PAYLOADS.values(), ids=PAYLOADS)
    def test_it_stays_inside_an_attribute(self, text):
        """An alternative text comes out as it went in, and ends no attribute."""
        import pypandoc

        from trialplan.protocol.formats.pandoc import _READER

        page = pypandoc.convert_text(
            f'![c](x.svg){{alt="{attribute(text)}"}}', "html", format=_READER, extra_args=["--wrap=none"]
        )
        assert dict(Page(page).attributes)["alt"] == " ".join(text.split())


class TestTitle:
    @pytest.mark.parametrize("title", ["true", "FALSE", "null", "[a, b]", "{x: y}", "~", "- x", "@x", "*b* <i> & $x$"])
    def test_it_is_read_neither_as_markdown_nor_as_yaml(self, title, tmp_path):
        """The page's title and the Word file's properties bear the title as it was written."""
        from trialplan.protocol.formats import pandoc, word

        plan = read(starter(tmp_path, "Working title of the trial", title))
        look = f"--template={shipped('templates') / 'page.html'}"
        page = pandoc.convert("text", plan, ["--to=html5", look]).decode()
        with zipfile.ZipFile(io.BytesIO(word.document("text", plan, None))) as file:
            core = xml.dom.minidom.parseString(file.read("docProps/core.xml"))
        (named,) = core.getElementsByTagName("dc:title")
        head = re.search("<title>(.*?)</title>", page, re.DOTALL)[1]
        for found in (html.unescape(head), named.firstChild.data):
            assert " ".join(found.split()) == title


def starter(folder, old, new):
    """The starter plan with one text changed."""
    text = (shipped("examples") / "starter" / "plan.toml").read_text(encoding="utf-8")
    assert old in text
    (folder / "plan.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    return str(folder / "plan.toml")


class TestRefused:
    def test_a_title_of_ten_megabytes(self, tmp_path):
        """It is refused in a moment, by one short sentence that says how long a text may be."""
        name = starter(tmp_path, "Working title of the trial", "x" * 10_000_000)
        begun = time.process_time()
        with pytest.raises(FileError, match=r"trial\.title: a text may have 20,000 characters") as why:
            read(name)
        assert len(str(why.value)) < 300 + len(name)
        assert time.process_time() - begun < 5

    def test_a_title_longer_than_a_title(self, tmp_path):
        """A title that no page header holds is refused with its length, not printed whole."""
        with pytest.raises(FileError, match="title must have at most") as why:
            read(starter(tmp_path, "Working title of the trial", "x" * 19_000))
        assert len(str(why.value)) < 300

    @pytest.mark.parametrize(
        ("letter", "name"),
        [
            ("\\u0000", "U+0000"),
            ("\\u001b", "U+001B"),
            ("\\u202e", "U+202E"),
            ("\\u2066", "U+2066"),
            ("\\uffff", "U+FFFF"),
        ],
    )
    def test_letters_that_no_document_shows(self, letter, name, tmp_path):
        """A control character, or one that turns the direction of text, is refused with its place and its name."""
        with pytest.raises(FileError, match=rf"trial\.title: character 9 is {re.escape(name)}"):
            read(starter(tmp_path, "Working title", f"Working {letter}title"))

    def test_such_a_letter_in_a_key(self, tmp_path):
        """A key is looked at like a text."""
        with pytest.raises(FileError, match=r"U\+0000"):
            read(starter(tmp_path, "[endpoint.settings]", '[endpoint.settings]\n"a\\u0000" = 1'))

    def test_such_a_letter_in_a_spreadsheet(self, tmp_path):
        """An evidence table in CSV is looked at like one in TOML."""
        from trialplan import evidence

        (tmp_path / "evidence.csv").write_text("study,outcome,citation\na,b,c\u202ed\n", encoding="utf-8")
        with pytest.raises(FileError, match=r"U\+202E"):
            evidence.read("evidence.csv", tmp_path)

    @pytest.mark.parametrize("table", ["../../../../etc/passwd", "/etc/passwd", "x" * 5000, "no/such/table.toml"])
    def test_a_table_that_is_none(self, table, tmp_path):
        """The name of a file that is no evidence table is one sentence, and nothing of the file is shown."""
        with pytest.raises(TrialplanError) as why:
            build(read(starter(tmp_path, 'table = "msc-lupus-nephritis"', f'table = "{table}"')))
        assert "root:" not in str(why.value)

    @pytest.mark.parametrize("name", ["a b.tex", "a%b.tex", "a#b.tex", "a{b.tex", "a](x).tex"])
    def test_a_name_that_latex_cannot_read(self, name, tmp_path):
        """A LaTeX file lends its name to a folder, so its name must be one that LaTeX reads."""
        with pytest.raises(FileError, match="letters, digits"):
            write(read("starter"), [tmp_path / name])
        assert list(tmp_path.iterdir()) == []
