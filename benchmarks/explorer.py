"""The explorer under load: many visitors for a minute, pictures at once, long work beside them, and its start.

    python benchmarks/explorer.py                 measures (six minutes) and prints a page; 1 where a goal is missed
    python benchmarks/explorer.py --write         the same, and writes docs/benchmarks-explorer.md
    python benchmarks/explorer.py --seconds 10    a shorter run of each part

Visitors and server share the machine, each visitor with a connection of its own, as a browser has. Each number that is
shown is held against the library's own. Nothing here is a test: a busy machine gives other times.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

import trialplan
from trialplan import catalogue
from trialplan.design import Design
from trialplan.parameter import typical
from trialplan.web.workers import REST

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "benchmarks-explorer.md"
PLAN, POWER = "msc-lupus-nephritis", "endpoint.0.power"
QUIET = 0.7
"""Seconds after the last key at which a page asks for its tables and pictures: PAUSE of explorer.js."""
STARTS = 3
PAINTERS = 5
LONG = {
    "an exact test": "design=two-proportions&control=0.3&treatment=0.33&test=exact-unpooled",
    "a simulation": "design=two-means&difference=0.5&sd=1&view.trials=10000000",
}


# ---------------------------------------------------------------- the server


@contextmanager
def explorer() -> Iterator[tuple[subprocess.Popen[str], str, float]]:
    """The explorer as a process of its own, its address, and when it was started."""
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "trialplan", "explore", "--no-browser"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://(\S+?)/", process.stdout.readline())
        assert found
        yield process, found[1], begun
    finally:
        process.terminate()
        process.wait()


def memory(process: subprocess.Popen[str]) -> float:
    """Megabytes of the server and all its processes; what they share is counted once (PSS)."""
    waiting, total = [process.pid], 0
    while waiting:
        pid = waiting.pop()
        try:
            waiting += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
            found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
            total += int(found[1]) if found else 0
        except OSError:  # it has ended meanwhile
            continue
    return total / 1024


# ---------------------------------------------------------------- visitors


class Visitor:
    """One connection, as a browser keeps it."""

    def __init__(self, address: str, name: str) -> None:
        self.host, self.port = address.rsplit(":", 1)
        self.name = name
        self.line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str, live: bool = False) -> tuple[int, str]:
        """The status and the text of a page."""
        return await self._asked(f"GET /{path} HTTP/1.1", {"x-live": "number"} if live else {}, "")

    async def post(self, path: str, **form: str) -> tuple[int, str]:
        """The status, and where it leads."""
        headers = {
            "origin": f"http://{self.host}:{self.port}",
            "content-type": "application/x-www-form-urlencoded",
        }
        return await self._asked(f"POST /{path} HTTP/1.1", headers, urlencode(form))

    def leave(self) -> None:
        """Wait for nothing any more."""
        if self.line is not None:
            self.line[1].close()
            self.line = None

    async def _asked(self, first: str, headers: dict[str, str], body: str) -> tuple[int, str]:
        if self.line is None:
            self.line = await asyncio.open_connection(self.host, int(self.port))
        reader, writer = self.line
        sent = {"host": f"{self.host}:{self.port}", "cookie": f"visitor={self.name}", **headers}
        lines = [first, *(f"{name}: {value}" for name, value in sent.items()), f"content-length: {len(body)}"]
        try:
            writer.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = re.search(r"^content-length: (\d+)", head, re.M | re.I)
            content = await reader.readexactly(int(length[1])) if length else b""
            if re.search(r"^transfer-encoding: chunked", head, re.M | re.I):  # a page that comes by halves
                while size := int(await reader.readline(), 16):
                    content += (await reader.readexactly(size + 2))[:-2]
                await reader.readline()
            text = content.decode()
        except BaseException:
            self.leave()
            raise
        location = re.search(r"^location: (\S+)", head, re.M | re.I)
        return int(head.split()[1]), location[1] if location else text


NUMBER = re.compile(r'class="number">([\d,]+)<')


@dataclass
class Seen:
    """What the visitors saw: seconds of each answer, what was wrong with any, and megabytes of the server."""

    took: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)

    def compare(self, status: int, text: str, expected: int, where: str) -> None:
        """Note an answer that is none, or that is another's."""
        found = NUMBER.search(text)
        if status != 200 or not found or int(found[1].replace(",", "")) != expected:
            self.wrong.append(f"{where}: {status}, {found[1] if found else text[:80]!r} instead of {expected:,}")

    def within(self, share: float) -> float:
        """Seconds within which this share of the answers came."""
        return sorted(self.took)[min(len(self.took) - 1, int(share * len(self.took)))]


def asked() -> list[tuple[str, int]]:
    """Addresses with the number that the library gives: of the shipped plan, and of designs that are formulas."""
    powers = [0.60 + i / 100 for i in range(36)]
    planned = trialplan.build(PLAN).design
    found = [(f"plan={PLAN}&{POWER}={power:.2f}", int(trialplan.size(planned, power).n)) for power in powers]
    for slug, cls in catalogue.designs().items():
        design = cls(**typical(cls))
        if isinstance(design, Design) and design.smooth and not design.members and not design.fixes_n():
            begun = time.perf_counter()
            sizes = [(f"design={slug}&power={power:.2f}", int(trialplan.size(design, power).n)) for power in powers]
            if time.perf_counter() - begun < 0.01 * len(powers):
                found += sizes
    return found


async def every(seconds: float, until: float, do: Callable[[int], Awaitable[None]]) -> None:
    """Do something once in so many seconds; what takes longer is followed by the next at once."""
    turn, due = 0, time.monotonic()
    while time.monotonic() < until:
        await do(turn)
        turn, due = turn + 1, due + seconds
        await asyncio.sleep(max(0.0, due - time.monotonic()))


async def typing(
    address: str, place: int, visitors: int, known: list[tuple[str, int]], seen: Seen, until: float
) -> None:
    """One change a second, each compared with the library's number."""
    visitor = Visitor(address, f"typing-{place}")
    await asyncio.sleep(place / visitors)  # people do not type in step

    async def change(turn: int) -> None:
        # a state that no other visitor has at this time
        query, expected = known[(place + turn * visitors) % len(known)]
        begun = time.perf_counter()
        status, text = await visitor.get(f"design?{query}", live=True)
        seen.took.append(time.perf_counter() - begun)
        seen.compare(status, text, expected, query)

    await every(1.0, until, change)


async def painting(address: str, place: int, seen: Seen, until: float) -> None:
    """A change, overtaken by another before its picture is there; then a pause, for as long as the picture takes."""
    visitor = Visitor(address, f"painting-{place}")
    turn = 0
    while time.monotonic() < until:
        for overtaken in (True, False):
            turn += 1
            query = f"plan={PLAN}&{POWER}={0.5 + (turn * PAINTERS + place) % 450 / 1000:.3f}"
            await visitor.get(f"design?{query}", live=True)
            paused = time.perf_counter()
            await asyncio.sleep(QUIET)
            picture = asyncio.ensure_future(_picture(visitor, query))
            if overtaken:
                await asyncio.sleep(1.0 - QUIET)
                picture.cancel()
                await asyncio.gather(picture, return_exceptions=True)
                visitor.leave()
                continue
            status, text = await picture
            seen.took.append(time.perf_counter() - paused)
            if status != 200 or "<svg" not in text:
                seen.wrong.append(f"{query}: {status} {text[:80]!r}")
            await asyncio.sleep(max(0.0, 1.0 - (time.perf_counter() - paused)))


async def _picture(visitor: Visitor, query: str) -> tuple[int, str]:
    """The whole page, and then its picture, as a browser asks for them."""
    status, text = await visitor.get(f"design?{query}")
    if status != 200:
        return status, text
    return await visitor.get(f"figure/power.svg?{query}")


async def working(address: str, what: str, query: str, seen: Seen, until: float) -> None:
    """Long work of one visitor, begun again whenever it has ended, and stopped at the end."""
    visitor = Visitor(address, what.replace(" ", "-"))
    where = ""
    while time.monotonic() < until:
        work = "verify" if "trials" in query else "answer"
        status, where = await visitor.post("work", work=work, query=query)
        if status != 303:
            seen.wrong.append(f"{what}: {status} {where[:80]!r}")
            return
        while time.monotonic() < until and "data-watch" in (await visitor.get(where[1:]))[1]:
            await asyncio.sleep(0.5)
    await visitor.post(f"{where[1:]}/stop")


async def weighing(process: subprocess.Popen[str], seen: Seen, until: float) -> None:
    """The memory of the server, now and then."""

    async def weigh(turn: int) -> None:
        seen.megabytes.append(await asyncio.to_thread(memory, process))

    await every(5.0, until, weigh)


# ---------------------------------------------------------------- what is measured


def started() -> list[float]:
    """Seconds from the command until the plan is shown, of some starts."""
    took = []
    for _ in range(STARTS):
        with explorer() as (_, address, begun):
            status, text = asyncio.run(Visitor(address, "first").get(f"design?plan={PLAN}"))
            took.append(time.monotonic() - begun)
            assert status == 200
            assert NUMBER.search(text)
    return took


async def loaded(
    process: subprocess.Popen[str], address: str, visitors: int, painters: int, works: dict[str, str], seconds: float
) -> tuple[Seen, Seen]:
    """What so many visitors see who type, and so many who pause for pictures, while such work goes on."""
    known, numbers, pictures = asked(), Seen(), Seen()
    until = time.monotonic() + seconds
    await asyncio.gather(
        *(typing(address, place, visitors, known, numbers, until) for place in range(visitors)),
        *(painting(address, place, pictures, until) for place in range(painters)),
        *(working(address, what, query, numbers, until) for what, query in works.items()),
        weighing(process, numbers, until),
    )
    return numbers, pictures


def row(what: str, seen: Seen) -> str:
    """A line of the table."""
    if not seen.took:
        return f"| {what} | – | – | – | – | {len(seen.wrong)} |"
    times = [median(seen.took), seen.within(0.95), max(seen.took)]
    return (
        f"| {what} | {len(seen.took):,} | {' | '.join(f'{1000 * one:,.0f} ms' for one in times)} | {len(seen.wrong)} |"
    )


def main() -> int:
    """The exit code: 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--visitors", type=int, default=50)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    lines = [
        "# The explorer under load\n",
        f"Measured by benchmarks/explorer.py on {cores} cores ({platform.machine()}), Python "
        f"{platform.python_version()}; {os.getloadavg()[0]:.1f} processes were running on them when it began. Visitors "
        f"and server share the cores. Each part takes {given.seconds:g} seconds. Every number is held against the "
        "library's.\n",
        "| | answers | median | 95 % within | longest | wrong |\n|:--|--:|--:|--:|--:|--:|",
    ]
    goals: list[tuple[str, bool]] = []
    starts = started()
    with explorer() as (process, address, _):
        asyncio.run(Visitor(address, "first").get(f"design?plan={PLAN}"))
        rest = memory(process)
        typed, _ = asyncio.run(loaded(process, address, given.visitors, 0, {}, given.seconds))
        lines.append(row(f"{given.visitors} visitors, a change a second each: n and its sentence", typed))
        _, painted = asyncio.run(loaded(process, address, 0, PAINTERS, {}, given.seconds))
        lines.append(row(f"{PAINTERS} visitors who pause: from the last key to the picture", painted))
        beside, _ = asyncio.run(loaded(process, address, given.visitors, 0, LONG, given.seconds))
        words = " and ".join(LONG)
        lines.append(row(f"{given.visitors} visitors beside {words}: n and its sentence", beside))
        _, slow = asyncio.run(loaded(process, address, 0, PAINTERS, LONG, given.seconds))
        lines.append(row(f"{PAINTERS} visitors who pause, beside them: from the last key to the picture", slow))
        time.sleep(2 * REST + 5)  # a process that has just missed one round of rest goes with the next
        after = memory(process)
    most = max(typed.megabytes + painted.megabytes + beside.megabytes + slow.megabytes)
    wrong = [one for seen in (typed, painted, beside, slow) for one in seen.wrong]
    goals += [
        ("no error, and nobody sees another's number", not wrong),
        ("n and its sentence in under 100 ms (median)", median(typed.took) < 0.1),
        ("the same beside an exact test and a simulation", median(beside.took) < 0.1),
        ("a picture within 2 s of a pause of one second", max(painted.took) < 3.0),
        ("the same beside an exact test and a simulation", max(slow.took) < 3.0),
        ("started, and the plan shown, in 3 s", max(starts) <= 3.0),
        ("memory returns (to within a tenth of what it was)", after <= 1.1 * rest),
    ]
    lines.append(
        f"\nFrom the command to the plan: {', '.join(f'{one:.1f}' for one in starts)} s. Memory of the server and its "
        f"processes: {rest:,.0f} MB before, {most:,.0f} at most, {after:,.0f} two minutes after. "
        f"{os.getloadavg()[0]:.1f} processes were running at the end.\n"
    )
    lines += [f"- {words}: {'reached' if met else 'NOT reached'}" for words, met in goals]
    lines += [f"- wrong: {one}" for one in wrong[:10]]
    print("\n".join(lines))
    if given.write:
        PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return int(not all(met for _, met in goals))


if __name__ == "__main__":
    sys.exit(main())
