"""Sinch Messaging on the wire: the contract's own examples, and what the account's options add."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from campaigns.providers.base import (
    AccountConfig,
    Body,
    Channel,
    Message,
    Misconfigured,
    NotSent,
    Outcome,
    Outgoing,
    Receipt,
    Refused,
)
from campaigns.providers.sinch_messaging import SinchMessaging
from campaigns.states import Reason
from tests.providers.raw_server import RawServer, answer, answering, serving
from tests.sandbox_process import SandboxProcess

BODY = Body(Channel.SMS, text="")
MARTA = Message("c42-r1-a1", "+5521955501234", "Marta, your voucher is A7K2")
IVO = Message("c42-r2-a1", "+55 (21) 95550-5678", "Your voucher is waiting in the app")
ANA = Message("c42-r3-a1", "+5521955509999", "Your voucher is waiting in the app")
CREDENTIALS = {"UserName": "campaigns@shop.example", "AuthenticationToken": "t0ken-of-the-shop"}

SPRING = answer(
    body=b'{"status": {"error": false}, "campaigns": [{"name": "Spring 2026", "id": 64, "alias": "spring26"}]}'
)


def config(url: str, **options: Any) -> AccountConfig:
    return AccountConfig(url, CREDENTIALS, options)


def send(
    replies: Sequence[bytes], messages: Sequence[Message], campaign: str = "", **options: Any
) -> tuple[list[Receipt], RawServer]:
    """The receipts of a batch whose requests get these answers, and what the server was asked."""

    async def run() -> tuple[list[Receipt], RawServer]:
        async with (
            serving(answering(*replies)) as server,
            SinchMessaging(config(server.url, **options), allow_private=True) as provider,
        ):
            return await provider.send(Outgoing("key", BODY, messages, campaign)), server

    return asyncio.run(run())


def accepted(*messages: Message) -> bytes:
    rows = [{"id": f"id-{m.reference}", "correlationId": m.reference} for m in messages]
    return answer(body=orjson.dumps({"id": "534dfe47", "messages": rows}))


def json_of(server: RawServer, number: int = 0) -> Any:
    return orjson.loads(server.requests[number][1])


# -- requests -------------------------------------------------------------------------------------
def test_a_single_message_is_the_contracts_example() -> None:
    message = Message("c41-r9001-a1", "+5521955501234", "Hi Marta, 20% off until Sunday. Reply SAIR to stop.")
    options = {"send_mode": "single", "expires_in_minutes": "720", "campaign_alias": "spring26"}
    taken = answer(body=b'[{"id": "31aafc2f", "correlationId": "c41-r9001-a1"}]')
    receipts, server = send([SPRING, taken], [message], "41", **options)
    assert server.requests[1][0].startswith("POST /v1/send-sms HTTP/1.1\r\n")
    assert json_of(server, 1) == {
        "destination": "5521955501234",
        "messageText": "Hi Marta, 20% off until Sunday. Reply SAIR to stop.",
        "correlationId": "c41-r9001-a1",
        "extraInfo": "campaign=41",
        "campaignAlias": "spring26",
        "expiresInMinutes": 720,
    }
    assert receipts == [Receipt("c41-r9001-a1", Outcome.ACCEPTED, "31aafc2f")]


def test_a_text_that_several_share_travels_once() -> None:
    _, server = send([SPRING, accepted(MARTA, IVO, ANA)], [MARTA, IVO, ANA], campaign_alias="spring26")
    assert server.requests[1][0].startswith("POST /v1/send-bulk-sms HTTP/1.1\r\n")
    assert json_of(server, 1) == {
        "messages": [
            {
                "destination": "5521955501234",
                "correlationId": "c42-r1-a1",
                "messageText": "Marta, your voucher is A7K2",
            },
            {"destination": "5521955505678", "correlationId": "c42-r2-a1"},
            {"destination": "5521955509999", "correlationId": "c42-r3-a1"},
        ],
        "defaultValues": {"messageText": "Your voucher is waiting in the app"},
        "campaignAlias": "spring26",
    }


def test_texts_of_their_own_need_no_default() -> None:
    _, server = send([accepted(MARTA, IVO)], [MARTA, IVO])
    assert "defaultValues" not in json_of(server)


def test_the_credentials_travel_in_their_two_headers() -> None:
    _, server = send([accepted(MARTA)], [MARTA])
    head = server.requests[0][0]
    assert "username: campaigns@shop.example\r\n" in head.lower()
    assert "authenticationtoken: t0ken-of-the-shop\r\n" in head.lower()


def test_options_stand_where_the_contract_is_sure_of_them() -> None:
    _, server = send([accepted(MARTA)], [MARTA], flash=True, sub_account="Shop", expires_in_minutes=30)
    body = json_of(server)
    assert body["defaultValues"] == {"flashSMS": True}
    assert (body["subAccount"], body["expiresInMinutes"]) == ("Shop", 30)
    assert "flashSMS" not in body


# -- answers --------------------------------------------------------------------------------------
def test_the_answers_order_does_not_matter() -> None:
    receipts, _ = send([accepted(IVO, MARTA)], [MARTA, IVO])
    assert [r.provider_message_id for r in receipts] == ["id-c42-r1-a1", "id-c42-r2-a1"]


def test_the_place_counts_where_no_reference_is_echoed() -> None:
    body = b'{"id": "b", "messages": [{"id": "first"}, {"id": "second"}]}'
    receipts, _ = send([answer(body=body)], [MARTA, IVO])
    assert [r.provider_message_id for r in receipts] == ["first", "second"]


def test_a_single_answer_may_be_an_object() -> None:
    body = b'{"id": "31aafc2f", "correlationId": "c42-r1-a1"}'
    receipts, _ = send([answer(body=body)], [MARTA], send_mode="single")
    assert receipts[0].provider_message_id == "31aafc2f"


def test_a_message_without_an_id_is_in_doubt() -> None:
    body = b'{"id": "b", "messages": [{"id": "one", "correlationId": "c42-r1-a1"}, {"correlationId": "c42-r2-a1"}]}'
    receipts, _ = send([answer(body=body)], [MARTA, IVO])
    assert [r.outcome for r in receipts] == [Outcome.ACCEPTED, Outcome.UNKNOWN]
    assert receipts[1].reason is Reason.UNREADABLE_ANSWER


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
def test_the_vendors_own_words_are_shown(status: str) -> None:
    body = b'{"errorCode": 401, "errorMessage": "No user was found with token t0ken-of-the-shop."}'
    with pytest.raises(Misconfigured) as caught:
        send([answer(status, body)], [MARTA])
    assert caught.value.text == "No user was found with token •••."
    assert (caught.value.reason, caught.value.code) == (Reason.AUTH, "401")


def test_a_wrong_path_is_a_wrong_base_url() -> None:
    with pytest.raises(Misconfigured) as caught:
        send([answer("404 Not Found")], [MARTA])
    assert caught.value.reason is Reason.REJECTED


@pytest.mark.parametrize("status", ["413 Too Large", "422 Odd"])
def test_other_refusals_are_final_for_the_whole_batch(status: str) -> None:
    with pytest.raises(Refused) as caught:
        send([answer(status)], [MARTA, IVO])
    assert caught.value.reason is Reason.REJECTED


# -- campaigns, look-ups, numbers -----------------------------------------------------------------
def provider_at(sandbox: SandboxProcess, **options: Any) -> SinchMessaging:
    credentials = {"UserName": "sandbox", "AuthenticationToken": "sandbox-token"}
    return SinchMessaging(AccountConfig(sandbox.url, credentials, options), allow_private=True)


def test_a_known_campaign_alias_is_sent_along(sandbox: SandboxProcess) -> None:
    async def run() -> None:
        async with provider_at(sandbox, campaign_alias="spring26") as provider:
            async with provider.campaign_register() as api:
                await api.create("Spring 2026", "spring26")
            await provider.send(Outgoing("key", BODY, [MARTA]))

    asyncio.run(run())
    assert sandbox.log()[0]["campaign_alias"] == "spring26"


def test_an_unknown_campaign_alias_is_left_out(sandbox: SandboxProcess) -> None:
    async def run() -> list[Receipt]:
        async with provider_at(sandbox, campaign_alias="nobody") as provider:
            return await provider.send(Outgoing("key", BODY, [MARTA]))

    assert asyncio.run(run())[0].outcome is Outcome.ACCEPTED


def test_campaigns_can_be_made_read_changed_and_deleted(sandbox: SandboxProcess) -> None:
    async def run() -> None:
        async with provider_at(sandbox) as provider, provider.campaign_register() as api:
            made = await api.create("Spring 2026", "spring26")
            assert await api.get(made.id) == made
            changed = await api.change(made.id, "Spring", "spring")
            assert (changed.id, changed.name, changed.alias) == (made.id, "Spring", "spring")
            assert (await api.list_page("Spring"))[0] == [changed]
            await api.delete(made.id)
            assert await api.get(made.id) is None
            with pytest.raises(Refused):
                await api.delete(made.id)

    asyncio.run(run())


def test_the_campaigns_api_has_a_host_of_its_own_at_the_vendor() -> None:
    async def base_of(url: str) -> str:
        async with SinchMessaging(config(url)).campaign_register() as api:
            return api._http._base

    assert asyncio.run(base_of("https://api-messaging.wavy.global")) == "https://apigw.wavy.global"
    assert asyncio.run(base_of("https://proxy.example")) == "https://proxy.example"


def test_look_ups_ask_for_a_hundred_at_a_time_and_once_a_second() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def run() -> RawServer:
        async with serving(answering(answer(body=b"[]"))) as server:
            provider = SinchMessaging(config(server.url), allow_private=True, sleep=sleep)
            async with provider:
                await provider.look_up([f"c1-r{n}-a1" for n in range(250)], Channel.SMS)
            return server

    server = asyncio.run(run())
    assert [len(json_of(server, n)["correlationIds"]) for n in range(3)] == [100, 100, 50]
    assert slept == [1.05, 1.05]


def test_a_look_up_that_came_too_fast_is_tried_again() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def run(*replies: bytes) -> int:
        async with (
            serving(answering(*replies)) as server,
            SinchMessaging(config(server.url), allow_private=True, sleep=sleep) as provider,
        ):
            return len(await provider.look_up(["c42-r1-a1"], Channel.SMS))

    row = answer(body=b'[{"id": "1", "correlationId": "c42-r1-a1", "sentStatusCode": 2}]')
    too_fast = answer("429 Too Many Requests")
    assert asyncio.run(run(too_fast, row)) == 1
    assert slept == [1.05]
    with pytest.raises(NotSent):
        asyncio.run(run(too_fast, too_fast, too_fast))


def test_numbers_are_validated_on_order(sandbox: SandboxProcess) -> None:
    async def run() -> list[tuple[str, bool]]:
        async with provider_at(sandbox) as provider:
            found = await provider.check_numbers(["+55(21)955501234", "12345"])
            return [(number.address, number.active) for number in found]

    assert asyncio.run(run()) == [("+5521955501234", True), ("+12345", False)]


def test_replies_and_statuses_can_be_pulled(sandbox: SandboxProcess) -> None:
    async def run() -> list[str]:
        async with provider_at(sandbox) as provider:
            await provider.send(Outgoing("key", BODY, [MARTA]))
            sandbox.advance(10)
            sandbox.reply("sinch-messaging", "5521955501234", "SAIR")
            return [f"{event.kind} {event.text}" for event in (await provider.pull(Channel.SMS, "")).events]

    assert asyncio.run(run()) == ["delivered DELIVERED_SUCCESS", "reply SAIR"]
