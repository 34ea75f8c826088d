"""Contacts, lists and tags at the vendor (contract §6). A number is one contact in the whole account."""

from __future__ import annotations

from campaigns.sandbox.vendors.octopush.accounts import Account
from campaigns.sandbox.vendors.octopush.errors import Errors
from campaigns.sandbox.vendors.octopush.reading import as_flag, as_text, read_contacts, read_object
from campaigns.sandbox.vendors.octopush.records import SLUG
from campaigns.sandbox.wire import Answer, Call
from campaigns.sandbox.world import World

MOST_CREATED = 1000
MOST_DELETED = 200
LONGEST_LIST_NAME = 30
LONGEST_TAG_NAME = 20


class Contacts:
    """Create and delete contacts; create, empty and delete lists."""

    def __init__(self, world: World, errors: Errors) -> None:
        self._world, self._errors = world, errors

    def create_list(self, call: Call, account: Account) -> Answer:
        name = self._list_name(as_text(read_object(call.body, self._errors).get("list_name")))
        if name in account.lists:
            raise self._errors.refuse("list_exists")
        account.lists[name] = {}
        return Answer(status=201)

    def empty_list(self, call: Call, account: Account) -> Answer:
        body = read_object(call.body, self._errors)
        members = self._members(account, as_text(body.get("list_name")))
        if as_flag(body.get("delete_contacts")):
            for number in list(members):
                account.forget(number)
        members.clear()
        return Answer()

    def delete_list(self, call: Call, account: Account) -> Answer:
        name = as_text(read_object(call.body, self._errors).get("list_name"))
        self._members(account, name)
        del account.lists[name]
        return Answer(status=204)

    def create(self, call: Call, account: Account) -> Answer:
        body = read_object(call.body, self._errors)
        rows = body.get("contacts")
        if not isinstance(rows, list) or not rows:
            raise self._errors.refuse("no_recipients")
        if len(rows) > MOST_CREATED:
            raise self._errors.refuse("too_many_contacts")
        tag = as_text(body.get("tag_name"))
        if len(tag) > LONGEST_TAG_NAME:
            raise self._errors.refuse("not_possible")
        name = self._list_name(as_text(body.get("list_name")))
        groups = [self._members(account, name)] if name else []
        if tag:
            groups.append(account.tags.setdefault(tag, {}))
        keep = as_flag(body.get("do_not_overwrite"))
        drop = account.blacklist if as_flag(body.get("auto_remove_blacklisted_numbers")) else ()
        for contact in read_contacts(rows):
            if contact.number in drop:
                continue
            if not (keep and contact.number in account.contacts):
                account.contacts[contact.number] = contact
            for members in groups:
                members[contact.number] = None
        return Answer({}, 201)

    def delete(self, call: Call, account: Account) -> Answer:
        """From one list; without its name from the whole account, which nobody should do by accident."""
        body = read_object(call.body, self._errors)
        numbers = body.get("phone_numbers")
        if not isinstance(numbers, list) or not 0 < len(numbers) <= MOST_DELETED:
            raise self._errors.refuse("too_many_contacts")
        name = as_text(body.get("list_name"))
        if not name:
            self._world.violations.add(
                SLUG, "deleted_everywhere", "contacts deleted without list_name", call.arrival.number, len(numbers)
            )
            for number in numbers:
                account.forget(as_text(number))
            return Answer(status=204)
        members = self._members(account, name)
        for number in numbers:
            members.pop(as_text(number), None)
        return Answer(status=204)

    def _list_name(self, name: str) -> str:
        if len(name) > LONGEST_LIST_NAME:
            raise self._errors.refuse("not_possible")
        return name

    def _members(self, account: Account, name: str) -> dict[str, None]:
        if name not in account.lists:
            raise self._errors.refuse("no_such_list")
        return account.lists[name]
