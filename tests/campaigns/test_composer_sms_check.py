"""What the composer says about an SMS while it is typed."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from campaigns import sms
from campaigns.models import Campaign
from campaigns.services.writing import sampling, sms_check
from campaigns.services.writing.sms_check import Mark
from contacts.models import Contact

KNOWN = ["first_name", "points"]
Draft = Callable[..., Campaign]
People = Callable[..., list[Contact]]


def test_an_empty_text_is_counted_too() -> None:
    assert sms_check.check("", KNOWN, None).counted.characters == 0


def test_the_message_of_the_person_shown_is_counted(make_contacts: People) -> None:
    person = make_contacts(1, first_name="Ana")[0]
    assert sms_check.check("Hola {{nombre}}", KNOWN, person).counted.characters == len("Hola Ana")


def test_letters_that_force_unicode_are_named_once_each() -> None:
    assert sms_check.check("á ó á", KNOWN, None).forcing == ("á", "ó")


def test_the_cheaper_text_replaces_them() -> None:
    found = sms_check.check("Adelántate, código", KNOWN, None)
    assert sms_check.in_plain_letters("Adelántate, código", KNOWN) == "Adelantate, codigo"
    assert found.cheaper.words == (("Adelántate,", "Adelantate,"), ("código", "codigo"))


@pytest.mark.parametrize(
    ("text", "costs"), [("á", False), ("á" + "x" * 80, True), ("🎄" * 40, True), ("x" * 200, False)]
)
def test_costly_letters_are_said_only_when_they_cost(text: str, costs: bool) -> None:
    assert sms_check.check(text, KNOWN, None).costly is costs


def test_a_default_is_replaced_and_a_field_is_not() -> None:
    assert sms_check.in_plain_letters("{{ teléfono|default:'sí' }}á", ["phone"]) == "{{ teléfono|default:'si' }}a"


def test_an_emoji_has_no_cheaper_letter_so_nothing_is_offered() -> None:
    found = sms_check.check("Hola 🎄", KNOWN, None)
    assert (found.forcing, found.cheaper) == (("🎄",), None)


def test_what_is_cheap_in_the_standard_stays_as_it_is() -> None:
    assert sms_check.check("ñ é à €", KNOWN, None).forcing == ()


def test_a_vendor_with_a_smaller_alphabet_is_asked(make_draft: Draft) -> None:
    count = sampling.counting(make_draft().account)
    assert sms_check.in_plain_letters("¡Mañana 5€!", KNOWN, count) == "Manana 5EUR!"


def test_the_cost_of_the_audience_and_the_saving_are_said(make_draft: Draft, make_contacts: People) -> None:
    people = make_contacts(10)
    campaign = make_draft()
    text = "Adelántate " + "x" * 80 + " {{nombre}}"
    found = sms_check.check(text, KNOWN, people[0], count=sms.count, campaign=campaign, sample=people, will_receive=10)
    assert (found.estimate.cost, found.cheaper.saving) == (Decimal("1.00"), Decimal("0.50"))


def test_names_that_force_unicode_are_said_when_the_text_does_not(make_draft: Draft, make_contacts: People) -> None:
    people = make_contacts(3) + make_contacts(1, start=3, first_name="Łucja")
    found = sms_check.check("Hola {{nombre}}", KNOWN, people[0], campaign=make_draft(), sample=people, will_receive=4)
    assert found.values_unicode == 0.25


def test_the_range_of_parts_is_that_of_the_audience(make_draft: Draft, make_contacts: People) -> None:
    people = make_contacts(1, first_name="Ana") + make_contacts(1, start=1, first_name="A" * 80)
    found = sms_check.check(
        "x" * 100 + "{{nombre}}", KNOWN, people[0], campaign=make_draft(), sample=people, will_receive=2
    )
    assert (found.fewest, found.most) == (1, 2)


def test_the_marks_are_the_text_itself() -> None:
    text = "Hola {{nombre|María}} á {{ pints }} fin }}"
    assert "".join(mark.text for mark in sms_check.marks(text, KNOWN)) == text


def test_fields_letters_and_slips_are_marked() -> None:
    assert sms_check.marks("{{nombre}} á {{ pints }}", KNOWN) == [
        Mark("{{nombre}}", "ph"), Mark(" "), Mark("á", "bad"), Mark(" "), Mark("{{ pints }}", "bad"),
    ]  # fmt: skip
