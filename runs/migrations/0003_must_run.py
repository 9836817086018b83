"""What others rely on is not switched off, whoever tries: a trigger on a table of the library that runs by the clock.

`runs.schedules.MUST_RUN` has the same names; a test compares.
"""

from django.db import migrations


# Its clock may be moved, and what the library notes there.
MUST_RUN = """
    UPDATE django_celery_beat_periodictask SET enabled = true WHERE name IN ({names}) AND NOT enabled;
    CREATE FUNCTION runs_must_run() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        may_change text[] := '{{interval_id,crontab_id,expire_seconds,last_run_at,total_run_count,date_changed,description}}';
    BEGIN
        IF TG_OP = 'DELETE' OR to_jsonb(NEW) - may_change <> to_jsonb(OLD) - may_change THEN
            RAISE EXCEPTION 'the schedule "%" must run', OLD.name USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER runs_must_run BEFORE UPDATE OR DELETE ON django_celery_beat_periodictask
        FOR EACH ROW WHEN (OLD.name IN ({names})) EXECUTE FUNCTION runs_must_run();
"""
NAMES = """
    'Seal the audit trail every night', 'Delete what is older than the policy allows every night',
    'Remind the case team of its clocks', 'Tell people what did not run that must'
"""


class Migration(migrations.Migration):

    dependencies = [
        ('runs', '0002_deleted_by_the_policy'),
        ('django_celery_beat', '0019_alter_periodictasks_options'),
    ]

    operations = [migrations.RunSQL(MUST_RUN.format(names=NAMES), "DROP FUNCTION runs_must_run CASCADE;")]
