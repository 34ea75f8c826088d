"""The composer's steps: each saves on POST, works without script, and loses nothing that was entered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign, ProviderAccount, Template
from campaigns.services import drafts, headcounts, lifecycle
from campaigns.services.drafts import Envelope
from console.models import User, Workspace
from contacts.models import Contact, Group
from contacts.states import Consent

Draft = Callable[..., Campaign]
People = Callable[..., list[Contact]]
Url = Callable[..., str]
HTMX = {"HX-Request": "true"}
STEPS = ["audience", "message", "preview", "schedule", "review"]


@pytest.fixture
def email_draft(
    workspace: Workspace,
    owner: User,
    email_account: ProviderAccount,
    make_template: Callable[..., Template],
    now: datetime,
) -> Campaign:
    campaign = lifecycle.create(workspace, name="Correo", channel="email", purpose="marketing", actor=owner, now=now)
    drafts.set_audience(campaign, everyone=True, include=[], exclude=[], actor=owner, now=now)
    template = make_template("Navidad", subject="Hola {{nombre|tú}}", html="<p>Hola {{nombre|tú}}</p>")
    drafts.copy_template(campaign, Envelope(email_account, "Tienda <a@tienda.example>"), template, owner, now)
    return campaign


def sms_form(account: ProviderAccount, **changed: str) -> dict[str, Any]:
    return {"way": "own", "account": account.pk, "sender": "TIENDA", "max_parts": "2", "text": "Hola", **changed}


def fresh(campaign: Campaign) -> Campaign:
    return Campaign.objects.get(pk=campaign.pk)


# -- every step -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", STEPS)
def test_a_step_of_a_campaign_that_is_no_draft_leads_to_its_page(
    step: str, owner_client: Client, make_draft: Draft, url: Url
) -> None:
    campaign = make_draft()
    Campaign.objects.filter(pk=campaign.pk).update(status="scheduled")
    assert owner_client.get(url(f"composer-{step}", campaign.pk))["Location"] == url("campaign", campaign.pk)


@pytest.mark.parametrize("step", STEPS)
def test_every_step_opens_of_a_draft_that_has_nothing_yet(
    step: str, owner_client: Client, workspace: Workspace, owner: User, url: Url, now: datetime
) -> None:
    for channel in ("sms", "email"):
        campaign = lifecycle.create(workspace, name="x", channel=channel, purpose="marketing", actor=owner, now=now)
        assert owner_client.get(url(f"composer-{step}", campaign.pk)).status_code == 200


@pytest.mark.parametrize("step", STEPS)
def test_a_step_costs_the_same_queries_for_three_people_and_for_thirty(
    step: str, owner_client: Client, make_draft: Draft, make_contacts: People, make_group: Any, url: Url
) -> None:
    costs = []
    for number in (3, 30):
        people = make_contacts(number, start=number)
        groups = [make_group(f"{number}-{n}", people[:1]) for n in range(number)]
        campaign = make_draft(include=groups)
        owner_client.get(url(f"composer-{step}", campaign.pk))
        with CaptureQueriesContext(connection) as queries:
            owner_client.get(url(f"composer-{step}", campaign.pk))
        costs.append(len(queries))
    assert costs[0] == costs[1]


@pytest.mark.parametrize("step", STEPS)
def test_no_step_counts_a_large_audience_while_the_page_waits(
    step: str,
    owner_client: Client,
    make_draft: Draft,
    make_contacts: People,
    url: Url,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_contacts(3)
    campaign = make_draft()
    monkeypatch.setattr(headcounts, "QUICK", 2)
    monkeypatch.setattr(headcounts.audience, "count", lambda spec: pytest.fail("counted"))
    assert owner_client.get(url(f"composer-{step}", campaign.pk)).status_code == 200


# -- audience ---------------------------------------------------------------------------------------------


def test_ticked_lists_are_saved_and_the_message_is_next(
    owner_client: Client, make_draft: Draft, make_group: Any, url: Url
) -> None:
    campaign, group, out = make_draft(), make_group("Clientes"), make_group("Fuera")
    answer = owner_client.post(
        url("composer-audience", campaign.pk), {"reach": "groups", "include": [group.pk], "exclude": [out.pk]}
    )
    assert (answer.status_code, answer["Location"]) == (303, url("composer-message", campaign.pk))
    assert ([*campaign.include.all()], [*campaign.exclude.all()]) == ([group], [out])
    assert not fresh(campaign).everyone


def test_a_list_of_another_workspace_cannot_be_ticked(
    owner_client: Client, make_draft: Draft, other_workspace: Workspace, url: Url, now: datetime
) -> None:
    foreign = Group.objects.create(workspace=other_workspace, kind="list", name="Ajena", created_at=now)
    campaign = make_draft()
    answer = owner_client.post(url("composer-audience", campaign.pk), {"reach": "groups", "include": [foreign.pk]})
    assert (answer.status_code, campaign.include.count()) == (422, 0)


def test_the_live_count_is_split_by_reason_and_saves_nothing(
    owner_client: Client, make_draft: Draft, make_contacts: People, make_group: Any, url: Url
) -> None:
    people = make_contacts(4) + make_contacts(1, start=4, sms_consent=Consent.WITHDRAWN)
    group, out = make_group("Clientes", people), make_group("Fuera", people[:1])
    campaign = make_draft()
    answer = owner_client.post(
        url("composer-audience-count", campaign.pk),
        {"reach": "groups", "include": [group.pk], "exclude": [out.pk]},
        headers={**HTMX, "HX-Target": "count"},
    )
    assert "5 − 1 − 1 = 3." in answer.content.decode()
    assert fresh(campaign).everyone


def test_groups_are_found_by_name_and_ticked_ones_stay(
    owner_client: Client, make_draft: Draft, make_group: Any, url: Url
) -> None:
    ticked, found, hidden = make_group("Clientes"), make_group("VIP"), make_group("Proveedores")
    answer = owner_client.post(
        url("composer-audience-count", make_draft().pk),
        {"reach": "groups", "include": [ticked.pk], "find": "vi"},
        headers={**HTMX, "HX-Target": "groups"},
    )
    text = answer.content.decode()
    assert [f'id="in-{group.pk}"' in text for group in (ticked, found, hidden)] == [True, True, False]
    assert f'value="{ticked.pk}" checked' in text


def test_finding_a_list_without_script_keeps_what_was_typed(owner_client: Client, make_draft: Draft, url: Url) -> None:
    campaign = make_draft()
    answer = owner_client.post(
        url("composer-audience", campaign.pk), {"reach": "everyone", "go": "audience", "find": "vi p"}
    )
    assert answer["Location"] == url("composer-audience", campaign.pk) + "?find=vi+p"


def test_nobody_reachable_is_said_with_the_split(
    owner_client: Client, make_draft: Draft, make_contacts: People, url: Url
) -> None:
    make_contacts(2, sms_consent=Consent.WITHDRAWN)
    text = owner_client.get(url("composer-audience", make_draft().pk)).content.decode()
    assert ("Nobody would receive it" in text, "2 − 2 = 0." in text) == (True, True)


def test_a_number_of_the_split_opens_its_people(
    owner_client: Client, make_draft: Draft, make_contacts: People, url: Url
) -> None:
    make_contacts(1, first_name="Entra")
    make_contacts(1, start=1, first_name="Sale", sms_consent=Consent.WITHDRAWN)
    people = url("composer-people", make_draft().pk)
    inside, outside = (owner_client.get(people, {"why": why}).content.decode() for why in ("", "opted_out"))
    assert ("Entra" in inside, "Sale" in inside) == (True, False)
    assert ("Entra" in outside, "Sale" in outside) == (False, True)


def test_an_unknown_reason_has_no_people(owner_client: Client, make_draft: Draft, url: Url) -> None:
    assert owner_client.get(url("composer-people", make_draft().pk), {"why": "x"}).status_code == 404


def test_people_are_paged_by_key(owner_client: Client, make_draft: Draft, make_contacts: People, url: Url) -> None:
    people = make_contacts(60)
    page = owner_client.get(url("composer-people", make_draft().pk)).context["page"]
    assert page.next_url.endswith(f"after={people[49].pk}")
    assert [c.pk for c in owner_client.get(page.next_url).context["page"].rows] == [c.pk for c in people[50:]]


@pytest.mark.parametrize("rows", [3, 30])
def test_the_list_of_people_costs_the_same_queries(
    rows: int, owner_client: Client, make_draft: Draft, make_contacts: People, url: Url
) -> None:
    make_contacts(rows)
    page = url("composer-people", make_draft().pk)
    owner_client.get(page)
    with CaptureQueriesContext(connection) as queries:
        owner_client.get(page)
    assert len(queries) <= 12


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


# -- preview --------------------------------------------------------------------------------------------------


def test_the_stepper_walks_through_the_recipients(
    owner_client: Client, make_draft: Draft, make_contacts: People, url: Url
) -> None:
    people = make_contacts(3)
    page = url("composer-preview", make_draft().pk)
    shown = [owner_client.get(page, {"n": n}).context["shown"] for n in ("1", "2", "3", "99", "x")]
    assert [s.contact for s in shown] == [people[0], people[1], people[2], people[2], people[0]]
    assert [(s.previous, s.following) for s in shown[:3]] == [(0, 2), (1, 3), (2, 0)]


@pytest.mark.parametrize(("pick", "name"), [("longest", "Juan Francisco"), ("default", ""), ("unicode", "Łucja")])
def test_who_stands_out_can_be_picked(
    pick: str, name: str, owner_client: Client, make_draft: Draft, make_contacts: People, url: Url
) -> None:
    for place, first in enumerate(("Ana", "Juan Francisco", "", "Łucja")):
        make_contacts(1, start=place, first_name=first)
    campaign = make_draft(text="Hola {{nombre|cliente}}")
    answer = owner_client.get(url("composer-preview", campaign.pk), {"pick": pick})
    assert answer.context["shown"].contact.first_name == name


def test_somebody_in_particular_is_found_and_said_to_be_left_out(
    owner_client: Client, make_draft: Draft, make_contacts: People, url: Url
) -> None:
    make_contacts(1)
    out = make_contacts(1, start=1, sms_consent=Consent.WITHDRAWN)[0]
    page = url("composer-preview", make_draft().pk)
    assert "Not among the recipients" in owner_client.get(page, {"contact": out.pk}).content.decode()


def test_a_contact_of_another_workspace_is_not_shown(
    owner_client: Client, make_draft: Draft, make_contacts: People, other_workspace: Workspace, url: Url
) -> None:
    own = make_contacts(1)[0]
    foreign = make_contacts(1, start=1, where=other_workspace)[0]
    answer = owner_client.get(url("composer-preview", make_draft().pk), {"contact": foreign.pk})
    assert answer.context["shown"].contact == own


def test_the_text_part_of_an_email_can_be_seen(
    owner_client: Client, email_draft: Campaign, make_contacts: People, url: Url
) -> None:
    make_contacts(1, first_name="Ane")
    text = owner_client.get(url("composer-preview", email_draft.pk), {"view": "text"}).content.decode()
    assert ("Unsubscribe: " in text, "<iframe" in text) == (True, False)


def test_the_frame_has_a_policy_of_its_own(
    owner_client: Client, email_draft: Campaign, make_contacts: People, url: Url
) -> None:
    make_contacts(1)
    answer = owner_client.get(url("composer-email", email_draft.pk))
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert "frame-ancestors 'self'" in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


def test_pages_themselves_cannot_be_framed(owner_client: Client, email_draft: Campaign, url: Url) -> None:
    answer = owner_client.get(url("composer-preview", email_draft.pk))
    assert (answer["X-Frame-Options"], "frame-ancestors 'none'" in answer["Content-Security-Policy"]) == ("DENY", True)


def test_an_sms_has_no_email_to_frame(owner_client: Client, make_draft: Draft, url: Url) -> None:
    assert owner_client.get(url("composer-email", make_draft().pk)).status_code == 404


def test_an_email_without_html_is_framed_as_text(
    owner_client: Client, email_draft: Campaign, email_account: ProviderAccount, make_contacts: People, url: Url
) -> None:
    make_contacts(1, first_name="<b>Ane</b>")
    form = {
        "way": "own",
        "account": email_account.pk,
        "sender": "a@tienda.example",
        "subject": "x",
        "text": "Hola {{nombre}}",
    }
    assert owner_client.post(url("composer-message", email_draft.pk), form).status_code == 303
    text = owner_client.get(url("composer-email", email_draft.pk)).content.decode()
    assert ("Hola &lt;b&gt;Ane" in text, "<b>Ane" in text) == (True, False)
