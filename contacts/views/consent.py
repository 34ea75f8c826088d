"""One person's right not to be written to, and their lists and tags."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from console.access import WorkspaceRequest, member
from console.errors import UserError
from console.htmx import redirect, render_dialog, toast
from contacts import wording
from contacts.forms.people import ConsentForm, StopForm
from contacts.querysets import ADDRESS
from contacts.services import consent, groups, stops
from contacts.states import ConsentSource
from contacts.views.contact import contact_url
from contacts.views.screen import contact_or_404


@member("contact.edit")
@require_http_methods(["GET", "POST"])
def change(request: WorkspaceRequest, pk: int, channel: str) -> HttpResponse:
    """Another consent on a channel, with what proves it."""
    contact = contact_or_404(request, pk)
    if channel not in ADDRESS:
        raise Http404("no such channel")
    now_is = getattr(contact, f"{channel}_consent")
    form = ConsentForm(request.POST or None, initial={"state": now_is})
    name = {"name": contact, "channel": wording.CHANNELS[channel]}
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        proof = consent.Proof(
            source=ConsentSource.CONSOLE, basis=given["basis"], wording=given["wording"], evidence=given["evidence"],
            actor=request.user,
        )  # fmt: skip
        try:
            changed = consent.change(contact, channel, given["state"], proof, timezone.now())
        except UserError as error:
            form.add_error(error.field, str(error))
        else:
            toast(request, "ok" if changed else "info", _("Consent was saved") if changed else _("It was so already"))
            return redirect(request, contact_url(request, contact))
    context = {"form": form, "contact": contact, "address": getattr(contact, ADDRESS[channel])}
    return render_dialog(
        request, "contacts/consent.html", context,
        title=_("%(channel)s consent of %(name)s") % name, back=contact_url(request, contact),
        keep=_("Keep as it is"), status=422 if form.errors else 200,
    )  # fmt: skip


@member("suppression.edit")
@require_http_methods(["GET", "POST"])
def stop(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Put the person's addresses on the do-not-contact list."""
    contact = contact_or_404(request, pk)
    form = StopForm(request.POST or None, contact=contact)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        addresses = {channel: [getattr(contact, ADDRESS[channel])] for channel in given["channels"]}
        stops.add(request.workspace, addresses, given["reason"], given["note"], request.user, timezone.now())
        toast(request, "ok", _("%(name)s will not be written to any more") % {"name": contact})
        return redirect(request, contact_url(request, contact))
    return render_dialog(
        request, "contacts/stop.html", {"form": form, "contact": contact},
        title=_("Never write to %(name)s again?") % {"name": contact}, back=contact_url(request, contact),
        keep=_("Keep writing"), status=422 if form.errors else 200,
    )  # fmt: skip


@member("group.edit")
@require_POST
def membership(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Add the person to a list or tag (`action=add`) or take them out (`action=remove`)."""
    contact = contact_or_404(request, pk)
    action, group = request.POST.get("action", ""), request.POST.get("group", "")
    if action not in (groups.Act.ADD, groups.Act.REMOVE):
        raise Http404("no such action")
    known = int(group) if group.isdecimal() and len(group) < 18 else None
    order = groups.Order(groups.Act(action), group=known, ids=(contact.pk,))
    groups.carry_out(request.workspace, order, request.user, timezone.now())
    toast(request, "ok", _("Lists and tags were saved"))
    return redirect(request, contact_url(request, contact))
