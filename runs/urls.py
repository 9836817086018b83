from django.urls import path

from runs import views


app_name = "runs"
urlpatterns = [
    path("", views.run_list, name="list"),
    path("schedules/", views.schedule_list, name="schedule_list"),
    path("schedules/<int:pk>/", views.schedule, name="schedule"),
    path("<int:pk>/", views.run_detail, name="detail"),
    path("<int:pk>/progress/", views.run_progress, name="progress"),
    path("<int:pk>/cancel/", views.run_hand, {"what": "cancel"}, name="cancel"),
    path("<int:pk>/pause/", views.run_hand, {"what": "pause"}, name="pause"),
    path("<int:pk>/resume/", views.run_hand, {"what": "resume"}, name="resume"),
    path("<int:pk>/retry/", views.run_hand, {"what": "retry"}, name="retry"),
]
