"""Operator's HTML becomes a safe, inlined email in which every placeholder survives."""

from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.email import PreparedEmail, prepare_email
from campaigns.rendering import Escape, MissingValue, TemplateError, compile_content


def prepare(html: str, text: str = "", preheader: str = "") -> PreparedEmail:
    return prepare_email("Asunto", html, text, preheader)


def body(html: str) -> str:
    found = re.search(r"<body[^>]*>\n(.*)\n</body>", prepare(html).html, re.DOTALL)
    assert found
    return found[1]


def notes(html: str) -> dict[str, tuple[str, ...]]:
    return {note.code: note.names for note in prepare(html).notes}


def codes(subject: str = "Asunto", html: str = "<p>x</p>", text: str = "", preheader: str = "") -> list[str]:
    with pytest.raises(TemplateError) as refused:
        prepare_email(subject, html, text, preheader)
    return [p.code for p in refused.value.problems]


# Placeholders


@pytest.mark.parametrize(
    "source",
    [
        '<a href="https://x/{{ link|default:"y" }}">{{ n|default:"<b>Ana</b>" }}</a>',
        "<p title=\"{{ t|default:'a' }}\">{{ t }}</p>",
        '<img alt="{{n}}" src="https://x/{{ foto }}.png">',
        '<td style="color:{{c}};width:{{w}}px">x</td>',
        '<a href="mailto:{{ email }}?subject={{s}}">x</a>',
        '<p class="a {{k}}" id="{{i}}">x</p>',
        "<p>{{ n|default:&quot;x&quot; }}</p>",
        '<a href="*|UNSUB|*">*|FNAME|* {% if x %}</a>',
        '<p>{{ L.T "email.unsub" }} {{{raw}}} {{#each x}}</p>',
    ],
)
def test_a_field_survives_byte_for_byte_wherever_it_stands(source: str) -> None:
    fields = r"\{\{+.*?\}\}+|\*\|\w+\|\*|\{%.*?%\}"
    assert re.findall(fields, prepare(f"<table>{source}</table>").html) == re.findall(fields, source)


def test_a_field_in_a_style_sheet_is_inlined_with_its_rule() -> None:
    html = '<style>h1{color:{{ color|default:"red" }}}</style><h1>x</h1>'
    assert body(html) == '<h1 style="color: {{ color|default:"red" }};">x</h1>'


def test_a_field_between_rows_stays_between_rows() -> None:
    html = "<table><tr><td>a</td></tr>{{#each x}}<tr><td>b</td></tr></table>"
    assert "</tr>{{#each x}}<tr>" in body(html)


def test_a_prepared_email_with_a_quoted_default_in_an_attribute_compiles() -> None:
    prepared = prepare('<a href="https://x/{{ link|default:"y" }}" title=\'{{t|"z"}}\'>x</a>')
    content = compile_content({"html": (prepared.html, Escape.HTML)})
    assert '<a href="https://x/y" title="z">x</a>' in content.render("html", content.values({}))


def test_fields_of_other_systems_are_pointed_out() -> None:
    assert notes("<p>*|FNAME|* {% if x %} *|FNAME|*</p>")["foreign_fields"] == ("*|FNAME|*", "{% if x %}")


def test_a_field_inside_a_tag_is_lost_with_a_note() -> None:
    assert notes("<p {{attributes}}>x</p>")["lost_fields"] == ("{{attributes}}",)


def test_what_only_looks_like_a_field_smuggles_no_markup() -> None:
    for html in ("{{<script>alert(1)</script>}}", "*|<script>alert(1)</script>|*", "{%<script>%}</script>"):
        assert "<script" not in prepare(f"<p>x{html}</p>").html


# Safety


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ("<p>a</p><script>alert(1)</script>", "<p>a</p>"),
        ('<img src="x.png" onerror="alert(1)">', '<img src="x.png">'),
        ('<a href="java\nscript:alert(1)">x</a>', "<a>x</a>"),
        ("<svg><script>alert(1)</script></svg>y", "y"),
        ('<form action="/x"><input name="q">Busca</form>', "Busca"),
        ("<iframe src=x>a</iframe><object>b</object>c", "c"),
        ('<p style="color:red;behavior:url(x)">y</p>', '<p style="color:red;">y</p>'),
        ('<td background="javascript:x">y', "y"),
        ("<!--[if mso]><script>x</script><![endif]-->y", "y"),
        ("<!-- interno -->y", "y"),
        ("<o:p>x</o:p>", "x"),
    ],
)
def test_what_is_not_safe_goes_out(html: str, left: str) -> None:
    assert body(html) == left


@pytest.mark.parametrize(
    ("html", "code", "names"),
    [
        ("<script>x</script>y", "scripts", ()),
        ('<p onclick="x">y</p>', "scripts", ()),
        ("<body onload=x>y</body>", "scripts", ()),
        ("<form><input><button>Go</button></form>", "forms", ("button", "form", "input")),
        ("<svg></svg><iframe></iframe>y", "embedded", ("iframe", "svg")),
        ("<blink>y</blink>", "elements", ("blink",)),
        ('<a href="javascript:x">y</a><a href="https://x">y</a>', "addresses", ("javascript:x",)),
        ("<style>p{behavior:url(x)}</style>y", "unsafe_css", ()),
        ('<style>@import "http://x/y.css";</style>y', "unsafe_css", ()),
        ('<head><link rel=stylesheet href="https://x/y.css"></head>y', "external_css", ("https://x/y.css",)),
        ("<p>" + "x" * 110_000, "clipped", ()),
    ],
)
def test_what_was_taken_out_or_will_not_work_is_told(html: str, code: str, names: tuple[str, ...]) -> None:
    assert notes(html) == {code: names}
    assert all("%(" not in str(note) for note in prepare(html).notes)


def test_harmless_html_has_no_notes() -> None:
    assert (
        notes('<style>p{scroll-behavior:smooth}</style><table class="a" bgcolor="#fff"><tr><td>x</td></tr></table>')
        == {}
    )


def test_outlooks_conditional_comments_stay_as_they_are() -> None:
    html = (
        "<!--[if mso]><table><tr><td><![endif]--><p>x</p><!--[if mso]></td></tr></table><![endif]-->"
        "<![if !mso]>y<![endif]>"
    )
    assert body(html) == html


soup = st.lists(
    st.sampled_from(
        [
            "<p>",
            "</p>",
            "<script>",
            "</script>",
            "<style>",
            "</style>",
            "<svg>",
            "<math>",
            "<title>",
            "<!--",
            "-->",
            "--!>",
        ]
        + [
            "<img src=x onerror=alert(1)>",
            '<a href="javascript:alert(1)">',
            "<table>",
            "<td>",
            "</table>",
            "<noscript>",
        ]
        + [
            "{{",
            "}}",
            "{{x}}",
            '{{x|"',
            '"',
            "'",
            "<",
            ">",
            "*|",
            "|*",
            "<![if x]>",
            "<![endif]>",
            "<template>",
            "<body onload=x>",
        ]
        + [
            "<textarea>",
            "<iframe>",
            "<plaintext>",
            "<form>",
            "alert(1)",
            "<!--[if mso]>",
            "<![endif]-->",
            "<head>",
            "a",
        ]
    ),
    max_size=14,
).map("".join)


@given(soup)
def test_no_soup_of_tags_leaves_anything_active_in_what_is_sent(html: str) -> None:
    try:
        content = compile_content({"html": (prepare(html).html, Escape.HTML)})
        values = content.values(dict.fromkeys(content.names, "\"'><script>alert(1)</script>"))
    except (TemplateError, MissingValue):
        return
    sent = content.render("html", values)
    seen = re.sub(r"<!--.*?-->", "", sent, flags=re.DOTALL)
    assert not re.search(r"<(script|svg|math|iframe|form|textarea|noscript|template)\b", seen)
    assert not re.search(r"<[^>]*\s(on\w+|href=\"\s*java)", seen)


@given(soup)
def test_preparing_any_soup_twice_changes_nothing_more(html: str) -> None:
    try:
        once = prepare(html)
    except TemplateError:
        return
    twice = prepare_email("Asunto", once.html, once.text)
    assert (twice.html, twice.text) == (once.html, once.text)


# Documents and styles


def test_a_fragment_becomes_a_document_with_its_character_set() -> None:
    html = prepare("Hola {{nombre}}").html
    assert html.startswith("<!DOCTYPE html>\n<html>\n<head>\n")
    assert '<meta charset="utf-8">' in html
    assert "<body>\nHola {{nombre}}\n</body>" in html


def test_a_documents_doctype_head_and_attributes_survive() -> None:
    html = prepare(
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">'
        '<html lang="es" xmlns:v="urn:v" onclick="x"><head><title>Día &amp; noche</title>'
        '<meta name="viewport" content="x">'
        '<meta http-equiv="refresh" content="0"><base href="https://evil.example" target="_blank"></head>'
        '<body class="b" bgcolor="#fff" onload="x"><p>x</p></body></html>'
    ).html
    assert html.splitlines() == [
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">',
        '<html lang="es" xmlns:v="urn:v">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta content="x" name="viewport">',
        '<base target="_blank">',
        "<title>Día &amp; noche</title>",
        "</head>",
        '<body bgcolor="#fff" class="b">',
        "<p>x</p>",
        "</body>",
        "</html>",
    ]


def test_what_cannot_be_inlined_stays_in_a_style_sheet() -> None:
    html = prepare("<style>a{color:red} a:hover{color:blue} @media (max-width:9px){a{color:tan}}</style><a>x</a>").html
    assert '<a style="color: red;">x</a>' in html
    assert re.search(
        r"<style>\s*a:hover \{ color: blue; \}\s*@media \(max-width:9px\)\{a\{color:tan\}\}</style>\n</head>", html
    )


def test_a_style_sheet_in_the_body_is_inlined_too() -> None:
    assert body("<div><style>p{color:red}</style><p>x</p></div>") == '<div><p style="color: red;">x</p></div>'


def test_a_style_sheet_for_print_is_not_inlined_for_everybody() -> None:
    html = prepare('<style media="print">p{color:red}</style><p>x</p>').html
    assert "<p>x</p>" in html
    assert "@media print {p{color:red}}" in html


def test_a_preheader_is_put_hidden_before_the_body() -> None:
    prepared = prepare("<p>x</p>", preheader='Envío "gratis", {{nombre|"tú"}}')
    assert re.search(
        r'<body>\n<div class="despacho-preheader" style="display:none;[^"]*">Envío "gratis", \{\{nombre', prepared.html
    )
    assert prepared.text == "x"


def test_a_new_preheader_takes_the_place_of_the_old() -> None:
    once = prepare("<p>x</p>", preheader="uno")
    twice = prepare(once.html, preheader="dos")
    assert twice.html == once.html.replace("uno", "dos")
    assert prepare(twice.html).html == twice.html


# Text part


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<h1>Hola</h1><p>uno<br>dos</p><div>tres</div>cuatro", "Hola\n\nuno\ndos\n\ntres\ncuatro"),
        ("<ul><li>a<li>b<ul><li>c</ul></ul><ol><li>x<li>y</ol>", "- a\n- b\n  - c\n\n1. x\n2. y"),
        ('Ve <a href="https://x.es/a?b=1&amp;c=2">la web</a>.', "Ve la web (https://x.es/a?b=1&c=2)."),
        ('<a href="https://x.es">https://x.es</a>', "https://x.es"),
        ('<a href="https://x.es"><img alt="Logo" src="l.png"></a>', "Logo (https://x.es)"),
        ('<a href="https://x.es"><img src="l.png"></a>', "https://x.es"),
        ('<a href="mailto:a@x.es?subject=s">escribe</a>', "escribe (a@x.es)"),
        ('<a href="tel:+34600">llama</a>', "llama (+34600)"),
        ('<a href="#arriba">sube</a>', "sube"),
        ("<table><tr><th>Día<th>Hora<tr><td>lunes<td>10</table>", "Día | Hora\nlunes | 10"),
        ("<table><tr><td><p>a</p><p>b</p></td><td>c</td></tr></table>", "a\n\nb\n\nc"),
        ("<table><tr><td><table><tr><td>a</td><td>b</td></tr></table></td></tr></table>", "a | b"),
        ('<span style="display:none">oculto</span><p hidden>x</p>visto', "visto"),
        ("<style>.h{display:none}</style><p class=h>oculto</p>visto", "visto"),
        ("a&nbsp;b &lt;c&gt; \u200b\u034fd", "a b <c> d"),
        ("<hr>a", "---\na"),
        ("{{ n|default:&quot;a&amp;b&quot; }}", '{{ n|default:"a&b" }}'),
        ('<a href="{{url}}">x</a>', "x ({{url}})"),
        ('<a href="https://x/{{ n|"y" }}?a={{b}}">x</a>', 'x (https://x/{{ n|"y"|urlencode }}?a={{b|urlencode}})'),
    ],
)  # fmt: skip
def test_the_text_part_is_what_a_person_reads(html: str, text: str) -> None:
    assert prepare(html).text == text


def test_a_text_part_that_was_written_is_kept() -> None:
    assert prepare("<p>x</p>", text="  mío \r\nmás\r").text == "mío\nmás"


def test_an_email_may_be_text_only() -> None:
    assert prepare("", text="hola") == PreparedEmail("", "hola", ())


# Refusals


def test_an_email_without_subject_or_content_is_refused() -> None:
    assert codes(subject=" ", html=" ") == ["no_subject", "no_content"]


def test_html_that_only_held_a_script_is_no_content() -> None:
    assert codes(html="<script>x</script>") == ["no_content"]


def test_a_subject_of_two_lines_is_refused() -> None:
    assert codes(subject="a\nBcc: x@example.test") == ["line_break"]


def test_a_binary_file_is_refused() -> None:
    assert codes(html="PK\x03\x04\0\0") == ["binary"]


@pytest.mark.parametrize(
    ("html", "code"),
    [
        ("x" * 500_001, "too_long"),
        ("&" * 200_000, "too_long"),  # as &amp; it no longer fits
        ("<i>x</i>" * 10_001, "too_many_elements"),
        ("".join(f"<b id={n}><p>" for n in range(60)), "unclosed_tags"),
        ("{{x}}" * 501, "too_many"),
    ],
)
def test_html_that_would_cost_too_much_is_refused(html: str, code: str) -> None:
    assert codes(html=html) == [code]


def test_ten_thousand_nested_elements_do_not_end_the_process() -> None:
    prepared = prepare("<table><td>" * 5_000 + "x", text="x")
    assert prepared.html.count("<table>") == 5_000


@pytest.mark.parametrize(
    "html",
    [
        "<!--" * 100_000,
        "<style " * 60_000,
        "}}" * 200_000,
        "<plaintext>" + "<!--" * 100_000,
        f"<p style='{'a' * 400_000}'>x",
    ],
)
def test_hostile_html_is_read_in_linear_time(html: str) -> None:
    with contextlib.suppress(TemplateError):
        assert prepare(html, text="x")
