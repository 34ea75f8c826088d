"""The link in every marketing email: a page that asks once, and one-click by POST (RFC 8058)."""

from __future__ import annotations

import hmac

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from campaigns.models import Recipient
from campaigns.services.writing import content
from contacts.services import consent
from contacts.states import ConsentSource


def _recipient(token: str) -> Recipient:
    key, _, rest = token.partition("-")
    number = rest.partition("-")[0]
    if not number.isdecimal():
        raise Http404
    found = Recipient.objects.select_related("dispatch__workspace").filter(pk=int(number), dispatch__key=key).first()
    if found is None or not hmac.compare_digest(content.unsubscribe_token(found.dispatch, found.pk), token):
        raise Http404
    return found


@csrf_exempt  # mailbox providers post without a cookie; the signed token is the proof
@require_http_methods(["GET", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, POST opts the address out. A GET changes nothing: mail scanners follow links."""
    if token == "preview":  # noqa: S105 - the link that previews show
        return render(request, "campaigns/unsubscribe.html", {"preview": True})
    recipient = _recipient(token)
    workspace = recipient.dispatch.workspace
    done = request.method == "POST"
    if done:
        consent.opt_out(
            workspace,
            recipient.dispatch.channel,
            recipient.address,
            source=ConsentSource.UNSUBSCRIBE_LINK,
            now=timezone.now(),
            evidence=f"dispatch {recipient.dispatch_id}",
        )
    with translation.override(workspace.language):
        context = {"workspace": workspace, "address": recipient.address, "done": done}
        return render(request, "campaigns/unsubscribe.html", context)
