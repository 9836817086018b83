from django.urls import path

from labels.api import views


urlpatterns = [
    path("labels/", views.LabelList.as_view(), name="api_label_list"),
    path("labels/<int:pk>/", views.LabelDetail.as_view(), name="api_label_detail"),
    path("label-events/", views.LabelEventList.as_view(), name="api_label_event_list"),
    path("label-decisions/", views.DecisionList.as_view(), name="api_label_decision_list"),
    path("green-standards/", views.StandardList.as_view(), name="api_standard_list"),
    path("green-standards/<int:pk>/", views.StandardDetail.as_view(), name="api_standard_detail"),
]
