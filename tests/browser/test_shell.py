"""The shell and its components in Chromium: what they look like, and what the script adds."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from console.models import Membership, Role, User, Workspace

GALLERY = "tests.browser.gallery"
LOOKS = [("light", False), ("dark", False), ("light", True)]
PAGES = {
    "home": "/w/norte/",
    "people": "/w/norte/settings/people/",
    "people-add": "/w/norte/settings/people/add/",
    "workspace": "/w/norte/settings/",
    "audit": "/w/norte/settings/audit/",
    "profile": "/profile/",
}


def look_name(name: str, theme: str, phone: bool) -> str:
    return f"{name}-{'390' if phone else '1440'}-{theme}"


# -- every page, light and dark, wide and narrow -------------------------------------------------------


@pytest.mark.parametrize(("theme", "phone"), LOOKS)
def test_the_pages_of_the_console_are_accessible(
    page_as: Any, check_axe: Any, shoot: Any, no_sideways_scroll: Any, theme: str, phone: bool
) -> None:
    page: Page = page_as(Role.OWNER, theme=theme, phone=phone)
    for name, url in PAGES.items():
        page.goto(url)
        shoot(page, look_name(name, theme, phone))
        no_sideways_scroll(page)
        check_axe(page)


@pytest.mark.parametrize(("theme", "phone"), LOOKS)
def test_the_pages_before_signing_in_are_accessible(
    new_page: Any, owner: User, check_axe: Any, shoot: Any, no_sideways_scroll: Any, theme: str, phone: bool
) -> None:
    page: Page = new_page(theme=theme, phone=phone)
    page.goto("/login/")
    shoot(page, look_name("login", theme, phone))
    no_sideways_scroll(page)
    check_axe(page)


@pytest.mark.urls(GALLERY)
@pytest.mark.parametrize(("theme", "phone"), LOOKS)
def test_every_component_is_accessible(
    page_as: Any, check_axe: Any, shoot: Any, no_sideways_scroll: Any, theme: str, phone: bool
) -> None:
    page: Page = page_as(Role.OWNER, theme=theme, phone=phone)
    page.goto("/gallery/?bad")
    shoot(page, look_name("gallery", theme, phone))
    no_sideways_scroll(page)
    check_axe(page)


def test_the_set_up_page_is_accessible_and_works(new_page: Any, check_axe: Any, shoot: Any, complaints: Any) -> None:
    complaints.expected.append("422")
    page: Page = new_page()
    page.goto("/")
    page.get_by_role("button", name="Create the owner and the workspace").scroll_into_view_if_needed()
    check_axe(page)
    page.get_by_label("Your name").fill("Lucía Ferrer")
    page.get_by_label("Work email").fill("lucia@example.test")
    page.get_by_label("Password", exact=True).fill("correct horse battery")
    page.get_by_label("Password again").fill("correct horse")
    page.get_by_label("Workspace", exact=True).fill("Tienda Norte")
    page.get_by_role("button", name="Create the owner and the workspace").click()
    expect(page.get_by_text("The two passwords differ.").first).to_be_visible()
    shoot(page, "setup-refused")
    page.get_by_label("Password", exact=True).fill("correct horse battery")
    page.get_by_label("Password again").fill("correct horse battery")
    page.get_by_role("button", name="Create the owner and the workspace").click()
    expect(page).to_have_url(re.compile("/w/tienda-norte/$"))


# -- signing in, the person's menu -----------------------------------------------------------------------


@pytest.mark.parametrize("script", [True, False])
def test_signing_in_works_with_and_without_script(new_page: Any, owner: User, script: bool) -> None:
    page: Page = new_page(script=script)
    page.goto("/w/norte/settings/people/")
    page.get_by_label("Work email").fill(owner.email)
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="People and roles")).to_be_visible()


def test_the_theme_switches_at_once_and_stays(page_as: Any) -> None:
    page: Page = page_as(Role.OWNER)
    page.goto("/w/norte/")
    page.get_by_role("button", name="Your menu").click()
    with page.expect_response("**/profile/theme/"):
        page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


@pytest.mark.parametrize("script", [True, False])
def test_the_language_is_changed_from_the_menu(page_as: Any, script: bool) -> None:
    page: Page = page_as(Role.OWNER, script=script)
    page.goto("/w/norte/settings/people/")
    page.locator("button.who").click()
    page.get_by_role("button", name="Español").click()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page).to_have_url(re.compile("/settings/people/$"))


def test_another_workspace_is_one_click_away(page_as: Any, owner: User, other_workspace: Workspace) -> None:
    Membership.objects.create(workspace=other_workspace, user=owner, role=Role.EDITOR)
    page: Page = page_as(Role.OWNER)
    page.goto("/w/norte/")
    page.locator("button.who").click()
    page.get_by_role("link", name="Otra Casa").click()
    expect(page).to_have_url(re.compile("/w/otra/$"))


def test_signing_out_is_in_the_menu(page_as: Any) -> None:
    page: Page = page_as(Role.OWNER)
    page.goto("/w/norte/")
    page.locator("button.who").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_navigation_opens_on_a_phone(page_as: Any, shoot: Any) -> None:
    page: Page = page_as(Role.OWNER, phone=True)
    page.goto("/w/norte/")
    page.get_by_role("button", name="Open menu").click()
    shoot(page, "nav-390-light")
    page.locator("#nav").get_by_role("link", name="Settings").click()
    expect(page).to_have_url(re.compile("/settings/"))


# -- dialogs and toasts ------------------------------------------------------------------------------------


def test_a_dialog_is_modal_and_gives_the_focus_back(page_as: Any, check_axe: Any, shoot: Any) -> None:
    page: Page = page_as(Role.OWNER)
    page.goto("/w/norte/settings/people/")
    page.get_by_role("link", name="Add a person").click()
    expect(page.locator("dialog:modal")).to_be_visible()
    check_axe(page)
    shoot(page, "dialog-1440-light")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    expect(page.get_by_role("link", name="Add a person")).to_be_focused()


def test_a_wrong_form_in_a_dialog_stays_in_the_dialog(page_as: Any, owner: User, complaints: Any) -> None:
    complaints.expected.append("422")
    page: Page = page_as(Role.OWNER)
    page.goto("/w/norte/settings/people/")
    page.get_by_role("link", name="Add a person").click()
    page.get_by_label("Work email").fill(owner.email)
    page.get_by_role("button", name="Add the person").click()
    expect(page.locator("dialog:modal [data-errors]")).to_be_focused()
    expect(page.get_by_label("Work email")).to_have_value(owner.email)


@pytest.mark.parametrize("script", [True, False])
def test_somebody_is_added_and_the_link_is_shown(page_as: Any, script: bool, shoot: Any) -> None:
    page: Page = page_as(Role.OWNER, script=script)
    page.goto("/w/norte/settings/people/")
    page.get_by_role("link", name="Add a person").click()
    page.get_by_label("Work email").fill("new@example.test")
    page.get_by_role("button", name="Add the person").click()
    expect(page.get_by_label("One-time link")).to_have_value(re.compile("/invitation/"))
    shoot(page, f"people-link-{'script' if script else 'plain'}")
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_text("Has not used the link")).to_be_visible()


def test_a_refusal_in_a_dialog_is_read_above_it(page_as: Any, complaints: Any, shoot: Any) -> None:
    complaints.expected.append("409")
    page: Page = page_as(Role.OWNER)
    page.goto("/w/norte/settings/people/")
    page.get_by_label("Actions for").click()
    page.get_by_role("link", name="Remove").click()
    page.get_by_role("button", name="Remove the person").click()
    toast = page.locator("dialog:modal .snack")
    expect(toast).to_contain_text("A workspace needs an owner.")
    shoot(page, "dialog-refused")
    toast.get_by_role("button", name="Close notice").click()
    expect(toast).to_have_count(0)


@pytest.mark.urls(GALLERY)
def test_good_news_leaves_after_eight_seconds(page_as: Any) -> None:
    page: Page = page_as(Role.OWNER)
    page.clock.install()
    page.goto("/gallery/")
    page.evaluate("htmx.ajax('GET', '/gallery/praise/', {target: 'main', swap: 'none'})")
    expect(page.locator(".snack")).to_contain_text("Campaign scheduled")
    page.clock.fast_forward(8500)
    expect(page.locator(".snack")).to_have_count(0)


@pytest.mark.urls(GALLERY)
def test_bad_news_stays_until_it_is_closed(page_as: Any, complaints: Any) -> None:
    complaints.expected.append("409")
    page: Page = page_as(Role.OWNER)
    page.clock.install()
    page.goto("/gallery/")
    page.evaluate("htmx.ajax('GET', '/gallery/refuse/', {target: 'main'})")
    expect(page.locator(".snack")).to_contain_text("Nobody is waiting any more.")
    page.clock.fast_forward(60_000)
    expect(page.locator(".snack")).to_have_count(1)
    expect(page.get_by_role("heading", name="Dispatch 412")).to_be_visible()


@pytest.mark.urls(GALLERY)
def test_a_lost_connection_is_said_once_and_asked_for_less_and_less_often(page_as: Any, complaints: Any) -> None:
    complaints.expected += ["Failed to load resource", "htmx:"]
    page: Page = page_as(Role.OWNER)
    page.clock.install()
    asked: list[str] = []
    page.route("**/gallery/tick/", lambda route: (asked.append("x"), route.abort()))
    page.goto("/gallery/")
    page.evaluate(
        """document.querySelector("main").insertAdjacentHTML("beforeend",
           '<p id="tick" hx-get="/gallery/tick/" hx-trigger="every 1s"></p>'); htmx.process(document.body)"""
    )
    for _second in range(20):
        page.clock.run_for(1000)
        page.wait_for_timeout(20)
    expect(page.locator("#toast-lost")).to_have_count(1)
    assert 2 <= len(asked) <= 5  # about at 1, 3, 8 and 23 s, not twenty times


# -- tables, forms, keys -----------------------------------------------------------------------------------


@pytest.mark.urls(GALLERY)
def test_ticked_rows_open_the_bulk_bar_and_are_counted(page_as: Any) -> None:
    page: Page = page_as(Role.OWNER)
    page.goto("/gallery/")
    bar = page.locator(".bulk")
    expect(bar).to_be_hidden()
    page.get_by_label("Select Aitor").check()
    expect(bar).to_contain_text("1 selected")
    page.get_by_label("Select this page").check()
    expect(bar).to_contain_text("3 selected")
    page.get_by_label("Select this page").uncheck()
    expect(bar).to_be_hidden()


@pytest.mark.urls(GALLERY)
def test_the_bulk_bar_is_there_without_script(page_as: Any) -> None:
    page: Page = page_as(Role.OWNER, script=False)
    page.goto("/gallery/")
    expect(page.locator(".bulk")).to_be_visible()
    expect(page.get_by_role("button", name="Search", exact=True)).to_be_visible()


@pytest.mark.urls(GALLERY)
def test_the_error_summary_takes_the_focus(page_as: Any) -> None:
    page: Page = page_as(Role.OWNER)
    page.goto("/gallery/?bad")
    expect(page.locator("[data-errors]")).to_be_focused()
    page.get_by_role("link", name="Messages per second").click()
    expect(page.locator("#id_speed")).to_be_focused()


@pytest.mark.urls(GALLERY)
def test_a_field_is_inserted_at_the_caret_and_stale_marks_go(page_as: Any) -> None:
    page: Page = page_as(Role.OWNER)
    page.goto("/gallery/")
    area = page.locator("#body")
    area.evaluate("area => area.setSelectionRange(4, 4)")
    page.get_by_role("button", name="Insert field").click()
    expect(area).to_have_value("Hola{{ first_name }} {{ first_name }}, adelántate")
    expect(page.locator(".marks")).to_have_text("")


@pytest.mark.urls(GALLERY)
def test_a_slash_goes_to_the_search(page_as: Any) -> None:
    page: Page = page_as(Role.OWNER)
    page.goto("/gallery/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "search"


def test_a_menu_in_a_table_is_not_cut_off(page_as: Any) -> None:
    page: Page = page_as(Role.OWNER)
    page.goto("/w/norte/settings/people/")
    page.get_by_label("Actions for").click()
    last = page.get_by_role("link", name="Remove")
    box = last.bounding_box()
    assert box is not None
    hit = page.evaluate("([x, y]) => document.elementFromPoint(x, y).textContent.trim()", [box["x"] + 30, box["y"] + 8])
    assert hit == "Remove"


def test_a_menu_closes_by_escape_and_by_a_click_elsewhere(page_as: Any) -> None:
    page: Page = page_as(Role.OWNER)
    page.goto("/w/norte/settings/people/")
    menu = page.locator("details.menu")
    page.get_by_label("Actions for").click()
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    page.get_by_label("Actions for").click()
    page.get_by_role("heading", name="People and roles").click()
    expect(menu).not_to_have_attribute("open", "")


def test_a_form_is_sent_once(page_as: Any) -> None:
    page: Page = page_as(Role.OWNER)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.goto("/profile/")
    page.get_by_role("button", name="Save profile").evaluate("b => { b.click(); b.click(); }")
    expect(page.locator(".snack")).to_contain_text("Profile saved")
    assert len(sent) == 1


def test_skip_leads_to_the_content(page_as: Any) -> None:
    page: Page = page_as(Role.OWNER)
    page.goto("/w/norte/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_a_tab_bar_that_does_not_fit_begins_at_the_current_tab(page_as: Any) -> None:
    page: Page = page_as(Role.OWNER, phone=True)
    page.goto("/w/norte/settings/audit/")
    tab = page.locator("nav.views [aria-current]").bounding_box()
    assert tab
    assert 0 <= tab["x"] <= tab["x"] + tab["width"] <= 390
