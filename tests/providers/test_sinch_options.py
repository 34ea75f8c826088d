"""What a campaign says about its delivery through Sinch Messaging, on the wire and in the checks."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaigns.providers.base import AccountConfig, Body, Channel, Message, Outcome, Outgoing, Receipt, Refused
from campaigns.providers.sinch_messaging import SinchMessaging
from campaigns.providers.sinch_messaging import timing as times
from campaigns.providers.sinch_messaging.replies import Cursor
from campaigns.states import Reason
from tests.providers.raw_server import RawServer, answering, serving
from tests.providers.test_sinch_golden import CREDENTIALS, accepted, answer, json_of, provider_at
from tests.sandbox_process import SandboxProcess

LAURA = Message("c43-r1-a1", "+573005550111", "Doors open at 18h")
JUAN = Message("c43-r2-a1", "+573005550122", "Doors open at 18h")
BOGOTA = {"time_zone": "America/Bogota"}
FLOW = "3f8c1a52-7d0e-4b6b-9a57-0c8f1d2e4b90"


def body(text: str = "Doors open at 18h", **options: str) -> Body:
    return Body(Channel.SMS, text=text, options=options)


def flow(*names: str) -> Body:
    return Body(Channel.SMS, template_id=FLOW, names=names)


def send(content: Body, *messages: Message, **options: Any) -> tuple[list[Receipt], RawServer]:
    async def run() -> tuple[list[Receipt], RawServer]:
        async with (
            serving(answering(accepted(*messages))) as server,
            SinchMessaging(AccountConfig(server.url, CREDENTIALS, options), allow_private=True) as provider,
        ):
            return await provider.send(Outgoing("key", content, messages, "43")), server

    return asyncio.run(run())


def fields(**options: str) -> set[str]:
    """Fields with a problem."""
    provider = SinchMessaging(AccountConfig("https://sinch.example", CREDENTIALS))
    return {problem.field for problem in provider.check_body(body(**options))}


def local(ahead: timedelta) -> str:
    """A moment from now, as a person in Bogotá would type it."""
    at = datetime.now(UTC) + ahead - timedelta(hours=5)
    return at.strftime("%Y-%m-%d %H:%M:%S")


# -- on the wire ----------------------------------------------------------------------------------
def test_a_schedule_with_a_window_is_the_contracts_example() -> None:
    hold, give_up = local(timedelta(hours=20)), local(timedelta(hours=28))
    _, server = send(body(hold_until=hold, expires_at=give_up, time_window="9-11, 15-16", **BOGOTA), LAURA, JUAN)
    assert json_of(server) == {
        "messages": [
            {"destination": "573005550111", "correlationId": "c43-r1-a1"},
            {"destination": "573005550122", "correlationId": "c43-r2-a1"},
        ],
        "defaultValues": {"messageText": "Doors open at 18h"},
        "timeZone": "America/Bogota",
        "scheduledDate": hold.replace(" ", "T"),
        "expiresDate": give_up.replace(" ", "T"),
        "timeWindow": [9, 10, 11, 15, 16],
    }


def test_a_flow_travels_with_its_parameters_and_without_a_text() -> None:
    marta = Message("c44-r1-a1", "+5521955501234", values=("Marta", "A-1001"))
    _, server = send(flow("name", "order"), marta)
    assert json_of(server) == {
        "messages": [
            {
                "destination": "5521955501234",
                "correlationId": "c44-r1-a1",
                "params": {"name": "Marta", "order": "A-1001"},
            }
        ],
        "flowId": FLOW,
    }


def test_a_flow_without_parameters_sends_none() -> None:
    _, server = send(flow(), Message("c44-r1-a1", "+5521955501234"), send_mode="single")
    assert json_of(server) == {
        "destination": "5521955501234",
        "correlationId": "c44-r1-a1",
        "extraInfo": "campaign=43",
        "flowId": FLOW,
    }


def test_the_sandbox_fills_the_flow_in(sandbox: SandboxProcess) -> None:
    async def run() -> None:
        async with provider_at(sandbox) as provider:
            marta = Message("c44-r1-a1", "+5521955501234", values=("Marta", "A-1001"))
            await provider.send(Outgoing("key", flow("name", "order"), [marta]))

    asyncio.run(run())
    assert [entry["text"] for entry in sandbox.log()] == ["Hi Marta, your order A-1001 is ready."]
    assert sandbox.violations() == []


def test_a_campaigns_answers_replace_the_accounts() -> None:
    content = body(extra_info="spring sale", flash="on", sub_account="Shop", expires_in_minutes="45")
    _, server = send(content, LAURA, JUAN, sub_account="Other", expires_in_minutes="720")
    sent = json_of(server)
    assert [item["extraInfo"] for item in sent["messages"]] == ["spring sale", "spring sale"]
    assert sent["defaultValues"]["flashSMS"] is True
    assert (sent["subAccount"], sent["expiresInMinutes"]) == ("Shop", 45)


def test_a_date_to_give_up_replaces_the_accounts_minutes() -> None:
    _, server = send(body(expires_at=local(timedelta(hours=2)), **BOGOTA), LAURA, expires_in_minutes="720")
    assert "expiresInMinutes" not in json_of(server)
    assert json_of(server)["timeZone"] == "America/Bogota"


def test_a_campaigns_alias_is_sent_when_sinch_knows_it(sandbox: SandboxProcess) -> None:
    async def run() -> None:
        async with provider_at(sandbox, campaign_alias="nobody") as provider:
            async with provider.campaign_register() as register:
                await register.create("Spring 2026", "spring26")
            await provider.send(Outgoing("key", body(campaign_alias="spring26"), [LAURA]))
            await provider.send(Outgoing("key", body(), [JUAN]))

    asyncio.run(run())
    assert [entry["campaign_alias"] for entry in sandbox.log()] == ["spring26", None]


# -- times ----------------------------------------------------------------------------------------
def test_what_sinch_cannot_schedule_waits_in_our_queue() -> None:
    receipts, server = send(body(hold_until=local(timedelta(minutes=20)), **BOGOTA), LAURA)
    assert server.requests == []
    assert receipts[0].outcome is Outcome.NOT_SENT
    assert receipts[0].retry_after == pytest.approx(1200, abs=5)


def test_a_time_to_wait_for_that_is_over_leaves_at_once() -> None:
    _, server = send(body(hold_until="2026-03-11 09:30", **BOGOTA), LAURA)
    assert "scheduledDate" not in json_of(server)


def test_after_the_time_to_give_up_nothing_leaves() -> None:
    with pytest.raises(Refused) as caught:
        send(body(expires_at="2026-03-11 09:30", **BOGOTA), LAURA)
    assert caught.value.reason is Reason.EXPIRED


@pytest.mark.parametrize(
    ("text", "hours"),
    [("9-11, 16", (9, 10, 11, 16)), ("[9,10,15]", (9, 10, 15)), ("0..2", (0, 1, 2)), ("9,9", (9,)), ("", ())],
)
def test_hours_are_read_as_people_write_them(text: str, hours: tuple[int, ...]) -> None:
    assert times.read({"time_window": text, **BOGOTA}, None)[0].hours == hours


@pytest.mark.parametrize("text", ["24", "9-8", "noon", "-1", "9-25"])
def test_hours_that_no_day_has_are_refused(text: str) -> None:
    assert fields(time_window=text, **BOGOTA) == {"time_window"}


# -- checks ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"time_window": "9"}, {"time_zone"}),
        ({"time_window": "9", "time_zone": "Bogota"}, {"time_zone"}),
        ({"hold_until": "tomorrow", **BOGOTA}, {"hold_until"}),
        ({"hold_until": "2026-12-24", **BOGOTA}, {"hold_until"}),
        ({"hold_until": "2026-12-24T18:00Z", **BOGOTA}, {"hold_until"}),
        ({"expires_in_minutes": "0"}, {"expires_in_minutes"}),
        ({"expires_in_minutes": "5", "expires_at": "2026-12-24T18:00", **BOGOTA}, {"expires_at"}),
        ({"hold_until": "2026-12-24T18:00", "expires_at": "2026-12-24T17:00", **BOGOTA}, {"expires_at"}),
        ({"extra_info": "x" * 256}, {"extra_info"}),
        ({"campaign_alias": "no spaces"}, {"campaign_alias"}),
        ({"hold_until": "2026-12-24T18:00", "expires_at": "2026-12-24T19:00", **BOGOTA}, set()),
        ({"expires_in_minutes": "30", "extra_info": "x" * 255, "campaign_alias": "spring-26"}, set()),
    ],
)
def test_options_are_checked_before_anything_leaves(options: dict[str, str], wrong: set[str]) -> None:
    assert fields(**options) == wrong


def test_a_flow_needs_an_id_and_no_text() -> None:
    provider = SinchMessaging(AccountConfig("https://sinch.example", CREDENTIALS))
    assert provider.check_body(flow("name")) == []
    assert provider.check(flow("name"), Message("c1-r1-a1", "+5521955501234", values=("Marta",))) == []
    (problem,) = provider.check_body(Body(Channel.SMS, template_id="two words"))
    assert problem.field == "template_id"


@pytest.mark.parametrize(("price", "wrong"), [("0.012", False), ("0,5", False), ("cheap", True), ("-1", True)])
def test_the_price_of_a_number_check_is_a_number(price: str, wrong: bool) -> None:
    provider = SinchMessaging(AccountConfig("https://sinch.example", CREDENTIALS, {"number_check_price": price}))
    assert bool(provider.check_account()) is wrong


# -- pulls ----------------------------------------------------------------------------------------
def test_replies_are_searched_again_from_an_hour_before_the_last_time() -> None:
    async def run() -> RawServer:
        async with (
            serving(answering(answer(body=b"[]"))) as server,
            SinchMessaging(AccountConfig(server.url, CREDENTIALS), allow_private=True) as provider,
        ):
            pulled = await provider.pull(Channel.SMS, "2026-03-10T13:00:00+00:00 mo:1")
            assert datetime.fromisoformat(pulled.cursor) > datetime.now(UTC) - timedelta(minutes=1)
            return server

    heads = [head.split("\r\n")[0] for head, _ in asyncio.run(run()).requests]
    assert heads[0].startswith("GET /v1/sms/status/list ")
    assert heads[1].startswith("GET /v1/sms/receive/search?start=2026-03-10T12:00:00 ")


def test_what_was_pulled_is_not_pulled_again(sandbox: SandboxProcess) -> None:
    async def run() -> list[list[str]]:
        async with provider_at(sandbox) as provider:
            await provider.send(Outgoing("key", body(), [LAURA]))
            sandbox.advance(10)
            sandbox.reply("sinch-messaging", "573005550111", "SAIR")
            first = await provider.pull(Channel.SMS, "")
            second = await provider.pull(Channel.SMS, first.cursor)
            sandbox.reply("sinch-messaging", "573005550111", "Gracias")
            third = await provider.pull(Channel.SMS, second.cursor)
            return [[event.text for event in pulled.events] for pulled in (first, second, third)]

    sandbox.configure(sinch={"status_queries_per_second": 0})
    assert asyncio.run(run()) == [["DELIVERED_SUCCESS", "SAIR"], [], ["Gracias"]]


def test_a_pull_that_comes_too_fast_waits_its_second() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def run() -> int:
        replies = [answer("429 Too Many Requests"), answer(body=b"[]"), answer(body=b"[]")]
        async with (
            serving(answering(*replies)) as server,
            SinchMessaging(AccountConfig(server.url, CREDENTIALS), allow_private=True, sleep=sleep) as provider,
        ):
            return len((await provider.pull(Channel.SMS, "")).events)

    assert (asyncio.run(run()), slept) == (0, [1.05])


def test_a_cursor_that_cannot_be_read_asks_for_everything() -> None:
    assert Cursor.read("odd").query() == []
