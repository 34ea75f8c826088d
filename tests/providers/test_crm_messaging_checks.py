"""CRM Messaging: what is refused before anything leaves (contract, validation rules)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from campaigns.providers.base import Channel, Problem
from campaigns.providers.crm_messaging import CrmMessaging, times
from campaigns.states import Reason
from tests.providers.crm_wire import ELENI, ELENI_BY_EMAIL, NEWS, VOUCHER, account

NOW = datetime(2026, 10, 4, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def a_sunday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "now", lambda: NOW)


def fields_of(problems: list[Problem]) -> list[str]:
    return [problem.field for problem in problems]


# -- rules 1 and 2, and the settings ------------------------------------------------------------------


@pytest.mark.parametrize("url", ["https://crm.example", "https://crm.example/tenant", "http://127.0.0.1:8800"])
def test_https_and_this_very_machine_are_good_addresses(url: str) -> None:
    assert account(url).check_account() == []


@pytest.mark.parametrize(
    "url", ["", "http://crm.example", "ftp://crm.example", "https://u:p@crm.example", "https://crm.example/?a=1"]
)
def test_any_other_address_is_a_wrong_configuration(url: str) -> None:
    assert "base_url" in fields_of(account(url).check_account())


@pytest.mark.parametrize(
    ("credentials", "field"),
    [
        ({"user": "", "password": "x"}, "user"),
        ({"user": "x", "password": " "}, "password"),
        ({"user": "a:b", "password": "x"}, "user"),
        ({"user": "a\tb", "password": "x"}, "user"),
        ({"user": "a", "password": "x\ny"}, "password"),
    ],
)
def test_credentials_that_cannot_be_right_are_refused(credentials: dict[str, str], field: str) -> None:
    problems = account(credentials=credentials).check_account()
    assert [(p.field, p.reason) for p in problems] == [(field, Reason.AUTH)]


@pytest.mark.parametrize(
    "lines",
    [
        "x | sms", "0 | sms", "-1 | sms", "101", "101 | viber", "101 | sms | First name", "101 | sms\n101 | email",
        f"101 | sms | {'x' * 65}", "101 | sms | A | Hello {{B}}", "99999999999 | sms",
    ],
)  # fmt: skip
def test_a_line_that_describes_no_template_is_refused(lines: str) -> None:
    assert fields_of(account(templates=lines).check_account()) == ["templates"]


@pytest.mark.parametrize("lines", ["30 69", "+30 69", "abc", "+30 69xxxxxxxxxxxxxxx", "+0 69xxxxxxxx", ","])
def test_a_country_that_cannot_be_read_is_refused(lines: str) -> None:
    assert fields_of(account(countries=lines).check_account()) == ["countries"]


def test_other_settings_are_checked_too() -> None:
    assert fields_of(account(card_field="two words", time_zone="Athens").check_account()) == ["card_field", "time_zone"]


# -- templates ----------------------------------------------------------------------------------------


def templates(lines: str, channel: Channel = Channel.SMS) -> list[Any]:
    return asyncio.run(account(templates=lines).templates(channel))


def test_templates_are_listed_without_asking_anybody() -> None:
    (template,) = templates("101 | SMS | Firstname, code | {{ Firstname }}: {{code}} | bye\n102 | email | Firstname")
    assert (template.id, template.channel, template.placeholders) == ("101", "sms", ("Firstname", "code"))
    assert template.text == "{{Firstname}}: {{code}} | bye"
    assert template.name == "101 · {{Firstname}}: {{code}} | bye"


def test_a_template_without_a_text_is_named_by_its_tags() -> None:
    (template,) = templates("102 | email | Firstname, Lastname", Channel.EMAIL)
    assert (template.name, template.text) == ("102 · Firstname, Lastname", "")


def test_only_the_vendors_own_content_can_be_sent() -> None:
    can = account(card_field="card").capabilities(Channel.SMS)
    assert (can.own_text, can.remote_templates, can.lists_templates) == (False, True, True)
    assert (can.max_batch, can.requests_at_once, can.requests_per_second) == (500, 1, 2.0)
    assert (can.contact_fields, account().capabilities(Channel.SMS).contact_fields) == (("card",), ())


# -- rule 3 -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"template_id": ""},
        {"template_id": "999"},
        {"template_id": "311"},  # an email template
        {"names": ("Firstname", "voucherCode")},  # a tag without a value
        {"names": (*VOUCHER.names, "bad name")},
    ],
)
def test_a_template_that_does_not_fit_keeps_the_dispatch_from_starting(changes: dict[str, Any]) -> None:
    problems = account().check_body(replace(VOUCHER, **changes))
    assert [(p.reason, p.field) for p in problems] == [(Reason.INVALID_CONTENT, "template_id")]


def test_the_content_and_the_people_of_the_samples_have_no_problems() -> None:
    provider = account()
    assert provider.check_body(VOUCHER) == provider.check_body(NEWS) == []
    assert provider.check(VOUCHER, ELENI) == provider.check(NEWS, ELENI_BY_EMAIL) == []


# -- rules 6 to 10 ------------------------------------------------------------------------------------


def reasons(provider: CrmMessaging, body: Any, message: Any) -> list[Reason]:
    return [problem.reason for problem in provider.check(body, message)]


@pytest.mark.parametrize("address", ["", "+302101234567", "+3069411122", "+34600112233", "6941112233", "+30694111223x"])
def test_only_mobiles_of_allowed_countries_get_an_sms(address: str) -> None:
    assert reasons(account(), VOUCHER, replace(ELENI, address=address)) == [Reason.INVALID_RECIPIENT]


@pytest.mark.parametrize("address", ["+306941112233", "+35799112233"])
def test_several_countries_may_be_allowed(address: str) -> None:
    provider = account(countries="+30 69xxxxxxxx\r\n+357 9xxxxxxx")
    assert reasons(provider, VOUCHER, replace(ELENI, address=address)) == []


@pytest.mark.parametrize("address", ["", "a", "a@b", "a@b@c.example", "a b@c.example", f"{'x' * 250}@b.example"])
def test_only_email_addresses_get_an_email(address: str) -> None:
    assert reasons(account(), NEWS, replace(ELENI_BY_EMAIL, address=address)) == [Reason.INVALID_RECIPIENT]


@pytest.mark.parametrize(
    "values", [("Eleni", "41"), ("x" * 1001, "41", "d"), ("{{voucherCode}}", "41", "d"), ("a", "b}}", "d")]
)
def test_values_that_would_spoil_the_text_are_refused_for_their_person(values: tuple[str, ...]) -> None:
    assert reasons(account(), VOUCHER, replace(ELENI, values=values)) == [Reason.INVALID_CONTENT]


# -- rule 11 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("date", "good"),
    [
        ("2026-10-05 10:00", True),
        ("2026-10-05T10:00:00+02:00", True),
        ("2026-10-04 15:02", True),  # two minutes ahead in Athens
        ("2026-10-04 15:01", False),
        ("2026-11-04 10:00", False),  # more than thirty days
        ("2026-10-05", False),
        ("tomorrow", False),
    ],
)
def test_a_schedule_lies_between_two_minutes_and_thirty_days_ahead(date: str, good: bool) -> None:
    problems = account(may_schedule="true").check_body(replace(VOUCHER, options={"scheduleDate": date}))
    assert fields_of(problems) == ([] if good else ["scheduleDate"])


def test_a_schedule_needs_the_accounts_permission() -> None:
    problems = account().check_body(replace(VOUCHER, options={"scheduleDate": "2026-10-05 10:00"}))
    assert [problem.text for problem in problems] == ["The provider account does not let the CRM do the waiting."]
