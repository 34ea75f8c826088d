"""From what an operator typed to content that may be stored and sent: compiled, cleaned, with its opt-out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from campaigns.content.errors import problem
from campaigns.email import Note, PreparedEmail, prepare_email
from campaigns.models import Campaign, Dispatch, Purpose, TemplateVersion
from campaigns.rendering import TemplateError, TemplateProblem, compile_content, parse
from campaigns.services.writing import content
from console.models import User, Workspace

_END_OF_BODY = "</body>"
_TYPED = ("channel", "subject", "preheader", "html_source", "text_source", "remote_id", "mapping")


@dataclass(frozen=True, slots=True)
class Source:
    """What was typed. An SMS has `text` only; an empty `text` of an email is made from its `html`. `files`: ids of
    the attachments that travel with an email, in their order."""

    channel: str
    text: str = ""
    subject: str = ""
    preheader: str = ""
    html: str = ""
    files: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Built:
    """Content that compiles. `subject`, `text` and `html` are what is sent, with every field spelled as it is known;
    `notes` say what cleaning an email's HTML took away."""

    source: Source
    subject: str
    text: str
    html: str
    names: tuple[str, ...]
    notes: tuple[Note, ...] = ()

    def version(self, workspace: Workspace) -> TemplateVersion:
        """A version that is not saved yet, without a template, number and author."""
        version = TemplateVersion(
            workspace=workspace,
            channel=self.source.channel,
            subject=self.subject,
            preheader=self.source.preheader,
            html_source=self.source.html,
            text_source=self.source.text,
            html=self.html,
            text=self.text,
            names=list(self.names),
        )
        version.planned_files = self.source.files
        return version


def build(source: Source, known: Collection[str] | None) -> Built:
    """Compile `source` against the fields that exist (None = all names are taken).

    TemplateError with the problems of all parts; their `part` is the name of a field of `Source`.
    """
    problems = _misspelled(source, known)
    prepared = PreparedEmail("", source.text, ())
    if source.channel == "email":
        try:
            prepared = prepare_email(source.subject, source.html, source.text, source.preheader)
        except TemplateError as error:
            problems += error.problems
    if problems:
        raise TemplateError(problems)
    subject = parse(source.subject.strip(), known).canonical
    text = parse(prepared.text, known).canonical
    html = parse(prepared.html, known, markup=True).canonical
    try:
        compiled = compile_content(content.parts_of(source.channel, text=text, subject=subject, html=html), None)
    except TemplateError as error:
        raise TemplateError([_in_source(found, html, source.html) for found in error.problems]) from error
    return Built(source, subject, text, html, compiled.names, prepared.notes)


def _misspelled(source: Source, known: Collection[str] | None) -> list[TemplateProblem]:
    """What is wrong with the placeholders, in the sources as typed: line and column are those the operator sees."""
    found: list[TemplateProblem] = []
    for part in ("subject", "preheader", "html", "text"):
        try:
            parse(getattr(source, part), known, markup=part == "html", part=part)
        except TemplateError as error:
            found += error.problems
    return found


def _in_source(found: TemplateProblem, html: str, typed: str) -> TemplateProblem:
    """A problem of the cleaned HTML where the operator typed it: placeholders survive the cleaning as they are."""
    if found.part != "html":
        return found
    start = max(0, typed.find(html[found.start : found.end]))
    end = start + found.end - found.start
    return problem(found.code, typed, start, end, part="html", name=found.name, suggestion=found.suggestion)


def source_of(version: TemplateVersion) -> Source:
    """What was typed for `version`."""
    files = version.file_ids if version.channel == "email" else ()
    return Source(version.channel, version.text_source, version.subject, version.preheader, version.html_source, files)


def built_of(version: TemplateVersion) -> Built:
    """A stored version as content again: frozen spellings, nothing is compiled or cleaned anew."""
    return Built(source_of(version), version.subject, version.text, version.html, tuple(version.names))


# -- a campaign's own version ---------------------------------------------------------------------


def own_version(campaign: Campaign, built: Built, actor: User | None, now: datetime) -> TemplateVersion:
    """The campaign's own version of `built`: the one it has when nothing changed, else a new one.

    A marketing email without an unsubscribe link gets one at its end, stored like the rest of the text, so that
    the preview shows it and the ledger keeps it.
    """
    return keep(campaign, with_opt_out(campaign, built).version(campaign.workspace), actor, now)


def keep(campaign: Campaign, version: TemplateVersion, actor: User | None, now: datetime) -> TemplateVersion:
    """`version`, not saved yet, as the campaign's own: the one it has when that is the same."""
    current = campaign.version if campaign.version and campaign.version.template_id is None else None
    if current is not None and same_content(current, version):
        return current
    version.number = current.number + 1 if current else 1
    version.created_by, version.created_at = actor, now
    version.save()
    return version


def from_template(campaign: Campaign, version: TemplateVersion, actor: User | None, now: datetime) -> TemplateVersion:
    """`version` of a template as `campaign` sends it: itself, or a copy with the unsubscribe link it lacks."""
    if not needs_opt_out(campaign, tuple(version.names)):
        return version
    return own_version(campaign, built_of(version), actor, now)


def drop_unused(version: TemplateVersion | None) -> None:
    """Delete a campaign's own version that nothing points at any more; by one statement, so that it is never taken
    from somebody who starts to use it."""
    if version is None or version.template_id is not None:
        return
    planned = Exists(Campaign.objects.filter(version=OuterRef("pk")))
    sent = Exists(Dispatch.objects.filter(version=OuterRef("pk")))
    TemplateVersion.objects.filter(~planned, ~sent, pk=version.pk, template=None).delete()


def typed_alike(one: TemplateVersion, other: TemplateVersion) -> bool:
    """True when two versions have one source; a campaign's own may have an unsubscribe link besides."""
    same = all(getattr(one, name) == getattr(other, name) for name in _TYPED)
    return same and (one.channel != "email" or one.file_ids == other.file_ids)


def same_content(one: TemplateVersion, other: TemplateVersion) -> bool:
    """True when the two were typed alike and are sent alike: a newer cleaner may make another text of one source."""
    return typed_alike(one, other) and (one.html, one.text) == (other.html, other.text)


def needs_opt_out(campaign: Campaign, names: Collection[str]) -> bool:
    """True for a marketing email whose content (fields `names`) has no unsubscribe link."""
    marketing_email = campaign.channel == "email" and campaign.purpose == Purpose.MARKETING
    return marketing_email and content.UNSUBSCRIBE not in names


def with_opt_out(campaign: Campaign, built: Built) -> Built:
    """`built`, with the footer at the end of HTML and text where the law wants one and there is none."""
    if not needs_opt_out(campaign, built.names):
        return built
    html, text = footer(campaign.workspace)
    sent_html = _before_end(built.html, html) if built.html else ""
    sent_text = f"{built.text}\n\n{text}" if built.text else text
    return replace(built, html=sent_html, text=sent_text, names=(*built.names, content.UNSUBSCRIBE))


def footer(workspace: Workspace) -> tuple[SafeString, str]:
    """(HTML, text) of the automatic footer, in the workspace's language."""
    link = f"{{{{ {content.UNSUBSCRIBE} }}}}"
    with translation.override(workspace.language):
        why = _("You get this because you agreed to hear from %(name)s.") % {"name": _plain(workspace.name)}
        word = _("Unsubscribe")
    html = format_html(
        '<div style="margin:24px auto 0;padding:16px;font-family:sans-serif;font-size:12px;line-height:18px;'
        'color:#5b6366;text-align:center">{} <a href="{}" style="color:#5b6366">{}</a></div>',
        why, link, word,
    )  # fmt: skip
    return html, f"{why}\n{word}: {link}"


def _plain(name: str) -> str:
    """Braces in a workspace's name are no placeholder."""
    return name.replace("{{", "(").replace("}}", ")")


def _before_end(html: str, addition: str) -> str:
    at = html.lower().rfind(_END_OF_BODY)
    return f"{html}{addition}" if at == -1 else f"{html[:at]}{addition}\n{html[at:]}"
