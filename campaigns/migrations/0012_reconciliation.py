"""How far dispatches have been asked about at their vendor for receipts that got lost."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0011_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="Reconciliation",
            fields=[
                (
                    "dispatch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="campaigns.dispatch",
                        verbose_name="dispatch",
                    ),
                ),
                ("cursor", models.BigIntegerField(default=0, verbose_name="last row asked for")),
                ("next_at", models.DateTimeField(verbose_name="next try")),
            ],
            options={
                "verbose_name": "reconciliation",
                "verbose_name_plural": "reconciliations",
            },
        ),
    ]
