"""The notebooks run from top to bottom, and are kept without what they print."""

import ast
import json
import re
from pathlib import Path

import pytest

import trialplan

BOOKS = sorted((Path(__file__).resolve().parents[2] / "examples" / "notebooks").glob("*.ipynb"))
USED = {
    "statistician": {"size", "power", "effect", "compare", "verify", "scenarios", "monitor", "code", "reproduce"},
    "investigator": {
        *("read_evidence", "audit", "pool", "read_plan", "build"),
        *("scenarios", "tornado", "assurance", "diff", "render_protocol"),
    },
}


@pytest.fixture(params=BOOKS, ids=lambda path: path.stem)
def book(request):
    """A notebook's path and its cells."""
    return request.param, json.loads(request.param.read_text(encoding="utf-8"))


def code(cells):
    """The text of the cells that run."""
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def test_there_are_two():
    """A statistician's and an investigator's."""
    assert [path.stem for path in BOOKS] == sorted(USED)


def test_is_kept_clean(book):
    """Neither outputs nor the count of runs, nor a path of the machine it was written on."""
    path, content = book
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
    assert not re.search(r"/(home|root|tmp|work|Users)/", path.read_text(encoding="utf-8"))


def test_shows_the_calls(book):
    """Each asks what its reader asks, by public names only."""
    path, content = book
    text = "\n".join(code(content["cells"]))
    assert {name for name in USED[path.stem] if f"{name}(" in text} == USED[path.stem]
    lines = [
        node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom) and "trialplan" in node.module
    ]
    assert {node.module for node in lines} == {"trialplan"}
    assert {alias.name for node in lines for alias in node.names} <= set(dir(trialplan))


@pytest.mark.filterwarnings("default")  # the kernel's libraries warn of what is theirs
def test_runs(book, tmp_path):
    """Every cell runs, in a kernel of its own, and shows something to look at."""
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    import nbformat

    notebook = nbformat.read(book[0], as_version=4)
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in shown if output.output_type == "error" or output.get("name") == "stderr"]
    pages = [output.data["text/html"] for output in shown if "text/html" in output.get("data", {})]
    assert len(pages) > 5
    assert all("<table>" in page for page in pages)
