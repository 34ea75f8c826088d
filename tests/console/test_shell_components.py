"""What the components print, and what no template may contain."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.template import Context, Template
from django.test import RequestFactory

from console.charts import ICONS, Part
from console.choices import ClockField, TimeZoneField

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
SPRITE = (settings.BASE_DIR / "static" / "icons.svg").read_text(encoding="utf-8")


def draw(source: str, **context: Any) -> str:
    return Template(source).render(Context(context))


# -- rules for every template ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "forbidden",
    [r"\sstyle\s*=", r"\son[a-z]+\s*=", r"hx-on", r"js:", r"<script(?![^>]*\ssrc=)", r"<style", r"javascript:"],
)
def test_no_template_needs_more_than_the_strict_csp(forbidden: str) -> None:
    guilty = [str(path) for path in TEMPLATES if re.search(forbidden, path.read_text(encoding="utf-8"))]
    assert guilty == []


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    named = {
        (path.name, name)
        for path in TEMPLATES
        for name in re.findall(r'{% icon "([a-z0-9-]+)"', path.read_text(encoding="utf-8"))
    }
    assert [pair for pair in sorted(named) if f'id="i-{pair[1]}"' not in SPRITE] == []


def test_every_icon_of_a_state_is_in_the_sprite() -> None:
    assert [name for name in ICONS.values() if f'id="i-{name}"' not in SPRITE] == []


def test_no_template_holds_a_colour_of_its_own() -> None:
    allowed = {"logo.html", "_picture.html"}  # the mark and the drawing beside the login keep their colours
    guilty = [
        path.name
        for path in TEMPLATES
        if path.name not in allowed and re.search(r"#[0-9a-f]{6}\b", path.read_text(encoding="utf-8"))
    ]
    assert guilty == []


def test_every_static_file_survives_the_manifest_storage(tmp_path: Path) -> None:
    storage = ManifestStaticFilesStorage(location=str(tmp_path), base_url="/static/")
    source = settings.BASE_DIR / "static"
    paths = {}
    for path in source.rglob("*"):
        if path.is_file():
            name = str(path.relative_to(source))
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(path.read_bytes())
            paths[name] = (storage, name)
    failures = [result for _name, _hashed, result in storage.post_process(paths) if isinstance(result, Exception)]
    assert failures == []


# -- components --------------------------------------------------------------------------------------


def test_a_state_is_colour_icon_and_word() -> None:
    html = draw('{% state "delivered" "Delivered" %}')
    assert 'class="state s-delivered"' in html
    assert "#i-checks" in html
    assert "Delivered" in html


def test_the_words_of_a_state_are_escaped() -> None:
    assert "<b>" not in draw('{% state "failed" word %}', word="<b>x</b>")


def test_an_icon_beside_a_word_is_hidden_from_readers_and_one_alone_is_named() -> None:
    assert 'aria-hidden="true"' in draw('{% icon "send" %}')
    assert 'role="img" aria-label="Sent"' in draw('{% icon "send" label="Sent" %}')


def test_a_state_bar_says_its_numbers() -> None:
    html = draw("{% state_bar parts %}", parts=[Part("failed", 3, "failed"), Part("delivered", 1200, "delivered")])
    assert 'aria-label="1,200 delivered, 3 failed"' in html


def test_every_number_of_a_legend_opens_its_people() -> None:
    html = draw("{% legend parts 10 %}", parts=[Part("sent", 10, "Sent", "/people/?state=sent")])
    assert '<a href="/people/?state=sent">' in html


def test_a_sum_that_fits_says_so() -> None:
    html = draw("{% sum_line parts 10 %}", parts=[Part("sent", 4), Part("failed", 6)])
    assert "4 + 6 = <strong>10</strong>" in html
    assert "equals the audience" in html


def test_a_sum_that_does_not_fit_shows_the_difference_in_red() -> None:
    html = draw("{% sum_line parts 12 %}", parts=[Part("sent", 4), Part("failed", 6)])
    assert "s-failed" in html
    assert "differs by 2 from the audience of 12" in html


def test_a_bar_of_somebody_is_never_invisible() -> None:
    assert 'width="0.80%"' in draw("{% bar 1 100000 %}")


def test_a_post_button_is_a_form_with_a_token(rf: RequestFactory) -> None:
    html = draw('{% post_button "/pause/" "Pause" "player-pause" target="#dispatch" %}', request=rf.get("/"))
    assert '<form class="d-inline-flex" action="/pause/" method="post">' in html
    assert "csrfmiddlewaretoken" in html
    assert 'hx-post="/pause/" hx-target="#dispatch"' in html


def test_a_note_holds_its_content() -> None:
    html = draw('{% note "warn" title="Careful" %}<p>Why</p>{% endnote %}')
    assert 'class="note n-warn"' in html
    assert "<h3>Careful</h3><p>Why</p>" in html


def test_the_current_step_is_marked() -> None:
    steps = [{"label": "A", "note": "n", "href": "#a", "done": True, "current": False}]
    steps.append({"label": "B", "note": "", "href": "#b", "done": False, "current": True})
    html = draw('{% stepper steps "Steps" %}', steps=steps)
    assert 'href="#b" aria-current="step"' in html
    assert '<li class="done">' in html


def test_a_filter_chip_is_removed_by_a_link() -> None:
    html = draw('{% filter_chip "City is" "Bilbao" "/contacts/" %}')
    assert 'href="/contacts/" aria-label="Remove filter: City is Bilbao"' in html


@pytest.mark.parametrize(
    ("name", "letters"), [("Lucía Ferrer", "LF"), ("ane.etxe@example.test", "AE"), ("owner@example.test", "OW")]
)
def test_initials(name: str, letters: str) -> None:
    assert draw("{{ name|initials }}", name=name) == letters


# -- forms -------------------------------------------------------------------------------------------


class SampleForm(forms.Form):
    name = forms.CharField(help_text="As on the card")
    kind = forms.ChoiceField(choices=[("a", "A"), ("b", "B")])
    way = forms.ChoiceField(choices=[("x", "X"), ("y", "Y")], widget=forms.RadioSelect)
    agreed = forms.BooleanField(required=False)
    note = forms.CharField(required=False)


def test_controls_get_their_classes_by_themselves() -> None:
    form = SampleForm()
    assert 'class="form-control"' in str(form["name"])
    assert 'class="form-select"' in str(form["kind"])
    assert 'class="form-check-input"' in str(form["agreed"])


def test_a_field_with_an_error_is_tied_to_its_sentence() -> None:
    html = SampleForm({})["name"].as_field_group()
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'id="id_name_error"' in html
    assert "is-bad" in html


def test_a_group_of_choices_is_a_fieldset() -> None:
    html = SampleForm()["way"].as_field_group()
    assert html.startswith("<fieldset")
    assert html.count('type="radio"') == 2


def test_optional_fields_say_so() -> None:
    assert "optional" in SampleForm()["note"].as_field_group()


def test_the_error_summary_links_to_the_fields_and_takes_the_focus() -> None:
    html = str(SampleForm({}))
    assert "autofocus data-errors" in html
    assert '<a href="#id_name">Name</a>' in html


def test_a_form_without_errors_has_no_summary() -> None:
    assert "data-errors" not in str(SampleForm())


# -- fields ------------------------------------------------------------------------------------------


def test_a_time_zone_is_found_by_its_city() -> None:
    assert TimeZoneField().clean("madrid") == "Europe/Madrid"


def test_a_mistyped_time_zone_gets_the_nearest_name() -> None:
    with pytest.raises(forms.ValidationError, match="Did you mean Europe/Madrid"):
        TimeZoneField().clean("Europe/Madird")


def test_a_time_zone_that_resembles_nothing_gets_an_example() -> None:
    with pytest.raises(forms.ValidationError, match="such as Europe/Madrid"):
        TimeZoneField().clean("%%%")


@pytest.mark.parametrize("text", ["21:00", "21.00", "21"])
def test_a_time_of_day_is_read_as_people_write_it(text: str) -> None:
    assert str(ClockField().clean(text)) == "21:00:00"
