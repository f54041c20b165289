"""Finished stretches of a grid on disk, so that an interrupted one goes on where it stopped.

A journal is a file that only grows: a line that says which question it answers, then one frame for each finished
stretch, with a checksum over its place, its size and its content. A frame that was cut short by a crash or damaged
since is dropped when the journal is opened again, with all that follow it, for where they begin is not known.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from trialplan import __version__
from trialplan.analyses.scenarios.cells import AnsweredCells, GridSpec
from trialplan.errors import FileError
from trialplan.numerics.lazy import np
from trialplan.page import plain

_FRAME = struct.Struct("<qqq")
"""Position of the stretch, scenarios in it, bytes of the payload."""

_CHECKSUM = struct.Struct("<I")
"""Of the frame's head and payload, written between them."""


_HEAD = _FRAME.size + _CHECKSUM.size


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
        self.dropped = 0
        """Bytes at its end that were no whole frame, so that what they held is computed again."""
        with self._told():
            there = path.exists()
            if there and not resume:
                raise FileError(f"{path} holds an interrupted run; add --resume to go on with it, or delete it")
            self.file = path.open("r+b" if there else "x+b", buffering=0)
            if there:
                self._read(head)
            else:
                self._begin(head)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Close the file; one in which nothing was kept before an error is not left to be in the way."""
        if not self.places and kind is not None and issubclass(kind, Exception):
            self.remove()
        self.file.close()

    def __setitem__(self, position: int, block: AnsweredCells) -> None:
        """Write one frame at the end."""
        payload, count = _packed(block), len(block.n)
        head = _FRAME.pack(position, count, len(payload))
        with self._told():
            start = self.file.seek(0, 2)
            self._append(head + _CHECKSUM.pack(_checksum(head, payload)) + payload)
        self.places[position] = (start + _HEAD, len(payload), count)

    def __iter__(self) -> Iterator[int]:
        """The positions of the stretches that are kept."""
        return iter(self.places)

    def __getitem__(self, position: int) -> AnsweredCells:
        """One stretch, read again."""
        start, length, count = self.places[position]
        with self._told():
            self.file.seek(start)
            return _unpacked(self._taken(length), count)

    @property
    def scenarios(self) -> int:
        """How many scenarios are kept."""
        return sum(count for _, _, count in self.places.values())

    def remove(self) -> None:
        """Delete the file: its results are written where they belong."""
        self.file.close()
        self.path.unlink(missing_ok=True)

    def _begin(self, head: bytes) -> None:
        try:
            self._append(head)
        except OSError:  # an empty journal would only be in the way
            self.remove()
            raise

    def _read(self, head: bytes) -> None:
        """Find the frames that are whole; what follows the last of them is cut off."""
        if self._taken(len(head)) != head:
            self.file.close()
            raise FileError(
                f"{self.path} holds the results of another question or another version; delete it, or choose another "
                "output"
            )
        end = len(head)
        while (frame := self._frame(end)) is not None:
            position, length, count = frame
            self.places[position] = (end + _HEAD, length, count)
            end += _HEAD + length
        self.dropped = self.file.seek(0, 2) - end
        self.file.truncate(end)

    def _frame(self, start: int) -> tuple[int, int, int] | None:
        self.file.seek(start)
        opening = self._taken(_HEAD)
        if len(opening) < _HEAD:
            return None
        head, (checksum,) = opening[: _FRAME.size], _CHECKSUM.unpack(opening[_FRAME.size :])
        position, count, length = _FRAME.unpack(head)
        if not 0 <= length <= self.path.stat().st_size:
            return None
        return (position, length, count) if _checksum(head, self._taken(length)) == checksum else None

    def _append(self, content: bytes) -> None:
        """All of it, or what a full disk took of it is cut off again."""
        start = self.file.tell()
        try:
            written = 0
            while written < len(content):
                written += self.file.write(content[written:])
        except OSError:
            self.file.truncate(start)
            raise

    def _taken(self, length: int) -> bytes:
        """So many bytes from here, or those that are left."""
        parts = bytearray()
        while len(parts) < length and (part := self.file.read(length - len(parts))):
            parts += part
        return bytes(parts)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Within it, what goes wrong with the file is one sentence."""
        try:
            yield
        except OSError as cause:
            raise FileError(
                f"{self.path} cannot be written: {(cause.strerror or str(cause)).lower()}; choose another output"
            ) from cause


def _checksum(head: bytes, payload: bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(head))


def _packed(block: AnsweredCells) -> bytes:
    """Columns of doubles, then the rest as JSON."""
    columns = [block.n, block.power, block.success, *block.derived.values()]
    numbers = np.concatenate([np.asarray(column, dtype="<f8") for column in columns]).tobytes()
    rest = {"derived": list(block.derived), "reasons": _grouped(block.reasons)}
    return numbers + json.dumps(rest).encode()


def _unpacked(payload: bytes, count: int) -> AnsweredCells:
    at = payload.rindex(b'{"derived": ')
    rest: Any = json.loads(payload[at:])
    columns = np.frombuffer(payload[:at], dtype="<f8").reshape(-1, count)
    reasons = {position: why for why, positions in rest["reasons"] for position in positions}
    n, power, success, *derived = columns
    return AnsweredCells(n, power, success, reasons, dict(zip(rest["derived"], derived, strict=True)))


def _grouped(reasons: Any) -> list[tuple[str, list[int]]]:
    """Each reason once, with the positions that have it."""
    places: dict[str, list[int]] = {}
    for position, why in reasons.items():
        places.setdefault(why, []).append(position)
    return list(places.items())
