"""Published email templates go through unharmed, by the counts that independent parsers made of them."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from campaigns.email import PreparedEmail, prepare_email
from campaigns.rendering import Escape, compile_content
from tests.paths import SHARED

FOLDER = SHARED / "data" / "templates"
EXPECTED: dict[str, Any] = json.loads((FOLDER / "EXPECTED.json").read_text("utf-8"))["files"]
HTML_FILES = sorted(name for name in EXPECTED if not name.endswith(".txt"))


class Counts(HTMLParser):
    """What EXPECTED.json counts, in an email as prepared."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.images: list[str] = []
        self.tags: list[str] = []
        self.styled = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.append(tag)
        self.styled += "style" in attributes
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"] or "")
        if tag == "img":
            self.images.append(attributes.get("src") or "")


def source(name: str) -> str:
    return (FOLDER / name).read_bytes().decode()


@pytest.fixture(scope="module")
def prepared() -> dict[str, PreparedEmail]:
    return {name: prepare_email("Asunto", source(name), "") for name in HTML_FILES}


@pytest.mark.parametrize("name", HTML_FILES)
def test_every_placeholder_is_still_there_byte_for_byte(name: str, prepared: dict[str, PreparedEmail]) -> None:
    for fields in EXPECTED[name]["placeholders"].values():
        for field in fields:
            assert prepared[name].html.count(field) >= 1


@pytest.mark.parametrize("name", [n for n in HTML_FILES if n.startswith("postmark")])
def test_no_placeholder_of_the_text_is_lost_or_doubled(name: str, prepared: dict[str, PreparedEmail]) -> None:
    field = re.compile(r"\{\{.*?\}\}")
    assert field.findall(prepared[name].html) == field.findall(source(name))


@pytest.mark.parametrize("name", HTML_FILES)
def test_links_pictures_and_tables_are_those_of_the_template(name: str, prepared: dict[str, PreparedEmail]) -> None:
    counts, expected = Counts(prepared[name].html), EXPECTED[name]
    assert counts.links == expected["links"]
    assert counts.images == expected["images"]
    assert counts.tags.count("table") == expected["tables"]
    assert counts.tags.count("script") == 0


@pytest.mark.parametrize("name", HTML_FILES)
def test_title_media_queries_and_outlooks_comments_are_those_of_the_template(
    name: str, prepared: dict[str, PreparedEmail]
) -> None:
    html, expected = prepared[name].html, EXPECTED[name]
    title = re.search(r"<title>(.*?)</title>", html, re.DOTALL)
    assert (title and title[1]) == expected["title"]
    assert len(re.findall(r"@media", html)) == expected["media_queries"]
    assert len(re.findall(r"<!--\[if", html)) == expected["conditional_comments"]


@pytest.mark.parametrize("name", HTML_FILES)
def test_the_doctype_is_kept(name: str, prepared: dict[str, PreparedEmail]) -> None:
    doctype = re.search(r"<!doctype[^>]*>", source(name), re.IGNORECASE)
    assert prepared[name].html.startswith(doctype[0] if doctype else "<!DOCTYPE html>")


@pytest.mark.parametrize("name", HTML_FILES)
def test_preparing_twice_changes_nothing_more(name: str, prepared: dict[str, PreparedEmail]) -> None:
    once = prepared[name]
    twice = prepare_email("Asunto", once.html, once.text)
    assert (twice.html, twice.text) == (once.html, once.text)


@pytest.mark.parametrize("name", HTML_FILES)
def test_nothing_had_to_be_taken_out_of_a_published_template(name: str, prepared: dict[str, PreparedEmail]) -> None:
    assert {note.code for note in prepared[name].notes} <= {"foreign_fields"}


@pytest.mark.parametrize("name", [n for n in HTML_FILES if n.replace(".html", "-inlined.html") in EXPECTED])
def test_at_least_as_many_elements_are_styled_as_its_author_styled(
    name: str, prepared: dict[str, PreparedEmail]
) -> None:
    by_author = EXPECTED[name.replace(".html", "-inlined.html")]["elements_with_style"]
    assert Counts(prepared[name].html).styled >= by_author


@pytest.mark.parametrize(
    "name", ["postmark-password-reset", "postmark-receipt", "postmark-trial-expired", "postmark-welcome"]
)
def test_the_text_part_has_the_placeholders_of_the_authors_own(name: str, prepared: dict[str, PreparedEmail]) -> None:
    field = re.compile(r"\{\{\s*(.*?)\s*\}\}")
    by_author = set(field.findall(source(f"{name}.txt")))
    only_in_preheader = {"purchase_date"} if name == "postmark-receipt" else set()
    assert by_author - only_in_preheader <= set(field.findall(prepared[f"{name}.html"].text))


@pytest.mark.parametrize("name", [n for n in HTML_FILES if re.match("postmark-(?!receipt)", n)])
def test_a_mustache_template_without_blocks_compiles_and_renders(name: str, prepared: dict[str, PreparedEmail]) -> None:
    email = prepared[name]
    content = compile_content({"html": (email.html, Escape.HTML), "text": (email.text, Escape.NONE)})
    row = {field: "https://x.example/a" if field.endswith("url") else "Ana" for field in content.names}
    values = content.values(row)
    for part in ("html", "text"):
        assert "{{" not in content.render(part, values)
