import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from config.garbage import leave_loaded_alone


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()
# All views are loaded now, not with the first request.
get_resolver().url_patterns  # noqa: B018 - reading it loads them
leave_loaded_alone()
