"""The administration in Spanish and Portuguese: every page of every model, and no English word of ours is left."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polib
import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext, override

from campaigns.models import (
    AccessToken,
    Alarm,
    Attachment,
    Dispatch,
    Engagement,
    EngagementTally,
    Evidence,
    Lane,
    ListRun,
    Notice,
    NoticePreference,
    Pace,
    ProviderAccount,
    ProviderEvent,
    Reconciliation,
    Reply,
    ReplySettings,
    Template,
    Ticket,
)  # fmt: skip
from console.management import messages
from console.models import FailedSignIn, Heartbeat, Job, Membership, SignIn, User, Workspace
from console.services import audit
from contacts.models import Contact, ContactField, Group
from contacts.services import consent
from contacts.states import Consent, ConsentSource

pytestmark = pytest.mark.django_db
LANGUAGES = ("es", "pt-br")
# An action, a target, the kind of a job, a status of two words: codes also inside a longer text.
SPLIT = re.compile(r"\b(?:[a-z]+\.(?:update|changed|import|export)|(?:campaign|group|template):\d+|[a-z]+_[a-z]+)\b")


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser("boss@example.test", "correct horse battery", name="Nerea")


@pytest.fixture
def boss_client(boss: User) -> Client:
    client = Client()
    client.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def everything(
    make_contacts: Callable[..., list[Contact]],
    make_group: Callable[..., Group],
    make_dispatch: Callable[..., Dispatch],
    make_template: Callable[..., Template],
    sms_account: ProviderAccount,
    workspace: Workspace,
    owner: User,
    beat: Callable[..., None],
    now: datetime,
) -> None:
    """A row of every model of ours, with codes in every field that has them."""
    people = make_contacts(4)
    group, template = make_group("Clientes", people), make_template()
    rows = (("delivered", "", 1), ("failed", "expired", 1), ("unknown", "no_answer", 1), ("skipped", "opted_out", 1))
    dispatch = make_dispatch(rows, people=people, status="held")
    Dispatch.objects.update(reason="stale_schedule")
    beat(dispatch, (20, 3, 3))
    ProviderAccount.objects.update(hold_reason="no_credit", last_error_reason="auth", hold_since=now)
    ContactField.objects.create(workspace=workspace, name="puntos", label="Puntos")
    consent.change(people[0], "email", Consent.WITHDRAWN, consent.Proof(ConsentSource.CONSOLE), now)
    consent.opt_out(workspace, "sms", people[1].phone, "reply", now)
    audit.record("campaign.update", workspace=workspace, actor=owner, target=dispatch.campaign, now=now, part="message")
    audit.record("template.update", workspace=workspace, actor=owner, target=template, now=now, version=2)
    audit.record("group.changed", workspace=workspace, actor=None, target=group, now=now)
    Job.objects.create(workspace=workspace, actor=owner, kind="contacts.import", status="failed")
    Heartbeat.objects.create(name="beat", at=now)
    Heartbeat.objects.create(name="host:sender-1", at=now)
    ip = {"ip_address": "10.0.0.1", "username": "ana@example.test", "path_info": "/login/", "http_accept": "*"}
    FailedSignIn.objects.create(failures_since_start=3, user_agent="Firefox", get_data="", post_data="", **ip)
    SignIn.objects.create(user_agent="Firefox", **ip)
    Lane.objects.create(account=sms_account, slot=1)
    for name in (f"account:{sms_account.pk}:requests", f"dispatch:{dispatch.pk}"):
        Pace.objects.create(name=name, next_at=now.timestamp())
    stored = ProviderEvent(account=sms_account, kind="status", digest="d", body="", received_at=now, outcome="parked")
    stored.save()
    Reply.objects.create(workspace=workspace, account=sms_account, channel="sms", event_id="1", address="+34600112233",
                         text="Hola", at=now, opted_out=True)  # fmt: skip
    ReplySettings.objects.create(workspace=workspace)
    AccessToken.objects.create(account=sms_account, expires_at=now + timedelta(hours=1))
    Attachment.objects.create(workspace=workspace, name="a.pdf", content_type="application/pdf", digest="d", size=1,
                              data=b"x", created_at=now)  # fmt: skip
    Ticket.objects.create(account=sms_account, dispatch=dispatch, batch_no=1, value="T1", made_at=now, course="unclear")
    ListRun.objects.create(dispatch=dispatch, name="L1", status="waiting", kind="tag", created_at=now)
    row = dispatch.recipients.first()
    Engagement.objects.create(dispatch=dispatch, recipient=row, kind="clicked", url="https://x.example", at=now)
    EngagementTally.objects.create(dispatch=dispatch, kind="opened", people=1)
    Evidence.objects.create(dispatch=dispatch, source="answers", tried=1)
    Reconciliation.objects.create(dispatch=dispatch, next_at=now)
    told = Notice.objects.create(workspace=workspace, user=owner, dispatch=dispatch, kind="hold", at=now, mail="failed")
    Notice.objects.create(workspace=workspace, user=owner, account=sms_account, kind="outage", at=now, mail="sent")
    membership = Membership.objects.get(user=told.user)
    NoticePreference.objects.create(membership=membership, kind="alarm", level="email")
    Alarm.objects.create(workspace=workspace, dispatch=dispatch, people=4, raised_at=now, checked_at=now)


def models() -> list[type[Model]]:
    ours = ("console", "contacts", "campaigns")
    return [model for model in admin.site._registry if model._meta.app_label in ours]


def of(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def addresses(client: Client) -> Iterator[str]:
    """The index, the page of each app, and every list, add page and page of a row."""
    yield reverse("admin:index")
    yield from (reverse("admin:app_list", args=[app]) for app in ("console", "contacts", "campaigns"))
    for model in models():
        yield of(model, "changelist")
        row = model._default_manager.first()
        assert row is not None, f"the test has no row of {model.__name__}"
        yield of(model, "change", row.pk)
        if client.get(of(model, "add")).status_code == 200:
            yield of(model, "add")
        if client.get(of(model, "delete", row.pk)).status_code == 200:
            yield of(model, "delete", row.pk)
    yield of(apps.get_model("campaigns", "Recipient"), "changelist") + f"?of={Dispatch.objects.get().pk}"


class Texts(HTMLParser):
    """Every text of a page that somebody sees or hears, without scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style", "pre", "textarea")
        given = dict(attrs)
        self.found += [text for name in ("alt", "title", "aria-label", "placeholder") if (text := given.get(name))]
        if tag == "input" and given.get("type") in ("submit", "button"):
            self.found.append(given.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style", "pre", "textarea")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data)


def texts(page: str) -> list[str]:
    reader = Texts()
    reader.feed(page)
    return [" ".join(html.unescape(text).split()) for text in reader.found if text.strip()]


def words_of(language: str) -> dict[str, str]:
    """Every name, help text and choice of the models, in a language, by its English."""

    def read() -> list[str]:
        found = []
        for model in (model for model in models() if not model._meta.proxy):
            meta = model._meta
            found += [str(meta.verbose_name), str(meta.verbose_name_plural), str(meta.app_config.verbose_name)]
            for field in (*meta.concrete_fields, *meta.many_to_many):
                found += [str(field.verbose_name), str(field.help_text), *(str(word) for _, word in field.flatchoices)]
        return found

    with override("en"):
        english = read()
    with override(language):
        return dict(zip(english, read(), strict=True))


def english_only(language: str) -> set[str]:
    """Words of the models, and texts of the tree and of Django's administration, that no text in `language` equals."""
    django = polib.pofile(str(Path(admin.__file__).parent / "locale" / "en" / "LC_MESSAGES" / "django.po"))
    ours = [message.msgid for message in messages.of_the_tree() if not message.context]
    with override(language):
        said = {text: gettext(text) for text in [*ours, *(entry.msgid for entry in django)]} | words_of(language)
    others = {text for word in said.values() for text in (word, capfirst(word))}
    return {text for word in said for text in (word, capfirst(word))} - others


def _has_code(text: str) -> bool:
    """True for a text with a code in it; what holds braces is somebody's own text or what is stored."""
    return "{" not in text and bool(SPLIT.search(text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_name_help_text_and_choice_of_a_model_is_translated(language: str) -> None:
    """Some words are the same in both languages, so the catalogue is asked, not the difference."""
    same = {english for english, text in words_of(language).items() if english == text and english}
    assert same <= {
        "SMS", "HTML", "callback", "callbacks", "token", "IP address", "ID", "Despacho", "id", "error", "Console",
        "English", "Español", "no", "No", "Marketing", "link", "status",
    }  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_english_word_of_a_model_is_left_on_a_page(
    boss: User, boss_client: Client, everything: None, language: str
) -> None:
    pages = list(addresses(boss_client))
    User.objects.filter(pk=boss.pk).update(language=language)
    english = english_only(language)
    left = set()
    for address in pages:
        response = boss_client.get(address)
        assert response.status_code == 200, address
        left |= {(address, text) for text in texts(response.content.decode()) if text.strip(" :.,*") in english}
    assert left == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_code_is_left_on_a_page(boss: User, boss_client: Client, everything: None, language: str) -> None:
    """A status, a reason or a kind as the database has it."""
    pages = list(addresses(boss_client))
    User.objects.filter(pk=boss.pk).update(language=language)
    codes = {
        str(code)
        for model in models()
        for field in model._meta.concrete_fields
        for code, _word in field.flatchoices
        if code and not field.name.startswith(("language", "theme"))
    } | {"contacts.import", "campaign.update", "sinch-messaging", "beat", "True", "False", "None"}
    with override(language):
        known = {str(w) for m in models() for f in m._meta.concrete_fields for _, w in f.flatchoices}
    left = set()
    for address in pages:
        page = boss_client.get(address).content.decode()
        left |= {(address, text) for text in texts(page) if text in codes - known or _has_code(text)}
    assert left == set()
