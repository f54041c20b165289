"""Where files come from and how they are written: shipped ones by name, all of them whole or not at all."""

from __future__ import annotations

import glob
import os
import re
import shlex
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from trialplan.errors import FileError, did_you_mean

try:
    import fcntl
except ImportError:  # not a Unix: what a killed writer leaves behind is not cleared there
    fcntl = None  # type: ignore[assignment]

_PACKAGE = Path(__file__).resolve().parent

_GIVEN: ContextVar[Mapping[str, Mapping[str, Path]] | None] = ContextVar("given", default=None)
_INPUTS: ContextVar[set[Path] | None] = ContextVar("inputs", default=None)
_REPLACED: ContextVar[Callable[[Path], bool]] = ContextVar("replaced", default=lambda path: True)
_PREPARED: ContextVar[list[_Prepared] | None] = ContextVar("prepared", default=None)

_SHOWN = 100
"""Characters of a path that a sentence holds; of a longer one its beginning."""

_LONGEST_PREFIX = 200
"""Bytes of a name that its temporary neighbour bears; file systems take 255, and eight random letters follow."""

LONGEST = 20_000
"""Characters of one text in a file: about ten printed pages."""

DEEPEST = 100
"""Sections within sections of a file: what a person writes has a handful."""

_UNPRINTABLE = r"[^\t\n\r\u0020-\u007e\u00a0-\u2029\u202f-\u2065\u206a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
"""What no document can hold (XML 1.0, section 2.2), and what makes text read otherwise than it is written
(Boucher & Anderson 2023, Trojan Source: the bidirectional controls). `re` compiles it when a file is first read."""


EXAMPLE_FILES = {
    "plan.toml": "a plan",
    "evidence.toml": "an evidence table",
    "statement.toml": "a statement of a sample size",
}
"""What an example's folder may hold."""


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
    held = (_GIVEN.get() or {}).get(file)
    if held is not None:
        if name in held:
            return held[name]
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
    other = [kind for kind in EXAMPLE_FILES if kind != file and name in examples(kind)]
    if other:
        raise error(f"{name} is {EXAMPLE_FILES[other[0]]}, and {EXAMPLE_FILES.get(file, file)} is asked for")
    hint = "check the path" if path.suffix or "/" in name else did_you_mean(name, known)
    raise error(f"there is no file {name}, and no shipped example of that name; {hint}")


@contextmanager
def given(file: str, paths: Mapping[str, Path]) -> Iterator[None]:
    """Within the block, names of a `file` mean these paths and nothing else, wherever they seem to point."""
    before = _GIVEN.set({**(_GIVEN.get() or {}), file: paths})
    try:
        yield
    finally:
        _GIVEN.reset(before)


def read_text(path: Path, error: type[FileError] = FileError) -> str:
    """The text of `path`, which must be UTF-8."""
    try:
        return re.sub("\r\n?", "\n", read_bytes(path, error).decode("utf-8-sig"))
    except UnicodeDecodeError as cause:
        raise error(f"{path} is not UTF-8 text (byte {cause.start}); save it as UTF-8") from cause


def read_bytes(path: Path, error: type[FileError] = FileError, most: int = -1) -> bytes:
    """The content of `path`, no more than `most` bytes of it."""
    is_input(path)
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as cause:
        raise error(f"{path} cannot be read: {(cause.strerror or str(cause)).lower()}") from cause


def read_toml(path: Path, error: type[FileError] = FileError) -> dict[str, Any]:
    """The content of a TOML file, or the sentence that says on which line it stops being one."""
    return parse_toml(read_text(path, error), path, error)


def parse_toml(text: str, path: Path, error: type[FileError] = FileError) -> dict[str, Any]:
    """The content of TOML text that was read from `path`, or the sentence that says where it stops being that."""
    import tomllib  # an answer from options alone reads no file

    try:
        content = tomllib.loads(text)
        check_texts(content, str(path), error)
    except tomllib.TOMLDecodeError as cause:
        raise error(f"{path} is not valid TOML: {cause}{_toml_advice(text, str(cause))}") from cause
    except RecursionError as cause:
        raise error(f"{path} is nested too deeply to be a file of ours; write plain sections") from cause
    except ValueError as cause:  # Python reads no whole number of more than 4,300 figures
        raise error(f"{path} holds a number of thousands of figures; write it shorter") from cause
    return content


_TOML_SLIPS = tuple(
    (re.compile(rf"{pattern}\s*(?:#.*)?"), way_out)
    for pattern, way_out in (
        (r"([+-]?)(\.\d+)", "write the 0 before the point: {0}0{1}"),
        (r"([+-]?\d+)\.", "write a figure behind the point: {0}.0"),
        (r"([+-]?[1-9]\d{0,2}),(\d{3})", "write {0}{1} if these are thousands, or {0}.{1} if it is a decimal comma"),
        (r"([+-]?\d+),(\d+)", "write a decimal point: {0}.{1}"),
        (r"([+-]?\d{1,3}(?:[,.' ]\d{3})+)(?:[.,]\d+)?", "write the number without marks between its thousands"),
        (r"([+-]?)0+([1-9]\d*)", "write the number without the 0 before it: {0}{1}"),
        (r"([+-]?\d*[.,]?\d+)\s*%", "put what is printed between double quotes, or write a share: 5 % as 0.05"),
        (r"(?i:true|false|yes|no)", "write true or false, in small letters"),
        (r"\[.*?(?<![\w.\"'])([+-]?)(\.\d+).*", "write the 0 before the point: {0}0{1}"),
        (r"[“”„»«‘’`].*", "put the text between plain double quotes, as on a keyboard"),
        (r"(.*\S)\s*[,;]", "end the line without the mark behind the value: {0}"),
        (r"", "write a value behind the =, or remove the line"),
        (r"([^\s\"'\[{#][^\"'\[{#]*?)", 'put a text between double quotes: "{0}"'),
    )
)
"""Values as people write them and TOML does not, and how it does; the first that fits."""


def _toml_advice(text: str, why: str) -> str:
    """The end of the sentence where the line is of a kind that people write: .35, 0,35, NR, a path of Windows."""
    place = re.search(r"at line (\d+)", why)
    line = text.split("\n")[int(place[1]) - 1] if place else ""
    if "\\" in line and '"' in line:
        return "; a backslash between double quotes begins a code: write / for it, or put single quotes around the text"
    _, stands, value = line.partition("=")
    if not stands or "Cannot" in why:
        return ""
    fits = ((pattern.fullmatch(value.strip()), way_out) for pattern, way_out in _TOML_SLIPS)
    return next((f"; {way_out.format(*match.groups())}" for match, way_out in fits if match), "")


def check_texts(data: Any, name: str, error: type[FileError] = FileError) -> None:
    """Raise where a text or a key of the file `name` is too long, or holds a character that no document can show."""
    plainly = [*_only_texts(data)]
    if max(map(len, plainly), default=0) <= LONGEST and not re.search(_UNPRINTABLE, "\n".join(plainly)):
        return  # places are made only where one is to be told: of a large table they take a second
    for place, text in _texts(data):
        where = f"{name}, {place}" if place else name
        if len(text) > LONGEST:
            raise error(f"{where}: a text may have {LONGEST:,} characters, not {len(text):,}; shorten it")
        if unprintable := re.search(_UNPRINTABLE, text):
            import unicodedata

            character = f"U+{ord(unprintable[0]):04X} ({unicodedata.name(unprintable[0], 'a control character')})"
            raise error(
                f"{where}: character {unprintable.start() + 1} is {character}, which no document shows; remove it"
            )


def _only_texts(data: Any) -> Iterator[str]:
    """Every text and key, without its place; RecursionError where they are nested more deeply than a file of ours."""
    level, depth = [data], 0
    while level:
        if depth > DEEPEST:
            raise RecursionError
        within: list[Any] = []
        for value in level:
            if isinstance(value, str):
                yield value
            elif isinstance(value, Mapping):
                yield from map(str, value)
                within += value.values()
            elif isinstance(value, list | tuple):
                within += value
        level, depth = within, depth + 1


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


def as_path(value: Any) -> Path:
    """The path that is meant, or the sentence that says what one is."""
    if not isinstance(value, (str, os.PathLike)) or not str(value):
        raise FileError(f"a file to write is named by its path, as in 'answer.json', not by {value!r}")
    return Path(value)


def typed(path: Path) -> str:
    """A path as it is typed at a shell's prompt: quoted where it must be, and never taken for an option.

    >>> typed(Path("plan.toml")), typed(Path("my plan.toml")), typed(Path("-x.toml"))
    ('plan.toml', "'my plan.toml'", './-x.toml')
    """
    name = f"./{path}" if str(path).startswith("-") else str(path)
    return shlex.quote(name) if name.isprintable() else f"${name!r}"  # as bash and zsh take escapes


def check_suffix(path: Path, known: Sequence[str]) -> None:
    """Raise unless the suffix is one that can be written."""
    if path.suffix.lower() not in known:
        offer = " or ".join(filter(None, (", ".join(known[:-1]), known[-1])))
        what = f"ends in {path.suffix!r}" if path.suffix else "has no suffix"
        raise FileError(f"{path} {what}, which says no format; name the output with {offer}")


def check_writable(path: Path) -> None:
    """Raise before any work is done if `path` cannot be written, or is there already and may not be replaced."""
    try:
        _check_target(_target(path), path)
        if path.exists() and not _REPLACED.get()(path):
            force = "force=True" if _INPUTS.get() is None else "--force"
            raise FileError(f"{path} exists already; choose another name, or overwrite it with {force}")
    except OSError as cause:
        raise _unwritable(path, cause) from cause


def _check_target(target: Path, path: Path) -> None:
    folder = target.parent
    if target.is_dir():
        raise FileError(f"{path} is a folder; name a file to write to")
    if not folder.is_dir():
        named = folder if path.is_symlink() else path.parent
        raise FileError(f"the folder {named} does not exist; create it or choose another output")
    there = target.stat() if os.path.lexists(target) else None  # a link that leads in a circle raises here
    if there is not None and not stat.S_ISREG(there.st_mode):
        raise FileError(f"{path} is a device or a pipe, not a file; name a file, or leave the output to the screen")
    if not os.access(folder, os.W_OK | os.X_OK) or (there is not None and not os.access(target, os.W_OK)):
        raise FileError(f"{path} cannot be written: permission denied; choose another output")
    if target in (_INPUTS.get() or ()):
        raise FileError(f"{path} is read by the same command, and is not written over; choose another output")


def _target(path: Path) -> Path:
    """The file that is written when `path` is: a link's target, whether that is there or not."""
    return Path(os.path.realpath(path))


def _unwritable(path: Path, cause: OSError) -> FileError:
    name = str(path) if len(str(path)) <= _SHOWN else f"{str(path)[:60]}…"
    return FileError(f"{name} cannot be written: {(cause.strerror or str(cause)).lower()}; choose another output")


def make_folder(path: Path) -> bool:
    """Make the folder; whether it was not there before."""
    if path.is_dir():
        return False
    try:
        path.mkdir(parents=True)
    except OSError as cause:
        raise FileError(f"the folder {path} cannot be made: {cause.strerror}; choose another output") from cause
    return True


@contextmanager
def nothing_lost() -> Iterator[None]:
    """Within the block nothing is written over that belongs to the user of a command.

    Neither a file that was read in it, whatever is asked, nor any other that is there, unless by `may_replace`.
    """
    inputs, replaced = _INPUTS.set(set()), _REPLACED.set(lambda path: False)
    try:
        yield
    finally:
        _INPUTS.reset(inputs)
        _REPLACED.reset(replaced)


def may_replace(which: Callable[[Path], bool] = lambda path: True) -> None:
    """From now on, within `nothing_lost`, files that are there may be written over: all, or `which` are such."""
    before = _REPLACED.get()
    _REPLACED.set(lambda path: before(path) or which(path))


@contextmanager
def replacing(force: bool) -> Iterator[None]:
    """Within the block, a file that is there is written over only by `force`; within a command that has decided it."""
    if _INPUTS.get() is not None:
        yield
        return
    before = _REPLACED.set(lambda path: force)
    try:
        yield
    finally:
        _REPLACED.reset(before)


def is_input(path: Path) -> None:
    """Remember that this file is read, so that the same command does not write over it."""
    read = _INPUTS.get()
    if read is not None:
        read.add(_target(path))


def write(path: Path, content: str | bytes, *, secret: bool = False) -> Path:
    """Write `path` whole or not at all; a `secret` new file is its owner's alone."""
    with writing(path, secret=secret) as file:
        file.write(content.encode("utf-8") if isinstance(content, str) else content)
    return path


@contextmanager
def together() -> Iterator[None]:
    """Within the block files are only prepared; they take their places when it is left without an error."""
    prepared: list[_Prepared] = []
    before = _PREPARED.set(prepared)
    try:
        yield
    except BaseException:
        for one in prepared:
            one.discard()
        raise
    finally:
        _PREPARED.reset(before)
    for one in prepared:
        one.put_in_place()


@contextmanager
def writing(path: Path, *, secret: bool = False) -> Iterator[BinaryIO]:
    """A file that becomes `path` when the block is left without an error, and is gone if there was one.

    A link is followed to its target, and a file that is there keeps its mode.
    """
    import tempfile  # as above: it brings random numbers and archives

    check_writable(path)
    target = _target(path)
    prefix = f".{os.fsencode(target.name)[:_LONGEST_PREFIX].decode(errors='ignore')}."
    _clear(target.parent, prefix)
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=prefix)
    except OSError as cause:
        raise _unwritable(path, cause) from cause
    new = _Prepared(os.fdopen(handle, "wb"), Path(temporary), target, path)
    try:
        _lock(new.file)
        os.chmod(temporary, _mode(target, secret))
        yield new.file
        new.file.flush()
    except BaseException as cause:
        new.discard()
        if isinstance(cause, OSError):
            raise _unwritable(path, cause) from cause
        raise
    prepared = _PREPARED.get()
    if prepared is None:
        new.put_in_place()
    else:
        prepared.append(new)


@dataclass(frozen=True)
class _Prepared:
    """A file that is written whole and not yet where it belongs; open, so that it stays locked."""

    file: BinaryIO
    temporary: Path
    target: Path
    path: Path

    def put_in_place(self) -> None:
        try:
            os.replace(self.temporary, self.target)
            self.file.close()
        except OSError as cause:
            self.discard()
            raise _unwritable(self.path, cause) from cause

    def discard(self) -> None:
        with suppress(OSError):  # of a disk that is full, again
            self.file.close()
        self.temporary.unlink(missing_ok=True)


def _mode(target: Path, secret: bool) -> int:
    """The mode of the file that is there; else what the user's mask leaves, for the owner alone where it is secret."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)  # there is no way to ask for it but to set it
    os.umask(mask)
    return (0o600 if secret else 0o666) & ~mask


def _lock(file: BinaryIO) -> None:
    """Hold the file while it is written, so that nobody takes it for one that was left behind."""
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)


def _clear(folder: Path, prefix: str) -> None:
    """Remove what writers that were killed have left behind: files of that name which nobody holds."""
    if fcntl is None:
        return
    for left in folder.glob(f"{glob.escape(prefix)}*"):
        with suppress(OSError):  # held by its writer, or gone already
            if re.fullmatch(r"[a-z0-9_]{8}", left.name[len(prefix) :]) and left.is_file():
                with left.open("rb") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    left.unlink()
