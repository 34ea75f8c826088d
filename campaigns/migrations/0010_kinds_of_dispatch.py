"""Answers to replies and confirmations of opt-outs are dispatches of their own kinds."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0009_notices"),
    ]

    operations = [
        migrations.AlterField(
            model_name="dispatch",
            name="kind",
            field=models.CharField(
                choices=[
                    ("campaign", "Campaign"),
                    ("test", "Test"),
                    ("answer", "Answer to a reply"),
                    ("confirm", "Confirmation of an opt-out"),
                ],
                default="campaign",
                max_length=8,
                verbose_name="kind",
            ),
        ),
    ]
