"""The pages of every verb on terminals of 80 and 120 columns, as they are kept in tests/cli/golden.

`python tests/tools/golden_pages.py` writes them anew; with --check it says which differ, and how. `make docs` and
`make docs-check` do the same.
"""

from __future__ import annotations

import contextlib
import difflib
import io
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from trialplan.cli import main

GOLDEN = Path(__file__).parents[1] / "cli" / "golden"
WIDTHS = (80, 120)

RATES = "two-proportions --control 0.3 --treatment 0.5"
MEANS = "two-means --difference 0.5 --sd 1"
LUPUS = "msc-lupus-nephritis"

PAGES = {
    "evidence": f"evidence {LUPUS}",
    "evidence-pool": f"evidence {LUPUS} --pool complete-remission",
    "designs": "designs",
    "designs-one": "designs one-proportion",
    "size": f"size {RATES}",
    "size-dropout": f"size {MEANS} --allocation 2:1 --dropout 0.1",
    "size-looks": f"size {RATES} --looks 0.5,1 --futility lan-demets-pocock",
    "size-margin": "size two-proportions --control 0.6 --treatment 0.6 --goal non-inferiority --margin 0.1",
    "size-precision": "size precision-proportion --expected 0.2 --width 0.2",
    "size-stages": "size simon --null 0.1 --expected 0.3",
    "power": f"power {RATES} --n 150",
    "effect": "effect two-means --sd 1 --n 128",
    "effect-margin": "effect two-proportions --control 0.6 --goal non-inferiority --margin 0.1 --n 500",
    "scenarios": "scenarios two-proportions --control 0.3 --vary treatment=0.4:0.6:0.1 --vary test=score,wald",
    "scenarios-listed": f"scenarios {MEANS} --vary n=60,120",
    "tornado": f"tornado {RATES} --vary control=0.2,0.4",
    "tornado-plan": f"tornado {LUPUS}",
    "exclude": f"exclude {RATES} --n 120,240",
    "compare": f"compare {MEANS}",
    "recruit": f"recruit {RATES} --sites 20 --patients-per-year 5 --eligible 0.3 --months 48",
    "duration": "duration --sites 20 --patients-per-year 5 --eligible 0.3 --n 120",
    "assurance": f"assurance {LUPUS}",
    "verify": f"verify {RATES} --trials 2000",
    "monitor": f"monitor {RATES} --looks 0.5,1 --efficacy lan-demets-pocock --events 25/50,15/50",
    "reestimate": f"reestimate {MEANS} --blinded-sd 1.2/60",
    "diff": f"diff {LUPUS} {LUPUS}-monitored",
    "diff-add": f"diff starter --add {LUPUS}-randomised",
    "facts": "facts starter",
    "elicit": "elicit ada.md bo.md",
    "reproduce": "reproduce etanercept-psoriasis",
    "reproduce-incomplete": f"reproduce {RATES} --n 186",
    "reproduce-table": "reproduce statements.csv",
    "randomise": "randomise --arms cells,placebo --n 8 --blocks 2,4 --seed 7",
    "init": "init plan.toml",
    "protocol": "protocol starter -o starter.md --force",
    "check": "check starter.md",
    "code": f"code {MEANS} --language r",
    "schema": "schema -o plan.schema.json",
}
"""What is asked, by the name of its page; the answers take a few seconds in all."""

AS_WIDE_AS_IT_IS = ("randomise", "init", "protocol", "check", "code", "schema")
"""Those that print text of their own, whatever the terminal: once is enough."""

NO_PAGE = {
    "demo": "it writes what `protocol` writes, in three formats",
    "explore": "its pages are in a browser",
}
"""Verbs without a page of their own here, and why."""

FILES = {
    "ada.md": "Question: response on placebo\n\nName: Ada\n\n| 5 % | 0.08 |\n| 50 % | 0.2 |\n| 95 % | 0.4 |\n",
    "bo.md": "Question: response on placebo\n\nName: Bo\n\n"
    "| From | To | Chips |\n| 0 | 0.1 | 4 |\n| 0.1 | 0.2 | 10 |\n| 0.2 | 0.5 | 6 |\n",
    "statements.csv": "label,design,control,treatment,power,n\n"
    "as stated,two-proportions,0.3,0.5,0.8,186\nanother n,two-proportions,0.3,0.5,0.8,150\n",
}

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
"""Colours, which a page in a file does not have."""

_VERSION = re.compile(r"trialplan \d+\.\d+\.\d\S*")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """It is."""
        return True


@contextlib.contextmanager
def working_folder() -> Iterator[None]:
    """A folder that holds the files which are asked about, and keeps those that are written."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for name, text in FILES.items():
            Path(name).write_text(text, encoding="utf-8")
        yield


def page(asked: str, width: int) -> str:
    """What a terminal so wide shows of a command, without colours, blanks at the ends of lines and versions."""
    screen, complaints = Terminal(), io.StringIO()
    surroundings = {"COLUMNS": str(width), "LINES": "50", "TERM": "xterm", "NO_COLOR": "1"}
    with (
        mock.patch.dict(os.environ, surroundings),
        contextlib.redirect_stdout(screen),
        contextlib.redirect_stderr(complaints),
    ):
        code = main(shlex.split(asked))
    if code == 2:
        raise RuntimeError(f"trialplan {asked}: {complaints.getvalue()}")
    text = _VERSION.sub("trialplan VERSION", _COLOURS.sub("", screen.getvalue()))
    lines = (line.rstrip() for line in text.splitlines())
    return "\n".join((f"$ trialplan {asked}", *lines)) + "\n"


def widths(name: str) -> tuple[int, ...]:
    """The widths at which a page is kept."""
    return WIDTHS[:1] if name in AS_WIDE_AS_IT_IS else WIDTHS


def kept(name: str, width: int) -> Path:
    """The file that keeps a page."""
    return GOLDEN / f"{name}.{width}.txt"


def difference(name: str, width: int, shown: str) -> str:
    """How a page differs from the one that is kept; empty where it does not."""
    path = kept(name, width)
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    names = (f"golden/{path.name}", "now")
    return "".join(difflib.unified_diff(before.splitlines(True), shown.splitlines(True), *names))


def run(check: bool) -> int:
    """Write every page, or say which differ."""
    wrong = 0
    GOLDEN.mkdir(exist_ok=True)
    with working_folder():
        for name, asked in PAGES.items():
            for width in widths(name):
                shown = page(asked, width)
                told = difference(name, width, shown)
                wrong += bool(told)
                if not check:
                    kept(name, width).write_text(shown, encoding="utf-8")
                elif told:
                    print(told)
    known = {kept(name, width) for name in PAGES for width in widths(name)}
    for path in set(GOLDEN.iterdir()) - known:
        wrong += 1
        if check:
            print(f"{path.name} is the page of nothing that is asked")
        else:
            path.unlink()
    return int(check and wrong > 0)


if __name__ == "__main__":
    sys.exit(run("--check" in sys.argv[1:]))
