import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from audit.migrating import Together


class Migration(migrations.Migration):

    replaces = [('audit', '0001_initial'), ('audit', '0002_seals')]

    initial = True

    dependencies = [
        ('accounts', '0001_people'),
    ]

    operations = [
        Together(
            operations=[
                migrations.CreateModel(
                    name='Event',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('at', models.DateTimeField(verbose_name='at')),
                        ('action', models.CharField(max_length=64, verbose_name='action')),
                        ('actor_role', models.CharField(blank=True, max_length=32, verbose_name='role')),
                        ('supplier_id', models.BigIntegerField(blank=True, null=True)),
                        ('target_type', models.CharField(blank=True, max_length=64)),
                        ('target_id', models.CharField(blank=True, max_length=64)),
                        ('detail', models.JSONField(blank=True, default=dict)),
                        ('address', models.GenericIPAddressField(blank=True, null=True)),
                        ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='actor')),
                    ],
                    options={
                        'verbose_name': 'audit event',
                        'verbose_name_plural': 'audit events',
                        'indexes': [models.Index(fields=['-at', '-id'], name='event_newest'), models.Index(fields=['supplier_id', '-at'], name='event_supplier'), models.Index(fields=['target_type', 'target_id', '-at'], name='event_target')],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='event',
                    trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='e1de01de2c9f0df2033cadb85ebc9cff5820c148', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_7d947', table='audit_event', when='BEFORE')),
                ),
                migrations.CreateModel(
                    name='SealedBlock',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('table', models.CharField(max_length=63)),
                        ('columns', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=63), size=None)),
                        ('after_id', models.BigIntegerField()),
                        ('last_id', models.BigIntegerField()),
                        ('ids', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                        ('leaves', models.BinaryField(help_text='SHA-256 of each row, 32 bytes, in the order of the ids')),
                        ('hash', models.CharField(max_length=64)),
                    ],
                    options={
                        'verbose_name': 'sealed block',
                        'verbose_name_plural': 'sealed blocks',
                        'constraints': [models.UniqueConstraint(fields=('table', 'after_id'), name='sealed_block_follows_one'), models.CheckConstraint(condition=models.Q(('last_id__gt', models.F('after_id'))), name='sealed_block_goes_forward')],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='sealedblock',
                    trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='6a8c642b3ff7a1bb7fc7571447fc76ab07f47020', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_7323f', table='audit_sealedblock', when='BEFORE')),
                ),
                migrations.CreateModel(
                    name='Seal',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('number', models.PositiveIntegerField(unique=True, verbose_name='number')),
                        ('sealed_at', models.DateTimeField(verbose_name='sealed')),
                        ('rows', models.PositiveIntegerField(verbose_name='rows')),
                        ('last_block', models.BigIntegerField(help_text='its blocks are those after the last one of the seal before, up to this id')),
                        ('previous_hash', models.CharField(blank=True, max_length=64)),
                        ('hash', models.CharField(max_length=64, unique=True, verbose_name='hash')),
                    ],
                    options={
                        'verbose_name': 'seal',
                        'verbose_name_plural': 'seals',
                        'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('number', 1), ('previous_hash', '')), models.Q(('number__gt', 1), models.Q(('previous_hash', ''), _negated=True)), _connector='OR'), name='seal_follows_the_one_before')],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='seal',
                    trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='425da599b8e4cf7384a383a64e17697a9d08a345', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_4de12', table='audit_seal', when='BEFORE')),
                ),
            ],
        ),
    ]
