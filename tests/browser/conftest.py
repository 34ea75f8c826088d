"""Chromium for tests: a page that is signed in, axe, screenshots, and no error on the console of the browser.

The browser is $CHROMIUM or `chromium` from the path; without one these tests are skipped, and fail instead when
REQUIRE_BROWSER=1. Screenshots go to the folder $DESPACHO_SHOTS when it is set.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from console.models import Role, User, Workspace
from tests.browser.backstage import Backstage
from tests.sandbox_process import SandboxProcess

HERE = Path(__file__).parent
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright keeps an event loop on this thread


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder is a browser test, and needs a browser."""
    for item in items:
        if HERE not in Path(item.path).parents:
            continue
        item.add_marker(pytest.mark.browser)
        item.add_marker(pytest.mark.django_db(transaction=True))
        if CHROMIUM is None and os.environ.get("REQUIRE_BROWSER") != "1":
            item.add_marker(pytest.mark.skip(reason="no Chromium found: set CHROMIUM or install it"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": ARGUMENTS}


class Complaints:
    """What the consoles of the browser said: errors, warnings of the CSP, exceptions. `expected` are let pass."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.expected: list[str] = []

    def watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.found.append(str(error)))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.found.append(f"{message.text} ({message.location['url']})")

    def unexpected(self) -> list[str]:
        return [text for text in self.found if not any(part in text for part in self.expected)]


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """Fails the test when the browser complained. `complaints.expected.append("422")` lets a text pass."""
    watched = Complaints()
    yield watched
    unexpected = watched.unexpected()
    assert not unexpected, "\n".join(unexpected)


@pytest.fixture
def new_page(browser: Browser, live_server: Any, complaints: Complaints) -> Iterator[Callable[..., Page]]:
    """new_page(user=None, theme="light", phone=False, script=True, locale="en-GB") opens a page of its own."""
    contexts: list[BrowserContext] = []

    def make(
        user: User | None = None,
        *,
        theme: str = "light",
        phone: bool = False,
        script: bool = True,
        locale: str = "en-GB",
    ) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport=PHONE if phone else DESKTOP,
            color_scheme="dark" if theme == "dark" else "light",
            java_script_enabled=script,
            locale=locale,
            reduced_motion="reduce",
        )
        context.set_default_timeout(8000)
        contexts.append(context)
        if user is not None:
            context.add_cookies([session_cookie(user, live_server.url)])
        page = context.new_page()
        complaints.watch(page)
        return page

    yield make
    for context in contexts:
        context.close()


def session_cookie(user: User, url: str) -> dict[str, Any]:
    """The cookie of somebody who has just signed in."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
        "url": url,
    }


@pytest.fixture
def page_as(new_page: Callable[..., Page], person: Callable[..., User]) -> Callable[..., Page]:
    """page_as(role, **new_page's options): a page of a new member with that role."""

    def make(role: str = Role.OWNER, **options: Any) -> Page:
        user = User.objects.filter(memberships__role=role).first() or person(role)
        return new_page(user, **options)

    return make


@pytest.fixture
def backstage(live_server: Any, workspace: Workspace, owner: User, settings: Any) -> Iterator[Backstage]:
    """The unattended part, run by hand, with an account at a sandbox that calls the test's server back."""
    settings.ALLOW_PRIVATE_PROVIDER_URLS = True
    with SandboxProcess() as sandbox:
        yield Backstage(sandbox, workspace, owner, live_server.url)


@pytest.fixture(scope="session")
def axe_source() -> str:
    return (HERE / "axe" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def check_axe(axe_source: str) -> Callable[[Page], None]:
    """check_axe(page) fails on any violation. By evaluation, because the CSP stops added scripts."""

    def check(page: Page) -> None:
        page.evaluate(axe_source)
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert [_told(violation) for violation in result["violations"]] == []

    return check


def _told(violation: dict[str, Any]) -> str:
    places = "; ".join(f"{node['html'][:160]} ({node['failureSummary'][:200]})" for node in violation["nodes"][:4])
    return f"{violation['id']}: {places}"


@pytest.fixture
def shoot() -> Callable[[Page, str], None]:
    """shoot(page, name) writes a screenshot of the whole page when $DESPACHO_SHOTS names a folder."""
    folder = os.environ.get("DESPACHO_SHOTS", "")

    def take(page: Page, name: str) -> None:
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)

    return take


@pytest.fixture
def no_sideways_scroll() -> Callable[[Page], None]:
    """no_sideways_scroll(page) fails when the page is wider than the window."""

    def check(page: Page) -> None:
        widths = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert widths[0] <= widths[1], f"the page is {widths[0]} wide in a window of {widths[1]}"

    return check
