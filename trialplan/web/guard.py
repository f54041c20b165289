"""What stands before every page: the hosts that are answered, where a form may come from, how much may be sent."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse

from trialplan.web.tasks import MOST_BYTES

HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # with none at all, a form of ours says that it comes from nowhere
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""Nothing is fetched from elsewhere, nothing runs inside another page, and no address, which may hold a key, leaks."""

LONGEST_ADDRESS = 8_000
"""Characters of an address's query: what the usual proxies pass on."""


class Guard:
    """An ASGI layer; `hosts` are the names that are answered, all where there are none."""

    def __init__(self, app: Any, hosts: tuple[str, ...] = ()) -> None:
        self.app, self.hosts = app, hosts

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer, or refuse."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await self._refused(refusal, scope, receive, send)
            return
        taken = 0

        async def counted() -> Any:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MOST_BYTES:
                raise _TooMuch
            return message

        begun = False

        async def guarded(message: Any) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                message = {**message, "headers": [*message["headers"], *_headers(message["headers"])]}
            await send(message)

        try:
            await self.app(scope, counted, guarded)
        except _TooMuch:
            if not begun:
                await self._refused((413, _TOO_MUCH), scope, receive, send)
        except Exception as why:  # the server would write it to its log, with what a visitor has sent
            if not begun:
                await self._refused((500, _BROKEN.format(type(why).__name__)), scope, receive, send)

    def _refusal(self, scope: Any, headers: dict[str, str]) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if self.hosts and _name(f"//{host}") not in self.hosts:
            return 421, "this host is not answered here; use the address that trialplan explore printed"
        if len(scope["query_string"]) > LONGEST_ADDRESS:
            return 414, f"the address is longer than {LONGEST_ADDRESS:,} characters; put long texts into a plan file"
        if scope["method"] == "POST":
            origin = headers.get("origin", "")
            if _place(origin) != host:
                return 403, "this form was sent from another site; open the explorer and send it there"
            length = headers.get("content-length", "")
            if length.isdecimal() and int(length) > MOST_BYTES:
                return 413, _TOO_MUCH
        elif scope["method"] not in ("GET", "HEAD"):
            return 405, "only GET, HEAD and POST are answered"
        return None

    async def _refused(self, refusal: tuple[int, str], scope: Any, receive: Any, send: Any) -> None:
        status, sentence = refusal
        await PlainTextResponse(f"trialplan: {sentence}\n", status, HEADERS)(scope, receive, send)


def _name(address: str) -> str | None:
    """The host of an address; None where it is none."""
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _place(address: str) -> str | None:
    """The host and port of an address; None where it is none."""
    try:
        return urlsplit(address).netloc
    except ValueError:
        return None


_TOO_MUCH = f"more than {MOST_BYTES:,} bytes were sent; a plan and its tables are smaller"


_BROKEN = "this cannot be answered ({}); please report how you came here"


class _TooMuch(Exception):
    """More was sent than is taken."""


def _headers(there: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    named = {name.lower() for name, _ in there}
    return [(name.encode(), value.encode()) for name, value in HEADERS.items() if name.encode() not in named]
