"""messaging-service: fetching reports and replies, and what a lost answer leads to."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from campaigns.providers.base import AccountConfig, Channel, EventKind, Misconfigured, NotSent, Pulled
from campaigns.providers.messaging_service import MessagingService
from campaigns.providers.messaging_service.files import Uploaded
from tests.providers.raw_server import RawServer, answer, answering, serving
from tests.providers.service_wire import APP, head_of

DELIVERED = {"groupId": 3, "groupName": "DELIVERED", "id": 5, "name": "DELIVERED_TO_HANDSET"}


def pull(replies: list[bytes], channel: Channel, cursor: str = "") -> tuple[Pulled, RawServer]:
    async def run() -> tuple[Pulled, RawServer]:
        async with (
            serving(answering(*replies)) as server,
            MessagingService(AccountConfig(server.url, APP), allow_private=True) as provider,
        ):
            return await provider.pull(channel, cursor), server

    return asyncio.run(run())


def results(*rows: dict[str, Any], **more: Any) -> bytes:
    return answer(body=orjson.dumps({"results": list(rows), **more}))


def report(reference: str, address: str = "ana@buzon.example") -> dict[str, Any]:
    return {"messageId": reference, "to": address, "status": DELIVERED, "doneAt": "2026-10-05T14:30:05.902+0000"}


def query_of(server: RawServer, number: int) -> tuple[str, dict[str, str]]:
    target = urlsplit(head_of(server, number).split()[1])
    return target.path, {name: values[0] for name, values in parse_qs(target.query).items()}


def test_email_reports_are_fetched_as_many_as_there_are() -> None:
    pulled, server = pull([results(report("r1-1"), report("r2-1"))], Channel.EMAIL)
    assert [(e.kind, e.reference) for e in pulled.events] == [
        (EventKind.DELIVERED, "r1-1"),
        (EventKind.DELIVERED, "r2-1"),
    ]
    assert query_of(server, 0) == ("/email/4/reports", {"limit": "1000"})
    assert pulled.cursor == ""


def test_the_other_name_of_the_list_is_read_too() -> None:
    body = answer(body=orjson.dumps({"emailResults": [report("r1-1")]}))
    assert [event.reference for event in pull([body], Channel.EMAIL)[0].events] == ["r1-1"]


def test_sms_brings_replies_too() -> None:
    reply = {"messageId": "in-1", "from": "59171234567", "to": "59170000111", "text": "BAJA"}
    pulled, server = pull([results(report("r1-1", "59171234567")), results(reply, pendingMessageCount=0)], Channel.SMS)
    assert [event.kind for event in pulled.events] == [EventKind.DELIVERED, EventKind.REPLY]
    assert [query_of(server, n)[0] for n in range(2)] == ["/sms/3/reports", "/sms/1/inbox/reports"]


def test_reports_are_kept_when_the_replies_cannot_be_fetched() -> None:
    pulled, _ = pull([results(report("r1-1", "59171234567")), answer(503)], Channel.SMS)
    assert [event.reference for event in pulled.events] == ["r1-1"]


@pytest.mark.parametrize("lost", [answer(503), answer(body=b'{"results": [')], ids=["503", "broken off"])
def test_reports_whose_answer_was_lost_are_read_from_the_logs(lost: bytes) -> None:
    pulled, server = pull([lost, results(report("r1-1"), cursor={"limit": 1000, "nextCursor": None})], Channel.EMAIL)
    assert [event.reference for event in pulled.events] == ["r1-1"]
    path, query = query_of(server, 1)
    assert path == "/email/4/logs"
    assert query["useCursor"] == "true" and query["sentSince"].endswith(".000+0000")
    assert pulled.cursor == ""


def test_catching_up_goes_on_where_it_stopped() -> None:
    first, _ = pull([answer(503), answer(503)], Channel.EMAIL)
    assert (first.events, first.cursor.startswith("logs|")) == ([], True)
    page = results(report("r1-1"), cursor={"limit": 1000, "nextCursor": "77"})
    second, _ = pull([results(), page, answer(429)], Channel.EMAIL, first.cursor)
    assert [event.reference for event in second.events] == ["r1-1"]
    assert second.cursor.endswith("|77")
    third, server = pull(
        [results(), results(report("r2-1"), cursor={"nextCursor": None})], Channel.EMAIL, second.cursor
    )
    assert query_of(server, 1)[1]["cursor"] == "77"
    assert [event.reference for event in third.events] == ["r2-1"]
    assert third.cursor == ""


@pytest.mark.parametrize(("status", "error"), [(429, NotSent), (401, Misconfigured)])
def test_a_refused_fetch_has_lost_nothing(status: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        pull([answer(status)], Channel.EMAIL)


def test_an_upload_is_referred_to_until_it_nears_its_end() -> None:
    clock = iter([0.0, 10.0, 6 * 24 * 3600.0 + 1]).__next__
    known = Uploaded(clock)
    known.keep("shop", "digest", "up-1")
    assert known.find("shop", "digest") == "up-1"
    assert known.find("other shop", "digest") == ""
    assert known.find("shop", "digest") == ""
