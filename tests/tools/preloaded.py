"""The program of a folder, loaded once: each command then runs in a copy of a process that has imported all of it.

Importing takes most of the time of a short command, and says nothing new the second time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SERVER = """
import importlib, json, os, pkgutil, sys
import numpy, scipy.optimize, scipy.stats
import trialplan
from trialplan import cli
for module in pkgutil.walk_packages(trialplan.__path__, "trialplan."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
for line in sys.stdin:
    words, folder, kept = json.loads(line)
    child = os.fork()
    if child == 0:
        code = 70
        try:
            os.chdir(folder)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            for number, name in ((1, "out"), (2, "err")):
                os.dup2(os.open(os.path.join(kept, name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
            code = cli.main(words)
            sys.stdout.flush()
            sys.stderr.flush()
        except BaseException:
            import traceback
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Preloaded:
    """The program whose package lies in a folder; it is ended with `close`."""

    def __init__(self, root: Path) -> None:
        environment = os.environ | {"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": ""}
        self._kept = tempfile.TemporaryDirectory()
        command = [sys.executable, "-c", SERVER]
        self._process = subprocess.Popen(
            command, cwd=root, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
        """What a command leaves behind that is typed in a folder."""
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps([words, str(folder), self._kept.name]), file=self._process.stdin, flush=True)
        code = int(self._process.stdout.readline())
        out, err = (Path(self._kept.name, name).read_text(encoding="utf-8") for name in ("out", "err"))
        return subprocess.CompletedProcess(words, code, out, err)

    def close(self) -> None:
        """No command is taken any more."""
        with self._process:
            assert self._process.stdin
            self._process.stdin.close()
        self._kept.cleanup()
