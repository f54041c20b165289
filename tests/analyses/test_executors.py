"""Where tasks run does not change what they give, and a lost worker loses nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from trialplan import GroupSequential, TwoProportions
from trialplan.analyses import executors
from trialplan.analyses.children import names_main
from trialplan.analyses.executors import Cluster, Processes, Serial, executor
from trialplan.analyses.scenarios.grid import Memory, answered, grid_spec
from trialplan.errors import ParameterError, TrialplanError

EXACT = grid_spec(
    TwoProportions(control=0.1, treatment=0.6),
    {"control": (0.1, 0.2), "treatment": (0.05, 0.7, 0.8), "test": ("fisher", "boschloo"), "sides": (1, 2)},
    target=0.8,
)
LOOKED_AT = grid_spec(
    GroupSequential(design=TwoProportions(control=0.3, treatment=0.5)),
    {"control": (0.1, 0.2, 0.3), "treatment": (0.25, 0.5, 0.6)},
    target=0.9,
)


@pytest.fixture(scope="module")
def cluster():
    """A scheduler and two worker processes on loopback."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0", host="127.0.0.1"
    ) as found:
        yield found


def bits(asked, where):
    """Every double of a grid, as bytes, and every reason."""
    kept = Memory()
    grid = answered(asked, kept, where)
    return grid.n.tobytes(), grid.power.tobytes(), [sorted(kept[i].reasons.items()) for i in sorted(kept)]


def squared(number):
    return number * number


def squared_after_a_death(task):
    """The square; the first process to meet 3 dies of it."""
    number, flag = task
    if number == 3 and not Path(flag).exists():
        Path(flag).touch()
        os._exit(1)
    return number * number


def deadly(number):
    os._exit(1)


class TestBitForBit:
    """One question, asked in many places."""

    @pytest.mark.parametrize(
        ("asked", "workers"),
        [
            pytest.param(EXACT, 2, id="exact, 2", marks=pytest.mark.sweep),
            pytest.param(EXACT, 4, id="exact, 4", marks=pytest.mark.sweep),
            pytest.param(LOOKED_AT, 2, id="looked at, 2", marks=pytest.mark.sweep),
            pytest.param(LOOKED_AT, 4, id="looked at, 4"),
        ],
    )
    def test_workers(self, asked, workers):
        """Two and four processes give the bits that one gives."""
        assert bits(asked, Processes(workers)) == bits(asked, Serial())

    def test_a_cluster(self, cluster):
        """A dask cluster of two worker processes gives the same bits."""
        assert bits(EXACT, Cluster(cluster.scheduler_address)) == bits(EXACT, Serial())


UNGUARDED = """
print("from the top")
from trialplan.analyses.executors import Processes
from trialplan.protocol.bounded import bounded
print(sorted(Processes(2).run(abs, [-1, 2])), len(bounded(str.upper, "a" * 200_000, patience=60)))
"""


class TestTheScriptThatAsks:
    """A process knows nothing of the script that started it, unless a task names what only that defines."""

    @pytest.mark.parametrize(
        "by_name",
        [pytest.param(True, id="a file"), pytest.param(False, id="standard input", marks=pytest.mark.sweep)],
    )
    def test_needs_no_guard(self, tmp_path, by_name):
        """A plain script, or one on standard input, is run once, and its processes give their results."""
        script = tmp_path / "plain.py"
        script.write_text(UNGUARDED)
        command = [sys.executable, *([script] if by_name else ["-"])]
        said = subprocess.run(command, input="" if by_name else UNGUARDED, capture_output=True, text=True, timeout=120)
        assert (said.stdout, said.stderr) == ("from the top\n[(0, 1), (1, 2)] 200000\n", "")

    def test_is_read_where_a_task_names_it(self, monkeypatch):
        """What the main script defines is found by reading it; an interactive session cannot be read."""
        main = types.ModuleType("__main__")
        main.Own = type("Own", (), {"__module__": "__main__"})
        monkeypatch.setitem(sys.modules, "__main__", main)
        assert not names_main(abs, -1)
        with pytest.raises(TrialplanError, match="define it in a module and import it, or leave workers out"):
            names_main(abs, main.Own())
        main.__file__ = __file__
        assert names_main(abs, main.Own())
        with pytest.raises(TrialplanError, match=r"cannot be handed to other processes .*; leave workers out"):
            names_main(lambda: 0)


class TestLostWorkers:
    """A process that dies half-way."""

    def test_its_tasks_are_run_again(self, tmp_path):
        """Every task is answered once although a worker died of one."""
        tasks = [(number, str(tmp_path / "died")) for number in range(8)]
        found = list(Processes(2).run(squared_after_a_death, tasks))
        assert (tmp_path / "died").exists()
        assert sorted(found) == [(number, number * number) for number in range(8)]

    def test_a_cluster_without_workers(self, monkeypatch):
        """It is told instead of waited for."""
        distributed = pytest.importorskip("distributed")
        monkeypatch.setattr(executors, "_WHILE", 0.2)
        empty = distributed.LocalCluster(
            n_workers=0, processes=False, dashboard_address="127.0.0.1:0", host="127.0.0.1", protocol="tcp"
        )
        with empty, pytest.raises(TrialplanError, match="has no workers; start one with `dask worker"):
            list(Cluster(empty.scheduler_address).run(squared, range(2)))

    def test_on_a_cluster(self, cluster, tmp_path):
        """A cluster's scheduler gives the task to a new worker."""
        tasks = [(number, str(tmp_path / "died")) for number in range(8)]
        found = list(Cluster(cluster.scheduler_address).run(squared_after_a_death, tasks))
        assert (tmp_path / "died").exists()
        assert sorted(found) == [(number, number * number) for number in range(8)]

    @pytest.mark.sweep
    def test_a_cluster_that_always_loses_them(self, cluster):
        """A cluster's scheduler gives a deadly task up after some workers, and so do we, with a sentence."""
        with pytest.raises(TrialplanError, match="gave a task up"):
            list(Cluster(cluster.scheduler_address).run(deadly, range(2)))

    @pytest.mark.parametrize("address", ["nowhere", "", "http://a:80", "tcp://127.0.0.1:99999", "inproc://x", 3])
    def test_no_address(self, address):
        """What is no address is refused before a client is made."""
        with pytest.raises(
            TrialplanError, match=r"must be the address of a dask scheduler, as in tcp://10\.0\.0\.1:8786"
        ):
            Cluster(address)

    def test_a_task_that_always_kills(self):
        """A task that no worker survives is given up with a sentence, not tried for ever."""
        with pytest.raises(TrialplanError, match="worker processes died 3 times"):
            list(Processes(2).run(deadly, range(4)))


class TestWishes:
    """What --workers and --scheduler may be."""

    def test_neither_is_serial(self):
        """Without a wish, and for one worker, nothing is started."""
        assert executor() == executor(workers=1) == Serial()

    @pytest.mark.parametrize("workers", [0, -1, 1.5])
    def test_no_such_number(self, workers):
        """A number of workers that cannot be is refused."""
        with pytest.raises(ParameterError, match="workers must be a whole number"):
            executor(workers)

    def test_both(self):
        """Workers and a cluster are not asked for together."""
        with pytest.raises(ParameterError, match="keep one"):
            executor(2, "tcp://127.0.0.1:8786")

    def test_leaving_early(self):
        """Who stops listening stops the work: the pool's processes are gone, and nothing hangs."""
        results = Processes(2).run(squared, range(1000))
        assert next(results)[1] in {number * number for number in range(1000)}
        results.close()
