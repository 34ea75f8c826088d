"""When a dispatch pauses itself, as the workspace wants it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("console", "0003_sign_ins"),
    ]

    operations = [
        migrations.AddField(
            model_name="workspace",
            name="failure_least",
            field=models.PositiveIntegerField(default=50, verbose_name="but of so many at least"),
        ),
        migrations.AddField(
            model_name="workspace",
            name="failure_share",
            field=models.PositiveSmallIntegerField(
                default=20, help_text="0: never.", verbose_name="pause a dispatch when so many per cent fail"
            ),
        ),
        migrations.AddField(
            model_name="workspace",
            name="failure_window",
            field=models.PositiveIntegerField(default=200, verbose_name="of the last messages"),
        ),
        migrations.AddField(
            model_name="workspace",
            name="grace_minutes",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Empty: as the installation says.",
                null=True,
                verbose_name="minutes that a start may be late",
            ),
        ),
        migrations.AddField(
            model_name="workspace",
            name="strange_answers",
            field=models.PositiveSmallIntegerField(
                default=3, help_text="0: never.", verbose_name="pause a dispatch after so many unreadable answers"
            ),
        ),
    ]
