"""The Django admin: everything to look at, nothing to break, quick whatever the size."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.admin.ledger import RecipientAdmin
from campaigns.models import Batch, Dispatch, ProviderAccount, ProviderEvent, Recipient, Reply
from campaigns.services.showing.recipients import reference_of
from console.models import AuditEvent, Membership, User, Workspace
from console.services import audit, crypto
from contacts.models import Contact

MODELS = [model for app in ("console", "campaigns") for model in apps.get_app_config(app).get_models()]
SECRET = "tok-3f9a77-never-shown"


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser("boss@example.test", "correct horse battery", name="Nerea Admin")


@pytest.fixture
def boss_client(boss: User) -> Client:
    client = Client()
    client.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def everything(
    make_dispatch: Callable[..., Dispatch],
    make_contacts: Callable[..., list[Contact]],
    sms_account: ProviderAccount,
    workspace: Workspace,
    owner: User,
    beat: Callable[..., None],
    now: datetime,
) -> Dispatch:
    """A row of most models, with an account that has a credential."""
    ProviderAccount.objects.update(sealed=crypto.seal({"AuthenticationToken": SECRET}))
    dispatch = make_dispatch([("delivered", "", 3), ("queued", "", 2)], people=make_contacts(5), status="paused")
    beat(dispatch, (20, 3, 3))
    row = dispatch.recipients.first()
    ProviderEvent.objects.create(account=sms_account, kind="status", digest="d", body="{}", received_at=now)
    Reply.objects.create(workspace=workspace, account=sms_account, recipient=row, channel="sms", event_id="1",
                         address="+34600112233", text="Hola", at=now)  # fmt: skip
    audit.record("dispatch.pause", workspace=workspace, actor=owner, target=dispatch, now=now)
    return dispatch


def list_url(model: type, query: str = "") -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") + query


def change_url(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_model_has_a_list_that_can_be_searched(boss_client: Client, everything: Dispatch, model: type) -> None:
    assert model in admin.site._registry, "register it"
    assert boss_client.get(list_url(model)).status_code == 200
    assert boss_client.get(list_url(model, "?q=12")).status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_no_list_counts_a_table(boss_client: Client, everything: Dispatch, model: type) -> None:
    with CaptureQueriesContext(connection) as queries:
        boss_client.get(list_url(model))
    counting = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
    assert all("LIMIT" in sql for sql in counting), counting


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_row_has_a_page_without_secrets(boss_client: Client, everything: Dispatch, model: Any) -> None:
    for row in model._default_manager.all()[:2]:
        page = boss_client.get(change_url(row)).content.decode()
        account = everything.account
        assert [secret for secret in (SECRET, account.sealed, account.callback_token, everything.secret)
                if secret in page] == []  # fmt: skip


@pytest.mark.parametrize(
    "model",
    [model for model in MODELS if model.__name__ not in ("User", "Workspace", "Membership")],
    ids=lambda model: model.__name__,
)
def test_what_services_write_is_read_only(boss_client: Client, everything: Dispatch, model: Any) -> None:
    label = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    assert boss_client.get(reverse(f"{label}_add")).status_code == 403
    for row in model._default_manager.all()[:1]:
        assert boss_client.post(change_url(row), {"name": "changed"}).status_code == 403
        assert boss_client.post(reverse(f"{label}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403


def test_the_ledger_list_takes_the_same_queries_for_few_and_many(
    boss_client: Client, make_dispatch: Callable[..., Dispatch], count_queries: Callable[..., int]
) -> None:
    found = []
    for n in (3, 30):
        make_dispatch([("delivered", "", n)], name=f"{n}")
        found.append(count_queries(boss_client, list_url(Recipient)))
    assert found[0] == found[1] <= 8


# -- the ledger --------------------------------------------------------------------------------------


def shown(client: Client, query: str) -> set[int]:
    page = client.get(list_url(Recipient, query)).content.decode()
    return {int(pk) for pk in re.findall(r"/admin/campaigns/recipient/(\d+)/change/", page)}


def test_a_row_is_found_by_id_reference_and_exact_address(boss_client: Client, everything: Dispatch) -> None:
    row = everything.recipients.select_related("contact").order_by("pk")[2]
    assert row.contact
    for term in (str(row.pk), reference_of(row), row.contact.email, row.contact.phone.replace("+", "%2B")):
        assert shown(boss_client, f"?q={term}") == {row.pk}, term


def test_a_part_of_an_address_finds_nothing_because_no_index_could(boss_client: Client, everything: Dispatch) -> None:
    assert shown(boss_client, "?q=person") == set()


def test_the_rows_of_a_dispatch_are_filtered(
    boss_client: Client, everything: Dispatch, make_dispatch: Callable[..., Dispatch]
) -> None:
    make_dispatch(name="Otro")
    ids = set(everything.recipients.values_list("pk", flat=True))
    assert shown(boss_client, f"?of={everything.pk}") == ids
    delivered = set(everything.recipients.filter(status="delivered").values_list("pk", flat=True))
    assert shown(boss_client, f"?of={everything.pk}&status=delivered") == delivered


@pytest.mark.parametrize("query", ["?of={pk}", "?of={pk}&status=delivered", ""])
def test_the_rows_of_a_large_dispatch_are_not_sorted_to_show_the_last(
    boss_client: Client, everything: Dispatch, query: str, rf: Any, boss: User
) -> None:
    request = rf.get(list_url(Recipient, query.format(pk=everything.pk)))
    request.user = boss
    rows = RecipientAdmin(Recipient, admin.site).get_changelist_instance(request).get_queryset(request)[:50]
    if connection.vendor == "sqlite":
        assert "TEMP B-TREE" not in rows.explain()
    else:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        assert "Seq Scan on campaigns_recipient" not in rows.explain()


def test_nobody_can_ask_for_a_count_of_every_filter(boss_client: Client, everything: Dispatch) -> None:
    with CaptureQueriesContext(connection) as queries:
        boss_client.get(list_url(Dispatch, "?_facets=True"))
    assert [query for query in queries if "COUNT(" in query["sql"] and "LIMIT" not in query["sql"]] == []


def test_a_batch_is_found_by_dispatch_and_number(boss_client: Client, everything: Dispatch) -> None:
    batch = Batch.objects.get()
    page = boss_client.get(list_url(Batch, f"?q={everything.pk}/{batch.number}")).content.decode()
    assert change_url(batch) in page


# -- actions -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("action", "status"), [("resume", "sending"), ("stop", "stopped")])
def test_an_action_on_a_dispatch_is_the_consoles_own_with_its_audit(
    boss_client: Client, everything: Dispatch, boss: User, action: str, status: str
) -> None:
    boss_client.post(list_url(Dispatch), {"action": action, "_selected_action": [everything.pk]})
    everything.refresh_from_db()
    assert everything.status == status
    assert AuditEvent.objects.get(action=f"dispatch.{action}").actor == boss


def test_a_refused_action_is_told(boss_client: Client, everything: Dispatch) -> None:
    data = {"action": "pause", "_selected_action": [everything.pk]}
    page = boss_client.post(list_url(Dispatch), data, follow=True).content.decode()
    assert "it is already paused" in page


def test_an_account_is_disabled_by_the_service(boss_client: Client, everything: Dispatch, boss: User) -> None:
    account = everything.account
    boss_client.post(list_url(ProviderAccount), {"action": "disable", "_selected_action": [account.pk]})
    account.refresh_from_db()
    assert not account.is_active
    assert AuditEvent.objects.get(action="account.disable").actor == boss


# -- people ------------------------------------------------------------------------------------------


def test_a_change_in_the_admin_is_audited(boss_client: Client, workspace: Workspace, boss: User) -> None:
    fields = {"name": "Tienda Sur", "slug": "norte", "default_country": "ES", "time_zone": "Europe/Madrid",
              "language": "en", "currency": "EUR", "stop_words": "[]", "memberships-TOTAL_FORMS": "0",
              "memberships-INITIAL_FORMS": "0", "failure_share": "20", "failure_window": "200", "failure_least": "50",
              "strange_answers": "3"}  # fmt: skip
    answer = boss_client.post(change_url(workspace), fields)
    assert answer.status_code == 302, answer.content.decode()[:2000]
    event = AuditEvent.objects.get(action="admin.change")
    assert (event.actor, event.workspace, event.detail["fields"][0]) == (boss, workspace, "Name")


def test_a_deleted_membership_is_audited(boss_client: Client, owner: User) -> None:
    membership = Membership.objects.get(user=owner)
    boss_client.post(reverse("admin:console_membership_delete", args=[membership.pk]), {"post": "yes"})
    assert not Membership.objects.exists()
    assert AuditEvent.objects.get(action="admin.delete").target == f"membership:{membership.pk}"


def test_a_person_is_added_with_an_email(boss_client: Client) -> None:
    fields = {"email": "Nuevo@Example.test", "name": "Nuevo", "usable_password": "true",
              "password1": "correct horse battery", "password2": "correct horse battery"}  # fmt: skip
    answer = boss_client.post(reverse("admin:console_user_add"), fields)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    assert User.objects.get(name="Nuevo").check_password("correct horse battery")


def test_a_workspace_is_not_deleted_by_a_button(boss_client: Client, workspace: Workspace) -> None:
    url = reverse("admin:console_workspace_delete", args=[workspace.pk])
    assert boss_client.post(url, {"post": "yes"}).status_code == 403


# -- the door ----------------------------------------------------------------------------------------


def test_the_admin_has_no_login_of_its_own(client: Client, owner: User) -> None:
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0].startswith(reverse("login") + "?next=/admin/")


def test_somebody_who_is_no_admin_is_refused(owner_client: Client) -> None:
    assert owner_client.get("/admin/", follow=True).status_code == 403


def test_the_pages_keep_the_content_policy(boss_client: Client, everything: Dispatch) -> None:
    for address in ("/admin/", list_url(Dispatch), change_url(everything)):
        page = boss_client.get(address).content.decode()
        assert not re.search(r"<script(?![^>]*(src=|type=\"application/json\"))[^>]*>|<style|\sstyle=|\son\w+=\"", page)
        assert "admin.css" in page
