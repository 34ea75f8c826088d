"""Names, help texts and choices in words for the administration: nothing in the database changes."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import console.choices


class Migration(migrations.Migration):
    dependencies = [
        ("console", "0001_initial"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="auditevent",
            options={"verbose_name": "audit entry", "verbose_name_plural": "audit entries"},
        ),
        migrations.AlterModelOptions(
            name="heartbeat",
            options={"verbose_name": "sign of life", "verbose_name_plural": "signs of life"},
        ),
        migrations.AlterModelOptions(
            name="job",
            options={"verbose_name": "background job", "verbose_name_plural": "background jobs"},
        ),
        migrations.AlterModelOptions(
            name="membership",
            options={"verbose_name": "member", "verbose_name_plural": "members"},
        ),
        migrations.AlterModelOptions(
            name="user",
            options={"verbose_name": "person", "verbose_name_plural": "people"},
        ),
        migrations.AlterModelOptions(
            name="workspace",
            options={"verbose_name": "workspace", "verbose_name_plural": "workspaces"},
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="action",
            field=models.CharField(max_length=48, verbose_name="action"),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="actor",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="who",
            ),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="at",
            field=models.DateTimeField(verbose_name="time"),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="detail",
            field=models.JSONField(blank=True, default=dict, verbose_name="details"),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="label",
            field=models.CharField(blank=True, max_length=200, verbose_name="name at that time"),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="target",
            field=models.CharField(blank=True, max_length=64, verbose_name="row"),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="workspace",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="console.workspace",
                verbose_name="workspace",
            ),
        ),
        migrations.AlterField(
            model_name="heartbeat",
            name="at",
            field=models.DateTimeField(verbose_name="time"),
        ),
        migrations.AlterField(
            model_name="heartbeat",
            name="name",
            field=models.CharField(max_length=80, primary_key=True, serialize=False, verbose_name="part"),
        ),
        migrations.AlterField(
            model_name="job",
            name="actor",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="who",
            ),
        ),
        migrations.AlterField(
            model_name="job",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="attempts"),
        ),
        migrations.AlterField(
            model_name="job",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="job",
            name="error",
            field=models.TextField(blank=True, verbose_name="error"),
        ),
        migrations.AlterField(
            model_name="job",
            name="finished_at",
            field=models.DateTimeField(null=True, verbose_name="finished at"),
        ),
        migrations.AlterField(
            model_name="job",
            name="kind",
            field=models.CharField(max_length=32, verbose_name="kind"),
        ),
        migrations.AlterField(
            model_name="job",
            name="lease_until",
            field=models.DateTimeField(null=True, verbose_name="reserved until"),
        ),
        migrations.AlterField(
            model_name="job",
            name="params",
            field=models.JSONField(default=dict, verbose_name="asked for"),
        ),
        migrations.AlterField(
            model_name="job",
            name="progress",
            field=models.PositiveIntegerField(default=0, verbose_name="rows done"),
        ),
        migrations.AlterField(
            model_name="job",
            name="result",
            field=models.JSONField(default=dict, verbose_name="result"),
        ),
        migrations.AlterField(
            model_name="job",
            name="started_at",
            field=models.DateTimeField(null=True, verbose_name="started at"),
        ),
        migrations.AlterField(
            model_name="job",
            name="status",
            field=models.CharField(
                choices=[("waiting", "Waiting"), ("running", "Running"), ("done", "Done"), ("failed", "Failed")],
                default="waiting",
                max_length=8,
                verbose_name="status",
            ),
        ),
        migrations.AlterField(
            model_name="job",
            name="token",
            field=models.CharField(blank=True, max_length=32, verbose_name="token"),
        ),
        migrations.AlterField(
            model_name="job",
            name="total",
            field=models.PositiveIntegerField(default=0, verbose_name="rows in all"),
        ),
        migrations.AlterField(
            model_name="job",
            name="workspace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="jobs",
                to="console.workspace",
                verbose_name="workspace",
            ),
        ),
        migrations.AlterField(
            model_name="membership",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="member since"),
        ),
        migrations.AlterField(
            model_name="membership",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="memberships",
                to=settings.AUTH_USER_MODEL,
                verbose_name="person",
            ),
        ),
        migrations.AlterField(
            model_name="membership",
            name="workspace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="memberships",
                to="console.workspace",
                verbose_name="workspace",
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="language",
            field=models.CharField(
                blank=True,
                choices=console.choices.language_choices,
                help_text="Empty: that of the browser.",
                max_length=8,
                verbose_name="language",
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="time_zone",
            field=models.CharField(
                default="UTC", help_text="Such as Europe/Madrid.", max_length=64, verbose_name="time zone"
            ),
        ),
        migrations.AlterField(
            model_name="workspace",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="workspace",
            name="currency",
            field=models.CharField(
                default="EUR", help_text="Three letters, such as EUR.", max_length=3, verbose_name="currency"
            ),
        ),
        migrations.AlterField(
            model_name="workspace",
            name="default_country",
            field=models.CharField(
                default="ES", help_text="Two letters, such as ES.", max_length=2, verbose_name="default country"
            ),
        ),
        migrations.AlterField(
            model_name="workspace",
            name="is_demo",
            field=models.BooleanField(
                default=False,
                help_text="Its people are fictional and its messages stay here.",
                verbose_name="demonstration",
            ),
        ),
        migrations.AlterField(
            model_name="workspace",
            name="language",
            field=models.CharField(
                choices=console.choices.language_choices,
                default="en",
                help_text="For contacts whose own language is not known.",
                max_length=8,
                verbose_name="language",
            ),
        ),
        migrations.AlterField(
            model_name="workspace",
            name="slug",
            field=models.SlugField(max_length=40, unique=True, verbose_name="short name in addresses"),
        ),
        migrations.AlterField(
            model_name="workspace",
            name="stop_words",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="A reply that is one of these opts out.",
                verbose_name="opt-out words",
            ),
        ),
        migrations.AlterField(
            model_name="workspace",
            name="time_zone",
            field=models.CharField(
                default="Europe/Madrid", help_text="Such as Europe/Madrid.", max_length=64, verbose_name="time zone"
            ),
        ),
    ]
