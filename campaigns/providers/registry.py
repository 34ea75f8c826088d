"""The providers there are: the only place that lists them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from campaigns.providers.base import AccountConfig, Field, Provider
from campaigns.providers.crm_messaging import CrmMessaging
from campaigns.providers.messaging_service import MessagingService
from campaigns.providers.octopush import Octopush
from campaigns.providers.remote import TokenStore
from campaigns.providers.salesforce_marketing_cloud import SalesforceMarketingCloud
from campaigns.providers.sinch_messaging import SinchMessaging

ProviderClass = (
    type[SinchMessaging] | type[MessagingService] | type[CrmMessaging] | type[Octopush] | type[SalesforceMarketingCloud]
)

_CLASSES: tuple[ProviderClass, ...] = (
    SinchMessaging,
    MessagingService,
    CrmMessaging,
    Octopush,
    SalesforceMarketingCloud,
)
PROVIDERS: Mapping[str, ProviderClass] = {cls.slug: cls for cls in _CLASSES}


def provider_class(slug: str) -> ProviderClass:
    """The adapter's class. KeyError for a slug nobody registered."""
    return PROVIDERS[slug]


def choices() -> list[tuple[str, str]]:
    """(slug, label) of every provider, for a form."""
    return [(cls.slug, cls.label) for cls in _CLASSES]


def open_provider(
    slug: str,
    config: AccountConfig,
    *,
    allow_private: bool,
    connections: int = 200,
    tokens: TokenStore | None = None,
) -> Provider:
    """An adapter bound to one account; use it with `async with` for calls. allow_private: whether the base URL
    may lead into a private network. connections: the most that are open at once. tokens: where access tokens are
    kept for all processes; without it they live as long as the adapter."""
    return PROVIDERS[slug](config, allow_private=allow_private, connections=connections, tokens=tokens)


def read_values(fields: Iterable[Field], values: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Values given by name on a command line, as the fields name them, and the names that fit no field.
    Case, `_` and `-` do not matter, and a field's aliases count."""
    names = {_plain(name): field.name for field in fields for name in (*field.aliases, field.name)}
    unknown = [name for name in values if _plain(name) not in names]
    return {names[_plain(name)]: value for name, value in values.items() if name not in unknown}, unknown


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
