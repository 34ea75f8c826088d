"""The list of campaigns: its tabs, their counts, and what each row says. The queries are few, however many rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign, Dispatch, DispatchKind, Tally
from campaigns.services.showing import figures, speed
from campaigns.services.showing.figures import Figures
from campaigns.services.writing import local_time
from campaigns.states import TERMINAL_DISPATCH, CampaignStatus, DispatchStatus, RecipientStatus
from campaigns.wording import STATE_STYLE, status_word
from console import formats
from console.charts import Part
from console.models import Workspace
from contacts.words import pattern

SOON = timedelta(minutes=2)  # a scheduled campaign that starts within this time is watched
SHARE_FAILED = 0.05  # of a finished dispatch, above which it wants to be looked at

_DISPATCHES = Dispatch.objects.filter(campaign=OuterRef("pk"), kind=DispatchKind.CAMPAIGN)
_RUNNING = Exists(_DISPATCHES.exclude(status__in=TERMINAL_DISPATCH))
_HELD = Exists(_DISPATCHES.filter(status=DispatchStatus.HELD))
_UNSETTLED = Exists(
    Tally.objects.filter(
        dispatch__campaign=OuterRef("pk"),
        dispatch__kind=DispatchKind.CAMPAIGN,
        dispatch__status=DispatchStatus.FINISHED,
        status=RecipientStatus.UNKNOWN,
        n__gt=0,
    )
)
_OPEN = Q(status__in=[CampaignStatus.DRAFT, CampaignStatus.IN_REVIEW, CampaignStatus.SCHEDULED])
_STARTED = Q(status=CampaignStatus.STARTED)

# tab -> (its name, the campaigns in it), in the order of the screen
TABS: dict[str, tuple[str | Promise, Q]] = {
    "open": (gettext_lazy("Open"), _OPEN | (_STARTED & (Q(_RUNNING) | Q(_UNSETTLED)))),
    "sending": (gettext_lazy("Sending"), _STARTED & Q(_RUNNING)),
    "attention": (gettext_lazy("Needs attention"), _STARTED & (Q(_HELD) | Q(_UNSETTLED))),
    "drafts": (gettext_lazy("Drafts"), Q(status__in=[CampaignStatus.DRAFT, CampaignStatus.IN_REVIEW])),
    "scheduled": (gettext_lazy("Scheduled"), Q(status=CampaignStatus.SCHEDULED)),
    "finished": (gettext_lazy("Finished"), _STARTED & ~Q(_RUNNING)),
    "archived": (gettext_lazy("Archived"), Q(status=CampaignStatus.ARCHIVED)),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A campaign as the list shows it. `parts` is empty before the first dispatch; `alive`: it may change by itself."""

    campaign: Campaign
    audience: str
    css: str
    icon: str
    word: str
    people: int | None
    parts: tuple[Part, ...]
    progress: str
    when: str
    moment: datetime | None
    dispatch: Dispatch | None
    alive: bool


def counts(workspace: Workspace) -> dict[str, int]:
    """Campaigns in each tab, by one query."""
    found = Campaign.objects.for_workspace(workspace)
    return found.aggregate(**{tab: Count("pk", filter=condition) for tab, (_name, condition) in TABS.items()})


def in_tab(workspace: Workspace, tab: str, query: str = "", channel: str = "") -> QuerySet[Campaign]:
    """The campaigns of a tab whose name or text holds `query`."""
    found: QuerySet[Campaign] = Campaign.objects.for_workspace(workspace).filter(TABS[tab][1])
    if query:
        wanted = pattern(query)
        in_text = Q(version__text__iregex=wanted) | Q(version__subject__iregex=wanted)
        found = found.filter(Q(name__iregex=wanted) | in_text)
    if channel:
        found = found.filter(channel=channel)
    return found.select_related("created_by").prefetch_related("include")


def rows_of(campaigns: Sequence[Campaign], now: datetime) -> list[Row]:
    """The rows of `campaigns` (with `created_by` and `include` loaded), by four queries more."""
    last = latest_dispatches(campaigns)
    known = figures.many(list(last.values()), now) if last else {}
    moving = [d for d in last.values() if d.status not in TERMINAL_DISPATCH]
    rates = speed.many_now(moving, now) if moving else {}
    return [_row(c, last.get(c.pk), known, rates, now) for c in campaigns]


def latest_dispatches(campaigns: Sequence[Campaign]) -> dict[int, Dispatch]:
    """Campaign id → its newest run that is no test."""
    started = [c.pk for c in campaigns if c.status in (CampaignStatus.STARTED, CampaignStatus.ARCHIVED)]
    found = Dispatch.objects.filter(campaign__in=started, kind=DispatchKind.CAMPAIGN)
    ordered = found.select_related("account", "workspace").order_by("number")
    return {dispatch.campaign_id: dispatch for dispatch in ordered} if started else {}


def _row(
    campaign: Campaign,
    dispatch: Dispatch | None,
    known: dict[int, Figures],
    rates: dict[int, float],
    now: datetime,
) -> Row:
    found = known.get(dispatch.pk) if dispatch else None
    css, icon, word = badge(campaign, dispatch, found)
    moment = (dispatch.started_at or dispatch.planned_at) if dispatch else campaign.start_at
    soon = campaign.status == CampaignStatus.SCHEDULED and (campaign.start_at or now) <= now + SOON
    return Row(
        campaign=campaign,
        audience=audience_text(campaign),
        css=css,
        icon=icon,
        word=word,
        people=found.total if found else campaign.planned_people or None,
        parts=parts_of(found) if found else (),
        progress=_progress(dispatch, found, rates, now) if dispatch and found else "",
        when=local_time.short(moment, campaign.zone, now) if moment else "",
        moment=moment,
        dispatch=dispatch,
        alive=soon or (dispatch is not None and dispatch.status not in TERMINAL_DISPATCH),
    )


def audience_text(campaign: Campaign) -> str:
    """ "Everyone", "Clientes, VIP", "Clientes, VIP and 3 more"; "" while nothing is chosen."""
    if campaign.everyone:
        return _("Everyone")
    names = [group.name for group in campaign.include.all()]
    if len(names) <= 2:
        return ", ".join(names)
    return _("%(names)s and %(n)s more") % {"names": ", ".join(names[:2]), "n": len(names) - 2}


def badge(campaign: Campaign, dispatch: Dispatch | None, found: Figures | None) -> tuple[str, str, str]:
    """(colour class, icon, word) of a campaign: its own status, or that of its newest dispatch."""
    if campaign.status != CampaignStatus.STARTED or dispatch is None:
        return (*STATE_STYLE[campaign.status], str(status_word(campaign.status)))
    return dispatch_badge(dispatch, found)


def dispatch_badge(dispatch: Dispatch, found: Figures | None) -> tuple[str, str, str]:
    """(colour class, icon, word) of a dispatch; a finished one may still want to be looked at."""
    if dispatch.status == DispatchStatus.FINISHED and found and wants_attention(found):
        return "retry", "alert-triangle", _("Finished, needs attention")
    return (*STATE_STYLE[dispatch.status], str(status_word(dispatch.status)))


def wants_attention(found: Figures) -> bool:
    """Somebody is still to be verified, or more failed than usual."""
    return bool(found.states["verify"]) or found.states["failed"] > SHARE_FAILED * max(1, found.to_send)


def parts_of(found: Figures) -> tuple[Part, ...]:
    return tuple(Part(state, n) for state, n in found.states.items() if n)


def _progress(dispatch: Dispatch, found: Figures, rates: dict[int, float], now: datetime) -> str:
    """The words below the bar: how far it is, and when it ends or what stops it."""
    if dispatch.status in TERMINAL_DISPATCH:
        done = found.states["delivered"] if found.states["delivered"] else found.carried
        word = _("%(share)s delivered") if found.states["delivered"] else _("%(share)s sent")
        return word % {"share": formats.share(done, found.to_send)}
    share = formats.share(found.handed_over, found.to_send)
    if dispatch.status == DispatchStatus.SENDING and (rate := rates.get(dispatch.pk)):
        ends = now + timedelta(seconds=found.left / rate)
        return _("%(share)s · ends %(time)s") % {"share": share, "time": formats.clock(ends)}
    return share
