"""The plan and the tables that a document holds, each verified by the digest that it prints."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from trialplan.errors import FileError
from trialplan.files import examples, read_text
from trialplan.plan.reading import Plan
from trialplan.protocol.checking.extraction import TextBlock, normal
from trialplan.protocol.content.embedded_sources import TABLE, canonical, digest, named, sources

_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_TAIL = re.compile(r"[,:;(\s]+(?:[\w-]+[:\s]+)?$")
_LONGEST = 300
"""Characters before a digest in which the name of its file is looked for: the pattern tries each as a beginning."""
_MOST = 5_000_000
"""Characters of a plan beyond which it is not read."""


Named = tuple[str, str]
"""A file's name and its text."""


def embedded(said: Sequence[TextBlock]) -> tuple[Named, tuple[Named, ...]]:
    """The plan and the tables that a document holds; a shipped table of the printed digest may be left out of it."""
    names = _printed(said)
    # a file may be printed as it is, or in lines, whatever style a program has given it
    texts = {digest(block.raw): canonical(block.raw) for block in said if block.kind == "code" or "\n" in block.raw}
    plans = [one for one, text in texts.items() if one in names and _is_plan(text)]
    if not plans:
        raise FileError(_without_plan(texts, names))
    # the document is of the plan that no other one amends, though the earlier one may itself amend a third
    amended = {normal(name) for one in plans if (name := _amends(texts[one])) is not None}
    latest = [one for one in plans if not amended & set(names[one])]
    if len(plans) > 2 or len(latest) != 1:
        raise FileError(f"it holds {len(plans)} plans; check the documents that it was put together from one by one")
    main = latest[0]
    text = texts[main]
    if max(len(texts[one]) for one in plans) > _MOST:
        raise FileError(f"the plan in it has {len(text):,} characters, which no plan has; it is not read")
    found = {name: texts[one] for one, called in names.items() if one in texts and one != main for name in called}
    return (names[main][0], text), tuple(_tables(text, found, names))


def _amends(plan: str) -> str | None:
    """The name of the earlier version that a plan says it amends."""
    report = _toml(plan).get("report")
    name = report.get("amends") if isinstance(report, dict) else None
    return name if isinstance(name, str) else None


def texts_of(plan: Plan) -> tuple[Named, tuple[Named, ...]]:
    """The texts of a plan and of the tables that it rests on, as a document would hold them."""
    name = Path(plan.name).name
    return (name, canonical(plan.text)), tuple((one.name, one.text) for one in sources(plan))


def as_printed(said: Sequence[TextBlock], plan: Named) -> Named:
    """The plan under the name that the document prints beside its digest; under its own where it prints another."""
    name, text = plan
    return _printed(said).get(digest(text), [name])[0], text


def _tables(plan: str, found: Mapping[str, str], names: Mapping[str, Sequence[str]]) -> Iterator[Named]:
    """Every table that the plan and its tables name, with its verified text; of a plan that it amends, the same."""
    wanted = list(dict.fromkeys(named(_toml(plan))))
    amended = _amends(plan)
    if amended is not None:
        earlier = found.get(normal(amended))
        if earlier is None:
            raise FileError(f"the earlier plan {amended} cannot be taken from it: it holds no text of its digest")
        yield amended, earlier
        wanted = list(dict.fromkeys([*wanted, *named(_toml(earlier))]))
    for name in wanted:  # it grows: a table may name another
        shown = normal(name)
        digests = [one for one, called in names.items() if shown in called]
        text = found.get(shown) or _shipped(name, digests)
        if text is None:
            what = "no digest is printed beside its name"
            if digests:
                what = f"the digest printed for it, {digests[0][:12]}…, is of no text"
            raise FileError(f"the evidence table {name} cannot be taken from it: {what} in the document")
        yield name, text
        further = _toml(text).get("table", {}) if not name.lower().endswith(".csv") else {}
        more = further.get("randomised") if isinstance(further, dict) else None
        if isinstance(more, str) and more not in wanted:
            wanted.append(more)


def _shipped(name: str, digests: Sequence[str]) -> str | None:
    """The text of the shipped table of that name, if it is what the document was made from."""
    path = examples(TABLE).get(name)
    text = None if path is None else canonical(read_text(path))
    return text if text is not None and digest(text) in digests else None


def _printed(said: Sequence[TextBlock]) -> dict[str, list[str]]:
    """The names that stand before a digest, by the digest."""
    found: dict[str, list[str]] = {}
    for block in said:
        for cell in block.cells if block.kind != "code" else ():
            for match in _DIGEST.finditer(cell):
                before = cell[max(0, match.start() - _LONGEST) : match.start()]
                found.setdefault(match[0], []).append(_TAIL.sub("", before) or "plan")
    return found


def _is_plan(text: str) -> bool:
    """Whether it has a plan's headers, each on a line of its own: a sentence may name the keys that a plan lacks."""
    return all(re.search(rf"(?m)^\s*{re.escape(head)}\s*(?:#.*)?$", text) for head in ("[trial]", "[[endpoint]]"))


def _without_plan(texts: Mapping[str, str], names: Mapping[str, Sequence[str]]) -> str:
    changed = [one for one, text in texts.items() if _is_plan(text)]
    if not changed:
        return (
            "it holds no plan to compute it from: a program that saved it may have dropped it, or it was written with "
            "appendix_plan = false in the plan's [report]; name the plan with --plan PLAN"
        )
    printed = [f"{one} for {called[0]}" for one, called in names.items() if one not in texts]
    return (
        f"the plan in it has the SHA-256 digest {changed[0]}, and the document prints "
        f"{' and '.join(printed) or 'none'}: the plan, or its digest, was changed after the document was written"
    )


def _toml(text: str) -> dict[str, object]:
    """The content, or nothing where it is not TOML: whoever builds the plan will say so."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return {}
