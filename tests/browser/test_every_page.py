"""Every page of the console with data in it: axe finds nothing, nothing scrolls sideways, the browser says nothing.

A page is loaded once and looked at three times: at 1440 in light and dark, and on a phone. What differs between
light and dark are colours alone, so there axe checks those.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import get_resolver, reverse
from playwright.sync_api import Page

from campaigns.demo import workspace as demo
from console.models import Role, User, Workspace
from tests.browser import addresses, used_workspace
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.used_workspace import Used
from tests.sandbox_process import SandboxProcess

# The admin's calendar, selects and tables are Django's own markup, which Despacho dresses but does not write.
DJANGO_ADMIN = ("#content",)
# Not into frames: they show an email, whose markup is its writer's, and a sandboxed frame answers no script.
AXE = """async ([excluded, colours]) => {
  const frames = {iframes: false, preload: false};
  const rules = colours ? {runOnly: ['color-contrast', 'link-in-text-block']} : {};
  const found = await axe.run({exclude: excluded.map(s => [s])}, {resultTypes: ['violations'], ...frames, ...rules});
  return found.violations.map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 140)).join(' | '));
}"""
# A change of colours may take its time; what never ends (a pulse) is no transition.
SETTLED = "() => Promise.all(document.getAnimations().map(a => a instanceof CSSTransition && a.finished))"
LOADED = "() => !document.querySelector('[hx-trigger=load], .htmx-request')"


@pytest.fixture
def used(live_server: Any, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Used]:
    settings.ALLOW_PRIVATE_PROVIDER_URLS = True
    settings.PUBLIC_URL = live_server.url
    settings.LANE_SLICE_SECONDS = 2.0
    monkeypatch.setattr(demo, "PEOPLE", used_workspace.PEOPLE)
    with SandboxProcess() as sandbox:
        yield used_workspace.make(sandbox, live_server.url, tmp_path)


class Looker:
    """Opens pages one after the other in one tab and notes what is wrong with them."""

    def __init__(self, page: Page, axe_source: str, shoot: Callable[[Page, str], None]) -> None:
        self.page, self.axe_source, self.shoot = page, axe_source, shoot
        self.wrong: list[str] = []

    def look(self, url: str, status: int = 200) -> None:
        """At 1440 in light and dark, then on a phone in light."""
        self._open(url, status, DESKTOP)
        self.page.evaluate(self.axe_source)
        self._axe(url, "1440-light")
        self._colours("dark")
        self._axe(url, "1440-dark", colours=True)
        self._colours("light")
        self.page.set_viewport_size(PHONE)
        self._axe(url, "390-light")
        self._sideways(url, "390-light")

    def look_on_phone(self, url: str) -> None:
        """Whether it fits; for languages with longer words."""
        self._open(url, 200, PHONE)
        self._sideways(url, "390-" + str(self.page.locator("html").get_attribute("lang")))

    def _open(self, url: str, status: int, size: Any) -> None:
        self.page.set_viewport_size(size)
        response = self.page.goto(url)
        if response is None or response.status != status:
            self.wrong.append(f"{url}: {response and response.status}")
        self.page.wait_for_function(LOADED)

    def _colours(self, scheme: Any) -> None:
        self.page.emulate_media(color_scheme=scheme)
        self.page.evaluate(SETTLED)

    def _axe(self, url: str, look: str, colours: bool = False) -> None:
        self.shoot(self.page, shot_name(url, look))
        excluded = DJANGO_ADMIN if url.startswith("/admin/") else ()
        self.wrong += [f"{url} {look} {found}" for found in self.page.evaluate(AXE, [excluded, colours])]

    def _sideways(self, url: str, look: str) -> None:
        wide, window = self.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        if wide > window:
            self.shoot(self.page, shot_name(url, look + "-too-wide"))
            self.wrong.append(f"{url} {look}: {wide} wide in a window of {window}")


def assert_right(*lookers: Looker) -> None:
    """Fails with everything that any of them noted, a line each."""
    wrong = [line for looker in lookers for line in looker.wrong]
    assert not wrong, "\n".join(wrong)


def shot_name(url: str, look: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", url.lower())[:60].strip("-") + "-" + look


@pytest.fixture
def looker(new_page: Any, axe_source: str, shoot: Any) -> Callable[..., Looker]:
    """looker(user): a tab of that user, or of nobody."""

    def make(user: User | None = None, **options: Any) -> Looker:
        return Looker(new_page(user, **options), axe_source, shoot)

    return make


def test_every_address_is_listed_as_a_page_or_as_none() -> None:
    assert set(addresses.names()) == addresses.ALL


def test_what_is_listed_as_a_button_is_no_page(used: Used) -> None:
    patterns = {"pk": 1, "number": 1, "channel": "sms", "workspace": used.workspace.slug}
    asked = {name: _guess(name, patterns) for name in sorted(addresses.BUTTONS)}
    assert {name: used.client.get(url).status_code for name, url in asked.items()} == dict.fromkeys(asked, 405)


def _guess(name: str, values: dict[str, Any]) -> str:
    """The address of a name with as many of the values as it takes."""
    taken = get_resolver().reverse_dict.getlist(name)[0][0][0][1]
    return reverse(name, kwargs={key: values[key] for key in taken})


@pytest.mark.parametrize("half", [0, 1])
def test_every_page_is_accessible_and_fits(used: Used, looker: Callable[..., Looker], half: int) -> None:
    """Every other page, so that two processes share the longest of these tests."""
    member, visitor = looker(used.owner), looker()
    for url in list(addresses.pages_of(used))[half::2]:
        member.look(url)
    for url in list(addresses.open_pages_of(used))[half::2]:
        visitor.look(url)
    assert_right(member, visitor)


def test_every_page_fits_a_phone_in_spanish(used: Used, looker: Callable[..., Looker]) -> None:
    User.objects.update(language="es")
    member, visitor = looker(used.owner), looker(locale="es-ES")
    for url in addresses.pages_of(used):
        member.look_on_phone(url)
    for url in addresses.open_pages_of(used):
        visitor.look_on_phone(url)
    assert_right(member, visitor)


def test_the_error_pages_are_accessible_and_fit(
    looker: Callable[..., Looker], person: Callable[..., User], workspace: Workspace, complaints: Any
) -> None:
    complaints.expected += ["403", "404", "410"]
    analyst = looker(person(Role.ANALYST))
    analyst.look("/w/norte/nothing/", 404)
    analyst.look(reverse("import-new", args=["norte"]), 403)
    analyst.look(reverse("invitation", args=["MQ", "set-password-x"]), 410)
    assert_right(analyst)


def test_the_set_up_page_is_accessible_and_fits(looker: Callable[..., Looker]) -> None:
    visitor = looker()
    visitor.look(reverse("setup"))
    assert_right(visitor)
