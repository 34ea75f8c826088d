"""What counts in the window of a limit on messages."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0013_recipients_by_reason"),
    ]

    operations = [
        migrations.AddField(
            model_name="pace",
            name="recent",
            field=models.TextField(blank=True, default="", verbose_name="what counts in its window"),
        ),
    ]
