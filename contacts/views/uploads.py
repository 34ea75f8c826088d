"""A new import: the file first, then what becomes of its columns and people."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from console import formats
from console.access import WorkspaceRequest, member
from console.errors import UserError
from console.htmx import redirect, render_page, toast
from console.models import Job
from contacts.forms.imports import ImportForm, ReadingForm, UploadForm
from contacts.models import Group
from contacts.services import imports
from contacts.states import GroupKind
from contacts.views.receiving import BoundedUploadHandler, bounded

SALT = "contacts.upload"
COUNTED_BYTES = 8 * 1024 * 1024  # a file up to this size is read to its end before it is shown
COPIED_BYTES = 1024 * 1024
LONGEST_NAME = 120
SUGGESTED_LISTS = 200


@csrf_exempt  # the form may be read only after the handler that bounds it is in place; _receive checks the token
def new(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
    """Step 1: take the file and look at it; what is no table of contacts is refused here."""
    handler = bounded(request)
    return _receive(request, handler=handler, **kwargs)


@csrf_protect
@member("contact.import")
@require_http_methods(["GET", "POST"])
def _receive(request: WorkspaceRequest, *, handler: BoundedUploadHandler) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if handler.too_large:
        form.errors.clear()
        form.add_error("file", _too_large())
    elif request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        name = imports.store_upload(file.chunks())
        try:
            imports.inspect(imports.upload_path(name))
        except UserError as error:
            imports.discard_upload(name)
            form.add_error("file", str(error))
        else:
            return redirect(request, _review_url(request, _token(request, name, file.name)))
    context = {"form": form, "page_title": _("Import contacts"), "most": _megabytes(), "steps": _steps(0)}
    return render_page(request, "contacts/imports/upload.html", context, status=422 if form.is_bound else 200)


@member("contact.import")
@require_http_methods(["GET", "POST"])
def review(request: WorkspaceRequest, token: str) -> HttpResponse:
    """Step 2: how the columns are read, where the people go, which consent they gave; then try or import.

    `?like=` is an import of this workspace whose choices are offered again, as after a trial.
    """
    upload, filename = upload_of(request, token)
    path = imports.upload_path(upload)
    size = path.stat().st_size
    reading = ReadingForm(request.GET)
    how = reading.cleaned_data if reading.is_valid() else {"encoding": "", "separator": ""}
    like = _options_like(request)
    if like:
        how = {"encoding": like.encoding, "separator": like.separator}
    inspection = imports.inspect(path, thorough=size <= COUNTED_BYTES, **how)
    columns = like.columns if like and len(like.columns) == len(inspection.columns) else inspection.columns
    initial = _initial(like) if like else {"country": request.workspace.default_country}
    form = ImportForm(request.POST if request.method == "POST" else None, columns=columns, initial=initial)
    if request.method == "POST" and form.is_valid():
        dry_run = request.POST.get("action") == "try"
        options = form.options(dry_run=dry_run, **how)
        kept = _copy(upload) if dry_run else upload  # the worker throws its file away
        job = imports.start(request.workspace, request.user, kept, filename, options)
        after = f"?upload={token}" if dry_run else ""
        toast(request, "info", _("The file is being checked") if dry_run else _("The import has started"))
        return redirect(request, reverse("import", args=[request.workspace.slug, job.pk]) + after)
    context = {
        "page_title": _("Check %(file)s") % {"file": filename},
        "steps": _steps(1),
        "form": form,
        "rows": form.rows(inspection.sample),
        "reading": reading,
        "how": how,
        "inspection": inspection,
        "filename": filename,
        "size": size,
        "lists": Group.objects.for_workspace(request.workspace).filter(kind=GroupKind.LIST)[:SUGGESTED_LISTS],
    }
    return render_page(request, "contacts/imports/review.html", context, status=422 if form.is_bound else 200)


def _steps(current: int) -> list[dict[str, Any]]:
    labels = [_("File"), _("Columns and consent"), _("Import")]
    return [
        {"label": label, "note": "", "href": "", "done": index < current, "current": index == current}
        for index, label in enumerate(labels)
    ]


def _token(request: WorkspaceRequest, upload: str, filename: str) -> str:
    """Names the upload in the address; only who uploaded it, in this workspace, can use it."""
    given = [upload, filename[-LONGEST_NAME:], request.workspace.pk, request.user.pk]
    return signing.dumps(given, salt=SALT, compress=True)


def upload_of(request: WorkspaceRequest, token: str) -> tuple[str, str]:
    """(name below UPLOAD_DIR, what the person calls it)."""
    try:
        upload, filename, workspace, user = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise Http404("no such upload") from error
    if (workspace, user) != (request.workspace.pk, request.user.pk):
        raise Http404("no such upload")
    return str(upload), str(filename)


def _review_url(request: WorkspaceRequest, token: str) -> str:
    return reverse("import-review", args=[request.workspace.slug, token])


def _options_like(request: WorkspaceRequest) -> imports.Options | None:
    """The choices of the import that `?like=` names."""
    pk = request.GET.get("like", "")
    if len(pk) != 36:
        return None
    jobs = Job.objects.for_workspace(request.workspace).filter(kind=imports.JOB)
    job = next((job for job in jobs.order_by("-created_at")[:50] if str(job.pk) == pk), None)
    return imports.Options.from_params(job.params["options"]) if job else None


def _initial(like: imports.Options) -> dict[str, Any]:
    return {
        "country": like.country,
        "list_name": like.list_name,
        "tags": ", ".join(like.tags),
        "channels": list(like.channels),
        "basis": like.basis,
        "wording": like.wording,
        "evidence": like.evidence,
    }


def _copy(upload: str) -> str:
    with imports.upload_path(upload).open("rb") as file:
        return imports.store_upload(iter(lambda: file.read(COPIED_BYTES), b""))


def _megabytes() -> str:
    return formats.number(settings.IMPORT_MAX_BYTES // 1024 // 1024)


def _too_large() -> str:
    most = {"n": _megabytes()}
    return _("This file is larger than %(n)s MB. Split it and import the parts.") % most
