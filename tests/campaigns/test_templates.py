"""Templates: what is typed is compiled, versions never change, and saving the same makes none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from campaigns.forms.content import problem_sentence
from campaigns.models import Campaign, ProviderAccount, Template, TemplateVersion
from campaigns.rendering import TemplateError
from campaigns.services.writing import compose, content, drafts, lifecycle, preview, templates
from campaigns.services.writing.compose import Source
from campaigns.services.writing.drafts import Envelope
from console.errors import UserError
from console.models import AuditEvent, User, Workspace
from contacts.models import Contact, ContactField

Make = Callable[..., Template]
KNOWN = ["first_name", "points", "unsubscribe_url"]


def sms(text: str) -> compose.Built:
    return compose.build(Source("sms", text=text), KNOWN)


def problems(source: Source) -> list[tuple[str, str]]:
    with pytest.raises(TemplateError) as refused:
        compose.build(source, KNOWN)
    return [(p.part, problem_sentence(p, getattr(source, p.part))) for p in refused.value.problems]


# -- building ---------------------------------------------------------------------------------------


def test_a_field_is_frozen_as_it_is_known() -> None:
    assert sms("Hola {{nombre|cliente}}").text == "Hola {{first_name|cliente}}"


def test_the_source_stays_as_it_was_typed() -> None:
    assert sms("Hola {{nombre|cliente}}").source.text == "Hola {{nombre|cliente}}"


def test_an_unknown_field_is_refused_with_the_nearest_name() -> None:
    assert problems(Source("sms", text="Tus {{ pints }}")) == [
        ("text", "At character 5: There is no field “pints”. Did you mean “points”?")
    ]


def test_an_error_in_several_lines_says_line_and_column() -> None:
    assert problems(Source("sms", text="Hola\n {{ points"))[0][1].startswith("Line 2, column 2:")


def test_the_problems_of_all_parts_come_at_once() -> None:
    found = problems(Source("email", subject="{{ a", html="<p>{{ b }}</p>", preheader="{{ c }}"))
    assert {part for part, _sentence in found} == {"subject", "html", "preheader"}


def test_a_field_where_no_text_can_be_is_named_in_the_notes() -> None:
    built = compose.build(Source("email", subject="x", html="<p {{ points }}>a</p>"), KNOWN)
    assert any("points" in str(note) for note in built.notes)


def test_an_email_without_content_is_refused() -> None:
    assert ("html", "This email has no content.") in [
        (p, s.split(": ", 1)[-1]) for p, s in problems(Source("email", subject="x"))
    ]


def test_cleaning_says_what_it_took_away() -> None:
    built = compose.build(Source("email", subject="x", html="<p>a</p><script>b</script>"), KNOWN)
    assert "script" not in built.html
    assert [note.code for note in built.notes] == ["scripts"]


def test_an_empty_text_part_is_made_from_the_html() -> None:
    assert "Hola {{points}}" in compose.build(Source("email", subject="x", html="<p>Hola {{points}}</p>"), KNOWN).text


# -- versions ---------------------------------------------------------------------------------------


def test_a_new_template_has_version_one(make_template: Make) -> None:
    template = make_template()
    assert (template.current.number, template.versions.count()) == (1, 1)


def test_a_changed_text_is_a_new_version(make_template: Make, owner: User, now: datetime) -> None:
    template = make_template(text="Hola")
    assert templates.save(template, template.name, sms("Adiós"), owner, now)
    assert [v.text for v in template.versions.order_by("number")] == ["Hola", "Adiós"]


def test_the_same_text_is_no_new_version(make_template: Make, owner: User, now: datetime) -> None:
    template = make_template(text="Hola {{nombre}}")
    assert not templates.save(template, template.name, sms("Hola {{nombre}}"), owner, now)
    assert template.versions.count() == 1


def test_an_email_saved_as_it_is_makes_no_new_version(
    make_template: Make, owner: User, now: datetime, workspace: Workspace
) -> None:
    parts = {"subject": "{{nombre|Hola}}", "html": "<style>p{color:red}</style><p>a</p>", "preheader": "b"}
    template = make_template(**parts)
    built = compose.build(Source("email", **parts), content.known_names(workspace))
    assert not templates.save(template, template.name, built, owner, now)


def test_a_new_name_alone_makes_no_new_version(make_template: Make, owner: User, now: datetime) -> None:
    template = make_template(text="Hola")
    assert not templates.save(template, "Otro", sms("Hola"), owner, now)
    assert (template.name, template.versions.count()) == ("Otro", 1)


def test_a_version_cannot_be_changed(make_template: Make) -> None:
    version = make_template().current
    version.text = "otra cosa"
    with pytest.raises(TypeError):
        version.save()


def test_a_taken_name_is_refused_at_its_field(make_template: Make, owner: User, now: datetime) -> None:
    make_template("Uno")
    other = make_template("Dos")
    with pytest.raises(UserError) as refused:
        templates.save(other, "Uno", sms("x"), owner, now)
    assert refused.value.field == "name"
    assert other.versions.count() == 1


def test_two_workspaces_may_use_one_name(make_template: Make, other_workspace: Workspace) -> None:
    make_template("Uno")
    assert make_template("Uno", where=other_workspace).workspace == other_workspace


def test_restoring_makes_the_old_text_the_newest_version(make_template: Make, owner: User, now: datetime) -> None:
    template = make_template(text="Hola")
    templates.save(template, template.name, sms("Adiós"), owner, now)
    old = template.versions.get(number=1)
    assert templates.restore(template, old, sms("Hola"), owner, now)
    assert (template.current.number, template.current.text) == (3, "Hola")


def test_restoring_is_written_down_with_the_version_it_came_from(
    make_template: Make, owner: User, now: datetime
) -> None:
    template = make_template(text="Hola")
    templates.save(template, template.name, sms("Adiós"), owner, now)
    templates.restore(template, template.versions.get(number=1), sms("Hola"), owner, now)
    assert AuditEvent.objects.get(action="template.restore").detail == {"version": 1}


def test_a_duplicate_starts_at_version_one_under_a_free_name(make_template: Make, owner: User, now: datetime) -> None:
    template = make_template("Uno", text="Hola")
    first, second = (templates.duplicate(template, owner, now) for _ in range(2))
    assert [first.name, second.name] == ["Uno, copy", "Uno, copy 2"]
    assert (first.current.number, first.current.text) == (1, "Hola")


def test_archiving_twice_is_written_down_once(make_template: Make, owner: User, now: datetime) -> None:
    template = make_template()
    templates.archive(template, owner, now)
    templates.archive(template, owner, now)
    assert AuditEvent.objects.filter(action="template.archive").count() == 1


def test_an_archived_template_can_be_used_again(make_template: Make, owner: User, now: datetime) -> None:
    template = make_template()
    templates.archive(template, owner, now)
    templates.unarchive(template, owner, now)
    assert Template.objects.get().archived_at is None


# -- a campaign's own version -----------------------------------------------------------------------


@pytest.fixture
def make_email(workspace: Workspace, owner: User, now: datetime) -> Callable[..., Campaign]:
    def make(purpose: str = "marketing") -> Campaign:
        return lifecycle.create(workspace, name="Correo", channel="email", purpose=purpose, actor=owner, now=now)

    return make


def write(campaign: Campaign, account: ProviderAccount, owner: User, now: datetime, html: str) -> TemplateVersion:
    built = compose.build(Source("email", subject="Hola", html=html), content.known_names(campaign.workspace))
    drafts.write_text(campaign, Envelope(account, "a@tienda.example"), built, owner, now)
    assert campaign.version is not None
    return campaign.version


def test_a_marketing_email_gets_the_unsubscribe_link_it_lacks(
    make_email: Callable[..., Campaign], email_account: ProviderAccount, owner: User, now: datetime
) -> None:
    version = write(make_email(), email_account, owner, now, "<p>Hola</p>")
    assert 'href="{{ unsubscribe_url }}"' in version.html
    assert version.text.endswith("Unsubscribe: {{ unsubscribe_url }}")


def test_what_was_typed_stays_without_the_added_link(
    make_email: Callable[..., Campaign], email_account: ProviderAccount, owner: User, now: datetime
) -> None:
    assert write(make_email(), email_account, owner, now, "<p>Hola</p>").html_source == "<p>Hola</p>"


def test_the_added_link_stands_before_the_end_of_the_body(
    make_email: Callable[..., Campaign], email_account: ProviderAccount, owner: User, now: datetime
) -> None:
    html = write(make_email(), email_account, owner, now, "<p>Hola</p>").html
    assert html.index("unsubscribe_url") < html.index("</body>")


def test_an_own_unsubscribe_link_is_not_doubled(
    make_email: Callable[..., Campaign], email_account: ProviderAccount, owner: User, now: datetime
) -> None:
    html = '<p><a href="{{ unsubscribe_url }}">No more</a></p>'
    assert write(make_email(), email_account, owner, now, html).html.count("unsubscribe_url") == 1


def test_a_service_email_gets_no_link(
    make_email: Callable[..., Campaign], email_account: ProviderAccount, owner: User, now: datetime
) -> None:
    assert "unsubscribe_url" not in write(make_email("service"), email_account, owner, now, "<p>Hola</p>").html


def test_the_added_link_speaks_the_workspace_s_language(
    make_email: Callable[..., Campaign],
    workspace: Workspace,
    email_account: ProviderAccount,
    owner: User,
    now: datetime,
) -> None:
    workspace.name = "Tienda {{ Norte }} & Co"
    html, text = compose.footer(workspace)
    assert "Tienda ( Norte ) &amp; Co" in html
    assert "Tienda ( Norte ) & Co" in text


def test_saving_the_same_text_keeps_the_version(
    make_email: Callable[..., Campaign], email_account: ProviderAccount, owner: User, now: datetime
) -> None:
    campaign = make_email()
    first = write(campaign, email_account, owner, now, "<p>Hola</p>")
    assert write(campaign, email_account, owner, now + timedelta(minutes=1), "<p>Hola</p>") == first


def test_a_replaced_own_text_leaves_no_orphan(
    make_email: Callable[..., Campaign], email_account: ProviderAccount, owner: User, now: datetime
) -> None:
    campaign = make_email()
    write(campaign, email_account, owner, now, "<p>Hola</p>")
    second = write(campaign, email_account, owner, now, "<p>Adiós</p>")
    assert list(TemplateVersion.objects.all()) == [second]
    assert second.number == 2


def test_a_text_that_a_copy_still_uses_is_kept(
    make_email: Callable[..., Campaign], email_account: ProviderAccount, owner: User, now: datetime
) -> None:
    campaign = make_email()
    first = write(campaign, email_account, owner, now, "<p>Hola</p>")
    copy = lifecycle.clone(campaign, None, owner, now)
    write(campaign, email_account, owner, now, "<p>Adiós</p>")
    assert Campaign.objects.get(pk=copy.pk).version == first


def test_a_template_that_has_its_link_is_taken_as_it_is(
    make_email: Callable[..., Campaign], make_template: Make, email_account: ProviderAccount, owner: User, now: datetime
) -> None:
    template = make_template(subject="Hola", html='<a href="{{ unsubscribe_url }}">x</a>')
    campaign = make_email()
    drafts.take_template(campaign, Envelope(email_account, "a@tienda.example"), template, owner, now)
    assert campaign.version == template.current


def test_a_template_without_a_link_is_taken_as_a_copy_that_has_one(
    make_email: Callable[..., Campaign], make_template: Make, email_account: ProviderAccount, owner: User, now: datetime
) -> None:
    template = make_template(subject="Hola", html="<p>{{nombre}}</p>")
    campaign = make_email()
    drafts.take_template(campaign, Envelope(email_account, "a@tienda.example"), template, owner, now)
    assert campaign.version.template is None
    assert "unsubscribe_url" in campaign.version.html
    assert campaign.template == template


def test_the_copy_of_a_template_reads_the_fields_as_the_template_does(
    make_email: Callable[..., Campaign],
    make_template: Make,
    make_contacts: Callable[..., list[Contact]],
    email_account: ProviderAccount,
    owner: User,
    now: datetime,
) -> None:
    template = make_template(subject="Hola", html="<p>{{nombre|nadie}}</p>")
    campaign = make_email()
    drafts.copy_template(campaign, Envelope(email_account, "a@tienda.example"), template, owner, now)
    found = preview.of_version(campaign.version, make_contacts(1)[0])
    assert "<p>Nombre0</p>" in found.rendered.html


def test_a_field_of_the_workspace_can_be_used(make_template: Make, workspace: Workspace) -> None:
    ContactField.objects.create(workspace=workspace, name="puntos")
    assert make_template(text="{{ Puntos }}").current.names == ["puntos"]


def test_a_field_of_another_workspace_cannot_be_used(make_template: Make, other_workspace: Workspace) -> None:
    ContactField.objects.create(workspace=other_workspace, name="puntos")
    with pytest.raises(TemplateError):
        make_template(text="{{ puntos }}")
