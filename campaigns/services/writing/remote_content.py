"""Content that the vendor holds: listed, chosen, and its placeholders given values of ours.

The campaign keeps it as a version like any other: `mapping` has an expression for each of the vendor's placeholders,
and where the vendor tells its text, the version's own text is that text with the expressions in their places. So
preview, parts, ledger and report need to know nothing of it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from campaigns.models import Campaign, ProviderAccount, TemplateVersion
from campaigns.providers.base import Channel, ProviderError
from campaigns.providers.remote import RemoteTemplate, filled
from campaigns.rendering import TemplateError, compile_content, parse
from campaigns.services.connecting import accounts
from campaigns.services.writing import content
from campaigns.wording import reason_sentence
from console.services import crypto
from contacts.services.importing import mapping as headings

# A list read this long ago is read again before it is shown: a definition may be switched off meanwhile.
FRESH = timedelta(minutes=10)
_SEPARATORS = re.compile(r"[,;\s]+")


@dataclass(frozen=True, slots=True)
class Answer:
    """What stands for one placeholder of the vendor: a field with a default for those who lack it; without a field
    the default is a fixed text for everybody."""

    field: str = ""
    default: str = ""

    def expression(self) -> str:
        """As a source of ours, such as `{{ first_name|default:"friend" }}`."""
        if not self.field:
            return self.default
        quoted = self.default.replace("\\", "\\\\").replace('"', '\\"')
        return f'{{{{ {self.field}|default:"{quoted}" }}}}' if self.default else f"{{{{ {self.field} }}}}"


def answer_of(expression: str) -> Answer:
    """The answer that `expression` was made from."""
    placeholders = parse(expression, None).placeholders
    if not placeholders:
        return Answer("", expression)
    default = next((str(call.argument) for call in placeholders[0].calls if call.name == "default"), "")
    return Answer(placeholders[0].name, default)


def guess(placeholder: str, known: Sequence[str]) -> Answer:
    """The field of ours that has the placeholder's name, in any of the spellings that an import understands."""
    same = {_plain(name): name for name in known}
    if field := same.get(_plain(placeholder)):
        return Answer(field)
    meant = headings.meaning(placeholder)
    return Answer(meant if meant in known else "")


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


@dataclass(frozen=True, slots=True)
class Listing:
    """What the vendor holds, as last read at `at`; `problem` says why it could not be read just now."""

    templates: tuple[RemoteTemplate, ...] = ()
    problem: str = ""
    at: datetime | None = None

    def find(self, remote_id: str) -> RemoteTemplate | None:
        return next((template for template in self.templates if template.id == remote_id), None)


def listing(account: ProviderAccount, channel: str, now: datetime, *, again: bool = False) -> Listing:
    """The vendor's content for `channel`; asked for when what is kept is older than `FRESH`, or `again`."""
    if not accounts.capabilities(account, channel).lists_templates:
        return Listing()
    read_at = account.remote_templates_at
    problem = ""
    if again or read_at is None or now - read_at > FRESH:
        problem = _read(account, now)
    kept = (_kept(row) for row in account.remote_templates)
    return Listing(tuple(t for t in kept if t.channel == channel), problem, account.remote_templates_at)


def _kept(row: Mapping[str, Any]) -> RemoteTemplate:
    return RemoteTemplate(**{**row, "placeholders": tuple(row["placeholders"])})


def _read(account: ProviderAccount, now: datetime) -> str:
    """Ask the vendor and keep the answer; a sentence when that fails."""

    async def ask() -> list[RemoteTemplate]:
        async with accounts.open_provider(account, connections=2) as provider:
            return [found for channel in provider.channels for found in await provider.templates(Channel(channel))]

    try:
        found = asyncio.run(ask())
    except ProviderError as error:
        accounts.note_error(account.pk, error.reason, error.text, now)
        values = {"account": account.name, "why": reason_sentence(error.reason)}
        return _("%(account)s could not tell what it holds: %(why)s. Try again, or test the connection.") % values
    except crypto.WrongKey:
        return _("The stored key of %(account)s cannot be read. Enter it again in the provider account.") % {
            "account": account.name
        }
    account.remote_templates, account.remote_templates_at = [asdict(template) for template in found], now
    account.save(update_fields=["remote_templates", "remote_templates_at"])
    return ""


def typed(remote_id: str, channel: str, names: str, text: str) -> RemoteTemplate:
    """Content that the vendor cannot list, as an operator describes it: `names` of its placeholders, separated by
    commas, and its text for the preview, "" when it is not known."""
    placeholders = tuple(dict.fromkeys(name for name in _SEPARATORS.split(names) if name))
    return RemoteTemplate(remote_id, "", channel, placeholders, text)


def version_of(
    campaign: Campaign, chosen: RemoteTemplate, answers: Mapping[str, Answer], now: datetime
) -> TemplateVersion:
    """A version, not saved yet, that sends `chosen` with `answers` for each of its placeholders."""
    mapping = {name: parse(answers[name].expression(), None).canonical for name in chosen.placeholders}
    texts = _with_fields(chosen, mapping)
    parts = content.parts_of(chosen.channel, text=texts.text, subject=texts.subject, html=texts.html)
    compiled = compile_content({**parts, **content.mapped_parts(chosen.channel, mapping)}, None)
    return TemplateVersion(
        workspace=campaign.workspace,
        channel=chosen.channel,
        remote_id=chosen.id,
        remote_name=chosen.name,
        mapping=mapping,
        subject=texts.subject,
        text=texts.text,
        html=texts.html,
        text_source=chosen.text,
        names=list(compiled.names),
        created_at=now,
    )


def _with_fields(chosen: RemoteTemplate, mapping: Mapping[str, str]) -> RemoteTemplate:
    """The vendor's texts with our expressions in them; without texts where they hold what we cannot read."""

    def ours(source: str, markup: bool = False) -> str:
        return parse(filled(source, tuple(mapping), tuple(mapping.values())), None, markup=markup).canonical

    try:
        return replace(
            chosen, text=ours(chosen.text), subject=ours(chosen.subject), html=ours(chosen.html, markup=True)
        )
    except TemplateError:
        return replace(chosen, text="", subject="", html="")


def described(version: TemplateVersion) -> RemoteTemplate:
    """What `version` was made from, for the form that changes it."""
    return RemoteTemplate(
        version.remote_id, version.remote_name, version.channel, tuple(version.mapping), version.text_source
    )
