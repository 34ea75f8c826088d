"""Names, help texts and choices in words for the administration: nothing in the database changes."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import contacts.states
import contacts.wording


class Migration(migrations.Migration):
    dependencies = [
        ("console", "0002_words"),
        ("contacts", "0002_search_index"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="consentevent",
            options={"verbose_name": "consent entry", "verbose_name_plural": "consent entries"},
        ),
        migrations.AlterModelOptions(
            name="contact",
            options={"verbose_name": "contact", "verbose_name_plural": "contacts"},
        ),
        migrations.AlterModelOptions(
            name="contactfield",
            options={"ordering": ["name"], "verbose_name": "contact field", "verbose_name_plural": "contact fields"},
        ),
        migrations.AlterModelOptions(
            name="group",
            options={"ordering": ["name"], "verbose_name": "list or tag", "verbose_name_plural": "lists and tags"},
        ),
        migrations.AlterModelOptions(
            name="groupmember",
            options={"verbose_name": "member of a list or tag", "verbose_name_plural": "members of lists and tags"},
        ),
        migrations.AlterModelOptions(
            name="suppression",
            options={"verbose_name": "do-not-contact address", "verbose_name_plural": "do-not-contact addresses"},
        ),
        migrations.AlterField(
            model_name="consentevent",
            name="actor",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="who",
            ),
        ),
        migrations.AlterField(
            model_name="consentevent",
            name="at",
            field=models.DateTimeField(verbose_name="time"),
        ),
        migrations.AlterField(
            model_name="consentevent",
            name="basis",
            field=models.CharField(blank=True, default="", max_length=40, verbose_name="legal basis"),
        ),
        migrations.AlterField(
            model_name="consentevent",
            name="channel",
            field=models.CharField(choices=contacts.wording.channel_choices, max_length=5, verbose_name="channel"),
        ),
        migrations.AlterField(
            model_name="consentevent",
            name="contact",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="consents",
                to="contacts.contact",
                verbose_name="contact",
            ),
        ),
        migrations.AlterField(
            model_name="consentevent",
            name="evidence",
            field=models.CharField(blank=True, default="", max_length=300, verbose_name="evidence"),
        ),
        migrations.AlterField(
            model_name="consentevent",
            name="source",
            field=models.CharField(choices=contacts.wording.source_choices, max_length=20, verbose_name="source"),
        ),
        migrations.AlterField(
            model_name="consentevent",
            name="state",
            field=models.CharField(choices=contacts.wording.consent_choices, max_length=10, verbose_name="consent"),
        ),
        migrations.AlterField(
            model_name="consentevent",
            name="wording",
            field=models.CharField(blank=True, default="", max_length=80, verbose_name="wording shown"),
        ),
        migrations.AlterField(
            model_name="consentevent",
            name="workspace",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="console.workspace",
                verbose_name="workspace",
            ),
        ),
        migrations.AlterField(
            model_name="contact",
            name="created_at",
            field=models.DateTimeField(verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="contact",
            name="email_consent",
            field=models.CharField(
                choices=contacts.wording.consent_choices,
                default=contacts.states.Consent["UNKNOWN"],
                max_length=10,
                verbose_name="email consent",
            ),
        ),
        migrations.AlterField(
            model_name="contact",
            name="phone_type",
            field=models.CharField(
                blank=True,
                choices=contacts.wording.phone_type_choices,
                default="",
                max_length=8,
                verbose_name="kind of phone",
            ),
        ),
        migrations.AlterField(
            model_name="contact",
            name="search",
            field=models.TextField(blank=True, default="", editable=False, verbose_name="found by"),
        ),
        migrations.AlterField(
            model_name="contact",
            name="sms_consent",
            field=models.CharField(
                choices=contacts.wording.consent_choices,
                default=contacts.states.Consent["UNKNOWN"],
                max_length=10,
                verbose_name="SMS consent",
            ),
        ),
        migrations.AlterField(
            model_name="contact",
            name="updated_at",
            field=models.DateTimeField(verbose_name="changed at"),
        ),
        migrations.AlterField(
            model_name="contact",
            name="workspace",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="contacts",
                to="console.workspace",
                verbose_name="workspace",
            ),
        ),
        migrations.AlterField(
            model_name="contactfield",
            name="label",
            field=models.CharField(
                blank=True,
                default="",
                help_text="As pages show it, such as Loyalty points.",
                max_length=120,
                verbose_name="label",
            ),
        ),
        migrations.AlterField(
            model_name="contactfield",
            name="name",
            field=models.CharField(
                help_text="As templates write it: small letters, digits and underscores.",
                max_length=60,
                verbose_name="name",
            ),
        ),
        migrations.AlterField(
            model_name="contactfield",
            name="workspace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="contact_fields",
                to="console.workspace",
                verbose_name="workspace",
            ),
        ),
        migrations.AlterField(
            model_name="group",
            name="created_at",
            field=models.DateTimeField(verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="group",
            name="kind",
            field=models.CharField(choices=contacts.wording.kind_choices, max_length=8, verbose_name="kind"),
        ),
        migrations.AlterField(
            model_name="group",
            name="size",
            field=models.PositiveIntegerField(default=0, editable=False, verbose_name="people"),
        ),
        migrations.AlterField(
            model_name="group",
            name="workspace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="groups",
                to="console.workspace",
                verbose_name="workspace",
            ),
        ),
        migrations.AlterField(
            model_name="groupmember",
            name="added_at",
            field=models.DateTimeField(verbose_name="added at"),
        ),
        migrations.AlterField(
            model_name="groupmember",
            name="contact",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="memberships",
                to="contacts.contact",
                verbose_name="contact",
            ),
        ),
        migrations.AlterField(
            model_name="groupmember",
            name="group",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="members",
                to="contacts.group",
                verbose_name="list or tag",
            ),
        ),
        migrations.AlterField(
            model_name="suppression",
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
            model_name="suppression",
            name="address",
            field=models.CharField(max_length=254, verbose_name="address"),
        ),
        migrations.AlterField(
            model_name="suppression",
            name="at",
            field=models.DateTimeField(verbose_name="time"),
        ),
        migrations.AlterField(
            model_name="suppression",
            name="channel",
            field=models.CharField(choices=contacts.wording.channel_choices, max_length=5, verbose_name="channel"),
        ),
        migrations.AlterField(
            model_name="suppression",
            name="note",
            field=models.CharField(blank=True, default="", max_length=300, verbose_name="note"),
        ),
        migrations.AlterField(
            model_name="suppression",
            name="reason",
            field=models.CharField(choices=contacts.wording.suppression_choices, max_length=12, verbose_name="reason"),
        ),
        migrations.AlterField(
            model_name="suppression",
            name="source",
            field=models.CharField(choices=contacts.wording.source_choices, max_length=20, verbose_name="source"),
        ),
        migrations.AlterField(
            model_name="suppression",
            name="workspace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="suppressions",
                to="console.workspace",
                verbose_name="workspace",
            ),
        ),
    ]
