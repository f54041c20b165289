"""What was left out of a run of the tests is said in its last lines."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = """
import pytest

@pytest.mark.parametrize("number", range(3))
def test_r(number):
    pytest.skip("Rscript is not installed")

@pytest.mark.skipif(True, reason="soffice is not installed")
def test_office():
    raise AssertionError

def test_else():
    pytest.skip("it rains")

def test_done():
    pass
"""
PROPERTIES = """
import pytest

@pytest.mark.parametrize("number", range({many}))
def test_symmetry(number):
    pytest.skip("one arm")
"""
SAID = (
    "left out: 3 tests for want of Rscript; 1 test for want of soffice; 1 test (it rains); "
    "{many} combinations to which a property does not apply"
)


@pytest.fixture
def closing(tmp_path):
    """The closing line of a run of the tests above."""
    folder = tmp_path / "tests"
    (folder / "conformance").mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("conftest.py"), folder)
    (folder / "test_programs.py").write_text(PROGRAMS, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = sweep\n", encoding="utf-8")

    def line(*more, many=12):
        properties = folder / "conformance" / "test_properties.py"
        properties.write_text(PROPERTIES.format(many=many), encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "--import-mode=importlib", *more, "tests"]
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        ran = subprocess.run(command, cwd=tmp_path, env=inherited, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return [said for said in ran.stdout.splitlines() if said.startswith("left out")]

    return line


class TestClosingLine:
    @pytest.mark.parametrize(
        ("workers", "many", "counted"), [((), 1200, "1,200"), (("-n", "2"), 12, "12")], ids=["alone", "two workers"]
    )
    def test_it_counts_what_was_left_out(self, closing, workers, many, counted):
        """Tests for want of a program stand by program, others by their reason, and properties in one count."""
        assert closing(*workers, many=many) == [SAID.format(many=counted)]

    def test_it_names_the_sweeps(self, closing):
        """Where the sweeps are not asked for, the line says so."""
        assert closing("-m", "not sweep") == [f"{SAID.format(many=12)}; the sweeps of `make sweep`"]

    def test_it_names_the_seed_of_a_tenth(self, closing):
        """Where a tenth is drawn the line gives the seed, by which the same tests are drawn again."""
        (line,) = closing("--tenth", "-n", "2")
        seed = re.search(r"nine tests in ten.* `--tenth --seed (\d+)`", line)[1]
        assert closing("--tenth", "--seed", seed) == [line]

    def test_nothing_is_said_where_nothing_is_left_out(self, closing):
        """A whole run has no such line."""
        assert closing("-k", "test_done") == []
