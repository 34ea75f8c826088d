"""Signing in and out, choosing a workspace, one's own profile."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect as go
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from campaigns.forms import notices as notice_forms
from console import formats
from console.forms import InvitationForm, OwnPasswordForm, ProfileForm, SignInForm
from console.htmx import patch_vary, redirect, toast
from console.models import Membership, Theme, User
from console.services import workspaces as workspace_service


class PersonRequest(HttpRequest):
    """What a view behind `login_required` gets."""

    user: User


BACKEND = "django.contrib.auth.backends.ModelBackend"


class LoginView(auth_views.LoginView):
    """Email and password. On a console without people it leads to the set-up."""

    template_name = "registration/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.headers.get("HX-Request") == "true":
            return _login_for_htmx(request)
        if not workspace_service.is_set_up():
            return go("setup")
        return super().get(request, *args, **kwargs)

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


def _login_for_htmx(request: HttpRequest) -> HttpResponse:
    """A fragment of a page whose session is over was sent here: bring the whole page to the login and back."""
    page = urlsplit(request.headers.get("HX-Current-URL", ""))
    query = QueryDict(mutable=True)
    query["next"] = page.path or "/"
    return patch_vary(HttpResponse(headers={"HX-Redirect": f"{reverse('login')}?{query.urlencode(safe='/')}"}))


def locked_out(request: HttpRequest, response: Any = None, credentials: dict[str, Any] | None = None) -> HttpResponse:
    """429 after too many wrong passwords (django-axes): the login page with a sentence."""
    minutes = formats.duration(float(settings.AXES_COOLOFF_TIME) * 3600)
    form = SignInForm(request, initial={"username": request.POST.get("username", "")})
    context = {"form": form, "locked_for": minutes}
    return render(request, "registration/login.html", context, status=429)


class InvitationView(auth_views.PasswordResetConfirmView):
    """The one-time link of a new member: name and password, then straight in."""

    template_name = "registration/invitation.html"
    form_class = InvitationForm
    success_url = reverse_lazy("workspaces")
    post_reset_login = True
    post_reset_login_backend = BACKEND

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        kwargs.setdefault("status", 200 if context.get("validlink", True) else 410)
        return super().render_to_response(context, **kwargs)


@login_required
@require_GET
def workspaces(request: PersonRequest) -> HttpResponse:
    """The start: straight into the only workspace, or a choice of several."""
    memberships = list(
        Membership.objects.filter(user=request.user).select_related("workspace").order_by("workspace__name")
    )
    if len(memberships) == 1:
        return go("home", memberships[0].workspace.slug)
    return render(request, "console/workspaces.html", {"memberships": memberships})


@login_required
def profile(request: PersonRequest) -> HttpResponse:
    """Name, language, time zone and theme; the password is a form of its own on the same page."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        translation.activate(request.user.language or translation.get_language_from_request(request))
        toast(request, "ok", _("Profile saved"))
        return redirect(request, reverse("profile"))
    return _profile_page(request, form, OwnPasswordForm(request.user))


@sensitive_post_parameters()
@login_required
@require_POST
def change_password(request: PersonRequest) -> HttpResponse:
    """Needs the present password. Other browsers of this person are signed out."""
    form = OwnPasswordForm(request.user, request.POST)
    if not form.is_valid():
        return _profile_page(request, ProfileForm(instance=request.user), form)
    update_session_auth_hash(request, form.save())
    toast(request, "ok", _("Password changed"), _("Other browsers where you were signed in have to sign in again."))
    return redirect(request, reverse("profile"))


@login_required
@require_POST
def choose_notices(request: PersonRequest) -> HttpResponse:
    """What this person wants to hear of each workspace, in the console and by email."""
    forms = notice_forms.of_person(request.user, request.POST)
    if not all(chosen.is_valid() for chosen in forms):
        form, password_form = ProfileForm(instance=request.user), OwnPasswordForm(request.user)
        return _profile_page(request, form, password_form, forms)
    for chosen in forms:
        chosen.save()
    toast(request, "ok", _("Choice of notices saved"))
    return redirect(request, reverse("profile"))


def _profile_page(
    request: PersonRequest,
    form: ProfileForm,
    password_form: OwnPasswordForm,
    notices: list[notice_forms.NoticesForm] | None = None,
) -> HttpResponse:
    notices = notice_forms.of_person(request.user) if notices is None else notices
    wrong = bool(form.errors or password_form.errors or any(one.errors for one in notices))
    context = {"form": form, "password_form": password_form, "notices": notices}
    return render(request, "console/profile.html", context, status=422 if wrong else 200)


@login_required
@require_POST
def set_theme(request: PersonRequest) -> HttpResponse:
    """Keep the theme in the profile. The script has switched the page already."""
    theme = request.POST.get("theme", "")
    if theme in Theme.values:
        request.user.theme = theme
        request.user.save(update_fields=["theme"])
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204)
    return HttpResponseRedirect(_next_url(request))


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Change the language: in the profile when somebody is signed in, and in a cookie for the login page."""
    language = request.POST.get("language", "")
    response = HttpResponseRedirect(_next_url(request))
    if language in dict(settings.LANGUAGES):
        if request.user.is_authenticated:
            request.user.language = language
            request.user.save(update_fields=["language"])
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, max_age=365 * 86400, httponly=True, samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )  # fmt: skip
    return response


def _next_url(request: HttpRequest) -> str:
    """The page the form stood on, when it is one of ours."""
    url = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
    return url if safe else "/"
