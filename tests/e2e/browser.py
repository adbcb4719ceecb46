"""A real Chromium, used as a person uses it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stack.settings import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium")
#: Root needs --no-sandbox; the rest keeps it from calling home and from needing a graphics card.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)
PATIENCE = 60_000  # milliseconds until something must have appeared
WIDTH = 1440
IMAGES = ROOT / "docs/images"


@contextmanager
def chromium() -> Iterator["Page"]:
    """Open a browser in which nobody is logged in."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": WIDTH, "height": 900}, locale="en-GB")
        page.set_default_timeout(PATIENCE)
        yield page
        browser.close()


def log_in(page: "Page", user: str, password: str) -> None:
    """Fill in Airflow's login form, which must be open."""
    page.fill("input[name=username]", user)
    page.fill("input[name=password]", password)
    page.keyboard.press("Enter")


@contextmanager
def troubles(page: "Page") -> Iterator[list[str]]:
    """Collect what the browser complains of: errors and warnings in its console, and requests that fail."""
    found: list[str] = []
    page.on("console", lambda said: found.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("requestfailed", lambda request: found.append(f"{request.url}: {request.failure}"))
    yield found


def resize(page: "Page", *, height: int) -> None:
    """Make the window as high as what it shows."""
    page.set_viewport_size({"width": WIDTH, "height": height})


def screenshot(page: "Page", name: str) -> None:
    """Keep what is seen for the documentation, when that is asked for (AIRLOCK_SCREENSHOTS=1)."""
    if os.environ.get("AIRLOCK_SCREENSHOTS") == "1":
        IMAGES.mkdir(exist_ok=True)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=IMAGES / f"{name}.png", animations="disabled")
