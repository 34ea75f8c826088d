"""Names and choices of models are words on screen: giving them changes no table.

A table that SQLite rebuilds would lose its triggers (contacts), and a ledger of ten million rows would stand still.
"""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

WORDS = [("console", "0002_words"), ("contacts", "0003_words"), ("campaigns", "0003_words")]


@pytest.mark.django_db(transaction=True)  # SQLite changes no schema within a transaction
@pytest.mark.parametrize("name", WORDS, ids="-".join)
def test_a_migration_of_words_runs_no_statement(name: tuple[str, str]) -> None:
    loader = MigrationLoader(connection)
    state = loader.project_state([name], at_end=False)
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        loader.disk_migrations[name].apply(state, editor, collect_sql=True)
    assert [sql for sql in editor.collected_sql if not sql.startswith("--")] == []
