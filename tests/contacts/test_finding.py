"""The newest contacts that fit a filter, on both engines, whichever way they are found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection

from console.models import Workspace
from contacts import words
from contacts.models import Contact, Group, Suppression
from contacts.services import finding, people
from contacts.services.finding import Count, People
from contacts.states import Consent, GroupKind

Make = Callable[..., list[Contact]]


@pytest.fixture
def persons(workspace: Workspace, now: datetime) -> dict[str, Contact]:
    """A few people by first name, as the service saves them."""
    given = [
        ("Ana", "García Márquez", "600 11 22 33", "ana.garcia@euskalnet.eus", "C-20418"),
        ("María", "García", "600 11 22 47", "maria@gmail.com", "C-18873"),
        ("Íñigo", "Sáenz", "+33 6 00 11 22 34", "inigo@orange.fr", "2024-00123"),
        ("Gorka", "Núñez", "944 20 11 80", "", "C-09951"),
    ]
    names = ("first_name", "last_name", "phone", "email", "key")
    made = [people.create(workspace, dict(zip(names, values, strict=True)), None, now) for values in given]
    return {contact.first_name: contact for contact in made}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("600 11 22 33", "Ana"),
        ("+34 600 11", "María Ana"),
        ("0034600112247", "María"),
        ("600112", "Íñigo María Ana"),
        ("06 00 11", "Íñigo María Ana"),
        ("garcia mar", "María Ana"),
        ("GARCÍA", "María Ana"),
        ("nuñez", "Gorka"),
        ("ana@", "Ana"),
        ("euskalnet", "Ana"),
        ("gmail.com", "María"),
        ("C-20418", "Ana"),
        ("20418", "Ana"),
        ("2024-001", "Íñigo"),
        ("arcia", ""),
        ("zzz", ""),
    ],
)
def test_people_are_found_as_one_types(
    persons: dict[str, Contact], workspace: Workspace, typed: str, found: str
) -> None:
    rows = finding.newest(workspace, People(q=typed), 10)
    assert " ".join(contact.first_name for contact in rows) == found


@pytest.mark.parametrize("typed", ["garcia mar", "600112", "06 00 11", "2024-001", "zzz", "g m"])
def test_the_index_and_looking_at_every_row_agree(
    persons: dict[str, Contact], workspace: Workspace, typed: str
) -> None:
    query = words.query(typed)
    contacts = Contact.objects.for_workspace(workspace)
    assert set(contacts.search(query, workspace.pk)) == set(contacts.containing(query))


def test_a_changed_name_is_found_and_the_old_one_is_not(
    persons: dict[str, Contact], workspace: Workspace, now: datetime
) -> None:
    people.update(persons["Ana"], {"first_name": "Begoña", "email": "bego@gmail.com"}, None, now)
    assert finding.newest(workspace, People(q="begoña"), 10) == [persons["Ana"]]
    assert finding.newest(workspace, People(q="ana"), 10) == []


def test_a_deleted_contact_is_not_found(persons: dict[str, Contact], workspace: Workspace, now: datetime) -> None:
    people.delete(persons["Ana"], None, now)
    assert finding.newest(workspace, People(q="garcia"), 10) == [persons["María"]]


def test_another_workspace_is_never_searched(make_contacts: Make, workspace: Workspace, other_workspace: Any) -> None:
    make_contacts(3, where=other_workspace)
    assert finding.newest(workspace, People(q="nombre"), 10) == []
    assert finding.count(workspace, People(q="nombre")) == Count(0)


def walk(workspace: Workspace, wanted: People, size: int) -> list[int]:
    """All ids, page after page downwards."""
    found: list[int] = []
    below: int | None = None
    while page := finding.newest(workspace, wanted, size, below=below):
        found += [contact.pk for contact in page]
        below = page[-1].pk
    return found


@pytest.fixture(params=["as in service", "nothing is few", "nothing is walked", "tiny window"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The limits that choose between the ways of finding, so that each way is gone."""
    if request.param != "as in service":
        monkeypatch.setattr(finding, "FEW", 0)
    if request.param in ("nothing is walked", "tiny window"):
        monkeypatch.setattr(finding, "WALK", 0)
    if request.param == "tiny window":
        monkeypatch.setattr(finding, "WINDOW", 3)
    return str(request.param)


@pytest.fixture
def crowd(make_contacts: Make, make_group: Callable[..., Group], workspace: Workspace, other_workspace: Any) -> Any:
    """40 people: every second in a list, every fifth tagged, every eighth without SMS consent."""
    make_contacts(5, where=other_workspace)
    contacts = make_contacts(40)
    Contact.objects.filter(pk__in=[c.pk for c in contacts[::8]]).update(sms_consent=Consent.WITHDRAWN)
    make_group("Clientes", contacts[::2])
    make_group("VIP", contacts[::5], GroupKind.TAG)
    return contacts


CASES: list[tuple[dict[str, Any], Callable[[int], bool]]] = [
    ({}, lambda n: True),
    ({"q": "nombre"}, lambda n: True),
    ({"q": "nombre1"}, lambda n: str(n).startswith("1")),
    ({"q": "zzz"}, lambda n: False),
    ({"lists": ["Clientes"]}, lambda n: n % 2 == 0),
    ({"lists": ["Clientes", "VIP"]}, lambda n: n % 10 == 0),
    ({"lists": ["Clientes"], "q": "nombre1"}, lambda n: n % 2 == 0 and str(n).startswith("1")),
    ({"sms": Consent.WITHDRAWN}, lambda n: n % 8 == 0),
    ({"sms": Consent.WITHDRAWN, "lists": ["VIP"]}, lambda n: n % 40 == 0),
    ({"sms": Consent.GRANTED, "q": "apellido"}, lambda n: n % 8 != 0),
    ({"reach": "sms"}, lambda n: n % 8 != 0),
    ({"reach": "email", "lists": ["VIP"]}, lambda n: n % 5 == 0),
]


@pytest.mark.parametrize(("given", "fits"), CASES)
def test_every_way_finds_the_same_people_newest_first(
    crowd: list[Contact], workspace: Workspace, way: str, given: dict[str, Any], fits: Callable[[int], bool]
) -> None:
    named = workspace.groups.filter(name__in=given.get("lists", []))
    rest = {name: value for name, value in given.items() if name != "lists"}
    wanted = People(groups=tuple(named.values_list("pk", flat=True)), **rest)
    expected = [contact.pk for n, contact in enumerate(crowd) if fits(n)][::-1]
    assert walk(workspace, wanted, 7) == expected
    assert finding.count(workspace, wanted) == Count(len(expected))
    assert list(finding.ids(workspace, wanted)) == sorted(expected)


def test_a_page_upwards_holds_the_nearest_in_the_same_order(crowd: list[Contact], workspace: Workspace) -> None:
    page = finding.newest(workspace, People(q="nombre"), 3, above=crowd[10].pk)
    assert page == [crowd[13], crowd[12], crowd[11]]


def test_a_count_stops_at_its_cap(crowd: list[Contact], workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "COUNT_CAP", 10)
    assert finding.count(workspace, People()) == Count(10, capped=True)


def test_who_is_suppressed_is_not_reachable(crowd: list[Contact], workspace: Workspace, now: datetime) -> None:
    Suppression.objects.create(
        workspace=workspace, channel="email", address=crowd[3].email, reason="opt_out", source="reply", at=now
    )
    assert crowd[3] not in finding.newest(workspace, People(reach="email"), 50)
    assert crowd[3] in finding.newest(workspace, People(reach="sms"), 50)


def test_a_fixed_line_is_not_reachable_by_sms(make_contacts: Make, workspace: Workspace) -> None:
    make_contacts(1, phone="+34944201180", phone_type="fixed")
    assert finding.newest(workspace, People(reach="sms"), 10) == []


def test_a_group_of_another_workspace_has_nobody(
    crowd: list[Contact], workspace: Workspace, other_workspace: Workspace, make_group: Callable[..., Group]
) -> None:
    foreign = Group.objects.create(
        workspace=other_workspace, kind=GroupKind.LIST, name="Ajena", size=9, created_at=crowd[0].created_at
    )
    assert finding.newest(workspace, People(groups=(foreign.pk,)), 10) == []
    assert finding.count(workspace, People(groups=(foreign.pk,))) == Count(0)


def test_a_filter_survives_the_way_through_json() -> None:
    wanted = People(q="ana", groups=(3, 5), sms=Consent.GRANTED, reach="email")
    assert People.from_params(wanted.as_params()) == wanted


def test_nonsense_in_a_filter_is_left_out() -> None:
    assert People.from_params({"q": "a", "groups": ["x", "-1"], "sms": "maybe", "reach": "fax"}) == People(q="a")


@pytest.mark.sqlite
def test_the_search_table_is_kept_by_triggers_after_all_migrations(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'contacts_contact'")
        names = {name for (name,) in cursor.fetchall()}
    assert names == {"contacts_search_insert", "contacts_search_update", "contacts_search_delete"}


def plan(queryset: Any) -> str:
    """How SQLite answers a query, in its own words."""
    sql, params = queryset.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        return "\n".join(str(row) for row in cursor.fetchall())


@pytest.mark.sqlite
@pytest.mark.parametrize(("column", "index"), [("key", "contact_key"), ("email", "contact_email")])
def test_an_identity_is_looked_up_by_its_partial_index(workspace: Workspace, column: str, index: str) -> None:
    looked_up = Contact.objects.for_workspace(workspace).identified(column, ["a", "b"])
    assert f"USING INDEX {index} (workspace_id=? AND {column}=?)" in plan(looked_up)


@pytest.mark.sqlite
def test_a_search_is_not_sorted(workspace: Workspace) -> None:
    found = finding._sqlite_nearest(Contact.objects.for_workspace(workspace), words.query("ana"), workspace.pk, {})
    assert "TEMP B-TREE" not in plan(found[:50])
