"""Where the plans of the explorer lie: the shipped ones, those named at its start, and what visitors have opened.

What a visitor opens lies in a folder of its own under a key that cannot be guessed; it reads no file but its own and
the shipped ones. The folder is the only thing that processes share, so that each finds what another has taken in.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from trialplan import files
from trialplan.errors import FileError

PLAN_FILE, TABLE_FILE = "plan.toml", "evidence.toml"

UPLOADED = "opened-"
"""How the name of what a visitor has opened begins; its key follows."""

KEY = rf"{UPLOADED}[A-Za-z0-9_-]{{43}}"
"""A key is 32 random bytes (RFC 4086 asks for 16 of what must not be guessed)."""

_BYTES_OF_KEY = 32
"""Which base64 writes in 43 characters."""

LIFETIME = 4 * 3600.0
"""Seconds that what was opened is kept after it was last used: an afternoon."""

MOST_KEPT = 500
"""Things opened that are kept at a time; the one that was used longest ago goes first."""


Stamp = tuple[tuple[str, int, int], ...]
"""Files by their paths, each with when it was written and its bytes."""

_A_TEXT = re.compile(r"""["']([^"'\n]+)["']""")
"""A text on one line of a plan."""


def _title(path: Path) -> str:
    """The title of a plan's trial; nothing where the plan cannot be read, as its page says."""
    try:
        return _title_written(path, path.stat().st_mtime)
    except (OSError, ValueError, AttributeError):
        return ""


@lru_cache
def _title_written(path: Path, written: float) -> str:
    """As it was at that time: a file that is written anew is read anew."""
    return str(tomllib.loads(path.read_text(encoding="utf-8")).get("trial", {}).get("title", ""))


class _Own(dict[str, Path]):
    """Files by their names; one that a plan names by way of a folder is the one of that name, for all lie in one."""

    def __contains__(self, name: object) -> bool:
        return super().__contains__(_plain(name))

    def __getitem__(self, name: str) -> Path:
        return super().__getitem__(_plain(name))


def _use(folder: Path) -> None:
    """Note that it is used now, by the clock that nobody sets: it is the same in all processes of a machine."""
    now = time.monotonic()
    os.utime(folder, (now, now))


def _plain(name: object) -> str:
    path = PurePosixPath(str(name))
    return str(name) if path.is_absolute() or ".." in path.parts else path.name


@dataclass(frozen=True)
class Shelf:
    """The folder of what was opened, and the plans named at the start by their names."""

    folder: Path
    named: tuple[tuple[str, Path], ...] = ()

    def plans(self) -> list[str]:
        """The names that anybody may look at."""
        return [*dict(self.named), *files.examples(PLAN_FILE)]

    def titles(self) -> list[tuple[str, str]]:
        """The same with the titles of their trials."""
        paths = files.examples(PLAN_FILE) | dict(self.named)
        return [(name, _title(paths[name])) for name in self.plans()]

    def put(self, contents: Mapping[str, bytes]) -> str:
        """Keep files under a new key, which is given back."""
        self.sweep()
        key = UPLOADED + secrets.token_urlsafe(_BYTES_OF_KEY)
        made = self.folder / f".{key}"
        try:
            made.mkdir(parents=True)
            for name, content in contents.items():
                (made / name).write_bytes(content)
            _use(made)
            made.rename(self.folder / key)  # whole or not at all
        except OSError as cause:
            shutil.rmtree(made, ignore_errors=True)
            reason = (cause.strerror or str(cause)).lower()
            raise FileError(f"what was opened cannot be kept here: {reason}; tell whoever runs the explorer") from None
        return key

    def folder_of(self, key: str) -> Path:
        """The folder of what was opened under a key, which is then kept for longer."""
        if re.fullmatch(KEY, key):
            folder = self.folder / key
            with suppress(OSError):
                _use(folder)
                return folder
        raise FileError("what was opened here is no longer kept, or never was; open the file again")

    def sweep(self) -> None:
        """Forget what has not been used for long, and what is too much."""
        kept = []
        for folder in self.folder.glob(f"{UPLOADED}*"):
            with suppress(OSError):
                kept.append((folder.stat().st_mtime, folder))
        kept.sort(reverse=True)
        for place, (used, folder) in enumerate(kept):
            if place >= MOST_KEPT - 1 or used < time.monotonic() - LIFETIME:
                shutil.rmtree(folder, ignore_errors=True)

    def stamp(self, name: str) -> Stamp:
        """A plan and the files that it names as they were last written: what is remembered holds while they are so."""
        path = dict(self.named).get(name)
        if path is None:
            return ()
        written = []
        with suppress(OSError, UnicodeError):  # what cannot be read is told by whoever reads it
            texts = _A_TEXT.findall(path.read_text(encoding="utf-8"))
            for one in {path, *(path.parent / text for text in texts)}:
                with suppress(OSError, ValueError):  # most of the texts are names of nothing
                    found = one.stat()
                    written.append((str(one), found.st_mtime_ns, found.st_size))
        return tuple(sorted(written))

    @contextmanager
    def opened(self, name: str) -> Iterator[Path]:
        """The plan file that a name means; within the block it reads no files but those that it may."""
        named = dict(self.named)
        if name in named:
            yield named[name]
        elif name.startswith(UPLOADED):
            folder = self.folder_of(name)
            own = {path.name: path for path in folder.iterdir()}
            tables = _Own(files.examples(TABLE_FILE) | own)
            plans = _Own(files.examples(PLAN_FILE) | own | {name: folder / PLAN_FILE})
            with files.given(TABLE_FILE, tables), files.given(PLAN_FILE, plans):
                yield folder / PLAN_FILE
        elif name in (shipped := files.examples(PLAN_FILE)):
            yield shipped[name]
        else:
            raise FileError(f"there is no plan {name!r} here; choose one of {', '.join(self.plans())}, or open a file")
