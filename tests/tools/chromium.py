"""The browser in which the explorer is looked at, and what is known about it."""

import os
import shutil

FOUND = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NEEDED = "chromium" in os.environ.get("TRIALPLAN_NEEDS", "")
"""Whether it must be there, as in CI: tests then fail without it, and are not left out."""

MISSING = FOUND is None and not NEEDED

QUIETLY = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-sync"),
    "--hide-scrollbars",
]

PATIENCE = 300_000
"""Milliseconds: the machine may have other things to do."""

SIZES = {"wide": (1280, 900), "phone": (390, 844)}
"""Pixels of the screens on which every page is looked at."""

SCHEMES = ("light", "dark")


def started(playwright):
    """The browser, running."""
    return playwright.chromium.launch(executable_path=FOUND, args=QUIETLY)


def window(browser, size, scheme, **how):
    """A window of that size and scheme."""
    width, height = SIZES[size]
    made = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, **how)
    made.set_default_timeout(PATIENCE)
    return made


def photographed(page, size, most=None):
    """The page as a picture: what its screen shows first, or as much of its length as that many pixels."""
    width, height = SIZES[size]
    page.evaluate("Promise.all([...document.images].map(one => one.decode().catch(() => null)))")
    if most is not None:  # a taller screen, because a picture of a whole page is not always made in time
        height = min(max(height, page.evaluate("document.documentElement.scrollHeight")), most)
        page.set_viewport_size({"width": width, "height": height})
    return page.screenshot()


def number(page):
    """The number in large type."""
    return int(page.inner_text(".number").replace(",", ""))


def becomes(page, n):
    """Wait until the number is that, in the status line."""
    page.wait_for_selector(f".number:text-is('{n:,}')")
