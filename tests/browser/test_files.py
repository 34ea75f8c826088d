"""Files of an email: chosen, shown, removed, with and without script, on a desk and on a phone; and who opened it."""

# ruff: noqa: F811 - a fixture is an argument of the name it is imported by

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from campaigns.models import Campaign, Dispatch, Recipient, Template
from campaigns.services.sending.flights import reference_of
from console.models import User
from console.services import crypto
from tests.campaigns.conftest import (  # noqa: F401 - fixtures
    email_account,
    email_draft,
    make_draft,
    make_template,
    sms_account,
    url,
)
from tests.campaigns.engine.conftest import Engine

NewPage = Callable[..., Page]
# A red square of 24 pixels.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAABgAAAAYCAIAAABvFaqvAAAAH0lEQVR42mP8z8BAFcBEJXNGDRo1aNSgUYNGDRoOBgEAUw8CLzXqAjoAAAAA"
    "SUVORK5CYII="
)
HTML = '<h1>Otoño</h1><p>Hola {{ nombre }}</p><img src="cid:hoja.png" alt="Una hoja" width="96" height="96">'


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """An image and a document on the person's disk."""
    (tmp_path / "hoja.png").write_bytes(PNG)
    (tmp_path / "Condiciones de la oferta de otoño.pdf").write_bytes(b"%PDF-1.7 " + b"0" * 150_000)
    return [str(path) for path in sorted(tmp_path.iterdir())]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_files_are_attached_shown_and_removed(
    new_page: NewPage, owner: User, make_contacts: Any, url: Any, files: list[str], script: bool
) -> None:
    make_contacts(1, first_name="Ane")
    page = new_page(owner, script=script)
    page.goto(url("template-new", "email"))
    page.fill("#id_html", HTML)
    page.set_input_files("#id_upload", files)
    page.click("text=Attach")
    expect(page.locator("#files li")).to_have_count(2)
    expect(page.locator("#id_html")).to_have_value(HTML)
    page.fill("#id_name", "Otoño")
    page.fill("#id_subject", "Hola {{ nombre }}")
    page.press("#id_subject", "Enter")  # saves, and removes no file
    expect(page.locator("#files li")).to_have_count(2)
    expect(page.locator("#files")).to_contain_text("shown in the text")
    image = page.frame_locator("iframe[name=mail]").locator("img")
    expect(image).to_have_js_property("naturalWidth", 24)
    page.click("[aria-label='Remove Condiciones de la oferta de otoño.pdf']")
    expect(page.locator("#files li")).to_have_count(1)
    page.click("text=Save template")
    expect(page.locator("#files li")).to_have_count(1)
    template = Template.objects.get()
    assert template.current is not None and template.current.number == 2


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_the_composer_shows_them_well(
    new_page: NewPage,
    owner: User,
    email_draft: Campaign,
    make_contacts: Any,
    url: Any,
    files: list[str],
    check_axe: Any,
    no_sideways_scroll: Any,
    shoot: Any,
    phone: bool,
    theme: str,
) -> None:
    make_contacts(1, first_name="Ane")
    page = new_page(owner, phone=phone, theme=theme)
    page.goto(url("composer-message", email_draft.pk))
    page.fill("#id_subject", "Otoño")
    page.fill("#id_html", HTML)
    program = Path(files[0]).with_name("instalar.exe")
    program.write_bytes(b"MZ")
    page.set_input_files("#id_upload", [*files, str(program)])
    page.click("text=Attach")
    expect(page.locator("#files .n-bad")).to_contain_text("instalar.exe")
    page.click("text=Show my changes")
    expect(page.frame_locator("iframe[name=mail]").locator("img")).to_have_js_property("naturalWidth", 24)
    no_sideways_scroll(page)
    check_axe(page)
    shoot(page, f"files-{'phone' if phone else 'desk'}-{theme}")


@pytest.fixture
def read(backstage: Any, email_draft: Campaign, make_contacts: Any) -> Dispatch:
    """A sent email that some opened and one clicked, and that the provider keeps until tomorrow."""
    engine, account = Engine(), email_draft.account
    assert account is not None
    account.base_url, account.sealed = backstage.sandbox.url, crypto.seal({"api_key": "sandbox-key"})
    account.save(update_fields=["base_url", "sealed"])
    make_contacts(12)
    at = (timezone.now() + timedelta(days=1)).astimezone(UTC)
    Campaign.objects.filter(pk=email_draft.pk).update(
        everyone=True, status="scheduled", start_at=timezone.now(), options={"send_at": f"{at:%Y-%m-%d %H:%M}"}
    )
    email_draft.refresh_from_db()
    dispatch = engine.send(email_draft)
    rows = Recipient.objects.filter(dispatch=dispatch, batch_no__isnull=False).order_by("pk")
    for place, row in enumerate(rows[:7]):
        for word, link in (("OPENED", ""), ("CLICKED", "https://tienda.example/rebajas/otoño"))[
            : 2 if place < 3 else 1
        ]:
            event = {"notificationType": word, "eventId": f"{word}{place}", "recipient": row.address, "url": link,
                     "messageId": reference_of(dispatch.key, row.pk, row.attempt)}  # fmt: skip
            engine.call_back(account, "events", json.dumps(event).encode())
    return dispatch


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_opens_and_what_the_provider_keeps_look_well(
    new_page: NewPage,
    owner: User,
    read: Dispatch,
    url: Any,
    check_axe: Any,
    no_sideways_scroll: Any,
    shoot: Any,
    phone: bool,
    theme: str,
) -> None:
    page = new_page(owner, phone=phone, theme=theme)
    for name in ("report", "dispatch-kept", "dispatch"):
        page.goto(url(name, read.pk))
        no_sideways_scroll(page)
        check_axe(page)
        shoot(page, f"{name}-{'phone' if phone else 'desk'}-{theme}")
    page.goto(url("report", read.pk))
    page.click("a:text-is('7')")
    expect(page.locator("#people tbody tr")).to_have_count(7)
