"""What the database holds: credentials that open, counters that add up, nothing of a demo, accounts that answer."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import get_connection

from campaigns.models import ProviderAccount
from campaigns.services.connecting import accounts
from campaigns.services.settling import ledger_checks
from campaigns.wording import reason_sentence
from console import formats
from console.management.doctor.findings import Finding, Visit, is_loopback, note, wrong
from console.models import User, Workspace
from console.services import crypto

DEMO_PEOPLE = ".example"  # the domain of everybody that a demo makes


def examine(visit: Visit) -> Iterator[Finding]:
    yield from _people(visit)
    yield from _zones()
    yield from _counters(visit)
    yield from _accounts(visit)
    if visit.in_service:
        yield from _demo()
    if visit.connect:
        yield from _connections(visit)
        yield from _mail_server()


def _people(visit: Visit) -> Iterator[Finding]:
    if not User.objects.filter(is_active=True).exists():
        yield visit.serious(
            "nobody", "There is nobody who can sign in.", "Whoever opens the first page becomes its owner.",
            f"Open {settings.PUBLIC_URL}/setup/ and make yourself the owner.",
        )  # fmt: skip


def _zones() -> Iterator[Finding]:
    named = Workspace.objects.values_list("name", "time_zone")
    unknown = [f"{name} ({zone})" for name, zone in named if not formats.is_zone(zone)]
    if unknown:
        yield wrong(
            "time-zone-unknown", f"The time zone of a workspace does not exist: {', '.join(unknown[:3])}",
            "Its quiet hours cannot be kept, so its marketing does not leave.",
            "Choose another in the settings of the workspace; install the package tzdata if it should exist.",
        )  # fmt: skip


def _counters(visit: Visit) -> Iterator[Finding]:
    found = ledger_checks.counters_that_differ(visit.now)
    if found:
        numbers = ", ".join(str(difference.dispatch) for difference in found[:5])
        yield wrong(
            "counters", f"The counters of {len(found)} dispatches differ from their rows: {numbers}",
            "Screens and reports show wrong numbers; the rows, which say who was written to, are right.",
            "manage.py doctor --recount",
        )  # fmt: skip


def _accounts(visit: Visit) -> Iterator[Finding]:
    found = list(ProviderAccount.objects.select_related("workspace").order_by("pk"))
    closed = [account for account in found if not _opens(account)]
    if closed:
        yield wrong(
            "credentials-unreadable", f"FIELD_KEYS does not open the credentials of {_names(closed)}.",
            "Nothing can be sent through these accounts.",
            "Add the key they were stored with to FIELD_KEYS, behind the first, or enter the credentials again.",
        )  # fmt: skip
    held = [account for account in found if account.hold_reason and account.is_active]
    for account in held:
        yield note(
            "account-held", f"Nothing leaves through {_name(account)}: {reason_sentence(account.hold_reason)}",
            "Its dispatches are held until somebody mends this.",
            "Open the account in the console, test and release it.",
        )  # fmt: skip
    local = [
        account for account in found if account.is_active and is_loopback(urlsplit(account.base_url).hostname or "")
    ]
    if visit.in_service and local:
        yield wrong(
            "sandbox-accounts", f"Accounts in use lead to this very machine: {_names(local)}",
            "The sandbox says that it delivered, and delivers nothing.",
            "Enter the provider's address in the account, or disable the account.",
        )  # fmt: skip


def _opens(account: ProviderAccount) -> bool:
    try:
        crypto.unseal(account.sealed)
    except crypto.WrongKey:
        return False
    return True


def _demo() -> Iterator[Finding]:
    spaces = list(Workspace.objects.filter(is_demo=True).values_list("name", flat=True))
    if spaces:
        yield wrong(
            "demo-workspace", f"A demo workspace is left: {', '.join(spaces)}",
            "Its people are fictional, and its dispatches look like real ones in every sum.",
            "Delete it in the administration, under Workspaces.",
        )  # fmt: skip
    people = list(
        User.objects.filter(is_active=True, email__endswith=DEMO_PEOPLE, memberships__workspace__is_demo=True)
        .distinct()
        .values_list("email", flat=True)
    )
    if people:
        yield wrong(
            "demo-people", f"People of the demo can still sign in: {', '.join(people[:3])}",
            "They may administer everything, and the password lies in demo-login.txt.",
            "Deactivate them in the administration, under People, and delete demo-login.txt.",
        )  # fmt: skip


# -- with --connect ---------------------------------------------------------------------------------


def _connections(visit: Visit) -> Iterator[Finding]:
    for account in ProviderAccount.objects.filter(is_active=True).select_related("workspace").order_by("pk"):
        outcome = accounts.test_connection(account, visit.now)
        if not outcome.ok:
            yield wrong(
                "account-connection",
                f"{_name(account)} does not answer as it should: {reason_sentence(outcome.reason)} ({outcome.text})",
                "What is sent through it will be held.", "Open the account in the console and correct it.",
            )  # fmt: skip


def _mail_server() -> Iterator[Finding]:
    if not settings.EMAIL_URL:
        return
    try:
        connection = get_connection()
        connection.open()
        connection.close()
    except (OSError, smtplib.SMTPException) as error:
        yield wrong(
            "email-unreachable", f"The mail server of EMAIL_URL does not let us in: {type(error).__name__}: {error}",
            "Nobody is told by email when a dispatch pauses itself.", "Check EMAIL_URL.",
        )  # fmt: skip


def _name(account: ProviderAccount) -> str:
    return f"{account.name} ({account.workspace})"


def _names(found: list[ProviderAccount]) -> str:
    return ", ".join(_name(account) for account in found[:3]) + ("…" if len(found) > 3 else "")
