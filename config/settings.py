"""Every setting, from the environment. Without any variable set, the portal runs by itself on this machine: an embedded
PostgreSQL and Celery's filesystem broker in PORTAL_VAR, reachable from loopback only. docs/deployment.md lists the variables.
"""

import hashlib
from pathlib import Path

import django_stubs_ext
import pghistory
from csp.constants import NONE, SELF
from django.contrib.messages import constants as message_levels
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config import environment as env
from config.paths import BASE_DIR, embedded_database_url, var_dir


django_stubs_ext.monkeypatch()
VAR = var_dir()

# The embedded default, or servers of your own.
DATABASE_URL = env.text("DATABASE_URL", "")
EMBEDDED = not DATABASE_URL
DEBUG = env.flag("PORTAL_DEBUG", default=False)
# Demo accounts have published passwords; they open in this mode only, and only from loopback.
DEMO = env.flag("PORTAL_DEMO", default=False)

if EMBEDDED:
    SECRET_KEY = env.text("SECRET_KEY", "") or env.kept_secret(VAR / "secret-key")
else:
    SECRET_KEY = env.text("SECRET_KEY")
    if len(SECRET_KEY) < 50:
        raise ImproperlyConfigured("The environment variable SECRET_KEY is shorter than 50 characters.")
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")

ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
# The address people reach the portal under, for links in mails, PDFs and QR codes.
PUBLIC_URL = env.text("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")

# Signs label certificates (32 bytes, base64url). Without one it is derived from SECRET_KEY, and changes with it.
LABEL_SIGNING_KEY = env.text("LABEL_SIGNING_KEY", "")
# Public keys of before, base64url: certificates signed by them stay valid.
LABEL_FORMER_KEYS = env.words("LABEL_FORMER_KEYS")

# Signs PDF documents: a PKCS#12 file, or a PKCS#11 library with the labels of token and key. Without either, a key of the portal's own
# is derived from SECRET_KEY, and the documents say so.
DOCUMENT_SIGNING_KEY = env.text("DOCUMENT_SIGNING_KEY", "")
DOCUMENT_SIGNING_PKCS11 = env.text("DOCUMENT_SIGNING_PKCS11", "")
DOCUMENT_SIGNING_TOKEN = env.text("DOCUMENT_SIGNING_TOKEN", "")
DOCUMENT_SIGNING_LABEL = env.text("DOCUMENT_SIGNING_LABEL", "")
# The file's passphrase, or the token's PIN.
DOCUMENT_SIGNING_PASSPHRASE = env.text("DOCUMENT_SIGNING_PASSPHRASE", "")
# Certificates of before (SHA-256 of each): documents signed with them are still the portal's own.
DOCUMENT_FORMER_SIGNERS = env.words("DOCUMENT_FORMER_SIGNERS")
# A time-stamping authority (RFC 3161).
DOCUMENT_TIMESTAMP_URL = env.text("DOCUMENT_TIMESTAMP_URL", "")

# Seal what workers report, the newest first; 32 characters or more each. Without one SECRET_KEY seals it.
GRIEVANCE_KEYS = env.words("GRIEVANCE_KEYS")
if any(len(key) < 32 for key in GRIEVANCE_KEYS):
    raise ImproperlyConfigured("A key of the environment variable GRIEVANCE_KEYS is shorter than 32 characters.")

# Look-ups of labels on the public page from one network address.
LABEL_PAGES_PER_MINUTE = env.number("LABEL_PAGES_PER_MINUTE", 300)

# The street: each app may import only those after it.
BASE_APPS = [
    "config",
    "reports",
    "labels",
    "pilots",
    "assessments",
    "emissions",
    "privacy",
    "suppliers",
    "grievances",
    "runs",
    "accounts",
    "audit",
]
INSTALLED_APPS = [
    *BASE_APPS,
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "pghistory",
    "pgtrigger",
    "rest_framework",
    "drf_spectacular",
    "django_filters",
    "django_celery_beat",
    "django_countries",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.health.HealthMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.middleware.PersonMiddleware",
    "accounts.middleware.PersonalSettingsMiddleware",
    "accounts.scope_middleware.ScopeMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "accounts.middleware.ConsentMiddleware",
    "accounts.middleware.AskWhyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "audit.middleware.ClientAddressMiddleware",
    "accounts.middleware.RefusalMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.navigation",
            ],
        },
    }
]

# --- database -------------------------------------------------------------------------------------------------------
# Web and workers connect as a role that owns nothing; only migrations connect as the tables' owner (manage.py asks for it).
CONNECT_AS = env.text("DATABASE_CONNECT_AS", "app")
if CONNECT_AS not in {"app", "owner"}:
    raise ImproperlyConfigured("The environment variable DATABASE_CONNECT_AS should be app or owner.")
_app_database = env.database("DATABASE_URL", DATABASE_URL or embedded_database_url("portal_app", VAR))
DATABASE_APP_ROLE = _app_database["USER"]
if CONNECT_AS == "owner":
    _owner_url = embedded_database_url("portal_owner", VAR) if EMBEDDED else env.text("DATABASE_OWNER_URL")
    _database = env.database("DATABASE_OWNER_URL", _owner_url)
    if _database["USER"] == DATABASE_APP_ROLE:
        raise ImproperlyConfigured("DATABASE_OWNER_URL should name another role than DATABASE_URL: no policy holds the owner of a table.")
else:
    _database = _app_database
# A pool of this many connections per process; 0 keeps one connection per thread instead.
DATABASE_POOL = env.number("DATABASE_POOL", 0)
if DATABASE_POOL:
    _database["OPTIONS"]["pool"] = {"min_size": 1, "max_size": DATABASE_POOL, "timeout": 10}
else:
    _database["CONN_MAX_AGE"] = 600
_database["CONN_HEALTH_CHECKS"] = True
_database["TEST"] = {"NAME": f"test_{_database['NAME']}"}
DATABASES = {"default": _database}

# History rows carry their context (who, which page) in the row itself: one insert a change, no shared context table.
PGHISTORY_CONTEXT_FIELD = pghistory.ContextJSONField()
PGHISTORY_CONTEXT_ID_FIELD = pghistory.ContextUUIDField(null=True)
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")
PGHISTORY_APPEND_ONLY = True

_cache_url = env.text("CACHE_URL", "")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": _cache_url}
    if _cache_url
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

# --- people and sessions --------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
# E-mail addresses are unique whatever their case, by a constraint on LOWER(email) that Django's check does not look for.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = ["accounts.backends.MembershipBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "accounts.passwords.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.BreachedPasswordValidator"},
    {"NAME": "accounts.passwords.OwnWordsValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "accounts:home"
LOGOUT_REDIRECT_URL = "accounts:sign_in"
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 12 * 60 * 60
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60
# The buyer's people show a second factor. Off in the demo, whose people are nobody's.
STAFF_SECOND_FACTOR = env.flag("STAFF_SECOND_FACTOR", default=not DEMO)
# People accept the privacy notice at their first sign-in. Off in the demo.
CONSENT_NEEDED = env.flag("CONSENT_NEEDED", default=not DEMO)
# Signatures, exports and rights ask again who is there, unless that was shown within so many seconds.
CONFIRM_AFTER_SECONDS = env.number("CONFIRM_AFTER_SECONDS", 15 * 60)

# The sign-in library: what it may do here, and in whose words (accounts/adapters.py).
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # an invitation has reached the address
MFA_ADAPTER = "accounts.adapters.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "accounts.second_factor_forms.CodeForm",
    "reauthenticate": "accounts.second_factor_forms.ConfirmForm",
    "activate_totp": "accounts.second_factor_forms.AppForm",
    "login_webauthn": "accounts.second_factor_forms.PasskeySignInForm",
    "authenticate_webauthn": "accounts.second_factor_forms.PasskeyCodeForm",
    "reauthenticate_webauthn": "accounts.second_factor_forms.PasskeyConfirmForm",
    "add_webauthn": "accounts.second_factor_forms.PasskeyForm",
    "edit_webauthn": "accounts.second_factor_forms.PasskeyNameForm",
}
ACCOUNT_FORMS = {"reauthenticate": "accounts.second_factor_forms.PasswordForm"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# A whole office may come from one address.
MFA_RATE_LIMITS = {"webauthn_login": "120/m/ip"}
MFA_TOTP_ISSUER = "Supplier ESG portal"
# Single sign-on of the buyer's people, by OpenID Connect. Without a server there is none.
OIDC_SERVER_URL = env.text("OIDC_SERVER_URL", "")
OIDC_NAME = env.text("OIDC_NAME", "Single sign-on")
# Ours is asked for after that sign-in, unless its token names a second factor (`amr`) or one of these classes (`acr`), or it always asks.
OIDC_SECOND_FACTOR_ACR = env.words("OIDC_SECOND_FACTOR_ACR")
OIDC_SECOND_FACTOR = env.flag("OIDC_SECOND_FACTOR", default=False)
SOCIALACCOUNT_ADAPTER = "accounts.adapters.SingleSignOnAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
# A link: the content policy lets no form lead to another host.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_PROVIDERS = (
    {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "staff",
                    "name": OIDC_NAME,
                    "client_id": env.text("OIDC_CLIENT_ID"),
                    "secret": env.text("OIDC_CLIENT_SECRET"),
                    "settings": {"server_url": OIDC_SERVER_URL},
                }
            ],
        }
    }
    if OIDC_SERVER_URL
    else {}
)
if EMBEDDED:
    # Browsers share cookies between ports: two copies side by side must not sign each other out.
    _copy = hashlib.sha256(str(VAR).encode()).hexdigest()[:8]
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"session_{_copy}", f"csrf_{_copy}"

# --- the browser ----------------------------------------------------------------------------------------------------
HTTPS = env.flag("PORTAL_HTTPS", default=not EMBEDDED)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
if HTTPS and not EMBEDDED:
    # Browsers take a cookie of such a name from this very host, and over HTTPS only.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME, LANGUAGE_COOKIE_NAME = "__Host-session", "__Host-csrf", "__Host-language"
DEVICE_COOKIE_NAME = "__Host-device" if HTTPS and not EMBEDDED else "device"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz)/$"]
SECURE_HSTS_SECONDS = env.number("HSTS_SECONDS", 365 * 24 * 60 * 60) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS and env.flag("HSTS_SUBDOMAINS", default=False)
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
# Only behind a proxy that sets these headers itself and drops them from visitors.
if env.flag("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    MIDDLEWARE.insert(0, "accounts.middleware.ForwardedAddressMiddleware")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}
MESSAGE_TAGS = {message_levels.ERROR: "danger", message_levels.DEBUG: "secondary"}

# --- languages and time ---------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "config.formats"
USE_TZ = True
TIME_ZONE = "UTC"

# --- files ----------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(VAR / "static")))
STATIC_MANIFEST = env.flag("STATIC_MANIFEST", default=not DEBUG)
# Compressing takes a minute and saves nothing on loopback.
STATIC_COMPRESS = env.flag("STATIC_COMPRESS", default=not EMBEDDED)
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not STATIC_MANIFEST
# Uploaded evidence is never served from a URL of its own: views check who asks.
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(VAR / "media")))
STORAGES = {
    "default": {"BACKEND": "config.storage.WholeFileStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if not STATIC_MANIFEST
        else "config.static_storage.CompressedManifestStorage"
        if STATIC_COMPRESS
        else "config.static_storage.ManifestStorage"
    },
}
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# clamd, which looks for viruses in what is uploaded: tcp://host:3310 or unix:///path. While it is set, nothing is kept without its word.
CLAMD_URL = env.scanner("CLAMD_URL")

# --- mail -----------------------------------------------------------------------------------------------------------
_email = env.email("EMAIL_URL", f"file://{VAR / 'mail'}")
EMAIL_BACKEND = _email.backend
EMAIL_FILE_PATH = _email.file_path
EMAIL_HOST, EMAIL_PORT = _email.host, _email.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _email.user, _email.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _email.use_tls, _email.use_ssl
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("EMAIL_FROM", "Supplier ESG portal <portal@localhost>")

# --- background work ------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", "filesystem://localhost//")
if CELERY_BROKER_URL.startswith("filesystem:"):
    _broker = VAR / "broker"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_broker / "messages"),
        "data_folder_out": str(_broker / "messages"),
        "control_folder": str(_broker / "control"),
        "polling_interval": 0.03,
    }
else:
    # Redis gives a task to another worker after this long without an answer: longer than the longest task.
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300
# Celery compares the most a process ever held. One that prints comes to 370 MB; replaced each time, it would read the fonts anew.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = env.number("WORKER_MAX_MEMORY_KB", 420_000)
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
DJANGO_CELERY_BEAT_TZ_AWARE = True

# --- API ------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Supplier ESG compliance portal",
    "DESCRIPTION": "Suppliers, assessments, scores, labels and emission data, within what the signed-in person may see.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    # Two fields of one name with different choices need names of their own.
    "ENUM_NAME_OVERRIDES": {
        "AssessmentStatus": "assessments.models.Assessment.Status",
        "StandardStatus": "labels.models.Standard.Status",
        "SupplierState": "suppliers.models.Supplier.State",
        "LabelState": "labels.models.LabelState",
    },
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
}

# --- log ------------------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
        # One line a task and more is too much for a portfolio of ten thousand.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},
    },
}
