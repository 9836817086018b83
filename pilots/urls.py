from django.urls import path

from pilots.views import agreements, amending, appraisals, drafting, joint, papers, reports, signing


app_name = "pilots"
urlpatterns = [
    path("", agreements.pilot_list, name="list"),
    path("export/", agreements.pilot_export, name="export"),
    path("mine/", agreements.mine, name="mine"),
    path("new/", drafting.new, name="new"),
    path("<int:pk>/", agreements.detail, name="detail"),
    path("<int:pk>/edit/<slug:name>/", drafting.step, name="edit"),
    path("<int:pk>/targets/", drafting.targets, name="targets"),
    path("<int:pk>/milestones/", drafting.milestones, name="milestones"),
    path("<int:pk>/offer/", drafting.offer, name="offer"),
    path("<int:pk>/withdraw/", drafting.withdraw, name="withdraw"),
    path("<int:pk>/sign/", signing.sign, name="sign"),
    path("<int:pk>/amend/", amending.amend, name="amend"),
    path("amendments/<int:pk>/", amending.amendment, name="amendment"),
    path("amendments/<int:pk>/sign/", signing.amendment_sign, name="amendment_sign"),
    path("amendments/<int:pk>/withdraw/", amending.amendment_withdraw, name="amendment_withdraw"),
    path("papers/<int:pk>/", papers.paper, name="paper"),
    path("<int:pk>/terminate/", agreements.terminate, name="terminate"),
    path("<int:pk>/close/", agreements.close, name="close"),
    path("<int:pk>/report/", reports.report, name="report"),
    path("<int:pk>/actions/new/", reports.action_new, name="action_new"),
    path("actions/<int:pk>/", reports.action_edit, name="action_edit"),
    path("<int:pk>/appraise/", appraisals.appraise, name="appraise"),
    path("appraisals/", appraisals.appraisal_list, name="appraisal_list"),
    path("appraisals/<int:pk>/", appraisals.appraisal, name="appraisal"),
    path("appraisals/<int:pk>/propose/", appraisals.propose, name="appraisal_propose"),
    path("appraisals/<int:pk>/comment/", appraisals.comment, name="appraisal_comment"),
    path("appraisals/<int:pk>/confirm/", appraisals.confirm, name="appraisal_confirm"),
    path("joint/", joint.programme_list, name="programme_list"),
    path("joint/new/", joint.programme_edit, name="programme_new"),
    path("joint/<int:pk>/", joint.programme, name="programme"),
    path("joint/<int:pk>/edit/", joint.programme_edit, name="programme_edit"),
    path("joint/<int:pk>/invite/", joint.programme_invite, name="programme_invite"),
    path("actions/<int:pk>/reply/", joint.action_reply, name="action_reply"),
]
