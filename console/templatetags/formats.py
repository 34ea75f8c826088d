"""Filters and tags for numbers, money, times and phones. Part of the builtin library `console`."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from console import formats

register = template.Library()


@register.filter
def num(value: float | Decimal | None, places: int = 0) -> str:
    """{{ 46520|num }} → 46,520; {{ 19.62|num:1 }} → 19.6. None → –."""
    return formats.number(value, places)


@register.filter
def share(part: float, whole: float) -> str:
    """{{ part|share:whole }} → 96.1%, "< 0.1%", never 0 or 100 while people are left."""
    return formats.share(part or 0, whole or 0)


@register.simple_tag
def money(value: Decimal | None, currency: str, places: int = 2) -> str:
    """{% money campaign.cost workspace.currency %}, {% money price "EUR" places=4 %}."""
    return formats.money(value, currency, places)


@register.filter(name="money")
def money_filter(value: Decimal | None, currency: str) -> str:
    """{{ cost|money:workspace.currency }}, for use inside blocktranslate."""
    return formats.money(value, currency)


@register.filter
def phone(value: str) -> str:
    """{{ contact.phone|phone }} → +34 600 11 22 33."""
    return formats.phone(value) if value else ""


@register.filter
def duration(seconds: float) -> str:
    """{{ 480|duration }} → 8 min."""
    return formats.duration(seconds)


@register.simple_tag(takes_context=True)
def when(
    context: template.Context,
    moment: datetime | date | None,
    style: str = "short",
    empty: str = "–",
) -> str:
    """{% when at %} → Thu 19 Nov, 10:00 in 21 h. Styles: short, plain (no relative time), full (with the zone),
    clock, seconds, day, ago. Read against `now` of the context when the view gives it."""
    if moment is None:
        return empty
    now = context.get("now") or timezone.now()
    if not isinstance(moment, datetime):
        return format_html(
            '<time datetime="{}">{}</time>',
            moment.isoformat(),
            formats.day(moment, _today(now)),
        )
    stamp = timezone.localtime(moment).isoformat(timespec="seconds")
    text, beside = _written(moment, now, style)
    spare = format_html(' <span class="dim sm">{}</span>', beside) if beside else SafeString("")
    title = formats.full(moment)
    return format_html('<time datetime="{}" title="{}">{}</time>{}', stamp, title, text, spare)


@register.simple_tag
def zone(moment: datetime) -> str:
    """{% zone now %} → CET (Madrid): print it once per view."""
    return formats.zone_name(moment)


def _today(now: datetime) -> date:
    return timezone.localtime(now).date()


def _written(moment: datetime, now: datetime, style: str) -> tuple[str, str]:
    """(text, what stands beside it in grey)."""
    match style:
        case "short":
            return formats.short(moment, now), formats.relative(moment, now)
        case "plain":
            return formats.short(moment, now), ""
        case "full":
            return formats.full(moment), formats.relative(moment, now)
        case "clock":
            return formats.clock(moment), ""
        case "seconds":
            return formats.clock(moment, seconds=True), ""
        case "day":
            return formats.day(moment, _today(now)), ""
        case "ago":
            return formats.relative(moment, now) or formats.short(moment, now), ""
    raise template.TemplateSyntaxError(f"when knows no style {style!r}")
