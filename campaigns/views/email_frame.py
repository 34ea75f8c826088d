"""An email as a mail program shows it, in a frame of its own.

A page of the console allows no inline styles, and an email is made of them; `srcdoc` would inherit the page's rules.
So the email has its own address with its own policy: no script, no form, a sandbox without an origin (it can read
neither cookies nor the page around it), and nobody but the console may frame it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.defaultfilters import linebreaks_filter
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin

from campaigns.forms.attachments import CHOSEN, in_memory
from campaigns.models import Campaign, TemplateVersion
from campaigns.providers.remote import Attachment
from campaigns.rendering import TemplateError, parse
from campaigns.services.writing import attachments, compose, content, preview
from campaigns.services.writing.compose import Built, Source
from campaigns.services.writing.content import Rendered
from campaigns.services.writing.preview import Preview
from console.models import Workspace
from contacts.models import Contact

_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "img-src": ["https:", "http:", "data:"],
        "style-src": [UNSAFE_INLINE, "https:"],
        "font-src": ["https:"],
        "frame-ancestors": [SELF],
        "form-action": [NONE],
        "base-uri": [NONE],
        # Links open in a new tab, with the rights of an ordinary page there.
        "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
    }
}


@dataclass(frozen=True, slots=True)
class Look:
    """Typed content as far as it can be shown: None where it does not compile."""

    built: Built | None
    preview: Preview | None
    preheader: str = ""
    added_opt_out: bool = False

    @property
    def sentences(self) -> list[str]:
        """What cleaning did to the HTML, in the reader's language."""
        return [_(note.message) % note.values for note in self.built.notes] if self.built else []


def framed(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """Give the view's answer the email policy."""
    return never_cache(xframe_options_sameorigin(csp(_POLICY["DIRECTIVES"])(view)))


def look(source: Source, known: Collection[str], contact: Contact | None, campaign: Campaign | None) -> Look:
    """`source` as `contact` gets it; a campaign's marketing email with the opt-out that it lacks."""
    try:
        built = compose.build(source, known)
    except TemplateError:
        return Look(None, None)
    finished = compose.with_opt_out(campaign, built) if campaign else built
    found = preview.of_source("email", contact, text=finished.text, subject=finished.subject, html=finished.html)
    preheader = preview.filled(parse(source.preheader, known).canonical, contact)
    return Look(finished, found, preheader, added_opt_out=finished is not built)


def stored(version: TemplateVersion, contact: Contact | None) -> HttpResponse:
    """A version as it leaves."""
    return page(preview.of_version(version, contact), content.attachments_of(version))


def typed(
    request: HttpRequest, workspace: Workspace, contact: Contact | None, campaign: Campaign | None
) -> HttpResponse:
    """The fields of an email form, not saved."""
    names = ("subject", "preheader", "html", "text")
    typed_texts: dict[str, Any] = {name: request.POST.get(name, "") for name in names}
    source = Source("email", **typed_texts)
    found = look(source, content.known_names(workspace), contact, campaign)
    if found.preview is None:
        return sentence(_("There is a mistake in the content. It is named below the field."))
    return page(found.preview, in_memory(workspace, request.POST, request.FILES.getlist(CHOSEN)))


def page(found: Preview, files: Sequence[Attachment] = ()) -> HttpResponse:
    if found.rendered is None:
        missing = _("This person is left out: there is no value for %(names)s.")
        return sentence(missing % {"names": ", ".join(found.missing)})
    return finished(found.rendered, files)


def finished(message: Rendered, files: Sequence[Attachment]) -> HttpResponse:
    """A message as it is, with the images that travel with it."""
    return HttpResponse(attachments.with_images(message.html, files) if message.html else _plain(message.text))


def sentence(text: str) -> HttpResponse:
    return HttpResponse(_plain(text))


def _plain(text: str) -> str:
    """A text part, or a sentence, as a page without any markup of its own."""
    return format_html(
        '<!DOCTYPE html><meta charset="utf-8">'
        '<body style="margin:24px;font:15px/22px sans-serif;color:#22282b">{}</body>',
        linebreaks_filter(text),  # escapes first
    )
