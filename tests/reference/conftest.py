"""The reference cases, and the program that holds the designs against them."""

import importlib.util
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[1] / "tools" / "agreement.py"


def _load():
    if "tests_tools_agreement" not in sys.modules:
        spec = importlib.util.spec_from_file_location("tests_tools_agreement", TOOL)
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    return sys.modules["tests_tools_agreement"]


def pytest_generate_tests(metafunc):
    """One run for each reference case that a design answers."""
    if "reference_case" in metafunc.fixturenames:
        metafunc.parametrize("reference_case", _load().cases(), ids=lambda case: case["id"])


@pytest.fixture(scope="session")
def agreement():
    """tests/tools/agreement.py as a module."""
    return _load()
