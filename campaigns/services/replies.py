"""Replies: kept, tied to the person, and obeyed when they say STOP."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from campaigns.models import ProviderAccount, Recipient, Reply
from campaigns.providers.base import Event
from campaigns.services.flights import recipient_of
from console.models import Workspace
from contacts.models import Contact
from contacts.services import consent
from contacts.states import ConsentSource

# Opt-out words that people use in our markets; a workspace may add its own. Compared without case and accents.
STOP_WORDS = frozenset(
    {"stop", "stopall", "baja", "alto", "parar", "pare", "sair", "cancelar", "remover", "unsubscribe", "end", "quit",
     "no mas", "darme de baja", "descadastrar"}
)  # fmt: skip


def is_stop(text: str, workspace: Workspace) -> bool:
    """True when the whole reply is an opt-out word, or its first word is: "STOP", "Baja por favor"."""
    plain = _plain(text)
    words = _stop_words(workspace)
    return plain in words or plain.split(" ")[0] in words


def stop_words_in(text: str, workspace: Workspace) -> list[str]:
    """The opt-out words that a message tells people, in capitals: what they are told to reply is obeyed."""
    plain = f" {_plain(text)} "
    return [word.upper() for word in sorted(_stop_words(workspace)) if f" {word} " in plain]


def _stop_words(workspace: Workspace) -> frozenset[str]:
    return STOP_WORDS | {_plain(word) for word in workspace.stop_words}


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(c if c.isalnum() else " " for c in letters if not unicodedata.combining(c))
    return " ".join(kept.split())


def take(account: ProviderAccount, event: Event, now: datetime) -> Reply | None:
    """Keep a reply once, and opt the person out at once when it says so; None when it is already there."""
    address = event.address
    channel = event.channel or ("email" if "@" in address else "sms")
    workspace = account.workspace
    recipient = _recipient(account, event)
    column = "phone" if channel == "sms" else "email"
    contact = (
        recipient.contact
        if recipient and recipient.contact
        else Contact.objects.for_workspace(workspace).identified(column, [address]).order_by("pk").first()
    )
    stop = channel == "sms" and is_stop(event.text, workspace)
    reply, created = Reply.objects.get_or_create(
        account=account,
        event_id=event.event_id[:100],
        defaults={
            "workspace": workspace,
            "contact": contact,
            "recipient": recipient,
            "channel": channel,
            "address": address,
            "text": event.text,
            "opted_out": stop,
            "at": event.at or now,
        },
    )
    if not created:
        return None
    if stop:
        consent.opt_out(workspace, channel, address, source=ConsentSource.REPLY, now=now, evidence=event.text[:300])
    return reply


def _recipient(account: ProviderAccount, event: Event) -> Recipient | None:
    parts = recipient_of(event.reference)
    if parts is None:
        return None
    found = Recipient.objects.filter(pk=parts[1], dispatch__key=parts[0], dispatch__account=account)
    return found.select_related("contact").first()
