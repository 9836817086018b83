from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from accounts.views.profile import set_language


api: list[URLPattern | URLResolver] = [
    path("", include("suppliers.api.urls")),
    path("", include("assessments.api.urls")),
    path("", include("labels.api.urls")),
    path("", include("emissions.api.urls")),
    path("schema/", SpectacularAPIView.as_view(), name="api_schema"),
]

urlpatterns = [
    # First, for every address before it is tried in vain with each answer that is saved.
    path("assessments/", include("assessments.urls")),
    path("", include("accounts.urls")),
    path("", include("accounts.library_urls")),
    path("suppliers/", include("suppliers.urls")),
    path("runs/", include("runs.urls")),
    path("", include("grievances.urls")),
    path("", include("privacy.urls")),
    path("pilots/", include("pilots.urls")),
    path("emissions/", include("emissions.urls")),
    path("labels/", include("labels.urls")),
    path("reports/", include("reports.urls")),
    path("api/", include(api)),
    path("language/", set_language, name="set_language"),
]

handler500 = "config.errors.failed"
handler403 = "accounts.views.errors.refused"
