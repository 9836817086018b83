from django.urls import path

from labels.views import appeals, committee, forecast, public, staff, standards, supplier, what_if


app_name = "labels"
urlpatterns = [
    path("", staff.label_list, name="list"),
    path("evaluate/", staff.evaluate, name="evaluate"),
    path("directory/", staff.directory, name="directory"),
    path("suppliers/<int:supplier_id>/", staff.label_detail, name="detail"),
    path("suppliers/<int:supplier_id>/suspend/", staff.label_decide, {"verb": "suspend"}, name="suspend"),
    path("suppliers/<int:supplier_id>/reinstate/", staff.label_decide, {"verb": "reinstate"}, name="reinstate"),
    path("suppliers/<int:supplier_id>/revoke/", staff.label_decide, {"verb": "revoke"}, name="revoke"),
    path("suppliers/<int:supplier_id>/certificate/", supplier.certificate, name="certificate"),
    path("suppliers/<int:supplier_id>/evaluate/", staff.evaluate_one, name="evaluate_one"),
    path("suppliers/<int:supplier_id>/except/", committee.exception_new, name="exception_new"),
    path("committee/", committee.queue, name="committee"),
    path("proposals/<int:pk>/", committee.proposal, name="proposal"),
    path("proposals/<int:pk>/confirm/", committee.proposal_confirm, name="proposal_confirm"),
    path("proposals/<int:pk>/decline/", committee.proposal_decline, name="proposal_decline"),
    path("steps/<int:pk>/", supplier.step, name="step"),
    path("steps/<int:pk>/appeal/", appeals.appeal_new, name="appeal_new"),
    path("appeals/<int:pk>/", appeals.appeal, name="appeal"),
    path("appeals/<int:pk>/decide/", appeals.appeal_decide, name="appeal_decide"),
    path("standards/", standards.standard_list, name="standard_list"),
    path("standards/<int:pk>/", standards.standard_detail, name="standard"),
    path("mine/", supplier.mine, name="mine"),
    path("suppliers/<int:supplier_id>/forecast/", forecast.forecast, name="forecast"),
    path("what-if/<int:pk>/", what_if.what_if, name="what_if"),
    path("verify/<uuid:public_id>/", public.verify, name="verify"),
]
