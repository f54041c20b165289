"""A command that takes each option once."""

from __future__ import annotations

from collections.abc import Sequence

import click


class Verb(click.Command):
    """A command that refuses an option given twice, where click would keep the last in silence."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, after a look at what is repeated."""
        for name in _repeated(self.get_params(ctx), args):
            raise click.UsageError(f"{name} is given twice; keep one", ctx)
        return super().parse_args(ctx, args)


def _repeated(parameters: Sequence[click.Parameter], args: Sequence[str]) -> list[str]:
    """The options that stand more than once among the words typed, save those that may; a flag says the same twice."""
    known = {name: option for option in parameters if isinstance(option, click.Option) for name in option.opts}
    seen: set[str | None] = set()
    repeated, words = [], iter(args)
    for word in words:
        if word == "--":
            break
        name, given, _ = word.partition("=")
        option = known.get(name)
        if option is None:
            continue
        if option.name in seen and not (option.multiple or option.is_flag):
            repeated.append(name)
        seen.add(option.name)
        if not (given or option.is_flag):
            next(words, None)  # its value, whatever that looks like
    return repeated
