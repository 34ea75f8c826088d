"""Components of every page. A builtin of the template engine (settings), so that no `{% load %}` is needed."""

from __future__ import annotations

from typing import Any

from django import template
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from console.charts import ICONS
from console.templatetags import charts, formats

register = template.Library()
for part in (
    formats.register,
    charts.register,
):  # one library for templates, three files for people
    register.tags.update(part.tags)
    register.filters.update(part.filters)

NOTE_ICONS = {
    "bad": "alert-triangle",
    "warn": "alert-triangle",
    "ok": "circle-check",
    "verify": "zoom-question",
    "info": "info-circle",
}


@register.simple_tag
def icon(name: str, size: str = "", label: str = "") -> SafeString:
    """{% icon "send" %}, {% icon "send" size="lg" %}; with `label` it is an image of its own, else decoration."""
    role = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    css = "i i-lg" if size == "lg" else "i"
    return format_html(
        '<svg class="{}" {}><use href="{}#i-{}"/></svg>',
        css,
        role,
        static("icons.svg"),
        name,
    )


@register.simple_tag
def state(css: str, word: Any, icon_name: str = "", href: str = "", title: str = "") -> SafeString:
    """{% state "delivered" "Delivered" %}, {% state "waiting" _("Draft") "pencil" href=url %}: a badge."""
    inner = format_html("{}{}", icon(icon_name or ICONS.get(css, "circle-dashed")), word)
    hint = format_html(' title="{}"', title) if title else ""
    if href:
        return format_html('<a class="state s-{}" href="{}"{}>{}</a>', css, href, hint, inner)
    return format_html('<span class="state s-{}"{}>{}</span>', css, hint, inner)


@register.simple_tag
def state_icon(css: str, icon_name: str = "", size: str = "") -> SafeString:
    """{% state_icon "verify" %}: the icon of a state in its colour; a word must stand beside it."""
    return format_html(
        '<span class="st s-{}">{}</span>',
        css,
        icon(icon_name or ICONS.get(css, "circle-dashed"), size),
    )


@register.simple_tag
def channel(name: str) -> SafeString:
    """{% channel "sms" %}: the chip of a channel."""
    word, picture = (_("SMS"), "message") if name == "sms" else (_("Email"), "mail")
    return format_html('<span class="chip">{}{}</span>', icon(picture), word)


@register.simple_block_tag
def note(
    content: str,
    kind: str,
    title: str = "",
    icon_name: str = "",
    id: str = "",
    role: str = "",
) -> SafeString:
    """{% note "bad" title=sentence %}<p>…</p>{% endnote %}: what happened, what it means, what to do.
    kind: bad, warn, ok, verify, info; role="alert" for something that just happened."""
    attributes = format_html_join("", ' {}="{}"', [(n, v) for n, v in (("id", id), ("role", role)) if v])
    heading = format_html("<h3>{}</h3>", title) if title else ""
    picture = icon(icon_name or NOTE_ICONS[kind])
    return format_html(
        '<div class="note n-{}"{}>{}<div>{}{}</div></div>',
        kind,
        attributes,
        picture,
        heading,
        content,
    )


@register.simple_tag
def crumbs(*pairs: Any) -> SafeString:
    """{% crumbs url label url2 label2 %}: the way back, above the heading."""
    links = format_html_join("", '<li><a href="{}">{}</a></li>', zip(pairs[::2], pairs[1::2], strict=True))
    return format_html('<nav aria-label="{}"><ol class="crumbs">{}</ol></nav>', _("Breadcrumb"), links)


@register.simple_tag
def fact(text: Any, icon_name: str = "") -> SafeString:
    """{% fact sentence "clock" %}: one entry of `<p class="head-m">` below the heading."""
    return format_html("<span>{}<span>{}</span></span>", icon(icon_name) if icon_name else "", text)


@register.inclusion_tag("components/fig.html")
def fig(
    label: Any,
    value: Any,
    small: Any = "",
    href: str = "",
    icon_name: str = "",
    current: bool = False,
) -> dict[str, Any]:
    """{% fig label value small href=url %}: a stat inside `<div class="figs">`; a link when people are behind it."""
    return locals()


@register.inclusion_tag("components/post_button.html", takes_context=True)
def post_button(
    context: template.Context,
    url: str,
    label: Any,
    icon_name: str = "",
    css: str = "btn",
    target: str = "",
    swap: str = "outerHTML",
    name: str = "",
    value: Any = "",
    aria_label: str = "",
) -> dict[str, Any]:
    """{% post_button url label "player-pause" css="btn btn-danger" target="#dispatch" %}: a small POST form;
    with `target` htmx swaps the answer in, without script it posts and the view redirects."""
    given = {k: v for k, v in locals().items() if k != "context"}
    return {**given, "csrf_token": get_token(context["request"])}


@register.simple_block_tag
def event(content: str, css: str, title: Any, icon_name: str = "", at: Any = "") -> SafeString:
    """{% event "delivered" title at=rendered_time %}details{% endevent %}: an entry of `<ol class="tl">`."""
    picture = icon(icon_name or ICONS.get(css, "circle-dashed"))
    return format_html(
        '<li><span class="pt s-{}">{}</span><div class="tx"><strong>{}</strong>{}</div>{}</li>',
        css, picture, title, content, at,
    )  # fmt: skip


@register.inclusion_tag("components/stepper.html")
def stepper(steps: list[dict[str, Any]], label: str) -> dict[str, Any]:
    """{% stepper steps label %}: steps are {label, note, href, done, current}."""
    return {"steps": steps, "label": label}


@register.inclusion_tag("components/pager.html")
def pager(page: Any, text: Any = "", target: str = "") -> dict[str, Any]:
    """{% pager page text target="#rows" %}: page is a console.paging.Page; text says how many there are."""
    return {"page": page, "text": text, "target": target}


@register.simple_tag
def filter_chip(name: Any, value: Any, remove_url: str) -> SafeString:
    """{% filter_chip "City is" "Bilbao" url %}: one condition; its cross is a link to the page without it."""
    label = _("Remove filter: %(name)s %(value)s") % {"name": name, "value": value}
    return format_html(
        '<span class="fchip">{} <strong>{}</strong><a href="{}" aria-label="{}">{}</a></span>',
        name, value, remove_url, label, icon("x"),
    )  # fmt: skip


@register.simple_block_tag
def bulk_bar(content: str, label: Any, select_all: Any = "") -> str:
    """{% bulk_bar label select_all %}buttons{% endbulk_bar %} inside `<form data-bulk>`: shown while a row
    is ticked; `select_all` ("Select all 1,284") sends all=1 along."""
    context = {
        "content": content,
        "label": label,
        "select_all": select_all,
    }
    return render_to_string("components/bulk_bar.html", context)


@register.simple_block_tag
def blank(content: str, title: Any, art: str = "message", level: str = "2", code: Any = "") -> str:
    """{% blank title art="message" %}<p>…</p><div class="acts">…</div>{% endblank %}: nothing here yet.
    art: message, people, lost, broken or "" for none."""
    context = {"content": content, "title": title, "art": art, "level": level, "code": code}
    return render_to_string("components/blank.html", context)


@register.inclusion_tag("components/forms/errors.html")
def form_errors(*forms: Any) -> dict[str, Any]:
    """{% form_errors form %}: the note on top that lists what is wrong as links and takes the focus. A form that is
    not there may be None."""
    return {"forms": [form for form in forms if form is not None and form.is_bound and form.errors]}


@register.simple_tag(takes_context=True)
def wurl(context: template.Context, name: str, *args: Any) -> str:
    """{% wurl "contact" contact.pk %}: the address of a page of the current workspace."""
    return reverse(name, args=[context["workspace"].slug, *args])


@register.filter
def initials(person: Any) -> str:
    """LF from Lucía Ferrer; the first two letters of an address."""
    words = str(person).split("@")[0].replace(".", " ").split()
    letters = "".join(word[0] for word in words[:2]) if len(words) > 1 else str(person)[:2]
    return letters.upper()
