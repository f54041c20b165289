"""The house style: which template and which look a document is made from, and what a user's template may do.

A folder given as `--templates` overrides by name: `protocol.md.j2`, any of `sections/` and `statements/`, and the
looks `page.html`, `page.css`, `page.typ`, `page.tex` and `reference.docx`. Its `protocol.md.j2` may begin with
`{% extends "trialplan/protocol.md.j2" %}` and then hold single blocks, each the name of a section.
"""

from __future__ import annotations

import functools
import hashlib
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from trialplan import text
from trialplan.errors import FileError, PlanError, TrialplanError, did_you_mean
from trialplan.files import is_input, shipped
from trialplan.protocol.content import filters
from trialplan.protocol.content.filters import FILTERS, Verbatim, escape

OURS = "trialplan/"
"""Before a template's name: the shipped one, whatever the house has."""
MAIN = "protocol.md.j2"
_NO_PARTS = (".j2", ".css", ".docx")
"""Files that pandoc does not read as templates; all others may be parts of one."""
_PART = re.compile(r"\$(?:\{\s*)?(?:[\w.-]+:)?([^\s${}()\[\]]+)\(\)")
"""What a template of pandoc's takes in from another file: $part()$, ${ part.ext() } or $list:part()$."""

LOOKS = ("page.html", "page.css", "page.typ", "page.tex", "reference.docx")


def check_folder(folder: Path) -> None:
    """Raise unless the folder overrides something."""
    if not folder.is_dir():
        raise FileError(f"the folder of templates {folder} does not exist; name the folder that holds {MAIN}")
    known = {path.relative_to(shipped("templates")).as_posix() for path in shipped("templates").rglob("*.j2")}
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    found = [path.relative_to(folder).as_posix() for path in files]
    if not {*known, *LOOKS} & {*found}:
        raise FileError(
            f"the folder of templates {folder} overrides nothing; name a file in it as the shipped one that it "
            f"replaces, such as {MAIN}, sections/synopsis.md.j2, {', '.join(LOOKS)}"
        )
    for path in files:
        _check_inside(path, folder)


def _check_inside(path: Path, folder: Path) -> None:
    """Raise where a file of the folder leads out of it, as a link does or a part that a page's template asks for."""
    if not path.resolve().is_relative_to(folder.resolve()):
        raise FileError(f"{path} is a link that leads out of the folder of templates; put the file itself there")
    if path.suffix not in _NO_PARTS:
        for part in _PART.findall(path.read_bytes().decode(errors="replace")):
            if not re.fullmatch(r"[\w-][\w.-]*", part):
                raise FileError(
                    f"{path} asks for {part}, which is no file beside it; put the part into the same folder"
                )


def look(name: str, folder: Path | None) -> Path:
    """The file of that name: the house's own, else the shipped one."""
    if folder is not None and (folder / name).is_file():
        is_input(folder / name)
        return folder / name
    return shipped("templates") / name


def environment(folder: Path | None = None) -> Any:
    """Jinja2 with undefined names as errors, every printed value escaped unless it is Verbatim, and no way out."""
    return _of_shipped(shipped("templates")) if folder is None else _environment(shipped("templates"), folder)


def _environment(ours: Path, mine: Path | None) -> Any:
    from jinja2 import ChoiceLoader, PrefixLoader, StrictUndefined

    own, shared = [] if mine is None else [_loader(mine)], _loader(ours)
    env = _sandbox()(
        loader=ChoiceLoader([*own, PrefixLoader({OURS[:-1]: shared}), shared]),
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # the output is Markdown: `finalize` escapes for that
    )
    env.filters.update(FILTERS)
    return env


@functools.cache
def _of_shipped(ours: Path) -> Any:
    """That of the shipped templates alone, compiled once for all documents that a process writes.

    As of the package's own modules, what they are compiled to is kept in a folder beside them, where one may be made.
    """
    from jinja2 import FileSystemBytecodeCache

    class Kept(FileSystemBytecodeCache):
        def dump_bytecode(self, bucket: Any) -> None:
            if not sys.dont_write_bytecode:
                with suppress(OSError):
                    Path(self.directory).mkdir(exist_ok=True)
                    super().dump_bytecode(bucket)

    # what is compiled may hold values that filters have made of constants, so it belongs to these filters
    made_by = hashlib.sha256(b"".join(Path(str(one.__file__)).read_bytes() for one in (filters, text)))
    environment = _environment(ours, None)
    environment.bytecode_cache = Kept(str(ours / "__pycache__"), f"{made_by.hexdigest()[:12]}-%s.jinja")
    return environment


def sections(env: Any, template: str = MAIN) -> tuple[str, ...]:
    """The names of the sections, in the order in which a document has them; a sheet has none."""
    return tuple(env.get_template(OURS + template).blocks)


def chosen(env: Any, report: Any, name: str, template: str = MAIN) -> tuple[str, ...]:
    """The sections that a plan's `[report]` asks for; `sections` is about the protocol alone."""
    known = sections(env)
    asked = {key: tuple(one.replace("-", "_") for one in getattr(report, key)) for key in ("sections", "leave_out")}
    for key, names in asked.items():
        for one in names:
            if one not in known:
                raise PlanError(f"{name}, [report]: {key}: there is no section {one!r}; {did_you_mean(one, known)}")
    if all(asked.values()):
        raise PlanError(f"{name}, [report]: sections says what to print and leave_out what not to; keep one of them")
    there = sections(env, template)
    wanted = asked["sections"] if asked["sections"] and template == MAIN else there
    return tuple(one for one in there if one in wanted and one not in asked["leave_out"])


@contextmanager
def told(folder: Path | None) -> Iterator[None]:
    """A template that is wrong is one sentence with its file and line."""
    from jinja2 import TemplateError

    try:
        yield
    except TrialplanError as why:
        place = _place(why, folder)
        raise (why.at(place, type(why)) if place else why) from None
    except RecursionError as why:
        place = _place(why, folder)
        reason = f"it extends, includes or calls itself without end; the shipped one is {OURS}NAME"
        raise FileError(f"{place}: {reason}") from None
    except (TemplateError, TypeError, ValueError, AttributeError, ArithmeticError, LookupError, MemoryError) as why:
        place = _place(why, folder)
        if not place:
            raise
        reason = str(why).splitlines()[0].rstrip(".") if str(why) else "it needs more memory than there is"
        raise FileError(f"{place}: {reason}; correct the template") from None


def _place(why: BaseException, folder: Path | None) -> str:
    """The template and line where it went wrong; nothing where that was in no template of the house."""
    roots = [root for root in (folder, shipped("templates")) if root is not None]
    places = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(why.__traceback__)]
    if getattr(why, "filename", None) and getattr(why, "lineno", None):  # a template that cannot be read as one
        places.append((str(why.filename), why.lineno))  # type: ignore[attr-defined]
    for file, line in reversed(places):
        for root in roots:
            if Path(file).is_relative_to(root):
                return f"{Path(file).relative_to(root).as_posix()}, line {line}"
    return ""


def _finalize(value: Any) -> str:
    if isinstance(value, Verbatim):
        return value
    if value is None:
        raise TrialplanError("a template prints a value that is not there; test for it, or use the filter `or_none`")
    return escape(str(value))


def _loader(folder: Path) -> Any:
    """A loader of the templates in one folder; a link that leads out of it leads nowhere."""
    from jinja2 import FileSystemLoader, TemplateNotFound

    class Inside(FileSystemLoader):
        def get_source(self, environment: Any, template: str) -> Any:
            if not (folder / template).resolve().is_relative_to(folder.resolve()):
                raise TemplateNotFound(template)
            return super().get_source(environment, template)

    return Inside(folder)


@functools.cache
def _sandbox() -> Any:
    """An environment whose templates may look and print, and call what belongs to plain values or to this program."""
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Sandbox(ImmutableSandboxedEnvironment):
        def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
            return not isinstance(obj, Path) and super().is_safe_attribute(obj, attr, value)

        def is_safe_callable(self, obj: Any) -> bool:
            owner = getattr(obj, "__self__", None)
            home = getattr(obj, "__module__", None) or type(owner).__module__
            known = home in ("builtins", "datetime") or home.startswith(("jinja2.", "trialplan."))
            return known and not isinstance(owner, type) and super().is_safe_callable(obj)

    return Sandbox
