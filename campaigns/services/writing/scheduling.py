"""The moment a draft becomes a promise: everything is checked once more, and the number on the button is kept."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.services.writing import audience, checks, content, lifecycle, sampling
from campaigns.services.writing.audience import AudienceSpec, Counts
from campaigns.services.writing.checks import Check
from campaigns.states import CAMPAIGN_MOVES, allowed
from console import formats
from console.errors import UserError
from console.models import User

# A list that is read again may have grown by this share since the person saw the number.
TOLERANCE = 0.20


class AudienceChanged(UserError):
    """The number on the button is not true any more. `people` is the number now."""

    def __init__(self, expected: int, people: int) -> None:
        message = _("The audience changed from %(before)s to %(now)s people while you were reading. Check it again.")
        values = {"before": formats.number(expected), "now": formats.number(people)}
        super().__init__(message % values, code="audience_changed")
        self.people = people


def schedule(campaign: Campaign, expected: int | None, actor: User | None, now: datetime) -> int:
    """draft → scheduled; gives the people who will receive it as counted now.

    `expected`: the number that the person confirmed (None = nobody read one, as in a command). UserError when a
    check fails, when the number is wrong by more than `TOLERANCE`, or when the draft changed meanwhile.
    A campaign without a time starts at once.
    """
    if not allowed(CAMPAIGN_MOVES, "schedule", campaign.status):
        raise lifecycle.refusal(campaign, "schedule")
    spec = audience.spec_of(campaign)
    counts = audience.count(spec)
    for check in [*checks.of(campaign, counts, now), *_length(campaign, spec, counts)]:
        if check.level is checks.Level.BAD:
            raise UserError(check.sentence, code=check.code)
    people = counts.will_receive
    if expected is not None and abs(people - expected) > expected * TOLERANCE:
        raise AudienceChanged(expected, people)
    lifecycle.move(
        campaign,
        "schedule",
        actor,
        now,
        where=Q(updated_at=campaign.updated_at),
        detail={"people": people},
        start_at=campaign.start_at or now,
        planned_people=people,
        scheduled_by=actor,
        scheduled_at=now,
    )
    return people


def _length(campaign: Campaign, spec: AudienceSpec, counts: Counts) -> list[Check]:
    """Of an SMS that can be rendered: are there messages that are short enough?"""
    if campaign.channel != "sms" or campaign.version is None or not counts.will_receive:
        return []
    people = sampling.people(spec, counts.will_receive)
    compiled = content.compiled(campaign.version)
    count = sampling.counting(campaign.account)
    measured = sampling.measure(compiled, "sms", people, counts.will_receive, count)
    return [checks.length(campaign, counts, measured)]
