from django.urls import path

from grievances.views import public, team


app_name = "grievances"
urlpatterns = [
    path("grievance/", public.report, name="report"),
    path("grievance/case/", public.follow, name="follow"),
    path("cases/", team.case_list, name="list"),
    path("cases/<int:pk>/", team.case, name="case"),
    path("cases/<int:pk>/acknowledge/", team.acknowledge, name="acknowledge"),
    path("cases/<int:pk>/close/", team.close, name="close"),
]
