"""A preview is what leaves: the same text, with what came from the person marked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest
from django.db import connection

from campaigns.models import Campaign, ProviderAccount, Template
from campaigns.querysets import audience as queries
from campaigns.querysets import glimpses
from campaigns.querysets.audience import AudienceSpec
from campaigns.services.writing import audience, content, estimates, headcounts, preview, sampling
from campaigns.services.writing.audience import Counts
from campaigns.services.writing.preview import Piece
from console.models import Workspace
from contacts.models import Contact, Group, Suppression

Draft = Callable[..., Campaign]
People = Callable[..., list[Contact]]


def everyone(workspace: Workspace) -> AudienceSpec:
    return AudienceSpec(workspace.pk, "sms", marketing=True, everyone=True)


def measured(campaign: Campaign) -> sampling.Measured:
    spec = audience.spec_of(campaign)
    total = audience.count(spec).will_receive
    return sampling.measure(
        content.compiled(campaign.version), campaign.channel, sampling.people(spec, total), total,
        sampling.counting(campaign.account),
    )  # fmt: skip


# -- one person ---------------------------------------------------------------------------------------


def test_the_pieces_of_a_preview_are_its_text(make_draft: Draft, make_contacts: People) -> None:
    person = make_contacts(1)[0]
    campaign = make_draft(text="Hola {{nombre|upper}}, mira tnda.es/x. {{ key|default:'nadie' }}!")
    found = preview.of_version(campaign.version, person)
    assert "".join(piece.text for piece in found.pieces) == found.rendered.text
    assert found.rendered.text == content.preview(campaign.version, person).text


def test_values_and_links_are_marked(make_draft: Draft, make_contacts: People) -> None:
    person = make_contacts(1, first_name="Ane")[0]
    campaign = make_draft(text="Hola {{nombre}}, mira tnda.es/x.")
    assert preview.of_version(campaign.version, person).pieces == (
        Piece("Hola "), Piece("Ane", "value"), Piece(", mira "), Piece("tnda.es/x", "link"), Piece("."),
    )  # fmt: skip


def test_a_person_without_a_needed_value_has_no_text(make_draft: Draft, make_contacts: People) -> None:
    person = make_contacts(1, first_name="")[0]
    found = preview.of_version(make_draft(text="Hola {{nombre}}").version, person)
    assert (found.rendered, found.missing) == (None, ("first_name",))


def test_a_default_that_stands_in_is_named(make_draft: Draft, make_contacts: People) -> None:
    person = make_contacts(1, first_name="")[0]
    assert preview.of_version(make_draft(text="Hola {{nombre|tú}}").version, person).defaults == ("first_name",)


def test_without_anybody_the_fields_show_their_own_names(make_draft: Draft) -> None:
    assert preview.of_version(make_draft(text="Hola {{nombre}}").version, None).rendered.text == "Hola [first_name]"


def test_html_in_a_name_is_data(make_template: Callable[..., Template], make_contacts: People) -> None:
    person = make_contacts(1, first_name="<script>x</script>")[0]
    found = preview.of_version(make_template(subject="x", html="<p>{{nombre}}</p>").current, person)
    assert "<script>" not in found.rendered.html


# -- a sample -----------------------------------------------------------------------------------------


def test_few_people_are_all_in_the_sample(workspace: Workspace, make_contacts: People) -> None:
    people = make_contacts(7)
    assert sampling.people(everyone(workspace), 7) == people


def test_a_sample_of_many_comes_from_all_over_the_audience(workspace: Workspace, make_contacts: People) -> None:
    people = make_contacts(200)
    sample = sampling.people(everyone(workspace), 200, size=16)
    places = [people.index(person) for person in sample]
    assert len(sample) == 16
    assert (min(places), max(places) > 150) == (0, True)


def test_nobody_who_is_left_out_is_in_the_sample(workspace: Workspace, make_contacts: People) -> None:
    out = make_contacts(100, sms_consent="withdrawn")
    make_contacts(100, start=100)
    assert not set(sampling.people(everyone(workspace), 100, size=40)) & set(out)


def test_people_who_stand_out_are_found(make_draft: Draft, make_contacts: People) -> None:
    usual = make_contacts(3)
    longest = make_contacts(1, start=10, first_name="Juan Francisco de Borja")[0]
    nameless = make_contacts(1, start=11, first_name="")[0]
    foreign = make_contacts(1, start=12, first_name="Łucja")[0]
    found = measured(make_draft(text="Hola {{nombre|cliente}}"))
    assert (found.longest, found.with_default, found.in_unicode) == (longest, nameless, foreign)
    assert found.typical in usual


def test_parts_are_counted_as_the_provider_counts_them(make_draft: Draft, make_contacts: People) -> None:
    make_contacts(1, first_name="Ana")
    make_contacts(1, start=1, first_name="Iñaki")  # ñ is no plain letter for this provider
    assert measured(make_draft(text="x" * 100 + "{{nombre}}")).parts == {1: 1, 2: 1}


def test_the_cost_of_few_people_is_exact(make_draft: Draft, make_contacts: People) -> None:
    make_contacts(3)
    campaign = make_draft(text="Hola {{nombre}}")
    found = estimates.of(campaign, measured(campaign), 3)
    assert (found.parts, found.exact, found.cost) == (3, True, Decimal("0.15"))


def test_the_cost_of_many_is_carried_over_from_the_sample(make_draft: Draft, make_contacts: People) -> None:
    make_contacts(4)
    campaign = make_draft(text="Hola {{nombre}}")
    sample = measured(campaign)
    sample.complete = False
    found = estimates.of(campaign, sample, 1000)
    assert (found.parts, found.exact, found.cost) == (1000, False, Decimal("50.00"))


def test_people_whose_message_is_too_long_cost_nothing(
    make_draft: Draft, make_contacts: People, sms_account: ProviderAccount
) -> None:
    make_contacts(1, first_name="Ana")
    make_contacts(1, start=1, first_name="A" * 80)
    campaign = make_draft(text="x" * 100 + "{{nombre}}")
    campaign.max_parts = 1
    found = estimates.of(campaign, measured(campaign), 2)
    assert (found.people, found.too_long, found.parts) == (1, 1, 1)


def test_an_account_without_a_price_gives_no_cost(make_draft: Draft, make_contacts: People) -> None:
    make_contacts(1)
    campaign = make_draft()
    campaign.account.sms_price = None
    assert estimates.of(campaign, measured(campaign), 1).cost is None


@pytest.mark.parametrize(
    ("own", "account", "seconds"), [(None, None, 0.05), (10.0, None, 100.0), (10.0, 5.0, 200.0), (None, 20.0, 50.0)]
)
def test_the_lowest_limit_says_how_long_it_takes(
    own: float | None, account: float | None, seconds: float, make_draft: Draft
) -> None:
    campaign = make_draft()
    campaign.messages_per_second, campaign.account.messages_per_second = own, account
    campaign.account.requests_per_second = 20.0  # of 1,000 messages each
    assert estimates.seconds_for(campaign, 1000) == pytest.approx(seconds)


# -- counts for pages ---------------------------------------------------------------------------------


def test_a_small_audience_is_counted_while_the_page_waits(workspace: Workspace, make_contacts: People) -> None:
    make_contacts(3)
    assert headcounts.of(everyone(workspace)) == Counts(3, {})


def test_a_large_audience_is_not_counted_by_a_page(
    workspace: Workspace, make_contacts: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_contacts(3)
    monkeypatch.setattr(headcounts, "QUICK", 2)
    assert headcounts.of(everyone(workspace)) is None


def test_what_was_counted_is_remembered_for_the_next_page(
    workspace: Workspace, make_contacts: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_contacts(3)
    monkeypatch.setattr(headcounts, "QUICK", 2)
    counts = headcounts.counted(everyone(workspace))
    assert headcounts.of(everyone(workspace)) == counts
    headcounts.cache.clear()


def test_no_audience_is_larger_than_its_bound(
    workspace: Workspace, make_contacts: People, make_group: Callable[..., Group]
) -> None:
    people = make_contacts(5)
    group = make_group("Clientes", people[:3])
    listed = AudienceSpec(workspace.pk, "sms", marketing=True, include=(group.pk,))
    assert headcounts.at_most(listed) == 3
    assert headcounts.at_most(everyone(workspace)) >= 5


def test_a_sample_skips_who_lost_a_value_meanwhile(make_draft: Draft, make_contacts: People, now: datetime) -> None:
    people = make_contacts(2)
    people[0].first_name = ""
    compiled = content.compiled(make_draft(text="Hola {{nombre}}").version)
    assert sampling.measure(compiled, "sms", people, 2).people == 1


# -- a few people without reading all -----------------------------------------------------------------


def test_a_glimpse_finds_exactly_those_that_the_audience_does(
    workspace: Workspace, make_contacts: People, make_group: Callable[..., Group]
) -> None:
    people = make_contacts(40)
    variants: list[dict[str, object]] = [
        {"phone": ""}, {"phone_type": "fixed"}, {"sms_consent": "withdrawn"}, {"sms_consent": "unknown"},
        {"first_name": ""}, {"phone": people[1].phone}, {"phone": people[2].phone}, {"phone": people[2].phone},
    ]  # fmt: skip
    for place, fields in enumerate(variants):
        Contact.objects.filter(pk=people[place * 4 + 3].pk).update(**fields)
    blocked = people[30]
    Suppression.objects.create(
        workspace=workspace,
        channel="sms",
        address=blocked.phone,
        reason="manual",
        source="console",
        at=blocked.created_at,
    )
    first, second = make_group("A", people[::2] + people[31::2]), make_group("B", people[::3])
    out = make_group("Fuera", people[10:14])
    for include in ((), (first.pk,), (first.pk, second.pk)):
        for marketing in (True, False):
            spec = AudienceSpec(
                workspace.pk, "sms", marketing, not include, include, (out.pk,), required=("first_name",)
            )
            for after in (0, people[17].pk):
                expected = queries.reachable_ids(spec, after, 1000)
                assert glimpses.reachable_ids(spec, after, 1000) == expected
                assert glimpses.reachable_ids(spec, after, 3) == expected[:3]
            assert [p.pk for p in people if glimpses.receives(spec, p.pk)] == queries.reachable_ids(spec, 0, 1000)


def test_a_glimpse_goes_on_over_many_who_are_left_out(
    workspace: Workspace, make_contacts: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(glimpses, "PIECE", 2)
    make_contacts(20, sms_consent="withdrawn")
    last = make_contacts(1, start=20)[0]
    assert glimpses.reachable_ids(everyone(workspace), 0, 1) == [last.pk]


def test_nobody_is_seen_of_an_audience_that_is_empty(workspace: Workspace, make_contacts: People) -> None:
    person = make_contacts(1)[0]
    nobody = AudienceSpec(workspace.pk, "sms", marketing=True)
    assert (glimpses.reachable_ids(nobody, 0, 5), glimpses.receives(nobody, person.pk)) == ([], False)


@pytest.mark.sqlite
def test_a_list_is_not_walked_for_every_contact(workspace: Workspace) -> None:
    """Of the two questions about lists, who is in it and who is a double, only the first may read a whole list."""
    spec = AudienceSpec(workspace.pk, "sms", marketing=True, include=(1, 2))
    case, case_params = queries.reason(spec)
    where, where_params = queries.members(spec, "c")
    with connection.cursor() as cursor:
        cursor.execute(
            f"EXPLAIN QUERY PLAN SELECT {case} FROM contacts_contact c WHERE {where}", [*case_params, *where_params]
        )
        plan = [step[3] for step in cursor.fetchall()]
    assert sum(step.startswith("LIST SUBQUERY") for step in plan) == 1
