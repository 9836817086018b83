from django.urls import path

from suppliers.views import documents, imports, previews, profile, records, registration, uploads


app_name = "suppliers"
urlpatterns = [
    # a company's own pages
    path("profile/", profile.profile, name="profile"),
    path("profile/edit/", profile.profile_edit, name="profile_edit"),
    path("profile/sites/new/", profile.site_new, name="site_new"),
    path("profile/sites/<int:pk>/", profile.site_edit, name="site_edit"),
    path("profile/sites/<int:pk>/delete/", profile.site_delete, name="site_delete"),
    path("profile/contacts/new/", profile.contact_new, name="contact_new"),
    path("profile/contacts/<int:pk>/", profile.contact_edit, name="contact_edit"),
    path("profile/contacts/<int:pk>/delete/", profile.contact_delete, name="contact_delete"),
    path("documents/", documents.document_list, name="document_list"),
    path("documents/new/", documents.document_new, name="document_new"),
    path("documents/uploads/", uploads.upload_begin, name="upload_begin"),
    path("documents/uploads/<uuid:pk>/", uploads.upload, name="upload"),
    path("documents/uploads/<uuid:pk>/finish/", uploads.upload_finish, name="upload_finish"),
    path("documents/<int:pk>/", documents.document, name="document"),
    path("documents/<int:pk>/file/", documents.document_file, name="document_file"),
    path("documents/<int:pk>/preview/", previews.document_preview, name="document_preview"),
    path("documents/<int:pk>/pages/<int:number>.webp", previews.document_page, name="document_page"),
    path("documents/<int:pk>/edit/", documents.document_edit, name="document_edit"),
    path("documents/<int:pk>/revise/", documents.document_revise, name="document_revise"),
    # a company that wants to become a supplier, and the staff who decide
    path("register/", registration.register, name="register"),
    path("register/thanks/", registration.register_thanks, name="register_thanks"),
    path("registrations/", registration.registration_queue, name="registration_queue"),
    path("registrations/<int:pk>/", registration.registration_detail, name="registration_detail"),
    path("registrations/<int:pk>/approve/", registration.registration_approve, name="registration_approve"),
    path("registrations/<int:pk>/refuse/", registration.registration_refuse, name="registration_refuse"),
    # staff
    path("imports/", imports.import_list, name="import_list"),
    path("imports/new/", imports.import_new, name="import_new"),
    path("imports/template/<slug:kind>.<slug:form>", imports.import_template, name="import_template"),
    path("imports/<int:pk>/", imports.import_detail, name="import_detail"),
    path("imports/<int:pk>/columns/", imports.import_columns, name="import_columns"),
    path("imports/<int:pk>/begin/", imports.import_begin, name="import_begin"),
    path("imports/<int:pk>/rows.csv", imports.import_rows, name="import_rows"),
    # public records: for both sides
    path("records/", records.record_list, name="record_list"),
    path("records/<int:pk>/", records.record, name="record"),
    path("records/<int:pk>/reply/", records.record_reply, name="record_reply"),
    path("records/<int:pk>/decide/", records.record_decide, name="record_decide"),
    path("records/matches/<int:pk>/", records.record_match, name="record_match"),
    path("<int:pk>/edit/", profile.supplier_edit, name="supplier_edit"),
    path("<int:supplier_id>/documents/", documents.supplier_documents, name="supplier_documents"),
]
