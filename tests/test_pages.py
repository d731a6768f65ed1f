"""The pages in a real browser: nothing clipped or wider than the window, no errors, nothing fetched."""

import base64
import email
import email.policy
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from flows import cli

CHROMIUM = "/usr/bin/chromium"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
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


def mail_page(mail: Path, place: Path) -> Path:
    """Write a mail's HTML as a page that a browser can show, with its picture inside."""
    message = email.message_from_bytes(mail.read_bytes(), policy=email.policy.default)
    html = message.get_body(("html",)).get_content()
    (picture,) = (part for part in message.walk() if part.get_content_type() == "image/png")
    data = base64.b64encode(picture.get_content()).decode()
    shown = html.replace(f"cid:{picture['Content-ID'].strip('<>')}", f"data:image/png;base64,{data}")
    assert shown != html
    place.write_text(shown, encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def shown(published: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Give every page, and the mail, as files that a browser can show."""
    mail = mail_page(published / "183/2014E/mail.eml", tmp_path_factory.mktemp("mail") / "mail.html")
    return {name: published / name for name in PAGES} | {"mail": mail}


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [*PAGES, "mail"])
def test_a_page_keeps_the_rules_of_accessibility(browser, shown, name, scheme):
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1200, "height": 900})
    page = context.new_page()
    page.goto(shown[name].as_uri())
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(each["id"], [node["html"][:100] for node in each["nodes"]]) for each in found] == []
    context.close()


@pytest.mark.slow
@pytest.mark.parametrize("width", [600, 360])
def test_the_mail_fits_its_window_and_shows_its_picture(browser, shown, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(shown["mail"].as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("[...document.images].map(image => image.naturalWidth)") == [912]
    assert page.evaluate("[...document.images].every(image => image.getBoundingClientRect().right <= innerWidth)")
    page.close()


@pytest.mark.slow
def test_the_page_is_printed_on_a4_with_nothing_cut_off(browser, published):
    """A4 less its margins is 182 mm wide: what is wider than that at the width of paper would be cut."""
    page = browser.new_page(viewport={"width": 688, "height": 1000})
    page.goto((published / "183/2014E/index.html").as_uri())
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= 688
    assert page.evaluate("getComputedStyle(document.querySelector('.contents')).display") == "none"
    printed = page.pdf(prefer_css_page_size=True)
    sheets = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert 3 <= len(sheets) <= 8
    assert {(round(float(wide)), round(float(high))) for wide, high in sheets} <= {(595, 842), (596, 842), (595, 841)}
    page.close()


@pytest.mark.slow
def test_links_lead_to_pages(browser, published):
    for name in PAGES:
        page = browser.new_page()
        page.goto((published / name).as_uri())
        for link in page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)"):
            path, _, place = link.removeprefix("file://").partition("#")
            assert Path(path).is_file(), (name, link)
            assert not place or page.query_selector(f"#{place}"), (name, link)
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
