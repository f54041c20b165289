"""The document written again from what is embedded in it.

The plan that a document holds is somebody else's: it reads no file but the tables that come with it, and writes in a
folder of its own.
"""

from __future__ import annotations

import dataclasses
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from trialplan.files import given
from trialplan.plan import read
from trialplan.plan.building import size_primary
from trialplan.plan.reading import FILE
from trialplan.protocol.checking.embedded import Named
from trialplan.protocol.checking.extraction import normal, tokens
from trialplan.protocol.content.embedded_sources import TABLE, studies
from trialplan.protocol.content.filters import boundary, count
from trialplan.protocol.content.printed_words import printer
from trialplan.protocol.formats.documents import write


@dataclass(frozen=True)
class Rebuilt:
    """The document as it would be written now, and what no document may leave out.

    Each of `required` are words that stand together in one paragraph or row: the number of participants with its
    arms, each source of an assumption of the primary, and each look's number with its boundary. `named` are the
    endpoints, whose names are headings.
    """

    content: bytes
    required: tuple[tuple[str, ...], ...]
    named: tuple[str, ...]


@lru_cache(maxsize=8)
def rebuilt(
    plan: Named,
    tables: tuple[Named, ...],
    suffix: str,
    templates: Path | None = None,
    kind: str | None = None,
    prints: bool = False,
) -> Rebuilt:
    """The document of this kind that a plan and its tables give now; `prints` says that it prints them at its end."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        name, text = plan
        path, output = home / "plan.toml", home / f"document{suffix}"
        path.write_text(text, encoding="utf-8")
        paths = {table: _placed(home / str(i), table, said) for i, (table, said) in enumerate(tables)}
        plans = {**paths, **{str(one): one for one in (path, *paths.values())}}
        with given(TABLE, paths), given(FILE, plans):
            found = dataclasses.replace(read(str(path)), name=name)
            required = tuple(map(tuple, _required(size_primary(found), printer(studies(found)))))
            write(found, [output], kind=kind, templates=templates, prints_sources=prints)
        return Rebuilt(output.read_bytes(), required, tuple(one.name for one in found.content.endpoint))


def _required(primary: Any, printed: Callable[[str], str]) -> Iterator[list[str]]:
    randomised = primary.arms_randomised
    sizes = {primary.answer.n, *primary.answer.arms.values(), sum(randomised.values()), *randomised.values()}
    yield [f"{size:,.0f}" for size in sizes]
    for one in primary.assumptions:
        yield tokens(normal(printed(one.source)))
    for look in primary.answer.extra.get("looks", ()):
        for z in filter(None, (look.get("efficacy_z"), look.get("futility_z"))):
            yield tokens(normal(f"{count(look['n'])} {boundary(z)}"))


def _placed(folder: Path, name: str, text: str) -> Path:
    """The table in a folder of its own, under its own name as far as that is harmless: a CSV is titled by it."""
    folder.mkdir()
    suffix = ".csv" if name.lower().endswith(".csv") else ".toml"
    stem = re.sub(r"[^\w .-]", "_", Path(name.replace("\\", "/")).stem)[:100].strip(". ") or "table"
    path = folder / f"{stem}{suffix}"
    path.write_text(text, encoding="utf-8")
    return path
