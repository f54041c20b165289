"""How answers are shown and written."""

from __future__ import annotations

import csv
import json
import re
import shlex
import sys

import click
import numpy as np
import pytest

from trialplan import files
from trialplan.cli import SERVING, root
from trialplan.errors import FileError
from trialplan.page import Page, as_csv
from trialplan.text import stated, stated_apart

SIZE = ["size", "two-proportions", "--control", "0.3", "--treatment", "0.5"]
KEYS = {
    *("design", "assumptions", "target_power", "n", "arms", "arms_unrounded", "power", "success"),
    *("alpha", "sides", "test", "formula", "reference", "version"),
}


class TestScreen:
    """Text for a person and for a pipe."""

    def test_pipe_is_plain(self, run):
        """In a pipe there is aligned text without colours or boxes."""
        ran = run(*SIZE)
        assert "\x1b" not in ran.out
        assert not set("│┃─━╭") & set(ran.out)
        assert "control      0.3  (30 %)" in ran.out

    def test_terminal_is_rich(self, run, monkeypatch):
        """A person at a terminal gets the same facts, laid out by rich."""
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        ran = run("designs", "one-proportion")
        assert "━" in ran.out or "─" in ran.out
        assert "p₀" in ran.out

    @pytest.mark.parametrize("terminal", [False, True])
    def test_a_minus_is_that_of_the_keyboard(self, run, monkeypatch, terminal):
        """On a terminal and in text a number may be typed again as it stands; documents have the sign for minus."""
        monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
        looks = ("--looks", "0.5,1", "--efficacy", "lan-demets-pocock", "--events", "25/50,15/50")
        out = run("monitor", *SIZE[1:], *looks).out
        assert re.search(r"-0\.\d+ to 0\.\d+", out)
        assert "−" not in out

    def test_brackets_are_not_markup(self, run, monkeypatch):
        """Interval brackets survive rich, which would take them for markup."""
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        monkeypatch.setenv("COLUMNS", "200")
        assert "(-1, 1)" in run("designs", "ancova").out


class TestJson:
    """Data for a program."""

    def test_keys(self, run):
        """The keys are those that every reader relies on, and no others."""
        assert set(json.loads(run(*SIZE, "--json").out)) == KEYS
        assert set(json.loads(run(*SIZE, "--dropout", "0.1", "--json").out)) == {*KEYS, "enrolled"}

    def test_a_file_beside_it_is_told(self, run, tmp_path):
        """Stdout holds the JSON alone, and stderr says which file was written beside it."""
        for name in ("a.csv", "a.md"):
            ran = run(*SIZE, "--json", "-o", str(tmp_path / name))
            assert json.loads(ran.out)["n"] == 186
            assert ran.err == f"wrote {tmp_path / name}\n"

    def test_full_precision(self, run):
        """Numbers are not rounded."""
        assert json.loads(run(*SIZE, "--json").out)["arms_unrounded"]["control"] == pytest.approx(92.99884, abs=1e-4)

    @pytest.mark.parametrize(
        "line",
        [
            "designs",
            "designs two-proportions",
            "evidence msc-lupus-nephritis",
            "effect two-means --sd 1 --n 128",
            "schema",
        ],
    )
    def test_every_verb(self, run, line):
        """Every verb's JSON can be read, without NaN or Infinity, which are not JSON."""
        words = line.split() if line == "schema" else [*line.split(), "--json"]
        ran = run(*words)
        assert json.loads(ran.out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


class TestEvidence:
    """The evidence verb."""

    def test_estimates_and_findings(self, run):
        """A person sees each outcome with its interval, and each finding with its severity."""
        out = run("evidence", "msc-lupus-nephritis").out
        assert "16/30" in out
        assert "53.3 %" in out
        assert "36.1 % to 69.8 %" in out
        assert "block" in out

    def test_interval(self, run):
        """--interval chooses the method."""
        ran = run("evidence", "msc-lupus-nephritis", "--interval", "clopper-pearson", "--json")
        methods = {
            outcome["estimate"]["method"]
            for study in json.loads(ran.out)["studies"]
            for outcome in study["outcomes"]
            if outcome["estimate"] and outcome["estimate"]["kind"] == "proportion"
        }
        assert methods == {"clopper-pearson"}


class TestFile:
    """Answers written to files."""

    @pytest.mark.parametrize("suffix", [".json", ".csv", ".txt", ".md"])
    @pytest.mark.parametrize("line", ["designs", "designs ancova", "evidence msc-lupus-nephritis", " ".join(SIZE)])
    def test_format_by_suffix(self, run, tmp_path, suffix, line):
        """The suffix chooses the format, and the screen says what was written."""
        path = tmp_path / f"answer{suffix}"
        ran = run(*line.split(), "-o", str(path))
        assert (ran.code, ran.out) == (0, f"wrote {path}\n")
        text = path.read_text(encoding="utf-8")
        if suffix == ".json":
            assert json.loads(text)
        elif suffix == ".csv":
            assert list(csv.DictReader(text.splitlines()))
        else:
            assert ("|" in text) or suffix == ".txt"

    def test_csv_of_one_answer(self, run, tmp_path):
        """One answer is one line, nested names joined."""
        path = tmp_path / "answer.csv"
        run(*SIZE, "-o", str(path))
        (row,) = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
        assert (row["n"], row["arms_treatment"], row["assumptions_control"]) == ("186", "93", "0.3")

    def test_json_and_file(self, run, tmp_path):
        """--json prints while -o writes."""
        path = tmp_path / "answer.csv"
        ran = run(*SIZE, "--json", "-o", str(path))
        assert json.loads(ran.out)["n"] == 186
        assert path.exists()

    def test_whole_or_not_at_all(self, run, tmp_path, monkeypatch):
        """A write that fails leaves the old file as it was, and nothing beside it."""
        path = tmp_path / "answer.txt"
        path.write_text("old")

        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(files.os, "replace", full)
        ran = run(*SIZE, "-o", str(path), "--force")
        why = "no space left on device; choose another output"
        assert (ran.code, ran.err) == (2, f"trialplan: {path} cannot be written: {why}\n")
        assert path.read_text() == "old"
        assert list(tmp_path.iterdir()) == [path]


OVER = (
    *(" ".join([*SIZE, "-o", f"answer{suffix}"]) for suffix in (".json", ".csv", ".txt", ".md", ".svg")),
    *(f"scenarios two-proportions --control 0.3 --vary treatment=0.5,0.6 -o grid{end}" for end in (".csv", ".html")),
    "scenarios two-proportions --control 0.3 --vary treatment=0.5,0.6 -o grid.svg",
    "tornado two-proportions --control 0.3 --treatment 0.5 --vary treatment=0.45,0.6 -o tornado.svg",
    "monitor two-proportions --control 0.3 --treatment 0.5 --looks 0.5,1 --efficacy pocock --z 1 -o look.json",
    "evidence msc-lupus-nephritis -o evidence.toml",
    "evidence msc-lupus-nephritis -o evidence.csv",
    "compare two-proportions --control 0.3 --treatment 0.5 -o tests.csv",
    "code two-proportions --control 0.3 --treatment 0.5 -o check.R",
    "randomise --arms a,b --n 8 --seed 1 -o list.csv",
    "randomise --arms a,b --n 8 --seed 1 --masked sites.csv",
    "designs -o designs.md",
    "schema -o plan.json",
    "init plan.toml",
    "init evidence.csv",
    "protocol starter --document statement -o statement.md",
)
"""Commands that write one file each, of every way to write one."""


class TestNothingIsWrittenOver:
    """What lies where an answer is to go."""

    @pytest.mark.parametrize("line", OVER)
    def test_unasked(self, run, tmp_path, monkeypatch, line):
        """It is kept, in one sentence that names the ways out, and written over by --force."""
        monkeypatch.chdir(tmp_path)
        path = tmp_path / line.split()[-1]
        path.write_text("mine")
        ran = run(*line.split())
        way_out = "exists already; choose another name, or overwrite it with --force"
        assert (ran.code, ran.out, ran.err) == (2, "", f"trialplan: {path.name} {way_out}\n")
        assert path.read_text() == "mine"
        assert run(*line.split(), "--force").code == 0
        assert path.read_bytes() != b"mine"
        assert list(tmp_path.iterdir()) == [path]

    def test_every_command_that_writes_can_be_told(self):
        """Whatever takes a file to write takes --force, and what writes none does not."""
        context = click.Context(root)
        for verb in set(root.list_commands(context)) - set(SERVING):
            command = root.get_command(context, verb)
            if isinstance(command, click.Group):
                command = command.get_command(context, "two-means") or command.get_command(context, "starter")
            names = {name for option in command.params for name in option.opts}
            assert ("--force" in names) == bool({"-o", "path"} & names), verb

    def test_an_interrupted_grid_goes_on_over_what_it_was_to_replace(self, run, tmp_path, monkeypatch):
        """Who may write over a file when the grid begins may do so when it goes on; without a journal nobody may."""
        monkeypatch.chdir(tmp_path)
        line = ["scenarios", "two-proportions", "--control", "0.3", "--vary", "treatment=0.5,0.6", "-o", "grid.csv"]
        assert run(*line).code == 0
        first = (tmp_path / "grid.csv").read_bytes()
        assert "exists already" in run(*line, "--resume").err
        (tmp_path / "grid.csv").write_text("older")
        with monkeypatch.context() as patched:
            patched.setattr("trialplan.analyses.scenarios.files.write", interrupted)
            assert run(*line, "--force").code == 130
        assert (tmp_path / "grid.csv.partial").exists()
        assert run(*line, "--resume").code == 0
        assert (tmp_path / "grid.csv").read_bytes() == first

    def test_a_page_to_mail_does_not_say_so(self, run, tmp_path, monkeypatch):
        """The command of a page is one for its reader, who has no such file."""
        monkeypatch.chdir(tmp_path)
        line = "scenarios two-proportions --control 0.3 --vary treatment=0.5,0.6 --force -o grid.html"
        assert run(*line.split()).code == 0
        page = (tmp_path / "grid.html").read_text(encoding="utf-8")
        assert "treatment=0.5,0.6 -o grid.html" in page
        assert "--force" not in page


def interrupted(*_, **__):
    """Somebody presses Ctrl-C."""
    raise KeyboardInterrupt


class TestProtocol:
    """The protocol verb."""

    def test_default_is_markdown_on_the_screen(self, run):
        """Without -o the Markdown goes to stdout."""
        ran = run("protocol", "starter")
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.lstrip().startswith(("#", "---", "<!--"))

    def test_writes_what_is_named(self, run, tmp_path):
        """Each -o is written in its own format."""
        paths = [tmp_path / "a.md", tmp_path / "a.html"]
        ran = run("protocol", "starter", *(word for path in paths for word in ("-o", str(path))))
        assert ran.out == "".join(f"wrote {path}\n" for path in paths)
        assert all(path.stat().st_size for path in paths)


class TestDemo:
    """The demo verb."""

    def test_three_formats(self, run, tmp_path):
        """The demo writes Markdown, HTML and DOCX, and says where."""
        ran = run("demo", "--output", str(tmp_path / "demo"))
        assert ran.code == 0
        assert sorted(path.name for path in (tmp_path / "demo").iterdir()) == [
            "protocol.docx",
            "protocol.html",
            "protocol.md",
        ]
        assert ran.out.count("wrote ") == 3

    def test_without_pandoc(self, run, tmp_path, monkeypatch):
        """Without the extra the demo writes Markdown, names the command that adds the others, and is done."""
        monkeypatch.setitem(sys.modules, "pypandoc", None)
        ran = run("demo", "--output", str(tmp_path / "demo"))
        assert ran.code == 0
        assert [path.name for path in (tmp_path / "demo").iterdir()] == ["protocol.md"]
        assert "pip install 'trialplan[report]'" in ran.out

    def test_leaves_no_empty_folder(self, run, tmp_path, monkeypatch):
        """A demo that fails takes back the folder that it made."""
        from trialplan import protocol

        def fail(*_):
            raise FileError("the disk is full; free some space")

        monkeypatch.setattr(protocol, "write", fail)
        assert run("demo", "--output", str(tmp_path / "demo")).code == 2
        assert not (tmp_path / "demo").exists()


class TestInit:
    """The init verb."""

    def test_starts_a_plan(self, run, tmp_path):
        """The starter plan is one that the protocol verb takes."""
        path = tmp_path / "plan.toml"
        assert run("init", str(path)).code == 0
        ran = run("protocol", str(path), "-o", str(tmp_path / "a.md"))
        assert (ran.code, ran.err) == (0, "")

    @pytest.mark.parametrize("document", ["statistics", "statement", "committee", "registry"])
    def test_starts_one_for_a_document(self, run, tmp_path, document):
        """What `init` writes for a reader says which document it makes, and is a plan."""
        from trialplan.plan import read

        path = tmp_path / "plan.toml"
        assert run("init", str(path), "--document", document).code == 0
        found = read(str(path))
        assert found.content.report.document == document
        assert (found.content.monitoring is not None) == (document == "committee")
        assert "printed as missing" not in found.text

    def test_a_key_that_is_taken_up_stands_in_its_section(self, run, tmp_path):
        """Keys of a registry stand below their heading, with what they may be."""
        from trialplan.plan import read

        path = tmp_path / "plan.toml"
        run("init", str(path), "--document", "registry")
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("# sex = …", 'sex = "female"'), encoding="utf-8")
        assert read(str(path)).content.registration.sex == "female"
        assert '"all" | "female" | "male"' in text

    @pytest.mark.parametrize("name", ["-x.toml", "-x.csv", "my plan.toml"])
    def test_names_its_file_as_it_is_typed(self, run, tmp_path, monkeypatch, name):
        """The command that comes next can be typed as it stands, whatever the file is called."""
        monkeypatch.chdir(tmp_path)
        ran = run("init", "--", name)
        assert (ran.code, ran.err) == (0, "")
        asked = shlex.split(ran.out.rpartition("trialplan ")[2])
        assert not any(word.startswith("-") and word != "-o" for word in asked)
        assert run(*asked).code == 0

    @pytest.mark.parametrize("name", ["sheet.odt", "sheet.doc", ".docx", ".odt", "plan.yaml"])
    def test_a_name_that_promises_no_plan_is_refused(self, run, tmp_path, monkeypatch, name):
        """A word processor opens no TOML, and a suffix without a name is none that `elicit` reads."""
        monkeypatch.chdir(tmp_path)
        ran = run("init", name)
        assert ran.code == 2
        assert ran.err.endswith("which says no format; name the output with .toml, .csv, .xlsx, .md or .docx\n")
        assert not list(tmp_path.iterdir())

    def test_overwrites_only_by_force(self, run, tmp_path):
        """An existing file is kept unless --force is given."""
        path = tmp_path / "plan.toml"
        path.write_text("mine")
        assert run("init", str(path)).code == 2
        assert path.read_text() == "mine"
        assert run("init", str(path), "--force").code == 0
        assert path.read_text() != "mine"


class TestInputsAsTyped:
    """Two inputs that differ are never printed the same."""

    def test_every_digit_that_was_typed(self, run):
        """A rate that differs from the other in the fifth decimal does so on the page, in its percentage, too."""
        page = run("size", "two-proportions", "--control", "0.3", "--treatment", "0.30001").out
        assert "to show treatment = 0.30001" in page
        assert "control      0.3  (30 %)" in page
        assert "treatment    0.30001  (30.001 %)" in page

    def test_the_axes_of_a_grid(self, run):
        """So do the values along both axes of scenarios."""
        varied = ("--vary", "control=0.30001,0.30002", "--vary", "alpha=0.05,0.0500001")
        page = run("scenarios", "two-proportions", "--treatment", "0.5", "--power", "0.8", *varied).out
        assert all(value in page for value in ("0.30001", "0.30002", "0.0500001"))

    def test_numbers_that_were_computed(self):
        """Computed numbers have four digits, and more where these would not tell them apart."""
        assert stated_apart([1 / 3, 2 / 3]) == ["0.3333", "0.6667"]
        assert stated_apart([1 / 3, 1 / 3 + 1e-9, 1 / 3]) == ["0.333333333", "0.333333334", "0.333333333"]

    @pytest.mark.parametrize("seed", range(20))
    def test_reads_back(self, seed):
        """Whatever has up to twelve digits reads back as itself, and what differs differs."""
        rng = np.random.default_rng(seed)
        values = [float(f"{x:.{rng.integers(1, 13)}g}") for x in 10.0 ** rng.uniform(-9, 9, 200)]
        assert [float(text.replace(",", "")) for text in map(stated, values)] == values
        near = sorted({*values, *(np.nextafter(x, 1) for x in values)})
        assert len(set(stated_apart(near))) == len(near)


def test_no_cell_of_a_csv_is_a_formula():
    """A text that a spreadsheet would compute has an apostrophe before it; a number with its sign has none."""
    page = Page(data={}, headline="", records=lambda: [{"=a": "=1+1", "b": "-2.5", "c": -2.5, "d": "@x", "e": "+"}])
    assert as_csv(page) == "'=a,b,c,d,e\n'=1+1,-2.5,-2.5,'@x,+\n"
