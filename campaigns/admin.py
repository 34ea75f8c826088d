"""The Django admin of campaigns: everything to look at, nothing to edit. What may be done to a dispatch or an account
is done by the same services as in the console, with the same audit line. Lists stay quick at ten million rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models import (
    AccessToken,
    Attachment,
    Batch,
    Campaign,
    Dispatch,
    Lane,
    ListRun,
    Pace,
    ProviderAccount,
    ProviderEvent,
    Pulse,
    Recipient,
    Reply,
    Tally,
    Template,
    TemplateVersion,
    Ticket,
)
from campaigns.querysets import reading
from campaigns.services import account_settings, dispatching
from campaigns.services.flights import recipient_of
from campaigns.states import RecipientStatus
from console.admin import ReadOnlyAdmin
from console.errors import UserError
from console.models import User
from console.services import audit
from contacts.models import Contact

MOST_CONTACTS = 200  # people with one address whom a search looks for in the ledger


class ControlAdmin(ReadOnlyAdmin):
    """Read-only rows with actions, for admins who may change them."""

    def has_control_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    def each(self, request: HttpRequest, queryset: QuerySet[Any], act: Callable[[Any, User, datetime], object]) -> None:
        """Do `act` to each chosen row; a refusal is told with its sentence and stops nothing else."""
        actor, now, done = audit.actor_or_none(request.user), timezone.now(), 0
        assert actor is not None  # the admin is behind the login
        for row in queryset:
            try:
                act(row, actor, now)
                done += 1
            except UserError as refusal:
                self.message_user(request, f"{row}: {refusal}", messages.ERROR)
        if done:
            self.message_user(request, _("Done for %(n)s.") % {"n": done}, messages.SUCCESS)


@admin.register(ProviderAccount)
class ProviderAccountAdmin(ControlAdmin):
    list_display = ("name", "workspace", "provider", "is_active", "hold_reason", "last_success_at", "last_error_at")
    list_filter = ("provider", "is_active", "hold_reason")
    list_select_related = ("workspace",)
    search_fields = ("name", "base_url", "workspace__name")
    exclude = ("sealed", "callback_token")  # credentials, and the secret part of the callback addresses
    actions = ("disable", "enable", "release")

    @admin.action(description=_("Disable: nothing more leaves through it"), permissions=["control"])
    def disable(self, request: HttpRequest, queryset: QuerySet[ProviderAccount]) -> None:
        self.each(request, queryset, lambda account, *by: account_settings.set_active(account, False, *by))

    @admin.action(description=_("Enable"), permissions=["control"])
    def enable(self, request: HttpRequest, queryset: QuerySet[ProviderAccount]) -> None:
        self.each(request, queryset, lambda account, *by: account_settings.set_active(account, True, *by))

    @admin.action(description=_("Release the hold, after the cause is mended"), permissions=["control"])
    def release(self, request: HttpRequest, queryset: QuerySet[ProviderAccount]) -> None:
        self.each(request, queryset, account_settings.release)


@admin.register(Template)
class TemplateAdmin(ReadOnlyAdmin):
    list_display = ("name", "workspace", "channel", "archived_at", "updated_at")
    list_filter = ("channel", "workspace")
    list_select_related = ("workspace",)
    search_fields = ("name",)


@admin.register(TemplateVersion)
class TemplateVersionAdmin(ReadOnlyAdmin):
    list_display = ("id", "template", "number", "workspace", "channel", "created_by", "created_at")
    list_filter = ("channel", "workspace")
    list_select_related = ("template", "workspace", "created_by")
    search_fields = ("template__name", "subject", "text")
    ordering = ("-pk",)


@admin.register(Campaign)
class CampaignAdmin(ReadOnlyAdmin):
    list_display = ("name", "workspace", "channel", "status", "start_at", "planned_people", "created_by")
    list_filter = ("status", "channel", "workspace")
    list_select_related = ("workspace", "created_by")
    search_fields = ("name",)
    ordering = ("-pk",)


@admin.register(Dispatch)
class DispatchAdmin(ControlAdmin):
    list_display = ("id", "campaign", "number", "kind", "workspace", "status", "reason", "people", "started_at")
    list_filter = ("status", "kind", "channel", "workspace")
    list_select_related = ("campaign", "workspace")
    search_fields = ("=id", "=key", "campaign__name")
    exclude = ("secret", "token")
    ordering = ("-pk",)
    actions = ("pause", "resume", "stop")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dispatch]:
        found: QuerySet[Dispatch] = super().get_queryset(request).select_related("workspace", "campaign", "account")
        return found

    @admin.action(description=_("Pause"), permissions=["control"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Dispatch]) -> None:
        self.each(request, queryset, dispatching.pause)

    @admin.action(description=_("Resume"), permissions=["control"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Dispatch]) -> None:
        self.each(request, queryset, dispatching.resume)

    @admin.action(description=_("Stop for good: what waits will not go"), permissions=["control"])
    def stop(self, request: HttpRequest, queryset: QuerySet[Dispatch]) -> None:
        self.each(request, queryset, dispatching.stop)


class DispatchFilter(admin.SimpleListFilter):
    """The newest dispatches. Rows of one lie close together, so its id range is walked backwards: asked by the
    column, both engines would sort the whole dispatch to show its last fifty rows."""

    title = _("dispatch")
    parameter_name = "of"
    CHOICES = 20

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        newest = Dispatch.objects.select_related("campaign").order_by("-pk")[: self.CHOICES]
        return [(str(dispatch.pk), f"{dispatch.pk}: {dispatch}") for dispatch in newest]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not (self.value() or "").isdecimal():
            return queryset
        dispatch_id = int(self.value() or 0)
        if request.GET.get(StatusFilter.parameter_name) in set(RecipientStatus):
            return queryset.filter(dispatch=dispatch_id)
        ends = reading.bounds(dispatch_id)
        if ends is None:
            return queryset.none()
        inside = queryset.filter(pk__gte=ends[0], pk__lte=ends[1])
        return inside.annotate(owner=F("dispatch_id") + 0).filter(owner=dispatch_id)


class StatusFilter(admin.SimpleListFilter):
    """Only within a dispatch, where there is an index for it."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        inside = request.GET.get(DispatchFilter.parameter_name, "").isdecimal()
        return [(status.value, status.value) for status in RecipientStatus] if inside else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(status=self.value()) if self.value() else queryset


@admin.register(Recipient)
class RecipientAdmin(ReadOnlyAdmin):
    list_display = ("id", "dispatch", "address", "status", "reason", "parts", "attempt", "handed_over_at", "final_at")
    list_filter = (DispatchFilter, StatusFilter)
    list_select_related = ("dispatch__campaign",)
    search_fields = ("=id",)
    search_help_text = _("An id, a reference as the provider shows it, or a whole email address or phone number.")
    ordering = ("-pk",)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By what has an index: the id (also inside a reference), and the address through the contact."""
        term = search_term.strip().lower()
        if not term:
            return queryset, False
        reference = recipient_of(term)
        if reference or (term.isdecimal() and len(term) < 12):
            return queryset.filter(pk=reference[1] if reference else int(term)), False
        column = "email" if "@" in term else "phone"
        people = Contact.objects.filter(**{column: term}).values_list("pk", flat=True)[:MOST_CONTACTS]
        return queryset.filter(contact__in=list(people)), False


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    list_display = ("id", "dispatch", "number", "size", "status", "tries", "http_status", "started_at", "finished_at")
    list_select_related = ("dispatch__campaign",)
    search_fields = ("=id",)
    search_help_text = _("An id, or dispatch/number as 12/345.")
    exclude = ("token",)
    ordering = ("-pk",)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        dispatch_id, _slash, number = search_term.strip().partition("/")
        if dispatch_id.isdecimal() and number.isdecimal():
            return queryset.filter(dispatch=int(dispatch_id), number=int(number)), False
        if dispatch_id.isdecimal():
            return queryset.filter(pk=int(dispatch_id)), False
        return (queryset.none() if search_term.strip() else queryset), False


@admin.register(Tally)
class TallyAdmin(ReadOnlyAdmin):
    list_display = ("dispatch", "status", "reason", "n")
    list_select_related = ("dispatch__campaign",)
    search_fields = ("=dispatch__id",)
    list_filter = ("status",)
    ordering = ("-dispatch", "status", "reason")


@admin.register(Pulse)
class PulseAdmin(ReadOnlyAdmin):
    list_display = ("dispatch", "at", "n", "parts")
    list_select_related = ("dispatch__campaign",)
    search_fields = ("=dispatch__id",)
    ordering = ("-pk",)


@admin.register(ProviderEvent)
class ProviderEventAdmin(ReadOnlyAdmin):
    list_display = ("id", "account", "kind", "received_at", "applied_at", "outcome", "tries", "note")
    list_filter = ("account", ("applied_at", admin.EmptyFieldListFilter))
    list_select_related = ("account",)
    search_fields = ("=id",)
    ordering = ("-pk",)


@admin.register(Reply)
class ReplyAdmin(ReadOnlyAdmin):
    list_display = ("at", "workspace", "channel", "address", "opted_out", "account")
    list_filter = ("workspace", "channel", "opted_out")
    list_select_related = ("workspace", "account")
    search_fields = ("=address",)
    raw_id_fields = ("contact", "recipient")
    ordering = ("-pk",)


@admin.register(Lane)
class LaneAdmin(ReadOnlyAdmin):
    list_display = ("account", "slot", "lease_until")
    list_select_related = ("account",)
    search_fields = ("account__name",)
    exclude = ("token",)


@admin.register(Pace)
class PaceAdmin(ReadOnlyAdmin):
    list_display = ("name", "next_at")
    search_fields = ("name",)


@admin.register(Ticket)
class TicketAdmin(ReadOnlyAdmin):
    list_display = ("value", "account", "dispatch", "batch_no", "course", "made_at", "follow_at")
    list_select_related = ("account", "dispatch__campaign")
    search_fields = ("=value",)
    ordering = ("-pk",)


@admin.register(ListRun)
class ListRunAdmin(ReadOnlyAdmin):
    list_display = ("name", "dispatch", "kind", "status", "uploaded", "count", "cost", "approved_by", "next_at")
    list_filter = ("status",)
    list_select_related = ("dispatch__campaign", "approved_by")
    search_fields = ("=ticket", "name")
    exclude = ("token",)
    ordering = ("-pk",)


@admin.register(AccessToken)
class AccessTokenAdmin(ReadOnlyAdmin):
    list_display = ("account", "expires_at", "lease_until")
    list_select_related = ("account",)
    search_fields = ("account__name",)
    exclude = ("sealed",)


@admin.register(Attachment)
class AttachmentAdmin(ReadOnlyAdmin):
    list_display = ("name", "workspace", "content_type", "inline", "size", "created_at")
    list_filter = ("workspace", "inline")
    list_select_related = ("workspace",)
    search_fields = ("name", "=digest")
    exclude = ("data",)
    ordering = ("-pk",)
