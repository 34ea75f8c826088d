"""What every page of the shell knows: navigation, workspaces, theme and language choices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from campaigns.services.showing import notices
from console.access import perms_of
from console.models import Membership, Theme, User, Workspace

LAST_WORKSPACE = "workspace"  # in the session: the slug of the workspace whose page was shown last


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry of the side column: shown when its URL exists and the role holds `permission`."""

    label: Any
    icon: str
    url_name: str
    permission: str


# (heading, entries). The one place where a page is added to the navigation.
NAV: list[tuple[Any, list[NavItem]]] = [
    (
        "",
        [
            NavItem(_("Home"), "home", "home", "workspace.view"),
            NavItem(_("Notices"), "bell", "notices", "workspace.view"),
        ],
    ),
    (
        _("Send"),
        [
            NavItem(_("Campaigns"), "send", "campaigns", "campaign.view"),
            NavItem(_("Templates"), "template", "templates", "template.view"),
        ],
    ),
    (
        _("People"),
        [
            NavItem(_("Contacts"), "users", "contacts", "contact.view"),
            NavItem(_("Lists and tags"), "tags", "groups", "group.view"),
            NavItem(_("Imports"), "file-import", "imports", "contact.import"),
            NavItem(_("Do not contact"), "hand-stop", "suppressions", "contact.view"),
        ],
    ),
    (
        _("Results"),
        [
            NavItem(_("Reports"), "chart-bar", "reports", "report.view"),
            NavItem(_("Replies"), "message-reply", "replies", "report.view"),
            NavItem(_("Exports"), "table-export", "exports", "report.export"),
        ],
    ),
]
# The tabs of the settings pages; "Settings" in the side column leads to the first one the role may see.
SETTINGS = [
    NavItem(_("Provider accounts"), "plug", "providers", "provider.view"),
    NavItem(_("People and roles"), "user-cog", "people", "workspace.view"),
    NavItem(_("Workspace"), "settings", "workspace_settings", "workspace.view"),
    NavItem(_("Replies and opt-outs"), "message-reply", "reply-settings", "workspace.view"),
    NavItem(_("Audit log"), "history", "audit", "audit.view"),
    NavItem(_("Operations"), "heartbeat", "operations", "operations.view"),
]


class Shell:
    """Lazy, so that an answer without the shell (a fragment) costs nothing."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def membership(self) -> Membership | None:
        """The membership of the URL; on pages outside a workspace (the profile) that of the last one shown."""
        session = getattr(self.request, "session", {})
        of_the_url: Membership | None = getattr(self.request, "membership", None)
        if of_the_url is not None:
            if session.get(LAST_WORKSPACE) != of_the_url.workspace.slug:
                session[LAST_WORKSPACE] = of_the_url.workspace.slug
            return of_the_url
        slug = session.get(LAST_WORKSPACE)
        if slug is None or not self.request.user.is_authenticated:
            return None
        members = Membership.objects.filter(user=self.request.user, workspace__slug=slug)
        return members.select_related("workspace").first()

    @cached_property
    def workspace(self) -> Workspace | None:
        return self.membership.workspace if self.membership else None

    @cached_property
    def permissions(self) -> frozenset[str]:
        return perms_of(self.membership)

    @cached_property
    def theme(self) -> str:
        """ "light", "dark" or "" (the device decides)."""
        theme = getattr(getattr(self.request, "user", None), "theme", Theme.AUTO)
        return "" if theme == Theme.AUTO else str(theme)

    @cached_property
    def themes(self) -> list[dict[str, Any]]:
        labels = [
            (Theme.LIGHT, _("Light")),
            (Theme.DARK, _("Dark")),
            (Theme.AUTO, _("Device")),
        ]
        chosen = self.theme or Theme.AUTO
        return [{"value": value.value, "label": label, "current": value == chosen} for value, label in labels]

    @cached_property
    def languages(self) -> list[dict[str, str]]:
        """Each language under its own name, as somebody who reads only that one looks for it."""
        names = {code: get_language_info(code)["name_local"] for code, _name in settings.LANGUAGES}
        return [{"code": code, "name": name.split(" ")[0].capitalize()} for code, name in names.items()]

    @cached_property
    def home_url(self) -> str:
        return self._url("home") or reverse("workspaces")

    @cached_property
    def search_url(self) -> str:
        """Where the search field of the side column leads; "" when there is nothing to search."""
        return self._url("contacts") if "contact.view" in self.permissions else ""

    @cached_property
    def nav(self) -> list[dict[str, Any]]:
        """Sections of entries: {label, entries: {label, icon, url, current}}."""
        sections = [{"label": label, "entries": self._entries(items)} for label, items in NAV]
        tabs = self.settings_tabs
        if tabs:
            sections.append({"label": "", "entries": [{**tabs[0], "label": _("Settings"), "icon": "settings"}]})
        entries = [entry for section in sections for entry in section["entries"]]
        self._mark_current(entries)
        if any(self.request.path.startswith(tab["url"]) for tab in tabs):
            entries[-1]["current"] = True
        return [section for section in sections if section["entries"]]

    @cached_property
    def notices_url(self) -> str:
        return self._url("notices")

    @cached_property
    def _standing(self) -> tuple[int, bool]:
        user = self.request.user
        return notices.standing(user, self.workspace) if self.workspace and isinstance(user, User) else (0, False)

    @property
    def unread(self) -> int:
        """Notices that wait for this person."""
        return self._standing[0]

    @cached_property
    def alarms(self) -> list[dict[str, Any]]:
        """What is wrong in the workspace of the URL, for the banner above its pages: {alarm, url}."""
        if getattr(self.request, "membership", None) is None or self.workspace is None or not self._standing[1]:
            return []
        page = "operations" if "operations.view" in self.permissions else ""
        return [
            {
                "alarm": alarm,
                "url": self._url(page) if page else reverse("dispatch", args=[self.workspace.slug, alarm.dispatch_id]),
            }
            for alarm in notices.open_alarms(self.workspace)
        ]

    @cached_property
    def settings_tabs(self) -> list[dict[str, Any]]:
        return self._entries(SETTINGS)

    @cached_property
    def workspaces(self) -> list[dict[str, Any]]:
        user = self.request.user
        if not user.is_authenticated:
            return []
        memberships = Membership.objects.filter(user=user).select_related("workspace").order_by("workspace__name")
        return [
            {
                "name": membership.workspace.name,
                "url": reverse("home", args=[membership.workspace.slug]),
                "current": self.workspace is not None and membership.workspace_id == self.workspace.pk,
            }
            for membership in memberships
        ]

    def _entries(self, items: list[NavItem]) -> list[dict[str, Any]]:
        """What exists and is allowed."""
        urls = [(item, self._url(item.url_name) if item.permission in self.permissions else "") for item in items]
        return [
            {"name": item.url_name, "label": item.label, "icon": item.icon, "url": url, "current": False}
            for item, url in urls
            if url
        ]

    def _mark_current(self, entries: list[dict[str, Any]]) -> None:
        """The entry with the longest address that the page's own address starts with. Home is only itself."""
        path = self.request.path
        matching = [e for e in entries if path == e["url"] or (path.startswith(e["url"]) and e["url"] != self.home_url)]
        if matching:
            max(matching, key=lambda entry: len(entry["url"]))["current"] = True

    def _url(self, name: str) -> str:
        if self.workspace is None:
            return ""
        try:
            return reverse(name, args=[self.workspace.slug])
        except NoReverseMatch:
            return ""


def shell(request: HttpRequest) -> dict[str, Any]:
    """`shell`, and the workspace and permissions of the URL, for every template."""
    return {
        "shell": Shell(request),
        "workspace": getattr(request, "workspace", None),
        "permissions": getattr(request, "permissions", frozenset()),
    }
