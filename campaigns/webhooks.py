"""The inbound door: one address per account and kind, with an unguessable token. Stored first, applied by a task."""

from __future__ import annotations

import logging
import secrets

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from campaigns.models import ProviderAccount
from campaigns.providers import registry
from campaigns.providers.base import BadSignature, Hook
from campaigns.services import inbox

log = logging.getLogger(__name__)

BODY_LIMIT = 5 * 1024 * 1024


@csrf_exempt
@require_http_methods(["POST", "GET"])
def receive(request: HttpRequest, token: str, kind: str) -> HttpResponse:
    """200 with an empty body once the callback is stored; 404 for a wrong token or kind, 400 for a bad signature,
    413 for a body over 5 MiB. Nothing is parsed here: vendors want an answer within 200 ms (Sinch §8)."""
    account = ProviderAccount.objects.filter(callback_token=token).first()
    # The index finds the row; the comparison in constant time keeps its timing from telling how much was right.
    if account is None or not secrets.compare_digest(account.callback_token, token):
        return HttpResponse(status=404)
    if kind not in {hook.kind for hook in registry.provider_class(account.provider).hook_urls}:
        return HttpResponse(status=404)
    if int(request.META.get("CONTENT_LENGTH") or 0) > BODY_LIMIT:
        return HttpResponse("The body is larger than 5 MiB.", status=413, content_type="text/plain")
    hook = Hook(
        kind=kind,
        method=request.method or "POST",
        headers={name.lower(): value for name, value in request.headers.items()},
        query=request.GET.dict(),
        body=request.body,
        remote_address=request.META.get("REMOTE_ADDR", ""),
    )
    try:
        inbox.store(account, hook, timezone.now())
    except BadSignature:
        log.warning("callback refused", extra={"account": account.pk, "kind": kind})
        return HttpResponse("The signature does not fit.", status=400, content_type="text/plain")
    return HttpResponse(status=200)
