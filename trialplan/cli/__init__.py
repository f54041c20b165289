"""The command line: one file per verb, imported when it is used.

Nothing here, and nothing that a wrong input touches, imports numpy or scipy.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Any

import click

from trialplan import __version__
from trialplan.cli.options.errors import sentence, unknown
from trialplan.cli.watch import announced
from trialplan.errors import OUT_OF_MEMORY, FileError, TrialplanError
from trialplan.files import nothing_lost

# Read when numpy is imported: matrices here are small, and a second thread of BLAS waits longer than it works.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

VERBS = (
    *("demo", "evidence", "designs", "size", "power", "effect", "scenarios", "tornado", "exclude"),
    *(
        "compare",
        "assurance",
        "recruit",
        "duration",
        "verify",
        "monitor",
        "reestimate",
        "init",
        "protocol",
        "check",
        "diff",
        "facts",
        "elicit",
        "reproduce",
        "code",
        "randomise",
        "explore",
        "schema",
    ),
)

SERVING = ("explore",)
"""Verbs that go on until somebody ends them, and answer in another place."""

DONE, REFUSED, INTERRUPTED, PIPE_CLOSED, TERMINATED = 0, 2, 130, 141, 143
"""Exit codes; from 128 on those that a shell gives to what a signal has ended."""

_MOMENT = 0.01
"""Seconds until an interruption that was lost is made again."""

_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
"""Two names for help, and lines that are still read easily."""


class Terminated(KeyboardInterrupt):
    """Somebody has ended the program with `kill`, which is how to end it where no Ctrl-C reaches it."""


class Verbs(click.Group):
    """The verbs, each fetched from the file that bears its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs in the order in which a newcomer meets them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """The verb, or a sentence that names the nearest."""
        if cmd_name not in VERBS:
            raise click.UsageError(unknown("verb", cmd_name, VERBS), ctx)
        command: click.Command = importlib.import_module(f"trialplan.cli.{cmd_name}").command
        return command


@click.group(
    cls=Verbs,
    context_settings=_SETTINGS,
    invoke_without_command=True,
    epilog="\b\nExamples:\n"
    "  trialplan demo\n"
    "  trialplan size two-proportions --control 0.3 --treatment 0.5\n"
    "  trialplan evidence msc-lupus-nephritis",
)
@click.version_option(__version__, prog_name="trialplan", message="%(prog)s %(version)s")
@click.pass_context
def root(ctx: click.Context) -> None:
    """From a small table of uncontrolled studies to a sample size that can be defended.

    Rates are written as proportions (0.6, not 60), n is the number of participants in all arms
    together, and --json gives every answer at full precision.

    Exit codes: 0 done; 2 the input cannot be used, for a reason that is given in one sentence;
    1 is kept for a check that was made and failed; 130 is Ctrl-C, 143 a kill, and 141 a pipe that
    is closed.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; a wrong input is one sentence on stderr."""
    typed = list(sys.argv[1:] if args is None else args)
    try:
        _stand_in_for_closed_streams()
        with _ended_by_kill(), nothing_lost(), announced():
            code = _run(typed)
            sys.stdout.flush()
    except (click.ClickException, TrialplanError) as error:
        return _refuse(sentence(error))
    except (KeyboardInterrupt, click.Abort) as ended:
        return _ended(typed, ended)
    except RuntimeError as why:  # what Python makes of an interruption while it makes a class of a module it loads
        if not isinstance(why.__cause__, KeyboardInterrupt):
            raise
        return _ended(typed, why.__cause__)
    except BrokenPipeError:
        _forget(sys.stdout)
        return PIPE_CLOSED
    except MemoryError:
        _forget(sys.stdout)
        return _refuse(f"the answer cannot be computed: {OUT_OF_MEMORY}")
    except OSError as cause:  # of a file it is a FileError already
        _forget(sys.stdout)
        what = f"{cause.filename} cannot be used" if cause.filename else "the answer cannot be written"
        return _refuse(f"{what}: {(cause.strerror or str(cause)).lower()}; send it elsewhere")
    return code


def _ended(typed: Sequence[str], by: BaseException) -> int:
    """Say that it is, unless the verb is one that is ended so."""
    if not (typed and typed[0] in SERVING):
        _say(": ".join(filter(None, ("interrupted", str(by)))))
    return TERMINATED if isinstance(by, Terminated) else INTERRUPTED


def _refuse(sentence: str) -> int:
    """Say why."""
    _say(sentence)
    return REFUSED


def _say(sentence: str) -> None:
    """On a stderr that may itself not take it."""
    try:
        print(f"trialplan: {sentence}", file=sys.stderr, flush=True)
    except OSError:
        _forget(sys.stderr)


def _stand_in_for_closed_streams() -> None:
    """Keep the numbers of closed streams from the files that are opened next, and refuse where none takes an answer."""
    closed = [name for name in ("stdin", "stdout", "stderr") if getattr(sys, name) is None]
    for name in closed:  # each open takes the lowest number that is free, which is that stream's
        setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: SIM115
    if "stdout" in closed:
        raise FileError("standard output is closed, so no answer can be told; send it to a file or to /dev/null")


@contextmanager
def _ended_by_kill() -> Iterator[None]:
    """SIGTERM ends the work as Ctrl-C does: what is finished is kept, and nothing that was started stays behind.

    Ctrl-C itself is left as it was found: what a shell starts in the background ignores it, as is meant there.
    """
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _terminate)
    before, sys.unraisablehook = sys.unraisablehook, _interrupt_again
    try:
        yield
    finally:
        sys.unraisablehook = before
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _terminate(number: int, frame: Any) -> None:
    raise Terminated


def _interrupt_again(lost: Any) -> None:
    """Interrupt once more, a moment later, where the first time met a place that cannot raise, as within an import."""
    if isinstance(lost.exc_value, KeyboardInterrupt):
        again = signal.SIGTERM if isinstance(lost.exc_value, Terminated) else signal.SIGINT
        threading.Timer(_MOMENT, os.kill, (os.getpid(), again)).start()
    else:
        sys.__unraisablehook__(lost)


def _run(args: list[str]) -> int:
    """Parse and call the verb; click's own `main` would print usage, and exit with 1 on a closed pipe."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without the letter ≥ shows a question mark in its place
    try:
        with root.make_context("trialplan", args, obj=tuple(args)) as ctx:
            root.invoke(ctx)
    except click.exceptions.Exit as done:
        return done.exit_code
    return DONE


def _forget(stream: IO[str]) -> None:
    """Nobody takes what is left there: let the interpreter flush it into nothing."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
