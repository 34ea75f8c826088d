"""Every address of the console by its URL name: the pages with what they are opened with, and what is no page.

`test_every_page.py` compares both with the resolver, so an address that is in neither list fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.browser.used_workspace import Used

# Pages outside a workspace: name -> keys of `Used.ids`.
OUTSIDE: dict[str, str] = {
    "workspaces": "", "profile": "", "login": "", "unsubscribe": "unsubscribe", "invitation": "invitation",
}  # fmt: skip

# Pages of a workspace: name -> one entry for each look worth taking, "<keys of Used.ids or plain words>?<query>".
PAGES: dict[str, tuple[str, ...]] = {
    "home": ("",), "workspace_settings": ("",), "people": ("",), "people_add": ("",),
    "people_role": ("member",), "people_remove": ("member",), "audit": ("",),
    "contacts": ("", "?q=600", "?q=nobody-at-all"), "contact": ("contact",), "contact-new": ("",),
    "contact-edit": ("contact",), "contact-delete": ("contact",), "contact-stop": ("contact",),
    "contact-consent": ("contact email",), "contact-messages": ("contact",), "contact-export": ("",),
    "contact-export-job": ("export",), "contact-job": ("bulk",),
    "groups": ("",), "group-new": ("",), "group-rename": ("group",), "group-delete": ("group",),
    "imports": ("",), "import-new": ("",), "import-review": ("upload",), "import": ("import",),
    "suppressions": ("",), "suppression-new": ("",), "suppression-remove": ("suppression",),
    "templates": ("",), "template-new": ("sms", "email"), "template": ("text", "letter"),
    "template-versions": ("letter",), "template-version": ("text 1", "letter 1"),
    "campaigns": ("", "?tab=done"), "campaign-new": ("",), "campaign": ("planned", "started", "late_campaign"),
    "campaign-rename": ("draft",), "campaign-delete": ("draft",),
    "composer-audience": ("draft",), "composer-message": ("draft", "draft?way=own", "email_draft?way=own"),
    "composer-people": ("draft", "draft?why=no_consent"), "composer-preview": ("draft", "email_draft"),
    "composer-schedule": ("draft",), "composer-review": ("draft", "email_draft"), "composer-test": ("draft",),
    "dispatch": ("running", "done", "mailing", "held", "lost"), "dispatch-events": ("done",),
    "request-name": ("lost 1",),
    "dispatch-pause": ("running",), "dispatch-stop": ("running",), "dispatch-retry": ("done",),
    "recipient-list": ("done", "done?state=failed", "running?state=verify"),
    "recipient": ("done person", "done failed", "running unknown", "mailing reader"),
    "recipient-decide-all": ("running",), "recipient-decide": ("running unknown",),
    "reports": ("",), "report": ("done", "mailing", "running"), "report-export": ("done",), "exports": ("",),
    "replies": ("", "?show=opt-outs", "?q=nobody-at-all"), "reply-settings": ("",), "contact-number": ("contact",),
    "account-campaigns": ("sms_account",), "account-campaign-new": ("sms_account",),
    "providers": ("",), "account": ("sms_account", "email_account"),
    "account-new": (
        "", "?provider=sinch-messaging", "?provider=messaging-service", "?provider=crm-messaging",
        "?provider=octopush", "?provider=salesforce-marketing-cloud",
    ),
    "notices": ("", "?show=unread"), "operations": ("",),
    "account-disable": ("sms_account",), "account-rotate": ("sms_account",),
}  # fmt: skip

# Opened before anybody exists, by a test of its own.
FIRST_RUN = {"setup"}
# Buttons: they answer 405 to a GET.
BUTTONS = {
    "logout", "change_password", "theme", "language", "people_link",
    "contact-bulk", "contact-groups", "template-check", "template-try", "template-restore", "template-duplicate",
    "template-archive", "template-unarchive", "campaign-clone", "campaign-archive", "campaign-unschedule",
    "composer-audience-count", "composer-check", "composer-try", "composer-schedule-check", "dispatch-resume",
    "recipient-decide-some", "account-test", "account-enable", "account-release",
    "replies-read", "account-training-reset", "account-register", "dispatch-list-approve",
    "choose_notices", "notice-open", "notice-read", "notices-read",
}  # fmt: skip
# Parts of a page that is in the list: polled, or shown in its frame.
PARTS = {
    "home-running", "home-providers", "campaign-pulse", "dispatch-live",
    "composer-email", "template-email", "recipient-html",
}  # fmt: skip
# What asks the provider or its sandbox first, needs a budget, or answers one reply: opened by tests of their own.
ELSEWHERE = {
    "account-campaign", "account-campaign-delete", "account-training", "reply-answer", "dispatch-kept",
    "dispatch-budget",
}  # fmt: skip
FILES = {"file", "contact-export-file", "import-rejected", "report-figures", "export-file"}
MACHINES = {"healthz", "hook", "metrics"}

ALL = {*OUTSIDE, *PAGES, *FIRST_RUN, *BUTTONS, *PARTS, *ELSEWHERE, *FILES, *MACHINES}


def names(resolver: URLResolver | None = None) -> Iterator[str]:
    """The names of all addresses but those of the Django admin."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLPattern):
            yield str(entry.name)
        elif entry.namespace != "admin":
            yield from names(entry)


def pages_of(used: Used) -> Iterator[str]:
    """The addresses to open as the owner."""
    for name, looks in PAGES.items():
        for look in looks:
            keys, mark, query = look.partition("?")
            yield used.url(name, *(_argument(used, key) for key in keys.split())) + mark + query
    yield reverse("workspaces")
    yield reverse("profile")
    yield reverse("admin:index")
    yield reverse("admin:campaigns_recipient_changelist")
    yield reverse("admin:contacts_contact_change", args=[used.ids["contact"]])


def open_pages_of(used: Used) -> Iterator[str]:
    """The addresses for people who are not signed in."""
    yield reverse("login")
    yield reverse("unsubscribe", args=[used.ids["unsubscribe"]])
    yield reverse("unsubscribe", args=["preview"])
    yield reverse("invitation", args=used.ids["invitation"])


def _argument(used: Used, key: str) -> Any:
    return used.ids.get(key, int(key) if key.isdecimal() else key)
