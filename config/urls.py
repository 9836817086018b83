from importlib.util import find_spec

from django.contrib import admin
from django.urls import include, path

from accounts.views.profile import set_language


urlpatterns = [
    path("language/", set_language, name="set_language"),
    path("staff-admin/", admin.site.urls),
]
for _prefix, _app in (
    ("", "accounts"),
    ("suppliers/", "suppliers"),
    ("runs/", "runs"),
    ("assessments/", "assessments"),
    ("pilots/", "pilots"),
    ("emissions/", "emissions"),
    ("labels/", "labels"),
    ("reports/", "reports"),
):
    if find_spec(f"{_app}.urls"):
        urlpatterns.append(path(_prefix, include(f"{_app}.urls")))
