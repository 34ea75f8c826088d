"""The list of providers."""

from __future__ import annotations

import pytest

from campaigns.providers import registry
from campaigns.providers.base import AccountConfig, Channel


def test_every_provider_is_offered_by_its_own_name() -> None:
    assert registry.choices() == [
        ("sinch-messaging", "Sinch Messaging"),
        ("messaging-service", "messaging-service.com"),
        ("crm-messaging", "CRM Messaging"),
        ("octopush", "Octopush"),
        ("salesforce-marketing-cloud", "Salesforce Marketing Cloud"),
    ]
    assert all(registry.provider_class(slug).slug == slug for slug in registry.PROVIDERS)


def test_an_unknown_slug_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        registry.provider_class("carrier-pigeon")


@pytest.mark.parametrize("slug", registry.PROVIDERS)
def test_a_provider_can_be_asked_what_it_can_do_before_it_is_set_up(slug: str) -> None:
    provider = registry.open_provider(slug, AccountConfig("", {}), allow_private=False)
    for channel in provider.channels:
        assert provider.capabilities(channel).max_batch >= 100
    if Channel.SMS in provider.channels:
        assert provider.count("Hola").parts == 1
    assert provider.check_account()


@pytest.mark.parametrize("slug", registry.PROVIDERS)
def test_field_and_hook_names_are_unique(slug: str) -> None:
    cls = registry.provider_class(slug)
    for names in (
        [field.name for field in (*cls.credential_fields, *cls.option_fields)],
        [hook.kind for hook in cls.hook_urls],
    ):
        assert len(names) == len(set(names))


@pytest.mark.parametrize("slug", registry.PROVIDERS)
def test_choices_have_a_default_that_can_be_chosen(slug: str) -> None:
    for field in registry.provider_class(slug).option_fields:
        assert (field.kind == "choice") == bool(field.choices)
        assert not field.default or not field.choices or field.default in dict(field.choices)


def test_values_are_read_by_any_spelling_of_their_names() -> None:
    fields = registry.provider_class("sinch-messaging").credential_fields
    values, unknown = registry.read_values(fields, {"user-name": "u", "AUTHENTICATION_TOKEN": "t", "colour": "red"})
    assert values == {"UserName": "u", "AuthenticationToken": "t"}
    assert unknown == ["colour"]


def test_values_are_read_by_their_aliases() -> None:
    fields = registry.provider_class("messaging-service").credential_fields
    values, unknown = registry.read_values(fields, {"Authorization": "App k", "auth": "app"})
    assert (values, unknown) == ({"api_key": "App k", "auth_form": "app"}, [])
