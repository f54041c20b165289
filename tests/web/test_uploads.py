"""Hundreds of hostile uploads drawn at random: each is refused in a sentence, or shown as it is, and nothing stays.

What is drawn is in `hostile_uploads`; the same seed and index give the same upload again.
"""

import csv
import io
import re
from pathlib import Path

import httpx
import pytest
from hostile_uploads import MARKUP, upload

from trialplan.web.shelf import KEY

PORTIONS, EACH = 20, 30

LAUNCHED = """
import sys
from trialplan.cli import main
from trialplan.web import app, workers

app.LIVE = app.WHOLE = app.FILE = 4.0
workers.REST = 2.0
sys.exit(main(["explore", "--no-browser"]))
"""

PAGES = ("evidence", "design", "scenarios", "take-away", "side-by-side")
FILES = ("plan.toml", "plan.zip", "scenarios.csv", "check.R")


class Explorer:
    """An explorer that keeps what it keeps in a folder of its own."""

    def __init__(self, served, folder):
        self.served, self.folder = served, folder

    def memory(self):
        """Megabytes of its processes; what they share is counted once."""
        waiting, total = [self.served.process.pid], 0
        while waiting:
            pid = waiting.pop()
            try:
                waiting += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
                total += int(re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)[1])
            except OSError:  # it has ended meanwhile
                continue
        return total / 1024

    def kept(self):
        """The files that it keeps, by the folder that each lies in."""
        return [path.parent.name for path in self.folder.rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where it keeps what it keeps: nothing, once it has ended."""
    made = tmp_path_factory.mktemp("kept")
    yield made
    assert [*made.iterdir()] == []


@pytest.fixture(scope="module")
def explorer(folder, launched):
    """One for all tests of this file; what it has written is one line when it has ended."""
    return Explorer(launched(LAUNCHED, TMPDIR=str(folder)), folder)


def wrong(answer, folder, key=None):
    """What is wrong with a page, or with what is said in the place of one; nothing where nothing is."""
    text, kind = answer.text, answer.headers.get("content-type", "")
    if answer.status_code >= 500:
        return f"{answer.status_code}: {text[:200]}"
    if found := re.search(".{60}please report|Traceback.{80}", text, re.DOTALL):
        return found[0]
    if str(folder) in text or "root:x:" in text:
        return "tells of this machine"
    if not kind.startswith("text/html"):
        return "" if text.startswith("trialplan: ") else f"no sentence: {text[:200]!r}"
    if MARKUP in text:
        return "what was sent became markup"
    if key and key in re.sub(r"<[^>]*>", " ", text):
        return "shows a key"
    if not re.search('class="(wrong|number)"|<table', text):
        return "neither a number nor a sentence"
    return ""


def computed(content):
    """Cells of a CSV that a spreadsheet program would compute."""
    cells = [cell for row in csv.reader(io.StringIO(content.decode(), newline="")) for cell in row]
    return [cell for cell in cells if re.match(r"[=+@\t\r]|-(?![\d.]|inf)", cell)]


def sent(explorer, seed, index):
    """What is wrong with the answers to one upload, and the key under which it is kept, if it is."""
    of, served = upload(seed, index), explorer.served
    files = [("files", file) for file in of.files]
    try:
        with httpx.Client(base_url=served.address, timeout=served.patience, headers=served.origin) as visitor:
            answer = visitor.post("/open", files=files, follow_redirects=True)
            named = re.search(rf"=({KEY})$", str(answer.url))
            key = named and named[1]
            found = [wrong(answer, explorer.folder, key)]
            if key and f"plan={key}" in str(answer.url):
                found += [wrong(visitor.get(f"/{page}?plan={key}"), explorer.folder, key) for page in PAGES]
                for name in FILES:
                    taken = visitor.get(f"/file/{name}?plan={key}")
                    if "attachment" not in taken.headers.get("content-disposition", ""):
                        found.append(wrong(taken, explorer.folder, key))
                    elif name.endswith(".csv") and (cells := computed(taken.content)):
                        found.append(f"cells that are computed: {cells[:3]}")
    except httpx.RemoteProtocolError as why:  # closed before all was sent, as is said where too much is
        sizes = sum(len(content) for _, content in of.files)
        return [] if sizes > 4_000_000 else [f"{of.word}: {why}"], None
    return [f"{of.word}: {one}" for one in found if one], key


def judged(explorer, seed, count):
    """What is wrong with so many uploads."""
    found, keys = [], set()
    for index in range(count):
        complaints, key = sent(explorer, seed, index)
        found += complaints
        keys |= {key} if key else set()
    kept = explorer.kept()
    assert all(re.fullmatch(KEY, folder) for folder in kept), kept
    assert keys <= {*kept}
    assert explorer.served.get("design?design=two-means").status_code == 200
    return found


def test_the_same_again():
    """A seed and an index give the same upload."""
    assert upload(3, 5) == upload(3, 5) != upload(3, 6)


def test_some_uploads(explorer):
    """A few of them, every day."""
    assert judged(explorer, 0, 8) == []


@pytest.mark.sweep
@pytest.mark.parametrize("seed", range(1, PORTIONS + 1))
def test_uploads(seed, explorer):
    """Hundreds, in portions."""
    assert judged(explorer, seed, EACH) == []
