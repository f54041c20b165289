"""What the processes are asked: a page, a picture, a file, long work, and what somebody has opened."""

from __future__ import annotations

import io
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qsl

from trialplan.errors import FileError, ParameterError, TrialplanError
from trialplan.evidence import read as read_table
from trialplan.evidence.text_table import WORKBOOKS
from trialplan.files import given
from trialplan.web.pictures import MEDIUM, PICTURES
from trialplan.web.rendering import Late, late_html, page_html, part_html, worked_html
from trialplan.web.shelf import PLAN_FILE, TABLE_FILE, Shelf, Stamp
from trialplan.web.state import State, of_query
from trialplan.web.subject import Subject
from trialplan.web.told import told

_REMEMBERED = 32
"""Subjects that a process keeps, built: a visitor's page, its pictures and its files are of the same one."""


@lru_cache(maxsize=_REMEMBERED)
def _subject(shelf: Shelf, state: State, stamp: Stamp) -> Subject:
    return Subject(state, shelf)


def _asked(shelf: Shelf, query: str) -> tuple[Subject, State]:
    """The subject of an address's query, and the whole state, with how it is looked at."""
    state = of_query(parse_qsl(query, keep_blank_values=True))
    stamp = shelf.stamp(state.name)
    state = _subject(shelf, State(state.kind, state.name), stamp).pruned(state)
    return _subject(shelf, replace(state, view=()), stamp), state


def page(shelf: Shelf, name: str, query: str, live: bool) -> str:
    """A page; `live` leaves out what takes longer than the number."""
    return page_html(*_asked(shelf, query), name, live)


def late(shelf: Shelf, name: str, query: str, told: Late) -> str:
    """The page whose answer takes long."""
    return late_html(*_asked(shelf, query), name, told)


def picture(shelf: Shelf, name: str, query: str) -> bytes:
    """A picture, as SVG."""
    from trialplan import figures

    if name not in PICTURES:
        raise ParameterError(f"there is no picture {name!r}")
    subject, state = _asked(shelf, query)
    with figures.drawn_for(figures.PHONE if MEDIUM in state.looked_at else figures.PAPER):
        return figures.render(PICTURES[name](subject, state), ".svg")


def take_away(shelf: Shelf, name: str, query: str) -> bytes:
    """A file."""
    from trialplan.web.takeaways import of_design, of_plan

    subject, state = _asked(shelf, query)
    known = of_plan() if subject.is_plan else of_design()
    if name not in known:
        raise ParameterError(f"there is no file {name!r} of this; there are {', '.join(known)}")
    return known[name].make(subject, state)


def work(shelf: Shelf, name: str, query: str) -> str:
    """Long work, an answer, a simulation or a page by its name: its result as a fragment of a page."""
    from trialplan.analyses.scenarios.vary import value
    from trialplan.verbs.sizing import verify
    from trialplan.web.pages.verify import TRIALS

    subject, state = _asked(shelf, query)
    if name == "answer":
        return part_html(subject.answer.page())
    if name != "verify":
        return worked_html(subject, state, name)
    trials = value(state.looked_at.get("trials", TRIALS))
    if subject.is_plan:
        return part_html(verify(subject.trial, trials=trials).page())
    return part_html(verify(subject.design, n=int(subject.answer.n), trials=trials).page())


# ---------------------------------------------------------------- what somebody opens

MOST_BYTES = 5_000_000
"""Of what is opened, before and after it is unpacked: the largest shipped plan with its tables has a fiftieth."""

MOST_FILES, _LONGEST_NAME = 20, 200
"""Of files, and of bytes of a name."""

_MARKUP = 10
"""Times as much as its bytes that a workbook may unpack to: it is mostly markup."""

_ZIPPED = tuple(suffix for suffix in WORKBOOKS if suffix != ".xls")
"""Workbooks that are archives; one of the old form is not."""


def take_in(shelf: Shelf, contents: Sequence[tuple[str, bytes]]) -> tuple[str, str]:
    """Keep what was opened: ("plan", its key) of a plan with its tables, ("table", its key) of tables alone."""
    files = _unpacked(contents)
    if not files:
        raise FileError("no file was chosen; choose a plan (.toml, or the .zip taken away here) or a table")
    plans = [name for name, content in files.items() if name.lower().endswith(".toml") and _PLAN.search(content)]
    if len(plans) > 1:
        raise FileError(f"{len(plans)} of the files are plans; open one at a time, with its tables")
    if not plans:
        key = shelf.put(files)
        _refuse_unread(shelf.folder_of(key))
        return "table", key
    plan = files.pop(plans[0])
    if PLAN_FILE in files:
        raise FileError(f"a table is called {PLAN_FILE}, as the plan is here; give it another name, in the plan too")
    key = shelf.put(files | {PLAN_FILE: plan})
    try:
        _ = Subject(State(name=key), shelf).original  # is refused here, in a sentence, and not page by page
    except TrialplanError as why:
        raise FileError(told(why)) from None
    return "plan", key


def _refuse_unread(folder: Path) -> None:
    """Raise, with all that is wrong, where none of the files in a folder is a table that can be read."""
    wrong: list[str] = []
    for path in sorted(folder.iterdir()):
        try:
            with given(TABLE_FILE, {path.name: path}):
                read_table(path.name)
        except TrialplanError as why:
            wrong.append(told(why))
        else:
            return
    shutil.rmtree(folder, ignore_errors=True)
    raise FileError(" | ".join(wrong))


_PLAN = re.compile(rb"^[ \t]*\[[ \t]*trial[ \t]*\]", re.MULTILINE)
"""What a plan has and a table has not."""

_LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db")
"""What operating systems add to an archive of their own accord."""


def _unpacked(contents: Sequence[tuple[str, bytes]]) -> dict[str, bytes]:
    """The files by their plain names, those of an archive in its place; no more of all together than is taken."""
    files: dict[str, bytes] = {}

    def keep(name: str, content: bytes) -> None:
        plain = _plain(name)
        if plain in files:
            raise FileError(f"two of the files are called {plain}; give each a name of its own")
        files[plain] = content
        _check_size(sum(map(len, files.values())), len(files))

    for name, content in contents:
        if name.lower().endswith(_ZIPPED):
            _archive(name, content, MOST_BYTES * _MARKUP)
        if not name.lower().endswith(".zip"):
            keep(name, content)
            continue
        archive = _archive(name, content, MOST_BYTES)
        own = [one for one in archive.infolist() if not one.is_dir() and not _is_litter(one.filename)]
        _check_size(sum(one.file_size for one in own), len(own))
        for one in own:
            try:
                keep(one.filename, archive.read(one))
            except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, zlib.error):
                raise FileError(f"{_plain(name)} is damaged or locked; save it again, without a password") from None
    return files


def _is_litter(name: str) -> bool:
    return name.startswith(_LITTER[0]) or name.rpartition("/")[2].startswith((*_LITTER[1:], "._"))


def _check_size(size: int, count: int) -> None:
    if size > MOST_BYTES or count > MOST_FILES:
        raise FileError(
            f"{count} files of {size:,} bytes were sent; {MOST_FILES} files of {MOST_BYTES:,} bytes in all are taken"
        )


def _archive(name: str, content: bytes, most: int) -> zipfile.ZipFile:
    """The archive, if it is one and unpacks to no more than that."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise FileError(f"{_plain(name)} is damaged, or is not what its name says; save it again") from None
    if (size := sum(one.file_size for one in archive.infolist())) > most:
        raise FileError(f"{_plain(name)} unpacks to {size:,} bytes, more than the {most:,} that are taken; send less")
    return archive


def _plain(name: str) -> str:
    """The name without folders, if it is a name that a file here may have."""
    plain = PurePosixPath(name.replace("\\", "/")).name
    if not plain or plain.startswith(".") or len(plain.encode()) > _LONGEST_NAME or not plain.isprintable():
        raise FileError(f"a file is called {plain[:40]!r}, which no file can be called here; rename it")
    return plain


TASKS: dict[str, Callable[..., Any]] = {
    "page": page,
    "late": late,
    "picture": picture,
    "take-away": take_away,
    "work": work,
    "take-in": take_in,
}
