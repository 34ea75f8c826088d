"""From what an operator wrote to an email that may be compiled and sent: safe, with its CSS inlined and a text part.

Pure. Placeholders survive byte for byte wherever they stand, also in attributes and style sheets; so do the fields of
other systems, with a note. What comes out is source for `rendering.compile_content`, not yet HTML to show.
Preparing twice changes nothing more.
"""

from __future__ import annotations

import html as html_entities
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import css_inline

from campaigns.content.cleaning import Removed, clean_body
from campaigns.content.deep import with_deep_stack
from campaigns.content.documents import Document, element, sort_attributes, take_apart
from campaigns.content.errors import TemplateError, TemplateProblem, gettext_noop, problem
from campaigns.content.placeholders import MAX_PLACEHOLDERS, MAX_SOURCE
from campaigns.content.plain import plain_text
from campaigns.content.tokens import Tokens, foreign_fields

MAX_ELEMENTS = 10_000
# A parser opens each of these again in every paragraph that follows until it is closed: 50 times 10,000 is bearable.
MAX_UNCLOSED = 50
MAX_SUBJECT = 998  # RFC 5322, line length
GMAIL_CUT = 102 * 1024  # bytes; Gmail hides the rest behind "View entire message"

_NOTES = {
    "scripts": gettext_noop("Scripts were removed: mail programs do not run them."),
    "forms": gettext_noop("Form fields were removed: mail programs do not send them. Link to a page with the form."),
    "embedded": gettext_noop("Embedded content was removed, mail programs do not show it: %(names)s."),
    "elements": gettext_noop("These elements were removed, mail programs do not know them: %(names)s."),
    "addresses": gettext_noop("Addresses that mail programs do not open were removed: %(names)s."),
    "unsafe_css": gettext_noop("Style rules that can run code or load over plain http were removed."),
    "external_css": gettext_noop(
        "Most mail programs ignore external style sheets. Copy the rules into the email: %(names)s."
    ),
    "lost_fields": gettext_noop("These fields stood inside a tag or a comment and were removed: %(names)s."),
    "foreign_fields": gettext_noop(
        "These look like fields of another system and would be sent as they stand: %(names)s."
    ),
    "clipped": gettext_noop(
        "This email has %(size)s KB. Gmail shows the first 102 KB only and hides the rest, the opt-out too."
    ),
}

_PREHEADER = re.compile(r'<div class="despacho-preheader"[^>]*>.*?</div>', re.DOTALL)
_PREHEADER_STYLE = "display:none;max-height:0;overflow:hidden;mso-hide:all"
# Fills the rest of the preview line, or mail programs would go on with the first words of the body.
_PREHEADER_FILL = "\u034f\u200c\u00a0" * 80

_VIEWPORT = element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"})
_CHARSET = element("meta", {"charset": "utf-8"})
_DOCUMENT = re.compile(r"<(?:html|head|body|!doctype)\b", re.IGNORECASE)
_DOCTYPE = re.compile(r"<!doctype\s+html[\w\s\"':/.+-]*>", re.IGNORECASE)
_STYLE_FOR_MEDIA = re.compile(
    r"<style\b(?P<before>[^<>]{0,200}?)\smedia\s*=\s*(?P<quote>[\"']?)(?P<media>[^\"'<>]{0,200})(?P=quote)"
    r"(?P<after>[^<>]{0,200})>(?P<css>.*?)(?:</style\s*>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_TAG = re.compile(r"<(/?[a-zA-Z][^\s/>]*)")
_UNSEEN = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1|\Z)", re.DOTALL | re.IGNORECASE)
_FORMATTING = ("a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u")
_INLINER = css_inline.CSSInliner(
    keep_style_tags=True, remove_inlined_selectors=True, keep_link_tags=True, load_remote_stylesheets=False
)


@dataclass(frozen=True, slots=True)
class Note:
    """Something the operator should know. `message` is an English msgid whose gaps `values` fills."""

    code: str
    names: tuple[str, ...] = ()
    size: int = 0

    @property
    def message(self) -> str:
        return _NOTES[self.code]

    @property
    def values(self) -> Mapping[str, str | int]:
        return {"names": ", ".join(self.names), "size": self.size}

    def __str__(self) -> str:
        return self.message % self.values


@dataclass(frozen=True, slots=True)
class PreparedEmail:
    """`html` is "" for an email that is text only."""

    html: str
    text: str
    notes: tuple[Note, ...]


def prepare_email(subject: str, html: str, text: str, preheader: str = "") -> PreparedEmail:
    """The email as it is compiled. An empty `text` is made from `html`; a `preheader` is put, hidden, before the
    body. TemplateError for what cannot be an email: too large, no subject, no content, not text."""
    if problems := _check(subject, html, text, preheader):
        raise TemplateError(problems)
    text = "\n".join(line.rstrip() for line in re.split(r"\r\n?|\n", text)).strip()
    if not html.strip():
        return PreparedEmail("", text, _foreign(subject, text))
    return with_deep_stack(lambda: _prepare(subject, html, text, preheader.strip()))


def _check(subject: str, html: str, text: str, preheader: str) -> list[TemplateProblem]:
    problems: list[TemplateProblem] = []
    for part, source, limit in (
        ("subject", subject, MAX_SUBJECT),
        ("html", html, MAX_SOURCE),
        ("text", text, MAX_SOURCE),
        ("preheader", preheader, MAX_SUBJECT),
    ):
        if len(source) > limit:
            problems.append(problem("too_long", source, limit, len(source), part=part, limit=limit))
        if "\0" in source:
            problems.append(problem("binary", source, source.index("\0"), part=part))
    if not subject.strip():
        problems.append(problem("no_subject", subject, part="subject"))
    if broken := re.search(r"[\r\n]", subject.strip()):
        problems.append(problem("line_break", subject, broken.start(), broken.end(), part="subject"))
    if not html.strip() and not text.strip():
        problems.append(problem("no_content", html, part="html"))
    return problems + _check_size(html)


def _check_size(html: str) -> list[TemplateProblem]:
    """What would cost a parser too much time or memory."""
    if html.count("{{") > MAX_PLACEHOLDERS:
        return [problem("too_many", html, part="html", limit=MAX_PLACEHOLDERS)]
    tags = Counter(tag.lower() for tag in _TAG.findall(_UNSEEN.sub("", html)))
    if sum(count for tag, count in tags.items() if not tag.startswith("/")) > MAX_ELEMENTS:
        return [problem("too_many_elements", html, part="html", limit=MAX_ELEMENTS)]
    for tag in _FORMATTING:
        if tags[tag] - tags[f"/{tag}"] > MAX_UNCLOSED:
            return [problem("unclosed_tags", html, part="html", name=f"<{tag}>", limit=MAX_UNCLOSED)]
    return []


def _prepare(subject: str, source: str, text: str, preheader: str) -> PreparedEmail:
    tokens = Tokens(source, preheader)
    protected = tokens.protect(source)
    hidden = tokens.protect(preheader, markup=False)
    if not _DOCUMENT.search(protected):
        protected = f"<html><head>{_VIEWPORT}</head><body>{protected}</body></html>"
    document = take_apart(_INLINER.inline(_STYLE_FOR_MEDIA.sub(_with_media_rule, protected)), tokens.is_token)
    body = _with_preheader(document.body, hidden)
    body, removed = clean_body(body)
    page = _assemble(_DOCTYPE.search(source), document, body)
    finished = tokens.restore(page)
    if len(finished) > MAX_SOURCE:
        raise TemplateError([problem("too_long", source, part="html", limit=MAX_SOURCE)])
    if not body and not text:
        raise TemplateError([problem("no_content", source, part="html")])
    if not text:
        text = tokens.restore_plain(plain_text(body, link=tokens.in_link, comment=tokens.word))
    notes = _notes(document, removed, tokens, page)
    if (size := len(finished.encode())) > GMAIL_CUT:
        notes += (Note("clipped", size=-(-size // 1024)),)
    return PreparedEmail(finished, text, notes + _foreign(subject, finished, text))


def _with_media_rule(style: re.Match[str]) -> str:
    """A style sheet for some media as an @media rule: the inliner would take it for everybody's."""
    media = html_entities.unescape(style["media"]).strip()
    css = style["css"] if media.lower() in ("", "all") else f"@media {media} {{{style['css']}}}"
    return f"<style{style['before']}{style['after']}>{css}</style>"


def _with_preheader(body: str, preheader: str) -> str:
    """The body with the preheader in front, in the place of one from an earlier pass."""
    if not preheader:
        return body
    opening = element("div", {"class": "despacho-preheader", "style": _PREHEADER_STYLE})
    hidden = f"{opening}{html_entities.escape(preheader)}{_PREHEADER_FILL}</div>"
    return hidden + _PREHEADER.sub("", body, count=1).lstrip()


def _assemble(doctype: re.Match[str] | None, document: Document, body: str) -> str:
    head = document.head
    if not any("charset=" in item.lower() for item in head if item.startswith("<meta")):
        head = [_CHARSET, *head]
    title = [] if document.title is None else [f"<title>{html_entities.escape(document.title, quote=False)}</title>"]
    styles = [f"<style>{css}</style>" for css in document.styles]
    return "\n".join(
        [
            doctype[0] if doctype else "<!DOCTYPE html>",
            element("html", document.html_attributes),
            "<head>",
            *head,
            *title,
            *styles,
            "</head>",
            element("body", document.body_attributes),
            sort_attributes(body),
            "</body>",
            "</html>",
        ]
    )


def _notes(document: Document, removed: Removed, tokens: Tokens, page: str) -> tuple[Note, ...]:
    found: dict[str, bool | list[str]] = {
        "scripts": document.scripts or removed.scripts,
        "forms": removed.forms,
        "embedded": removed.embedded,
        "elements": removed.elements,
        "addresses": [tokens.restore(address)[:80] for address in removed.addresses],
        "unsafe_css": document.unsafe_css or removed.css,
        "external_css": document.external,
        "lost_fields": tokens.missing_from(page),
    }
    return tuple(Note(code, () if isinstance(what, bool) else tuple(what)) for code, what in found.items() if what)


def _foreign(*texts: str) -> tuple[Note, ...]:
    fields = foreign_fields(*texts)
    return (Note("foreign_fields", tuple(fields)),) if fields else ()
