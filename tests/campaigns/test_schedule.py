"""Scheduling checks everything once more, and keeps the number that the button said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from campaigns.models import Campaign, Dispatch, DispatchKind, ProviderAccount
from campaigns.services.writing import (
    audience,
    checks,
    compose,
    content,
    drafts,
    lifecycle,
    scheduling,
    templates,
    trials,
)
from campaigns.services.writing.checks import Level
from campaigns.services.writing.compose import Source
from campaigns.services.writing.drafts import Envelope, Plan
from campaigns.services.writing.scheduling import AudienceChanged
from console.errors import UserError
from console.models import User, Workspace
from contacts.models import Contact, ContactField
from contacts.states import Consent

Draft = Callable[..., Campaign]
People = Callable[..., list[Contact]]
MADRID = "Europe/Madrid"


def level_of(campaign: Campaign, code: str, now: datetime) -> Level | None:
    counts = audience.count(audience.spec_of(campaign))
    return next((c.level for c in checks.of(campaign, counts, now) if c.code == code), None)


def refused(campaign: Campaign, now: datetime) -> UserError:
    with pytest.raises(UserError) as found:
        scheduling.schedule(campaign, None, None, now)
    campaign.refresh_from_db()
    assert campaign.status == "draft"
    return found.value


# -- what it needs ----------------------------------------------------------------------------------


def test_a_complete_draft_is_scheduled_for_its_time(
    make_draft: Draft, make_contacts: People, owner: User, now: datetime
) -> None:
    make_contacts(3)
    campaign = make_draft()
    later = now + timedelta(hours=3)
    drafts.set_plan(campaign, Plan(later, MADRID, None), owner, now)
    assert scheduling.schedule(campaign, 3, owner, now) == 3
    assert (campaign.status, campaign.start_at, campaign.planned_people) == ("scheduled", later, 3)
    assert (campaign.scheduled_by, campaign.scheduled_at) == (owner, now)


def test_a_draft_without_a_time_is_due_at_once(
    make_draft: Draft, make_contacts: People, owner: User, now: datetime
) -> None:
    make_contacts(1)
    campaign = make_draft()
    scheduling.schedule(campaign, 1, owner, now)
    assert (campaign.start_at, campaign.zone) == (now, "")


def test_an_audience_that_nobody_chose_is_refused(make_draft: Draft, make_contacts: People, now: datetime) -> None:
    make_contacts(1)
    assert "Choose who gets" in str(refused(make_draft(include=[]), now))


def test_an_empty_list_is_refused(make_draft: Draft, make_group: Callable[..., Any], now: datetime) -> None:
    assert "Nobody is in the chosen lists" in str(refused(make_draft(include=[make_group()]), now))


def test_an_audience_that_cannot_be_reached_is_refused(make_draft: Draft, make_contacts: People, now: datetime) -> None:
    make_contacts(2, sms_consent=Consent.WITHDRAWN)
    error = refused(make_draft(), now)
    assert (error.code, "None of the 2 people" in str(error)) == ("audience", True)


def test_a_draft_without_a_message_is_refused(
    workspace: Workspace, make_contacts: People, owner: User, now: datetime
) -> None:
    make_contacts(1)
    campaign = lifecycle.create(workspace, name="x", channel="sms", purpose="service", actor=owner, now=now)
    drafts.set_audience(campaign, everyone=True, include=[], exclude=[], actor=owner, now=now)
    assert refused(campaign, now).code == "message"


def test_a_draft_without_an_account_is_refused(make_draft: Draft, make_contacts: People, now: datetime) -> None:
    make_contacts(1)
    campaign = make_draft()
    Campaign.objects.filter(pk=campaign.pk).update(account=None)
    campaign.refresh_from_db()
    assert refused(campaign, now).code == "account"


def test_an_account_that_is_switched_off_is_refused(
    make_draft: Draft, make_contacts: People, sms_account: ProviderAccount, now: datetime
) -> None:
    make_contacts(1)
    campaign = make_draft()
    ProviderAccount.objects.update(is_active=False)
    campaign.refresh_from_db()
    assert "switched off" in str(refused(campaign, now))


def test_an_account_that_does_not_send_on_the_channel_is_refused(
    workspace: Workspace, make_contacts: People, sms_account: ProviderAccount, owner: User, now: datetime
) -> None:
    make_contacts(1)
    campaign = lifecycle.create(workspace, name="x", channel="email", purpose="service", actor=owner, now=now)
    drafts.set_audience(campaign, everyone=True, include=[], exclude=[], actor=owner, now=now)
    built = compose.build(Source("email", subject="x", html="<p>a</p>"), [])
    drafts.write_text(campaign, Envelope(sms_account, "a@tienda.example"), built, owner, now)
    assert "does not send email" in str(refused(campaign, now))


def test_an_email_without_a_sender_is_refused(
    workspace: Workspace, make_contacts: People, email_account: ProviderAccount, owner: User, now: datetime
) -> None:
    make_contacts(1)
    ProviderAccount.objects.update(email_sender="")
    email_account.refresh_from_db()
    campaign = lifecycle.create(workspace, name="x", channel="email", purpose="service", actor=owner, now=now)
    drafts.set_audience(campaign, everyone=True, include=[], exclude=[], actor=owner, now=now)
    drafts.write_text(
        campaign,
        Envelope(email_account, ""),
        compose.build(Source("email", subject="x", html="<p>a</p>"), []),
        owner,
        now,
    )
    assert refused(campaign, now).code == "sender"


def test_a_field_that_was_removed_meanwhile_is_refused(
    make_draft: Draft, make_contacts: People, workspace: Workspace, now: datetime
) -> None:
    make_contacts(1, attributes={"puntos": 3})
    field = ContactField.objects.create(workspace=workspace, name="puntos")
    campaign = make_draft(text="{{ puntos }}")
    field.delete()
    assert "does not exist any more: puntos" in str(refused(campaign, now))


def test_a_time_that_has_passed_since_it_was_chosen_is_refused(
    make_draft: Draft, make_contacts: People, owner: User, now: datetime
) -> None:
    make_contacts(1)
    campaign = make_draft()
    drafts.set_plan(campaign, Plan(now + timedelta(minutes=5), MADRID, None), owner, now)
    assert "is in the past" in str(refused(campaign, now + timedelta(minutes=5)))


def test_what_the_provider_will_not_take_is_refused_in_its_words(
    make_draft: Draft, make_contacts: People, now: datetime
) -> None:
    make_contacts(1)
    campaign = make_draft(text="x" * 1281)
    assert refused(campaign, now).code == "provider"


def test_messages_that_are_all_too_long_are_refused(
    make_draft: Draft, make_contacts: People, sms_account: ProviderAccount, owner: User, now: datetime
) -> None:
    make_contacts(2)
    campaign = make_draft(text="x" * 200)
    built = compose.build(Source("sms", text="x" * 200), [])
    drafts.write_text(campaign, Envelope(sms_account, "TIENDA", max_parts=1), built, owner, now)
    assert "more than 1 SMS parts" in str(refused(campaign, now))


def test_an_account_whose_key_cannot_be_read_is_refused(
    make_draft: Draft, make_contacts: People, now: datetime
) -> None:
    make_contacts(1)
    campaign = make_draft()
    ProviderAccount.objects.update(sealed="made with another key")
    campaign.refresh_from_db()
    assert "Enter it again" in str(refused(campaign, now))


# -- the number on the button ------------------------------------------------------------------------


@pytest.mark.parametrize(("said", "is_kept"), [(10, True), (12, True), (9, True), (13, False), (8, False), (0, False)])
def test_a_number_that_is_wrong_by_more_than_a_fifth_is_asked_again(
    said: int, is_kept: bool, make_draft: Draft, make_contacts: People, owner: User, now: datetime
) -> None:
    make_contacts(10)
    campaign = make_draft()
    if is_kept:
        assert scheduling.schedule(campaign, said, owner, now) == 10
    else:
        with pytest.raises(AudienceChanged) as changed:
            scheduling.schedule(campaign, said, owner, now)
        assert changed.value.people == 10


def test_a_draft_that_changed_after_it_was_read_is_not_scheduled(
    make_draft: Draft, make_contacts: People, owner: User, now: datetime
) -> None:
    make_contacts(1)
    campaign = make_draft()
    elsewhere = Campaign.objects.get(pk=campaign.pk)
    drafts.set_plan(elsewhere, Plan(None, "", 3.0), owner, now + timedelta(seconds=1))
    with pytest.raises(UserError, match="Somebody changed this campaign"):
        scheduling.schedule(campaign, 1, owner, now + timedelta(seconds=2))


def test_scheduling_twice_is_refused_and_changes_nothing(
    make_draft: Draft, make_contacts: People, owner: User, now: datetime
) -> None:
    make_contacts(1)
    campaign = make_draft()
    same = Campaign.objects.get(pk=campaign.pk)
    scheduling.schedule(campaign, 1, owner, now)
    with pytest.raises(UserError, match="Somebody changed|already scheduled"):
        scheduling.schedule(same, 1, owner, now + timedelta(seconds=1))
    assert Campaign.objects.get(pk=campaign.pk).scheduled_at == now


# -- what is only worth a look -----------------------------------------------------------------------


def test_an_sms_that_does_not_say_how_to_opt_out_is_warned_about(
    make_draft: Draft, make_contacts: People, now: datetime
) -> None:
    make_contacts(1)
    assert level_of(make_draft(text="Hola"), "opt_out", now) is Level.WARN


def test_the_workspace_s_own_stop_word_counts(
    make_draft: Draft, make_contacts: People, workspace: Workspace, now: datetime
) -> None:
    make_contacts(1)
    workspace.stop_words = ["BAJA"]
    workspace.save()
    assert level_of(make_draft(text="Hola. Baja: tnda.es/b"), "opt_out", now) is Level.OK


def test_a_service_sms_needs_no_opt_out(make_draft: Draft, make_contacts: People, now: datetime) -> None:
    make_contacts(1)
    assert level_of(make_draft(text="Hola", purpose="service"), "opt_out", now) is None


def test_a_marketing_email_without_a_link_cannot_go(
    workspace: Workspace, make_contacts: People, email_account: ProviderAccount, owner: User, now: datetime
) -> None:
    make_contacts(1)
    campaign = lifecycle.create(workspace, name="x", channel="email", purpose="service", actor=owner, now=now)
    built = compose.build(Source("email", subject="x", html="<p>a</p>"), content.known_names(workspace))
    drafts.write_text(campaign, Envelope(email_account, "a@tienda.example"), built, owner, now)
    Campaign.objects.filter(pk=campaign.pk).update(purpose="marketing")
    campaign.refresh_from_db()
    assert level_of(campaign, "opt_out", now) is Level.BAD


def test_people_without_a_value_are_warned_about(make_draft: Draft, make_contacts: People, now: datetime) -> None:
    make_contacts(1)
    make_contacts(1, start=1, first_name="")
    assert level_of(make_draft(text="Hola {{ first_name }}"), "fields", now) is Level.WARN


def test_a_start_in_the_quiet_hours_says_until_when_messages_wait(
    make_draft: Draft, make_contacts: People, workspace: Workspace, owner: User
) -> None:
    make_contacts(1)
    workspace.quiet_from, workspace.quiet_to = time(21), time(9)
    workspace.save()
    now = datetime(2027, 2, 1, 12, 0, tzinfo=UTC)
    campaign = make_draft()
    drafts.set_plan(campaign, Plan(datetime(2027, 2, 1, 22, 0, tzinfo=UTC), MADRID, None), owner, now)
    assert level_of(campaign, "quiet", now) is Level.WARN


def test_a_newer_version_of_the_template_is_warned_about(
    make_draft: Draft, make_template: Callable[..., Any], sms_account: ProviderAccount, owner: User, now: datetime
) -> None:
    template = make_template(text="Hola STOP")
    campaign = make_draft()
    drafts.take_template(campaign, Envelope(sms_account, "TIENDA"), template, owner, now)
    assert level_of(campaign, "template", now) is None
    templates.save(template, template.name, compose.build(Source("sms", text="Adiós STOP"), []), owner, now)
    campaign.template.refresh_from_db()
    assert level_of(campaign, "template", now) is Level.WARN


def test_a_held_account_is_warned_about(make_draft: Draft, make_contacts: People, now: datetime) -> None:
    make_contacts(1)
    campaign = make_draft()
    ProviderAccount.objects.update(hold_reason="no_credit")
    campaign.refresh_from_db()
    assert level_of(campaign, "account", now) is Level.WARN


# -- test sends ---------------------------------------------------------------------------------------


def test_a_test_that_is_posted_twice_is_sent_once(
    make_draft: Draft, make_contacts: People, owner: User, now: datetime
) -> None:
    contact = make_contacts(1)[0]
    campaign = make_draft()
    seen = trials.newest_of(campaign)
    first = trials.send_once(campaign, ["+34600112233"], contact, seen, owner, now)
    assert trials.send_once(campaign, ["+34600112233"], contact, seen, owner, now) == first
    assert Dispatch.objects.filter(kind=DispatchKind.TEST).count() == 1


def test_a_second_test_from_a_new_form_is_sent(
    make_draft: Draft, make_contacts: People, owner: User, now: datetime
) -> None:
    contact = make_contacts(1)[0]
    campaign = make_draft()
    for _ in range(2):
        trials.send_once(campaign, ["+34600112233"], contact, trials.newest_of(campaign), owner, now)
    assert Dispatch.objects.filter(kind=DispatchKind.TEST).count() == 2


def test_a_test_of_this_text_is_seen_by_the_checks(
    make_draft: Draft, make_contacts: People, owner: User, now: datetime
) -> None:
    contact = make_contacts(1)[0]
    campaign = make_draft()
    assert level_of(campaign, "test", now) is Level.WARN
    trials.send_once(campaign, ["+34600112233"], contact, 0, owner, now)
    assert level_of(campaign, "test", now) is Level.OK
