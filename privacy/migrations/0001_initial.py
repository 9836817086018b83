import django.db.models.deletion
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from audit.migrating import Together


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_people'),
    ]

    operations = [
        Together(
            operations=[
                migrations.CreateModel(
                    name='Disposal',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('model', models.CharField(max_length=80)),
                        ('rule', models.CharField(max_length=200)),
                        ('count', models.PositiveIntegerField()),
                        ('numbers', models.JSONField(default=list)),
                        ('at', models.DateTimeField()),
                        ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'verbose_name': 'disposal',
                        'verbose_name_plural': 'disposals',
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='disposal',
                    trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='f3c4929ce5079e7d88453b3bcc8e2bd477789e7c', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_55f2b', table='privacy_disposal', when='BEFORE')),
                ),
                migrations.CreateModel(
                    name='LegalHold',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('supplier', 'Supplier'), ('person', 'Person')], max_length=10, verbose_name='kind')),
                        ('subject_id', models.BigIntegerField()),
                        ('reason', models.TextField(verbose_name='reason')),
                        ('set_at', models.DateTimeField(verbose_name='set')),
                        ('lifted_at', models.DateTimeField(blank=True, null=True, verbose_name='lifted')),
                        ('lifted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('set_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'verbose_name': 'legal hold',
                        'verbose_name_plural': 'legal holds',
                        'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['supplier', 'person'])), name='hold_kind_known'), models.CheckConstraint(condition=models.Q(models.Q(('lifted_at__isnull', True), ('lifted_by__isnull', True)), models.Q(('lifted_at__isnull', False), ('lifted_by__isnull', False)), _connector='OR'), name='hold_lifted_at_and_by_together'), models.UniqueConstraint(condition=models.Q(('lifted_at__isnull', True)), fields=('kind', 'subject_id'), name='hold_once_at_a_time')],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='legalhold',
                    trigger=pgtrigger.compiler.Trigger(name='superseded_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "privacy_legalholdevent" ("id", "kind", "lifted_at", "lifted_by_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "set_at", "set_by_id", "subject_id") VALUES (OLD."id", OLD."kind", OLD."lifted_at", OLD."lifted_by_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'superseded\', OLD."id", OLD."reason", OLD."set_at", OLD."set_by_id", OLD."subject_id"); RETURN NULL;', hash='e7d2c614cc5dafa950211c0ef37640b8e1958963', operation='UPDATE', pgid='pgtrigger_superseded_update_e66e2', table='privacy_legalhold', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='legalhold',
                    trigger=pgtrigger.compiler.Trigger(name='deleted_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "privacy_legalholdevent" ("id", "kind", "lifted_at", "lifted_by_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "set_at", "set_by_id", "subject_id") VALUES (OLD."id", OLD."kind", OLD."lifted_at", OLD."lifted_by_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'deleted\', OLD."id", OLD."reason", OLD."set_at", OLD."set_by_id", OLD."subject_id"); RETURN NULL;', hash='aaa9a90f19d582130b35e177403bf2a37915e493', operation='DELETE', pgid='pgtrigger_deleted_delete_039da', table='privacy_legalhold', when='AFTER')),
                ),
                migrations.CreateModel(
                    name='LegalHoldEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('pgh_context_id', models.UUIDField(null=True)),
                        ('id', models.BigIntegerField()),
                        ('kind', models.CharField(choices=[('supplier', 'Supplier'), ('person', 'Person')], max_length=10, verbose_name='kind')),
                        ('subject_id', models.BigIntegerField()),
                        ('reason', models.TextField(verbose_name='reason')),
                        ('set_at', models.DateTimeField(verbose_name='set')),
                        ('lifted_at', models.DateTimeField(blank=True, null=True, verbose_name='lifted')),
                        ('lifted_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='privacy.legalhold')),
                        ('set_by', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='legalholdevent',
                    trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='c05006aff2ce22b8bb1d0c34fc6e73c30dbcf398', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_b8925', table='privacy_legalholdevent', when='BEFORE')),
                ),
            ],
        ),
    ]
