"""Reports: the list of finished dispatches, and what became of everybody in one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TextIO, cast

from django.http import HttpResponse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from campaigns.models import Dispatch, DispatchKind
from campaigns.reports import funnel
from campaigns.reports.spreadsheet import CsvTable
from campaigns.services.settling import engagement
from campaigns.services.showing import deliveries, figures, speed, timeline
from campaigns.services.showing.figures import Figures
from campaigns.services.showing.overview import dispatch_badge
from campaigns.services.writing import costs
from campaigns.states import TERMINAL_DISPATCH
from campaigns.views import live
from campaigns.views.screen import WORDS, dispatch_or_404, head_of, parts, people_url
from console import formats
from console.access import WorkspaceRequest, member
from console.htmx import render_page
from console.paging import page_by_key
from contacts.words import pattern

CHANNELS = ("sms", "email")


@member("report.view")
@require_GET
def index(request: WorkspaceRequest) -> HttpResponse:
    """Finished and stopped dispatches, newest first; `?q=` and `?channel=` filter."""
    now = timezone.now()
    text, channel = request.GET.get("q", "").strip(), request.GET.get("channel", "")
    found = Dispatch.objects.for_workspace(request.workspace).filter(
        status__in=TERMINAL_DISPATCH, kind=DispatchKind.CAMPAIGN
    )
    if text:
        found = found.filter(campaign__name__iregex=pattern(text))
    if channel in CHANNELS:
        found = found.filter(channel=channel)
    page = page_by_key(request, found.select_related("campaign", "account", "workspace"))
    known = figures.many(page.rows, now) if page.rows else {}
    context = {
        "now": now,
        "page": page,
        "rows": [_row(dispatch, known[dispatch.pk]) for dispatch in page.rows],
        "q": text,
        "channel": channel,
        "filtered": bool(text or channel),
    }
    return render_page(request, "campaigns/report/list.html", context, partial="rows")


@member("report.view")
@require_GET
def page(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The report of one dispatch."""
    now = timezone.now()
    dispatch = dispatch_or_404(request, pk)
    found = figures.of(dispatch, now)
    known = _numbers(dispatch, found, now)
    why = funnel.not_reached(found)
    engaged = engagement.people(dispatch.pk)
    context = {
        **head_of(dispatch, now, found),
        **known,
        "figures": found,
        "parts": parts(dispatch, found),
        "everyone_url": people_url(dispatch),
        "figs": _figs(dispatch, found, known["cost"], engaged),
        "engaged": engaged,
        "interest": _interest(dispatch, found, engaged),
        "links": engagement.links(dispatch.pk) if engaged else [],
        "steps": [_linked(dispatch, step) for step in funnel.steps(found)],
        "why": [_linked(dispatch, step) for step in why],
        "why_total": sum(step.n for step in why),
        "why_most": max((step.n for step in why), default=0),
        "retryable": live.retryable(found) if dispatch.status == "finished" else 0,
        "curve": live.chart_of(dispatch, known["speed"], now),
        "chart": _chart(deliveries.curve(deliveries.sample(dispatch), found.states["delivered"])),
    }
    return render_page(request, "campaigns/report/page.html", context)


@member("report.export")
@require_GET
def figures_file(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The report's figures as CSV, at once: it has some tens of lines."""
    now = timezone.now()
    dispatch = dispatch_or_404(request, pk)
    found = figures.of(dispatch, now)
    known = _numbers(dispatch, found, now)
    name = slugify(dispatch.campaign.name)[:60] or "report"
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}-{dispatch.number}.csv"'
    table = CsvTable(cast(TextIO, response), bom=True)  # a response is written to like a file
    table.head((_("What"), _("People"), _("Share")))
    engaged = engagement.people(dispatch.pk)
    table.rows(funnel.table(dispatch, found, known["speed"], known["cost"], now, engaged))
    return response


def _numbers(dispatch: Dispatch, found: Figures, now: datetime) -> dict[str, Any]:
    rate = speed.of(dispatch, now, timeline.idle(timeline.events(dispatch), now))
    return {"speed": rate, "cost": costs.of(dispatch, rate, found.left)}


def _row(dispatch: Dispatch, found: Figures) -> dict[str, Any]:
    css, icon, word = dispatch_badge(dispatch, found)
    return {
        "dispatch": dispatch,
        "figures": found,
        "css": css,
        "icon": icon,
        "word": word,
        "parts": parts(dispatch, found),
    }


def _linked(dispatch: Dispatch, step: funnel.Step) -> dict[str, Any]:
    """A step with the address of its people."""
    return {"step": step, "url": people_url(dispatch, state=step.state, reason=step.reason)}


def _interest(dispatch: Dispatch, found: Figures, engaged: Mapping[str, int]) -> list[dict[str, Any]]:
    """Handed over, opened, clicked as bars; empty where nobody's interest was reported."""
    if not engaged:
        return []
    people = {"handed": found.handed_over, **{kind: engaged.get(kind, 0) for kind in engagement.KINDS}}
    return [
        {"label": WORDS[state], "n": n, "url": people_url(dispatch, state=state), "css": css}
        for (state, n), css in zip(people.items(), ("sent", "delivered", "delivered"), strict=True)
    ]


def _figs(dispatch: Dispatch, found: Figures, cost: costs.Cost, engaged: Mapping[str, int]) -> list[dict[str, Any]]:
    def fig(state: str, label: str) -> dict[str, Any]:
        small = _("%(n)s of %(all)s") % {
            "n": formats.number(found.states[state]),
            "all": formats.number(found.handed_over),
        }
        share = formats.share(found.states[state], found.handed_over)
        return {"label": label, "value": share, "small": small, "url": people_url(dispatch, state=state)}

    figs = [fig("delivered", _("Delivered"))]
    figs += [fig(state, label) for state, label in (("sent", _("Sent")), ("receipt", _("Sent, no receipt")))
             if found.states[state]]  # fmt: skip
    figs += [_engaged_fig(dispatch, found, kind, n) for kind, n in sorted(engaged.items(), reverse=True)]
    figs.append(fig("failed", _("Failed")))
    if found.states["verify"]:
        figs.append(fig("verify", _("To verify")))
    excluded = _("%(share)s of the audience") % {"share": formats.share(found.excluded, found.total)}
    figs.append({"label": _("Excluded"), "value": formats.number(found.excluded), "small": excluded,
                 "url": people_url(dispatch, state="excluded")})  # fmt: skip
    figs.append(_cost_fig(dispatch, cost))
    return figs


def _engaged_fig(dispatch: Dispatch, found: Figures, kind: str, people: int) -> dict[str, Any]:
    small = _("%(n)s of %(all)s") % {
        "n": formats.number(people),
        "all": formats.number(found.handed_over),
    }
    share = formats.share(people, found.handed_over)
    return {"label": WORDS[kind], "value": share, "small": small, "url": people_url(dispatch, state=kind)}


def _cost_fig(dispatch: Dispatch, cost: costs.Cost) -> dict[str, Any]:
    if cost.price is None:
        return {"label": _("Cost"), "value": "–", "small": _("no price set on the account"), "url": ""}
    price = formats.money(cost.price, dispatch.workspace.currency, 4)
    small = _("%(price)s per part") if dispatch.channel == "sms" else _("%(price)s per email")
    value = formats.money(cost.so_far, dispatch.workspace.currency)
    return {"label": _("Cost"), "value": value, "small": small % {"price": price}, "url": ""}


def _chart(curve: deliveries.Curve | None) -> dict[str, Any] | None:
    if curve is None:
        return None
    same_day = timezone.localtime(curve.start).date() == timezone.localtime(curve.end).date()
    moments = (curve.start, curve.middle, curve.end)
    return {
        "values": curve.values,
        "labels": [formats.clock(at) if same_day else formats.short(at, curve.end) for at in moments],
        "sentence": _("Delivered over time: %(n)s by %(end)s")
        % {"n": formats.number(curve.values[-1]), "end": formats.short(curve.end, curve.end)},
    }
