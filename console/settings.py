"""All settings, read from the environment through django-environ with strict parsing.

Without any variable the embedded default runs: SQLite in WAL mode, no broker, data in `.data/`.
Production is chosen by environment alone: DATABASE_URL (PostgreSQL) and BROKER_URL (Redis).
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from console.secrets import field_keys, secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if (BASE_DIR / ".env").is_file():
    env.read_env(str(BASE_DIR / ".env"))

# -- where things are -----------------------------------------------------------------------------
DATA_DIR = Path(env.str("DESPACHO_DATA", default=str(BASE_DIR / ".data")))
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
UPLOAD_DIR = DATA_DIR / "uploads"
EXPORT_DIR = DATA_DIR / "exports"

VERSION: str = tomllib.loads((BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
DEBUG = env.bool("DEBUG", default=False)
PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# -- database and broker --------------------------------------------------------------------------
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'despacho.sqlite3'}")
}
_engine = DATABASES["default"]["ENGINE"]
if _engine.endswith("sqlite3"):
    # WAL + IMMEDIATE + a busy timeout: without them concurrent writers lose transactions.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;"
        "PRAGMA cache_size=-65536;PRAGMA temp_store=MEMORY;"
        # Every 64 MiB, not every 4: a chunk of an audience is larger, and the same pages of its indexes went back to
        # the file after each.
        "PRAGMA wal_autocheckpoint=16384;",
    }
elif _engine.endswith("postgresql"):
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # Compiling the ledger's statements takes longer than running them: 490 of 880 ms for a chunk of 20,000 people.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", "-c jit=off")
else:
    raise ImproperlyConfigured("DATABASE_URL must name SQLite or PostgreSQL.")
# On SQLite, too: opening a connection takes longer than a callback may, and closing the last one writes the WAL back.
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

BROKER_URL = env.str("BROKER_URL", default="")
EMBEDDED = not BROKER_URL

SECRET_KEY = secret_key(env, DATA_DIR, required=_engine.endswith("postgresql") and not DEBUG)
FIELD_KEYS = field_keys(env, DATA_DIR, required=_engine.endswith("postgresql") and not DEBUG)

# -- applications ---------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "template_partials",
    "csp",
    "axes",
    "console",
    "contacts",
    "campaigns",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "campaigns.webhooks.DoorMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "console.middleware.PersonMiddleware",
    "console.middleware.WorkspaceMiddleware",
    "console.middleware.UserErrorMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "console.urls"
WSGI_APPLICATION = "console.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "csp.context_processors.nonce",
                "console.context_processors.shell",
            ],
            "builtins": ["console.templatetags.console", "template_partials.templatetags.partials"],
        },
    }
]
FORM_RENDERER = "console.forms.ConsoleFormRenderer"

# -- people ---------------------------------------------------------------------------------------
AUTH_USER_MODEL = "console.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "workspaces"
LOGOUT_REDIRECT_URL = "login"
CSRF_FAILURE_VIEW = "console.views.errors.csrf_failure"
AXES_FAILURE_LIMIT = 6
AXES_USERNAME_FORM_FIELD = "username"  # the form's and authenticate()'s word; else attempts are counted under nobody
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "console.views.account.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_ENABLE_ADMIN = False  # console.admin.sign_ins, in every language
AXES_VERBOSE = False

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
# Whose X-Forwarded-For is believed when a provider's callbacks may come from given addresses only: networks, or "peer"
# for whoever is connected to us.
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=["peer"] if SECURE_PROXY_SSL_HEADER else [])
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# -- language and time ----------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish")), ("pt-br", _("Portuguese (Brazil)"))]
LOCALE_PATHS = [BASE_DIR / "console" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# -- static files ---------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
MEDIA_ROOT = UPLOAD_DIR
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", default=512 * 1024 * 1024)

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# -- celery ---------------------------------------------------------------------------------------
CELERY_BROKER_URL = BROKER_URL or "memory://localhost/"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = False  # a lost task is found again by the next tick, from the rows
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Never close the database between tasks: CONN_MAX_AGE says when, as for requests (console.celery).
CELERY_DB_REUSE_MAX = 1_000_000_000
# What takes seconds or calls providers stays out of the queue of tick and receipts, and what takes minutes out of both.
CELERY_TASK_DEFAULT_QUEUE = "despacho"
CELERY_TASK_ROUTES = {
    "campaigns.lane": {"queue": "lanes"},
    "campaigns.prepare": {"queue": "lanes"},
    "campaigns.list_run": {"queue": "lanes"},
    "campaigns.settle": {"queue": "lanes"},
    "campaigns.pull_account": {"queue": "lanes"},
    "campaigns.follow": {"queue": "lanes"},
    "campaigns.reconcile": {"queue": "lanes"},
    "campaigns.mail_notices": {"queue": "jobs"},
    "console.run_job": {"queue": "jobs"},
}
CELERY_TIMEZONE = "UTC"
if BROKER_URL.startswith(("redis", "rediss", "unix")):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 600,
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
    }
# An idle installation pays for each of these for ever: what must follow within a second hangs on tick, which asks once.
CELERY_BEAT_SCHEDULE = {
    "tick": {"task": "campaigns.tick", "schedule": 1.0, "options": {"expires": 2}},
    "settle": {"task": "campaigns.settle", "schedule": 5.0, "options": {"expires": 30}},
    "pull": {"task": "campaigns.pull", "schedule": 5.0, "options": {"expires": 5}},
    "notices": {"task": "campaigns.mail_notices", "schedule": 10.0, "options": {"expires": 10}},
    "reconcile": {"task": "campaigns.reconcile", "schedule": 60.0, "options": {"expires": 60}},
    "sweep": {"task": "campaigns.sweep", "schedule": 60.0, "options": {"expires": 60}},
    "retain": {"task": "console.retain", "schedule": 3600.0, "options": {"expires": 3600}},
}

# -- sending --------------------------------------------------------------------------------------
LANES_PER_ACCOUNT = env.int("LANES_PER_ACCOUNT", default=1 if EMBEDDED else 2)
LANE_SLICE_SECONDS = env.float("LANE_SLICE_SECONDS", default=8.0)
LEASE_SECONDS = env.float("LEASE_SECONDS", default=60.0)
SCHEDULE_GRACE_SECONDS = env.int("SCHEDULE_GRACE_SECONDS", default=3600)
# Multiplies the vendors' settling times of look-ups. 1 in service; less only in rehearsals on the sandbox.
LOOK_UP_TIME_SCALE = env.float("LOOK_UP_TIME_SCALE", default=1.0)
ALLOW_PRIVATE_PROVIDER_URLS = env.bool("ALLOW_PRIVATE_PROVIDER_URLS", default=False)
NO_RECEIPT_AFTER_HOURS = env.int("NO_RECEIPT_AFTER_HOURS", default=72)
SANDBOX_URL = env.str("SANDBOX_URL", default="")

# -- watching -------------------------------------------------------------------------------------
# /metrics is for whoever shows the token or calls from one of the networks; without either it does not exist. The demo,
# which is known by its sandbox, answers this machine.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="").strip()
METRICS_ALLOWED = env.str("METRICS_ALLOWED", default="127.0.0.0/8 ::1" if SANDBOX_URL else "")
# Where notices go by email, such as smtp+tls://user:password@mail.example.com:587. Without it they are files.
EMAIL_URL = env.str("EMAIL_URL", default="")
_email = env.email_url_config(EMAIL_URL or "filemail:///")
EMAIL_BACKEND = _email["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = _email["EMAIL_HOST"] or "localhost", _email["EMAIL_PORT"] or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _email["EMAIL_HOST_USER"] or "", _email["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = _email.get("EMAIL_USE_TLS", False), _email.get("EMAIL_USE_SSL", False)
EMAIL_FILE_PATH = "/" + _email["EMAIL_FILE_PATH"] if _email["EMAIL_FILE_PATH"] else str(DATA_DIR / "mail")
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("EMAIL_FROM", default="Despacho <despacho@localhost>")

# -- retention ------------------------------------------------------------------------------------
EVENT_RETENTION_DAYS = env.int("EVENT_RETENTION_DAYS", default=90)
EXPORT_RETENTION_DAYS = env.int("EXPORT_RETENTION_DAYS", default=14)

# -- logs -----------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "console.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "celery": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
        "asyncio": {"level": "ERROR"},
    },
}
