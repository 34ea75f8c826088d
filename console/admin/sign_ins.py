"""Who signed in, and who tried to. Deleting a failed sign-in lets the person try again at once."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from console.admin.base import ReadOnlyAdmin, shown
from console.models import FailedSignIn, SignIn


class SignInBase(ReadOnlyAdmin):
    """The columns of both lists, under names of ours: the library that counts them has some languages only."""

    search_fields = ("=username", "=ip_address")
    search_help_text = _("A whole email address, or an IP address.")
    ordering = ("-pk",)
    shown: tuple[str, ...] = ("time", "person", "address", "browser")

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return list(self.shown)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return list(self.shown)

    @admin.display(description=_("time"), ordering="attempt_time")
    def time(self, row: Any) -> Any:
        return shown(row.attempt_time)

    @admin.display(description=_("email"), ordering="username")
    def person(self, row: Any) -> Any:
        return shown(row.username)

    @admin.display(description=_("IP address"))
    def address(self, row: Any) -> Any:
        return shown(row.ip_address)

    @admin.display(description=_("browser"))
    def browser(self, row: Any) -> Any:
        return shown(row.user_agent)

    @admin.display(description=_("failures in a row"))
    def failures(self, row: Any) -> Any:
        return shown(row.failures_since_start)

    @admin.display(description=_("signed out at"))
    def ended(self, row: Any) -> Any:
        return shown(row.logout_time)


@admin.register(FailedSignIn)
class FailedSignInAdmin(SignInBase):
    shown = ("time", "person", "address", "failures", "browser")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("console.delete_failedsignin")


@admin.register(SignIn)
class SignInAdmin(SignInBase):
    shown = ("time", "person", "address", "ended", "browser")
