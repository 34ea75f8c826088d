"""Whatever is audited is read in words on the audit page, in the language of the reader."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from campaigns.models import Campaign, Template
from campaigns.states import CAMPAIGN_MOVES, DISPATCH_MOVES, RECIPIENT_MOVES, By
from console.models import AuditEvent, Membership, Role, User, Workspace
from console.services import audit
from console.views.audit_details import Reader, kind_of
from console.views.audit_words import ACTIONS, THINGS, sentence
from contacts.models import Contact, Group
from contacts.services.groups import Act

ROOT = Path(__file__).resolve().parents[2]
ACTION = re.compile(r"[a-z_]+\.[a-z_]+")
# What may stand behind the beginning of an action that is put together.
ENDINGS: dict[str, Iterable[str]] = {
    "campaign.": CAMPAIGN_MOVES,
    "dispatch.": DISPATCH_MOVES,
    "recipient.": [name for name, move in RECIPIENT_MOVES.items() if move.by is By.PERSON],
    "contacts.": Act,
}
AUDIT = "/w/norte/settings/audit/"


def texts(node: ast.AST) -> Iterator[str]:
    """The actions among the constants below a node."""
    for found in ast.walk(node):
        if isinstance(found, ast.Constant) and ACTION.fullmatch(str(found.value)):
            yield str(found.value)


def of_argument(argument: ast.expr, function: ast.FunctionDef, module: ast.Module) -> set[str]:
    """Every action that the first argument of `audit.record` may be."""
    if isinstance(argument, ast.JoinedStr):
        beginning = argument.values[0]
        assert isinstance(beginning, ast.Constant)
        return {f"{beginning.value}{ending}" for ending in ENDINGS[str(beginning.value)]}
    if isinstance(argument, ast.Name):
        if argument.id not in {arg.arg for arg in (*function.args.args, *function.args.kwonlyargs)}:
            return {text for node in function.body for text in texts(node)}
        calls = [node for node in ast.walk(module) if isinstance(node, ast.Call)]
        own = [call for call in calls if getattr(call.func, "id", getattr(call.func, "attr", "")) == function.name]
        return {text for call in own for given in call.args for text in texts(given)}
    return set(texts(argument))


def recorded() -> Iterator[tuple[str, set[str]]]:
    """(place, actions) of every call of `audit.record` in the tree."""
    for app in ("console", "contacts", "campaigns"):
        for path in sorted((ROOT / app).rglob("*.py")):
            module = ast.parse(path.read_text(encoding="utf-8"))
            for function in (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)):
                for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
                    if ast.unparse(call.func) == "audit.record":
                        yield f"{path.name}:{call.lineno}", of_argument(call.args[0], function, module)


def test_every_action_that_the_code_records_has_a_sentence() -> None:
    found = dict(recorded())
    assert [place for place, actions in found.items() if not actions] == [], "its action cannot be read here"
    assert {(place, action) for place, some in found.items() for action in some if action not in ACTIONS} == set()


def test_no_sentence_is_for_an_action_that_nobody_records() -> None:
    assert set(ACTIONS) - {action for _, actions in recorded() for action in actions} == set()


def test_the_filter_of_things_has_every_thing_and_no_other() -> None:
    assert {action.partition(".")[0] for action in ACTIONS} == set(THINGS)


def test_an_action_that_nobody_named_is_readable() -> None:
    assert sentence("access_token.renew_early") == "Access token: renew early"


# -- details -----------------------------------------------------------------------------------------


@pytest.fixture
def told(workspace: Workspace, now: datetime) -> Callable[..., list[tuple[str, str]]]:
    """told(action, **detail) is what the page says about such an event."""

    def tell(action: str, target: Any = None, **detail: Any) -> list[tuple[str, str]]:
        event = audit.record(action, workspace=workspace, actor=None, target=target, now=now, **detail)
        return [(line.name, line.text) for line in Reader([event], now).lines(event)]

    return tell


@pytest.mark.parametrize(
    ("action", "detail", "lines"),
    [
        ("campaign.update", {"part": "message"}, [("Part", "Message")]),
        ("campaign.create", {"channel": "sms"}, [("Channel", "SMS")]),
        ("dispatch.create", {"kind": "test"}, [("Kind", "Test")]),
        ("dispatch.hold", {"reason": "no_credit"}, [("Reason", "The provider account has no credit")]),
        ("dispatch.hold", {"reason": "stale_schedule"}, [("Reason", "Its time passed while nothing was running")]),
        ("dispatch.pause", {"handed_over": 1200, "will_not_go": 3}, [("Handed over", "1,200"), ("Will not go", "3")]),
        ("suppression.added", {"reason": "hard_bounce", "n": 2}, [("Reason", "Address does not exist"),
                                                                  ("Addresses", "2")]),
        ("member.add", {"role": "owner"}, [("Role", "Owner")]),
        ("member.role", {"before": "editor", "after": "owner"}, [("", "Editor → Owner")]),
        ("workspace.edit", {"before": {"quiet_from": None, "stop_words": []},
                            "after": {"quiet_from": "21:00:00", "stop_words": ["BAJA"]}},
         [("Quiet hours from", "– → 21:00"), ("Opt-out words", "– → BAJA")]),
        ("workspace.edit", {"before": {"language": "en"}, "after": {"language": "es"}},
         [("Language", "English → Spanish")]),
        ("account.update", {"sms_price": ["0.05000", "0.06"], "credentials": ["AuthenticationToken"]},
         [("Price of an SMS part", "0.05 → 0.06"), ("Credentials entered", "Authentication token")]),
        ("account.create", {"provider": "sinch-messaging", "base_url": "https://x.test", "credentials": []},
         [("Provider", "Sinch Messaging"), ("Base URL", "https://x.test")]),
        ("export.create", {"state": "receipt", "cause": "", "format": "csv"},
         [("State", "Sent, no receipt"), ("File", "Table")]),
        ("thing.done", {"new_key": {"a_b": True}}, [("New key", "A b: Yes")]),
    ],
)  # fmt: skip
def test_details_are_told_in_words(
    told: Callable[..., list[tuple[str, str]]], action: str, detail: dict[str, Any], lines: list[tuple[str, str]]
) -> None:
    assert told(action, **detail) == lines


def test_details_are_told_in_the_language_of_the_reader(told: Callable[..., list[tuple[str, str]]]) -> None:
    with override("es"):
        assert told("campaign.update", part="schedule") == [("Parte", "Programación")]


def test_fields_that_the_administration_names_in_english_are_translated(
    told: Callable[..., list[tuple[str, str]]], workspace: Workspace
) -> None:
    with override("es"):
        assert told("admin.change", workspace, fields=["Default country"]) == [("Campos", "País por defecto")]


def test_lists_in_the_details_are_called_by_their_names(
    told: Callable[..., list[tuple[str, str]]], make_group: Callable[..., Group]
) -> None:
    group = make_group("Clientes")
    assert told("contact.export", groups=[group.pk, 0], q="") == [
        ("Lists and tags", "Clientes, a deleted list or tag"),
    ]


def test_a_day_in_the_details_is_written_as_a_day(told: Callable[..., list[tuple[str, str]]]) -> None:
    [(name, text)] = told("dispatch.hold", planned_at="2020-03-01T10:00:00+00:00")
    assert (name, text) == ("Planned for", "Sun 1 Mar 2020, 10:00")


def test_details_of_the_past_that_are_no_table_are_let_pass(now: datetime) -> None:
    assert Reader([], now).lines(AuditEvent(action="x.y", detail=["odd"])) == []


# -- the page ----------------------------------------------------------------------------------------


def test_the_page_links_to_what_was_changed(owner_client: Client, workspace: Workspace, now: datetime) -> None:
    campaign = Campaign.objects.create(
        workspace=workspace, name="Spring sale", channel="sms", created_at=now, updated_at=now
    )
    audit.record("campaign.update", workspace=workspace, actor=None, target=campaign, now=now, part="message")
    page = owner_client.get(AUDIT).content.decode()
    assert f'<span class="mut">Campaign:</span> <a href="/w/norte/campaigns/{campaign.pk}/">Spring sale</a>' in page
    assert "campaign:" not in page
    assert '<span class="mut">Part:</span> Message' in page


def test_what_was_deleted_keeps_its_name_without_a_link(
    owner_client: Client, workspace: Workspace, now: datetime
) -> None:
    template = Template.objects.create(workspace=workspace, name="Welcome", channel="sms", created_at=now,
                                       updated_at=now)  # fmt: skip
    audit.record("template.create", workspace=workspace, actor=None, target=template, now=now)
    template.delete()
    assert '<span class="mut">Template:</span> Welcome</td>' in owner_client.get(AUDIT).content.decode()


def test_nothing_of_another_workspace_is_linked(
    owner_client: Client, workspace: Workspace, other_workspace: Workspace, make_contacts: Any, now: datetime
) -> None:
    [theirs] = make_contacts(1, where=other_workspace)
    audit.record("contact.changed", workspace=workspace, actor=None, target=theirs, now=now)
    assert f"/contacts/{theirs.pk}/" not in owner_client.get(AUDIT).content.decode()


def test_a_member_is_called_by_name_whatever_the_language_of_who_wrote_it(
    owner_client: Client, workspace: Workspace, person: Callable[..., User], now: datetime
) -> None:
    membership = Membership.objects.get(user=person(Role.EDITOR))
    audit.record("member.add", workspace=workspace, actor=None, target=membership, now=now)
    assert '<span class="mut">Member:</span> Ane Editor</td>' in owner_client.get(AUDIT).content.decode()


def test_links_cost_the_same_queries_for_three_things_of_a_kind_and_for_thirty(
    owner_client: Client, workspace: Workspace, make_contacts: Callable[..., list[Contact]], now: datetime
) -> None:
    found = []
    for start, n in ((0, 3), (3, 27)):
        for contact in make_contacts(n, start=start):
            audit.record("contact.changed", workspace=workspace, actor=None, target=contact, now=now)
        owner_client.get(AUDIT)
        with CaptureQueriesContext(connection) as queries:
            assert owner_client.get(AUDIT).content.decode().count("/contacts/") >= n
        found.append(len(queries))
    assert found[0] == found[1]


def test_a_target_that_names_no_model_is_readable() -> None:
    assert kind_of("access_grant:3") == "Access grant"
