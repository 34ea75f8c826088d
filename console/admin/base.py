"""What every page of the administration has: short counts, changes that are audited, and words instead of codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.utils import display_for_value
from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _

from console.models import Workspace
from console.services import audit

MOST_COUNTED = 1_000
Say = Callable[[Any], Any]


class ShortPaginator(Paginator):
    """Counts no further than some pages, because COUNT(*) over ten million rows takes seconds. What lies beyond is
    found by search and filters."""

    @cached_property
    def count(self) -> int:
        return int(self.object_list[:MOST_COUNTED].count())  # type: ignore[attr-defined]


class AuditedAdmin(admin.ModelAdmin):
    """Changes through the admin stand in the product's audit log too, with the names of the fields.

    `say`: field -> what a row shows of it, for fields that hold a code. Yes and no are words by themselves, because
    Django's pictures are called True and False in every language.
    """

    paginator = ShortPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # a count per choice of every filter
    list_per_page = 50
    list_max_show_all = 50
    say: ClassVar[dict[str, Say]] = {}

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [self._column(name) for name in super().get_list_display(request)]

    def _column(self, name: Any) -> Any:
        """The field itself, or the function that tells it in words. The same one every time: Django compares them."""
        return self._columns.get(name, name) if isinstance(name, str) else name

    @cached_property
    def _columns(self) -> dict[str, Callable[[Any], Any]]:
        fields = {field.name: field for field in self.opts.concrete_fields}
        says = {name: _say_of(field) for name, field in fields.items()} | self.say
        return {name: _told(fields[name], say) for name, say in says.items() if say}

    def log_addition(self, request: HttpRequest, obj: models.Model, message: Any) -> Any:
        self._audit(request, "admin.add", obj, message)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: models.Model, message: Any) -> Any:
        self._audit(request, "admin.change", obj, message)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> Any:
        for obj in queryset:
            self._audit(request, "admin.delete", obj, [])
        return super().log_deletions(request, queryset)

    def _audit(self, request: HttpRequest, action: str, obj: models.Model, message: Any) -> None:
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
    """To look at only: these rows are written by services, which keep counters and ledger true. A page shows every
    field but `exclude`."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        fields = [*self.opts.concrete_fields, *self.opts.many_to_many]
        hidden = set(self.exclude or ())
        return [self._column(f.name) for f in fields if not isinstance(f, models.AutoField) and f.name not in hidden]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.get_fields(request, obj)


def _say_of(field: models.Field[Any, Any]) -> Say | None:
    """How a kind of field is told where Django's own way is not for people; None where it is."""
    if isinstance(field, models.BooleanField):
        return lambda row: _("Yes") if getattr(row, field.name) else _("No")
    if isinstance(field, models.JSONField):
        return lambda row: _data(getattr(row, field.name))
    return None


def _told(field: models.Field[Any, Any], say: Say) -> Callable[[Any], Any]:
    @admin.display(description=field.verbose_name, ordering=field.name)
    def column(row: Any) -> Any:
        return shown(say(row))

    column.__name__ = field.name
    return column


def shown(value: Any) -> Any:
    """A value as Django shows that of a field: days and numbers in the reader's language, a dash for nothing."""
    if value in (None, ""):
        return "-"
    return value if hasattr(value, "__html__") else display_for_value(value, "-")


def _data(value: Any) -> str:
    """What is stored, as it is stored: for somebody who looks for a fault."""
    return format_html("<pre>{}</pre>", json.dumps(value, ensure_ascii=False, indent=1)) if value else ""
