from django.db import migrations, models

import reports.models.exports


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_tables")]

    operations = [
        # What was made before there was a term has the one that it would have got.
        migrations.RunSQL(
            "UPDATE reports_export SET expires_at = requested_at + interval '30 days' WHERE expires_at IS NULL",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            model_name="export",
            name="expires_at",
            field=models.DateTimeField(default=reports.models.exports.end_of_keeping, verbose_name="kept until"),
        ),
    ]
