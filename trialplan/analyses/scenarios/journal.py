"""Finished stretches of a grid on disk, so that an interrupted one goes on where it stopped.

A journal is a file that only grows: a line that says which question it answers, then one frame for each finished
stretch. A frame that was cut short by a crash is dropped when the journal is opened again.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from trialplan import __version__
from trialplan.analyses.scenarios.cells import AnsweredCells, GridSpec
from trialplan.errors import FileError
from trialplan.numerics.lazy import np
from trialplan.page import plain

_FRAME = struct.Struct("<qqqI")
"""Position of the stretch, scenarios in it, bytes of the payload, and their checksum."""


def path_for(output: Path) -> Path:
    """Where the journal of a results file lies while it is being made: beside it."""
    return output.with_name(f"{output.name}.partial")


def identity(asked: GridSpec, said: str = "") -> str:
    """What makes two questions the same: program, design, axes, target and n, and `said` about `resolve`."""
    design = [asked.design.slug(), asked.design.assumptions()]
    axes = {name: list(values) for name, values in asked.axes.items()}
    told = plain([__version__, design, axes, asked.target, asked.n, said])
    return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()


class Journal:
    """Stretches kept on disk; only their places are in memory."""

    def __init__(self, path: Path, identity: str, resume: bool = False) -> None:
        """Begin a journal, or with `resume` go on with the one that is there.

        A FileError says that there is one where none is resumed, or that it answers another question.
        """
        self.path, self.places = path, dict[int, tuple[int, int, int]]()
        head = json.dumps({"trialplan": __version__, "question": identity}).encode() + b"\n"
        there = path.exists()
        if there and not resume:
            raise FileError(f"{path} holds an interrupted run; add --resume to go on with it, or delete it")
        try:
            self.file = path.open("r+b" if there else "x+b")
        except OSError as cause:
            raise FileError(f"{path} cannot be written: {cause.strerror}; choose another output") from cause
        if there:
            self._read(head)
        else:
            self.file.write(head)
            self.file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def __setitem__(self, position: int, block: AnsweredCells) -> None:
        """Write one frame at the end."""
        payload = _packed(block)
        start = self.file.seek(0, 2)
        count = len(block.n)
        self.file.write(_FRAME.pack(position, count, len(payload), zlib.crc32(payload)) + payload)
        self.file.flush()
        self.places[position] = (start + _FRAME.size, len(payload), count)

    def __iter__(self) -> Iterator[int]:
        """The positions of the stretches that are kept."""
        return iter(self.places)

    def __getitem__(self, position: int) -> AnsweredCells:
        """One stretch, read again."""
        start, length, count = self.places[position]
        self.file.seek(start)
        return _unpacked(self.file.read(length), count)

    @property
    def scenarios(self) -> int:
        """How many scenarios are kept."""
        return sum(count for _, _, count in self.places.values())

    def remove(self) -> None:
        """Delete the file: its results are written where they belong."""
        self.file.close()
        self.path.unlink(missing_ok=True)

    def _read(self, head: bytes) -> None:
        """Find the frames that are whole; what follows the last of them is cut off."""
        if self.file.readline() != head:
            self.file.close()
            raise FileError(
                f"{self.path} holds the results of another question or another version; delete it, or choose another "
                "output"
            )
        end = self.file.tell()
        while (frame := self._frame(end)) is not None:
            position, length, count = frame
            self.places[position] = (end + _FRAME.size, length, count)
            end += _FRAME.size + length
        self.file.truncate(end)

    def _frame(self, start: int) -> tuple[int, int, int] | None:
        self.file.seek(start)
        head = self.file.read(_FRAME.size)
        if len(head) < _FRAME.size:
            return None
        position, count, length, checksum = _FRAME.unpack(head)
        payload = self.file.read(length)
        return (position, length, count) if len(payload) == length and zlib.crc32(payload) == checksum else None


def _packed(block: AnsweredCells) -> bytes:
    """Columns of doubles, then the rest as JSON."""
    columns = [block.n, block.power, *block.derived.values()]
    numbers = np.concatenate([np.asarray(column, dtype="<f8") for column in columns]).tobytes()
    rest = {"derived": list(block.derived), "reasons": _grouped(block.reasons)}
    return numbers + json.dumps(rest).encode()


def _unpacked(payload: bytes, count: int) -> AnsweredCells:
    at = payload.rindex(b'{"derived": ')
    rest: Any = json.loads(payload[at:])
    columns = np.frombuffer(payload[:at], dtype="<f8").reshape(-1, count)
    reasons = {position: why for why, positions in rest["reasons"] for position in positions}
    return AnsweredCells(columns[0], columns[1], reasons, dict(zip(rest["derived"], columns[2:], strict=True)))


def _grouped(reasons: Any) -> list[tuple[str, list[int]]]:
    """Each reason once, with the positions that have it."""
    places: dict[str, list[int]] = {}
    for position, why in reasons.items():
        places.setdefault(why, []).append(position)
    return list(places.items())
