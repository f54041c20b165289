"""Where files come from and how they are written: shipped ones by name, all of them whole or not at all."""

from __future__ import annotations

import os
import re
import tempfile
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, BinaryIO

from trialplan.errors import FileError, did_you_mean

_PACKAGE = Path(__file__).resolve().parent

_GIVEN: ContextVar[tuple[str, Mapping[str, Path]] | None] = ContextVar("given", default=None)

LONGEST = 20_000
"""Characters of one text in a file: about ten printed pages."""

_UNPRINTABLE = re.compile(
    r"[^\t\n\r\u0020-\u007e\u00a0-\u2029\u202f-\u2065\u206a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
"""What no document can hold (XML 1.0, section 2.2), and what makes text read otherwise than it is written
(Boucher & Anderson 2023, Trojan Source: the bidirectional controls)."""


def shipped(folder: str) -> Path:
    """The shipped `folder` ("templates" or "examples"): inside the installed package, else beside it."""
    inside = _PACKAGE / folder
    return inside if inside.is_dir() else _PACKAGE.parent / folder


def examples(file: str) -> dict[str, Path]:
    """The shipped examples that hold `file`, by the name of their folder."""
    return {path.parent.name: path for path in sorted(shipped("examples").glob(f"*/{file}"))}


def locate(name: str, file: str, folder: Path | None = None, error: type[FileError] = FileError) -> Path:
    """The path that `name` means: a file (relative to `folder`), or the shipped example's `file`."""
    if not name.strip():
        raise error("the name of the file is empty; give a path or the name of a shipped example")
    held = _GIVEN.get()
    if held is not None and held[0] == file:
        if name in held[1]:
            return held[1][name]
        raise error(f"{name} is not among the files that are given")
    path = (folder or Path()) / name
    try:
        if path.is_file():
            return path
        is_folder = path.is_dir()
    except OSError as cause:  # a name that is longer than the file system's names, for one
        raise error(f"{name[:60]}… is not the name of a file: {cause.strerror}") from cause
    known = examples(file)
    if name in known:
        return known[name]
    if is_folder:
        raise error(f"{name} is a folder, not a file; name the file in it")
    hint = "check the path" if path.suffix or "/" in name else did_you_mean(name, known)
    raise error(f"there is no file {name}, and no shipped example of that name; {hint}")


@contextmanager
def given(file: str, paths: Mapping[str, Path]) -> Iterator[None]:
    """Within the block, names of a `file` mean these paths and nothing else, wherever they seem to point."""
    before = _GIVEN.set((file, paths))
    try:
        yield
    finally:
        _GIVEN.reset(before)


def read_text(path: Path, error: type[FileError] = FileError) -> str:
    """The text of `path`, which must be UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as cause:
        raise error(f"{path} is not UTF-8 text (byte {cause.start}); save it as UTF-8") from cause
    except OSError as cause:
        raise error(f"{path} cannot be read: {cause.strerror}") from cause


def read_toml(path: Path, error: type[FileError] = FileError) -> dict[str, Any]:
    """The content of a TOML file, or the sentence that says on which line it stops being one."""
    return parse_toml(read_text(path, error), path, error)


def parse_toml(text: str, path: Path, error: type[FileError] = FileError) -> dict[str, Any]:
    """The content of TOML text that was read from `path`, or the sentence that says where it stops being that."""
    try:
        content = tomllib.loads(text)
        check_texts(content, str(path), error)
    except tomllib.TOMLDecodeError as cause:
        raise error(f"{path} is not valid TOML: {cause}") from cause
    except RecursionError as cause:
        raise error(f"{path} is nested too deeply to be a file of ours; write plain sections") from cause
    except ValueError as cause:  # Python reads no whole number of more than 4,300 figures
        raise error(f"{path} holds a number of thousands of figures; write it shorter") from cause
    return content


def check_texts(data: Any, name: str, error: type[FileError] = FileError) -> None:
    """Raise where a text or a key of the file `name` is too long, or holds a character that no document can show."""
    for place, text in _texts(data):
        where = f"{name}, {place}" if place else name
        if len(text) > LONGEST:
            raise error(f"{where}: a text may have {LONGEST:,} characters, not {len(text):,}; shorten it")
        if unprintable := _UNPRINTABLE.search(text):
            character = f"U+{ord(unprintable[0]):04X} ({unicodedata.name(unprintable[0], 'a control character')})"
            raise error(
                f"{where}: character {unprintable.start() + 1} is {character}, which no document shows; remove it"
            )


def _texts(data: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """(place, text) of every text and key; a key is checked before it becomes part of a place."""
    if isinstance(data, str):
        yield place, data
    elif isinstance(data, Mapping):
        for key, value in data.items():
            yield place, str(key)
            yield from _texts(value, f"{place}.{key}".lstrip("."))
    elif isinstance(data, list | tuple):
        for number, value in enumerate(data, 1):
            yield from _texts(value, f"{place} number {number}")


def check_suffix(path: Path, known: Sequence[str]) -> None:
    """Raise unless the suffix is one that can be written."""
    if path.suffix.lower() not in known:
        offer = " or ".join(filter(None, (", ".join(known[:-1]), known[-1])))
        what = f"ends in {path.suffix!r}" if path.suffix else "has no suffix"
        raise FileError(f"{path} {what}, which says no format; name the output with {offer}")


def check_writable(path: Path) -> None:
    """Raise before any work is done if `path` cannot be written."""
    folder = path.parent
    if path.is_dir():
        raise FileError(f"{path} is a folder; name a file to write to")
    if not folder.is_dir():
        raise FileError(f"the folder {folder} does not exist; create it or choose another output")
    if not os.access(folder, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise FileError(f"{path} cannot be written: permission denied; choose another output")


def write(path: Path, content: str | bytes) -> Path:
    """Write `path` whole or not at all."""
    with writing(path) as file:
        file.write(content.encode("utf-8") if isinstance(content, str) else content)
    return path


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A file that becomes `path` when the block is left without an error, and is gone if there was one."""
    check_writable(path)
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as cause:
        raise FileError(f"{path} cannot be written: {cause.strerror}; choose another output") from cause
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        mask = os.umask(0)  # there is no way to ask for it but to set it
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except BaseException as cause:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(cause, OSError):
            raise FileError(f"{path} cannot be written: {cause.strerror}") from cause
        raise
