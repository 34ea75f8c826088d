"""Who may do what: one table, asked by views (`@member`) and by buttons (`perms_of` in templates)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from console.models import Membership, Role

P = ParamSpec("P")

_ANALYST = {
    "workspace.view", "contact.view", "group.view", "template.view", "campaign.view", "dispatch.view",
    "report.view", "report.export",
}  # fmt: skip
_EDITOR = _ANALYST | {
    "contact.edit", "contact.import", "contact.export", "group.edit", "template.edit", "campaign.edit",
    "campaign.test",
}  # fmt: skip
_SENDER = _EDITOR | {"campaign.send", "dispatch.control"}
_MANAGER = _SENDER | {
    "contact.delete", "suppression.edit", "provider.view", "provider.edit", "audit.view",
    "operations.view",
}  # fmt: skip
_OWNER = _MANAGER | {"workspace.edit", "people.edit"}

PERMISSIONS: dict[str, frozenset[str]] = {
    Role.OWNER: frozenset(_OWNER),
    Role.MANAGER: frozenset(_MANAGER),
    Role.SENDER: frozenset(_SENDER),
    Role.EDITOR: frozenset(_EDITOR),
    Role.ANALYST: frozenset(_ANALYST),
}
ALL_PERMISSIONS = frozenset(_OWNER)


def perms_of(membership: Membership | None) -> frozenset[str]:
    """The permissions of a membership; none without one."""
    return PERMISSIONS[membership.role] if membership else frozenset()


def can(membership: Membership | None, permission: str) -> bool:
    """True when the role has `permission`. KeyError-like ValueError for one nobody defined."""
    if permission not in ALL_PERMISSIONS:
        raise ValueError(f"unknown permission {permission!r}")
    return permission in perms_of(membership)


class WorkspaceRequest(HttpRequest):
    """What a view behind `@member` gets: `workspace`, `membership` and `permissions` are set."""

    user: Any  # a User: the decorator lets nobody else in
    workspace: Any
    membership: Membership
    permissions: frozenset[str]
    htmx: Any


def member(
    permission: str,
) -> Callable[[Callable[Concatenate[Any, P], HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """View decorator: log in, belong to the workspace of the URL (else 404, by the middleware), hold `permission`
    (else 403). The URL's `workspace` argument is taken away: the view reads `request.workspace`."""
    if permission not in ALL_PERMISSIONS:
        raise ValueError(f"unknown permission {permission!r}")

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @login_required
        @wraps(view)
        def inner(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            kwargs.pop("workspace", None)
            if not can(request.membership, permission):
                raise PermissionDenied(permission)
            return view(request, *args, **kwargs)

        inner.permission = permission  # type: ignore[attr-defined]
        return inner

    return decorate
