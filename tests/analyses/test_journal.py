"""An interrupted grid goes on where it stopped, and gives what an undisturbed one gives."""

from __future__ import annotations

import random
import resource

import pytest

from trialplan import TwoProportions
from trialplan.analyses.executors import Serial
from trialplan.analyses.scenarios.grid import Memory, answered, grid_spec
from trialplan.analyses.scenarios.journal import Journal, identity
from trialplan.errors import FileError

ASKED = grid_spec(
    TwoProportions(control=0.1, treatment=0.6),
    {"control": (0.1, 0.2, 0.3), "treatment": (0.05, 0.7, 0.8), "test": ("score", "fisher")},
    target=0.8,
)

DAMAGES = 80
SEED = random.randrange(10**6)
"""Drawn anew each time; it stands in the message of what fails."""


class Interrupted:
    """An executor that is interrupted after some tasks."""

    def __init__(self, after):
        self.after, self.ran = after, []

    def run(self, function, tasks):
        for index in range(len(tasks)):
            if index == self.after:
                raise KeyboardInterrupt
            self.ran.append(tasks[index])
            yield index, function(tasks[index])


def stopped(path, after=2):
    """A journal that an interruption left."""
    with Journal(path, identity(ASKED)) as journal, pytest.raises(KeyboardInterrupt):
        answered(ASKED, journal, Interrupted(after))


def values(grid):
    return grid.n.tobytes(), grid.power.tobytes(), list(grid.rows())


class TestJournal:
    """A grid kept on disk."""

    def test_an_interrupted_grid_goes_on(self, tmp_path):
        """Only what is missing is computed, and the result is that of an undisturbed run."""
        path = tmp_path / "grid.csv.partial"
        stopped(path)
        with Journal(path, identity(ASKED), resume=True) as journal:
            assert len(list(journal)) == 2
            rest = Interrupted(after=None)
            grid = answered(ASKED, journal, rest)
            assert len(rest.ran) == 3  # of five stretches of four
            assert values(grid) == values(answered(ASKED, Memory(), Serial()))

    def test_nothing_stays_of_what_was_refused(self, tmp_path):
        """An error before anything is kept leaves no journal, one after that leaves what there is to go on from."""
        path = tmp_path / "grid.csv.partial"

        def refused(kept):
            with Journal(path, identity(ASKED)) as journal:
                for _ in range(kept):
                    answered(ASKED, journal, Serial())
                raise FileError("no cluster answers")

        for kept in (0, 1):
            with pytest.raises(FileError):
                refused(kept)
            assert path.exists() == bool(kept)

    def test_a_frame_cut_short_is_dropped(self, tmp_path):
        """A crash in the middle of writing costs that stretch and no other."""
        path = tmp_path / "grid.csv.partial"
        stopped(path)
        path.write_bytes(path.read_bytes()[:-5])
        with Journal(path, identity(ASKED), resume=True) as journal:
            assert list(journal) == [0]
            assert values(answered(ASKED, journal)) == values(answered(ASKED))

    def test_a_corrupt_frame_is_dropped(self, tmp_path):
        """A frame whose checksum is wrong is not believed."""
        path = tmp_path / "grid.csv.partial"
        stopped(path)
        content = bytearray(path.read_bytes())
        content[-5] ^= 1
        path.write_bytes(content)
        with Journal(path, identity(ASKED), resume=True) as journal:
            assert list(journal) == [0]

    def test_progress_counts_what_was_there(self, tmp_path):
        """Progress begins at what is kept already and ends at all."""
        path = tmp_path / "grid.csv.partial"
        stopped(path)
        told = []
        with Journal(path, identity(ASKED), resume=True) as journal:
            answered(ASKED, journal, progress=lambda done, total: told.append((done, total)))
        assert told == [(8, 18), (12, 18), (16, 18), (18, 18)]

    def test_another_question_is_refused(self, tmp_path):
        """A journal goes on only with the question that it was begun for."""
        path = tmp_path / "grid.csv.partial"
        stopped(path)
        other = grid_spec(TwoProportions(control=0.1, treatment=0.6), {"control": (0.1, 0.2)}, target=0.8)
        with pytest.raises(FileError, match="another question"):
            Journal(path, identity(other), resume=True)

    def test_an_interrupted_run_is_not_overwritten(self, tmp_path):
        """Results that are there are neither used nor thrown away unasked."""
        path = tmp_path / "grid.csv.partial"
        stopped(path)
        before = path.read_bytes()
        with pytest.raises(FileError, match="add --resume"):
            Journal(path, identity(ASKED))
        assert path.read_bytes() == before

    def test_any_damage_is_found(self, tmp_path):
        """Whatever bytes are changed, added or lost: what is kept is right, the rest is told and computed again."""
        whole, path = tmp_path / "whole", tmp_path / "grid.csv.partial"
        stopped(whole, after=4)
        content, undisturbed = whole.read_bytes(), values(answered(ASKED, Memory(), Serial()))
        rng, head = random.Random(f"damage {SEED}"), content[: content.index(b"\n") + 1]
        for _ in range(DAMAGES):
            damaged = bytearray(content)
            at = rng.randrange(len(content))
            for kind in rng.choices(("change", "lose", "add", "zeros", "swap"), k=rng.choice((1, 1, 2))):
                if kind == "change":
                    damaged[at % len(damaged)] ^= 1 << rng.randrange(8)
                elif kind == "lose":
                    del damaged[at : at + rng.randrange(1, 40)]
                elif kind == "add":
                    damaged[at:at] = rng.randbytes(rng.randrange(1, 40))
                elif kind == "zeros":
                    damaged += bytes(64)
                else:
                    damaged[at : at + 8], damaged[-8:] = damaged[-8:], damaged[at : at + 8]
            path.write_bytes(damaged)
            if damaged[: len(head)] != head:
                with pytest.raises(FileError, match="another question or another version"):
                    Journal(path, identity(ASKED), resume=True)
                continue
            with Journal(path, identity(ASKED), resume=True) as journal:
                assert journal.dropped or bytes(damaged) == content, SEED
                assert values(answered(ASKED, journal, Serial())) == undisturbed, SEED

    def test_a_full_disk_is_one_sentence(self, tmp_path, monkeypatch):
        """And the stretches that were kept before stay readable."""
        path = tmp_path / "grid.csv.partial"
        stopped(path)
        with Journal(path, identity(ASKED), resume=True) as journal:
            limit = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 20, limit[1]))
            try:
                with pytest.raises(FileError, match="cannot be written: file too large"):
                    answered(ASKED, journal, Serial())
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        with Journal(path, identity(ASKED), resume=True) as journal:
            assert len(list(journal)) == 2
            assert journal.dropped == 0

    def test_a_journal_that_cannot_begin_leaves_nothing(self, tmp_path):
        """A disk that is full from the start."""
        path = tmp_path / "grid.csv.partial"
        limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, limit[1]))
        try:
            with pytest.raises(FileError, match="file too large"):
                Journal(path, identity(ASKED))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        assert not path.exists()
