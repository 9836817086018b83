import django.db.models.deletion
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from audit.migrating import Together


class Migration(migrations.Migration):

    dependencies = [
        ('assessments', '0004_personal_data_out_of_history'),
        ('suppliers', '0003_evidence_history'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together(
            operations=[
                migrations.CreateModel(
                    name='FindingEvidenceEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('pgh_context_id', models.UUIDField(null=True)),
                        ('id', models.BigIntegerField()),
                        ('added_at', models.DateTimeField()),
                        ('added_by', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                        ('document', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='suppliers.document')),
                        ('finding', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='assessments.finding')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='assessments.findingevidence')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='findingevidence',
                    trigger=pgtrigger.compiler.Trigger(name='superseded_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "assessments_findingevidenceevent" ("added_at", "added_by_id", "document_id", "finding_id", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."added_at", OLD."added_by_id", OLD."document_id", OLD."finding_id", OLD."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'superseded\', OLD."id"); RETURN NULL;', hash='c695ab2324f26a0bd030d4e8ec6eb21447e3aaf5', operation='UPDATE', pgid='pgtrigger_superseded_update_6c093', table='assessments_findingevidence', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='findingevidence',
                    trigger=pgtrigger.compiler.Trigger(name='deleted_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "assessments_findingevidenceevent" ("added_at", "added_by_id", "document_id", "finding_id", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."added_at", OLD."added_by_id", OLD."document_id", OLD."finding_id", OLD."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'deleted\', OLD."id"); RETURN NULL;', hash='31f4b086236aba54e6bbe48cf5cc9569dce4de8f', operation='DELETE', pgid='pgtrigger_deleted_delete_cbc95', table='assessments_findingevidence', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='score',
                    trigger=pgtrigger.compiler.Trigger(name='computed_stays', sql=pgtrigger.compiler.UpsertTriggerSql(func='RAISE EXCEPTION \'pgtrigger: Cannot delete or update of "id", "assessment_id", "ruleset_sha256", "inputs_sha256", "declared", "evidenced", "verified", "evidence_coverage", "facts", "areas", "triggers_hit", "computed_at" rows from % table\', TG_TABLE_NAME;', hash='5b7fea9ac73f952abacb1194d03aa7d24ec6138a', operation='DELETE OR UPDATE OF "id", "assessment_id", "ruleset_sha256", "inputs_sha256", "declared", "evidenced", "verified", "evidence_coverage", "facts", "areas", "triggers_hit", "computed_at"', pgid='pgtrigger_computed_stays_962f5', table='assessments_score', when='BEFORE')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='score',
                    trigger=pgtrigger.compiler.Trigger(name='retired_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW.is_current AND NOT OLD.is_current OR NEW.run_id IS NOT NULL AND NEW.run_id IS DISTINCT FROM OLD.run_id)', func='RAISE EXCEPTION \'pgtrigger: Cannot update of "is_current", "run_id" rows from % table\', TG_TABLE_NAME;', hash='955a7b0a6f8dc1bbf6804c915ed9e9ca29ffa13b', operation='UPDATE OF "is_current", "run_id"', pgid='pgtrigger_retired_stays_5e09e', table='assessments_score', when='BEFORE')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='findingevidenceevent',
                    trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='7bdaa41b3be639899a1d22e08bbe9ab216dcef91', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_3ebac', table='assessments_findingevidenceevent', when='BEFORE')),
                ),
            ],
        ),
    ]
