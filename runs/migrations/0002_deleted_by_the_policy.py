"""The nightly run that deletes by age does what these two schedules did."""

from django.db import migrations


def forward(apps, schema_editor):
    schedules = apps.get_model("django_celery_beat", "PeriodicTask").objects
    schedules.filter(name="Delete exported files that have expired").delete()
    schedules.filter(task="suppliers.tasks.forget_uploads").update(
        name="Remove half-written files of processes that were killed", task="suppliers.tasks.forget_drafts"
    )


class Migration(migrations.Migration):
    dependencies = [("runs", "0001_tables"), ("django_celery_beat", "0019_alter_periodictasks_options")]

    operations = [migrations.RunPython(forward, migrations.RunPython.noop)]
