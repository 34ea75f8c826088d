"""The pages of templates: list, editor, live check, versions, frames."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign, Dispatch, Template
from campaigns.services.writing import compose, templates
from campaigns.services.writing.compose import Source
from console.models import User, Workspace
from contacts.models import Contact, ContactField

Make = Callable[..., Template]
People = Callable[..., list[Contact]]
Url = Callable[..., str]
HTMX = {"HX-Request": "true"}


def text_of(client: Client, url: str, **asked: str) -> str:
    return client.get(url, asked).content.decode()


# -- list ------------------------------------------------------------------------------------------------


def test_a_new_workspace_is_told_what_a_template_is(owner_client: Client, url: Url) -> None:
    assert "Write a message once, use it often" in text_of(owner_client, url("templates"))


@pytest.mark.parametrize(
    ("tab", "shown"), [("all", {"Uno", "Dos"}), ("sms", {"Uno"}), ("email", {"Dos"}), ("archived", {"Tres"})]
)
def test_a_tab_shows_its_templates(
    tab: str, shown: set[str], owner_client: Client, make_template: Make, owner: User, url: Url, now: datetime
) -> None:
    make_template("Uno")
    make_template("Dos", subject="x", html="<p>x</p>")
    templates.archive(make_template("Tres"), owner, now)
    text = text_of(owner_client, url("templates"), tab=tab)
    assert {name for name in ("Uno", "Dos", "Tres") if f">{name}</a>" in text} == shown


def test_templates_are_found_by_their_text(owner_client: Client, make_template: Make, url: Url) -> None:
    make_template("Uno", text="Bienvenida a la tienda")
    make_template("Dos", text="Otra cosa")
    text = text_of(owner_client, url("templates"), q="bienvenida")
    assert (">Uno</a>" in text, ">Dos</a>" in text) == (True, False)


def test_the_list_says_when_a_template_was_last_used(
    owner_client: Client, make_template: Make, make_draft: Callable[..., Campaign], url: Url, now: datetime
) -> None:
    template, campaign = make_template(), make_draft()
    Campaign.objects.filter(pk=campaign.pk).update(template=template)
    assert "Never" in text_of(owner_client, url("templates"))
    Dispatch.objects.create(
        workspace=campaign.workspace, campaign=campaign, channel="sms", purpose="marketing", account=campaign.account,
        version=campaign.version, planned_at=now, changed_at=now,
    )  # fmt: skip
    assert "Never" not in text_of(owner_client, url("templates"))


@pytest.mark.parametrize("rows", [3, 30])
def test_the_list_costs_the_same_queries_for_three_rows_and_for_thirty(
    rows: int, owner_client: Client, make_template: Make, url: Url
) -> None:
    for n in range(rows):
        make_template(f"T{n}")
    owner_client.get(url("templates"))
    with CaptureQueriesContext(connection) as queries:
        owner_client.get(url("templates"))
    assert len(queries) <= 8


def test_the_list_is_paged_by_key(owner_client: Client, make_template: Make, url: Url) -> None:
    for n in range(51):
        make_template(f"T{n:02}")
    page = owner_client.get(url("templates")).context["page"]
    assert (len(page.rows), [t.name for t in owner_client.get(page.next_url).context["page"].rows]) == (50, ["T50"])


# -- editor ------------------------------------------------------------------------------------------------


def test_a_template_is_made_and_opened(owner_client: Client, url: Url) -> None:
    answer = owner_client.post(url("template-new", "sms"), {"name": "Uno", "text": "Hola {{nombre}}"})
    template = Template.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, url("template", template.pk))
    assert template.current.text == "Hola {{first_name}}"


def test_an_unknown_channel_is_not_found(owner_client: Client, url: Url) -> None:
    assert owner_client.get(url("template-new", "fax")).status_code == 404


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Hola {{ nombr_e", "is never closed"),
        ("Hola {{ frist_name }}", "Did you mean “first_name”?"),
        ("Hola\n{{ }}", "Line 2, column 1:"),
        ("", "required"),
    ],
)
def test_a_slip_comes_back_at_its_field_with_what_was_typed(
    text: str, sentence: str, owner_client: Client, make_template: Make, url: Url
) -> None:
    template = make_template()
    answer = owner_client.post(url("template", template.pk), {"name": "Nuevo nombre", "text": text})
    body = answer.content.decode()
    assert (answer.status_code, sentence in body) == (422, True)
    assert ('value="Nuevo nombre"' in body, text.replace("\n", "\n") in body) == (True, True)
    assert template.versions.count() == 1


def test_an_email_with_several_slips_names_each_part(owner_client: Client, url: Url) -> None:
    form = {"name": "x", "subject": "{{ a }}", "html": "<p>{{ b }}</p>", "text": ""}
    answer = owner_client.post(url("template-new", "email"), form)
    assert (answer.status_code, set(answer.context["form"].errors)) == (422, {"subject", "html"})


def test_a_taken_name_is_refused_at_its_field(owner_client: Client, make_template: Make, url: Url) -> None:
    make_template("Uno")
    answer = owner_client.post(url("template-new", "sms"), {"name": "Uno", "text": "Hola"})
    assert (answer.status_code, "name" in answer.context["form"].errors) == (422, True)


def test_saving_what_is_there_makes_no_version(owner_client: Client, make_template: Make, url: Url) -> None:
    template = make_template("Uno", text="Hola")
    owner_client.post(url("template", template.pk), {"name": "Uno", "text": "Hola"})
    assert template.versions.count() == 1


def test_saving_twice_makes_one_version(owner_client: Client, make_template: Make, url: Url) -> None:
    template = make_template("Uno", text="Hola")
    for _ in range(2):
        owner_client.post(url("template", template.pk), {"name": "Uno", "text": "Adiós"})
    assert template.versions.count() == 2


def test_replaced_letters_are_shown_and_not_saved(owner_client: Client, make_template: Make, url: Url) -> None:
    template = make_template("Uno", text="Hola")
    answer = owner_client.post(url("template", template.pk), {"name": "Uno", "text": "Adelántate", "fix": "plain"})
    assert (answer.status_code, "Adelantate</textarea>" in answer.content.decode()) == (200, True)
    assert template.versions.count() == 1


def test_the_fields_of_the_workspace_are_offered(owner_client: Client, workspace: Workspace, url: Url) -> None:
    ContactField.objects.create(workspace=workspace, name="puntos")
    assert 'data-insert="{{ puntos }}"' in text_of(owner_client, url("template-new", "sms"))


def test_html_that_is_typed_is_escaped_in_its_field(owner_client: Client, make_template: Make, url: Url) -> None:
    template = make_template(subject="x", html="</textarea><script>x</script><p>a</p>")
    assert "</textarea><script>x" not in text_of(owner_client, url("template", template.pk))


# -- live ----------------------------------------------------------------------------------------------------


def test_the_live_check_of_an_sms_counts_and_shows_a_contact(
    owner_client: Client, make_contacts: People, url: Url
) -> None:
    make_contacts(1, first_name="Ane")
    text = owner_client.post(url("template-check", "sms"), {"text": "Hola {{nombre}}"}, headers=HTMX).content.decode()
    assert ("<b>8</b>" in text, "<em>Ane</em>" in text, "<textarea" in text) == (True, True, False)


def test_the_live_check_steps_to_the_next_contact(owner_client: Client, make_contacts: People, url: Url) -> None:
    make_contacts(2)
    text = owner_client.post(
        url("template-check", "sms") + "?n=2", {"text": "{{nombre}}"}, headers=HTMX
    ).content.decode()
    assert "<em>Nombre0</em>" in text  # newest first


def test_a_contact_can_be_searched_for_the_preview(owner_client: Client, make_contacts: People, url: Url) -> None:
    people = make_contacts(2)
    text = text_of(owner_client, url("template-new", "sms"), q="nombre0")
    assert (f"?contact={people[0].pk}" in text, f"?contact={people[1].pk}" in text) == (True, False)


def test_without_contacts_the_fields_show_their_names(owner_client: Client, url: Url) -> None:
    text = owner_client.post(url("template-check", "sms"), {"text": "{{nombre}}"}, headers=HTMX).content.decode()
    assert "<em>[first_name]</em>" in text


def test_the_live_check_of_an_email_shows_the_inbox_line(owner_client: Client, make_contacts: People, url: Url) -> None:
    make_contacts(1, first_name="Ane")
    form = {"subject": "Hola {{nombre}}", "preheader": "Para {{nombre}}", "html": "<p>x</p>"}
    text = owner_client.post(url("template-check", "email"), form, headers=HTMX).content.decode()
    assert ("Hola Ane" in text, "Para Ane" in text, "No unsubscribe link" in text) == (True, True, True)


def test_the_typed_email_is_framed_without_saving(owner_client: Client, make_contacts: People, url: Url) -> None:
    make_contacts(1, first_name="Ane")
    answer = owner_client.post(url("template-try"), {"subject": "x", "html": "<p>Hola {{nombre}}</p>"})
    assert "<p>Hola Ane</p>" in answer.content.decode()
    assert "sandbox" in answer["Content-Security-Policy"]
    assert not Template.objects.exists()


# -- versions --------------------------------------------------------------------------------------------------


@pytest.fixture
def changed(make_template: Make, owner: User, now: datetime) -> Template:
    template = make_template("Uno", text="Hola")
    templates.save(template, "Uno", compose.build(Source("sms", text="Adiós"), []), owner, now)
    return template


def test_an_old_version_is_shown_as_it_was(owner_client: Client, changed: Template, url: Url) -> None:
    text = text_of(owner_client, url("template-version", changed.pk, 1))
    assert ("Hola</textarea>" in text, "Adiós" in text) == (True, False)


def test_a_version_that_never_was_is_not_found(owner_client: Client, changed: Template, url: Url) -> None:
    assert owner_client.get(url("template-version", changed.pk, 9)).status_code == 404


def test_restoring_makes_a_new_version_and_opens_the_editor(owner_client: Client, changed: Template, url: Url) -> None:
    answer = owner_client.post(url("template-restore", changed.pk, 1))
    changed.refresh_from_db()
    assert (answer["Location"], changed.current.number) == (url("template", changed.pk), 3)


def test_a_version_whose_field_is_gone_is_not_restored(
    owner_client: Client, make_template: Make, workspace: Workspace, owner: User, url: Url, now: datetime
) -> None:
    field = ContactField.objects.create(workspace=workspace, name="puntos")
    template = make_template("Uno", text="{{ puntos }}")
    templates.save(template, "Uno", compose.build(Source("sms", text="Adiós"), []), owner, now)
    field.delete()
    answer = owner_client.post(url("template-restore", template.pk, 1), headers=HTMX)
    assert (answer.status_code, "There is no field “puntos”" in answer.content.decode()) == (409, True)


def test_the_versions_cost_the_same_queries_for_three_and_for_thirty(
    owner_client: Client, changed: Template, owner: User, url: Url, now: datetime
) -> None:
    costs = []
    for number in range(3, 31):
        templates.save(changed, "Uno", compose.build(Source("sms", text=f"T{number}"), []), owner, now)
        if number in (3, 30):
            owner_client.get(url("template-versions", changed.pk))
            with CaptureQueriesContext(connection) as queries:
                owner_client.get(url("template-versions", changed.pk))
            costs.append(len(queries))
    assert costs[0] == costs[1]


@pytest.mark.parametrize("action", ["template-archive", "template-unarchive", "template-duplicate"])
def test_a_button_is_written_down(
    action: str, owner_client: Client, make_template: Make, url: Url, owner: Any, now: Any
) -> None:
    template = make_template()
    if action == "template-unarchive":
        templates.archive(template, owner, now)
    assert owner_client.post(url(action, template.pk)).status_code == 303


def test_a_template_is_found_whatever_the_case_and_the_accents(
    owner_client: Client, make_template: Make, url: Url
) -> None:
    make_template("ÁREA de clientes")
    make_template("Dos", text="¡Última OCASIÓN!")
    found = [text_of(owner_client, url("templates"), q=q) for q in ("área", "ocasion")]
    assert [">ÁREA de clientes</a>" in text for text in found] == [True, False]
    assert [">Dos</a>" in text for text in found] == [False, True]
