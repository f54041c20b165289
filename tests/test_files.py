"""Files are written whole or not at all, where they were asked for, and never over what was not offered."""

from __future__ import annotations

import os
import resource
import stat
from contextlib import contextmanager
from pathlib import Path

import pytest

from trialplan.errors import FileError
from trialplan.files import check_writable, may_replace, nothing_lost, read_text, together, write, writing


@contextmanager
def full_disk(size=10):
    """No file can become larger than that."""
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limit[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


class TestWhere:
    """What a path means."""

    def test_a_link_is_followed(self, tmp_path):
        """To its target, which changes, while the link stays one."""
        (tmp_path / "target").write_text("before")
        (tmp_path / "link").symlink_to("target")
        write(tmp_path / "link", "after")
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "target").read_text() == "after"

    def test_a_link_to_what_is_not_there_makes_it(self, tmp_path):
        """As a shell does."""
        (tmp_path / "link").symlink_to("new")
        write(tmp_path / "link", "after")
        assert (tmp_path / "new").read_text() == "after"

    @pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "folder"])
    def test_what_is_no_file_is_refused(self, tmp_path, make):
        """And stays what it is."""
        make(tmp_path / "there")
        before = (tmp_path / "there").stat().st_mode
        with pytest.raises(FileError, match=r"not a file|is a folder"):
            write(tmp_path / "there", "text")
        assert (tmp_path / "there").stat().st_mode == before

    def test_a_device_is_refused(self):
        """Even for those who could replace it."""
        with pytest.raises(FileError, match="/dev/null is a device or a pipe, not a file"):
            check_writable(Path(os.devnull))

    @pytest.mark.parametrize("name", ["a" * 300, "loop"])
    def test_a_path_that_cannot_be(self, tmp_path, name):
        """A name that is too long, a link in a circle: one sentence."""
        (tmp_path / "loop").symlink_to("loop")
        with pytest.raises(FileError, match=r"cannot be written: (file name too long|too many levels)"):
            check_writable(tmp_path / name)


class TestMode:
    """Who may read what is written."""

    def test_a_file_that_is_there_keeps_its_mode(self, tmp_path):
        """A private one stays private."""
        (tmp_path / "list").touch(mode=0o600)
        write(tmp_path / "list", "text")
        assert mode(tmp_path / "list") == 0o600

    def test_a_new_file_follows_the_mask(self, tmp_path):
        """As every program's does; a secret one is its owner's alone."""
        before = os.umask(0o027)
        try:
            write(tmp_path / "open", "text")
            write(tmp_path / "secret", "text", secret=True)
        finally:
            os.umask(before)
        assert [mode(tmp_path / "open"), mode(tmp_path / "secret")] == [0o640, 0o600]


class TestInputs:
    """What a command reads."""

    def test_is_not_written_over(self, tmp_path):
        """Under whatever name, within that command."""
        table = tmp_path / "table.csv"
        table.write_text("a,b\n")
        (tmp_path / "other.csv").symlink_to("table.csv")
        with nothing_lost():
            may_replace()
            read_text(table)
            for name in ("table.csv", "other.csv"):
                with pytest.raises(FileError, match="is read by the same command"):
                    write(tmp_path / name, "report")
        assert table.read_text() == "a,b\n"
        write(table, "later, it is another question")

    def test_what_is_there_is_not_written_over_unasked(self, tmp_path):
        """All that is there, what is read and what is not; and which files may be replaced can be said."""
        for name in ("a.csv", "b.csv"):
            (tmp_path / name).write_text("mine")
        with nothing_lost():
            with pytest.raises(FileError, match=r"a.csv exists already; .* overwrite it with --force"):
                write(tmp_path / "a.csv", "report")
            write(tmp_path / "new.csv", "report")
            may_replace(lambda path: path.name == "a.csv")
            write(tmp_path / "a.csv", "report")
            with pytest.raises(FileError, match=r"b.csv exists already"):
                write(tmp_path / "b.csv", "report")
        assert [path.read_text() for path in sorted(tmp_path.iterdir())] == ["report", "mine", "report"]


class TestWholeOrNotAtAll:
    """What a failure leaves."""

    def test_a_full_disk_leaves_what_was_there(self, tmp_path):
        """And nothing beside it."""
        path = tmp_path / "answer.txt"
        path.write_text("before")
        with full_disk(), pytest.raises(FileError, match="cannot be written: file too large"):
            write(path, "x" * 100)
        assert path.read_text() == "before"
        assert os.listdir(tmp_path) == ["answer.txt"]

    def test_all_of_several_or_none(self, tmp_path):
        """Where the last of them fails."""
        (tmp_path / "first").write_text("before")

        def both():
            with together():
                write(tmp_path / "first", "after")
                assert (tmp_path / "first").read_text() == "before"
                write(tmp_path / "second", "x" * 100)

        with full_disk(), pytest.raises(FileError):
            both()
        assert (tmp_path / "first").read_text() == "before"
        assert os.listdir(tmp_path) == ["first"]
        both()
        assert (tmp_path / "first").read_text() == "after"
        assert (tmp_path / "second").read_text() == "x" * 100

    def test_what_a_killed_writer_left_is_cleared(self, tmp_path):
        """By the next one of the same file; what another still writes stays."""
        (tmp_path / ".answer.txt.abcd1234").write_text("half")
        (tmp_path / ".answer.txt.backup").write_text("somebody's own")
        with writing(tmp_path / "answer.txt") as other:
            other.write(b"first")
            write(tmp_path / "answer.txt", "second")
            held = sorted(os.listdir(tmp_path))
        assert len(held) == 3  # the answer, the backup, and what `other` holds
        assert sorted(os.listdir(tmp_path)) == [".answer.txt.backup", "answer.txt"]
        assert (tmp_path / "answer.txt").read_text() == "first"
