from django.urls import path

from pilots.views import agreements, reports, signing


app_name = "pilots"
urlpatterns = [
    path("", agreements.pilot_list, name="list"),
    path("mine/", agreements.mine, name="mine"),
    path("new/", agreements.new, name="new"),
    path("<int:pk>/", agreements.detail, name="detail"),
    path("<int:pk>/edit/", agreements.change, name="edit"),
    path("<int:pk>/targets/", agreements.targets, name="targets"),
    path("<int:pk>/offer/", agreements.offer, name="offer"),
    path("<int:pk>/withdraw/", agreements.withdraw, name="withdraw"),
    path("<int:pk>/sign/", signing.sign, name="sign"),
    path("<int:pk>/terminate/", agreements.terminate, name="terminate"),
    path("<int:pk>/close/", agreements.close, name="close"),
    path("<int:pk>/report/", reports.report, name="report"),
    path("<int:pk>/actions/new/", reports.action_new, name="action_new"),
    path("actions/<int:pk>/", reports.action_edit, name="action_edit"),
]
