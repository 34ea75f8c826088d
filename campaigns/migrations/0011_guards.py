"""What the guards of sending need: canary, share of failures, budget, evidence, and the breaker of an account."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0010_kinds_of_dispatch"),
    ]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="canary",
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name="go first and alone"),
        ),
        migrations.AddField(
            model_name="campaign",
            name="canary_minutes",
            field=models.PositiveSmallIntegerField(default=5, verbose_name="minutes to wait for their receipts"),
        ),
        migrations.AddField(
            model_name="campaign",
            name="failure_share",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="pause when so many fail"),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="canary",
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name="go first and alone"),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="canary_minutes",
            field=models.PositiveSmallIntegerField(default=5, verbose_name="minutes to wait for their receipts"),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="failure_share",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="pause when so many fail"),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="open_until",
            field=models.PositiveIntegerField(null=True, verbose_name="last batch that may leave"),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="units",
            field=models.PositiveBigIntegerField(default=0, verbose_name="parts or emails of the budget"),
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="broken_since",
            field=models.DateTimeField(editable=False, null=True, verbose_name="does not answer since"),
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="probe_until",
            field=models.DateTimeField(editable=False, null=True, verbose_name="being tried until"),
        ),
        migrations.CreateModel(
            name="Evidence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "source",
                    models.CharField(
                        choices=[("answers", "Answers of the provider"), ("receipts", "Receipts")],
                        max_length=8,
                        verbose_name="source",
                    ),
                ),
                ("tried", models.PositiveIntegerField(default=0, verbose_name="messages")),
                ("failed", models.PositiveIntegerField(default=0, verbose_name="failed")),
                ("tried_before", models.PositiveIntegerField(default=0, verbose_name="messages of the bucket before")),
                ("failed_before", models.PositiveIntegerField(default=0, verbose_name="failed of the bucket before")),
                ("strange", models.PositiveIntegerField(default=0, verbose_name="unreadable answers in a row")),
                (
                    "answer",
                    models.CharField(blank=True, default="", max_length=200, verbose_name="what cannot be read"),
                ),
                (
                    "dispatch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="evidence",
                        to="campaigns.dispatch",
                        verbose_name="dispatch",
                    ),
                ),
            ],
            options={
                "verbose_name": "evidence of failures",
                "verbose_name_plural": "evidence of failures",
                "constraints": [models.UniqueConstraint(fields=("dispatch", "source"), name="evidence_once")],
            },
        ),
    ]
