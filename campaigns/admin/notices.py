"""What people are told about dispatches and accounts, and alarms about counters that are not true."""

from __future__ import annotations

from django.contrib import admin

from campaigns.models import Alarm, Notice, NoticePreference
from console.admin import ReadOnlyAdmin


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ("at", "workspace", "user", "kind", "dispatch", "account", "read_at", "mail")
    list_filter = ("kind", "mail", "workspace")
    list_select_related = ("workspace", "user", "dispatch__campaign", "account")
    search_fields = ("user__email",)
    ordering = ("-pk",)


@admin.register(NoticePreference)
class NoticePreferenceAdmin(ReadOnlyAdmin):
    list_display = ("membership", "kind", "level")
    list_filter = ("kind", "level")
    list_select_related = ("membership__user", "membership__workspace")
    search_fields = ("membership__user__email",)
    ordering = ("-pk",)


@admin.register(Alarm)
class AlarmAdmin(ReadOnlyAdmin):
    list_display = ("raised_at", "workspace", "dispatch", "people", "checked_at", "cleared_at")
    list_filter = ("workspace", ("cleared_at", admin.EmptyFieldListFilter))
    list_select_related = ("workspace", "dispatch__campaign")
    search_fields = ("=dispatch__id",)
    ordering = ("-pk",)
