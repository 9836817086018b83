import django.db.models.deletion
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.conf import settings
from django.db import migrations, models

from audit.migrating import Together


class Migration(migrations.Migration):

    replaces = [('accounts', '0002_initial'), ('accounts', '0003_throttle'), ('accounts', '0004_case_team')]

    initial = True

    dependencies = [
        ('accounts', '0001_people'),
        ('suppliers', '0001_tables'),
    ]

    operations = [
        Together(
            operations=[
                migrations.CreateModel(
                    name='Membership',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('role', models.CharField(choices=[('supplier_contributor', 'Supplier contributor'), ('supplier_signatory', 'Supplier signatory'), ('reviewer', 'Procurement reviewer'), ('esg_staff', 'ESG staff'), ('auditor', 'Auditor'), ('administrator', 'Administrator'), ('case_team', 'Case team')], max_length=32, verbose_name='role')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('supplier', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='suppliers.supplier', verbose_name='supplier')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL, verbose_name='user')),
                    ],
                    options={
                        'verbose_name': 'membership',
                        'verbose_name_plural': 'memberships',
                        'constraints': [models.UniqueConstraint(fields=('user', 'supplier'), name='membership_one_role_each_side', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('role__in', ['supplier_contributor', 'supplier_signatory', 'reviewer', 'esg_staff', 'auditor', 'administrator', 'case_team'])), name='membership_role_known'), models.CheckConstraint(condition=models.Q(models.Q(('role__in', ('supplier_contributor', 'supplier_signatory')), ('supplier__isnull', False)), models.Q(('role__in', ('reviewer', 'esg_staff', 'auditor', 'administrator', 'case_team')), ('supplier__isnull', True)), _connector='OR'), name='membership_supplier_for_supplier_roles_only')],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='membership',
                    trigger=pgtrigger.compiler.Trigger(name='superseded_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "accounts_membershipevent" ("created_at", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role", "supplier_id", "user_id") VALUES (OLD."created_at", OLD."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'superseded\', OLD."id", OLD."role", OLD."supplier_id", OLD."user_id"); RETURN NULL;', hash='70bc90bee9ea5db0bf29175014e313d37940e7e3', operation='UPDATE', pgid='pgtrigger_superseded_update_5ead6', table='accounts_membership', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='membership',
                    trigger=pgtrigger.compiler.Trigger(name='deleted_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_membershipevent" ("created_at", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role", "supplier_id", "user_id") VALUES (OLD."created_at", OLD."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'deleted\', OLD."id", OLD."role", OLD."supplier_id", OLD."user_id"); RETURN NULL;', hash='9f9b7f080add92afc220627f2b4f489a142d5600', operation='DELETE', pgid='pgtrigger_deleted_delete_cdf4a', table='accounts_membership', when='AFTER')),
                ),
                migrations.CreateModel(
                    name='MembershipEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('pgh_context_id', models.UUIDField(null=True)),
                        ('id', models.BigIntegerField()),
                        ('role', models.CharField(choices=[('supplier_contributor', 'Supplier contributor'), ('supplier_signatory', 'Supplier signatory'), ('reviewer', 'Procurement reviewer'), ('esg_staff', 'ESG staff'), ('auditor', 'Auditor'), ('administrator', 'Administrator'), ('case_team', 'Case team')], max_length=32, verbose_name='role')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='accounts.membership')),
                        ('supplier', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='suppliers.supplier', verbose_name='supplier')),
                        ('user', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='user')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='membershipevent',
                    trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='e1f05704110766345bef638c18be4307af995a77', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_9ee6c', table='accounts_membershipevent', when='BEFORE')),
                ),
                migrations.CreateModel(
                    name='Message',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(help_text='templates/emails/<kind>.txt and .html', max_length=40, verbose_name='kind')),
                        ('email', models.EmailField(max_length=254, verbose_name='e-mail address')),
                        ('name', models.CharField(blank=True, max_length=150, verbose_name='name')),
                        ('language', models.CharField(default='zh-hans', max_length=10)),
                        ('context', models.JSONField(blank=True, default=dict)),
                        ('dedupe_key', models.CharField(max_length=150, unique=True)),
                        ('status', models.CharField(choices=[('queued', 'Queued'), ('sending', 'Being sent'), ('sent', 'Sent'), ('failed', 'Failed')], default='queued', max_length=10, verbose_name='status')),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('claimed_at', models.DateTimeField(blank=True, null=True)),
                        ('sent_at', models.DateTimeField(blank=True, null=True)),
                        ('attempts', models.PositiveSmallIntegerField(default=0)),
                        ('error', models.TextField(blank=True)),
                        ('supplier', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='suppliers.supplier')),
                    ],
                    options={
                        'verbose_name': 'message',
                        'verbose_name_plural': 'messages',
                        'indexes': [models.Index(condition=models.Q(('status', 'sent'), _negated=True), fields=['status', 'id'], name='message_waiting')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['queued', 'sending', 'sent', 'failed'])), name='message_status_known')],
                    },
                ),
                migrations.CreateModel(
                    name='UserEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('pgh_context_id', models.UUIDField(null=True)),
                        ('id', models.BigIntegerField()),
                        ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                        ('language', models.CharField(choices=[('en', 'English'), ('zh-hans', '简体中文')], default='zh-hans', max_length=10, verbose_name='language')),
                        ('timezone', models.CharField(default='Asia/Shanghai', max_length=64, verbose_name='time zone')),
                        ('is_active', models.BooleanField(default=True, verbose_name='active')),
                        ('is_staff', models.BooleanField(default=False, verbose_name='may open the repair tools')),
                        ('is_demo', models.BooleanField(default=False, verbose_name='demo account')),
                        ('date_joined', models.DateTimeField(auto_now_add=True, verbose_name='joined')),
                        ('active_membership', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.membership', verbose_name='acting as')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='userevent',
                    trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='9e9498e73f6fbdf2642fb33fa14189f1ad2382c8', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_45b21', table='accounts_userevent', when='BEFORE')),
                ),
                migrations.CreateModel(
                    name='Invitation',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('key', models.UUIDField(db_default=models.Func(function='gen_random_uuid'), default=uuid.uuid4, editable=False, help_text="the link's token is derived from it", unique=True)),
                        ('email', models.EmailField(max_length=254, verbose_name='e-mail address')),
                        ('name', models.CharField(blank=True, max_length=150, verbose_name='name')),
                        ('role', models.CharField(choices=[('supplier_contributor', 'Supplier contributor'), ('supplier_signatory', 'Supplier signatory'), ('reviewer', 'Procurement reviewer'), ('esg_staff', 'ESG staff'), ('auditor', 'Auditor'), ('administrator', 'Administrator'), ('case_team', 'Case team')], max_length=32, verbose_name='role')),
                        ('token_sha256', models.CharField(editable=False, max_length=64, unique=True)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('expires_at', models.DateTimeField(verbose_name='valid until')),
                        ('accepted_at', models.DateTimeField(blank=True, null=True)),
                        ('revoked_at', models.DateTimeField(blank=True, null=True)),
                        ('accepted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('invited_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('supplier', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to='suppliers.supplier')),
                    ],
                    options={
                        'verbose_name': 'invitation',
                        'verbose_name_plural': 'invitations',
                        'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('accepted_at__isnull', True), ('accepted_by__isnull', True)), models.Q(('accepted_at__isnull', False), ('accepted_by__isnull', False)), _connector='OR'), name='invitation_accepted_at_and_by_together'), models.CheckConstraint(condition=models.Q(models.Q(('role__in', ('supplier_contributor', 'supplier_signatory')), ('supplier__isnull', False)), models.Q(('role__in', ('reviewer', 'esg_staff', 'auditor', 'administrator', 'case_team')), ('supplier__isnull', True)), _connector='OR'), name='invitation_supplier_for_supplier_roles_only')],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='invitation',
                    trigger=pgtrigger.compiler.Trigger(name='superseded_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."accepted_at" IS DISTINCT FROM (NEW."accepted_at") OR OLD."accepted_by_id" IS DISTINCT FROM (NEW."accepted_by_id") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."expires_at" IS DISTINCT FROM (NEW."expires_at") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."invited_by_id" IS DISTINCT FROM (NEW."invited_by_id") OR OLD."key" IS DISTINCT FROM (NEW."key") OR OLD."revoked_at" IS DISTINCT FROM (NEW."revoked_at") OR OLD."role" IS DISTINCT FROM (NEW."role") OR OLD."supplier_id" IS DISTINCT FROM (NEW."supplier_id") OR OLD."token_sha256" IS DISTINCT FROM (NEW."token_sha256"))', func='INSERT INTO "accounts_invitationevent" ("accepted_at", "accepted_by_id", "created_at", "expires_at", "id", "invited_by_id", "key", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "revoked_at", "role", "supplier_id", "token_sha256") VALUES (OLD."accepted_at", OLD."accepted_by_id", OLD."created_at", OLD."expires_at", OLD."id", OLD."invited_by_id", OLD."key", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'superseded\', OLD."id", OLD."revoked_at", OLD."role", OLD."supplier_id", OLD."token_sha256"); RETURN NULL;', hash='a3c9e958ec2fd2d3313df9d7f5408891f5439470', operation='UPDATE', pgid='pgtrigger_superseded_update_9f54a', table='accounts_invitation', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='invitation',
                    trigger=pgtrigger.compiler.Trigger(name='deleted_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_invitationevent" ("accepted_at", "accepted_by_id", "created_at", "expires_at", "id", "invited_by_id", "key", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "revoked_at", "role", "supplier_id", "token_sha256") VALUES (OLD."accepted_at", OLD."accepted_by_id", OLD."created_at", OLD."expires_at", OLD."id", OLD."invited_by_id", OLD."key", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'deleted\', OLD."id", OLD."revoked_at", OLD."role", OLD."supplier_id", OLD."token_sha256"); RETURN NULL;', hash='350391d691ba06838e31c568ea6f1e2619a32963', operation='DELETE', pgid='pgtrigger_deleted_delete_1ff04', table='accounts_invitation', when='AFTER')),
                ),
                migrations.CreateModel(
                    name='InvitationEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('pgh_context_id', models.UUIDField(null=True)),
                        ('id', models.BigIntegerField()),
                        ('key', models.UUIDField(db_default=models.Func(function='gen_random_uuid'), default=uuid.uuid4, editable=False, help_text="the link's token is derived from it")),
                        ('role', models.CharField(choices=[('supplier_contributor', 'Supplier contributor'), ('supplier_signatory', 'Supplier signatory'), ('reviewer', 'Procurement reviewer'), ('esg_staff', 'ESG staff'), ('auditor', 'Auditor'), ('administrator', 'Administrator'), ('case_team', 'Case team')], max_length=32, verbose_name='role')),
                        ('token_sha256', models.CharField(editable=False, max_length=64)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('expires_at', models.DateTimeField(verbose_name='valid until')),
                        ('accepted_at', models.DateTimeField(blank=True, null=True)),
                        ('revoked_at', models.DateTimeField(blank=True, null=True)),
                        ('accepted_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                        ('invited_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='accounts.invitation')),
                        ('supplier', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='suppliers.supplier')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='invitationevent',
                    trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='daf23d962af867f3cb4eedb3f026a1b651002cd3', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_b4566', table='accounts_invitationevent', when='BEFORE')),
                ),
                migrations.CreateModel(
                    name='Throttle',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('key', models.CharField(max_length=64, unique=True)),
                        ('count', models.PositiveIntegerField()),
                        ('last_at', models.DateTimeField(db_index=True)),
                    ],
                    options={
                        'verbose_name': 'throttle',
                        'verbose_name_plural': 'throttles',
                    },
                ),
                migrations.CreateModel(
                    name='Consent',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('version', models.CharField(max_length=20)),
                        ('language', models.CharField(max_length=10)),
                        ('sha256', models.CharField(help_text='of the text that was shown', max_length=64)),
                        ('accepted_at', models.DateTimeField()),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consents', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'verbose_name': 'consent',
                        'verbose_name_plural': 'consents',
                        'constraints': [models.UniqueConstraint(fields=('user', 'version'), name='consent_once')],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='consent',
                    trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='605ae12046e39086d47000bb520c931ba024eddf', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_eb45e', table='accounts_consent', when='BEFORE')),
                ),
                migrations.AddField(
                    model_name='user',
                    name='active_membership',
                    field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.membership', verbose_name='acting as'),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='user',
                    trigger=pgtrigger.compiler.Trigger(name='superseded_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."active_membership_id" IS DISTINCT FROM (NEW."active_membership_id") OR OLD."date_joined" IS DISTINCT FROM (NEW."date_joined") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."is_demo" IS DISTINCT FROM (NEW."is_demo") OR OLD."is_staff" IS DISTINCT FROM (NEW."is_staff") OR OLD."is_superuser" IS DISTINCT FROM (NEW."is_superuser") OR OLD."language" IS DISTINCT FROM (NEW."language") OR OLD."timezone" IS DISTINCT FROM (NEW."timezone"))', func='INSERT INTO "accounts_userevent" ("active_membership_id", "date_joined", "id", "is_active", "is_demo", "is_staff", "is_superuser", "language", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "timezone") VALUES (OLD."active_membership_id", OLD."date_joined", OLD."id", OLD."is_active", OLD."is_demo", OLD."is_staff", OLD."is_superuser", OLD."language", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'superseded\', OLD."id", OLD."timezone"); RETURN NULL;', hash='611e1c91a878c032a5cbdc0ce312ce8ec32142c7', operation='UPDATE', pgid='pgtrigger_superseded_update_b6307', table='accounts_user', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='user',
                    trigger=pgtrigger.compiler.Trigger(name='deleted_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_userevent" ("active_membership_id", "date_joined", "id", "is_active", "is_demo", "is_staff", "is_superuser", "language", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "timezone") VALUES (OLD."active_membership_id", OLD."date_joined", OLD."id", OLD."is_active", OLD."is_demo", OLD."is_staff", OLD."is_superuser", OLD."language", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'deleted\', OLD."id", OLD."timezone"); RETURN NULL;', hash='15e875542ac19a550d891ee643dede149214fe30', operation='DELETE', pgid='pgtrigger_deleted_delete_303ff', table='accounts_user', when='AFTER')),
                ),
            ],
        ),
    ]
