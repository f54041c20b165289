"""Processes that answer: one that has ended is replaced, whether the system has told it yet or not."""

import asyncio
import os
import signal
import time

import pytest

from trialplan.web import workers as workers_module
from trialplan.web.shelf import Shelf
from trialplan.web.workers import Refused, Workers, _seconds

AT_WORK = 0.5
"""Seconds of a processor by which a process is seen to have heard its question."""

ASKED = ("page", "design", "design=two-means", True)


def answers(shelf, ended):
    """What three visitors hear one after the other, of whom the first finds a process that has just ended."""

    async def visits():
        workers = Workers(1, (shelf,))
        workers.start()
        try:
            before = await workers.ask(*ASKED, seconds=60)
            (worker,) = workers._all
            ended(worker)
            return [before, *[await workers.ask(*ASKED, seconds=60) for _ in range(3)]]
        finally:
            workers.end()

    return asyncio.run(visits())


@pytest.mark.parametrize("waits", [True, False], ids=["gone", "going"])
def test_one_that_has_ended(waits, tmp_path):
    """Nobody hears of it, even where the system still calls it alive, with its pipe closed or about to be."""

    def ended(worker):
        os.kill(worker.process.pid, signal.SIGKILL if waits else signal.SIGSTOP)
        if waits:
            worker.process.join()
        else:  # it takes the question, and is gone before it reads it
            asyncio.get_running_loop().call_later(0.3, os.kill, worker.process.pid, signal.SIGKILL)
        worker.process.is_alive = lambda: True

    heard = answers(Shelf(tmp_path), ended)
    assert len({*heard}) == 1
    assert 'class="number"' in heard[0]


def test_one_that_is_asked_nothing_any_more(tmp_path, monkeypatch):
    """What it remembers goes with it, and the next visitor hears the same from another one; one never asked stays."""
    monkeypatch.setattr(workers_module, "REST", 0.2)

    async def visits():
        workers = Workers(2, (Shelf(tmp_path),))
        workers.start()
        try:
            begun = {worker.process.pid for worker in workers._all}
            before = await workers.ask(*ASKED, seconds=60)
            until = time.monotonic() + 60
            while begun == (left := {worker.process.pid for worker in workers._all}) and time.monotonic() < until:
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.5)
            assert {worker.process.pid for worker in workers._all} == left
            assert len(left) == workers.idle == 2
            assert len(begun & left) == 1
            assert [await workers.ask(*ASKED, seconds=60) for _ in range(2)] == [before] * 2
        finally:
            workers.end()

    asyncio.run(visits())


def test_one_that_ends_at_its_question(tmp_path):
    """Who asked for too much is told so, and the next visitor is answered."""

    async def visits():
        workers = Workers(1, (Shelf(tmp_path),))
        workers.start()
        try:
            (worker,) = workers._all
            work = ("work", "verify", "design=two-means&difference=0.5&sd=1&view.trials=10000000")
            before = _seconds(worker)
            asked = asyncio.ensure_future(workers.ask(*work, seconds=60))
            while _seconds(worker) < before + AT_WORK:
                await asyncio.sleep(0.1)
            os.kill(worker.process.pid, signal.SIGKILL)
            with pytest.raises(Refused, match="more memory than there is"):
                await asked
            return await workers.ask(*ASKED, seconds=60)
        finally:
            workers.end()

    assert 'class="number"' in asyncio.run(visits())
