"""Marketing Cloud's token, hosts, look-ups, lists and the set-up of callbacks, on the wire."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from campaigns.providers.base import (
    AccountConfig,
    Channel,
    Event,
    EventKind,
    MaybeSent,
    Misconfigured,
    NotSent,
    Outgoing,
    Refused,
)
from campaigns.providers.salesforce_marketing_cloud import SalesforceMarketingCloud, adapter
from campaigns.providers.salesforce_marketing_cloud.session import auth_host, rest_host
from campaigns.states import Reason
from tests.providers.cloud_wire import (
    CREDENTIALS,
    DEFINITION,
    LUCIA,
    OWN_TEXT,
    TOKEN,
    call,
    json_of,
    lines,
    queued,
    refused,
    said,
)
from tests.providers.raw_server import answer

UNAUTHORISED = refused(40001, "MCMS_UTM_Authentication_NotAuthenticated", "401 Unauthorized")
# The contract's §10.1 and §10.5.
WRONG_CLIENT = said(
    {
        "error": "invalid_client",
        "error_description": "Client ID not recognised.",
        "error_uri": "https://developer.salesforce.com/docs",
    },
    "401 Unauthorized",
)
QUEUED = {
    "requestId": "r-1",
    "eventCategoryType": "TransactionalSendEvents.SMSQueued",
    "timestamp": "2026-10-05T08:30:05.120",
}
NOT_KNOWN = refused(30003, "MCMS_UTM_Runtime_ObjectNotFound", "404 Not Found")


async def one_batch(provider: SalesforceMarketingCloud) -> Any:
    return await provider.send(Outgoing("k", OWN_TEXT, [LUCIA]))


# -- token ----------------------------------------------------------------------------------------
def test_a_refused_token_is_renewed_once_and_the_request_repeated() -> None:
    fresh = said({**TOKEN, "access_token": "eyJ-second"})
    receipts, server = call([said(TOKEN), UNAUTHORISED, fresh, said(DEFINITION), queued(LUCIA)], one_batch)
    assert receipts[0].provider_message_id == LUCIA.reference
    assert [line.split()[1].rpartition("/")[2] for line in lines(server)] == [
        "token", "otono-cupon", "token", "otono-cupon", "",
    ]  # fmt: skip
    assert "Bearer eyJ-second" in server.requests[-1][0]


def test_a_send_that_was_refused_for_its_token_is_sent_again_because_nothing_was_processed() -> None:
    fresh = said({**TOKEN, "access_token": "eyJ-second"})
    receipts, _ = call([said(TOKEN), said(DEFINITION), UNAUTHORISED, fresh, queued(LUCIA)], one_batch)
    assert receipts[0].provider_message_id == LUCIA.reference


def test_a_second_refusal_is_the_accounts_fault() -> None:
    with pytest.raises(Misconfigured) as caught:
        call([said(TOKEN), UNAUTHORISED, said(TOKEN), UNAUTHORISED], one_batch)
    assert caught.value.reason is Reason.AUTH


@pytest.mark.parametrize("status", ["400 Bad Request", "401 Unauthorized"])
def test_refused_credentials_hold_the_account_and_are_told_in_the_vendors_words(status: str) -> None:
    reply = WRONG_CLIENT.replace(b"401 Unauthorized", status.encode())
    with pytest.raises(Misconfigured) as caught:
        call([reply], one_batch)
    assert (caught.value.reason, caught.value.text) == (Reason.AUTH, "Client ID not recognised.")


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (said({"errorcode": 50200, "message": "blocked"}, "429 Too Many Requests"), Reason.RATE_LIMITED),
        (said({}, "500 Internal Server Error"), Reason.PROVIDER_DOWN),
        (answer(body=b"no json"), Reason.PROVIDER_DOWN),
        (said({"token_type": "Bearer"}), Reason.PROVIDER_DOWN),
        (said({"access_token": "eyJ-sample", "expires_in": "soon"}), Reason.PROVIDER_DOWN),
    ],
)
def test_without_a_token_nothing_was_sent(reply: bytes, reason: Reason) -> None:
    with pytest.raises(NotSent) as caught:
        call([reply], one_batch)
    assert caught.value.reason is reason
    assert "eyJ-sample" not in caught.value.text


def test_a_token_is_shared_by_the_requests_of_an_adapter() -> None:
    async def two(provider: SalesforceMarketingCloud) -> None:
        await one_batch(provider)
        await one_batch(provider)

    _, server = call([said(TOKEN), said(DEFINITION), queued(LUCIA), queued(LUCIA)], two)
    assert len([line for line in lines(server) if line.endswith("/v2/token")]) == 1


def test_a_secret_that_is_echoed_is_not_shown() -> None:
    echoed = refused(10000, f"bad {CREDENTIALS['client_secret']}")
    with pytest.raises(Refused) as caught:
        call([said(TOKEN), said(DEFINITION), echoed], one_batch)
    assert CREDENTIALS["client_secret"] not in str(caught.value)


# -- hosts ----------------------------------------------------------------------------------------
def test_hosts_are_built_from_the_subdomain() -> None:
    assert auth_host("mcx0example") == "https://mcx0example.auth.marketingcloudapis.com"
    assert rest_host("mcx0example") == "https://mcx0example.rest.marketingcloudapis.com"


def test_another_host_stands_in_only_where_private_addresses_may_be_called() -> None:
    config = AccountConfig("https://elsewhere.example", CREDENTIALS)
    assert SalesforceMarketingCloud(config, allow_private=True).check_account() == []
    assert [p.field for p in SalesforceMarketingCloud(config).check_account()] == ["base_url"]
    assert SalesforceMarketingCloud(AccountConfig("", CREDENTIALS)).check_account() == []


@pytest.mark.parametrize("subdomain", ["", "mc.example", "MCX", "a/b", "a@b", "https://mcx", "x" * 64])
def test_a_subdomain_is_no_address(subdomain: str) -> None:
    config = AccountConfig("", {**CREDENTIALS, "subdomain": subdomain})
    assert [p.field for p in SalesforceMarketingCloud(config).check_account()] == ["subdomain"]


@pytest.mark.parametrize(
    ("credentials", "options", "field"),
    [
        ({"client_id": ""}, {}, "client_id"),
        ({"client_secret": " "}, {}, "client_secret"),
        ({"account_id": "MID 5"}, {}, "account_id"),
        ({}, {"batch_size": "501"}, "batch_size"),
        ({}, {"batch_size": "0"}, "batch_size"),
    ],
)
def test_settings_are_checked(credentials: dict[str, str], options: dict[str, str], field: str) -> None:
    config = AccountConfig("", {**CREDENTIALS, **credentials}, options)
    assert [p.field for p in SalesforceMarketingCloud(config).check_account()] == [field]


def test_a_request_takes_100_recipients_and_never_more_than_500() -> None:
    def size(value: object) -> int:
        config = AccountConfig("", CREDENTIALS, {"batch_size": value})
        return SalesforceMarketingCloud(config).capabilities(Channel.SMS).max_batch

    assert (size(""), size(250), size("9000")) == (100, 250, 500)


# -- look-ups -------------------------------------------------------------------------------------
def looked_up(*replies: bytes, keys: int = 1) -> list[Event]:
    found, _ = call([said(TOKEN), *replies], lambda p: p.look_up([f"c1-r{n}-a1" for n in range(keys)], Channel.SMS))
    return found


def test_a_look_up_asks_two_a_second() -> None:
    waits: list[float] = []

    async def ask(provider: SalesforceMarketingCloud) -> None:
        async def sleep(seconds: float) -> None:
            waits.append(seconds)

        provider._sleep = sleep
        await provider.look_up(["a", "b/c", "d"], Channel.SMS)

    _, server = call([said(TOKEN), said(QUEUED)], ask)
    assert waits == [0.5, 0.5]
    assert lines(server)[1:] == [f"GET /messaging/v1/sms/messages/{key}" for key in ("a", "b%2Fc", "d")]


def test_404_and_a_400_that_names_the_key_mean_not_known_yet() -> None:
    named = refused(10005, "MCMS_UTM_Validation_InvalidValue_messageKey: c1-r1-a1")
    assert [event.reference for event in looked_up(NOT_KNOWN, named, said(QUEUED), keys=3)] == ["c1-r2-a1"]


def test_a_429_stops_the_look_up_and_keeps_what_was_learned() -> None:
    slow = said({"errorcode": 50100, "retryAfter": 5}, "429 Too Many Requests")
    with pytest.raises(NotSent) as caught:
        looked_up(said(QUEUED), slow, keys=3)
    assert caught.value.retry_after == 5.0
    assert [event.reference for event in caught.value.events] == ["c1-r0-a1"]


@pytest.mark.parametrize("reply", [said({}, "500 Internal Server Error"), answer(body=b"no"), said({"odd": 1})])
def test_a_look_up_without_a_readable_answer_can_be_repeated(reply: bytes) -> None:
    with pytest.raises(NotSent):
        looked_up(reply)


# -- lists ----------------------------------------------------------------------------------------
def test_the_not_sent_list_is_read_to_its_end_from_where_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setattr(adapter, "NOT_SENT_PAGE", 2)
    row = {
        "statusCode": 33,
        "statusMessage": "AccountLevelOptOut",
        "eventCategoryType": "TransactionalSendEvents.SMSNotSent",
        "timestamp": "2026-10-05T08:31:00.004",
        "definitionKey": "otono-cupon",
        "eventID": 90410,
        "info": {"messageKey": "d77-r0004-11ce", "contactKey": "cli-10024"},
    }
    pages = [
        said({"lastEventID": 90411, "messages": [row, row], "count": 2}),
        said({"lastEventID": 90412, "messages": [row], "count": 1}),
    ]
    pulled, server = call([said(TOKEN), *pages], lambda p: p.pull(Channel.SMS, "90000"))
    assert pulled.cursor == "90412"
    assert [(event.kind, event.code, event.suppress) for event in pulled.events] == [(EventKind.FAILED, "33", True)] * 3
    assert [line.partition("?")[2] for line in lines(server)[1:]] == [
        "type=notSent&$pageSize=2&lastEventId=90000",
        "type=notSent&$pageSize=2&lastEventId=90411",
    ]


def test_the_first_page_has_no_cursor_and_an_empty_one_keeps_it() -> None:
    pulled, server = call([said(TOKEN), said({"messages": [], "count": 0})], lambda p: p.pull(Channel.SMS, ""))
    assert (pulled.events, pulled.cursor) == ([], "")
    assert "lastEventId" not in lines(server)[1]


def test_definitions_are_offered_with_their_texts_and_placeholders() -> None:
    head = {name: DEFINITION[name] for name in ("definitionKey", "name", "status")}
    listed = {"definitions": [head, {**head, "definitionKey": "gone", "status": "deleted"}], "count": 2}
    found, _ = call([said(TOKEN), said(listed), said(DEFINITION)], lambda p: p.templates(Channel.SMS))
    (template,) = found
    assert (template.id, template.name, template.usable) == ("otono-cupon", "Otoño cupón 2026", True)
    assert template.placeholders == ("Nombre", "Cupon")
    assert template.text == "{{Nombre}}, tu cupon {{Cupon}} vence pronto."


def test_a_definition_that_cannot_be_sent_with_says_why() -> None:
    listed = {"definitions": [{**DEFINITION, "status": "inactive"}]}
    found, server = call([said(TOKEN), said(listed)], lambda p: p.templates(Channel.SMS))
    assert (found[0].usable, found[0].note) == (False, "inactive")
    assert len(server.requests) == 2  # the list told the text itself


@pytest.mark.parametrize("text", ["%%[SET @a=1]%% %%Nombre%%", "%%=v(@a)=%% %%Nombre%%", "%%Nombre%% %%City%%"])
def test_a_text_that_only_marketing_cloud_knows_is_not_shown(text: str) -> None:
    listed = {"definitions": [{**DEFINITION, "content": {"message": text}}]}
    found, _ = call([said(TOKEN), said(listed)], lambda p: p.templates(Channel.SMS), profile_attributes="City")
    assert (found[0].placeholders, found[0].text) == (("Nombre",), "")


def test_a_list_in_another_form_is_an_error_of_the_vendor() -> None:
    with pytest.raises(NotSent):
        call([said(TOKEN), said({"items": []})], lambda p: p.templates(Channel.SMS))


# -- callbacks at the vendor ----------------------------------------------------------------------
HANDSHAKE = Event(EventKind.HANDSHAKE, "ens:1", provider_message_id="cb-1", text="v-1")


def test_a_handshake_is_verified_and_subscribed_to_every_event() -> None:
    kept, server = call(
        [said(TOKEN), said({}), said([{"subscriptionId": "sub-1"}], "201 Created")], lambda p: p.confirm(HANDSHAKE)
    )
    assert kept == {"ens_callback": "cb-1", "ens_subscription": "sub-1"}
    assert json_of(server, 1) == {"callbackId": "cb-1", "verificationKey": "v-1"}
    (subscription,) = json_of(server, 2)
    assert subscription["callbackId"] == "cb-1" and len(subscription["eventCategoryTypes"]) == 5


def test_a_subscription_that_exists_is_enough() -> None:
    replies = [said(TOKEN), said({}), answer("304 Not Modified", b"")]
    assert call(replies, lambda p: p.confirm(HANDSHAKE))[0] == {"ens_callback": "cb-1"}


def test_an_older_subscription_pauses_even_if_it_is_gone() -> None:
    replies = [said(TOKEN), said({}), said([{"subscriptionId": "sub-2"}], "201 Created"), NOT_KNOWN]
    kept, server = call(replies, lambda p: p.confirm(HANDSHAKE), credentials={"ens_subscription": "sub-1"})
    assert kept["ens_subscription"] == "sub-2"
    assert json_of(server, 3) == [{"subscriptionId": "sub-1", "status": "paused", "statusReason": "replaced"}]


def test_a_handshake_that_the_vendor_does_not_know_is_an_error() -> None:
    with pytest.raises(Refused) as caught:
        call([said(TOKEN), NOT_KNOWN], lambda p: p.confirm(HANDSHAKE))
    assert caught.value.reason is Reason.REJECTED


def test_an_address_that_the_vendor_could_not_reach_is_its_refusal() -> None:
    silent = refused(10000, "MCMS_UTM_Validation: the address did not answer 200 to the verification")
    with pytest.raises(Refused) as caught:
        call([said(TOKEN), silent], lambda p: p.register_hooks())
    assert caught.value.reason is Reason.REJECTED and "did not answer 200" in caught.value.text


@pytest.mark.parametrize(
    "url", ["", "http://console.example/hooks/x/ens/", "https://console.example:8443/hooks/x/ens/"]
)
def test_only_public_https_addresses_are_registered(url: str) -> None:
    config = AccountConfig("", CREDENTIALS, {}, {"ens": url})

    async def register() -> None:
        async with SalesforceMarketingCloud(config) as provider:
            await provider.register_hooks()

    with pytest.raises(Refused):
        asyncio.run(register())


def test_an_answer_without_a_signature_key_is_no_callback() -> None:
    with pytest.raises(Refused):
        call([said(TOKEN), said([{"callbackId": "cb-1"}], "201 Created")], lambda p: p.register_hooks())


def test_the_key_of_the_callback_before_is_kept_beside_the_new_one() -> None:
    made = said([{"callbackId": "cb-2", "signatureKey": "key-2"}], "201 Created")
    kept, _ = call([said(TOKEN), made], lambda p: p.register_hooks(), credentials={"ens_key": "key-1"})
    assert (kept["ens_key"], kept["ens_key_before"], kept["ens_key_form"]) == ("key-2", "key-1", "")


@pytest.mark.usefixtures("impatient")
def test_a_send_that_gets_no_answer_is_in_doubt() -> None:
    with pytest.raises(MaybeSent):
        call([said(TOKEN), said(DEFINITION), answer("202 Accepted", b"{", length=50)], one_batch)
