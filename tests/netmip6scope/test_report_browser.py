"""The page in a browser: silent, by itself, and open on a click, on any screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from netmip6scope.cli.main import main
from netmip6scope.pipeline import analyse
from netmip6scope.report.page import Material, report_page
from tests.conftest import find_chromium
from tests.netmip6scope.browser import Browser
from tests.netmip6scope.test_report import CORPUS, WANTED, everywhere

pytestmark = pytest.mark.chromium

DATA = Path(__file__).parents[1] / "data" / "netmip6"
OPEN = "[...document.querySelectorAll('details.session')].map(d => d.open)"
SEEN = """(e => { const box = e.getBoundingClientRect();
return box.height > 0 && box.top < innerHeight && box.bottom > 0; })"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = find_chromium()
    assert program is not None
    with Browser(program, tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "report.html"
    assert main(["report", str(DATA / "05_ho_refused.pcap"), "-o", str(path)]) == 0
    return path


@pytest.fixture(autouse=True)
def silence(browser: Browser) -> Iterator[None]:
    """No error, no warning, and nothing asked for but the page and what is in it."""
    browser.complaints.clear()
    browser.requests.clear()
    yield
    assert browser.complaints == []
    assert {url.partition(":")[0] for url in browser.requests} <= {"file", "data"}
    assert sum(url.startswith("file:") for url in browser.requests) <= 1


def test_a_click_opens_a_session(browser: Browser, page: Path) -> None:
    browser.open(page, 1280, 900)
    assert browser.value(OPEN) == [False] * 6
    assert not browser.value(f"{SEEN}(document.querySelector('#session-3 table'))")
    browser.click("details.session:nth-of-type(3) > summary")
    assert browser.value(OPEN) == [False, False, True, False, False, False]
    assert browser.value("document.querySelector('#session-3 table.messages').checkVisibility()")
    assert "HO Request" in browser.value("document.querySelector('#session-3').innerText")


def test_a_link_opens_the_session_and_goes_there(browser: Browser, page: Path) -> None:
    browser.open(page, 1280, 900)
    browser.click("#slowest td a")  # the one handoff with a preparation time is of session 5
    assert browser.value("location.hash") == "#session-5"
    assert browser.value(OPEN) == [False, False, False, False, True, False]
    assert browser.value(f"{SEEN}(document.querySelector('#session-5'))")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 900), (400, 800)])
def test_nothing_sticks_out(
    browser: Browser, page: Path, width: int, height: int, scheme: str
) -> None:
    browser.open(page, width, height, scheme)
    browser.value("document.querySelectorAll('details').forEach(d => d.open = true)")
    sizes = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    wide, there = browser.value(sizes)
    assert wide <= there
    # Beyond the edge reaches only what can be scrolled to.
    assert (
        browser.value(
            "[...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll, svg') && "
            "e.getBoundingClientRect().right > document.documentElement.clientWidth).length"
        )
        == 0
    )
    ground = browser.value("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 28)"}[scheme]


def test_plots_follow_the_scheme(browser: Browser, page: Path) -> None:
    colour = "getComputedStyle(document.querySelector('.plot text')).fill"
    found = []
    for scheme in ("light", "dark"):
        browser.open(page, 1280, 900, scheme)
        found.append(browser.value(colour))
    assert found == ["rgb(27, 31, 36)", "rgb(230, 233, 238)"]
    browser.requests.clear()  # the page was asked for twice


def test_a_ladder_is_drawn_and_runs_nothing(browser: Browser, tmp_path: Path) -> None:
    tables = analyse([str(DATA / "05_ho_refused.pcap")], WANTED).tables
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="320" height="200" onload="alert(1)">'
        "<style>* { fill: red }</style><script>alert(1)</script>"
        '<image href="http://example.net/x.png"/><text y="20">SAR</text></svg>'
    )
    made = (tables[name] for name in WANTED)
    path = tmp_path / "ladder.html"
    path.write_text(report_page(Material(["a"], [], *made, ladder=lambda _: drawing)), "utf-8")
    browser.open(path, 1280, 900)
    browser.click("details.session > summary")
    browser.value("document.querySelector('.ladder img').decode()")
    size = "(i => [i.complete, i.naturalWidth, i.naturalHeight])(document.querySelector('img'))"
    assert browser.value(size) == [True, 320, 200]


def test_hostile_texts_run_nothing(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "hostile.html"
    path.write_text(everywhere(CORPUS), "utf-8")
    browser.open(path, 1280, 900)
    assert (
        browser.value("document.querySelectorAll('script, body img, iframe, object').length") == 0
    )
    # Every row of the list is there: nothing ended the page early.
    assert browser.value("document.querySelectorAll('details.session').length") == len(CORPUS)


def test_the_policy_holds_even_if_something_broke_out(browser: Browser, page: Path) -> None:
    html = page.read_text("utf-8")
    evil = (
        "<script>document.title = 'ran'</script><p style='color: red' onclick='alert(1)'>x</p>"
        "<img src='http://192.0.2.1/x.png'>"
    )
    page.write_text(html.replace("<main>", f"<main>{evil}"), "utf-8")
    browser.open(page, 1280, 900)
    assert browser.value("document.title") == "NetMIPv6 handoffs"
    refused = [text for text in browser.complaints if "Content Security Policy" in text]
    assert len(refused) >= 4  # the script, the style, the handler and the image
    browser.complaints.clear()
    browser.requests.clear()  # what is refused is listed before it is
