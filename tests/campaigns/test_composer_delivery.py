"""What the chosen account adds to the message step: its delivery options, and content that the provider holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from campaigns.models import Campaign, ProviderAccount
from campaigns.services.writing import content, delivery, preview, remote_content
from campaigns.services.writing.remote_content import Answer
from console.models import AuditEvent, Membership, Role, User
from contacts.models import Contact

Draft = Callable[..., Campaign]
Url = Callable[..., str]
HTMX = {"HX-Request": "true"}


def form(account: ProviderAccount, **changed: str) -> dict[str, Any]:
    plain = {"way": "own", "account": account.pk, "sender": "TIENDA", "max_parts": "2", "text": "Hola"}
    return {**plain, "delivery_for": account.pk, **changed}


def flow(account: ProviderAccount, **changed: str) -> dict[str, Any]:
    typed = {"remote_id": "f-77", "remote_names": "name, coupon", "remote_text": "Hi {{name}}: {{coupon}}"}
    mapped = {"mapped_for": "f-77:name,coupon", "field_0": "first_name", "default_0": "you"}
    mapped |= {"field_1": "=", "default_1": "A7"}
    return form(account, **{"way": "remote", **typed, **mapped, **changed})


def fresh(campaign: Campaign) -> Campaign:
    return Campaign.objects.select_related("version").get(pk=campaign.pk)


# -- delivery options --------------------------------------------------------------------------------------


def test_the_options_of_the_chosen_account_are_shown(
    owner_client: Client, make_draft: Draft, sms_account: ProviderAccount, url: Url
) -> None:
    page = owner_client.get(url("composer-message", make_draft().pk)).content.decode()
    assert 'name="delivery_flash"' in page


def test_an_answer_is_kept_with_the_campaign(
    owner_client: Client, make_draft: Draft, sms_account: ProviderAccount, url: Url
) -> None:
    campaign = make_draft()
    owner_client.post(url("composer-message", campaign.pk), form(sms_account, delivery_flash="on"))
    assert fresh(campaign).options == {"flash": "true"}


def test_a_date_and_time_are_kept_as_the_adapter_reads_them(
    owner_client: Client, make_draft: Draft, sms_account: ProviderAccount, url: Url
) -> None:
    campaign = make_draft()
    moment = {"delivery_hold_until": "2027-12-24T18:00", "delivery_time_zone": "Europe/Madrid"}
    owner_client.post(url("composer-message", campaign.pk), form(sms_account, **moment))
    assert fresh(campaign).options["hold_until"] == "2027-12-24 18:00"


def test_an_unreadable_time_is_said_at_its_field_and_kept(
    owner_client: Client, make_draft: Draft, sms_account: ProviderAccount, url: Url
) -> None:
    campaign = make_draft()
    answer = owner_client.post(url("composer-message", campaign.pk), form(sms_account, delivery_hold_until="tonight"))
    page = answer.content.decode()
    assert (answer.status_code, "such as 2026-12-24 18:00" in page, 'value="tonight"' in page) == (422, True, True)


def test_options_of_another_account_are_not_taken_for_this_one(
    owner_client: Client, make_draft: Draft, sms_account: ProviderAccount, url: Url
) -> None:
    campaign = make_draft()
    posted = form(sms_account, delivery_flash="on") | {"delivery_for": "999"}
    owner_client.post(url("composer-message", campaign.pk), posted)
    assert fresh(campaign).options == {}


def test_who_may_not_manage_accounts_cannot_set_a_guarded_option(
    owner_client: Client, owner: User, make_draft: Draft, sms_account: ProviderAccount, url: Url
) -> None:
    campaign = make_draft()
    Membership.objects.filter(user=owner).update(role=Role.EDITOR)
    owner_client.post(url("composer-message", campaign.pk), form(sms_account, delivery_sub_account="x"))
    assert fresh(campaign).options == {}


def test_a_guarded_option_leaves_a_line_of_its_own_in_the_audit_log(
    owner_client: Client, make_draft: Draft, sms_account: ProviderAccount, url: Url
) -> None:
    campaign = make_draft()
    owner_client.post(url("composer-message", campaign.pk), form(sms_account, delivery_sub_account="north"))
    line = AuditEvent.objects.get(action="campaign.guarded_option")
    assert line.detail == {"option": "Sub-account", "value": "north"}


# -- where the text can come from --------------------------------------------------------------------------


def test_an_account_whose_provider_holds_nothing_says_why_not(email_account: ProviderAccount) -> None:
    email_account.provider = "messaging-service"
    found = {way.key: way.refusal for way in delivery.ways(None, "email")}
    assert found["remote"] == "Choose the provider account first: not every one holds content of its own."


def test_content_of_the_provider_is_kept_with_what_goes_into_its_placeholders(
    owner_client: Client, make_draft: Draft, sms_account: ProviderAccount, url: Url
) -> None:
    campaign = make_draft()
    answer = owner_client.post(url("composer-message", campaign.pk), flow(sms_account))
    version = fresh(campaign).version
    assert (answer.status_code, answer["Location"]) == (303, url("composer-preview", campaign.pk))
    assert (version.remote_id, version.mapping) == (
        "f-77",
        {"name": '{{ first_name|default:"you" }}', "coupon": "A7"},
    )


def test_the_placeholders_come_back_when_others_are_typed(
    owner_client: Client, make_draft: Draft, sms_account: ProviderAccount, url: Url
) -> None:
    campaign = make_draft()
    answer = owner_client.post(
        url("composer-message", campaign.pk), flow(sms_account, remote_names="firstname", mapped_for="")
    )
    assert answer["Location"] == url("composer-message", campaign.pk) + "?way=remote"
    page = owner_client.get(answer["Location"]).content.decode()
    assert '<option value="first_name" selected>' in page


def test_a_placeholder_without_anything_is_asked_for(
    owner_client: Client, make_draft: Draft, sms_account: ProviderAccount, url: Url
) -> None:
    campaign = make_draft()
    answer = owner_client.post(url("composer-message", campaign.pk), flow(sms_account, default_1=""))
    assert answer.status_code == 422
    assert "Choose a field for coupon, or write the text that stands there." in answer.content.decode()


def test_the_check_shows_inputs_for_the_placeholders_that_were_just_typed(
    owner_client: Client, make_draft: Draft, sms_account: ProviderAccount, url: Url
) -> None:
    posted = flow(sms_account, remote_names="name, coupon, shop")
    page = owner_client.post(url("composer-check", make_draft().pk), posted, headers=HTMX).content.decode()
    assert 'name="field_2"' in page


# -- version, preview, wire ---------------------------------------------------------------------------------


@pytest.fixture
def remote(make_draft: Draft, now: datetime) -> Callable[..., Any]:
    """remote(text) is a saved version of the provider's content with {{name}} and {{coupon}}."""

    def make(text: str) -> Any:
        chosen = remote_content.typed("f-77", "sms", "name, coupon", text)
        answers = {"name": Answer("first_name", "you"), "coupon": Answer("", "A7")}
        version = remote_content.version_of(make_draft(), chosen, answers, now)
        version.save()
        return version

    return make


def test_a_known_text_is_previewed_with_the_values_of_a_person(remote: Callable[..., Any]) -> None:
    found = preview.of_version(remote("Hi {{name}}: {{coupon}}"), Contact(first_name="Ana"))
    assert found.rendered is not None and found.rendered.text == "Hi Ana: A7"


def test_of_an_unknown_text_the_preview_has_the_values(remote: Callable[..., Any]) -> None:
    found = preview.of_version(remote(""), Contact())
    assert found.rendered is not None
    assert (found.rendered.text, found.rendered.values) == ("", (("name", "you"), ("coupon", "A7")))


def test_the_fields_that_a_mapping_uses_are_frozen_with_the_row(remote: Callable[..., Any]) -> None:
    assert content.stored_names(content.compiled(remote(""))) == ("first_name",)


def test_a_text_whose_braces_cannot_be_read_is_not_taken_for_ours(remote: Callable[..., Any]) -> None:
    assert remote("Hi {{name}} {{ what is this").text == ""


@pytest.mark.parametrize(
    ("placeholder", "field"),
    [("Firstname", "first_name"), ("Nombre", "first_name"), ("puntos", "puntos"), ("E-mail", "email"), ("coupon", "")],
)
def test_a_placeholder_starts_with_the_field_of_its_name(placeholder: str, field: str) -> None:
    assert remote_content.guess(placeholder, ["first_name", "email", "puntos"]) == Answer(field)


@pytest.mark.parametrize(
    "answer",
    [Answer("first_name", 'the "best"'), Answer("first_name", "back\\slash"), Answer("key"), Answer("", "10 %")],
)
def test_an_answer_comes_back_from_the_version_as_it_was_given(answer: Answer) -> None:
    assert remote_content.answer_of(answer.expression()) == answer


def test_inputs_that_have_just_appeared_are_not_called_wrong(
    owner_client: Client, make_draft: Draft, sms_account: ProviderAccount, url: Url
) -> None:
    posted = flow(sms_account, remote_names="coupon", mapped_for="")
    page = owner_client.post(url("composer-check", make_draft().pk), posted, headers=HTMX).content.decode()
    assert ('name="field_0"' in page, "is-bad" in page) == (True, False)


def test_the_account_that_is_chosen_but_not_saved_stays_when_another_way_is_opened(
    owner_client: Client, make_draft: Draft, sms_account: ProviderAccount, url: Url
) -> None:
    campaign = make_draft()
    Campaign.objects.filter(pk=campaign.pk).update(account=None)
    page = owner_client.get(url("composer-message", campaign.pk), {"way": "remote", "account": sms_account.pk})
    assert f'<option value="{sms_account.pk}" selected>' in page.content.decode()
