"""What the composer does while somebody types."""

# ruff: noqa: F811 - a fixture is an argument of the name it is imported by

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from campaigns.models import Campaign
from console.models import User
from contacts.models import Contact
from tests.campaigns.conftest import (  # noqa: F401 - fixtures
    email_account,
    email_draft,
    make_draft,
    make_template,
    sms_account,
    url,
)

NewPage = Callable[..., Page]


def test_counter_marks_and_phone_follow_what_is_typed(
    new_page: NewPage,
    owner: User,
    make_draft: Callable[..., Campaign],
    make_contacts: Any,
    url: Any,
) -> None:
    make_contacts(2, first_name="Ane")
    page = new_page(owner)
    page.goto(url("composer-message", make_draft().pk))
    page.fill("#id_text", "Hola {{ nombre }}, á")
    expect(page.locator("#marks mark.ph")).to_have_text("{{ nombre }}")
    expect(page.locator(".bubble em")).to_have_text("Ane")
    expect(page.locator("#cnt")).to_contain_text("Unicode")
    page.click("#following")
    expect(page.locator("#preview")).to_contain_text("Recipient 2 of 2")
    assert page.input_value("#id_text") == "Hola {{ nombre }}, á"


def test_a_typed_email_is_framed_again_and_again_and_never_enters_the_page(
    new_page: NewPage,
    owner: User,
    email_draft: Campaign,
    make_contacts: Callable[..., list[Contact]],
    url: Any,
) -> None:
    make_contacts(1, first_name="Ane")
    page = new_page(owner)
    page.goto(url("composer-message", email_draft.pk))
    for word in ("Uno", "Dos"):
        page.fill("#id_html", f"<h1>{word} {{{{ nombre }}}}</h1>")
        page.click("text=Show my changes")  # while the check of what was typed is still waiting
        expect(page.frame_locator("iframe[name=mail]").locator("h1")).to_have_text(f"{word} Ane")
    expect(page.locator("#check")).to_contain_text("An unsubscribe link is added")
    assert page.locator("main h1").count() == 1
    page.click("text=Continue to preview")
    expect(page.frame_locator("iframe").locator("h1")).to_have_text("Dos Ane")


def test_the_split_follows_what_is_ticked(
    new_page: NewPage,
    owner: User,
    make_draft: Callable[..., Campaign],
    make_contacts: Callable[..., list[Contact]],
    make_group: Callable[..., Any],
    url: Any,
) -> None:
    people = make_contacts(3)
    make_group("Clientes", people[:2])
    page = new_page(owner)
    page.goto(url("composer-audience", make_draft(include=[]).pk))
    page.check("input[aria-label='Include Clientes']")
    expect(page.locator("#count")).to_contain_text("2 = 2.")
    page.check("input[value=everyone]")
    expect(page.locator("#count")).to_contain_text("3 = 3.")


def test_the_provider_s_own_content_is_mapped_and_shown_while_it_is_chosen(
    new_page: NewPage,
    owner: User,
    make_draft: Callable[..., Campaign],
    make_contacts: Callable[..., list[Contact]],
    url: Any,
    check_axe: Callable[[Page], None],
    no_sideways_scroll: Callable[[Page], None],
) -> None:
    make_contacts(1, first_name="Ane")
    page = new_page(owner)
    page.goto(url("composer-message", make_draft().pk))
    page.click("text=From the provider")
    page.fill("[name=remote_id]", "f-77")
    page.fill("[name=remote_text]", "Kaixo {{nombre}}: {{cupón}}")
    page.fill("[name=remote_names]", "nombre, cupón")
    page.press("[name=remote_names]", "Tab")
    page.fill("[name=default_1]", "A7K2")
    page.press("[name=default_1]", "Tab")
    expect(page.locator(".bubble")).to_have_text("Kaixo Ane: A7K2")
    check_axe(page)
    page.set_viewport_size({"width": 390, "height": 844})
    no_sideways_scroll(page)
    page.click("text=Continue to preview")
    expect(page.locator(".bubble")).to_have_text("Kaixo Ane: A7K2")
