"""The pages in Spanish and Portuguese: no English sentence is left, and every word goes through the catalogues."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import trans_real

from campaigns.models import Campaign, Dispatch, ProviderAccount, Template
from console.management import catalogues, messages
from console.models import User
from contacts.models import Contact, Group

pytestmark = pytest.mark.django_db

GAP = re.compile(r"%\(\w+\)[a-z]|\{\{[^}]*\}\}|\{\w*\}|%%")
SHOWN = {"title", "aria-label", "placeholder", "alt", "data-l", "data-copied", "data-as-of"}
# Names, addresses and texts that somebody gave; times, whose words are taken out already; languages in their own words.
GIVEN = re.compile(
    r"\{\{ \w+ \}\}|Ane Owner|owner@example\.test|Tienda Norte.*|norte|Nombre\d( Apellido)?|Apellido"
    r"|person\d@example\.test|Clientes|Otoño|Aviso( · \d)?|Sinch ES|Correo|Bienvenida|TIENDA|STOP|Hola.*"
    r"|, responde STOP|Despacho|English|Español|Português"
    r"|(Sinch Messaging|messaging-service\.com|CRM Messaging|Octopush|Salesforce Marketing Cloud)[ ·,]*"
    r"|(.* de \d{4}, .*)?CET \(Madrid\)"
)


@pytest.fixture
def pages(
    make_contacts: Callable[..., list[Contact]],
    make_group: Callable[..., Group],
    make_draft: Callable[..., Campaign],
    make_template: Callable[..., Template],
    make_dispatch: Callable[..., Dispatch],
    email_account: ProviderAccount,
    url: Callable[..., str],
) -> list[str]:
    """Addresses of the main pages, in a workspace that has something of everything."""
    people = make_contacts(4)
    group = make_group("Clientes", people)
    draft, template = make_draft(include=[group]), make_template()
    rows = (("delivered", "", 1), ("failed", "expired", 1), ("unknown", "no_answer", 1), ("skipped", "opted_out", 1))
    running = make_dispatch(rows, people=people, status="paused")
    ended = make_dispatch(rows[:2], people=people, status="finished")
    person = ended.recipients.order_by("pk").first()
    assert person is not None
    steps = ("audience", "message", "preview", "schedule", "review", "test")
    lists = (
        *("home", "campaigns", "campaign-new", "templates", "contacts", "contact-new", "groups", "group-new"),
        *("imports", "import-new", "suppressions", "suppression-new", "reports", "exports", "replies", "providers"),
        *("account-new", "workspace_settings", "people", "people_add"),
    )
    return [
        reverse("profile"),
        *(url(name) for name in lists),
        *(url("template-new", channel) for channel in ("sms", "email")),
        *(url(f"composer-{step}", draft.pk) for step in steps),
        *(url(name, draft.pk) for name in ("campaign-rename", "campaign-delete")),
        *(url(name, template.pk) for name in ("template", "template-versions")),
        *(url(name, people[0].pk) for name in ("contact", "contact-edit", "contact-delete", "contact-stop")),
        *(url(name, group.pk) for name in ("group-rename", "group-delete")),
        *(url("account", account.pk) for account in (email_account, running.account)),
        *(url(name, running.pk) for name in ("dispatch", "dispatch-stop", "recipient-list", "recipient-decide-all")),
        *(url(name, ended.pk) for name in ("report", "report-export", "dispatch-retry")),
        url("recipient", ended.pk, person.pk),
        url("audit"),
    ]


def shown(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def english(locale: str) -> set[str]:
    """Runs of English words, three or more, that no translation has: a page that shows one was not translated."""
    said = "\n".join(text for entry in catalogues.read(locale) for _, text in catalogues.forms(entry))
    texts = {text for message in messages.of_the_tree() for text in (message.msgid, message.plural)}
    pieces = {piece.strip(" .,:;?") for text in texts for piece in GAP.split(text)}
    return {piece for piece in pieces if piece.count(" ") >= 2 and piece not in said}


@pytest.mark.parametrize(("language", "locale"), [("es", "es"), ("pt-br", "pt_BR")])
def test_no_english_sentence_is_left_on_a_page(
    owner: User, owner_client: Client, pages: list[str], language: str, locale: str
) -> None:
    User.objects.filter(pk=owner.pk).update(language=language)
    pieces = english(locale)
    seen = {address: html.unescape(shown(owner_client, address)) for address in pages}
    assert {(address, piece) for address, page in seen.items() for piece in pieces if piece in page} == set()


class Texts(HTMLParser):
    """Everything that a person sees or hears of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in SHOWN and value]

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def unmarked(page: str) -> Iterator[str]:
    """Texts of a page that did not go through the catalogue, whose texts stand between ⟦ and ⟧."""
    body = re.sub(r"<(script|style|option|textarea)\b.*?</\1>", "", page[page.index("<body") :], flags=re.DOTALL)
    body = re.sub(r"""<(\w+) [^>]*class="[^"]*\bmono\b[^>]*>.*?</\1>""", "", body, flags=re.DOTALL)  # codes
    while (less := re.sub("⟦[^⟦⟧]*⟧", "", body)) != body:
        body = less
    texts = Texts()
    texts.feed(body)
    yield from (text.strip() for text in texts.found if re.search(r"[^\W\d_]{3}", text))


def test_every_word_of_a_page_goes_through_the_catalogue(
    owner: User, owner_client: Client, pages: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    User.objects.filter(pk=owner.pk).update(language="es")
    translation = trans_real.DjangoTranslation
    one, counted = translation.gettext, translation.ngettext
    monkeypatch.setattr(translation, "gettext", lambda self, text: f"⟦{one(self, text)}⟧")
    monkeypatch.setattr(translation, "ngettext", lambda self, *given: f"⟦{counted(self, *given)}⟧")
    found = {text: address for address in pages for text in unmarked(shown(owner_client, address))}
    assert {text: address for text, address in found.items() if not GIVEN.fullmatch(text)} == {}
