"""`trialplan explore`: the explorer, a page on this machine where one looks and changes rather than reads."""

from __future__ import annotations

import signal
import socket
import tempfile
import threading
import webbrowser
from contextlib import suppress
from pathlib import Path

import click

from trialplan import files
from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.watch import shown_otherwise
from trialplan.errors import FileError, ParameterError, PlanError, require

LOOPBACK = "127.0.0.1"
_PORTS = 65536
"""A port is a number of 16 bits (RFC 9293)."""
_SHOWN = 60
"""Characters of a name that a sentence holds."""
_MOMENT = 1
"""Seconds that answers under way are given when it is ended."""


@click.command(
    "explore",
    cls=Verb,
    params=[
        click.Argument(["plan"], required=False),
        click.Option(["--host"], default=LOOPBACK, help=f"the address that it answers at  [default: {LOOPBACK}]"),
        click.Option(["--port"], type=options.NUMBER, default=0, help="its port  [default: one that is free]"),
        click.Option(["--no-browser"], is_flag=True, help="print the address, and open no browser"),
    ],
    short_help="Look at a plan, change it, and see what becomes of the number.",
    epilog=options.examples("trialplan explore", "trialplan explore plan.toml --port 8000 --no-browser"),
)
def command(plan: str | None, host: str, port: object, no_browser: bool) -> None:
    """Start a page on this machine that shows a plan, and every answer about it, and what each change does.

    PLAN is the name of a shipped plan, or a file. Only this machine reaches the page unless --host says otherwise.
    Ctrl-C ends it. Needs the extra `web`.
    """
    if not isinstance(port, int) or not 0 <= port < _PORTS:
        raise ParameterError(
            f"--port must be a whole number from 1 to {_PORTS - 1}, or 0 for one that is free, not {port}"
        )
    shown_otherwise()  # it goes on until it is ended
    named = _named(plan)
    uvicorn = require("uvicorn", "web", "the explorer")
    require("starlette", "web", "the explorer")
    require("python_multipart", "web", "the explorer")
    require("tomlkit", "web", "the explorer")
    require("matplotlib", "report", "the explorer")
    from trialplan.web.app import app
    from trialplan.web.state import State

    listening = _bound(host, port)
    where = listening.getsockname()[1]
    hosts = (LOOPBACK, "localhost", "::1") if host in (LOOPBACK, "localhost", "::1") else ()
    shown = f"[{host}]" if ":" in host else host
    path = f"/design?{State(name=plan).query()}" if plan else "/"
    address = f"http://{shown}:{where}{path}"
    with tempfile.TemporaryDirectory(prefix="trialplan-explore-") as folder:
        served = app(Path(folder), named, hosts)
        config = uvicorn.Config(
            served,
            log_level="critical",  # what comes in that is no request is answered, and need not fill a log
            access_log=False,
            lifespan="on",
            server_header=False,
            timeout_graceful_shutdown=_MOMENT,
            ws="none",
        )
        click.echo(f"the explorer is at {address} ; Ctrl-C ends it")
        if not no_browser:
            threading.Timer(1.0, webbrowser.open, (address,)).start()
        _hang_up_as_ended()
        server = uvicorn.Server(config)
        with suppress(SystemExit):  # where it cannot begin, which is told below
            server.run(sockets=[listening])
        if not server.started:
            raise FileError(f"the explorer cannot begin: {served.state.refused}")


def _hang_up_as_ended() -> None:
    """Who closes the window of a terminal ends it as Ctrl-C does, so that nothing that somebody opened stays behind."""
    name = "SIGHUP"  # not on every system
    if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) is signal.SIG_DFL:
        signal.signal(getattr(signal, name), lambda *_: signal.raise_signal(signal.SIGTERM))


def _named(plan: str | None) -> tuple[tuple[str, Path], ...]:
    """The plan under the name that it was given, read once so that what is wrong is told here."""
    if plan is None or plan in files.examples("plan.toml"):
        return ()
    from trialplan.plan import read

    path = files.locate(plan, "plan.toml", error=PlanError)
    read(plan)
    return ((plan, path.resolve()),)


def _bound(host: str, port: int) -> socket.socket:
    """A socket that listens there, or the sentence that says why none does."""
    if not host.strip():  # to the system that means every address
        raise ParameterError("--host is empty; name the address that it answers at, 0.0.0.0 for all of this machine")
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(128)
    except (OSError, ValueError) as cause:  # a name that is none is no error of the system, but of its letters
        made.close()
        told = getattr(cause, "strerror", None) or "this is no name of a machine"
        raise FileError(
            f"nothing can answer at {host[:_SHOWN]!r}, port {port}: {told.lower()}; name others with --host and --port"
        ) from None
    return made
