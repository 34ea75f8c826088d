"""Which HTML an email's body may have, and what was taken out of it. Pure; nh3 (an HTML5 parser) does the work."""

from __future__ import annotations

import re
from collections import Counter

import nh3

from campaigns.content.documents import safe_css, tags_of


def _words(*lines: str) -> set[str]:
    return {word for line in lines for word in line.split()}


_TAGS = _words(
    "a abbr acronym address b bdi bdo big blockquote br center cite code del dfn em font h1 h2 h3 h4 h5 h6 hr i ins",
    "kbd mark p pre q s samp small span strike strong sub sup time tt u var wbr",
    "area article aside caption col colgroup dd details div dl dt figcaption figure footer header img li main map nav",
    "ol picture section source summary table tbody td tfoot th thead tr ul",
)
# These go with everything in them; of any other element that is not allowed the text stays.
_GONE = _words(
    "applet audio canvas embed frameset iframe math noembed noframes noscript object script select style svg template",
    "textarea title video xmp",
)
_FORMS = frozenset(
    {"button", "fieldset", "form", "input", "label", "legend", "optgroup", "option", "select", "textarea"}
)
_EMBEDDED = frozenset({"applet", "audio", "canvas", "embed", "iframe", "math", "object", "svg", "video"})

_ATTRIBUTES = {
    "*": _words("class id style title lang dir align valign width height bgcolor background border hidden role"),
    "a": {"href", "target", "name", "rel"},
    "area": {"href", "target", "alt", "shape", "coords"},
    "img": {"src", "srcset", "sizes", "alt", "hspace", "vspace", "usemap", "ismap", "loading"},
    "source": {"srcset", "media", "type", "sizes"},
    "map": {"name"},
    "table": {"cellpadding", "cellspacing", "summary", "frame", "rules", "bordercolor"},
    "td": {"colspan", "rowspan", "nowrap", "abbr", "headers", "scope"},
    "th": {"colspan", "rowspan", "nowrap", "abbr", "headers", "scope"},
    "col": {"span"},
    "colgroup": {"span"},
    "font": {"color", "face", "size"},
    "ol": {"start", "type", "reversed"},
    "ul": {"type"},
    "li": {"value", "type"},
    "hr": {"size", "color", "noshade"},
    "br": {"clear"},
    "blockquote": {"cite"},
    "q": {"cite"},
    "time": {"datetime"},
    "details": {"open"},
}
_SCHEMES = {"http", "https", "mailto", "tel", "sms", "cid", "whatsapp", "webcal", "geo"}
_SCHEME = re.compile(r"\s*([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_ADDRESSES = frozenset({"href", "src", "srcset", "background", "cite"})


def _filter(tag: str, attribute: str, value: str) -> str | None:
    """Attributes that nh3 does not look into."""
    if attribute == "style":
        return safe_css(value)
    if attribute in ("srcset", "background"):
        scheme = _SCHEME.match(value)
        return value if not scheme or scheme[1].lower() in _SCHEMES else None
    return value


_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=_GONE,
    attributes=_ATTRIBUTES,
    attribute_filter=_filter,
    generic_attribute_prefixes={"aria-"},
    strip_comments=False,
    link_rel=None,
    url_schemes=_SCHEMES,
)


class Removed:
    """What cleaning took out, for the operator."""

    def __init__(self, before: str, after: str) -> None:
        tags_before, attributes_before = _census(before)
        tags_after, attributes_after = _census(after)
        tags = set(tags_before - tags_after)
        # What went with its element is told by the element.
        attributes = [gone for gone in attributes_before - attributes_after if gone[0] in tags_after]
        self.scripts = "script" in tags or any(name.startswith("on") for _, name, _ in attributes)
        self.forms = sorted(tags & _FORMS)
        self.embedded = sorted(tags & _EMBEDDED)
        self.elements = sorted(t for t in tags - _FORMS - _EMBEDDED - {"script", "noscript"} if ":" not in t)
        self.addresses = sorted({value for _, name, value in attributes if name in _ADDRESSES and value})
        self.css = any(name == "style" and safe_css(value) != value for _, name, value in attributes_before)


_Attribute = tuple[str, str, str]  # tag, name, value


def _census(markup: str) -> tuple[Counter[str], Counter[_Attribute]]:
    """How often each element occurs, and each attribute that may have to be told about."""
    tags: Counter[str] = Counter()
    attributes: Counter[_Attribute] = Counter()
    for tag in tags_of(markup):
        if tag.name and not tag.name.startswith("/"):
            tags[tag.name] += 1
            for name, value in tag.attributes.items():
                if name in _ADDRESSES or name == "style" or name.startswith("on"):
                    attributes[tag.name, name, value] += 1
    return tags, attributes


def clean_body(markup: str) -> tuple[str, Removed]:
    """The body's markup without scripts, forms, embedded things and unknown elements; and what was taken out.
    Comments stay: the caller has chosen them."""
    cleaned = _CLEANER.clean(markup)
    return cleaned, Removed(markup, cleaned)
