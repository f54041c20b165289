"""How the explorer ends, and what it does where the machine has no room: nothing stays, and nobody waits in vain."""

import asyncio
import os
import shutil
import signal
import socket
import sys
import time
from pathlib import Path

import pytest

from trialplan.cli import main
from trialplan.errors import FileError
from trialplan.web import shelf as shelf_module
from trialplan.web import workers as workers_module
from trialplan.web.shelf import LIFETIME, Shelf
from trialplan.web.workers import Refused, Workers

ASKED = ("page", "design", "design=two-means", True)
WORK = {"work": "verify", "query": "design=two-means&difference=0.5&sd=1&view.trials=10000000"}
LAUNCHED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # what is started in the background ignores it
from trialplan.cli import main
sys.exit(main(["explore", "--no-browser"]))
"""
SOON = 30.0
"""Seconds in which it has ended: a document alone takes as many where the machine has other things to do."""


def descendants(pid):
    """Its processes, and theirs."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    own = [int(one) for one in listed.read_text().split()] if listed.exists() else []
    return own + [other for one in own for other in descendants(one)]


@pytest.mark.sweep
@pytest.mark.parametrize("how", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_it_ends_at_once(how, launched, tmp_path_factory, alive):
    """Ended while work and a download go on it waits for neither, and leaves no process and no file."""
    folder = tmp_path_factory.mktemp("ends")
    served = launched(LAUNCHED, TMPDIR=str(folder))
    assert served.get("design?design=two-means").status_code == 200
    assert served.opened(mine__csv=b"study,outcome,events,of\na,x,3,7\n").status_code == 200
    served.post("work", data=WORK)
    host, port = served.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as line:
        line.sendall(
            f"GET /file/protocol.pdf?plan=msc-lupus-nephritis HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
        )
        time.sleep(2)
        started, begun = descendants(served.process.pid), time.monotonic()
        assert started
        served.process.send_signal(getattr(signal, how))
        assert served.process.wait(120) == (130 if how == "SIGINT" else 143)
    assert time.monotonic() - begun < SOON
    assert alive(started) == []
    assert [*folder.iterdir()] == []


@pytest.mark.sweep
def test_it_cannot_begin(tmp_path, start):
    """Where no process can be started, here because of a name that is too long for a socket, it says so and ends."""
    folder = tmp_path / ("long" * 20)
    folder.mkdir()
    process = start("explore", "--no-browser", env=os.environ | {"TMPDIR": str(folder)})
    told = process.communicate(timeout=120)[1]
    assert process.returncode == 2
    assert told.count("\n") == 1
    assert "the explorer cannot begin: this machine cannot do it just now (af_unix path too long)" in told
    assert [*folder.iterdir()] == []


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("", "--host is empty"),
        (" ", "--host is empty"),
        ("a..b", "nothing can answer at"),
        ("x" * 300, "nothing can answer at"),
        ("192.0.2.1", "nothing can answer at '192.0.2.1'"),
    ],
)
def test_no_host(host, why, capsys):
    """An address at which nothing can answer is told in one sentence; an empty one would mean every address."""
    assert main(["explore", "--no-browser", "--host", host]) == 2
    told = capsys.readouterr().err
    assert why in told
    assert told.count("\n") == 1


def test_a_port_that_is_taken(capsys):
    """So is a port that something else answers at."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["explore", "--no-browser", "--port", str(taken.getsockname()[1])]) == 2
    assert "address already in use; name others with --host and --port" in capsys.readouterr().err


def test_no_room_for_a_process(tmp_path, monkeypatch):
    """Where no process can be started it is said so, however often, and as soon as one can be it answers."""

    def none(*of, **how):
        raise OSError(28, "No space left on device")

    async def visits():
        workers = Workers(2, (Shelf(tmp_path),), folder=tmp_path)
        workers.start()
        try:
            with monkeypatch.context() as full:
                full.setattr(workers_module.tempfile, "mkdtemp", none)
                for worker in list(workers._all):
                    os.kill(worker.process.pid, signal.SIGKILL)
                    worker.process.join()
                for _ in range(5):
                    with pytest.raises(Refused, match="no space left on device"):
                        await workers.ask(*ASKED, seconds=60)
            assert workers.idle == 2
            return [await workers.ask(*ASKED, seconds=60) for _ in range(3)]
        finally:
            workers.end()
            with pytest.raises(Refused, match="has ended"):  # who asks at its end starts none anew
                await workers.ask(*ASKED, seconds=60)

    heard = asyncio.run(visits())
    assert all('class="number"' in one for one in heard)
    assert [*tmp_path.iterdir()] == []


def test_no_room_for_what_is_opened(tmp_path, monkeypatch):
    """A disk that is full is told as that, and half of what was opened does not stay."""

    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(FileError, match="no space left on device"):
        Shelf(tmp_path).put({"a.csv": b"1"})
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("hours", [-10_000, 10_000])
def test_a_clock_that_is_set(hours, tmp_path, monkeypatch):
    """What was opened is kept for its hours, whatever somebody sets the clock to meanwhile."""
    shelf, now, steady = Shelf(tmp_path), time.time(), time.monotonic()
    key = shelf.put({"a.csv": b"1"})
    monkeypatch.setattr(shelf_module.time, "time", lambda: now + hours * 3600)
    shelf.sweep()
    assert shelf.folder_of(key).is_dir()
    monkeypatch.setattr(shelf_module.time, "monotonic", lambda: steady + LIFETIME + 60)
    shelf.sweep()
    with pytest.raises(FileError, match="no longer kept"):
        shelf.folder_of(key)


class TestAPlanThatIsEdited:
    """A plan that was named at the start, and its table in a folder below it."""

    @pytest.fixture
    def plan(self, tmp_path):
        folder = tmp_path / "mine"
        (folder / "tables").mkdir(parents=True)
        shipped = Path(sys.modules["trialplan"].__file__).parent.parent / "examples"
        text = (shipped / "starter" / "plan.toml").read_text(encoding="utf-8")
        table = 'table = "tables/evidence.toml"'
        (folder / "plan.toml").write_text(text.replace('table = "msc-lupus-nephritis"', table), encoding="utf-8")
        shutil.copy(shipped / "msc-lupus-nephritis" / "evidence.toml", folder / "tables")
        return folder / "plan.toml"

    @pytest.fixture
    def named(self, plan, pages, tmp_path):
        pages.shelf = Shelf(tmp_path, (("mine", plan),))
        return pages

    def test_at_once(self, plan, named):
        """A change is seen at once, even where the file claims to be as old as before."""
        before, times = named.number("plan=mine"), plan.stat()
        plan.write_text(plan.read_text().replace("power = 0.8", "power = 0.95"))
        os.utime(plan, (times.st_atime, times.st_mtime))
        assert named.number("plan=mine") > before

    def test_its_table(self, plan, named):
        """So is a change of a table in a folder below."""
        assert named.wrong("plan=mine", "evidence", live=False) == []
        (plan.parent / "tables" / "evidence.toml").write_text("junk")
        assert "is not valid TOML" in named.wrong("plan=mine", "evidence", live=False)[0]

    def test_removed(self, plan, named):
        """A plan that is gone is told as that, and one that is back is answered."""
        text, before = plan.read_text(), named.number("plan=mine")
        plan.unlink()
        with pytest.raises(FileError, match="no such file"):
            named("design", "plan=mine")
        assert ("mine", "") in named.shelf.titles()
        plan.write_text(text)
        assert named.number("plan=mine") == before
        shutil.rmtree(plan.parent)
        with pytest.raises(FileError, match="no such file"):
            named("design", "plan=mine")

    def test_what_editors_leave(self, plan, named):
        """A link to nothing beside it, which an editor leaves while it is open, changes nothing."""
        (plan.parent / ".#plan.toml").symlink_to("/nowhere")
        assert named.number("plan=mine")
