"""The buyer's side; included in assessments/urls.py. Findings are for both sides."""

from django.urls import path

import assessments.converters  # noqa: F401 - registers <answer_key:…>
from assessments.review_urls import urlpatterns as reviews
from assessments.views import (
    amendments,
    back_tests,
    campaigns,
    findings,
    publishing,
    questionnaires,
    review,
    weight_sets,
    workbench,
)


urlpatterns = [
    path("campaigns/", campaigns.campaign_list, name="campaign_list"),
    path("campaigns/new/", campaigns.campaign_new, name="campaign_new"),
    path("campaigns/preview/", campaigns.campaign_preview, name="campaign_preview"),
    path("campaigns/<int:pk>/", campaigns.campaign, name="campaign"),
    path("campaigns/<int:pk>/edit/", campaigns.campaign_edit, name="campaign_edit"),
    path("campaigns/<int:pk>/launch/", campaigns.campaign_launch, name="campaign_launch"),
    path("campaigns/<int:pk>/invite/", campaigns.campaign_invite, name="campaign_invite"),
    path("campaigns/<int:pk>/close/", campaigns.campaign_close, name="campaign_close"),
    path("campaigns/<int:pk>/score/", campaigns.campaign_score, name="campaign_score"),
    path("questionnaires/", questionnaires.questionnaire_list, name="questionnaire_list"),
    path("questionnaires/load/", questionnaires.questionnaire_load, name="questionnaire_load"),
    path("questionnaires/<int:pk>/", questionnaires.questionnaire, name="questionnaire"),
    path("questionnaires/<int:pk>/file/", questionnaires.questionnaire_file, name="questionnaire_file"),
    path("questionnaires/<int:pk>/back-tests/", back_tests.back_test_start, name="back_test_start"),
    path("questionnaires/<int:pk>/back-tests/<int:number>/", back_tests.back_test, name="back_test"),
    path("questionnaires/<int:pk>/weights/", weight_sets.weight_set_edit, name="weight_set_edit"),
    path("questionnaires/<int:pk>/weights/file/", weight_sets.weight_set_file, name="weight_set_file"),
    path("questionnaires/weights/load/", weight_sets.weight_set_load, name="weight_set_load"),
    path("questionnaires/<int:pk>/publication/", publishing.publication_steps, name="publication"),
    path("questionnaires/<int:pk>/announce/", publishing.questionnaire_announce, name="questionnaire_announce"),
    path("questionnaires/<int:pk>/withdraw/", publishing.questionnaire_withdraw, name="questionnaire_withdraw"),
    path("<int:pk>/review/", workbench.first_area, name="review"),
    path("<int:pk>/review/areas/<slug:code>/", workbench.area, name="review_area"),
    path("<int:pk>/review/areas/<slug:code>/accept/", workbench.accept_rest, name="review_accept_rest"),
    path("<int:pk>/review/questions/<answer_key:code>/", workbench.decide, name="review_decide"),
    path("<int:pk>/review/questions/<slug:code>/finding/", findings.finding_new, name="finding_new"),
    path("<int:pk>/review/take/", review.take, name="review_take"),
    path("<int:pk>/review/give-back/", review.give_back, name="review_give_back"),
    path("<int:pk>/review/finish/", review.finish, name="review_finish"),
    path("amendments/<int:pk>/", amendments.amendment, name="amendment"),
    path("findings/", findings.finding_list, name="finding_list"),
    path("findings/overview/", findings.finding_overview, name="finding_overview"),
    path("findings/<int:pk>/", findings.finding, name="finding"),
    path("findings/<int:pk>/plan/", findings.plan, name="finding_plan"),
    path("findings/<int:pk>/agree/", findings.agree, name="finding_agree"),
    path("findings/<int:pk>/send-plan-back/", findings.send_plan_back, name="finding_send_plan_back"),
    path("findings/<int:pk>/report/", findings.report, name="finding_report"),
    path("findings/<int:pk>/close/", findings.close, name="finding_close"),
    path("findings/<int:pk>/send-back/", findings.send_back, name="finding_send_back"),
    path("findings/<int:pk>/withdraw/", findings.withdraw, name="finding_withdraw"),
    path("findings/<int:pk>/reopen/", findings.reopen, name="finding_reopen"),
]
urlpatterns += reviews
