"""Every page of the console, wide and narrow, light and dark: nothing overflows, all is reachable.

With CONSOLE_SCREENSHOTS set to a folder, what was seen is kept there.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page

from bridge.outcomes import FINAL, State
from tests.integration import chromium
from tests.integration.bridge_process import CASE, lead
from tests.integration.console_process import Console, running, sign_in

Scheme = Literal["light", "dark"]
ESTATE = {"customer_id": "M30011", "estate_id": "OBJ11385_1395932274"}
WIDE, NARROW = {"width": 1280, "height": 860}, {"width": 375, "height": 812}
RESTING = FINAL | {State.HELD, State.WAITING}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Console, dict[str, str]]]:
    """A morning at an office: delivered, refused, held, unrouted, not understood, paused."""
    chromium.path()
    with running(tmp_path_factory.mktemp("pages")) as console:
        console.user("eva", "operator")
        yield console, _morning(console)


def _morning(console: Console) -> dict[str, str]:
    sandbox = console.bridge.sandbox
    sandbox.fault(
        "status",
        code=400,
        body={"message": "Telefonnumret är ogiltigt"},
        match={"vendor": "vitec", "body_contains": "bjorn@example.com"},
    )
    sandbox.fault(
        "status", code=503, body={}, match={"vendor": "vitec", "body_contains": "anna@example.com"}
    )
    only_vitec = {"title": "Kungsgatan 16A", "vitec": ESTATE}
    both = {**only_vitec, "flow": CASE}
    people: list[tuple[str, dict[str, Any]]] = [
        ("good", _lead("Anna", "Svensson", "anna@example.com", "070-174 06 05", both)),
        ("refused", _lead("Björn", "Lind", "bjorn@example.com", "070 174 06 06", only_vitec)),
        ("held", _lead("Maja", "Ek", "maja@example.com", "0701740607", {"reference": "AF43CD7U"})),
        (
            "assumed",
            _lead("Ola", "Nordmann", "ola@example.com", "+46 (0)70-174 06 08", only_vitec),
        ),
        (
            "unrouted",
            _lead("Eva", "Berg", "eva@example.com", "0701740609", {}, intent="valuation"),
        ),
    ]
    names = {name: str(console.send(payload).get("lead_id")) for name, payload in people}
    console.send({"intent": "interest", "person": {"frist_name": "Anna"}, "telefon": "0701740610"})
    console.send({"intent": "sale", "person": {"first_name": "Kim", "phones": ["0701740611"]}})
    held = [one for one in names.values() if one != "None"]
    console.bridge.until(
        lambda: all(
            row.state in RESTING for one in held for row in console.bridge.deliveries(one).values()
        )
    )
    paused = console.bridge.command(
        "accounts", "pause", "flow-acme", "--reason", "Flow is being moved"
    )
    assert paused.returncode == 0
    assert console.bridge.command(
        "properties", "set", "AF43CD7V", "--customer-id", "M30011", "--estate-id", "OBJ1_2"
    ).returncode in {0, 1}
    return names


def _lead(
    first: str, last: str, email: str, phone: str, place: dict[str, Any], intent: str = "interest"
) -> dict[str, Any]:
    person = {"first_name": first, "last_name": last, "emails": [email], "phones": [phone]}
    return lead(
        1,
        external_id=f"form-{abs(hash(email)) % 9000 + 1000}",
        intent=intent,
        person=person,
        property=place,
        country="SE",
    )


PAGES = (
    "/",
    "/leads",
    "/deliveries?state=rejected",
    "/replays",
    "/accounts",
    "/quarantine",
    "/properties",
    "/me",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_page_can_be_read(
    office: tuple[Console, dict[str, str]], size: dict[str, int], scheme: Scheme, tmp_path: Path
) -> None:
    console, names = office
    folder = Path(os.environ.get("CONSOLE_SCREENSHOTS", tmp_path))
    width = "wide" if size is WIDE else "narrow"
    with chromium.browser() as browser:
        page = _at(browser, size, scheme)
        page.goto(f"{console.url}/sign-in")
        _keep(page, folder / f"{width}-{scheme}-sign-in.png")
        sign_in(page, console, "eva")
        leads = {f"lead-{name}": f"/leads/{one}" for name, one in names.items()}
        plain = {path.strip("/").partition("?")[0] or "waiting": path for path in PAGES}
        for name, path in {**plain, **leads}.items():
            page.goto(console.url + path)
            _holds(page)
            _keep(page, folder / f"{width}-{scheme}-{name}.png")
        page.goto(f"{console.url}/leads/{names['refused']}")
        with page.expect_navigation():
            page.get_by_role("button", name="Correct and send").click()
        _holds(page)
        _keep(page, folder / f"{width}-{scheme}-edit.png")
        page.goto(f"{console.url}/quarantine")
        with page.expect_navigation():
            page.get_by_role("main").get_by_role("link").first.click()
        _holds(page)
        _keep(page, folder / f"{width}-{scheme}-quarantined.png")
        page.goto(f"{console.url}/replays")
        page.get_by_role("checkbox", name="rejected").check()
        with page.expect_navigation():
            page.get_by_role("button", name="Show the plan").click()
        _holds(page)
        _keep(page, folder / f"{width}-{scheme}-plan.png")


def _at(browser: Browser, size: Any, scheme: Scheme) -> Page:
    return browser.new_context(viewport=size, color_scheme=scheme).new_page()


def _holds(page: Page) -> None:
    assert page.evaluate(OVERFLOW) <= 0, page.url
    for landmark in ("banner", "navigation", "main", "search", "contentinfo"):
        assert page.get_by_role(landmark).count() == 1, (landmark, page.url)
    assert page.get_by_role("heading", level=1).count() == 1
    unnamed = page.locator("button, a, input:not([type=hidden]), select, textarea").evaluate_all(
        """all => all.filter(one => !(one.innerText || one.value && one.tagName === "BUTTON"
             || one.labels?.length || one.getAttribute("aria-label"))).map(one => one.outerHTML)"""
    )
    assert unnamed == []


def _keep(page: Page, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=file, full_page=True)


def test_the_keyboard_goes_everywhere_and_says_where_it_is(
    office: tuple[Console, dict[str, str]],
) -> None:
    console, _ = office
    with chromium.browser() as browser:
        page = _at(browser, WIDE, "light")
        sign_in(page, console, "eva")
        page.goto(console.url)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.id") == "q"
        page.keyboard.press("Tab")
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert page.evaluate(outline) == "solid"


def test_without_javascript_everything_can_be_read(
    office: tuple[Console, dict[str, str]],
) -> None:
    console, names = office
    with chromium.browser() as browser:
        page = browser.new_context(java_script_enabled=False).new_page()
        sign_in(page, console, "eva")
        page.get_by_role("searchbox").fill("+46701740606")
        page.get_by_role("button", name="Find").click()
        page.get_by_role("main").get_by_role("link", name="B•••").click()
        assert names["refused"] in page.url
        assert page.get_by_text("Timeline").count() == 1
