"""Where files come from and how they are written: shipped ones by name, all of them whole or not at all."""

from __future__ import annotations

import os
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from trialplan.errors import FileError, did_you_mean

_PACKAGE = Path(__file__).resolve().parent


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
    path = (folder or Path()) / name
    if path.is_file():
        return path
    known = examples(file)
    if name in known:
        return known[name]
    if path.is_dir():
        raise error(f"{name} is a folder, not a file; name the file in it")
    hint = "check the path" if path.suffix or "/" in name else did_you_mean(name, known)
    raise error(f"there is no file {name}, and no shipped example of that name; {hint}")


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
    try:
        return tomllib.loads(read_text(path, error))
    except tomllib.TOMLDecodeError as cause:
        raise error(f"{path} is not valid TOML: {cause}") from cause


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
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException as cause:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(cause, OSError):
            raise FileError(f"{path} cannot be written: {cause.strerror}") from cause
        raise


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
