"""Who gets a campaign, and why the others do not."""

from __future__ import annotations

from dataclasses import dataclass

from campaigns.models import Campaign, Purpose
from campaigns.querysets import audience as queries
from campaigns.querysets.audience import AudienceSpec
from campaigns.services.writing import content
from campaigns.states import Reason
from contacts.models import Contact

__all__ = ["AudienceSpec", "Counts", "count", "people", "spec_of"]


@dataclass(frozen=True, slots=True)
class Counts:
    """`by_reason` is in funnel order and holds only reasons that occur; everything sums to `total`."""

    total: int
    by_reason: dict[Reason, int]

    @property
    def will_receive(self) -> int:
        return self.total - sum(self.by_reason.values())


def spec_of(campaign: Campaign) -> AudienceSpec:
    """The audience of a campaign as it stands now."""
    compiled = content.compiled(campaign.version_id) if campaign.version_id else None
    return AudienceSpec(
        workspace_id=campaign.workspace_id,
        channel=campaign.channel,
        marketing=campaign.purpose == Purpose.MARKETING,
        everyone=campaign.everyone,
        include=tuple(campaign.include.order_by("pk").values_list("pk", flat=True)),
        exclude=tuple(campaign.exclude.order_by("pk").values_list("pk", flat=True)),
        required=content.required_names(compiled) if compiled else (),
        names=content.stored_names(compiled) if compiled else (),
    )


def count(spec: AudienceSpec) -> Counts:
    """The audience split by reason; the same classification as `prepare` writes."""
    found = queries.count_by_reason(spec)
    return Counts(
        total=sum(found.values()),
        by_reason={reason: found[reason] for reason in queries.REASONS if found.get(reason)},
    )


def people(spec: AudienceSpec, offset: int = 0, limit: int = 1, why: Reason = Reason.NONE) -> list[Contact]:
    """Contacts who will receive it (or are left out for `why`), in the order of the dispatch."""
    ids = queries.reachable_ids(spec, 0, offset + limit, why)[offset:]
    found = Contact.objects.in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]
