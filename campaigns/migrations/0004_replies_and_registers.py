"""What a workspace does with replies, which of them were read, and what an account reads at its vendor."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0003_words"),
        ("console", "0002_words"),
        ("contacts", "0003_words"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReplySettings",
            fields=[
                (
                    "workspace",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="console.workspace",
                        verbose_name="workspace",
                    ),
                ),
                ("stop_words", models.JSONField(default=dict, verbose_name="opt-out words by language")),
                ("confirms", models.BooleanField(default=False, verbose_name="confirms an opt-out")),
                ("confirmation", models.JSONField(default=dict, verbose_name="confirmation by language")),
            ],
            options={
                "verbose_name": "settings of replies",
                "verbose_name_plural": "settings of replies",
            },
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="hook_networks",
            field=models.TextField(
                blank=True,
                default="",
                help_text="Addresses and networks; empty: from anywhere.",
                verbose_name="callbacks come from",
            ),
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="remote_campaigns",
            field=models.JSONField(default=list, editable=False, verbose_name="campaigns at the provider"),
        ),
        migrations.AddField(
            model_name="reply",
            name="read_at",
            field=models.DateTimeField(null=True, verbose_name="read at"),
        ),
        migrations.AddIndex(
            model_name="reply",
            index=models.Index(
                condition=models.Q(("read_at__isnull", True)), fields=["workspace", "-id"], name="reply_unread"
            ),
        ),
        migrations.AddIndex(
            model_name="reply",
            index=models.Index(
                condition=models.Q(("opted_out", True)), fields=["workspace", "-id"], name="reply_opted_out"
            ),
        ),
    ]
