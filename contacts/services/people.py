"""Creating, changing and deleting one contact, with the same rules that imports follow."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from console.errors import UserError
from console.models import User, Workspace
from console.services import audit
from contacts import emails, phones, wording, words
from contacts.models import Contact, Group
from contacts.querysets import ADDRESS
from contacts.services import consent, fields
from contacts.states import Consent, ConsentSource, SuppressionReason

LIMITS = {"key": 120, "first_name": 120, "last_name": 160, "language": 12}
FIELDS = ("key", "email", "phone", "first_name", "last_name", "country", "language", "time_zone")


class InvalidContact(UserError):
    """What is wrong, field by field; the message is the first sentence."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        field, message = next(iter(self.errors.items()))
        super().__init__(message, field=field, code="invalid_contact")


def create(workspace: Workspace, values: Mapping[str, Any], actor: User | None, now: datetime) -> Contact:
    """A new contact from what was typed: any of `FIELDS`, and `attributes` (a mapping of text).

    Raises InvalidContact, also when somebody else has the external id, the email or (for people who have
    neither) the phone.
    """
    contact = Contact(workspace=workspace, created_at=now)
    return _save(contact, values, actor, now, "contact.created")


def update(contact: Contact, values: Mapping[str, Any], actor: User | None, now: datetime) -> Contact:
    """Change what `values` names and nothing else. Raises InvalidContact as `create` does."""
    return _save(contact, values, actor, now, "contact.changed")


def delete(contact: Contact, actor: User | None, now: datetime) -> None:
    """Remove the person, their consent history and memberships.

    A "no" survives on the do-not-contact list, else importing the person again would forget it. Ledger rows of
    campaigns keep the address they were sent to.
    """
    with transaction.atomic():
        for channel, column in ADDRESS.items():
            address = getattr(contact, column)
            if address and getattr(contact, f"{channel}_consent") == Consent.WITHDRAWN:
                reason, source = SuppressionReason.OPT_OUT, ConsentSource.CONSOLE
                consent.suppress_many(contact.workspace, channel, [address], reason, source, now, actor=actor)
        Group.objects.filter(members__contact=contact).update(size=F("size") - 1)
        audit.record("contact.deleted", workspace=contact.workspace, actor=actor, target=contact, now=now)
        contact.delete()


def search_text(contact: Contact) -> str:
    """What goes into `Contact.search`."""
    phone = phones.parse(contact.phone, "") if contact.phone else None
    national = phone.national if isinstance(phone, phones.Phone) else ""
    return words.search_text(contact.key, contact.email, contact.first_name, contact.last_name, contact.phone, national)


def _save(contact: Contact, values: Mapping[str, Any], actor: User | None, now: datetime, action: str) -> Contact:
    errors = _take(contact, values)
    if not (contact.phone or contact.email or {"phone", "email"} & errors.keys()):
        errors["phone"] = _("Enter a phone number or an email address, so that this person can be reached.")
    errors = {**_taken(contact), **errors}
    if errors:
        raise InvalidContact(errors)
    contact.updated_at = now
    contact.search = search_text(contact)
    try:
        with transaction.atomic():
            contact.save()
            fields.register(contact.workspace, {name: name for name in contact.attributes})
            audit.record(action, workspace=contact.workspace, actor=actor, target=contact, now=now)
    except IntegrityError as error:  # somebody else was quicker
        raise InvalidContact(_taken(contact) or {"email": _("Somebody else has just saved this person.")}) from error
    return contact


def _take(contact: Contact, values: Mapping[str, Any]) -> dict[str, str]:
    """Put the values on the contact; what is wrong with them."""
    errors: dict[str, str] = {}
    for name in ("key", "first_name", "last_name", "language"):
        if name in values:
            text = " ".join(str(values[name]).split())
            setattr(contact, name, text)
            if len(text) > LIMITS[name]:
                errors[name] = _("Shorten this to %(n)s characters.") % {"n": LIMITS[name]}
    if "country" in values:
        contact.country = str(values["country"]).strip().upper()
        if contact.country and not phones.is_country(contact.country):
            errors["country"] = _("Choose a country from the list.")
    if "time_zone" in values:
        contact.time_zone = str(values["time_zone"]).strip()
        if contact.time_zone and contact.time_zone not in zoneinfo.available_timezones():
            errors["time_zone"] = _("Choose a time zone from the list, such as Europe/Madrid.")
    if "attributes" in values:
        given = {str(name): str(value).strip() for name, value in values["attributes"].items()}
        contact.attributes = {name: value for name, value in given.items() if value}
    return errors | _take_addresses(contact, values)


def _take_addresses(contact: Contact, values: Mapping[str, Any]) -> dict[str, str]:
    errors: dict[str, str] = {}
    if "email" in values:
        email = emails.parse(str(values["email"]))
        contact.email = "" if isinstance(email, emails.EmailProblem) else email
        if isinstance(email, emails.EmailProblem) and email != emails.EmailProblem.EMPTY:
            errors["email"] = str(wording.EMAIL_PROBLEMS[email])
    if "phone" in values:
        phone = phones.parse(values["phone"], contact.country or contact.workspace.default_country)
        contact.phone, contact.phone_type = "", ""
        if isinstance(phone, phones.Phone):
            contact.phone, contact.phone_type = phone.e164, phone.type
            contact.country = contact.country or phone.country
        elif phone != phones.PhoneProblem.EMPTY:
            errors["phone"] = str(wording.PHONE_PROBLEMS[phone])
    return errors


def _taken(contact: Contact) -> dict[str, str]:
    """Identities that another contact of the workspace has."""
    others = Contact.objects.for_workspace(contact.workspace).exclude(pk=contact.pk)
    errors: dict[str, str] = {}
    if contact.key and (other := others.identified("key", [contact.key]).first()):
        errors["key"] = _("%(name)s has this external id already.") % {"name": other}
    if contact.email and (other := others.identified("email", [contact.email]).first()):
        errors["email"] = _("%(name)s has this email address already.") % {"name": other}
    only_phone = contact.phone and not contact.key and not contact.email
    if only_phone and (other := others.identified("phone", [contact.phone]).filter(key="", email="").first()):
        errors["phone"] = _("%(name)s has this phone number already.") % {"name": other}
    return errors
