"""What a workspace does with replies: its opt-out words, and whether it confirms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from campaigns import stopwords
from campaigns.models import ReplySettings
from campaigns.services.settling import reply_settings
from console.models import AuditEvent, Role, Workspace


def given(**changes: str) -> dict[str, str]:
    words = {f"words_{code}": "\n".join(words) for code, words in stopwords.DEFAULTS.items()}
    return {**words, "more": "", **{f"text_{code}": "" for code in words}, **changes}


def test_every_language_starts_with_words_of_its_own(owner_client: Client, url: Callable[..., str]) -> None:
    page = owner_client.get(url("reply-settings")).content.decode()
    assert all(word in page for words in stopwords.DEFAULTS.values() for word in words[:2])


def test_words_are_kept_per_language(owner_client: Client, url: Callable[..., str], workspace: Workspace) -> None:
    owner_client.post(url("reply-settings"), given(words_es="Basta ya\nBASTA YA!\n", more="Finito"))
    workspace.refresh_from_db()
    choice = reply_settings.of(workspace)
    assert (choice.stop_words["es"], choice.more) == (["BASTA YA"], ["FINITO"])
    assert ReplySettings.objects.get().stop_words == {"es": ["BASTA YA"]}
    assert AuditEvent.objects.filter(action="workspace.replies").count() == 1


def test_saving_the_same_again_changes_nothing(owner_client: Client, url: Callable[..., str]) -> None:
    for _ in range(2):
        owner_client.post(url("reply-settings"), given(words_fr="Assez"))
    assert AuditEvent.objects.filter(action="workspace.replies").count() == 1


def test_a_confirmation_needs_a_text(owner_client: Client, url: Callable[..., str]) -> None:
    response = owner_client.post(url("reply-settings"), given(confirms="on"))
    assert (response.status_code, ReplySettings.objects.count()) == (422, 0)


@pytest.mark.parametrize("wrong", [{"text_es": "Hola {{ first_name }}"}, {"more": "x" * 41}])
def test_what_cannot_be_used_comes_back(owner_client: Client, url: Callable[..., str], wrong: dict[str, str]) -> None:
    response = owner_client.post(url("reply-settings"), given(**wrong))
    assert response.status_code == 422
    assert next(iter(wrong.values())) in response.content.decode()


def test_only_an_owner_changes_them(as_role: Any, url: Callable[..., str]) -> None:
    client = as_role(Role.MANAGER)
    client.post(url("reply-settings"), given(more="Finito"))
    assert ReplySettings.objects.count() == 0
    assert "Save settings" not in client.get(url("reply-settings")).content.decode()


CHOICE = reply_settings.Choice(
    {code: list(words) for code, words in stopwords.DEFAULTS.items()},
    confirms=True,
    confirmation={"es": "Hecho.", "pt": "Feito."},
)


@pytest.mark.parametrize(
    ("word", "languages", "text"),
    [
        ("sair", ["es", "en"], "Feito."),
        ("parar", ["pt", "en"], "Feito."),
        ("baja", ["fr", "en"], "Hecho."),
        ("stop", ["fr", "pt"], "Feito."),
        ("stop", ["en", "fr"], ""),
    ],
)
def test_a_confirmation_speaks_the_language_of_the_word(word: str, languages: list[str], text: str) -> None:
    assert CHOICE.text_for(word, languages) == text


def test_no_confirmation_unless_it_is_switched_on() -> None:
    off = reply_settings.Choice(CHOICE.stop_words, confirmation=CHOICE.confirmation)
    assert off.text_for("baja", ["es"]) == ""
