"""The server: each address is a page, a picture or a file of a state, answered by one of the processes."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from trialplan import files
from trialplan.errors import ParameterError
from trialplan.web.guard import LONGEST_ADDRESS, Guard
from trialplan.web.rendering import Late, home_html, kinds, message_html, rest_html, work_html
from trialplan.web.shelf import Shelf
from trialplan.web.state import OF_VIEW, State, of_query
from trialplan.web.tasks import MOST_FILES
from trialplan.web.told import of_the_machine
from trialplan.web.work import Desk
from trialplan.web.workers import GivenUp, Refused, TooLong, Workers

LIVE, WHOLE, FILE = 2.0, 20.0, 120.0
"""Seconds that a number, a whole page or picture, and a file may take; what takes longer is work, started by hand."""

AT_ONCE = 5.0
"""Seconds for the page that says so: it holds no answer, or a number that has just been found to be quick."""

SOON = 0.4
"""Seconds that pass before a page is sent by halves, the number first: most pages are whole by then."""

_REST = '<div id="parts"'
"""Where the second half of a page begins: what takes longer than the number."""

ANSWER = "answer"
"""Long work that is the number alone; other work bears the name of its page."""

_VISITOR = "visitor"
_TYPES = {
    ".zip": "application/zip",
    ".toml": "application/toml",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".html": "application/octet-stream",  # a document is saved, and never shown within this site
    ".pdf": "application/pdf",
    ".md": "text/markdown; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".R": "text/plain; charset=utf-8",
    ".py": "text/plain; charset=utf-8",
}


@dataclass
class Explorer:
    """The handlers, and the processes that they ask."""

    shelf: Shelf
    live: Workers
    whole: Workers
    files: Workers
    heavy: Workers

    def __post_init__(self) -> None:
        self.desk = Desk(self.heavy, (ANSWER, *kinds()))

    async def home(self, request: Request) -> Response:
        """What can be looked at."""
        return _known(request, HTMLResponse(home_html(self.shelf.titles(), request.query_params.get("find", ""))))

    async def page(self, request: Request) -> Response:
        """A page; the number comes first, to whoever is typing and where the rest takes a while."""
        name, query = request.path_params["page"], request.url.query
        if name not in kinds():
            return HTMLResponse(message_html("Nothing is here", f"there is no page {name!r}"), 404)
        live = request.headers.get("x-live") == "number"
        asked = asyncio.ensure_future(self._page(name, query, live, request))
        try:
            if not live and not (await asyncio.wait({asked}, timeout=SOON))[0]:
                first = await self._first_half(name, query)
                if first and not asked.done():
                    return _known(request, StreamingResponse(_by_halves(first, asked), media_type="text/html"))
            text = await asked
        except Refused as why:
            return HTMLResponse(message_html("This cannot be shown", str(why)), 400)
        except GivenUp:
            return Response(status_code=499)
        except asyncio.CancelledError:
            asked.cancel()
            raise
        return _known(request, HTMLResponse(text))

    async def _page(self, name: str, query: str, live: bool, request: Request) -> str:
        """A page, or one that says that it takes long. Raises Refused or GivenUp."""
        workers, seconds = (self.live, LIVE) if live else (self.whole, WHOLE)
        try:
            return str(await workers.ask("page", name, query, live, seconds=seconds, gone=request.is_disconnected))
        except TooLong:
            return await self._late(name, query, live, seconds)

    async def _first_half(self, name: str, query: str) -> str:
        """A page as far as its number and controls; nothing where these are not quick, either."""
        told = Late(sentence="", work=name, sized=True)
        with suppress(TooLong, Refused):
            first, there, _ = str(await self.live.ask("late", name, query, told, seconds=LIVE)).partition(_REST)
            return first if there else ""
        return ""

    async def _late(self, name: str, query: str, live: bool, seconds: float) -> str:
        """The page whose answer took longer than that: with its number where that is quick, and else without."""
        sentence = f"This takes longer than {seconds:g} seconds. It can be worked out while you wait."
        work = ANSWER if live else name
        for sized in (False,) if live else (True, False):
            told = Late(sentence=sentence, work=work, sized=sized, live=live)
            with suppress(TooLong, Refused):
                return str(await self.live.ask("late", name, query, told, seconds=AT_ONCE))
        return message_html("This takes long", sentence, work, query)

    async def figure(self, request: Request) -> Response:
        """A picture."""
        name = request.path_params["name"]
        try:
            made = await self.whole.ask("picture", name, request.url.query, seconds=WHOLE, gone=request.is_disconnected)
        except (Refused, TooLong) as why:
            return PlainTextResponse(str(why) or "the picture takes too long", 400)
        except GivenUp:
            return Response(status_code=499)
        return Response(made, media_type="image/svg+xml")

    async def file(self, request: Request) -> Response:
        """A file to take away."""
        name = request.path_params["name"]
        try:
            made = await self.files.ask(
                "take-away", name, request.url.query, seconds=FILE, gone=request.is_disconnected
            )
        except Refused as why:
            return HTMLResponse(message_html("There is no such file", str(why)), 400)
        except TooLong:
            return HTMLResponse(message_html("This takes too long", f"it took more than {FILE:g} seconds"), 400)
        except GivenUp:
            return Response(status_code=499)
        kind = _TYPES[Path(name).suffix]
        return Response(made, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})

    async def open(self, request: Request) -> Response:
        """Keep what a visitor opens, and show it."""
        contents: list[tuple[str, bytes]] = []
        async with request.form(max_files=MOST_FILES, max_fields=MOST_FILES) as form:
            for one in form.getlist("files"):
                if not isinstance(one, str) and one.filename:
                    contents.append((one.filename, await one.read()))
        try:
            kind, key = await self.whole.ask("take-in", contents, seconds=WHOLE)
        except Refused as why:
            return HTMLResponse(message_html("This cannot be opened", str(why)), 400)
        except TooLong:
            return HTMLResponse(message_html("This cannot be opened", "reading it takes too long; send less"), 400)
        if kind == "plan":
            return RedirectResponse(f"/evidence?{State(name=key).query()}", 303)
        return RedirectResponse(f"/evidence?{State().seen(table=key).query()}", 303)

    async def begin(self, request: Request) -> Response:
        """Start long work."""
        async with request.form(max_files=0, max_fields=20) as form:
            work, query = str(form.get("work", "")), str(form.get("query", ""))
            seen = {name.removeprefix(OF_VIEW): str(one) for name, one in form.items() if name.startswith(OF_VIEW)}
        # who keeps no cookie is known by where he comes from
        visitor = request.cookies.get(_VISITOR) or (request.client.host if request.client else "")
        if len(query) > LONGEST_ADDRESS:
            return HTMLResponse(message_html("This cannot be worked out", "the state is too long to be kept"), 400)
        try:
            if seen:  # what is typed beside the button is how it is looked at
                query = of_query(parse_qsl(query, keep_blank_values=True)).seen(**seen).query()
            key = self.desk.begin(visitor, work, query)
        except ParameterError as why:
            return HTMLResponse(message_html("This cannot be worked out", str(why)), 400)
        except Refused as why:
            return HTMLResponse(message_html("Not just now", str(why)), 503)
        return RedirectResponse(f"/work/{key}", 303)

    async def watch(self, request: Request) -> Response:
        """How far long work is, or what came of it."""
        key = request.path_params["key"]
        piece = self.desk.pieces.get(key)
        if piece is None:
            return HTMLResponse(message_html("Nothing is here", "this work is no longer kept, or never was"), 404)
        what, done, total = piece.news
        told = f"{what}: {done:,} of {total:,}" if total else f"{what}: {done:,}" if what else "waiting for its turn"
        return HTMLResponse(
            work_html(
                title="Worked out" if piece.over and not piece.wrong else "At work" if not piece.over else "Ended",
                over=piece.over,
                wrong=piece.wrong,
                result=piece.result,
                told=told,
                done=done,
                total=total,
                seconds=1,
                watched=f"/work/{key}",
                query=piece.query,
                back=piece.name if piece.name in kinds() else "design",
            )
        )

    async def stop(self, request: Request) -> Response:
        """Stop long work."""
        key = request.path_params["key"]
        if key in self.desk.pieces:
            self.desk.stop(key)
        return RedirectResponse(f"/work/{key}", 303)


async def _by_halves(first: str, asked: asyncio.Future[str]) -> AsyncIterator[str]:
    """A page in two halves: what is there, and what follows when it is worked out; who leaves gives it up."""
    try:
        yield first
        _, there, rest = (await asked).partition(_REST)
        yield there + rest if there else rest_html("The rest of this page takes too long to be shown.")
    except Refused as why:
        yield rest_html(str(why))
    except GivenUp:
        return
    finally:
        asked.cancel()


def _known(request: Request, answer: Response) -> Response:
    """The answer, with a name by which the visitor's long work is told from others'."""
    if _VISITOR not in request.cookies:
        answer.set_cookie(_VISITOR, secrets.token_urlsafe(16), httponly=True, samesite="strict")
    return answer


async def _nothing(request: Request, why: Exception) -> Response:
    """What no page answers is told as everything else is."""
    status = getattr(why, "status_code", 500)
    if status == 400:
        return await _unread(request, why)
    return HTMLResponse(message_html("Nothing is here", "there is no such page, or it cannot be asked so"), status)


async def _unread(request: Request, why: Exception) -> Response:
    """A form that no browser sends, or with more files than are taken."""
    sentence = f"what was sent is no form of these pages, or more than {MOST_FILES} files; send fewer, or pack them"
    return HTMLResponse(message_html("This cannot be read", sentence), 400)


async def _unkept(request: Request, why: Exception) -> Response:
    """What the machine has no room for."""
    assert isinstance(why, OSError)
    return HTMLResponse(message_html("Not just now", of_the_machine(why)), 503)


async def _left(request: Request, why: Exception) -> Response:
    """Whoever leaves while he sends something hears no answer."""
    return Response(status_code=499)


def app(folder: Path, named: tuple[tuple[str, Path], ...] = (), hosts: tuple[str, ...] = ()) -> Starlette:
    """The application; what visitors open is kept in `folder`, `named` are plans by name, `hosts` those answered."""
    shelf, cores = Shelf(folder, named), os.cpu_count() or 1
    explorer = Explorer(
        shelf,
        Workers(max(2, cores), (shelf,), folder=folder),
        Workers(max(2, cores), (shelf,), folder=folder, nice=5),  # a number is not to wait for a picture
        Workers(max(2, cores // 2), (shelf,), folder=folder, nice=10),
        Workers(max(2, cores // 2), (shelf,), folder=folder, nice=10),
    )

    @asynccontextmanager
    async def lifespan(served: Starlette) -> AsyncIterator[None]:
        groups = (explorer.live, explorer.whole, explorer.files, explorer.heavy)
        try:
            for group in groups:
                group.start()
            yield
        except OSError as why:
            served.state.refused = of_the_machine(why)
            raise
        finally:
            for group in groups:
                group.end()

    static = files.shipped("templates") / "web" / "static"
    routes = [
        Route("/", explorer.home),
        Mount("/static", StaticFiles(directory=static)),
        Route("/figure/{name}.svg", explorer.figure),
        Route("/file/{name}", explorer.file),
        Route("/open", explorer.open, methods=["POST"]),
        Route("/work", explorer.begin, methods=["POST"]),
        Route("/work/{key}", explorer.watch),
        Route("/work/{key}/stop", explorer.stop, methods=["POST"]),
        Route("/{page}", explorer.page),
    ]
    for name in ("multipart", "python_multipart"):  # they tell bytes of what was sent, as do the loggers below them
        logging.getLogger(name).addHandler(logging.NullHandler())
        logging.getLogger(name).propagate = False
    told: Any = {HTTPException: _nothing, UnicodeError: _unread, OSError: _unkept, ClientDisconnect: _left}
    guard = [Middleware(Guard, hosts=hosts)]
    return Starlette(routes=routes, middleware=guard, lifespan=lifespan, exception_handlers=told)
