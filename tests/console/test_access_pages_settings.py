"""Profile, workspace settings, audit log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client

from console.models import AuditEvent, Role, User, Workspace
from console.services import audit

pytestmark = pytest.mark.django_db
SETTINGS = "/w/norte/settings/"
AUDIT = "/w/norte/settings/audit/"
GIVEN = {
    "name": "Tienda Norte",
    "default_country": "ES",
    "time_zone": "Europe/Madrid",
    "language": "en",
    "currency": "EUR",
    "failure_share": "20",
    "failure_window": "200",
    "failure_least": "50",
    "strange_answers": "3",
    "quiet_from": "",
    "quiet_to": "",
}
PROFILE = {"name": "Ane", "language": "es", "time_zone": "America/Sao_Paulo", "theme": "dark"}


class TestProfile:
    def test_language_zone_and_theme_are_kept(self, owner: User, owner_client: Client) -> None:
        owner_client.post("/profile/", PROFILE)
        owner.refresh_from_db()
        assert (owner.language, owner.time_zone, owner.theme) == ("es", "America/Sao_Paulo", "dark")

    def test_an_unknown_zone_is_refused_and_nothing_is_lost(self, owner_client: Client) -> None:
        response = owner_client.post("/profile/", {**PROFILE, "time_zone": "Nowhere/Land", "name": "Ane Nueva"})
        assert response.status_code == 422
        assert 'value="Ane Nueva"' in response.content.decode()

    def test_the_password_needs_the_present_one(self, owner: User, owner_client: Client) -> None:
        data = {"old_password": "no", "new_password1": "a new long one", "new_password2": "a new long one"}
        assert owner_client.post("/profile/password/", data).status_code == 422
        owner.refresh_from_db()
        assert owner.check_password("correct horse battery")

    def test_after_changing_the_password_the_person_stays_signed_in(self, owner_client: Client) -> None:
        new = "a new long one"
        data = {"old_password": "correct horse battery", "new_password1": new, "new_password2": new}
        owner_client.post("/profile/password/", data)
        assert owner_client.get("/profile/").status_code == 200

    def test_after_changing_the_password_other_browsers_are_signed_out(self, owner: User, owner_client: Client) -> None:
        other = Client()
        other.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
        new = "a new long one"
        data = {"old_password": "correct horse battery", "new_password1": new, "new_password2": new}
        owner_client.post("/profile/password/", data)
        assert other.get("/profile/").status_code == 302

    def test_the_theme_button_keeps_the_theme(self, owner: User, owner_client: Client) -> None:
        response = owner_client.post("/profile/theme/", {"theme": "dark"}, headers={"HX-Request": "true"})
        owner.refresh_from_db()
        assert (response.status_code, owner.theme) == (204, "dark")

    def test_without_script_the_theme_button_leads_back(self, owner_client: Client) -> None:
        response = owner_client.post("/profile/theme/", {"theme": "dark", "next": SETTINGS})
        assert response["Location"] == SETTINGS

    def test_a_button_never_leads_to_another_site(self, owner_client: Client) -> None:
        response = owner_client.post("/profile/theme/", {"theme": "dark", "next": "//evil.example"})
        assert response["Location"] == "/"

    def test_an_unknown_theme_changes_nothing(self, owner: User, owner_client: Client) -> None:
        owner_client.post("/profile/theme/", {"theme": "pink"})
        owner.refresh_from_db()
        assert owner.theme == "auto"

    def test_the_language_button_changes_the_profile(self, owner: User, owner_client: Client) -> None:
        owner_client.post("/language/", {"language": "pt-br"})
        owner.refresh_from_db()
        assert owner.language == "pt-br"


class TestWorkspaceSettings:
    def test_an_owner_saves_them(self, workspace: Workspace, owner_client: Client) -> None:
        data = {
            **GIVEN,
            "name": "Tienda Sur",
            "quiet_from": "21:00",
            "quiet_to": "9",
        }
        owner_client.post(SETTINGS, data)
        workspace.refresh_from_db()
        assert (workspace.name, workspace.quiet_from, workspace.quiet_to) == ("Tienda Sur", time(21), time(9))

    @pytest.mark.parametrize("role", [role for role in Role.values if role != Role.OWNER])
    def test_others_read_but_do_not_change_them(self, workspace: Workspace, as_role: Any, role: str) -> None:
        response = as_role(role).post(SETTINGS, {**GIVEN, "name": "Mine"})
        workspace.refresh_from_db()
        assert workspace.name == "Tienda Norte"
        assert "Save settings" not in response.content.decode()

    def test_one_of_the_quiet_hours_alone_is_refused(self, owner_client: Client) -> None:
        response = owner_client.post(SETTINGS, {**GIVEN, "quiet_from": "21:00"})
        assert response.status_code == 422
        assert "Give both times" in response.content.decode()

    def test_quiet_hours_of_no_length_are_refused(self, owner_client: Client) -> None:
        assert owner_client.post(SETTINGS, {**GIVEN, "quiet_from": "9", "quiet_to": "9"}).status_code == 422

    def test_a_refused_form_does_not_rename_the_shell(self, owner_client: Client) -> None:
        html = owner_client.post(SETTINGS, {**GIVEN, "name": "Half Done", "time_zone": "x"}).content.decode()
        assert '<span class="dim xs">Tienda Norte</span>' in html

    def test_the_change_is_written_down_with_before_and_after(self, owner_client: Client) -> None:
        owner_client.post(SETTINGS, {**GIVEN, "quiet_from": "21:00", "quiet_to": "9:00"})
        event = AuditEvent.objects.get(action="workspace.edit")
        assert event.detail["before"] == {"quiet_from": None, "quiet_to": None}
        assert event.detail["after"] == {"quiet_from": "21:00:00", "quiet_to": "09:00:00"}

    def test_saving_without_a_change_writes_nothing_down(self, owner_client: Client) -> None:
        owner_client.post(SETTINGS, GIVEN)
        assert not AuditEvent.objects.exists()

    def test_a_country_outside_the_table_is_kept(self, workspace: Workspace, owner_client: Client) -> None:
        Workspace.objects.filter(pk=workspace.pk).update(default_country="KE")
        assert "KE (+254)" in owner_client.get(SETTINGS).content.decode()

    def test_settings_of_another_workspace_do_not_exist(self, owner_client: Client, other_workspace: Workspace) -> None:
        assert owner_client.get("/w/otra/settings/").status_code == 404


class TestAuditLog:
    @pytest.fixture
    def events(self, workspace: Workspace, owner: User, now: datetime) -> Callable[..., None]:
        def write(n: int, action: str = "campaign.schedule", actor: User | None = owner) -> None:
            for i in range(n):
                audit.record(action, workspace=workspace, actor=actor, now=now + timedelta(seconds=i), n=i)

        return write

    @pytest.mark.parametrize("role", [Role.SENDER, Role.EDITOR, Role.ANALYST])
    def test_the_log_is_for_managers_and_owners(self, as_role: Any, role: str) -> None:
        assert as_role(role).get(AUDIT).status_code == 403

    def test_events_of_another_workspace_are_not_shown(
        self, owner_client: Client, other_workspace: Workspace, now: datetime
    ) -> None:
        audit.record("member.add", workspace=other_workspace, actor=None, now=now, secret="theirs")
        assert "theirs" not in owner_client.get(AUDIT).content.decode()

    def test_the_log_is_filtered_by_thing(self, owner_client: Client, events: Any) -> None:
        events(1, "campaign.schedule")
        events(1, "member.add")
        assert [e.action for e in owner_client.get(f"{AUDIT}?what=member").context["page"].rows] == ["member.add"]

    def test_the_log_is_filtered_by_person(self, owner_client: Client, owner: User, events: Any) -> None:
        events(1)
        events(1, "dispatch.hold", None)
        assert [e.actor for e in owner_client.get(f"{AUDIT}?who={owner.pk}").context["page"].rows] == [owner]

    def test_what_the_machine_did_can_be_asked_for(self, owner_client: Client, events: Any) -> None:
        events(1)
        events(1, "dispatch.hold", None)
        rows = owner_client.get(f"{AUDIT}?who=machine").context["page"].rows
        assert [event.action for event in rows] == ["dispatch.hold"]

    def test_a_filter_that_makes_no_sense_is_let_pass(self, owner_client: Client, events: Any) -> None:
        events(2)
        assert len(owner_client.get(f"{AUDIT}?who=x&what=y").context["page"].rows) == 2

    def test_htmx_gets_the_rows_only(self, owner_client: Client, events: Any) -> None:
        events(1)
        html = owner_client.get(AUDIT, headers={"HX-Request": "true"}).content.decode()
        assert html.strip().startswith('<div id="rows">')

    @pytest.mark.parametrize("n", [3, 30])
    def test_the_log_takes_as_many_queries_for_30_as_for_3(
        self, owner_client: Client, events: Any, django_assert_max_num_queries: Any, n: int
    ) -> None:
        events(n)
        owner_client.get(AUDIT)
        with django_assert_max_num_queries(8):
            owner_client.get(AUDIT)

    def test_what_an_event_says_is_escaped(self, owner_client: Client, workspace: Workspace, now: datetime) -> None:
        audit.record("member.add", workspace=workspace, actor=None, now=now, why="<script>alert(1)</script>")
        assert "<script>alert" not in owner_client.get(AUDIT).content.decode()


@pytest.mark.parametrize(
    ("action", "word"), [("dispatch.pause", "Dispatch paused"), ("thing.unheard_of", "Thing: unheard of")]
)
def test_an_action_is_said_in_a_sentence_or_readably(
    owner_client: Client, workspace: Workspace, now: datetime, action: str, word: str
) -> None:
    audit.record(action, workspace=workspace, actor=None, now=now)
    assert f'<th scope="row" class="first">{word}</th>' in owner_client.get(AUDIT).content.decode()


@pytest.mark.parametrize(
    ("field", "value"), [("failure_share", "101"), ("failure_window", "5"), ("failure_least", "201")]
)
def test_guards_that_make_no_sense_are_refused_at_their_field(field, value, owner_client):
    response = owner_client.post(SETTINGS, {**GIVEN, field: value})
    assert response.status_code == 422
    assert f'value="{value}"' in response.content.decode()


def test_guards_are_kept(owner_client, workspace):
    owner_client.post(SETTINGS, {**GIVEN, "failure_share": "0", "strange_answers": "9", "grace_minutes": "15"})
    workspace.refresh_from_db()
    assert (workspace.failure_share, workspace.strange_answers, workspace.grace_minutes) == (0, 9, 15)
