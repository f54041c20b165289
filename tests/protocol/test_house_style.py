"""A house's own templates override single files or blocks, see what the plan says, and reach nothing else."""

import io
import re
import zipfile

import pytest

from trialplan.errors import FileError, PlanError, TrialplanError
from trialplan.files import shipped
from trialplan.plan import build, read
from trialplan.protocol import render, write
from trialplan.protocol.formats import house_style as house


@pytest.fixture(scope="module")
def trial():
    return build(read("starter"))


def said(folder, text, name="protocol.md.j2"):
    """A folder of templates with one file in it."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return folder


class TestOverriding:
    def test_one_block(self, trial, tmp_path):
        """A template that extends the shipped one replaces the block that it names, and no other."""
        block = "{% block open_questions %}# Ours\n\n{{ trial.title }}.\n{% endblock %}"
        ours = f'{{% extends "trialplan/protocol.md.j2" %}}{block}'
        text = render(trial, said(tmp_path, ours))
        assert "# Ours\n\nWorking title of the trial." in text
        assert "# Open questions" not in text
        assert "# Synopsis" in text

    def test_one_file(self, trial, tmp_path):
        """A file named as a shipped one takes its place wherever it is included."""
        text = render(trial, said(tmp_path, "# Our references\n", "sections/references.md.j2"))
        assert "# Our references" in text
        assert "# Synopsis" in text

    def test_the_looks(self, tmp_path):
        """A page.css and a page.typ of the house are the ones that are used."""
        said(tmp_path, "body { color: rebeccapurple }", "page.css")
        look = (shipped("templates") / "page.typ").read_text(encoding="utf-8")
        said(tmp_path, look.replace('paper: "a4"', 'paper: "a5"'), "page.typ")
        out = tmp_path / "out"
        out.mkdir()
        # the document that takes least to compute and to draw
        write(read("starter"), [out / "a.html", out / "a.pdf"], templates=tmp_path, kind="statement")
        assert "rebeccapurple" in (out / "a.html").read_text(encoding="utf-8")
        assert re.search(rb"/MediaBox ?\[0 0 419\.5", (out / "a.pdf").read_bytes())

    def test_what_they_print_is_escaped(self, trial, tmp_path):
        """A house's templates print the plan's text as text, as the shipped ones do."""
        assert render(trial, said(tmp_path, '{{ "<b>*x*" }}')) == "\\<b\\>\\*x\\*\n"

    def test_a_folder_that_overrides_nothing(self, tmp_path):
        """A folder none of whose files bears the name of a shipped one is a mistake, and said to be."""
        said(tmp_path, "x", "sections/synopsys.md.j2")
        with pytest.raises(FileError, match="overrides nothing"):
            write(read("starter"), [tmp_path / "a.md"], templates=tmp_path)
        with pytest.raises(FileError, match="does not exist"):
            write(read("starter"), [tmp_path / "a.md"], templates=tmp_path / "no")


class TestSentences:
    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("\n\n{{ nothing_of_the_kind }}", r"protocol\.md\.j2, line 3: 'nothing_of_the_kind' is undefined"),
            ("a\n{% if %}", r"protocol\.md\.j2, line 2: Expected an expression"),
            ("{{ trial.titel }}", r"protocol\.md\.j2, line 1: .* has no attribute 'titel'"),
            ("\n{{ trial.phase }}", r"protocol\.md\.j2, line 2: a template prints a value that is not there"),
            ("{{ trial.title | bold }}", r"protocol\.md\.j2, line 1: No filter named 'bold'"),
            ('{% include "sections/no.md.j2" %}', r"protocol\.md\.j2, line 1: .*sections/no\.md\.j2"),
            ("{{ trial.title | percent }}", r"protocol\.md\.j2, line 1"),
        ],
    )
    def test_a_wrong_template_is_one_sentence(self, text, sentence, trial, tmp_path):
        """What is wrong with a template is said in one sentence with its file and line."""
        with pytest.raises(TrialplanError, match=sentence) as why:
            render(trial, said(tmp_path, text))
        assert "\n" not in str(why.value)

    def test_nothing_is_left_behind(self, tmp_path):
        """Nothing is written where a template is wrong."""
        said(tmp_path / "house", "{{ nothing_of_the_kind }}")
        with pytest.raises(TrialplanError):
            write(read("starter"), [tmp_path / "a.md", tmp_path / "a.html"], templates=tmp_path / "house")
        assert [path.name for path in tmp_path.iterdir()] == ["house"]


ESCAPES = [
    "{{ ''.__class__.__mro__ }}",
    "{{ trial.__init__.__globals__ }}",
    "{{ plan.folder.read_text }}",
    "{{ (plan.folder / 'plan.toml').read_text() }}",
    "{{ plan.folder.parent.iterdir() | list }}",
    "{{ trial.parse_file('/etc/passwd') }}",
    "{{ trial.model_validate({}) }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ self.__init__.__globals__ }}",
    "{{ trial.title.format.__globals__ }}",
    "{{ '{0.__class__}'.format(trial) }}",
    "{{ rows.append(1) }}",
    "{% include '../secret.md.j2' %}",
    "{% include '/etc/passwd' %}",
    "{% include 'trialplan/../../secret.md.j2' %}",
    "{% include 'link.md.j2' %}",
    "{% for i in range(10000000) %}x{% endfor %}",
]


class TestSandbox:
    @pytest.mark.parametrize("text", ESCAPES)
    def test_there_is_no_way_out(self, text, trial, tmp_path):
        """A template reads no file outside its folder, calls nothing but what belongs to the plan, changes nothing."""
        (tmp_path / "secret.md.j2").write_text("the secret", encoding="utf-8")
        folder = said(tmp_path / "house", text)
        (folder / "link.md.j2").symlink_to(tmp_path / "secret.md.j2")
        with pytest.raises(TrialplanError, match=r"protocol\.md\.j2, line 1"):
            render(trial, folder)

    def test_what_a_template_needs_is_allowed(self, trial, tmp_path):
        """Methods of texts and mappings, loops, macros and the numbers of the plan work."""
        ours = (
            "{% macro twice(x) %}{{ x }}{{ x }}{% endmacro %}{{ twice('a') }} {{ 'b'.upper() }} "
            "{% for key, value in names.items() %}{% if loop.first %}{{ key }}{% endif %}{% endfor %} "
            "{{ arms[first].n | count }}"
        )
        assert render(trial, said(tmp_path, ours)).startswith("aa B estimand 1")


class TestSections:
    def plan(self, folder, report):
        text = (shipped("examples") / "starter" / "plan.toml").read_text(encoding="utf-8")
        (folder / "plan.toml").write_text(f"{text}\n[report]\n{report}\n", encoding="utf-8")
        return read(str(folder / "plan.toml"))

    def heads(self, plan):
        return re.findall(r"^# (.*)$", re.sub(r"(?ms)^```.*?^```", "", render(build(plan))), re.MULTILINE)

    def test_only_some(self, tmp_path):
        """`sections` prints those alone, in the order of the document."""
        assert self.heads(self.plan(tmp_path, 'sections = ["sample-size", "synopsis"]')) == ["Synopsis", "Sample size"]

    def test_all_but_some(self, tmp_path):
        """`leave_out` prints all but those."""
        heads = self.heads(self.plan(tmp_path, 'leave_out = ["open_questions"]'))
        assert "Open questions" not in heads
        assert {"Synopsis", "Sample size", "References"} <= {*heads}

    def test_a_section_that_is_left_out_stays_out(self, tmp_path):
        """A section that the plan leaves out is not printed where the house's template overrides it."""
        ours = '{% extends "trialplan/protocol.md.j2" %}{% block synopsis %}# Ours\n{% endblock %}'
        plan = self.plan(tmp_path, 'leave_out = ["synopsis"]')
        assert "# Ours" not in render(build(plan), said(tmp_path / "house", ours))

    def test_an_unknown_one(self, tmp_path):
        """A name that is no section's is answered with the nearest one."""
        with pytest.raises(PlanError, match=r"no section 'sinopsis'; did you mean 'synopsis'"):
            render(build(self.plan(tmp_path, 'leave_out = ["sinopsis"]')))

    def test_both_at_once(self, tmp_path):
        """Saying both what to print and what not to is refused."""
        with pytest.raises(PlanError, match="keep one of them"):
            render(build(self.plan(tmp_path, 'sections = ["synopsis"]\nleave_out = ["references"]')))

    def test_every_block_is_a_section(self):
        """Each block of the shipped template is a section that can be left out."""
        assert {"synopsis", "sample_size", "references"} <= {*house.sections(house.environment())}


def parts(path):
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name).decode() for name in file.namelist() if name.endswith(".xml")}


@pytest.fixture(scope="module")
def sponsored(tmp_path_factory):
    """The starter's protocol by a sponsor's Word file: pandoc's own, in another face, with its own header."""
    from trialplan.protocol.formats.word_styles import reference_document

    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(reference_document())) as source, zipfile.ZipFile(made, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "word/styles.xml":
                data = data.replace(b"Calibri", b"Georgia").replace(b'<w:numId w:val="90"/>', b'<w:numId w:val="0"/>')
                data = re.sub(rb"<w:numPr>.*?</w:numPr>", b"", data)
            if name == "word/header9.xml":
                data = data.replace(" · Version ".encode(), " · SPONSOR ".encode())
            target.writestr(name, data)
    folder = tmp_path_factory.mktemp("sponsored")
    (folder / "sponsor.docx").write_bytes(made.getvalue())
    (path,) = write(read("starter"), [folder / "a.docx"], reference=folder / "sponsor.docx")
    return parts(path)


class TestReference:
    def test_styles_and_headers_are_the_sponsor_s(self, sponsored):
        """A reference document lends its face and its header, whose fields show the plan's title and version."""
        assert "Georgia" in sponsored["word/styles.xml"]
        header = next(text for name, text in sponsored.items() if re.search(r"header\d*\.xml", name))
        words = re.sub("<[^>]+>", "", header)
        assert "Working title of the trial · SPONSOR draft 1" in words

    def test_headings_are_numbered_once(self, sponsored, protocols):
        """Headings that no style counts carry their number as text; those that a style counts do not."""
        assert "SectionNumber" in sponsored["word/document.xml"]
        assert "SectionNumber" not in parts(protocols("starter")[".docx"])["word/document.xml"]

    @pytest.mark.parametrize("content", [None, b"no zip", b"PK\x05\x06" + b"\0" * 18])
    def test_what_is_no_word_file(self, content, tmp_path):
        """A reference that is missing or no Word file is one sentence, and nothing is written."""
        path = tmp_path / "reference.docx"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(FileError, match=r"reference document|not a Word document"):
            write(read("starter"), [tmp_path / "a.docx"], reference=path)
        assert not (tmp_path / "a.docx").exists()


class TestBounds:
    """A template that never ends, or asks for everything there is."""

    @pytest.mark.parametrize(
        "text",
        [
            '{% extends "protocol.md.j2" %}',
            '{% include "protocol.md.j2" %}',
            "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}",
        ],
    )
    def test_what_goes_round_in_a_circle(self, text, trial, tmp_path):
        """Is told with its place."""
        with pytest.raises(TrialplanError, match=r"protocol\.md\.j2, line 1: it extends, .* without end"):
            render(trial, said(tmp_path, text))

    @pytest.mark.parametrize(
        ("text", "patience", "sentence"),
        [
            ("{{ 'a' * (10 ** 10) }}", 120, "more memory than there is"),
            (
                "{% for i in 'x' * 99999 %}{% for j in 'x' * 99999 %}{% endfor %}{% endfor %}",
                3,
                "more than 3 seconds",
            ),
        ],
    )
    def test_what_takes_too_much_is_ended(self, text, patience, sentence, tmp_path):
        """In a process of its own, and nothing is left."""
        folder = said(tmp_path / "house", text)
        with pytest.raises(TrialplanError, match=sentence) as why:
            write(read("starter"), [tmp_path / "a.md"], templates=folder, patience=patience)
        assert "\n" not in str(why.value)
        assert [path.name for path in tmp_path.iterdir()] == ["house"]


class TestParts:
    """What a template of pandoc's takes in."""

    @pytest.mark.parametrize(
        "part", ["${../secret.txt()}", "$../secret.txt()$", "${ title:../secret() }", "$/etc/passwd()$"]
    )
    def test_nothing_outside_the_folder(self, part, tmp_path):
        """A part is a file beside its template."""
        (tmp_path / "secret.txt").write_text("the secret", encoding="utf-8")
        folder = said(tmp_path / "house", f"<html>{part}$body$</html>", "page.html")
        with pytest.raises(FileError, match="no file beside it"):
            write(read("starter"), [tmp_path / "a.html"], templates=folder)

    def test_a_part_beside_it(self, tmp_path):
        """Is taken in."""
        said(tmp_path / "house", "<html>${ greeting.txt() }$body$</html>", "page.html")
        folder = said(tmp_path / "house", "good morning", "greeting.txt")
        (path,) = write(read("starter"), [tmp_path / "a.html"], templates=folder, kind="statement")
        assert "good morning" in path.read_text(encoding="utf-8")

    def test_a_link_out_of_the_folder(self, tmp_path):
        """Is refused, whatever it is."""
        (tmp_path / "secret").write_text("the secret", encoding="utf-8")
        folder = said(tmp_path / "house", "x", "page.html")
        (folder / "page.css").symlink_to(tmp_path / "secret")
        with pytest.raises(FileError, match="leads out of the folder"):
            write(read("starter"), [tmp_path / "a.html"], templates=folder)
