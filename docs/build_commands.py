"""Write docs/commands.md from the help texts; with --check, say whether it is current."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from trialplan.cli import VERBS, root

PAGE = Path(__file__).with_name("commands.md")
WIDTH = 100
IN_FULL = ("size",)
"""Verbs whose designs are all shown; those of the others have the same options."""

HEAD = """# Commands

Written from the `--help` of each verb by `docs/build_commands.py`; do not edit it by hand.
The designs' numbers are the same for `size`, `power`, `effect` and `scenarios`: they are listed under `size`.
"""


def reference() -> str:
    """The page as the help texts are now."""
    return "\n".join([HEAD, *(_section(ctx) for ctx in _contexts())])


def _contexts() -> Iterator[click.Context]:
    top = _context(root, "trialplan", None)
    yield top
    for verb in VERBS:
        command = root.get_command(top, verb)
        ctx = _context(command, verb, top)
        yield ctx
        if isinstance(command, click.Group) and verb in IN_FULL:
            yield from (_context(command.get_command(ctx, slug), slug, ctx) for slug in command.list_commands(ctx))


def _context(command: click.Command | None, name: str, parent: click.Context | None) -> click.Context:
    assert command is not None
    settings = {"help_option_names": ["-h", "--help"], "terminal_width": WIDTH, "max_content_width": WIDTH}
    return click.Context(command, parent=parent, info_name=name, **settings)  # type: ignore[arg-type]


def _section(ctx: click.Context) -> str:
    level = "#" * min(ctx.command_path.count(" ") + 2, 4)
    return f"{level} {ctx.command_path}\n\n```text\n{ctx.command.get_help(ctx)}\n```\n"


def main() -> int:
    """Write the page, or with --check compare it."""
    text = reference()
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    print("docs/commands.md is not what the help texts say; run python docs/build_commands.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
