"""Takes an HTML document apart into what an email may have: attributes of html and body, the useful parts of the
head, style sheets, the body. Pure.

The input is what an HTML5 parser has written: every tag is closed, every attribute is in double quotes. The body is
handed on untrusted; everything else is written anew from what is allowed.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

_TOKEN = re.compile(
    r"<!--(?P<comment>.*?)(?:-->|\Z)|<(?P<tag>/?[a-zA-Z][^\s/>]*)(?P<attributes>(?:\s+[^\s=>]+=\"[^\"]*\")*)\s*/?>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"([^\s=]+)=\"([^\"]*)\"")
_RAW_TEXT = frozenset(
    {
        "style",
        "script",
        "title",
        "noscript",
        "template",
        "textarea",
        "iframe",
        "xmp",
        "noframes",
        "noembed",
        "plaintext",
    }
)

_PAGE_ATTRIBUTES = re.compile(
    r"class|id|style|lang|dir|role|bgcolor|background|text|link|vlink|alink|width|height|align|xml:lang|xmlns(?::\w+)?"
    r"|(?:left|top|right|bottom)margin|margin(?:width|height)|aria-[\w-]+"
)
_META_ATTRIBUTES = frozenset({"charset", "name", "property", "content", "http-equiv"})
_META_PRAGMAS = frozenset({"content-type", "x-ua-compatible", "content-language"})
_CONDITIONAL = re.compile(r"\[if[^>]*\]>.*<!\[endif\]|\[if[^>]*\]><!|<!\[endif\]", re.DOTALL)
_UNSAFE = re.compile(r"<(?:script|iframe|object|embed|form)\b|\bon\w+\s*=|(?:java|vb)script:", re.IGNORECASE)
_UNSAFE_CSS = re.compile(r"expression\s*\(|(?:java|vb)script\s*:|(?<![\w-])behaviou?r\s*:|-moz-binding", re.IGNORECASE)
_COMMENT_MARKS = re.compile(r"<!--|-->")
_DECLARATION = re.compile(r"[^;{}]+;?")
_UNSAFE_IMPORT = re.compile(r"@import\s+(?!(?:url\(\s*)?[\"']?\s*https://)[^;]*(?:;|$)", re.IGNORECASE)


@dataclass
class Document:
    """`head` is finished markup, `body` is not to be trusted. `styles` are the contents of all style elements.
    `scripts` and `unsafe_css`: True when such was left out; `external`: addresses of style sheets that stay links."""

    keep_comment: Callable[[str], bool]
    html_attributes: dict[str, str] = field(default_factory=dict)
    body_attributes: dict[str, str] = field(default_factory=dict)
    title: str | None = None
    body: str = ""
    head: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    external: list[str] = field(default_factory=list)
    scripts: bool = False
    unsafe_css: bool = False


class Tag(NamedTuple):
    """A tag or comment, and where it stands."""

    start: int
    end: int
    name: str  # "p", "/p", or "" for a comment
    text: str  # a comment's, or what a raw text element holds
    attributes: dict[str, str]


def tags_of(canonical: str) -> Iterator[Tag]:
    """The tags and comments of markup that an HTML5 parser has written."""
    at = 0
    while found := _TOKEN.search(canonical, at):
        at, name, text = found.end(), (found["tag"] or "").lower(), found["comment"] or ""
        if name in _RAW_TEXT:
            close = canonical.find(f"</{name}>", at)
            close = close if close != -1 else len(canonical)
            text, at = canonical[at:close], close + len(name) + 3
        attributes = {key: html.unescape(value) for key, value in _ATTRIBUTE.findall(found["attributes"] or "")}
        yield Tag(found.start(), at, name, text, attributes)


def take_apart(canonical: str, keep_comment: Callable[[str], bool]) -> Document:
    """The document's parts. Of its comments stay Outlook's conditional ones and those that `keep_comment` names."""
    document = Document(keep_comment=keep_comment)
    body: list[str] = []
    at = -1  # where the body goes on; -1 before it
    foreign = 0  # open svg and math elements, where a style element is no style sheet
    for tag in tags_of(canonical):
        if tag.name == "html":
            document.html_attributes = _page_attributes(tag, document)
        elif tag.name == "body":
            document.body_attributes = _page_attributes(tag, document)
            at = tag.end
        elif tag.name in ("/body", "/html") and at >= 0:
            body.append(canonical[at : tag.start])
            at = tag.end
        elif at < 0:
            _add_to_head(document, tag)
        elif tag.name in ("svg", "math", "/svg", "/math"):
            foreign += -1 if tag.name.startswith("/") else 1
        elif (tag.name == "style" and not foreign) or not tag.name:
            body.append(canonical[at : tag.start])
            if tag.name:
                _add_style(document, tag.text)
            else:
                body.append(_comment(document, tag.text))
            at = tag.end
    document.body = "".join(body).strip()
    return document


def safe_css(css: str) -> str:
    """CSS without what runs code in old programs, and without imports that are not https."""
    if _UNSAFE_CSS.search(css):
        css = _DECLARATION.sub(lambda found: "" if _UNSAFE_CSS.search(found[0]) else found[0], css)
    return _UNSAFE_IMPORT.sub("", css)


def sort_attributes(markup: str) -> str:
    """The markup with each element's attributes in alphabetical order: the inliner shuffles them at every pass."""
    return _TOKEN.sub(_sorted, markup)


def _sorted(found: re.Match[str]) -> str:
    attributes = found["attributes"]
    if not attributes:
        return found[0]
    pairs = sorted(f' {name}="{value}"' for name, value in _ATTRIBUTE.findall(attributes))
    return f"<{found['tag']}{''.join(pairs)}>"


def element(tag: str, attributes: dict[str, str]) -> str:
    """A start tag. `tag` and the attributes' names are trusted, the values are not."""
    pairs = "".join(f' {name}="{html.escape(value)}"' for name, value in sorted(attributes.items()))
    return f"<{tag}{pairs}>"


def _page_attributes(tag: Tag, document: Document) -> dict[str, str]:
    kept = {name: value for name, value in tag.attributes.items() if _PAGE_ATTRIBUTES.fullmatch(name)}
    if "style" in kept:
        kept["style"] = safe_css(kept["style"])
    document.scripts |= any(name.startswith("on") for name in tag.attributes)
    return kept


def _add_to_head(document: Document, tag: Tag) -> None:
    attributes = tag.attributes
    if not tag.name:
        if comment := _comment(document, tag.text):
            document.head.append(comment)
    elif tag.name == "title":
        document.title = html.unescape(tag.text).strip()
    elif tag.name == "style":
        _add_style(document, tag.text)
    elif tag.name == "script":
        document.scripts = True
    elif tag.name == "meta" and attributes.get("http-equiv", "content-type").lower() in _META_PRAGMAS:
        document.head.append(element("meta", {k: v for k, v in attributes.items() if k in _META_ATTRIBUTES}))
    elif tag.name == "base" and "target" in attributes:
        document.head.append(element("base", {"target": attributes["target"]}))
    elif tag.name == "link" and attributes.get("rel", "").lower() == "stylesheet":
        address = attributes.get("href", "")
        document.external.append(address)
        if address.lower().startswith("https://"):
            document.head.append(element("link", {"rel": "stylesheet", "href": address}))


def _add_style(document: Document, css: str) -> None:
    css = _COMMENT_MARKS.sub("", css).strip()
    kept = safe_css(css).strip()
    document.unsafe_css |= kept != css
    if kept:
        document.styles.append(kept)


def _comment(document: Document, text: str) -> str:
    if not _CONDITIONAL.fullmatch(text) and not document.keep_comment(text):
        return ""
    if _UNSAFE.search(text):
        document.scripts = True
        return ""
    return f"<!--{text}-->"
