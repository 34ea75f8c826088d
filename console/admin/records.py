"""What was done, what is being done in the background, and which parts are alive."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from console.admin.base import ReadOnlyAdmin
from console.models import JOBS, AuditEvent, Heartbeat, Job
from console.views.audit_details import Reader, kind_of, label_of
from console.views.audit_words import sentence


def _details(event: AuditEvent) -> str:
    lines = Reader([event], timezone.now()).lines(event)
    return format_html_join(
        "", "<div>{}</div>", ((f"{line.name}: {line.text}" if line.name else line.text,) for line in lines)
    )


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "workspace", "actor", "action", "target", "label")
    list_filter = ("workspace",)
    list_select_related = ("workspace", "actor")
    search_fields = ("target",)
    search_help_text = _("The thing it was done to, as dispatch:12 or contact:3.")
    ordering = ("-pk",)
    say = {
        "action": lambda event: sentence(event.action),
        "target": lambda event: f"{kind_of(event.target)} {event.target.partition(':')[2]}",
        "label": label_of,
        "detail": _details,
    }

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By the exact target, which has an index."""
        return (queryset.filter(target=search_term.strip()) if search_term.strip() else queryset), False


class KindFilter(admin.SimpleListFilter):
    """Background jobs by kind, in words."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(JOBS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "workspace", "kind", "status", "progress", "total", "attempts", "actor")
    list_filter = ("status", KindFilter)
    list_select_related = ("workspace", "actor")
    search_fields = ("=id",)
    exclude = ("token",)
    ordering = ("-created_at",)
    say = {"kind": lambda job: JOBS.get(job.kind, job.kind)}


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    list_display = ("name", "at")
    search_fields = ("name",)
    say = {"name": str}
