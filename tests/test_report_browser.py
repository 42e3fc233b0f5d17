"""The HTML report in a real browser, at the width of a phone and of a desk, light and dark.

One Chromium is started for all of them; without it the tests are skipped by name.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cigate_train.report_page import render_page
from tests.servers import find_program
from tests.test_train_report_page import report_of
from tests.train_data import make_records

LONG = "a_name_that_is_longer_than_any_telephone_is_wide_and_has_no_place_to_break_it"
SIZES = {"phone": (360, 740), "desk": (1280, 900)}
SCHEMES = ("light", "dark")
# Contrast as WCAG 2 computes it, of every text that is shown against what stands behind it.
CONTRAST = """
const channel = c => (c /= 255) <= 0.03928 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4);
const light = c => { const [r, g, b] = c.match(/[\\d.]+/g).map(Number);
  return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b) };
const behind = e => { for (; e; e = e.parentElement) {
  const c = getComputedStyle(e).backgroundColor; if (!/, 0\\)$|transparent/.test(c)) return c }
  return "rgb(255,255,255)" };
const found = [];
for (const e of document.querySelectorAll("h1, h2, p, dt, dd, small, summary, th, td, caption, svg text")) {
  if (!e.getClientRects().length) continue;
  const style = getComputedStyle(e), color = e.closest("svg") ? style.fill : style.color;
  const [a, b] = [light(color), light(behind(e))].sort((x, y) => y - x);
  found.push([(a + 0.05) / (b + 0.05), e.tagName + ": " + e.textContent.slice(0, 30)]);
}
return found.sort((x, y) => x[0] - y[0]).slice(0, 3);
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    selenium = pytest.importorskip("selenium.webdriver", reason="selenium is not installed: make env")
    chromium, driver = find_program("chromium"), find_program("chromedriver")
    if not (chromium and driver):
        pytest.skip("Chromium is not installed: apt-get install chromium chromium-driver")
    options = selenium.ChromeOptions()
    options.binary_location = chromium
    for flag in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
    ):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = selenium.ChromeService(driver)
    started = selenium.Chrome(options=options, service=service)
    try:
        yield started
    finally:
        started.quit()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a page about a repository whose name and paths are as long as they get."""
    folder = Path(os.environ.get("CIGATE_TEST_SCREENSHOTS") or tmp_path_factory.mktemp("page"))
    report = report_of(make_records(300), LONG)
    path = folder / "report.html"
    path.write_text(render_page(report), "utf-8")
    return path


def show(browser: Any, page: Path, size: str, scheme: str) -> None:
    width, height = SIZES[size]
    metrics = {"width": width, "height": height, "deviceScaleFactor": 2, "mobile": size == "phone"}
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    browser.get(page.as_uri())
    browser.execute_script("for (const d of document.querySelectorAll('details')) d.open = true")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", SIZES)
def test_the_page_fits_is_readable_and_quiet(browser: Any, page: Path, size: str, scheme: str) -> None:
    """Nothing is wider than the screen, no text is faint, the console is empty, nothing is fetched."""
    browser.get_log("performance")
    browser.get_log("browser")
    show(browser, page, size, scheme)
    if "CIGATE_TEST_SCREENSHOTS" in os.environ:
        shot(browser, page.with_name(f"{size}-{scheme}.png"))
    widths = browser.execute_script(
        "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert widths[0] <= widths[1] <= SIZES[size][0]  # a desk's scroll bar takes some
    assert browser.execute_script(f"return matchMedia('(prefers-color-scheme: {scheme})').matches")
    worst = browser.execute_script(CONTRAST)
    assert worst[0][0] >= 4.5, worst
    assert browser.get_log("browser") == []
    assert requests(browser) == {page.as_uri()}


def test_the_schemes_differ(browser: Any, page: Path) -> None:
    """A plot's own colours follow the page's."""
    seen = []
    for scheme in SCHEMES:
        show(browser, page, "phone", scheme)
        script = (
            "return [getComputedStyle(document.body).backgroundColor,"
            " getComputedStyle(document.querySelector('svg text')).fill]"
        )
        seen.append(browser.execute_script(script))
    assert seen[0][0] != seen[1][0]
    assert seen[0][1] != seen[1][1]


def test_text_in_plots_is_large_enough_on_a_phone(browser: Any, page: Path) -> None:
    show(browser, page, "phone", "light")
    script = "return [...document.querySelectorAll('svg text')].map(t => t.getBoundingClientRect().height)"
    assert min(browser.execute_script(script)) >= 9


def test_a_screen_reader_is_told_what_the_plots_say(browser: Any, page: Path) -> None:
    show(browser, page, "phone", "light")
    browser.execute_cdp_cmd("Accessibility.enable", {})
    nodes = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    roles = {"image", "img"}
    images = [
        node for node in nodes if node.get("role", {}).get("value") in roles and not node.get("ignored")
    ]
    assert len(images) == 6
    assert all(len(node["name"]["value"]) > 20 for node in images)
    regions = [node for node in nodes if node.get("role", {}).get("value") == "region"]
    assert all(node["name"]["value"] for node in regions)


def shot(browser: Any, path: Path) -> None:
    """Keep a picture of the whole page, to be looked at."""
    import base64

    made = browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
    path.write_bytes(base64.b64decode(made["data"]))


def requests(browser: Any) -> set[str]:
    """Return what the browser asked for since the last call."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    return set(sent)
