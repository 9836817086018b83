from django.urls import path

from assessments.api import views


urlpatterns = [
    path("assessments/", views.AssessmentList.as_view(), name="api_assessment_list"),
    path("assessments/<int:pk>/", views.AssessmentDetail.as_view(), name="api_assessment_detail"),
    path("scores/", views.ScoreList.as_view(), name="api_score_list"),
]
