"""Prints how long functions and modules are, and which ones stand out. It fails nothing."""

from __future__ import annotations

import ast
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).resolve().parents[1]
LONG_FUNCTION, LONG_MODULE = 25, 350


def body_lines(node: ast.FunctionDef) -> int:
    """Lines of a function's body without its docstring."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def main() -> None:
    """Print the distribution of function bodies and what is above the budget."""
    functions, modules = [], []
    for path in sorted((ROOT / "trialplan").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        name = str(path.relative_to(ROOT))
        modules.append((len(text.splitlines()), name))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                functions.append((body_lines(node), f"{name}:{node.lineno} {node.name}"))
    lengths = [length for length, _ in functions]
    high = quantiles(lengths, n=10)[8]
    print(f"{len(functions)} functions: median {median(lengths):.0f} lines, 90th percentile {high:.0f}")
    for length, name in sorted(functions, reverse=True):
        if length > LONG_FUNCTION:
            print(f"  {length} lines  {name}")
    print(f"{len(modules)} modules: {sum(lines for lines, _ in modules)} lines, longest {max(modules)[0]}")
    for lines, name in sorted(modules, reverse=True):
        if lines > LONG_MODULE:
            print(f"  {lines} lines  {name}")


if __name__ == "__main__":
    main()
