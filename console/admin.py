"""The Django admin of the console: people, workspaces, and what was done. Every change here is audited as well."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import Group
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from console.models import AuditEvent, Heartbeat, Job, Membership, User, Workspace
from console.services import audit

MOST_COUNTED = 1_000


class ShortPaginator(Paginator):
    """Counts no further than some pages, because COUNT(*) over ten million rows takes seconds. What lies beyond is
    found by search and filters."""

    @cached_property
    def count(self) -> int:
        return int(self.object_list[:MOST_COUNTED].count())  # type: ignore[attr-defined]


class AuditedAdmin(admin.ModelAdmin):
    """Changes through the admin stand in the product's audit log too, with the names of the fields."""

    paginator = ShortPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # a count per choice of every filter
    list_per_page = 50
    list_max_show_all = 50

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        self._audit(request, "admin.add", obj, message)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        self._audit(request, "admin.change", obj, message)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for obj in queryset:
            self._audit(request, "admin.delete", obj, [])
        return super().log_deletions(request, queryset)

    def _audit(self, request: HttpRequest, action: str, obj: Model, message: Any) -> None:
        """`message` is Django's own record of the change: [{"changed": {"fields": [...]}}]."""
        gone = action == "admin.delete" and isinstance(obj, Workspace)
        workspace = obj if isinstance(obj, Workspace) else getattr(obj, "workspace", None)
        parts = [part["changed"] for part in message if isinstance(part, dict) and "changed" in part]
        audit.record(
            action,
            workspace=None if gone else workspace,
            actor=audit.actor_or_none(request.user),
            target=obj,
            now=timezone.now(),
            fields=[str(name) for part in parts for name in part.get("fields", [])],
        )


class ReadOnlyAdmin(AuditedAdmin):
    """To look at only: these rows are written by services, which keep counters and ledger true."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def login(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """The admin has no login of its own: the product's page has the limits on guessing. Somebody who is logged in
    and no admin is refused."""
    if request.user.is_authenticated:
        raise PermissionDenied("admins only")
    return redirect_to_login(request.GET.get("next", reverse("admin:index")))


admin.site.login = login  # type: ignore[method-assign]
admin.site.site_header = _("Despacho administration")
admin.site.site_title = "Despacho"
admin.site.index_title = _("Everything in the database")
admin.site.unregister(Group)  # permissions come from roles in workspaces (console.access)


class PersonForm(UserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name")


@admin.register(User)
class UserAdmin(AuditedAdmin, DjangoUserAdmin):
    add_form = PersonForm
    ordering = ("email",)
    list_display = ("email", "name", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email", "name")
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("email", "password", "name")}),
        (_("Settings"), {"fields": ("language", "time_zone", "theme")}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "is_superuser")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "password1", "password2")}),)


class MembershipInline(admin.TabularInline):
    model = Membership
    raw_id_fields = ("user",)
    extra = 0


@admin.register(Workspace)
class WorkspaceAdmin(AuditedAdmin):
    list_display = ("name", "slug", "time_zone", "language", "currency", "is_demo", "created_at")
    list_filter = ("is_demo", "language", "currency")
    search_fields = ("name", "slug")
    inlines = (MembershipInline,)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A workspace takes ledgers of millions with it: not by a button."""
        return False


@admin.register(Membership)
class MembershipAdmin(AuditedAdmin):
    list_display = ("user", "workspace", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("user", "workspace")
    search_fields = ("user__email", "user__name", "workspace__name")
    raw_id_fields = ("user", "workspace")


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "workspace", "actor", "action", "label", "target")
    list_filter = ("workspace",)
    list_select_related = ("workspace", "actor")
    search_fields = ("target",)
    search_help_text = _("The thing it was done to, as dispatch:12 or account:3.")
    ordering = ("-pk",)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By the exact target, which has an index."""
        return (queryset.filter(target=search_term.strip()) if search_term.strip() else queryset), False


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "workspace", "kind", "status", "progress", "total", "attempts", "actor")
    list_filter = ("status", "kind")
    list_select_related = ("workspace", "actor")
    search_fields = ("=id",)
    exclude = ("token",)
    ordering = ("-created_at",)


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    list_display = ("name", "at")
    search_fields = ("name",)
