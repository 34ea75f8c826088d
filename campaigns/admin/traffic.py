"""What goes to providers and comes from them: rights to send, callbacks, replies, work at the vendor."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import admin
from django.utils.translation import gettext

from campaigns.models import (
    AccessToken,
    Lane,
    ListRun,
    Pace,
    ProviderEvent,
    Reconciliation,
    Reply,
    ReplySettings,
    Ticket,
)
from campaigns.providers import registry
from console.admin import ReadOnlyAdmin


def _kind_of(event: ProviderEvent) -> str:
    """What a callback is about, as the account page calls the address that it came to."""
    cls = registry.PROVIDERS.get(event.account.provider)
    labels = {hook.kind: gettext(hook.label) for hook in cls.hook_urls} if cls else {}
    return labels.get(event.kind, event.kind)


@admin.register(ProviderEvent)
class ProviderEventAdmin(ReadOnlyAdmin):
    list_display = ("id", "account", "kind", "received_at", "applied_at", "outcome", "tries", "note")
    list_filter = ("account", ("applied_at", admin.EmptyFieldListFilter))
    say = {"kind": _kind_of}
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
    say = {"name": str, "next_at": lambda pace: datetime.fromtimestamp(pace.next_at, UTC)}
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


@admin.register(ReplySettings)
class ReplySettingsAdmin(ReadOnlyAdmin):
    list_display = ("workspace", "confirms")
    list_select_related = ("workspace",)
    search_fields = ("workspace__name",)


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnlyAdmin):
    list_display = ("dispatch", "cursor", "next_at")
    list_select_related = ("dispatch__campaign",)
    search_fields = ("=dispatch__id",)
    ordering = ("-pk",)
