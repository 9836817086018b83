from django.urls import path

from privacy import views


app_name = "privacy"
urlpatterns = [
    path("privacy/", views.overview, name="overview"),
    path("privacy/holds/<int:pk>/lift/", views.hold_lift, name="hold_lift"),
    path("privacy/people/<int:pk>/", views.person_make_nameless, name="person_make_nameless"),
]
