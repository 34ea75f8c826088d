"""The inbound door: one address per account and kind, with an unguessable token. Stored first, applied by a task."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from campaigns.providers import registry
from campaigns.providers.base import BadSignature, Hook
from campaigns.querysets import callbacks
from campaigns.services.settling import inbox
from console import networks

log = logging.getLogger(__name__)

BODY_LIMIT = 5 * 1024 * 1024

GetResponse = Callable[[HttpRequest], HttpResponse]


class DoorMiddleware:
    """Callbacks go past what only people need (session, language, workspace, content policy): more than
    half of the time of a call went there."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            view, args, found = resolve(request.path_info, "campaigns.urls_hooks")
        except Resolver404:
            return self.get_response(request)
        response: HttpResponse = view(request, *args, **found)
        return response


@require_http_methods(["POST", "GET"])
def receive(request: HttpRequest, token: str, kind: str) -> HttpResponse:
    """200 with an empty body once the callback is stored; 404 for a wrong token or kind, 413 for a body over 5 MiB.

    A callback that is forged is refused with 400, or with what the vendor's contract names; one from a foreign
    address with 403. Whatever goes wrong with us is 500, so that the vendor calls again. Nothing is parsed here:
    vendors want an answer within 200 ms (Sinch §8) or a second (Octopush §8).
    """
    door = callbacks.door(token)
    # The index finds the row; the comparison in constant time keeps its timing from telling how much was right.
    if door is None or not secrets.compare_digest(door.callback_token.encode(), token.encode()):
        return HttpResponse(status=404)
    if kind not in {url.kind for url in registry.provider_class(door.provider).hook_urls}:
        return HttpResponse(status=404)
    body = _body(request)
    if body is None:
        return _refusal("The body is larger than 5 MiB.", 413)
    hook = Hook(
        kind=kind,
        method=request.method or "POST",
        headers={name.lower(): value for name, value in request.headers.items()},
        query=request.GET.dict(),
        body=body,
        remote_address=networks.caller(request.META, settings.TRUSTED_PROXIES),
    )
    try:
        inbox.store(door, hook, timezone.now())
    except BadSignature as refused:
        log.warning("callback refused", extra={"account": door.pk, "kind": kind, "why": str(refused)})
        return _refusal("This callback is not accepted.", refused.status)
    return HttpResponse(status=200)


def _body(request: HttpRequest) -> bytes | None:
    """What was posted, None when it is too large. A body that comes in pieces has no length to look at before."""
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        whole: bytes = request.META["wsgi.input"].read(BODY_LIMIT + 1)
        return whole if len(whole) <= BODY_LIMIT else None
    length = str(request.META.get("CONTENT_LENGTH") or 0)
    if length.isdecimal() and int(length) > BODY_LIMIT:
        return None
    try:
        return request.body
    except RequestDataTooBig:
        return None


def _refusal(text: str, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain")
