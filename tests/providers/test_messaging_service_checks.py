"""What messaging-service cannot take is found before anything leaves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from campaigns.providers.base import AccountConfig, Body, Channel, Message, Problem
from campaigns.providers.messaging_service import MessagingService
from campaigns.states import Reason

EMAIL = Body(
    Channel.EMAIL,
    sender="Tienda <news@tienda.example>",
    subject="Hola {{p1}}",
    html="<p>{{p1}} {{p2}}</p>",
    slots=("p1", "p2"),
)
SMS = Body(Channel.SMS, sender="TIENDA", text="Hola")
ANA = Message("r1", "ana@buzon.example", values=("Ana", "x"))


def provider(
    url: str = "https://api.example", credentials: dict[str, str] | None = None, **options: Any
) -> MessagingService:
    return MessagingService(AccountConfig(url, {"api_key": "k"} if credentials is None else credentials, options))


def fields(problems: list[Problem]) -> list[str]:
    return [problem.field for problem in problems]


# -- the account ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "credentials",
    [
        {"api_key": "k"},
        {"username": "ana", "password": "p"},
        {"client_id": "a", "client_secret": "b"},
        {"session_token": "t"},
        {"auth_form": "basic", "api_key": "left over", "username": "ana", "password": "p"},
    ],
)
def test_one_complete_way_to_sign_in_is_enough(credentials: dict[str, str]) -> None:
    assert provider(credentials=credentials).check_account() == []


@pytest.mark.parametrize(
    ("credentials", "field"),
    [
        ({}, "api_key"),
        ({"auth_form": "basic", "username": "ana"}, "password"),
        ({"auth_form": "bearer", "client_id": "a"}, "client_secret"),
        ({"auth_form": "ibsso"}, "session_token"),
        ({"auth_form": "magic"}, "auth_form"),
        ({"api_key": "k", "username": "ana", "password": "p"}, "auth_form"),
        ({"api_key": "k\r\nX: y"}, "api_key"),
        ({"api_key": "clave-ñ"}, "api_key"),
    ],
)
def test_what_keeps_an_account_from_signing_in_is_told(credentials: dict[str, str], field: str) -> None:
    problems = provider(credentials=credentials).check_account()
    assert fields(problems) == [field]
    assert problems[0].reason is Reason.AUTH


def test_the_base_url_has_no_default() -> None:
    assert fields(provider(url="").check_account()) == ["base_url"]


def test_an_unencrypted_address_is_a_warning() -> None:
    (problem,) = provider(url="http://api.example").check_account()
    assert problem.warning


@pytest.mark.parametrize("url", ["http://127.0.0.1:8800", "http://localhost:8800", "http://[::1]:8800"])
def test_an_unencrypted_address_of_this_machine_is_fine(url: str) -> None:
    assert provider(url=url).check_account() == []


# -- email ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sender": ""}, "sender"),
        ({"sender": "Tienda"}, "sender"),
        ({"sender": "Tienda <news@tienda.example>\r\nBcc: x@y.example"}, "sender"),
        ({"subject": ""}, "subject"),
        ({"subject": "x" * 1001}, "subject"),
        ({"subject": "a\nb"}, "subject"),
        ({"html": " ", "text": ""}, "html"),
        ({"reply_to": "nobody"}, "reply_to"),
        ({"html": "{{p3}}"}, "html"),
        ({"headers": {"Bcc": "x@y.example"}}, "headers"),
        ({"headers": {"X-A": "a\r\nb"}}, "headers"),
    ],
)
def test_email_content_that_cannot_be_sent_is_told(change: dict[str, Any], field: str) -> None:
    assert fields(provider().check_body(replace(EMAIL, **change))) == [field]


def test_too_many_links_matter_only_when_clicks_are_tracked() -> None:
    body = replace(EMAIL, html='<a href="https://a.example">{{p1}}</a>' * 151)
    assert provider().check_body(body) == []
    assert fields(provider(track_clicks=True).check_body(body)) == ["html"]


@pytest.mark.parametrize("address", ["ana@buzon.example", "a.b+c@sub.buzon.example", "ñandú@buzon.example"])
def test_addresses_are_taken_as_people_have_them(address: str) -> None:
    assert provider().check(EMAIL, replace(ANA, address=address)) == []


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ana",
        "ana@",
        "@b.example",
        "a@b",
        "a b@c.example",
        "a@b@c.example",
        "Ana <a@b.example>",
        "a@b.example\n",
        "a" * 250 + "@b.es",
    ],
)
def test_what_is_no_address_is_told(address: str) -> None:
    (problem,) = provider().check(EMAIL, replace(ANA, address=address))
    assert problem.reason is Reason.INVALID_RECIPIENT


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (("Ana",), Reason.MISSING_VALUE),
        (("Ana", "{{p1}}"), Reason.INVALID_CONTENT),
        (("Ana\nBcc: x@y.example", "x"), Reason.INVALID_CONTENT),
    ],
)
def test_values_that_would_break_the_message_are_told(values: tuple[str, ...], reason: Reason) -> None:
    (problem,) = provider().check(EMAIL, replace(ANA, values=values))
    assert problem.reason is reason


def test_a_line_break_is_fine_where_it_stays_in_the_body() -> None:
    assert provider().check(EMAIL, replace(ANA, values=("Ana", "one\ntwo"))) == []


# -- SMS ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("sender", ["", "TIENDA", "Tienda 24h", "+34600112233", "123456789012345"])
def test_sms_senders_may_be_names_or_numbers(sender: str) -> None:
    assert provider().check_body(replace(SMS, sender=sender)) == []


@pytest.mark.parametrize("sender", ["TiendaNorteSA", "Niño", "1234567890123456"])
def test_sms_senders_that_carriers_refuse_are_told(sender: str) -> None:
    assert fields(provider().check_body(replace(SMS, sender=sender))) == ["sender"]


@pytest.mark.parametrize("address", ["+59171234567", "0059171234567", "591 (71) 234-567"])
def test_numbers_may_be_written_as_people_write_them(address: str) -> None:
    assert provider().check(SMS, Message("r", address, "Hola")) == []


@pytest.mark.parametrize("address", ["", "+1234567", "+1234567890123456", "ana@x.example"])
def test_what_is_no_number_is_told(address: str) -> None:
    (problem,) = provider().check(SMS, Message("r", address, "Hola"))
    assert problem.reason is Reason.INVALID_RECIPIENT


@pytest.mark.parametrize(
    ("text", "fits"),
    [("a" * 153 * 25, True), ("a" * (153 * 25 + 1), False), ("ж" * 67 * 25, True), ("ж" * (67 * 25 + 1), False)],
)
def test_a_text_has_at_most_twenty_five_parts(text: str, fits: bool) -> None:
    problems = provider().check(SMS, Message("r", "+59171234567", text))
    assert [problem.reason for problem in problems] == ([] if fits else [Reason.TOO_LONG])


def test_an_empty_text_is_told() -> None:
    assert provider().check(SMS, Message("r", "+59171234567", ""))


def test_parts_are_an_estimate_where_the_provider_changes_letters() -> None:
    assert not provider().count("Hola").estimate
    assert provider(transliteration="ALL").count("Hola").estimate
