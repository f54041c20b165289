"""The direction of the arrows: imports never go up a floor, and the cheap questions stay cheap."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import trialplan

ROOT = Path(trialplan.__file__).resolve().parent

FLOORS = [
    {"numerics", "errors", "text", "page", "files", "figures"},
    {"parameter", "fields", "belief", "answers", "sizing", "rejection", "outcome", "design", "design_facts", "wrapper"},
    {"outcomes"},
    {"evidence", "designs"},
    {"sequential", "reestimation"},
    {"several"},
    {"analyses", "enrolment", "catalogue", "answer_json", "answer_page"},
    {"plan"},
    {"cross_check"},
    {"protocol"},
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
    for node in _walk(ast.parse(path.read_text(encoding="utf-8"))):
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

    def test_a_first_answer_pays_for_special_functions_only(self):
        """One sample size loads scipy.special, and neither scipy.stats nor scipy.optimize."""
        modules = loaded_by(
            "from trialplan import TwoProportions; TwoProportions(control=0.3, treatment=0.5).sample_size(0.8)"
        )
        assert "scipy.special" in modules
        assert not modules & {"scipy.stats", "scipy.optimize", "scipy.integrate"}
