"""Plans and evidence tables with hostile text in every field that takes text, made by walking their schemas."""

import json
import tomllib

from trialplan.evidence.table import ReportedOutcome, Study, domains
from trialplan.files import shipped
from trialplan.plan.schema import PlanFile

PAYLOADS = {
    "html": "<script>alert(1)</script> <img src=x onerror=alert(1)> <!-- c --> </title> </style> &lt;b&gt; &amp; ]]>",
    "markdown": "*b* _i_ `c` ~s~ ^u^ | cell [deng](javascript:alert(1)) ![deng](file:///etc/passwd) [^deng] @cite ``` "
    "::: === ---",
    "tex": r"\input{/etc/passwd} \write18{id} $x^2$ $$y$$ 100% {a} a_b c^d \end{document} \\ -- --- ~ \begin{verbatim}",
    "typst": '#read("/etc/passwd") #import "x.typ" $ x $ @label <lab> // comment /* c */ = head #{ 1 } #[ a ] "q"',
    "jinja": "{{ 7 * 7 }} {% raw %} {# c #} {{ plan.folder }} {% include '/etc/passwd' %}",
    "shell": "$(id) `id` ; rm -rf x && echo | cat > y ${HOME} ../../../../etc/passwd %s %n",
    "unicode": "a\u200bb c\ufeffd e\u00adf g\u00a0h \u202fi naïve Ω ≥ ½ 中文 עברית \U0001f9ea",
}
"""What each language would take for an order."""

OPENINGS = (
    "- item",
    "1. item",
    "a) item",
    "(i) item",
    "# head",
    "> quote",
    ": caption",
    "Table: caption",
    "% title",
    "---",
    "===",
    "+---+",
    "| a |",
    "::: div",
    "```",
    "~~~",
    "    code",
    "\\",
    "[^1]: note",
    "[deng]: http://x.invalid",
)
"""How a line would begin something in Markdown."""

IDENTIFIERS = {
    *("table", "study", "studies", "outcome", "arm", "method", "design", "allocation", "efficacy", "futility"),
    *("analysis_test", "net_of", "key", "sections", "leave_out", "accept", "randomised", "amends"),
}
"""Fields whose text names something else; hostile text in them is refused."""

TOGETHER = {"family"}
"""Sections that a plan with one primary endpoint must not have."""

PAIRED = {"test", "range_source", "dropout_source", "source", "acknowledge_uncontrolled", "acknowledge"}
"""Fields that make sense beside another one only: replaced where they are, and not added."""


def plan_text(texts) -> str:
    """The shipped plan with `texts()` in every field of its schema that takes free text, as TOML."""
    data = tomllib.loads((shipped("examples") / "msc-lupus-nephritis" / "plan.toml").read_text(encoding="utf-8"))
    for stratum in data["randomisation"]["strata"]:  # levels become one text, which has no two rates
        for paired in ("control_rates", "shares", "test"):
            stratum.pop(paired, None)
    data["assurance"]["harms"] = {texts("assurance.harms"): 0.1}
    schema = PlanFile.model_json_schema()
    return toml(_filled(data, schema, schema, texts))


def evidence_text(texts) -> str:
    """The shipped evidence table with `texts()` in every field that takes free text, as TOML."""
    name = shipped("examples") / "msc-lupus-nephritis" / "evidence.toml"
    data = tomllib.loads(name.read_text(encoding="utf-8"))
    head = ("title", "citation", "doi", "source_note")
    data["table"] |= {key: texts(f"table.{key}") for key in head}
    for study in data["study"]:
        study |= {key: texts(f"study.{key}") for key in _words(Study)}
        for outcome in study.get("outcome", []):
            outcome |= {key: texts(f"outcome.{key}") for key in _words(ReportedOutcome)}
    return toml(data)


def _words(kind):
    found = [name for name, says in domains(kind).items() if says.startswith("text")]
    return [
        name
        for name in found
        if name not in ("name", "arm", "p_value", "enrolled_from", "enrolled_to", "group", "control", "risk_of_bias")
    ]


def _filled(data, node, schema, texts, place=""):
    """The data with a text in every free text field of the schema, those that it lacks added."""
    properties = _resolve(node, schema).get("properties", {})
    found = dict(data)
    for name, part in properties.items():
        where = f"{place}.{name}".lstrip(".")
        if name in IDENTIFIERS | TOGETHER or (name in PAIRED and name not in found):
            continue
        resolved = _resolve(part, schema)
        if _is_text(resolved):
            found[name] = texts(where)[: resolved.get("maxLength")]
        elif resolved.get("type") == "array":
            found |= _filled_list(found, name, _resolve(resolved.get("items", {}), schema), schema, texts, where)
        elif isinstance(found.get(name), dict) and "properties" in resolved:
            found[name] = _filled(found[name], resolved, schema, texts, where)
        elif isinstance(found.get(name), dict) and isinstance(resolved.get("additionalProperties"), dict):
            found[name] = _filled_values(found[name], resolved["additionalProperties"], schema, texts, where)
        elif name not in found and _words_only(resolved, schema):
            found[name] = _filled({}, resolved, schema, texts, where)
    return found


def _filled_list(found, name, items, schema, texts, where):
    if _is_text(items):
        return {name: [texts(where)]}
    kept = found.get(name, [])
    return (
        {name: [_filled(one, items, schema, texts, where) for one in kept if isinstance(one, dict)]}
        if kept and isinstance(kept[0], dict)
        else {}
    )


def _filled_values(values, part, schema, texts, where):
    resolved = _resolve(part, schema)
    if _is_text(resolved):
        return {key: texts(f"{where}.{key}") for key in values}
    return {
        key: _filled(one, resolved, schema, texts, f"{where}.{key}") if isinstance(one, dict) else one
        for key, one in values.items()
    }


def _words_only(resolved, schema):
    """Whether a section that is not there could be made of texts alone."""
    names = resolved.get("required", [])
    needed = [_resolve(resolved.get("properties", {}).get(name, {}), schema) for name in names]
    exclusive = {"evidence", "bridge", "belief"} & {*resolved.get("properties", {})}
    return bool(names) and not exclusive and not (IDENTIFIERS | PAIRED) & {*names} and all(map(_is_text, needed))


def _is_text(part):
    return (
        part.get("type") == "string"
        and not {"enum", "const", "format"} & part.keys()
        and part.get("pattern") in (None, "\\S")
    )


def _resolve(part, schema):
    for option in part.get("anyOf", ()):
        if option.get("type") != "null":
            return _resolve(option, schema)
    if "$ref" in part:
        return schema["$defs"][part["$ref"].rsplit("/", 1)[1]]
    return part


def toml(data, place="") -> str:
    """The data as TOML: values first, then sections."""
    lines, sections = [], []
    for key, value in data.items():
        name = key if key.replace("-", "").replace("_", "").isalnum() and key.isascii() else _quoted(key)
        path = f"{place}.{name}".lstrip(".")
        if isinstance(value, dict):
            sections.append(f"\n[{path}]\n{toml(value, path)}")
        elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            sections += [f"\n[[{path}]]\n{toml(one, path)}" for one in value]
        else:
            lines.append(f"{name} = {_value(value)}")
    return "\n".join([*lines, *sections])


def _value(value) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, str):
        return _quoted(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _quoted(text) -> str:
    """A basic string of TOML, which knows no surrogates."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
