"""One process beside this one: what is begun there gives what it gives here, and a second one is not started."""

import pytest

from trialplan.analyses import beside as module
from trialplan.analyses.beside import begun, beside


def nothing():
    """What a process beside may begin with."""


@pytest.fixture
def two_cores(monkeypatch):
    monkeypatch.setattr(module, "_cores", lambda: 2)


class TestBeside:
    def test_one_that_is_at_work_goes_on(self, two_cores):
        """Within a block that has a process beside, a further block takes that one, and leaves it at work."""
        with beside(nothing):
            first = module._BESIDE.get()
            with beside(nothing):
                assert module._BESIDE.get() is first
            assert begun(abs, -3)() == 3
        assert module._BESIDE.get() is None

    def test_on_one_core_all_is_done_here(self, monkeypatch):
        """No process is started where it would take turns with this one."""
        monkeypatch.setattr(module, "_cores", lambda: 1)
        with beside(nothing):
            assert module._BESIDE.get() is None
            assert begun(abs, -3)() == 3
