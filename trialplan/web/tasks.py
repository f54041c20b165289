"""What the processes are asked: a page, a picture, a file, long work, and what somebody has opened."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qsl

from trialplan.errors import FileError, ParameterError, TrialplanError
from trialplan.evidence.text_table import WORKBOOKS
from trialplan.web.pictures import PICTURES
from trialplan.web.rendering import page_html, part_html
from trialplan.web.shelf import PLAN_FILE, Shelf
from trialplan.web.state import State, of_query
from trialplan.web.subject import Subject

_REMEMBERED = 32
"""Subjects that a process keeps, built: a visitor's page, its pictures and its files are of the same one."""


@lru_cache(maxsize=_REMEMBERED)
def _subject(shelf: Shelf, state: State) -> Subject:
    return Subject(state, shelf)


def _asked(shelf: Shelf, query: str) -> tuple[Subject, State]:
    """The subject of an address's query, and the whole state, with how it is looked at."""
    state = of_query(parse_qsl(query, keep_blank_values=True))
    state = _subject(shelf, State(state.kind, state.name)).pruned(state)
    return _subject(shelf, replace(state, view=())), state


def page(shelf: Shelf, name: str, query: str, live: bool) -> str:
    """A page; `live` leaves out what takes longer than the number."""
    return page_html(*_asked(shelf, query), name, live)


def picture(shelf: Shelf, name: str, query: str) -> bytes:
    """A picture, as SVG."""
    from trialplan import figures

    if name not in PICTURES:
        raise ParameterError(f"there is no picture {name!r}")
    return figures.render(PICTURES[name](*_asked(shelf, query)), ".svg")


def take_away(shelf: Shelf, name: str, query: str) -> bytes:
    """A file."""
    from trialplan.web.takeaways import of_design, of_plan

    subject, state = _asked(shelf, query)
    known = of_plan() if subject.is_plan else of_design()
    if name not in known:
        raise ParameterError(f"there is no file {name!r} of this; there are {', '.join(known)}")
    return known[name].make(subject, state)


def work(shelf: Shelf, name: str, query: str) -> str:
    """Long work: its result as a fragment of a page."""
    from trialplan.analyses.scenarios.vary import value
    from trialplan.verbs.sizing import verify
    from trialplan.web.pages.verify import TRIALS

    subject, state = _asked(shelf, query)
    if name == "answer":
        return part_html(subject.answer.page())
    if name != "verify":
        raise ParameterError(f"there is no work {name!r}")
    trials = value(state.looked_at.get("trials", TRIALS))
    if subject.is_plan:
        return part_html(verify(subject.trial, trials=trials).page())
    return part_html(verify(subject.design, n=int(subject.answer.n), trials=trials).page())


# ---------------------------------------------------------------- what somebody opens

MOST_BYTES = 5_000_000
"""Of what is opened, before and after it is unpacked: the largest shipped plan with its tables has a fiftieth."""

_MOST_FILES = 20

_ZIPPED = tuple(suffix for suffix in WORKBOOKS if suffix != ".xls")
"""Workbooks that are archives; one of the old form is not."""


def take_in(shelf: Shelf, contents: Mapping[str, bytes]) -> tuple[str, str]:
    """Keep what was opened: ("plan", its key) of a plan with its tables, ("table", its key) of tables alone."""
    files = _unpacked(contents)
    if not files:
        raise FileError("no file was chosen; choose a plan (.toml, or the .zip taken away here) or a table")
    plans = [name for name, content in files.items() if name.endswith(".toml") and b"[trial]" in content]
    if len(plans) > 1:
        raise FileError(f"{len(plans)} of the files are plans; open one at a time, with its tables")
    for name, content in files.items():
        if name.lower().endswith(_ZIPPED):
            _check_archive(name, content)
    if not plans:
        return "table", shelf.put(files)
    files[PLAN_FILE] = files.pop(plans[0])
    key = shelf.put(files)
    try:
        _ = Subject(State(name=key), shelf).original  # is refused here, in a sentence, and not page by page
    except TrialplanError as why:
        raise FileError(f"{plans[0]}: {str(why).replace(key, plans[0])}") from None
    return "plan", key


def _unpacked(contents: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files by their plain names, those of an archive in its place."""
    files: dict[str, bytes] = {}
    for name, content in contents.items():
        if name.lower().endswith(".zip"):
            archive = _check_archive(name, content)
            for one in archive.infolist():
                if not one.is_dir():
                    files[_plain(one.filename)] = archive.read(one)
        else:
            files[_plain(name)] = content
    return files


def _check_archive(name: str, content: bytes) -> zipfile.ZipFile:
    """The archive, if it is one and unpacks to what it may."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise FileError(f"{name} is damaged, or is not what its name says; save it again") from None
    entries = archive.infolist()
    size = sum(one.file_size for one in entries)
    most = MOST_BYTES * (10 if name.lower().endswith(_ZIPPED) else 1)  # a workbook is mostly markup
    if size > most or (len(entries) > _MOST_FILES and not name.lower().endswith(_ZIPPED)):
        raise FileError(f"{name} unpacks to {len(entries)} files of {size:,} bytes, more than are taken; send less")
    return archive


def _plain(name: str) -> str:
    """The name without folders, if it is a name that a file here may have."""
    plain = PurePosixPath(name.replace("\\", "/")).name
    if not plain or plain.startswith(".") or len(plain) > 100 or not plain.isprintable():
        raise FileError("a file has no name that can be used here; rename it")
    return plain


TASKS: dict[str, Callable[..., Any]] = {
    "page": page,
    "picture": picture,
    "take-away": take_away,
    "work": work,
    "take-in": take_in,
}
