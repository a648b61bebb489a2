"""Debian's Chromium for the console's tests: skipped where none is installed, required in CI."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
REQUIRED = "REQUIRE_BROWSER"


def path() -> str:
    """Skips the test, or fails it where a browser is required."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        text = "no Chromium is installed: apt-get install chromium"
        if os.environ.get(REQUIRED):
            pytest.fail(text)
        pytest.skip(text)
    return found


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        one = play.chromium.launch(
            executable_path=path(), args=["--no-sandbox", "--no-proxy-server"]
        )
        try:
            yield one
        finally:
            one.close()


@contextmanager
def recorded(one: Browser, folder: Path, name: str) -> Iterator[Page]:
    """A page whose every step is in `folder`: `playwright show-trace NAME.zip`."""
    context = one.new_context(viewport={"width": 1280, "height": 900})
    context.tracing.start(screenshots=True, snapshots=True, title=name)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    try:
        yield page
    finally:
        context.tracing.stop(path=folder / f"{name}.zip")
        context.close()
    # A policy that the browser had to enforce is a fault of the page.
    assert [one for one in faults if "status of 4" not in one] == []
