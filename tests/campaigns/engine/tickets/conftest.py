"""Fixtures for requests that stand for many people, at a vendor that holds the content."""

from __future__ import annotations

import pytest

from campaigns.models import TemplateVersion


@pytest.fixture
def greeks(make_contacts, workspace):
    def make(n):
        made = make_contacts(n, country="GR")
        for number, contact in enumerate(made):
            contact.phone = f"+3069{number:08d}"
        type(made[0]).objects.bulk_update(made, ["phone"])
        return made

    return make


@pytest.fixture
def account(make_account):
    """An account whose provider names whole requests and is asked about them."""
    return make_account("crm-messaging")


@pytest.fixture
def sent(account, make_campaign, greeks, engine, workspace, now):
    """sent(people, template) is a dispatch of a vendor's template whose answer has been written."""

    def send(people=3, template="101", **fields):
        greeks(people)
        mapping = {"Firstname": "{{ first_name }}", "voucherCode": "AUTUMN"}
        version = TemplateVersion.objects.create(
            workspace=workspace, channel="sms", remote_id=template, mapping=mapping, created_at=now
        )
        if template not in ("101", "102"):
            account.options["templates"] += f"\n{template} | sms | Firstname, voucherCode"
            account.save()
        dispatch = engine.prepare(engine.start(make_campaign(account, version=version, **fields)))
        engine.slice(account)
        return dispatch

    return send
