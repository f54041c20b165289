"""Write docs/plan.md from the plan file's schema, a key a row; with --check, say whether it is current."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from trialplan.files import examples
from trialplan.plan.reading import json_schema
from trialplan.text import number

PAGE = Path(__file__).with_name("plan.md")
HEAD = """# The plan file

Written from the schema of plan files by `docs/build_plan.py`; do not edit it by hand. `trialplan schema` prints the
schema itself, for editors that complete and check as one types; `trialplan init` writes a plan to start from.

A plan is a TOML file. A section in double brackets may stand several times, NAME is a name that the plan chooses. A
share is written as 0.25, not as 25 %. Examples are from the shipped plans, each key's shortest.
"""
_LONGEST = 60
"""Characters of an example: what is longer is cut, for it is there to show the form."""

Node = Mapping[str, Any]


def reference() -> str:
    """The page as the schema is now."""
    schema = json_schema()
    found: dict[int, str] = {}
    for path in examples("plan.toml").values():
        _gather(tomllib.loads(path.read_text(encoding="utf-8")), schema, schema, found)
    return "\n".join([HEAD, *_sections(schema, found)])


def _sections(schema: Node, found: Mapping[int, str]) -> Iterator[str]:
    """Each section once, in the order of the file, with those that stand within it."""
    told: dict[int, str] = {}

    def within(node: Node, name: str, many: bool, level: int) -> Iterator[str]:
        brackets = f"[[{name}]]" if many else f"[{name}]"
        yield f"{'#' * level} `{brackets}`\n"
        if id(node) in told:
            yield f"The same keys as `{told[id(node)]}`.\n"
            return
        told[id(node)] = brackets
        meaning = " ".join(node.get("description", "").split()).rpartition("]`: ")[2]
        yield f"{meaning[:1].upper()}{meaning[1:]}\n"
        needed = set(node.get("required", ()))
        yield "| Key | What it says | Takes | Without it | Example |\n|:---|:------|:---|:---|:---|"
        for key, one in node["properties"].items():
            yield f"| `{key}` | {' | '.join(map(_cell, _row(one, schema, key in needed, found)))} |"
        yield ""
        for key, one in node["properties"].items():
            inner, several, named = _section(one, schema)
            if inner is not None:
                yield from within(inner, f"{name}.{key}{'.NAME' if named else ''}", several, min(level + 1, 4))

    for key, one in schema["properties"].items():
        node, many, _ = _section(one, schema)
        assert node is not None  # a plan has sections alone at its top
        yield from within(node, key, many, 2)


def _section(one: Node, schema: Node) -> tuple[Node | None, bool, bool]:
    """The section that a key holds, or None; whether it may stand several times, and whether it has names."""
    for option in (one, *one.get("anyOf", ())):
        node, several, named = option, False, False
        if node.get("type") == "array":
            node, several = node.get("items", {}), True
        elif isinstance(node.get("additionalProperties"), Mapping):
            node, named = node["additionalProperties"], True
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rsplit("/", 1)[1]]
        if "properties" in node:
            return node, several, named
    return None, False, False


def _row(one: Node, schema: Node, needed: bool, found: Mapping[int, str]) -> tuple[str, str, str, str]:
    """What a key says, what it takes, what stands without it, and an example."""
    inner, several, _ = _section(one, schema)
    meaning = one.get("description") or ("" if inner is None else " ".join(inner.get("description", "").split()))
    meaning = meaning.rpartition("]`: ")[2]
    takes = "a list of sections" if several and inner is not None else "a section" if inner is not None else _takes(one)
    return meaning, takes, "must be there" if needed else _default(one, inner), found.get(id(one), "")


def _default(one: Node, inner: Node | None) -> str:
    default = one.get("default")
    if inner is not None or default in (None, [], {}, ""):
        return "nothing is said"
    return f"`{json.dumps(default, ensure_ascii=False)}`"


_TYPES = {"string": "text", "number": "a number", "integer": "a whole number", "boolean": "true or false"}


def _takes(one: Node) -> str:
    """The values of a key in words."""
    options = [_takes(option) for option in one.get("anyOf", ()) if option.get("type") != "null"]
    if options:
        return " or ".join(dict.fromkeys(options))
    if "const" in one or "enum" in one:
        return ", ".join(f"`{value}`" for value in one.get("enum", [one.get("const")]))
    if one.get("type") == "array":
        return f"a list: {_takes(one.get('items', {}))}"
    if one.get("type") == "object":
        each = one.get("additionalProperties")
        return f"names, each with {_takes(each) if isinstance(each, Mapping) else 'a value'}"
    if one.get("format") == "date":
        return "a date"
    return _TYPES.get(str(one.get("type")), "a value") + _bounds(one)


def _bounds(one: Node) -> str:
    words = {"exclusiveMinimum": "above", "minimum": "at least", "exclusiveMaximum": "below", "maximum": "at most"}
    told = [f"{words[key]} {number(one[key])}" for key in words if key in one]
    return f" {' and '.join(told)}" if told else ""


def _gather(said: Any, node: Node, schema: Node, found: dict[int, str]) -> None:
    """The shortest value of each key in a plan, by the place of the key in the schema."""
    for key, value in said.items():
        one = node.get("properties", {}).get(key)
        if one is None:
            continue
        inner, _, named = _section(one, schema)
        if inner is None:
            shown = json.dumps(value, ensure_ascii=False, default=str)
            if len(shown) < len(found.get(id(one), shown + " ")):
                found[id(one)] = shown
        elif named:
            for each in value.values():
                _gather(each, inner, schema, found)
        else:
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, dict):
                    _gather(each, inner, schema, found)


def _cell(text: str) -> str:
    """Text in a cell of a table; an example is set as what is typed."""
    shown = text if len(text) <= _LONGEST or not text.startswith(('"', "[", "{")) else f"{text[:_LONGEST]}…"
    marked = f"`{shown}`" if shown[:1] in ('"', "[", "{") or shown in ("true", "false") else shown
    return marked.replace("|", "\\|") or "–"


def main() -> int:
    """Write the page, or with --check compare it."""
    text = reference()
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    print("docs/plan.md is not what the schema says; run python docs/build_plan.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
