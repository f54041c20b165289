"""Write trialplan/__init__.pyi, the public names for type checkers; with --check, say whether it is current.

At run time the names are fetched when they are first used, which a type checker cannot follow.
"""

from __future__ import annotations

import sys
from pathlib import Path

import trialplan

STUB = Path(trialplan.__file__).with_name("__init__.pyi")

HEAD = '''"""The public names, written by `docs/build_stub.py`; do not edit it by hand."""

'''


def stub() -> str:
    """The file as the names are now."""
    names = [name for name in dir(trialplan) if name != "__version__"]
    lines = [f"from {getattr(trialplan, name).__module__} import {name} as {name}" for name in names]
    return HEAD + "\n".join(sorted(lines, key=str.lower)) + "\n\n__version__: str\n"


def main() -> int:
    """Write the file, or with --check compare it."""
    text = stub()
    if "--check" not in sys.argv[1:]:
        STUB.write_text(text, encoding="utf-8")
        return 0
    if STUB.is_file() and STUB.read_text(encoding="utf-8") == text:
        return 0
    print("trialplan/__init__.pyi is not what the names are; run python docs/build_stub.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
