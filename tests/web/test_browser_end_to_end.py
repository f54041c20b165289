"""The explorer from end to end in a browser: by keyboard, by Back and links, without scripts, to a checked download.

In a file of its own, so that the browser's two longest files may run beside each other.
"""

import chromium
import pytest
from chromium import number

import trialplan

SHIPPED = "msc-lupus-nephritis"
POWER = "endpoint.0.power"

pytestmark = pytest.mark.skipif(chromium.MISSING, reason="chromium is not installed")


def test_back_reload_and_another_browser(visit):
    """A state is restored from its link, by Back and by reloading."""
    page = visit(f"design?plan={SHIPPED}&{POWER}=0.9")
    expected = number(page)
    page.click("nav >> text=Evidence")
    page.wait_for_url("**/evidence?*")
    assert number(page) == expected
    page.go_back()
    assert number(page) == expected
    page.reload()
    assert number(page) == expected
    other = visit(page.url.split("/", 3)[3])
    assert number(other) == expected


def test_by_keyboard(visit):
    """From the skip link by Tab to a number, changed by typing: no pointer is needed."""
    page = visit("design?design=two-proportions")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "power":
            break
    page.keyboard.press("Control+A")
    page.keyboard.type("0.9")
    page.wait_for_url("**power=0.9*")
    assert page.evaluate("document.activeElement.name") == "power"


def go(page, wanted, most=120):
    """Tab until the element in focus is what is wanted, as a function of JavaScript says; fails where it never is."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(f"({wanted})(document.activeElement)"):
            return
    raise AssertionError(f"no Tab leads to {wanted}")


def test_by_keyboard_from_end_to_end(visit, tmp_path):
    """A shipped plan is chosen, changed, looked at on another page and taken away, and no pointer is touched."""
    page = visit("")
    go(page, "one => /plan=starter(&|$)/.test(one.href ?? '')")
    page.keyboard.press("Enter")
    page.wait_for_selector("nav")
    go(page, "one => one.closest?.('nav') && one.innerText == 'Design'")
    page.keyboard.press("Enter")
    page.wait_for_selector("nav [aria-current]:text-is('Design')")
    before = number(page)
    go(page, f"one => one.name == '{POWER}'")
    page.keyboard.press("Control+A")
    page.keyboard.type("0.9")
    page.wait_for_url(f"**{POWER}=0.9*")
    page.wait_for_selector(f".number:not(:text-is('{before:,}'))")
    changed = number(page)
    assert changed > before
    page.reload()
    go(page, "one => one.closest?.('nav') && one.innerText == 'Take away'")
    page.keyboard.press("Enter")
    page.wait_for_selector("nav [aria-current]:text-is('Take away')")
    with page.expect_download(timeout=chromium.PATIENCE) as taken:
        go(page, "one => /Protocol, Word/.test(one.innerText ?? '')")
        page.keyboard.press("Enter")
    path = tmp_path / "protocol.docx"
    taken.value.save_as(path)
    checked = trialplan.check(path)
    assert checked.ok
    assert f"{changed:,}" in page.inner_text("main")


def test_every_page_without_scripts(visit):
    """Each page of a changed plan is whole, keeps the change in its links, and its form sends it on."""
    page = visit(f"evidence?plan={SHIPPED}&{POWER}=0.9", java_script_enabled=False)
    links = page.eval_on_selector_all("nav a", "all => all.map(one => one.href)")
    assert len(links) == 9
    for link in links:
        page.goto(link)
        assert f"{POWER}=0.9" in page.url
        assert page.locator("h1").count() == 1
        assert page.locator("main .number, main table, main svg, main a, main form").count() > 0
        button = page.query_selector("form.controls button")
        if button is not None:
            button.click()
            assert f"{POWER}=0.9" in page.url


def test_a_download_is_checked(visit, tmp_path):
    """The Word file that is taken away agrees with the plan inside it."""
    page = visit("take-away?plan=starter")
    with page.expect_download(timeout=chromium.PATIENCE) as taken:
        page.click("text=Protocol, Word")
    path = tmp_path / "protocol.docx"
    taken.value.save_as(path)
    assert trialplan.check(path).ok
