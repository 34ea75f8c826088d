"""The indexes of contacts: what `ContactQuerySet.search` reads, consents in the order of lists, and none twice.

SQLite: an FTS5 table without content of its own, kept by triggers. `words` begins with a word for the workspace,
so that a common name in another workspace costs nothing. Django rebuilds a table that a later migration alters,
and drops its triggers: such a migration must call `forwards` again (a test fails otherwise).
PostgreSQL: a GIN index. The longer list of pending entries makes imports twice as fast (measured at 1M rows) and
costs a search at most some 10 ms.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

WORDS = "'_' || {row}.workspace_id || ' ' || {row}.search"
NEW, OLD = WORDS.format(row="NEW"), WORDS.format(row="OLD")

SQLITE = [
    """CREATE VIRTUAL TABLE IF NOT EXISTS contacts_search USING fts5(
        words, content='', detail=none, columnsize=0, prefix='1 2 3', tokenize="ascii tokenchars '_'")""",
    "INSERT INTO contacts_search(contacts_search) VALUES ('delete-all')",
    f"""INSERT INTO contacts_search(rowid, words)
        SELECT c.id, {WORDS.format(row="c")} FROM contacts_contact c""",
    f"""CREATE TRIGGER contacts_search_insert AFTER INSERT ON contacts_contact BEGIN
        INSERT INTO contacts_search(rowid, words) VALUES (NEW.id, {NEW}); END""",
    f"""CREATE TRIGGER contacts_search_update AFTER UPDATE OF search, workspace_id ON contacts_contact
        WHEN {OLD} <> {NEW} BEGIN
        INSERT INTO contacts_search(contacts_search, rowid, words) VALUES ('delete', OLD.id, {OLD});
        INSERT INTO contacts_search(rowid, words) VALUES (NEW.id, {NEW}); END""",
    f"""CREATE TRIGGER contacts_search_delete AFTER DELETE ON contacts_contact BEGIN
        INSERT INTO contacts_search(contacts_search, rowid, words) VALUES ('delete', OLD.id, {OLD}); END""",
]
SQLITE_BACK = [
    "DROP TRIGGER IF EXISTS contacts_search_insert",
    "DROP TRIGGER IF EXISTS contacts_search_update",
    "DROP TRIGGER IF EXISTS contacts_search_delete",
    "DROP TABLE IF EXISTS contacts_search",
]
POSTGRESQL = [
    """CREATE INDEX contacts_search ON contacts_contact
        USING gin (to_tsvector('simple'::regconfig, search)) WITH (gin_pending_list_limit = 16384)""",
]
POSTGRESQL_BACK = ["DROP INDEX IF EXISTS contacts_search"]


def without_index(to, related_name):
    """A foreign key that another index serves already."""
    return models.ForeignKey(to, on_delete=django.db.models.deletion.CASCADE, related_name=related_name, db_index=False)


def forwards(apps, schema_editor):
    run(schema_editor, SQLITE, POSTGRESQL)


def backwards(apps, schema_editor):
    run(schema_editor, SQLITE_BACK, POSTGRESQL_BACK)


def run(schema_editor, sqlite, postgresql):
    for statement in sqlite if schema_editor.connection.vendor == "sqlite" else postgresql:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("contacts", "0001_initial")]
    operations = [
        migrations.AlterField("contact", "workspace", without_index("console.workspace", "contacts")),
        migrations.AlterField("groupmember", "group", without_index("contacts.group", "members")),
        migrations.AlterField("consentevent", "workspace", without_index("console.workspace", "+")),
        migrations.AlterField("consentevent", "contact", without_index("contacts.contact", "consents")),
        migrations.AlterField(
            "consentevent",
            "actor",
            models.ForeignKey(
                settings.AUTH_USER_MODEL,
                on_delete=django.db.models.deletion.SET_NULL,
                null=True,
                blank=True,
                related_name="+",
                db_index=False,
            ),
        ),
        migrations.AddIndex(
            "contact", models.Index(fields=["workspace", "sms_consent", "-id"], name="contact_sms_consent")
        ),
        migrations.AddIndex(
            "contact", models.Index(fields=["workspace", "email_consent", "-id"], name="contact_email_consent")
        ),
        migrations.RunPython(forwards, backwards),
    ]
