"""One contact: its page, creating, changing and deleting it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from console.access import WorkspaceRequest, member
from console.choices import COUNTRIES
from console.htmx import redirect, render_dialog, render_page, toast
from console.paging import page_by_key
from contacts import wording
from contacts.forms.people import ContactForm
from contacts.models import ConsentEvent, Contact, Group, Suppression
from contacts.querysets import ADDRESS
from contacts.services import fields, people
from contacts.states import Consent
from contacts.views.screen import choices_by_kind, contact_or_404, groups_of, reaches_of

HISTORY_ROWS = 20
# Fragments of another part, where there is one: this app knows nothing of campaigns.
MESSAGES, NUMBER = "contact-messages", "contact-number"


@member("contact.view")
@require_GET
def show(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Everything that is known, and the way to change it."""
    contact = contact_or_404(request, pk)
    mine = list(Group.objects.for_workspace(request.workspace).filter(members__contact=contact).order_by("kind"))
    offered = [group for group in groups_of(request.workspace) if group not in mine]
    history = page_by_key(request, _events(contact), rows=HISTORY_ROWS)
    context = {
        "page_title": str(contact),
        "now": timezone.now(),
        "contact": contact,
        "country": COUNTRIES.get(contact.country, contact.country),
        "reaches": reaches_of([contact], request.workspace)[contact.pk],
        "stops": _stops(contact),
        "groups": mine,
        "choices": choices_by_kind(offered),
        "facts": _facts(contact),
        "history": history,
        "events": [_told_event(event) for event in history.rows],
        "messages_url": _url_or_none(request, MESSAGES, contact),
        "number_url": _url_or_none(request, NUMBER, contact) if contact.phone else "",
    }
    return render_page(request, "contacts/contact.html", context, partial="history")


@member("contact.edit")
@require_http_methods(["GET", "POST"])
def new(request: WorkspaceRequest) -> HttpResponse:
    """Add one person by hand."""
    form = ContactForm(request.POST or None, workspace=request.workspace)
    if request.method == "POST" and form.is_valid():
        try:
            fields.register(request.workspace, form.new_labels())
            contact = people.create(request.workspace, form.values(), request.user, timezone.now())
        except people.InvalidContact as error:
            form.refuse(error)
        else:
            toast(request, "ok", _("%(name)s was added") % {"name": contact})
            return redirect(request, contact_url(request, contact))
    context = {"form": form, "page_title": _("Add contact"), "back": reverse("contacts", args=[request.workspace.slug])}
    return render_page(request, "contacts/edit.html", context, status=422 if form.errors else 200)


@member("contact.edit")
@require_http_methods(["GET", "POST"])
def edit(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Change what is known about a person."""
    contact = contact_or_404(request, pk)
    name = str(contact)
    form = ContactForm(request.POST or None, workspace=request.workspace, contact=contact)
    if request.method == "POST" and form.is_valid():
        try:
            fields.register(request.workspace, form.new_labels())
            people.update(contact, form.values(), request.user, timezone.now())
        except people.InvalidContact as error:
            form.refuse(error)
        else:
            toast(request, "ok", _("%(name)s was saved") % {"name": contact})
            return redirect(request, contact_url(request, contact))
    title = _("Edit %(name)s") % {"name": name}
    context = {
        "form": form,
        "contact": contact,
        "name": name,
        "page_title": title,
        "back": contact_url(request, contact),
    }
    return render_page(request, "contacts/edit.html", context, status=422 if form.errors else 200)


@member("contact.delete")
@require_http_methods(["GET", "POST"])
def delete(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Remove a person, after a question that says what goes and what stays."""
    contact = contact_or_404(request, pk)
    name = str(contact)
    if request.method == "POST":
        people.delete(contact, request.user, timezone.now())
        toast(request, "ok", _("%(name)s was deleted") % {"name": name})
        return redirect(request, reverse("contacts", args=[request.workspace.slug]))
    said_no = [
        wording.CHANNELS[channel] for channel in ADDRESS if getattr(contact, f"{channel}_consent") == Consent.WITHDRAWN
    ]
    return render_dialog(
        request, "contacts/delete.html",
        {"contact": contact, "said_no": bool(said_no) or bool(_stops(contact))},
        title=_("Delete %(name)s?") % {"name": name}, back=contact_url(request, contact), keep=_("Keep the contact"),
    )  # fmt: skip


def contact_url(request: WorkspaceRequest, contact: Contact) -> str:
    return reverse("contact", args=[request.workspace.slug, contact.pk])


def _stops(contact: Contact) -> list[Suppression]:
    stops = Suppression.objects.for_workspace(contact.workspace_id)
    wanted = {channel: getattr(contact, column) for channel, column in ADDRESS.items() if getattr(contact, column)}
    found = stops.filter(address__in=list(wanted.values())).order_by("channel")
    return [_told(stop) for stop in found if wanted.get(stop.channel) == stop.address]


def _told(stop: Suppression) -> Any:
    stop.reason_word = wording.SUPPRESSION_REASONS[stop.reason]  # type: ignore[attr-defined]
    return stop


def _events(contact: Contact) -> Any:
    return ConsentEvent.objects.filter(contact=contact).select_related("actor")


def _told_event(event: ConsentEvent) -> dict[str, Any]:
    _word, css, icon = wording.CONSENT[event.state]
    return {
        "event": event,
        "change": wording.CONSENT_CHANGE[event.state],
        "css": css,
        "icon": icon,
        "source": wording.SOURCES[event.source],
    }


def _facts(contact: Contact) -> list[tuple[Any, str]]:
    """(label, value) of what is known, the workspace's own fields last."""
    labels = fields.labels(contact.workspace)
    named = [
        (_("First name"), contact.first_name),
        (_("Last name"), contact.last_name),
        (_("External id"), contact.key),
        (_("Country"), str(COUNTRIES.get(contact.country, contact.country))),
        (_("Language"), contact.language),
        (_("Time zone"), contact.time_zone),
    ]
    own = [(labels.get(name, name), str(value)) for name, value in sorted(contact.attributes.items())]
    return [(label, value) for label, value in named + own if value]


def _url_or_none(request: WorkspaceRequest, name: str, contact: Contact) -> str:
    """The address of a fragment that another part of the console adds to the page, "" without that part."""
    try:
        return reverse(name, args=[request.workspace.slug, contact.pk])
    except NoReverseMatch:
        return ""
