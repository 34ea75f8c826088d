"""What the sandbox's triggers make of a message, from the send to the last callback, with both vendors."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaigns.providers.base import (
    AccountConfig,
    Body,
    Channel,
    Event,
    EventKind,
    Message,
    Misconfigured,
    Outcome,
    Outgoing,
    Receipt,
    Refused,
)
from campaigns.providers.messaging_service import MessagingService
from campaigns.providers.messaging_service.bulks import BulksApi
from campaigns.providers.sinch_messaging import SinchMessaging
from campaigns.states import Reason
from tests.providers.conftest import HookReceiver
from tests.sandbox_process import SandboxProcess

KEY = "5a1f0c6e-90d3-4f0e-8d2b-64c8f1b2a733"
SMS = Body(Channel.SMS, sender="TiendaNorte", text="")
EMAIL = Body(
    Channel.EMAIL,
    sender="Tienda <news@tienda.example>",
    subject="Hola {{p1}}",
    html='<p title="{{p2}}">Hola {{p1}}</p>',
    slots=("p1", "p2"),
)
Adapter = SinchMessaging | MessagingService


def sinch(sandbox: SandboxProcess, **options: Any) -> SinchMessaging:
    credentials = {"UserName": "sandbox", "AuthenticationToken": "sandbox-token"}
    return SinchMessaging(AccountConfig(sandbox.url, credentials, options), allow_private=True)


def service(
    sandbox: SandboxProcess, receiver: HookReceiver | None = None, key: str = "sandbox-key", **options: Any
) -> MessagingService:
    hooks = {kind: f"{receiver.url}/{kind}" for kind in ("delivery", "events", "reply")} if receiver else {}
    return MessagingService(AccountConfig(sandbox.url, {"api_key": key}, options, hooks), allow_private=True)


def using(provider: Adapter, use: Callable[[Any], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with provider:
            return await use(provider)

    return asyncio.run(run())


def send(provider: Adapter, body: Body, *messages: Message, retry: bool = False) -> list[Receipt]:
    return using(provider, lambda opened: opened.send(Outgoing(KEY, body, messages, retry=retry)))


def events_of(provider: Adapter, receiver: HookReceiver) -> list[Event]:
    return [event for hook in receiver.hooks for event in provider.parse(hook)]


def told(events: list[Event]) -> set[tuple[EventKind, Reason]]:
    return {(event.kind, event.reason) for event in events}


# -- Sinch ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("ending", "expected"),
    [
        ("101", {(EventKind.FAILED, Reason.EXPIRED)}),
        ("201", {(EventKind.FAILED, Reason.NO_CREDIT)}),
        ("202", {(EventKind.FAILED, Reason.INVALID_RECIPIENT)}),
        ("204", {(EventKind.FAILED, Reason.PROVIDER_OPT_OUT)}),
        ("207", {(EventKind.FAILED, Reason.FORBIDDEN_WORDS)}),
        ("104", {(EventKind.SENT, Reason.NONE), (EventKind.UNDELIVERED, Reason.NOT_DELIVERED)}),
        ("300", {(EventKind.SENT, Reason.NONE)}),
        ("299", set()),
        ("296", {(EventKind.SENT, Reason.NONE), (EventKind.DELIVERED, Reason.NONE), (EventKind.REPLY, Reason.NONE)}),
    ],
)
def test_sinch_tells_what_became_of_a_number(
    sandbox: SandboxProcess, receiver: HookReceiver, ending: str, expected: set[tuple[EventKind, Reason]]
) -> None:
    urls = {"callback_url": "status", "dlr_url": "delivery", "mo_url": "reply"}
    sandbox.configure(sinch={name: f"{receiver.url}/{kind}" for name, kind in urls.items()})
    send(sinch(sandbox), SMS, Message("c1-r1-a1", f"+5521955501{ending}", "Hola"))
    sandbox.advance(600)
    assert told(events_of(sinch(sandbox), receiver)) == expected


def test_sinch_repeats_statuses_and_they_are_recognised(sandbox: SandboxProcess, receiver: HookReceiver) -> None:
    sandbox.configure(sinch={"callback_url": f"{receiver.url}/status", "dlr_url": f"{receiver.url}/delivery"})
    send(sinch(sandbox), SMS, Message("c1-r1-a1", "+5521955501298", "Hola"))
    sandbox.advance(600)
    ids = [event.event_id for event in events_of(sinch(sandbox), receiver)]
    assert (len(ids), len(set(ids))) == (4, 2)


def test_a_blocked_sinch_user_is_a_refused_key(sandbox: SandboxProcess) -> None:
    provider = SinchMessaging(
        AccountConfig(sandbox.url, {"UserName": "blocked", "AuthenticationToken": "sandbox-token"}), allow_private=True
    )
    with pytest.raises(Misconfigured) as caught:
        send(provider, SMS, Message("c1-r1-a1", "+5521955501234", "Hola"))
    assert (caught.value.reason, caught.value.http_status) == (Reason.AUTH, 403)


def test_sinch_gets_the_text_that_we_meant(sandbox: SandboxProcess) -> None:
    texts = ["¡Olá, João! 😀", "Oferta\nnova", "Oferta\nnova"]
    send(sinch(sandbox), SMS, *(Message(f"c1-r{n}-a1", f"+552195550190{n}", text) for n, text in enumerate(texts)))
    assert [entry["text"] for entry in sandbox.log()] == texts
    assert sandbox.violations() == []


# -- messaging-service: SMS -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("ending", "outcome", "reason"),
    [
        ("0001", Outcome.REFUSED, Reason.INVALID_RECIPIENT),
        ("0002", Outcome.REFUSED, Reason.INVALID_RECIPIENT),
        ("0003", Outcome.REFUSED, Reason.PROVIDER_BLOCKLIST),
        ("0004", Outcome.REFUSED, Reason.PROVIDER_BLOCKLIST),
        ("0005", Outcome.NOT_SENT, Reason.RATE_LIMITED),
        ("0010", Outcome.REFUSED, Reason.NO_CREDIT),
        ("0012", Outcome.NOT_SENT, Reason.PROVIDER_DOWN),
    ],
)
def test_a_number_may_be_refused_inside_an_accepted_request(
    sandbox: SandboxProcess, ending: str, outcome: Outcome, reason: Reason
) -> None:
    (receipt,) = send(service(sandbox), SMS, Message("c1-r1-a1", f"+5917123{ending}", "Hola"))
    assert (receipt.outcome, receipt.reason) == (outcome, reason)


def test_a_system_error_is_gone_at_the_second_try(sandbox: SandboxProcess) -> None:
    message = Message("c1-r1-a1", "+59171230012", "Hola")
    send(service(sandbox), SMS, message)
    (receipt,) = send(service(sandbox), SMS, message)
    assert receipt.outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("ending", "expected"),
    [
        ("0006", {(EventKind.UNDELIVERED, Reason.INVALID_RECIPIENT)}),
        ("0007", {(EventKind.UNDELIVERED, Reason.EXPIRED)}),
        ("0008", {(EventKind.OTHER, Reason.RECEIPT_LOST)}),
        ("0009", set()),
        ("0011", {(EventKind.SENT, Reason.NONE), (EventKind.DELIVERED, Reason.NONE)}),
    ],
)
def test_an_sms_report_tells_what_became_of_a_number(
    sandbox: SandboxProcess, receiver: HookReceiver, ending: str, expected: set[tuple[EventKind, Reason]]
) -> None:
    provider = service(sandbox, receiver, intermediate_reports=True)
    send(provider, SMS, Message("c1-r1-a1", f"+5917123{ending}", "Hola"))
    sandbox.advance(600)
    on_its_way = {(EventKind.ACCEPTED, Reason.NONE)}
    assert told(events_of(provider, receiver)) == on_its_way | expected


def test_the_providers_count_of_parts_comes_with_the_receipt(sandbox: SandboxProcess) -> None:
    text = "ñandú " * 40
    (receipt,) = send(service(sandbox), SMS, Message("c1-r1-a1", "+59171234567", text))
    assert receipt.parts == service(sandbox).count(text).parts


def test_the_query_route_delivers_the_text_that_we_meant(sandbox: SandboxProcess, receiver: HookReceiver) -> None:
    provider = service(sandbox, receiver, use_query_route=True)
    text = "¡Hola, Lucía & co.! 100% + 1\nAdiós 😀"
    send(provider, SMS, Message("c1-r1-a1", "+59171234567", text))
    sandbox.advance(60)
    assert sandbox.log()[0]["text"] == text
    assert [event.reference for event in events_of(provider, receiver)] == ["c1-r1-a1"]


# -- messaging-service: email ---------------------------------------------------------------------
@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("hardbounce", {(EventKind.UNDELIVERED, Reason.HARD_BOUNCE)}),
        ("softbounce", {(EventKind.UNDELIVERED, Reason.SOFT_BOUNCE)}),
        ("suppressed", {(EventKind.UNDELIVERED, Reason.PROVIDER_BLOCKLIST)}),
        ("optedout", {(EventKind.UNDELIVERED, Reason.PROVIDER_OPT_OUT)}),
        ("spam", {(EventKind.UNDELIVERED, Reason.SPAM)}),
        ("lostreport", {(EventKind.OTHER, Reason.RECEIPT_LOST)}),
        ("noreport", set()),
        ("complaint", {(EventKind.DELIVERED, Reason.NONE), (EventKind.COMPLAINT, Reason.NONE)}),
        ("leaver", {(EventKind.DELIVERED, Reason.NONE), (EventKind.OPT_OUT, Reason.NONE)}),
        ("latebounce", {(EventKind.DELIVERED, Reason.NONE), (EventKind.UNDELIVERED, Reason.NOT_DELIVERED)}),
        (
            "engaged",
            {(EventKind.DELIVERED, Reason.NONE), (EventKind.OPENED, Reason.NONE), (EventKind.CLICKED, Reason.NONE)},
        ),
    ],
)
def test_an_email_report_tells_what_became_of_an_address(
    sandbox: SandboxProcess, receiver: HookReceiver, local: str, expected: set[tuple[EventKind, Reason]]
) -> None:
    provider = service(sandbox, receiver, track_opens=True, track_clicks=True)
    send(provider, EMAIL, Message("c1-r1-a1", f"{local}@buzon.example", values=("Ana", "x")))
    sandbox.advance(86400)
    events = events_of(provider, receiver)
    assert told(events) == expected
    assert {event.reference for event in events} <= {"c1-r1-a1"}


@pytest.mark.parametrize("layout", ["vendor", "seed"])
def test_an_email_arrives_as_we_meant_it(sandbox: SandboxProcess, layout: str) -> None:
    messages = [
        Message("c1-r1-a1", "ana@buzon.example", values=("Ana & José", "&quot;dos&quot;")),
        Message("c1-r2-a1", "lu@buzon.example", values=("Lucía", "")),
    ]
    send(service(sandbox, message_layout=layout), EMAIL, *messages)
    found = {entry["reference"]: entry for entry in sandbox.log()}
    assert found["c1-r1-a1"]["subject"] == "Hola Ana & José"
    assert found["c1-r1-a1"]["html"] == '<p title="&quot;dos&quot;">Hola Ana & José</p>'
    assert found["c1-r2-a1"]["html"] == '<p title="">Hola Lucía</p>'


def test_a_send_in_doubt_can_be_repeated_under_the_same_ids(sandbox: SandboxProcess) -> None:
    messages = [Message(f"c1-r{n}-a1", f"ana{n}@buzon.example", values=("Ana", "x")) for n in range(3)]
    send(service(sandbox), EMAIL, *messages[:2])
    receipts = send(service(sandbox), EMAIL, *messages, retry=True)
    assert {receipt.outcome for receipt in receipts} == {Outcome.ACCEPTED}
    assert len(sandbox.log()) == 3
    first_try = send(service(sandbox), EMAIL, messages[0])
    assert first_try[0].outcome is Outcome.REFUSED


def test_look_ups_fit_the_ids_into_the_query(sandbox: SandboxProcess) -> None:
    messages = [Message(f"c{'0' * 30}-r{n:06d}-a1", f"ana{n}@buzon.example", values=("A", "b")) for n in range(120)]
    send(service(sandbox), EMAIL, *messages)
    found = using(service(sandbox), lambda p: p.look_up([m.reference for m in messages], Channel.EMAIL))
    assert {event.reference for event in found} == {m.reference for m in messages}
    assert sandbox.requests(path="/email/4/logs")["total"] == 3
    assert sandbox.violations() == []


# -- messaging-service: pulls, rights, bulks, suppressions ------------------------------------------
def test_reports_and_replies_can_be_pulled_once(sandbox: SandboxProcess) -> None:
    send(service(sandbox), SMS, Message("c1-r1-a1", "+59171234567", "Hola"))
    sandbox.advance(60)
    sandbox.reply("messaging-service", "59171234567", "BAJA")
    pulled = using(service(sandbox), lambda p: p.pull(Channel.SMS, "")).events
    assert [(event.kind, event.text) for event in pulled if event.kind is EventKind.REPLY] == [
        (EventKind.REPLY, "BAJA")
    ]
    assert [event.reference for event in pulled if event.kind is EventKind.DELIVERED] == ["c1-r1-a1"]
    assert using(service(sandbox), lambda p: p.pull(Channel.SMS, "")).events == []


def test_reports_are_kept_when_the_replies_cannot_be_fetched(sandbox: SandboxProcess) -> None:
    send(service(sandbox), SMS, Message("c1-r1-a1", "+59171234567", "Hola"))
    sandbox.advance(60)
    sandbox.arm("/sms/1/inbox/reports", "http_500")
    assert len(using(service(sandbox), lambda p: p.pull(Channel.SMS, "")).events) == 1


def test_a_key_without_rights_is_told_by_the_connection_test(sandbox: SandboxProcess) -> None:
    outcome = using(service(sandbox, key="sandbox-noscope"), lambda p: p.test())
    assert (outcome.ok, outcome.reason) == (False, Reason.AUTH)


def test_the_connection_test_tells_which_channel_may_be_used(sandbox: SandboxProcess) -> None:
    sandbox.configure(**{"messaging-service": {"api_keys": {"only-sms": ["sms:message:send"]}}})
    outcome = using(service(sandbox, key="only-sms"), lambda p: p.test())
    assert outcome.ok
    assert outcome.text.startswith("SMS: ready, but unclear requests cannot be looked up")
    assert "Email: not allowed" in outcome.text


def test_an_unknown_bulk_is_told(sandbox: SandboxProcess) -> None:
    for channel in (Channel.SMS, Channel.EMAIL):
        with pytest.raises(Refused) as caught:
            using(service(sandbox), lambda p, channel=channel: p.bulks(channel).statuses("nobody"))
        assert caught.value.reason is Reason.NOT_FOUND


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.EMAIL])
def test_a_scheduled_bulk_can_be_moved_paused_resumed_and_cancelled(sandbox: SandboxProcess, channel: Channel) -> None:
    later = datetime.fromtimestamp(sandbox.now(), UTC).replace(microsecond=0) + timedelta(hours=3)

    async def use(provider: MessagingService) -> list[str]:
        await _schedule(provider, channel, later - timedelta(hours=1))
        bulks: BulksApi = provider.bulks(channel)
        await bulks.move(KEY, later)
        assert [bulk.send_at for bulk in await bulks.times(KEY)] == [later]
        seen = []
        for change in (bulks.pause, bulks.resume, bulks.cancel):
            await change(KEY)
            seen += [bulk.status for bulk in await bulks.statuses(KEY)]
        with pytest.raises(Refused) as caught:
            await bulks.pause(KEY)
        assert caught.value.reason is Reason.REJECTED
        return seen

    assert using(service(sandbox), use) == ["PAUSED", "PENDING", "CANCELED"]


async def _schedule(provider: MessagingService, channel: Channel, when: datetime) -> None:
    """Puts a bulk into the vendor's own queue, which the console itself never does."""
    at = when.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    sms = {"destinations": [{"to": "59171234567"}], "content": {"text": "Hola"}}
    email = {
        "sender": "news@tienda.example",
        "destinations": [{"to": [{"destination": "ana@buzon.example"}]}],
        "content": {"subject": "s", "text": "t"},
    }
    body = {
        "messages": [sms if channel is Channel.SMS else email],
        "options": {"schedule": {"bulkId": KEY, "sendAt": at}},
    }
    path = "/sms/3/messages" if channel is Channel.SMS else "/email/4/messages"
    await provider._api.ask("POST", path, body=body)


def test_the_vendors_suppression_list_can_be_read_and_written(sandbox: SandboxProcess) -> None:
    async def use(provider: MessagingService) -> None:
        suppressions = provider.suppressions()
        await suppressions.add("tienda.example", "COMPLAINT", ["ana@buzon.example", "lu@buzon.example"])
        found = await suppressions.list("tienda.example", "COMPLAINT")
        assert [entry.address for entry in found] == ["ana@buzon.example", "lu@buzon.example"]
        await suppressions.remove("tienda.example", "COMPLAINT", ["ana@buzon.example"])
        assert len(await suppressions.list("tienda.example", "COMPLAINT")) == 1

    using(service(sandbox), use)


def test_a_bearer_client_signs_in_at_the_vendor(sandbox: SandboxProcess) -> None:
    credentials = {"auth_form": "bearer", "client_id": "sandbox", "client_secret": "sandbox"}
    provider = MessagingService(AccountConfig(sandbox.url, credentials), allow_private=True)
    (receipt,) = send(provider, SMS, Message("c1-r1-a1", "+59171234567", "Hola"))
    assert receipt.outcome is Outcome.ACCEPTED
