"""Which archived campaign carries the answers that go through an account."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0007_opens_and_clicks"),
    ]

    operations = [
        migrations.AddField(
            model_name="replysettings",
            name="carriers",
            field=models.JSONField(default=dict, verbose_name="campaigns of answers"),
        ),
    ]
