"""A page that shows every component, and what a page may do with htmx: addresses for the browser tests only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path
from django.utils import timezone

from console import htmx
from console.charts import Part
from console.errors import UserError
from console.paging import Page
from console.urls import handler400, handler403, handler404, handler500
from console.urls import urlpatterns as product

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
WORDS = [
    ("delivered", "Delivered"), ("receipt", "Sent, no receipt"), ("sent", "Sent"), ("sending", "Handing over"),
    ("retry", "Retrying"), ("waiting", "Waiting"), ("held", "Held for hours"), ("verify", "To verify"),
    ("failed", "Failed"), ("excluded", "Excluded"),
]  # fmt: skip
NUMBERS = (16502, 211, 3204, 120, 187, 9640, 58, 28, 318, 1212)


class AccountForm(forms.Form):
    key = forms.CharField(label="API key", help_text="Write-only. Leave empty to keep the saved key.")
    speed = forms.IntegerField(label="Messages per second", min_value=1, max_value=200)
    channel = forms.ChoiceField(label="Channel", choices=[("sms", "SMS"), ("email", "Email")])
    way = forms.ChoiceField(label="When", choices=[("now", "Now"), ("later", "Later")], widget=forms.RadioSelect)
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"rows": 2}))
    safe = forms.BooleanField(label="First 200 go alone", required=False)


@login_required
def gallery(request: HttpRequest) -> HttpResponse:
    template = engines["django"].from_string((Path(__file__).parent / "gallery.html").read_text(encoding="utf-8"))
    form = AccountForm({"speed": "400", "channel": "sms", "way": "now"} if "bad" in request.GET else None)
    parts = [Part(state, n, word, "/gallery/") for (state, word), n in zip(WORDS, NUMBERS, strict=True)]
    context: dict[str, Any] = {
        "parts": parts,
        "few": [Part("sent", 14, "sent")],
        "total": sum(NUMBERS),
        "words": WORDS,
        "values": [0, 6, 14, 19.4, 19.8, 19.6, 19.7, 8, 5, 12, 18, 19.6, 19.7, 19.5, 19.6],
        "labels": ["12:24", "12:33", "12:42"],
        "names": ["Aitor Mendizábal", "Ane Goikoetxea Larrañaga", "Begoña Ruiz de Azúa"],
        "at": timezone.now(),
        "page": Page([], "", "/gallery/?after=x", 50),
        "form": form,
        "placeholder": "{{ first_name }}",
        "steps": [
            {"label": "Audience", "note": "46,520 people", "href": "/gallery/", "done": True, "current": False},
            {"label": "Message", "note": "3 parts", "href": "/gallery/", "done": False, "current": True},
            {"label": "Review", "note": "2 things to do", "href": "/gallery/", "done": False, "current": False},
        ],
    }
    return HttpResponse(template.render(context, request))


@login_required
def refuse(request: HttpRequest) -> HttpResponse:
    raise UserError("Nobody is waiting any more.")


@login_required
def praise(request: HttpRequest) -> HttpResponse:
    htmx.toast(request, "ok", "Campaign scheduled", "46,520 messages.")
    return htmx.only_toasts(request, 200)


@login_required
def dialog(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return refuse(request)
    return htmx.render_dialog(
        request, "console/people_remove.html", {"member": {"user": request.user}},
        title="Pause dispatch 412?", back="/gallery/", keep="Keep sending",
    )  # fmt: skip


urlpatterns = [
    *product,
    path("gallery/", gallery),
    path("gallery/refuse/", refuse),
    path("gallery/praise/", praise),
    path("gallery/dialog/", dialog),
]
