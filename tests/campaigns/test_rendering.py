"""Compiled content: slots, missing values, and that rendering and substituting give one and the same text."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.rendering import Content, Escape, MissingValue, TemplateError, compile_content


def sms(source: str) -> Content:
    return compile_content({"text": (source, Escape.NONE)})


def show(source: str, row: dict[str, Any], escape: Escape = Escape.NONE) -> str:
    content = compile_content({"part": (source, escape)})
    return content.render("part", content.values(row))


def substitute(content: Content, part: str, values: tuple[str, ...]) -> str:
    """What a vendor does: one pass, no value is read again."""
    filled = dict(zip(content.slots, values, strict=True))
    return re.sub(r"\{\{(p\d+)\}\}", lambda gap: filled[gap[1]], content.slotted(part))


def test_a_placeholder_is_replaced_by_the_persons_value() -> None:
    assert show("Hola {{ nombre }}", {"nombre": "Ana"}) == "Hola Ana"


def test_a_percent_sign_is_only_a_percent_sign() -> None:
    assert show("10% y %s y {{ n }}% %(x)s", {"n": "5%"}) == "10% y %s y 5%% %(x)s"


def test_a_text_without_placeholders_needs_no_values() -> None:
    content = sms("Hola a todos, 100%")
    assert (content.slots, content.names, content.render("text", content.values({}))) == ((), (), "Hola a todos, 100%")


def test_a_value_with_braces_is_never_expanded() -> None:
    row = {"a": "{{b}} {{p2}} {{ a }}", "b": "SECRET"}
    assert show("{{a}}", row) == "{{b}} {{p2}} {{ a }}"


def test_the_same_expression_shares_a_slot_however_it_is_spelled() -> None:
    content = sms('{{nombre|cliente}} {{ nombre | default:"cliente" }} {{nombre|default("cliente")}}')
    assert content.slots == ("p1",)
    assert content.slotted("text") == "{{p1}} {{p1}} {{p1}}"


def test_different_filters_make_different_slots() -> None:
    assert sms("{{nombre}} {{nombre|upper}}").slots == ("p1", "p2")


def test_the_same_field_has_a_slot_for_each_place_it_stands_in() -> None:
    content = compile_content(
        {"subject": ("{{n}}", Escape.LINE), "html": ('<a href="https://x/{{n}}">{{n}}</a>', Escape.HTML)}
    )
    assert content.values({"n": "a b&c"}) == ("a b&c", "a%20b%26c", "a b&amp;c")


def test_parts_without_common_slots_take_their_own_values() -> None:
    content = compile_content({"subject": ("{{b}}", Escape.LINE), "text": ("{{a}}-{{b}}-{{a}}", Escape.NONE)})
    values = content.values({"a": "A", "b": "B"})
    assert (content.render("subject", values), content.render("text", values)) == ("B", "A-B-A")


def test_required_names_are_those_used_at_least_once_without_a_default() -> None:
    content = sms('{{a|default:"x"}} {{b}} {{c|upper}} {{b|y}}')
    assert (content.names, content.required) == (("a", "b", "c"), ("b", "c"))


@pytest.mark.parametrize("value", [None, "", "   ", "\n\t", "\u00a0", float("nan"), [], {"a": 1}])
def test_a_blank_value_is_missing(value: object) -> None:
    with pytest.raises(MissingValue) as refused:
        sms("{{a}}").values({"a": value})
    assert refused.value.names == ("a",)


def test_every_missing_field_is_named_once() -> None:
    with pytest.raises(MissingValue) as refused:
        sms("{{a}} {{b}} {{a|upper}} {{c}}").values({"b": "x"})
    assert refused.value.names == ("a", "c")


@pytest.mark.parametrize(
    ("value", "text"),
    [(120, "120"), (120.0, "120"), (0, "0"), (1.5, "1.5"), (0.00001, "0.00001"), (1e21, "1" + "0" * 21), (-3.0, "-3")]
    + [(True, "true"), (False, "false")],
)
def test_numbers_print_as_people_write_them(value: object, text: str) -> None:
    assert show("{{n}}", {"n": value}) == text


@pytest.mark.parametrize(
    ("expression", "value", "text"),
    [
        ("n|upper", "maría", "MARÍA"),
        ("n|lower", "MARÍA", "maría"),
        ("n|title", "MARÍA JOSÉ o'neill", "María José O'Neill"),
        ("n|title", "ana's", "Ana's"),
        ("n|title", "andre\u0301s", "Andrés"),
        ("n|first", "  María José ", "María"),
        ("n|first|upper", "María José", "MARÍA"),
        ("n|truncate:5", "María José", "María"),
        ("n|truncate:6", "María José", "María"),
        ("n|truncate:50", "María", "María"),
        ("n|trim", "  Ana ", "Ana"),
        ("n|urlencode", "a b/ñ", "a%20b%2F%C3%B1"),
        ('n|default:"x"', "Ana", "Ana"),
        ('n|default:"x"', " ", "x"),
        ('n|default:"x"|upper', None, "X"),
        ('n|upper|default:"x"', None, "x"),
        ('n|default:""', None, ""),
        ("n|default:0", None, "0"),
    ],
)
def test_filters_are_applied_from_left_to_right(expression: str, value: object, text: str) -> None:
    assert show("{{" + expression + "}}", {"n": value}) == text


def test_line_breaks_in_a_subjects_value_become_spaces() -> None:
    assert (
        show("Hola {{n}}", {"n": "Ana\r\nBcc: x@example.test\u2028z"}, Escape.LINE) == "Hola Ana Bcc: x@example.test z"
    )


@pytest.mark.parametrize(
    ("source", "value", "shown"),
    [
        ("<p>{{v}}</p>", "<b>&\"'", "<p>&lt;b&gt;&amp;&quot;&#x27;</p>"),
        ('<p title="{{v}}">', '" onclick="x', '<p title="&quot; onclick=&quot;x">'),
        ("<p title='{{v}}'>", "' onclick='x", "<p title='&#x27; onclick=&#x27;x'>"),
        ('<a href="https://x.es/{{v}}">', "a/b?c=d&e#f g", '<a href="https://x.es/a%2Fb%3Fc%3Dd%26e%23f%20g">'),
        ('<a href="https://x.es/?q={{v}}&amp;r=1">', "ñ&x=1", '<a href="https://x.es/?q=%C3%B1%26x%3D1&amp;r=1">'),
        ('<a href="https://x.es/?q={{v|urlencode}}">', "a b", '<a href="https://x.es/?q=a%20b">'),
        ('<a href="{{v}}">', "https://x.es/a?b=1&c=ñ", '<a href="https://x.es/a?b=1&amp;c=%C3%B1">'),
        ('<a href="{{v}}?utm=1">', "https://x.es/a", '<a href="https://x.es/a?utm=1">'),
        ('<a href=" {{v}}">', 'https://x.es/"><script>', '<a href=" https://x.es/%22%3E%3Cscript%3E">'),
        ('<a href="{{v}}">', "mailto:a+b@x.es", '<a href="mailto:a+b@x.es">'),
        ('<a href="mailto:{{v}}">', "a+b@x.es?bcc=z", '<a href="mailto:a+b@x.es%3Fbcc%3Dz">'),
        ('<a href="mailto:a@x.es?subject={{v}}">', "a&b c", '<a href="mailto:a@x.es?subject=a%26b%20c">'),
        ('<img src="https://x.es/{{v}}.png" alt="{{v}}">', 'a"b', '<img src="https://x.es/a%22b.png" alt="a&quot;b">'),
        ('<p style="color:{{v}}">', "red;background:url(x)", '<p style="color:red\\3b background\\3a url\\28 x\\29 ">'),
        ("<style>a{color:{{v}}}</style>", "#fff}</style>", "<style>a{color:#fff\\7d \\3c \\2f style\\3e }</style>"),
        ("<title>{{v}}</title>", "</title>", "<title>&lt;/title&gt;</title>"),
        ('<!--[if mso]><v:rect href="{{v}}"><![endif]-->', "https://x.es", '<!--[if mso]><v:rect href="https://x.es"><![endif]-->'),
        ("<p>{{v}}</p>", "{{p1}}", "<p>&#123;&#123;p1}}</p>"),
        ("a < b {{v}}", "<", "a < b &lt;"),
        ("<p>{{ v|default:&quot;x&quot; }}</p>", "", "<p>x</p>"),
    ],
)  # fmt: skip
def test_in_html_a_value_is_escaped_for_the_place_it_stands_in(source: str, value: str, shown: str) -> None:
    assert show(source, {"v": value}, Escape.HTML) == shown


@pytest.mark.parametrize(
    "value", ["javascript:alert(1)", " JaVaScript:x", "//x.es", "x.es", "data:text/html,x", "http://"]
)
def test_a_link_that_may_not_be_followed_counts_as_missing(value: str) -> None:
    content = compile_content({"html": ('<a href="{{v}}">x</a>', Escape.HTML)})
    with pytest.raises(MissingValue):
        content.values({"v": value})


def test_a_link_that_may_not_be_followed_gives_way_to_the_default() -> None:
    source = '<a href="{{v|default:"https://x.es/"}}">x</a>'
    assert show(source, {"v": "javascript:x"}, Escape.HTML) == '<a href="https://x.es/">x</a>'


@pytest.mark.parametrize(
    "source",
    [
        "<p {{v}}>",
        "<{{v}}>",
        "<p title={{v}}>",
        "<script>{{v}}</script>",
        '<p onclick="f({{v}})">',
        '<a href="javascript:f({{v}})">',
        '<iframe srcdoc="{{v}}">',
    ],
)
def test_a_field_where_no_value_is_safe_is_refused(source: str) -> None:
    with pytest.raises(TemplateError) as refused:
        compile_content({"html": (source, Escape.HTML)})
    assert [p.code for p in refused.value.problems] == ["forbidden_place"]


def test_the_end_of_a_style_sheet_is_no_stray_brace() -> None:
    source = "<style>@media print{p{color:red}}</style><p>{{n}}</p>"
    assert show(source, {"n": "x"}, Escape.HTML).endswith("<p>x</p>")


def test_the_problems_of_all_parts_are_collected() -> None:
    with pytest.raises(TemplateError) as refused:
        compile_content({"subject": ("{{x", Escape.LINE), "html": ("<p>{{y}}</p>", Escape.HTML)}, {"nombre"})
    assert [(p.part, p.code) for p in refused.value.problems] == [("subject", "unclosed"), ("html", "unknown_name")]


def test_content_can_be_kept_in_a_dictionary() -> None:
    content = sms("{{a}}")
    assert {content: 1}[content] == 1


FIELDS = ("a", "b", "c")
literals = st.text(alphabet=st.characters(exclude_characters="{}", exclude_categories=["Cs"]), max_size=12)
expressions = st.sampled_from(["{{a}}", "{{ b|upper }}", '{{c|default:"%s {x}"}}', "{{a|first|x}}", "{{b|truncate:3}}"])
rows = st.fixed_dictionaries({name: st.one_of(st.text(max_size=20), st.integers(), st.floats()) for name in FIELDS})
sources = st.lists(st.one_of(literals, expressions), max_size=8).map("".join)


@given(sources, rows)
def test_substituting_in_the_slotted_text_gives_the_rendered_text(source: str, row: dict[str, Any]) -> None:
    content = compile_content({"subject": (source, Escape.LINE), "text": (source, Escape.NONE)})
    try:
        values = content.values(row)
    except MissingValue:
        return
    for part in ("subject", "text"):
        assert substitute(content, part, values) == content.render(part, values)


@given(rows)
def test_substituting_in_slotted_html_gives_the_rendered_html(row: dict[str, Any]) -> None:
    source = '<p title="{{a|x}}" style="color:{{b|x}}">{{a|x}}<a href="https://x/{{c|x}}?{{a|x}}">{{c|x}}</a></p>'
    content = compile_content({"html": (source, Escape.HTML)})
    values = content.values(row)
    assert substitute(content, "html", values) == content.render("html", values)


@given(st.text(alphabet=st.sampled_from("<>&\"'{}/\\;:()= \nabñ%#-"), min_size=1).filter(str.strip))
def test_no_value_leaves_the_place_it_was_put_in(value: str) -> None:
    source = '<p title="{{v}}" style="a:{{v}}">{{v}}</p><a href="https://x/{{v}}">x</a><style>b{c:{{v}}}</style>'
    shown = show(source, {"v": value}, Escape.HTML)
    place = '[^<>"]*'
    pattern = f'<p title="({place})" style="a:({place})">({place})</p><a href="https://x/({place})">x</a><style>b{{c:({place})}}</style>'
    found = re.fullmatch(pattern, shown)
    assert found
    assert html.unescape(found[1]) == value.replace("\0", "")
    assert not re.search(r"[;:{}()]", found[2] + found[5])
