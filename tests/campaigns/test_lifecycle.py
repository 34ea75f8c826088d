"""A campaign is made, copied, moved and put away, and each refusal is a sentence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from campaigns.models import Campaign, Dispatch, DispatchKind, ProviderAccount
from campaigns.services.writing import drafts, lifecycle, offers, scheduling
from campaigns.services.writing.drafts import Plan
from campaigns.states import CAMPAIGN_MOVES, CampaignStatus, DispatchStatus
from console.errors import UserError
from console.models import AuditEvent, User, Workspace
from contacts.models import Contact, Group

Draft = Callable[..., Campaign]
STATUSES = [status.value for status in CampaignStatus]


def actions(campaign: Campaign) -> list[str]:
    found = AuditEvent.objects.filter(target=f"campaign:{campaign.pk}").order_by("id")
    return list(found.values_list("action", flat=True))


def add_dispatch(campaign: Campaign, now: datetime, **fields: Any) -> Dispatch:
    return Dispatch.objects.create(
        workspace=campaign.workspace, campaign=campaign, channel="sms", purpose="marketing",
        account=campaign.account, version=campaign.version, planned_at=now, changed_at=now, **fields,
    )  # fmt: skip


def do(action: str, campaign: Campaign, owner: User, now: datetime) -> None:
    """The service behind a button."""
    match action:
        case "schedule":
            scheduling.schedule(campaign, None, owner, now)
        case "unschedule":
            lifecycle.unschedule(campaign, owner, now)
        case "archive":
            lifecycle.archive(campaign, owner, now)
        case "edit":
            drafts.set_plan(campaign, Plan(None, "", 5.0), owner, now)
        case "delete":
            lifecycle.delete(campaign, owner, now)


@pytest.mark.parametrize("action", ["schedule", "unschedule", "archive", "edit", "delete"])
@pytest.mark.parametrize("status", STATUSES)
def test_a_move_is_done_exactly_where_the_table_allows_it(
    status: str, action: str, make_draft: Draft, make_contacts: Callable[..., Any], owner: User, now: datetime
) -> None:
    make_contacts(2)
    campaign = make_draft()
    Campaign.objects.filter(pk=campaign.pk).update(status=status)
    campaign.refresh_from_db()
    allowed = status in CAMPAIGN_MOVES[action].sources if action in CAMPAIGN_MOVES else status == "draft"
    if allowed:
        do(action, campaign, owner, now)
        assert AuditEvent.objects.latest("id").action in (f"campaign.{action}", "campaign.update")
    else:
        with pytest.raises(UserError):
            do(action, campaign, owner, now)
        assert Campaign.objects.get(pk=campaign.pk).status == status


@pytest.mark.parametrize(
    ("status", "action", "sentence"),
    [
        ("scheduled", "schedule", "already scheduled"),
        ("scheduled", "edit", "Unschedule it to change it"),
        ("scheduled", "archive", "Unschedule it to change it"),
        ("started", "edit", "Clone it to send it again"),
        ("started", "unschedule", "Pause or stop its dispatch"),
        ("draft", "unschedule", "is not scheduled"),
        ("archived", "archive", "already archived"),
        ("archived", "schedule", "Clone it to use it again"),
    ],
)
def test_a_refusal_says_what_can_be_done_instead(
    status: str, action: str, sentence: str, make_draft: Draft, owner: User, now: datetime
) -> None:
    campaign = make_draft()
    Campaign.objects.filter(pk=campaign.pk).update(status=status)
    campaign.refresh_from_db()
    with pytest.raises(UserError, match=sentence):
        do(action, campaign, owner, now)


def test_a_deleted_campaign_refuses_with_a_sentence(make_draft: Draft, owner: User, now: datetime) -> None:
    campaign = make_draft()
    Campaign.objects.filter(pk=campaign.pk).delete()
    with pytest.raises(UserError, match="deleted meanwhile"):
        lifecycle.archive(campaign, owner, now)


def test_every_move_leaves_an_audit_event(
    make_draft: Draft, make_contacts: Callable[..., Any], owner: User, now: datetime
) -> None:
    make_contacts(1)
    campaign = make_draft()
    scheduling.schedule(campaign, None, owner, now)
    lifecycle.unschedule(campaign, owner, now)
    lifecycle.archive(campaign, owner, now)
    assert actions(campaign)[-3:] == ["campaign.schedule", "campaign.unschedule", "campaign.archive"]


def test_a_refused_move_leaves_no_audit_event(make_draft: Draft, owner: User, now: datetime) -> None:
    campaign = make_draft()
    before = actions(campaign)
    with pytest.raises(UserError):
        lifecycle.unschedule(campaign, owner, now)
    assert actions(campaign) == before


# -- unschedule, archive, delete --------------------------------------------------------------------


def test_unscheduling_keeps_a_chosen_time(
    make_draft: Draft, make_contacts: Callable[..., Any], owner: User, now: datetime
) -> None:
    make_contacts(1)
    campaign = make_draft()
    later = now + timedelta(days=1)
    drafts.set_plan(campaign, Plan(later, "Europe/Madrid", None), owner, now)
    scheduling.schedule(campaign, None, owner, now)
    lifecycle.unschedule(campaign, owner, now)
    assert (campaign.status, campaign.start_at, campaign.planned_people) == ("draft", later, 0)


def test_unscheduling_forgets_a_time_that_was_now(
    make_draft: Draft, make_contacts: Callable[..., Any], owner: User, now: datetime
) -> None:
    make_contacts(1)
    campaign = make_draft()
    scheduling.schedule(campaign, None, owner, now)
    lifecycle.unschedule(campaign, owner, now)
    assert campaign.start_at is None


@pytest.mark.parametrize("status", [s.value for s in DispatchStatus])
def test_a_campaign_is_archived_only_when_its_dispatches_are_over(
    status: str, make_draft: Draft, owner: User, now: datetime
) -> None:
    campaign = make_draft()
    Campaign.objects.filter(pk=campaign.pk).update(status="started")
    add_dispatch(campaign, now, status=status)
    if status in ("finished", "stopped"):
        lifecycle.archive(campaign, owner, now)
        assert campaign.status == "archived"
    else:
        with pytest.raises(UserError, match="is not over"):
            lifecycle.archive(campaign, owner, now)


def test_a_running_test_does_not_keep_a_draft_from_the_archive(make_draft: Draft, owner: User, now: datetime) -> None:
    campaign = make_draft()
    add_dispatch(campaign, now, status="sending", kind=DispatchKind.TEST)
    lifecycle.archive(campaign, owner, now)
    assert campaign.status == "archived"


def test_a_draft_that_sent_nothing_is_deleted(make_draft: Draft, owner: User, now: datetime) -> None:
    campaign = make_draft()
    lifecycle.delete(campaign, owner, now)
    assert not Campaign.objects.exists()


def test_a_draft_that_sent_a_test_is_kept(make_draft: Draft, owner: User, now: datetime) -> None:
    campaign = make_draft()
    add_dispatch(campaign, now, status="finished", kind=DispatchKind.TEST)
    with pytest.raises(UserError, match="Archive it instead"):
        lifecycle.delete(campaign, owner, now)
    assert Dispatch.objects.count() == 1


# -- made and copied ----------------------------------------------------------------------------------


def test_a_copy_has_the_plan_but_no_time(
    make_draft: Draft, make_group: Callable[..., Group], owner: User, now: datetime
) -> None:
    group, out = make_group("Clientes"), make_group("Fuera")
    campaign = make_draft(include=[group])
    drafts.set_audience(campaign, everyone=False, include=[group], exclude=[out], actor=owner, now=now)
    drafts.set_plan(campaign, Plan(now + timedelta(days=1), "Europe/Madrid", 7.0), owner, now)
    copy = lifecycle.clone(campaign, None, owner, now)
    assert (copy.name, copy.status, copy.start_at, copy.zone) == ("Otoño, copy", "draft", None, "")
    assert (copy.version_id, copy.account_id, copy.messages_per_second) == (
        campaign.version_id,
        campaign.account_id,
        7.0,
    )
    assert ([*copy.include.all()], [*copy.exclude.all()]) == ([group], [out])


def test_a_long_name_still_fits_as_a_copy(make_draft: Draft, owner: User, now: datetime) -> None:
    copy = lifecycle.clone(make_draft(name="x" * 120), None, owner, now)
    assert len(copy.name) == 120
    assert copy.name.endswith(", copy")


def test_a_double_click_on_clone_makes_one_copy(
    make_draft: Draft, workspace: Workspace, owner: User, now: datetime
) -> None:
    campaign = make_draft()
    seen = lifecycle.newest_of(workspace, owner)
    assert lifecycle.clone(campaign, seen, owner, now) == lifecycle.clone(campaign, seen, owner, now)


def test_cloning_again_from_a_new_page_makes_another_copy(
    make_draft: Draft, workspace: Workspace, owner: User, now: datetime
) -> None:
    campaign = make_draft()
    first = lifecycle.clone(campaign, lifecycle.newest_of(workspace, owner), owner, now)
    assert lifecycle.clone(campaign, lifecycle.newest_of(workspace, owner), owner, now) != first


def test_a_form_sent_twice_makes_one_campaign(workspace: Workspace, owner: User, now: datetime) -> None:
    fields = {"name": "Otoño", "channel": "sms", "purpose": "marketing"}
    first = lifecycle.create_once(workspace, 0, actor=owner, now=now, **fields)
    assert lifecycle.create_once(workspace, 0, actor=owner, now=now, **fields) == first
    assert Campaign.objects.count() == 1


def test_two_people_may_make_campaigns_of_one_name(
    workspace: Workspace, owner: User, person: Callable[..., User], now: datetime
) -> None:
    fields = {"name": "Otoño", "channel": "sms", "purpose": "marketing"}
    lifecycle.create_once(workspace, 0, actor=owner, now=now, **fields)
    lifecycle.create_once(workspace, 0, actor=person("editor"), now=now, **fields)
    assert Campaign.objects.count() == 2


def test_a_started_campaign_may_be_renamed(make_draft: Draft, owner: User, now: datetime) -> None:
    campaign = make_draft()
    Campaign.objects.filter(pk=campaign.pk).update(status="started")
    lifecycle.rename(campaign, "Invierno", owner, now)
    assert Campaign.objects.get(pk=campaign.pk).name == "Invierno"


# -- parts of a draft ---------------------------------------------------------------------------------


def test_saving_the_same_audience_writes_nothing(
    make_draft: Draft, make_group: Callable[..., Group], owner: User, now: datetime
) -> None:
    group = make_group()
    campaign = make_draft(include=[group])
    before = actions(campaign)
    drafts.set_audience(
        campaign, everyone=False, include=[group], exclude=[], actor=owner, now=now + timedelta(minutes=1)
    )
    assert actions(campaign) == before


def test_a_refused_change_of_the_audience_leaves_its_lists_alone(
    make_draft: Draft, make_group: Callable[..., Group], owner: User, now: datetime
) -> None:
    group = make_group()
    campaign = make_draft(include=[group])
    Campaign.objects.filter(pk=campaign.pk).update(status="started")
    with pytest.raises(UserError):
        drafts.set_audience(campaign, everyone=True, include=[], exclude=[], actor=owner, now=now)
    assert list(campaign.include.all()) == [group]


def test_only_accounts_that_offer_the_channel_are_the_only_choice(
    workspace: Workspace, sms_account: ProviderAccount, email_account: ProviderAccount
) -> None:
    ProviderAccount.objects.filter(pk=email_account.pk).update(is_active=False)
    assert offers.only_choice(workspace, "sms") == sms_account
    assert offers.only_choice(workspace, "email") is None


def test_contacts_are_not_touched_by_a_deleted_draft(
    make_draft: Draft, make_contacts: Callable[..., Any], owner: User, now: datetime
) -> None:
    make_contacts(2)
    lifecycle.delete(make_draft(), owner, now)
    assert Contact.objects.count() == 2
