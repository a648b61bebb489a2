"""What Flow adds to the console: the picture of a lead's house, and what the nightly look found."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.outcomes import FINAL, State
from bridge.pipeline import standing
from tests.integration import chromium
from tests.integration.bridge_process import lead
from tests.integration.console_process import Console, running, sign_in

RESTING = FINAL | {State.HELD, State.WAITING}
JPEG = b"\xff\xd8\xff"
WIDTH = "document.querySelector('img.house').naturalWidth"


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with running(tmp_path_factory.mktemp("console")) as one:
        one.user("eva", "operator")
        yield one


def delivered(console: Console, number: int, **changes: object) -> str:
    key = f"{number}-{len(changes)}-{sorted(changes.items())}"[:200]
    lead_id = str(console.send(lead(number, external_id=key, **changes))["lead_id"])
    console.bridge.until(
        lambda: {row.state for row in console.bridge.deliveries(lead_id).values()} <= RESTING
    )
    return lead_id


def pictures_asked(console: Console) -> int:
    return sum("/Image/" in one["path"] for one in console.bridge.sandbox.calls())


def test_the_house_stands_on_the_leads_page_and_is_fetched_by_us(console: Console) -> None:
    lead_id = delivered(console, 51)
    address = f"/leads/{lead_id}/picture"
    with console.sign_in("eva") as client:
        assert f'src="{address}"' in client.get(f"/leads/{lead_id}").text
        first, again = client.get(address), client.get(address)
    assert first.headers["content-type"] == "image/jpeg"
    assert first.content.startswith(JPEG)
    assert again.content == first.content
    assert pictures_asked(console) == 1
    assert "img-src 'self' data:" in first.headers["content-security-policy"]


def test_a_reference_that_the_directory_knows_has_a_picture_too(console: Console) -> None:
    set_ = ("properties", "set", "AF51", "--case-id", "48213", "--case-guid")
    guid = "680f1e7f-90e4-472d-8991-a9d6043df603"
    assert console.bridge.command(*set_, guid).returncode == 0
    lead_id = delivered(console, 52, property={"reference": "AF51"}, intent="interest")
    with console.sign_in("eva") as client:
        assert client.get(f"/leads/{lead_id}/picture").content.startswith(JPEG)


@pytest.mark.parametrize("why", ["no image there", "no case", "no account of Flow's", "no lead"])
def test_where_there_is_none_nothing_is_shown(console: Console, why: str) -> None:
    without = {"case_guid": "0b6f6a3e-64f7-4c0a-9d3a-0c2d6f5a1b01", "case_id": 48214}
    vitec = {"customer_id": "M30011", "estate_id": "OBJ11385_1395932274"}
    changes: dict[str, dict[str, object]] = {
        "no image there": {"property": {"flow": without}},
        "no case": {"property": {"vitec": vitec}},
        "no account of Flow's": {"property": {"flow": without}, "intent": "valuation"},
    }
    lead_id = delivered(console, 53, **changes[why]) if why in changes else "01NONE"
    with console.sign_in("eva") as client:
        answer = client.get(f"/leads/{lead_id}/picture")
        assert (answer.status_code, answer.content) == (204, b"")
        if why != "no image there":
            assert 'class="house"' not in client.get(f"/leads/{lead_id}").text


def test_nobody_sees_it_without_signing_in(console: Console) -> None:
    lead_id = delivered(console, 56)
    answer = console.client.get(f"/leads/{lead_id}/picture")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_a_browser_shows_the_picture_and_nothing_where_there_is_none(
    console: Console, tmp_path: Path
) -> None:
    good = delivered(console, 57)
    without = {"case_guid": "0b6f6a3e-64f7-4c0a-9d3a-0c2d6f5a1b01", "case_id": 48214}
    bad = delivered(console, 58, property={"flow": without})
    with chromium.browser() as one, chromium.recorded(one, tmp_path, "house") as page:
        sign_in(page, console, "eva")
        page.goto(f"{console.url}/leads/{good}", wait_until="networkidle")
        assert page.evaluate(WIDTH) == 1
        page.goto(f"{console.url}/leads/{bad}", wait_until="networkidle")
        assert page.evaluate(WIDTH) == 0
        house = page.locator("img.house").bounding_box()
        assert house is None or house["width"] * house["height"] == 0


def test_what_the_nightly_look_found_stands_at_the_account(console: Console) -> None:
    bridge = console.bridge
    bridge.sandbox.config(flow_permissions=["Stakeholders - Write", "Notifications - Write"])

    async def look() -> None:
        async with bridge.front_door() as door:
            clock = door._parts.clock  # the worker may have looked today
            parts = replace(door._parts, clock=lambda: clock() + timedelta(days=1))
            assert await standing.Nightly(parts).step() == ["flow-acme"]

    asyncio.run(look())
    with console.sign_in("eva") as client:
        assert "acme-alert lacks CaseRoles - Read" in client.get("/accounts").text
