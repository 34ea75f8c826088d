"""Writing the parts of a draft: audience, message, schedule. Each is one conditional UPDATE that only a draft takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from campaigns.models import Campaign, ProviderAccount, Template, TemplateVersion
from campaigns.services.writing import compose, delivery
from campaigns.services.writing.compose import Built
from campaigns.services.writing.lifecycle import refusal
from campaigns.states import CampaignStatus
from console.models import User
from console.services import audit
from contacts.models import Group

CANARY_MINUTES = 5


@dataclass(frozen=True, slots=True)
class Envelope:
    """What surrounds the text: through which account, from whom, how many SMS parts it may have, and `options`, the
    answers to the provider's `message_fields`."""

    account: ProviderAccount | None
    sender: str
    reply_to: str = ""
    max_parts: int = 4
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """When and how fast. `start_at` None = as soon as it is confirmed, with an empty `zone`;
    `messages_per_second` None = as fast as the account may. `cost_cap`: it pauses before it costs more, and a vendor
    that names its price before it sends may send up to it without asking anybody. `canary`: so many go first, and
    `canary_minutes` later, at most, the rest. `failure_share`: per cent, None = as the workspace says."""

    start_at: datetime | None
    zone: str
    messages_per_second: float | None
    cost_cap: Decimal | None = None
    canary: int | None = None
    canary_minutes: int = CANARY_MINUTES
    failure_share: int | None = None


def set_audience(
    campaign: Campaign,
    *,
    everyone: bool,
    include: Collection[Group],
    exclude: Collection[Group],
    actor: User | None,
    now: datetime,
) -> None:
    """Everyone of the workspace, or the members of `include`; `exclude` always wins."""
    same = (
        campaign.everyone == everyone
        and set(campaign.include.all()) == set(include)
        and set(campaign.exclude.all()) == set(exclude)
    )
    if same:
        return
    with transaction.atomic():
        _write(campaign, "audience", actor, now, everyone=everyone)
        campaign.include.set(include)
        campaign.exclude.set(exclude)


def write_text(campaign: Campaign, envelope: Envelope, built: Built, actor: User | None, now: datetime) -> None:
    """The campaign's own text; a version of its own when it changed."""
    with transaction.atomic():
        version = compose.own_version(campaign, built, actor, now)
        _set_message(campaign, envelope, None, version, actor, now)


def take_remote(
    campaign: Campaign, envelope: Envelope, version: TemplateVersion, actor: User | None, now: datetime
) -> None:
    """Content that the vendor holds, as `remote_content.version_of` describes it."""
    with transaction.atomic():
        _set_message(campaign, envelope, None, compose.keep(campaign, version, actor, now), actor, now)


def take_template(
    campaign: Campaign, envelope: Envelope, template: Template, actor: User | None, now: datetime
) -> None:
    """The current version of `template`; in a marketing email with the unsubscribe link it lacks."""
    assert template.current is not None
    with transaction.atomic():
        version = compose.from_template(campaign, template.current, actor, now)
        _set_message(campaign, envelope, template, version, actor, now)


def copy_template(
    campaign: Campaign, envelope: Envelope, template: Template, actor: User | None, now: datetime
) -> None:
    """The text of `template` as the campaign's own: a change of either leaves the other alone."""
    assert template.current is not None
    with transaction.atomic():
        version = compose.own_version(campaign, compose.built_of(template.current), actor, now)
        _set_message(campaign, envelope, None, version, actor, now)


def _set_message(
    campaign: Campaign,
    envelope: Envelope,
    template: Template | None,
    version: TemplateVersion,
    actor: User | None,
    now: datetime,
) -> None:
    replaced = campaign.version
    fields = {name: getattr(envelope, name) for name in Envelope.__dataclass_fields__}
    fields |= {"template": template, "version": version}
    if all(getattr(campaign, name) == value for name, value in fields.items()):
        return
    with transaction.atomic():
        _record_guarded(campaign, envelope, actor, now)
        _write(campaign, "message", actor, now, **fields)
    if replaced != version:
        compose.drop_unused(replaced)


def _record_guarded(campaign: Campaign, envelope: Envelope, actor: User | None, now: datetime) -> None:
    """A line of its own for each option that only few may set: what it does cannot be undone at the vendor."""
    if envelope.account is None:
        return
    for option in delivery.fields_of(envelope.account, campaign):
        value = envelope.options.get(option.name, "")
        if option.guarded and value != campaign.options.get(option.name, ""):
            audit.record(
                "campaign.guarded_option",
                workspace=campaign.workspace,
                actor=actor,
                target=campaign,
                now=now,
                option=option.label,
                value=value,
            )


def set_plan(campaign: Campaign, plan: Plan, actor: User | None, now: datetime) -> None:
    fields = {name: getattr(plan, name) for name in Plan.__dataclass_fields__}
    if any(getattr(campaign, name) != value for name, value in fields.items()):
        _write(campaign, "schedule", actor, now, **fields)


def _write(campaign: Campaign, part: str, actor: User | None, now: datetime, **fields: Any) -> None:
    with transaction.atomic():
        if not Campaign.objects.filter(pk=campaign.pk, status=CampaignStatus.DRAFT).update(updated_at=now, **fields):
            raise refusal(campaign, "edit")
        audit.record("campaign.update", workspace=campaign.workspace, actor=actor, target=campaign, now=now, part=part)
    for name, value in {**fields, "updated_at": now}.items():
        setattr(campaign, name, value)
