"""CRM Messaging's answers: who was refused, what is in doubt, what a failure means (contract, error mapping)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from campaigns.providers.base import (
    Channel,
    MaybeSent,
    Misconfigured,
    NotSent,
    Outcome,
    Outgoing,
    ProviderError,
    Refused,
)
from campaigns.providers.remote import Course
from campaigns.states import Reason
from tests.providers.crm_wire import (
    CREDENTIALS,
    ELENI,
    ELENI_BY_EMAIL,
    KEY,
    MARKOS,
    NEWS,
    VOUCHER,
    account,
    ask,
    counted,
    on_server,
    send,
    told,
)
from tests.providers.raw_server import answer

ERROR = {"error": "Template 999 was not found", "errorCode": 90404}
JSON = "Content-Type: application/json\r\n"
PAGE = answer("200 OK", b"<html>Sign in</html>", "Content-Type: text/html; charset=utf-8\r\n")


def outcomes(payload: Any) -> list[Outcome]:
    return [receipt.outcome for receipt in send(told(payload))[0]]


def failure(reply: bytes, **changes: Any) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        send(reply, **changes)
    return caught.value


# -- a 200 --------------------------------------------------------------------------------------------


def test_all_are_accepted_under_one_ticket() -> None:
    receipts, _ = send(told(counted(2, 2, 0)))
    assert {(r.outcome, r.ticket) for r in receipts} == {(Outcome.ACCEPTED, "418807")}


def test_nobody_valid_is_nobody_to_follow() -> None:
    nobody = counted(2, 0, 2, dispatch=None, invalidMobiles=[{"uniqueId": "cli-10021", "mobile": "6941112233"}])
    receipts, _ = send(told(nobody))
    assert {(r.outcome, r.reason, r.ticket) for r in receipts} == {
        (Outcome.REFUSED, Reason.INVALID_RECIPIENT, ""),
    }


@pytest.mark.parametrize(
    "payload",
    [
        counted(2, 1, 1),  # one is invalid, and nobody says who
        counted(3, 3, 0),
        counted(2, 1, 0),
        counted(2, 2, 1),
        {"dispatch": 418807},
        {**counted(2, 2, 0), "totalRecipients": None},
    ],
)
def test_counts_that_do_not_add_up_leave_everybody_in_doubt(payload: dict[str, Any]) -> None:
    assert outcomes(payload) == [Outcome.UNKNOWN, Outcome.UNKNOWN]


def test_whom_the_lists_name_is_refused_even_when_the_counts_do_not_add_up() -> None:
    listed = [{"uniqueId": "cli-10022", "mobile": "2101234567"}]
    assert outcomes(counted(2, 1, 3, invalidMobiles=listed)) == [Outcome.UNKNOWN, Outcome.REFUSED]


def test_somebody_we_did_not_send_to_makes_the_counts_doubtful() -> None:
    assert outcomes(counted(2, 1, 1, invalidMobiles=[{"uniqueId": "cli-9", "mobile": "1"}])) == [Outcome.UNKNOWN] * 2


def test_refused_emails_are_matched_whatever_their_case_and_spaces() -> None:
    other = replace(ELENI_BY_EMAIL, reference="c1-r9-a1", contact="cli-9", address="nikos@buzon.example")
    payload = counted(2, 1, 1, invalidEmails=[" Eleni@BUZON.example "])
    receipts, _ = send(told(payload), NEWS, [ELENI_BY_EMAIL, other])
    assert [r.outcome for r in receipts] == [Outcome.REFUSED, Outcome.ACCEPTED]


@pytest.mark.parametrize("dispatch", [None, 0, -1, "418807", True, 1.5])
def test_an_answer_without_a_dispatch_is_a_doubt(dispatch: Any) -> None:
    error = failure(told({**counted(2, 2, 0), "dispatch": dispatch}))
    assert (type(error), error.reason) == (MaybeSent, Reason.UNREADABLE_ANSWER)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"ok"'])
def test_a_body_that_cannot_be_read_is_a_doubt(body: bytes) -> None:
    assert type(failure(answer("200 OK", body, JSON))) is MaybeSent


def test_a_page_instead_of_an_answer_means_a_wrong_address() -> None:
    error = failure(PAGE)
    assert (type(error), error.reason) == (Misconfigured, Reason.REJECTED)


# -- any other status ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        ("400 Bad Request", Refused, Reason.INVALID_CONTENT),
        ("401 Unauthorized", Misconfigured, Reason.AUTH),
        ("403 Forbidden", Misconfigured, Reason.AUTH),
        ("404 Not Found", Refused, Reason.INVALID_CONTENT),
        ("409 Conflict", Refused, Reason.REJECTED),
        ("422 Unprocessable", Refused, Reason.REJECTED),
        ("429 Too Many Requests", NotSent, Reason.RATE_LIMITED),
        ("500 Server Error", MaybeSent, Reason.NO_ANSWER),
        ("502 Bad Gateway", MaybeSent, Reason.NO_ANSWER),
        ("503 Unavailable", MaybeSent, Reason.NO_ANSWER),
        ("504 Timeout", MaybeSent, Reason.NO_ANSWER),
        ("302 Found", Misconfigured, Reason.REJECTED),
    ],
)
def test_every_status_means_what_the_contract_says(status: str, kind: type[ProviderError], reason: Reason) -> None:
    error = failure(told(ERROR, status))
    assert (type(error), error.reason) == (kind, reason)
    assert (error.code, error.text) == ("90404", "Template 999 was not found")


def test_not_found_without_an_error_of_the_api_means_a_wrong_address() -> None:
    error = failure(answer("404 Not Found", b"<h1>Not Found</h1>", "Content-Type: text/html\r\n"))
    assert (type(error), error.reason) == (Misconfigured, Reason.REJECTED)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("mobilePhone is not valid", Reason.INVALID_RECIPIENT),
        ("The email has a wrong format", Reason.INVALID_RECIPIENT),
        ("payload is malformed", Reason.INVALID_CONTENT),
    ],
)
def test_a_refusal_about_the_one_address_is_the_recipients(text: str, reason: Reason) -> None:
    reply = told({"error": text, "errorCode": 7}, "400 Bad Request")
    assert failure(reply, messages=[ELENI]).reason is reason


def test_a_refusal_of_several_is_nobodys_own() -> None:
    reply = told({"error": "mobilePhone is not valid", "errorCode": 7}, "400 Bad Request")
    with pytest.raises(Refused) as caught:
        send(reply)
    assert caught.value.reason is Reason.INVALID_CONTENT


def test_a_429_waits_as_long_as_it_says_and_a_minute_when_it_does_not() -> None:
    told_so = failure(told(ERROR, "429 Too Many Requests", f"{JSON}Retry-After: 7\r\n"))
    silent = failure(told(ERROR, "429 Too Many Requests"))
    assert isinstance(told_so, NotSent) and isinstance(silent, NotSent)
    assert (told_so.retry_after, silent.retry_after) == (7.0, 60.0)


def test_no_error_shows_the_password() -> None:
    echo = told({"error": f"wrong: {CREDENTIALS['password']}", "errorCode": 1}, "401 Unauthorized")
    assert CREDENTIALS["password"] not in str(failure(echo))


def test_a_failed_call_is_logged_with_everything_but_who_the_people_are(caplog: pytest.LogCaptureFixture) -> None:
    eleni = replace(ELENI, fields={"card": "LC-550012"})
    failure(told(ERROR, "400 Bad Request"), messages=[eleni], card_field="card")
    (record,) = [r for r in caplog.records if r.getMessage() == "call failed"]
    logged = vars(record)
    assert logged["call"].endswith("/api/SendMessages")
    assert (logged["http_status"], logged["code"], logged["error"]) == (400, "90404", "Template 999 was not found")
    assert orjson.loads(logged["answer"]) == ERROR
    assert logged["payload"] == {
        "templateId": 204,
        "recipients": [
            {
                "uniqueId": "cli-10021",
                "cardNumber": "•••12",
                "mobilePhone": "•••33",
                "payload": {"Firstname": "•••", "voucherCode": "•••", "expirationDate": "•••"},
            }
        ],
    }


def test_an_email_is_logged_by_its_domain(caplog: pytest.LogCaptureFixture) -> None:
    failure(told(ERROR, "500 Server Error"), body=NEWS, messages=[ELENI_BY_EMAIL])
    (record,) = [r for r in caplog.records if r.getMessage() == "call failed"]
    assert vars(record)["payload"]["recipients"][0]["email"] == "•••@buzon.example"


def test_an_answer_that_names_people_is_logged_without_their_addresses(caplog: pytest.LogCaptureFixture) -> None:
    named = {"error": "bad", "invalidMobiles": [{"uniqueId": "cli-10021", "mobile": "6941112233"}]}
    failure(told(named, "400 Bad Request"))
    (record,) = [r for r in caplog.records if r.getMessage() == "call failed"]
    assert orjson.loads(vars(record)["answer"])["invalidMobiles"] == [{"uniqueId": "cli-10021", "mobile": "•••33"}]


# -- asking -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        ("401 Unauthorized", Misconfigured, Reason.AUTH),
        ("403 Forbidden", Misconfigured, Reason.AUTH),
        ("429 Too Many Requests", NotSent, Reason.RATE_LIMITED),
        ("500 Server Error", NotSent, Reason.PROVIDER_DOWN),
        ("503 Unavailable", NotSent, Reason.PROVIDER_DOWN),
    ],
)
def test_a_failed_question_means_what_the_contract_says(status: str, kind: type[ProviderError], reason: Reason) -> None:
    with pytest.raises(ProviderError) as caught:
        on_server(lambda provider: provider.follow("1", Channel.SMS), told(ERROR, status))
    assert (type(caught.value), caught.value.reason) == (kind, reason)


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"dispatchId": 1}'])
def test_an_answer_that_is_no_dispatch_is_asked_for_again(body: bytes) -> None:
    with pytest.raises(NotSent):
        on_server(lambda provider: provider.follow("1", Channel.SMS), answer("200 OK", body, JSON))


def test_not_found_is_an_answer() -> None:
    found, _ = on_server(lambda provider: provider.follow("1", Channel.SMS), told(ERROR, "404 Not Found"))
    assert found.course is Course.MISSING


def test_the_connection_is_good_when_the_api_does_not_know_a_dispatch_that_nobody_has() -> None:
    connection, server = on_server(lambda provider: provider.test(), told(ERROR, "404 Not Found"))
    assert connection.ok
    assert server.requests[0][0].startswith("GET /api/Dispatches/0 ")


@pytest.mark.parametrize("reply", [PAGE, answer("404 Not Found", b"nginx")])
def test_the_connection_is_bad_when_something_else_answers(reply: bytes) -> None:
    connection, _ = on_server(lambda provider: provider.test(), reply)
    assert (connection.ok, connection.reason) == (False, Reason.REJECTED)


# -- what cannot happen -------------------------------------------------------------------------------


def test_a_repeated_person_is_a_bug_and_nothing_leaves() -> None:
    twice = [ELENI, replace(MARKOS, contact=ELENI.contact)]
    with pytest.raises(ValueError, match="uniqueId"):
        ask(lambda provider: provider.send(Outgoing(KEY, VOUCHER, twice)), account())


def test_a_template_that_the_account_no_longer_describes_sends_nothing() -> None:
    gone = replace(VOUCHER, template_id="999")
    with pytest.raises(Refused) as caught:
        ask(lambda provider: provider.send(Outgoing(KEY, gone, [ELENI])), account())
    assert caught.value.reason is Reason.INVALID_CONTENT


# -- the body -----------------------------------------------------------------------------------------


def sent(*messages: Any, body: Any = VOUCHER, **options: Any) -> dict[str, Any]:
    _, server = send(told(counted(len(messages), len(messages), 0)), body, messages, **options)
    return dict(orjson.loads(server.requests[0][1]))


def test_a_phone_may_go_with_its_country() -> None:
    (recipient,) = sent(ELENI, phone_style="international")["recipients"]
    assert recipient["mobilePhone"] == "+306941112233"


def test_a_number_of_no_allowed_country_keeps_its_country() -> None:
    (recipient,) = sent(replace(ELENI, address="+34600112233"))["recipients"]
    assert recipient["mobilePhone"] == "+34600112233"


def test_a_test_to_a_typed_address_goes_under_our_reference() -> None:
    (recipient,) = sent(replace(ELENI, contact=""))["recipients"]
    assert recipient["uniqueId"] == "c1-r1-a1"


@pytest.mark.parametrize("card", ["", "   ", "x" * 65])
def test_a_card_number_that_cannot_be_one_is_left_out(card: str) -> None:
    (recipient,) = sent(replace(ELENI, fields={"card": card}), card_field="card")["recipients"]
    assert "cardNumber" not in recipient


def test_without_the_accounts_consent_no_card_number_leaves() -> None:
    (recipient,) = sent(replace(ELENI, fields={"card": "LC-550012"}))["recipients"]
    assert set(recipient) == {"uniqueId", "mobilePhone", "payload"}


def test_a_template_without_tags_has_no_payload() -> None:
    plain = replace(VOUCHER, template_id="7", names=())
    (recipient,) = sent(replace(ELENI, values=()), body=plain, templates="7 | sms")["recipients"]
    assert "payload" not in recipient


def test_a_schedule_that_the_account_does_not_allow_is_not_sent() -> None:
    assert "scheduleDate" not in sent(ELENI, body=replace(VOUCHER, options={"scheduleDate": "2999-01-01 10:00"}))


def test_a_schedule_that_came_too_near_is_sent_at_once() -> None:
    late = replace(VOUCHER, options={"scheduleDate": "2020-01-01 10:00"})
    assert "scheduleDate" not in sent(ELENI, body=late, may_schedule="true")
