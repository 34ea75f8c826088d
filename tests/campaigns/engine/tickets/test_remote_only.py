"""An account that sends only what its provider holds: from its form to the outbox."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import ProviderAccount, TemplateVersion
from campaigns.services.writing import delivery
from tests.campaigns.engine.conftest import statuses

pytestmark = pytest.mark.django_db

NEW = "/w/norte/settings/providers/new/?provider=crm-messaging"


def form(sandbox, **changes):
    return {
        "name": "CRM",
        "base_url": sandbox.url,
        "credential_user": "sandbox",
        "credential_password": "sandbox",
        "option_templates": "101 | sms | Firstname, voucherCode\r\n102 | email | Firstname",
        "option_countries": "+30 69xxxxxxxx",
        "option_phone_style": "national",
        "option_time_zone": "Europe/Athens",
        **changes,
    }


def test_the_account_is_made_with_its_templates(owner_client, sandbox):
    answer = owner_client.post(NEW, form(sandbox))
    assert answer.status_code in (302, 303), answer.content.decode()[:2000]
    account = ProviderAccount.objects.get(name="CRM")
    assert account.options["templates"].splitlines() == [
        "101 | sms | Firstname, voucherCode", "102 | email | Firstname",
    ]  # fmt: skip


def test_a_line_that_is_no_template_is_told_at_its_field(owner_client, sandbox):
    answer = owner_client.post(NEW, form(sandbox, option_templates="welcome | sms"))
    assert answer.status_code == 422
    assert "“welcome | sms”: a line begins with the template" in answer.content.decode()


def test_the_card_number_goes_along_where_the_account_says_so(account, sent, sandbox):
    account.options["card_field"] = "key"
    account.save()
    assert statuses(sent(2)) == {"accepted": 2}
    assert [(entry["card_number"], entry["recorded_in_crm"]) for entry in sandbox.log()] == [("K0", True), ("K1", True)]


def test_without_it_nothing_is_recorded(sent, sandbox):
    sent(1)
    assert [entry["recorded_in_crm"] for entry in sandbox.log()] == [False]


def test_people_are_known_to_the_vendor_by_our_contact(sent, sandbox):
    dispatch = sent(1)
    contact = dispatch.recipients.get().contact_id
    assert [entry["unique_id"] for entry in sandbox.log()] == [f"k{contact}"]


def test_an_email_goes_by_the_vendors_template(account, make_campaign, make_contacts, engine, sandbox, workspace, now):
    make_contacts(2)
    version = TemplateVersion.objects.create(
        workspace=workspace, channel="email", remote_id="102", mapping={"Firstname": "{{ first_name }}"}, created_at=now
    )
    dispatch = engine.prepare(engine.start(make_campaign(account, version=version, channel="email")))
    engine.slice(account)
    assert statuses(dispatch) == {"accepted": 2}
    assert [entry["subject"] for entry in sandbox.log()] == ["Nombre0, we have news", "Nombre1, we have news"]


def test_refused_phones_fail_with_their_reason_and_the_others_are_followed(account, sent, sandbox, make_contacts):
    account.options["countries"] = "+30 69xxxxxxxx\n+34 6xxxxxxxx"  # more than the vendor allows
    account.save()
    make_contacts(1, start=50)
    dispatch = sent(2)
    assert statuses(dispatch) == {"accepted": 2, "failed": 1}
    assert dispatch.recipients.get(status="failed").reason == "invalid_recipient"


def test_nobody_valid_leaves_no_ticket(account, make_campaign, make_contacts, engine, workspace, now, sandbox):
    account.options["countries"] = "+34 6xxxxxxxx"
    account.save()
    make_contacts(2)
    mapping = {"Firstname": "A", "voucherCode": "B"}
    version = TemplateVersion.objects.create(
        workspace=workspace, channel="sms", remote_id="101", mapping=mapping, created_at=now
    )
    dispatch = engine.prepare(engine.start(make_campaign(account, version=version)))
    engine.slice(account)
    assert statuses(dispatch) == {"failed": 2}
    assert not dispatch.tickets.exists()


def test_handing_over_the_schedule_is_offered_only_where_the_account_allows_it(account, make_campaign):
    campaign = make_campaign(account)
    assert delivery.fields_of(account, campaign) == ()
    account.options["may_schedule"] = True
    assert [field.name for field in delivery.fields_of(account, campaign)] == ["scheduleDate"]


@pytest.fixture
def compose(owner_client, make_campaign, account):
    """compose(**fields) posts the message step of a draft with the vendor's template 101."""

    def post(**fields):
        campaign = make_campaign(account, status="draft", purpose="service")
        posted = {
            "way": "remote",
            "account": account.pk,
            "delivery_for": account.pk,
            "max_parts": "2",
            "remote_id": "101",
            "mapped_for": "101:Firstname,voucherCode",
            "field_0": "first_name",
            "default_0": "φίλε",
            "field_1": "key",
            "default_1": "",
            **fields,
        }
        answer = owner_client.post(f"/w/norte/campaigns/{campaign.pk}/message/", posted)
        campaign.refresh_from_db()
        return answer, campaign

    return post


def test_the_composer_offers_the_accounts_templates_and_no_text_of_our_own(owner_client, make_campaign, account):
    campaign = make_campaign(account, status="draft", purpose="service")
    page = owner_client.get(f"/w/norte/campaigns/{campaign.pk}/message/?way=remote").content.decode()
    assert "101 · {{Firstname}}, your voucher" in page
    assert f"{account.name} sends only what the provider holds." in page


def test_what_the_composer_maps_is_what_the_vendor_gets(compose, greeks, engine, account, sandbox):
    greeks(1)
    answer, campaign = compose()
    assert answer.status_code in (200, 302, 303), answer.status_code
    assert campaign.version.mapping == {
        "Firstname": '{{ first_name|default:"φίλε" }}', "voucherCode": "{{ key }}",
    }  # fmt: skip
    campaign.status = "scheduled"
    campaign.save()
    dispatch = engine.prepare(engine.start(campaign))
    engine.slice(account)
    assert statuses(dispatch) == {"accepted": 1}
    assert [entry["text"] for entry in sandbox.log()] == ["Nombre0, your voucher is K0. Tienda Norte"]


def test_a_schedule_of_the_vendors_is_kept_where_the_account_allows_it(compose, account):
    account.options["may_schedule"] = True
    account.save()
    due = timezone.now() + timedelta(days=2)
    _, campaign = compose(delivery_scheduleDate=due.strftime("%Y-%m-%dT%H:%M"))
    assert campaign.options == {"scheduleDate": due.strftime("%Y-%m-%d %H:%M")}
