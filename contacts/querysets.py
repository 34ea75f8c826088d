"""Every query of contacts that is more than a filter. How the newest of them are found quickly among a million
is the business of `contacts.services.finding`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Self

from django.db import connections
from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.db.models.lookups import Exact

from console.models import Workspace, WorkspaceQuerySet
from contacts import words
from contacts.states import Consent

CHANNELS = ("sms", "email")
ADDRESS = {"sms": "phone", "email": "email"}


class _Matches(Func):
    """`to_tsvector('simple', search) @@ query`, spelled as the index of migration 0002 is."""

    template = "(to_tsvector('simple'::regconfig, %(expressions)s))"
    arg_joiner = ") @@ to_tsquery('simple'::regconfig, "
    output_field = BooleanField()


class ContactQuerySet(WorkspaceQuerySet[Any]):
    """Contacts of a workspace."""

    def for_workspace(self, workspace: Workspace | int) -> Self:
        return self.filter(workspace=workspace)

    def search(self, query: words.Query, workspace_id: int) -> Self:
        """Contacts in whose words every term begins one, by the index. Not sorted, not quick to sort."""
        if not query:
            return self
        if connections[self.db].vendor == "sqlite":
            rows = RawSQL(
                "SELECT rowid FROM contacts_search WHERE contacts_search MATCH %s", [fts_match(query, workspace_id)]
            )
            return self.filter(pk__in=rows)
        return self.filter(_Matches(F("search"), Value(ts_query(query))))

    def containing(self, query: words.Query) -> Self:
        """The same answer as `search` by looking at every row: right for some thousand rows at most."""
        found = self
        for alternatives in query.terms:
            condition = Q()
            for term in alternatives:
                condition |= Q(search__startswith=term) | Q(search__contains=f" {term}")
            found = found.filter(condition)
        return found

    def identified(self, column: str, values: Iterable[str]) -> Self:
        """Contacts whose `column` (key, email or phone) is one of `values`, however many, by its index.

        The empty text is excluded in so many words: SQLite uses a partial index only for a query that repeats
        its condition, and would read every contact of the workspace otherwise.
        """
        return self.filter(**{f"{column}__in": self._listed(values)}).exclude(**{column: ""})

    def numbered(self, workspace: Workspace | int, pks: Iterable[int]) -> Self:
        """Those of the workspace with these ids, however many."""
        # "+ 0" keeps SQLite off the indexes by workspace: it would look through everybody for a few thousand ids.
        pk = workspace.pk if isinstance(workspace, Workspace) else workspace
        return self.filter(Exact(F("workspace_id") + 0, pk), pk__in=self._listed(pks, "bigint"))

    def _listed(self, values: Iterable[Any], kind: str = "text") -> RawSQL:
        """A subquery of these values, as one JSON text: thousands of parameters cost more than the query itself."""
        sqlite = connections[self.db].vendor == "sqlite"
        elements = "value FROM json_each(%s)" if sqlite else f"value::{kind} FROM json_array_elements_text(%s::json)"
        return RawSQL(f"SELECT {elements}", [json.dumps(list(values))])  # noqa: S611 - no input in the statement

    def in_group(self, group_id: int) -> Self:
        """Members of a list or tag."""
        members = self._related("GroupMember").filter(group_id=group_id, contact=OuterRef("pk"))
        return self.filter(Exists(members))

    def with_consent(self, channel: str, state: str) -> Self:
        """`state` is one of `Consent`."""
        return self.filter(**{f"{channel}_consent": state})

    def reachable(self, channel: str, workspace_id: int) -> Self:
        """Who may be written to and can get it: an address that is no fixed line, consent given, not suppressed."""
        found = self.with_consent(channel, Consent.GRANTED).exclude(**{ADDRESS[channel]: ""})
        if channel == "sms":
            found = found.exclude(phone_type="fixed")
        return found.filter(~self._suppressed(channel, workspace_id))

    def suppressed(self, channel: str, workspace_id: int) -> Self:
        """Whose address on the channel may not be written to."""
        return self.exclude(**{ADDRESS[channel]: ""}).filter(self._suppressed(channel, workspace_id))

    def _suppressed(self, channel: str, workspace_id: int) -> Exists:
        same_address = {"workspace": workspace_id, "channel": channel, "address": OuterRef(ADDRESS[channel])}
        return Exists(self._related("Suppression").filter(**same_address))

    def _related(self, name: str) -> QuerySet[Any]:
        # By name: the models import this module.
        model = self.model._meta.apps.get_model("contacts", name)
        return model._default_manager.all()


def fts_match(query: words.Query, workspace_id: int) -> str:
    """The query in FTS5's language. Words hold only letters and digits, so nothing needs escaping."""
    terms = ["(" + " OR ".join(f'"{term}" *' for term in alternatives) + ")" for alternatives in query.terms]
    return " AND ".join([f'"_{workspace_id}"', *terms])


def ts_query(query: words.Query) -> str:
    """The query in the language of `to_tsquery`."""
    terms = ["(" + " | ".join(f"{term}:*" for term in alternatives) + ")" for alternatives in query.terms]
    return " & ".join(terms)
