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
                    name='Case',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('code_sha256', models.CharField(editable=False, max_length=64, unique=True)),
                        ('report', models.TextField(help_text='sealed JSON', verbose_name='report')),
                        ('language', models.CharField(max_length=10, verbose_name='language')),
                        ('state', models.CharField(choices=[('received', 'Received'), ('acknowledged', 'Acknowledged'), ('answered', 'Feedback given'), ('closed', 'Closed')], default='received', max_length=12, verbose_name='state')),
                        ('received_at', models.DateTimeField(verbose_name='received')),
                        ('acknowledge_by', models.DateTimeField(verbose_name='to be acknowledged by')),
                        ('feedback_by', models.DateTimeField(verbose_name='feedback due by')),
                        ('acknowledged_at', models.DateTimeField(blank=True, null=True, verbose_name='acknowledged')),
                        ('feedback_at', models.DateTimeField(blank=True, null=True, verbose_name='feedback given')),
                        ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='closed')),
                        ('acknowledged_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('feedback_given_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'verbose_name': 'case',
                        'verbose_name_plural': 'cases',
                        'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['received', 'acknowledged', 'answered', 'closed'])), name='case_state_known'), models.CheckConstraint(condition=models.Q(models.Q(('acknowledged_at__isnull', True), ('acknowledged_by__isnull', True)), models.Q(('acknowledged_at__isnull', False), ('acknowledged_by__isnull', False)), _connector='OR'), name='case_acknowledged_at_and_by_together'), models.CheckConstraint(condition=models.Q(models.Q(('feedback_at__isnull', True), ('feedback_given_by__isnull', True)), models.Q(('feedback_at__isnull', False), ('feedback_given_by__isnull', False)), _connector='OR'), name='case_feedback_at_and_by_together'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('closed_by__isnull', True), models.Q(('state', 'closed'), _negated=True)), models.Q(('closed_at__isnull', False), ('closed_by__isnull', False), ('state', 'closed')), _connector='OR'), name='case_closed_at_and_by_together')],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='case',
                    trigger=pgtrigger.compiler.Trigger(name='superseded_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."acknowledge_by" IS DISTINCT FROM (NEW."acknowledge_by") OR OLD."acknowledged_at" IS DISTINCT FROM (NEW."acknowledged_at") OR OLD."acknowledged_by_id" IS DISTINCT FROM (NEW."acknowledged_by_id") OR OLD."closed_at" IS DISTINCT FROM (NEW."closed_at") OR OLD."closed_by_id" IS DISTINCT FROM (NEW."closed_by_id") OR OLD."code_sha256" IS DISTINCT FROM (NEW."code_sha256") OR OLD."feedback_at" IS DISTINCT FROM (NEW."feedback_at") OR OLD."feedback_by" IS DISTINCT FROM (NEW."feedback_by") OR OLD."feedback_given_by_id" IS DISTINCT FROM (NEW."feedback_given_by_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."language" IS DISTINCT FROM (NEW."language") OR OLD."received_at" IS DISTINCT FROM (NEW."received_at") OR OLD."state" IS DISTINCT FROM (NEW."state"))', func='INSERT INTO "grievances_caseevent" ("acknowledge_by", "acknowledged_at", "acknowledged_by_id", "closed_at", "closed_by_id", "code_sha256", "feedback_at", "feedback_by", "feedback_given_by_id", "id", "language", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "received_at", "state") VALUES (OLD."acknowledge_by", OLD."acknowledged_at", OLD."acknowledged_by_id", OLD."closed_at", OLD."closed_by_id", OLD."code_sha256", OLD."feedback_at", OLD."feedback_by", OLD."feedback_given_by_id", OLD."id", OLD."language", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'superseded\', OLD."id", OLD."received_at", OLD."state"); RETURN NULL;', hash='10ae686ad70e5c41637bddaba7fa49152747b2e3', operation='UPDATE', pgid='pgtrigger_superseded_update_2f385', table='grievances_case', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='case',
                    trigger=pgtrigger.compiler.Trigger(name='deleted_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "grievances_caseevent" ("acknowledge_by", "acknowledged_at", "acknowledged_by_id", "closed_at", "closed_by_id", "code_sha256", "feedback_at", "feedback_by", "feedback_given_by_id", "id", "language", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "received_at", "state") VALUES (OLD."acknowledge_by", OLD."acknowledged_at", OLD."acknowledged_by_id", OLD."closed_at", OLD."closed_by_id", OLD."code_sha256", OLD."feedback_at", OLD."feedback_by", OLD."feedback_given_by_id", OLD."id", OLD."language", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'deleted\', OLD."id", OLD."received_at", OLD."state"); RETURN NULL;', hash='96ca34e6b42321319f463be471fbb15bd25c881f', operation='DELETE', pgid='pgtrigger_deleted_delete_2c41e', table='grievances_case', when='AFTER')),
                ),
                migrations.CreateModel(
                    name='CaseEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('pgh_context_id', models.UUIDField(null=True)),
                        ('id', models.BigIntegerField()),
                        ('code_sha256', models.CharField(editable=False, max_length=64)),
                        ('language', models.CharField(max_length=10, verbose_name='language')),
                        ('state', models.CharField(choices=[('received', 'Received'), ('acknowledged', 'Acknowledged'), ('answered', 'Feedback given'), ('closed', 'Closed')], default='received', max_length=12, verbose_name='state')),
                        ('received_at', models.DateTimeField(verbose_name='received')),
                        ('acknowledge_by', models.DateTimeField(verbose_name='to be acknowledged by')),
                        ('feedback_by', models.DateTimeField(verbose_name='feedback due by')),
                        ('acknowledged_at', models.DateTimeField(blank=True, null=True, verbose_name='acknowledged')),
                        ('feedback_at', models.DateTimeField(blank=True, null=True, verbose_name='feedback given')),
                        ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='closed')),
                        ('acknowledged_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                        ('closed_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                        ('feedback_given_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='grievances.case')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='caseevent',
                    trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='e41b33c8b428d20829bdbff5cef9857d956ff50b', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_80514', table='grievances_caseevent', when='BEFORE')),
                ),
                migrations.CreateModel(
                    name='CaseLook',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('at', models.DateTimeField()),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='looks', to='grievances.case')),
                    ],
                    options={
                        'verbose_name': 'look at a case',
                        'verbose_name_plural': 'looks at cases',
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='caselook',
                    trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='86846c95e18ec0495251dc246c54581f3a106cd6', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_6edf4', table='grievances_caselook', when='BEFORE')),
                ),
                migrations.CreateModel(
                    name='CaseMessage',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('text', models.TextField(help_text='sealed')),
                        ('at', models.DateTimeField()),
                        ('once', models.UUIDField()),
                        ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='grievances.case')),
                    ],
                    options={
                        'verbose_name': 'case message',
                        'verbose_name_plural': 'case messages',
                        'constraints': [models.UniqueConstraint(fields=('case', 'once'), name='case_message_once')],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='casemessage',
                    trigger=pgtrigger.compiler.Trigger(name='said_is_said', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='130fbf8bc4d844593042e68cb601c7c30a77dd7b', operation='UPDATE', pgid='pgtrigger_said_is_said_d1e88', table='grievances_casemessage', when='BEFORE')),
                ),
            ],
        ),
    ]
