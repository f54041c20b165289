"""`trialplan check`: what is printed, what is in the JSON, and the exit codes."""

from __future__ import annotations

import json
import re

import pytest

from trialplan.protocol.checking import check


@pytest.fixture(scope="module")
def text(protocols):
    """The starter's protocol as Markdown."""
    return protocols("starter")[".md"].read_text(encoding="utf-8")


@pytest.fixture
def here(monkeypatch):
    """Documents are recomputed in this process, which keeps what it has computed, not in one of their own."""
    monkeypatch.setattr(check, "bounded", lambda function, *arguments, patience: function(*arguments))


@pytest.fixture
def document(text, tmp_path, monkeypatch):
    """Writes that protocol, with some of its text replaced, into the working folder."""
    monkeypatch.chdir(tmp_path)

    def written(*changes):
        changed = text
        for old, new in changes:
            assert old in changed
            changed = changed.replace(old, new, 1)
        (tmp_path / "protocol.md").write_text(changed, encoding="utf-8")
        return "protocol.md"

    return written


WRONG = ("Randomise 228 participants", "Randomise 208 participants")


class TestCheck:
    def test_all_agrees(self, run, document):
        """A document that agrees is one sentence, and the exit code is 0."""
        ran = run("check", document())
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.startswith("protocol.md says what its plan gives: all ")
        assert len(ran.out.splitlines()) == 1

    def test_a_mismatch(self, run, here, document):
        """A number that was changed is a line with both values, and the exit code is 1."""
        ran = run("check", document(WRONG))
        assert (ran.code, ran.err) == (1, "")
        lines = ran.out.splitlines()
        assert lines[0] == "protocol.md does not say what its plan gives: 1 statement is not as computed from starter."
        assert lines[-1].split()[-2:] == ["208", "228"]

    def test_sections_that_are_gone(self, run, here, document, text):
        """The first line says how many sections are not in the document, even if all that is in it agrees."""
        section = next(part for part in re.split(r"(?m)^(?=## )", text) if part.startswith("## Calculation"))
        ran = run("check", document((re.split(r"(?m)^# ", section)[0], "")))
        assert ran.code == 0
        assert ran.out.splitlines()[0].endswith("numbers in it agree; 1 of its sections is not in it.")

    def test_json(self, run, here, document):
        """The JSON says whether all is well, and of every statement where it stands and both values."""
        ran = run("check", document(WRONG), "--json")
        assert ran.code == 1
        data = json.loads(ran.out)
        assert data["ok"] is False
        assert len(data["statements"]) > 100
        assert all(set(one) == {"quantity", "printed", "recomputed", "ok"} for one in data["statements"])
        assert [(one["printed"], one["recomputed"]) for one in data["statements"] if not one["ok"]] == [("208", "228")]

    def test_json_of_one_that_agrees(self, run, here, document):
        """Every statement of a document that agrees is the same on both sides."""
        data = json.loads(run("check", document(), "--json").out)
        assert data["ok"] is True
        assert all(one["ok"] and one["printed"] == one["recomputed"] for one in data["statements"])

    def test_what_was_added_is_told(self, run, here, document, text):
        """Added text and another version are told below the answer."""
        (program,) = re.findall(r"Program \| (trialplan \S+)", text)
        ran = run(
            "check",
            document(("# ", "Sponsor: nobody yet.\n\n# "), (f"Program | {program}", "Program | trialplan 7.0.0")),
        )
        assert ran.code == 0
        assert "Added text, not checked: 1 paragraph or table." in ran.out
        assert "The document was written by trialplan 7.0.0 and is checked by " in ran.out

    @pytest.mark.parametrize(
        ("name", "way_out"),
        [("absent.md", "no such file"), ("protocol.pdf", "not a PDF that can be read"), ("folder.md", "is a folder")],
    )
    def test_what_cannot_be_checked(self, run, here, tmp_path, monkeypatch, name, way_out):
        """A file that cannot be checked is one sentence, and the exit code is 2."""
        monkeypatch.chdir(tmp_path)
        (tmp_path / "folder.md").mkdir()
        (tmp_path / "protocol.pdf").write_bytes(b"%PDF")
        ran = run("check", name)
        assert (ran.code, ran.out) == (2, "")
        assert way_out in ran.err
        assert len(ran.err.splitlines()) == 1

    def test_a_changed_plan(self, run, here, document):
        """A plan changed within the document is one sentence with both digests, and the exit code is 2."""
        ran = run("check", document(("\npower = 0.8\n", "\npower = 0.9\n")))
        assert (ran.code, ran.out) == (2, "")
        assert "SHA-256" in ran.err
