import django.db.models.deletion
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.conf import settings
from django.db import migrations, models

from audit.migrating import Together


class Migration(migrations.Migration):

    replaces = [('labels', '0001_initial'), ('labels', '0002_ledger_committee_appeals'), ('labels', '0004_drafts_and_their_tests'), ('labels', '0005_certificates_directory_notices'), ('labels', '0006_announced_steps')]

    initial = True

    dependencies = [
        ('accounts', '0001_people'),
        ('runs', '0001_tables'),
        ('suppliers', '0001_tables'),
    ]

    operations = [
        Together(
            operations=[
                migrations.CreateModel(
                    name='Proposal',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('revoke', 'Revoke the label'), ('except', 'Award the label by exception')], default='revoke', max_length=10, verbose_name='step')),
                        ('reason_code', models.CharField(max_length=60, verbose_name='ground')),
                        ('reason', models.TextField(verbose_name='reason')),
                        ('state', models.CharField(choices=[('open', 'Waiting for a second person'), ('confirmed', 'Confirmed'), ('declined', 'Declined')], default='open', max_length=10, verbose_name='state')),
                        ('proposed_at', models.DateTimeField(verbose_name='proposed')),
                        ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided')),
                        ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='label_proposals', to='suppliers.supplier', verbose_name='supplier')),
                        ('answer', models.TextField(blank=True, verbose_name='why it was declined')),
                        ('criteria', models.JSONField(blank=True, default=list)),
                        ('level', models.CharField(blank=True, choices=[('green', 'Green supplier'), ('green_leader', 'Green leader')], max_length=20, verbose_name='level')),
                        ('until', models.DateField(blank=True, null=True, verbose_name='until')),
                        ('effective_on', models.DateField(blank=True, null=True, verbose_name='in effect from')),
                    ],
                    options={
                        'verbose_name': 'label proposal',
                        'verbose_name_plural': 'label proposals',
                        'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('supplier', 'kind'), name='label_proposal_one_open'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True), ('state', 'open')), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('state__in', ['confirmed', 'declined'])), _connector='OR'), name='label_proposal_decided_at_and_by_together'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'confirmed'), _negated=True), models.Q(('decided_by', models.F('proposed_by')), _negated=True), _connector='OR'), name='label_proposal_second_pair_of_eyes'), models.CheckConstraint(condition=models.Q(('kind__in', ['revoke', 'except'])), name='label_proposal_kind_known'), models.CheckConstraint(condition=models.Q(('level__in', ['', 'green', 'green_leader'])), name='label_proposal_level_known'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='label_proposal_has_a_reason'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'revoke'), ('level', ''), ('until__isnull', True)), models.Q(('effective_on__isnull', True), ('kind', 'except'), ('until__isnull', False), models.Q(('level', ''), _negated=True)), _connector='OR'), name='label_proposal_exception_is_bounded')],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='proposal',
                    trigger=pgtrigger.compiler.Trigger(name='superseded_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "labels_proposalevent" ("answer", "criteria", "decided_at", "decided_by_id", "effective_on", "id", "kind", "level", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by_id", "reason", "reason_code", "state", "supplier_id", "until") VALUES (OLD."answer", OLD."criteria", OLD."decided_at", OLD."decided_by_id", OLD."effective_on", OLD."id", OLD."kind", OLD."level", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'superseded\', OLD."id", OLD."proposed_at", OLD."proposed_by_id", OLD."reason", OLD."reason_code", OLD."state", OLD."supplier_id", OLD."until"); RETURN NULL;', hash='f8e3970ea434ecf4f2b9c0b879ccc2930983c31a', operation='UPDATE', pgid='pgtrigger_superseded_update_d33df', table='labels_proposal', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='proposal',
                    trigger=pgtrigger.compiler.Trigger(name='deleted_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "labels_proposalevent" ("answer", "criteria", "decided_at", "decided_by_id", "effective_on", "id", "kind", "level", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by_id", "reason", "reason_code", "state", "supplier_id", "until") VALUES (OLD."answer", OLD."criteria", OLD."decided_at", OLD."decided_by_id", OLD."effective_on", OLD."id", OLD."kind", OLD."level", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'deleted\', OLD."id", OLD."proposed_at", OLD."proposed_by_id", OLD."reason", OLD."reason_code", OLD."state", OLD."supplier_id", OLD."until"); RETURN NULL;', hash='deed548619cb3bcba3d448426e221a870cb2995b', operation='DELETE', pgid='pgtrigger_deleted_delete_035b2', table='labels_proposal', when='AFTER')),
                ),
                migrations.CreateModel(
                    name='ProposalEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('pgh_context_id', models.UUIDField(null=True)),
                        ('id', models.BigIntegerField()),
                        ('kind', models.CharField(choices=[('revoke', 'Revoke the label'), ('except', 'Award the label by exception')], default='revoke', max_length=10, verbose_name='step')),
                        ('reason_code', models.CharField(max_length=60, verbose_name='ground')),
                        ('reason', models.TextField(verbose_name='reason')),
                        ('state', models.CharField(choices=[('open', 'Waiting for a second person'), ('confirmed', 'Confirmed'), ('declined', 'Declined')], default='open', max_length=10, verbose_name='state')),
                        ('proposed_at', models.DateTimeField(verbose_name='proposed')),
                        ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided')),
                        ('decided_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='labels.proposal')),
                        ('proposed_by', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                        ('supplier', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='suppliers.supplier', verbose_name='supplier')),
                        ('answer', models.TextField(blank=True, verbose_name='why it was declined')),
                        ('criteria', models.JSONField(blank=True, default=list)),
                        ('level', models.CharField(blank=True, choices=[('green', 'Green supplier'), ('green_leader', 'Green leader')], max_length=20, verbose_name='level')),
                        ('until', models.DateField(blank=True, null=True, verbose_name='until')),
                        ('effective_on', models.DateField(blank=True, null=True, verbose_name='in effect from')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='proposalevent',
                    trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='ffd6bb39a1e0c4e15600bde4a99321c8b222619b', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_c3460', table='labels_proposalevent', when='BEFORE')),
                ),
                migrations.CreateModel(
                    name='Standard',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('key', models.CharField(max_length=60, verbose_name='key')),
                        ('version', models.CharField(max_length=20, verbose_name='version')),
                        ('title_en', models.CharField(max_length=200, verbose_name='English title')),
                        ('title_zh', models.CharField(max_length=200, verbose_name='Chinese title')),
                        ('content', models.JSONField()),
                        ('sha256', models.CharField(max_length=64)),
                        ('status', models.CharField(choices=[('draft', 'Draft'), ('published', 'Published'), ('retired', 'Retired')], default='draft', max_length=10, verbose_name='status')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('published_at', models.DateTimeField(blank=True, null=True, verbose_name='published')),
                        ('in_force_from', models.DateField(blank=True, null=True, verbose_name='in force from')),
                        ('published_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('submitted_at', models.DateTimeField(blank=True, null=True, verbose_name='to be published since')),
                        ('submitted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('wanted_from', models.DateField(blank=True, null=True, verbose_name='to be in force from')),
                    ],
                    options={
                        'verbose_name': 'green procurement standard',
                        'verbose_name_plural': 'green procurement standards',
                        'constraints': [models.UniqueConstraint(fields=('key', 'version'), name='standard_version_once'), models.CheckConstraint(condition=models.Q(('status', 'draft'), models.Q(('in_force_from__isnull', False), ('published_at__isnull', False)), _connector='OR'), name='standard_published_is_dated'), models.CheckConstraint(condition=models.Q(models.Q(('submitted_at__isnull', True), ('submitted_by__isnull', True), ('wanted_from__isnull', True)), models.Q(('submitted_at__isnull', False), ('submitted_by__isnull', False), ('wanted_from__isnull', False)), _connector='OR'), name='standard_submitted_at_and_by_together'), models.CheckConstraint(condition=models.Q(('submitted_by__isnull', True), ('published_by__isnull', True), models.Q(('submitted_by', models.F('published_by')), _negated=True), _connector='OR'), name='standard_second_pair_of_eyes')],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='standard',
                    trigger=pgtrigger.compiler.Trigger(name='published_never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."status" IN (\'published\', \'retired\'))', func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='5edaa25efceb3cc3ce8ef40da6798a2e2b2de173', operation='DELETE', pgid='pgtrigger_published_never_deleted_8f988', table='labels_standard', when='BEFORE')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='standard',
                    trigger=pgtrigger.compiler.Trigger(name='published_never_changes', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.status <> 'draft' AND (NEW.status = 'draft' OR (to_jsonb(OLD) - 'status') <> (to_jsonb(NEW) - 'status')))", func="RAISE EXCEPTION 'a published standard never changes';", hash='a4301a7f9561d64ae50a83f6cdc2967596563905', operation='UPDATE', pgid='pgtrigger_published_never_changes_fdaf2', table='labels_standard', when='BEFORE')),
                ),
                migrations.CreateModel(
                    name='Label',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('state', models.CharField(choices=[('none', 'No label'), ('proposed', 'Proposed'), ('awarded', 'Awarded'), ('warned', 'Warned'), ('suspended', 'Suspended'), ('expired', 'Expired'), ('revoked', 'Revoked')], default='none', max_length=12, verbose_name='state')),
                        ('level', models.CharField(blank=True, choices=[('green', 'Green supplier'), ('green_leader', 'Green leader')], max_length=20, verbose_name='level')),
                        ('valid_from', models.DateField(blank=True, null=True, verbose_name='valid from')),
                        ('valid_to', models.DateField(blank=True, null=True, verbose_name='valid to')),
                        ('until', models.DateField(blank=True, help_text='while warned: the last day of grace; once revoked: the first day a label may be awarded again', null=True)),
                        ('is_held', models.BooleanField(default=False, help_text='suspended by a person: only a person lifts it')),
                        ('changed_at', models.DateTimeField(blank=True, null=True, verbose_name='changed')),
                        ('supplier', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='label', to='suppliers.supplier', verbose_name='supplier')),
                        ('last_event', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labels.labelevent')),
                        ('standard', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labels.standard')),
                        ('is_due', models.BooleanField(default=False, help_text='the supplier was told that this term nears its end')),
                    ],
                    options={
                        'verbose_name': 'label',
                        'verbose_name_plural': 'labels',
                        'indexes': [models.Index(fields=['state', 'level'], name='label_by_state'), models.Index(fields=['valid_to'], name='label_valid_to')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['none', 'proposed', 'awarded', 'warned', 'suspended', 'expired', 'revoked'])), name='label_state_known'), models.CheckConstraint(condition=models.Q(('state__in', ['none', 'proposed']), models.Q(('valid_from__isnull', False), ('valid_to__isnull', False), models.Q(('level', ''), _negated=True)), _connector='OR'), name='label_valid_dates_when_awarded')],
                    },
                ),
                migrations.CreateModel(
                    name='LabelEvent',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('number', models.PositiveIntegerField(help_text="of the supplier's ledger, from 1: two people cannot take the same step", verbose_name='step')),
                        ('kind', models.CharField(choices=[('proposed', 'Proposed'), ('declined', 'Declined'), ('awarded', 'Awarded'), ('raised', 'Level raised'), ('lowered', 'Level lowered'), ('warned', 'Warned'), ('cleared', 'Warning cleared'), ('suspended', 'Suspended'), ('reinstated', 'Reinstated'), ('renewal_due', 'Renewal due'), ('renewed', 'Renewed'), ('expired', 'Expired'), ('revoked', 'Revoked'), ('appealed', 'Appealed'), ('appeal_upheld', 'Appeal upheld'), ('appeal_refused', 'Appeal refused'), ('announced', 'Announced'), ('called_off', 'Announcement called off')], max_length=16, verbose_name='event')),
                        ('level', models.CharField(blank=True, choices=[('green', 'Green supplier'), ('green_leader', 'Green leader')], max_length=20, verbose_name='level')),
                        ('reason_code', models.CharField(max_length=60, verbose_name='reason')),
                        ('reason', models.TextField(blank=True, verbose_name='reason in words')),
                        ('snapshot', models.JSONField(default=dict, help_text='criteria, values and sources the decision was made from')),
                        ('effective_on', models.DateField(verbose_name='effective on')),
                        ('valid_from', models.DateField(blank=True, null=True)),
                        ('valid_to', models.DateField(blank=True, null=True)),
                        ('until', models.DateField(blank=True, help_text='as in Label.until', null=True)),
                        ('at', models.DateTimeField(verbose_name='recorded')),
                        ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('run', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='runs.run')),
                        ('second_actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='label_events', to='suppliers.supplier')),
                        ('standard', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labels.standard')),
                        ('notice_on', models.DateField(verbose_name='notice given on')),
                    ],
                    options={
                        'verbose_name': 'label event',
                        'verbose_name_plural': 'label events',
                        'indexes': [models.Index(fields=['-at', '-id'], name='label_event_newest')],
                        'constraints': [models.UniqueConstraint(fields=('supplier', 'number'), name='label_event_step_once'), models.CheckConstraint(condition=models.Q(('level__in', ['', 'green', 'green_leader'])), name='label_event_level_known'), models.CheckConstraint(condition=models.Q(('second_actor__isnull', True), models.Q(('second_actor', models.F('actor')), _negated=True), _connector='OR'), name='label_event_second_pair_of_eyes'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'revoked'), _negated=True), models.Q(('actor__isnull', False), ('second_actor__isnull', False)), _connector='OR'), name='label_revoked_by_two_people'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'awarded'), ('reason_code', 'exception'), _negated=True), models.Q(('actor__isnull', False), ('second_actor__isnull', False)), _connector='OR'), name='label_exception_by_two_people'), models.CheckConstraint(condition=models.Q(('actor__isnull', True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='label_event_people_give_reasons'), models.CheckConstraint(condition=models.Q(('kind__in', ['proposed', 'declined', 'awarded', 'raised', 'lowered', 'warned', 'cleared', 'suspended', 'reinstated', 'renewal_due', 'renewed', 'expired', 'revoked', 'appealed', 'appeal_upheld', 'appeal_refused', 'announced', 'called_off'])), name='label_event_kind_known')],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='labelevent',
                    trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='b6512e0a2e508f3fd9e538d97306f825238578e1', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_e1148', table='labels_labelevent', when='BEFORE')),
                ),
                migrations.CreateModel(
                    name='Decision',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('outcome', models.CharField(help_text='highest level whose criteria are all met, or empty', max_length=20, verbose_name='outcome')),
                        ('criteria', models.JSONField(default=dict, help_text='as `labels.criteria.Outcome.to_json()` writes it')),
                        ('content_sha256', models.CharField(help_text='of standard, outcome and criteria: an equal decision is not written again', max_length=64)),
                        ('evaluated_at', models.DateTimeField(help_text='when the decision last came out differently', verbose_name='decided')),
                        ('run', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='runs.run')),
                        ('supplier', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='label_decision', to='suppliers.supplier')),
                        ('standard', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labels.standard')),
                    ],
                    options={
                        'verbose_name': 'label decision',
                        'verbose_name_plural': 'label decisions',
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='decision',
                    trigger=pgtrigger.compiler.Trigger(name='superseded_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "labels_decisionevent" ("content_sha256", "criteria", "evaluated_at", "id", "outcome", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "run_id", "standard_id", "supplier_id") VALUES (OLD."content_sha256", OLD."criteria", OLD."evaluated_at", OLD."id", OLD."outcome", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'superseded\', OLD."id", OLD."run_id", OLD."standard_id", OLD."supplier_id"); RETURN NULL;', hash='b00dde7f0c01f329c820726b1f2060fc2605eb88', operation='UPDATE', pgid='pgtrigger_superseded_update_00fce', table='labels_decision', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='decision',
                    trigger=pgtrigger.compiler.Trigger(name='deleted_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "labels_decisionevent" ("content_sha256", "criteria", "evaluated_at", "id", "outcome", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "run_id", "standard_id", "supplier_id") VALUES (OLD."content_sha256", OLD."criteria", OLD."evaluated_at", OLD."id", OLD."outcome", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'deleted\', OLD."id", OLD."run_id", OLD."standard_id", OLD."supplier_id"); RETURN NULL;', hash='608b276ad0ffb3247a2acc17b15d1864d0581150', operation='DELETE', pgid='pgtrigger_deleted_delete_e3300', table='labels_decision', when='AFTER')),
                ),
                migrations.CreateModel(
                    name='DecisionEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('pgh_context_id', models.UUIDField(null=True)),
                        ('id', models.BigIntegerField()),
                        ('outcome', models.CharField(help_text='highest level whose criteria are all met, or empty', max_length=20, verbose_name='outcome')),
                        ('criteria', models.JSONField(default=dict, help_text='as `labels.criteria.Outcome.to_json()` writes it')),
                        ('content_sha256', models.CharField(help_text='of standard, outcome and criteria: an equal decision is not written again', max_length=64)),
                        ('evaluated_at', models.DateTimeField(help_text='when the decision last came out differently', verbose_name='decided')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='labels.decision')),
                        ('run', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='runs.run')),
                        ('standard', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='labels.standard')),
                        ('supplier', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='suppliers.supplier')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='decisionevent',
                    trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='c96a71e639278b5803054f2ee699ec68a24c4745', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_76efa', table='labels_decisionevent', when='BEFORE')),
                ),
                migrations.CreateModel(
                    name='Appeal',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('text', models.TextField(verbose_name='why the step is wrong')),
                        ('lodged_at', models.DateTimeField(verbose_name='lodged')),
                        ('due_on', models.DateField(verbose_name='to be decided by')),
                        ('state', models.CharField(choices=[('open', 'Open'), ('upheld', 'Upheld'), ('refused', 'Refused')], default='open', max_length=10, verbose_name='state')),
                        ('level', models.CharField(blank=True, choices=[('green', 'Green supplier'), ('green_leader', 'Green leader')], max_length=20, verbose_name='level')),
                        ('criteria', models.JSONField(blank=True, default=list)),
                        ('overlooked_until', models.DateField(blank=True, null=True)),
                        ('answer', models.TextField(blank=True, verbose_name='decision and reasons')),
                        ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided')),
                        ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('event', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='appeal', to='labels.labelevent', verbose_name='step')),
                        ('lodged_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='label_appeals', to='suppliers.supplier', verbose_name='supplier')),
                        ('documents', models.ManyToManyField(blank=True, related_name='+', to='suppliers.document', verbose_name='evidence')),
                    ],
                    options={
                        'verbose_name': 'appeal',
                        'verbose_name_plural': 'appeals',
                        'indexes': [models.Index(condition=models.Q(('state', 'open')), fields=['due_on'], name='appeal_open_by_due')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['open', 'upheld', 'refused'])), name='appeal_state_known'), models.CheckConstraint(condition=models.Q(('level__in', ['', 'green', 'green_leader'])), name='appeal_level_known'), models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='appeal_has_a_text'), models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('decided_at__isnull', True), ('decided_by__isnull', True), ('state', 'open')), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('state__in', ['upheld', 'refused']), models.Q(('answer', ''), _negated=True)), _connector='OR'), name='appeal_decided_at_and_by_together')],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='appeal',
                    trigger=pgtrigger.compiler.Trigger(name='decided_by_somebody_new', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW.decided_by_id IS NOT NULL)', func="\n                    IF EXISTS (\n                        SELECT FROM labels_labelevent contested\n                        JOIN labels_labelevent step ON step.supplier_id = contested.supplier_id\n                        WHERE contested.id = NEW.event_id AND NEW.decided_by_id IN (step.actor_id, step.second_actor_id)\n                          AND step.number >= (\n                              SELECT coalesce(max(award.number), 0) FROM labels_labelevent award\n                              WHERE award.supplier_id = contested.supplier_id AND award.kind = 'awarded'\n                                AND award.number <= contested.number\n                          )\n                    ) THEN\n                        RAISE EXCEPTION 'an appeal is decided by somebody who took no part in the steps since the award';\n                    END IF;\n                    RETURN NEW;\n                ", hash='60f3a4762b4872096e07dfc058eec354c0f23d35', operation='INSERT OR UPDATE', pgid='pgtrigger_decided_by_somebody_new_e0efa', table='labels_appeal', when='BEFORE')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='appeal',
                    trigger=pgtrigger.compiler.Trigger(name='decided_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NOT (OLD."state" = \'open\'))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='66d9b3dc29e7aeb12b8d1e94b1a8a4794ffd2699', operation='UPDATE', pgid='pgtrigger_decided_stays_f86e3', table='labels_appeal', when='BEFORE')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='appeal',
                    trigger=pgtrigger.compiler.Trigger(name='never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='b26155257403198e80da7163d4f1965ba50a5b03', operation='DELETE', pgid='pgtrigger_never_deleted_ef31f', table='labels_appeal', when='BEFORE')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='appeal',
                    trigger=pgtrigger.compiler.Trigger(name='superseded_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "labels_appealevent" ("answer", "criteria", "decided_at", "decided_by_id", "due_on", "event_id", "id", "level", "lodged_at", "lodged_by_id", "overlooked_until", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "state", "supplier_id", "text") VALUES (OLD."answer", OLD."criteria", OLD."decided_at", OLD."decided_by_id", OLD."due_on", OLD."event_id", OLD."id", OLD."level", OLD."lodged_at", OLD."lodged_by_id", OLD."overlooked_until", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'superseded\', OLD."id", OLD."state", OLD."supplier_id", OLD."text"); RETURN NULL;', hash='e6321eafeb9069ab8b5ca6cc26030cb7136f7ce1', operation='UPDATE', pgid='pgtrigger_superseded_update_6a965', table='labels_appeal', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='appeal',
                    trigger=pgtrigger.compiler.Trigger(name='deleted_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "labels_appealevent" ("answer", "criteria", "decided_at", "decided_by_id", "due_on", "event_id", "id", "level", "lodged_at", "lodged_by_id", "overlooked_until", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "state", "supplier_id", "text") VALUES (OLD."answer", OLD."criteria", OLD."decided_at", OLD."decided_by_id", OLD."due_on", OLD."event_id", OLD."id", OLD."level", OLD."lodged_at", OLD."lodged_by_id", OLD."overlooked_until", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'deleted\', OLD."id", OLD."state", OLD."supplier_id", OLD."text"); RETURN NULL;', hash='4a407fc9ce7d8d6ff71b82189101ef652f11bf48', operation='DELETE', pgid='pgtrigger_deleted_delete_3f07d', table='labels_appeal', when='AFTER')),
                ),
                migrations.CreateModel(
                    name='AppealEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('pgh_context_id', models.UUIDField(null=True)),
                        ('id', models.BigIntegerField()),
                        ('text', models.TextField(verbose_name='why the step is wrong')),
                        ('lodged_at', models.DateTimeField(verbose_name='lodged')),
                        ('due_on', models.DateField(verbose_name='to be decided by')),
                        ('state', models.CharField(choices=[('open', 'Open'), ('upheld', 'Upheld'), ('refused', 'Refused')], default='open', max_length=10, verbose_name='state')),
                        ('level', models.CharField(blank=True, choices=[('green', 'Green supplier'), ('green_leader', 'Green leader')], max_length=20, verbose_name='level')),
                        ('criteria', models.JSONField(blank=True, default=list)),
                        ('overlooked_until', models.DateField(blank=True, null=True)),
                        ('answer', models.TextField(blank=True, verbose_name='decision and reasons')),
                        ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided')),
                        ('decided_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                        ('event', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='labels.labelevent', verbose_name='step')),
                        ('lodged_by', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='labels.appeal')),
                        ('supplier', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='suppliers.supplier', verbose_name='supplier')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='appealevent',
                    trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='053d4f30f589cfddae151cbdc495df701bb5ac43', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_02b29', table='labels_appealevent', when='BEFORE')),
                ),
                migrations.CreateModel(
                    name='EvaluationMark',
                    fields=[
                        ('supplier', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='label_mark', serialize=False, to='suppliers.supplier')),
                        ('marked_at', models.DateTimeField(verbose_name='marked')),
                    ],
                    options={
                        'verbose_name': 'label to be evaluated again',
                        'verbose_name_plural': 'labels to be evaluated again',
                        'indexes': [models.Index(fields=['marked_at'], name='evaluation_mark_oldest')],
                    },
                ),
                migrations.CreateModel(
                    name='StandardTest',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('sha256', models.CharField(max_length=64)),
                        ('requested_at', models.DateTimeField(verbose_name='requested')),
                        ('against', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labels.standard')),
                        ('requested_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('run', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='runs.run')),
                        ('standard', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tests', to='labels.standard')),
                    ],
                    options={
                        'verbose_name': 'back-test of a standard',
                        'verbose_name_plural': 'back-tests of standards',
                        'indexes': [models.Index(fields=['standard', '-requested_at'], name='standard_test_newest')],
                    },
                ),
                migrations.CreateModel(
                    name='StandardTestRow',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('category', models.CharField(choices=[('media', 'Media'), ('events', 'Events'), ('services', 'Services'), ('engineering', 'Engineering'), ('office_it', 'Office IT'), ('logistics', 'Logistics'), ('cloud_dc', 'Cloud and data centre')], max_length=20, verbose_name='category')),
                        ('before', models.CharField(blank=True, choices=[('green', 'Green supplier'), ('green_leader', 'Green leader')], max_length=20, verbose_name='level by the version in force')),
                        ('after', models.CharField(blank=True, choices=[('green', 'Green supplier'), ('green_leader', 'Green leader')], max_length=20, verbose_name='level by this version')),
                        ('move', models.CharField(choices=[('gains', 'Would gain'), ('loses', 'Would lose'), ('stays', 'Stays with a label'), ('none', 'Stays without')], max_length=8, verbose_name='change')),
                        ('costs', models.JSONField(default=list)),
                        ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='suppliers.supplier')),
                        ('test', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='rows', to='labels.standardtest')),
                    ],
                    options={
                        'verbose_name': 'supplier of a back-test',
                        'verbose_name_plural': 'suppliers of back-tests',
                        'indexes': [models.Index(fields=['test', 'move', 'category'], name='standard_test_groups')],
                        'constraints': [models.UniqueConstraint(fields=('test', 'supplier'), name='standard_test_supplier_once'), models.CheckConstraint(condition=models.Q(('category__in', ['media', 'events', 'services', 'engineering', 'office_it', 'logistics', 'cloud_dc'])), name='standard_test_category_known'), models.CheckConstraint(condition=models.Q(('before__in', ['', 'green', 'green_leader'])), name='standard_test_before_known'), models.CheckConstraint(condition=models.Q(('after__in', ['', 'green', 'green_leader'])), name='standard_test_after_known'), models.CheckConstraint(condition=models.Q(('move__in', ['gains', 'loses', 'stays', 'none'])), name='standard_test_move_known')],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='standardtestrow',
                    trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='4bf0d9b4c33ae97a1b0a7582e30e2de7609e9215', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_21487', table='labels_standardtestrow', when='BEFORE')),
                ),
                migrations.CreateModel(
                    name='Notice',
                    fields=[
                        ('event', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='notice', serialize=False, to='labels.labelevent')),
                        ('told_at', models.DateTimeField(verbose_name='told')),
                    ],
                    options={
                        'verbose_name': 'notice of a label step',
                        'verbose_name_plural': 'notices of label steps',
                    },
                ),
                migrations.CreateModel(
                    name='Publication',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name', models.BooleanField(default=False, verbose_name='Name of the company')),
                        ('identifier', models.BooleanField(default=False, verbose_name='Number in the company register')),
                        ('place', models.BooleanField(default=False, verbose_name='Country and region')),
                        ('website', models.BooleanField(default=False, verbose_name='Website')),
                        ('qualifications', models.BooleanField(default=False, verbose_name='Green qualifications in date (kinds of certificates, no files)')),
                        ('agreed_at', models.DateTimeField(verbose_name='agreed')),
                        ('agreed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('supplier', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='label_publication', to='suppliers.supplier', verbose_name='supplier')),
                    ],
                    options={
                        'verbose_name': 'what a supplier agreed to publish',
                        'verbose_name_plural': 'what suppliers agreed to publish',
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='publication',
                    trigger=pgtrigger.compiler.Trigger(name='superseded_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "labels_publicationevent" ("agreed_at", "agreed_by_id", "id", "identifier", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place", "qualifications", "supplier_id", "website") VALUES (OLD."agreed_at", OLD."agreed_by_id", OLD."id", OLD."identifier", OLD."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'superseded\', OLD."id", OLD."place", OLD."qualifications", OLD."supplier_id", OLD."website"); RETURN NULL;', hash='e866193ea3a583a1e1e7d58355eb30b6a79f4af1', operation='UPDATE', pgid='pgtrigger_superseded_update_74256', table='labels_publication', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='publication',
                    trigger=pgtrigger.compiler.Trigger(name='deleted_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "labels_publicationevent" ("agreed_at", "agreed_by_id", "id", "identifier", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place", "qualifications", "supplier_id", "website") VALUES (OLD."agreed_at", OLD."agreed_by_id", OLD."id", OLD."identifier", OLD."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'deleted\', OLD."id", OLD."place", OLD."qualifications", OLD."supplier_id", OLD."website"); RETURN NULL;', hash='20d652778c9647078bf9751f4d70d54f6c030286', operation='DELETE', pgid='pgtrigger_deleted_delete_d4c6d', table='labels_publication', when='AFTER')),
                ),
                migrations.CreateModel(
                    name='PublicationEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('pgh_context_id', models.UUIDField(null=True)),
                        ('id', models.BigIntegerField()),
                        ('name', models.BooleanField(default=False, verbose_name='Name of the company')),
                        ('identifier', models.BooleanField(default=False, verbose_name='Number in the company register')),
                        ('place', models.BooleanField(default=False, verbose_name='Country and region')),
                        ('website', models.BooleanField(default=False, verbose_name='Website')),
                        ('qualifications', models.BooleanField(default=False, verbose_name='Green qualifications in date (kinds of certificates, no files)')),
                        ('agreed_at', models.DateTimeField(verbose_name='agreed')),
                        ('agreed_by', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='labels.publication')),
                        ('supplier', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='suppliers.supplier', verbose_name='supplier')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='publicationevent',
                    trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='5032c7b5b6293b462a11c5dbc04b0f19a0fb0169', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_a7920', table='labels_publicationevent', when='BEFORE')),
                ),
                migrations.CreateModel(
                    name='SavedView',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name', models.CharField(max_length=80, verbose_name='name')),
                        ('query', models.JSONField(default=dict)),
                        ('saved_at', models.DateTimeField(verbose_name='saved')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='label_views', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'verbose_name': 'saved view of the directory',
                        'verbose_name_plural': 'saved views of the directory',
                        'constraints': [models.UniqueConstraint(fields=('user', 'name'), name='label_view_name_once')],
                    },
                ),
                migrations.CreateModel(
                    name='UnitShare',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('day', models.DateField(verbose_name='day')),
                        ('suppliers', models.PositiveIntegerField(verbose_name='suppliers')),
                        ('labelled', models.PositiveIntegerField(verbose_name='with a label')),
                        ('leaders', models.PositiveIntegerField(verbose_name='green leaders')),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='label_shares', to='suppliers.buyingunit')),
                    ],
                    options={
                        'verbose_name': 'share of labelled suppliers',
                        'verbose_name_plural': 'shares of labelled suppliers',
                        'constraints': [models.UniqueConstraint(fields=('unit', 'day'), name='unit_share_once_a_day'), models.CheckConstraint(condition=models.Q(('labelled__lte', models.F('suppliers')), ('leaders__lte', models.F('labelled'))), name='unit_share_adds_up')],
                    },
                ),
                migrations.CreateModel(
                    name='UnitWatch',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='watches', to='suppliers.buyingunit')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='unit_watches', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'verbose_name': 'buying unit of a person',
                        'verbose_name_plural': 'buying units of people',
                        'constraints': [models.UniqueConstraint(fields=('user', 'unit'), name='unit_watch_once')],
                    },
                ),
                migrations.CreateModel(
                    name='Announcement',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('step', models.CharField(choices=[('suspended', 'Suspension'), ('reinstated', 'Lifting of the suspension'), ('revoked', 'Revocation')], max_length=12, verbose_name='step')),
                        ('notice_on', models.DateField(verbose_name='notice given on')),
                        ('effective_on', models.DateField(verbose_name='in effect from')),
                        ('state', models.CharField(choices=[('waiting', 'Waiting for its day'), ('taken', 'In effect'), ('called_off', 'Called off'), ('lapsed', 'Came to nothing')], default='waiting', max_length=10, verbose_name='state')),
                        ('end', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labels.labelevent')),
                        ('event', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='announcement', to='labels.labelevent')),
                        ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='label_announcements', to='suppliers.supplier', verbose_name='supplier')),
                    ],
                    options={
                        'verbose_name': 'announced step',
                        'verbose_name_plural': 'announced steps',
                        'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['effective_on'], name='announcement_by_day')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('step__in', ['suspended', 'reinstated', 'revoked'])), name='announcement_step_known'), models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'taken', 'called_off', 'lapsed'])), name='announcement_state_known'), models.CheckConstraint(condition=models.Q(('effective_on__gt', models.F('notice_on'))), name='announcement_gives_notice'), models.CheckConstraint(condition=models.Q(models.Q(('end__isnull', True), ('state', 'waiting')), models.Q(models.Q(('state', 'waiting'), _negated=True), ('end__isnull', False)), _connector='OR'), name='announcement_ended_by_a_step'), models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('supplier', 'step'), name='announcement_once_a_step')],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='announcement',
                    trigger=pgtrigger.compiler.Trigger(name='ended_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NOT (OLD."state" = \'waiting\'))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='2c1af8b430a5efad8282c415c4f8f518544703ac', operation='UPDATE', pgid='pgtrigger_ended_stays_581f8', table='labels_announcement', when='BEFORE')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='announcement',
                    trigger=pgtrigger.compiler.Trigger(name='never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='22ddb76c3da10269dee947d4285efa502ae1a5ca', operation='DELETE', pgid='pgtrigger_never_deleted_811df', table='labels_announcement', when='BEFORE')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='announcement',
                    trigger=pgtrigger.compiler.Trigger(name='superseded_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "labels_announcementevent" ("effective_on", "end_id", "event_id", "id", "notice_on", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "state", "step", "supplier_id") VALUES (OLD."effective_on", OLD."end_id", OLD."event_id", OLD."id", OLD."notice_on", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'superseded\', OLD."id", OLD."state", OLD."step", OLD."supplier_id"); RETURN NULL;', hash='ab26f7229c17c108c9f88e0245b4d9ece0097133', operation='UPDATE', pgid='pgtrigger_superseded_update_21917', table='labels_announcement', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='announcement',
                    trigger=pgtrigger.compiler.Trigger(name='deleted_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "labels_announcementevent" ("effective_on", "end_id", "event_id", "id", "notice_on", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "state", "step", "supplier_id") VALUES (OLD."effective_on", OLD."end_id", OLD."event_id", OLD."id", OLD."notice_on", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'deleted\', OLD."id", OLD."state", OLD."step", OLD."supplier_id"); RETURN NULL;', hash='1af52bf22c992524ab69ce0ed591c9f0d45138f8', operation='DELETE', pgid='pgtrigger_deleted_delete_0a6f5', table='labels_announcement', when='AFTER')),
                ),
                migrations.CreateModel(
                    name='AnnouncementEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('pgh_context_id', models.UUIDField(null=True)),
                        ('id', models.BigIntegerField()),
                        ('step', models.CharField(choices=[('suspended', 'Suspension'), ('reinstated', 'Lifting of the suspension'), ('revoked', 'Revocation')], max_length=12, verbose_name='step')),
                        ('notice_on', models.DateField(verbose_name='notice given on')),
                        ('effective_on', models.DateField(verbose_name='in effect from')),
                        ('state', models.CharField(choices=[('waiting', 'Waiting for its day'), ('taken', 'In effect'), ('called_off', 'Called off'), ('lapsed', 'Came to nothing')], default='waiting', max_length=10, verbose_name='state')),
                        ('end', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='labels.labelevent')),
                        ('event', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='labels.labelevent')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='labels.announcement')),
                        ('supplier', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='suppliers.supplier', verbose_name='supplier')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='announcementevent',
                    trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='561cb1f0d50638e4acc1f3a5d7bc9b2b98d560d5', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_03ca8', table='labels_announcementevent', when='BEFORE')),
                ),
            ],
        ),
    ]
