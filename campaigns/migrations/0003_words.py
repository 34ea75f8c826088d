"""Names, help texts and choices in words for the administration: nothing in the database changes."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import campaigns.models.account
import campaigns.models.dispatch
import campaigns.wording
import contacts.wording


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0002_five_providers"),
        ("console", "0002_words"),
        ("contacts", "0003_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="accesstoken",
            options={"verbose_name": "access token", "verbose_name_plural": "access tokens"},
        ),
        migrations.AlterModelOptions(
            name="attachment",
            options={"verbose_name": "attachment", "verbose_name_plural": "attachments"},
        ),
        migrations.AlterModelOptions(
            name="batch",
            options={"verbose_name": "batch", "verbose_name_plural": "batches"},
        ),
        migrations.AlterModelOptions(
            name="campaign",
            options={"verbose_name": "campaign", "verbose_name_plural": "campaigns"},
        ),
        migrations.AlterModelOptions(
            name="dispatch",
            options={"verbose_name": "dispatch", "verbose_name_plural": "dispatches"},
        ),
        migrations.AlterModelOptions(
            name="lane",
            options={"verbose_name": "sending lane", "verbose_name_plural": "sending lanes"},
        ),
        migrations.AlterModelOptions(
            name="listrun",
            options={
                "verbose_name": "list campaign at the provider",
                "verbose_name_plural": "list campaigns at providers",
            },
        ),
        migrations.AlterModelOptions(
            name="pace",
            options={"verbose_name": "rate limit", "verbose_name_plural": "rate limits"},
        ),
        migrations.AlterModelOptions(
            name="provideraccount",
            options={
                "ordering": ["name"],
                "verbose_name": "provider account",
                "verbose_name_plural": "provider accounts",
            },
        ),
        migrations.AlterModelOptions(
            name="providerevent",
            options={"verbose_name": "callback", "verbose_name_plural": "callbacks"},
        ),
        migrations.AlterModelOptions(
            name="pulse",
            options={"verbose_name": "speed reading", "verbose_name_plural": "speed readings"},
        ),
        migrations.AlterModelOptions(
            name="recipient",
            options={"verbose_name": "recipient", "verbose_name_plural": "recipients"},
        ),
        migrations.AlterModelOptions(
            name="reply",
            options={"verbose_name": "reply", "verbose_name_plural": "replies"},
        ),
        migrations.AlterModelOptions(
            name="tally",
            options={"verbose_name": "counter of a dispatch", "verbose_name_plural": "counters of dispatches"},
        ),
        migrations.AlterModelOptions(
            name="template",
            options={"ordering": ["name"], "verbose_name": "template", "verbose_name_plural": "templates"},
        ),
        migrations.AlterModelOptions(
            name="templateversion",
            options={"verbose_name": "template version", "verbose_name_plural": "template versions"},
        ),
        migrations.AlterModelOptions(
            name="ticket",
            options={
                "verbose_name": "request in progress at the provider",
                "verbose_name_plural": "requests in progress at providers",
            },
        ),
        migrations.AlterField(
            model_name="accesstoken",
            name="account",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                primary_key=True,
                related_name="+",
                serialize=False,
                to="campaigns.provideraccount",
                verbose_name="provider account",
            ),
        ),
        migrations.AlterField(
            model_name="accesstoken",
            name="expires_at",
            field=models.DateTimeField(null=True, verbose_name="expires"),
        ),
        migrations.AlterField(
            model_name="accesstoken",
            name="lease_until",
            field=models.DateTimeField(null=True, verbose_name="reserved until"),
        ),
        migrations.AlterField(
            model_name="accesstoken",
            name="sealed",
            field=models.TextField(blank=True, default="", verbose_name="token, encrypted"),
        ),
        migrations.AlterField(
            model_name="attachment",
            name="content_type",
            field=models.CharField(max_length=100, verbose_name="kind of file"),
        ),
        migrations.AlterField(
            model_name="attachment",
            name="created_at",
            field=models.DateTimeField(verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="attachment",
            name="data",
            field=models.BinaryField(verbose_name="content"),
        ),
        migrations.AlterField(
            model_name="attachment",
            name="digest",
            field=models.CharField(max_length=64, verbose_name="digest"),
        ),
        migrations.AlterField(
            model_name="attachment",
            name="inline",
            field=models.BooleanField(default=False, verbose_name="shown inside the text"),
        ),
        migrations.AlterField(
            model_name="attachment",
            name="name",
            field=models.CharField(max_length=200, verbose_name="name"),
        ),
        migrations.AlterField(
            model_name="attachment",
            name="size",
            field=models.PositiveIntegerField(verbose_name="size in bytes"),
        ),
        migrations.AlterField(
            model_name="attachment",
            name="workspace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="console.workspace",
                verbose_name="workspace",
            ),
        ),
        migrations.AlterField(
            model_name="batch",
            name="dispatch",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="batch_set",
                to="campaigns.dispatch",
                verbose_name="dispatch",
            ),
        ),
        migrations.AlterField(
            model_name="batch",
            name="excerpt",
            field=models.CharField(blank=True, default="", max_length=500, verbose_name="beginning of the answer"),
        ),
        migrations.AlterField(
            model_name="batch",
            name="finished_at",
            field=models.DateTimeField(null=True, verbose_name="finished at"),
        ),
        migrations.AlterField(
            model_name="batch",
            name="http_status",
            field=models.PositiveSmallIntegerField(null=True, verbose_name="HTTP status"),
        ),
        migrations.AlterField(
            model_name="batch",
            name="key",
            field=models.UUIDField(default=uuid.uuid4, editable=False, verbose_name="request key"),
        ),
        migrations.AlterField(
            model_name="batch",
            name="lease_until",
            field=models.DateTimeField(null=True, verbose_name="reserved until"),
        ),
        migrations.AlterField(
            model_name="batch",
            name="look_up_at",
            field=models.DateTimeField(null=True, verbose_name="next look-up"),
        ),
        migrations.AlterField(
            model_name="batch",
            name="look_ups",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="look-ups"),
        ),
        migrations.AlterField(
            model_name="batch",
            name="not_before",
            field=models.DateTimeField(verbose_name="not before"),
        ),
        migrations.AlterField(
            model_name="batch",
            name="number",
            field=models.PositiveIntegerField(verbose_name="number"),
        ),
        migrations.AlterField(
            model_name="batch",
            name="resubmission",
            field=models.BooleanField(default=False, verbose_name="sent again under the same references"),
        ),
        migrations.AlterField(
            model_name="batch",
            name="size",
            field=models.PositiveIntegerField(verbose_name="messages"),
        ),
        migrations.AlterField(
            model_name="batch",
            name="started_at",
            field=models.DateTimeField(null=True, verbose_name="started at"),
        ),
        migrations.AlterField(
            model_name="batch",
            name="status",
            field=models.CharField(
                choices=campaigns.wording.batch_choices, default="ready", max_length=8, verbose_name="status"
            ),
        ),
        migrations.AlterField(
            model_name="batch",
            name="token",
            field=models.CharField(blank=True, default="", max_length=32, verbose_name="token"),
        ),
        migrations.AlterField(
            model_name="batch",
            name="tries",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="tries"),
        ),
        migrations.AlterField(
            model_name="campaign",
            name="account",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="campaigns.provideraccount",
                verbose_name="provider account",
            ),
        ),
        migrations.AlterField(
            model_name="campaign",
            name="created_at",
            field=models.DateTimeField(verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="campaign",
            name="created_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="created by",
            ),
        ),
        migrations.AlterField(
            model_name="campaign",
            name="everyone",
            field=models.BooleanField(default=False, verbose_name="everyone"),
        ),
        migrations.AlterField(
            model_name="campaign",
            name="exclude",
            field=models.ManyToManyField(
                blank=True, related_name="+", to="contacts.group", verbose_name="excluded lists and tags"
            ),
        ),
        migrations.AlterField(
            model_name="campaign",
            name="include",
            field=models.ManyToManyField(
                blank=True, related_name="+", to="contacts.group", verbose_name="included lists and tags"
            ),
        ),
        migrations.AlterField(
            model_name="campaign",
            name="options",
            field=models.JSONField(blank=True, default=dict, verbose_name="settings of the provider"),
        ),
        migrations.AlterField(
            model_name="campaign",
            name="planned_people",
            field=models.PositiveIntegerField(default=0, verbose_name="people when it was scheduled"),
        ),
        migrations.AlterField(
            model_name="campaign",
            name="scheduled_at",
            field=models.DateTimeField(null=True, verbose_name="scheduled at"),
        ),
        migrations.AlterField(
            model_name="campaign",
            name="scheduled_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="scheduled by",
            ),
        ),
        migrations.AlterField(
            model_name="campaign",
            name="start_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="start"),
        ),
        migrations.AlterField(
            model_name="campaign",
            name="status",
            field=models.CharField(
                choices=campaigns.wording.campaign_choices, default="draft", max_length=10, verbose_name="status"
            ),
        ),
        migrations.AlterField(
            model_name="campaign",
            name="template",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="campaigns.template",
                verbose_name="template",
            ),
        ),
        migrations.AlterField(
            model_name="campaign",
            name="updated_at",
            field=models.DateTimeField(verbose_name="changed at"),
        ),
        migrations.AlterField(
            model_name="campaign",
            name="version",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="campaigns.templateversion",
                verbose_name="template version",
            ),
        ),
        migrations.AlterField(
            model_name="campaign",
            name="workspace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="campaigns",
                to="console.workspace",
                verbose_name="workspace",
            ),
        ),
        migrations.AlterField(
            model_name="campaign",
            name="zone",
            field=models.CharField(blank=True, default="", max_length=64, verbose_name="time zone"),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="campaigns.provideraccount",
                verbose_name="provider account",
            ),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="batch_size",
            field=models.PositiveIntegerField(default=1000, verbose_name="messages in a batch"),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="batches",
            field=models.PositiveIntegerField(default=0, verbose_name="batches"),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="campaign",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="dispatches",
                to="campaigns.campaign",
                verbose_name="campaign",
            ),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="changed_at",
            field=models.DateTimeField(verbose_name="changed at"),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="channel",
            field=models.CharField(choices=[("sms", "SMS"), ("email", "Email")], max_length=5, verbose_name="channel"),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="cost_cap",
            field=models.DecimalField(
                blank=True, decimal_places=4, max_digits=12, null=True, verbose_name="most it may cost"
            ),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="created_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="created by",
            ),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="cursor",
            field=models.BigIntegerField(default=0, verbose_name="last contact written"),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="finished_at",
            field=models.DateTimeField(null=True, verbose_name="finished at"),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="key",
            field=models.CharField(
                default=campaigns.models.dispatch.new_key,
                editable=False,
                max_length=16,
                unique=True,
                verbose_name="key in references",
            ),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="kind",
            field=models.CharField(
                choices=[("campaign", "Campaign"), ("test", "Test")],
                default="campaign",
                max_length=8,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="last_claim_at",
            field=models.DateTimeField(null=True, verbose_name="last served at"),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="lease_until",
            field=models.DateTimeField(null=True, verbose_name="reserved until"),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="max_parts",
            field=models.PositiveSmallIntegerField(default=4, verbose_name="longest allowed"),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="messages_per_second",
            field=models.FloatField(blank=True, null=True, verbose_name="messages per second"),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="number",
            field=models.PositiveIntegerField(default=1, verbose_name="number"),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="options",
            field=models.JSONField(blank=True, default=dict, verbose_name="settings of the provider"),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="people",
            field=models.PositiveBigIntegerField(default=0, verbose_name="people"),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="planned_at",
            field=models.DateTimeField(verbose_name="planned for"),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="prepared_at",
            field=models.DateTimeField(null=True, verbose_name="audience written at"),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="purpose",
            field=models.CharField(
                choices=[("marketing", "Marketing"), ("service", "Service")], max_length=9, verbose_name="purpose"
            ),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="reason",
            field=models.CharField(
                blank=True, choices=campaigns.wording.hold_choices, default="", max_length=40, verbose_name="reason"
            ),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="reply_to",
            field=models.CharField(blank=True, default="", max_length=254, verbose_name="reply to"),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="secret",
            field=models.CharField(
                default=campaigns.models.dispatch.new_secret,
                editable=False,
                max_length=32,
                verbose_name="secret of its links",
            ),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="sender",
            field=models.CharField(blank=True, default="", max_length=200, verbose_name="sender"),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="started_at",
            field=models.DateTimeField(null=True, verbose_name="started at"),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="status",
            field=models.CharField(
                choices=campaigns.wording.dispatch_choices, default="preparing", max_length=10, verbose_name="status"
            ),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="token",
            field=models.CharField(blank=True, default="", max_length=32, verbose_name="token"),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="campaigns.templateversion",
                verbose_name="template version",
            ),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="workspace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="dispatches",
                to="console.workspace",
                verbose_name="workspace",
            ),
        ),
        migrations.AlterField(
            model_name="lane",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lanes",
                to="campaigns.provideraccount",
                verbose_name="provider account",
            ),
        ),
        migrations.AlterField(
            model_name="lane",
            name="lease_until",
            field=models.DateTimeField(null=True, verbose_name="reserved until"),
        ),
        migrations.AlterField(
            model_name="lane",
            name="slot",
            field=models.PositiveSmallIntegerField(verbose_name="number"),
        ),
        migrations.AlterField(
            model_name="lane",
            name="token",
            field=models.CharField(blank=True, default="", max_length=32, verbose_name="token"),
        ),
        migrations.AlterField(
            model_name="listrun",
            name="approved_at",
            field=models.DateTimeField(null=True, verbose_name="approved at"),
        ),
        migrations.AlterField(
            model_name="listrun",
            name="approved_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="approved by",
            ),
        ),
        migrations.AlterField(
            model_name="listrun",
            name="cost",
            field=models.DecimalField(decimal_places=4, max_digits=12, null=True, verbose_name="cost"),
        ),
        migrations.AlterField(
            model_name="listrun",
            name="count",
            field=models.PositiveIntegerField(null=True, verbose_name="people as the provider counts them"),
        ),
        migrations.AlterField(
            model_name="listrun",
            name="created_at",
            field=models.DateTimeField(verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="listrun",
            name="cursor",
            field=models.PositiveIntegerField(default=0, verbose_name="last batch brought there"),
        ),
        migrations.AlterField(
            model_name="listrun",
            name="detail",
            field=models.CharField(blank=True, default="", max_length=300, verbose_name="note"),
        ),
        migrations.AlterField(
            model_name="listrun",
            name="dispatch",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="list_run",
                to="campaigns.dispatch",
                verbose_name="dispatch",
            ),
        ),
        migrations.AlterField(
            model_name="listrun",
            name="intent_at",
            field=models.DateTimeField(null=True, verbose_name="launch begun at"),
        ),
        migrations.AlterField(
            model_name="listrun",
            name="key",
            field=models.CharField(blank=True, default="", max_length=36, verbose_name="request key"),
        ),
        migrations.AlterField(
            model_name="listrun",
            name="kind",
            field=models.CharField(
                choices=contacts.wording.kind_choices, default="list", max_length=8, verbose_name="kind"
            ),
        ),
        migrations.AlterField(
            model_name="listrun",
            name="lease_until",
            field=models.DateTimeField(null=True, verbose_name="reserved until"),
        ),
        migrations.AlterField(
            model_name="listrun",
            name="name",
            field=models.CharField(blank=True, default="", max_length=30, verbose_name="name"),
        ),
        migrations.AlterField(
            model_name="listrun",
            name="next_at",
            field=models.DateTimeField(null=True, verbose_name="next step at"),
        ),
        migrations.AlterField(
            model_name="listrun",
            name="polls",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="look-ups"),
        ),
        migrations.AlterField(
            model_name="listrun",
            name="status",
            field=models.CharField(
                choices=campaigns.wording.list_choices, default="uploading", max_length=12, verbose_name="status"
            ),
        ),
        migrations.AlterField(
            model_name="listrun",
            name="ticket",
            field=models.CharField(blank=True, default="", max_length=200, verbose_name="id at the provider"),
        ),
        migrations.AlterField(
            model_name="listrun",
            name="token",
            field=models.CharField(blank=True, default="", max_length=32, verbose_name="token"),
        ),
        migrations.AlterField(
            model_name="listrun",
            name="uploaded",
            field=models.PositiveIntegerField(default=0, verbose_name="people brought there"),
        ),
        migrations.AlterField(
            model_name="pace",
            name="name",
            field=models.CharField(max_length=60, primary_key=True, serialize=False, verbose_name="limit"),
        ),
        migrations.AlterField(
            model_name="pace",
            name="next_at",
            field=models.FloatField(default=0, verbose_name="next free at"),
        ),
        migrations.AlterField(
            model_name="provideraccount",
            name="callback_token",
            field=models.CharField(
                default=campaigns.models.account.new_token,
                editable=False,
                max_length=64,
                unique=True,
                verbose_name="secret part of the callback addresses",
            ),
        ),
        migrations.AlterField(
            model_name="provideraccount",
            name="created_at",
            field=models.DateTimeField(verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="provideraccount",
            name="cursors",
            field=models.JSONField(default=dict, editable=False, verbose_name="how far replies were fetched"),
        ),
        migrations.AlterField(
            model_name="provideraccount",
            name="failures",
            field=models.PositiveIntegerField(default=0, editable=False, verbose_name="failures in a row"),
        ),
        migrations.AlterField(
            model_name="provideraccount",
            name="hold_reason",
            field=models.CharField(
                blank=True,
                choices=campaigns.wording.reason_choices,
                default="",
                editable=False,
                max_length=24,
                verbose_name="held because",
            ),
        ),
        migrations.AlterField(
            model_name="provideraccount",
            name="hold_since",
            field=models.DateTimeField(editable=False, null=True, verbose_name="held since"),
        ),
        migrations.AlterField(
            model_name="provideraccount",
            name="hold_until",
            field=models.DateTimeField(editable=False, null=True, verbose_name="asked to wait until"),
        ),
        migrations.AlterField(
            model_name="provideraccount",
            name="last_error",
            field=models.CharField(blank=True, default="", editable=False, max_length=500, verbose_name="last error"),
        ),
        migrations.AlterField(
            model_name="provideraccount",
            name="last_error_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="last error at"),
        ),
        migrations.AlterField(
            model_name="provideraccount",
            name="last_error_reason",
            field=models.CharField(
                blank=True,
                choices=campaigns.wording.reason_choices,
                default="",
                editable=False,
                max_length=24,
                verbose_name="reason of the last error",
            ),
        ),
        migrations.AlterField(
            model_name="provideraccount",
            name="last_success_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="last success"),
        ),
        migrations.AlterField(
            model_name="provideraccount",
            name="options",
            field=models.JSONField(blank=True, default=dict, verbose_name="settings of the provider"),
        ),
        migrations.AlterField(
            model_name="provideraccount",
            name="remote_templates",
            field=models.JSONField(default=list, editable=False, verbose_name="templates at the provider"),
        ),
        migrations.AlterField(
            model_name="provideraccount",
            name="remote_templates_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="templates read at"),
        ),
        migrations.AlterField(
            model_name="provideraccount",
            name="sealed",
            field=models.TextField(blank=True, default="", editable=False, verbose_name="credentials, encrypted"),
        ),
        migrations.AlterField(
            model_name="provideraccount",
            name="workspace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="accounts",
                to="console.workspace",
                verbose_name="workspace",
            ),
        ),
        migrations.AlterField(
            model_name="providerevent",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="events",
                to="campaigns.provideraccount",
                verbose_name="provider account",
            ),
        ),
        migrations.AlterField(
            model_name="providerevent",
            name="applied_at",
            field=models.DateTimeField(null=True, verbose_name="applied at"),
        ),
        migrations.AlterField(
            model_name="providerevent",
            name="body",
            field=models.TextField(verbose_name="content"),
        ),
        migrations.AlterField(
            model_name="providerevent",
            name="digest",
            field=models.CharField(max_length=32, verbose_name="digest"),
        ),
        migrations.AlterField(
            model_name="providerevent",
            name="headers",
            field=models.JSONField(default=dict, verbose_name="headers"),
        ),
        migrations.AlterField(
            model_name="providerevent",
            name="kind",
            field=models.CharField(max_length=20, verbose_name="kind"),
        ),
        migrations.AlterField(
            model_name="providerevent",
            name="note",
            field=models.CharField(blank=True, default="", max_length=300, verbose_name="note"),
        ),
        migrations.AlterField(
            model_name="providerevent",
            name="outcome",
            field=models.CharField(
                blank=True, choices=campaigns.wording.outcome_choices, default="", max_length=12, verbose_name="outcome"
            ),
        ),
        migrations.AlterField(
            model_name="providerevent",
            name="received_at",
            field=models.DateTimeField(verbose_name="received at"),
        ),
        migrations.AlterField(
            model_name="providerevent",
            name="retry_at",
            field=models.DateTimeField(null=True, verbose_name="next try"),
        ),
        migrations.AlterField(
            model_name="providerevent",
            name="tries",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="tries"),
        ),
        migrations.AlterField(
            model_name="pulse",
            name="at",
            field=models.BigIntegerField(verbose_name="time"),
        ),
        migrations.AlterField(
            model_name="pulse",
            name="dispatch",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="pulses",
                to="campaigns.dispatch",
                verbose_name="dispatch",
            ),
        ),
        migrations.AlterField(
            model_name="pulse",
            name="n",
            field=models.PositiveIntegerField(default=0, verbose_name="messages"),
        ),
        migrations.AlterField(
            model_name="pulse",
            name="parts",
            field=models.PositiveIntegerField(default=0, verbose_name="SMS parts"),
        ),
        migrations.AlterField(
            model_name="recipient",
            name="address",
            field=models.CharField(blank=True, default="", max_length=254, verbose_name="address"),
        ),
        migrations.AlterField(
            model_name="recipient",
            name="attempt",
            field=models.PositiveSmallIntegerField(default=1, verbose_name="attempt"),
        ),
        migrations.AlterField(
            model_name="recipient",
            name="batch_no",
            field=models.PositiveIntegerField(null=True, verbose_name="batch"),
        ),
        migrations.AlterField(
            model_name="recipient",
            name="contact",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="contacts.contact",
                verbose_name="contact",
            ),
        ),
        migrations.AlterField(
            model_name="recipient",
            name="detail",
            field=models.CharField(blank=True, default="", max_length=200, verbose_name="provider's words"),
        ),
        migrations.AlterField(
            model_name="recipient",
            name="dispatch",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="recipients",
                to="campaigns.dispatch",
                verbose_name="dispatch",
            ),
        ),
        migrations.AlterField(
            model_name="recipient",
            name="final_at",
            field=models.DateTimeField(null=True, verbose_name="final since"),
        ),
        migrations.AlterField(
            model_name="recipient",
            name="handed_over_at",
            field=models.DateTimeField(null=True, verbose_name="handed over at"),
        ),
        migrations.AlterField(
            model_name="recipient",
            name="parts",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="SMS parts"),
        ),
        migrations.AlterField(
            model_name="recipient",
            name="provider_message_id",
            field=models.CharField(blank=True, default="", max_length=200, verbose_name="id at the provider"),
        ),
        migrations.AlterField(
            model_name="recipient",
            name="reason",
            field=models.CharField(
                blank=True, choices=campaigns.wording.reason_choices, default="", max_length=24, verbose_name="reason"
            ),
        ),
        migrations.AlterField(
            model_name="recipient",
            name="status",
            field=models.CharField(
                choices=campaigns.wording.recipient_choices, default="queued", max_length=11, verbose_name="status"
            ),
        ),
        migrations.AlterField(
            model_name="recipient",
            name="values",
            field=models.TextField(blank=True, default="", verbose_name="field values used"),
        ),
        migrations.AlterField(
            model_name="reply",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="campaigns.provideraccount",
                verbose_name="provider account",
            ),
        ),
        migrations.AlterField(
            model_name="reply",
            name="address",
            field=models.CharField(max_length=254, verbose_name="address"),
        ),
        migrations.AlterField(
            model_name="reply",
            name="at",
            field=models.DateTimeField(verbose_name="time"),
        ),
        migrations.AlterField(
            model_name="reply",
            name="channel",
            field=models.CharField(choices=[("sms", "SMS"), ("email", "Email")], max_length=5, verbose_name="channel"),
        ),
        migrations.AlterField(
            model_name="reply",
            name="contact",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="replies",
                to="contacts.contact",
                verbose_name="contact",
            ),
        ),
        migrations.AlterField(
            model_name="reply",
            name="event_id",
            field=models.CharField(max_length=100, verbose_name="id at the provider"),
        ),
        migrations.AlterField(
            model_name="reply",
            name="opted_out",
            field=models.BooleanField(default=False, verbose_name="opted out"),
        ),
        migrations.AlterField(
            model_name="reply",
            name="recipient",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="campaigns.recipient",
                verbose_name="recipient",
            ),
        ),
        migrations.AlterField(
            model_name="reply",
            name="text",
            field=models.TextField(blank=True, default="", verbose_name="text"),
        ),
        migrations.AlterField(
            model_name="reply",
            name="workspace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="replies",
                to="console.workspace",
                verbose_name="workspace",
            ),
        ),
        migrations.AlterField(
            model_name="tally",
            name="dispatch",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="tallies",
                to="campaigns.dispatch",
                verbose_name="dispatch",
            ),
        ),
        migrations.AlterField(
            model_name="tally",
            name="n",
            field=models.BigIntegerField(default=0, verbose_name="people"),
        ),
        migrations.AlterField(
            model_name="tally",
            name="reason",
            field=models.CharField(
                blank=True, choices=campaigns.wording.reason_choices, default="", max_length=24, verbose_name="reason"
            ),
        ),
        migrations.AlterField(
            model_name="tally",
            name="status",
            field=models.CharField(choices=campaigns.wording.recipient_choices, max_length=11, verbose_name="status"),
        ),
        migrations.AlterField(
            model_name="template",
            name="archived_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="archived at"),
        ),
        migrations.AlterField(
            model_name="template",
            name="created_at",
            field=models.DateTimeField(verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="template",
            name="current",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="campaigns.templateversion",
                verbose_name="current version",
            ),
        ),
        migrations.AlterField(
            model_name="template",
            name="updated_at",
            field=models.DateTimeField(verbose_name="changed at"),
        ),
        migrations.AlterField(
            model_name="template",
            name="workspace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="templates",
                to="console.workspace",
                verbose_name="workspace",
            ),
        ),
        migrations.AlterField(
            model_name="templateversion",
            name="attachments",
            field=models.ManyToManyField(
                blank=True, related_name="+", to="campaigns.attachment", verbose_name="attachments"
            ),
        ),
        migrations.AlterField(
            model_name="templateversion",
            name="channel",
            field=models.CharField(choices=[("sms", "SMS"), ("email", "Email")], max_length=5, verbose_name="channel"),
        ),
        migrations.AlterField(
            model_name="templateversion",
            name="created_at",
            field=models.DateTimeField(verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="templateversion",
            name="created_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="created by",
            ),
        ),
        migrations.AlterField(
            model_name="templateversion",
            name="html",
            field=models.TextField(blank=True, default="", verbose_name="HTML"),
        ),
        migrations.AlterField(
            model_name="templateversion",
            name="html_source",
            field=models.TextField(blank=True, default="", verbose_name="HTML as written"),
        ),
        migrations.AlterField(
            model_name="templateversion",
            name="mapping",
            field=models.JSONField(blank=True, default=dict, verbose_name="values of the provider's placeholders"),
        ),
        migrations.AlterField(
            model_name="templateversion",
            name="names",
            field=models.JSONField(default=list, verbose_name="placeholders"),
        ),
        migrations.AlterField(
            model_name="templateversion",
            name="number",
            field=models.PositiveIntegerField(default=1, verbose_name="number"),
        ),
        migrations.AlterField(
            model_name="templateversion",
            name="remote_id",
            field=models.CharField(blank=True, default="", max_length=200, verbose_name="id at the provider"),
        ),
        migrations.AlterField(
            model_name="templateversion",
            name="remote_name",
            field=models.CharField(blank=True, default="", max_length=200, verbose_name="name at the provider"),
        ),
        migrations.AlterField(
            model_name="templateversion",
            name="template",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="versions",
                to="campaigns.template",
                verbose_name="template",
            ),
        ),
        migrations.AlterField(
            model_name="templateversion",
            name="text",
            field=models.TextField(blank=True, default="", verbose_name="text"),
        ),
        migrations.AlterField(
            model_name="templateversion",
            name="text_source",
            field=models.TextField(blank=True, default="", verbose_name="text as written"),
        ),
        migrations.AlterField(
            model_name="templateversion",
            name="workspace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="console.workspace",
                verbose_name="workspace",
            ),
        ),
        migrations.AlterField(
            model_name="ticket",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="campaigns.provideraccount",
                verbose_name="provider account",
            ),
        ),
        migrations.AlterField(
            model_name="ticket",
            name="batch_no",
            field=models.PositiveIntegerField(verbose_name="batch"),
        ),
        migrations.AlterField(
            model_name="ticket",
            name="course",
            field=models.CharField(
                choices=campaigns.wording.course_choices, default="open", max_length=8, verbose_name="state"
            ),
        ),
        migrations.AlterField(
            model_name="ticket",
            name="dispatch",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="tickets",
                to="campaigns.dispatch",
                verbose_name="dispatch",
            ),
        ),
        migrations.AlterField(
            model_name="ticket",
            name="follow_at",
            field=models.DateTimeField(null=True, verbose_name="next look-up"),
        ),
        migrations.AlterField(
            model_name="ticket",
            name="follows",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="look-ups"),
        ),
        migrations.AlterField(
            model_name="ticket",
            name="made_at",
            field=models.DateTimeField(verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="ticket",
            name="note",
            field=models.CharField(blank=True, default="", max_length=300, verbose_name="note"),
        ),
        migrations.AlterField(
            model_name="ticket",
            name="value",
            field=models.CharField(max_length=200, verbose_name="id at the provider"),
        ),
    ]
