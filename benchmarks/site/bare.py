"""The least a Django site can be: one view, no middleware, and connections that stay open."""

from config.settings import DATABASES as _DATABASES
from config.settings import SECRET_KEY  # noqa: F401


DATABASES = {"default": {**_DATABASES["default"], "ENGINE": "django.db.backends.postgresql", "CONN_HEALTH_CHECKS": False}}
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS: list[str] = []
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "benchmarks.site.bare_urls"
USE_TZ = True
