from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.fields.json import KeyTransform


class Migration(migrations.Migration):
    """Beside the trail as it grows: it is the largest table, and every look writes to it."""

    atomic = False

    dependencies = [("audit", "0001_tables")]

    operations = [
        AddIndexConcurrently(
            "event",
            models.Index(KeyTransform("export", "detail"), condition=models.Q(detail__has_key="export"), name="event_export"),
        ),
    ]
