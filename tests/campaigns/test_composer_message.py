"""The second step: own text or a template, checked while it is typed, saved when it is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client

from campaigns.models import Campaign, ProviderAccount, Template
from console.models import Workspace
from contacts.models import Contact

Draft = Callable[..., Campaign]
People = Callable[..., list[Contact]]
Url = Callable[..., str]
HTMX = {"HX-Request": "true"}
STEPS = ["audience", "message", "preview", "schedule", "review"]


def sms_form(account: ProviderAccount, **changed: str) -> dict[str, Any]:
    return {"way": "own", "account": account.pk, "sender": "TIENDA", "max_parts": "2", "text": "Hola", **changed}


def fresh(campaign: Campaign) -> Campaign:
    return Campaign.objects.get(pk=campaign.pk)


# -- message ------------------------------------------------------------------------------------------------


def test_an_own_text_is_saved_and_the_preview_is_next(
    owner_client: Client, make_draft: Draft, sms_account: ProviderAccount, url: Url
) -> None:
    campaign = make_draft()
    answer = owner_client.post(url("composer-message", campaign.pk), sms_form(sms_account, text="Adiós {{nombre}}"))
    assert (answer.status_code, answer["Location"]) == (303, url("composer-preview", campaign.pk))
    assert (fresh(campaign).version.text, fresh(campaign).max_parts) == ("Adiós {{first_name}}", 2)


def test_a_slip_in_the_text_comes_back_at_its_place_with_what_was_typed(
    owner_client: Client, make_draft: Draft, sms_account: ProviderAccount, url: Url
) -> None:
    campaign = make_draft()
    answer = owner_client.post(
        url("composer-message", campaign.pk), sms_form(sms_account, text="Hola {{ nmbre_x", sender="OTRO")
    )
    text = answer.content.decode()
    assert (answer.status_code, "never closed" in text) == (422, True)
    assert ("Hola {{ nmbre_x" in text, 'value="OTRO"' in text) == (True, True)
    assert fresh(campaign).version == campaign.version


def test_the_letters_are_replaced_and_saved(
    owner_client: Client, make_draft: Draft, sms_account: ProviderAccount, url: Url
) -> None:
    campaign = make_draft()
    owner_client.post(
        url("composer-message", campaign.pk),
        sms_form(sms_account, text="Adelántate {{ nombre|default:'tú' }}", fix="plain"),
    )
    assert fresh(campaign).version.text_source == "Adelantate {{ nombre|default:'tu' }}"


def test_a_template_can_be_chosen(
    owner_client: Client,
    make_draft: Draft,
    make_template: Callable[..., Template],
    sms_account: ProviderAccount,
    url: Url,
) -> None:
    template, campaign = make_template(), make_draft()
    form = sms_form(sms_account, way="template") | {"template": template.pk}
    owner_client.post(url("composer-message", campaign.pk), form)
    assert (fresh(campaign).template, fresh(campaign).version) == (template, template.current)


def test_a_template_can_be_copied_to_be_changed_here(
    owner_client: Client,
    make_draft: Draft,
    make_template: Callable[..., Template],
    sms_account: ProviderAccount,
    url: Url,
) -> None:
    template, campaign = make_template(text="Hola {{nombre}}"), make_draft()
    form = sms_form(sms_account, way="template", copy="1") | {"template": template.pk}
    answer = owner_client.post(url("composer-message", campaign.pk), form)
    assert answer["Location"] == url("composer-message", campaign.pk) + "?way=own"
    saved = fresh(campaign)
    assert (saved.template, saved.version.template, saved.version.text_source) == (None, None, "Hola {{nombre}}")


def test_a_template_of_another_channel_is_not_offered(
    owner_client: Client,
    make_draft: Draft,
    make_template: Callable[..., Template],
    sms_account: ProviderAccount,
    url: Url,
) -> None:
    email = make_template(subject="x", html="<p>x</p>")
    form = sms_form(sms_account, way="template") | {"template": email.pk}
    assert owner_client.post(url("composer-message", make_draft().pk), form).status_code == 422


def test_accounts_that_cannot_send_it_are_named_with_the_reason(
    owner_client: Client, email_draft: Campaign, sms_account: ProviderAccount, url: Url
) -> None:
    text = owner_client.get(url("composer-message", email_draft.pk)).content.decode()
    assert ("Sinch ES</strong>" in text, "does not send email" in text) == (True, True)


def test_an_account_of_another_workspace_is_refused(
    owner_client: Client, make_draft: Draft, sms_account: ProviderAccount, other_workspace: Workspace, url: Url
) -> None:
    campaign = make_draft()
    ProviderAccount.objects.update(workspace=other_workspace)
    assert owner_client.post(url("composer-message", campaign.pk), sms_form(sms_account)).status_code == 422


def test_a_sender_that_is_no_mailbox_is_refused_at_its_field(
    owner_client: Client, email_draft: Campaign, email_account: ProviderAccount, url: Url
) -> None:
    form = {"way": "own", "account": email_account.pk, "sender": "Tienda", "subject": "x", "html": "<p>a</p>"}
    answer = owner_client.post(url("composer-message", email_draft.pk), form)
    assert (answer.status_code, "sender" in answer.context["account_form"].errors) == (422, True)


def test_the_live_check_counts_marks_and_previews_without_saving(
    owner_client: Client, make_draft: Draft, make_contacts: People, sms_account: ProviderAccount, url: Url
) -> None:
    make_contacts(2, first_name="Ane")
    campaign = make_draft()
    answer = owner_client.post(
        url("composer-check", campaign.pk), sms_form(sms_account, text="Hola {{nombre}} á"), headers=HTMX
    )
    text = answer.content.decode()
    assert text.lstrip().startswith('<div id="check"')
    assert ('id="marks" aria-hidden="true" hx-swap-oob="true"' in text, "<em>Ane</em>" in text) == (True, True)
    assert "<textarea" not in text
    assert fresh(campaign).version == campaign.version


def test_the_live_check_of_a_slip_says_it_in_place(
    owner_client: Client, make_draft: Draft, sms_account: ProviderAccount, url: Url
) -> None:
    answer = owner_client.post(
        url("composer-check", make_draft().pk), sms_form(sms_account, text="{{ first_nam }}"), headers=HTMX
    )
    assert (answer.status_code, "Did you mean “first_name”?" in answer.content.decode()) == (200, True)


def test_stepping_through_recipients_without_script_saves_first(
    owner_client: Client, make_draft: Draft, make_contacts: People, sms_account: ProviderAccount, url: Url
) -> None:
    make_contacts(3)
    campaign = make_draft()
    answer = owner_client.post(url("composer-message", campaign.pk), sms_form(sms_account, text="Nuevo", n="2"))
    assert answer["Location"] == url("composer-message", campaign.pk) + "?n=2"
    assert fresh(campaign).version.text == "Nuevo"


def test_an_email_says_what_was_removed_and_added(owner_client: Client, email_draft: Campaign, url: Url) -> None:
    form = {"way": "own", "subject": "x", "html": "<p>a</p><script>b</script>"}
    text = owner_client.post(url("composer-check", email_draft.pk), form, headers=HTMX).content.decode()
    assert ("Scripts were removed" in text, "An unsubscribe link is added" in text) == (True, True)


def test_the_typed_email_is_framed_with_its_opt_out(
    owner_client: Client, email_draft: Campaign, make_contacts: People, url: Url
) -> None:
    make_contacts(1, first_name="Ane")
    form = {"way": "own", "subject": "x", "html": "<p>Hola {{nombre}}</p>"}
    text = owner_client.post(url("composer-try", email_draft.pk), form).content.decode()
    assert ("<p>Hola Ane</p>" in text, "/u/preview/" in text) == (True, True)


def test_a_typed_email_with_a_slip_is_a_sentence_in_the_frame(
    owner_client: Client, email_draft: Campaign, url: Url
) -> None:
    answer = owner_client.post(url("composer-try", email_draft.pk), {"subject": "x", "html": "{{ <script>"})
    assert (answer.status_code, "<script>" in answer.content.decode()) == (200, False)
