from django.urls import path, register_converter

from emissions.views import abatements, reporting, years


class FileForm:
    regex = "xlsx|csv"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(FileForm, "file_form")

app_name = "emissions"
urlpatterns = [
    path("", years.home, name="home"),
    path("years/<int:year>/replies/", years.reply, name="reply"),
    path("insight/", years.insight, name="insight"),
    path("sites/<int:site_id>/<int:year>/", years.activity, name="activity"),
    path("sites/<int:site_id>/<int:year>/evidence/", years.activity_evidence, name="activity_evidence"),
    path("sites/<int:site_id>/periods/", reporting.meter_periods, name="meter_periods"),
    path("periods/<int:pk>/remove/", reporting.meter_period_remove, name="meter_period_remove"),
    path("renewable/", reporting.instrument_list, name="instruments"),
    path("renewable/new/", reporting.instrument_edit, name="instrument_new"),
    path("renewable/<int:pk>/", reporting.instrument_edit, name="instrument_edit"),
    path("renewable/<int:pk>/remove/", reporting.instrument_remove, name="instrument_remove"),
    path("scope-3/", reporting.scope3, name="scope3"),
    path("import/", reporting.import_new, name="import_new"),
    path("import/template.<file_form:form>", reporting.import_template, name="import_template"),
    path("import/<int:pk>/", reporting.import_detail, name="import_detail"),
    path("import/<int:pk>/take/", reporting.import_take, name="import_take"),
    path("abatement/", abatements.abatement_list, name="abatement_list"),
    path("abatement/new/", abatements.abatement_edit, name="abatement_new"),
    path("abatement/<int:pk>/", abatements.abatement, name="abatement"),
    path("abatement/<int:pk>/edit/", abatements.abatement_edit, name="abatement_edit"),
    path("abatement/<int:pk>/review/", abatements.abatement_review, name="abatement_review"),
    path("suppliers/<int:supplier_id>/", years.supplier, name="supplier"),
    path("suppliers/<int:supplier_id>/insight/", years.supplier_insight, name="supplier_insight"),
    path("suppliers/<int:supplier_id>/renewable/", reporting.supplier_instruments, name="supplier_instruments"),
    path("suppliers/<int:supplier_id>/<int:year>/", years.inventory, name="inventory"),
    path("suppliers/<int:supplier_id>/<int:year>/lines.<file_form:form>", years.inventory_file, name="inventory_file"),
    path("factors/", years.factor_sets, name="factor_sets"),
    path("factors/<int:pk>/", years.factor_set, name="factor_set"),
]
