"""Accounts, templates, campaigns and dispatches: to look at, and to do what the console's own services do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models import (
    Attachment,
    Campaign,
    Dispatch,
    ProviderAccount,
    Template,
    TemplateVersion,
)
from campaigns.providers import registry
from campaigns.services.connecting import account_settings
from campaigns.services.sending import dispatching
from console.admin import ReadOnlyAdmin
from console.errors import UserError
from console.models import User
from console.services import audit


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


class ProviderFilter(admin.SimpleListFilter):
    """Accounts by provider, under the providers' own names."""

    title = _("provider")
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return registry.choices()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(provider=self.value()) if self.value() else queryset


@admin.register(ProviderAccount)
class ProviderAccountAdmin(ControlAdmin):
    list_display = ("name", "workspace", "provider", "is_active", "hold_reason", "last_success_at", "last_error_at")
    list_filter = (ProviderFilter, "is_active", ("hold_reason", admin.EmptyFieldListFilter))
    say = {"provider": lambda account: dict(registry.choices()).get(account.provider, account.provider)}
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


@admin.register(Attachment)
class AttachmentAdmin(ReadOnlyAdmin):
    list_display = ("name", "workspace", "content_type", "inline", "size", "created_at")
    list_filter = ("workspace", "inline")
    list_select_related = ("workspace",)
    search_fields = ("name", "=digest")
    exclude = ("data",)
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
