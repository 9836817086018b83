from django.urls import path

from reports.views import access_log, bulk, exports, fairness, findings, labels, overview, own_data, portfolio, supplier, trail


app_name = "reports"
urlpatterns = [
    path("dashboard/", overview.dashboard, name="dashboard"),
    path("fairness/", fairness.fairness, name="fairness"),
    path("api/", overview.api_page, name="api"),
    path("audit-trail/", trail.audit_trail, name="audit_trail"),
    path("audit-trail/file/", trail.audit_trail_file, name="audit_trail_file"),
    path("audit-trail/<str:label>/<str:pk>/", trail.timeline, name="timeline"),
    path("portfolio/", portfolio.portfolio, name="portfolio"),
    path("portfolio/audit-pdfs/", bulk.audit_pdfs, name="audit_pdfs"),
    path("portfolio/export/", portfolio.portfolio_export, name="portfolio_export"),
    path("findings/export/", findings.findings_export, name="findings_export"),
    path("suppliers/<int:pk>/", supplier.supplier, name="supplier"),
    path("my-data/", own_data.own_data, name="own_data"),
    path("my-data/<int:pk>/file/", own_data.own_data_file, name="own_data_file"),
    path("my-data/access-log/", access_log.access_log_file, name="access_log_file"),
    path("my-data/schema.json", own_data.schema, name="own_data_schema"),
    path("labels/<int:supplier_id>/certificate/", labels.label_certificate, name="label_certificate"),
    path("labels/directory/export/", labels.directory_export, name="directory_export"),
    path("exports/", exports.export_list, name="export_list"),
    path("exports/<int:pk>/", exports.export_detail, name="export"),
    path("exports/<int:pk>/file/", exports.export_file, name="export_file"),
    path("assessments/<int:pk>/audit-pdf/", exports.audit_pdf_request, name="audit_pdf"),
]
