import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from audit.migrating import Together


class Migration(migrations.Migration):

    replaces = [('reports', '0001_initial'), ('reports', '0002_own_data'), ('reports', '0003_forecast_of_suppliers'), ('reports', '0004_export_findings'), ('reports', '0005_certificates_directory'), ('reports', '0006_issued_documents'), ('reports', '0007_facts_and_files_of_reports')]

    initial = True

    dependencies = [
        ('accounts', '0001_people'),
        ('assessments', '0001_tables'),
        ('runs', '0001_tables'),
        ('suppliers', '0001_tables'),
    ]

    operations = [
        Together(
            operations=[
                migrations.CreateModel(
                    name='Export',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('audit_pdf', 'Audit PDF'), ('portfolio_xlsx', 'Portfolio (XLSX)'), ('portfolio_csv', 'Portfolio (CSV)'), ('findings_xlsx', 'Findings (XLSX)'), ('findings_csv', 'Findings (CSV)'), ('own_data', 'All data of a supplier'), ('label_certificate', 'Label certificate (PDF)'), ('audit_pdfs', 'Audit PDFs (ZIP)'), ('directory_xlsx', 'Labelled suppliers (XLSX)'), ('directory_csv', 'Labelled suppliers (CSV)'), ('disclosures_pdf', 'Disclosure tables (PDF)'), ('table_xlsx', 'Table (XLSX)'), ('table_csv', 'Table (CSV)'), ('management_pdf', 'Management report (PDF)')], max_length=20, verbose_name='kind')),
                        ('title', models.CharField(max_length=300, verbose_name='title')),
                        ('language', models.CharField(max_length=10, verbose_name='language')),
                        ('parameters', models.JSONField(blank=True, default=dict)),
                        ('file', models.FileField(blank=True, max_length=300, upload_to='exports/%Y/%m/')),
                        ('sha256', models.CharField(blank=True, max_length=64)),
                        ('size', models.PositiveBigIntegerField(default=0)),
                        ('requested_at', models.DateTimeField(verbose_name='requested')),
                        ('made_at', models.DateTimeField(blank=True, null=True, verbose_name='made')),
                        ('assessment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='assessments.assessment')),
                        ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('run', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='runs.run')),
                        ('supplier', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='suppliers.supplier')),
                        ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='kept until')),
                    ],
                    options={
                        'verbose_name': 'export',
                        'verbose_name_plural': 'exports',
                        'indexes': [models.Index(fields=['made_by', '-requested_at'], name='export_newest')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('made_at__isnull', True), models.Q(('sha256', ''), _negated=True), _connector='OR'), name='export_made_has_a_hash'), models.CheckConstraint(condition=models.Q(('kind__in', ['audit_pdf', 'portfolio_xlsx', 'portfolio_csv', 'findings_xlsx', 'findings_csv', 'own_data', 'label_certificate', 'directory_xlsx', 'directory_csv', 'audit_pdfs', 'disclosures_pdf', 'table_xlsx', 'table_csv', 'management_pdf'])), name='export_kind_known')],
                    },
                ),
                migrations.CreateModel(
                    name='Risk',
                    fields=[
                        ('supplier', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='risk', serialize=False, to='suppliers.supplier')),
                        ('forecast_on', models.DateField(verbose_name='forecast on')),
                        ('first_on', models.DateField(verbose_name='at risk on')),
                        ('score_on', models.DateField(null=True, verbose_name='score at risk on')),
                        ('score_before', models.DecimalField(decimal_places=2, max_digits=5, null=True, verbose_name='score now')),
                        ('score_after', models.DecimalField(decimal_places=2, max_digits=5, null=True, verbose_name='score then')),
                        ('label_on', models.DateField(null=True, verbose_name='label at risk on')),
                        ('level_before', models.CharField(blank=True, max_length=40)),
                        ('level_after', models.CharField(blank=True, max_length=40)),
                    ],
                    options={
                        'verbose_name': 'forecast of a supplier',
                        'verbose_name_plural': 'forecasts of suppliers',
                        'indexes': [models.Index(fields=['first_on', 'supplier'], name='risk_soonest')],
                        'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('first_on', models.F('score_on')), ('score_on__isnull', False)), models.Q(('first_on', models.F('label_on')), ('label_on__isnull', False)), _connector='OR'), name='risk_first_is_one_of_the_two'), models.CheckConstraint(condition=models.Q(('label_on__isnull', True), models.Q(('level_before', ''), _negated=True), _connector='OR'), name='risk_label_has_a_level')],
                    },
                ),
                migrations.CreateModel(
                    name='IssuedDocument',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('key', models.CharField(help_text='hash of what the pages say and how they are drawn', max_length=64, unique=True)),
                        ('language', models.CharField(max_length=10, verbose_name='language')),
                        ('file', models.FileField(max_length=300, upload_to='issued/')),
                        ('sha256', models.CharField(max_length=64)),
                        ('size', models.PositiveIntegerField()),
                        ('made_at', models.DateTimeField(verbose_name='made')),
                        ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='suppliers.supplier')),
                    ],
                    options={
                        'verbose_name': 'issued document',
                        'verbose_name_plural': 'issued documents',
                        'indexes': [models.Index(fields=['made_at'], name='issued_oldest')],
                    },
                ),
                migrations.CreateModel(
                    name='DailyFact',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('day', models.DateField(verbose_name='day')),
                        ('subject', models.CharField(choices=[('labels', 'Labels by state'), ('assessments', 'Assessments of the newest campaign by state'), ('findings', 'Open findings by severity'), ('scores', 'Mean evidenced score by area')], max_length=12, verbose_name='subject')),
                        ('key', models.CharField(max_length=40, verbose_name='of what')),
                        ('value', models.DecimalField(decimal_places=4, max_digits=16, verbose_name='value')),
                    ],
                    options={
                        'verbose_name': 'number of a day',
                        'verbose_name_plural': 'numbers of days',
                        'constraints': [models.UniqueConstraint(fields=('subject', 'day', 'key'), name='daily_fact_once_a_day'), models.CheckConstraint(condition=models.Q(('subject__in', ['labels', 'assessments', 'findings', 'scores'])), name='daily_fact_subject_known')],
                    },
                ),
            ],
        ),
    ]
