import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_cases_apart'),
    ]

    operations = [
        # Of Django's admin. Its key to people would let nobody be deleted.
        migrations.RunSQL('DROP TABLE IF EXISTS django_admin_log', migrations.RunSQL.noop),
        pgtrigger.migrations.RemoveTrigger(
            model_name='user',
            name='superseded_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='user',
            name='deleted_delete',
        ),
        migrations.RemoveField(
            model_name='user',
            name='groups',
        ),
        migrations.RemoveField(
            model_name='user',
            name='is_staff',
        ),
        migrations.RemoveField(
            model_name='user',
            name='is_superuser',
        ),
        migrations.RemoveField(
            model_name='user',
            name='user_permissions',
        ),
        migrations.AlterField(
            model_name='userevent',
            name='is_staff',
            field=models.BooleanField(null=True),
        ),
        migrations.AlterField(
            model_name='userevent',
            name='is_superuser',
            field=models.BooleanField(null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='superseded_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."active_membership_id" IS DISTINCT FROM (NEW."active_membership_id") OR OLD."date_joined" IS DISTINCT FROM (NEW."date_joined") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."is_demo" IS DISTINCT FROM (NEW."is_demo") OR OLD."language" IS DISTINCT FROM (NEW."language") OR OLD."timezone" IS DISTINCT FROM (NEW."timezone"))', func='INSERT INTO "accounts_userevent" ("active_membership_id", "date_joined", "id", "is_active", "is_demo", "language", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "timezone") VALUES (OLD."active_membership_id", OLD."date_joined", OLD."id", OLD."is_active", OLD."is_demo", OLD."language", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'superseded\', OLD."id", OLD."timezone"); RETURN NULL;', hash='0400dcc9980ed51a1c329e60887742136ee663fa', operation='UPDATE', pgid='pgtrigger_superseded_update_b6307', table='accounts_user', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='deleted_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_userevent" ("active_membership_id", "date_joined", "id", "is_active", "is_demo", "language", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "timezone") VALUES (OLD."active_membership_id", OLD."date_joined", OLD."id", OLD."is_active", OLD."is_demo", OLD."language", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'deleted\', OLD."id", OLD."timezone"); RETURN NULL;', hash='a5488cffd5d042aa47a8ef75359467f4dd7693d8', operation='DELETE', pgid='pgtrigger_deleted_delete_303ff', table='accounts_user', when='AFTER')),
        ),
    ]
