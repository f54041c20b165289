"""How a page of benchmarks is written: the machine, a table for each contest, the goals beneath."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from statistics import median

from side_by_side import CPU, PYTHON_PACKAGES, QUICK, R_PACKAGES, Contest, Goal, r_versions


def machine() -> str:
    """Cores, versions, and how busy the machine was."""
    versions = [f"Python {platform.python_version()}"]
    versions += [
        f"{name} {importlib.metadata.version(name)}" for name in PYTHON_PACKAGES if importlib.util.find_spec(name)
    ]
    r_has = r_versions()
    versions += [f"{'R' if name == 'stats' else name} {version}" for name, version in r_has.items()]
    missing = [name for name in R_PACKAGES if name not in r_has]
    without = f" (without {', '.join(missing)})" if missing else ""
    cores = f"{os.cpu_count()} cores ({platform.machine()}), {platform.system()}"
    busy = f"{os.getloadavg()[0]:.1f} processes were running on them when it began"
    return f"{cores}, {', '.join(versions)}{without}; {busy}"


def section(contest: Contest) -> Iterator[str]:
    """One contest as a table."""
    yield f"## {contest.title}\n\n{contest.question}\n"
    yield "| | median | range | × ours | answer | |\n|---|---:|---:|---:|---|---|"
    for one in contest.contestants:
        if one.skipped or not one.seconds:
            yield f"| {one.name} | – | – | – | | skipped: {one.skipped} |"
            continue
        span = f"{shown(min(one.seconds))} to {shown(max(one.seconds))}"
        times = f"{median(contest.ratios(one)):,.3g}"
        yield f"| {one.name} | {shown(median(one.seconds))} | {span} | {times} | {one.answer} | {one.note} |"
    said = [contest.after] if contest.after else []
    if contest.goal:
        said.append(reached(contest, contest.goal))
    if all(one.ours or not one.seconds for one in contest.contestants):
        said.append("No peer was measured for this.")
    yield "".join(f"\n{sentence}\n" for sentence in said)


def reached(contest: Contest, goal: Goal) -> str:
    """The goal, and whether this run reached it."""
    ours = contest.contestants[0]
    if goal.seconds:
        took = median(ours.seconds)
        said = "reached" if took <= goal.seconds else "not reached"
        return f"Goal: at most {shown(goal.seconds)}. In this run {shown(took)}: {said}."
    words = f"Goal: at least {goal.times:g} times as fast as {goal.peer}."
    peers = [one for one in contest.contestants if goal.peer in one.name and one.seconds]
    if not peers:
        return f"{words} {goal.peer} was not measured in this run."
    times = median(contest.ratios(peers[0]))
    said = "reached" if times >= goal.times else "not reached"
    return f"{words} In this run {times:.3g} times as fast as {peers[0].name}: {said}."


def shown(seconds: float) -> str:
    """A time in the unit that suits it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:,.3g} {unit}"
    return f"{seconds * 1e9:,.3g} ns"


def write(page: Path, head: str, contests: Iterable[Callable[[], Contest]], after: Callable[[], str] = str) -> int:
    """Measure one contest after the other, print each as it ends, and write the page unless it was a quick run."""
    parts = [head.format(machine=machine())]
    for contest in contests:
        lines = list(section(contest().measure()))
        print("\n".join(lines), flush=True)
        parts += lines
    parts.append(after())
    print(parts[-1])
    if not (QUICK or CPU):
        page.write_text("\n".join(parts).rstrip() + "\n", encoding="utf-8")
    return 0
