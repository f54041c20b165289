"""A copy of the house into which a file is dropped, and commands that are run in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from preloaded import Preloaded

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("trialplan", "templates", "examples", "docs", "tests/conformance", "tests/tools", "pyproject.toml")
"""What is copied: the package, what it reads, and the tests and pages that look at every design."""

_SKIPPED = shutil.ignore_patterns("__pycache__", ".*")


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class House:
    """The copy, in a folder of its own; where its program is loaded, commands run in that, and else each by itself."""

    root: Path
    program: Preloaded | None = None

    @classmethod
    def built(cls, root: Path, files: dict[str, str]) -> House:
        """A copy with files dropped in, by their path in it."""
        for name in ROOMS:
            here, there = ROOT / name, root / name
            there.parent.mkdir(parents=True, exist_ok=True)
            if here.is_dir():
                shutil.copytree(here, there, ignore=_SKIPPED)
            else:
                shutil.copy(here, there)
        for name, text in files.items():
            (root / name).write_text(text, encoding="utf-8")
        (root / "workshop").mkdir()
        return cls(root)

    @property
    def workshop(self) -> Path:
        """Where commands run and leave what they write."""
        return self.root / "workshop"

    def python(self, *words: str, folder: Path | None = None, seconds: float = 600) -> Ran:
        """Python, with the copy's package and no other."""
        ran = subprocess.run(
            [sys.executable, *words],
            cwd=folder or self.workshop,
            env=os.environ | {"PYTHONPATH": str(self.root), "PYTHONDONTWRITEBYTECODE": ""},
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        return _without_haste(ran)

    def run(self, *words: str) -> Ran:
        """A real command."""
        if self.program is None:
            return self.python("-m", "trialplan", *words)
        return _without_haste(self.program.run(*words, folder=self.workshop))

    def answer(self, *words: str) -> dict:
        """A command's JSON; it must succeed in silence."""
        ran = self.run(*words, "--json")
        assert (ran.code, ran.err) == (0, ""), ran
        return json.loads(ran.out)

    def shown(self, *words: str) -> str:
        """A command's page; it must succeed in silence."""
        ran = self.run(*words)
        assert (ran.code, ran.err) == (0, ""), ran
        return ran.out

    def suite(self, *words: str, seconds: float = 600) -> Ran:
        """The copy's own tests."""
        return self.python("-m", "pytest", "-p", "no:cacheprovider", *words, folder=self.root, seconds=seconds)


def _without_haste(ran: subprocess.CompletedProcess[str]) -> Ran:
    """What was left behind, without what a slow machine says of its work."""
    told = [line for line in ran.stderr.splitlines(True) if not line.startswith("trialplan: at work: ")]
    return Ran(ran.returncode, ran.stdout, "".join(told))
