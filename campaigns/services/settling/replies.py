"""Replies: kept, tied to the person, and obeyed when they say STOP (`campaigns.stopwords` has the rules)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from campaigns import stopwords
from campaigns.models import ProviderAccount, Recipient, Reply
from campaigns.providers.base import Event
from campaigns.services.sending.flights import recipient_of
from campaigns.services.settling import answers, reply_settings
from campaigns.services.settling.reply_settings import Choice
from console.models import Workspace
from contacts.models import Contact
from contacts.services import consent
from contacts.states import ConsentSource


def stop_words_in(text: str, workspace: Workspace) -> list[str]:
    """The opt-out words that a message tells people, in capitals: what they are told to reply is obeyed."""
    plain = f" {stopwords.fold(text)} "
    return [word.upper() for word in sorted(reply_settings.of(workspace).words) if f" {word} " in plain]


def take_many(account: ProviderAccount, events: Sequence[Event], now: datetime) -> list[Reply]:
    """Keep replies once, and opt people out at once who say so; gives those that are news."""
    if not events:
        return []
    choice = reply_settings.of(account.workspace)
    words = choice.words
    kept = (_take(account, event, choice, words, now) for event in events)
    return [reply for reply in kept if reply is not None]


def _take(account: ProviderAccount, event: Event, choice: Choice, words: frozenset[str], now: datetime) -> Reply | None:
    channel = event.channel or ("email" if "@" in event.address else "sms")
    recipient = _recipient(account, event)
    word = stopwords.found_in(event.text, words) if channel == "sms" else ""
    reply, created = Reply.objects.get_or_create(
        account=account,
        event_id=event.event_id[:100],
        defaults={
            "workspace": account.workspace,
            "contact": _contact(account.workspace, channel, event.address, recipient),
            "recipient": recipient,
            "channel": channel,
            "address": event.address,
            "text": event.text,
            "opted_out": bool(word),
            "at": event.at or now,
        },
    )
    if not created:
        return None
    if word:
        _obey(reply, word, choice, now)
    return reply


def _obey(reply: Reply, word: str, choice: Choice, now: datetime) -> None:
    """The person is never written to again, but for the one confirmation that a workspace may have switched on."""
    workspace = reply.workspace
    evidence = reply.text[:300]
    news = consent.opt_out(
        workspace, reply.channel, reply.address, source=ConsentSource.REPLY, now=now, evidence=evidence
    )
    languages = [reply.contact.language[:2]] if reply.contact and reply.contact.language else []
    text = choice.text_for(word, [*languages, workspace.language[:2]])
    if news and text:
        answers.confirm_opt_out(reply, text, now)


def _contact(workspace: Workspace, channel: str, address: str, recipient: Recipient | None) -> Contact | None:
    if recipient and recipient.contact:
        return recipient.contact
    column = "phone" if channel == "sms" else "email"
    found: Contact | None = (
        Contact.objects.for_workspace(workspace).identified(column, [address]).order_by("pk").first()
    )
    return found


def _recipient(account: ProviderAccount, event: Event) -> Recipient | None:
    parts = recipient_of(event.reference)
    if parts is None:
        return None
    found = Recipient.objects.filter(pk=parts[1], dispatch__key=parts[0], dispatch__account=account)
    return found.select_related("contact").first()
