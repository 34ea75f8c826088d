"""The set-up of a new console: its first owner and workspace. Gone once anybody exists."""

from __future__ import annotations

from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from console.errors import UserError
from console.forms import SetUpForm
from console.htmx import redirect, toast
from console.services import workspaces as workspace_service
from console.views.account import BACKEND


@sensitive_post_parameters()
def first_owner(request: HttpRequest) -> HttpResponse:
    """GET the form, POST it: afterwards the new owner is signed in. 404 when somebody exists."""
    if workspace_service.is_set_up():
        raise Http404("the console is set up")
    form = SetUpForm(request.POST or None, initial={"default_country": "ES", "time_zone": "Europe/Madrid"})
    if request.method != "POST" or not form.is_valid():
        return render(request, "console/setup.html", {"form": form}, status=422 if form.errors else 200)
    given = form.cleaned_data
    language = get_language() or "en"
    try:
        owner = workspace_service.set_up(
            person={
                "email": given["email"],
                "name": given["name"],
                "language": language,
                "time_zone": given["time_zone"],
            },
            password=given["password"],
            workspace={
                "name": given["workspace"],
                "default_country": given["default_country"],
                "time_zone": given["time_zone"],
                "language": language,
            },
            now=timezone.now(),
        )
    except UserError as error:
        toast(request, "bad", _("The set-up was done already"), str(error))
        return redirect(request, reverse("login"))
    login(request, owner, backend=BACKEND)
    return redirect(request, reverse("workspaces"))
