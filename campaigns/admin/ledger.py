"""The ledger, its batches and its counters: lists stay quick at ten million rows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from campaigns.models import (
    Batch,
    Dispatch,
    Engagement,
    EngagementTally,
    Evidence,
    Pulse,
    Recipient,
    Tally,
)
from campaigns.querysets import in_flight, reading, shelves
from campaigns.services.sending.flights import recipient_of
from campaigns.services.showing.speed import BUCKET
from campaigns.states import RecipientStatus
from campaigns.wording import RECIPIENT_WORDS
from console.admin import ReadOnlyAdmin
from contacts.models import Contact

MOST_CONTACTS = 200  # people with one address whom a search looks for in the ledger


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
    """By status. Two of them are "Sent" on every other screen; together they would have to be sorted."""

    title = _("status")
    parameter_name = "status"
    words = RECIPIENT_WORDS | {
        RecipientStatus.ACCEPTED: _("Sent, the provider has it"),
        RecipientStatus.SENT: _("Sent, the carrier has it"),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(status.value, self.words[status]) for status in RecipientStatus]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(status=self.value()) if self.value() else queryset


class LedgerStatusFilter(StatusFilter):
    """Only within a dispatch, where there is an index for it."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        inside = request.GET.get(DispatchFilter.parameter_name, "").isdecimal()
        return super().lookups(request, model_admin) if inside else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        dispatch, status = request.GET.get(DispatchFilter.parameter_name, ""), self.value()
        if status not in set(RecipientStatus) or not dispatch.isdecimal():
            return super().queryset(request, queryset)
        found = queryset.filter(shelves.holds(status))
        if status == RecipientStatus.ACCEPTED:
            return found.filter(pk__lt=shelves.frontier(int(dispatch)).row)
        if status not in (RecipientStatus.QUEUED, RecipientStatus.CLAIMED):
            return found
        flying = Q(status=RecipientStatus.QUEUED, batch_no__in=in_flight.numbers(int(dispatch)))
        if status == RecipientStatus.CLAIMED:
            return queryset.filter(shelves.holds(status) | flying)
        return found.exclude(flying)


@admin.register(Recipient)
class RecipientAdmin(ReadOnlyAdmin):
    list_display = ("id", "dispatch", "address", "now", "reason", "parts", "attempt", "handed_over_at", "final_at")
    list_filter = (DispatchFilter, LedgerStatusFilter)
    list_select_related = ("dispatch__campaign",)
    search_fields = ("=id",)
    search_help_text = _("An id, a reference as the provider shows it, or a whole email address or phone number.")
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Recipient]:
        return super().get_queryset(request).annotate(status_now=in_flight.status())

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Recipient | None:
        row: Recipient | None = super().get_object(request, object_id, from_field)
        in_flight.mark([row] if row else [])
        return row

    @admin.display(description=_("status"))
    def now(self, row: Any) -> Any:
        """The status, also of those whose batch is on its way."""
        return RECIPIENT_WORDS[row.status_now]

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


@admin.register(Engagement)
class EngagementAdmin(ReadOnlyAdmin):
    list_display = ("id", "dispatch", "recipient", "kind", "url", "at")
    list_select_related = ("dispatch__campaign", "recipient")
    search_fields = ("=recipient__id",)
    search_help_text = _("The id of a recipient.")
    ordering = ("-pk",)


@admin.register(EngagementTally)
class EngagementTallyAdmin(ReadOnlyAdmin):
    list_display = ("id", "dispatch", "kind", "url", "people")
    list_select_related = ("dispatch__campaign",)
    search_fields = ("=dispatch__id",)
    search_help_text = _("The id of a dispatch.")
    ordering = ("-pk",)


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
    list_filter = (StatusFilter,)
    ordering = ("-dispatch", "status", "reason")


@admin.register(Pulse)
class PulseAdmin(ReadOnlyAdmin):
    list_display = ("dispatch", "at", "n", "parts")
    say = {"at": lambda pulse: datetime.fromtimestamp(pulse.at * BUCKET, UTC)}
    list_select_related = ("dispatch__campaign",)
    search_fields = ("=dispatch__id",)
    ordering = ("-pk",)


@admin.register(Evidence)
class EvidenceAdmin(ReadOnlyAdmin):
    list_display = ("dispatch", "source", "tried", "failed", "strange", "answer")
    list_select_related = ("dispatch__campaign",)
    search_fields = ("=dispatch__id",)
    ordering = ("-pk",)
