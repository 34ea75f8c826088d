"""/healthz: for load balancers, supervisors and monitors. Tells states and ages, never a secret."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.log import log_response
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from campaigns.services import health
from console.celery import app

BROKER_SECONDS = 1.0


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while it works (ok, or degraded: slow but working), 503 when something is down."""
    found = health.check(_broker(), timezone.now())
    if found.status != health.FAILED:
        return JsonResponse({"status": found.status, **found.parts})
    answer = JsonResponse({"status": found.status, **found.parts}, status=503)
    # Said here, else Django calls it an error of this page, every second until everything has started.
    log_response("not well: %s", request.path, response=answer, request=request, level="info")
    return answer


def _broker() -> str:
    """ "embedded" (the worker's own memory), "ok", or "failed" when it does not answer within a second."""
    if settings.EMBEDDED:
        return "embedded"
    redis = settings.BROKER_URL.startswith(("redis", "unix"))
    options = {"socket_connect_timeout": BROKER_SECONDS, "socket_timeout": BROKER_SECONDS} if redis else {}
    try:
        with app.connection_for_read(
            settings.BROKER_URL, connect_timeout=BROKER_SECONDS, transport_options=options
        ) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_SECONDS)
    except (OperationalError, OSError):
        return health.FAILED
    return health.OK
