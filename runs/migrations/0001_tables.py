import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from audit.migrating import Together


class Migration(migrations.Migration):

    replaces = [('runs', '0001_initial'), ('runs', '0002_outcomes_of_scheduled_tasks'), ('runs', '0003_paused')]

    initial = True

    dependencies = [
        ('accounts', '0001_people'),
        # No table of ours needs these. Their many small steps build all models that are related to people again, which is quick
        # while there are few.
        ('mfa', '0003_authenticator_type_uniq'),
        ('socialaccount', '0006_alter_socialaccount_extra_data'),
        ('usersessions', '0001_initial'),
    ]

    operations = [
        Together(
            operations=[
                migrations.CreateModel(
                    name='Run',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(help_text='a name registered with runs.engine', max_length=40, verbose_name='kind')),
                        ('title', models.CharField(blank=True, max_length=200, verbose_name='title')),
                        ('parameters', models.JSONField(blank=True, default=dict)),
                        ('status', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('paused', 'Paused'), ('done', 'Done'), ('done_with_failures', 'Done with failures'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='queued', max_length=20, verbose_name='status')),
                        ('created_at', models.DateTimeField(verbose_name='created')),
                        ('started_at', models.DateTimeField(blank=True, null=True, verbose_name='started')),
                        ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished')),
                        ('total', models.PositiveIntegerField(default=0, verbose_name='total')),
                        ('result', models.JSONField(blank=True, default=dict)),
                        ('error', models.TextField(blank=True)),
                        ('started_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'verbose_name': 'run',
                        'verbose_name_plural': 'runs',
                        'indexes': [models.Index(fields=['-created_at', '-id'], name='run_newest'), models.Index(fields=['kind', '-created_at'], name='run_kind')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['queued', 'running', 'paused', 'done', 'done_with_failures', 'failed', 'cancelled'])), name='run_status_known')],
                    },
                ),
                migrations.CreateModel(
                    name='Chunk',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('number', models.PositiveIntegerField()),
                        ('payload', models.JSONField(default=dict)),
                        ('size', models.PositiveIntegerField(default=1, help_text='items in this chunk, for the progress bar')),
                        ('status', models.CharField(choices=[('waiting', 'Waiting'), ('claimed', 'In work'), ('done', 'Done'), ('failed', 'Failed')], default='waiting', max_length=10)),
                        ('claimed_at', models.DateTimeField(blank=True, null=True)),
                        ('claimed_by', models.CharField(blank=True, max_length=100)),
                        ('attempts', models.PositiveSmallIntegerField(default=0)),
                        ('not_before', models.DateTimeField(blank=True, help_text='a chunk that failed waits until then', null=True)),
                        ('finished_at', models.DateTimeField(blank=True, null=True)),
                        ('result', models.JSONField(blank=True, default=dict)),
                        ('error', models.TextField(blank=True)),
                        ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='chunks', to='runs.run')),
                    ],
                    options={
                        'verbose_name': 'chunk',
                        'verbose_name_plural': 'chunks',
                        'indexes': [models.Index(fields=['run', 'status'], name='chunk_run_status'), models.Index(condition=models.Q(('status', 'claimed')), fields=['claimed_at'], name='chunk_claimed')],
                        'constraints': [models.UniqueConstraint(fields=('run', 'number'), name='chunk_number_once'), models.CheckConstraint(condition=models.Q(('status__in', ['waiting', 'claimed', 'done', 'failed'])), name='chunk_status_known')],
                    },
                ),
                migrations.CreateModel(
                    name='TaskOutcome',
                    fields=[
                        ('task', models.CharField(max_length=200, primary_key=True, serialize=False)),
                        ('finished_at', models.DateTimeField(verbose_name='finished')),
                        ('succeeded', models.BooleanField(verbose_name='succeeded')),
                        ('error', models.TextField(blank=True)),
                    ],
                    options={
                        'verbose_name': 'outcome of a scheduled task',
                        'verbose_name_plural': 'outcomes of scheduled tasks',
                    },
                ),
            ],
        ),
    ]
