"""Paging by key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import RequestFactory

from console.paging import Page, page_by_key
from contacts.models import Contact

pytestmark = pytest.mark.django_db


@pytest.fixture
def turn(rf: RequestFactory) -> Callable[..., Page]:
    """turn(url, order) reads a page of all contacts, three rows each."""

    def read(url: str = "/c/", order: tuple[str, ...] = ("-id",), rows: int | None = 3) -> Page:
        return page_by_key(rf.get(url), Contact.objects.all(), order, rows=rows)

    return read


def keys(page: Page) -> list[str]:
    return [contact.key for contact in page.rows]


def test_the_first_page_has_a_next_one_and_no_previous(make_contacts: Any, turn: Any) -> None:
    make_contacts(5)
    page = turn()
    assert keys(page) == ["K4", "K3", "K2"]
    assert page.next_url
    assert page.previous_url == ""


def test_the_last_page_has_no_next_one(make_contacts: Any, turn: Any) -> None:
    make_contacts(5)
    page = turn(turn().next_url)
    assert keys(page) == ["K1", "K0"]
    assert page.next_url == ""


def test_going_back_shows_the_page_before_in_the_same_order(make_contacts: Any, turn: Any) -> None:
    make_contacts(7)
    second = turn(turn().next_url)
    assert keys(turn(second.previous_url)) == ["K6", "K5", "K4"]


def test_going_back_to_the_first_page_ends_there(make_contacts: Any, turn: Any) -> None:
    make_contacts(5)
    assert turn(turn(turn().next_url).previous_url).previous_url == ""


def test_equal_names_are_neither_lost_nor_doubled(make_contacts: Any, turn: Any) -> None:
    make_contacts(7, first_name="Ane")
    order = ("first_name", "id")
    first = turn(order=order)
    second = turn(first.next_url, order)
    third = turn(second.next_url, order)
    assert keys(first) + keys(second) + keys(third) == [f"K{i}" for i in range(7)]


def test_filters_of_the_address_stay(make_contacts: Any, turn: Any) -> None:
    make_contacts(4)
    assert "q=600+11" in turn("/c/?q=600+11").next_url


@pytest.mark.parametrize("cursor", ["nonsense", "W10", "WyJhIl0", "%%%", "bnVsbA"])
def test_a_cursor_that_cannot_be_read_shows_the_first_page(make_contacts: Any, turn: Any, cursor: str) -> None:
    make_contacts(4)
    assert keys(turn(f"/c/?after={cursor}")) == ["K3", "K2", "K1"]


def test_a_page_is_one_query(make_contacts: Any, turn: Any, django_assert_num_queries: Any) -> None:
    make_contacts(10)
    with django_assert_num_queries(1):
        turn()


def test_the_number_of_rows_is_one_of_the_offered(rf: RequestFactory, turn: Any) -> None:
    assert (turn("/c/?rows=200", rows=None).size, turn("/c/?rows=100000", rows=None).size) == (200, 50)
