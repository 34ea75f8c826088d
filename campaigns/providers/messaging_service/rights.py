"""What an account may do at messaging-service, found out without sending anything."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from uuid import uuid4

from campaigns.providers.base import Channel, Connection, ProviderError, Refused
from campaigns.providers.messaging_service.api import Api
from campaigns.providers.messaging_service.bulks import BulksApi
from campaigns.states import Reason

LOGS = {Channel.EMAIL: "/email/4/logs", Channel.SMS: "/sms/3/logs"}
_NAMES = {Channel.EMAIL: "Email", Channel.SMS: "SMS"}


async def test(api: Api, channels: Sequence[Channel]) -> Connection:
    """Asks, for each channel, after a bulk that does not exist, which needs the right to send, and for one log
    row, which needs the right to look up what became of an unclear request. One usable channel is enough."""
    sentences, refusals = [], []
    for channel in channels:
        sends = await _refusal(BulksApi(api, channel).statuses(f"test-{uuid4()}"))
        logs = await _refusal(api.ask("GET", LOGS[channel], query=[("limit", "1")]))
        sentences.append(_sentence(channel, sends, logs))
        refusals += [sends] if sends else []
    if len(refusals) == len(channels):
        return Connection(False, refusals[0].reason, refusals[0].text)
    return Connection(True, text=" ".join(sentences))


async def _refusal(call: Awaitable[object]) -> ProviderError | None:
    """The error of a call; "there is no such thing" is an answer."""
    try:
        await call
    except Refused as error:
        return None if error.reason is Reason.NOT_FOUND else error
    except ProviderError as error:
        return error
    return None


def _sentence(channel: Channel, sends: ProviderError | None, logs: ProviderError | None) -> str:
    if sends:
        return f"{_NAMES[channel]}: not allowed ({sends.text})."
    if logs:
        return f"{_NAMES[channel]}: ready, but unclear requests cannot be looked up ({logs.text})."
    return f"{_NAMES[channel]}: ready."
