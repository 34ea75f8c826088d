"""Fragment or page, toasts, redirects and refusals."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpResponse
from django.test import RequestFactory

from console import htmx
from console.errors import UserError

HTMX = {"HX-Request": "true"}
PAGE = "console/audit.html"
EMPTY: dict[str, Any] = {"page": None, "people": [], "things": [], "now": datetime(2026, 11, 18, tzinfo=UTC)}


@pytest.fixture
def request_with(rf: RequestFactory) -> Any:
    """request_with(headers) is a GET with a place for toasts and nobody signed in."""

    def make(headers: dict[str, str] | None = None, path: str = "/somewhere/") -> Any:
        request = rf.get(path, headers=headers or {})
        request._messages = CookieStorage(request)
        request.session = {}
        return request

    return make


def test_htmx_asks_for_a_fragment(request_with: Any) -> None:
    assert htmx.is_fragment(request_with(HTMX))


@pytest.mark.parametrize("header", ["HX-Boosted", "HX-History-Restore-Request"])
def test_a_boosted_link_and_a_restored_page_are_whole_pages(request_with: Any, header: str) -> None:
    assert not htmx.is_fragment(request_with({**HTMX, header: "true"}))


def test_a_browser_gets_the_whole_page(request_with: Any) -> None:
    assert htmx.render_page(request_with(), PAGE, EMPTY, partial="rows").content.lstrip().startswith(b"<!doctype html>")


def test_htmx_gets_the_partial_only(request_with: Any) -> None:
    body = htmx.render_page(request_with(HTMX), PAGE, EMPTY, partial="rows").content
    assert body.strip().startswith(b'<div id="rows">')


def test_the_partial_is_chosen_by_the_target(request_with: Any) -> None:
    request = request_with({**HTMX, "HX-Target": "rows"})
    assert b'<div id="rows">' in htmx.render_page(request, PAGE, EMPTY, partial=("nothing", "rows")).content


def test_vary_is_added_to_and_not_overwritten(request_with: Any) -> None:
    response = HttpResponse(headers={"Vary": "Accept-Language"})
    assert htmx.patch_vary(response)["Vary"] == "Accept-Language, HX-Request"


def test_a_fragment_carries_the_toasts_that_wait(request_with: Any) -> None:
    request = request_with(HTMX)
    htmx.toast(request, "ok", "Saved")
    assert b'hx-swap-oob="beforeend:#toasts"' in htmx.render_page(request, PAGE, EMPTY, partial="rows").content


def test_a_toast_is_shown_once(request_with: Any) -> None:
    request = request_with(HTMX)
    htmx.toast(request, "ok", "Saved")
    htmx.render_page(request, PAGE, EMPTY, partial="rows")
    request._messages = CookieStorage(request)
    assert b"Saved" not in htmx.render_page(request, PAGE, EMPTY, partial="rows").content


def test_the_words_of_a_toast_are_escaped(request_with: Any) -> None:
    request = request_with(HTMX)
    htmx.toast(request, "bad", "<b>Ane</b>", "<script>", link=("<i>", "/x?a=1&b=2"))
    html = htmx.only_toasts(request, 409).content.decode()
    assert "<b>Ane" not in html
    assert "<script>" not in html
    assert '<a href="/x?a=1&amp;b=2">&lt;i&gt;</a>' in html


@pytest.mark.parametrize(("kind", "leaves"), [("ok", True), ("info", True), ("warn", False), ("bad", False)])
def test_only_good_news_leaves_by_itself(request_with: Any, kind: str, leaves: bool) -> None:
    request = request_with(HTMX)
    htmx.toast(request, kind, "Word")
    assert (b"data-leaves" in htmx.only_toasts(request, 200).content) is leaves


def test_a_failure_is_an_alert_and_a_success_a_status(request_with: Any) -> None:
    request = request_with(HTMX)
    htmx.toast(request, "bad", "No")
    htmx.toast(request, "ok", "Yes")
    html = htmx.only_toasts(request, 200).content.decode()
    assert html.index('role="alert"') < html.index('role="status"')


def test_a_redirect_after_post_is_303(request_with: Any) -> None:
    response = htmx.redirect(request_with(), "/there/")
    assert (response.status_code, response["Location"]) == (303, "/there/")


def test_htmx_is_redirected_by_header(request_with: Any) -> None:
    response = htmx.redirect(request_with(HTMX), "/there/")
    assert (response.status_code, response["HX-Redirect"]) == (200, "/there/")


def test_a_refusal_for_htmx_is_a_409_that_leaves_the_page_as_it_is(request_with: Any) -> None:
    response = htmx.render_user_error(request_with(HTMX), UserError("Nobody is waiting."))
    assert (response.status_code, response["HX-Reswap"]) == (409, "none")
    assert b"Nobody is waiting." in response.content


def test_a_refusal_for_a_browser_is_a_page_that_leads_back(request_with: Any) -> None:
    request = request_with({"Referer": "http://testserver/w/norte/settings/"})
    response = htmx.render_user_error(request, UserError("Nobody is waiting.", action=("See them", "/people/")))
    html = response.content.decode()
    assert response.status_code == 409
    assert "Nobody is waiting." in html
    assert 'href="/w/norte/settings/"' in html
    assert 'href="/people/"' in html


def test_a_foreign_referer_leads_home(request_with: Any) -> None:
    assert htmx.back_url(request_with({"Referer": "https://elsewhere.example/x"})) == "/"


def test_a_refused_page_does_not_lead_back_to_itself(request_with: Any) -> None:
    assert htmx.back_url(request_with({"Referer": "http://testserver/somewhere/"})) == "/"


def test_the_last_answer_of_a_polled_fragment_stops_the_polling() -> None:
    assert htmx.stop_polling(HttpResponse()).status_code == 286


def test_a_dialog_is_modal_for_htmx_and_a_page_otherwise(request_with: Any) -> None:
    def draw(headers: dict[str, str]) -> str:
        response = htmx.render_dialog(
            request_with(headers), "console/people_role.html", {"roles": {}}, title="Sure?", back="/back/", keep="No"
        )
        return response.content.decode()

    assert draw(HTMX).strip().startswith('<dialog class="dlg" open data-modal')
    assert "<h1" in draw({})
