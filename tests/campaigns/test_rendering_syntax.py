"""The placeholder language: what is understood, what is refused and in which words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.content.names import match_name
from campaigns.rendering import SpanKind, TemplateError, TemplateProblem, highlight, parse

KNOWN = ("first_name", "last_name", "email", "phone", "puntos", "Código")


def problems(source: str, markup: bool = False) -> list[TemplateProblem]:
    with pytest.raises(TemplateError) as refused:
        parse(source, KNOWN, markup=markup)
    return refused.value.problems


@pytest.mark.parametrize(
    "source",
    [
        "{{first_name}}",
        "{{  first_name  }}",
        "{{\nfirst_name\n}}",
        '{{ first_name | default : "x" }}',
        "{{first_name|default('x')}}",
        "{{first_name|default:“x”}}",
        "{{first_name|default:x}}",
        "{{first_name|«x»}}",
        "{{first_name|x}}",
    ],
)
def test_white_space_and_quotes_are_free(source: str) -> None:
    assert parse(source, KNOWN).names == ("first_name",)


@pytest.mark.parametrize(
    ("source", "default"),
    [
        (r'{{first_name|default:"di \"hola\""}}', 'di "hola"'),
        ('{{first_name|default:"a | b }} c"}}', "a | b }} c"),
        ("{{first_name|estimado cliente}}", "estimado cliente"),
        ("{{first_name|Hola!}}", "Hola!"),
        ("{{first_name|default:0}}", "0"),
        ("{{first_name|first|amigo}}", "amigo"),
    ],
)
def test_a_default_may_be_written_in_many_ways(source: str, default: str) -> None:
    assert parse(source, KNOWN).placeholders[0].calls[-1].argument == default


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ("first_name", "first_name"),
        ("FIRST_NAME", "first_name"),
        ("FirstName", "first_name"),
        ("Puntos", "puntos"),
        ("codigo", "Código"),
        ("nombre", "first_name"),
        ("nome", "first_name"),
        ("Apellidos", "last_name"),
        ("teléfono", "phone"),
        ("correo", "email"),
        ("points", "puntos"),
    ],
)
def test_a_name_is_understood_in_any_case_without_accents_and_in_translation(written: str, field: str) -> None:
    assert parse("{{" + written + "}}", KNOWN).names == (field,)


def test_a_field_that_is_really_called_so_wins_over_the_translation() -> None:
    assert parse("{{nombre}}", [*KNOWN, "nombre"]).names == ("nombre",)


def test_a_name_that_could_be_two_fields_is_not_guessed() -> None:
    match = match_name("PUNTOS", ["puntos", "Puntos"])
    assert (match.name, match.suggestion) == ("", "Puntos")


def test_without_a_list_of_fields_every_name_is_taken_as_written() -> None:
    assert parse("{{Nombre}} {{año2}}").names == ("Nombre", "año2")


def test_the_canonical_source_means_the_same_without_the_list_of_fields() -> None:
    source = 'Hola {{ Nombre|default:"nombre" }}, {{PUNTOS|upper}} {{ codigo }}'
    template = parse(source, KNOWN)
    assert template.canonical == 'Hola {{ first_name|default:"nombre" }}, {{puntos|upper}} {{ Código }}'
    assert parse(template.canonical).names == template.names


def test_changing_the_text_leaves_the_names_of_fields_alone() -> None:
    template = parse("Código {{ código|Código }}")
    assert template.change_text(lambda text: text.replace("ó", "o")) == "Codigo {{ código|Codigo }}"


@pytest.mark.parametrize(
    ("source", "code", "name", "suggestion"),
    [
        ("Hola {{first_name", "unclosed", "", ""),
        ("Hola {{first_name}, qué tal", "unclosed", "", ""),
        ("Hola first_name}}", "stray_close", "", ""),
        ("{{ }}", "empty", "", ""),
        ("{{{first_name}}}", "triple_brace", "", ""),
        ('{{first_name|default:"x}}', "unclosed_quote", 'first_name|default:"x', ""),
        ("{{first name}}", "bad_name", "first name", "first_name"),
        ("{{contact.email}}", "bad_name", "contact.email", "email"),
        ("{{#each x}}", "bad_name", "#each x", ""),
        ("{{puntso}}", "unknown_name", "puntso", "puntos"),
        ("{{frist_name}}", "unknown_name", "frist_name", "first_name"),
        ("{{zzzzzz}}", "unknown_name", "zzzzzz", ""),
        ("{{puntos|uper}}", "unknown_filter", "uper", "upper"),
        ("{{puntos|defualt:1}}", "unknown_filter", "defualt", "default"),
        ("{{puntos|foo:3}}", "unknown_filter", "foo", ""),
        ("{{puntos|default}}", "argument_missing", "default", 'default:"…"'),
        ("{{puntos|truncate}}", "argument_missing", "truncate", "truncate:20"),
        ("{{puntos|truncate:x}}", "argument_number", "truncate", ""),
        ("{{puntos|truncate:0}}", "argument_number", "truncate", ""),
        ("{{puntos|upper:1}}", "argument_unwanted", "upper", ""),
        ("{{puntos|}}", "filter_missing", "", ""),
        ("{{puntos|a(b}}", "unreadable", "a(b", ""),
        ("{{puntos|" + "x" * 600 + "}}", "long_expression", "", ""),
    ],
)
def test_a_slip_is_named_with_the_nearest_right_word(source: str, code: str, name: str, suggestion: str) -> None:
    found = problems(source)
    assert [(p.code, p.name, p.suggestion) for p in found] == [(code, name, suggestion)]


def test_every_problem_is_reported_with_its_line_and_column() -> None:
    found = problems("Hola {{nombre, tienes\n{{puntso}} y {{ }}\n }}")
    assert [(p.code, p.line, p.column) for p in found] == [
        ("unclosed", 1, 6),
        ("unknown_name", 2, 1),
        ("empty", 2, 14),
        ("stray_close", 3, 2),
    ]


def test_one_placeholder_may_have_several_problems() -> None:
    assert [p.code for p in problems("{{puntso|uper}}")] == ["unknown_name", "unknown_filter"]


def test_an_unclosed_placeholder_does_not_swallow_the_next() -> None:
    spans = highlight("Hola {{nombre, tus {{puntos}}", KNOWN)
    assert [span.kind for span in spans] == [
        SpanKind.LITERAL,
        SpanKind.ERROR,
        SpanKind.LITERAL,
        SpanKind.PLACEHOLDER,
    ]


def test_every_sentence_fills_its_gaps() -> None:
    for source in ("{{", "}}", "{{ }}", "{{a b}}", "{{zz}}", "{{puntso}}", "{{puntos|uper}}", "{{puntos|truncate:x}}"):
        for found in problems(source):
            assert "%(" not in str(found)


def test_a_text_over_the_cap_is_refused_without_being_read() -> None:
    assert [(p.code, p.limit) for p in problems("x" * 500_001)] == [("too_long", 500_000)]


def test_more_placeholders_than_the_cap_are_refused() -> None:
    assert [p.code for p in problems("{{puntos}}" * 501)] == ["too_many"]


def test_a_file_that_is_no_template_ends_in_a_bounded_list_of_problems() -> None:
    assert len(problems("{{" * 200_000)) == 50


def test_in_html_an_editors_entities_are_understood() -> None:
    template = parse("{{&nbsp;nombre|default:&quot;a&amp;b&quot; }} {{c&oacute;digo}}", KNOWN, markup=True)
    assert template.placeholders[0].calls[0].argument == "a&b"
    assert template.names == ("first_name", "Código")


def test_outside_a_style_sheet_a_stray_brace_is_one_in_html_too() -> None:
    assert [p.code for p in problems("<style>a{b{c}}</style> }}", markup=True)] == ["stray_close"]


braced = st.text(alphabet=st.sampled_from("{}{}ab|:\"'()1 \n"), max_size=60)


@given(braced)
def test_highlighting_covers_the_source_without_a_gap(source: str) -> None:
    spans = highlight(source)
    assert "".join(source[span.start : span.end] for span in spans) == source
    assert all(span.start < span.end for span in spans)


@given(braced)
def test_whatever_is_written_is_either_parsed_or_refused(source: str) -> None:
    try:
        template = parse(source)
    except TemplateError as refused:
        assert refused.problems
    else:
        assert template.canonical == source
        assert template.change_text(str) == source
