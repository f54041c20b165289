"""What the tests of the explorer share: pages made in this process, and the explorer as it runs."""

import html
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager

import chromium
import httpx
import pytest

from trialplan.web import tasks
from trialplan.web.shelf import Shelf

PATIENCE = 120.0
"""Seconds: the machine may have other things to do."""


class Pages:
    """Pages of states, as a process of the server makes them."""

    def __init__(self, folder):
        self.shelf = Shelf(folder)

    def __call__(self, name, query, live=False):
        return tasks.page(self.shelf, name, query, live)

    def number(self, query, name="design"):
        """The number in large type; None where something is wrong."""
        found = re.search(r'class="number">([\d,]+)<', self(name, query, live=True))
        return int(found[1].replace(",", "")) if found else None

    def wrong(self, query, name="design", live=True):
        """The sentences that say what is wrong."""
        return [html.unescape(one) for one in re.findall(r'class="wrong">(.*?)</p>', self(name, query, live))]


@pytest.fixture
def pages(tmp_path):
    return Pages(tmp_path)


class Served:
    """The explorer, running."""

    patience = PATIENCE

    def __init__(self, process, address, log):
        self.process, self.address, self.log = process, address, log
        self.origin = {"origin": address}

    def get(self, path, **more):
        return httpx.get(f"{self.address}/{path}", timeout=PATIENCE, **more)

    def post(self, path, **more):
        headers = self.origin | more.pop("headers", {})
        return httpx.post(f"{self.address}/{path}", timeout=PATIENCE, headers=headers, **more)

    def opened(self, **files):
        """Open files, and follow to the page that shows them."""
        sent = [("files", (name.replace("__", "."), content)) for name, content in files.items()]
        return self.post("open", files=sent, follow_redirects=True)


@contextmanager
def running(log, *python, **environment):
    """The explorer as a process, and afterwards what it wrote: nothing that somebody opened or typed."""
    with log.open("w") as stream:
        of = os.environ | environment
        process = subprocess.Popen([sys.executable, *python], stdout=stream, stderr=stream, env=of)
        until = time.monotonic() + PATIENCE
        while not (found := re.search(r"at (http://\S+)/", log.read_text())) and time.monotonic() < until:
            time.sleep(0.1)
        assert found, log.read_text()
        yield Served(process, found[1], log)
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
    told = [line for line in log.read_text().splitlines() if not line.startswith("trialplan: at work")]
    assert len(told) == 1, told  # its address, and nothing else


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """One explorer for all tests of a file."""
    with running(tmp_path_factory.mktemp("served") / "log", "-m", "trialplan", "explore", "--no-browser") as explorer:
        yield explorer


HURRIED = """
import functools, sys
from trialplan.cli import main
from trialplan.web import app, workers

app.LIVE = app.WHOLE = app.FILE = float(sys.argv[1])
workers._LOOK = 0.001  # looked after at once: on a fast machine a page is done within a tenth of a second
app.Workers = functools.partial(workers.Workers, quiet=False)  # what a library prints is to be seen here
sys.exit(main(["explore", "--no-browser"]))
"""


@pytest.fixture(scope="module")
def launched(tmp_path_factory):
    """Starts an explorer by lines of Python, with what the environment is to hold."""
    with ExitStack() as explorers:

        def started(*lines, **environment):
            log = tmp_path_factory.mktemp("launched") / "log"
            return explorers.enter_context(running(log, "-c", *lines, **environment))

        yield started


@pytest.fixture(scope="module")
def hurried(launched):
    """Starts an explorer that gives a number, a page and a file no more than so many seconds of a processor."""
    return lambda seconds: launched(HURRIED, str(seconds))


@pytest.fixture(scope="module")
def browser():
    """The browser of a file's tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = chromium.started(playwright)
        yield running
        running.close()


@pytest.fixture
def visit(browser, served):
    """Opens a page of the explorer in a window of its own, and fails where the page complains."""
    contexts, complaints = [], []

    def opened(path, size="wide", scheme="light", **how):
        contexts.append(chromium.window(browser, size, scheme, **how))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path if "://" in path else f"{served.address}/{path}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
