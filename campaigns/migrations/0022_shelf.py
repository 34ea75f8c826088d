from django.db import migrations, models

# What the status of a row does to all of its indexes on PostgreSQL: `campaigns/querysets/shelves.py`. The free space in
# each page is for the row as it is once accepted, beside the row as it was. Writes the whole table anew, once: some
# minutes for a hundred million rows, in which nobody can work.
TO_POSTGRES = (
    "ALTER TABLE campaigns_recipient ADD COLUMN shelf varchar(11) GENERATED ALWAYS AS "
    "(CASE WHEN status = 'queued' OR status = 'accepted' THEN 'open' ELSE status END) STORED",
    "DROP INDEX recipient_by_status",
    "CREATE INDEX recipient_by_status ON campaigns_recipient (dispatch_id, shelf, id)",
    "ALTER TABLE campaigns_recipient SET (fillfactor = 45)",
)
FROM_POSTGRES = (
    "DROP INDEX recipient_by_status",
    "ALTER TABLE campaigns_recipient DROP COLUMN shelf",
    "CREATE INDEX recipient_by_status ON campaigns_recipient (dispatch_id, status, id)",
    "ALTER TABLE campaigns_recipient RESET (fillfactor)",
)
# Of a dispatch that is under way nobody knows any more which batches were cut again: all are taken for such.
UNDER_WAY = (
    "UPDATE campaigns_batch SET regrouped = true "
    "WHERE dispatch_id IN (SELECT id FROM campaigns_dispatch WHERE finished_at IS NULL)"
)


def by_shelf(apps, editor):
    editor.execute(UNDER_WAY)
    if editor.connection.vendor == "postgresql":
        for statement in TO_POSTGRES:
            editor.execute(statement)


def by_status(apps, editor):
    if editor.connection.vendor == "postgresql":
        for statement in FROM_POSTGRES:
            editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0021_status_compared_one_by_one"),
    ]

    operations = [
        migrations.AddField(
            model_name="batch",
            name="regrouped",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="of people who were in another batch"
            ),
        ),
        migrations.AddIndex(
            model_name="batch",
            index=models.Index(
                condition=models.Q(
                    ("regrouped", True),
                    models.Q(("started_at__isnull", True), ("status", "done")),
                    _connector="OR",
                ),
                fields=["dispatch", "number"],
                name="batch_out_of_order",
            ),
        ),
        migrations.RunPython(by_shelf, by_status),
    ]
