"""The direction of the arrows: imports never go up a floor, and the cheap questions stay cheap."""

import ast
import functools
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import trialplan
from trialplan import catalogue
from trialplan.design import Design
from trialplan.parameter import parameters

ROOT = Path(trialplan.__file__).resolve().parent

FLOORS = [
    {"numerics", "errors", "text", "time_unit", "progress", "page", "terminal", "files", "figures", "mailed"},
    {
        "parameter",
        "fields",
        "belief",
        "answers",
        "grid_page",
        "size_statement",
        "sizing",
        "sizing_grid",
        "rejection",
        "outcome",
        "stated",
        "sized",
        "design",
        "design_facts",
        "wrapper",
    },
    {"outcomes"},
    {"evidence", "designs"},
    {"sequential", "reestimation"},
    {"several"},
    {"analyses", "enrolment", "catalogue"},
    {"plan"},
    {"cross_check"},
    {"protocol"},
    {"verbs"},
    {"cli", "web", "__main__"},
]
"""From the ground; the package's own `__init__`, which fetches names when they are used, stands beside the house."""

FLOOR = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
NEIGHBOURS = [("evidence", "designs"), ("sequential", "reestimation")]
"""Rooms of one floor that do not know each other."""


def modules():
    """Every module by dotted name, with its file."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = ["trialplan", *path.relative_to(ROOT).with_suffix("").parts]
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@functools.cache
def parsed(path):
    """A module's tree, of which nobody changes anything."""
    return ast.parse(path.read_text(encoding="utf-8"))


def _walk(node):
    """Every node but those under `if TYPE_CHECKING:`, where an import is for readers and mypy only: no arrow."""
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _walk(child)


def imported(path, name, known):
    """The modules of the package that a file imports, at its top or inside a function."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in _walk(parsed(path)):
        if isinstance(node, ast.Import):
            candidates = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parts, *([node.module] if node.module else [])])
            candidates = [f"{base}.{alias.name}" if f"{base}.{alias.name}" in known else base for alias in node.names]
        else:
            continue
        yield from (candidate for candidate in candidates if candidate in known)


def room(name):
    """The room that a module belongs to; none for the package itself."""
    return name.split(".")[1] if "." in name else ""


@pytest.fixture(scope="module")
def edges():
    """(importer, imported) for every import inside the package."""
    known = modules()
    return {(name, other) for name, path in known.items() for other in imported(path, name, known) if other != name}


class TestFloors:
    def test_every_room_has_a_floor(self):
        """No module stands outside the plan of the house."""
        assert {room(name) for name in modules()} - {""} <= set(FLOOR)

    def test_no_import_goes_up(self, edges):
        """A module imports from its own floor or from below."""
        between = [(a, b) for a, b in edges if room(a) and room(b)]
        assert between
        assert [(a, b) for a, b in between if FLOOR[room(a)] < FLOOR[room(b)]] == []

    def test_neighbours_do_not_know_each_other(self, edges):
        """Evidence makes beliefs, designs answer for given numbers; looks and re-estimation are two wrappers."""
        for one, other in NEIGHBOURS:
            assert [(a, b) for a, b in edges if {room(a), room(b)} == {one, other}] == []

    def test_no_circles(self, edges):
        """No module imports itself by way of others; a package stands for its own `__init__` file."""
        after = {}
        for a, b in edges:
            after.setdefault(a, set()).add(b)
        done, path = set(), []

        def walk(name):
            assert name not in path, " → ".join([*path[path.index(name) :], name])
            if name in done:
                return
            path.append(name)
            for other in sorted(after.get(name, ())):
                walk(other)
            done.add(path.pop())

        for name in sorted(after):
            walk(name)


NAMING = ("designs", "several", "outcomes")
"""The rooms that may name a design and its fields."""

SHARED = {"alpha", "sides", "allocation", "goal", "margin", "scale", "favourable", "test"}
"""Fields that every design has, or has a default for: anybody may name them."""

CLASSES = {cls.__name__ for cls in catalogue.designs().values()}
SLUGS = {*catalogue.designs(), *catalogue.wrappers()}
FIELDS = {name for cls in catalogue.designs().values() for name in parameters(cls)} - SHARED

EVERY = {name for cls in (Design, *catalogue.wrappers().values()) for name in dir(cls)}
"""What any design can be asked."""

DESIGN_LIKE = {"design", "designs", "fixed", "inner", "lead", "member", "core", "cls"}
"""What a design, or its class, is called; names that are annotated as one are added function by function."""

KINDS = ("Sized", "Design", "Wrapper", "WithLooks", "GroupSequential", "ExactGroupSequential")


def last_name(node):
    """The last word of an expression: design of `primary.design`, assumptions of `design.assumptions()`."""
    if isinstance(node, ast.Call):
        return last_name(node.func)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def texts(tree):
    """The text constants of a module, without docstrings."""
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in said]


def annotated(tree):
    """The names that are annotated as a design, or as its class, anywhere in a module."""
    notes = [(n.arg, n.annotation) for n in ast.walk(tree) if isinstance(n, ast.arg)]
    notes += [(last_name(n.target), n.annotation) for n in ast.walk(tree) if isinstance(n, ast.AnnAssign)]
    plain = {f"type[{kind}]" for kind in KINDS} | {f"{kind} | None" for kind in KINDS} | set(KINDS)
    return {name for name, note in notes if note is not None and ast.unparse(note).strip("'") in plain}


def literals(node):
    """The texts that an expression is, or is a tuple, list or set of, or has as keys."""
    if isinstance(node, ast.Dict):
        return {key.value for key in node.keys if isinstance(key, ast.Constant)}
    items = node.elts if isinstance(node, (ast.Tuple, ast.List, ast.Set)) else [node]
    return {item.value for item in items if isinstance(item, ast.Constant)}


def classes_named(tree):
    """A class from `designs/` that is imported, or asked for by isinstance."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("trialplan.designs."):
            yield node, f"imports from {node.module}"
        elif isinstance(node, ast.ImportFrom) and node.module == "trialplan":
            for alias in node.names:
                if alias.name in CLASSES:
                    yield node, f"imports {alias.name}"
        elif isinstance(node, ast.Call) and last_name(node.func) in ("isinstance", "issubclass"):
            for name in {last_name(child) for child in ast.walk(node.args[1])} & CLASSES:
                yield node, f"asks whether it is a {name}"


AROUND = {cls.__name__ for cls in catalogue.wrappers().values() if cls.__module__.split(".")[1] in NAMING}
WRITTEN_TOGETHER = re.compile(r"[A-Z][a-z]+(?:[A-Z][a-z]+)+")
"""A class's name that is no word or person's name."""


def classes_told(tree):
    """A class whose name stands in a text that somebody reads."""
    for node in texts(tree):
        for name in {*WRITTEN_TOGETHER.findall(node.value)} & (CLASSES | AROUND):
            yield node, f"tells of {name}"


def slugs_named(tree):
    """A slug as a text of its own."""
    for node in texts(tree):
        if node.value in SLUGS:
            yield node, f"names {node.value!r}"


def probed(tree):
    """A design that is asked whether it has something."""
    design_like = DESIGN_LIKE | annotated(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and last_name(node.func) in ("getattr", "hasattr"):
            if last_name(node.args[0]) in design_like and literals(node.args[1]):
                yield node, ast.unparse(node)
        elif isinstance(node, ast.Try) and any("AttributeError" in ast.unparse(one) for one in types_caught(node)):
            asked = [n for line in node.body for n in ast.walk(line) if isinstance(n, ast.Attribute)]
            if any(last_name(one.value) in design_like for one in asked):
                yield node, "catches AttributeError of a design"


def types_caught(node):
    """What the handlers of a try name."""
    return [handler.type for handler in node.handlers if handler.type is not None]


def fields_named(tree):
    """A field of one design: a keyword or key of replace, a look-up of an assumption, an attribute of a design."""
    design_like = DESIGN_LIKE | annotated(tree)
    for node in ast.walk(tree):
        named = set()
        if isinstance(node, ast.Call) and last_name(node.func) == "replace":
            named = {word.arg for word in node.keywords if word.arg}
            named |= {one for word in node.keywords if word.arg is None for one in literals(word.value)}
        elif isinstance(node, ast.Subscript) and last_name(node.value) in ("assumptions", "parameters", "declared"):
            named = literals(node.slice)
        elif isinstance(node, ast.Call) and last_name(node.func) == "get" and isinstance(node.func, ast.Attribute):
            named = literals(node.args[0]) if node.args and last_name(node.func.value) == "assumptions" else set()
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
            looked_in = last_name(node.comparators[0]) in ("assumptions", "parameters", "declared")
            named = literals(node.left) if looked_in else set()
        elif isinstance(node, ast.Attribute) and last_name(node.value) in design_like:
            named = {node.attr} - EVERY
        for name in named & FIELDS:
            yield node, f"names the field {name!r}: {ast.unparse(node)[:80]}"


class TestNobodyNamesADesign:
    """Outside `designs/`, `several/` and `outcomes/` a design answers for itself."""

    @pytest.mark.parametrize("naming", [classes_named, classes_told, slugs_named, probed, fields_named])
    def test_no_line_does(self, naming):
        """No line imports one, asks for its class, names its slug, probes it, or names a field of its own."""
        found = []
        for name, path in modules().items():
            if room(name) not in NAMING:
                found += [f"{path.relative_to(ROOT)}:{node.lineno} {what}" for node, what in naming(parsed(path))]
        assert found == []

    def test_a_design_has_a_type(self):
        """No parameter or variable that is called a design is of any type, so that mypy sees what is asked of it."""
        found = []
        for path in modules().values():
            for node in ast.walk(parsed(path)):
                name = node.arg if isinstance(node, ast.arg) else getattr(getattr(node, "target", None), "id", "")
                kind = getattr(node, "annotation", None)
                if name in ("design", "fixed") and isinstance(kind, ast.Name) and kind.id == "Any":
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
        assert found == []

    @pytest.mark.parametrize(
        ("naming", "line"),
        [
            (classes_named, "from trialplan.designs.two_means import TwoMeans"),
            (classes_named, "from trialplan import Simon"),
            (classes_named, "isinstance(design, (Ancova, TwoMeans))"),
            (classes_named, "issubclass(cls, designs.TwoMeans)"),
            (classes_told, "PlanError('looks are sized in Python, by FamilyWithLooks')"),
            (classes_told, "f'{what} is TwoMeans'"),
            (slugs_named, "design.slug() == 'simon'"),
            (slugs_named, "TABLE = {'two-proportions': 1}"),
            (slugs_named, "Field('many-to-one')"),
            (probed, "getattr(trial.primary.design, 'margin', None)"),
            (probed, "hasattr(design.fixed, 'sd')"),
            (probed, "def f(one: Design): return getattr(one, 'sd', 1)"),
            (probed, "try:\n    design.sd\nexcept (ValueError, AttributeError):\n    pass"),
            (fields_named, "design.replace(control=0.3)"),
            (fields_named, "replace(one, **{'sd': 2})"),
            (fields_named, "design.assumptions()['treatment']"),
            (fields_named, "assumptions.get('difference')"),
            (fields_named, "'null' in endpoint.assumptions"),
            (fields_named, "design.fixed.sd"),
            (fields_named, "def f(one: Sized | None): return one.cv"),
        ],
    )
    def test_what_breaks_the_rule_is_seen(self, naming, line):
        """Each way of naming a design is seen for what it is."""
        assert list(naming(ast.parse(line)))

    @pytest.mark.parametrize(
        "line",
        [
            '"""A page of two-proportions."""',
            "getattr(design, name)",
            "getattr(pool, '_processes', None)",
            "design.replace(alpha=0.05, margin=None)",
            "design.replace(**{design.effect: 1})",
            "arms['control'] + answer.arms['treatment']",
            "design.value('comparator')",
            "design.effect",
            "try:\n    module.load()\nexcept AttributeError:\n    pass",
            "'treatment' if evidence.role == 'control' else ''",
        ],
    )
    def test_what_keeps_the_rule_passes(self, line):
        """Roles, shared fields, names of arms and a design's own answers are anybody's."""
        tree = ast.parse(line)
        every = (classes_named, classes_told, slugs_named, probed, fields_named)
        assert [what for naming in every for what in naming(tree)] == []


def bare_numbers(path):
    """The constants of a module that are numbers, or tuples of such, without a docstring or a comment.

    One docstring is enough for assignments that stand together, and none is needed for what follows from another one.
    """
    lines, paragraph = path.read_text(encoding="utf-8").splitlines(), []
    body = parsed(path).body
    for node, after in zip(body, [*body[1:], None], strict=True):
        if not isinstance(node, ast.Assign):
            continue
        inside = [*ast.walk(node.value)]
        kinds = {type(one.value) for one in inside if isinstance(one, ast.Constant)}
        noted = "#" in lines[node.lineno - 1] or lines[node.lineno - 2].startswith("#")
        if kinds and kinds <= {int, float} and not any(isinstance(one, (ast.Name, ast.Call)) for one in inside):
            paragraph += [] if noted else [f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(node)}"]
        if isinstance(after, ast.Assign) and after.lineno == node.end_lineno + 1:
            continue
        if not (isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)):
            yield from paragraph
        paragraph = []


class TestNumbers:
    def test_every_constant_says_why_it_is_that_number(self):
        """In a docstring below it, or in a comment."""
        assert [one for path in modules().values() for one in bare_numbers(path)] == []

    def test_one_that_does_not_is_seen(self, tmp_path, monkeypatch):
        """Alone or among others, a number or a pair of them."""
        monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
        path = tmp_path / "a.py"
        path.write_text('A = 1\n"""Why."""\nB = 2, 3\n\nC = 4  # since\nD = 5\nE = "x"\n"""Both."""\nF = 2 * 6\n')
        assert [*bare_numbers(path)] == ["a.py:3 B = (2, 3)", "a.py:9 F = 2 * 6"]


def loaded_by(statements):
    """Which of the heavy libraries a fresh interpreter has loaded after the statements."""
    program = f"{statements}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(json.loads(run.stdout.splitlines()[-1]))


CHEAP = {
    "the package": "import trialplan",
    "the catalogue": "import trialplan.catalogue; trialplan.catalogue.designs()",
    "a refused number": """
from trialplan import TwoProportions
try:
    TwoProportions(control=30, treatment=0.5)
except ValueError:
    pass
else:
    raise SystemExit("not refused")
""",
    "a refused choice": """
from trialplan import TwoMeans
try:
    TwoMeans(difference=1, sd=1, test="u")
except ValueError:
    pass
else:
    raise SystemExit("not refused")
""",
    "an impossible scalar": """
from trialplan import OneProportion, TwoMeans, TwoProportions
for design in (
    TwoProportions(control=0.3, treatment=0.3),
    TwoMeans(difference=-1, sd=1),
    OneProportion(null=0.3, expected=0.2),
):
    try:
        design.sample_size(0.8)
    except ValueError:
        pass
    else:
        raise SystemExit("not refused")
""",
}


class TestCost:
    @pytest.mark.parametrize("statements", CHEAP.values(), ids=CHEAP)
    def test_no_numpy_before_an_answer(self, statements):
        """Importing, looking up and refusing load neither numpy nor scipy."""
        assert not loaded_by(statements) & {"numpy", "scipy"}

    def test_normal_theory_needs_no_numpy(self):
        """Sample size, power and detectable effect of a test by normal theory load neither numpy nor scipy."""
        modules = loaded_by(
            "from trialplan import TwoProportions; design = TwoProportions(control=0.3, treatment=0.5);"
            "design.sample_size(0.8); design.power(186); design.detectable_effect(186)"
        )
        assert not modules & {"numpy", "scipy"}

    def test_a_first_answer_pays_for_special_functions_only(self):
        """The sample size of a t test loads scipy.special, and neither scipy.stats nor scipy.optimize."""
        modules = loaded_by("from trialplan import TwoMeans; TwoMeans(difference=0.5, sd=1).sample_size(0.8)")
        assert "scipy.special" in modules
        assert not modules & {"scipy.stats", "scipy.optimize", "scipy.integrate"}
