"""/metrics: the numbers of the installation for a monitor. Labels name accounts by id, never people or messages."""

from __future__ import annotations

import platform
import secrets
from collections.abc import Iterator
from datetime import datetime

import django
from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from campaigns.services.showing import gauges
from campaigns.services.showing.gauges import Gauges
from console import networks
from console.exposition import Gauge, gauge, render, wanted


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For the bearer of METRICS_TOKEN, or callers within METRICS_ALLOWED; does not exist when neither is set."""
    if not _may(request):
        if not settings.METRICS_TOKEN:
            raise Http404("no metrics here")
        return HttpResponse("401\n", "text/plain", 401, headers={"WWW-Authenticate": 'Bearer realm="metrics"'})
    now = timezone.now()
    content_type = wanted(request.headers.get("Accept", ""))
    return HttpResponse(render(families(gauges.read(now), now), content_type), content_type)


def _may(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN and scheme.lower() == "bearer":
        return secrets.compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode())
    if not settings.METRICS_ALLOWED.strip():
        return False
    return networks.allows(settings.METRICS_ALLOWED, networks.caller(request.META, settings.TRUSTED_PROXIES))


def families(found: Gauges, now: datetime) -> Iterator[Gauge]:
    """What is exposed, in order. Ages are 0 while nothing waits."""
    yield Gauge("despacho_build_info", "Always 1; the labels say what runs.", [(_build(), 1)])
    yield _by("despacho_recipients", "People of all dispatches by status (from the counters).", "status", found.rows)
    yield _by("despacho_dispatches", "Dispatches of campaigns by status.", "status", found.dispatches)
    yield _by(
        "despacho_queue_age_seconds",
        "How long the oldest thing has been waiting that could be worked on now.",
        "queue",
        found.ages,
    )
    yield gauge(
        "despacho_unknown_age_seconds", "How long the oldest unknown outcome has been waiting.", found.unknown_age
    )
    yield gauge(
        "despacho_callbacks_waiting", "Callbacks that were stored and not yet applied (to 10000).", found.events
    )
    yield _by("despacho_jobs", "Background jobs by status.", "status", found.jobs)
    yield Gauge(
        "despacho_account_rate",
        "Messages per second handed over through a provider account in the last minute.",
        [(_account(row), row.rate) for row in found.accounts],
    )
    yield Gauge(
        "despacho_account_held",
        "1 while nothing leaves through a provider account; reason wait ends by itself, any other needs a person.",
        [({**_account(row), "reason": row.hold}, float(bool(row.hold))) for row in found.accounts],
    )
    yield gauge("despacho_alarms", "Dispatches whose counters differ from their rows.", found.alarms)
    yield _by("despacho_notice_emails", "Emails about notices that are not sent yet, by status.", "status", found.mail)
    yield Gauge(
        "despacho_heartbeat_age_seconds",
        "Time since the last sign of life of a part, or of a host that carries lanes; absent before the first, and for "
        "a host that was told to end.",
        [
            *(({"part": part}, age) for part, age in found.beats.items() if age is not None),
            *(({"part": "host", "host": host}, age) for host, age in found.hosts.items()),
        ],
    )
    yield gauge("despacho_time_seconds", "Unix time of this console, to compare clocks.", now.timestamp())


def _by(name: str, help: str, label: str, values: dict[str, int] | dict[str, float]) -> Gauge:
    return Gauge(name, help, [({label: key}, value) for key, value in values.items()])


def _account(row: gauges.AccountGauge) -> dict[str, str]:
    return {"account": str(row.account.pk), "provider": row.account.provider}


def _build() -> dict[str, str]:
    return {
        "version": settings.VERSION,
        "python": platform.python_version(),
        "django": django.get_version(),
        "database": connection.vendor,
        "broker": "no" if settings.EMBEDDED else "yes",
    }
