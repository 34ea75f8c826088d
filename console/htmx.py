"""Fragment or page, toast, redirect, stop polling: how a view answers htmx and plain browsers alike.

A fragment is a partial of the page's own template, and the partial's name is its DOM id (DESIGN §8).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.html import format_html
from django.utils.translation import gettext as _

from console.errors import UserError

STOP_POLLING = 286  # htmx swaps the answer once more and then stops the trigger

_LEVELS = {
    "ok": messages.SUCCESS,
    "info": messages.INFO,
    "warn": messages.WARNING,
    "bad": messages.ERROR,
}


class HttpResponseSeeOther(HttpResponseRedirect):
    """303: the answer to a POST is at another address, to be read with GET."""

    status_code = 303


def is_fragment(request: HttpRequest) -> bool:
    """True when htmx asks for a piece of a page: not boosted, and not a page restored from history."""
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and headers.get("HX-Boosted") != "true"
        and headers.get("HX-History-Restore-Request") != "true"
    )


def patch_vary(response: HttpResponse) -> HttpResponse:
    """Say that the answer depends on who asks. Adds to `Vary`, never overwrites it."""
    patch_vary_headers(response, ["HX-Request"])
    return response


def render_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    partial: str | Sequence[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The whole page, or only a partial of it when htmx asks.

    `partial` is the name of a `{% partialdef %}` of `template`; of several names, the one that equals the
    id of the element htmx wants to replace (`HX-Target`) is taken, else the first. Without `partial` the
    page is always whole. Toasts that wait for this person ride along out of band.
    """
    if partial is None or not is_fragment(request):
        return patch_vary(render(request, template, context, status=status))
    name = partial if isinstance(partial, str) else _wanted(request, partial)
    response = render(request, f"{template}#{name}", context, status=status)
    return patch_vary(add_toasts(request, response))


def render_dialog(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    title: str,
    back: str,
    keep: str,
    action: str = "",
    status: int = 200,
) -> HttpResponse:
    """A question to confirm: a modal dialog for htmx, a page of its own at the same address otherwise.

    `template` does `{% extends layout %}` and fills the blocks body and buttons. `title` asks, `keep` is the
    word on the button that leads `back` without doing anything, `action` is where the form posts (here if empty).
    """
    fragment = is_fragment(request)
    layout = "components/dialog_modal.html" if fragment else "components/dialog_page.html"
    given = {
        "layout": layout,
        "title": title,
        "back": back,
        "keep": keep,
        "action": action or request.path,
    }
    response = render(request, template, {**(context or {}), **given}, status=status)
    return patch_vary(add_toasts(request, response) if fragment else response)


def _wanted(request: HttpRequest, names: Sequence[str]) -> str:
    target = request.headers.get("HX-Target", "")
    return target if target in names else names[0]


def toast(
    request: HttpRequest,
    kind: str,
    title: str,
    text: str = "",
    link: tuple[str, str] | None = None,
    stay: bool = False,
) -> None:
    """Tell the person once, on this answer or on the page after a redirect.

    `kind` is ok, info, warn or bad. `link` is (label, url). ok and info leave after 8 s unless `stay`;
    warn and bad stay until they are closed. A toast never holds the only copy of a message.
    """
    lines = [format_html("<strong>{}</strong>", title)]
    if text or link:
        anchor = format_html(' <a href="{}">{}</a>', link[1], link[0]) if link else ""
        lines.append(format_html("<p>{}{}</p>", text, anchor))
    leaves = kind in ("ok", "info") and not stay
    tags = "toast leaves" if leaves else "toast"
    messages.add_message(request, _LEVELS[kind], format_html("{}" * len(lines), *lines), extra_tags=tags)


def add_toasts(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Append the toasts that wait to a fragment, out of band. Whole pages print them in `base.html`."""
    waiting = list(messages.get_messages(request))
    if waiting:
        response.write(render_to_string("components/toasts.html", {"toasts": waiting, "oob": True}))
    return response


def redirect(request: HttpRequest, url: str) -> HttpResponse:
    """Go to `url` after a POST: HX-Redirect for htmx, 303 otherwise."""
    if is_fragment(request):
        return patch_vary(HttpResponse(headers={"HX-Redirect": url}))
    return patch_vary(HttpResponseSeeOther(url))


def stop_polling(response: HttpResponse) -> HttpResponse:
    """Mark the answer of a polled fragment as the last one."""
    response.status_code = STOP_POLLING
    return response


def only_toasts(request: HttpRequest, status: int) -> HttpResponse:
    """An answer to htmx that changes nothing on the page but shows the toasts that wait."""
    return patch_vary(add_toasts(request, HttpResponse(status=status, headers={"HX-Reswap": "none"})))


def render_user_error(request: HttpRequest, error: UserError, status: int = 409) -> HttpResponse:
    """A refusal: a toast for htmx, else a page that says the sentence and leads back."""
    if is_fragment(request):
        toast(request, "bad", _("That was not done"), str(error), link=error.action)
        return only_toasts(request, status)
    context = {"error": error, "back": back_url(request)}
    return patch_vary(render(request, "console/refused.html", context, status=status))


def back_url(request: HttpRequest) -> str:
    """The path of the page that led here when it is one of ours, else the start page."""
    origin = f"{request.scheme}://{request.get_host()}"
    referer = request.headers.get("Referer", "")
    path = referer.removeprefix(origin) if referer.startswith(origin + "/") else "/"
    return path if path != request.get_full_path() else "/"
