"""Pictures of the explorer for README.md and docs/explorer.md; with --check, say whether they show what it shows today.

    python tests/tools/screenshots.py             draws those that show something else, in Chromium

Every page at both widths, light and dark, to be looked at, is left in build/screenshots by tests/web/test_looks.py.
A picture holds a digest of the text and the style that it shows, so that another browser does not count as a change,
and --check needs none.
"""

import hashlib
import html
import io
import re
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import chromium

from trialplan.web import tasks
from trialplan.web.shelf import Shelf

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
sys.path.append(str(DOCS))

from build_pictures import digest_in, signed  # noqa: E402

PLAN = "plan=msc-lupus-nephritis"
CHANGED = f"{PLAN}&endpoint.0.power=0.9"
SHOWN = {
    "explorer-design.png": ("design", CHANGED, "wide", "light"),
    "explorer-scenarios.png": ("scenarios", PLAN, "wide", "dark"),
    "explorer-phone.png": ("design", "design=two-means", "phone", "light"),
    "explorer-phone-dark.png": ("assurance", PLAN, "phone", "dark"),
}
COLOURS = 64
"""Of a picture in the documentation: a page has few, and its file is then a third as large."""


@contextmanager
def explorer():
    """The address of an explorer that runs until the block is left."""
    typed = [sys.executable, "-m", "trialplan", "explore", "--no-browser"]
    process = subprocess.Popen(typed, stdout=subprocess.PIPE, text=True)
    try:
        yield re.search(r"http://\S+?/", process.stdout.readline())[0]
    finally:
        process.terminate()
        process.wait()


def drawn(browser, address, path, size, scheme):
    """One page as a PNG file."""
    context = chromium.window(browser, size, scheme)
    page = context.new_page()
    page.goto(f"{address}{path}", wait_until="networkidle")
    made = chromium.photographed(page, size)
    context.close()
    return made


def reduced(png):
    """The picture in few colours."""
    from PIL import Image

    file = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS).save(file, "PNG", optimize=True)
    return file.getvalue()


def digest(name, query):
    """What a page shows: its own words and numbers, and its style; not what there is to choose from below it."""
    with tempfile.TemporaryDirectory() as folder:
        text = tasks.page(Shelf(Path(folder)), name, query, False)
    words = html.unescape(re.sub(r"(?s)<[^>]*>", " ", text[text.index("<main") : text.index("<aside")]))
    style = (ROOT / "templates" / "web" / "static" / "explorer.css").read_text(encoding="utf-8")
    return hashlib.sha256((" ".join(words.split()) + style).encode()).hexdigest()


def write(check):
    """The exit code: 1 where a picture shows something else than the explorer does."""
    digests = {name: digest(page, query) for name, (page, query, *_) in SHOWN.items()}
    paths = {name: DOCS / name for name in SHOWN}
    stale = [name for name, path in paths.items() if not path.exists() or digest_in(path.read_bytes()) != digests[name]]
    if not stale:
        return 0
    if check or chromium.FOUND is None:
        print(f"docs: {', '.join(stale)} shows what the explorer no longer shows; run tests/tools/screenshots.py")
        return int(check)
    from playwright.sync_api import sync_playwright

    with explorer() as address, sync_playwright() as playwright:
        browser = chromium.started(playwright)
        for name in stale:
            page, query, size, scheme = SHOWN[name]
            made = drawn(browser, address, f"{page}?{query}", size, scheme)
            paths[name].write_bytes(signed(reduced(made), digests[name]))
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(write("--check" in sys.argv[1:]))
