"""/healthz: for load balancers, supervisors and monitors. Tells states and ages, never a secret."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.log import log_response
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from campaigns.services.showing import health
from console import broker


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while it works (ok, or degraded: slow but working), 503 when something is down."""
    found = health.check(broker.state(), timezone.now())
    if found.status != health.FAILED:
        return JsonResponse({"status": found.status, **found.parts})
    answer = JsonResponse({"status": found.status, **found.parts}, status=503)
    # Said here, else Django calls it an error of this page, every second until everything has started.
    log_response("not well: %s", request.path, response=answer, request=request, level="info")
    return answer
