"""The pages in a real browser: nothing clipped or wider than the window, no errors, nothing fetched."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from flows import cli

CHROMIUM = "/usr/bin/chromium"
PAGES = ("183/2014E/index.html", "run.html", "index.html", "183/index.html")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KANALSTATUS_CONFIG", "overwritten by the demo")
        assert cli.main(["demo", "--dir", str(folder)]) == 0
        for name in ("185_many_bad_rows.csv", "187_wrong_total.csv", "230_not_a_zip.xlsx"):
            bad = Path(__file__).parent / "files" / "bad" / name
            (folder / "deliveries" / name).write_bytes(bad.read_bytes())
        assert cli.main(["run"]) == 3
    return folder / "published"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=quiet)
        yield browser
        browser.close()


@pytest.mark.slow
@pytest.mark.parametrize("width", [1200, 360])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_its_window(browser, published, name, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    errors: list[str] = []
    fetched: list[str] = []
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: fetched.append(request.url))
    url = (published / name).as_uri()
    page.goto(url)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    clipped = page.evaluate(
        """() => [...document.querySelectorAll("main *")]
             .filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== "visible")
             .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert not clipped
    assert not errors
    assert fetched == [url]
    page.close()


@pytest.mark.slow
def test_links_lead_to_pages(browser, published):
    for name in PAGES:
        page = browser.new_page()
        page.goto((published / name).as_uri())
        for link in page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)"):
            assert Path(link.removeprefix("file://")).is_file(), (name, link)
        page.close()


@pytest.mark.slow
def test_the_run_page_says_what_to_do(browser, published):
    page = browser.new_page()
    page.goto((published / "run.html").as_uri())
    words = page.inner_text("main")
    assert "3 nye leveringer (2 tilbageholdt, 1 afvist); ingen sider udgivet." in words
    assert "Kontrolsummen i linje 302 siger 700, rækkerne siger 600." in words
    assert "None" not in words
    page.close()
